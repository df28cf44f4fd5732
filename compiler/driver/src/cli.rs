//! The command line: what can be asked for. `docs/command-line.md` explains it to users.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use resilient_link::Target;

/// The compiler for Resilient, for programs that must not fail.
#[derive(Parser, Debug)]
#[command(name = "resilientc", version, arg_required_else_help = true)]
pub struct Cli {
    /// Say on standard error how long each phase took.
    #[arg(long, global = true)]
    pub timings: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Make an executable, or write one of the compiler's intermediate forms.
    Build(BuildArgs),
    /// Run a program at once.
    Run(RunArgs),
    /// Report errors and warnings.
    Check(CheckArgs),
    /// Run the tests of programs: their functions `test_*` without parameters.
    Test(TestArgs),
    /// Targets: what executables can be made for.
    #[command(subcommand)]
    Target(TargetCommand),
    /// Tell about the codes of errors.
    #[command(subcommand)]
    Errors(ErrorsCommand),
    /// Explain the code of an error, such as E0007.
    Explain {
        /// The code.
        code: String,
    },
}

/// What can be asked about targets.
#[derive(Subcommand, Debug)]
pub enum TargetCommand {
    /// List them, and where their runtimes are.
    List,
    /// Build the runtime of a target that has none, with a Rust toolchain of this machine.
    Add {
        /// A name that `target list` shows, or a file that ends in `.toml`.
        name: String,
    },
}

/// What can be told about codes of errors.
#[derive(Subcommand, Debug)]
pub enum ErrorsCommand {
    /// List all codes with their meaning.
    List,
}

/// What a program must be proven to do.
#[derive(Args, Debug)]
pub struct ProofArgs {
    /// Reject the program if some index of an array is not proven to be in bounds.
    #[arg(long)]
    pub deny_unproven_bounds: bool,
    /// Reject what would make checks and proofs worthless, such as `assume(false)`, rather than warn.
    #[arg(long)]
    pub safety_critical: bool,
}

/// What a program is compiled with.
#[derive(Args, Debug)]
pub struct ConfigArgs {
    /// Switch on a feature that the program asks about; may be repeated.
    #[arg(long = "feature", value_name = "NAME")]
    pub features: Vec<String>,
    /// Set what the program asks about; may be repeated.
    #[arg(long = "cfg", value_name = "KEY=VALUE", value_parser = parse_setting)]
    pub settings: Vec<(String, String)>,
    /// Make the N-th statement that begins inside a live block fail, to test what is left behind.
    #[arg(long, value_name = "N", hide = true)]
    pub inject_fault: Option<u32>,
    /// What integer arithmetic does with results out of range.
    #[arg(long, value_name = "MODE", env = "RESILIENT_OVERFLOW_MODE", hide_env = true, default_value = "wrap")]
    pub overflow: Overflow,
}

/// What integer arithmetic does with results out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Overflow {
    /// Keep the low bits.
    Wrap,
    /// Take the nearest value of the type.
    Saturate,
    /// Fault.
    Trap,
}

impl Overflow {
    /// The word that asks for it.
    pub fn word(self) -> &'static str {
        match self {
            Overflow::Wrap => "wrap",
            Overflow::Saturate => "saturate",
            Overflow::Trap => "trap",
        }
    }
}

fn parse_setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_string(), value.to_string())),
        _ => Err("it must have the form KEY=VALUE".to_string()),
    }
}

/// Arguments of `build`.
#[derive(Args, Debug)]
pub struct BuildArgs {
    /// The program.
    pub file: PathBuf,
    /// Where to write; without it, executables and object files are named after the source file.
    #[arg(short = 'o', value_name = "OUT")]
    pub out: Option<PathBuf>,
    /// What the output is to run on: a name that `target list` shows, or a file that ends in `.toml`.
    #[arg(long, value_name = "TARGET", default_value = Target::HOST)]
    pub target: String,
    /// How much to optimize: 0 not at all, 1 quickly, 2 for speed, s for size.
    #[arg(short = 'O', value_name = "LEVEL", default_value = "2")]
    pub opt_level: OptLevel,
    /// Make the executable show the calls that were active when it reports a fault.
    #[arg(long)]
    pub backtrace: bool,
    /// What to write instead of an executable; text goes to standard output unless -o is given.
    #[arg(long, value_name = "KIND")]
    pub emit: Option<Emit>,
    /// Say on standard output what takes how much of a board's memory.
    #[arg(long)]
    pub size: bool,
    /// Report on standard error which checks are proven and which are made at run time.
    #[arg(long)]
    pub audit: bool,
    /// Proofs.
    #[command(flatten)]
    pub proofs: ProofArgs,
    /// Conditional compilation, and arithmetic.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Arguments of `run`.
#[derive(Args, Debug)]
pub struct RunArgs {
    /// Run on the interpreter that defines the language.
    #[arg(long, group = "backend")]
    pub interp: bool,
    /// Run on the bytecode virtual machine.
    #[arg(long, group = "backend")]
    pub vm: bool,
    /// Compile in memory and run machine code (the default).
    #[arg(long, group = "backend")]
    pub jit: bool,
    /// How much to optimize: 0 not at all, 1 quickly, 2 for speed, s for size.
    #[arg(short = 'O', value_name = "LEVEL", default_value = "2")]
    pub opt_level: OptLevel,
    /// Make an executable for this target and run it, by the target's runner if it is not for this machine.
    #[arg(long, group = "backend", value_name = "TARGET")]
    pub target: Option<String>,
    /// Show the calls that were active when a fault is reported.
    #[arg(long)]
    pub backtrace: bool,
    /// Write what happens in live blocks to standard error.
    #[arg(long)]
    pub live_log: bool,
    /// Write a record of each retry of a live block to a file, one line of JSON each.
    #[arg(long, value_name = "PATH")]
    pub emit_live_log: Option<PathBuf>,
    /// End the program at the first fault inside a live block.
    #[arg(long, overrides_with = "no_panic_on_fault")]
    pub panic_on_fault: bool,
    /// Let live blocks try again (the default).
    #[arg(long, overrides_with = "panic_on_fault")]
    pub no_panic_on_fault: bool,
    /// Fault when a `while` or `loop` begins another iteration after so many (with --interp or --vm).
    #[arg(long, value_name = "N")]
    pub max_loop_iterations: Option<u64>,
    /// Call this test behind the top-level code, as `test` does.
    #[arg(long, hide = true, value_name = "NAME")]
    pub test_entry: Option<String>,
    /// Where the random generator begins.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// The program.
    pub file: PathBuf,
    /// Arguments for the program.
    #[arg(last = true, value_name = "ARGS")]
    pub args: Vec<String>,
    /// Proofs.
    #[command(flatten)]
    pub proofs: ProofArgs,
    /// Conditional compilation, and arithmetic.
    #[command(flatten)]
    pub config: ConfigArgs,
}

impl RunArgs {
    /// The backend asked for.
    pub fn backend(&self) -> Backend {
        Backend::chosen(self.interp, self.vm)
    }
}

/// Arguments of `test`.
#[derive(Args, Debug)]
pub struct TestArgs {
    /// Run on the interpreter that defines the language.
    #[arg(long, group = "test_backend")]
    pub interp: bool,
    /// Run on the bytecode virtual machine.
    #[arg(long, group = "test_backend")]
    pub vm: bool,
    /// Compile in memory and run machine code (the default).
    #[arg(long, group = "test_backend")]
    pub jit: bool,
    /// Run only the tests whose names contain this.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub filter: String,
    /// The programs; of a directory, all files in and below it that end in `.rz`.
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Conditional compilation, and arithmetic.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Arguments of `check`.
#[derive(Args, Debug)]
pub struct CheckArgs {
    /// The programs, each checked on its own.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// How to report: `json` writes an array of objects to standard output.
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub message_format: MessageFormat,
    /// Report on standard output which checks are proven and which are made at run time.
    #[arg(long, conflicts_with = "message_format")]
    pub audit: bool,
    /// Proofs.
    #[command(flatten)]
    pub proofs: ProofArgs,
    /// Conditional compilation, and arithmetic.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// What runs a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The tree-walking interpreter.
    Interp,
    /// The bytecode virtual machine.
    Vm,
    /// Machine code in memory.
    Jit,
}

impl Backend {
    /// The one that the flags ask for.
    pub fn chosen(interp: bool, vm: bool) -> Backend {
        match (interp, vm) {
            (true, _) => Backend::Interp,
            (_, true) => Backend::Vm,
            (false, false) => Backend::Jit,
        }
    }

    /// The flag that asks for it.
    pub fn flag(self) -> &'static str {
        match self {
            Backend::Interp => "--interp",
            Backend::Vm => "--vm",
            Backend::Jit => "--jit",
        }
    }
}

/// How much to optimize.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OptLevel {
    /// Not at all.
    #[value(name = "0")]
    None,
    /// What costs little time.
    #[value(name = "1")]
    Quick,
    /// For speed.
    #[value(name = "2")]
    Speed,
    /// For size.
    #[value(name = "s")]
    Size,
}

/// What `build` writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Emit {
    /// The tokens of the source.
    Tokens,
    /// The syntax tree.
    Ast,
    /// The typed program.
    Typed,
    /// The middle representation.
    Mir,
    /// Cranelift's intermediate representation.
    Clif,
    /// Assembly.
    Asm,
    /// An object file.
    Obj,
    /// The bytecode of the virtual machine.
    Bytecode,
}

/// How `check` reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MessageFormat {
    /// Drawn, on standard error.
    Human,
    /// An array of objects, on standard output.
    Json,
}

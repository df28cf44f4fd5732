//! The ways to run a program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::corpus::Case;
use crate::process::{self, Finished, Status};

/// What a test exercises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// `check`: nothing is run.
    Check,
    /// `run --interp`
    Interp,
    /// `run --vm`
    Vm,
    /// `run --jit`
    Jit,
    /// `build`, then the executable.
    Native,
    /// `build -O 0`, then the executable.
    NativeO0,
    /// `run --target aarch64-linux`
    Aarch64,
    /// `run --target thumbv7m-mps2-an385`
    CortexM3,
    /// `run --target thumbv7em-mps2-an386`
    CortexM4F,
    /// `run --target thumbv7em-mps2-an500`
    CortexM7,
}

impl Backend {
    /// All of them, in the order of the tests.
    pub const ALL: [Backend; 10] = [
        Backend::Check,
        Backend::Interp,
        Backend::Vm,
        Backend::Jit,
        Backend::Native,
        Backend::NativeO0,
        Backend::Aarch64,
        Backend::CortexM3,
        Backend::CortexM4F,
        Backend::CortexM7,
    ];

    /// The name in tests and in the list of gaps.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Check => "check",
            Backend::Interp => "interp",
            Backend::Vm => "vm",
            Backend::Jit => "jit",
            Backend::Native => "native",
            Backend::NativeO0 => "native-O0",
            Backend::Aarch64 => "aarch64",
            Backend::CortexM3 => "cortex-m3",
            Backend::CortexM4F => "cortex-m4f",
            Backend::CortexM7 => "cortex-m7",
        }
    }

    /// The target it needs a runtime and an emulator for.
    pub fn target(self) -> Option<&'static str> {
        match self {
            Backend::Aarch64 => Some("aarch64-linux"),
            Backend::CortexM3 => Some("thumbv7m-mps2-an385"),
            Backend::CortexM4F => Some("thumbv7em-mps2-an386"),
            Backend::CortexM7 => Some("thumbv7em-mps2-an500"),
            _ => None,
        }
    }

    /// The backend with this name.
    pub fn from_name(name: &str) -> Option<Backend> {
        Backend::ALL.into_iter().find(|backend| backend.name() == name)
    }
}

/// The compiler under test, and room for what it builds.
#[derive(Debug)]
pub struct Tool {
    program: PathBuf,
    scratch: PathBuf,
}

impl Tool {
    /// Executables go below `scratch`, which is made.
    pub fn new(program: PathBuf, scratch: &Path) -> Result<Tool, String> {
        fs::create_dir_all(scratch).map_err(|error| format!("cannot make {}: {error}", scratch.display()))?;
        Ok(Tool { program, scratch: scratch.to_path_buf() })
    }

    /// Runs `case` on `backend`.
    pub fn run(&self, case: &Case, backend: Backend) -> Result<Finished, String> {
        self.run_with(case, backend, None)
    }

    /// Runs `case` on `backend` with a fault injected; see [`crate::inject`].
    pub fn run_injected(&self, case: &Case, backend: Backend, number: u32) -> Result<Finished, String> {
        self.run_with(case, backend, Some(number))
    }

    fn run_with(&self, case: &Case, backend: Backend, inject: Option<u32>) -> Result<Finished, String> {
        match backend {
            Backend::Check => {
                process::run(self.command(case).arg("check").args(&case.directives.flags).arg(&case.file))
            }
            Backend::Interp => self.run_at_once(case, &["--interp"], inject),
            Backend::Vm => self.run_at_once(case, &["--vm"], inject),
            Backend::Jit => self.run_at_once(case, &["--jit"], inject),
            Backend::Aarch64 | Backend::CortexM3 | Backend::CortexM4F | Backend::CortexM7 => {
                self.run_at_once(case, &["--target", backend.target().unwrap_or_default()], inject)
            }
            Backend::Native => self.build_and_run(case, backend, "2", inject),
            Backend::NativeO0 => self.build_and_run(case, backend, "0", inject),
        }
    }

    fn command(&self, case: &Case) -> Command {
        let mut command = Command::new(&self.program);
        // A program that ends by itself must have released all it made, else its status is another one.
        command.current_dir(&case.dir).env("RESILIENT_CHECK_LEAKS", "1").envs(env(case));
        set_seed(&mut command, case);
        command
    }

    fn run_at_once(&self, case: &Case, backend: &[&str], inject: Option<u32>) -> Result<Finished, String> {
        let mut command = self.command(case);
        command.arg("run").args(backend).args(flags(case)).args(injection(inject)).arg(&case.file);
        if !case.directives.args.is_empty() {
            command.arg("--").args(&case.directives.args);
        }
        process::run(&mut command)
    }

    /// What the build says comes before what the program says. A build that fails must leave no executable.
    fn build_and_run(
        &self,
        case: &Case,
        backend: Backend,
        opt_level: &str,
        inject: Option<u32>,
    ) -> Result<Finished, String> {
        // Tests of one program run at the same time.
        let kind = if inject.is_some() { "-injected" } else { "" };
        let exe = self.scratch.join(format!("{}{kind}-{}", backend.name(), case.name.replace('/', "-")));
        // Left over from an earlier run that was ended from outside.
        let _ = fs::remove_file(&exe);
        let mut command = self.command(case);
        command.args(["build", "-O", opt_level]).args(flags(case)).args(injection(inject));
        let built = process::run(command.args([&case.file, "-o"]).arg(&exe))?;
        if built.status != Status::Exited(0) {
            if exe.exists() {
                return Err("the build failed and left an executable".to_string());
            }
            return Ok(built);
        }
        let mut command = executable(&exe);
        set_seed(&mut command, case);
        let ran = process::run(command.current_dir(&case.dir).envs(env(case)).args(&case.directives.args));
        let _ = fs::remove_file(&exe);
        let ran = ran?;
        Ok(Finished {
            stdout: [built.stdout, ran.stdout].concat(),
            stderr: [built.stderr, ran.stderr].concat(),
            status: ran.status,
        })
    }
}

/// The flags of `run` and `build`.
fn flags(case: &Case) -> impl Iterator<Item = &String> {
    case.directives.flags.iter().chain(&case.directives.run_flags)
}

fn env(case: &Case) -> impl Iterator<Item = (&str, &str)> {
    case.directives.env.iter().map(|(name, value)| (name.as_str(), value.as_str()))
}

/// The option that injects a fault.
fn injection(number: Option<u32>) -> Option<String> {
    number.map(|number| format!("--inject-fault={number}"))
}

/// Programs take their seed from the environment, whatever the backend.
fn set_seed(command: &mut Command, case: &Case) {
    match case.directives.seed {
        Some(seed) => command.env("RESILIENT_SEED", seed.to_string()),
        None => command.env_remove("RESILIENT_SEED"),
    };
}

/// Starts an executable, under valgrind if that is asked for: an error that it finds changes the exit status.
fn executable(exe: &Path) -> Command {
    if std::env::var_os("RESILIENT_VALGRIND").is_none_or(|value| value != "1") {
        return Command::new(exe);
    }
    let mut command = Command::new("valgrind");
    command.args(["--quiet", "--error-exitcode=99"]).arg(exe);
    command
}

//! Compares the backends on random programs.
//!
//! ```text
//! cargo run -p resilient-fuzz -- COMPILER [--seed N] [--count N] [--seconds N] [--print] [--mutate DIR]
//! ```
//!
//! Each seed gives one well-typed program, with strings, nested arrays, structs, enums, assignments to places, loops
//! and calls. It runs on the interpreter, the VM, the JIT and as an executable, at several optimization levels, with leak
//! checks; all must write the same and end alike. A program on which they differ is shrunk by leaving statements out and
//! printed with its seed, and the exit status is 1. `--print` only prints the program of the seed.
//!
//! With `--mutate`, the programs are instead those of a directory with a few tokens changed. Most are wrong; the compiler
//! must reject them in time and without a crash, and run the others alike on the interpreter, the VM and the JIT.
//!
//! What it does not do: compile errors, the text of warnings, programs that are long or deep.

mod declare;
mod exprs;
mod generate;
mod mutants;
mod mutate;
mod oracle;
mod patterns;
mod places;
mod rng;
mod shrink;
mod stmts;
mod tree;
mod types;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use oracle::{Oracle, Verdict};
use tree::Node;

struct Options {
    compiler: PathBuf,
    seed: u64,
    count: u64,
    seconds: u64,
    print: bool,
    corpus: Option<PathBuf>,
}

fn main() -> ExitCode {
    let options = match options() {
        Ok(options) => options,
        Err(message) => {
            eprintln!(
                "error: {message}\nusage: resilient-fuzz COMPILER [--seed N] [--count N] [--seconds N] [--print] \
                 [--mutate DIR]"
            );
            return ExitCode::from(2);
        }
    };
    if options.print {
        if let Some(corpus) = &options.corpus {
            return print_mutant(corpus, options.seed);
        }
        print!("{}", tree::print(&generate::program(options.seed)));
        return ExitCode::SUCCESS;
    }
    // Several may run at a time.
    let dir = std::env::temp_dir().join(format!("resilient-fuzz-{}", std::process::id()));
    let result = std::fs::create_dir_all(&dir)
        .map_err(|error| format!("cannot make {}: {error}", dir.display()))
        .and_then(|()| run(&options, &dir));
    // What is left is in the temporary directory anyway.
    let _ = std::fs::remove_dir_all(&dir);
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn print_mutant(corpus: &Path, seed: u64) -> ExitCode {
    match mutants::mutant(corpus, seed) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn options() -> Result<Options, String> {
    let mut args = std::env::args().skip(1);
    let compiler = args.next().ok_or("no compiler given")?;
    let compiler = std::path::absolute(&compiler).map_err(|error| format!("{compiler}: {error}"))?;
    let mut options = Options { compiler, seed: 1, count: u64::MAX, seconds: 60, print: false, corpus: None };
    while let Some(flag) = args.next() {
        if flag == "--print" {
            options.print = true;
            continue;
        }
        if flag == "--mutate" {
            options.corpus = Some(args.next().ok_or("--mutate needs a directory")?.into());
            continue;
        }
        let value = args.next().and_then(|value| value.parse().ok()).ok_or(format!("{flag} needs a number"))?;
        match flag.as_str() {
            "--seed" => options.seed = value,
            "--count" => options.count = value,
            "--seconds" => options.seconds = value,
            _ => return Err(format!("unknown option {flag}")),
        }
    }
    Ok(options)
}

/// How the programs ended.
#[derive(Debug, Default)]
struct Tally {
    completed: u64,
    faulted: u64,
    rejected: u64,
    too_slow: u64,
}

/// Whether all programs agreed.
fn run(options: &Options, dir: &Path) -> Result<bool, String> {
    if let Some(corpus) = options.corpus.clone() {
        let (compiler, seed) = (options.compiler.clone(), options.seed);
        let plan = mutants::Plan { compiler, corpus, seed, count: options.count, seconds: options.seconds };
        return mutants::run(&plan, dir);
    }
    let oracle = Oracle::new(options.compiler.clone(), dir);
    let deadline = Instant::now() + Duration::from_secs(options.seconds);
    let mut tally = Tally::default();
    let mut seed = options.seed;
    while seed - options.seed < options.count && Instant::now() < deadline {
        let program = generate::program(seed);
        match oracle.judge(&tree::print(&program))? {
            Verdict::Agreed { faulted: false } => tally.completed += 1,
            Verdict::Agreed { faulted: true } => tally.faulted += 1,
            Verdict::TooSlow => tally.too_slow += 1,
            Verdict::Rejected(message) => {
                eprintln!("seed {seed} makes no valid program:\n{message}");
                tally.rejected += 1;
            }
            Verdict::Differs(difference) => {
                report(&oracle, seed, program, &difference);
                return Ok(false);
            }
        }
        seed += 1;
    }
    println!("seeds {}..{seed}: {tally:?}", options.seed);
    Ok(tally.rejected == 0)
}

fn report(oracle: &Oracle, seed: u64, program: Vec<Node>, difference: &str) {
    println!("seed {seed}: {difference}\nshrinking {} statements ..", tree::size(&program));
    let small =
        shrink::shrink(program, &mut |nodes| matches!(oracle.judge(&tree::print(nodes)), Ok(Verdict::Differs(_))));
    let text = tree::print(&small);
    println!("{text}");
    if let Ok(Verdict::Differs(difference)) = oracle.judge(&text) {
        println!("seed {seed}: {difference}");
    }
}

//! `resilientc`: the command line of the compiler.
//!
//! This crate is where files, the terminal and exit statuses are; the stages it calls take text and give values. It
//! has no knowledge of the language: [`pipeline`] names the stages in order, and each command stops where it wants.
//!
//! Start-up is kept short, since `run` starts the compiler each time: no thread pool, no table that a command does not
//! need.

mod build;
mod check;
mod cli;
mod error;
mod explain;
mod files;
mod json;
mod output;
mod pipeline;
mod prove;
mod render;
mod run;
mod run_target;
mod target;
mod test;
mod timings;

use std::panic::PanicHookInfo;

use clap::Parser;

use crate::cli::{Cli, Command, ErrorsCommand};
use crate::error::{Error, STATUS_INTERNAL};
use crate::timings::Timings;

/// Stack of the thread that compiles, in bytes. The stages recurse over the program, and a program may be a sum of a
/// hundred thousand terms. Address space only: pages are used when they are touched.
const COMPILER_STACK: usize = 512 << 20;

fn main() {
    restore_sigpipe();
    std::panic::set_hook(Box::new(report_internal_error));
    let cli = Cli::parse();
    let work = || execute(cli);
    let status = match std::thread::Builder::new().name("compiler".to_string()).stack_size(COMPILER_STACK).spawn(work) {
        // The panic hook has ended the process if the thread panicked.
        Ok(thread) => thread.join().unwrap_or(STATUS_INTERNAL),
        Err(error) => {
            let doing = "start the compiler's thread";
            report(&Error::Stage { doing, reason: error::reason(&error) })
        }
    };
    std::process::exit(status);
}

/// Does what the command line says; gives the exit status.
fn execute(cli: Cli) -> i32 {
    let mut timings = Timings::new(cli.timings);
    let result = match &cli.command {
        Command::Build(args) => build::build(args, &mut timings),
        Command::Run(args) => run::run(args, &mut timings),
        Command::Check(args) => check::check(args, &mut timings),
        Command::Test(args) => test::test(args, &mut timings),
        Command::Target(command) => target::target(command),
        Command::Errors(ErrorsCommand::List) => explain::list(),
        Command::Explain { code } => explain::explain(code),
    };
    render::write_stderr(timings.table().as_bytes());
    result.unwrap_or_else(|error| report(&error))
}

/// Says what went wrong; gives the exit status.
fn report(error: &Error) -> i32 {
    // A rejected program has been reported by its diagnostics.
    if !matches!(error, Error::Rejected) {
        render::write_stderr(format!("error: {error}\n").as_bytes());
    }
    error.status()
}

/// A reader that goes away ends this process without words, as it does any other tool in a pipe and the executables we
/// make. Rust's start-up code ignores the signal.
fn restore_sigpipe() {
    // SAFETY: no other thread runs yet, and the default action needs no handler.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}

/// A panic is a bug in the compiler: says what was being done and ends the process, whichever thread it was.
fn report_internal_error(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("no message");
    let place = info.location().map(|at| format!(" ({}:{})", at.file(), at.line())).unwrap_or_default();
    let phase = timings::current_phase();
    render::write_stderr(
        format!("internal compiler error: in phase `{phase}`: {message}{place}; please report\n").as_bytes(),
    );
    std::process::exit(STATUS_INTERNAL);
}

//! Runs the conformance programs on every backend.
//!
//! Each `NAME.rz` below `tests/conformance` is a program; beside it stand the bytes it must write: `NAME.out` for
//! standard output and `NAME.err` for standard error, either absent where nothing is written. Each program becomes one
//! named test per backend, `interp::dir/name`, `vm::..`, `jit::..`, `native::..`, `native-O0::..`, `aarch64::..` and
//! `cortex-m3::..`, `cortex-m4f::..`, `cortex-m7::..`, and one
//! `check::dir/name`, so `cargo test -p resilient-tests -- vm::arith` runs a few of them. The program's directory is
//! the working directory and its bare file name is given to the tool, so positions in messages read `name.rz:3:5`. Folders
//! called `lib` hold files that programs import and no programs.
//!
//! # Directives
//!
//! Comments `//@ KEY: VALUE` (or `//@ KEY`) in the first lines of a program, before anything that is not a comment:
//!
//! | directive | meaning |
//! |---|---|
//! | `//@ status: N` | the exit status; 0 if not given |
//! | `//@ args: A B ..` | arguments of the program, separated by blanks |
//! | `//@ flags: A B ..` | flags of `check`, `run` and `build` |
//! | `//@ run-flags: A B ..` | flags of `run` and `build` |
//! | `//@ env: NAME=VALUE` | environment of the tool and of executables; may be repeated |
//! | `//@ seed: N` | seed of its random generator |
//! | `//@ check-fail` | the program has compile errors: every command refuses it with status 1 and writes `NAME.err` |
//!
//! # What is compared
//!
//! Standard output and standard error byte by byte, and the exit status. `check` runs nothing: of a good program it
//! must accept what `run` accepts, with the same warnings. A native test builds, then executes; warnings of the build
//! come first. A program that takes longer than [`process::TIMEOUT`] is ended and fails.
//!
//! # Injected faults
//!
//! A program with live blocks has one more test, `inject::dir/name`, in which its statements fail, one per run; see
//! [`inject`].
//!
//! # Gaps
//!
//! `tests/conformance/known-gaps.txt` lists what a backend cannot do yet, as lines `NAME BACKEND REASON`. A listed test
//! is run all the same and must fail: one that passes is reported, so that its line goes away.
//!
//! # Changing expectations
//!
//! With `RESILIENT_BLESS=1` the expectation files of the selected programs are written anew from the interpreter (from
//! `check` for programs with `check-fail`) before the tests run; the other backends are compared as always. Exit
//! statuses are part of the program text and are never rewritten.
//!
//! # Other targets
//!
//! Tests of targets that need a runtime built for them and an emulator are ignored unless `RESILIENT_TEST_TARGETS` lists the
//! target: `RESILIENT_TEST_TARGETS=aarch64-linux`, several separated by commas. `tests/run` installs what they need.
//!
//! # The compiler under test
//!
//! `cargo build -p resilientc` runs first, with the profile and target directory of the test itself, so a stale binary
//! is never tested. `RESILIENTC=PATH` tests another binary. `RESILIENT_VALGRIND=1` runs executables under valgrind, whose errors
//! fail a test: `RESILIENT_VALGRIND=1 cargo test -p resilient-tests -- native`.

mod backend;
mod compiler;
mod corpus;
mod directives;
mod expect;
mod gaps;
mod inject;
pub mod process;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::backend::{Backend, Tool};
use crate::corpus::Case;
use crate::gaps::Gaps;

/// Runs the tests the command line selects. `scratch` is a directory for executables.
pub fn main(scratch: &Path) -> ExitCode {
    let args = Arguments::from_args();
    match run(&args, scratch) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Arguments, scratch: &Path) -> Result<ExitCode, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance");
    let root = root.canonicalize().map_err(|error| format!("cannot find {}: {error}", root.display()))?;
    let cases: Vec<Arc<Case>> = corpus::collect(&root)?.into_iter().map(Arc::new).collect();
    let gaps = Gaps::read(&root.join("known-gaps.txt"), &cases)?;
    let program = if args.list { Default::default() } else { compiler::find()? };
    let tool = Arc::new(Tool::new(program, scratch)?);
    if std::env::var_os("RESILIENT_BLESS").is_some_and(|value| value == "1") && !args.list {
        for case in cases.iter().filter(|case| is_selected(args, case)) {
            expect::bless(case, &tool)?;
        }
    }
    let mut trials: Vec<Trial> = cases
        .iter()
        .flat_map(|case| Backend::ALL.iter().map(move |&backend| (case, backend)))
        .map(|(case, backend)| trial(case, backend, &tool, gaps.reason(&case.name, backend)))
        .collect();
    for case in &cases {
        if inject::has_live_block(case)? {
            trials.push(inject_trial(case, &tool));
        }
    }
    Ok(libtest_mimic::run(args, trials).exit_code())
}

fn trial(case: &Arc<Case>, backend: Backend, tool: &Arc<Tool>, gap: Option<&str>) -> Trial {
    let (case, tool) = (Arc::clone(case), Arc::clone(tool));
    let gap = gap.map(str::to_string);
    let is_ignored = backend.target().is_some_and(|target| !is_asked_for(target));
    Trial::test(test_name(backend, &case), move || match (expect::verify(&case, backend, &tool), gap) {
        (result, None) => result.map_err(Failed::from),
        (Err(_), Some(_)) => Ok(()),
        (Ok(()), Some(reason)) => {
            Err(Failed::from(format!("this passes now: remove it from known-gaps.txt (listed because: {reason})")))
        }
    })
    .with_ignored_flag(is_ignored)
}

fn is_asked_for(target: &str) -> bool {
    std::env::var("RESILIENT_TEST_TARGETS").is_ok_and(|list| list.split(',').any(|name| name.trim() == target))
}

fn inject_trial(case: &Arc<Case>, tool: &Arc<Tool>) -> Trial {
    let (case, tool) = (Arc::clone(case), Arc::clone(tool));
    Trial::test(format!("inject::{}", case.name), move || inject::verify(&case, &tool).map_err(Failed::from))
}

fn test_name(backend: Backend, case: &Case) -> String {
    format!("{}::{}", backend.name(), case.name)
}

/// Whether the command line selects a test of this program.
fn is_selected(args: &Arguments, case: &Case) -> bool {
    Backend::ALL.iter().map(|&backend| test_name(backend, case)).any(|name| {
        let matches = |pattern: &str| if args.exact { name == pattern } else { name.contains(pattern) };
        args.filter.as_deref().is_none_or(matches) && !args.skip.iter().any(|pattern| matches(pattern))
    })
}

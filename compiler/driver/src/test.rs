//! `resilientc test`: runs the tests of programs and reports.
//!
//! A test is a function `test_*` without parameters of a program's own file. Each runs in a process of its own, so that a
//! fault, an `exit` or a crash ends that test only: the process runs the program's top-level code, prints a marker and calls
//! the test. What is printed before the marker is discarded.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bumpalo::Bump;
use resilient_link::Target;
use resilient_sema::{Options, TEST_MARKER};

use crate::cli::{Backend, TestArgs};
use crate::error::{Error, STATUS_FAILED, reason};
use crate::output::to_stdout;
use crate::pipeline::{self, Loaded};
use crate::render::write_stderr;
use crate::timings::Timings;

/// A test that failed.
struct Failure {
    file: PathBuf,
    name: String,
    /// Why, in at least one line.
    message: String,
    /// What it printed.
    output: String,
}

/// Runs all tests; gives the exit status.
pub fn test(args: &TestArgs, timings: &mut Timings) -> Result<i32, Error> {
    let mut options = pipeline::options(&args.config, Target::HOST);
    options.test = true;
    let mut is_broken = false;
    let mut n_passed = 0;
    let mut failures = Vec::new();
    for file in programs(&args.paths)? {
        let tests = match tests_of(&file, &options, timings) {
            Ok(tests) => tests,
            Err(error) => {
                crate::report(&error);
                is_broken = true;
                continue;
            }
        };
        for name in tests.into_iter().filter(|name| name.contains(&args.filter)) {
            let outcome = timings.phase("test", || run(args, &file, &name))?;
            let word = if outcome.is_ok() { "ok" } else { "FAIL" };
            to_stdout(format!("test {name} ... {word}\n").as_bytes())?;
            match outcome {
                Ok(()) => n_passed += 1,
                Err((message, output)) => failures.push(Failure { file: file.clone(), name, message, output }),
            }
        }
    }
    let n_tests = n_passed + failures.len();
    let word = if n_tests == 1 { "test" } else { "tests" };
    to_stdout(format!("\n{n_tests} {word}: {n_passed} passed, {} failed\n", failures.len()).as_bytes())?;
    write_stderr(details(&failures).as_bytes());
    Ok(if is_broken || !failures.is_empty() { STATUS_FAILED } else { 0 })
}

/// The files that `paths` name, in order of their paths within each directory.
fn programs(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let start = files.len();
            programs_below(path, &mut files)?;
            files[start..].sort();
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

fn programs_below(dir: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let fail = |error: std::io::Error| Error::Read { path: dir.to_path_buf(), reason: reason(&error) };
    for entry in fs::read_dir(dir).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let path = entry.path();
        // A link to a directory might lead back here.
        if entry.file_type().map_err(fail)?.is_dir() {
            programs_below(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rz") {
            files.push(path);
        }
    }
    Ok(())
}

/// The names of a program's tests. What is wrong with the program is reported.
fn tests_of(file: &Path, options: &Options, timings: &mut Timings) -> Result<Vec<String>, Error> {
    let (trees, types) = (Bump::new(), Bump::new());
    let loaded = timings.phase("read", || Loaded::read(file))?;
    let parsed = timings.phase("parse", || loaded.parse(&trees));
    let tests = parsed.tests(options);
    if !tests.is_empty() {
        pipeline::accept(timings.phase("check", || parsed.check(&types, options)))?;
    }
    Ok(tests)
}

/// Runs a test; if it fails, tells why and what it printed.
fn run(args: &TestArgs, file: &Path, name: &str) -> Result<Result<(), (String, String)>, Error> {
    let fail = |error: std::io::Error| Error::Stage { doing: "run a test", reason: reason(&error) };
    let mut command = Command::new(std::env::current_exe().map_err(fail)?);
    command.args(["run", Backend::chosen(args.interp, args.vm).flag(), "--test-entry", name]);
    for feature in &args.config.features {
        command.args(["--feature", feature]);
    }
    for (key, value) in &args.config.settings {
        command.arg("--cfg").arg(format!("{key}={value}"));
    }
    command.args(["--overflow", args.config.overflow.word()]);
    let output = command.arg(file).output().map_err(fail)?;
    Ok(judge(&output))
}

/// What became of a test.
fn judge(output: &Output) -> Result<(), (String, String)> {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let printed = stdout.split_once(TEST_MARKER).map(|(_, printed)| printed);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let message = match (output.status.code(), printed) {
        (Some(0), Some(_)) => return Ok(()),
        (Some(0), None) => "the top-level code ends the program".to_string(),
        (Some(status), _) if stderr.is_empty() => format!("exit status {status}"),
        (Some(_), _) => stderr.trim_end().trim_start_matches("Error: ").to_string(),
        (None, _) => format!("ended by the system ({})", output.status),
    };
    Err((message, printed.unwrap_or_default().to_string()))
}

/// What is to be said about tests that failed.
fn details(failures: &[Failure]) -> String {
    let mut text = String::new();
    if failures.is_empty() {
        return text;
    }
    text.push_str("\nfailures:\n");
    for Failure { file, name, message, output } in failures {
        text.push_str(&format!("  {}: {name}: {}\n", file.display(), indented(message, "    ")));
        if !output.is_empty() {
            text.push_str(&format!("    output:\n      {}\n", indented(output.trim_end_matches('\n'), "      ")));
        }
    }
    text
}

/// `text` with `indent` before all lines but the first.
fn indented(text: &str, indent: &str) -> String {
    text.lines().collect::<Vec<_>>().join(&format!("\n{indent}"))
}

//! Compares what a program did with what is expected, and writes expectations anew on demand.

use std::fmt::Write;
use std::fs;
use std::io;

use similar::TextDiff;

use crate::backend::{Backend, Tool};
use crate::corpus::Case;
use crate::process::{Finished, Status};

/// Extensions of the expectation files.
const STDOUT: &str = "out";
const STDERR: &str = "err";

/// Runs `case` on `backend`; the error says all that differs.
pub fn verify(case: &Case, backend: Backend, tool: &Tool) -> Result<(), String> {
    let found = tool.run(case, backend)?;
    let stderr = case.expectation(STDERR)?;
    if backend == Backend::Check && !case.directives.check_fail {
        return verify_accepted(&found, &stderr);
    }
    let mut report = String::new();
    diff(&mut report, "standard output", &case.expectation(STDOUT)?, &found.stdout);
    diff(&mut report, "standard error", &stderr, &found.stderr);
    diff_status(&mut report, case.directives.status, found.status);
    finish(report)
}

/// `check` accepts a good program, and says of it what comes before everything else in `stderr`: the warnings.
fn verify_accepted(found: &Finished, stderr: &[u8]) -> Result<(), String> {
    let mut report = String::new();
    diff(&mut report, "standard output", b"", &found.stdout);
    if !stderr.starts_with(&found.stderr) {
        diff(&mut report, "standard error (its start)", stderr, &found.stderr);
    }
    diff_status(&mut report, 0, found.status);
    finish(report)
}

fn finish(report: String) -> Result<(), String> {
    if report.is_empty() {
        return Ok(());
    }
    Err(format!("{report}(RESILIENT_BLESS=1 writes the expectations anew from the interpreter)"))
}

fn diff_status(report: &mut String, expected: i32, found: Status) {
    if found != Status::Exited(expected) {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(report, "exit status: expected {expected}, found {found:?}");
    }
}

fn diff(report: &mut String, what: &str, expected: &[u8], found: &[u8]) {
    if expected == found {
        return;
    }
    let (expected_text, found_text) = (String::from_utf8_lossy(expected), String::from_utf8_lossy(found));
    if expected_text == found_text {
        let _ = writeln!(report, "{what}: equal but for bytes that are not UTF-8\n{}", found.escape_ascii());
        return;
    }
    let lines = TextDiff::from_lines(expected_text.as_ref(), found_text.as_ref());
    let _ = writeln!(report, "{what}:\n{}", lines.unified_diff().context_radius(3).header("expected", "found"));
}

/// Writes the expectation files of `case` from what the reference does.
pub fn bless(case: &Case, tool: &Tool) -> Result<(), String> {
    let reference = if case.directives.check_fail { Backend::Check } else { Backend::Interp };
    let found = tool.run(case, reference).map_err(|error| format!("{}: {error}", case.name))?;
    for (extension, bytes) in [(STDOUT, &found.stdout), (STDERR, &found.stderr)] {
        let path = case.expectation_path(extension);
        let written = match (bytes.is_empty(), fs::remove_file(&path)) {
            (true, Err(error)) if error.kind() != io::ErrorKind::NotFound => Err(error),
            (true, _) => Ok(()),
            (false, _) => fs::write(&path, bytes),
        };
        written.map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_told() {
        let mut report = String::new();
        diff(&mut report, "standard output", b"1\n2\n", b"1\n2\n");
        assert_eq!(report, "");
        diff(&mut report, "standard output", b"1\n2\n", b"1\n3\n");
        assert!(report.contains("-2\n+3\n"), "{report}");
        report.clear();
        diff(&mut report, "standard output", b"a\xff", b"a\xfe");
        assert!(report.contains(r"a\xfe"), "{report}");
    }
}

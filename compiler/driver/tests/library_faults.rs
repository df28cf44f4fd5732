//! The faults of library functions: each expression of `library_faults.txt` ends the program with its message, at its place,
//! on the interpreter and on the virtual machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TABLE: &str = include_str!("library_faults.txt");

/// What the expressions name, on the first line.
const NAMES: &str = "use std::math; use std::string as str; use std::fmt; use std::convert; use std::hex; use std::base64; \
                     use std::buffer; use std::encoding; use std::uuid; use std::testing; use std::iter; use std::sort; \
                     use std::random as rnd; let e: [int] = []; let n: Option<int> = None; let r: Result<int, string> = Ok(1); \
                     let q: Result<int, string> = Err(\"bad\");";

/// Expressions with their messages.
fn rows() -> Vec<(&'static str, &'static str)> {
    let lines: Vec<&str> = TABLE.lines().filter(|line| !line.starts_with('#')).collect();
    let row = |pair: &[&'static str]| match *pair {
        [expr, message] => (expr, message.strip_prefix("    ").expect("messages are indented")),
        _ => panic!("the last expression has no message"),
    };
    lines.chunks(2).map(row).collect()
}

fn dir(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&path).unwrap();
    path
}

/// The first line that the program says about an error.
fn fault(dir: &Path, backend: &str, expr: &str) -> String {
    fs::write(dir.join("f.rz"), format!("{NAMES}\nprintln(\n{expr});\n")).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_resilientc")).current_dir(dir).args(["run", backend, "f.rz"]).output();
    let output = run.unwrap();
    assert_eq!(output.status.code(), Some(1), "{expr}");
    assert!(output.stdout.is_empty(), "{expr}");
    String::from_utf8_lossy(&output.stderr).trim_end().to_string()
}

fn all_fault(backend: &str, name: &str) {
    let dir = dir(name);
    let rows = rows();
    assert!(rows.len() > 90, "the table is read");
    for (expr, message) in rows {
        let found = fault(&dir, backend, expr);
        let (place, text) = found.split_once(": Runtime error: ").unwrap_or(("", &found));
        assert_eq!(text, message, "{expr}");
        // Operators have places of their own.
        assert!(place.starts_with("Error: f.rz:3:"), "{expr}: {place}");
    }
}

#[test]
fn on_the_interpreter() {
    all_fault("--interp", "library_faults_interp");
}

#[test]
fn on_the_virtual_machine() {
    all_fault("--vm", "library_faults_vm");
}

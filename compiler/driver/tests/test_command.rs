//! `resilientc test`: what it runs, what it says and how it ends.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

/// Runs `resilientc test` with `args` in a new directory with these files.
fn test(name: &str, files: &[(&str, &str)], args: &[&str]) -> Output {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&dir);
    for (file, text) in files {
        let path = dir.join(file);
        fs::create_dir_all(path.parent().expect("it is below the directory"))
            .expect("the target directory is writable");
        fs::write(path, text).expect("the target directory is writable");
    }
    Command::new(env!("CARGO_BIN_EXE_resilientc"))
        .arg("test")
        .args(args)
        .current_dir(dir)
        .output()
        .expect("the tool starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

const MIXED: &str = "println(\"not shown\");
let limit = 4;
fn main() { assert(false, \"main does not run\"); }
fn helper() { assert(false, \"no test\"); }
fn test_param(int n) { assert(false, \"no test\"); }
fn test_good() { assert(limit == 4); }
fn test_bad() { println(\"seen\"); let a = [1]; println(a[limit]); }
fn test_exit() { exit(3); }
fn test_value() -> int { 7 }
#[cfg(test)]
fn test_cfg() { limit = 5; assert(limit == 5); }
";

#[test]
fn tests_are_independent_and_reported() {
    for backend in ["--interp", "--vm", "--jit"] {
        let output = test(&format!("mixed{backend}"), &[("a.rz", MIXED)], &[backend, "a.rz"]);
        assert_eq!(
            stdout(&output),
            "test test_good ... ok\ntest test_bad ... FAIL\ntest test_exit ... FAIL\ntest test_value ... ok\n\
             test test_cfg ... ok\n\n5 tests: 3 passed, 2 failed\n"
        );
        assert_eq!(
            stderr(&output),
            "\nfailures:\n  a.rz: test_bad: a.rz:7:55: Runtime error: Index 4 out of bounds for array of length 1\n    \
             output:\n      seen\n  a.rz: test_exit: exit status 3\n"
        );
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn directories_are_searched_and_names_filtered() {
    let files = [
        ("b/x.rz", "use \"../a.rz\";\nfn test_shared() { assert(value() == 2); }\n"),
        ("a.rz", "fn value() -> int { 2 }\nfn test_value() { assert(value() == 2); }\n"),
        ("notes.txt", "fn test_no_program() { }"),
    ];
    let output = test("directories", &files, &[]);
    assert_eq!(stdout(&output), "test test_value ... ok\ntest test_shared ... ok\n\n2 tests: 2 passed, 0 failed\n");
    assert_eq!((stderr(&output).as_str(), output.status.code()), ("", Some(0)));
    let output = test("filter", &files, &["--filter", "shared", "b"]);
    assert_eq!(stdout(&output), "test test_shared ... ok\n\n1 test: 1 passed, 0 failed\n");
    let output = test("nothing", &files, &["--filter", "absent"]);
    assert_eq!(stdout(&output), "\n0 tests: 0 passed, 0 failed\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_program_that_does_not_compile_is_a_failure() {
    let files = [("a.rz", "fn test_a() { unknown(); }\n"), ("b.rz", "fn test_b() { }\n")];
    let output = test("broken", &files, &["a.rz", "b.rz"]);
    assert_eq!(stdout(&output), "test test_b ... ok\n\n1 test: 1 passed, 0 failed\n");
    assert!(stderr(&output).contains("error[E0005]"), "{}", stderr(&output));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn top_level_code_that_fails_fails_the_test() {
    let files = [("a.rz", "assert(false, \"setup\");\nfn test_a() { }\n"), ("b.rz", "exit(0);\nfn test_b() { }\n")];
    let output = test("setup", &files, &["."]);
    assert_eq!(stdout(&output), "test test_a ... FAIL\ntest test_b ... FAIL\n\n2 tests: 0 passed, 2 failed\n");
    let text = stderr(&output);
    assert!(text.contains("test_a: ./a.rz:1:1: Runtime error: ASSERTION ERROR: setup"), "{text}");
    assert!(text.contains("test_b: the top-level code ends the program"), "{text}");
}

//! Targets on the command line: what is listed, and what runs. That runtimes can be built is shown where they are used:
//! `tests/run` builds one, and runs the conformance programs with it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// An empty folder for one test, also the home of runtimes.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn resilientc(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_resilientc"));
    command.current_dir(folder).env("RESILIENT_HOME", folder).args(args).output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn the_list_says_where_runtimes_are() {
    let output = resilientc(&folder("list"), &["target", "list"]);
    let missing = |name: &str| format!("{name:<23}  no runtime; `resilientc target add {name}` builds it\n");
    let boards = ["thumbv7em-mps2-an386", "thumbv7em-mps2-an500", "thumbv7em-netduinoplus2", "thumbv7m-mps2-an385"];
    let mut expected = missing("aarch64-linux");
    expected.extend(boards.map(missing));
    expected.push_str("x86_64-linux             runtime inside this resilientc\n");
    assert_eq!((text(&output.stdout), output.status.code()), (expected.as_str(), Some(0)));
}

#[test]
fn without_a_runtime_nothing_is_linked() {
    let folder = folder("missing");
    std::fs::write(folder.join("p.rz"), "println(1);").unwrap();
    let output = resilientc(&folder, &["build", "--target", "aarch64-linux", "p.rz"]);
    let expected = "error: cannot link the executable: this resilientc has no runtime for aarch64-linux; \
                    `resilientc target add aarch64-linux` builds it\n";
    assert_eq!((text(&output.stderr), output.status.code()), (expected, Some(1)));
    assert!(!folder.join("p").exists());
}

#[test]
fn programs_run_as_executables_and_know_their_target() {
    let folder = folder("run");
    let program = "#[cfg(target = \"fast\")]\nprintln(\"fast\");\n#[cfg(target = \"x86_64-linux\")]\nprintln(\"plain\");\nreturn 7;";
    std::fs::write(folder.join("p.rz"), program).unwrap();
    std::fs::write(folder.join("fast.toml"), "inherits = \"x86_64-linux\"\ncpu-features = [\"has_popcnt\"]\n").unwrap();
    for (target, stdout) in [("x86_64-linux", "plain\n"), ("fast.toml", "fast\n")] {
        let output = resilientc(&folder, &["run", "--target", target, "p.rz"]);
        assert_eq!((text(&output.stdout), text(&output.stderr), output.status.code()), (stdout, "", Some(7)));
    }
}

//! `--audit`, `--deny-unproven-bounds` and `--safety-critical`.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

/// Runs the tool with `args` in a new directory with the file `p.rz`.
fn tool(name: &str, text: &str, args: &[&str]) -> Output {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("proofs-{name}"));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).expect("the target directory is writable");
    fs::write(dir.join("p.rz"), text).expect("the target directory is writable");
    Command::new(env!("CARGO_BIN_EXE_resilientc")).args(args).current_dir(dir).output().expect("the tool starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The example in the documentation of the command line, and what it says about it.
fn documented() -> (String, String) {
    const PAGE: &str = include_str!("../../../docs/command-line.md");
    let section = PAGE.split("\n## Proofs:").nth(1).expect("there is a section about proofs");
    let mut parts = section.split("```");
    let program = parts.nth(1).and_then(|text| text.strip_prefix("text\n")).expect("it has an example");
    let report = parts.next().expect("the example is closed").trim_start_matches('\n').lines();
    let report = report.map_while(|line| line.strip_prefix("    "));
    (program.to_string(), report.map(|line| format!("{line}\n")).collect())
}

#[test]
fn the_documented_report_is_true() {
    let (program, report) = documented();
    let checked = tool("documented", &program, &["check", "--audit", "p.rz"]);
    assert_eq!((stdout(&checked), stderr(&checked).as_str()), (report.clone(), ""));
    assert_eq!(checked.status.code(), Some(0));
    for level in ["0", "2", "s"] {
        let built = tool("documented_build", &program, &["build", "--audit", "-O", level, "p.rz"]);
        assert_eq!((stdout(&built).as_str(), stderr(&built)), ("", report.clone()));
    }
}

#[test]
fn checks_that_remain_have_their_places() {
    let program = "fn f(array<int> xs, int i, int d, int s) -> int {
    if d > 100 { assert(d < 50, \"never\"); }
    let b: u8 = i;
    return xs[i] / d << s;
}
let n = unwrap(parse_int(\"3\"));
println(f([1, 2, 3], n, n, n));
println(f([1, 2, 3], 1, 1, 1));
";
    let report = "p.rz:2:18: fn f: assert d < 50: refuted (it is false whenever it is reached)
fn f: bounds: 0 proven, 1 checked at run time (at 4:12); divisors: 0 proven, 1 checked at run time (at 4:12); \
                  shift amounts: 0 proven, 1 checked at run time (at 4:12); conversions: 0 proven, 1 checked at run \
                  time (at 3:17)
total contracts and assertions: 0 proven, 0 checked at run time, 1 refuted
total bounds: 0 proven, 1 checked at run time
total divisors: 0 proven, 1 checked at run time
total shift amounts: 0 proven, 1 checked at run time
total conversions: 0 proven, 1 checked at run time
";
    assert_eq!(stdout(&tool("remain", program, &["check", "--audit", "p.rz"])), report);
}

const UNPROVEN: &str = "fn third(array<int> xs) -> int { xs[2] }
fn first(array<int> xs) -> int requires len(xs) > 0 { xs[0] }
fn unused(array<int> xs) -> int { xs[7] }
let a = [1, 2, 3];
println(third(a) + third(array_repeat(0, unwrap(parse_int(\"2\")))) + first(a));
for i in 0..len(a) { a[i] = a[i] + 1; }
";

#[test]
fn indices_must_be_proven_where_that_is_demanded() {
    for args in [
        &["check", "--deny-unproven-bounds", "p.rz"][..],
        &["build", "-O", "0", "--deny-unproven-bounds", "p.rz"],
        &["build", "--deny-unproven-bounds", "p.rz"],
        &["run", "--interp", "--deny-unproven-bounds", "p.rz"],
    ] {
        let output = tool("deny", UNPROVEN, args);
        let errors = stderr(&output);
        let message = "error[E0058]: cannot statically prove `xs[...]` is in bounds; add a `requires` clause or drop \
                       `--deny-unproven-bounds`\n  ┌─ p.rz:1:34\n";
        assert!(errors.starts_with(message), "{errors}");
        assert!(errors.ends_with("Error: 1 error(s)\n"), "{errors}");
        assert_eq!((stdout(&output).as_str(), output.status.code()), ("", Some(1)));
    }
    let good = UNPROVEN.replacen("{ xs[2] }", "{ if len(xs) < 3 { return 0; } xs[2] }", 1);
    assert_eq!(tool("deny_good", &good, &["check", "--deny-unproven-bounds", "p.rz"]).status.code(), Some(0));
}

#[test]
fn assume_false_is_an_error_where_safety_is_critical() {
    let program = "fn f(int n) { if n > 3 { assume(false); } }\nf(1);\n";
    let plain = tool("assume", program, &["check", "p.rz"]);
    assert_eq!(plain.status.code(), Some(0));
    assert!(stderr(&plain).starts_with("warning: dead-code region following assume(false)\n"), "{}", stderr(&plain));
    for command in ["check", "build", "run"] {
        let strict = tool("assume_strict", program, &[command, "--safety-critical", "p.rz"]);
        assert_eq!(strict.status.code(), Some(1));
        let errors = stderr(&strict);
        assert!(errors.starts_with("error[E0059]: dead-code region following assume(false)\n"), "{errors}");
    }
}

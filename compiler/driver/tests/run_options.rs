//! Options of `run` that change what a running program does: those of live blocks, arithmetic and loops.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

const BACKENDS: [&str; 3] = ["--interp", "--vm", "--jit"];

/// A directory with the program `p.rz`.
fn directory(name: &str, program: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).expect("the target directory is writable");
    fs::write(dir.join("p.rz"), program).expect("the target directory is writable");
    dir
}

fn command(dir: &PathBuf, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_resilientc"));
    command.args(args).arg("p.rz").current_dir(dir);
    command
}

fn run(dir: &PathBuf, args: &[&str]) -> Output {
    command(dir, &[&["run"], args].concat()).output().expect("the tool starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const RETRIES: &str = "live retries(3) {
    print(\"x\");
    live retries(1) { assert(live_retries() + live_total_retries() > 1, \"say \\\"low\\\"\"); }
}
println(\"done\");
";

/// Both attempts that fail get a record; giving up, as the inner block does, gets none.
#[test]
fn retries_are_recorded() {
    let dir = directory("records", RETRIES);
    for backend in BACKENDS {
        let output = run(&dir, &[backend, "--emit-live-log", "log.json"]);
        assert_eq!((text(&output.stdout), text(&output.stderr)), ("xxxdone\n".to_string(), String::new()), "{backend}");
        let log = fs::read_to_string(dir.join("log.json")).expect("the log was written");
        let lines: Vec<&str> = log.lines().collect();
        assert_eq!(lines.len(), 2, "{log}");
        for (line, retry) in lines.into_iter().zip(1..) {
            let (start, time) = line.split_once(",\"ts_ns\":").expect("the time comes last");
            let condition = format!("condition {} > 1 was false", retry - 1);
            let expected = format!(
                "{{\"block\":\"p.rz:1\",\"reason\":\"Live block failed after 1 attempts (retry depth: 2): \
                 ASSERTION ERROR: say \\\"low\\\"\\n  - {condition}\",\"retry\":{retry}"
            );
            assert_eq!(start, expected, "{backend}");
            let time: u64 = time.strip_suffix('}').and_then(|time| time.parse().ok()).expect("nanoseconds");
            assert!(time > 1_700_000_000_000_000_000, "{time}");
        }
    }
    let output = run(&dir, &["--emit-live-log", "no/such/dir"]);
    let message = "error: cannot write no/such/dir: No such file or directory\n";
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(1), message.to_string()));
}

#[test]
fn the_first_fault_in_a_live_block_can_be_final() {
    let dir = directory("panic_on_fault", RETRIES);
    for backend in BACKENDS {
        let output = run(&dir, &[backend, "--no-panic-on-fault", "--panic-on-fault"]);
        let expected = "[LIVE BLOCK] fault: ASSERTION ERROR: say \"low\"
  - condition 0 > 1 was false
[fault] --panic-on-fault: aborting (disable with --no-panic-on-fault)
";
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), "x".to_string()), "{backend}");
        assert_eq!(text(&output.stderr), expected, "{backend}");
        let output = run(&dir, &[backend, "--panic-on-fault", "--no-panic-on-fault"]);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), "xxxdone\n".to_string()), "{backend}");
    }
}

#[test]
fn the_log_is_the_same_by_flag_and_by_environment() {
    let dir = directory("live_log", RETRIES);
    let by_flag = text(&run(&dir, &["--live-log"]).stderr);
    assert_eq!(by_flag.matches("[LIVE BLOCK] Starting").count(), 4, "{by_flag}");
    assert_eq!(by_flag.matches("[LIVE BLOCK] Successfully").count(), 2, "{by_flag}");
    let by_environment = command(&dir, &["run", "--vm"]).env("RESILIENT_LIVE_LOG", "1").output().expect("it starts");
    assert_eq!(text(&by_environment.stderr), by_flag);
    let off = command(&dir, &["run"]).env("RESILIENT_LIVE_LOG", "0").output().expect("it starts");
    assert_eq!(text(&off.stderr), "");
}

#[test]
fn the_overflow_mode_comes_from_the_environment_too() {
    let dir =
        directory("overflow_mode", "fn next(int n) -> int { return n + 1; }\nprintln(next(9223372036854775807));\n");
    let modes = [("saturate", "9223372036854775807\n"), ("wrap", "-9223372036854775808\n"), ("trap", "")];
    for (mode, expected) in modes {
        let output = command(&dir, &["run"]).env("RESILIENT_OVERFLOW_MODE", mode).output().expect("it starts");
        assert_eq!(text(&output.stdout), expected, "{mode}");
        let args = ["run", "--overflow", mode];
        let output = command(&dir, &args).env("RESILIENT_OVERFLOW_MODE", "wrap").output().expect("it starts");
        assert_eq!(text(&output.stdout), expected, "{mode}");
    }
    let output = command(&dir, &["check"]).env("RESILIENT_OVERFLOW_MODE", "clip").output().expect("it starts");
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn loops_can_be_limited() {
    let program = "let mut n = 0;
while n < 3 { n += 1; }
for i in 0..100 { n = 3; }
while let Some(x) = Some(n) { if x == 6 { break; } n += 1; }
println(n);
fn forever() { loop { } }
forever();
";
    let dir = directory("loop_limit", program);
    for backend in ["--interp", "--vm"] {
        let output = run(&dir, &[backend, "--max-loop-iterations", "4"]);
        let expected = "Error: p.rz:6:16: Runtime error: while loop exceeded 4 iterations (runaway?)\n";
        assert_eq!(
            (text(&output.stdout), text(&output.stderr)),
            ("6\n".to_string(), expected.to_string()),
            "{backend}"
        );
        let output = run(&dir, &[backend, "--max-loop-iterations", "2"]);
        let expected = "Error: p.rz:2:1: Runtime error: while loop exceeded 2 iterations (runaway?)\n";
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(1), expected.to_string()), "{backend}");
    }
    let output = run(&dir, &["--jit", "--max-loop-iterations", "4"]);
    let message = "error: `--max-loop-iterations` needs `--interp` or `--vm`\n";
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(2), message.to_string()));
}

//! What the tool does with inputs and outputs that are not as they should be: one clear line, the right status, and no
//! trace of a failed output.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const GOOD: &str = "println(1);\n";
const BAD: &str = "let x: int = \"no\";\n";

/// An empty directory for one test.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str) -> Dir {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Dir(path)
    }

    fn with(self, file: &str, text: impl AsRef<[u8]>) -> Dir {
        fs::write(self.0.join(file), text).unwrap();
        self
    }

    fn read(&self, file: &str) -> String {
        String::from_utf8(fs::read(self.0.join(file)).unwrap()).unwrap()
    }

    /// The names of all files.
    fn list(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn resilientc(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_resilientc")).current_dir(&self.0).args(args).output().unwrap()
    }

    /// Runs the tool, which must fail with `status` and say `stderr`, and nothing on standard output.
    #[track_caller]
    fn refuses(&self, args: &[&str], status: i32, stderr: &str) {
        let output = self.resilientc(args);
        assert_eq!(String::from_utf8_lossy(&output.stderr), stderr, "{args:?}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(status), 0), "{args:?}");
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn sources_that_cannot_be_read() {
    let dir = Dir::new("unreadable").with("latin1.rz", b"// caf\xe9\n").with("garbage.rz", b"\x7fELF\x02\xff\x00");
    fs::create_dir(dir.0.join("folder.rz")).unwrap();
    for command in [vec!["check"], vec!["run"], vec!["run", "--interp"], vec!["run", "--vm"], vec!["build"]] {
        let refuses = |file: &str, reason: &str| {
            let args: Vec<&str> = command.iter().copied().chain([file]).collect();
            dir.refuses(&args, 1, &format!("error: cannot read {file}: {reason}\n"));
        };
        refuses("missing.rz", "No such file or directory");
        refuses("folder.rz", "Is a directory");
        refuses("latin1.rz", "not valid UTF-8 at byte 6");
        refuses("garbage.rz", "not valid UTF-8 at byte 5");
        refuses("garbage.rz/x", "Not a directory");
    }
    assert_eq!(dir.list(), ["folder.rz", "garbage.rz", "latin1.rz"]);
}

#[test]
fn an_empty_file_is_a_program() {
    let dir = Dir::new("empty").with("empty.rz", "");
    for args in [vec!["check"], vec!["run", "--interp"], vec!["run", "--vm"], vec!["run", "--jit"], vec!["build"]] {
        let output = dir.resilientc(&[args, vec!["empty.rz"]].concat());
        assert_eq!((output.status.code(), output.stdout, output.stderr), (Some(0), vec![], vec![]));
    }
    let output = Command::new(dir.0.join("empty")).output().unwrap();
    assert_eq!((output.status.code(), output.stdout, output.stderr), (Some(0), vec![], vec![]));
}

#[test]
fn misuse_has_status_2() {
    let dir = Dir::new("misuse").with("good.rz", GOOD);
    for args in [
        &["frobnicate"][..],
        &["build"],
        &["run"],
        &["check"],
        &["explain"],
        &["build", "--frob", "good.rz"],
        &["build", "-O", "9", "good.rz"],
        &["build", "--emit", "poem", "good.rz"],
        &["build", "good.rz", "-o"],
        &["run", "--vm", "--interp", "good.rz"],
        &["run", "good.rz", "loose-argument"],
        &["check", "--message-format", "xml", "good.rz"],
        &["build", "--target", "pdp11", "good.rz"],
        &["run", "--overflow", "clip", "good.rz"],
        &["build", "--overflow"],
        &["run", "--interp", "--max-loop-iterations", "-1", "good.rz"],
        &["run", "--max-loop-iterations", "5", "good.rz"],
    ] {
        let output = dir.resilientc(args);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{args:?}");
        assert!(output.stderr.starts_with(b"error: "), "{args:?}");
    }
    dir.refuses(
        &["build", "--target", "pdp11", "good.rz"],
        2,
        "error: unknown target `pdp11`; there are aarch64-linux, thumbv7em-mps2-an386, thumbv7em-mps2-an500, \
         thumbv7em-netduinoplus2, thumbv7m-mps2-an385, x86_64-linux, and files that end in `.toml`\n",
    );
    assert_eq!(dir.list(), ["good.rz"]);
}

#[test]
fn targets_that_cannot_be() {
    let dir = Dir::new("targets")
        .with("good.rz", GOOD)
        .with("bad.toml", "inherits = \"x86_64-linux\"\ncpu-features = [\"has_wings\"]\n")
        .with("alien.toml", "inherits = \"linux\"\ntriple = \"sparc64-unknown-linux-gnu\"\n");
    let refuses = |target: &str, message: &str| dir.refuses(&["build", "--target", target, "good.rz"], 1, message);
    refuses("none.toml", "error: cannot read none.toml: No such file or directory\n");
    refuses(
        "bad.toml",
        "error: cannot generate code: code generation failed while setting up the target: x86_64-unknown-linux-gnu: processor feature `has_wings`: \
         No existing setting named 'has_wings'\n",
    );
    refuses(
        "alien.toml",
        "error: cannot generate code: code generation failed while setting up the target: sparc64-unknown-linux-gnu: \
         Support for this target has not been implemented yet\n",
    );
    assert_eq!(dir.list(), ["alien.toml", "bad.toml", "good.rz"]);
}

#[test]
fn outputs_that_cannot_be_written() {
    let dir = Dir::new("unwritable").with("good.rz", GOOD);
    fs::create_dir(dir.0.join("folder")).unwrap();
    let refuses = |out: &str, reason: &str| {
        let args = ["build", "good.rz", "-o", out];
        dir.refuses(&args, 1, &format!("error: cannot write {out}: {reason}\n"));
        let args = ["build", "good.rz", "--emit", "mir", "-o", out];
        dir.refuses(&args, 1, &format!("error: cannot write {out}: {reason}\n"));
    };
    refuses("folder", "Is a directory");
    refuses("absent/out", "No such file or directory");
    refuses("good.rz/out", "Not a directory");
    refuses("good.rz", "it is the source file");
    refuses("folder/../good.rz", "it is the source file");
    symlink("good.rz", dir.0.join("link")).unwrap();
    refuses("link", "it is the source file");
    fs::hard_link(dir.0.join("good.rz"), dir.0.join("twin")).unwrap();
    refuses("twin", "it is the source file");
    refuses("/dev/full", "No space left on device");
    assert_eq!(dir.read("good.rz"), GOOD);
    assert_eq!(dir.list(), ["folder", "good.rz", "link", "twin"]);
    assert_eq!(fs::read_dir(dir.0.join("folder")).unwrap().count(), 0);
}

/// A user without rights; tests often run as one who has all of them.
#[test]
fn a_directory_without_permission() {
    let dir = Dir::new("permission").with("good.rz", GOOD);
    fs::create_dir(dir.0.join("closed")).unwrap();
    fs::set_permissions(dir.0.join("closed"), fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(dir.0.join("closed/probe"), "").is_ok() {
        return;
    }
    dir.refuses(&["build", "good.rz", "-o", "closed/x"], 1, "error: cannot write closed/x: Permission denied\n");
}

#[test]
fn default_output_names() {
    let dir = Dir::new("names").with("good.rz", GOOD).with("plain", GOOD).with("bad.rz", BAD);
    assert_eq!(dir.resilientc(&["build", "good.rz"]).status.code(), Some(0));
    assert_eq!(dir.resilientc(&["build", "--emit", "obj", "good.rz"]).status.code(), Some(0));
    dir.refuses(&["build", "plain"], 1, "error: cannot write plain: it is the source file\n");
    assert_eq!(dir.resilientc(&["build", "bad.rz"]).status.code(), Some(1));
    assert_eq!(dir.list(), ["bad.rz", "good", "good.o", "good.rz", "plain"]);
    let output = Command::new(dir.0.join("good")).output().unwrap();
    assert_eq!((output.status.code(), output.stdout), (Some(0), b"1\n".to_vec()));
}

#[test]
fn a_failed_build_leaves_the_old_output() {
    let dir = Dir::new("old-output").with("bad.rz", BAD).with("out", "precious").with("good.rz", GOOD);
    let output = dir.resilientc(&["build", "bad.rz", "-o", "out"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(dir.read("out"), "precious");
    assert_eq!(dir.list(), ["bad.rz", "good.rz", "out"]);
}

#[test]
fn outputs_replace_what_links_point_to() {
    let dir = Dir::new("links").with("good.rz", GOOD).with("real", "old");
    symlink("real", dir.0.join("link")).unwrap();
    assert_eq!(dir.resilientc(&["build", "--emit", "tokens", "good.rz", "-o", "link"]).status.code(), Some(0));
    assert!(dir.0.join("link").is_symlink());
    assert_eq!(dir.read("real").as_bytes(), dir.resilientc(&["build", "--emit", "tokens", "good.rz"]).stdout);
    assert_eq!(dir.resilientc(&["build", "--emit", "tokens", "good.rz", "-o", "/dev/null"]).status.code(), Some(0));
}

#[test]
fn errors_are_drawn_and_counted() {
    let dir = Dir::new("drawn").with("bad.rz", BAD).with("good.rz", GOOD);
    for args in [&["check", "bad.rz"][..], &["run", "bad.rz"], &["build", "bad.rz"]] {
        let output = dir.resilientc(args);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{args:?}");
        assert!(stderr.starts_with("error[E0007]: "), "{stderr}");
        assert!(stderr.contains(" bad.rz:1:"), "{stderr}");
        assert!(stderr.ends_with("\nError: 1 error(s)\n"), "{stderr}");
    }
    let output = dir.resilientc(&["check", "good.rz", "bad.rz", "missing.rz", "bad.rz"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.contains("error: cannot read missing.rz"), "{stderr}");
    assert!(stderr.ends_with("\nError: 2 error(s)\n"), "{stderr}");
}

#[test]
fn json_is_an_array_of_objects() {
    let dir = Dir::new("json").with("bad.rz", BAD).with("good.rz", GOOD);
    let output = dir.resilientc(&["check", "--message-format", "json", "good.rz"]);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), b"[]\n".as_slice()));
    let output = dir.resilientc(&["check", "--message-format", "json", "bad.rz"]);
    assert_eq!((output.status.code(), output.stderr.len()), (Some(1), 0));
    let messages: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let message = messages[0].as_object().unwrap();
    let keys: Vec<&String> = message.keys().collect();
    assert_eq!(keys, ["code", "column", "file", "line", "message", "severity"]);
    assert_eq!((&message["code"], &message["file"], &message["line"]), (&"E0007".into(), &"bad.rz".into(), &1.into()));
    assert_eq!((&message["severity"], messages.as_array().unwrap().len()), (&"error".into(), 1));
}

#[test]
fn codes_are_explained() {
    let dir = Dir::new("explain");
    let output = dir.resilientc(&["explain", "e0007"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(text.lines().next().unwrap().contains("E0007"), "{text}");
    assert_eq!(text.matches("\n## ").count(), 0, "{text}");
    let list = String::from_utf8(dir.resilientc(&["errors", "list"]).stdout).unwrap();
    assert!(list.lines().all(|line| line.starts_with('E')), "{list}");
    assert!(list.contains("\nE0007  type mismatch\n"), "{list}");
    dir.refuses(&["explain", "E9999"], 1, "error: no error has the code `E9999`; codes look like E0007\n");
}

#[test]
fn phases_are_timed_on_request() {
    let dir = Dir::new("timings").with("good.rz", GOOD);
    let output = dir.resilientc(&["check", "--timings", "good.rz"]);
    let stderr = String::from_utf8(output.stderr).unwrap();
    let names: Vec<&str> = stderr.lines().map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(names, ["read", "parse", "check", "total"]);
}

/// A reader that goes away ends the tool by the signal, without a message.
#[test]
fn a_closed_pipe_is_no_error() {
    use std::io::Read;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Stdio;
    let dir = Dir::new("pipe").with("long.rz", "for i in 0..1000000 { println(i); }\n");
    for backend in ["--interp", "--vm", "--jit"] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_resilientc"))
            .current_dir(&dir.0)
            .args(["run", backend, "long.rz"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = [0; 2];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((&first, output.status.signal(), output.stderr), (b"0\n", Some(13), vec![]), "{backend}");
    }
}

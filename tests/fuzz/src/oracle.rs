//! Runs a program on every backend and compares.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use resilient_tests::process::{self, Finished, Status};

/// What became of a program.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// All backends agree; whether it ended with a fault.
    Agreed {
        /// It ended with a fault.
        faulted: bool,
    },
    /// It has compile errors: the generator made a mistake.
    Rejected(String),
    /// The interpreter did not end in time.
    TooSlow,
    /// A backend does something else than the interpreter.
    Differs(String),
}

/// The compiler under test.
pub struct Oracle {
    compiler: PathBuf,
    dir: PathBuf,
}

const SOURCE: &str = "fuzz.rz";

impl Oracle {
    /// Files are written to `dir`, which must exist.
    pub fn new(compiler: PathBuf, dir: &Path) -> Oracle {
        Oracle { compiler, dir: dir.to_path_buf() }
    }

    /// Compares the backends on `program`.
    pub fn judge(&self, program: &str) -> Result<Verdict, String> {
        let path = self.dir.join(SOURCE);
        fs::write(&path, program).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        let Ok(reference) = self.run(&["--interp"]) else {
            return Ok(Verdict::TooSlow);
        };
        let stderr = String::from_utf8_lossy(&reference.stderr);
        if stderr.contains("error[") {
            return Ok(Verdict::Rejected(stderr.into_owned()));
        }
        if !matches!(reference.status, Status::Exited(0 | 1)) {
            return Ok(Verdict::Differs(format!("interp: {}", describe(&reference))));
        }
        for flags in [&["--vm"][..], &["--jit"], &["--jit", "-O", "1"], &["--vm", "-O", "0"]] {
            if let Some(difference) = difference(&reference, self.run(flags)) {
                return Ok(Verdict::Differs(format!("run {}: {difference}", flags.join(" "))));
            }
        }
        for level in ["0", "2"] {
            if let Some(difference) = difference(&reference, self.build_and_run(level)) {
                return Ok(Verdict::Differs(format!("build -O {level}: {difference}")));
            }
        }
        Ok(Verdict::Agreed { faulted: reference.status != Status::Exited(0) })
    }

    fn run(&self, flags: &[&str]) -> Result<Finished, String> {
        process::run(self.command().arg("run").args(flags).arg(SOURCE))
    }

    fn build_and_run(&self, level: &str) -> Result<Finished, String> {
        let exe = self.dir.join("fuzz");
        let built = process::run(self.command().args(["build", "-O", level, SOURCE, "-o"]).arg(&exe))?;
        if built.status != Status::Exited(0) {
            return Ok(built);
        }
        let ran = process::run(Command::new(&exe).current_dir(&self.dir))?;
        Ok(Finished { stderr: [built.stderr, ran.stderr].concat(), ..ran })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.compiler);
        command.current_dir(&self.dir).env("RESILIENT_CHECK_LEAKS", "1");
        command
    }
}

fn difference(expected: &Finished, found: Result<Finished, String>) -> Option<String> {
    match found {
        Ok(found) if found == *expected => None,
        Ok(found) => Some(format!("expected {}, found {}", describe(expected), describe(&found))),
        Err(error) => Some(error),
    }
}

/// How a run ended, and its last lines.
fn describe(run: &Finished) -> String {
    let last = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let lines: Vec<&str> = text.lines().rev().take(4).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n  ")
    };
    format!("{:?}\n  {}\n  {}", run.status, last(&run.stdout), last(&run.stderr))
}

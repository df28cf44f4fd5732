//! `resilientc run --target`: an executable made for a target, and run at once.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use bumpalo::Bump;
use resilient_link::Target;
use resilient_sema::Options;

use crate::cli::RunArgs;
use crate::error::{Error, reason};
use crate::output::{Mode, Output};
use crate::pipeline::{self, Loaded};
use crate::timings::Timings;

/// Builds, runs, and removes the executable; gives the program's exit status.
pub fn run(args: &RunArgs, target: &str, timings: &mut Timings) -> Result<i32, Error> {
    if args.emit_live_log.is_some() || args.panic_on_fault || args.max_loop_iterations.is_some() {
        let text = "`--emit-live-log`, `--panic-on-fault` and `--max-loop-iterations` are not for `--target`";
        return Err(Error::Misuse(text));
    }
    let target = Target::find(target)?;
    let executable = build(args, &target, timings)?;
    let file = Temporary(std::env::temp_dir().join(format!("resilient-run-{}", std::process::id())));
    Output::new(&file.0, &args.file)?.write(&executable, Mode::Executable)?;
    timings.phase("run", || execute(&target, &file.0, args))
}

fn build(args: &RunArgs, target: &Target, timings: &mut Timings) -> Result<Vec<u8>, Error> {
    let (trees, types) = (Bump::new(), Bump::new());
    let options = Options { backtrace: args.backtrace, ..pipeline::options(&args.config, &target.name) };
    let loaded = timings.phase("read", || Loaded::read(&args.file))?;
    let parsed = timings.phase("parse", || loaded.parse(&trees));
    let checked = pipeline::accept(timings.phase("check", || parsed.check(&types, &options)))?;
    let object = checked.lower(args.opt_level, timings)?.object(target, timings)?;
    pipeline::link(&object, target, timings)
}

fn execute(target: &Target, file: &Path, args: &RunArgs) -> Result<i32, Error> {
    let doing = "run the executable";
    let mut command = match target.runner.split_first() {
        _ if target.is_host() => Command::new(file),
        Some((runner, rest)) => {
            let mut command = Command::new(runner);
            command.args(rest).arg(file);
            command
        }
        None => {
            let reason =
                format!("target `{}` has no runner, and this machine does not start its executables", target.name);
            return Err(Error::Stage { doing, reason });
        }
    };
    if args.live_log {
        command.env("RESILIENT_LIVE_LOG", "1");
    }
    let status = command.args(&args.args).status().map_err(|error| {
        let reason = format!("{}: {}", command.get_program().display(), reason(&error));
        Error::Stage { doing, reason }
    })?;
    // As shells report a signal.
    Ok(status.code().unwrap_or(128 + status.signal().unwrap_or(0)))
}

/// A file that is gone when nobody needs it any more.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // If it is not there, all the better.
        let _ = fs::remove_file(&self.0);
    }
}

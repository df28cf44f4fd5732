//! `resilientc run`: a program at once, on one of the backends.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::PathBuf;

use bumpalo::Bump;
use resilient_base::Diagnostics;
use resilient_link::Target;
use resilient_runtime::live;

use crate::cli::{Backend, RunArgs};
use crate::error::{Error, reason};
use crate::pipeline::{self, Loaded};
use crate::prove;
use crate::run_target;
use crate::timings::Timings;

/// Compiles and runs; gives the program's exit status.
pub fn run(args: &RunArgs, timings: &mut Timings) -> Result<i32, Error> {
    if let Some(target) = &args.target {
        return run_target::run(args, target, timings);
    }
    let (trees, types) = (Bump::new(), Bump::new());
    let mut options = pipeline::options(&args.config, Target::HOST);
    options.test = args.test_entry.is_some();
    options.test_entry.clone_from(&args.test_entry);
    options.backtrace = args.backtrace;
    options.max_iterations = args.max_loop_iterations;
    if args.max_loop_iterations.is_some() && args.backend() == Backend::Jit {
        return Err(Error::Misuse("`--max-loop-iterations` needs `--interp` or `--vm`"));
    }
    let _records = configure_live(args)?;
    options.safety_critical = args.proofs.safety_critical;
    let loaded = timings.phase("read", || Loaded::read(&args.file))?;
    let parsed = timings.phase("parse", || loaded.parse(&trees));
    let checked = timings.phase("check", || parsed.check(&types, &options));
    let mut checked = checked.and_then(|checked| prove::demand(checked, &args.proofs, timings));
    if let (Ok(checked), Some(_)) = (&mut checked, &args.test_entry) {
        // `test` has reported the warnings.
        checked.diags = Diagnostics::default();
    }
    let checked = pipeline::accept(checked)?;
    if let Some(seed) = args.seed {
        resilient_runtime::random::set_seed(seed);
    }
    match args.backend() {
        Backend::Interp => Ok(timings.phase("run", || checked.interpret())),
        Backend::Vm => {
            let lowered = checked.lower(args.opt_level, timings)?;
            lowered.run_vm(timings)
        }
        Backend::Jit => {
            let lowered = checked.lower(args.opt_level, timings)?;
            lowered.run_jit(timings)
        }
    }
}

/// Tells the runtime how live blocks behave. The file of records must stay open while the program runs.
fn configure_live(args: &RunArgs) -> Result<Option<File>, Error> {
    let fail = |path: &PathBuf, error| Error::Write { path: path.clone(), reason: reason(&error) };
    let records = match &args.emit_live_log {
        Some(path) => Some(File::create(path).map_err(|error| fail(path, error))?),
        None => None,
    };
    let in_environment = std::env::var_os("RESILIENT_LIVE_LOG").is_some_and(|value| value == "1");
    live::configure(live::Settings {
        log: args.live_log || in_environment,
        panic_on_fault: args.panic_on_fault,
        records: records.as_ref().map(File::as_raw_fd),
    });
    Ok(records)
}

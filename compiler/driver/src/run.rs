//! `resilientc run`: a program at once, on one of the backends.

use bumpalo::Bump;
use resilient_base::Diagnostics;
use resilient_link::Target;

use crate::cli::{Backend, RunArgs};
use crate::error::Error;
use crate::pipeline::{self, Loaded};
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
    let loaded = timings.phase("read", || Loaded::read(&args.file))?;
    let parsed = timings.phase("parse", || loaded.parse(&trees));
    let mut checked = timings.phase("check", || parsed.check(&types, &options));
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

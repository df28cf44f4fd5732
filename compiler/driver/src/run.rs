//! `resilientc run`: a program at once, on one of the backends.

use bumpalo::Bump;
use resilient_link::Target;

use crate::cli::{Backend, RunArgs};
use crate::error::Error;
use crate::pipeline::{self, Loaded};
use crate::timings::Timings;

/// Compiles and runs; gives the program's exit status.
pub fn run(args: &RunArgs, timings: &mut Timings) -> Result<i32, Error> {
    let (trees, types) = (Bump::new(), Bump::new());
    let options = pipeline::options(&args.config, Target::default());
    let loaded = timings.phase("read", || Loaded::read(&args.file))?;
    let parsed = timings.phase("parse", || loaded.parse(&trees));
    let checked = pipeline::accept(timings.phase("check", || parsed.check(&types, &options)))?;
    match args.backend() {
        Backend::Interp => Ok(timings.phase("run", || checked.interpret())),
        Backend::Vm => {
            let lowered = checked.lower(args.opt_level, timings);
            lowered.run_vm(timings)
        }
        Backend::Jit => {
            let lowered = checked.lower(args.opt_level, timings);
            lowered.run_jit(timings)
        }
    }
}

//! `resilientc run`: a program at once, on one of the backends.

use bumpalo::Bump;
use resilient_base::Diagnostics;
use resilient_link::Target;

use crate::cli::{Backend, RunArgs};
use crate::error::Error;
use crate::pipeline::{self, Loaded};
use crate::prove;
use crate::timings::Timings;

/// Compiles and runs; gives the program's exit status.
pub fn run(args: &RunArgs, timings: &mut Timings) -> Result<i32, Error> {
    let (trees, types) = (Bump::new(), Bump::new());
    let mut options = pipeline::options(&args.config, Target::default());
    options.test = args.test_entry.is_some();
    options.test_entry.clone_from(&args.test_entry);
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

//! `resilientc check`: diagnostics only.

use std::path::Path;

use bumpalo::Bump;
use resilient_link::Target;
use resilient_sema::Options;

use crate::cli::{CheckArgs, MessageFormat};
use crate::error::{Error, STATUS_FAILED};
use crate::json;
use crate::pipeline::{self, Loaded, Rejected};
use crate::prove;
use crate::render;
use crate::timings::Timings;

/// Checks each file on its own; a file that fails does not keep the others from being checked.
pub fn check(args: &CheckArgs, timings: &mut Timings) -> Result<i32, Error> {
    let mut options = pipeline::options(&args.config, Target::HOST);
    options.safety_critical = args.proofs.safety_critical;
    let mut status = 0;
    let mut n_errors = 0;
    let mut messages = Vec::new();
    for path in &args.files {
        let report = match check_file(path, args, &options, timings) {
            Ok(report) => report,
            Err(error) => {
                status = crate::report(&error);
                continue;
            }
        };
        match args.message_format {
            MessageFormat::Human => n_errors += render::diagnostics(&report.sources, &report.diags),
            MessageFormat::Json => messages.extend(json::messages(&report.sources, &report.diags)),
        }
        if report.diags.has_errors() {
            status = STATUS_FAILED;
        }
    }
    match args.message_format {
        MessageFormat::Human if n_errors > 0 => render::summary(n_errors),
        MessageFormat::Human => {}
        MessageFormat::Json => crate::output::to_stdout(json::to_text(&messages).as_bytes())?,
    }
    Ok(status)
}

/// All that is to be said about one program, good or bad.
fn check_file(path: &Path, args: &CheckArgs, options: &Options, timings: &mut Timings) -> Result<Rejected, Error> {
    let (trees, types) = (Bump::new(), Bump::new());
    let loaded = timings.phase("read", || Loaded::read(path))?;
    let parsed = timings.phase("parse", || loaded.parse(&trees));
    let checked = timings.phase("check", || parsed.check(&types, options));
    let mut checked = match checked.and_then(|checked| prove::demand(checked, &args.proofs, timings)) {
        Ok(checked) => checked,
        Err(rejected) => return Ok(rejected),
    };
    if args.audit {
        match prove::report(&checked) {
            Ok(report) => crate::output::to_stdout(report.as_bytes())?,
            Err(error) => checked.diags.push(error),
        }
    }
    Ok(Rejected { sources: checked.sources, diags: checked.diags })
}

//! Cranelift's own optimizations, before any thought of the processor.
//!
//! `Context::optimize` asks for an instruction set, which it needs for its settings and the verifier only. Cranelift has
//! none for 32-bit Arm, so the same passes run here one by one.

use cranelift_codegen::Context;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::settings::{self, Configurable, Flags};

use crate::error::{ErrorKind, Result};
use crate::target::Target;

/// Optimizes the function in `context` and leaves its dominator tree and loops there.
pub(crate) fn optimize(context: &mut Context, target: &Target) -> Result<()> {
    let flags = flags(target)?;
    let fail = |error: cranelift_codegen::CodegenError| ErrorKind::Invalid(error.to_string());
    context.verify_if(&flags).map_err(|error| match error {
        cranelift_codegen::CodegenError::Verifier(errors) => ErrorKind::Invalid(errors.to_string()),
        other => ErrorKind::Invalid(other.to_string()),
    })?;
    context.compute_cfg();
    context.compute_domtree();
    context.eliminate_unreachable_code(&flags).map_err(fail)?;
    context.remove_constant_phis(&flags).map_err(fail)?;
    context.func.dfg.resolve_all_aliases();
    if target.optimize {
        context.egraph_pass(&flags, &mut ControlPlane::default()).map_err(fail)?;
        context.func.dfg.resolve_all_aliases();
    }
    context.compute_loop_analysis();
    Ok(())
}

fn flags(target: &Target) -> Result<Flags> {
    let mut builder = settings::builder();
    let verify = if target.verify { "true" } else { "false" };
    let level = if target.optimize { "speed_and_size" } else { "none" };
    (builder.set("enable_verifier", verify))
        .and_then(|()| builder.set("opt_level", level))
        .map_err(|error| ErrorKind::Internal(error.to_string()))?;
    Ok(Flags::new(builder))
}

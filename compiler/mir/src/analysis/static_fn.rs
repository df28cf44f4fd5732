//! Function values that are known at compile time.

use crate::ir::*;

/// The function and layout of a function value that captures nothing, which backends make as constant data. `kind` is an
/// instruction of `func`.
pub fn static_fn(module: &Module, func: &Function, kind: &InstKind) -> Option<(FuncId, LayoutId)> {
    let InstKind::BoxNew(layout, leaves) = kind else { return None };
    let (&[MemTy::Code], &[code]) = (&module.layouts[*layout].leaves[..], &leaves[..]) else { return None };
    let ValueDef::Result(inst, _) = func.values[code].def else { return None };
    match func.insts[inst].kind {
        InstKind::FuncAddr(callee) => Some((callee, *layout)),
        _ => None,
    }
}

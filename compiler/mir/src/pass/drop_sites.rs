//! Stops passing the place of a call to functions that have no use for it.
//!
//! ```text
//! fn0 "get"(i64) -> i64 takes_site {       fn0 "get"(i64) -> i64 {
//! block0(v0: i64):                         block0(v0: i64):
//!     return v0                      =>        return v0
//! ..                                       ..
//!     v5: i64 = call fn0(v4) @ caller          v5: i64 = call fn0(v4)
//! ```
//!
//! A function needs the place if a fault of its own stands there, or a call passes it on to a function that needs it. That
//! is the least solution: functions that only pass it to each other do not. Construction marks all functions of the
//! library and runs this once; later passes remove checks and calls, after which there is less to pass.
//!
//! Linear in the module but for rounds over the call graph, which are few.

use resilient_base::SecondaryMap;

use crate::ir::*;

/// Unmarks functions of a module that need no site; tells whether there were any.
pub fn run(module: &mut Module) -> bool {
    if !module.funcs.values().any(|func| func.takes_site) {
        return false;
    }
    let mut needs: SecondaryMap<FuncId, bool> = SecondaryMap::with_capacity(module.funcs.len());
    let mut passed_to: Vec<(FuncId, Vec<FuncId>)> = Vec::new();
    for (id, func) in module.funcs.iter().filter(|(_, func)| func.takes_site) {
        needs[id] = has_fault_at_caller(func);
        passed_to.push((id, callees_at_caller(func)));
    }
    // Functions are mostly behind those that they call, or before; either way few rounds are needed.
    let mut changed = true;
    while changed {
        changed = false;
        for (id, callees) in &passed_to {
            if !needs[*id] && callees.iter().any(|&callee| needs[callee]) {
                needs[*id] = true;
                changed = true;
            }
        }
    }
    let mut dropped = false;
    for (id, func) in module.funcs.iter_mut().filter(|(id, func)| func.takes_site && !needs[*id]) {
        debug_assert!(!needs[id], "{id} keeps its site");
        func.takes_site = false;
        forget_caller(func);
        dropped = true;
    }
    dropped
}

fn has_fault_at_caller(func: &Function) -> bool {
    func.layout.iter().any(|&block| {
        let data = &func.blocks[block];
        matches!(data.terminator, Terminator::NoReturn(_, _, Some(Loc::Caller)))
            || data.insts.iter().any(|&inst| {
                let InstData { kind, loc, .. } = &func.insts[inst];
                *loc == Some(Loc::Caller) && matches!(kind, InstKind::CallRt(entry, _) if entry.sig().sited)
            })
    })
}

fn callees_at_caller(func: &Function) -> Vec<FuncId> {
    let insts = func.layout.iter().flat_map(|&block| &func.blocks[block].insts);
    insts
        .filter_map(|&inst| match func.insts[inst] {
            InstData { kind: InstKind::Call(callee, _), loc: Some(Loc::Caller), .. } => Some(callee),
            _ => None,
        })
        .collect()
}

/// Nothing that is left needs the location.
fn forget_caller(func: &mut Function) {
    for data in func.insts.values_mut().filter(|data| data.loc == Some(Loc::Caller)) {
        data.loc = None;
    }
    for block in func.blocks.values_mut() {
        if let Terminator::NoReturn(_, _, loc @ Some(Loc::Caller)) = &mut block.terminator {
            *loc = None;
        }
    }
}

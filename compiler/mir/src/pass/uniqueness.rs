//! Removes `array_unique` of arrays that have one reference already.
//!
//! ```text
//! v1 = array_push layout0 v0 (v9)              v1 = array_push layout0 v0 (v9)
//! jump block1(v1)                              jump block1(v1)
//! block1(v2: ref):                             block1(v2: ref):
//!     v3 = array_unique layout0 v2      =>
//!     array_store layout0.0 v3, v4, v5             array_store layout0.0 v2, v4, v5
//!     branch v6, block1(v3), block2                branch v6, block1(v2), block2
//! ```
//!
//! An array that was just made or made unique has one reference: the value. It keeps one as long as nothing retains the
//! value and nothing borrows it that might: loads, stores and the length do not, calls may. Passing it to a block hands the
//! reference on. The empty array, which all share, counts as unique: there is nothing in it to be changed.
//!
//! Method: optimistic data flow. All candidates are assumed to be unique; a parameter that is passed another value is none,
//! until nothing changes. Parameters that always stand for the same array are left to [`super::cfg`].

use resilient_abi::RtFn;
use resilient_base::SecondaryMap;

use super::Aliases;
use crate::analysis::Cfg;
use crate::ir::*;

/// Removes superfluous instructions of a function; tells whether there were any.
pub fn run(func: &mut Function) -> bool {
    let cfg = Cfg::new(func);
    let has_unique =
        cfg.rpo().iter().any(|&block| func.blocks[block].insts.iter().any(|&inst| operand(func, inst).is_some()));
    if !has_unique {
        return false;
    }
    let is_unique = unique_values(func, &cfg);
    let mut aliases = Aliases::new();
    for &block in cfg.rpo() {
        let mut insts = std::mem::take(&mut func.blocks[block].insts);
        insts.retain(|&inst| match operand(func, inst) {
            Some(array) if is_unique[array] => {
                aliases.replace(func.insts[inst].results[0], array);
                false
            }
            _ => true,
        });
        func.blocks[block].insts = insts;
    }
    aliases.apply(func);
    !aliases.is_empty()
}

/// The array that an `array_unique` is of.
fn operand(func: &Function, inst: Inst) -> Option<Value> {
    match func.insts[inst].kind {
        InstKind::ArrayUnique(_, array) => Some(array),
        _ => None,
    }
}

/// The arrays that have one reference from their definition on until they are given up.
fn unique_values(func: &Function, cfg: &Cfg) -> SecondaryMap<Value, bool> {
    let mut is_unique = candidates(func, cfg);
    let mut changed = true;
    while changed {
        changed = false;
        for &block in cfg.rpo() {
            for &pred in cfg.preds(block) {
                for target in func.blocks[pred].terminator.successors().filter(|target| target.block == block) {
                    for (&param, &arg) in func.blocks[block].params.iter().zip(&target.args) {
                        changed |= is_unique[param] && !is_unique[arg];
                        is_unique[param] &= is_unique[arg];
                    }
                }
            }
            for &inst in &func.blocks[block].insts {
                // What is repeated once may be the array itself.
                if let InstData { kind: InstKind::CallRt(RtFn::ArrayRepeat, args), results, .. } = &func.insts[inst] {
                    changed |= is_unique[results[0]] && !is_unique[args[0]];
                    is_unique[results[0]] &= is_unique[args[0]];
                }
            }
        }
    }
    is_unique
}

/// Values that are unique if what they are made of is.
fn candidates(func: &Function, cfg: &Cfg) -> SecondaryMap<Value, bool> {
    let mut found: SecondaryMap<Value, bool> = SecondaryMap::new();
    for &block in cfg.rpo() {
        if block != func.entry() {
            func.blocks[block].params.iter().filter(|&&param| func.ty(param) == Ty::Ref).for_each(|&param| {
                found[param] = true;
            });
        }
        for &inst in &func.blocks[block].insts {
            let InstData { kind, results, .. } = &func.insts[inst];
            let makes_array = matches!(
                kind,
                InstKind::ArrayLit(..)
                    | InstKind::ArrayPush(..)
                    | InstKind::ArrayUnique(..)
                    | InstKind::CallRt(RtFn::ArrayRepeat, _)
            );
            if makes_array {
                found[results[0]] = true;
            }
        }
    }
    // Uses that may make a second reference.
    for &block in cfg.rpo() {
        for &inst in &func.blocks[block].insts {
            match &func.insts[inst].kind {
                InstKind::ArrayLen(_)
                | InstKind::ArrayLoad(..)
                | InstKind::ArrayPeek(..)
                | InstKind::ArrayStore(..)
                | InstKind::ArrayReplace(..)
                | InstKind::ArrayPush(..)
                | InstKind::ArrayUnique(..)
                | InstKind::ArrayUniqueAt(..)
                | InstKind::CallRt(RtFn::ArrayRepeat, _)
                | InstKind::Release(_) => {}
                kind => kind.for_each_operand(|value| found[value] = false),
            }
        }
    }
    found
}

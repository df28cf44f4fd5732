//! Removes what computes values nobody needs: instructions without effect, and block parameters with the arguments
//! passed for them.
//!
//! ```text
//! block1(v1: i64, v2: i64):               block1(v2: i64):
//!     v3 = iadd v1, v2           =>           v4 = iconst 1
//!     v4 = iconst 1                           v5 = isub v2, v4
//!     v5 = isub v2, v4                        ...
//!     ...                                     jump block1(v5)
//!     jump block1(v3, v5)
//! ```
//!
//! Needed are the operands of instructions with an effect, conditions, returned values, arguments of what does not
//! return; then, whatever needed values are computed from. A value that is only passed around a loop is not needed.
//! Instructions with an effect are calls of functions of the program (they may not return), runtime calls not marked
//! pure, stores to globals, arrays and cells, and everything about references. A reference made by a pure call or read from a
//! global, an array, a box or a cell that is only released goes with its release.
//!
//! Linear time: mark with a worklist, then sweep.

use resilient_base::SecondaryMap;

use crate::analysis::ownership::is_owned;
use crate::analysis::{Cfg, UseCounts};
use crate::ir::*;

/// Removes dead code of a function; tells whether it changed.
pub fn run(func: &mut Function) -> bool {
    let cfg = Cfg::new(func);
    let dropped = drop_released_results(func, &cfg);
    let mut marker = Marker::new(func, &cfg);
    marker.mark();
    let needed = marker.needed;
    sweep(func, &cfg, &needed) || dropped
}

/// Whether an instruction can go when its results are not used.
fn is_pure(kind: &InstKind) -> bool {
    match kind {
        InstKind::Const(_)
        | InstKind::Unary(..)
        | InstKind::Binary(..)
        | InstKind::IntCmp(..)
        | InstKind::UintCmp(..)
        | InstKind::FloatCmp(..)
        | InstKind::Select(..)
        | InstKind::GlobalGet(_)
        | InstKind::ArrayLen(_)
        | InstKind::ArrayLoad(..)
        | InstKind::ArrayPeek(..)
        | InstKind::BoxLoad(..)
        | InstKind::BoxPeek(..)
        | InstKind::CellGet(..)
        | InstKind::FuncAddr(_) => true,
        InstKind::CallRt(entry, _) => entry.sig().pure && !entry.sig().params.iter().any(|&kind| is_owned(kind)),
        // Those that consume their operands stay, too, even if only their result is given up.
        InstKind::Retain(_)
        | InstKind::MakeAgg(..)
        | InstKind::Extract(..)
        | InstKind::PeekField(..)
        | InstKind::TakeApart(_)
        | InstKind::ArrayLit(..)
        | InstKind::ArrayUnique(..)
        | InstKind::ArrayUniqueAt(..)
        | InstKind::ArrayStore(..)
        | InstKind::ArrayReplace(..)
        | InstKind::ArrayPush(..)
        | InstKind::BoxNew(..)
        | InstKind::Release(_)
        | InstKind::GlobalSet(..)
        | InstKind::GlobalReplace(..)
        | InstKind::CellSet(..)
        | InstKind::CellReplace(..)
        | InstKind::Call(..)
        | InstKind::CallIndirect(..) => false,
    }
}

/// Removes the releases of new references that nothing else uses; what made them is then dead.
fn drop_released_results(func: &mut Function, cfg: &Cfg) -> bool {
    let uses = UseCounts::new(func, cfg);
    let mut changed = false;
    for &block in cfg.rpo() {
        let Function { blocks, insts, values, .. } = &mut *func;
        blocks[block].insts.retain(|&inst| {
            let InstKind::Release(value) = insts[inst].kind else {
                return true;
            };
            let ValueDef::Result(maker, _) = values[value].def else {
                return true;
            };
            let dead = uses.get(value) == 1 && is_pure(&insts[maker].kind);
            changed |= dead;
            !dead
        });
    }
    changed
}

struct Marker<'f> {
    func: &'f Function,
    cfg: &'f Cfg,
    needed: SecondaryMap<Value, bool>,
    pending: Vec<Value>,
}

impl<'f> Marker<'f> {
    fn new(func: &'f Function, cfg: &'f Cfg) -> Marker<'f> {
        Marker { func, cfg, needed: SecondaryMap::with_capacity(func.values.len()), pending: Vec::new() }
    }

    fn need(&mut self, value: Value) {
        if !std::mem::replace(&mut self.needed[value], true) {
            self.pending.push(value);
        }
    }

    fn mark(&mut self) {
        let func = self.func;
        for &block in self.cfg.rpo() {
            let data = &func.blocks[block];
            for &inst in &data.insts {
                if !is_pure(&func.insts[inst].kind) {
                    func.insts[inst].kind.for_each_operand(|value| self.need(value));
                }
            }
            match &data.terminator {
                Terminator::Branch(cond, ..) => self.need(*cond),
                Terminator::Switch(subject, ..) => self.need(*subject),
                Terminator::Return(values) | Terminator::NoReturn(_, values, _) => {
                    values.iter().for_each(|&value| self.need(value));
                }
                Terminator::Jump(_) | Terminator::Unreachable => {}
            }
            // References are given up by being passed on: such parameters stay.
            data.params.iter().filter(|&&param| func.ty(param).is_counted()).for_each(|&param| self.need(param));
        }
        while let Some(value) = self.pending.pop() {
            match func.values[value].def {
                ValueDef::Result(inst, _) => func.insts[inst].kind.for_each_operand(|value| self.need(value)),
                ValueDef::Param(block, index) => {
                    // A branch may stand twice in the list of predecessors; needing twice is needing once.
                    for &pred in self.cfg.preds(block) {
                        for target in func.blocks[pred].terminator.successors() {
                            if target.block == block {
                                self.need(target.args[index as usize]);
                            }
                        }
                    }
                }
            }
        }
    }
}

fn sweep(func: &mut Function, cfg: &Cfg, needed: &SecondaryMap<Value, bool>) -> bool {
    let entry = func.entry();
    let mut changed = false;
    // Before any parameter goes: which arguments stay is read off the parameters.
    for &block in cfg.rpo() {
        let mut terminator = std::mem::take(&mut func.blocks[block].terminator);
        for target in terminator.successors_mut() {
            let params = &func.blocks[target.block].params;
            let mut index = 0;
            target.args.retain(|_| {
                index += 1;
                needed[params[index - 1]]
            });
        }
        func.blocks[block].terminator = terminator;
    }
    for &block in cfg.rpo() {
        let Function { blocks, insts, values, .. } = &mut *func;
        let data = &mut blocks[block];
        let before = data.insts.len() + data.params.len();
        data.insts.retain(|&inst| {
            let InstData { kind, results, .. } = &insts[inst];
            !is_pure(kind) || results.iter().any(|&result| needed[result])
        });
        if block != entry {
            data.params.retain(|&param| needed[param]);
            for (index, &param) in data.params.iter().enumerate() {
                values[param].def = ValueDef::Param(block, index as u32);
            }
        }
        changed |= before != data.insts.len() + data.params.len();
    }
    // Blocks out of reach may pass arguments for parameters that are gone.
    func.layout.retain(|&block| cfg.is_reachable(block));
    changed
}

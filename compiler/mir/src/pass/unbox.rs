//! Takes boxes apart that are only made, looked at and given up, and calls functions directly whose address is known.
//!
//! ```text
//! v1 = func_addr fn3
//! v2 = box_new layout0 (v1, v0)             v6 = retain v0
//! v3 = box_load layout1.0 v2          =>    v5 = call fn3(v4, ..)
//! v5 = call_indirect sig0 v3 (v4, v2)
//! v6 = box_load layout0.1 v2
//! release v2                                release v0
//! ```
//!
//! Three steps, each of which makes work for the next, and inlining between them:
//!
//! - What is loaded from a box that is made in the function is what was put in, if it is not counted.
//! - A call through the address of a function is a call of the function. (Then its body can be inlined.)
//! - A box that nothing has but loads, `retain` and `release` is its leaves side by side: a reference to it is a reference
//!   to each, and who gives it up gives these up.
//!
//! So a function value that is passed to a function that was inlined costs nothing. The content of a box never changes, so
//! that it does not matter when it is read. Meaning is kept for references as the leaves live as long as the box did.
//! Linear time per round; a box in a box takes one more.

use resilient_base::SecondaryMap;

use super::Aliases;
use crate::analysis::Cfg;
use crate::ir::*;

/// Whether [`run`] could find anything, without looking closer.
pub fn has_work(func: &Function) -> bool {
    func.layout
        .iter()
        .flat_map(|&block| &func.blocks[block].insts)
        .any(|&inst| matches!(func.insts[inst].kind, InstKind::BoxNew(..) | InstKind::CallIndirect(..)))
}

/// Takes boxes of a function apart; tells whether it changed.
pub fn run(func: &mut Function) -> bool {
    // Boxes in boxes are rarely nested deeper.
    const MAX_ROUNDS: usize = 8;
    let mut changed = false;
    for _ in 0..MAX_ROUNDS {
        if !round(func) {
            break;
        }
        changed = true;
    }
    changed
}

fn round(func: &mut Function) -> bool {
    let cfg = Cfg::new(func);
    let forwarded = forward(func, &cfg);
    let called = call_directly(func, &cfg);
    let boxes = Boxes::new(func, &cfg);
    boxes.take_apart(func, &cfg) || forwarded || called
}

/// Loads of uncounted leaves from boxes that are made here.
fn forward(func: &mut Function, cfg: &Cfg) -> bool {
    let mut aliases = Aliases::new();
    for &block in cfg.rpo() {
        let mut insts = std::mem::take(&mut func.blocks[block].insts);
        insts.retain(|&inst| {
            let InstData { kind: InstKind::BoxLoad(leaf, object), results, .. } = &func.insts[inst] else {
                return true;
            };
            let &[result] = results.as_slice() else {
                return true;
            };
            match known_leaf(func, *object, *leaf) {
                Some(value) if !func.ty(result).is_counted() && func.ty(value) == func.ty(result) => {
                    aliases.replace(result, value);
                    false
                }
                _ => true,
            }
        });
        func.blocks[block].insts = insts;
    }
    aliases.apply(func);
    !aliases.is_empty()
}

/// What was put into a box that is made here.
fn known_leaf(func: &Function, mut object: Value, leaf: Leaf) -> Option<Value> {
    loop {
        let ValueDef::Result(maker, _) = func.values[object].def else {
            return None;
        };
        match &func.insts[maker].kind {
            InstKind::Retain(from) => object = *from,
            // All layouts of function values have the code in the same place.
            InstKind::BoxNew(layout, leaves) if *layout == leaf.layout || leaf.index == 0 => {
                return leaves.get(leaf.index as usize).copied();
            }
            _ => return None,
        }
    }
}

/// Calls through the address of a function.
fn call_directly(func: &mut Function, cfg: &Cfg) -> bool {
    let mut changed = false;
    for &block in cfg.rpo() {
        for &inst in &func.blocks[block].insts {
            let InstKind::CallIndirect(_, code, args) = &func.insts[inst].kind else {
                continue;
            };
            if let ValueDef::Result(maker, _) = func.values[*code].def
                && let InstKind::FuncAddr(callee) = func.insts[maker].kind
            {
                func.insts[inst].kind = InstKind::Call(callee, args.clone());
                changed = true;
            }
        }
    }
    changed
}

/// The boxes of a function that can be taken apart.
struct Boxes {
    /// For each reference to a box that is made in the function, the first one.
    first: SecondaryMap<Value, Option<Value>>,
    /// Of first references: whether the box is used as a whole.
    is_whole: SecondaryMap<Value, bool>,
}

impl Boxes {
    fn new(func: &Function, cfg: &Cfg) -> Boxes {
        let mut boxes = Boxes { first: SecondaryMap::new(), is_whole: SecondaryMap::new() };
        // Definitions come before their uses.
        for &block in cfg.rpo() {
            let data = &func.blocks[block];
            for &inst in &data.insts {
                let InstData { kind, results, .. } = &func.insts[inst];
                match (kind, results.as_slice()) {
                    (InstKind::BoxNew(_, leaves), &[made]) => {
                        boxes.first[made] = Some(made);
                        leaves.iter().for_each(|&leaf| boxes.used_as_whole(leaf));
                    }
                    (InstKind::Retain(object), &[reference]) => boxes.first[reference] = boxes.first[*object],
                    (InstKind::BoxLoad(..) | InstKind::BoxPeek(..) | InstKind::Release(_), _) => {}
                    (kind, _) => kind.for_each_operand(|value| boxes.used_as_whole(value)),
                }
            }
            data.terminator.for_each_operand(|value| boxes.used_as_whole(value));
        }
        boxes
    }

    fn used_as_whole(&mut self, value: Value) {
        if let Some(first) = self.first[value] {
            self.is_whole[first] = true;
        }
    }

    /// Whether the value is a reference to a box that is taken apart.
    fn is_apart(&self, value: Value) -> bool {
        self.first[value].is_some_and(|first| !self.is_whole[first])
    }

    fn take_apart(&self, func: &mut Function, cfg: &Cfg) -> bool {
        let mut leaves: SecondaryMap<Value, Vec<Value>> = SecondaryMap::new();
        let mut aliases = Aliases::new();
        let mut changed = false;
        for &block in cfg.rpo() {
            let insts = std::mem::take(&mut func.blocks[block].insts);
            let mut placed = Vec::with_capacity(insts.len());
            for inst in insts {
                let InstData { kind, results, loc } = func.insts[inst].clone();
                match kind {
                    InstKind::BoxNew(_, parts) if self.is_apart(results[0]) => leaves[results[0]] = parts,
                    InstKind::Retain(object) if self.is_apart(object) => {
                        let of_object = leaves[object].clone();
                        leaves[results[0]] =
                            of_object.iter().map(|&leaf| retained(func, &mut placed, leaf, loc)).collect();
                    }
                    InstKind::Release(object) if self.is_apart(object) => {
                        for leaf in leaves[object].clone() {
                            if func.ty(leaf).is_counted() {
                                placed.push(func.make_inst(InstKind::Release(leaf), &[], loc));
                            }
                        }
                    }
                    InstKind::BoxLoad(leaf, object) if self.is_apart(object) => {
                        let value = leaves[object][leaf.index as usize];
                        if func.ty(value).is_counted() {
                            func.insts[inst].kind = InstKind::Retain(value);
                            placed.push(inst);
                        } else {
                            aliases.replace(results[0], value);
                        }
                    }
                    InstKind::BoxPeek(leaf, object) if self.is_apart(object) => {
                        aliases.replace(results[0], leaves[object][leaf.index as usize]);
                    }
                    _ => {
                        placed.push(inst);
                        continue;
                    }
                }
                changed = true;
            }
            func.blocks[block].insts = placed;
        }
        aliases.apply(func);
        changed
    }
}

/// A new reference if the leaf is counted.
fn retained(func: &mut Function, placed: &mut Vec<Inst>, leaf: Value, loc: Option<Loc>) -> Value {
    let ty = func.ty(leaf);
    if !ty.is_counted() {
        return leaf;
    }
    let inst = func.make_inst(InstKind::Retain(leaf), &[ty], loc);
    placed.push(inst);
    func.insts[inst].results[0]
}

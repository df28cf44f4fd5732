//! Removes pairs of `retain` and `release` that keep a second reference to an object for nothing.
//!
//! ```text
//! v1 = retain v0                               v1 = retain v0
//! rt print_str(v1)     =>  rt print_str(v0)    v2 = rt str_concat(v1, v9)   =>  v2 = rt str_concat(v0, v9)
//! release v1                                   release v0
//! ```
//!
//! These cases, for `v1 = retain v0`:
//!
//! - *Borrow*: `v1` is only looked at and released, and wherever it is used `v0` is still there: a borrowed parameter, or
//!   an owned value that is consumed where `v1` is no longer alive. The uses of `v1` become uses of `v0`, and all its
//!   releases go.
//! - *Move*: where control can get from the retain, `v0` is looked at and released only, all these releases come behind the
//!   retain in any case, and none of these uses is at a place where `v1` is already consumed. `v1` is then `v0`, and the
//!   releases behind the retain go; on other ways `v0` is given up as before. What consumes `v1` may then find the only
//!   reference, and change the object in place.
//! - *Load*: what `box_load` or `array_load` reads, with a reference of its own, is only looked at and released while the
//!   box or array is still there and does not change. It becomes `box_peek` or `array_peek`.
//! - *Literals*: references to literals and to nothing are not counted. A retain is another literal, a release is nothing.
//!
//! A use of what was read from `v0` without a reference of its own is a use of `v0` here.
//!
//! Meaning is kept because the count of references shows in no output. The object lives at least as long as its uses: in
//! the first case by `v0`, in the second by `v1`. It never lives longer than it did.
//!
//! Cost: liveness of counted values, and per retain the uses of both values. Cranelift does not know about references.

use resilient_base::{PrimaryMap, SecondaryMap};

use super::Aliases;
use crate::analysis::ownership::{Mode, Signatures, for_each_rt_use, peeked_from};
use crate::analysis::{Cfg, Dominators, Liveness};
use crate::ir::*;

/// Removes needless references from a function; tells whether it changed.
pub fn run(func: &mut Function, signatures: &Signatures) -> bool {
    if !func.values.values().any(|data| data.ty.is_counted()) {
        return false;
    }
    let mut changed = literals(func);
    // A pair removed may make another removable: `retain` of a retained reference.
    const MAX_ROUNDS: usize = 4;
    for _ in 0..MAX_ROUNDS {
        if !pairs(func, signatures) {
            break;
        }
        changed = true;
    }
    changed
}

/// Retains of literals become literals, releases of literals go.
fn literals(func: &mut Function) -> bool {
    let mut changed = false;
    for n in 0..func.layout.len() {
        let Function { blocks, insts, values, layout, .. } = &mut *func;
        blocks[layout[n]].insts.retain(|&inst| match insts[inst].kind {
            InstKind::Retain(value) => {
                if let Some(literal) = literal_of(insts, values, value) {
                    insts[inst].kind = InstKind::Const(literal);
                    changed = true;
                }
                true
            }
            InstKind::Release(value) => {
                let is_literal = literal_of(insts, values, value).is_some();
                changed |= is_literal;
                !is_literal
            }
            _ => true,
        });
    }
    changed
}

fn literal_of(
    insts: &PrimaryMap<Inst, InstData>,
    values: &PrimaryMap<Value, ValueData>,
    value: Value,
) -> Option<Const> {
    let ValueDef::Result(inst, _) = values[value].def else {
        return None;
    };
    match insts[inst].kind {
        InstKind::Const(literal) => Some(literal),
        _ => None,
    }
}

/// Place of an instruction in its block; the terminator's is the number of instructions.
type Place = (Block, usize);

/// A use of a counted value.
#[derive(Clone, Copy)]
struct Use {
    place: Place,
    kind: UseKind,
}

#[derive(Clone, Copy, PartialEq)]
enum UseKind {
    Borrow,
    /// Borrowed, and what it refers to is changed in place.
    Change,
    Release,
    /// Given up in another way.
    GiveUp,
}

struct Elision<'f> {
    func: &'f Function,
    liveness: Liveness,
    dominators: Dominators,
    uses: SecondaryMap<Value, Vec<Use>>,
}

/// Looks at all retains once; values that a change touches are left alone for the rest of the round.
fn pairs(func: &mut Function, signatures: &Signatures) -> bool {
    let cfg = Cfg::new(func);
    let liveness = Liveness::new(func, &cfg, |value| is_new_reference(func, value));
    let uses = collect_uses(func, &cfg, signatures);
    let elision = Elision { func, liveness, dominators: Dominators::new(&cfg), uses };
    let borrowed = borrowed_params(func);
    let mut touched: SecondaryMap<Value, bool> = SecondaryMap::new();
    let mut removed: SecondaryMap<Inst, bool> = SecondaryMap::new();
    let mut peeks = Vec::new();
    let mut aliases = Aliases::new();
    for &block in cfg.rpo() {
        for (n, &inst) in func.blocks[block].insts.iter().enumerate() {
            let Some((old, new, is_retain)) = new_reference(func, inst) else {
                continue;
            };
            // What keeps alive what is read from `old`.
            let mut object = old;
            while let Some(from) = peeked_from(func, object) {
                object = from;
            }
            if touched[object] || touched[new] {
                continue;
            }
            let is_retain_of_object = is_retain && object == old;
            let is_steady = is_retain_of_object || !elision.is_changed(object);
            let releases_of = if is_steady && elision.is_borrow(object, new, borrowed.contains(&object)) {
                new
            } else if is_retain_of_object && !borrowed.contains(&old) && elision.is_move((block, n), old, new) {
                old
            } else {
                continue;
            };
            touched[object] = true;
            touched[new] = true;
            for used in elision.uses[releases_of].iter().filter(|used| used.kind == UseKind::Release) {
                if releases_of == new || elision.comes_after((block, n), used.place) {
                    removed[func.blocks[used.place.0].insts[used.place.1]] = true;
                }
            }
            if is_retain {
                removed[inst] = true;
                aliases.replace(new, old);
            } else {
                peeks.push(inst);
            }
        }
    }
    if aliases.is_empty() && peeks.is_empty() {
        return false;
    }
    for inst in peeks {
        let kind = &mut func.insts[inst].kind;
        *kind = match *kind {
            InstKind::ArrayLoad(leaf, array, index) => InstKind::ArrayPeek(leaf, array, index),
            InstKind::BoxLoad(leaf, object) => InstKind::BoxPeek(leaf, object),
            ref other => other.clone(),
        };
    }
    for &block in cfg.rpo() {
        func.blocks[block].insts.retain(|&inst| !removed[inst]);
    }
    aliases.apply(func);
    true
}

/// If an instruction makes a reference from a value or what is in it: that value, the new one, and whether it refers to
/// the same object.
fn new_reference(func: &Function, inst: Inst) -> Option<(Value, Value, bool)> {
    let InstData { kind, results, .. } = &func.insts[inst];
    match (kind, results.as_slice()) {
        (InstKind::Retain(old), &[new]) => Some((*old, new, true)),
        (InstKind::ArrayLoad(_, old, _) | InstKind::BoxLoad(_, old), &[new]) if func.ty(new).is_counted() => {
            Some((*old, new, false))
        }
        _ => None,
    }
}

fn is_new_reference(func: &Function, value: Value) -> bool {
    match func.values[value].def {
        ValueDef::Result(inst, _) => new_reference(func, inst).is_some(),
        ValueDef::Param(..) => false,
    }
}

/// The array that an instruction changes in place.
fn changed_array(kind: &InstKind) -> Option<Value> {
    match *kind {
        InstKind::ArrayStore(_, array, ..)
        | InstKind::ArrayReplace(_, array, ..)
        | InstKind::ArrayUniqueAt(_, array, _) => Some(array),
        _ => None,
    }
}

fn borrowed_params(func: &Function) -> Vec<Value> {
    let params = &func.blocks[func.entry()].params;
    func.params.iter().zip(params).filter(|(param, _)| param.borrowed).map(|(_, &value)| value).collect()
}

fn collect_uses(func: &Function, cfg: &Cfg, signatures: &Signatures) -> SecondaryMap<Value, Vec<Use>> {
    let mut uses: SecondaryMap<Value, Vec<Use>> = SecondaryMap::new();
    for &block in cfg.rpo() {
        let data = &func.blocks[block];
        let mut add = |place: usize, value: Value, kind: UseKind| {
            if func.ty(value).is_counted() {
                uses[value].push(Use { place: (block, place), kind });
            }
            let mut from = value;
            while let Some(object) = peeked_from(func, from) {
                let kind = if kind == UseKind::Change { kind } else { UseKind::Borrow };
                uses[object].push(Use { place: (block, place), kind });
                from = object;
            }
        };
        let of_mode = |mode| if mode == Mode::Consume { UseKind::GiveUp } else { UseKind::Borrow };
        for (n, &inst) in data.insts.iter().enumerate() {
            match &func.insts[inst].kind {
                InstKind::Release(value) => add(n, *value, UseKind::Release),
                kind => {
                    signatures.for_each_use(kind, |value, mode| add(n, value, of_mode(mode)));
                    if let Some(array) = changed_array(kind) {
                        add(n, array, UseKind::Change);
                    }
                }
            }
        }
        let end = data.insts.len();
        match &data.terminator {
            Terminator::NoReturn(entry, args, _) => {
                for_each_rt_use(*entry, args, |value, mode| add(end, value, of_mode(mode)));
            }
            terminator => terminator.for_each_operand(|value| add(end, value, UseKind::GiveUp)),
        }
    }
    uses
}

impl Elision<'_> {
    /// Whether `value`, made by a retain, is used after the place.
    fn is_live_after(&self, place: Place, value: Value) -> bool {
        self.liveness.is_live_after(place.0, value)
            || self.uses[value].iter().any(|used| used.place.0 == place.0 && used.place.1 > place.1)
    }

    fn comes_after(&self, earlier: Place, later: Place) -> bool {
        if earlier.0 == later.0 { earlier.1 < later.1 } else { self.dominators.dominates(earlier.0, later.0) }
    }

    fn is_used_at(&self, place: Place, value: Value) -> bool {
        self.uses[value].iter().any(|used| used.place == place)
    }

    /// Whether anything is changed in place that is reached through the value.
    fn is_changed(&self, value: Value) -> bool {
        self.uses[value].iter().any(|used| used.kind == UseKind::Change)
    }

    /// `new` only borrows, while `old` is there.
    fn is_borrow(&self, old: Value, new: Value, old_is_borrowed: bool) -> bool {
        if self.uses[new].iter().any(|used| used.kind == UseKind::GiveUp) {
            return false;
        }
        let is_last = |place: Place| !self.is_used_at(place, new) && !self.is_live_after(place, new);
        let is_harmless = |used: &Use| matches!(used.kind, UseKind::Borrow | UseKind::Change) || is_last(used.place);
        old_is_borrowed || self.uses[old].iter().all(is_harmless)
    }

    /// Where control can get from the retain, `old` is only released, never without having passed the retain, and used
    /// while `new` is there.
    fn is_move(&self, retain: Place, old: Value, new: Value) -> bool {
        let Some(behind) = self.blocks_behind(retain, old) else {
            return false;
        };
        let is_behind = |place: Place| {
            if place.0 == retain.0 { place.1 > retain.1 } else { behind.contains(&place.0) }
        };
        self.uses[old].iter().all(|used| match used.kind {
            UseKind::GiveUp => !is_behind(used.place) && !self.comes_after(retain, used.place),
            UseKind::Release => !is_behind(used.place) || self.comes_after(retain, used.place),
            UseKind::Borrow | UseKind::Change => !is_behind(used.place) || self.is_live_after(used.place, new),
        })
    }

    /// The blocks that control gets to from the retain, up to those that release `old`. None if they are many, or if the
    /// retain is among them: each round of a loop would take another reference to one object.
    fn blocks_behind(&self, retain: Place, old: Value) -> Option<Vec<Block>> {
        const MAX_BLOCKS: usize = 32;
        let is_released_in = |block: Block, from: usize| {
            let mut releases = self.uses[old].iter().filter(|used| used.kind == UseKind::Release);
            releases.any(|used| used.place.0 == block && used.place.1 >= from)
        };
        let mut behind = Vec::new();
        let mut pending = Vec::new();
        if !is_released_in(retain.0, retain.1) {
            pending.push(retain.0);
        }
        while let Some(block) = pending.pop() {
            for target in self.func.blocks[block].terminator.successors() {
                let next = target.block;
                if next == retain.0 || behind.len() == MAX_BLOCKS {
                    return None;
                }
                if !behind.contains(&next) {
                    behind.push(next);
                    if !is_released_in(next, 0) {
                        pending.push(next);
                    }
                }
            }
        }
        Some(behind)
    }
}

//! Owned references are consumed exactly once on each path.
//!
//! For each point of the program there are two sets of owned values of counted types: those alive on *some* path to the
//! point and those alive on *all*. A value is alive from its definition to its consumption. The sets of a block's start
//! are the union and the intersection over incoming edges; an edge consumes its arguments. Once these are stable, a
//! second walk over the blocks checks every use against them.

use fixedbitset::FixedBitSet;
use resilient_base::SecondaryMap;

use super::handlers::{ends_in_fault, may_fault};
use super::{Place, Verifier};
use crate::analysis::Cfg;
use crate::analysis::ownership::{Mode, Signatures, for_each_rt_use, is_literal, peeked_from};
use crate::ir::*;

#[derive(Clone, PartialEq)]
struct Alive {
    /// On some path.
    some: FixedBitSet,
    /// On all paths.
    all: FixedBitSet,
}

impl Alive {
    fn define(&mut self, index: usize) {
        self.some.insert(index);
        self.all.insert(index);
    }

    fn consume(&mut self, index: usize) {
        self.some.remove(index);
        self.all.remove(index);
    }

    fn join(&mut self, other: &Alive) {
        self.some.union_with(&other.some);
        self.all.intersect_with(&other.all);
    }
}

/// What a value is for this check.
#[derive(Clone, Copy, Default, PartialEq)]
enum Class {
    #[default]
    Uncounted,
    Borrowed,
    /// Borrowed from the object that this value refers to.
    Peeked(Value),
    /// Its index in the sets.
    Owned(u32),
}

struct Ownership<'v, 'm> {
    verifier: &'v mut Verifier<'m>,
    func: &'m Function,
    signatures: &'v Signatures,
    classes: SecondaryMap<Value, Class>,
    owned: Vec<Value>,
    /// Those of `owned` that need not be consumed.
    literals: FixedBitSet,
    /// What is owned at the start of handlers and must be consumed.
    handled: SecondaryMap<Block, Option<FixedBitSet>>,
    /// Whether uses are being checked.
    checking: bool,
}

impl Verifier<'_> {
    /// The heading "Ownership".
    pub(super) fn verify_ownership(&mut self, cfg: &Cfg, signatures: &Signatures) {
        let func = self.func;
        let mut owned = Vec::new();
        let mut classes = SecondaryMap::with_capacity(func.values.len());
        for (value, data) in func.values.iter() {
            if let Some(object) = peeked_from(func, value) {
                classes[value] = Class::Peeked(object);
            } else if data.ty.is_counted() {
                classes[value] = Class::Owned(owned.len() as u32);
                owned.push(value);
            }
        }
        if owned.is_empty() {
            return;
        }
        for (param, &value) in func.params.iter().zip(&func.blocks[func.entry()].params) {
            if param.borrowed {
                classes[value] = Class::Borrowed;
            }
        }
        let literals =
            owned.iter().enumerate().filter(|&(_, &value)| is_literal(func, value)).map(|(n, _)| n).collect();
        let handled = SecondaryMap::new();
        Ownership { verifier: self, func, signatures, classes, owned, literals, handled, checking: false }.run(cfg);
    }
}

impl Ownership<'_, '_> {
    fn run(&mut self, cfg: &Cfg) {
        let none = FixedBitSet::with_capacity(self.owned.len());
        // What is alive at the start of each block, once an edge to it was seen.
        let mut starts: SecondaryMap<Block, Option<Alive>> = SecondaryMap::new();
        starts[self.func.entry()] = Some(Alive { some: none.clone(), all: none });
        let mut changed = true;
        while changed {
            changed = false;
            for &block in cfg.rpo() {
                let Some(mut alive) = starts[block].clone() else {
                    continue;
                };
                self.walk_block(block, &mut alive);
                for target in self.func.blocks[block].terminator.successors() {
                    let mut alive = alive.clone();
                    self.walk_edge(block, target, &mut alive);
                    let joined = match &starts[target.block] {
                        Some(start) => {
                            alive.join(start);
                            &alive != start
                        }
                        None => true,
                    };
                    if joined {
                        starts[target.block] = Some(alive);
                        changed = true;
                    }
                }
            }
        }
        self.find_handled(cfg, &starts);
        self.checking = true;
        for &block in cfg.rpo() {
            let Some(mut alive) = starts[block].take() else {
                continue;
            };
            self.walk_block(block, &mut alive);
            for target in self.func.blocks[block].terminator.successors() {
                self.walk_edge(block, target, &mut alive.clone());
            }
        }
    }

    fn find_handled(&mut self, cfg: &Cfg, starts: &SecondaryMap<Block, Option<Alive>>) {
        for handler in cfg.rpo().iter().filter_map(|&block| self.func.blocks[block].handler) {
            if let (None, Some(start)) = (&self.handled[handler], &starts[handler]) {
                self.handled[handler] = Some(start.some.difference(&self.literals).collect());
            }
        }
    }

    /// What the handler of `block` owns is there where a fault goes to it.
    fn check_handled(&mut self, block: Block, place: Place, alive: &Alive) {
        let handler = self.func.blocks[block].handler;
        let (true, Some(handled)) = (self.checking, handler.and_then(|handler| self.handled[handler].as_ref())) else {
            return;
        };
        for index in handled.difference(&alive.all) {
            let value = self.owned[index];
            self.verifier.error(place, format!("{value} is not owned where this faults, and the handler owns it"));
        }
    }

    /// All of a block but the edges that leave it.
    fn walk_block(&mut self, block: Block, alive: &mut Alive) {
        let func = self.func;
        let data = &func.blocks[block];
        for &param in &data.params {
            self.define(Place::Block(block), param, alive);
        }
        for &inst in &data.insts {
            let place = Place::Inst(block, inst);
            let mut uses = Vec::new();
            self.signatures.for_each_use(&func.insts[inst].kind, |value, mode| uses.push((value, mode)));
            self.walk_uses(place, &uses, alive);
            if may_fault(&func.insts[inst].kind) {
                self.check_handled(block, place, alive);
            }
            for &result in &func.insts[inst].results {
                self.define(place, result, alive);
            }
        }
        let place = Place::Terminator(block);
        match &data.terminator {
            Terminator::Jump(_) | Terminator::Branch(..) | Terminator::Switch(..) | Terminator::Unreachable => {}
            Terminator::Return(values) => {
                let uses: Vec<_> = values.iter().map(|&value| (value, Mode::Consume)).collect();
                self.walk_uses(place, &uses, alive);
                self.check_leaks(place, alive);
            }
            Terminator::NoReturn(entry, args, _) => {
                let mut uses = Vec::new();
                for_each_rt_use(*entry, args, |value, mode| uses.push((value, mode)));
                self.walk_uses(place, &uses, alive);
                if ends_in_fault(&data.terminator) {
                    self.check_handled(block, place, alive);
                }
            }
        }
    }

    fn walk_edge(&mut self, block: Block, target: &BlockCall, alive: &mut Alive) {
        let uses: Vec<_> = target.args.iter().map(|&value| (value, Mode::Consume)).collect();
        self.walk_uses(Place::Terminator(block), &uses, alive);
    }

    fn define(&mut self, place: Place, value: Value, alive: &mut Alive) {
        if let Class::Owned(index) = self.classes[value] {
            let must_be_consumed = !self.literals.contains(index as usize);
            if self.checking && must_be_consumed && alive.some.contains(index as usize) {
                self.verifier.error(place, format!("{value} is defined again before it is consumed"));
            }
            alive.define(index as usize);
        }
    }

    /// The uses of one instruction or edge: those that consume come first, so that nothing else looks at what is gone.
    fn walk_uses(&mut self, place: Place, uses: &[(Value, Mode)], alive: &mut Alive) {
        for mode in [Mode::Consume, Mode::Borrow] {
            for &(value, _) in uses.iter().filter(|&&(_, found)| found == mode) {
                match self.classes[value] {
                    Class::Uncounted => {}
                    Class::Borrowed | Class::Peeked(_) if mode == Mode::Consume && self.checking => {
                        self.verifier.error(place, format!("the borrowed {value} is consumed"));
                    }
                    Class::Borrowed => {}
                    Class::Peeked(_) => self.check_peeked(place, value, alive),
                    Class::Owned(index) => {
                        if self.checking {
                            self.check_alive(place, value, index as usize, alive);
                        }
                        if mode == Mode::Consume {
                            alive.consume(index as usize);
                        }
                    }
                }
            }
        }
    }

    /// What the value was read from must still be there.
    fn check_peeked(&mut self, place: Place, value: Value, alive: &Alive) {
        let mut object = value;
        while let Class::Peeked(from) = self.classes[object] {
            object = from;
        }
        if let Class::Owned(index) = self.classes[object]
            && self.checking
            && !alive.all.contains(index as usize)
        {
            self.verifier.error(place, format!("{value} is used after {object} is consumed, which it was read from"));
        }
    }

    fn check_alive(&mut self, place: Place, value: Value, index: usize, alive: &Alive) {
        if !alive.some.contains(index) {
            self.verifier.error(place, format!("{value} is used after it is consumed"));
        } else if !alive.all.contains(index) {
            self.verifier.error(place, format!("{value} is used after it is consumed on some path"));
        }
    }

    fn check_leaks(&mut self, place: Place, alive: &Alive) {
        if !self.checking {
            return;
        }
        for index in alive.some.difference(&self.literals) {
            let path = if alive.all.contains(index) { "" } else { " on some path" };
            self.verifier.error(place, format!("{} is not consumed{path}", self.owned[index]));
        }
    }
}

//! What holds of block parameters each time control gets to their block: intervals, and inequalities with other values.
//!
//! ```text
//! block1(v3: i64 lo, v4: i64 hi):        lo <= hi, hi <= v2, lo >= 0
//!     v5 = icmp lt v3, v4
//!     branch v5, block2, block9
//! block2: ..
//!     jump block1(v8, v4)
//! ```
//!
//! Candidates are guessed: that a parameter lies in the interval of what is passed first, and for each comparison in the
//! function, and each first argument, that the two differ by what makes the comparison go one way. A walk over the dominator tree
//! (see [`crate::pass::checks`]) takes all candidates of a block as true that hold on the ways into it seen so far, and
//! tests them on each further way: for those around a loop, with the arguments passed there. What fails is given up, and
//! the walk starts again with what is left, until nothing fails. What is left then holds by induction over the ways into the block.
//! If that takes too long, loops keep nothing but what is certain without a guess.
//!
//! This is the method of Flanagan and Leino, "Houdini, an Annotation Assistant for ESC/Java", FME 2001. The number of walks and of candidates is
//! bounded, so time is linear in the function.

use resilient_base::SecondaryMap;
use rustc_hash::FxHashSet;

use super::facts::{Facts, definition};
use super::interval::Interval;
use super::planted::{Mistake, is_planted};
use super::{Cfg, Dominators};
use crate::ir::*;

/// Candidates per parameter, and how far from a comparison they may be.
const MAX_PAIRS_PER_PARAM: usize = 8;
const MAX_OFFSET: i64 = 4;
/// Length of a chain of additions of constants that is looked through.
const MAX_CHAIN: usize = 4;

/// Candidates, and what has become of them.
pub struct Invariants {
    relations: SecondaryMap<Block, Vec<Relation>>,
    /// What ways around a loop bring, beyond what the others do.
    widened: SecondaryMap<Value, Option<Interval>>,
    /// In this walk: what ways into the block bring, as far as seen.
    passed: SecondaryMap<Value, Option<Interval>>,
    /// In this walk: what parameters were guessed to be.
    assumed: SecondaryMap<Value, Option<Interval>>,
    /// What parameters were taken to be where some arguments were still to be seen.
    settled: SecondaryMap<Value, Option<Interval>>,
    /// In this walk: blocks that were entered.
    entered: SecondaryMap<Block, bool>,
    /// Whether something was given up that was taken as true before.
    failed: bool,
    /// Whether nothing is guessed about loops.
    certain_only: bool,
    /// Whether what was taken as true about loops is known to be.
    is_proven: bool,
}

/// `a <= b + c`, one of which is a parameter of the block and the other one, too, or from above.
#[derive(Clone, Copy)]
struct Relation {
    a: Value,
    b: Value,
    c: i64,
    holds: bool,
}

/// A value as another one plus a constant, as wrapping addition has it.
fn base(func: &Function, mut value: Value) -> (Value, i64) {
    let mut offset = 0i64;
    for _ in 0..MAX_CHAIN {
        let Some(&InstKind::Binary(BinaryOp::IntAdd, x, y)) = definition(func, value) else {
            break;
        };
        let (x, step) = match (constant(func, x), constant(func, y)) {
            (_, Some(step)) => (x, step),
            (Some(step), None) => (y, step),
            (None, None) => break,
        };
        value = x;
        offset = offset.wrapping_add(step);
    }
    (value, offset)
}

fn constant(func: &Function, value: Value) -> Option<i64> {
    match *definition(func, value)? {
        InstKind::Const(Const::Int(value)) => Some(value),
        _ => None,
    }
}

/// Collects candidates.
struct Guesser<'a> {
    func: &'a Function,
    cfg: &'a Cfg,
    dominators: &'a Dominators,
    definers: SecondaryMap<Inst, Option<Block>>,
    seen: FxHashSet<(Value, Value)>,
    n_pairs: SecondaryMap<Value, usize>,
    pending: Vec<(Value, Value, i64)>,
    relations: SecondaryMap<Block, Vec<Relation>>,
}

impl Guesser<'_> {
    fn run(mut self) -> SecondaryMap<Block, Vec<Relation>> {
        for &block in self.cfg.rpo() {
            for &inst in &self.func.blocks[block].insts {
                if let InstKind::IntCmp(_, a, b) | InstKind::UintCmp(_, a, b) = self.func.insts[inst].kind {
                    let ((a, from_a), (b, from_b)) = (base(self.func, a), base(self.func, b));
                    self.guess(a, b, from_b.wrapping_sub(from_a));
                    self.guess(b, a, from_a.wrapping_sub(from_b));
                }
            }
            for index in 0..self.func.blocks[block].params.len() {
                self.guess_args(block, index, None);
            }
        }
        // What is to hold of a parameter must hold of what is passed for it, which may be a parameter further up.
        while let Some((param, other, offset)) = self.pending.pop() {
            if let ValueDef::Param(block, index) = self.func.values[param].def {
                self.guess_args(block, index as usize, Some((other, offset)));
            }
        }
        self.relations
    }

    /// Guesses about a parameter and its arguments, or about its arguments and another value.
    fn guess_args(&mut self, block: Block, index: usize, other: Option<(Value, i64)>) {
        let param = self.func.blocks[block].params[index];
        if self.func.ty(param) != Ty::I64 || block == self.func.entry() {
            return;
        }
        for &pred in self.cfg.preds(block) {
            for target in self.func.blocks[pred].terminator.successors().filter(|target| target.block == block) {
                let (arg, offset) = base(self.func, target.args[index]);
                match other {
                    // `param` is `arg + offset` at first, and compared with `other + by`.
                    Some((other, by)) => self.guess(arg, other, by.wrapping_sub(offset)),
                    None => self.guess(param, arg, offset),
                }
            }
        }
    }

    /// Guesses that `param` compares with `other + offset`, if the one is a parameter and the other is known there.
    fn guess(&mut self, param: Value, other: Value, offset: i64) {
        let ValueDef::Param(block, _) = self.func.values[param].def else {
            return;
        };
        let is_new = |seen: &FxHashSet<_>| !seen.contains(&(param, other));
        if param == other
            || block == self.func.entry()
            || offset.unsigned_abs() > MAX_OFFSET.unsigned_abs()
            || constant(self.func, other).is_some()
            || !is_new(&self.seen)
            || self.n_pairs[param] >= MAX_PAIRS_PER_PARAM
            || !self.is_known_in(other, block)
        {
            return;
        }
        self.seen.insert((param, other));
        self.n_pairs[param] += 1;
        self.pending.push((param, other, offset));
        for c in [offset - 1, offset, offset + 1] {
            self.relations[block].push(Relation { a: param, b: other, c, holds: true });
            self.relations[block].push(Relation { a: other, b: param, c: -c, holds: true });
        }
    }

    /// Whether `value` is a parameter of `block` or defined above it.
    fn is_known_in(&self, value: Value, block: Block) -> bool {
        match self.func.values[value].def {
            ValueDef::Param(definer, _) => definer == block || self.dominators.dominates(definer, block),
            ValueDef::Result(inst, _) => {
                self.definers[inst].is_some_and(|definer| definer != block && self.dominators.dominates(definer, block))
            }
        }
    }
}

impl Invariants {
    /// Guesses.
    pub fn new(func: &Function, cfg: &Cfg, dominators: &Dominators) -> Invariants {
        let mut definers: SecondaryMap<Inst, Option<Block>> = SecondaryMap::with_capacity(func.insts.len());
        for &block in cfg.rpo() {
            for &inst in &func.blocks[block].insts {
                definers[inst] = Some(block);
            }
        }
        let guesser = Guesser {
            func,
            cfg,
            dominators,
            definers,
            seen: FxHashSet::default(),
            n_pairs: SecondaryMap::new(),
            pending: Vec::new(),
            relations: SecondaryMap::new(),
        };
        Invariants {
            relations: guesser.run(),
            widened: SecondaryMap::new(),
            passed: SecondaryMap::new(),
            assumed: SecondaryMap::new(),
            settled: SecondaryMap::new(),
            entered: SecondaryMap::new(),
            failed: false,
            certain_only: false,
            is_proven: false,
        }
    }

    /// Starts a walk.
    pub fn restart(&mut self) {
        self.passed.clear();
        self.assumed.clear();
        self.entered.clear();
        self.failed = false;
    }

    /// Whether something was taken as true in this walk that is not.
    pub fn has_failed(&self) -> bool {
        self.failed
    }

    /// From now on loops keep only what is certain.
    pub fn give_up_guesses(&mut self) {
        self.certain_only = true;
    }

    /// The walk before has proven what it took as true about loops: from now on that is not asked again, so that the function may
    /// change in ways that keep its meaning.
    pub fn set_proven(&mut self) {
        self.is_proven = true;
    }

    /// The interval that was proven for a parameter of a block that is entered, of which some arguments are still to be
    /// seen.
    pub fn proven(&self, param: Value) -> Option<Interval> {
        self.settled[param].filter(|_| self.is_proven)
    }

    /// Notes the interval that such a parameter is taken to have.
    pub fn settle(&mut self, param: Value, interval: Interval) {
        self.settled[param] = Some(interval);
    }

    /// What the ways into the block that were seen pass for a parameter; none if there are none.
    pub fn passed(&self, param: Value) -> Option<Interval> {
        self.passed[param]
    }

    /// Enters a block; `has_more` tells whether some ways into it are still to be seen.
    pub fn enter(&mut self, func: &Function, facts: &mut Facts, block: Block, has_more: bool) {
        self.entered[block] = true;
        if has_more && self.certain_only {
            self.relations[block].clear();
        }
        for relation in self.relations[block].iter().filter(|relation| relation.holds) {
            if !facts.proves(func, relation.a, relation.b, relation.c) {
                facts.assume_difference(relation.a, relation.b, relation.c);
            }
        }
    }

    /// The interval of a parameter of a block that is entered, of which some arguments are still to be seen.
    pub fn guess_interval(&mut self, param: Value) -> Interval {
        if self.certain_only {
            return Interval::FULL;
        }
        let Some(passed) = self.passed[param] else {
            return Interval::FULL;
        };
        let guess = self.widened[param].map_or(passed, |widened| widened.union(passed));
        self.assumed[param] = Some(guess);
        guess
    }

    /// Whether it matters what passes over a way into `block`.
    pub fn is_interested(&self, func: &Function, block: Block) -> bool {
        !func.blocks[block].params.is_empty()
    }

    /// Sees a way into a block, where `facts` hold.
    pub fn see_edge(&mut self, func: &Function, facts: &Facts, target: &BlockCall) {
        let block = target.block;
        let params = &func.blocks[block].params;
        let is_late = self.entered[block];
        if facts.is_contradiction() || (is_late && (self.is_proven || is_planted(Mistake::NoInduction))) {
            return;
        }
        let passed_for = |value: Value| match func.values[value].def {
            ValueDef::Param(of, index) if of == block => target.args[index as usize],
            _ => value,
        };
        for relation in self.relations[block].iter_mut().filter(|relation| relation.holds) {
            if !facts.proves(func, passed_for(relation.a), passed_for(relation.b), relation.c) {
                relation.holds = false;
                self.failed |= is_late;
            }
        }
        for (&param, &arg) in params.iter().zip(&target.args) {
            if func.ty(param) != Ty::I64 || arg == param {
                continue;
            }
            let known = facts.interval(arg);
            if !is_late {
                self.passed[param] = Some(self.passed[param].map_or(known, |passed| passed.union(known)));
            } else if let Some(assumed) = self.assumed[param]
                && assumed.union(known) != assumed
            {
                let lo = if known.lo >= assumed.lo {
                    assumed.lo
                } else if known.lo >= 0 {
                    0
                } else {
                    i64::MIN
                };
                let hi = if known.hi > assumed.hi { i64::MAX } else { assumed.hi };
                self.widened[param] = Some(Interval { lo, hi });
                self.failed = true;
            }
        }
    }
}

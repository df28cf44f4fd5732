//! What is known about values at a point of the program: intervals of ints, bools that are decided, and how pairs of
//! ints compare.
//!
//! [`Facts`] holds what is known at one point. It learns from instructions ([`Facts::define`]) and from the outcome of
//! conditions ([`Facts::assume`]); a walk over the dominator tree enters and leaves scopes. Facts come from dominating
//! definitions and branches only, so what is known at a point holds each time control gets there.
//!
//! A fact about `a < b` is kept for the pair as the set of outcomes still possible (less, equal, greater), so that a
//! later `b <= a` is decided whatever the intervals say. What it says about the difference of the two goes to
//! [`super::differences`], which combines such facts.

use std::collections::hash_map::Entry;

use resilient_abi::RtFn;
use resilient_base::SecondaryMap;
use rustc_hash::{FxHashMap, FxHashSet};

use super::differences::Differences;
use super::interval::Interval;
use super::planted::{Mistake, is_planted};
use crate::ir::*;

const LESS: u8 = 1;
const EQUAL: u8 = 2;
const GREATER: u8 = 4;
const ANY: u8 = LESS | EQUAL | GREATER;

/// Known facts, with scopes.
#[derive(Default)]
pub struct Facts {
    intervals: SecondaryMap<Value, Interval>,
    bools: SecondaryMap<Value, Option<bool>>,
    /// By pair, the smaller id first.
    relations: FxHashMap<(Value, Value), u8>,
    pub(super) differences: Differences,
    /// Pairs, the smaller id first, whose sum is known not to be negative if it does not wrap.
    sums: FxHashSet<(Value, Value)>,
    /// Values that are the lengths of texts, by the text, whatever reference to it.
    text_lengths: FxHashMap<Value, Value>,
    undo: Vec<Undo>,
    contradiction: bool,
}

enum Undo {
    Interval(Value, Interval),
    Bool(Value, Option<bool>),
    Relation((Value, Value), Option<u8>),
    Difference(Value, Value),
    Sum((Value, Value)),
    TextLength(Value),
    Contradiction(bool),
}

/// A point to go back to.
#[derive(Clone, Copy)]
pub struct Scope(usize);

/// How the comparison reads with its operands swapped.
pub fn swapped(op: CmpOp) -> CmpOp {
    match op {
        CmpOp::Eq | CmpOp::Ne => op,
        CmpOp::Lt => CmpOp::Gt,
        CmpOp::Le => CmpOp::Ge,
        CmpOp::Gt => CmpOp::Lt,
        CmpOp::Ge => CmpOp::Le,
    }
}

/// The int comparison that holds when this one does not.
pub fn negated(op: CmpOp) -> CmpOp {
    match op {
        CmpOp::Eq => CmpOp::Ne,
        CmpOp::Ne => CmpOp::Eq,
        CmpOp::Lt => CmpOp::Ge,
        CmpOp::Le => CmpOp::Gt,
        CmpOp::Gt => CmpOp::Le,
        CmpOp::Ge => CmpOp::Lt,
    }
}

/// Outcomes for which a comparison holds.
fn outcomes(op: CmpOp) -> u8 {
    match op {
        CmpOp::Eq => EQUAL,
        CmpOp::Ne => LESS | GREATER,
        CmpOp::Lt => LESS,
        CmpOp::Le => LESS | EQUAL,
        CmpOp::Gt => GREATER,
        CmpOp::Ge => GREATER | EQUAL,
    }
}

/// The same outcomes with the operands swapped.
fn swapped_outcomes(set: u8) -> u8 {
    (set & EQUAL) | if set & LESS != 0 { GREATER } else { 0 } | if set & GREATER != 0 { LESS } else { 0 }
}

impl Facts {
    /// Starts a scope.
    pub fn enter(&self) -> Scope {
        Scope(self.undo.len())
    }

    /// Forgets what was learned since.
    pub fn leave(&mut self, scope: Scope) {
        while self.undo.len() > scope.0 {
            match self.undo.pop() {
                Some(Undo::Interval(value, old)) => self.intervals[value] = old,
                Some(Undo::Bool(value, old)) => self.bools[value] = old,
                Some(Undo::Relation(pair, Some(old))) => {
                    self.relations.insert(pair, old);
                }
                Some(Undo::Relation(pair, None)) => {
                    self.relations.remove(&pair);
                }
                Some(Undo::Difference(x, y)) => self.differences.remove(x, y),
                Some(Undo::Sum(pair)) => {
                    self.sums.remove(&pair);
                }
                Some(Undo::TextLength(text)) => {
                    self.text_lengths.remove(&text);
                }
                Some(Undo::Contradiction(old)) => self.contradiction = old,
                None => return,
            }
        }
    }

    /// Whether the facts exclude each other: the point is never reached.
    pub fn is_contradiction(&self) -> bool {
        self.contradiction
    }

    /// The interval of an int.
    pub fn interval(&self, value: Value) -> Interval {
        self.intervals[value]
    }

    /// The value of a bool, if known.
    pub fn bool(&self, value: Value) -> Option<bool> {
        self.bools[value]
    }

    /// Narrows the interval of an int.
    pub fn set_interval(&mut self, value: Value, interval: Option<Interval>) {
        let old = self.intervals[value];
        match interval.and_then(|interval| interval.intersect(old)) {
            Some(new) if new == old => {}
            Some(new) => {
                self.undo.push(Undo::Interval(value, old));
                self.intervals[value] = new;
            }
            None => self.set_contradiction(),
        }
    }

    fn set_bool(&mut self, value: Value, known: bool) {
        match self.bools[value] {
            Some(old) if old != known => self.set_contradiction(),
            Some(_) => {}
            None => {
                self.undo.push(Undo::Bool(value, None));
                self.bools[value] = Some(known);
            }
        }
    }

    fn set_contradiction(&mut self) {
        self.undo.push(Undo::Contradiction(self.contradiction));
        self.contradiction = true;
    }

    /// Learns what an instruction says about its result.
    pub fn define(&mut self, func: &Function, inst: Inst) {
        let data = &func.insts[inst];
        let &[result] = data.results.as_slice() else {
            return;
        };
        match self.evaluate(func, &data.kind, Operand::Value) {
            Some(Known::Int(interval)) => self.set_interval(result, Some(interval)),
            Some(Known::Bool(known)) => self.set_bool(result, known),
            None => {}
        }
        match data.kind {
            InstKind::CallRt(RtFn::StrLen, ref args) => {
                if let Entry::Vacant(entry) = self.text_lengths.entry(referred(func, args[0])) {
                    self.undo.push(Undo::TextLength(*entry.key()));
                    entry.insert(result);
                }
            }
            InstKind::Binary(BinaryOp::IntSub, a, b) => self.define_difference(func, result, a, b),
            // It does not wrap beyond the least int, nor beyond the greatest if one of them is not positive.
            InstKind::Binary(BinaryOp::IntAdd, a, b)
                if self.sums.contains(&(a.min(b), a.max(b)))
                    && (self.intervals[a].hi <= 0 || self.intervals[b].hi <= 0) =>
            {
                self.set_interval(result, Some(Interval { lo: 0, hi: i64::MAX }));
            }
            _ => {}
        }
    }

    /// Whether `index` is known to count from the start of a text and to be below its length.
    pub fn is_in_text(&self, func: &Function, text: Value, index: Value) -> bool {
        let length = self.text_lengths.get(&referred(func, text));
        length.is_some_and(|&length| self.is_not_negative(func, index) && self.proves(func, index, length, -1))
    }

    /// Learns what holds behind an instruction, else it has faulted. That says nothing about what comes before it in its block.
    pub fn pass(&mut self, func: &Function, inst: Inst) {
        if let InstKind::CallRt(RtFn::ArrayRepeat, args) = &func.insts[inst].kind {
            let is_length =
                matches!(definition(func, args[0]), Some(InstKind::ArrayLit(_, leaves)) if !leaves.is_empty());
            let hi = if is_length { LENGTHS.hi } else { i64::MAX };
            self.set_interval(args[1], Some(Interval { lo: 0, hi }));
        }
    }

    /// A difference of ints of which the greater is known has a known sign, unless it is beyond the greatest int.
    fn define_difference(&mut self, func: &Function, result: Value, a: Value, b: Value) {
        let (int_a, int_b) = (self.intervals[a], self.intervals[b]);
        let most = i128::from(int_a.hi) - i128::from(int_b.lo);
        if most > i128::from(i64::MAX) || int_a.lo >= int_b.hi {
            return;
        }
        let lo = if self.proves(func, b, a, -1) {
            1
        } else if self.proves(func, b, a, 0) {
            0
        } else {
            return;
        };
        self.set_interval(result, Some(Interval { lo, hi: most as i64 }));
    }

    /// Learns that the sum of two ints, one of which is not negative, is not negative as a plain number.
    pub fn assume_sum_is_not_negative(&mut self, a: Value, b: Value) {
        let pair = (a.min(b), a.max(b));
        if self.sums.insert(pair) {
            self.undo.push(Undo::Sum(pair));
        }
    }

    /// What is known of the result of an instruction if its operands are what `operand` says.
    pub fn evaluate(&self, func: &Function, kind: &InstKind, operand: impl Fn(Value) -> Operand) -> Option<Known> {
        let bool_of = |value| self.operand_bool(operand(value));
        let int_of = |value| self.operand_interval(operand(value));
        match *kind {
            InstKind::Const(Const::Int(value)) => Some(Known::Int(Interval::of(value))),
            InstKind::Const(Const::Bool(value)) => Some(Known::Bool(value)),
            InstKind::Unary(UnaryOp::IntNeg, a) => Some(Known::Int(int_of(a).negated())),
            InstKind::Unary(UnaryOp::Not, a) => bool_of(a).map(|known| Known::Bool(!known)),
            InstKind::Binary(BinaryOp::BoolAnd, a, b) => match (bool_of(a), bool_of(b)) {
                (Some(false), _) | (_, Some(false)) => Some(Known::Bool(false)),
                (Some(true), Some(true)) => Some(Known::Bool(true)),
                _ => None,
            },
            InstKind::Binary(BinaryOp::BoolOr, a, b) => match (bool_of(a), bool_of(b)) {
                (Some(true), _) | (_, Some(true)) => Some(Known::Bool(true)),
                (Some(false), Some(false)) => Some(Known::Bool(false)),
                _ => None,
            },
            InstKind::Binary(BinaryOp::FloatAdd | BinaryOp::FloatSub | BinaryOp::FloatMul | BinaryOp::FloatDiv, ..) => {
                None
            }
            InstKind::Binary(BinaryOp::BoolXor, a, b) => Some(Known::Bool(bool_of(a)? != bool_of(b)?)),
            InstKind::Binary(
                op @ (BinaryOp::IntAddOverflows
                | BinaryOp::IntSubOverflows
                | BinaryOp::IntMulOverflows
                | BinaryOp::UintMulOverflows),
                a,
                b,
            ) => Interval::overflows(op, int_of(a), int_of(b)).map(Known::Bool),
            InstKind::Binary(op, a, b) => Some(Known::Int(Interval::binary(op, int_of(a), int_of(b)))),
            InstKind::Unary(UnaryOp::Wrap(ty), a) => {
                let all = Interval { lo: ty.min(), hi: ty.max() };
                let operand = int_of(a);
                Some(Known::Int(if operand.intersect(all) == Some(operand) { operand } else { all }))
            }
            InstKind::IntCmp(op, a, b) => self.compare(func, op, operand(a), operand(b)).map(Known::Bool),
            InstKind::UintCmp(op, a, b) => self.compare_unsigned(func, op, operand(a), operand(b)).map(Known::Bool),
            InstKind::Select(c, a, b) => {
                let known = |operand| match self.operand_bool(operand) {
                    Some(known) => Known::Bool(known),
                    None => Known::Int(self.operand_interval(operand)),
                };
                match bool_of(c) {
                    Some(true) => Some(known(operand(a))),
                    Some(false) => Some(known(operand(b))),
                    None => Some(Known::Int(int_of(a).union(int_of(b)))),
                }
            }
            InstKind::CallRt(RtFn::StrLen, _) => Some(Known::Int(LENGTHS)),
            InstKind::ArrayLen(array) => {
                let is_pushed = matches!(definition(func, array), Some(InstKind::ArrayPush(..)));
                Some(Known::Int(Interval { lo: i64::from(is_pushed), hi: LENGTHS.hi }))
            }
            InstKind::CallRt(RtFn::StrGet | RtFn::StrIndex, _) => {
                Some(Known::Int(Interval { lo: 0, hi: i64::from(u32::from(char::MAX)) }))
            }
            _ => None,
        }
    }

    fn operand_interval(&self, operand: Operand) -> Interval {
        match operand {
            Operand::Value(value) => self.intervals[value],
            Operand::Known(Some(Known::Int(interval))) => interval,
            Operand::Known(_) => Interval::FULL,
        }
    }

    fn operand_bool(&self, operand: Operand) -> Option<bool> {
        match operand {
            Operand::Value(value) => self.bools[value],
            Operand::Known(Some(Known::Bool(known))) => Some(known),
            Operand::Known(_) => None,
        }
    }

    /// The outcome of a comparison of ints, if known.
    pub fn compare(&self, func: &Function, op: CmpOp, a: Operand, b: Operand) -> Option<bool> {
        let decided = Interval::compare(op, self.operand_interval(a), self.operand_interval(b));
        if let (None, Operand::Value(a), Operand::Value(b)) = (decided, a, b) {
            let possible = self.possible(func, a, b);
            if possible & outcomes(op) == 0 {
                return Some(false);
            }
            return (possible & !outcomes(op) == 0).then_some(true);
        }
        decided
    }

    /// How `a` may compare with `b`.
    fn possible(&self, func: &Function, a: Value, b: Value) -> u8 {
        if a == b {
            return EQUAL;
        }
        let mut set = self.relation(a, b);
        if set & GREATER != 0 && self.proves(func, a, b, 0) {
            set &= !GREATER;
        }
        if set & LESS != 0 && self.proves(func, b, a, 0) {
            set &= !LESS;
        }
        if set == LESS | EQUAL && self.proves(func, a, b, -1) {
            set = LESS;
        }
        if set == GREATER | EQUAL && self.proves(func, b, a, -1) {
            set = GREATER;
        }
        set
    }

    /// The outcome of a comparison of ints taken as unsigned, if known.
    fn compare_unsigned(&self, func: &Function, op: CmpOp, a: Operand, b: Operand) -> Option<bool> {
        let (int_a, int_b) = (self.operand_interval(a), self.operand_interval(b));
        let greater = |is_greater| Some(outcomes(op) & if is_greater { GREATER } else { LESS } != 0);
        match (op, a, b) {
            // Where neither can be negative, the order is the same. A negative one is greater than one that is not.
            _ if self.is_operand_not_negative(func, a) && self.is_operand_not_negative(func, b) => {
                let order = self.compare(func, op, a, b);
                order.or_else(|| self.compare_sum(func, op, a, b))
            }
            _ if int_a.hi < 0 && int_b.lo >= 0 => greater(true),
            _ if int_a.lo >= 0 && int_b.hi < 0 => greater(false),
            _ => self.compare_sum(func, op, a, b),
        }
    }

    fn is_operand_not_negative(&self, func: &Function, operand: Operand) -> bool {
        match operand {
            Operand::Value(value) => self.is_not_negative(func, value),
            Operand::Known(_) => self.operand_interval(operand).lo >= 0,
        }
    }

    /// `x + y < y` as unsigned is false where neither is negative: the sum of two such has no carry.
    fn compare_sum(&self, func: &Function, op: CmpOp, a: Operand, b: Operand) -> Option<bool> {
        let (Operand::Value(a), Operand::Value(b)) = (a, b) else {
            return None;
        };
        let Some(&InstKind::Binary(BinaryOp::IntAdd, x, y)) = definition(func, a) else {
            return None;
        };
        let is_sum_with_b = (x == b || y == b) && self.intervals[x].lo >= 0 && self.intervals[y].lo >= 0;
        match op {
            CmpOp::Lt if is_sum_with_b => Some(false),
            CmpOp::Ge if is_sum_with_b => Some(true),
            _ => None,
        }
    }

    fn relation(&self, a: Value, b: Value) -> u8 {
        let pair = (a.min(b), a.max(b));
        let set = self.relations.get(&pair).copied().unwrap_or(ANY);
        if a <= b { set } else { swapped_outcomes(set) }
    }

    /// Learns that the bool `cond` is `known`, and from it what its definition says about other values.
    pub fn assume(&mut self, func: &Function, cond: Value, known: bool) {
        // Conditions made of conditions, `a && b && ..`, are taken apart; each is looked at once.
        let mut pending = vec![(cond, known)];
        while let Some((cond, known)) = pending.pop() {
            if self.bools[cond] == Some(known) {
                continue;
            }
            self.set_bool(cond, known);
            let ValueDef::Result(inst, _) = func.values[cond].def else {
                continue;
            };
            match func.insts[inst].kind {
                InstKind::Unary(UnaryOp::Not, a) => pending.push((a, !known)),
                InstKind::Binary(BinaryOp::BoolAnd, a, b) if known => pending.extend([(a, true), (b, true)]),
                InstKind::Binary(BinaryOp::BoolOr, a, b) if !known => pending.extend([(a, false), (b, false)]),
                InstKind::IntCmp(op, a, b) => self.assume_compare(if known { op } else { negated(op) }, a, b),
                InstKind::UintCmp(op, a, b) => {
                    self.assume_uint_compare(func, if known { op } else { negated(op) }, a, b);
                }
                _ => {}
            }
        }
    }

    /// A comparison of unsigned values says something about ints where what is greater is not negative.
    fn assume_uint_compare(&mut self, func: &Function, op: CmpOp, a: Value, b: Value) {
        let (less, greater, op) = match op {
            CmpOp::Lt | CmpOp::Le => (a, b, op),
            CmpOp::Gt | CmpOp::Ge => (b, a, swapped(op)),
            CmpOp::Eq | CmpOp::Ne => return self.assume_compare(op, a, b),
        };
        if self.is_not_negative(func, greater) {
            self.set_interval(less, Some(Interval { lo: 0, hi: i64::MAX }));
            self.assume_compare(op, less, greater);
        } else if self.intervals[less].lo >= 0 && self.proves(func, greater, less, -1) {
            // It is less as a signed number, so it is negative.
            self.set_interval(greater, Some(Interval { lo: i64::MIN, hi: -1 }));
        }
    }

    /// Learns that `a op b`.
    pub fn assume_compare(&mut self, op: CmpOp, a: Value, b: Value) {
        let (int_a, int_b) = (self.intervals[a], self.intervals[b]);
        self.set_interval(a, int_a.restrict(op, int_b));
        self.set_interval(b, int_b.restrict(swapped(op), int_a));
        if a == b {
            return;
        }
        let (pair, set) = if a < b { ((a, b), outcomes(op)) } else { ((b, a), outcomes(swapped(op))) };
        let old = self.relations.get(&pair).copied();
        let new = old.unwrap_or(ANY) & set;
        if new == 0 {
            self.set_contradiction();
        } else if old != Some(new) {
            self.undo.push(Undo::Relation(pair, old));
            self.relations.insert(pair, new);
            let (first, second) = pair;
            if new & GREATER == 0 {
                let is_less = new == LESS || is_planted(Mistake::LessForLessOrEqual);
                self.assume_difference(first, second, if is_less { -1 } else { 0 });
            }
            if new & LESS == 0 {
                self.assume_difference(second, first, if new == GREATER { -1 } else { 0 });
            }
        }
    }

    /// Learns that `a <= b + c`.
    pub fn assume_difference(&mut self, a: Value, b: Value, c: i64) {
        let (int_a, int_b) = (self.intervals[a], self.intervals[b]);
        if let Some(hi) = int_b.hi.checked_add(c) {
            self.set_interval(a, Some(Interval { lo: i64::MIN, hi }));
        }
        if let Some(lo) = int_a.lo.checked_sub(c) {
            self.set_interval(b, Some(Interval { lo, hi: i64::MAX }));
        }
        self.differences.add(a, b, c);
        self.undo.push(Undo::Difference(a, b));
    }

    /// Learns from the way control took from `from` to `to`, if there is one way only.
    pub fn assume_edge(&mut self, func: &Function, from: Block, to: Block) {
        match &func.blocks[from].terminator {
            Terminator::Branch(cond, then, otherwise) if then.block != otherwise.block => {
                self.assume(func, *cond, then.block == to);
            }
            Terminator::Switch(subject, cases, default) if default.block != to => {
                let values =
                    cases.iter().filter(|(_, target)| target.block == to).map(|&(value, _)| Interval::of(value));
                let interval = values.reduce(Interval::union);
                if interval.is_some() {
                    self.set_interval(*subject, interval);
                }
            }
            _ => {}
        }
    }
}

/// Lengths of arrays and strings: no object has more than 2^62 bytes, and no element less than one.
pub const LENGTHS: Interval = Interval { lo: 0, hi: (1 << 62) - 1 };

/// The value that all the references were made from.
fn referred(func: &Function, mut value: Value) -> Value {
    while let Some(&InstKind::Retain(original)) = definition(func, value) {
        value = original;
    }
    value
}

/// What an instruction does to make a value; none for parameters.
pub fn definition(func: &Function, value: Value) -> Option<&InstKind> {
    match func.values[value].def {
        ValueDef::Result(inst, _) => Some(&func.insts[inst].kind),
        ValueDef::Param(..) => None,
    }
}

/// What an operand is taken to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A value that the facts are about.
    Value(Value),
    /// Something else, of which this is known.
    Known(Option<Known>),
}

/// What the result of an instruction must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// An int of this interval; full for values that are no ints.
    Int(Interval),
    /// A bool.
    Bool(bool),
}

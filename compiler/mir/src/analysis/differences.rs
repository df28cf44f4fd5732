//! Proofs that one int is at most another plus a constant, `a <= b + c`, as plain numbers without wrapping.
//!
//! Edges `x <= y + w` are learned from branches and stored ([`Differences`]); those that follow from the definition of a
//! value, as `v <= x + 5` does from `v = iadd x, 5` where it cannot wrap, are found when they are wanted, since more may be
//! known by then. A proof goes up from `a` and down from `b` along edges and is done where the two meet, or where the
//! intervals of what was found are far enough apart:
//!
//! ```text
//! branch (icmp lt i, n), ..          i <= n - 1
//! v5 = iadd i, 1                     v5 <= i + 1
//! v6 = icmp le v5, n                 v5 <= i + 1 <= n: true
//! ```
//!
//! Each search looks at a bounded number of values, so a proof takes constant time. Cf. Bodik, Gupta, Sarkar, "ABCD:
//! Eliminating Array Bounds Checks on Demand", PLDI 2000; loops are the business of [`super::invariants`].

use resilient_base::SecondaryMap;

use super::facts::Facts;
use super::interval::Interval;
use super::planted::{Mistake, is_planted};
use crate::ir::*;

/// How many values one search visits.
const MAX_VISITED: usize = 16;
/// How many of the edges learned for a value one search takes, the last ones: a length may be compared with everywhere.
const MAX_DEGREE: usize = 8;

/// Inequalities that were learned.
#[derive(Default)]
pub struct Differences {
    /// `(y, w)` for each `x <= y + w`, by x.
    above: SecondaryMap<Value, Vec<(Value, i64)>>,
    /// `(x, w)` for each `x <= y + w`, by y.
    below: SecondaryMap<Value, Vec<(Value, i64)>>,
}

impl Differences {
    /// Learns `x <= y + w`.
    pub fn add(&mut self, x: Value, y: Value, w: i64) {
        self.above[x].push((y, w));
        self.below[y].push((x, w));
    }

    /// Forgets what was learned last about the two.
    pub fn remove(&mut self, x: Value, y: Value) {
        self.above[x].pop();
        self.below[y].pop();
    }
}

/// Which way a search goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// To what is at least the value.
    Up,
    /// To what is at most the value.
    Down,
}

/// What a search has found: from the value where it starts, each value with the distance known.
type Found = Vec<(Value, i128)>;

impl Facts {
    /// Whether `a <= b + c` for certain.
    pub fn proves(&self, func: &Function, a: Value, b: Value, c: i64) -> bool {
        let c = i128::from(c);
        if a == b {
            return c >= 0;
        }
        if wide(self.interval(a).hi) <= wide(self.interval(b).lo) + c {
            return true;
        }
        let above = self.reach(func, a, Direction::Up, true);
        let below = self.reach(func, b, Direction::Down, true);
        if above.len() == 1 && below.len() == 1 {
            return false;
        }
        let top = above.iter().map(|&(x, d)| wide(self.interval(x).hi) + d).min();
        let bottom = below.iter().map(|&(y, d)| wide(self.interval(y).lo) + d).max();
        if top.zip(bottom).is_some_and(|(top, bottom)| top <= bottom + c) {
            return true;
        }
        above.iter().any(|&(x, up)| below.iter().any(|&(y, down)| x == y && up <= down + c))
    }

    /// Whether an int is known not to be negative.
    pub fn is_not_negative(&self, func: &Function, value: Value) -> bool {
        self.interval(value).lo >= 0
            || self.reach(func, value, Direction::Down, true).iter().any(|&(y, d)| wide(self.interval(y).lo) + d >= 0)
    }

    /// Values that `start` is at most, or at least, plus the distance.
    fn reach(&self, func: &Function, start: Value, direction: Direction, looks_deep: bool) -> Found {
        let mut found: Found = vec![(start, 0)];
        let mut next = 0;
        while next < found.len() && next < MAX_VISITED {
            let (value, distance) = found[next];
            next += 1;
            self.edges(func, value, direction, looks_deep, |to, weight| {
                let (to, distance) = (to, distance + wide(weight));
                match found.iter_mut().find(|(seen, _)| *seen == to) {
                    None => found.push((to, distance)),
                    // What was reached from there already keeps the distance it has, which is true as well.
                    Some((_, old)) if direction == Direction::Up => *old = distance.min(*old),
                    Some((_, old)) => *old = distance.max(*old),
                }
            });
        }
        found
    }

    /// Calls `edge` with each `y, w` for which `value <= y + w` (up) or `value >= y + w` (down).
    fn edges(
        &self,
        func: &Function,
        value: Value,
        direction: Direction,
        looks_deep: bool,
        mut edge: impl FnMut(Value, i64),
    ) {
        let learned = match direction {
            Direction::Up => &self.differences.above[value],
            Direction::Down => &self.differences.below[value],
        };
        for &(to, weight) in learned.iter().rev().take(MAX_DEGREE) {
            match direction {
                Direction::Up => edge(to, weight),
                // `to <= value + weight`.
                Direction::Down => {
                    if let Some(weight) = weight.checked_neg() {
                        edge(to, weight);
                    }
                }
            }
        }
        if let ValueDef::Result(inst, _) = func.values[value].def {
            self.defined_edges(func, (value, &func.insts[inst].kind), direction, looks_deep, &mut edge);
        }
    }

    /// The edges that follow from how a value is defined.
    fn defined_edges(
        &self,
        func: &Function,
        (value, kind): (Value, &InstKind),
        direction: Direction,
        looks_deep: bool,
        edge: &mut dyn FnMut(Value, i64),
    ) {
        let up = direction == Direction::Up;
        match *kind {
            InstKind::Binary(BinaryOp::IntAdd, x, y) if self.is_exact(value, kind) => {
                for (x, y) in [(x, y), (y, x)] {
                    let by = self.interval(y);
                    edge(x, if up { by.hi } else { by.lo });
                }
                if up && looks_deep {
                    self.sum_edges(func, x, y, edge);
                    self.sum_edges(func, y, x, edge);
                }
            }
            InstKind::Binary(BinaryOp::IntSub, x, y) if self.is_exact(value, kind) => {
                let by = self.interval(y);
                if let Some(weight) = (if up { by.lo } else { by.hi }).checked_neg() {
                    edge(x, weight);
                }
            }
            InstKind::Binary(BinaryOp::IntMul, x, y) if !up && self.is_exact(value, kind) => {
                for (x, y) in [(x, y), (y, x)] {
                    if self.interval(x).lo >= 0 && self.interval(y).lo >= 1 {
                        edge(x, 0);
                    }
                }
            }
            InstKind::Binary(op @ (BinaryOp::IntDiv | BinaryOp::UintDiv), x, y) => {
                let (dividend, divisor) = (self.interval(x), self.interval(y));
                if up && dividend.lo >= 0 && divisor.lo >= 1 {
                    // `x - x / y` grows with both.
                    edge(x, dividend.lo / divisor.lo - dividend.lo);
                }
                if divisor == Interval::of(2) && dividend.lo >= 0 && op == BinaryOp::IntDiv && looks_deep {
                    self.average_edges(func, x, direction, edge);
                }
            }
            InstKind::Binary(BinaryOp::IntShr | BinaryOp::UintShr, x, y) => {
                let (operand, by) = (self.interval(x), self.interval(y));
                if up && operand.lo >= 0 && (0..=63).contains(&by.lo) {
                    edge(x, (operand.lo >> by.lo) - operand.lo);
                }
                if by == Interval::of(1) && operand.lo >= 0 && looks_deep {
                    self.average_edges(func, x, direction, edge);
                }
            }
            InstKind::Binary(BinaryOp::IntRem | BinaryOp::UintRem, x, y) if up && self.interval(y).lo >= 1 => {
                edge(y, if is_planted(Mistake::SmallRemainder) { -2 } else { -1 });
                // An unsigned remainder is at most the dividend only as unsigned, hence not for a negative one.
                if self.interval(x).lo >= 0 {
                    edge(x, 0);
                }
            }
            InstKind::Binary(BinaryOp::IntAnd, x, y) if up => {
                for operand in [x, y] {
                    if self.interval(operand).lo >= 0 {
                        edge(operand, 0);
                    }
                }
            }
            InstKind::Binary(BinaryOp::IntOr, x, y) if !up && self.interval(x).lo >= 0 && self.interval(y).lo >= 0 => {
                edge(x, 0);
                edge(y, 0);
            }
            InstKind::Unary(UnaryOp::Wrap(ty), x) => {
                let operand = self.interval(x);
                if operand.lo >= ty.min() && operand.hi <= ty.max() {
                    edge(x, 0);
                }
            }
            InstKind::Select(cond, x, y) => {
                if let Some(is_least) = least_or_greatest(func, cond, x, y)
                    && is_least == up
                {
                    edge(x, 0);
                    edge(y, 0);
                }
            }
            _ => {}
        }
    }

    /// Edges up from `x + h`, which is exact, where h is at most part of a difference: with `h <= y - x + w`, it is at most
    /// `y + w`.
    fn sum_edges(&self, func: &Function, x: Value, h: Value, edge: &mut dyn FnMut(Value, i64)) {
        for (t, weight) in self.reach_once(func, h) {
            if let ValueDef::Result(inst, _) = func.values[t].def
                && let kind @ &InstKind::Binary(BinaryOp::IntSub, y, subtrahend) = &func.insts[inst].kind
                && subtrahend == x
                && self.is_exact(t, kind)
            {
                edge(y, weight);
            }
        }
    }

    /// The value and what is one edge above.
    fn reach_once(&self, func: &Function, value: Value) -> Vec<(Value, i64)> {
        let mut found = vec![(value, 0)];
        self.edges(func, value, Direction::Up, false, |to, weight| found.push((to, weight)));
        found.truncate(MAX_VISITED);
        found
    }

    /// Edges from half of a sum of two, which is not negative: it lies between them. Below the greater, if they differ.
    fn average_edges(&self, func: &Function, sum: Value, direction: Direction, edge: &mut dyn FnMut(Value, i64)) {
        let ValueDef::Result(inst, _) = func.values[sum].def else {
            return;
        };
        let kind @ &InstKind::Binary(BinaryOp::IntAdd, x, y) = &func.insts[inst].kind else {
            return;
        };
        if !self.is_exact(sum, kind) {
            return;
        }
        for (less, greater) in [(x, y), (y, x)] {
            let differ = self.proves_shallow(func, less, greater, -1) || is_planted(Mistake::HalfIsBelow);
            if differ || self.proves_shallow(func, less, greater, 0) {
                match direction {
                    Direction::Up => edge(greater, -i64::from(differ)),
                    Direction::Down => edge(less, 0),
                }
            }
        }
    }

    /// As [`Facts::proves`], for use in a search: it starts no further one.
    fn proves_shallow(&self, func: &Function, a: Value, b: Value, c: i64) -> bool {
        let above = self.reach(func, a, Direction::Up, false);
        let bottom = wide(self.interval(b).lo) + wide(c);
        above.iter().any(|&(x, up)| wide(self.interval(x).hi) + up <= bottom || (x == b && up <= wide(c)))
    }

    /// Whether a sum, difference or product has not wrapped: its operands leave no room for that, or its own interval has
    /// none of the results that come from wrapping.
    fn is_exact(&self, value: Value, kind: &InstKind) -> bool {
        const SPAN: i128 = 1 << 64;
        let (min, max) = (wide(i64::MIN), wide(i64::MAX));
        let InstKind::Binary(op, x, y) = *kind else {
            return false;
        };
        let (a, b) = (self.interval(x), self.interval(y));
        let (lo, hi) = match op {
            BinaryOp::IntAdd => (wide(a.lo) + wide(b.lo), wide(a.hi) + wide(b.hi)),
            BinaryOp::IntSub => (wide(a.lo) - wide(b.hi), wide(a.hi) - wide(b.lo)),
            BinaryOp::IntMul => {
                let all = [(a.lo, b.lo), (a.lo, b.hi), (a.hi, b.lo), (a.hi, b.hi)].map(|(x, y)| wide(x) * wide(y));
                let fits = all.iter().all(|product| (min..=max).contains(product));
                return fits;
            }
            _ => return false,
        };
        let own = self.interval(value);
        let not_above = hi <= max || wide(own.lo) > hi - SPAN;
        let not_below = lo >= min || wide(own.hi) < lo + SPAN;
        not_above && not_below || is_planted(Mistake::NeverWraps)
    }
}

/// Whether a select picks the less (true) or the greater (false) of its operands.
fn least_or_greatest(func: &Function, cond: Value, x: Value, y: Value) -> Option<bool> {
    let ValueDef::Result(inst, _) = func.values[cond].def else {
        return None;
    };
    let InstKind::IntCmp(op, a, b) = func.insts[inst].kind else {
        return None;
    };
    let takes_first = if (a, b) == (x, y) {
        true
    } else if (a, b) == (y, x) {
        false
    } else {
        return None;
    };
    match op {
        CmpOp::Lt | CmpOp::Le => Some(takes_first),
        CmpOp::Gt | CmpOp::Ge => Some(!takes_first),
        CmpOp::Eq | CmpOp::Ne => None,
    }
}

fn wide(value: i64) -> i128 {
    i128::from(value)
}

//! Intervals of ints: which results an operation can have when its operands lie in given intervals.
//!
//! Operations wrap. An interval of results is exact or larger; where a result may wrap it is the full one.

use crate::ir::{BinaryOp, CmpOp};

/// The ints from `lo` to `hi`, never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// The least.
    pub lo: i64,
    /// The greatest.
    pub hi: i64,
}

impl Default for Interval {
    fn default() -> Interval {
        Interval::FULL
    }
}

impl Interval {
    /// All ints.
    pub const FULL: Interval = Interval { lo: i64::MIN, hi: i64::MAX };

    /// One int.
    pub fn of(value: i64) -> Interval {
        Interval { lo: value, hi: value }
    }

    /// `lo..=hi` computed without wrapping: the full interval if it does not fit.
    fn from_wide(lo: i128, hi: i128) -> Interval {
        match (i64::try_from(lo), i64::try_from(hi)) {
            (Ok(lo), Ok(hi)) => Interval { lo, hi },
            _ => Interval::FULL,
        }
    }

    /// The int, if there is one only.
    pub fn as_const(self) -> Option<i64> {
        (self.lo == self.hi).then_some(self.lo)
    }

    /// Whether `value` is in it.
    pub fn contains(self, value: i64) -> bool {
        self.lo <= value && value <= self.hi
    }

    /// The ints in both; none if there are none, which means that the point is never reached.
    pub fn intersect(self, other: Interval) -> Option<Interval> {
        let (lo, hi) = (self.lo.max(other.lo), self.hi.min(other.hi));
        (lo <= hi).then_some(Interval { lo, hi })
    }

    /// The smallest interval with the ints of both.
    pub fn union(self, other: Interval) -> Interval {
        Interval { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }

    /// Results of `- self`.
    pub fn negated(self) -> Interval {
        Interval::from_wide(-i128::from(self.hi), -i128::from(self.lo))
    }

    /// Results of `self op other` for an int operator; full for others.
    pub fn binary(op: BinaryOp, a: Interval, b: Interval) -> Interval {
        let corners = |f| {
            let (lo, hi) = exact_results(f, a, b);
            Interval::from_wide(lo, hi)
        };
        match op {
            BinaryOp::IntAdd => corners(|x, y| x + y),
            BinaryOp::IntSub => corners(|x, y| x - y),
            BinaryOp::IntMul => corners(|x, y| x * y),
            // A divisor of one sign: the quotient is monotonic in both operands.
            BinaryOp::IntDiv if b.lo > 0 || b.hi < 0 => corners(|x, y| x / y),
            BinaryOp::IntRem => Interval::remainder(a, b),
            // The result is at most either operand that is not negative.
            BinaryOp::IntAnd if a.lo >= 0 && b.lo >= 0 => Interval { lo: 0, hi: a.hi.min(b.hi) },
            BinaryOp::IntAnd if a.lo >= 0 => Interval { lo: 0, hi: a.hi },
            BinaryOp::IntAnd if b.lo >= 0 => Interval { lo: 0, hi: b.hi },
            // No bit above the highest of either.
            BinaryOp::IntOr | BinaryOp::IntXor if a.lo >= 0 && b.lo >= 0 => {
                let bits = 64 - (a.hi | b.hi).leading_zeros();
                Interval { lo: 0, hi: if bits >= 63 { i64::MAX } else { (1 << bits) - 1 } }
            }
            // Where neither is negative, as the signed ones.
            BinaryOp::UintDiv if a.lo >= 0 && b.lo > 0 => corners(|x, y| x / y),
            BinaryOp::UintRem if a.lo >= 0 && b.lo > 0 => Interval::remainder(a, b),
            BinaryOp::UintRem if b.lo > 0 => Interval { lo: 0, hi: b.hi - 1 },
            BinaryOp::UintShr if a.lo >= 0 => Interval::binary(BinaryOp::IntShr, a, b),
            BinaryOp::UintShr if b.lo >= 1 && b.hi <= 63 => Interval { lo: 0, hi: (u64::MAX >> b.lo) as i64 },
            BinaryOp::IntShr if b.lo >= 0 && b.hi <= 63 => {
                let all = [a.lo >> b.lo, a.lo >> b.hi, a.hi >> b.lo, a.hi >> b.hi];
                Interval { lo: all.into_iter().fold(all[0], i64::min), hi: all.into_iter().fold(all[0], i64::max) }
            }
            _ => Interval::FULL,
        }
    }

    /// Whether the exact result of an operator that tells of overflow is out of range, if it is the same for all.
    pub fn overflows(op: BinaryOp, a: Interval, b: Interval) -> Option<bool> {
        let (lo, hi) = match op {
            BinaryOp::IntAddOverflows => exact_results(|x, y| x + y, a, b),
            BinaryOp::IntSubOverflows => exact_results(|x, y| x - y, a, b),
            BinaryOp::IntMulOverflows => exact_results(|x, y| x * y, a, b),
            // Where neither can be negative they are the same numbers.
            BinaryOp::UintMulOverflows if a.lo >= 0 && b.lo >= 0 => {
                let (_, hi) = exact_results(|x, y| x * y, a, b);
                return (hi <= i128::from(u64::MAX)).then_some(false);
            }
            _ => return None,
        };
        let (min, max) = (i128::from(i64::MIN), i128::from(i64::MAX));
        match (lo >= min && hi <= max, hi < min || lo > max) {
            (true, _) => Some(false),
            (_, true) => Some(true),
            _ => None,
        }
    }

    /// The remainder has the dividend's sign and is smaller than both operands, without regard to signs.
    fn remainder(a: Interval, b: Interval) -> Interval {
        let max = b.lo.unsigned_abs().max(b.hi.unsigned_abs()).saturating_sub(1).min(i64::MAX as u64) as i64;
        let lo = if a.lo >= 0 { 0 } else { a.lo.max(-max) };
        let hi = if a.hi <= 0 { 0 } else { a.hi.min(max) };
        Interval { lo, hi }
    }

    /// `self op other`, if it is the same for all ints of both.
    pub fn compare(op: CmpOp, a: Interval, b: Interval) -> Option<bool> {
        match op {
            CmpOp::Eq if a.intersect(b).is_none() => Some(false),
            CmpOp::Eq if a == b && a.as_const().is_some() => Some(true),
            CmpOp::Eq => None,
            CmpOp::Ne => Interval::compare(CmpOp::Eq, a, b).map(|equal| !equal),
            CmpOp::Lt if a.hi < b.lo => Some(true),
            CmpOp::Lt if a.lo >= b.hi => Some(false),
            CmpOp::Lt => None,
            CmpOp::Ge => Interval::compare(CmpOp::Lt, a, b).map(|less| !less),
            CmpOp::Gt => Interval::compare(CmpOp::Lt, b, a),
            CmpOp::Le => Interval::compare(CmpOp::Lt, b, a).map(|less| !less),
        }
    }

    /// The ints of `self` for which `self op other` can hold; none if there are none.
    pub fn restrict(self, op: CmpOp, other: Interval) -> Option<Interval> {
        let bounds = match op {
            CmpOp::Eq => other,
            CmpOp::Ne => return self.without(other.as_const()),
            CmpOp::Lt => Interval { lo: i64::MIN, hi: other.hi.checked_sub(1)? },
            CmpOp::Le => Interval { lo: i64::MIN, hi: other.hi },
            CmpOp::Gt => Interval { lo: other.lo.checked_add(1)?, hi: i64::MAX },
            CmpOp::Ge => Interval { lo: other.lo, hi: i64::MAX },
        };
        self.intersect(bounds)
    }

    /// Without an int that stands at an end.
    fn without(self, value: Option<i64>) -> Option<Interval> {
        match value {
            Some(value) if value == self.lo && value == self.hi => None,
            Some(value) if value == self.lo => Some(Interval { lo: value + 1, hi: self.hi }),
            Some(value) if value == self.hi => Some(Interval { lo: self.lo, hi: value - 1 }),
            _ => Some(self),
        }
    }
}

/// Least and greatest of the exact results of an operator that is monotonic in each operand.
fn exact_results(f: fn(i128, i128) -> i128, a: Interval, b: Interval) -> (i128, i128) {
    let all = [(a.lo, b.lo), (a.lo, b.hi), (a.hi, b.lo), (a.hi, b.hi)].map(|(x, y)| f(i128::from(x), i128::from(y)));
    (all.into_iter().fold(all[0], i128::min), all.into_iter().fold(all[0], i128::max))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EDGES: [i64; 11] = [i64::MIN, i64::MIN + 1, -7, -2, -1, 0, 1, 2, 5, i64::MAX - 1, i64::MAX];

    fn intervals() -> Vec<Interval> {
        let pairs = EDGES.iter().flat_map(|&lo| EDGES.iter().map(move |&hi| (lo, hi)));
        pairs.filter(|(lo, hi)| lo <= hi).map(|(lo, hi)| Interval { lo, hi }).collect()
    }

    fn members(interval: Interval) -> impl Iterator<Item = i64> {
        EDGES.into_iter().filter(move |&value| interval.contains(value))
    }

    #[test]
    fn binary_covers_all_results() {
        use BinaryOp::*;
        for a in intervals() {
            for b in intervals() {
                for op in [
                    IntAdd, IntSub, IntMul, IntDiv, IntRem, IntAnd, IntOr, IntXor, IntShl, IntShr, UintDiv, UintRem,
                    UintShr,
                ] {
                    let results = Interval::binary(op, a, b);
                    for x in members(a) {
                        for y in members(b) {
                            let result = match op {
                                IntAdd => x.wrapping_add(y),
                                IntSub => x.wrapping_sub(y),
                                IntMul => x.wrapping_mul(y),
                                IntDiv | IntRem | UintDiv | UintRem if y == 0 => continue,
                                UintDiv => (x as u64 / y as u64) as i64,
                                UintRem => (x as u64 % y as u64) as i64,
                                IntDiv => x.wrapping_div(y),
                                IntRem => x.wrapping_rem(y),
                                IntAnd => x & y,
                                IntOr => x | y,
                                IntXor => x ^ y,
                                IntShl | IntShr | UintShr if !(0..64).contains(&y) => continue,
                                UintShr => (x as u64 >> y) as i64,
                                IntShl => x << y,
                                _ => x >> y,
                            };
                            assert!(results.contains(result), "{op:?} {x} {y}: {result} not in {results:?}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn comparisons_agree_with_members() {
        use CmpOp::*;
        for a in intervals() {
            for b in intervals() {
                for op in [Eq, Ne, Lt, Le, Gt, Ge] {
                    let holds = |x: i64, y: i64| match op {
                        Eq => x == y,
                        Ne => x != y,
                        Lt => x < y,
                        Le => x <= y,
                        Gt => x > y,
                        Ge => x >= y,
                    };
                    let restricted = a.restrict(op, b);
                    for x in members(a) {
                        for y in members(b) {
                            assert!(Interval::compare(op, a, b).is_none_or(|known| known == holds(x, y)));
                            let kept = restricted.is_some_and(|restricted| restricted.contains(x));
                            assert!(kept || !holds(x, y), "{op:?} {x} {y}");
                        }
                    }
                }
            }
        }
    }
}

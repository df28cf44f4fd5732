//! Live ranges: for every virtual register, the stretches of code in which its content is needed.
//!
//! Blocks and their steps are numbered in code order by even *points*. At the point of a step its operands are read,
//! at the odd point after it its results are written; parameters of a block are written at the point where it starts. A
//! range is a sorted list of disjoint half-open intervals. Two registers may share a place if their ranges do not overlap:
//! an operand that dies in a step ends before the result of the step begins.
//!
//! Ranges are found use by use, by walking from the use backwards to the definition (Boissinot and others, *Computing
//! Liveness Sets for SSA-Form Programs*, 2011): the cost is the size of the result.

use crate::lir::{Code, VReg};
use crate::ops::Role;
use resilient_base::SecondaryMap;

/// A place in the code of a function.
pub(crate) type Point = u32;

/// A half-open interval of points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Interval {
    /// First point.
    pub start: Point,
    /// Behind the last.
    pub end: Point,
}

/// A sorted list of disjoint intervals that do not touch.
pub(crate) type Range = Vec<Interval>;

/// The live ranges of a function.
pub(crate) struct Ranges {
    /// By register; empty for one that is never defined.
    pub ranges: SecondaryMap<VReg, Range>,
    /// The points of calls, in order.
    pub calls: Vec<Point>,
}

/// Whether two ranges have a point in common.
pub(crate) fn overlap(a: &[Interval], b: &[Interval]) -> bool {
    let (mut a, mut b) = (a, b);
    while let (Some(x), Some(y)) = (a.first(), b.first()) {
        if x.end <= y.start {
            a = skip_to(a, y.start);
        } else if y.end <= x.start {
            b = skip_to(b, x.start);
        } else {
            return true;
        }
    }
    false
}

/// The intervals that do not end before `point`; logarithmic in the number skipped, as one of the lists is often long.
fn skip_to(range: &[Interval], point: Point) -> &[Interval] {
    let mut step = 1;
    while step < range.len() && range[step].end <= point {
        step *= 2;
    }
    let low = step / 2;
    let high = range.len().min(step + 1);
    &range[low + range[low..high].partition_point(|interval| interval.end <= point)..]
}

/// Joins two ranges.
pub(crate) fn merge(a: &[Interval], b: &[Interval]) -> Range {
    let mut all = [a, b].concat();
    normalize(&mut all);
    all
}

/// Sorts and joins overlapping and touching intervals.
fn normalize(range: &mut Range) {
    range.sort_unstable();
    range.dedup_by(|next, kept| {
        let joined = next.start <= kept.end;
        if joined {
            kept.end = kept.end.max(next.end);
        }
        joined
    });
}

impl Ranges {
    /// The live ranges of a function.
    pub fn new(code: &Code) -> Ranges {
        let mut builder = Builder::new(code);
        for (index, block) in code.blocks.iter().enumerate() {
            let mut point = builder.starts[index];
            for node in &block.nodes {
                point += 2;
                node.for_each_reg(|role, reg| match role {
                    Role::Use => builder.add_use(reg, index, point),
                    Role::Def => {}
                });
            }
            block.term.for_each_use(|reg| builder.add_use(reg, index, point + 2));
        }
        for (_, range) in builder.ranges.iter_mut() {
            normalize(range);
        }
        Ranges { ranges: builder.ranges, calls: builder.calls }
    }
}

/// Where a register is defined.
#[derive(Clone, Copy, Default)]
struct Def {
    block: usize,
    point: Point,
}

struct Builder {
    /// The point at which each block starts, and at last the end of the code.
    starts: Vec<Point>,
    preds: Vec<Vec<usize>>,
    defs: SecondaryMap<VReg, Def>,
    ranges: SecondaryMap<VReg, Range>,
    /// By block: the register that was last found to be live at its start and at its end.
    live_in: Vec<Option<VReg>>,
    live_out: Vec<Option<VReg>>,
    calls: Vec<Point>,
}

impl Builder {
    /// Numbers the points and gives every definition the shortest range.
    fn new(code: &Code) -> Builder {
        let n_blocks = code.blocks.len();
        let mut builder = Builder {
            starts: Vec::with_capacity(n_blocks + 1),
            preds: vec![Vec::new(); n_blocks],
            defs: SecondaryMap::with_capacity(code.n_vregs),
            ranges: SecondaryMap::with_capacity(code.n_vregs),
            live_in: vec![None; n_blocks],
            live_out: vec![None; n_blocks],
            calls: Vec::new(),
        };
        let mut point = 0;
        for (index, block) in code.blocks.iter().enumerate() {
            builder.starts.push(point);
            for &param in &block.params {
                builder.define(param, Def { block: index, point });
            }
            for node in &block.nodes {
                point += 2;
                if node.is_call() {
                    builder.calls.push(point);
                }
                node.for_each_reg(|role, reg| match role {
                    Role::Use => {}
                    Role::Def => builder.define(reg, Def { block: index, point: point + 1 }),
                });
            }
            point += 4;
            for edge in block.term.edges() {
                builder.preds[edge.block].push(index);
            }
        }
        builder.starts.push(point);
        builder
    }

    fn define(&mut self, reg: VReg, def: Def) {
        self.defs[reg] = def;
        self.ranges[reg].push(Interval { start: def.point, end: def.point + 1 });
    }

    fn add_use(&mut self, reg: VReg, block: usize, point: Point) {
        let def = self.defs[reg];
        if def.block == block {
            return self.ranges[reg].push(Interval { start: def.point, end: point + 1 });
        }
        self.ranges[reg].push(Interval { start: self.starts[block], end: point + 1 });
        let mut work = vec![block];
        while let Some(block) = work.pop() {
            if self.live_in[block].replace(reg) == Some(reg) {
                continue;
            }
            for i in 0..self.preds[block].len() {
                let pred = self.preds[block][i];
                if self.live_out[pred].replace(reg) == Some(reg) {
                    continue;
                }
                let end = self.starts[pred + 1];
                if pred == def.block {
                    self.ranges[reg].push(Interval { start: def.point, end });
                } else {
                    self.ranges[reg].push(Interval { start: self.starts[pred], end });
                    work.push(pred);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(list: &[(Point, Point)]) -> Range {
        list.iter().map(|&(start, end)| Interval { start, end }).collect()
    }

    #[test]
    fn touching_ranges_do_not_overlap() {
        let a = range(&[(0, 3), (8, 10), (20, 22), (30, 33)]);
        assert!(!overlap(&a, &range(&[(3, 8), (10, 20), (33, 40)])));
        assert!(overlap(&a, &range(&[(32, 33)])));
        assert!(overlap(&range(&[(9, 10)]), &a));
        assert!(!overlap(&a, &[]));
        assert_eq!(merge(&a, &range(&[(3, 8), (21, 24)])), range(&[(0, 10), (20, 24), (30, 33)]));
    }

    #[test]
    fn overlap_agrees_with_points() {
        let mut state = 88172645463325252_u64;
        let mut random = |n: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % n) as u32
        };
        for _ in 0..2000 {
            let mut make = |most: u64, gap: u64| {
                let mut point = random(5);
                let n = random(most);
                let mut range = Range::new();
                for _ in 0..n {
                    let end = point + 1 + random(3);
                    range.push(Interval { start: point, end });
                    point = end + 1 + random(gap);
                }
                range
            };
            let (a, b) = (make(40, 3), make(5, 20));
            let covers = |range: &Range, p| range.iter().any(|i| i.start <= p && p < i.end);
            let expected = (0..300).any(|p| covers(&a, p) && covers(&b, p));
            assert_eq!(overlap(&a, &b), expected, "{a:?} {b:?}");
            assert_eq!(overlap(&b, &a), expected, "{a:?} {b:?}");
        }
    }
}

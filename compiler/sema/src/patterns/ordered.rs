//! Branches on parts that are told apart by comparisons: integers, chars, floats, strings.
//!
//! The patterns cut the type into segments: `1 => .., 5..=9 => .., _ => ..` cuts `int` into what is below 1, 1, 2 to 4, 5 to
//! 9, and above. Each segment leads to the rows that match there; equal sets of rows share one decision. The segments are
//! then found by a tree of `<` that ends in tests for equality:
//!
//! ```text
//! few single values:   if x == 1 { A } else if x == 5 { B } else { D }
//! else:                if x < 5 { .. } else { .. }, split in the middle
//! ```
//!
//! Floats and strings cannot name what lies between two literals, so they are split at literals only. NaN is below
//! nothing and equal to nothing and so ends where no literal matches.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::Pattern;
use super::tree::{Builder, PartId, Row};
use super::witness::{Fact, Range};
use crate::typed::{BinaryOp, CmpOp, Decision, Expr, ExprKind};
use crate::types::{IntTy, TypeKind, Types};

/// Up to this many single values are tested one after another.
const MAX_CHAIN: usize = 3;

/// A value to compare with.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Key<'t> {
    Int(i128),
    Float(f64),
    Str(&'t str),
}

/// A stretch of values that the patterns do not tell apart.
#[derive(Clone, Copy)]
struct Segment<'t> {
    /// The least value, where it can be named.
    from: Option<Key<'t>>,
    /// The value, if it is the only one.
    only: Option<Key<'t>>,
    /// The greatest value, if it is an integer or char.
    last: Option<i128>,
    /// Index of the decision.
    target: usize,
}

impl<'t> Builder<'_, 't> {
    pub(super) fn branch_ordered(&mut self, part: PartId, rows: &[Row<'_, 't>]) -> Decision<'t> {
        let mut segments = self.segments(part, rows);
        let mut ids: FxHashMap<Vec<usize>, usize> = FxHashMap::default();
        // The rows of each target, and what is known there.
        let mut groups: Vec<(Vec<usize>, Vec<Range<'t>>)> = Vec::new();
        let matching = matching_rows(part, rows, &segments);
        for (segment, matching) in segments.iter_mut().zip(matching) {
            segment.target = *ids.entry(matching).or_insert_with_key(|matching| {
                groups.push((matching.clone(), Vec::new()));
                groups.len() - 1
            });
            groups[segment.target].1.extend(segment.fact());
        }
        let mut targets = Vec::with_capacity(groups.len());
        for (matching, facts) in groups {
            let rows = matching.iter().map(|&index| rows[index].without(part)).collect();
            let decision = self.build_with(part, Fact::Among(facts), rows);
            targets.push(&*self.arena.alloc(decision));
        }
        // What stands for values beyond the type has told whether a catch-all is missing.
        if let Some((least, greatest)) = self.limits(part) {
            let is_within = |segment: &Segment<'_>| match (segment.from, segment.last) {
                (Some(Key::Int(lo)), Some(hi)) => lo <= greatest && hi >= least,
                _ => true,
            };
            segments.retain(is_within);
        }
        segments.dedup_by(|next, segment| {
            let is_same = next.target == segment.target;
            segment.only = segment.only.filter(|_| !is_same);
            is_same
        });
        *self.search(part, &segments, &targets)
    }

    /// The segments in ascending order, without targets.
    fn segments(&self, part: PartId, rows: &[Row<'_, 't>]) -> Vec<Segment<'t>> {
        let patterns = rows.iter().filter_map(|row| row.test(part));
        let (mut ranges, mut floats, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        for pattern in patterns {
            match *pattern {
                Pattern::Range(lo, hi) => ranges.push((lo, hi)),
                // Zeros are equal, whatever their signs.
                Pattern::Float(value) => floats.push(value + 0.0),
                Pattern::Str(text) => texts.push(text),
                _ => unreachable!("patterns of one part have one type, found {pattern:?}"),
            }
        }
        if !ranges.is_empty() {
            return int_segments(self.domain(part), &ranges);
        }
        floats.sort_unstable_by(f64::total_cmp);
        floats.dedup();
        texts.sort_unstable();
        texts.dedup();
        let keys = floats.into_iter().map(Key::Float).chain(texts.into_iter().map(Key::Str));
        let gap = Segment { from: None, only: None, last: None, target: 0 };
        let mut segments = vec![gap];
        for key in keys {
            segments.push(Segment { from: Some(key), only: Some(key), last: None, target: 0 });
            segments.push(gap);
        }
        segments
    }

    /// The least and the greatest value of `part`, if it is an integer or a char.
    fn limits(&self, part: PartId) -> Option<(i128, i128)> {
        match *self.types.kind(self.part(part).ty) {
            TypeKind::Int(int) => Some((int.min(), int.max())),
            TypeKind::Char => Some((0, i128::from(u32::from(char::MAX)))),
            _ => None,
        }
    }

    /// What the ranges of `part` divide. Of `int` and `char`, which are complete only with a catch-all, that includes a
    /// value below and one above that no pattern names.
    fn domain(&self, part: PartId) -> (i128, i128) {
        let (least, greatest) = self.limits(part).unwrap_or_default();
        match *self.types.kind(self.part(part).ty) {
            TypeKind::Int(int) if int != IntTy::INT => (least, greatest),
            _ => (least - 1, greatest + 1),
        }
    }

    /// The tests that find the segment of `part` among `segments`.
    fn search(&self, part: PartId, segments: &[Segment<'t>], targets: &[&'t Decision<'t>]) -> &'t Decision<'t> {
        if let [only] = segments {
            return targets[only.target];
        }
        if let Some(decision) = self.chain(part, segments, targets) {
            return decision;
        }
        let middle = segments.len() / 2;
        let splits = (1..segments.len()).filter_map(|at| segments[at].from.map(|key| (at, key)));
        let Some((at, key)) = splits.min_by_key(|(at, _)| at.abs_diff(middle)) else {
            unreachable!("literals stand between stretches that cannot be named")
        };
        let below = self.search(part, &segments[..at], targets);
        let rest = self.search(part, &segments[at..], targets);
        let test = self.arena.alloc(self.compare(part, CmpOp::Lt, key));
        self.arena.alloc(Decision::If(test, below, rest))
    }

    /// Tests for equality one after another, if there are few values and one decision for all others.
    fn chain(&self, part: PartId, segments: &[Segment<'t>], targets: &[&'t Decision<'t>]) -> Option<&'t Decision<'t>> {
        let mut others = segments.iter().filter(|segment| segment.only.is_none()).map(|segment| segment.target);
        let other = others.next();
        if others.any(|target| Some(target) != other) {
            return None;
        }
        let mut singles: Vec<(Key<'t>, usize)> =
            segments.iter().filter_map(|segment| segment.only.map(|key| (key, segment.target))).collect();
        let last = match other {
            Some(target) => target,
            None => singles.pop()?.1,
        };
        if singles.len() > MAX_CHAIN {
            return None;
        }
        let chain = singles.into_iter().rev().fold(targets[last], |rest, (key, target)| {
            let test = self.arena.alloc(self.compare(part, CmpOp::Eq, key));
            &*self.arena.alloc(Decision::If(test, targets[target], rest))
        });
        Some(chain)
    }

    /// `part op key`
    fn compare(&self, part: PartId, op: CmpOp, key: Key<'t>) -> Expr<'t> {
        let subject = self.part(part);
        let (op, kind) = match (key, self.types.kind(subject.ty)) {
            (Key::Int(value), TypeKind::Char) => {
                // A stretch may start with the surrogates, which are no chars.
                let value = char::from_u32(value as u32).unwrap_or('\u{E000}');
                (BinaryOp::CharCmp(op), ExprKind::Char(value))
            }
            // The pattern of bits: of `u64` the upper half turns negative.
            (Key::Int(value), _) => (BinaryOp::IntCmp(op), ExprKind::Int(value as i64)),
            (Key::Float(value), _) => (BinaryOp::FloatCmp(op), ExprKind::Float(value)),
            (Key::Str(text), _) => (BinaryOp::StrCmp(op), ExprKind::Str(text)),
        };
        let right = Expr { kind, ..subject };
        let kind = ExprKind::Binary(op, self.arena.alloc(subject), self.arena.alloc(right));
        Expr { kind, ty: Types::BOOL, span: subject.span }
    }
}

impl<'t> Segment<'t> {
    fn fact(&self) -> Option<Range<'t>> {
        match (self.from, self.last) {
            (Some(Key::Int(lo)), Some(hi)) => Some(Range::Within(lo, hi)),
            (key, _) => key.map(Range::Equal),
        }
    }
}

/// The rows that match in each of `segments`, in their order. Takes time in the length of the result.
fn matching_rows(part: PartId, rows: &[Row<'_, '_>], segments: &[Segment<'_>]) -> Vec<Vec<usize>> {
    let mut starts: Vec<(i128, usize)> = Vec::new();
    let mut ends = Vec::new();
    let (mut literals, mut always) = (Vec::new(), BTreeSet::new());
    for (index, row) in rows.iter().enumerate() {
        match row.test(part) {
            Some(Pattern::Range(lo, hi)) => {
                starts.push((*lo, index));
                ends.push((hi + 1, index));
            }
            Some(Pattern::Float(value)) => literals.push((Key::Float(value + 0.0), index)),
            Some(Pattern::Str(text)) => literals.push((Key::Str(text), index)),
            _ => {
                always.insert(index);
            }
        }
    }
    for events in [&mut starts, &mut ends] {
        events.sort_unstable_by(|a, b| b.cmp(a));
    }
    literals.sort_by(|(a, _), (b, _)| b.order(a));
    let mut active = always.clone();
    let mut out = Vec::with_capacity(segments.len());
    for segment in segments {
        if let Some(Key::Int(from)) = segment.from {
            while let Some((_, index)) = ends.pop_if(|(at, _)| *at <= from) {
                active.remove(&index);
            }
            active.extend(std::iter::from_fn(|| starts.pop_if(|(at, _)| *at <= from)).map(|(_, index)| index));
        } else {
            active.clone_from(&always);
            active.extend(std::iter::from_fn(|| literals.pop_if(|(key, _)| segment.only == Some(*key))).map(|at| at.1));
        }
        out.push(active.iter().copied().collect());
    }
    out
}

impl Key<'_> {
    fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Key::Int(a), Key::Int(b)) => a.cmp(b),
            (Key::Float(a), Key::Float(b)) => a.total_cmp(b),
            (Key::Str(a), Key::Str(b)) => a.cmp(b),
            _ => unreachable!("patterns of one part have one type, found {self:?} and {other:?}"),
        }
    }
}

/// `domain` cut at both ends of each range.
fn int_segments<'t>(domain: (i128, i128), ranges: &[(i128, i128)]) -> Vec<Segment<'t>> {
    let mut starts: Vec<i128> = ranges.iter().flat_map(|&(lo, hi)| [lo, hi + 1]).chain([domain.0]).collect();
    starts.retain(|start| (domain.0..=domain.1).contains(start));
    starts.sort_unstable();
    starts.dedup();
    let ends = starts.iter().skip(1).map(|start| start - 1).chain([domain.1]);
    let segment = |(&lo, hi): (&i128, i128)| {
        let from = Some(Key::Int(lo));
        Segment { from, only: from.filter(|_| lo == hi), last: Some(hi), target: 0 }
    };
    starts.iter().zip(ends).map(segment).collect()
}

//! From the rows of a match to its decision tree.

use std::collections::BTreeMap;

use bumpalo::Bump;
use rustc_hash::FxHashMap;

use super::Pattern;
use super::witness::{Fact, Known};
use crate::typed::{Decision, Expr, ExprKind, LocalId};
use crate::types::{Type, TypeKind, Types};

/// An arm of a match.
pub struct Arm<'t> {
    /// What it matches.
    pub pattern: Pattern<'t>,
    /// The condition behind it.
    pub guard: Option<&'t Expr<'t>>,
}

/// What became of a match.
pub struct Outcome<'t> {
    /// The tree, if every value is covered.
    pub decision: Option<&'t Decision<'t>>,
    /// Values that nothing covers, as patterns; a few of them, in the order in which the tests meet them.
    pub uncovered: Vec<String>,
    /// Arms that no value reaches, ascending.
    pub unreachable: Vec<usize>,
    /// Set if the tests of the arms multiply beyond [`MAX_STEPS`]; then nothing else is known.
    pub is_too_complex: bool,
}

/// The most steps of a compilation. Arms that each test other parts of a value can need a number of tests exponential in
/// their own; programs written by hand stay far below this.
const MAX_STEPS: usize = 1 << 17;

/// The most counterexamples of a match.
const MAX_UNCOVERED: usize = 3;

/// Compiles the choice between `arms` by the value of `subject`, a variable or a part of one.
pub fn compile<'t>(types: &Types, arena: &'t Bump, subject: Expr<'t>, arms: &[Arm<'t>]) -> Outcome<'t> {
    let mut builder = Builder {
        types,
        arena,
        guards: arms.iter().map(|arm| arm.guard).collect(),
        parts: Vec::new(),
        children: FxHashMap::default(),
        known: Vec::new(),
        reached: vec![false; arms.len()],
        uncovered: Vec::new(),
        n_steps: 0,
    };
    let root = builder.add_part(subject, None);
    let mut rows = Vec::with_capacity(arms.len());
    for (index, arm) in arms.iter().enumerate() {
        let mut row = Row { tests: Vec::new(), bindings: Vec::new(), arm: index };
        builder.add_test(&mut row, root, &arm.pattern);
        rows.push(row);
    }
    let decision = builder.build(rows);
    let is_too_complex = builder.n_steps > MAX_STEPS;
    let unreachable = (0..arms.len()).filter(|&arm| !builder.reached[arm]).collect();
    Outcome {
        decision: (builder.uncovered.is_empty() && !is_too_complex).then(|| &*arena.alloc(decision)),
        uncovered: builder.uncovered,
        unreachable: if is_too_complex { Vec::new() } else { unreachable },
        is_too_complex,
    }
}

/// The index of a part of the value.
pub(super) type PartId = u32;

/// An arm, or one of its alternatives, with what is left to be tested.
#[derive(Clone)]
pub(super) struct Row<'p, 't> {
    /// Parts that have to match, each once. None of the patterns matches everything.
    pub(super) tests: Vec<(PartId, &'p Pattern<'t>)>,
    /// The variables to be made.
    bindings: Vec<(LocalId, Option<Type>, PartId)>,
    arm: usize,
}

impl<'p, 't> Row<'p, 't> {
    /// What it wants of `part`.
    pub(super) fn test(&self, part: PartId) -> Option<&'p Pattern<'t>> {
        self.tests.iter().find(|(tested, _)| *tested == part).map(|(_, pattern)| *pattern)
    }

    /// The row with nothing more to be tested about `part`.
    pub(super) fn without(&self, part: PartId) -> Row<'p, 't> {
        let mut row = self.clone();
        row.tests.retain(|(tested, _)| *tested != part);
        row
    }
}

/// A part of the value by its place in a greater one: the part, the variant if it is an enum, the index of the field.
type Place = (PartId, Option<u32>, u32);

pub(super) struct Builder<'b, 't> {
    pub(super) types: &'b Types,
    pub(super) arena: &'t Bump,
    guards: Vec<Option<&'t Expr<'t>>>,
    /// The parts met so far, each with the struct that it is a field of.
    parts: Vec<(Expr<'t>, Option<PartId>)>,
    /// Parts by their places.
    pub(super) children: FxHashMap<Place, PartId>,
    /// What the tests on the way to the current step have told, by part.
    pub(super) known: Vec<Option<Fact<'t>>>,
    reached: Vec<bool>,
    uncovered: Vec<String>,
    n_steps: usize,
}

impl<'b, 't> Builder<'b, 't> {
    fn add_part(&mut self, expr: Expr<'t>, parent: Option<PartId>) -> PartId {
        self.parts.push((expr, parent));
        self.known.push(None);
        (self.parts.len() - 1) as PartId
    }

    /// How `part` is read.
    pub(super) fn part(&self, part: PartId) -> Expr<'t> {
        self.parts[part as usize].0
    }

    fn child(&mut self, part: PartId, variant: Option<u32>, field: u32) -> PartId {
        if let Some(&child) = self.children.get(&(part, variant, field)) {
            return child;
        }
        let whole = self.part(part);
        let operand = &*self.arena.alloc(whole);
        let kind = match variant {
            None => ExprKind::Field(operand, field),
            Some(variant) => ExprKind::VariantField(operand, variant, field),
        };
        let ty = field_type(self.types, whole.ty, variant, field);
        let child = self.add_part(Expr { kind, ty, span: whole.span }, variant.is_none().then_some(part));
        self.children.insert((part, variant, field), child);
        child
    }

    /// Adds to `row` that `part` matches `pattern`.
    fn add_test<'p>(&mut self, row: &mut Row<'p, 't>, part: PartId, pattern: &'p Pattern<'t>) {
        match pattern {
            Pattern::Any => {}
            Pattern::Bind(local, cell, inner) => {
                row.bindings.push((*local, *cell, part));
                self.add_test(row, part, inner);
            }
            Pattern::Fields(fields) => {
                for (field, inner) in fields {
                    let child = self.child(part, None, *field);
                    self.add_test(row, child, inner);
                }
            }
            // Nothing gets past an alternative that matches everything.
            Pattern::Or(alternatives) if alternatives[0].is_certain() => self.add_test(row, part, &alternatives[0]),
            Pattern::Or(_)
            | Pattern::Bool(_)
            | Pattern::Range(..)
            | Pattern::Float(_)
            | Pattern::Str(_)
            | Pattern::Variant(..) => row.tests.push((part, pattern)),
        }
    }

    /// The decision between `rows`, of which the first that matches is taken.
    pub(super) fn build<'p>(&mut self, mut rows: Vec<Row<'p, 't>>) -> Decision<'t> {
        self.n_steps += 1 + rows.len() / 64;
        if self.n_steps > MAX_STEPS {
            return DEAD_END;
        }
        let Some(first) = rows.first() else { return self.fail() };
        if first.tests.is_empty() {
            return self.take(rows);
        }
        let part = self.choose(&rows);
        // Alternatives for the structs around it may ask about it too, and it is asked about only once.
        let around = std::iter::successors(Some(part), |&part| self.parts[part as usize].1);
        let around: Vec<PartId> = around.collect();
        for &part in around.iter().rev() {
            if rows.iter().any(|row| matches!(row.test(part), Some(Pattern::Or(_)))) {
                rows = self.split_alternatives(part, rows);
            }
        }
        let Some(kind) = rows.iter().find_map(|row| row.test(part)) else {
            // The alternatives were structs: what they want is now said about the fields.
            return self.build(rows);
        };
        match kind {
            Pattern::Bool(_) => self.branch_bool(part, &rows),
            Pattern::Variant(..) => self.branch_variants(part, &rows),
            _ => self.branch_ordered(part, &rows),
        }
    }

    fn fail(&mut self) -> Decision<'t> {
        if self.uncovered.len() < MAX_UNCOVERED {
            let room = MAX_UNCOVERED - self.uncovered.len();
            let known = Known { types: self.types, children: &self.children, facts: &self.known };
            let found = known.describe(0, self.part(0).ty, room);
            self.uncovered.extend(found);
        }
        DEAD_END
    }

    /// The first row matches.
    fn take(&mut self, mut rows: Vec<Row<'_, 't>>) -> Decision<'t> {
        let mut row = rows.remove(0);
        self.reached[row.arm] = true;
        // The same order for all alternatives.
        row.bindings.sort_unstable_by_key(|&(local, ..)| local);
        let bindings = row.bindings.iter().map(|&(local, cell, part)| {
            let value = self.part(part);
            // A void has no place in a value.
            let kind = if value.ty == Types::VOID { ExprKind::Void } else { value.kind };
            let value = Expr { kind, ..value };
            match cell {
                Some(ty) => (local, Expr { kind: ExprKind::CellNew(self.arena.alloc(value)), ty, span: value.span }),
                None => (local, value),
            }
        });
        let bindings = &*self.arena.alloc_slice_fill_iter(bindings);
        let arm = row.arm as u32;
        let Some(guard) = self.guards[row.arm] else { return Decision::Arm { bindings, arm } };
        // The guard has spoken for the whole arm.
        rows.retain(|other| other.arm != row.arm);
        let otherwise = self.build(rows);
        Decision::Guard { bindings, guard, arm, otherwise: self.arena.alloc(otherwise) }
    }

    /// The part to be tested next: one that the first row needs, then one that as many rows in a row need, so that few of
    /// them stand in more than one branch; then one with few branches; then the leftmost.
    fn choose(&self, rows: &[Row<'_, 't>]) -> PartId {
        let score = |part: PartId| {
            let prefix = rows.iter().take_while(|row| row.test(part).is_some()).count();
            (prefix, std::cmp::Reverse(self.n_branches(self.part(part).ty)))
        };
        let mut tests = rows[0].tests.iter().map(|&(part, _)| part);
        let first = tests.next().unwrap_or_default();
        let mut best = (score(first), first);
        for part in tests {
            let found = score(part);
            if found > best.0 {
                best = (found, part);
            }
        }
        best.1
    }

    fn n_branches(&self, ty: Type) -> usize {
        match self.types.kind(ty) {
            TypeKind::Bool => 2,
            TypeKind::Enum(id) => self.types.enums[*id].variants.len(),
            _ => usize::MAX,
        }
    }

    /// One row for each alternative that `rows` have for `part`.
    fn split_alternatives<'p>(&mut self, part: PartId, rows: Vec<Row<'p, 't>>) -> Vec<Row<'p, 't>> {
        let mut out = Vec::with_capacity(rows.len());
        for row in rows {
            match row.test(part) {
                Some(Pattern::Or(alternatives)) => self.split_row(part, &row.without(part), alternatives, &mut out),
                _ => out.push(row),
            }
        }
        out
    }

    fn split_row<'p>(
        &mut self,
        part: PartId,
        row: &Row<'p, 't>,
        alternatives: &'p [Pattern<'t>],
        out: &mut Vec<Row<'p, 't>>,
    ) {
        for alternative in alternatives {
            let mut own = row.clone();
            self.add_test(&mut own, part, alternative);
            match own.test(part) {
                Some(Pattern::Or(inner)) => self.split_row(part, &own.without(part), inner, out),
                _ => out.push(own),
            }
        }
    }

    /// Builds the decision between `rows` where `fact` holds for `part`.
    pub(super) fn build_with(&mut self, part: PartId, fact: Fact<'t>, rows: Vec<Row<'_, 't>>) -> Decision<'t> {
        self.known[part as usize] = Some(fact);
        let decision = self.build(rows);
        self.known[part as usize] = None;
        decision
    }

    fn branch_bool(&mut self, part: PartId, rows: &[Row<'_, 't>]) -> Decision<'t> {
        let [on_true, on_false] = [true, false].map(|value| {
            let fits = |row: &&Row<'_, 't>| row.test(part).is_none_or(|pattern| *pattern == Pattern::Bool(value));
            let rows = rows.iter().filter(fits).map(|row| row.without(part)).collect();
            &*self.arena.alloc(self.build_with(part, Fact::Bool(value), rows))
        });
        Decision::If(self.arena.alloc(self.part(part)), on_true, on_false)
    }

    fn branch_variants(&mut self, part: PartId, rows: &[Row<'_, 't>]) -> Decision<'t> {
        let n_variants = self.n_branches(self.part(part).ty) as u32;
        // The rows for each variant that is named, and those for all others.
        let mut groups: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        let mut any: Vec<usize> = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            match row.test(part) {
                Some(Pattern::Variant(variant, _)) => {
                    groups.entry(*variant).or_insert_with(|| any.clone()).push(index);
                }
                _ => {
                    groups.values_mut().for_each(|group| group.push(index));
                    any.push(index);
                }
            }
        }
        let mut cases = Vec::with_capacity(groups.len());
        for (&variant, group) in &groups {
            let rows = group.iter().map(|&index| self.row_of_variant(part, variant, &rows[index])).collect();
            cases.push((variant, self.build_with(part, Fact::Variants(vec![variant]), rows)));
        }
        if let [(_, only)] = cases[..]
            && n_variants == 1
        {
            return only;
        }
        let others: Vec<u32> = (0..n_variants).filter(|variant| !groups.contains_key(variant)).collect();
        let default = (!others.is_empty()).then(|| {
            let rows = any.iter().map(|&index| rows[index].clone()).collect();
            &*self.arena.alloc(self.build_with(part, Fact::Variants(others), rows))
        });
        let subject = self.arena.alloc(self.part(part));
        Decision::Switch { subject, cases: self.arena.alloc_slice_copy(&cases), default }
    }

    /// `row` where `part` is this variant.
    fn row_of_variant<'p>(&mut self, part: PartId, variant: u32, row: &Row<'p, 't>) -> Row<'p, 't> {
        let mut out = row.without(part);
        if let Some(Pattern::Variant(_, fields)) = row.test(part) {
            for (field, inner) in fields {
                let child = self.child(part, Some(variant), *field);
                self.add_test(&mut out, child, inner);
            }
        }
        out
    }
}

/// Where no row is left. It is never seen: such a match has no decision.
const DEAD_END: Decision<'static> = Decision::Arm { bindings: &[], arm: 0 };

fn field_type(types: &Types, whole: Type, variant: Option<u32>, field: u32) -> Type {
    match (types.kind(whole), variant) {
        (TypeKind::Struct(id), None) => types.structs[*id].fields[field as usize].ty,
        (TypeKind::Enum(id), Some(variant)) => types.enums[*id].variants[variant as usize].fields[field as usize].ty,
        (kind, _) => unreachable!("the checker lets no pattern look for field {field} in {kind:?}"),
    }
}

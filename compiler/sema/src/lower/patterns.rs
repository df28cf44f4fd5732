//! Patterns with names and types known, and the choice between them.

use resilient_base::{Diagnostic, EntityRef, Span, diag::codes};
use resilient_syntax::ast::{self, ExprKind as AstExprKind, PatternKind, RangeKind};

use super::func::FnLower;
use crate::cfg::Cx;
use crate::infer::{Literal, literal, ordinal, part_index};
use crate::patterns::{Arm, Outcome, Pattern, compile};
use crate::tables::Binding;
use crate::typed::{Expr, ExprKind, LocalId, Match, Stmt};
use crate::types::{Type, TypeKind, Types};

/// An arm with its body.
pub(super) struct FullArm<'t> {
    pub(super) pattern: Pattern<'t>,
    pub(super) guard: Option<&'t Expr<'t>>,
    pub(super) body: Expr<'t>,
    /// Where to say that it is unreachable; none for arms that are not written.
    pub(super) at: Option<Span>,
}

/// A name of a pattern that is not a variable of the function: its value is kept until all of the pattern has matched.
#[derive(Clone, Copy)]
pub(super) struct Kept {
    binding: Binding,
    local: LocalId,
    span: Span,
}

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    /// The pattern for a value of type `ty`.
    pub(super) fn pattern(&mut self, pattern: &'a ast::Pattern<'a>, ty: Type, kept: &mut Vec<Kept>) -> Pattern<'t> {
        match &pattern.kind {
            PatternKind::Wildcard | PatternKind::Default | PatternKind::Error => Pattern::Any,
            PatternKind::Name(name) if self.p.cx.name(name.symbol) == "None" => self.variant(ty, "None", Vec::new()),
            PatternKind::Name(name) => self.binding(*name, ty, Pattern::Any, kept),
            PatternKind::Bind(name, inner) => {
                let inner = self.pattern(inner, ty, kept);
                self.binding(*name, ty, inner, kept)
            }
            PatternKind::Or(parts) => Pattern::Or(parts.iter().map(|part| self.pattern(part, ty, kept)).collect()),
            PatternKind::Paren(inner) => self.pattern(inner, ty, kept),
            PatternKind::Literal(expr) => self.literal_pattern(expr, ty),
            PatternKind::Range(lo, hi, kind) => {
                let (lo, hi) = (ordinal(lo).unwrap_or_default(), ordinal(hi).unwrap_or_default());
                Pattern::Range(lo, hi - i128::from(*kind == RangeKind::Exclusive))
            }
            PatternKind::Tuple(parts, rest) => {
                let tys = self.field_tys(ty, None);
                Pattern::Fields(self.parts(parts, *rest, &tys, kept))
            }
            PatternKind::Path(path) => self.variant(ty, last_name(self.p.cx, path), Vec::new()),
            PatternKind::TupleStruct(path, parts, rest) => {
                let variant = self.variant_number(ty, last_name(self.p.cx, path));
                let tys = self.field_tys(ty, variant);
                let fields = self.parts(parts, *rest, &tys, kept);
                compound(variant, fields)
            }
            PatternKind::Struct(path, fields, _) => {
                let variant = self.variant_number(ty, last_name(self.p.cx, path));
                let mut out = Vec::with_capacity(fields.len());
                for field in *fields {
                    let Some((number, ty)) = self.field_named(ty, variant, field.name) else { continue };
                    let pattern = match field.pattern {
                        Some(inner) => self.pattern(inner, ty, kept),
                        None => self.binding(field.name, ty, Pattern::Any, kept),
                    };
                    out.push((number, pattern));
                }
                compound(variant, out)
            }
        }
    }

    fn parts(
        &mut self,
        parts: &'a [ast::Pattern<'a>],
        rest: Option<u32>,
        tys: &[Type],
        kept: &mut Vec<Kept>,
    ) -> Vec<(u32, Pattern<'t>)> {
        let mut out = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            let at = part_index(index, parts.len(), rest, tys.len());
            out.push((at as u32, self.pattern(part, tys[at], kept)));
        }
        out
    }

    fn variant(&self, ty: Type, name: &str, fields: Vec<(u32, Pattern<'t>)>) -> Pattern<'t> {
        Pattern::Variant(self.variant_number(ty, name).unwrap_or_default(), fields)
    }

    /// The number of the variant `name`, if `ty` is an enum.
    fn variant_number(&self, ty: Type, name: &str) -> Option<u32> {
        let TypeKind::Enum(id) = self.p.types.kind(ty) else { return None };
        let variants = &self.p.types.enums[*id].variants;
        variants.iter().position(|variant| &*variant.name == name).map(|number| number as u32)
    }

    /// The types of the fields of a struct or of the payload of a variant.
    fn field_tys(&self, ty: Type, variant: Option<u32>) -> Vec<Type> {
        let is_seen = |field: &&crate::types::FieldDef| !field.is_hidden();
        self.fields_of(ty, variant).iter().filter(is_seen).map(|field| field.ty).collect()
    }

    fn fields_of(&self, ty: Type, variant: Option<u32>) -> &[crate::types::FieldDef] {
        match (self.p.types.kind(ty), variant) {
            (TypeKind::Struct(id), _) => &self.p.types.structs[*id].fields,
            (TypeKind::Enum(id), Some(variant)) => &self.p.types.enums[*id].variants[variant as usize].fields,
            _ => &[],
        }
    }

    fn field_named(&self, ty: Type, variant: Option<u32>, name: ast::Name) -> Option<(u32, Type)> {
        let text = self.p.cx.name(name.symbol);
        let fields = self.fields_of(ty, variant);
        let number = fields.iter().position(|field| &*field.name == text)?;
        Some((number as u32, fields[number].ty))
    }

    fn literal_pattern(&mut self, expr: &'a ast::Expr<'a>, ty: Type) -> Pattern<'t> {
        match (literal(expr), &expr.kind) {
            (Some((Literal::Int(value), _)), _) => Pattern::Range(value, value),
            (Some((Literal::Float(value), _)), _) if ty == Types::F32 => Pattern::Float(f64::from(value as f32)),
            (Some((Literal::Float(value), _)), _) => Pattern::Float(value),
            (None, AstExprKind::Bool(value)) => Pattern::Bool(*value),
            (None, AstExprKind::Char(value)) => {
                let value = i128::from(u32::from(*value));
                Pattern::Range(value, value)
            }
            (None, AstExprKind::Str(text)) => Pattern::Str(self.p.arena.alloc_str(text)),
            (None, other) => unreachable!("the parser lets no such literal pass: {other:?}"),
        }
    }

    /// `name @ inner`
    fn binding(&mut self, name: ast::Name, ty: Type, inner: Pattern<'t>, kept: &mut Vec<Kept>) -> Pattern<'t> {
        let binding = self.binding_at(name.span);
        let (local, cell) = match binding {
            Binding::Local(id) => {
                let slot = self.slot(id);
                (slot.local, slot.is_cell.then(|| self.locals[slot.local.index()].ty))
            }
            Binding::Static(_) | Binding::TopLet(_) => (self.kept(binding, name, ty, kept), None),
        };
        Pattern::Bind(local, cell, Box::new(inner))
    }

    fn kept(&mut self, binding: Binding, name: ast::Name, ty: Type, kept: &mut Vec<Kept>) -> LocalId {
        // Alternatives share their variables.
        if let Some(found) = kept.iter().find(|found| found.binding == binding) {
            return found.local;
        }
        let local = self.temp("$kept", ty, name.span);
        kept.push(Kept { binding, local, span: name.span });
        local
    }

    /// Gives the variables that are not those of the function their values.
    pub(super) fn release_kept(&mut self, kept: &[Kept], out: &mut Vec<Stmt<'t>>) {
        for &Kept { binding, local, span } in kept {
            let value = self.local(local, span);
            let stmt = self.init(binding, value, false);
            out.push(stmt);
        }
    }

    /// The choice between `arms` by the value of `subject`, a variable or a part of one.
    pub(super) fn choice(
        &mut self,
        subject: Expr<'t>,
        arms: Vec<FullArm<'t>>,
        construct: Construct,
        span: Span,
    ) -> Expr<'t> {
        let (mut bodies, mut rows) = (Vec::with_capacity(arms.len()), Vec::with_capacity(arms.len()));
        for arm in arms {
            bodies.push((arm.body, arm.at));
            rows.push(Arm { pattern: arm.pattern, guard: arm.guard });
        }
        let mut outcome = compile(&self.p.types, self.p.arena, subject, &rows);
        if !outcome.unreachable.is_empty() {
            for at in outcome.unreachable.iter().filter_map(|&index| bodies[index].1) {
                let message = "unreachable arm: those before it cover all that it matches";
                self.p.diags.push(Diagnostic::warning(at, message));
            }
            // Without them all is the same, and each arm that is left has a place in the tree.
            let is_reached = |index: usize| outcome.unreachable.binary_search(&index).is_err();
            let mut index = 0..;
            bodies.retain(|_| index.next().is_some_and(is_reached));
            let mut index = 0..;
            rows.retain(|_| index.next().is_some_and(is_reached));
            outcome = compile(&self.p.types, self.p.arena, subject, &rows);
        }
        let Some(decision) = outcome.decision else {
            self.refuse(&outcome, subject, construct);
            return self.block_of(&[], None, Types::NEVER, span);
        };
        let bodies = self.p.arena.alloc_slice_fill_iter(bodies.into_iter().map(|(body, _)| body));
        let ty = bodies.iter().map(|body| body.ty).find(|&ty| ty != Types::NEVER).unwrap_or(Types::NEVER);
        let kind = ExprKind::Match(self.p.arena.alloc(Match { decision, arms: bodies }));
        Expr { kind, ty, span }
    }

    fn refuse(&mut self, outcome: &Outcome<'_>, subject: Expr<'t>, construct: Construct) {
        let (at, help) = match construct {
            Construct::Match => (subject.span, "add arms for them, or `_ => ..` for all that is left"),
            Construct::Binding(at) => (at, "use `match`, `if let` or `let .. else`"),
        };
        if outcome.is_too_complex {
            let message = "the patterns are too complex: the tests of their parts multiply";
            let help = "match on one part of the value at a time";
            self.p.diags.push(Diagnostic::error(codes::NON_EXHAUSTIVE, at, message).with_help(help));
            return;
        }
        let cases: Vec<String> = outcome.uncovered.iter().map(|case| format!("`{case}`")).collect();
        let (cases, verb) = match &cases[..] {
            [] | [_] => (cases.concat(), "is"),
            [init @ .., last] => (format!("{} and {last}", init.join(", ")), "are"),
        };
        let ty = match self.p.origins.get(&subject.ty) {
            Some(&origin) => self.p.checked.tys.display(origin),
            None => self.p.types.display(subject.ty),
        };
        let message = format!("Non-exhaustive match on {ty}: {cases} {verb} not covered");
        self.p.diags.push(Diagnostic::error(codes::NON_EXHAUSTIVE, at, message).with_help(help));
    }
}

/// What wants every value to be covered.
#[derive(Clone, Copy)]
pub(super) enum Construct {
    /// An expression with arms.
    Match,
    /// The pattern here, which stands alone.
    Binding(Span),
}

/// The last name of `path`.
fn last_name<'c>(cx: Cx<'c>, path: &ast::Path<'_>) -> &'c str {
    path.segments.last().map_or("", |name| cx.name(name.symbol))
}

/// The pattern of a variant, or of a struct or tuple.
fn compound<'t>(variant: Option<u32>, fields: Vec<(u32, Pattern<'t>)>) -> Pattern<'t> {
    match variant {
        Some(variant) => Pattern::Variant(variant, fields),
        None => Pattern::Fields(fields),
    }
}

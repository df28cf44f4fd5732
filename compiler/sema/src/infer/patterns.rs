//! Patterns: what they want of the value, and the variables they make.
//!
//! A pattern is checked against the type of its value from the outside in. Its names become variables as they are met;
//! alternatives share theirs. What is found is the variable of each name, keyed by the place of the name: all else follows
//! from the type, which is known when the program is lowered.

use resilient_base::{Diagnostic, Span, Symbol, diag::codes};
use resilient_syntax::ast::{Expr, ExprKind, FieldPattern, Name, Path, Pattern, PatternKind, RangeKind};
use rustc_hash::{FxHashMap, FxHashSet};

use super::bind::part_index;
use super::body::Body;
use super::construct::Constructor;
use super::literals::{Literal, literal};
use super::nominal::EnumDeclId;
use super::ty::{Ty, TyKind};
use super::written::builtin_type;
use crate::decls::pattern_names;
use crate::suggest;
use crate::tables::Binding;
use crate::types::VariantForm;

/// The names of a pattern.
#[derive(Default)]
struct Names {
    /// The variables made so far.
    made: FxHashMap<Symbol, (Binding, Ty, Span)>,
    /// The names met so far that are not in another alternative.
    met: FxHashSet<Symbol>,
}

/// What stands before the parts of a pattern.
struct Shape {
    /// As in messages.
    name: String,
    form: VariantForm,
    /// Names and types of the parts.
    fields: Vec<(Box<str>, Ty)>,
}

impl<'a> Body<'_, '_, '_, 'a> {
    /// Checks `pattern` for a value of type `ty`, and makes its variables.
    pub(super) fn pattern(&mut self, pattern: &'a Pattern<'a>, ty: Ty) {
        let mut names = Names::default();
        self.pattern_part(pattern, ty, &mut names);
    }

    fn pattern_part(&mut self, pattern: &'a Pattern<'a>, ty: Ty, names: &mut Names) {
        match &pattern.kind {
            PatternKind::Wildcard | PatternKind::Default => {}
            PatternKind::Error => self.report_names(pattern),
            PatternKind::Name(name) if self.ck.cx.name(name.symbol) == "None" => {
                self.none_pattern(name.span, ty);
            }
            PatternKind::Name(name) => {
                self.warn_no_binding(*name, ty);
                self.pattern_name(*name, ty, names);
            }
            PatternKind::Bind(name, inner) => {
                self.pattern_name(*name, ty, names);
                self.pattern_part(inner, ty, names);
            }
            PatternKind::Or(alternatives) => {
                let before = names.met.clone();
                for part in *alternatives {
                    names.met.clone_from(&before);
                    self.pattern_part(part, ty, names);
                }
            }
            PatternKind::Paren(inner) => self.pattern_part(inner, ty, names),
            PatternKind::Literal(expr) => self.literal_pattern(expr, ty),
            PatternKind::Range(lo, hi, kind) => self.range_pattern(lo, hi, *kind, pattern.span, ty),
            PatternKind::Tuple(parts, rest) => {
                let tys = self.tuple_parts(parts.len(), rest.is_some(), ty, pattern.span);
                self.pattern_parts(parts, *rest, &tys, names);
            }
            PatternKind::Path(path) => {
                if let Some(shape) = self.shape(path, ty) {
                    self.expect_form(&shape, VariantForm::Plain, path.span);
                }
            }
            PatternKind::TupleStruct(path, parts, rest) => {
                let tys = self.payload_parts(path, parts.len(), rest.is_some(), ty, pattern.span);
                self.pattern_parts(parts, *rest, &tys, names);
            }
            PatternKind::Struct(path, fields, has_rest) => {
                let shape = self.shape(path, ty).filter(|shape| self.expect_form(shape, VariantForm::Named, path.span));
                for (field, ty) in self.field_types(fields, *has_rest, shape, pattern.span) {
                    match field.pattern {
                        Some(inner) => self.pattern_part(inner, ty, names),
                        None => self.pattern_name(field.name, ty, names),
                    }
                }
            }
        }
    }

    /// Parts in a row, with any number left out at index `rest`. There is a type for each part of the value.
    fn pattern_parts(&mut self, parts: &'a [Pattern<'a>], rest: Option<u32>, tys: &[Ty], names: &mut Names) {
        for (index, part) in parts.iter().enumerate() {
            let at = part_index(index, parts.len(), rest, tys.len());
            let ty = tys.get(at).copied().unwrap_or(Ty::ERROR);
            self.pattern_part(part, ty, names);
        }
    }

    /// Nothing is said about names that would have come from something that was reported.
    fn report_names(&mut self, pattern: &Pattern<'_>) {
        pattern_names(pattern, &mut |name| {
            self.reported.insert(name.symbol);
        });
    }

    fn pattern_name(&mut self, name: Name, ty: Ty, names: &mut Names) {
        let text = self.ck.cx.name(name.symbol);
        let is_again = !names.met.insert(name.symbol);
        let Some(&(binding, first, at)) = names.made.get(&name.symbol) else {
            let binding = self.bind_name(name, ty, false);
            names.made.insert(name.symbol, (binding, ty, name.span));
            self.t.bindings.insert(name.span, binding);
            return;
        };
        if is_again {
            let message = format!("`{text}` occurs twice in one pattern");
            self.error(Diagnostic::error(codes::DUPLICATE_NAME, name.span, message).with_secondary(at, "first here"));
        } else if !self.ck.out.tys.unify(first, ty) {
            let (first, ty) = (self.ck.display(first), self.ck.display(ty));
            let message = format!("`{text}` has different types in the alternatives: `{first}` and `{ty}`");
            self.error(
                Diagnostic::error(codes::TYPE_MISMATCH, name.span, message)
                    .with_secondary(at, format!("this is `{first}`")),
            );
        }
        self.t.bindings.insert(name.span, binding);
    }

    /// A bare name that looks as if it was meant to be compared with.
    fn warn_no_binding(&mut self, name: Name, ty: Ty) {
        let text = self.ck.cx.name(name.symbol);
        if self.ck.decls.scopes.constant(self.ck.env.scope, name.symbol).is_some() {
            self.error(
                Diagnostic::warning(name.span, format!("`{text}` is a new variable here, not the constant"))
                    .with_help(format!("compare in a guard: `x if x == {text}`")),
            );
        } else if let TyKind::Enum(id, _) = self.ck.out.tys.kind(ty)
            && self.ck.out.tys.nominals.enums[id].variant(text).is_some()
        {
            let owner = self.ck.out.tys.nominals.enums[id].name.to_string();
            self.error(
                Diagnostic::warning(name.span, format!("`{text}` is a new variable here, not the variant"))
                    .with_help(format!("write `{owner}::{text}`")),
            );
        }
    }

    /// Reports a pattern that is for `found` where the value is an `expected`.
    fn misfit(&mut self, at: Span, expected: Ty, found: Ty) {
        let (expected, found) = (self.ck.display(expected), self.ck.display(found));
        let message = format!("type mismatch: the pattern is for `{found}`, the value is `{expected}`");
        self.error(Diagnostic::error(codes::TYPE_MISMATCH, at, message));
    }

    /// Makes the type of the value that of the pattern.
    fn fit(&mut self, at: Span, expected: Ty, found: Ty) -> bool {
        let fits = self.ck.out.tys.try_unify(expected, found);
        if !fits {
            self.misfit(at, expected, found);
        }
        fits
    }

    fn none_pattern(&mut self, at: Span, ty: Ty) {
        let option = self.ck.out.tys.fresh_enum(EnumDeclId::OPTION);
        self.fit(at, ty, option);
    }

    fn literal_pattern(&mut self, expr: &'a Expr<'a>, ty: Ty) {
        if let Some((value, suffix)) = literal(expr) {
            let own = suffix.and_then(|suffix| builtin_type(self.ck.cx.name(suffix.symbol)));
            let adapts = own.is_none() && value.adapts_to(self.ck.out.tys.kind(ty));
            if !adapts {
                self.fit(expr.span, ty, own.unwrap_or(value.default_ty()));
            }
            self.ck.check_literal_range(value, ty, expr.span, None);
            return;
        }
        let found = match expr.kind {
            ExprKind::Bool(_) => Ty::BOOL,
            ExprKind::Char(_) => Ty::CHAR,
            ExprKind::Str(_) => Ty::STR,
            // The parser has reported it.
            _ => return,
        };
        self.fit(expr.span, ty, found);
    }

    fn range_pattern(&mut self, lo: &'a Expr<'a>, hi: &'a Expr<'a>, kind: RangeKind, span: Span, ty: Ty) {
        self.literal_pattern(lo, ty);
        // The upper bound of `0..256` is no value of the pattern.
        let is_past_end = kind == RangeKind::Exclusive && self.is_past_end(hi, ty);
        if !is_past_end {
            self.literal_pattern(hi, ty);
        }
        if let (Some(lo), Some(hi)) = (ordinal(lo), ordinal(hi))
            && lo > hi - i128::from(kind == RangeKind::Exclusive)
        {
            let message = "nothing is in this range";
            self.error(Diagnostic::error(codes::TYPE_MISMATCH, span, message));
        }
    }

    /// Whether `hi` is one more than the greatest value of `ty`, a fixed-width integer.
    fn is_past_end(&mut self, hi: &Expr<'_>, ty: Ty) -> bool {
        match (self.ck.out.tys.kind(ty), literal(hi)) {
            (TyKind::Int(int), Some((Literal::Int(value), None))) => value == int.max() + 1,
            _ => false,
        }
    }

    /// The types of the parts of a tuple pattern of `n` parts.
    fn tuple_parts(&mut self, n: usize, has_rest: bool, ty: Ty, at: Span) -> Vec<Ty> {
        if !has_rest {
            let parts: Vec<Ty> = (0..n).map(|_| self.ck.out.tys.fresh()).collect();
            let tuple = self.ck.out.tys.tuple(&parts);
            return if self.fit(at, ty, tuple) { parts } else { vec![Ty::ERROR; n] };
        }
        match self.ck.out.tys.kind(ty) {
            TyKind::Tuple(parts) => {
                let parts = self.ck.out.tys.args(parts).to_vec();
                if parts.len() >= n {
                    return parts;
                }
                self.report_parts(at, "the tuple", parts.len(), n, true);
            }
            TyKind::Error => {}
            TyKind::Var(_) => {
                let message = "the number of elements must be known where a pattern leaves some out";
                self.error(Diagnostic::error(codes::NEEDS_ANNOTATION, at, message));
            }
            _ => {
                let expected = self.ck.display(ty);
                let message = format!("type mismatch: the pattern is for a tuple, the value is `{expected}`");
                self.error(Diagnostic::error(codes::TYPE_MISMATCH, at, message));
            }
        }
        vec![Ty::ERROR; n]
    }

    fn report_parts(&mut self, at: Span, what: &str, expected: usize, found: usize, has_rest: bool) {
        let least = if has_rest { "at least " } else { "" };
        let fields = if expected == 1 { "field" } else { "fields" };
        let message = format!("{what} has {expected} {fields}, the pattern has {least}{found}");
        let diagnostic = Diagnostic::error(codes::ARITY, at, message);
        self.error(match found < expected && !has_rest {
            true => diagnostic.with_help("`..` leaves fields out"),
            false => diagnostic,
        });
    }

    /// The types of the parts of `P(..)` with `n` patterns.
    fn payload_parts(&mut self, path: &Path<'_>, n: usize, has_rest: bool, ty: Ty, at: Span) -> Vec<Ty> {
        let Some(shape) = self.shape(path, ty) else { return vec![Ty::ERROR; n] };
        if !self.expect_form(&shape, VariantForm::Tuple, at) {
            return vec![Ty::ERROR; n];
        }
        let tys: Vec<Ty> = shape.fields.into_iter().map(|(_, ty)| self.ck.normalize(ty, Some(at))).collect();
        if tys.len() != n && !(has_rest && n < tys.len()) {
            self.report_parts(at, &format!("`{}`", shape.name), tys.len(), n, has_rest);
            return vec![Ty::ERROR; n];
        }
        tys
    }

    /// Reports a pattern that is written as `wanted` if the declaration is not. Tells whether all is well.
    fn expect_form(&mut self, shape: &Shape, wanted: VariantForm, at: Span) -> bool {
        if shape.form == wanted {
            return true;
        }
        let name = &shape.name;
        let (code, message, way) = match shape.form {
            VariantForm::Plain => (codes::ARITY, format!("`{name}` has no fields"), ""),
            VariantForm::Tuple => (codes::ARITY, format!("`{name}` has fields without names"), "(..)"),
            VariantForm::Named => (codes::FIELD, format!("`{name}` has fields with names"), " { .. }"),
        };
        self.error(Diagnostic::error(code, at, message).with_help(format!("write `{name}{way}`")));
        false
    }

    /// What `path` names, which becomes the type of the value. None if something was reported.
    fn shape(&mut self, path: &Path<'_>, ty: Ty) -> Option<Shape> {
        match self.resolve_constructor(path)? {
            Constructor::Variant(id, number) => {
                let own = self.ck.out.tys.fresh_enum(id);
                let TyKind::Enum(_, args) = self.ck.out.tys.kind(own) else { return None };
                if !self.fit(path.span, ty, own) {
                    return None;
                }
                let tys = self.ck.out.tys.payload(id, args, number);
                let template = &self.ck.out.tys.nominals.enums[id];
                let variant = &template.variants[number as usize];
                let name = match template.is_qualified {
                    true => format!("{}::{}", template.name, variant.name),
                    false => variant.name.to_string(),
                };
                let fields = variant.fields.iter().map(|field| field.name.clone()).zip(tys).collect();
                Some(Shape { name, form: variant.form, fields })
            }
            Constructor::Struct(id) => {
                let own = self.ck.out.tys.fresh_struct(id);
                if !self.fit(path.span, ty, own) {
                    return None;
                }
                let tys = self.ck.out.tys.field_types(own)?;
                let template = &self.ck.out.tys.nominals.structs[id];
                let fields = template.fields.iter().map(|field| field.name.clone()).zip(tys).collect();
                let form = if template.is_tuple { VariantForm::Tuple } else { VariantForm::Named };
                Some(Shape { name: template.name.to_string(), form, fields })
            }
        }
    }

    /// The fields of a struct pattern with the types of their values.
    fn field_types(
        &mut self,
        fields: &'a [FieldPattern<'a>],
        has_rest: bool,
        shape: Option<Shape>,
        span: Span,
    ) -> Vec<(&'a FieldPattern<'a>, Ty)> {
        let Some(shape) = shape else { return fields.iter().map(|field| (field, Ty::ERROR)).collect() };
        let mut out = Vec::with_capacity(fields.len());
        for field in fields {
            let text = self.ck.cx.name(field.name.symbol);
            let ty = shape.fields.iter().find(|(name, _)| **name == *text).map(|&(_, ty)| ty);
            if ty.is_none() {
                let near = suggest::did_you_mean(text, shape.fields.iter().map(|(name, _)| &**name));
                let message = format!("`{}` has no field `{text}`{near}", shape.name);
                self.error(Diagnostic::error(codes::FIELD, field.name.span, message));
            }
            let ty = self.ck.normalize(ty.unwrap_or(Ty::ERROR), Some(field.name.span));
            out.push((field, ty));
        }
        let cx = self.ck.cx;
        let is_named = |name: &str| fields.iter().any(|field| cx.name(field.name.symbol) == name);
        let missing: Vec<String> =
            shape.fields.iter().filter(|(name, _)| !is_named(name)).map(|(name, _)| format!("`{name}`")).collect();
        if !has_rest && !missing.is_empty() {
            let message = format!("the pattern leaves out {} of `{}`", missing.join(", "), shape.name);
            self.error(
                Diagnostic::error(codes::FIELD, span, message)
                    .with_help("end the pattern with `..` to leave fields out"),
            );
        }
        out
    }
}

/// The place of a literal among the values of its type, if it is an integer or char.
pub fn ordinal(expr: &Expr<'_>) -> Option<i128> {
    match (literal(expr), &expr.kind) {
        (Some((Literal::Int(value), _)), _) => Some(value),
        (None, ExprKind::Char(value)) => Some(i128::from(u32::from(*value))),
        _ => None,
    }
}

//! Fields, tuple parts, elements and slices.

use resilient_base::{Diagnostic, Span, Symbol, diag::codes};
use resilient_syntax::ast::{self, Expr, ExprKind};

use super::Checker;
use super::body::Body;
use super::control::strip_parens;
use super::goals::{Goal, Operand};
use super::literals::{Literal, literal};
use super::nominal::StructDeclId;
use super::report::Site;
use super::ty::{Ty, TyKind};
use crate::suggest;

/// A part that is named.
#[derive(Clone, Copy)]
pub enum Part {
    /// `.name`
    Named(Symbol, Span),
    /// `.0`
    Number(u32, Span),
}

/// How a value is indexed.
#[derive(Clone, Copy)]
pub struct IndexUse {
    /// A range instead of an integer.
    pub is_slice: bool,
    /// The index, if it is a literal.
    pub literal: Option<i128>,
    /// The index, if the receiver was not known when it was checked.
    pub key: Option<Operand>,
    /// Whether the element is assigned to.
    pub is_place: bool,
    /// The brackets' contents.
    pub span: Span,
}

impl<'a> Body<'_, '_, '_, 'a> {
    /// `receiver.name` and `receiver.0`
    pub(super) fn part(&mut self, receiver: &'a Expr<'a>, part: Part) -> Ty {
        let ty = self.value(receiver);
        if self.is_never(ty) {
            return Ty::NEVER;
        }
        self.ck.part(Operand::new(ty, receiver.span), part)
    }

    /// `receiver[index]`
    pub(super) fn index(&mut self, receiver: &'a Expr<'a>, index: &'a Expr<'a>) -> Ty {
        let ty = self.value(receiver);
        let (node, completes) = self.index_use(ty, index, false);
        if self.is_never(ty) || !completes {
            return Ty::NEVER;
        }
        self.ck.index(Operand::new(ty, receiver.span), node)
    }

    /// Checks what stands in the brackets. Tells whether it completes.
    pub(super) fn index_use(&mut self, receiver: Ty, index: &'a Expr<'a>, is_place: bool) -> (IndexUse, bool) {
        let span = index.span;
        if let ExprKind::Range(lo, hi, _) = &strip_parens(index).kind {
            let mut completes = true;
            for bound in lo.iter().chain(hi) {
                let ty = self.coerce(bound, Ty::INT, Site::Index);
                completes &= !self.is_never(ty);
            }
            return (IndexUse { is_slice: true, literal: None, key: None, is_place, span }, completes);
        }
        let (ty, key) = self.index_value(receiver, index);
        let literal = match literal(index) {
            Some((Literal::Int(value), None)) => Some(value),
            _ => None,
        };
        (IndexUse { is_slice: false, literal, key, is_place, span }, !self.is_never(ty))
    }

    /// Checks an index behind a value of type `receiver`. Gives its type, and the index itself if it is yet to be compared
    /// with what that type wants.
    fn index_value(&mut self, receiver: Ty, index: &'a Expr<'a>) -> (Ty, Option<Operand>) {
        match self.ck.out.tys.kind(receiver) {
            TyKind::Struct(StructDeclId::MAP, parts) => {
                let key = self.ck.out.tys.args(parts)[0];
                (self.coerce(index, key, Site::Part { what: "keys of the map", is_known: true }), None)
            }
            TyKind::Var(_) => {
                let ty = self.value(index);
                (ty, Some(Operand::new(ty, index.span)))
            }
            _ => (self.coerce(index, Ty::INT, Site::Index), None),
        }
    }
}

impl Checker<'_, '_, '_> {
    /// The type of a part, a variable if it cannot be told yet.
    pub(super) fn part(&mut self, receiver: Operand, part: Part) -> Ty {
        if self.out.tys.is_open(receiver.ty) {
            let result = self.out.tys.fresh();
            self.demand(Goal::Part(receiver, part, result));
            return result;
        }
        self.part_result(receiver, part)
    }

    /// The type of a part of a value whose type is known.
    pub(super) fn part_result(&mut self, receiver: Operand, part: Part) -> Ty {
        match part {
            Part::Named(name, at) => self.field_result(receiver.ty, self.cx.name(name), at),
            Part::Number(number, at) => match self.out.tys.kind(receiver.ty) {
                TyKind::Tuple(parts) => self.tuple_part(receiver.ty, parts, i128::from(number), at),
                _ => self.field_result(receiver.ty, &number.to_string(), at),
            },
        }
    }

    fn field_result(&mut self, ty: Ty, name: &str, at: Span) -> Ty {
        let kind = self.out.tys.kind(ty);
        // Only the library sees what its types are made of.
        let is_hidden = matches!(kind, TyKind::Struct(id, _) if id.is_opaque()) && self.library_site.is_none();
        if let Some((_, field)) = self.out.tys.field(ty, name)
            && !is_hidden
        {
            return self.normalize(field, Some(at));
        }
        if let Some(id) = self.out.tys.opaque_trait(ty) {
            let declared = self.decls.traits[id].name;
            let message = format!("`self` has no field `{name}` here");
            self.diags.push(
                Diagnostic::error(codes::FIELD, at, message)
                    .with_secondary(declared.span, "a default method knows only methods of the trait"),
            );
            return Ty::ERROR;
        }
        if kind == TyKind::Error {
            return Ty::ERROR;
        }
        let mut message = format!("type `{}` has no field `{name}`", self.display(ty));
        if let TyKind::Struct(id, _) = kind
            && !is_hidden
        {
            let fields = &self.out.tys.nominals.structs[id].fields;
            message.push_str(&suggest::did_you_mean(name, fields.iter().map(|field| &*field.name)));
        }
        let mut diagnostic = Diagnostic::error(codes::FIELD, at, message);
        if matches!(kind, TyKind::Enum(..)) {
            diagnostic = diagnostic.with_help("take the value apart with `match`");
        }
        self.diags.push(diagnostic);
        Ty::ERROR
    }

    fn tuple_part(&mut self, ty: Ty, parts: super::ty::TyList, number: i128, at: Span) -> Ty {
        let parts = self.out.tys.args(parts);
        if let Some(&part) = usize::try_from(number).ok().and_then(|number| parts.get(number)) {
            return part;
        }
        let message = format!("type `{}` has no part {number}", self.display(ty));
        self.diags.push(Diagnostic::error(codes::FIELD, at, message));
        Ty::ERROR
    }

    /// The type of an element or slice, a variable if it cannot be told yet.
    pub(super) fn index(&mut self, receiver: Operand, node: IndexUse) -> Ty {
        if self.out.tys.is_open(receiver.ty) {
            let result = self.out.tys.fresh();
            self.demand(Goal::Index(receiver, node, result));
            return result;
        }
        self.index_result(receiver, node)
    }

    /// The type of an element or slice of a value whose type is known.
    pub(super) fn index_result(&mut self, receiver: Operand, node: IndexUse) -> Ty {
        let kind = self.out.tys.kind(receiver.ty);
        if let TyKind::Struct(StructDeclId::MAP, parts) = kind
            && !node.is_slice
        {
            return self.map_element(parts, node, receiver.span);
        }
        if let Some(index) = node.key
            && !self.accepts(Ty::INT, index)
        {
            self.report_mismatch(Site::Index, Ty::INT, index.ty, index.span);
        }
        match kind {
            TyKind::Error => return Ty::ERROR,
            TyKind::Array(_) | TyKind::Str if node.is_slice && !node.is_place => {
                return self.out.tys.shallow(receiver.ty);
            }
            TyKind::Array(element) if !node.is_slice => return element,
            TyKind::Str if !node.is_place => return Ty::CHAR,
            TyKind::Tuple(parts) if !node.is_slice => {
                let Some(number) = node.literal else {
                    let message = "the index of a tuple must be an integer literal";
                    self.diags.push(Diagnostic::error(codes::TYPE_MISMATCH, node.span, message));
                    return Ty::ERROR;
                };
                return self.tuple_part(receiver.ty, parts, number, node.span);
            }
            _ => {}
        }
        let verb = match (node.is_place, node.is_slice) {
            (true, true) => "assign to a slice of",
            (true, false) => "assign to an element of",
            (false, true) => "slice",
            (false, false) => "index",
        };
        let message = format!("cannot {verb} a value of type `{}`", self.display(receiver.ty));
        self.diags.push(Diagnostic::error(codes::TYPE_MISMATCH, receiver.span, message));
        Ty::ERROR
    }
}

/// The part that a syntax node names.
pub(super) fn part_of(expr: &Expr<'_>) -> Option<Part> {
    match expr.kind {
        ExprKind::Field(_, ast::Name { symbol, span }) => Some(Part::Named(symbol, span)),
        ExprKind::TupleField(_, number, span) => Some(Part::Number(number, span)),
        _ => None,
    }
}

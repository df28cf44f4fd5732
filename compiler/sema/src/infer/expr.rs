//! Expressions.

use resilient_syntax::ast::{self, BinaryOp, Expr, ExprKind, StrPart, UnaryOp};

use super::body::{Body, MissingEnd, Sink};
use super::fields::part_of;
use super::goals::{Goal, Operand};
use super::literals::literal;
use super::nominal::StructDeclId;
use super::ops::BinaryUse;
use super::report::Site;
use super::ty::{Ty, TyKind, TyList};
use super::written::builtin_type;
use crate::tables::{Callee, Key, SlotId};
use resilient_base::{Diagnostic, Span, diag::codes};

impl<'a> Body<'_, '_, '_, 'a> {
    /// The type of `expr`, whose value is used.
    pub(super) fn value(&mut self, expr: &'a Expr<'a>) -> Ty {
        match &expr.kind {
            ExprKind::Paren(inner) => {
                let ty = self.value(inner);
                self.record(expr, ty)
            }
            ExprKind::If(_) | ExprKind::Block(_) | ExprKind::Live(_) | ExprKind::Unsafe(_) => {
                let ty = self.ck.out.tys.fresh();
                self.into(expr, Sink::Coerce(ty, Site::Branch))
            }
            ExprKind::Match(_) => {
                let ty = self.ck.out.tys.fresh();
                self.into(expr, Sink::Coerce(ty, Site::Arm))
            }
            ExprKind::TryCatch(_) => {
                let ty = self.ck.out.tys.fresh();
                self.into(expr, Sink::Coerce(ty, Site::CatchArm))
            }
            _ => {
                let ty = self.plain(expr, None);
                self.record(expr, ty)
            }
        }
    }

    /// Checks that the value of `expr` fits `ty`. The result is never if there will be no value, else `ty`.
    pub(super) fn coerce(&mut self, expr: &'a Expr<'a>, ty: Ty, site: Site) -> Ty {
        self.into(expr, Sink::Coerce(ty, site))
    }

    /// Checks `expr`, whose value goes to `sink`. Branching expressions hand the sink on to their branches.
    pub(super) fn into(&mut self, expr: &'a Expr<'a>, sink: Sink) -> Ty {
        match &expr.kind {
            ExprKind::Paren(inner) => {
                let ty = self.into(inner, sink);
                self.record(expr, ty)
            }
            ExprKind::If(node) => {
                let ty = self.if_(node, expr.span, sink);
                self.record(expr, ty)
            }
            ExprKind::Block(block) | ExprKind::Unsafe(block) => {
                let ty = self.block(block, sink);
                self.record(expr, ty)
            }
            ExprKind::Live(node) => {
                let ty = self.live(expr, node, sink);
                self.record(expr, ty)
            }
            ExprKind::Match(node) => {
                let ty = self.match_(node, sink);
                self.record(expr, ty)
            }
            ExprKind::TryCatch(node) => {
                let ty = self.try_catch(node, sink);
                self.record(expr, ty)
            }
            _ => {
                let wanted = match sink {
                    Sink::Coerce(ty, site) => Some((ty, site)),
                    Sink::Unused | Sink::Collect => None,
                };
                let ty = self.plain(expr, wanted);
                self.record(expr, ty);
                self.deliver(ty, expr.span, sink)
            }
        }
    }

    /// Hands a value of type `found` to `sink`.
    pub(super) fn deliver(&mut self, found: Ty, at: Span, sink: Sink) -> Ty {
        if self.ck.out.tys.shallow(found) == Ty::NEVER {
            return Ty::NEVER;
        }
        match sink {
            Sink::Unused => Ty::VOID,
            Sink::Coerce(ty, site) => {
                let fits = self.ck.out.tys.try_unify(ty, found) || site.converts() && self.ck.converts(ty, found, at);
                if !fits {
                    if matches!(site, Site::BodyEnd) && self.ck.out.tys.kind(found) == TyKind::Void {
                        self.missing_end.get_or_insert(MissingEnd { at, discarded: None });
                    } else {
                        self.ck.report_mismatch(site, ty, found, at);
                    }
                }
                ty
            }
            Sink::Collect => {
                self.leaves.push((found, at));
                self.collected
            }
        }
    }

    pub(super) fn is_never(&mut self, ty: Ty) -> bool {
        self.ck.out.tys.shallow(ty) == Ty::NEVER
    }

    /// Expressions whose type is their own affair, except that literals take the type that is wanted.
    fn plain(&mut self, expr: &'a Expr<'a>, wanted: Option<(Ty, Site)>) -> Ty {
        let ty = self.form(expr, wanted);
        self.ck.limited(ty, expr.span)
    }

    fn form(&mut self, expr: &'a Expr<'a>, wanted: Option<(Ty, Site)>) -> Ty {
        let wanted_ty = wanted.map(|(ty, _)| ty);
        match &expr.kind {
            ExprKind::Int(..) | ExprKind::Float(..) => self.number(expr, wanted),
            ExprKind::Unary(UnaryOp::Neg, _) if literal(expr).is_some() => self.number(expr, wanted),
            ExprKind::Str(_) => Ty::STR,
            ExprKind::Char(_) => Ty::CHAR,
            ExprKind::Bool(_) => Ty::BOOL,
            ExprKind::Interpolated(parts) => self.interpolated(parts),
            ExprKind::Path(path) => self.path(expr, path, wanted_ty),
            ExprKind::Unary(op, operand) => self.unary(*op, operand),
            ExprKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), left, right, _) => self.logical(*op, left, right),
            ExprKind::Binary(op, left, right, _) => self.operator(*op, expr, left, right),
            ExprKind::Call(callee, args) => self.call(expr, callee, args, wanted_ty),
            ExprKind::MethodCall(receiver, name, args) => self.method_call((expr, wanted_ty), receiver, *name, args),
            ExprKind::Cast(operand, target) => self.cast(operand, *target),
            ExprKind::Tuple(parts) => self.tuple(parts, wanted),
            ExprKind::Array(items) => self.array(items, wanted),
            ExprKind::Map(entries) => self.map_literal(expr, entries, wanted),
            ExprKind::Set(items) => self.set_literal(expr, items, wanted),
            ExprKind::Range(lo, hi, _) => self.range_value(*lo, *hi, expr.span),
            ExprKind::Bytes(_) => self.ck.out.tys.intern(TyKind::Struct(StructDeclId::BYTES, TyList::EMPTY)),
            ExprKind::Comprehension(node) => self.comprehension(expr, node, wanted_ty),
            ExprKind::New(node) => self.new_(expr, node, wanted_ty),
            ExprKind::Record(fields) => self.record_value(expr, fields, wanted),
            ExprKind::Field(receiver, _) | ExprKind::TupleField(receiver, ..) => match part_of(expr) {
                Some(part) => self.part(receiver, part),
                None => Ty::ERROR,
            },
            ExprKind::Index(receiver, index) => self.index(receiver, index),
            ExprKind::While(node) => self.while_(expr, node),
            ExprKind::For(node) => self.for_(expr, node),
            ExprKind::Loop(node) => self.loop_(expr, node),
            ExprKind::Stmt(stmt) => self.stmt(stmt),
            ExprKind::Coalesce(left, right) => self.coalesce(left, right),
            ExprKind::Try(operand) => self.try_(operand, expr.span),
            ExprKind::OptField(receiver, name) => self.optional_field(receiver, *name),
            ExprKind::OptMethodCall(receiver, name, args) => self.optional_call(expr, receiver, *name, args),
            ExprKind::Paren(_)
            | ExprKind::If(_)
            | ExprKind::Block(_)
            | ExprKind::Match(_)
            | ExprKind::Live(_)
            | ExprKind::TryCatch(_)
            | ExprKind::Unsafe(_) => self.value(expr),
            ExprKind::Closure(decl) => self.closure(expr, decl, wanted_ty),
            ExprKind::Pipe(..) => match self.ck.decls.piped(expr) {
                Some(call) => {
                    let ty = self.plain(call, wanted);
                    self.record(call, ty)
                }
                None => Ty::ERROR,
            },
            ExprKind::Quantifier(node) => self.quantifier(expr, node),
            ExprKind::Error => Ty::ERROR,
        }
    }

    fn number(&mut self, expr: &'a Expr<'a>, wanted: Option<(Ty, Site)>) -> Ty {
        match literal(expr) {
            Some(found) => self.literal(expr, found, wanted),
            None => Ty::ERROR,
        }
    }

    /// An operand of an operator: the type of a literal without suffix is left to the other operand.
    pub(super) fn operand(&mut self, expr: &'a Expr<'a>) -> Operand {
        match literal(expr) {
            Some((value, None)) => {
                let ty = self.open_literal(expr);
                Operand { ty, span: expr.span, literal: Some(value) }
            }
            _ => Operand::new(self.value(expr), expr.span),
        }
    }

    fn interpolated(&mut self, parts: &'a [StrPart<'a>]) -> Ty {
        let mut completes = true;
        for part in parts {
            if let StrPart::Expr(expr) = part {
                let ty = self.value(expr);
                completes &= !self.is_never(ty);
            }
        }
        if completes { Ty::STR } else { Ty::NEVER }
    }

    fn unary(&mut self, op: UnaryOp, operand: &'a Expr<'a>) -> Ty {
        match op {
            UnaryOp::Not => self.coerce(operand, Ty::BOOL, Site::Logical("!")),
            UnaryOp::Neg => {
                let ty = self.value(operand);
                if self.is_never(ty) { Ty::NEVER } else { self.ck.neg(Operand::new(ty, operand.span)) }
            }
        }
    }

    fn logical(&mut self, op: BinaryOp, left: &'a Expr<'a>, right: &'a Expr<'a>) -> Ty {
        let left = self.coerce(left, Ty::BOOL, Site::Logical(op.text()));
        self.coerce(right, Ty::BOOL, Site::Logical(op.text()));
        left
    }

    fn operator(&mut self, op: BinaryOp, expr: &'a Expr<'a>, left: &'a Expr<'a>, right: &'a Expr<'a>) -> Ty {
        // Two literals have nobody to follow.
        let both_literals = [left, right].into_iter().all(|side| matches!(literal(side), Some((_, None))));
        let [left, right] = [left, right].map(|side| match both_literals {
            true => Operand::new(self.value(side), side.span),
            false => self.operand(side),
        });
        if self.is_never(left.ty) || self.is_never(right.ty) {
            for side in [left, right] {
                if let Some(value) = side.literal {
                    self.ck.out.tys.unify(side.ty, value.default_ty());
                }
            }
            return Ty::NEVER;
        }
        let slot = self.operator_slot(Key::of(expr), left.ty, right.ty);
        self.ck.binary(BinaryUse { op, span: expr.span, left, right, slot })
    }

    /// Where the method is to be noted that an operator on operands of these types may call.
    pub(super) fn operator_slot(&mut self, key: Key, left: Ty, right: Ty) -> Option<SlotId> {
        let tys = &mut self.ck.out.tys;
        let may_call = [left, right].into_iter().any(|ty| matches!(tys.kind(ty), TyKind::Struct(..) | TyKind::Var(_)));
        may_call.then(|| {
            let slot = self.ck.out.slots.push(None);
            self.t.calls.insert(key, Callee::Slot(slot));
            slot
        })
    }

    fn cast(&mut self, operand: &'a Expr<'a>, target: ast::Name) -> Ty {
        let from = self.value(operand);
        let text = self.ck.cx.name(target.symbol);
        let to = match builtin_type(text) {
            Some(ty) if !matches!(ty, Ty::BOOL | Ty::CHAR | Ty::VOID) => ty,
            _ => {
                let message = format!("cannot cast to `{text}`");
                self.error(
                    Diagnostic::error(codes::BAD_CAST, target.span, message)
                        .with_note("casts lead to numeric types and to `string`"),
                );
                Ty::ERROR
            }
        };
        if self.is_never(from) {
            return Ty::NEVER;
        }
        self.ck.demand(Goal::Cast(Operand::new(from, operand.span), to, target.span));
        to
    }
}

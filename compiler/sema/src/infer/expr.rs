//! Expressions.

use resilient_syntax::ast::{self, BinaryOp, Expr, ExprKind, StrPart, UnaryOp};

use super::body::{Body, MissingEnd, Sink};
use super::goals::Goal;
use super::report::Site;
use super::signature::builtin_type;
use super::ty::{Ty, TyKind};
use crate::gaps::{self, Gap};
use resilient_base::{Diagnostic, Span, diag::codes};

impl<'a> Body<'_, '_, '_, 'a> {
    /// The type of `expr`, whose value is used.
    pub(super) fn value(&mut self, expr: &'a Expr<'a>) -> Ty {
        match &expr.kind {
            ExprKind::Paren(inner) => {
                let ty = self.value(inner);
                self.record(expr, ty)
            }
            ExprKind::If(_) | ExprKind::Block(_) => {
                let ty = self.ck.out.tys.fresh();
                self.into(expr, Sink::Coerce(ty, Site::Branch))
            }
            _ => {
                let ty = self.plain(expr);
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
            ExprKind::Block(block) => {
                let ty = self.block(block, sink);
                self.record(expr, ty)
            }
            _ => {
                let ty = self.plain(expr);
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
                if !self.ck.out.tys.unify(ty, found) {
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

    /// Expressions whose type is their own affair.
    fn plain(&mut self, expr: &'a Expr<'a>) -> Ty {
        match &expr.kind {
            ExprKind::Int(_, suffix) => self.number(Ty::INT, *suffix),
            ExprKind::Float(_, suffix) => self.number(Ty::FLOAT, *suffix),
            ExprKind::Str(_) => Ty::STR,
            ExprKind::Bool(_) => Ty::BOOL,
            ExprKind::Interpolated(parts) => self.interpolated(parts),
            ExprKind::Path(path) => self.path(expr, path),
            ExprKind::Unary(op, operand) => self.unary(*op, operand),
            ExprKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), left, right, _) => self.logical(*op, left, right),
            ExprKind::Binary(op, left, right, _) => self.operator(*op, expr.span, left, right),
            ExprKind::Call(callee, args) => self.call(expr, callee, args),
            ExprKind::MethodCall(receiver, name, args) => self.method_call(receiver, *name, args),
            ExprKind::Cast(operand, target) => self.cast(operand, *target),
            ExprKind::While(node) => self.while_(expr, node),
            ExprKind::For(node) => self.for_(expr, node),
            ExprKind::Loop(node) => self.loop_(expr, node),
            ExprKind::Stmt(stmt) => self.stmt(stmt),
            ExprKind::Paren(_) | ExprKind::If(_) | ExprKind::Block(_) => self.value(expr),
            ExprKind::Error => Ty::ERROR,
            _ => match missing_form(expr) {
                Some(gap) => self.gap(gap, expr.span),
                None => Ty::ERROR,
            },
        }
    }

    fn number(&mut self, ty: Ty, suffix: Option<ast::Name>) -> Ty {
        let Some(suffix) = suffix else { return ty };
        let text = self.ck.cx.name(suffix.symbol);
        match builtin_type(text) {
            Some(suffix_ty @ (Ty::INT | Ty::FLOAT)) if suffix_ty == ty => ty,
            _ => self.gap(Gap::Suffix(text), suffix.span),
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
                if self.is_never(ty) { Ty::NEVER } else { self.ck.neg((ty, operand.span)) }
            }
        }
    }

    fn logical(&mut self, op: BinaryOp, left: &'a Expr<'a>, right: &'a Expr<'a>) -> Ty {
        let left = self.coerce(left, Ty::BOOL, Site::Logical(op.text()));
        self.coerce(right, Ty::BOOL, Site::Logical(op.text()));
        left
    }

    fn operator(&mut self, op: BinaryOp, span: Span, left: &'a Expr<'a>, right: &'a Expr<'a>) -> Ty {
        let left_ty = self.value(left);
        let right_ty = self.value(right);
        if self.is_never(left_ty) || self.is_never(right_ty) {
            return Ty::NEVER;
        }
        self.ck.binary(op, span, (left_ty, left.span), (right_ty, right.span))
    }

    fn cast(&mut self, operand: &'a Expr<'a>, target: ast::Name) -> Ty {
        let from = self.value(operand);
        let text = self.ck.cx.name(target.symbol);
        let to = match builtin_type(text) {
            Some(ty @ (Ty::INT | Ty::FLOAT | Ty::STR)) => ty,
            None if gaps::is_builtin_type(text) => self.gap(Gap::Cast(text), target.span),
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
        self.ck.demand(Goal::Cast((from, operand.span), to, target.span));
        to
    }
}

/// The gap that a form is, if it is one.
fn missing_form<'n>(expr: &Expr<'_>) -> Option<Gap<'n>> {
    Some(match expr.kind {
        ExprKind::Bytes(_) => Gap::Bytes,
        ExprKind::Char(_) => Gap::Char,
        ExprKind::Tuple(_) | ExprKind::TupleField(..) => Gap::Tuple,
        ExprKind::Array(_) | ExprKind::Comprehension(_) => Gap::Array,
        ExprKind::Map(_) => Gap::Map,
        ExprKind::Set(_) => Gap::Set,
        ExprKind::Record(_) => Gap::Record,
        ExprKind::New(_) => Gap::StructValue,
        ExprKind::Closure(_) => Gap::FunctionValue,
        ExprKind::Pipe(..) => Gap::Pipe,
        ExprKind::Coalesce(..) | ExprKind::Try(_) | ExprKind::OptField(..) | ExprKind::OptMethodCall(..) => {
            Gap::OptionOperator
        }
        ExprKind::Range(..) => Gap::RangeValue,
        ExprKind::Field(..) => Gap::Field,
        ExprKind::Index(..) => Gap::Index,
        ExprKind::Match(_) => Gap::Match,
        ExprKind::Live(_) => Gap::Live,
        ExprKind::TryCatch(_) => Gap::CheckedFailure,
        ExprKind::Unsafe(_) => Gap::Unsafe,
        ExprKind::Quantifier(_) => Gap::Quantifier,
        _ => return None,
    })
}

//! What chooses by patterns: `match`, `let` conditions, `let .. else`, and the operators on `Option` and `Result`.

use resilient_base::{Diagnostic, Span, diag::codes};
use resilient_syntax::ast::{self, Expr, Pattern};

use super::Checker;
use super::body::{Body, Sink};
use super::fields::Part;
use super::goals::{Goal, Operand};
use super::nominal::EnumDeclId;
use super::report::Site;
use super::ty::{Ty, TyKind};

impl<'a> Body<'_, '_, '_, 'a> {
    pub(super) fn match_(&mut self, node: &'a ast::Match<'a>, sink: Sink) -> Ty {
        let (ty, completes) = self.scrutinee(node.scrutinee);
        let mut result = Ty::NEVER;
        for arm in node.arms {
            self.scopes.enter();
            self.pattern(&arm.pattern, ty);
            if let Some(guard) = arm.guard {
                self.coerce(guard, Ty::BOOL, Site::Condition("guard"));
            }
            let value = self.into(arm.body, sink);
            self.scopes.leave();
            if self.is_never(result) {
                result = value;
            }
        }
        if completes { result } else { Ty::NEVER }
    }

    /// The type of what patterns are about, and whether it completes.
    fn scrutinee(&mut self, expr: &'a Expr<'a>) -> (Ty, bool) {
        let ty = self.value(expr);
        if self.is_never(ty) { (Ty::ERROR, false) } else { (ty, true) }
    }

    /// `let pattern = value` as a condition, and what happens in the scope of its names. The first result tells whether
    /// the value completes.
    pub(super) fn let_condition<R>(
        &mut self,
        pattern: &'a Pattern<'a>,
        value: &'a Expr<'a>,
        inside: impl FnOnce(&mut Self) -> R,
    ) -> (bool, R) {
        let (ty, completes) = self.scrutinee(value);
        self.scopes.enter();
        self.pattern(pattern, ty);
        let result = inside(self);
        self.scopes.leave();
        (completes, result)
    }

    /// The block of `let .. else`, which sees none of the names and must not complete.
    pub(super) fn let_else(&mut self, block: &'a ast::Block<'a>) {
        let ty = self.block(block, Sink::Unused);
        if !self.is_never(ty) {
            let at = Span { lo: block.span.hi.saturating_sub(1).max(block.span.lo), ..block.span };
            let message = "the `else` of a `let` must leave, but its end can be reached";
            self.error(
                Diagnostic::error(codes::TYPE_MISMATCH, at, message)
                    .with_help("end it with `return`, `break`, `continue` or a call that does not return"),
            );
        }
    }

    /// `left ?? right`
    pub(super) fn coalesce(&mut self, left: &'a Expr<'a>, right: &'a Expr<'a>) -> Ty {
        let found = self.value(left);
        if self.is_never(found) || self.ck.out.tys.kind(found) == TyKind::Error {
            self.value(right);
            return found;
        }
        let payload = self.ck.out.tys.fresh();
        let option = self.ck.out.tys.option(payload);
        if !self.ck.out.tys.try_unify(found, option) {
            let message = format!("`??` takes an `Option` on its left, got `{}`", self.ck.display(found));
            self.error(Diagnostic::error(codes::TYPE_MISMATCH, left.span, message));
            self.value(right);
            return Ty::ERROR;
        }
        self.coerce(right, payload, Site::Default);
        payload
    }

    /// `operand?`
    pub(super) fn try_(&mut self, operand: &'a Expr<'a>, span: Span) -> Ty {
        let found = self.value(operand);
        if self.is_never(found) {
            return Ty::NEVER;
        }
        let result = match self.t.result {
            Some(result) if !self.in_clause => result,
            _ => {
                let message = "`?` leaves the enclosing function, and there is none here";
                self.error(
                    Diagnostic::error(codes::JUMP, span, message)
                        .with_help("take the value apart with `match`, or give a value for the failure with `??`"),
                );
                return Ty::ERROR;
            }
        };
        let value = self.ck.out.tys.fresh();
        self.ck.demand(Goal::Try(Operand::new(found, operand.span), value, result));
        value
    }

    /// What `?.` looks into: the type inside of `receiver`. None if there will be no value.
    fn inside_of(&mut self, receiver: &'a Expr<'a>) -> Option<Ty> {
        let found = self.value(receiver);
        if self.is_never(found) {
            return None;
        }
        Some(match self.ck.out.tys.kind(found) {
            TyKind::Enum(EnumDeclId::OPTION | EnumDeclId::RESULT, args) => self.ck.out.tys.args(args)[0],
            TyKind::Var(_) => {
                let payload = self.ck.out.tys.fresh();
                let option = self.ck.out.tys.option(payload);
                self.ck.out.tys.unify(found, option);
                payload
            }
            TyKind::Error => Ty::ERROR,
            _ => {
                let message = format!("the value before `?.` is a `{}`, which is always there", self.ck.display(found));
                self.error(Diagnostic::warning(receiver.span, message).with_help("write `.`"));
                found
            }
        })
    }

    /// `receiver?.name`
    pub(super) fn optional_field(&mut self, receiver: &'a Expr<'a>, name: ast::Name) -> Ty {
        let Some(inside) = self.inside_of(receiver) else { return Ty::NEVER };
        let field = self.ck.out.tys.fresh();
        let part = Part::Named(name.symbol, name.span);
        self.ck.demand(Goal::OptionalPart(Operand::new(inside, receiver.span), part, field));
        self.ck.out.tys.option(field)
    }

    /// `receiver?.name(args)`
    pub(super) fn optional_call(
        &mut self,
        expr: &'a Expr<'a>,
        receiver: &'a Expr<'a>,
        name: ast::Name,
        args: &'a [ast::Arg<'a>],
    ) -> Ty {
        let Some(inside) = self.inside_of(receiver) else { return self.args_only(args, Ty::NEVER) };
        let result = self.method_call_on((expr, None), Operand::new(inside, receiver.span), name, args);
        // Arguments are evaluated only if there is a receiver: one that does not complete leaves the other way open.
        let result = if self.is_never(result) { self.ck.out.tys.fresh() } else { result };
        self.ck.out.tys.option(result)
    }
}

impl Checker<'_, '_, '_> {
    /// `operand?`, whose type is known, with the value `value` in a function with the result `result`.
    pub(super) fn check_try(&mut self, operand: Operand, value: Ty, result: Ty) {
        let (wanted, inside) = match self.out.tys.kind(operand.ty) {
            TyKind::Enum(EnumDeclId::OPTION, args) => {
                let payload = self.out.tys.fresh();
                (self.out.tys.option(payload), self.out.tys.args(args)[0])
            }
            TyKind::Enum(EnumDeclId::RESULT, args) => {
                let [ok, err] = [0, 1].map(|i| self.out.tys.args(args)[i]);
                let payload = self.out.tys.fresh();
                (self.out.tys.result(payload, err), ok)
            }
            TyKind::Error => {
                self.out.tys.unify(value, Ty::ERROR);
                return;
            }
            _ => {
                let message = format!("`?` takes an `Option` or a `Result`, got `{}`", self.display(operand.ty));
                self.diags.push(Diagnostic::error(codes::TYPE_MISMATCH, operand.span, message));
                self.out.tys.unify(value, Ty::ERROR);
                return;
            }
        };
        if !self.out.tys.try_unify(result, wanted) {
            let (found, result) = (self.display(operand.ty), self.display(result));
            let message = format!("`?` on a `{found}` cannot leave a function whose result is `{result}`");
            self.diags.push(
                Diagnostic::error(codes::TYPE_MISMATCH, operand.span, message)
                    .with_help("take the value apart with `match`, or give a value for the failure with `??`"),
            );
        }
        self.settle(value, inside, operand.span);
    }
}

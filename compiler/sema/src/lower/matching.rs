//! `match` and all that means one.
//!
//! ```text
//! if let P = e A else B    =>   let $match = e; match $match { P => A, _ => B }
//! while let P = e A        =>   loop { let $match = e; match $match { P => A, _ => break } }
//! let P = e else B         =>   let $match = e; match $match { P => {}, _ => B }
//! e?                       =>   let $match = e; match $match { Some(v) => v, None => return None }
//! a ?? b                   =>   let $match = a; match $match { Some(v) => v, None => b }
//! e?.f                     =>   let $match = e; match $match { Some(v) => Some(v.f), None => None }
//! ```

use resilient_base::Span;
use resilient_syntax::ast;

use super::func::{FnLower, void};
use super::patterns::{Construct, FullArm};
use crate::infer::nominal::variant;
use crate::patterns::Pattern;
use crate::tables::Key;
use crate::typed::{Decision, Expr, ExprKind, Loop, Match, Stmt};
use crate::types::{Type, TypeKind, Types};

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    pub(super) fn match_(&mut self, node: &'a ast::Match<'a>, span: Span, target: Type, is_tail: bool) -> Expr<'t> {
        let value = self.value(node.scrutinee);
        if value.ty == Types::NEVER {
            return value;
        }
        let mut stmts = Vec::new();
        let subject = self.shared(value, &mut stmts);
        let mut arms = Vec::with_capacity(node.arms.len());
        for arm in node.arms {
            let pattern = self.scoped_pattern(&arm.pattern, subject.ty);
            let guard = arm.guard.map(|guard| self.value(guard));
            let body = self.into(arm.body, target, is_tail);
            let at = Some(arm.pattern.span);
            arms.push(match guard {
                // Its body is not reached.
                Some(guard) if guard.ty == Types::NEVER => FullArm { pattern, guard: None, body: guard, at },
                _ => FullArm { pattern, guard: guard.map(|guard| self.alloc(guard)), body, at },
            });
        }
        let choice = self.choice(subject, arms, Construct::Match, span);
        self.after(&stmts, choice)
    }

    /// A pattern whose names are variables of the function.
    fn scoped_pattern(&mut self, pattern: &'a ast::Pattern<'a>, ty: Type) -> Pattern<'t> {
        self.pattern(pattern, ty, &mut Vec::new())
    }

    /// Two ways by a pattern. The second may not exist.
    fn either(
        &mut self,
        (pattern, value): (&'a ast::Pattern<'a>, &'a ast::Expr<'a>),
        span: Span,
        then: impl FnOnce(&mut Self) -> Expr<'t>,
        otherwise: impl FnOnce(&mut Self) -> Expr<'t>,
    ) -> Expr<'t> {
        let lowered = self.value(value);
        if lowered.ty == Types::NEVER {
            return lowered;
        }
        let mut stmts = Vec::new();
        let subject = self.shared(lowered, &mut stmts);
        let pattern = self.scoped_pattern(pattern, subject.ty);
        let then = FullArm { pattern, guard: None, body: then(self), at: None };
        let otherwise = FullArm { pattern: Pattern::Any, guard: None, body: otherwise(self), at: None };
        let choice = self.choice(subject, vec![then, otherwise], Construct::Match, span);
        self.after(&stmts, choice)
    }

    pub(super) fn if_let(
        &mut self,
        cond: (&'a ast::Pattern<'a>, &'a ast::Expr<'a>),
        node: &'a ast::If<'a>,
        span: Span,
        target: Type,
        is_tail: bool,
    ) -> Expr<'t> {
        let target = if node.otherwise.is_some() { target } else { Types::VOID };
        let choice = self.either(
            cond,
            span,
            |this| this.block(&node.then, target, is_tail),
            |this| match node.otherwise {
                Some(otherwise) => this.into(otherwise, target, is_tail),
                None => void(span),
            },
        );
        if node.otherwise.is_some() { choice } else { self.dropped(choice) }
    }

    /// `value` as a void, unless it does not complete.
    fn dropped(&self, value: Expr<'t>) -> Expr<'t> {
        if matches!(value.ty, Types::VOID | Types::NEVER) {
            return value;
        }
        self.block_of(&[Stmt::Expr(self.alloc(value))], None, Types::VOID, value.span)
    }

    pub(super) fn while_let(
        &mut self,
        cond: (&'a ast::Pattern<'a>, &'a ast::Expr<'a>),
        expr: &'a ast::Expr<'a>,
        node: &'a ast::While<'a>,
    ) -> Expr<'t> {
        let id = self.loop_entry(expr);
        let leave = Expr { kind: ExprKind::Break(id, None), ty: Types::NEVER, span: cond.0.span };
        let checks = self.invariants(node.invariants, &node.body);
        let limit = self.iteration_limit(expr.span);
        let iteration = |this: &mut Self| {
            let body = this.block(&node.body, Types::VOID, false);
            this.after(&limit.start, body)
        };
        let body = self.either(cond, expr.span, iteration, |_| leave);
        let body = self.after(&checks, body);
        let node = Loop { id, cond: None, body: self.alloc(body) };
        let whole = Expr { kind: ExprKind::Loop(self.p.arena.alloc(node)), ty: Types::VOID, span: expr.span };
        self.with_limit(&limit, whole)
    }

    /// Adds `let .. else` to `out`. Tells whether what follows can be reached.
    pub(super) fn let_else(
        &mut self,
        node: &'a ast::Let<'a>,
        otherwise: &'a ast::Block<'a>,
        out: &mut Vec<Stmt<'t>>,
    ) -> bool {
        let ty = self.pattern_ty(&node.target);
        let value = if node.ty.is_some() { self.into(node.init, ty, false) } else { self.value(node.init) };
        if value.ty == Types::NEVER {
            out.push(Stmt::Expr(self.alloc(value)));
            return false;
        }
        let subject = self.shared(value, out);
        let mut kept = Vec::new();
        let span = node.target.span;
        let pattern = self.pattern(&node.target, subject.ty, &mut kept);
        let otherwise = self.block(otherwise, Types::VOID, false);
        let arms = vec![
            FullArm { pattern, guard: None, body: void(span), at: None },
            FullArm { pattern: Pattern::Any, guard: None, body: otherwise, at: None },
        ];
        let choice = self.choice(subject, arms, Construct::Match, span);
        out.push(Stmt::Expr(self.alloc(choice)));
        self.release_kept(&kept, out);
        true
    }

    /// The choice by the variant of an `Option` or `Result` between two bodies: with the payload of the first variant, a
    /// variable, and without.
    pub(super) fn by_success(
        &mut self,
        subject: Expr<'t>,
        span: Span,
        success: impl FnOnce(&mut Self, Expr<'t>) -> Expr<'t>,
        failure: impl FnOnce(&mut Self) -> Expr<'t>,
    ) -> Expr<'t> {
        let payload = self.payload(subject, variant::SOME, 0, span);
        let ty = payload.ty;
        let mut bindings = Vec::new();
        let mut value = void(span);
        if ty != Types::VOID {
            let local = self.temp("$value", ty, span);
            bindings.push((local, payload));
            value = self.local(local, span);
        }
        let bindings = self.p.arena.alloc_slice_copy(&bindings);
        let success = success(self, value);
        let failure = failure(self);
        let ty = if success.ty == Types::NEVER { failure.ty } else { success.ty };
        let cases = [
            (variant::SOME, Decision::Arm { bindings, arm: 0 }),
            (variant::NONE, Decision::Arm { bindings: &[], arm: 1 }),
        ];
        let cases = self.p.arena.alloc_slice_copy(&cases);
        let decision = self.p.arena.alloc(Decision::Switch { subject: self.alloc(subject), cases, default: None });
        let node = Match { decision, arms: self.p.arena.alloc_slice_copy(&[success, failure]) };
        Expr { kind: ExprKind::Match(self.p.arena.alloc(node)), ty, span }
    }

    /// `left ?? right`
    pub(super) fn coalesce(&mut self, left: &'a ast::Expr<'a>, right: &'a ast::Expr<'a>, span: Span) -> Expr<'t> {
        let value = self.value(left);
        if value.ty == Types::NEVER {
            return value;
        }
        let mut stmts = Vec::new();
        let subject = self.shared(value, &mut stmts);
        let payload = self.payload(subject, variant::SOME, 0, span).ty;
        let choice = self.by_success(subject, span, |_, value| value, |this| this.into(right, payload, false));
        self.after(&stmts, choice)
    }

    /// `operand?`
    pub(super) fn try_(&mut self, operand: &'a ast::Expr<'a>, span: Span) -> Expr<'t> {
        let value = self.value(operand);
        if value.ty == Types::NEVER {
            return value;
        }
        let mut stmts = Vec::new();
        let subject = self.shared(value, &mut stmts);
        let choice = self.by_success(
            subject,
            span,
            |_, value| value,
            |this| {
                let failure = this.failure_of(subject, span);
                let failure = this.left_with(failure);
                Expr { kind: ExprKind::Return(Some(this.alloc(failure))), ty: Types::NEVER, span }
            },
        );
        self.after(&stmts, choice)
    }

    /// `subject`, which is `None` or `Err`, as a value of the result of the function.
    fn failure_of(&mut self, subject: Expr<'t>, span: Span) -> Expr<'t> {
        if subject.ty == self.result {
            return subject;
        }
        if self.is_option(subject.ty) {
            return Expr { kind: ExprKind::Variant(variant::NONE, &[]), ty: self.result, span };
        }
        let mut parts = vec![self.payload(subject, variant::ERR, 0, span)];
        parts.extend(self.chain(subject, variant::ERR, span));
        self.variant_value(variant::ERR, &parts, self.result, span)
    }

    fn is_option(&self, ty: Type) -> bool {
        match self.p.types.kind(ty) {
            TypeKind::Enum(id) => {
                let def = &self.p.types.enums[*id];
                !def.qualified && &*def.variants[variant::SOME as usize].name == "Some"
            }
            _ => false,
        }
    }

    fn is_option_or_result(&self, ty: Type) -> bool {
        matches!(self.p.types.kind(ty), TypeKind::Enum(id) if !self.p.types.enums[*id].qualified)
    }

    /// `receiver?.name`
    pub(super) fn optional_field(
        &mut self,
        expr: &'a ast::Expr<'a>,
        receiver: &'a ast::Expr<'a>,
        name: ast::Name,
    ) -> Expr<'t> {
        let text = self.p.cx.name(name.symbol);
        self.optional(expr, receiver, |this, value| match value.ty {
            // Nothing determined the type: the value is always `None`.
            Types::VOID => value,
            _ => this.named_field(value, text, expr.span),
        })
    }

    /// `receiver?.name(args)`
    pub(super) fn optional_call(
        &mut self,
        expr: &'a ast::Expr<'a>,
        receiver: &'a ast::Expr<'a>,
        args: &'a [ast::Arg<'a>],
    ) -> Expr<'t> {
        self.optional(expr, receiver, |this, value| {
            let outer = this.evaluated.replace((Key::of(receiver), value));
            let result = this.call(expr, Some(receiver), args, false);
            this.evaluated = outer;
            result
        })
    }

    /// `receiver?.`, where `inside` makes something of the value.
    fn optional(
        &mut self,
        expr: &'a ast::Expr<'a>,
        receiver: &'a ast::Expr<'a>,
        inside: impl FnOnce(&mut Self, Expr<'t>) -> Expr<'t>,
    ) -> Expr<'t> {
        let value = self.value(receiver);
        if value.ty == Types::NEVER {
            return value;
        }
        let (ty, span) = (self.ty(expr), expr.span);
        let some = |this: &Self, value: Expr<'t>| {
            if value.ty == Types::NEVER {
                return value;
            }
            let kind = ExprKind::Variant(variant::SOME, this.p.arena.alloc_slice_copy(&[value]));
            Expr { kind, ty, span }
        };
        let mut stmts = Vec::new();
        let subject = self.shared(value, &mut stmts);
        if !self.is_option_or_result(subject.ty) {
            let value = inside(self, subject);
            let value = some(self, value);
            return self.after(&stmts, value);
        }
        let choice = self.by_success(
            subject,
            span,
            |this, value| {
                let value = inside(this, value);
                some(this, value)
            },
            |_| Expr { kind: ExprKind::Variant(variant::NONE, &[]), ty, span },
        );
        self.after(&stmts, choice)
    }
}

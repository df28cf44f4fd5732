//! `fail`, `try` and `defer`.

use resilient_base::Span;
use resilient_syntax::ast::{self, FnDecl, TryCatch};

use super::func::FnLower;
use super::{Lower, Uses};
use crate::gaps::Gap;
use crate::infer::declared_failures;
use crate::tables::Key;
use crate::typed::{BinaryOp, Builtin, CatchArm, CmpOp, Expr, ExprKind, Func, LocalId, Place, Stmt, Try};
use crate::types::{Failure, Type, TypeKind, Types};

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    fn failure_named(&mut self, name: ast::Name) -> Failure {
        self.p.checked.tys.failure(name.symbol, self.p.cx.name(name.symbol))
    }

    /// The failures that `decl` declares, each once.
    pub(super) fn declared_failures(&mut self, decl: &FnDecl<'_>) -> &'t [(Failure, Span)] {
        let mut found: Vec<(Failure, Span)> = Vec::new();
        for &name in decl.contracts.iter().flat_map(|contract| declared_failures(&contract.kind)) {
            let failure = self.failure_named(name);
            if !found.iter().any(|&(earlier, _)| earlier == failure) {
                found.push((failure, name.span));
            }
        }
        self.p.arena.alloc_slice_copy(&found)
    }

    pub(super) fn fail(&mut self, name: ast::Name, span: Span) -> Expr<'t> {
        let failure = self.failure_named(name);
        Expr { kind: ExprKind::Fail(failure), ty: Types::NEVER, span }
    }

    /// A `try` where a `target` is wanted.
    pub(super) fn try_catch(&mut self, node: &'a TryCatch<'a>, span: Span, target: Type, is_tail: bool) -> Expr<'t> {
        // A call in the body is not the last thing done there: what it raises may be caught.
        let tail_fn = self.tail_fn.take();
        let body = self.block(&node.body, target, false);
        self.tail_fn = tail_fn;
        let mut ty = body.ty;
        let mut arms = Vec::with_capacity(node.arms.len());
        for (name, arm) in node.arms {
            let arm = self.block(arm, target, is_tail);
            if ty == Types::NEVER {
                ty = arm.ty;
            }
            arms.push(CatchArm { failure: self.failure_named(*name), body: self.alloc(arm), span: name.span });
        }
        let node = Try { body: self.alloc(body), arms: self.p.arena.alloc_slice_copy(&arms) };
        Expr { kind: ExprKind::Try(self.p.arena.alloc(node)), ty, span }
    }

    /// The form of a `next` that gives `self` back reads it with the result, before the deferred calls.
    pub(super) fn reject_late_self(&mut self, span: Span) {
        let is_shared = |id: &LocalId| self.t.locals[*id].is_cell;
        if self.step_pair.is_some() && self.t.params.first().is_some_and(is_shared) {
            self.p.diags.push(Gap::DeferredSelf.at(span));
        }
    }

    /// A variable for the deferred calls of the function.
    pub(super) fn deferred_calls(&mut self, span: Span) -> LocalId {
        let function = self.p.types.intern(TypeKind::Fn([].into(), Types::VOID, [].into()));
        let list = self.p.types.intern(TypeKind::Array(function));
        let cell = self.p.types.intern(TypeKind::Cell(list));
        self.temp("$deferred", cell, span)
    }

    /// `defer e;`: adds a function that evaluates `e` to the deferred calls.
    pub(super) fn defer_(&mut self, expr: &'a ast::Expr<'a>) -> Expr<'t> {
        let span = expr.span;
        let decl = self.p.decls.deferred(expr).expect("every `defer` has its function");
        let id = *self.t.literals.get(&Key::of(decl)).expect("every function of a checked body was seen");
        let call = self.closure(id, span);
        let calls = self.deferred.expect("a function with a `defer` has a variable for it").calls;
        let list = self.cell_content(calls, span);
        let longer = self.builtin(Builtin::ArrayPush, &[list, call], list.ty, span);
        Expr { kind: ExprKind::Assign(Place::Cell(calls), self.alloc(longer)), ty: Types::VOID, span }
    }
}

impl<'l, 'c, 'd, 'a, 't> FnLower<'l, 'c, 'd, 'a, 't> {
    /// The function that makes the last of the deferred calls in a cell; see [`crate::typed::Deferred`].
    pub(super) fn next_deferred(p: &'l mut Lower<'c, 'd, 'a, 't>) -> (Func<'t>, Uses) {
        let span = Span::new(p.file, 0, 0);
        let mut fx = FnLower::new(p, Types::BOOL);
        let calls = fx.deferred_calls(span);
        let list = fx.cell_content(calls, span);
        let int = |n| Expr { kind: ExprKind::Int(n), ty: Types::INT, span };
        let bool = |value| Expr { kind: ExprKind::Bool(value), ty: Types::BOOL, span };
        let len = fx.builtin(Builtin::ArrayLen, &[list], Types::INT, span);
        let binary = |op, right, ty| Expr { kind: ExprKind::Binary(op, fx.alloc(len), fx.alloc(int(right))), ty, span };
        let is_empty = binary(BinaryOp::IntCmp(CmpOp::Eq), 0, Types::BOOL);
        let at = binary(BinaryOp::IntSub, 1, Types::INT);
        let last = fx.builtin(Builtin::ArrayGet, &[list, at], fx.element(list.ty), span);
        let mut stmts = Vec::new();
        let call = fx.keep(last, "$call", &mut stmts);
        let shorter = fx.builtin(Builtin::ArrayPop, &[list], list.ty, span);
        let store = ExprKind::Assign(Place::Cell(calls), fx.alloc(shorter));
        stmts.push(Stmt::Expr(fx.alloc(Expr { kind: store, ty: Types::VOID, span })));
        let call = fx.call_function(fx.local(call, span), &[], Types::VOID, span);
        stmts.push(Stmt::Expr(fx.alloc(call)));
        let make = fx.block_of(&stmts, Some(bool(true)), Types::BOOL, span);
        let kind = ExprKind::If(fx.alloc(is_empty), fx.alloc(bool(false)), Some(fx.alloc(make)));
        fx.wrapper("deferred$next", &[calls], Expr { kind, ty: Types::BOOL, span }, span)
    }
}

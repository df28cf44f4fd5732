//! `fail`, `try` and `defer`.

use resilient_base::Span;
use resilient_syntax::ast::{self, FnDecl, TryCatch};

use super::func::FnLower;
use crate::infer::declared_failures;
use crate::tables::Key;
use crate::typed::{Builtin, CatchArm, Expr, ExprKind, LocalId, Place, Try};
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
    pub(super) fn try_catch(
        &mut self,
        node: &'a TryCatch<'a>,
        span: Span,
        target: Type,
        is_tail: bool,
    ) -> Expr<'t> {
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
        let calls = self.deferred.expect("a function with a `defer` has a variable for it");
        let list = self.cell_content(calls, span);
        let longer = self.builtin(Builtin::ArrayPush, &[list, call], list.ty, span);
        Expr { kind: ExprKind::Assign(Place::Cell(calls), self.alloc(longer)), ty: Types::VOID, span }
    }
}

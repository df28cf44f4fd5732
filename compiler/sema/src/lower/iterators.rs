//! `for` over a value with a method `next(self) -> Option<T>`.
//!
//! The loop owns a copy of the value, and what `next` assigns to `self` stays in that copy from step to step. Calls change
//! no arguments, so the loop calls a second form of `next`, made of the same body, that gives its `self` back:
//!
//! ```text
//! for p in s { body }   =>   let $it = s;
//!                            loop {
//!                                let $step = next$step($it);     // (Option<T>, S)
//!                                $it = $step.1;
//!                                match $step.0 { Some(v) => { let p = v; body }, None => break }
//!                            }
//! ```
//!
//! The pair has the value first: it is evaluated before `self` is read.

use resilient_base::Span;
use resilient_syntax::ast;

use super::derived::Derived;
use super::dynamic::Dynamic;
use super::func::FnLower;
use super::loops::{Head, HeadKind, Item};
use crate::infer::InstId;
use crate::infer::nominal::variant;
use crate::tables::{Key, Res};
use crate::typed::{Clause, Expr, ExprKind, Local, LocalId, Loop, LoopId, Place, Stmt};
use crate::types::{Type, Types};

/// The second form of a method `next`.
#[derive(Clone, Copy)]
pub(super) struct Next {
    step: Derived,
    /// Its result.
    pair: Type,
}

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    /// The function that a loop over `source` calls, if that has a method `next`.
    pub(super) fn iterator(&mut self, source: &ast::Expr<'_>) -> Option<Next> {
        let (func, args, result) = *self.t.iterators.get(&Key::of(source))?;
        if !self.p.checked.is_dispatch(func, args, self.p.decls) {
            let inst = self.instance(func, args);
            return Some(Next { step: Derived::Step(inst), pair: self.p.step_result(inst) });
        }
        let own = self.p.checked.tys.args(args)[0];
        let pair = self.p.checked.tys.tuple(&[result, own]);
        let (pair, own) = (self.concrete(pair), self.concrete(own));
        Some(Next { step: Derived::Dynamic(Dynamic::Step(own, func, pair)), pair })
    }

    /// The head of a loop that calls `next`.
    pub(super) fn steps(
        &mut self,
        next: Next,
        source: &'a ast::Expr<'a>,
        bound: Item<'a>,
    ) -> Result<Head<'a, 't>, Expr<'t>> {
        let span = source.span;
        let value = self.value(source);
        if value.ty == Types::NEVER {
            return Err(value);
        }
        let it = self.new_local(Local { name: "$it", ty: value.ty, assigned: true, span });
        let Next { step: func, pair } = next;
        let step = self.temp("$step", pair, span);
        let call = self.call_derived(func, &[self.local(it, span)], pair, span);
        let rest = self.field(self.local(step, span), 1, span);
        let keep = Expr { kind: ExprKind::Assign(Place::Local(it), self.alloc(rest)), ty: Types::VOID, span };
        let item = self.field(self.local(step, span), 0, span);
        let mut start = Vec::new();
        let payload = self.payload(item, variant::SOME, 0, bound.span());
        self.bind_item(bound, payload, &mut start);
        let advance = vec![Stmt::Let(step, self.alloc(call)), Stmt::Expr(self.alloc(keep))];
        let stmts = vec![Stmt::Let(it, self.alloc(value))];
        Ok(Head { stmts, start, kind: HeadKind::Steps(advance, item) })
    }

    /// The loop with its body.
    pub(super) fn step_loop(
        &mut self,
        advance: &[Stmt<'t>],
        item: Expr<'t>,
        id: LoopId,
        body: Expr<'t>,
        span: Span,
    ) -> Expr<'t> {
        let dropped = Stmt::Expr(self.alloc(body));
        let ty = if body.ty == Types::NEVER { Types::NEVER } else { Types::VOID };
        let body = self.block_of(&[dropped], None, ty, span);
        let leave = Expr { kind: ExprKind::Break(id, None), ty: Types::NEVER, span };
        let choice = self.if_variant(item, variant::SOME, body, leave, Types::VOID, span);
        let body = self.after(advance, choice);
        let node = Loop { id, cond: None, body: self.alloc(body) };
        Expr { kind: ExprKind::Loop(self.p.arena.alloc(node)), ty: Types::VOID, span }
    }

    /// What the function leaves with where the program has it leave with `value`.
    pub(super) fn left_with(&mut self, value: Expr<'t>) -> Expr<'t> {
        let Some(pair) = self.step_pair else { return value };
        if value.ty == Types::NEVER {
            return value;
        }
        let own = match self.place_of(Res::Local(self.t.params[0])) {
            Place::Cell(cell) => self.cell_content(cell, value.span),
            Place::Local(id) => self.local(id, value.span),
            Place::Global(_) => unreachable!("a parameter is no global"),
        };
        self.struct_value(&[value, own], pair, value.span)
    }

    /// Clauses about the value in the pair that `local` holds; they read it from `result`.
    pub(super) fn clauses_of_pair(
        &mut self,
        clauses: &[Clause<'t>],
        local: LocalId,
        result: LocalId,
    ) -> &'t [Clause<'t>] {
        let mut wrapped = Vec::with_capacity(clauses.len());
        for &Clause { cond, message, span } in clauses {
            let within = |inner: Expr<'t>| {
                let value = self.field(self.local(local, span), 0, span);
                let taken = Stmt::Let(result, self.alloc(value));
                let whole = self.block_of(&[taken], Some(inner), inner.ty, span);
                self.alloc(whole)
            };
            wrapped.push(Clause { cond: within(*cond), message: within(*message), span });
        }
        self.p.arena.alloc_slice_copy(&wrapped)
    }
}

impl super::Lower<'_, '_, '_, '_> {
    /// The result of the second form of an instance: its own result, and `self`.
    pub(super) fn step_result(&mut self, inst: InstId) -> Type {
        let instance = &self.checked.insts[inst];
        let (result, own) = (instance.result, instance.params[0]);
        let pair = self.checked.tys.tuple(&[result, own]);
        self.concrete(pair)
    }
}

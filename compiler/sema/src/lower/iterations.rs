//! `--max-loop-iterations N`: loops of the program that fault instead of running on for ever.
//!
//! ```text
//! while c { body }   =>   let $iterations = 0;
//!                         while c { if $iterations >= N { fault } $iterations += 1; body }
//! ```

use resilient_base::Span;

use super::func::FnLower;
use crate::typed::{BinaryOp, CmpOp, Expr, ExprKind, Local, LocalId, Place, Stmt};
use crate::types::Types;

/// The count of iterations of a loop, if somebody wants it limited.
pub(super) struct IterationLimit<'t> {
    counter: Option<LocalId>,
    /// What an iteration begins with.
    pub(super) start: Vec<Stmt<'t>>,
}

impl<'t> FnLower<'_, '_, '_, '_, 't> {
    /// The limit of a `while` or `loop` at `span`.
    pub(super) fn iteration_limit(&mut self, span: Span) -> IterationLimit<'t> {
        let limit = self.p.cx.options.max_iterations.filter(|_| !self.p.decls.library.owns(span.file));
        let Some(limit) = limit else {
            return IterationLimit { counter: None, start: Vec::new() };
        };
        let counter = self.new_local(Local { name: "$iterations", ty: Types::INT, assigned: true, span });
        let int = |value| Expr { kind: ExprKind::Int(value), ty: Types::INT, span };
        let most = int(i64::try_from(limit).unwrap_or(i64::MAX));
        let is_over = self.infix(BinaryOp::IntCmp(CmpOp::Ge), self.local(counter, span), most, span);
        let message = self.str(&format!("while loop exceeded {limit} iterations (runaway?)"), span);
        let fault = Expr { kind: ExprKind::Fault(self.alloc(message)), ty: Types::NEVER, span };
        let check = Expr { kind: ExprKind::If(self.alloc(is_over), self.alloc(fault), None), ty: Types::VOID, span };
        let step = ExprKind::AssignOp(Place::Local(counter), BinaryOp::IntAdd, self.alloc(int(1)));
        let step = Expr { kind: step, ty: Types::VOID, span };
        let start = vec![Stmt::Expr(self.alloc(check)), Stmt::Expr(self.alloc(step))];
        IterationLimit { counter: Some(counter), start }
    }

    /// The loop, behind the start of its count.
    pub(super) fn with_limit(&self, limit: &IterationLimit<'t>, whole: Expr<'t>) -> Expr<'t> {
        let Some(counter) = limit.counter else { return whole };
        let zero = Expr { kind: ExprKind::Int(0), ty: Types::INT, span: whole.span };
        self.after(&[Stmt::Let(counter, self.alloc(zero))], whole)
    }
}

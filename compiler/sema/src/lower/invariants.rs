//! Loop invariants: checks at the top of an iteration, before the condition of the loop.

use resilient_syntax::ast;

use super::func::FnLower;
use crate::infer::invariants_of_loop;
use crate::typed::{ClaimKind, Expr, ExprKind, Stmt, UnaryOp};
use crate::types::Types;

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    /// The checks of the invariants of a loop.
    pub(super) fn invariants(&mut self, header: &'a [&'a ast::Expr<'a>], body: &'a ast::Block<'a>) -> Vec<Stmt<'t>> {
        let conds = invariants_of_loop(header, body, self.p.cx);
        conds.into_iter().map(|cond| self.invariant(cond)).collect()
    }

    fn invariant(&mut self, cond: &'a ast::Expr<'a>) -> Stmt<'t> {
        let span = cond.span;
        self.claim(ClaimKind::Invariant, cond, span);
        let value = self.value(cond);
        if value.ty == Types::NEVER {
            return Stmt::Expr(self.alloc(value));
        }
        let at = self.p.cx.sources.line_col(span);
        let message = self.str(&format!("loop invariant violated at {}:{}", at.line, at.col), span);
        let fault = Expr { kind: ExprKind::Fault(self.alloc(message)), ty: Types::NEVER, span };
        let not = Expr { kind: ExprKind::Unary(UnaryOp::BoolNot, self.alloc(value)), ty: Types::BOOL, span };
        let check = Expr { kind: ExprKind::If(self.alloc(not), self.alloc(fault), None), ty: Types::VOID, span };
        Stmt::Expr(self.alloc(check))
    }
}

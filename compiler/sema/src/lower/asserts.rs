//! `assert` and `assume`: a test, and a fault whose message shows the operands.
//!
//! ```text
//! assert(a < b, m)   =>   let $left = a; let $right = b;
//!                         if !($left < $right) { fault("ASSERTION ERROR: " m "\n  - condition " .. " was false") }
//! ```
//!
//! Operands that are literals or variables never assigned need no copy. The message is evaluated only on failure.

use resilient_base::Span;
use resilient_syntax::ast::{self, BinaryOp as AstOp};

use super::func::FnLower;
use crate::infer::{is_literal_false, strip_parens};
use crate::tables::Key;
use crate::typed::{ClaimKind, Expr, ExprKind, Stmt, UnaryOp};
use crate::types::Types;

/// Second line of the message for a condition that is no comparison.
const PLAIN_DETAIL: &str = "\n  - Condition evaluated to: false";

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    /// Adds the check to `out`. Tells whether what follows can be reached.
    pub(super) fn assert(&mut self, node: &'a ast::Assert<'a>, span: Span, out: &mut Vec<Stmt<'t>>) -> bool {
        self.claim(if node.is_assume { ClaimKind::Assume } else { ClaimKind::Assert }, node.cond, span);
        if is_literal_false(node.cond) {
            let detail = vec![self.str(PLAIN_DETAIL, span)];
            let failure = self.failure(node, detail, span);
            out.push(Stmt::Expr(self.alloc(failure)));
            return false;
        }
        let mut stmts = Vec::new();
        let (cond, detail) = match strip_parens(node.cond).kind {
            ast::ExprKind::Binary(op, left, right, _) if is_comparison(op) => {
                let operands = [self.value(left), self.value(right)];
                if let Err(diverging) = self.operands(&operands, span) {
                    out.push(Stmt::Expr(self.alloc(diverging)));
                    return false;
                }
                let [left, right] = operands;
                let left = self.reused(left, "$left", &mut stmts);
                let right = self.reused(right, "$right", &mut stmts);
                let key = Key::of(strip_parens(node.cond));
                let cond = self.operation(op, key, left, right, node.cond.span);
                let detail = vec![
                    self.str("\n  - condition ", span),
                    self.quoted(left),
                    self.str(&format!(" {} ", op.text()), span),
                    self.quoted(right),
                    self.str(" was false", span),
                ];
                (cond, detail)
            }
            _ => (self.value(node.cond), vec![self.str(PLAIN_DETAIL, span)]),
        };
        if cond.ty == Types::NEVER {
            out.push(Stmt::Expr(self.alloc(cond)));
            return false;
        }
        let failure = self.failure(node, detail, span);
        let not = Expr { kind: ExprKind::Unary(UnaryOp::BoolNot, self.alloc(cond)), ty: Types::BOOL, span: cond.span };
        let kind = ExprKind::If(self.alloc(not), self.alloc(failure), None);
        let check = Expr { kind, ty: Types::VOID, span };
        if stmts.is_empty() {
            out.push(Stmt::Expr(self.alloc(check)));
        } else {
            let block = self.block_of(&stmts, Some(check), Types::VOID, span);
            out.push(Stmt::Expr(self.alloc(block)));
        }
        true
    }

    /// A form of `value` that can be used twice.
    fn reused(&mut self, value: Expr<'t>, name: &'static str, stmts: &mut Vec<Stmt<'t>>) -> Expr<'t> {
        if let Some(value) = self.stable(value) {
            return value;
        }
        let temp = self.temp(name, value.ty, value.span);
        stmts.push(Stmt::Let(temp, self.alloc(value)));
        Expr { kind: ExprKind::Local(temp), ty: value.ty, span: value.span }
    }

    fn failure(&mut self, node: &'a ast::Assert<'a>, detail: Vec<Expr<'t>>, span: Span) -> Expr<'t> {
        let (prefix, default) = if node.is_assume {
            ("ASSUME VIOLATED: ", "Assumption failed")
        } else {
            ("ASSERTION ERROR: ", "Assertion failed")
        };
        let mut parts = vec![self.str(prefix, span)];
        parts.push(match node.message {
            Some(message) => self.value(message),
            None => self.str(default, span),
        });
        parts.extend(detail);
        if let Err(diverging) = self.operands(&parts, span) {
            return diverging;
        }
        let message = self.concat(&parts, span);
        Expr { kind: ExprKind::Fault(self.alloc(message)), ty: Types::NEVER, span }
    }
}

fn is_comparison(op: AstOp) -> bool {
    matches!(op, AstOp::Eq | AstOp::Ne | AstOp::Lt | AstOp::Le | AstOp::Gt | AstOp::Ge)
}

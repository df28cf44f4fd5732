//! Loop invariants: those of the head of a loop and those that are statements of its body.

use resilient_base::{Diagnostic, Span};
use resilient_syntax::ast::{Block, Expr, StmtKind};

use super::body::Body;
use super::report::Site;
use super::ty::Ty;
use crate::cfg::Cx;

/// All invariants of a loop in the order of their checks: `header`, then the statements that stand directly in `body`.
pub fn of_loop<'a>(header: &'a [&'a Expr<'a>], body: &'a Block<'a>, cx: Cx<'_>) -> Vec<&'a Expr<'a>> {
    let stated = cx.active(body.stmts).filter_map(|stmt| match stmt.kind {
        StmtKind::Invariant(cond) => Some(cond),
        _ => None,
    });
    header.iter().copied().chain(stated).collect()
}

impl<'a> Body<'_, '_, '_, 'a> {
    /// Checks the invariants of a loop, in the scope around its body: they hold before an iteration begins, and so see
    /// none of its variables.
    pub(super) fn invariants(&mut self, header: &'a [&'a Expr<'a>], body: &'a Block<'a>) {
        for cond in of_loop(header, body, self.ck.cx) {
            let was_in_clause = std::mem::replace(&mut self.in_clause, true);
            self.coerce(cond, Ty::BOOL, Site::Clause("invariant"));
            self.in_clause = was_in_clause;
            self.loop_invariants.insert(cond.span);
        }
    }

    /// The statement `invariant cond;`
    pub(super) fn invariant_stmt(&mut self, cond: &'a Expr<'a>, span: Span) -> Ty {
        if self.loop_invariants.contains(&cond.span) {
            return Ty::VOID;
        }
        // The parser has seen to it that there is a loop.
        self.coerce(cond, Ty::BOOL, Site::Clause("invariant"));
        let message = "this `invariant` does nothing: it must stand directly in the body of its loop";
        self.error(Diagnostic::warning(span, message));
        Ty::VOID
    }
}

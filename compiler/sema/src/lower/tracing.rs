//! What traces of calls need to know of the program.

use resilient_base::Span;
use resilient_syntax::ast;

use super::Lower;
use super::derived::Derived;
use crate::typed::{FuncId, Tracing};

impl Lower<'_, '_, '_, '_> {
    /// Notes where the arguments of the call `expr` begin: traces say so.
    pub(super) fn note_call(&mut self, expr: &ast::Expr<'_>, args: &[ast::Arg<'_>]) {
        let at = match args.first() {
            Some(ast::Arg { name: Some(name), .. }) => name.span,
            Some(arg) => arg.value.span,
            // The bracket that ends the call.
            None => Span::new(expr.span.file, expr.span.hi.saturating_sub(1).max(expr.span.lo), expr.span.hi),
        };
        self.call_sites.insert(expr.span, at);
    }

    /// How the program keeps a trace of its calls, if anybody wants one.
    pub(super) fn tracing(&mut self) -> Option<Tracing> {
        let in_reports = self.cx.options.backtrace;
        if !in_reports && !self.reads_trace {
            return None;
        }
        let is_hidden = |&&(derived, _): &&(Derived, FuncId)| !matches!(derived, Derived::Step(_));
        let hidden = self.derived.iter().filter(is_hidden).map(|&(_, id)| id).collect();
        Some(Tracing::new(in_reports, hidden, std::mem::take(&mut self.call_sites)))
    }
}

//! `defer`: the expression is checked as the body of a function without parameters and result, which is made a value here
//! and called when the function is left.

use resilient_syntax::ast::Expr;

use super::body::Body;
use super::closures::{FnScope, Head};
use super::ty::Ty;
use crate::tables::{Key, Mentioned};

impl<'a> Body<'_, '_, '_, 'a> {
    pub(super) fn defer_(&mut self, expr: &'a Expr<'a>) -> Ty {
        let Some(decl) = self.ck.decls.deferred(expr) else { return Ty::VOID };
        let id = self.add_nested(decl, None, expr.span, Vec::new(), Ty::VOID);
        self.t.literals.insert(Key::of(decl), id);
        let head = Head { text: "<anon>", span: expr.span };
        let function =
            FnScope { head, result: Ty::VOID, is_declared: true, infers: false, failures: Ty::VOID, is_deferred: true };
        self.nested_body(id, decl, function, &[]);
        self.mention(Mentioned::Nested(id), expr.span);
        self.t.defers = true;
        Ty::VOID
    }
}

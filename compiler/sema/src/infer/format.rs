//! `format(template, [a, b])`: the one call whose array literal may have elements of different types.
//!
//! Values that are in an array already have one type, and the call is one of the generic function of the library.

use resilient_base::Symbol;
use resilient_syntax::ast::{Arg, Expr, ExprKind};

use super::body::Body;
use super::control::strip_parens;
use super::report::Site;
use super::ty::{Ty, TyList};
use crate::tables::{Callee, Key};

impl<'a> Body<'_, '_, '_, 'a> {
    /// Template and values, if this is a call of `format` with an array literal.
    pub(super) fn format_parts(&self, function: Symbol, args: &'a [Arg<'a>]) -> Option<(&'a Expr<'a>, &'a [Expr<'a>])> {
        match args {
            [Arg { name: None, value: template, .. }, Arg { name: None, value: values, .. }]
                if self.ck.cx.name(function) == "format" =>
            {
                let ExprKind::Array(items) = strip_parens(values).kind else { return None };
                Some((template, items))
            }
            _ => None,
        }
    }

    /// Such a call.
    pub(super) fn call_format(&mut self, expr: &Expr<'_>, template: &'a Expr<'a>, values: &'a [Expr<'a>]) -> Ty {
        let ty = self.coerce(template, Ty::STR, Site::LibArg("format"));
        let mut completes = !self.is_never(ty);
        for value in values {
            let ty = self.value(value);
            completes &= !self.is_never(ty);
        }
        self.ck.library_call("__format", TyList::EMPTY, expr.span);
        self.t.calls.insert(Key::of(expr), Callee::Format);
        if completes { Ty::STR } else { Ty::NEVER }
    }
}

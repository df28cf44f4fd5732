//! `format(template, [a, b])`: the one call whose array literal may have elements of different types.
//!
//! Values that are in an array already have one type, and the call is one of the generic function of the library.

use resilient_base::{Diagnostic, Symbol, diag::codes};
use resilient_syntax::ast::{Arg, Expr, ExprKind};

use super::body::Body;
use super::control::strip_parens;
use super::report::Site;
use super::ty::{Ty, TyList};
use crate::tables::{Callee, Key};
use crate::template;

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
        self.check_template(template, Some(values));
        if completes { Ty::STR } else { Ty::NEVER }
    }

    /// Reports what is wrong with a template that is a literal, as far as types do not matter. The values are known if they
    /// stand in an array literal.
    pub(super) fn check_template(&mut self, template: &Expr<'_>, values: Option<&[Expr<'_>]>) {
        let ExprKind::Str(text) = strip_parens(template).kind else { return };
        let placeholders = match template::parse(text) {
            Ok(placeholders) => placeholders.len(),
            Err(message) => {
                self.error(Diagnostic::error(codes::TEMPLATE, template.span, message));
                return;
            }
        };
        let Some(values) = values else { return };
        let n_values = values.len();
        if placeholders > n_values {
            let missing = n_values + 1;
            let message =
                format!("format: not enough arguments — placeholder #{missing} has no value (got {n_values} total)");
            self.error(Diagnostic::error(codes::TEMPLATE, template.span, message));
        } else if let Some(first) = values.get(placeholders) {
            let leftover = n_values - placeholders;
            let message =
                format!("format: too many arguments — {placeholders} placeholder(s) consumed, {leftover} leftover");
            self.error(Diagnostic::error(codes::TEMPLATE, first.span, message).with_label("the first without a place"));
        }
    }
}

//! Messages about types that do not fit.

use resilient_base::{Diagnostic, Span, diag::codes};
use resilient_syntax::ast;

use super::Checker;
use super::ty::{Ty, TyKind};

/// What wants a value of a certain type.
#[derive(Clone, Copy)]
pub enum Site {
    /// A `let` with annotation, of this name.
    Let(ast::Name),
    /// An assignment.
    Assign,
    /// The argument with this index (from 0), and the function.
    Arg(usize, resilient_base::Symbol),
    /// An argument of a library function.
    LibArg(&'static str),
    /// `return`.
    Return,
    /// The value of a body whose result is declared; a void value there is a missing return.
    BodyEnd,
    /// A branch of an `if`.
    Branch,
    /// `break`.
    Break,
    /// The condition of this construct.
    Condition(&'static str),
    /// The message of `Assert` or `Assume`.
    AssertMessage(&'static str),
    /// Operand of a logical operator.
    Logical(&'static str),
    /// A bound of a range.
    RangeBound,
    /// A contract clause.
    Clause(&'static str),
    /// A default value.
    Default,
    /// A constant with annotation, of this name.
    Const(ast::Name),
}

impl Checker<'_, '_, '_> {
    /// Reports that `found` stands where `expected` is wanted.
    pub(super) fn report_mismatch(&mut self, site: Site, expected: Ty, found: Ty, at: Span) {
        let (want, have) = (self.display(expected), self.display(found));
        let message = match site {
            Site::Let(name) => format!("let {}: {want} — value has type {have}", self.cx.name(name.symbol)),
            Site::Const(name) => format!("const {}: {want} — value has type {have}", self.cx.name(name.symbol)),
            Site::Condition(what @ ("Assert" | "Assume")) => format!("{what} condition must be a boolean, got {have}"),
            Site::AssertMessage(what) => format!("{what} message must be a string, got {have}"),
            Site::Condition(what) => format!("condition of `{what}` must be a bool, got {have}"),
            Site::Clause(what) => format!("`{what}` clause must be a bool, got {have}"),
            Site::Logical(op) => format!("operator `{op}` takes `bool` operands, got `{have}`"),
            Site::RangeBound => format!("bounds of a range must be `int`, got `{have}`"),
            Site::Branch => format!("branches of `if` have different types: `{want}` and `{have}`"),
            Site::Break => format!("values of the loop have different types: `{want}` and `{have}`"),
            Site::Assign | Site::Arg(..) | Site::LibArg(_) | Site::Return | Site::BodyEnd | Site::Default => {
                format!("type mismatch: expected `{want}`, found `{have}`")
            }
        };
        let label = match site {
            Site::Arg(index, function) => format!("argument {} of `{}`", index + 1, self.cx.name(function)),
            Site::LibArg(function) => format!("argument of `{function}`"),
            Site::Return => "the returned value".to_string(),
            Site::BodyEnd => "the value of the body".to_string(),
            Site::Default => "the default value".to_string(),
            _ => format!("this is `{have}`"),
        };
        let diagnostic = Diagnostic::error(codes::TYPE_MISMATCH, at, message).with_label(label);
        let diagnostic = match self.conversion_help(expected, found, at) {
            Some(help) => diagnostic.with_help(help),
            None => diagnostic,
        };
        self.diags.push(diagnostic);
    }

    /// How to turn the `found` at `at` into `expected`, where a library function does it.
    pub(super) fn conversion_help(&mut self, expected: Ty, found: Ty, at: Span) -> Option<String> {
        let function = match (self.out.tys.kind(expected), self.out.tys.kind(found)) {
            (TyKind::Float, TyKind::Int) => "to_float",
            (TyKind::Int, TyKind::Float) => "to_int",
            (TyKind::Str, TyKind::Int | TyKind::Float | TyKind::Bool) => "to_string",
            _ => return None,
        };
        Some(format!("convert it: `{function}({})`", self.short_text(at)))
    }

    /// The text at `at` if it is short enough to be repeated in a message.
    pub(super) fn short_text(&self, at: Span) -> &str {
        let text = self.cx.sources.text(at);
        if text.len() <= 40 && !text.contains('\n') { text } else { ".." }
    }
}

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
    /// The argument with this index (from 0) of a function value.
    ValueArg(usize),
    /// An argument of a library function.
    LibArg(&'static str),
    /// `return`.
    Return,
    /// The value of a body whose result is declared; a void value there is a missing return.
    BodyEnd,
    /// A branch of an `if`.
    Branch,
    /// An arm of a `match`.
    Arm,
    /// The body or an arm of a `try`.
    CatchArm,
    /// `break`.
    Break,
    /// The condition of this construct.
    Condition(&'static str),
    /// The message of `Assert` or `Assume`.
    AssertMessage(&'static str),
    /// A field or part of a payload, of this name.
    Field(resilient_base::Symbol),
    /// A part of a payload or tuple struct with this index, of this name.
    Payload(usize, resilient_base::Symbol),
    /// An element of an array literal whose element type is known from outside.
    Element,
    /// An element of an array literal.
    SameElement,
    /// A key or value of a map literal, or an element of a set literal.
    Part {
        /// The parts of its kind, in the plural.
        what: &'static str,
        /// Whether their type is known from outside.
        is_known: bool,
    },
    /// The base of a struct expression.
    Base,
    /// The bound of a slice, or an index.
    Index,
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

impl Site {
    /// Whether values are converted here if need be.
    pub fn converts(self) -> bool {
        match self {
            Site::Let(_)
            | Site::Assign
            | Site::Arg(..)
            | Site::ValueArg(_)
            | Site::LibArg(_)
            | Site::Return
            | Site::BodyEnd
            | Site::Default
            | Site::Const(_)
            | Site::Field(_)
            | Site::Payload(..)
            | Site::Element
            | Site::Index => true,
            Site::Part { is_known, .. } => is_known,
            Site::Branch
            | Site::Arm
            | Site::CatchArm
            | Site::Break
            | Site::Condition(_)
            | Site::AssertMessage(_)
            | Site::Base
            | Site::SameElement
            | Site::Logical(_)
            | Site::RangeBound
            | Site::Clause(_) => false,
        }
    }
}

impl Checker<'_, '_, '_> {
    /// Whether a value of type `found` is converted where a `wanted` must be.
    pub(super) fn converts(&mut self, wanted: Ty, found: Ty, at: Span) -> bool {
        if let TyKind::Dyn(id) = self.out.tys.kind(wanted) {
            return self.becomes_dyn(id, found, at);
        }
        matches!(
            (self.out.tys.kind(wanted), self.out.tys.kind(found)),
            (TyKind::INT, TyKind::Int(_))
                | (TyKind::Int(_), TyKind::INT)
                | (TyKind::Float, TyKind::F32)
                | (TyKind::F32, TyKind::Float)
        ) || self.out.tys.is_viewed_as(found, wanted)
            || self.out.tys.raises_less(found, wanted)
    }

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
            Site::Arm => format!("arms of the `match` have different types: `{want}` and `{have}`"),
            Site::CatchArm => format!("parts of the `try` have different types: `{want}` and `{have}`"),
            Site::Break => format!("values of the loop have different types: `{want}` and `{have}`"),
            Site::SameElement => format!("elements of the array have different types: `{want}` and `{have}`"),
            Site::Part { what, is_known: false } => format!("{what} have different types: `{want}` and `{have}`"),
            Site::Part { what, is_known: true } => format!("{what} are of type `{want}`, not `{have}`"),
            Site::Index => format!("an index must be an integer, got `{have}`"),
            Site::Assign
            | Site::Arg(..)
            | Site::ValueArg(_)
            | Site::LibArg(_)
            | Site::Return
            | Site::BodyEnd
            | Site::Default
            | Site::Field(_)
            | Site::Payload(..)
            | Site::Element
            | Site::Base => format!("type mismatch: expected `{want}`, found `{have}`"),
        };
        let label = match site {
            Site::Arg(index, function) => format!("argument {} of `{}`", index + 1, self.cx.name(function)),
            Site::ValueArg(index) => format!("argument {}", index + 1),
            Site::LibArg(function) => format!("argument of `{function}`"),
            Site::Field(name) => format!("field `{}`", self.cx.name(name)),
            Site::Payload(index, name) => format!("part {index} of `{}`", self.cx.name(name)),
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
        let diagnostic = match self.dyn_note(expected, found) {
            Some(note) => diagnostic.with_note(note),
            None => diagnostic,
        };
        self.diags.push(diagnostic);
    }

    /// How to turn the `found` at `at` into `expected`, where a library function does it.
    pub(super) fn conversion_help(&mut self, expected: Ty, found: Ty, at: Span) -> Option<String> {
        let function = match (self.out.tys.kind(expected), self.out.tys.kind(found)) {
            (TyKind::Float, TyKind::Int(_)) => "to_float",
            (TyKind::INT, TyKind::Float | TyKind::F32) => "to_int",
            (TyKind::F32, TyKind::Int(_)) => "as_f32",
            (TyKind::Str, kind) if kind.is_scalar() => "to_string",
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

//! What operators, casts and library functions demand of types that are not known yet.
//!
//! A demand is tried where it arises. If a type it asks about is still open, it waits until the bodies that can tell
//! have been traversed; then all that wait are tried until nothing changes. What is open after that becomes void.

use resilient_base::{Diagnostic, Span, diag::codes};
use resilient_syntax::ast::{self, BinaryOp};

use super::Checker;
use super::report::Site;
use super::ty::{Ty, TyKind};
use crate::gaps::{self, Gap};
use crate::library::LibFn;

/// A type and the expression that has it.
pub type Operand = (Ty, Span);

/// A demand that waits.
#[derive(Clone, Copy)]
pub enum Goal<'a> {
    /// `left op right`, at the span.
    Binary(BinaryOp, Span, Operand, Operand, Ty),
    /// `-operand`
    Neg(Operand, Ty),
    /// `from as T`
    Cast(Operand, Ty, Span),
    /// An argument of a library function.
    LibArg(LibFn, Operand),
    /// `let name = value`: the value must not be void.
    Binding(Operand, ast::Name),
    /// `receiver.name(args)` with the result.
    Method(Operand, ast::Name, &'a [ast::Arg<'a>], Ty),
}

impl<'a> Checker<'_, '_, 'a> {
    /// Tries `goal` now or later.
    pub(super) fn demand(&mut self, goal: Goal<'a>) {
        if !self.try_goal(goal, false) {
            self.goals.push(goal);
        }
    }

    /// Solves the goals from `first` on.
    pub(super) fn solve_goals(&mut self, first: usize) {
        let mut waiting = self.goals.split_off(first);
        loop {
            let n_before = waiting.len();
            waiting.retain(|&goal| !self.try_goal(goal, false));
            if waiting.is_empty() || waiting.len() == n_before {
                break;
            }
        }
        for goal in waiting {
            self.try_goal(goal, true);
        }
    }

    /// Whether `goal` is settled. With `is_last` it always is.
    fn try_goal(&mut self, goal: Goal<'a>, is_last: bool) -> bool {
        match goal {
            Goal::Binary(op, span, left, right, result) => {
                if is_last && is_comparison(op) {
                    self.out.tys.unify(left.0, right.0);
                }
                if !self.is_known(left.0, is_last) || !self.is_known(right.0, is_last) {
                    return false;
                }
                let ty = self.binary_result(op, span, left, right);
                self.settle(result, ty, span);
            }
            Goal::Neg(operand, result) => {
                if !self.is_known(operand.0, is_last) {
                    return false;
                }
                let ty = self.neg_result(operand);
                self.settle(result, ty, operand.1);
            }
            Goal::Cast(from, to, target) => {
                if !self.is_known(from.0, is_last) {
                    return false;
                }
                self.check_cast(from, to, target);
            }
            Goal::LibArg(function, arg) => {
                if !self.is_known(arg.0, is_last) {
                    return false;
                }
                self.check_lib_arg(function, arg);
            }
            Goal::Binding(value, name) => {
                if !self.is_known(value.0, is_last) {
                    return false;
                }
                self.reject_void_binding(value, name);
            }
            Goal::Method(receiver, name, args, result) => {
                if !self.is_known(receiver.0, is_last) {
                    return false;
                }
                let ty = self.method_result(receiver, name, args);
                self.settle(result, ty, name.span);
            }
        }
        true
    }

    /// Whether the head of `ty` is known; `is_last` makes an open one void.
    fn is_known(&mut self, ty: Ty, is_last: bool) -> bool {
        if !self.out.tys.is_open(ty) {
            return true;
        }
        if is_last {
            self.out.tys.unify(ty, Ty::VOID);
        }
        is_last
    }

    fn settle(&mut self, result: Ty, ty: Ty, at: Span) {
        if !self.out.tys.unify(result, ty) {
            self.report_mismatch(Site::Assign, result, ty, at);
        }
    }

    fn check_cast(&mut self, from: Operand, to: Ty, target: Span) {
        let from_kind = self.out.tys.kind(from.0);
        let to_kind = self.out.tys.kind(to);
        let exists = matches!(
            (from_kind, to_kind),
            (TyKind::Error, _)
                | (_, TyKind::Error)
                | (TyKind::Int | TyKind::Float, TyKind::Int | TyKind::Float)
                | (TyKind::Int | TyKind::Float | TyKind::Bool | TyKind::Str, TyKind::Str)
        );
        if !exists {
            let message = format!("cannot cast `{}` to `{}`", self.display(from.0), self.display(to));
            self.diags.push(
                Diagnostic::error(codes::BAD_CAST, target, message)
                    .with_secondary(from.1, format!("this is `{}`", self.out.tys.display(from.0))),
            );
        }
    }

    fn reject_void_binding(&mut self, value: Operand, name: ast::Name) {
        if self.out.tys.kind(value.0) == TyKind::Void {
            let text = self.cx.name(name.symbol);
            let message = format!("cannot bind `{text}` to a value of type `void`");
            self.diags.push(
                Diagnostic::error(codes::VOID_BINDING, value.1, message)
                    .with_label("this has no value")
                    .with_help(format!("leave `let {text} =` out, or bind it to `_`")),
            );
        }
    }

    fn check_lib_arg(&mut self, function: LibFn, arg: Operand) {
        let kind = self.out.tys.kind(arg.0);
        if let Some(expected) = function.reject_arg(kind) {
            let found = self.display(arg.0);
            let message = format!("type mismatch: expected {expected}, found `{found}`");
            self.diags.push(
                Diagnostic::error(codes::TYPE_MISMATCH, arg.1, message)
                    .with_label(format!("argument of `{}`", function.name()))
                    .with_note(format!("`{}`", function.signature())),
            );
        }
    }

    fn method_result(&mut self, receiver: Operand, name: ast::Name, args: &[ast::Arg<'_>]) -> Ty {
        let text = self.cx.name(name.symbol);
        match self.out.tys.kind(receiver.0) {
            TyKind::Error => Ty::ERROR,
            TyKind::Str if let Some(function) = LibFn::string_method(text) => {
                // The receiver is the first argument.
                if args.len() + 1 != function.arity().1 {
                    self.report_arity(name.span, function.arity().1 - 1, args.len(), function.signature());
                }
                function.result()
            }
            TyKind::Str if gaps::is_library_method(text) => {
                self.diags.push(Gap::Method(text).at(name.span));
                Ty::ERROR
            }
            _ => {
                let ty = self.display(receiver.0);
                let message = format!("type `{ty}` has no method `{text}`");
                self.diags.push(Diagnostic::error(codes::UNKNOWN_FUNCTION, name.span, message));
                Ty::ERROR
            }
        }
    }

    pub(super) fn report_arity(&mut self, at: Span, expected: usize, found: usize, signature: &str) {
        let message = format!("Expected {expected} arguments, got {found}");
        self.diags.push(Diagnostic::error(codes::ARITY, at, message).with_note(format!("`{signature}`")));
    }
}

/// Whether `op` compares.
pub(super) fn is_comparison(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge)
}

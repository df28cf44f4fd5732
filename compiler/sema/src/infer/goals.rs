//! What operators, casts, fields, methods and library functions demand of types that are not known yet.
//!
//! A demand is tried where it arises. If a type it asks about is still open, it waits until the bodies that can tell
//! have been traversed; then all that wait are tried until nothing changes. What is open after that becomes void.

use resilient_base::{Diagnostic, Span, diag::codes};
use resilient_syntax::ast::{self, BinaryOp};

use super::Checker;
use super::fields::{IndexUse, Part};
use super::literals::Literal;
use super::ops::BinaryUse;
use super::report::Site;
use super::traits::{Bound, Projection, UseSite};
use super::ty::{Ty, TyKind, TyList};
use crate::decls::FnId;
use crate::library::LibFn;

/// A value: its type, the expression that has it, and the literal that this is, if its type is not settled yet.
#[derive(Clone, Copy)]
pub struct Operand {
    /// Its type.
    pub ty: Ty,
    /// Its text.
    pub span: Span,
    /// A literal takes the type that an operator wants.
    pub literal: Option<Literal>,
}

impl Operand {
    /// A value that is not a literal, or one whose type is settled.
    pub fn new(ty: Ty, span: Span) -> Operand {
        Operand { ty, span, literal: None }
    }
}

/// A demand that waits.
#[derive(Clone, Copy)]
pub enum Goal {
    /// An infix operator with its result.
    Binary(BinaryUse, Ty),
    /// `-operand`
    Neg(Operand, Ty),
    /// `from as T`
    Cast(Operand, Ty, Span),
    /// `operand?` with its value, in a function with this result.
    Try(Operand, Ty, Ty),
    /// A field behind `?.` with its type. Nothing has a field where nothing determines the value before it.
    OptionalPart(Operand, Part, Ty),
    /// An argument of a library function.
    LibArg(LibFn, Operand),
    /// `let name = value`: the value must not be void.
    Binding(Operand, ast::Name),
    /// A method call, by its number, with the type of the receiver.
    Method(usize, Ty),
    /// A call of a family of library functions, by its number.
    Family(usize),
    /// A field with its type.
    Part(Operand, Part, Ty),
    /// An element or slice with its type.
    Index(Operand, IndexUse, Ty),
    /// A function as a value whose types depend on these: they must be determined.
    FnValue(TyList, ast::Name),
    /// The result of a call of a generic function that declares none.
    Instance(FnId, TyList, Ty, Span, u32),
    /// A type argument satisfies a bound.
    Bound(Bound, UseSite),
    /// An associated type.
    Project(Projection),
}

impl<'a> Checker<'_, '_, 'a> {
    /// Tries `goal` now or later.
    pub(super) fn demand(&mut self, goal: Goal) {
        // Which type has which methods is not known before all signatures are.
        let is_early = !self.knows_signatures && matches!(goal, Goal::Bound(..));
        if is_early || !self.try_goal(goal, false) {
            self.n_projections += usize::from(matches!(goal, Goal::Project(_)));
            self.goals.push(goal);
        }
    }

    /// Solves the goals from `first` on, and those that arise from it.
    pub(super) fn solve_goals(&mut self, first: usize) {
        loop {
            self.settle_goals(first);
            let waiting = &self.goals[first..];
            if waiting.is_empty() {
                break;
            }
            // One is decided by force, which may be what others wait for: one that tells a type, if there is any.
            let tells = |goal: &Goal| {
                !matches!(
                    goal,
                    Goal::Binding(..) | Goal::LibArg(..) | Goal::Cast(..) | Goal::Bound(..) | Goal::FnValue(..)
                )
            };
            let next = self.goals.remove(first + waiting.iter().position(tells).unwrap_or(0));
            self.try_goal(next, true);
        }
    }

    /// Tries the goals from `first` on until nothing changes.
    pub(super) fn settle_goals(&mut self, first: usize) {
        loop {
            let waiting = self.goals.split_off(first);
            let n_before = waiting.len();
            let mut n_left = 0;
            for goal in waiting {
                if !self.try_goal(goal, false) {
                    self.goals.push(goal);
                    n_left += 1;
                }
            }
            if n_left == n_before || self.goals.len() == first {
                break;
            }
        }
    }

    /// Whether `goal` is settled. With `is_last` it always is.
    fn try_goal(&mut self, goal: Goal, is_last: bool) -> bool {
        match goal {
            Goal::Binary(node, result) => {
                if is_last {
                    self.decide_operands(node);
                } else if self.is_undecided(node) {
                    return false;
                }
                let ty = self.binary_result(node);
                self.settle(result, ty, node.span);
            }
            Goal::Neg(operand, result) => {
                if !self.is_known(operand.ty, is_last) {
                    return false;
                }
                let ty = self.neg_result(operand);
                self.settle(result, ty, operand.span);
            }
            Goal::Cast(from, to, target) => {
                if !self.is_known(from.ty, is_last) {
                    return false;
                }
                self.check_cast(from, to, target);
            }
            Goal::Try(operand, value, result) => {
                if !self.is_known(operand.ty, is_last) {
                    return false;
                }
                self.check_try(operand, value, result);
            }
            Goal::OptionalPart(receiver, part, result) => {
                if !self.is_known(receiver.ty, is_last) {
                    return false;
                }
                let is_nothing = self.out.tys.kind(receiver.ty) == TyKind::Void;
                let ty = if is_nothing { Ty::VOID } else { self.part_result(receiver, part) };
                self.settle(result, ty, receiver.span);
            }
            Goal::LibArg(function, arg) => {
                if !self.is_known(arg.ty, is_last) {
                    return false;
                }
                self.check_lib_arg(function, arg);
            }
            Goal::Binding(value, name) => {
                if !self.is_known(value.ty, is_last) {
                    return false;
                }
                self.reject_void_binding(value, name);
            }
            Goal::Method(number, receiver) => {
                if !self.is_known(receiver, is_last) {
                    return false;
                }
                self.deferred_call(number);
            }
            Goal::Family(number) => return self.choose_form(number, is_last),
            Goal::Part(receiver, part, result) => {
                if !self.is_known(receiver.ty, is_last) {
                    return false;
                }
                let ty = self.part_result(receiver, part);
                self.settle(result, ty, receiver.span);
            }
            Goal::Index(receiver, index, result) => {
                if !self.is_known(receiver.ty, is_last) {
                    return false;
                }
                let ty = self.index_result(receiver, index);
                self.settle(result, ty, receiver.span);
            }
            Goal::FnValue(args, name) => {
                if !self.out.tys.is_closed_list(args) {
                    if !is_last {
                        return false;
                    }
                    self.report_undetermined(name, name.span);
                    let args = self.out.tys.args(args).to_vec();
                    args.into_iter().for_each(|ty| self.poison(ty));
                }
            }
            Goal::Instance(func, args, result, at, depth) => {
                if !is_last && !self.out.tys.is_closed_list(args) {
                    return false;
                }
                let ty = self.instance_result(func, args, at, depth);
                self.settle(result, ty, at);
            }
            Goal::Bound(bound, site) => {
                if !self.is_known(bound.subject, is_last) {
                    return false;
                }
                self.check_bound(bound, site);
            }
            Goal::Project(Projection { base, trait_, name, result, at }) => {
                if !self.is_known(base, is_last) {
                    return false;
                }
                let ty = self.project(base, trait_, name, Some(at));
                self.settle(result, ty, at);
            }
        }
        true
    }

    /// Settles the associated types whose base is known by now.
    pub(super) fn settle_projections(&mut self) {
        if self.n_projections == 0 {
            return;
        }
        let mut next = 0;
        while let Some(&goal) = self.goals.get(next) {
            match goal {
                Goal::Project(node) if self.try_goal(Goal::Project(node), false) => {
                    self.goals.remove(next);
                }
                _ => next += 1,
            }
        }
        self.n_projections = self.goals.iter().filter(|goal| matches!(goal, Goal::Project(_))).count();
    }

    /// Operands of which nothing more will be known: those of comparisons are of one type; what is left is void.
    fn decide_operands(&mut self, node: BinaryUse) {
        if is_comparison(node.op) && node.left.literal.is_none() && node.right.literal.is_none() {
            self.out.tys.try_unify(node.left.ty, node.right.ty);
        }
        for side in [node.left, node.right] {
            if side.literal.is_none() {
                self.is_known(side.ty, true);
            }
        }
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

    /// Makes what is open in `ty` fit everything, after a report.
    fn poison(&mut self, ty: Ty) {
        match self.out.tys.kind(ty) {
            TyKind::Var(_) => {
                self.out.tys.unify(ty, Ty::ERROR);
            }
            _ => self.out.tys.parts(ty).into_iter().for_each(|part| self.poison(part)),
        }
    }

    pub(super) fn settle(&mut self, result: Ty, ty: Ty, at: Span) {
        if !self.out.tys.try_unify(result, ty) {
            self.report_mismatch(Site::Assign, result, ty, at);
        }
    }

    fn check_cast(&mut self, from: Operand, to: Ty, target: Span) {
        let from_kind = self.out.tys.kind(from.ty);
        let exists = match (from_kind, self.out.tys.kind(to)) {
            (TyKind::Error, _) | (_, TyKind::Error) => true,
            (TyKind::Int(_), to) => to.is_numeric() || to == TyKind::Str,
            (TyKind::Float | TyKind::F32, to) => {
                matches!(to, TyKind::INT | TyKind::Float | TyKind::F32 | TyKind::Str)
            }
            (from, to) => from.is_scalar() && to == TyKind::Str,
        };
        if !exists {
            let message = format!("cannot cast `{}` to `{}`", self.display(from.ty), self.display(to));
            let label = format!("this is `{}`", self.display(from.ty));
            let mut diagnostic = Diagnostic::error(codes::BAD_CAST, target, message).with_secondary(from.span, label);
            if matches!(from_kind, TyKind::Float | TyKind::F32) && self.out.tys.kind(to).is_numeric() {
                diagnostic = diagnostic.with_help("convert it to `int` first");
            }
            self.diags.push(diagnostic);
        }
    }

    fn reject_void_binding(&mut self, value: Operand, name: ast::Name) {
        // In the library elements of a type that nothing determined may be bound.
        if self.out.tys.kind(value.ty) == TyKind::Void && self.library_site.is_none() {
            let text = self.cx.name(name.symbol);
            let message = format!("cannot bind `{text}` to a value of type `void`");
            self.diags.push(
                Diagnostic::error(codes::VOID_BINDING, value.span, message)
                    .with_label("this has no value")
                    .with_help(format!("leave `let {text} =` out, or bind it to `_`")),
            );
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

//! Names and types of all bodies.
//!
//! In: the declarations. Out: a [`Checked`] with one [`Tables`] per body, and diagnostics.
//!
//! A body is a function with its contract clauses, a top-level statement, or the value of a constant. Bodies are checked
//! one at a time against signatures. Functions without a declared result are checked in groups before whoever uses their
//! results, on demand, so that the types of top-level variables and the results of functions may depend on each other in
//! any order that is not a circle. All bodies share one [`TyTable`]; what an operator or library function cannot decide
//! yet is a [`goals::Goal`] and is tried again once the group (for top-level code: all of it) has been traversed.

mod body;
mod call;
mod consts;
mod control;
mod expr;
mod function;
pub mod goals;
mod groups;
mod ops;
mod report;
mod scope;
mod signature;
mod stmt;
pub mod ty;

use resilient_base::{Diagnostic, Diagnostics, PrimaryMap, SecondaryMap, Span, Symbol, diag::codes};

pub use consts::{ConstValue, is_const_form};
pub use control::{is_literal_false, is_literal_true, strip_parens};
pub use signature::Signature;

use self::body::{Body, Owner};
use self::goals::Goal;
use self::groups::Groups;
use self::ty::{Ty, TyTable};
use crate::cfg::Cx;
use crate::decls::{ConstId, Decls, FnId, TopLetId};
use crate::tables::{StaticId, Tables};

/// How far the check of something has come.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum State {
    #[default]
    Todo,
    Running,
    Done,
}

/// What is known about a top-level variable.
#[derive(Clone, Copy, Default)]
pub struct LetInfo {
    state: State,
    /// Its type, once known.
    pub ty: Option<Ty>,
    /// Whether its initialiser does not complete and so tells no type.
    pub is_untyped: bool,
    /// Whether a function mentions it.
    pub used_by_fn: bool,
    /// Whether something assigns to it.
    pub assigned: bool,
    /// Whether a function assigns to it.
    pub assigned_by_fn: bool,
}

/// A `static let` of a body.
pub struct StaticInfo {
    /// Its name.
    pub name: Symbol,
    /// Its type.
    pub ty: Ty,
    /// Declared by `static let const`.
    pub is_const: bool,
    /// The declaration.
    pub span: Span,
}

/// What the check of all bodies found.
pub struct Checked {
    /// The types that the tables speak of.
    pub tys: TyTable,
    /// Signatures of the functions.
    pub sigs: PrimaryMap<FnId, Signature>,
    /// Values of the constants; none where something was reported.
    pub consts: SecondaryMap<ConstId, Option<ConstValue>>,
    /// Tables of the functions.
    pub fns: PrimaryMap<FnId, Option<Box<Tables>>>,
    /// Tables of the top-level statements, by index; none for declarations.
    pub top: Vec<Option<Box<Tables>>>,
    /// The top-level variables.
    pub lets: SecondaryMap<TopLetId, LetInfo>,
    /// The `static let`s of bodies.
    pub statics: PrimaryMap<StaticId, StaticInfo>,
}

/// Checks everything that `decls` declares.
pub fn check(cx: Cx<'_>, decls: &Decls<'_>, diags: &mut Diagnostics) -> Checked {
    let mut checker = Checker::new(cx, decls, diags);
    checker.evaluate_consts();
    checker.resolve_signatures();
    checker.check_static_asserts();
    checker.check_top();
    checker.check_functions();
    checker.reject_untyped_lets();
    checker.out
}

/// The state of the check.
struct Checker<'c, 'd, 'a> {
    cx: Cx<'c>,
    decls: &'d Decls<'a>,
    diags: &'d mut Diagnostics,
    out: Checked,
    fn_states: SecondaryMap<FnId, State>,
    groups: Groups,
    /// The group that is being checked; none while top-level code or a function with declared result is.
    current_group: Option<usize>,
    top_states: Vec<State>,
    goals: Vec<Goal<'a>>,
}

impl<'c, 'd, 'a> Checker<'c, 'd, 'a> {
    fn new(cx: Cx<'c>, decls: &'d Decls<'a>, diags: &'d mut Diagnostics) -> Checker<'c, 'd, 'a> {
        let n_stmts = decls.stmts.len();
        Checker {
            cx,
            decls,
            diags,
            out: Checked {
                tys: TyTable::default(),
                sigs: PrimaryMap::new(),
                consts: SecondaryMap::new(),
                fns: decls.fns.keys().map(|_| None).collect(),
                top: std::iter::repeat_with(|| None).take(n_stmts).collect(),
                lets: SecondaryMap::new(),
                statics: PrimaryMap::new(),
            },
            fn_states: SecondaryMap::new(),
            groups: Groups::build(decls),
            current_group: None,
            top_states: vec![State::Todo; n_stmts],
            goals: Vec::new(),
        }
    }

    /// The top-level statements in order; some may have been checked on demand already.
    fn check_top(&mut self) {
        for index in 0..self.decls.stmts.len() {
            self.check_top_stmt(index);
        }
        self.solve_goals(0);
    }

    fn check_top_stmt(&mut self, index: usize) {
        if self.top_states[index] != State::Todo {
            return;
        }
        self.top_states[index] = State::Running;
        let stmt = self.decls.stmts[index];
        if !matches!(stmt.kind, resilient_syntax::ast::StmtKind::Item(_)) {
            let group = self.current_group.take();
            let tables = Body::new(self, Owner::Top(index as u32)).check_top(stmt);
            self.current_group = group;
            self.out.top[index] = Some(Box::new(tables));
        }
        self.top_states[index] = State::Done;
    }

    /// All functions that were not needed before.
    fn check_functions(&mut self) {
        for group in 0..self.groups.members.len() {
            self.require_group(group);
        }
        for id in self.decls.fns.keys() {
            if self.fn_states[id] == State::Todo {
                self.fn_states[id] = State::Running;
                let first_goal = self.goals.len();
                self.check_function(id);
                self.solve_goals(first_goal);
                self.fn_states[id] = State::Done;
            }
        }
    }

    fn check_function(&mut self, id: FnId) {
        let tables = Body::new(self, Owner::Fn(id)).check_function(id);
        self.out.fns[id] = Some(Box::new(tables));
    }

    /// The result of `id`, whose body is checked first if it has to be.
    fn result_of(&mut self, id: FnId, at: Span) -> Ty {
        let Some(group) = self.groups.of(id) else { return self.out.sigs[id].result };
        match self.fn_states[id] {
            State::Done => {}
            State::Todo => self.require_group(group),
            State::Running if self.current_group == Some(group) => {}
            State::Running => {
                self.report_circle(id, at);
                return Ty::ERROR;
            }
        }
        self.out.sigs[id].result
    }

    fn report_circle(&mut self, id: FnId, at: Span) {
        let name = self.decls.fns[id].name;
        let text = self.cx.name(name.symbol);
        let message = format!("the result of `{text}` depends on the type of a variable that depends on it");
        self.diags.push(
            Diagnostic::error(codes::NEEDS_ANNOTATION, at, message)
                .with_secondary(name.span, "its result is not declared")
                .with_help(format!("declare the result: `fn {text}(..) -> TYPE`")),
        );
    }

    fn require_group(&mut self, group: usize) {
        let first = |group: usize| self.groups.members[group][0];
        let order = self.groups.closure(group, |group| self.fn_states[first(group)] != State::Todo);
        for next in order {
            self.check_group(next);
        }
    }

    fn check_group(&mut self, group: usize) {
        let members = self.groups.members[group].clone();
        if self.fn_states[members[0]] != State::Todo {
            return;
        }
        let outer = self.current_group.replace(group);
        let first_goal = self.goals.len();
        for &id in &members {
            self.fn_states[id] = State::Running;
        }
        for &id in &members {
            self.check_function(id);
        }
        self.solve_goals(first_goal);
        for &id in &members {
            let result = self.out.sigs[id].result;
            if self.out.tys.is_open(result) {
                self.out.tys.unify(result, Ty::VOID);
            }
            self.fn_states[id] = State::Done;
        }
        self.current_group = outer;
    }

    /// The type of a top-level variable, whose initialiser is checked first if it has to be. None if it depends on
    /// itself.
    fn type_of_let(&mut self, id: TopLetId, at: Span) -> Ty {
        if self.out.lets[id].state == State::Todo {
            self.check_top_stmt(self.decls.lets[id].index as usize);
        }
        // Known while its initialiser is being checked too, if it is annotated.
        if let Some(ty) = self.out.lets[id].ty {
            return ty;
        }
        let name = self.decls.lets[id].name;
        let text = self.cx.name(name.symbol);
        self.diags.push(
            Diagnostic::error(codes::NEEDS_ANNOTATION, at, format!("the type of `{text}` depends on itself"))
                .with_secondary(name.span, "its type is not declared")
                .with_help(format!("declare the type: `let {text}: TYPE = ..`")),
        );
        Ty::ERROR
    }

    /// Code behind an initialiser that does not complete is never run, except that functions are compiled all the same.
    fn reject_untyped_lets(&mut self) {
        for (id, entry) in self.decls.lets.iter() {
            let info = self.out.lets[id];
            if info.is_untyped && info.used_by_fn {
                let text = self.cx.name(entry.name.symbol);
                let message = format!("the initialiser of `{text}` does not complete and tells no type");
                self.diags.push(
                    Diagnostic::error(codes::NEEDS_ANNOTATION, entry.name.span, message)
                        .with_help(format!("declare the type: `let {text}: TYPE = ..`")),
                );
            }
        }
    }

    fn display(&mut self, ty: Ty) -> &'static str {
        self.out.tys.display(ty)
    }
}

//! Names and types of all bodies.
//!
//! In: the declarations. Out: a [`Checked`] with one [`Tables`] per body, and diagnostics.
//!
//! A body is a function with its contract clauses, a top-level statement, or the value of a constant. Bodies are checked
//! one at a time against signatures. Generic functions are checked once per instance. Functions without a declared result are checked in groups before whoever uses their
//! results, on demand, so that the types of top-level variables and the results of functions may depend on each other in
//! any order that is not a circle. All bodies share one [`TyTable`]; what an operator or library function cannot decide
//! yet is a [`goals::Goal`] and is tried again once the group (for top-level code: all of it) has been traversed.

mod bind;
mod body;
mod call;
mod captures;
mod closures;
mod collections;
mod construct;
mod consts;
mod control;
mod declare;
mod deferred;
mod expr;
mod failures;
mod fields;
mod format;
mod function;
pub mod goals;
mod groups;
mod instances;
mod invariants;
mod library_calls;
mod library_fns;
mod library_types;
mod literals;
mod live;
mod matching;
mod methods;
pub mod nominal;
mod ops;
mod paths;
mod patterns;
mod places;
mod report;
mod scope;
pub mod signature;
pub mod size;
mod stmt;
mod templates;
pub mod traits;
pub mod ty;
mod values;
mod written;

use resilient_base::{Diagnostic, Diagnostics, PrimaryMap, SecondaryMap, Span, Symbol, diag::codes};

use rustc_hash::{FxHashMap, FxHashSet};

pub use bind::part_index;
pub use consts::{ConstValue, is_const_form};
pub use control::{is_literal_false, is_literal_true, strip_parens};
pub use failures::declared as declared_failures;
pub use instances::{InstId, Instance};
pub use invariants::of_loop as invariants_of_loop;
pub use literals::{Literal, literal};
pub use patterns::ordinal;
pub use signature::{MethodOwner, Signature};
pub use written::is_builtin_type_name;

use self::body::{Body, Owner};
use self::goals::Goal;
use self::groups::Groups;
use self::library_fns::FamilyCall;
use self::methods::DeferredCall;
use self::traits::{LateResult, Traits};
use self::ty::{Ty, TyKind, TyList, TyTable};
use self::written::{AliasState, TypeEnv};
use crate::cfg::Cx;
use crate::decls::{AliasId, ConstId, Decls, FnId, TopLetId, TraitId};
use crate::tables::{Callee, SlotId, StaticId, Tables};

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
    /// Whether something assigns to the whole of it.
    pub reassigned: bool,
    /// Whether a function assigns to it.
    pub assigned_by_fn: bool,
    /// Whether the body of a `try` assigns to it.
    pub assigned_in_try: bool,
    /// Whether a live block of the top-level code assigns to it.
    pub assigned_in_live: bool,
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
    /// The instances of functions; a function without type parameters has one, the first ones are theirs.
    pub insts: PrimaryMap<InstId, Instance>,
    /// Instances by function and type arguments.
    pub inst_ids: FxHashMap<(FnId, TyList), InstId>,
    /// Tables of the instances.
    pub fns: PrimaryMap<InstId, Option<Box<Tables>>>,
    /// Traits and their implementations.
    pub traits: Traits,
    /// Methods of types, by name: those in blocks for one type.
    pub methods: FxHashMap<(MethodOwner, Symbol), FnId>,
    /// Calls that were understood after the tables of their bodies had been made.
    pub slots: PrimaryMap<SlotId, Option<Callee>>,
    /// Tables of the top-level statements, by index; none for declarations.
    pub top: Vec<Option<Box<Tables>>>,
    /// The top-level variables.
    pub lets: SecondaryMap<TopLetId, LetInfo>,
    /// The `static let`s of bodies.
    pub statics: PrimaryMap<StaticId, StaticInfo>,
}

impl Checked {
    /// The name of `id` as in messages and traces: `f` or `Type$method`, with the modules around it.
    pub fn full_name(&self, id: FnId, decls: &Decls<'_>, cx: Cx<'_>) -> String {
        self.instance_name(id, TyList::EMPTY, decls, cx)
    }

    /// The name of `id` with these type arguments. Members of traits are named after the type that they run on.
    pub fn instance_name(&self, id: FnId, args: TyList, decls: &Decls<'_>, cx: Cx<'_>) -> String {
        let entry = &decls.fns[id];
        let name = cx.name(entry.name.symbol);
        let own = self.sigs.get(id).and_then(|sig| sig.self_ty);
        let ty = match own.map(|ty| self.tys.peek(ty)) {
            Some(TyKind::Param(_)) => self.tys.args(args).first().copied(),
            _ => own,
        };
        let declared = entry.trait_.map(|id| cx.name(decls.traits[id].name.symbol));
        match ty.and_then(|ty| self.tys.head_name(ty)).or(declared) {
            Some(head) => format!("{head}${name}"),
            None => decls.display_name(entry.scope, name),
        }
    }
}

/// Checks everything that `decls` declares.
pub fn check(cx: Cx<'_>, decls: &Decls<'_>, diags: &mut Diagnostics) -> Checked {
    let mut checker = Checker::new(cx, decls, diags);
    checker.declare_traits();
    checker.declare_types();
    checker.evaluate_consts();
    checker.resolve_signatures();
    checker.knows_signatures = true;
    checker.solve_goals(0);
    checker.declare_instances();
    checker.check_defaults();
    checker.check_static_asserts();
    checker.check_top();
    checker.check_functions();
    checker.check_requested();
    checker.check_unused_templates();
    checker.check_late_results();
    checker.check_captures();
    checker.reject_dyn_cycles();
    checker.reject_dyn_comparisons();
    checker.reject_untyped_lets();
    checker.out
}

/// The state of the check.
struct Checker<'c, 'd, 'a> {
    cx: Cx<'c>,
    decls: &'d Decls<'a>,
    diags: &'d mut Diagnostics,
    out: Checked,
    groups: Groups,
    alias_states: SecondaryMap<AliasId, AliasState>,
    alias_stack: Vec<AliasId>,
    /// What type names mean in the body or signature at hand.
    env: TypeEnv,
    /// Whether all signatures are resolved.
    knows_signatures: bool,
    /// Types of compound values that are compared, and where: their parts may have methods `eq`.
    compared: Vec<(Ty, Span)>,
    /// Types in trait objects that are compared.
    compared_inside: Vec<(Ty, Span)>,
    /// The comparisons that the program makes.
    comparisons: Vec<(Ty, Span)>,
    seen_compared: FxHashSet<Ty>,
    /// How many of the collection types were looked at, and those among them that are closed.
    n_collections: usize,
    seen_collections: FxHashSet<Ty>,
    /// Instances that were asked for and are to be checked.
    requests: Vec<instances::Request>,
    /// How many instances of generic functions led to the body at hand.
    depth: u32,
    deferred_calls: Vec<DeferredCall<'a>>,
    family_calls: Vec<FamilyCall>,
    /// Where code outside the library called into it, while a library function is checked.
    library_site: Option<Span>,
    /// The group that is being checked; none while top-level code or a function with declared result is.
    current_group: Option<usize>,
    top_states: Vec<State>,
    goals: Vec<Goal>,
    /// How many of them wait for associated types, at most.
    n_projections: usize,
    /// Results of methods to compare with traits.
    late_results: Vec<LateResult>,
    /// `dyn A` values that become `dyn B` ones.
    widened: Vec<(TraitId, TraitId)>,
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
                insts: PrimaryMap::new(),
                inst_ids: FxHashMap::default(),
                fns: PrimaryMap::new(),
                traits: Traits::default(),
                methods: FxHashMap::default(),
                slots: PrimaryMap::new(),
                top: std::iter::repeat_with(|| None).take(n_stmts).collect(),
                lets: SecondaryMap::new(),
                statics: PrimaryMap::new(),
            },
            groups: Groups::build(decls, cx),
            alias_states: SecondaryMap::new(),
            alias_stack: Vec::new(),
            env: TypeEnv::default(),
            knows_signatures: false,
            compared: Vec::new(),
            compared_inside: Vec::new(),
            comparisons: Vec::new(),
            seen_compared: FxHashSet::default(),
            n_collections: 0,
            seen_collections: FxHashSet::default(),
            requests: Vec::new(),
            depth: 0,
            deferred_calls: Vec::new(),
            family_calls: Vec::new(),
            library_site: None,
            current_group: None,
            top_states: vec![State::Todo; n_stmts],
            goals: Vec::new(),
            n_projections: 0,
            late_results: Vec::new(),
            widened: Vec::new(),
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
            let scope = self.decls.stmt_scope(index);
            let env = std::mem::replace(&mut self.env, TypeEnv { scope, ..TypeEnv::default() });
            let depth = std::mem::take(&mut self.depth);
            let tables = Body::new(self, Owner::Top(index as u32)).check_top(stmt);
            self.current_group = group;
            (self.env, self.depth) = (env, depth);
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
            if let Some(inst) = self.plain_instance(id)
                && self.out.insts[inst].state == State::Todo
            {
                let first_goal = self.goals.len();
                self.check_instance(inst);
                self.solve_goals(first_goal);
                self.out.insts[inst].state = State::Done;
            }
        }
    }

    /// The result of `id`, which has no type parameters. Its body is checked first if it has to be.
    fn result_of(&mut self, id: FnId, inst: InstId, at: Span) -> Ty {
        let Some(group) = self.groups.of(id) else { return self.out.insts[inst].result };
        match self.out.insts[inst].state {
            State::Done => {}
            State::Todo => self.require_group(group),
            State::Running if self.current_group == Some(group) => {}
            State::Running => {
                self.report_circle(id, at);
                return Ty::ERROR;
            }
        }
        self.out.insts[inst].result
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
        let is_started = |group: usize| {
            let inst = self.plain_instance(self.groups.members[group][0]);
            inst.is_some_and(|inst| self.out.insts[inst].state != State::Todo)
        };
        let order = self.groups.closure(group, is_started);
        for next in order {
            self.check_group(next);
        }
    }

    fn check_group(&mut self, group: usize) {
        let members: Vec<InstId> =
            self.groups.members[group].iter().filter_map(|&id| self.plain_instance(id)).collect();
        if members.first().is_none_or(|&first| self.out.insts[first].state != State::Todo) {
            return;
        }
        let outer = self.current_group.replace(group);
        let first_goal = self.goals.len();
        for &inst in &members {
            self.out.insts[inst].state = State::Running;
        }
        for &inst in &members {
            self.check_instance(inst);
        }
        self.solve_goals(first_goal);
        for &inst in &members {
            self.out.insts[inst].result = self.out.tys.close(self.out.insts[inst].result);
            self.out.insts[inst].state = State::Done;
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

    fn display(&mut self, ty: Ty) -> String {
        self.out.tys.display(ty)
    }
}

//! Instances: a function with type arguments. A function without type parameters has one instance, made at the start.
//!
//! Calls of a generic function ask for an instance. If the result is declared, the request waits until all bodies that
//! exist were checked; if not, the body is checked as soon as the type arguments are known, because its result is needed.

use resilient_base::{Diagnostic, Span, diag::codes, entity_impl};

use super::body::{Body, Owner};
use super::goals::Goal;
use super::ty::{Ty, TyKind, TyList};
use super::written::TypeEnv;
use super::{Checker, State};
use crate::decls::FnId;

/// An instance of a function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstId(u32);
entity_impl!(InstId, "inst");

/// A function with type arguments.
#[derive(Clone, Debug)]
pub struct Instance {
    /// The function.
    pub func: FnId,
    /// The type arguments.
    pub args: TyList,
    /// Types of the parameters.
    pub params: Vec<Ty>,
    /// The result; a variable until the body was checked, if it is not declared.
    pub result: Ty,
    /// Whether it only serves to check a generic function that nothing calls.
    pub is_probe: bool,
    pub(super) state: State,
    depth: u32,
}

/// A wish for an instance.
#[derive(Clone, Copy)]
pub(super) struct Request {
    func: FnId,
    args: TyList,
    at: Span,
    depth: u32,
}

/// A function at a call: its type arguments and what they make of the signature.
pub(super) struct Instantiated {
    pub(super) args: TyList,
    pub(super) params: Vec<Ty>,
    pub(super) result: Ty,
}

/// How the note about the type arguments in force begins.
const INSTANCE_NOTE: &str = "note: in ";

/// How deep calls of generic functions with ever new type arguments may nest.
const MAX_DEPTH: u32 = 128;

impl<'a> Checker<'_, '_, 'a> {
    /// Makes the instances of functions without type parameters.
    pub(super) fn declare_instances(&mut self) {
        for id in self.decls.fns.keys() {
            if !self.out.sigs[id].is_generic() {
                self.add_instance(id, TyList::EMPTY, 0, false);
            }
        }
    }

    /// The instance of a function without type parameters.
    pub(super) fn plain_instance(&self, id: FnId) -> Option<InstId> {
        self.out.inst_ids.get(&(id, TyList::EMPTY)).copied()
    }

    fn add_instance(&mut self, func: FnId, args: TyList, depth: u32, is_probe: bool) -> InstId {
        let sig = &self.out.sigs[func];
        let (templates, result): (Vec<Ty>, _) = (sig.params.iter().map(|param| param.ty).collect(), sig.result);
        let params = templates.into_iter().map(|ty| self.out.tys.subst(ty, args)).collect();
        let result = match result {
            Some(ty) => self.out.tys.subst(ty, args),
            None => self.out.tys.fresh(),
        };
        let inst = Instance { func, args, params, result, is_probe, state: State::Todo, depth };
        let id = self.out.insts.push(inst);
        self.out.fns.push(None);
        self.out.inst_ids.insert((func, args), id);
        id
    }

    /// What `func` is at a call. The first type arguments are those of `known`; the others are to be inferred.
    pub(super) fn instantiate(&mut self, func: FnId, known: TyList, at: Span) -> Instantiated {
        let sig = &self.out.sigs[func];
        let (n_params, result) = (sig.type_params.len(), sig.result);
        let templates: Vec<Ty> = sig.params.iter().map(|param| param.ty).collect();
        if n_params == 0 {
            let result = match self.plain_instance(func) {
                Some(inst) => self.result_of(func, inst, at),
                None => Ty::ERROR,
            };
            return Instantiated { args: TyList::EMPTY, params: templates, result };
        }
        let mut args = self.out.tys.args(known).to_vec();
        args.truncate(n_params);
        while args.len() < n_params {
            args.push(self.out.tys.fresh());
        }
        let args = self.out.tys.list(&args);
        let params = templates.into_iter().map(|ty| self.out.tys.subst(ty, args)).collect();
        let result = match result {
            Some(ty) => {
                self.requests.push(Request { func, args, at, depth: self.depth + 1 });
                self.out.tys.subst(ty, args)
            }
            None => self.out.tys.fresh(),
        };
        Instantiated { args, params, result }
    }

    /// Asks for the result of a call whose arguments were checked, if the function does not declare it.
    pub(super) fn demand_result(&mut self, func: FnId, call: &Instantiated, at: Span) {
        let sig = &self.out.sigs[func];
        if sig.is_generic() && sig.result.is_none() {
            self.demand(Goal::Instance(func, call.args, call.result, at, self.depth + 1));
        }
    }

    /// The result of the instance, whose body is checked now if it was not before. Its goals join those that wait.
    pub(super) fn instance_result(&mut self, func: FnId, args: TyList, at: Span, depth: u32) -> Ty {
        let args = self.out.tys.close_list(args);
        if self.has_error(args) {
            return Ty::ERROR;
        }
        let Some(inst) = self.require_instance(func, args, at, depth, false) else { return Ty::ERROR };
        if self.out.insts[inst].state == State::Todo {
            self.out.insts[inst].state = State::Running;
            let n_diags = self.diags.len();
            self.check_instance(inst);
            self.note_instance(inst, n_diags);
            self.out.insts[inst].state = State::Done;
        }
        self.out.insts[inst].result
    }

    fn require_instance(&mut self, func: FnId, args: TyList, at: Span, depth: u32, is_probe: bool) -> Option<InstId> {
        if let Some(&inst) = self.out.inst_ids.get(&(func, args)) {
            return Some(inst);
        }
        if depth > MAX_DEPTH {
            let name = self.out.full_name(func, self.decls, self.cx);
            let message = format!("instances of `{name}` nest deeper than {MAX_DEPTH}");
            self.diags.push(
                Diagnostic::error(codes::INSTANCE_DEPTH, at, message)
                    .with_note("each call of it leads to one with other type arguments"),
            );
            return None;
        }
        Some(self.add_instance(func, args, depth, is_probe))
    }

    /// Checks the instances that were asked for, and those that these ask for.
    pub(super) fn check_requested(&mut self) {
        let mut next = 0;
        loop {
            self.request_equality();
            self.solve_goals(0);
            if next == self.requests.len() {
                break;
            }
            let Request { func, args, at, depth } = self.requests[next];
            next += 1;
            let args = self.out.tys.close_list(args);
            if self.has_error(args) {
                continue;
            }
            if let Some(inst) = self.require_instance(func, args, at, depth, false)
                && self.out.insts[inst].state == State::Todo
            {
                self.check_and_solve(inst);
            }
        }
        self.requests.clear();
    }

    fn check_and_solve(&mut self, inst: InstId) {
        self.out.insts[inst].state = State::Running;
        let (first_goal, n_diags) = (self.goals.len(), self.diags.len());
        self.check_instance(inst);
        self.solve_goals(first_goal);
        self.note_instance(inst, n_diags);
        self.out.insts[inst].result = self.out.tys.close(self.out.insts[inst].result);
        self.out.insts[inst].state = State::Done;
    }

    /// Adds the type arguments to the messages from number `first` on.
    fn note_instance(&mut self, inst: InstId, first: usize) {
        let &Instance { func, args, is_probe, .. } = &self.out.insts[inst];
        if args != TyList::EMPTY && !is_probe && self.diags.len() > first {
            let note = format!("note: {}", self.instance_text(func, args));
            for diagnostic in self.diags.since(first) {
                // The innermost instance is the one that matters.
                if !diagnostic.notes.iter().any(|note| note.starts_with(INSTANCE_NOTE)) {
                    diagnostic.notes.push(note.clone());
                }
            }
        }
    }

    /// Asks for the methods that `==` on values of the compared types calls.
    fn request_equality(&mut self) {
        while let Some((ty, at)) = self.compared.pop() {
            let ty = self.out.tys.close(ty);
            if !self.seen_compared.insert(ty) {
                continue;
            }
            let parts = match self.out.tys.kind(ty) {
                TyKind::Array(element) => vec![element],
                TyKind::Enum(id, args) => {
                    let n_variants = self.out.tys.nominals.enums[id].variants.len() as u32;
                    (0..n_variants).flat_map(|number| self.out.tys.payload(id, args, number)).collect()
                }
                _ => match self.find_method_by_text(ty, "eq") {
                    Some(func) if matches!(self.out.tys.kind(ty), TyKind::Struct(..)) => {
                        let known = self.type_args_of(ty);
                        let call = self.instantiate(func, known, at);
                        self.demand_result(func, &call, at);
                        Vec::new()
                    }
                    _ => self.out.tys.field_types(ty).unwrap_or_default(),
                },
            };
            self.compared.extend(parts.into_iter().map(|part| (part, at)));
        }
    }

    /// Whether something was reported about one of the types.
    fn has_error(&mut self, args: TyList) -> bool {
        let args = self.out.tys.args(args).to_vec();
        args.into_iter().any(|ty| self.out.tys.contains_error(ty))
    }

    /// Checks what does not depend on type parameters in generic functions that have no instance.
    pub(super) fn check_unused_templates(&mut self) {
        let used: std::collections::BTreeSet<FnId> = self.out.insts.values().map(|inst| inst.func).collect();
        for id in self.decls.fns.keys() {
            let sig = &self.out.sigs[id];
            if !used.contains(&id) && sig.is_generic() && !sig.is_broken {
                let args = vec![Ty::ERROR; sig.type_params.len()];
                let args = self.out.tys.list(&args);
                let inst = self.add_instance(id, args, 1, true);
                self.check_and_solve(inst);
            }
        }
        // What these ask for is of no interest.
        self.requests.clear();
    }

    /// Checks the body of an instance.
    pub(super) fn check_instance(&mut self, inst: InstId) {
        let &Instance { func, args, depth, .. } = &self.out.insts[inst];
        let sig = &self.out.sigs[func];
        let names = sig.type_params.clone();
        let self_ty = sig.self_ty.map(|ty| self.out.tys.subst(ty, args));
        let params = names
            .into_iter()
            .zip(self.out.tys.args(args).iter().copied())
            .filter_map(|(name, ty)| name.map(|name| (name, ty)))
            .collect();
        let env = TypeEnv { params, self_ty, next_implicit: None };
        let outer_env = std::mem::replace(&mut self.env, env);
        let outer_depth = std::mem::replace(&mut self.depth, depth);
        let tables = Body::new(self, Owner::Fn(inst)).check_function(inst);
        self.out.fns[inst] = Some(Box::new(tables));
        self.env = outer_env;
        self.depth = outer_depth;
    }
}

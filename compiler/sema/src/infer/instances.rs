//! Instances: a function with type arguments. A function without type parameters has one instance, made at the start.
//!
//! Calls of a generic function ask for an instance. If the result is declared, the request waits until all bodies that
//! exist were checked; if not, the body is checked as soon as the type arguments are known, because its result is needed.

use resilient_base::{Diagnostic, Span, Symbol, diag::codes, entity_impl};

use super::body::{Body, Owner};
use super::goals::Goal;
use super::traits::Bound;
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
        let params = templates.into_iter().map(|ty| self.put_in(ty, args, None)).collect();
        let result = match result {
            Some(ty) => self.put_in(ty, args, None),
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
        let at = self.library_site.unwrap_or(at);
        if self.cx.options.is_bare
            && let Some(function) = self.decls.library.function(func).filter(|function| function.needs_os)
        {
            let name = function.program_name();
            let message = format!("builtin `{name}` is unavailable without `feature = \"std\"`");
            self.diags.push(Diagnostic::error(codes::NEEDS_OS, at, message));
        }
        let sig = &self.out.sigs[func];
        let (n_params, result) = (sig.type_params.len(), sig.result);
        let templates: Vec<Ty> = sig.params.iter().map(|param| param.ty).collect();
        if n_params == 0 && !self.out.sigs[func].is_library {
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
        let params = templates.into_iter().map(|ty| self.put_in(ty, args, Some(at))).collect();
        let result = match result {
            _ if self.out.is_dispatch(func, args, self.decls) => self.dispatch_result(func, args, at),
            Some(ty) => {
                self.requests.push(Request { func, args, at, depth: self.depth + 1 });
                self.put_in(ty, args, Some(at))
            }
            None => match self.opaque_result(func, args) {
                Some(ty) => ty,
                None => self.out.tys.fresh(),
            },
        };
        Instantiated { args, params, result }
    }

    /// `ty` of a template with these type arguments.
    fn put_in(&mut self, ty: Ty, args: TyList, at: Option<Span>) -> Ty {
        let ty = self.out.tys.subst(ty, args);
        self.normalize(ty, at)
    }

    /// Checks the bounds of a call whose arguments were checked, and asks for its result if the function does not
    /// declare it.
    pub(super) fn demand_result(&mut self, func: FnId, call: &Instantiated, at: Span) {
        self.settle_projections();
        self.demand_bounds(func, call, at);
        let sig = &self.out.sigs[func];
        if sig.is_generic() && sig.result.is_none() && !self.out.is_dispatch(func, call.args, self.decls) {
            self.demand(Goal::Instance(func, call.args, call.result, at, self.depth + 1));
        }
    }

    /// The result of the instance, whose body is checked now if it was not before. Its goals join those that wait.
    pub(super) fn instance_result(&mut self, func: FnId, args: TyList, at: Span, depth: u32) -> Ty {
        let args = self.out.tys.close_list(args);
        if let Some(ty) = self.opaque_result(func, args) {
            return ty;
        }
        if self.has_error(args) || self.out.traits.rejected.contains(&(func, args)) {
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
            let name = self.out.instance_name(func, args, self.decls, self.cx);
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
            self.request_dispatch();
            self.request_equality();
            self.solve_goals(0);
            if next == self.requests.len() {
                if self.compared.is_empty()
                    && self.compared_inside.is_empty()
                    && self.out.traits.dyn_values.is_empty()
                    && !self.request_collections()
                {
                    break;
                }
                continue;
            }
            let Request { func, args, at, depth } = self.requests[next];
            next += 1;
            let args = self.out.tys.close_list(args);
            if self.has_error(args) || self.out.traits.rejected.contains(&(func, args)) {
                continue;
            }
            let is_new = !self.out.inst_ids.contains_key(&(func, args));
            if is_new && self.out.sigs[func].is_library && !self.meets_constraints(func, args, at) {
                continue;
            }
            if let Some(inst) = self.require_instance(func, args, at, depth, false)
                && self.out.insts[inst].state == State::Todo
            {
                let n_diags = self.diags.len();
                let site = self.out.sigs[func].is_library.then_some(at);
                let outer = std::mem::replace(&mut self.library_site, site);
                self.check_and_solve(inst);
                self.library_site = outer;
                if site.is_some() {
                    self.report_at_call(func, at, n_diags);
                }
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
        if self.decls.fns[func].trait_.is_some() {
            // A default method is checked for a `Self` that is not known, and for each type.
            self.diags.forget_repeated(first);
        }
        if args != TyList::EMPTY && !is_probe {
            let text = self.instance_text(func, args);
            self.add_note(&text, first);
        }
    }

    /// [`Self::note_instance`] for a local function.
    pub(super) fn note_local_instance(
        &mut self,
        name: &str,
        type_params: &[Option<Symbol>],
        args: TyList,
        first: usize,
    ) {
        let text = self.args_text(name, type_params, args);
        self.add_note(&text, first);
    }

    fn add_note(&mut self, text: &str, first: usize) {
        if self.diags.len() > first {
            let note = format!("note: {text}");
            for diagnostic in self.diags.since(first) {
                // The innermost instance is the one that matters.
                if !diagnostic.notes.iter().any(|note| note.starts_with(INSTANCE_NOTE)) {
                    diagnostic.notes.push(note.clone());
                }
            }
        }
    }

    /// Reports a comparison of values with parts that have no `==`. A struct with a method `eq` decides itself.
    fn reject_comparison(&mut self, ty: Ty, at: Span) {
        if let Some(part) = self.incomparable_part(ty, false) {
            self.report_comparison(part, at);
        }
    }

    /// [`Self::reject_comparison`] for what trait objects hold, when all of that is known.
    pub(super) fn reject_dyn_comparisons(&mut self) {
        for (ty, at) in std::mem::take(&mut self.comparisons) {
            if self.incomparable_part(ty, false).is_none()
                && let Some(part) = self.incomparable_part(ty, true)
            {
                self.report_comparison(part, at);
            }
        }
    }

    fn report_comparison(&mut self, part: Ty, at: Span) {
        let part = self.display(part);
        let message = format!("values that contain a `{part}` cannot be compared");
        self.diags.push(Diagnostic::error(codes::TYPE_MISMATCH, at, message));
    }

    /// A part of the values of type `ty` that has no `==`; the parts of trait objects count `through_dyn`.
    fn incomparable_part(&mut self, ty: Ty, through_dyn: bool) -> Option<Ty> {
        let mut seen = std::collections::BTreeSet::new();
        let mut todo = vec![ty];
        while let Some(ty) = todo.pop() {
            let ty = self.out.tys.close(ty);
            if !seen.insert(ty) {
                continue;
            }
            match self.out.tys.kind(ty) {
                TyKind::Fn(_) | TyKind::Cell(_) => return Some(ty),
                TyKind::Dyn(id) if through_dyn => todo.extend(&self.out.traits.dyns[id]),
                TyKind::Struct(..) if self.find_method_by_text(ty, "eq").is_some() => {}
                _ => todo.extend(self.out.tys.parts(ty)),
            }
        }
        None
    }

    /// Asks for the methods that `==` on values of the compared types calls.
    fn request_equality(&mut self) {
        // What the library compares was looked at where the program calls it.
        let library = &self.decls.library;
        let own: Vec<(Ty, Span)> = self.compared.iter().copied().filter(|(_, at)| !library.owns(at.file)).collect();
        for (ty, at) in own {
            self.reject_comparison(ty, at);
            self.comparisons.push((ty, at));
        }
        let mut todo = std::mem::take(&mut self.compared);
        todo.append(&mut self.compared_inside);
        while let Some((ty, at)) = todo.pop() {
            let ty = self.out.tys.close(ty);
            if !self.seen_compared.insert(ty) {
                continue;
            }
            let parts = match self.out.tys.kind(ty) {
                TyKind::Array(element) => vec![element],
                TyKind::Dyn(id) => {
                    self.out.traits.compared_dyns.insert(id);
                    self.out.traits.dyns[id].clone()
                }
                TyKind::Enum(id, args) => {
                    let n_variants = self.out.tys.nominals.enums[id].variants.len() as u32;
                    (0..n_variants).flat_map(|number| self.out.tys.payload(id, args, number)).collect()
                }
                _ => match self.find_method_by_text(ty, "eq") {
                    Some(func) if matches!(self.out.tys.kind(ty), TyKind::Struct(..)) => {
                        let known = self.out.receiver_args(func, ty);
                        let call = self.instantiate(func, known, at);
                        self.demand_result(func, &call, at);
                        Vec::new()
                    }
                    _ => self.out.tys.field_types(ty).unwrap_or_default(),
                },
            };
            todo.extend(parts.into_iter().map(|part| (part, at)));
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
            let has_body = self.decls.fns[id].decl.body.is_some() && !sig.is_library;
            if !used.contains(&id) && sig.is_generic() && !sig.is_orphan && has_body {
                let args = vec![Ty::ERROR; sig.type_params.len()];
                let args = self.out.tys.list(&args);
                let inst = self.add_instance(id, args, 1, true);
                self.check_and_solve(inst);
            }
        }
        // What these ask for is of no interest.
        self.requests.clear();
    }

    /// Checks the default methods of traits for a `Self` of which only the trait is known.
    pub(super) fn check_defaults(&mut self) {
        for id in self.decls.fns.keys() {
            if self.decls.fns[id].trait_.is_some() {
                self.check_default(id);
            }
        }
    }

    /// The instance of a default method for a `Self` of which only the trait is known. None if that is being checked,
    /// or there is none.
    pub(super) fn check_default(&mut self, id: FnId) -> Option<InstId> {
        let entry = &self.decls.fns[id];
        let (trait_, sig) = (entry.trait_?, &self.out.sigs[id]);
        if entry.decl.body.is_none() || sig.is_orphan {
            return None;
        }
        let mut args = vec![Ty::ERROR; sig.type_params.len()];
        args[0] = self.out.tys.opaque(trait_);
        let args = self.out.tys.list(&args);
        let inst = match self.out.inst_ids.get(&(id, args)) {
            Some(&inst) => inst,
            None => self.add_instance(id, args, 1, true),
        };
        match self.out.insts[inst].state {
            State::Done => Some(inst),
            State::Running => None,
            State::Todo => {
                self.check_and_solve(inst);
                Some(inst)
            }
        }
    }

    /// Checks the body of an instance.
    pub(super) fn check_instance(&mut self, inst: InstId) {
        let &Instance { func, args, depth, .. } = &self.out.insts[inst];
        let sig = &self.out.sigs[func];
        let (names, sig_bounds) = (sig.type_params.clone(), sig.bounds.clone());
        let self_ty = sig.self_ty.map(|ty| self.out.tys.subst(ty, args));
        let params = names
            .into_iter()
            .zip(self.out.tys.args(args).iter().copied())
            .filter_map(|(name, ty)| name.map(|name| (name, ty)))
            .collect();
        let entry = &self.decls.fns[func];
        let (trait_, impl_, scope) = (entry.trait_, entry.impl_, entry.scope);
        let bounds =
            sig_bounds.into_iter().map(|b| Bound { subject: self.out.tys.subst(b.subject, args), ..b }).collect();
        let env = TypeEnv { params, self_ty, next_implicit: None, in_nominal: false, scope, bounds, trait_, impl_ };
        let outer_env = std::mem::replace(&mut self.env, env);
        let outer_depth = std::mem::replace(&mut self.depth, depth);
        let outer_site = self.library_site;
        if !self.out.sigs[func].is_library {
            self.library_site = None;
        }
        let tables = Body::new(self, Owner::Fn(inst)).check_function(inst);
        self.out.fns[inst] = Some(Box::new(tables));
        self.env = outer_env;
        self.depth = outer_depth;
        self.library_site = outer_site;
    }
}

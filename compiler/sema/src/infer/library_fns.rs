//! Calls of library functions that are written in the language: families of several signatures under one name, methods of
//! built-in types, intrinsics, and the constraints on type parameters.

use resilient_base::{Diagnostic, Span, Symbol, diag::codes};
use resilient_syntax::ast::{self, Arg, Expr};

use super::Checker;
use super::body::{Body, Owner};
use super::goals::{Goal, Operand};
use super::report::Site;
use super::ty::{Ty, TyKind, TyList};
use crate::decls::FnId;
use crate::intrinsics::{Intrinsic, Shape};
use crate::tables::{ArgSource, Callee, Key, SlotId};

/// A call of a family whose form was not known when the call was seen.
pub(super) struct FamilyCall {
    forms: Vec<FnId>,
    name: ast::Name,
    values: Vec<Operand>,
    is_method: bool,
    span: Span,
    result: Ty,
    slot: SlotId,
}

/// What a type parameter of a library function demands of the types for it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Constraint {
    /// `==`
    Eq,
    /// `<`: numbers, chars, strings, bools
    Ord,
    /// Any integer type.
    Integer,
    /// int or float
    Num,
    /// Keys of maps, elements of sets.
    Key,
    /// No parts.
    Scalar,
}

impl Constraint {
    fn by_name(name: &str) -> Option<Constraint> {
        Some(match name {
            "Eq" => Constraint::Eq,
            "Ord" => Constraint::Ord,
            "Integer" => Constraint::Integer,
            "Num" => Constraint::Num,
            "Key" => Constraint::Key,
            "Scalar" => Constraint::Scalar,
            _ => return None,
        })
    }

    /// What a type that lacks it is told.
    fn lack(self) -> &'static str {
        match self {
            Constraint::Eq => "values of it cannot be compared with `==`",
            Constraint::Ord => "it has no order: numbers, `char`, `string` and `bool` have",
            Constraint::Integer => "it is not an integer",
            Constraint::Num => "it is not a number: `int` or `float`",
            Constraint::Key => "it cannot be a key: integers, `string` and `bool` can",
            Constraint::Scalar => "it is not a scalar",
        }
    }
}

impl<'a> Body<'_, '_, '_, 'a> {
    /// Whether this is the body of a library function.
    pub(super) fn is_library(&self) -> bool {
        match self.owner {
            Owner::Fn(inst) => self.ck.decls.library.contains(self.ck.out.insts[inst].func),
            Owner::Top(_) | Owner::Const(_) => false,
        }
    }

    /// A call of one of `forms`; the receiver of a method is the first argument.
    pub(super) fn call_family(
        &mut self,
        (expr, wanted): (&Expr<'_>, Option<Ty>),
        forms: &[FnId],
        name: ast::Name,
        receiver: Option<Operand>,
        args: &'a [Arg<'a>],
    ) -> Ty {
        if let Some(given) = args.iter().find_map(|arg| arg.name) {
            let message = format!("`{}` takes no named arguments", self.ck.cx.name(name.symbol));
            self.error(Diagnostic::error(codes::NAMED_ARGUMENT, given.span, message));
            return self.args_only(args, Ty::ERROR);
        }
        let n_given = args.len() + usize::from(receiver.is_some());
        let mut fitting = forms.to_vec();
        fitting.retain(|&id| self.ck.out.sigs[id].params.len() == n_given);
        if let [only] = fitting[..] {
            return self.call_fn((expr, wanted), only, TyList::EMPTY, name, receiver, args);
        }
        if fitting.is_empty() {
            self.ck.report_family_arity(forms, expr.span, receiver.is_some(), args.len());
            return self.args_only(args, Ty::ERROR);
        }
        let callbacks = self.ck.callback_types(&fitting, receiver);
        let mut values: Vec<Operand> = receiver.into_iter().collect();
        let mut completes = true;
        for (index, arg) in args.iter().enumerate() {
            let ty = match callbacks.get(index).copied().flatten() {
                Some(callback) => self.coerce(arg.value, callback, Site::Arg(index, name.symbol)),
                None => self.value(arg.value),
            };
            completes &= !self.is_never(ty);
            values.push(Operand::new(ty, arg.value.span));
        }
        if !completes {
            return Ty::NEVER;
        }
        let slot = self.ck.out.slots.push(None);
        self.t.calls.insert(Key::of(expr), Callee::Slot(slot));
        let result = self.ck.out.tys.fresh();
        let is_method = receiver.is_some();
        self.ck.demand_form(FamilyCall { forms: fitting, name, values, is_method, span: expr.span, result, slot });
        result
    }

    /// A call of an intrinsic. Library code is right about their number and types, or its tests are not.
    pub(super) fn call_intrinsic(&mut self, expr: &Expr<'_>, intrinsic: Intrinsic, args: &'a [Arg<'a>]) -> Ty {
        let (shapes, result) = intrinsic.shapes();
        let any = self.ck.out.tys.fresh();
        if args.len() != shapes.len() {
            self.ck.report_arity(expr.span, shapes.len(), args.len(), "an intrinsic");
        }
        let mut completes = true;
        for (arg, shape) in args.iter().zip(shapes) {
            let wanted = self.ck.shape_ty(shape, any);
            let ty = self.coerce(arg.value, wanted, Site::LibArg("an intrinsic"));
            completes &= !self.is_never(ty);
        }
        self.t.calls.insert(Key::of(expr), Callee::Intrinsic(intrinsic));
        if completes { self.ck.shape_ty(result, any) } else { Ty::NEVER }
    }
}

impl<'a> Checker<'_, '_, 'a> {
    fn shape_ty(&mut self, shape: Shape, any: Ty) -> Ty {
        let tys = &mut self.out.tys;
        match shape {
            Shape::Any => any,
            Shape::Array => tys.array(any),
            Shape::Words => tys.array(Ty::U64),
            Shape::Octets => tys.array(Ty::U8),
            Shape::Strings => tys.array(Ty::STR),
            Shape::Str => Ty::STR,
            Shape::Int => Ty::INT,
            Shape::Float => Ty::FLOAT,
            Shape::Bool => Ty::BOOL,
            Shape::Char => Ty::CHAR,
            Shape::Part => tys.tuple(&[Ty::INT, Ty::INT, Ty::FLOAT, Ty::STR]),
            Shape::Outcome => tys.result(any, Ty::STR),
            Shape::Never => Ty::NEVER,
        }
    }

    /// The library functions that are methods called `name` of values of type `ty`.
    pub(super) fn library_methods(&mut self, ty: Ty, name: Symbol) -> Vec<FnId> {
        let mut forms = self.decls.library.methods(name).to_vec();
        forms.retain(|&id| match self.out.sigs[id].params.first().map(|param| param.ty) {
            Some(param) => self.same_head(param, ty),
            None => false,
        });
        forms
    }

    fn same_head(&mut self, a: Ty, b: Ty) -> bool {
        match (self.out.tys.kind(a), self.out.tys.kind(b)) {
            (TyKind::Array(_), TyKind::Array(_)) => true,
            (TyKind::Struct(a, _), TyKind::Struct(b, _)) => a == b,
            (TyKind::Enum(a, _), TyKind::Enum(b, _)) => a == b,
            (a, b) => a == b,
        }
    }

    /// The one of `forms` that is a value of the `wanted` type; the only one in any case.
    pub(super) fn form_for(&mut self, forms: &[FnId], wanted: Option<Ty>) -> Option<FnId> {
        if let [only] = forms {
            return Some(*only);
        }
        let wanted = wanted?;
        let fits = |ck: &mut Self, id: FnId| {
            let sig = &ck.out.sigs[id];
            let (n_params, result) = (sig.type_params.len(), sig.result);
            let params: Vec<Ty> = sig.params.iter().map(|param| param.ty).collect();
            let template = ck.out.tys.function(&params, result.unwrap_or(Ty::VOID));
            let args = ck.out.tys.fresh_list(n_params);
            let ty = ck.out.tys.subst(template, args);
            let trial = ck.out.tys.begin_trial();
            let fits = ck.out.tys.unify(ty, wanted);
            ck.out.tys.rollback(trial);
            fits
        };
        forms.iter().copied().find(|&id| fits(self, id))
    }

    /// For each argument of a method of several forms the type of the function that it is, if it is one: the forms take the
    /// same functions, but for the results.
    fn callback_types(&mut self, forms: &[FnId], receiver: Option<Operand>) -> Vec<Option<Ty>> {
        let (Some(receiver), [first, ..]) = (receiver, forms) else { return Vec::new() };
        let sig = &self.out.sigs[*first];
        let (n_params, templates) =
            (sig.type_params.len(), sig.params.iter().map(|param| param.ty).collect::<Vec<Ty>>());
        let args = self.out.tys.fresh_list(n_params);
        let params: Vec<Ty> = templates.into_iter().map(|template| self.out.tys.subst(template, args)).collect();
        let [own, others @ ..] = params.as_slice() else { return Vec::new() };
        self.out.tys.try_unify(*own, receiver.ty);
        let callback = |ck: &mut Self, param: Ty| {
            let TyKind::Fn(list) = ck.out.tys.kind(param) else { return None };
            let (params, _) = ck.out.tys.fn_parts(list);
            let result = ck.out.tys.fresh();
            Some(ck.out.tys.function(&params, result))
        };
        others.iter().map(|&param| callback(self, param)).collect()
    }

    fn demand_form(&mut self, call: FamilyCall) {
        let number = self.family_calls.len();
        self.family_calls.push(call);
        self.demand(Goal::Family(number));
    }

    /// A call of a family on arguments that were checked: where the call itself waited for its receiver.
    pub(super) fn deferred_family(
        &mut self,
        forms: &[FnId],
        name: ast::Name,
        values: &[Operand],
        span: Span,
        slot: SlotId,
    ) -> Ty {
        let mut fitting = forms.to_vec();
        fitting.retain(|&id| self.out.sigs[id].params.len() == values.len());
        if fitting.is_empty() {
            self.report_family_arity(forms, span, true, values.len() - 1);
            return Ty::ERROR;
        }
        let result = self.out.tys.fresh();
        let values = values.to_vec();
        self.demand_form(FamilyCall { forms: fitting, name, values, is_method: true, span, result, slot });
        result
    }

    /// Finds the form that the call with this number is for. False if that cannot be told yet.
    pub(super) fn choose_form(&mut self, number: usize, is_last: bool) -> bool {
        let (forms, values) = (self.family_calls[number].forms.clone(), self.family_calls[number].values.clone());
        let mut fitting = forms.clone();
        fitting.retain(|&id| self.takes(id, &values, false));
        if fitting.is_empty() {
            fitting = forms;
            fitting.retain(|&id| self.takes(id, &values, true));
        }
        match fitting[..] {
            [] => self.report_no_form(number),
            [form] => self.commit_form(number, form),
            // Whatever they turn out to be, all of these forms take them.
            [form, ..] if is_last || values.iter().all(|value| self.out.tys.is_closed(value.ty)) => {
                self.commit_form(number, form);
            }
            _ => return false,
        }
        true
    }

    /// Whether the function takes these values, as they are or also converted.
    fn takes(&mut self, id: FnId, values: &[Operand], converted: bool) -> bool {
        let sig = &self.out.sigs[id];
        let (n_params, templates) =
            (sig.type_params.len(), sig.params.iter().map(|param| param.ty).collect::<Vec<Ty>>());
        let args = self.out.tys.fresh_list(n_params);
        let trial = self.out.tys.begin_trial();
        let fits = templates.into_iter().zip(values).all(|(template, value)| {
            let wanted = self.out.tys.subst(template, args);
            self.out.tys.unify(wanted, value.ty) || converted && self.converts(wanted, value.ty, value.span)
        });
        // One form may be for types that can do more than those of the others.
        let fits = fits && self.lacking(id, args).is_none();
        self.out.tys.rollback(trial);
        fits
    }

    fn commit_form(&mut self, number: usize, form: FnId) {
        let call = &self.family_calls[number];
        let (values, name, span, slot, result) = (call.values.clone(), call.name, call.span, call.slot, call.result);
        let n_before = usize::from(call.is_method);
        let found = self.instantiate(form, TyList::EMPTY, name.span);
        for (index, (&value, &param)) in values.iter().zip(&found.params).enumerate() {
            if !self.accepts(param, value) {
                self.report_argument(Site::Arg(index.saturating_sub(n_before), name.symbol), param, value);
            }
        }
        let sources = (0..values.len() as u32).map(ArgSource::Given).collect();
        self.out.slots[slot] = Some(Callee::Fn(form, found.args, sources));
        self.settle(result, found.result, span);
    }

    fn report_no_form(&mut self, number: usize) {
        let call = &self.family_calls[number];
        let (values, name, forms, result) = (call.values.clone(), call.name, call.forms.clone(), call.result);
        let (span, is_method) = (call.span, call.is_method);
        self.out.tys.unify(result, Ty::ERROR);
        if values.iter().any(|value| self.out.tys.contains_error(value.ty)) {
            return;
        }
        let tys: Vec<String> = values.iter().map(|value| self.display(value.ty)).collect();
        let what = if is_method { "method" } else { "function" };
        let message = format!("{what} `{}` does not take ({})", self.cx.name(name.symbol), tys.join(", "));
        let diagnostic = Diagnostic::error(codes::NO_FORM, span, message);
        let diagnostic = self.with_signatures(diagnostic, &forms);
        self.diags.push(diagnostic);
    }

    fn report_family_arity(&mut self, forms: &[FnId], span: Span, is_method: bool, n_args: usize) {
        let before = usize::from(is_method);
        let mut counts: Vec<usize> = forms.iter().map(|&id| self.out.sigs[id].params.len() - before).collect();
        counts.sort_unstable();
        counts.dedup();
        let counts: Vec<String> = counts.iter().map(usize::to_string).collect();
        let message = format!("Expected {} arguments, got {n_args}", counts.join(" or "));
        let diagnostic = self.with_signatures(Diagnostic::error(codes::ARITY, span, message), forms);
        self.diags.push(diagnostic);
    }

    fn with_signatures(&mut self, mut diagnostic: Diagnostic, forms: &[FnId]) -> Diagnostic {
        for &id in forms {
            let signature = self.signature_text(id);
            diagnostic = diagnostic.with_note(format!("`{signature}`"));
        }
        diagnostic
    }

    /// Checks what a library function demands of its type arguments. False after a report, which stands at `at`.
    pub(super) fn meets_constraints(&mut self, id: FnId, args: TyList, at: Span) -> bool {
        if let Some((ty, name, constraint)) = self.lacking(id, args) {
            self.report_constraint(id, ty, self.cx.name(name), constraint, at);
            return false;
        }
        // Functions that are only there in case something is compared are asked for at no place.
        if at.lo != at.hi {
            let compared = self.demands(id, args).into_iter().filter(|&(.., constraint)| constraint == Constraint::Eq);
            self.compared.extend(compared.map(|(ty, ..)| (ty, at)));
        }
        true
    }

    /// The first of the type arguments that lacks what a library function demands of it, and what that is.
    fn lacking(&mut self, id: FnId, args: TyList) -> Option<(Ty, Symbol, Constraint)> {
        self.demands(id, args).into_iter().find(|&(ty, _, constraint)| !self.meets(ty, constraint))
    }

    /// What a library function demands of its type arguments.
    fn demands(&self, id: FnId, args: TyList) -> Vec<(Ty, Symbol, Constraint)> {
        let mut demands = Vec::new();
        for (param, &ty) in self.decls.fns[id].decl.type_params.iter().zip(self.out.tys.args(args)) {
            for bound in param.bounds {
                let [name] = bound.segments else { continue };
                demands.extend(Constraint::by_name(self.cx.name(name.symbol)).map(|found| (ty, name.symbol, found)));
            }
        }
        demands
    }

    fn report_constraint(&mut self, id: FnId, ty: Ty, bound: &str, constraint: Constraint, at: Span) {
        let ty = self.display(ty);
        let signature = self.signature_text(id);
        self.diags.push(
            Diagnostic::error(codes::CONSTRAINT, at, format!("type `{ty}` is not `{bound}`: {}", constraint.lack()))
                .with_note(format!("`{signature}`")),
        );
    }

    /// Reports a key type, written as at `at`, that cannot be one.
    pub(super) fn check_key(&mut self, key: Ty, at: Span) {
        if matches!(self.out.tys.kind(key), TyKind::Param(_)) || self.meets(key, Constraint::Key) {
            return;
        }
        let message = format!("type `{}` is not `Key`: {}", self.display(key), Constraint::Key.lack());
        self.diags.push(Diagnostic::error(codes::CONSTRAINT, at, message));
    }

    /// Whether values of the type can be keys.
    pub(super) fn can_be_key(&mut self, ty: Ty) -> bool {
        self.meets(ty, Constraint::Key)
    }

    /// What nothing determined is void and fits everywhere: there are no values of it.
    fn meets(&mut self, ty: Ty, constraint: Constraint) -> bool {
        let kind = self.out.tys.kind(ty);
        if matches!(kind, TyKind::Void | TyKind::Error | TyKind::Var(_)) {
            return true;
        }
        match constraint {
            Constraint::Eq => self.has_equality(ty, &mut Vec::new()),
            Constraint::Ord | Constraint::Scalar => kind.is_scalar(),
            Constraint::Integer => matches!(kind, TyKind::Int(_)),
            Constraint::Num => matches!(kind, TyKind::Int(_) | TyKind::Float | TyKind::F32),
            Constraint::Key => matches!(kind, TyKind::Int(_) | TyKind::Str | TyKind::Bool),
        }
    }

    /// Whether there is `==` for each of the types.
    pub(super) fn are_comparable(&mut self, tys: TyList) -> bool {
        let tys = self.out.tys.args(tys).to_vec();
        tys.into_iter().all(|ty| self.has_equality(ty, &mut Vec::new()))
    }

    /// Whether there is `==` for the type. `seen` are the types that the answer is being looked for.
    fn has_equality(&mut self, ty: Ty, seen: &mut Vec<Ty>) -> bool {
        let ty = self.out.tys.shallow(ty);
        if seen.contains(&ty) {
            return true;
        }
        seen.push(ty);
        let parts = match self.out.tys.kind(ty) {
            TyKind::Array(element) => vec![element],
            TyKind::Enum(id, args) => {
                let n_variants = self.out.tys.nominals.enums[id].variants.len() as u32;
                (0..n_variants).flat_map(|number| self.out.tys.payload(id, args, number)).collect()
            }
            TyKind::Struct(..) if self.find_method_by_text(ty, "eq").is_some() => Vec::new(),
            TyKind::Struct(..) | TyKind::Tuple(_) => self.out.tys.field_types(ty).unwrap_or_default(),
            // What trait objects hold is looked at where they are compared.
            TyKind::Void | TyKind::Error | TyKind::Dyn(_) => return true,
            kind => return kind.is_scalar(),
        };
        parts.into_iter().all(|part| self.has_equality(part, seen))
    }

    /// Adds the signature of a library function to what was reported, from number `first` on, about an argument.
    pub(super) fn note_signature(&mut self, id: FnId, arg: Span, first: usize) {
        let Some(function) = self.decls.library.function(id) else { return };
        for diagnostic in self.diags.since(first).iter_mut().filter(|found| found.span == arg) {
            diagnostic.notes.push(format!("note: `{}`", function.signature));
        }
    }

    /// Moves what was reported inside a library function, from number `first` on, to its call.
    pub(super) fn report_at_call(&mut self, id: FnId, at: Span, first: usize) {
        if self.diags.len() == first {
            return;
        }
        let signature = self.signature_text(id);
        let library = &self.decls.library;
        for diagnostic in self.diags.since(first).iter_mut().filter(|found| library.owns(found.span.file)) {
            diagnostic.span = at;
            diagnostic.label = String::new();
            diagnostic.secondary.clear();
            diagnostic.notes = vec![format!("note: `{signature}`")];
        }
    }
}

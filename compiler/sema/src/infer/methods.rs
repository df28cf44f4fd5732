//! Method calls: built-in methods, methods of `impl` blocks, free functions with dot syntax.

use resilient_base::{Diagnostic, Span, diag::codes};
use resilient_syntax::ast::{self, Expr};

use super::Checker;
use super::body::Body;
use super::goals::{Goal, Operand};
use super::instances::Instantiated;
use super::report::Site;
use super::ty::{Ty, TyKind};
use crate::decls::{FnId, TraitId};
use crate::gaps::{self, Gap};
use crate::library::LibFn;
use crate::suggest;
use crate::tables::{ArgSource, Callee, Key, Res, SlotId};

/// What a method call calls.
#[derive(Clone)]
pub(super) enum Method {
    /// A built-in method.
    Lib(LibFn),
    /// A method of the program.
    Fn(FnId),
    /// Functions of the library.
    Library(Vec<FnId>),
}

/// A method call on a receiver whose type was not known when the call was seen.
pub(super) struct DeferredCall<'a> {
    receiver: Operand,
    name: ast::Name,
    args: Vec<Operand>,
    named: Option<&'a ast::Arg<'a>>,
    span: Span,
    result: Ty,
    slot: SlotId,
}

impl<'a> Body<'_, '_, '_, 'a> {
    pub(super) fn method_call(
        &mut self,
        (expr, wanted): (&'a Expr<'a>, Option<Ty>),
        receiver: &'a Expr<'a>,
        name: ast::Name,
        args: &'a [ast::Arg<'a>],
    ) -> Ty {
        let ty = self.value(receiver);
        if self.is_never(ty) {
            return self.args_only(args, Ty::NEVER);
        }
        self.method_call_on((expr, wanted), Operand::new(ty, receiver.span), name, args)
    }

    /// A method call on a value, where a value of a certain type may be wanted.
    pub(super) fn method_call_on(
        &mut self,
        (expr, wanted): (&'a Expr<'a>, Option<Ty>),
        receiver: Operand,
        name: ast::Name,
        args: &'a [ast::Arg<'a>],
    ) -> Ty {
        let ty = receiver.ty;
        if self.ck.out.tys.is_open(ty) {
            return self.defer_call(expr, receiver, name, args);
        }
        if let Some(id) = self.ck.out.tys.opaque_trait(ty) {
            return self.trait_call((expr, wanted), id, receiver, name, args);
        }
        if self.ck.out.tys.kind(ty) == TyKind::Error {
            return self.args_only(args, Ty::ERROR);
        }
        match self.ck.method(receiver, name) {
            Some(Method::Lib(function)) => self.call_lib((expr, wanted), function, Some(receiver), args),
            Some(Method::Library(forms)) => self.call_family((expr, wanted), &forms, name, Some(receiver), args),
            Some(Method::Fn(func)) => {
                let known = self.ck.out.receiver_args(func, ty);
                self.call_fn((expr, wanted), func, known, name, Some(receiver), args)
            }
            None if let Some(field) = self.ck.function_field(ty, name) => {
                self.call_value(expr, Operand::new(field, name.span), Callee::Field, args)
            }
            None => match self.resolve(name) {
                // `x.f(a)` as `f(x, a)`.
                Some(Res::Nested(func)) if !self.t.nested.fns[func].params.is_empty() => {
                    self.call_nested(expr, func, name, Some(receiver), args)
                }
                Some(Res::Template(func)) if !self.local_fns.templates[func].params.is_empty() => {
                    self.call_template((expr, wanted), func, name, Some(receiver), args)
                }
                Some(Res::Fn(func)) if !self.ck.out.sigs[func].params.is_empty() => {
                    self.call_fn((expr, wanted), func, super::ty::TyList::EMPTY, name, Some(receiver), args)
                }
                _ => {
                    self.ck.report_unknown_method(receiver, name);
                    self.args_only(args, Ty::ERROR)
                }
            },
        }
    }

    /// A call on a value of which only the trait `id` is known.
    fn trait_call(
        &mut self,
        (expr, wanted): (&'a Expr<'a>, Option<Ty>),
        id: TraitId,
        receiver: Operand,
        name: ast::Name,
        args: &'a [ast::Arg<'a>],
    ) -> Ty {
        if let Some(method) = self.ck.out.traits.method(id, name.symbol) {
            let known = self.ck.out.tys.list(&[receiver.ty]);
            return self.call_fn((expr, wanted), method.func, known, name, Some(receiver), args);
        }
        if let Some(Res::Fn(func)) = self.resolve(name)
            && !self.ck.out.sigs[func].params.is_empty()
        {
            return self.call_fn((expr, wanted), func, super::ty::TyList::EMPTY, name, Some(receiver), args);
        }
        self.ck.report_not_in_trait(id, name);
        self.args_only(args, Ty::ERROR)
    }

    /// Checks the arguments of a call on a receiver of unknown type and leaves the rest for later.
    fn defer_call(&mut self, expr: &'a Expr<'a>, receiver: Operand, name: ast::Name, args: &'a [ast::Arg<'a>]) -> Ty {
        let mut completes = true;
        let mut operands = Vec::with_capacity(args.len());
        for arg in args {
            let ty = self.value(arg.value);
            completes &= !self.is_never(ty);
            operands.push(Operand::new(ty, arg.value.span));
        }
        if !completes {
            return Ty::NEVER;
        }
        let result = self.ck.out.tys.fresh();
        let slot = self.ck.out.slots.push(None);
        self.t.calls.insert(Key::of(expr), Callee::Slot(slot));
        let number = self.ck.deferred_calls.len();
        let named = args.iter().find(|arg| arg.name.is_some());
        let call = DeferredCall { receiver, name, args: operands, named, span: expr.span, result, slot };
        self.ck.deferred_calls.push(call);
        self.ck.demand(Goal::Method(number, receiver.ty));
        result
    }
}

impl<'a> Checker<'_, '_, 'a> {
    /// The method called `name` of a receiver whose type is known.
    pub(super) fn method(&mut self, receiver: Operand, name: ast::Name) -> Option<Method> {
        let text = self.cx.name(name.symbol);
        let kind = self.out.tys.kind(receiver.ty);
        if let Some(function) = LibFn::method(kind, text) {
            return Some(Method::Lib(function));
        }
        let forms = self.library_methods(receiver.ty, name.symbol);
        if !forms.is_empty() {
            return Some(Method::Library(forms));
        }
        let func =
            self.find_method(receiver.ty, name.symbol).or_else(|| self.bound_method(receiver.ty, name.symbol))?;
        self.out.sigs[func].has_self.then_some(Method::Fn(func))
    }

    /// The type of the field `name` of `ty`, if that is a function.
    fn function_field(&mut self, ty: Ty, name: ast::Name) -> Option<Ty> {
        let (_, field) = self.out.tys.field(ty, self.cx.name(name.symbol))?;
        let field = self.normalize(field, Some(name.span));
        matches!(self.out.tys.kind(field), TyKind::Fn(_)).then_some(field)
    }

    fn deferred_field(&mut self, field: Ty, args: &[Operand], span: Span) -> (Option<Callee>, Ty) {
        let TyKind::Fn(list) = self.out.tys.kind(field) else { return (None, Ty::ERROR) };
        let (params, result) = self.out.tys.fn_parts(list);
        if params.len() != args.len() {
            let signature = self.display(field);
            self.report_arity(span, params.len(), args.len(), &signature);
            return (None, result);
        }
        for (index, (&arg, param)) in args.iter().zip(params).enumerate() {
            if !self.accepts(param, arg) {
                self.report_argument(Site::ValueArg(index), param, arg);
            }
        }
        (Some(Callee::Field), result)
    }

    pub(super) fn report_unknown_method(&mut self, receiver: Operand, name: ast::Name) {
        let text = self.cx.name(name.symbol);
        let kind = self.out.tys.kind(receiver.ty);
        if kind == TyKind::Error {
            return;
        }
        if gaps::is_library_method(kind, text) {
            self.diags.push(Gap::Method(text).at(name.span));
            return;
        }
        let ty = self.display(receiver.ty);
        if let Some(func) = self.find_method(receiver.ty, name.symbol) {
            let message = format!("`{text}` is an associated function of `{ty}`, not a method");
            let at = self.fn_span(func);
            self.diags.push(
                Diagnostic::error(codes::UNKNOWN_FUNCTION, name.span, message)
                    .with_secondary(at, "it has no parameter `self`"),
            );
            return;
        }
        let mut candidates: Vec<&str> = LibFn::methods_of(kind).to_vec();
        candidates.extend(library_head(&kind, &self.out.tys).into_iter().flat_map(resilient_library::methods_of));
        candidates.extend(self.method_names(receiver.ty));
        let near = suggest::did_you_mean(text, candidates);
        let message = format!("type `{ty}` has no method `{text}`{near}");
        let mut diagnostic = Diagnostic::error(codes::UNKNOWN_FUNCTION, name.span, message);
        if near.is_empty() && (LibFn::by_name(text).is_some() || resilient_library::public_names().any(|n| n == text)) {
            diagnostic = diagnostic.with_help(format!("`{text}` is a function: write `{text}(..)`"));
        }
        self.diags.push(diagnostic);
    }

    fn report_not_in_trait(&mut self, id: TraitId, name: ast::Name) {
        let (cx, text) = (self.cx, self.cx.name(name.symbol));
        let declared = self.decls.traits[id].name;
        let of = cx.name(declared.symbol);
        let near = suggest::did_you_mean(text, self.out.traits.members(id).map(|method| cx.name(method.name)));
        let message = format!("`self` has no method `{text}` here{near}");
        self.diags.push(
            Diagnostic::error(codes::UNKNOWN_FUNCTION, name.span, message)
                .with_secondary(declared.span, format!("a default method knows those of `{of}` only")),
        );
    }

    /// Resolves the call with this number, whose receiver is known now.
    pub(super) fn deferred_call(&mut self, number: usize) {
        let call = &self.deferred_calls[number];
        let (receiver, name, span, result, slot) = (call.receiver, call.name, call.span, call.result, call.slot);
        let (args, named) = (call.args.clone(), call.named);
        if self.out.tys.kind(receiver.ty) == TyKind::Error {
            self.out.tys.unify(result, Ty::ERROR);
            return;
        }
        if let Some(arg_name) = named.and_then(|arg| arg.name) {
            let message = "the type of the receiver must be known before arguments can be named";
            self.diags.push(Diagnostic::error(codes::NAMED_ARGUMENT, arg_name.span, message));
            self.out.tys.unify(result, Ty::ERROR);
            return;
        }
        let values: Vec<Operand> = std::iter::once(receiver).chain(args).collect();
        let (callee, found) = match self.method(receiver, name) {
            Some(Method::Lib(function)) => self.deferred_lib(function, &values, span),
            Some(Method::Fn(func)) => self.deferred_fn(func, name, &values, span),
            None if let Some(field) = self.function_field(receiver.ty, name) => {
                self.deferred_field(field, &values[1..], span)
            }
            Some(Method::Library(forms)) => {
                let found = self.deferred_family(&forms, name, &values, span, slot);
                self.settle(result, found, span);
                return;
            }
            None => {
                self.report_unknown_method(receiver, name);
                (None, Ty::ERROR)
            }
        };
        self.out.slots[slot] = callee;
        self.settle(result, found, span);
    }

    fn deferred_fn(&mut self, func: FnId, name: ast::Name, values: &[Operand], span: Span) -> (Option<Callee>, Ty) {
        let sig = &self.out.sigs[func];
        if sig.is_orphan {
            return (None, Ty::ERROR);
        }
        let n_required = sig.params.iter().rposition(|param| param.default.is_none()).map_or(0, |last| last + 1);
        let n_params = sig.params.len();
        if values.len() < n_required || values.len() > n_params {
            let signature = self.signature_text(func);
            self.report_arity(span, n_params - 1, values.len() - 1, &signature);
            return (None, Ty::ERROR);
        }
        let known = self.out.receiver_args(func, values[0].ty);
        let call: Instantiated = self.instantiate(func, known, span);
        for (index, (&value, &param)) in values.iter().zip(&call.params).enumerate() {
            if !self.accepts(param, value) {
                self.report_argument(Site::Arg(index.saturating_sub(1), name.symbol), param, value);
            }
        }
        self.demand_result(func, &call, span);
        let given = (0..values.len() as u32).map(ArgSource::Given);
        let sources = given.chain(std::iter::repeat_n(ArgSource::Default, n_params - values.len())).collect();
        (Some(Callee::Fn(func, call.args, sources)), call.result)
    }

    fn deferred_lib(&mut self, function: LibFn, values: &[Operand], span: Span) -> (Option<Callee>, Ty) {
        let (fewest, most) = function.arity();
        if values.len() < fewest || values.len() > most {
            self.report_arity(span, most - 1, values.len() - 1, function.signature());
            return (None, Ty::ERROR);
        }
        let (params, result) = self.lib_signature(function);
        for (i, &value) in values.iter().enumerate() {
            match params.get(i) {
                Some(&param) if !self.accepts(param, value) => {
                    self.report_argument(Site::LibArg(function.name()), param, value);
                }
                Some(_) => {}
                None => self.demand(Goal::LibArg(function, value)),
            }
        }
        (Some(Callee::Lib(function)), result)
    }
}

/// How signatures of library functions begin the type `kind`, where types of its kind have methods.
fn library_head<'n>(kind: &TyKind, tys: &'n super::ty::TyTable) -> Option<&'n str> {
    Some(match *kind {
        TyKind::Array(_) => "array",
        TyKind::Str => "string",
        TyKind::Struct(id, _) if id.is_builtin() => &tys.nominals.structs[id].name,
        TyKind::Enum(id, _) if id.is_builtin() => &tys.nominals.enums[id].name,
        _ => return None,
    })
}

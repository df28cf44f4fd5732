//! Functions as values: names of functions and constructors, and calls of values.

use resilient_base::{Diagnostic, Span, diag::codes};
use resilient_syntax::ast::{self, Arg, Expr};

use super::Checker;
use super::body::Body;
use super::goals::{Goal, Operand};
use super::nominal::{EnumDeclId, variant};
use super::report::Site;
use super::ty::{Ty, TyKind, TyList};
use crate::decls::FnId;
use crate::library::LibFn;
use crate::tables::{Callee, FnValue, Key, Res};

impl<'a> Body<'_, '_, '_, 'a> {
    /// A function of the program or the library as a value.
    pub(super) fn function_value(&mut self, key: Key, res: Res, name: ast::Name, wanted: Option<Ty>) -> Ty {
        match res {
            Res::Fn(id) => self.declared_value(key, id, TyList::EMPTY, name, wanted),
            Res::Lib(function) => self.library_value(key, function, name, wanted),
            Res::Library(symbol) => {
                let decls = self.ck.decls;
                match self.ck.form_for(decls.library.named(symbol), wanted) {
                    Some(form) => self.declared_value(key, form, TyList::EMPTY, name, wanted),
                    None => {
                        self.ck.report_undetermined(name, name.span);
                        Ty::ERROR
                    }
                }
            }
            Res::Template(id) => {
                let found = self.instantiate_template(id, name.span, false);
                let ty = self.ck.out.tys.failing_function(&found.params, found.result, found.failures);
                self.want(ty, wanted);
                self.t.values.insert(key, (FnValue::Instance(found.id), ty));
                ty
            }
            _ => Ty::ERROR,
        }
    }

    /// A function or method with `known` as its first type arguments.
    pub(super) fn declared_value(
        &mut self,
        key: Key,
        id: FnId,
        known: TyList,
        name: ast::Name,
        wanted: Option<Ty>,
    ) -> Ty {
        if self.ck.out.sigs[id].is_orphan {
            return Ty::ERROR;
        }
        let found = self.ck.instantiate(id, known, name.span);
        let failures = self.ck.out.sigs[id].failures;
        if self.ck.out.sigs[id].is_library {
            self.ck.forbid_failures(&found.params);
        }
        let ty = self.ck.out.tys.failing_function(&found.params, found.result, failures);
        self.want(ty, wanted);
        self.ck.demand_result(id, &found, name.span);
        if found.args != TyList::EMPTY {
            self.ck.demand(Goal::FnValue(found.args, name));
        }
        self.t.values.insert(key, (FnValue::Fn(id, found.args), ty));
        ty
    }

    fn library_value(&mut self, key: Key, function: LibFn, name: ast::Name, wanted: Option<Ty>) -> Ty {
        let (fewest, most) = function.arity();
        let expected = wanted.and_then(|ty| match self.ck.out.tys.kind(ty) {
            TyKind::Fn(list) => Some(self.ck.out.tys.fn_parts(list).0.len()),
            _ => None,
        });
        let n_params = match expected {
            Some(n) if n >= fewest && n <= most => n,
            _ if fewest == most => fewest,
            Some(_) => most,
            None => {
                self.ck.report_undetermined(name, name.span);
                return Ty::ERROR;
            }
        };
        let (mut params, result) = self.ck.lib_signature(function);
        let takes_any = params.is_empty() && n_params > 0;
        if takes_any {
            params = (0..n_params).map(|_| self.ck.out.tys.fresh()).collect();
        }
        params.truncate(n_params);
        let ty = self.ck.out.tys.function(&params, result);
        self.want(ty, wanted);
        let list = self.ck.out.tys.list(&params);
        self.ck.demand(Goal::FnValue(list, name));
        if takes_any {
            for &param in &params {
                self.ck.demand(Goal::LibArg(function, Operand::new(param, name.span)));
            }
        }
        self.t.values.insert(key, (FnValue::Lib(function), ty));
        ty
    }

    /// A name that is no variable and no function: the constructor of a variant or tuple struct, or a mistake.
    pub(super) fn constructor_value(&mut self, expr: &Expr<'_>, name: ast::Name, wanted: Option<Ty>) -> Ty {
        let (id, number) = match self.ck.cx.name(name.symbol) {
            "Some" => (EnumDeclId::OPTION, variant::SOME),
            "Ok" => (EnumDeclId::RESULT, variant::OK),
            "Err" => (EnumDeclId::RESULT, variant::ERR),
            _ => {
                let ty = self.type_of_segment(name);
                return self.type_value(expr, ty, name, wanted);
            }
        };
        let ty = self.ck.out.tys.fresh_enum(id);
        self.variant_value(Key::of(expr), ty, number, name, wanted)
    }

    /// The constructor of the tuple struct `ty` as a value, or a report: `name` is a type, or nothing.
    pub(super) fn type_value(&mut self, expr: &Expr<'_>, ty: Option<Ty>, name: ast::Name, wanted: Option<Ty>) -> Ty {
        match ty.map(|ty| (ty, self.ck.out.tys.kind(ty))) {
            Some((ty, TyKind::Struct(id, _))) if self.ck.out.tys.nominals.structs[id].has_constructor() => {
                let params = self.ck.out.tys.field_types(ty).unwrap_or_default();
                let params: Vec<Ty> = params.into_iter().map(|ty| self.ck.normalize(ty, Some(name.span))).collect();
                self.constructor(Key::of(expr), FnValue::Struct, &params, ty, name, wanted)
            }
            Some((_, TyKind::Error)) => Ty::ERROR,
            Some((ty, _)) if !self.is_reported(name.symbol) => {
                let text = self.ck.display(ty);
                let message = format!("`{text}` is a type, not a value");
                self.error(Diagnostic::error(codes::UNKNOWN_NAME, name.span, message));
                Ty::ERROR
            }
            _ => self.unknown_name(name),
        }
    }

    /// The constructor of a variant with tuple payload.
    pub(super) fn variant_value(&mut self, key: Key, ty: Ty, number: u32, name: ast::Name, wanted: Option<Ty>) -> Ty {
        let TyKind::Enum(id, args) = self.ck.out.tys.kind(ty) else { return Ty::ERROR };
        let params = self.ck.out.tys.payload(id, args, number);
        let params: Vec<Ty> = params.into_iter().map(|ty| self.ck.normalize(ty, Some(name.span))).collect();
        self.constructor(key, FnValue::Variant(number), &params, ty, name, wanted)
    }

    fn constructor(
        &mut self,
        key: Key,
        value: FnValue,
        params: &[Ty],
        result: Ty,
        name: ast::Name,
        wanted: Option<Ty>,
    ) -> Ty {
        let ty = self.ck.out.tys.function(params, result);
        self.want(ty, wanted);
        let args = self.ck.type_args_of(result);
        self.ck.demand(Goal::FnValue(args, name));
        self.t.values.insert(key, (value, ty));
        ty
    }

    /// A call of the value of an expression.
    pub(super) fn call_expr(&mut self, expr: &Expr<'_>, callee: &'a Expr<'a>, args: &'a [Arg<'a>]) -> Ty {
        let ty = self.value(callee);
        if self.is_never(ty) {
            return self.args_only(args, Ty::NEVER);
        }
        self.call_value(expr, Operand::new(ty, callee.span), Callee::Value, args)
    }

    /// A call of a value of the type of `callee`.
    pub(super) fn call_value(&mut self, expr: &Expr<'_>, callee: Operand, how: Callee, args: &'a [Arg<'a>]) -> Ty {
        if let Some(name) = args.iter().find_map(|arg| arg.name) {
            let message = "the parameters of a function value have no names";
            self.error(Diagnostic::error(codes::NAMED_ARGUMENT, name.span, message));
            return self.args_only(args, Ty::ERROR);
        }
        if self.ck.out.tys.is_open(callee.ty) {
            return self.call_open(expr, callee, how, args);
        }
        let TyKind::Fn(list) = self.ck.out.tys.kind(callee.ty) else {
            self.ck.report_not_callable(callee);
            return self.args_only(args, Ty::ERROR);
        };
        let (params, result) = self.ck.out.tys.fn_parts(list);
        if params.len() != args.len() {
            let signature = self.ck.display(callee.ty);
            self.ck.report_arity(expr.span, params.len(), args.len(), &signature);
            return self.args_only(args, result);
        }
        let mut completes = !self.is_never(result);
        for (index, (arg, param)) in args.iter().zip(params).enumerate() {
            let ty = self.coerce(arg.value, param, Site::ValueArg(index));
            completes &= !self.is_never(ty);
        }
        self.t.calls.insert(Key::of(expr), how);
        if completes { result } else { Ty::NEVER }
    }

    /// A call of a value of which nothing is known yet but that it is called.
    fn call_open(&mut self, expr: &Expr<'_>, callee: Operand, how: Callee, args: &'a [Arg<'a>]) -> Ty {
        let mut completes = true;
        let mut params = Vec::with_capacity(args.len());
        for arg in args {
            let ty = self.value(arg.value);
            completes &= !self.is_never(ty);
            params.push(ty);
        }
        if !completes {
            return Ty::NEVER;
        }
        let (result, failures) = (self.ck.out.tys.fresh(), self.ck.out.tys.fresh());
        let ty = self.ck.out.tys.failing_function(&params, result, failures);
        self.ck.out.tys.unify(callee.ty, ty);
        self.t.calls.insert(Key::of(expr), how);
        result
    }

    /// What a `for` over a function gets from each call.
    pub(super) fn callable_item(&mut self, list: TyList, ty: Ty, at: Span) -> Ty {
        let (params, result) = self.ck.out.tys.fn_parts(list);
        let item = self.ck.out.tys.fresh();
        let option = self.ck.out.tys.option(item);
        if params.is_empty() && self.ck.out.tys.try_unify(result, option) {
            return item;
        }
        let message = format!("cannot iterate over a value of type `{}`", self.ck.display(ty));
        self.error(
            Diagnostic::error(codes::TYPE_MISMATCH, at, message)
                .with_note("a function that is iterated over takes no arguments and returns an `Option`"),
        );
        Ty::ERROR
    }

    /// `forall x in s: p`, `exists x in s: p`
    pub(super) fn quantifier(&mut self, expr: &Expr<'_>, node: &'a ast::Quantifier<'a>) -> Ty {
        let Some((item, completes)) = self.source(node.source) else { return Ty::ERROR };
        self.scopes.enter();
        let local = self.repeated(|body| {
            let local = body.declare(node.var, item, false);
            let word = if node.is_exists { "exists" } else { "forall" };
            body.coerce(node.body, Ty::BOOL, Site::Condition(word));
            local
        });
        self.scopes.leave();
        self.t.bindings.insert(node.var.span, crate::tables::Binding::Local(local));
        let id = self.new_loop(Ty::VOID);
        self.t.loops.insert(Key::of(expr), id);
        if completes { Ty::BOOL } else { Ty::NEVER }
    }
}

impl Checker<'_, '_, '_> {
    /// Reports that the context does not tell the type arguments of a function that is a value.
    pub(super) fn report_undetermined(&mut self, name: ast::Name, at: Span) {
        let text = self.cx.name(name.symbol);
        let message = format!("the types of `{text}` as a value are not determined here");
        self.diags.push(
            Diagnostic::error(codes::UNDETERMINED_FUNCTION, at, message).with_help(
                "declare the type: `let NAME: fn(..) -> .. = ..`, or write a function literal around the call",
            ),
        );
    }

    pub(super) fn report_not_callable(&mut self, callee: Operand) {
        if self.out.tys.kind(callee.ty) == TyKind::Error {
            return;
        }
        let text = self.short_text(callee.span).to_string();
        let message = format!("`{text}` is not a function: it has type `{}`", self.display(callee.ty));
        self.diags.push(Diagnostic::error(codes::TYPE_MISMATCH, callee.span, message));
    }
}

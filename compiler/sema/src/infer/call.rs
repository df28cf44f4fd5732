//! Calls of functions of the program, with positional, named and default arguments.

use resilient_base::{Diagnostic, Span, Symbol, diag::codes};
use resilient_syntax::ast::{self, Arg, Expr, ExprKind};

use super::body::Body;
use super::control::strip_parens;
use super::goals::Operand;
use super::nominal::{EnumDeclId, variant};
use super::report::Site;
use super::ty::{Ty, TyKind, TyList};
use crate::decls::FnId;
use crate::gaps::{self, Gap};
use crate::library::LibFn;
use crate::suggest;
use crate::tables::{ArgSource, Callee, Key, Nested, NestedId, Res, TemplateId};

/// A function with a declaration that is called.
#[derive(Clone, Copy)]
enum Called {
    /// A function or method of the program.
    Fn(FnId),
    /// A local function.
    Nested(NestedId),
    /// A generic local function.
    Template(TemplateId),
}

impl<'a> Body<'_, '_, '_, 'a> {
    pub(super) fn call(
        &mut self,
        expr: &'a Expr<'a>,
        callee: &'a Expr<'a>,
        args: &'a [Arg<'a>],
        wanted: Option<Ty>,
    ) -> Ty {
        let ExprKind::Path(path) = &strip_parens(callee).kind else { return self.call_expr(expr, callee, args) };
        let [name] = path.segments else { return self.call_qualified(expr, path, args, wanted) };
        match self.resolve(*name) {
            Some(Res::Fn(id)) => self.call_fn((expr, wanted), id, TyList::EMPTY, *name, None, args),
            Some(Res::Lib(function)) => self.call_lib((expr, wanted), function, None, args),
            Some(Res::Library(symbol)) => {
                if let Some((template, values)) = self.format_parts(symbol, args) {
                    return self.call_format(expr, template, values);
                }
                if let ("format", [template, _]) = (self.ck.cx.name(symbol), args) {
                    self.check_template(template.value, None);
                }
                let decls = self.ck.decls;
                self.call_family((expr, wanted), decls.library.named(symbol), *name, None, args)
            }
            Some(Res::Intrinsic(intrinsic)) => self.call_intrinsic(expr, intrinsic, args),
            Some(Res::Nested(id)) => self.call_nested(expr, id, *name, None, args),
            Some(Res::Template(id)) => self.call_template((expr, wanted), id, *name, None, args),
            Some(res) => self.call_variable(expr, callee, res, *name, args),
            None => self.call_constructor(expr, *name, args, wanted),
        }
    }

    /// A call of a variable or constant, which `callee` names; it is resolved once.
    pub(super) fn call_variable(
        &mut self,
        expr: &'a Expr<'a>,
        callee: &'a Expr<'a>,
        res: Res,
        name: ast::Name,
        args: &'a [Arg<'a>],
    ) -> Ty {
        let ty = self.type_of(res, name.span).unwrap_or(Ty::ERROR);
        self.t.names.insert(Key::of(strip_parens(callee)), res);
        self.record(strip_parens(callee), ty);
        self.record(callee, ty);
        self.call_value(expr, Operand::new(ty, callee.span), Callee::Value, args)
    }

    /// A call of a name that is no function: a constructor, or a mistake.
    fn call_constructor(&mut self, expr: &'a Expr<'a>, name: ast::Name, args: &'a [Arg<'a>], wanted: Option<Ty>) -> Ty {
        let (id, number) = match self.ck.cx.name(name.symbol) {
            "Some" => (EnumDeclId::OPTION, variant::SOME),
            "Ok" => (EnumDeclId::RESULT, variant::OK),
            "Err" => (EnumDeclId::RESULT, variant::ERR),
            _ => {
                if let Some(ty) = self.type_of_segment(name)
                    && let TyKind::Struct(id, _) = self.ck.out.tys.kind(ty)
                {
                    return self.tuple_struct(expr, id, ty, name, args, wanted);
                }
                let ty = self.unknown_function(name);
                return self.args_only(args, ty);
            }
        };
        let ty = self.ck.out.tys.fresh_enum(id);
        self.tuple_variant(expr, ty, number, name, args, wanted)
    }

    /// Checks the arguments of a call about which something was reported.
    pub(super) fn args_only(&mut self, args: &'a [Arg<'a>], ty: Ty) -> Ty {
        for arg in args {
            self.value(arg.value);
        }
        ty
    }

    fn unknown_function(&mut self, name: ast::Name) -> Ty {
        let text = self.ck.cx.name(name.symbol);
        if self.is_reported(name.symbol) {
            return Ty::ERROR;
        }
        if gaps::is_library_function(text) {
            return self.gap(Gap::Function(text), name.span);
        }
        let cx = self.ck.cx;
        let functions = self.ck.decls.scopes.fn_names(self.ck.env.scope).map(|symbol| cx.name(symbol));
        let near =
            suggest::did_you_mean(text, functions.chain(LibFn::names()).chain(resilient_library::public_names()));
        let message = format!("Undefined function '{text}'{near}");
        let mut diagnostic = Diagnostic::error(codes::UNKNOWN_FUNCTION, name.span, message);
        if let Some(module) = resilient_library::module_of(text) {
            diagnostic = diagnostic.with_help(format!("it is imported by `use std::{module};`"));
        }
        self.error(self.hint_recursion(diagnostic, name));
        Ty::ERROR
    }

    /// A call of a function or method, where a value of a certain type may be wanted. The first type arguments are those of
    /// `known`.
    pub(super) fn call_fn(
        &mut self,
        (expr, wanted): (&Expr<'_>, Option<Ty>),
        id: FnId,
        known: TyList,
        name: ast::Name,
        receiver: Option<Operand>,
        args: &'a [Arg<'a>],
    ) -> Ty {
        if self.ck.out.sigs[id].is_orphan {
            return self.args_only(args, Ty::ERROR);
        }
        let call = self.ck.instantiate(id, known, name.span);
        self.meet_receiver(&call.params, receiver);
        self.want_result(call.result, wanted);
        let completes = !self.is_never(call.result);
        let (sources, args_complete) = self.call_parts(expr, Called::Fn(id), &call.params, name, receiver, args);
        if let Some(sources) = sources {
            self.t.calls.insert(Key::of(expr), Callee::Fn(id, call.args, sources));
        }
        self.ck.demand_result(id, &call, name.span);
        if completes && args_complete { call.result } else { Ty::NEVER }
    }

    /// A call of a local function.
    pub(super) fn call_nested(
        &mut self,
        expr: &Expr<'_>,
        id: NestedId,
        name: ast::Name,
        receiver: Option<Operand>,
        args: &'a [Arg<'a>],
    ) -> Ty {
        let Nested { params, result, .. } = &self.t.nested.fns[id];
        let (params, result) = (params.clone(), *result);
        let called = Called::Nested(id);
        let (sources, completes) = self.call_parts(expr, called, &params, name, receiver, args);
        if let Some(sources) = sources {
            self.t.calls.insert(Key::of(expr), Callee::Nested(id, sources));
        }
        if completes && !self.is_never(result) { result } else { Ty::NEVER }
    }

    /// A call of a generic local function.
    pub(super) fn call_template(
        &mut self,
        (expr, wanted): (&Expr<'_>, Option<Ty>),
        id: TemplateId,
        name: ast::Name,
        receiver: Option<Operand>,
        args: &'a [Arg<'a>],
    ) -> Ty {
        let found = self.instantiate_template(id, name.span, true);
        self.meet_receiver(&found.params, receiver);
        self.want_result(found.result, wanted);
        let called = Called::Template(id);
        let (sources, completes) = self.call_parts(expr, called, &found.params, name, receiver, args);
        if let Some(sources) = sources {
            self.t.calls.insert(Key::of(expr), Callee::Instance(found.id, sources));
        }
        if completes && !self.is_never(found.result) { found.result } else { Ty::NEVER }
    }

    /// The arguments of a call: a source for each parameter, none after a report; and whether all complete.
    fn call_parts(
        &mut self,
        expr: &Expr<'_>,
        called: Called,
        params: &[Ty],
        name: ast::Name,
        receiver: Option<Operand>,
        args: &'a [Arg<'a>],
    ) -> (Option<Vec<ArgSource>>, bool) {
        let n_before = usize::from(receiver.is_some());
        if let (Some(receiver), Some(&param)) = (receiver, params.first())
            && !self.ck.accepts(param, receiver)
        {
            self.ck.report_argument(Site::Arg(0, name.symbol), param, receiver);
        }
        let targets = self.match_args(called, expr.span, n_before, args);
        let mut completes = true;
        for (arg, target) in args.iter().zip(&targets) {
            // An argument may tell a type that those behind it have a part of.
            self.ck.settle_projections();
            let n_diags = self.ck.diags.len();
            let ty = match target {
                Some(param) => {
                    // The receiver is not counted, unless an argument is given for it by name.
                    let site = Site::Arg(param.saturating_sub(n_before), name.symbol);
                    self.coerce(arg.value, params[*param], site)
                }
                None => self.value(arg.value),
            };
            if let Called::Fn(id) = called {
                self.ck.note_signature(id, arg.value.span, n_diags);
            }
            completes &= !self.is_never(ty);
        }
        (self.arg_sources(called, expr.span, n_before, args.len(), &targets), completes)
    }

    /// The index of the parameter each argument is for; none where that was reported or there are too many.
    /// The first `n_before` parameters are given already.
    fn match_args(&mut self, called: Called, span: Span, n_before: usize, args: &[Arg<'_>]) -> Vec<Option<usize>> {
        let params = self.param_names(called);
        let mut is_given = vec![false; params.len()];
        is_given.iter_mut().take(n_before).for_each(|given| *given = true);
        let mut targets = Vec::with_capacity(args.len());
        let mut has_named = false;
        for (index, arg) in args.iter().enumerate() {
            let target = match arg.name {
                None => (index + n_before < params.len()).then_some(index + n_before),
                Some(name) => {
                    has_named = true;
                    self.named_arg(called, name, &params, &is_given)
                }
            };
            if let Some(param) = target {
                is_given[param] = true;
            }
            targets.push(target);
        }
        if args.len() + n_before > params.len() && !has_named {
            self.report_count(called, span, n_before, args.len());
        }
        targets
    }

    fn named_arg(
        &mut self,
        called: Called,
        name: ast::Name,
        params: &[Option<Symbol>],
        is_given: &[bool],
    ) -> Option<usize> {
        let text = self.ck.cx.name(name.symbol);
        let function = self.called_name(called);
        let message = match params.iter().position(|&p| p == Some(name.symbol)) {
            Some(param) if !is_given[param] => return Some(param),
            Some(_) => format!("argument `{text}` of `{function}` is given twice"),
            None => {
                let cx = self.ck.cx;
                let near = suggest::did_you_mean(text, params.iter().flatten().map(|&p| cx.name(p)));
                format!("`{function}` has no parameter `{text}`{near}")
            }
        };
        let signature = self.called_signature(called);
        self.error(Diagnostic::error(codes::NAMED_ARGUMENT, name.span, message).with_note(format!("`{signature}`")));
        None
    }

    /// A source for each parameter; none if something was reported.
    fn arg_sources(
        &mut self,
        called: Called,
        span: Span,
        n_before: usize,
        n_args: usize,
        targets: &[Option<usize>],
    ) -> Option<Vec<ArgSource>> {
        let defaults = self.defaults(called);
        let mut given = vec![None; defaults.len()];
        for (index, source) in given.iter_mut().enumerate().take(n_before) {
            *source = Some(ArgSource::Given(index as u32));
        }
        for (index, target) in targets.iter().enumerate() {
            given[(*target)?] = Some(ArgSource::Given((index + n_before) as u32));
        }
        let mut sources = Vec::with_capacity(given.len());
        for (source, has_default) in given.into_iter().zip(defaults) {
            match source {
                Some(source) => sources.push(source),
                None if has_default => sources.push(ArgSource::Default),
                None => {
                    self.report_count(called, span, n_before, n_args);
                    return None;
                }
            }
        }
        Some(sources)
    }

    fn report_count(&mut self, called: Called, span: Span, n_before: usize, found: usize) {
        let expected = self.defaults(called).len().saturating_sub(n_before);
        let signature = self.called_signature(called);
        self.ck.report_arity(span, expected, found, &signature);
    }

    fn param_names(&self, called: Called) -> Vec<Option<Symbol>> {
        match called {
            Called::Fn(id) => self.ck.out.sigs[id].params.iter().map(|p| p.name.map(|name| name.symbol)).collect(),
            Called::Nested(id) => self.t.nested.fns[id].param_names.clone(),
            Called::Template(id) => {
                self.local_fns.templates[id].params.iter().map(|p| p.name.map(|name| name.symbol)).collect()
            }
        }
    }

    /// Which parameters have default values; also those whose default value was reported.
    fn defaults(&self, called: Called) -> Vec<bool> {
        match called {
            Called::Fn(id) => {
                let decl = self.ck.decls.fns[id].decl;
                let written = |i: usize| decl.params.get(i).is_some_and(|p| p.default.is_some());
                let params = self.ck.out.sigs[id].params.iter().enumerate();
                params.map(|(i, param)| param.default.is_some() || written(i)).collect()
            }
            Called::Nested(id) => self.t.nested.fns[id].defaults.iter().map(Option::is_some).collect(),
            Called::Template(id) => {
                self.local_fns.templates[id].params.iter().map(|param| param.default.is_some()).collect()
            }
        }
    }

    fn called_name(&self, called: Called) -> &str {
        let name = match called {
            Called::Fn(id) => Some(self.ck.decls.fns[id].name.symbol),
            Called::Nested(id) => self.t.nested.fns[id].name,
            Called::Template(id) => Some(self.local_fns.templates[id].name.symbol),
        };
        name.map_or("<anon>", |name| self.ck.cx.name(name))
    }

    fn called_signature(&mut self, called: Called) -> String {
        match called {
            Called::Fn(id) => self.ck.signature_text(id),
            Called::Nested(id) => {
                let Nested { params, result, .. } = &self.t.nested.fns[id];
                let (params, result) = (params.clone(), *result);
                self.local_signature_text(called, params, result)
            }
            Called::Template(id) => {
                let template = &self.local_fns.templates[id];
                let params = template.params.iter().map(|param| param.ty).collect();
                let result = template.result.unwrap_or(Ty::VOID);
                self.local_signature_text(called, params, result)
            }
        }
    }

    fn local_signature_text(&mut self, called: Called, tys: Vec<Ty>, result: Ty) -> String {
        let name = self.called_name(called).to_string();
        let names = self.param_names(called);
        let mut params = Vec::with_capacity(tys.len());
        for (ty, param) in tys.into_iter().zip(names) {
            params.push(format!("{} {}", self.ck.display(ty), param.map_or("_", |param| self.ck.cx.name(param))));
        }
        let result = match self.ck.out.tys.kind(result) {
            TyKind::Void => String::new(),
            _ => format!(" -> {}", self.ck.display(result)),
        };
        format!("fn {name}({}){result}", params.join(", "))
    }
}

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
use crate::tables::{ArgSource, Callee, Key, Res};

impl<'a> Body<'_, '_, '_, 'a> {
    pub(super) fn call(
        &mut self,
        expr: &'a Expr<'a>,
        callee: &'a Expr<'a>,
        args: &'a [Arg<'a>],
        wanted: Option<Ty>,
    ) -> Ty {
        let ExprKind::Path(path) = &strip_parens(callee).kind else {
            let ty = self.gap(Gap::CallOfValue, callee.span);
            return self.args_only(args, ty);
        };
        let [name] = path.segments else { return self.call_qualified(expr, path, args, wanted) };
        match self.resolve(name.symbol) {
            Some(Res::Fn(id)) => self.call_fn(expr, id, TyList::EMPTY, *name, None, args),
            Some(Res::Lib(function)) => self.call_lib(expr, function, None, args),
            Some(res) => {
                let ty = self.type_of(res, name.span).unwrap_or(Ty::ERROR);
                if self.ck.out.tys.kind(ty) != TyKind::Error {
                    let text = self.ck.cx.name(name.symbol);
                    let message = format!("`{text}` is not a function: it has type `{}`", self.ck.display(ty));
                    self.error(Diagnostic::error(codes::TYPE_MISMATCH, name.span, message));
                }
                self.args_only(args, Ty::ERROR)
            }
            None => self.call_constructor(expr, *name, args, wanted),
        }
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
        let functions = self.ck.decls.fn_names_in_order().map(|symbol| cx.name(symbol));
        let near = suggest::did_you_mean(text, functions.chain(LibFn::names()));
        let message = format!("Undefined function '{text}'{near}");
        self.error(Diagnostic::error(codes::UNKNOWN_FUNCTION, name.span, message));
        Ty::ERROR
    }

    /// A call of a function or method. The first type arguments are those of `known`.
    pub(super) fn call_fn(
        &mut self,
        expr: &Expr<'_>,
        id: FnId,
        known: TyList,
        name: ast::Name,
        receiver: Option<Operand>,
        args: &'a [Arg<'a>],
    ) -> Ty {
        if self.ck.out.sigs[id].is_broken {
            return self.args_only(args, Ty::ERROR);
        }
        let call = self.ck.instantiate(id, known, name.span);
        let mut completes = !self.is_never(call.result);
        let n_before = usize::from(receiver.is_some());
        if let (Some(receiver), Some(&param)) = (receiver, call.params.first())
            && !self.ck.accepts(param, receiver.ty)
        {
            self.ck.report_argument(Site::Arg(0, name.symbol), param, receiver);
        }
        let targets = self.match_args(id, expr.span, n_before, args);
        for (arg, target) in args.iter().zip(&targets) {
            let ty = match target {
                Some(param) => self.coerce(arg.value, call.params[*param], Site::Arg(*param, name.symbol)),
                None => self.value(arg.value),
            };
            completes &= !self.is_never(ty);
        }
        if let Some(sources) = self.arg_sources(id, expr.span, n_before, args.len(), &targets) {
            self.t.calls.insert(Key::of(expr), Callee::Fn(id, call.args, sources));
        }
        self.ck.demand_result(id, &call, name.span);
        if completes { call.result } else { Ty::NEVER }
    }

    /// The index of the parameter each argument is for; none where that was reported or there are too many.
    /// The first `n_before` parameters are given already.
    fn match_args(&mut self, id: FnId, span: Span, n_before: usize, args: &[Arg<'_>]) -> Vec<Option<usize>> {
        let params: Vec<Option<Symbol>> =
            self.ck.out.sigs[id].params.iter().map(|p| p.name.map(|name| name.symbol)).collect();
        let mut is_given = vec![false; params.len()];
        is_given.iter_mut().take(n_before).for_each(|given| *given = true);
        let mut targets = Vec::with_capacity(args.len());
        let mut has_named = false;
        for (index, arg) in args.iter().enumerate() {
            let target = match arg.name {
                None => (index + n_before < params.len()).then_some(index + n_before),
                Some(name) => {
                    has_named = true;
                    self.named_arg(id, name, &params, &is_given)
                }
            };
            if let Some(param) = target {
                is_given[param] = true;
            }
            targets.push(target);
        }
        if args.len() + n_before > params.len() && !has_named {
            self.report_count(id, span, n_before, args.len());
        }
        targets
    }

    fn named_arg(&mut self, id: FnId, name: ast::Name, params: &[Option<Symbol>], is_given: &[bool]) -> Option<usize> {
        let text = self.ck.cx.name(name.symbol);
        let function = self.ck.cx.name(self.ck.decls.fns[id].name.symbol);
        let message = match params.iter().position(|&p| p == Some(name.symbol)) {
            Some(param) if !is_given[param] => return Some(param),
            Some(_) => format!("argument `{text}` of `{function}` is given twice"),
            None => {
                let cx = self.ck.cx;
                let near = suggest::did_you_mean(text, params.iter().flatten().map(|&p| cx.name(p)));
                format!("`{function}` has no parameter `{text}`{near}")
            }
        };
        let signature = self.ck.signature_text(id);
        self.error(Diagnostic::error(codes::NAMED_ARGUMENT, name.span, message).with_note(format!("`{signature}`")));
        None
    }

    /// A source for each parameter; none if something was reported.
    fn arg_sources(
        &mut self,
        id: FnId,
        span: Span,
        n_before: usize,
        n_args: usize,
        targets: &[Option<usize>],
    ) -> Option<Vec<ArgSource>> {
        let mut given = vec![None; self.ck.out.sigs[id].params.len()];
        for (index, source) in given.iter_mut().enumerate().take(n_before) {
            *source = Some(ArgSource::Given(index as u32));
        }
        for (index, target) in targets.iter().enumerate() {
            given[(*target)?] = Some(ArgSource::Given((index + n_before) as u32));
        }
        let params = &self.ck.out.sigs[id].params;
        let decl = self.ck.decls.fns[id].decl;
        let mut sources = Vec::with_capacity(given.len());
        for (i, (source, param)) in given.into_iter().zip(params).enumerate() {
            match source {
                Some(source) => sources.push(source),
                None if param.default.is_some() => sources.push(ArgSource::Default),
                // Its default value was reported.
                None if decl.params.get(i).is_some_and(|p| p.default.is_some()) => return None,
                None => {
                    self.report_count(id, span, n_before, n_args);
                    return None;
                }
            }
        }
        Some(sources)
    }

    fn report_count(&mut self, id: FnId, span: Span, n_before: usize, found: usize) {
        let expected = self.ck.out.sigs[id].params.len().saturating_sub(n_before);
        let signature = self.ck.signature_text(id);
        self.ck.report_arity(span, expected, found, &signature);
    }
}

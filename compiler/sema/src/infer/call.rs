//! Calls: functions of the program with positional, named and default arguments, and library functions.

use resilient_base::{Diagnostic, Span, diag::codes};
use resilient_syntax::ast::{self, Arg, Expr, ExprKind};

use super::body::Body;
use super::control::strip_parens;
use super::goals::Goal;
use super::report::Site;
use super::ty::{Ty, TyKind};
use crate::decls::FnId;
use crate::gaps::{self, Gap};
use crate::library::LibFn;
use crate::suggest;
use crate::tables::{ArgSource, Callee, Key, Res};

impl<'a> Body<'_, '_, '_, 'a> {
    pub(super) fn call(&mut self, expr: &'a Expr<'a>, callee: &'a Expr<'a>, args: &'a [Arg<'a>]) -> Ty {
        let ExprKind::Path(path) = &strip_parens(callee).kind else {
            let ty = self.gap(Gap::CallOfValue, callee.span);
            return self.args_only(args, ty);
        };
        let [name] = path.segments else {
            let ty = self.gap(Gap::Path, path.span);
            return self.args_only(args, ty);
        };
        match self.resolve(name.symbol) {
            Some(Res::Fn(id)) => self.call_fn(expr, id, *name, args),
            Some(Res::Lib(function)) => self.call_lib(expr, function, args),
            Some(res) => {
                let ty = self.type_of(res, name.span).unwrap_or(Ty::ERROR);
                if self.ck.out.tys.kind(ty) != TyKind::Error {
                    let text = self.ck.cx.name(name.symbol);
                    let message = format!("`{text}` is not a function: it has type `{}`", self.ck.display(ty));
                    self.error(Diagnostic::error(codes::TYPE_MISMATCH, name.span, message));
                }
                self.args_only(args, Ty::ERROR)
            }
            None => {
                let ty = self.unknown_function(*name);
                self.args_only(args, ty)
            }
        }
    }

    /// Checks the arguments of a call about which something was reported.
    fn args_only(&mut self, args: &'a [Arg<'a>], ty: Ty) -> Ty {
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
        if matches!(text, "Some" | "Ok" | "Err") {
            return self.gap(Gap::OptionOrResult, name.span);
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

    fn call_fn(&mut self, expr: &Expr<'_>, id: FnId, name: ast::Name, args: &'a [Arg<'a>]) -> Ty {
        if self.ck.out.sigs[id].is_broken {
            return self.args_only(args, Ty::ERROR);
        }
        let result = self.ck.result_of(id, name.span);
        let mut completes = !self.is_never(result);
        let targets = self.match_args(id, expr.span, args);
        for (arg, target) in args.iter().zip(&targets) {
            let ty = match target {
                Some(param) => {
                    let ty = self.ck.out.sigs[id].params[*param].ty;
                    self.coerce(arg.value, ty, Site::Arg(*param, name.symbol))
                }
                None => self.value(arg.value),
            };
            completes &= !self.is_never(ty);
        }
        if let Some(sources) = self.arg_sources(id, expr.span, args.len(), &targets) {
            self.t.calls.insert(Key::of(expr), Callee::Fn(id, sources));
        }
        if completes { result } else { Ty::NEVER }
    }

    /// The index of the parameter each argument is for; none where that was reported or there are too many.
    fn match_args(&mut self, id: FnId, span: Span, args: &[Arg<'_>]) -> Vec<Option<usize>> {
        let params: Vec<_> = self.ck.out.sigs[id].params.iter().map(|p| p.name.symbol).collect();
        let mut is_given = vec![false; params.len()];
        let mut targets = Vec::with_capacity(args.len());
        let mut has_named = false;
        for (index, arg) in args.iter().enumerate() {
            let target = match arg.name {
                None => (index < params.len()).then_some(index),
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
        if args.len() > params.len() && !has_named {
            self.report_count(id, span, args.len());
        }
        targets
    }

    fn named_arg(
        &mut self,
        id: FnId,
        name: ast::Name,
        params: &[resilient_base::Symbol],
        is_given: &[bool],
    ) -> Option<usize> {
        let text = self.ck.cx.name(name.symbol);
        let function = self.ck.cx.name(self.ck.decls.fns[id].name.symbol);
        let message = match params.iter().position(|&p| p == name.symbol) {
            Some(param) if !is_given[param] => return Some(param),
            Some(_) => format!("argument `{text}` of `{function}` is given twice"),
            None => {
                let cx = self.ck.cx;
                let near = suggest::did_you_mean(text, params.iter().map(|&p| cx.name(p)));
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
        n_args: usize,
        targets: &[Option<usize>],
    ) -> Option<Vec<ArgSource>> {
        let mut given = vec![None; self.ck.out.sigs[id].params.len()];
        for (index, target) in targets.iter().enumerate() {
            given[(*target)?] = Some(ArgSource::Given(index as u32));
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
                    self.report_count(id, span, n_args);
                    return None;
                }
            }
        }
        Some(sources)
    }

    fn report_count(&mut self, id: FnId, span: Span, found: usize) {
        let expected = self.ck.out.sigs[id].params.len();
        let signature = self.ck.signature_text(id);
        self.ck.report_arity(span, expected, found, &signature);
    }

    fn call_lib(&mut self, expr: &Expr<'_>, function: LibFn, args: &'a [Arg<'a>]) -> Ty {
        let (fewest, most) = function.arity();
        if let Some(name) = args.iter().find_map(|arg| arg.name) {
            let message = format!("`{}` takes no named arguments", function.name());
            self.error(Diagnostic::error(codes::NAMED_ARGUMENT, name.span, message));
            return self.args_only(args, function.result());
        }
        if args.len() < fewest || args.len() > most {
            self.ck.report_arity(expr.span, most, args.len(), function.signature());
            return self.args_only(args, function.result());
        }
        let mut completes = true;
        for arg in args {
            let ty = match function.param() {
                Some(ty) => self.coerce(arg.value, ty, Site::LibArg(function.name())),
                None => self.value(arg.value),
            };
            if self.is_never(ty) {
                completes = false;
            } else {
                self.ck.demand(Goal::LibArg(function, (ty, arg.value.span)));
            }
        }
        self.t.calls.insert(Key::of(expr), Callee::Lib(function));
        if completes { function.result() } else { Ty::NEVER }
    }

    pub(super) fn method_call(&mut self, receiver: &'a Expr<'a>, name: ast::Name, args: &'a [Arg<'a>]) -> Ty {
        let ty = self.value(receiver);
        self.args_only(args, Ty::VOID);
        if self.is_never(ty) {
            return Ty::NEVER;
        }
        let result = self.ck.out.tys.fresh();
        self.ck.demand(Goal::Method((ty, receiver.span), name, args, result));
        result
    }
}

//! Functions as values, and calls of values.

use resilient_base::Span;
use resilient_syntax::ast;

use super::derived::Derived;
use super::func::FnLower;
use super::{Lower, Uses};
use crate::library::LibFn;
use crate::tables::{Callee, FnValue, Key};
use crate::typed::{Expr, ExprKind, Func, FuncId, LocalId};
use crate::types::{Type, TypeKind, Types};

use crate::infer::InstId;
use crate::infer::ty::Ty;

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    /// A function that is named as a value of type `ty`.
    pub(super) fn function_value(&mut self, value: FnValue, ty: Ty, span: Span) -> Expr<'t> {
        let ty = self.concrete(ty);
        let func = match value {
            FnValue::Fn(func, args) => {
                let inst = self.instance(func, args);
                match self.p.decls.library.contains(func) {
                    true => self.p.derived_id(Derived::LibraryFnValue(inst, ty, span)),
                    false => self.p.func_id(inst),
                }
            }
            FnValue::Lib(function) => self.p.derived_id(Derived::Library(function, ty, span)),
            FnValue::Variant(number) => self.p.derived_id(Derived::Variant(number, ty)),
            FnValue::Struct => self.p.derived_id(Derived::Struct(ty)),
            FnValue::Instance(id) => return self.closure(self.used(id), span),
        };
        self.plain_closure(func, ty, span)
    }

    /// The value of a function that captures nothing.
    fn plain_closure(&mut self, func: FuncId, ty: Type, span: Span) -> Expr<'t> {
        self.uses.fns.push(func);
        Expr { kind: ExprKind::Closure(func, &[]), ty, span }
    }

    /// A call of a function, or of the value of `callee`.
    pub(super) fn call_of(
        &mut self,
        expr: &'a ast::Expr<'a>,
        callee: &'a ast::Expr<'a>,
        args: &'a [ast::Arg<'a>],
        is_tail: bool,
    ) -> Expr<'t> {
        if !matches!(self.callee(Key::of(expr)), Some(Callee::Value)) {
            return self.call(expr, None, args, is_tail);
        }
        self.p.note_call(expr, args);
        let callee = self.value(callee);
        let args: Vec<&'a ast::Expr<'a>> = args.iter().map(|arg| arg.value).collect();
        self.call_value(callee, &args, expr.span)
    }

    /// `receiver.field(args)`; the receiver is the first of `args`.
    pub(super) fn call_field(&mut self, expr: &'a ast::Expr<'a>, args: &[&'a ast::Expr<'a>]) -> Expr<'t> {
        let (ast::ExprKind::MethodCall(_, name, _) | ast::ExprKind::OptMethodCall(_, name, _)) = expr.kind else {
            unreachable!("only method calls come here: {expr:?}")
        };
        let receiver = self.value(args[0]);
        if receiver.ty == Types::NEVER {
            return receiver;
        }
        let callee = self.named_field(receiver, self.p.cx.name(name.symbol), name.span);
        self.call_value(callee, &args[1..], expr.span)
    }

    fn call_value(&mut self, callee: Expr<'t>, args: &[&'a ast::Expr<'a>], span: Span) -> Expr<'t> {
        let (params, result) = match self.p.types.kind(callee.ty) {
            TypeKind::Fn(params, result, _) => (params.to_vec(), *result),
            _ => (Vec::new(), Types::VOID),
        };
        let mut values = vec![callee];
        values.extend(self.values_into(args, &params));
        match self.operands(&values, span) {
            Ok(()) => self.call_function(callee, &values[1..], result, span),
            Err(diverging) => diverging,
        }
    }

    /// A call of a function value with arguments that complete.
    pub(super) fn call_function(&self, callee: Expr<'t>, args: &[Expr<'t>], result: Type, span: Span) -> Expr<'t> {
        let kind = ExprKind::CallValue(self.alloc(callee), self.p.arena.alloc_slice_copy(args));
        Expr { kind, ty: result, span }
    }
}

impl<'l, 'c, 'd, 'a, 't> FnLower<'l, 'c, 'd, 'a, 't> {
    /// The function that is the value of a library function: it calls it, and its faults stand at `span`.
    pub(super) fn library_value(
        p: &'l mut Lower<'c, 'd, 'a, 't>,
        function: LibFn,
        ty: Type,
        span: Span,
    ) -> (Func<'t>, Uses) {
        let (params, result) = fn_parts(p, ty);
        let mut fx = FnLower::new(p, result);
        let (params, values) = fx.wrapper_params(&params, span);
        let body = fx.lib_value(function, values, result, span);
        let body = fx.fit(body, result);
        fx.wrapper(function.name(), &params, body, span)
    }

    /// Likewise of a library function that is written in the language.
    pub(super) fn library_fn_value(
        p: &'l mut Lower<'c, 'd, 'a, 't>,
        inst: InstId,
        ty: Type,
        span: Span,
    ) -> (Func<'t>, Uses) {
        let name = p.decls.fns[p.checked.insts[inst].func].name;
        let name = p.text(name.symbol);
        let (params, result) = fn_parts(p, ty);
        let mut fx = FnLower::new(p, result);
        let (params, values) = fx.wrapper_params(&params, span);
        let body = fx.call_values(inst, &values, span, false);
        fx.wrapper(name, &params, body, span)
    }

    /// The function that is the value of a constructor.
    pub(super) fn constructor(p: &'l mut Lower<'c, 'd, 'a, 't>, variant: Option<u32>, ty: Type) -> (Func<'t>, Uses) {
        let span = Span::new(p.file, 0, 0);
        let (params, result) = fn_parts(p, ty);
        let name: &'t str = p.arena.alloc_str(&p.types.display(result));
        let mut fx = FnLower::new(p, result);
        let (params, values) = fx.wrapper_params(&params, span);
        let body = match variant {
            Some(number) => fx.variant_value(number, &values, result, span),
            None => fx.struct_value(&values, result, span),
        };
        fx.wrapper(name, &params, body, span)
    }

    fn wrapper_params(&mut self, tys: &[Type], span: Span) -> (Vec<LocalId>, Vec<Expr<'t>>) {
        let params: Vec<LocalId> = tys.iter().map(|&ty| self.temp("$arg", ty, span)).collect();
        let values = params.iter().map(|&param| self.local(param, span)).collect();
        (params, values)
    }

    /// A function that nobody wrote.
    pub(super) fn wrapper(self, name: &'t str, params: &[LocalId], body: Expr<'t>, span: Span) -> (Func<'t>, Uses) {
        let arena = self.p.arena;
        let func = Func {
            name,
            params: arena.alloc_slice_copy(params),
            at_caller: false,
            locals: arena.alloc_slice_copy(&self.locals),
            n_loops: 0,
            result: self.result,
            requires: &[],
            entry_copies: &[],
            result_local: None,
            ensures: &[],
            deferred: None,
            is_deferred: false,
            failures: None,
            body: arena.alloc(body),
            span,
        };
        (func, self.uses)
    }
}

fn fn_parts(p: &Lower<'_, '_, '_, '_>, ty: Type) -> (Vec<Type>, Type) {
    match p.types.kind(ty) {
        TypeKind::Fn(params, result, _) => (params.to_vec(), *result),
        _ => (Vec::new(), Types::VOID),
    }
}

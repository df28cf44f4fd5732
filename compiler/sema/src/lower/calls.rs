//! Calls of functions, methods, constructors and library functions.

use resilient_base::{Diagnostic, Span, diag::codes};
use resilient_syntax::ast;

use super::func::FnLower;
use crate::decls::FnId;
use crate::infer::InstId;
use crate::infer::nominal::variant;
use crate::infer::signature::DefaultValue;
use crate::infer::ty::TyList;
use crate::intrinsics::Intrinsic;
use crate::library::LibFn;
use crate::tables::{ArgSource, Callee, Key};
use crate::typed::{Builtin, Call, Conversion, Expr, ExprKind, FuncId, Stmt};
use crate::types::{Type, TypeKind, Types};

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    /// What the checker found for the call or operator.
    pub(super) fn callee(&self, key: Key) -> Option<Callee> {
        match self.t.calls.get(&key)? {
            Callee::Slot(slot) => self.p.checked.slots[*slot].clone(),
            callee => Some(callee.clone()),
        }
    }

    /// The method that an operator calls.
    pub(super) fn method_of(&self, key: Key) -> Option<(FnId, TyList)> {
        match self.callee(key)? {
            Callee::Fn(func, args, _) => Some((func, args)),
            _ => None,
        }
    }

    /// The instance of `func` with these type arguments.
    pub(super) fn instance(&mut self, func: FnId, args: TyList) -> InstId {
        let args = self.p.checked.tys.close_list(args);
        *self.p.checked.inst_ids.get(&(func, args)).expect("the checker made every instance that is called")
    }

    /// A call with its arguments in order; the receiver is the first of them.
    pub(super) fn call(
        &mut self,
        expr: &'a ast::Expr<'a>,
        receiver: Option<&'a ast::Expr<'a>>,
        args: &'a [ast::Arg<'a>],
        is_tail: bool,
    ) -> Expr<'t> {
        self.p.note_call(expr, args);
        let args: Vec<&'a ast::Expr<'a>> = receiver.into_iter().chain(args.iter().map(|arg| arg.value)).collect();
        let span = expr.span;
        match self.callee(Key::of(expr)) {
            Some(Callee::Lib(function)) => self.call_lib(function, &args, expr),
            Some(Callee::Fn(func, type_args, sources)) if self.p.checked.is_dispatch(func, type_args, self.p.decls) => {
                self.call_dyn(expr, (func, type_args), &sources, &args)
            }
            Some(Callee::Intrinsic(intrinsic)) => self.call_intrinsic(intrinsic, &args, expr),
            Some(Callee::Fn(func, type_args, sources)) => {
                let inst = self.instance(func, type_args);
                self.call_instance(inst, &sources, &args, span, is_tail)
            }
            Some(Callee::Variant(number)) => {
                let ty = self.ty_or_never(expr);
                let tys = self.p.variant_types(ty, number);
                let values = self.values_into(&args, &tys);
                self.variant_value(number, &values, ty, span)
            }
            Some(Callee::Struct) => {
                let ty = self.ty_or_never(expr);
                let tys = self.p.field_types(ty);
                let values = self.values_into(&args, &tys);
                self.struct_value(&values, ty, span)
            }
            Some(Callee::Nested(id, sources)) => self.call_nested(id, &sources, &args, span, is_tail),
            Some(Callee::Instance(id, sources)) => {
                let id = self.used(id);
                self.call_nested(id, &sources, &args, span, is_tail)
            }
            Some(Callee::Field) => self.call_field(expr, &args),
            Some(Callee::Format) => self.call_format(&args, span),
            Some(Callee::Value | Callee::Slot(_)) | None => {
                // The checker understood no call whose receiver or arguments do not complete.
                let values: Vec<Expr<'t>> = args.iter().map(|arg| self.value(arg)).collect();
                match self.operands(&values, span) {
                    Err(diverging) => diverging,
                    Ok(()) => unreachable!("every call of a checked body has a callee: {expr:?}"),
                }
            }
        }
    }

    /// Each of `args` where a value of the type at its place is wanted. What is of type never has no place.
    pub(super) fn values_into(&mut self, args: &[&'a ast::Expr<'a>], tys: &[Type]) -> Vec<Expr<'t>> {
        args.iter()
            .enumerate()
            .map(|(i, arg)| match tys.get(i) {
                Some(&ty) => self.into(arg, ty, false),
                None => self.value(arg),
            })
            .collect()
    }

    fn call_instance(
        &mut self,
        inst: InstId,
        sources: &[ArgSource],
        args: &[&'a ast::Expr<'a>],
        span: Span,
        is_tail: bool,
    ) -> Expr<'t> {
        let (func, params) = (self.p.checked.insts[inst].func, self.p.checked.insts[inst].params.clone());
        let mut values = Vec::with_capacity(sources.len());
        for (index, source) in sources.iter().enumerate() {
            let ty = self.concrete(params[index]);
            values.push(match source {
                ArgSource::Given(at) => self.into(args[*at as usize], ty, false),
                ArgSource::Default => {
                    let default = self.p.checked.sigs[func].params[index].default.clone();
                    self.default_value(default, ty, span)
                }
            });
        }
        if let Err(diverging) = self.operands(&values, span) {
            return diverging;
        }
        self.call_values(inst, &values, span, is_tail)
    }

    /// A call of an instance with arguments that complete.
    pub(super) fn call_values(&mut self, inst: InstId, values: &[Expr<'t>], span: Span, is_tail: bool) -> Expr<'t> {
        let func = self.p.func_id(inst);
        let result = self.p.checked.insts[inst].result;
        let ty = self.concrete(result);
        self.call_func(func, values, ty, span, is_tail)
    }

    /// A call of a function with arguments that complete.
    pub(super) fn call_func(
        &mut self,
        func: FuncId,
        values: &[Expr<'t>],
        ty: Type,
        span: Span,
        is_tail: bool,
    ) -> Expr<'t> {
        self.uses.fns.push(func);
        let is_self_tail = is_tail && self.tail_fn == Some(func);
        if let Some((own, at)) = self.must_tail
            && own == func
            && !is_self_tail
        {
            self.report_tail_call(at, span);
        }
        let call = Call { func, args: self.p.arena.alloc_slice_copy(values), is_self_tail };
        Expr { kind: ExprKind::Call(self.p.arena.alloc(call)), ty, span }
    }

    /// Reports a call of the function itself that needs stack although none may.
    fn report_tail_call(&mut self, demanded: Span, span: Span) {
        let message = "this call of the function itself is not in tail position";
        let mut diagnostic =
            Diagnostic::error(codes::NOT_A_TAIL_CALL, span, message).with_secondary(demanded, "demanded here");
        if self.tail_fn.is_none() {
            diagnostic = diagnostic.with_note("`ensures` and `recovers_to` are checked after each call");
        }
        self.p
            .diags
            .push(diagnostic.with_help("`return` the call, with what is to be done to its value in a parameter"));
    }

    fn call_lib(&mut self, function: LibFn, args: &[&'a ast::Expr<'a>], expr: &'a ast::Expr<'a>) -> Expr<'t> {
        let values: Vec<Expr<'t>> = args.iter().map(|arg| self.value(arg)).collect();
        let span = expr.span;
        if let Err(diverging) = self.operands(&values, span) {
            return diverging;
        }
        let ty = self.ty_or_never(expr);
        self.lib_value(function, values, ty, span)
    }

    /// A call of `function` with arguments that complete.
    pub(super) fn lib_value(&mut self, function: LibFn, mut values: Vec<Expr<'t>>, ty: Type, span: Span) -> Expr<'t> {
        // Where one type decides about others, arguments are converted to it.
        match (function, values.as_mut_slice()) {
            (LibFn::Push, [array, value]) => *value = self.fit(*value, self.element(array.ty)),
            (LibFn::ArrayRepeat, [value, count]) => {
                *value = self.fit(*value, self.element(ty));
                *count = self.fit(*count, Types::INT);
            }
            (LibFn::Exit, [status]) => *status = self.fit(*status, Types::INT),
            (LibFn::Print | LibFn::Println, [value]) if !self.is_scalar(value.ty) => *value = self.display(*value),
            _ => {}
        }
        match (function, values.as_slice()) {
            (LibFn::Print, args) => self.builtin(Builtin::Print, args, Types::VOID, span),
            (LibFn::Println, args) => self.builtin(Builtin::Println, args, Types::VOID, span),
            (LibFn::Exit, args) => self.builtin(Builtin::Exit, args, Types::NEVER, span),
            (LibFn::LiveRetries, args) => self.builtin(Builtin::LiveRetries, args, Types::INT, span),
            (LibFn::LiveTotalRetries, args) => self.builtin(Builtin::LiveTotalRetries, args, Types::INT, span),
            (LibFn::LiveTotalExhaustions, args) => self.builtin(Builtin::LiveTotalExhaustions, args, Types::INT, span),
            (LibFn::Push, args) => self.builtin(Builtin::ArrayPush, args, args[0].ty, span),
            (LibFn::Cell, [content]) => {
                let content = match *self.p.types.kind(ty) {
                    TypeKind::Cell(wanted) => self.fit(*content, wanted),
                    _ => *content,
                };
                self.new_cell(content)
            }
            (LibFn::CellGet, [cell]) => Expr { kind: ExprKind::CellGet(self.alloc(*cell)), ty, span },
            (LibFn::CellSet, &[cell, value]) => {
                let value = match *self.p.types.kind(cell.ty) {
                    TypeKind::Cell(wanted) => self.fit(value, wanted),
                    _ => value,
                };
                self.builtin(Builtin::CellSet, &[cell, value], Types::VOID, span)
            }
            (LibFn::Pop, args) => self.builtin(Builtin::ArrayPop, args, args[0].ty, span),
            (LibFn::ArrayRepeat, args) => self.builtin(Builtin::ArrayRepeat, args, ty, span),
            (LibFn::Len, [arg]) => self.length(*arg, span),
            (LibFn::ToInt, [arg]) => self.convert(*arg, Types::INT, span),
            (LibFn::ToFloat | LibFn::AsF64, [arg]) => self.convert(*arg, Types::FLOAT, span),
            (LibFn::AsF32, [arg]) => self.convert(*arg, Types::F32, span),
            (LibFn::AsInt(_), [arg]) => self.convert(*arg, ty, span),
            (LibFn::ToString, [arg]) => self.text_of(*arg, span),
            (LibFn::CharToString, [arg]) => self.display(*arg),
            (function, _) => unreachable!("the checker saw the number of arguments of `{}`", function.name()),
        }
    }

    fn call_intrinsic(
        &mut self,
        intrinsic: Intrinsic,
        args: &[&'a ast::Expr<'a>],
        expr: &'a ast::Expr<'a>,
    ) -> Expr<'t> {
        let span = expr.span;
        let values: Vec<Expr<'t>> = args.iter().map(|arg| self.value(arg)).collect();
        if let Err(diverging) = self.operands(&values, span) {
            return diverging;
        }
        match (intrinsic, values.as_slice()) {
            (Intrinsic::Fault, &[message]) => {
                Expr { kind: ExprKind::Fault(self.alloc(message)), ty: Types::NEVER, span }
            }
            // A key of a type that nothing determined is in no map.
            (Intrinsic::Builtin(Builtin::IndexFind), &[_, _, key]) if key.ty == Types::VOID => {
                let before: Vec<Stmt<'t>> = values.iter().map(|&value| Stmt::Expr(self.alloc(value))).collect();
                let nowhere = Expr { kind: ExprKind::Int(-1), ty: Types::INT, span };
                self.block_of(&before, Some(nowhere), Types::INT, span)
            }
            (Intrinsic::Builtin(builtin), values) => {
                let ty = self.ty_or_never(expr);
                self.p.reads_trace |= builtin == Builtin::TraceLen;
                self.builtin(builtin, values, ty, span)
            }
            (Intrinsic::Quoted, &[value]) => self.quoted(value),
            (Intrinsic::TypeWord, &[value]) => self.type_word(value),
            (Intrinsic::FormatPart, &[value]) => {
                let ty = self.ty_or_never(expr);
                self.format_part(value, ty)
            }
            (Intrinsic::Chain, &[result]) => {
                let ty = self.ty_or_never(expr);
                self.chain_of(result, ty, span)
            }
            (Intrinsic::Chained, values) => {
                let ty = self.ty_or_never(expr);
                self.variant_value(variant::ERR, values, ty, span)
            }
            (
                Intrinsic::Fault | Intrinsic::Quoted | Intrinsic::TypeWord | Intrinsic::FormatPart | Intrinsic::Chain,
                _,
            ) => {
                unreachable!("the tests of the library call them")
            }
        }
    }

    /// The default value of a parameter of type `ty`.
    pub(super) fn default_value(&mut self, default: Option<DefaultValue>, ty: Type, span: Span) -> Expr<'t> {
        match default {
            Some(DefaultValue::Const(value)) => self.const_value(&value, span),
            Some(DefaultValue::None) => self.variant_value(variant::NONE, &[], ty, span),
            None => unreachable!("the checker saw the default value"),
        }
    }

    /// Number of characters, elements or parts.
    fn length(&mut self, value: Expr<'t>, span: Span) -> Expr<'t> {
        if let Some(id) = self.collection_of(value.ty) {
            return self.collection_len(id, value, span);
        }
        match *self.p.types.kind(value.ty) {
            TypeKind::Str => self.builtin(Builtin::StrLen, &[value], Types::INT, span),
            TypeKind::Array(_) => self.builtin(Builtin::ArrayLen, &[value], Types::INT, span),
            _ => {
                let n = self.p.field_types(value.ty).len() as i64;
                let count = Expr { kind: ExprKind::Int(n), ty: Types::INT, span };
                let evaluated = crate::typed::Stmt::Expr(self.alloc(value));
                self.block_of(&[evaluated], Some(count), Types::INT, span)
            }
        }
    }

    /// `to_string`: the method `fmt` where there is one, else the display form.
    fn text_of(&mut self, value: Expr<'t>, span: Span) -> Expr<'t> {
        if self.is_scalar(value.ty) {
            return self.display(value);
        }
        match self.method_instance(value.ty, "fmt") {
            Some(inst) => self.call_values(inst, &[value], span, false),
            None => self.display(value),
        }
    }

    /// The instance of the method called `name` of the type `ty`, if it has one that is in use.
    pub(super) fn method_instance(&mut self, ty: Type, name: &str) -> Option<InstId> {
        let origin = *self.p.origins.get(&ty)?;
        let symbol = self.p.cx.interner.get(name)?;
        let func = self.p.checked.find_method(origin, symbol)?;
        let args = self.p.checked.receiver_args(func, origin);
        self.p.checked.inst_ids.get(&(func, args)).copied()
    }

    /// Whether values of type `ty` have no parts.
    pub(super) fn is_scalar(&self, ty: Type) -> bool {
        use TypeKind::{Array, Cell, Enum, Fn, Struct};
        !matches!(self.p.types.kind(ty), Array(_) | Struct(_) | Enum(_) | Fn(..) | Cell(_))
    }

    /// `operand` as a `target`, as casts and library functions do it.
    pub(super) fn convert(&mut self, operand: Expr<'t>, target: Type, span: Span) -> Expr<'t> {
        if operand.ty == target || operand.ty == Types::NEVER {
            return operand;
        }
        if target == Types::STR {
            return self.display(operand);
        }
        let conversion = match (self.p.types.kind(operand.ty), self.p.types.kind(target)) {
            (TypeKind::Int(_), TypeKind::Int(_)) => Conversion::IntWrap,
            (TypeKind::Int(_), TypeKind::Float) => Conversion::IntToFloat,
            (TypeKind::Int(_), TypeKind::F32) => Conversion::IntToF32,
            (TypeKind::Float, TypeKind::Int(_)) => Conversion::FloatToInt,
            (TypeKind::F32, TypeKind::Float) => Conversion::F32ToFloat,
            (TypeKind::Float, TypeKind::F32) => Conversion::FloatToF32,
            (TypeKind::F32, TypeKind::Int(_)) => {
                let wide = self.convert(operand, Types::FLOAT, span);
                return self.convert(wide, target, span);
            }
            _ => return operand,
        };
        Expr { kind: ExprKind::Convert(conversion, self.alloc(operand)), ty: target, span }
    }

    /// `value` where a `target` is wanted: void drops it, a record gets some of the
    /// fields, and numbers are converted. A number that does not fit faults at
    /// the value.
    pub(super) fn fit(&mut self, value: Expr<'t>, target: Type) -> Expr<'t> {
        if value.ty == target || value.ty == Types::NEVER {
            return value;
        }
        if target == Types::VOID {
            let dropped = crate::typed::Stmt::Expr(self.alloc(value));
            return self.block_of(&[dropped], None, Types::VOID, value.span);
        }
        if self.p.dyn_trait(target).is_some() {
            return self.boxed_as(value, target);
        }
        let conversion = match (self.p.types.kind(value.ty), self.p.types.kind(target)) {
            (TypeKind::Int(_), TypeKind::Int(_)) if target == Types::INT => Conversion::IntWrap,
            (TypeKind::Int(_), TypeKind::Int(_)) => Conversion::IntNarrow,
            (TypeKind::F32, TypeKind::Float) => Conversion::F32ToFloat,
            (TypeKind::Float, TypeKind::F32) => Conversion::FloatToF32,
            (TypeKind::Struct(_), TypeKind::Struct(_)) => return self.view(value, target),
            // One that may raise more failures.
            (TypeKind::Fn(..), TypeKind::Fn(..)) => return Expr { ty: target, ..value },
            _ => return value,
        };
        Expr { kind: ExprKind::Convert(conversion, self.alloc(value)), ty: target, span: value.span }
    }
}

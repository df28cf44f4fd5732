//! Expressions: one arm per form, operands in their order of evaluation.

use resilient_abi::RtFn;
use resilient_base::Span;
use resilient_sema::typed::{Builtin, Conversion, Expr, ExprKind, LocalId, UnaryOp};
use resilient_sema::types::{IntTy, Type, TypeKind, Types};

use super::function::FuncBuilder;
use super::primitives::is_primitive;
use super::{Diverged, Flow};
use crate::ir::{self, Const, InstKind, Terminator, Ty, Value};

impl<'t> FuncBuilder<'_, '_, 't> {
    /// The value of `expr`, owned if counted; none if it is void.
    pub(super) fn eval(&mut self, expr: &'t Expr<'t>) -> Flow<Option<Value>> {
        let value = self.eval_form(expr)?;
        self.end_if_never(expr.ty)?;
        Ok(value)
    }

    /// Ends the block behind an expression of type never, such as a call of a function that does not return.
    pub(super) fn end_if_never(&mut self, ty: Type) -> Flow<()> {
        if ty == Types::NEVER {
            self.ssa.terminate(Terminator::Unreachable);
            return Err(Diverged);
        }
        Ok(())
    }

    /// The value of `expr`, which is not void; owned if counted.
    pub(super) fn value(&mut self, expr: &'t Expr<'t>) -> Flow<Value> {
        match self.eval(expr)? {
            Some(value) => Ok(value),
            None => unreachable!("operands have values, that at {:?} has none", expr.span),
        }
    }

    /// Evaluates `expr` for its effects.
    pub(super) fn discard(&mut self, expr: &'t Expr<'t>) -> Flow<()> {
        if matches!(expr.kind, ExprKind::Local(_)) {
            return Ok(());
        }
        if let Some(value) = self.eval(expr)?
            && self.is_counted(value)
        {
            self.release(value);
        }
        Ok(())
    }

    fn eval_form(&mut self, expr: &'t Expr<'t>) -> Flow<Option<Value>> {
        let value = match expr.kind {
            ExprKind::Void => return Ok(None),
            ExprKind::Int(value) => self.ssa.int(value),
            ExprKind::Float(value) if expr.ty == Types::F32 => self.ssa.constant(Const::F32((value as f32).to_bits())),
            ExprKind::Float(value) => self.ssa.constant(Const::Float(value.to_bits())),
            ExprKind::Char(value) => self.ssa.int(i64::from(u32::from(value))),
            ExprKind::Bool(value) => self.ssa.bool(value),
            ExprKind::Str(text) => self.literal(text),
            ExprKind::Local(id) if self.ssa.var_ty(id).is_none() => return Ok(None),
            ExprKind::Local(id) => self.read_local(id),
            ExprKind::Global(id) => return Ok(self.read_global(id, expr.span)),
            ExprKind::Unary(op, operand) => self.unary(op, operand, expr.span)?,
            ExprKind::Binary(..) => self.binary(expr)?,
            ExprKind::And(left, right) => self.short_circuit(left, right, true)?,
            ExprKind::Or(left, right) => self.short_circuit(left, right, false)?,
            ExprKind::Convert(conversion, operand) => self.convert(conversion, operand, expr)?,
            ExprKind::Display(_) | ExprKind::Quoted(_) | ExprKind::Concat(_) => self.text(expr)?,
            ExprKind::Call(call) => return self.call(call, expr.span),
            ExprKind::Closure(func, captures) => self.closure(func, captures)?,
            ExprKind::CallValue(callee, args) => return self.call_value(callee, args, expr.span),
            ExprKind::CellNew(content) => self.cell_new(content)?,
            ExprKind::CellGet(cell) => return self.cell_get(cell, expr.ty),
            ExprKind::Field(..)
            | ExprKind::VariantField(..)
            | ExprKind::Index(..)
            | ExprKind::CallBuiltin(Builtin::ArrayGet, _) => return self.part(expr),
            ExprKind::CallBuiltin(builtin, args) => return self.builtin(builtin, args, expr),
            ExprKind::Struct(fields) => self.struct_(fields, expr.ty)?,
            ExprKind::Variant(variant, payload) => self.variant(variant, payload, expr.ty)?,
            ExprKind::Array(elements) => self.array(elements, expr.ty)?,
            ExprKind::Match(node) => return self.match_(node, expr.ty),
            ExprKind::AssignPart(node) => {
                self.assign_part(node, expr.span)?;
                return Ok(None);
            }
            ExprKind::Block(block) => return self.block(block, expr.ty),
            ExprKind::If(cond, then, otherwise) => return self.if_(cond, then, otherwise, expr.ty),
            ExprKind::Loop(node) => return self.loop_(node, expr.ty),
            ExprKind::ForRange(node) => return self.for_range(node, expr.ty),
            ExprKind::Assign(place, value) => {
                self.assign(place, value, expr.span)?;
                return Ok(None);
            }
            ExprKind::AssignOp(place, op, operand) => {
                self.assign_op(place, op, operand, expr.span)?;
                return Ok(None);
            }
            ExprKind::Return(value) => return Err(self.return_(value)),
            ExprKind::Break(id, value) => return Err(self.break_(id, value)),
            ExprKind::Continue(id) => return Err(self.continue_(id)),
            ExprKind::Fault(message) => return Err(self.fault(message, expr.span)),
            ExprKind::Live(node) => return self.live(node, expr.ty, expr.span),
            ExprKind::Fail(failure) => return Err(self.fail(failure)),
            ExprKind::Try(node) => return self.try_(node, expr.ty),
        };
        Ok(Some(value))
    }

    /// The value of a variable, owned if counted.
    pub(super) fn read_local(&mut self, local: LocalId) -> Value {
        let value = self.ssa.read(local);
        if self.is_counted(value) { self.retain(value) } else { value }
    }

    fn unary(&mut self, op: UnaryOp, operand: &'t Expr<'t>, span: Span) -> Flow<Value> {
        if let (UnaryOp::IntNeg, ExprKind::Int(value)) = (op, operand.kind) {
            return Ok(self.ssa.int(self.int_ty(operand.ty).wrap(value.wrapping_neg())));
        }
        let value = self.value(operand)?;
        Ok(match op {
            UnaryOp::IntNeg => {
                let negated = self.ssa.def(InstKind::Unary(ir::UnaryOp::IntNeg, value), Ty::I64);
                self.wrap(negated, self.int_ty(operand.ty))
            }
            UnaryOp::BoundedNeg(bound) => self.bounded_neg(bound, self.int_ty(operand.ty), value, span),
            UnaryOp::FloatNeg => self.ssa.def(InstKind::Unary(ir::UnaryOp::FloatNeg, value), self.ssa.func.ty(value)),
            UnaryOp::BoolNot => self.ssa.def(InstKind::Unary(ir::UnaryOp::Not, value), Ty::Bool),
        })
    }

    fn convert(&mut self, conversion: Conversion, operand: &'t Expr<'t>, expr: &Expr<'t>) -> Flow<Value> {
        let value = self.value(operand)?;
        let is_u64 = matches!(self.types().kind(operand.ty), TypeKind::Int(IntTy { bits: 64, signed: false }));
        let (op, ty) = match conversion {
            Conversion::IntToFloat if is_u64 => (ir::UnaryOp::UintToFloat, Ty::F64),
            Conversion::IntToFloat => (ir::UnaryOp::IntToFloat, Ty::F64),
            Conversion::IntToF32 if is_u64 => (ir::UnaryOp::UintToF32, Ty::F32),
            Conversion::IntToF32 => (ir::UnaryOp::IntToF32, Ty::F32),
            Conversion::F32ToFloat => (ir::UnaryOp::F32ToFloat, Ty::F64),
            Conversion::FloatToF32 => (ir::UnaryOp::FloatToF32, Ty::F32),
            Conversion::FloatToInt => {
                let loc = self.loc(expr.span);
                return Ok(self.ssa.rt(RtFn::FloatToInt, &[value], Some(loc)));
            }
            Conversion::IntWrap => {
                let (from, to) = (self.int_ty(operand.ty), self.int_ty(expr.ty));
                let fits = from.min() >= to.min() && from.max() <= to.max();
                return Ok(if fits { value } else { self.wrap(value, to) });
            }
            Conversion::IntNarrow => return Ok(self.narrowed(value, expr)),
        };
        Ok(self.ssa.def(InstKind::Unary(op, value), ty))
    }

    /// An int as a value of a narrower type, which it must be one of.
    fn narrowed(&mut self, value: Value, expr: &Expr<'t>) -> Value {
        let ty = self.int_ty(expr.ty);
        let wrapped = self.wrap(value, ty);
        let is_out = if wrapped == value {
            // As wide, but without negative values.
            let zero = self.ssa.int(0);
            self.ssa.def(InstKind::IntCmp(ir::CmpOp::Lt, value, zero), Ty::Bool)
        } else {
            self.ssa.def(InstKind::IntCmp(ir::CmpOp::Ne, wrapped, value), Ty::Bool)
        };
        let loc = self.loc(expr.span);
        self.divert(is_out, |this| {
            let args = vec![value, this.ssa.int(i64::from(ty.bits)), this.ssa.bool(ty.signed)];
            this.ssa.terminate(Terminator::NoReturn(RtFn::FaultIntRange, args, Some(loc)));
        });
        wrapped
    }

    fn builtin(&mut self, builtin: Builtin, args: &'t [Expr<'t>], expr: &Expr<'t>) -> Flow<Option<Value>> {
        match (builtin, args) {
            (Builtin::Print, _) => {
                self.print(args)?;
                self.ssa.rt_effect(RtFn::Flush, &[]);
            }
            (Builtin::Println, _) => {
                self.print(args)?;
                self.ssa.rt_effect(RtFn::PrintNewline, &[]);
            }
            (Builtin::CellSet, [cell, content]) => self.cell_set(cell, content)?,
            (Builtin::LiveRetries, _) => {
                let loc = self.loc(expr.span);
                return Ok(Some(self.ssa.rt(RtFn::LiveRetries, &[], Some(loc))));
            }
            (Builtin::LiveTotalRetries, _) => return Ok(Some(self.ssa.rt(RtFn::LiveTotalRetries, &[], None))),
            (Builtin::LiveTotalExhaustions, _) => return Ok(Some(self.ssa.rt(RtFn::LiveTotalExhaustions, &[], None))),
            (Builtin::InjectFault, [number]) => {
                let number = self.value(number)?;
                let loc = self.loc(expr.span);
                self.ssa.rt_may_fault(RtFn::InjectFault, &[number], loc);
            }
            (Builtin::MainFailed, [message]) => {
                let message = self.value(message)?;
                self.ssa.terminate(Terminator::NoReturn(RtFn::FaultOfMain, vec![message], None));
                return Err(Diverged);
            }
            (Builtin::Exit, [status]) => {
                let status = self.value(status)?;
                self.ssa.terminate(Terminator::NoReturn(RtFn::Exit, vec![status], None));
                return Err(Diverged);
            }
            _ if is_primitive(builtin) => return self.primitive(builtin, args).map(Some),
            _ => return self.sequence_builtin(builtin, args, expr.ty, expr.span).map(Some),
        }
        Ok(None)
    }
}

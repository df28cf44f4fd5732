//! Expressions: one arm per form, operands in their order of evaluation.

use resilient_abi::RtFn;
use resilient_sema::typed::{Builtin, Conversion, Expr, ExprKind, LocalId, UnaryOp};
use resilient_sema::types::{Type, Types};

use super::function::FuncBuilder;
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
            && self.ssa.func.ty(value).is_counted()
        {
            self.release(value);
        }
        Ok(())
    }

    fn eval_form(&mut self, expr: &'t Expr<'t>) -> Flow<Option<Value>> {
        let value = match expr.kind {
            ExprKind::Void => return Ok(None),
            ExprKind::Int(value) => self.ssa.int(value),
            ExprKind::Float(value) => self.ssa.constant(Const::Float(value.to_bits())),
            ExprKind::Bool(value) => self.ssa.bool(value),
            ExprKind::Str(text) => self.literal(text),
            ExprKind::Local(id) if self.ssa.var_ty(id).is_none() => return Ok(None),
            ExprKind::Local(id) => self.read_local(id),
            ExprKind::Global(id) => return Ok(self.read_global(id, expr.span)),
            ExprKind::Unary(op, operand) => self.unary(op, operand)?,
            ExprKind::Binary(..) => self.binary(expr)?,
            ExprKind::And(left, right) => self.short_circuit(left, right, true)?,
            ExprKind::Or(left, right) => self.short_circuit(left, right, false)?,
            ExprKind::Convert(conversion, operand) => self.convert(conversion, operand, expr)?,
            ExprKind::Display(_) | ExprKind::Quoted(_) | ExprKind::Concat(_) => self.text(expr)?,
            ExprKind::Call(call) => return self.call(call),
            ExprKind::CallBuiltin(builtin, args) => return self.builtin(builtin, args),
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
        };
        Ok(Some(value))
    }

    /// The value of a variable, owned if counted.
    pub(super) fn read_local(&mut self, local: LocalId) -> Value {
        let value = self.ssa.read(local);
        if self.ssa.func.ty(value).is_counted() { self.retain(value) } else { value }
    }

    fn unary(&mut self, op: UnaryOp, operand: &'t Expr<'t>) -> Flow<Value> {
        if let (UnaryOp::IntNeg, ExprKind::Int(value)) = (op, operand.kind) {
            return Ok(self.ssa.int(value.wrapping_neg()));
        }
        let operand = self.value(operand)?;
        let (op, ty) = match op {
            UnaryOp::IntNeg => (ir::UnaryOp::IntNeg, Ty::I64),
            UnaryOp::FloatNeg => (ir::UnaryOp::FloatNeg, Ty::F64),
            UnaryOp::BoolNot => (ir::UnaryOp::Not, Ty::Bool),
        };
        Ok(self.ssa.def(InstKind::Unary(op, operand), ty))
    }

    fn convert(&mut self, conversion: Conversion, operand: &'t Expr<'t>, expr: &Expr<'t>) -> Flow<Value> {
        let operand = self.value(operand)?;
        Ok(match conversion {
            Conversion::IntToFloat => self.ssa.def(InstKind::Unary(ir::UnaryOp::IntToFloat, operand), Ty::F64),
            Conversion::FloatToInt => {
                let loc = self.loc(expr.span);
                self.ssa.rt(RtFn::FloatToInt, &[operand], Some(loc))
            }
        })
    }

    fn builtin(&mut self, builtin: Builtin, args: &'t [Expr<'t>]) -> Flow<Option<Value>> {
        match (builtin, args) {
            (Builtin::Print, _) => {
                self.print(args)?;
                self.ssa.rt_effect(RtFn::Flush, &[]);
            }
            (Builtin::Println, _) => {
                self.print(args)?;
                self.ssa.rt_effect(RtFn::PrintNewline, &[]);
            }
            (Builtin::StrLen, [text]) => {
                let text = self.operand(text, &[])?;
                let len = self.ssa.rt(RtFn::StrLen, &[text.value], None);
                self.release_operand(text);
                return Ok(Some(len));
            }
            (Builtin::Exit, [status]) => {
                let status = self.value(status)?;
                self.ssa.terminate(Terminator::NoReturn(RtFn::Exit, vec![status], None));
                return Err(Diverged);
            }
            (Builtin::StrLen | Builtin::Exit, _) => {
                unreachable!("the checker passed {} arguments to {builtin:?}", args.len())
            }
        }
        Ok(None)
    }
}

//! Integer operators whose results are not out of range.
//!
//! ```text
//! trap                                        saturate
//!     v2 = iadd v0, v1                            v2 = iadd v0, v1
//!     v3 = iadd_overflows v0, v1                  v3 = iadd_overflows v0, v1
//!     branch v3, block2, block1                   v4 = ishr v0, 63
//! block2:                                         v5 = ixor v4, MAX
//!     noreturn fault_overflow(0, v0, v1)          v6 = select v3, v5, v2
//! ```
//!
//! Types narrower than `int` compute in 64 bits and see whether the result survives a `wrap`. The sum and the difference of
//! two `u64` are out of range where they come out on the wrong side of the left operand.

use resilient_abi::{ArithOp, RtFn};
use resilient_base::Span;
use resilient_sema::typed::{Arith, Bound};
use resilient_sema::types::IntTy;

use super::function::FuncBuilder;
use super::shapes::narrow;
use crate::ir::{self, CmpOp, InstKind, Terminator, Ty, Value};

/// An operator with its operands; of a prefix operator the right one is 0.
#[derive(Clone, Copy)]
struct Operation {
    op: ArithOp,
    ty: IntTy,
    left: Value,
    right: Value,
}

impl FuncBuilder<'_, '_, '_> {
    /// `left op right`; a fault stands at `span`.
    pub(super) fn bounded(
        &mut self,
        (op, bound): (Arith, Bound),
        ty: IntTy,
        (left, right): (Value, Value),
        span: Span,
    ) -> Value {
        let op = match op {
            Arith::Add => ArithOp::Add,
            Arith::Sub => ArithOp::Sub,
            Arith::Mul => ArithOp::Mul,
            Arith::Div => {
                self.check_divisor(right, RtFn::FaultDivisionByZero, span);
                ArithOp::Div
            }
        };
        self.bounded_operation(Operation { op, ty, left, right }, bound, span)
    }

    /// `- operand`; a fault stands at `span`.
    pub(super) fn bounded_neg(&mut self, bound: Bound, ty: IntTy, operand: Value, span: Span) -> Value {
        let right = self.ssa.int(0);
        self.bounded_operation(Operation { op: ArithOp::Neg, ty, left: operand, right }, bound, span)
    }

    fn bounded_operation(&mut self, operation: Operation, bound: Bound, span: Span) -> Value {
        let wrapped = self.in_64_bits(operation);
        let Some(is_out) = self.is_out_of_range(operation, wrapped) else {
            return wrapped;
        };
        match bound {
            Bound::Saturate => {
                let nearest = self.nearest(operation, wrapped);
                self.ssa.def(InstKind::Select(is_out, nearest, wrapped), Ty::I64)
            }
            Bound::Trap => {
                let Operation { op, ty, left, right } = operation;
                let loc = self.loc(span);
                self.divert(is_out, |this| {
                    let args = vec![this.ssa.int(op.code(ty.signed)), left, right];
                    this.ssa.terminate(Terminator::NoReturn(RtFn::FaultOverflow, args, Some(loc)));
                });
                wrapped
            }
        }
    }

    fn int_op(&mut self, op: ir::BinaryOp, left: Value, right: Value) -> Value {
        self.ssa.def(InstKind::Binary(op, left, right), Ty::I64)
    }

    fn is(&mut self, op: CmpOp, left: Value, right: Value) -> Value {
        self.ssa.def(InstKind::IntCmp(op, left, right), Ty::Bool)
    }

    /// The low 64 bits of the result.
    fn in_64_bits(&mut self, Operation { op, ty, left, right }: Operation) -> Value {
        let op = match op {
            ArithOp::Add => ir::BinaryOp::IntAdd,
            ArithOp::Sub => ir::BinaryOp::IntSub,
            ArithOp::Mul => ir::BinaryOp::IntMul,
            ArithOp::Div if ty.bits == 64 && !ty.signed => ir::BinaryOp::UintDiv,
            ArithOp::Div => ir::BinaryOp::IntDiv,
            ArithOp::Neg => return self.ssa.def(InstKind::Unary(ir::UnaryOp::IntNeg, left), Ty::I64),
        };
        self.int_op(op, left, right)
    }

    /// Whether the exact result is none of the type; none if it always is.
    fn is_out_of_range(&mut self, operation: Operation, wrapped: Value) -> Option<Value> {
        let Operation { op, ty, left, right } = operation;
        if op == ArithOp::Div && !ty.signed {
            return None;
        }
        if narrow(ty).is_some() {
            let kept = self.wrap(wrapped, ty);
            return Some(self.is(CmpOp::Ne, kept, wrapped));
        }
        let flag = |op| InstKind::Binary(op, left, right);
        let kind = match (op, ty.signed) {
            (ArithOp::Add, true) => flag(ir::BinaryOp::IntAddOverflows),
            (ArithOp::Sub, true) => flag(ir::BinaryOp::IntSubOverflows),
            (ArithOp::Mul, true) => flag(ir::BinaryOp::IntMulOverflows),
            (ArithOp::Mul, false) => flag(ir::BinaryOp::UintMulOverflows),
            (ArithOp::Add, false) => InstKind::UintCmp(CmpOp::Lt, wrapped, left),
            (ArithOp::Sub, false) => InstKind::UintCmp(CmpOp::Lt, left, right),
            (ArithOp::Neg, false) => InstKind::IntCmp(CmpOp::Ne, left, right),
            (ArithOp::Neg, true) => InstKind::IntCmp(CmpOp::Eq, left, self.ssa.int(i64::MIN)),
            (ArithOp::Div, _) => {
                let (least, minus_one) = (self.ssa.int(i64::MIN), self.ssa.int(-1));
                let is_least = self.is(CmpOp::Eq, left, least);
                let is_negated = self.is(CmpOp::Eq, right, minus_one);
                InstKind::Binary(ir::BinaryOp::BoolAnd, is_least, is_negated)
            }
        };
        Some(self.ssa.def(kind, Ty::Bool))
    }

    /// The value of the type nearest to an exact result that is out of range.
    fn nearest(&mut self, Operation { op, ty, left, right }: Operation, wrapped: Value) -> Value {
        let (min, max) = match narrow(ty) {
            Some(ty) => (ty.min(), ty.max()),
            None if ty.signed => (i64::MIN, i64::MAX),
            // All bits.
            None => (0, -1),
        };
        // What is negative if the exact result is.
        let sign = match op {
            ArithOp::Div => return self.ssa.int(max),
            ArithOp::Neg if ty.signed => return self.ssa.int(max),
            ArithOp::Sub | ArithOp::Neg if !ty.signed => return self.ssa.int(min),
            _ if !ty.signed => return self.ssa.int(max),
            _ if narrow(ty).is_some() => wrapped,
            ArithOp::Mul => self.int_op(ir::BinaryOp::IntXor, left, right),
            ArithOp::Add | ArithOp::Sub | ArithOp::Neg => left,
        };
        // The least value of a signed type is the complement of the greatest.
        let (shift, max) = (self.ssa.int(63), self.ssa.int(max));
        let all_sign = self.int_op(ir::BinaryOp::IntShr, sign, shift);
        self.int_op(ir::BinaryOp::IntXor, all_sign, max)
    }
}

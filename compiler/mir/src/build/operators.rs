//! Infix operators and their checks.
//!
//! A check that fails goes to a block of its own, which faults at the operator's position:
//!
//! ```text
//!     v2 = iconst 0
//!     v3 = icmp eq v1, v2
//!     branch v3, block2, block1
//! block1:
//!     v4 = idiv v0, v1
//! block2:
//!     noreturn fault_division_by_zero() @ file0:1:9
//! ```

use resilient_abi::RtFn;
use resilient_base::Span;
use resilient_sema::typed::{BinaryOp, CmpOp, Expr, ExprKind};
use resilient_sema::types::{IntTy, Type, TypeKind};

use super::Flow;
use super::function::FuncBuilder;
use super::scope::Operand;
use super::shapes::narrow;
use crate::ir::{self, InstKind, Loc, Terminator, Ty, Value};

impl<'t> FuncBuilder<'_, '_, 't> {
    /// The value of a [`ExprKind::Binary`]. Chains of left operands can be very long and are no recursion.
    pub(super) fn binary(&mut self, expr: &'t Expr<'t>) -> Flow<Value> {
        let mut chain = Vec::new();
        let mut leftmost = expr;
        while let ExprKind::Binary(op, left, right) = leftmost.kind
            && op != BinaryOp::StrConcat
        {
            chain.push((op, left.ty, right, leftmost.span));
            leftmost = left;
        }
        let Some(&(_, _, first, _)) = chain.last() else {
            return self.text(expr);
        };
        let mut left = self.operand(leftmost, &[first])?;
        for (op, ty, right, span) in chain.into_iter().rev() {
            let value = self.apply(op, ty, left, right, span)?;
            left = self.temporary(value);
        }
        Ok(left.value)
    }

    /// Evaluates the right operand and computes. Both operands are given up.
    fn apply(&mut self, op: BinaryOp, ty: Type, left: Operand, right: &'t Expr<'t>, span: Span) -> Flow<Value> {
        let depth = self.held.len();
        self.hold_operand(left);
        let right = self.operand(right, &[])?;
        self.held.truncate(depth);
        Ok(self.compute(op, ty, left, right, span))
    }

    /// `left op right`, where `left` is of type `ty`. Both operands are given up; a fault stands at `span`.
    pub(super) fn compute(&mut self, op: BinaryOp, ty: Type, left: Operand, right: Operand, span: Span) -> Value {
        let joined = match op {
            BinaryOp::StrConcat => RtFn::StrConcat,
            BinaryOp::ArrayConcat => RtFn::ArrayConcat,
            _ => {
                let value = self.compute_borrowed(op, ty, left.value, right.value, span);
                self.release_operand(left);
                self.release_operand(right);
                return value;
            }
        };
        let first = self.own(left);
        let value = self.ssa.rt(joined, &[first, right.value], None);
        self.release_operand(right);
        value
    }

    /// The value of an operand with a reference of its own; the operand is given up.
    pub(super) fn own(&mut self, operand: Operand) -> Value {
        if operand.is_own() {
            return operand.value;
        }
        let value = self.retain(operand.value);
        self.release_operand(operand);
        value
    }

    fn compute_borrowed(&mut self, op: BinaryOp, ty: Type, left: Value, right: Value, span: Span) -> Value {
        use ir::BinaryOp as Ir;
        let float_ty = self.ssa.func.ty(left);
        let float = |op| (InstKind::Binary(op, left, right), float_ty);
        let (kind, ty) = match op {
            BinaryOp::IntAdd
            | BinaryOp::IntSub
            | BinaryOp::IntMul
            | BinaryOp::IntAnd
            | BinaryOp::IntOr
            | BinaryOp::IntXor
            | BinaryOp::IntDiv
            | BinaryOp::IntRem
            | BinaryOp::IntShl
            | BinaryOp::IntShr => return self.int_binary(op, self.int_ty(ty), (left, right), span),
            BinaryOp::Bounded(op, bound) => return self.bounded((op, bound), self.int_ty(ty), (left, right), span),
            BinaryOp::FloatAdd => float(Ir::FloatAdd),
            BinaryOp::FloatSub => float(Ir::FloatSub),
            BinaryOp::FloatMul => float(Ir::FloatMul),
            BinaryOp::FloatDiv => float(Ir::FloatDiv),
            BinaryOp::FloatRem => return self.float_rem(left, right),
            BinaryOp::StrRepeat => {
                let loc = self.loc(span);
                return self.ssa.rt(RtFn::StrRepeat, &[left, right], Some(loc));
            }
            BinaryOp::IntCmp(op) => match (op, self.int_ty(ty)) {
                (CmpOp::Lt | CmpOp::Le | CmpOp::Gt | CmpOp::Ge, IntTy { bits: 64, signed: false }) => {
                    (InstKind::UintCmp(cmp_op(op), left, right), Ty::Bool)
                }
                _ => (InstKind::IntCmp(cmp_op(op), left, right), Ty::Bool),
            },
            BinaryOp::CharCmp(op) => (InstKind::IntCmp(cmp_op(op), left, right), Ty::Bool),
            BinaryOp::FloatCmp(op) => (InstKind::FloatCmp(cmp_op(op), left, right), Ty::Bool),
            BinaryOp::BoolCmp(op) => return self.compare_bools(op, left, right),
            BinaryOp::StrCmp(op) => return self.compare_strings(op, left, right),
            BinaryOp::StrConcat | BinaryOp::ArrayConcat => unreachable!("joining consumes its left operand"),
        };
        self.ssa.def(kind, ty)
    }

    /// The integer type that `ty` is.
    pub(super) fn int_ty(&self, ty: Type) -> IntTy {
        match self.types().kind(ty) {
            TypeKind::Int(int) => *int,
            _ => unreachable!("operands of integer operators are integers, not {}", self.types().display(ty)),
        }
    }

    /// An operator on two values of one integer type; the right one of a shift is an int.
    fn int_binary(&mut self, op: BinaryOp, ty: IntTy, (left, right): (Value, Value), span: Span) -> Value {
        use ir::BinaryOp as Ir;
        let is_u64 = ty.bits == 64 && !ty.signed;
        let (op, may_leave_range) = match op {
            BinaryOp::IntAdd => (Ir::IntAdd, true),
            BinaryOp::IntSub => (Ir::IntSub, true),
            BinaryOp::IntMul => (Ir::IntMul, true),
            BinaryOp::IntAnd => (Ir::IntAnd, false),
            BinaryOp::IntOr => (Ir::IntOr, false),
            BinaryOp::IntXor => (Ir::IntXor, false),
            BinaryOp::IntDiv => {
                self.check_divisor(right, RtFn::FaultDivisionByZero, span);
                // The least value by -1.
                if is_u64 { (Ir::UintDiv, false) } else { (Ir::IntDiv, ty.signed) }
            }
            BinaryOp::IntRem => {
                self.check_divisor(right, RtFn::FaultModuloByZero, span);
                (if is_u64 { Ir::UintRem } else { Ir::IntRem }, false)
            }
            BinaryOp::IntShl => {
                self.check_shift_amount(right, ty, span);
                (Ir::IntShl, true)
            }
            BinaryOp::IntShr => {
                self.check_shift_amount(right, ty, span);
                (if is_u64 { Ir::UintShr } else { Ir::IntShr }, false)
            }
            _ => unreachable!("{op:?} is no operator on integers"),
        };
        let result = self.ssa.def(InstKind::Binary(op, left, right), Ty::I64);
        if may_leave_range { self.wrap(result, ty) } else { result }
    }

    /// The low bits of an int as a value of the type.
    pub(super) fn wrap(&mut self, value: Value, ty: IntTy) -> Value {
        match narrow(ty) {
            Some(ty) => self.ssa.def(InstKind::Unary(ir::UnaryOp::Wrap(ty), value), Ty::I64),
            None => value,
        }
    }

    /// The remainder of two `f32` is exact in both widths.
    fn float_rem(&mut self, left: Value, right: Value) -> Value {
        if self.ssa.func.ty(left) == Ty::F64 {
            return self.ssa.rt(RtFn::FloatRem, &[left, right], None);
        }
        let left = self.ssa.def(InstKind::Unary(ir::UnaryOp::F32ToFloat, left), Ty::F64);
        let right = self.ssa.def(InstKind::Unary(ir::UnaryOp::F32ToFloat, right), Ty::F64);
        let result = self.ssa.rt(RtFn::FloatRem, &[left, right], None);
        self.ssa.def(InstKind::Unary(ir::UnaryOp::FloatToF32, result), Ty::F32)
    }

    fn compare_bools(&mut self, op: CmpOp, left: Value, right: Value) -> Value {
        let differ = self.ssa.def(InstKind::Binary(ir::BinaryOp::BoolXor, left, right), Ty::Bool);
        match op {
            CmpOp::Ne => differ,
            CmpOp::Eq => self.not(differ),
            CmpOp::Lt | CmpOp::Le | CmpOp::Gt | CmpOp::Ge => unreachable!("bools have no order"),
        }
    }

    fn compare_strings(&mut self, op: CmpOp, left: Value, right: Value) -> Value {
        match op {
            CmpOp::Eq => self.ssa.rt(RtFn::StrEq, &[left, right], None),
            CmpOp::Ne => {
                let equal = self.ssa.rt(RtFn::StrEq, &[left, right], None);
                self.not(equal)
            }
            CmpOp::Lt | CmpOp::Le | CmpOp::Gt | CmpOp::Ge => {
                let order = self.ssa.rt(RtFn::StrCompare, &[left, right], None);
                let zero = self.ssa.int(0);
                self.ssa.def(InstKind::IntCmp(cmp_op(op), order, zero), Ty::Bool)
            }
        }
    }

    fn not(&mut self, value: Value) -> Value {
        self.ssa.def(InstKind::Unary(ir::UnaryOp::Not, value), Ty::Bool)
    }

    pub(super) fn check_divisor(&mut self, divisor: Value, fault: RtFn, span: Span) {
        if self.ssa.known_int(divisor).is_some_and(|known| known != 0) {
            return;
        }
        let zero = self.ssa.int(0);
        let is_zero = self.ssa.def(InstKind::IntCmp(ir::CmpOp::Eq, divisor, zero), Ty::Bool);
        let loc = self.loc(span);
        self.fault_if(is_zero, fault, Vec::new(), loc);
    }

    /// Amounts below the width, a power of two, are those without a bit from there on: one test for both ends.
    fn check_shift_amount(&mut self, amount: Value, ty: IntTy, span: Span) {
        let max = i64::from(ty.bits) - 1;
        if self.ssa.known_int(amount).is_some_and(|known| (0..=max).contains(&known)) {
            return;
        }
        let mask = self.ssa.int(!max);
        let excess = self.ssa.def(InstKind::Binary(ir::BinaryOp::IntAnd, amount, mask), Ty::I64);
        let zero = self.ssa.int(0);
        let is_out = self.ssa.def(InstKind::IntCmp(ir::CmpOp::Ne, excess, zero), Ty::Bool);
        let loc = self.loc(span);
        self.fault_if(is_out, RtFn::FaultShiftAmount, vec![amount], loc);
    }

    pub(super) fn fault_if(&mut self, bad: Value, fault: RtFn, args: Vec<Value>, loc: Loc) {
        self.divert(bad, |this| this.ssa.terminate(Terminator::NoReturn(fault, args, Some(loc))));
    }

    /// Where `bad`, goes to a block that `build` fills and ends.
    pub(super) fn divert(&mut self, bad: Value, build: impl FnOnce(&mut Self)) {
        let cold = self.ssa.new_block();
        let good = self.ssa.new_block();
        self.ssa.branch(bad, cold, good);
        self.ssa.start(cold);
        build(self);
        self.ssa.start(good);
    }
}

fn cmp_op(op: CmpOp) -> ir::CmpOp {
    match op {
        CmpOp::Eq => ir::CmpOp::Eq,
        CmpOp::Ne => ir::CmpOp::Ne,
        CmpOp::Lt => ir::CmpOp::Lt,
        CmpOp::Le => ir::CmpOp::Le,
        CmpOp::Gt => ir::CmpOp::Gt,
        CmpOp::Ge => ir::CmpOp::Ge,
    }
}

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

use super::Flow;
use super::function::FuncBuilder;
use super::scope::Operand;
use crate::ir::{self, InstKind, Loc, Terminator, Ty, Value};

impl<'t> FuncBuilder<'_, '_, 't> {
    /// The value of a [`ExprKind::Binary`]. Chains of left operands can be very long and are no recursion.
    pub(super) fn binary(&mut self, expr: &'t Expr<'t>) -> Flow<Value> {
        let mut chain = Vec::new();
        let mut leftmost = expr;
        while let ExprKind::Binary(op, left, right) = leftmost.kind
            && op != BinaryOp::StrConcat
        {
            chain.push((op, right, leftmost.span));
            leftmost = left;
        }
        let Some(&(_, first, _)) = chain.last() else {
            return self.text(expr);
        };
        let mut left = self.operand(leftmost, &[first])?;
        for (op, right, span) in chain.into_iter().rev() {
            left = self.apply(op, left, right, span)?;
        }
        Ok(left.value)
    }

    /// Evaluates the right operand and computes. Both operands are given up.
    fn apply(&mut self, op: BinaryOp, left: Operand, right: &'t Expr<'t>, span: Span) -> Flow<Operand> {
        let depth = self.held.len();
        self.hold_operand(left);
        let right = self.operand(right, &[])?;
        self.held.truncate(depth);
        let value = self.compute(op, left.value, right.value, span);
        self.release_operand(left);
        self.release_operand(right);
        Ok(Operand { value, is_temporary: self.ssa.func.ty(value).is_counted() })
    }

    /// `left op right`, borrowing counted operands; a fault stands at `span`.
    pub(super) fn compute(&mut self, op: BinaryOp, left: Value, right: Value, span: Span) -> Value {
        use ir::BinaryOp as Ir;
        let int = |op| (InstKind::Binary(op, left, right), Ty::I64);
        let float = |op| (InstKind::Binary(op, left, right), Ty::F64);
        let (kind, ty) = match op {
            BinaryOp::IntAdd => int(Ir::IntAdd),
            BinaryOp::IntSub => int(Ir::IntSub),
            BinaryOp::IntMul => int(Ir::IntMul),
            BinaryOp::IntAnd => int(Ir::IntAnd),
            BinaryOp::IntOr => int(Ir::IntOr),
            BinaryOp::IntXor => int(Ir::IntXor),
            BinaryOp::IntDiv => {
                self.check_divisor(right, RtFn::FaultDivisionByZero, span);
                int(Ir::IntDiv)
            }
            BinaryOp::IntRem => {
                self.check_divisor(right, RtFn::FaultModuloByZero, span);
                int(Ir::IntRem)
            }
            BinaryOp::IntShl => {
                self.check_shift_amount(right, span);
                int(Ir::IntShl)
            }
            BinaryOp::IntShr => {
                self.check_shift_amount(right, span);
                int(Ir::IntShr)
            }
            BinaryOp::FloatAdd => float(Ir::FloatAdd),
            BinaryOp::FloatSub => float(Ir::FloatSub),
            BinaryOp::FloatMul => float(Ir::FloatMul),
            BinaryOp::FloatDiv => float(Ir::FloatDiv),
            BinaryOp::FloatRem => return self.ssa.rt(RtFn::FloatRem, &[left, right], None),
            BinaryOp::StrRepeat => {
                let loc = self.loc(span);
                return self.ssa.rt(RtFn::StrRepeat, &[left, right], Some(loc));
            }
            BinaryOp::StrConcat => {
                let left = self.retain(left);
                return self.ssa.rt(RtFn::StrConcat, &[left, right], None);
            }
            BinaryOp::IntCmp(op) => (InstKind::IntCmp(cmp_op(op), left, right), Ty::Bool),
            BinaryOp::FloatCmp(op) => (InstKind::FloatCmp(cmp_op(op), left, right), Ty::Bool),
            BinaryOp::BoolCmp(op) => return self.compare_bools(op, left, right),
            BinaryOp::StrCmp(op) => return self.compare_strings(op, left, right),
        };
        self.ssa.def(kind, ty)
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

    fn check_divisor(&mut self, divisor: Value, fault: RtFn, span: Span) {
        if self.ssa.known_int(divisor).is_some_and(|known| known != 0) {
            return;
        }
        let zero = self.ssa.int(0);
        let is_zero = self.ssa.def(InstKind::IntCmp(ir::CmpOp::Eq, divisor, zero), Ty::Bool);
        let loc = self.loc(span);
        self.fault_if(is_zero, fault, Vec::new(), loc);
    }

    /// Amounts in 0..=63 are those without a bit above the lowest six: one test for both ends.
    fn check_shift_amount(&mut self, amount: Value, span: Span) {
        if self.ssa.known_int(amount).is_some_and(|known| (0..=63).contains(&known)) {
            return;
        }
        let mask = self.ssa.int(!63);
        let excess = self.ssa.def(InstKind::Binary(ir::BinaryOp::IntAnd, amount, mask), Ty::I64);
        let zero = self.ssa.int(0);
        let is_out = self.ssa.def(InstKind::IntCmp(ir::CmpOp::Ne, excess, zero), Ty::Bool);
        let loc = self.loc(span);
        self.fault_if(is_out, RtFn::FaultShiftAmount, vec![amount], loc);
    }

    fn fault_if(&mut self, bad: Value, fault: RtFn, args: Vec<Value>, loc: Loc) {
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

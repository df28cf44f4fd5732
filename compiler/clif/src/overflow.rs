//! Whether the result of an integer operator is out of range.
//!
//! Most processors tell it along with the result, and Cranelift has instructions for that. Our code generator for Thumb-2
//! does not: there it follows from the signs, or from the upper half of a product.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, types};
use resilient_mir::ir::BinaryOp;

use crate::body::Body;

impl Body<'_> {
    /// One of the operators `.. Overflows` on operands of 64 bits.
    pub(crate) fn lower_overflows(&mut self, op: BinaryOp, a: ir::Value, b: ir::Value) -> ir::Value {
        if self.input.target.thumb.is_some() {
            return self.overflows_by_parts(op, a, b);
        }
        match op {
            BinaryOp::IntAddOverflows => self.cursor.ins().sadd_overflow(a, b).1,
            BinaryOp::IntSubOverflows => self.cursor.ins().ssub_overflow(a, b).1,
            BinaryOp::IntMulOverflows => self.cursor.ins().smul_overflow(a, b).1,
            _ => self.cursor.ins().umul_overflow(a, b).1,
        }
    }

    fn overflows_by_parts(&mut self, op: BinaryOp, a: ir::Value, b: ir::Value) -> ir::Value {
        match op {
            BinaryOp::IntAddOverflows => {
                // The sum has the sign of neither operand.
                let sum = self.cursor.ins().iadd(a, b);
                let (with_a, with_b) = (self.cursor.ins().bxor(sum, a), self.cursor.ins().bxor(sum, b));
                self.is_negative_in_both(with_a, with_b)
            }
            BinaryOp::IntSubOverflows => {
                // The operands have different signs, and the difference has not that of the first.
                let difference = self.cursor.ins().isub(a, b);
                let (operands, with_a) = (self.cursor.ins().bxor(a, b), self.cursor.ins().bxor(difference, a));
                self.is_negative_in_both(operands, with_a)
            }
            BinaryOp::IntMulOverflows => {
                // The upper half is more than the sign of the lower one.
                let (low, high) = (self.cursor.ins().imul(a, b), self.cursor.ins().smulhi(a, b));
                let shift = self.cursor.ins().iconst(types::I64, 63);
                let sign = self.cursor.ins().sshr(low, shift);
                self.cursor.ins().icmp(IntCC::NotEqual, high, sign)
            }
            _ => {
                let high = self.cursor.ins().umulhi(a, b);
                let zero = self.cursor.ins().iconst(types::I64, 0);
                self.cursor.ins().icmp(IntCC::NotEqual, high, zero)
            }
        }
    }

    fn is_negative_in_both(&mut self, a: ir::Value, b: ir::Value) -> ir::Value {
        let both = self.cursor.ins().band(a, b);
        let zero = self.cursor.ins().iconst(types::I64, 0);
        self.cursor.ins().icmp(IntCC::SignedLessThan, both, zero)
    }
}

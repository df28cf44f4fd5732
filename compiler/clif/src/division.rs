//! Integer division and remainder.
//!
//! A check that the divisor is not zero stands before in the MIR. What is left is the one quotient that is out of range,
//! the smallest int by -1, for which `sdiv` traps, and speed: dividing takes longer than anything else an integer unit
//! does, and far longer at 64 bits than at 32 on many processors, while most numbers are small.
//!
//! - A constant divisor goes to Cranelift as it is: it becomes shifts, or a multiplication by the reciprocal.
//! - `a / b` and `a % b` in one block share the quotient: the remainder is `a - a / b * b`, which is right for the
//!   smallest int by -1, too, as everything wraps.
//! - Two operands that are not negative and fit 32 bits are divided at that size.
//!
//! ```text
//!     if (a | b) >>u 32 != 0 goto wide
//!     q = udiv.i32 a, b               wide:  if b == -1 goto negate (cold)     negate: q = -a
//! done: ...                                  q = sdiv a, b; goto done                  goto done
//! ```

use std::collections::HashMap;

use cranelift_codegen::cursor::Cursor;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, BlockArg, InstBuilder, types};
use resilient_mir::ir::{BinaryOp, Block, Const, InstKind, Value, ValueDef};

use crate::body::Body;

/// The quotients that a block computes, by operands, as far as they are known.
pub(crate) type Quotients = HashMap<(Value, Value), Option<ir::Value>>;

impl Body<'_> {
    /// Finds the divisions of a block that is to be filled.
    pub fn collect_quotients(&mut self, block: Block) {
        self.quotients.clear();
        let func = self.input.func;
        for &inst in &func.blocks[block].insts {
            if let InstKind::Binary(BinaryOp::IntDiv, a, b) = func.insts[inst].kind {
                self.quotients.insert((a, b), None);
            }
        }
    }

    /// `idiv a, b`
    pub fn lower_div(&mut self, operands: (Value, Value)) -> ir::Value {
        if let Some(&Some(quotient)) = self.quotients.get(&operands) {
            return quotient;
        }
        let (a, b) = (self.value(operands.0), self.value(operands.1));
        let quotient = match self.const_int(operands.1) {
            Some(-1) => self.cursor.ins().ineg(a),
            Some(_) => self.cursor.ins().sdiv(a, b),
            None => self.emit_div(a, b),
        };
        self.quotients.insert(operands, Some(quotient));
        quotient
    }

    /// `irem a, b`
    pub fn lower_rem(&mut self, operands: (Value, Value)) -> ir::Value {
        let (a, b) = (self.value(operands.0), self.value(operands.1));
        if self.const_int(operands.1).is_some() {
            return self.cursor.ins().srem(a, b);
        }
        if !self.quotients.contains_key(&operands) && self.input.target.small_code {
            // Total for a divisor of -1.
            return self.cursor.ins().srem(a, b);
        }
        let quotient = self.lower_div(operands);
        let product = self.cursor.ins().imul(quotient, b);
        self.cursor.ins().isub(a, product)
    }

    /// The quotient by a divisor that is not known.
    fn emit_div(&mut self, a: ir::Value, b: ir::Value) -> ir::Value {
        let done = self.new_block();
        let quotient = self.cursor.func.dfg.append_block_param(done, types::I64);
        if !self.input.target.small_code {
            self.emit_narrow_div(a, b, done);
        }
        self.emit_wide_div(a, b, done);
        self.cursor.goto_bottom(done);
        quotient
    }

    /// Divides small operands and goes on to `done`; for others control goes to a new block, which is current then.
    fn emit_narrow_div(&mut self, a: ir::Value, b: ir::Value, done: ir::Block) {
        let wide = self.new_block();
        let narrow = self.new_block();
        let bits = self.cursor.ins().bor(a, b);
        let high = self.cursor.ins().ushr_imm_u(bits, 32);
        self.cursor.ins().brif(high, wide, &[], narrow, &[]);

        self.cursor.goto_bottom(narrow);
        let a = self.cursor.ins().ireduce(types::I32, a);
        let b = self.cursor.ins().ireduce(types::I32, b);
        let divided = self.cursor.ins().udiv(a, b);
        let quotient = self.cursor.ins().uextend(types::I64, divided);
        self.cursor.ins().jump(done, &[BlockArg::Value(quotient)]);

        self.cursor.goto_bottom(wide);
    }

    /// Divides any operands and goes on to `done`.
    fn emit_wide_div(&mut self, a: ir::Value, b: ir::Value, done: ir::Block) {
        let negate = self.new_cold_block();
        let divide = self.new_block();
        let is_minus_one = self.cursor.ins().icmp_imm_s(IntCC::Equal, b, -1);
        self.cursor.ins().brif(is_minus_one, negate, &[], divide, &[]);

        self.cursor.goto_bottom(divide);
        let quotient = self.cursor.ins().sdiv(a, b);
        self.cursor.ins().jump(done, &[BlockArg::Value(quotient)]);

        self.cursor.goto_bottom(negate);
        let quotient = self.cursor.ins().ineg(a);
        self.cursor.ins().jump(done, &[BlockArg::Value(quotient)]);
    }

    /// The value of an int that is a constant.
    fn const_int(&self, value: Value) -> Option<i64> {
        let func = self.input.func;
        match func.values[value].def {
            ValueDef::Result(inst, _) => match func.insts[inst].kind {
                InstKind::Const(Const::Int(value)) => Some(value),
                _ => None,
            },
            ValueDef::Param(..) => None,
        }
    }
}

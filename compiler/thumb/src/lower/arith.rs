//! Integer arithmetic in one register, and where it is decided whether there is one or two.

use cranelift_codegen::ir::{self, Opcode, Value, types};

use super::value::extend;
use super::{Lower, Part, Repr};
use crate::error::Result;
use crate::inst::imms::ModImm;
use crate::inst::regs::Reg;
use crate::inst::{AluOp, BitOp, BranchCond, CmpOp, Cond, Flags, Inst, LongMulOp, Operand2};

/// Udf code of a division by zero.
pub(super) const TRAP_DIVISION_BY_ZERO: u8 = ir::TrapCode::INTEGER_DIVISION_BY_ZERO.as_raw().get();
/// Udf code of a quotient that is out of range.
pub(super) const TRAP_OVERFLOW: u8 = ir::TrapCode::INTEGER_OVERFLOW.as_raw().get();

impl Lower<'_> {
    /// Arithmetic and logic on integers.
    pub(super) fn lower_arith(&mut self, inst: ir::Inst) -> Result<()> {
        let value = self.func.dfg.inst_results(inst)[0];
        let opcode = self.func.dfg.insts[inst].opcode();
        let args = self.func.dfg.inst_args(inst);
        if self.repr_of(value) == Repr::Pair {
            let high_needed = self.is_needed(value, Part::Hi);
            match opcode {
                // The low half of these depends on the low halves alone.
                Opcode::Iadd
                | Opcode::Isub
                | Opcode::Imul
                | Opcode::Band
                | Opcode::Bor
                | Opcode::Bxor
                | Opcode::Ineg
                | Opcode::Bnot
                    if !high_needed => {}
                _ => return self.lower_wide(inst, opcode, value, args),
            }
        }
        let rd = self.result(value, Part::Lo);
        match opcode {
            Opcode::Iadd => self.add(rd, args[0], args[1]),
            Opcode::Isub => self.sub(rd, args[0], args[1]),
            Opcode::Imul => {
                let (rn, rm) = (self.word(args[0]), self.word(args[1]));
                self.emit(Inst::Mul { flags: Flags::Keep, rd, rn, rm });
            }
            Opcode::Band => self.and(rd, args[0], args[1]),
            Opcode::Bor => self.logic(AluOp::Orr, Some(AluOp::Orn), rd, args[0], args[1]),
            Opcode::Bxor => self.logic(AluOp::Eor, None, rd, args[0], args[1]),
            Opcode::Ineg => {
                let rn = self.word(args[0]);
                self.emit(Inst::alu(AluOp::Rsb, rd, rn, immediate(0)));
            }
            Opcode::Bnot => {
                let src = self.shifted_operand(args[0]);
                self.emit(Inst::Mvn { flags: Flags::Keep, rd, src });
            }
            Opcode::Iabs => {
                let rn = self.extended_word(args[0], true);
                self.emit(Inst::Cmp { op: CmpOp::Cmp, rn, src: immediate(0) });
                let negated = self.temp();
                self.emit(Inst::alu(AluOp::Rsb, negated, rn, immediate(0)));
                // Negating does not set the flags here, as somebody reads those of the comparison.
                self.emit(Inst::CondMov { cond: Cond::Mi, rd, other: rn, src: Operand2::Reg(negated) });
            }
            Opcode::Umulhi | Opcode::Smulhi if self.ty(value) == types::I32 => {
                let op = if opcode == Opcode::Umulhi { LongMulOp::Umull } else { LongMulOp::Smull };
                let (rn, rm) = (self.word(args[0]), self.word(args[1]));
                let lo = self.temp();
                self.emit(Inst::MulLong { op, lo, hi: rd, rn, rm });
            }
            Opcode::Udiv | Opcode::Sdiv | Opcode::Urem | Opcode::Srem => self.divide(rd, opcode, args[0], args[1]),
            _ => return Err(self.unsupported(inst, "type")),
        }
        Ok(())
    }

    /// A constant with its sign above, as sums take it. Logic does not: its results keep zeros above.
    fn const_word(&self, value: Value) -> Option<u32> {
        let bits = self.known(value, Part::Lo)?;
        let ty = self.ty(value);
        Some(if ty.bits() < 32 { extend(u64::from(bits), ty, true) } else { bits })
    }

    /// `rd = a + b`
    fn add(&mut self, rd: Reg, a: Value, b: Value) {
        let (a, b) = if self.const_word(a).is_some() { (b, a) } else { (a, b) };
        if let Some(value) = self.const_word(b) {
            let rn = self.word(a);
            self.add_constant(rd, rn, value);
            return;
        }
        for (addend, product) in [(a, b), (b, a)] {
            if let Some((Opcode::Imul, factors)) = self.sole_def(product) {
                let (rn, rm, ra) = (self.word(factors[0]), self.word(factors[1]), self.word(addend));
                self.emit(Inst::Mla { rd, rn, rm, ra });
                return;
            }
        }
        self.commuting(AluOp::Add, rd, a, b);
    }

    /// `rd = rn + value`
    pub(super) fn add_constant(&mut self, rd: Reg, rn: Reg, value: u32) {
        let negated = value.wrapping_neg();
        let (op, src) = if let (1..=255, Some(imm)) = (negated, ModImm::new(negated)) {
            // More likely to fit 16 bits.
            (AluOp::Sub, Operand2::Imm(imm))
        } else if let Some(imm) = ModImm::new(value) {
            (AluOp::Add, Operand2::Imm(imm))
        } else if let Some(imm) = ModImm::new(negated) {
            (AluOp::Sub, Operand2::Imm(imm))
        } else if value < 4096 {
            (AluOp::Add, Operand2::Imm12(value as u16))
        } else if negated < 4096 {
            (AluOp::Sub, Operand2::Imm12(negated as u16))
        } else {
            (AluOp::Add, Operand2::Reg(self.constant(value)))
        };
        self.emit(Inst::alu(op, rd, rn, src));
    }

    /// `rd = a - b`
    fn sub(&mut self, rd: Reg, a: Value, b: Value) {
        if let Some(value) = self.const_word(b) {
            let rn = self.word(a);
            self.add_constant(rd, rn, value.wrapping_neg());
        } else if let Some(imm) = self.const_word(a).and_then(ModImm::new) {
            let rn = self.word(b);
            self.emit(Inst::alu(AluOp::Rsb, rd, rn, Operand2::Imm(imm)));
        } else if let Some((Opcode::Imul, factors)) = self.sole_def(b) {
            let (rn, rm, ra) = (self.word(factors[0]), self.word(factors[1]), self.word(a));
            self.emit(Inst::Mls { rd, rn, rm, ra });
        } else if let shifted @ Operand2::Shifted(..) = self.shifted_only(a) {
            let rn = self.word(b);
            self.emit(Inst::alu(AluOp::Rsb, rd, rn, shifted));
        } else {
            let (rn, src) = (self.word(a), self.shifted_operand(b));
            self.emit(Inst::alu(AluOp::Sub, rd, rn, src));
        }
    }

    /// The operand with its shift; anything else if it has none, without a use of it.
    fn shifted_only(&mut self, value: Value) -> Operand2 {
        let is_shift = self.ty(value) == types::I32
            && matches!(
                self.sole_def(value),
                Some((Opcode::Ishl | Opcode::Ushr | Opcode::Sshr, args))
                    if self.int_const(args[1]).is_some_and(|amount| amount & 31 != 0)
            );
        if is_shift { self.shifted_operand(value) } else { immediate(0) }
    }

    /// `rd = a op b` where the operands may change places.
    fn commuting(&mut self, op: AluOp, rd: Reg, a: Value, b: Value) {
        if let shifted @ Operand2::Shifted(..) = self.shifted_only(a) {
            let rn = self.word(b);
            self.emit(Inst::alu(op, rd, rn, shifted));
        } else {
            let (rn, src) = (self.word(a), self.shifted_operand(b));
            self.emit(Inst::alu(op, rd, rn, src));
        }
    }

    /// `rd = a & b`
    fn and(&mut self, rd: Reg, a: Value, b: Value) {
        let (a, b) = if self.known(a, Part::Lo).is_some() { (b, a) } else { (a, b) };
        if let Some(mask) = self.known(b, Part::Lo) {
            if self.extract_bits(rd, a, mask) {
                return;
            }
            let rn = self.word(a);
            self.and_constant(rd, rn, mask);
            return;
        }
        for (kept, cleared) in [(a, b), (b, a)] {
            if let Some((Opcode::Bnot, args)) = self.sole_def(cleared)
                && self.repr_of(cleared) == Repr::Word
            {
                let (rn, src) = (self.word(kept), self.shifted_operand(args[0]));
                self.emit(Inst::alu(AluOp::Bic, rd, rn, src));
                return;
            }
        }
        self.commuting(AluOp::And, rd, a, b);
    }

    /// `rd = rn & mask`
    pub(super) fn and_constant(&mut self, rd: Reg, rn: Reg, mask: u32) {
        let inst = if mask == 0xffff {
            Inst::Bits { op: BitOp::Uxth, rd, rm: rn }
        } else if mask == 0xff {
            Inst::Bits { op: BitOp::Uxtb, rd, rm: rn }
        } else if let Some(imm) = ModImm::new(mask) {
            Inst::alu(AluOp::And, rd, rn, Operand2::Imm(imm))
        } else if let Some(imm) = ModImm::new(!mask) {
            Inst::alu(AluOp::Bic, rd, rn, Operand2::Imm(imm))
        } else if mask.wrapping_add(1).is_power_of_two() {
            Inst::Bfx { signed: false, rd, rn, lsb: 0, width: mask.count_ones() as u8 }
        } else {
            Inst::alu(AluOp::And, rd, rn, Operand2::Reg(self.constant(mask)))
        };
        self.emit(inst);
    }

    /// `(x >> n) & mask` of low bits is one instruction.
    fn extract_bits(&mut self, rd: Reg, value: Value, mask: u32) -> bool {
        let Some((Opcode::Ushr, args)) = self.sole_def(value) else { return false };
        let is_low = mask != 0 && mask.wrapping_add(1).is_power_of_two();
        let (Some(lsb), true, true) = (self.int_const(args[1]), is_low, self.ty(value) == types::I32) else {
            return false;
        };
        let lsb = (lsb & 31) as u8;
        let width = (mask.count_ones() as u8).min(32 - lsb);
        let rn = self.word(args[0]);
        self.emit(Inst::Bfx { signed: false, rd, rn, lsb, width });
        true
    }

    /// `rd = a op b`, or with the opposite of a constant.
    fn logic(&mut self, op: AluOp, inverted: Option<AluOp>, rd: Reg, a: Value, b: Value) {
        let (a, b) = if self.known(a, Part::Lo).is_some() { (b, a) } else { (a, b) };
        if let Some(value) = self.known(b, Part::Lo) {
            let rn = self.word(a);
            self.logic_constant(op, inverted, rd, rn, value);
            return;
        }
        if let Some(inverted) = inverted {
            for (plain, negated) in [(a, b), (b, a)] {
                if let Some((Opcode::Bnot, args)) = self.sole_def(negated)
                    && self.repr_of(negated) == Repr::Word
                {
                    let (rn, src) = (self.word(plain), self.shifted_operand(args[0]));
                    self.emit(Inst::alu(inverted, rd, rn, src));
                    return;
                }
            }
        }
        self.commuting(op, rd, a, b);
    }

    /// `rd = rn op value`, for `orr` and `eor`.
    pub(super) fn logic_constant(&mut self, op: AluOp, inverted: Option<AluOp>, rd: Reg, rn: Reg, value: u32) {
        if value == 0 {
            self.emit(Inst::mov(rd, rn));
        } else if value == u32::MAX && op == AluOp::Eor {
            self.emit(Inst::Mvn { flags: Flags::Keep, rd, src: Operand2::Reg(rn) });
        } else if let Some(imm) = ModImm::new(value) {
            self.emit(Inst::alu(op, rd, rn, Operand2::Imm(imm)));
        } else if let (Some(inverted), Some(imm)) = (inverted, ModImm::new(!value)) {
            self.emit(Inst::alu(inverted, rd, rn, Operand2::Imm(imm)));
        } else {
            let src = Operand2::Reg(self.constant(value));
            self.emit(Inst::alu(op, rd, rn, src));
        }
    }

    /// Division and remainder of words.
    fn divide(&mut self, rd: Reg, opcode: Opcode, a: Value, b: Value) {
        let signed = matches!(opcode, Opcode::Sdiv | Opcode::Srem);
        let (rn, rm) = (self.extended_word(a, signed), self.extended_word(b, signed));
        if !self.is_never(b, 0) {
            self.emit(Inst::TrapIf { cond: BranchCond::Zero(rm), code: TRAP_DIVISION_BY_ZERO });
        }
        if opcode == Opcode::Sdiv && !self.is_never(b, -1) {
            self.emit(Inst::Cmp { op: CmpOp::Cmn, rn: rm, src: immediate(1) });
            let smallest = ModImm::new(extend(1 << (self.ty(a).bits() - 1), self.ty(a), true));
            let src = match smallest {
                Some(imm) => Operand2::Imm(imm),
                None => Operand2::Reg(self.constant(extend(1 << (self.ty(a).bits() - 1), self.ty(a), true))),
            };
            self.emit(Inst::CondCmp { cond: Cond::Eq, op: CmpOp::Cmp, rn, src });
            self.emit(Inst::TrapIf { cond: BranchCond::Flags(Cond::Eq), code: TRAP_OVERFLOW });
        }
        match opcode {
            Opcode::Udiv | Opcode::Sdiv => self.emit(Inst::Div { signed, rd, rn, rm }),
            _ => {
                let quotient = self.temp();
                self.emit(Inst::Div { signed, rd: quotient, rn, rm });
                self.emit(Inst::Mls { rd, rn: quotient, rm, ra: rn });
            }
        }
    }
}

/// A small constant.
pub(super) fn immediate(value: u8) -> Operand2 {
    match ModImm::new(u32::from(value)) {
        Some(imm) => Operand2::Imm(imm),
        None => Operand2::Imm12(u16::from(value)),
    }
}

//! Comparisons, and what depends on them: flags, bools, selections, traps.
//!
//! Two words each are compared in two instructions: for equality the second one only if the first was equal; for order as a
//! subtraction of which only the flags matter:
//!
//! ```text
//! cmp a.lo, b.lo; it eq; cmpeq a.hi, b.hi         cmp a.lo, b.lo; sbcs _, a.hi, b.hi
//! ```

use cranelift_codegen::ir::condcodes::{CondCode, IntCC};
use cranelift_codegen::ir::{self, Block, InstructionData, Opcode, Value, types};

use super::arith::immediate;
use super::value::extend;
use super::{Lower, Part, Repr};
use crate::error::Result;
use crate::inst::imms::ModImm;
use crate::inst::{AluOp, BranchCond, CmpOp, Cond, Flags, Inst, Operand2};

/// Blocks to look back for what a branch told.
const LOOK_BACK: usize = 8;

impl Lower<'_> {
    /// `icmp`, `fcmp`, `select`, minimum, maximum, `bmask`, conditional traps
    pub(super) fn lower_compare(&mut self, inst: ir::Inst) -> Result<()> {
        let data = &self.func.dfg.insts[inst];
        let args = self.func.dfg.inst_args(inst);
        match data {
            InstructionData::IntCompare { cond, .. } => {
                let rd = self.result(self.func.dfg.inst_results(inst)[0], Part::Lo);
                let cond = self.compare(*cond, args[0], args[1]);
                self.emit(Inst::CondSet { cond, rd });
            }
            InstructionData::FloatCompare { cond, .. } => {
                let rd = self.result(self.func.dfg.inst_results(inst)[0], Part::Lo);
                self.float_bool(rd, *cond, args[0], args[1]);
            }
            InstructionData::CondTrap { opcode, code, .. } => {
                let cond = self.condition(args[0]);
                let cond = if *opcode == Opcode::Trapz { cond.invert() } else { cond };
                self.emit(Inst::TrapIf { cond, code: code.as_raw().get() });
            }
            InstructionData::Ternary { .. } => {
                let value = self.func.dfg.inst_results(inst)[0];
                let cond = self.condition(args[0]);
                let cond = self.flags_of(cond);
                self.select(value, cond, args[1], args[2]);
            }
            InstructionData::Unary { opcode: Opcode::Bmask, .. } => self.lower_bmask(inst, args[0]),
            InstructionData::Binary { opcode, .. } => {
                let value = self.func.dfg.inst_results(inst)[0];
                let cc = match opcode {
                    Opcode::Smin => IntCC::SignedLessThan,
                    Opcode::Smax => IntCC::SignedGreaterThan,
                    Opcode::Umin => IntCC::UnsignedLessThan,
                    _ => IntCC::UnsignedGreaterThan,
                };
                self.min_max(value, cc, args[0], args[1]);
            }
            _ => return Err(self.unsupported(inst, "instruction")),
        }
        Ok(())
    }

    /// When a value counts as true.
    pub(super) fn condition(&mut self, value: Value) -> BranchCond {
        if let Some((cc, a, b)) = self.icmp(value) {
            let is_zero_test = matches!(cc, IntCC::Equal | IntCC::NotEqual) && self.known(b, Part::Lo) == Some(0);
            if is_zero_test && self.ty(a) == types::I32 {
                return self.zero_test(a, cc == IntCC::Equal);
            }
            if is_zero_test && self.repr_of(a) == Repr::Word {
                let reg = self.extended_word(a, false);
                return if cc == IntCC::Equal { BranchCond::Zero(reg) } else { BranchCond::NonZero(reg) };
            }
            return BranchCond::Flags(self.compare(cc, a, b));
        }
        if let Some((_, InstructionData::FloatCompare { cond, args, .. })) = self.def(value) {
            return self.float_condition(*cond, args[0], args[1]);
        }
        match self.repr_of(value) {
            Repr::Pair => {
                let [lo, hi] = self.pair(value);
                let bits = self.temp();
                self.emit(Inst::alus(AluOp::Orr, bits, lo, Operand2::Reg(hi)));
                BranchCond::Flags(Cond::Ne)
            }
            _ if self.ty(value) == types::I32 || self.extended[value] => BranchCond::NonZero(self.word(value)),
            _ => {
                let mask = if self.ty(value) == types::I8 { 0xff } else { 0xffff };
                let rn = self.word(value);
                match ModImm::new(mask) {
                    Some(imm) => self.emit(Inst::Cmp { op: CmpOp::Tst, rn, src: Operand2::Imm(imm) }),
                    None => {
                        let rd = self.temp();
                        self.emit(Inst::Mov {
                            flags: Flags::Set,
                            rd,
                            src: Operand2::Shifted(rn, crate::inst::ShiftOp::Lsl, 16),
                        });
                    }
                }
                BranchCond::Flags(Cond::Ne)
            }
        }
    }

    /// Whether a word is zero, or a mask of it.
    fn zero_test(&mut self, value: Value, is_zero: bool) -> BranchCond {
        if let Some((Opcode::Band, args)) = self.sole_def(value) {
            let (rn, src) = match self.known(args[0], Part::Lo) {
                Some(_) => (self.word(args[1]), self.operand(args[0], Part::Lo)),
                None => (self.word(args[0]), self.shifted_operand(args[1])),
            };
            self.emit(Inst::Cmp { op: CmpOp::Tst, rn, src });
            return BranchCond::Flags(if is_zero { Cond::Eq } else { Cond::Ne });
        }
        let reg = self.word(value);
        if is_zero { BranchCond::Zero(reg) } else { BranchCond::NonZero(reg) }
    }

    /// A condition as flags.
    pub(super) fn flags_of(&mut self, cond: BranchCond) -> Cond {
        let (rn, flags) = match cond {
            BranchCond::Flags(cond) => return cond,
            BranchCond::Zero(rn) => (rn, Cond::Eq),
            BranchCond::NonZero(rn) => (rn, Cond::Ne),
        };
        self.emit(Inst::Cmp { op: CmpOp::Cmp, rn, src: immediate(0) });
        flags
    }

    /// Sets the flags, and gives the condition under which `a cc b`.
    fn compare(&mut self, cc: IntCC, a: Value, b: Value) -> Cond {
        let (cc, a, b) = match self.int_const(a).is_some() && self.int_const(b).is_none() {
            true => (cc.swap_args(), b, a),
            false => (cc, a, b),
        };
        match self.repr_of(a) {
            Repr::Pair => self.compare_pairs(cc, a, b),
            _ => self.compare_words(cc, a, b),
        }
    }

    fn compare_words(&mut self, cc: IntCC, a: Value, b: Value) -> Cond {
        let ty = self.ty(a);
        let signed = is_signed(cc);
        let rn = self.extended_word(a, signed);
        let (op, src) = match self.int_const(b).map(|bits| extend(bits, ty, signed)) {
            Some(value) => match (ModImm::new(value), ModImm::new(value.wrapping_neg())) {
                (Some(imm), _) => (CmpOp::Cmp, Operand2::Imm(imm)),
                (None, Some(imm)) => (CmpOp::Cmn, Operand2::Imm(imm)),
                (None, None) => (CmpOp::Cmp, Operand2::Reg(self.constant(value))),
            },
            None if ty == types::I32 => (CmpOp::Cmp, self.shifted_operand(b)),
            None => (CmpOp::Cmp, Operand2::Reg(self.extended_word(b, signed))),
        };
        self.emit(Inst::Cmp { op, rn, src });
        machine_cond(cc)
    }

    fn compare_pairs(&mut self, cc: IntCC, a: Value, b: Value) -> Cond {
        if let IntCC::Equal | IntCC::NotEqual = cc {
            return self.pairs_equal(cc, a, b);
        }
        // What is left is `<` and `>=`, with other operands if need be.
        let constant = self.int_const(b);
        match (cc, constant) {
            (IntCC::SignedGreaterThan, Some(bits)) if bits != i64::MAX as u64 => {
                self.order_to_constant(a, bits.wrapping_add(1));
                Cond::Ge
            }
            (IntCC::SignedLessThanOrEqual, Some(bits)) if bits != i64::MAX as u64 => {
                self.order_to_constant(a, bits.wrapping_add(1));
                Cond::Lt
            }
            (IntCC::UnsignedGreaterThan, Some(bits)) if bits != u64::MAX => {
                self.order_to_constant(a, bits + 1);
                Cond::Hs
            }
            (IntCC::UnsignedLessThanOrEqual, Some(bits)) if bits != u64::MAX => {
                self.order_to_constant(a, bits + 1);
                Cond::Lo
            }
            (IntCC::SignedLessThan | IntCC::SignedGreaterThanOrEqual, Some(bits)) => {
                self.order_to_constant(a, bits);
                machine_cond(cc)
            }
            (IntCC::UnsignedLessThan | IntCC::UnsignedGreaterThanOrEqual, Some(bits)) => {
                self.order_to_constant(a, bits);
                machine_cond(cc)
            }
            (
                IntCC::SignedGreaterThan
                | IntCC::SignedLessThanOrEqual
                | IntCC::UnsignedGreaterThan
                | IntCC::UnsignedLessThanOrEqual,
                _,
            ) => {
                self.order(b, a);
                machine_cond(cc.swap_args())
            }
            _ => {
                self.order(a, b);
                machine_cond(cc)
            }
        }
    }

    fn pairs_equal(&mut self, cc: IntCC, a: Value, b: Value) -> Cond {
        let (bits, [lo, hi]) = (self.int_const(b), self.pair(a));
        if bits == Some(0) {
            let rd = self.temp();
            self.emit(Inst::alus(AluOp::Orr, rd, lo, Operand2::Reg(hi)));
        } else {
            let (lo_op, lo_src) = self.compare_operand(b, Part::Lo);
            let (hi_op, hi_src) = self.compare_operand(b, Part::Hi);
            self.emit(Inst::Cmp { op: lo_op, rn: lo, src: lo_src });
            self.emit(Inst::CondCmp { cond: Cond::Eq, op: hi_op, rn: hi, src: hi_src });
        }
        machine_cond(cc)
    }

    /// How to compare with half of a value for equality.
    fn compare_operand(&mut self, value: Value, part: Part) -> (CmpOp, Operand2) {
        let negated = self.known(value, part).map(u32::wrapping_neg);
        match negated {
            Some(negated) if ModImm::new(negated.wrapping_neg()).is_none() && ModImm::new(negated).is_some() => {
                (CmpOp::Cmn, ModImm::new(negated).map_or(immediate(0), Operand2::Imm))
            }
            _ => (CmpOp::Cmp, self.operand(value, part)),
        }
    }

    /// Flags for `a < b` and `a >= b`.
    fn order(&mut self, a: Value, b: Value) {
        let (a, b) = (self.pair(a), self.pair(b));
        let rd = self.temp();
        self.emit(Inst::Cmp { op: CmpOp::Cmp, rn: a[0], src: Operand2::Reg(b[0]) });
        self.emit(Inst::alus(AluOp::Sbc, rd, a[1], Operand2::Reg(b[1])));
    }

    fn order_to_constant(&mut self, a: Value, bits: u64) {
        let (low, high) = (bits as u32, (bits >> 32) as u32);
        let hi = self.half(a, Part::Hi);
        // Nothing is borrowed for a low half of zero.
        if low == 0 {
            let (op, src) = match (ModImm::new(high), ModImm::new(high.wrapping_neg())) {
                (Some(imm), _) => (CmpOp::Cmp, Operand2::Imm(imm)),
                (None, Some(imm)) => (CmpOp::Cmn, Operand2::Imm(imm)),
                (None, None) => (CmpOp::Cmp, Operand2::Reg(self.constant(high))),
            };
            self.emit(Inst::Cmp { op, rn: hi, src });
            return;
        }
        let lo = self.half(a, Part::Lo);
        let (low_op, low_src) = match (ModImm::new(low), ModImm::new(low.wrapping_neg())) {
            (Some(imm), _) => (CmpOp::Cmp, Operand2::Imm(imm)),
            (None, Some(imm)) => (CmpOp::Cmn, Operand2::Imm(imm)),
            (None, None) => (CmpOp::Cmp, Operand2::Reg(self.constant(low))),
        };
        // Adding the complement with carry sets the same flags.
        let (high_op, high_src) = match (ModImm::new(high), ModImm::new(!high)) {
            (Some(imm), _) => (AluOp::Sbc, Operand2::Imm(imm)),
            (None, Some(imm)) => (AluOp::Adc, Operand2::Imm(imm)),
            (None, None) => (AluOp::Sbc, Operand2::Reg(self.constant(high))),
        };
        let rd = self.temp();
        self.emit(Inst::Cmp { op: low_op, rn: lo, src: low_src });
        self.emit(Inst::alus(high_op, rd, hi, high_src));
    }

    /// `value = cond ? a : b`, the flags being set.
    fn select(&mut self, value: Value, cond: Cond, a: Value, b: Value) {
        match self.repr_of(value) {
            Repr::Float(width) => {
                let rd = self.result(value, Part::Lo);
                let (rm, other) = (self.word(a), self.word(b));
                self.emit(Inst::FpuCondMov { cond, width, rd, other, rm });
            }
            Repr::Word if self.int_const(a) == Some(1) && self.int_const(b) == Some(0) => {
                let rd = self.result(value, Part::Lo);
                self.emit(Inst::CondSet { cond, rd });
            }
            Repr::Word | Repr::Pair => {
                let parts = [Part::Lo, Part::Hi].map(|part| (part, self.is_needed(value, part)));
                let moves: Vec<_> = (parts.into_iter().filter(|&(_, needed)| needed))
                    .map(|(part, _)| self.select_operands(value, cond, (a, part), (b, part)))
                    .collect();
                // Together, so that they share one `it`.
                moves.into_iter().for_each(|inst| self.emit(inst));
            }
        }
    }

    fn select_operands(&mut self, value: Value, cond: Cond, a: (Value, Part), b: (Value, Part)) -> Inst {
        let rd = self.result(value, a.1);
        let is_immediate = |lower: &Self, (value, part)| lower.known(value, part).and_then(ModImm::new).is_some();
        // An immediate is the one that is moved.
        let (cond, a, b) = match is_immediate(self, b) && !is_immediate(self, a) {
            true => (cond.invert(), b, a),
            false => (cond, a, b),
        };
        let src = self.operand(a.0, a.1);
        let other = self.half(b.0, b.1);
        Inst::CondMov { cond, rd, other, src }
    }

    fn min_max(&mut self, value: Value, cc: IntCC, a: Value, b: Value) {
        if self.repr_of(value) == Repr::Pair {
            let cond = self.compare(cc, a, b);
            self.select(value, cond, a, b);
            return;
        }
        // Extended operands, so that the result is extended, too.
        let rd = self.result(value, Part::Lo);
        let (rn, rm) = (self.extended_word(a, is_signed(cc)), self.extended_word(b, is_signed(cc)));
        self.emit(Inst::Cmp { op: CmpOp::Cmp, rn, src: Operand2::Reg(rm) });
        self.emit(Inst::CondMov { cond: machine_cond(cc), rd, other: rm, src: Operand2::Reg(rn) });
    }

    /// All ones if a value is not zero: negating with a borrow where it is not.
    fn lower_bmask(&mut self, inst: ir::Inst, arg: Value) {
        let value = self.func.dfg.inst_results(inst)[0];
        let bits = match self.repr_of(arg) {
            Repr::Pair => {
                let [lo, hi] = self.pair(arg);
                let bits = self.temp();
                self.emit(Inst::alu(AluOp::Orr, bits, lo, Operand2::Reg(hi)));
                bits
            }
            _ => self.extended_word(arg, false),
        };
        let negated = self.temp();
        let rd = self.result(value, Part::Lo);
        self.emit(Inst::alus(AluOp::Rsb, negated, bits, immediate(0)));
        self.emit(Inst::alu(AluOp::Sbc, rd, bits, Operand2::Reg(bits)));
        if self.repr_of(value) == Repr::Pair {
            let hi = self.result(value, Part::Hi);
            self.emit(Inst::mov(hi, rd));
        }
    }

    /// Whether a value is known not to be a constant, from its bits or from a branch that led here.
    pub(super) fn is_never(&self, value: Value, constant: i64) -> bool {
        let ty = self.ty(value);
        let mask = u64::MAX >> (64 - ty.bits());
        if let Some(bits) = self.int_const(value) {
            return bits != constant as u64 & mask;
        }
        let mut block = self.block;
        for _ in 0..LOOK_BACK {
            let Some(pred) = self.only_pred[block] else { return false };
            if self.branch_excludes(pred, block, value, constant as u64 & mask) {
                return true;
            }
            block = pred;
        }
        false
    }

    /// Whether the branch at the end of `pred` goes to `block` only if a value is not a constant.
    fn branch_excludes(&self, pred: Block, block: Block, value: Value, constant: u64) -> bool {
        let Some(last) = self.func.layout.last_inst(pred) else { return false };
        let InstructionData::Brif { arg, blocks, .. } = &self.func.dfg.insts[last] else { return false };
        let [then, otherwise] = blocks.map(|call| call.block(&self.func.dfg.value_lists));
        if then == otherwise {
            return false;
        }
        if *arg == value {
            return constant == 0 && then == block;
        }
        let Some((cc, a, b)) = self.icmp(*arg) else { return false };
        let is_about = a == value && self.int_const(b) == Some(constant);
        is_about
            && match cc {
                IntCC::Equal => otherwise == block,
                IntCC::NotEqual => then == block,
                _ => false,
            }
    }
}

fn is_signed(cc: IntCC) -> bool {
    cc != cc.unsigned()
}

/// The machine's condition for one of Cranelift.
fn machine_cond(cc: IntCC) -> Cond {
    match cc {
        IntCC::Equal => Cond::Eq,
        IntCC::NotEqual => Cond::Ne,
        IntCC::SignedLessThan => Cond::Lt,
        IntCC::SignedGreaterThanOrEqual => Cond::Ge,
        IntCC::SignedGreaterThan => Cond::Gt,
        IntCC::SignedLessThanOrEqual => Cond::Le,
        IntCC::UnsignedLessThan => Cond::Lo,
        IntCC::UnsignedGreaterThanOrEqual => Cond::Hs,
        IntCC::UnsignedGreaterThan => Cond::Hi,
        IntCC::UnsignedLessThanOrEqual => Cond::Ls,
    }
}

//! 64-bit integers in two registers.
//!
//! ```text
//! add:  adds lo, a.lo, b.lo         mul:  umull lo, hi, a.lo, b.lo
//!       adc  hi, a.hi, b.hi               mla   hi, a.lo, b.hi, hi
//!                                         mla   hi, a.hi, b.lo, hi
//! ```

use cranelift_codegen::ir::{self, Opcode, Value, types};

use super::arith::{TRAP_DIVISION_BY_ZERO, TRAP_OVERFLOW, immediate};
use super::value::sign_of;
use super::{Lower, Part, Repr};
use crate::error::Result;
use crate::inst::imms::ModImm;
use crate::inst::regs::Reg;
use crate::inst::{AluOp, BitOp, BranchCond, CmpOp, Cond, Flags, Inst, LongMulOp, Operand2, ShiftOp};

impl Lower<'_> {
    /// Arithmetic that needs both halves.
    pub(super) fn lower_wide(&mut self, inst: ir::Inst, opcode: Opcode, value: Value, args: &[Value]) -> Result<()> {
        let rd = [self.result(value, Part::Lo), self.result(value, Part::Hi)];
        match opcode {
            Opcode::Iadd => self.wide_add(rd, args[0], args[1]),
            Opcode::Isub => self.wide_sub(rd, args[0], args[1]),
            Opcode::Imul => self.wide_mul(rd, args[0], args[1]),
            Opcode::Band | Opcode::Bor | Opcode::Bxor | Opcode::Bnot => self.wide_logic(opcode, value, args),
            Opcode::Ineg => {
                let [lo, hi] = self.pair(args[0]);
                self.wide_negate(rd, [lo, hi]);
            }
            Opcode::Iabs => {
                let [lo, hi] = self.pair(args[0]);
                let (sign, flipped) = (self.temp(), [self.temp(), self.temp()]);
                self.emit(sign_of(sign, hi));
                self.emit(Inst::alu(AluOp::Eor, flipped[0], lo, Operand2::Reg(sign)));
                self.emit(Inst::alu(AluOp::Eor, flipped[1], hi, Operand2::Reg(sign)));
                self.emit(Inst::alus(AluOp::Sub, rd[0], flipped[0], Operand2::Reg(sign)));
                self.emit(Inst::alu(AluOp::Sbc, rd[1], flipped[1], Operand2::Reg(sign)));
            }
            Opcode::Umulhi => {
                let (a, b) = (self.pair(args[0]), self.pair(args[1]));
                self.wide_mulhi(rd, a, b);
            }
            Opcode::Smulhi => self.wide_smulhi(rd, args[0], args[1]),
            Opcode::Udiv | Opcode::Sdiv | Opcode::Urem | Opcode::Srem => {
                self.wide_divide(rd, opcode, args[0], args[1]);
            }
            _ => return Err(self.unsupported(inst, "type")),
        }
        Ok(())
    }

    fn known_pair(&self, value: Value) -> Option<u64> {
        let lo = self.known(value, Part::Lo)?;
        let hi = self.known(value, Part::Hi)?;
        Some(u64::from(hi) << 32 | u64::from(lo))
    }

    fn wide_add(&mut self, rd: [Reg; 2], a: Value, b: Value) {
        let (a, b) = if self.known_pair(a).is_some() { (b, a) } else { (a, b) };
        let product = [(a, b), (b, a)].into_iter().find_map(|(addend, product)| {
            let (Opcode::Imul, factors) = self.sole_def(product)? else { return None };
            let (op, factors) = self.narrow_factors(factors)?;
            Some((addend, op, factors))
        });
        if let Some((addend, op, factors)) = product {
            let op = if op == LongMulOp::Umull { LongMulOp::Umlal } else { LongMulOp::Smlal };
            let [acc_lo, acc_hi] = self.pair(addend);
            let (rn, rm) = (self.half(factors[0], Part::Lo), self.half(factors[1], Part::Lo));
            self.emit(Inst::MulAcc { op, lo: rd[0], hi: rd[1], acc_lo, acc_hi, rn, rm });
            return;
        }
        if let Some(value) = self.known_pair(b) {
            let [lo, hi] = self.pair(a);
            self.wide_add_constant(rd, [lo, hi], value);
            return;
        }
        let (lo, src) = (self.half(a, Part::Lo), self.operand(b, Part::Lo));
        let (hi, high_src) = (self.half(a, Part::Hi), self.operand(b, Part::Hi));
        self.emit(Inst::alus(AluOp::Add, rd[0], lo, src));
        self.emit(Inst::alu(AluOp::Adc, rd[1], hi, high_src));
    }

    fn wide_add_constant(&mut self, rd: [Reg; 2], [lo, hi]: [Reg; 2], value: u64) {
        let (low, high) = (value as u32, (value >> 32) as u32);
        if low == 0 {
            self.emit(Inst::mov(rd[0], lo));
            self.add_constant(rd[1], hi, high);
            return;
        }
        let low_src = self.plus_or_minus(low);
        let high_src = match (ModImm::new(high), ModImm::new(!high)) {
            (Some(imm), _) => (AluOp::Adc, Operand2::Imm(imm)),
            (None, Some(imm)) => (AluOp::Sbc, Operand2::Imm(imm)),
            (None, None) => (AluOp::Adc, Operand2::Reg(self.constant(high))),
        };
        self.emit(Inst::alus(low_src.0, rd[0], lo, low_src.1));
        self.emit(Inst::alu(high_src.0, rd[1], hi, high_src.1));
    }

    /// How to add a constant that is not zero so that the carry is right: subtracting its opposite gives the same one.
    fn plus_or_minus(&mut self, value: u32) -> (AluOp, Operand2) {
        let negated = value.wrapping_neg();
        match (ModImm::new(value), ModImm::new(negated)) {
            (_, Some(imm)) if negated < 256 => (AluOp::Sub, Operand2::Imm(imm)),
            (Some(imm), _) => (AluOp::Add, Operand2::Imm(imm)),
            (None, Some(imm)) => (AluOp::Sub, Operand2::Imm(imm)),
            (None, None) => (AluOp::Add, Operand2::Reg(self.constant(value))),
        }
    }

    fn wide_sub(&mut self, rd: [Reg; 2], a: Value, b: Value) {
        if let Some(value) = self.known_pair(b) {
            let [lo, hi] = self.pair(a);
            self.wide_add_constant(rd, [lo, hi], value.wrapping_neg());
            return;
        }
        if self.known_pair(a) == Some(0) {
            let [lo, hi] = self.pair(b);
            self.wide_negate(rd, [lo, hi]);
            return;
        }
        // With a constant minuend, the low half can be subtracted from it.
        let low = self.known(a, Part::Lo).and_then(ModImm::new);
        let hi = self.half(a, Part::Hi);
        let high_src = self.operand(b, Part::Hi);
        match low {
            Some(imm) => {
                let lo = self.half(b, Part::Lo);
                self.emit(Inst::alus(AluOp::Rsb, rd[0], lo, Operand2::Imm(imm)));
            }
            None => {
                let (lo, src) = (self.half(a, Part::Lo), self.operand(b, Part::Lo));
                self.emit(Inst::alus(AluOp::Sub, rd[0], lo, src));
            }
        }
        self.emit(Inst::alu(AluOp::Sbc, rd[1], hi, high_src));
    }

    /// There is no reversed subtraction with carry, but `hi - 2 * hi - borrow` is the same.
    fn wide_negate(&mut self, rd: [Reg; 2], [lo, hi]: [Reg; 2]) {
        self.emit(Inst::alus(AluOp::Rsb, rd[0], lo, immediate(0)));
        self.emit(Inst::alu(AluOp::Sbc, rd[1], hi, Operand2::Shifted(hi, ShiftOp::Lsl, 1)));
    }

    /// Factors that are words extended in the same way, and the multiplication for them.
    fn narrow_factors(&self, factors: &[Value]) -> Option<(LongMulOp, [Value; 2])> {
        let extension = |value| {
            let (opcode, args) = self.def_args(value)?;
            (self.ty(*args.first()?) == types::I32).then_some(opcode)
        };
        let small = |value: Value, signed: bool| {
            let bits = self.int_const(value)?;
            let fits = if signed { bits as i64 == i64::from(bits as i32) } else { bits >> 32 == 0 };
            fits.then_some(())
        };
        let both = |opcode, signed| {
            factors.iter().all(|&factor| extension(factor) == Some(opcode) || small(factor, signed).is_some())
        };
        let factors = [factors[0], factors[1]];
        if both(Opcode::Uextend, false) {
            Some((LongMulOp::Umull, factors))
        } else if both(Opcode::Sextend, true) {
            Some((LongMulOp::Smull, factors))
        } else {
            None
        }
    }

    fn wide_mul(&mut self, rd: [Reg; 2], a: Value, b: Value) {
        if let Some((op, factors)) = self.narrow_factors(&[a, b]) {
            let (rn, rm) = (self.half(factors[0], Part::Lo), self.half(factors[1], Part::Lo));
            self.emit(Inst::MulLong { op, lo: rd[0], hi: rd[1], rn, rm });
            return;
        }
        let (a_lo, b_lo) = (self.half(a, Part::Lo), self.half(b, Part::Lo));
        // Products with a high half that is zero are left out.
        let mut crossed: Vec<(Reg, Reg)> = Vec::new();
        if self.known(b, Part::Hi) != Some(0) {
            crossed.push((a_lo, self.half(b, Part::Hi)));
        }
        if self.known(a, Part::Hi) != Some(0) {
            crossed.push((self.half(a, Part::Hi), b_lo));
        }
        let mut hi = if crossed.is_empty() { rd[1] } else { self.temp() };
        self.emit(Inst::MulLong { op: LongMulOp::Umull, lo: rd[0], hi, rn: a_lo, rm: b_lo });
        let last = crossed.len().saturating_sub(1);
        for (n, &(rn, rm)) in crossed.iter().enumerate() {
            let sum = if n == last { rd[1] } else { self.temp() };
            self.emit(Inst::Mla { rd: sum, rn, rm, ra: hi });
            hi = sum;
        }
    }

    /// The high half of a 128-bit product, schoolbook. No sum of these overflows 64 bits.
    fn wide_mulhi(&mut self, rd: [Reg; 2], a: [Reg; 2], b: [Reg; 2]) {
        let mut temps = || self.temp();
        let (unused, carry0, low1, high1) = (temps(), temps(), temps(), temps());
        let (sum1, carry1, unused2, carry2) = (temps(), temps(), temps(), temps());
        let (zero, zero2, mixed) = (temps(), temps(), [temps(), temps()]);
        let op = LongMulOp::Umull;
        self.emit(Inst::MulLong { op, lo: unused, hi: carry0, rn: a[0], rm: b[0] });
        self.emit(Inst::MulLong { op, lo: low1, hi: high1, rn: a[1], rm: b[0] });
        self.emit(Inst::alus(AluOp::Add, sum1, low1, Operand2::Reg(carry0)));
        self.emit(Inst::alu(AluOp::Adc, carry1, high1, immediate(0)));
        self.emit(Inst::Const { rd: zero, value: 0 });
        let op = LongMulOp::Umlal;
        self.emit(Inst::MulAcc { op, lo: unused2, hi: carry2, acc_lo: sum1, acc_hi: zero, rn: a[0], rm: b[1] });
        self.emit(Inst::Const { rd: zero2, value: 0 });
        let [lo, hi] = mixed;
        self.emit(Inst::MulAcc { op, lo, hi, acc_lo: carry1, acc_hi: zero2, rn: a[1], rm: b[1] });
        self.emit(Inst::alus(AluOp::Add, rd[0], lo, Operand2::Reg(carry2)));
        self.emit(Inst::alu(AluOp::Adc, rd[1], hi, immediate(0)));
    }

    /// The unsigned one, less each factor where the other is negative.
    fn wide_smulhi(&mut self, rd: [Reg; 2], a: Value, b: Value) {
        let (a, b) = (self.pair(a), self.pair(b));
        let mut sum = [self.temp(), self.temp()];
        self.wide_mulhi(sum, a, b);
        for (n, (sign_source, other)) in [(a[1], b), (b[1], a)].into_iter().enumerate() {
            let (sign, masked) = (self.temp(), [self.temp(), self.temp()]);
            self.emit(sign_of(sign, sign_source));
            self.emit(Inst::alu(AluOp::And, masked[0], other[0], Operand2::Reg(sign)));
            self.emit(Inst::alu(AluOp::And, masked[1], other[1], Operand2::Reg(sign)));
            let next = if n == 1 { rd } else { [self.temp(), self.temp()] };
            self.emit(Inst::alus(AluOp::Sub, next[0], sum[0], Operand2::Reg(masked[0])));
            self.emit(Inst::alu(AluOp::Sbc, next[1], sum[1], Operand2::Reg(masked[1])));
            sum = next;
        }
    }

    /// Each half for itself, if it is needed.
    fn wide_logic(&mut self, opcode: Opcode, value: Value, args: &[Value]) {
        for part in [Part::Lo, Part::Hi] {
            if !self.is_needed(value, part) {
                continue;
            }
            let rd = self.result(value, part);
            if opcode == Opcode::Bnot {
                let src = self.operand(args[0], part);
                self.emit(Inst::Mvn { flags: Flags::Keep, rd, src });
                continue;
            }
            let (a, b) = if self.known(args[0], part).is_some() { (args[1], args[0]) } else { (args[0], args[1]) };
            match (self.known(b, part), opcode) {
                (Some(0), Opcode::Band) => self.emit(Inst::Const { rd, value: 0 }),
                (Some(u32::MAX), Opcode::Band) => {
                    let rm = self.half(a, part);
                    self.emit(Inst::mov(rd, rm));
                }
                (Some(mask), Opcode::Band) => {
                    let rn = self.half(a, part);
                    self.and_constant(rd, rn, mask);
                }
                (Some(bits), _) => {
                    let rn = self.half(a, part);
                    let (op, inverted) = match opcode {
                        Opcode::Bor => (AluOp::Orr, Some(AluOp::Orn)),
                        _ => (AluOp::Eor, None),
                    };
                    self.logic_constant(op, inverted, rd, rn, bits);
                }
                (None, _) => {
                    let op = match opcode {
                        Opcode::Band => AluOp::And,
                        Opcode::Bor => AluOp::Orr,
                        _ => AluOp::Eor,
                    };
                    let (rn, rm) = (self.half(a, part), self.half(b, part));
                    self.emit(Inst::alu(op, rd, rn, Operand2::Reg(rm)));
                }
            }
        }
    }

    /// Division by a helper of the run-time ABI, which gives quotient and remainder.
    fn wide_divide(&mut self, rd: [Reg; 2], opcode: Opcode, a: Value, b: Value) {
        let signed = matches!(opcode, Opcode::Sdiv | Opcode::Srem);
        let (dividend, divisor) = (self.pair(a), self.pair(b));
        if !self.is_never(b, 0) {
            let bits = self.temp();
            self.emit(Inst::alus(AluOp::Orr, bits, divisor[0], Operand2::Reg(divisor[1])));
            self.emit(Inst::TrapIf { cond: BranchCond::Flags(Cond::Eq), code: TRAP_DIVISION_BY_ZERO });
        }
        if opcode == Opcode::Sdiv && !self.is_never(b, -1) {
            self.trap_on_overflow(dividend, divisor);
        }
        let name = if signed { "__aeabi_ldivmod" } else { "__aeabi_uldivmod" };
        let [q_lo, q_hi, r_lo, r_hi] = self.helper(name, &[dividend[0], dividend[1], divisor[0], divisor[1]], 4);
        let (lo, hi) = if matches!(opcode, Opcode::Udiv | Opcode::Sdiv) { (q_lo, q_hi) } else { (r_lo, r_hi) };
        self.emit(Inst::mov(rd[0], lo));
        self.emit(Inst::mov(rd[1], hi));
    }

    /// Traps if the smallest number is divided by -1.
    fn trap_on_overflow(&mut self, dividend: [Reg; 2], divisor: [Reg; 2]) {
        let both = self.temp();
        self.emit(Inst::alu(AluOp::And, both, divisor[0], Operand2::Reg(divisor[1])));
        self.emit(Inst::Cmp { op: CmpOp::Cmn, rn: both, src: immediate(1) });
        let eq = Cond::Eq;
        if let Some(smallest) = ModImm::new(0x8000_0000) {
            self.emit(Inst::CondCmp { cond: eq, op: CmpOp::Cmp, rn: dividend[1], src: Operand2::Imm(smallest) });
        }
        self.emit(Inst::CondCmp { cond: eq, op: CmpOp::Cmp, rn: dividend[0], src: immediate(0) });
        self.emit(Inst::TrapIf { cond: BranchCond::Flags(eq), code: TRAP_OVERFLOW });
    }

    /// Counting zeros and turning bits around.
    pub(super) fn lower_bits(&mut self, inst: ir::Inst) -> Result<()> {
        let (value, arg) = (self.func.dfg.inst_results(inst)[0], self.func.dfg.inst_args(inst)[0]);
        let opcode = self.func.dfg.insts[inst].opcode();
        match self.repr_of(value) {
            Repr::Word if self.ty(value) == types::I32 => {
                let (rd, rm) = (self.result(value, Part::Lo), self.word(arg));
                self.bits_of_word(opcode, rd, rm);
                Ok(())
            }
            Repr::Word if self.ty(value) == types::I16 && opcode == Opcode::Bswap => {
                let (rd, rm) = (self.result(value, Part::Lo), self.word(arg));
                self.emit(Inst::Bits { op: BitOp::Rev16, rd, rm });
                Ok(())
            }
            Repr::Pair => {
                let [lo, hi] = self.pair(arg);
                let rd = [self.result(value, Part::Lo), self.result(value, Part::Hi)];
                match opcode {
                    Opcode::Bswap | Opcode::Bitrev => {
                        self.bits_of_word(opcode, rd[0], hi);
                        self.bits_of_word(opcode, rd[1], lo);
                    }
                    _ => self.count_zeros(opcode, rd, [lo, hi]),
                }
                Ok(())
            }
            _ => Err(self.unsupported(inst, "type")),
        }
    }

    fn bits_of_word(&mut self, opcode: Opcode, rd: Reg, rm: Reg) {
        let op = match opcode {
            Opcode::Bswap => BitOp::Rev,
            Opcode::Bitrev => BitOp::Rbit,
            Opcode::Clz => BitOp::Clz,
            _ => {
                let reversed = self.temp();
                self.emit(Inst::Bits { op: BitOp::Rbit, rd: reversed, rm });
                self.emit(Inst::Bits { op: BitOp::Clz, rd, rm: reversed });
                return;
            }
        };
        self.emit(Inst::Bits { op, rd, rm });
    }

    /// Zeros at one end: those of the outer half, or 32 and those of the inner one.
    fn count_zeros(&mut self, opcode: Opcode, rd: [Reg; 2], [lo, hi]: [Reg; 2]) {
        let (outer, inner) = if opcode == Opcode::Clz { (hi, lo) } else { (lo, hi) };
        let (outer_count, inner_count, more) = (self.temp(), self.temp(), self.temp());
        self.bits_of_word(opcode, outer_count, outer);
        self.bits_of_word(opcode, inner_count, inner);
        self.emit(Inst::alu(AluOp::Add, more, inner_count, immediate(32)));
        self.emit(Inst::Cmp { op: CmpOp::Cmp, rn: outer, src: immediate(0) });
        self.emit(Inst::CondMov { cond: Cond::Eq, rd: rd[0], other: outer_count, src: Operand2::Reg(more) });
        self.emit(Inst::Const { rd: rd[1], value: 0 });
    }
}

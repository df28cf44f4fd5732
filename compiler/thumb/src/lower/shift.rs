//! Shifts and rotations.
//!
//! A shift by a register takes the low byte of the amount, and gives zero, or the sign, from 32 on. So a 64-bit shift to the
//! left by `n` is, without a branch:
//!
//! ```text
//! hi = hi << n | lo << (n - 32) | lo >> (32 - n)        lo = lo << n
//! ```
//!
//! where the second term is zero for n < 32, as the low byte of a negative number is large, and the third for n > 32.

use cranelift_codegen::ir::{self, Opcode, Value, types};

use super::arith::immediate;
use super::value::sign_of;
use super::{Lower, Part, Repr};
use crate::error::Result;
use crate::inst::regs::Reg;
use crate::inst::{AluOp, Cond, Flags, Inst, Operand2, ShiftOp};

impl Lower<'_> {
    /// `ishl`, `ushr`, `sshr`, `rotl`, `rotr`
    pub(super) fn lower_shift(&mut self, inst: ir::Inst) -> Result<()> {
        let value = self.func.dfg.inst_results(inst)[0];
        let (opcode, args) = (self.func.dfg.insts[inst].opcode(), self.func.dfg.inst_args(inst));
        let is_rotation = matches!(opcode, Opcode::Rotl | Opcode::Rotr);
        let constant = self.known(args[1], Part::Lo).map(|amount| amount & (self.ty(value).bits() - 1));
        match (self.repr_of(value), constant) {
            (Repr::Word, _) if is_rotation && self.ty(value) != types::I32 => {
                return Err(self.unsupported(inst, "rotation of a narrow type"));
            }
            (Repr::Word, Some(amount)) => self.shift_word_by(value, opcode, args[0], amount),
            (Repr::Word, None) => self.shift_word(value, opcode, args),
            (_, Some(amount)) => self.shift_pair_by(value, opcode, args[0], amount),
            (_, None) if is_rotation => self.rotate_pair(value, opcode, args),
            (_, None) => self.shift_pair(value, opcode, args),
        }
        Ok(())
    }

    fn shift_op(opcode: Opcode) -> ShiftOp {
        match opcode {
            Opcode::Ishl => ShiftOp::Lsl,
            Opcode::Ushr => ShiftOp::Lsr,
            Opcode::Sshr => ShiftOp::Asr,
            _ => ShiftOp::Ror,
        }
    }

    /// The operand of a shift to the right: what comes in from above has to be right.
    fn shift_operand(&mut self, opcode: Opcode, value: Value) -> Reg {
        match opcode {
            Opcode::Ushr => self.extended_word(value, false),
            Opcode::Sshr => self.extended_word(value, true),
            _ => self.word(value),
        }
    }

    /// `rd = rm op amount`, for amounts below 32.
    fn emit_shift(&mut self, op: ShiftOp, rd: Reg, rm: Reg, amount: u32) {
        self.emit(match amount {
            0 => Inst::mov(rd, rm),
            _ => Inst::Mov { flags: Flags::Keep, rd, src: Operand2::Shifted(rm, op, amount as u8) },
        });
    }

    fn shift_word_by(&mut self, value: Value, opcode: Opcode, arg: Value, amount: u32) {
        let rd = self.result(value, Part::Lo);
        // A shift to the left and back takes bits out of the middle.
        if let (Opcode::Ushr | Opcode::Sshr, types::I32) = (opcode, self.ty(value))
            && let Some((Opcode::Ishl, inner)) = self.sole_def(arg)
            && let Some(left) = self.int_const(inner[1])
            && u64::from(amount) >= (left & 31)
            && amount > 0
        {
            let (rn, lsb) = (self.word(inner[0]), (amount - (left as u32 & 31)) as u8);
            let signed = opcode == Opcode::Sshr;
            self.emit(Inst::Bfx { signed, rd, rn, lsb, width: (32 - amount) as u8 });
            return;
        }
        let rm = self.shift_operand(opcode, arg);
        let amount = if opcode == Opcode::Rotl { (32 - amount) & 31 } else { amount };
        self.emit_shift(Self::shift_op(opcode), rd, rm, amount);
    }

    fn shift_word(&mut self, value: Value, opcode: Opcode, args: &[Value]) {
        let rd = self.result(value, Part::Lo);
        let rn = self.shift_operand(opcode, args[0]);
        let amount = self.word(args[1]);
        let rm = self.temp();
        match opcode {
            // Rotations go in circles anyway.
            Opcode::Rotl => self.emit(Inst::alu(AluOp::Rsb, rm, amount, immediate(0))),
            Opcode::Rotr => self.emit(Inst::mov(rm, amount)),
            _ => self.emit(Inst::alu(AluOp::And, rm, amount, immediate(self.ty(value).bits() as u8 - 1))),
        }
        self.emit(Inst::Shift { op: Self::shift_op(opcode), flags: Flags::Keep, rd, rn, rm });
    }

    fn shift_pair_by(&mut self, value: Value, opcode: Opcode, arg: Value, amount: u32) {
        let needed = [Part::Lo, Part::Hi].map(|part| self.is_needed(value, part));
        let rd = [Part::Lo, Part::Hi].map(|part| self.result(value, part));
        if let Opcode::Rotl | Opcode::Rotr = opcode {
            let amount = if opcode == Opcode::Rotl { 64 - amount } else { amount } & 63;
            let mut halves = self.pair(arg);
            if amount >= 32 {
                halves.swap(0, 1);
            }
            let [lo, hi] = halves;
            self.funnel(rd[0], lo, hi, amount % 32);
            self.funnel(rd[1], hi, lo, amount % 32);
            return;
        }
        let left = opcode == Opcode::Ishl;
        // The half that bits leave, and the one that they come to.
        let (from, to) = if left { (Part::Lo, Part::Hi) } else { (Part::Hi, Part::Lo) };
        let (needs_from, needs_to) = (needed[from as usize], needed[to as usize]);
        let (rd_from, rd_to) = (rd[from as usize], rd[to as usize]);
        let op = Self::shift_op(opcode);
        if amount >= 32 {
            let source = self.half(arg, from);
            if needs_to {
                self.emit_shift(op, rd_to, source, amount - 32);
            }
            if needs_from {
                self.emit(if opcode == Opcode::Sshr {
                    sign_of(rd_from, source)
                } else {
                    Inst::Const { rd: rd_from, value: 0 }
                });
            }
            return;
        }
        if needs_to {
            // Nothing comes over from a half that is zero.
            if amount > 0 && self.known(arg, from) != Some(0) {
                let (low, high) = (self.half(arg, to), self.half(arg, from));
                match left {
                    true => self.funnel(rd_to, high, low, 32 - amount),
                    false => self.funnel(rd_to, low, high, amount),
                }
            } else {
                let source = self.half(arg, to);
                let op = if left { ShiftOp::Lsl } else { ShiftOp::Lsr };
                self.emit_shift(op, rd_to, source, amount);
            }
        }
        if needs_from {
            match self.known(arg, from) {
                Some(0) => self.emit(Inst::Const { rd: rd_from, value: 0 }),
                _ => {
                    let source = self.half(arg, from);
                    self.emit_shift(op, rd_from, source, amount);
                }
            }
        }
    }

    /// `rd` = the low half of `hi:lo >> amount`, for amounts below 32.
    fn funnel(&mut self, rd: Reg, lo: Reg, hi: Reg, amount: u32) {
        if amount == 0 {
            self.emit(Inst::mov(rd, lo));
            return;
        }
        let part = self.temp();
        self.emit_shift(ShiftOp::Lsr, part, lo, amount);
        self.emit(Inst::alu(AluOp::Orr, rd, part, Operand2::Shifted(hi, ShiftOp::Lsl, (32 - amount) as u8)));
    }

    /// `rd = a op n` of a register by a register.
    fn shift_by_reg(&mut self, op: ShiftOp, rn: Reg, rm: Reg) -> Reg {
        let rd = self.temp();
        self.emit(Inst::Shift { op, flags: Flags::Keep, rd, rn, rm });
        rd
    }

    fn or(&mut self, a: Reg, b: Reg) -> Reg {
        let rd = self.temp();
        self.emit(Inst::alu(AluOp::Orr, rd, a, Operand2::Reg(b)));
        rd
    }

    fn shift_pair(&mut self, value: Value, opcode: Opcode, args: &[Value]) {
        let left = opcode == Opcode::Ishl;
        let (from, to) = if left { (Part::Lo, Part::Hi) } else { (Part::Hi, Part::Lo) };
        let source = [Part::Lo, Part::Hi].map(|part| self.half(args[0], part));
        let amount = self.word(args[1]);
        let n = self.temp();
        self.emit(Inst::alu(AluOp::And, n, amount, immediate(63)));
        let op = Self::shift_op(opcode);
        if self.is_needed(value, to) {
            let rd = self.result(value, to);
            self.shift_over(rd, op, left, source[from as usize], source[to as usize], n);
        }
        if self.is_needed(value, from) {
            let rd = self.result(value, from);
            self.emit(Inst::Shift { op, flags: Flags::Keep, rd, rn: source[from as usize], rm: n });
        }
    }

    /// The half to which bits come over from the other.
    fn shift_over(&mut self, rd: Reg, op: ShiftOp, left: bool, from: Reg, to: Reg, n: Reg) {
        let (same, back) = if left { (ShiftOp::Lsl, ShiftOp::Lsr) } else { (ShiftOp::Lsr, ShiftOp::Lsl) };
        let rest = self.temp();
        self.emit(Inst::alu(AluOp::Rsb, rest, n, immediate(32)));
        let kept = self.shift_by_reg(same, to, n);
        let moved = self.shift_by_reg(back, from, rest);
        let near = self.or(kept, moved);
        let beyond = self.temp();
        if op == ShiftOp::Asr {
            // The sign comes in, not zero, so both cases have to be told apart.
            self.emit(Inst::alus(AluOp::Sub, beyond, n, immediate(32)));
            let far = self.shift_by_reg(ShiftOp::Asr, from, beyond);
            self.emit(Inst::CondMov { cond: Cond::Pl, rd, other: near, src: Operand2::Reg(far) });
        } else {
            self.emit(Inst::alu(AluOp::Sub, beyond, n, immediate(32)));
            let far = self.shift_by_reg(same, from, beyond);
            self.emit(Inst::alu(AluOp::Orr, rd, near, Operand2::Reg(far)));
        }
    }

    /// Two shifts in opposite directions.
    fn rotate_pair(&mut self, value: Value, opcode: Opcode, args: &[Value]) {
        let [lo, hi] = self.pair(args[0]);
        let amount = self.word(args[1]);
        let (n, rest) = (self.temp(), self.temp());
        // To the right by n: by 64 - n to the left, and the other way around.
        let (left_by, right_by) = if opcode == Opcode::Rotl { (n, rest) } else { (rest, n) };
        self.emit(Inst::alu(AluOp::And, n, amount, immediate(63)));
        self.emit(Inst::alu(AluOp::Rsb, rest, n, immediate(64)));
        let up = [self.shift_by_reg(ShiftOp::Lsl, lo, left_by), self.temp()];
        self.shift_over(up[1], ShiftOp::Lsl, true, lo, hi, left_by);
        let down = [self.temp(), self.shift_by_reg(ShiftOp::Lsr, hi, right_by)];
        self.shift_over(down[0], ShiftOp::Lsr, false, hi, lo, right_by);
        for part in [Part::Lo, Part::Hi] {
            let rd = self.result(value, part);
            self.emit(Inst::alu(AluOp::Orr, rd, up[part as usize], Operand2::Reg(down[part as usize])));
        }
    }
}

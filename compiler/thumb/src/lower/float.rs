//! Floats: instructions where the processor has them, else helpers of the run-time ABI (RTABI32, release 2024Q3, 5.1.1).
//!
//! Helpers take and give everything in core registers, whatever the variant of the procedure call standard.

use cranelift_codegen::ir::condcodes::FloatCC;
use cranelift_codegen::ir::{self, Opcode, Value, types};

use super::arith::immediate;
use super::{Lower, Part, Repr};
use crate::error::Result;
use crate::inst::imms::ModImm;
use crate::inst::regs::Reg;
use crate::inst::{AluOp, BranchCond, Cond, FpuBinary, FpuConvert, FpuUnary, Inst, Operand2, Width};

/// Comparison helpers by operand width, one per relation.
struct Comparisons {
    eq: &'static str,
    lt: &'static str,
    le: &'static str,
    ge: &'static str,
    gt: &'static str,
    unordered: &'static str,
}

const COMPARE_F32: Comparisons = Comparisons {
    eq: "__aeabi_fcmpeq",
    lt: "__aeabi_fcmplt",
    le: "__aeabi_fcmple",
    ge: "__aeabi_fcmpge",
    gt: "__aeabi_fcmpgt",
    unordered: "__aeabi_fcmpun",
};

const COMPARE_F64: Comparisons = Comparisons {
    eq: "__aeabi_dcmpeq",
    lt: "__aeabi_dcmplt",
    le: "__aeabi_dcmple",
    ge: "__aeabi_dcmpge",
    gt: "__aeabi_dcmpgt",
    unordered: "__aeabi_dcmpun",
};

impl Lower<'_> {
    /// Arithmetic on floats, and conversions.
    pub(super) fn lower_float(&mut self, inst: ir::Inst) -> Result<()> {
        let value = self.func.dfg.inst_results(inst)[0];
        let (opcode, args) = (self.func.dfg.insts[inst].opcode(), self.func.dfg.inst_args(inst));
        match opcode {
            Opcode::Fadd | Opcode::Fsub | Opcode::Fmul | Opcode::Fdiv => self.float_binary(value, opcode, args),
            Opcode::Fneg | Opcode::Fabs => self.float_sign(value, opcode, args[0]),
            Opcode::Sqrt => match self.repr_of(value) {
                Repr::Float(width) => {
                    let (rd, rm) = (self.result(value, Part::Lo), self.word(args[0]));
                    self.emit(Inst::FpuUnary { op: FpuUnary::Sqrt, width, rd, rm });
                }
                Repr::Word | Repr::Pair => return Err(self.unsupported(inst, "square root without a unit for it")),
            },
            Opcode::Fpromote | Opcode::Fdemote => self.float_resize(inst, value, args[0])?,
            Opcode::FcvtFromSint | Opcode::FcvtFromUint => self.float_from_int(inst, value, args[0])?,
            _ => self.float_to_int(inst, value, args[0])?,
        }
        Ok(())
    }

    fn float_binary(&mut self, value: Value, opcode: Opcode, args: &[Value]) {
        if let Repr::Float(width) = self.repr_of(value) {
            let op = match opcode {
                Opcode::Fadd => FpuBinary::Add,
                Opcode::Fsub => FpuBinary::Sub,
                Opcode::Fmul => FpuBinary::Mul,
                _ => FpuBinary::Div,
            };
            let (rd, rn, rm) = (self.result(value, Part::Lo), self.word(args[0]), self.word(args[1]));
            self.emit(Inst::FpuBinary { op, width, rd, rn, rm });
            return;
        }
        let double = self.ty(value) == types::F64;
        let name = match (opcode, double) {
            (Opcode::Fadd, false) => "__aeabi_fadd",
            (Opcode::Fadd, true) => "__aeabi_dadd",
            (Opcode::Fsub, false) => "__aeabi_fsub",
            (Opcode::Fsub, true) => "__aeabi_dsub",
            (Opcode::Fmul, false) => "__aeabi_fmul",
            (Opcode::Fmul, true) => "__aeabi_dmul",
            (_, false) => "__aeabi_fdiv",
            (_, true) => "__aeabi_ddiv",
        };
        let operands = self.core_words(args);
        self.helper_result(value, name, &operands);
    }

    /// The words of values that are in core registers.
    fn core_words(&mut self, values: &[Value]) -> Vec<Reg> {
        let mut words = Vec::new();
        for &value in values {
            match self.repr_of(value) {
                Repr::Pair => words.extend(self.pair(value)),
                Repr::Word => words.push(self.word(value)),
                Repr::Float(Width::F32) => {
                    let (rt, rn) = (self.temp(), self.word(value));
                    self.emit(Inst::SingleToCore { rt, rn });
                    words.push(rt);
                }
                Repr::Float(Width::F64) => {
                    let (lo, hi, rn) = (self.temp(), self.temp(), self.word(value));
                    self.emit(Inst::DoubleToCore { lo, hi, rn });
                    words.extend([lo, hi]);
                }
            }
        }
        words
    }

    /// Calls a helper for a value, which goes where such values are.
    fn helper_result(&mut self, value: Value, name: &'static str, operands: &[Reg]) {
        let words = if self.ty(value).bits() == 64 { 2 } else { 1 };
        let [lo, hi, ..] = self.helper(name, operands, words);
        let rd = self.result(value, Part::Lo);
        match self.repr_of(value) {
            Repr::Float(Width::F32) => self.emit(Inst::CoreToSingle { rd, rt: lo }),
            Repr::Float(Width::F64) => self.emit(Inst::CoreToDouble { rd, lo, hi }),
            Repr::Word => self.emit(Inst::mov(rd, lo)),
            Repr::Pair => {
                self.emit(Inst::mov(rd, lo));
                let rd = self.result(value, Part::Hi);
                self.emit(Inst::mov(rd, hi));
            }
        }
    }

    /// Sign bits are changed as bits.
    fn float_sign(&mut self, value: Value, opcode: Opcode, arg: Value) {
        let negates = opcode == Opcode::Fneg;
        let repr = self.repr_of(value);
        let rd = self.result(value, Part::Lo);
        if let Repr::Float(width) = repr {
            let op = if negates { FpuUnary::Neg } else { FpuUnary::Abs };
            let rm = self.word(arg);
            self.emit(Inst::FpuUnary { op, width, rd, rm });
            return;
        }
        let (rd, part) = match repr {
            Repr::Pair => {
                let rm = self.half(arg, Part::Lo);
                self.emit(Inst::mov(rd, rm));
                (self.result(value, Part::Hi), Part::Hi)
            }
            _ => (rd, Part::Lo),
        };
        let rn = self.half(arg, part);
        let sign = ModImm::new(0x8000_0000).map_or(immediate(0), Operand2::Imm);
        self.emit(Inst::alu(if negates { AluOp::Eor } else { AluOp::Bic }, rd, rn, sign));
    }

    fn float_resize(&mut self, inst: ir::Inst, value: Value, arg: Value) -> Result<()> {
        if self.ty(value) == self.ty(arg) {
            return Err(self.unsupported(inst, "conversion to the same type"));
        }
        let promotes = self.ty(value) == types::F64;
        if let (Repr::Float(_), Repr::Float(_)) = (self.repr_of(value), self.repr_of(arg)) {
            let op = if promotes { FpuConvert::Promote } else { FpuConvert::Demote };
            let (rd, rm) = (self.result(value, Part::Lo), self.word(arg));
            self.emit(Inst::FpuConvert { op, rd, rm });
            return Ok(());
        }
        let operands = self.core_words(&[arg]);
        self.helper_result(value, if promotes { "__aeabi_f2d" } else { "__aeabi_d2f" }, &operands);
        Ok(())
    }

    fn float_from_int(&mut self, inst: ir::Inst, value: Value, arg: Value) -> Result<()> {
        let signed = self.func.dfg.insts[inst].opcode() == Opcode::FcvtFromSint;
        let wide = self.repr_of(arg) == Repr::Pair;
        let double = self.ty(value) == types::F64;
        if let (Repr::Float(width), false) = (self.repr_of(value), wide) {
            let rt = self.extended_word(arg, signed);
            let bits = self.new_reg(regalloc2::RegClass::Float);
            self.emit(Inst::CoreToSingle { rd: bits, rt });
            let rd = self.result(value, Part::Lo);
            let op = if signed { FpuConvert::FromSigned(width) } else { FpuConvert::FromUnsigned(width) };
            self.emit(Inst::FpuConvert { op, rd, rm: bits });
            return Ok(());
        }
        let name = match (wide, signed, double) {
            (false, true, false) => "__aeabi_i2f",
            (false, true, true) => "__aeabi_i2d",
            (false, false, false) => "__aeabi_ui2f",
            (false, false, true) => "__aeabi_ui2d",
            (true, true, false) => "__aeabi_l2f",
            (true, true, true) => "__aeabi_l2d",
            (true, false, false) => "__aeabi_ul2f",
            (true, false, true) => "__aeabi_ul2d",
        };
        let operands = if wide { self.pair(arg).to_vec() } else { vec![self.extended_word(arg, signed)] };
        self.helper_result(value, name, &operands);
        Ok(())
    }

    /// Only where the processor does it: its instructions saturate and give zero for a NaN, while the helpers need not.
    fn float_to_int(&mut self, inst: ir::Inst, value: Value, arg: Value) -> Result<()> {
        let (Repr::Float(width), types::I32) = (self.repr_of(arg), self.ty(value)) else {
            return Err(self.unsupported(inst, "saturating conversion"));
        };
        let signed = self.func.dfg.insts[inst].opcode() == Opcode::FcvtToSintSat;
        let op = if signed { FpuConvert::ToSigned(width) } else { FpuConvert::ToUnsigned(width) };
        let (bits, rm) = (self.new_reg(regalloc2::RegClass::Float), self.word(arg));
        self.emit(Inst::FpuConvert { op, rd: bits, rm });
        let rt = self.result(value, Part::Lo);
        self.emit(Inst::SingleToCore { rt, rn: bits });
        Ok(())
    }

    /// The condition under which `a cc b`, for a branch.
    pub(super) fn float_condition(&mut self, cc: FloatCC, a: Value, b: Value) -> BranchCond {
        if let Repr::Float(width) = self.repr_of(a)
            && let (cond, None) = fpu_conds(cc)
        {
            self.float_flags(width, a, b);
            return BranchCond::Flags(cond);
        }
        let rd = self.temp();
        self.float_bool(rd, cc, a, b);
        BranchCond::NonZero(rd)
    }

    fn float_flags(&mut self, width: Width, a: Value, b: Value) {
        let (rn, rm) = (self.word(a), self.word(b));
        self.emit(Inst::FpuCmp { width, rn, rm });
    }

    /// `rd = a cc b ? 1 : 0`
    pub(super) fn float_bool(&mut self, rd: Reg, cc: FloatCC, a: Value, b: Value) {
        let Repr::Float(width) = self.repr_of(a) else { return self.soft_bool(rd, cc, a, b) };
        match fpu_conds(cc) {
            (cond, None) => {
                self.float_flags(width, a, b);
                self.emit(Inst::CondSet { cond, rd });
            }
            (cond, Some(other)) => {
                self.float_flags(width, a, b);
                let first = self.temp();
                self.emit(Inst::CondSet { cond, rd: first });
                self.emit(Inst::CondMov { cond: other, rd, other: first, src: immediate(1) });
            }
        }
    }

    /// By helpers: one that says so, or says the opposite, or two of which either may.
    fn soft_bool(&mut self, rd: Reg, cc: FloatCC, a: Value, b: Value) {
        let names = if self.ty(a) == types::F64 { COMPARE_F64 } else { COMPARE_F32 };
        let (name, second, inverted) = match cc {
            FloatCC::Equal => (names.eq, None, false),
            FloatCC::NotEqual => (names.eq, None, true),
            FloatCC::LessThan => (names.lt, None, false),
            FloatCC::LessThanOrEqual => (names.le, None, false),
            FloatCC::GreaterThan => (names.gt, None, false),
            FloatCC::GreaterThanOrEqual => (names.ge, None, false),
            FloatCC::Unordered => (names.unordered, None, false),
            FloatCC::Ordered => (names.unordered, None, true),
            FloatCC::UnorderedOrLessThan => (names.ge, None, true),
            FloatCC::UnorderedOrLessThanOrEqual => (names.gt, None, true),
            FloatCC::UnorderedOrGreaterThan => (names.le, None, true),
            FloatCC::UnorderedOrGreaterThanOrEqual => (names.lt, None, true),
            FloatCC::UnorderedOrEqual => (names.eq, Some(names.unordered), false),
            FloatCC::OrderedNotEqual => (names.lt, Some(names.gt), false),
        };
        let operands = self.core_words(&[a, b]);
        let [mut answer, ..] = self.helper(name, &operands, 1);
        if let Some(second) = second {
            let [other, ..] = self.helper(second, &operands, 1);
            let either = self.temp();
            self.emit(Inst::alu(AluOp::Orr, either, answer, Operand2::Reg(other)));
            answer = either;
        }
        // Helpers answer 0 or 1.
        self.emit(match inverted {
            true => Inst::alu(AluOp::Eor, rd, answer, immediate(1)),
            false => Inst::mov(rd, answer),
        });
    }
}

/// Conditions after `vcmp`, of which one has to hold. Unordered operands set the flags C and V.
fn fpu_conds(cc: FloatCC) -> (Cond, Option<Cond>) {
    match cc {
        FloatCC::Equal => (Cond::Eq, None),
        FloatCC::NotEqual => (Cond::Ne, None),
        FloatCC::LessThan => (Cond::Mi, None),
        FloatCC::LessThanOrEqual => (Cond::Ls, None),
        FloatCC::GreaterThan => (Cond::Gt, None),
        FloatCC::GreaterThanOrEqual => (Cond::Ge, None),
        FloatCC::Ordered => (Cond::Vc, None),
        FloatCC::Unordered => (Cond::Vs, None),
        FloatCC::UnorderedOrLessThan => (Cond::Lt, None),
        FloatCC::UnorderedOrLessThanOrEqual => (Cond::Le, None),
        FloatCC::UnorderedOrGreaterThan => (Cond::Hi, None),
        FloatCC::UnorderedOrGreaterThanOrEqual => (Cond::Pl, None),
        FloatCC::UnorderedOrEqual => (Cond::Eq, Some(Cond::Vs)),
        FloatCC::OrderedNotEqual => (Cond::Mi, Some(Cond::Gt)),
    }
}

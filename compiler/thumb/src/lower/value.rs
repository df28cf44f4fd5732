//! Values: the registers that hold them, constants, and conversions that are none in the machine.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstructionData, Opcode, Type, Value, ValueDef, types};
use regalloc2::RegClass;

use super::{Lower, Part, Repr};
use crate::emit::expand::short_constant;
use crate::error::Result;
use crate::inst::imms::{FloatImm, ModImm};
use crate::inst::regs::{R0, Reg};
use crate::inst::{BitOp, Flags, Inst, Operand2, ShiftOp, Width};

/// Constants that may be kept in registers for loops, in a function.
const SHARED_CONSTANTS: usize = 4;

/// What half of a value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// These bits.
    Const(u32),
    /// The half of a value that an instruction computes.
    Value(Value, Part),
}

impl<'a> Lower<'a> {
    /// The instruction that computes a value.
    pub fn def(&self, value: Value) -> Option<(ir::Inst, &'a InstructionData)> {
        match self.func.dfg.value_def(value) {
            ValueDef::Result(inst, _) => Some((inst, &self.func.dfg.insts[inst])),
            ValueDef::Param(..) | ValueDef::Union(..) => None,
        }
    }

    /// Opcode and arguments of the instruction that computes a value.
    pub fn def_args(&self, value: Value) -> Option<(Opcode, &'a [Value])> {
        let (inst, data) = self.def(value)?;
        Some((data.opcode(), self.func.dfg.inst_args(inst)))
    }

    /// Like [`Lower::def_args`] if this is the only use of the value, and in the same block: the instruction may be made
    /// part of its user.
    pub fn sole_def(&self, value: Value) -> Option<(Opcode, &'a [Value])> {
        let (inst, _) = self.def(value)?;
        let here = self.func.layout.inst_block(inst) == Some(self.block);
        if here && self.uses[value] == 1 { self.def_args(value) } else { None }
    }

    /// Bits of an integer constant, zeros above its type.
    pub fn int_const(&self, value: Value) -> Option<u64> {
        let (_, data) = self.def(value)?;
        match data {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => {
                let bits = self.ty(value).bits();
                Some(imm.bits() as u64 & (u64::MAX >> (64 - bits)))
            }
            _ => None,
        }
    }

    /// The comparison that computes a value.
    pub fn icmp(&self, value: Value) -> Option<(IntCC, Value, Value)> {
        match self.def(value)?.1 {
            InstructionData::IntCompare { cond, args, .. } => Some((*cond, args[0], args[1])),
            _ => None,
        }
    }

    /// Bits of any constant.
    fn const_bits(&self, value: Value) -> Option<u64> {
        match self.def(value)?.1 {
            InstructionData::UnaryIeee32 { imm, .. } => Some(u64::from(imm.bits())),
            InstructionData::UnaryIeee64 { imm, .. } => Some(imm.bits()),
            _ => self.int_const(value),
        }
    }

    /// Looks through conversions that leave bits as they are.
    pub fn resolve(&self, value: Value, part: Part) -> Source {
        let (mut value, mut part) = (value, part);
        loop {
            if let Repr::Float(_) = self.repr_of(value) {
                return Source::Value(value, part);
            }
            if let Some(bits) = self.const_bits(value) {
                return Source::Const(if part == Part::Lo { bits as u32 } else { (bits >> 32) as u32 });
            }
            let Some((opcode, args)) = self.def_args(value) else { return Source::Value(value, part) };
            match opcode {
                Opcode::Ireduce => value = args[0],
                Opcode::Uextend if part == Part::Hi => return Source::Const(0),
                Opcode::Uextend if self.is_clean(args[0]) => value = args[0],
                Opcode::Sextend if part == Part::Lo && self.ty(args[0]) == types::I32 => value = args[0],
                Opcode::Iconcat if self.ty(value) == types::I64 => {
                    value = args[part as usize];
                    part = Part::Lo;
                }
                Opcode::Isplit if self.ty(value) == types::I32 => {
                    let results = self.func.dfg.inst_results(self.func.dfg.value_def(value).unwrap_inst());
                    part = if results[0] == value { Part::Lo } else { Part::Hi };
                    value = args[0];
                }
                Opcode::Bitcast if self.repr_of(args[0]) == self.repr_of(value) => value = args[0],
                _ => return Source::Value(value, part),
            }
        }
    }

    /// Whether the bits above a value's type are zero in its register.
    fn is_clean(&self, value: Value) -> bool {
        self.ty(value) == types::I32 || self.extended[value]
    }

    /// The register in which half of a value is computed; no use of it.
    pub fn result(&mut self, value: Value, part: Part) -> Reg {
        if let Some(reg) = self.regs[value][part as usize] {
            return reg;
        }
        let class = if let Repr::Float(_) = self.repr_of(value) { RegClass::Float } else { RegClass::Int };
        let reg = self.new_reg(class);
        self.regs[value][part as usize] = Some(reg);
        reg
    }

    /// Whether something reads half of a value.
    pub fn is_needed(&self, value: Value, part: Part) -> bool {
        self.needed[value][part as usize]
    }

    /// A register with half of a value.
    pub fn half(&mut self, value: Value, part: Part) -> Reg {
        match self.resolve(value, part) {
            Source::Const(bits) => self.constant(bits),
            Source::Value(value, part) => {
                self.needed[value][part as usize] = true;
                self.result(value, part)
            }
        }
    }

    /// A register with a value that takes only one.
    pub fn word(&mut self, value: Value) -> Reg {
        self.half(value, Part::Lo)
    }

    /// Registers with both halves of a value.
    pub fn pair(&mut self, value: Value) -> [Reg; 2] {
        [self.half(value, Part::Lo), self.half(value, Part::Hi)]
    }

    /// A register with a constant. Reading a literal again and again is what a loop can do without; should there be no
    /// register, reading it back from the frame takes as long.
    pub fn constant(&mut self, value: u32) -> Reg {
        let hot = self.loops.innermost_loop(self.block).is_some() && !self.func.layout.is_cold(self.block);
        if self.target.optimize && hot && short_constant(R0, value).is_none() {
            if let Some(&(_, reg)) = self.shared.iter().find(|(other, _)| *other == value) {
                return reg;
            }
            if self.shared.len() < SHARED_CONSTANTS {
                let reg = self.temp();
                self.shared.push((value, reg));
                return reg;
            }
        }
        let rd = self.temp();
        self.emit(Inst::Const { rd, value });
        rd
    }

    /// Half of a value if it is known.
    pub fn known(&self, value: Value, part: Part) -> Option<u32> {
        match self.resolve(value, part) {
            Source::Const(bits) => Some(bits),
            Source::Value(..) => None,
        }
    }

    /// Half of a value as a second operand: an immediate if it can be encoded.
    pub fn operand(&mut self, value: Value, part: Part) -> Operand2 {
        match self.known(value, part).and_then(ModImm::new) {
            Some(imm) => Operand2::Imm(imm),
            None => Operand2::Reg(self.half(value, part)),
        }
    }

    /// A word as a second operand, with a shift by a constant if it is that.
    pub fn shifted_operand(&mut self, value: Value) -> Operand2 {
        if self.ty(value) == types::I32
            && let Some((opcode, args)) = self.sole_def(value)
            && let Some(amount) = args.get(1).and_then(|&amount| self.int_const(amount))
        {
            let amount = (amount & 31) as u8;
            let op = match opcode {
                Opcode::Ishl => Some(ShiftOp::Lsl),
                Opcode::Ushr => Some(ShiftOp::Lsr),
                Opcode::Sshr => Some(ShiftOp::Asr),
                Opcode::Rotr => Some(ShiftOp::Ror),
                _ => None,
            };
            if let Some(op) = op
                && amount != 0
            {
                return Operand2::Shifted(self.word(args[0]), op, amount);
            }
        }
        self.operand(value, Part::Lo)
    }

    /// A word with the bits of a narrow value and zeros, or copies of its sign, above.
    pub fn extended_word(&mut self, value: Value, signed: bool) -> Reg {
        let ty = self.ty(value);
        if let Some(bits) = self.int_const(value) {
            return self.constant(extend(bits, ty, signed));
        }
        if ty == types::I32 || (!signed && self.extended[value]) {
            return self.word(value);
        }
        let rd = self.temp();
        let rm = self.word(value);
        let op = match (ty == types::I8, signed) {
            (true, false) => BitOp::Uxtb,
            (true, true) => BitOp::Sxtb,
            (false, false) => BitOp::Uxth,
            (false, true) => BitOp::Sxth,
        };
        self.emit(Inst::Bits { op, rd, rm });
        rd
    }

    /// Half of a constant that some use needs in a register. Constants are made where they are used, so this is rare.
    pub fn lower_const(&mut self, value: Value) -> Result<()> {
        let Some(bits) = self.const_bits(value) else { return Ok(()) };
        match self.repr_of(value) {
            Repr::Float(width) => {
                let rd = self.result(value, Part::Lo);
                self.float_constant(rd, width, bits);
            }
            Repr::Word | Repr::Pair => {
                for (part, bits) in [(Part::Lo, bits as u32), (Part::Hi, (bits >> 32) as u32)] {
                    if self.is_needed(value, part) {
                        let rd = self.result(value, part);
                        self.emit(Inst::Const { rd, value: bits });
                    }
                }
            }
        }
        Ok(())
    }

    fn float_constant(&mut self, rd: Reg, width: Width, bits: u64) {
        let imm = match width {
            Width::F32 => FloatImm::from_f32_bits(bits as u32),
            Width::F64 => FloatImm::from_f64_bits(bits),
        };
        if let Some(imm) = imm {
            self.emit(Inst::FpuImm { width, rd, imm });
            return;
        }
        let lo = self.constant(bits as u32);
        match width {
            Width::F32 => self.emit(Inst::CoreToSingle { rd, rt: lo }),
            Width::F64 => {
                let hi = if bits >> 32 == bits & 0xffff_ffff { lo } else { self.constant((bits >> 32) as u32) };
                self.emit(Inst::CoreToDouble { rd, lo, hi });
            }
        }
    }

    /// Extensions, truncations and changes of type: what [`Lower::resolve`] did not look through.
    pub fn lower_conversion(&mut self, inst: ir::Inst) -> Result<()> {
        let (opcode, arg) = (self.func.dfg.insts[inst].opcode(), self.func.dfg.inst_args(inst)[0]);
        let results = self.func.dfg.inst_results(inst);
        let value = results[0];
        match opcode {
            Opcode::Uextend | Opcode::Sextend => self.lower_extend(value, arg, opcode == Opcode::Sextend),
            Opcode::Bitcast => return self.lower_bitcast(inst, value, arg),
            Opcode::Iconcat | Opcode::Isplit
                if self.repr_of(value) == Repr::Pair || self.repr_of(arg) == Repr::Pair =>
            {
                let is_plain = matches!(self.ty(value), types::I32 | types::I64);
                if !is_plain {
                    return Err(self.unsupported(inst, "type"));
                }
            }
            Opcode::Iconcat | Opcode::Isplit => return Err(self.unsupported(inst, "type")),
            _ => {}
        }
        // The others are always looked through.
        Ok(())
    }

    fn lower_extend(&mut self, value: Value, arg: Value, signed: bool) {
        let is_pair = self.repr_of(value) == Repr::Pair;
        let lo_needed = self.is_needed(value, Part::Lo);
        let hi_needed = is_pair && signed && self.is_needed(value, Part::Hi);
        if !lo_needed && !hi_needed {
            return;
        }
        let lo = self.extended_word(arg, signed);
        if lo_needed {
            let rd = self.result(value, Part::Lo);
            self.emit(Inst::mov(rd, lo));
        }
        if hi_needed {
            let rd = self.result(value, Part::Hi);
            self.emit(sign_of(rd, lo));
        }
    }

    fn lower_bitcast(&mut self, inst: ir::Inst, value: Value, arg: Value) -> Result<()> {
        match (self.repr_of(arg), self.repr_of(value)) {
            (Repr::Word, Repr::Float(Width::F32)) => {
                let (rd, rt) = (self.result(value, Part::Lo), self.word(arg));
                self.emit(Inst::CoreToSingle { rd, rt });
            }
            (Repr::Float(Width::F32), Repr::Word) => {
                let (rt, rn) = (self.result(value, Part::Lo), self.word(arg));
                self.emit(Inst::SingleToCore { rt, rn });
            }
            (Repr::Pair, Repr::Float(Width::F64)) => {
                let (rd, [lo, hi]) = (self.result(value, Part::Lo), self.pair(arg));
                self.emit(Inst::CoreToDouble { rd, lo, hi });
            }
            (Repr::Float(Width::F64), Repr::Pair) => {
                let (lo, hi) = (self.result(value, Part::Lo), self.result(value, Part::Hi));
                let rn = self.word(arg);
                self.emit(Inst::DoubleToCore { lo, hi, rn });
            }
            // Floats of the same register file are the same bits.
            (Repr::Float(from), Repr::Float(to)) if from == to => {
                let (rd, rm) = (self.result(value, Part::Lo), self.word(arg));
                self.emit(Inst::FpuUnary { op: crate::inst::FpuUnary::Mov, width: to, rd, rm });
            }
            (from, to) if from == to => {}
            _ => return Err(self.unsupported(inst, "type")),
        }
        Ok(())
    }
}

/// `rd` = all bits the sign of `rm`
pub(super) fn sign_of(rd: Reg, rm: Reg) -> Inst {
    Inst::Mov { flags: Flags::Keep, rd, src: Operand2::Shifted(rm, ShiftOp::Asr, 31) }
}

/// The low word of a constant of this type.
pub(super) fn extend(bits: u64, ty: Type, signed: bool) -> u32 {
    let unused = 64 - ty.bits();
    let shifted = bits << unused;
    (if signed { ((shifted as i64) >> unused) as u64 } else { shifted >> unused }) as u32
}

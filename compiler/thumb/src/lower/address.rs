//! Loads, stores, and addresses.

use cranelift_codegen::ir::{self, GlobalValueData, InstructionData, Opcode, Type, Value, types};

use super::value::sign_of;
use super::{Lower, Part, Repr};
use crate::error::Result;
use crate::inst::imms::ModImm;
use crate::inst::regs::Reg;
use crate::inst::{Address, AluOp, FrameSlot, Inst, LoadOp, Operand2, StoreOp, Symbol, Width};

/// Which forms of addresses an access has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    /// One register: an index, or a distance of -255 to 4095.
    Single,
    /// Two words one by one: a distance only.
    TwoSingle,
    /// Two registers at once, or a floating-point register: a distance of -1020 to 1020 in words.
    Scaled,
}

impl Form {
    fn reaches(self, offset: i32) -> bool {
        match self {
            Form::Single => (-255..=4095).contains(&offset),
            Form::TwoSingle => (-255..=4091).contains(&offset),
            Form::Scaled => offset % 4 == 0 && offset.unsigned_abs() <= 1020,
        }
    }
}

impl Lower<'_> {
    /// An address, with as much of its computation as the access can do itself.
    fn address(&mut self, pointer: Value, offset: i32, form: Form) -> Address {
        let (mut pointer, mut offset) = (pointer, offset);
        while let Some((Opcode::Iadd, args)) = self.def_args(pointer) {
            let constant = |value| self.int_const(value).map(|bits| bits as u32 as i32);
            let (base, distance) = match (constant(args[0]), constant(args[1])) {
                (_, Some(distance)) => (args[0], distance),
                (Some(distance), _) => (args[1], distance),
                _ => break,
            };
            pointer = base;
            offset = offset.wrapping_add(distance);
        }
        if let Some((_, InstructionData::StackAddr { stack_slot, offset: start, .. })) = self.def(pointer) {
            let total = i64::from(i32::from(*start)) + i64::from(offset);
            if total >= 0 && total < i64::from(self.func.sized_stack_slots[*stack_slot].size) {
                return Address::Frame(FrameSlot::Slot(self.slots[*stack_slot]), total as i32);
            }
        }
        if form == Form::Single
            && offset == 0
            && let Some(address) = self.indexed(pointer)
        {
            return address;
        }
        if form.reaches(offset) {
            return Address::Base(self.word(pointer), offset);
        }
        let base = self.word(pointer);
        let rd = self.temp();
        let distance = match ModImm::new(offset as u32) {
            Some(imm) => Operand2::Imm(imm),
            None => Operand2::Reg(self.constant(offset as u32)),
        };
        self.emit(Inst::alu(AluOp::Add, rd, base, distance));
        Address::Base(rd, 0)
    }

    /// A sum of two registers, one of them shifted by up to three.
    fn indexed(&mut self, pointer: Value) -> Option<Address> {
        let Some((Opcode::Iadd, args)) = self.def_args(pointer) else { return None };
        for (base, index) in [(args[0], args[1]), (args[1], args[0])] {
            if let Some((Opcode::Ishl, shift)) = self.def_args(index)
                && let Some(amount @ 1..=3) = self.int_const(shift[1])
            {
                return Some(Address::Index(self.word(base), self.word(shift[0]), amount as u8));
            }
        }
        Some(Address::Index(self.word(args[0]), self.word(args[1]), 0))
    }

    fn is_aligned(&self, inst: ir::Inst) -> bool {
        self.func.dfg.insts[inst].memflags_data(&self.func.dfg).is_some_and(|flags| flags.aligned())
    }

    fn checked_access(&self, inst: ir::Inst) -> Result<(i32, bool)> {
        let data = &self.func.dfg.insts[inst];
        let flags = data.memflags_data(&self.func.dfg);
        if flags.is_some_and(|flags| flags.explicit_endianness() == Some(ir::Endianness::Big)) {
            return Err(self.unsupported(inst, "big-endian access"));
        }
        Ok((data.load_store_offset().unwrap_or(0), self.is_aligned(inst)))
    }

    pub(super) fn lower_load(&mut self, inst: ir::Inst) -> Result<()> {
        let (offset, aligned) = self.checked_access(inst)?;
        let pointer = self.func.dfg.inst_args(inst)[0];
        let value = self.func.dfg.inst_results(inst)[0];
        let ty = self.ty(value);
        let op = match self.func.dfg.insts[inst].opcode() {
            Opcode::Uload8 => LoadOp::B,
            Opcode::Sload8 => LoadOp::Sb,
            Opcode::Uload16 => LoadOp::H,
            Opcode::Sload16 => LoadOp::Sh,
            Opcode::Uload32 | Opcode::Sload32 => LoadOp::W,
            _ => return self.lower_full_load(value, ty, pointer, offset, aligned),
        };
        let signed = matches!(op, LoadOp::Sb | LoadOp::Sh) || self.func.dfg.insts[inst].opcode() == Opcode::Sload32;
        let addr = self.address(pointer, offset, Form::Single);
        let rd = self.result(value, Part::Lo);
        self.emit(Inst::Load { op, rd, addr });
        if self.repr_of(value) == Repr::Pair && self.is_needed(value, Part::Hi) {
            let hi = self.result(value, Part::Hi);
            self.emit(if signed { sign_of(hi, rd) } else { Inst::Const { rd: hi, value: 0 } });
        }
        Ok(())
    }

    fn lower_full_load(&mut self, value: Value, ty: Type, pointer: Value, offset: i32, aligned: bool) -> Result<()> {
        match self.repr_of(value) {
            Repr::Word => {
                let op = match ty {
                    types::I8 => LoadOp::B,
                    types::I16 => LoadOp::H,
                    _ => LoadOp::W,
                };
                let addr = self.address(pointer, offset, Form::Single);
                let rd = self.result(value, Part::Lo);
                self.emit(Inst::Load { op, rd, addr });
            }
            Repr::Pair => {
                let (lo_needed, hi_needed) = (self.is_needed(value, Part::Lo), self.is_needed(value, Part::Hi));
                let regs = [self.result(value, Part::Lo), self.result(value, Part::Hi)];
                self.load_pair(regs, [lo_needed || !hi_needed, hi_needed], pointer, offset, aligned);
            }
            Repr::Float(width) if aligned => {
                let addr = self.address(pointer, offset, Form::Scaled);
                let rd = self.result(value, Part::Lo);
                self.emit(Inst::FpuLoad { width, rd, addr });
            }
            Repr::Float(width) => {
                let regs = [self.temp(), self.temp()];
                self.load_pair(regs, [true, width == Width::F64], pointer, offset, false);
                let rd = self.result(value, Part::Lo);
                self.emit(match width {
                    Width::F32 => Inst::CoreToSingle { rd, rt: regs[0] },
                    Width::F64 => Inst::CoreToDouble { rd, lo: regs[0], hi: regs[1] },
                });
            }
        }
        Ok(())
    }

    /// Loads the wanted ones of two words.
    fn load_pair(&mut self, [lo, hi]: [Reg; 2], wanted: [bool; 2], pointer: Value, offset: i32, aligned: bool) {
        let op = LoadOp::W;
        match wanted {
            [true, true] if aligned => {
                let addr = self.address(pointer, offset, Form::Scaled);
                self.emit(Inst::LoadPair { lo, hi, addr });
            }
            [true, true] => {
                let addr = self.address(pointer, offset, Form::TwoSingle);
                self.emit(Inst::Load { op, rd: lo, addr });
                self.emit(Inst::Load { op, rd: hi, addr: next_word(addr) });
            }
            [true, false] => {
                let addr = self.address(pointer, offset, Form::Single);
                self.emit(Inst::Load { op, rd: lo, addr });
            }
            [false, true] => {
                let addr = self.address(pointer, offset, Form::TwoSingle);
                self.emit(Inst::Load { op, rd: hi, addr: next_word(addr) });
            }
            [false, false] => {}
        }
    }

    pub(super) fn lower_store(&mut self, inst: ir::Inst) -> Result<()> {
        let (offset, aligned) = self.checked_access(inst)?;
        let &[value, pointer] = self.func.dfg.inst_args(inst) else {
            return Err(self.unsupported(inst, "form of a store"));
        };
        let op = match (self.func.dfg.insts[inst].opcode(), self.ty(value)) {
            (Opcode::Istore8, _) | (Opcode::Store, types::I8) => StoreOp::B,
            (Opcode::Istore16, _) | (Opcode::Store, types::I16) => StoreOp::H,
            (Opcode::Istore32, _) => StoreOp::W,
            _ => return self.lower_full_store(value, pointer, offset, aligned),
        };
        let rs = self.word(value);
        let addr = self.address(pointer, offset, Form::Single);
        self.emit(Inst::Store { op, rs, addr });
        Ok(())
    }

    fn lower_full_store(&mut self, value: Value, pointer: Value, offset: i32, aligned: bool) -> Result<()> {
        match self.repr_of(value) {
            Repr::Word => {
                let rs = self.word(value);
                let addr = self.address(pointer, offset, Form::Single);
                self.emit(Inst::Store { op: StoreOp::W, rs, addr });
            }
            Repr::Pair => {
                let regs = self.pair(value);
                self.store_pair(regs, pointer, offset, aligned);
            }
            Repr::Float(width) if aligned => {
                let rs = self.word(value);
                let addr = self.address(pointer, offset, Form::Scaled);
                self.emit(Inst::FpuStore { width, rs, addr });
            }
            Repr::Float(Width::F32) => {
                let (rt, rn) = (self.temp(), self.word(value));
                self.emit(Inst::SingleToCore { rt, rn });
                let addr = self.address(pointer, offset, Form::Single);
                self.emit(Inst::Store { op: StoreOp::W, rs: rt, addr });
            }
            Repr::Float(Width::F64) => {
                let (lo, hi, rn) = (self.temp(), self.temp(), self.word(value));
                self.emit(Inst::DoubleToCore { lo, hi, rn });
                self.store_pair([lo, hi], pointer, offset, false);
            }
        }
        Ok(())
    }

    fn store_pair(&mut self, [lo, hi]: [Reg; 2], pointer: Value, offset: i32, aligned: bool) {
        if aligned {
            let addr = self.address(pointer, offset, Form::Scaled);
            self.emit(Inst::StorePair { lo, hi, addr });
        } else {
            let addr = self.address(pointer, offset, Form::TwoSingle);
            self.emit(Inst::Store { op: StoreOp::W, rs: lo, addr });
            self.emit(Inst::Store { op: StoreOp::W, rs: hi, addr: next_word(addr) });
        }
    }

    /// `stack_addr`, `symbol_value`, `func_addr`
    pub(super) fn lower_address(&mut self, inst: ir::Inst) -> Result<()> {
        let value = self.func.dfg.inst_results(inst)[0];
        if self.ty(value) != types::I32 {
            return Err(self.unsupported(inst, "pointers of 64 bits"));
        }
        let rd = self.result(value, Part::Lo);
        match &self.func.dfg.insts[inst] {
            InstructionData::StackAddr { stack_slot, offset, .. } => {
                let slot = FrameSlot::Slot(self.slots[*stack_slot]);
                self.emit(Inst::FrameAddr { rd, slot, offset: i32::from(*offset) });
            }
            InstructionData::UnaryGlobalValue { global_value, .. } => {
                let GlobalValueData::Symbol { name, offset, tls: false, .. } = &self.func.global_values[*global_value]
                else {
                    return Err(self.unsupported(inst, "global value that is no plain symbol"));
                };
                let Ok(offset) = i32::try_from(offset.bits()) else {
                    return Err(self.unsupported(inst, "distance from a symbol"));
                };
                self.emit(Inst::SymbolAddr { rd, symbol: Symbol::External(name.clone()), offset });
            }
            InstructionData::FuncAddr { func_ref, .. } => {
                let name = self.func.dfg.ext_funcs[*func_ref].name.clone();
                self.emit(Inst::SymbolAddr { rd, symbol: Symbol::External(name), offset: 0 });
            }
            _ => return Err(self.unsupported(inst, "address")),
        }
        Ok(())
    }
}

fn next_word(addr: Address) -> Address {
    match addr {
        Address::Base(base, offset) => Address::Base(base, offset + 4),
        Address::Frame(slot, offset) => Address::Frame(slot, offset + 4),
        Address::Index(..) => addr,
    }
}

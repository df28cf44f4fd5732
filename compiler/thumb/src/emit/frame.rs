//! The frame.
//!
//! ```text
//!            arguments from the caller
//! entry sp ->
//!            saved core registers            push
//!            saved floating-point registers  vpush
//!            stack slots
//!            spilled values
//!            arguments for callees
//!       sp ->
//! ```
//!
//! The stack pointer does not move in between. Nothing checks the stack: it lies below the data, so that an overflow leaves
//! the memory there is. In a function that calls, the stack pointer is a multiple of 8.

use regalloc2::RegClass;

use super::expand::constant_in;
use crate::error::{ErrorKind, Result};
use crate::inst::imms::ModImm;
use crate::inst::operands::visit;
use crate::inst::regs::{IP, LR, PC, Reg, SP};
use crate::inst::{AluOp, FrameSlot, Inst, Operand2, Width};
use crate::lower::Lowered;
use crate::regalloc::{Allocated, is_preserved};
use crate::target::{Fpu, Target};

/// Where everything is.
#[derive(Debug)]
pub(crate) struct Frame {
    /// Core registers that are pushed.
    saved: u16,
    /// The first of the floating-point registers that are pushed, and their number.
    saved_fpu: Option<(Reg, u8)>,
    width: Width,
    /// Bytes below the saved registers.
    local: u32,
    spills: u32,
    slots: u32,
}

impl Frame {
    /// The frame of a function.
    pub fn new(allocated: &Allocated, lowered: &Lowered, target: &Target) -> Result<Frame> {
        let (mut saved, mut calls) = (0u16, false);
        let mut fpu: Option<(u32, u32)> = None;
        for inst in allocated.blocks.iter().flatten() {
            calls |= matches!(inst, Inst::Call { .. });
            visit(&mut inst.clone(), &mut |reg, _| match reg.class() {
                RegClass::Float if is_preserved(*reg) => {
                    let (first, last) = fpu.unwrap_or((reg.number(), reg.number()));
                    fpu = Some((first.min(reg.number()), last.max(reg.number())));
                }
                RegClass::Int if is_preserved(*reg) || *reg == LR => saved |= 1 << reg.number(),
                _ => {}
            });
        }
        if calls || saved != 0 {
            // Popped into the program counter, it is the return.
            saved |= 1 << LR.number();
        }
        let width = if target.fpu == Fpu::Double { Width::F64 } else { Width::F32 };
        let step = if width == Width::F64 { 2 } else { 1 };
        let saved_fpu = fpu.map(|(first, last)| (Reg::single(first as u8), ((last - first) / step + 1) as u8));
        let spills = lowered.outgoing;
        let slots = (spills + 4 * allocated.spill_words).next_multiple_of(lowered.slot_align);
        let local = (slots + lowered.slot_bytes).next_multiple_of(4);
        if local > 1 << 28 {
            return Err(ErrorKind::TooLarge("the frame"));
        }
        let mut frame = Frame { saved, saved_fpu, width, local, spills, slots };
        if (calls || lowered.slot_align > 4) && !frame.size().is_multiple_of(8) {
            frame.pad();
        }
        Ok(frame)
    }

    /// Makes the size a multiple of 8: by one more register in the `push`, if that makes a subtraction unnecessary.
    fn pad(&mut self) {
        let unused = (4..8).find(|n| self.saved >> n & 1 == 0);
        match unused {
            Some(n) if self.local == 0 => self.saved |= 1 << n,
            _ => self.local += 4,
        }
    }

    fn pushed(&self) -> u32 {
        let word = if self.width == Width::F64 { 8 } else { 4 };
        4 * self.saved.count_ones() + self.saved_fpu.map_or(0, |(_, count)| word * u32::from(count))
    }

    /// Size in bytes.
    pub fn size(&self) -> u32 {
        self.local + self.pushed()
    }

    /// Distance of a place from the stack pointer.
    pub fn offset(&self, slot: FrameSlot) -> u32 {
        match slot {
            FrameSlot::Outgoing(offset) => offset,
            FrameSlot::Spill(number) => self.spills + 4 * number,
            FrameSlot::Slot(offset) => self.slots + offset,
            FrameSlot::Incoming(offset) => self.size() + offset,
        }
    }

    /// The start of the function.
    pub fn prologue(&self) -> Vec<Inst> {
        let mut insts = Vec::new();
        if self.saved != 0 {
            insts.push(Inst::Push { list: self.saved });
        }
        if let Some((first, count)) = self.saved_fpu {
            insts.push(Inst::FpuPush { width: self.width, first, count });
        }
        if self.local != 0 {
            insts.extend(move_sp(AluOp::Sub, self.local));
        }
        insts
    }

    /// The return.
    pub fn epilogue(&self) -> Vec<Inst> {
        let mut insts = Vec::new();
        if self.local != 0 {
            insts.extend(move_sp(AluOp::Add, self.local));
        }
        if let Some((first, count)) = self.saved_fpu {
            insts.push(Inst::FpuPop { width: self.width, first, count });
        }
        let lr = 1 << LR.number();
        match self.saved {
            0 => insts.push(Inst::Bx { rm: LR }),
            saved => insts.push(Inst::Pop { list: saved & !lr | 1 << PC.number() }),
        }
        insts
    }
}

/// Moves the stack pointer; the scratch register is free at both ends of a function.
fn move_sp(op: AluOp, bytes: u32) -> Vec<Inst> {
    let src = match ModImm::new(bytes) {
        Some(imm) => Operand2::Imm(imm),
        None if bytes < 4096 => Operand2::Imm12(bytes as u16),
        None => {
            let mut insts = constant_in(IP, bytes);
            insts.push(Inst::alu(op, SP, SP, Operand2::Reg(IP)));
            return insts;
        }
    };
    vec![Inst::alu(op, SP, SP, src)]
}

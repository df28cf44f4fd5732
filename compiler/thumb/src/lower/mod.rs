//! Instruction selection: Cranelift IR to machine instructions on virtual registers.
//!
//! Blocks, and the instructions in each, are visited from last to first. When an instruction is visited, its uses are known,
//! and an instruction that nothing uses is not compiled; neither is one that all its users took into themselves: a shift
//! that became part of an operand, a comparison that became flags. That is tree matching without a tree.
//!
//! # Values
//!
//! A value takes one virtual register, or two if it has 64 bits and no register of that size: its low and its high half.
//! Uses are counted for each half, so that nothing computes the high half of what is truncated afterwards. Constants,
//! extensions and truncations are no instructions of their own: [`Lower::resolve`] looks through them.
//!
//! Integers of 8 and 16 bits are in 32-bit registers. The bits above are garbage, unless the analysis in [`extended`] found
//! that they are zero, as they are for every bool.
//!
//! # Flags
//!
//! A comparison and what reads its flags are compiled as one piece. No flags live longer. The moves that the register
//! allocator puts in between do not change flags.
//!
//! # What is not compiled
//!
//! Vectors, 128-bit integers, atomics, exceptions, tail calls, dynamic stack slots. An error names the instruction.

mod address;
mod arith;
mod branch;
mod call;
mod compare;
mod extended;
mod float;
mod order;
mod shift;
mod value;
mod wide;

use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{self, Function, Opcode, StackSlot, Type, Value, types};
use cranelift_codegen::loop_analysis::LoopAnalysis;
use regalloc2::RegClass;

use crate::error::{ErrorKind, Result};
use crate::inst::regs::Reg;
use crate::inst::{Inst, Width};
use crate::target::{Fpu, Target};
use crate::vcode::VCode;

use order::BlockOrder;

/// A machine function, and what its frame needs besides.
pub(crate) struct Lowered {
    /// The function.
    pub vcode: VCode,
    /// Bytes of stack slots.
    pub slot_bytes: u32,
    /// Alignment of the stack slots.
    pub slot_align: u32,
    /// Bytes of arguments for callees.
    pub outgoing: u32,
}

/// Half of a value; values in one register have a low half only.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    /// The low half, or all of it.
    Lo = 0,
    /// The high half.
    Hi = 1,
}

/// What holds a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Repr {
    /// A core register.
    Word,
    /// Two core registers.
    Pair,
    /// A floating-point register.
    Float(Width),
}

/// State of the selection.
pub(crate) struct Lower<'a> {
    func: &'a Function,
    target: &'a Target,
    /// Virtual registers of values, as far as they have some.
    regs: SecondaryMap<Value, [Option<Reg>; 2]>,
    /// Whether something reads a half.
    needed: SecondaryMap<Value, [bool; 2]>,
    /// Number of uses in the Cranelift IR.
    uses: SecondaryMap<Value, u32>,
    /// Narrow values with zeros above.
    extended: SecondaryMap<Value, bool>,
    /// Instructions for the Cranelift instruction at hand, in order.
    insts: Vec<Inst>,
    /// Block at hand.
    block: ir::Block,
    n_vregs: u32,
    /// Constants that loops use and that take more than an instruction: made once, at the entry.
    shared: Vec<(u32, Reg)>,
    loops: &'a LoopAnalysis,
    slots: SecondaryMap<StackSlot, u32>,
    outgoing: u32,
    /// Single predecessors, for what their branches tell.
    only_pred: SecondaryMap<ir::Block, Option<ir::Block>>,
}

/// Compiles a function to machine instructions. `domtree` and `loops` are those of `func`.
pub(crate) fn lower(
    func: &Function,
    domtree: &DominatorTree,
    loops: &LoopAnalysis,
    target: &Target,
) -> Result<Lowered> {
    let order = BlockOrder::new(func, domtree, loops)?;
    let mut lower = Lower {
        func,
        target,
        regs: SecondaryMap::new(),
        needed: SecondaryMap::new(),
        uses: SecondaryMap::new(),
        extended: SecondaryMap::new(),
        insts: Vec::new(),
        block: func.layout.entry_block().ok_or_else(|| ErrorKind::Invalid("no entry block".into()))?,
        n_vregs: 0,
        shared: Vec::new(),
        loops,
        slots: SecondaryMap::new(),
        outgoing: 0,
        only_pred: order.only_preds(),
    };
    lower.check_types()?;
    lower.count_uses();
    lower.extended = extended::analyse(func);
    let (slot_bytes, slot_align) = lower.place_slots()?;
    let mut vcode = branch::lower_blocks(&mut lower, &order)?;
    vcode.n_vregs = lower.n_vregs as usize;
    vcode.finish(target);
    Ok(Lowered { vcode, slot_bytes, slot_align, outgoing: lower.outgoing })
}

impl Lower<'_> {
    /// What holds values of a type; `None` if nothing does.
    fn repr(&self, ty: Type) -> Option<Repr> {
        Some(match ty {
            types::I8 | types::I16 | types::I32 => Repr::Word,
            types::I64 => Repr::Pair,
            types::F32 if self.target.fpu >= Fpu::Single => Repr::Float(Width::F32),
            types::F32 => Repr::Word,
            types::F64 if self.target.fpu == Fpu::Double => Repr::Float(Width::F64),
            types::F64 => Repr::Pair,
            _ => return None,
        })
    }

    /// What holds a value, whose type was checked.
    fn repr_of(&self, value: Value) -> Repr {
        self.repr(self.ty(value)).unwrap_or(Repr::Word)
    }

    fn ty(&self, value: Value) -> Type {
        self.func.dfg.value_type(value)
    }

    fn insts_of(func: &Function) -> impl Iterator<Item = ir::Inst> {
        func.layout.blocks().flat_map(|block| func.layout.block_insts(block))
    }

    fn check_types(&self) -> Result<()> {
        let params = |block| self.func.dfg.block_params(block).iter();
        for &value in self.func.layout.blocks().flat_map(params) {
            if self.repr(self.ty(value)).is_none() {
                let what = format!("{value}: {}", self.ty(value));
                return Err(ErrorKind::Unsupported { what, reason: "type of a block parameter" });
            }
        }
        for inst in Self::insts_of(self.func) {
            let values = self.func.dfg.inst_results(inst).iter().chain(self.func.dfg.inst_args(inst));
            for &value in values {
                if self.repr(self.ty(value)).is_none() {
                    return Err(self.unsupported(inst, "type"));
                }
            }
        }
        Ok(())
    }

    fn count_uses(&mut self) {
        for inst in Self::insts_of(self.func) {
            for value in self.func.dfg.inst_values(inst) {
                self.uses[value] += 1;
            }
        }
    }

    /// Places stack slots one after the other; gives their size and alignment.
    fn place_slots(&mut self) -> Result<(u32, u32)> {
        if !self.func.dynamic_stack_slots.is_empty() {
            let what = "dynamic stack slot".to_string();
            return Err(ErrorKind::Unsupported { what, reason: "stack slots of unknown size" });
        }
        let (mut end, mut align) = (0u64, 4);
        for (slot, data) in self.func.sized_stack_slots.iter() {
            let slot_align = 1u32 << data.align_shift.min(31);
            if slot_align > 8 {
                let what = format!("{slot}, aligned to {slot_align}");
                return Err(ErrorKind::Unsupported { what, reason: "alignment of a stack slot above 8" });
            }
            // Word alignment, so that pairs of words can be read and written at once.
            let slot_align = slot_align.max(4);
            align = align.max(slot_align);
            end = end.next_multiple_of(u64::from(slot_align));
            self.slots[slot] = end as u32;
            end += u64::from(data.size);
            if end > 1 << 28 {
                return Err(ErrorKind::TooLarge("the frame"));
            }
        }
        Ok((end as u32, align))
    }

    fn unsupported(&self, inst: ir::Inst, reason: &'static str) -> ErrorKind {
        ErrorKind::Unsupported { what: self.func.dfg.display_inst(inst).to_string(), reason }
    }

    /// Adds an instruction to those of the Cranelift instruction at hand.
    fn emit(&mut self, inst: Inst) {
        self.insts.push(inst);
    }

    /// A new virtual core register.
    fn temp(&mut self) -> Reg {
        self.new_reg(RegClass::Int)
    }

    fn new_reg(&mut self, class: RegClass) -> Reg {
        let reg = Reg::virt(self.n_vregs, class);
        self.n_vregs += 1;
        reg
    }

    /// Whether an instruction does something besides giving a result.
    fn has_effect(&self, inst: ir::Inst) -> bool {
        let data = &self.func.dfg.insts[inst];
        let opcode = data.opcode();
        let traps = opcode.can_trap() && !data.memflags_data(&self.func.dfg).is_some_and(|flags| flags.notrap());
        opcode.can_store() || opcode.is_call() || opcode.other_side_effects() || traps
    }

    /// Compiles an instruction that is no terminator.
    fn lower_inst(&mut self, inst: ir::Inst) -> Result<()> {
        let func = self.func;
        let opcode = func.dfg.insts[inst].opcode();
        let results = func.dfg.inst_results(inst);
        let is_needed = results.iter().any(|&value| self.needed[value] != [false; 2]);
        if !is_needed && !self.has_effect(inst) {
            return Ok(());
        }
        match opcode {
            Opcode::Iconst | Opcode::F32const | Opcode::F64const => self.lower_const(results[0]),
            Opcode::Iadd
            | Opcode::Isub
            | Opcode::Imul
            | Opcode::Band
            | Opcode::Bor
            | Opcode::Bxor
            | Opcode::Ineg
            | Opcode::Bnot
            | Opcode::Iabs
            | Opcode::Umulhi
            | Opcode::Smulhi
            | Opcode::Udiv
            | Opcode::Sdiv
            | Opcode::Urem
            | Opcode::Srem => self.lower_arith(inst),
            Opcode::Ishl | Opcode::Ushr | Opcode::Sshr | Opcode::Rotl | Opcode::Rotr => self.lower_shift(inst),
            Opcode::Clz | Opcode::Ctz | Opcode::Bswap | Opcode::Bitrev => self.lower_bits(inst),
            Opcode::Icmp
            | Opcode::Fcmp
            | Opcode::Select
            | Opcode::SelectSpectreGuard
            | Opcode::Smin
            | Opcode::Smax
            | Opcode::Umin
            | Opcode::Umax
            | Opcode::Bmask
            | Opcode::Trapz
            | Opcode::Trapnz => self.lower_compare(inst),
            Opcode::Uextend
            | Opcode::Sextend
            | Opcode::Ireduce
            | Opcode::Iconcat
            | Opcode::Isplit
            | Opcode::Bitcast => self.lower_conversion(inst),
            Opcode::Load
            | Opcode::Uload8
            | Opcode::Sload8
            | Opcode::Uload16
            | Opcode::Sload16
            | Opcode::Uload32
            | Opcode::Sload32 => self.lower_load(inst),
            Opcode::Store | Opcode::Istore8 | Opcode::Istore16 | Opcode::Istore32 => self.lower_store(inst),
            Opcode::StackAddr | Opcode::SymbolValue | Opcode::FuncAddr => self.lower_address(inst),
            Opcode::Call | Opcode::CallIndirect => self.lower_call(inst),
            Opcode::Fadd
            | Opcode::Fsub
            | Opcode::Fmul
            | Opcode::Fdiv
            | Opcode::Fneg
            | Opcode::Fabs
            | Opcode::Sqrt
            | Opcode::Fpromote
            | Opcode::Fdemote
            | Opcode::FcvtFromSint
            | Opcode::FcvtFromUint
            | Opcode::FcvtToSintSat
            | Opcode::FcvtToUintSat => self.lower_float(inst),
            Opcode::Nop => Ok(()),
            _ => Err(self.unsupported(inst, "instruction")),
        }
    }
}

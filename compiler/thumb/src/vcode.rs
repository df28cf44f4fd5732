//! A function in machine instructions on virtual registers, as the register allocator sees it.
//!
//! Blocks stand in reverse postorder, as the allocator wants. Values go into a block as block parameters. No edge leads from
//! a block with several successors to one with several predecessors, so that each edge has a place for its moves.

use std::fmt::Write;
use std::ops::Range;

use regalloc2::{
    Block, Inst as InstIndex, InstRange, Operand, OperandConstraint, OperandKind, OperandPos, PRegSet, RegClass, VReg,
};

use crate::inst::Inst;
use crate::inst::operands::{Role, clobbers, visit};
use crate::inst::print::print;
use crate::inst::regs::Reg;
use crate::target::{Fpu, Target};

/// A block.
#[derive(Clone, Debug, Default)]
pub(crate) struct VBlock {
    /// Its instructions, in [`VCode::insts`].
    pub insts: Range<usize>,
    /// Where it goes on, and with which arguments.
    pub succs: Vec<Block>,
    /// Arguments for each successor.
    pub succ_args: Vec<Vec<VReg>>,
    /// Where control comes from.
    pub preds: Vec<Block>,
    /// It is laid out behind the blocks that are not cold.
    pub cold: bool,
    /// Its parameters.
    pub params: Vec<VReg>,
}

/// The function.
#[derive(Clone, Debug, Default)]
pub(crate) struct VCode {
    /// All instructions, block by block.
    pub insts: Vec<Inst>,
    /// The blocks; labels in instructions are their numbers. The first is the entry.
    pub blocks: Vec<VBlock>,
    /// Number of virtual registers.
    pub n_vregs: usize,
    operands: Vec<Operand>,
    operand_ranges: Vec<Range<usize>>,
    spill_words_float: usize,
}

impl VCode {
    /// Finishes a function whose blocks have instructions and successors: finds predecessors and operands.
    pub fn finish(&mut self, target: &Target) {
        self.spill_words_float = if target.fpu == Fpu::Double { 2 } else { 1 };
        for block in 0..self.blocks.len() {
            for succ in self.blocks[block].succs.clone() {
                self.blocks[succ.index()].preds.push(Block::new(block));
            }
        }
        for inst in &mut self.insts {
            let start = self.operands.len();
            visit(inst, &mut |reg, role| self.operands.push(operand(*reg, role)));
            self.operand_ranges.push(start..self.operands.len());
        }
    }

    /// The function as text, for error messages.
    pub fn print(&self) -> String {
        let mut text = String::new();
        for (n, block) in self.blocks.iter().enumerate() {
            let _ = writeln!(text, ".L{n}: {:?} -> {:?} {:?}", block.params, block.succs, block.succ_args);
            for inst in block.insts.clone() {
                let _ = writeln!(text, "  {inst:3}  {}", print(&self.insts[inst], None));
            }
        }
        text
    }
}

fn operand(reg: Reg, role: Role) -> Operand {
    let (constraint, kind, pos) = match role {
        Role::Use => (OperandConstraint::Reg, OperandKind::Use, OperandPos::Early),
        Role::Def => (OperandConstraint::Reg, OperandKind::Def, OperandPos::Late),
        Role::ReuseDef(index) => (OperandConstraint::Reuse(index), OperandKind::Def, OperandPos::Late),
        Role::FixedUse(preg) => (OperandConstraint::FixedReg(preg), OperandKind::Use, OperandPos::Early),
        Role::FixedDef(preg) => (OperandConstraint::FixedReg(preg), OperandKind::Def, OperandPos::Late),
    };
    Operand::new(reg.vreg(), constraint, kind, pos)
}

impl regalloc2::Function for VCode {
    fn num_insts(&self) -> usize {
        self.insts.len()
    }

    fn num_blocks(&self) -> usize {
        self.blocks.len()
    }

    fn entry_block(&self) -> Block {
        Block::new(0)
    }

    fn block_insns(&self, block: Block) -> InstRange {
        let range = &self.blocks[block.index()].insts;
        InstRange::new(InstIndex::new(range.start), InstIndex::new(range.end))
    }

    fn block_succs(&self, block: Block) -> &[Block] {
        &self.blocks[block.index()].succs
    }

    fn block_preds(&self, block: Block) -> &[Block] {
        &self.blocks[block.index()].preds
    }

    fn block_params(&self, block: Block) -> &[VReg] {
        &self.blocks[block.index()].params
    }

    fn is_ret(&self, inst: InstIndex) -> bool {
        matches!(self.insts[inst.index()], Inst::Ret { .. } | Inst::Trap { .. })
    }

    fn is_branch(&self, inst: InstIndex) -> bool {
        matches!(self.insts[inst.index()], Inst::Jump { .. } | Inst::Branch { .. } | Inst::Table { .. })
    }

    fn branch_blockparams(&self, block: Block, _inst: InstIndex, succ: usize) -> &[VReg] {
        &self.blocks[block.index()].succ_args[succ]
    }

    fn inst_operands(&self, inst: InstIndex) -> &[Operand] {
        &self.operands[self.operand_ranges[inst.index()].clone()]
    }

    fn inst_clobbers(&self, inst: InstIndex) -> PRegSet {
        clobbers(&self.insts[inst.index()])
    }

    fn num_vregs(&self) -> usize {
        self.n_vregs
    }

    fn spillslot_size(&self, class: RegClass) -> usize {
        match class {
            RegClass::Float => self.spill_words_float,
            RegClass::Int | RegClass::Vector => 1,
        }
    }
}

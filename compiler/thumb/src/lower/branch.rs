//! Blocks, and what ends them.

use cranelift_codegen::ir::{self, Block, BlockArg, InstructionData, Opcode};

use super::order::{BlockOrder, Node, branch_calls};
use super::{Lower, Part, Repr};
use crate::error::{ErrorKind, Result};
use crate::inst::{Inst, Label};
use crate::vcode::{VBlock, VCode};

/// Compiles all blocks, last to first, so that uses are seen before definitions: in reverse postorder, a block stands behind
/// those that dominate it.
pub(super) fn lower_blocks(lower: &mut Lower<'_>, order: &BlockOrder) -> Result<VCode> {
    let mut done: Vec<Option<(VBlock, Vec<Inst>)>> = vec![None; order.nodes.len()];
    for n in (0..order.nodes.len()).rev() {
        done[n] = Some(lower_node(lower, order, n)?);
    }
    let mut vcode = VCode::default();
    for (mut block, mut insts) in done.into_iter().flatten() {
        let start = vcode.insts.len();
        vcode.insts.append(&mut insts);
        block.insts = start..vcode.insts.len();
        vcode.blocks.push(block);
    }
    Ok(vcode)
}

fn lower_node(lower: &mut Lower<'_>, order: &BlockOrder, n: usize) -> Result<(VBlock, Vec<Inst>)> {
    let succs = order.succs[n].iter().map(|&succ| regalloc2::Block::new(succ)).collect();
    let mut block = VBlock { succs, cold: order.cold[n], ..VBlock::default() };
    // Groups of instructions, last first.
    let mut groups: Vec<Vec<Inst>> = Vec::new();
    match order.nodes[n] {
        Node::Edge(from, edge) => {
            lower.block = from;
            let call = branch_calls(lower.func, from)[edge];
            let args = lower.block_args(&call)?;
            block.succ_args.push(args);
            lower.emit(Inst::Jump { target: Label(order.succs[n][0] as u32) });
            groups.push(std::mem::take(&mut lower.insts));
        }
        Node::Block(clif) => {
            lower.block = clif;
            block.succ_args = lower.lower_terminator(clif, order, n)?;
            groups.push(std::mem::take(&mut lower.insts));
            lower.lower_body(clif, &mut groups)?;
            if n == 0 {
                for (value, rd) in std::mem::take(&mut lower.shared) {
                    lower.emit(Inst::Const { rd, value });
                }
                groups.push(std::mem::take(&mut lower.insts));
                lower.lower_params(clif)?;
                groups.push(std::mem::take(&mut lower.insts));
            } else {
                block.params = lower.block_params(clif);
            }
        }
    }
    Ok((block, groups.into_iter().rev().flatten().collect()))
}

impl Lower<'_> {
    fn lower_body(&mut self, block: Block, groups: &mut Vec<Vec<Inst>>) -> Result<()> {
        let insts: Vec<ir::Inst> = self.func.layout.block_insts(block).collect();
        for &inst in insts.iter().rev().skip(1) {
            self.lower_inst(inst)?;
            if !self.insts.is_empty() {
                groups.push(std::mem::take(&mut self.insts));
            }
        }
        Ok(())
    }

    /// The parts of a value that travel along edges.
    fn parts(repr: Repr) -> &'static [Part] {
        match repr {
            Repr::Pair => &[Part::Lo, Part::Hi],
            Repr::Word | Repr::Float(_) => &[Part::Lo],
        }
    }

    fn block_params(&mut self, block: Block) -> Vec<regalloc2::VReg> {
        let mut params = Vec::new();
        for &param in self.func.dfg.block_params(block) {
            for &part in Self::parts(self.repr_of(param)) {
                params.push(self.result(param, part).vreg());
            }
        }
        params
    }

    fn block_args(&mut self, call: &ir::BlockCall) -> Result<Vec<regalloc2::VReg>> {
        let mut args = Vec::new();
        let values: Vec<BlockArg> = call.args(&self.func.dfg.value_lists).collect();
        for arg in values {
            let BlockArg::Value(value) = arg else {
                return Err(ErrorKind::Unsupported { what: format!("{arg:?}"), reason: "argument of an exception" });
            };
            for &part in Self::parts(self.repr_of(value)) {
                args.push(self.half(value, part).vreg());
            }
        }
        Ok(args)
    }

    /// The end of a block; gives the arguments for each successor.
    fn lower_terminator(&mut self, block: Block, order: &BlockOrder, n: usize) -> Result<Vec<Vec<regalloc2::VReg>>> {
        let Some(inst) = self.func.layout.last_inst(block) else {
            return Err(ErrorKind::Invalid(format!("{block} is empty")));
        };
        let label = |number: usize| Label(order.succs[n][number] as u32);
        // A node on the edge has the arguments.
        let mut args = Vec::new();
        for (number, call) in branch_calls(self.func, block).iter().enumerate() {
            let on_edge = matches!(order.nodes[order.succs[n][number]], Node::Edge(..));
            args.push(if on_edge { Vec::new() } else { self.block_args(call)? });
        }
        match &self.func.dfg.insts[inst] {
            InstructionData::Jump { opcode: Opcode::Jump, .. } => self.emit(Inst::Jump { target: label(0) }),
            InstructionData::Brif { arg, .. } => {
                let cond = self.condition(*arg);
                self.emit(Inst::Branch { cond, then: label(0), otherwise: label(1) });
            }
            InstructionData::BranchTable { arg, .. } => {
                let index = self.word(*arg);
                let targets: Vec<Label> = (1..args.len()).map(label).collect();
                match targets.is_empty() {
                    // No use of a register in a branch before which moves may come.
                    true => self.emit(Inst::Jump { target: label(0) }),
                    false => self.emit(Inst::Table { index, targets, default: label(0) }),
                }
            }
            InstructionData::Trap { opcode: Opcode::Trap, code } => {
                self.emit(Inst::Trap { code: code.as_raw().get() });
            }
            InstructionData::MultiAry { opcode: Opcode::Return, .. } => self.lower_return(inst)?,
            _ => return Err(self.unsupported(inst, "instruction")),
        }
        Ok(args)
    }
}

//! Renumbers blocks, instructions and values without gaps, in reverse postorder, and drops what is out of use.
//!
//! The passes leave dead entries in a function's tables. Whoever comes next, backends with tables by value and people who
//! read the text, gets a function without them. Linear time. Names and locations stay.

use resilient_base::{PrimaryMap, SecondaryMap};

use crate::analysis::Cfg;
use crate::ir::*;

/// Renumbers a function.
pub fn run(func: &mut Function) {
    let cfg = Cfg::new(func);
    let mut compact = Compact {
        blocks: PrimaryMap::with_capacity(cfg.rpo().len()),
        insts: PrimaryMap::new(),
        values: PrimaryMap::new(),
        new_blocks: SecondaryMap::new(),
        new_values: SecondaryMap::new(),
    };
    for &block in cfg.rpo() {
        compact.new_blocks[block] = Some(compact.blocks.push(BlockData::default()));
    }
    // Definitions first: the order of blocks does not put each before its uses.
    for &block in cfg.rpo() {
        compact.define(func, block);
    }
    let Compact { mut blocks, mut insts, values, new_blocks, new_values } = compact;
    let rename = |value: &mut Value| *value = new_values[*value].unwrap_or(*value);
    for inst in insts.values_mut() {
        inst.kind.for_each_operand_mut(rename);
    }
    for block in blocks.values_mut() {
        block.terminator.for_each_operand_mut(rename);
        for target in block.terminator.successors_mut() {
            target.block = new_blocks[target.block].unwrap_or(target.block);
        }
    }
    func.layout = blocks.keys().collect();
    func.blocks = blocks;
    func.insts = insts;
    func.values = values;
}

struct Compact {
    blocks: PrimaryMap<Block, BlockData>,
    insts: PrimaryMap<Inst, InstData>,
    values: PrimaryMap<Value, ValueData>,
    new_blocks: SecondaryMap<Block, Option<Block>>,
    new_values: SecondaryMap<Value, Option<Value>>,
}

impl Compact {
    /// Moves a block's contents over, operands still with their old names.
    fn define(&mut self, func: &mut Function, old_block: Block) {
        let Some(block) = self.new_blocks[old_block] else {
            return;
        };
        let old = std::mem::take(&mut func.blocks[old_block]);
        for (index, value) in old.params.into_iter().enumerate() {
            let param = self.value(func, value, ValueDef::Param(block, index as u32));
            self.blocks[block].params.push(param);
        }
        for old_inst in old.insts {
            let InstData { kind, results, loc } = &mut func.insts[old_inst];
            let kind = std::mem::replace(kind, InstKind::Const(Const::Bool(false)));
            let results = std::mem::take(results);
            let inst = self.insts.push(InstData { kind, results: Vec::new(), loc: *loc });
            for (index, value) in results.into_iter().enumerate() {
                let result = self.value(func, value, ValueDef::Result(inst, index as u32));
                self.insts[inst].results.push(result);
            }
            self.blocks[block].insts.push(inst);
        }
        self.blocks[block].terminator = old.terminator;
    }

    fn value(&mut self, func: &mut Function, old: Value, def: ValueDef) -> Value {
        let ValueData { ty, name, .. } = &mut func.values[old];
        let new = self.values.push(ValueData { ty: *ty, def, name: name.take() });
        self.new_values[old] = Some(new);
        new
    }
}

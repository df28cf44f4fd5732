//! Which values are still used behind the end of a block.
//!
//! In: a function, its control-flow graph and the values of interest. Out: for each block which of them are alive at its
//! end, that is, used in a later block on some path. Arguments to blocks are uses in the block that passes them.
//!
//! Method: from each use up to the definition, block by block, stopping where the value is known to be alive (Appel,
//! Palsberg, "Modern Compiler Implementation in Java", 2002, "liveness analysis for SSA"). The time is that of all live
//! ranges together, counted in blocks: bit sets over all values would be quadratic for long functions with many short
//! ranges, which is what long functions have.

use resilient_base::SecondaryMap;
use rustc_hash::FxHashSet;

use super::Cfg;
use crate::ir::{Block, Function, Value};

/// Values alive at the ends of blocks.
pub struct Liveness {
    at_end: FxHashSet<(Value, Block)>,
}

impl Liveness {
    /// Computes liveness of the values for which `of_interest` holds.
    pub fn new(func: &Function, cfg: &Cfg, of_interest: impl Fn(Value) -> bool) -> Liveness {
        let mut definitions: SecondaryMap<Value, Option<Block>> = SecondaryMap::with_capacity(func.values.len());
        for &block in cfg.rpo() {
            let data = &func.blocks[block];
            let results = data.insts.iter().flat_map(|&inst| &func.insts[inst].results);
            for &value in data.params.iter().chain(results).filter(|&&value| of_interest(value)) {
                definitions[value] = Some(block);
            }
        }
        let mut walker = Walker { cfg, definitions, at_end: FxHashSet::default(), pending: Vec::new() };
        for &block in cfg.rpo() {
            let data = &func.blocks[block];
            for &inst in &data.insts {
                func.insts[inst].kind.for_each_operand(|value| walker.used(value, block));
            }
            data.terminator.for_each_operand(|value| walker.used(value, block));
        }
        Liveness { at_end: walker.at_end }
    }

    /// Whether `value` is used after the end of `block`. Only for values of interest and reachable blocks.
    pub fn is_live_after(&self, block: Block, value: Value) -> bool {
        self.at_end.contains(&(value, block))
    }
}

struct Walker<'c> {
    cfg: &'c Cfg,
    /// Where the values of interest are defined.
    definitions: SecondaryMap<Value, Option<Block>>,
    at_end: FxHashSet<(Value, Block)>,
    pending: Vec<Block>,
}

impl Walker<'_> {
    fn used(&mut self, value: Value, block: Block) {
        let Some(definition) = self.definitions[value] else {
            return;
        };
        self.pending.push(block);
        // Each block here has the value alive at its start, unless it defines it.
        while let Some(block) = self.pending.pop() {
            if block == definition {
                continue;
            }
            for &pred in self.cfg.preds(block) {
                if self.at_end.insert((value, pred)) {
                    self.pending.push(pred);
                }
            }
        }
    }
}

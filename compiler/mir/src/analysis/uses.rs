//! How often each value is used in reachable blocks, as operand of an instruction or terminator or as argument.

use resilient_base::SecondaryMap;

use super::Cfg;
use crate::ir::{Function, Value};

/// Number of uses by value.
pub struct UseCounts(SecondaryMap<Value, u32>);

impl UseCounts {
    /// Counts.
    pub fn new(func: &Function, cfg: &Cfg) -> UseCounts {
        let mut counts: SecondaryMap<Value, u32> = SecondaryMap::with_capacity(func.values.len());
        for &block in cfg.rpo() {
            let data = &func.blocks[block];
            for &inst in &data.insts {
                func.insts[inst].kind.for_each_operand(|value| counts[value] += 1);
            }
            data.terminator.for_each_operand(|value| counts[value] += 1);
        }
        UseCounts(counts)
    }

    /// Uses of a value.
    pub fn get(&self, value: Value) -> u32 {
        self.0[value]
    }
}

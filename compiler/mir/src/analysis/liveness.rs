//! Which values are still used behind the end of a block.
//!
//! In: a function, its control-flow graph and the values of interest. Out: for each block the set of those that are
//! alive at its end, that is, used in a later block on some path, arguments to blocks counting as uses at the end of the
//! block that passes them. Backward data flow with one bit per value and block, iterated over the postorder.

use fixedbitset::FixedBitSet;
use resilient_base::SecondaryMap;

use super::Cfg;
use crate::ir::{Block, Function, Value};

/// Values alive at the ends of blocks.
pub struct Liveness {
    /// Index of a value of interest, plus one.
    index: SecondaryMap<Value, u32>,
    at_end: SecondaryMap<Block, FixedBitSet>,
}

impl Liveness {
    /// Computes liveness of the values for which `of_interest` holds.
    pub fn new(func: &Function, cfg: &Cfg, of_interest: impl Fn(Value) -> bool) -> Liveness {
        let mut index = SecondaryMap::with_capacity(func.values.len());
        let mut n_values = 0;
        for value in func.values.keys().filter(|&value| of_interest(value)) {
            n_values += 1;
            index[value] = n_values;
        }
        let mut liveness = Liveness { index, at_end: SecondaryMap::new() };
        if n_values > 0 {
            liveness.solve(func, cfg, n_values as usize);
        }
        liveness
    }

    fn solve(&mut self, func: &Function, cfg: &Cfg, n_values: usize) {
        let none = FixedBitSet::with_capacity(n_values);
        let mut at_start: SecondaryMap<Block, FixedBitSet> = SecondaryMap::with_default(none.clone());
        self.at_end = SecondaryMap::with_default(none.clone());
        let mut changed = true;
        while changed {
            changed = false;
            for &block in cfg.rpo().iter().rev() {
                let mut live = none.clone();
                for target in func.blocks[block].terminator.successors() {
                    live.union_with(&at_start[target.block]);
                }
                self.at_end[block] = live.clone();
                self.walk_up(func, block, &mut live);
                if live != at_start[block] {
                    at_start[block] = live;
                    changed = true;
                }
            }
        }
    }

    fn walk_up(&self, func: &Function, block: Block, live: &mut FixedBitSet) {
        let data = &func.blocks[block];
        let add = |live: &mut FixedBitSet, value: Value| {
            if let Some(index) = self.index_of(value) {
                live.insert(index);
            }
        };
        data.terminator.for_each_operand(|value| add(live, value));
        for &inst in data.insts.iter().rev() {
            for &result in &func.insts[inst].results {
                self.remove(live, result);
            }
            func.insts[inst].kind.for_each_operand(|value| add(live, value));
        }
        for &param in &data.params {
            self.remove(live, param);
        }
    }

    fn remove(&self, live: &mut FixedBitSet, value: Value) {
        if let Some(index) = self.index_of(value) {
            live.remove(index);
        }
    }

    fn index_of(&self, value: Value) -> Option<usize> {
        (self.index[value] as usize).checked_sub(1)
    }

    /// Whether `value` is used after the end of `block`. Only for values of interest and reachable blocks.
    pub fn is_live_after(&self, block: Block, value: Value) -> bool {
        self.index_of(value).is_some_and(|index| self.at_end[block].contains(index))
    }
}

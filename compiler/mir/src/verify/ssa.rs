//! Definitions dominate uses.

use resilient_base::SecondaryMap;

use super::{Place, Verifier};
use crate::analysis::{Cfg, Dominators};
use crate::ir::*;

impl Verifier<'_> {
    /// The heading "SSA".
    pub(super) fn verify_ssa(&mut self, cfg: &Cfg) {
        let func = self.func;
        let dominators = Dominators::new(cfg);
        self.verify_handler_dominance(cfg, &dominators);
        // Where the result of an instruction is available: its block and place; parameters have place 0.
        let mut defined: SecondaryMap<Value, Option<(Block, usize)>> = SecondaryMap::with_capacity(func.values.len());
        for &block in &func.layout {
            let data = &func.blocks[block];
            for &param in &data.params {
                defined[param] = Some((block, 0));
            }
            for (n, &inst) in data.insts.iter().enumerate() {
                for &result in &func.insts[inst].results {
                    defined[result] = Some((block, n + 1));
                }
            }
        }
        for &block in cfg.rpo() {
            let data = &func.blocks[block];
            let mut check = |place: Place, n: usize, value: Value| match defined[value] {
                None => self.error(place, format!("{value} is not defined in any block")),
                Some((def_block, def_n)) => {
                    let before = if def_block == block { def_n <= n } else { dominators.dominates(def_block, block) };
                    if !before {
                        self.error(place, format!("the definition of {value} does not dominate this use"));
                    }
                }
            };
            for (n, &inst) in data.insts.iter().enumerate() {
                func.insts[inst].kind.for_each_operand(|value| check(Place::Inst(block, inst), n, value));
            }
            data.terminator.for_each_operand(|value| check(Place::Terminator(block), data.insts.len(), value));
        }
    }
}

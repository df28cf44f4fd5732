//! Cold blocks: those from which every path ends the program, as the reports of faults do.
//!
//! One pass over the blocks in postorder; blocks of a loop that only ends the program count as not cold.

use resilient_base::SecondaryMap;

use super::Cfg;
use crate::ir::{Block, Function, Terminator};

/// Which blocks are cold.
pub struct ColdBlocks(SecondaryMap<Block, bool>);

impl ColdBlocks {
    /// Finds the cold blocks.
    pub fn new(func: &Function, cfg: &Cfg) -> ColdBlocks {
        let mut cold = SecondaryMap::with_capacity(func.blocks.len());
        for &block in cfg.rpo().iter().rev() {
            let terminator = &func.blocks[block].terminator;
            cold[block] = match terminator {
                Terminator::NoReturn(..) | Terminator::Unreachable => true,
                Terminator::Return(_) => false,
                Terminator::Jump(_) | Terminator::Branch(..) | Terminator::Switch(..) => {
                    terminator.successors().all(|target| cold[target.block])
                }
            };
        }
        ColdBlocks(cold)
    }

    /// Whether every path from the block ends the program.
    pub fn is_cold(&self, block: Block) -> bool {
        self.0[block]
    }
}

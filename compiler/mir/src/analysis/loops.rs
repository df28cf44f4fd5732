//! Natural loops: how deep each block is nested.
//!
//! In: control-flow graph and dominators. Out: by block the number of loops it is in, and whether it is a header. A
//! header is a block that dominates the source of an edge to it (a back edge); its loop has the blocks from which a back
//! edge can be reached without passing the header. Cycles with several entries, which we do not build, are not loops.
//! Time is linear in the sizes of all loops together, that is, at worst in blocks times depth.

use resilient_base::SecondaryMap;

use super::{Cfg, Dominators};
use crate::ir::Block;

/// Nesting of loops.
pub struct Loops {
    depth: SecondaryMap<Block, u32>,
    is_header: SecondaryMap<Block, bool>,
}

impl Loops {
    /// Finds the loops.
    pub fn new(cfg: &Cfg, dominators: &Dominators) -> Loops {
        let mut loops = Loops { depth: SecondaryMap::new(), is_header: SecondaryMap::new() };
        // Header of the loop that a block was last counted for.
        let mut counted: SecondaryMap<Block, Option<Block>> = SecondaryMap::new();
        for &header in cfg.rpo() {
            let mut pending: Vec<Block> =
                cfg.preds(header).iter().copied().filter(|&pred| dominators.dominates(header, pred)).collect();
            if pending.is_empty() {
                continue;
            }
            loops.is_header[header] = true;
            loops.depth[header] += 1;
            counted[header] = Some(header);
            while let Some(block) = pending.pop() {
                if counted[block] != Some(header) {
                    counted[block] = Some(header);
                    loops.depth[block] += 1;
                    pending.extend(cfg.preds(block));
                }
            }
        }
        loops
    }

    /// In how many loops the block is.
    pub fn depth(&self, block: Block) -> u32 {
        self.depth[block]
    }

    /// Whether a loop starts here.
    pub fn is_header(&self, block: Block) -> bool {
        self.is_header[block]
    }
}

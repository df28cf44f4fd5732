//! The control-flow graph: predecessors, and blocks in reverse postorder.
//!
//! In: a function. Out: for each block reachable from the entry its incoming edges and its place in the order. Blocks
//! that cannot be reached are in neither. A branch or switch with several arms to one block is as many edges. Linear time
//! and space; the edges lie in one array. Successors are read from the terminators.

use resilient_base::SecondaryMap;

use crate::ir::{Block, Function};

/// Predecessors and reverse postorder.
pub struct Cfg {
    rpo: Vec<Block>,
    /// Place in `rpo`, plus one; 0 if not reachable.
    place: SecondaryMap<Block, u32>,
    /// Sources of the edges, grouped by target in reverse postorder.
    sources: Vec<Block>,
    /// Where in `sources` the group of the n-th block of `rpo` starts; one more at the end.
    starts: Vec<u32>,
}

impl Cfg {
    /// Computes the graph. The function must not be a removed one.
    pub fn new(func: &Function) -> Cfg {
        let rpo = reverse_postorder(func);
        let mut place = SecondaryMap::new();
        for (n, &block) in rpo.iter().enumerate() {
            place[block] = n as u32 + 1;
        }
        let mut cfg = Cfg { starts: vec![0; rpo.len() + 1], sources: Vec::new(), rpo, place };
        cfg.collect_edges(func);
        cfg
    }

    /// Counting sort of the edges by target.
    fn collect_edges(&mut self, func: &Function) {
        for &block in &self.rpo {
            for target in func.blocks[block].terminator.successors() {
                self.starts[self.place[target.block] as usize] += 1;
            }
        }
        for n in 1..self.starts.len() {
            self.starts[n] += self.starts[n - 1];
        }
        let n_edges = self.starts[self.rpo.len()] as usize;
        self.sources = vec![func.entry(); n_edges];
        let mut next = self.starts.clone();
        for &block in &self.rpo {
            for target in func.blocks[block].terminator.successors() {
                let slot = &mut next[self.place[target.block] as usize - 1];
                self.sources[*slot as usize] = block;
                *slot += 1;
            }
        }
    }

    /// Reachable blocks, each before its successors but for back edges; the entry first.
    pub fn rpo(&self) -> &[Block] {
        &self.rpo
    }

    /// Place of a block in [`Cfg::rpo`]; none if it cannot be reached.
    pub fn rpo_index(&self, block: Block) -> Option<usize> {
        (self.place[block] as usize).checked_sub(1)
    }

    /// Whether control can get to the block.
    pub fn is_reachable(&self, block: Block) -> bool {
        self.place[block] != 0
    }

    /// Reachable sources of the edges to `block`, once per edge, in reverse postorder.
    pub fn preds(&self, block: Block) -> &[Block] {
        match self.rpo_index(block) {
            Some(n) => &self.sources[self.starts[n] as usize..self.starts[n + 1] as usize],
            None => &[],
        }
    }
}

fn reverse_postorder(func: &Function) -> Vec<Block> {
    let mut seen: SecondaryMap<Block, bool> = SecondaryMap::with_capacity(func.blocks.len());
    let mut order = Vec::new();
    // Successors to visit, for each block of the path from the entry those from a start on. Taken from the end: the last
    // successor first, so that the first comes earlier in the reversed order.
    let mut pending: Vec<Block> = Vec::new();
    let mut path = Vec::new();
    let mut next = Some(func.entry());
    loop {
        if let Some(block) = next {
            if !std::mem::replace(&mut seen[block], true) {
                path.push((block, pending.len()));
                pending.extend(func.blocks[block].terminator.successors().map(|target| target.block));
            }
        } else if let Some((block, _)) = path.pop() {
            order.push(block);
        }
        let Some(&(_, start)) = path.last() else {
            order.reverse();
            return order;
        };
        next = if pending.len() > start { pending.pop() } else { None };
    }
}

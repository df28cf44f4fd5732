//! The order of blocks, with a block of its own on each critical edge.
//!
//! Reverse postorder, in which the second target of a branch comes right behind it where it can; cold blocks come last.

use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{self, Block, Function};

use crate::error::{ErrorKind, Result};

/// A block of the machine function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Node {
    /// A block of the Cranelift IR.
    Block(Block),
    /// The edge from a block to its successor of this number.
    Edge(Block, usize),
}

/// All blocks in order, and how they follow each other.
pub(super) struct BlockOrder {
    /// The blocks; the first is the entry.
    pub nodes: Vec<Node>,
    /// Numbers of the nodes that follow each node.
    pub succs: Vec<Vec<usize>>,
    /// Predecessors of each block, one for each edge.
    preds: SecondaryMap<Block, Vec<Block>>,
}

impl BlockOrder {
    /// The order for a function.
    pub fn new(func: &Function, domtree: &DominatorTree) -> Result<BlockOrder> {
        let Some(entry) = func.layout.entry_block() else { return Err(ErrorKind::Invalid("no entry block".into())) };
        let blocks: Vec<Block> = domtree.cfg_postorder().iter().rev().copied().collect();
        let mut preds: SecondaryMap<Block, Vec<Block>> = SecondaryMap::new();
        for &block in &blocks {
            for succ in successors(func, block) {
                preds[succ].push(block);
            }
        }
        if !preds[entry].is_empty() {
            let what = format!("{entry}");
            return Err(ErrorKind::Unsupported { what, reason: "jump to the entry block" });
        }
        let (mut warm, mut cold) = (Vec::new(), Vec::new());
        for &block in &blocks {
            let is_cold = func.layout.is_cold(block);
            if is_cold { &mut cold } else { &mut warm }.push(Node::Block(block));
            let succs = successors(func, block);
            if succs.len() < 2 {
                continue;
            }
            // The last edge first, right behind the branch.
            for (n, &succ) in succs.iter().enumerate().rev() {
                if preds[succ].len() > 1 {
                    let is_cold = is_cold || func.layout.is_cold(succ);
                    if is_cold { &mut cold } else { &mut warm }.push(Node::Edge(block, n));
                }
            }
        }
        let mut nodes = warm;
        nodes.append(&mut cold);
        let succs = connect(func, &nodes);
        Ok(BlockOrder { nodes, succs, preds })
    }

    /// The predecessor of each block that has only one.
    pub fn only_preds(&self) -> SecondaryMap<Block, Option<Block>> {
        let mut only = SecondaryMap::new();
        for node in &self.nodes {
            if let Node::Block(block) = node
                && let [pred] = self.preds[*block][..]
            {
                only[*block] = Some(pred);
            }
        }
        only
    }
}

/// Calls of blocks at the end of a block, in order; the default of a table comes first.
pub(super) fn branch_calls(func: &Function, block: Block) -> &[ir::BlockCall] {
    let dfg = &func.dfg;
    match func.layout.last_inst(block) {
        Some(last) => dfg.insts[last].branch_destination(&dfg.jump_tables, &dfg.exception_tables),
        None => &[],
    }
}

fn successors(func: &Function, block: Block) -> Vec<Block> {
    branch_calls(func, block).iter().map(|call| call.block(&func.dfg.value_lists)).collect()
}

fn connect(func: &Function, nodes: &[Node]) -> Vec<Vec<usize>> {
    let mut number_of: SecondaryMap<Block, usize> = SecondaryMap::new();
    let mut edges: SecondaryMap<Block, Vec<(usize, usize)>> = SecondaryMap::new();
    for (n, node) in nodes.iter().enumerate() {
        match *node {
            Node::Block(block) => number_of[block] = n,
            Node::Edge(block, edge) => edges[block].push((edge, n)),
        }
    }
    let follow = |node: &Node| match *node {
        Node::Edge(block, edge) => vec![number_of[successors(func, block)[edge]]],
        Node::Block(block) => (successors(func, block).iter().enumerate())
            .map(|(n, &succ)| {
                let edge = edges[block].iter().find(|(edge, _)| *edge == n);
                edge.map_or(number_of[succ], |&(_, node)| node)
            })
            .collect(),
    };
    nodes.iter().map(follow).collect()
}

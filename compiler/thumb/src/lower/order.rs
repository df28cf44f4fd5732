//! The order of blocks, with a block of its own on each critical edge.
//!
//! Reverse postorder. A postorder lists last what was visited last, so the target to stand right behind a branch is visited
//! last: the one that stays in the loop, else the second. So the blocks of a loop stand together. Cold blocks are only marked: they are moved behind all others when the
//! function is laid out, as register allocation wants, of each block, a predecessor before it.

use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{self, Block, Function};
use cranelift_codegen::loop_analysis::LoopAnalysis;

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
    /// Which of them are to be laid out behind the others.
    pub cold: Vec<bool>,
    /// Numbers of the nodes that follow each node.
    pub succs: Vec<Vec<usize>>,
    /// Predecessors of each block, one for each edge.
    preds: SecondaryMap<Block, Vec<Block>>,
}

impl BlockOrder {
    /// The order for a function.
    pub fn new(func: &Function, domtree: &DominatorTree, loops: &LoopAnalysis) -> Result<BlockOrder> {
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
        let mut nodes: Vec<Node> = Vec::with_capacity(blocks.len());
        for &block in &blocks {
            nodes.push(Node::Block(block));
            let succs = successors(func, block);
            if succs.len() > 1 {
                let critical = (0..succs.len()).filter(|&n| preds[succs[n]].len() > 1);
                nodes.extend(critical.map(|n| Node::Edge(block, n)));
            }
        }
        let succs = connect(func, &nodes);
        let order = arrange(func, loops, &nodes, &succs);
        let mut number = vec![0; nodes.len()];
        order.iter().enumerate().for_each(|(new, &old)| number[old] = new);
        let renumber = |old: &usize| succs[*old].iter().map(|&succ| number[succ]).collect();
        let succs = order.iter().map(renumber).collect();
        let nodes: Vec<Node> = order.iter().map(|&old| nodes[old]).collect();
        let cold = nodes.iter().map(|&node| is_cold(func, node)).collect();
        Ok(BlockOrder { nodes, cold, succs, preds })
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

/// Numbers of nodes in their order.
fn arrange(func: &Function, loops: &LoopAnalysis, nodes: &[Node], succs: &[Vec<usize>]) -> Vec<usize> {
    let target = |node: usize| match nodes[node] {
        Node::Block(block) => block,
        Node::Edge(block, n) => successors(func, block)[n],
    };
    // Those that leave the loop of their predecessor come first.
    let to_visit = |node: usize| -> Vec<usize> {
        let mut list = succs[node].clone();
        if let Node::Block(block) = nodes[node]
            && let Some(innermost) = loops.innermost_loop(block)
        {
            list.sort_by_key(|&succ| loops.is_in_loop(target(succ), innermost));
        }
        list
    };
    let mut seen = vec![false; nodes.len()];
    let (mut postorder, mut stack) = (Vec::with_capacity(nodes.len()), vec![(0, to_visit(0).into_iter())]);
    seen[0] = true;
    while let Some((node, rest)) = stack.last_mut() {
        match rest.next() {
            Some(succ) if !std::mem::replace(&mut seen[succ], true) => stack.push((succ, to_visit(succ).into_iter())),
            Some(_) => {}
            None => {
                postorder.push(*node);
                stack.pop();
            }
        }
    }
    postorder.reverse();
    postorder
}

/// Whether a node is code that rarely runs.
fn is_cold(func: &Function, node: Node) -> bool {
    match node {
        Node::Block(block) => func.layout.is_cold(block),
        Node::Edge(block, n) => func.layout.is_cold(block) || func.layout.is_cold(successors(func, block)[n]),
    }
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

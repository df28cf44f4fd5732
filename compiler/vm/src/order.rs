//! Which blocks get code, in what order, and how deep in loops they are.

use resilient_base::{EntityRef, SecondaryMap};
use resilient_mir::ir::{Block, Function, Terminator};

/// The blocks of a function as they will stand in the code.
pub(crate) struct Order {
    /// Reachable blocks: the entry, hot blocks, then cold ones, each in layout order.
    pub blocks: Vec<Block>,
    /// Place in `blocks`, for those in it.
    pub index: SecondaryMap<Block, usize>,
    /// Number of loops around each block.
    pub loop_depth: SecondaryMap<Block, u32>,
}

impl Order {
    /// The order of the blocks of a function.
    pub fn new(func: &Function) -> Order {
        let walk = Walk::new(func);
        let cold = cold_blocks(func, &walk.postorder);
        let mut blocks = Vec::with_capacity(walk.postorder.len());
        let is_hot = |block: Block| block == func.entry() || !cold[block];
        let reachable = || func.layout.iter().copied().filter(|&block| walk.reached[block]);
        blocks.extend(reachable().filter(|&block| is_hot(block)));
        blocks.extend(reachable().filter(|&block| !is_hot(block)));
        let mut index = SecondaryMap::new();
        for (i, &block) in blocks.iter().enumerate() {
            index[block] = i;
        }
        Order { blocks, index, loop_depth: loop_depths(func, &walk) }
    }
}

/// A depth-first walk from the entry.
struct Walk {
    reached: SecondaryMap<Block, bool>,
    postorder: Vec<Block>,
    /// Edges to a block that was being visited, as (source, header).
    back_edges: Vec<(Block, Block)>,
}

impl Walk {
    fn new(func: &Function) -> Walk {
        let mut walk = Walk { reached: SecondaryMap::new(), postorder: Vec::new(), back_edges: Vec::new() };
        let mut active: SecondaryMap<Block, bool> = SecondaryMap::new();
        let mut stack = vec![(func.entry(), 0)];
        walk.reached[func.entry()] = true;
        active[func.entry()] = true;
        while let Some((block, next)) = stack.last_mut() {
            let block = *block;
            let successor = func.blocks[block].terminator.successors().nth(*next).map(|call| call.block);
            *next += 1;
            match successor {
                Some(target) if !walk.reached[target] => {
                    walk.reached[target] = true;
                    active[target] = true;
                    stack.push((target, 0));
                }
                Some(target) if active[target] => walk.back_edges.push((block, target)),
                Some(_) => {}
                None => {
                    active[block] = false;
                    walk.postorder.push(block);
                    stack.pop();
                }
            }
        }
        walk
    }
}

/// Blocks from which the program ends: all ways on lead to a terminator that does not return.
fn cold_blocks(func: &Function, postorder: &[Block]) -> SecondaryMap<Block, bool> {
    let mut cold = SecondaryMap::new();
    for &block in postorder {
        cold[block] = match &func.blocks[block].terminator {
            Terminator::NoReturn(..) | Terminator::Unreachable => true,
            Terminator::Return(_) => false,
            terminator @ (Terminator::Jump(_) | Terminator::Branch(..) | Terminator::Switch(..)) => {
                terminator.successors().all(|call| cold[call.block])
            }
        };
    }
    cold
}

/// Counts for each block the natural loops that hold it.
fn loop_depths(func: &Function, walk: &Walk) -> SecondaryMap<Block, u32> {
    let mut depths: SecondaryMap<Block, u32> = SecondaryMap::new();
    if walk.back_edges.is_empty() {
        return depths;
    }
    let mut preds: SecondaryMap<Block, Vec<Block>> = SecondaryMap::new();
    for &block in &walk.postorder {
        for call in func.blocks[block].terminator.successors() {
            preds[call.block].push(block);
        }
    }
    let mut edges = walk.back_edges.clone();
    edges.sort_by_key(|&(_, header)| header.index());
    // Last header whose loop was found to hold the block.
    let mut mark: SecondaryMap<Block, Option<Block>> = SecondaryMap::new();
    for loop_edges in edges.chunk_by(|a, b| a.1 == b.1) {
        let header = loop_edges[0].1;
        mark[header] = Some(header);
        depths[header] += 1;
        let mut work: Vec<Block> = loop_edges.iter().map(|&(source, _)| source).collect();
        while let Some(block) = work.pop() {
            if mark[block] != Some(header) {
                mark[block] = Some(header);
                depths[block] += 1;
                work.extend(&preds[block]);
            }
        }
    }
    depths
}

//! The dominator tree: block `a` dominates `b` if every path from the entry to `b` goes through `a`.
//!
//! In: a function's [`Cfg`]. Out: immediate dominators, the tree's preorder, and a constant-time test.
//!
//! Method: Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm" (2001): iterate over the reverse postorder,
//! intersecting the dominators of the predecessors, until nothing changes. On the reducible graphs we build, the second
//! round changes nothing. Blocks that cannot be reached have no dominators and dominate nothing.

use resilient_base::SecondaryMap;

use super::Cfg;
use crate::ir::Block;

/// The dominator tree.
pub struct Dominators {
    /// Blocks in tree preorder: each subtree is one range.
    preorder: Vec<Block>,
    nodes: SecondaryMap<Block, Node>,
}

#[derive(Clone, Copy, Default)]
struct Node {
    idom: Option<Block>,
    /// Range of the subtree in the preorder; empty if not reachable.
    start: u32,
    end: u32,
}

impl Dominators {
    /// Computes the tree.
    pub fn new(cfg: &Cfg) -> Dominators {
        let idoms = immediate_dominators(cfg);
        let rpo = cfg.rpo();
        // Sizes of subtrees bottom-up, then places top-down: a dominator comes before what it dominates in the order.
        let mut sizes = vec![1u32; rpo.len()];
        for n in (1..rpo.len()).rev() {
            sizes[idoms[n] as usize] += sizes[n];
        }
        let mut starts = vec![0u32; rpo.len()];
        let mut next_child = vec![1u32; rpo.len()];
        let mut preorder = rpo.to_vec();
        let mut nodes: SecondaryMap<Block, Node> = SecondaryMap::new();
        for n in 0..rpo.len() {
            let mut idom = None;
            if n > 0 {
                let parent = idoms[n] as usize;
                idom = Some(rpo[parent]);
                starts[n] = next_child[parent];
                next_child[parent] += sizes[n];
                next_child[n] = starts[n] + 1;
            }
            preorder[starts[n] as usize] = rpo[n];
            nodes[rpo[n]] = Node { idom, start: starts[n], end: starts[n] + sizes[n] };
        }
        Dominators { preorder, nodes }
    }

    /// The closest block that dominates `block`, other than itself; none for the entry and unreachable blocks.
    pub fn idom(&self, block: Block) -> Option<Block> {
        self.nodes[block].idom
    }

    /// Whether `a` dominates `b`. A reachable block dominates itself.
    pub fn dominates(&self, a: Block, b: Block) -> bool {
        let (a, b) = (self.nodes[a], self.nodes[b]);
        a.start <= b.start && b.start < a.end && b.start < b.end
    }

    /// Reachable blocks, each before those it dominates, a subtree without gaps.
    pub fn preorder(&self) -> &[Block] {
        &self.preorder
    }
}

/// By place in the reverse postorder; the entry has itself.
fn immediate_dominators(cfg: &Cfg) -> Vec<u32> {
    const NONE: u32 = u32::MAX;
    let rpo = cfg.rpo();
    let mut idoms = vec![NONE; rpo.len()];
    idoms[0] = 0;
    let mut changed = true;
    while changed {
        changed = false;
        for n in 1..rpo.len() {
            let mut idom = NONE;
            for pred in cfg.preds(rpo[n]).iter().filter_map(|&pred| cfg.rpo_index(pred)) {
                if idoms[pred] != NONE {
                    idom = if idom == NONE { pred as u32 } else { intersect(&idoms, idom, pred as u32) };
                }
            }
            if idoms[n] != idom {
                idoms[n] = idom;
                changed = true;
            }
        }
    }
    idoms
}

/// The closest common dominator.
fn intersect(idoms: &[u32], mut a: u32, mut b: u32) -> u32 {
    while a != b {
        if a > b {
            a = idoms[a as usize];
        } else {
            b = idoms[b as usize];
        }
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::Function;
    use crate::read::read_module;

    /// A function whose blocks go to the listed blocks, in block order.
    fn graph(edges: &[&[u32]]) -> Function {
        let mut text = String::from("entry fn0\nfn0 \"f\"() -> i64 {\n");
        for (n, targets) in edges.iter().enumerate() {
            text.push_str(&format!("block{n}:\n"));
            let line = match targets {
                [] => "unreachable".to_string(),
                [a] => format!("jump block{a}"),
                [a, b] => {
                    format!("c: branch v{n}, block{a}, block{b}").replace("c: ", &format!("v{n}: bool = bconst true "))
                }
                _ => unreachable!("at most two successors"),
            };
            text.push_str(&line);
            text.push('\n');
        }
        text.push_str("}\n");
        let mut module = read_module(&text).expect("the text is well formed");
        std::mem::replace(&mut module.funcs[crate::ir::FuncId::from_u32(0)], Function::new("", vec![], vec![]))
    }

    fn idoms(func: &Function) -> Vec<Option<u32>> {
        let dominators = Dominators::new(&Cfg::new(func));
        func.blocks.keys().map(|block| dominators.idom(block).map(|idom| idom.as_u32())).collect()
    }

    #[test]
    fn diamond_in_loop() {
        // 0 -> 1 -> {2, 3} -> 4 -> {1, 5}; 6 is unreachable and goes to 5.
        let func = graph(&[&[1], &[2, 3], &[4], &[4], &[1, 5], &[], &[5]]);
        assert_eq!(idoms(&func), [None, Some(0), Some(1), Some(1), Some(1), Some(4), None]);
        let cfg = Cfg::new(&func);
        let dominators = Dominators::new(&cfg);
        let b = Block::from_u32;
        assert!(dominators.dominates(b(1), b(5)) && dominators.dominates(b(5), b(5)));
        assert!(!dominators.dominates(b(2), b(4)) && !dominators.dominates(b(5), b(1)));
        assert!(
            !dominators.dominates(b(6), b(6)) && !dominators.dominates(b(0), b(6)) && !dominators.dominates(b(6), b(5))
        );
        assert_eq!(cfg.preds(b(5)), [b(4)]);
        assert_eq!(cfg.rpo(), [b(0), b(1), b(2), b(3), b(4), b(5)]);
    }

    #[test]
    fn irreducible_needs_more_rounds() {
        // The example of figure 4 of the paper: 6 -> {5, 4}, 5 -> 1, 4 -> {2, 3}, 1 <-> 2 <-> 3.
        let func = graph(&[&[1, 2], &[3], &[4, 5], &[4], &[3, 5], &[4]]);
        assert_eq!(idoms(&func), [None, Some(0), Some(0), Some(0), Some(0), Some(0)]);
    }

    #[test]
    fn both_arms_to_one_block() {
        let func = graph(&[&[1, 1], &[]]);
        assert_eq!(Cfg::new(&func).preds(Block::from_u32(1)), [Block::from_u32(0); 2]);
        assert_eq!(idoms(&func), [None, Some(0)]);
    }
}

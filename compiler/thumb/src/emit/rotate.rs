//! Loops that test at their start, turned so that the test comes last: each round takes one branch less.
//!
//! ```text
//! header: test; branch out              jump header
//!         body                  ->      body
//!         jump header           header: test; branch to the body
//! out:                          out:
//! ```
//!
//! A loop is turned if its blocks stand together, are entered through the header only, and end with the jump back. What is
//! entered from elsewhere, such as a cold block that goes back into hot code, is no loop in this sense.

use crate::inst::{Inst, Label};

/// The order of blocks with loops turned. `order` has numbers of blocks, `target` gives where a label ends up.
pub(super) fn rotate(blocks: &[Vec<Inst>], order: &[usize], target: impl Fn(Label) -> usize) -> Vec<usize> {
    let succs: Vec<Vec<usize>> = blocks.iter().map(|block| successors(block, &target)).collect();
    let mut preds = vec![Vec::new(); blocks.len()];
    for &block in order {
        succs[block].iter().for_each(|&succ| preds[succ].push(block));
    }
    let mut order = order.to_vec();
    let mut place = vec![usize::MAX; blocks.len()];
    order.iter().enumerate().for_each(|(n, &block)| place[block] = n);
    for latch in order.clone() {
        let Some(Inst::Jump { target: label }) = blocks[latch].last() else { continue };
        let (first, last) = (place[target(*label)], place[latch]);
        if first == 0 || first >= last || !is_loop(&order[first..=last], &succs, &preds, &place) {
            continue;
        }
        order[first..=last].rotate_left(1);
        (first..=last).for_each(|n| place[order[n]] = n);
    }
    order
}

/// Whether blocks, the header first, form a loop that the header alone enters and leaves.
fn is_loop(region: &[usize], succs: &[Vec<usize>], preds: &[Vec<usize>], place: &[usize]) -> bool {
    let (first, last) = (place[region[0]], place[region[0]] + region.len() - 1);
    let inside = |block: usize| (first..=last).contains(&place[block]);
    let [a, b] = succs[region[0]][..] else { return false };
    let leaves = inside(a) != inside(b) && [a, b].contains(&region[1]);
    leaves && region[1..].iter().all(|&block| preds[block].iter().all(|&pred| inside(pred)))
}

fn successors(block: &[Inst], target: &impl Fn(Label) -> usize) -> Vec<usize> {
    match block.last() {
        Some(Inst::Jump { target: label }) => vec![target(*label)],
        Some(Inst::Branch { then, otherwise, .. }) => vec![target(*then), target(*otherwise)],
        Some(Inst::Table { targets, default, .. }) => {
            targets.iter().chain([default]).map(|&label| target(label)).collect()
        }
        _ => Vec::new(),
    }
}

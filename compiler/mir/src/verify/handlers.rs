//! Handlers can be gone to from wherever the blocks marked with them may fault.

use resilient_abi::RtFn;

use super::{Place, Verifier};
use crate::analysis::{Cfg, Dominators};
use crate::ir::*;

impl Verifier<'_> {
    /// The heading "Structure", about handlers.
    pub(super) fn verify_handler_structure(&mut self, block: Block, in_layout: &fixedbitset::FixedBitSet) {
        let func = self.func;
        let Some(handler) = func.blocks[block].handler else { return };
        let place = Place::Block(block);
        if !in_layout.contains(resilient_base::EntityRef::index(handler)) {
            self.error(place, format!("its handler {handler} is not in the layout"));
        } else if handler == func.entry() {
            self.error(place, "its handler is the entry block");
        } else if !func.blocks[handler].params.is_empty() {
            self.error(place, format!("its handler {handler} has parameters"));
        }
    }

    /// The heading "SSA", about handlers: what is defined where a handler is entered from is defined in the marked blocks.
    pub(super) fn verify_handler_dominance(&mut self, cfg: &Cfg, dominators: &Dominators) {
        let func = self.func;
        for &block in cfg.rpo() {
            let Some(handler) = func.blocks[block].handler else { continue };
            let place = Place::Block(block);
            if !cfg.is_reachable(handler) {
                self.error(place, format!("nothing goes to its handler {handler}, so that its state is not known"));
                continue;
            }
            let above = std::iter::successors(dominators.idom(handler), |&above| dominators.idom(above));
            let mut others = above.take_while(|&above| !dominators.dominates(above, block));
            if let Some(above) = others.find(|&above| defines(func, above)) {
                self.error(place, format!("what {above} defines for its handler {handler} is not defined there"));
            }
        }
    }
}

/// Whether the block has definitions.
fn defines(func: &Function, block: Block) -> bool {
    let data = &func.blocks[block];
    !data.params.is_empty() || data.insts.iter().any(|&inst| !func.insts[inst].results.is_empty())
}

/// Whether a block that ends so may go to its handler.
pub(super) fn ends_in_fault(terminator: &Terminator) -> bool {
    matches!(terminator, Terminator::NoReturn(entry, ..) if *entry != RtFn::Exit)
}

/// Whether control may go to the handler behind an instruction.
pub(super) fn may_fault(kind: &InstKind) -> bool {
    match kind {
        InstKind::Call(..) | InstKind::CallIndirect(..) => true,
        InstKind::CallRt(entry, _) => entry.sig().faults,
        _ => false,
    }
}

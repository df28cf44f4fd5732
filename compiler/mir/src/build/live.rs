//! Live blocks.
//!
//! ```text
//!     saved = ..                          what the block may change
//!     rt live_enter(attempts, within)
//!     jump header
//! header:
//!     branch rt fault_is_pending, handler, body
//! body:                                   marked with the handler
//!     x = retain saved_x                  for each variable that it assigns
//!     ..                                  the block, then its invariants
//!     jump done(value)
//! handler:
//!     branch rt live_failed, retry, gave_up
//! retry:
//!     global_set g, saved_g               for each variable in memory
//!     jump header
//! gave_up:
//!     noreturn fault_pending @ the block
//! done(value):
//!     rt live_succeeded
//!     release saved ..
//! ```
//!
//! Counting attempts, waiting and messages are the runtime's. A snapshot is one more reference: what it refers to is
//! copied when the block changes it.
//!
//! Variables of the function need no restoring: each attempt begins with those of the header. A counted one that the
//! block assigns has its reference kept in the snapshot. Those that it does not assign are not touched, so that arrays
//! stay without another reference.

use resilient_abi::RtFn;
use resilient_base::Span;
use resilient_sema::typed::{Backoff, Live, LocalId};
use resilient_sema::types::Type;

use super::control::Joined;
use super::effects::Stores;
use super::function::FuncBuilder;
use super::memory::MemoryLeaf;
use super::places::memory;
use super::regions::{NewRegion, RegionEnd};
use super::{Diverged, Flow};
use crate::ir::Value;

/// What is put back before an attempt is repeated.
struct Snapshot {
    /// Counted variables that the block assigns.
    variables: Vec<(LocalId, Value)>,
    memory: Vec<(MemoryLeaf, Value)>,
}

impl<'t> FuncBuilder<'_, '_, 't> {
    /// `live { .. }`
    pub(super) fn live(&mut self, node: &'t Live<'t>, ty: Type, span: Span) -> Flow<Option<Value>> {
        let depth = self.held.len();
        let snapshot = self.snapshot(node);
        let kept = self.held.len();
        let ty = self.ty(ty);
        let done = self.new_join(ty);
        self.enter_live(node);
        let region = self.new_region(&[]);
        self.live_handler(&region, &snapshot, span);
        self.ssa.seal(region.header);
        self.open_region(region, RegionEnd::Attempt(node.invariants));
        let (Ok(()) | Err(Diverged)) = self.attempt(node, &snapshot, done);
        self.close_region();
        self.held.truncate(kept);
        let value = self.start_join(done);
        if value.is_ok() {
            self.ssa.rt_effect(RtFn::LiveSucceeded, &[]);
            self.release_above(depth, None);
        }
        self.held.truncate(depth);
        value
    }

    /// References to what the block may change. They are held.
    fn snapshot(&mut self, node: &Live<'t>) -> Snapshot {
        let mut snapshot = Snapshot { variables: Vec::new(), memory: Vec::new() };
        let mut stores = Stores::of(node.body);
        node.invariants.iter().for_each(|clause| stores.add(clause.cond));
        for local in self.stored_variables(&stores) {
            let value = self.ssa.read(local);
            snapshot.variables.push((local, value));
            self.hold(value);
        }
        for memory in node.restored.iter().filter_map(|&place| memory(place).ok()) {
            for (leaf, ty) in self.memory_leaves(memory) {
                let value = self.get_leaf(leaf, ty);
                snapshot.memory.push((leaf, value));
                self.hold(value);
            }
        }
        snapshot
    }

    fn enter_live(&mut self, node: &Live<'t>) {
        let attempts = self.ssa.int(node.attempts.into());
        let within = self.ssa.int(node.within.map_or(-1, saturated));
        self.ssa.rt_effect(RtFn::LiveEnter, &[attempts, within]);
        if let Some(Backoff { base_ms, factor, max_ms, linear }) = node.backoff {
            let factor = if linear { -1 } else { saturated(factor) };
            let args = [saturated(base_ms), factor, saturated(max_ms)].map(|n| self.ssa.int(n));
            self.ssa.rt_effect(RtFn::LiveBackoff, &args);
        }
    }

    /// What happens when an attempt failed.
    fn live_handler(&mut self, region: &NewRegion, snapshot: &Snapshot, span: Span) {
        let retry = self.ssa.new_cold_block();
        let gave_up = self.ssa.new_cold_block();
        self.ssa.start(region.handler);
        let loc = self.loc(span);
        let goes_on = self.ssa.rt(RtFn::LiveFailed, &[], Some(loc));
        self.ssa.branch(goes_on, retry, gave_up);
        self.ssa.start(retry);
        for &(leaf, value) in &snapshot.memory {
            let value = if self.is_counted(value) { self.retain(value) } else { value };
            self.set_leaf(leaf, value);
        }
        self.ssa.jump(region.header, None);
        self.ssa.start(gave_up);
        self.pass_fault_on(span);
    }

    /// The block and its invariants.
    fn attempt(&mut self, node: &'t Live<'t>, snapshot: &Snapshot, done: Joined) -> Flow<()> {
        for &(local, value) in &snapshot.variables {
            let own = self.retain(value);
            self.ssa.define(local, own);
        }
        let value = self.eval(node.body)?;
        if let Some(value) = value {
            self.hold(value);
        }
        self.complete_attempt(node.invariants)?;
        self.ssa.jump(done.block, value);
        Ok(())
    }
}

/// Such a long time, or so many, makes no difference.
fn saturated(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

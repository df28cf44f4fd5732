//! Regions: code whose faults are handled in this function.
//!
//! A block that is made inside of a region is marked with the region's *handler* ([`crate::ir::BlockData::handler`]),
//! where control goes when something in the block faults; `supervise` makes ordinary control flow of it. So a region begins and
//! ends at the start of a block. Regions nest; their stack is in [`FuncBuilder::regions`], innermost last.
//!
//! ```text
//!     rt live_enter ..                    what the handler relies on is there
//!     jump header
//! header:
//!     branch rt fault_is_pending, handler, body
//! body:                                   marked
//!     ..
//! handler:                                no parameters
//!     ..
//!     noreturn fault_pending              on to the handler around it, or
//!     jump header                         once more
//! ```
//!
//! No fault is pending in the header, so the branch always goes to the body. It is there to tell what the handler is
//! entered with: values and references that are there in the header, all of which must be there at each point of the
//! body that may fault. References made in the body are released on the way to the handler.
//!
//! So the body must not give up a reference that is held in the header, and it does when it assigns a counted variable. Either
//! the caller keeps another reference and makes the variable anew in the body, or it *gives the variable up*: the body
//! gets its reference as an argument, and the handler does not have it.
//!
//! Control may leave a region by `return`, `break` or `continue`. What has to be done then is known here
//! ([`FuncBuilder::leave_regions`]), for all regions on the way, innermost first.

use resilient_abi::RtFn;
use resilient_base::Span;
use resilient_sema::typed::{Clause, Expr, LocalId};

use super::Flow;
use super::effects::Stores;
use super::function::FuncBuilder;
use super::scope::Held;
use crate::ir::{Block, BlockCall, Terminator, Ty, Value};

/// A region around what is being built.
#[derive(Clone, Copy)]
pub(super) struct Region<'t> {
    /// Where faults of what is around it go.
    outer: Option<Block>,
    /// What is to be done before control leaves it.
    end: RegionEnd<'t>,
}

/// What is to be done before control leaves a region, other than by a fault.
#[derive(Clone, Copy)]
pub(super) enum RegionEnd<'t> {
    Nothing,
    /// An attempt of a live block completes: its invariants are checked.
    Attempt(&'t [Clause<'t>]),
    /// An attempt of a live block completes, whose invariants are being checked.
    Checked,
}

/// A region whose header is built.
pub(super) struct NewRegion {
    /// To be sealed when all that goes there is built.
    pub(super) header: Block,
    pub(super) handler: Block,
    body: Block,
    /// What was given up, and the parameters of the body that bring it.
    given_up: Vec<(LocalId, Value)>,
}

/// What is held, and which regions are around, where control goes.
#[derive(Clone, Copy)]
pub(super) struct Outside {
    /// What is above on the stack of held references is released on the way.
    pub(super) depth: usize,
    /// Number of regions around.
    pub(super) n_regions: usize,
}

impl<'t> FuncBuilder<'_, '_, 't> {
    /// The counted variables in scope that `stores` has: a region that makes these stores must keep them or give them up.
    pub(super) fn stored_variables(&self, stores: &Stores) -> Vec<LocalId> {
        let stored = self.held.iter().filter_map(|held| match *held {
            Held::Local(local) if stores.has_local(local) => Some(local),
            Held::Local(_) | Held::Value(_) => None,
        });
        stored.collect()
    }

    /// Builds the header of a region, which gives up these variables. The current block ends. The handler may be built next, and
    /// then the body: [`FuncBuilder::open_region`].
    pub(super) fn new_region(&mut self, given_up: &[LocalId]) -> NewRegion {
        let header = self.ssa.new_header();
        let handler = self.ssa.new_cold_block();
        let outer = self.ssa.set_handler(Some(handler));
        let body = self.ssa.new_block();
        self.ssa.set_handler(outer);
        self.ssa.jump(header, None);
        self.ssa.start(header);
        let is_pending = self.ssa.rt(RtFn::FaultIsPending, &[], None);
        let to = |block, args| BlockCall { block, args };
        let values: Vec<Value> = given_up.iter().map(|&local| self.ssa.read(local)).collect();
        let params: Vec<Value> =
            values.iter().map(|&value| self.ssa.func.add_param(body, self.ssa.func.ty(value))).collect();
        let given_up = given_up.iter().copied().zip(params).collect();
        if values.is_empty() {
            self.ssa.branch(is_pending, handler, body);
        } else {
            let without = self.ssa.new_cold_block();
            let branch = Terminator::Branch(is_pending, to(without, Vec::new()), to(body, values.clone()));
            self.ssa.terminate(branch);
            self.ssa.start(without);
            values.into_iter().for_each(|value| self.release(value));
            self.ssa.jump(handler, None);
        }
        NewRegion { header, handler, body, given_up }
    }

    /// Continues in the body of the region, where new blocks are in it.
    pub(super) fn open_region(&mut self, region: NewRegion, end: RegionEnd<'t>) {
        let outer = self.ssa.set_handler(Some(region.handler));
        self.regions.push(Region { outer, end });
        self.ssa.start(region.body);
        for (local, param) in region.given_up {
            self.ssa.define(local, param);
        }
    }

    /// New blocks are outside of the innermost region again.
    pub(super) fn close_region(&mut self) {
        if let Some(region) = self.regions.pop() {
            self.ssa.set_handler(region.outer);
        }
    }

    /// Ends a handler that has done what there was to do: the pending fault goes on. While it does, it stands at `span`.
    pub(super) fn pass_fault_on(&mut self, span: Span) {
        let loc = self.loc(span);
        self.ssa.terminate(Terminator::NoReturn(RtFn::FaultPending, Vec::new(), Some(loc)));
    }

    /// Evaluates `expr` and goes `outside` with its value, which is dropped if `wanted` is none: all that is held above
    /// is released, and the regions on the way are left.
    pub(super) fn go_outside(
        &mut self,
        expr: Option<&'t Expr<'t>>,
        wanted: Option<Ty>,
        outside: Outside,
    ) -> Flow<Option<Value>> {
        if self.regions.len() == outside.n_regions {
            return self.leave_scopes(expr, wanted, outside.depth);
        }
        let value = match (expr, wanted) {
            (Some(expr), Some(_)) => Some(self.value(expr)?),
            (Some(expr), None) => {
                self.discard(expr)?;
                None
            }
            (None, _) => None,
        };
        let depth = self.held.len();
        if let Some(value) = value {
            self.hold(value);
        }
        let left = self.leave_regions(outside.n_regions);
        self.held.truncate(depth);
        left?;
        self.release_above(outside.depth, None);
        Ok(value)
    }

    /// Does what is to be done where control leaves all regions but the outer `n`. Control is in a block outside of them
    /// then; new blocks are inside as before.
    fn leave_regions(&mut self, n: usize) -> Flow<()> {
        let inside = self.regions.clone();
        let handler = self.ssa.handler();
        let mut left = Ok(());
        while self.regions.len() > n && left.is_ok() {
            left = self.leave_region();
        }
        self.regions = inside;
        self.ssa.set_handler(handler);
        left
    }

    /// Leaves the innermost region, for the path that is being built.
    fn leave_region(&mut self) -> Flow<()> {
        let Some(&region) = self.regions.last() else {
            return Ok(());
        };
        let mut left = Ok(());
        if let RegionEnd::Attempt(invariants) = region.end {
            left = self.complete_attempt(invariants);
        }
        self.close_region();
        left?;
        let outside = self.ssa.new_block();
        self.ssa.jump(outside, None);
        self.ssa.start(outside);
        if !matches!(region.end, RegionEnd::Nothing) {
            self.ssa.rt_effect(RtFn::LiveSucceeded, &[]);
        }
        Ok(())
    }

    /// Checks the invariants of the live block whose region is the innermost one, at the end of an attempt. If control leaves
    /// from one of them, no other is checked.
    pub(super) fn complete_attempt(&mut self, invariants: &'t [Clause<'t>]) -> Flow<()> {
        let Some(region) = self.regions.last_mut() else {
            return Ok(());
        };
        let end = std::mem::replace(&mut region.end, RegionEnd::Checked);
        let checked = self.check_clauses(invariants);
        if let Some(region) = self.regions.last_mut() {
            region.end = end;
        }
        checked
    }
}

//! Loops. Each becomes a natural loop with one latch:
//!
//! ```text
//! while, loop                        for
//!     jump header                        branch lo < hi, header(lo), exit
//! header:                            header(i):
//!     branch cond, body, exit            body
//! body:                              latch:                  if there is a `continue`
//! latch:    if there is a `continue`     next = i + 1
//!     jump header                        branch next < hi, header(next), exit
//! exit(value):                       exit:
//! ```
//!
//! `for` over an inclusive range tests `i < hi` for the next iteration, so that no value is past the largest int.

use resilient_sema::typed::{Expr, ForRange, Loop, LoopId};
use resilient_sema::types::Type;

use super::control::Joined;
use super::function::FuncBuilder;
use super::regions::Outside;
use super::{Diverged, Flow};
use crate::ir::{self, Block, BlockCall, InstKind, Terminator, Ty, Value};

/// Where `continue` and `break` of a loop go.
#[derive(Clone, Copy)]
pub(super) struct LoopTargets {
    latch: Block,
    exit: Joined,
    /// Type of the value that `break` brings.
    ty: Option<Ty>,
    /// What is around the loop.
    outside: Outside,
}

impl<'t> FuncBuilder<'_, '_, 't> {
    fn open_loop(&mut self, id: LoopId, ty: Type) -> LoopTargets {
        let ty = self.module.ty(ty);
        let outside = Outside { depth: self.held.len(), n_regions: self.regions.len() };
        let targets = LoopTargets { latch: self.ssa.new_block(), exit: self.new_join(ty), ty, outside };
        self.loops[id.as_u32() as usize] = Some(targets);
        targets
    }

    fn loop_targets(&self, id: LoopId) -> LoopTargets {
        match self.loops[id.as_u32() as usize] {
            Some(targets) => targets,
            None => unreachable!("`break` and `continue` stand in their loop"),
        }
    }

    /// `break`
    pub(super) fn break_(&mut self, id: LoopId, value: Option<&'t Expr<'t>>) -> Diverged {
        let targets = self.loop_targets(id);
        if let Ok(value) = self.go_outside(value, targets.ty, targets.outside) {
            self.ssa.jump(targets.exit.block, value);
        }
        Diverged
    }

    /// `continue`
    pub(super) fn continue_(&mut self, id: LoopId) -> Diverged {
        let targets = self.loop_targets(id);
        if self.go_outside(None, None, targets.outside).is_ok() {
            self.ssa.jump(targets.latch, None);
        }
        Diverged
    }

    /// `while` and `loop`
    pub(super) fn loop_(&mut self, node: &'t Loop<'t>, ty: Type) -> Flow<Option<Value>> {
        let header = self.ssa.new_header();
        self.ssa.jump(header, None);
        self.ssa.start(header);
        let targets = self.open_loop(node.id, ty);
        let is_entered = match node.cond {
            Some(cond) => {
                let body = self.ssa.new_block();
                self.branch_on(cond, body, targets.exit.block);
                self.ssa.start(body)
            }
            None => true,
        };
        if is_entered && self.loop_body(node.body, targets) {
            self.ssa.jump(header, None);
        }
        self.ssa.seal(header);
        self.start_join(targets.exit)
    }

    /// Builds the body. Gives whether the latch is reached, where it then is.
    fn loop_body(&mut self, body: &'t Expr<'t>, targets: LoopTargets) -> bool {
        let falls_through = self.discard(body).is_ok();
        self.held.truncate(targets.outside.depth);
        if !self.ssa.has_preds(targets.latch) {
            return falls_through;
        }
        if falls_through {
            self.ssa.jump(targets.latch, None);
        }
        self.ssa.start(targets.latch)
    }

    /// `for`
    pub(super) fn for_range(&mut self, node: &'t ForRange<'t>, ty: Type) -> Flow<Option<Value>> {
        let lo = self.value(node.lo)?;
        let hi = self.value(node.hi)?;
        let header = self.ssa.new_header();
        let index = self.ssa.func.add_param(header, Ty::I64);
        let targets = self.open_loop(node.id, ty);
        let enter = if node.inclusive { ir::CmpOp::Le } else { ir::CmpOp::Lt };
        self.iterate_if(enter, (lo, hi), (header, lo), targets);

        self.ssa.start(header);
        self.ssa.define(node.var, index);
        if self.loop_body(node.body, targets) {
            let one = self.ssa.int(1);
            let next = self.ssa.def(InstKind::Binary(ir::BinaryOp::IntAdd, index, one), Ty::I64);
            let tested = if node.inclusive { index } else { next };
            self.iterate_if(ir::CmpOp::Lt, (tested, hi), (header, next), targets);
        }
        self.ssa.seal(header);
        self.start_join(targets.exit)
    }

    /// To the header with the next index if the comparison of `tested` holds, else to the exit.
    fn iterate_if(
        &mut self,
        op: ir::CmpOp,
        tested: (Value, Value),
        (header, index): (Block, Value),
        targets: LoopTargets,
    ) {
        let goes_on = self.ssa.def(InstKind::IntCmp(op, tested.0, tested.1), Ty::Bool);
        self.ssa.terminate(Terminator::Branch(
            goes_on,
            BlockCall { block: header, args: vec![index] },
            BlockCall { block: targets.exit.block, args: Vec::new() },
        ));
    }
}

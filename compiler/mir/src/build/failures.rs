//! Checked failures, and the deferred calls of functions. Both are regions ([`super::regions`]).
//!
//! ```text
//!     jump header                             rt defer_enter
//! header:                                     jump header
//!     branch pending, handler, body       header:
//! body:           marked                      branch pending, handler, body
//!     ..                                  body:           marked
//!     jump done(value)                        ..
//! handler:                                    jump exit(result)
//!     branch rt failure_take 1, arm1, next handler:
//! next:                                       rt defer_begin, the calls, rt defer_end
//!     noreturn fault_again                    noreturn fault_again
//! arm1:                                   exit(result):
//!     ..                                      rt defer_begin, the calls
//!     jump done(value)                        branch rt defer_end, failed, good
//! done(value):                            failed:
//!                                             noreturn fault_again
//!                                         good:           ensures
//! ```
//!
//! The calls are a loop with a region of its own, whose handler tells the runtime and goes on with the next call.

use resilient_abi::RtFn;
use resilient_base::{EntityRef, Span};
use resilient_sema::typed::{Deferred, Expr, Try};
use resilient_sema::types::{Failure, Type, TypeKind};

use super::control::Joined;
use super::effects::Stores;
use super::function::FuncBuilder;
use super::regions::{NewRegion, RegionEnd};
use super::{Diverged, Flow};
use crate::ir::{Block, InstKind, Terminator, Ty, Value};

impl<'t> FuncBuilder<'_, '_, 't> {
    /// `fail`
    pub(super) fn fail(&mut self, failure: Failure) -> Diverged {
        let number = self.number_of(failure);
        self.ssa.terminate(Terminator::NoReturn(RtFn::Fail, vec![number], None));
        Diverged
    }

    /// How the runtime knows a failure: 0 means none.
    fn number_of(&mut self, failure: Failure) -> Value {
        self.ssa.int(failure.index() as i64 + 1)
    }

    /// `try { .. } catch ..`
    pub(super) fn try_(&mut self, node: &'t Try<'t>, ty: Type) -> Flow<Option<Value>> {
        let ty = self.ty(ty);
        let done = self.new_join(ty);
        let given_up = self.stored_variables(&Stores::of(node.body));
        let trace_depth = self.trace_depth();
        let region = self.new_region(&given_up);
        self.ssa.seal(region.header);
        self.catch(node, &region, ty, done, trace_depth);
        self.open_region(region, RegionEnd::Nothing);
        let depth = self.held.len();
        if let Ok(value) = self.leave_scopes(Some(node.body), ty, depth) {
            self.ssa.jump(done.block, value);
        }
        self.held.truncate(depth);
        self.close_region();
        self.start_join(done)
    }

    /// The handler: finds the arm for the failure, if it is one.
    fn catch(
        &mut self,
        node: &'t Try<'t>,
        region: &NewRegion,
        ty: Option<Ty>,
        done: Joined,
        trace_depth: Option<Value>,
    ) {
        self.ssa.start(region.handler);
        let mut arms: Vec<(Block, &'t Expr<'t>)> = Vec::with_capacity(node.arms.len());
        for arm in node.arms {
            let number = self.number_of(arm.failure);
            let is_it = self.ssa.rt(RtFn::FailureTake, &[number], None);
            let (taken, next) = (self.ssa.new_block(), self.ssa.new_cold_block());
            self.ssa.branch(is_it, taken, next);
            arms.push((taken, arm.body));
            self.ssa.start(next);
        }
        self.pass_on();
        for (block, body) in arms {
            self.ssa.start(block);
            self.truncate_trace(trace_depth);
            let depth = self.held.len();
            if let Ok(value) = self.leave_scopes(Some(body), ty, depth) {
                self.ssa.jump(done.block, value);
            }
            self.held.truncate(depth);
        }
    }

    /// A variable for the deferred calls, without any.
    pub(super) fn declare_deferred(&mut self, deferred: Deferred) {
        let TypeKind::Cell(list_ty) = *self.types().kind(self.local(deferred.calls).ty) else {
            unreachable!("deferred calls are in a cell")
        };
        let list = self.array_of(Vec::new(), list_ty);
        let layout = self.module.shapes.element_layout(list_ty);
        let cell = self.ssa.def(InstKind::BoxNew(layout, vec![list]), Ty::Ref);
        self.declare(deferred.calls, cell);
    }

    /// The body of a function with deferred calls, which goes to the end of the function by itself.
    pub(super) fn body_with_deferred(&mut self, body: &'t Expr<'t>, deferred: Deferred) -> Diverged {
        self.ssa.rt_effect(RtFn::DeferEnter, &[]);
        let given_up = self.stored_variables(&Stores::of(body));
        let region = self.new_region(&given_up);
        self.ssa.seal(region.header);
        self.ssa.start(region.handler);
        self.make_deferred(deferred, body.span);
        self.pass_on();
        self.open_region(region, RegionEnd::Nothing);
        let Diverged = self.return_(Some(body));
        self.close_region();
        Diverged
    }

    /// The deferred calls, where the body was left with a result.
    pub(super) fn deferred_at_exit(&mut self, deferred: Deferred, span: Span) {
        let is_left = self.make_deferred(deferred, span);
        self.divert(is_left, FuncBuilder::pass_on);
    }

    /// Makes the deferred calls. Gives whether the function is left by a fault or failure then.
    fn make_deferred(&mut self, deferred: Deferred, span: Span) -> Value {
        self.ssa.rt_effect(RtFn::DeferBegin, &[]);
        let made = self.ssa.new_block();
        let region = self.new_region(&[]);
        let header = region.header;
        self.ssa.start(region.handler);
        self.ssa.rt_effect(RtFn::DeferFaulted, &[]);
        self.ssa.jump(header, None);
        self.open_region(region, RegionEnd::Nothing);
        let calls = self.read_local(deferred.calls);
        match self.call_function(deferred.next, vec![calls], span) {
            Some(goes_on) => self.ssa.branch(goes_on, header, made),
            None => unreachable!("the function gives a bool"),
        }
        self.close_region();
        self.ssa.seal(header);
        self.ssa.start(made);
        self.ssa.rt(RtFn::DeferEnd, &[], None)
    }

    /// Ends a handler: what is pending goes on as it is.
    pub(super) fn pass_on(&mut self) {
        self.ssa.terminate(Terminator::NoReturn(RtFn::FaultAgain, Vec::new(), None));
    }
}

//! The trace of calls, in programs that keep one.
//!
//! ```text
//!     rt trace_enter(v1) @ file0:3:7          v1 is the literal "f"
//!     v2: i64 = call fn0(v0)
//!     rt trace_leave()
//! ```
//!
//! Which calls are entered how: [`Tracing`]. Of a call of a function value the caller enters the place, and the thunk
//! enters the name. A call that ends with a fault is not left; the runtime forgets it where the fault is survived.

use resilient_abi::RtFn;
use resilient_base::Span;
use resilient_sema::typed::{self, Tracing};

use super::ModuleBuilder;
use super::function::FuncBuilder;
use crate::ir::{Block, Const, Function, InstKind, Loc, Ty, Value};

/// What is entered before a call.
pub(super) struct TraceEntry {
    name: Const,
    /// None: where the call around it was made.
    loc: Option<Loc>,
}

impl<'p> ModuleBuilder<'p, '_> {
    /// The name that a call of `func` is entered under, if it shows.
    fn shown_name(&mut self, tracing: &Tracing, func: typed::FuncId) -> Option<Const> {
        let decl = &self.program.funcs[func];
        tracing.shows(func, decl).then(|| Const::Str(self.string(decl.name)))
    }

    /// What is entered before a call of `callee`, none being a function value, that `caller` makes at `span`.
    fn trace_entry(&mut self, caller: typed::FuncId, callee: Option<typed::FuncId>, span: Span) -> Option<TraceEntry> {
        let tracing: &'p Tracing = self.program.tracing.as_ref()?;
        let shown = callee.and_then(|callee| self.shown_name(tracing, callee));
        if !tracing.shows(caller, &self.program.funcs[caller]) {
            return shown.map(|name| TraceEntry { name, loc: None });
        }
        let name = shown.unwrap_or_else(|| Const::Str(self.string("")));
        Some(TraceEntry { name, loc: Some(self.loc(tracing.site(span))) })
    }

    /// What a thunk enters before it calls `func`.
    pub(super) fn thunk_entry(&mut self, func: typed::FuncId) -> Option<TraceEntry> {
        let tracing: &'p Tracing = self.program.tracing.as_ref()?;
        self.shown_name(tracing, func).map(|name| TraceEntry { name, loc: None })
    }
}

impl TraceEntry {
    /// Enters at the end of `block`.
    pub(super) fn enter(&self, func: &mut Function, block: Block) {
        let name = func.append_inst(block, InstKind::Const(self.name), &[Ty::Str], None);
        let name = func.insts[name].results[0];
        let entry = if self.loc.is_some() { RtFn::TraceEnter } else { RtFn::TraceEnterInner };
        func.append_inst(block, InstKind::CallRt(entry, vec![name]), &[], self.loc);
    }

    /// Leaves at the end of `block`.
    pub(super) fn leave(&self, func: &mut Function, block: Block) {
        func.append_inst(block, InstKind::CallRt(RtFn::TraceLeave, Vec::new()), &[], None);
    }
}

impl FuncBuilder<'_, '_, '_> {
    /// The depth of the trace, to come back to where a failure is caught.
    pub(super) fn trace_depth(&mut self) -> Option<Value> {
        self.module.program.tracing.as_ref()?;
        Some(self.ssa.rt(RtFn::TraceDepth, &[], None))
    }

    /// The calls entered beyond this depth were left by a failure.
    pub(super) fn truncate_trace(&mut self, depth: Option<Value>) {
        if let Some(depth) = depth {
            self.ssa.rt_effect(RtFn::TraceTruncate, &[depth]);
        }
    }

    /// Builds a call at `span` of a function, or of a function value, with what the trace wants around it.
    pub(super) fn traced<R>(
        &mut self,
        callee: Option<typed::FuncId>,
        span: Span,
        call: impl FnOnce(&mut Self) -> R,
    ) -> R {
        let entry = self.module.trace_entry(self.id, callee, span);
        if let Some(entry) = &entry {
            let block = self.ssa.current_block();
            entry.enter(&mut self.ssa.func, block);
        }
        let result = call(self);
        if let Some(entry) = entry {
            let block = self.ssa.current_block();
            entry.leave(&mut self.ssa.func, block);
        }
        result
    }

    /// At the start of the program: reports show the trace, if they are to.
    pub(super) fn start_tracing(&mut self) {
        let is_start = self.id == self.module.program.top;
        if is_start && self.module.program.tracing.as_ref().is_some_and(|tracing| tracing.in_reports) {
            self.ssa.rt_effect(RtFn::TraceReports, &[]);
        }
    }
}

//! One function: entry, contracts, body, exit.
//!
//! ```text
//! block0(params):         entry
//!     jump header(params)         only with tail calls of the function to itself, which jump there too
//! header(params):
//!     requires, entry copies, body
//!     jump exit(result)           or `return result` where nothing is left to do
//! exit(result):
//!     deferred calls; ensures; at top level: globals give up what they hold
//!     return result
//! ```
//!
//! Parameters are owned by the callee; that some may be borrowed is found out later, for all functions at once.

use resilient_abi::RtFn;
use resilient_base::{PrimaryMap, Span};
use resilient_sema::typed::{self, Clause, Expr, LocalId};

use super::control::Joined;
use super::effects::{has_self_tail_call, mentions_any};
use super::finish::finish;
use super::loops::LoopTargets;
use super::regions::{Outside, Region};
use super::scope::Held;
use super::ssa::{Ssa, Variable};
use super::{Diverged, Flow, ModuleBuilder};
use crate::ir::{Block, Function, InstKind, Loc, Param, Terminator, Ty, Value};

/// Builds the MIR of one function.
pub(super) fn build_function(module: &mut ModuleBuilder<'_, '_>, id: typed::FuncId) -> Function {
    let mut builder = FuncBuilder::new(module, id);
    let header = builder.enter();
    let end = builder.body();
    if let Ok(result) = end {
        builder.leave(result);
    }
    builder.exit_block();
    if let Some(header) = header {
        builder.ssa.seal(header);
    }
    finish(builder.ssa)
}

/// State of the walk over one function.
pub(super) struct FuncBuilder<'m, 'p, 't> {
    pub(super) module: &'m mut ModuleBuilder<'p, 't>,
    pub(super) ssa: Ssa,
    /// See [`super::scope`].
    pub(super) held: Vec<Held>,
    /// The loops around the current expression and those already built, by id.
    pub(super) loops: Vec<Option<LoopTargets>>,
    /// The regions around the current expression, innermost last; see [`super::regions`].
    pub(super) regions: Vec<Region<'t>>,
    pub(super) id: typed::FuncId,
    decl: typed::Func<'t>,
    result: Option<Ty>,
    /// Where tail calls go.
    header: Option<Block>,
    exit: Option<Exit>,
}

/// The block every way out goes through, where there is something to do at the end.
#[derive(Clone, Copy)]
struct Exit {
    join: Joined,
    /// What is below on the stack of held references is still held in the block.
    depth: usize,
}

impl<'m, 'p, 't> FuncBuilder<'m, 'p, 't> {
    fn new(module: &'m mut ModuleBuilder<'p, 't>, id: typed::FuncId) -> FuncBuilder<'m, 'p, 't> {
        let decl = module.program.funcs[id];
        let result = module.ty(decl.result);
        let tys = decl.params.iter().filter_map(|&param| module.ty(decl.locals[param.as_u32() as usize].ty));
        let params: Vec<Param> = tys.map(|ty| Param { ty, borrowed: false }).collect();
        let vars = decl.locals.iter().map(|local| Variable {
            ty: module.ty(local.ty),
            assigned: local.assigned,
            name: (!local.name.starts_with('$')).then(|| local.name.into()),
        });
        let mut func = Function::new(decl.name, params, result.into_iter().collect());
        // Taken back where it turns out that there is nothing to pass it for.
        func.takes_site = decl.at_caller;
        let ssa = Ssa::new(func, vars.collect());
        let loops = vec![None; decl.n_loops as usize];
        FuncBuilder {
            module,
            ssa,
            held: Vec::new(),
            loops,
            regions: Vec::new(),
            id,
            decl,
            result,
            header: None,
            exit: None,
        }
    }

    /// Builds everything up to the parameters. Gives the header for tail calls, to be sealed at the end.
    fn enter(&mut self) -> Option<Block> {
        let params: Vec<(LocalId, Ty)> =
            self.decl.params.iter().filter_map(|&param| Some((param, self.ssa.var_ty(param)?))).collect();
        let entry = self.ssa.new_block();
        self.ssa.start_entry(entry);
        let mut values: Vec<Value> = params.iter().map(|&(_, ty)| self.ssa.func.add_param(entry, ty)).collect();
        self.start_tracing();
        if self.decl.ensures.is_empty() && has_self_tail_call(self.decl.body) {
            for (&value, &(param, _)) in values.iter().zip(&params) {
                self.ssa.func.values[value].name = Some(self.local(param).name.into());
            }
            let header = self.ssa.new_header();
            let header_params = params.iter().map(|&(_, ty)| self.ssa.func.add_param(header, ty)).collect();
            let args = std::mem::replace(&mut values, header_params);
            self.ssa.jump_with(header, args);
            self.ssa.start(header);
            self.header = Some(header);
        }
        for (&value, &(param, _)) in values.iter().zip(&params) {
            self.declare(param, value);
        }
        self.header
    }

    fn body(&mut self) -> Flow<Option<Value>> {
        self.check_clauses(self.decl.requires)?;
        for &(param, copy) in self.decl.entry_copies {
            if self.ssa.var_ty(param).is_some() {
                let value = self.read_local(param);
                self.declare(copy, value);
            }
        }
        if let Some(deferred) = self.decl.deferred {
            self.declare_deferred(deferred);
        }
        if !self.decl.ensures.is_empty() || self.owns_globals() || self.decl.deferred.is_some() {
            let join = self.new_join(self.result);
            // Parameters that nothing behind the body reads are given up, or moved into the result, before.
            let keeps_params = self.decl.deferred.is_some() || self.ensures_reads_params();
            let depth = if keeps_params { self.held.len() } else { 0 };
            self.exit = Some(Exit { join, depth });
        }
        match self.decl.deferred {
            Some(deferred) => Err(self.body_with_deferred(self.decl.body, deferred)),
            None => self.leave_scopes(Some(self.decl.body), self.result, self.kept_depth()),
        }
    }

    /// Whether clauses behind the body read parameters, or copies of them, that are held.
    fn ensures_reads_params(&self) -> bool {
        let params = self.decl.params;
        let reads = |clause: &Clause<'t>| mentions_any(clause.cond, params) || mentions_any(clause.message, params);
        !self.decl.entry_copies.is_empty() || self.decl.ensures.iter().any(reads)
    }

    /// What is held below this depth is still needed after the body.
    fn kept_depth(&self) -> usize {
        self.exit.map_or(0, |exit| exit.depth)
    }

    /// Whether this is the function at whose end counted globals must be given up.
    fn owns_globals(&self) -> bool {
        let mut declared = self.module.global_ids.values().flatten();
        self.id == self.module.program.top && declared.any(|&id| self.module.globals[id].ty.is_counted())
    }

    /// Goes to the end of the function; nothing but what the end needs is held any more.
    fn leave(&mut self, result: Option<Value>) {
        match self.exit {
            Some(exit) => self.ssa.jump(exit.join.block, result),
            None => self.ssa.terminate(Terminator::Return(result.into_iter().collect())),
        }
    }

    /// `return`
    pub(super) fn return_(&mut self, value: Option<&'t Expr<'t>>) -> Diverged {
        // That of the deferred calls is left by what comes then.
        let n_regions = usize::from(self.decl.deferred.is_some());
        let outside = Outside { depth: self.kept_depth(), n_regions };
        if let Ok(result) = self.go_outside(value, self.result, outside) {
            self.leave(result);
        }
        Diverged
    }

    fn exit_block(&mut self) {
        let Some(exit) = self.exit else {
            return;
        };
        self.held.truncate(exit.depth);
        if !self.ssa.start(exit.join.block) {
            return;
        }
        if let Some(deferred) = self.decl.deferred {
            self.deferred_at_exit(deferred, self.decl.span);
        }
        if let (Some(local), Some(result)) = (self.decl.result_local, exit.join.param) {
            // Not held: the `return` takes it, and nothing else leaves from here.
            self.ssa.define(local, result);
        }
        if self.check_clauses(self.decl.ensures).is_err() {
            return;
        }
        self.release_above(0, None);
        if self.owns_globals() {
            self.release_globals();
        }
        self.ssa.terminate(Terminator::Return(exit.join.param.into_iter().collect()));
    }

    fn release_globals(&mut self) {
        let declared = self.module.global_ids.values().flatten().copied();
        let counted: Vec<_> = declared.filter(|&id| self.module.globals[id].ty.is_counted()).collect();
        for global in counted {
            let ty = self.module.globals[global].ty;
            let nothing = self.placeholder(ty);
            let last = self.ssa.def(InstKind::GlobalReplace(global, nothing), ty);
            self.release(last);
        }
    }

    /// Each clause in order; the first false one faults with its message.
    pub(super) fn check_clauses(&mut self, clauses: &'t [Clause<'t>]) -> Flow<()> {
        for clause in clauses {
            let good = self.ssa.new_block();
            let bad = self.ssa.new_block();
            self.branch_on(clause.cond, good, bad);
            if self.ssa.start(bad) {
                let depth = self.held.len();
                let Diverged = self.fault(clause.message, clause.span);
                self.held.truncate(depth);
            }
            if !self.ssa.start(good) {
                return Err(Diverged);
            }
        }
        Ok(())
    }

    /// A fault with the message `message`.
    pub(super) fn fault(&mut self, message: &'t Expr<'t>, span: Span) -> Diverged {
        if let Ok(text) = self.value(message) {
            let loc = self.loc(span);
            self.ssa.terminate(Terminator::NoReturn(RtFn::FaultMessage, vec![text], Some(loc)));
        }
        Diverged
    }

    /// A call of a function of the program.
    pub(super) fn call(&mut self, call: &typed::Call<'t>, span: Span) -> Flow<Option<Value>> {
        let depth = self.held.len();
        let mut args = Vec::with_capacity(call.args.len());
        for arg in call.args {
            if let Some(value) = self.eval(arg)? {
                self.hold(value);
                args.push(value);
            }
        }
        self.held.truncate(depth);
        if let (true, Some(header)) = (call.is_self_tail, self.header) {
            self.release_above(0, None);
            self.ssa.jump_with(header, args);
            return Err(Diverged);
        }
        Ok(self.call_function(call.func, args, span))
    }

    /// The declaration of a variable.
    pub(super) fn local(&self, local: LocalId) -> &typed::Local<'t> {
        &self.decl.locals[local.as_u32() as usize]
    }

    /// Where a fault at `span` stands: there, or where the library was called.
    pub(super) fn loc(&mut self, span: Span) -> Loc {
        if self.decl.at_caller { Loc::Caller } else { self.module.loc(span) }
    }

    /// The globals of the module, by typed id.
    pub(super) fn globals(&self) -> &'p PrimaryMap<typed::GlobalId, typed::Global<'t>> {
        &self.module.program.globals
    }
}

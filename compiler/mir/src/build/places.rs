//! Stores to variables: locals, globals, and those in cells.
//!
//! # Strings that grow
//!
//! `s += x`, `s = s + x` and `s = "{s}.."` evaluate `x` first and then take the string out of `s`, so that the
//! concatenation has the only reference and appends in place:
//!
//! ```text
//!     x = ..                             a global: old = global_replace g, ""
//!     v5 = rt str_concat(s, x)
//! ```
//!
//! The language wants the old value read first. That is the same unless `x` may store to `s`; then a reference to the
//! old value is kept, and the one in `s`, which is going to be overwritten, given up before the concatenation.
//!
//! `a = push(a, x)`, `a = a + x`, `a += x` and `a = pop(a)` of arrays do the same ([`super::changes`]).

use resilient_base::Span;
use resilient_sema::typed::{BinaryOp, Expr, ExprKind, GlobalId, LocalId, Place};

use super::Flow;
use super::changes::{Change, ReadyChange, is_read_of};
use super::effects::Stores;
use super::function::FuncBuilder;
use super::memory::Memory;
use super::regions::RegionEnd;
use super::text::{Part, parts_of};
use crate::ir::{self, InstKind, Loc, Terminator, Ty, Value};
use resilient_abi::RtFn;

impl<'t> FuncBuilder<'_, '_, 't> {
    /// `place = expr`
    pub(super) fn assign(&mut self, place: Place, expr: &'t Expr<'t>, span: Span) -> Flow<()> {
        if let ExprKind::Binary(BinaryOp::StrConcat, ..) | ExprKind::Concat(_) = expr.kind {
            let parts = parts_of(expr);
            if let [Part::Expr(first), rest @ ..] = &parts[..]
                && is_read_of(first, place)
            {
                return self.append(place, rest, first.span);
            }
        }
        if let Some((read, change)) = Change::of(expr)
            && is_read_of(read, place)
        {
            return self.change_in(place, change, read.span, expr.span);
        }
        let value = self.eval(expr)?;
        match memory(place) {
            Ok(memory) => {
                self.check_memory(memory, span);
                self.set_memory(memory, value);
            }
            Err(local) => {
                if let Some(value) = value {
                    self.set_local(local, value);
                }
            }
        }
        Ok(())
    }

    /// Changes what is in a variable, which is taken out for it. The variable is read at `read`; a fault of the change
    /// stands at `span`.
    fn change_in(&mut self, place: Place, change: Change<'t>, read: Span, span: Span) -> Flow<()> {
        let depth = self.held.len();
        if let Ok(memory) = memory(place) {
            self.check_memory(memory, read);
        }
        let old = if change.stores().has(place) { self.get(place) } else { None };
        if let Some(old) = old {
            self.hold(old);
        }
        let change = self.ready(change, place, span)?;
        self.held.truncate(depth);
        if let (Ok(memory), ReadyChange::Pop(loc), true) = (memory(place), &change, self.module.survives_faults) {
            self.check_before_pop(memory, *loc);
        }
        let current = self.take(place);
        let value = match old {
            Some(old) => {
                self.release(current);
                old
            }
            None => current,
        };
        let new = self.apply_change(change, value, self.place_ty(place));
        match memory(place) {
            Ok(memory) => self.set_memory(memory, Some(new)),
            Err(local) => self.ssa.define(local, new),
        }
        Ok(())
    }

    /// A fault must not leave the variable behind without a value.
    fn check_before_pop(&mut self, memory: Memory, loc: Loc) {
        if let Some(array) = self.get_memory(memory) {
            self.check_not_empty(array, loc);
            self.release(array);
        }
    }

    /// What is in a variable that is initialised, owned if counted.
    fn get(&mut self, place: Place) -> Option<Value> {
        match memory(place) {
            Ok(memory) => self.get_memory(memory),
            Err(local) => Some(self.read_local(local)),
        }
    }

    /// Takes a string or array out of a variable that is going to be overwritten.
    fn take(&mut self, place: Place) -> Value {
        match memory(place) {
            Ok(memory) => self.take_only_leaf(memory),
            Err(local) => self.ssa.read(local),
        }
    }

    fn take_only_leaf(&mut self, memory: Memory) -> Value {
        let leaves = self.memory_leaves(memory);
        match self.take_out(&leaves).as_slice() {
            &[value] => value,
            _ => unreachable!("a string or array is one leaf"),
        }
    }

    /// `place op= operand`
    pub(super) fn assign_op(&mut self, place: Place, op: BinaryOp, operand: &'t Expr<'t>, span: Span) -> Flow<()> {
        if op == BinaryOp::StrConcat {
            return self.append(place, &parts_of(operand), span);
        }
        if let Some(change) = Change::of_operator(op, operand) {
            return self.change_in(place, change, span, span);
        }
        let ty = self.place_ty(place);
        let depth = self.held.len();
        let old = match memory(place) {
            Ok(memory) => self.read_memory(memory, span).map(|value| self.temporary(value)),
            Err(local) => {
                let is_counted = self.ssa.var_ty(local).is_some_and(Ty::is_counted);
                let is_in_danger = is_counted && Stores::of(operand).has_local(local);
                Some(self.variable_operand(local, is_in_danger))
            }
        };
        let Some(old) = old else {
            unreachable!("an operand of an operator has a value");
        };
        self.hold_operand(old);
        let operand = self.operand(operand, &[])?;
        self.held.truncate(depth);
        let new = self.compute(op, ty, old, operand, span);
        match memory(place) {
            Ok(memory) => self.set_memory(memory, Some(new)),
            Err(local) => self.set_local(local, new),
        }
        Ok(())
    }

    /// Appends `parts` to the string in `place`, which is read at `span`.
    fn append(&mut self, place: Place, parts: &[Part<'t>], span: Span) -> Flow<()> {
        match memory(place) {
            Ok(memory) => self.append_to_memory(memory, parts, span),
            Err(local) => self.append_to_local(local, parts),
        }
    }

    fn append_to_local(&mut self, local: LocalId, parts: &[Part<'t>]) -> Flow<()> {
        let depth = self.held.len();
        let old = may_store(parts, Place::Local(local)).then(|| self.read_local(local));
        if let Some(old) = old {
            self.hold(old);
        }
        let pieces = self.pieces(parts, Some(local))?;
        self.held.truncate(depth);
        let current = self.ssa.read(local);
        let start = match old {
            Some(old) => {
                self.release(current);
                old
            }
            None => current,
        };
        let new = self.join_pieces(Some(start), pieces);
        self.ssa.define(local, new);
        Ok(())
    }

    fn append_to_memory(&mut self, memory: Memory, parts: &[Part<'t>], span: Span) -> Flow<()> {
        let depth = self.held.len();
        self.check_memory(memory, span);
        let old = if may_store(parts, memory.into()) { self.get_memory(memory) } else { None };
        if let Some(old) = old {
            self.hold(old);
        }
        let pieces = self.pieces(parts, None)?;
        self.held.truncate(depth);
        let current = self.take_only_leaf(memory);
        let start = match old {
            Some(old) => {
                self.release(current);
                old
            }
            None => current,
        };
        let new = self.join_pieces(Some(start), pieces);
        self.set_memory(memory, Some(new));
        Ok(())
    }

    /// Stores to a variable that has a value already.
    fn set_local(&mut self, local: LocalId, value: Value) {
        if self.ssa.func.ty(value).is_counted() {
            let old = self.ssa.read(local);
            self.release(old);
        }
        self.ssa.define(local, value);
    }

    /// The value of a global, owned if counted; none for a void one.
    pub(super) fn read_global(&mut self, global: GlobalId, span: Span) -> Option<Value> {
        self.read_memory(Memory::Global(global), span)
    }

    /// The value of a variable in memory, owned if counted; none for a void one.
    pub(super) fn read_memory(&mut self, memory: Memory, span: Span) -> Option<Value> {
        self.check_memory(memory, span);
        self.get_memory(memory)
    }

    /// Faults at `span` if the variable's initialiser has not run; a cell never is without content.
    pub(super) fn check_memory(&mut self, memory: Memory, span: Span) {
        match memory {
            Memory::Global(global) => self.check_ready(global, span),
            Memory::Cell(_) => {}
        }
    }

    /// Faults at `span` if the global's initialiser has not run.
    fn check_ready(&mut self, global: GlobalId, span: Span) {
        let Some(flag) = self.module.ready_ids[global] else {
            return;
        };
        let is_ready = self.ssa.def(InstKind::GlobalGet(flag), Ty::Bool);
        let is_missing = self.ssa.def(InstKind::Unary(ir::UnaryOp::Not, is_ready), Ty::Bool);
        let message = format!("Identifier not found: {}", self.globals()[global].name);
        let loc = self.loc(span);
        self.divert(is_missing, |this| {
            let message = this.literal(&message);
            this.ssa.terminate(Terminator::NoReturn(RtFn::FaultMessage, vec![message], Some(loc)));
        });
    }

    /// The initialiser of a top-level `let`.
    pub(super) fn init_global(&mut self, global: GlobalId, init: &'t Expr<'t>) -> Flow<()> {
        let value = self.eval(init)?;
        self.set_memory(Memory::Global(global), value);
        if let Some(flag) = self.module.ready_ids[global] {
            self.set_flag(flag, true);
        }
        Ok(())
    }

    /// `static let`: the flag is set before the initialiser runs, which may get here again.
    pub(super) fn init_static(&mut self, global: GlobalId, init: &'t Expr<'t>) -> Flow<()> {
        let flag = self.module.reached_flag(global);
        let first = self.ssa.new_block();
        let join = self.new_join(None);
        let was_reached = self.ssa.def(InstKind::GlobalGet(flag), Ty::Bool);
        self.ssa.branch(was_reached, join.block, first);
        self.ssa.start(first);
        self.set_flag(flag, true);
        let depth = self.held.len();
        if self.module.survives_faults {
            self.reset_on_fault(flag, init);
        }
        if self.init_global(global, init).is_ok() {
            self.ssa.jump(join.block, None);
        }
        self.held.truncate(depth);
        if self.module.survives_faults {
            self.close_region();
        }
        self.start_join(join).map(|_| ())
    }

    /// Opens the region of an initialiser that is as if it had not been reached if it faults.
    fn reset_on_fault(&mut self, reached: ir::GlobalId, init: &'t Expr<'t>) {
        let given_up = self.stored_variables(&Stores::of(init));
        let region = self.new_region(&given_up);
        self.ssa.seal(region.header);
        self.ssa.start(region.handler);
        self.set_flag(reached, false);
        self.pass_on();
        self.open_region(region, RegionEnd::Nothing);
    }

    fn set_flag(&mut self, flag: ir::GlobalId, value: bool) {
        let value = self.ssa.bool(value);
        self.ssa.effect(InstKind::GlobalSet(flag, value));
    }
}

/// A place as a variable in memory, or else the local that it is.
pub(super) fn memory(place: Place) -> Result<Memory, LocalId> {
    match place {
        Place::Local(local) => Err(local),
        Place::Global(global) => Ok(Memory::Global(global)),
        Place::Cell(local) => Ok(Memory::Cell(local)),
    }
}

fn may_store(parts: &[Part<'_>], place: Place) -> bool {
    parts.iter().any(|part| match part {
        Part::Text(_) => false,
        Part::Expr(expr) => Stores::of(expr).has(place),
    })
}

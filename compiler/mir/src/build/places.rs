//! Stores to variables, and globals.
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

use resilient_base::Span;
use resilient_sema::typed::{BinaryOp, Expr, ExprKind, GlobalId, LocalId, Place};

use super::Flow;
use super::effects::Stores;
use super::function::FuncBuilder;
use super::text::{Part, parts_of};
use crate::ir::{self, InstKind, Terminator, Ty, Value};
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
        let value = self.eval(expr)?;
        match (place, value) {
            (Place::Local(local), Some(value)) => self.set_local(local, value),
            (Place::Local(_), None) => {}
            (Place::Global(global), value) => {
                self.check_ready(global, span);
                self.set_global(global, value);
            }
        }
        Ok(())
    }

    /// `place op= operand`
    pub(super) fn assign_op(&mut self, place: Place, op: BinaryOp, operand: &'t Expr<'t>, span: Span) -> Flow<()> {
        if op == BinaryOp::StrConcat {
            return self.append(place, &parts_of(operand), span);
        }
        let depth = self.held.len();
        let old = match place {
            Place::Local(local) => {
                let is_counted = self.ssa.var_ty(local).is_some_and(Ty::is_counted);
                let is_in_danger = is_counted && Stores::of(operand).has_local(local);
                Some(self.variable_operand(local, is_in_danger))
            }
            Place::Global(global) => self.read_global(global, span).map(|value| self.temporary(value)),
        };
        let Some(old) = old else {
            unreachable!("an operand of an operator has a value");
        };
        self.hold_operand(old);
        let operand = self.operand(operand, &[])?;
        self.held.truncate(depth);
        let new = self.compute(op, old.value, operand.value, span);
        self.release_operand(operand);
        self.release_operand(old);
        match place {
            Place::Local(local) => self.set_local(local, new),
            Place::Global(global) => self.set_global(global, Some(new)),
        }
        Ok(())
    }

    /// Appends `parts` to the string in `place`, which is read at `span`.
    fn append(&mut self, place: Place, parts: &[Part<'t>], span: Span) -> Flow<()> {
        match place {
            Place::Local(local) => self.append_to_local(local, parts),
            Place::Global(global) => self.append_to_global(global, parts, span),
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

    fn append_to_global(&mut self, global: GlobalId, parts: &[Part<'t>], span: Span) -> Flow<()> {
        let depth = self.held.len();
        self.check_ready(global, span);
        let old = match may_store(parts, Place::Global(global)) {
            true => self.get_global(global),
            false => None,
        };
        if let Some(old) = old {
            self.hold(old);
        }
        let pieces = self.pieces(parts, None)?;
        self.held.truncate(depth);
        let empty = self.literal("");
        let current = self.replace_global(global, empty);
        let start = match old {
            Some(old) => {
                self.release(current);
                old
            }
            None => current,
        };
        let new = self.join_pieces(Some(start), pieces);
        self.set_global(global, Some(new));
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
        self.check_ready(global, span);
        self.get_global(global)
    }

    fn get_global(&mut self, global: GlobalId) -> Option<Value> {
        let id = self.module.global_ids[global]?;
        Some(self.ssa.def(InstKind::GlobalGet(id), self.module.globals[id].ty))
    }

    fn set_global(&mut self, global: GlobalId, value: Option<Value>) {
        let (Some(id), Some(value)) = (self.module.global_ids[global], value) else {
            return;
        };
        if self.module.globals[id].ty.is_counted() {
            let old = self.replace_global(global, value);
            self.release(old);
        } else {
            self.ssa.effect(InstKind::GlobalSet(id, value));
        }
    }

    /// Stores to a counted global and gives what it held.
    fn replace_global(&mut self, global: GlobalId, value: Value) -> Value {
        let Some(id) = self.module.global_ids[global] else {
            unreachable!("a counted global has a place");
        };
        self.ssa.def(InstKind::GlobalReplace(id, value), self.module.globals[id].ty)
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
        self.set_global(global, value);
        if let Some(flag) = self.module.ready_ids[global] {
            self.set_flag(flag);
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
        self.set_flag(flag);
        let depth = self.held.len();
        if self.init_global(global, init).is_ok() {
            self.ssa.jump(join.block, None);
        }
        self.held.truncate(depth);
        self.start_join(join).map(|_| ())
    }

    fn set_flag(&mut self, flag: ir::GlobalId) {
        let yes = self.ssa.bool(true);
        self.ssa.effect(InstKind::GlobalSet(flag, yes));
    }
}

fn is_read_of(expr: &Expr<'_>, place: Place) -> bool {
    match (expr.kind, place) {
        (ExprKind::Local(read), Place::Local(stored)) => read == stored,
        (ExprKind::Global(read), Place::Global(stored)) => read == stored,
        _ => false,
    }
}

fn may_store(parts: &[Part<'_>], place: Place) -> bool {
    parts.iter().any(|part| match part {
        Part::Text(_) => false,
        Part::Expr(expr) => Stores::of(expr).has(place),
    })
}

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
//!
//! `a = push(a, x)`, `a = a + x`, `a += x` and `a = pop(a)` of arrays do the same ([`super::changes`]).

use resilient_base::Span;
use resilient_sema::typed::{BinaryOp, Expr, ExprKind, GlobalId, LocalId, Place};

use super::Flow;
use super::changes::{Change, is_read_of};
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
        if let Some((read, change)) = Change::of(expr)
            && is_read_of(read, place)
        {
            return self.change_in(place, change, read.span, expr.span);
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

    /// Changes what is in a variable, which is taken out for it. The variable is read at `read`; a fault of the change
    /// stands at `span`.
    fn change_in(&mut self, place: Place, change: Change<'t>, read: Span, span: Span) -> Flow<()> {
        let depth = self.held.len();
        if let Place::Global(global) = place {
            self.check_ready(global, read);
        }
        let old = match change.operand() {
            Some(operand) if Stores::of(operand).has(place) => self.get(place),
            _ => None,
        };
        if let Some(old) = old {
            self.hold(old);
        }
        let change = self.ready(change, place, span)?;
        self.held.truncate(depth);
        let current = self.take(place);
        let value = match old {
            Some(old) => {
                self.release(current);
                old
            }
            None => current,
        };
        let new = self.apply_change(change, value, self.place_ty(place));
        match place {
            Place::Local(local) => self.ssa.define(local, new),
            Place::Global(global) => self.set_global(global, Some(new)),
        }
        Ok(())
    }

    /// What is in a variable that is initialised, owned if counted.
    fn get(&mut self, place: Place) -> Option<Value> {
        match place {
            Place::Local(local) => Some(self.read_local(local)),
            Place::Global(global) => self.get_global(global),
        }
    }

    /// Takes a string or array out of a variable that is going to be overwritten.
    fn take(&mut self, place: Place) -> Value {
        match place {
            Place::Local(local) => self.ssa.read(local),
            Place::Global(global) => {
                let ty = self.place_ty(place);
                let nothing = match self.ty(ty) {
                    Some(ty) => self.placeholder(ty),
                    None => unreachable!("what is changed has a value"),
                };
                self.replace_global(global, nothing)
            }
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
        let new = self.compute(op, ty, old, operand, span);
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
        let ty = self.place_ty(Place::Global(global));
        let ty = self.ty(ty)?;
        let ids = self.module.global_ids[global].clone();
        let leaves =
            ids.into_iter().map(|id| self.ssa.def(InstKind::GlobalGet(id), self.module.globals[id].ty)).collect();
        Some(self.join_leaves(ty, leaves))
    }

    fn set_global(&mut self, global: GlobalId, value: Option<Value>) {
        let leaves = value.map_or_else(Vec::new, |value| self.take_leaves(value));
        for (id, leaf) in self.module.global_ids[global].clone().into_iter().zip(leaves) {
            self.set_leaf(id, leaf);
        }
    }

    /// Stores to a leaf of a global.
    pub(super) fn set_leaf(&mut self, id: ir::GlobalId, value: Value) {
        let ty = self.module.globals[id].ty;
        if ty.is_counted() {
            let old = self.ssa.def(InstKind::GlobalReplace(id, value), ty);
            self.release(old);
        } else {
            self.ssa.effect(InstKind::GlobalSet(id, value));
        }
    }

    /// Stores to a global of one counted leaf and gives what it held.
    fn replace_global(&mut self, global: GlobalId, value: Value) -> Value {
        let &[id] = self.module.global_ids[global].as_slice() else {
            unreachable!("a string or array is one leaf");
        };
        self.ssa.def(InstKind::GlobalReplace(id, value), self.module.globals[id].ty)
    }

    /// Faults at `span` if the global's initialiser has not run.
    pub(super) fn check_ready(&mut self, global: GlobalId, span: Span) {
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

fn may_store(parts: &[Part<'_>], place: Place) -> bool {
    parts.iter().any(|part| match part {
        Part::Text(_) => false,
        Part::Expr(expr) => Stores::of(expr).has(place),
    })
}

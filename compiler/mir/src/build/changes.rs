//! Changes of a string or array in its place: appending and taking off.
//!
//! `a = push(a, x)`, `s.items[i] = s.items[i] + [x]`, `names[i] += "!"` and their like evaluate what they need, then take
//! the old value out of its place, so that there are no other references to it, change it, and put it back. Anything else
//! would copy it each time.
//!
//! The language wants the old value read first. That is the same unless an operand may store to something that the place
//! is named by. Reading it can fault, however, so whoever takes it out later makes the checks of the read first.

use resilient_abi::RtFn;
use resilient_base::Span;
use resilient_sema::typed::{BinaryOp, Builtin, Call, Expr, ExprKind, FuncId, Place, Projection};
use resilient_sema::types::Type;

use super::Flow;
use super::effects::{Stores, same_value};
use super::function::FuncBuilder;
use super::primitives::entry_of;
use super::scope::Operand;
use crate::ir::{CmpOp, InstKind, Loc, Terminator, Ty, Value};

/// Something done to a value where it is.
#[derive(Clone, Copy)]
pub(super) enum Change<'t> {
    /// Appends an element to an array.
    Push(&'t Expr<'t>),
    /// Appends a string or array, by this entry point.
    Join(RtFn, &'t Expr<'t>),
    /// Takes the last element off an array.
    Pop,
    /// What a primitive of the library makes of the index of a map in its place, with its other operands.
    Index(Builtin, &'t [Expr<'t>]),
}

/// A change with its operands evaluated.
pub(super) enum ReadyChange {
    /// Not a change but a new value.
    Set(Value),
    Push(Option<Value>),
    Join(RtFn, Operand),
    Pop(Loc),
    Index(RtFn, Vec<Operand>),
    /// Calls a function of the library with the old value, and a key and value.
    Insert {
        insert: FuncId,
        key: Option<Value>,
        value: Option<Value>,
        span: Span,
    },
}

impl<'t> Change<'t> {
    /// The change of its first operand that `expr` is, if it is one; with that operand.
    pub(super) fn of(expr: &Expr<'t>) -> Option<(&'t Expr<'t>, Change<'t>)> {
        Some(match expr.kind {
            ExprKind::CallBuiltin(Builtin::ArrayPush, [array, element]) => (array, Change::Push(element)),
            ExprKind::CallBuiltin(Builtin::ArrayPop, [array]) => (array, Change::Pop),
            ExprKind::CallBuiltin(builtin @ (Builtin::IndexAdd | Builtin::IndexRemove), [index, rest @ ..]) => {
                (index, Change::Index(builtin, rest))
            }
            ExprKind::Binary(op, left, right) => (left, Change::of_operator(op, right)?),
            _ => return None,
        })
    }

    /// The change that `op= operand` makes, if it is one.
    pub(super) fn of_operator(op: BinaryOp, operand: &'t Expr<'t>) -> Option<Change<'t>> {
        match op {
            BinaryOp::ArrayConcat => Some(Change::Join(RtFn::ArrayConcat, operand)),
            BinaryOp::StrConcat => Some(Change::Join(RtFn::StrConcat, operand)),
            _ => None,
        }
    }

    /// What evaluating the operands may store to.
    pub(super) fn stores(self) -> Stores {
        let mut stores = Stores::default();
        match self {
            Change::Push(operand) | Change::Join(_, operand) => stores.add(operand),
            Change::Index(_, operands) => operands.iter().for_each(|operand| stores.add(operand)),
            Change::Pop => {}
        }
        stores
    }

    /// Whether evaluating the operands leaves alone whatever `place` is named by.
    pub(super) fn keeps(self, place: &Expr<'_>) -> bool {
        !self.stores().has_any_read_by(place)
    }
}

/// Whether `expr` reads the part of `root` that `path` leads to, and again the same each time.
pub(super) fn names_part(expr: &Expr<'_>, root: Place, path: &[Projection<'_>]) -> bool {
    let mut expr = expr;
    for step in path.iter().rev() {
        expr = match (step, expr.kind) {
            (Projection::Field(n), ExprKind::Field(base, field)) if *n == field => base,
            (Projection::Index(index), ExprKind::Index(base, found)) if same_value(index, found) => base,
            (Projection::Key { key, position, values }, ExprKind::CallBuiltin(Builtin::ArrayGet, [array, place])) => {
                match (array.kind, place.kind) {
                    (ExprKind::Field(base, field), ExprKind::Call(Call { func, args: [map, found], .. }))
                        if field == *values && func == position && same_value(base, map) && same_value(key, found) =>
                    {
                        base
                    }
                    _ => return false,
                }
            }
            _ => return false,
        };
    }
    is_read_of(expr, root)
}

/// Whether `expr` is the variable `place`.
pub(super) fn is_read_of(expr: &Expr<'_>, place: Place) -> bool {
    match (expr.kind, place) {
        (ExprKind::Local(read), Place::Local(stored)) => read == stored,
        (ExprKind::Global(read), Place::Global(stored)) => read == stored,
        (ExprKind::CellGet(Expr { kind: ExprKind::Local(read), .. }), Place::Cell(stored)) => *read == stored,
        _ => false,
    }
}

impl<'t> FuncBuilder<'_, '_, 't> {
    /// Evaluates the operand of a change of something in `root`, which may be empty when the change is made. A fault of the
    /// change stands at `span`.
    pub(super) fn ready(&mut self, change: Change<'t>, root: Place, span: Span) -> Flow<ReadyChange> {
        Ok(match change {
            Change::Push(element) => ReadyChange::Push(self.eval(element)?),
            Change::Join(entry, operand) => ReadyChange::Join(entry, self.operand_beside(operand, root)?),
            Change::Pop => ReadyChange::Pop(self.loc(span)),
            Change::Index(builtin, rest) => self.ready_index(builtin, rest, root)?,
        })
    }

    fn ready_index(&mut self, builtin: Builtin, rest: &'t [Expr<'t>], root: Place) -> Flow<ReadyChange> {
        let of_strings = rest.first().is_some_and(|keys| self.is_array_of_strings(keys.ty));
        let Some(entry) = entry_of(builtin, of_strings) else {
            unreachable!("{builtin:?} is an entry point");
        };
        let depth = self.held.len();
        let mut operands = Vec::with_capacity(rest.len());
        for expr in rest {
            let operand = self.operand_beside(expr, root)?;
            self.hold_operand(operand);
            operands.push(operand);
        }
        self.held.truncate(depth);
        Ok(ReadyChange::Index(entry, operands))
    }

    /// An operand for a use at which `root` is empty: if it is read from there it has a reference of its own.
    fn operand_beside(&mut self, expr: &'t Expr<'t>, root: Place) -> Flow<Operand> {
        match (self.root(expr), root) {
            (Some(read), Place::Local(local)) if read == local => {
                let value = self.value(expr)?;
                Ok(self.temporary(value))
            }
            _ => self.operand(expr, &[]),
        }
    }

    /// Faults where an array that something is going to be taken off is empty.
    pub(super) fn check_not_empty(&mut self, array: Value, loc: Loc) {
        let len = self.ssa.def(InstKind::ArrayLen(array), Ty::I64);
        let zero = self.ssa.int(0);
        let is_empty = self.ssa.def(InstKind::IntCmp(CmpOp::Eq, len, zero), Ty::Bool);
        self.divert(is_empty, |this| {
            // It does not get past this.
            let own = this.retain(array);
            this.ssa.rt(RtFn::ArrayPop, &[own], Some(loc));
            this.ssa.terminate(Terminator::Unreachable);
        });
    }

    /// Makes the change of `old`, which is of type `ty` and given up.
    pub(super) fn apply_change(&mut self, change: ReadyChange, old: Value, ty: Type) -> Value {
        match change {
            ReadyChange::Set(new) => {
                if self.is_counted(old) {
                    self.release(old);
                }
                new
            }
            ReadyChange::Push(element) => self.push(old, element, ty),
            ReadyChange::Join(entry, operand) => {
                let joined = self.ssa.rt(entry, &[old, operand.value], None);
                self.release_operand(operand);
                joined
            }
            ReadyChange::Pop(loc) => self.ssa.rt(RtFn::ArrayPop, &[old], Some(loc)),
            ReadyChange::Index(entry, operands) => {
                let args: Vec<Value> =
                    std::iter::once(old).chain(operands.iter().map(|operand| operand.value)).collect();
                let index = self.ssa.rt(entry, &args, None);
                operands.into_iter().for_each(|operand| self.release_operand(operand));
                index
            }
            ReadyChange::Insert { insert, key, value, span } => {
                let args = std::iter::once(old).chain(key).chain(value).collect();
                match self.call_function(insert, args, span) {
                    Some(map) => map,
                    None => unreachable!("the result of an insertion is a map"),
                }
            }
        }
    }
}

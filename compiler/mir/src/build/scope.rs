//! Who owns what while a function is built: the stack of held references, and operands.
//!
//! The stack has the counted variables in scope and the counted operands of expressions in evaluation, outermost first.
//! `break`, `continue`, `return` and tail calls release what lies above the depth they go to, without taking it off:
//! other paths still have it. Code that catches a [`Diverged`](super::Diverged) cuts the stack back to where it was.

use resilient_sema::typed::{Expr, ExprKind, LocalId};
use resilient_sema::types::Types;

use super::Flow;
use super::function::FuncBuilder;
use crate::ir::{InstKind, Ty, Value};

/// A reference to be released when its scope is left.
#[derive(Clone, Copy)]
pub(super) enum Held {
    /// What the variable is at that time.
    Local(LocalId),
    /// An operand that waits for its use.
    Value(Value),
}

/// A value for a use that does not consume it.
#[derive(Clone, Copy)]
pub(super) struct Operand {
    pub(super) value: Value,
    /// To be released after the use: the value itself, if it is counted and not owned by a variable, or a temporary that
    /// it was read from.
    pub(super) owner: Option<Value>,
}

impl Operand {
    /// Whether the value has a reference of its own, which the user may consume.
    pub(super) fn is_own(self) -> bool {
        self.owner == Some(self.value)
    }
}

impl<'t> FuncBuilder<'_, '_, 't> {
    /// Holds a value, if it is counted.
    pub(super) fn hold(&mut self, value: Value) {
        if self.ssa.func.ty(value).is_counted() {
            self.held.push(Held::Value(value));
        }
    }

    pub(super) fn hold_operand(&mut self, operand: Operand) {
        self.hold_owner(operand.owner);
    }

    /// A new variable. It owns `value`.
    pub(super) fn declare(&mut self, local: LocalId, value: Value) {
        self.ssa.define(local, value);
        if self.ssa.func.ty(value).is_counted() {
            self.held.push(Held::Local(local));
        }
    }

    pub(super) fn retain(&mut self, value: Value) -> Value {
        let ty = self.ssa.func.ty(value);
        self.ssa.def(InstKind::Retain(value), ty)
    }

    pub(super) fn release(&mut self, value: Value) {
        self.ssa.effect(InstKind::Release(value));
    }

    pub(super) fn release_operand(&mut self, operand: Operand) {
        self.release_owner(operand.owner);
    }

    /// Releases what is held above `depth`, innermost first, but for the variable `moved`.
    pub(super) fn release_above(&mut self, depth: usize, moved: Option<LocalId>) {
        for index in (depth..self.held.len()).rev() {
            match self.held[index] {
                Held::Local(local) if Some(local) == moved => {}
                Held::Local(local) => {
                    let value = self.ssa.read(local);
                    self.release(value);
                }
                Held::Value(value) => self.release(value),
            }
        }
    }

    /// Evaluates `expr` and leaves all scopes above `depth` with its value, which is dropped if `wanted` is none. A
    /// variable of these scopes is moved out.
    pub(super) fn leave_scopes(
        &mut self,
        mut expr: Option<&'t Expr<'t>>,
        wanted: Option<Ty>,
        depth: usize,
    ) -> Flow<Option<Value>> {
        // The scope of a block at the end is one more to leave.
        while let Some(Expr { kind: ExprKind::Block(block), ty, .. }) = expr {
            self.stmts(block)?;
            if block.value.is_none() {
                self.end_if_never(*ty)?;
            }
            expr = block.value;
        }
        let mut moved = None;
        let value = match (expr, wanted) {
            (Some(expr), Some(_)) => {
                moved = self.held_variable(expr, depth);
                Some(match moved {
                    Some(local) => self.ssa.read(local),
                    None => self.value(expr)?,
                })
            }
            (Some(expr), None) => {
                self.discard(expr)?;
                None
            }
            (None, _) => None,
        };
        self.release_above(depth, moved);
        Ok(value)
    }

    /// The variable `expr` is, if it is held above `depth`.
    fn held_variable(&self, expr: &Expr<'t>, depth: usize) -> Option<LocalId> {
        let ExprKind::Local(local) = expr.kind else {
            return None;
        };
        let is_it = |held: &Held| matches!(held, Held::Local(other) if *other == local);
        self.held[depth..].iter().any(is_it).then_some(local)
    }

    /// A variable as operand; with a reference of its own if it `needs_own`.
    pub(super) fn variable_operand(&mut self, local: LocalId, needs_own: bool) -> Operand {
        let value = self.ssa.read(local);
        match needs_own {
            true => {
                let value = self.retain(value);
                Operand { value, owner: Some(value) }
            }
            false => Operand { value, owner: None },
        }
    }
}

/// The display form of a string is the string.
pub(super) fn peel<'t>(mut expr: &'t Expr<'t>) -> &'t Expr<'t> {
    while let ExprKind::Display(inner) = expr.kind
        && inner.ty == Types::STR
    {
        expr = inner;
    }
    expr
}

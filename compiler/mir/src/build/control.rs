//! Blocks, statements, conditions, `if`, `&&` and `||`.

use resilient_sema::typed::{BinaryOp, Block as Body, Expr, ExprKind, Stmt, UnaryOp};
use resilient_sema::types::Type;

use super::function::FuncBuilder;
use super::{Diverged, Flow};
use crate::ir::{self, Block, BlockCall, InstKind, Terminator, Ty, Value};

/// A block where ways meet, with the parameter for the value they bring.
#[derive(Clone, Copy)]
pub(super) struct Joined {
    pub(super) block: Block,
    pub(super) param: Option<Value>,
}

impl<'t> FuncBuilder<'_, '_, 't> {
    pub(super) fn new_join(&mut self, ty: Option<Ty>) -> Joined {
        let (block, param) = self.ssa.new_join(ty);
        Joined { block, param }
    }

    /// Continues where ways meet, if one gets there.
    pub(super) fn start_join(&mut self, join: Joined) -> Flow<Option<Value>> {
        if self.ssa.start(join.block) { Ok(join.param) } else { Err(Diverged) }
    }

    /// `{ .. }`
    pub(super) fn block(&mut self, block: &'t Body<'t>, ty: Type) -> Flow<Option<Value>> {
        let depth = self.held.len();
        self.stmts(block)?;
        let wanted = self.ty(ty);
        let value = self.leave_scopes(block.value, wanted, depth)?;
        self.held.truncate(depth);
        Ok(value)
    }

    /// The statements of a block, whose variables are then in scope.
    pub(super) fn stmts(&mut self, block: &'t Body<'t>) -> Flow<()> {
        block.stmts.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    fn stmt(&mut self, stmt: &'t Stmt<'t>) -> Flow<()> {
        match *stmt {
            Stmt::Expr(expr) => self.discard(expr)?,
            Stmt::Let(local, init) => {
                if let Some(value) = self.eval(init)? {
                    self.declare(local, value);
                }
            }
            Stmt::InitGlobal(id, init) => self.init_global(id, init)?,
            Stmt::InitStatic(id, init) => self.init_static(id, init)?,
        }
        Ok(())
    }

    /// `if`. With `ty` void the values of the branches are dropped.
    pub(super) fn if_(
        &mut self,
        cond: &'t Expr<'t>,
        then: &'t Expr<'t>,
        otherwise: Option<&'t Expr<'t>>,
        ty: Type,
    ) -> Flow<Option<Value>> {
        let ty = self.ty(ty);
        let join = self.new_join(ty);
        let then_block = self.ssa.new_block();
        let else_block = if otherwise.is_some() { self.ssa.new_block() } else { join.block };
        self.branch_on(cond, then_block, else_block);
        self.branch_body(then_block, then, ty, join);
        if let Some(otherwise) = otherwise {
            self.branch_body(else_block, otherwise, ty, join);
        }
        self.start_join(join)
    }

    fn branch_body(&mut self, block: Block, body: &'t Expr<'t>, ty: Option<Ty>, join: Joined) {
        if !self.ssa.start(block) {
            return;
        }
        let depth = self.held.len();
        if let Ok(value) = self.leave_scopes(Some(body), ty, depth) {
            self.ssa.jump(join.block, value);
        }
        self.held.truncate(depth);
    }

    /// Goes to `then` or `otherwise`. Either may turn out to be unreachable.
    pub(super) fn branch_on(&mut self, cond: &'t Expr<'t>, then: Block, otherwise: Block) {
        match cond.kind {
            ExprKind::Bool(value) => self.ssa.jump(if value { then } else { otherwise }, None),
            ExprKind::Unary(UnaryOp::BoolNot, operand) => self.branch_on(operand, otherwise, then),
            ExprKind::And(left, right) => {
                let middle = self.ssa.new_block();
                self.branch_on(left, middle, otherwise);
                self.branch_on_right(middle, right, then, otherwise);
            }
            ExprKind::Or(left, right) => {
                let middle = self.ssa.new_block();
                self.branch_on(left, then, middle);
                self.branch_on_right(middle, right, then, otherwise);
            }
            _ => {
                let depth = self.held.len();
                if let Ok(value) = self.value(cond) {
                    self.ssa.branch(value, then, otherwise);
                }
                self.held.truncate(depth);
            }
        }
    }

    fn branch_on_right(&mut self, middle: Block, right: &'t Expr<'t>, then: Block, otherwise: Block) {
        if self.ssa.start(middle) {
            self.branch_on(right, then, otherwise);
        }
    }

    /// `left && right` (`on_true`) or `left || right` as value: the right operand decides where the left one is
    /// `on_true`, else the left one is the result.
    pub(super) fn short_circuit(&mut self, left: &'t Expr<'t>, right: &'t Expr<'t>, on_true: bool) -> Flow<Value> {
        let left = self.value(left)?;
        if is_cheap(right) {
            let right = self.value(right)?;
            let op = if on_true { ir::BinaryOp::BoolAnd } else { ir::BinaryOp::BoolOr };
            return Ok(self.ssa.def(InstKind::Binary(op, left, right), Ty::Bool));
        }
        let decide = self.ssa.new_block();
        let join = self.new_join(Some(Ty::Bool));
        let to_right = BlockCall { block: decide, args: Vec::new() };
        let to_end = BlockCall { block: join.block, args: vec![left] };
        self.ssa.terminate(match on_true {
            true => Terminator::Branch(left, to_right, to_end),
            false => Terminator::Branch(left, to_end, to_right),
        });
        self.ssa.start(decide);
        let depth = self.held.len();
        if let Ok(value) = self.value(right) {
            self.ssa.jump(join.block, Some(value));
        }
        self.held.truncate(depth);
        Ok(self.start_join(join)?.unwrap_or(left))
    }
}

/// Whether computing it costs less than a branch. It has no effect and cannot fault.
fn is_cheap(expr: &Expr<'_>) -> bool {
    let is_leaf = |expr: &Expr<'_>| matches!(expr.kind, ExprKind::Local(_) | ExprKind::Int(_) | ExprKind::Bool(_));
    match expr.kind {
        ExprKind::Binary(BinaryOp::IntCmp(_), left, right) => is_leaf(left) && is_leaf(right),
        ExprKind::Unary(UnaryOp::BoolNot, operand) => is_leaf(operand),
        _ => is_leaf(expr),
    }
}

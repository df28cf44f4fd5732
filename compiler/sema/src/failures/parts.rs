//! The parts of typed expressions.

use crate::typed::{AssignPart, Block, Decision, Expr, ExprKind, PartOp, Projection, Stmt};

/// Calls `visit` for each expression right below `expr`.
pub fn each<'p>(expr: &'p Expr<'p>, visit: &mut dyn FnMut(&'p Expr<'p>)) {
    match expr.kind {
        ExprKind::Void
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Char(_)
        | ExprKind::Bool(_)
        | ExprKind::Str(_)
        | ExprKind::Local(_)
        | ExprKind::Global(_)
        | ExprKind::Continue(_)
        | ExprKind::Fail(_) => {}
        ExprKind::Unary(_, operand)
        | ExprKind::Convert(_, operand)
        | ExprKind::Display(operand)
        | ExprKind::Quoted(operand)
        | ExprKind::Fault(operand)
        | ExprKind::Field(operand, _)
        | ExprKind::VariantField(operand, ..)
        | ExprKind::CellNew(operand)
        | ExprKind::CellGet(operand)
        | ExprKind::Assign(_, operand)
        | ExprKind::AssignOp(_, _, operand) => visit(operand),
        ExprKind::Binary(_, left, right)
        | ExprKind::And(left, right)
        | ExprKind::Or(left, right)
        | ExprKind::Index(left, right) => [left, right].into_iter().for_each(visit),
        ExprKind::Concat(operands)
        | ExprKind::Struct(operands)
        | ExprKind::Variant(_, operands)
        | ExprKind::Array(operands)
        | ExprKind::Closure(_, operands)
        | ExprKind::CallBuiltin(_, operands) => operands.iter().for_each(visit),
        ExprKind::Call(call) => call.args.iter().for_each(visit),
        ExprKind::CallValue(callee, args) => {
            visit(callee);
            args.iter().for_each(visit);
        }
        ExprKind::Block(node) => block(node, visit),
        ExprKind::If(cond, then, otherwise) => [cond, then].into_iter().chain(otherwise).for_each(visit),
        ExprKind::Loop(node) => node.cond.into_iter().chain([node.body]).for_each(visit),
        ExprKind::ForRange(node) => [node.lo, node.hi, node.body].into_iter().for_each(visit),
        ExprKind::Return(value) | ExprKind::Break(_, value) => value.into_iter().for_each(visit),
        ExprKind::Match(node) => {
            decision(node.decision, visit);
            node.arms.iter().for_each(visit);
        }
        ExprKind::AssignPart(node) => assign_part(node, visit),
        ExprKind::Live(node) => {
            visit(node.body);
            node.invariants.iter().flat_map(|clause| [clause.cond, clause.message]).for_each(visit);
        }
        ExprKind::Try(node) => {
            visit(node.body);
            node.arms.iter().map(|arm| arm.body).for_each(visit);
        }
    }
}

fn block<'p>(block: &'p Block<'p>, visit: &mut dyn FnMut(&'p Expr<'p>)) {
    for stmt in block.stmts {
        match *stmt {
            Stmt::Expr(expr) | Stmt::Let(_, expr) | Stmt::InitGlobal(_, expr) | Stmt::InitStatic(_, expr) => {
                visit(expr)
            }
        }
    }
    block.value.into_iter().for_each(visit);
}

/// The expressions of a decision, those of shared decisions more than once.
fn decision<'p>(root: &'p Decision<'p>, visit: &mut dyn FnMut(&'p Expr<'p>)) {
    let mut todo = vec![root];
    while let Some(decision) = todo.pop() {
        match decision {
            Decision::Arm { bindings, .. } => bindings.iter().for_each(|(_, value)| visit(value)),
            Decision::Guard { bindings, guard, otherwise, .. } => {
                bindings.iter().for_each(|(_, value)| visit(value));
                visit(guard);
                todo.push(otherwise);
            }
            Decision::Switch { subject, cases, default } => {
                visit(subject);
                todo.extend(cases.iter().map(|(_, decision)| decision).chain(*default));
            }
            Decision::If(cond, then, otherwise) => {
                visit(cond);
                todo.extend([*then, *otherwise]);
            }
        }
    }
}

fn assign_part<'p>(node: &'p AssignPart<'p>, visit: &mut dyn FnMut(&'p Expr<'p>)) {
    visit(node.value);
    for step in node.path {
        match *step {
            Projection::Field(_) => {}
            Projection::Index(index) => visit(index),
            Projection::Key { key, .. } => visit(key),
        }
    }
    if let PartOp::Insert { key, .. } = node.op {
        visit(key);
    }
}

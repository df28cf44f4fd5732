//! What an expression may store to, and other questions about subtrees. The walk keeps its own stack, as trees are deep.

use std::collections::HashSet;

use resilient_sema::typed::{
    Block, Builtin, Decision, Expr, ExprKind, Func, GlobalId, LocalId, PartOp, Place, Projection, Stmt,
};

/// Variables that expressions may store to.
#[derive(Default)]
pub(super) struct Stores {
    locals: HashSet<LocalId>,
    globals: HashSet<GlobalId>,
    /// Two variables may hold the same cell.
    has_cells: bool,
    /// A function may store to any global and any cell.
    has_calls: bool,
}

impl Stores {
    /// Those of `expr`.
    pub(super) fn of(expr: &Expr<'_>) -> Stores {
        let mut stores = Stores::default();
        stores.add(expr);
        stores
    }

    /// Adds those of `expr`.
    pub(super) fn add(&mut self, expr: &Expr<'_>) {
        walk(expr, &mut |node| match node {
            Node::Expr(expr) => match expr.kind {
                ExprKind::Assign(place, _) | ExprKind::AssignOp(place, ..) => self.add_place(place),
                ExprKind::AssignPart(node) => self.add_place(node.root),
                ExprKind::CallBuiltin(Builtin::CellSet, _) => self.has_cells = true,
                ExprKind::Call(_) | ExprKind::CallValue(..) => self.has_calls = true,
                _ => {}
            },
            Node::Stmt(Stmt::InitGlobal(id, _) | Stmt::InitStatic(id, _)) => self.add_place(Place::Global(*id)),
            Node::Stmt(Stmt::Expr(_) | Stmt::Let(..)) => {}
        });
    }

    fn add_place(&mut self, place: Place) {
        match place {
            Place::Local(id) => self.locals.insert(id),
            Place::Global(id) => self.globals.insert(id),
            Place::Cell(_) => std::mem::replace(&mut self.has_cells, true),
        };
    }

    pub(super) fn has_local(&self, local: LocalId) -> bool {
        self.locals.contains(&local)
    }

    /// Whether there is any that `expr` reads.
    pub(super) fn has_any_read_by(&self, expr: &Expr<'_>) -> bool {
        let mut found = false;
        walk(expr, &mut |node| {
            if let Node::Expr(expr) = node {
                found |= match expr.kind {
                    ExprKind::Local(local) => self.has(Place::Local(local)),
                    ExprKind::Global(global) => self.has(Place::Global(global)),
                    ExprKind::CellGet(_) => self.has_calls || self.has_cells,
                    _ => false,
                };
            }
        });
        found
    }

    pub(super) fn has(&self, place: Place) -> bool {
        match place {
            Place::Local(id) => self.has_local(id),
            Place::Global(id) => self.has_calls || self.globals.contains(&id),
            Place::Cell(_) => self.has_calls || self.has_cells,
        }
    }
}

/// Whether two expressions have the same value, as long as nothing is stored between, and no effects. (If one faults,
/// both do.)
pub(super) fn same_value(a: &Expr<'_>, b: &Expr<'_>) -> bool {
    let mut pending = vec![(a, b)];
    while let Some((a, b)) = pending.pop() {
        match (a.kind, b.kind) {
            (ExprKind::Int(a), ExprKind::Int(b)) if a == b => {}
            (ExprKind::Local(a), ExprKind::Local(b)) if a == b => {}
            (ExprKind::Global(a), ExprKind::Global(b)) if a == b => {}
            (ExprKind::Unary(op, a), ExprKind::Unary(other, b)) if op == other => pending.push((a, b)),
            (ExprKind::Convert(to, a), ExprKind::Convert(other, b)) if to == other => pending.push((a, b)),
            (ExprKind::Field(a, n), ExprKind::Field(b, m)) if n == m => pending.push((a, b)),
            (ExprKind::CellGet(a), ExprKind::CellGet(b)) => pending.push((a, b)),
            (ExprKind::Binary(op, a, x), ExprKind::Binary(other, b, y)) if op == other => {
                pending.extend([(a, b), (x, y)]);
            }
            (ExprKind::Index(a, i), ExprKind::Index(b, j)) => pending.extend([(a, b), (i, j)]),
            (ExprKind::CallBuiltin(function, a), ExprKind::CallBuiltin(other, b))
                if function == other && is_measure(function) && a.len() == b.len() =>
            {
                pending.extend(a.iter().zip(b));
            }
            _ => return false,
        }
    }
    true
}

/// Library functions without effects that give a number or char.
fn is_measure(function: Builtin) -> bool {
    matches!(function, Builtin::StrLen | Builtin::StrIndex | Builtin::StrGet | Builtin::ArrayLen | Builtin::ArrayGet)
}

/// Whether `body` has a call of its function to itself that uses no stack.
pub(super) fn has_self_tail_call(body: &Expr<'_>) -> bool {
    let mut found = false;
    walk(body, &mut |node| {
        found |= matches!(node, Node::Expr(Expr { kind: ExprKind::Call(call), .. }) if call.is_self_tail);
    });
    found
}

/// Whether the function goes on after faults or failures: there is a live block, a `try`, or a deferred call in it.
pub(super) fn has_region(func: &Func<'_>) -> bool {
    let mut found = func.deferred.is_some();
    let clauses = func.requires.iter().chain(func.ensures).flat_map(|clause| [clause.cond, clause.message]);
    for root in clauses.chain([func.body]) {
        walk(root, &mut |node| {
            found |= matches!(node, Node::Expr(Expr { kind: ExprKind::Live(_) | ExprKind::Try(_), .. }))
        });
    }
    found
}

/// Whether an expression reads one of these variables.
pub(super) fn mentions_any(expr: &Expr<'_>, locals: &[LocalId]) -> bool {
    let mut found = false;
    walk(expr, &mut |node| {
        found |= match node {
            Node::Expr(Expr { kind: ExprKind::Local(local), .. }) => locals.contains(local),
            // Places are not looked into.
            Node::Expr(Expr {
                kind: ExprKind::Assign(..) | ExprKind::AssignOp(..) | ExprKind::AssignPart(_), ..
            }) => true,
            _ => false,
        };
    });
    found
}

enum Node<'n, 't> {
    Expr(&'n Expr<'t>),
    Stmt(&'n Stmt<'t>),
}

/// Visits all expressions and statements of a tree, in no particular order.
fn walk<'t>(root: &Expr<'t>, visit: &mut dyn FnMut(Node<'_, 't>)) {
    let mut stack: Vec<&Expr<'t>> = vec![root];
    while let Some(expr) = stack.pop() {
        visit(Node::Expr(expr));
        push_children(expr, &mut stack, visit);
    }
}

fn push_children<'n, 't>(expr: &'n Expr<'t>, stack: &mut Vec<&'n Expr<'t>>, visit: &mut dyn FnMut(Node<'_, 't>)) {
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
        ExprKind::Unary(_, a)
        | ExprKind::Convert(_, a)
        | ExprKind::Display(a)
        | ExprKind::Quoted(a)
        | ExprKind::Assign(_, a)
        | ExprKind::AssignOp(_, _, a)
        | ExprKind::Fault(a)
        | ExprKind::CellNew(a)
        | ExprKind::CellGet(a)
        | ExprKind::Field(a, _)
        | ExprKind::VariantField(a, ..) => stack.push(a),
        ExprKind::Binary(_, a, b) | ExprKind::Index(a, b) | ExprKind::And(a, b) | ExprKind::Or(a, b) => {
            stack.extend([a, b])
        }
        ExprKind::Concat(parts)
        | ExprKind::CallBuiltin(_, parts)
        | ExprKind::Closure(_, parts)
        | ExprKind::Struct(parts)
        | ExprKind::Variant(_, parts)
        | ExprKind::Array(parts) => stack.extend(parts),
        ExprKind::Match(node) => {
            stack.extend(node.arms);
            push_decision(node.decision, stack);
        }
        ExprKind::AssignPart(node) => {
            stack.extend(node.path.iter().filter_map(|step| match step {
                Projection::Index(index) | Projection::Key { key: index, .. } => Some(*index),
                Projection::Field(_) => None,
            }));
            if let PartOp::Insert { key, .. } = node.op {
                stack.push(key);
            }
            stack.push(node.value);
        }
        ExprKind::Call(call) => stack.extend(call.args),
        ExprKind::CallValue(callee, args) => {
            stack.push(callee);
            stack.extend(args);
        }
        ExprKind::Live(node) => {
            stack.push(node.body);
            stack.extend(node.invariants.iter().flat_map(|clause| [clause.cond, clause.message]));
        }
        ExprKind::Try(node) => stack.extend(node.arms.iter().map(|arm| arm.body).chain([node.body])),
        ExprKind::Block(block) => push_block(block, stack, visit),
        ExprKind::If(cond, then, otherwise) => stack.extend([cond, then].into_iter().chain(otherwise)),
        ExprKind::Loop(node) => stack.extend(node.cond.into_iter().chain([node.body])),
        ExprKind::ForRange(node) => stack.extend([node.lo, node.hi, node.body]),
        ExprKind::Return(value) | ExprKind::Break(_, value) => stack.extend(value),
    }
}

fn push_decision<'n, 't: 'n>(root: &'n Decision<'t>, stack: &mut Vec<&'n Expr<'t>>) {
    let mut pending = vec![root];
    while let Some(decision) = pending.pop() {
        match decision {
            Decision::Arm { bindings, .. } => stack.extend(bindings.iter().map(|(_, value)| value)),
            Decision::Guard { bindings, guard, otherwise, .. } => {
                stack.extend(bindings.iter().map(|(_, value)| value));
                stack.push(guard);
                pending.push(otherwise);
            }
            Decision::Switch { subject, cases, default } => {
                stack.push(subject);
                pending.extend(cases.iter().map(|(_, decision)| decision).chain(*default));
            }
            Decision::If(cond, then, otherwise) => {
                stack.push(cond);
                pending.extend([*then, *otherwise]);
            }
        }
    }
}

fn push_block<'n, 't: 'n>(block: &'n Block<'t>, stack: &mut Vec<&'n Expr<'t>>, visit: &mut dyn FnMut(Node<'_, 't>)) {
    for stmt in block.stmts {
        visit(Node::Stmt(stmt));
        match stmt {
            Stmt::Expr(expr) | Stmt::Let(_, expr) | Stmt::InitGlobal(_, expr) | Stmt::InitStatic(_, expr) => {
                stack.push(expr);
            }
        }
    }
    stack.extend(block.value);
}

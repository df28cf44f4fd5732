//! Visits of the parts of syntax trees, for analyses that look for a few forms and care about nothing else.

use resilient_syntax::ast::*;

/// A node that is visited.
#[derive(Clone, Copy)]
pub enum Node<'a> {
    /// An expression.
    Expr(&'a Expr<'a>),
    /// A statement.
    Stmt(&'a Stmt<'a>),
}

/// Calls `visit` for each of `roots` and everything below, parents before their parts. Nested functions are part of
/// what they stand in.
pub fn each<'a>(roots: impl IntoIterator<Item = Node<'a>>, visit: &mut dyn FnMut(Node<'a>)) {
    let mut todo: Vec<Node<'a>> = roots.into_iter().collect();
    while let Some(node) = todo.pop() {
        visit(node);
        match node {
            Node::Expr(expr) => expr_parts(expr, &mut todo),
            Node::Stmt(stmt) => stmt_parts(stmt, &mut todo),
        }
    }
}

/// The expressions and statements right below `expr`.
pub fn parts<'a>(expr: &'a Expr<'a>) -> Vec<Node<'a>> {
    let mut out = Vec::new();
    expr_parts(expr, &mut out);
    out
}

/// The expressions and statements right below `node`.
pub fn parts_of<'a>(node: Node<'a>) -> Vec<Node<'a>> {
    let mut out = Vec::new();
    match node {
        Node::Expr(expr) => expr_parts(expr, &mut out),
        Node::Stmt(stmt) => stmt_parts(stmt, &mut out),
    }
    out
}

/// The blocks right below `node`: those that it consists of, not those of its parts.
pub fn blocks<'a>(node: Node<'a>) -> Vec<&'a Block<'a>> {
    match node {
        Node::Stmt(stmt) => match &stmt.kind {
            StmtKind::Let(node) => node.otherwise.iter().collect(),
            StmtKind::Item(Item::Fn(decl)) => decl.body.iter().collect(),
            _ => Vec::new(),
        },
        Node::Expr(expr) => match &expr.kind {
            ExprKind::If(node) => vec![&node.then],
            ExprKind::While(node) => vec![&node.body],
            ExprKind::For(node) => vec![&node.body],
            ExprKind::Loop(node) => vec![&node.body],
            ExprKind::Live(node) => vec![&node.body],
            ExprKind::TryCatch(node) => {
                std::iter::once(&node.body).chain(node.arms.iter().map(|(_, arm)| arm)).collect()
            }
            ExprKind::Unsafe(block) | ExprKind::Block(block) => vec![*block],
            ExprKind::Closure(decl) => decl.body.iter().collect(),
            _ => Vec::new(),
        },
    }
}

/// The roots of a function: its contract clauses and its body.
pub fn fn_roots<'a>(decl: &'a FnDecl<'a>) -> Vec<Node<'a>> {
    let mut roots = Vec::new();
    fn_parts(decl, &mut roots);
    roots
}

/// The statements of a file as roots, with the functions in its items.
pub fn item_roots<'a>(stmts: &'a [Stmt<'a>]) -> Vec<Node<'a>> {
    let mut roots: Vec<Node<'a>> = Vec::new();
    for stmt in stmts {
        roots.push(Node::Stmt(stmt));
        if let StmtKind::Item(item) = &stmt.kind {
            item_parts(item, &mut roots);
        }
    }
    roots
}

fn item_parts<'a>(item: &'a Item<'a>, out: &mut Vec<Node<'a>>) {
    let members = match item {
        Item::Impl(decl) => decl.members,
        Item::Trait(decl) => decl.members,
        Item::Mod(decl) => {
            out.extend(item_roots(decl.stmts));
            return;
        }
        _ => return,
    };
    for member in members {
        if let MemberKind::Fn(decl) = member.kind {
            fn_parts(decl, out);
        }
    }
}

/// The statements of a block as roots.
pub fn block_roots<'a>(block: &'a Block<'a>) -> impl Iterator<Item = Node<'a>> {
    block.stmts.iter().map(Node::Stmt)
}

fn fn_parts<'a>(decl: &'a FnDecl<'a>, out: &mut Vec<Node<'a>>) {
    for contract in decl.contracts {
        match contract.kind {
            ContractKind::Requires(e) | ContractKind::Ensures(e) | ContractKind::RecoversTo(e) => {
                out.push(Node::Expr(e));
            }
            ContractKind::Fails(_) => {}
        }
    }
    if let Some(body) = &decl.body {
        out.extend(block_roots(body));
    }
}

fn stmt_parts<'a>(stmt: &'a Stmt<'a>, out: &mut Vec<Node<'a>>) {
    match &stmt.kind {
        StmtKind::Let(node) => {
            out.push(Node::Expr(node.init));
            out.extend(node.otherwise.iter().flat_map(block_roots));
        }
        StmtKind::Assign(node) => out.extend([Node::Expr(node.place), Node::Expr(node.value)]),
        StmtKind::Return(value) => out.extend(value.map(Node::Expr)),
        StmtKind::Break(Break::Value(value)) => out.push(Node::Expr(value)),
        StmtKind::Assert(node) => {
            out.push(Node::Expr(node.cond));
            out.extend(node.message.map(Node::Expr));
        }
        StmtKind::Defer(expr) | StmtKind::Invariant(expr) | StmtKind::Expr { expr, .. } => out.push(Node::Expr(expr)),
        StmtKind::Item(Item::Fn(decl)) => fn_parts(decl, out),
        StmtKind::Item(_) | StmtKind::Break(_) | StmtKind::Continue(_) | StmtKind::Fail(_) | StmtKind::Error => {}
    }
}

fn cond_parts<'a>(cond: &Cond<'a>, out: &mut Vec<Node<'a>>) {
    match cond {
        Cond::Expr(e) | Cond::Let(_, e) => out.push(Node::Expr(e)),
    }
}

fn exprs<'a>(list: &'a [Expr<'a>], out: &mut Vec<Node<'a>>) {
    out.extend(list.iter().map(Node::Expr));
}

fn args<'a>(list: &'a [Arg<'a>], out: &mut Vec<Node<'a>>) {
    out.extend(list.iter().map(|arg| Node::Expr(arg.value)));
}

fn expr_parts<'a>(expr: &'a Expr<'a>, out: &mut Vec<Node<'a>>) {
    match &expr.kind {
        ExprKind::Int(..)
        | ExprKind::Float(..)
        | ExprKind::Str(_)
        | ExprKind::Bytes(_)
        | ExprKind::Char(_)
        | ExprKind::Bool(_)
        | ExprKind::Path(_)
        | ExprKind::Error => {}
        ExprKind::Interpolated(parts) => out.extend(parts.iter().filter_map(|part| match part {
            StrPart::Expr(e) => Some(Node::Expr(e)),
            StrPart::Text(_) => None,
        })),
        ExprKind::Paren(e)
        | ExprKind::Unary(_, e)
        | ExprKind::Field(e, _)
        | ExprKind::TupleField(e, ..)
        | ExprKind::Cast(e, _)
        | ExprKind::Try(e)
        | ExprKind::OptField(e, _) => out.push(Node::Expr(e)),
        ExprKind::Tuple(list) | ExprKind::Array(list) | ExprKind::Set(list) => exprs(list, out),
        ExprKind::Comprehension(node) => {
            out.extend([Node::Expr(node.element), Node::Expr(node.source)]);
            out.extend(node.filter.map(Node::Expr));
        }
        ExprKind::Map(entries) => out.extend(entries.iter().flat_map(|(k, v)| [Node::Expr(k), Node::Expr(v)])),
        ExprKind::Record(fields) => out.extend(fields.iter().filter_map(|f| f.value.map(Node::Expr))),
        ExprKind::New(node) => match node.body {
            NewBody::Named { fields, base, .. } => {
                out.extend(fields.iter().filter_map(|f| f.value).chain(base).map(Node::Expr));
            }
            NewBody::Tuple(list) => exprs(list, out),
        },
        ExprKind::Closure(decl) => fn_parts(decl, out),
        ExprKind::Binary(_, a, b, _) | ExprKind::Pipe(a, b) | ExprKind::Coalesce(a, b) | ExprKind::Index(a, b) => {
            out.extend([Node::Expr(a), Node::Expr(b)]);
        }
        ExprKind::Range(a, b, _) => out.extend(a.iter().chain(b).map(|e| Node::Expr(e))),
        ExprKind::Call(callee, list) => {
            out.push(Node::Expr(callee));
            args(list, out);
        }
        ExprKind::MethodCall(receiver, _, list) | ExprKind::OptMethodCall(receiver, _, list) => {
            out.push(Node::Expr(receiver));
            args(list, out);
        }
        ExprKind::If(node) => {
            cond_parts(&node.cond, out);
            out.extend(block_roots(&node.then));
            out.extend(node.otherwise.map(Node::Expr));
        }
        ExprKind::Match(node) => {
            out.push(Node::Expr(node.scrutinee));
            for arm in node.arms {
                out.extend(arm.guard.map(Node::Expr));
                out.push(Node::Expr(arm.body));
            }
        }
        ExprKind::While(node) => {
            cond_parts(&node.cond, out);
            out.extend(node.invariants.iter().map(|e| Node::Expr(e)));
            out.extend(block_roots(&node.body));
        }
        ExprKind::For(node) => {
            out.push(Node::Expr(node.source));
            out.extend(node.invariants.iter().map(|e| Node::Expr(e)));
            out.extend(block_roots(&node.body));
        }
        ExprKind::Loop(node) => out.extend(block_roots(&node.body)),
        ExprKind::Live(node) => {
            out.extend(node.invariants.iter().map(|e| Node::Expr(e)));
            out.extend(block_roots(&node.body));
        }
        ExprKind::TryCatch(node) => {
            out.extend(block_roots(&node.body));
            out.extend(node.arms.iter().flat_map(|(_, block)| block_roots(block)));
        }
        ExprKind::Unsafe(block) | ExprKind::Block(block) => out.extend(block_roots(block)),
        ExprKind::Quantifier(node) => out.extend([Node::Expr(node.source), Node::Expr(node.body)]),
        ExprKind::Stmt(stmt) => out.push(Node::Stmt(stmt)),
    }
}

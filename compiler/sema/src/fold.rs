//! The folder: the one analysis that turns a certain fault into a compile-time error.
//!
//! It walks every body once, in reachable and unreachable code alike, and evaluates expressions to an int, a bool or
//! unknown. Known are literals, constants, `let` variables that are never assigned, and names that an `if x == K` or a
//! `requires p == K` pins down in the code below. Integer arithmetic is checked: what would overflow is unknown.
//! Floats, strings, calls and branches are unknown.
//!
//! It must stay as strong and as weak as described, because what it finds decides which programs are accepted.

use resilient_base::{Diagnostic, Diagnostics, Span, diag::codes};
use resilient_syntax::ast::{self, BinaryOp, Block, Cond, ContractKind, Expr, ExprKind, Stmt, StmtKind, UnaryOp};
use rustc_hash::FxHashMap;

use crate::cfg::Cx;
use crate::decls::{Decls, TopLetId};
use crate::infer::signature::DefaultValue;
use crate::infer::ty::TyKind;
use crate::infer::{Checked, ConstValue, Literal, literal, strip_parens};
use crate::tables::{ArgSource, Binding, Callee, Key, Res, Tables};
use crate::types::IntTy;
use crate::walk::{self, Node};

/// Message for `x / 0`.
pub const ZERO_DIVISION: &str = "integer division by zero — denominator is a compile-time constant 0";
/// Message for `x % 0`.
pub const ZERO_MODULO: &str = "integer modulo by zero — denominator is a compile-time constant 0";

/// A value that is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Value {
    Int(i64),
    Bool(bool),
}

/// What is known about names.
type Env = FxHashMap<Res, Value>;

/// Reports what is certain to fault in all bodies.
pub fn check(cx: Cx<'_>, decls: &Decls<'_>, checked: &Checked, diags: &mut Diagnostics) {
    // Top-level code first: functions know the values of the variables declared before them, which are never assigned.
    let mut globals = FxHashMap::default();
    let mut lengths = FxHashMap::default();
    for (stmt, tables) in decls.stmts.iter().zip(&checked.top) {
        if let Some(tables) = tables {
            let mut folder = Folder::new(cx, decls, checked, tables, (&globals, &lengths), Some(&mut *diags));
            folder.find_nested(vec![Node::Stmt(stmt)]);
            folder.stmt(stmt);
            let (env, found) = (folder.env, folder.lengths);
            if let StmtKind::Let(node) = stmt.kind
                && let Some(id) = decls.let_id(node)
            {
                let res = Res::TopLet(id);
                globals.extend(env.get(&res).map(|&value| (id, value)));
                lengths.extend(found.get(&res).map(|&length| (id, length)));
            }
        }
    }
    for (inst, tables) in checked.fns.iter() {
        if let Some(tables) = tables {
            let id = checked.insts[inst].func;
            let mut folder = Folder::new(cx, decls, checked, tables, (&globals, &lengths), Some(&mut *diags));
            folder.find_nested(walk::fn_roots(decls.fns[id].decl));
            folder.function(&checked.full_name(id, decls, cx), decls.fns[id].decl);
        }
    }
}

struct Folder<'f, 'c, 'a> {
    cx: Cx<'c>,
    decls: &'f Decls<'a>,
    checked: &'f Checked,
    tables: &'f Tables,
    /// Those of the body around, which have the variables and functions.
    root: &'f Tables,
    /// Top-level variables that are never assigned.
    globals: &'f FxHashMap<TopLetId, Value>,
    /// Lengths of the array literals that those of them hold, and that variables of the body hold.
    global_lengths: &'f FxHashMap<TopLetId, usize>,
    lengths: FxHashMap<Res, usize>,
    /// The named functions inside the body.
    nested_decls: FxHashMap<Key, &'a ast::FnDecl<'a>>,
    env: Env,
    /// Where to report; none while a clause is evaluated for a call.
    diags: Option<&'f mut Diagnostics>,
}

impl<'f, 'c, 'a> Folder<'f, 'c, 'a> {
    fn new(
        cx: Cx<'c>,
        decls: &'f Decls<'a>,
        checked: &'f Checked,
        tables: &'f Tables,
        (globals, global_lengths): (&'f FxHashMap<TopLetId, Value>, &'f FxHashMap<TopLetId, usize>),
        diags: Option<&'f mut Diagnostics>,
    ) -> Folder<'f, 'c, 'a> {
        Folder {
            cx,
            decls,
            checked,
            tables,
            root: tables,
            globals,
            global_lengths,
            lengths: FxHashMap::default(),
            nested_decls: FxHashMap::default(),
            env: Env::default(),
            diags,
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if let Some(diags) = &mut self.diags {
            diags.push(diagnostic);
        }
    }

    fn find_nested(&mut self, roots: Vec<Node<'a>>) {
        if self.root.nested.fns.is_empty() {
            return;
        }
        walk::each(roots, &mut |node| {
            if let Node::Stmt(stmt) = node
                && let StmtKind::Item(ast::Item::Fn(decl)) = stmt.kind
            {
                self.nested_decls.insert(Key::of(decl), decl);
            }
        });
    }

    /// A function inside the body: all instances, if it is generic.
    fn nested(&mut self, decl: &'a ast::FnDecl<'a>) {
        let root = self.root;
        for nested in root.nested.fns.values().filter(|nested| nested.decl == Key::of(decl)) {
            let name = nested.name.map_or("<anon>", |name| self.cx.name(name));
            let (tables, env) = (self.tables, self.env.clone());
            self.tables = &nested.tables;
            self.function(name, decl);
            (self.tables, self.env) = (tables, env);
        }
    }

    /// A function of this name with its contract clauses.
    fn function(&mut self, name: &str, decl: &'a ast::FnDecl<'a>) {
        for contract in decl.contracts {
            self.clause(name, contract);
        }
        let Some(body) = &decl.body else { return };
        for contract in decl.contracts {
            if let ContractKind::Requires(cond) = contract.kind
                && let Some((res, value)) = self.pinned(cond, || walk::block_roots(body).collect())
            {
                self.env.insert(res, value);
            }
        }
        self.block(body);
    }

    /// A clause that is false whatever the arguments are.
    fn clause(&mut self, name: &str, contract: &'a ast::Contract<'a>) {
        let (ContractKind::Requires(cond) | ContractKind::Ensures(cond) | ContractKind::RecoversTo(cond)) =
            contract.kind
        else {
            return;
        };
        if self.expr(cond) != Some(Value::Bool(false)) {
            return;
        }
        let message = match contract.kind {
            ContractKind::RecoversTo(_) => {
                format!("fn {name}: `recovers_to` can never hold — the recovery invariant is a contradiction")
            }
            _ => format!("fn {name}: contract can never hold (statically false clause)"),
        };
        let diagnostic = Diagnostic::error(codes::CONTRACT, cond.span, message);
        self.report(diagnostic);
    }

    fn block(&mut self, block: &'a Block<'a>) {
        for stmt in self.cx.active(block.stmts) {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &'a Stmt<'a>) {
        match &stmt.kind {
            StmtKind::Let(node) => self.let_(node),
            StmtKind::Assign(node) => {
                let value = self.expr(node.value);
                match node.op {
                    Some(op) => self.zero_divisor(op, value, node.value.span, stmt.span),
                    None => self.narrowed(value, node.value, self.int_type(node.place), None),
                }
                if !matches!(node.place.kind, ExprKind::Path(_)) {
                    self.place_parts(node.place);
                }
                if let ExprKind::Index(target, index) = &strip_parens(node.place).kind {
                    self.literal_index(target, index);
                }
            }
            StmtKind::Return(Some(value)) | StmtKind::Break(ast::Break::Value(value)) => {
                self.expr(value);
            }
            StmtKind::Assert(node) => {
                self.expr(node.cond);
                node.message.map(|message| self.expr(message));
            }
            StmtKind::Invariant(expr) | StmtKind::Expr { expr, .. } => {
                self.expr(expr);
            }
            StmtKind::Defer(expr) => {
                if let Some(decl) = self.decls.deferred(expr) {
                    self.nested(decl);
                }
            }
            StmtKind::Return(None)
            | StmtKind::Break(_)
            | StmtKind::Continue(_)
            | StmtKind::Fail(_)
            | StmtKind::Error => {}
            StmtKind::Item(ast::Item::Fn(decl)) => self.nested(decl),
            StmtKind::Item(_) => {}
        }
    }

    /// The index expressions of a place.
    fn place_parts(&mut self, place: &'a Expr<'a>) {
        for part in walk::parts(place) {
            if let Node::Expr(part) = part {
                self.expr(part);
            }
        }
    }

    fn let_(&mut self, node: &'a ast::Let<'a>) {
        let value = self.expr(node.init);
        if let Some(otherwise) = &node.otherwise {
            self.block(otherwise);
        }
        let ast::PatternKind::Name(name) = node.target.kind else { return };
        let Some(&binding) = self.tables.bindings.get(&name.span) else { return };
        let to = self.binding_type(binding);
        self.narrowed(value, node.init, to, Some(self.cx.name(name.symbol)));
        let (res, assigned, reassigned) = match binding {
            Binding::Local(id) => (Res::Local(id), self.root.locals[id].assigned, self.root.locals[id].reassigned),
            Binding::TopLet(id) if !node.is_static => {
                (Res::TopLet(id), self.checked.lets[id].assigned, self.checked.lets[id].reassigned)
            }
            Binding::TopLet(_) | Binding::Static(_) => return,
        };
        if let (Some(value), false) = (value, assigned) {
            self.env.insert(res, value);
        }
        // Storing to elements does not change how many there are.
        if let (ExprKind::Array(items), false) = (&strip_parens(node.init).kind, reassigned) {
            self.lengths.insert(res, items.len());
        }
    }

    /// The value of `expr`, if it is known. Looks at everything below.
    fn expr(&mut self, expr: &'a Expr<'a>) -> Option<Value> {
        match &expr.kind {
            // The literal 2^63 stands under a minus only.
            ExprKind::Int(value, None) => Some(Value::Int(*value as i64)),
            ExprKind::Int(value, Some(_)) => Some(Value::Int(self.int_type(expr)?.wrap(*value as i64))),
            ExprKind::Bool(value) => Some(Value::Bool(*value)),
            ExprKind::Paren(inner) => self.expr(inner),
            ExprKind::Path(_) => self.name(expr),
            ExprKind::Unary(op, operand) => self.unary(*op, operand),
            ExprKind::Binary(op, left, right, _) => self.binary(*op, left, right, expr),
            ExprKind::Call(_, args) => {
                let values: Vec<Option<Value>> = args.iter().map(|arg| self.expr(arg.value)).collect();
                self.call(expr, &values);
                None
            }
            ExprKind::If(node) => {
                self.if_(node);
                None
            }
            ExprKind::Block(block) | ExprKind::Unsafe(block) => {
                self.block(block);
                None
            }
            ExprKind::Interpolated(parts) => {
                for part in *parts {
                    if let ast::StrPart::Expr(part) = part {
                        self.expr(part);
                    }
                }
                None
            }
            ExprKind::MethodCall(receiver, _, args) => {
                self.expr(receiver);
                args.iter().for_each(|arg| {
                    self.expr(arg.value);
                });
                None
            }
            ExprKind::Cast(operand, _) => {
                self.expr(operand);
                None
            }
            ExprKind::While(node) => {
                let (Cond::Expr(cond) | Cond::Let(_, cond)) = node.cond;
                self.expr(cond);
                self.exprs(node.invariants.iter().copied());
                self.block(&node.body);
                None
            }
            ExprKind::For(node) => {
                self.expr(node.source);
                self.exprs(node.invariants.iter().copied());
                self.block(&node.body);
                None
            }
            ExprKind::Loop(node) => {
                self.block(&node.body);
                None
            }
            ExprKind::Range(lo, hi, _) => {
                lo.iter().chain(hi).for_each(|bound| {
                    self.expr(bound);
                });
                None
            }
            ExprKind::Stmt(stmt) => {
                self.stmt(stmt);
                None
            }
            ExprKind::Index(target, index) => {
                self.expr(target);
                self.expr(index);
                self.literal_index(target, index);
                None
            }
            ExprKind::Closure(decl) => {
                self.nested(decl);
                None
            }
            ExprKind::Pipe(..) => {
                self.decls.piped(expr).and_then(|call| self.expr(call));
                None
            }
            // Nothing of these is known, but their parts are looked at.
            _ => {
                for part in walk::parts(expr) {
                    match part {
                        Node::Expr(part) => {
                            self.expr(part);
                        }
                        Node::Stmt(stmt) => self.stmt(stmt),
                    }
                }
                None
            }
        }
    }

    fn exprs(&mut self, exprs: impl Iterator<Item = &'a Expr<'a>>) {
        exprs.for_each(|expr| {
            self.expr(expr);
        });
    }

    /// A literal index outside of a variable that holds the array literal of its `let`.
    fn literal_index(&mut self, target: &Expr<'_>, index: &Expr<'_>) {
        let Some((Literal::Int(at), _)) = literal(index) else { return };
        let Some(res) = self.variable(target) else { return };
        let length = match res {
            Res::TopLet(id) => self.lengths.get(&res).or_else(|| self.global_lengths.get(&id)),
            _ => self.lengths.get(&res),
        };
        let Some(&length) = length else { return };
        if (-(length as i128)..length as i128).contains(&at) {
            return;
        }
        let name = self.cx.sources.text(strip_parens(target).span);
        let message = format!("index {at} is out of bounds for array `{name}` of length {length}");
        self.report(Diagnostic::error(codes::INDEX, index.span, message));
    }

    /// The type of `expr`, if it is an integer type.
    fn int_type(&self, expr: &Expr<'_>) -> Option<IntTy> {
        match self.checked.tys.peek(*self.tables.types.get(&Key::of(expr))?) {
            TyKind::Int(int) => Some(int),
            _ => None,
        }
    }

    /// An integer that is known, where a narrower type is wanted. Literals were checked with the types.
    fn narrowed(&mut self, value: Option<Value>, expr: &Expr<'_>, to: Option<IntTy>, name: Option<&str>) {
        let (Some(Value::Int(value)), Some(to)) = (value, to) else { return };
        let range = to.min()..=to.max();
        if literal(expr).is_some() || self.int_type(expr) != Some(IntTy::INT) || range.contains(&i128::from(value)) {
            return;
        }
        let start = name.map_or(String::new(), |name| format!("let {name}: "));
        let (min, max) = (range.start(), range.end());
        let message = format!("{start}literal {value} overflows type {} (valid range: {min}..={max})", to.name());
        self.report(Diagnostic::error(codes::LITERAL_RANGE, expr.span, message));
    }

    fn binding_type(&self, binding: Binding) -> Option<IntTy> {
        let ty = match binding {
            Binding::Local(id) => self.root.locals[id].ty,
            Binding::Static(id) => self.checked.statics[id].ty,
            Binding::TopLet(id) => self.checked.lets[id].ty?,
        };
        match self.checked.tys.peek(ty) {
            TyKind::Int(int) => Some(int),
            _ => None,
        }
    }

    fn name(&self, expr: &Expr<'_>) -> Option<Value> {
        let res = self.tables.names.get(&Key::of(expr))?;
        if let Res::Const(id) = res {
            return match self.checked.consts[*id] {
                Some(ConstValue::Int(value, int)) if is_plain(int) => Some(Value::Int(value)),
                Some(ConstValue::Bool(value)) => Some(Value::Bool(value)),
                _ => None,
            };
        }
        match (self.env.get(res), res) {
            (Some(&value), _) => Some(value),
            (None, Res::TopLet(id)) => self.globals.get(id).copied(),
            (None, _) => None,
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &'a Expr<'a>) -> Option<Value> {
        let is_literal = matches!(operand.kind, ExprKind::Int(..));
        match (op, self.expr(operand)?) {
            // One literal: the smallest int among them.
            (UnaryOp::Neg, Value::Int(value)) if is_literal => Some(Value::Int(value.wrapping_neg())),
            (UnaryOp::Neg, Value::Int(value)) => self.in_range(value.checked_neg()?, operand),
            (UnaryOp::Not, Value::Bool(value)) => Some(Value::Bool(!value)),
            _ => None,
        }
    }

    fn binary(&mut self, op: BinaryOp, left: &'a Expr<'a>, right: &'a Expr<'a>, expr: &'a Expr<'a>) -> Option<Value> {
        let a = self.expr(left);
        let b = self.expr(right);
        self.zero_divisor(op, b, right.span, expr.span);
        match (op, a, b) {
            (BinaryOp::And, Some(Value::Bool(false)), _) | (BinaryOp::And, _, Some(Value::Bool(false))) => {
                Some(Value::Bool(false))
            }
            (BinaryOp::Or, Some(Value::Bool(true)), _) | (BinaryOp::Or, _, Some(Value::Bool(true))) => {
                Some(Value::Bool(true))
            }
            // Both are known and neither decides alone.
            (BinaryOp::And, Some(Value::Bool(_)), Some(Value::Bool(_))) => Some(Value::Bool(true)),
            (BinaryOp::Or, Some(Value::Bool(_)), Some(Value::Bool(_))) => Some(Value::Bool(false)),
            (_, Some(Value::Int(a)), Some(Value::Int(b))) => match arithmetic(op, a, b)? {
                Value::Int(value) => self.in_range(value, expr),
                value => Some(value),
            },
            _ => None,
        }
    }

    /// The result of an operation of the type of `expr`, unless it wraps at the width of the type: that is unknown.
    fn in_range(&self, value: i64, expr: &Expr<'_>) -> Option<Value> {
        let int = self.int_type(expr)?;
        (int.min()..=int.max()).contains(&i128::from(value)).then_some(Value::Int(value))
    }

    fn zero_divisor(&mut self, op: BinaryOp, divisor: Option<Value>, divisor_span: Span, span: Span) {
        let message = match (op, divisor) {
            (BinaryOp::Div, Some(Value::Int(0))) => ZERO_DIVISION,
            (BinaryOp::Rem, Some(Value::Int(0))) => ZERO_MODULO,
            _ => return,
        };
        self.report(Diagnostic::error(codes::ZERO_DIVISOR, span, message).with_secondary(divisor_span, "this is 0"));
    }

    fn if_(&mut self, node: &'a ast::If<'a>) {
        let mut pinned = None;
        match node.cond {
            Cond::Expr(cond) => {
                self.expr(cond);
                pinned = self.pinned(cond, || walk::block_roots(&node.then).collect());
            }
            Cond::Let(_, scrutinee) => {
                self.expr(scrutinee);
            }
        }
        match pinned {
            Some((res, value)) => {
                let outer = self.env.insert(res, value);
                self.block(&node.then);
                match outer {
                    Some(outer) => self.env.insert(res, outer),
                    None => self.env.remove(&res),
                };
            }
            None => self.block(&node.then),
        }
        node.otherwise.map(|otherwise| self.expr(otherwise));
    }

    /// `x` and `K`, if `cond` is `x == K` or `K == x` and nothing in `region` assigns to x.
    fn pinned(&mut self, cond: &'a Expr<'a>, region: impl FnOnce() -> Vec<Node<'a>>) -> Option<(Res, Value)> {
        let ExprKind::Binary(BinaryOp::Eq, left, right, _) = &strip_parens(cond).kind else { return None };
        let (res, value) = match (self.variable(left), self.variable(right)) {
            (Some(res), _) if let Some(value) = self.quietly(right) => (res, value),
            (_, Some(res)) => (res, self.quietly(left)?),
            _ => return None,
        };
        let is_assigned = match res {
            Res::TopLet(id) if self.checked.lets[id].assigned_by_fn => return None,
            Res::TopLet(id) => self.checked.lets[id].assigned,
            // Functions that share it may assign it.
            Res::Local(id) if self.root.locals[id].is_cell => return None,
            Res::Local(id) => self.root.locals[id].assigned,
            Res::Static(_) | Res::Const(_) => return None,
            Res::Fn(_) | Res::Nested(_) | Res::Template(_) => return None,
            Res::Lib(_) | Res::Library(_) | Res::Intrinsic(_) => return None,
        };
        if is_assigned && self.assigns(region(), res) {
            return None;
        }
        Some((res, value))
    }

    fn variable(&self, expr: &Expr<'_>) -> Option<Res> {
        let res = *self.tables.names.get(&Key::of(strip_parens(expr)))?;
        matches!(res, Res::Local(_) | Res::TopLet(_)).then_some(res)
    }

    /// The value of an expression that was looked at before.
    fn quietly(&mut self, expr: &'a Expr<'a>) -> Option<Value> {
        let diags = self.diags.take();
        let value = self.expr(expr);
        self.diags = diags;
        value
    }

    fn assigns(&self, region: Vec<Node<'a>>, res: Res) -> bool {
        let mut found = false;
        walk::each(region, &mut |node| {
            if let Node::Stmt(stmt) = node
                && let StmtKind::Assign(assign) = &stmt.kind
            {
                found |= self.tables.names.get(&Key::of(assign.place)) == Some(&res);
            }
        });
        found
    }

    /// A direct call whose arguments violate a `requires` clause.
    fn call(&mut self, expr: &Expr<'_>, values: &[Option<Value>]) {
        let callee = match self.tables.calls.get(&Key::of(expr)) {
            Some(Callee::Slot(slot)) => self.checked.slots[*slot].as_ref(),
            callee => callee,
        };
        let (cx, decls, checked, globals) = (self.cx, self.decls, self.checked, self.globals);
        let (name, decl, tables, sources, defaults): (_, &ast::FnDecl<'_>, _, _, Vec<Option<&DefaultValue>>) =
            match callee {
                Some(Callee::Fn(id, args, sources)) => {
                    // Clauses of a generic function say the same in every instance.
                    let Some(inst) = checked.inst_ids.get(&(*id, *args)) else { return };
                    let (Some(tables), sig) = (&checked.fns[*inst], &checked.sigs[*id]) else { return };
                    let defaults = sig.params.iter().map(|param| param.default.as_ref()).collect();
                    (checked.full_name(*id, decls, cx), decls.fns[*id].decl, &**tables, sources, defaults)
                }
                Some(Callee::Nested(id, sources)) => {
                    let nested = &self.root.nested.fns[*id];
                    // A literal has no name to be called by, but the one of the variable.
                    let (Some(name), Some(decl)) = (nested.name, self.nested_decls.get(&nested.decl)) else { return };
                    let defaults = nested.defaults.iter().map(Option::as_ref).collect();
                    (cx.name(name).to_string(), decl, &nested.tables, sources, defaults)
                }
                _ => return,
            };
        if self.diags.is_none() || requires(decl).next().is_none() {
            return;
        }
        let mut folder = Folder::new(cx, decls, checked, tables, (globals, self.global_lengths), None);
        if matches!(callee, Some(Callee::Nested(..))) {
            folder.root = self.root;
            folder.env = self.env.clone();
            // In a call of the function to itself, what is known of its parameters is about the caller's.
            tables.params.iter().for_each(|&local| {
                folder.env.remove(&Res::Local(local));
            });
        }
        let without: Vec<bool> = requires(decl).map(|cond| folder.expr(cond) == Some(Value::Bool(false))).collect();
        for ((&local, source), default) in tables.params.iter().zip(sources).zip(defaults) {
            let value = match (source, default) {
                (ArgSource::Given(index), _) => values.get(*index as usize).copied().flatten(),
                (ArgSource::Default, Some(DefaultValue::Const(ConstValue::Int(value, int)))) if is_plain(*int) => {
                    Some(Value::Int(*value))
                }
                (ArgSource::Default, Some(DefaultValue::Const(ConstValue::Bool(value)))) => Some(Value::Bool(*value)),
                (ArgSource::Default, _) => None,
            };
            if let Some(value) = value {
                folder.env.insert(Res::Local(local), value);
            }
        }
        let violated = requires(decl)
            .zip(without)
            .find(|(cond, is_false_anyway)| !is_false_anyway && folder.expr(cond) == Some(Value::Bool(false)));
        if let Some((cond, _)) = violated {
            let message = format!("Contract violation: call to fn {name} would fail `requires` clause at compile time");
            let diagnostic =
                Diagnostic::error(codes::CONTRACT, expr.span, message).with_secondary(cond.span, "this would be false");
            self.report(diagnostic);
        }
    }
}

/// Whether the 64 bits of a value are the number it is.
fn is_plain(int: IntTy) -> bool {
    int.signed || int.bits < 64
}

fn requires<'a>(decl: &'a ast::FnDecl<'a>) -> impl Iterator<Item = &'a Expr<'a>> {
    decl.contracts.iter().filter_map(|contract| match contract.kind {
        ContractKind::Requires(cond) => Some(cond),
        _ => None,
    })
}

fn arithmetic(op: BinaryOp, a: i64, b: i64) -> Option<Value> {
    let int = |value: Option<i64>| value.map(Value::Int);
    match op {
        BinaryOp::Add => int(a.checked_add(b)),
        BinaryOp::Sub => int(a.checked_sub(b)),
        BinaryOp::Mul => int(a.checked_mul(b)),
        BinaryOp::Div => int(a.checked_div(b)),
        BinaryOp::Rem => int(a.checked_rem(b)),
        BinaryOp::Eq => Some(Value::Bool(a == b)),
        BinaryOp::Ne => Some(Value::Bool(a != b)),
        BinaryOp::Lt => Some(Value::Bool(a < b)),
        BinaryOp::Le => Some(Value::Bool(a <= b)),
        BinaryOp::Gt => Some(Value::Bool(a > b)),
        BinaryOp::Ge => Some(Value::Bool(a >= b)),
        BinaryOp::BitAnd
        | BinaryOp::BitOr
        | BinaryOp::BitXor
        | BinaryOp::Shl
        | BinaryOp::Shr
        | BinaryOp::And
        | BinaryOp::Or => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_that_overflows_is_unknown() {
        assert_eq!(arithmetic(BinaryOp::Add, i64::MAX, 1), None);
        assert_eq!(arithmetic(BinaryOp::Div, i64::MIN, -1), None);
        assert_eq!(arithmetic(BinaryOp::Rem, 7, 0), None);
        assert_eq!(arithmetic(BinaryOp::Rem, -7, 2), Some(Value::Int(-1)));
        assert_eq!(arithmetic(BinaryOp::Shl, 1, 2), None);
    }
}

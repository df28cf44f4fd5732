//! Calls and frames: what whole programs would show only as a slow or a large run.
//!
//! The programs are typed trees built by hand. Their results are exit statuses, because a run writes to the process's
//! own standard output.

use bumpalo::Bump;
use resilient_base::{EntityRef, FileId, PrimaryMap, SourceMap, Span};
use resilient_sema::typed::{
    BinaryOp, Block, Call, Clause, CmpOp, Expr, ExprKind, Func, FuncId, Local, LocalId, Loop, LoopId, Place, Program,
    Stmt,
};
use resilient_sema::types::{Type, Types};

const TOP: usize = 0;
const OTHER: usize = 1;

/// Makes nodes in an arena.
struct Tree<'t> {
    arena: &'t Bump,
    span: Span,
}

impl<'t> Tree<'t> {
    fn expr(&self, ty: Type, kind: ExprKind<'t>) -> &'t Expr<'t> {
        self.arena.alloc(Expr { kind, ty, span: self.span })
    }

    fn int(&self, value: i64) -> &'t Expr<'t> {
        self.expr(Types::INT, ExprKind::Int(value))
    }

    fn local(&self, index: usize) -> &'t Expr<'t> {
        self.expr(Types::INT, ExprKind::Local(LocalId::new(index)))
    }

    fn binary(&self, op: BinaryOp, left: &'t Expr<'t>, right: &'t Expr<'t>) -> &'t Expr<'t> {
        let ty = if matches!(op, BinaryOp::IntCmp(_)) { Types::BOOL } else { Types::INT };
        self.expr(ty, ExprKind::Binary(op, left, right))
    }

    fn call(&self, func: usize, args: &[&'t Expr<'t>], is_self_tail: bool) -> &'t Expr<'t> {
        let args = self.arena.alloc_slice_fill_iter(args.iter().map(|&&arg| arg));
        let call = self.arena.alloc(Call { func: FuncId::new(func), args, is_self_tail });
        self.expr(Types::INT, ExprKind::Call(call))
    }

    fn choose(&self, cond: &'t Expr<'t>, then: &'t Expr<'t>, otherwise: &'t Expr<'t>) -> &'t Expr<'t> {
        self.expr(Types::INT, ExprKind::If(cond, then, Some(otherwise)))
    }

    fn func(&self, n_params: usize, n_locals: usize, requires: &[Clause<'t>], body: &'t Expr<'t>) -> Func<'t> {
        let local = Local { name: "x", ty: Types::INT, assigned: true, span: self.span };
        Func {
            name: "f",
            params: self.arena.alloc_slice_fill_iter((0..n_params).map(LocalId::new)),
            at_caller: false,
            locals: self.arena.alloc_slice_fill_copy(n_locals, local),
            n_loops: 1,
            result: Types::INT,
            requires: self.arena.alloc_slice_copy(requires),
            entry_copies: &[],
            result_local: None,
            ensures: &[],
            deferred: None,
            is_deferred: false,
            failures: Some(&[]),
            body,
            span: self.span,
        }
    }
}

/// Runs a program with this top-level code (of two variables) and one function.
fn status(make: impl for<'t> FnOnce(&Tree<'t>) -> (&'t Expr<'t>, Func<'t>)) -> i32 {
    let mut sources = SourceMap::default();
    let file = sources.add("t.rz", "");
    let arena = Bump::new();
    let tree = Tree { arena: &arena, span: Span::new(file, 0, 0) };
    let (top, func) = make(&tree);
    let mut funcs = PrimaryMap::new();
    funcs.push(tree.func(0, 2, &[], top));
    funcs.push(func);
    let (types, globals) = (Types::default(), PrimaryMap::new());
    let (top, file) = (FuncId::new(TOP), FileId::new(0));
    let program = Program { types, funcs, globals, top, file, tracing: None, claims: Vec::new() };
    resilient_interp::run(&program, &sources).status
}

#[test]
fn fib_with_a_contract() {
    let result = status(|t| {
        let not_negative = t.binary(BinaryOp::IntCmp(CmpOp::Ge), t.local(0), t.int(0));
        let message = t.expr(Types::STR, ExprKind::Str("negative"));
        let fib_of = |less| t.call(OTHER, &[t.binary(BinaryOp::IntSub, t.local(0), t.int(less))], false);
        let is_small = t.binary(BinaryOp::IntCmp(CmpOp::Lt), t.local(0), t.int(2));
        let body = t.choose(is_small, t.local(0), t.binary(BinaryOp::IntAdd, fib_of(1), fib_of(2)));
        let clause = Clause { cond: not_negative, message, span: t.span };
        (t.call(OTHER, &[t.int(25)], false), t.func(1, 1, &[clause], body))
    });
    assert_eq!(result, 75025 & 0xff);
}

#[test]
fn a_hundred_thousand_calls_nest() {
    let result = status(|t| {
        let is_zero = t.binary(BinaryOp::IntCmp(CmpOp::Eq), t.local(0), t.int(0));
        let deeper = t.call(OTHER, &[t.binary(BinaryOp::IntSub, t.local(0), t.int(1))], false);
        let body = t.choose(is_zero, t.int(7), t.binary(BinaryOp::IntAdd, t.int(0), deeper));
        (t.call(OTHER, &[t.int(100_000)], false), t.func(1, 1, &[], body))
    });
    assert_eq!(result, 7);
}

/// `fn f(n, m) { if n == 0 { m } else { f(n - 1, n) } }`: both arguments are evaluated before a parameter changes.
#[test]
fn self_tail_calls_use_no_stack() {
    let result = status(|t| {
        let is_zero = t.binary(BinaryOp::IntCmp(CmpOp::Eq), t.local(0), t.int(0));
        let again = t.call(OTHER, &[t.binary(BinaryOp::IntSub, t.local(0), t.int(1)), t.local(0)], true);
        let body = t.choose(is_zero, t.local(1), again);
        (t.call(OTHER, &[t.int(3_000_000), t.int(0)], false), t.func(2, 2, &[], body))
    });
    assert_eq!(result, 1);
}

/// `while i < 3 { i += 1; f(5, continue) } i + f(1, 2)`: the argument 5 must not stay behind.
#[test]
fn leaving_an_argument_list_drops_its_values() {
    let result = status(|t| {
        let (i, id) = (Place::Local(LocalId::new(0)), LoopId::new(0));
        let start = t.expr(Types::VOID, ExprKind::Assign(i, t.int(0)));
        let step = t.expr(Types::VOID, ExprKind::AssignOp(i, BinaryOp::IntAdd, t.int(1)));
        let skip = t.expr(Types::NEVER, ExprKind::Continue(id));
        let call = t.call(OTHER, &[t.int(5), skip], false);
        let stmts = t.arena.alloc_slice_copy(&[Stmt::Expr(step), Stmt::Expr(call)]);
        let body = t.expr(Types::VOID, ExprKind::Block(t.arena.alloc(Block { stmts, value: None })));
        let cond = Some(t.binary(BinaryOp::IntCmp(CmpOp::Lt), t.local(0), t.int(3)));
        let looping = t.expr(Types::VOID, ExprKind::Loop(t.arena.alloc(Loop { id, cond, body })));
        let value = t.binary(BinaryOp::IntAdd, t.local(0), t.call(OTHER, &[t.int(1), t.int(2)], false));
        let stmts = t.arena.alloc_slice_copy(&[Stmt::Expr(start), Stmt::Expr(looping)]);
        let top = t.expr(Types::INT, ExprKind::Block(t.arena.alloc(Block { stmts, value: Some(value) })));
        (top, t.func(2, 2, &[], t.binary(BinaryOp::IntSub, t.local(1), t.local(0))))
    });
    assert_eq!(result, 4);
}

//! Tests of MIR construction on typed programs made by hand.
//!
//! [`Maker`] has a function per form. [`build`] wraps a body into a program, builds it, verifies it and gives its text.

mod closures;
mod compound;
mod machine;
mod maps;
mod meaning;
mod ownership;
mod random;
mod random_cells;
mod shapes;

use bumpalo::Bump;
use resilient_base::{EntityRef, FileId, PrimaryMap, SourceMap, Span};
use resilient_sema::typed::*;
use resilient_sema::types::{Type, Types};

use super::build_module;
use crate::ir::Module;
use crate::pass::supervise;
use crate::print::{print_function, print_module};
use crate::verify::verify_module;

/// Makes nodes. All stand at 1:1 unless placed by [`Maker::at`].
#[derive(Clone, Copy)]
struct Maker<'t> {
    bump: &'t Bump,
}

fn span(lo: u32) -> Span {
    Span::new(FileId::new(0), lo, lo + 1)
}

fn local(index: usize) -> LocalId {
    LocalId::new(index)
}

fn global(index: usize) -> GlobalId {
    GlobalId::new(index)
}

impl<'t> Maker<'t> {
    fn expr(self, kind: ExprKind<'t>, ty: Type) -> Expr<'t> {
        Expr { kind, ty, span: span(0) }
    }

    fn at(self, lo: u32, expr: Expr<'t>) -> Expr<'t> {
        Expr { span: span(lo), ..expr }
    }

    fn alloc(self, expr: Expr<'t>) -> &'t Expr<'t> {
        self.bump.alloc(expr)
    }

    fn list(self, exprs: Vec<Expr<'t>>) -> &'t [Expr<'t>] {
        self.bump.alloc_slice_copy(&exprs)
    }

    fn int(self, value: i64) -> Expr<'t> {
        self.expr(ExprKind::Int(value), Types::INT)
    }

    fn bool(self, value: bool) -> Expr<'t> {
        self.expr(ExprKind::Bool(value), Types::BOOL)
    }

    fn str(self, text: &'t str) -> Expr<'t> {
        self.expr(ExprKind::Str(text), Types::STR)
    }

    fn local(self, index: usize, ty: Type) -> Expr<'t> {
        self.expr(ExprKind::Local(local(index)), ty)
    }

    fn s(self, index: usize) -> Expr<'t> {
        self.local(index, Types::STR)
    }

    fn n(self, index: usize) -> Expr<'t> {
        self.local(index, Types::INT)
    }

    fn b(self, index: usize) -> Expr<'t> {
        self.local(index, Types::BOOL)
    }

    fn binary(self, op: BinaryOp, left: Expr<'t>, right: Expr<'t>) -> Expr<'t> {
        let ty = match op {
            BinaryOp::IntCmp(_) | BinaryOp::FloatCmp(_) | BinaryOp::BoolCmp(_) | BinaryOp::StrCmp(_) => Types::BOOL,
            _ => left.ty,
        };
        self.expr(ExprKind::Binary(op, self.alloc(left), self.alloc(right)), ty)
    }

    fn concat(self, left: Expr<'t>, right: Expr<'t>) -> Expr<'t> {
        self.binary(BinaryOp::StrConcat, left, right)
    }

    fn and(self, left: Expr<'t>, right: Expr<'t>) -> Expr<'t> {
        self.expr(ExprKind::And(self.alloc(left), self.alloc(right)), Types::BOOL)
    }

    fn not(self, operand: Expr<'t>) -> Expr<'t> {
        self.expr(ExprKind::Unary(UnaryOp::BoolNot, self.alloc(operand)), Types::BOOL)
    }

    fn display(self, operand: Expr<'t>) -> Expr<'t> {
        self.expr(ExprKind::Display(self.alloc(operand)), Types::STR)
    }

    fn block(self, stmts: Vec<Stmt<'t>>, value: Option<Expr<'t>>) -> Expr<'t> {
        let ty = match (&value, stmts.last()) {
            (Some(value), _) => value.ty,
            (None, Some(Stmt::Expr(last))) if last.ty == Types::NEVER => Types::NEVER,
            (None, _) => Types::VOID,
        };
        self.block_of(stmts, value, ty)
    }

    fn block_of(self, stmts: Vec<Stmt<'t>>, value: Option<Expr<'t>>, ty: Type) -> Expr<'t> {
        let stmts = self.bump.alloc_slice_copy(&stmts);
        let value = value.map(|value| self.alloc(value));
        self.expr(ExprKind::Block(self.bump.alloc(Block { stmts, value })), ty)
    }

    fn if_(self, cond: Expr<'t>, then: Expr<'t>, otherwise: Option<Expr<'t>>) -> Expr<'t> {
        let ty = match &otherwise {
            None => Types::VOID,
            Some(otherwise) if then.ty == Types::NEVER => otherwise.ty,
            Some(_) => then.ty,
        };
        let otherwise = otherwise.map(|otherwise| self.alloc(otherwise));
        self.expr(ExprKind::If(self.alloc(cond), self.alloc(then), otherwise), ty)
    }

    fn loop_(self, id: usize, cond: Option<Expr<'t>>, body: Expr<'t>, ty: Type) -> Expr<'t> {
        let cond = cond.map(|cond| self.alloc(cond));
        let node = Loop { id: LoopId::new(id), cond, body: self.alloc(body) };
        self.expr(ExprKind::Loop(self.bump.alloc(node)), ty)
    }

    fn for_range(
        self,
        id: usize,
        var: usize,
        range: (Expr<'t>, Expr<'t>),
        inclusive: bool,
        body: Expr<'t>,
    ) -> Expr<'t> {
        let (lo, hi) = (self.alloc(range.0), self.alloc(range.1));
        let node = ForRange { id: LoopId::new(id), var: local(var), lo, hi, inclusive, body: self.alloc(body) };
        self.expr(ExprKind::ForRange(self.bump.alloc(node)), Types::VOID)
    }

    fn assign(self, index: usize, value: Expr<'t>) -> Expr<'t> {
        self.expr(ExprKind::Assign(Place::Local(local(index)), self.alloc(value)), Types::VOID)
    }

    fn assign_op(self, place: Place, op: BinaryOp, operand: Expr<'t>) -> Expr<'t> {
        self.expr(ExprKind::AssignOp(place, op, self.alloc(operand)), Types::VOID)
    }

    fn return_(self, value: Option<Expr<'t>>) -> Expr<'t> {
        let value = value.map(|value| self.alloc(value));
        self.expr(ExprKind::Return(value), Types::NEVER)
    }

    fn break_(self, id: usize, value: Option<Expr<'t>>) -> Expr<'t> {
        let value = value.map(|value| self.alloc(value));
        self.expr(ExprKind::Break(LoopId::new(id), value), Types::NEVER)
    }

    fn continue_(self, id: usize) -> Expr<'t> {
        self.expr(ExprKind::Continue(LoopId::new(id)), Types::NEVER)
    }

    fn fault(self, message: Expr<'t>) -> Expr<'t> {
        self.expr(ExprKind::Fault(self.alloc(message)), Types::NEVER)
    }

    fn call(self, func: usize, args: Vec<Expr<'t>>, ty: Type, is_self_tail: bool) -> Expr<'t> {
        let call = Call { func: FuncId::new(func), args: self.list(args), is_self_tail };
        self.expr(ExprKind::Call(self.bump.alloc(call)), ty)
    }

    fn builtin(self, builtin: Builtin, args: Vec<Expr<'t>>) -> Expr<'t> {
        let ty = match builtin {
            Builtin::StrLen | Builtin::ArrayLen => Types::INT,
            Builtin::StrIndex | Builtin::StrGet => Types::CHAR,
            Builtin::StrSlice => Types::STR,
            Builtin::ArrayPush | Builtin::ArrayPop | Builtin::ArraySlice => args[0].ty,
            Builtin::Exit => Types::NEVER,
            Builtin::Print | Builtin::Println | Builtin::CellSet => Types::VOID,
            _ => panic!("the type must be given"),
        };
        self.builtin_of(builtin, args, ty)
    }

    fn builtin_of(self, builtin: Builtin, args: Vec<Expr<'t>>, ty: Type) -> Expr<'t> {
        self.expr(ExprKind::CallBuiltin(builtin, self.list(args)), ty)
    }

    fn let_(self, index: usize, value: Expr<'t>) -> Stmt<'t> {
        Stmt::Let(local(index), self.alloc(value))
    }

    fn stmt(self, expr: Expr<'t>) -> Stmt<'t> {
        Stmt::Expr(self.alloc(expr))
    }

    fn clause(self, lo: u32, cond: Expr<'t>, message: &'t str) -> Clause<'t> {
        Clause { cond: self.alloc(cond), message: self.alloc(self.str(message)), span: span(lo) }
    }

    /// A function with the first `n_params` of `locals` as parameters; a name that ends in `*` is assigned.
    fn func(self, locals: &[(&'t str, Type)], n_params: usize, result: Type, body: Expr<'t>) -> Func<'t> {
        let params: Vec<LocalId> = (0..n_params).map(local).collect();
        let locals = locals.iter().map(|&(name, ty)| Local {
            name: name.trim_end_matches('*'),
            ty,
            assigned: name.ends_with('*'),
            span: span(0),
        });
        Func {
            name: "f",
            at_caller: false,
            params: self.bump.alloc_slice_copy(&params),
            locals: self.bump.alloc_slice_fill_iter(locals.collect::<Vec<_>>()),
            n_loops: 8,
            result,
            requires: &[],
            entry_copies: &[],
            result_local: None,
            ensures: &[],
            deferred: None,
            is_deferred: false,
            failures: Some(&[]),
            body: self.alloc(body),
            span: span(0),
        }
    }
}

/// `funcs` and a top level that does nothing; function 0 is `funcs[0]`. `globals` are name, type and whether they are
/// checked.
fn program<'t>(make: Maker<'t>, funcs: Vec<Func<'t>>, globals: &[(&'t str, Type, bool)]) -> Program<'t> {
    let mut program = Program {
        types: Types::default(),
        funcs: funcs.into_iter().collect(),
        globals: PrimaryMap::new(),
        top: FuncId::new(0),
        file: FileId::new(0),
        tracing: None,
        claims: Vec::new(),
    };
    for &(name, ty, checked) in globals {
        program.globals.push(Global { name, ty, checked, span: span(0) });
    }
    program.top = program.funcs.push(Func { name: "<top>", ..make.func(&[], 0, Types::INT, make.int(0)) });
    program
}

/// The MIR of `program`, which must verify.
fn module(program: &Program<'_>) -> Module {
    let mut sources = SourceMap::default();
    sources.add("t.rz", "0123456789\n".repeat(9));
    let module = build_module(program, &sources).expect("the programs of tests are of what can be built");
    if let Err(errors) = verify_module(&module) {
        panic!("{errors}\n{}", print_module(&module));
    }
    // None of these programs has a live block, so nothing is made for them.
    let mut supervised = module.clone();
    assert!(!supervise::run(&mut supervised));
    assert_eq!(print_module(&supervised), print_module(&module));
    module
}

/// The MIR of `func` as text.
fn build_with<'t>(make: Maker<'t>, func: Func<'t>, globals: &[(&'t str, Type, bool)]) -> String {
    let module = module(&program(make, vec![func], globals));
    print_function(&module, crate::ir::FuncId::from_u32(0))
}

fn build<'t>(make: Maker<'t>, func: Func<'t>) -> String {
    build_with(make, func, &[])
}

/// Compares without regard to indentation.
#[track_caller]
fn check(actual: &str, expected: &str) {
    let lines = |text: &str| text.trim().lines().map(|line| line.trim().to_string()).collect::<Vec<_>>();
    assert!(lines(actual) == lines(expected), "expected:\n{expected}\nactual:\n{actual}");
}

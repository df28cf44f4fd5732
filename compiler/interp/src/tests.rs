//! Programs as trees built by hand, for what their output would not show: where storage is kept and where faults stand.

use bumpalo::Bump;
use resilient_base::{EntityRef, FileId, PrimaryMap, SourceMap, Span};
use resilient_sema::typed::{
    AssignPart, BinaryOp, Block, Builtin, Call, Expr, ExprKind, Func, FuncId, Global, GlobalId, Local, LocalId, PartOp,
    Place, Program, Projection, Stmt,
};
use resilient_sema::types::{Type, TypeKind, Types};

use crate::exit::Exit;
use crate::machine::Machine;
use crate::parts::Parts;
use crate::value::Value;

/// Makes nodes in an arena. The types of most expressions do not matter to the interpreter and are `int`.
#[derive(Clone, Copy)]
struct Tree<'t>(&'t Bump);

impl<'t> Tree<'t> {
    fn span(start: u32) -> Span {
        Span::new(FileId::new(0), start, start + 1)
    }

    /// An expression at this offset.
    fn at(self, start: u32, kind: ExprKind<'t>) -> &'t Expr<'t> {
        self.0.alloc(Expr { kind, ty: Types::INT, span: Self::span(start) })
    }

    fn expr(self, kind: ExprKind<'t>) -> &'t Expr<'t> {
        self.at(0, kind)
    }

    fn list(self, exprs: &[&'t Expr<'t>]) -> &'t [Expr<'t>] {
        self.0.alloc_slice_fill_iter(exprs.iter().map(|&&expr| expr))
    }

    fn int(self, value: i64) -> &'t Expr<'t> {
        self.expr(ExprKind::Int(value))
    }

    fn local(self, index: usize) -> &'t Expr<'t> {
        self.expr(ExprKind::Local(LocalId::new(index)))
    }

    fn call(self, start: u32, func: usize, args: &[&'t Expr<'t>]) -> &'t Expr<'t> {
        let call = Call { func: FuncId::new(func), args: self.list(args), is_self_tail: false };
        self.at(start, ExprKind::Call(self.0.alloc(call)))
    }

    fn call_value(self, start: u32, callee: &'t Expr<'t>, args: &[&'t Expr<'t>]) -> &'t Expr<'t> {
        self.at(start, ExprKind::CallValue(callee, self.list(args)))
    }

    fn builtin(self, builtin: Builtin, args: &[&'t Expr<'t>]) -> &'t Expr<'t> {
        self.expr(ExprKind::CallBuiltin(builtin, self.list(args)))
    }

    fn closure(self, func: usize, captured: &[&'t Expr<'t>]) -> &'t Expr<'t> {
        self.expr(ExprKind::Closure(FuncId::new(func), self.list(captured)))
    }

    fn fault(self, start: u32) -> &'t Expr<'t> {
        self.at(start, ExprKind::Fault(self.expr(ExprKind::Str("wrong"))))
    }

    fn part(self, root: Place, path: &[Projection<'t>], op: PartOp<'t>, value: &'t Expr<'t>) -> &'t Expr<'t> {
        let node = AssignPart { root, path: self.0.alloc_slice_copy(path), op, value };
        self.at(70, ExprKind::AssignPart(self.0.alloc(node)))
    }

    fn block(self, stmts: &[Stmt<'t>], value: &'t Expr<'t>) -> &'t Expr<'t> {
        let stmts = self.0.alloc_slice_copy(stmts);
        self.expr(ExprKind::Block(self.0.alloc(Block { stmts, value: Some(value) })))
    }

    /// A function whose locals are of these types, the first of them parameters.
    fn func(self, at_caller: bool, n_params: usize, locals: &[Type], body: &'t Expr<'t>) -> Func<'t> {
        let local = |&ty| Local { name: "x", ty, assigned: false, span: Self::span(0) };
        Func {
            name: "f",
            params: self.0.alloc_slice_fill_iter((0..n_params).map(LocalId::new)),
            at_caller,
            locals: self.0.alloc_slice_fill_iter(locals.iter().map(local)),
            n_loops: 0,
            result: Types::INT,
            requires: &[],
            entry_copies: &[],
            result_local: None,
            ensures: &[],
            deferred: None,
            is_deferred: false,
            failures: Some(&[]),
            body,
            span: Self::span(0),
        }
    }
}

/// A program of these functions, of which the first is the top-level code, with one global.
fn program<'t>(types: Types, funcs: Vec<Func<'t>>) -> Program<'t> {
    let global = Global { name: "g", ty: Types::INT, checked: false, span: Tree::span(0) };
    Program {
        types,
        funcs: funcs.into_iter().collect(),
        globals: PrimaryMap::from_iter([global]),
        top: FuncId::new(0),
        file: FileId::new(0),
        tracing: None,
        claims: Vec::new(),
    }
}

fn run(types: Types, funcs: Vec<Func<'_>>) -> Result<i64, (u32, String)> {
    let program = program(types, funcs);
    let sources = SourceMap::default();
    Machine::new(&program, &sources).run().map_err(|fault| (fault.span.lo, fault.message.as_str().to_string()))
}

/// `let c = cell(1); let f = |a| { c += a; c }; f(2) * 10 + f(3)`
#[test]
fn functions_share_the_cells_they_captured() {
    let (arena, mut types) = (Bump::new(), Types::default());
    let t = Tree(&arena);
    let cell = types.intern(TypeKind::Cell(Types::INT));
    let add = t.expr(ExprKind::AssignOp(Place::Cell(LocalId::new(1)), BinaryOp::IntAdd, t.local(0)));
    let body = t.block(&[Stmt::Expr(add)], t.expr(ExprKind::CellGet(t.local(1))));
    let [first, second] = [2, 3].map(|value| t.call_value(0, t.local(1), &[t.int(value)]));
    let tens = t.expr(ExprKind::Binary(BinaryOp::IntMul, first, t.int(10)));
    let top = t.block(
        &[
            Stmt::Let(LocalId::new(0), t.expr(ExprKind::CellNew(t.int(1)))),
            Stmt::Let(LocalId::new(1), t.closure(1, &[t.local(0)])),
        ],
        t.expr(ExprKind::Binary(BinaryOp::IntAdd, tens, second)),
    );
    let funcs = vec![t.func(false, 0, &[cell, Types::INT], top), t.func(false, 2, &[Types::INT, cell], body)];
    assert_eq!(run(types, funcs), Ok(36));
}

/// Functions 1 and 2 are of the library, the outer one calls the inner one; 3 is not.
#[test]
fn library_faults_stand_at_the_call_from_outside() {
    let arena = Bump::new();
    let t = Tree(&arena);
    let place = |top, outer, inner, user| {
        let funcs = vec![
            t.func(false, 0, &[], top),
            t.func(true, 1, &[Types::INT], outer),
            t.func(true, 1, &[Types::INT], inner),
            t.func(false, 0, &[], user),
        ];
        run(Types::default(), funcs).map_err(|(start, _)| start)
    };
    let top = t.call(10, 1, &[t.closure(3, &[])]);
    let nested = t.call(20, 2, &[t.local(0)]);
    let call_back = t.call_value(30, t.local(0), &[]);
    // In the library, however deep.
    assert_eq!(place(top, t.fault(20), t.int(0), t.int(0)), Err(10));
    assert_eq!(place(top, nested, t.fault(30), t.int(0)), Err(10));
    // In code that the library calls.
    assert_eq!(place(top, nested, call_back, t.fault(40)), Err(40));
    let deeper = t.call(40, 2, &[t.int(0)]);
    assert_eq!(place(top, call_back, t.fault(50), deeper), Err(40));
    // In the library after that code is left.
    let after = t.block(&[Stmt::Expr(call_back)], t.fault(60));
    assert_eq!(place(top, nested, after, t.int(0)), Err(10));
    // Of a function value of the library.
    let top = t.call_value(10, t.closure(2, &[]), &[t.int(0)]);
    assert_eq!(place(top, t.int(0), t.fault(20), t.int(0)), Err(10));
}

/// Where the elements of an array lie.
fn address(value: &Value) -> *const Value {
    value.parts().expect("an array").as_slice().as_ptr()
}

/// Evaluates an assignment to the array `[5]` in local 0 or behind `place`, where function 1 stores 7 to its parameter and
/// gives that back. Tells whether the array stayed where it was; its elements afterwards are checked.
fn stays_in_place(make: impl for<'t> Fn(Tree<'t>, Func<'t>) -> (Place, &'t Expr<'t>, Vec<Func<'t>>)) -> bool {
    let (arena, mut types) = (Bump::new(), Types::default());
    let t = Tree(&arena);
    let cell = types.intern(TypeKind::Cell(Types::INT));
    let path = [Projection::Index(t.int(0))];
    let store = t.part(Place::Local(LocalId::new(0)), &path, PartOp::Store, t.int(7));
    let body = t.block(&[Stmt::Expr(store)], t.local(0));
    let (place, assign, mut more) = make(t, t.func(false, 1, &[Types::INT], body));
    let mut funcs = vec![t.func(false, 0, &[cell], t.int(0))];
    funcs.append(&mut more);
    let program = program(types, funcs);
    let sources = SourceMap::default();
    let mut machine = Machine::new(&program, &sources);
    let array = Value::Array(Parts::new(vec![Value::Int(5)]));
    let before = address(&array);
    match place {
        Place::Local(_) => machine.stack.push(array),
        Place::Global(id) => machine.init_global(id, array),
        Place::Cell(_) => machine.stack.push(Value::Cell(crate::cell::CellRef::new(array))),
    }
    machine.eval(assign).expect("no fault");
    let after = machine.with_place(place, Tree::span(0), |value| value.clone()).expect("made");
    assert_eq!(after.parts().map(|parts| parts.as_slice()[0].clone().into_int()), Some(7));
    address(&after) == before
}

fn places() -> [(Place, ExprKind<'static>); 2] {
    let [local, global] = [Place::Local(LocalId::new(0)), Place::Global(GlobalId::new(0))];
    [(local, ExprKind::Local(LocalId::new(0))), (global, ExprKind::Global(GlobalId::new(0)))]
}

/// `m[k] = v` by a function of the library.
#[test]
fn insertion_has_the_map_for_itself() {
    for place in [places()[0].0, places()[1].0, Place::Cell(LocalId::new(0))] {
        assert!(stays_in_place(|t, _| {
            let path = [Projection::Index(t.int(0))];
            let store = t.part(Place::Local(LocalId::new(0)), &path, PartOp::Store, t.local(2));
            let insert = t.func(true, 3, &[Types::INT; 3], t.block(&[Stmt::Expr(store)], t.local(0)));
            let op = PartOp::Insert { key: t.int(1), insert: FuncId::new(1) };
            (place, t.part(place, &[], op, t.int(7)), vec![insert])
        }));
    }
}

/// `m = f(m)`
#[test]
fn a_call_gets_the_variable_that_it_replaces() {
    for (place, read) in places() {
        assert!(stays_in_place(|t, func| {
            let call = t.call(0, 1, &[t.expr(read)]);
            (place, t.expr(ExprKind::Assign(place, call)), vec![func])
        }));
    }
}

/// `g = f(g)` where `f` reads `g`: the function must find it as it is.
#[test]
fn a_global_stays_for_functions_that_read_it() {
    assert!(!stays_in_place(|t, func| {
        let (place, read) = places()[1];
        let get = t.expr(ExprKind::Index(t.expr(read), t.int(0)));
        let check = t.expr(ExprKind::Binary(BinaryOp::IntDiv, t.int(1), get));
        let body = t.block(&[Stmt::Expr(check)], func.body);
        let call = t.call(0, 1, &[t.expr(read)]);
        (place, t.expr(ExprKind::Assign(place, call)), vec![t.func(false, 1, &[Types::INT], body)])
    }));
}

/// `c = f(c)` for the variable in a cell.
#[test]
fn cells_give_their_content_up_too() {
    assert!(stays_in_place(|t, func| {
        let place = Place::Cell(LocalId::new(0));
        let call = t.call(0, 1, &[t.expr(ExprKind::CellGet(t.local(0)))]);
        (place, t.builtin(Builtin::CellSet, &[t.local(0), call]), vec![func])
    }));
}

/// `m[k][i] = 7`, where `m` has one key.
#[test]
fn paths_lead_through_maps() {
    let (arena, types) = (Bump::new(), Types::default());
    let t = Tree(&arena);
    let place = Place::Local(LocalId::new(0));
    let step = |position| Projection::Key { key: t.int(3), position: FuncId::new(position), values: 1 };
    let program = program(
        types,
        vec![
            t.func(false, 0, &[Types::INT], t.int(0)),
            t.func(true, 2, &[Types::INT; 2], t.int(0)),
            t.func(true, 2, &[Types::INT; 2], t.fault(20)),
        ],
    );
    let sources = SourceMap::default();
    let mut machine = Machine::new(&program, &sources);
    let inner = Value::Array(Parts::new(vec![Value::Int(5)]));
    let before = address(&inner);
    let [keys, values] = [Value::Int(3), inner].map(|value| Value::Array(Parts::new(vec![value])));
    machine.stack.push(Value::Struct(Parts::new(vec![keys, values])));

    let path = |position, index| [step(position), Projection::Index(t.int(index))];
    machine.eval(t.part(place, &path(1, -1), PartOp::Store, t.int(7))).expect("no fault");
    let map = machine.stack[0].clone().into_fields();
    let inner = map.as_slice()[1].clone().into_elements().as_slice()[0].clone();
    assert_eq!((inner.parts().map(|parts| parts.as_slice()[0].clone().into_int()), address(&inner)), (Some(7), before));

    let mut fault = |position, index| match machine.eval(t.part(place, &path(position, index), PartOp::Store, t.int(1)))
    {
        Err(Exit::Fault(fault)) => (fault.span.lo, fault.message.as_str().to_string()),
        other => panic!("{other:?}"),
    };
    assert_eq!(fault(1, 9), (70, "Index 9 out of bounds for array of length 1 at dim 2".to_string()));
    assert_eq!(fault(2, 0), (70, "wrong".to_string()));
}

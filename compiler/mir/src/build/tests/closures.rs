//! Function values and cells: they show the same at all levels, leave nothing behind, and cost nothing where they can be
//! seen through.

use bumpalo::Bump;
use resilient_sema::types::*;

use super::compound::Compound;
use super::*;

const INT: Type = Types::INT;
const STR: Type = Types::STR;

impl<'t> Maker<'t> {
    pub(super) fn closure(self, ty: Type, func: usize, captures: Vec<Expr<'t>>) -> Expr<'t> {
        self.expr(ExprKind::Closure(FuncId::new(func), self.list(captures)), ty)
    }

    pub(super) fn call_value(self, callee: Expr<'t>, args: Vec<Expr<'t>>, ty: Type) -> Expr<'t> {
        self.expr(ExprKind::CallValue(self.alloc(callee), self.list(args)), ty)
    }

    pub(super) fn cell_new(self, ty: Type, content: Expr<'t>) -> Expr<'t> {
        self.expr(ExprKind::CellNew(self.alloc(content)), ty)
    }

    pub(super) fn cell_get(self, cell: Expr<'t>, ty: Type) -> Expr<'t> {
        self.expr(ExprKind::CellGet(self.alloc(cell)), ty)
    }

    fn assign_cell(self, index: usize, value: Expr<'t>) -> Stmt<'t> {
        self.stmt(self.expr(ExprKind::Assign(Place::Cell(local(index)), self.alloc(value)), Types::VOID))
    }
}

impl Compound<'_> {
    pub(super) fn fn_ty(&mut self, params: &[Type], result: Type) -> Type {
        self.types.intern(TypeKind::Fn(params.into(), result, [].into()))
    }

    pub(super) fn cell_ty(&mut self, content: Type) -> Type {
        self.types.intern(TypeKind::Cell(content))
    }
}

/// Nothing of function values and cells is left in `module`.
#[track_caller]
fn check_seen_through(module: &Module) {
    let text = print_module(module);
    for word in ["box_new", "call_indirect", "func_addr", "cell_get", "retain"] {
        assert!(!text.contains(word), "{word}:\n{text}");
    }
}

#[test]
fn function_values_capture_values() {
    let bump = Bump::new();
    let mut program = Compound::new(&bump);
    let make = program.make;
    let fun = program.fn_ty(&[INT], STR);
    let funs = program.array(fun);
    let pair = program.tuple(&[STR, INT]);
    program.globals.push(("f", fun));
    // func 1: of x and the captured p, n, s.
    let p = make.local(1, pair);
    let body = make.concat(
        make.concat(make.field(p, 0, STR), make.s(3)),
        make.display(make.binary(
            BinaryOp::IntAdd,
            make.n(0),
            make.binary(BinaryOp::IntAdd, make.n(2), make.field(p, 1, INT)),
        )),
    );
    program.funcs.push(make.func(&[("x", INT), ("p", pair), ("n", INT), ("s", STR)], 4, STR, body));
    // func 2: without captured variables.
    program.funcs.push(make.func(&[("x", INT)], 1, STR, make.display(make.n(0))));
    let fresh = |n| make.concat(make.str("a"), make.display(make.int(n)));
    let capturing = make.closure(fun, 1, vec![make.struct_(pair, vec![fresh(1), make.int(10)]), make.int(5), fresh(2)]);
    let f = make.local(0, fun);
    let fs = make.local(1, funs);
    let of_global = make.expr(ExprKind::Global(global(0)), fun);
    let call = |callee, n| make.call_value(callee, vec![make.int(n)], STR);
    program.main(
        &[("f", fun), ("fs*", funs)],
        vec![
            make.let_(0, capturing),
            make.print(vec![call(f, 1), call(f, 2)]),
            make.let_(1, make.array(funs, vec![f, make.closure(fun, 2, vec![])])),
            make.print(vec![call(make.index(fs, make.int(0), fun), 3), call(make.index(fs, make.int(-1), fun), 3)]),
            make.stmt(make.expr(ExprKind::Assign(Place::Global(global(0)), make.alloc(f)), Types::VOID)),
            make.assign_to(1, make.array(funs, vec![])),
            make.print(vec![call(of_global, 4)]),
            make.print(vec![call(make.closure(fun, 2, vec![]), 5)]),
        ],
    );
    assert_eq!(program.run().0, "a1a216 a1a217 a1a218 3 a1a219 5 ");
}

#[test]
fn closures_share_variables_in_cells() {
    let bump = Bump::new();
    let mut program = Compound::new(&bump);
    let make = program.make;
    let cell = program.cell_ty(INT);
    let fun = program.fn_ty(&[INT], INT);
    // func 1: adds to the captured counter and gives it.
    let count = make.cell_get(make.local(1, cell), INT);
    let body =
        make.block(vec![make.stmt(make.assign_op(Place::Cell(local(1)), BinaryOp::IntAdd, make.n(0)))], Some(count));
    program.funcs.push(make.func(&[("by", INT), ("count", cell)], 2, INT, body));
    let (c, f) = (make.local(0, cell), make.local(1, fun));
    program.main(
        &[("c", cell), ("f", fun), ("i", INT)],
        vec![
            make.let_(0, make.cell_new(cell, make.int(100))),
            make.let_(1, make.closure(fun, 1, vec![c])),
            make.for_(0, 2, make.int(4), vec![make.stmt(make.call_value(f, vec![make.n(2)], INT))]),
            make.assign_cell(0, make.binary(BinaryOp::IntMul, make.cell_get(c, INT), make.int(2))),
            make.print(vec![make.call_value(f, vec![make.int(1)], INT), make.cell_get(c, INT)]),
        ],
    );
    let (shown, module) = program.run_all();
    assert_eq!(shown.log, "213 213 ");
    check_seen_through(&module);
}

/// `apply(f, n)`, which calls `f` in a loop, in a function of the library.
#[test]
fn a_callback_of_an_inlined_function_costs_nothing() {
    let bump = Bump::new();
    let mut program = Compound::new(&bump);
    let make = program.make;
    let fun = program.fn_ty(&[INT], INT);
    // func 1: the callback; func 2: the library.
    program.funcs.push(make.func(
        &[("x", INT), ("n", INT)],
        2,
        INT,
        make.binary(BinaryOp::IntMul, make.n(0), make.n(1)),
    ));
    let called = make.call_value(make.local(0, fun), vec![make.n(3)], INT);
    let body = make.block(
        vec![
            make.let_(2, make.int(0)),
            make.for_(0, 3, make.n(1), vec![make.assign_to(2, make.binary(BinaryOp::IntAdd, make.n(2), called))]),
        ],
        Some(make.n(2)),
    );
    let apply = make.func(&[("f", fun), ("n", INT), ("sum*", INT), ("i", INT)], 2, INT, body);
    program.funcs.push(Func { at_caller: true, name: "apply", ..apply });
    let apply = |n| make.call(2, vec![make.closure(fun, 1, vec![make.n(0)]), make.int(n)], INT, false);
    program.main(&[("k", INT)], vec![make.let_(0, make.int(3)), make.print(vec![apply(4), apply(5)])]);
    let (shown, module) = program.run_all();
    assert_eq!(shown.log, "18 30 ");
    check_seen_through(&module);
}

#[test]
fn what_is_in_a_cell_changes_in_place() {
    let bump = Bump::new();
    let mut program = Compound::new(&bump);
    let make = program.make;
    let ints = program.array(INT);
    let rows = program.array(ints);
    let pair = program.tuple(&[rows, STR]);
    let cell = program.cell_ty(pair);
    let list = program.cell_ty(ints);
    let (c, l) = (make.local(0, cell), make.local(1, list));
    let i = make.n(2);
    let list_of = make.cell_get(l, ints);
    let row = |n| make.index(make.field(make.cell_get(c, pair), 0, rows), make.int(n), ints);
    let path = |n: i64| vec![Projection::Field(0), make.at_index(make.int(n)), make.at_index(i)];
    // func 1: a cell that is passed does not become a variable.
    program.funcs.push(make.func(&[("c", cell)], 1, STR, make.field(make.cell_get(c, pair), 1, STR)));
    let zeros = || make.array(ints, vec![make.int(0); 3]);
    program.main(
        &[("c", cell), ("l", list), ("i", INT)],
        vec![
            make.let_(
                0,
                make.cell_new(cell, make.struct_(pair, vec![make.array(rows, vec![zeros(), zeros()]), make.str("s")])),
            ),
            make.let_(1, make.cell_new(list, make.array(ints, vec![]))),
            make.for_(
                0,
                2,
                make.int(3),
                vec![
                    make.assign_part(Place::Cell(local(0)), path(-1), None, i),
                    make.assign_part(Place::Cell(local(0)), path(0), Some(BinaryOp::IntAdd), make.int(7)),
                    make.assign_part(
                        Place::Cell(local(0)),
                        vec![Projection::Field(1)],
                        Some(BinaryOp::StrConcat),
                        make.str("x"),
                    ),
                    make.assign_cell(1, make.builtin(Builtin::ArrayPush, vec![list_of, i])),
                ],
            ),
            make.stmt(make.expr(
                ExprKind::AssignOp(Place::Cell(local(1)), BinaryOp::ArrayConcat, make.alloc(zeros())),
                Types::VOID,
            )),
            make.print(vec![
                make.index(row(0), make.int(2), INT),
                make.index(row(1), make.int(2), INT),
                make.call(1, vec![c], STR, false),
                make.builtin(Builtin::ArrayLen, vec![list_of]),
                make.index(list_of, make.int(2), INT),
            ]),
        ],
    );
    assert_eq!(program.run(), ("7 2 sxxx 6 2 ".to_string(), 0));
}

#[test]
fn cells_are_handles() {
    let bump = Bump::new();
    let mut program = Compound::new(&bump);
    let make = program.make;
    let cell = program.cell_ty(STR);
    let cells = program.array(cell);
    let (a, all) = (make.local(0, cell), make.local(1, cells));
    let at = |n| make.index(all, make.int(n), cell);
    let set = |cell, value| make.stmt(make.builtin(Builtin::CellSet, vec![cell, value]));
    let fresh = |n| make.concat(make.str("a"), make.display(make.int(n)));
    program.main(
        &[("a", cell), ("all", cells)],
        vec![
            make.let_(0, make.cell_new(cell, fresh(1))),
            make.let_(1, make.array(cells, vec![a, make.cell_new(cell, fresh(2)), a])),
            set(at(2), fresh(3)),
            make.print(vec![make.cell_get(a, STR), make.cell_get(at(0), STR), make.cell_get(at(1), STR)]),
            set(a, make.concat(make.cell_get(at(1), STR), make.cell_get(a, STR))),
            make.print(vec![make.cell_get(at(2), STR)]),
            // Read before the cell changes.
            make.print(vec![
                make.concat(make.cell_get(a, STR), make.block(vec![set(at(0), fresh(4))], Some(make.cell_get(a, STR)))),
            ]),
        ],
    );
    assert_eq!(program.run().0, "a3 a3 a2 a2a3 a2a3a4 ");
}

/// A value taken out while the operand changes the same cell.
#[test]
fn the_operand_of_an_assignment_may_change_the_cell() {
    let bump = Bump::new();
    let mut program = Compound::new(&bump);
    let make = program.make;
    let ints = program.array(INT);
    let cell = program.cell_ty(ints);
    let fun = program.fn_ty(&[], INT);
    // func 1: appends 9 to the captured list and gives its length.
    let list = make.cell_get(make.local(0, cell), ints);
    let body = make.block(
        vec![make.assign_cell(0, make.builtin(Builtin::ArrayPush, vec![list, make.int(9)]))],
        Some(make.builtin(Builtin::ArrayLen, vec![list])),
    );
    program.funcs.push(make.func(&[("list", cell)], 1, INT, body));
    let (c, f) = (make.local(0, cell), make.local(1, fun));
    let list = make.cell_get(c, ints);
    let grow = make.call_value(f, vec![], INT);
    program.main(
        &[("c", cell), ("f", fun)],
        vec![
            make.let_(0, make.cell_new(cell, make.array(ints, vec![make.int(1)]))),
            make.let_(1, make.closure(fun, 1, vec![c])),
            // The old list is read first, so that what was appended meanwhile is lost.
            make.assign_cell(0, make.builtin(Builtin::ArrayPush, vec![list, grow])),
            make.print(vec![make.builtin(Builtin::ArrayLen, vec![list]), make.index(list, make.int(1), INT)]),
            make.assign_part(Place::Cell(local(0)), vec![make.at_index(make.int(0))], Some(BinaryOp::IntAdd), grow),
            make.print(vec![make.builtin(Builtin::ArrayLen, vec![list]), make.index(list, make.int(0), INT)]),
        ],
    );
    assert_eq!(program.run().0, "2 2 3 4 ");
}

//! Maps as the library makes them: structs of arrays that functions of the library take and give back.

use bumpalo::Bump;
use resilient_sema::types::*;

use super::compound::{Compound, place};
use super::*;

const INT: Type = Types::INT;
const STR: Type = Types::STR;

/// `insert(m, k, v)`, func 1, and `position(m, k)`, func 2, of maps from ints to strings.
struct Map {
    ty: Type,
    ints: Type,
    strings: Type,
    index: Type,
}

const INSERT: usize = 1;
const POSITION: usize = 2;
const VALUES: u32 = 1;

impl Map {
    fn new(program: &mut Compound<'_>) -> Map {
        let make = program.make;
        let ints = program.array(INT);
        let strings = program.array(STR);
        let word = program.types.intern(TypeKind::Int(IntTy { bits: 64, signed: false }));
        let index = program.array(word);
        let ty = program.tuple(&[ints, strings, index, Types::BOOL]);
        let map = Map { ty, ints, strings, index };
        let m = make.local(0, ty);
        let find = |key| {
            let args = vec![make.field(m, 2, index), make.field(m, 0, ints), key];
            make.builtin_of(Builtin::IndexFind, args, INT)
        };
        let set = |field, value| make.assign_part(place(0), vec![Projection::Field(field)], None, value);
        let push =
            |field, ty, value| set(field, make.builtin(Builtin::ArrayPush, vec![make.field(m, field, ty), value]));
        let found = make.n(3);
        let at_found = vec![Projection::Field(VALUES), make.at_index(found)];
        let known = make.block(vec![make.assign_part(place(0), at_found, None, make.s(2))], None);
        let added = vec![make.field(m, 2, index), make.field(m, 0, ints)];
        let new = make.block(
            vec![
                push(0, ints, make.n(1)),
                push(VALUES, strings, make.s(2)),
                set(2, make.builtin_of(Builtin::IndexAdd, added, index)),
            ],
            None,
        );
        let is_known = make.binary(BinaryOp::IntCmp(CmpOp::Ge), found, make.int(0));
        let body =
            make.block(vec![make.let_(3, find(make.n(1))), make.stmt(make.if_(is_known, known, Some(new)))], Some(m));
        let insert = make.func(&[("m*", ty), ("k", INT), ("v", STR), ("at", INT)], 3, ty, body);
        program.funcs.push(Func { at_caller: true, name: "insert", ..insert });
        let found = make.n(2);
        let is_missing = make.binary(BinaryOp::IntCmp(CmpOp::Lt), found, make.int(0));
        let missing = make.fault(make.concat(make.str("no key "), make.display(make.n(1))));
        let body = make
            .block(vec![make.let_(2, find(make.n(1))), make.stmt(make.if_(is_missing, missing, None))], Some(found));
        let position = make.func(&[("m", ty), ("k", INT), ("at", INT)], 2, INT, body);
        program.funcs.push(Func { at_caller: true, name: "position", ..position });
        map
    }

    fn empty<'t>(&self, make: Maker<'t>) -> Expr<'t> {
        let arrays = [self.ints, self.strings, self.index].map(|ty| make.array(ty, vec![]));
        make.struct_(self.ty, arrays.into_iter().chain([make.bool(true)]).collect())
    }

    fn insert<'t>(
        &self,
        make: Maker<'t>,
        root: Place,
        path: Vec<Projection<'t>>,
        key: Expr<'t>,
        value: Expr<'t>,
    ) -> Stmt<'t> {
        let op = PartOp::Insert { key: make.alloc(key), insert: FuncId::new(INSERT) };
        let path = make.bump.alloc_slice_copy(&path);
        let node = AssignPart { root, path, op, value: make.alloc(value) };
        make.stmt(make.at(25, make.expr(ExprKind::AssignPart(make.bump.alloc(node)), Types::VOID)))
    }

    fn key<'t>(&self, make: Maker<'t>, key: Expr<'t>) -> Projection<'t> {
        Projection::Key { key: make.alloc(key), position: FuncId::new(POSITION), values: VALUES }
    }

    /// `map[key]`
    fn get<'t>(&self, make: Maker<'t>, map: Expr<'t>, key: Expr<'t>) -> Expr<'t> {
        let place = make.at(33, make.call(POSITION, vec![map, key], INT, false));
        make.builtin_of(Builtin::ArrayGet, vec![make.field(map, VALUES, self.strings), place], STR)
    }
}

#[test]
fn a_map_moves_through_calls() {
    let bump = Bump::new();
    let mut program = Compound::new(&bump);
    let make = program.make;
    let map = Map::new(&mut program);
    let (m, i) = (make.local(0, map.ty), make.n(1));
    let text = make.concat(make.str("v"), make.display(i));
    let inserted = |key, value| make.call(INSERT, vec![m, key, value], map.ty, false);
    program.main(
        &[("m*", map.ty), ("i", INT)],
        vec![
            make.let_(0, map.empty(make)),
            make.for_(0, 1, make.int(5), vec![make.assign_to(0, inserted(i, text))]),
            make.assign_to(0, inserted(make.int(3), make.str("new"))),
            make.print(vec![
                map.get(make, m, make.int(0)),
                map.get(make, m, make.int(3)),
                make.builtin(Builtin::ArrayLen, vec![make.field(m, 0, map.ints)]),
            ]),
        ],
    );
    let (shown, module) = program.run_all();
    assert_eq!((shown.log.as_str(), shown.n_copies), ("v0 new 5 ", 0));
    let is_second_reference = |line: &&str| line.contains(": ref") && line.contains(" = retain ");
    let text = print_module(&module);
    assert_eq!(text.lines().find(is_second_reference), None, "{text}");
}

/// In a variable, in a field of a struct in an array, in a global, in a cell: `[key] = value`, `[key] += value` and
/// `[key] = map[key] + value` change the map where it is.
#[test]
fn maps_change_in_place_wherever_they_are() {
    let bump = Bump::new();
    let mut program = Compound::new(&bump);
    let make = program.make;
    let map = Map::new(&mut program);
    let pair = program.tuple(&[INT, map.ty]);
    let pairs = program.array(pair);
    let cell = program.cell_ty(pair);
    program.globals.push(("g", pair));
    let i = make.n(0);
    let (m, all, c) = (make.local(1, map.ty), make.local(2, pairs), make.local(3, cell));
    let g = make.expr(ExprKind::Global(global(0)), pair);
    let of = |pair| make.field(pair, 1, map.ty);
    let new_pair = || make.struct_(pair, vec![make.int(1), map.empty(make)]);
    let roots = [
        (place(1), vec![], m),
        (place(2), vec![make.at_index(make.int(-1)), Projection::Field(1)], of(make.index(all, make.int(-1), pair))),
        (Place::Global(global(0)), vec![Projection::Field(1)], of(g)),
        (Place::Cell(local(3)), vec![Projection::Field(1)], of(make.cell_get(c, pair))),
    ];
    let mut stmts = vec![
        make.let_(1, map.empty(make)),
        make.let_(2, make.array(pairs, vec![new_pair(), new_pair()])),
        make.stmt(make.expr(ExprKind::Assign(Place::Global(global(0)), make.alloc(new_pair())), Types::VOID)),
        make.let_(3, make.cell_new(cell, new_pair())),
    ];
    for (n, (root, path, read)) in roots.into_iter().enumerate() {
        let text = make.concat(make.str("v"), make.display(i));
        let at = |key| [path.clone(), vec![map.key(make, key)]].concat();
        let longer = make.concat(map.get(make, read, make.int(2)), make.str("?"));
        stmts.extend([
            make.for_(
                n,
                0,
                make.int(4),
                vec![
                    map.insert(make, root, path.clone(), i, text),
                    make.assign_part(root, at(i), Some(BinaryOp::StrConcat), make.str("!")),
                ],
            ),
            make.assign_part(root, at(make.int(1)), None, make.str("one")),
            make.assign_part(root, at(make.int(2)), None, longer),
            make.print((0..4).map(|key| map.get(make, read, make.int(key))).collect()),
        ]);
    }
    program.main(&[("i", INT), ("m*", map.ty), ("all*", pairs), ("c", cell)], stmts);
    assert_eq!(program.run(), ("v0! one v2!? v3! ".repeat(4), 0));
}

#[test]
fn a_copy_of_a_map_stays_as_it_was() {
    let bump = Bump::new();
    let mut program = Compound::new(&bump);
    let make = program.make;
    let map = Map::new(&mut program);
    let (m, n) = (make.local(0, map.ty), make.local(1, map.ty));
    program.main(
        &[("m*", map.ty), ("n*", map.ty)],
        vec![
            make.let_(0, map.empty(make)),
            map.insert(make, place(0), vec![], make.int(1), make.str("a")),
            make.let_(1, m),
            map.insert(make, place(1), vec![], make.int(2), make.str("b")),
            make.assign_part(place(0), vec![map.key(make, make.int(1))], Some(BinaryOp::StrConcat), make.str("c")),
            make.print(vec![
                map.get(make, m, make.int(1)),
                map.get(make, n, make.int(1)),
                map.get(make, n, make.int(2)),
            ]),
            make.print(vec![make.builtin(Builtin::ArrayLen, vec![make.field(m, 0, map.ints)])]),
        ],
    );
    assert_eq!(program.run().0, "ac a b 1 ");
}

#[test]
fn faults_of_the_library_stand_at_its_call() {
    // A read stands at the call, stores at the assignment; all lines have ten columns and a line feed.
    for (n, site) in [(0, (4, 1)), (1, (3, 4)), (2, (3, 4))] {
        let bump = Bump::new();
        let mut program = Compound::new(&bump);
        let make = program.make;
        let map = Map::new(&mut program);
        let key = || vec![map.key(make, make.int(7))];
        let stored = |op| match make.assign_part(place(0), key(), op, make.str("x")) {
            Stmt::Expr(expr) => make.stmt(make.at(25, *expr)),
            other => other,
        };
        let stmt = match n {
            0 => make.print(vec![map.get(make, make.local(0, map.ty), make.int(7))]),
            1 => stored(None),
            _ => stored(Some(BinaryOp::StrConcat)),
        };
        program.main(&[("m*", map.ty)], vec![make.let_(0, map.empty(make)), stmt]);
        let (shown, module) = program.run_all();
        let found = (shown.log.as_str(), shown.site);
        assert_eq!(found, ("fault: fault_message no key 7", Some(site)), "{}", print_module(&module));
    }
}

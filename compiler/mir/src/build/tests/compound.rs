//! Programs with structs, enums and arrays, run as built, behind `scalarize` and optimized: they show the same, leave
//! nothing behind and change nothing in place that others refer to.

use bumpalo::Bump;
use resilient_base::PrimaryMap;
use resilient_sema::types::*;

use super::machine::{Shown, run};
use super::*;
use crate::pass::scalarize;
use crate::pipeline::{OptLevel, optimize};
use crate::verify::verify_scalarized;

/// Types and functions of a program in the making.
pub(super) struct Compound<'t> {
    pub(super) make: Maker<'t>,
    pub(super) types: Types,
    pub(super) funcs: Vec<Func<'t>>,
    pub(super) globals: Vec<(&'t str, Type)>,
}

impl<'t> Compound<'t> {
    pub(super) fn new(bump: &'t Bump) -> Compound<'t> {
        Compound { make: Maker { bump }, types: Types::default(), funcs: Vec::new(), globals: Vec::new() }
    }

    pub(super) fn fields(tys: &[Type]) -> Vec<FieldDef> {
        tys.iter().enumerate().map(|(n, &ty)| FieldDef { name: n.to_string().into(), ty }).collect()
    }

    pub(super) fn tuple(&mut self, tys: &[Type]) -> Type {
        let def = StructDef { name: "".into(), form: StructForm::Tuple, fields: Self::fields(tys) };
        let id = self.types.structs.push(def);
        self.types.intern(TypeKind::Struct(id))
    }

    pub(super) fn array(&mut self, element: Type) -> Type {
        self.types.intern(TypeKind::Array(element))
    }

    pub(super) fn new_enum(&mut self) -> (EnumId, Type) {
        let def = EnumDef { name: "E".into(), qualified: true, variants: Vec::new(), boxed: false };
        let id = self.types.enums.push(def);
        (id, self.types.intern(TypeKind::Enum(id)))
    }

    pub(super) fn set_variants(&mut self, id: EnumId, boxed: bool, variants: &[&[Type]]) {
        let variant = |(n, tys): (usize, &&[Type])| VariantDef {
            name: format!("V{n}").into(),
            form: VariantForm::Tuple,
            fields: Self::fields(tys),
        };
        let def = &mut self.types.enums[id];
        def.boxed = boxed;
        def.variants = variants.iter().enumerate().map(variant).collect();
    }

    pub(super) fn enum_(&mut self, variants: &[&[Type]]) -> Type {
        let (id, ty) = self.new_enum();
        self.set_variants(id, false, variants);
        ty
    }

    /// Function 0 with these locals and statements, which the top level calls; a name that ends in `*` is assigned.
    pub(super) fn main(&mut self, locals: &[(&'t str, Type)], stmts: Vec<Stmt<'t>>) {
        let body = self.make.block(stmts, None);
        self.funcs.insert(0, self.make.func(locals, 0, Types::VOID, body));
    }

    /// Runs the program in all forms and gives what it shows, and how many arrays are copied at most where it is optimized.
    pub(super) fn run(self) -> (String, usize) {
        let (shown, _) = self.run_all();
        (shown.log, shown.n_copies)
    }

    /// The same with the module at the default level.
    pub(super) fn run_all(self) -> (Shown, Module) {
        let (make, n_funcs) = (self.make, self.funcs.len());
        let mut program = Program {
            types: self.types,
            funcs: self.funcs.into_iter().collect(),
            globals: PrimaryMap::new(),
            top: FuncId::new(n_funcs),
            file: FileId::new(0),
            tracing: None,
            claims: Vec::new(),
        };
        for (name, ty) in self.globals {
            program.globals.push(Global { name, ty, checked: false, span: span(0) });
        }
        let call = make.stmt(make.call(0, vec![], Types::VOID, false));
        let top = make.block(vec![call], Some(make.int(0)));
        program.funcs.push(Func { name: "<top>", ..make.func(&[], 0, Types::INT, top) });

        let built = module(&program);
        let expected = run(&built);
        let mut scalar = built.clone();
        scalarize::run(&mut scalar);
        if let Err(errors) = verify_scalarized(&scalar) {
            panic!("{errors}\n{}", print_module(&scalar));
        }
        assert_eq!(run(&scalar), expected, "{}", print_module(&scalar));
        let read = crate::read::read_module(&print_module(&built)).map(|module| print_module(&module));
        assert_eq!(read.as_ref(), Ok(&print_module(&built)));
        let mut last = (expected, built.clone());
        for level in [OptLevel::None, OptLevel::One, OptLevel::Size, OptLevel::Two] {
            let mut optimized = built.clone();
            optimize(&mut optimized, level, true, &mut |_, _| {});
            let shown = run(&optimized);
            let text = || format!("{level:?}\n{}", print_module(&optimized));
            assert_eq!((&shown.log, shown.site), (&last.0.log, last.0.site), "{}", text());
            let n_copies = if level == OptLevel::None { 0 } else { shown.n_copies.max(last.0.n_copies) };
            last = (Shown { n_copies, ..shown }, optimized);
        }
        last
    }
}

impl<'t> Maker<'t> {
    pub(super) fn struct_(self, ty: Type, fields: Vec<Expr<'t>>) -> Expr<'t> {
        self.expr(ExprKind::Struct(self.list(fields)), ty)
    }

    pub(super) fn field(self, base: Expr<'t>, n: u32, ty: Type) -> Expr<'t> {
        self.expr(ExprKind::Field(self.alloc(base), n), ty)
    }

    pub(super) fn variant(self, ty: Type, n: u32, payload: Vec<Expr<'t>>) -> Expr<'t> {
        self.expr(ExprKind::Variant(n, self.list(payload)), ty)
    }

    pub(super) fn payload(self, base: Expr<'t>, variant: u32, field: u32, ty: Type) -> Expr<'t> {
        self.expr(ExprKind::VariantField(self.alloc(base), variant, field), ty)
    }

    pub(super) fn array(self, ty: Type, elements: Vec<Expr<'t>>) -> Expr<'t> {
        self.expr(ExprKind::Array(self.list(elements)), ty)
    }

    pub(super) fn index(self, base: Expr<'t>, index: Expr<'t>, ty: Type) -> Expr<'t> {
        self.expr(ExprKind::Index(self.alloc(base), self.alloc(index)), ty)
    }

    pub(super) fn assign_part(
        self,
        root: Place,
        path: Vec<Projection<'t>>,
        op: Option<BinaryOp>,
        value: Expr<'t>,
    ) -> Stmt<'t> {
        let op = op.map_or(PartOp::Store, PartOp::Op);
        let node = AssignPart { root, path: self.bump.alloc_slice_copy(&path), op, value: self.alloc(value) };
        self.stmt(self.expr(ExprKind::AssignPart(self.bump.alloc(node)), Types::VOID))
    }

    pub(super) fn at_index(self, index: Expr<'t>) -> Projection<'t> {
        Projection::Index(self.alloc(index))
    }

    pub(super) fn match_(self, decision: Decision<'t>, arms: Vec<Expr<'t>>, ty: Type) -> Expr<'t> {
        let node = Match { decision: self.bump.alloc(decision), arms: self.list(arms) };
        self.expr(ExprKind::Match(self.bump.alloc(node)), ty)
    }

    pub(super) fn arm(self, arm: u32, bindings: Vec<(LocalId, Expr<'t>)>) -> Decision<'t> {
        Decision::Arm { bindings: self.bump.alloc_slice_copy(&bindings), arm }
    }

    pub(super) fn switch(
        self,
        subject: Expr<'t>,
        cases: Vec<(u32, Decision<'t>)>,
        default: Option<Decision<'t>>,
    ) -> Decision<'t> {
        let default = default.map(|decision| &*self.bump.alloc(decision));
        Decision::Switch { subject: self.alloc(subject), cases: self.bump.alloc_slice_copy(&cases), default }
    }

    /// Prints the display forms of values with blanks between.
    pub(super) fn print(self, values: Vec<Expr<'t>>) -> Stmt<'t> {
        let mut parts = Vec::new();
        for value in values {
            parts.extend([self.display(value), self.str(" ")]);
        }
        let text = self.expr(ExprKind::Concat(self.list(parts)), Types::STR);
        self.stmt(self.builtin(Builtin::Print, vec![text]))
    }

    pub(super) fn assign_to(self, index: usize, value: Expr<'t>) -> Stmt<'t> {
        self.stmt(self.assign(index, value))
    }

    pub(super) fn for_(self, id: usize, var: usize, hi: Expr<'t>, stmts: Vec<Stmt<'t>>) -> Stmt<'t> {
        self.stmt(self.for_range(id, var, (self.int(0), hi), false, self.block(stmts, None)))
    }
}

const INT: Type = Types::INT;
const STR: Type = Types::STR;

pub(super) fn place(index: usize) -> Place {
    Place::Local(local(index))
}

#[test]
fn structs_are_independent_copies() {
    let bump = Bump::new();
    let mut program = Compound::new(&bump);
    let make = program.make;
    let inner = program.tuple(&[INT, STR]);
    let outer = program.tuple(&[STR, inner, INT]);
    let fresh = make.concat(make.str("a"), make.display(make.int(7)));
    let value = make.struct_(outer, vec![make.str("o"), make.struct_(inner, vec![make.int(1), fresh]), make.int(2)]);
    let (p, q) = (make.local(0, outer), make.local(1, outer));
    let shown = |of| {
        let inside = make.field(of, 1, inner);
        vec![make.field(of, 0, STR), make.field(inside, 0, INT), make.field(inside, 1, STR), make.field(of, 2, INT)]
    };
    // A function that takes and gives a struct: func 1.
    let changed = make.block(
        vec![make.assign_part(place(0), vec![Projection::Field(0)], Some(BinaryOp::StrConcat), make.str("!"))],
        Some(p),
    );
    program.funcs.push(make.func(&[("s*", outer)], 1, outer, changed));
    program.main(
        &[("p", outer), ("q*", outer)],
        vec![
            make.let_(0, value),
            make.let_(1, p),
            make.assign_part(
                place(1),
                vec![Projection::Field(1), Projection::Field(1)],
                Some(BinaryOp::StrConcat),
                make.str("x"),
            ),
            make.assign_part(place(1), vec![Projection::Field(2)], None, make.int(9)),
            make.print(shown(p)),
            make.print(shown(q)),
            make.assign_to(1, make.call(1, vec![q], outer, false)),
            make.print(shown(q)),
            make.print(vec![make.field(make.call(1, vec![p], outer, false), 0, STR)]),
        ],
    );
    assert_eq!(program.run().0, "o 1 a7 2 o 1 a7x 9 o! 1 a7x 9 o! ");
}

#[test]
fn enums_share_slots_and_match() {
    let bump = Bump::new();
    let mut program = Compound::new(&bump);
    let make = program.make;
    let pair = program.tuple(&[STR, INT]);
    let ty = program.enum_(&[&[INT, STR], &[], &[pair, Types::BOOL], &[STR]]);
    let subject = make.local(0, ty);
    let text = |local| make.local(local, STR);
    // `V0(n, s) if n < 2 => s, V0(_, s) | V3(s) => s + "+", V1 => "none", V2((s, n), b) => s + n + b`
    let pair_part = |n, ty| make.field(make.payload(subject, 2, 0, pair), n, ty);
    let less = make.binary(BinaryOp::IntCmp(CmpOp::Lt), make.n(1), make.int(2));
    let guard = Decision::Guard {
        bindings: bump.alloc_slice_copy(&[
            (local(1), make.payload(subject, 0, 0, INT)),
            (local(2), make.payload(subject, 0, 1, STR)),
        ]),
        guard: make.alloc(less),
        arm: 0,
        otherwise: bump.alloc(make.arm(1, vec![(local(3), make.payload(subject, 0, 1, STR))])),
    };
    let decision = make.switch(
        subject,
        vec![
            (0, guard),
            (
                2,
                make.arm(
                    3,
                    vec![
                        (local(4), pair_part(0, STR)),
                        (local(5), pair_part(1, INT)),
                        (local(6), make.payload(subject, 2, 1, Types::BOOL)),
                    ],
                ),
            ),
            (3, make.arm(1, vec![(local(3), make.payload(subject, 3, 0, STR))])),
        ],
        Some(make.arm(2, vec![])),
    );
    let all = vec![make.display(text(4)), make.display(make.n(5)), make.display(make.b(6))];
    let all = make.expr(ExprKind::Concat(make.list(all)), STR);
    let arms = vec![text(2), make.concat(text(3), make.str("+")), make.str("none"), all];
    let body = make.match_(decision, arms, STR);
    let locals = [("e", ty), ("n", INT), ("s", STR), ("t", STR), ("u", STR), ("m", INT), ("b", Types::BOOL)];
    program.funcs.push(make.func(&locals, 1, STR, body));
    let fresh = |n| make.concat(make.str("f"), make.display(make.int(n)));
    let describe = |value| make.call(1, vec![value], STR, false);
    program.main(
        &[],
        vec![make.print(vec![
            describe(make.variant(ty, 0, vec![make.int(1), fresh(1)])),
            describe(make.variant(ty, 0, vec![make.int(2), fresh(2)])),
            describe(make.variant(ty, 1, vec![])),
            describe(make.variant(ty, 2, vec![make.struct_(pair, vec![fresh(3), make.int(4)]), make.bool(true)])),
            describe(make.variant(ty, 3, vec![fresh(5)])),
        ])],
    );
    assert_eq!(program.run().0, "f1 f2+ none f34true f5+ ");
}

#[test]
fn boxed_enums_are_trees() {
    let bump = Bump::new();
    let mut program = Compound::new(&bump);
    let make = program.make;
    let (id, list) = program.new_enum();
    program.set_variants(id, true, &[&[], &[STR, list]]);
    // join(l) = match l { Nil => "", Cons(s, rest) => s + join(rest) }
    let subject = make.local(0, list);
    let cons =
        make.arm(1, vec![(local(1), make.payload(subject, 1, 0, STR)), (local(2), make.payload(subject, 1, 1, list))]);
    let decision = make.switch(subject, vec![(0, make.arm(0, vec![])), (1, cons)], None);
    let joined = make.concat(make.s(1), make.call(1, vec![make.local(2, list)], STR, false));
    let body = make.match_(decision, vec![make.str(""), joined], STR);
    program.funcs.push(make.func(&[("l", list), ("s", STR), ("rest", list)], 1, STR, body));
    let fresh = make.concat(make.str("n"), make.display(make.n(1)));
    let longer = make.variant(list, 1, vec![fresh, make.local(0, list)]);
    program.main(
        &[("l*", list), ("i", INT), ("copy", list)],
        vec![
            make.let_(0, make.variant(list, 0, vec![])),
            make.for_(0, 1, make.int(3), vec![make.assign_to(0, longer)]),
            make.let_(2, make.local(0, list)),
            make.assign_to(0, make.variant(list, 1, vec![make.str("z"), make.local(0, list)])),
            make.print(vec![make.call(1, vec![make.local(0, list)], STR, false)]),
            make.print(vec![make.call(1, vec![make.local(2, list)], STR, false)]),
        ],
    );
    assert_eq!(program.run().0, "zn2n1n0 n2n1n0 ");
}

#[test]
fn arrays_grow_and_change_in_place() {
    let bump = Bump::new();
    let mut program = Compound::new(&bump);
    let make = program.make;
    let ints = program.array(INT);
    let rows = program.array(ints);
    let (a, m) = (make.local(0, ints), make.local(2, rows));
    let i = make.n(1);
    let j = make.n(3);
    let square = make.binary(BinaryOp::IntMul, i, i);
    let at = |row, column| make.index(make.index(m, row, ints), column, INT);
    program.main(
        &[("a*", ints), ("i", INT), ("m*", rows), ("j", INT)],
        vec![
            make.let_(0, make.array(ints, vec![])),
            make.for_(0, 1, make.int(5), vec![make.assign_to(0, make.builtin(Builtin::ArrayPush, vec![a, square]))]),
            make.for_(
                1,
                1,
                make.builtin(Builtin::ArrayLen, vec![a]),
                vec![make.assign_part(place(0), vec![make.at_index(i)], Some(BinaryOp::IntAdd), make.int(100))],
            ),
            make.let_(
                2,
                make.array(rows, vec![make.array(ints, vec![make.int(0); 2]), make.array(ints, vec![make.int(0); 2])]),
            ),
            make.for_(
                2,
                1,
                make.int(2),
                vec![make.for_(
                    3,
                    3,
                    make.int(2),
                    vec![make.assign_part(
                        place(2),
                        vec![make.at_index(i), make.at_index(j)],
                        None,
                        make.binary(BinaryOp::IntAdd, i, j),
                    )],
                )],
            ),
            make.assign_to(0, make.builtin(Builtin::ArrayPop, vec![a])),
            make.print(vec![
                make.index(a, make.int(0), INT),
                make.index(a, make.int(-1), INT),
                make.builtin(Builtin::ArrayLen, vec![a]),
            ]),
            make.print(vec![
                at(make.int(0), make.int(0)),
                at(make.int(1), make.int(0)),
                at(make.int(-1), make.int(-1)),
            ]),
        ],
    );
    assert_eq!(program.run(), ("100 109 4 0 1 2 ".to_string(), 0));
}

#[test]
fn arrays_are_independent_copies() {
    let bump = Bump::new();
    let mut program = Compound::new(&bump);
    let make = program.make;
    let item = program.tuple(&[STR, INT]);
    let items = program.array(item);
    let rows = program.array(items);
    let fresh = |n| make.concat(make.str("s"), make.display(make.int(n)));
    let pair = |n| make.struct_(item, vec![fresh(n), make.int(n)]);
    let (r, c) = (make.local(0, rows), make.local(1, rows));
    let name =
        |of, row, column| make.field(make.index(make.index(of, make.int(row), items), make.int(column), item), 0, STR);
    let number =
        |of, row, column| make.field(make.index(make.index(of, make.int(row), items), make.int(column), item), 1, INT);
    let path = |row, column, field| {
        vec![make.at_index(make.int(row)), make.at_index(make.int(column)), Projection::Field(field)]
    };
    program.main(
        &[("r*", rows), ("c*", rows), ("row", items)],
        vec![
            make.let_(
                0,
                make.array(rows, vec![make.array(items, vec![pair(1), pair(2)]), make.array(items, vec![pair(3)])]),
            ),
            make.let_(1, r),
            make.let_(2, make.index(r, make.int(0), items)),
            make.assign_part(place(0), path(0, 1, 0), Some(BinaryOp::StrConcat), make.str("!")),
            make.assign_part(place(0), path(-1, -1, 1), None, make.int(30)),
            make.assign_part(place(0), vec![make.at_index(make.int(0)), make.at_index(make.int(0))], None, pair(9)),
            make.print(vec![
                name(r, 0, 0),
                name(r, 0, 1),
                number(r, 1, 0),
                name(c, 0, 0),
                name(c, 0, 1),
                number(c, 1, 0),
            ]),
            make.print(vec![make.field(make.index(make.local(2, items), make.int(1), item), 0, STR)]),
            make.assign_to(1, make.binary(BinaryOp::ArrayConcat, c, c)),
            make.print(vec![make.builtin(Builtin::ArrayLen, vec![c]), name(c, 3, 0)]),
        ],
    );
    assert_eq!(program.run().0, "s9 s2! 30 s1 s2 3 s2 4 s3 ");
}

#[test]
fn globals_are_changed_by_parts() {
    let bump = Bump::new();
    let mut program = Compound::new(&bump);
    let make = program.make;
    let ints = program.array(INT);
    let ty = program.tuple(&[STR, ints]);
    program.globals.push(("g", ty));
    let g = Place::Global(global(0));
    let read = make.expr(ExprKind::Global(global(0)), ty);
    let list = make.field(read, 1, ints);
    let init = make.struct_(
        ty,
        vec![make.concat(make.str("a"), make.display(make.int(1))), make.array(ints, vec![make.int(1), make.int(2)])],
    );
    program.main(
        &[("before", ty)],
        vec![
            Stmt::InitGlobal(global(0), make.alloc(init)),
            make.let_(0, read),
            make.assign_part(
                g,
                vec![Projection::Field(1), make.at_index(make.int(1))],
                Some(BinaryOp::IntMul),
                make.int(21),
            ),
            make.assign_part(g, vec![Projection::Field(0)], None, make.str("b")),
            make.assign_part(
                g,
                vec![Projection::Field(1)],
                None,
                make.builtin(Builtin::ArrayPush, vec![list, make.int(5)]),
            ),
            make.print(vec![
                make.field(read, 0, STR),
                make.index(list, make.int(1), INT),
                make.index(list, make.int(2), INT),
            ]),
            make.print(vec![
                make.field(make.local(0, ty), 0, STR),
                make.index(make.field(make.local(0, ty), 1, ints), make.int(1), INT),
            ]),
        ],
    );
    assert_eq!(program.run().0, "b 42 5 a1 2 ");
}

#[test]
fn bad_indices_fault_with_the_index_of_the_program() {
    let bump = Bump::new();
    for (index, is_write, expected) in [
        (3, false, "fault: fault_index 3 3"),
        (-4, false, "fault: fault_index -4 3"),
        (i64::MAX, false, "fault: fault_index 9223372036854775807 3"),
        (i64::MIN, true, "fault: fault_index_dim -9223372036854775808 3 1"),
        (3, true, "fault: fault_index_dim 3 3 1"),
    ] {
        for is_known in [false, true] {
            let mut program = Compound::new(&bump);
            let make = program.make;
            let ints = program.array(INT);
            let a = make.local(0, ints);
            let place_of = if is_known { make.int(index) } else { make.call(1, vec![], INT, false) };
            program.funcs.push(make.func(&[], 0, INT, make.int(index)));
            let access = match is_write {
                true => make.assign_part(place(0), vec![make.at_index(place_of)], None, make.int(1)),
                false => make.print(vec![make.index(a, place_of, INT)]),
            };
            let array = make.array(ints, vec![make.int(1), make.int(2), make.int(3)]);
            program.main(&[("a*", ints)], vec![make.let_(0, array), access]);
            assert_eq!(program.run().0, expected);
        }
    }
}

#[test]
fn integers_keep_to_their_width() {
    let bump = Bump::new();
    let mut program = Compound::new(&bump);
    let make = program.make;
    let int = |bits, signed| TypeKind::Int(IntTy { bits, signed });
    let i8_ty = program.types.intern(int(8, true));
    let u16_ty = program.types.intern(int(16, false));
    let u64_ty = program.types.intern(int(64, false));
    let op = |op, a, b| make.binary(op, a, b);
    let value = |value, ty| make.expr(ExprKind::Int(value), ty);
    program.main(
        &[("a*", i8_ty), ("b*", u16_ty), ("c*", u64_ty)],
        vec![
            make.let_(0, value(-128, i8_ty)),
            make.let_(1, value(0xffff, u16_ty)),
            make.let_(2, value(-1, u64_ty)),
            make.print(vec![
                op(BinaryOp::IntDiv, make.local(0, i8_ty), value(-1, i8_ty)),
                op(BinaryOp::IntSub, make.local(0, i8_ty), value(1, i8_ty)),
                op(BinaryOp::IntMul, make.local(1, u16_ty), make.local(1, u16_ty)),
                op(BinaryOp::IntShl, make.local(1, u16_ty), make.int(15)),
                op(BinaryOp::IntDiv, make.local(2, u64_ty), value(2, u64_ty)),
                op(BinaryOp::IntShr, make.local(2, u64_ty), make.int(63)),
                op(BinaryOp::IntCmp(CmpOp::Gt), make.local(2, u64_ty), value(1, u64_ty)),
                make.local(2, u64_ty),
            ]),
            make.stmt(make.assign_op(place(1), BinaryOp::IntShl, make.int(16))),
        ],
    );
    assert_eq!(
        program.run().0,
        "-128 127 1 32768 9223372036854775807 1 true 18446744073709551615 fault: fault_shift_amount 16"
    );
}

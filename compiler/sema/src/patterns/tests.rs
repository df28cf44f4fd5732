//! Trees against the definition: the first arm that matches, for every value of small types.

use bumpalo::Bump;
use resilient_base::{EntityRef, FileId, Span};

use super::{Arm, Outcome, Pattern, compile};
use crate::typed::{BinaryOp, CmpOp, Decision, Expr, ExprKind, LocalId};
use crate::types::{EnumDef, FieldDef, IntTy, StructDef, StructForm, Type, TypeKind, Types, VariantDef, VariantForm};

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Bool(bool),
    Int(i128),
    Float(f64),
    Char(char),
    Str(&'static str),
    Variant(u32, Vec<Value>),
    Struct(Vec<Value>),
}

fn matches(pattern: &Pattern<'_>, value: &Value) -> bool {
    let all = |fields: &[(u32, Pattern<'_>)], values: &[Value]| {
        fields.iter().all(|(index, field)| matches(field, &values[*index as usize]))
    };
    match (pattern, value) {
        (Pattern::Any, _) => true,
        (Pattern::Bind(_, _, inner), _) => matches(inner, value),
        (Pattern::Or(alternatives), _) => alternatives.iter().any(|alternative| matches(alternative, value)),
        (Pattern::Bool(a), Value::Bool(b)) => a == b,
        (Pattern::Range(lo, hi), Value::Int(value)) => (lo..=hi).contains(&value),
        (Pattern::Range(lo, hi), Value::Char(value)) => (*lo..=*hi).contains(&i128::from(u32::from(*value))),
        (Pattern::Float(a), Value::Float(b)) => a == b,
        (Pattern::Str(a), Value::Str(b)) => a == b,
        (Pattern::Variant(a, fields), Value::Variant(b, values)) => a == b && all(fields, values),
        (Pattern::Fields(fields), Value::Struct(values)) => all(fields, values),
        _ => panic!("{pattern:?} cannot match {value:?}"),
    }
}

fn eval(expr: &Expr<'_>, root: &Value) -> Value {
    match expr.kind {
        ExprKind::Local(_) => root.clone(),
        ExprKind::Int(value) => Value::Int(value.into()),
        ExprKind::Float(value) => Value::Float(value),
        ExprKind::Char(value) => Value::Char(value),
        ExprKind::Str(text) => Value::Str(text.to_string().leak()),
        ExprKind::Field(whole, index) => match eval(whole, root) {
            Value::Struct(values) => values[index as usize].clone(),
            other => panic!("{other:?} has no fields"),
        },
        ExprKind::VariantField(whole, variant, index) => match eval(whole, root) {
            Value::Variant(found, values) if found == variant => values[index as usize].clone(),
            other => panic!("{other:?} is not variant {variant}"),
        },
        ExprKind::Binary(op, left, right) => {
            let order = match (op, eval(left, root), eval(right, root)) {
                (BinaryOp::IntCmp(_), Value::Int(a), Value::Int(b)) => Some(a.cmp(&b)),
                (BinaryOp::FloatCmp(_), Value::Float(a), Value::Float(b)) => a.partial_cmp(&b),
                (BinaryOp::CharCmp(_), Value::Char(a), Value::Char(b)) => Some(a.cmp(&b)),
                (BinaryOp::StrCmp(_), Value::Str(a), Value::Str(b)) => Some(a.cmp(b)),
                other => panic!("{other:?}"),
            };
            let (BinaryOp::IntCmp(op) | BinaryOp::FloatCmp(op) | BinaryOp::CharCmp(op) | BinaryOp::StrCmp(op)) = op
            else {
                panic!("{op:?} is no comparison")
            };
            Value::Bool(match op {
                CmpOp::Lt => order.is_some_and(|order| order.is_lt()),
                CmpOp::Eq => order.is_some_and(|order| order.is_eq()),
                other => panic!("{other:?} is not used"),
            })
        }
        other => panic!("{other:?} is not used"),
    }
}

/// The arm that the tree takes for `root`, and the number of tests.
fn decide(mut decision: &Decision<'_>, root: &Value) -> (u32, usize) {
    let mut n_tests = 0;
    loop {
        match decision {
            Decision::Arm { arm, .. } => return (*arm, n_tests),
            Decision::Guard { guard, arm, otherwise, .. } => match guard.kind {
                ExprKind::Bool(true) => return (*arm, n_tests),
                _ => decision = otherwise,
            },
            Decision::Switch { subject, cases, default } => {
                let Value::Variant(variant, _) = eval(subject, root) else { panic!("{subject:?} is no enum") };
                let case = cases.iter().find(|(case, _)| *case == variant).map(|(_, decision)| decision);
                decision = case.or(*default).expect("all variants are listed without a default");
            }
            Decision::If(cond, then, otherwise) => {
                decision = if eval(cond, root) == Value::Bool(true) { then } else { otherwise };
            }
        }
        n_tests += 1;
    }
}

struct World {
    types: Types,
    u8: Type,
    shape: Type,
    pair: Type,
    option: Type,
}

fn field(name: &str, ty: Type) -> FieldDef {
    FieldDef { name: name.into(), ty }
}

impl World {
    /// `enum Shape { Dot, Line(bool), Box { wide: bool, high: bool } }` and `(Shape, u8)`.
    fn new() -> World {
        let mut types = Types::default();
        let u8 = types.intern(TypeKind::Int(IntTy { bits: 8, signed: false }));
        let variant = |name: &str, form, fields| VariantDef { name: name.into(), form, fields };
        let shape = types.enums.push(EnumDef {
            name: "Shape".into(),
            qualified: true,
            boxed: false,
            variants: vec![
                variant("Dot", VariantForm::Plain, vec![]),
                variant("Line", VariantForm::Tuple, vec![field("0", Types::BOOL)]),
                variant("Box", VariantForm::Named, vec![field("wide", Types::BOOL), field("high", Types::BOOL)]),
            ],
        });
        let shape = types.intern(TypeKind::Enum(shape));
        let option = types.enums.push(EnumDef {
            name: "Option".into(),
            qualified: false,
            boxed: false,
            variants: vec![
                variant("None", VariantForm::Plain, vec![]),
                variant("Some", VariantForm::Tuple, vec![field("0", Types::INT)]),
            ],
        });
        let option = types.intern(TypeKind::Enum(option));
        let fields = vec![field("0", shape), field("1", u8)];
        let pair = types.structs.push(StructDef { name: "".into(), form: StructForm::Tuple, fields });
        let pair = types.intern(TypeKind::Struct(pair));
        World { types, u8, shape, pair, option }
    }

    fn compile<'t>(&self, arena: &'t Bump, ty: Type, arms: &[Arm<'t>]) -> Outcome<'t> {
        let subject = Expr { kind: ExprKind::Local(LocalId::new(0)), ty, span: Span::new(FileId::new(0), 0, 0) };
        compile(&self.types, arena, subject, arms)
    }

    /// The counterexamples of unguarded arms.
    fn uncovered(&self, ty: Type, patterns: Vec<Pattern<'static>>) -> Vec<String> {
        let arms: Vec<Arm<'_>> = patterns.into_iter().map(|pattern| Arm { pattern, guard: None }).collect();
        self.compile(&Bump::new(), ty, &arms).uncovered
    }
}

/// A small deterministic source of numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % n
    }

    fn bool(&mut self) -> Pattern<'static> {
        match self.below(4) {
            0 => Pattern::Bool(true),
            1 => Pattern::Bool(false),
            2 => Pattern::Or(vec![self.bool(), self.bool()]),
            _ => Pattern::Any,
        }
    }

    fn shape(&mut self) -> Pattern<'static> {
        match self.below(6) {
            0 => Pattern::Variant(0, vec![]),
            1 => Pattern::Variant(1, vec![(0, self.bool())]),
            2 => Pattern::Variant(2, vec![(1, self.bool()), (0, self.bool())]),
            3 => Pattern::Or(vec![self.shape(), self.shape(), self.shape()]),
            4 => Pattern::Bind(LocalId::new(1), None, Box::new(self.shape())),
            _ => Pattern::Any,
        }
    }

    fn byte(&mut self) -> Pattern<'static> {
        let lo = i128::from(self.below(256));
        match self.below(5) {
            0 => Pattern::Range(lo, lo),
            1 => Pattern::Range(lo, (lo + i128::from(self.below(200))).min(255)),
            2 => Pattern::Range(0, lo),
            3 => Pattern::Or(vec![self.byte(), self.byte()]),
            _ => Pattern::Any,
        }
    }

    fn pair(&mut self) -> Pattern<'static> {
        match self.below(4) {
            0 => Pattern::Or(vec![self.pair(), self.pair()]),
            1 => Pattern::Fields(vec![(1, self.byte())]),
            _ => Pattern::Fields(vec![(0, self.shape()), (1, self.byte())]),
        }
    }
}

fn all_pairs() -> Vec<Value> {
    let bools = [Value::Bool(false), Value::Bool(true)];
    let mut shapes = vec![Value::Variant(0, vec![])];
    shapes.extend(bools.iter().map(|b| Value::Variant(1, vec![b.clone()])));
    shapes.extend(bools.iter().flat_map(|a| bools.iter().map(|b| Value::Variant(2, vec![a.clone(), b.clone()]))));
    shapes.iter().flat_map(|shape| (0..256).map(|byte| Value::Struct(vec![shape.clone(), Value::Int(byte)]))).collect()
}

#[test]
fn trees_take_the_first_arm_that_matches() {
    let world = World::new();
    let values = all_pairs();
    let span = Span::new(FileId::new(0), 0, 0);
    let mut random = Random(7);
    let (mut n_complete, mut n_unreachable) = (0, 0);
    for _ in 0..300 {
        let arena = Bump::new();
        let guard = |is_true| Expr { kind: ExprKind::Bool(is_true), ty: Types::BOOL, span };
        let mut arms: Vec<Arm<'_>> = (0..random.below(9))
            .map(|_| {
                let guard = (random.below(4) == 0).then(|| &*arena.alloc(guard(random.below(2) == 0)));
                Arm { pattern: random.pair(), guard }
            })
            .collect();
        if random.below(2) == 0 {
            arms.push(Arm { pattern: Pattern::Any, guard: None });
        }
        let outcome = world.compile(&arena, world.pair, &arms);
        let mut is_reached = vec![false; arms.len()];
        let mut is_complete = true;
        for value in &values {
            let mut taken = None;
            let mut is_covered = false;
            for (index, arm) in arms.iter().enumerate().filter(|(_, arm)| matches(&arm.pattern, value)) {
                is_reached[index] |= !is_covered;
                is_covered |= arm.guard.is_none();
                let is_true = arm.guard.is_none_or(|guard| matches!(guard.kind, ExprKind::Bool(true)));
                taken = taken.or(is_true.then_some(index as u32));
            }
            is_complete &= is_covered;
            if let Some(decision) = outcome.decision {
                assert_eq!(Some(decide(decision, value).0), taken, "{value:?}");
            }
        }
        let unreachable: Vec<usize> = (0..arms.len()).filter(|&index| !is_reached[index]).collect();
        assert_eq!(outcome.unreachable, unreachable);
        assert_eq!(outcome.decision.is_some(), is_complete);
        assert_eq!(outcome.uncovered.is_empty(), is_complete);
        n_complete += usize::from(is_complete);
        n_unreachable += unreachable.len();
    }
    // The generator makes all kinds.
    assert!(n_complete > 50 && n_complete < 250 && n_unreachable > 50, "{n_complete} {n_unreachable}");
}

#[test]
fn counterexamples_read_like_patterns() {
    let world = World::new();
    let some = |inner| Pattern::Variant(1, vec![(0, inner)]);
    let none = Pattern::Variant(0, vec![]);
    let range = Pattern::Range;
    assert_eq!(world.uncovered(world.option, vec![none.clone(), some(range(0, 1))]), ["Some(..=-1)", "Some(2..)"]);
    assert_eq!(world.uncovered(world.option, vec![some(Pattern::Any)]), ["None"]);
    assert_eq!(world.uncovered(world.u8, vec![range(0, 9), range(11, 254)]), ["10", "255"]);
    assert_eq!(world.uncovered(world.u8, vec![range(0, 9), range(10, 255)]), [""; 0]);
    assert_eq!(world.uncovered(Types::INT, vec![]), ["_"]);
    let int = IntTy::INT;
    assert_eq!(world.uncovered(Types::INT, vec![range(int.min(), int.max())]), ["_"]);
    assert_eq!(world.uncovered(Types::STR, vec![Pattern::Str("a")]), ["_"]);
    assert_eq!(world.uncovered(Types::CHAR, vec![range(0, 0x10FFFF)]), ["_"]);
    assert_eq!(world.uncovered(world.shape, vec![none.clone()]), ["Shape::Line(_)", "Shape::Box { .. }"]);
    let wide = Pattern::Variant(2, vec![(0, Pattern::Bool(true))]);
    let pairs = vec![Pattern::Fields(vec![(0, wide)]), Pattern::Fields(vec![(1, range(0, 3))])];
    assert_eq!(
        world.uncovered(world.pair, pairs),
        ["(Shape::Box { wide: false, .. }, 4..=255)", "(Shape::Dot, 4..=255)", "(Shape::Line(_), 4..=255)"]
    );
}

#[test]
fn many_literals_need_few_tests() {
    let world = World::new();
    let arena = Bump::new();
    let texts: Vec<&'static str> = (0..1000).map(|i| &*format!("{i:03}").leak()).collect();
    let chars: Vec<char> = ('\u{D700}'..='\u{E0FF}').collect();
    let literals = |patterns: Vec<Pattern<'static>>| -> Vec<Arm<'static>> {
        patterns.into_iter().chain([Pattern::Any]).map(|pattern| Arm { pattern, guard: None }).collect()
    };
    let check = |ty: Type, patterns: Vec<Pattern<'static>>, values: Vec<Value>, other: Value| {
        let n = patterns.len();
        let arms = literals(patterns);
        let decision = world.compile(&arena, ty, &arms).decision.expect("there is a catch-all");
        for (index, value) in values.iter().enumerate() {
            let (arm, n_tests) = decide(decision, value);
            assert_eq!(arm as usize, index);
            assert!(n_tests <= 14, "{n_tests} tests");
        }
        assert_eq!(decide(decision, &other).0 as usize, n);
    };
    let every_third = (0..1000).map(|i| i * 3);
    let ints = every_third.clone().map(|i| Pattern::Range(i, i)).collect();
    check(Types::INT, ints, every_third.map(Value::Int).collect(), Value::Int(1));
    let patterns = texts.iter().map(|text| Pattern::Str(text)).collect();
    check(Types::STR, patterns, texts.iter().map(|text| Value::Str(text)).collect(), Value::Str("0015"));
    let halves = (0..1000).map(|i| f64::from(i) / 2.0);
    let patterns = halves.clone().map(Pattern::Float).collect();
    check(Types::FLOAT, patterns, halves.map(Value::Float).collect(), Value::Float(f64::NAN));
    let code = |c: &char| i128::from(u32::from(*c));
    let patterns = chars.iter().map(|c| Pattern::Range(code(c), code(c))).collect();
    check(Types::CHAR, patterns, chars.iter().map(|c| Value::Char(*c)).collect(), Value::Char('\0'));
}

#[test]
fn ends_of_open_types() {
    let world = World::new();
    let arena = Bump::new();
    let int = IntTy::INT;
    let cases: [(Type, (i128, i128), [Value; 2]); 2] = [
        (Types::INT, (int.min(), int.max()), [Value::Int(int.min()), Value::Int(int.max())]),
        (Types::CHAR, (0, 0x10FFFF), [Value::Char('\0'), Value::Char(char::MAX)]),
    ];
    for (ty, (least, greatest), [first, last]) in cases {
        let ends = Pattern::Or(vec![Pattern::Range(least, least), Pattern::Range(greatest, greatest)]);
        let arms = [ends, Pattern::Any].map(|pattern| Arm { pattern, guard: None });
        let decision = world.compile(&arena, ty, &arms).decision.expect("there is a catch-all");
        assert_eq!([&first, &last].map(|value| decide(decision, value).0), [0, 0]);
        let inner = if ty == Types::INT { Value::Int(0) } else { Value::Char('a') };
        assert_eq!(decide(decision, &inner).0, 1);
    }
}

#[test]
fn tests_that_multiply_are_refused() {
    let mut world = World::new();
    let n = 40;
    let fields = (0..n).map(|i| field(&i.to_string(), Types::BOOL)).collect();
    let wide = world.types.structs.push(StructDef { name: "".into(), form: StructForm::Tuple, fields });
    let wide = world.types.intern(TypeKind::Struct(wide));
    let either = |i| Pattern::Fields(vec![(i, Pattern::Bool(true)), ((i * 7 + 1) % n, Pattern::Bool(false))]);
    let arms: Vec<Arm<'_>> =
        (0..n).map(either).chain([Pattern::Any]).map(|pattern| Arm { pattern, guard: None }).collect();
    let arena = Bump::new();
    let outcome = world.compile(&arena, wide, &arms);
    assert!(outcome.decision.is_none() && outcome.is_too_complex);
}

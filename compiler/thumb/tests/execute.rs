//! Every operation on every type, with registers and constants in every place, as value and as condition: run on an
//! emulated processor and compared with the interpreter.

mod harness;

use std::fmt::Write;

use cranelift_codegen::data_value::DataValue;
use harness::{Call, Random, differences, parse, random_calls, targets};

const INTS: [&str; 4] = ["i8", "i16", "i32", "i64"];
const CONDS: [&str; 10] = ["eq", "ne", "slt", "sge", "sgt", "sle", "ult", "uge", "ugt", "ule"];
const FLOAT_CONDS: [&str; 14] =
    ["eq", "ne", "lt", "le", "gt", "ge", "ord", "uno", "ueq", "one", "ult", "ule", "ugt", "uge"];

/// Constants that differ in how they can be encoded.
fn constants(ty: &str) -> &'static [i64] {
    match ty {
        "i8" => &[0, 1, -1, 7, 100, -128],
        "i16" => &[0, 1, -1, 255, 256, 4095, -32768],
        "i32" => &[0, 1, -1, 255, 256, 4095, 4096, -4095, 0x1234_5678, 0x00ff_00ff, -0x8000_0000, 0xffff, -257],
        _ => &[
            0,
            1,
            -1,
            255,
            4095,
            -4095,
            0x1_0000_0000,
            0x1234_5678_9abc_def0,
            i64::MIN,
            i64::MAX,
            0xffff_ffff,
            -0x1_0000_0000,
            0x00ff_00ff_0000_0001,
            -257,
        ],
    }
}

/// Functions in text, named one after the other.
struct Corpus {
    text: String,
    n: usize,
}

impl Corpus {
    fn add(&mut self, params: &str, result: &str, body: &str) {
        let list: Vec<_> = params.split(' ').filter(|p| !p.is_empty()).collect();
        let block: Vec<_> = list.iter().enumerate().map(|(n, ty)| format!("v{n}: {ty}")).collect();
        let _ = writeln!(
            self.text,
            "function %f{}({}) -> {result} system_v {{\nblock0({}):\n{body}\n}}",
            self.n,
            list.join(", "),
            block.join(", ")
        );
        self.n += 1;
    }
}

fn run(name: &str, fill: impl Fn(&mut Corpus)) {
    let mut corpus = Corpus { text: String::new(), n: 0 };
    fill(&mut corpus);
    let functions = parse(&corpus.text);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut calls = random_calls(&functions, 24, &mut random);
    // The interpreter traps for the smallest number by -1, where the remainder is zero; see `known_results`.
    calls.retain(|call| call.expected.is_some() || !functions[call.function].to_string().contains("srem"));
    assert!(calls.len() >= functions.len(), "most calls have an expected result");
    let mut wrong = String::new();
    for (target_name, target) in targets() {
        let found = differences(&format!("{name}-{target_name}"), &functions, &calls, &target)
            .unwrap_or_else(|error| panic!("{target_name}: {error}"));
        for line in found.iter().take(12) {
            let _ = writeln!(wrong, "{target_name}: {line}");
        }
    }
    let culprits: Vec<_> = functions.iter().filter(|f| wrong.contains(&format!("{}(", f.name))).take(3).collect();
    let culprits: String = culprits.iter().map(|f| f.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong}\n{culprits}");
}

#[test]
fn integer_arithmetic() {
    run("arith", |corpus| {
        for ty in INTS {
            for op in ["iadd", "isub", "imul", "band", "bor", "bxor", "umin", "umax", "smin", "smax"] {
                corpus.add(&format!("{ty} {ty}"), ty, &format!("v2 = {op} v0, v1\nreturn v2"));
                for constant in constants(ty) {
                    corpus.add(ty, ty, &format!("v1 = iconst.{ty} {constant}\nv2 = {op} v0, v1\nreturn v2"));
                    corpus.add(ty, ty, &format!("v1 = iconst.{ty} {constant}\nv2 = {op} v1, v0\nreturn v2"));
                }
            }
            for op in ["ineg", "bnot", "iabs"] {
                corpus.add(ty, ty, &format!("v1 = {op} v0\nreturn v1"));
            }
        }
        for ty in ["i32", "i64"] {
            for op in ["umulhi", "smulhi"] {
                corpus.add(&format!("{ty} {ty}"), ty, &format!("v2 = {op} v0, v1\nreturn v2"));
            }
            for op in ["clz", "ctz", "bswap", "bitrev"] {
                corpus.add(ty, ty, &format!("v1 = {op} v0\nreturn v1"));
            }
        }
        corpus.add("i16", "i16", "v1 = bswap v0\nreturn v1");
    });
}

#[test]
fn division() {
    run("division", |corpus| {
        for ty in INTS {
            for op in ["udiv", "sdiv", "urem", "srem"] {
                corpus.add(&format!("{ty} {ty}"), ty, &format!("v2 = {op} v0, v1\nreturn v2"));
                for constant in constants(ty).iter().chain(&[3, 10, 64]).filter(|&&c| c != 0) {
                    corpus.add(ty, ty, &format!("v1 = iconst.{ty} {constant}\nv2 = {op} v0, v1\nreturn v2"));
                    corpus.add(ty, ty, &format!("v1 = iconst.{ty} {constant}\nv2 = {op} v1, v0\nreturn v2"));
                }
                // The checks are left out where a branch has made them.
                corpus.add(
                    &format!("{ty} {ty}"),
                    ty,
                    &format!(
                        "v2 = iconst.{ty} 0\nv3 = icmp eq v1, v2\nbrif v3, block1, block2\nblock1:\nreturn v0\n\
                         block2:\nv4 = iconst.{ty} -1\nv5 = icmp eq v1, v4\nbrif v5, block1, block3\n\
                         block3:\nv6 = {op} v0, v1\nreturn v6"
                    ),
                );
            }
        }
    });
}

#[test]
fn shifts() {
    run("shifts", |corpus| {
        for ty in INTS {
            let rotations: &[&str] = if ty == "i32" || ty == "i64" { &["rotl", "rotr"] } else { &[] };
            for op in ["ishl", "ushr", "sshr"].iter().chain(rotations) {
                for amount_ty in ["i8", "i32", "i64"] {
                    corpus.add(&format!("{ty} {amount_ty}"), ty, &format!("v2 = {op} v0, v1\nreturn v2"));
                }
                for amount in [0, 1, 5, 7, 8, 15, 16, 31, 32, 33, 40, 63] {
                    corpus.add(ty, ty, &format!("v1 = iconst.i32 {amount}\nv2 = {op} v0, v1\nreturn v2"));
                }
                for constant in constants(ty) {
                    corpus.add("i32", ty, &format!("v1 = iconst.{ty} {constant}\nv2 = {op} v1, v0\nreturn v2"));
                }
            }
        }
        for (first, second) in [("ishl", "ushr"), ("ishl", "sshr"), ("ushr", "band")] {
            for (a, b) in [(8, 8), (8, 16), (16, 20), (3, 1), (24, 31), (4, 15)] {
                corpus.add(
                    "i32",
                    "i32",
                    &format!(
                        "v1 = iconst.i32 {a}\nv2 = {first} v0, v1\nv3 = iconst.i32 {b}\nv4 = {second} v2, v3\nreturn v4"
                    ),
                );
            }
        }
    });
}

#[test]
fn shifted_operands_and_products() {
    run("operands", |corpus| {
        for op in ["iadd", "isub", "band", "bor", "bxor"] {
            for shift in ["ishl", "ushr", "sshr", "rotr"] {
                for body in ["v4 = OP v1, v3", "v4 = OP v3, v1"] {
                    let body = body.replace("OP", op);
                    let text = format!("v2 = iconst.i32 5\nv3 = {shift} v0, v2\n{body}\nreturn v4");
                    corpus.add("i32 i32", "i32", &text);
                }
            }
            for ty in INTS {
                let negated = format!("v2 = bnot v1\nv3 = {op} v0, v2\nreturn v3");
                corpus.add(&format!("{ty} {ty}"), ty, &negated);
                for body in ["v4 = OP v2, v3", "v4 = OP v3, v2"] {
                    let body = body.replace("OP", op);
                    corpus.add(&format!("{ty} {ty} {ty}"), ty, &format!("v3 = imul v0, v1\n{body}\nreturn v4"));
                }
            }
        }
        for extend in ["uextend", "sextend"] {
            let widened = format!("v3 = {extend}.i64 v0\nv4 = {extend}.i64 v1\nv5 = imul v3, v4\n");
            corpus.add("i32 i32 i64", "i64", &format!("{widened}return v5"));
            corpus.add("i32 i32 i64", "i64", &format!("{widened}v6 = iadd v5, v2\nreturn v6"));
            corpus.add("i32 i32 i64", "i64", &format!("{widened}v6 = iadd v2, v5\nreturn v6"));
            let mixed = format!("v3 = {extend}.i64 v0\nv5 = imul v3, v2\nreturn v5");
            corpus.add("i32 i32 i64", "i64", &mixed);
            corpus.add("i32", "i64", &format!("v1 = {extend}.i64 v0\nv2 = iconst.i64 -7\nv3 = imul v1, v2\nreturn v3"));
            corpus.add("i32", "i64", &format!("v1 = {extend}.i64 v0\nv2 = iconst.i64 7\nv3 = imul v1, v2\nreturn v3"));
        }
    });
}

#[test]
fn comparisons() {
    run("compare", |corpus| {
        for ty in INTS {
            for cond in CONDS {
                let mut operands = vec![(format!("{ty} {ty}"), String::new(), "v0, v1".to_owned())];
                for constant in constants(ty) {
                    let define = format!("v1 = iconst.{ty} {constant}\n");
                    operands.push((ty.to_string(), define.clone(), "v0, v1".into()));
                    operands.push((ty.to_string(), define, "v1, v0".into()));
                }
                for (params, define, args) in operands {
                    let compare = format!("{define}v2 = icmp {cond} {args}\n");
                    corpus.add(&params, "i8", &format!("{compare}return v2"));
                    let branch = "brif v2, block1, block2\nblock1:\nv3 = iconst.i32 17\nreturn v3\nblock2:\nv4 = iconst.i32 -4\nreturn v4";
                    corpus.add(&params, "i32", &format!("{compare}{branch}"));
                }
                let select = format!("v4 = icmp {cond} v0, v1\nv5 = select v4, v2, v3\nreturn v5");
                for result in INTS.iter().chain(&["f32", "f64"]) {
                    corpus.add(&format!("{ty} {ty} {result} {result}"), result, &select);
                }
                let constant = format!(
                    "v2 = icmp {cond} v0, v1\nv3 = iconst.i64 5\nv4 = iconst.i64 0x1_0000_0007\nv5 = select v2, v3, v4\nreturn v5"
                );
                corpus.add(&format!("{ty} {ty}"), "i64", &constant);
                let trap = format!("v2 = icmp {cond} v0, v1\ntrapnz v2, user1\nreturn v0");
                corpus.add(&format!("{ty} {ty}"), ty, &trap);
            }
            corpus.add(ty, "i32", "brif v0, block1, block2\nblock1:\nv3 = iconst.i32 17\nreturn v3\nblock2:\nv4 = iconst.i32 -4\nreturn v4");
            corpus.add(&format!("{ty} i32 i32"), "i32", "v3 = select v0, v1, v2\nreturn v3");
            corpus.add(&format!("{ty} {ty}"), "i32", "v2 = band v0, v1\nbrif v2, block1, block2\nblock1:\nv3 = iconst.i32 17\nreturn v3\nblock2:\nv4 = iconst.i32 -4\nreturn v4");
            corpus.add(ty, "i32", "trapz v0, user3\nv4 = iconst.i32 -4\nreturn v4");
            for result in INTS {
                corpus.add(ty, result, &format!("v1 = bmask.{result} v0\nreturn v1"));
            }
        }
    });
}

#[test]
fn conversions_of_integers() {
    run("convert", |corpus| {
        for (n, from) in INTS.iter().enumerate() {
            for to in &INTS[n + 1..] {
                corpus.add(from, to, &format!("v1 = uextend.{to} v0\nreturn v1"));
                corpus.add(from, to, &format!("v1 = sextend.{to} v0\nreturn v1"));
                corpus.add(to, from, &format!("v1 = ireduce.{from} v0\nreturn v1"));
                corpus.add(to, to, &format!("v1 = ireduce.{from} v0\nv2 = sextend.{to} v1\nreturn v2"));
                corpus.add(to, to, &format!("v1 = ireduce.{from} v0\nv2 = uextend.{to} v1\nreturn v2"));
                let sum = format!("v2 = iadd v0, v1\nv3 = uextend.{to} v2\nreturn v3");
                corpus.add(&format!("{from} {from}"), to, &sum);
                let low = format!("v2 = imul v0, v1\nv3 = ireduce.{from} v2\nreturn v3");
                corpus.add(&format!("{to} {to}"), from, &low);
            }
        }
    });
}

#[test]
fn memory() {
    run("memory", |corpus| {
        let frame = "ss0 = explicit_slot 64\n";
        let mut add = |params: &str, result: &str, body: &str| {
            let at = corpus.text.len();
            corpus.add(params, result, body);
            let brace = at + corpus.text[at..].find('{').expect("a body") + 2;
            corpus.text.insert_str(brace, frame);
        };
        for flags in ["", "notrap aligned "] {
            for ty in ["i8", "i16", "i32", "i64", "f32", "f64"] {
                for offset in [0, 8, 56] {
                    add(
                        ty,
                        ty,
                        &format!(
                            "v1 = stack_addr.i32 ss0+{offset}\nstore {flags}v0, v1\nv2 = load.{ty} {flags}v1\nreturn v2"
                        ),
                    );
                    add(
                        ty,
                        ty,
                        &format!(
                            "v1 = stack_addr.i32 ss0\nstore {flags}v0, v1+{offset}\nv2 = load.{ty} {flags}v1+{offset}\nreturn v2"
                        ),
                    );
                }
                // Through an index, so that the address is not known.
                for shift in [0, 1, 2, 3] {
                    let address = format!(
                        "v2 = iconst.i32 7\nv3 = band v1, v2\nv4 = iconst.i32 {shift}\nv5 = ishl v3, v4\nv6 = stack_addr.i32 ss0\nv7 = iadd v6, v5\n"
                    );
                    add(&format!("{ty} i32"), ty, &format!("{address}store v0, v7\nv8 = load.{ty} v7\nreturn v8"));
                }
            }
            for (size, ty) in [("8", "i16"), ("8", "i32"), ("8", "i64"), ("16", "i32"), ("16", "i64")] {
                for extend in ["uload", "sload"] {
                    add(
                        ty,
                        ty,
                        &format!(
                            "v1 = stack_addr.i32 ss0+8\nistore{size} {flags}v0, v1\nv2 = {extend}{size}.{ty} {flags}v1\nreturn v2"
                        ),
                    );
                }
            }
        }
        // Halves of what was stored.
        add(
            "i64",
            "i32",
            "v1 = stack_addr.i32 ss0\nstore v0, v1\nv2 = load.i64 v1\nv3 = iconst.i32 32\nv4 = ushr v2, v3\nv5 = ireduce.i32 v4\nreturn v5",
        );
        add(
            "i64",
            "i32",
            "v1 = stack_addr.i32 ss0\nstore notrap aligned v0, v1\nv2 = load.i64 notrap aligned v1\nv5 = ireduce.i32 v2\nreturn v5",
        );
    });
}

#[test]
fn floats() {
    run("floats", |corpus| {
        for ty in ["f32", "f64"] {
            for op in ["fadd", "fsub", "fmul", "fdiv"] {
                corpus.add(&format!("{ty} {ty}"), ty, &format!("v2 = {op} v0, v1\nreturn v2"));
                for constant in ["0x1.0p0", "-0x1.99999ap-4", "0x0.0", "0x1.0p20"] {
                    corpus.add(ty, ty, &format!("v1 = {ty}const {constant}\nv2 = {op} v0, v1\nreturn v2"));
                }
            }
            for op in ["fneg", "fabs"] {
                corpus.add(ty, ty, &format!("v1 = {op} v0\nreturn v1"));
            }
            for cond in FLOAT_CONDS {
                corpus.add(&format!("{ty} {ty}"), "i8", &format!("v2 = fcmp {cond} v0, v1\nreturn v2"));
                corpus.add(
                    &format!("{ty} {ty}"),
                    ty,
                    &format!("v2 = fcmp {cond} v0, v1\nv3 = select v2, v0, v1\nreturn v3"),
                );
                let branch = "brif v2, block1, block2\nblock1:\nreturn v0\nblock2:\nreturn v1";
                corpus.add(&format!("{ty} {ty}"), ty, &format!("v2 = fcmp {cond} v0, v1\n{branch}"));
            }
            for from in INTS {
                corpus.add(from, ty, &format!("v1 = fcvt_from_sint.{ty} v0\nreturn v1"));
                corpus.add(from, ty, &format!("v1 = fcvt_from_uint.{ty} v0\nreturn v1"));
            }
            let bits = if ty == "f32" { "i32" } else { "i64" };
            corpus.add(ty, bits, &format!("v1 = bitcast.{bits} v0\nreturn v1"));
            corpus.add(bits, ty, &format!("v1 = bitcast.{ty} v0\nreturn v1"));
        }
        corpus.add("f32", "f64", "v1 = fpromote.f64 v0\nreturn v1");
        corpus.add("f64", "f32", "v1 = fdemote.f32 v0\nreturn v1");
        corpus.add("f64 i32 f64 i64 f64", "f64", "v5 = fcvt_from_sint.f64 v1\nv6 = fadd v0, v5\nv7 = fmul v2, v4\nv8 = fcvt_from_sint.f64 v3\nv9 = fsub v6, v7\nv10 = fadd v9, v8\nreturn v10");
    });
}

/// What the interpreter cannot do, or does otherwise.
#[test]
fn known_results() {
    let mut corpus = Corpus { text: String::new(), n: 0 };
    corpus.add("i32 i32", "i64", "v2 = iconcat v0, v1\nreturn v2");
    corpus.add("i64", "i32", "v1, v2 = isplit v0\nreturn v2");
    corpus.add("i64", "i32", "v1, v2 = isplit v0\nv3 = isub v2, v1\nreturn v3");
    corpus.add("i32 i32", "i32", "v2 = srem v0, v1\nreturn v2");
    corpus.add("i64 i64", "i64", "v2 = srem v0, v1\nreturn v2");
    corpus.add("i8 i8", "i8", "v2 = srem v0, v1\nreturn v2");
    // The interpreter knows no addresses outside of stack slots, and extends by the type of the address.
    let far = "v1 = stack_addr.i32 ss0\nv2 = iconst.i32 -5000\nv3 = iadd v1, v2\nstore v0, v3+5004\nv4 = load.i64 v3+5004\nreturn v4";
    let extending = |name| format!("v1 = stack_addr.i32 ss0\nistore32 v0, v1\nv2 = {name} v1\nreturn v2");
    for body in [extending("uload32"), extending("sload32"), far.to_owned()] {
        let at = corpus.text.len();
        corpus.add("i64", "i64", &body);
        let brace = at + corpus.text[at..].find('{').expect("a body") + 2;
        corpus.text.insert_str(brace, "ss0 = explicit_slot 16\n");
    }
    // Calls through an address.
    let _ = writeln!(
        corpus.text,
        "function %f9(i32, i64) -> i64 system_v {{\nsig0 = (i32, i32) -> i32 system_v\nsig1 = (i64, i64) -> i64 system_v\n\
         fn0 = %f3 sig0\nfn1 = %f4 sig1\nblock0(v0: i32, v1: i64):\nv2 = func_addr.i32 fn0\nv3 = func_addr.i32 fn1\n\
         v4 = iconst.i32 10\nv5 = call_indirect sig0, v2(v0, v4)\nv6 = iconst.i64 1000\n\
         v7 = call_indirect sig1, v3(v1, v6)\nv8 = uextend.i64 v5\nv9 = iadd v7, v8\nreturn v9\n}}"
    );
    let functions = parse(&corpus.text);
    let call = |function, args: &[DataValue], expected| Call { function, args: args.to_vec(), expected };
    use DataValue::{I8, I32, I64};
    let calls = [
        call(0, &[I32(0x1234_5678), I32(-2)], Some(0xffff_fffe_1234_5678)),
        call(1, &[I64(0x1234_5678_9abc_def0)], Some(0x1234_5678)),
        call(2, &[I64(0x0000_0007_0000_0009)], Some(0xffff_fffe)),
        call(3, &[I32(i32::MIN), I32(-1)], Some(0)),
        call(3, &[I32(7), I32(0)], None),
        call(4, &[I64(i64::MIN), I64(-1)], Some(0)),
        call(4, &[I64(7), I64(0)], None),
        call(5, &[I8(i8::MIN), I8(-1)], Some(0)),
        call(5, &[I8(7), I8(0)], None),
        call(6, &[I64(0x1234_5678_9abc_def0)], Some(0x9abc_def0)),
        call(7, &[I64(0x1234_5678_9abc_def0)], Some(0xffff_ffff_9abc_def0)),
        call(8, &[I64(0x1234_5678_9abc_def0)], Some(0x1234_5678_9abc_def0)),
        call(9, &[I32(27), I64(123_456)], Some(463)),
    ];
    for (name, target) in targets() {
        let wrong = differences(&format!("known-{name}"), &functions, &calls, &target);
        assert_eq!(wrong, Ok(Vec::new()), "{name}");
    }
}

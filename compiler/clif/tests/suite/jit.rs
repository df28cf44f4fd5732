//! Every MIR instruction through the JIT, at all optimization levels.

use crate::common::{LEVELS, module, options, run, run_at};
use resilient_clif::jit::JitProgram;

/// Text of an int constant.
fn int(value: i64) -> String {
    format!("i64 = iconst {value}")
}

/// Text of a float constant.
fn float(value: f64) -> String {
    if value.is_nan() { "f64 = fconst nan:0x7ff8000000000000".into() } else { format!("f64 = fconst {value:?}") }
}

/// What `op` of two constants of type `ty` prints: once as constants that may be folded, once as parameters.
fn binary(op: &str, ty: &str, result: &str, a: &str, b: &str) -> [String; 2] {
    let print = match result {
        "i64" => "print_int",
        "f64" => "print_float",
        _ => "print_bool",
    };
    let constant = format!(
        "entry fn0\nfn0 \"main\"() -> i64 {{\nblock0:\n v0: {a}\n v1: {b}\n v2: {result} = {op} v0, v1\n rt {print}(v2)\n
         v3: i64 = iconst 0\n return v3\n}}"
    );
    let passed = format!(
        "entry fn1\nfn0 \"op\"({ty}, {ty}) -> {result} {{\nblock0(v0: {ty}, v1: {ty}):\n v2: {result} = {op} v0, v1\n
         return v2\n}}\nfn1 \"main\"() -> i64 {{\nblock0:\n v0: {a}\n v1: {b}\n v2: {result} = call fn0(v0, v1)\n
         rt {print}(v2)\n v3: i64 = iconst 0\n return v3\n}}"
    );
    [constant, passed].map(|text| run(&text).1.trim_end().to_owned())
}

#[track_caller]
fn check_int(op: &str, a: i64, b: i64, expected: i64) {
    assert_eq!(
        binary(op, "i64", "i64", &int(a), &int(b)),
        [expected.to_string(), expected.to_string()],
        "{op} {a} {b}"
    );
}

#[track_caller]
fn check_cmp(op: &str, ty: &str, a: &str, b: &str, expected: bool) {
    let expected = u8::from(expected).to_string();
    assert_eq!(binary(op, ty, "bool", a, b), [expected.clone(), expected], "{op} {a} {b}");
}

#[test]
fn int_arithmetic_wraps() {
    check_int("iadd", i64::MAX, 1, i64::MIN);
    check_int("isub", i64::MIN, 1, i64::MAX);
    check_int("imul", i64::MAX, 2, -2);
    check_int("imul", 1 << 32, 1 << 32, 0);
    check_int("iand", 0b1100, 0b1010, 0b1000);
    check_int("ior", 0b1100, 0b1010, 0b1110);
    check_int("ixor", 0b1100, 0b1010, 0b0110);
}

#[test]
fn division_truncates_and_is_total() {
    for (a, b) in [(7, 2), (-7, 2), (7, -2), (-7, -2), (0, 5), (5, 1), (5, -1), (i64::MIN, 2), (i64::MIN, 16), (-1, 16)]
    {
        check_int("idiv", a, b, a / b);
        check_int("irem", a, b, a % b);
    }
    for b in [i64::MIN, i64::MAX, 3, 10, 1_000_000_007, 1 << 62, -(1 << 62)] {
        for a in [i64::MIN, i64::MAX, -1, 0, 1, 123_456_789_012_345] {
            check_int("idiv", a, b, a / b);
            check_int("irem", a, b, a % b);
        }
    }
    check_int("idiv", i64::MIN, -1, i64::MIN);
    check_int("irem", i64::MIN, -1, 0);
}

#[test]
fn shifts_take_the_whole_range() {
    check_int("ishl", 1, 63, i64::MIN);
    check_int("ishl", 3, 63, i64::MIN);
    check_int("ishl", 5, 0, 5);
    check_int("ishr", i64::MIN, 63, -1);
    check_int("ishr", i64::MAX, 62, 1);
    check_int("ishr", -5, 1, -3);
    check_int("ishr", -5, 0, -5);
}

#[test]
fn int_comparisons_are_signed() {
    for (a, b) in [(1, 2), (2, 1), (1, 1), (-1, 1), (i64::MIN, i64::MAX)] {
        for (op, expected) in
            [("eq", a == b), ("ne", a != b), ("lt", a < b), ("le", a <= b), ("gt", a > b), ("ge", a >= b)]
        {
            check_cmp(&format!("icmp {op}"), "i64", &int(a), &int(b), expected);
        }
    }
}

#[test]
fn float_comparisons_with_nan() {
    let values = [1.0, 2.0, 0.0, -0.0, f64::NAN, f64::INFINITY];
    for a in values {
        for b in values {
            for (op, expected) in
                [("eq", a == b), ("ne", a != b), ("lt", a < b), ("le", a <= b), ("gt", a > b), ("ge", a >= b)]
            {
                check_cmp(&format!("fcmp {op}"), "f64", &float(a), &float(b), expected);
            }
        }
    }
}

#[test]
fn float_arithmetic() {
    let values = [1.5, -0.1, 0.0, 1e308, f64::INFINITY];
    for a in values {
        for b in values {
            for (op, expected) in [("fadd", a + b), ("fsub", a - b), ("fmul", a * b), ("fdiv", a / b)] {
                let expected = format!("{expected:?}");
                assert_eq!(
                    binary(op, "f64", "f64", &float(a), &float(b)),
                    [expected.clone(), expected],
                    "{op} {a} {b}"
                );
            }
        }
    }
}

#[test]
fn bool_operators() {
    for (a, b) in [(false, false), (false, true), (true, false), (true, true)] {
        for (op, expected) in [("band", a & b), ("bor", a | b), ("bxor", a ^ b)] {
            check_cmp(op, "bool", &format!("bool = bconst {a}"), &format!("bool = bconst {b}"), expected);
        }
    }
}

/// What the unary `op` of a parameter prints.
fn unary(op: &str, ty: &str, result: &str, a: &str) -> String {
    let print = match result {
        "i64" => "print_int",
        "f64" => "print_float",
        _ => "print_bool",
    };
    run(&format!(
        "entry fn1\nfn0 \"op\"({ty}) -> {result} {{\nblock0(v0: {ty}):\n v1: {result} = {op} v0\n return v1\n}}
         fn1 \"main\"() -> i64 {{\nblock0:\n v0: {a}\n v1: {result} = call fn0(v0)\n rt {print}(v1)\n
         v3: i64 = iconst 0\n return v3\n}}"
    ))
    .1
    .trim_end()
    .to_owned()
}

#[test]
fn unary_operators() {
    assert_eq!(unary("ineg", "i64", "i64", &int(i64::MIN)), i64::MIN.to_string());
    assert_eq!(unary("ineg", "i64", "i64", &int(5)), "-5");
    assert_eq!(unary("fneg", "f64", "f64", &float(0.0)), "-0.0");
    assert_eq!(unary("fneg", "f64", "f64", &float(f64::INFINITY)), "-inf");
    assert_eq!(unary("not", "bool", "bool", "bool = bconst true"), "0");
    assert_eq!(unary("not", "bool", "bool", "bool = bconst false"), "1");
    // Halfway cases go to the even neighbour.
    for value in [0, -1, i64::MIN, i64::MAX, (1 << 53) + 1, (1 << 53) + 3, -(1 << 53) - 1] {
        assert_eq!(unary("int_to_float", "i64", "f64", &int(value)), format!("{:?}", value as f64));
    }
}

#[test]
fn select_of_each_type() {
    let text = |cond| {
        format!(
            "entry fn1
            fn0 \"pick\"(bool, i64, i64, f64, f64, bool, bool) -> (i64, f64, bool) {{
            block0(v0: bool, v1: i64, v2: i64, v3: f64, v4: f64, v5: bool, v6: bool):
                v7: i64 = select v0, v1, v2
                v8: f64 = select v0, v3, v4
                v9: bool = select v0, v5, v6
                return v7, v8, v9
            }}
            fn1 \"main\"() -> i64 {{
            block0:
                v0: bool = bconst {cond}
                v1: i64 = iconst 1
                v2: i64 = iconst 2
                v3: f64 = fconst 1.5
                v4: f64 = fconst 2.5
                v5: bool = bconst true
                v6: bool = bconst false
                v7: i64, v8: f64, v9: bool = call fn0(v0, v1, v2, v3, v4, v5, v6)
                rt print_float(v8)
                rt print_bool(v9)
                return v7
            }}"
        )
    };
    assert_eq!(run(&text(true)), (1, "1.5\n1\n".into()));
    assert_eq!(run(&text(false)), (2, "2.5\n0\n".into()));
}

/// The loop swaps two values in each turn, and its blocks stand in an order in which definitions follow uses.
#[test]
fn loop_with_block_parameters() {
    let text = r#"entry fn1
        fn0 "fib"(i64) -> i64 {
        block0(v0: i64):
            v1: i64 = iconst 0
            v2: i64 = iconst 1
            jump block3(v0, v1, v2)
        block1:
            v3: i64 = iconst 1
            v4: i64 = isub v8, v3
            v5: i64 = iadd v9, v10
            jump block3(v4, v10, v5)
        block2:
            return v9
        block3(v8: i64, v9: i64, v10: i64):
            v6: i64 = iconst 0
            v7: bool = icmp eq v8, v6
            branch v7, block2, block1
        }
        fn1 "main"() -> i64 {
        block0:
            v0: i64 = iconst 90
            v1: i64 = call fn0(v0)
            return v1
        }"#;
    assert_eq!(run(text).0, 2880067194370816120);
}

#[test]
fn unreachable_blocks_are_left_out() {
    let text = r#"entry fn0
        fn0 "main"() -> i64 {
        block0:
            v0: i64 = iconst 7
            return v0
        block1(v1: i64):
            v2: i64 = iadd v1, v3
            jump block2
        block2:
            v3: i64 = iconst 1
            jump block1(v3)
        }"#;
    assert_eq!(run(text).0, 7);
}

#[test]
fn many_arguments() {
    const N: usize = 40;
    let types: Vec<_> = (0..N).map(|n| ["i64", "f64", "bool"][n % 3]).collect();
    let params: Vec<_> = types.iter().enumerate().map(|(n, ty)| format!("v{n}: {ty}")).collect();
    let mut text = format!("entry fn1\nfn0 \"many\"({}) {{\nblock0({}):\n", types.join(", "), params.join(", "));
    let mut main = "fn1 \"main\"() -> i64 {\nblock0:\n".to_owned();
    let mut expected = String::new();
    for (n, ty) in types.iter().enumerate() {
        let (print, constant, shown) = match *ty {
            "i64" => ("print_int", format!("iconst {n}"), n.to_string()),
            "f64" => ("print_float", format!("fconst {n}.5"), format!("{n}.5")),
            _ => ("print_bool", format!("bconst {}", n % 2 == 0), u8::from(n % 2 == 0).to_string()),
        };
        text += &format!("rt {print}(v{n})\n");
        main += &format!("v{n}: {ty} = {constant}\n");
        expected += &format!("{shown}\n");
    }
    let args: Vec<_> = (0..N).map(|n| format!("v{n}")).collect();
    text += "return\n}\n";
    main += &format!("call fn0({})\nv{N}: i64 = iconst 0\nreturn v{N}\n}}", args.join(", "));
    assert_eq!(run(&(text + &main)).1, expected);
}

/// Both as many results as fit in registers and many more, of calls within each other.
#[test]
fn multiple_results() {
    for count in [2, 3, 8, 9, 17, 30] {
        let types: Vec<_> = (0..count).map(|n| ["i64", "f64", "bool"][n % 3]).collect();
        let list = types.join(", ");
        let defs = |first: usize| -> String {
            let defs: Vec<_> = types.iter().enumerate().map(|(n, ty)| format!("v{}: {ty}", first + n)).collect();
            defs.join(", ")
        };
        let names = |first: usize| (0..count).map(|n| format!("v{}", first + n)).collect::<Vec<_>>().join(", ");
        let mut make = String::new();
        let mut prints = String::new();
        let mut expected = String::new();
        for (n, ty) in types.iter().enumerate() {
            let v = 100 + n;
            let (op, print, shown) = match *ty {
                "i64" => (format!("iadd v0, v{v}"), "print_int", format!("{}", 1000 + n)),
                "f64" => (format!("fadd v{v}, v{v}"), "print_float", format!("{:?}", (n * 2) as f64)),
                _ => (format!("not v{v}"), "print_bool", u8::from(n % 2 != 0).to_string()),
            };
            let constant = match *ty {
                "i64" => format!("iconst {n}"),
                "f64" => format!("fconst {n}.0"),
                _ => format!("bconst {}", n % 2 == 0),
            };
            make += &format!("v{v}: {ty} = {constant}\nv{}: {ty} = {op}\n", 200 + n);
            prints += &format!("rt {print}(v{})\n", 100 + n);
            expected += &format!("{shown}\n");
        }
        let text = format!(
            "entry fn2
            fn0 \"make\"(i64) -> ({list}) {{\nblock0(v0: i64):\n{make}return {}\n}}
            fn1 \"pass\"(i64) -> ({list}) {{\nblock0(v0: i64):\n{} = call fn0(v0)\nreturn {}\n}}
            fn2 \"main\"() -> i64 {{\nblock0:\nv0: i64 = iconst 1000\n{} = call fn1(v0)\n{prints}return v0\n}}",
            names(200),
            defs(1),
            names(1),
            defs(100)
        );
        assert_eq!(run(&text), (1000, expected), "{count} results");
    }
}

#[test]
fn deep_recursion() {
    let text = r#"entry fn1
        fn0 "sum"(i64) -> i64 {
        block0(v0: i64):
            v1: i64 = iconst 0
            v2: bool = icmp eq v0, v1
            branch v2, block1, block2
        block1:
            return v1
        block2:
            v3: i64 = iconst 1
            v4: i64 = isub v0, v3
            v5: i64 = call fn0(v4)
            v6: i64 = iadd v5, v0
            return v6
        }
        fn1 "main"() -> i64 {
        block0:
            v0: i64 = iconst 100000
            v1: i64 = call fn0(v0)
            return v1
        }"#;
    assert_eq!(run(text).0, 5000050000);
}

#[test]
fn literals_and_their_counts() {
    let text = r#"
        str0 = "grün\n"
        str1 = ""
        entry fn0
        fn0 "main"() -> i64 {
        block0:
            v0: str = sconst str0
            rt print_str(v0)
            v1: str = retain v0
            release v0
            release v1
            rt print_str(v1)
            v2: str = sconst str1
            rt print_str(v2)
            v3: i64 = rt str_len(v0)
            return v3
        }"#;
    let (status, output) = run(text);
    assert_eq!(status, 5);
    assert_eq!(output, "grün\n rc=-1 chars=5 room=true\n".repeat(2) + " rc=-1 chars=0 room=true\n");
}

#[test]
fn counted_strings() {
    let text = r#"entry fn0
        fn0 "main"() -> i64 {
        block0:
            v0: i64 = iconst -12
            v1: str = rt str_from_int(v0)
            rt print_str(v1)
            v2: str = retain v1
            rt print_str(v1)
            v3: str = retain v2
            rt print_str(v1)
            release v3
            rt print_str(v1)
            release v2
            rt print_str(v1)
            release v1
            return v0
        }"#;
    let shown = |rc| format!("-12 rc={rc} chars=3 room=true\n");
    assert_eq!(run(text), (-12, [1, 2, 3, 2, 1].map(shown).concat()));
}

#[test]
fn globals() {
    let text = r#"
        str0 = "literal"
        g0 "number": i64 = -5
        g1 "zero": i64 = 0
        g2 "float": f64 = 2.5
        g3 "flag": bool = true
        g4 "text": str = str0
        entry fn2
        fn0 "change"() {
        block0:
            v0: i64 = iconst 41
            global_set g0, v0
            v1: i64 = iconst 1
            global_set g1, v1
            v2: f64 = fconst -0.5
            global_set g2, v2
            v3: bool = bconst false
            global_set g3, v3
            v4: str = rt str_from_int(v0)
            v5: str = global_replace g4, v4
            rt print_str(v5)
            release v5
            return
        }
        fn1 "show"() {
        block0:
            v0: i64 = global_get g0
            rt print_int(v0)
            v1: i64 = global_get g1
            rt print_int(v1)
            v2: f64 = global_get g2
            rt print_float(v2)
            v3: bool = global_get g3
            rt print_bool(v3)
            v4: str = global_get g4
            rt print_str(v4)
            release v4
            return
        }
        fn2 "main"() -> i64 {
        block0:
            call fn1()
            call fn0()
            call fn1()
            call fn1()
            v0: i64 = global_get g0
            return v0
        }"#;
    let literal = "literal rc=-1 chars=7 room=true\n";
    let first = format!("-5\n0\n2.5\n1\n{literal}{literal}");
    let then = "41\n1\n-0.5\n0\n41 rc=2 chars=2 room=true\n".repeat(2);
    assert_eq!(run(text), (41, first + &then));
}

#[test]
fn sites_reach_the_runtime() {
    let text = r#"
        file0 = "a.rz"
        file1 = "dir/b.rz"
        entry fn0
        fn0 "main"() -> i64 {
        block0:
            v0: f64 = fconst 3.5
            v1: i64 = rt float_to_int(v0) @ file1:12:34
            v2: i64 = rt float_to_int(v0) @ file0:1:2
            v3: i64 = rt float_to_int(v0)
            v4: i64 = rt float_to_int(v0) @ file1:12:34
            return v4
        }"#;
    assert_eq!(run(text), (3, "dir/b.rz:12:34\na.rz:1:2\nno site\ndir/b.rz:12:34\n".into()));
}

#[test]
fn sites_of_callers_reach_the_runtime() {
    let text = r#"
        file0 = "a.rz"
        entry fn0
        fn0 "main"() -> i64 {
        block0:
            v0: f64 = fconst 3.5
            v1: i64 = call fn1(v0) @ file0:1:2
            v2: i64 = call fn2(v0, v1) @ file0:3:4
            v3: i64, v4: i64, v5: i64, v6: i64, v7: i64, v8: i64, v9: i64, v10: i64, v11: i64 = call fn3(v0) @ file0:7:8
            v12: i64 = iadd v2, v11
            return v12
        }
        fn1 "direct"(f64) -> i64 takes_site {
        block0(v0: f64):
            v1: i64 = rt float_to_int(v0) @ caller
            return v1
        }
        fn2 "passes on"(f64, i64) -> i64 takes_site {
        block0(v0: f64, v1: i64):
            v2: i64 = call fn1(v0) @ caller
            v3: i64 = call fn1(v0) @ file0:5:6
            v4: i64 = iadd v1, v2
            return v4
        }
        fn3 "many results"(f64) -> (i64, i64, i64, i64, i64, i64, i64, i64, i64) takes_site {
        block0(v0: f64):
            v1: i64 = call fn1(v0) @ caller
            return v1, v1, v1, v1, v1, v1, v1, v1, v1
        }"#;
    assert_eq!(run(text), (9, "a.rz:1:2\na.rz:3:4\na.rz:5:6\na.rz:7:8\n".into()));
}

#[test]
fn a_cell_is_read_anew_behind_changes() {
    let text = r#"
        layout0 = (i64)
        layout1 = (code, ref)
        sig0 = (ref borrowed)
        entry fn0
        fn0 "main"() -> i64 {
        block0:
            v0: i64 = iconst 1
            v1: ref = box_new layout0 (v0)
            v2: ref = retain v1
            v3: code = func_addr fn1
            v4: ref = box_new layout1 (v3, v2)
            v5: i64 = cell_get layout0.0 v1
            call_indirect sig0 v3 (v4)
            v6: i64 = cell_get layout0.0 v1
            v7: ref = box_peek layout1.1 v4
            v8: i64 = iconst 100
            cell_set layout0.0 v7, v8
            v9: i64 = cell_get layout0.0 v1
            rt print_int(v5)
            rt print_int(v6)
            rt print_int(v9)
            release v4
            release v1
            return v9
        }
        fn1 "double"(ref borrowed) {
        block0(v0: ref):
            v1: ref = box_peek layout1.1 v0
            v2: i64 = cell_get layout0.0 v1
            v3: i64 = iadd v2, v2
            cell_set layout0.0 v1, v3
            return
        }"#;
    assert_eq!(run(text), (100, "1\n2\n100\n".into()));
}

/// Enough functions that they are compiled on several threads: the same program in one thread has the same result.
#[test]
fn many_functions() {
    const N: usize = 400;
    let mut text = format!("entry fn{N}\n");
    for n in 0..N {
        let callee =
            if n == 0 { String::from("v3: i64 = imul v2, v1") } else { format!("v3: i64 = call fn{}(v2)", n - 1) };
        text += &format!(
            "fn{n} \"f\"(i64) -> i64 {{\nblock0(v0: i64):\nv1: i64 = iconst {n}\nv2: i64 = iadd v0, v1\n{callee}\n
             v4: i64 = ixor v3, v1\nv5: i64 = isub v4, v0\nv6: i64 = imul v5, v5\nreturn v6\n}}\n"
        );
    }
    text += &format!(
        "fn{N} \"main\"() -> i64 {{\nblock0:\nv0: i64 = iconst 3\nv1: i64 = call fn{}(v0)\nreturn v1\n}}",
        N - 1
    );
    let mut expected = 3i64;
    let inputs: Vec<i64> = (0..N as i64)
        .rev()
        .scan(3, |input, n| {
            let now = *input;
            *input += n;
            Some(now)
        })
        .collect();
    for n in 0..N as i64 {
        let input = inputs[N - 1 - n as usize];
        let inner = if n == 0 { 0 } else { expected };
        let mixed = (inner ^ n).wrapping_sub(input);
        expected = mixed.wrapping_mul(mixed);
    }
    assert_eq!(run(&text).0, expected);
}

#[test]
fn a_foreign_target_is_refused() {
    let program = module("entry fn0\nfn0 \"main\"() -> i64 {\nblock0:\nv0: i64 = iconst 0\nreturn v0\n}");
    let foreign = if cfg!(target_arch = "x86_64") { "aarch64-unknown-linux-gnu" } else { "x86_64-unknown-linux-gnu" };
    let options = resilient_clif::Options::for_target(LEVELS[0], foreign).expect("a target");
    let error = JitProgram::compile(&program, &options, |_| std::ptr::null()).err().expect("refused");
    assert!(error.to_string().contains(foreign), "{error}");
    assert!(resilient_clif::Options::for_target(LEVELS[0], "no such target").is_err());
}

/// A function that was removed has no body and no symbol.
#[test]
fn removed_functions_are_skipped() {
    let text = "entry fn1\nfn0 \"gone\"() removed\nfn1 \"main\"() -> i64 {\nblock0:\nv0: i64 = iconst 4\nreturn v0\n}";
    assert_eq!(run_at(text, LEVELS[1]).0, 4);
}

/// A quotient and a remainder of the same operands are computed together, in either order.
#[test]
fn quotient_and_remainder_of_the_same_operands() {
    let ops = ["v2: i64 = idiv v0, v1", "v3: i64 = irem v0, v1"];
    for [first, second] in [[ops[0], ops[1]], [ops[1], ops[0]]] {
        for (a, b) in [(i64::MIN, -1), (i64::MIN, 3), (-7, 2), (7, -2), (100, 7), (1 << 40, 3), (3, 1 << 40), (0, 9)] {
            let text = format!(
                "entry fn1\nfn0 \"both\"(i64, i64) -> (i64, i64) {{\nblock0(v0: i64, v1: i64):\n{first}\n{second}\n
                 return v2, v3\n}}\nfn1 \"main\"() -> i64 {{\nblock0:\nv0: {}\nv1: {}\nv2: i64, v3: i64 = call fn0(v0, v1)\n
                 rt print_int(v2)\nrt print_int(v3)\nreturn v0\n}}",
                int(a),
                int(b)
            );
            let expected = format!("{}\n{}\n", a.wrapping_div(b), a.wrapping_rem(b));
            assert_eq!(run(&text), (a, expected), "{a} {b} {first}");
        }
    }
}

/// Runs `text` with the real runtime in a process of its own, as the program is to end the process: gives the exit
/// status and standard error. `test` is the name of the calling test.
fn run_in_child(test: &str, text: &str) -> (Option<i32>, String) {
    const IN_CHILD: &str = "RESILIENT_CLIF_TEST_CHILD";
    if std::env::var_os(IN_CHILD).is_some() {
        let status = resilient_clif::jit_run(&module(text), &options(LEVELS[1])).unwrap_or_else(|e| panic!("{e}"));
        panic!("the program returned {status}");
    }
    let output = std::process::Command::new(std::env::current_exe().expect("a path"))
        .args(["--exact", test, "--nocapture"])
        .env(IN_CHILD, "1")
        .output()
        .expect("the child runs");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_fault_ends_the_program() {
    let text = r#"
        file0 = "dir/a.rz"
        entry fn0
        fn0 "main"() -> i64 {
        block0:
            noreturn fault_division_by_zero() @ file0:12:34
        }"#;
    let (status, message) = run_in_child("jit::a_fault_ends_the_program", text);
    assert_eq!(status, Some(1));
    assert!(message.contains("dir/a.rz:12:34: Runtime error: Division by zero"), "{message}");
}

#[test]
fn endless_recursion_is_a_fault() {
    let text = r#"
        entry fn1
        fn0 "down"(i64) -> i64 {
        block0(v0: i64):
            v1: i64 = call fn0(v0)
            v2: i64 = iadd v1, v0
            return v2
        }
        fn1 "main"() -> i64 {
        block0:
            v0: i64 = iconst 1
            v1: i64 = call fn0(v0)
            return v1
        }"#;
    let (status, message) = run_in_child("jit::endless_recursion_is_a_fault", text);
    assert_eq!(status, Some(1));
    assert!(message.contains("stack overflow"), "{message}");
}

/// MIR that does not verify is a mistake of the compiler: an error that shows it, not a crash.
#[test]
fn wrong_mir_is_an_internal_error() {
    let text = r#"entry fn0
        fn0 "main"() -> i64 {
        block0:
            v0: bool = bconst true
            branch v0, block1, block2
        block1:
            return v1
        block2:
            v1: i64 = iconst 1
            return v1
        }"#;
    for level in LEVELS {
        let error = JitProgram::compile(&module(text), &options(level), |_| std::ptr::null()).err().expect("refused");
        let message = error.to_string();
        assert!(message.contains("function `main`") && message.contains("return v1"), "{message}");
    }
}

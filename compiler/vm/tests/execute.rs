//! Runs hand-written MIR: every operation against Rust's own, calls, strings, the stack.

use std::process::Command;

use resilient_mir::read::read_module;
use resilient_vm::{Program, compile, disassemble};

fn program(text: &str) -> Program {
    let module = read_module(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    compile(&module).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn run(text: &str) -> i64 {
    program(text).run()
}

const INTS: [i64; 16] =
    [0, 4, 1 << 40, 1 << 62, 1, -1, 2, -2, -7, 127, 128, -128, -129, 0x1234_5678_9abc_def0, i64::MAX, i64::MIN];

const FLOATS: [f64; 12] =
    [0.0, -0.0, 1.0, -1.5, 0.1, 3.0, 1e300, -1e-300, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 5e-324];

/// The text of a float constant.
fn fconst(value: f64) -> String {
    use resilient_mir::ir::*;
    let mut func = Function::new("f", Vec::new(), Vec::new());
    let block = func.add_block();
    let inst = func.append_inst(block, InstKind::Const(Const::Float(value.to_bits())), &[Ty::F64], None);
    let text = resilient_mir::print::print_inst(&func, inst);
    text.split_once("fconst ").expect("a float constant").1.to_string()
}

/// `op` with both operands in registers, the left or the right one constant.
fn int_results(op: &str, result: &str, a: i64, b: i64) -> [i64; 3] {
    let finish = match result {
        "bool" => "v7: i64 = iconst 1\n v8: i64 = iconst 0\n v9: i64 = select v4, v7, v8\n return v9",
        _ => "return v4",
    };
    let make = |v2: &str, v3: &str| {
        run(&format!(
            "entry fn1
            fn0 \"f\"(i64, i64) -> i64 {{
            block0(v0: i64, v1: i64):
                v5: i64 = iconst {a}
                v6: i64 = iconst {b}
                v4: {result} = {op} {v2}, {v3}
                {finish}
            }}
            fn1 \"main\"() -> i64 {{
            block0:
                v0: i64 = iconst {a}
                v1: i64 = iconst {b}
                v2: i64 = call fn0(v0, v1)
                return v2
            }}"
        ))
    };
    [make("v0", "v1"), make("v5", "v1"), make("v0", "v6")]
}

#[test]
fn int_operations() {
    type Op = fn(i64, i64) -> i64;
    let ops: [(&str, Op); 8] = [
        ("iadd", i64::wrapping_add),
        ("isub", i64::wrapping_sub),
        ("imul", i64::wrapping_mul),
        ("idiv", i64::wrapping_div),
        ("irem", i64::wrapping_rem),
        ("iand", |a, b| a & b),
        ("ior", |a, b| a | b),
        ("ixor", |a, b| a ^ b),
    ];
    for (op, expected) in ops {
        for a in INTS {
            for b in INTS {
                if b != 0 || !matches!(op, "idiv" | "irem") {
                    assert_eq!(int_results(op, "i64", a, b), [expected(a, b); 3], "{op} {a}, {b}");
                }
            }
        }
    }
    for a in INTS {
        for b in [0, 1, 7, 31, 32, 63] {
            assert_eq!(int_results("ishl", "i64", a, b), [a << b; 3]);
            assert_eq!(int_results("ishr", "i64", a, b), [a >> b; 3]);
        }
    }
}

#[test]
fn int_comparisons() {
    type Op = fn(&i64, &i64) -> bool;
    let ops: [(&str, Op); 6] =
        [("eq", i64::eq), ("ne", i64::ne), ("lt", i64::lt), ("le", i64::le), ("gt", i64::gt), ("ge", i64::ge)];
    for (op, expected) in ops {
        for a in INTS {
            for b in INTS {
                let expected = expected(&a, &b) as i64;
                assert_eq!(int_results(&format!("icmp {op}"), "bool", a, b), [expected; 3], "{op} {a}, {b}");
                assert_eq!(branch_results("i64", &format!("icmp {op}"), &a.to_string(), &b.to_string()), expected * 15);
            }
        }
    }
}

/// Whether branches on a comparison are taken: bit 0 with registers, 1 with the right operand constant, 2 with the left one,
/// 3 negated.
fn branch_results(ty: &str, op: &str, a: &str, b: &str) -> i64 {
    let constant = if ty == "i64" { "iconst" } else { "fconst" };
    run(&format!(
        "entry fn1
        fn0 \"f\"({ty}, {ty}) -> i64 {{
        block0(v0: {ty}, v1: {ty}):
            v2: {ty} = {constant} {a}
            v3: {ty} = {constant} {b}
            v20: i64 = iconst 0
            v21: i64 = iconst 1
            v22: i64 = iconst 2
            v23: i64 = iconst 4
            v24: i64 = iconst 8
            v4: bool = {op} v0, v1
            branch v4, block1(v21), block1(v20)
        block1(v5: i64):
            v6: bool = {op} v0, v3
            branch v6, block2(v22), block2(v20)
        block2(v7: i64):
            v8: i64 = ior v5, v7
            v9: bool = {op} v2, v1
            branch v9, block3, block4
        block3:
            v10: i64 = ior v8, v23
            jump block5(v10)
        block4:
            jump block5(v8)
        block5(v11: i64):
            v12: bool = {op} v0, v1
            v13: bool = not v12
            branch v13, block6, block7
        block6:
            return v11
        block7:
            v14: i64 = ior v11, v24
            return v14
        }}
        fn1 \"main\"() -> i64 {{
        block0:
            v0: {ty} = {constant} {a}
            v1: {ty} = {constant} {b}
            v2: i64 = call fn0(v0, v1)
            return v2
        }}"
    ))
}

#[test]
fn float_comparisons() {
    type Op = fn(&f64, &f64) -> bool;
    let ops: [(&str, Op); 6] =
        [("eq", f64::eq), ("ne", f64::ne), ("lt", f64::lt), ("le", f64::le), ("gt", f64::gt), ("ge", f64::ge)];
    for (op, expected) in ops {
        for a in FLOATS {
            for b in FLOATS {
                let expected = expected(&a, &b) as i64;
                let branches = branch_results("f64", &format!("fcmp {op}"), &fconst(a), &fconst(b));
                assert_eq!(branches, expected * 15, "{op} {a}, {b}");
                let value = float_check(&format!("v4: bool = fcmp {op} v0, v1"), a, b);
                assert_eq!(value, expected, "{op} {a}, {b}");
            }
        }
    }
}

/// The bool `v4` that `body` makes of the floats `v0` and `v1`.
fn float_check(body: &str, a: f64, b: f64) -> i64 {
    run(&format!(
        "entry fn1
        fn0 \"f\"(f64, f64) -> bool {{
        block0(v0: f64, v1: f64):
            {body}
            return v4
        }}
        fn1 \"main\"() -> i64 {{
        block0:
            v0: f64 = fconst {}
            v1: f64 = fconst {}
            v2: bool = call fn0(v0, v1)
            v3: i64 = iconst 1
            v4: i64 = iconst 0
            v5: i64 = select v2, v3, v4
            return v5
        }}",
        fconst(a),
        fconst(b)
    ))
}

#[test]
fn float_operations() {
    type Op = fn(f64, f64) -> f64;
    let ops: [(&str, Op); 5] = [
        ("fadd", |a, b| a + b),
        ("fsub", |a, b| a - b),
        ("fmul", |a, b| a * b),
        ("fdiv", |a, b| a / b),
        ("rt float_rem", |a, b| a % b),
    ];
    for (op, expected) in ops {
        for a in FLOATS {
            for b in FLOATS {
                let expected = expected(a, b);
                let args = if op.starts_with("rt") { "(v0, v1)" } else { " v0, v1" };
                // Compared by reciprocal too, as that tells the zeros apart. NaN is unequal to itself.
                let body = format!(
                    "v2: f64 = {op}{args}
                    v3: f64 = fconst {}
                    v5: bool = fcmp eq v2, v3
                    v6: f64 = fconst {}
                    v7: f64 = fdiv v6, v2
                    v8: f64 = fdiv v6, v3
                    v9: bool = fcmp eq v7, v8
                    v4: bool = band v5, v9",
                    fconst(expected),
                    fconst(1.0)
                );
                assert_eq!(float_check(&body, a, b), !expected.is_nan() as i64, "{op} {a}, {b}");
            }
        }
    }
    for a in FLOATS {
        let body = format!("v2: f64 = fneg v0\n v3: f64 = fconst {}\n v4: bool = fcmp eq v2, v3", fconst(-a));
        assert_eq!(float_check(&body, a, a), !a.is_nan() as i64);
    }
    for a in INTS {
        let body = format!(
            "v2: i64 = iconst {a}\n v3: f64 = int_to_float v2\n v5: f64 = fconst {}\n v4: bool = fcmp eq v3, v5",
            fconst(a as f64)
        );
        assert_eq!(float_check(&body, 0.0, 0.0), 1);
    }
}

#[test]
fn bool_operations() {
    type Op = fn(bool, bool) -> bool;
    let ops: [(&str, Op); 3] = [("band", |a, b| a & b), ("bor", |a, b| a | b), ("bxor", |a, b| a ^ b)];
    for (op, expected) in ops {
        for (a, b) in [(false, false), (false, true), (true, false), (true, true)] {
            let body =
                format!("v2: bool = bconst {a}\n v3: bool = bconst {b}\n v5: bool = {op} v2, v3\n v4: bool = not v5");
            assert_eq!(float_check(&body, 0.0, 0.0), !expected(a, b) as i64);
        }
    }
    for a in INTS {
        assert_eq!(
            run(&format!(
                "entry fn0 fn0 \"main\"() -> i64 {{ block0: v0: i64 = iconst {a} v1: i64 = ineg v0 return v1 }}"
            )),
            a.wrapping_neg()
        );
    }
}

#[test]
fn globals_keep_values() {
    let text = "g0 \"count\": i64 = 5
        g1 \"rate\": f64 = 0x3ff0000000000000
        entry fn1
        fn0 \"step\"() {
        block0:
            v0: i64 = global_get g0
            v1: i64 = iconst 1000000
            v2: i64 = iadd v0, v1
            global_set g0, v2
            return
        }
        fn1 \"main\"() -> i64 {
        block0:
            call fn0()
            call fn0()
            v0: i64 = global_get g0
            return v0
        }";
    let text = text.replace("0x3ff0000000000000", &fconst(1.0));
    let program = program(&text);
    assert_eq!(program.run(), 2_000_005);
    assert_eq!(program.run(), 2_000_005, "every run starts anew");
}

#[test]
fn several_results_and_cyclic_moves() {
    let text = "entry fn1
        fn0 \"rotate\"(i64, i64, i64) -> (i64, i64, i64) {
        block0(v0: i64, v1: i64, v2: i64):
            return v1, v2, v0
        }
        fn1 \"main\"() -> i64 {
        block0:
            v0: i64 = iconst 1
            v1: i64 = iconst 2
            v2: i64 = iconst 3
            v3: i64, v4: i64, v5: i64 = call fn0(v0, v1, v2)
            jump block1(v3, v4, v5, v0)
        block1(v6: i64, v7: i64, v8: i64, v9: i64):
            v10: i64 = iconst 5
            v11: bool = icmp lt v9, v10
            v12: i64 = iconst 1
            v13: i64 = iadd v9, v12
            branch v11, block1(v7, v8, v6, v13), block2
        block2:
            v20: i64 = iconst 100
            v21: i64 = iconst 10
            v22: i64 = imul v6, v20
            v23: i64 = imul v7, v21
            v24: i64 = iadd v22, v23
            v25: i64 = iadd v24, v8
            return v25
        }";
    // (2, 3, 1) rotated four times more.
    assert_eq!(run(text), 312);
}

#[test]
fn strings_are_counted() {
    let text = "str0 = \"ab\"
        str1 = \"\"
        g0 \"text\": str = str1
        entry fn1
        fn0 \"twice\"(str borrowed) -> str {
        block0(v0: str):
            v1: str = retain v0
            v2: str = rt str_concat(v1, v0)
            return v2
        }
        fn1 \"main\"() -> i64 {
        block0:
            v0: str = sconst str0
            v1: str = call fn0(v0)
            v2: str = retain v1
            v3: str = global_replace g0, v2
            release v3
            v4: str = global_get g0
            v5: str = call fn0(v4)
            release v4
            v6: i64 = rt str_len(v5)
            v7: bool = rt str_eq(v1, v5)
            release v1
            release v5
            v8: str = sconst str1
            v9: str = global_replace g0, v8
            release v9
            v10: i64 = iconst 100
            v11: i64 = select v7, v10, v6
            return v11
        }";
    let before = resilient_runtime::heap::live_objects();
    assert_eq!(run(text), 8);
    assert_eq!(resilient_runtime::heap::live_objects(), before, "all strings were freed");
}

/// `depth` nested calls.
fn nested(depth: i64) -> String {
    format!(
        "file0 = \"deep.rz\"
        str0 = \"start\"
        entry fn1
        fn0 \"count\"(i64) -> i64 {{
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
            v6: i64 = iadd v5, v3
            return v6
        }}
        fn1 \"main\"() -> i64 {{
        block0:
            v0: str = sconst str0
            rt print_str(v0)
            rt print_newline()
            v1: i64 = iconst {depth}
            v2: i64 = call fn0(v1)
            return v2
        }}"
    )
}

#[test]
fn calls_nest_deep() {
    assert_eq!(run(&nested(2_000_000)), 2_000_000);
}

/// Runs `text` in a process of its own, as it ends the process; gives stdout, stderr and status.
fn run_alone(test: &str, text: &str) -> (String, String, Option<i32>) {
    run_alone_with(test, text, 0)
}

/// The same, for a test with several programs: the child finds the number of its own in the environment.
fn run_alone_with(test: &str, text: &str, number: usize) -> (String, String, Option<i32>) {
    const VARIABLE: &str = "RESILIENT_VM_TEST_CHILD";
    if std::env::var_os(VARIABLE).is_some() {
        let status = run(text);
        resilient_runtime::output::exit(status);
    }
    let exe = std::env::current_exe().expect("the test knows its file");
    let output = Command::new(exe)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(VARIABLE, "1")
        .env("RESILIENT_VM_TEST_FAULT", number.to_string())
        .output()
        .expect("the test can start itself");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let stdout = text(output.stdout);
    // The harness of the child speaks first.
    let stdout = stdout.lines().filter(|line| !line.is_empty() && !line.starts_with("running ")).collect::<Vec<_>>();
    (stdout.join("\n"), text(output.stderr), output.status.code())
}

#[test]
fn endless_recursion_is_a_fault() {
    let (stdout, stderr, status) = run_alone("endless_recursion_is_a_fault", &nested(-1));
    assert!(stdout.ends_with("start"), "{stdout}");
    assert_eq!(stderr, "Error: Runtime error: stack overflow\n");
    assert_eq!(status, Some(1));
}

#[test]
fn faults_name_their_place() {
    let text = "file0 = \"dir/prog.rz\"
        file1 = \"other.rz\"
        entry fn0
        fn0 \"main\"() -> i64 {
        block0:
            v0: i64 = iconst 0
            rt print_int(v0)
            v1: bool = icmp eq v0, v0
            branch v1, block1, block2
        block1:
            noreturn fault_division_by_zero() @ file0:12:34
        block2:
            noreturn fault_modulo_by_zero() @ file1:1:2
        }";
    let (stdout, stderr, status) = run_alone("faults_name_their_place", text);
    assert!(stdout.ends_with('0'), "{stdout}");
    assert_eq!(stderr, "Error: dir/prog.rz:12:34: Runtime error: Division by zero\n");
    assert_eq!(status, Some(1));
}

/// Faults at the caller: of the caller of the caller, of the caller itself, with and without other arguments.
#[test]
fn faults_name_the_place_of_the_call() {
    let calls = ["fn1(v0) @ file0:1:2", "fn2(v0) @ file0:3:4", "fn3(v0) @ file0:5:6", "fn4() @ file0:7:8"];
    let program = |call: &str| {
        let indices = "v1: i64 = iconst 7\n v2: str = rt str_from_int(v1)\n v3: i64 = rt str_index(v2, v1)";
        format!(
            "file0 = \"a.rz\"
            entry fn0
            fn0 \"main\"() -> i64 {{
            block0:
                v0: i64 = iconst 0
                v1: i64 = call fn1(v0) @ file0:100:200
                v2: i64 = call {call}
                return v2
            }}
            fn1 \"direct\"(i64) -> i64 takes_site {{
            block0(v0: i64):
                {}
            }}
            fn2 \"passes on\"(i64) -> i64 takes_site {{
            block0(v0: i64):
                v1: i64 = iconst 1
                v2: i64 = iadd v0, v1
                v3: i64 = call fn1(v2) @ caller
                return v3
            }}
            fn3 \"passes its own\"(i64) -> i64 takes_site {{
            block0(v0: i64):
                v1: i64 = call fn1(v0) @ file0:11:12
                v2: i64 = iconst 1
                v3: i64 = call fn1(v2) @ file0:13:14
                return v3
            }}
            fn4 \"index\"() -> i64 takes_site {{
            block0:
                {indices} @ caller
                release v2
                return v3
            }}",
            if call.starts_with("fn1") {
                "noreturn fault_shift_amount(v0) @ caller"
            } else {
                "v1: i64 = iconst 1
                v2: bool = icmp lt v0, v1
                branch v2, block1, block2
            block1:
                return v0
            block2:
                noreturn fault_shift_amount(v0) @ caller"
            }
        )
    };
    let faults = [
        "100:200: Runtime error: shift amount out of range: 0",
        "3:4: Runtime error: shift amount out of range: 1",
        "13:14: Runtime error: shift amount out of range: 1",
        "7:8: Runtime error: String index 7 out of bounds for length 1",
    ];
    let chosen = std::env::var("RESILIENT_VM_TEST_FAULT").ok().and_then(|n| n.parse::<usize>().ok());
    for (n, (call, fault)) in calls.into_iter().zip(faults).enumerate() {
        if chosen.is_none_or(|chosen| chosen == n) {
            let (_, stderr, status) = run_alone_with("faults_name_the_place_of_the_call", &program(call), n);
            assert_eq!((stderr, status), (format!("Error: a.rz:{fault}\n"), Some(1)));
        }
    }
}

/// The address of the callee and what it is called with are beyond the registers that operands reach.
#[test]
fn calls_through_far_addresses() {
    const N: usize = 300;
    let mut text = "sig0 = (i64, i64) -> i64
        sig1 = (i64)
        g0 \"last\": i64 = 0
        entry fn0
        fn0 \"main\"() -> i64 {
        block0:
            v900: i64 = iconst 1\n"
        .to_string();
    for n in 0..N {
        text += &format!("v{n}: code = func_addr fn{}\n", 1 + n % 2);
    }
    for n in 0..N {
        text += &format!("v{}: i64 = global_get g0\n", 300 + n);
    }
    text += "v600: code = func_addr fn3\nv950: i64 = iconst 0\njump block1(v950)\nblock1(v951: i64):\n";
    let mut sum = "v951".to_string();
    for n in 0..N {
        text += &format!("v{}: i64 = call_indirect sig0 v{n} ({sum}, v{})\n", 1000 + n, 300 + n);
        sum = format!("v{}", 1000 + n);
    }
    text += &format!(
        "call_indirect sig1 v600 ({sum})
            v2000: i64 = global_get g0
            v2001: i64 = iconst 500
            v2002: bool = icmp lt v2000, v2001
            branch v2002, block1(v2000), block2
        block2:
            return v2000
        }}
        fn1 \"one more\"(i64, i64) -> i64 {{
        block0(v0: i64, v1: i64):
            v2: i64 = iconst 1
            v3: i64 = iadd v0, v2
            v4: i64 = iadd v3, v1
            return v4
        }}
        fn2 \"two more\"(i64, i64) -> i64 {{
        block0(v0: i64, v1: i64):
            v2: i64 = iconst 2
            v3: i64 = iadd v0, v2
            v4: i64 = iadd v3, v1
            return v4
        }}
        fn3 \"keep\"(i64) {{
        block0(v0: i64):
            global_set g0, v0
            return
        }}"
    );
    // Twice 150 times 1 and 2.
    assert_eq!(run(&text), 900);
}

#[test]
fn a_function_value_that_captures_nothing_is_constant() {
    let text = "layout0 = (code)
        sig0 = (i64, ref borrowed) -> i64
        entry fn0
        fn0 \"main\"() -> i64 {
        block0:
            v0: code = func_addr fn1
            v1: ref = box_new layout0 (v0)
            v2: code = box_load layout0.0 v1
            v3: i64 = iconst 5
            v4: i64 = call_indirect sig0 v2 (v3, v1)
            release v1
            return v4
        }
        fn1 \"same\"(i64, ref borrowed) -> i64 {
        block0(v0: i64, v1: ref):
            return v0
        }";
    let program = program(text);
    let listing = disassemble(&program);
    assert!(listing.contains("const_fn r") && listing.contains(", same\n"), "{listing}");
    assert!(!listing.contains("func_addr") && !listing.contains("box_new"), "{listing}");
    assert_eq!(program.run(), 5);
}

/// A program that ends with `call`, which uses these values.
fn faulting(call: &str) -> String {
    format!(
        "file0 = \"a.rz\"
        entry fn0
        fn0 \"main\"() -> i64 {{
        block0:
            v0: i64 = iconst -4
            v1: i64 = iconst 3
            v2: i64 = iconst 1
            v3: i64 = iconst 8
            v4: bool = bconst false
            {call} @ file0:1:2
        }}"
    )
}

#[test]
fn faults_of_arrays_have_their_texts() {
    let faults = [
        ("noreturn fault_index(v0, v1)", "Index -4 out of bounds for array of length 3"),
        ("noreturn fault_index_dim(v0, v1, v2)", "Index -4 out of bounds for array of length 3 at dim 1"),
        ("noreturn fault_int_range(v0, v3, v4)", "value -4 out of range for type u8 (0..=255)"),
    ];
    // A child is told by its variable which of them is meant.
    let chosen = std::env::var("RESILIENT_VM_TEST_FAULT").ok().and_then(|n| n.parse::<usize>().ok());
    for (n, (call, text)) in faults.into_iter().enumerate() {
        if chosen.is_none_or(|chosen| chosen == n) {
            let (_, stderr, status) = run_alone_with("faults_of_arrays_have_their_texts", &faulting(call), n);
            assert_eq!((stderr, status), (format!("Error: a.rz:1:2: Runtime error: {text}\n"), Some(1)));
        }
    }
}

#[test]
fn listing_shows_fused_operations() {
    let text = "entry fn0
        fn0 \"main\"() -> i64 {
        block0:
            v0: i64 = iconst 1
            v1: i64 = iconst 0
            v2: i64 = iconst 100000
            jump block1(v0, v1)
        block1(v3: i64, v4: i64):
            v5: bool = icmp le v3, v2
            branch v5, block2, block3
        block2:
            v6: i64 = iadd v4, v3
            v7: i64 = iadd v3, v0
            jump block1(v7, v6)
        block3:
            return v4
        }";
    let expected = "\
fn (start): @0, window 2
    @0     call r0, +2, main@3
    @2     halt r0

fn main: @3, window 4
    @3     const32 r0, 100000
    @5     const16 r1, 1
    @6     const16 r2, 0
    @7     br_lt r0, r1, @12
    @9     add r2, r2, r1
    @10    add_imm_br_le r1, r0, 1, @9
    @12    ret r2
";
    let program = program(text);
    assert_eq!(disassemble(&program), expected);
    assert_eq!(program.run(), 5_000_050_000);
}

//! Assembly text of functions, in files that hold Cranelift IR and, as comments behind each function, what is expected.
//!
//! The first line says for which target: `;! target: m4f`. With `RESILIENT_BLESS=1` the comments are written anew.

mod harness;

use std::fmt::Write;
use std::path::Path;

use cranelift_codegen::Context;
use harness::{parse, targets};
use resilient_thumb::{CodeGenerator, ErrorKind, Target};

fn target_of(file: &str) -> Target {
    let name =
        file.lines().next().and_then(|line| line.strip_prefix(";! target: ")).expect("a target in the first line");
    let targets = targets();
    targets.iter().find(|(other, _)| *other == name).expect("a known target").1
}

/// The file with the text that the compiler gives now.
fn rewrite(file: &str) -> String {
    let target = target_of(file);
    let source: Vec<&str> = file.lines().filter(|line| !line.starts_with(';') || line.starts_with(";!")).collect();
    let functions = parse(&source[1..].join("\n"));
    let mut functions = functions.iter();
    let mut out = String::new();
    for line in source {
        let _ = writeln!(out, "{line}");
        if line != "}" {
            continue;
        }
        let function = functions.next().expect("as many functions as ends of functions");
        let mut context = Context::for_function(function.clone());
        let code = target.compile(&mut context, true).unwrap_or_else(|error| panic!("{error}"));
        let _ = writeln!(out, "; {} bytes of code, {} of stack", code.bytes.len(), code.stack);
        for line in code.text.expect("text was asked for").lines() {
            let _ = writeln!(out, "; {line}");
        }
    }
    out
}

#[test]
fn files() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/filetests");
    let mut paths: Vec<_> = (std::fs::read_dir(&dir).expect("directory"))
        .map(|entry| entry.expect("entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "clif"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        let file = std::fs::read_to_string(&path).expect("readable");
        let now = rewrite(&file);
        if std::env::var_os("RESILIENT_BLESS").is_some() {
            std::fs::write(&path, &now).expect("written");
        } else {
            assert_eq!(file, now, "{}; RESILIENT_BLESS=1 rewrites it", path.display());
        }
    }
}

/// What is not compiled names the function and the instruction.
#[test]
fn refusals() {
    for (text, function, instruction) in [
        (
            "function %wide(i128, i128) -> i128 system_v {\nblock0(v0: i128, v1: i128):\nv2 = iadd v0, v1\nreturn v2\n}",
            "%wide",
            "v0: i128",
        ),
        (
            "function %vector(i32, i32) system_v {\nblock0(v0: i32, v1: i32):\nv2 = splat.i32x4 v0\nstore v2, v1\nreturn\n}",
            "%vector",
            "splat",
        ),
        (
            "function %atomic(i32) -> i32 system_v {\nblock0(v0: i32):\nv1 = atomic_rmw.i32 add v0, v0\nreturn v1\n}",
            "%atomic",
            "atomic_rmw",
        ),
        (
            "function %pointer() -> i64 system_v {\nss0 = explicit_slot 8\nblock0:\nv0 = stack_addr.i64 ss0\nreturn v0\n}",
            "%pointer",
            "stack_addr",
        ),
        (
            "function %round(f64) -> f64 system_v {\nblock0(v0: f64):\nv1 = nearest v0\nreturn v1\n}",
            "%round",
            "nearest",
        ),
        ("function %root(f64) -> f64 system_v {\nblock0(v0: f64):\nv1 = sqrt v0\nreturn v1\n}", "%root", "sqrt"),
        ("function %conv(i32) windows_fastcall {\nblock0(v0: i32):\nreturn\n}", "%conv", "windows_fastcall"),
        (
            "function %results() -> i64, i64, i64 tail {\nblock0:\nv0 = iconst.i64 1\nreturn v0, v0, v0\n}",
            "%results",
            "return",
        ),
        (
            "function %tail(i32) -> i32 tail {\nfn0 = %tail(i32) -> i32 tail\nblock0(v0: i32):\nreturn_call fn0(v0)\n}",
            "%tail",
            "return_call",
        ),
        (
            "function %rotate(i8, i8) -> i8 system_v {\nblock0(v0: i8, v1: i8):\nv2 = rotl v0, v1\nreturn v2\n}",
            "%rotate",
            "rotl",
        ),
    ] {
        for function_ir in parse(text) {
            let target = Target { verify: false, ..Target::cortex_m3() };
            let error = target.compile(&mut Context::for_function(function_ir), false).expect_err(text);
            assert_eq!(error.function, function, "{error}");
            let ErrorKind::Unsupported { what, .. } = &error.kind else { panic!("{error}") };
            assert!(what.contains(instruction), "{error}");
        }
    }
}

/// The same function gives the same bytes and text.
#[test]
fn repeatable() {
    let text = "function %f(i64, i64) -> i64 system_v {\nblock0(v0: i64, v1: i64):\nv2 = imul v0, v1\nv3 = iadd v2, v1\nreturn v3\n}";
    let compile = || {
        let mut context = Context::for_function(parse(text).remove(0));
        let code = Target::cortex_m4f().compile(&mut context, true).expect("compiles");
        (code.bytes, code.text)
    };
    assert_eq!(compile(), compile());
}

/// Branches in all their lengths, and islands: a function as large as wanted.
fn large_function(name: &str, n: usize) -> String {
    let mut text = format!("function %{name}(i32, i32) -> i32 system_v {{\nblock0(v0: i32, v1: i32):\n");
    let _ = writeln!(text, "jump block1(v0, v1)\nblock1(v2: i32, v3: i32):");
    let mut value = 4;
    let (mut a, mut b) = (2, 3);
    for k in 0..n {
        // A constant that needs a literal, and one step that depends on everything before.
        let constant = 0x1234_5678u32.wrapping_mul(2 * k as u32 + 1) as i32;
        let _ = writeln!(text, "v{value} = iconst.i32 {constant}");
        let _ = writeln!(text, "v{} = bxor v{a}, v{value}", value + 1);
        let _ = writeln!(text, "v{} = imul v{}, v{b}", value + 2, value + 1);
        (a, b) = (b, value + 2);
        value += 3;
    }
    let _ = writeln!(text, "v{value} = iconst.i32 1\nv{} = isub v{a}, v{value}", value + 1);
    let _ = writeln!(text, "v{} = iconst.i32 3\nv{} = band v{b}, v{}", value + 2, value + 3, value + 2);
    let _ = writeln!(text, "brif v{}, block2, block1(v{}, v{b})\nblock2:\nreturn v{b}\n}}", value + 3, value + 1);
    text
}

#[test]
fn large_functions() {
    for n in [10, 60, 200, 700, 3000] {
        let functions = parse(&large_function(&format!("large{n}"), n));
        let mut random = harness::Random(n as u64);
        let calls = harness::random_calls(&functions, 8, &mut random);
        assert!(!calls.is_empty(), "no call of {n} ended in time");
        for (name, target) in targets().into_iter().take(2) {
            let wrong = harness::differences(&format!("large{n}-{name}"), &functions, &calls, &target);
            assert_eq!(wrong, Ok(Vec::new()), "{n} steps on {name}");
        }
    }
}

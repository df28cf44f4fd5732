//! Large programs: deep nesting and long chains need no more than the stack the driver gives, and nothing is quadratic.

mod common;

use std::fmt::Write;
use std::time::{Duration, Instant};

/// Checks `source` on a stack like that of the driver, and asserts that it is accepted within a time that only a
/// quadratic algorithm would exceed.
fn accept(source: String) {
    let check = move || {
        let start = Instant::now();
        assert!(common::is_accepted(&source));
        start.elapsed()
    };
    let thread = std::thread::Builder::new().stack_size(512 << 20).spawn(check).expect("threads can be started");
    let time = thread.join().expect("the check does not panic");
    assert!(time < Duration::from_secs(20), "{time:?}");
}

#[test]
fn long_operator_chains() {
    let mut source = String::from("fn f(int n) { n");
    for _ in 0..9_000 {
        source.push_str(" + n");
    }
    source.push_str(" }\nprintln(\"\"");
    for i in 0..9_000 {
        write!(source, " + {i}").expect("strings take everything");
    }
    source.push_str(");");
    accept(source);
}

#[test]
fn deep_nesting() {
    // An `if` with its block nests by two.
    let depth = 490;
    let mut source = String::from("fn f(int n) {");
    for _ in 0..depth {
        source.push_str("if n == 1 { ");
    }
    source.push('1');
    for _ in 0..depth {
        source.push_str(" } else { 2 }");
    }
    source.push_str("}\nprintln(f(");
    source.push_str(&"(".repeat(depth));
    source.push('1');
    source.push_str(&")".repeat(depth));
    source.push_str("));");
    accept(source);
}

#[test]
fn long_chains_of_inferred_functions() {
    let mut source = String::from("println(f0(1));\n");
    let n = 5_000;
    for i in 0..n {
        writeln!(source, "fn f{i}(int n) {{ f{}(n) }}", i + 1).expect("strings take everything");
    }
    writeln!(source, "fn f{n}(int n) {{ n }}").expect("strings take everything");
    accept(source);
}

#[test]
fn one_group_of_many_functions() {
    let mut source = String::new();
    let n = 5_000;
    for i in 0..n {
        writeln!(source, "fn f{i}(int n) {{ if n < {i} {{ {i} }} else {{ f{}(n - 1) }} }}", (i + 1) % n)
            .expect("strings take everything");
    }
    source.push_str("println(f0(9));");
    accept(source);
}

#[test]
fn many_variables() {
    let mut source = String::new();
    for i in 0..5_000 {
        writeln!(source, "let g{i} = {i};\nfn get{i}() {{ g{i} + {i} }}\nprintln(get{i}() + g{i});")
            .expect("strings take everything");
    }
    source.push_str("fn locals(int n) {\n");
    for i in 0..10_000 {
        writeln!(source, "let v{i} = n + {i}; n += v{i};").expect("strings take everything");
    }
    source.push_str("}\nlocals(1);");
    accept(source);
}

#[test]
fn matches_with_many_arms() {
    let n = 5_000;
    let mut source = String::from("enum Big {\n");
    for i in 0..n {
        writeln!(source, "V{i}(int, bool),").expect("strings take everything");
    }
    source.push_str("}\nfn by_variant(Big b) -> int { match b {\n");
    for i in 0..n {
        writeln!(source, "Big::V{i}(k, true) => k + {i}, Big::V{i}(0, _) => {i},").expect("strings take everything");
    }
    source.push_str("_ => 0 } }\nfn by_int(int v) -> int { match v {\n");
    for i in 0..n {
        writeln!(source, "{} => {i}, {}..={} => {i},", i * 9, i * 9 + 2, i * 9 + 5).expect("strings take everything");
    }
    source.push_str("_ => 0 } }\nfn by_text(string s) -> int { match s {\n");
    for i in 0..n {
        writeln!(source, "\"key{i}\" => {i},").expect("strings take everything");
    }
    source.push_str("_ => 0 } }\nfn alternatives(int v) -> bool { match v { 0");
    for i in 1..n {
        write!(source, " | {}", i * 2).expect("strings take everything");
    }
    source.push_str(" => true, _ => false } }\n");
    accept(source);
}

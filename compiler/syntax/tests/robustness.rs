//! No input makes the parser panic, loop or overflow its stack. Everything runs on the stack of a test thread, 2 MiB.

mod common;

use common::{cases, check_round_trip, messages, parse_text};
use resilient_base::{Diagnostics, SourceMap};
use resilient_syntax::{MAX_CHAIN, tokenize};

/// SplitMix64: the same mutations in every run.
struct Rng(u64);

impl Rng {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % below as u64) as usize
    }
}

fn tokens(text: &str) -> Vec<String> {
    let mut sources = SourceMap::default();
    let file = sources.add("t.rz", text);
    let tokens = tokenize(file, text, &mut Diagnostics::default());
    tokens.iter().map(|token| text[token.lo as usize..token.hi as usize].to_owned()).collect()
}

#[test]
fn every_prefix_of_every_fixture() {
    for case in cases() {
        for (end, _) in case.input.char_indices() {
            parse_text(&case.input[..end]);
        }
    }
}

#[test]
fn mutated_fixtures() {
    let mut rng = Rng(7);
    let cases = cases();
    let pool: Vec<String> = cases.iter().flat_map(|case| tokens(&case.input)).collect();
    let (mut n_valid, mut n_all) = (0, 0);
    for case in &cases {
        let original = tokens(&case.input);
        for _ in 0..40 {
            let mut mutant = original.clone();
            for _ in 0..=rng.next(3) {
                let at = rng.next(mutant.len().max(1)).min(mutant.len());
                match rng.next(4) {
                    0 if at < mutant.len() => {
                        mutant.remove(at);
                    }
                    1 if at < mutant.len() => mutant.insert(at, mutant[at].clone()),
                    2 if at + 1 < mutant.len() => mutant.swap(at, at + 1),
                    _ => mutant.insert(at, pool[rng.next(pool.len())].clone()),
                }
            }
            let text = mutant.join(if rng.next(4) == 0 { "\n" } else { " " });
            let parsed = parse_text(&text);
            n_all += 1;
            n_valid += usize::from(!parsed.has_errors);
            if let Err(problem) = check_round_trip(&text) {
                panic!("{problem}\n--- of\n{text}");
            }
        }
    }
    // A generator whose mutants are all broken would not test the printer.
    assert!(n_valid * 20 > n_all, "{n_valid} of {n_all} mutants are valid");
}

#[test]
fn mutated_characters() {
    let mut rng = Rng(11);
    let alphabet: Vec<char> = "{}()[]\"'\\#@|&<>-=.:;,?!_0e9xu rbé\u{feff}\u{2028}\n\t\0😀`$~".chars().collect();
    for case in cases() {
        for _ in 0..20 {
            let mut chars: Vec<char> = case.input.chars().collect();
            for _ in 0..=rng.next(4) {
                let at = rng.next(chars.len() + 1);
                chars.insert(at, alphabet[rng.next(alphabet.len())]);
            }
            let text: String = chars.into_iter().collect();
            if let Err(problem) = check_round_trip(&text) {
                panic!("{problem}\n--- of\n{text}");
            }
        }
    }
    for _ in 0..2000 {
        let len = rng.next(40);
        let text: String = (0..len).map(|_| alphabet[rng.next(alphabet.len())]).collect();
        parse_text(&text);
    }
}

/// The diagnostics of `n` copies of `open`, then `middle`, then `n` copies of `close`.
fn nested(open: &str, middle: &str, close: &str, n: usize) -> Vec<String> {
    messages(&format!("{}{middle}{}", open.repeat(n), close.repeat(n)))
}

const NESTINGS: &[(&str, &str, &str)] = &[
    ("(", "1", ")"),
    ("[", "", "]"),
    ("{ ; ", "1", "}"),
    ("{1 -> ", "1", "}"),
    ("{a: ", "1", "}"),
    ("#{", "1", "}"),
    ("f(", "1", ")"),
    ("!", "x", ""),
    ("-", "1", ""),
    ("- !", "x", ""),
    ("a ?? ", "a", ""),
    ("|x| ", "x", ""),
    ("new P { x: ", "1", "}"),
    ("x[", "1", "]"),
    ("x[..", "1", "]"),
    ("if a { ", "1", "}"),
    ("if a { 1 } else ", "{ 2 }", ""),
    ("if ", "a", " {}"),
    ("match x { _ => ", "1", "}"),
    ("match x { _ => { ", "1", "}}"),
    ("while a { ", "", "}"),
    ("loop { ", "", "}"),
    ("for i in x { ", "", "}"),
    ("unsafe { ", "", "}"),
    ("live { ", "", "}"),
    ("try { ", "", "} catch A {}"),
    ("fn f() { ", "", "}"),
    ("fn f() { let x = fn() { ", "", "}; }"),
    ("mod m { ", "", "}"),
    ("impl T { fn f() { ", "", "} }"),
    ("forall i in x: ", "1", ""),
    ("[1 for x in ", "y", "]"),
];

/// At least 500 levels are read, and 100 000 are one error.
#[test]
fn deep_nesting() {
    for (open, middle, close) in NESTINGS {
        let diagnostics = nested(open, middle, close, 490);
        assert!(diagnostics.is_empty(), "490 times {open}: {diagnostics:?}");
        let diagnostics = nested(open, middle, close, 100_000);
        assert_eq!(diagnostics.len(), 1, "{open}: {:?}", &diagnostics[..diagnostics.len().min(3)]);
        assert!(diagnostics[0].contains("nesting too deep"), "{open}: {}", diagnostics[0]);
    }
}

#[test]
fn deep_types_patterns_and_attributes() {
    let around = [
        ("let x: ", "[", "int", "]", " = 1;"),
        ("let x: ", "Option<", "int", ">", " = 1;"),
        ("let x: ", "(", "int", ",)", " = 1;"),
        ("let x: ", "fn() -> ", "int", "", " = 1;"),
        ("let x: ", "&", "int", "", " = 1;"),
        ("let x: ", "linear ", "int", "", " = 1;"),
        ("let x: ", "{ x: ", "int", "}", " = 1;"),
        ("let ", "(", "x", ")", " = 1;"),
        ("let ", "Some(", "x", ")", " = 1;"),
        ("let ", "a @ ", "x", "", " = 1;"),
        ("let ", "P { x: ", "x", "}", " = 1;"),
        ("#[cfg(", "not(", "test", ")", ")] let x = 1;"),
    ];
    for (before, open, middle, close, after) in around {
        let text = |n: usize| format!("{before}{}{middle}{}{after}", open.repeat(n), close.repeat(n));
        let diagnostics = messages(&text(490));
        assert!(diagnostics.is_empty(), "490 times {open}: {diagnostics:?}");
        let diagnostics = messages(&text(100_000));
        assert_eq!(diagnostics.len(), 1, "{open}");
        assert!(diagnostics[0].contains("nesting too deep"), "{open}: {}", diagnostics[0]);
    }
}

#[test]
fn unclosed_nesting() {
    for opener in ["(", "[", "{", "{{", "f(", "#{", "if ", "match x {", "fn f() {", "\"{", "#[x(", "/*", "x[", "<"] {
        let diagnostics = messages(&opener.repeat(100_000));
        assert!(diagnostics.len() <= 3, "{opener}: {} diagnostics", diagnostics.len());
    }
}

#[test]
fn long_chains() {
    let n = MAX_CHAIN as usize - 10;
    for link in [" + 1", " || a", ".b", ".0", "()", "[0]", " ?", " as int", ".m()", "?.f", " |> f", " < 1"] {
        let diagnostics = messages(&format!("a{}", link.repeat(n)));
        assert!(diagnostics.is_empty(), "{link}: {diagnostics:?}");
        let diagnostics = messages(&format!("let x = a{};", link.repeat(100_000)));
        assert_eq!(diagnostics.len(), 1, "{link}");
        assert!(diagnostics[0].contains("expression too long"), "{link}: {}", diagnostics[0]);
    }
}

/// Chains in nested parentheses add up: the height of the whole tree is bounded.
#[test]
fn chains_of_chains() {
    let level = format!("{}1", "1 + ".repeat(100));
    let text = format!("{}{level}{}", "(".repeat(400), format!("{})", " + 1".repeat(100)).repeat(400));
    let diagnostics = messages(&text);
    assert_eq!(diagnostics.len(), 1, "{:?}", &diagnostics[..diagnostics.len().min(3)]);
    assert!(diagnostics[0].contains("expression too long"), "{}", diagnostics[0]);
}

/// Long lists are no chains.
#[test]
fn wide_trees() {
    let many = |part: &str| part.repeat(50_000);
    for text in [
        format!("[{}]", many("1 + 2, ")),
        format!("f({})", many("-1, ")),
        many("let x = 1 + 2; "),
        format!("match x {{ {} }}", many("1 | 2 => a, ")),
        format!("struct S {{ {} }}", (0..50_000).map(|i| format!("int f{i}, ")).collect::<String>()),
        format!("\"{}\"", many("{a}")),
    ] {
        let diagnostics = messages(&text);
        assert!(diagnostics.is_empty(), "{}: {:?}", &text[..20], &diagnostics[..1]);
    }
}

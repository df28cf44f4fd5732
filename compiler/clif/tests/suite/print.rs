//! The text forms.

use crate::common::{LEVELS, module, options};
use resilient_clif::{print_asm, print_clif};

const PROGRAM: &str = r#"
    entry fn1
    fn0 "double"(i64) -> i64 {
    block0(v0: i64 n):
        v1: i64 twice = iadd v0, v0
        return v1
    }
    fn1 "main"() -> i64 {
    block0:
        v0: i64 = iconst 4
        v1: i64 = call fn0(v0)
        rt print_int(v1)
        return v0
    }
"#;

#[test]
fn clif_shows_its_origin() {
    let text = print_clif(&module(PROGRAM), &options(LEVELS[1])).expect("prints");
    for line in [
        "; fn0 \"double\"",
        "block0(v0: i64): ; block0(v0: n)",
        "    ; v1: i64 twice = iadd v0, v0",
        "    v1 = iadd v0, v0",
        "    ; return v1",
        "    ; rt print_int(v1)",
    ] {
        assert!(text.lines().any(|l| l == line), "no `{line}` in\n{text}");
    }
    for name in ["; fn0.double", "; resilient_print_int"] {
        assert!(text.lines().any(|l| l.ends_with(name)), "no `{name}` in\n{text}");
    }
}

#[test]
fn asm_names_what_it_calls() {
    let text = print_asm(&module(PROGRAM), &options(LEVELS[1])).expect("prints");
    assert!(text.contains("; fn0 \"double\"") && text.contains("; fn1 \"main\""), "{text}");
    assert!(text.contains("resilient_print_int") && !text.contains("userextname"), "{text}");
}

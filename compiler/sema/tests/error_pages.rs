//! The documentation of error codes is true: each example marked `rz` draws the error it explains, and every code in use
//! has a section.

mod common;

const PAGES: &str = include_str!("../../../docs/errors.md");
const CODES: &str = include_str!("../../base/src/diag.rs");

/// Number, text.
fn sections() -> Vec<(u16, &'static str)> {
    PAGES
        .split("\n## E")
        .skip(1)
        .map(|section| (section[..4].parse().expect("a heading begins with its code"), section))
        .collect()
}

#[test]
fn examples_draw_their_error() {
    for (code, section) in sections() {
        let Some(example) = section.split("```rz\n").nth(1).and_then(|rest| rest.split("\n```").next()) else {
            assert!(section.contains("```text\n"), "E{code:04} has no example");
            continue;
        };
        let found = common::codes(example);
        assert!(found.contains(&code), "the example of E{code:04} draws {found:?}");
    }
}

#[test]
fn every_code_has_a_section() {
    let documented: Vec<u16> = sections().into_iter().map(|(code, _)| code).collect();
    assert!(documented.is_sorted_by(|a, b| a < b));
    let in_use = CODES.split("Code = Code(").skip(1).filter_map(|rest| rest.split(')').next());
    for code in in_use {
        let code: u16 = code.parse().expect("codes are numbers");
        assert!(documented.contains(&code), "E{code:04} is not documented");
    }
}

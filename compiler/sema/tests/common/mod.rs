//! What the tests share: a program in, text out.

// Each test program uses its part of this module.
#![allow(dead_code)]

use bumpalo::Bump;
use resilient_base::{Diagnostics, Interner, Severity, SourceMap};
use resilient_sema::typed::Program;
use resilient_sema::units::Units;
use resilient_sema::{Options, check, print_program};

/// Runs `use_it` on the diagnostics of `source` and on its typed program, as text.
fn with<R>(source: &str, use_it: impl FnOnce(&SourceMap, &Diagnostics, Option<String>) -> R) -> R {
    with_program(source, |sources, diags, program| {
        use_it(sources, diags, program.map(|program| print_program(program, sources)))
    })
}

/// Runs `use_it` on the diagnostics of `source` and on its typed program.
pub fn with_program<R>(source: &str, use_it: impl FnOnce(&SourceMap, &Diagnostics, Option<&Program<'_>>) -> R) -> R {
    let mut sources = SourceMap::default();
    let file = sources.add("t.rz", source);
    let (tree_arena, typed_arena) = (Bump::new(), Bump::new());
    let mut interner = Interner::default();
    let mut diags = Diagnostics::default();
    let tree = resilient_syntax::parse(file, source, &tree_arena, &mut interner, &mut diags);
    let library = resilient_library::load(&mut interner, &mut sources, &tree_arena);
    let mut program = None;
    if !diags.has_errors() {
        let options = Options { features: vec!["on".to_string()], ..Options::default() };
        let units = Units::single(file, tree);
        let checked = check(&units, &sources, &interner, &library, &typed_arena, &options, &mut diags);
        assert_eq!(checked.is_none(), diags.has_errors(), "a program exactly if there are no errors");
        program = checked;
    }
    use_it(&sources, &diags, program.as_ref())
}

/// The codes of the errors in `source`.
pub fn codes(source: &str) -> Vec<u16> {
    with(source, |_, diags, _| diags.sorted().iter().filter_map(|d| d.code).map(|code| code.0).collect())
}

/// Whether `source` is accepted.
pub fn is_accepted(source: &str) -> bool {
    with(source, |_, _, program| program.is_some())
}

/// The diagnostics of `source` and, without errors, its typed program.
pub fn report(source: &str) -> String {
    with(source, |sources, diags, program| {
        let mut text = String::new();
        for diagnostic in diags.sorted() {
            let at = sources.line_col(diagnostic.span);
            let code = match (diagnostic.severity, diagnostic.code) {
                (Severity::Error, Some(code)) => code.to_string(),
                (Severity::Error, None) => "error".to_string(),
                (Severity::Warning, _) => "warning".to_string(),
            };
            text.push_str(&format!("{}:{} {code} {}\n", at.line, at.col, diagnostic.message));
            for (span, label) in &diagnostic.secondary {
                let at = sources.line_col(*span);
                text.push_str(&format!("    {}:{} {label}\n", at.line, at.col));
            }
            for note in &diagnostic.notes {
                text.push_str(&format!("    {note}\n"));
            }
        }
        text + &program.unwrap_or_default()
    })
}

//! The index agrees with the text: every function of it parses, alone, as the function it is said to be, and no function of
//! the files is missing.

use std::fs;
use std::path::Path;

use bumpalo::Bump;
use resilient_base::{Diagnostics, Interner, SourceMap};
use resilient_library::{functions, load};
use resilient_syntax::ast::{FnDecl, Item, StmtKind};

/// Declarations of the files by the real parser: name, and whether the result is declared.
fn declared() -> Vec<(String, bool)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../stdlib");
    let files = |folder: &Path| {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut paths: Vec<_> = entries.filter(|path| path.is_file()).collect();
        paths.sort();
        paths
    };
    let mut paths = files(&root);
    paths.extend(files(&root.join("std")));
    let mut found = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let (arena, mut interner, mut diags) = (Bump::new(), Interner::default(), Diagnostics::default());
        let mut sources = SourceMap::default();
        let file = sources.add(path.display().to_string(), text.clone());
        let tree = resilient_syntax::parse(file, &text, &arena, &mut interner, &mut diags);
        let first = diags.sorted().first().map(|d| (sources.line_col(d.span), d.message.clone()));
        assert!(diags.is_empty(), "{}: {first:?}", path.display());
        for stmt in tree.stmts {
            let StmtKind::Item(Item::Fn(FnDecl { name: Some(name), result, .. })) = stmt.kind else {
                panic!("{}: something other than a function", path.display());
            };
            found.push((interner.resolve(name.symbol).to_string(), result.is_some()));
        }
    }
    found
}

#[test]
fn all_functions_are_indexed() {
    let declared = declared();
    let indexed: Vec<&str> = functions().iter().map(|function| function.name).collect();
    assert_eq!(declared.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), indexed);
    let undeclared: Vec<&String> =
        declared.iter().filter(|(_, has_result)| !has_result).map(|(name, _)| name).collect();
    assert!(undeclared.is_empty(), "results of library functions are declared: {undeclared:?}");
}

#[test]
fn a_name_loads_what_it_needs_and_no_more() {
    let loaded = |name: &str| {
        let (arena, mut interner, mut sources) = (Bump::new(), Interner::default(), SourceMap::default());
        interner.intern(name);
        let loaded = load(&mut interner, &mut sources, &arena);
        loaded.iter().map(|found| found.function.name).collect::<Vec<_>>()
    };
    assert!(loaded("nothing_of_the_library").is_empty());
    assert_eq!(loaded("is_some"), ["is_some"]);
    assert!(loaded("sort").contains(&"__merge_runs"));
    assert!(loaded("Map").contains(&"__map_display"));
}

#[test]
fn names_are_unique() {
    let mut names: Vec<&str> = functions().iter().map(|function| function.name).collect();
    names.sort_unstable();
    assert!(names.is_sorted_by(|a, b| a < b));
}

//! `docs/library-index.md` lists the functions of the library as they are. `RESILIENT_BLESS=1` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use resilient_library::{Function, functions};

const HEAD: &str = "\
# The functions of the library

By theme, with what each is for. `as a method` is how it is called behind a value and a dot; functions marked `host` need an
operating system. Functions under `std::m` are called so where the file has `use std::m;`. A function that stands several
times takes arguments of several types. This list is made from the library and compared with it by a test; beside these
functions there are those that the compiler knows (`compiler/sema/src/library.rs`).
";

/// First sentence of the comment above a function, of which `file` is the text.
fn summary(file: &str, function: &Function) -> String {
    let declared = format!("\nfn {}", function.name);
    let is_end = |at: usize| file[at + declared.len()..].starts_with(['(', '<']);
    let Some((at, _)) = file.match_indices(&declared).find(|&(at, _)| is_end(at)) else { return String::new() };
    let above = file[..at].lines().rev().take_while(|line| line.starts_with("///") || line.starts_with("#["));
    let mut lines: Vec<&str> = above.filter_map(|line| line.strip_prefix("/// ")).collect();
    lines.reverse();
    let text = lines.join(" ");
    match text.split_once(". ") {
        Some((first, _)) => format!("{first}."),
        None => text,
    }
}

fn line(file: &str, function: &Function) -> Option<String> {
    let public: Vec<&str> = function
        .names
        .iter()
        .copied()
        .filter(|name| !name.starts_with("__") || name.starts_with("__std_"))
        .map(|name| name.strip_prefix("__std_").unwrap_or(name))
        .collect();
    if public.is_empty() && function.methods.is_empty() {
        return None;
    }
    let mut line = format!("- `{}`", function.signature.trim_start_matches("fn "));
    let (_, others) = public.split_at(usize::from(!public.is_empty()));
    if !others.is_empty() {
        write!(line, ", also `{}`", others.join("`, `")).unwrap();
    }
    if !function.methods.is_empty() {
        write!(line, ", as a method `{}`", function.methods.join("`, `")).unwrap();
    }
    if function.needs_os {
        line.push_str(", host");
    }
    let summary = summary(file, function);
    if !summary.is_empty() {
        write!(line, ": {summary}").unwrap();
    }
    Some(line)
}

fn list() -> String {
    let mut themes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for function in functions() {
        let path = function.file_name();
        let text = fs::read_to_string(root.join(path)).unwrap();
        themes.entry(path).or_default().extend(line(&text, function));
    }
    let mut out = HEAD.to_string();
    for (path, mut lines) in themes {
        if lines.is_empty() {
            continue;
        }
        let theme = path.trim_start_matches("stdlib/").trim_end_matches(".rz").replace('_', " ");
        lines.sort();
        write!(out, "\n## {}\n\n{}\n", theme.replace("std/", "std::"), lines.join("\n")).unwrap();
    }
    out
}

#[test]
fn the_list_in_the_documentation_is_complete() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/library-index.md");
    let (list, written) = (list(), fs::read_to_string(&path).unwrap_or_default());
    if env::var_os("RESILIENT_BLESS").is_some() {
        fs::write(&path, &list).unwrap();
        return;
    }
    let difference = list.lines().zip(written.lines()).find(|(a, b)| a != b);
    assert!(list == written, "`docs/library-index.md` is out of date, RESILIENT_BLESS=1 writes it: {difference:?}");
}

//! What the tests of this crate share: reading fixtures, and parsing text to text.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::path::{Path, PathBuf};

use bumpalo::Bump;
use resilient_base::{Diagnostics, Interner, Severity, SourceMap};
use resilient_syntax::{parse, print_file, same_tree};

/// One input with what is expected of it.
pub struct Case {
    /// The fixture file.
    pub path: PathBuf,
    /// `file::title`
    pub name: String,
    /// The program.
    pub input: String,
    /// The diagnostics, then the tree if there are no errors.
    pub expected: String,
}

/// All cases of all fixture files, by file name and then in order. A case is a line `=== title`, the input, a line `---`
/// and the expectation.
pub fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let entries = std::fs::read_dir(&folder).expect("the folder of fixtures is part of the crate");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    paths.sort();
    paths.into_iter().flat_map(|path| cases_of(&path)).collect()
}

fn cases_of(path: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(path).expect("a readable fixture");
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let parts = text.strip_prefix("=== ").unwrap_or(&text).split("\n=== ");
    let parse = |part: &str| {
        let (title, rest) = part.split_once('\n').unwrap_or((part, ""));
        let (input, expected) = rest.split_once("\n---\n").unwrap_or((rest.trim_end_matches("\n---"), ""));
        let name = format!("{stem}::{}", title.trim());
        Case { path: path.to_owned(), name, input: input.to_owned(), expected: expected.trim_end().to_owned() }
    };
    parts.map(parse).collect()
}

/// Writes the fixture file of `cases`, which are all of one file.
pub fn write_cases(path: &Path, cases: &[(&Case, String)]) {
    let mut text = String::new();
    for (case, actual) in cases {
        let title = case.name.split_once("::").map_or("", |(_, title)| title);
        text.push_str(&format!("=== {title}\n{}\n---\n{}\n\n", case.input, actual));
    }
    let text = format!("{}\n", text.trim_end());
    std::fs::write(path, text).expect("a writable fixture");
}

/// What [`Parsed::text`] and the properties are computed from.
pub struct Parsed {
    /// `line:col code message` lines.
    pub diagnostics: Vec<String>,
    /// Whether one of them is an error.
    pub has_errors: bool,
    /// The printed tree.
    pub tree: String,
}

impl Parsed {
    /// The form of an expectation.
    pub fn text(&self) -> String {
        let mut lines = self.diagnostics.clone();
        if !self.has_errors {
            lines.push(self.tree.trim_end().to_owned());
        }
        lines.join("\n").trim_end().to_owned()
    }
}

/// Parses `text`.
pub fn parse_text(text: &str) -> Parsed {
    let mut sources = SourceMap::default();
    let file = sources.add("t.rz", text);
    let (arena, mut interner, mut diags) = (Bump::new(), Interner::default(), Diagnostics::default());
    let tree = parse(file, text, &arena, &mut interner, &mut diags);
    let diagnostics = diags.sorted().into_iter().map(|diagnostic| {
        let at = sources.line_col(diagnostic.span);
        let code = match (diagnostic.severity, diagnostic.code) {
            (Severity::Warning, _) => "warning".to_owned(),
            (Severity::Error, code) => code.map_or_else(|| "error".to_owned(), |code| code.to_string()),
        };
        let mut line = format!("{}:{} {code} {}", at.line, at.col, diagnostic.message);
        for (span, label) in &diagnostic.secondary {
            let at = sources.line_col(*span);
            line.push_str(&format!("\n    {}:{} {label}", at.line, at.col));
        }
        diagnostic.notes.iter().for_each(|note| line.push_str(&format!("\n    {note}")));
        line
    });
    Parsed { diagnostics: diagnostics.collect(), has_errors: diags.has_errors(), tree: print_file(&tree, &interner) }
}

/// The messages about `text`, without walking its tree.
pub fn messages(text: &str) -> Vec<String> {
    let mut sources = SourceMap::default();
    let file = sources.add("t.rz", text);
    let mut diags = Diagnostics::default();
    parse(file, text, &Bump::new(), &mut Interner::default(), &mut diags);
    diags.sorted().into_iter().map(|diagnostic| diagnostic.message.clone()).collect()
}

/// What is wrong if printing the tree of `text` and parsing it again gives another tree.
pub fn check_round_trip(text: &str) -> Result<(), String> {
    let mut sources = SourceMap::default();
    let file = sources.add("t.rz", text);
    let (arena, mut interner) = (Bump::new(), Interner::default());
    let mut diags = Diagnostics::default();
    let tree = parse(file, text, &arena, &mut interner, &mut diags);
    if diags.has_errors() {
        return Ok(());
    }
    let printed = print_file(&tree, &interner);
    let again = sources.add("printed.rz", printed.clone());
    let tree_again = parse(again, &printed, &arena, &mut interner, &mut diags);
    if diags.has_errors() {
        let messages: Vec<&str> = diags.sorted().iter().map(|d| d.message.as_str()).collect();
        return Err(format!("the printed text has errors: {messages:?}\n{printed}"));
    }
    if !same_tree(&tree, &tree_again) {
        return Err(format!("the printed text has another tree:\n{printed}"));
    }
    let printed_again = print_file(&tree_again, &interner);
    if printed == printed_again { Ok(()) } else { Err(format!("printing twice differs:\n{printed}\n{printed_again}")) }
}

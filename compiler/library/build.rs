//! Makes the index of the library: for each function of `stdlib/*.rz` where its text stands, the names that ask for it and
//! the functions it needs.
//!
//! The files are read by line, not parsed: a function begins with `fn` in the first column and ends with `}` there,
//! attributes stand above it, one a line. A test of this crate checks with the parser that this finds what is written.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// A function as found.
struct Function {
    name: String,
    file: usize,
    lo: usize,
    hi: usize,
    signature: String,
    /// Names it is called by: its own, those of families it is a form of, second names.
    names: Vec<String>,
    methods: Vec<String>,
    /// Whether it needs an operating system.
    needs_os: bool,
    /// Types whose values cannot be worked with without it.
    types: Vec<String>,
    /// Called names, called methods and types in its text.
    mentions: BTreeSet<String>,
}

fn main() {
    let root = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../stdlib");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut paths = files(&root);
    let modules = files(&root.join("std"));
    paths.extend(modules.iter().cloned());
    let mut functions = Vec::new();
    for (file, path) in paths.iter().enumerate() {
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(path).expect("files of the library can be read");
        scan(file, &text, &mut functions);
    }
    let out = Path::new(&env::var_os("OUT_DIR").expect("cargo sets it")).join("index.rs");
    fs::write(out, index(&root, &paths, &functions) + &modules_text(&modules)).expect("the index can be written");
}

/// The files of a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the folder of the library can be read")
        .map(|entry| entry.expect("the folder of the library can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rz"))
        .collect();
    paths.sort();
    paths
}

/// The names of the modules as Rust text.
fn modules_text(paths: &[PathBuf]) -> String {
    let stem = |path: &PathBuf| path.file_stem().and_then(|stem| stem.to_str()).map(str::to_string);
    let names: Vec<String> = paths.iter().filter_map(stem).collect();
    format!("static MODULES: &[&str] = &{names:?};\n")
}

/// The word of an attribute and the names in it.
type Attribute<'t> = (&'t str, Vec<String>);

/// Adds the functions of a file.
fn scan(file: usize, text: &str, functions: &mut Vec<Function>) {
    let mut attributes: Vec<Attribute<'_>> = Vec::new();
    let mut open: Option<(usize, Vec<Attribute<'_>>)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let (start, content) = (at, line.trim_end());
        at += line.len();
        if let Some(inner) = content.strip_prefix("#[") {
            let inner = inner.strip_suffix(")]").expect("attributes read `#[word(names)]`");
            let (word, list) = inner.split_once('(').expect("attributes read `#[word(names)]`");
            attributes.push((word, list.split(',').map(|name| name.trim().to_string()).collect()));
        } else if content.starts_with("fn ") {
            open = Some((start, std::mem::take(&mut attributes)));
        }
        if content == "}"
            && let Some((lo, attributes)) = open.take()
        {
            functions.push(function(file, lo, &text[lo..start + 1], attributes));
        }
    }
}

fn function(file: usize, lo: usize, text: &str, attributes: Vec<Attribute<'_>>) -> Function {
    let name = text["fn ".len()..].split(['(', '<']).next().unwrap_or_default().to_string();
    let mut function = Function {
        names: vec![name.clone()],
        name,
        file,
        lo,
        hi: lo + text.len(),
        signature: text.lines().next().unwrap_or_default().trim_end_matches(" {").to_string(),
        methods: Vec::new(),
        needs_os: false,
        types: Vec::new(),
        mentions: mentions(text),
    };
    for (word, list) in attributes {
        match word {
            "alias" => function.names.extend(list),
            // A form of a family is reached by the name of the family only.
            "form" => {
                function.signature = function.signature.replacen(&function.name, &list[0], 1);
                function.names = list;
            }
            "method" => function.methods.extend(list),
            "needs" if list == ["os"] => function.needs_os = true,
            "serves" => function.types.extend(list),
            _ => panic!("unknown attribute `{word}` of `{}`", function.name),
        }
    }
    // What a module exports is called `MODULE_NAME` where it is imported.
    if function.names.iter().any(|name| name.starts_with("__std_")) {
        function.signature = function.signature.replacen("__std_", "", 1);
    }
    // Programs know what is only a method by the name of the method.
    if let Some(method) = function.methods.first()
        && function.names.iter().all(|name| name.starts_with("__"))
    {
        function.signature = function.signature.replacen(&function.name, method, 1);
    }
    function
}

/// Words with `(` behind them, and those that begin with a capital.
fn mentions(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        rest = &rest[start..];
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let word = &rest[..end];
        rest = &rest[end..];
        if rest.starts_with('(') || word == "bytes" || word.starts_with(char::is_uppercase) {
            found.insert(word.to_string());
        }
    }
    found
}

/// The index as Rust text.
fn index(root: &Path, paths: &[PathBuf], functions: &[Function]) -> String {
    let mut by_name: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for (number, function) in functions.iter().enumerate() {
        // Other library functions may call a form by its own name.
        let own = std::iter::once(&function.name);
        for name in own.chain(&function.names).chain(&function.methods).chain(&function.types) {
            by_name.entry(name).or_default().insert(number);
        }
    }
    let mut out = String::from("static FILES: &[(&str, &str)] = &[\n");
    for path in paths {
        let name = path.strip_prefix(root).ok().and_then(Path::to_str).expect("files of the library have plain names");
        let full = path.canonicalize().expect("files of the library exist");
        writeln!(out, "    (\"stdlib/{name}\", include_str!({:?})),", full.display().to_string())
            .expect("writing to a string");
    }
    out.push_str("];\nstatic FUNCTIONS: &[Function] = &[\n");
    for (number, function) in functions.iter().enumerate() {
        let Function { name, file, lo, hi, names, methods, signature, needs_os, .. } = function;
        let mut needs: BTreeSet<usize> = BTreeSet::new();
        for word in &function.mentions {
            needs.extend(by_name.get(word.as_str()).into_iter().flatten());
        }
        needs.remove(&number);
        let needs: Vec<usize> = needs.into_iter().collect();
        writeln!(
            out,
            "    Function {{ name: {name:?}, file: {file}, lo: {lo}, hi: {hi}, signature: {signature:?}, names: &{names:?}, \
             methods: &{methods:?}, needs_os: {needs_os}, needs: &{needs:?} }},"
        )
        .unwrap();
    }
    out.push_str("];\nstatic NAMES: &[(&str, &[u16])] = &[\n");
    for (name, numbers) in by_name {
        let numbers: Vec<usize> = numbers.into_iter().collect();
        writeln!(out, "    ({name:?}, &{numbers:?}),").unwrap();
    }
    out.push_str("];\n");
    out
}

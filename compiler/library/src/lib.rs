//! The standard library: its text, and the part of it that a program asks for.
//!
//! The library is written in the language itself, in `stdlib/*.rz`, as ordinary generic functions with a few attributes
//! (`docs/library.md`). A build script makes an index of it: name to functions, and which functions a function needs.
//!
//! In: the names of a program, which are those that the parser interned. Out: the syntax trees of the library functions
//! with these names and of those that they need in turn. Nothing else of the library is looked at, so a program pays for
//! what it names. A name that means something else in the program loads a function that nothing calls: that costs a
//! little time and has no effect.
//!
//! This crate does not know what the functions mean, nor which of several with one name a call is for.

use bumpalo::Bump;
use resilient_base::{Diagnostics, Interner, SourceMap};
use resilient_syntax::ast::{FnDecl, Item, StmtKind};

include!(concat!(env!("OUT_DIR"), "/index.rs"));

/// A function of the library.
pub struct Function {
    /// Its name in its declaration.
    pub name: &'static str,
    file: usize,
    lo: usize,
    hi: usize,
    /// Its signature as in messages: `fn f<T>(array<T> xs) -> T`, with the name that programs call it by.
    pub signature: &'static str,
    /// The names by which programs call it.
    pub names: &'static [&'static str],
    /// The names of the methods it is.
    pub methods: &'static [&'static str],
    /// Whether it needs an operating system: `#[needs(os)]`.
    pub needs_os: bool,
    needs: &'static [u16],
}

impl Function {
    /// Its text.
    pub fn text(&self) -> &'static str {
        &FILES[self.file].1[self.lo..self.hi]
    }

    /// The file it stands in: `stdlib/array.rz`.
    pub fn file_name(&self) -> &'static str {
        FILES[self.file].0
    }

    /// What programs call it.
    pub fn program_name(&self) -> &'static str {
        let name = self.names.first().copied().unwrap_or(self.name);
        name.strip_prefix("__std_").unwrap_or(name)
    }

    /// The head of the type of its first parameter: `array`.
    fn receiver(&self) -> &'static str {
        let params = self.signature.split_once('(').map_or("", |(_, params)| params);
        params.split(['<', ' ', ')']).next().unwrap_or_default()
    }

    /// Whether programs may name it.
    pub fn is_public(&self) -> bool {
        !self.name.starts_with("__")
    }
}

/// A function of the library that was loaded.
#[derive(Clone, Copy)]
pub struct LibraryFn<'a> {
    /// What the index says about it.
    pub function: &'static Function,
    /// Its declaration.
    pub decl: &'a FnDecl<'a>,
}

/// All functions of the library, in the order of the files.
pub fn functions() -> &'static [Function] {
    FUNCTIONS
}

/// Whether the library has functions of this name, methods included.
pub fn has_name(name: &str) -> bool {
    !named(name).is_empty()
}

fn named(name: &str) -> &'static [u16] {
    NAMES.binary_search_by(|row| row.0.cmp(name)).map_or(&[], |at| NAMES[at].1)
}

/// Whether `use std::NAME;` is possible.
pub fn has_module(name: &str) -> bool {
    MODULES.binary_search(&name).is_ok()
}

/// The name by which the library declares a function of a module.
pub fn module_function(module: &str, name: &str) -> String {
    format!("__std_{module}_{name}")
}

/// The module that has to be imported for programs to call a function by this name.
pub fn module_of(name: &str) -> Option<&'static str> {
    let is_exporter = |module: &&&str| {
        let rest = name.strip_prefix(**module).and_then(|rest| rest.strip_prefix('_'));
        rest.is_some_and(|rest| has_name(&module_function(module, rest)))
    };
    MODULES.iter().find(is_exporter).copied()
}

/// The names of functions of modules that a program may call by the names in `interner`: `MODULE_NAME`, or what it calls the
/// module instead.
fn module_names(interner: &Interner) -> Vec<String> {
    let mut found = Vec::new();
    if interner.get("std").is_none() {
        return found;
    }
    let modules: Vec<&str> = MODULES.iter().copied().filter(|module| interner.get(module).is_some()).collect();
    for name in interner.names() {
        for (at, _) in name.match_indices('_') {
            let declared = modules.iter().map(|module| module_function(module, &name[at + 1..]));
            found.extend(declared.filter(|declared| has_name(declared)));
        }
    }
    found
}

/// The functions that a program with the names in `interner` may call, in the order of the index. Their text becomes
/// part of `sources`, for spans; their trees live in `arena`.
pub fn load<'a>(interner: &mut Interner, sources: &mut SourceMap, arena: &'a Bump) -> Vec<LibraryFn<'a>> {
    for name in module_names(interner) {
        interner.intern(&name);
    }
    let mut is_needed = vec![false; FUNCTIONS.len()];
    let mut todo: Vec<u16> = interner.names().flat_map(named).copied().collect();
    while let Some(number) = todo.pop() {
        if !std::mem::replace(&mut is_needed[usize::from(number)], true) {
            todo.extend(FUNCTIONS[usize::from(number)].needs);
        }
    }
    let needed = FUNCTIONS.iter().zip(is_needed).filter(|(_, is_needed)| *is_needed);
    needed.filter_map(|(function, _)| parse(function, interner, sources, arena)).collect()
}

fn parse<'a>(
    function: &'static Function,
    interner: &mut Interner,
    sources: &mut SourceMap,
    arena: &'a Bump,
) -> Option<LibraryFn<'a>> {
    let mut diags = Diagnostics::default();
    let file = sources.add(FILES[function.file].0, function.text());
    let tree = resilient_syntax::parse(file, function.text(), arena, interner, &mut diags);
    debug_assert!(diags.is_empty(), "`{}` of the library: {:?}", function.name, diags.sorted());
    match tree.stmts {
        [stmt] => match stmt.kind {
            StmtKind::Item(Item::Fn(decl)) => Some(LibraryFn { function, decl }),
            _ => None,
        },
        _ => None,
    }
}

/// The names of the library that a program may use, for suggestions.
pub fn public_names<'n>() -> impl Iterator<Item = &'n str> {
    FUNCTIONS.iter().flat_map(|function| function.names).copied().filter(|name| !name.starts_with("__"))
}

/// The methods of types with this head, for suggestions.
pub fn methods_of<'n>(head: &str) -> impl Iterator<Item = &'n str> {
    FUNCTIONS.iter().filter(move |function| function.receiver() == head).flat_map(|function| function.methods).copied()
}

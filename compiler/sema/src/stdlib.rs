//! The functions of the library that a program may call, as declarations.
//!
//! They are functions like those of the program, with numbers behind those. Their names stand in tables of their own, which
//! are asked after everything that the program declares; bodies of library functions see nothing but these tables.

use resilient_base::{FileId, Symbol};
use resilient_library::{Function, LibraryFn};
use rustc_hash::FxHashMap;

use crate::cfg::Cx;
use crate::decls::FnId;
use resilient_base::EntityRef;

/// The loaded functions of the library and their names.
#[derive(Default)]
pub struct LibraryDecls {
    first: usize,
    functions: Vec<&'static Function>,
    first_file: Option<FileId>,
    by_declaration: FxHashMap<Symbol, FnId>,
    by_name: FxHashMap<Symbol, Vec<FnId>>,
    by_method: FxHashMap<Symbol, Vec<FnId>>,
}

impl LibraryDecls {
    /// Notes the names of `loaded`, whose numbers begin with `first`.
    pub fn new(first: usize, loaded: &[LibraryFn<'_>], cx: Cx<'_>) -> LibraryDecls {
        let mut library = LibraryDecls { first, ..LibraryDecls::default() };
        for (number, &LibraryFn { function, decl }) in loaded.iter().enumerate() {
            let id = FnId::new(first + number);
            library.functions.push(function);
            library.by_declaration.extend(decl.name.map(|name| (name.symbol, id)));
            library.first_file = library.first_file.or(decl.name.map(|name| name.span.file));
            // A name that nothing mentions has no symbol.
            for symbol in function.names.iter().filter_map(|name| cx.interner.get(name)) {
                library.by_name.entry(symbol).or_default().push(id);
            }
            for symbol in function.methods.iter().filter_map(|name| cx.interner.get(name)) {
                library.by_method.entry(symbol).or_default().push(id);
            }
        }
        library
    }

    /// What the index says about the function, if it is one of the library.
    pub fn function(&self, id: FnId) -> Option<&'static Function> {
        self.functions.get(id.index().checked_sub(self.first)?).copied()
    }

    /// Whether the function is one of the library.
    pub fn contains(&self, id: FnId) -> bool {
        id.index() >= self.first
    }

    /// Whether the file belongs to the library. Its files are loaded after those of the program.
    pub fn owns(&self, file: FileId) -> bool {
        self.first_file.is_some_and(|first| file >= first)
    }

    /// The function that is declared with this name.
    pub fn declared(&self, name: Symbol) -> Option<FnId> {
        self.by_declaration.get(&name).copied()
    }

    /// The functions of this name: one, or the forms of a family.
    pub fn named(&self, name: Symbol) -> &[FnId] {
        self.by_name.get(&name).map_or(&[], Vec::as_slice)
    }

    /// The functions that are methods of this name, whatever their receivers.
    pub fn methods(&self, name: Symbol) -> &[FnId] {
        self.by_method.get(&name).map_or(&[], Vec::as_slice)
    }
}

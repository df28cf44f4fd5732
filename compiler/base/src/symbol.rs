//! Interned names.

use lasso::{Rodeo, Spur};

/// An interned name: cheap to copy and to compare.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Symbol(Spur);

/// The names of one compilation. Reading takes a shared reference, so only the parser and the few places that make
/// names need it exclusively.
#[derive(Default)]
pub struct Interner {
    rodeo: Rodeo,
}

impl Interner {
    /// The symbol of `name`.
    pub fn intern(&mut self, name: &str) -> Symbol {
        Symbol(self.rodeo.get_or_intern(name))
    }

    /// The symbol of `name` if it was interned before.
    pub fn get(&self, name: &str) -> Option<Symbol> {
        self.rodeo.get(name).map(Symbol)
    }

    /// All names, in the order in which they were first seen.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.rodeo.strings()
    }

    /// The text of `symbol`.
    pub fn resolve(&self, symbol: Symbol) -> &str {
        self.rodeo.resolve(&symbol.0)
    }
}

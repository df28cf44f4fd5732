//! Scopes of a body: what a name means at this point. Each name has a stack of declarations; leaving a scope pops those
//! made in it, so that lookup is one table access however many variables there are.

use resilient_base::Symbol;
use rustc_hash::FxHashMap;

use crate::tables::Res;

/// The names that a body has declared and that are in scope.
#[derive(Default, Clone)]
pub struct Scopes {
    names: FxHashMap<Symbol, Vec<Res>>,
    declared: Vec<Symbol>,
    starts: Vec<usize>,
}

impl Scopes {
    /// Opens a scope.
    pub fn enter(&mut self) {
        self.starts.push(self.declared.len());
    }

    /// Closes the innermost scope.
    pub fn leave(&mut self) {
        let start = self.starts.pop().unwrap_or(0);
        for name in self.declared.drain(start..) {
            if let Some(stack) = self.names.get_mut(&name) {
                stack.pop();
            }
        }
    }

    /// Declares `name`; it hides what had the name before.
    pub fn declare(&mut self, name: Symbol, meaning: Res) {
        self.names.entry(name).or_default().push(meaning);
        self.declared.push(name);
    }

    /// What `name` means, if a variable or local function of this body has the name.
    pub fn lookup(&self, name: Symbol) -> Option<Res> {
        self.names.get(&name)?.last().copied()
    }

    /// All variables in scope, hidden ones included, in the order of the names' first declarations.
    pub fn bindings(&self) -> impl Iterator<Item = Res> {
        let mut seen: FxHashMap<Symbol, usize> = FxHashMap::default();
        self.declared.iter().filter_map(move |name| {
            let depth = seen.entry(*name).or_insert(0);
            *depth += 1;
            self.names.get(name)?.get(*depth - 1).copied()
        })
    }

    /// Whether no scope is open.
    pub fn is_outermost(&self) -> bool {
        self.starts.is_empty()
    }

    /// The names in scope, oldest first.
    pub fn names(&self) -> impl Iterator<Item = Symbol> {
        self.declared.iter().copied()
    }
}

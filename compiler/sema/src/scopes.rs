//! Which names mean what where: a table for each file, inline module and `use .. as m`.
//!
//! A scope holds the names that are declared in it and those that imports bring into it. What it does not hold is looked
//! up in its parent: a module's in its file, a file's in the library, if there is one. A name behind `m::` is looked up in
//! the scope of `m` alone.
//!
//! Top-level variables are visible from a statement on, and a later one of the same name hides an earlier one, so lookups
//! of those take a statement index as limit.

use resilient_base::{PrimaryMap, Span, Symbol, entity_impl};
use resilient_syntax::ast;
use rustc_hash::FxHashMap;

use crate::decls::{ConstId, FnId, TopLetId, TraitId, TypeName};

/// A scope of declarations. The default is that of the program's file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ScopeId(u32);
entity_impl!(ScopeId, "scope");

/// What a name stands for that is not the name of a type or module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Value {
    /// A top-level variable.
    Let(TopLetId),
    /// A function.
    Fn(FnId),
    /// A constant.
    Const(ConstId),
}

/// How a name got into a scope.
#[derive(Clone, Copy)]
pub struct Entry<T> {
    /// What it means.
    pub meaning: T,
    /// Where it is declared, or the `use` that brings it.
    pub at: Span,
    /// Whether a `use` brings it.
    pub is_imported: bool,
}

impl<T> Entry<T> {
    fn map<U>(self, meaning: impl FnOnce(T) -> U) -> Entry<U> {
        Entry { meaning: meaning(self.meaning), at: self.at, is_imported: self.is_imported }
    }
}

/// Names of one kind.
pub struct Names<T> {
    entries: FxHashMap<Symbol, Entry<T>>,
    order: Vec<Symbol>,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Names { entries: FxHashMap::default(), order: Vec::new() }
    }
}

impl<T: Copy> Names<T> {
    /// What `name` means.
    pub fn get(&self, name: Symbol) -> Option<T> {
        self.entries.get(&name).map(|entry| entry.meaning)
    }

    /// All that is known about `name`.
    pub fn entry(&self, name: Symbol) -> Option<Entry<T>> {
        self.entries.get(&name).copied()
    }

    /// Adds `name`, unless it has a meaning already.
    pub fn add(&mut self, name: Symbol, entry: Entry<T>) {
        self.entries.entry(name).or_insert_with(|| {
            self.order.push(name);
            entry
        });
    }

    /// The names, first ones first.
    pub fn in_order(&self) -> impl Iterator<Item = Symbol> {
        self.order.iter().copied()
    }
}

/// A variable from the statement on that makes it visible.
#[derive(Clone, Copy)]
struct VisibleLet {
    id: TopLetId,
    /// Index of its `let`, or of the `use` that brings it.
    index: u32,
    at: Span,
    is_imported: bool,
}

/// The names of a file, of an inline module, or behind an alias.
#[derive(Default)]
pub struct Scope {
    /// Where names are looked up that are not here.
    pub parent: Option<ScopeId>,
    /// What stands before the names of what is declared here, in messages and displayed values: `m::` or nothing.
    pub prefix: String,
    /// Functions.
    pub fns: Names<FnId>,
    /// Constants.
    pub consts: Names<ConstId>,
    /// Types.
    pub types: Names<TypeName>,
    /// Inline modules, and imports with an alias.
    pub modules: Names<ScopeId>,
    /// Modules of the library that are imported, with what the program calls them.
    pub library: Vec<(String, String)>,
    lets: FxHashMap<Symbol, Vec<VisibleLet>>,
    let_order: Vec<(u32, Symbol)>,
}

impl Scope {
    /// What `name` means at statement `limit`.
    fn value(&self, name: Symbol, limit: u32) -> Option<Value> {
        let top_let = || {
            let lets = self.lets.get(&name)?;
            let n = lets.partition_point(|visible| visible.index < limit);
            n.checked_sub(1).map(|i| Value::Let(lets[i].id))
        };
        top_let().or_else(|| self.fns.get(name).map(Value::Fn)).or_else(|| self.consts.get(name).map(Value::Const))
    }

    /// Names of the variables before `limit`, of constants and of functions.
    pub fn value_names(&self, limit: u32) -> impl Iterator<Item = Symbol> {
        let lets = self.let_order.iter().filter(move |(index, _)| *index < limit).map(|&(_, name)| name);
        lets.chain(self.consts.in_order()).chain(self.fns.in_order())
    }

    /// Makes a variable visible from statement `index` on, which is not before that of any other.
    pub fn add_let(&mut self, name: Symbol, index: u32, entry: Entry<TopLetId>) {
        let Entry { meaning: id, at, is_imported } = entry;
        self.lets.entry(name).or_default().push(VisibleLet { id, index, at, is_imported });
        self.let_order.push((index, name));
    }

    /// The meaning that `name` has here as a value, whatever the statement.
    pub fn value_entry(&self, name: Symbol) -> Option<Entry<Value>> {
        if let Some(last) = self.lets.get(&name).and_then(|lets| lets.last()) {
            return Some(Entry { meaning: Value::Let(last.id), at: last.at, is_imported: last.is_imported });
        }
        let function = self.fns.entry(name).map(|entry| entry.map(Value::Fn));
        function.or_else(|| self.consts.entry(name).map(|entry| entry.map(Value::Const)))
    }
}

/// All scopes of a program; the first is that of the program's file.
#[derive(Default)]
pub struct Scopes {
    list: PrimaryMap<ScopeId, Scope>,
}

impl std::ops::Index<ScopeId> for Scopes {
    type Output = Scope;

    fn index(&self, id: ScopeId) -> &Scope {
        &self.list[id]
    }
}

impl std::ops::IndexMut<ScopeId> for Scopes {
    fn index_mut(&mut self, id: ScopeId) -> &mut Scope {
        &mut self.list[id]
    }
}

impl Scopes {
    /// Adds a scope.
    pub fn push(&mut self, parent: Option<ScopeId>, prefix: String) -> ScopeId {
        self.list.push(Scope { parent, prefix, ..Scope::default() })
    }

    /// The scope itself and those around it, innermost first.
    fn chain(&self, from: ScopeId) -> impl Iterator<Item = &Scope> {
        std::iter::successors(Some(&self.list[from]), |scope| scope.parent.map(|parent| &self.list[parent]))
    }

    /// What `name` means in `from` at statement `limit`.
    pub fn value(&self, from: ScopeId, name: Symbol, limit: u32) -> Option<Value> {
        self.chain(from).find_map(|scope| scope.value(name, limit))
    }

    /// The function of this name.
    pub fn function(&self, from: ScopeId, name: Symbol) -> Option<FnId> {
        self.chain(from).find_map(|scope| scope.fns.get(name))
    }

    /// The constant of this name.
    pub fn constant(&self, from: ScopeId, name: Symbol) -> Option<ConstId> {
        self.chain(from).find_map(|scope| scope.consts.get(name))
    }

    /// The type of this name.
    pub fn type_name(&self, from: ScopeId, name: Symbol) -> Option<TypeName> {
        self.chain(from).find_map(|scope| scope.types.get(name))
    }

    /// The module of this name.
    pub fn module(&self, from: ScopeId, name: Symbol) -> Option<ScopeId> {
        self.chain(from).find_map(|scope| scope.modules.get(name))
    }

    /// The names by which the library declares what its imported modules may mean by `name`.
    pub fn library_names<'n>(&'n self, from: ScopeId, name: &'n str) -> impl Iterator<Item = String> + 'n {
        let imported = self.chain(from).flat_map(|scope| &scope.library);
        imported.filter_map(move |(called, module)| {
            let rest = name.strip_prefix(called.as_str())?.strip_prefix('_')?;
            Some(resilient_library::module_function(module, rest))
        })
    }

    /// The value that `name` is in `scope` alone, behind `m::`.
    pub fn member(&self, scope: ScopeId, name: Symbol, limit: u32) -> Option<Value> {
        self.list[scope].value(name, limit)
    }

    /// The first top-level variable of this name, wherever it stands.
    pub fn any_let(&self, from: ScopeId, name: Symbol) -> Option<TopLetId> {
        self.chain(from).find_map(|scope| scope.lets.get(&name)?.first()).map(|visible| visible.id)
    }

    /// The module that the first names of a path lead to, if any, and the other names, at least one.
    pub fn enter<'p>(&self, from: ScopeId, path: &'p [ast::Name]) -> (Option<ScopeId>, &'p [ast::Name]) {
        let [head, rest @ ..] = path else { return (None, path) };
        if rest.is_empty() {
            return (None, path);
        }
        let Some(mut scope) = self.module(from, head.symbol) else { return (None, path) };
        let mut names = rest;
        while let [head, rest @ ..] = names
            && !rest.is_empty()
            && let Some(inner) = self.list[scope].modules.get(head.symbol)
        {
            (scope, names) = (inner, rest);
        }
        (Some(scope), names)
    }

    /// The value that a path names in `from` at statement `limit`.
    pub fn value_at(&self, from: ScopeId, path: &[ast::Name], limit: u32) -> Option<Value> {
        match self.enter(from, path) {
            (None, [name]) => self.value(from, name.symbol, limit),
            (Some(scope), [name]) => self.member(scope, name.symbol, limit),
            _ => None,
        }
    }

    /// The declared type that a path names in `from`.
    pub fn type_at(&self, from: ScopeId, path: &[ast::Name]) -> Option<TypeName> {
        match self.enter(from, path) {
            (None, [name]) => self.type_name(from, name.symbol),
            (Some(scope), [name]) => self.list[scope].types.get(name.symbol),
            _ => None,
        }
    }

    /// The trait that a path names in `from`.
    pub fn trait_at(&self, from: ScopeId, path: &[ast::Name]) -> Option<TraitId> {
        match self.type_at(from, path)? {
            TypeName::Trait(id) => Some(id),
            _ => None,
        }
    }

    /// Names of functions, constants and of the variables before `limit`, for suggestions.
    pub fn value_names(&self, from: ScopeId, limit: u32) -> impl Iterator<Item = Symbol> {
        self.chain(from).flat_map(move |scope| scope.value_names(limit))
    }

    /// Names of functions, for suggestions.
    pub fn fn_names(&self, from: ScopeId) -> impl Iterator<Item = Symbol> {
        self.chain(from).flat_map(|scope| scope.fns.in_order())
    }

    /// Names of modules, for suggestions.
    pub fn module_names(&self, from: ScopeId) -> impl Iterator<Item = Symbol> {
        self.chain(from).flat_map(|scope| scope.modules.in_order())
    }

    /// Names of types, for suggestions.
    pub fn type_names(&self, from: ScopeId) -> impl Iterator<Item = Symbol> {
        self.chain(from).flat_map(|scope| scope.types.in_order())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use resilient_base::{EntityRef, Interner, SourceMap};

    fn entry<T>(meaning: T) -> Entry<T> {
        let file = SourceMap::default().add("t.rz", "");
        Entry { meaning, at: Span::new(file, 0, 0), is_imported: false }
    }

    #[test]
    fn inner_scopes_come_first() {
        let name = Interner::default().intern("x");
        let mut scopes = Scopes::default();
        let file = scopes.push(None, String::new());
        let module = scopes.push(Some(file), "m::".to_string());
        scopes[file].add_let(name, 0, entry(TopLetId::new(0)));
        assert_eq!(scopes.value(module, name, 1), Some(Value::Let(TopLetId::new(0))));
        scopes[module].fns.add(name, entry(FnId::new(0)));
        assert_eq!(scopes.value(module, name, 1), Some(Value::Fn(FnId::new(0))));
        assert_eq!(scopes.value(file, name, 1), Some(Value::Let(TopLetId::new(0))));
    }

    #[test]
    fn variables_are_visible_behind_their_statement() {
        let name = Interner::default().intern("x");
        let mut scopes = Scopes::default();
        let file = scopes.push(None, String::new());
        scopes[file].add_let(name, 2, entry(TopLetId::new(0)));
        scopes[file].add_let(name, 4, entry(TopLetId::new(1)));
        let at = |limit| scopes.value(file, name, limit);
        assert_eq!(at(2), None);
        assert_eq!(at(4), Some(Value::Let(TopLetId::new(0))));
        assert_eq!(at(5), Some(Value::Let(TopLetId::new(1))));
        assert_eq!(scopes.any_let(file, name), Some(TopLetId::new(0)));
    }
}

//! What files export, and what `use` brings into a scope.

use resilient_base::{Diagnostic, Span, Symbol, diag::codes};
use resilient_syntax::ast::{self, UseDecl, UseSource};

use super::{Collector, ConstId, FnId, TopLetId, TypeName};
use crate::gaps;
use crate::scopes::{Entry, ScopeId, Value};
use crate::suggest;

/// What an exported name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Export {
    /// A function.
    Fn(FnId),
    /// A constant.
    Const(ConstId),
    /// A top-level variable.
    Let(TopLetId),
    /// A type.
    Type(TypeName),
    /// An inline module, or an alias of a re-exported file.
    Module(ScopeId),
}

/// A name that a file might export.
#[derive(Clone, Copy)]
struct Candidate {
    name: Symbol,
    meaning: Export,
    /// Whether it is marked `pub`, if that matters for what it is.
    is_pub: Option<bool>,
}

/// The names of a file that importers may see.
#[derive(Default, Clone)]
pub struct Exports {
    candidates: Vec<Candidate>,
    /// Whether a function or struct is marked `pub`.
    has_pub: bool,
}

impl Exports {
    fn is_exported(&self, candidate: &Candidate) -> bool {
        !self.has_pub || candidate.is_pub != Some(false)
    }

    /// The exported names in source order. Of several variables of one name it is the last.
    fn exported(&self) -> Vec<(Symbol, Export)> {
        let mut list: Vec<(Symbol, Export)> = Vec::new();
        let mut lets = rustc_hash::FxHashMap::default();
        for candidate in self.candidates.iter().filter(|candidate| self.is_exported(candidate)) {
            if let Export::Let(_) = candidate.meaning
                && let Some(at) = lets.insert(candidate.name, list.len())
            {
                lets.insert(candidate.name, at);
                list[at].1 = candidate.meaning;
                continue;
            }
            list.push((candidate.name, candidate.meaning));
        }
        list
    }

    /// Whether there is such a name that is not exported.
    fn is_private(&self, name: Symbol) -> bool {
        self.candidates.iter().any(|candidate| candidate.name == name)
    }
}

impl<'a> Collector<'_, '_, 'a> {
    /// Notes a declaration of the file. Those in modules are reached through the module.
    pub(super) fn export(&mut self, name: ast::Name, meaning: Export, is_pub: Option<bool>) {
        let is_outermost = !self.is_in_block && self.decls.scopes[self.scope].prefix.is_empty();
        if is_outermost && let Some(exports) = &mut self.exports[self.unit] {
            exports.has_pub |= is_pub == Some(true);
            exports.candidates.push(Candidate { name: name.symbol, meaning, is_pub });
        }
    }

    /// `use`, whose file was collected before.
    pub(super) fn import(&mut self, decl: &'a UseDecl<'a>, index: u32) {
        match decl.source {
            UseSource::File(_) => self.import_file(decl, index),
            UseSource::Path(path) => self.import_library(&path, decl.alias),
        }
    }

    /// `use std::m;`
    fn import_library(&mut self, path: &ast::Path<'_>, alias: Option<ast::Name>) {
        let names: Vec<&str> = path.segments.iter().map(|name| self.cx.name(name.symbol)).collect();
        if let ["std", module] = names[..]
            && resilient_library::has_module(module)
        {
            let called = alias.map_or(module, |alias| self.cx.name(alias.symbol));
            self.decls.scopes[self.scope].library.push((called.to_string(), module.to_string()));
            return;
        }
        let diagnostic = match names[..] {
            ["std", module] if gaps::is_library_module(module) => gaps::Gap::LibraryModule(module).at(path.span),
            ["std", ..] => {
                let message = format!("unknown library module `{}`", names.join("::"));
                Diagnostic::error(codes::IMPORT_NOT_FOUND, path.span, message)
            }
            _ => {
                let message = format!("unknown package `{}`", names[0]);
                Diagnostic::error(codes::IMPORT_NOT_FOUND, path.span, message)
                    .with_help("a file is imported by its name in quotes: `use \"file.rz\";`")
            }
        };
        self.diags.push(diagnostic);
    }

    fn import_file(&mut self, decl: &'a UseDecl<'a>, index: u32) {
        let Some(&imported) = self.units.unit(self.unit).imports.get(&decl.source_span) else { return };
        let Some(exports) = &self.exports[imported] else { return };
        let exported = exports.exported();
        let chosen = match decl.selected {
            None => exported,
            Some(names) => self.select(&exported, imported, names),
        };
        let at = decl.source_span;
        let Some(alias) = decl.alias else {
            for (name, meaning) in chosen {
                self.bring(self.scope, name, meaning, at, index);
                if decl.is_pub {
                    self.export(ast::Name { symbol: name, span: at }, meaning, None);
                }
            }
            return;
        };
        let module = self.decls.scopes.push(None, String::new());
        for (name, meaning) in chosen {
            self.bring(module, name, meaning, at, index);
        }
        self.module_name(alias, module, at, true);
        if decl.is_pub {
            self.export(alias, Export::Module(module), None);
        }
    }

    /// The exports that are called `names`.
    fn select(
        &mut self,
        exported: &[(Symbol, Export)],
        unit: crate::units::UnitId,
        names: &[ast::Name],
    ) -> Vec<(Symbol, Export)> {
        let mut chosen = Vec::new();
        for name in names {
            let n_before = chosen.len();
            chosen.extend(exported.iter().filter(|(exported, _)| *exported == name.symbol));
            if chosen.len() > n_before {
                continue;
            }
            let (cx, text) = (self.cx, self.cx.name(name.symbol));
            let file = &cx.sources.file(self.units.unit(unit).file).name;
            let is_private = self.exports[unit].as_ref().is_some_and(|exports| exports.is_private(name.symbol));
            let message = if is_private {
                format!("`{file}` does not export `{text}`: it is not marked `pub`")
            } else {
                let near = suggest::did_you_mean(text, exported.iter().map(|&(symbol, _)| cx.name(symbol)));
                format!("`{file}` has no `{text}`{near}")
            };
            self.diags.push(Diagnostic::error(codes::NOT_EXPORTED, name.span, message));
            self.decls.reported.insert(name.symbol);
        }
        chosen
    }

    /// Gives `name` a meaning in `scope`; what it already means there is no problem.
    fn bring(&mut self, scope: ScopeId, name: Symbol, meaning: Export, at: Span, index: u32) {
        let table = &mut self.decls.scopes[scope];
        match meaning {
            Export::Type(meaning) => match table.types.entry(name) {
                Some(earlier) if earlier.meaning != meaning => self.clash(name, at, earlier),
                Some(_) => {}
                None => table.types.add(name, Entry { meaning, at, is_imported: true }),
            },
            Export::Module(meaning) => match table.modules.entry(name) {
                Some(earlier) if earlier.meaning != meaning => self.clash(name, at, earlier),
                Some(_) => {}
                None => table.modules.add(name, Entry { meaning, at, is_imported: true }),
            },
            Export::Fn(id) => {
                if self.may_bring(scope, name, Value::Fn(id), at) {
                    let entry = Entry { meaning: id, at, is_imported: true };
                    self.decls.scopes[scope].fns.add(name, entry);
                }
            }
            Export::Const(id) => {
                if self.may_bring(scope, name, Value::Const(id), at) {
                    let entry = Entry { meaning: id, at, is_imported: true };
                    self.decls.scopes[scope].consts.add(name, entry);
                }
            }
            Export::Let(id) => {
                if self.may_bring(scope, name, Value::Let(id), at) {
                    let entry = Entry { meaning: id, at, is_imported: true };
                    self.decls.scopes[scope].add_let(name, index, entry);
                }
            }
        }
    }

    /// Whether `name` has no meaning in `scope` yet. A second one is reported.
    fn may_bring(&mut self, scope: ScopeId, name: Symbol, meaning: Value, at: Span) -> bool {
        match self.decls.scopes[scope].value_entry(name) {
            None => true,
            Some(earlier) if earlier.meaning == meaning => false,
            Some(earlier) => {
                self.clash(name, at, earlier);
                false
            }
        }
    }

    /// Reports that a declaration in this file has the name of something imported.
    pub(super) fn reject_imported_value(&mut self, name: ast::Name) {
        let entry = self.decls.scopes[self.scope].value_entry(name.symbol);
        if let Some(earlier) = entry.filter(|entry| entry.is_imported) {
            self.clash(name.symbol, name.span, earlier);
        }
    }

    /// Reports a name that gets two meanings in one scope, one of them by an import.
    pub(super) fn clash<T>(&mut self, name: Symbol, at: Span, earlier: Entry<T>) {
        let text = self.cx.name(name);
        let label = if earlier.is_imported { "imported here" } else { "declared here" };
        let is_declaration = self.cx.sources.text(at) == text;
        let message = match (is_declaration, earlier.is_imported) {
            (true, _) => format!("`{text}` is declared here and imported, too"),
            (false, true) => format!("two imports bring different things called `{text}`"),
            (false, false) => format!("this import brings `{text}`, which is declared in this file"),
        };
        self.diags.push(
            Diagnostic::error(codes::IMPORT_CLASH, at, message)
                .with_secondary(earlier.at, label)
                .with_help("import one of them under an alias: `use \"file.rz\" as m;`"),
        );
    }

    /// Gives a module its name.
    pub(super) fn module_name(&mut self, name: ast::Name, meaning: ScopeId, at: Span, is_imported: bool) {
        let scope = &mut self.decls.scopes[self.scope];
        let module = scope.modules.entry(name.symbol).map(|entry| entry.at);
        match module.or_else(|| scope.types.entry(name.symbol).map(|entry| entry.at)) {
            Some(earlier) => self.duplicate(name, earlier),
            None => scope.modules.add(name.symbol, Entry { meaning, at, is_imported }),
        }
    }
}

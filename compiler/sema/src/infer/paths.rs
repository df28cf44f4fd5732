//! Paths with `::`: a value of a module, a type of a module, or something of a type.

use resilient_base::{Diagnostic, diag::codes};
use resilient_syntax::ast;

use super::Checker;
use super::body::Body;
use super::ty::Ty;
use crate::scopes::ScopeId;
use crate::suggest;
use crate::tables::Res;

/// What a path of more than one name is about. The name is its last.
pub(super) enum PathTarget {
    /// `m::x`: a function, variable or constant of a module.
    Value(Res, ast::Name),
    /// `m::T`: a type of a module, with open arguments.
    Type(Ty, ast::Name),
    /// `T::x`, `m::T::x`: something of a type.
    OfType(Ty, ast::Name),
    /// Nothing, and something was reported.
    Reported,
}

impl Body<'_, '_, '_, '_> {
    /// What `path`, which has more than one name, is about.
    pub(super) fn path_target(&mut self, path: &ast::Path<'_>) -> PathTarget {
        let (module, rest) = self.ck.decls.scopes.enter(self.ck.env.scope, path.segments);
        match (module, rest) {
            (Some(module), [name]) => self.module_member(path, module, *name),
            (Some(module), [head, name]) => match self.ck.decls.scopes[module].types.get(head.symbol) {
                Some(meaning) => PathTarget::OfType(self.fresh_declared(meaning, head.span), *name),
                None => {
                    self.ck.unknown_member(path, module, *head);
                    PathTarget::Reported
                }
            },
            (None, [head, name]) => match self.type_of_segment(*head) {
                Some(ty) => PathTarget::OfType(ty, *name),
                None => {
                    if !self.is_reported(head.symbol) {
                        self.ck.unknown_path(path);
                    }
                    PathTarget::Reported
                }
            },
            _ => {
                self.ck.unknown_path(path);
                PathTarget::Reported
            }
        }
    }

    fn module_member(&mut self, path: &ast::Path<'_>, module: ScopeId, name: ast::Name) -> PathTarget {
        if let Some(value) = self.ck.decls.scopes.member(module, name.symbol, self.top_limit()) {
            return PathTarget::Value(self.declaration(value), name);
        }
        if let Some(meaning) = self.ck.decls.scopes[module].types.get(name.symbol) {
            return PathTarget::Type(self.fresh_declared(meaning, name.span), name);
        }
        self.ck.unknown_member(path, module, name);
        PathTarget::Reported
    }
}

impl Checker<'_, '_, '_> {
    /// Reports that a module has no `name`.
    pub(super) fn unknown_member(&mut self, path: &ast::Path<'_>, module: ScopeId, name: ast::Name) {
        if self.decls.reported.contains(&name.symbol) {
            return;
        }
        let (cx, scope) = (self.cx, &self.decls.scopes[module]);
        let module: Vec<&str> = path.segments.iter().map(|segment| cx.name(segment.symbol)).collect();
        let depth = path.segments.iter().position(|segment| segment.span == name.span).unwrap_or(1);
        let text = cx.name(name.symbol);
        let names = scope.value_names(u32::MAX).chain(scope.types.in_order()).chain(scope.modules.in_order());
        let near = suggest::did_you_mean(text, names.map(|symbol| cx.name(symbol)));
        let message = format!("module `{}` has no `{text}`{near}", module[..depth].join("::"));
        let mut diagnostic = Diagnostic::error(codes::UNKNOWN_NAME, name.span, message);
        if scope.value_entry(name.symbol).is_some() {
            diagnostic = diagnostic.with_note("a variable of another file is visible only behind the `use`");
        }
        self.diags.push(diagnostic);
    }

    /// Reports a path whose first name is neither a type nor a module.
    pub(super) fn unknown_path(&mut self, path: &ast::Path<'_>) {
        let head = path.segments[0];
        if self.decls.reported.contains(&head.symbol) {
            return;
        }
        let (cx, text) = (self.cx, self.cx.name(head.symbol));
        let scopes = &self.decls.scopes;
        let names = scopes.type_names(self.env.scope).chain(scopes.module_names(self.env.scope));
        let near = suggest::did_you_mean(text, names.map(|symbol| cx.name(symbol)));
        let mut diagnostic = Diagnostic::error(codes::UNKNOWN_NAME, head.span, format!("Unknown type '{text}'{near}"));
        if text == "std" {
            diagnostic =
                diagnostic.with_help("bring in a library module with `use std::NAME;`, then call `NAME_function`");
        }
        self.diags.push(diagnostic);
    }
}

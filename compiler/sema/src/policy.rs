//! `@require_contracts`: what the functions of a file must state.
//!
//! Every `requires` must mention a parameter and every `ensures` the result; the strict form also demands an `ensures` of
//! every named function but `main`, and a `requires` of those that have parameters.

use resilient_base::{Diagnostic, Diagnostics, Span, Symbol, diag::codes};
use resilient_syntax::ast::{
    ContractKind, Expr, ExprKind, FieldPattern, FnDecl, Item, ParamKind, Pattern, PatternKind, StmtKind,
};

use crate::cfg::Cx;
use crate::decls::Decls;
use crate::walk::{self, Node};

/// Reports the functions of `decls` that do not state what the file demands.
pub fn check(cx: Cx<'_>, decls: &Decls<'_>, diags: &mut Diagnostics) {
    let Some(strict) = decls.stmts.iter().filter_map(demand).reduce(|a, b| a || b) else { return };
    let mut policy = Policy { cx, strict, diags };
    for entry in decls.fns.values() {
        policy.function(entry.decl, entry.name.span);
        policy.nested(walk::fn_roots(entry.decl));
    }
    policy.nested(decls.stmts.iter().map(|stmt| Node::Stmt(stmt)).filter(|node| !is_function(node)).collect());
}

/// Whether the directive that `stmt` may be is the strict one.
fn demand(stmt: &&resilient_syntax::ast::Stmt<'_>) -> Option<bool> {
    match stmt.kind {
        StmtKind::Item(Item::RequireContracts { strict }) => Some(strict),
        _ => None,
    }
}

/// Declarations at top level come by themselves.
fn is_function(node: &Node<'_>) -> bool {
    matches!(node, Node::Stmt(stmt) if matches!(stmt.kind, StmtKind::Item(_)))
}

/// The variables that a parameter makes.
fn names_of(param: &ParamKind<'_>) -> Vec<Symbol> {
    let pattern = match param {
        ParamKind::Name(name) => return vec![name.symbol],
        ParamKind::Struct(pattern) => pattern,
    };
    let PatternKind::Struct(_, fields, _) = pattern.kind else { return Vec::new() };
    let name_of = |field: &FieldPattern<'_>| match field.pattern {
        None => Some(field.name.symbol),
        Some(Pattern { kind: PatternKind::Name(name), .. }) => Some(name.symbol),
        Some(_) => None,
    };
    fields.iter().filter_map(name_of).collect()
}

struct Policy<'p, 'c> {
    cx: Cx<'c>,
    strict: bool,
    diags: &'p mut Diagnostics,
}

impl Policy<'_, '_> {
    /// The functions inside others.
    fn nested(&mut self, roots: Vec<Node<'_>>) {
        let mut found = Vec::new();
        walk::each(roots, &mut |node| match node {
            Node::Expr(Expr { kind: ExprKind::Closure(decl), span }) => found.push((*decl, *span)),
            Node::Stmt(stmt) => {
                if let StmtKind::Item(Item::Fn(decl)) = stmt.kind {
                    found.push((decl, decl.name.map_or(stmt.span, |name| name.span)));
                }
            }
            Node::Expr(_) => {}
        });
        for (decl, span) in found {
            self.function(decl, span);
        }
    }

    fn function(&mut self, decl: &FnDecl<'_>, at: Span) {
        let name = decl.name.map_or("<anon>", |name| self.cx.name(name.symbol));
        let params: Vec<Symbol> = decl.params.iter().flat_map(|param| names_of(&param.kind)).collect();
        let is_named = decl.name.is_some() && name != "main";
        let (mut n_requires, mut n_ensures) = (0, 0);
        for contract in decl.contracts {
            match contract.kind {
                ContractKind::Requires(cond) => {
                    n_requires += 1;
                    if !self.mentions(cond, |symbol, _| params.contains(&symbol)) {
                        self.report(name, cond.span, "this `requires` mentions no parameter");
                    }
                }
                ContractKind::Ensures(cond) => {
                    n_ensures += 1;
                    if !self.mentions(cond, |_, text| text == "result") {
                        self.report(name, cond.span, "this `ensures` does not mention `result`");
                    }
                }
                ContractKind::RecoversTo(_) | ContractKind::Fails(_) => {}
            }
        }
        if self.strict && is_named && n_ensures == 0 {
            self.report(name, at, "it has no `ensures`");
        }
        if self.strict && is_named && n_requires == 0 && !decl.params.is_empty() {
            self.report(name, at, "it has parameters and no `requires`");
        }
    }

    fn mentions(&self, cond: &Expr<'_>, is_meant: impl Fn(Symbol, &str) -> bool) -> bool {
        let mut found = false;
        walk::each([Node::Expr(cond)], &mut |node| {
            if let Node::Expr(Expr { kind: ExprKind::Path(path), .. }) = node
                && let [name] = path.segments
            {
                found |= is_meant(name.symbol, self.cx.name(name.symbol));
            }
        });
        found
    }

    fn report(&mut self, name: &str, at: Span, why: &str) {
        let message = format!("function `{name}` violates `@require_contracts`: {why}");
        self.diags.push(Diagnostic::error(codes::CONTRACT, at, message));
    }
}

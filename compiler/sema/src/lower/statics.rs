//! `static let` with a pattern inside functions: one flag tells whether the statement was reached, and all its variables
//! get their values when it is.
//!
//! ```text
//! init_static $reached { let $value = e; init_global a = $value.0; init_global b = $value.1; true }
//! ```
//!
//! A use of a variable is checked where the initialiser may be left before it has a value.

use resilient_syntax::ast::{self, Pattern};

use super::bind::always_completes;
use super::func::FnLower;
use crate::decls::pattern_names;
use crate::tables::Binding;
use crate::typed::{Expr, ExprKind, Global, Stmt};
use crate::types::Types;

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    /// Whether the variables of `pattern` keep their values across calls. At top level they are plain globals.
    pub(super) fn makes_statics(&self, pattern: &Pattern<'_>) -> bool {
        let mut found = false;
        pattern_names(pattern, &mut |name| {
            found |= matches!(self.t.bindings.get(&name.span), Some(Binding::Static(_)));
        });
        found
    }

    /// Adds the statement to `out`; tells whether what follows it is reached.
    pub(super) fn static_parts(&mut self, node: &'a ast::Let<'a>, out: &mut Vec<Stmt<'t>>) -> bool {
        let span = node.target.span;
        let mut stmts = Vec::new();
        if !self.bind_let(node, &mut stmts) {
            out.extend(stmts);
            return false;
        }
        let is_certain = node.otherwise.is_none() && stmts.iter().all(|stmt| always_completes_stmt(stmt));
        if !is_certain {
            self.check_uses(&node.target);
        }
        let yes = Expr { kind: ExprKind::Bool(true), ty: Types::BOOL, span };
        let init = self.block_of(&stmts, Some(yes), Types::BOOL, span);
        let reached = Global { name: "$reached", ty: Types::BOOL, checked: false, span };
        let reached = self.p.globals.push(reached);
        out.push(Stmt::InitStatic(reached, self.alloc(init)));
        true
    }

    /// The variables of `pattern` may be used before they have values.
    fn check_uses(&mut self, pattern: &Pattern<'_>) {
        let mut statics = Vec::new();
        pattern_names(pattern, &mut |name| {
            if let Some(Binding::Static(id)) = self.t.bindings.get(&name.span) {
                statics.push(*id);
            }
        });
        for id in statics {
            let global = self.p.static_globals[id].expect("all of them were declared at the start");
            self.p.globals[global].checked = true;
        }
    }
}

fn always_completes_stmt(stmt: &Stmt<'_>) -> bool {
    match stmt {
        Stmt::Let(_, init) | Stmt::InitGlobal(_, init) | Stmt::InitStatic(_, init) | Stmt::Expr(init) => {
            always_completes(init)
        }
    }
}

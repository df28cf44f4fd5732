//! `live` and `unsafe` blocks.

use resilient_syntax::ast::{self, Expr};

use super::body::{Body, Sink};
use super::report::Site;
use super::ty::Ty;
use crate::tables::{Key, Res};
use crate::typed::LocalId;

impl<'a> Body<'_, '_, '_, 'a> {
    /// The value of the block is that of the expression; the invariants see what is around it.
    pub(super) fn live(&mut self, expr: &Expr<'_>, node: &'a ast::Live<'a>, sink: Sink) -> Ty {
        let locals = self.scopes.bindings().filter_map(|meaning| match meaning {
            Res::Local(id) => Some(id),
            _ => None,
        });
        let locals: Vec<LocalId> = locals.collect();
        if let Some(frame) = self.frame {
            self.t.nested.lives.push((frame, locals.clone()));
        }
        self.t.live_scopes.insert(Key::of(expr), locals);
        self.n_live += 1;
        let ty = self.block(&node.body, sink);
        for cond in node.invariants {
            let was_in_clause = std::mem::replace(&mut self.in_clause, true);
            self.coerce(cond, Ty::BOOL, Site::Clause("invariant"));
            self.in_clause = was_in_clause;
        }
        self.n_live -= 1;
        ty
    }
}

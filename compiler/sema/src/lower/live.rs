//! `live` blocks: clauses, and the variables they restore.

use resilient_syntax::ast;
use resilient_syntax::print_expr_canonical;
use rustc_hash::FxHashSet;

use super::func::FnLower;
use crate::tables::{Key, Res};
use crate::typed::{Backoff, Clause, Expr, ExprKind, Live, Place};
use crate::types::Type;
use crate::walk::{self, Node};

/// Attempts of a block that states none.
const DEFAULT_ATTEMPTS: u32 = 3;

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    /// The live block `expr` where a `target` is wanted.
    pub(super) fn live(&mut self, expr: &'a ast::Expr<'a>, node: &'a ast::Live<'a>, target: Type) -> Expr<'t> {
        let restored = self.restored(expr, node);
        // A call in the block is followed by the end of the attempt.
        let tail_fn = self.tail_fn.take();
        let body = self.block(&node.body, target, false);
        self.tail_fn = tail_fn;
        let invariants: Vec<Clause<'t>> = node.invariants.iter().map(|cond| self.live_invariant(cond)).collect();
        let live = Live {
            attempts: node.retries.map_or(DEFAULT_ATTEMPTS, |n| u32::try_from(n).unwrap_or(u32::MAX)),
            within: node.within.map(|within| self.nanoseconds(within)),
            backoff: node.backoff.map(backoff),
            body: self.alloc(body),
            invariants: self.p.arena.alloc_slice_copy(&invariants),
            restored: self.p.arena.alloc_slice_copy(&restored),
        };
        Expr { kind: ExprKind::Live(self.p.arena.alloc(live)), ty: body.ty, span: expr.span }
    }

    fn live_invariant(&mut self, cond: &'a ast::Expr<'a>) -> Clause<'t> {
        let span = cond.span;
        let text = print_expr_canonical(cond, self.p.cx.interner);
        let message = self.str(&format!("Invariant violation in live block: {text} failed"), span);
        let value = self.value(cond);
        Clause { cond: self.alloc(value), message: self.alloc(message), span }
    }

    fn nanoseconds(&self, within: ast::Within) -> u64 {
        let unit = match self.p.cx.name(within.unit) {
            "ns" => 1,
            "us" => 1_000,
            "ms" => 1_000_000,
            _ => 1_000_000_000,
        };
        within.count.saturating_mul(unit)
    }

    /// The variables in scope that may change while the block runs: those it assigns, those in cells, which closures may
    /// assign, and the top-level ones that functions assign.
    fn restored(&mut self, expr: &'a ast::Expr<'a>, node: &'a ast::Live<'a>) -> Vec<Place> {
        let assigned = self.assigned_in(node);
        let locals = self.t.live_scopes.get(&Key::of(expr)).cloned().unwrap_or_default();
        let mut places = Vec::new();
        // A function inside another does not reach what it does not capture.
        for id in locals {
            if !self.has_slot(id) {
                continue;
            }
            match self.place_of(Res::Local(id)) {
                Place::Local(_) if !assigned.contains(&Res::Local(id)) => {}
                place => places.push(place),
            }
        }
        let limit = self.lets_limit;
        let lets: Vec<_> = self.p.decls.lets.iter().filter(|(_, entry)| entry.index < limit).collect();
        for (id, entry) in lets {
            let is_changed = assigned.contains(&Res::TopLet(id)) || self.p.checked.lets[id].assigned_by_fn;
            let is_local = self.p.let_globals[id].is_none() && self.let_locals[id].is_none();
            if is_changed && !entry.decl.is_static && !is_local {
                places.push(self.place_of(Res::TopLet(id)));
            }
        }
        places
    }

    /// The variables that the block assigns, wholly or in part.
    fn assigned_in(&self, node: &'a ast::Live<'a>) -> FxHashSet<Res> {
        let mut found = FxHashSet::default();
        let roots = walk::block_roots(&node.body).chain(node.invariants.iter().map(|cond| Node::Expr(cond)));
        walk::each(roots, &mut |node| {
            if let Node::Stmt(stmt) = node
                && let ast::StmtKind::Assign(assign) = stmt.kind
            {
                self.roots_of(assign.place, &mut found);
            }
        });
        found
    }

    fn roots_of(&self, place: &ast::Expr<'_>, found: &mut FxHashSet<Res>) {
        match &place.kind {
            ast::ExprKind::Paren(inner)
            | ast::ExprKind::Field(inner, _)
            | ast::ExprKind::TupleField(inner, ..)
            | ast::ExprKind::Index(inner, _) => self.roots_of(inner, found),
            ast::ExprKind::Tuple(places) => places.iter().for_each(|place| self.roots_of(place, found)),
            _ => found.extend(self.t.names.get(&Key::of(place))),
        }
    }
}

fn backoff(node: ast::Backoff) -> Backoff {
    Backoff {
        base_ms: node.base_ms.unwrap_or(1),
        factor: node.factor.unwrap_or(2),
        max_ms: node.max_ms.unwrap_or(100),
        linear: node.linear.unwrap_or(false),
    }
}

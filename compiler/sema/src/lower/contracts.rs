//! Contract clauses and the messages of their violations.

use resilient_base::{EntityRef, Span};
use resilient_syntax::ast::{self, ContractKind, FnDecl};
use resilient_syntax::print_expr_canonical;
use rustc_hash::FxHashMap;

use super::func::FnLower;
use crate::infer::strip_parens;
use crate::typed::{Claim, ClaimKind, Clause, Expr, ExprKind, LocalId};

/// Whether one of several conditions suffices for `cond` to be `wanted`.
fn has_alternatives(cond: &ast::Expr<'_>, wanted: bool) -> bool {
    match &strip_parens(cond).kind {
        ast::ExprKind::Unary(ast::UnaryOp::Not, operand) => has_alternatives(operand, !wanted),
        ast::ExprKind::Binary(op @ (ast::BinaryOp::And | ast::BinaryOp::Or), left, right, _) => {
            (*op == ast::BinaryOp::Or) == wanted || has_alternatives(left, wanted) || has_alternatives(right, wanted)
        }
        _ => false,
    }
}

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    /// The `requires` clauses of the function called `name`.
    pub(super) fn requires(&mut self, decl: &'a FnDecl<'a>, name: &str) -> &'t [Clause<'t>] {
        let mut clauses = Vec::new();
        for contract in decl.contracts {
            if let ContractKind::Requires(cond) = contract.kind {
                let text = self.claim(ClaimKind::Requires, cond, cond.span);
                let message = self.str(&format!("Contract violation in fn {name}: requires {text} failed"), cond.span);
                clauses.push(self.clause(decl, cond, message));
            }
        }
        self.p.arena.alloc_slice_copy(&clauses)
    }

    /// Whether anything is checked after the body.
    pub(super) fn has_ensures(&self, decl: &FnDecl<'_>) -> bool {
        decl.contracts.iter().any(|c| matches!(c.kind, ContractKind::Ensures(_) | ContractKind::RecoversTo(_)))
    }

    /// The `ensures` clauses of the function called `name`, then `recovers_to`; and the copies of parameters they read.
    pub(super) fn ensures(&mut self, decl: &'a FnDecl<'a>, name: &str) -> (&'t [Clause<'t>], &'t [(LocalId, LocalId)]) {
        self.entry_copies = Some(FxHashMap::default());
        let mut clauses = Vec::new();
        for contract in decl.contracts {
            if let ContractKind::Ensures(cond) = contract.kind {
                let text = self.claim(ClaimKind::Ensures, cond, cond.span);
                let start = format!("Contract violation in fn {name}: ensures {text} failed (result = ");
                let message = self.violation(&start, ")", cond);
                clauses.push(self.clause(decl, cond, message));
            }
        }
        for contract in decl.contracts {
            if let ContractKind::RecoversTo(cond) = contract.kind {
                let text = self.claim(ClaimKind::RecoversTo, cond, cond.span);
                let start = format!(
                    "Contract violation in fn {name}: recovers_to {text} failed — final-state counterexample: result = "
                );
                let message = self.violation(&start, "", cond);
                clauses.push(self.clause(decl, cond, message));
            }
        }
        let found = self.entry_copies.take().unwrap_or_default();
        let copies: Vec<(LocalId, LocalId)> =
            self.params.iter().filter_map(|param| found.get(param).map(|&copy| (*param, copy))).collect();
        (self.p.arena.alloc_slice_copy(&clauses), self.p.arena.alloc_slice_copy(&copies))
    }

    /// Notes that the program states `cond`, whose violation stands at `span`; gives its text.
    pub(super) fn claim(&mut self, kind: ClaimKind, cond: &ast::Expr<'_>, span: Span) -> String {
        let text = print_expr_canonical(cond, self.p.cx.interner);
        if !self.p.decls.library.owns(span.file) {
            let literal = match strip_parens(cond).kind {
                ast::ExprKind::Bool(value) => Some(value),
                _ => None,
            };
            let has_alternatives = has_alternatives(cond, true);
            self.p.claims.push(Claim { kind, span, text: text.clone(), literal, has_alternatives });
        }
        text
    }

    fn clause(&mut self, decl: &'a FnDecl<'a>, cond: &'a ast::Expr<'a>, message: Expr<'t>) -> Clause<'t> {
        // Names of patterns mean parts of the argument, whatever the body did with the variables of that name.
        let mut stmts = Vec::new();
        self.bind_params(decl, &mut stmts);
        let mut value = self.value(cond);
        if !stmts.is_empty() {
            value = self.block_of(&stmts, Some(value), value.ty, cond.span);
        }
        Clause { cond: self.alloc(value), message: self.alloc(message), span: cond.span }
    }

    /// `start`, the result, `end`.
    fn violation(&mut self, start: &str, end: &str, cond: &ast::Expr<'_>) -> Expr<'t> {
        let span = cond.span;
        let Some(local) = self.result_local else { return self.str(&format!("{start}void{end}"), span) };
        let result = Expr { kind: ExprKind::Local(local), ty: self.result, span };
        let mut parts = vec![self.str(start, span), self.quoted(result)];
        if !end.is_empty() {
            parts.push(self.str(end, span));
        }
        self.concat(&parts, span)
    }

    /// In a clause of `ensures`, the copy of parameter `id` as it was at entry, if the body assigns it; else `id`.
    pub(super) fn entry_copy(&mut self, id: LocalId) -> LocalId {
        let local = self.locals[id.index()];
        let is_param = self.params.contains(&id);
        let Some(copies) = &mut self.entry_copies else { return id };
        if !is_param || !local.assigned {
            return id;
        }
        if let Some(&copy) = copies.get(&id) {
            return copy;
        }
        let copy = self.temp("$entry", local.ty, local.span);
        if let Some(copies) = &mut self.entry_copies {
            copies.insert(id, copy);
        }
        copy
    }
}

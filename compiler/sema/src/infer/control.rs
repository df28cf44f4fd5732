//! Blocks, branches and loops.

use resilient_base::{Diagnostic, Span, diag::codes};
use resilient_syntax::ast::{self, Block, Cond, Expr, ExprKind, PatternKind, Stmt, StmtKind};

use super::body::{Body, LoopScope, MissingEnd, Sink};
use super::report::Site;
use super::ty::{Ty, TyKind};
use crate::gaps::Gap;
use crate::tables::Key;
use crate::typed::{LocalId, LoopId};
use resilient_base::EntityRef;

impl<'a> Body<'_, '_, '_, 'a> {
    /// A block in a scope of its own.
    pub(super) fn block(&mut self, block: &'a Block<'a>, sink: Sink) -> Ty {
        self.scopes.enter();
        let ty = self.stmts(block, sink);
        self.scopes.leave();
        ty
    }

    /// The statements of a block in the current scope.
    pub(super) fn stmts(&mut self, block: &'a Block<'a>, sink: Sink) -> Ty {
        let cx = self.ck.cx;
        let mut stmts = cx.active(block.stmts).peekable();
        let mut is_reachable = true;
        let mut is_warned = false;
        let mut last = None;
        while let Some(stmt) = stmts.next() {
            if !is_reachable && !is_warned {
                self.warn_unreachable(stmt);
                is_warned = true;
            }
            if let StmtKind::Expr { expr, semi: false } = stmt.kind
                && stmts.peek().is_none()
            {
                let ty = self.into(expr, if is_reachable { sink } else { Sink::Unused });
                return if is_reachable { ty } else { Ty::NEVER };
            }
            let ty = self.stmt(stmt);
            if is_reachable && self.is_never(ty) {
                is_reachable = false;
                // What stands behind `assert(false)` is there on purpose.
                is_warned = matches!(stmt.kind, StmtKind::Assert(_));
            }
            last = Some(stmt);
        }
        if is_reachable { self.block_end(block, last, sink) } else { Ty::NEVER }
    }

    /// The end of a block without value.
    fn block_end(&mut self, block: &Block<'_>, last: Option<&'a Stmt<'a>>, sink: Sink) -> Ty {
        let brace = Span { lo: block.span.hi.saturating_sub(1).max(block.span.lo), ..block.span };
        if let Sink::Coerce(ty, Site::BodyEnd) = sink
            && !matches!(self.ck.out.tys.kind(ty), TyKind::Void | TyKind::Error)
        {
            let discarded = last.filter(|stmt| self.discards(stmt, ty)).map(|stmt| stmt.span);
            self.missing_end.get_or_insert(MissingEnd { at: brace, discarded });
            return ty;
        }
        self.deliver(Ty::VOID, brace, sink)
    }

    /// Whether `stmt` drops a value of type `ty`.
    fn discards(&mut self, stmt: &Stmt<'_>, ty: Ty) -> bool {
        let StmtKind::Expr { expr, semi: true } = stmt.kind else { return false };
        let Some(&found) = self.t.types.get(&Key::of(expr)) else { return false };
        let (found, ty) = (self.ck.out.tys.shallow(found), self.ck.out.tys.shallow(ty));
        found == ty
    }

    fn warn_unreachable(&mut self, stmt: &Stmt<'_>) {
        let kind = match stmt.kind {
            StmtKind::Item(_) => return,
            StmtKind::Let(_) => "let",
            StmtKind::Assign(_) => "assignment",
            StmtKind::Return(_) => "return",
            StmtKind::Break(_) => "break",
            StmtKind::Continue(_) => "continue",
            StmtKind::Assert(_) => "assertion",
            StmtKind::Defer(_) | StmtKind::Fail(_) | StmtKind::Invariant(_) => "statement",
            StmtKind::Expr { .. } => "expression",
            StmtKind::Error => return,
        };
        let message = format!("unreachable code: {kind} after an earlier return/break/continue");
        self.error(Diagnostic::warning(stmt.span, message));
    }

    pub(super) fn if_(&mut self, node: &'a ast::If<'a>, span: Span, sink: Sink) -> Ty {
        let cond = match node.cond {
            Cond::Expr(cond) => self.coerce(cond, Ty::BOOL, Site::Condition("if")),
            Cond::Let(pattern, _) => return self.gap(Gap::LetCondition, pattern.span),
        };
        let value = match node.otherwise {
            Some(otherwise) => {
                let then = self.block(&node.then, sink);
                let otherwise = self.into(otherwise, sink);
                if self.is_never(then) { otherwise } else { then }
            }
            None => {
                self.block(&node.then, Sink::Unused);
                self.deliver(Ty::VOID, span, sink)
            }
        };
        if self.is_never(cond) { Ty::NEVER } else { value }
    }

    pub(super) fn loop_(&mut self, expr: &Expr<'_>, node: &'a ast::Loop<'a>) -> Ty {
        let ty = self.ck.out.tys.fresh();
        let is_left = self.loop_body(expr, node.label, Some(ty), None, &node.body);
        if is_left { ty } else { Ty::NEVER }
    }

    pub(super) fn while_(&mut self, expr: &Expr<'_>, node: &'a ast::While<'a>) -> Ty {
        self.reject_invariants(node.invariants);
        let cond = match node.cond {
            Cond::Expr(cond) => cond,
            Cond::Let(pattern, _) => return self.gap(Gap::LetCondition, pattern.span),
        };
        let cond_ty = self.coerce(cond, Ty::BOOL, Site::Condition("while"));
        if is_literal_true(cond) {
            let ty = self.ck.out.tys.fresh();
            let is_left = self.loop_body(expr, node.label, Some(ty), None, &node.body);
            return if is_left { ty } else { Ty::NEVER };
        }
        self.loop_body(expr, node.label, None, None, &node.body);
        if self.is_never(cond_ty) { Ty::NEVER } else { Ty::VOID }
    }

    pub(super) fn for_(&mut self, expr: &Expr<'_>, node: &'a ast::For<'a>) -> Ty {
        self.reject_invariants(node.invariants);
        let (lo, hi) = match &strip_parens(node.source).kind {
            ExprKind::Range(Some(lo), Some(hi), _) => (*lo, *hi),
            ExprKind::Range(..) => {
                let message = "the range of a `for` needs both ends";
                self.error(Diagnostic::error(codes::TYPE_MISMATCH, node.source.span, message));
                return Ty::ERROR;
            }
            _ => return self.gap(Gap::ForOver, node.source.span),
        };
        let lo = self.coerce(lo, Ty::INT, Site::RangeBound);
        let hi = self.coerce(hi, Ty::INT, Site::RangeBound);
        self.scopes.enter();
        let var = match node.pattern.kind {
            PatternKind::Name(name) => Some(self.declare(name, Ty::INT, false)),
            PatternKind::Wildcard => None,
            _ => {
                self.gap(Gap::Destructuring, node.pattern.span);
                None
            }
        };
        self.loop_body(expr, node.label, None, var, &node.body);
        self.scopes.leave();
        if self.is_never(lo) || self.is_never(hi) { Ty::NEVER } else { Ty::VOID }
    }

    /// The body of the loop `expr`, which has a value of type `value` if there is one. Tells whether a `break` leaves it.
    fn loop_body(
        &mut self,
        expr: &Expr<'_>,
        label: Option<ast::Name>,
        value: Option<Ty>,
        var: Option<LocalId>,
        body: &'a Block<'a>,
    ) -> bool {
        let id = LoopId::new(self.t.loop_types.len());
        let ty = value.unwrap_or(Ty::VOID);
        self.t.loop_types.push(ty);
        self.t.loops.insert(Key::of(expr), (id, var));
        let label = label.map(|l| l.symbol);
        self.loops.push(LoopScope { id, label, has_value: value.is_some(), ty, is_left: false });
        self.block(body, Sink::Unused);
        self.loops.pop().is_some_and(|scope| scope.is_left)
    }

    fn reject_invariants(&mut self, invariants: &[&Expr<'_>]) {
        if let Some(first) = invariants.first() {
            self.gap(Gap::Invariant, first.span);
        }
    }
}

/// `expr` without parentheses around it.
pub fn strip_parens<'a>(mut expr: &'a Expr<'a>) -> &'a Expr<'a> {
    while let ExprKind::Paren(inner) = expr.kind {
        expr = inner;
    }
    expr
}

/// Whether `expr` is written `true`.
pub fn is_literal_true(expr: &Expr<'_>) -> bool {
    matches!(strip_parens(expr).kind, ExprKind::Bool(true))
}

/// Whether `expr` is written `false`.
pub fn is_literal_false(expr: &Expr<'_>) -> bool {
    matches!(strip_parens(expr).kind, ExprKind::Bool(false))
}

//! Blocks, branches and loops.

use resilient_base::{Diagnostic, Span, diag::codes};
use resilient_syntax::ast::{self, Block, Cond, Expr, ExprKind, Stmt, StmtKind};

use super::body::{Body, LoopScope, MissingEnd, Sink};
use super::nominal::StructDeclId;
use super::report::Site;
use super::ty::{Ty, TyKind};
use crate::tables::Key;
use crate::typed::LoopId;
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
        let Some(inner) = self.ck.decls.block_scope(block) else { return self.stmts_here(block, sink) };
        let outer = std::mem::replace(&mut self.ck.env.scope, inner);
        let ty = self.stmts_here(block, sink);
        self.ck.env.scope = outer;
        ty
    }

    /// [`Self::stmts`], with the declarations of the block known.
    fn stmts_here(&mut self, block: &'a Block<'a>, sink: Sink) -> Ty {
        self.declare_local_fns(block);
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
        let then_sink = if node.otherwise.is_some() { sink } else { Sink::Unused };
        let (completes, then) = match node.cond {
            Cond::Expr(cond) => {
                let cond = self.coerce(cond, Ty::BOOL, Site::Condition("if"));
                (!self.is_never(cond), self.block(&node.then, then_sink))
            }
            Cond::Let(pattern, value) => self.let_condition(pattern, value, |body| body.block(&node.then, then_sink)),
        };
        let value = match node.otherwise {
            Some(otherwise) => {
                let otherwise = self.into(otherwise, sink);
                if self.is_never(then) { otherwise } else { then }
            }
            None => self.deliver(Ty::VOID, span, sink),
        };
        if completes { value } else { Ty::NEVER }
    }

    pub(super) fn loop_(&mut self, expr: &Expr<'_>, node: &'a ast::Loop<'a>) -> Ty {
        self.invariants(&[], &node.body);
        let ty = self.ck.out.tys.fresh();
        let is_left = self.loop_body(expr, node.label, Some(ty), &node.body);
        if is_left { ty } else { Ty::NEVER }
    }

    pub(super) fn while_(&mut self, expr: &Expr<'_>, node: &'a ast::While<'a>) -> Ty {
        self.invariants(node.invariants, &node.body);
        let cond = match node.cond {
            Cond::Expr(cond) => cond,
            Cond::Let(pattern, value) => {
                let (completes, _) = self.repeated(|body| {
                    body.let_condition(pattern, value, |body| {
                        body.loop_body(expr, node.label, None, &node.body);
                    })
                });
                return if completes { Ty::VOID } else { Ty::NEVER };
            }
        };
        if is_literal_true(cond) {
            self.coerce(cond, Ty::BOOL, Site::Condition("while"));
            let ty = self.ck.out.tys.fresh();
            let is_left = self.loop_body(expr, node.label, Some(ty), &node.body);
            return if is_left { ty } else { Ty::NEVER };
        }
        self.repeated(|body| {
            let cond_ty = body.coerce(cond, Ty::BOOL, Site::Condition("while"));
            body.loop_body(expr, node.label, None, &node.body);
            if body.is_never(cond_ty) { Ty::NEVER } else { Ty::VOID }
        })
    }

    pub(super) fn for_(&mut self, expr: &Expr<'_>, node: &'a ast::For<'a>) -> Ty {
        let Some((item, completes)) = self.source(node.source) else { return Ty::ERROR };
        self.scopes.enter();
        self.repeated(|body| {
            body.bind(&node.pattern, item);
            body.invariants(node.invariants, &node.body);
            body.loop_body(expr, node.label, None, &node.body);
        });
        self.scopes.leave();
        if completes { Ty::VOID } else { Ty::NEVER }
    }

    /// The type of what the source of a loop gives, and whether it completes. None after a report.
    pub(super) fn source(&mut self, source: &'a Expr<'a>) -> Option<(Ty, bool)> {
        match &strip_parens(source).kind {
            ExprKind::Range(Some(lo), Some(hi), _) => {
                let lo = self.coerce(lo, Ty::INT, Site::RangeBound);
                let hi = self.coerce(hi, Ty::INT, Site::RangeBound);
                return Some((Ty::INT, !self.is_never(lo) && !self.is_never(hi)));
            }
            ExprKind::Range(..) => {
                let message = "the range of a `for` needs both ends";
                self.error(Diagnostic::error(codes::TYPE_MISMATCH, source.span, message));
                return None;
            }
            _ => {}
        }
        let ty = self.value(source);
        if self.is_never(ty) {
            return Some((Ty::ERROR, false));
        }
        if self.ck.out.tys.is_open(ty) {
            // Of what can be iterated over only arrays come about without the type being told.
            let item = self.ck.out.tys.fresh();
            let array = self.ck.out.tys.array(item);
            self.ck.out.tys.unify(ty, array);
        }
        let item = match self.ck.out.tys.kind(ty) {
            TyKind::Array(item) => item,
            TyKind::Str => Ty::CHAR,
            TyKind::Error => Ty::ERROR,
            TyKind::Struct(StructDeclId::MAP | StructDeclId::SET, parts) => self.ck.out.tys.args(parts)[0],
            TyKind::Struct(StructDeclId::RANGE, _) => Ty::INT,
            TyKind::Struct(id, _) if !id.is_builtin() => self.iterator(source, ty),
            TyKind::Enum(..) | TyKind::Dyn(_) => self.iterator(source, ty),
            TyKind::Fn(list) => self.callable_item(list, ty, source.span),
            _ => {
                let message = format!("cannot iterate over a value of type `{}`", self.ck.display(ty));
                self.error(Diagnostic::error(codes::TYPE_MISMATCH, source.span, message));
                Ty::ERROR
            }
        };
        Some((item, true))
    }

    /// The type of what a value with a method `next` gives.
    fn iterator(&mut self, source: &'a Expr<'a>, ty: Ty) -> Ty {
        let item = self.ck.out.tys.fresh();
        let option = self.ck.out.tys.option(item);
        let next = self.ck.find_method_by_text(ty, "next");
        let next = next.filter(|&func| self.ck.out.sigs[func].has_self && self.ck.out.sigs[func].params.len() == 1);
        if let Some(func) = next {
            let known = self.ck.out.receiver_args(func, ty);
            let call = self.ck.instantiate(func, known, source.span);
            self.ck.demand_result(func, &call, source.span);
            if self.ck.out.tys.try_unify(call.result, option) {
                self.t.iterators.insert(Key::of(source), (func, call.args, option));
                return item;
            }
        }
        let message = format!("cannot iterate over a value of type `{}`", self.ck.display(ty));
        let note = match next {
            Some(_) => "its method `next` does not give an `Option`",
            None => "it has no method `next(self) -> Option<T>`",
        };
        self.error(Diagnostic::error(codes::TYPE_MISMATCH, source.span, message).with_note(note));
        Ty::ERROR
    }

    /// `[e for p in s if c]`
    pub(super) fn comprehension(
        &mut self,
        expr: &Expr<'_>,
        node: &'a ast::Comprehension<'a>,
        wanted: Option<Ty>,
    ) -> Ty {
        let Some((item, completes)) = self.source(node.source) else { return Ty::ERROR };
        let known = wanted.and_then(|ty| match self.ck.out.tys.kind(ty) {
            TyKind::Array(element) if !self.ck.out.tys.is_open(element) => Some(element),
            _ => None,
        });
        self.scopes.enter();
        let element = self.repeated(|body| body.comprehension_item(node, item, known));
        self.scopes.leave();
        let id = self.new_loop(Ty::VOID);
        self.t.loops.insert(Key::of(expr), id);
        if completes { self.ck.out.tys.array(element) } else { Ty::NEVER }
    }

    fn comprehension_item(&mut self, node: &'a ast::Comprehension<'a>, item: Ty, known: Option<Ty>) -> Ty {
        self.bind(&node.pattern, item);
        if let Some(filter) = node.filter {
            self.coerce(filter, Ty::BOOL, Site::Condition("if"));
        }
        match known {
            Some(element) => {
                self.coerce(node.element, element, Site::Element);
                element
            }
            None => {
                let found = self.value(node.element);
                // An element that does not complete tells no type.
                if self.is_never(found) { self.ck.out.tys.fresh() } else { found }
            }
        }
    }

    pub(super) fn new_loop(&mut self, ty: Ty) -> LoopId {
        self.t.loop_types.push(ty);
        LoopId::new(self.t.loop_types.len() - 1)
    }

    /// The body of the loop `expr`, which has a value of type `value` if there is one. Tells whether a `break` leaves it.
    fn loop_body(&mut self, expr: &Expr<'_>, label: Option<ast::Name>, value: Option<Ty>, body: &'a Block<'a>) -> bool {
        let ty = value.unwrap_or(Ty::VOID);
        let id = self.new_loop(ty);
        self.t.loops.insert(Key::of(expr), id);
        let label = label.map(|l| l.symbol);
        self.loops.push(LoopScope { id, label, has_value: value.is_some(), ty, is_left: false });
        self.repeated(|this| this.block(body, Sink::Unused));
        self.loops.pop().is_some_and(|scope| scope.is_left)
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

//! Blocks, branches, loops and statements.

use resilient_base::{EntityRef, Span};
use resilient_syntax::ast::{self, Break, Cond, PatternKind, StmtKind};

use super::func::FnLower;
use crate::infer::{is_literal_true, strip_parens};
use crate::tables::{Binding, Key, Res};
use crate::typed::{Builtin, Expr, ExprKind, Loop, LoopId, Stmt};
use crate::types::{Type, Types};

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    /// A block whose value is a `target`.
    pub(super) fn block(&mut self, block: &'a ast::Block<'a>, target: Type, is_tail: bool) -> Expr<'t> {
        let cx = self.p.cx;
        let mut stmts = cx.active(block.stmts).peekable();
        let mut out = Vec::new();
        while let Some(stmt) = stmts.next() {
            self.inject_fault(stmt, &mut out);
            if let StmtKind::Expr { expr, semi } = stmt.kind
                && stmts.peek().is_none()
                // The last call of a void function is in tail position with a semicolon too.
                && (!semi || is_tail && target == Types::VOID && is_call(expr))
            {
                let value = self.into(expr, target, is_tail);
                return if out.is_empty() { value } else { self.block_of(&out, Some(value), value.ty, block.span) };
            }
            if !self.stmt(stmt, &mut out) {
                return self.block_of(&out, None, Types::NEVER, block.span);
            }
        }
        self.block_of(&out, None, Types::VOID, block.span)
    }

    /// Where faults are injected, adds the place for one before `stmt`; none in the library, whose functions a program sees as one
    /// operation each.
    fn inject_fault(&mut self, stmt: &ast::Stmt<'_>, out: &mut Vec<Stmt<'t>>) {
        let span = stmt.span;
        if let Some(number) = self.p.cx.options.inject_fault
            && !self.p.decls.library.owns(span.file)
        {
            let number = Expr { kind: ExprKind::Int(number.into()), ty: Types::INT, span };
            let call = ExprKind::CallBuiltin(Builtin::InjectFault, self.p.arena.alloc_slice_copy(&[number]));
            out.push(Stmt::Expr(self.alloc(Expr { kind: call, ty: Types::VOID, span })));
        }
    }

    /// Adds what `stmt` does to `out`. Tells whether what follows can be reached.
    pub(super) fn stmt(&mut self, stmt: &'a ast::Stmt<'a>, out: &mut Vec<Stmt<'t>>) -> bool {
        let expr = match &stmt.kind {
            StmtKind::Item(_) | StmtKind::Error => return true,
            StmtKind::Let(node) => return self.let_(node, out),
            StmtKind::Expr { expr, .. } => self.effect(expr),
            StmtKind::Assign(node) => self.assign(node, stmt.span),
            StmtKind::Return(value) => self.return_(*value, stmt.span),
            StmtKind::Break(node) => self.break_(node, stmt),
            StmtKind::Continue(_) => {
                let kind = ExprKind::Continue(self.jump_target(stmt));
                Expr { kind, ty: Types::NEVER, span: stmt.span }
            }
            StmtKind::Assert(node) => return self.assert(node, stmt.span, out),
            // Checked at the head of its loop, or without effect.
            StmtKind::Invariant(_) => return true,
            StmtKind::Defer(expr) => self.defer_(expr),
            StmtKind::Fail(name) => self.fail(*name, stmt.span),
        };
        out.push(Stmt::Expr(self.alloc(expr)));
        expr.ty != Types::NEVER
    }

    fn let_(&mut self, node: &'a ast::Let<'a>, out: &mut Vec<Stmt<'t>>) -> bool {
        if matches!(node.target.kind, PatternKind::Wildcard) && node.otherwise.is_none() {
            let value = self.effect(node.init);
            out.push(Stmt::Expr(self.alloc(value)));
            return value.ty != Types::NEVER;
        }
        let PatternKind::Name(name) = node.target.kind else { return self.let_parts(node, out) };
        if node.otherwise.is_some() {
            return self.let_parts(node, out);
        }
        let binding = *self.t.bindings.get(&name.span).expect("every `let` of a checked body binds a variable");
        let ty = match binding {
            Binding::Local(id) => Some(self.t.locals[id].ty),
            Binding::Static(id) => Some(self.p.checked.statics[id].ty),
            Binding::TopLet(id) => self.p.checked.lets[id].ty,
        };
        let ty = ty.map_or(Types::VOID, |ty| self.concrete(ty));
        let value = if node.ty.is_some() { self.into(node.init, ty, false) } else { self.value(node.init) };
        if value.ty == Types::NEVER {
            out.push(Stmt::Expr(self.alloc(value)));
            return false;
        }
        let stmt = self.init(binding, value, node.is_static);
        out.push(stmt);
        true
    }

    /// A `let` with a pattern that is not a name.
    fn let_parts(&mut self, node: &'a ast::Let<'a>, out: &mut Vec<Stmt<'t>>) -> bool {
        if node.is_static && self.makes_statics(&node.target) {
            return self.static_parts(node, out);
        }
        self.bind_let(node, out)
    }

    /// The statements of a `let` that takes its value apart; the variables are made where they stand.
    pub(super) fn bind_let(&mut self, node: &'a ast::Let<'a>, out: &mut Vec<Stmt<'t>>) -> bool {
        match &node.otherwise {
            Some(otherwise) => self.let_else(node, otherwise, out),
            None => self.let_pattern(node, out),
        }
    }

    fn let_pattern(&mut self, node: &'a ast::Let<'a>, out: &mut Vec<Stmt<'t>>) -> bool {
        let ty = self.pattern_ty(&node.target);
        let value = if node.ty.is_some() { self.into(node.init, ty, false) } else { self.value(node.init) };
        if value.ty == Types::NEVER {
            out.push(Stmt::Expr(self.alloc(value)));
            return false;
        }
        self.bind(&node.target, value, out);
        true
    }

    fn return_(&mut self, value: Option<&'a ast::Expr<'a>>, span: Span) -> Expr<'t> {
        let leave = |value| Expr { kind: ExprKind::Return(value), ty: Types::NEVER, span };
        let success = || Expr { kind: ExprKind::Int(0), ty: Types::INT, span };
        let Some(value) = value else {
            return leave(self.is_top.then(|| self.alloc(success())));
        };
        let value = if self.is_top { self.value(value) } else { self.into(value, self.result, true) };
        if value.ty == Types::NEVER {
            return value;
        }
        if value.ty == self.result && self.result != Types::VOID {
            let value = self.left_with(value);
            return leave(Some(self.alloc(value)));
        }
        // The value is dropped: a void function, or top-level code that returns something other than a status.
        let leave = leave(self.is_top.then(|| self.alloc(success())));
        self.block_of(&[Stmt::Expr(self.alloc(value))], Some(leave), Types::NEVER, span)
    }

    fn jump_target(&self, stmt: &ast::Stmt<'_>) -> LoopId {
        self.loop_id(*self.t.jumps.get(&Key::of(stmt)).expect("every jump of a checked body has a target"))
    }

    fn break_(&mut self, node: &'a Break<'a>, stmt: &'a ast::Stmt<'a>) -> Expr<'t> {
        let target = *self.t.jumps.get(&Key::of(stmt)).expect("every jump of a checked body has a target");
        let loop_ty = self.t.loop_types[target.index()];
        let loop_ty = self.concrete(loop_ty);
        let value = match node {
            Break::Plain => None,
            Break::Value(value) => Some(self.into(value, loop_ty, false)),
            Break::LabelOrValue(name) => {
                let res: Option<Res> = self.t.break_values.get(&Key::of(stmt)).copied();
                res.map(|res| self.name(res, name.span))
            }
        };
        let leave =
            |value| Expr { kind: ExprKind::Break(self.loop_id(target), value), ty: Types::NEVER, span: stmt.span };
        match value {
            None => leave(None),
            Some(value) if value.ty == Types::NEVER => value,
            Some(value) if loop_ty == Types::VOID => {
                self.block_of(&[Stmt::Expr(self.alloc(value))], Some(leave(None)), Types::NEVER, stmt.span)
            }
            Some(value) => leave(Some(self.alloc(value))),
        }
    }

    pub(super) fn if_(&mut self, node: &'a ast::If<'a>, span: Span, target: Type, is_tail: bool) -> Expr<'t> {
        let cond = match node.cond {
            Cond::Expr(cond) => self.value(cond),
            Cond::Let(pattern, value) => return self.if_let((pattern, value), node, span, target, is_tail),
        };
        if cond.ty == Types::NEVER {
            return cond;
        }
        let then = self.block(&node.then, if node.otherwise.is_some() { target } else { Types::VOID }, is_tail);
        let otherwise = node.otherwise.map(|otherwise| self.into(otherwise, target, is_tail));
        let ty = match otherwise {
            None => Types::VOID,
            Some(otherwise) if then.ty == Types::NEVER => otherwise.ty,
            Some(_) => then.ty,
        };
        let kind = ExprKind::If(self.alloc(cond), self.alloc(then), otherwise.map(|e| self.alloc(e)));
        Expr { kind, ty, span }
    }

    pub(super) fn while_(&mut self, expr: &'a ast::Expr<'a>, node: &'a ast::While<'a>) -> Expr<'t> {
        let cond = match node.cond {
            Cond::Expr(cond) => cond,
            Cond::Let(pattern, value) => return self.while_let((pattern, value), expr, node),
        };
        let checks = self.invariants(node.invariants, &node.body);
        if is_literal_true(cond) {
            return self.loop_(expr, checks, None, &node.body);
        }
        let cond = self.value(cond);
        if cond.ty == Types::NEVER {
            return self.after(&checks, cond);
        }
        self.loop_(expr, checks, Some(cond), &node.body)
    }

    /// A loop that begins its iterations with `checks`.
    pub(super) fn loop_(
        &mut self,
        expr: &'a ast::Expr<'a>,
        checks: Vec<Stmt<'t>>,
        cond: Option<Expr<'t>>,
        body: &'a ast::Block<'a>,
    ) -> Expr<'t> {
        let id = self.loop_entry(expr);
        let ty = self.ty(expr);
        let limit = self.iteration_limit(expr.span);
        let body = self.block(body, Types::VOID, false);
        let mut body = self.after(&limit.start, body);
        let cond = match cond {
            Some(cond) => Some(self.after(&checks, cond)),
            None => {
                body = self.after(&checks, body);
                None
            }
        };
        let node = Loop { id, cond: cond.map(|cond| self.alloc(cond)), body: self.alloc(body) };
        let whole = Expr { kind: ExprKind::Loop(self.p.arena.alloc(node)), ty, span: expr.span };
        self.with_limit(&limit, whole)
    }
}

/// Whether `expr` is, or ends in, a call.
fn is_call(expr: &ast::Expr<'_>) -> bool {
    use ast::ExprKind::{Block, Call, If, Match, MethodCall};
    matches!(strip_parens(expr).kind, Call(..) | MethodCall(..) | If(_) | Match(_) | Block(_))
}

//! Statements. Each gives the type never if what follows it cannot be reached, else void.

use resilient_base::{Diagnostic, Span, diag::codes};
use resilient_syntax::ast::{self, Break, Expr, ExprKind, Item, PatternKind, Stmt, StmtKind};

use super::body::{Body, Owner, Sink};
use super::control::{is_literal_false, strip_parens};
use super::goals::{Goal, Operand};
use super::report::Site;
use super::ty::{Ty, TyKind};
use crate::attributes;
use crate::decls::pattern_names;
use crate::tables::{Binding, Key, Mentioned};

impl<'a> Body<'_, '_, '_, 'a> {
    pub(super) fn stmt(&mut self, stmt: &'a Stmt<'a>) -> Ty {
        if !self.is_top_stmt() {
            attributes::check(stmt, self.ck.cx, self.ck.diags);
        }
        match &stmt.kind {
            StmtKind::Expr { expr, .. } => self.expr_stmt(expr),
            StmtKind::Let(node) => self.let_(node),
            StmtKind::Assign(node) => self.assign(node, stmt.span),
            StmtKind::Return(value) => self.return_(*value, stmt.span),
            StmtKind::Break(node) => self.break_(node, stmt),
            StmtKind::Continue(label) => self.continue_(*label, stmt),
            StmtKind::Assert(node) => self.assert(node, stmt.span),
            StmtKind::Item(item) => self.item(item),
            StmtKind::Defer(expr) => self.defer_(expr),
            StmtKind::Fail(name) => self.fail(*name),
            StmtKind::Invariant(cond) => self.invariant_stmt(cond, stmt.span),
            StmtKind::Error => Ty::VOID,
        }
    }

    /// Whether the current statement stands at top level itself, where it was seen as a declaration already.
    pub(super) fn is_top_stmt(&self) -> bool {
        matches!(self.owner, Owner::Top(_)) && self.scopes.is_outermost()
    }

    /// Reports a declaration that belongs at top level.
    fn outside(&mut self, at: Span, what: &str) -> Ty {
        let message = format!("{what} stands at top level only");
        self.error(Diagnostic::error(codes::SYNTAX, at, message));
        Ty::VOID
    }

    fn item(&mut self, item: &Item<'a>) -> Ty {
        match item {
            Item::Fn(decl) => self.local_fn(decl),
            Item::Use(decl) => return self.outside(decl.source_span, "an import"),
            Item::Mod(decl) => return self.outside(decl.name.span, "a module"),
            // Collected with the block, without effect, or rejected by the parser.
            _ => {}
        }
        Ty::VOID
    }

    fn expr_stmt(&mut self, expr: &'a Expr<'a>) -> Ty {
        let ty = self.into(expr, Sink::Unused);
        let is_useless = matches!(
            strip_parens(expr).kind,
            ExprKind::Int(..)
                | ExprKind::Float(..)
                | ExprKind::Str(_)
                | ExprKind::Interpolated(_)
                | ExprKind::Bool(_)
                | ExprKind::Path(_)
                | ExprKind::Unary(..)
                | ExprKind::Binary(..)
                | ExprKind::Cast(..)
        );
        let value = self.t.types.get(&Key::of(strip_parens(expr))).copied().unwrap_or(Ty::ERROR);
        if is_useless && !matches!(self.ck.out.tys.kind(value), TyKind::Error | TyKind::Never) {
            self.error(Diagnostic::warning(expr.span, "the value of this expression is not used"));
        }
        ty
    }

    fn let_(&mut self, node: &'a ast::Let<'a>) -> Ty {
        match node.target.kind {
            PatternKind::Name(name) if node.otherwise.is_none() => self.let_name(node, name),
            PatternKind::Error => Ty::VOID,
            PatternKind::Wildcard if node.otherwise.is_none() => {
                let (_, completes) = self.let_value(node, None);
                if completes { Ty::VOID } else { Ty::NEVER }
            }
            _ => {
                let (ty, completes) = self.let_value(node, None);
                if let Some(otherwise) = &node.otherwise {
                    self.let_else(otherwise);
                }
                self.makes_statics = node.is_static && !self.is_top_stmt();
                self.bind(&node.target, ty);
                self.makes_statics = false;
                if !completes && node.ty.is_none() && self.is_top_stmt() {
                    self.mark_untyped(&node.target);
                }
                if completes { Ty::VOID } else { Ty::NEVER }
            }
        }
    }

    /// Notes that the variables of a top-level pattern have no type.
    fn mark_untyped(&mut self, pattern: &ast::Pattern<'_>) {
        pattern_names(pattern, &mut |name| {
            if let Some(id) = self.ck.decls.let_at(name.span) {
                self.ck.out.lets[id].is_untyped = true;
            }
        });
    }

    /// The type of the variable, and whether the initialiser completes.
    fn let_value(&mut self, node: &'a ast::Let<'a>, name: Option<ast::Name>) -> (Ty, bool) {
        let Some(annotation) = node.ty else {
            let found = self.value(node.init);
            // What follows an initialiser that does not complete is unreachable; nothing more is to be said about it.
            return if self.is_never(found) { (Ty::ERROR, false) } else { (found, true) };
        };
        let ty = self.ck.resolve_type(annotation);
        if self.is_top_stmt()
            && let Some(id) = self.ck.decls.let_id(node)
        {
            // Known before the initialiser is checked, so that functions called there may use the variable.
            self.ck.out.lets[id].ty = Some(ty);
        }
        self.ck.check_lengths(annotation, node.init);
        let site = name.map_or(Site::Assign, Site::Let);
        let found = self.coerce(node.init, ty, site);
        (ty, !self.is_never(found))
    }

    fn let_name(&mut self, node: &'a ast::Let<'a>, name: ast::Name) -> Ty {
        let literal = self.expect_recursion(node, name);
        let (ty, completes) = self.let_value(node, Some(name));
        let binding = self.bind_let(node, name, ty);
        if let (Some(key), Binding::Local(id)) = (literal, binding)
            && self.is_recursive(key)
        {
            self.mention(Mentioned::Recursive(id), name.span);
        }
        if let Binding::TopLet(id) = binding {
            self.ck.out.lets[id].is_untyped = !completes && node.ty.is_none();
        }
        self.t.bindings.insert(name.span, binding);
        if !self.ck.cx.name(name.symbol).starts_with('_') {
            self.ck.demand(Goal::Binding(Operand::new(ty, node.init.span), name));
        }
        if completes { Ty::VOID } else { Ty::NEVER }
    }

    fn bind_let(&mut self, node: &ast::Let<'_>, name: ast::Name, ty: Ty) -> Binding {
        if node.is_static && !self.is_top_stmt() {
            return self.bind_static(name, ty, node.is_const);
        }
        self.bind_name(name, ty, node.is_const)
    }

    fn break_(&mut self, node: &Break<'a>, stmt: &'a Stmt<'a>) -> Ty {
        let (index, value) = match node {
            Break::Plain => (self.innermost_loop(), None),
            Break::Value(value) => (self.innermost_loop(), Some(*value)),
            Break::LabelOrValue(name) => match self.labelled_loop(*name) {
                Some(index) => (Some(index), None),
                None => return self.break_name(*name, stmt),
            },
        };
        let Some(index) = index else {
            value.map(|value| self.value(value));
            return Ty::NEVER;
        };
        let (ty, has_value) = (self.loops[index].ty, self.loops[index].has_value);
        self.jump(index, stmt);
        match value {
            // A value that does not complete leaves the loop no more than it arrives.
            Some(value) if has_value => {
                let found = self.coerce(value, ty, Site::Break);
                self.loops[index].is_left |= !self.is_never(found);
            }
            Some(value) => {
                let found = self.value(value);
                self.reject_break_value(found, value.span);
                self.loops[index].is_left = true;
            }
            None => {
                self.deliver(Ty::VOID, stmt.span, Sink::Coerce(ty, Site::Break));
                self.loops[index].is_left = true;
            }
        }
        Ty::NEVER
    }

    /// `break x;` where `x` is not a label: the value of a variable.
    fn break_name(&mut self, name: ast::Name, stmt: &'a Stmt<'a>) -> Ty {
        let Some(index) = self.innermost_loop() else { return Ty::NEVER };
        self.jump(index, stmt);
        self.loops[index].is_left = true;
        let Some(res) = self.resolve(name) else {
            self.unknown_name(name);
            return Ty::NEVER;
        };
        let Some(found) = self.type_of(res, name.span) else {
            let message = "write the function in parentheses: `break (..)`";
            self.error(Diagnostic::error(codes::JUMP, name.span, message));
            return Ty::NEVER;
        };
        self.t.break_values.insert(Key::of(stmt), res);
        let ty = self.loops[index].ty;
        if self.loops[index].has_value {
            self.deliver(found, name.span, Sink::Coerce(ty, Site::Break));
        } else {
            self.reject_break_value(found, name.span);
        }
        Ty::NEVER
    }

    fn reject_break_value(&mut self, found: Ty, at: Span) {
        if !matches!(self.ck.out.tys.kind(found), TyKind::Void | TyKind::Never | TyKind::Error) {
            let message = "`for` and `while` have no value; only `loop` and `while true` can be left with one";
            self.error(Diagnostic::error(codes::JUMP, at, message));
        }
    }

    fn continue_(&mut self, label: Option<ast::Name>, stmt: &'a Stmt<'a>) -> Ty {
        let index = match label {
            None => self.innermost_loop(),
            Some(label) => {
                let index = self.labelled_loop(label);
                if index.is_none() {
                    let message = format!("no loop around here is labelled `{}`", self.ck.cx.name(label.symbol));
                    self.error(Diagnostic::error(codes::JUMP, label.span, message));
                }
                index
            }
        };
        if let Some(index) = index {
            self.jump(index, stmt);
        }
        Ty::NEVER
    }

    fn jump(&mut self, index: usize, stmt: &Stmt<'_>) {
        self.t.jumps.insert(Key::of(stmt), self.loops[index].id);
    }

    /// None outside of loops, which the parser has rejected.
    fn innermost_loop(&self) -> Option<usize> {
        self.loops.len().checked_sub(1)
    }

    fn labelled_loop(&self, label: ast::Name) -> Option<usize> {
        self.loops.iter().rposition(|scope| scope.label == Some(label.symbol))
    }

    fn assert(&mut self, node: &ast::Assert<'a>, span: Span) -> Ty {
        let what = if node.is_assume { "Assume" } else { "Assert" };
        let cond = self.coerce(node.cond, Ty::BOOL, Site::Condition(what));
        if let Some(message) = node.message {
            self.coerce(message, Ty::STR, Site::AssertMessage(what));
        }
        let is_certain = is_literal_false(node.cond);
        if node.is_assume && is_certain {
            let message = "dead-code region following assume(false)";
            self.error(match self.ck.cx.options.safety_critical {
                true => Diagnostic::error(codes::ASSUME_FALSE, span, message),
                false => Diagnostic::warning(span, message),
            });
        }
        // `assert(false, "why")` is how a program gives up: nothing behind it is reached.
        if is_certain || self.is_never(cond) { Ty::NEVER } else { Ty::VOID }
    }
}

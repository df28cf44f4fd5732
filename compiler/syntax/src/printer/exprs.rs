//! Expressions, patterns and types.

use super::Printer;
use crate::ast::{
    Arg, Arm, Backoff, Cond, Expr, ExprKind, Field, FieldInit, FnDecl, If, Live, Match, NewBody, Param, ParamKind,
    Pattern, PatternKind, RangeKind, StmtKind, TypeArg, TypeKind, UnaryOp,
};

impl Printer<'_> {
    pub(super) fn exprs(&mut self, parts: &[Expr<'_>]) {
        self.comma_list(parts, |p, part| p.expr(part));
    }

    pub(super) fn expr(&mut self, expr: &Expr<'_>) {
        match expr.kind {
            ExprKind::Int(value, suffix) => {
                self.word(&value.to_string());
                suffix.into_iter().for_each(|suffix| self.name(suffix));
            }
            ExprKind::Float(value, suffix) => {
                self.float(value);
                suffix.into_iter().for_each(|suffix| self.name(suffix));
            }
            ExprKind::Str(text) => self.string(text),
            ExprKind::Interpolated(parts) => self.interpolated(parts),
            ExprKind::Bytes(bytes) => self.bytes(bytes),
            ExprKind::Char(c) => self.char(c),
            ExprKind::Bool(value) => self.word(if value { "true" } else { "false" }),
            ExprKind::Path(path) => self.path(path),
            ExprKind::Paren(inner) => {
                self.word("(");
                self.expr(inner);
                self.word(")");
            }
            ExprKind::Tuple(parts) => self.tuple(parts, |p, part| p.expr(part)),
            ExprKind::Array(parts) => {
                self.word("[");
                self.exprs(parts);
                self.word("]");
            }
            ExprKind::Set(parts) => {
                self.word("#{");
                self.exprs(parts);
                self.word("}");
            }
            ExprKind::Map(entries) => {
                self.word("{");
                self.comma_list(entries, |p, (key, value)| {
                    p.expr(key);
                    p.word(" -> ");
                    p.expr(value);
                });
                self.word("}");
            }
            ExprKind::Record(fields) => self.braced(fields, |p, field| p.field_init(field)),
            ExprKind::Stmt(stmt) => self.stmt_kind(&stmt.kind, false),
            ExprKind::Error => self.word("<error>"),
            ExprKind::Unary(op, operand) => {
                self.word(if op == UnaryOp::Neg { "-" } else { "!" });
                self.expr(operand);
            }
            ExprKind::Binary(op, left, right, _) => self.infix(left, op.text(), right),
            ExprKind::Pipe(left, right) => self.infix(left, "|>", right),
            ExprKind::Coalesce(left, right) => self.infix(left, "??", right),
            ExprKind::Range(start, end, kind) => {
                if let Some(start) = start {
                    self.expr(start);
                    self.word(if self.out.ends_with('?') { " " } else { "" });
                }
                self.word(range_text(kind));
                end.into_iter().for_each(|end| self.expr(end));
            }
            ExprKind::Comprehension(_) | ExprKind::New(_) | ExprKind::Closure(_) | ExprKind::Quantifier(_) => {
                self.construct(expr)
            }
            ExprKind::Call(..)
            | ExprKind::MethodCall(..)
            | ExprKind::Field(..)
            | ExprKind::TupleField(..)
            | ExprKind::Index(..)
            | ExprKind::Cast(..)
            | ExprKind::Try(_)
            | ExprKind::OptField(..)
            | ExprKind::OptMethodCall(..) => self.postfix(expr),
            ExprKind::If(_)
            | ExprKind::Match(_)
            | ExprKind::While(_)
            | ExprKind::For(_)
            | ExprKind::Loop(_)
            | ExprKind::Live(_)
            | ExprKind::TryCatch(_)
            | ExprKind::Unsafe(_)
            | ExprKind::Block(_) => self.control(expr),
        }
    }

    fn infix(&mut self, left: &Expr<'_>, op: &str, right: &Expr<'_>) {
        self.expr(left);
        self.word(" ");
        self.word(op);
        self.word(" ");
        self.expr(right);
    }

    /// Selectors, calls and casts.
    fn postfix(&mut self, expr: &Expr<'_>) {
        match expr.kind {
            ExprKind::Call(callee, args) => {
                self.expr(callee);
                self.args(args);
            }
            ExprKind::MethodCall(base, name, args) => {
                self.expr(base);
                self.dot(base, ".");
                self.name(name);
                self.args(args);
            }
            ExprKind::Field(base, name) => {
                self.expr(base);
                self.dot(base, ".");
                self.name(name);
            }
            ExprKind::TupleField(base, index, _) => {
                self.expr(base);
                self.dot(base, ".");
                self.word(&index.to_string());
            }
            ExprKind::Index(base, index) => {
                self.expr(base);
                self.word("[");
                self.expr(index);
                self.word("]");
            }
            ExprKind::Cast(operand, target) => {
                self.expr(operand);
                self.word(" as ");
                self.name(target);
            }
            ExprKind::Try(operand) => {
                self.expr(operand);
                self.dot(operand, "?");
            }
            ExprKind::OptField(base, name) => {
                self.expr(base);
                self.dot(base, "?.");
                self.name(name);
            }
            ExprKind::OptMethodCall(base, name, args) => {
                self.expr(base);
                self.dot(base, "?.");
                self.name(name);
                self.args(args);
            }
            _ => self.word("<error>"),
        }
    }

    /// A postfix operator, apart from what would swallow it: a number takes a dot, `?` a dot or another `?`.
    fn dot(&mut self, base: &Expr<'_>, operator: &str) {
        let is_number = matches!(base.kind, ExprKind::Int(..) | ExprKind::Float(..));
        self.word(if is_number || self.out.ends_with('?') { " " } else { "" });
        self.word(operator);
    }

    fn args(&mut self, args: &[Arg<'_>]) {
        self.word("(");
        self.comma_list(args, |p, arg| {
            if let Some(name) = arg.name {
                p.name(name);
                p.word(": ");
            }
            p.expr(arg.value);
        });
        self.word(")");
    }

    fn field_init(&mut self, field: &FieldInit<'_>) {
        self.name(field.name);
        if let Some(value) = field.value {
            self.word(": ");
            self.expr(value);
        }
    }

    /// Values with a form of their own.
    fn construct(&mut self, expr: &Expr<'_>) {
        match expr.kind {
            ExprKind::Comprehension(node) => {
                self.word("[");
                self.expr(node.element);
                self.word(" for ");
                self.pattern(&node.pattern);
                self.word(" in ");
                self.expr(node.source);
                if let Some(filter) = node.filter {
                    self.word(" if ");
                    self.expr(filter);
                }
                self.word("]");
            }
            ExprKind::New(node) => {
                self.word(if node.has_new { "new " } else { "" });
                self.ty(node.ty);
                self.new_body(&node.body);
            }
            ExprKind::Closure(decl) if decl.is_pipe => self.pipe_closure(decl),
            ExprKind::Closure(decl) => self.fn_decl(decl),
            ExprKind::Quantifier(node) => {
                self.word(if node.is_exists { "exists " } else { "forall " });
                self.name(node.var);
                self.word(" in ");
                self.expr(node.source);
                self.word(": ");
                self.expr(node.body);
            }
            _ => self.word("<error>"),
        }
    }

    fn new_body(&mut self, body: &NewBody<'_>) {
        match *body {
            NewBody::Tuple(parts) => {
                self.word("(");
                self.exprs(parts);
                self.word(")");
            }
            NewBody::Named { fields, base: None, .. } => {
                self.word(" ");
                self.braced(fields, |p, field| p.field_init(field));
            }
            NewBody::Named { fields, base: Some(base), base_first } => {
                self.word(" { ");
                if !base_first {
                    fields.iter().for_each(|field| {
                        self.field_init(field);
                        self.word(", ");
                    });
                }
                self.word("..");
                self.expr(base);
                if base_first {
                    fields.iter().for_each(|field| {
                        self.word(", ");
                        self.field_init(field);
                    });
                }
                self.word(" }");
            }
        }
    }

    /// The body is printed as a block even where an expression was written: without it, operators behind the closure
    /// would become part of it.
    fn pipe_closure(&mut self, decl: &FnDecl<'_>) {
        self.word("|");
        self.comma_list(decl.params, |p, param| p.param(param));
        self.word("| ");
        decl.body.iter().for_each(|body| self.block(body));
    }

    pub(super) fn param(&mut self, param: &Param<'_>) {
        match (param.kind, param.ty) {
            (ParamKind::Struct(pattern), _) => self.pattern(pattern),
            (ParamKind::Name(name), None) => self.name(name),
            (ParamKind::Name(name), Some(ty)) if param.name_first => {
                self.name(name);
                self.word(": ");
                self.ty(ty);
            }
            (ParamKind::Name(name), Some(ty)) => {
                self.ty(ty);
                self.word(" ");
                self.name(name);
            }
        }
        if let Some(default) = param.default {
            self.word(" = ");
            self.expr(default);
        }
    }

    /// Control flow.
    fn control(&mut self, expr: &Expr<'_>) {
        match expr.kind {
            ExprKind::If(node) => self.if_(node),
            ExprKind::Match(node) => self.match_(node),
            ExprKind::While(node) => {
                self.label(node.label);
                self.word("while ");
                self.cond(&node.cond);
                self.invariants(node.invariants);
                self.word(" ");
                self.block(&node.body);
            }
            ExprKind::For(node) => {
                self.label(node.label);
                self.word("for ");
                self.pattern(&node.pattern);
                self.word(" in ");
                self.expr(node.source);
                self.invariants(node.invariants);
                self.word(" ");
                self.block(&node.body);
            }
            ExprKind::Loop(node) => {
                self.label(node.label);
                self.word("loop ");
                self.block(&node.body);
            }
            ExprKind::Live(node) => self.live(node),
            ExprKind::TryCatch(node) => {
                self.word("try ");
                self.block(&node.body);
                for (name, body) in node.arms {
                    self.word(" catch ");
                    self.name(*name);
                    self.word(" ");
                    self.block(body);
                }
            }
            ExprKind::Unsafe(block) => {
                self.word("unsafe ");
                self.block(block);
            }
            ExprKind::Block(block) => self.free_block(block),
            _ => self.word("<error>"),
        }
    }

    fn label(&mut self, label: Option<crate::ast::Name>) {
        if let Some(label) = label {
            self.name(label);
            self.word(": ");
        }
    }

    fn invariants(&mut self, invariants: &[&Expr<'_>]) {
        for invariant in invariants {
            self.word(" invariant ");
            self.expr(invariant);
        }
    }

    fn cond(&mut self, cond: &Cond<'_>) {
        match cond {
            Cond::Expr(expr) => self.expr(expr),
            Cond::Let(pattern, expr) => {
                self.word("let ");
                self.pattern(pattern);
                self.word(" = ");
                self.expr(expr);
            }
        }
    }

    fn if_(&mut self, node: &If<'_>) {
        self.word("if ");
        self.cond(&node.cond);
        self.word(" ");
        self.block(&node.then);
        match node.otherwise {
            None => {}
            // The block of `else` is always one, whatever it begins with.
            Some(Expr { kind: ExprKind::Block(block), .. }) => {
                self.word(" else ");
                self.block(block);
            }
            Some(otherwise) => {
                self.word(" else ");
                self.expr(otherwise);
            }
        }
    }

    fn match_(&mut self, node: &Match<'_>) {
        self.word("match ");
        self.expr(node.scrutinee);
        self.word(" ");
        self.block_of(node.arms, |p, arm| p.arm(arm));
    }

    fn arm(&mut self, arm: &Arm<'_>) {
        self.pattern(&arm.pattern);
        if let Some(guard) = arm.guard {
            self.word(" if ");
            self.expr(guard);
        }
        self.word(" => ");
        match arm.body.kind {
            ExprKind::Block(block) => self.block(block),
            _ => {
                self.expr(arm.body);
                self.word(",");
            }
        }
    }

    fn live(&mut self, node: &Live<'_>) {
        self.word("live");
        if let Some(retries) = node.retries {
            self.word(&format!(" retries({retries})"));
        }
        if let Some(within) = node.within {
            self.word(&format!(" within {}", within.count));
            self.symbol(within.unit);
        }
        if let Some(backoff) = &node.backoff {
            self.backoff(backoff);
        }
        self.invariants(node.invariants);
        self.word(" ");
        self.block(&node.body);
    }

    fn backoff(&mut self, backoff: &Backoff) {
        let number = |key: &str, value: Option<u64>| value.map(|value| format!("{key}={value}"));
        let args = [
            number("base_ms", backoff.base_ms),
            number("factor", backoff.factor),
            number("max_ms", backoff.max_ms),
            backoff.linear.map(|linear| format!("kind={}", if linear { "linear" } else { "exponential" })),
        ];
        let args: Vec<String> = args.into_iter().flatten().collect();
        self.word(&format!(" backoff({})", args.join(", ")));
    }

    pub(super) fn pattern(&mut self, pattern: &Pattern<'_>) {
        match pattern.kind {
            PatternKind::Wildcard => self.word("_"),
            PatternKind::Default => self.word("default"),
            PatternKind::Name(name) => self.name(name),
            PatternKind::Literal(literal) => self.expr(literal),
            PatternKind::Range(lo, hi, kind) => {
                self.expr(lo);
                self.word(range_text(kind));
                self.expr(hi);
            }
            PatternKind::Bind(name, inner) => {
                self.name(name);
                self.word(" @ ");
                self.pattern(inner);
            }
            PatternKind::Or(alternatives) => self.separated(alternatives, " | ", |p, part| p.pattern(part)),
            PatternKind::Paren(inner) => {
                self.word("(");
                self.pattern(inner);
                self.word(")");
            }
            PatternKind::Tuple(parts, rest) => self.tuple_pattern(parts, rest, true),
            PatternKind::Path(path) => self.path(path),
            PatternKind::TupleStruct(path, parts, rest) => {
                self.path(path);
                self.tuple_pattern(parts, rest, false);
            }
            PatternKind::Struct(path, fields, has_rest) => {
                self.path(path);
                self.word(" { ");
                self.comma_list(fields, |p, field| {
                    p.name(field.name);
                    if let Some(pattern) = field.pattern {
                        p.word(": ");
                        p.pattern(pattern);
                    }
                });
                self.word(match (has_rest, fields.is_empty()) {
                    (true, true) => ".. }",
                    (true, false) => ", .. }",
                    (false, _) => " }",
                });
            }
            PatternKind::Error => self.word("<error>"),
        }
    }

    fn tuple_pattern(&mut self, parts: &[Pattern<'_>], rest: Option<u32>, comma_if_single: bool) {
        let rest = rest.map(|index| index as usize);
        self.word("(");
        for index in 0..=parts.len() {
            if rest == Some(index) {
                self.word(if index == 0 { ".." } else { ", .." });
            }
            if let Some(part) = parts.get(index) {
                self.word(if index > 0 || rest == Some(0) { ", " } else { "" });
                self.pattern(part);
            }
        }
        self.word(if comma_if_single && parts.len() == 1 && rest.is_none() { ",)" } else { ")" });
    }

    pub(super) fn ty(&mut self, ty: &crate::ast::Type<'_>) {
        match ty.kind {
            TypeKind::Path(path, args) => {
                self.path(path);
                if !args.is_empty() {
                    self.word("<");
                    self.comma_list(args, |p, arg| match arg {
                        TypeArg::Type(ty) => p.list_type(ty),
                        TypeArg::Length(len, _) => p.word(&len.to_string()),
                    });
                    self.word(">");
                }
            }
            TypeKind::Array(element, len) => {
                self.word("[");
                self.ty(element);
                if let Some(len) = len {
                    self.word(&format!("; {len}"));
                }
                self.word("]");
            }
            TypeKind::Tuple(parts) => self.tuple(parts, |p, part| p.list_type(part)),
            TypeKind::Fn(node) => {
                self.word("fn(");
                self.comma_list(node.params, |p, param| p.list_type(param));
                self.word(")");
                self.arrow(node.arrow_effect, node.result);
                self.fails(node.fails);
            }
            TypeKind::Record(fields) => self.braced(fields, |p, field| p.field(field)),
            TypeKind::Dyn(path) => {
                self.word("dyn ");
                self.path(path);
            }
            TypeKind::Never => self.word("!"),
            TypeKind::Ref { is_mut, region, ty } => {
                self.word(if is_mut { "&mut" } else { "&" });
                if let Some(region) = region {
                    self.word("[");
                    self.name(region);
                    self.word("]");
                }
                self.word(if is_mut || region.is_some() { " " } else { "" });
                self.ty(ty);
            }
            TypeKind::Linear(ty) => {
                self.word("linear ");
                self.ty(ty);
            }
            TypeKind::Error => self.word("<error>"),
        }
    }

    /// A type before a possible `,`, which a list of failures at its end would swallow.
    pub(super) fn list_type(&mut self, ty: &crate::ast::Type<'_>) {
        let swallows = ends_in_failures(ty);
        self.word(if swallows { "(" } else { "" });
        self.ty(ty);
        self.word(if swallows { ")" } else { "" });
    }

    pub(super) fn arrow(&mut self, effect: Option<crate::ast::Name>, result: Option<&crate::ast::Type<'_>>) {
        let Some(result) = result else { return };
        self.word(" ");
        if let Some(effect) = effect {
            self.word("-");
            self.name(effect);
        }
        self.word("-> ");
        self.ty(result);
    }

    pub(super) fn fails(&mut self, names: &[crate::ast::Name]) {
        if !names.is_empty() {
            self.word(" fails ");
            self.comma_list(names, |p, &name| p.name(name));
        }
    }

    pub(super) fn field(&mut self, field: &Field<'_>) {
        match field.name {
            None => self.list_type(field.ty),
            Some(name) if field.name_first => {
                self.name(name);
                self.word(": ");
                self.list_type(field.ty);
            }
            Some(name) => {
                self.ty(field.ty);
                self.word(" ");
                self.name(name);
            }
        }
    }
}

/// Whether the last token of the type belongs to a list of failures.
fn ends_in_failures(ty: &crate::ast::Type<'_>) -> bool {
    match ty.kind {
        TypeKind::Fn(node) => !node.fails.is_empty() || node.result.is_some_and(ends_in_failures),
        TypeKind::Ref { ty, .. } | TypeKind::Linear(ty) => ends_in_failures(ty),
        _ => false,
    }
}

fn range_text(kind: RangeKind) -> &'static str {
    match kind {
        RangeKind::Exclusive => "..",
        RangeKind::Inclusive => "..=",
    }
}

/// Whether a statement is an expression without `;`.
pub(super) fn is_value(kind: &StmtKind<'_>) -> bool {
    matches!(kind, StmtKind::Expr { semi: false, .. })
}

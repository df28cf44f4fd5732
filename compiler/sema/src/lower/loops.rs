//! `for` and comprehensions. Other sources than ranges and values with a `next` are iterated over by index:
//!
//! ```text
//! for p in s { body }   =>   let $items = s;
//!                            for $i in 0..len($items) { let p = $items[$i]; body }
//! ```
//!
//! A function is called until it gives `None`.

use resilient_base::Span;
use resilient_syntax::ast::{self, Pattern, PatternKind, RangeKind};

use super::func::FnLower;
use crate::infer::nominal::StructDeclId;
use crate::infer::strip_parens;
use crate::tables::{Binding, Key};
use crate::typed::{Builtin, Expr, ExprKind, ForRange, LocalId, Loop, LoopId, Place, Stmt, UnaryOp};
use crate::types::{TypeKind, Types};

/// A loop before its body is there.
pub(super) struct Head<'a, 't> {
    /// What comes before the loop.
    pub(super) stmts: Vec<Stmt<'t>>,
    /// What the body begins with.
    pub(super) start: Vec<Stmt<'t>>,
    pub(super) kind: HeadKind<'a, 't>,
}

pub(super) enum HeadKind<'a, 't> {
    /// Over ints.
    Count { var: LocalId, lo: Expr<'t>, hi: Expr<'t>, inclusive: bool },
    /// Over what calls of a function give.
    Calls(Expr<'t>, Item<'a>),
    /// Over what `next` gives, see `iterators`: what each iteration begins with, and its `Option`.
    Steps(Vec<Stmt<'t>>, Expr<'t>),
}

/// What the items are bound to.
#[derive(Clone, Copy)]
pub(super) enum Item<'a> {
    Pattern(&'a Pattern<'a>),
    Name(ast::Name),
}

impl Item<'_> {
    pub(super) fn span(self) -> Span {
        match self {
            Item::Pattern(pattern) => pattern.span,
            Item::Name(name) => name.span,
        }
    }
}

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    pub(super) fn for_(&mut self, expr: &'a ast::Expr<'a>, node: &'a ast::For<'a>) -> Expr<'t> {
        let mut head = match self.head(node.source, Item::Pattern(&node.pattern), expr.span) {
            Ok(head) => head,
            Err(diverging) => return diverging,
        };
        head.start.extend(self.invariants(node.invariants, &node.body));
        let body = self.block(&node.body, Types::VOID, false);
        let id = self.loop_entry(expr);
        self.finish_loop(head, id, body, expr.span)
    }

    /// `[e for p in s if c]`: a loop that appends to a variable.
    pub(super) fn comprehension(&mut self, expr: &'a ast::Expr<'a>, node: &'a ast::Comprehension<'a>) -> Expr<'t> {
        let span = expr.span;
        let head = match self.head(node.source, Item::Pattern(&node.pattern), span) {
            Ok(head) => head,
            Err(diverging) => return diverging,
        };
        let ty = self.ty(expr);
        let out = self.new_local(crate::typed::Local { name: "$out", ty, assigned: true, span });
        let empty = Expr { kind: ExprKind::Array(&[]), ty, span };
        let element = self.into(node.element, self.element(ty), false);
        let list = self.local(out, span);
        let append = match self.operands(&[list, element], span) {
            Ok(()) => {
                let longer = self.builtin(Builtin::ArrayPush, &[list, element], ty, span);
                Expr { kind: ExprKind::Assign(Place::Local(out), self.alloc(longer)), ty: Types::VOID, span }
            }
            Err(diverging) => diverging,
        };
        let body = match node.filter {
            None => append,
            Some(filter) => {
                let cond = self.value(filter);
                match cond.ty {
                    Types::NEVER => cond,
                    _ => Expr { kind: ExprKind::If(self.alloc(cond), self.alloc(append), None), ty: Types::VOID, span },
                }
            }
        };
        let id = self.loop_entry(expr);
        let whole = self.finish_loop(head, id, body, span);
        let stmts = [Stmt::Let(out, self.alloc(empty)), Stmt::Expr(self.alloc(whole))];
        self.block_of(&stmts, Some(list), ty, span)
    }

    pub(super) fn loop_entry(&self, expr: &ast::Expr<'_>) -> LoopId {
        self.loop_id(*self.t.loops.get(&Key::of(expr)).expect("every loop of a checked body has a number"))
    }

    /// `forall x in s: p` and `exists x in s: p`: a loop that ends at the first item that decides.
    pub(super) fn quantifier(&mut self, expr: &'a ast::Expr<'a>, node: &'a ast::Quantifier<'a>) -> Expr<'t> {
        let span = expr.span;
        let head = match self.head(node.source, Item::Name(node.var), span) {
            Ok(head) => head,
            Err(diverging) => return diverging,
        };
        let bool = |value| Expr { kind: ExprKind::Bool(value), ty: Types::BOOL, span };
        let local = crate::typed::Local { name: "$holds", ty: Types::BOOL, assigned: true, span };
        let holds = self.new_local(local);
        let id = self.loop_entry(expr);
        let body = self.value(node.body);
        let body = match body.ty {
            Types::NEVER => body,
            _ => {
                let kind = ExprKind::Unary(UnaryOp::BoolNot, self.alloc(body));
                let decides = if node.is_exists { body } else { Expr { kind, ty: Types::BOOL, span } };
                let kind = ExprKind::Assign(Place::Local(holds), self.alloc(bool(node.is_exists)));
                let decide = Expr { kind, ty: Types::VOID, span };
                let leave = Expr { kind: ExprKind::Break(id, None), ty: Types::NEVER, span };
                let then = self.block_of(&[Stmt::Expr(self.alloc(decide))], Some(leave), Types::NEVER, span);
                let kind = ExprKind::If(self.alloc(decides), self.alloc(then), None);
                Expr { kind, ty: Types::VOID, span }
            }
        };
        let whole = self.finish_loop(head, id, body, span);
        let stmts = [Stmt::Let(holds, self.alloc(bool(!node.is_exists))), Stmt::Expr(self.alloc(whole))];
        let value = self.local(holds, span);
        self.block_of(&stmts, Some(value), Types::BOOL, span)
    }

    /// The head of a loop over `source`, whose items are taken apart by `item`.
    fn head(&mut self, source: &'a ast::Expr<'a>, item: Item<'a>, span: Span) -> Result<Head<'a, 't>, Expr<'t>> {
        if let Some(next) = self.iterator(source) {
            return self.steps(next, source, item);
        }
        if let ast::ExprKind::Range(Some(lo), Some(hi), kind) = strip_parens(source).kind {
            let (lo, hi) = (self.value(lo), self.value(hi));
            self.operands(&[lo, hi], span)?;
            let inclusive = kind == RangeKind::Inclusive;
            let (var, start) = self.loop_variable(item);
            return Ok(Head { stmts: Vec::new(), start, kind: HeadKind::Count { var, lo, hi, inclusive } });
        }
        let value = self.value(source);
        if value.ty == Types::NEVER {
            return Err(value);
        }
        let (mut stmts, mut start) = (Vec::new(), Vec::new());
        let value = match self.collection_of(value.ty) {
            Some(StructDeclId::RANGE) => {
                let (lo, hi) = self.range_bounds(value, &mut stmts, source.span);
                let (var, start) = self.loop_variable(item);
                return Ok(Head { stmts, start, kind: HeadKind::Count { var, lo, hi, inclusive: true } });
            }
            Some(id) => self.keys_in_order(id, value, source.span),
            None => value,
        };
        let items = self.shared(value, &mut stmts);
        let (len, get, ty) = match (value.ty, self.p.types.kind(value.ty)) {
            (_, TypeKind::Fn(..)) => return Ok(Head { stmts, start, kind: HeadKind::Calls(items, item) }),
            (Types::STR, _) => (Builtin::StrLen, Builtin::StrGet, Types::CHAR),
            _ => (Builtin::ArrayLen, Builtin::ArrayGet, self.element(value.ty)),
        };
        let var = self.temp("$i", Types::INT, item.span());
        let index = self.local(var, item.span());
        let found = self.builtin(get, &[items, index], ty, item.span());
        self.bind_item(item, found, &mut start);
        let lo = Expr { kind: ExprKind::Int(0), ty: Types::INT, span: source.span };
        let hi = self.builtin(len, &[items], Types::INT, source.span);
        Ok(Head { stmts, start, kind: HeadKind::Count { var, lo, hi, inclusive: false } })
    }

    pub(super) fn bind_item(&mut self, item: Item<'a>, value: Expr<'t>, out: &mut Vec<Stmt<'t>>) {
        match item {
            Item::Pattern(pattern) => self.bind(pattern, value, out),
            Item::Name(name) => {
                let binding = self.binding_at(name.span);
                let stmt = self.init(binding, value, false);
                out.push(stmt);
            }
        }
    }

    /// The variable of a loop over ints, and what the body begins with.
    fn loop_variable(&mut self, item: Item<'a>) -> (LocalId, Vec<Stmt<'t>>) {
        let name = match item {
            Item::Name(name) => Some(name),
            Item::Pattern(Pattern { kind: PatternKind::Name(name), .. }) => Some(*name),
            Item::Pattern(_) => None,
        };
        if let Some(name) = name
            && let Some(&Binding::Local(id)) = self.t.bindings.get(&name.span)
            && let slot = self.slot(id)
            && !slot.is_cell
        {
            return (slot.local, Vec::new());
        }
        let var = self.temp("$i", Types::INT, item.span());
        let mut start = Vec::new();
        if !matches!(item, Item::Pattern(Pattern { kind: PatternKind::Wildcard, .. })) {
            let value = self.local(var, item.span());
            self.bind_item(item, value, &mut start);
        }
        (var, start)
    }

    fn finish_loop(&mut self, head: Head<'a, 't>, id: LoopId, body: Expr<'t>, span: Span) -> Expr<'t> {
        let body = self.after(&head.start, body);
        let whole = match head.kind {
            HeadKind::Count { var, lo, hi, inclusive } => {
                let (lo, hi, body) = (self.alloc(lo), self.alloc(hi), self.alloc(body));
                let node = ForRange { id, var, lo, hi, inclusive, body };
                Expr { kind: ExprKind::ForRange(self.p.arena.alloc(node)), ty: Types::VOID, span }
            }
            HeadKind::Calls(callee, item) => self.calling_loop(callee, item, id, body, span),
            HeadKind::Steps(advance, item) => self.step_loop(&advance, item, id, body, span),
        };
        self.after(&head.stmts, whole)
    }

    /// `loop { let $next = callee(); match $next { Some(item) => body, None => break } }`
    fn calling_loop(&mut self, callee: Expr<'t>, item: Item<'a>, id: LoopId, body: Expr<'t>, span: Span) -> Expr<'t> {
        let result = match self.p.types.kind(callee.ty) {
            TypeKind::Fn(_, result, _) => *result,
            _ => Types::VOID,
        };
        let call = self.call_function(callee, &[], result, callee.span);
        let mut stmts = Vec::new();
        let next = self.keep(call, "$next", &mut stmts);
        let next = self.local(next, callee.span);
        let choice = self.by_success(
            next,
            span,
            |this, value| {
                let mut start = Vec::new();
                this.bind_item(item, value, &mut start);
                let body = this.after(&start, body);
                this.fit(body, Types::VOID)
            },
            |_| Expr { kind: ExprKind::Break(id, None), ty: Types::NEVER, span },
        );
        let body = self.after(&stmts, choice);
        let node = Loop { id, cond: None, body: self.alloc(body) };
        Expr { kind: ExprKind::Loop(self.p.arena.alloc(node)), ty: Types::VOID, span }
    }
}

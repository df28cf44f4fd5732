//! `for` and comprehensions. Other sources than ranges are iterated over by index:
//!
//! ```text
//! for p in s { body }   =>   let $items = s;
//!                            for $i in 0..len($items) { let p = $items[$i]; body }
//! ```

use resilient_base::Span;
use resilient_syntax::ast::{self, Pattern, PatternKind, RangeKind};

use super::func::FnLower;
use crate::infer::strip_parens;
use crate::tables::{Binding, Key};
use crate::typed::{Builtin, Expr, ExprKind, ForRange, LocalId, LoopId, Place, Stmt};
use crate::types::Types;

/// A loop over ints before its body is there.
struct Counting<'t> {
    /// What comes before the loop.
    stmts: Vec<Stmt<'t>>,
    /// What the body begins with.
    start: Vec<Stmt<'t>>,
    var: LocalId,
    lo: Expr<'t>,
    hi: Expr<'t>,
    inclusive: bool,
}

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    pub(super) fn for_(&mut self, expr: &'a ast::Expr<'a>, node: &'a ast::For<'a>) -> Expr<'t> {
        let head = match self.counting(node.source, &node.pattern, expr.span) {
            Ok(head) => head,
            Err(diverging) => return diverging,
        };
        let body = self.block(&node.body, Types::VOID, false);
        let id = self.loop_entry(expr);
        self.counting_loop(head, id, body, expr.span)
    }

    /// `[e for p in s if c]`: a loop that appends to a variable.
    pub(super) fn comprehension(&mut self, expr: &'a ast::Expr<'a>, node: &'a ast::Comprehension<'a>) -> Expr<'t> {
        let span = expr.span;
        let head = match self.counting(node.source, &node.pattern, span) {
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
        let whole = self.counting_loop(head, id, body, span);
        let stmts = [Stmt::Let(out, self.alloc(empty)), Stmt::Expr(self.alloc(whole))];
        self.block_of(&stmts, Some(list), ty, span)
    }

    pub(super) fn loop_entry(&self, expr: &ast::Expr<'_>) -> LoopId {
        self.loop_id(*self.t.loops.get(&Key::of(expr)).expect("every loop of a checked body has a number"))
    }

    /// The head of a loop over `source`, whose items are taken apart by `pattern`.
    fn counting(
        &mut self,
        source: &'a ast::Expr<'a>,
        pattern: &'a Pattern<'a>,
        span: Span,
    ) -> Result<Counting<'t>, Expr<'t>> {
        if let ast::ExprKind::Range(Some(lo), Some(hi), kind) = strip_parens(source).kind {
            let (lo, hi) = (self.value(lo), self.value(hi));
            self.operands(&[lo, hi], span)?;
            let inclusive = kind == RangeKind::Inclusive;
            let (var, start) = self.loop_variable(pattern);
            return Ok(Counting { stmts: Vec::new(), start, var, lo, hi, inclusive });
        }
        let value = self.value(source);
        if value.ty == Types::NEVER {
            return Err(value);
        }
        let (mut stmts, mut start) = (Vec::new(), Vec::new());
        let items = self.shared(value, &mut stmts);
        let (len, get, item) = match value.ty {
            Types::STR => (Builtin::StrLen, Builtin::StrGet, Types::CHAR),
            _ => (Builtin::ArrayLen, Builtin::ArrayGet, self.element(value.ty)),
        };
        let var = self.temp("$i", Types::INT, pattern.span);
        let index = self.local(var, pattern.span);
        let item = self.builtin(get, &[items, index], item, pattern.span);
        self.bind(pattern, item, &mut start);
        let lo = Expr { kind: ExprKind::Int(0), ty: Types::INT, span: source.span };
        let hi = self.builtin(len, &[items], Types::INT, source.span);
        Ok(Counting { stmts, start, var, lo, hi, inclusive: false })
    }

    /// The variable of a loop over ints, and what the body begins with.
    fn loop_variable(&mut self, pattern: &'a Pattern<'a>) -> (LocalId, Vec<Stmt<'t>>) {
        if let PatternKind::Name(name) = pattern.kind
            && let Some(&Binding::Local(id)) = self.t.bindings.get(&name.span)
        {
            return (self.local_id(id), Vec::new());
        }
        let var = self.temp("$i", Types::INT, pattern.span);
        let mut start = Vec::new();
        if !matches!(pattern.kind, PatternKind::Wildcard) {
            let value = self.local(var, pattern.span);
            self.bind(pattern, value, &mut start);
        }
        (var, start)
    }

    fn counting_loop(&mut self, head: Counting<'t>, id: LoopId, body: Expr<'t>, span: Span) -> Expr<'t> {
        let body = self.after(&head.start, body);
        let node = ForRange {
            id,
            var: head.var,
            lo: self.alloc(head.lo),
            hi: self.alloc(head.hi),
            inclusive: head.inclusive,
            body: self.alloc(body),
        };
        let whole = Expr { kind: ExprKind::ForRange(self.p.arena.alloc(node)), ty: Types::VOID, span };
        self.after(&head.stmts, whole)
    }
}

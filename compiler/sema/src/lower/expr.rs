//! Expressions.

use resilient_base::Span;
use resilient_syntax::ast::{self, StrPart, UnaryOp as AstUnaryOp};

use super::func::FnLower;
use crate::infer::{ConstValue, Literal, literal};
use crate::tables::{Key, Res};
use crate::typed::{Expr, ExprKind, LocalId, Place, Stmt, UnaryOp};
use crate::types::{Type, TypeKind, Types};

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    /// The value of `expr`.
    pub(super) fn value(&mut self, expr: &'a ast::Expr<'a>) -> Expr<'t> {
        if let Some(value) = self.evaluated(expr) {
            return value;
        }
        let ty = self.ty(expr);
        self.into(expr, ty, false)
    }

    /// The value of `expr` where a `target` is wanted; void drops it.
    pub(super) fn into(&mut self, expr: &'a ast::Expr<'a>, target: Type, is_tail: bool) -> Expr<'t> {
        if let Some(value) = self.evaluated(expr) {
            return self.fit(value, target);
        }
        match &expr.kind {
            ast::ExprKind::Paren(inner) => self.into(inner, target, is_tail),
            ast::ExprKind::Match(node) => self.match_(node, expr.span, target, is_tail),
            ast::ExprKind::If(node) => self.if_(node, expr.span, target, is_tail),
            ast::ExprKind::Block(block) | ast::ExprKind::Unsafe(block) => self.block(block, target, is_tail),
            ast::ExprKind::Live(node) => self.live(expr, node, target),
            ast::ExprKind::TryCatch(node) => self.try_catch(node, expr.span, target, is_tail),
            _ => {
                let value = self.plain(expr, is_tail);
                self.fit(value, target)
            }
        }
    }

    /// `expr` for its effects.
    pub(super) fn effect(&mut self, expr: &'a ast::Expr<'a>) -> Expr<'t> {
        match &expr.kind {
            ast::ExprKind::Paren(inner) => self.effect(inner),
            ast::ExprKind::If(_)
            | ast::ExprKind::Block(_)
            | ast::ExprKind::Match(_)
            | ast::ExprKind::Live(_)
            | ast::ExprKind::TryCatch(_)
            | ast::ExprKind::Unsafe(_) => self.into(expr, Types::VOID, false),
            _ => self.plain(expr, false),
        }
    }

    /// The value that stands for `expr`, if it was evaluated already.
    fn evaluated(&self, expr: &ast::Expr<'_>) -> Option<Expr<'t>> {
        self.evaluated.filter(|(key, _)| *key == Key::of(expr)).map(|(_, value)| value)
    }

    /// Operands in order. If one does not complete, what is left of the whole is to evaluate those up to there.
    pub(super) fn operands(&self, operands: &[Expr<'t>], span: Span) -> Result<(), Expr<'t>> {
        let Some(at) = operands.iter().position(|e| e.ty == Types::NEVER) else { return Ok(()) };
        if at == 0 {
            return Err(operands[0]);
        }
        let before: Vec<Stmt<'t>> = operands[..at].iter().map(|&e| Stmt::Expr(self.alloc(e))).collect();
        Err(self.block_of(&before, Some(operands[at]), Types::NEVER, span))
    }

    fn plain(&mut self, expr: &'a ast::Expr<'a>, is_tail: bool) -> Expr<'t> {
        let span = expr.span;
        match &expr.kind {
            ast::ExprKind::Int(..) | ast::ExprKind::Float(..) => self.number(expr),
            ast::ExprKind::Char(value) => Expr { kind: ExprKind::Char(*value), ty: Types::CHAR, span },
            ast::ExprKind::Bool(value) => Expr { kind: ExprKind::Bool(*value), ty: Types::BOOL, span },
            ast::ExprKind::Str(text) => self.str(text, span),
            ast::ExprKind::Interpolated(parts) => self.interpolated(parts, span),
            ast::ExprKind::Path(_) => self.path(expr),
            ast::ExprKind::Unary(op, operand) => self.unary(expr, *op, operand),
            ast::ExprKind::Binary(op, left, right, _) => self.binary(expr, *op, left, right),
            ast::ExprKind::Call(callee, args) => self.call_of(expr, callee, args, is_tail),
            ast::ExprKind::Closure(decl) => {
                let id =
                    *self.t.literals.get(&Key::of(*decl)).expect("every function literal of a checked body was seen");
                self.closure(id, span)
            }
            ast::ExprKind::Pipe(..) => {
                let call = self.p.decls.piped(expr).expect("every pipe of the file has its call");
                self.plain(call, is_tail)
            }
            ast::ExprKind::Quantifier(node) => self.quantifier(expr, node),
            ast::ExprKind::MethodCall(receiver, _, args) => self.call(expr, Some(receiver), args, is_tail),
            ast::ExprKind::Tuple(parts) => self.tuple(expr, parts),
            ast::ExprKind::Array(items) => self.array(expr, items),
            ast::ExprKind::Map(entries) => self.map_literal(expr, entries),
            ast::ExprKind::Set(items) => self.set_literal(expr, items),
            ast::ExprKind::Bytes(octets) => self.bytes_literal(expr, octets),
            ast::ExprKind::Range(Some(lo), Some(hi), kind) => self.range_value(expr, lo, hi, *kind),
            ast::ExprKind::Comprehension(node) => self.comprehension(expr, node),
            ast::ExprKind::New(node) => self.new_(expr, node),
            ast::ExprKind::Record(fields) => self.record(expr, fields),
            ast::ExprKind::Field(..) | ast::ExprKind::TupleField(..) => self.part(expr),
            ast::ExprKind::Index(receiver, index) => self.index(receiver, index, span),
            ast::ExprKind::Coalesce(left, right) => self.coalesce(left, right, span),
            ast::ExprKind::Try(operand) => self.try_(operand, span),
            ast::ExprKind::OptField(receiver, name) => self.optional_field(expr, receiver, *name),
            ast::ExprKind::OptMethodCall(receiver, _, args) => self.optional_call(expr, receiver, args),
            ast::ExprKind::Cast(operand, _) => {
                let target = self.ty(expr);
                let operand = self.value(operand);
                self.convert(operand, target, span)
            }
            ast::ExprKind::While(node) => self.while_(expr, node),
            ast::ExprKind::For(node) => self.for_(expr, node),
            ast::ExprKind::Loop(node) => {
                let checks = self.invariants(&[], &node.body);
                self.loop_(expr, checks, None, &node.body)
            }
            ast::ExprKind::Stmt(stmt) => {
                let mut stmts = Vec::new();
                let completes = self.stmt(stmt, &mut stmts);
                let ty = if completes { Types::VOID } else { Types::NEVER };
                self.block_of(&stmts, None, ty, span)
            }
            _ => unreachable!("the checker lets no such expression pass: {expr:?}"),
        }
    }

    fn interpolated(&mut self, parts: &'a [StrPart<'a>], span: Span) -> Expr<'t> {
        let mut texts = Vec::with_capacity(parts.len());
        for part in parts {
            texts.push(match part {
                StrPart::Text(text) => self.str(text, span),
                StrPart::Expr(expr) => {
                    let value = self.value(expr);
                    self.display(value)
                }
            });
        }
        if let Err(diverging) = self.operands(&texts, span) {
            return diverging;
        }
        self.concat(&texts, span)
    }

    pub(super) fn concat(&self, parts: &[Expr<'t>], span: Span) -> Expr<'t> {
        Expr { kind: ExprKind::Concat(self.p.arena.alloc_slice_copy(parts)), ty: Types::STR, span }
    }

    /// A number as written.
    fn number(&mut self, expr: &'a ast::Expr<'a>) -> Expr<'t> {
        let ty = self.ty(expr);
        let kind = match (literal(expr), self.p.types.kind(ty)) {
            (Some((Literal::Int(value), _)), TypeKind::Int(int)) => ExprKind::Int(int.wrap(value as i64)),
            (Some((Literal::Int(value), _)), TypeKind::F32) => ExprKind::Float(f64::from(value as f32)),
            (Some((Literal::Int(value), _)), TypeKind::Float) => ExprKind::Float(value as f64),
            (Some((Literal::Float(value), _)), TypeKind::F32) => ExprKind::Float(f64::from(value as f32)),
            (Some((Literal::Float(value), _)), _) => ExprKind::Float(value),
            (found, _) => unreachable!("the checker gave a literal another type: {found:?}"),
        };
        Expr { kind, ty, span: expr.span }
    }

    fn path(&mut self, expr: &'a ast::Expr<'a>) -> Expr<'t> {
        if let Some(&(value, ty)) = self.t.values.get(&Key::of(expr)) {
            return self.function_value(value, ty, expr.span);
        }
        if let Some(&number) = self.t.variants.get(&Key::of(expr)) {
            let ty = self.ty(expr);
            return self.variant_value(number, &[], ty, expr.span);
        }
        let res = *self.t.names.get(&Key::of(expr)).expect("every name of a checked body has a meaning");
        self.name(res, expr.span)
    }

    /// The value of a variable or constant.
    pub(super) fn name(&mut self, res: Res, span: Span) -> Expr<'t> {
        if let Res::Const(id) = res {
            return self.constant(id, span);
        }
        if let Res::Nested(id) = res {
            return self.closure(id, span);
        }
        match self.place_of(res) {
            Place::Local(id) => self.local(id, span),
            Place::Global(id) => Expr { kind: ExprKind::Global(id), ty: self.p.globals[id].ty, span },
            Place::Cell(id) => self.cell_content(id, span),
        }
    }

    /// The value in the cell that a local holds.
    pub(super) fn cell_content(&self, id: LocalId, span: Span) -> Expr<'t> {
        let cell = self.local(id, span);
        let ty = match *self.p.types.kind(cell.ty) {
            TypeKind::Cell(content) => content,
            _ => Types::VOID,
        };
        Expr { kind: ExprKind::CellGet(self.alloc(cell)), ty, span }
    }

    pub(super) fn const_value(&mut self, value: &ConstValue, span: Span) -> Expr<'t> {
        let (kind, ty) = match value {
            ConstValue::Int(value, int) => (ExprKind::Int(*value), self.p.types.intern(TypeKind::Int(*int))),
            ConstValue::Float(value) => (ExprKind::Float(*value), Types::FLOAT),
            ConstValue::F32(value) => (ExprKind::Float(f64::from(*value)), Types::F32),
            ConstValue::Bool(value) => (ExprKind::Bool(*value), Types::BOOL),
            ConstValue::Char(value) => (ExprKind::Char(*value), Types::CHAR),
            ConstValue::Str(text) => return self.str(text, span),
            ConstValue::Tuple(parts) => {
                let ty = value.ty(&mut self.p.checked.tys);
                let ty = self.concrete(ty);
                let values: Vec<Expr<'t>> = parts.iter().map(|part| self.const_value(part, span)).collect();
                return self.struct_value(&values, ty, span);
            }
            ConstValue::Array(parts, _) => {
                let ty = value.ty(&mut self.p.checked.tys);
                let values: Vec<Expr<'t>> = parts.iter().map(|part| self.const_value(part, span)).collect();
                (ExprKind::Array(self.p.arena.alloc_slice_copy(&values)), self.concrete(ty))
            }
            ConstValue::Bytes(octets) => {
                let ty = value.ty(&mut self.p.checked.tys);
                let ty = self.concrete(ty);
                return self.octets(octets, ty, span);
            }
        };
        Expr { kind, ty, span }
    }

    /// Where the variable `res` is kept.
    pub(super) fn place_of(&mut self, res: Res) -> Place {
        match res {
            Res::Local(id) => {
                let slot = self.slot(id);
                if slot.is_cell { Place::Cell(slot.local) } else { Place::Local(self.entry_copy(slot.local)) }
            }
            Res::TopLet(id) => {
                self.uses.lets.push(id);
                match (self.p.let_globals[id], self.let_locals[id]) {
                    (Some(global), _) => Place::Global(global),
                    (None, local) => Place::Local(local.expect("a variable that is in scope was declared")),
                }
            }
            Res::Static(id) => {
                Place::Global(self.p.static_globals[id].expect("all of them were declared at the start"))
            }
            Res::Const(_)
            | Res::Fn(_)
            | Res::Lib(_)
            | Res::Library(_)
            | Res::Intrinsic(_)
            | Res::Nested(_)
            | Res::Template(_) => {
                unreachable!("the checker lets no such place pass: {res:?}")
            }
        }
    }

    fn unary(&mut self, expr: &'a ast::Expr<'a>, op: AstUnaryOp, operand: &'a ast::Expr<'a>) -> Expr<'t> {
        // A negated literal is one literal.
        if literal(expr).is_some() {
            return self.number(expr);
        }
        let operand = self.value(operand);
        let ty = operand.ty;
        if ty == Types::NEVER {
            return operand;
        }
        let op = match (op, self.p.types.kind(ty)) {
            (AstUnaryOp::Not, _) => UnaryOp::BoolNot,
            (AstUnaryOp::Neg, TypeKind::Float | TypeKind::F32) => UnaryOp::FloatNeg,
            (AstUnaryOp::Neg, _) => self.bound.map_or(UnaryOp::IntNeg, UnaryOp::BoundedNeg),
        };
        Expr { kind: ExprKind::Unary(op, self.alloc(operand)), ty, span: expr.span }
    }
}

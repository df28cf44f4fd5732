//! Operators by operand types.

use resilient_base::{EntityRef, Span};
use resilient_syntax::ast::{self, BinaryOp as AstOp};

use super::func::FnLower;
use crate::typed::{BinaryOp, CmpOp, Expr, ExprKind, Stmt};
use crate::types::{Type, Types};

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    pub(super) fn binary(
        &mut self,
        op: AstOp,
        left: &'a ast::Expr<'a>,
        right: &'a ast::Expr<'a>,
        span: Span,
    ) -> Expr<'t> {
        let left = self.value(left);
        let right = self.value(right);
        if matches!(op, AstOp::And | AstOp::Or) {
            return self.logical(op, left, right, span);
        }
        match self.operands(&[left, right], span) {
            Ok(()) => self.operator(op, left, right, span),
            Err(diverging) => diverging,
        }
    }

    fn logical(&self, op: AstOp, left: Expr<'t>, right: Expr<'t>, span: Span) -> Expr<'t> {
        if left.ty == Types::NEVER {
            return left;
        }
        let (left, right) = (self.alloc(left), self.alloc(right));
        let kind = if op == AstOp::And { ExprKind::And(left, right) } else { ExprKind::Or(left, right) };
        Expr { kind, ty: Types::BOOL, span }
    }

    fn operator(&mut self, op: AstOp, left: Expr<'t>, right: Expr<'t>, span: Span) -> Expr<'t> {
        match (op, left.ty, right.ty) {
            (AstOp::Add, Types::STR, _) | (AstOp::Add, _, Types::STR) => {
                self.infix(BinaryOp::StrConcat, self.display(left), self.display(right), span)
            }
            (AstOp::Mul, Types::INT, Types::STR) => self.repeat_swapped(left, right, span),
            _ => self.infix(operator_for(op, left.ty), left, right, span),
        }
    }

    pub(super) fn infix(&self, op: BinaryOp, left: Expr<'t>, right: Expr<'t>, span: Span) -> Expr<'t> {
        Expr { kind: ExprKind::Binary(op, self.alloc(left), self.alloc(right)), ty: result_type(op), span }
    }

    /// `count * text`: the operator takes the text first, but the count is evaluated first.
    fn repeat_swapped(&mut self, count: Expr<'t>, text: Expr<'t>, span: Span) -> Expr<'t> {
        if let Some(count) = self.stable(count) {
            return self.infix(BinaryOp::StrRepeat, text, count, span);
        }
        let temp = self.temp("$count", Types::INT, count.span);
        let local = Expr { kind: ExprKind::Local(temp), ty: Types::INT, span: count.span };
        let value = self.infix(BinaryOp::StrRepeat, text, local, span);
        self.block_of(&[Stmt::Let(temp, self.alloc(count))], Some(value), Types::STR, span)
    }

    /// `expr`, if it gives the same value whenever it is evaluated and has no effects.
    pub(super) fn stable(&self, expr: Expr<'t>) -> Option<Expr<'t>> {
        match expr.kind {
            ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Bool(_) | ExprKind::Str(_) => Some(expr),
            ExprKind::Local(id) if !self.locals[id.index()].assigned => Some(expr),
            _ => None,
        }
    }

    /// The operator of `place op= value`, and the operand made to fit it.
    pub(super) fn compound(&self, op: AstOp, place: Type, value: Expr<'t>) -> (BinaryOp, Expr<'t>) {
        match (op, place) {
            (AstOp::Add, Types::STR) => (BinaryOp::StrConcat, self.display(value)),
            (AstOp::Mul, Types::STR) => (BinaryOp::StrRepeat, value),
            _ => (operator_for(op, place), value),
        }
    }
}

/// The operator for two operands of type `ty`, or a string and an int.
pub(super) fn operator_for(op: AstOp, ty: Type) -> BinaryOp {
    match (op, ty) {
        (AstOp::Add, Types::FLOAT) => BinaryOp::FloatAdd,
        (AstOp::Sub, Types::FLOAT) => BinaryOp::FloatSub,
        (AstOp::Mul, Types::FLOAT) => BinaryOp::FloatMul,
        (AstOp::Div, Types::FLOAT) => BinaryOp::FloatDiv,
        (AstOp::Rem, Types::FLOAT) => BinaryOp::FloatRem,
        (AstOp::Mul, Types::STR) => BinaryOp::StrRepeat,
        (AstOp::Add, _) => BinaryOp::IntAdd,
        (AstOp::Sub, _) => BinaryOp::IntSub,
        (AstOp::Mul, _) => BinaryOp::IntMul,
        (AstOp::Div, _) => BinaryOp::IntDiv,
        (AstOp::Rem, _) => BinaryOp::IntRem,
        (AstOp::BitAnd, _) => BinaryOp::IntAnd,
        (AstOp::BitOr, _) => BinaryOp::IntOr,
        (AstOp::BitXor, _) => BinaryOp::IntXor,
        (AstOp::Shl, _) => BinaryOp::IntShl,
        (AstOp::Shr, _) => BinaryOp::IntShr,
        (AstOp::Eq, ty) => comparison(CmpOp::Eq, ty),
        (AstOp::Ne, ty) => comparison(CmpOp::Ne, ty),
        (AstOp::Lt, ty) => comparison(CmpOp::Lt, ty),
        (AstOp::Le, ty) => comparison(CmpOp::Le, ty),
        (AstOp::Gt, ty) => comparison(CmpOp::Gt, ty),
        (AstOp::Ge, ty) => comparison(CmpOp::Ge, ty),
        (AstOp::And | AstOp::Or, _) => unreachable!("`&&` and `||` are forms of their own"),
    }
}

fn comparison(op: CmpOp, ty: Type) -> BinaryOp {
    match ty {
        Types::FLOAT => BinaryOp::FloatCmp(op),
        Types::BOOL => BinaryOp::BoolCmp(op),
        Types::STR => BinaryOp::StrCmp(op),
        _ => BinaryOp::IntCmp(op),
    }
}

fn result_type(op: BinaryOp) -> Type {
    use BinaryOp::*;
    match op {
        IntAdd | IntSub | IntMul | IntDiv | IntRem | IntAnd | IntOr | IntXor | IntShl | IntShr => Types::INT,
        FloatAdd | FloatSub | FloatMul | FloatDiv | FloatRem => Types::FLOAT,
        StrConcat | StrRepeat => Types::STR,
        IntCmp(_) | FloatCmp(_) | BoolCmp(_) | StrCmp(_) => Types::BOOL,
    }
}

//! Which operands an operator takes and what it gives.

use resilient_base::{Diagnostic, Span, diag::codes};
use resilient_syntax::ast::BinaryOp;

use super::Checker;
use super::goals::{Goal, Operand, is_comparison};
use super::ty::{Ty, TyKind};

impl Checker<'_, '_, '_> {
    /// The type of `left op right` at `span`, a variable if it cannot be told yet. `&&` and `||` are not among the
    /// operators here, and no operand is of type never.
    pub(super) fn binary(&mut self, op: BinaryOp, span: Span, left: Operand, right: Operand) -> Ty {
        if self.out.tys.is_open(left.0) || self.out.tys.is_open(right.0) {
            let result = if is_comparison(op) { Ty::BOOL } else { self.out.tys.fresh() };
            self.demand(Goal::Binary(op, span, left, right, result));
            return result;
        }
        self.binary_result(op, span, left, right)
    }

    /// The type of `left op right` for operands that are known.
    pub(super) fn binary_result(&mut self, op: BinaryOp, span: Span, left: Operand, right: Operand) -> Ty {
        let (l, r) = (self.out.tys.kind(left.0), self.out.tys.kind(right.0));
        match result_of(op, l, r) {
            Some(ty) => ty,
            None => {
                self.report_operands(op, span, left, right);
                if is_comparison(op) { Ty::BOOL } else { Ty::ERROR }
            }
        }
    }

    /// The type of `-operand`, a variable if it cannot be told yet.
    pub(super) fn neg(&mut self, operand: Operand) -> Ty {
        if self.out.tys.is_open(operand.0) {
            let result = self.out.tys.fresh();
            self.demand(Goal::Neg(operand, result));
            return result;
        }
        self.neg_result(operand)
    }

    /// The type of `-operand` for an operand that is known.
    pub(super) fn neg_result(&mut self, operand: Operand) -> Ty {
        match self.out.tys.kind(operand.0) {
            TyKind::Int => Ty::INT,
            TyKind::Float => Ty::FLOAT,
            TyKind::Error => Ty::ERROR,
            _ => {
                let message = format!("operator `-` does not take `{}`", self.display(operand.0));
                self.diags.push(Diagnostic::error(codes::TYPE_MISMATCH, operand.1, message));
                Ty::ERROR
            }
        }
    }

    fn report_operands(&mut self, op: BinaryOp, span: Span, left: Operand, right: Operand) {
        let (l, r) = (self.display(left.0), self.display(right.0));
        let text = op.text();
        let message = match (self.out.tys.kind(left.0), self.out.tys.kind(right.0)) {
            (TyKind::Int, TyKind::Float) | (TyKind::Float, TyKind::Int) => {
                format!("operator `{text}` cannot mix `{l}` and `{r}`")
            }
            (TyKind::Void, _) => format!("left operand of `{text}` has no value"),
            (_, TyKind::Void) => format!("right operand of `{text}` has no value"),
            _ => format!("operator `{text}` does not take `{l}` and `{r}`"),
        };
        let mut diagnostic = Diagnostic::error(codes::TYPE_MISMATCH, span, message)
            .with_secondary(left.1, format!("this is `{l}`"))
            .with_secondary(right.1, format!("this is `{r}`"));
        let int_side = match (self.out.tys.kind(left.0), self.out.tys.kind(right.0)) {
            (TyKind::Int, TyKind::Float) => Some(left.1),
            (TyKind::Float, TyKind::Int) => Some(right.1),
            _ => None,
        };
        if let Some(help) = int_side.and_then(|at| self.conversion_help(Ty::FLOAT, Ty::INT, at)) {
            diagnostic = diagnostic.with_help(help);
        }
        self.diags.push(diagnostic);
    }
}

/// The type of `left op right`, if there is such an operator.
fn result_of(op: BinaryOp, left: TyKind, right: TyKind) -> Option<Ty> {
    use TyKind::{Bool, Error, Float, Int, Str};
    if left == Error || right == Error {
        return Some(if is_comparison(op) { Ty::BOOL } else { Ty::ERROR });
    }
    let ty = match op {
        BinaryOp::Add => match (left, right) {
            (Int, Int) => Ty::INT,
            (Float, Float) => Ty::FLOAT,
            (Str, Str | Bool | Int | Float) | (Bool | Int | Float, Str) => Ty::STR,
            _ => return None,
        },
        BinaryOp::Mul => match (left, right) {
            (Int, Int) => Ty::INT,
            (Float, Float) => Ty::FLOAT,
            (Str, Int) | (Int, Str) => Ty::STR,
            _ => return None,
        },
        BinaryOp::Sub | BinaryOp::Div | BinaryOp::Rem => match (left, right) {
            (Int, Int) => Ty::INT,
            (Float, Float) => Ty::FLOAT,
            _ => return None,
        },
        BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor | BinaryOp::Shl | BinaryOp::Shr => match (left, right) {
            (Int, Int) => Ty::INT,
            _ => return None,
        },
        BinaryOp::Eq | BinaryOp::Ne => match (left, right) {
            (Int, Int) | (Float, Float) | (Bool, Bool) | (Str, Str) => Ty::BOOL,
            _ => return None,
        },
        BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => match (left, right) {
            (Int, Int) | (Float, Float) | (Str, Str) => Ty::BOOL,
            _ => return None,
        },
        BinaryOp::And | BinaryOp::Or => match (left, right) {
            (Bool, Bool) => Ty::BOOL,
            _ => return None,
        },
    };
    Some(ty)
}

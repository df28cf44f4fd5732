//! Number literals, which take the type that is wanted of them.

use resilient_base::{Diagnostic, Span, diag::codes};
use resilient_syntax::ast::{self, Expr, ExprKind, UnaryOp};

use super::Checker;
use super::body::Body;
use super::report::Site;
use super::ty::{Ty, TyKind};
use super::written::builtin_type;
use crate::tables::Key;

/// A number as written, a minus before it included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Literal {
    /// An integer.
    Int(i128),
    /// A number with a fraction or exponent.
    Float(f64),
}

/// The literal that `expr` is, and its suffix.
pub fn literal(expr: &Expr<'_>) -> Option<(Literal, Option<ast::Name>)> {
    match expr.kind {
        ExprKind::Int(value, suffix) => Some((Literal::Int(i128::from(value)), suffix)),
        ExprKind::Float(value, suffix) => Some((Literal::Float(value), suffix)),
        ExprKind::Paren(inner) => literal(inner),
        ExprKind::Unary(UnaryOp::Neg, operand) => match operand.kind {
            ExprKind::Int(value, suffix) => Some((Literal::Int(-i128::from(value)), suffix)),
            ExprKind::Float(value, suffix) => Some((Literal::Float(-value), suffix)),
            _ => None,
        },
        _ => None,
    }
}

impl Literal {
    /// Its type where nothing else is wanted.
    pub fn default_ty(self) -> Ty {
        match self {
            Literal::Int(_) => Ty::INT,
            Literal::Float(_) => Ty::FLOAT,
        }
    }

    /// Whether it takes the type `kind` where that is wanted.
    pub fn adapts_to(self, kind: TyKind) -> bool {
        matches!((self, kind), (Literal::Int(_), TyKind::Int(_)) | (Literal::Float(_), TyKind::Float | TyKind::F32))
    }
}

impl<'a> Body<'_, '_, '_, 'a> {
    /// The type of the literal `expr`, where a value of type `wanted` is, if that is known.
    pub(super) fn literal(
        &mut self,
        expr: &'a Expr<'a>,
        (value, suffix): (Literal, Option<ast::Name>),
        wanted: Option<(Ty, Site)>,
    ) -> Ty {
        let ty = match (suffix, wanted) {
            (Some(suffix), _) => self.suffix(value, suffix),
            (None, Some((wanted, _))) if value.adapts_to(self.ck.out.tys.kind(wanted)) => {
                self.ck.out.tys.shallow(wanted)
            }
            _ => value.default_ty(),
        };
        // A suffix converts as `as` does.
        if suffix.is_none() {
            self.ck.check_literal_range(value, ty, expr.span, wanted.map(|(_, site)| site));
        }
        self.record_literal(expr, ty);
        ty
    }

    /// A literal whose type the other operand of its operator decides.
    pub(super) fn open_literal(&mut self, expr: &'a Expr<'a>) -> Ty {
        let ty = self.ck.out.tys.fresh();
        self.record_literal(expr, ty);
        ty
    }

    /// Notes the type of a literal for the parentheses and the minus around it too.
    fn record_literal(&mut self, expr: &'a Expr<'a>, ty: Ty) {
        self.t.types.insert(Key::of(expr), ty);
        if let ExprKind::Paren(inner) | ExprKind::Unary(_, inner) = &expr.kind {
            self.record_literal(inner, ty);
        }
    }

    fn suffix(&mut self, value: Literal, suffix: ast::Name) -> Ty {
        let text = self.ck.cx.name(suffix.symbol);
        let ty = builtin_type(text).unwrap_or(Ty::ERROR);
        match (value, self.ck.out.tys.kind(ty)) {
            (Literal::Int(_), TyKind::Int(_)) | (_, TyKind::Float | TyKind::F32) => ty,
            // The lexer lets no other suffix pass.
            _ => Ty::ERROR,
        }
    }
}

impl Checker<'_, '_, '_> {
    /// Reports a literal that is out of the range of its type.
    pub(super) fn check_literal_range(&mut self, value: Literal, ty: Ty, at: Span, site: Option<Site>) {
        let (Literal::Int(value), TyKind::Int(int)) = (value, self.out.tys.kind(ty)) else { return };
        if (int.min()..=int.max()).contains(&value) {
            return;
        }
        let start = match site {
            Some(Site::Let(name) | Site::Const(name)) => {
                let word = if matches!(site, Some(Site::Let(_))) { "let" } else { "const" };
                format!("{word} {}: ", self.cx.name(name.symbol))
            }
            _ => String::new(),
        };
        let (name, min, max) = (int.name(), int.min(), int.max());
        let message = format!("{start}literal {value} overflows type {name} (valid range: {min}..={max})");
        self.diags.push(Diagnostic::error(codes::LITERAL_RANGE, at, message));
    }
}

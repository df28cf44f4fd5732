//! What the result of a `main` that starts by itself means.

use resilient_base::Span;

use super::func::FnLower;
use crate::infer::nominal::{EnumDeclId, variant};
use crate::infer::ty::{Ty, TyKind};
use crate::typed::{BinaryOp, Builtin, Expr, ExprKind};
use crate::types::Types;

impl<'t> FnLower<'_, '_, '_, '_, 't> {
    /// Whether `main`, with this result, tells of failure by an `Err`.
    pub(super) fn main_may_fail(&mut self, result: Ty) -> bool {
        matches!(self.p.checked.tys.kind(result), TyKind::Enum(EnumDeclId::RESULT, _))
    }

    /// The exit status of a `main` whose result is a `Result`; an `Err` is a fault, which has no position.
    pub(super) fn status_of_result(&mut self, call: Expr<'t>, span: Span) -> Expr<'t> {
        let mut stmts = Vec::new();
        let result = self.keep(call, "$result", &mut stmts);
        let result = self.local(result, span);
        let (start, value) = (self.str("main returned ", span), self.display(result));
        let message = self.infix(BinaryOp::StrConcat, start, value, span);
        let failed = self.builtin(Builtin::MainFailed, &[message], Types::NEVER, span);
        let status = Expr { kind: ExprKind::Int(0), ty: Types::INT, span };
        let status = self.if_variant(result, variant::ERR, failed, status, Types::INT, span);
        self.after(&stmts, status)
    }
}

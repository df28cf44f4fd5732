//! Tests of variants and their payloads.

use resilient_base::Span;

use super::func::FnLower;
use crate::typed::{Decision, Expr, ExprKind, Match, Stmt};
use crate::types::Type;

impl<'t> FnLower<'_, '_, '_, '_, 't> {
    /// `match subject { variant number => then, _ => otherwise }`; the subject is a variable.
    pub(super) fn if_variant(
        &self,
        subject: Expr<'t>,
        number: u32,
        then: Expr<'t>,
        otherwise: Expr<'t>,
        ty: Type,
        span: Span,
    ) -> Expr<'t> {
        let arena = self.p.arena;
        let arm = |arm| Decision::Arm { bindings: &[], arm };
        let decision = Decision::Switch {
            subject: self.alloc(subject),
            cases: arena.alloc_slice_copy(&[(number, arm(0))]),
            default: Some(arena.alloc(arm(1))),
        };
        let node = Match { decision: arena.alloc(decision), arms: arena.alloc_slice_copy(&[then, otherwise]) };
        Expr { kind: ExprKind::Match(arena.alloc(node)), ty, span }
    }

    /// Part `field` of the payload of `subject`, which is a variable and known to be variant `number`.
    pub(super) fn payload(&self, subject: Expr<'t>, number: u32, field: u32, span: Span) -> Expr<'t> {
        let ty = self.p.variant_types(subject.ty, number)[field as usize];
        Expr { kind: ExprKind::VariantField(self.alloc(subject), number, field), ty, span }
    }

    /// `stmts`, then the value.
    pub(super) fn after(&self, stmts: &[Stmt<'t>], value: Expr<'t>) -> Expr<'t> {
        if stmts.is_empty() { value } else { self.block_of(stmts, Some(value), value.ty, value.span) }
    }
}

//! Questions about `Option` and `Result`: tests and the library functions that take them apart.

use resilient_base::Span;

use super::func::FnLower;
use crate::infer::nominal::variant;
use crate::library::LibFn;
use crate::typed::{Decision, Expr, ExprKind, Match, Stmt};
use crate::types::{Type, Types};

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

    /// A library function that asks for the variant of its first argument. The arguments complete.
    pub(super) fn call_option(&mut self, function: LibFn, args: &[Expr<'t>], span: Span) -> Expr<'t> {
        let mut stmts = Vec::new();
        let subject = self.shared(args[0], &mut stmts);
        let truth = |value| Expr { kind: ExprKind::Bool(value), ty: Types::BOOL, span };
        let value = match function {
            LibFn::IsSome => self.if_variant(subject, variant::SOME, truth(true), truth(false), Types::BOOL, span),
            LibFn::IsNone => self.if_variant(subject, variant::NONE, truth(true), truth(false), Types::BOOL, span),
            LibFn::IsOk => self.if_variant(subject, variant::OK, truth(true), truth(false), Types::BOOL, span),
            LibFn::IsErr => self.if_variant(subject, variant::ERR, truth(true), truth(false), Types::BOOL, span),
            LibFn::OptionUnwrapOr | LibFn::ResultUnwrapOr => {
                let default = self.shared(args[1], &mut stmts);
                // `Some` and `Ok` are both the first variant.
                let payload = self.payload(subject, variant::SOME, 0, span);
                self.if_variant(subject, variant::SOME, payload, default, payload.ty, span)
            }
            LibFn::UnwrapErr => {
                let payload = self.payload(subject, variant::ERR, 0, span);
                let other = self.payload(subject, variant::OK, 0, span);
                let fault = self.unwrap_fault("unwrap_err called on Ok(", other, span);
                self.if_variant(subject, variant::ERR, payload, fault, payload.ty, span)
            }
            LibFn::Unwrap => {
                let payload = self.payload(subject, variant::OK, 0, span);
                let other = self.payload(subject, variant::ERR, 0, span);
                let fault = self.unwrap_fault("unwrap called on Err(", other, span);
                self.if_variant(subject, variant::OK, payload, fault, payload.ty, span)
            }
            _ => {
                let name = if function == LibFn::UnwrapOption { "unwrap_option" } else { "unwrap" };
                let payload = self.payload(subject, variant::SOME, 0, span);
                let message = self.str(&format!("{name} called on None"), span);
                let fault = Expr { kind: ExprKind::Fault(self.alloc(message)), ty: Types::NEVER, span };
                self.if_variant(subject, variant::SOME, payload, fault, payload.ty, span)
            }
        };
        if stmts.is_empty() { value } else { self.block_of(&stmts, Some(value), value.ty, span) }
    }

    fn unwrap_fault(&mut self, start: &str, other: Expr<'t>, span: Span) -> Expr<'t> {
        let parts = [self.str(start, span), self.quoted(other), self.str(")", span)];
        let message = self.concat(&parts, span);
        Expr { kind: ExprKind::Fault(self.alloc(message)), ty: Types::NEVER, span }
    }

    /// `stmts`, then the value.
    pub(super) fn after(&self, stmts: &[Stmt<'t>], value: Expr<'t>) -> Expr<'t> {
        if stmts.is_empty() { value } else { self.block_of(stmts, Some(value), value.ty, value.span) }
    }
}

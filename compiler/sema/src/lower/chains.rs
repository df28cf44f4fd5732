//! Contexts of errors: the messages that `r.context(message)` puts before the error of a `Result<T, string>`.
//!
//! In programs that ask for contexts, `Err` of these types has a second part that programs do not see: the messages,
//! outermost first, the error itself last; none for an error without context. The first part is the whole text, so that
//! reading the error costs nothing. Values keep their messages wherever the whole `Result` goes, and through `?`. In all
//! other programs there is no such part.

use resilient_base::Span;

use super::Lower;
use super::func::FnLower;
use crate::infer::Checked;
use crate::infer::nominal::variant;
use crate::stdlib::LibraryDecls;
use crate::typed::{Expr, ExprKind};
use crate::types::{FieldDef, Type, TypeKind, Types};

/// The function of the library that makes contexts.
const MAKER: &str = "__context";

/// Whether the program asks for contexts.
pub(super) fn are_used(checked: &Checked, library: &LibraryDecls) -> bool {
    let is_maker = |function: &resilient_library::Function| function.name == MAKER;
    checked.insts.values().any(|inst| library.function(inst.func).is_some_and(is_maker))
}

impl Lower<'_, '_, '_, '_> {
    /// The part of `Err` that programs do not see.
    pub(super) fn chain_field(&mut self) -> FieldDef {
        FieldDef { name: FieldDef::HIDDEN.into(), ty: self.types.intern(TypeKind::Array(Types::STR)) }
    }

    /// The type of the messages in variant `number` of `ty`, if it has them, and where they stand.
    fn chain_type(&self, ty: Type, number: u32) -> Option<(u32, Type)> {
        let TypeKind::Enum(id) = self.types.kind(ty) else { return None };
        let fields = &self.types.enums[*id].variants[number as usize].fields;
        let at = fields.iter().position(FieldDef::is_hidden)?;
        Some((at as u32, fields[at].ty))
    }
}

impl<'t> FnLower<'_, '_, '_, '_, 't> {
    /// The messages of an error without context, where variant `number` of `ty` has them behind `n_given` parts.
    pub(super) fn no_chain(&self, ty: Type, number: u32, n_given: usize, span: Span) -> Option<Expr<'t>> {
        let (at, ty) = self.p.chain_type(ty, number)?;
        (at as usize == n_given).then_some(Expr { kind: ExprKind::Array(&[]), ty, span })
    }

    /// The messages in `subject`, a variable that is known to be variant `number`.
    pub(super) fn chain(&self, subject: Expr<'t>, number: u32, span: Span) -> Option<Expr<'t>> {
        let (at, _) = self.p.chain_type(subject.ty, number)?;
        Some(self.payload(subject, number, at, span))
    }

    /// The messages of `result`, whatever it is; none of what has none.
    pub(super) fn chain_of(&mut self, result: Expr<'t>, ty: Type, span: Span) -> Expr<'t> {
        let mut stmts = Vec::new();
        let subject = self.shared(result, &mut stmts);
        let none = Expr { kind: ExprKind::Array(&[]), ty, span };
        let chain = match self.chain(subject, variant::ERR, span) {
            Some(chain) => self.if_variant(subject, variant::ERR, chain, none, ty, span),
            None => none,
        };
        self.after(&stmts, chain)
    }
}

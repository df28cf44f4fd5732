//! What kind of type a value has, in one word, for programs that ask.

use super::func::FnLower;
use crate::infer::nominal::{EnumDeclId, StructDeclId};
use crate::infer::ty::TyKind;
use crate::typed::{Expr, Stmt};
use crate::types::{Type, TypeKind, Types};

impl<'t> FnLower<'_, '_, '_, '_, 't> {
    /// The word for the type of `value`, which is evaluated.
    pub(super) fn type_word(&mut self, value: Expr<'t>) -> Expr<'t> {
        let (word, span) = (self.word_of(value.ty), value.span);
        let word = self.str(word, span);
        let evaluated = [Stmt::Expr(self.alloc(value))];
        self.block_of(&evaluated, Some(word), Types::STR, span)
    }

    fn word_of(&mut self, ty: Type) -> &'static str {
        match *self.p.types.kind(ty) {
            TypeKind::Void | TypeKind::Never => "void",
            TypeKind::Int(_) => "int",
            TypeKind::Float | TypeKind::F32 => "float",
            TypeKind::Bool => "bool",
            TypeKind::Char => "char",
            TypeKind::Str => "string",
            TypeKind::Array(_) => "array",
            TypeKind::Fn(..) => "function",
            TypeKind::Cell(_) => "opaque",
            TypeKind::Struct(_) | TypeKind::Enum(_) => self.word_of_declared(ty),
        }
    }

    fn word_of_declared(&mut self, ty: Type) -> &'static str {
        let origin = self.p.origins.get(&ty).copied();
        match origin.map(|origin| self.p.checked.tys.kind(origin)) {
            Some(TyKind::Tuple(_)) => "tuple",
            Some(TyKind::Struct(StructDeclId::MAP, _)) => "map",
            Some(TyKind::Struct(StructDeclId::SET, _)) => "set",
            Some(TyKind::Struct(StructDeclId::RANGE, _)) => "range",
            Some(TyKind::Struct(StructDeclId::BYTES, _)) => "bytes",
            Some(TyKind::Struct(id, _)) if StructDeclId::of_library("Heap") == Some(id) => "array",
            Some(TyKind::Enum(EnumDeclId::OPTION, _)) => "option",
            Some(TyKind::Enum(EnumDeclId::RESULT, _)) => "result",
            Some(TyKind::Enum(..)) => "enum",
            _ => "struct",
        }
    }
}

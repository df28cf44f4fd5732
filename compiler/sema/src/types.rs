//! Concrete types of the typed program.

use resilient_base::{PrimaryMap, entity_impl};

/// An interned type: equal types have equal ids.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Type(u32);
entity_impl!(Type, "t");

/// What a type is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TypeKind {
    /// No value; the type of statements.
    Void,
    /// The type of what does not complete.
    Never,
    /// Signed 64-bit.
    Int,
    /// IEEE 754 binary64.
    Float,
    /// `true` or `false`.
    Bool,
    /// Text.
    Str,
}

/// The types of a program.
pub struct Types {
    kinds: PrimaryMap<Type, TypeKind>,
}

impl Types {
    /// `void`
    pub const VOID: Type = Type(0);
    /// `!`
    pub const NEVER: Type = Type(1);
    /// `int`
    pub const INT: Type = Type(2);
    /// `float`
    pub const FLOAT: Type = Type(3);
    /// `bool`
    pub const BOOL: Type = Type(4);
    /// `string`
    pub const STR: Type = Type(5);

    /// What `ty` is.
    pub fn kind(&self, ty: Type) -> &TypeKind {
        &self.kinds[ty]
    }

    /// `ty` as in messages.
    pub fn display(&self, ty: Type) -> String {
        match self.kind(ty) {
            TypeKind::Void => "void",
            TypeKind::Never => "!",
            TypeKind::Int => "int",
            TypeKind::Float => "float",
            TypeKind::Bool => "bool",
            TypeKind::Str => "string",
        }
        .to_string()
    }
}

impl Default for Types {
    fn default() -> Types {
        let mut kinds = PrimaryMap::new();
        for kind in [TypeKind::Void, TypeKind::Never, TypeKind::Int, TypeKind::Float, TypeKind::Bool, TypeKind::Str] {
            kinds.push(kind);
        }
        Types { kinds }
    }
}

//! Concrete types of the typed program.

use std::collections::HashMap;

use resilient_base::{PrimaryMap, entity_impl};

/// An interned type: equal types have equal ids.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Type(u32);
entity_impl!(Type, "t");

/// A struct type: every instance of a declared one, every tuple type, `Range`, and what the library makes of structs: maps,
/// sets, bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StructId(u32);
entity_impl!(StructId, "struct");

/// An enum type: every instance of a declared one, of `Option` and of `Result`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnumId(u32);
entity_impl!(EnumId, "enum");

/// A variant of checked failures: a name after `fails`, numbered through the program. Code that runs knows it by this number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Failure(u32);
entity_impl!(Failure, "failure");

/// An integer type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IntTy {
    /// 8, 16, 32 or 64.
    pub bits: u8,
    /// Whether it has negative values.
    pub signed: bool,
}

impl IntTy {
    /// `int`
    pub const INT: IntTy = IntTy { bits: 64, signed: true };

    /// The name in messages.
    pub fn name(self) -> &'static str {
        match (self.bits, self.signed) {
            (8, true) => "i8",
            (16, true) => "i16",
            (32, true) => "i32",
            (_, true) => "int",
            (8, false) => "u8",
            (16, false) => "u16",
            (32, false) => "u32",
            (_, false) => "u64",
        }
    }

    /// The least value.
    pub fn min(self) -> i128 {
        if self.signed { -(1i128 << (self.bits - 1)) } else { 0 }
    }

    /// The greatest value.
    pub fn max(self) -> i128 {
        (1i128 << (self.bits - u8::from(self.signed))) - 1
    }

    /// The low bits of `value` as the 64-bit pattern that a register holds: sign-extended or zero-extended to 64 bits.
    pub fn wrap(self, value: i64) -> i64 {
        let unused = 64 - u32::from(self.bits);
        match self.signed {
            true => value << unused >> unused,
            false => ((value as u64) << unused >> unused) as i64,
        }
    }
}

/// What a type is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TypeKind {
    /// No value; the type of statements.
    Void,
    /// The type of what does not complete.
    Never,
    /// An integer; `int` is the signed 64-bit one.
    Int(IntTy),
    /// IEEE 754 binary64.
    Float,
    /// IEEE 754 binary32.
    F32,
    /// `true` or `false`.
    Bool,
    /// One Unicode scalar value.
    Char,
    /// Text.
    Str,
    /// Growable sequence of elements of one type.
    Array(Type),
    /// Tuple, struct, tuple struct, range.
    Struct(StructId),
    /// Enum, `Option`, `Result`, trait object.
    Enum(EnumId),
    /// A function value: parameters, result, and the failures that a call may raise, ascending. Values of types that differ
    /// only in these are the same for everything that runs.
    Fn(Box<[Type]>, Type, Box<[Failure]>),
    /// A mutable object with identity that holds one value. Copies refer to the same object.
    Cell(Type),
}

/// A type with fields.
#[derive(Clone, Debug)]
pub struct StructDef {
    /// Name as displayed, module prefix included; empty for tuples.
    pub name: Box<str>,
    /// How it is displayed.
    pub form: StructForm,
    /// Fields in declaration order.
    pub fields: Vec<FieldDef>,
}

/// How a struct type is displayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StructForm {
    /// `(a, b)`, `(a)`, `()`
    Tuple,
    /// `Name { f: a, g: b }`, `Name {  }`; tuple structs have fields named `0`, `1`.
    Named,
    /// `a..b` or `a..=b`: three fields, the bounds and whether the upper one is included.
    Range,
}

/// A field.
#[derive(Clone, Debug)]
pub struct FieldDef {
    /// Its name; the index in decimal for tuples and tuple structs.
    pub name: Box<str>,
    /// Its type.
    pub ty: Type,
}

impl FieldDef {
    /// The name of a part that programs do not see.
    pub const HIDDEN: &str = "$chain";

    /// Whether programs do not see it: the messages of an error with context.
    pub fn is_hidden(&self) -> bool {
        &*self.name == Self::HIDDEN
    }
}

/// A type with variants.
#[derive(Clone, Debug)]
pub struct EnumDef {
    /// Name as displayed, module prefix included.
    pub name: Box<str>,
    /// Whether variants display as `Name::Variant`; false for `Option` and `Result`.
    pub qualified: bool,
    /// Variants in declaration order.
    pub variants: Vec<VariantDef>,
    /// Whether a value contains values of its own type without an array between: then it is a reference to a counted
    /// object, else its parts stand side by side.
    pub boxed: bool,
}

/// A variant.
#[derive(Clone, Debug)]
pub struct VariantDef {
    /// Its name.
    pub name: Box<str>,
    /// How it is displayed.
    pub form: VariantForm,
    /// Its payload.
    pub fields: Vec<FieldDef>,
}

/// How a variant is displayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum VariantForm {
    /// `V`
    Plain,
    /// `V(a, b)`
    Tuple,
    /// `V { x: a }`
    Named,
}

/// The types of a program.
pub struct Types {
    kinds: PrimaryMap<Type, TypeKind>,
    ids: HashMap<TypeKind, Type>,
    /// Struct types.
    pub structs: PrimaryMap<StructId, StructDef>,
    /// Enum types.
    pub enums: PrimaryMap<EnumId, EnumDef>,
    /// The names of the failures.
    pub failures: PrimaryMap<Failure, Box<str>>,
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
    /// `char`
    pub const CHAR: Type = Type(6);
    /// `f32`
    pub const F32: Type = Type(7);

    /// What `ty` is.
    pub fn kind(&self, ty: Type) -> &TypeKind {
        &self.kinds[ty]
    }

    /// The type of this kind.
    pub fn intern(&mut self, kind: TypeKind) -> Type {
        if let Some(&ty) = self.ids.get(&kind) {
            return ty;
        }
        let ty = self.kinds.push(kind.clone());
        self.ids.insert(kind, ty);
        ty
    }

    /// `ty` as in messages.
    pub fn display(&self, ty: Type) -> String {
        let list = |tys: &mut dyn Iterator<Item = Type>| tys.map(|ty| self.display(ty)).collect::<Vec<_>>().join(", ");
        match self.kind(ty) {
            TypeKind::Void => "void".into(),
            TypeKind::Never => "!".into(),
            TypeKind::Int(int) => int.name().into(),
            TypeKind::Float => "float".into(),
            TypeKind::F32 => "f32".into(),
            TypeKind::Bool => "bool".into(),
            TypeKind::Char => "char".into(),
            TypeKind::Str => "string".into(),
            TypeKind::Array(element) => format!("array<{}>", self.display(*element)),
            TypeKind::Struct(id) => {
                let def = &self.structs[*id];
                match def.form {
                    StructForm::Tuple => format!("({})", list(&mut def.fields.iter().map(|field| field.ty))),
                    // An anonymous record.
                    StructForm::Named if def.name.is_empty() => {
                        let field = |field: &FieldDef| format!("{}: {}", field.name, self.display(field.ty));
                        format!("{{ {} }}", def.fields.iter().map(field).collect::<Vec<_>>().join(", "))
                    }
                    StructForm::Named | StructForm::Range => def.name.to_string(),
                }
            }
            TypeKind::Enum(id) => self.enums[*id].name.to_string(),
            TypeKind::Fn(params, result, failures) => {
                let params = list(&mut params.iter().copied());
                let fails = self.display_failures(failures);
                match *result {
                    Types::VOID => format!("fn({params}){fails}"),
                    result => format!("fn({params}) -> {}{fails}", self.display(result)),
                }
            }
            TypeKind::Cell(content) => format!("Cell<{}>", self.display(*content)),
        }
    }

    /// ` fails A, B`; nothing if there are none.
    fn display_failures(&self, failures: &[Failure]) -> String {
        let names: Vec<&str> = failures.iter().map(|&failure| &*self.failures[failure]).collect();
        if names.is_empty() { String::new() } else { format!(" fails {}", names.join(", ")) }
    }
}

impl Default for Types {
    fn default() -> Types {
        let mut types = Types {
            kinds: PrimaryMap::new(),
            ids: HashMap::new(),
            structs: PrimaryMap::new(),
            enums: PrimaryMap::new(),
            failures: PrimaryMap::new(),
        };
        for kind in [
            TypeKind::Void,
            TypeKind::Never,
            TypeKind::Int(IntTy::INT),
            TypeKind::Float,
            TypeKind::Bool,
            TypeKind::Str,
            TypeKind::Char,
            TypeKind::F32,
        ] {
            types.intern(kind);
        }
        types
    }
}

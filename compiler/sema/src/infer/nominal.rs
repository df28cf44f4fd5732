//! Declared structs and enums as inference sees them: templates whose field types may mention type parameters, made
//! concrete by the type arguments that stand in a type.

use resilient_base::{PrimaryMap, Span, entity_impl};

use super::ty::{Ty, TyKind, TyList, TyTable};
use crate::types::VariantForm;

/// A struct as declared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StructDeclId(u32);
entity_impl!(StructDeclId, "struct_decl");

/// An enum as declared. The first two are [`EnumDeclId::OPTION`] and [`EnumDeclId::RESULT`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EnumDeclId(u32);
entity_impl!(EnumDeclId, "enum_decl");

impl EnumDeclId {
    /// `Option`
    pub const OPTION: EnumDeclId = EnumDeclId(0);
    /// `Result`
    pub const RESULT: EnumDeclId = EnumDeclId(1);
    /// How many are built in.
    pub const N_BUILTIN: usize = 2;
}

/// Variant numbers of `Option` and `Result`.
pub mod variant {
    /// `Some(v)`
    pub const SOME: u32 = 0;
    /// `None`
    pub const NONE: u32 = 1;
    /// `Ok(v)`
    pub const OK: u32 = 0;
    /// `Err(e)`
    pub const ERR: u32 = 1;
}

/// A struct.
#[derive(Debug)]
pub struct StructTemplate {
    /// Its name as displayed.
    pub name: Box<str>,
    /// Number of type parameters.
    pub n_params: usize,
    /// Declared with `(A, B)`.
    pub is_tuple: bool,
    /// Whether `#[derive(PartialOrd)]` gives it an order.
    pub is_ordered: bool,
    /// The fields in declaration order.
    pub fields: Vec<FieldTemplate>,
    /// The name in the declaration.
    pub span: Span,
}

/// An enum.
#[derive(Debug)]
pub struct EnumTemplate {
    /// Its name as displayed.
    pub name: Box<str>,
    /// Number of type parameters.
    pub n_params: usize,
    /// Whether it is written and displayed as `Name::Variant`; false for `Option` and `Result`.
    pub is_qualified: bool,
    /// The variants in declaration order.
    pub variants: Vec<VariantTemplate>,
}

/// A variant.
#[derive(Debug)]
pub struct VariantTemplate {
    /// Its name.
    pub name: Box<str>,
    /// How its payload is written.
    pub form: VariantForm,
    /// Its payload.
    pub fields: Vec<FieldTemplate>,
}

/// A field of a struct or of a payload.
#[derive(Debug)]
pub struct FieldTemplate {
    /// Its name; the index in decimal where it has none.
    pub name: Box<str>,
    /// Its type.
    pub ty: Ty,
}

/// All declared structs and enums.
#[derive(Default)]
pub struct Nominals {
    /// Structs.
    pub structs: PrimaryMap<StructDeclId, StructTemplate>,
    /// Enums.
    pub enums: PrimaryMap<EnumDeclId, EnumTemplate>,
}

impl EnumTemplate {
    /// The number of the variant called `name`.
    pub fn variant(&self, name: &str) -> Option<u32> {
        self.variants.iter().position(|variant| &*variant.name == name).map(|n| n as u32)
    }
}

impl StructTemplate {
    /// The number of the field called `name`.
    pub fn field(&self, name: &str) -> Option<u32> {
        self.fields.iter().position(|field| &*field.name == name).map(|n| n as u32)
    }
}

impl TyTable {
    pub(super) fn declare_option_and_result(&mut self) {
        let (t, e) = (self.intern(TyKind::Param(0)), self.intern(TyKind::Param(1)));
        let variant = |name: &str, payload: Option<Ty>| VariantTemplate {
            name: name.into(),
            form: if payload.is_some() { VariantForm::Tuple } else { VariantForm::Plain },
            fields: payload.into_iter().map(|ty| FieldTemplate { name: "0".into(), ty }).collect(),
        };
        for (name, n_params, variants) in [
            ("Option", 1, vec![variant("Some", Some(t)), variant("None", None)]),
            ("Result", 2, vec![variant("Ok", Some(t)), variant("Err", Some(e))]),
        ] {
            let template = EnumTemplate { name: name.into(), n_params, is_qualified: false, variants };
            self.nominals.enums.push(template);
        }
    }

    /// `Option<payload>`
    pub fn option(&mut self, payload: Ty) -> Ty {
        let args = self.list(&[payload]);
        self.intern(TyKind::Enum(EnumDeclId::OPTION, args))
    }

    /// `Result<ok, err>`
    pub fn result(&mut self, ok: Ty, err: Ty) -> Ty {
        let args = self.list(&[ok, err]);
        self.intern(TyKind::Enum(EnumDeclId::RESULT, args))
    }

    /// The enum `id` with open type arguments.
    pub fn fresh_enum(&mut self, id: EnumDeclId) -> Ty {
        let args = self.fresh_list(self.nominals.enums[id].n_params);
        self.intern(TyKind::Enum(id, args))
    }

    /// The struct `id` with open type arguments.
    pub fn fresh_struct(&mut self, id: StructDeclId) -> Ty {
        let args = self.fresh_list(self.nominals.structs[id].n_params);
        self.intern(TyKind::Struct(id, args))
    }

    /// Types of the payload of variant `number` of the enum `id` with these type arguments.
    pub fn payload(&mut self, id: EnumDeclId, args: TyList, number: u32) -> Vec<Ty> {
        let fields = &self.nominals.enums[id].variants[number as usize].fields;
        let templates: Vec<Ty> = fields.iter().map(|field| field.ty).collect();
        templates.into_iter().map(|ty| self.subst(ty, args)).collect()
    }

    /// Types of the fields of `ty`, if it is known to be a struct or tuple.
    pub fn field_types(&mut self, ty: Ty) -> Option<Vec<Ty>> {
        match self.kind(ty) {
            TyKind::Tuple(parts) => Some(self.args(parts).to_vec()),
            TyKind::Struct(id, args) => {
                let templates: Vec<Ty> = self.nominals.structs[id].fields.iter().map(|field| field.ty).collect();
                Some(templates.into_iter().map(|ty| self.subst(ty, args)).collect())
            }
            _ => None,
        }
    }

    /// Number and type of the field called `name` of `ty`, if it is known to be a struct with such a field.
    pub fn field(&mut self, ty: Ty, name: &str) -> Option<(u32, Ty)> {
        let TyKind::Struct(id, args) = self.kind(ty) else { return None };
        let template = &self.nominals.structs[id];
        let number = template.field(name)?;
        let field = template.fields[number as usize].ty;
        Some((number, self.subst(field, args)))
    }
}

//! Declared structs and enums as inference sees them: templates whose field types may mention type parameters, made
//! concrete by the type arguments that stand in a type.

use resilient_base::{EntityRef, FileId, PrimaryMap, Span, entity_impl};
use rustc_hash::FxHashMap;

use super::library_types;
use super::ty::{Ty, TyKind, TyList, TyTable};
use crate::decls::TraitId;
use crate::types::VariantForm;

/// A struct as declared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StructDeclId(u32);
entity_impl!(StructDeclId, "struct_decl");

impl StructDeclId {
    /// `Map<K, V>`
    pub const MAP: StructDeclId = StructDeclId(0);
    /// `Set<K>`
    pub const SET: StructDeclId = StructDeclId(1);
    /// `Range`
    pub const RANGE: StructDeclId = StructDeclId(2);
    /// `bytes`
    pub const BYTES: StructDeclId = StructDeclId(3);
    /// How many are built in: those of the library stand behind the four.
    pub const N_BUILTIN: usize = 4 + library_types::TYPES.len();

    /// Whether it is built in.
    pub fn is_builtin(self) -> bool {
        self.index() < StructDeclId::N_BUILTIN
    }

    /// Whether programs do not see its fields.
    pub fn is_opaque(self) -> bool {
        match self.index().checked_sub(4).and_then(|number| library_types::TYPES.get(number)) {
            Some(declared) => declared.is_opaque,
            None => self.is_builtin(),
        }
    }

    /// The struct of the library with this name, which programs may give to structs of their own.
    pub fn of_library(name: &str) -> Option<StructDeclId> {
        let number = library_types::TYPES.iter().position(|declared| declared.name == name)?;
        Some(StructDeclId::new(4 + number))
    }

    /// The built-in type of this spelling.
    pub fn by_name(name: &str) -> Option<StructDeclId> {
        Some(match name {
            "Map" | "map" => StructDeclId::MAP,
            "Set" | "set" => StructDeclId::SET,
            "Range" | "range" => StructDeclId::RANGE,
            "bytes" | "Bytes" => StructDeclId::BYTES,
            _ => return None,
        })
    }
}

/// Fields of the structs that the library makes maps and sets of; `index` is the hash index of `keys`, `sorted` tells whether
/// `keys` ascend.
pub mod collection {
    /// Field `keys` of maps and sets.
    pub const KEYS: u32 = 0;
    /// Field `values` of maps.
    pub const VALUES: u32 = 1;
}

/// Fields of ranges.
pub mod range {
    /// The first int.
    pub const LO: u32 = 0;
    /// The upper bound.
    pub const HI: u32 = 1;
    /// Whether that is included.
    pub const INCLUSIVE: u32 = 2;
}

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

    /// Whether it is built in.
    pub fn is_builtin(self) -> bool {
        self.index() < EnumDeclId::N_BUILTIN
    }
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
    /// Declared by `newtype`.
    pub is_newtype: bool,
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
    /// The shapes of anonymous records, by their field names in ascending order.
    records: FxHashMap<Vec<Box<str>>, StructDeclId>,
    /// Structs, and the shapes of anonymous records: structs without a name, with a type parameter for each field.
    pub structs: PrimaryMap<StructDeclId, StructTemplate>,
    /// Enums.
    pub enums: PrimaryMap<EnumDeclId, EnumTemplate>,
    /// Names of the traits.
    pub traits: PrimaryMap<TraitId, Box<str>>,
}

impl EnumTemplate {
    /// The number of the variant called `name`.
    pub fn variant(&self, name: &str) -> Option<u32> {
        self.variants.iter().position(|variant| &*variant.name == name).map(|n| n as u32)
    }
}

impl StructTemplate {
    /// Whether its name is a function that makes values of it.
    pub fn has_constructor(&self) -> bool {
        self.is_tuple || self.is_newtype
    }

    /// Whether it is the shape of an anonymous record.
    pub fn is_record(&self) -> bool {
        self.name.is_empty()
    }

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

    pub(super) fn declare_collections(&mut self) {
        let (k, v) = (self.intern(TyKind::Param(0)), self.intern(TyKind::Param(1)));
        let (keys, values, words, octets) = (self.array(k), self.array(v), self.array(Ty::U64), self.array(Ty::U8));
        let (index, sorted) = (("index", words), ("sorted", Ty::BOOL));
        // In the order of the constants of `StructDeclId`.
        let declared = [
            ("Map", 2, vec![("keys", keys), ("values", values), index, sorted]),
            ("Set", 1, vec![("keys", keys), index, sorted]),
            ("Range", 0, vec![("lo", Ty::INT), ("hi", Ty::INT), ("inclusive", Ty::BOOL)]),
            ("bytes", 0, vec![("octets", octets)]),
        ];
        for (name, n_params, fields) in declared {
            let fields = fields.into_iter().map(|(name, ty)| FieldTemplate { name: name.into(), ty }).collect();
            self.nominals.structs.push(StructTemplate {
                name: name.into(),
                n_params,
                is_tuple: false,
                is_newtype: false,
                is_ordered: false,
                fields,
                span: Span::new(FileId::new(0), 0, 0),
            });
        }
        self.declare_library_types();
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

    /// The anonymous record with these fields, which have different names. The order of fields, which makes no difference
    /// to the type, is that in which a record with fields of these names is met first, at `at`.
    pub fn record(&mut self, fields: &[(&str, Ty)], at: Span) -> Ty {
        let mut names: Vec<Box<str>> = fields.iter().map(|&(name, _)| name.into()).collect();
        names.sort_unstable();
        let id = match self.nominals.records.get(&names) {
            Some(&id) => id,
            None => {
                let templates = fields.iter().zip(0..).map(|(&(name, _), i)| {
                    let ty = self.intern(TyKind::Param(i));
                    FieldTemplate { name: name.into(), ty }
                });
                let (n_params, name) = (fields.len(), Box::default());
                let (is_tuple, is_newtype, is_ordered) = (false, false, false);
                let fields = templates.collect();
                let template = StructTemplate { name, n_params, is_tuple, is_newtype, is_ordered, fields, span: at };
                let id = self.nominals.structs.push(template);
                self.nominals.records.insert(names, id);
                id
            }
        };
        let order = self.nominals.structs[id].fields.iter();
        let args: Vec<Ty> = order
            .filter_map(|field| fields.iter().find(|(name, _)| **name == *field.name).map(|&(_, ty)| ty))
            .collect();
        let args = self.list(&args);
        self.intern(TyKind::Struct(id, args))
    }

    /// The type of the field `name` of the anonymous record `ty`.
    pub fn record_field(&mut self, ty: Ty, name: &str) -> Option<Ty> {
        match self.kind(ty) {
            TyKind::Struct(id, _) if self.nominals.structs[id].is_record() => self.field(ty, name).map(|(_, ty)| ty),
            _ => None,
        }
    }

    /// Whether `ty` has all fields that the anonymous record `record` has; if so, their types are made to fit.
    pub fn is_viewed_as(&mut self, ty: Ty, record: Ty) -> bool {
        let (TyKind::Struct(..), TyKind::Struct(id, _)) = (self.kind(ty), self.kind(record)) else { return false };
        if !self.nominals.structs[id].is_record() {
            return false;
        }
        let names: Vec<Box<str>> = self.nominals.structs[id].fields.iter().map(|field| field.name.clone()).collect();
        let trial = self.begin_trial();
        let fits = names.iter().all(|name| match (self.field(ty, name), self.field(record, name)) {
            (Some((_, found)), Some((_, wanted))) => self.unify(wanted, found),
            _ => false,
        });
        if fits {
            self.commit(trial)
        } else {
            self.rollback(trial)
        }
        fits
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

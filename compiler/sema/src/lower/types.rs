//! Types of the inference made concrete.

use resilient_base::EntityRef;

use super::Lower;
use crate::infer::nominal::{EnumDeclId, StructDeclId, variant};
use crate::infer::ty::{Ty, TyKind, TyList};
use crate::types::{EnumDef, EnumId, FieldDef, StructDef, StructForm, StructId, Type, TypeKind, Types, VariantDef};

impl Lower<'_, '_, '_, '_> {
    /// The concrete type of `ty`; what nothing determined is void.
    pub(super) fn concrete(&mut self, ty: Ty) -> Type {
        let ty = self.checked.tys.close(ty);
        if let Some(&found) = self.concretes.get(&ty) {
            return found;
        }
        let found = match self.checked.tys.kind(ty) {
            TyKind::Void | TyKind::Var(_) | TyKind::Error | TyKind::Param(_) | TyKind::Failures(_) => Types::VOID,
            TyKind::Never => Types::NEVER,
            TyKind::Int(int) => self.types.intern(TypeKind::Int(int)),
            TyKind::Float => Types::FLOAT,
            TyKind::F32 => Types::F32,
            TyKind::Bool => Types::BOOL,
            TyKind::Char => Types::CHAR,
            TyKind::Str => Types::STR,
            TyKind::Array(element) => {
                let element = self.concrete(element);
                self.types.intern(TypeKind::Array(element))
            }
            TyKind::Fn(list) => {
                let (params, result) = self.checked.tys.fn_parts(list);
                let params = params.into_iter().map(|ty| self.concrete(ty)).collect();
                let result = self.concrete(result);
                let failures = self.checked.tys.fn_failures(list);
                let failures = self.checked.tys.failures_of(failures).into();
                self.types.intern(TypeKind::Fn(params, result, failures))
            }
            TyKind::Cell(content) => {
                let content = self.concrete(content);
                self.types.intern(TypeKind::Cell(content))
            }
            TyKind::Tuple(_) => return self.concrete_struct(ty, "", StructForm::Tuple),
            TyKind::Struct(id, _) => {
                let name = self.checked.tys.nominals.structs[id].name.clone();
                let form = if id == StructDeclId::RANGE { StructForm::Range } else { StructForm::Named };
                return self.concrete_struct(ty, &name, form);
            }
            TyKind::Enum(id, args) => return self.concrete_enum(ty, id, args),
            TyKind::Dyn(id) => return self.concrete_dyn(ty, id),
            TyKind::Assoc(..) => unreachable!("the checker puts types in place of these: {ty}"),
        };
        self.remember(ty, found);
        found
    }

    pub(super) fn remember(&mut self, ty: Ty, found: Type) {
        self.concretes.insert(ty, found);
        self.origins.entry(found).or_insert(ty);
    }

    /// The type is known before its fields are, which may lead back to it.
    fn concrete_struct(&mut self, ty: Ty, name: &str, form: StructForm) -> Type {
        let id = self.types.structs.push(StructDef { name: name.into(), form, fields: Vec::new() });
        let found = self.types.intern(TypeKind::Struct(id));
        self.remember(ty, found);
        let names: Vec<Box<str>> = match self.checked.tys.kind(ty) {
            TyKind::Struct(id, _) => {
                self.checked.tys.nominals.structs[id].fields.iter().map(|field| field.name.clone()).collect()
            }
            TyKind::Tuple(parts) => (0..self.checked.tys.args(parts).len()).map(|i| i.to_string().into()).collect(),
            _ => Vec::new(),
        };
        let tys = self.checked.tys.field_types(ty).unwrap_or_default();
        let fields = names.into_iter().zip(tys).map(|(name, ty)| FieldDef { name, ty: self.concrete(ty) }).collect();
        self.types.structs[id].fields = fields;
        found
    }

    fn concrete_enum(&mut self, ty: Ty, decl: EnumDeclId, args: TyList) -> Type {
        let template = &self.checked.tys.nominals.enums[decl];
        let (name, qualified) = (template.name.clone(), template.is_qualified);
        let shapes: Vec<_> = template
            .variants
            .iter()
            .map(|variant| {
                let names: Vec<Box<str>> = variant.fields.iter().map(|field| field.name.clone()).collect();
                (variant.name.clone(), variant.form, names)
            })
            .collect();
        let id = self.types.enums.push(EnumDef { name, qualified, variants: Vec::new(), boxed: false });
        let found = self.types.intern(TypeKind::Enum(id));
        self.remember(ty, found);
        let mut variants = Vec::with_capacity(shapes.len());
        for (number, (name, form, names)) in shapes.into_iter().enumerate() {
            let payload = self.checked.tys.payload(decl, args, number as u32);
            let mut fields: Vec<FieldDef> =
                names.into_iter().zip(payload).map(|(name, ty)| FieldDef { name, ty: self.concrete(ty) }).collect();
            if self.has_chains
                && (decl, number as u32) == (EnumDeclId::RESULT, variant::ERR)
                && fields[0].ty == Types::STR
            {
                fields.push(self.chain_field());
            }
            variants.push(VariantDef { name, form, fields });
        }
        self.types.enums[id].variants = variants;
        found
    }

    /// Marks the enums whose values contain values of their own type without an array between.
    pub(super) fn mark_boxed(&mut self) {
        let ids: Vec<EnumId> = self.types.enums.keys().collect();
        for id in ids {
            self.types.enums[id].boxed |= self.contains_itself(id);
        }
    }

    fn contains_itself(&self, wanted: EnumId) -> bool {
        let mut seen_structs = vec![false; self.types.structs.len()];
        let mut seen_enums = vec![false; self.types.enums.len()];
        let mut todo: Vec<Type> = self.payload_types(wanted).collect();
        while let Some(ty) = todo.pop() {
            match *self.types.kind(ty) {
                TypeKind::Enum(id) if id == wanted => return true,
                TypeKind::Enum(id) if !std::mem::replace(&mut seen_enums[id.index()], true) => {
                    todo.extend(self.payload_types(id));
                }
                TypeKind::Struct(id) if !std::mem::replace(&mut seen_structs[id.index()], true) => {
                    todo.extend(self.types.structs[id].fields.iter().map(|field| field.ty));
                }
                _ => {}
            }
        }
        false
    }

    fn payload_types(&self, id: EnumId) -> impl Iterator<Item = Type> {
        self.types.enums[id].variants.iter().flat_map(|variant| variant.fields.iter().map(|field| field.ty))
    }

    /// The fields of the struct or tuple type `ty`.
    pub(super) fn struct_of(&self, ty: Type) -> Option<(StructId, &StructDef)> {
        match *self.types.kind(ty) {
            TypeKind::Struct(id) => Some((id, &self.types.structs[id])),
            _ => None,
        }
    }

    /// Types of the fields of the struct or tuple type `ty`.
    pub(super) fn field_types(&self, ty: Type) -> Vec<Type> {
        self.struct_of(ty).map_or(Vec::new(), |(_, def)| def.fields.iter().map(|field| field.ty).collect())
    }

    /// Types of the payload of variant `number` of the enum type `ty`.
    pub(super) fn variant_types(&self, ty: Type, number: u32) -> Vec<Type> {
        match *self.types.kind(ty) {
            TypeKind::Enum(id) => {
                self.types.enums[id].variants[number as usize].fields.iter().map(|field| field.ty).collect()
            }
            _ => Vec::new(),
        }
    }
}

//! Fields and variants of declared types.

use std::collections::BTreeSet;

use resilient_base::{Diagnostic, Span, Symbol, diag::codes};
use resilient_syntax::ast::{self, Payload};

use super::Checker;
use super::nominal::{EnumTemplate, FieldTemplate, StructDeclId, StructTemplate, VariantTemplate};
use super::traits::Nominal;
use super::ty::{Ty, TyKind};
use super::written::{TypeEnv, n_unwritten};
use crate::decls::{StructBody, TraitId};
use crate::scopes::ScopeId;
use crate::types::VariantForm;

/// The name of a newtype's content.
const NEWTYPE_FIELD: &str = "__value";

/// Most instances of one declared type that may occur in a type.
const MAX_INSTANCES: usize = 64;

impl<'a> Checker<'_, '_, 'a> {
    /// Makes the templates of all structs and enums.
    pub(super) fn declare_types(&mut self) {
        // Names first, so that fields may name types declared later.
        for entry in self.decls.structs.values().flatten() {
            let (n_params, is_tuple) = match entry.body {
                StructBody::Fields(decl) => {
                    let n_open: usize = decl.fields.iter().map(|field| n_unwritten(field.ty, self.cx)).sum();
                    (decl.type_params.len() + n_open, decl.is_tuple)
                }
                StructBody::Newtype(_) => (0, false),
            };
            self.out.tys.nominals.structs.push(StructTemplate {
                name: self.decls.display_name(entry.scope, self.cx.name(entry.name.symbol)).into(),
                n_params,
                is_tuple,
                is_newtype: matches!(entry.body, StructBody::Newtype(_)),
                is_ordered: entry.derives_order.is_some(),
                fields: Vec::new(),
                span: entry.name.span,
            });
        }
        for (id, decl) in self.decls.enums.iter() {
            let Some(decl) = decl else { continue };
            let types = decl.variants.iter().flat_map(payload_types);
            let n_open: usize = types.map(|ty| n_unwritten(ty, self.cx)).sum();
            self.out.tys.nominals.enums.push(EnumTemplate {
                name: self.decls.display_name(self.decls.enum_scope(id), self.cx.name(decl.name.symbol)).into(),
                n_params: decl.type_params.len() + n_open,
                is_qualified: true,
                variants: Vec::new(),
            });
        }
        for id in self.decls.aliases.keys() {
            self.alias_type(id);
        }
        for (id, entry) in self.decls.structs.iter() {
            let Some(entry) = entry else { continue };
            let outer = self.enter_type_params(entry.type_params(), entry.scope);
            self.nominal_bounds(Nominal::Struct(id), entry.type_params());
            let fields = match entry.body {
                StructBody::Fields(decl) => self.field_templates(decl.fields),
                StructBody::Newtype(ty) => vec![self.newtype_content(ty)],
            };
            self.env = outer;
            self.out.tys.nominals.structs[id].fields = fields;
        }
        for (id, decl) in self.decls.enums.iter() {
            let Some(decl) = decl else { continue };
            let outer = self.enter_type_params(decl.type_params, self.decls.enum_scope(id));
            self.nominal_bounds(Nominal::Enum(id), decl.type_params);
            let variants = self.variant_templates(decl);
            self.env = outer;
            self.out.tys.nominals.enums[id].variants = variants;
        }
        self.reject_endless_types();
        self.reject_struct_cycles();
        self.reject_large_types();
        self.reject_cell_cycles();
        self.check_derived_orders();
    }

    fn enter_type_params(&mut self, params: &[ast::TypeParam<'_>], scope: ScopeId) -> TypeEnv {
        let names: Vec<Symbol> = params.iter().map(|param| param.name.symbol).collect();
        let params = names.iter().zip(0..).map(|(&name, i)| (name, self.out.tys.intern(TyKind::Param(i)))).collect();
        let next_implicit = Some(names.len() as u32);
        let env = TypeEnv { params, next_implicit, in_nominal: true, scope, ..TypeEnv::default() };
        std::mem::replace(&mut self.env, env)
    }

    fn nominal_bounds(&mut self, nominal: Nominal, params: &'a [ast::TypeParam<'a>]) {
        let bounds = self.bounds(params, &[]);
        if !bounds.is_empty() {
            self.out.traits.nominal_bounds.insert(nominal, bounds);
        }
    }

    fn field_templates(&mut self, fields: &[ast::Field<'_>]) -> Vec<FieldTemplate> {
        let mut templates: Vec<FieldTemplate> = Vec::with_capacity(fields.len());
        for (i, field) in fields.iter().enumerate() {
            let name: Box<str> = match field.name {
                Some(name) => self.cx.name(name.symbol).into(),
                None => i.to_string().into(),
            };
            let ty = self.resolve_type(field.ty);
            templates.push(FieldTemplate { name, ty });
        }
        templates
    }

    /// The one field of a newtype over `content`.
    fn newtype_content(&mut self, content: &ast::Type<'_>) -> FieldTemplate {
        let mut ty = self.resolve_type(content);
        if !matches!(ty, Ty::INT | Ty::FLOAT | Ty::STR | Ty::BOOL | Ty::ERROR) {
            let message = format!("a newtype cannot be over `{}`", self.display(ty));
            self.diags.push(
                Diagnostic::error(codes::TYPE_MISMATCH, content.span, message)
                    .with_note("newtypes are over `int`, `float`, `string` and `bool`"),
            );
            ty = Ty::ERROR;
        }
        FieldTemplate { name: NEWTYPE_FIELD.into(), ty }
    }

    fn variant_templates(&mut self, decl: &ast::EnumDecl<'_>) -> Vec<VariantTemplate> {
        let mut templates: Vec<VariantTemplate> = Vec::with_capacity(decl.variants.len());
        for variant in decl.variants {
            let name: Box<str> = self.cx.name(variant.name.symbol).into();
            let (form, fields) = match variant.payload {
                Payload::None => (VariantForm::Plain, Vec::new()),
                Payload::Tuple(types) => {
                    let tys: Vec<Ty> = types.iter().map(|ty| self.resolve_type(ty)).collect();
                    let field = |(i, ty): (usize, Ty)| FieldTemplate { name: i.to_string().into(), ty };
                    (VariantForm::Tuple, tys.into_iter().enumerate().map(field).collect())
                }
                Payload::Named(fields) => (VariantForm::Named, self.field_templates(fields)),
            };
            templates.push(VariantTemplate { name, form, fields });
        }
        templates
    }

    /// Types like `enum N<T> { Z, S(N<(T, T)>) }` have no finite set of instances. Where one is found, its fields are
    /// forgotten, so that nothing that follows them runs forever.
    fn reject_endless_types(&mut self) {
        let structs: Vec<StructDeclId> = self.out.tys.nominals.structs.keys().collect();
        for id in structs {
            let template = &self.out.tys.nominals.structs[id];
            let (n_params, span) = (template.n_params, template.span);
            let args = self.param_list(n_params);
            if n_params > 0 && self.is_endless(TyKind::Struct(id, args)) {
                self.report_endless(span);
                for field in &mut self.out.tys.nominals.structs[id].fields {
                    field.ty = Ty::ERROR;
                }
            }
        }
        for (id, decl) in self.decls.enums.iter() {
            let Some(decl) = decl else { continue };
            let n_params = self.out.tys.nominals.enums[id].n_params;
            let args = self.param_list(n_params);
            if n_params > 0 && self.is_endless(TyKind::Enum(id, args)) {
                self.report_endless(decl.name.span);
                let variants = &mut self.out.tys.nominals.enums[id].variants;
                variants.iter_mut().flat_map(|variant| &mut variant.fields).for_each(|field| field.ty = Ty::ERROR);
            }
        }
    }

    /// Whether more instances of the type `start` occur in it, at any depth, than a program could mean.
    fn is_endless(&mut self, start: TyKind) -> bool {
        let start_ty = self.out.tys.intern(start);
        let mut seen = BTreeSet::from([start_ty]);
        let mut todo = vec![start_ty];
        let mut n_instances = 0;
        while let Some(ty) = todo.pop() {
            let kind = self.out.tys.kind(ty);
            let is_same = match (kind, start) {
                (TyKind::Struct(a, _), TyKind::Struct(b, _)) => a == b,
                (TyKind::Enum(a, _), TyKind::Enum(b, _)) => a == b,
                _ => false,
            };
            n_instances += usize::from(is_same);
            if n_instances > MAX_INSTANCES {
                return true;
            }
            let parts = match kind {
                TyKind::Array(element) => vec![element],
                TyKind::Enum(id, args) => {
                    let n_variants = self.out.tys.nominals.enums[id].variants.len() as u32;
                    (0..n_variants).flat_map(|number| self.out.tys.payload(id, args, number)).collect()
                }
                _ => self.out.tys.field_types(ty).unwrap_or_default(),
            };
            todo.extend(parts.into_iter().filter(|&part| seen.insert(part)));
        }
        false
    }

    fn report_endless(&mut self, at: Span) {
        let message = "this type contains ever larger instances of itself";
        self.diags.push(
            Diagnostic::error(codes::INSTANCE_DEPTH, at, message)
                .with_note("inside its own declaration its type arguments must stay the same or come round again"),
        );
    }

    /// A struct that contains itself by plain fields, tuples included, would have no finite value.
    fn reject_struct_cycles(&mut self) {
        let ids: Vec<StructDeclId> = self.out.tys.nominals.structs.keys().collect();
        for id in ids {
            let mut seen = BTreeSet::new();
            if self.contains_struct(id, id, &mut seen) {
                let template = &self.out.tys.nominals.structs[id];
                let message = format!("struct `{}` contains itself", template.name);
                self.diags.push(
                    Diagnostic::error(codes::TYPE_CYCLE, template.span, message)
                        .with_help("put the field into an `Option` or an `array`"),
                );
            }
        }
    }

    /// Types whose values could be stored in cells that they contain: counting references would never reclaim such a
    /// value.
    fn reject_cell_cycles(&mut self) {
        let structs: Vec<_> = self.out.tys.nominals.structs.iter().map(|(id, t)| (id, t.n_params, t.span)).collect();
        for (id, n_params, span) in structs {
            let args = self.param_list(n_params);
            let is_self = move |kind| matches!(kind, TyKind::Struct(other, _) if other == id);
            self.reject_cell_cycle(TyKind::Struct(id, args), span, is_self);
        }
        for (id, decl) in self.decls.enums.iter() {
            let Some(decl) = decl else { continue };
            let args = self.param_list(self.out.tys.nominals.enums[id].n_params);
            let is_self = move |kind| matches!(kind, TyKind::Enum(other, _) if other == id);
            self.reject_cell_cycle(TyKind::Enum(id, args), decl.name.span, is_self);
        }
    }

    fn reject_cell_cycle(&mut self, kind: TyKind, at: Span, is_self: impl Fn(TyKind) -> bool) {
        let ty = self.out.tys.intern(kind);
        let contents = self.out.tys.cell_contents(ty);
        if contents.into_iter().any(|content| self.out.tys.any_part(content, &is_self)) {
            self.report_cell_cycle(ty, at, None);
        }
    }

    /// Reports that values of type `ty` could hold themselves, `through` a trait object if there is one on the way.
    pub(super) fn report_cell_cycle(&mut self, ty: Ty, at: Span, through: Option<TraitId>) {
        let message = format!("`{}` contains itself through a cell", self.display(ty));
        let note = match through {
            None => "a value could come to hold itself".to_string(),
            Some(id) => {
                let name = self.cx.name(self.decls.traits[id].name.symbol);
                format!("it becomes a `dyn {name}`: a value could come to hold itself")
            }
        };
        self.diags.push(
            Diagnostic::error(codes::CELL_CYCLE, at, message)
                .with_note(note)
                .with_help("keep the values in an array and their indices in the cells"),
        );
    }

    /// Where the struct or enum `ty` is declared.
    pub(super) fn declared_at(&mut self, ty: Ty) -> Span {
        match self.out.tys.kind(ty) {
            TyKind::Struct(id, _) => self.out.tys.nominals.structs[id].span,
            TyKind::Enum(id, _) if let Some(decl) = self.decls.enums[id] => decl.name.span,
            kind => unreachable!("only declared types contain themselves: {kind:?}"),
        }
    }

    fn contains_struct(&mut self, outer: StructDeclId, wanted: StructDeclId, seen: &mut BTreeSet<Ty>) -> bool {
        let mut todo: Vec<Ty> = self.out.tys.nominals.structs[outer].fields.iter().map(|field| field.ty).collect();
        while let Some(ty) = todo.pop() {
            match self.out.tys.kind(ty) {
                TyKind::Struct(id, _) if id == wanted => return true,
                // What arrays, and so maps, hold is apart from the value.
                TyKind::Struct(..) | TyKind::Tuple(_) if seen.insert(ty) => {
                    todo.extend(self.out.tys.field_types(ty).unwrap_or_default());
                }
                _ => {}
            }
        }
        false
    }

    fn check_derived_orders(&mut self) {
        for (id, entry) in self.decls.structs.iter() {
            let Some(at) = entry.as_ref().and_then(|entry| entry.derives_order) else { continue };
            let fields: Vec<(Box<str>, Ty)> =
                self.out.tys.nominals.structs[id].fields.iter().map(|f| (f.name.clone(), f.ty)).collect();
            for (name, ty) in fields {
                self.check_ordered_field(&name, ty, at);
            }
        }
    }

    fn check_ordered_field(&mut self, name: &str, ty: Ty, at: Span) {
        let kind = self.out.tys.kind(ty);
        // A type parameter is looked at where two values are compared.
        if kind.is_scalar() || matches!(kind, TyKind::Error | TyKind::Param(_)) {
            return;
        }
        let message = format!("`PartialOrd` cannot be derived: field `{name}` has type `{}`", self.display(ty));
        self.diags.push(
            Diagnostic::error(codes::DERIVE, at, message)
                .with_note("every field must be a number, bool, char or string"),
        );
    }
}

fn payload_types<'a>(variant: &ast::Variant<'a>) -> Vec<&'a ast::Type<'a>> {
    match variant.payload {
        Payload::None => Vec::new(),
        Payload::Tuple(types) => types.to_vec(),
        Payload::Named(fields) => fields.iter().map(|field| field.ty).collect(),
    }
}

//! Values of structs, enums, tuples and arrays, and what paths with `::` mean.

use resilient_base::{Diagnostic, Span, diag::codes};
use resilient_syntax::ast::{self, Arg, Expr, FieldInit, New, NewBody, TypeKind};

use super::body::{Body, Sink};
use super::goals::Operand;
use super::nominal::{EnumDeclId, StructDeclId};
use super::paths::PathTarget;
use super::report::Site;
use super::ty::{Ty, TyKind, TyList};
use super::written::builtin_type;
use crate::decls::TypeName;
use crate::suggest;
use crate::tables::{Callee, Key, Res};
use crate::types::VariantForm;

/// What a path names that stands before parts of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Constructor {
    /// A variant.
    Variant(EnumDeclId, u32),
    /// A struct.
    Struct(StructDeclId),
}

/// Where the parts of a value are to go.
struct Target<'n> {
    /// Name and type of each part.
    fields: Vec<(Box<str>, Ty)>,
    /// What is built, for messages.
    what: &'n str,
    span: Span,
}

impl<'a> Body<'_, '_, '_, 'a> {
    /// The type that the first part of a path names, with open arguments. None if it names none.
    pub(super) fn type_of_segment(&mut self, name: ast::Name) -> Option<Ty> {
        let ck = &mut *self.ck;
        if let Some(&(_, ty)) = ck.env.params.iter().find(|(param, _)| *param == name.symbol) {
            return Some(ty);
        }
        let text = ck.cx.name(name.symbol);
        if let Some(ty) = builtin_type(text) {
            return Some(ty);
        }
        match text {
            "Self" => return ck.env.self_ty,
            "Option" => return Some(ck.out.tys.fresh_enum(EnumDeclId::OPTION)),
            "Result" => return Some(ck.out.tys.fresh_enum(EnumDeclId::RESULT)),
            _ => {}
        }
        // Only the library makes values of its types from their parts.
        if ck.library_site.is_some()
            && let Some(id) = StructDeclId::by_name(text).or_else(|| StructDeclId::of_library(text))
        {
            return Some(ck.out.tys.fresh_struct(id));
        }
        match ck.decls.scopes.type_name(ck.env.scope, name.symbol) {
            Some(meaning) => Some(self.fresh_declared(meaning, name.span)),
            None => StructDeclId::of_library(text).map(|id| self.ck.out.tys.fresh_struct(id)),
        }
    }

    /// A declared type with open arguments.
    pub(super) fn fresh_declared(&mut self, meaning: TypeName, at: Span) -> Ty {
        let ck = &mut *self.ck;
        match meaning {
            TypeName::Struct(id) => ck.out.tys.fresh_struct(id),
            TypeName::Enum(id) => ck.out.tys.fresh_enum(id),
            TypeName::Alias(id) => ck.alias_type(id),
            TypeName::Trait(id) => ck.dyn_type(id, at),
        }
    }

    /// What the path before the parts of a pattern names. None if something was reported.
    pub(crate) fn resolve_constructor(&mut self, path: &ast::Path<'_>) -> Option<Constructor> {
        let found = match path.segments {
            [name] => match self.ck.cx.name(name.symbol) {
                "Some" => Some(Constructor::Variant(EnumDeclId::OPTION, super::nominal::variant::SOME)),
                "None" => Some(Constructor::Variant(EnumDeclId::OPTION, super::nominal::variant::NONE)),
                "Ok" => Some(Constructor::Variant(EnumDeclId::RESULT, super::nominal::variant::OK)),
                "Err" => Some(Constructor::Variant(EnumDeclId::RESULT, super::nominal::variant::ERR)),
                _ => {
                    let ty = self.type_of_segment(*name);
                    match ty.map(|ty| self.ck.out.tys.kind(ty)) {
                        Some(TyKind::Struct(id, _)) => Some(Constructor::Struct(id)),
                        Some(TyKind::Error) => return None,
                        _ => None,
                    }
                }
            },
            _ => match self.path_target(path) {
                PathTarget::OfType(ty, name) => match self.ck.out.tys.kind(ty) {
                    TyKind::Enum(id, _) => Some(Constructor::Variant(id, self.variant_number(id, name)?)),
                    TyKind::Error => return None,
                    _ => None,
                },
                PathTarget::Type(ty, _) => match self.ck.out.tys.kind(ty) {
                    TyKind::Struct(id, _) => Some(Constructor::Struct(id)),
                    TyKind::Error => return None,
                    _ => None,
                },
                PathTarget::Value(..) => None,
                PathTarget::Reported => return None,
            },
        };
        if found.is_none() && !path.segments.iter().any(|name| self.is_reported(name.symbol)) {
            let names: Vec<&str> = path.segments.iter().map(|name| self.ck.cx.name(name.symbol)).collect();
            let message = format!("Unknown type '{}'", names.join("::"));
            self.error(Diagnostic::error(codes::UNKNOWN_NAME, path.span, message));
        }
        found
    }

    /// The number of the variant `name`. None after a report.
    fn variant_number(&mut self, id: EnumDeclId, name: ast::Name) -> Option<u32> {
        let text = self.ck.cx.name(name.symbol);
        let template = &self.ck.out.tys.nominals.enums[id];
        let found = template.variant(text);
        if found.is_none() {
            let near = suggest::did_you_mean(text, template.variants.iter().map(|variant| &*variant.name));
            let message = format!("enum `{}` has no variant `{text}`{near}", template.name);
            self.error(Diagnostic::error(codes::UNKNOWN_NAME, name.span, message));
        }
        found
    }

    /// The value of a path with `::`.
    pub(super) fn qualified(&mut self, expr: &'a Expr<'a>, path: &ast::Path<'a>, wanted: Option<Ty>) -> Ty {
        let (ty, name) = match self.path_target(path) {
            PathTarget::OfType(ty, name) => (ty, name),
            PathTarget::Value(res, name) => return self.value_of(expr, res, name, wanted),
            PathTarget::Type(ty, name) => return self.type_value(expr, Some(ty), name, wanted),
            PathTarget::Reported => return Ty::ERROR,
        };
        match self.ck.out.tys.kind(ty) {
            TyKind::Error => Ty::ERROR,
            TyKind::Enum(id, _)
                if self.ck.out.tys.nominals.enums[id].variant(self.ck.cx.name(name.symbol)).is_some()
                    || self.ck.find_method(ty, name.symbol).is_none() =>
            {
                match self.variant_number(id, name) {
                    Some(number) => self.plain_variant_of(expr, ty, number, name, wanted),
                    None => Ty::ERROR,
                }
            }
            _ => match self.ck.find_method(ty, name.symbol) {
                Some(func) => {
                    let known = self.ck.out.receiver_args(func, ty);
                    self.declared_value(Key::of(expr), func, known, name, wanted)
                }
                None => self.unknown_associated(ty, name),
            },
        }
    }

    fn unknown_associated(&mut self, ty: Ty, name: ast::Name) -> Ty {
        let (owner, text) = (self.ck.display(ty), self.ck.cx.name(name.symbol));
        let near = suggest::did_you_mean(text, self.ck.method_names(ty));
        let message = format!("type `{owner}` has no function `{text}`{near}");
        self.error(Diagnostic::error(codes::UNKNOWN_FUNCTION, name.span, message));
        Ty::ERROR
    }

    /// `E::V(..)`, `Type::f(..)`
    pub(super) fn call_qualified(
        &mut self,
        expr: &'a Expr<'a>,
        path: &ast::Path<'a>,
        args: &'a [Arg<'a>],
        wanted: Option<Ty>,
    ) -> Ty {
        let (ty, name) = match self.path_target(path) {
            PathTarget::OfType(ty, name) => (ty, name),
            PathTarget::Value(Res::Fn(id), name) => {
                return self.call_fn((expr, wanted), id, TyList::EMPTY, name, None, args);
            }
            PathTarget::Value(res, name) => {
                let ast::ExprKind::Call(callee, _) = expr.kind else { return self.args_only(args, Ty::ERROR) };
                return self.call_variable(expr, callee, res, name, args);
            }
            PathTarget::Type(ty, name) => return self.call_type(expr, ty, name, args, wanted),
            PathTarget::Reported => return self.args_only(args, Ty::ERROR),
        };
        let text = self.ck.cx.name(name.symbol);
        match self.ck.out.tys.kind(ty) {
            TyKind::Error => return self.args_only(args, Ty::ERROR),
            TyKind::Enum(id, _) => {
                if let Some(number) = self.ck.out.tys.nominals.enums[id].variant(text) {
                    return self.tuple_variant(expr, ty, number, name, args, wanted);
                }
                if self.ck.find_method(ty, name.symbol).is_none() {
                    self.variant_number(id, name);
                    return self.args_only(args, Ty::ERROR);
                }
            }
            _ => {}
        }
        match self.ck.find_method(ty, name.symbol) {
            Some(func) => {
                let known = self.ck.out.receiver_args(func, ty);
                self.call_fn((expr, wanted), func, known, name, None, args)
            }
            None => {
                let ty = self.unknown_associated(ty, name);
                self.args_only(args, ty)
            }
        }
    }

    /// `m::T(..)`
    fn call_type(
        &mut self,
        expr: &'a Expr<'a>,
        ty: Ty,
        name: ast::Name,
        args: &'a [Arg<'a>],
        wanted: Option<Ty>,
    ) -> Ty {
        match self.ck.out.tys.kind(ty) {
            TyKind::Struct(id, _) => self.tuple_struct(expr, id, ty, name, args, wanted),
            TyKind::Error => self.args_only(args, Ty::ERROR),
            _ => {
                let message = format!("type `{}` cannot be called", self.ck.display(ty));
                self.error(Diagnostic::error(codes::UNKNOWN_FUNCTION, name.span, message));
                self.args_only(args, Ty::ERROR)
            }
        }
    }

    /// The variant `number` of the built-in enum `id`, without payload.
    pub(super) fn plain_variant(&mut self, expr: &'a Expr<'a>, id: EnumDeclId, number: u32, wanted: Option<Ty>) -> Ty {
        let ty = self.ck.out.tys.fresh_enum(id);
        self.want(ty, wanted);
        self.t.variants.insert(Key::of(expr), number);
        ty
    }

    fn plain_variant_of(&mut self, expr: &'a Expr<'a>, ty: Ty, number: u32, name: ast::Name, wanted: Option<Ty>) -> Ty {
        let TyKind::Enum(id, _) = self.ck.out.tys.kind(ty) else { return Ty::ERROR };
        let variant = &self.ck.out.tys.nominals.enums[id].variants[number as usize];
        match variant.form {
            VariantForm::Plain => {}
            VariantForm::Tuple => return self.variant_value(Key::of(expr), ty, number, name, wanted),
            VariantForm::Named => {
                let message = format!("variant `{}` has named fields: write `{{ .. }}` behind it", variant.name);
                self.error(Diagnostic::error(codes::FIELD, expr.span, message));
                return Ty::ERROR;
            }
        }
        self.want(ty, wanted);
        self.ck.demand_nominal_bounds(ty, expr.span);
        self.t.variants.insert(Key::of(expr), number);
        ty
    }

    /// Lets the type that is wanted flow into the open arguments of `ty`.
    pub(super) fn want(&mut self, ty: Ty, wanted: Option<Ty>) {
        if let Some(wanted) = wanted {
            self.ck.out.tys.try_unify(ty, wanted);
        }
    }

    /// Lets the receiver of a method tell types before what is wanted of the call does.
    pub(super) fn meet_receiver(&mut self, params: &[Ty], receiver: Option<Operand>) {
        if let (Some(receiver), Some(&own)) = (receiver, params.first()) {
            self.ck.out.tys.try_unify(own, receiver.ty);
        }
    }

    /// Lets the type that is wanted of a call flow into its result, and so into its arguments. Where values of the result may
    /// convert to what is wanted, the arguments have the say.
    pub(super) fn want_result(&mut self, result: Ty, wanted: Option<Ty>) {
        let Some(target) = wanted else { return };
        let is_fixed = match self.ck.out.tys.kind(target) {
            TyKind::Array(_) | TyKind::Cell(_) | TyKind::Tuple(_) | TyKind::Enum(..) => true,
            TyKind::Struct(..) => matches!(self.ck.out.tys.kind(result), TyKind::Struct(..)),
            _ => false,
        };
        if is_fixed {
            self.want(result, wanted);
        }
    }

    /// `V(..)`
    pub(super) fn tuple_variant(
        &mut self,
        expr: &'a Expr<'a>,
        ty: Ty,
        number: u32,
        name: ast::Name,
        args: &'a [Arg<'a>],
        wanted: Option<Ty>,
    ) -> Ty {
        let TyKind::Enum(id, type_args) = self.ck.out.tys.kind(ty) else { return self.args_only(args, Ty::ERROR) };
        let variant = &self.ck.out.tys.nominals.enums[id].variants[number as usize];
        if variant.form != VariantForm::Tuple {
            let message = match variant.form {
                VariantForm::Named => format!("variant `{}` has named fields: build it with `{{ .. }}`", variant.name),
                _ => format!("variant `{}` has no payload", variant.name),
            };
            self.error(Diagnostic::error(codes::FIELD, expr.span, message));
            return self.args_only(args, Ty::ERROR);
        }
        self.want(ty, wanted);
        let params = self.ck.out.tys.payload(id, type_args, number);
        let completes = self.positional(expr, &params, name, args);
        self.ck.demand_nominal_bounds(ty, expr.span);
        self.t.calls.insert(Key::of(expr), Callee::Variant(number));
        if completes { ty } else { Ty::NEVER }
    }

    /// `Name(..)`
    pub(super) fn tuple_struct(
        &mut self,
        expr: &'a Expr<'a>,
        id: StructDeclId,
        ty: Ty,
        name: ast::Name,
        args: &'a [Arg<'a>],
        wanted: Option<Ty>,
    ) -> Ty {
        let template = &self.ck.out.tys.nominals.structs[id];
        if !template.is_tuple && !template.is_newtype {
            let text = self.ck.cx.name(name.symbol);
            let message = format!("struct `{text}` has named fields: build it with `new {text} {{ .. }}`");
            self.error(Diagnostic::error(codes::FIELD, expr.span, message));
            return self.args_only(args, Ty::ERROR);
        }
        self.want(ty, wanted);
        let params = self.ck.out.tys.field_types(ty).unwrap_or_default();
        let completes = self.positional(expr, &params, name, args);
        self.ck.demand_nominal_bounds(ty, expr.span);
        self.t.calls.insert(Key::of(expr), Callee::Struct);
        if completes { ty } else { Ty::NEVER }
    }

    /// Checks parts without names. Tells whether all complete.
    fn positional(&mut self, expr: &Expr<'_>, params: &[Ty], name: ast::Name, args: &'a [Arg<'a>]) -> bool {
        if let Some(named) = args.iter().find_map(|arg| arg.name) {
            let message = format!("the parts of `{}` have no names", self.ck.cx.name(name.symbol));
            self.error(Diagnostic::error(codes::NAMED_ARGUMENT, named.span, message));
        } else if args.len() != params.len() {
            self.report_part_count(expr.span, params.len(), args.len());
        }
        let mut completes = true;
        for (i, arg) in args.iter().enumerate() {
            let ty = match params.get(i) {
                Some(&param) => {
                    let param = self.ck.normalize(param, Some(arg.value.span));
                    self.coerce(arg.value, param, Site::Payload(i, name.symbol))
                }
                None => self.value(arg.value),
            };
            completes &= !self.is_never(ty);
        }
        completes
    }

    fn report_part_count(&mut self, at: Span, expected: usize, found: usize) {
        let message = format!("Expected {expected} arguments, got {found}");
        self.error(Diagnostic::error(codes::ARITY, at, message));
    }

    /// `new P { .. }`, `new P(..)`, `new E::V { .. }`
    pub(super) fn new_(&mut self, expr: &'a Expr<'a>, node: &'a New<'a>, wanted: Option<Ty>) -> Ty {
        let TypeKind::Path(path, type_args) = &node.ty.kind else {
            self.ck.resolve_type(node.ty);
            return self.new_parts_only(node);
        };
        let (module, rest) = self.ck.decls.scopes.enter(self.ck.env.scope, path.segments);
        let (ty, number, name) = match (rest, type_args) {
            ([_, name], []) => {
                let Some(Constructor::Variant(id, number)) = self.resolve_constructor(path) else {
                    return self.new_parts_only(node);
                };
                (self.ck.out.tys.fresh_enum(id), Some(number), *name)
            }
            ([name], []) if module.is_none() => {
                let ty = self.type_of_segment(*name);
                (ty.unwrap_or_else(|| self.ck.resolve_type(node.ty)), None, *name)
            }
            _ => (self.ck.resolve_type(node.ty), None, rest[rest.len() - 1]),
        };
        // Inside `impl Pair`, `new Pair { .. }` may have other type arguments.
        self.want(ty, wanted);
        let kind = self.ck.out.tys.kind(ty);
        let fields: Vec<(Box<str>, Ty)> = match (kind, number) {
            (TyKind::Error, _) => return self.new_parts_only(node),
            (TyKind::Struct(id, _), _) if id.is_opaque() && self.ck.library_site.is_none() => {
                let message = format!("a value of type `{}` cannot be made of its parts", self.ck.display(ty));
                self.error(Diagnostic::error(codes::TYPE_MISMATCH, node.ty.span, message));
                return self.new_parts_only(node);
            }
            (TyKind::Struct(id, _), None) => {
                let names = self.ck.out.tys.nominals.structs[id].fields.iter().map(|field| field.name.clone());
                let names: Vec<Box<str>> = names.collect();
                names.into_iter().zip(self.ck.out.tys.field_types(ty).unwrap_or_default()).collect()
            }
            (TyKind::Enum(id, args), Some(number)) => {
                let fields = &self.ck.out.tys.nominals.enums[id].variants[number as usize].fields;
                let names: Vec<Box<str>> = fields.iter().map(|field| field.name.clone()).collect();
                names.into_iter().zip(self.ck.out.tys.payload(id, args, number)).collect()
            }
            _ => {
                let message = format!("`{}` is not a struct", self.ck.display(ty));
                self.error(Diagnostic::error(codes::TYPE_MISMATCH, node.ty.span, message));
                return self.new_parts_only(node);
            }
        };
        if let Some(number) = number {
            self.t.variants.insert(Key::of(expr), number);
        }
        let what = self.ck.cx.name(name.symbol);
        let completes = match node.body {
            NewBody::Named { fields: inits, base, .. } => {
                let target = Target { fields, what, span: expr.span };
                self.named_parts(ty, &target, inits, base)
            }
            NewBody::Tuple(parts) => {
                if parts.len() != fields.len() {
                    self.report_part_count(expr.span, fields.len(), parts.len());
                }
                let mut completes = true;
                for (i, part) in parts.iter().enumerate() {
                    let found = match fields.get(i) {
                        Some(&(_, field)) => {
                            let field = self.ck.normalize(field, Some(part.span));
                            self.coerce(part, field, Site::Payload(i, name.symbol))
                        }
                        None => self.value(part),
                    };
                    completes &= !self.is_never(found);
                }
                completes
            }
        };
        self.ck.demand_nominal_bounds(ty, node.ty.span);
        if completes { ty } else { Ty::NEVER }
    }

    /// Checks the parts of a value about whose type something was reported.
    fn new_parts_only(&mut self, node: &'a New<'a>) -> Ty {
        match node.body {
            NewBody::Named { fields, base, .. } => {
                for value in base.into_iter().chain(fields.iter().filter_map(|init| init.value)) {
                    self.value(value);
                }
            }
            NewBody::Tuple(parts) => parts.iter().for_each(|part| {
                self.value(part);
            }),
        }
        Ty::ERROR
    }

    /// Checks named fields against those of the target. Tells whether all complete.
    fn named_parts(
        &mut self,
        ty: Ty,
        target: &Target<'_>,
        inits: &'a [FieldInit<'a>],
        base: Option<&'a Expr<'a>>,
    ) -> bool {
        let mut completes = true;
        if let Some(base) = base {
            let found = self.coerce(base, ty, Site::Base);
            completes &= !self.is_never(found);
        }
        let mut is_given = vec![false; target.fields.len()];
        for init in inits {
            let field = self.target_field(target, init.name, &mut is_given);
            let field = field.map(|ty| self.ck.normalize(ty, Some(init.name.span)));
            let found = match (init.value, field) {
                (Some(value), Some(field)) => self.coerce(value, field, Site::Field(init.name.symbol)),
                (Some(value), None) => self.value(value),
                (None, field) => self.shorthand(init, field),
            };
            completes &= !self.is_never(found);
        }
        if base.is_none() {
            let missing: Vec<String> = target
                .fields
                .iter()
                .zip(&is_given)
                .filter(|&(_, given)| !given)
                .map(|((name, _), _)| format!("`{name}`"))
                .collect();
            if !missing.is_empty() {
                let word = if missing.len() == 1 { "field" } else { "fields" };
                let message = format!("`{}` lacks the {word} {}", target.what, missing.join(", "));
                self.error(Diagnostic::error(codes::FIELD, target.span, message));
            }
        }
        completes
    }

    /// The type of the field `name`; none after a report.
    fn target_field(&mut self, target: &Target<'_>, name: ast::Name, is_given: &mut [bool]) -> Option<Ty> {
        let text = self.ck.cx.name(name.symbol);
        let message = match target.fields.iter().position(|(field, _)| **field == *text) {
            Some(at) if !is_given[at] => {
                is_given[at] = true;
                return Some(target.fields[at].1);
            }
            Some(_) => format!("field `{text}` is given twice"),
            None => {
                let near = suggest::did_you_mean(text, target.fields.iter().map(|(field, _)| &**field));
                format!("`{}` has no field `{text}`{near}", target.what)
            }
        };
        self.error(Diagnostic::error(codes::FIELD, name.span, message));
        None
    }

    /// `g` for `g: g`
    fn shorthand(&mut self, init: &FieldInit<'_>, field: Option<Ty>) -> Ty {
        let Some(res) = self.resolve(init.name) else { return self.unknown_name(init.name) };
        self.t.shorthands.insert(Key::of(init), res);
        let found = match self.type_of(res, init.name.span) {
            Some(found) => found,
            None => self.function_value(Key::of(init), res, init.name, field),
        };
        match field {
            Some(field) => self.deliver(found, init.name.span, Sink::Coerce(field, Site::Field(init.name.symbol))),
            None => found,
        }
    }

    /// `{ a: 1, b }`. Fields that a wanted record has take their types from there.
    pub(super) fn record_value(
        &mut self,
        expr: &Expr<'_>,
        inits: &'a [FieldInit<'a>],
        wanted: Option<(Ty, Site)>,
    ) -> Ty {
        let wanted = wanted.filter(|(_, site)| site.converts()).map(|(ty, _)| ty);
        let mut completes = true;
        let mut fields: Vec<(&str, Ty)> = Vec::with_capacity(inits.len());
        for init in inits {
            let name = self.ck.cx.name(init.name.symbol);
            let field = wanted.and_then(|ty| self.ck.out.tys.record_field(ty, name));
            let found = match (init.value, field) {
                (Some(value), Some(field)) => self.coerce(value, field, Site::Field(init.name.symbol)),
                (Some(value), None) => self.value(value),
                (None, field) => self.shorthand(init, field),
            };
            completes &= !self.is_never(found);
            fields.push((name, found));
        }
        let ty = self.ck.out.tys.record(&fields, expr.span);
        if completes { ty } else { Ty::NEVER }
    }

    /// `(a, b)`
    pub(super) fn tuple(&mut self, parts: &'a [Expr<'a>], wanted: Option<(Ty, Site)>) -> Ty {
        let known = wanted.and_then(|(ty, site)| match self.ck.out.tys.kind(ty) {
            TyKind::Tuple(list) if self.ck.out.tys.args(list).len() == parts.len() => {
                Some((self.ck.out.tys.args(list).to_vec(), site))
            }
            _ => None,
        });
        let mut completes = true;
        let mut tys = Vec::with_capacity(parts.len());
        for (i, part) in parts.iter().enumerate() {
            let ty = match &known {
                Some((tys, site)) if site.converts() => self.coerce(part, tys[i], Site::Element),
                _ => self.value(part),
            };
            completes &= !self.is_never(ty);
            tys.push(ty);
        }
        if completes { self.ck.out.tys.tuple(&tys) } else { Ty::NEVER }
    }

    /// `[a, b]`
    pub(super) fn array(&mut self, items: &'a [Expr<'a>], wanted: Option<(Ty, Site)>) -> Ty {
        let known = wanted.and_then(|(ty, site)| match self.ck.out.tys.kind(ty) {
            TyKind::Array(element) if site.converts() => Some(element),
            _ => None,
        });
        let (element, site) = match known {
            Some(element) if !self.ck.out.tys.is_open(element) => (element, Site::Element),
            Some(element) => (element, Site::SameElement),
            None => (self.ck.out.tys.fresh(), Site::SameElement),
        };
        let mut completes = true;
        for item in items {
            let ty = self.coerce(item, element, site);
            completes &= !self.is_never(ty);
        }
        if completes { self.ck.out.tys.array(element) } else { Ty::NEVER }
    }
}

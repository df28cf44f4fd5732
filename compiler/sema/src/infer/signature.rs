//! Signatures: type parameters, types of parameters and results, default values; and whose methods are whose.

use resilient_base::{Diagnostic, Span, Symbol, diag::codes};
use resilient_syntax::ast::{self, ParamKind, TypeKind};

use super::Checker;
use super::consts::ConstValue;
use super::nominal::{EnumDeclId, StructDeclId};
use super::report::Site;
use super::traits::{Bound, BoundTrait, Nominal, Target};
use super::ty::{Ty, TyKind, TyList, TyTable};
use super::written::TypeEnv;
use crate::decls::{FnEntry, FnId, ImplId, TypeName};
use crate::gaps;
use crate::scopes::ScopeId;

/// A parameter.
#[derive(Clone, Debug)]
pub struct ParamSig {
    /// Its name; `self` is a name too. None if it is taken apart by a pattern.
    pub name: Option<ast::Name>,
    /// Its type, which may mention type parameters.
    pub ty: Ty,
    /// Its default value.
    pub default: Option<DefaultValue>,
}

/// The value of a parameter that a call leaves out.
#[derive(Clone, Debug)]
pub enum DefaultValue {
    /// A constant.
    Const(ConstValue),
    /// `None`, of the parameter's type in each instance.
    None,
}

impl std::fmt::Display for DefaultValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            DefaultValue::Const(value) => value.fmt(f),
            DefaultValue::None => f.write_str("None"),
        }
    }
}

/// What calls of a function need to know.
#[derive(Clone)]
pub struct Signature {
    /// Names of the type parameters: first those of the type of the `impl`, then the function's own. Parameters that
    /// bare types make have no name and stand behind.
    pub type_params: Vec<Option<Symbol>>,
    /// The parameters.
    pub params: Vec<ParamSig>,
    /// The result, which may mention type parameters. Not declared, or with open arguments: of a function without type
    /// parameters a variable until the body was checked, of others none here but one per instance.
    pub result: Option<Ty>,
    /// The failures it declares, as the last part of a function type.
    pub failures: Ty,
    /// The type that `Self` means.
    pub self_ty: Option<Ty>,
    /// Whether the first parameter is `self`.
    pub has_self: bool,
    /// Bounds on the type parameters.
    pub bounds: Vec<Bound>,
    /// Whether the type that it is a method of could not be understood, so that its calls cannot be judged.
    pub is_orphan: bool,
    /// Whether it is part of the library: checked where it is used, like a template.
    pub is_library: bool,
}

impl Signature {
    /// Whether it is a template.
    pub fn is_generic(&self) -> bool {
        !self.type_params.is_empty() || self.is_library
    }
}

/// Most characters of a type argument in a message.
const MAX_TYPE_TEXT: usize = 80;

/// The types that have methods of their own.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum MethodOwner {
    /// A struct, whatever its type arguments.
    Struct(StructDeclId),
    /// An enum, whatever its type arguments.
    Enum(EnumDeclId),
    /// A type without parts.
    Scalar(Ty),
}

impl TyTable {
    /// Whose methods a value of type `ty` has.
    pub fn method_owner(&mut self, ty: Ty) -> Option<MethodOwner> {
        match self.kind(ty) {
            TyKind::Struct(id, _) => (!id.is_builtin()).then_some(MethodOwner::Struct(id)),
            TyKind::Enum(id, _) => Some(MethodOwner::Enum(id)),
            kind if kind.is_scalar() => Some(MethodOwner::Scalar(self.shallow(ty))),
            _ => None,
        }
    }
}

impl<'a> Checker<'_, '_, 'a> {
    /// Resolves the signatures of all functions.
    pub(super) fn resolve_signatures(&mut self) {
        let targets: Vec<Option<Target>> = self.decls.impls.keys().map(|id| self.impl_target(id)).collect();
        self.env.scope = ScopeId::default();
        self.declare_impls(&targets);
        for (id, entry) in self.decls.fns.iter() {
            let target = match (entry.impl_, entry.trait_) {
                (Some(impl_), _) => Some(targets[resilient_base::EntityRef::index(impl_)].clone()),
                (None, Some(_)) => Some(Some(self.trait_target())),
                (None, None) => None,
            };
            let is_orphan = matches!(target, Some(None));
            let is_library = self.decls.library.contains(id);
            let sig = self.signature(entry, target.flatten(), is_orphan, is_library);
            if entry.impl_.is_some() && !sig.is_orphan {
                self.declare_method(id, &sig);
            }
            self.out.sigs.push(sig);
        }
        self.check_impls(&targets);
    }

    /// What the members of a trait are for: `Self`, their first type parameter.
    fn trait_target(&mut self) -> Target {
        Target { ty: self.out.tys.intern(TyKind::Param(0)), params: vec![self.cx.interner.get("Self")] }
    }

    /// What these names of type parameters mean in a template.
    pub(super) fn named_params(&mut self, names: &[Option<Symbol>]) -> Vec<(Symbol, Ty)> {
        let params = names.iter().zip(0..);
        params.filter_map(|(&name, i)| Some((name?, self.out.tys.intern(TyKind::Param(i))))).collect()
    }

    /// The bounds that the block or trait around a member puts on its type parameters.
    fn outer_bounds(&mut self, entry: &FnEntry<'a>, self_ty: Option<Ty>) -> Vec<Bound> {
        let Some(ty) = self_ty else { return Vec::new() };
        let own = entry.trait_.map(|id| (id, entry.name.span));
        match (self.out.tys.kind(ty), entry.impl_) {
            (TyKind::Struct(id, _), _) => {
                self.out.traits.nominal_bounds.get(&Nominal::Struct(id)).cloned().unwrap_or_default()
            }
            (TyKind::Enum(id, _), _) => {
                self.out.traits.nominal_bounds.get(&Nominal::Enum(id)).cloned().unwrap_or_default()
            }
            (_, Some(impl_)) => {
                let blanket = self.out.traits.blankets.iter().find(|blanket| blanket.impl_ == impl_);
                blanket.map_or(Vec::new(), |blanket| blanket.bounds.clone())
            }
            _ => {
                let bound = |(id, span)| Bound { subject: ty, trait_: BoundTrait::Declared(id), span };
                own.map(bound).into_iter().collect()
            }
        }
    }

    fn signature(
        &mut self,
        entry: &FnEntry<'a>,
        target: Option<Target>,
        is_orphan: bool,
        is_library: bool,
    ) -> Signature {
        let (decl, scope) = (entry.decl, entry.scope);
        let (self_ty, mut names) = match target {
            Some(Target { ty, params }) => (Some(ty), params),
            None => (is_orphan.then_some(Ty::ERROR), Vec::new()),
        };
        names.extend(decl.type_params.iter().map(|param| Some(param.name.symbol)));
        let params = self.named_params(&names);
        let bounds = self.outer_bounds(entry, self_ty);
        let (trait_, impl_) = (entry.trait_, entry.impl_);
        let next_implicit = Some(names.len() as u32);
        let env = TypeEnv { params, self_ty, next_implicit, in_nominal: false, scope, bounds, trait_, impl_ };
        let outer = std::mem::replace(&mut self.env, env);
        let bounds = if is_library { Vec::new() } else { self.bounds(decl.type_params, decl.wheres) };
        let params = self.params(decl);
        let failures = self.failures(decl);
        let n_params = self.env.next_implicit.take().unwrap_or(0) as usize;
        let is_generic = n_params > 0;
        let result = match decl.result {
            Some(ty) if matches!(ty.kind, TypeKind::Never) => Some(Ty::NEVER),
            // What is left open is another type in each instance.
            Some(ty) => Some(self.resolve_type(ty)).filter(|&ty| !is_generic || !self.out.tys.has_variables(ty)),
            None if decl.body.is_none() => Some(Ty::VOID),
            None if is_generic => None,
            None => Some(self.out.tys.fresh()),
        };
        self.env = outer;
        let mut type_params = names;
        type_params.resize(n_params, None);
        let has_self = self_ty.is_some()
            && params.first().and_then(|p| p.name).is_some_and(|name| self.cx.name(name.symbol) == "self");
        Signature { type_params, params, result, failures, self_ty, has_self, bounds, is_orphan, is_library }
    }

    /// The type that an `impl` is for. Bare `Box` means the type with its own parameters.
    fn impl_target(&mut self, id: ImplId) -> Option<Target> {
        let decl = self.decls.impls[id];
        let target = decl.target;
        self.env.scope = self.decls.impl_scope(id);
        if !decl.type_params.is_empty() {
            return self.blanket_target(decl);
        }
        if let TypeKind::Path(path, []) = &target.kind
            && let Some(meaning) = self.decls.scopes.type_at(self.env.scope, path.segments)
        {
            let generic = match meaning {
                TypeName::Struct(id) => {
                    let args = self.param_list(self.out.tys.nominals.structs[id].n_params);
                    let names = self.decls.structs[id].as_ref().map_or(&[][..], |entry| entry.type_params());
                    Some((args, names, TyKind::Struct(id, args)))
                }
                TypeName::Enum(id) => {
                    let args = self.param_list(self.out.tys.nominals.enums[id].n_params);
                    let names = self.decls.enums[id].map_or(&[][..], |decl| decl.type_params);
                    Some((args, names, TyKind::Enum(id, args)))
                }
                TypeName::Alias(_) | TypeName::Trait(_) => None,
            };
            if let Some((args, names, kind)) = generic {
                // Parameters that bare field types make have no name, so a body cannot speak of them.
                let mut names: Vec<Option<Symbol>> = names.iter().map(|param| Some(param.name.symbol)).collect();
                names.resize(self.out.tys.args(args).len(), None);
                return Some(Target { ty: self.out.tys.intern(kind), params: names });
            }
        }
        let ty = self.resolve_type(target);
        if self.out.tys.kind(ty) == TyKind::Error {
            return None;
        }
        let is_built_in = matches!(self.out.tys.kind(ty), TyKind::Enum(EnumDeclId::OPTION | EnumDeclId::RESULT, _));
        if self.method_owner(ty).is_some() && self.out.tys.is_closed(ty) && !is_built_in {
            return Some(Target { ty, params: Vec::new() });
        }
        let message = format!("type `{}` cannot have methods", self.display(ty));
        self.diags.push(
            Diagnostic::error(codes::TYPE_MISMATCH, target.span, message)
                .with_note("methods belong to structs, enums and scalar types"),
        );
        None
    }

    /// `impl<T: A> Tr for T`: the type is the parameter.
    fn blanket_target(&mut self, decl: &'a ast::ImplDecl<'a>) -> Option<Target> {
        if let [param] = decl.type_params
            && decl.trait_.is_some()
            && let TypeKind::Path(path, []) = &decl.target.kind
            && let [name] = path.segments
            && name.symbol == param.name.symbol
        {
            let ty = self.out.tys.intern(TyKind::Param(0));
            return Some(Target { ty, params: vec![Some(name.symbol)] });
        }
        let message = "the type parameter of an `impl` must be the type that it is for: `impl<T: A> Tr for T`";
        self.diags.push(
            Diagnostic::error(codes::TYPE_MISMATCH, decl.target.span, message)
                .with_note("`impl Tr for Box` is for every instance of a generic `Box` without more ado"),
        );
        None
    }

    pub(super) fn param_list(&mut self, n: usize) -> TyList {
        let params: Vec<Ty> = (0..n as u32).map(|i| self.out.tys.intern(TyKind::Param(i))).collect();
        self.out.tys.list(&params)
    }

    /// Whose methods a value of type `ty` has.
    pub(super) fn method_owner(&mut self, ty: Ty) -> Option<MethodOwner> {
        self.out.tys.method_owner(ty)
    }

    fn declare_method(&mut self, id: FnId, sig: &Signature) {
        let name = self.decls.fns[id].name;
        let text = self.cx.name(name.symbol);
        let Some(self_ty) = sig.self_ty else { return };
        let Some(owner) = self.method_owner(self_ty) else { return };
        let builtin = match owner {
            MethodOwner::Scalar(Ty::STR) => gaps::is_string_method(text),
            _ => false,
        };
        if builtin {
            let message = format!("`{text}` is a built-in method and cannot be replaced");
            self.diags.push(Diagnostic::error(codes::DUPLICATE_METHOD, name.span, message));
        } else if let Some(&earlier) = self.out.methods.get(&(owner, name.symbol)) {
            let message =
                format!("duplicate method `{text}` of `{}`", self.out.tys.head_name(self_ty).unwrap_or("Self"));
            let earlier = self.decls.fns[earlier].name.span;
            self.diags.push(
                Diagnostic::error(codes::DUPLICATE_METHOD, name.span, message)
                    .with_secondary(earlier, "previously declared here"),
            );
        } else {
            self.out.methods.insert((owner, name.symbol), id);
        }
    }

    /// The method or associated function called `name` of the type `ty`.
    pub(super) fn find_method(&mut self, ty: Ty, name: Symbol) -> Option<FnId> {
        self.out.find_method(ty, name)
    }

    /// [`Self::find_method`] by text.
    pub(super) fn find_method_by_text(&mut self, ty: Ty, name: &str) -> Option<FnId> {
        self.find_method(ty, self.cx.interner.get(name)?)
    }

    /// Names of the methods of `ty`, for suggestions.
    pub(super) fn method_names(&mut self, ty: Ty) -> Vec<&str> {
        let members: Vec<(FnId, Symbol)> = self
            .decls
            .fns
            .iter()
            .filter(|(_, entry)| entry.is_member())
            .map(|(id, entry)| (id, entry.name.symbol))
            .collect();
        let cx = self.cx;
        let is_own = |&(id, name): &(FnId, Symbol)| self.out.find_method(ty, name) == Some(id);
        members.into_iter().filter(is_own).map(|(_, name)| cx.name(name)).collect()
    }

    pub(super) fn params(&mut self, decl: &'a ast::FnDecl<'a>) -> Vec<ParamSig> {
        let mut params: Vec<ParamSig> = Vec::with_capacity(decl.params.len());
        for param in decl.params {
            let name = match param.kind {
                ParamKind::Name(name) => Some(name),
                ParamKind::Struct(_) => None,
            };
            let ty = self.param_type(param, name);
            let default = param.default.and_then(|value| self.default_value(value, ty));
            params.push(ParamSig { name, ty, default });
        }
        params
    }

    pub(super) fn param_type(&mut self, param: &'a ast::Param<'a>, name: Option<ast::Name>) -> Ty {
        match (param.ty, param.kind, self.env.self_ty) {
            (Some(ty), _, _) => self.resolve_type(ty),
            (None, ParamKind::Struct(pattern), _) => match &pattern.kind {
                ast::PatternKind::Struct(path, ..) => {
                    let kind = TypeKind::Path(*path, &[]);
                    self.resolve_type(&ast::Type { kind, span: path.span })
                }
                _ => Ty::ERROR,
            },
            (None, _, Some(ty)) if name.is_some_and(|name| self.cx.name(name.symbol) == "self") => ty,
            (None, ..) => {
                let message = "the type of a parameter must be written";
                self.diags.push(Diagnostic::error(codes::NEEDS_ANNOTATION, param.span, message));
                Ty::ERROR
            }
        }
    }

    pub(super) fn default_value(&mut self, value: &'a ast::Expr<'a>, ty: Ty) -> Option<DefaultValue> {
        let is_none = match value.kind {
            ast::ExprKind::Path(ast::Path { segments: [name], .. }) => self.cx.name(name.symbol) == "None",
            _ => false,
        };
        if is_none && matches!(self.out.tys.kind(ty), TyKind::Enum(EnumDeclId::OPTION, _)) {
            return Some(DefaultValue::None);
        }
        self.const_value(value, None, Some((ty, Site::Default))).map(DefaultValue::Const)
    }

    /// The signature of `id` as in messages.
    pub(super) fn signature_text(&mut self, id: FnId) -> String {
        if let Some(function) = self.decls.library.function(id) {
            return function.signature.to_string();
        }
        let sig = self.out.sigs[id].clone();
        let names: Vec<Ty> = sig.type_params.iter().map(|_| Ty::ERROR).collect();
        let blank = self.out.tys.list(&names);
        let mut params = Vec::new();
        for param in &sig.params {
            let default = param.default.as_ref().map_or(String::new(), |value| format!(" = {value}"));
            let name = param.name.map_or("_", |name| self.cx.name(name.symbol));
            if name == "self" && self.decls.fns[id].trait_.is_some() {
                params.push("self".to_string());
                continue;
            }
            let ty = self.template_text(param.ty, &sig, blank);
            params.push(format!("{ty} {name}{default}"));
        }
        let result = match sig.result.map(|ty| self.out.tys.shallow(ty)) {
            Some(Ty::VOID) => String::new(),
            None => " -> _".to_string(),
            Some(result) => format!(" -> {}", self.template_text(result, &sig, blank)),
        };
        let fails = match self.out.tys.failures_of(sig.failures) {
            [] => String::new(),
            _ => self.display(sig.failures),
        };
        format!("fn {}({}){result}{fails}", self.cx.name(self.decls.fns[id].name.symbol), params.join(", "))
    }

    /// `ty` with the names of type parameters.
    fn template_text(&mut self, ty: Ty, sig: &Signature, blank: TyList) -> String {
        match self.out.tys.kind(ty) {
            TyKind::Param(index) => match sig.type_params.get(index as usize) {
                Some(Some(name)) => self.cx.name(*name).to_string(),
                _ => "_".to_string(),
            },
            TyKind::Assoc(base, _, name) => {
                format!("{}::{}", self.template_text(base, sig, blank), self.cx.name(name))
            }
            _ => {
                let ty = self.out.tys.subst(ty, blank);
                self.display(ty)
            }
        }
    }

    /// A type in the template of `id` as in messages.
    pub(super) fn template_ty(&mut self, ty: Ty, id: FnId) -> String {
        let sig = self.out.sigs[id].clone();
        let blank = self.out.tys.list(&vec![Ty::ERROR; sig.type_params.len()]);
        self.template_text(ty, &sig, blank)
    }

    /// `with T = int, U = bool`, for errors in an instance.
    pub(super) fn instance_text(&mut self, id: FnId, args: TyList) -> String {
        let names = self.out.sigs[id].type_params.clone();
        let skip = usize::from(self.decls.fns[id].trait_.is_some());
        let function = self.out.instance_name(id, args, self.decls, self.cx);
        self.args_text(&function, names.get(skip..).unwrap_or_default(), args)
    }

    /// `in f with T = int`; the names are those of the last arguments.
    pub(super) fn args_text(&mut self, function: &str, names: &[Option<Symbol>], args: TyList) -> String {
        let args = self.out.tys.args(args).to_vec();
        let mut parts = Vec::new();
        let skip = args.len().saturating_sub(names.len());
        for (name, ty) in names.iter().zip(args.into_iter().skip(skip)) {
            let name = name.map_or("_", |name| self.cx.name(name));
            let mut text = self.display(ty);
            if text.chars().count() > MAX_TYPE_TEXT {
                text = text.chars().take(MAX_TYPE_TEXT).chain("..".chars()).collect();
            }
            parts.push(format!("{name} = {text}"));
        }
        if parts.is_empty() { format!("in {function}") } else { format!("in {function} with {}", parts.join(", ")) }
    }

    /// Where `id` is declared.
    pub(super) fn fn_span(&self, id: FnId) -> Span {
        self.decls.fns[id].name.span
    }
}

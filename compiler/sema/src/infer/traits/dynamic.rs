//! `dyn Tr`: values of any type that satisfies a trait, told apart while the program runs.
//!
//! The program is closed: when all bodies are checked, every type is known that becomes `dyn Tr` anywhere. So `dyn Tr`
//! is made an enum with one variant per such type, and a call of a method is a call of a function that looks at the
//! variant and calls the method of the type in it. That is preferred to tables of function addresses because nothing
//! is added below sema: every backend has enums and direct calls, the calls can be inlined, and a `dyn` of one type
//! costs one comparison less than a jump through a table.
//!
//! Inference collects the types: [`Checker::converts`] notes each conversion, and [`Checker::request_dispatch`] asks
//! for the methods that calls may reach, which may lead to more conversions, until nothing is new. Order is that of
//! discovery, which depends on the source alone.

use resilient_base::{Diagnostic, Span, Symbol, diag::codes};
use resilient_syntax::ast::{self, TypeArg, TypeKind};

use super::super::ty::{Ty, TyKind, TyList};
use super::super::{Checked, Checker};
use super::{BoundTrait, TraitMethod};
use crate::decls::{Decls, FnId, TraitId};

/// A value that becomes a `dyn` one.
#[derive(Clone, Copy)]
pub struct DynValue {
    pub(in crate::infer) trait_: TraitId,
    pub(in crate::infer) ty: Ty,
    pub(in crate::infer) at: Span,
    /// How many instances of generic functions led to the place.
    pub(in crate::infer) depth: u32,
}

impl Checked {
    /// The function that a call of a member of a trait reaches on a value of type `ty`, with its first type arguments.
    pub fn dispatch_target(&mut self, ty: Ty, method: TraitMethod) -> Option<(FnId, TyList)> {
        let found = self.find_method(ty, method.name).or(method.has_default.then_some(method.func))?;
        Some((found, self.receiver_args(found, ty)))
    }

    /// Whether a call of `func` with these type arguments looks at the type in a `dyn` value.
    pub fn is_dispatch(&mut self, func: FnId, args: TyList, decls: &Decls<'_>) -> bool {
        decls.fns[func].trait_.is_some()
            && self.tys.args(args).first().is_some_and(|&ty| matches!(self.tys.peek(ty), TyKind::Dyn(_)))
    }
}

impl Checker<'_, '_, '_> {
    /// `dyn Tr`; an error type after a report.
    pub(in crate::infer) fn dyn_type(&mut self, id: TraitId, at: Span) -> Ty {
        if let Some((what, declared)) = self.dyn_obstacle(id) {
            let name = self.cx.name(self.decls.traits[id].name.symbol);
            let message = format!("trait `{name}` cannot be used as `dyn {name}`");
            self.diags.push(Diagnostic::error(codes::NOT_DYN, at, message).with_secondary(declared, what));
            return Ty::ERROR;
        }
        self.out.tys.intern(TyKind::Dyn(id))
    }

    /// What keeps a trait from being the type of a value, and where.
    fn dyn_obstacle(&self, id: TraitId) -> Option<(String, Span)> {
        let self_name = self.cx.interner.get("Self");
        for method in self.out.traits.members(id) {
            let entry = &self.decls.fns[method.func];
            let text = self.cx.name(method.name);
            let mut params = entry.decl.params.iter();
            let first = params.next();
            let has_self = first.is_some_and(
                |param| matches!(param.kind, ast::ParamKind::Name(name) if self.cx.name(name.symbol) == "self"),
            );
            if !has_self {
                return Some((format!("`{text}` has no parameter `self`"), entry.name.span));
            }
            if let Some(param) = entry.decl.type_params.first() {
                return Some((format!("`{text}` has type parameters"), param.name.span));
            }
            let types = params.filter_map(|param| param.ty).chain(entry.decl.result);
            if let Some(ty) = self_name.and_then(|name| types.into_iter().find(|ty| mentions(ty, name))) {
                return Some((format!("`{text}` mentions `Self`"), ty.span));
            }
        }
        None
    }

    /// Whether a value of type `found` becomes one of the type `dyn wanted`. If so that is noted.
    pub(in crate::infer) fn becomes_dyn(&mut self, wanted: TraitId, found: Ty, at: Span) -> bool {
        let fits = match self.out.tys.kind(found) {
            TyKind::Dyn(own) => self.out.traits.infos[own].all.contains(&wanted),
            TyKind::Var(_) => false,
            _ => self.method_owner(found).is_some() && self.out.satisfies(found, wanted),
        };
        if fits {
            self.out.traits.dyn_values.push(DynValue { trait_: wanted, ty: found, at, depth: self.depth });
        }
        fits
    }

    /// Looks at the conversions found so far: asks for the methods that calls may reach.
    pub(in crate::infer) fn request_dispatch(&mut self) {
        while !self.out.traits.dyn_values.is_empty() {
            for value in std::mem::take(&mut self.out.traits.dyn_values) {
                let ty = self.out.tys.close(value.ty);
                if !self.out.tys.contains_error(ty) {
                    self.enter_dyn(DynValue { ty, ..value });
                }
            }
        }
    }

    fn enter_dyn(&mut self, value: DynValue) {
        let DynValue { trait_, ty, at, .. } = value;
        if let TyKind::Dyn(from) = self.out.tys.kind(ty) {
            if !self.widened.contains(&(from, trait_)) {
                self.widened.push((from, trait_));
                let types = self.out.traits.dyns[from].clone();
                self.out.traits.dyn_values.extend(types.into_iter().map(|ty| DynValue { ty, ..value }));
            }
            return;
        }
        if self.out.traits.dyns[trait_].contains(&ty) {
            return;
        }
        self.out.traits.dyns[trait_].push(ty);
        let wider: Vec<TraitId> =
            self.widened.iter().filter(|(from, _)| *from == trait_).map(|&(_, wider)| wider).collect();
        self.out.traits.dyn_values.extend(wider.into_iter().map(|trait_| DynValue { trait_, ..value }));
        if self.out.traits.compared_dyns.contains(&trait_) {
            self.compared_inside.push((ty, at));
        }
        let methods: Vec<TraitMethod> = self.out.traits.members(trait_).collect();
        let outer = std::mem::replace(&mut self.depth, value.depth);
        for method in methods {
            self.request_target(ty, method, at);
        }
        self.depth = outer;
    }

    fn request_target(&mut self, ty: Ty, method: TraitMethod, at: Span) {
        let Some((func, args)) = self.out.dispatch_target(ty, method) else { return };
        if func != method.func && !self.agrees(ty, func, args, method, at) {
            return;
        }
        let call = self.instantiate(func, args, at);
        self.demand_result(func, &call, at);
    }

    /// Whether a method that no `impl` of the trait gives has the types that the trait declares.
    fn agrees(&mut self, ty: Ty, func: FnId, args: TyList, method: TraitMethod, at: Span) -> bool {
        let wanted = self.declared_types(method.func, ty, 0);
        let sig = self.out.sigs[func].clone();
        let mut differs = self.raises_more(method.func, func).is_some();
        differs |= sig.is_generic() && self.out.tys.args(args).len() != sig.type_params.len();
        for (param, wanted) in sig.params.iter().zip(&wanted.params) {
            let found = self.out.tys.subst(param.ty, args);
            differs |= !self.is_same_type(found, *wanted);
        }
        if let (Some(wanted), Some(result)) = (wanted.result, sig.result)
            && !self.out.tys.has_variables(result)
        {
            let found = self.out.tys.subst(result, args);
            differs |= !self.is_same_type(found, wanted);
        }
        if differs {
            let (text, want) = (self.cx.name(method.name), self.signature_text(method.func));
            let message = format!("method `{text}` of `{}` does not fit the trait", self.display(ty));
            self.diags.push(
                Diagnostic::error(codes::IMPL_MISMATCH, at, message)
                    .with_label("this becomes a `dyn` value")
                    .with_secondary(self.fn_span(func), "this method")
                    .with_secondary(self.fn_span(method.func), format!("the trait wants `{want}`")),
            );
        }
        !differs
    }

    /// The result of a call of a member of a trait on a value of which only the trait is known.
    pub(in crate::infer) fn dispatch_result(&mut self, func: FnId, args: TyList, at: Span) -> Ty {
        match self.out.sigs[func].result {
            Some(ty) => {
                let ty = self.out.tys.subst(ty, args);
                self.normalize(ty, Some(at))
            }
            None => self.default_result(func).unwrap_or_else(|| {
                let name = self.decls.fns[func].name;
                let text = self.cx.name(name.symbol);
                let message = format!("the result of `{text}` must be declared to call it on a `dyn` value");
                self.diags.push(
                    Diagnostic::error(codes::NEEDS_ANNOTATION, at, message)
                        .with_secondary(name.span, "its result depends on `Self`"),
                );
                Ty::ERROR
            }),
        }
    }

    /// The result of a member that declares none, where only the trait is known of the first type argument.
    pub(in crate::infer) fn opaque_result(&mut self, func: FnId, args: TyList) -> Option<Ty> {
        let first = self.out.tys.args(args).first().copied()?;
        self.decls.fns[func].trait_?;
        self.out.tys.opaque_trait(first)?;
        self.default_result(func)
    }

    /// The result of a default method that declares none, as its body tells it for any type.
    pub(in crate::infer) fn default_result(&mut self, func: FnId) -> Option<Ty> {
        let inst = self.check_default(func)?;
        let result = self.out.insts[inst].result;
        let result = self.out.tys.resolve(result);
        (!self.out.tys.has_variables(result) && !self.out.tys.contains_error(result)).then_some(result)
    }

    /// What may be said about a value that is not a `dyn` one of this trait.
    pub(in crate::infer) fn dyn_note(&mut self, wanted: Ty, found: Ty) -> Option<String> {
        let TyKind::Dyn(id) = self.out.tys.kind(wanted) else { return None };
        if matches!(self.out.tys.kind(found), TyKind::Error | TyKind::Void | TyKind::Dyn(_) | TyKind::Var(_)) {
            return None;
        }
        self.missing_note(found, BoundTrait::Declared(id))
    }
}

/// Whether `name` occurs in a type as written.
fn mentions(ty: &ast::Type<'_>, name: Symbol) -> bool {
    match &ty.kind {
        TypeKind::Path(path, args) => {
            path.segments.first().is_some_and(|segment| segment.symbol == name)
                || args.iter().any(|arg| matches!(arg, TypeArg::Type(ty) if mentions(ty, name)))
        }
        TypeKind::Array(element, _) => mentions(element, name),
        TypeKind::Tuple(parts) => parts.iter().any(|part| mentions(part, name)),
        TypeKind::Ref { ty, .. } | TypeKind::Linear(ty) => mentions(ty, name),
        TypeKind::Fn(sig) => sig.params.iter().copied().chain(sig.result).any(|ty| mentions(ty, name)),
        TypeKind::Record(fields) => fields.iter().any(|field| mentions(field.ty, name)),
        TypeKind::Dyn(_) | TypeKind::Never | TypeKind::Error => false,
    }
}

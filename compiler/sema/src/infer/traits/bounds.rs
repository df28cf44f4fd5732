//! Bounds: as written, and whether a type satisfies them.

use resilient_base::{Diagnostic, Span, Symbol, diag::codes};
use resilient_syntax::ast::{self, BinaryOp};

use super::super::goals::Goal;
use super::super::instances::Instantiated;
use super::super::nominal::EnumDeclId;
use super::super::ops::{is_operator_of, operator_method};
use super::super::signature::MethodOwner;
use super::super::ty::{Ty, TyKind, TyList};
use super::super::{Checked, Checker};
use super::{Nominal, TraitMethod, UseSite};
use crate::decls::{FnId, ImplId, OPERATOR_TRAITS, TraitId};
use crate::library::LibFn;

/// What a bound names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum BoundTrait {
    /// A trait.
    Declared(TraitId),
    /// A trait that needs no declaration, by its place in [`OPERATOR_TRAITS`]: the operator must take two values of
    /// the type.
    Operator(usize),
}

/// A bound on a type parameter or on an associated type of one.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// The type, which mentions type parameters.
    pub subject: Ty,
    /// What it must satisfy.
    pub trait_: BoundTrait,
    /// The name of the trait in the declaration.
    pub span: Span,
}

impl<'a> Checker<'_, '_, 'a> {
    /// The bounds on these parameters. What the parameters mean stands in the environment already.
    pub(in crate::infer) fn bounds(
        &mut self,
        params: &'a [ast::TypeParam<'a>],
        wheres: &'a [ast::WherePredicate<'a>],
    ) -> Vec<Bound> {
        let mut bounds = Vec::new();
        for param in params {
            let found = self.env.params.iter().find(|(name, _)| *name == param.name.symbol);
            let Some(&(_, subject)) = found else { continue };
            self.add_bounds(subject, param.bounds, &mut bounds);
        }
        // Projections below may need these.
        self.env.bounds = bounds.clone();
        for predicate in wheres {
            if let Some(subject) = self.bound_subject(&predicate.subject) {
                self.add_bounds(subject, predicate.bounds, &mut bounds);
                self.env.bounds = bounds.clone();
            }
        }
        bounds
    }

    fn add_bounds(&mut self, subject: Ty, paths: &[ast::Path<'_>], out: &mut Vec<Bound>) {
        for path in paths {
            if let Some(trait_) = self.bound_trait(path) {
                out.push(Bound { subject, trait_, span: path.span });
            }
        }
    }

    fn bound_trait(&mut self, path: &ast::Path<'_>) -> Option<BoundTrait> {
        let name = *path.segments.last()?;
        if self.decls.scopes.trait_at(self.env.scope, path.segments).is_none()
            && let Ok(at) = OPERATOR_TRAITS.binary_search(&self.cx.name(name.symbol))
        {
            return Some(BoundTrait::Operator(at));
        }
        self.trait_named(path).map(BoundTrait::Declared)
    }

    /// `T`, `T::Item` before the colon of a predicate.
    fn bound_subject(&mut self, path: &ast::Path<'_>) -> Option<Ty> {
        let [name, rest @ ..] = path.segments else { return None };
        let found = self.env.params.iter().find(|(param, _)| *param == name.symbol);
        let base = match (found, self.env.self_ty) {
            (Some(&(_, ty)), _) => ty,
            (None, Some(ty)) if self.cx.name(name.symbol) == "Self" => ty,
            _ => {
                let message = format!("`{}` is not a type parameter", self.cx.name(name.symbol));
                self.diags.push(Diagnostic::error(codes::UNKNOWN_NAME, name.span, message));
                return None;
            }
        };
        match rest {
            [] => Some(base),
            [item] => Some(self.projection(base, *item)).filter(|&ty| ty != Ty::ERROR),
            _ => {
                let message = "bounds are on a type parameter or on an associated type of one";
                self.diags.push(Diagnostic::error(codes::ASSOCIATED_TYPE, path.span, message));
                None
            }
        }
    }

    pub(in crate::infer) fn bound_name(&self, bound: BoundTrait) -> &str {
        match bound {
            BoundTrait::Declared(id) => self.cx.name(self.decls.traits[id].name.symbol),
            BoundTrait::Operator(at) => OPERATOR_TRAITS[at],
        }
    }

    /// Demands that the type arguments of a call satisfy the bounds of `func`.
    pub(in crate::infer) fn demand_bounds(&mut self, func: FnId, call: &Instantiated, at: Span) {
        let bounds = self.out.sigs[func].bounds.clone();
        let site = UseSite { at, call: Some((func, call.args)) };
        self.demand_each(&bounds, call.args, site);
    }

    /// Demands that the arguments in the struct or enum type `ty` satisfy the bounds of its declaration.
    pub(in crate::infer) fn demand_nominal_bounds(&mut self, ty: Ty, at: Span) {
        let (nominal, args) = match self.out.tys.kind(ty) {
            TyKind::Struct(id, args) => (Nominal::Struct(id), args),
            TyKind::Enum(id, args) => (Nominal::Enum(id), args),
            _ => return,
        };
        let Some(bounds) = self.out.traits.nominal_bounds.get(&nominal).cloned() else { return };
        self.demand_each(&bounds, args, UseSite { at, call: None });
    }

    fn demand_each(&mut self, bounds: &[Bound], args: TyList, site: UseSite) {
        for &bound in bounds {
            let subject = self.out.tys.subst(bound.subject, args);
            let subject = self.normalize(subject, Some(site.at));
            // A type parameter is looked at where it becomes a type.
            if !self.out.tys.has_params(subject) {
                self.demand(Goal::Bound(Bound { subject, ..bound }, site));
            }
        }
    }

    /// Reports a bound that does not hold.
    pub(in crate::infer) fn check_bound(&mut self, bound: Bound, site: UseSite) {
        if self.satisfies(bound.subject, bound.trait_) {
            if let BoundTrait::Declared(id) = bound.trait_ {
                self.note_associated(bound.subject, id);
            }
            return;
        }
        if let Some((func, args)) = site.call {
            let args = self.out.tys.close_list(args);
            self.out.traits.rejected.insert((func, args));
        }
        let ty = self.display(bound.subject);
        let name = self.bound_name(bound.trait_).to_string();
        let message = format!("type `{ty}` does not satisfy `{name}`");
        let mut diagnostic = Diagnostic::error(codes::MISSING_TRAIT, site.at, message)
            .with_secondary(bound.span, "required by this bound");
        if let Some(note) = self.missing_note(bound.subject, bound.trait_) {
            diagnostic = diagnostic.with_note(note);
        }
        self.diags.push(diagnostic);
    }

    /// What `ty` lacks of a trait.
    pub(in crate::infer) fn missing_note(&mut self, ty: Ty, bound: BoundTrait) -> Option<String> {
        match bound {
            BoundTrait::Declared(id) => {
                let missing = self.out.missing_methods(ty, id);
                let texts: Vec<String> =
                    missing.into_iter().map(|method| format!("`{}`", self.signature_text(method.func))).collect();
                match texts.as_slice() {
                    [] => {
                        let ty = self.display(ty);
                        Some(format!("there is no `impl {} for {ty}`", self.bound_name(bound)))
                    }
                    [one] => Some(format!("it has no method {one}")),
                    _ => Some(format!("it lacks the methods {}", texts.join(", "))),
                }
            }
            BoundTrait::Operator(at) => {
                let op = operators_of(OPERATOR_TRAITS[at]).first()?;
                Some(format!("operator `{}` does not take two values of this type", op.text()))
            }
        }
    }

    /// Whether a type satisfies a trait.
    pub(in crate::infer) fn satisfies(&mut self, ty: Ty, bound: BoundTrait) -> bool {
        match bound {
            BoundTrait::Declared(id) => self.out.satisfies(ty, id) || self.satisfies_built_in(ty, id),
            BoundTrait::Operator(at) => operators_of(OPERATOR_TRAITS[at]).iter().all(|&op| self.takes_operator(ty, op)),
        }
    }

    /// Whether built-in methods, with those of the program, are all that a trait requires.
    fn satisfies_built_in(&mut self, ty: Ty, id: TraitId) -> bool {
        let kind = self.out.tys.kind(ty);
        let required: Vec<TraitMethod> = self.out.traits.members(id).filter(|method| !method.has_default).collect();
        !required.is_empty()
            && required.into_iter().all(|method| {
                let n_params = self.out.sigs[method.func].params.len();
                match LibFn::method(kind, self.cx.name(method.name)) {
                    Some(function) => {
                        let (fewest, most) = function.arity();
                        self.out.sigs[method.func].has_self && (fewest..=most).contains(&n_params)
                    }
                    None => self.out.has_required(ty, method),
                }
            })
    }

    fn takes_operator(&mut self, ty: Ty, op: BinaryOp) -> bool {
        let kind = self.out.tys.kind(ty);
        match kind {
            TyKind::Error => true,
            TyKind::Struct(..) => {
                let is_equality = matches!(op, BinaryOp::Eq | BinaryOp::Ne);
                let is_order = matches!(op, BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge);
                is_equality
                    || is_order && self.has_derived_order(ty)
                    || operator_method(op).is_some_and(|name| self.find_method_by_text(ty, name).is_some())
            }
            _ => is_operator_of(op, kind),
        }
    }
}

/// The operators that the trait of this name stands for. `Display` stands for none: every value is displayed.
fn operators_of(name: &str) -> &'static [BinaryOp] {
    match name {
        "Add" => &[BinaryOp::Add],
        "Sub" => &[BinaryOp::Sub],
        "Mul" => &[BinaryOp::Mul],
        "Div" => &[BinaryOp::Div],
        "Rem" => &[BinaryOp::Rem],
        "BitAnd" => &[BinaryOp::BitAnd],
        "BitOr" => &[BinaryOp::BitOr],
        "BitXor" => &[BinaryOp::BitXor],
        "Shl" => &[BinaryOp::Shl],
        "Shr" => &[BinaryOp::Shr],
        "PartialEq" => &[BinaryOp::Eq],
        "PartialOrd" => &[BinaryOp::Lt],
        _ => &[],
    }
}

impl Checked {
    /// Whether `ty` satisfies the trait by a block for it, a blanket block, or because it has the methods.
    pub fn satisfies(&mut self, ty: Ty, id: TraitId) -> bool {
        match self.tys.kind(ty) {
            TyKind::Error => true,
            TyKind::Dyn(own) if self.traits.infos[own].all.contains(&id) => true,
            _ => self.implements(ty, id) || self.has_all_required(ty, id),
        }
    }

    /// Whether a block gives the trait to `ty`.
    pub fn implements(&mut self, ty: Ty, id: TraitId) -> bool {
        self.tys.method_owner(ty).is_some_and(|owner| self.owner_implements(owner, id))
    }

    fn owner_implements(&mut self, owner: MethodOwner, id: TraitId) -> bool {
        self.impl_of(owner, id).is_some()
    }

    /// The block that gives the trait to the type.
    pub(super) fn impl_of(&mut self, owner: MethodOwner, id: TraitId) -> Option<ImplId> {
        if let Some(&impl_) = self.traits.impls.get(&(owner, id)) {
            return Some(impl_);
        }
        let found = (0..self.traits.blankets.len())
            .find(|&index| self.traits.blankets[index].trait_ == id && self.has_blanket(owner, index));
        found.map(|index| self.traits.blankets[index].impl_)
    }

    /// Whether the blanket block with this index is one of the type's.
    pub(super) fn has_blanket(&mut self, owner: MethodOwner, index: usize) -> bool {
        let blanket = &self.traits.blankets[index];
        let (impl_, trait_) = (blanket.impl_, blanket.trait_);
        let is_target = match owner {
            MethodOwner::Struct(_) => true,
            MethodOwner::Enum(id) => !matches!(id, EnumDeclId::OPTION | EnumDeclId::RESULT),
            MethodOwner::Scalar(_) => false,
        };
        if !is_target
            || self.traits.impls.contains_key(&(owner, trait_))
            || self.traits.trying.contains(&(owner, impl_))
        {
            return false;
        }
        let wanted: Vec<BoundTrait> = blanket.bounds.iter().map(|bound| bound.trait_).collect();
        self.traits.trying.push((owner, impl_));
        let holds = wanted.into_iter().all(|bound| match bound {
            BoundTrait::Declared(id) => self.owner_satisfies(owner, id),
            // Every struct has `==` and a display form; for the others it needs methods of its own.
            BoundTrait::Operator(at) => operators_of(OPERATOR_TRAITS[at]).iter().all(|&op| op == BinaryOp::Eq),
        });
        self.traits.trying.pop();
        holds
    }

    fn owner_satisfies(&mut self, owner: MethodOwner, id: TraitId) -> bool {
        self.owner_implements(owner, id) || self.owner_has_all_required(owner, id)
    }

    fn has_all_required(&mut self, ty: Ty, id: TraitId) -> bool {
        let required = self.required_methods(id);
        !required.is_empty() && required.into_iter().all(|method| self.has_required(ty, method))
    }

    fn owner_has_all_required(&mut self, owner: MethodOwner, id: TraitId) -> bool {
        let required = self.required_methods(id);
        !required.is_empty()
            && required.into_iter().all(|method| {
                let found = self.method_of(owner, method.name);
                found.is_some_and(|func| self.has_same_shape(func, method.func))
            })
    }

    fn required_methods(&self, id: TraitId) -> Vec<TraitMethod> {
        self.traits.members(id).filter(|method| !method.has_default).collect()
    }

    /// Whether `ty` has a method of the name and number of parameters of `method`.
    pub fn has_required(&mut self, ty: Ty, method: TraitMethod) -> bool {
        let found = self.find_method(ty, method.name);
        found.is_some_and(|func| self.has_same_shape(func, method.func))
    }

    fn has_same_shape(&self, a: FnId, b: FnId) -> bool {
        let (a, b) = (&self.sigs[a], &self.sigs[b]);
        a.params.len() == b.params.len() && a.has_self == b.has_self
    }

    fn missing_methods(&mut self, ty: Ty, id: TraitId) -> Vec<TraitMethod> {
        let required = self.required_methods(id);
        required.into_iter().filter(|&method| !self.has_required(ty, method)).collect()
    }
}

/// The method called `name` that the bounds in force give to a type that has only what the traits require.
impl Checker<'_, '_, '_> {
    pub(in crate::infer) fn bound_method(&mut self, ty: Ty, name: Symbol) -> Option<FnId> {
        let ty = self.out.tys.shallow(ty);
        let bounds = self.env.bounds.clone();
        bounds.into_iter().find_map(|bound| match bound.trait_ {
            BoundTrait::Declared(id) if self.out.tys.shallow(bound.subject) == ty => {
                self.out.traits.method(id, name).filter(|method| method.has_default).map(|method| method.func)
            }
            _ => None,
        })
    }
}

//! Associated types of type parameters: `T::Item`.
//!
//! In a template they are types of their own kind; [`Checker::normalize`] puts in what they stand for once the type
//! is known. At a call whose type arguments are still open it puts in a variable, with a goal that settles it.

use resilient_base::{Diagnostic, Span, Symbol, diag::codes};
use resilient_syntax::ast;

use super::super::Checker;
use super::super::goals::Goal;
use super::super::ty::{Ty, TyKind, TyList, TyTable};
use super::BoundTrait;
use crate::decls::{ImplId, TraitId};
use crate::suggest;

impl TyTable {
    /// The associated type `name` of `base`: what the type's own block gives, if that is known by now.
    pub(in crate::infer) fn associated(&mut self, base: Ty, trait_: TraitId, name: Symbol) -> Ty {
        let given = self.method_owner(base).and_then(|owner| self.associated.get(&(owner, trait_, name)).copied());
        let Some(template) = given else {
            let base = self.resolve(base);
            let found = self.associated_by_blanket.get(&(base, trait_, name)).copied();
            return found.unwrap_or_else(|| self.intern(TyKind::Assoc(base, trait_, name)));
        };
        match self.kind(base) {
            TyKind::Struct(_, args) | TyKind::Enum(_, args) => self.subst(template, args),
            _ => template,
        }
    }
}

/// An associated type of a type that is not known yet.
#[derive(Clone, Copy)]
pub struct Projection {
    /// The type.
    pub base: Ty,
    /// The trait that declares the associated type.
    pub trait_: TraitId,
    /// Its name.
    pub name: Symbol,
    /// What stands for it.
    pub result: Ty,
    /// Where it is wanted.
    pub at: Span,
}

impl Checker<'_, '_, '_> {
    /// The associated type `name` of `base` as written; an error type after a report.
    pub(in crate::infer) fn projection(&mut self, base: Ty, name: ast::Name) -> Ty {
        if self.out.tys.kind(base) == TyKind::Error {
            return Ty::ERROR;
        }
        let candidates = self.projection_traits(base);
        let owner = candidates.iter().find_map(|&id| self.out.traits.type_owner(id, name.symbol));
        let Some(trait_) = owner else {
            self.report_unknown_projection(base, name, &candidates);
            return Ty::ERROR;
        };
        let ty = self.out.tys.intern(TyKind::Assoc(base, trait_, name.symbol));
        self.normalize(ty, Some(name.span))
    }

    /// The traits among whose associated types `base::NAME` is looked up.
    fn projection_traits(&mut self, base: Ty) -> Vec<TraitId> {
        let mut found: Vec<TraitId> = self.env.trait_.into_iter().filter(|_| self.env.self_ty == Some(base)).collect();
        if self.env.self_ty == Some(base) {
            found.extend(self.env.impl_.and_then(|id| self.out.traits.impl_traits[id]));
        }
        for bound in &self.env.bounds {
            if let BoundTrait::Declared(id) = bound.trait_
                && bound.subject == base
            {
                found.push(id);
            }
        }
        if let Some(owner) = self.method_owner(base) {
            found.extend(self.out.traits.of_owner.get(&owner).into_iter().flatten());
        }
        found
    }

    fn report_unknown_projection(&mut self, base: Ty, name: ast::Name, candidates: &[TraitId]) {
        let (cx, text) = (self.cx, self.cx.name(name.symbol));
        let types = candidates.iter().flat_map(|&id| self.out.traits.infos[id].all.clone());
        let types: Vec<&str> = types
            .flat_map(|id| self.out.traits.infos[id].types.iter().map(|ty| cx.name(ty.symbol)).collect::<Vec<_>>())
            .collect();
        let near = suggest::did_you_mean(text, types);
        let of = match self.env.params.iter().find(|&&(_, ty)| ty == base) {
            Some(&(param, _)) => cx.name(param).to_string(),
            None if self.env.self_ty == Some(base) => "Self".to_string(),
            None => self.display(base),
        };
        let message = format!("no bound of `{of}` declares an associated type `{text}`{near}");
        self.diags.push(Diagnostic::error(codes::ASSOCIATED_TYPE, name.span, message));
    }

    /// `ty` with the associated types replaced whose base is known, and variables in place of those whose base is open.
    /// Types that have none are reported at `at`; without it they were.
    pub(in crate::infer) fn normalize(&mut self, ty: Ty, at: Option<Span>) -> Ty {
        if !self.out.tys.has_projections(ty) {
            return ty;
        }
        match self.out.tys.kind(ty) {
            TyKind::Assoc(base, trait_, name) => {
                let base = self.normalize(base, at);
                match self.out.tys.kind(base) {
                    TyKind::Param(_) | TyKind::Assoc(..) => self.out.tys.intern(TyKind::Assoc(base, trait_, name)),
                    TyKind::Var(_) if let Some(at) = at => {
                        let result = self.out.tys.fresh();
                        self.demand(Goal::Project(Projection { base, trait_, name, result, at }));
                        result
                    }
                    _ => self.project(base, trait_, name, at),
                }
            }
            TyKind::Array(element) => {
                let element = self.normalize(element, at);
                self.out.tys.array(element)
            }
            TyKind::Cell(content) => {
                let content = self.normalize(content, at);
                self.out.tys.cell(content)
            }
            TyKind::Tuple(list) => {
                let list = self.normalize_list(list, at);
                self.out.tys.intern(TyKind::Tuple(list))
            }
            TyKind::Fn(list) => {
                let list = self.normalize_list(list, at);
                self.out.tys.intern(TyKind::Fn(list))
            }
            TyKind::Struct(id, list) => {
                let list = self.normalize_list(list, at);
                self.out.tys.intern(TyKind::Struct(id, list))
            }
            TyKind::Enum(id, list) => {
                let list = self.normalize_list(list, at);
                self.out.tys.intern(TyKind::Enum(id, list))
            }
            _ => ty,
        }
    }

    /// Notes the associated types that blanket blocks give `ty`, which satisfies the trait, so that they are known in the
    /// fields of types with this bound.
    pub(in crate::infer) fn note_associated(&mut self, ty: Ty, id: TraitId) {
        let ty = self.out.tys.resolve(ty);
        if !self.out.tys.is_ground(ty) {
            return;
        }
        for owner in self.out.traits.infos[id].all.clone() {
            for name in self.out.traits.infos[owner].types.clone() {
                let found = self.project(ty, owner, name.symbol, None);
                if found != Ty::ERROR {
                    self.out.tys.associated_by_blanket.insert((ty, owner, name.symbol), found);
                }
            }
        }
    }

    fn normalize_list(&mut self, list: TyList, at: Option<Span>) -> TyList {
        let tys = self.out.tys.args(list).to_vec();
        let tys: Vec<Ty> = tys.into_iter().map(|ty| self.normalize(ty, at)).collect();
        self.out.tys.list(&tys)
    }

    /// What the associated type of a type that is known is; an error type after a report.
    pub(in crate::infer) fn project(&mut self, base: Ty, trait_: TraitId, name: Symbol, at: Option<Span>) -> Ty {
        if self.out.tys.kind(base) == TyKind::Error {
            return Ty::ERROR;
        }
        let block = self.method_owner(base).and_then(|owner| self.out.impl_of(owner, trait_));
        let Some(block) = block else {
            if let Some(at) = at {
                self.report_no_type(base, trait_, name, at);
            }
            return Ty::ERROR;
        };
        let Some(&template) = self.out.traits.types.get(&(block, name)) else {
            self.report_late_type(block, name, at);
            return Ty::ERROR;
        };
        let is_blanket = self.out.traits.blankets.iter().any(|blanket| blanket.impl_ == block);
        let args = if is_blanket { self.out.tys.list(&[base]) } else { self.type_args_of(base) };
        let ty = self.out.tys.subst(template, args);
        self.normalize(ty, at)
    }

    fn report_no_type(&mut self, base: Ty, trait_: TraitId, name: Symbol, at: Span) {
        let (ty, text) = (self.display(base), self.cx.name(name));
        let of = self.cx.name(self.decls.traits[trait_].name.symbol);
        let message = format!("type `{ty}` has no associated type `{text}`: there is no `impl {of} for {ty}`");
        self.diags.push(Diagnostic::error(codes::ASSOCIATED_TYPE, at, message));
    }

    /// Associated types are resolved in source order, and may name earlier ones. One that is missing altogether is
    /// reported with the block.
    fn report_late_type(&mut self, block: ImplId, name: Symbol, at: Option<Span>) {
        let is_late = self.decls.impls[block].members.iter().any(
            |member| matches!(member.kind, ast::MemberKind::AssociatedType(given, Some(_)) if given.symbol == name),
        );
        if let Some(at) = at
            && is_late
        {
            let message = format!("associated type `{}` is used before its declaration", self.cx.name(name));
            self.diags.push(Diagnostic::error(codes::ASSOCIATED_TYPE, at, message));
        }
    }
}

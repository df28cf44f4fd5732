//! Whether an `impl` of a trait gives what the trait requires.

use resilient_base::{Diagnostic, Span, diag::codes};
use resilient_syntax::ast::{self, MemberKind};

use super::super::Checker;
use super::super::ty::{Ty, TyKind};
use super::declare::Target;
use super::{BoundTrait, TraitMethod};
use crate::decls::{FnId, ImplId, TraitId};
use crate::suggest;

/// A method whose result is known only when its body was checked.
#[derive(Clone, Copy)]
pub(in crate::infer) struct LateResult {
    declared: FnId,
    given: FnId,
    /// The type of the block.
    self_ty: Ty,
}

impl<'a> Checker<'_, '_, 'a> {
    /// Checks all blocks. Signatures are known.
    pub(in crate::infer) fn check_impls(&mut self, targets: &[Option<Target>]) {
        for (id, target) in self.decls.impls.keys().zip(targets) {
            let (Some(trait_), Some(target)) = (self.out.traits.impl_traits[id], target) else { continue };
            self.check_methods(id, trait_, target);
            self.check_types(id, trait_);
            self.check_supers(id, trait_, target);
            self.check_defaults_of(id, trait_, target);
        }
    }

    fn block_span(&self, id: ImplId) -> Span {
        let decl = self.decls.impls[id];
        decl.trait_.map_or(decl.target.span, |written| written.span)
    }

    fn trait_text(&self, id: TraitId) -> &str {
        self.cx.name(self.decls.traits[id].name.symbol)
    }

    /// `impl Tr for S`
    fn block_text(&self, id: ImplId, trait_: TraitId) -> String {
        format!("impl {} for {}", self.trait_text(trait_), self.cx.sources.text(self.decls.impls[id].target.span))
    }

    fn given(&self, id: ImplId, method: TraitMethod) -> Option<FnId> {
        let found = self.decls.fns.iter().find(|(_, e)| e.impl_ == Some(id) && e.name.symbol == method.name);
        found.map(|(func, _)| func)
    }

    fn check_methods(&mut self, id: ImplId, trait_: TraitId, target: &Target) {
        let methods = self.out.traits.infos[trait_].methods.clone();
        let mut missing = Vec::new();
        for method in methods {
            match self.given(id, method) {
                Some(given) => self.check_method(method.func, given, target),
                None if !method.has_default => missing.push(method),
                None => {}
            }
        }
        if missing.is_empty() {
            return;
        }
        let texts: Vec<String> = missing.iter().map(|m| format!("`{}`", self.cx.name(m.name))).collect();
        let word = if missing.len() == 1 { "method" } else { "methods" };
        let message = format!("`{}` lacks the {word} {}", self.block_text(id, trait_), texts.join(", "));
        let mut diagnostic = Diagnostic::error(codes::INCOMPLETE_IMPL, self.block_span(id), message);
        for method in missing {
            let text = self.signature_text(method.func);
            diagnostic = diagnostic.with_secondary(self.fn_span(method.func), format!("required here: `{text}`"));
        }
        self.diags.push(diagnostic);
    }

    /// Compares a method with its declaration in the trait.
    fn check_method(&mut self, declared: FnId, given: FnId, target: &Target) {
        let (want, have) = (self.out.sigs[declared].clone(), self.out.sigs[given].clone());
        if want.is_orphan || have.is_orphan {
            return;
        }
        let n_own = have.type_params.len() - target.params.len();
        if want.has_self != have.has_self {
            let word = if want.has_self { "lacks" } else { "must not have" };
            self.report_method(declared, given, &format!("it {word} the parameter `self`"));
            return;
        }
        if want.params.len() != have.params.len() {
            self.report_method(declared, given, "the parameters differ in number");
            return;
        }
        if n_own + 1 != want.type_params.len() {
            self.report_method(declared, given, "the type parameters differ in number");
            return;
        }
        if let Some(name) = self.raises_more(declared, given) {
            self.report_method(declared, given, &format!("it must not declare `fails {name}`"));
            return;
        }
        let wanted = self.declared_types(declared, target.ty, target.params.len() as u32);
        for (i, (param, wanted)) in have.params.iter().zip(&wanted.params).enumerate() {
            if !self.is_same_type(*wanted, param.ty) {
                let (want, have) = (self.template_ty(*wanted, given), self.template_ty(param.ty, given));
                let what = format!("parameter {} must be `{want}`, is `{have}`", i + 1);
                self.report_method(declared, given, &what);
                return;
            }
        }
        match (wanted.result, have.result) {
            (Some(wanted), Some(result)) if !self.out.tys.has_variables(result) => {
                self.check_result(declared, given, wanted, result);
            }
            _ => self.late_results.push(LateResult { declared, given, self_ty: target.ty }),
        }
    }

    fn check_result(&mut self, declared: FnId, given: FnId, wanted: Ty, found: Ty) {
        if !self.is_same_type(wanted, found) {
            let (want, have) = (self.template_ty(wanted, given), self.template_ty(found, given));
            self.report_method(declared, given, &format!("the result must be `{want}`, is `{have}`"));
        }
    }

    /// Compares the results that were inferred.
    pub(in crate::infer) fn check_late_results(&mut self) {
        let late = std::mem::take(&mut self.late_results);
        for LateResult { declared, given, self_ty } in late {
            let found = self.out.insts.values().find(|inst| inst.func == given && !inst.is_probe);
            let Some((args, result)) = found.map(|inst| (inst.args, inst.result)) else { continue };
            let self_ty = self.out.tys.subst(self_ty, args);
            let wanted = match self.out.sigs[declared].result {
                Some(_) => self.declared_types(declared, self_ty, 0).result,
                None => self.default_result(declared),
            };
            let result = self.out.tys.close(result);
            if let Some(wanted) = wanted {
                self.check_result(declared, given, wanted, result);
            }
        }
    }

    /// The types of a member of a trait for this `Self`. Its own type parameters get numbers from `first` on.
    pub(super) fn declared_types(&mut self, declared: FnId, self_ty: Ty, first: u32) -> Declared {
        let sig = self.out.sigs[declared].clone();
        let mut args = vec![self_ty];
        args.extend((0..sig.type_params.len() as u32 - 1).map(|i| self.out.tys.intern(TyKind::Param(first + i))));
        let args = self.out.tys.list(&args);
        let mut put_in = |ty: Ty| {
            let ty = self.out.tys.subst(ty, args);
            self.normalize(ty, None)
        };
        Declared { params: sig.params.iter().map(|param| put_in(param.ty)).collect(), result: sig.result.map(put_in) }
    }

    /// Whether two types are the same, or something was reported about one of them.
    pub(super) fn is_same_type(&mut self, a: Ty, b: Ty) -> bool {
        let (a, b) = (self.out.tys.resolve(a), self.out.tys.resolve(b));
        a == b || self.out.tys.contains_error(a) || self.out.tys.contains_error(b)
    }

    pub(super) fn report_method(&mut self, declared: FnId, given: FnId, what: &str) {
        let name = self.out.full_name(given, self.decls, self.cx);
        let text = self.signature_text(declared);
        let message = format!("`{name}` differs from its declaration in the trait: {what}");
        self.diags.push(
            Diagnostic::error(codes::IMPL_MISMATCH, self.fn_span(given), message)
                .with_secondary(self.fn_span(declared), format!("declared here: `{text}`")),
        );
    }

    fn check_types(&mut self, id: ImplId, trait_: TraitId) {
        let declared = self.out.traits.infos[trait_].types.clone();
        let decl = self.decls.impls[id];
        let cx = self.cx;
        for member in decl.members {
            let MemberKind::AssociatedType(name, _) = member.kind else { continue };
            if declared.iter().any(|ty| ty.symbol == name.symbol) {
                continue;
            }
            let text = cx.name(name.symbol);
            let near = suggest::did_you_mean(text, declared.iter().map(|ty| cx.name(ty.symbol)));
            let of = self.trait_text(trait_);
            let message = format!("trait `{of}` declares no associated type `{text}`{near}");
            self.diags.push(Diagnostic::error(codes::ASSOCIATED_TYPE, name.span, message));
        }
        for ty in declared {
            let is_given = |member: &ast::Member<'_>| matches!(member.kind, MemberKind::AssociatedType(name, _) if name.symbol == ty.symbol);
            if !decl.members.iter().any(is_given) {
                let (block, text) = (self.block_text(id, trait_), cx.name(ty.symbol));
                let message = format!("`{block}` lacks the associated type `{text}`");
                self.diags.push(
                    Diagnostic::error(codes::INCOMPLETE_IMPL, self.block_span(id), message)
                        .with_secondary(ty.span, "required here")
                        .with_help(format!("add `type {text} = TYPE;`")),
                );
            }
        }
    }

    fn check_supers(&mut self, id: ImplId, trait_: TraitId, target: &Target) {
        for extended in self.out.traits.infos[trait_].supers.clone() {
            let holds = match self.method_owner(target.ty) {
                Some(_) => self.out.implements(target.ty, extended),
                None => self.blanket_implies(id, extended),
            };
            if holds {
                continue;
            }
            let (block, wanted) = (self.block_text(id, trait_), self.trait_text(extended));
            let ty = self.cx.sources.text(self.decls.impls[id].target.span);
            let message = format!("`{block}` needs an `impl {wanted} for {ty}`");
            let paths = self.decls.traits[trait_].supers;
            let path = paths.iter().find(|path| {
                self.decls.scopes.trait_at(self.decls.trait_scope(trait_), path.segments) == Some(extended)
            });
            let mut diagnostic = Diagnostic::error(codes::INCOMPLETE_IMPL, self.block_span(id), message);
            if let Some(path) = path {
                let of = self.trait_text(trait_);
                diagnostic = diagnostic.with_secondary(path.span, format!("`{of}` extends `{wanted}` here"));
            }
            self.diags.push(diagnostic);
        }
    }

    /// Whether all that satisfies the bounds of a blanket block has the trait too.
    fn blanket_implies(&self, id: ImplId, wanted: TraitId) -> bool {
        let traits = &self.out.traits;
        let bounds_of =
            |blanket: &super::Blanket| -> Vec<BoundTrait> { blanket.bounds.iter().map(|bound| bound.trait_).collect() };
        let Some(own) = traits.blankets.iter().find(|blanket| blanket.impl_ == id) else { return false };
        let own_bounds = bounds_of(own);
        let by_bound = own_bounds.iter().any(|bound| match bound {
            BoundTrait::Declared(bound) => traits.infos[*bound].all.contains(&wanted),
            BoundTrait::Operator(_) => false,
        });
        by_bound
            || traits
                .blankets
                .iter()
                .any(|other| other.trait_ == wanted && bounds_of(other).iter().all(|bound| own_bounds.contains(bound)))
    }

    /// A type has one method of a name: a default must not meet another definition.
    fn check_defaults_of(&mut self, id: ImplId, trait_: TraitId, target: &Target) {
        let Some(owner) = self.method_owner(target.ty) else { return };
        for method in self.out.traits.infos[trait_].methods.clone() {
            if !method.has_default || self.given(id, method).is_some() {
                continue;
            }
            let own = self.out.methods.get(&(owner, method.name)).copied();
            let traits = &self.out.traits;
            let earlier = || {
                let others = traits.of_owner.get(&owner).into_iter().flatten().copied();
                others.take_while(|&other| other != trait_).find_map(|other| traits.default_method(other, method.name))
            };
            if let Some(other) = own.or_else(earlier) {
                let text = self.cx.name(method.name);
                let of = self.trait_text(trait_);
                let head = self.out.tys.head_name(target.ty).unwrap_or("Self");
                let message = format!("duplicate method `{text}` of `{head}`: trait `{of}` has a default of this name");
                self.diags.push(
                    Diagnostic::error(codes::DUPLICATE_METHOD, self.block_span(id), message)
                        .with_secondary(self.fn_span(other), "declared here")
                        .with_secondary(self.fn_span(method.func), "the default")
                        .with_help("define the method in this `impl` only"),
                );
            }
        }
    }
}

/// The types of a member of a trait with `Self` put in.
pub(super) struct Declared {
    pub(super) params: Vec<Ty>,
    pub(super) result: Option<Ty>,
}

//! Members of traits, super-traits, and the tables of implementations.

use resilient_base::{Diagnostic, Span, Symbol, diag::codes};
use resilient_syntax::ast::{self, MemberKind, TypeKind};
use rustc_hash::FxHashSet;

use super::super::Checker;
use super::super::signature::MethodOwner;
use super::super::ty::Ty;
use super::super::written::TypeEnv;
use super::{Blanket, TraitInfo, TraitMethod};
use crate::decls::{FnId, ImplId, OPERATOR_TRAITS, TraitId, head_name};
use crate::suggest;

/// What an `impl` is for.
#[derive(Clone)]
pub(crate) struct Target {
    /// The type.
    pub(crate) ty: Ty,
    /// The names of its type parameters, where they have one.
    pub(crate) params: Vec<Option<Symbol>>,
}

impl<'a> Checker<'_, '_, 'a> {
    /// Makes the table of traits. Only names are needed for that.
    pub(in crate::infer) fn declare_traits(&mut self) {
        for (id, decl) in self.decls.traits.iter() {
            self.out.tys.nominals.traits.push(self.cx.name(decl.name.symbol).into());
            if let Some(param) = decl.type_params.first() {
                let message = "traits have no type parameters";
                self.diags.push(
                    Diagnostic::error(codes::TYPE_MISMATCH, param.name.span, message)
                        .with_help("declare an associated type: `type Item;`"),
                );
            }
            self.env.scope = self.decls.trait_scope(id);
            let supers = decl.supers.iter().filter_map(|path| self.trait_named(path)).collect();
            let methods = self.trait_methods(id);
            let types = self.trait_types(decl);
            self.out.traits.infos.push(TraitInfo { supers, all: Vec::new(), methods, types });
        }
        self.close_supers();
    }

    fn trait_methods(&mut self, id: TraitId) -> Vec<TraitMethod> {
        let mut methods: Vec<TraitMethod> = Vec::new();
        for (func, entry) in self.decls.fns.iter().filter(|(_, entry)| entry.trait_ == Some(id)) {
            let name = entry.name.symbol;
            if let Some(earlier) = methods.iter().find(|method| method.name == name) {
                let message = format!("duplicate method `{}` of trait", self.cx.name(name));
                let earlier = self.decls.fns[earlier.func].name.span;
                self.diags.push(
                    Diagnostic::error(codes::DUPLICATE_METHOD, entry.name.span, message)
                        .with_secondary(earlier, "previously declared here"),
                );
                continue;
            }
            methods.push(TraitMethod { name, func, has_default: entry.decl.body.is_some() });
        }
        methods
    }

    fn trait_types(&mut self, decl: &ast::TraitDecl<'_>) -> Vec<ast::Name> {
        let mut types: Vec<ast::Name> = Vec::new();
        for member in decl.members {
            let MemberKind::AssociatedType(name, default) = member.kind else { continue };
            if let Some(default) = default {
                let message = "an associated type has no default";
                self.diags.push(Diagnostic::error(codes::ASSOCIATED_TYPE, default.span, message));
            }
            if types.iter().any(|earlier| earlier.symbol == name.symbol) {
                let message = format!("associated type `{}` is declared twice", self.cx.name(name.symbol));
                self.diags.push(Diagnostic::error(codes::DUPLICATE_NAME, name.span, message));
            } else {
                types.push(name);
            }
        }
        types
    }

    /// The trait that is written as `path`. None after a report.
    pub(in crate::infer) fn trait_named(&mut self, path: &ast::Path<'_>) -> Option<TraitId> {
        let name = *path.segments.last()?;
        let found = self.decls.scopes.trait_at(self.env.scope, path.segments);
        if found.is_none() {
            self.report_unknown_trait(name);
        }
        found
    }

    pub(super) fn report_unknown_trait(&mut self, name: ast::Name) {
        if self.decls.reported.contains(&name.symbol) {
            return;
        }
        let (cx, text) = (self.cx, self.cx.name(name.symbol));
        let declared = self.decls.traits.values().map(|decl| cx.name(decl.name.symbol));
        let near = suggest::did_you_mean(text, declared.chain(OPERATOR_TRAITS.iter().copied()));
        let mut diagnostic =
            Diagnostic::error(codes::UNKNOWN_TRAIT, name.span, format!("Unknown trait '{text}'{near}"));
        if self.decls.scopes.type_name(self.env.scope, name.symbol).is_some() {
            diagnostic = diagnostic.with_note(format!("`{text}` is a type, not a trait"));
        }
        self.diags.push(diagnostic);
    }

    /// Finds for each trait all that it extends, and reports those that extend themselves.
    fn close_supers(&mut self) {
        let ids: Vec<TraitId> = self.out.traits.infos.keys().collect();
        for &id in &ids {
            let mut all = vec![id];
            let mut seen = FxHashSet::from_iter([id]);
            let mut next = 0;
            let mut is_cycle = false;
            while let Some(&at) = all.get(next) {
                next += 1;
                for &extended in &self.out.traits.infos[at].supers {
                    is_cycle |= extended == id;
                    if seen.insert(extended) {
                        all.push(extended);
                    }
                }
            }
            if is_cycle {
                let name = self.decls.traits[id].name;
                let message = format!("trait `{}` extends itself", self.cx.name(name.symbol));
                self.diags.push(Diagnostic::error(codes::TRAIT_CYCLE, name.span, message));
            }
            self.out.traits.infos[id].all = all;
        }
    }

    /// Enters the blocks into the tables, and the associated types that they give. `targets` are the types they are for.
    pub(in crate::infer) fn declare_impls(&mut self, targets: &[Option<Target>]) {
        for (id, target) in self.decls.impls.keys().zip(targets) {
            let decl = self.decls.impls[id];
            let Some(written) = decl.trait_ else { continue };
            self.env.scope = self.decls.impl_scope(id);
            let Some(trait_) = self.impl_trait(written) else { continue };
            self.out.traits.impl_traits[id] = Some(trait_);
            let Some(target) = target else { continue };
            match self.method_owner(target.ty) {
                Some(owner) => self.declare_impl(id, trait_, owner, written.span),
                None => self.declare_blanket(id, trait_, decl),
            }
        }
        for (id, target) in self.decls.impls.keys().zip(targets) {
            if let Some(target) = target {
                self.env.scope = self.decls.impl_scope(id);
                self.declare_impl_types(id, target);
            }
        }
    }

    /// The trait of `impl Tr for T`; none if the block is an inherent one.
    fn impl_trait(&mut self, written: &ast::Type<'_>) -> Option<TraitId> {
        let Some(name) = head_name(written) else {
            let message = "expected the name of a trait";
            self.diags.push(Diagnostic::error(codes::UNKNOWN_TRAIT, written.span, message));
            return None;
        };
        let found = match &written.kind {
            TypeKind::Path(path, _) => self.decls.scopes.trait_at(self.env.scope, path.segments),
            _ => None,
        };
        let needs_no_declaration = OPERATOR_TRAITS.binary_search(&self.cx.name(name.symbol)).is_ok();
        if found.is_none() && !needs_no_declaration {
            self.report_unknown_trait(name);
        }
        found
    }

    fn declare_impl(&mut self, id: ImplId, trait_: TraitId, owner: MethodOwner, at: Span) {
        if let Some(&earlier) = self.out.traits.impls.get(&(owner, trait_)) {
            let earlier = self.decls.impls[earlier];
            let name = self.cx.name(self.decls.traits[trait_].name.symbol);
            let message = format!("`{name}` is implemented twice for one type");
            let span = earlier.trait_.map_or(earlier.target.span, |written| written.span);
            self.diags.push(
                Diagnostic::error(codes::DUPLICATE_IMPL, at, message).with_secondary(span, "implemented here before"),
            );
            // What it lacks is of no interest.
            self.out.traits.impl_traits[id] = None;
            return;
        }
        self.out.traits.impls.insert((owner, trait_), id);
        self.out.traits.of_owner.entry(owner).or_default().push(trait_);
    }

    fn declare_blanket(&mut self, id: ImplId, trait_: TraitId, decl: &'a ast::ImplDecl<'a>) {
        let env = self.blanket_env(decl);
        let outer = std::mem::replace(&mut self.env, env);
        let bounds = self.bounds(decl.type_params, &[]);
        self.env = outer;
        let is_same = |earlier: &Blanket| {
            let names = |bounds: &[super::Bound]| {
                let mut names: Vec<super::BoundTrait> = bounds.iter().map(|bound| bound.trait_).collect();
                names.sort_unstable();
                names
            };
            earlier.trait_ == trait_ && names(&earlier.bounds) == names(&bounds)
        };
        if let Some(earlier) = self.out.traits.blankets.iter().find(|earlier| is_same(earlier)) {
            let span = self.decls.impls[earlier.impl_].target.span;
            let message = "two `impl`s of one trait for all types with the same bounds";
            self.diags.push(
                Diagnostic::error(codes::DUPLICATE_IMPL, decl.target.span, message)
                    .with_secondary(span, "the other one"),
            );
        }
        let methods =
            self.decls.fns.iter().filter(|(_, entry)| entry.impl_ == Some(id)).map(|(func, e)| (e.name.symbol, func));
        let methods: rustc_hash::FxHashMap<Symbol, FnId> = methods.collect();
        self.out.traits.blankets.push(Blanket { impl_: id, trait_, bounds, methods });
    }

    fn blanket_env(&mut self, decl: &ast::ImplDecl<'_>) -> TypeEnv {
        let params = self.named_params(&decl.type_params.iter().map(|p| Some(p.name.symbol)).collect::<Vec<_>>());
        TypeEnv { params, ..TypeEnv::default() }
    }

    fn declare_impl_types(&mut self, id: ImplId, target: &Target) {
        let decl = self.decls.impls[id];
        for member in decl.members {
            let MemberKind::AssociatedType(name, written) = member.kind else { continue };
            let Some(written) = written else {
                let message = format!("`type {}` needs a type here", self.cx.name(name.symbol));
                self.diags.push(Diagnostic::error(codes::ASSOCIATED_TYPE, name.span, message));
                continue;
            };
            let params = self.named_params(&target.params);
            let env = TypeEnv { params, self_ty: Some(target.ty), impl_: Some(id), ..TypeEnv::default() };
            let outer = std::mem::replace(&mut self.env, env);
            let ty = self.resolve_type(written);
            self.env = outer;
            let ty = match self.out.tys.has_variables(ty) {
                false => ty,
                true => {
                    let message = "the type arguments must be written here";
                    self.diags.push(Diagnostic::error(codes::NEEDS_ANNOTATION, written.span, message));
                    Ty::ERROR
                }
            };
            let trait_ = self.out.traits.impl_traits[id].and_then(|of| self.out.traits.type_owner(of, name.symbol));
            if let (Some(owner), Some(trait_)) = (self.method_owner(target.ty), trait_) {
                self.out.tys.associated.insert((owner, trait_, name.symbol), ty);
            }
            if self.out.traits.types.insert((id, name.symbol), ty).is_some() {
                let message = format!("associated type `{}` is given twice", self.cx.name(name.symbol));
                self.diags.push(Diagnostic::error(codes::DUPLICATE_NAME, name.span, message));
            }
        }
    }
}

//! `dyn Tr`: enums of the types that the checker saw become one, and the functions that look into them.
//!
//! See `infer/traits/dynamic` for why there are no tables of function addresses. A value of type `dyn Tr` is a variant
//! with the value as its payload, always behind a reference, so that all are of one size. The functions:
//!
//! ```text
//! dyn Tr$method(value, a)  =>  match value { V0(v) => S0$method(v, a), V1(v) => S1$method(v, a) }
//! ```
//!
//! and the like for the display forms and for `dyn A` as `dyn B`. Equality is that of enums.

use resilient_base::Span;
use resilient_syntax::ast;

use super::derived::Derived;
use super::func::FnLower;
use super::{Lower, Uses};
use crate::decls::{FnId, TraitId};
use crate::infer::InstId;
use crate::infer::ty::{Ty, TyKind, TyList};
use crate::tables::ArgSource;
use crate::typed::{Decision, Expr, ExprKind, Func, LocalId, Match};
use crate::types::{EnumDef, FieldDef, Type, TypeKind, Types, VariantDef, VariantForm};

/// A function that looks into a `dyn` value.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Dynamic {
    /// The call of a member of the trait on a value of the first type, with the result of the second.
    Call(Type, FnId, Type),
    /// The second form of `next` on a value of the first type, with the result of the second; see `iterators`.
    Step(Type, FnId, Type),
    /// The display form of the value inside.
    Display(Type),
    /// Its display form as inside another value.
    Quoted(Type),
    /// A value of the first type as one of the second.
    Widen(Type, Type),
}

impl Lower<'_, '_, '_, '_> {
    /// The trait of a `dyn` type.
    pub(super) fn dyn_trait(&self, ty: Type) -> Option<TraitId> {
        if !matches!(self.types.kind(ty), TypeKind::Enum(_)) {
            return None;
        }
        match self.checked.tys.peek(*self.origins.get(&ty)?) {
            TyKind::Dyn(id) => Some(id),
            _ => None,
        }
    }

    /// The enum for `dyn Tr`.
    pub(super) fn concrete_dyn(&mut self, ty: Ty, id: TraitId) -> Type {
        let name = self.checked.tys.display(ty).into();
        let enum_ = self.types.enums.push(EnumDef { name, qualified: false, variants: Vec::new(), boxed: true });
        let found = self.types.intern(TypeKind::Enum(enum_));
        self.remember(ty, found);
        let mut variants = Vec::new();
        for ty in self.checked.traits.dyns[id].clone() {
            let name = self.checked.tys.display(ty).into();
            let field = FieldDef { name: "0".into(), ty: self.concrete(ty) };
            variants.push(VariantDef { name, form: VariantForm::Tuple, fields: vec![field] });
        }
        if variants.is_empty() {
            // Nothing ever becomes one. Enums have variants, so there is one that is never made.
            variants.push(VariantDef { name: "None".into(), form: VariantForm::Plain, fields: Vec::new() });
        }
        self.types.enums[enum_].variants = variants;
        found
    }
}

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    /// `value` as a value of the `dyn` type `target`.
    pub(super) fn boxed_as(&mut self, value: Expr<'t>, target: Type) -> Expr<'t> {
        if self.p.dyn_trait(value.ty).is_some() {
            let widen = Derived::Dynamic(Dynamic::Widen(value.ty, target));
            return self.call_derived(widen, &[value], target, value.span);
        }
        let number = self.variant_of(target, value.ty);
        self.variant_value(number, &[value], target, value.span)
    }

    /// The variant of a `dyn` type that holds values of type `ty`.
    fn variant_of(&self, target: Type, ty: Type) -> u32 {
        let TypeKind::Enum(id) = *self.p.types.kind(target) else { unreachable!("`dyn` types are enums") };
        let variants = &self.p.types.enums[id].variants;
        let found = variants.iter().position(|variant| variant.fields.iter().any(|field| field.ty == ty));
        found.expect("the checker noted every type that becomes a `dyn` one") as u32
    }

    /// A call of a member of a trait on a `dyn` value.
    pub(super) fn call_dyn(
        &mut self,
        expr: &'a ast::Expr<'a>,
        (func, type_args): (FnId, TyList),
        sources: &[ArgSource],
        args: &[&'a ast::Expr<'a>],
    ) -> Expr<'t> {
        let span = expr.span;
        let params = self.p.dyn_params(func, type_args);
        let mut values = Vec::with_capacity(sources.len());
        for (index, source) in sources.iter().enumerate() {
            values.push(match source {
                ArgSource::Given(at) => self.into(args[*at as usize], params[index], false),
                ArgSource::Default => {
                    let default = self.p.checked.sigs[func].params[index].default.clone();
                    self.default_value(default, params[index], span)
                }
            });
        }
        if let Err(diverging) = self.operands(&values, span) {
            return diverging;
        }
        let result = self.ty_or_never(expr);
        let call = Derived::Dynamic(Dynamic::Call(params[0], func, result));
        self.call_derived(call, &values, result, span)
    }
}

impl Lower<'_, '_, '_, '_> {
    /// Types of the parameters of a member of a trait on a `dyn` value.
    fn dyn_params(&mut self, func: FnId, type_args: TyList) -> Vec<Type> {
        let templates: Vec<Ty> = self.checked.sigs[func].params.iter().map(|param| param.ty).collect();
        let concrete = |ty| {
            let ty = self.checked.tys.subst(ty, type_args);
            self.concrete(ty)
        };
        templates.into_iter().map(concrete).collect()
    }
}

impl<'l, 'c, 'd, 'a, 't> FnLower<'l, 'c, 'd, 'a, 't> {
    /// The function `dynamic`, and what it mentions.
    pub(super) fn dynamic(p: &'l mut Lower<'c, 'd, 'a, 't>, dynamic: Dynamic) -> (Func<'t>, Uses) {
        let span = Span::new(p.file, 0, 0);
        let (name, params, result) = p.dynamic_signature(dynamic);
        let name: &'t str = p.arena.alloc_str(&name);
        let mut this = FnLower::new(p, result);
        let params: Vec<LocalId> = params
            .into_iter()
            .enumerate()
            .map(|(i, ty)| this.temp(if i == 0 { "$value" } else { "$arg" }, ty, span))
            .collect();
        let body = this.dynamic_body(dynamic, &params, span);
        let arena = this.p.arena;
        let func = Func {
            name,
            params: arena.alloc_slice_copy(&params),
            at_caller: false,
            locals: arena.alloc_slice_copy(&this.locals),
            n_loops: 0,
            result,
            requires: &[],
            entry_copies: &[],
            result_local: None,
            ensures: &[],
            deferred: None,
            is_deferred: false,
            failures: None,
            body: arena.alloc(body),
            span,
        };
        (func, this.uses)
    }

    fn dynamic_body(&mut self, dynamic: Dynamic, params: &[LocalId], span: Span) -> Expr<'t> {
        let [value, rest @ ..] = params else { unreachable!("all these functions take the value") };
        let subject = self.local(*value, span);
        let rest: Vec<Expr<'t>> = rest.iter().map(|&param| self.local(param, span)).collect();
        let trait_ = self.p.dyn_trait(subject.ty);
        let types = trait_.map_or(Vec::new(), |id| self.p.checked.traits.dyns[id].clone());
        let mut arms = Vec::with_capacity(types.len());
        for (number, ty) in (0..).zip(types) {
            let inner = self.payload(subject, number, 0, span);
            arms.push(match dynamic {
                Dynamic::Call(_, func, _) => self.call_inner(func, ty, inner, &rest, span),
                Dynamic::Step(own, func, _) => self.step_inner(func, ty, inner, own, span),
                Dynamic::Display(_) => self.display(inner),
                Dynamic::Quoted(_) => self.quoted(inner),
                Dynamic::Widen(_, to) => self.boxed_as(inner, to),
            });
        }
        if arms.is_empty() {
            let message = self.str("a value that does not exist", span);
            return Expr { kind: ExprKind::Fault(self.alloc(message)), ty: Types::NEVER, span };
        }
        let arena = self.p.arena;
        let cases: Vec<(u32, Decision<'t>)> =
            (0..arms.len() as u32).map(|arm| (arm, Decision::Arm { bindings: &[], arm })).collect();
        let subject = self.alloc(subject);
        let decision = Decision::Switch { subject, cases: arena.alloc_slice_copy(&cases), default: None };
        let node = Match { decision: arena.alloc(decision), arms: arena.alloc_slice_copy(&arms) };
        Expr { kind: ExprKind::Match(arena.alloc(node)), ty: self.result, span }
    }

    /// The function that a call of the member `func` of a trait reaches on a value of type `ty`.
    fn target_inst(&mut self, func: FnId, ty: Ty) -> InstId {
        let name = self.p.decls.fns[func].name.symbol;
        let trait_ = self.p.decls.fns[func].trait_.expect("the member of a trait");
        let method = self.p.checked.traits.method(trait_, name).expect("the member of a trait");
        let target = self.p.checked.dispatch_target(ty, method);
        let (target, args) = target.expect("the checker saw that the type satisfies the trait");
        self.instance(target, args)
    }

    /// The step of the value inside, which is of type `ty`, with the value boxed again.
    fn step_inner(&mut self, func: FnId, ty: Ty, inner: Expr<'t>, own: Type, span: Span) -> Expr<'t> {
        let inst = self.target_inst(func, ty);
        let pair = self.p.step_result(inst);
        let call = self.call_derived(Derived::Step(inst), &[inner], pair, span);
        let mut stmts = Vec::new();
        let step = self.keep(call, "$step", &mut stmts);
        let item = self.field(self.local(step, span), 0, span);
        let rest = self.field(self.local(step, span), 1, span);
        let rest = self.boxed_as(rest, own);
        let whole = self.struct_value(&[item, rest], self.result, span);
        self.block_of(&stmts, Some(whole), self.result, span)
    }

    /// The call on the value inside, which is of type `ty`.
    fn call_inner(&mut self, func: FnId, ty: Ty, inner: Expr<'t>, rest: &[Expr<'t>], span: Span) -> Expr<'t> {
        let inst = self.target_inst(func, ty);
        let mut values = vec![inner];
        values.extend_from_slice(rest);
        self.call_values(inst, &values, span, false)
    }
}

impl Lower<'_, '_, '_, '_> {
    /// The name of the function `dynamic`, the types of its parameters, and its result.
    fn dynamic_signature(&mut self, dynamic: Dynamic) -> (String, Vec<Type>, Type) {
        match dynamic {
            Dynamic::Call(ty, func, result) => {
                let self_ty = self.origins[&ty];
                let type_args = self.checked.tys.list(&[self_ty]);
                let method = self.cx.name(self.decls.fns[func].name.symbol);
                let name = format!("{}${method}", self.types.display(ty));
                (name, self.dyn_params(func, type_args), result)
            }
            Dynamic::Step(ty, func, pair) => {
                let method = self.cx.name(self.decls.fns[func].name.symbol);
                (format!("{}${method}$step", self.types.display(ty)), vec![ty], pair)
            }
            Dynamic::Display(ty) => (format!("display${}", self.types.display(ty)), vec![ty], Types::STR),
            Dynamic::Quoted(ty) => (format!("quoted${}", self.types.display(ty)), vec![ty], Types::STR),
            Dynamic::Widen(from, to) => {
                let (source, target) = (self.types.display(from), self.types.display(to));
                (format!("{target}$from${source}"), vec![from], to)
            }
        }
    }
}

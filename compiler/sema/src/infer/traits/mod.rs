//! Traits: who declares what, who implements what, and what a type satisfies.
//!
//! In: declarations of traits and `impl` blocks. Out: [`Traits`], from which methods are found ([`Checked::find_method`]),
//! bounds are checked and `dyn` values are made.
//!
//! # Templates
//!
//! Members of a trait are templates whose first type parameter is `Self`. A default method that a type does not define
//! is an instance of the trait's template for the type; so is a method of a blanket `impl` (its first type parameter
//! is the target). They are checked per instance like all generic code. A default method is also checked once for a
//! `Self` of which only the trait is known ([`TyTable::opaque`](super::ty::TyTable::opaque)), because it may use no
//! more than that.
//!
//! # Modules
//!
//! - `declare`: members, super-traits, associated types, and the tables;
//! - `impls`: whether an `impl` gives what its trait requires;
//! - `bounds`: bounds as written, and whether a type satisfies them;
//! - `projection`: `T::Item`;
//! - `dynamic`: which types enter `dyn Tr`, and what that asks of them.

mod bounds;
mod declare;
mod dynamic;
mod impls;
mod projection;

use resilient_base::{PrimaryMap, SecondaryMap, Span, Symbol};
use rustc_hash::{FxHashMap, FxHashSet};

use super::Checked;
use super::nominal::{EnumDeclId, StructDeclId};
use super::signature::MethodOwner;
use super::ty::{Ty, TyKind, TyList};
use crate::decls::{FnId, ImplId, TraitId};

pub use bounds::{Bound, BoundTrait};
pub(super) use declare::Target;
pub use dynamic::DynValue;
pub(super) use impls::LateResult;
pub use projection::Projection;

/// A trait.
#[derive(Debug)]
pub struct TraitInfo {
    /// The traits it extends directly, in source order.
    pub supers: Vec<TraitId>,
    /// Itself and all traits it extends at any distance, each once, itself first.
    pub all: Vec<TraitId>,
    /// Its own members in source order.
    pub methods: Vec<TraitMethod>,
    /// The associated types it declares.
    pub types: Vec<resilient_syntax::ast::Name>,
}

/// A method or associated function that a trait declares.
#[derive(Clone, Copy, Debug)]
pub struct TraitMethod {
    /// Its name.
    pub name: Symbol,
    /// Its declaration.
    pub func: FnId,
    /// Whether it has a body.
    pub has_default: bool,
}

/// A type with type parameters that may have bounds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Nominal {
    /// A struct.
    Struct(StructDeclId),
    /// An enum.
    Enum(EnumDeclId),
}

/// `impl<T: A> Tr for T`
#[derive(Debug)]
pub struct Blanket {
    /// The block.
    pub impl_: ImplId,
    /// The trait.
    pub trait_: TraitId,
    /// What the target must satisfy.
    pub bounds: Vec<Bound>,
    /// Its functions by name.
    pub methods: FxHashMap<Symbol, FnId>,
}

/// All traits and their implementations.
#[derive(Default)]
pub struct Traits {
    /// The traits.
    pub infos: PrimaryMap<TraitId, TraitInfo>,
    /// The traits that `impl` blocks are for; none for inherent ones and after a report.
    pub impl_traits: SecondaryMap<ImplId, Option<TraitId>>,
    /// The block that implements a trait for a type.
    pub impls: FxHashMap<(MethodOwner, TraitId), ImplId>,
    /// The traits that a type has blocks for, in source order.
    pub of_owner: FxHashMap<MethodOwner, Vec<TraitId>>,
    /// The blanket blocks in source order.
    pub blankets: Vec<Blanket>,
    /// `type Item = T;` of the blocks. The type may mention the type parameters of the block.
    pub types: FxHashMap<(ImplId, Symbol), Ty>,
    /// Bounds on the parameters of structs and enums.
    pub nominal_bounds: FxHashMap<Nominal, Vec<Bound>>,
    /// The types in the `dyn` type of a trait in the order in which they were found.
    pub dyns: SecondaryMap<TraitId, Vec<Ty>>,
    /// Values that were found to become `dyn` ones and were not looked at yet.
    pub(super) dyn_values: Vec<DynValue>,
    /// `dyn` types whose values are compared.
    pub(super) compared_dyns: FxHashSet<TraitId>,
    /// Instances that do not satisfy their bounds and are not made.
    pub(super) rejected: FxHashSet<(FnId, TyList)>,
    /// Blanket blocks that are being tried for a type: a type has no trait by way of itself.
    trying: Vec<(MethodOwner, ImplId)>,
}

impl Traits {
    /// The member called `name` of a trait or one it extends.
    pub fn method(&self, id: TraitId, name: Symbol) -> Option<TraitMethod> {
        self.members(id).find(|method| method.name == name)
    }

    /// The members of a trait, then those of the ones it extends.
    pub fn members(&self, id: TraitId) -> impl Iterator<Item = TraitMethod> {
        self.infos[id].all.iter().flat_map(|&id| self.infos[id].methods.iter().copied())
    }

    /// The trait that declares the associated type `name`: `id` or one it extends.
    pub fn type_owner(&self, id: TraitId, name: Symbol) -> Option<TraitId> {
        let declares = |&id: &TraitId| self.infos[id].types.iter().any(|ty| ty.symbol == name);
        self.infos[id].all.iter().copied().find(|id| declares(id))
    }
}

impl Checked {
    /// The method or associated function called `name` of the type `ty`: its own, one of a blanket block, or a default
    /// of a trait that it has a block for.
    pub fn find_method(&mut self, ty: Ty, name: Symbol) -> Option<FnId> {
        if let TyKind::Dyn(id) = self.tys.kind(ty) {
            return self.traits.method(id, name).map(|method| method.func);
        }
        let owner = self.tys.method_owner(ty)?;
        self.method_of(owner, name)
    }

    fn method_of(&mut self, owner: MethodOwner, name: Symbol) -> Option<FnId> {
        if let Some(&func) = self.methods.get(&(owner, name)) {
            return Some(func);
        }
        let own = self.traits.of_owner.get(&owner);
        let default = own.into_iter().flatten().find_map(|&id| self.traits.default_method(id, name));
        default.or_else(|| self.blanket_method(owner, name))
    }

    fn blanket_method(&mut self, owner: MethodOwner, name: Symbol) -> Option<FnId> {
        for index in 0..self.traits.blankets.len() {
            let blanket = &self.traits.blankets[index];
            let given = blanket.methods.get(&name).copied();
            let found = given.or_else(|| self.traits.default_method(blanket.trait_, name));
            if found.is_some() && self.has_blanket(owner, index) {
                return found;
            }
        }
        None
    }

    /// The first type arguments of `func` where it is called on a `ty`.
    pub fn receiver_args(&mut self, func: FnId, ty: Ty) -> TyList {
        let of_self = self.sigs[func].self_ty.map(|own| self.tys.kind(own));
        match (of_self, self.tys.kind(ty)) {
            (Some(TyKind::Param(_)), _) => self.tys.list(&[ty]),
            (_, TyKind::Struct(_, args) | TyKind::Enum(_, args)) => args,
            _ => TyList::EMPTY,
        }
    }
}

impl Traits {
    /// The default called `name` that the trait itself declares.
    fn default_method(&self, id: TraitId, name: Symbol) -> Option<FnId> {
        let found = self.infos[id].methods.iter().find(|method| method.name == name && method.has_default);
        found.map(|method| method.func)
    }
}

/// Where something is wanted, for messages about bounds.
#[derive(Clone, Copy)]
pub struct UseSite {
    /// The call or type.
    pub at: Span,
    /// The function that is not to be instantiated if the bound does not hold, with its type arguments.
    pub call: Option<(FnId, TyList)>,
}

//! Types during inference: interned, with variables solved by unification.
//!
//! [`TyTable`] holds every type and every variable of a compilation. A variable is open or linked to another type;
//! [`TyTable::shallow`] follows links. Trial unification is undone by [`TyTable::rollback`], which is why links are only
//! shortened while no trial is open. Types with arguments are interned too: two of them without variables are equal
//! exactly if their ids are.
//!
//! [`TyKind::Param`] stands for a type parameter in the templates of generic declarations and never in the types of a
//! body: [`TyTable::subst`] replaces it.
//!
//! The failures that a function value may raise are part of its type and take part in unification as a type of their
//! own: [`TyKind::Failures`], or void if there are none, so that a variable that nothing determines means none.
//!
//! [`TyKind::Error`] stands for a type about which something was reported already: it unifies with everything, so that
//! one mistake draws one message. Never is not in the unifier's hands: an expression that does not complete constrains
//! nothing, and the callers ask about it first.

use resilient_base::{EntityRef, PrimaryMap, Symbol, entity_impl};
use rustc_hash::FxHashMap;

use super::nominal::{EnumDeclId, Nominals, StructDeclId};
use super::signature::MethodOwner;
use super::size::Sizes;
use crate::decls::TraitId;
use crate::types::{Failure, IntTy};

/// A type during inference: equal heads and arguments have equal ids.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ty(u32);
entity_impl!(Ty, "ty");

/// A type variable.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TyVar(u32);
entity_impl!(TyVar, "?");

/// A list of types: the arguments of a type.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TyList(u32);
entity_impl!(TyList, "list");

/// A set of failures, not empty.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FailureSet(u32);
entity_impl!(FailureSet, "failures");

impl TyList {
    /// No types.
    pub const EMPTY: TyList = TyList(0);
}

/// What a [`Ty`] is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TyKind {
    /// Something was reported; fits everything.
    Error,
    /// To be solved.
    Var(TyVar),
    /// The type parameter with this index of a generic declaration.
    Param(u32),
    /// `void`
    Void,
    /// `!`
    Never,
    /// `int` and the fixed-width integers.
    Int(IntTy),
    /// `float`
    Float,
    /// `f32`
    F32,
    /// `bool`
    Bool,
    /// `char`
    Char,
    /// `string`
    Str,
    /// `array<T>`
    Array(Ty),
    /// `(A, B)`
    Tuple(TyList),
    /// A struct with its type arguments.
    Struct(StructDeclId, TyList),
    /// An enum with its type arguments.
    Enum(EnumDeclId, TyList),
    /// `dyn Tr`
    Dyn(TraitId),
    /// `T::Item`: the associated type of this name that the trait declares, of a type parameter. Like [`TyKind::Param`]
    /// it occurs in templates only; `Checker::normalize` replaces it.
    Assoc(Ty, TraitId, Symbol),
    /// `fn(A, B) -> R fails F`: the parameters, the result, the failures.
    Fn(TyList),
    /// Failures that a call may raise: the last part of a function type, and nowhere else.
    Failures(FailureSet),
    /// `Cell<T>`
    Cell(Ty),
}

impl TyKind {
    /// `int`
    pub const INT: TyKind = TyKind::Int(IntTy::INT);

    /// Whether it is one of the types that `to_string` and casts to `string` take.
    pub fn is_scalar(self) -> bool {
        matches!(self, TyKind::Int(_) | TyKind::Float | TyKind::F32 | TyKind::Bool | TyKind::Char | TyKind::Str)
    }

    /// Whether it is an integer or float type.
    pub fn is_numeric(self) -> bool {
        matches!(self, TyKind::Int(_) | TyKind::Float | TyKind::F32)
    }
}

const fn int(bits: u8, signed: bool) -> TyKind {
    TyKind::Int(IntTy { bits, signed })
}

/// The types without arguments, in the order of their constants.
const PLAIN: [TyKind; 16] = [
    TyKind::Error,
    TyKind::Void,
    TyKind::Never,
    TyKind::INT,
    TyKind::Float,
    TyKind::Bool,
    TyKind::Str,
    TyKind::Char,
    TyKind::F32,
    int(8, true),
    int(16, true),
    int(32, true),
    int(8, false),
    int(16, false),
    int(32, false),
    int(64, false),
];

impl Ty {
    /// The type of what was reported.
    pub const ERROR: Ty = Ty(0);
    /// `void`
    pub const VOID: Ty = Ty(1);
    /// `!`
    pub const NEVER: Ty = Ty(2);
    /// `int`
    pub const INT: Ty = Ty(3);
    /// `float`
    pub const FLOAT: Ty = Ty(4);
    /// `bool`
    pub const BOOL: Ty = Ty(5);
    /// `string`
    pub const STR: Ty = Ty(6);
    /// `char`
    pub const CHAR: Ty = Ty(7);
    /// `f32`
    pub const F32: Ty = Ty(8);
    /// `i8`
    pub const I8: Ty = Ty(9);
    /// `i16`
    pub const I16: Ty = Ty(10);
    /// `i32`
    pub const I32: Ty = Ty(11);
    /// `u8`
    pub const U8: Ty = Ty(12);
    /// `u16`
    pub const U16: Ty = Ty(13);
    /// `u32`
    pub const U32: Ty = Ty(14);
    /// `u64`
    pub const U64: Ty = Ty(15);
}

/// The types and variables of a compilation.
pub struct TyTable {
    kinds: PrimaryMap<Ty, TyKind>,
    /// Whether a variable or parameter occurs in the type, indexed by it.
    is_ground: Vec<bool>,
    ids: FxHashMap<TyKind, Ty>,
    lists: PrimaryMap<TyList, Box<[Ty]>>,
    list_ids: FxHashMap<Box<[Ty]>, TyList>,
    links: PrimaryMap<TyVar, Option<Ty>>,
    trail: Vec<TyVar>,
    n_trials: u32,
    failure_sets: PrimaryMap<FailureSet, Box<[Failure]>>,
    failure_set_ids: FxHashMap<Box<[Failure]>, FailureSet>,
    failure_ids: FxHashMap<Symbol, Failure>,
    /// The names of the failures.
    pub failures: PrimaryMap<Failure, Box<str>>,
    /// See [`TyTable::opaque`].
    opaques: Vec<(Ty, TraitId)>,
    /// The declared structs and enums that the types name.
    pub nominals: Nominals,
    /// `type Item = T;` of the blocks for one type, whose type parameters they may mention.
    pub associated: FxHashMap<(MethodOwner, TraitId, Symbol), Ty>,
    /// Associated types that blanket blocks give, by the types for which it was found that they do.
    pub associated_by_blanket: FxHashMap<(Ty, TraitId, Symbol), Ty>,
    /// How large types are, as far as it was asked.
    pub sizes: Sizes,
    /// The types of maps, sets and bytes, in the order in which they came up; variables may occur in them.
    pub collections: Vec<Ty>,
}

/// Where a trial started.
pub struct Trial {
    trail_len: usize,
}

impl Default for TyTable {
    fn default() -> TyTable {
        let mut table = TyTable {
            kinds: PrimaryMap::new(),
            is_ground: Vec::new(),
            ids: FxHashMap::default(),
            lists: PrimaryMap::new(),
            list_ids: FxHashMap::default(),
            links: PrimaryMap::new(),
            trail: Vec::new(),
            n_trials: 0,
            failure_sets: PrimaryMap::new(),
            failure_set_ids: FxHashMap::default(),
            failure_ids: FxHashMap::default(),
            failures: PrimaryMap::new(),
            opaques: Vec::new(),
            nominals: Nominals::default(),
            sizes: Sizes::default(),
            collections: Vec::new(),
            associated: FxHashMap::default(),
            associated_by_blanket: FxHashMap::default(),
        };
        table.list(&[]);
        for kind in PLAIN {
            table.intern(kind);
        }
        table.declare_option_and_result();
        table.declare_collections();
        table
    }
}

impl TyTable {
    /// A new open variable.
    pub fn fresh(&mut self) -> Ty {
        let var = self.links.push(None);
        self.is_ground.push(false);
        self.kinds.push(TyKind::Var(var))
    }

    /// `n` new open variables.
    pub fn fresh_list(&mut self, n: usize) -> TyList {
        let vars: Vec<Ty> = (0..n).map(|_| self.fresh()).collect();
        self.list(&vars)
    }

    /// The type of this kind.
    pub fn intern(&mut self, kind: TyKind) -> Ty {
        if let Some(&ty) = self.ids.get(&kind) {
            return ty;
        }
        let is_ground = match kind {
            TyKind::Param(_) | TyKind::Var(_) | TyKind::Assoc(..) => false,
            TyKind::Array(element) | TyKind::Cell(element) => self.is_ground[element.index()],
            TyKind::Tuple(args) | TyKind::Struct(_, args) | TyKind::Enum(_, args) | TyKind::Fn(args) => {
                self.lists[args].iter().all(|arg| self.is_ground[arg.index()])
            }
            _ => true,
        };
        let ty = self.kinds.push(kind);
        if matches!(kind, TyKind::Struct(StructDeclId::MAP | StructDeclId::SET | StructDeclId::BYTES, _)) {
            self.collections.push(ty);
        }
        self.is_ground.push(is_ground);
        self.ids.insert(kind, ty);
        ty
    }

    /// The list of these types.
    pub fn list(&mut self, tys: &[Ty]) -> TyList {
        if let Some(&list) = self.list_ids.get(tys) {
            return list;
        }
        let list = self.lists.push(tys.into());
        self.list_ids.insert(tys.into(), list);
        list
    }

    /// The types in `list`.
    pub fn args(&self, list: TyList) -> &[Ty] {
        &self.lists[list]
    }

    /// `array<element>`
    pub fn array(&mut self, element: Ty) -> Ty {
        self.intern(TyKind::Array(element))
    }

    /// The tuple of `parts`.
    pub fn tuple(&mut self, parts: &[Ty]) -> Ty {
        let list = self.list(parts);
        self.intern(TyKind::Tuple(list))
    }

    /// `fn(params) -> result`
    pub fn function(&mut self, params: &[Ty], result: Ty) -> Ty {
        self.failing_function(params, result, Ty::VOID)
    }

    /// `fn(params) -> result fails ..`; see [`TyTable::failure_type`].
    pub fn failing_function(&mut self, params: &[Ty], result: Ty, failures: Ty) -> Ty {
        let parts: Vec<Ty> = params.iter().copied().chain([result, failures]).collect();
        let list = self.list(&parts);
        self.intern(TyKind::Fn(list))
    }

    /// Parameters and result of a function type.
    pub fn fn_parts(&self, list: TyList) -> (Vec<Ty>, Ty) {
        match &*self.lists[list] {
            [params @ .., result, _] => (params.to_vec(), *result),
            _ => (Vec::new(), Ty::VOID),
        }
    }

    /// The failures of a function type as a type.
    pub fn fn_failures(&self, list: TyList) -> Ty {
        self.lists[list].last().copied().unwrap_or(Ty::VOID)
    }

    /// The failure of this name.
    pub fn failure(&mut self, name: Symbol, text: &str) -> Failure {
        *self.failure_ids.entry(name).or_insert_with(|| self.failures.push(text.into()))
    }

    /// These failures as the last part of a function type.
    pub fn failure_type(&mut self, failures: &[Failure]) -> Ty {
        if failures.is_empty() {
            return Ty::VOID;
        }
        let mut failures = failures.to_vec();
        failures.sort_unstable();
        failures.dedup();
        let failures: Box<[Failure]> = failures.into();
        let set = match self.failure_set_ids.get(&failures) {
            Some(&set) => set,
            None => {
                let set = self.failure_sets.push(failures.clone());
                self.failure_set_ids.insert(failures, set);
                set
            }
        };
        self.intern(TyKind::Failures(set))
    }

    /// The failures that the last part of a function type stands for, ascending.
    pub fn failures_of(&self, ty: Ty) -> &[Failure] {
        match self.peek(ty) {
            TyKind::Failures(set) => &self.failure_sets[set],
            _ => &[],
        }
    }

    /// Whether a function of type `found` will do where a `wanted` must be, which may raise more.
    pub fn raises_less(&mut self, found: Ty, wanted: Ty) -> bool {
        let (TyKind::Fn(found), TyKind::Fn(wanted_list)) = (self.kind(found), self.kind(wanted)) else { return false };
        let (own, allowed) = (self.fn_failures(found), self.fn_failures(wanted_list));
        let is_allowed = self.failures_of(own).iter().all(|failure| self.failures_of(allowed).contains(failure));
        let (params, result) = self.fn_parts(found);
        let widened = self.failing_function(&params, result, allowed);
        is_allowed && self.try_unify(widened, wanted)
    }

    /// `Cell<content>`
    pub fn cell(&mut self, content: Ty) -> Ty {
        self.intern(TyKind::Cell(content))
    }

    /// `ty` with the parameters replaced by `args`. A parameter beyond them stays.
    pub fn subst(&mut self, ty: Ty, args: TyList) -> Ty {
        if self.is_ground[ty.index()] {
            return ty;
        }
        match self.kinds[ty] {
            TyKind::Param(index) => self.lists[args].get(index as usize).copied().unwrap_or(ty),
            TyKind::Assoc(base, trait_, name) => {
                let base = self.subst(base, args);
                self.associated(base, trait_, name)
            }
            _ => self.map_args(ty, &mut |table, arg| table.subst(arg, args)),
        }
    }

    /// `ty` with all links followed; open variables stay.
    pub fn resolve(&mut self, ty: Ty) -> Ty {
        let ty = self.shallow(ty);
        if self.is_ground[ty.index()] {
            return ty;
        }
        self.map_args(ty, &mut TyTable::resolve)
    }

    /// `ty` with all links followed and open variables made void.
    pub fn close(&mut self, ty: Ty) -> Ty {
        let ty = self.shallow(ty);
        if self.is_ground[ty.index()] {
            return ty;
        }
        if let TyKind::Var(_) = self.kinds[ty] {
            self.unify(ty, Ty::VOID);
            return Ty::VOID;
        }
        self.map_args(ty, &mut TyTable::close)
    }

    /// `list` with its types closed.
    pub fn close_list(&mut self, list: TyList) -> TyList {
        self.map_list(list, &mut TyTable::close)
    }

    /// Whether no open variable occurs in `ty`.
    pub fn is_closed(&mut self, ty: Ty) -> bool {
        let ty = self.resolve(ty);
        self.is_ground[ty.index()]
    }

    /// Whether neither variables nor parameters occur in `ty`, solved or not.
    pub fn is_ground(&self, ty: Ty) -> bool {
        self.is_ground[ty.index()]
    }

    /// Whether no open variable occurs in the types of `list`.
    pub fn is_closed_list(&mut self, list: TyList) -> bool {
        let tys = self.lists[list].to_vec();
        tys.into_iter().all(|ty| self.is_closed(ty))
    }

    fn map_list(&mut self, list: TyList, map: &mut dyn FnMut(&mut TyTable, Ty) -> Ty) -> TyList {
        let tys = self.lists[list].to_vec();
        let tys: Vec<Ty> = tys.into_iter().map(|ty| map(self, ty)).collect();
        self.list(&tys)
    }

    fn map_args(&mut self, ty: Ty, map: &mut dyn FnMut(&mut TyTable, Ty) -> Ty) -> Ty {
        let kind = match self.kinds[ty] {
            TyKind::Array(element) => TyKind::Array(map(self, element)),
            TyKind::Tuple(list) => TyKind::Tuple(self.map_list(list, map)),
            TyKind::Struct(id, list) => TyKind::Struct(id, self.map_list(list, map)),
            TyKind::Enum(id, list) => TyKind::Enum(id, self.map_list(list, map)),
            TyKind::Assoc(base, trait_, name) => TyKind::Assoc(map(self, base), trait_, name),
            TyKind::Fn(list) => TyKind::Fn(self.map_list(list, map)),
            TyKind::Cell(content) => TyKind::Cell(map(self, content)),
            _ => return ty,
        };
        self.intern(kind)
    }

    /// The type at the end of the links of `ty`: an open variable or a type with a head.
    pub fn shallow(&mut self, ty: Ty) -> Ty {
        let mut root = ty;
        while let TyKind::Var(var) = self.kinds[root]
            && let Some(next) = self.links[var]
        {
            root = next;
        }
        if self.n_trials == 0 {
            self.shorten(ty, root);
        }
        root
    }

    fn shorten(&mut self, mut ty: Ty, root: Ty) {
        while let TyKind::Var(var) = self.kinds[ty]
            && let Some(next) = self.links[var]
        {
            self.links[var] = Some(root);
            ty = next;
        }
    }

    /// The head of `ty`.
    pub fn kind(&mut self, ty: Ty) -> TyKind {
        let root = self.shallow(ty);
        self.kinds[root]
    }

    /// The head of `ty`, for readers that change nothing.
    pub fn peek(&self, ty: Ty) -> TyKind {
        let mut root = ty;
        while let TyKind::Var(var) = self.kinds[root]
            && let Some(next) = self.links[var]
        {
            root = next;
        }
        self.kinds[root]
    }

    /// Whether nothing is known about `ty`.
    pub fn is_open(&mut self, ty: Ty) -> bool {
        matches!(self.kind(ty), TyKind::Var(_))
    }

    /// Makes `a` and `b` equal. False if that is impossible.
    pub fn unify(&mut self, a: Ty, b: Ty) -> bool {
        let (a, b) = (self.shallow(a), self.shallow(b));
        if a == b {
            return true;
        }
        match (self.kinds[a], self.kinds[b]) {
            // The younger variable is linked to the older one, so that the variables of signatures stay roots.
            (TyKind::Var(x), TyKind::Var(y)) => {
                if x.index() < y.index() {
                    self.link(y, a)
                } else {
                    self.link(x, b)
                }
            }
            (TyKind::Var(var), _) => self.link(var, b),
            (_, TyKind::Var(var)) => self.link(var, a),
            (TyKind::Error, _) | (_, TyKind::Error) => true,
            (TyKind::Array(x), TyKind::Array(y)) | (TyKind::Cell(x), TyKind::Cell(y)) => self.unify(x, y),
            (TyKind::Tuple(x), TyKind::Tuple(y)) | (TyKind::Fn(x), TyKind::Fn(y)) => self.unify_lists(x, y),
            (TyKind::Struct(i, x), TyKind::Struct(j, y)) if i == j => self.unify_lists(x, y),
            (TyKind::Enum(i, x), TyKind::Enum(j, y)) if i == j => self.unify_lists(x, y),
            (TyKind::Dyn(i), TyKind::Dyn(j)) => i == j,
            _ => false,
        }
    }

    /// [`Self::unify`] that leaves no trace where it fails.
    pub fn try_unify(&mut self, a: Ty, b: Ty) -> bool {
        let trial = self.begin_trial();
        let fits = self.unify(a, b);
        if fits {
            self.commit(trial);
        } else {
            self.rollback(trial);
        }
        fits
    }

    fn unify_lists(&mut self, a: TyList, b: TyList) -> bool {
        if a == b {
            return true;
        }
        if self.lists[a].len() != self.lists[b].len() {
            return false;
        }
        (0..self.lists[a].len()).all(|i| self.unify(self.lists[a][i], self.lists[b][i]))
    }

    /// Links `var` to `ty`, unless that would make an infinite type.
    fn link(&mut self, var: TyVar, ty: Ty) -> bool {
        if self.occurs(var, ty) {
            return false;
        }
        self.links[var] = Some(ty);
        if self.n_trials > 0 {
            self.trail.push(var);
        }
        true
    }

    fn occurs(&mut self, var: TyVar, ty: Ty) -> bool {
        let ty = self.shallow(ty);
        if self.is_ground[ty.index()] {
            return false;
        }
        match self.kinds[ty] {
            TyKind::Var(other) => other == var,
            TyKind::Array(element) | TyKind::Cell(element) => self.occurs(var, element),
            TyKind::Tuple(list) | TyKind::Struct(_, list) | TyKind::Enum(_, list) | TyKind::Fn(list) => {
                (0..self.lists[list].len()).any(|i| self.occurs(var, self.lists[list][i]))
            }
            _ => false,
        }
    }

    /// Whether something was reported about a part of `ty`.
    pub fn contains_error(&mut self, ty: Ty) -> bool {
        match self.kind(ty) {
            TyKind::Error => true,
            TyKind::Array(element) | TyKind::Cell(element) => self.contains_error(element),
            TyKind::Tuple(list) | TyKind::Struct(_, list) | TyKind::Enum(_, list) | TyKind::Fn(list) => {
                (0..self.lists[list].len()).any(|i| self.contains_error(self.lists[list][i]))
            }
            _ => false,
        }
    }

    /// Whether a variable occurs in `ty`, solved or not.
    pub fn has_variables(&self, ty: Ty) -> bool {
        match self.kinds[ty] {
            TyKind::Var(_) => true,
            TyKind::Array(element) | TyKind::Cell(element) => self.has_variables(element),
            TyKind::Tuple(list) | TyKind::Struct(_, list) | TyKind::Enum(_, list) | TyKind::Fn(list) => {
                self.lists[list].iter().any(|&arg| self.has_variables(arg))
            }
            _ => false,
        }
    }

    /// Whether a type parameter occurs in `ty`.
    pub fn has_params(&mut self, ty: Ty) -> bool {
        self.any_head(ty, &|kind| matches!(kind, TyKind::Param(_)))
    }

    /// Whether an associated type of another type occurs in `ty`.
    pub fn has_projections(&mut self, ty: Ty) -> bool {
        self.any_head(ty, &|kind| matches!(kind, TyKind::Assoc(..)))
    }

    fn any_head(&mut self, ty: Ty, wanted: &dyn Fn(TyKind) -> bool) -> bool {
        let ty = self.shallow(ty);
        if self.is_ground[ty.index()] {
            return false;
        }
        match self.kinds[ty] {
            kind if wanted(kind) => true,
            TyKind::Array(element) | TyKind::Cell(element) | TyKind::Assoc(element, ..) => {
                self.any_head(element, wanted)
            }
            TyKind::Tuple(list) | TyKind::Struct(_, list) | TyKind::Enum(_, list) | TyKind::Fn(list) => {
                (0..self.lists[list].len()).any(|i| self.any_head(self.lists[list][i], wanted))
            }
            _ => false,
        }
    }

    /// The type of `self` in a default method of `id` while nothing but the trait is known of it. It fits everything,
    /// as an error type does; that only methods of the trait are called on it is checked where methods are.
    pub fn opaque(&mut self, id: TraitId) -> Ty {
        if let Some(&(ty, _)) = self.opaques.iter().find(|(_, of)| *of == id) {
            return ty;
        }
        let ty = self.kinds.push(TyKind::Error);
        self.is_ground.push(true);
        self.opaques.push((ty, id));
        ty
    }

    /// The trait that is all that is known of `ty`.
    pub fn opaque_trait(&mut self, ty: Ty) -> Option<TraitId> {
        let ty = self.shallow(ty);
        self.opaques.iter().find(|(opaque, _)| *opaque == ty).map(|&(_, id)| id)
    }

    /// Starts a trial.
    pub fn begin_trial(&mut self) -> Trial {
        self.n_trials += 1;
        Trial { trail_len: self.trail.len() }
    }

    /// Ends a trial and keeps what it found.
    pub fn commit(&mut self, _trial: Trial) {
        self.n_trials -= 1;
        if self.n_trials == 0 {
            self.trail.clear();
        }
    }

    /// Ends a trial and forgets what it found.
    pub fn rollback(&mut self, trial: Trial) {
        for var in self.trail.drain(trial.trail_len..) {
            self.links[var] = None;
        }
        self.n_trials -= 1;
    }

    /// `ty` as in messages.
    pub fn display(&mut self, ty: Ty) -> String {
        match self.kind(ty) {
            TyKind::Error | TyKind::Var(_) => "_".into(),
            TyKind::Param(index) => format!("T{index}"),
            TyKind::Void => "void".into(),
            TyKind::Never => "!".into(),
            TyKind::Int(int) => int.name().into(),
            TyKind::Float => "float".into(),
            TyKind::F32 => "f32".into(),
            TyKind::Bool => "bool".into(),
            TyKind::Char => "char".into(),
            TyKind::Str => "string".into(),
            TyKind::Array(element) => format!("array<{}>", self.display(element)),
            TyKind::Tuple(list) if self.lists[list].len() == 1 => format!("({},)", self.display(self.lists[list][0])),
            TyKind::Tuple(list) => format!("({})", self.display_list(list)),
            TyKind::Struct(id, list) if self.nominals.structs[id].is_record() => {
                let names: Vec<Box<str>> =
                    self.nominals.structs[id].fields.iter().map(|field| field.name.clone()).collect();
                let tys = self.lists[list].to_vec();
                let fields = names.iter().zip(tys).map(|(name, ty)| format!("{name}: {}", self.display(ty)));
                format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
            }
            TyKind::Struct(id, list) => {
                let name = self.nominals.structs[id].name.to_string();
                self.display_nominal(name, list)
            }
            TyKind::Enum(id, list) => {
                let name = self.nominals.enums[id].name.to_string();
                self.display_nominal(name, list)
            }
            TyKind::Dyn(id) => format!("dyn {}", self.nominals.traits[id]),
            TyKind::Assoc(base, _, _) => format!("{}::_", self.display(base)),
            TyKind::Fn(list) => self.display_fn(list),
            TyKind::Failures(set) => {
                let names: Vec<&str> = self.failure_sets[set].iter().map(|&it| &*self.failures[it]).collect();
                format!(" fails {}", names.join(", "))
            }
            TyKind::Cell(content) => format!("Cell<{}>", self.display(content)),
        }
    }

    fn display_fn(&mut self, list: TyList) -> String {
        let (params, result) = self.fn_parts(list);
        let params = params.into_iter().map(|ty| self.display(ty)).collect::<Vec<_>>().join(", ");
        let failures = self.fn_failures(list);
        let fails = match self.kind(failures) {
            TyKind::Failures(_) => self.display(failures),
            _ => String::new(),
        };
        match self.kind(result) {
            TyKind::Void => format!("fn({params}){fails}"),
            _ => format!("fn({params}) -> {}{fails}", self.display(result)),
        }
    }

    /// The name of the type `ty` without its arguments; none for types that have no name.
    pub fn head_name(&self, ty: Ty) -> Option<&str> {
        Some(match self.peek(ty) {
            TyKind::Struct(id, _) => &self.nominals.structs[id].name,
            TyKind::Enum(id, _) => &self.nominals.enums[id].name,
            TyKind::Int(int) => int.name(),
            TyKind::Float => "float",
            TyKind::F32 => "f32",
            TyKind::Bool => "bool",
            TyKind::Char => "char",
            TyKind::Str => "string",
            _ => return None,
        })
    }

    fn display_nominal(&mut self, name: String, args: TyList) -> String {
        if args == TyList::EMPTY { name } else { format!("{name}<{}>", self.display_list(args)) }
    }

    fn display_list(&mut self, list: TyList) -> String {
        let tys = self.lists[list].to_vec();
        tys.into_iter().map(|ty| self.display(ty)).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_take_the_type_of_their_group() {
        let mut table = TyTable::default();
        let (a, b, c) = (table.fresh(), table.fresh(), table.fresh());
        assert!(table.unify(a, b) && table.unify(b, c) && table.unify(c, Ty::INT));
        assert_eq!(table.shallow(a), Ty::INT);
        assert!(!table.unify(a, Ty::STR));
        assert_eq!(table.close(b), Ty::INT);
    }

    #[test]
    fn a_trial_leaves_no_trace() {
        let mut table = TyTable::default();
        let (a, b) = (table.fresh(), table.fresh());
        assert!(table.unify(a, b));
        let trial = table.begin_trial();
        assert!(table.unify(a, Ty::INT) && !table.unify(b, Ty::STR));
        table.rollback(trial);
        assert!(table.is_open(a) && table.is_open(b));
        assert!(table.unify(a, Ty::STR));
        assert_eq!(table.shallow(b), Ty::STR);
    }

    #[test]
    fn trials_nest() {
        let mut table = TyTable::default();
        let (a, b) = (table.fresh(), table.fresh());
        let outer = table.begin_trial();
        assert!(table.unify(a, Ty::INT));
        let inner = table.begin_trial();
        assert!(table.unify(b, Ty::INT));
        table.commit(inner);
        table.rollback(outer);
        assert!(table.is_open(a) && table.is_open(b));
    }

    #[test]
    fn errors_fit_everything_and_open_becomes_void() {
        let mut table = TyTable::default();
        let a = table.fresh();
        assert!(table.unify(Ty::ERROR, Ty::INT) && table.unify(Ty::BOOL, Ty::ERROR));
        let b = table.fresh();
        assert!(table.unify(Ty::ERROR, b) && table.unify(b, Ty::STR) && !table.is_open(b));
        assert_eq!(table.close(a), Ty::VOID);
    }

    #[test]
    fn long_chains_are_shortened() {
        let mut table = TyTable::default();
        let vars: Vec<Ty> = (0..100_000).map(|_| table.fresh()).collect();
        for pair in vars.windows(2).rev() {
            assert!(table.unify(pair[0], pair[1]));
        }
        assert!(table.unify(vars[99_999], Ty::BOOL));
        assert!(vars.iter().all(|&v| table.shallow(v) == Ty::BOOL));
    }

    #[test]
    fn compound_types_unify_part_by_part() {
        let mut table = TyTable::default();
        let a = table.fresh();
        let (of_a, of_int) = (table.array(a), table.array(Ty::INT));
        assert!(table.unify(of_a, of_int));
        assert_eq!(table.resolve(of_a), of_int);
        let pair = table.tuple(&[Ty::INT, Ty::STR]);
        let single = table.tuple(&[Ty::INT]);
        assert!(!table.unify(pair, single));
        assert_eq!(table.display(pair), "(int, string)");
    }

    #[test]
    fn no_type_contains_itself() {
        let mut table = TyTable::default();
        let a = table.fresh();
        let of_a = table.array(a);
        assert!(!table.unify(a, of_a) && table.is_open(a));
    }

    #[test]
    fn parameters_are_replaced_below_heads() {
        let mut table = TyTable::default();
        let param = table.intern(TyKind::Param(0));
        let template = table.array(param);
        let args = table.list(&[Ty::BOOL]);
        let found = table.subst(template, args);
        assert_eq!(table.display(found), "array<bool>");
    }
}

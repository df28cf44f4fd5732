//! Types during inference: interned, with variables solved by unification.
//!
//! [`TyTable`] holds every type and every variable of a compilation. A variable is open or linked to another type;
//! [`TyTable::shallow`] follows links. Trial unification is undone by [`TyTable::rollback`], which is why links are only
//! shortened while no trial is open.
//!
//! [`TyKind::Error`] stands for a type about which something was reported already: it unifies with everything, so that
//! one mistake draws one message. Never is not in the unifier's hands: an expression that does not complete constrains
//! nothing, and the callers ask about it first.

use resilient_base::{EntityRef, PrimaryMap, entity_impl};

use crate::types::{Type, Types};

/// A type during inference: equal heads and arguments have equal ids.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ty(u32);
entity_impl!(Ty, "ty");

/// A type variable.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TyVar(u32);
entity_impl!(TyVar, "?");

/// What a [`Ty`] is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TyKind {
    /// Something was reported; fits everything.
    Error,
    /// To be solved.
    Var(TyVar),
    /// `void`
    Void,
    /// `!`
    Never,
    /// `int`
    Int,
    /// `float`
    Float,
    /// `bool`
    Bool,
    /// `string`
    Str,
}

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
}

/// The types and variables of a compilation.
pub struct TyTable {
    kinds: PrimaryMap<Ty, TyKind>,
    links: PrimaryMap<TyVar, Option<Ty>>,
    trail: Vec<TyVar>,
    n_trials: u32,
}

/// Where a trial started.
pub struct Trial {
    trail_len: usize,
}

impl Default for TyTable {
    fn default() -> TyTable {
        let mut kinds = PrimaryMap::new();
        for kind in [TyKind::Error, TyKind::Void, TyKind::Never, TyKind::Int, TyKind::Float, TyKind::Bool, TyKind::Str]
        {
            kinds.push(kind);
        }
        TyTable { kinds, links: PrimaryMap::new(), trail: Vec::new(), n_trials: 0 }
    }
}

impl TyTable {
    /// A new open variable.
    pub fn fresh(&mut self) -> Ty {
        let var = self.links.push(None);
        self.kinds.push(TyKind::Var(var))
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
            (TyKind::Void | TyKind::Never | TyKind::Int | TyKind::Float | TyKind::Bool | TyKind::Str, _) => false,
        }
    }

    fn link(&mut self, var: TyVar, ty: Ty) -> bool {
        self.links[var] = Some(ty);
        if self.n_trials > 0 {
            self.trail.push(var);
        }
        true
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

    /// The concrete type of `ty`; what nothing determined is void.
    pub fn concrete(&mut self, ty: Ty) -> Type {
        match self.kind(ty) {
            TyKind::Void | TyKind::Var(_) | TyKind::Error => Types::VOID,
            TyKind::Never => Types::NEVER,
            TyKind::Int => Types::INT,
            TyKind::Float => Types::FLOAT,
            TyKind::Bool => Types::BOOL,
            TyKind::Str => Types::STR,
        }
    }

    /// `ty` as in messages.
    pub fn display(&mut self, ty: Ty) -> &'static str {
        match self.kind(ty) {
            TyKind::Error | TyKind::Var(_) => "_",
            TyKind::Void => "void",
            TyKind::Never => "!",
            TyKind::Int => "int",
            TyKind::Float => "float",
            TyKind::Bool => "bool",
            TyKind::Str => "string",
        }
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
        assert_eq!(table.concrete(b), Types::INT);
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
        assert_eq!(table.concrete(a), Types::VOID);
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
}

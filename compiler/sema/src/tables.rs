//! What the checker found out about one body, keyed by syntax node. The syntax tree itself is never changed.

use resilient_base::{PrimaryMap, Span, Symbol, entity_impl};
use rustc_hash::FxHashMap;

use crate::decls::{ConstId, FnId, TopLetId};
use crate::infer::ty::Ty;
use crate::library::LibFn;
use crate::typed::{LocalId, LoopId};

/// The identity of a syntax node: its place in the arena, which neither moves nor dies during a compilation.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key(usize);

impl Key {
    /// The key of `node`. Only keys of nodes of one type may meet in a table.
    pub fn of<T>(node: &T) -> Key {
        Key(std::ptr::from_ref(node) as usize)
    }
}

/// A `static let` inside a function or block.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StaticId(u32);
entity_impl!(StaticId, "static");

/// What a name means.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Res {
    /// A variable of the body.
    Local(LocalId),
    /// A top-level variable.
    TopLet(TopLetId),
    /// A `static let` of a body.
    Static(StaticId),
    /// A constant.
    Const(ConstId),
    /// A function.
    Fn(FnId),
    /// A library function.
    Lib(LibFn),
}

/// Where the argument for a parameter comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ArgSource {
    /// The argument with this index.
    Given(u32),
    /// The default of the parameter.
    Default,
}

/// A call that was understood.
pub enum Callee {
    /// A function of the program, with a source for each parameter.
    Fn(FnId, Vec<ArgSource>),
    /// A library function; the arguments stand in order, the receiver of a method first.
    Lib(LibFn),
}

/// What a `let` declares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Binding {
    /// A variable of the body.
    Local(LocalId),
    /// A `static let`.
    Static(StaticId),
    /// A top-level variable.
    TopLet(TopLetId),
}

/// A variable of a body.
pub struct LocalInfo {
    /// Its name.
    pub name: Symbol,
    /// Its type.
    pub ty: Ty,
    /// Whether it is assigned after its initialisation.
    pub assigned: bool,
    /// Declared by `let const`.
    pub is_const: bool,
    /// The declaration.
    pub span: Span,
}

/// The findings about a body.
#[derive(Default)]
pub struct Tables {
    /// Types of expressions. The value of a block or `if` whose value is not used is void.
    pub types: FxHashMap<Key, Ty>,
    /// Meanings of names, keyed by their expressions.
    pub names: FxHashMap<Key, Res>,
    /// Calls, keyed by their expressions.
    pub calls: FxHashMap<Key, Callee>,
    /// What `let`s declare, keyed by [`resilient_syntax::ast::Let`].
    pub bindings: FxHashMap<Key, Binding>,
    /// Loops, keyed by their expressions, with the variable of a `for`.
    pub loops: FxHashMap<Key, (LoopId, Option<LocalId>)>,
    /// Targets of `break` and `continue`, keyed by their statements.
    pub jumps: FxHashMap<Key, LoopId>,
    /// For `break x;`, keyed by the statement: the variable, if `x` is no label.
    pub break_values: FxHashMap<Key, Res>,
    /// The variables.
    pub locals: PrimaryMap<LocalId, LocalInfo>,
    /// The value types of loops, indexed by [`LoopId`].
    pub loop_types: Vec<Ty>,
    /// The parameters.
    pub params: Vec<LocalId>,
    /// The variable `result` of contract clauses.
    pub result_local: Option<LocalId>,
    /// The result of the function.
    pub result: Option<Ty>,
}

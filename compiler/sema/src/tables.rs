//! What the checker found out about one body, keyed by syntax node. The syntax tree itself is never changed.

use resilient_base::{PrimaryMap, Span, Symbol, entity_impl};
use rustc_hash::FxHashMap;

use crate::decls::{ConstId, FnId, TopLetId};
use crate::infer::ty::{Ty, TyList};
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

/// A call that is understood only after the tables of its body were made.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotId(u32);
entity_impl!(SlotId, "slot");

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

/// A call that was understood. Arguments count from the receiver, if there is one; the operands of an operator are
/// arguments too.
#[derive(Clone, Debug)]
pub enum Callee {
    /// A function of the program with its type arguments, and a source for each parameter.
    Fn(FnId, TyList, Vec<ArgSource>),
    /// A library function; the arguments stand in order.
    Lib(LibFn),
    /// The variant with this number of the enum that the call is of.
    Variant(u32),
    /// A tuple struct.
    Struct,
    /// See there.
    Slot(SlotId),
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
    /// Its name; none for a parameter that is a pattern.
    pub name: Option<Symbol>,
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
    /// Calls, and operators that may call methods, keyed by their expressions (`place op= value` by the place).
    pub calls: FxHashMap<Key, Callee>,
    /// Meanings of `g` in struct expressions `P { g }`, keyed by [`resilient_syntax::ast::FieldInit`].
    pub shorthands: FxHashMap<Key, Res>,
    /// Variants, with the enum's instance, that names stand for and struct expressions build, keyed by the expressions.
    pub variants: FxHashMap<Key, u32>,
    /// What names in the patterns of `let`s, `for`s and parameters declare, keyed by the spans of the names.
    pub bindings: FxHashMap<Span, Binding>,
    /// Types of those patterns and of all their parts, keyed by [`resilient_syntax::ast::Pattern`].
    pub patterns: FxHashMap<Key, Ty>,
    /// Loops, keyed by their expressions.
    pub loops: FxHashMap<Key, LoopId>,
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

//! What the checker found out about one body, keyed by syntax node. The syntax tree itself is never changed.

use resilient_base::{PrimaryMap, Span, Symbol, entity_impl};
use rustc_hash::FxHashMap;

use crate::decls::{ConstId, FnId, TopLetId};
use crate::infer::signature::DefaultValue;
use crate::infer::ty::{Ty, TyList};
use crate::intrinsics::Intrinsic;
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

/// A function inside a body: a function literal, or an instance of a local function. Numbered through the whole body,
/// whatever they are nested in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NestedId(u32);
entity_impl!(NestedId, "nested");

/// A generic local function, before it has type arguments.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TemplateId(u32);
entity_impl!(TemplateId, "template");

/// A use of a generic local function, the instance of which is made at the end of the body.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UseId(u32);
entity_impl!(UseId, "use");

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
    /// A local function, or the function literal around whose variable the name is.
    Nested(NestedId),
    /// A generic local function.
    Template(TemplateId),
    /// The functions of this name in the library that is written in the language.
    Library(Symbol),
    /// A function that only library code may name.
    Intrinsic(Intrinsic),
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
    /// A function that only library code may name; the arguments stand in order.
    Intrinsic(Intrinsic),
    /// `format` with the values as an array literal, of any types.
    Format,
    /// The variant with this number of the enum that the call is of.
    Variant(u32),
    /// A tuple struct.
    Struct,
    /// See there.
    Slot(SlotId),
    /// A function inside the body, and a source for each parameter.
    Nested(NestedId, Vec<ArgSource>),
    /// An instance of a generic local function, and a source for each parameter.
    Instance(UseId, Vec<ArgSource>),
    /// The value of the expression before the parentheses.
    Value,
    /// The value of the field of the receiver that has the name of the method.
    Field,
}

/// A function that is named as a value and is none of the body itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FnValue {
    /// A function of the program with its type arguments.
    Fn(FnId, TyList),
    /// A library function.
    Lib(LibFn),
    /// The constructor of the variant with this number of the enum that is the result.
    Variant(u32),
    /// The constructor of the tuple struct that is the result.
    Struct,
    /// An instance of a generic local function.
    Instance(UseId),
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
    /// Whether it is as a whole, rather than in parts only.
    pub reassigned: bool,
    /// Declared by `let const`.
    pub is_const: bool,
    /// The declaration.
    pub span: Span,
    /// The function inside the body whose variable it is; none if the body's own.
    pub frame: Option<NestedId>,
    /// The innermost loop around the declaration.
    pub repeat: Option<u32>,
    /// When it was declared, on the clock of [`Mention::tick`].
    pub tick: u32,
    /// How many bodies of `try` stand around the declaration, within its function.
    pub n_tries: u32,
    /// Whether the body of a `try` assigns to it that it stands outside of.
    pub assigned_in_try: bool,
    /// Whether functions share it and something assigns to it.
    pub is_cell: bool,
}

impl LocalInfo {
    /// Whether it lives in a cell: functions share it, or an arm of a `try` sees what was assigned before the failure. A
    /// variable that holds functions may be of the second kind and captured: then nothing assigns to it after the capture, so
    /// that no function comes to be in a cell that it captured.
    pub fn lives_in_cell(&self) -> bool {
        self.is_cell || self.assigned_in_try
    }
}

/// A function inside a body.
pub struct Nested {
    /// The declaration or literal.
    pub decl: Key,
    /// Its name; none for a literal.
    pub name: Option<Symbol>,
    /// Where it is declared.
    pub span: Span,
    /// Types of the parameters.
    pub params: Vec<Ty>,
    /// The result.
    pub result: Ty,
    /// The failures it declares, as the last part of a function type.
    pub failures: Ty,
    /// What the checker found out about it; the variables are among those of the body.
    pub tables: Tables,
    /// The variables of functions around it that it uses, in the order of their declarations.
    pub captures: Vec<LocalId>,
    /// Names of the parameters.
    pub param_names: Vec<Option<Symbol>>,
    /// Default values of the parameters.
    pub defaults: Vec<Option<DefaultValue>>,
    /// Whether it only serves to check a generic function that nothing uses.
    pub is_probe: bool,
}

/// What is mentioned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mentioned {
    /// A variable of a function around.
    Captured(LocalId),
    /// A variable that is assigned, wholly or in part.
    Assigned(LocalId),
    /// A variable whose name its function literal uses for itself.
    Recursive(LocalId),
    /// A function inside the body that is called or made a value.
    Nested(NestedId),
    /// An instance of a generic local function.
    Instance(UseId),
}

/// A mention of something that matters for captures, in the order of the text.
#[derive(Clone, Copy, Debug)]
pub struct Mention {
    /// What.
    pub what: Mentioned,
    /// The function that mentions it.
    pub frame: Option<NestedId>,
    /// The innermost loop around it.
    pub repeat: Option<u32>,
    /// When: later declarations and mentions have higher numbers.
    pub tick: u32,
    /// The instance of a generic local function that is being checked.
    pub instance: Option<u32>,
    /// Where.
    pub at: Span,
}

/// The check of an instance of a generic local function, which comes later than the declaration of the function.
#[derive(Clone, Copy, Debug)]
pub struct InstanceCheck {
    /// The one that is being checked around it.
    pub outer: Option<u32>,
    /// When the check began.
    pub start: u32,
    /// When the function was declared.
    pub declared: u32,
}

/// What the functions inside a body have in common.
#[derive(Default)]
pub struct NestedFns {
    /// The functions.
    pub fns: PrimaryMap<NestedId, Nested>,
    /// What was mentioned, in order.
    pub mentions: Vec<Mention>,
    /// The live blocks in functions inside the body, each with the function and the variables in scope.
    pub lives: Vec<(NestedId, Vec<LocalId>)>,
    /// The loop around each loop.
    pub repeats: Vec<Option<u32>>,
    /// Checks of instances, in order.
    pub checks: Vec<InstanceCheck>,
    /// The instances that uses of generic local functions stand for.
    pub uses: PrimaryMap<UseId, Option<NestedId>>,
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
    /// The `next`, with its type arguments and its result, of values that loops iterate over, keyed by the expressions of the values.
    pub iterators: FxHashMap<Key, (FnId, TyList, Ty)>,
    /// Loops, keyed by their expressions.
    pub loops: FxHashMap<Key, LoopId>,
    /// Targets of `break` and `continue`, keyed by their statements.
    pub jumps: FxHashMap<Key, LoopId>,
    /// For `break x;`, keyed by the statement: the variable, if `x` is no label.
    pub break_values: FxHashMap<Key, Res>,
    /// The variables in scope where live blocks are entered, keyed by their expressions.
    pub live_scopes: FxHashMap<Key, Vec<LocalId>>,
    /// The variables, of functions inside the body too. Empty in the tables of those.
    pub locals: PrimaryMap<LocalId, LocalInfo>,
    /// Functions inside the body. Empty in the tables of those.
    pub nested: NestedFns,
    /// Function literals, keyed by [`resilient_syntax::ast::FnDecl`].
    pub literals: FxHashMap<Key, NestedId>,
    /// Functions that are named as values with their types, keyed by their expressions (`g` in `P { g }` as in `shorthands`).
    pub values: FxHashMap<Key, (FnValue, Ty)>,
    /// The value types of loops, indexed by [`LoopId`].
    pub loop_types: Vec<Ty>,
    /// The parameters.
    pub params: Vec<LocalId>,
    /// The variable `result` of contract clauses.
    pub result_local: Option<LocalId>,
    /// The result of the function.
    pub result: Option<Ty>,
    /// Whether there is a `defer`.
    pub defers: bool,
    /// Whether the function is what a `defer` makes of its expression.
    pub is_deferred: bool,
}

impl Tables {
    /// New tables for a function inside this body, with what all of them have in common moved there.
    pub fn enter(&mut self) -> Tables {
        Tables {
            locals: std::mem::take(&mut self.locals),
            nested: std::mem::take(&mut self.nested),
            ..Tables::default()
        }
    }

    /// Takes back what [`Tables::enter`] moved.
    pub fn leave(&mut self, inner: &mut Tables) {
        self.locals = std::mem::take(&mut inner.locals);
        self.nested = std::mem::take(&mut inner.nested);
    }
}

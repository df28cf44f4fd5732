//! The typed program: what the interpreter walks and MIR is built from.
//!
//! Every name is resolved to an id, every expression has a concrete [`Type`], implicit conversions, display forms and
//! fault messages are explicit, and generic code stands here once per instance. Sugar is gone: `assert`, interpolation,
//! `op=` on strings and the like are spelled with the forms below. Equality and display forms of compound types are
//! calls of functions that sema makes, one per type, so that all backends share them. Nodes live in an arena and need no
//! drop.
//!
//! # Order of evaluation
//!
//! Operands are evaluated left to right, each once. [`ExprKind::Assign`] evaluates its value and then stores;
//! [`ExprKind::AssignOp`] reads the old value, evaluates the operand, computes and stores.
//!
//! # Positions
//!
//! A fault stands at the first byte of the span of the expression that raises it. Sema has put the span there that the
//! language wants (the target of `x op= e`, the converted expression of a coercion, the clause of a contract).

use resilient_abi::RtFn;
use resilient_base::{FileId, PrimaryMap, Span, entity_impl};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::types::{Failure, Type, Types};

/// A function of the program: an instance, if it is generic.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FuncId(u32);
entity_impl!(FuncId, "fn");

/// A variable that outlives calls: a top-level `let` that functions use, or a `static let`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GlobalId(u32);
entity_impl!(GlobalId, "g");

/// A variable of a function: parameter, `let`, loop variable or temporary.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalId(u32);
entity_impl!(LocalId, "l");

/// A loop of a function, named by `break` and `continue`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LoopId(u32);
entity_impl!(LoopId, "loop");

/// A whole program.
pub struct Program<'t> {
    /// All types in use.
    pub types: Types,
    /// All functions.
    pub funcs: PrimaryMap<FuncId, Func<'t>>,
    /// All globals.
    pub globals: PrimaryMap<GlobalId, Global<'t>>,
    /// The top-level code: no parameters, result `int`, the exit status (not yet reduced to 8 bits). It calls `main`
    /// where the language does so.
    pub top: FuncId,
    /// The file given to the tool.
    pub file: FileId,
    /// Whether and how the program keeps a trace of its calls.
    pub tracing: Option<Tracing>,
    /// What the program states that is checked at run time, in the order of the source, each once. For reports.
    pub claims: Vec<Claim>,
}

/// What a program that keeps a trace of its calls has to note.
///
/// A call of a function that shows is entered under the function's name, at the place of the call if the calling function
/// shows itself, else where the call around it was made. A call from a function that shows to one that does not is entered
/// without a name, to have the place. Calls of one that does not show to another are not entered, nor are tail calls of a
/// function to itself.
pub struct Tracing {
    /// Whether reports of faults show the trace.
    pub in_reports: bool,
    /// Functions that sema made, which do not show, and neither do those of the library.
    hidden: FxHashSet<FuncId>,
    /// By the span of a call: where its arguments begin, or the bracket behind them.
    sites: FxHashMap<Span, Span>,
}

impl Tracing {
    /// Functions in `hidden` do not show; the arguments of calls begin at `sites`.
    pub fn new(in_reports: bool, hidden: FxHashSet<FuncId>, sites: FxHashMap<Span, Span>) -> Tracing {
        Tracing { in_reports, hidden, sites }
    }

    /// Whether calls of `func` show.
    pub fn shows(&self, id: FuncId, func: &Func<'_>) -> bool {
        !func.at_caller && !self.hidden.contains(&id)
    }

    /// Where a trace says that the call at `span` is.
    pub fn site(&self, span: Span) -> Span {
        self.sites.get(&span).copied().unwrap_or(span)
    }
}

/// A condition that is checked at run time; a violation faults at `span`.
#[derive(Clone, Debug)]
pub struct Claim {
    /// What kind of statement it is.
    pub kind: ClaimKind,
    /// Where it stands.
    pub span: Span,
    /// The condition, as messages show it.
    pub text: String,
    /// The value of the condition, if it is a literal.
    pub literal: Option<bool>,
    /// Whether it may hold though one of its parts does not: `a || b`.
    pub has_alternatives: bool,
}

/// The kinds of conditions that are checked at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimKind {
    /// `requires`
    Requires,
    /// `ensures`
    Ensures,
    /// `recovers_to`
    RecoversTo,
    /// `invariant` of a loop
    Invariant,
    /// `assert`
    Assert,
    /// `assume`
    Assume,
}

impl ClaimKind {
    /// The word in the source.
    pub fn text(self) -> &'static str {
        match self {
            ClaimKind::Requires => "requires",
            ClaimKind::Ensures => "ensures",
            ClaimKind::RecoversTo => "recovers_to",
            ClaimKind::Invariant => "invariant",
            ClaimKind::Assert => "assert",
            ClaimKind::Assume => "assume",
        }
    }
}

/// A global variable.
#[derive(Clone, Copy, Debug)]
pub struct Global<'t> {
    /// Its name as declared.
    pub name: &'t str,
    /// Its type.
    pub ty: Type,
    /// Whether an access may come before the initialiser ran: then a read or write of it faults with
    /// `Identifier not found: NAME`. Where false, no access needs a check.
    pub checked: bool,
    /// The declaration.
    pub span: Span,
}

/// A function.
#[derive(Clone, Copy, Debug)]
pub struct Func<'t> {
    /// Name as in messages and traces: `f`, `Type$method`, `m::f`, `<anon>`, and `<top>` for top-level code.
    pub name: &'t str,
    /// The parameters, which are the first locals.
    pub params: &'t [LocalId],
    /// Whether it is part of the standard library: a fault raised in it stands where code outside the library calls into the
    /// library, at the start of that call's span. A function value keeps this: what calls library code through one is the
    /// wrapper that sema made for it, which is not of the library and stands where the value was made.
    pub at_caller: bool,
    /// All variables, indexed by [`LocalId`].
    pub locals: &'t [Local<'t>],
    /// Number of loops; [`LoopId`]s are below it.
    pub n_loops: u32,
    /// The result; void and never are types too.
    pub result: Type,
    /// Checked in order before the body. A false one faults.
    pub requires: &'t [Clause<'t>],
    /// `(parameter, copy)`: done after `requires` and before the body. Clauses of `ensures` read the copies, since they
    /// see parameters as they were at entry.
    pub entry_copies: &'t [(LocalId, LocalId)],
    /// Holds the result while `ensures` clauses are checked; only with clauses, and none for a void result.
    pub result_local: Option<LocalId>,
    /// Checked in order after the body and the deferred calls, whichever way it was left but by a fault or a failure.
    pub ensures: &'t [Clause<'t>],
    /// The deferred calls, of a function that may have any.
    pub deferred: Option<Deferred>,
    /// Whether it is what a `defer` made of its expression.
    pub is_deferred: bool,
    /// The failures it declares and where; none for functions that the program does not write, which pass on what the
    /// functions they call raise.
    pub failures: Option<&'t [(Failure, Span)]>,
    /// The body; its value is the result (dropped where the result is void).
    pub body: &'t Expr<'t>,
    /// The name in the declaration.
    pub span: Span,
}

/// The deferred calls of a function.
///
/// However the body is left, they are made then, the last one first, until there is none; `exit` alone does not lead there. A
/// fault of such a call does not keep the others from being made. If the body faulted, that is the fault of the function;
/// else it is the first of theirs, in the order in which they were made. A failure, or the result that was computed, goes on
/// only if there was no fault.
#[derive(Clone, Copy, Debug)]
pub struct Deferred {
    /// A variable that holds a cell with an array of functions without parameters and result. It is made when the body begins,
    /// with an empty array, to which the body adds.
    pub calls: LocalId,
    /// The function that takes the last function off the array in the cell, calls it, and gives true; or gives false.
    pub next: FuncId,
}

/// A variable of a function.
#[derive(Clone, Copy, Debug)]
pub struct Local<'t> {
    /// Its name; temporaries have names that start with `$`.
    pub name: &'t str,
    /// Its type.
    pub ty: Type,
    /// Whether it is assigned after its initialisation.
    pub assigned: bool,
    /// The declaration.
    pub span: Span,
}

/// A contract clause.
#[derive(Clone, Copy, Debug)]
pub struct Clause<'t> {
    /// A bool.
    pub cond: &'t Expr<'t>,
    /// A string, evaluated when `cond` is false: the message of the fault, which stands at `span`.
    pub message: &'t Expr<'t>,
    /// The clause's expression.
    pub span: Span,
}

/// `{ .. }`
#[derive(Clone, Copy, Debug)]
pub struct Block<'t> {
    /// The statements in order.
    pub stmts: &'t [Stmt<'t>],
    /// The value; none means void, or never if the end cannot be reached.
    pub value: Option<&'t Expr<'t>>,
}

/// A statement.
#[derive(Clone, Copy, Debug)]
pub enum Stmt<'t> {
    /// Evaluates and drops the value.
    Expr(&'t Expr<'t>),
    /// Makes a new variable with this value.
    Let(LocalId, &'t Expr<'t>),
    /// Runs the initialiser of a top-level `let` and stores its value; accesses are good from then on.
    InitGlobal(GlobalId, &'t Expr<'t>),
    /// A `static let`: runs the initialiser when control gets here for the first time in the run of the program.
    InitStatic(GlobalId, &'t Expr<'t>),
}

/// An expression.
#[derive(Clone, Copy, Debug)]
pub struct Expr<'t> {
    /// What it is.
    pub kind: ExprKind<'t>,
    /// Type of its value. Never for one that does not complete.
    pub ty: Type,
    /// Its text; a fault it raises stands at the start.
    pub span: Span,
}

/// The expression forms.
#[derive(Clone, Copy, Debug)]
pub enum ExprKind<'t> {
    /// The value of type void.
    Void,
    /// An integer of the expression's type, as [`crate::types::IntTy::wrap`] gives it.
    Int(i64),
    /// A float; of type `f32` it is exact in binary32.
    Float(f64),
    /// A char.
    Char(char),
    /// A bool.
    Bool(bool),
    /// A string literal.
    Str(&'t str),
    /// The value of a variable.
    Local(LocalId),
    /// The value of a global; see [`Global::checked`].
    Global(GlobalId),
    /// A prefix operator.
    Unary(UnaryOp, &'t Expr<'t>),
    /// An infix operator with both operands evaluated.
    Binary(BinaryOp, &'t Expr<'t>, &'t Expr<'t>),
    /// `a && b`
    And(&'t Expr<'t>, &'t Expr<'t>),
    /// `a || b`
    Or(&'t Expr<'t>, &'t Expr<'t>),
    /// A numeric conversion.
    Convert(Conversion, &'t Expr<'t>),
    /// The display form of a value of any type, a string.
    Display(&'t Expr<'t>),
    /// The display form as inside another value: strings in quotes.
    Quoted(&'t Expr<'t>),
    /// The strings one after another: an interpolated literal. All are evaluated before the result is built.
    Concat(&'t [Expr<'t>]),
    /// A call with one argument per parameter.
    Call(&'t Call<'t>),
    /// A call of a library function that the backends know.
    CallBuiltin(Builtin, &'t [Expr<'t>]),
    /// `{ .. }`
    Block(&'t Block<'t>),
    /// `if`; without `else` the value is void.
    If(&'t Expr<'t>, &'t Expr<'t>, Option<&'t Expr<'t>>),
    /// `while` and `loop`.
    Loop(&'t Loop<'t>),
    /// `for` over a range of ints.
    ForRange(&'t ForRange<'t>),
    /// Stores; void.
    Assign(Place, &'t Expr<'t>),
    /// `p op= e`; void. A fault of the operator stands at the start of this expression.
    AssignOp(Place, BinaryOp, &'t Expr<'t>),
    /// Leaves the function; none in a void function.
    Return(Option<&'t Expr<'t>>),
    /// Leaves the loop with its value (none: void).
    Break(LoopId, Option<&'t Expr<'t>>),
    /// Starts the next iteration.
    Continue(LoopId),
    /// Raises a fault with this message, a string.
    Fault(&'t Expr<'t>),
    /// A struct, tuple or range: one value per field in declaration order, evaluated in this order.
    Struct(&'t [Expr<'t>]),
    /// Field number `n` of a struct, tuple or range.
    Field(&'t Expr<'t>, u32),
    /// Variant number `n` of an enum with its payload, evaluated in this order.
    Variant(u32, &'t [Expr<'t>]),
    /// Field `.2` of the payload of variant `.1`. The value is known to be that variant; the operand is a variable or
    /// again part of one.
    VariantField(&'t Expr<'t>, u32, u32),
    /// `match` and all that means one: `if let`, `?`, `??`, `?.`.
    Match(&'t Match<'t>),
    /// An array of these elements.
    Array(&'t [Expr<'t>]),
    /// `array[index]`, index negative from the end. Faults `Index I out of bounds for array of length N`.
    Index(&'t Expr<'t>, &'t Expr<'t>),
    /// Stores to a part of a variable; void.
    AssignPart(&'t AssignPart<'t>),
    /// A function value: calling it calls the function with the arguments followed by these values, the captured
    /// variables. So the last parameters of the function take them. No function value can be reached from what it
    /// captured: sema sees to that, and counting references suffices.
    Closure(FuncId, &'t [Expr<'t>]),
    /// A call of a function value: the callee first, then the arguments.
    CallValue(&'t Expr<'t>, &'t [Expr<'t>]),
    /// A new cell with this value.
    CellNew(&'t Expr<'t>),
    /// The value in a cell.
    CellGet(&'t Expr<'t>),
    /// Raises a failure, which leaves everything up to an arm of a [`ExprKind::Try`] for it.
    Fail(Failure),
    /// `try`
    Try(&'t Try<'t>),
    /// `live`: the value of the attempt that succeeded. When it gives up it faults at the start of this expression.
    Live(&'t Live<'t>),
}

/// `try`: the value of the body, or of the first arm for the failure that left it. Faults pass through. Nothing is put back:
/// what the body assigned stays, and a variable that it shares with what is around lives in a cell, in a global, or is not
/// assigned in it.
#[derive(Clone, Copy, Debug)]
pub struct Try<'t> {
    /// The body.
    pub body: &'t Expr<'t>,
    /// What is done after a failure.
    pub arms: &'t [CatchArm<'t>],
}

/// `catch A { .. }`
#[derive(Clone, Copy, Debug)]
pub struct CatchArm<'t> {
    /// The failure it is for.
    pub failure: Failure,
    /// What is done.
    pub body: &'t Expr<'t>,
    /// The name of the failure.
    pub span: Span,
}

/// `live`: a block that is tried again when it faults, from the state in which it was entered.
///
/// The block, and the invariants behind it, are an attempt. Leaving the block by `return`, `break`, `continue` or its end
/// completes it: then the invariants are checked, before control goes where it was bound to. A fault of the block or of
/// an invariant, or an invariant that is false, ends the attempt. What follows is decided by
/// `resilient_runtime::live`: another attempt, with the variables of `restored` as they were at entry, or a fault.
#[derive(Clone, Copy, Debug)]
pub struct Live<'t> {
    /// How often the block is tried, as written; 0 counts as 1.
    pub attempts: u32,
    /// Nanoseconds after which it is not tried again.
    pub within: Option<u64>,
    /// How long it waits before it tries again.
    pub backoff: Option<Backoff>,
    /// The block.
    pub body: &'t Expr<'t>,
    /// Checked in order after the block.
    pub invariants: &'t [Clause<'t>],
    /// The variables in scope at entry that anything may change before the block is left, each once. A global of them
    /// need not be initialised, and that it is not does not fault.
    pub restored: &'t [Place],
}

/// Waiting between attempts: `min(max_ms, base_ms * factor^i)` milliseconds before retry `i`, counted from 0, or
/// `min(max_ms, base_ms * (i + 1))` if linear; computed without overflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait.
    pub base_ms: u64,
    /// By how much it grows.
    pub factor: u64,
    /// The longest wait.
    pub max_ms: u64,
    /// Whether it grows by addition.
    pub linear: bool,
}

/// `match`. The scrutinee is in a variable already.
#[derive(Clone, Copy, Debug)]
pub struct Match<'t> {
    /// Which arm is taken.
    pub decision: &'t Decision<'t>,
    /// Bodies of the arms; each is reached from one or more places of the decision.
    pub arms: &'t [Expr<'t>],
}

/// A decision tree. The expressions in it, guards aside, read variables and parts of them, and compare; they have no
/// effects. Branches may share decisions, so that a guard or an arm is reached from several places.
#[derive(Clone, Copy, Debug)]
pub enum Decision<'t> {
    /// Goes on with the arm of this index, after making the variables of its pattern.
    Arm {
        /// Variables and their values.
        bindings: &'t [(LocalId, Expr<'t>)],
        /// The arm.
        arm: u32,
    },
    /// Makes the variables of a pattern, then tests its guard.
    Guard {
        /// Variables and their values.
        bindings: &'t [(LocalId, Expr<'t>)],
        /// The guard.
        guard: &'t Expr<'t>,
        /// The arm if it is true.
        arm: u32,
        /// Where to go on if it is false.
        otherwise: &'t Decision<'t>,
    },
    /// Goes on by the variant of an enum.
    Switch {
        /// The enum: a variable or a part of one.
        subject: &'t Expr<'t>,
        /// Variants, ascending, each with where to go on.
        cases: &'t [(u32, Decision<'t>)],
        /// For the other variants; none if all are listed.
        default: Option<&'t Decision<'t>>,
    },
    /// Goes on by a condition.
    If(&'t Expr<'t>, &'t Decision<'t>, &'t Decision<'t>),
}

/// `root.path = value`, `root.path op= value` or `root.path[key] = value` of a map.
///
/// Plain and with a key: the value first, then the indices left to right, then the store. With an operator: the indices,
/// the old value, the operand, the store. A bad index faults `Index I out of bounds for array of length N at dim D` and leaves everything
/// unchanged; `D` counts the indices of the path from 1. (With an operator the read comes first and has the same text.)
#[derive(Clone, Copy, Debug)]
pub struct AssignPart<'t> {
    /// The variable.
    pub root: Place,
    /// From the variable to the part; at least one step, but with [`PartOp::Insert`].
    pub path: &'t [Projection<'t>],
    /// What is stored.
    pub op: PartOp<'t>,
    /// The value or operand.
    pub value: &'t Expr<'t>,
}

/// What an assignment to a part stores.
#[derive(Clone, Copy, Debug)]
pub enum PartOp<'t> {
    /// The value.
    Store,
    /// The result of the operator with the old value and the operand.
    Op(BinaryOp),
    /// The result of `insert(part, key, value)`, where `part` is a map. It is made of the part in place, if there are no
    /// other references to that.
    Insert {
        /// The last index of the path.
        key: &'t Expr<'t>,
        /// A function of the library: map, key and value to map.
        insert: FuncId,
    },
}

/// A step from a value to a part of it.
#[derive(Clone, Copy, Debug)]
pub enum Projection<'t> {
    /// A field of a struct, tuple or tuple struct.
    Field(u32),
    /// An element of an array, index negative from the end.
    Index(&'t Expr<'t>),
    /// The value at a key of a map: element `position(map, key)` of the array that is field `values` of the struct that
    /// maps are. The function faults for a missing key, at the start of the assignment.
    Key {
        /// The key.
        key: &'t Expr<'t>,
        /// A function of the library: map and key to a good index.
        position: FuncId,
        /// The field.
        values: u32,
    },
}

/// A call of a function of the program.
#[derive(Clone, Copy, Debug)]
pub struct Call<'t> {
    /// The function.
    pub func: FuncId,
    /// The arguments in the order of the parameters.
    pub args: &'t [Expr<'t>],
    /// A call of the enclosing function to itself whose value is the result at once, with nothing left to do: it must
    /// use no stack. False in functions with `ensures`.
    pub is_self_tail: bool,
}

/// `while` and `loop`
#[derive(Clone, Copy, Debug)]
pub struct Loop<'t> {
    /// Its name.
    pub id: LoopId,
    /// Tested before each iteration; none for `loop`.
    pub cond: Option<&'t Expr<'t>>,
    /// The body; its value is dropped.
    pub body: &'t Expr<'t>,
}

/// `for var in lo..hi`
#[derive(Clone, Copy, Debug)]
pub struct ForRange<'t> {
    /// Its name.
    pub id: LoopId,
    /// A new variable in each iteration; assigning to it does not change the iteration.
    pub var: LocalId,
    /// Evaluated first.
    pub lo: &'t Expr<'t>,
    /// Evaluated second.
    pub hi: &'t Expr<'t>,
    /// Whether `hi` is in the range, up to the largest int.
    pub inclusive: bool,
    /// The body; its value is dropped.
    pub body: &'t Expr<'t>,
}

/// What an assignment stores to.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// A variable.
    Local(LocalId),
    /// A global; see [`Global::checked`].
    Global(GlobalId),
    /// The variable in the cell that this local holds: one that a closure shares with its surroundings.
    Cell(LocalId),
}

/// Prefix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// Wraps.
    IntNeg,
    /// Its result is not out of range.
    BoundedNeg(Bound),
    /// Flips the sign.
    FloatNeg,
    /// `!`
    BoolNot,
}

/// Infix operators by operand type. Integer operators work on two operands of one integer type, at its width and
/// signedness (the count of a shift is an `int`), and their result wraps there. Float operators work on two `float` or two
/// `f32`, each operation rounded to that type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// Wraps.
    IntAdd,
    /// Wraps.
    IntSub,
    /// Wraps.
    IntMul,
    /// Truncates; faults `Division by zero`; the smallest value by -1 is itself.
    IntDiv,
    /// Sign of the left operand; faults `Modulo by zero`; the smallest int by -1 gives 0.
    IntRem,
    /// `&`
    IntAnd,
    /// `|`
    IntOr,
    /// `^`
    IntXor,
    /// Faults `shift amount out of range: N` for a count that is not below the width.
    IntShl,
    /// Arithmetic for signed types, logical for unsigned ones; faults as `IntShl`.
    IntShr,
    /// `+`
    FloatAdd,
    /// `-`
    FloatSub,
    /// `*`
    FloatMul,
    /// `/`
    FloatDiv,
    /// The truncated remainder.
    FloatRem,
    /// Two strings.
    StrConcat,
    /// A string and an int; faults for a bad count.
    StrRepeat,
    /// Ints.
    IntCmp(CmpOp),
    /// Floats, as IEEE 754 has it.
    FloatCmp(CmpOp),
    /// Bools; `Eq` and `Ne` only.
    BoolCmp(CmpOp),
    /// Strings, by scalar values.
    StrCmp(CmpOp),
    /// Chars, by scalar value.
    CharCmp(CmpOp),
    /// Two arrays of one type, one after the other.
    ArrayConcat,
    /// As the integer operator that wraps, but its result is not out of range.
    Bounded(Arith, Bound),
}

/// Integer operators whose exact results may be out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arith {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`: of the smallest value by -1.
    Div,
}

/// What an operator does instead of wrapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bound {
    /// Gives the nearest value of the type.
    Saturate,
    /// Faults `integer overflow in OP (A OP B)`, or `integer overflow in unary - (A)`.
    Trap,
}

/// Comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CmpOp {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

/// Numeric conversions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Conversion {
    /// Any integer type to the nearest `float`, ties to even.
    IntToFloat,
    /// Any integer type to the nearest `f32`, ties to even.
    IntToF32,
    /// `float` to `int`: drops the fraction; faults for NaN, infinities and values out of range.
    FloatToInt,
    /// Exact.
    F32ToFloat,
    /// To nearest, ties to even.
    FloatToF32,
    /// Any integer type to any other: keeps the low bits.
    IntWrap,
    /// `int` to a narrower type: faults `value V out of range for type T (LO..=HI)`.
    IntNarrow,
}

/// Library functions the backends know. Argument types stand in the arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Builtin {
    /// `print(x)`: writes the display form and flushes; without an argument it flushes.
    Print,
    /// `println(x)`: writes the display form and a line feed; without an argument the line feed.
    Println,
    /// `len(s)`: scalar values of a string.
    StrLen,
    /// `s[i]`: a char, index negative from the end; faults `String index I out of bounds for length N`.
    StrIndex,
    /// `s[i]` for `i` in `0..len(s)`, which the caller knows.
    StrGet,
    /// `s[lo..hi]`, see [`Builtin::ArraySlice`].
    StrSlice,
    /// `len(a)`
    ArrayLen,
    /// `a[i]` for `i` in `0..len(a)`, which the caller knows.
    ArrayGet,
    /// `push(a, v)`: the array with one more element.
    ArrayPush,
    /// `pop(a)`: the array without its last element; faults `pop: cannot pop from an empty array`.
    ArrayPop,
    /// `a[lo..hi]`: four operands, the array, the bounds, and a bool that tells whether `hi` is included. A missing lower
    /// bound is 0; a missing upper one is the largest int, not included. Faults `slice lower bound A exceeds upper bound
    /// B`, where a missing upper bound reads as the length.
    ArraySlice,
    /// `array_repeat(v, n)`: faults `array_repeat: count must be non-negative, got N`.
    ArrayRepeat,
    /// `cell.set(v)`: stores to a cell; void.
    CellSet,
    /// `__index_find(index, keys, key)`: where `key` is in `keys`, or -1. `index` is the hash index of `keys`, made by
    /// `IndexAdd` and `IndexRemove` alone, an `array<u64>`; keys are integers, bools or strings, all different.
    IndexFind,
    /// `__index_add(index, keys)`: the index of `keys`, given that of all but the last.
    IndexAdd,
    /// `__index_remove(index, keys, position)`: the index of what is in `keys` after the last key was moved to `position` and
    /// the array shortened by one, given the index of `keys`.
    IndexRemove,
    /// `__str_byte_len(s)`: length in bytes.
    StrByteLen,
    /// `__str_byte(s, i)`: the byte at `i`, as an int, for `i` in range, which the caller knows.
    StrByte,
    /// `__str_cut(s, lo, hi)`: the bytes `lo..hi`, which the caller knows to be in range and to start and end at chars.
    StrCut,
    /// `__str_find(s, part, from)`: offset in bytes of the first occurrence of `part` at or after the byte `from`, or -1.
    StrFind,
    /// `__str_rfind(s, part)`: offset in bytes of the last occurrence of `part`, or -1.
    StrRfind,
    /// `__str_upper(s)`: full mapping of Unicode.
    StrUpper,
    /// `__str_lower(s)`: full mapping of Unicode.
    StrLower,
    /// `__str_join(parts, separator)`: the strings of an array with a separator between.
    StrJoin,
    /// `__str_from_bytes(octets)`: the text of an `array<u8>` that is valid UTF-8, which the caller knows.
    StrFromBytes,
    /// `__utf8_error(octets)`: offset of the first octet of an `array<u8>` that is not UTF-8, or -1.
    Utf8Error,
    /// `__str_to_bytes(s)`: an `array<u8>`.
    StrToBytes,
    /// Ends the program with a fault of this message that has no position: what an `Err` of `main` does.
    MainFailed,
    /// `__trace_len()`: how many calls a trace shows; see [`Tracing`].
    TraceLen,
    /// `__trace_line(i)`: the text of one of them, the outermost of which is number 0.
    TraceLine,
    /// `__parse_int(s)`: the value of an int in decimal, 0 if it is none.
    ParseInt,
    /// `__is_int(s)`: whether `ParseInt` understands the string: an optional sign and digits, in range, nothing else.
    IsInt,
    /// `__parse_float(s)`: the nearest float, NaN if it is none.
    ParseFloat,
    /// `__is_float(s)`: whether `ParseFloat` understands the string.
    IsFloat,
    /// `__char_from_int(n)`: the char of a scalar value, which the caller knows to be one.
    CharFromInt,
    /// `__char_to_int(c)`: its scalar value.
    CharToInt,
    /// `__char_class(c, n)`: whether the char is in a class: 0 alphabetic, 1 numeric, 2 alphanumeric, 3 white space, 4 upper
    /// case, 5 lower case, 6 control, as Unicode has them.
    CharClass,
    /// `__float_bits(x)`: the bits of a float.
    FloatBits,
    /// `__float_from_bits(n)`: the float of these bits.
    FloatFromBits,
    /// `__NAME(..)`: the runtime entry of that name, which takes and gives ints, floats, bools and strings and does not fault.
    Entry(RtFn),
    /// `live_retries()`: how often the innermost active live block failed in this execution of it; faults
    /// `live_retries() called outside a live block`.
    LiveRetries,
    /// `live_total_retries()`: attempts after the first, of all live blocks.
    LiveTotalRetries,
    /// `live_total_exhaustions()`: how often live blocks gave up.
    LiveTotalExhaustions,
    /// Counts the statements that begin inside live blocks; faults `injected fault N` at statement number `N`, its operand.
    /// Stands before statements if [`Options::inject_fault`](crate::Options) says so.
    InjectFault,
    /// `exit(status)`: never returns.
    Exit,
}

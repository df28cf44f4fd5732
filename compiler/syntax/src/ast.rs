//! The syntax tree: what was written, before any meaning. Nodes live in a [`bumpalo::Bump`], hold symbols, spans and
//! slices only, and need no drop. Every node has the span of its text.
//!
//! Sugar is kept (the printer gives back what was written); lowering it is the business of `resilient-sema`.

use resilient_base::{Span, Symbol};

/// A whole file.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    /// The statements, items among them, in source order.
    pub stmts: &'a [Stmt<'a>],
    /// The whole text.
    pub span: Span,
    /// Whether declarations other than functions stand inside blocks or modules, so that somebody has to look for them.
    pub has_inner_items: bool,
    /// Whether there is a `|>`.
    pub has_pipes: bool,
    /// Whether there is any `defer` in it.
    pub has_defers: bool,
}

/// A name and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Name {
    /// The name.
    pub symbol: Symbol,
    /// Its place.
    pub span: Span,
}

/// `a`, `a::b`, `a::b::c`: at least one segment.
#[derive(Clone, Copy, Debug)]
pub struct Path<'a> {
    /// The segments in order.
    pub segments: &'a [Name],
    /// All of it.
    pub span: Span,
}

/// `#[name]` or `#[name(tokens)]`, and `@name`, `@name(tokens)`.
#[derive(Clone, Copy, Debug)]
pub struct Attribute<'a> {
    /// `#[..]` or `@..`.
    pub style: AttributeStyle,
    /// The name.
    pub name: Name,
    /// What stands in the parentheses, if there are any.
    pub args: AttributeArgs<'a>,
    /// All of it.
    pub span: Span,
}

/// How an attribute is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttributeStyle {
    /// `#[name]`
    Hash,
    /// `@name`
    At,
}

/// Arguments of an attribute.
#[derive(Clone, Copy, Debug)]
pub enum AttributeArgs<'a> {
    /// No parentheses.
    None,
    /// The predicate of `cfg`.
    Cfg(&'a CfgPredicate<'a>),
    /// Balanced tokens as written, without the outer parentheses.
    Tokens(&'a str, Span),
}

/// The predicate of `#[cfg(...)]`.
#[derive(Clone, Copy, Debug)]
pub enum CfgPredicate<'a> {
    /// `test`
    Test,
    /// `not(p)`
    Not(&'a CfgPredicate<'a>),
    /// `any(p, q)`
    Any(&'a [CfgPredicate<'a>]),
    /// `all(p, q)`
    All(&'a [CfgPredicate<'a>]),
    /// `key = "value"`
    Equals(Name, &'a str),
}

/// A statement with its attributes.
#[derive(Clone, Copy, Debug)]
pub struct Stmt<'a> {
    /// Attributes before it.
    pub attrs: &'a [Attribute<'a>],
    /// What it is.
    pub kind: StmtKind<'a>,
    /// All of it, without a final `;`.
    pub span: Span,
}

/// The statement forms. Items are statements too.
#[derive(Clone, Copy, Debug)]
pub enum StmtKind<'a> {
    /// A declaration.
    Item(Item<'a>),
    /// `let`, `let const`, `let .. else`, `static let`.
    Let(&'a Let<'a>),
    /// `place = e`, `place op= e`, `(a, b) = e`.
    Assign(&'a Assign<'a>),
    /// `return`, `return e`.
    Return(Option<&'a Expr<'a>>),
    /// `break`, `break e`. A lone identifier is in `label_or_value`.
    Break(Break<'a>),
    /// `continue`, `continue label`.
    Continue(Option<Name>),
    /// `defer e`, `defer { .. }`.
    Defer(&'a Expr<'a>),
    /// `fail V`
    Fail(Name),
    /// `assert(c)`, `assume(c, m)`.
    Assert(Assert<'a>),
    /// `invariant e`
    Invariant(&'a Expr<'a>),
    /// An expression; `semi` tells whether `;` follows. Without it, as the last statement, it is the block's value.
    Expr {
        /// The expression.
        expr: &'a Expr<'a>,
        /// Whether a `;` follows.
        semi: bool,
    },
    /// A statement the parser could not read; a diagnostic was given.
    Error,
}

/// `let TARGET = e`
#[derive(Clone, Copy, Debug)]
pub struct Let<'a> {
    /// `static let`
    pub is_static: bool,
    /// `let const`
    pub is_const: bool,
    /// `let mut`, which means nothing.
    pub is_mut: bool,
    /// What is bound.
    pub target: Pattern<'a>,
    /// `: T`
    pub ty: Option<&'a Type<'a>>,
    /// The initialiser.
    pub init: &'a Expr<'a>,
    /// `else { .. }`
    pub otherwise: Option<Block<'a>>,
}

/// `place op= value`; the parser has checked that `place` has the shape of a place or of a tuple of places.
#[derive(Clone, Copy, Debug)]
pub struct Assign<'a> {
    /// The left side: `Name`, `Field`, `TupleField`, `Index` chains, or `Tuple` of those (plain `=` only).
    pub place: &'a Expr<'a>,
    /// The operator of `op=`; none for `=`.
    pub op: Option<BinaryOp>,
    /// The right side.
    pub value: &'a Expr<'a>,
}

/// `break`
#[derive(Clone, Copy, Debug)]
pub enum Break<'a> {
    /// `break;`
    Plain,
    /// `break x;`: a label if one is in scope, else the value of `x`.
    LabelOrValue(Name),
    /// `break e;`
    Value(&'a Expr<'a>),
}

/// `assert` or `assume`
#[derive(Clone, Copy, Debug)]
pub struct Assert<'a> {
    /// `assume` instead of `assert`.
    pub is_assume: bool,
    /// The condition.
    pub cond: &'a Expr<'a>,
    /// The message.
    pub message: Option<&'a Expr<'a>>,
}

/// A declaration.
#[derive(Clone, Copy, Debug)]
pub enum Item<'a> {
    /// `fn`
    Fn(&'a FnDecl<'a>),
    /// `struct`
    Struct(&'a StructDecl<'a>),
    /// `enum`
    Enum(&'a EnumDecl<'a>),
    /// `type N<T> = U;`
    Alias(&'a AliasDecl<'a>),
    /// `newtype N = T;`
    Newtype(&'a AliasDecl<'a>),
    /// `trait`
    Trait(&'a TraitDecl<'a>),
    /// `impl`
    Impl(&'a ImplDecl<'a>),
    /// `const`
    Const(&'a ConstDecl<'a>),
    /// `static_assert(c, "m")`
    StaticAssert(&'a StaticAssert<'a>),
    /// `mod m { .. }`
    Mod(&'a ModDecl<'a>),
    /// `use`
    Use(&'a UseDecl<'a>),
    /// `extern "lib" { .. }`
    Extern(&'a ExternDecl<'a>),
    /// `region R;`
    Region(Name),
    /// `actor`
    Actor(&'a ActorDecl<'a>),
    /// `cluster`
    Cluster(&'a ClusterDecl<'a>),
    /// `bench "name" { .. }`
    Bench(&'a BenchDecl<'a>),
    /// `@require_contracts` or `@require_contracts(strict)`.
    RequireContracts {
        /// `(strict)`
        strict: bool,
    },
}

/// A named function, method, local function or closure literal.
#[derive(Clone, Copy, Debug)]
pub struct FnDecl<'a> {
    /// `pub`
    pub is_pub: bool,
    /// `pure` or `io` before `fn`.
    pub effect: Option<Name>,
    /// The name; none for a closure.
    pub name: Option<Name>,
    /// Whether the type parameters stood before the name.
    pub params_first: bool,
    /// Type parameters.
    pub type_params: &'a [TypeParam<'a>],
    /// Parameters.
    pub params: &'a [Param<'a>],
    /// `-> T`
    pub result: Option<&'a Type<'a>>,
    /// The letter of an effect arrow `-e->`.
    pub arrow_effect: Option<Name>,
    /// `where` clauses.
    pub wheres: &'a [WherePredicate<'a>],
    /// Contract clauses in source order.
    pub contracts: &'a [Contract<'a>],
    /// The body; none for an abstract trait method. `|a| e` has a block with one expression.
    pub body: Option<Block<'a>>,
    /// Written as `|a, b| ..`.
    pub is_pipe: bool,
}

/// A parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param<'a> {
    /// What is bound: a name, or a struct pattern.
    pub kind: ParamKind<'a>,
    /// The type; `self` and parameters of `|..|` closures may have none.
    pub ty: Option<&'a Type<'a>>,
    /// Written name first, `name: Type`.
    pub name_first: bool,
    /// `= constant`
    pub default: Option<&'a Expr<'a>>,
    /// All of it.
    pub span: Span,
}

/// What a parameter binds.
#[derive(Clone, Copy, Debug)]
pub enum ParamKind<'a> {
    /// A name, `self` included.
    Name(Name),
    /// `Point { x, y: b, .. }`
    Struct(&'a Pattern<'a>),
}

/// `T: A + B`
#[derive(Clone, Copy, Debug)]
pub struct TypeParam<'a> {
    /// The parameter.
    pub name: Name,
    /// Its bounds.
    pub bounds: &'a [Path<'a>],
}

/// `T: A + B`, `T::Item: A` after `where`.
#[derive(Clone, Copy, Debug)]
pub struct WherePredicate<'a> {
    /// `T` or `T::Item`
    pub subject: Path<'a>,
    /// The bounds.
    pub bounds: &'a [Path<'a>],
}

/// A contract clause.
#[derive(Clone, Copy, Debug)]
pub struct Contract<'a> {
    /// Which.
    pub kind: ContractKind<'a>,
    /// All of it, keyword included.
    pub span: Span,
}

/// The contract clauses.
#[derive(Clone, Copy, Debug)]
pub enum ContractKind<'a> {
    /// `requires e`
    Requires(&'a Expr<'a>),
    /// `ensures e`
    Ensures(&'a Expr<'a>),
    /// `recovers_to: e`
    RecoversTo(&'a Expr<'a>),
    /// `fails A, B`
    Fails(&'a [Name]),
}

/// `struct`
#[derive(Clone, Copy, Debug)]
pub struct StructDecl<'a> {
    /// `pub`
    pub is_pub: bool,
    /// The name.
    pub name: Name,
    /// Type parameters.
    pub type_params: &'a [TypeParam<'a>],
    /// Fields. Those of a tuple struct have no name.
    pub fields: &'a [Field<'a>],
    /// `struct S(A, B);`
    pub is_tuple: bool,
}

/// A field of a struct, a record type or a variant.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// The name; none in tuples.
    pub name: Option<Name>,
    /// The type.
    pub ty: &'a Type<'a>,
    /// Written name first, `name: Type`.
    pub name_first: bool,
}

/// `enum`
#[derive(Clone, Copy, Debug)]
pub struct EnumDecl<'a> {
    /// `pub`
    pub is_pub: bool,
    /// The name.
    pub name: Name,
    /// Type parameters.
    pub type_params: &'a [TypeParam<'a>],
    /// The variants.
    pub variants: &'a [Variant<'a>],
}

/// A variant of an enum.
#[derive(Clone, Copy, Debug)]
pub struct Variant<'a> {
    /// The name.
    pub name: Name,
    /// The payload.
    pub payload: Payload<'a>,
}

/// The payload of a variant.
#[derive(Clone, Copy, Debug)]
pub enum Payload<'a> {
    /// `V`
    None,
    /// `V(A, B)`
    Tuple(&'a [&'a Type<'a>]),
    /// `V { a: A }`
    Named(&'a [Field<'a>]),
}

/// `type N<T> = U;` or `newtype N = T;`
#[derive(Clone, Copy, Debug)]
pub struct AliasDecl<'a> {
    /// `pub`
    pub is_pub: bool,
    /// The name.
    pub name: Name,
    /// Type parameters.
    pub type_params: &'a [TypeParam<'a>],
    /// What it stands for.
    pub ty: &'a Type<'a>,
}

/// `trait`
#[derive(Clone, Copy, Debug)]
pub struct TraitDecl<'a> {
    /// `pub`
    pub is_pub: bool,
    /// The name.
    pub name: Name,
    /// Type parameters.
    pub type_params: &'a [TypeParam<'a>],
    /// `extends A + B`
    pub supers: &'a [Path<'a>],
    /// Members.
    pub members: &'a [Member<'a>],
}

/// `impl T`, `impl Tr for T`, `impl<T: A> Tr for T`.
#[derive(Clone, Copy, Debug)]
pub struct ImplDecl<'a> {
    /// Type parameters after `impl`.
    pub type_params: &'a [TypeParam<'a>],
    /// The trait of `impl Tr for T`.
    pub trait_: Option<&'a Type<'a>>,
    /// The implementing type.
    pub target: &'a Type<'a>,
    /// Members.
    pub members: &'a [Member<'a>],
}

/// A member of a trait or impl.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// Attributes before it.
    pub attrs: &'a [Attribute<'a>],
    /// What it is.
    pub kind: MemberKind<'a>,
    /// All of it.
    pub span: Span,
}

/// The members of traits and impls.
#[derive(Clone, Copy, Debug)]
pub enum MemberKind<'a> {
    /// A method or associated function.
    Fn(&'a FnDecl<'a>),
    /// `type Item;` in a trait, `type Item = T;` in an impl.
    AssociatedType(Name, Option<&'a Type<'a>>),
}

/// `const N: T = e`
#[derive(Clone, Copy, Debug)]
pub struct ConstDecl<'a> {
    /// `pub`
    pub is_pub: bool,
    /// The name.
    pub name: Name,
    /// `: T`
    pub ty: Option<&'a Type<'a>>,
    /// The value.
    pub value: &'a Expr<'a>,
}

/// `static_assert(c, "m")`
#[derive(Clone, Copy, Debug)]
pub struct StaticAssert<'a> {
    /// The condition.
    pub cond: &'a Expr<'a>,
    /// The message.
    pub message: &'a str,
}

/// `mod m { .. }`
#[derive(Clone, Copy, Debug)]
pub struct ModDecl<'a> {
    /// `pub`
    pub is_pub: bool,
    /// The name.
    pub name: Name,
    /// Items only.
    pub stmts: &'a [Stmt<'a>],
}

/// `use`
#[derive(Clone, Copy, Debug)]
pub struct UseDecl<'a> {
    /// `pub use`
    pub is_pub: bool,
    /// What is imported.
    pub source: UseSource<'a>,
    /// Where the source stands.
    pub source_span: Span,
    /// `as m`
    pub alias: Option<Name>,
    /// `{ a, B }`
    pub selected: Option<&'a [Name]>,
}

/// What `use` names.
#[derive(Clone, Copy, Debug)]
pub enum UseSource<'a> {
    /// `"dir/part.rz"`
    File(&'a str),
    /// `std::m`
    Path(Path<'a>),
}

/// `extern "lib" { .. }`
#[derive(Clone, Copy, Debug)]
pub struct ExternDecl<'a> {
    /// The library.
    pub library: &'a str,
    /// The functions.
    pub fns: &'a [ForeignFn<'a>],
}

/// A foreign function.
#[derive(Clone, Copy, Debug)]
pub struct ForeignFn<'a> {
    /// Attributes, `@trusted` among them.
    pub attrs: &'a [Attribute<'a>],
    /// The name.
    pub name: Name,
    /// Parameters, name first.
    pub params: &'a [Param<'a>],
    /// Ends in `...`.
    pub is_variadic: bool,
    /// The result.
    pub result: &'a Type<'a>,
    /// `= "symbol"`
    pub symbol: Option<&'a str>,
    /// `requires` and `ensures`.
    pub contracts: &'a [Contract<'a>],
    /// All of it.
    pub span: Span,
}

/// `actor` (parsed, without effect).
#[derive(Clone, Copy, Debug)]
pub struct ActorDecl<'a> {
    /// The name.
    pub name: Name,
    /// Members.
    pub members: &'a [ActorMember<'a>],
}

/// A member of an actor.
#[derive(Clone, Copy, Debug)]
pub enum ActorMember<'a> {
    /// `state: T = e;`
    State(&'a Type<'a>, &'a Expr<'a>),
    /// `always: e;`
    Always(&'a Expr<'a>),
    /// `eventually(after: h): e;`
    Eventually(Name, &'a Expr<'a>),
    /// `receive m(..) { .. }`
    Receive(&'a FnDecl<'a>),
}

/// `cluster` (parsed, without effect).
#[derive(Clone, Copy, Debug)]
pub struct ClusterDecl<'a> {
    /// The name.
    pub name: Name,
    /// `member: Actor;`
    pub members: &'a [(Name, Name)],
    /// `cluster_invariant: e;`
    pub invariants: &'a [&'a Expr<'a>],
}

/// `bench "name" { .. }` (parsed, not run).
#[derive(Clone, Copy, Debug)]
pub struct BenchDecl<'a> {
    /// The name.
    pub name: &'a str,
    /// The body.
    pub body: Block<'a>,
}

/// `{ .. }`
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    /// The statements; the value is that of a last `Expr` without `;`.
    pub stmts: &'a [Stmt<'a>],
    /// Braces included.
    pub span: Span,
}

/// An expression.
#[derive(Clone, Copy, Debug)]
pub struct Expr<'a> {
    /// What it is.
    pub kind: ExprKind<'a>,
    /// Its text. Parentheres around it are not part of it, but see [`ExprKind::Paren`].
    pub span: Span,
}

/// The expression forms.
#[derive(Clone, Copy, Debug)]
pub enum ExprKind<'a> {
    /// `12`, `0xff`, `12u8`. The one value above `i64::MAX` that passes the parser is 2^63 under a direct `-`.
    Int(u64, Option<Name>),
    /// `1.5`, `1.5f32`, and `42f32`.
    Float(f64, Option<Name>),
    /// A string without placeholders, escapes decoded.
    Str(&'a str),
    /// `"a{x}b"`
    Interpolated(&'a [StrPart<'a>]),
    /// `b"ab"`
    Bytes(&'a [u8]),
    /// `'x'`
    Char(char),
    /// `true`, `false`
    Bool(bool),
    /// A name or a path.
    Path(Path<'a>),
    /// `(e)`: kept for the printer and for rules on form; has no other meaning.
    Paren(&'a Expr<'a>),
    /// `()`, `(a,)`, `(a, b)`
    Tuple(&'a [Expr<'a>]),
    /// `[a, b]`
    Array(&'a [Expr<'a>]),
    /// `[e for p in s if c]`
    Comprehension(&'a Comprehension<'a>),
    /// `{k -> v}`
    Map(&'a [(Expr<'a>, Expr<'a>)]),
    /// `#{a, b}`
    Set(&'a [Expr<'a>]),
    /// `{ x: 1, tag }`
    Record(&'a [FieldInit<'a>]),
    /// `new P { x: 1, ..b }`, and without `new`.
    New(&'a New<'a>),
    /// `fn(int a) { .. }`, `|a| e`
    Closure(&'a FnDecl<'a>),
    /// `-e`, `!e`
    Unary(UnaryOp, &'a Expr<'a>),
    /// `a + b`; the operator's own place is kept for messages.
    Binary(BinaryOp, &'a Expr<'a>, &'a Expr<'a>, Span),
    /// `a |> f`
    Pipe(&'a Expr<'a>, &'a Expr<'a>),
    /// `a ?? b`
    Coalesce(&'a Expr<'a>, &'a Expr<'a>),
    /// `a..b`, `a..=b`, `a..`, `..b`, `..`
    Range(Option<&'a Expr<'a>>, Option<&'a Expr<'a>>, RangeKind),
    /// `f(a, n: b)`
    Call(&'a Expr<'a>, &'a [Arg<'a>]),
    /// `r.m(a)`
    MethodCall(&'a Expr<'a>, Name, &'a [Arg<'a>]),
    /// `r.f`
    Field(&'a Expr<'a>, Name),
    /// `t.0`
    TupleField(&'a Expr<'a>, u32, Span),
    /// `a[i]`; a slice has a `Range` as index.
    Index(&'a Expr<'a>, &'a Expr<'a>),
    /// `e as T`
    Cast(&'a Expr<'a>, Name),
    /// `e?`
    Try(&'a Expr<'a>),
    /// `e?.f`
    OptField(&'a Expr<'a>, Name),
    /// `e?.m(a)`
    OptMethodCall(&'a Expr<'a>, Name, &'a [Arg<'a>]),
    /// `if`
    If(&'a If<'a>),
    /// `match`
    Match(&'a Match<'a>),
    /// `while`
    While(&'a While<'a>),
    /// `for`
    For(&'a For<'a>),
    /// `loop`
    Loop(&'a Loop<'a>),
    /// `live`
    Live(&'a Live<'a>),
    /// `try`
    TryCatch(&'a TryCatch<'a>),
    /// `unsafe { .. }`
    Unsafe(&'a Block<'a>),
    /// `{ .. }`
    Block(&'a Block<'a>),
    /// `forall x in r: b`, `exists x in r: b`
    Quantifier(&'a Quantifier<'a>),
    /// `return`, `break`, `continue`, assignment and `assert` as the body of an arm.
    Stmt(&'a Stmt<'a>),
    /// An expression the parser could not read; a diagnostic was given.
    Error,
}

/// `lo..hi` or `lo..=hi`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeKind {
    /// `..`
    Exclusive,
    /// `..=`
    Inclusive,
}

/// Text or a placeholder of an interpolated string.
#[derive(Clone, Copy, Debug)]
pub enum StrPart<'a> {
    /// Text, escapes decoded.
    Text(&'a str),
    /// `{e}`
    Expr(&'a Expr<'a>),
}

/// `[e for p in s if c]`
#[derive(Clone, Copy, Debug)]
pub struct Comprehension<'a> {
    /// `e`
    pub element: &'a Expr<'a>,
    /// `p`
    pub pattern: Pattern<'a>,
    /// `s`
    pub source: &'a Expr<'a>,
    /// `c`
    pub filter: Option<&'a Expr<'a>>,
}

/// `new P { .. }` or `new P(..)`
#[derive(Clone, Copy, Debug)]
pub struct New<'a> {
    /// Whether `new` is written.
    pub has_new: bool,
    /// `P`, with type arguments.
    pub ty: &'a Type<'a>,
    /// The contents.
    pub body: NewBody<'a>,
}

/// The contents of a struct expression.
#[derive(Clone, Copy, Debug)]
pub enum NewBody<'a> {
    /// `{ x: 1, y, ..base }`
    Named {
        /// The fields in source order.
        fields: &'a [FieldInit<'a>],
        /// `..base`
        base: Option<&'a Expr<'a>>,
        /// `..base` stands first.
        base_first: bool,
    },
    /// `(1, 2)`
    Tuple(&'a [Expr<'a>]),
}

/// `x: e` or `x`
#[derive(Clone, Copy, Debug)]
pub struct FieldInit<'a> {
    /// The field.
    pub name: Name,
    /// The value; none means the variable of that name.
    pub value: Option<&'a Expr<'a>>,
}

/// An argument.
#[derive(Clone, Copy, Debug)]
pub struct Arg<'a> {
    /// `name:`
    pub name: Option<Name>,
    /// The value.
    pub value: &'a Expr<'a>,
}

/// `c` or `let p = e`
#[derive(Clone, Copy, Debug)]
pub enum Cond<'a> {
    /// A bool.
    Expr(&'a Expr<'a>),
    /// `let p = e`
    Let(&'a Pattern<'a>, &'a Expr<'a>),
}

/// `if`
#[derive(Clone, Copy, Debug)]
pub struct If<'a> {
    /// The condition.
    pub cond: Cond<'a>,
    /// The first block.
    pub then: Block<'a>,
    /// `else`: an `If` or a `Block` expression.
    pub otherwise: Option<&'a Expr<'a>>,
}

/// `match`
#[derive(Clone, Copy, Debug)]
pub struct Match<'a> {
    /// The scrutinee.
    pub scrutinee: &'a Expr<'a>,
    /// The arms.
    pub arms: &'a [Arm<'a>],
}

/// An arm of a match.
#[derive(Clone, Copy, Debug)]
pub struct Arm<'a> {
    /// The pattern.
    pub pattern: Pattern<'a>,
    /// `if c`
    pub guard: Option<&'a Expr<'a>>,
    /// The body.
    pub body: &'a Expr<'a>,
    /// All of it.
    pub span: Span,
}

/// `while`
#[derive(Clone, Copy, Debug)]
pub struct While<'a> {
    /// `label:`
    pub label: Option<Name>,
    /// The condition.
    pub cond: Cond<'a>,
    /// Header invariants.
    pub invariants: &'a [&'a Expr<'a>],
    /// The body.
    pub body: Block<'a>,
}

/// `for`
#[derive(Clone, Copy, Debug)]
pub struct For<'a> {
    /// `label:`
    pub label: Option<Name>,
    /// The loop variable or variables.
    pub pattern: Pattern<'a>,
    /// What is iterated; a range is a `Range` expression.
    pub source: &'a Expr<'a>,
    /// Header invariants.
    pub invariants: &'a [&'a Expr<'a>],
    /// The body.
    pub body: Block<'a>,
}

/// `loop`
#[derive(Clone, Copy, Debug)]
pub struct Loop<'a> {
    /// `label:`
    pub label: Option<Name>,
    /// The body.
    pub body: Block<'a>,
}

/// `live`
#[derive(Clone, Copy, Debug)]
pub struct Live<'a> {
    /// `retries(N)`
    pub retries: Option<u64>,
    /// `within D`: nanoseconds, saturated, and how it was written.
    pub within: Option<Within>,
    /// `backoff(..)`
    pub backoff: Option<Backoff>,
    /// Invariants.
    pub invariants: &'a [&'a Expr<'a>],
    /// The body.
    pub body: Block<'a>,
}

/// `within 20ms`
#[derive(Clone, Copy, Debug)]
pub struct Within {
    /// The number as written.
    pub count: u64,
    /// `ns`, `us`, `ms` or `s`.
    pub unit: Symbol,
}

/// `backoff(base_ms=1, factor=2, max_ms=100, kind=exponential)`; none where it was not written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    /// Milliseconds.
    pub base_ms: Option<u64>,
    /// Factor, at most 10.
    pub factor: Option<u64>,
    /// Milliseconds.
    pub max_ms: Option<u64>,
    /// `kind=linear` is `Some(true)`, `kind=exponential` is `Some(false)`.
    pub linear: Option<bool>,
}

/// `try { .. } catch A { .. }`
#[derive(Clone, Copy, Debug)]
pub struct TryCatch<'a> {
    /// The body.
    pub body: Block<'a>,
    /// The arms.
    pub arms: &'a [(Name, Block<'a>)],
}

/// `forall x in r: b`
#[derive(Clone, Copy, Debug)]
pub struct Quantifier<'a> {
    /// `exists` instead of `forall`.
    pub is_exists: bool,
    /// `x`
    pub var: Name,
    /// `r`; a range is a `Range` expression.
    pub source: &'a Expr<'a>,
    /// `b`
    pub body: &'a Expr<'a>,
}

/// A pattern.
#[derive(Clone, Copy, Debug)]
pub struct Pattern<'a> {
    /// What it is.
    pub kind: PatternKind<'a>,
    /// Its text.
    pub span: Span,
}

/// The pattern forms.
#[derive(Clone, Copy, Debug)]
pub enum PatternKind<'a> {
    /// `_`
    Wildcard,
    /// `default`
    Default,
    /// A name; also `None`, which sema tells apart.
    Name(Name),
    /// A literal: `Int`, `Float`, `Str`, `Char`, `Bool`, or `Unary(Neg, ..)` of a number.
    Literal(&'a Expr<'a>),
    /// `lo..hi`, `lo..=hi` of literals.
    Range(&'a Expr<'a>, &'a Expr<'a>, RangeKind),
    /// `n @ p`
    Bind(Name, &'a Pattern<'a>),
    /// `p | q`, at least two.
    Or(&'a [Pattern<'a>]),
    /// `(p)`
    Paren(&'a Pattern<'a>),
    /// `()`, `(p,)`, `(p, q)`; `..` at an index stands for any number of elements.
    Tuple(&'a [Pattern<'a>], Option<u32>),
    /// `E::V` without payload.
    Path(Path<'a>),
    /// `P(p, q)`: variant, tuple struct, `Some`, `Ok`, `Err`; `..` as in tuples.
    TupleStruct(Path<'a>, &'a [Pattern<'a>], Option<u32>),
    /// `P { f: p, g, .. }`
    Struct(Path<'a>, &'a [FieldPattern<'a>], bool),
    /// A pattern the parser could not read; a diagnostic was given.
    Error,
}

/// `f: p` or `f`
#[derive(Clone, Copy, Debug)]
pub struct FieldPattern<'a> {
    /// The field.
    pub name: Name,
    /// The pattern; none means a variable of that name.
    pub pattern: Option<&'a Pattern<'a>>,
}

/// A type as written.
#[derive(Clone, Copy, Debug)]
pub struct Type<'a> {
    /// What it is.
    pub kind: TypeKind<'a>,
    /// Its text.
    pub span: Span,
}

/// The type forms.
#[derive(Clone, Copy, Debug)]
pub enum TypeKind<'a> {
    /// `int`, `Option<T>`, `m::S`, `Self::Item`, `array<int, 3>`
    Path(Path<'a>, &'a [TypeArg<'a>]),
    /// `[T]`, `[T; N]`
    Array(&'a Type<'a>, Option<u64>),
    /// `()`, `(A,)`, `(A, B)`
    Tuple(&'a [&'a Type<'a>]),
    /// `fn(A, B) -> R`
    Fn(&'a FnType<'a>),
    /// `{ x: A }`
    Record(&'a [Field<'a>]),
    /// `dyn Tr`
    Dyn(Path<'a>),
    /// `!`
    Never,
    /// `&T`, `&mut[R] T`: means `T`.
    Ref {
        /// `mut`
        is_mut: bool,
        /// `[R]`
        region: Option<Name>,
        /// `T`
        ty: &'a Type<'a>,
    },
    /// `linear T`: means `T`.
    Linear(&'a Type<'a>),
    /// A type the parser could not read; a diagnostic was given.
    Error,
}

/// A type argument.
#[derive(Clone, Copy, Debug)]
pub enum TypeArg<'a> {
    /// A type.
    Type(&'a Type<'a>),
    /// A length.
    Length(u64, Span),
}

/// `fn(A, B) -> R`
#[derive(Clone, Copy, Debug)]
pub struct FnType<'a> {
    /// The parameters.
    pub params: &'a [&'a Type<'a>],
    /// The result; none means void.
    pub result: Option<&'a Type<'a>>,
    /// The letter of an effect arrow `-e->`.
    pub arrow_effect: Option<Name>,
    /// `fails A, B`: the failures a call may raise.
    pub fails: &'a [Name],
}

/// Prefix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-`
    Neg,
    /// `!`
    Not,
}

/// Infix operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
    /// `&`
    BitAnd,
    /// `|`
    BitOr,
    /// `^`
    BitXor,
    /// `<<`
    Shl,
    /// `>>`
    Shr,
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
    /// `&&`
    And,
    /// `||`
    Or,
}

impl BinaryOp {
    /// The operator as written.
    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Rem => "%",
            BinaryOp::BitAnd => "&",
            BinaryOp::BitOr => "|",
            BinaryOp::BitXor => "^",
            BinaryOp::Shl => "<<",
            BinaryOp::Shr => ">>",
            BinaryOp::Eq => "==",
            BinaryOp::Ne => "!=",
            BinaryOp::Lt => "<",
            BinaryOp::Le => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::Ge => ">=",
            BinaryOp::And => "&&",
            BinaryOp::Or => "||",
        }
    }
}

//! The middle representation: functions in SSA form with block parameters, monomorphic, with ownership, faults and
//! contract checks explicit. It is where we optimize, and what the VM and all native backends are made from.
//!
//! # Shape
//!
//! A [`Module`] has functions, globals, string literals, file names, aggregate types and layouts. A [`Function`] has blocks in layout order; the
//! first is the entry, and its parameters are the function's. A block has parameters, instructions and one terminator,
//! which passes arguments to the blocks it names. An instruction defines its results; each [`Value`] is defined once.
//!
//! # Ownership
//!
//! A value of a counted type ([`Ty::is_counted`]) is a *reference* to a heap object, or an aggregate, which has the
//! references in it. Each such value is **owned** or **borrowed**:
//!
//! - Borrowed are function parameters marked so. They are good for the whole call and are never given up.
//! - Borrowed are the results of `peek_field`, `array_peek`, `array_unique_at` and `box_peek`. They are good as long as the
//!   value they were read from is neither consumed nor changed in that place, and are never given up.
//! - Every other counted value is owned: it must be *consumed* exactly once on every path from its definition.
//!
//! Consuming uses: `release`; an owned argument of a call (`AbiTy::OwnedStr`, `AbiTy::OwnedRef`, or a parameter not marked
//! borrowed); the new value of `cell_replace`; an argument to a block; `return`; the new value of `global_replace` and `array_replace`; the parts that
//! `make_agg`, `array_lit`, `array_push` and `box_new` put together; the operand of `take_apart` and the array given to
//! `array_unique` and `array_push`. All other uses borrow, and must come before the value is consumed. `retain v` makes a
//! second owned reference from any value. A path that ends in [`Terminator::NoReturn`] or [`Terminator::Unreachable`]
//! need not consume anything: the program ends there. References to literals and to nothing ([`Const::Null`]) are owned
//! too, but counting them is free of effect, so that they need not be consumed (at most once they may).
//!
//! # Aggregates
//!
//! Tuples, structs and enums that stand side by side in registers are values of [`Ty::Agg`]. An aggregate type is counted
//! whatever its fields are. `extract` gives a field, a new owned reference if counted; `make_agg` and `take_apart` move
//! fields in and out. The pass `scalarize` replaces aggregates by their *leaves*, the fields that are no aggregates: it
//! runs first at every level, and behind it there are none (see [`crate::verify::verify_scalarized`]).
//!
//! # Objects
//!
//! Arrays and boxes are heap objects behind a [`Ty::Ref`]. Their elements, or contents, are rows of leaves in memory as a
//! [`Layout`] says, and instructions work on single leaves. A reference to nothing stands in unused slots of enums and in
//! places of arrays whose reference was taken out for a moment; counting it does nothing, and nothing else but moving is
//! done with it. Which layout an object has is known to the object, so that releasing it needs none.
//!
//! An array is changed in place only by `array_store`, `array_replace` and `array_unique_at`, which require that there are
//! no other references to the object: the array operand comes from `array_lit`, `array_push`, `array_unique` or
//! `array_unique_at`, and between these and the change no `retain` makes another. So all reads of one array value between
//! two changes see the same.
//!
//! # Function values and cells
//!
//! A function value is a box whose first leaf is the address of a function ([`MemTy::Code`]); the others are what it
//! captured. A call loads the address (`box_load` with a layout of the code alone, which every function value starts with) and
//! passes the box, borrowed, behind the arguments; all parameters before it are owned. The function at the address takes its
//! captured variables out of the box and calls the function that was written. A variable that is shared is in a cell: a
//! box whose content changes.
//!
//! # Faults
//!
//! An operation that can fault is an explicit check and branch to a block that ends in [`Terminator::NoReturn`], or a
//! call of a runtime entry point marked `faults`, which carries a [`Loc`]. Blocks that end in `NoReturn` are cold.
//!
//! # Arithmetic
//!
//! Int operations wrap; where a program asks for something else, it is spelled out with `iadd_overflows` and its kin.
//! `idiv` and `irem` require a divisor that is not zero (a check stands before) and are total
//! otherwise: the smallest int by -1 gives itself, remainder 0. Shift amounts must be in 0..=63. Float operations and
//! comparisons are those of IEEE 754 binary64 or binary32, by the type of the operands, not reassociated.
//!
//! An integer of any width is an `i64` that holds the value sign-extended or zero-extended. Operations on narrow types are
//! those of 64 bits with a `wrap` behind where the result may not fit. Of a `u64`, and only there, division, right shift,
//! comparison and conversion to floats have forms of their own (`udiv`, `urem`, `ushr`, `ucmp`, `uint_to_float`,
//! `uint_to_f32`). A char is an `i64` that holds its scalar value.

use resilient_abi::RtFn;
use resilient_base::{PrimaryMap, entity_impl};

/// A function of the module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FuncId(u32);
entity_impl!(FuncId, "fn");

/// A global variable of the module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GlobalId(u32);
entity_impl!(GlobalId, "g");

/// A string literal of the module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StrId(u32);
entity_impl!(StrId, "str");

/// A file name of the module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileNameId(u32);
entity_impl!(FileNameId, "file");

/// An aggregate type of the module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AggId(u32);
entity_impl!(AggId, "agg");

/// A signature of the module: what a call through a code pointer relies on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SigId(u32);
entity_impl!(SigId, "sig");

/// A layout of the module.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LayoutId(u32);
entity_impl!(LayoutId, "layout");

/// A basic block of a function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Block(u32);
entity_impl!(Block, "block");

/// An instruction of a function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Inst(u32);
entity_impl!(Inst, "inst");

/// An SSA value of a function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(u32);
entity_impl!(Value, "v");

/// Type of a value. A void has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ty {
    /// 64-bit integer.
    I64,
    /// IEEE 754 binary64.
    F64,
    /// IEEE 754 binary32.
    F32,
    /// 0 or 1.
    Bool,
    /// Reference to a string object.
    Str,
    /// Reference to an array or a box, or to nothing.
    Ref,
    /// Address of a function.
    Code,
    /// Fields side by side; none behind `scalarize`.
    Agg(AggId),
}

impl Ty {
    /// Whether values are references to counted objects, or may have such in them.
    pub fn is_counted(self) -> bool {
        match self {
            Ty::Str | Ty::Ref | Ty::Agg(_) => true,
            Ty::I64 | Ty::F64 | Ty::F32 | Ty::Bool | Ty::Code => false,
        }
    }
}

/// A leaf in memory: what is stored of a value, and how it is read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemTy {
    /// `i64`, sign-extended from 8 bits.
    I8,
    /// `i64`, zero-extended from 8 bits.
    U8,
    /// `i64`, sign-extended from 16 bits.
    I16,
    /// `i64`, zero-extended from 16 bits.
    U16,
    /// `i64`, sign-extended from 32 bits.
    I32,
    /// `i64`, zero-extended from 32 bits.
    U32,
    /// `i64`
    I64,
    /// `f32`
    F32,
    /// `f64`
    F64,
    /// `bool`, a byte of 0 or 1.
    Bool,
    /// `str`
    Str,
    /// `ref`
    Ref,
    /// `code`; only as the first leaf of a layout.
    Code,
}

impl MemTy {
    /// Type of the value in a register.
    pub fn ty(self) -> Ty {
        match self {
            MemTy::I8 | MemTy::U8 | MemTy::I16 | MemTy::U16 | MemTy::I32 | MemTy::U32 | MemTy::I64 => Ty::I64,
            MemTy::F32 => Ty::F32,
            MemTy::F64 => Ty::F64,
            MemTy::Bool => Ty::Bool,
            MemTy::Str => Ty::Str,
            MemTy::Ref => Ty::Ref,
            MemTy::Code => Ty::Code,
        }
    }

    /// Size and alignment in bytes where a pointer has `pointer_size` bytes.
    pub fn size(self, pointer_size: u32) -> u32 {
        match self {
            MemTy::I8 | MemTy::U8 | MemTy::Bool => 1,
            MemTy::I16 | MemTy::U16 => 2,
            MemTy::I32 | MemTy::U32 | MemTy::F32 => 4,
            MemTy::I64 | MemTy::F64 => 8,
            MemTy::Str | MemTy::Ref | MemTy::Code => pointer_size,
        }
    }
}

/// An element of an array, or the contents of a box.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Layout {
    /// The leaves, at least one. Offsets: [`Layout::place`].
    pub leaves: Vec<MemTy>,
}

/// Where the leaves of a layout lie on a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// Offset in bytes of each leaf.
    pub offsets: Vec<u32>,
    /// Size in bytes, a multiple of `align`: the distance of one element from the next.
    pub size: u32,
    /// Alignment in bytes.
    pub align: u32,
}

impl Layout {
    /// Places the leaves for a target whose pointers have `pointer_size` bytes. Each lies at a multiple of its size. The
    /// largest come first, and so there are no gaps but at the end. A code pointer, though, is always at the start, so that it
    /// is found in a function value whatever else is in there.
    pub fn place(&self, pointer_size: u32) -> Placement {
        let sizes: Vec<u32> = self.leaves.iter().map(|leaf| leaf.size(pointer_size)).collect();
        let mut order: Vec<usize> = (0..sizes.len()).collect();
        // Stable: leaves of one size stay in order.
        order.sort_by_key(|&leaf| (self.leaves[leaf] != MemTy::Code, std::cmp::Reverse(sizes[leaf])));
        let mut offsets = vec![0; sizes.len()];
        let mut end = 0u32;
        for leaf in order {
            end = end.next_multiple_of(sizes[leaf]);
            offsets[leaf] = end;
            end += sizes[leaf];
        }
        let align = sizes.iter().copied().max().unwrap_or(1);
        Placement { offsets, size: end.next_multiple_of(align).max(1), align }
    }
}

/// A place in the source, as shown in fault reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Loc {
    /// Known.
    At {
        /// The file.
        file: FileNameId,
        /// Line, from 1.
        line: u32,
        /// Column in characters, from 1.
        col: u32,
    },
    /// Where the function was called, which takes that as a hidden argument; only in functions marked
    /// [`Function::takes_site`]. Calls of such functions have a `Loc`, which is what they pass; inlining puts it in place
    /// of this.
    Caller,
}

/// A whole program.
#[derive(Clone, Debug)]
pub struct Module {
    /// Functions. A removed one has no blocks.
    pub funcs: PrimaryMap<FuncId, Function>,
    /// Globals.
    pub globals: PrimaryMap<GlobalId, Global>,
    /// String literals, each text once.
    pub strings: PrimaryMap<StrId, Box<str>>,
    /// File names used by locations.
    pub files: PrimaryMap<FileNameId, Box<str>>,
    /// Fields of aggregate types. A field that is an aggregate is of a type earlier in the table.
    pub aggs: PrimaryMap<AggId, Box<[Ty]>>,
    /// Layouts of elements of arrays and of contents of boxes.
    pub layouts: PrimaryMap<LayoutId, Layout>,
    /// Signatures of calls through code pointers.
    pub sigs: PrimaryMap<SigId, Signature>,
    /// The top-level code: no parameters, one `I64` result, the exit status.
    pub entry: FuncId,
}

/// A global variable, one machine word of constant initial value.
#[derive(Clone, Debug)]
pub struct Global {
    /// Name for people; need not be unique.
    pub name: Box<str>,
    /// Type.
    pub ty: Ty,
    /// Value at the start.
    pub init: Const,
}

/// A constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Const {
    /// `I64`
    Int(i64),
    /// `F64`, as bits, so that equality is identity.
    Float(u64),
    /// `F32`, as bits.
    F32(u32),
    /// `Bool`
    Bool(bool),
    /// `Str`
    Str(StrId),
    /// `Ref` to nothing.
    Null,
}

impl Const {
    /// Type of the constant.
    pub fn ty(self) -> Ty {
        match self {
            Const::Int(_) => Ty::I64,
            Const::Float(_) => Ty::F64,
            Const::F32(_) => Ty::F32,
            Const::Bool(_) => Ty::Bool,
            Const::Str(_) => Ty::Str,
            Const::Null => Ty::Ref,
        }
    }
}

/// What caller and callee of a call through a code pointer agree on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Signature {
    /// Parameters.
    pub params: Vec<Param>,
    /// Result types.
    pub results: Vec<Ty>,
}

/// A parameter of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Param {
    /// Type.
    pub ty: Ty,
    /// Only for counted types: the caller keeps its reference.
    pub borrowed: bool,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Name for people; need not be unique.
    pub name: Box<str>,
    /// Parameters; the entry block's parameters agree with them.
    pub params: Vec<Param>,
    /// Result types; empty for void. A never function has none either and does not return.
    pub results: Vec<Ty>,
    /// Whether it takes the place of its call as a hidden argument, behind the others; see [`Loc::Caller`]. Never true of a
    /// function whose address is taken.
    pub takes_site: bool,
    /// Blocks by id.
    pub blocks: PrimaryMap<Block, BlockData>,
    /// Live blocks in layout order, the entry first.
    pub layout: Vec<Block>,
    /// Instructions by id.
    pub insts: PrimaryMap<Inst, InstData>,
    /// Values by id.
    pub values: PrimaryMap<Value, ValueData>,
}

/// A basic block.
#[derive(Clone, Debug, Default)]
pub struct BlockData {
    /// Parameters.
    pub params: Vec<Value>,
    /// Instructions in order.
    pub insts: Vec<Inst>,
    /// How it ends.
    pub terminator: Terminator,
    /// In code whose faults are handled, such as that of a `live`: where control goes then. Only until
    /// [`supervise`](crate::pass::supervise) has run.
    pub handler: Option<Block>,
}

/// What a value is.
#[derive(Clone, Debug)]
pub struct ValueData {
    /// Type.
    pub ty: Ty,
    /// Where it is defined.
    pub def: ValueDef,
    /// Name of the variable it holds, for people.
    pub name: Option<Box<str>>,
}

/// Where a value is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueDef {
    /// Result number `n` of an instruction.
    Result(Inst, u32),
    /// Parameter number `n` of a block.
    Param(Block, u32),
}

/// An instruction.
#[derive(Clone, Debug)]
pub struct InstData {
    /// What it does.
    pub kind: InstKind,
    /// Its results: none or one, but for `take_apart` and calls of functions with several.
    pub results: Vec<Value>,
    /// Where it comes from: required for runtime calls that may fault, else for people.
    pub loc: Option<Loc>,
}

/// The instructions.
#[derive(Clone, Debug, PartialEq)]
pub enum InstKind {
    /// `v = iconst 5`, `fconst 1.5`, `f32const 1.5`, `bconst true`, `sconst str0`, `null`
    Const(Const),
    /// `v = ineg a`
    Unary(UnaryOp, Value),
    /// `v = iadd a, b`
    Binary(BinaryOp, Value, Value),
    /// `v = icmp lt a, b`
    IntCmp(CmpOp, Value, Value),
    /// `v = ucmp lt a, b`: of the operands taken as unsigned.
    UintCmp(CmpOp, Value, Value),
    /// `v = fcmp lt a, b`, of two `f64` or two `f32`: false for NaN, but `ne`, which is true.
    FloatCmp(CmpOp, Value, Value),
    /// `v = select c, a, b`: `a` if `c`; not for counted types.
    Select(Value, Value, Value),
    /// `v = retain a`
    Retain(Value),
    /// `release a`
    Release(Value),
    /// `v = global_get g`; of a counted type it makes a new owned reference.
    GlobalGet(GlobalId),
    /// `global_set g, a`; not for counted types.
    GlobalSet(GlobalId, Value),
    /// `v = global_replace g, a`: stores `a` and gives the old value; counted types only.
    GlobalReplace(GlobalId, Value),
    /// `v = call fn0(a, b)`
    Call(FuncId, Vec<Value>),
    /// `v = rt str_concat(a, b)`; not of entry points with an argument of kind `Layout`, which are parts of the
    /// instructions below.
    CallRt(RtFn, Vec<Value>),
    /// `v = make_agg agg0 (a, b)`: one operand per field.
    MakeAgg(AggId, Vec<Value>),
    /// `v = extract a, 1`: a field; a counted one as a new owned reference.
    Extract(Value, u32),
    /// `v = peek_field a, 1`: the same, borrowed.
    PeekField(Value, u32),
    /// `v, w = take_apart a`: all fields.
    TakeApart(Value),
    /// `v = array_lit layout0 (a, b, c, d)`: a new array of the leaves of all elements in order.
    ArrayLit(LayoutId, Vec<Value>),
    /// `v = array_len a`: the number of elements.
    ArrayLen(Value),
    /// `v = array_load layout0.1 a, i`: leaf 1 of element `i`, which is in range; a counted one as a new owned reference.
    ArrayLoad(Leaf, Value, Value),
    /// `v = array_peek layout0.1 a, i`: the same of a counted leaf, borrowed.
    ArrayPeek(Leaf, Value, Value),
    /// `v = array_unique layout0 a`: the same array, copied if there are other references to it.
    ArrayUnique(LayoutId, Value),
    /// `v = array_unique_at layout0.1 a, i`: the array at a leaf of element `i`, which is in range. In that place it is
    /// copied if there are other references to it; the result is borrowed and may be changed in place.
    ArrayUniqueAt(Leaf, Value, Value),
    /// `array_store layout0.1 a, i, b`: stores an uncounted leaf of element `i`, which is in range.
    ArrayStore(Leaf, Value, Value, Value),
    /// `v = array_replace layout0.1 a, i, b`: stores a counted leaf of element `i`, which is in range, and gives the old one.
    ArrayReplace(Leaf, Value, Value, Value),
    /// `v = array_push layout0 a (b, c)`: the array with one more element, in place if there are no other references to it.
    ArrayPush(LayoutId, Value, Vec<Value>),
    /// `v = box_new layout0 (a, b)`: a new box of these leaves.
    BoxNew(LayoutId, Vec<Value>),
    /// `v = box_load layout0.1 a`: leaf 1 of a box; a counted one as a new owned reference.
    BoxLoad(Leaf, Value),
    /// `v = box_peek layout0.1 a`: the same of a counted leaf, borrowed.
    BoxPeek(Leaf, Value),
    /// `v = cell_get layout0.1 a`: a leaf of a cell, which is a box that `cell_set` and `cell_replace` change, whoever else refers
    /// to it; a counted one as a new owned reference. Unlike that of a box, the content of a cell is read anew behind
    /// every change of any cell of this layout and every call of a function.
    CellGet(Leaf, Value),
    /// `cell_set layout0.1 a, b`: stores a leaf that is not counted.
    CellSet(Leaf, Value, Value),
    /// `v = cell_replace layout0.1 a, b`: stores a counted leaf and gives the old one.
    CellReplace(Leaf, Value, Value),
    /// `v = func_addr fn0`: of a function that takes no site.
    FuncAddr(FuncId),
    /// `v = call_indirect sig0 a (b, c)`: calls the function at `a`, whose parameters and results are those of the signature.
    CallIndirect(SigId, Value, Vec<Value>),
}

/// A leaf of a layout, `layout0.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Leaf {
    /// The layout.
    pub layout: LayoutId,
    /// Index in [`Layout::leaves`].
    pub index: u32,
}

/// An integer type narrower than a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NarrowInt {
    /// Signed, 8 bits.
    I8,
    /// Unsigned, 8 bits.
    U8,
    /// Signed, 16 bits.
    I16,
    /// Unsigned, 16 bits.
    U16,
    /// Signed, 32 bits.
    I32,
    /// Unsigned, 32 bits.
    U32,
}

impl NarrowInt {
    /// All of them.
    pub const ALL: [NarrowInt; 6] =
        [NarrowInt::I8, NarrowInt::U8, NarrowInt::I16, NarrowInt::U16, NarrowInt::I32, NarrowInt::U32];

    /// Width in bits.
    pub fn bits(self) -> u32 {
        match self {
            NarrowInt::I8 | NarrowInt::U8 => 8,
            NarrowInt::I16 | NarrowInt::U16 => 16,
            NarrowInt::I32 | NarrowInt::U32 => 32,
        }
    }

    /// Whether it has negative values.
    pub fn is_signed(self) -> bool {
        matches!(self, NarrowInt::I8 | NarrowInt::I16 | NarrowInt::I32)
    }

    /// The low bits of `value`, sign-extended or zero-extended.
    pub fn wrap(self, value: i64) -> i64 {
        let unused = 64 - self.bits();
        match self.is_signed() {
            true => value << unused >> unused,
            false => ((value as u64) << unused >> unused) as i64,
        }
    }

    /// The least value.
    pub fn min(self) -> i64 {
        if self.is_signed() { -(1 << (self.bits() - 1)) } else { 0 }
    }

    /// The greatest value.
    pub fn max(self) -> i64 {
        (1 << (self.bits() - u32::from(self.is_signed()))) - 1
    }
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `ineg`: wraps.
    IntNeg,
    /// `fneg`: of an `f64` or `f32`.
    FloatNeg,
    /// `not`: of a bool.
    Not,
    /// `int_to_float`: to nearest, ties to even.
    IntToFloat,
    /// `uint_to_float`: of the operand taken as unsigned, to nearest, ties to even.
    UintToFloat,
    /// `int_to_f32`: to nearest, ties to even, in one step.
    IntToF32,
    /// `uint_to_f32`: of the operand taken as unsigned, to nearest, ties to even, in one step.
    UintToF32,
    /// `f32_to_float`: exact.
    F32ToFloat,
    /// `float_to_f32`: to nearest, ties to even.
    FloatToF32,
    /// `wrap.i8`, `wrap.u8` ..: the low bits, extended as the type says.
    Wrap(NarrowInt),
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `iadd`
    IntAdd,
    /// `isub`
    IntSub,
    /// `imul`
    IntMul,
    /// `idiv`: divisor not zero.
    IntDiv,
    /// `irem`: divisor not zero.
    IntRem,
    /// `iand`
    IntAnd,
    /// `ior`
    IntOr,
    /// `ixor`
    IntXor,
    /// `ishl`: amount in 0..=63.
    IntShl,
    /// `ishr`: arithmetic, amount in 0..=63.
    IntShr,
    /// `udiv`: unsigned, divisor not zero.
    UintDiv,
    /// `urem`: unsigned, divisor not zero.
    UintRem,
    /// `ushr`: logical, amount in 0..=63.
    UintShr,
    /// `fadd`: of two `f64` or two `f32`, as the following.
    FloatAdd,
    /// `fsub`
    FloatSub,
    /// `fmul`
    FloatMul,
    /// `fdiv`
    FloatDiv,
    /// `band`: of bools.
    BoolAnd,
    /// `bor`: of bools.
    BoolOr,
    /// `bxor`: of bools.
    BoolXor,
    /// `iadd_overflows`, a bool as the following: whether the exact sum of two ints is not an int.
    IntAddOverflows,
    /// `isub_overflows`
    IntSubOverflows,
    /// `imul_overflows`
    IntMulOverflows,
    /// `umul_overflows`: of the operands taken as unsigned.
    UintMulOverflows,
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CmpOp {
    /// `eq`
    Eq,
    /// `ne`
    Ne,
    /// `lt`
    Lt,
    /// `le`
    Le,
    /// `gt`
    Gt,
    /// `ge`
    Ge,
}

/// A block and the arguments for its parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct BlockCall {
    /// Where to go.
    pub block: Block,
    /// One value per parameter.
    pub args: Vec<Value>,
}

/// How a block ends.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Terminator {
    /// `jump block1(a)`
    Jump(BlockCall),
    /// `branch c, block1(a), block2(b)`: the first if `c`.
    Branch(Value, BlockCall, BlockCall),
    /// `switch v, 0: block1(a), 5: block2, default: block3`: by the value of an int. Cases are in ascending order, each
    /// value once.
    Switch(Value, Vec<(i64, BlockCall)>, BlockCall),
    /// `return a`
    Return(Vec<Value>),
    /// `noreturn fault_division_by_zero() @ file0:3:5`: a runtime entry point that does not return. The location is
    /// there when the entry may fault.
    NoReturn(RtFn, Vec<Value>, Option<Loc>),
    /// `unreachable`: behind a call that does not return.
    #[default]
    Unreachable,
}

impl Function {
    /// An empty function.
    pub fn new(name: impl Into<Box<str>>, params: Vec<Param>, results: Vec<Ty>) -> Function {
        Function {
            name: name.into(),
            params,
            results,
            takes_site: false,
            blocks: PrimaryMap::new(),
            layout: Vec::new(),
            insts: PrimaryMap::new(),
            values: PrimaryMap::new(),
        }
    }

    /// The entry block. Every function that is not removed has one.
    pub fn entry(&self) -> Block {
        self.layout[0]
    }

    /// Whether the function was removed.
    pub fn is_removed(&self) -> bool {
        self.layout.is_empty()
    }

    /// Type of a value.
    pub fn ty(&self, value: Value) -> Ty {
        self.values[value].ty
    }

    /// A new block at the end of the layout.
    pub fn add_block(&mut self) -> Block {
        let block = self.blocks.push(BlockData::default());
        self.layout.push(block);
        block
    }

    /// A new parameter of `block`.
    pub fn add_param(&mut self, block: Block, ty: Ty) -> Value {
        let index = self.blocks[block].params.len() as u32;
        let value = self.values.push(ValueData { ty, def: ValueDef::Param(block, index), name: None });
        self.blocks[block].params.push(value);
        value
    }

    /// A new instruction with results of the given types, not yet in a block.
    pub fn make_inst(&mut self, kind: InstKind, result_tys: &[Ty], loc: Option<Loc>) -> Inst {
        let inst = self.insts.push(InstData { kind, results: Vec::new(), loc });
        for (index, &ty) in result_tys.iter().enumerate() {
            let value = self.values.push(ValueData { ty, def: ValueDef::Result(inst, index as u32), name: None });
            self.insts[inst].results.push(value);
        }
        inst
    }

    /// A new instruction at the end of `block`.
    pub fn append_inst(&mut self, block: Block, kind: InstKind, result_tys: &[Ty], loc: Option<Loc>) -> Inst {
        let inst = self.make_inst(kind, result_tys, loc);
        self.blocks[block].insts.push(inst);
        inst
    }
}

impl InstKind {
    /// Calls `f` with each operand in order.
    pub fn for_each_operand(&self, mut f: impl FnMut(Value)) {
        match self {
            InstKind::Const(_) | InstKind::GlobalGet(_) | InstKind::FuncAddr(_) => {}
            InstKind::Unary(_, a)
            | InstKind::Retain(a)
            | InstKind::Release(a)
            | InstKind::GlobalSet(_, a)
            | InstKind::GlobalReplace(_, a)
            | InstKind::Extract(a, _)
            | InstKind::PeekField(a, _)
            | InstKind::TakeApart(a)
            | InstKind::ArrayLen(a)
            | InstKind::ArrayUnique(_, a)
            | InstKind::BoxLoad(_, a)
            | InstKind::BoxPeek(_, a)
            | InstKind::CellGet(_, a) => f(*a),
            InstKind::Binary(_, a, b)
            | InstKind::IntCmp(_, a, b)
            | InstKind::UintCmp(_, a, b)
            | InstKind::FloatCmp(_, a, b)
            | InstKind::ArrayLoad(_, a, b)
            | InstKind::ArrayPeek(_, a, b)
            | InstKind::ArrayUniqueAt(_, a, b)
            | InstKind::CellSet(_, a, b)
            | InstKind::CellReplace(_, a, b) => {
                f(*a);
                f(*b);
            }
            InstKind::Select(a, b, c) | InstKind::ArrayStore(_, a, b, c) | InstKind::ArrayReplace(_, a, b, c) => {
                f(*a);
                f(*b);
                f(*c);
            }
            InstKind::ArrayPush(_, array, leaves) | InstKind::CallIndirect(_, array, leaves) => {
                f(*array);
                leaves.iter().copied().for_each(f);
            }
            InstKind::Call(_, args)
            | InstKind::CallRt(_, args)
            | InstKind::MakeAgg(_, args)
            | InstKind::ArrayLit(_, args)
            | InstKind::BoxNew(_, args) => args.iter().copied().for_each(f),
        }
    }

    /// Calls `f` with each operand in order, to be changed.
    pub fn for_each_operand_mut(&mut self, mut f: impl FnMut(&mut Value)) {
        match self {
            InstKind::Const(_) | InstKind::GlobalGet(_) | InstKind::FuncAddr(_) => {}
            InstKind::Unary(_, a)
            | InstKind::Retain(a)
            | InstKind::Release(a)
            | InstKind::GlobalSet(_, a)
            | InstKind::GlobalReplace(_, a)
            | InstKind::Extract(a, _)
            | InstKind::PeekField(a, _)
            | InstKind::TakeApart(a)
            | InstKind::ArrayLen(a)
            | InstKind::ArrayUnique(_, a)
            | InstKind::BoxLoad(_, a)
            | InstKind::BoxPeek(_, a)
            | InstKind::CellGet(_, a) => f(a),
            InstKind::Binary(_, a, b)
            | InstKind::IntCmp(_, a, b)
            | InstKind::UintCmp(_, a, b)
            | InstKind::FloatCmp(_, a, b)
            | InstKind::ArrayLoad(_, a, b)
            | InstKind::ArrayPeek(_, a, b)
            | InstKind::ArrayUniqueAt(_, a, b)
            | InstKind::CellSet(_, a, b)
            | InstKind::CellReplace(_, a, b) => {
                f(a);
                f(b);
            }
            InstKind::Select(a, b, c) | InstKind::ArrayStore(_, a, b, c) | InstKind::ArrayReplace(_, a, b, c) => {
                f(a);
                f(b);
                f(c);
            }
            InstKind::ArrayPush(_, array, leaves) | InstKind::CallIndirect(_, array, leaves) => {
                f(array);
                leaves.iter_mut().for_each(f);
            }
            InstKind::Call(_, args)
            | InstKind::CallRt(_, args)
            | InstKind::MakeAgg(_, args)
            | InstKind::ArrayLit(_, args)
            | InstKind::BoxNew(_, args) => args.iter_mut().for_each(f),
        }
    }
}

impl Terminator {
    /// Calls `f` with each operand in order, arguments to blocks included.
    pub fn for_each_operand(&self, mut f: impl FnMut(Value)) {
        match self {
            Terminator::Jump(target) => target.args.iter().copied().for_each(f),
            Terminator::Branch(cond, then, otherwise) => {
                f(*cond);
                then.args.iter().chain(&otherwise.args).copied().for_each(f);
            }
            Terminator::Switch(subject, ..) => {
                f(*subject);
                self.successors().for_each(|target| target.args.iter().copied().for_each(&mut f));
            }
            Terminator::Return(values) | Terminator::NoReturn(_, values, _) => values.iter().copied().for_each(f),
            Terminator::Unreachable => {}
        }
    }

    /// Calls `f` with each operand in order, arguments to blocks included, to be changed.
    pub fn for_each_operand_mut(&mut self, mut f: impl FnMut(&mut Value)) {
        match self {
            Terminator::Jump(target) => target.args.iter_mut().for_each(f),
            Terminator::Branch(cond, then, otherwise) => {
                f(cond);
                then.args.iter_mut().chain(&mut otherwise.args).for_each(f);
            }
            Terminator::Switch(subject, ..) => {
                f(subject);
                self.successors_mut().for_each(|target| target.args.iter_mut().for_each(&mut f));
            }
            Terminator::Return(values) | Terminator::NoReturn(_, values, _) => values.iter_mut().for_each(f),
            Terminator::Unreachable => {}
        }
    }

    /// The blocks it may go to, with their arguments; of a switch the default last.
    pub fn successors(&self) -> impl Iterator<Item = &BlockCall> {
        let none: &[(i64, BlockCall)] = &[];
        let (first, cases, last) = match self {
            Terminator::Jump(target) => (Some(target), none, None),
            Terminator::Branch(_, then, otherwise) => (Some(then), none, Some(otherwise)),
            Terminator::Switch(_, cases, default) => (None, cases.as_slice(), Some(default)),
            Terminator::Return(_) | Terminator::NoReturn(..) | Terminator::Unreachable => (None, none, None),
        };
        first.into_iter().chain(cases.iter().map(|(_, target)| target)).chain(last)
    }

    /// The blocks it may go to, to be changed.
    pub fn successors_mut(&mut self) -> impl Iterator<Item = &mut BlockCall> {
        let none: &mut [(i64, BlockCall)] = &mut [];
        let (first, cases, last) = match self {
            Terminator::Jump(target) => (Some(target), none, None),
            Terminator::Branch(_, then, otherwise) => (Some(then), none, Some(otherwise)),
            Terminator::Switch(_, cases, default) => (None, cases.as_mut_slice(), Some(default)),
            Terminator::Return(_) | Terminator::NoReturn(..) | Terminator::Unreachable => (None, none, None),
        };
        first.into_iter().chain(cases.iter_mut().map(|(_, target)| target)).chain(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_lie_at_multiples_of_their_size_without_overlap() {
        let leaves = vec![MemTy::Bool, MemTy::I64, MemTy::U16, MemTy::Ref, MemTy::F32, MemTy::U8];
        for (pointer_size, expected) in [(8, 24), (4, 24)] {
            let placement = Layout { leaves: leaves.clone() }.place(pointer_size);
            assert_eq!((placement.size, placement.align), (expected, 8));
            let mut bytes = vec![false; placement.size as usize];
            for (leaf, &offset) in leaves.iter().zip(&placement.offsets) {
                let size = leaf.size(pointer_size);
                assert_eq!(offset % size, 0, "{leaf:?} at {offset}");
                for byte in &mut bytes[offset as usize..(offset + size) as usize] {
                    assert!(!std::mem::replace(byte, true), "{leaf:?} at {offset} overlaps");
                }
            }
        }
        assert_eq!(Layout { leaves: vec![MemTy::U8] }.place(8), Placement { offsets: vec![0], size: 1, align: 1 });
    }

    #[test]
    fn wrapping_keeps_the_values_of_the_type() {
        for ty in NarrowInt::ALL {
            assert_eq!((ty.wrap(ty.min()), ty.wrap(ty.max())), (ty.min(), ty.max()));
            assert_eq!((ty.wrap(ty.max() + 1), ty.wrap(ty.min() - 1)), (ty.min(), ty.max()));
        }
    }
}

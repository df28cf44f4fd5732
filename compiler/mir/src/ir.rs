//! The middle representation: functions in SSA form with block parameters, monomorphic, with ownership, faults and
//! contract checks explicit. It is where we optimize, and what the VM and all native backends are made from.
//!
//! # Shape
//!
//! A [`Module`] has functions, globals, string literals and file names. A [`Function`] has blocks in layout order; the
//! first is the entry, and its parameters are the function's. A block has parameters, instructions and one terminator,
//! which passes arguments to the blocks it names. An instruction defines its results; each [`Value`] is defined once.
//!
//! # Ownership
//!
//! A value of a counted type ([`Ty::is_counted`]) is a *reference* to a heap object. Each such value is **owned** or
//! **borrowed**:
//!
//! - Borrowed are function parameters marked so. They are good for the whole call and are never given up.
//! - Every other counted value is owned: it must be *consumed* exactly once on every path from its definition.
//!
//! Consuming uses: `release`; an owned argument of a call (`AbiTy::OwnedStr`, or a parameter not marked borrowed); an
//! argument to a block; `return`; the new value of `global_replace`. All other uses borrow, and must come before the
//! value is consumed. `retain v` makes a second owned reference from any value. A path that ends in
//! [`Terminator::NoReturn`] or [`Terminator::Unreachable`] need not consume anything: the program ends there.
//! String literals are owned references too, but counting them is free of effect, so that they need not be consumed
//! (at most once they may).
//!
//! # Faults
//!
//! An operation that can fault is an explicit check and branch to a block that ends in [`Terminator::NoReturn`], or a
//! call of a runtime entry point marked `faults`, which carries a [`Loc`]. Blocks that end in `NoReturn` are cold.
//!
//! # Arithmetic
//!
//! Int operations wrap. `idiv` and `irem` require a divisor that is not zero (a check stands before) and are total
//! otherwise: the smallest int by -1 gives itself, remainder 0. Shift amounts must be in 0..=63. Float operations and
//! comparisons are those of IEEE 754 binary64, not reassociated.

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
    /// 0 or 1.
    Bool,
    /// Reference to a string object.
    Str,
}

impl Ty {
    /// Whether values are references to counted objects.
    pub fn is_counted(self) -> bool {
        match self {
            Ty::Str => true,
            Ty::I64 | Ty::F64 | Ty::Bool => false,
        }
    }
}

/// A place in the source, as shown in fault reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Loc {
    /// The file.
    pub file: FileNameId,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub col: u32,
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
    /// `Bool`
    Bool(bool),
    /// `Str`
    Str(StrId),
}

impl Const {
    /// Type of the constant.
    pub fn ty(self) -> Ty {
        match self {
            Const::Int(_) => Ty::I64,
            Const::Float(_) => Ty::F64,
            Const::Bool(_) => Ty::Bool,
            Const::Str(_) => Ty::Str,
        }
    }
}

/// A parameter of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Its results: none or one, but for calls of functions with several.
    pub results: Vec<Value>,
    /// Where it comes from: required for runtime calls that may fault, else for people.
    pub loc: Option<Loc>,
}

/// The instructions.
#[derive(Clone, Debug, PartialEq)]
pub enum InstKind {
    /// `v = iconst 5`, `fconst 1.5`, `bconst true`, `sconst str0`
    Const(Const),
    /// `v = ineg a`
    Unary(UnaryOp, Value),
    /// `v = iadd a, b`
    Binary(BinaryOp, Value, Value),
    /// `v = icmp lt a, b`
    IntCmp(CmpOp, Value, Value),
    /// `v = fcmp lt a, b`: false for NaN, but `ne`, which is true.
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
    /// `v = rt str_concat(a, b)`
    CallRt(RtFn, Vec<Value>),
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `ineg`: wraps.
    IntNeg,
    /// `fneg`
    FloatNeg,
    /// `not`: of a bool.
    Not,
    /// `int_to_float`: to nearest, ties to even.
    IntToFloat,
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
    /// `fadd`
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
}

/// Comparisons: signed for ints.
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
            InstKind::Const(_) | InstKind::GlobalGet(_) => {}
            InstKind::Unary(_, a)
            | InstKind::Retain(a)
            | InstKind::Release(a)
            | InstKind::GlobalSet(_, a)
            | InstKind::GlobalReplace(_, a) => f(*a),
            InstKind::Binary(_, a, b) | InstKind::IntCmp(_, a, b) | InstKind::FloatCmp(_, a, b) => {
                f(*a);
                f(*b);
            }
            InstKind::Select(c, a, b) => {
                f(*c);
                f(*a);
                f(*b);
            }
            InstKind::Call(_, args) | InstKind::CallRt(_, args) => args.iter().copied().for_each(f),
        }
    }

    /// Calls `f` with each operand in order, to be changed.
    pub fn for_each_operand_mut(&mut self, mut f: impl FnMut(&mut Value)) {
        match self {
            InstKind::Const(_) | InstKind::GlobalGet(_) => {}
            InstKind::Unary(_, a)
            | InstKind::Retain(a)
            | InstKind::Release(a)
            | InstKind::GlobalSet(_, a)
            | InstKind::GlobalReplace(_, a) => f(a),
            InstKind::Binary(_, a, b) | InstKind::IntCmp(_, a, b) | InstKind::FloatCmp(_, a, b) => {
                f(a);
                f(b);
            }
            InstKind::Select(c, a, b) => {
                f(c);
                f(a);
                f(b);
            }
            InstKind::Call(_, args) | InstKind::CallRt(_, args) => args.iter_mut().for_each(f),
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
            Terminator::Return(values) | Terminator::NoReturn(_, values, _) => values.iter_mut().for_each(f),
            Terminator::Unreachable => {}
        }
    }

    /// The blocks it may go to, with their arguments.
    pub fn successors(&self) -> impl Iterator<Item = &BlockCall> {
        let (first, second) = match self {
            Terminator::Jump(target) => (Some(target), None),
            Terminator::Branch(_, then, otherwise) => (Some(then), Some(otherwise)),
            Terminator::Return(_) | Terminator::NoReturn(..) | Terminator::Unreachable => (None, None),
        };
        first.into_iter().chain(second)
    }

    /// The blocks it may go to, to be changed.
    pub fn successors_mut(&mut self) -> impl Iterator<Item = &mut BlockCall> {
        let (first, second) = match self {
            Terminator::Jump(target) => (Some(target), None),
            Terminator::Branch(_, then, otherwise) => (Some(then), Some(otherwise)),
            Terminator::Return(_) | Terminator::NoReturn(..) | Terminator::Unreachable => (None, None),
        };
        first.into_iter().chain(second)
    }
}

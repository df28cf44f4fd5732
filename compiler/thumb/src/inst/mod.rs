//! Instructions of the machine, and the few composite ones that become several when a function is laid out.
//!
//! | module | what it does |
//! |---|---|
//! | [`regs`] | registers, virtual and physical |
//! | [`imms`] | immediates that can be encoded |
//! | `operands` | which registers an instruction reads and writes, for the register allocator |
//! | [`encode`] | bits |
//! | [`print`] | assembly text, in the unified syntax |
//!
//! Names follow the Armv7-M Architecture Reference Manual. An instruction does not say whether it takes 16 bits or 32: the
//! encoder takes the shortest form. As most 16-bit forms set the flags, [`Flags::Keep`] stands for an instruction that may
//! not, and is turned into [`Flags::Set`] after register allocation where nobody reads them and it pays.

pub mod encode;
pub mod imms;
pub(crate) mod operands;
pub mod print;
pub mod regs;

use cranelift_codegen::ir::ExternalName;
use regalloc2::{PReg, PRegSet};

use imms::{FloatImm, ModImm};
use regs::Reg;

/// Whether an instruction sets the condition flags.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flags {
    /// It does not.
    Keep,
    /// It does.
    Set,
}

/// Conditions, numbered as encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the manual's names, A7.3")]
pub enum Cond {
    Eq,
    Ne,
    Hs,
    Lo,
    Mi,
    Pl,
    Vs,
    Vc,
    Hi,
    Ls,
    Ge,
    Lt,
    Gt,
    Le,
}

impl Cond {
    /// All conditions.
    pub const ALL: [Cond; 14] = [
        Cond::Eq,
        Cond::Ne,
        Cond::Hs,
        Cond::Lo,
        Cond::Mi,
        Cond::Pl,
        Cond::Vs,
        Cond::Vc,
        Cond::Hi,
        Cond::Ls,
        Cond::Ge,
        Cond::Lt,
        Cond::Gt,
        Cond::Le,
    ];

    /// The opposite.
    pub const fn invert(self) -> Cond {
        Cond::ALL[self as usize ^ 1]
    }

    /// The four bits that stand for it.
    pub const fn code(self) -> u32 {
        self as u32
    }
}

/// Shifts of the second operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ShiftOp {
    /// Left.
    Lsl,
    /// Right, zeros coming in.
    Lsr,
    /// Right, copies of the sign coming in.
    Asr,
    /// Right, in a circle.
    Ror,
}

/// The second operand of data processing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand2 {
    /// A modified immediate.
    Imm(ModImm),
    /// Twelve bits as they are; only [`AluOp::Add`] and [`AluOp::Sub`] with [`Flags::Keep`].
    Imm12(u16),
    /// A register.
    Reg(Reg),
    /// A register, shifted by 1 to 31, or by 32 to the right.
    Shifted(Reg, ShiftOp, u8),
}

/// Data processing with two operands, numbered as encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the manual's names")]
pub enum AluOp {
    And = 0,
    Bic = 1,
    Orr = 2,
    Orn = 3,
    Eor = 4,
    Add = 8,
    Adc = 10,
    Sbc = 11,
    Sub = 13,
    Rsb = 14,
}

/// Comparisons: data processing that only sets the flags.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the manual's names")]
pub enum CmpOp {
    Tst,
    Teq,
    Cmn,
    Cmp,
}

/// Instructions of one register into one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the manual's names")]
pub enum BitOp {
    Clz,
    Rbit,
    Rev,
    Rev16,
    Revsh,
    Sxtb,
    Sxth,
    Uxtb,
    Uxth,
}

/// Multiplications with a 64-bit result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the manual's names")]
pub enum LongMulOp {
    Smull,
    Umull,
    Smlal,
    Umlal,
}

/// What a load reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LoadOp {
    /// A byte, extended with zeros.
    B,
    /// A byte, extended with its sign.
    Sb,
    /// A half-word, extended with zeros.
    H,
    /// A half-word, extended with its sign.
    Sh,
    /// A word.
    W,
}

/// What a store writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StoreOp {
    /// A byte.
    B,
    /// A half-word.
    H,
    /// A word.
    W,
}

/// A place in the frame, known when the frame is laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FrameSlot {
    /// Bytes from the start of the stack slots.
    Slot(u32),
    /// A spill slot of the register allocator.
    Spill(u32),
    /// Bytes from the first argument that the caller passed in memory.
    Incoming(u32),
    /// Bytes from the first argument that a callee gets in memory.
    Outgoing(u32),
}

/// An address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Address {
    /// A register and a distance in bytes.
    Base(Reg, i32),
    /// A register, and another one shifted left by 0 to 3.
    Index(Reg, Reg, u8),
    /// A place in the frame, and a distance in bytes.
    Frame(FrameSlot, i32),
}

/// Width of a floating-point operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Width {
    /// binary32
    F32,
    /// binary64
    F64,
}

/// Floating-point operations of two operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "plain names")]
pub enum FpuBinary {
    Add,
    Sub,
    Mul,
    Div,
}

/// Floating-point operations of one operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "plain names")]
pub enum FpuUnary {
    Mov,
    Abs,
    Neg,
    Sqrt,
}

/// Conversions between number formats. Integers are in a single-precision register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FpuConvert {
    /// binary32 to binary64
    Promote,
    /// binary64 to binary32
    Demote,
    /// Signed integer to a float of this width.
    FromSigned(Width),
    /// Unsigned integer to a float of this width.
    FromUnsigned(Width),
    /// A float of this width to a signed integer, towards zero, saturating.
    ToSigned(Width),
    /// A float of this width to an unsigned integer, towards zero, saturating.
    ToUnsigned(Width),
}

/// What an address constant or a call refers to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Symbol {
    /// A name of the function's own numbering.
    External(ExternalName),
    /// A helper of the run-time ABI for the Arm architecture.
    Helper(&'static str),
}

/// Half of a 32-bit constant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Half {
    /// Sixteen bits.
    Value(u16),
    /// The low half of an address.
    Low(Symbol, i32),
    /// The high half of an address.
    High(Symbol, i32),
}

/// A place in the code: a block, or one that layout makes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Label(pub u32);

/// What is called.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Callee {
    /// A function by its name.
    Symbol(Symbol),
    /// The function whose address is in a register.
    Reg(Reg),
}

/// A call, its arguments and results in registers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallInfo {
    /// What is called.
    pub callee: Callee,
    /// Arguments.
    pub uses: Vec<(Reg, PReg)>,
    /// Results.
    pub defs: Vec<(Reg, PReg)>,
    /// Registers that hold garbage afterwards.
    pub clobbers: PRegSet,
}

/// When a branch or trap is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BranchCond {
    /// The flags say so.
    Flags(Cond),
    /// A register is zero.
    Zero(Reg),
    /// A register is not zero.
    NonZero(Reg),
}

impl BranchCond {
    /// The opposite.
    pub fn invert(self) -> BranchCond {
        match self {
            BranchCond::Flags(cond) => BranchCond::Flags(cond.invert()),
            BranchCond::Zero(reg) => BranchCond::NonZero(reg),
            BranchCond::NonZero(reg) => BranchCond::Zero(reg),
        }
    }
}

/// An instruction.
#[derive(Clone, PartialEq, Debug)]
#[allow(missing_docs, reason = "operands have the manual's names")]
pub enum Inst {
    /// `rd = rn op src`
    Alu {
        op: AluOp,
        flags: Flags,
        rd: Reg,
        rn: Reg,
        src: Operand2,
    },
    /// `rd = src`; with a shifted register, the shifts by a constant.
    Mov {
        flags: Flags,
        rd: Reg,
        src: Operand2,
    },
    /// `rd = !src`
    Mvn {
        flags: Flags,
        rd: Reg,
        src: Operand2,
    },
    /// Sets the flags.
    Cmp {
        op: CmpOp,
        rn: Reg,
        src: Operand2,
    },
    /// `rd = rn op rm`, by the low byte of `rm`.
    Shift {
        op: ShiftOp,
        flags: Flags,
        rd: Reg,
        rn: Reg,
        rm: Reg,
    },
    /// `rd = half`, zeros above.
    Movw {
        rd: Reg,
        half: Half,
    },
    /// The high half of `rd = rn`.
    Movt {
        rd: Reg,
        rn: Reg,
        half: Half,
    },
    /// `rd = rn * rm`
    Mul {
        flags: Flags,
        rd: Reg,
        rn: Reg,
        rm: Reg,
    },
    /// `rd = ra + rn * rm`
    Mla {
        rd: Reg,
        rn: Reg,
        rm: Reg,
        ra: Reg,
    },
    /// `rd = ra - rn * rm`
    Mls {
        rd: Reg,
        rn: Reg,
        rm: Reg,
        ra: Reg,
    },
    /// `hi:lo = rn * rm`, without the accumulating operations.
    MulLong {
        op: LongMulOp,
        lo: Reg,
        hi: Reg,
        rn: Reg,
        rm: Reg,
    },
    /// `hi:lo = acc_hi:acc_lo + rn * rm`, the accumulating operations.
    MulAcc {
        op: LongMulOp,
        lo: Reg,
        hi: Reg,
        acc_lo: Reg,
        acc_hi: Reg,
        rn: Reg,
        rm: Reg,
    },
    /// `rd = rn / rm`
    Div {
        signed: bool,
        rd: Reg,
        rn: Reg,
        rm: Reg,
    },
    /// `rd = op rm`
    Bits {
        op: BitOp,
        rd: Reg,
        rm: Reg,
    },
    /// `width` bits of `rn` from `lsb` on, extended.
    Bfx {
        signed: bool,
        rd: Reg,
        rn: Reg,
        lsb: u8,
        width: u8,
    },
    /// `rd = base` with the low `width` bits of `rn` put in at `lsb`.
    Bfi {
        rd: Reg,
        base: Reg,
        rn: Reg,
        lsb: u8,
        width: u8,
    },
    Load {
        op: LoadOp,
        rd: Reg,
        addr: Address,
    },
    Store {
        op: StoreOp,
        rs: Reg,
        addr: Address,
    },
    /// Two words at consecutive addresses.
    LoadPair {
        lo: Reg,
        hi: Reg,
        addr: Address,
    },
    StorePair {
        lo: Reg,
        hi: Reg,
        addr: Address,
    },

    FpuBinary {
        op: FpuBinary,
        width: Width,
        rd: Reg,
        rn: Reg,
        rm: Reg,
    },
    FpuUnary {
        op: FpuUnary,
        width: Width,
        rd: Reg,
        rm: Reg,
    },
    FpuConvert {
        op: FpuConvert,
        rd: Reg,
        rm: Reg,
    },
    /// Compares and moves the result to the flags.
    FpuCmp {
        width: Width,
        rn: Reg,
        rm: Reg,
    },
    FpuImm {
        width: Width,
        rd: Reg,
        imm: FloatImm,
    },
    FpuLoad {
        width: Width,
        rd: Reg,
        addr: Address,
    },
    FpuStore {
        width: Width,
        rs: Reg,
        addr: Address,
    },
    /// The float in the high half of a double-precision register.
    FpuTakeHigh {
        rd: Reg,
        rn: Reg,
    },
    /// `rd = base` with a float put into the high half.
    FpuPutHigh {
        rd: Reg,
        base: Reg,
        rm: Reg,
    },
    /// A core register to a single-precision one.
    CoreToSingle {
        rd: Reg,
        rt: Reg,
    },
    SingleToCore {
        rt: Reg,
        rn: Reg,
    },
    /// Two core registers to a double-precision one.
    CoreToDouble {
        rd: Reg,
        lo: Reg,
        hi: Reg,
    },
    DoubleToCore {
        lo: Reg,
        hi: Reg,
        rn: Reg,
    },

    Push {
        list: u16,
    },
    Pop {
        list: u16,
    },
    /// Consecutive registers from `first` on.
    FpuPush {
        width: Width,
        first: Reg,
        count: u8,
    },
    FpuPop {
        width: Width,
        first: Reg,
        count: u8,
    },
    Bx {
        rm: Reg,
    },
    Udf {
        code: u8,
    },
    Nop,
    /// Makes the next one to four instructions conditional.
    It {
        cond: Cond,
        mask: u8,
    },

    /// `rd = cond ? src : other`. A composite: `it` and `mov`.
    CondMov {
        cond: Cond,
        rd: Reg,
        other: Reg,
        src: Operand2,
    },
    /// The same of floats.
    FpuCondMov {
        cond: Cond,
        width: Width,
        rd: Reg,
        other: Reg,
        rm: Reg,
    },
    /// `rd = cond ? 1 : 0`. A composite: `ite` and two `mov`.
    CondSet {
        cond: Cond,
        rd: Reg,
    },
    /// A comparison that takes place if the flags say so. A composite.
    CondCmp {
        cond: Cond,
        op: CmpOp,
        rn: Reg,
        src: Operand2,
    },
    /// Any constant. A composite.
    Const {
        rd: Reg,
        value: u32,
    },
    /// An address. A composite.
    SymbolAddr {
        rd: Reg,
        symbol: Symbol,
        offset: i32,
    },
    /// The address of a place in the frame. A composite.
    FrameAddr {
        rd: Reg,
        slot: FrameSlot,
        offset: i32,
    },
    Call {
        info: Box<CallInfo>,
    },
    /// Where arguments arrive: the first instruction of a function.
    Args {
        defs: Vec<(Reg, PReg)>,
    },
    /// The return, with results.
    Ret {
        uses: Vec<(Reg, PReg)>,
    },
    Jump {
        target: Label,
    },
    Branch {
        cond: BranchCond,
        then: Label,
        otherwise: Label,
    },
    /// Goes on at one of the targets, or at the default if the index is too large. A composite.
    Table {
        index: Reg,
        targets: Vec<Label>,
        default: Label,
    },
    /// Ends the program.
    Trap {
        code: u8,
    },
    /// Ends the program on a condition. A composite.
    TrapIf {
        cond: BranchCond,
        code: u8,
    },
}

impl Inst {
    /// A move of a core register, or of a float of full width.
    pub fn mov(rd: Reg, rm: Reg) -> Inst {
        Inst::Mov { flags: Flags::Keep, rd, src: Operand2::Reg(rm) }
    }

    /// `rd = rn op src`, flags as they were.
    pub fn alu(op: AluOp, rd: Reg, rn: Reg, src: Operand2) -> Inst {
        Inst::Alu { op, flags: Flags::Keep, rd, rn, src }
    }

    /// `rd = rn op src`, setting flags.
    pub fn alus(op: AluOp, rd: Reg, rn: Reg, src: Operand2) -> Inst {
        Inst::Alu { op, flags: Flags::Set, rd, rn, src }
    }

    /// Whether it ends a block.
    pub fn is_terminator(&self) -> bool {
        matches!(
            self,
            Inst::Ret { .. } | Inst::Jump { .. } | Inst::Branch { .. } | Inst::Table { .. } | Inst::Trap { .. }
        )
    }
}

//! The form between MIR and bytecode: instructions of the bytecode on virtual registers, still in blocks with
//! parameters and in SSA form.
//!
//! It comes from [`select`](crate::select); [`regalloc`](crate::regalloc) gives every virtual register a place, and
//! [`emit`](crate::emit) writes the code. Constants that stand in the instruction that uses them have no register.

use crate::operand::Target;
use crate::ops::{Inst, Role};
use resilient_base::entity_impl;
use resilient_mir::ir::{Const, FuncId};

/// A virtual register, defined once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct VReg(u32);
entity_impl!(VReg, "x");

/// A function.
pub(crate) struct Code {
    /// Blocks in the order of the code, all reachable. The first is the entry, its parameters the function's.
    pub blocks: Vec<Block>,
    /// Number of virtual registers.
    pub n_vregs: usize,
}

/// A basic block.
pub(crate) struct Block {
    /// Parameters.
    pub params: Vec<VReg>,
    /// Content.
    pub nodes: Vec<Node>,
    /// How it ends.
    pub term: Term,
    /// Number of loops around it.
    pub loop_depth: u32,
}

/// One step of a block.
pub(crate) enum Node {
    /// An instruction other than a call, branch or return.
    Inst(Inst<VReg>),
    /// The address of a function.
    FuncAddr {
        /// Where it goes.
        dst: VReg,
        /// The function.
        func: FuncId,
    },
    /// A call of a function.
    Call {
        /// Function to call.
        callee: Callee,
        /// Arguments.
        args: Vec<Arg>,
        /// Results.
        results: Vec<VReg>,
    },
}

/// The function that is called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Callee {
    /// Known.
    Func(FuncId),
    /// At the address in a register.
    Reg(VReg),
}

/// What is passed to a call, a block or the caller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Arg {
    /// A register.
    Reg(VReg),
    /// A constant, written straight into its destination.
    Const(Const),
}

/// How a block ends.
pub(crate) enum Term {
    /// Goes to a block.
    Jump(Edge),
    /// To the first block if the condition holds, else to the second.
    Branch(Cond<VReg>, Edge, Edge),
    /// To the block in the place that the register names. The last is for all other numbers.
    Table(VReg, Vec<Edge>),
    /// Returns several values or none.
    Return(Vec<Arg>),
    /// Returns one value.
    ReturnOne(VReg),
    /// Returns a small constant.
    ReturnImm(i16),
    /// Behind a runtime call that does not return: no code.
    NoReturn,
    /// Behind a call that does not return.
    Unreachable,
}

/// A block, by index, and the arguments for its parameters.
#[derive(Clone, PartialEq)]
pub(crate) struct Edge {
    /// Where to go.
    pub block: usize,
    /// One per parameter.
    pub args: Vec<Arg>,
}

/// A condition to branch on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cond<R> {
    /// A bool.
    If(R),
    /// Not a bool.
    IfNot(R),
    /// `a < b`
    Lt(R, R),
    /// `a <= b`
    Le(R, R),
    /// `a == b`
    Eq(R, R),
    /// `a != b`
    Ne(R, R),
    /// `a < b`, unsigned
    ULt(R, R),
    /// `a <= b`, unsigned
    ULe(R, R),
    /// `a < k`
    LtImm(R, i16),
    /// `a >= k`
    GeImm(R, i16),
    /// `a == k`
    EqImm(R, i16),
    /// `a != k`
    NeImm(R, i16),
    /// `a < b`, floats
    FLt(R, R),
    /// `a <= b`, floats
    FLe(R, R),
    /// `a == b`, floats
    FEq(R, R),
    /// `a != b`, floats
    FNe(R, R),
    /// not `a < b`, floats
    NotFLt(R, R),
    /// not `a <= b`, floats
    NotFLe(R, R),
}

impl<R: Copy> Cond<R> {
    /// The opposite condition.
    pub fn negate(self) -> Cond<R> {
        match self {
            Cond::If(a) => Cond::IfNot(a),
            Cond::IfNot(a) => Cond::If(a),
            Cond::Lt(a, b) => Cond::Le(b, a),
            Cond::Le(a, b) => Cond::Lt(b, a),
            Cond::Eq(a, b) => Cond::Ne(a, b),
            Cond::Ne(a, b) => Cond::Eq(a, b),
            Cond::ULt(a, b) => Cond::ULe(b, a),
            Cond::ULe(a, b) => Cond::ULt(b, a),
            Cond::LtImm(a, k) => Cond::GeImm(a, k),
            Cond::GeImm(a, k) => Cond::LtImm(a, k),
            Cond::EqImm(a, k) => Cond::NeImm(a, k),
            Cond::NeImm(a, k) => Cond::EqImm(a, k),
            Cond::FLt(a, b) => Cond::NotFLt(a, b),
            Cond::FLe(a, b) => Cond::NotFLe(a, b),
            Cond::FEq(a, b) => Cond::FNe(a, b),
            Cond::FNe(a, b) => Cond::FEq(a, b),
            Cond::NotFLt(a, b) => Cond::FLt(a, b),
            Cond::NotFLe(a, b) => Cond::FLe(a, b),
        }
    }

    /// The branch taken if the condition holds.
    pub fn branch(self, target: Target) -> Inst<R> {
        match self {
            Cond::If(a) => Inst::BrIf { a, target },
            Cond::IfNot(a) => Inst::BrIfNot { a, target },
            Cond::Lt(a, b) => Inst::BrLt { a, b, target },
            Cond::Le(a, b) => Inst::BrLe { a, b, target },
            Cond::Eq(a, b) => Inst::BrEq { a, b, target },
            Cond::Ne(a, b) => Inst::BrNe { a, b, target },
            Cond::ULt(a, b) => Inst::BrULt { a, b, target },
            Cond::ULe(a, b) => Inst::BrULe { a, b, target },
            Cond::LtImm(a, k) => Inst::BrLtImm { a, k, target },
            Cond::GeImm(a, k) => Inst::BrGeImm { a, k, target },
            Cond::EqImm(a, k) => Inst::BrEqImm { a, k, target },
            Cond::NeImm(a, k) => Inst::BrNeImm { a, k, target },
            Cond::FLt(a, b) => Inst::BrFLt { a, b, target },
            Cond::FLe(a, b) => Inst::BrFLe { a, b, target },
            Cond::FEq(a, b) => Inst::BrFEq { a, b, target },
            Cond::FNe(a, b) => Inst::BrFNe { a, b, target },
            Cond::NotFLt(a, b) => Inst::BrNotFLt { a, b, target },
            Cond::NotFLe(a, b) => Inst::BrNotFLe { a, b, target },
        }
    }
}

impl Node {
    /// Whether other functions run meanwhile.
    pub fn is_call(&self) -> bool {
        match self {
            Node::Inst(_) | Node::FuncAddr { .. } => false,
            Node::Call { .. } => true,
        }
    }

    /// The registers it reads (all before it writes any) and writes.
    pub fn for_each_reg(&self, mut f: impl FnMut(Role, VReg)) {
        match self {
            Node::Inst(inst) => {
                inst.map_regs(f);
            }
            Node::FuncAddr { dst, .. } => f(Role::Def, *dst),
            Node::Call { callee, args, results } => {
                match *callee {
                    Callee::Func(_) => {}
                    Callee::Reg(reg) => f(Role::Use, reg),
                }
                for_each_arg_reg(args, |reg| f(Role::Use, reg));
                for &reg in results {
                    f(Role::Def, reg);
                }
            }
        }
    }
}

impl Term {
    /// The registers it reads, arguments of the edges included.
    pub fn for_each_use(&self, mut f: impl FnMut(VReg)) {
        match self {
            Term::Jump(_) | Term::ReturnImm(_) | Term::NoReturn | Term::Unreachable => {}
            Term::Branch(cond, ..) => {
                cond.branch(Target(0)).map_regs(|_, reg| f(reg));
            }
            Term::Return(args) => for_each_arg_reg(args, &mut f),
            Term::Table(reg, _) => f(*reg),
            Term::ReturnOne(reg) => f(*reg),
        }
        for edge in self.edges() {
            for_each_arg_reg(&edge.args, &mut f);
        }
    }

    /// Where it may go.
    pub fn edges(&self) -> impl Iterator<Item = &Edge> {
        let (edges, first, second): (&[Edge], _, _) = match self {
            Term::Jump(edge) => (&[], Some(edge), None),
            Term::Branch(_, then, otherwise) => (&[], Some(then), Some(otherwise)),
            Term::Table(_, edges) => (edges, None, None),
            Term::Return(_) | Term::ReturnOne(_) | Term::ReturnImm(_) | Term::NoReturn | Term::Unreachable => {
                (&[], None, None)
            }
        };
        edges.iter().chain(first).chain(second)
    }
}

fn for_each_arg_reg(args: &[Arg], mut f: impl FnMut(VReg)) {
    for arg in args {
        match *arg {
            Arg::Reg(reg) => f(reg),
            Arg::Const(_) => {}
        }
    }
}

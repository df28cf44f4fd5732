//! The registers of instructions, in an order that the collection of operands before register allocation and the
//! substitution after it share.

use regalloc2::{PReg, PRegSet};

use super::regs::Reg;
use super::{Address, BranchCond, Callee, Inst, Operand2};

/// What the allocator is told about a register of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// Read.
    Use,
    /// Written, when all registers have been read.
    Def,
    /// Written, to the register in which the operand of this number is read.
    ReuseDef(usize),
    /// Read in this register.
    FixedUse(PReg),
    /// Written to this register.
    FixedDef(PReg),
}

/// Calls `f` with every register that may be virtual.
pub(crate) fn visit(inst: &mut Inst, f: &mut impl FnMut(&mut Reg, Role)) {
    match inst {
        Inst::Alu { rd, rn, src, .. } => {
            f(rn, Role::Use);
            visit_operand2(src, f);
            f(rd, Role::Def);
        }
        Inst::Mov { rd, src, .. } | Inst::Mvn { rd, src, .. } => {
            visit_operand2(src, f);
            f(rd, Role::Def);
        }
        Inst::Cmp { rn, src, .. } | Inst::CondCmp { rn, src, .. } => {
            f(rn, Role::Use);
            visit_operand2(src, f);
        }
        Inst::Shift { rd, rn, rm, .. }
        | Inst::Mul { rd, rn, rm, .. }
        | Inst::Div { rd, rn, rm, .. }
        | Inst::FpuBinary { rd, rn, rm, .. } => {
            f(rn, Role::Use);
            f(rm, Role::Use);
            f(rd, Role::Def);
        }
        Inst::Movt { rd, rn, .. } => {
            f(rn, Role::Use);
            f(rd, Role::ReuseDef(0));
        }
        Inst::Mla { rd, rn, rm, ra } | Inst::Mls { rd, rn, rm, ra } => {
            f(rn, Role::Use);
            f(rm, Role::Use);
            f(ra, Role::Use);
            f(rd, Role::Def);
        }
        Inst::MulLong { lo, hi, rn, rm, .. } => {
            f(rn, Role::Use);
            f(rm, Role::Use);
            f(lo, Role::Def);
            f(hi, Role::Def);
        }
        Inst::MulAcc { lo, hi, acc_lo, acc_hi, rn, rm, .. } => {
            f(acc_lo, Role::Use);
            f(acc_hi, Role::Use);
            f(rn, Role::Use);
            f(rm, Role::Use);
            f(lo, Role::ReuseDef(0));
            f(hi, Role::ReuseDef(1));
        }
        Inst::Bits { rd, rm, .. } | Inst::FpuUnary { rd, rm, .. } | Inst::FpuConvert { rd, rm, .. } => {
            f(rm, Role::Use);
            f(rd, Role::Def);
        }
        Inst::FpuPutHigh { rd, base, rm } => {
            f(base, Role::Use);
            f(rm, Role::Use);
            f(rd, Role::ReuseDef(0));
        }
        Inst::Bfx { rd, rn, .. } | Inst::FpuTakeHigh { rd, rn } => {
            f(rn, Role::Use);
            f(rd, Role::Def);
        }
        Inst::Bfi { rd, base, rn, .. } => {
            f(base, Role::Use);
            f(rn, Role::Use);
            f(rd, Role::ReuseDef(0));
        }
        Inst::CondMov { rd, other, src, .. } => {
            f(other, Role::Use);
            visit_operand2(src, f);
            f(rd, Role::ReuseDef(0));
        }
        Inst::FpuCondMov { rd, other, rm, .. } => {
            f(other, Role::Use);
            f(rm, Role::Use);
            f(rd, Role::ReuseDef(0));
        }
        Inst::Load { rd, addr, .. } | Inst::FpuLoad { rd, addr, .. } => {
            visit_address(addr, f);
            f(rd, Role::Def);
        }
        Inst::Store { rs, addr, .. } | Inst::FpuStore { rs, addr, .. } => {
            visit_address(addr, f);
            f(rs, Role::Use);
        }
        Inst::LoadPair { lo, hi, addr } => {
            visit_address(addr, f);
            f(lo, Role::Def);
            f(hi, Role::Def);
        }
        Inst::StorePair { lo, hi, addr } => {
            visit_address(addr, f);
            f(lo, Role::Use);
            f(hi, Role::Use);
        }
        Inst::FpuCmp { rn, rm, .. } => {
            f(rn, Role::Use);
            f(rm, Role::Use);
        }
        Inst::CoreToSingle { rd, rt } => {
            f(rt, Role::Use);
            f(rd, Role::Def);
        }
        Inst::SingleToCore { rt, rn } => {
            f(rn, Role::Use);
            f(rt, Role::Def);
        }
        Inst::CoreToDouble { rd, lo, hi } => {
            f(lo, Role::Use);
            f(hi, Role::Use);
            f(rd, Role::Def);
        }
        Inst::DoubleToCore { lo, hi, rn } => {
            f(rn, Role::Use);
            f(lo, Role::Def);
            f(hi, Role::Def);
        }
        Inst::Movw { rd, .. }
        | Inst::FpuImm { rd, .. }
        | Inst::CondSet { rd, .. }
        | Inst::Const { rd, .. }
        | Inst::SymbolAddr { rd, .. }
        | Inst::FrameAddr { rd, .. } => f(rd, Role::Def),
        Inst::Call { info } => {
            if let Callee::Reg(reg) = &mut info.callee {
                f(reg, Role::Use);
            }
            info.uses.iter_mut().for_each(|(reg, preg)| f(reg, Role::FixedUse(*preg)));
            info.defs.iter_mut().for_each(|(reg, preg)| f(reg, Role::FixedDef(*preg)));
        }
        Inst::Args { defs } => defs.iter_mut().for_each(|(reg, preg)| f(reg, Role::FixedDef(*preg))),
        Inst::Ret { uses } => uses.iter_mut().for_each(|(reg, preg)| f(reg, Role::FixedUse(*preg))),
        Inst::Branch { cond, .. } | Inst::TrapIf { cond, .. } => match cond {
            BranchCond::Flags(_) => {}
            BranchCond::Zero(reg) | BranchCond::NonZero(reg) => f(reg, Role::Use),
        },
        Inst::Table { index, .. } => f(index, Role::Use),
        Inst::Push { .. }
        | Inst::Pop { .. }
        | Inst::FpuPush { .. }
        | Inst::FpuPop { .. }
        | Inst::Bx { .. }
        | Inst::Udf { .. }
        | Inst::Nop
        | Inst::It { .. }
        | Inst::Jump { .. }
        | Inst::Trap { .. } => {}
    }
}

/// Registers that hold garbage after the instruction.
pub(crate) fn clobbers(inst: &Inst) -> PRegSet {
    match inst {
        Inst::Call { info } => info.clobbers,
        _ => PRegSet::empty(),
    }
}

fn visit_operand2(operand: &mut Operand2, f: &mut impl FnMut(&mut Reg, Role)) {
    match operand {
        Operand2::Imm(_) | Operand2::Imm12(_) => {}
        Operand2::Reg(reg) | Operand2::Shifted(reg, ..) => f(reg, Role::Use),
    }
}

fn visit_address(address: &mut Address, f: &mut impl FnMut(&mut Reg, Role)) {
    match address {
        Address::Base(base, _) => f(base, Role::Use),
        Address::Index(base, index, _) => {
            f(base, Role::Use);
            f(index, Role::Use);
        }
        Address::Frame(..) => {}
    }
}

//! Most 16-bit instructions set the flags. Where nobody reads the flags afterwards, an instruction that need not set them
//! may, if that makes it shorter.

use crate::inst::encode::encode;
use crate::inst::operands::{Role, visit};
use crate::inst::regs::Reg;
use crate::inst::{AluOp, BranchCond, Cond, Flags, Inst, Operand2};

/// Replaces a test for zero at the end of a block by the flags of the instruction that computed the register, where that
/// can set them. What stands in between must leave the flags, and the register, alone.
pub(super) fn fuse_zero_test(block: &mut [Inst]) {
    let Some((last, body)) = block.split_last_mut() else { return };
    let Inst::Branch { cond, .. } = last else { return };
    let (reg, flags_cond) = match *cond {
        BranchCond::Zero(reg) => (reg, Cond::Eq),
        BranchCond::NonZero(reg) => (reg, Cond::Ne),
        BranchCond::Flags(_) => return,
    };
    for inst in body.iter_mut().rev() {
        if let Some(rd) = settable(inst)
            && rd == reg
        {
            let mut setting = inst.clone();
            if let Some(flags) = flags_of(&mut setting) {
                *flags = Flags::Set;
            }
            if encode(&setting).is_some() {
                *inst = setting;
                *cond = BranchCond::Flags(flags_cond);
            }
            return;
        }
        let mut writes_reg = false;
        visit(&mut inst.clone(), &mut |other, role| {
            writes_reg |= *other == reg && !matches!(role, Role::Use | Role::FixedUse(_));
        });
        if writes_reg || reads(inst) || writes(inst) {
            return;
        }
    }
}

/// What an instruction computes, if it can set the flags for it.
fn settable(inst: &Inst) -> Option<Reg> {
    match inst {
        Inst::Alu { src: Operand2::Imm12(_), .. } => None,
        Inst::Alu { rd, .. }
        | Inst::Mov { rd, .. }
        | Inst::Mvn { rd, .. }
        | Inst::Shift { rd, .. }
        | Inst::Mul { rd, .. } => Some(*rd),
        _ => None,
    }
}

/// Shortens the instructions of a block. No flags live across its end.
pub(super) fn narrow(block: &mut [Inst]) {
    let mut live = false;
    for inst in block.iter_mut().rev() {
        if !live {
            shorten(inst);
        }
        live = reads(inst) || (live && !writes(inst));
    }
}

fn flags_of(inst: &mut Inst) -> Option<&mut Flags> {
    match inst {
        Inst::Alu { flags, .. }
        | Inst::Mov { flags, .. }
        | Inst::Mvn { flags, .. }
        | Inst::Shift { flags, .. }
        | Inst::Mul { flags, .. } => Some(flags),
        _ => None,
    }
}

fn shorten(inst: &mut Inst) {
    let Some(before) = encode(inst).map(|encoding| encoding.size()) else { return };
    let Some(Flags::Keep) = flags_of(inst).map(|flags| *flags) else { return };
    let mut setting = inst.clone();
    if let Some(flags) = flags_of(&mut setting) {
        *flags = Flags::Set;
    }
    if encode(&setting).is_some_and(|encoding| encoding.size() < before) {
        *inst = setting;
    }
}

fn reads(inst: &Inst) -> bool {
    matches!(
        inst,
        Inst::Alu { op: AluOp::Adc | AluOp::Sbc, .. }
            | Inst::CondMov { .. }
            | Inst::FpuCondMov { .. }
            | Inst::CondSet { .. }
            | Inst::CondCmp { .. }
            | Inst::Branch { cond: BranchCond::Flags(_), .. }
            | Inst::TrapIf { cond: BranchCond::Flags(_), .. }
    )
}

fn writes(inst: &Inst) -> bool {
    match inst {
        Inst::Cmp { .. } | Inst::FpuCmp { .. } | Inst::Call { .. } => true,
        Inst::Alu { flags, .. }
        | Inst::Mov { flags, .. }
        | Inst::Mvn { flags, .. }
        | Inst::Shift { flags, .. }
        | Inst::Mul { flags, .. } => *flags == Flags::Set,
        _ => false,
    }
}

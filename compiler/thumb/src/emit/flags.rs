//! Most 16-bit instructions set the flags. Where nobody reads the flags afterwards, an instruction that need not set them
//! may, if that makes it shorter.

use crate::inst::encode::encode;
use crate::inst::{AluOp, BranchCond, Flags, Inst};

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
    match inst {
        Inst::Alu { op: AluOp::Adc | AluOp::Sbc, .. } => true,
        Inst::CondMov { .. } | Inst::FpuCondMov { .. } | Inst::CondSet { .. } | Inst::CondCmp { .. } => true,
        Inst::Branch { cond: BranchCond::Flags(_), .. } | Inst::TrapIf { cond: BranchCond::Flags(_), .. } => true,
        _ => false,
    }
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

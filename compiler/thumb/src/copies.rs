//! Copies of registers that register allocation left, removed where the original is still there.
//!
//! ```text
//! mov r2, r4                       adds r0, r4, r0
//! adds r0, r2, r0        ->
//! ```
//!
//! Within a block, a register that is read right after it was copied is replaced by the one it was copied from; then copies
//! that nothing reads are dropped. What is read later in other blocks is found by the usual analysis of live registers.
//! Only core registers, and only operands that may be in any register.

use regalloc2::RegClass;

use crate::inst::operands::{Role, clobbers, visit};
use crate::inst::regs::Reg;
use crate::inst::{Flags, Inst, Operand2};
use crate::vcode::VCode;

/// A set of core registers.
type Set = u16;

/// Removes copies from the instructions of the blocks of `vcode`.
pub(crate) fn remove_copies(blocks: &mut [Vec<Inst>], vcode: &VCode) {
    for block in blocks.iter_mut() {
        propagate(block);
    }
    let live = live_at_ends(blocks, vcode);
    for (block, live) in blocks.iter_mut().zip(live) {
        drop_dead(block, live);
    }
}

fn copy_of(inst: &Inst) -> Option<(Reg, Reg)> {
    match inst {
        Inst::Mov { flags: Flags::Keep, rd, src: Operand2::Reg(rm) } => Some((*rd, *rm)),
        _ => None,
    }
}

fn bit(reg: Reg) -> Set {
    if reg.class() == RegClass::Int { 1 << (reg.number() & 15) } else { 0 }
}

/// Core registers that an instruction writes.
fn writes(inst: &Inst) -> Set {
    let mut set = 0;
    visit(&mut inst.clone(), &mut |reg, role| match role {
        Role::Def | Role::ReuseDef(_) | Role::FixedDef(_) => set |= bit(*reg),
        Role::Use | Role::FixedUse(_) => {}
    });
    clobbers(inst).into_iter().for_each(|preg| set |= bit(Reg::from_preg(preg)));
    set
}

/// Core registers that an instruction reads.
fn reads(inst: &Inst) -> Set {
    let mut set = 0;
    visit(&mut inst.clone(), &mut |reg, role| match role {
        Role::Use | Role::FixedUse(_) => set |= bit(*reg),
        Role::Def | Role::ReuseDef(_) | Role::FixedDef(_) => {}
    });
    set
}

/// Which operands are read where another one is written.
fn reused(inst: &Inst) -> Vec<usize> {
    let mut indices = Vec::new();
    visit(&mut inst.clone(), &mut |_, role| {
        if let Role::ReuseDef(index) = role {
            indices.push(index);
        }
    });
    indices
}

fn propagate(block: &mut [Inst]) {
    // What each register is a copy of.
    let mut original: [Option<Reg>; 16] = [None; 16];
    for inst in block {
        let reused = reused(inst);
        let mut index = 0;
        visit(inst, &mut |reg, role| {
            if role == Role::Use
                && reg.class() == RegClass::Int
                && !reused.contains(&index)
                && let Some(other) = original[reg.number() as usize & 15]
            {
                *reg = other;
            }
            index += 1;
        });
        let written = writes(inst);
        for number in 0..16 {
            let is_stale = original[number].is_some_and(|other| written & bit(other) != 0);
            if is_stale || written >> number & 1 != 0 {
                original[number] = None;
            }
        }
        if let Some((rd, rm)) = copy_of(inst)
            && rd != rm
        {
            original[rd.number() as usize & 15] = Some(rm);
        }
    }
}

/// Registers that are read after the end of each block.
fn live_at_ends(blocks: &[Vec<Inst>], vcode: &VCode) -> Vec<Set> {
    let effects: Vec<(Set, Set)> = blocks.iter().map(|block| block_effect(block)).collect();
    let mut at_start = vec![0; blocks.len()];
    let mut at_end = vec![0; blocks.len()];
    let mut pending: Vec<usize> = (0..blocks.len()).collect();
    while let Some(n) = pending.pop() {
        at_end[n] = vcode.blocks[n].succs.iter().fold(0, |set, succ| set | at_start[succ.index()]);
        let (read_first, written) = effects[n];
        let start = read_first | (at_end[n] & !written);
        if start != at_start[n] {
            at_start[n] = start;
            pending.extend(vcode.blocks[n].preds.iter().map(|pred| pred.index()));
        }
    }
    at_end
}

/// Registers that a block reads before it writes them, and those it writes.
fn block_effect(block: &[Inst]) -> (Set, Set) {
    let (mut read_first, mut written) = (0, 0);
    for inst in block {
        read_first |= reads(inst) & !written;
        written |= writes(inst);
    }
    (read_first, written)
}

fn drop_dead(block: &mut Vec<Inst>, live_at_end: Set) {
    let mut live = live_at_end;
    let mut kept = Vec::with_capacity(block.len());
    for inst in std::mem::take(block).into_iter().rev() {
        if let Some((rd, rm)) = copy_of(&inst)
            && (rd == rm || live & bit(rd) == 0)
        {
            continue;
        }
        live = (live & !writes(&inst)) | reads(&inst);
        kept.push(inst);
    }
    kept.reverse();
    *block = kept;
}

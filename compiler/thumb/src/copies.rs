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
        for (number, copied) in original.iter_mut().enumerate() {
            let is_stale = copied.is_some_and(|other| written & bit(other) != 0);
            if is_stale || written >> number & 1 != 0 {
                *copied = None;
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

#[cfg(test)]
mod tests {
    use super::remove_copies;
    use crate::inst::operands::{Role, visit};
    use crate::inst::print::print;
    use crate::inst::regs::{R0, R1, R2, R3, Reg};
    use crate::inst::{AluOp, Cond, Inst, Operand2};
    use crate::vcode::{VBlock, VCode};

    const R4: Reg = Reg::core(4);

    /// The text of blocks that follow each other in a circle, without useless copies.
    fn check(blocks: &[Vec<Inst>]) -> Vec<Vec<String>> {
        let n = blocks.len();
        let block = |index: usize| VBlock {
            succs: vec![regalloc2::Block::new((index + 1) % n)],
            preds: vec![regalloc2::Block::new((index + n - 1) % n)],
            ..VBlock::default()
        };
        let mut vcode = VCode::default();
        vcode.blocks.extend((0..n).map(block));
        let mut blocks = blocks.to_vec();
        remove_copies(&mut blocks, &vcode);
        blocks.iter().map(|block| block.iter().map(|inst| print(inst, None)).collect()).collect()
    }

    fn add(rd: Reg, rn: Reg, rm: Reg) -> Inst {
        Inst::alu(AluOp::Add, rd, rn, Operand2::Reg(rm))
    }

    #[test]
    fn a_copy_for_one_reader_goes() {
        let blocks = [vec![Inst::mov(R2, R4), add(R0, R2, R0), Inst::mov(R2, R3)]];
        assert_eq!(check(&blocks), [["add r0, r4, r0"]]);
    }

    #[test]
    fn a_copy_that_outlives_its_original_stays() {
        let blocks = [vec![Inst::mov(R2, R4), add(R4, R2, R0), add(R0, R2, R4)]];
        assert_eq!(check(&blocks), [["mov r2, r4", "add r4, r4, r0", "add.w r0, r2, r4"]]);
    }

    #[test]
    fn a_copy_that_another_block_reads_stays() {
        let blocks = [vec![Inst::mov(R2, R4)], vec![add(R1, R2, R1)]];
        assert_eq!(check(&blocks), [["mov r2, r4"], ["add r1, r2, r1"]]);
    }

    #[test]
    fn what_is_read_where_it_is_written_stays() {
        let select = Inst::CondMov { cond: Cond::Eq, rd: R2, other: R2, src: Operand2::Reg(R1) };
        let mut roles = Vec::new();
        visit(&mut select.clone(), &mut |_, role| roles.push(role));
        assert!(roles.contains(&Role::ReuseDef(0)));
        let blocks = [vec![Inst::mov(R2, R4), select, add(R0, R2, R0)]];
        assert_eq!(check(&blocks)[0][0], "mov r2, r4");
        assert_eq!(check(&blocks)[0].len(), 3);
    }
}

//! Register allocation by `regalloc2`, and what follows from its result: physical registers, moves, spills.
//!
//! # Registers
//!
//! The allocator may use r0 to r11 and lr. It prefers those that a call does not preserve, as they cost nothing to use. `ip`
//! (r12) is kept for the layout of the code, which needs a register for addresses out of reach. Floats are in s0 to s31, or
//! in d0 to d15 where the processor has double precision; a float of single precision is then in the lower half.
//!
//! The allocator does not know that 16-bit instructions reach r0 to r7 only. But which of the registers that calls preserve
//! stands for which value means nothing, so they are renamed afterwards: those that occur most often become r4 to r7. That
//! also makes the saved ones a run of registers.

use regalloc2::{
    Algorithm, Allocation, Edit, InstOrEdit, MachineEnv, PReg, PRegSet, RegClass, RegallocOptions, checker::Checker,
};

use crate::error::{ErrorKind, Result};
use crate::inst::operands::visit;
use crate::inst::regs::{LR, Reg};
use crate::inst::{Address, Flags, FpuUnary, FrameSlot, Inst, LoadOp, Operand2, StoreOp, Width};
use crate::target::{Fpu, Target};
use crate::vcode::VCode;

/// A function on physical registers.
#[derive(Debug, Default)]
pub(crate) struct Allocated {
    /// Instructions of each block, in the order of the blocks.
    pub blocks: Vec<Vec<Inst>>,
    /// Which blocks are cold.
    pub cold: Vec<bool>,
    /// Words of spilled values.
    pub spill_words: u32,
}

/// Allocates registers.
pub(crate) fn allocate(vcode: &VCode, target: &Target) -> Result<Allocated> {
    let env = machine_env(target);
    let options = RegallocOptions { verbose_log: false, validate_ssa: target.verify, algorithm: Algorithm::Ion };
    let output = regalloc2::run(vcode, &env, &options)
        .map_err(|error| ErrorKind::Internal(format!("register allocation: {error:?}\n{}", vcode.print())))?;
    if target.verify {
        let mut checker = Checker::new(vcode, &env);
        checker.prepare(&output);
        checker.run().map_err(|errors| ErrorKind::Internal(format!("register allocation is wrong: {errors:?}")))?;
    }
    let mut blocks = Vec::with_capacity(vcode.blocks.len());
    for block in 0..vcode.blocks.len() {
        let mut insts = Vec::new();
        for step in output.block_insts_and_edits(vcode, regalloc2::Block::new(block)) {
            match step {
                InstOrEdit::Inst(index) => {
                    let mut inst = vcode.insts[index.index()].clone();
                    substitute(&mut inst, output.inst_allocs(index))?;
                    if !is_idle(&inst) {
                        insts.push(inst);
                    }
                }
                InstOrEdit::Edit(Edit::Move { from, to }) => insts.push(lower_move(*from, *to, target)?),
            }
        }
        blocks.push(insts);
    }
    let cold = vcode.blocks.iter().map(|block| block.cold).collect();
    Ok(Allocated { blocks, cold, spill_words: output.num_spillslots as u32 })
}

/// Whether calls preserve a core register that the allocator may use.
pub(crate) fn is_preserved(reg: Reg) -> bool {
    match reg.class() {
        RegClass::Float => reg.number() >= 16,
        RegClass::Int | RegClass::Vector => (4..12).contains(&reg.number()),
    }
}

/// What a call leaves as garbage.
pub(crate) fn call_clobbers(target: &Target) -> PRegSet {
    let mut set = PRegSet::empty();
    (0..4).for_each(|n| set.add(PReg::new(n, RegClass::Int)));
    set.add(LR.preg());
    float_numbers(target).filter(|&n| n < 16).for_each(|n| set.add(PReg::new(n, RegClass::Float)));
    set
}

fn float_numbers(target: &Target) -> impl Iterator<Item = usize> {
    let (end, step) = match target.fpu {
        Fpu::None => (0, 1),
        Fpu::Single => (32, 1),
        Fpu::Double => (32, 2),
    };
    (0..end).step_by(step)
}

fn machine_env(target: &Target) -> MachineEnv {
    let (mut preferred, mut others) = ([PRegSet::empty(); 3], [PRegSet::empty(); 3]);
    let int = RegClass::Int as usize;
    (0..4).for_each(|n| preferred[int].add(PReg::new(n, RegClass::Int)));
    (4..12).for_each(|n| others[int].add(PReg::new(n, RegClass::Int)));
    others[int].add(LR.preg());
    let float = RegClass::Float as usize;
    for n in float_numbers(target) {
        let set = if n < 16 { &mut preferred[float] } else { &mut others[float] };
        set.add(PReg::new(n, RegClass::Float));
    }
    MachineEnv {
        preferred_regs_by_class: preferred,
        non_preferred_regs_by_class: others,
        scratch_by_class: [None; 3],
        fixed_stack_slots: Vec::new(),
    }
}

fn substitute(inst: &mut Inst, allocs: &[Allocation]) -> Result<()> {
    let mut allocs = allocs.iter();
    let mut missing = false;
    visit(inst, &mut |reg, _| match allocs.next().and_then(|alloc| alloc.as_reg()) {
        Some(preg) => *reg = Reg::from_preg(preg),
        None => missing = true,
    });
    match missing {
        true => Err(ErrorKind::Internal("an operand has no register".into())),
        false => Ok(()),
    }
}

/// Whether an instruction, with its registers known, does nothing.
fn is_idle(inst: &Inst) -> bool {
    match inst {
        Inst::Mov { flags: Flags::Keep, rd, src: Operand2::Reg(rm) } => rd == rm,
        Inst::FpuUnary { op: FpuUnary::Mov, rd, rm, .. } => rd == rm,
        Inst::Args { .. } => true,
        _ => false,
    }
}

fn lower_move(from: Allocation, to: Allocation, target: &Target) -> Result<Inst> {
    let width = if target.fpu == Fpu::Double { Width::F64 } else { Width::F32 };
    let slot =
        |alloc: Allocation| alloc.as_stack().map(|slot| Address::Frame(FrameSlot::Spill(slot.index() as u32), 0));
    let reg = |alloc: Allocation| alloc.as_reg().map(Reg::from_preg);
    Ok(match (reg(from), slot(from), reg(to), slot(to)) {
        (Some(rm), _, Some(rd), _) => match rd.class() {
            RegClass::Float => Inst::FpuUnary { op: FpuUnary::Mov, width, rd, rm },
            RegClass::Int | RegClass::Vector => Inst::mov(rd, rm),
        },
        (Some(rs), _, _, Some(addr)) => match rs.class() {
            RegClass::Float => Inst::FpuStore { width, rs, addr },
            RegClass::Int | RegClass::Vector => Inst::Store { op: StoreOp::W, rs, addr },
        },
        (_, Some(addr), Some(rd), _) => match rd.class() {
            RegClass::Float => Inst::FpuLoad { width, rd, addr },
            RegClass::Int | RegClass::Vector => Inst::Load { op: LoadOp::W, rd, addr },
        },
        _ => return Err(ErrorKind::Internal(format!("move from {from} to {to}"))),
    })
}

/// Gives the preserved core registers the names that make the code smallest.
pub(crate) fn rename_preserved(blocks: &mut [Vec<Inst>]) {
    let mut counts = [0u32; 16];
    for inst in blocks.iter_mut().flatten() {
        visit(inst, &mut |reg, _| {
            if reg.class() == RegClass::Int {
                counts[reg.number() as usize] += 1;
            }
        });
    }
    let mut order: Vec<u8> = (4..12).collect();
    order.sort_by_key(|&n| std::cmp::Reverse(counts[n as usize]));
    let mut names: [u8; 16] = std::array::from_fn(|n| n as u8);
    for (new, &old) in (4..12).zip(&order) {
        names[old as usize] = new;
    }
    for inst in blocks.iter_mut().flatten() {
        visit(inst, &mut |reg, _| {
            if reg.class() == RegClass::Int {
                *reg = Reg::core(names[reg.number() as usize]);
            }
        });
    }
}

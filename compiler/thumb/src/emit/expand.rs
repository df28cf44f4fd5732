//! Composite instructions taken apart, and a sequence of items out of blocks. Branches, literals and tables stay open: their
//! size is for layout to decide.

use super::frame::Frame;
use super::rotate::rotate;
use crate::inst::encode::it;
use crate::inst::imms::ModImm;
use crate::inst::regs::{IP, Reg, SP};
use crate::inst::{
    Address, AluOp, BranchCond, Callee, CmpOp, Cond, Flags, FpuUnary, FrameSlot, Half, Inst, Label, Operand2, Symbol,
};
use crate::regalloc::Allocated;
use crate::target::{Constants, Target};

/// A constant in a pool.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Literal {
    /// These bits.
    Value(u32),
    /// An address.
    Symbol(Symbol, i32),
}

/// A piece of code.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// Instructions that stay together, each with its condition.
    Code(Vec<(Inst, Option<Cond>)>),
    /// A place to branch to.
    Label(Label),
    /// An unconditional branch.
    Jump(Label),
    /// A branch on flags.
    JumpIf(Cond, Label),
    /// A branch on a register that is zero, or is not.
    JumpIfZero {
        /// The register.
        reg: Reg,
        /// Branch if it is zero.
        zero: bool,
        /// Where to.
        target: Label,
    },
    /// A call by name.
    Call(Symbol),
    /// Half of an address.
    Half(Inst),
    /// A load from a pool.
    Load(Reg, Literal),
    /// A branch through a table that follows; the index is in bounds.
    Table(Reg, Vec<Label>),
}

impl Item {
    /// Whether control does not go on behind it.
    pub fn is_barrier(&self) -> bool {
        match self {
            Item::Jump(_) | Item::Table(..) => true,
            Item::Code(insts) => match insts.last() {
                Some((Inst::Bx { .. } | Inst::Udf { .. }, None)) => true,
                Some((Inst::Pop { list }, None)) => list >> 15 != 0,
                _ => false,
            },
            _ => false,
        }
    }
}

/// Turns constants that one instruction can make into it.
pub(super) fn expand_constants(blocks: &mut [Vec<Inst>]) {
    for inst in blocks.iter_mut().flatten() {
        if let Inst::Const { rd, value } = *inst
            && let Some(short) = short_constant(rd, value)
        {
            *inst = short;
        }
    }
}

/// One instruction that makes a constant.
pub(crate) fn short_constant(rd: Reg, value: u32) -> Option<Inst> {
    let flags = Flags::Keep;
    if let Some(imm) = ModImm::new(value) {
        Some(Inst::Mov { flags, rd, src: Operand2::Imm(imm) })
    } else if let Some(imm) = ModImm::new(!value) {
        Some(Inst::Mvn { flags, rd, src: Operand2::Imm(imm) })
    } else if value <= 0xffff {
        Some(Inst::Movw { rd, half: Half::Value(value as u16) })
    } else {
        None
    }
}

/// Instructions that make a constant without a pool.
pub(super) fn constant_in(rd: Reg, value: u32) -> Vec<Inst> {
    match short_constant(rd, value) {
        Some(inst) => vec![inst],
        None => vec![
            Inst::Movw { rd, half: Half::Value(value as u16) },
            Inst::Movt { rd, rn: rd, half: Half::Value((value >> 16) as u16) },
        ],
    }
}

/// The items of a function.
pub(super) fn expand(allocated: &Allocated, frame: &Frame, target: &Target) -> Vec<Item> {
    let blocks = &allocated.blocks;
    let targets = thread_jumps(blocks);
    let mut present: Vec<usize> = (0..blocks.len()).filter(|&n| n == 0 || targets[n] == n).collect();
    present.sort_by_key(|&n| n != 0 && allocated.cold[n]);
    if target.optimize {
        present = rotate(blocks, &present, |label| targets[label.0 as usize]);
    }
    let mut expander =
        Expander { frame, target, targets, items: Vec::new(), traps: Vec::new(), n_labels: blocks.len(), next: None };
    for (position, &n) in present.iter().enumerate() {
        expander.items.push(Item::Label(Label(n as u32)));
        if n == 0 {
            frame.prologue().into_iter().for_each(|inst| expander.push(inst));
        }
        expander.next = present.get(position + 1).map(|&next| Label(next as u32));
        expander.expand_block(&blocks[n]);
    }
    for (code, label) in std::mem::take(&mut expander.traps) {
        expander.items.push(Item::Label(label));
        expander.push(Inst::Udf { code });
    }
    expander.items
}

/// Where a branch to each block ends up, as blocks that only go on elsewhere are left out.
fn thread_jumps(blocks: &[Vec<Inst>]) -> Vec<usize> {
    let only_jump = |n: usize| match blocks[n][..] {
        [Inst::Jump { target }] => Some(target.0 as usize),
        _ => None,
    };
    (0..blocks.len())
        .map(|start| {
            let mut block = start;
            // A loop of jumps stays one.
            for _ in 0..blocks.len() {
                match only_jump(block) {
                    Some(next) => block = next,
                    None => return block,
                }
            }
            start
        })
        .collect()
}

struct Expander<'a> {
    frame: &'a Frame,
    target: &'a Target,
    targets: Vec<usize>,
    items: Vec<Item>,
    /// Places of trap instructions, by code.
    traps: Vec<(u8, Label)>,
    n_labels: usize,
    next: Option<Label>,
}

impl Expander<'_> {
    fn push(&mut self, inst: Inst) {
        self.items.push(Item::Code(vec![(inst, None)]));
    }

    fn label(&self, label: Label) -> Label {
        Label(self.targets[label.0 as usize] as u32)
    }

    fn expand_block(&mut self, block: &[Inst]) {
        let mut rest = block;
        while let Some((inst, after)) = rest.split_first() {
            let group = conditional_group(rest);
            if group > 0 {
                self.push_group(&rest[..group]);
                rest = &rest[group..];
            } else {
                self.expand_inst(inst);
                rest = after;
            }
        }
    }

    fn expand_inst(&mut self, inst: &Inst) {
        match inst {
            Inst::Const { rd, value } => match self.target.constants {
                Constants::Pool => self.items.push(Item::Load(*rd, Literal::Value(*value))),
                Constants::Immediate => constant_in(*rd, *value).into_iter().for_each(|inst| self.push(inst)),
            },
            Inst::SymbolAddr { rd, symbol, offset } => self.expand_symbol(*rd, symbol, *offset),
            Inst::FrameAddr { rd, slot, offset } => self.expand_frame_addr(*rd, *slot, *offset),
            Inst::CondSet { cond, rd } => {
                let set = |value: bool| Inst::Mov { flags: Flags::Keep, rd: *rd, src: small(value) };
                let other = cond.invert();
                self.items.push(Item::Code(vec![
                    (it(&[*cond, other]), None),
                    (set(true), Some(*cond)),
                    (set(false), Some(other)),
                ]));
            }
            Inst::Call { info } => match &info.callee {
                Callee::Symbol(symbol) => self.items.push(Item::Call(symbol.clone())),
                Callee::Reg(_) => self.push(inst.clone()),
            },
            Inst::Ret { .. } => self.frame.epilogue().into_iter().for_each(|inst| self.push(inst)),
            Inst::Jump { target } => self.jump(*target),
            Inst::Branch { cond, then, otherwise } => self.branch(*cond, *then, *otherwise),
            Inst::Table { index, targets, default } => self.table(*index, targets, *default),
            Inst::Trap { code } => self.push(Inst::Udf { code: *code }),
            Inst::TrapIf { cond, code } => {
                let label = self.trap(*code);
                self.jump_if(*cond, label);
            }
            Inst::Args { .. } => {}
            _ => self.expand_access(inst.clone()),
        }
    }

    fn jump(&mut self, target: Label) {
        let target = self.label(target);
        if self.next != Some(target) {
            self.items.push(Item::Jump(target));
        }
    }

    fn branch(&mut self, cond: BranchCond, then: Label, otherwise: Label) {
        let (then, otherwise) = (self.label(then), self.label(otherwise));
        if then == otherwise {
            self.jump(then);
        } else if self.next == Some(then) {
            self.jump_if(cond.invert(), otherwise);
        } else {
            self.jump_if(cond, then);
            self.jump(otherwise);
        }
    }

    fn jump_if(&mut self, cond: BranchCond, target: Label) {
        self.items.push(match cond {
            BranchCond::Flags(cond) => Item::JumpIf(cond, target),
            BranchCond::Zero(reg) => Item::JumpIfZero { reg, zero: true, target },
            BranchCond::NonZero(reg) => Item::JumpIfZero { reg, zero: false, target },
        });
    }

    fn table(&mut self, index: Reg, targets: &[Label], default: Label) {
        let default = self.label(default);
        if targets.is_empty() {
            self.jump(default);
            return;
        }
        let len = targets.len() as u32;
        let src = match ModImm::new(len) {
            Some(imm) => Operand2::Imm(imm),
            None => {
                constant_in(IP, len).into_iter().for_each(|inst| self.push(inst));
                Operand2::Reg(IP)
            }
        };
        self.push(Inst::Cmp { op: CmpOp::Cmp, rn: index, src });
        self.items.push(Item::JumpIf(Cond::Hs, default));
        let targets = targets.iter().map(|&target| self.label(target)).collect();
        self.items.push(Item::Table(index, targets));
    }

    /// The place of the trap instruction with this code, behind the function.
    fn trap(&mut self, code: u8) -> Label {
        if let Some(&(_, label)) = self.traps.iter().find(|(other, _)| *other == code) {
            return label;
        }
        let label = Label(self.n_labels as u32);
        self.n_labels += 1;
        self.traps.push((code, label));
        label
    }

    fn expand_symbol(&mut self, rd: Reg, symbol: &Symbol, offset: i32) {
        // The halves have room for a distance of 16 bits.
        let fits = i16::try_from(offset).is_ok();
        if self.target.constants == Constants::Pool || !fits {
            self.items.push(Item::Load(rd, Literal::Symbol(symbol.clone(), offset)));
            return;
        }
        self.items.push(Item::Half(Inst::Movw { rd, half: Half::Low(symbol.clone(), offset) }));
        self.items.push(Item::Half(Inst::Movt { rd, rn: rd, half: Half::High(symbol.clone(), offset) }));
    }

    fn expand_frame_addr(&mut self, rd: Reg, slot: FrameSlot, offset: i32) {
        let distance = self.frame.offset(slot).wrapping_add_signed(offset);
        match ModImm::new(distance) {
            Some(imm) => self.push(Inst::alu(AluOp::Add, rd, SP, Operand2::Imm(imm))),
            None if distance < 4096 => self.push(Inst::alu(AluOp::Add, rd, SP, Operand2::Imm12(distance as u16))),
            None => {
                constant_in(IP, distance).into_iter().for_each(|inst| self.push(inst));
                self.push(Inst::alu(AluOp::Add, rd, SP, Operand2::Reg(IP)));
            }
        }
    }

    /// An instruction that may access the frame.
    fn expand_access(&mut self, mut inst: Inst) {
        let limit = match inst {
            Inst::Load { .. } | Inst::Store { .. } => 4095,
            _ => 1020,
        };
        let (Inst::Load { addr, .. }
        | Inst::Store { addr, .. }
        | Inst::LoadPair { addr, .. }
        | Inst::StorePair { addr, .. }
        | Inst::FpuLoad { addr, .. }
        | Inst::FpuStore { addr, .. }) = &mut inst
        else {
            return self.push(inst);
        };
        if let Address::Frame(slot, offset) = *addr {
            let distance = self.frame.offset(slot).wrapping_add_signed(offset);
            if distance <= limit && (limit == 4095 || distance.is_multiple_of(4)) {
                *addr = Address::Base(SP, distance as i32);
            } else {
                constant_in(IP, distance).into_iter().for_each(|inst| self.push(inst));
                self.push(Inst::alu(AluOp::Add, IP, IP, Operand2::Reg(SP)));
                *addr = Address::Base(IP, 0);
            }
        }
        self.push(inst);
    }

    /// Conditional instructions that share one `it`.
    fn push_group(&mut self, group: &[Inst]) {
        let insts: Vec<(Inst, Option<Cond>)> = group.iter().filter_map(conditional).collect();
        if insts.is_empty() {
            return;
        }
        let conds: Vec<Cond> = insts.iter().filter_map(|(_, cond)| *cond).collect();
        let mut code = vec![(it(&conds), None)];
        code.extend(insts);
        self.items.push(Item::Code(code));
    }
}

fn small(value: bool) -> Operand2 {
    match ModImm::new(u32::from(value)) {
        Some(imm) => Operand2::Imm(imm),
        None => Operand2::Imm12(u16::from(value)),
    }
}

/// The instruction that an `it` makes conditional; `None` if it does nothing.
fn conditional(inst: &Inst) -> Option<(Inst, Option<Cond>)> {
    match inst {
        Inst::CondMov { cond, rd, src, .. } if *src != Operand2::Reg(*rd) => {
            Some((Inst::Mov { flags: Flags::Keep, rd: *rd, src: *src }, Some(*cond)))
        }
        Inst::FpuCondMov { cond, width, rd, rm, .. } if rd != rm => {
            Some((Inst::FpuUnary { op: FpuUnary::Mov, width: *width, rd: *rd, rm: *rm }, Some(*cond)))
        }
        Inst::CondCmp { cond, op, rn, src } => Some((Inst::Cmp { op: *op, rn: *rn, src: *src }, Some(*cond))),
        _ => None,
    }
}

/// How many of the next instructions are conditional on the same flags, up to the four of one `it`.
fn conditional_group(insts: &[Inst]) -> usize {
    let cond_of = |inst: &Inst| match inst {
        Inst::CondMov { cond, .. } | Inst::FpuCondMov { cond, .. } | Inst::CondCmp { cond, .. } => Some(*cond),
        _ => None,
    };
    let Some(first) = insts.first().and_then(cond_of) else { return 0 };
    let mut len = 0;
    for inst in insts.iter().take(4) {
        let Some(cond) = cond_of(inst) else { break };
        if cond != first && cond != first.invert() {
            break;
        }
        len += 1;
        // What follows sees other flags, on the same condition only if they are those of an equality that still holds.
        if matches!(inst, Inst::CondCmp { .. })
            && !matches!(insts.get(len), Some(Inst::CondCmp { cond, .. }) if *cond == first)
        {
            break;
        }
    }
    len
}

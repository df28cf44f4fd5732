//! Writes the code of a function: allocated [LIR](crate::lir) to words.
//!
//! A jump to a short block that ends in a branch or return is replaced by a copy of that block. So the test at the head
//! of a loop also stands at its end, and a turn of the loop takes one branch. The copy is right wherever it stands, as
//! places do not depend on the way the block was reached.

use crate::lir::{Arg, Callee, Code, Cond, Edge, Node, Term, VReg};
use crate::moves::{Place, Step, sequence};
use crate::operand::{Entry, Reg, Slot, Target};
use crate::ops::{Inst, Role};
use crate::regalloc::{Allocation, FIRST_SCRATCH, param};
use crate::select::load_const;
use resilient_mir::ir::{Const, FuncId};

/// The longest block that jumps to it are replaced with, in steps and in arguments on its edges.
const MAX_COPY: usize = 4;

/// An instruction with an entry that is not known yet: the index of its last word, and the function.
pub(crate) type CallFixup = (usize, FuncId);

/// Appends the code of a function.
pub(crate) fn emit(lir: &Code, allocation: &Allocation, code: &mut Vec<u32>, calls: &mut Vec<CallFixup>) {
    let mut emitter = Emitter {
        lir,
        allocation,
        code,
        calls,
        labels: vec![None; lir.blocks.len()],
        branches: Vec::new(),
        last_inst: None,
    };
    for block in 0..lir.blocks.len() {
        emitter.bind(block);
        emitter.block(block, block + 1, true);
    }
    emitter.resolve();
}

/// A place in the code to branch to. The first are the blocks.
type Label = usize;

struct Emitter<'a> {
    lir: &'a Code,
    allocation: &'a Allocation,
    code: &'a mut Vec<u32>,
    calls: &'a mut Vec<CallFixup>,
    /// Where the labels are, once known.
    labels: Vec<Option<usize>>,
    /// Branches: index of the first word, index of the target word, label.
    branches: Vec<(usize, usize, Label)>,
    /// The last instruction, if every way to here passes through it.
    last_inst: Option<usize>,
}

impl Emitter<'_> {
    fn new_label(&mut self) -> Label {
        self.labels.push(None);
        self.labels.len() - 1
    }

    fn bind(&mut self, label: Label) {
        self.labels[label] = Some(self.code.len());
        self.last_inst = None;
    }

    fn resolve(&mut self) {
        for &(start, target, label) in &self.branches {
            let to = self.labels[label].expect("every label is bound once its block is written");
            self.code[target] = (to as i64 - start as i64) as u32;
        }
    }

    fn encode(&mut self, inst: Inst<Reg>) {
        self.last_inst = Some(self.code.len());
        inst.encode(self.code);
    }

    /// An instruction with its target, which is its last word, to be filled in.
    fn encode_branch(&mut self, inst: Inst<Reg>, label: Label) {
        let start = self.code.len();
        self.encode(inst);
        self.branches.push((start, self.code.len() - 1, label));
    }

    /// The instruction on registers that all have 8 bits: far operands are loaded before. Gives also the far place that
    /// the result must go to.
    fn with_regs(&mut self, inst: Inst<VReg>) -> (Inst<Reg>, Option<Place>) {
        let mut far_result = None;
        let mut scratch = FIRST_SCRATCH;
        let inst = inst.map_regs(|role, vreg| {
            let place = self.allocation.place(vreg);
            match (near(place), role) {
                (Some(reg), _) => reg,
                (None, Role::Use) => {
                    let dst = Reg(scratch as u8);
                    scratch += 1;
                    self.encode(Inst::LoadFar { dst, slot: far(place) });
                    dst
                }
                (None, Role::Def) => {
                    far_result = Some(place);
                    SCRATCH
                }
            }
        });
        (inst, far_result)
    }

    fn inst(&mut self, inst: Inst<VReg>) {
        let (inst, far_result) = self.with_regs(inst);
        self.encode(inst);
        if let Some(place) = far_result {
            self.encode(Inst::StoreFar { a: SCRATCH, slot: far(place) });
        }
    }

    /// The code of a block; `next` stands behind it. `may_copy`: whether jumps may be replaced with copies.
    fn block(&mut self, index: usize, next: usize, may_copy: bool) {
        let block = &self.lir.blocks[index];
        for node in &block.nodes {
            match node {
                Node::Inst(inst) => self.inst(*inst),
                Node::FuncAddr { dst, func } => self.func_addr(*dst, *func),
                Node::Call { callee, args, results } => self.call(*callee, args, results),
            }
        }
        match &block.term {
            Term::Jump(edge) => self.follow(edge, next, may_copy),
            Term::Branch(cond, then, otherwise) => self.branch(*cond, then, otherwise, next, may_copy),
            Term::Table(index, edges) => self.table(*index, edges, next, may_copy),
            Term::Return(args) => {
                let moves: Vec<_> = args.iter().enumerate().map(|(n, &arg)| (param(n), arg)).collect();
                self.parallel_move(&moves);
                self.encode(Inst::RetVoid {});
            }
            &Term::ReturnOne(a) => self.inst(Inst::Ret { a }),
            &Term::ReturnImm(k) => self.encode(Inst::RetImm { k }),
            Term::NoReturn => {}
            Term::Unreachable => self.encode(Inst::Unreachable {}),
        }
    }

    fn func_addr(&mut self, dst: VReg, func: FuncId) {
        let place = self.allocation.place(dst);
        self.encode(Inst::FuncAddr { dst: near(place).unwrap_or(SCRATCH), entry: Entry(0) });
        self.calls.push((self.code.len() - 1, func));
        if near(place).is_none() {
            self.encode(Inst::StoreFar { a: SCRATCH, slot: far(place) });
        }
    }

    fn call(&mut self, callee: Callee, args: &[Arg], results: &[VReg]) {
        let moves: Vec<_> = args.iter().enumerate().map(|(n, &arg)| (self.allocation.out(n), arg)).collect();
        self.parallel_move(&moves);
        match *results {
            [result] => {
                let place = self.allocation.place(result);
                self.encode_call(callee, Some(near(place).unwrap_or(SCRATCH)));
                if near(place).is_none() {
                    self.encode(Inst::StoreFar { a: SCRATCH, slot: far(place) });
                }
            }
            _ => {
                self.encode_call(callee, None);
                let moves: Vec<_> = (results.iter().enumerate())
                    .map(|(n, &result)| (self.allocation.place(result), self.allocation.out(n)))
                    .collect();
                self.register_moves(&moves);
            }
        }
    }

    /// The call itself; the arguments are in place.
    fn encode_call(&mut self, callee: Callee, dst: Option<Reg>) {
        let base = self.allocation.base as u16;
        match callee {
            Callee::Func(func) => {
                let entry = Entry(0);
                self.encode(match dst {
                    Some(dst) => Inst::Call { dst, base, entry },
                    None => Inst::CallVoid { base, entry },
                });
                self.calls.push((self.code.len() - 1, func));
            }
            Callee::Reg(reg) => {
                let place = self.allocation.place(reg);
                let a = near(place).unwrap_or(SCRATCH);
                if near(place).is_none() {
                    self.encode(Inst::LoadFar { dst: SCRATCH, slot: far(place) });
                }
                self.encode(match dst {
                    Some(dst) => Inst::CallIndirect { dst, base, a },
                    None => Inst::CallVoidIndirect { base, a },
                });
            }
        }
    }

    /// Passes the arguments of an edge and goes there.
    fn follow(&mut self, edge: &Edge, next: usize, may_copy: bool) {
        self.edge_moves(edge);
        if edge.block == next {
        } else if may_copy && self.is_short(edge.block) {
            self.block(edge.block, next, false);
        } else {
            self.encode_branch(Inst::Jump { target: Target(0) }, edge.block);
        }
    }

    /// Whether copying a block is better than jumping to it.
    fn is_short(&self, index: usize) -> bool {
        let block = &self.lir.blocks[index];
        let n_args = match &block.term {
            Term::Branch(_, then, otherwise) => then.args.len() + otherwise.args.len(),
            Term::ReturnOne(_) | Term::ReturnImm(_) => 0,
            Term::Return(args) => args.len(),
            Term::Jump(_) | Term::Table(..) | Term::NoReturn | Term::Unreachable => return false,
        };
        block.nodes.len() + n_args <= MAX_COPY && !block.nodes.iter().any(Node::is_call)
    }

    fn branch(&mut self, cond: Cond<VReg>, then: &Edge, otherwise: &Edge, next: usize, may_copy: bool) {
        // At most one edge can be a plain branch instruction; the other is what follows it.
        let (then_is_plain, otherwise_is_plain) = (!self.needs_moves(then), !self.needs_moves(otherwise));
        let prefer_otherwise = then.block == next || !then_is_plain;
        if otherwise_is_plain && prefer_otherwise {
            self.branch_to(cond.negate(), otherwise.block);
            self.follow(then, next, may_copy);
        } else if then_is_plain {
            self.branch_to(cond, then.block);
            self.follow(otherwise, next, may_copy);
        } else {
            let (cond, first, last) =
                if then.block == next { (cond, otherwise, then) } else { (cond.negate(), then, otherwise) };
            let label = self.new_label();
            self.branch_to(cond, label);
            // Nothing stands behind the first edge but the second.
            self.follow(first, usize::MAX, may_copy);
            self.bind(label);
            self.follow(last, next, may_copy);
        }
    }

    /// A jump for every case, then the code of the default. Where arguments are to be passed, that is done behind.
    fn table(&mut self, index: VReg, edges: &[Edge], next: usize, may_copy: bool) {
        let Some((default, cases)) = edges.split_last() else { return };
        self.inst(Inst::BrTable { a: index, n: cases.len() as u16 });
        let mut stubs: Vec<(&Edge, Label)> = vec![(default, self.new_label())];
        for case in cases {
            let label = match stubs.iter().find(|stub| stub.0 == case) {
                Some(stub) => stub.1,
                None if !self.needs_moves(case) => case.block,
                None => {
                    let label = self.new_label();
                    stubs.push((case, label));
                    label
                }
            };
            self.encode_branch(Inst::Jump { target: Target(0) }, label);
        }
        let last = stubs.len() - 1;
        for (n, (edge, label)) in stubs.into_iter().enumerate() {
            self.bind(label);
            self.follow(edge, if n == last { next } else { usize::MAX }, may_copy);
        }
    }

    fn branch_to(&mut self, cond: Cond<VReg>, label: Label) {
        let last_inst = self.last_inst;
        let (inst, _) = self.with_regs(cond.branch(Target(0)));
        let joined = last_inst.filter(|_| self.last_inst == last_inst).and_then(|last| {
            let (previous, _) = Inst::decode(&self.code[last..])?;
            Some((last, join(previous, inst)?))
        });
        match joined {
            Some((last, inst)) => {
                self.code.truncate(last);
                self.encode_branch(inst, label);
            }
            None => self.encode_branch(inst, label),
        }
    }

    fn needs_moves(&self, edge: &Edge) -> bool {
        let params = &self.lir.blocks[edge.block].params;
        params.iter().zip(&edge.args).any(|(&param, arg)| match *arg {
            Arg::Reg(arg) => self.allocation.place(arg) != self.allocation.place(param),
            Arg::Const(_) => true,
        })
    }

    fn edge_moves(&mut self, edge: &Edge) {
        let params = &self.lir.blocks[edge.block].params;
        let moves: Vec<_> =
            params.iter().zip(&edge.args).map(|(&param, &arg)| (self.allocation.place(param), arg)).collect();
        self.parallel_move(&moves);
    }

    /// Constants are loaded at last: their destinations may be sources of moves.
    fn parallel_move(&mut self, moves: &[(Place, Arg)]) {
        let register_moves: Vec<_> = (moves.iter())
            .filter_map(|&(dst, arg)| match arg {
                Arg::Reg(src) => Some((dst, self.allocation.place(src))),
                Arg::Const(_) => None,
            })
            .collect();
        self.register_moves(&register_moves);
        for &(dst, arg) in moves {
            match arg {
                Arg::Reg(_) => {}
                Arg::Const(value) => self.load_const(dst, value),
            }
        }
    }

    fn load_const(&mut self, dst: Place, value: Const) {
        self.encode(load_const(near(dst).unwrap_or(SCRATCH), value));
        if near(dst).is_none() {
            self.encode(Inst::StoreFar { a: SCRATCH, slot: far(dst) });
        }
    }

    fn register_moves(&mut self, moves: &[(Place, Place)]) {
        for step in sequence(moves) {
            match step {
                Step::Move { dst, src } => self.move_place(dst, src),
                Step::Swap(a, b) => self.swap_places(a, b),
            }
        }
    }

    fn move_place(&mut self, dst: Place, src: Place) {
        match (near(dst), near(src)) {
            (Some(dst), Some(a)) => self.encode(Inst::Move { dst, a }),
            (Some(dst), None) => self.encode(Inst::LoadFar { dst, slot: far(src) }),
            (None, Some(a)) => self.encode(Inst::StoreFar { a, slot: far(dst) }),
            (None, None) => {
                self.encode(Inst::LoadFar { dst: SCRATCH, slot: far(src) });
                self.encode(Inst::StoreFar { a: SCRATCH, slot: far(dst) });
            }
        }
    }

    fn swap_places(&mut self, a: Place, b: Place) {
        match (near(a), near(b)) {
            (Some(a), Some(b)) => self.encode(Inst::Swap { a, b }),
            (Some(reg), None) => self.swap_with_far(reg, far(b)),
            (None, Some(reg)) => self.swap_with_far(reg, far(a)),
            (None, None) => {
                self.encode(Inst::LoadFar { dst: SECOND_SCRATCH, slot: far(a) });
                self.swap_with_far(SECOND_SCRATCH, far(b));
                self.encode(Inst::StoreFar { a: SECOND_SCRATCH, slot: far(a) });
            }
        }
    }

    fn swap_with_far(&mut self, reg: Reg, slot: Slot) {
        self.encode(Inst::Move { dst: SCRATCH, a: reg });
        self.encode(Inst::LoadFar { dst: reg, slot });
        self.encode(Inst::StoreFar { a: SCRATCH, slot });
    }
}

const SCRATCH: Reg = Reg(FIRST_SCRATCH as u8);
const SECOND_SCRATCH: Reg = Reg(FIRST_SCRATCH as u8 + 1);

/// The register at a place, if it has 8 bits.
fn near(place: Place) -> Option<Reg> {
    u8::try_from(place).ok().map(Reg)
}

/// Any place; the size of windows was checked.
fn far(place: Place) -> Slot {
    Slot(place as u16)
}

/// The operation that does what `first` and the branch after it do.
fn join(first: Inst<Reg>, branch: Inst<Reg>) -> Option<Inst<Reg>> {
    let Inst::AddImm { dst: counter, a: old, k } = first else { return None };
    if counter != old {
        return None;
    }
    match branch {
        Inst::BrLt { a, b, target } if a == counter => Some(Inst::AddImmBrLt { a, b, k, target }),
        Inst::BrLe { a, b, target } if a == counter => Some(Inst::AddImmBrLe { a, b, k, target }),
        Inst::BrLtImm { a, k: limit, target } if a == counter => Some(Inst::AddImmBrLtImm { a, k, limit, target }),
        Inst::BrGeImm { a, k: limit, target } if a == counter => Some(Inst::AddImmBrGeImm { a, k, limit, target }),
        _ => None,
    }
}

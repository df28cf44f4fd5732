//! Random MIR, run by the virtual machine and by a plain evaluator: both must agree.
//!
//! The functions have any control flow, irreducible too, several results, moves of all kinds along edges, and sometimes
//! far more live values than 8-bit registers. A global counts down at every branch back, so that all loops end.

use resilient_base::{EntityRef, PrimaryMap};
use resilient_mir::ir::*;
use std::collections::HashMap;

/// xorshift64*
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 33) as usize % n
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

const INTS: [i64; 14] = [0, 1, -1, 2, 3, 10, 127, 128, -128, -129, 40_000, -40_000, 0x1234_5678_9abc, i64::MIN];
const FLOATS: [f64; 8] = [0.0, -0.0, 1.0, -2.5, 0.1, 1e18, f64::INFINITY, f64::NAN];
const TYPES: [Ty; 5] = [Ty::I64, Ty::I64, Ty::I64, Ty::Bool, Ty::F64];
const FUEL: i64 = 60;

const INT_OPS: [BinaryOp; 10] = [
    BinaryOp::IntAdd,
    BinaryOp::IntSub,
    BinaryOp::IntMul,
    BinaryOp::IntDiv,
    BinaryOp::IntRem,
    BinaryOp::IntAnd,
    BinaryOp::IntOr,
    BinaryOp::IntXor,
    BinaryOp::IntShl,
    BinaryOp::IntShr,
];
const FLOAT_OPS: [BinaryOp; 4] = [BinaryOp::FloatAdd, BinaryOp::FloatSub, BinaryOp::FloatMul, BinaryOp::FloatDiv];
const BOOL_OPS: [BinaryOp; 3] = [BinaryOp::BoolAnd, BinaryOp::BoolOr, BinaryOp::BoolXor];
const CMP_OPS: [CmpOp; 6] = [CmpOp::Eq, CmpOp::Ne, CmpOp::Lt, CmpOp::Le, CmpOp::Gt, CmpOp::Ge];

/// A module; functions call only those behind them, the first is the entry.
fn module(random: &mut Random) -> Module {
    let n_funcs = 1 + random.below(4);
    let mut signatures = vec![(Vec::new(), vec![Ty::I64])];
    for _ in 1..n_funcs {
        let params = (0..random.below(5)).map(|_| random.pick(&TYPES)).collect();
        let results = (0..random.pick(&[0, 1, 1, 2, 3])).map(|_| random.pick(&TYPES)).collect();
        signatures.push((params, results));
    }
    let mut funcs = PrimaryMap::new();
    for index in 0..n_funcs {
        let func = FuncBuilder::new(random, index, &signatures).build();
        funcs.push(func);
    }
    let mut globals = PrimaryMap::new();
    for init in [FUEL, 7] {
        globals.push(Global { name: "g".into(), ty: Ty::I64, init: Const::Int(init) });
    }
    Module { funcs, globals, strings: PrimaryMap::new(), files: PrimaryMap::new(), entry: FuncId::new(0) }
}

type Signature = (Vec<Ty>, Vec<Ty>);

struct FuncBuilder<'a> {
    random: &'a mut Random,
    index: usize,
    signatures: &'a [Signature],
    func: Function,
    /// Successors of each block, and whether an edge goes back.
    successors: Vec<Vec<usize>>,
    /// Values in scope, of the block that is filled.
    scope: Vec<Value>,
    /// Most instructions of a block.
    max_insts: usize,
    /// Calls it may still make: their number multiplies over the functions.
    calls_left: usize,
}

impl<'a> FuncBuilder<'a> {
    fn new(random: &'a mut Random, index: usize, signatures: &'a [Signature]) -> Self {
        let (params, results) = signatures[index].clone();
        let params = params.into_iter().map(|ty| Param { ty, borrowed: false }).collect();
        let func = Function::new(format!("f{index}"), params, results);
        let max_insts = if random.one_in(12) { 400 } else { 12 };
        FuncBuilder {
            random,
            index,
            signatures,
            func,
            successors: Vec::new(),
            scope: Vec::new(),
            max_insts,
            calls_left: 4,
        }
    }

    fn build(mut self) -> Function {
        let n_blocks = 1 + self.random.below(10);
        for index in 0..n_blocks {
            let block = self.func.add_block();
            let tys = match index {
                0 => self.func.params.iter().map(|param| param.ty).collect(),
                _ => (0..self.random.below(5)).map(|_| self.random.pick(&TYPES)).collect::<Vec<_>>(),
            };
            for ty in tys {
                self.func.add_param(block, ty);
            }
            let n_successors = if index + 1 == n_blocks { 0 } else { self.random.pick(&[0, 1, 1, 2, 2, 2]) };
            let mut successors: Vec<usize> = (0..n_successors).map(|_| 1 + self.random.below(n_blocks - 1)).collect();
            // A way forward for when the fuel is used up.
            if successors.iter().any(|&to| to <= index) {
                successors = vec![successors[0], index + 1 + self.random.below(n_blocks - index - 1)];
            }
            self.successors.push(successors);
        }
        let dominators = self.dominators();
        for (block, dominators) in dominators.iter().enumerate() {
            self.scope.clear();
            // Dominators were filled before: each comes earlier, but for blocks not reached, which have none here.
            for dominator in (0..=block).filter(|&d| d == block || dominators[d]) {
                let data = &self.func.blocks[Block::new(dominator)];
                self.scope.extend(&data.params);
                self.scope.extend(data.insts.iter().flat_map(|&inst| &self.func.insts[inst].results));
            }
            self.fill(block);
        }
        self.func
    }

    /// By block: its dominators with lower numbers. Sound, as what is left out is only not used.
    fn dominators(&self) -> Vec<Vec<bool>> {
        let n = self.successors.len();
        let mut dominators = vec![vec![true; n]; n];
        dominators[0] = vec![false; n];
        dominators[0][0] = true;
        let mut changed = true;
        while changed {
            changed = false;
            for (from, successors) in self.successors.iter().enumerate() {
                for &to in successors {
                    let from = dominators[from].clone();
                    for (d, (to_has, from_has)) in dominators[to].iter_mut().zip(from).enumerate() {
                        if *to_has && !from_has && d != to {
                            *to_has = false;
                            changed = true;
                        }
                    }
                }
            }
        }
        dominators
    }

    fn emit(&mut self, block: usize, kind: InstKind, tys: &[Ty]) -> Inst {
        let inst = self.func.append_inst(Block::new(block), kind, tys, None);
        self.scope.extend(&self.func.insts[inst].results);
        inst
    }

    fn value(&mut self, block: usize, kind: InstKind, ty: Ty) -> Value {
        let inst = self.emit(block, kind, &[ty]);
        self.func.insts[inst].results[0]
    }

    fn constant(&mut self, block: usize, ty: Ty) -> Value {
        let constant = match ty {
            Ty::I64 => Const::Int(self.random.pick(&INTS)),
            Ty::F64 => Const::Float(self.random.pick(&FLOATS).to_bits()),
            Ty::Bool => Const::Bool(self.random.one_in(2)),
            Ty::Str => unreachable!("not used here"),
        };
        self.value(block, InstKind::Const(constant), ty)
    }

    /// A value in scope, or a constant; the more recent the more likely.
    fn any(&mut self, block: usize, ty: Ty) -> Value {
        let candidates: Vec<Value> = self.scope.iter().copied().filter(|&v| self.func.ty(v) == ty).collect();
        if candidates.is_empty() || self.random.one_in(8) {
            return self.constant(block, ty);
        }
        let recent = candidates.len().min(4);
        if self.random.one_in(2) {
            return candidates[candidates.len() - 1 - self.random.below(recent)];
        }
        self.random.pick(&candidates)
    }

    fn anys(&mut self, block: usize, tys: &[Ty]) -> Vec<Value> {
        tys.iter().map(|&ty| self.any(block, ty)).collect()
    }

    fn inst(&mut self, block: usize) {
        match self.random.below(12) {
            0..4 => self.int_binary(block),
            4 => {
                let op = self.random.pick(&FLOAT_OPS);
                let (a, b) = (self.any(block, Ty::F64), self.any(block, Ty::F64));
                self.value(block, InstKind::Binary(op, a, b), Ty::F64);
            }
            5 => {
                let op = self.random.pick(&BOOL_OPS);
                let (a, b) = (self.any(block, Ty::Bool), self.any(block, Ty::Bool));
                self.value(block, InstKind::Binary(op, a, b), Ty::Bool);
            }
            6 => {
                self.int_cmp(block);
            }
            7 => {
                let op = self.random.pick(&CMP_OPS);
                let (a, b) = (self.any(block, Ty::F64), self.any(block, Ty::F64));
                self.value(block, InstKind::FloatCmp(op, a, b), Ty::Bool);
            }
            8 => {
                let (op, from, to) = self.random.pick(&[
                    (UnaryOp::IntNeg, Ty::I64, Ty::I64),
                    (UnaryOp::FloatNeg, Ty::F64, Ty::F64),
                    (UnaryOp::Not, Ty::Bool, Ty::Bool),
                    (UnaryOp::IntToFloat, Ty::I64, Ty::F64),
                ]);
                let a = self.any(block, from);
                self.value(block, InstKind::Unary(op, a), to);
            }
            9 => {
                let ty = self.random.pick(&TYPES);
                let (c, a, b) = (self.any(block, Ty::Bool), self.any(block, ty), self.any(block, ty));
                self.value(block, InstKind::Select(c, a, b), ty);
            }
            10 => {
                let g = GlobalId::new(1);
                let old = self.value(block, InstKind::GlobalGet(g), Ty::I64);
                let other = self.any(block, Ty::I64);
                let new = self.value(block, InstKind::Binary(BinaryOp::IntXor, old, other), Ty::I64);
                self.emit(block, InstKind::GlobalSet(g, new), &[]);
            }
            _ => self.call(block),
        }
    }

    fn int_binary(&mut self, block: usize) {
        let op = self.random.pick(&INT_OPS);
        let a = self.any(block, Ty::I64);
        let mut b = self.any(block, Ty::I64);
        match op {
            BinaryOp::IntDiv | BinaryOp::IntRem => {
                let one = self.value(block, InstKind::Const(Const::Int(1)), Ty::I64);
                b = self.value(block, InstKind::Binary(BinaryOp::IntOr, b, one), Ty::I64);
            }
            BinaryOp::IntShl | BinaryOp::IntShr => {
                let mask = self.value(block, InstKind::Const(Const::Int(63)), Ty::I64);
                b = self.value(block, InstKind::Binary(BinaryOp::IntAnd, b, mask), Ty::I64);
            }
            _ => {}
        }
        self.value(block, InstKind::Binary(op, a, b), Ty::I64);
    }

    fn int_cmp(&mut self, block: usize) -> Value {
        let op = self.random.pick(&CMP_OPS);
        let (a, b) = (self.any(block, Ty::I64), self.any(block, Ty::I64));
        self.value(block, InstKind::IntCmp(op, a, b), Ty::Bool)
    }

    fn call(&mut self, block: usize) {
        if self.index + 1 < self.signatures.len() && self.calls_left > 0 {
            self.calls_left -= 1;
            let callee = self.index + 1 + self.random.below(self.signatures.len() - self.index - 1);
            let (params, results) = &self.signatures[callee];
            let args = self.anys(block, params);
            self.emit(block, InstKind::Call(FuncId::new(callee), args), results);
        }
    }

    fn target(&mut self, block: usize, to: usize) -> BlockCall {
        let params = self.func.blocks[Block::new(to)].params.clone();
        let tys: Vec<Ty> = params.iter().map(|&param| self.func.ty(param)).collect();
        let mut args = self.anys(block, &tys);
        // In a loop: permute its parameters.
        if params.iter().all(|param| self.scope.contains(param)) && self.random.one_in(2) {
            for (i, arg) in args.iter_mut().enumerate() {
                let same: Vec<Value> = params.iter().copied().filter(|&p| self.func.ty(p) == tys[i]).collect();
                *arg = same[(i + 1) % same.len()];
            }
        }
        BlockCall { block: Block::new(to), args }
    }

    fn fill(&mut self, block: usize) {
        for _ in 0..self.random.below(self.max_insts) {
            self.inst(block);
        }
        let successors = self.successors[block].clone();
        let terminator = match successors[..] {
            [] => self.return_all(block),
            [to] => Terminator::Jump(self.target(block, to)),
            [first, second] => {
                let cond = if first <= block { self.burn_fuel(block) } else { self.condition(block) };
                let (first, second) = (self.target(block, first), self.target(block, second));
                Terminator::Branch(cond, first, second)
            }
            _ => unreachable!("at most two"),
        };
        self.func.blocks[Block::new(block)].terminator = terminator;
    }

    fn condition(&mut self, block: usize) -> Value {
        match self.random.below(3) {
            0 => self.any(block, Ty::Bool),
            1 => {
                let cond = self.int_cmp(block);
                self.value(block, InstKind::Unary(UnaryOp::Not, cond), Ty::Bool)
            }
            _ => self.int_cmp(block),
        }
    }

    fn burn_fuel(&mut self, block: usize) -> Value {
        let g = GlobalId::new(0);
        let fuel = self.value(block, InstKind::GlobalGet(g), Ty::I64);
        let one = self.value(block, InstKind::Const(Const::Int(1)), Ty::I64);
        let left = self.value(block, InstKind::Binary(BinaryOp::IntSub, fuel, one), Ty::I64);
        self.emit(block, InstKind::GlobalSet(g, left), &[]);
        let zero = self.value(block, InstKind::Const(Const::Int(0)), Ty::I64);
        self.value(block, InstKind::IntCmp(CmpOp::Gt, left, zero), Ty::Bool)
    }

    /// Returns; the first int depends on everything in scope, so that much is alive until here.
    fn return_all(&mut self, block: usize) -> Terminator {
        let scope = self.scope.clone();
        let mut sum = self.constant(block, Ty::I64);
        for value in scope {
            let word = match self.func.ty(value) {
                Ty::I64 => value,
                Ty::Bool | Ty::F64 => {
                    let cond = match self.func.ty(value) {
                        Ty::Bool => value,
                        _ => {
                            let zero = self.constant(block, Ty::F64);
                            self.value(block, InstKind::FloatCmp(CmpOp::Lt, value, zero), Ty::Bool)
                        }
                    };
                    let (a, b) = (self.constant(block, Ty::I64), self.constant(block, Ty::I64));
                    self.value(block, InstKind::Select(cond, a, b), Ty::I64)
                }
                Ty::Str => unreachable!("not used here"),
            };
            let op = self.random.pick(&[BinaryOp::IntXor, BinaryOp::IntAdd, BinaryOp::IntSub]);
            sum = self.value(block, InstKind::Binary(op, sum, word), Ty::I64);
        }
        let results = self.func.results.clone();
        let mut values = self.anys(block, &results);
        if let Some(i) = results.iter().position(|&ty| ty == Ty::I64) {
            values[i] = sum;
        }
        Terminator::Return(values)
    }
}

/// The plain evaluator.
struct Evaluator<'a> {
    module: &'a Module,
    globals: Vec<u64>,
}

impl Evaluator<'_> {
    fn call(&mut self, callee: FuncId, args: &[u64]) -> Vec<u64> {
        let func = &self.module.funcs[callee];
        let mut values: HashMap<Value, u64> = HashMap::new();
        let (mut block, mut args) = (func.entry(), args.to_vec());
        loop {
            let data = &func.blocks[block];
            values.extend(data.params.iter().copied().zip(args));
            for &inst in &data.insts {
                let results = self.inst(&func.insts[inst].kind, &values);
                values.extend(func.insts[inst].results.iter().copied().zip(results));
            }
            let get = |list: &[Value]| list.iter().map(|value| values[value]).collect::<Vec<u64>>();
            let next = match &data.terminator {
                Terminator::Jump(next) => next,
                Terminator::Branch(cond, then, otherwise) => {
                    if values[cond] != 0 {
                        then
                    } else {
                        otherwise
                    }
                }
                Terminator::Return(results) => return get(results),
                Terminator::NoReturn(..) | Terminator::Unreachable => unreachable!("not used here"),
            };
            args = get(&next.args);
            block = next.block;
        }
    }

    fn inst(&mut self, kind: &InstKind, values: &HashMap<Value, u64>) -> Vec<u64> {
        let int = |v: &Value| values[v] as i64;
        let float = |v: &Value| f64::from_bits(values[v]);
        vec![match kind {
            InstKind::Const(Const::Int(k)) => *k as u64,
            InstKind::Const(Const::Float(k)) => *k,
            InstKind::Const(Const::Bool(k)) => *k as u64,
            InstKind::Unary(op, a) => match op {
                UnaryOp::IntNeg => int(a).wrapping_neg() as u64,
                UnaryOp::FloatNeg => (-float(a)).to_bits(),
                UnaryOp::Not => 1 - values[a],
                UnaryOp::IntToFloat => (int(a) as f64).to_bits(),
            },
            InstKind::Binary(op, a, b) => binary(*op, values[a], values[b]),
            InstKind::IntCmp(op, a, b) => holds(*op, int(a).partial_cmp(&int(b))),
            InstKind::FloatCmp(op, a, b) => holds(*op, float(a).partial_cmp(&float(b))),
            InstKind::Select(c, a, b) => {
                if values[c] != 0 {
                    values[a]
                } else {
                    values[b]
                }
            }
            InstKind::GlobalGet(g) => self.globals[g.index()],
            InstKind::GlobalSet(g, a) => {
                self.globals[g.index()] = values[a];
                return Vec::new();
            }
            InstKind::Call(callee, args) => {
                return self.call(*callee, &args.iter().map(|arg| values[arg]).collect::<Vec<_>>());
            }
            other => unreachable!("{other:?} is not used here"),
        }]
    }
}

fn holds(op: CmpOp, order: Option<std::cmp::Ordering>) -> u64 {
    let result = match op {
        CmpOp::Eq => order.is_some_and(|o| o.is_eq()),
        CmpOp::Ne => order.is_none_or(|o| o.is_ne()),
        CmpOp::Lt => order.is_some_and(|o| o.is_lt()),
        CmpOp::Le => order.is_some_and(|o| o.is_le()),
        CmpOp::Gt => order.is_some_and(|o| o.is_gt()),
        CmpOp::Ge => order.is_some_and(|o| o.is_ge()),
    };
    result as u64
}

fn binary(op: BinaryOp, a: u64, b: u64) -> u64 {
    let (x, y) = (a as i64, b as i64);
    let (f, g) = (f64::from_bits(a), f64::from_bits(b));
    match op {
        BinaryOp::IntAdd => x.wrapping_add(y) as u64,
        BinaryOp::IntSub => x.wrapping_sub(y) as u64,
        BinaryOp::IntMul => x.wrapping_mul(y) as u64,
        BinaryOp::IntDiv => x.wrapping_div(y) as u64,
        BinaryOp::IntRem => x.wrapping_rem(y) as u64,
        BinaryOp::IntAnd | BinaryOp::BoolAnd => a & b,
        BinaryOp::IntOr | BinaryOp::BoolOr => a | b,
        BinaryOp::IntXor | BinaryOp::BoolXor => a ^ b,
        BinaryOp::IntShl => (x << y) as u64,
        BinaryOp::IntShr => (x >> y) as u64,
        BinaryOp::FloatAdd => (f + g).to_bits(),
        BinaryOp::FloatSub => (f - g).to_bits(),
        BinaryOp::FloatMul => (f * g).to_bits(),
        BinaryOp::FloatDiv => (f / g).to_bits(),
    }
}

/// Runs modules made from these seeds both ways; gives the number of listings that use far words of windows.
fn check(seeds: std::ops::Range<u64>) -> usize {
    let mut n_far = 0;
    for seed in seeds {
        let module = module(&mut Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1));
        let globals = vec![FUEL as u64, 7];
        let expected = Evaluator { module: &module, globals }.call(module.entry, &[])[0] as i64;
        let program = resilient_vm::compile(&module).expect("within limits");
        let listing = || resilient_vm::disassemble(&program);
        let text = || resilient_mir::print::print_module(&module);
        assert_eq!(program.run(), expected, "seed {seed}\n{}\n{}", text(), listing());
        n_far += listing().contains("load_far") as usize;
    }
    n_far
}

#[test]
fn machine_and_evaluator_agree() {
    let n_far = check(0..300);
    assert!(n_far > 5, "only {n_far} programs had windows of more than 256 words");
}

#[test]
#[ignore = "takes minutes"]
fn machine_and_evaluator_agree_for_long() {
    check(300..20_000);
}

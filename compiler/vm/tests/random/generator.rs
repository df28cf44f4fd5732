//! Makes random modules.
//!
//! The functions have any control flow, irreducible too, several results, moves of all kinds along edges, and sometimes
//! far more live values than 8-bit registers. A global counts down at every branch back, so that all loops end. Objects
//! live within a block.

use resilient_base::{EntityRef, PrimaryMap};
use resilient_mir::ir::*;

/// xorshift64*
pub struct Random(pub u64);

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
const TYPES: [Ty; 6] = [Ty::I64, Ty::I64, Ty::I64, Ty::Bool, Ty::F64, Ty::F32];
pub const FUEL: i64 = 60;

const INT_OPS: [BinaryOp; 13] = [
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
    BinaryOp::UintDiv,
    BinaryOp::UintRem,
    BinaryOp::UintShr,
];
const FLOAT_OPS: [BinaryOp; 4] = [BinaryOp::FloatAdd, BinaryOp::FloatSub, BinaryOp::FloatMul, BinaryOp::FloatDiv];
const OVERFLOW_OPS: [BinaryOp; 4] =
    [BinaryOp::IntAddOverflows, BinaryOp::IntSubOverflows, BinaryOp::IntMulOverflows, BinaryOp::UintMulOverflows];
const BOOL_OPS: [BinaryOp; 3] = [BinaryOp::BoolAnd, BinaryOp::BoolOr, BinaryOp::BoolXor];
const CMP_OPS: [CmpOp; 6] = [CmpOp::Eq, CmpOp::Ne, CmpOp::Lt, CmpOp::Le, CmpOp::Gt, CmpOp::Ge];

/// A module; functions call only those behind them, the first is the entry.
pub fn module(random: &mut Random) -> Module {
    let layouts: PrimaryMap<LayoutId, Layout> = (0..4).map(|_| layout(random)).collect();
    let n_funcs = 1 + random.below(4);
    let mut signatures = vec![(Vec::new(), vec![Ty::I64])];
    for _ in 1..n_funcs {
        let params = (0..random.below(5)).map(|_| random.pick(&TYPES)).collect();
        let results = (0..random.pick(&[0, 1, 1, 2, 3])).map(|_| random.pick(&TYPES)).collect();
        signatures.push((params, results));
    }
    let mut funcs = PrimaryMap::new();
    for index in 0..n_funcs {
        let func = FuncBuilder::new(random, index, &signatures, &layouts).build();
        funcs.push(func);
    }
    let mut globals = PrimaryMap::new();
    for init in [FUEL, 7] {
        globals.push(Global { name: "g".into(), ty: Ty::I64, init: Const::Int(init) });
    }
    Module {
        funcs,
        globals,
        strings: PrimaryMap::new(),
        files: PrimaryMap::new(),
        aggs: PrimaryMap::new(),
        layouts,
        sigs: PrimaryMap::new(),
        entry: FuncId::new(0),
    }
}

/// Leaves that hold no references.
fn layout(random: &mut Random) -> Layout {
    const LEAVES: [MemTy; 10] = [
        MemTy::I8,
        MemTy::U8,
        MemTy::I16,
        MemTy::U16,
        MemTy::I32,
        MemTy::U32,
        MemTy::I64,
        MemTy::F32,
        MemTy::F64,
        MemTy::Bool,
    ];
    let n = random.pick(&[1, 1, 2, 3, 5]);
    Layout { leaves: (0..n).map(|_| random.pick(&LEAVES)).collect() }
}

type Signature = (Vec<Ty>, Vec<Ty>);

struct FuncBuilder<'a> {
    random: &'a mut Random,
    index: usize,
    signatures: &'a [Signature],
    layouts: &'a PrimaryMap<LayoutId, Layout>,
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
    fn new(
        random: &'a mut Random,
        index: usize,
        signatures: &'a [Signature],
        layouts: &'a PrimaryMap<LayoutId, Layout>,
    ) -> Self {
        let (params, results) = signatures[index].clone();
        let params = params.into_iter().map(|ty| Param { ty, borrowed: false }).collect();
        let func = Function::new(format!("f{index}"), params, results);
        let max_insts = if random.one_in(12) { 400 } else { 12 };
        FuncBuilder {
            random,
            index,
            signatures,
            layouts,
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
            let n_successors = if index + 1 == n_blocks { 0 } else { self.random.pick(&[0, 1, 1, 2, 2, 2, 3, 5, 9]) };
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
                let results = data.insts.iter().flat_map(|&inst| &self.func.insts[inst].results);
                self.scope.extend(results.filter(|&&value| self.func.ty(value) != Ty::Ref));
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
            Ty::F32 => Const::F32((self.random.pick(&FLOATS) as f32).to_bits()),
            Ty::Bool => Const::Bool(self.random.one_in(2)),
            Ty::Str | Ty::Ref | Ty::Code | Ty::Agg(_) => unreachable!("not used here"),
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
        match self.random.below(14) {
            0..4 => self.int_binary(block),
            4 => {
                let (op, ty) = (self.random.pick(&FLOAT_OPS), self.random.pick(&[Ty::F64, Ty::F32]));
                let (a, b) = (self.any(block, ty), self.any(block, ty));
                self.value(block, InstKind::Binary(op, a, b), ty);
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
                let (op, ty) = (self.random.pick(&CMP_OPS), self.random.pick(&[Ty::F64, Ty::F32]));
                let (a, b) = (self.any(block, ty), self.any(block, ty));
                self.value(block, InstKind::FloatCmp(op, a, b), Ty::Bool);
            }
            8 => {
                let (op, from, to) = self.random.pick(&[
                    (UnaryOp::IntNeg, Ty::I64, Ty::I64),
                    (UnaryOp::FloatNeg, Ty::F64, Ty::F64),
                    (UnaryOp::Not, Ty::Bool, Ty::Bool),
                    (UnaryOp::IntToFloat, Ty::I64, Ty::F64),
                    (UnaryOp::UintToFloat, Ty::I64, Ty::F64),
                    (UnaryOp::IntToF32, Ty::I64, Ty::F32),
                    (UnaryOp::UintToF32, Ty::I64, Ty::F32),
                    (UnaryOp::FloatNeg, Ty::F32, Ty::F32),
                    (UnaryOp::F32ToFloat, Ty::F32, Ty::F64),
                    (UnaryOp::FloatToF32, Ty::F64, Ty::F32),
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
            11 => {
                let ty = self.random.pick(&NarrowInt::ALL);
                let a = self.any(block, Ty::I64);
                self.value(block, InstKind::Unary(UnaryOp::Wrap(ty), a), Ty::I64);
            }
            12 => self.objects(block),
            _ => self.call(block),
        }
    }

    /// Makes an array and a box, changes the array, reads leaves and frees both.
    fn objects(&mut self, block: usize) {
        let layout = LayoutId::new(self.random.below(self.layouts.len()));
        let layouts = self.layouts;
        let tys: Vec<Ty> = layouts[layout].leaves.iter().map(|leaf| leaf.ty()).collect();
        let n = 1 + self.random.below(4);
        let leaves = (0..n).flat_map(|_| self.anys(block, &tys)).collect();
        let mut array = self.hidden(block, InstKind::ArrayLit(layout, leaves));
        let mut len = n;
        for _ in 0..self.random.below(6) {
            let index = self.random.below(tys.len());
            let leaf = Leaf { layout, index: index as u32 };
            match self.random.below(4) {
                0 => {
                    let leaves = self.anys(block, &tys);
                    array = self.hidden(block, InstKind::ArrayPush(layout, array, leaves));
                    len += 1;
                }
                1 => {
                    // A copy is changed, the original read later.
                    let second = self.hidden(block, InstKind::Retain(array));
                    let unique = self.hidden(block, InstKind::ArrayUnique(layout, second));
                    let (i, value) = (self.index(block, len), self.any(block, tys[index]));
                    self.emit(block, InstKind::ArrayStore(leaf, unique, i, value), &[]);
                    self.value(block, InstKind::ArrayLoad(leaf, unique, i), tys[index]);
                    self.emit(block, InstKind::Release(unique), &[]);
                }
                _ => {
                    let i = self.index(block, len);
                    self.value(block, InstKind::ArrayLoad(leaf, array, i), tys[index]);
                }
            }
        }
        self.value(block, InstKind::ArrayLen(array), Ty::I64);
        self.emit(block, InstKind::Release(array), &[]);
        let leaves = self.anys(block, &tys);
        let object = self.hidden(block, InstKind::BoxNew(layout, leaves));
        let index = self.random.below(tys.len());
        self.value(block, InstKind::BoxLoad(Leaf { layout, index: index as u32 }, object), tys[index]);
        self.emit(block, InstKind::Release(object), &[]);
    }

    /// An object, which is not in scope for other instructions.
    fn hidden(&mut self, block: usize, kind: InstKind) -> Value {
        let value = self.value(block, kind, Ty::Ref);
        self.scope.retain(|&v| v != value);
        value
    }

    /// A value in `0..len`.
    fn index(&mut self, block: usize, len: usize) -> Value {
        let a = self.any(block, Ty::I64);
        let n = self.value(block, InstKind::Const(Const::Int(len as i64)), Ty::I64);
        self.value(block, InstKind::Binary(BinaryOp::UintRem, a, n), Ty::I64)
    }

    fn int_binary(&mut self, block: usize) {
        let op = self.random.pick(&INT_OPS);
        let a = self.any(block, Ty::I64);
        let mut b = self.any(block, Ty::I64);
        match op {
            BinaryOp::IntDiv | BinaryOp::IntRem | BinaryOp::UintDiv | BinaryOp::UintRem => {
                let one = self.value(block, InstKind::Const(Const::Int(1)), Ty::I64);
                b = self.value(block, InstKind::Binary(BinaryOp::IntOr, b, one), Ty::I64);
            }
            BinaryOp::IntShl | BinaryOp::IntShr | BinaryOp::UintShr => {
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
        if self.random.one_in(4) {
            let op = self.random.pick(&OVERFLOW_OPS);
            return self.value(block, InstKind::Binary(op, a, b), Ty::Bool);
        }
        let signed = self.random.one_in(2);
        let kind = if signed { InstKind::IntCmp(op, a, b) } else { InstKind::UintCmp(op, a, b) };
        self.value(block, kind, Ty::Bool)
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
            [ref cases @ .., last] => {
                let subject = self.any(block, Ty::I64);
                let dense = self.random.one_in(2);
                let mut value = self.random.pick(&[0, 0, 1, -3, 1 << 40, -200]);
                let cases = (cases.iter())
                    .map(|&case| {
                        value += if dense { 1 } else { 1 + self.random.pick(&[0, 3, 100, 1 << 33]) };
                        (value, self.target(block, case))
                    })
                    .collect();
                Terminator::Switch(subject, cases, self.target(block, last))
            }
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
                ty @ (Ty::Bool | Ty::F64 | Ty::F32) => {
                    let cond = match ty {
                        Ty::Bool => value,
                        _ => {
                            let zero = self.constant(block, ty);
                            self.value(block, InstKind::FloatCmp(CmpOp::Lt, value, zero), Ty::Bool)
                        }
                    };
                    let (a, b) = (self.constant(block, Ty::I64), self.constant(block, Ty::I64));
                    self.value(block, InstKind::Select(cond, a, b), Ty::I64)
                }
                Ty::Str | Ty::Ref | Ty::Code | Ty::Agg(_) => unreachable!("not in scope"),
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

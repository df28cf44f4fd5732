//! Random modules of scalar functions, in SSA form from the start: variables are passed to every block.

use resilient_abi::RtFn;
use resilient_mir::ir::*;

#[path = "relations.rs"]
mod relations;

/// Number of the function to run: two ints in, one out.
pub const SUBJECT: u32 = 1;

const N_VARS: usize = 4;

/// A module of an entry, the subject, and functions that it may call. The same for the same seed.
pub fn module(seed: u64) -> Module {
    let mut module = Module {
        funcs: Default::default(),
        globals: Default::default(),
        strings: Default::default(),
        files: Default::default(),
        aggs: Default::default(),
        layouts: Default::default(),
        sigs: Default::default(),
        entry: FuncId::from_u32(0),
    };
    module.files.push("r.rz".into());
    module.globals.push(Global { name: "flag".into(), ty: Ty::Bool, init: Const::Bool(false) });
    module.globals.push(Global { name: "input".into(), ty: Ty::I64, init: Const::Int(3) });
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    module.funcs.push(entry());
    let int = Param { ty: Ty::I64, borrowed: false };
    for n in 0..3 {
        let func = Function::new(format!("f{n}"), vec![int; 2], vec![Ty::I64]);
        let recurses = n > 0 || random.below(2) == 0;
        let generator =
            Generator { random: &mut random, func, id: SUBJECT + n, block: Block::from_u32(0), vars: vec![], recurses };
        module.funcs.push(generator.function());
    }
    module
}

/// Calls the subject with what nothing is known of, so that it is not out of use, in a place where it is not inlined.
fn entry() -> Function {
    let mut func = Function::new("<top>", vec![], vec![Ty::I64]);
    let first = func.add_block();
    let cold = func.add_block();
    let last = func.add_block();
    let inst = func.append_inst(first, InstKind::GlobalGet(GlobalId::from_u32(0)), &[Ty::Bool], None);
    let cond = func.insts[inst].results[0];
    let call = |block| BlockCall { block, args: vec![] };
    func.blocks[first].terminator = Terminator::Branch(cond, call(cold), call(last));
    let inst = func.append_inst(cold, InstKind::GlobalGet(GlobalId::from_u32(1)), &[Ty::I64], None);
    let arg = func.insts[inst].results[0];
    func.append_inst(cold, InstKind::Call(FuncId::from_u32(SUBJECT), vec![arg, arg]), &[Ty::I64], None);
    func.blocks[cold].terminator = Terminator::NoReturn(RtFn::Exit, vec![arg], None);
    let inst = func.append_inst(last, InstKind::Const(Const::Int(0)), &[Ty::I64], None);
    func.blocks[last].terminator = Terminator::Return(func.insts[inst].results.clone());
    func
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        // Xorshift64*.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
}

struct Generator<'r> {
    random: &'r mut Random,
    func: Function,
    id: u32,
    /// Where instructions go.
    block: Block,
    /// Values of the variables there.
    vars: Vec<Value>,
    recurses: bool,
}

impl Generator<'_> {
    fn function(mut self) -> Function {
        self.block = self.func.add_block();
        let a = self.func.add_param(self.block, Ty::I64);
        let b = self.func.add_param(self.block, Ty::I64);
        self.vars = vec![a, b];
        while self.vars.len() < N_VARS {
            let value = self.constant();
            self.vars.push(value);
        }
        if self.random.below(2) == 0 {
            self.guard();
        }
        if self.recurses {
            self.recursion(a, b);
        }
        self.statements(3);
        let result = self.expression(2);
        self.func.blocks[self.block].terminator = Terminator::Return(vec![result]);
        self.func
    }

    fn emit(&mut self, kind: InstKind, ty: Ty) -> Value {
        let inst = self.func.append_inst(self.block, kind, &[ty], None);
        self.func.insts[inst].results[0]
    }

    fn int(&mut self, value: i64) -> Value {
        self.emit(InstKind::Const(Const::Int(value)), Ty::I64)
    }

    fn constant(&mut self) -> Value {
        let value = self.random.pick(&[0, 1, 2, 3, 7, 63, 64, -1, -2, i64::MAX, i64::MIN]);
        self.int(value)
    }

    fn compare(&mut self) -> Value {
        let op = self.random.pick(&[CmpOp::Eq, CmpOp::Ne, CmpOp::Lt, CmpOp::Le, CmpOp::Gt, CmpOp::Ge]);
        let a = self.expression(1);
        let b = self.expression(1);
        if self.random.below(5) == 0 {
            use BinaryOp::*;
            let op = self.random.pick(&[IntAddOverflows, IntSubOverflows, IntMulOverflows, UintMulOverflows]);
            return self.emit(InstKind::Binary(op, a, b), Ty::Bool);
        }
        let is_unsigned = self.random.below(4) == 0;
        self.emit(if is_unsigned { InstKind::UintCmp(op, a, b) } else { InstKind::IntCmp(op, a, b) }, Ty::Bool)
    }

    fn condition(&mut self) -> Value {
        let first = self.compare();
        match self.random.below(4) {
            0 => {
                let op = self.random.pick(&[BinaryOp::BoolAnd, BinaryOp::BoolOr, BinaryOp::BoolXor]);
                let second = self.compare();
                self.emit(InstKind::Binary(op, first, second), Ty::Bool)
            }
            1 => self.emit(InstKind::Unary(UnaryOp::Not, first), Ty::Bool),
            _ => first,
        }
    }

    fn expression(&mut self, depth: u32) -> Value {
        let choice = if depth == 0 { self.random.below(4) } else { self.random.below(12) };
        match choice {
            0..=2 => self.random.pick(&self.vars.clone()),
            3 => self.constant(),
            4 => {
                let a = self.expression(depth - 1);
                let wrap = UnaryOp::Wrap(self.random.pick(&NarrowInt::ALL));
                let op = self.random.pick(&[UnaryOp::IntNeg, wrap, wrap]);
                self.emit(InstKind::Unary(op, a), Ty::I64)
            }
            5 => {
                let cond = self.condition();
                let a = self.expression(depth - 1);
                let b = self.expression(depth - 1);
                self.emit(InstKind::Select(cond, a, b), Ty::I64)
            }
            6 => self.division(depth),
            7 => self.shift(depth),
            _ => {
                use BinaryOp::*;
                let op = self.random.pick(&[IntAdd, IntSub, IntMul, IntAnd, IntOr, IntXor, IntAdd, IntSub]);
                let a = self.expression(depth - 1);
                let b = self.expression(depth - 1);
                self.emit(InstKind::Binary(op, a, b), Ty::I64)
            }
        }
    }

    fn division(&mut self, depth: u32) -> Value {
        let a = self.expression(depth - 1);
        let mut b = self.expression(depth - 1);
        if self.random.below(4) != 0 {
            let one = self.int(1);
            b = self.emit(InstKind::Binary(BinaryOp::IntOr, b, one), Ty::I64);
        }
        let zero = self.int(0);
        let bad = self.emit(InstKind::IntCmp(CmpOp::Eq, b, zero), Ty::Bool);
        self.fault_if(bad);
        let op = self.random.pick(&[BinaryOp::IntDiv, BinaryOp::IntRem, BinaryOp::UintDiv, BinaryOp::UintRem]);
        self.emit(InstKind::Binary(op, a, b), Ty::I64)
    }

    fn shift(&mut self, depth: u32) -> Value {
        let a = self.expression(depth - 1);
        let mut amount = self.expression(depth - 1);
        if self.random.below(4) != 0 {
            let mask = self.int(63);
            amount = self.emit(InstKind::Binary(BinaryOp::IntAnd, amount, mask), Ty::I64);
        }
        let zero = self.int(0);
        let below = self.emit(InstKind::IntCmp(CmpOp::Lt, amount, zero), Ty::Bool);
        let most = self.int(63);
        let above = self.emit(InstKind::IntCmp(CmpOp::Gt, amount, most), Ty::Bool);
        let bad = self.emit(InstKind::Binary(BinaryOp::BoolOr, below, above), Ty::Bool);
        self.fault_if(bad);
        let op = self.random.pick(&[BinaryOp::IntShl, BinaryOp::IntShr, BinaryOp::UintShr]);
        self.emit(InstKind::Binary(op, a, amount), Ty::I64)
    }

    /// Faults, at a line of its own.
    fn fault_if(&mut self, cond: Value) {
        let fault = self.func.add_block();
        let rest = self.func.add_block();
        self.fault_in(fault);
        self.branch(cond, fault, rest);
        self.block = rest;
    }

    fn fault_in(&mut self, block: Block) {
        let line = block.as_u32() + 1000 * self.id;
        let loc = Loc::At { file: FileNameId::from_u32(0), line, col: 1 };
        self.func.blocks[block].terminator = Terminator::NoReturn(RtFn::FaultDivisionByZero, vec![], Some(loc));
    }

    /// A contract: the first parameter has a bound.
    fn guard(&mut self) {
        let bound = self.random.pick(&[-10, 0, 1]);
        let bound = self.int(bound);
        let bad = self.emit(InstKind::IntCmp(CmpOp::Lt, self.vars[0], bound), Ty::Bool);
        self.fault_if(bad);
    }

    fn branch(&mut self, cond: Value, then: Block, otherwise: Block) {
        let call = |block| BlockCall { block, args: vec![] };
        self.func.blocks[self.block].terminator = Terminator::Branch(cond, call(then), call(otherwise));
    }

    fn jump(&mut self, block: Block) {
        let args = self.vars.clone();
        self.func.blocks[self.block].terminator = Terminator::Jump(BlockCall { block, args });
    }

    /// A new block with the variables as parameters.
    fn join(&mut self) -> Block {
        let block = self.func.add_block();
        for _ in 0..N_VARS {
            self.func.add_param(block, Ty::I64);
        }
        block
    }

    fn go_on_in(&mut self, block: Block) {
        self.block = block;
        self.vars = self.func.blocks[block].params.clone();
    }

    /// `if a > 1 { return g op f(a - 1, ..) }` and the like.
    fn recursion(&mut self, a: Value, b: Value) {
        let least = self.random.pick(&[0, 1, 2]);
        let bound = self.int(least);
        let cond = self.emit(InstKind::IntCmp(CmpOp::Gt, a, bound), Ty::Bool);
        let then = self.func.add_block();
        let rest = self.func.add_block();
        self.branch(cond, then, rest);
        self.block = then;
        self.print();
        let mut total = self.recursive_call(a, b, 1);
        if self.random.below(2) == 0 {
            let second = self.recursive_call(a, b, 2);
            total = self.combine(total, second);
        }
        if self.random.below(3) != 0 {
            let other = self.random.pick(&self.vars.clone());
            total = self.combine(total, other);
        }
        self.func.blocks[self.block].terminator = Terminator::Return(vec![total]);
        self.block = rest;
    }

    fn combine(&mut self, a: Value, b: Value) -> Value {
        use BinaryOp::*;
        let op = self.random.pick(&[IntAdd, IntAdd, IntSub, IntMul, IntXor]);
        let (a, b) = if self.random.below(2) == 0 { (a, b) } else { (b, a) };
        self.emit(InstKind::Binary(op, a, b), Ty::I64)
    }

    fn recursive_call(&mut self, a: Value, b: Value, step: i64) -> Value {
        let step = self.int(step);
        let next = self.emit(InstKind::Binary(BinaryOp::IntSub, a, step), Ty::I64);
        let other = if self.random.below(2) == 0 { b } else { self.expression(1) };
        self.emit(InstKind::Call(FuncId::from_u32(self.id), vec![next, other]), Ty::I64)
    }

    fn print(&mut self) {
        let value = self.random.pick(&self.vars.clone());
        self.func.append_inst(self.block, InstKind::CallRt(RtFn::PrintInt, vec![value]), &[], None);
    }

    fn statements(&mut self, depth: u32) {
        for _ in 0..=self.random.below(3) {
            self.statement(depth);
        }
    }

    fn statement(&mut self, depth: u32) {
        let choice = if depth == 0 { self.random.below(5) } else { self.random.below(12) };
        match choice {
            0 | 1 => {
                let index = self.random.below(N_VARS);
                self.vars[index] = self.expression(2);
            }
            2 => {
                let (a, b) = (self.random.pick(&self.vars.clone()), self.random.pick(&self.vars.clone()));
                self.probe(a, b);
            }
            3 => self.print(),
            4 => self.index_check(),
            5 | 6 => self.conditional(depth - 1),
            7 => self.counted_loop(depth - 1),
            8 => self.switch(depth - 1),
            9 | 10 => self.closing_loop(depth - 1),
            // Only functions further down, so that all but self-calls end.
            _ if self.id < SUBJECT + 2 => {
                let a = self.random.pick(&self.vars.clone());
                let six = self.int(7);
                let a = self.emit(InstKind::Binary(BinaryOp::IntAnd, a, six), Ty::I64);
                let b = self.expression(1);
                let index = self.random.below(N_VARS);
                self.vars[index] = self.emit(InstKind::Call(FuncId::from_u32(self.id + 1), vec![a, b]), Ty::I64);
            }
            _ => self.print(),
        }
    }

    fn conditional(&mut self, depth: u32) {
        let cond = self.condition();
        let before = self.vars.clone();
        let (then, otherwise) = (self.func.add_block(), self.func.add_block());
        let join = self.join();
        self.branch(cond, then, otherwise);
        self.block = then;
        self.statements(depth);
        self.jump(join);
        self.vars = before;
        self.block = otherwise;
        if self.random.below(2) == 0 {
            self.statements(depth);
        }
        self.jump(join);
        self.go_on_in(join);
    }

    fn switch(&mut self, depth: u32) {
        let subject = self.expression(1);
        let before = self.vars.clone();
        let join = self.join();
        let values = self.random.pick(&[[0, 1, 2], [-1, 3, i64::MAX], [i64::MIN, 0, 7]]);
        let n_cases = self.random.below(values.len() + 1);
        let blocks: Vec<Block> = (0..=n_cases).map(|_| self.func.add_block()).collect();
        let call = |block| BlockCall { block, args: vec![] };
        let cases = values.into_iter().zip(&blocks[1..]).map(|(value, &block)| (value, call(block))).collect();
        self.func.blocks[self.block].terminator = Terminator::Switch(subject, cases, call(blocks[0]));
        for block in blocks {
            self.vars.clone_from(&before);
            self.block = block;
            if self.random.below(3) != 0 {
                self.statements(depth);
            }
            self.jump(join);
        }
        self.go_on_in(join);
    }

    /// A loop that ends, counting the last variable up or down; the body may assign to the others.
    fn counted_loop(&mut self, depth: u32) {
        let up = self.random.below(2) == 0;
        let (start, step, end) = if up { (0, 1, 5) } else { (6, -1, 0) };
        let counter = N_VARS - 1;
        self.vars[counter] = self.int(start);
        let header = self.join();
        let body = self.func.add_block();
        let exit = self.join();
        self.jump(header);
        self.go_on_in(header);
        let end = self.int(end);
        let op = if up { CmpOp::Lt } else { CmpOp::Gt };
        let cond = self.emit(InstKind::IntCmp(op, self.vars[counter], end), Ty::Bool);
        let args = self.vars.clone();
        self.func.blocks[self.block].terminator =
            Terminator::Branch(cond, BlockCall { block: body, args: vec![] }, BlockCall { block: exit, args });
        self.block = body;
        let count = self.vars[counter];
        self.statements(depth);
        let step = self.int(step);
        self.vars[counter] = self.emit(InstKind::Binary(BinaryOp::IntAdd, count, step), Ty::I64);
        self.jump(header);
        self.go_on_in(exit);
    }
}

//! Random code in which how ints compare matters: loops between two variables, halving, indices, and checks about all of them.

use resilient_abi::RtFn;
use resilient_mir::ir::*;

use super::{Generator, N_VARS};

impl Generator<'_> {
    fn compare_values(&mut self, op: CmpOp, a: Value, b: Value) -> Value {
        self.emit(InstKind::IntCmp(op, a, b), Ty::Bool)
    }

    fn add(&mut self, a: Value, step: i64) -> Value {
        let step = self.int(step);
        self.emit(InstKind::Binary(BinaryOp::IntAdd, a, step), Ty::I64)
    }

    /// A small number that is not negative, which nothing knows but by its range.
    fn length(&mut self) -> Value {
        let value = self.random.pick(&self.vars.clone());
        let mask = self.random.pick(&[3, 7, 15, i64::MAX >> 1, i64::MAX]);
        let mask = self.int(mask);
        self.emit(InstKind::Binary(BinaryOp::IntAnd, value, mask), Ty::I64)
    }

    /// A check about two values that often holds, or that the code before has decided.
    pub(super) fn probe(&mut self, a: Value, b: Value) {
        let (from, by) = (self.random.pick(&[0, 0, 0, 1, -1]), self.random.pick(&[0, 0, 1, -1, 2]));
        let a = if from == 0 { a } else { self.add(a, from) };
        let b = if by == 0 { b } else { self.add(b, by) };
        let op = self.random.pick(&[CmpOp::Lt, CmpOp::Le, CmpOp::Gt, CmpOp::Ge, CmpOp::Eq, CmpOp::Ne]);
        let cond = self.compare_values(op, a, b);
        if self.random.below(4) == 0 {
            return self.fault_if(cond);
        }
        // What the outcome is can be seen, so deciding it wrongly is noticed even where it would not fault.
        let one = self.int(1);
        let zero = self.int(0);
        let shown = self.emit(InstKind::Select(cond, one, zero), Ty::I64);
        self.func.append_inst(self.block, InstKind::CallRt(RtFn::PrintInt, vec![shown]), &[], None);
    }

    fn probe_any(&mut self, a: Value) {
        let mut others = self.vars.clone();
        others.push(self.int(0));
        let other = self.random.pick(&others);
        if self.random.below(2) == 0 { self.probe(a, other) } else { self.probe(other, a) }
    }

    /// The check of an index, which may count from the end, as array accesses have it. Twice, often.
    pub(super) fn index_check(&mut self) {
        let length = self.length();
        if self.random.below(3) == 0 {
            return self.remainder(length);
        }
        let index = self.random.pick(&self.vars.clone());
        for _ in 0..1 + self.random.below(2) {
            let good = self.func.add_block();
            let place = self.func.add_param(good, Ty::I64);
            let from_end = self.func.add_block();
            let bad = self.func.add_block();
            let call = |block, args| BlockCall { block, args };
            let cond = self.emit(InstKind::UintCmp(CmpOp::Lt, index, length), Ty::Bool);
            self.func.blocks[self.block].terminator =
                Terminator::Branch(cond, call(good, vec![index]), call(from_end, vec![]));
            self.block = from_end;
            let sum = self.emit(InstKind::Binary(BinaryOp::IntAdd, index, length), Ty::I64);
            let cond = self.emit(InstKind::UintCmp(CmpOp::Lt, sum, length), Ty::Bool);
            self.func.blocks[from_end].terminator = Terminator::Branch(cond, call(good, vec![sum]), call(bad, vec![]));
            self.fault_in(bad);
            self.block = good;
            self.probe(place, length);
            self.probe_any(place);
        }
        self.probe(index, length);
        let index_of = self.random.below(N_VARS);
        self.vars[index_of] = length;
    }

    /// The remainder by one more than a length, which is not zero.
    fn remainder(&mut self, length: Value) {
        let dividend = self.random.pick(&self.vars.clone());
        let divisor = self.add(length, 1);
        let op = self.random.pick(&[BinaryOp::IntRem, BinaryOp::UintRem]);
        let rest = self.emit(InstKind::Binary(op, dividend, divisor), Ty::I64);
        self.probe(rest, divisor);
        self.probe(rest, length);
        self.probe(rest, dividend);
    }

    /// `while lo < hi` between two variables, which come closer to each other; a fourth counts so that it ends.
    pub(super) fn closing_loop(&mut self, depth: u32) {
        let counter = N_VARS - 1;
        let (lo, hi) = (0, 1);
        if self.random.below(3) != 0 {
            self.vars[hi] = self.length();
        }
        if self.random.below(3) != 0 {
            let first = self.random.pick(&[0, 1, -1]);
            self.vars[lo] = self.int(first);
        }
        self.vars[counter] = self.int(0);
        let bound = self.vars[hi];
        let start = self.vars[lo];
        let header = self.join();
        let exit = self.join();
        let (body, go_on) = (self.func.add_block(), self.func.add_block());
        self.jump(header);
        self.go_on_in(header);
        let op = self.random.pick(&[CmpOp::Lt, CmpOp::Lt, CmpOp::Le, CmpOp::Ne]);
        let cond = self.compare_values(op, self.vars[lo], self.vars[hi]);
        let args = self.vars.clone();
        let call = |block, args| BlockCall { block, args };
        self.func.blocks[self.block].terminator =
            Terminator::Branch(cond, call(body, vec![]), call(exit, args.clone()));
        self.block = body;
        let six = self.int(6);
        let cond = self.compare_values(CmpOp::Lt, self.vars[counter], six);
        self.func.blocks[body].terminator = Terminator::Branch(cond, call(go_on, vec![]), call(exit, args));
        self.block = go_on;
        let (first, last, count) = (self.vars[lo], self.vars[hi], self.vars[counter]);
        self.probe(first, bound);
        self.probe(start, first);
        self.probe(first, last);
        let middle = self.middle(first, last);
        self.probe(middle, last);
        self.probe(first, middle);
        self.probe(middle, bound);
        if depth > 0 {
            self.statements(depth - 1);
        }
        match self.random.below(5) {
            0 => {
                self.vars[lo] = self.add(first, 1);
                self.vars[hi] = last;
            }
            1 => {
                self.vars[lo] = first;
                self.vars[hi] = self.add(last, -1);
            }
            2 => {
                self.vars[lo] = self.add(middle, 1);
                self.vars[hi] = last;
            }
            3 => {
                self.vars[lo] = first;
                self.vars[hi] = middle;
            }
            _ => {
                let step = self.length();
                self.vars[lo] = self.emit(InstKind::Binary(BinaryOp::IntAdd, first, step), Ty::I64);
                self.vars[hi] = self.add(last, -1);
            }
        }
        self.vars[counter] = self.add(count, 1);
        self.jump(header);
        self.go_on_in(exit);
        self.probe(self.vars[lo], bound);
        self.probe(self.vars[lo], self.vars[hi]);
    }

    fn middle(&mut self, a: Value, b: Value) -> Value {
        let two = self.int(2);
        match self.random.below(4) {
            0 => {
                let distance = self.emit(InstKind::Binary(BinaryOp::IntSub, b, a), Ty::I64);
                let half = self.emit(InstKind::Binary(BinaryOp::IntDiv, distance, two), Ty::I64);
                self.emit(InstKind::Binary(BinaryOp::IntAdd, a, half), Ty::I64)
            }
            1 => {
                let sum = self.emit(InstKind::Binary(BinaryOp::IntAdd, a, b), Ty::I64);
                self.emit(InstKind::Binary(BinaryOp::IntDiv, sum, two), Ty::I64)
            }
            2 => {
                let one = self.int(1);
                let sum = self.emit(InstKind::Binary(BinaryOp::IntAdd, a, b), Ty::I64);
                self.emit(InstKind::Binary(BinaryOp::IntShr, sum, one), Ty::I64)
            }
            _ => {
                let op = self.random.pick(&[CmpOp::Lt, CmpOp::Gt, CmpOp::Le]);
                let cond = self.compare_values(op, a, b);
                self.emit(InstKind::Select(cond, a, b), Ty::I64)
            }
        }
    }
}

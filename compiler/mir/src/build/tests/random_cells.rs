//! Random programs of cells and function values, compared at all levels with a model of them.

use bumpalo::Bump;
use resilient_sema::types::*;

use super::compound::Compound;
use super::*;

const INT: Type = Types::INT;
const STR: Type = Types::STR;

/// Locals: cells of strings, cells of lists, function values that captured one of each, loop variables.
const TEXTS: usize = 0;
const LISTS: usize = 2;
const FUNS: usize = 4;
const LOOPS: usize = 6;
const N_LOOPS: usize = 3;

#[derive(Debug)]
enum Op {
    /// Appends a string to that in a cell.
    Append(usize, i64),
    /// Stores what is in both cells to the first.
    Join(usize, usize),
    Push(usize, i64),
    /// Adds to the last element.
    AddToLast(usize, i64),
    /// A function value that captures these.
    Bind(usize, usize, usize),
    /// Calls it and appends what it gives to a list.
    Call(usize, i64, usize),
    Print(usize, usize),
    /// With a loop variable.
    Repeat(usize, i64, Vec<Op>),
    /// If the list has fewer elements.
    IfShorter(usize, i64, Vec<Op>, Vec<Op>),
}

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        // Xorshift64.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % n
    }

    fn ops(&mut self, depth: usize) -> Vec<Op> {
        let n = 2 + self.below(5);
        (0..n).map(|_| self.op(depth)).collect()
    }

    fn op(&mut self, depth: usize) -> Op {
        let (a, b, f) = (self.below(2), self.below(2), self.below(2));
        let n = self.below(7) as i64;
        match self.below(10) {
            0 => Op::Append(a, n),
            1 => Op::Join(a, b),
            2 => Op::Push(a, n),
            3 => Op::AddToLast(a, n),
            4 => Op::Bind(f, a, b),
            5 | 6 => Op::Call(f, n, a),
            7 if depth < N_LOOPS => Op::Repeat(depth, n % 3, self.ops(depth + 1)),
            8 if depth < N_LOOPS => Op::IfShorter(a, n, self.ops(depth + 1), self.ops(depth + 1)),
            _ => Op::Print(a, b),
        }
    }
}

/// What a program does.
struct Model {
    texts: [String; 2],
    lists: [Vec<i64>; 2],
    funs: [(usize, usize); 2],
    log: String,
    /// So that texts do not grow without end.
    is_long: bool,
}

impl Model {
    fn run(&mut self, ops: &[Op]) {
        for op in ops {
            match *op {
                Op::Append(text, n) => self.texts[text] += &n.to_string(),
                Op::Join(a, b) => self.texts[a] = self.texts[a].clone() + &self.texts[b],
                Op::Push(list, n) => self.lists[list].push(n),
                Op::AddToLast(list, n) => *self.lists[list].last_mut().expect("lists are never empty") += n,
                Op::Bind(fun, text, list) => self.funs[fun] = (text, list),
                Op::Call(fun, n, to) => {
                    let (text, list) = self.funs[fun];
                    self.texts[text] += &n.to_string();
                    self.lists[list].push(n);
                    let len = self.lists[list].len() as i64;
                    self.lists[to].push(len);
                }
                Op::Print(text, list) => {
                    let last = self.lists[list].last().expect("lists are never empty");
                    self.log += &format!("{} {last} {} ", self.texts[text], self.lists[list].len());
                }
                Op::Repeat(_, n, ref ops) => (0..n).for_each(|_| self.run(ops)),
                Op::IfShorter(list, n, ref then, ref otherwise) => {
                    self.run(if (self.lists[list].len() as i64) < n { then } else { otherwise });
                }
            }
            self.is_long |= self.texts.iter().any(|text| text.len() > 1000);
            if self.is_long {
                return;
            }
        }
    }
}

struct Tys {
    text: Type,
    ints: Type,
    list: Type,
    fun: Type,
}

/// The program of the operations.
struct Writer<'t> {
    make: Maker<'t>,
    tys: Tys,
}

impl<'t> Writer<'t> {
    fn text(&self, n: usize) -> Expr<'t> {
        self.make.cell_get(self.make.local(TEXTS + n, self.tys.text), STR)
    }

    fn list(&self, n: usize) -> Expr<'t> {
        self.make.cell_get(self.make.local(LISTS + n, self.tys.list), self.tys.ints)
    }

    fn assign(&self, cell: usize, value: Expr<'t>) -> Stmt<'t> {
        let make = self.make;
        make.stmt(make.expr(ExprKind::Assign(Place::Cell(local(cell)), make.alloc(value)), Types::VOID))
    }

    fn push(&self, list: usize, value: Expr<'t>) -> Stmt<'t> {
        self.assign(LISTS + list, self.make.builtin(Builtin::ArrayPush, vec![self.list(list), value]))
    }

    fn closure(&self, text: usize, list: usize) -> Expr<'t> {
        let make = self.make;
        let captures = vec![make.local(TEXTS + text, self.tys.text), make.local(LISTS + list, self.tys.list)];
        make.closure(self.tys.fun, 1, captures)
    }

    fn ops(&self, ops: &[Op]) -> Vec<Stmt<'t>> {
        ops.iter().map(|op| self.op(op)).collect()
    }

    fn op(&self, op: &Op) -> Stmt<'t> {
        let make = self.make;
        let shown = |n| make.display(make.int(n));
        match *op {
            Op::Append(text, n) => {
                make.stmt(make.assign_op(Place::Cell(local(TEXTS + text)), BinaryOp::StrConcat, shown(n)))
            }
            Op::Join(a, b) => {
                let cell = make.local(TEXTS + a, self.tys.text);
                make.stmt(make.builtin(Builtin::CellSet, vec![cell, make.concat(self.text(a), self.text(b))]))
            }
            Op::Push(list, n) => self.push(list, make.int(n)),
            Op::AddToLast(list, n) => {
                let last = make.at_index(make.int(-1));
                make.assign_part(Place::Cell(local(LISTS + list)), vec![last], Some(BinaryOp::IntAdd), make.int(n))
            }
            Op::Bind(fun, text, list) => make.assign_to(FUNS + fun, self.closure(text, list)),
            Op::Call(fun, n, to) => {
                let fun = make.local(FUNS + fun, self.tys.fun);
                // In a variable of its own: an operand of the push would be evaluated behind the read of the list.
                let result = make.let_(LOOPS + N_LOOPS, make.call_value(fun, vec![make.int(n)], INT));
                make.stmt(make.block(vec![result, self.push(to, make.n(LOOPS + N_LOOPS))], None))
            }
            Op::Print(text, list) => {
                let last = make.index(self.list(list), make.int(-1), INT);
                make.print(vec![self.text(text), last, make.builtin(Builtin::ArrayLen, vec![self.list(list)])])
            }
            Op::Repeat(depth, n, ref ops) => make.for_(depth, LOOPS + depth, make.int(n), self.ops(ops)),
            Op::IfShorter(list, n, ref then, ref otherwise) => {
                let len = make.builtin(Builtin::ArrayLen, vec![self.list(list)]);
                let is_shorter = make.binary(BinaryOp::IntCmp(CmpOp::Lt), len, make.int(n));
                let [then, otherwise] = [then, otherwise].map(|ops| make.block(self.ops(ops), None));
                make.stmt(make.if_(is_shorter, then, Some(otherwise)))
            }
        }
    }
}

fn check(seed: u64) -> bool {
    let ops = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1).ops(0);
    let mut model = Model {
        texts: ["a".to_string(), "b".to_string()],
        lists: [vec![0], vec![1]],
        funs: [(0, 0), (1, 1)],
        log: String::new(),
        is_long: false,
    };
    model.run(&ops);
    if model.is_long {
        return false;
    }
    let bump = Bump::new();
    let mut program = Compound::new(&bump);
    let make = program.make;
    let ints = program.array(INT);
    let tys = Tys { text: program.cell_ty(STR), ints, list: program.cell_ty(ints), fun: program.fn_ty(&[INT], INT) };
    let (text, list, fun) = (tys.text, tys.list, tys.fun);
    // func 1: appends to the captured text and list, and gives the length of the list.
    let content = make.cell_get(make.local(2, list), ints);
    let pushed = make.builtin(Builtin::ArrayPush, vec![content, make.n(0)]);
    let body = make.block(
        vec![
            make.stmt(make.assign_op(Place::Cell(local(1)), BinaryOp::StrConcat, make.display(make.n(0)))),
            make.stmt(make.expr(ExprKind::Assign(Place::Cell(local(2)), make.alloc(pushed)), Types::VOID)),
        ],
        Some(make.builtin(Builtin::ArrayLen, vec![content])),
    );
    program.funcs.push(make.func(&[("n", INT), ("text", text), ("list", list)], 3, INT, body));
    let writer = Writer { make, tys };
    let new_list = |n| make.cell_new(list, make.array(ints, vec![make.int(n)]));
    let mut stmts = vec![
        make.let_(TEXTS, make.cell_new(text, make.str("a"))),
        make.let_(TEXTS + 1, make.cell_new(text, make.str("b"))),
        make.let_(LISTS, new_list(0)),
        make.let_(LISTS + 1, new_list(1)),
        make.let_(FUNS, writer.closure(0, 0)),
        make.let_(FUNS + 1, writer.closure(1, 1)),
    ];
    stmts.extend(writer.ops(&ops));
    let locals = [
        ("a", text),
        ("b", text),
        ("l", list),
        ("m", list),
        ("f*", fun),
        ("g*", fun),
        ("i", INT),
        ("j", INT),
        ("k", INT),
        ("len", INT),
    ];
    program.main(&locals, stmts);
    let (shown, n_copies) = program.run();
    assert_eq!(shown, model.log, "seed {seed}: {ops:?}");
    assert_eq!(n_copies, 0, "seed {seed}: {ops:?}");
    true
}

#[test]
fn random_programs_of_cells_mean_what_the_model_does() {
    const N_SEEDS: u64 = 100;
    let n_checked = (1..=N_SEEDS).filter(|&seed| check(seed)).count() as u64;
    assert!(n_checked > N_SEEDS / 2, "most programs are of use, {n_checked} were");
}

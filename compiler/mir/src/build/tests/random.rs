//! Random functions: what the builder makes of them must verify and mean the same.

use bumpalo::Bump;
use resilient_sema::typed::{BinaryOp, Builtin, CmpOp, Expr, ExprKind, Place, Stmt};
use resilient_sema::types::{Type, Types};

use super::meaning::{run_mir, run_tree};
use super::{Maker, global, local, module, program};
use crate::ir::FuncId;
use crate::print::print_module;

/// Locals 0..4 are strings and 4..8 ints; odd ones are assigned. Parameters come first. The last two are for contracts.
const LOCALS: [(&str, Type); 10] = [
    ("p", Types::STR),
    ("q*", Types::STR),
    ("s", Types::STR),
    ("t*", Types::STR),
    ("a", Types::INT),
    ("b*", Types::INT),
    ("c", Types::INT),
    ("d*", Types::INT),
    ("$q", Types::STR),
    ("result", Types::STR),
];
const N_USABLE: usize = 8;

struct Generator<'t> {
    make: Maker<'t>,
    state: u64,
    /// Locals in scope.
    scope: Vec<usize>,
    /// Loops around, with the type of their value.
    loops: Vec<(usize, Type)>,
    n_loops: usize,
    /// A clause of a contract cannot leave the function.
    in_clause: bool,
    fuel: u32,
}

impl<'t> Generator<'t> {
    fn pick(&mut self, n: usize) -> usize {
        // Xorshift64.
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as usize % n
    }

    fn spend(&mut self) -> bool {
        self.fuel = self.fuel.saturating_sub(1);
        self.fuel > 0
    }

    fn local_of(&mut self, ty: Type, assigned: bool) -> Option<usize> {
        let fits = |index: &usize| LOCALS[*index].1 == ty && (!assigned || LOCALS[*index].0.ends_with('*'));
        let candidates: Vec<usize> = self.scope.iter().copied().filter(fits).collect();
        if candidates.is_empty() { None } else { Some(candidates[self.pick(candidates.len())]) }
    }

    fn leaf(&mut self, ty: Type) -> Expr<'t> {
        let make = self.make;
        match self.local_of(ty, false) {
            Some(index) if self.pick(4) > 0 => make.local(index, ty),
            _ if ty == Types::INT => make.int(7),
            _ if ty == Types::BOOL => make.bool(self.pick(2) == 0),
            _ if self.pick(3) == 0 => make.expr(ExprKind::Global(global(0)), Types::STR),
            _ => make.str("x"),
        }
    }

    fn value(&mut self, ty: Type) -> Expr<'t> {
        if !self.spend() {
            return self.leaf(ty);
        }
        match self.pick(6) {
            0 => self.leaf(ty),
            1 => {
                let depth = self.scope.len();
                let stmts = self.stmts();
                let value = self.value(ty);
                self.scope.truncate(depth);
                self.make.block_of(stmts, Some(value), ty)
            }
            2 => {
                let cond = self.value(Types::BOOL);
                let then = if self.pick(4) == 0 { self.jump() } else { self.value(ty) };
                let otherwise = self.value(ty);
                Expr { ty, ..self.make.if_(cond, then, Some(otherwise)) }
            }
            3 => {
                let id = self.new_loop(ty);
                let body = self.body();
                let last = self.jump();
                let value = self.value(ty);
                self.loops.pop();
                let cond = self.value(Types::BOOL);
                let leave = self.make.if_(cond, self.make.break_(id, Some(value)), Some(last));
                let body = self.make.block(vec![self.make.stmt(body), self.make.stmt(leave)], None);
                self.make.loop_(id, None, body, ty)
            }
            _ if ty == Types::BOOL => self.bool_value(),
            _ if ty == Types::INT => self.int_value(),
            _ => self.str_value(),
        }
    }

    fn bool_value(&mut self) -> Expr<'t> {
        let (ty, op) = match self.pick(4) {
            0 => (Types::STR, BinaryOp::StrCmp(CmpOp::Eq)),
            1 => (Types::STR, BinaryOp::StrCmp(CmpOp::Lt)),
            2 => (Types::INT, BinaryOp::IntCmp(CmpOp::Lt)),
            _ => {
                let (left, right) = (self.value(Types::BOOL), self.value(Types::BOOL));
                return self.make.and(left, right);
            }
        };
        let (left, right) = (self.value(ty), self.value(ty));
        self.make.binary(op, left, right)
    }

    fn int_value(&mut self) -> Expr<'t> {
        match self.pick(3) {
            0 => {
                let text = self.value(Types::STR);
                self.make.builtin(Builtin::StrLen, vec![text])
            }
            n => {
                let op = [BinaryOp::IntAdd, BinaryOp::IntDiv][n - 1];
                let (left, right) = (self.value(Types::INT), self.value(Types::INT));
                self.make.binary(op, left, right)
            }
        }
    }

    fn str_value(&mut self) -> Expr<'t> {
        let make = self.make;
        match self.pick(4) {
            0 => {
                let (text, count) = (self.value(Types::STR), self.value(Types::INT));
                make.binary(BinaryOp::StrRepeat, text, count)
            }
            1 => {
                let parts = vec![self.value(Types::STR), make.display(self.value(Types::INT)), self.value(Types::STR)];
                make.expr(ExprKind::Concat(make.list(parts)), Types::STR)
            }
            2 => {
                let args = vec![self.value(Types::STR), self.value(Types::STR)];
                make.call(0, args, Types::STR, false)
            }
            _ => {
                let (left, right) = (self.value(Types::STR), self.value(Types::STR));
                make.concat(left, right)
            }
        }
    }

    fn new_loop(&mut self, ty: Type) -> usize {
        self.n_loops += 1;
        self.loops.push((self.n_loops - 1, ty));
        self.n_loops - 1
    }

    fn jump(&mut self) -> Expr<'t> {
        let make = self.make;
        match (self.pick(6), self.loops.last().copied()) {
            (0 | 1, Some((id, ty))) => {
                let value = (ty != Types::VOID).then(|| self.leaf(ty));
                make.break_(id, value)
            }
            (2 | 3, Some((id, _))) => make.continue_(id),
            (4, _) | (_, None) if self.in_clause => make.fault(make.str("x")),
            (_, Some((id, _))) if self.in_clause => make.continue_(id),
            (4, _) => make.fault(self.leaf(Types::STR)),
            (5, _) => {
                let args = vec![self.leaf(Types::STR), self.leaf(Types::STR)];
                make.return_(Some(Expr { ty: Types::STR, ..make.call(0, args, Types::STR, true) }))
            }
            _ => make.return_(Some(self.leaf(Types::STR))),
        }
    }

    /// A block of statements that is void.
    fn body(&mut self) -> Expr<'t> {
        let depth = self.scope.len();
        let stmts = self.stmts();
        self.scope.truncate(depth);
        self.make.block_of(stmts, None, Types::VOID)
    }

    fn stmts(&mut self) -> Vec<Stmt<'t>> {
        (0..self.pick(4)).map(|_| self.stmt()).collect()
    }

    fn stmt(&mut self) -> Stmt<'t> {
        let make = self.make;
        let ty = [Types::STR, Types::INT][self.pick(2)];
        match self.pick(9) {
            0 | 1 => {
                let free = |index: &usize| !self.scope.contains(index) && LOCALS[*index].1 == ty;
                let Some(index) = (0..N_USABLE).find(free) else {
                    return make.stmt(self.value(ty));
                };
                let init = self.value(ty);
                // The initialiser has scopes of its own, which are closed again.
                self.scope.push(index);
                make.let_(index, init)
            }
            2 | 3 => match self.local_of(ty, true) {
                Some(index) => make.stmt(make.assign(index, self.value(ty))),
                None => make.stmt(self.value(ty)),
            },
            4 => {
                let value = self.value(Types::STR);
                let place = match self.local_of(Types::STR, true) {
                    Some(index) if self.pick(2) == 0 => Place::Local(local(index)),
                    _ => Place::Global(global(0)),
                };
                make.stmt(make.assign_op(place, BinaryOp::StrConcat, value))
            }
            5 => {
                let cond = self.value(Types::BOOL);
                let then = if self.pick(2) == 0 { self.jump() } else { self.body() };
                make.stmt(make.if_(cond, then, None))
            }
            6 => {
                let cond = self.value(Types::BOOL);
                let id = self.new_loop(Types::VOID);
                let body = self.body();
                self.loops.pop();
                make.stmt(make.loop_(id, Some(cond), body, Types::VOID))
            }
            7 => make.stmt(make.builtin(Builtin::Println, vec![self.value(Types::STR)])),
            _ => make.stmt(self.value(ty)),
        }
    }
}

#[test]
fn random_functions_verify_and_keep_their_meaning() {
    let thread = std::thread::Builder::new().stack_size(256 << 20).spawn(try_random_functions);
    assert!(thread.expect("a thread can be made").join().is_ok());
}

fn try_random_functions() {
    let (mut longest, mut n_complete) = (0, 0);
    for seed in 1..600_u64 {
        let bump = Bump::new();
        let make = Maker { bump: &bump };
        let state = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed);
        let mut generator = Generator {
            make,
            state,
            scope: vec![0, 1],
            loops: Vec::new(),
            n_loops: 0,
            in_clause: false,
            fuel: 10 + seed as u32 % 200,
        };
        let stmts = generator.stmts();
        let value = generator.value(Types::STR);
        let body = make.block_of(stmts, Some(value), Types::STR);
        let mut func = make.func(&LOCALS, 2, Types::STR, body);
        if seed % 3 == 0 {
            generator.in_clause = true;
            generator.scope = vec![0, 1];
            let at_entry = make.clause(0, generator.value(Types::BOOL), "bad argument");
            generator.scope = vec![0, 1, 8, 9];
            let at_exit = make.clause(0, generator.value(Types::BOOL), "bad result");
            func.requires = bump.alloc_slice_copy(&[at_entry]);
            func.entry_copies = bump.alloc_slice_copy(&[(local(1), local(8))]);
            func.result_local = Some(local(9));
            func.ensures = bump.alloc_slice_copy(&[at_exit]);
        }
        func.n_loops = generator.n_loops as u32;
        let program = program(make, vec![func], &[("g", Types::STR, seed % 2 == 0)]);
        let module = module(&program);
        let (tree, mir) = (run_tree(&program), run_mir(&module));
        assert!(
            tree.agrees_with(&mir),
            "seed {seed}\n{}\nMIR:\n{}\n{}",
            tree.text(),
            mir.text(),
            print_module(&module)
        );
        n_complete += u32::from(tree.is_complete() && mir.is_complete());
        longest = longest.max(module.funcs[FuncId::from_u32(0)].insts.len());
    }
    assert!(longest > 100, "the programs are too small to find anything: {longest} instructions");
    assert!(n_complete > 200, "too few programs end: {n_complete}");
}

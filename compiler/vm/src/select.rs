//! Chooses the instructions: MIR to [LIR](crate::lir).
//!
//! A comparison used only by the branch of its block becomes part of the branch. A constant goes into the instruction
//! that uses it where it fits. Otherwise it is loaded before its first use in a block; in a loop that would be done over
//! and over, so there it is loaded in the entry block, as long as not too many registers are taken by that.

use std::collections::HashMap;

use crate::lir::{Arg, Code, Cond, Edge, Node, Term, VReg};
use crate::operand::{GlobalIdx, StrIdx};
use crate::ops::Inst;
use crate::order::Order;
use crate::program::RtTable;
use resilient_abi::{AbiResult, RtFn};
use resilient_base::{EntityRef, SecondaryMap};
use resilient_mir::ir::*;

/// Most constants kept in registers for the loops of a function: leaves most of 256 registers to other values.
const MAX_LOOP_CONSTS: usize = 64;

/// No entry point of the runtime takes more arguments than `rt2` and `rt_void2` pass.
macro_rules! check_n_args {
    ($($(#[$doc:meta])* [$($flag:ident)*] $variant:ident: $f:ident($($arg:ident: $kind:ident),*) -> $result:ident;)*) => {
        $(const _: () = {
            const ARGS: &[&str] = &[$(stringify!($arg)),*];
            assert!(ARGS.len() <= 2, "there is no instruction for so many arguments");
        };)*
    };
}

resilient_abi::for_each_runtime_fn!(check_n_args);

/// Selects the code of a function that is not removed. New runtime calls are added to `rt`.
pub(crate) fn select(module: &Module, func: &Function, rt: &mut RtTable) -> Code {
    let order = Order::new(func);
    let mut selector = Selector {
        module,
        func,
        order: &order,
        rt,
        n_uses: count_uses(func, &order),
        n_vregs: func.values.len(),
        in_loop: false,
        nodes: Vec::new(),
        block_consts: HashMap::new(),
        loop_consts: HashMap::new(),
        prelude: Vec::new(),
    };
    let mut blocks: Vec<_> = order.blocks.iter().map(|&block| selector.block(block)).collect();
    blocks[0].nodes.splice(0..0, selector.prelude);
    Code { blocks, n_vregs: selector.n_vregs }
}

/// The instruction that loads a constant.
pub(crate) fn load_const<R>(dst: R, value: Const) -> Inst<R> {
    let word = match value {
        Const::Int(value) => value as u64,
        Const::Float(bits) => bits,
        Const::Bool(value) => value as u64,
        Const::Str(id) => return Inst::ConstStr { dst, s: StrIdx(id.as_u32()) },
    };
    if let Ok(k) = i16::try_from(word as i64) {
        Inst::Const16 { dst, k }
    } else if let Ok(k) = i32::try_from(word as i64) {
        Inst::Const32 { dst, k }
    } else {
        Inst::Const64 { dst, k: word }
    }
}

fn count_uses(func: &Function, order: &Order) -> SecondaryMap<Value, u32> {
    let mut n_uses: SecondaryMap<Value, u32> = SecondaryMap::new();
    let mut count = |values: &[Value]| values.iter().for_each(|&value| n_uses[value] += 1);
    for &block in &order.blocks {
        let data = &func.blocks[block];
        for &inst in &data.insts {
            match &func.insts[inst].kind {
                InstKind::Const(_) | InstKind::GlobalGet(_) => {}
                InstKind::Unary(_, a)
                | InstKind::Retain(a)
                | InstKind::Release(a)
                | InstKind::GlobalSet(_, a)
                | InstKind::GlobalReplace(_, a) => count(&[*a]),
                InstKind::Binary(_, a, b) | InstKind::IntCmp(_, a, b) | InstKind::FloatCmp(_, a, b) => count(&[*a, *b]),
                InstKind::Select(c, a, b) => count(&[*c, *a, *b]),
                InstKind::Call(_, args) | InstKind::CallRt(_, args) => count(args),
            }
        }
        match &data.terminator {
            Terminator::Branch(cond, ..) => count(&[*cond]),
            Terminator::Return(args) | Terminator::NoReturn(_, args, _) => count(args),
            Terminator::Jump(_) | Terminator::Unreachable => {}
        }
        for call in data.terminator.successors() {
            count(&call.args);
        }
    }
    n_uses
}

/// `b op' a` is `a op b`.
fn swap_operands(op: CmpOp) -> CmpOp {
    match op {
        CmpOp::Eq => CmpOp::Eq,
        CmpOp::Ne => CmpOp::Ne,
        CmpOp::Lt => CmpOp::Gt,
        CmpOp::Le => CmpOp::Ge,
        CmpOp::Gt => CmpOp::Lt,
        CmpOp::Ge => CmpOp::Le,
    }
}

/// Comparison with a constant of type `K`, of the kinds there are instructions for.
enum ImmCmp<K> {
    Lt(K),
    Ge(K),
    Eq(K),
    Ne(K),
}

impl<K: TryFrom<i64>> ImmCmp<K> {
    fn new(op: CmpOp, k: i64) -> Option<ImmCmp<K>> {
        let fit = |k: Option<i64>| K::try_from(k?).ok();
        Some(match op {
            CmpOp::Eq => ImmCmp::Eq(fit(Some(k))?),
            CmpOp::Ne => ImmCmp::Ne(fit(Some(k))?),
            CmpOp::Lt => ImmCmp::Lt(fit(Some(k))?),
            CmpOp::Le => ImmCmp::Lt(fit(k.checked_add(1))?),
            CmpOp::Gt => ImmCmp::Ge(fit(k.checked_add(1))?),
            CmpOp::Ge => ImmCmp::Ge(fit(Some(k))?),
        })
    }
}

struct Selector<'a> {
    module: &'a Module,
    func: &'a Function,
    order: &'a Order,
    rt: &'a mut RtTable,
    n_uses: SecondaryMap<Value, u32>,
    n_vregs: usize,
    /// Whether the current block is in a loop.
    in_loop: bool,
    /// Nodes of the current block.
    nodes: Vec<Node>,
    /// Constants loaded in the current block.
    block_consts: HashMap<Const, VReg>,
    /// Constants loaded in the entry block.
    loop_consts: HashMap<Const, VReg>,
    /// Their loads.
    prelude: Vec<Node>,
}

impl Selector<'_> {
    fn block(&mut self, block: Block) -> crate::lir::Block {
        let func = self.func;
        let data = &func.blocks[block];
        self.in_loop = self.order.loop_depth[block] > 0;
        self.block_consts.clear();
        let fused = self.fused_condition(block);
        for &inst in &data.insts {
            let InstData { kind, results, loc } = &func.insts[inst];
            // A fused comparison is selected with the branch.
            if results.first().is_none_or(|&result| !fused.contains(&Some(result))) {
                self.inst(kind, results, *loc);
            }
        }
        let term = self.terminator(&data.terminator, fused);
        crate::lir::Block {
            params: data.params.iter().map(|&param| vreg(param)).collect(),
            nodes: std::mem::take(&mut self.nodes),
            term,
            loop_depth: self.order.loop_depth[block],
        }
    }

    /// The results of the comparison and of the `not` before the branch of a block that become part of it.
    fn fused_condition(&self, block: Block) -> [Option<Value>; 2] {
        let Terminator::Branch(cond, ..) = self.func.blocks[block].terminator else { return [None; 2] };
        let fusable = |value: Value| self.n_uses[value] == 1 && self.is_defined_in(value, block);
        let Some(kind) = self.def(cond).filter(|_| fusable(cond)) else { return [None; 2] };
        match *kind {
            InstKind::IntCmp(..) | InstKind::FloatCmp(..) => [Some(cond), None],
            InstKind::Unary(UnaryOp::Not, a) => match self.def(a) {
                Some(InstKind::IntCmp(..) | InstKind::FloatCmp(..)) if fusable(a) => [Some(cond), Some(a)],
                _ => [Some(cond), None],
            },
            _ => [None; 2],
        }
    }

    fn is_defined_in(&self, value: Value, block: Block) -> bool {
        match self.func.values[value].def {
            ValueDef::Result(inst, _) => self.func.blocks[block].insts.contains(&inst),
            ValueDef::Param(..) => false,
        }
    }

    fn def(&self, value: Value) -> Option<&InstKind> {
        match self.func.values[value].def {
            ValueDef::Result(inst, _) => Some(&self.func.insts[inst].kind),
            ValueDef::Param(..) => None,
        }
    }

    fn as_const(&self, value: Value) -> Option<Const> {
        match self.def(value) {
            Some(&InstKind::Const(value)) => Some(value),
            _ => None,
        }
    }

    fn as_int<K: TryFrom<i64>>(&self, value: Value) -> Option<K> {
        match self.as_const(value) {
            Some(Const::Int(value)) => K::try_from(value).ok(),
            _ => None,
        }
    }

    /// `k` in 1..=62 if the value is the constant `2^k`: division then is a matter of shifts.
    fn as_log2(&self, value: Value) -> Option<u8> {
        let power = self.as_int::<i64>(value).filter(|&power| power >= 2 && power & (power - 1) == 0)?;
        Some(power.trailing_zeros() as u8)
    }

    /// The register of a value; loads it if it is a constant.
    fn reg(&mut self, value: Value) -> VReg {
        let Some(constant) = self.as_const(value) else { return vreg(value) };
        if let Some(&reg) = self.loop_consts.get(&constant).or_else(|| self.block_consts.get(&constant)) {
            return reg;
        }
        let reg = VReg::new(self.n_vregs);
        self.n_vregs += 1;
        let load = Node::Inst(load_const(reg, constant));
        if self.in_loop && self.loop_consts.len() < MAX_LOOP_CONSTS {
            self.loop_consts.insert(constant, reg);
            self.prelude.push(load);
        } else {
            self.block_consts.insert(constant, reg);
            self.nodes.push(load);
        }
        reg
    }

    fn args(&self, values: &[Value]) -> Vec<Arg> {
        let arg = |&value: &Value| self.as_const(value).map_or(Arg::Reg(vreg(value)), Arg::Const);
        values.iter().map(arg).collect()
    }

    fn push(&mut self, inst: Inst<VReg>) {
        self.nodes.push(Node::Inst(inst));
    }

    fn inst(&mut self, kind: &InstKind, results: &[Value], loc: Option<Loc>) {
        let inst = match *kind {
            // Loaded where it is used.
            InstKind::Const(_) => return,
            InstKind::Call(callee, ref args) => {
                let (args, results) = (self.args(args), results.iter().map(|&result| vreg(result)).collect());
                return self.nodes.push(Node::Call { callee, args, results });
            }
            InstKind::CallRt(f, ref args) => return self.call_rt(f, args, results.first().copied(), loc),
            InstKind::Release(a) => Inst::Release { a: self.reg(a) },
            InstKind::GlobalSet(g, a) => Inst::GlobalSet { a: self.reg(a), g: GlobalIdx(g.as_u32()) },
            InstKind::Unary(op, a) => self.unary(op, vreg(results[0]), a),
            InstKind::Binary(op, a, b) => self.binary(op, vreg(results[0]), a, b),
            InstKind::IntCmp(op, a, b) => self.int_cmp(op, vreg(results[0]), a, b),
            InstKind::FloatCmp(op, a, b) => self.float_cmp(op, vreg(results[0]), a, b),
            InstKind::Select(c, a, b) => {
                Inst::Select { dst: vreg(results[0]), c: self.reg(c), a: self.reg(a), b: self.reg(b) }
            }
            InstKind::Retain(a) => Inst::Retain { dst: vreg(results[0]), a: self.reg(a) },
            InstKind::GlobalGet(g) => {
                let (dst, counted) = (vreg(results[0]), self.module.globals[g].ty.is_counted());
                let g = GlobalIdx(g.as_u32());
                if counted { Inst::GlobalGetStr { dst, g } } else { Inst::GlobalGet { dst, g } }
            }
            InstKind::GlobalReplace(g, a) => {
                Inst::GlobalReplace { dst: vreg(results[0]), a: self.reg(a), g: GlobalIdx(g.as_u32()) }
            }
        };
        self.push(inst);
    }

    fn call_rt(&mut self, f: RtFn, args: &[Value], result: Option<Value>, loc: Option<Loc>) {
        let regs: Vec<VReg> = args.iter().map(|&arg| self.reg(arg)).collect();
        let has_result = match f.sig().result {
            AbiResult::Value(_) => true,
            AbiResult::Void | AbiResult::Never => false,
        };
        let result = result.filter(|_| has_result).map(vreg);
        let inst = match (f, &regs[..], result) {
            (RtFn::StrRetain, &[a], Some(dst)) => Inst::Retain { dst, a },
            (RtFn::StrRelease, &[a], None) => Inst::Release { a },
            (_, regs, Some(dst)) => {
                let f = self.rt.index(f, loc);
                match *regs {
                    [] => Inst::Rt0 { dst, f },
                    [a] => Inst::Rt1 { dst, a, f },
                    [a, b, ..] => Inst::Rt2 { dst, a, b, f },
                }
            }
            (_, regs, None) => {
                let f = self.rt.index(f, loc);
                match *regs {
                    [] => Inst::RtVoid0 { f },
                    [a] => Inst::RtVoid1 { a, f },
                    [a, b, ..] => Inst::RtVoid2 { a, b, f },
                }
            }
        };
        self.push(inst);
    }

    fn unary(&mut self, op: UnaryOp, dst: VReg, a: Value) -> Inst<VReg> {
        let a = self.reg(a);
        match op {
            UnaryOp::IntNeg => Inst::Neg { dst, a },
            UnaryOp::FloatNeg => Inst::FNeg { dst, a },
            UnaryOp::Not => Inst::Not { dst, a },
            UnaryOp::IntToFloat => Inst::FFromInt { dst, a },
        }
    }

    fn binary(&mut self, op: BinaryOp, dst: VReg, a: Value, b: Value) -> Inst<VReg> {
        if let Some(inst) = self.binary_imm(op, dst, a, b) {
            return inst;
        }
        let (a, b) = (self.reg(a), self.reg(b));
        match op {
            BinaryOp::IntAdd => Inst::Add { dst, a, b },
            BinaryOp::IntSub => Inst::Sub { dst, a, b },
            BinaryOp::IntMul => Inst::Mul { dst, a, b },
            BinaryOp::IntDiv => Inst::Div { dst, a, b },
            BinaryOp::IntRem => Inst::Rem { dst, a, b },
            BinaryOp::IntAnd | BinaryOp::BoolAnd => Inst::And { dst, a, b },
            BinaryOp::IntOr | BinaryOp::BoolOr => Inst::Or { dst, a, b },
            BinaryOp::IntXor | BinaryOp::BoolXor => Inst::Xor { dst, a, b },
            BinaryOp::IntShl => Inst::Shl { dst, a, b },
            BinaryOp::IntShr => Inst::Shr { dst, a, b },
            BinaryOp::FloatAdd => Inst::FAdd { dst, a, b },
            BinaryOp::FloatSub => Inst::FSub { dst, a, b },
            BinaryOp::FloatMul => Inst::FMul { dst, a, b },
            BinaryOp::FloatDiv => Inst::FDiv { dst, a, b },
        }
    }

    /// The instruction with one operand in it, if there is one and the operand fits.
    fn binary_imm(&mut self, op: BinaryOp, dst: VReg, a: Value, b: Value) -> Option<Inst<VReg>> {
        Some(match op {
            BinaryOp::IntAdd => {
                let (a, k) = self.commuted_imm(a, b)?;
                Inst::AddImm { dst, a, k }
            }
            BinaryOp::IntSub => {
                if let Some(k) = self.as_int(a) {
                    return Some(Inst::SubFromImm { dst, a: self.reg(b), k });
                }
                let k = i8::try_from(self.as_int::<i64>(b)?.checked_neg()?).ok()?;
                Inst::AddImm { dst, a: self.reg(a), k }
            }
            BinaryOp::IntMul => {
                let (a, k) = self.commuted_imm(a, b)?;
                Inst::MulImm { dst, a, k }
            }
            BinaryOp::IntAnd => {
                let (a, k) = self.commuted_imm(a, b)?;
                Inst::AndImm { dst, a, k }
            }
            BinaryOp::IntDiv => {
                if let Some(k) = self.as_log2(b) {
                    return Some(Inst::DivPow2 { dst, a: self.reg(a), k });
                }
                let k = self.as_int(b).filter(|&k| k != 0)?;
                Inst::DivImm { dst, a: self.reg(a), k }
            }
            BinaryOp::IntRem => {
                if let Some(k) = self.as_log2(b) {
                    return Some(Inst::RemPow2 { dst, a: self.reg(a), k });
                }
                let k = self.as_int(b).filter(|&k| k != 0)?;
                Inst::RemImm { dst, a: self.reg(a), k }
            }
            BinaryOp::IntShl => {
                let k = self.as_int(b)?;
                Inst::ShlImm { dst, a: self.reg(a), k }
            }
            BinaryOp::IntShr => {
                let k = self.as_int(b)?;
                Inst::ShrImm { dst, a: self.reg(a), k }
            }
            BinaryOp::IntOr
            | BinaryOp::IntXor
            | BinaryOp::FloatAdd
            | BinaryOp::FloatSub
            | BinaryOp::FloatMul
            | BinaryOp::FloatDiv
            | BinaryOp::BoolAnd
            | BinaryOp::BoolOr
            | BinaryOp::BoolXor => return None,
        })
    }

    /// The operands of a commutative operation, one of them small and constant.
    fn commuted_imm(&mut self, a: Value, b: Value) -> Option<(VReg, i8)> {
        if let Some(k) = self.as_int(b) {
            return Some((self.reg(a), k));
        }
        let k = self.as_int(a)?;
        Some((self.reg(b), k))
    }

    /// A comparison of a value with a constant, of either order.
    fn imm_cmp<K: TryFrom<i64>>(&mut self, op: CmpOp, a: Value, b: Value) -> Option<(VReg, ImmCmp<K>)> {
        if let Some(cmp) = self.as_int(b).and_then(|k| ImmCmp::new(op, k)) {
            return Some((self.reg(a), cmp));
        }
        let cmp = self.as_int(a).and_then(|k| ImmCmp::new(swap_operands(op), k))?;
        Some((self.reg(b), cmp))
    }

    fn int_cmp(&mut self, op: CmpOp, dst: VReg, a: Value, b: Value) -> Inst<VReg> {
        if let Some((a, cmp)) = self.imm_cmp(op, a, b) {
            return match cmp {
                ImmCmp::Lt(k) => Inst::LtImm { dst, a, k },
                ImmCmp::Ge(k) => Inst::GeImm { dst, a, k },
                ImmCmp::Eq(k) => Inst::EqImm { dst, a, k },
                ImmCmp::Ne(k) => Inst::NeImm { dst, a, k },
            };
        }
        let (a, b) = (self.reg(a), self.reg(b));
        match op {
            CmpOp::Eq => Inst::Eq { dst, a, b },
            CmpOp::Ne => Inst::Ne { dst, a, b },
            CmpOp::Lt => Inst::Lt { dst, a, b },
            CmpOp::Le => Inst::Le { dst, a, b },
            CmpOp::Gt => Inst::Lt { dst, a: b, b: a },
            CmpOp::Ge => Inst::Le { dst, a: b, b: a },
        }
    }

    fn float_cmp(&mut self, op: CmpOp, dst: VReg, a: Value, b: Value) -> Inst<VReg> {
        let (a, b) = (self.reg(a), self.reg(b));
        match op {
            CmpOp::Eq => Inst::FEq { dst, a, b },
            CmpOp::Ne => Inst::FNe { dst, a, b },
            CmpOp::Lt => Inst::FLt { dst, a, b },
            CmpOp::Le => Inst::FLe { dst, a, b },
            CmpOp::Gt => Inst::FLt { dst, a: b, b: a },
            CmpOp::Ge => Inst::FLe { dst, a: b, b: a },
        }
    }

    fn terminator(&mut self, terminator: &Terminator, fused: [Option<Value>; 2]) -> Term {
        match terminator {
            Terminator::Jump(call) => Term::Jump(self.edge(call)),
            Terminator::Branch(cond, then, otherwise) => {
                let cond = self.condition(*cond, fused);
                Term::Branch(cond, self.edge(then), self.edge(otherwise))
            }
            Terminator::Return(values) => match values[..] {
                [value] => match self.small_const(value) {
                    Some(k) => Term::ReturnImm(k),
                    None => Term::ReturnOne(self.reg(value)),
                },
                _ => Term::Return(self.args(values)),
            },
            Terminator::NoReturn(f, args, loc) => {
                self.call_rt(*f, args, None, *loc);
                Term::NoReturn
            }
            Terminator::Unreachable => Term::Unreachable,
        }
    }

    fn small_const(&self, value: Value) -> Option<i16> {
        match load_const((), self.as_const(value)?) {
            Inst::Const16 { k, .. } => Some(k),
            _ => None,
        }
    }

    fn edge(&mut self, call: &BlockCall) -> Edge {
        Edge { block: self.order.index[call.block], args: self.args(&call.args) }
    }

    fn condition(&mut self, value: Value, fused: [Option<Value>; 2]) -> Cond<VReg> {
        let kind = self.def(value).filter(|_| fused.contains(&Some(value)));
        match kind {
            Some(&InstKind::IntCmp(op, a, b)) => self.int_condition(op, a, b),
            Some(&InstKind::FloatCmp(op, a, b)) => self.float_condition(op, a, b),
            Some(&InstKind::Unary(UnaryOp::Not, a)) => self.condition(a, fused).negate(),
            _ => Cond::If(self.reg(value)),
        }
    }

    fn int_condition(&mut self, op: CmpOp, a: Value, b: Value) -> Cond<VReg> {
        if let Some((a, cmp)) = self.imm_cmp(op, a, b) {
            return match cmp {
                ImmCmp::Lt(k) => Cond::LtImm(a, k),
                ImmCmp::Ge(k) => Cond::GeImm(a, k),
                ImmCmp::Eq(k) => Cond::EqImm(a, k),
                ImmCmp::Ne(k) => Cond::NeImm(a, k),
            };
        }
        let (a, b) = (self.reg(a), self.reg(b));
        match op {
            CmpOp::Eq => Cond::Eq(a, b),
            CmpOp::Ne => Cond::Ne(a, b),
            CmpOp::Lt => Cond::Lt(a, b),
            CmpOp::Le => Cond::Le(a, b),
            CmpOp::Gt => Cond::Lt(b, a),
            CmpOp::Ge => Cond::Le(b, a),
        }
    }

    fn float_condition(&mut self, op: CmpOp, a: Value, b: Value) -> Cond<VReg> {
        let (a, b) = (self.reg(a), self.reg(b));
        match op {
            CmpOp::Eq => Cond::FEq(a, b),
            CmpOp::Ne => Cond::FNe(a, b),
            CmpOp::Lt => Cond::FLt(a, b),
            CmpOp::Le => Cond::FLe(a, b),
            CmpOp::Gt => Cond::FLt(b, a),
            CmpOp::Ge => Cond::FLe(b, a),
        }
    }
}

/// The register of a value that is not constant.
fn vreg(value: Value) -> VReg {
    VReg::new(value.index())
}

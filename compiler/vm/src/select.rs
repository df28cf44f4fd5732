//! Chooses the instructions: MIR to [LIR](crate::lir).
//!
//! A comparison used only by the branch of its block becomes part of the branch. A constant goes into the instruction
//! that uses it where it fits. Otherwise it is loaded before its first use in a block; in a loop that would be done over
//! and over, so there it is loaded in the entry block, as long as not too many registers are taken by that.

mod objects;
mod switch;

use std::collections::HashMap;

use self::objects::Counting;
use crate::lir::{Arg, Callee, Code, Cond, Edge, Node, Term, VReg};
use crate::operand::{GlobalIdx, StrIdx};
use crate::ops::Inst;
use crate::order::Order;
use crate::program::RtTable;
use resilient_abi::{AbiResult, RtFn};
use resilient_base::{EntityRef, SecondaryMap};
use resilient_mir::analysis::static_fn;
use resilient_mir::ir::*;

/// Most constants kept in registers for the loops of a function: leaves most of 256 registers to other values.
const MAX_LOOP_CONSTS: usize = 64;

/// No entry point of the runtime takes more arguments than `rt4` and `rt_void3` pass.
macro_rules! check_n_args {
    ($($(#[$doc:meta])* [$($flag:ident)*] $variant:ident: $f:ident($($arg:ident: $kind:ident),*) -> $result:ident;)*) => {
        $(const _: () = {
            const ARGS: &[&str] = &[$(stringify!($arg)),*];
            const MAX: usize = check_n_args!(@max $result);
            assert!(ARGS.len() <= MAX, "there is no instruction for so many arguments");
        };)*
    };
    (@max Void) => { 3 };
    (@max Never) => { 3 };
    (@max $result:ident) => { 4 };
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
        n_uses: count_uses(module, func, &order),
        site: func.takes_site.then(|| VReg::new(func.values.len())),
        n_vregs: func.values.len() + usize::from(func.takes_site),
        loop_depth: 0,
        nodes: Vec::new(),
        block_consts: HashMap::new(),
        loop_consts: HashMap::new(),
        prelude: Vec::new(),
        more_blocks: Vec::new(),
    };
    let mut blocks: Vec<_> = order.blocks.iter().map(|&block| selector.block(block)).collect();
    blocks[0].params.extend(selector.site);
    blocks[0].nodes.splice(0..0, selector.prelude);
    blocks.append(&mut selector.more_blocks);
    Code { blocks, n_vregs: selector.n_vregs }
}

/// The instruction that loads a constant.
pub(crate) fn load_const<R>(dst: R, value: Const) -> Inst<R> {
    let word = match value {
        Const::Int(value) => value as u64,
        Const::Float(bits) => bits,
        Const::F32(bits) => bits.into(),
        Const::Bool(value) => value as u64,
        Const::Null => 0,
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

fn count_uses(module: &Module, func: &Function, order: &Order) -> SecondaryMap<Value, u32> {
    let mut n_uses: SecondaryMap<Value, u32> = SecondaryMap::new();
    for &block in &order.blocks {
        let data = &func.blocks[block];
        for &inst in &data.insts {
            let kind = &func.insts[inst].kind;
            if static_fn(module, func, kind).is_none() {
                kind.for_each_operand(|value| n_uses[value] += 1);
            }
        }
        data.terminator.for_each_operand(|value| n_uses[value] += 1);
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
    /// The site of the call of this function, its hidden last parameter.
    site: Option<VReg>,
    n_vregs: usize,
    /// Number of loops around the current block.
    loop_depth: u32,
    /// Nodes of the current block.
    nodes: Vec<Node>,
    /// Constants loaded in the current block.
    block_consts: HashMap<Const, VReg>,
    /// Constants loaded in the entry block.
    loop_consts: HashMap<Const, VReg>,
    /// Their loads.
    prelude: Vec<Node>,
    /// Blocks that stand behind those of MIR.
    more_blocks: Vec<crate::lir::Block>,
}

impl Selector<'_> {
    fn block(&mut self, block: Block) -> crate::lir::Block {
        let func = self.func;
        let data = &func.blocks[block];
        self.loop_depth = self.order.loop_depth[block];
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
            loop_depth: self.loop_depth,
        }
    }

    /// The results of the comparison and of the `not` before the branch of a block that become part of it.
    fn fused_condition(&self, block: Block) -> [Option<Value>; 2] {
        let Terminator::Branch(cond, ..) = self.func.blocks[block].terminator else { return [None; 2] };
        let fusable = |value: Value| self.n_uses[value] == 1 && self.is_defined_in(value, block);
        let Some(kind) = self.def(cond).filter(|_| fusable(cond)) else { return [None; 2] };
        match *kind {
            InstKind::Unary(UnaryOp::Not, a) => match self.def(a) {
                Some(kind) if self.is_branch_comparison(kind) && fusable(a) => [Some(cond), Some(a)],
                _ => [Some(cond), None],
            },
            ref kind if self.is_branch_comparison(kind) => [Some(cond), None],
            _ => [None; 2],
        }
    }

    /// Whether there is a branch that makes this comparison.
    fn is_branch_comparison(&self, kind: &InstKind) -> bool {
        match *kind {
            InstKind::IntCmp(..) | InstKind::UintCmp(..) => true,
            InstKind::FloatCmp(_, a, _) => self.func.ty(a) == Ty::F64,
            _ => false,
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
        let reg = self.new_vreg();
        let load = Node::Inst(load_const(reg, constant));
        if self.loop_depth > 0 && self.loop_consts.len() < MAX_LOOP_CONSTS {
            self.loop_consts.insert(constant, reg);
            self.prelude.push(load);
        } else {
            self.block_consts.insert(constant, reg);
            self.nodes.push(load);
        }
        reg
    }

    fn new_vreg(&mut self) -> VReg {
        self.n_vregs += 1;
        VReg::new(self.n_vregs - 1)
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
                let mut args = self.args(args);
                if self.module.funcs[callee].takes_site {
                    args.push(Arg::Reg(self.site_reg(loc)));
                }
                return self.call(Callee::Func(callee), args, results);
            }
            InstKind::CallIndirect(_, code, ref args) => {
                let args = self.args(args);
                return self.call(Callee::Reg(vreg(code)), args, results);
            }
            // Part of the function values that it is only used in.
            InstKind::FuncAddr(_) if self.n_uses[results[0]] == 0 => return,
            InstKind::FuncAddr(func) => return self.nodes.push(Node::FuncAddr { dst: vreg(results[0]), func }),
            InstKind::CallRt(f, ref args) => return self.call_rt(f, args, results.first().copied(), loc),
            InstKind::Release(a) => self.release(a),
            InstKind::GlobalSet(g, a) => Inst::GlobalSet { a: self.reg(a), g: GlobalIdx(g.as_u32()) },
            InstKind::Unary(op, a) => self.unary(op, vreg(results[0]), a),
            InstKind::Binary(op, a, b) => self.binary(op, vreg(results[0]), a, b),
            InstKind::IntCmp(op, a, b) => self.int_cmp(op, vreg(results[0]), a, b),
            InstKind::UintCmp(op, a, b) => self.uint_cmp(op, vreg(results[0]), a, b),
            InstKind::FloatCmp(op, a, b) => self.float_cmp(op, vreg(results[0]), a, b),
            InstKind::Select(c, a, b) => {
                Inst::Select { dst: vreg(results[0]), c: self.reg(c), a: self.reg(a), b: self.reg(b) }
            }
            InstKind::Retain(a) => self.retain(vreg(results[0]), a),
            InstKind::GlobalGet(g) => self.global_get(vreg(results[0]), g),
            InstKind::GlobalReplace(g, a) => {
                Inst::GlobalReplace { dst: vreg(results[0]), a: self.reg(a), g: GlobalIdx(g.as_u32()) }
            }
            InstKind::ArrayLit(layout, ref leaves) => return self.array_lit(vreg(results[0]), layout, leaves),
            InstKind::ArrayLen(a) => Inst::ArrayLen { dst: vreg(results[0]), a: self.reg(a) },
            InstKind::ArrayLoad(leaf, a, i) => self.array_load(vreg(results[0]), leaf, a, i, Counting::Retain),
            InstKind::ArrayPeek(leaf, a, i) => self.array_load(vreg(results[0]), leaf, a, i, Counting::Borrow),
            InstKind::ArrayUnique(_, a) => Inst::ArrayUnique { dst: vreg(results[0]), a: self.reg(a) },
            InstKind::ArrayUniqueAt(leaf, a, i) => self.array_unique_at(vreg(results[0]), leaf, a, i),
            InstKind::ArrayStore(leaf, a, i, b) => self.array_store(leaf, a, i, b),
            InstKind::ArrayReplace(leaf, a, i, b) => self.array_replace(vreg(results[0]), leaf, a, i, b),
            InstKind::ArrayPush(layout, a, ref leaves) => return self.array_push(vreg(results[0]), layout, a, leaves),
            InstKind::CellGet(leaf, a) => self.box_load(vreg(results[0]), leaf, a, Counting::Retain),
            InstKind::CellSet(leaf, a, b) => self.cell_set(leaf, a, b),
            InstKind::CellReplace(leaf, a, b) => return self.cell_replace(vreg(results[0]), leaf, a, b),
            ref kind @ InstKind::BoxNew(..) if let Some((func, layout)) = static_fn(self.module, self.func, kind) => {
                Inst::ConstFn { dst: vreg(results[0]), f: self.rt.fn_value(func, layout) }
            }
            InstKind::BoxNew(layout, ref leaves) => return self.box_new(vreg(results[0]), layout, leaves),
            InstKind::BoxLoad(leaf, a) => self.box_load(vreg(results[0]), leaf, a, Counting::Retain),
            InstKind::BoxPeek(leaf, a) => self.box_load(vreg(results[0]), leaf, a, Counting::Borrow),
            InstKind::MakeAgg(..) | InstKind::Extract(..) | InstKind::PeekField(..) | InstKind::TakeApart(_) => {
                unreachable!("there are no aggregates in scalarized MIR")
            }
        };
        self.push(inst);
    }

    fn call(&mut self, callee: Callee, args: Vec<Arg>, results: &[Value]) {
        let results = results.iter().map(|&result| vreg(result)).collect();
        self.nodes.push(Node::Call { callee, args, results });
    }

    /// A register with the site that a call passes.
    fn site_reg(&mut self, loc: Option<Loc>) -> VReg {
        match (loc, self.site) {
            (Some(Loc::Caller), Some(site)) => site,
            (Some(loc), _) => {
                let (dst, site) = (self.new_vreg(), self.rt.site(loc));
                self.push(Inst::ConstSite { dst, site });
                dst
            }
            (None, _) => unreachable!("verified calls of functions that take a site have a location"),
        }
    }

    fn call_rt(&mut self, f: RtFn, args: &[Value], result: Option<Value>, loc: Option<Loc>) {
        let regs: Vec<VReg> = args.iter().map(|&arg| self.reg(arg)).collect();
        if let (Some(Loc::Caller), Some(a), true) = (loc, self.site, f.sig().sited) {
            self.push(Inst::CallerSite { a });
        }
        let has_result = match f.sig().result {
            AbiResult::Value(_) => true,
            AbiResult::Void | AbiResult::Never => false,
        };
        let result = result.filter(|_| has_result).map(vreg);
        let inst = match (f, &regs[..], result) {
            (RtFn::StrRetain, &[a], Some(dst)) => Inst::Retain { dst, a },
            (RtFn::StrRelease, &[a], None) => Inst::Release { a },
            (RtFn::RefRetain, &[a], Some(dst)) => Inst::RetainRef { dst, a },
            (RtFn::RefRelease, &[a], None) => Inst::ReleaseRef { a },
            (_, regs, Some(dst)) => {
                let f = self.rt.index(f, loc);
                match *regs {
                    [] => Inst::Rt0 { dst, f },
                    [a] => Inst::Rt1 { dst, a, f },
                    [a, b] => Inst::Rt2 { dst, a, b, f },
                    [a, b, c] => Inst::Rt3 { dst, a, b, c, f },
                    [a, b, c, d, ..] => Inst::Rt4 { dst, a, b, c, d, f },
                }
            }
            (_, regs, None) => {
                let f = self.rt.index(f, loc);
                match *regs {
                    [] => Inst::RtVoid0 { f },
                    [a] => Inst::RtVoid1 { a, f },
                    [a, b] => Inst::RtVoid2 { a, b, f },
                    [a, b, c, ..] => Inst::RtVoid3 { a, b, c, f },
                }
            }
        };
        self.push(inst);
    }

    fn unary(&mut self, op: UnaryOp, dst: VReg, operand: Value) -> Inst<VReg> {
        let a = self.reg(operand);
        match op {
            UnaryOp::IntNeg => Inst::Neg { dst, a },
            UnaryOp::FloatNeg if self.func.ty(operand) == Ty::F32 => Inst::GNeg { dst, a },
            UnaryOp::FloatNeg => Inst::FNeg { dst, a },
            UnaryOp::Not => Inst::Not { dst, a },
            UnaryOp::IntToFloat => Inst::FFromInt { dst, a },
            UnaryOp::UintToFloat => Inst::FFromUint { dst, a },
            UnaryOp::IntToF32 => Inst::GFromInt { dst, a },
            UnaryOp::UintToF32 => Inst::GFromUint { dst, a },
            UnaryOp::F32ToFloat => Inst::FFromF32 { dst, a },
            UnaryOp::FloatToF32 => Inst::GFromFloat { dst, a },
            UnaryOp::Wrap(NarrowInt::I8) => Inst::SExt8 { dst, a },
            UnaryOp::Wrap(NarrowInt::U8) => Inst::ZExt8 { dst, a },
            UnaryOp::Wrap(NarrowInt::I16) => Inst::SExt16 { dst, a },
            UnaryOp::Wrap(NarrowInt::U16) => Inst::ZExt16 { dst, a },
            UnaryOp::Wrap(NarrowInt::I32) => Inst::SExt32 { dst, a },
            UnaryOp::Wrap(NarrowInt::U32) => Inst::ZExt32 { dst, a },
        }
    }

    fn binary(&mut self, op: BinaryOp, dst: VReg, a: Value, b: Value) -> Inst<VReg> {
        if let Some(inst) = self.binary_imm(op, dst, a, b) {
            return inst;
        }
        let is_f32 = self.func.ty(a) == Ty::F32;
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
            BinaryOp::UintDiv => Inst::UDiv { dst, a, b },
            BinaryOp::UintRem => Inst::URem { dst, a, b },
            BinaryOp::UintShr => Inst::UShr { dst, a, b },
            BinaryOp::FloatAdd if is_f32 => Inst::GAdd { dst, a, b },
            BinaryOp::FloatSub if is_f32 => Inst::GSub { dst, a, b },
            BinaryOp::FloatMul if is_f32 => Inst::GMul { dst, a, b },
            BinaryOp::FloatDiv if is_f32 => Inst::GDiv { dst, a, b },
            BinaryOp::FloatAdd => Inst::FAdd { dst, a, b },
            BinaryOp::FloatSub => Inst::FSub { dst, a, b },
            BinaryOp::FloatMul => Inst::FMul { dst, a, b },
            BinaryOp::FloatDiv => Inst::FDiv { dst, a, b },
            BinaryOp::IntAddOverflows => Inst::AddOverflows { dst, a, b },
            BinaryOp::IntSubOverflows => Inst::SubOverflows { dst, a, b },
            BinaryOp::IntMulOverflows => Inst::MulOverflows { dst, a, b },
            BinaryOp::UintMulOverflows => Inst::UMulOverflows { dst, a, b },
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
            BinaryOp::UintShr => {
                let k = self.as_int(b)?;
                Inst::UShrImm { dst, a: self.reg(a), k }
            }
            BinaryOp::UintDiv => {
                let k = self.as_log2(b)?;
                Inst::UShrImm { dst, a: self.reg(a), k }
            }
            BinaryOp::UintRem
            | BinaryOp::IntOr
            | BinaryOp::IntXor
            | BinaryOp::FloatAdd
            | BinaryOp::FloatSub
            | BinaryOp::FloatMul
            | BinaryOp::FloatDiv
            | BinaryOp::BoolAnd
            | BinaryOp::BoolOr
            | BinaryOp::BoolXor
            | BinaryOp::IntAddOverflows
            | BinaryOp::IntSubOverflows
            | BinaryOp::IntMulOverflows
            | BinaryOp::UintMulOverflows => return None,
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

    fn uint_cmp(&mut self, op: CmpOp, dst: VReg, a: Value, b: Value) -> Inst<VReg> {
        let (a, b) = (self.reg(a), self.reg(b));
        match op {
            CmpOp::Eq => Inst::Eq { dst, a, b },
            CmpOp::Ne => Inst::Ne { dst, a, b },
            CmpOp::Lt => Inst::ULt { dst, a, b },
            CmpOp::Le => Inst::ULe { dst, a, b },
            CmpOp::Gt => Inst::ULt { dst, a: b, b: a },
            CmpOp::Ge => Inst::ULe { dst, a: b, b: a },
        }
    }

    fn float_cmp(&mut self, op: CmpOp, dst: VReg, a: Value, b: Value) -> Inst<VReg> {
        let is_f32 = self.func.ty(a) == Ty::F32;
        let (a, b) = (self.reg(a), self.reg(b));
        match op {
            CmpOp::Eq if is_f32 => Inst::GEq { dst, a, b },
            CmpOp::Ne if is_f32 => Inst::GNe { dst, a, b },
            CmpOp::Lt if is_f32 => Inst::GLt { dst, a, b },
            CmpOp::Le if is_f32 => Inst::GLe { dst, a, b },
            CmpOp::Gt if is_f32 => Inst::GLt { dst, a: b, b: a },
            CmpOp::Ge if is_f32 => Inst::GLe { dst, a: b, b: a },
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
            Terminator::Switch(subject, cases, default) => self.switch(*subject, cases, default),
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
            Some(&InstKind::UintCmp(op, a, b)) => self.uint_condition(op, a, b),
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

    fn uint_condition(&mut self, op: CmpOp, a: Value, b: Value) -> Cond<VReg> {
        let (a, b) = (self.reg(a), self.reg(b));
        match op {
            CmpOp::Eq => Cond::Eq(a, b),
            CmpOp::Ne => Cond::Ne(a, b),
            CmpOp::Lt => Cond::ULt(a, b),
            CmpOp::Le => Cond::ULe(a, b),
            CmpOp::Gt => Cond::ULt(b, a),
            CmpOp::Ge => Cond::ULe(b, a),
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

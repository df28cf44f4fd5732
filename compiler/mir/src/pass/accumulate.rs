//! Turns self-recursion into a loop: calls in tail position, and calls whose result only enters a sum or product that is
//! returned ("tail recursion modulo an operator").
//!
//! ```text
//! block0(v0: i64 n):                            block3(v9: i64 n):
//!     v1 = iconst 2                                 v10 = iconst 0
//!     v2 = icmp lt v0, v1                           jump block0(v9, v10)
//!     branch v2, block1, block2                 block0(v0: i64 n, v11: i64 accumulator):
//! block1:                                           ...
//!     return v0                                     branch v2, block1, block2
//! block2:                              =>       block1:
//!     v3 = iconst -1                                v12 = iadd v11, v0
//!     v4 = iadd v0, v3                              return v12
//!     v5 = call fn0(v4)                         block2:
//!     v6 = iconst -2                                ...
//!     v7 = iadd v0, v6                              v5 = call fn0(v4)
//!     v8 = call fn0(v7)                             v13 = iadd v11, v5
//!     v14 = iadd v5, v8                             jump block0(v7, v13)
//!     return v14
//! ```
//!
//! # Conditions
//!
//! - The call is the last instruction with an effect in a block that returns. What follows it computes the returned value
//!   from its result by one operator that is associative and commutative without exception: wrapping `iadd` (with `isub`
//!   of something from it), wrapping `imul`, `iand`, `ior`, `ixor`. Never floats or strings. All such calls of a function
//!   use one operator.
//! - Arguments for borrowed parameters are these parameters.
//! - **The loop ends.** Endless recursion must keep ending in the fault `stack overflow`, not run for ever. So some
//!   parameter must come closer to a bound with each iteration: at each call the facts of [`crate::analysis::facts`] prove
//!   that it is stepped, without wrapping, towards a constant, or up or down to another parameter that does not change.
//!
//! # Contracts
//!
//! The function's `requires` stand at its start, in a loop they would be checked in each iteration. Where the facts at all
//! calls prove a leading condition for the call's arguments, the loop starts behind it.
//!
//! # Why meaning is kept
//!
//! The calls that remain come in the same order, and what moved in front of the last one has no effect and cannot fault.
//! Reordering the operator's operands changes nothing, as it is exact. Less stack is used, never more.
//!
//! Linear time. Cf. LLVM's "tail call elimination" and GCC's "tree-tailcall".

use resilient_base::SecondaryMap;
use rustc_hash::FxHashMap;

use super::checks::{constant_step, walk};
use crate::analysis::facts::{Facts, Known, Operand};
use crate::analysis::{Cfg, ColdBlocks, Dominators, UseCounts};
use crate::ir::*;

/// How far from both ends of the range of ints a bound must be, for the distance to it to be one that the program means.
const BOUND: i64 = 1 << 62;

/// Makes loops of a function's calls to itself; tells whether it changed.
pub fn run(id: FuncId, func: &mut Function) -> bool {
    let cfg = Cfg::new(func);
    let sites = find_sites(id, func, &cfg);
    if sites.is_empty() {
        return false;
    }
    let dominators = Dominators::new(&cfg);
    let checks = leading_checks(func, &cfg);
    let mut proofs: SecondaryMap<Block, Option<Proof>> = SecondaryMap::new();
    walk(func, &cfg, &dominators, |func, facts, block| {
        if let Some(site) = sites.iter().find(|site| site.block == block) {
            proofs[block] = Some(Proof::new(func, facts, site, &checks));
        }
    });
    let proofs: Vec<&Proof> = sites.iter().filter_map(|site| proofs[site.block].as_ref()).collect();
    if proofs.len() != sites.len() || !loop_ends(func, &proofs) {
        return false;
    }
    let n_skipped = proofs.iter().map(|proof| proof.n_passed).min().unwrap_or(0);
    make_loop(func, &sites, &checks[..n_skipped]);
    true
}

/// A call that can become a jump.
struct Site {
    block: Block,
    call: Inst,
    args: Vec<Value>,
    /// What takes the call's result to the returned value, in order.
    chain: Vec<Link>,
}

/// `result op operand`
#[derive(Clone, Copy)]
struct Link {
    inst: Inst,
    op: BinaryOp,
    operand: Value,
}

impl Site {
    fn operator(&self) -> Option<BinaryOp> {
        self.chain.first().map(|link| accumulator_op(link.op))
    }
}

/// The operator of the accumulator that an operator on the result goes with.
fn accumulator_op(op: BinaryOp) -> BinaryOp {
    if op == BinaryOp::IntSub { BinaryOp::IntAdd } else { op }
}

/// The value that changes nothing; none if the operator is not one we accumulate with.
fn identity(op: BinaryOp) -> Option<i64> {
    match op {
        BinaryOp::IntAdd | BinaryOp::IntOr | BinaryOp::IntXor => Some(0),
        BinaryOp::IntMul => Some(1),
        BinaryOp::IntAnd => Some(-1),
        _ => None,
    }
}

/// The calls that can become jumps, all with the same operator or none.
fn find_sites(id: FuncId, func: &Function, cfg: &Cfg) -> Vec<Site> {
    let uses = UseCounts::new(func, cfg);
    let mut sites: Vec<Site> = cfg.rpo().iter().filter_map(|&block| find_site(id, func, &uses, block)).collect();
    if let Some(op) = sites.iter().find_map(Site::operator) {
        sites.retain(|site| site.operator().is_none_or(|found| found == op));
    }
    sites
}

fn find_site(id: FuncId, func: &Function, uses: &UseCounts, block: Block) -> Option<Site> {
    let data = &func.blocks[block];
    let Terminator::Return(returned) = &data.terminator else {
        return None;
    };
    let place = data.insts.iter().rposition(|&inst| !is_movable(func, inst))?;
    let call = data.insts[place];
    let InstKind::Call(callee, args) = &func.insts[call].kind else {
        return None;
    };
    let entry_params = &func.blocks[func.entry()].params;
    let borrows_agree =
        (func.params.iter().zip(entry_params).zip(args)).all(|((param, own), arg)| !param.borrowed || arg == own);
    if *callee != id || !borrows_agree {
        return None;
    }
    let chain = match (func.insts[call].results.as_slice(), returned.as_slice()) {
        (&[result], &[returned]) => find_chain(func, uses, &data.insts[place + 1..], result, returned)?,
        (results, returned) if results == returned => Vec::new(),
        _ => return None,
    };
    // Computed behind the call and from it, an argument or another operand could not be computed before.
    Some(Site { block, call, args: args.clone(), chain })
}

/// Whether an instruction behind the call can stand before it.
fn is_movable(func: &Function, inst: Inst) -> bool {
    match func.insts[inst].kind {
        InstKind::Const(Const::Str(_) | Const::Null) => false,
        InstKind::Const(_)
        | InstKind::FuncAddr(_)
        | InstKind::Unary(..)
        | InstKind::Binary(..)
        | InstKind::IntCmp(..)
        | InstKind::UintCmp(..)
        | InstKind::FloatCmp(..)
        | InstKind::Select(..) => true,
        // The call may change what a global, an array or a cell holds, and consume what a box is read through.
        InstKind::GlobalGet(_)
        | InstKind::MakeAgg(..)
        | InstKind::Extract(..)
        | InstKind::PeekField(..)
        | InstKind::TakeApart(_)
        | InstKind::ArrayLit(..)
        | InstKind::ArrayLen(_)
        | InstKind::ArrayLoad(..)
        | InstKind::ArrayPeek(..)
        | InstKind::ArrayUnique(..)
        | InstKind::ArrayUniqueAt(..)
        | InstKind::ArrayStore(..)
        | InstKind::ArrayReplace(..)
        | InstKind::ArrayPush(..)
        | InstKind::BoxNew(..)
        | InstKind::BoxLoad(..)
        | InstKind::BoxPeek(..)
        | InstKind::CellGet(..)
        | InstKind::CellSet(..)
        | InstKind::CellReplace(..)
        | InstKind::CallIndirect(..)
        | InstKind::Retain(_)
        | InstKind::Release(_)
        | InstKind::GlobalSet(..)
        | InstKind::GlobalReplace(..)
        | InstKind::Call(..)
        | InstKind::CallRt(..) => false,
    }
}

/// How `returned` is computed from `result`, each step being the only use of the one before.
fn find_chain(func: &Function, uses: &UseCounts, rest: &[Inst], result: Value, returned: Value) -> Option<Vec<Link>> {
    let mut chain: Vec<Link> = Vec::new();
    let mut current = result;
    for &inst in rest {
        let data = &func.insts[inst];
        let mut uses_current = false;
        data.kind.for_each_operand(|value| uses_current |= value == current);
        if !uses_current {
            continue;
        }
        let (op, operand) = match data.kind {
            InstKind::Binary(op, a, b) if a == current && b != current => (op, b),
            InstKind::Binary(op, a, b) if b == current && a != current && op != BinaryOp::IntSub => (op, a),
            _ => return None,
        };
        identity(accumulator_op(op))?;
        if chain.first().is_some_and(|first| accumulator_op(first.op) != accumulator_op(op)) || uses.get(current) != 1 {
            return None;
        }
        chain.push(Link { inst, op, operand });
        current = data.results[0];
    }
    (current == returned && uses.get(current) == 1).then_some(chain)
}

/// A block at the function's start that only tests a condition, without effect, and else reports a fault.
struct Check {
    block: Block,
    cond: Value,
    /// The outcome that goes on.
    passes: bool,
    /// Where it goes on, and nothing else leads.
    next: Block,
}

/// The checks at the start.
fn leading_checks(func: &Function, cfg: &Cfg) -> Vec<Check> {
    const MAX_CHECKS: usize = 8;
    let cold = ColdBlocks::new(func, cfg);
    let mut checks = Vec::new();
    let mut block = func.entry();
    while checks.len() < MAX_CHECKS {
        let data = &func.blocks[block];
        let Terminator::Branch(cond, then, otherwise) = &data.terminator else {
            break;
        };
        let passes = cold.is_cold(otherwise.block);
        let next = if passes { then.block } else { otherwise.block };
        let is_check = cold.is_cold(then.block) != passes;
        let is_own = func.blocks[next].params.is_empty() && cfg.preds(next) == [block];
        let is_pure = data.insts.iter().all(|&inst| is_movable(func, inst) || is_string_measure(func, inst));
        if !(is_check && is_own && is_pure) {
            break;
        }
        checks.push(Check { block, cond: *cond, passes, next });
        block = next;
    }
    checks
}

/// Asking a borrowed string for its length has no effect either, and can be done again.
fn is_string_measure(func: &Function, inst: Inst) -> bool {
    matches!(&func.insts[inst].kind, InstKind::CallRt(resilient_abi::RtFn::StrLen, _))
}

/// Blocks that control can get to from a block.
fn reachable(func: &Function, from: Block) -> SecondaryMap<Block, bool> {
    let mut seen = SecondaryMap::with_capacity(func.blocks.len());
    let mut pending = vec![from];
    while let Some(block) = pending.pop() {
        if !std::mem::replace(&mut seen[block], true) {
            pending.extend(func.blocks[block].terminator.successors().map(|target| target.block));
        }
    }
    seen
}

/// What the facts at a call say.
#[derive(Clone, Default)]
struct Proof {
    /// By parameter: it goes up (1) or down (-1) towards a constant, or does not (0).
    towards_constant: Vec<i8>,
    /// Pairs of parameters: the first goes up (1) or down (-1) towards the second, which does not change.
    towards_param: Vec<(usize, usize, i8)>,
    /// How many leading checks are certain to be passed.
    n_passed: usize,
}

impl Proof {
    fn new(func: &Function, facts: &Facts, site: &Site, checks: &[Check]) -> Proof {
        let params = &func.blocks[func.entry()].params;
        let mut proof = Proof { towards_constant: vec![0; params.len()], ..Proof::default() };
        for (index, (&param, &arg)) in params.iter().zip(&site.args).enumerate() {
            let Some(step) = constant_step(func, param, arg).filter(|&step| step != 0) else {
                continue;
            };
            let interval = facts.interval(param);
            let (limit, op) = if step > 0 { (interval.hi, CmpOp::Lt) } else { (interval.lo, CmpOp::Gt) };
            if limit.checked_add(step).is_none() {
                continue;
            }
            let direction = step.signum() as i8;
            if limit.unsigned_abs() <= BOUND.unsigned_abs() {
                proof.towards_constant[index] = direction;
            }
            for (other, (&bound, &bound_arg)) in params.iter().zip(&site.args).enumerate() {
                let fixed = other != index && bound == bound_arg && func.ty(bound) == Ty::I64;
                if fixed && facts.compare(func, op, Operand::Value(param), Operand::Value(bound)) == Some(true) {
                    proof.towards_param.push((index, other, direction));
                }
            }
        }
        proof.n_passed = n_passed(func, facts, site, checks);
        proof
    }
}

/// How many leading checks the call's arguments are certain to pass.
fn n_passed(func: &Function, facts: &Facts, site: &Site, checks: &[Check]) -> usize {
    let params = &func.blocks[func.entry()].params;
    // What the values of the function's start are for the call.
    let mut operands: FxHashMap<Value, Operand> =
        params.iter().copied().zip(site.args.iter().copied().map(Operand::Value)).collect();
    for (n, check) in checks.iter().enumerate() {
        for &inst in &func.blocks[check.block].insts {
            let operand = |value| operands.get(&value).copied().unwrap_or(Operand::Known(None));
            let known = facts.evaluate(func, &func.insts[inst].kind, operand);
            operands.extend(func.insts[inst].results.iter().map(|&result| (result, Operand::Known(known))));
        }
        let outcome = match operands.get(&check.cond) {
            Some(Operand::Known(Some(Known::Bool(known)))) => Some(*known),
            Some(Operand::Value(value)) => facts.bool(*value),
            _ => None,
        };
        if outcome != Some(check.passes) {
            return n;
        }
    }
    checks.len()
}

/// Whether some parameter comes closer to a bound at every call.
fn loop_ends(func: &Function, proofs: &[&Proof]) -> bool {
    let to_constant = (0..func.params.len()).any(|n| {
        [1, -1].into_iter().any(|direction| proofs.iter().all(|proof| proof.towards_constant[n] == direction))
    });
    let to_param = proofs.first().is_some_and(|first| {
        first.towards_param.iter().any(|pair| proofs.iter().all(|proof| proof.towards_param.contains(pair)))
    });
    to_constant || to_param
}

fn make_loop(func: &mut Function, sites: &[Site], skipped: &[Check]) {
    let op = sites.iter().find_map(Site::operator);
    let header = match skipped.last() {
        Some(last) => header_behind(func, skipped, last),
        None => header_at_start(func),
    };
    let accumulator = op.and_then(|op| Some((op, identity(op)?))).map(|(op, identity)| {
        let param = func.add_param(header.block, Ty::I64);
        func.values[param].name = Some("accumulator".into());
        let inst = func.append_inst(header.before, InstKind::Const(Const::Int(identity)), &[Ty::I64], None);
        let identity = func.insts[inst].results[0];
        for target in func.blocks[header.before].terminator.successors_mut() {
            if target.block == header.block {
                target.args.push(identity);
            }
        }
        (op, param)
    });
    if let Some((op, param)) = accumulator {
        finish_returns(func, header.block, sites, op, param);
    }
    for site in sites {
        make_jump(func, site, &header, accumulator.map(|(_, param)| param));
    }
}

struct Header {
    block: Block,
    /// The block that enters the loop.
    before: Block,
    /// Names in the loop of parameters and of what the skipped checks compute, if they changed.
    renamed: FxHashMap<Value, Value>,
}

/// Indices of the parameters that the loop hands on.
fn passed_params(func: &Function) -> Vec<usize> {
    (0..func.params.len()).filter(|&n| !func.params[n].borrowed).collect()
}

/// The function's first block becomes the loop's header, entered from a new first block.
fn header_at_start(func: &mut Function) -> Header {
    let block = func.entry();
    let before = func.add_block();
    func.layout.pop();
    func.layout.insert(0, before);
    let old_params = std::mem::take(&mut func.blocks[block].params);
    let mut args = Vec::new();
    for (n, &param) in old_params.iter().enumerate() {
        if func.params[n].borrowed {
            // It stays the function's parameter.
            func.blocks[before].params.push(param);
            func.values[param].def = ValueDef::Param(before, n as u32);
            continue;
        }
        let fresh = func.add_param(before, func.ty(param));
        func.values[fresh].name = func.values[param].name.clone();
        func.values[param].def = ValueDef::Param(block, args.len() as u32);
        func.blocks[block].params.push(param);
        args.push(fresh);
    }
    func.blocks[before].terminator = Terminator::Jump(BlockCall { block, args });
    Header { block, before, renamed: FxHashMap::default() }
}

/// The loop starts behind the last of the skipped checks. What these compute is computed again in the loop.
fn header_behind(func: &mut Function, skipped: &[Check], last: &Check) -> Header {
    let block = last.next;
    let region = reachable(func, block);
    let mut renamed = FxHashMap::default();
    let own_params = func.blocks[func.entry()].params.clone();
    let mut args = Vec::new();
    for n in passed_params(func) {
        let param = own_params[n];
        let fresh = func.add_param(block, func.ty(param));
        func.values[fresh].name = func.values[param].name.clone();
        renamed.insert(param, fresh);
        args.push(param);
    }
    let mut again = Vec::new();
    for check in skipped {
        for inst in func.blocks[check.block].insts.clone() {
            let InstData { mut kind, results, loc } = func.insts[inst].clone();
            kind.for_each_operand_mut(|value| rename(&renamed, value));
            let tys: Vec<Ty> = results.iter().map(|&result| func.ty(result)).collect();
            let copy = func.make_inst(kind, &tys, loc);
            renamed.extend(results.into_iter().zip(func.insts[copy].results.iter().copied()));
            again.push(copy);
        }
    }
    for inside in func.layout.clone() {
        if region[inside] {
            let Function { blocks, insts, .. } = &mut *func;
            for &inst in &blocks[inside].insts {
                insts[inst].kind.for_each_operand_mut(|value| rename(&renamed, value));
            }
            blocks[inside].terminator.for_each_operand_mut(|value| rename(&renamed, value));
        }
    }
    func.blocks[block].insts.splice(0..0, again);
    for target in func.blocks[last.block].terminator.successors_mut() {
        if target.block == block {
            target.args = args.clone();
        }
    }
    Header { block, before: last.block, renamed }
}

fn rename(renamed: &FxHashMap<Value, Value>, value: &mut Value) {
    *value = renamed.get(value).copied().unwrap_or(*value);
}

/// Returns from the loop give the accumulated value.
fn finish_returns(func: &mut Function, header: Block, sites: &[Site], op: BinaryOp, accumulator: Value) {
    let region = reachable(func, header);
    for block in func.layout.clone() {
        if !region[block] || sites.iter().any(|site| site.block == block) {
            continue;
        }
        if let Terminator::Return(values) = &func.blocks[block].terminator
            && let &[value] = values.as_slice()
        {
            let sum = func.append_inst(block, InstKind::Binary(op, accumulator, value), &[Ty::I64], None);
            func.blocks[block].terminator = Terminator::Return(func.insts[sum].results.clone());
        }
    }
}

fn make_jump(func: &mut Function, site: &Site, header: &Header, accumulator: Option<Value>) {
    let insts = &mut func.blocks[site.block].insts;
    insts.retain(|&inst| inst != site.call && site.chain.iter().all(|link| link.inst != inst));
    let mut args = Vec::new();
    for n in passed_params(func) {
        let mut arg = site.args[n];
        rename(&header.renamed, &mut arg);
        args.push(arg);
    }
    if let Some(mut sum) = accumulator {
        for link in &site.chain {
            let mut operand = link.operand;
            rename(&header.renamed, &mut operand);
            let inst = func.append_inst(site.block, InstKind::Binary(link.op, sum, operand), &[Ty::I64], None);
            sum = func.insts[inst].results[0];
        }
        args.push(sum);
    }
    func.blocks[site.block].terminator = Terminator::Jump(BlockCall { block: header.block, args });
}

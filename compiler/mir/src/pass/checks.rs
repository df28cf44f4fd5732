//! Removes checks that cannot fail where they stand, and branches that can go only one way.
//!
//! ```text
//! block0(v0: i64 n):
//!     v1 = iconst 2
//!     v2 = icmp lt v0, v1
//!     branch v2, block1, block2
//! block2:
//!     v3 = iconst -1
//!     v4 = iadd v0, v3
//!     v5 = iconst 0
//!     v6 = icmp ge v4, v5
//!     branch v6, block3, block4      =>   jump block3
//! ```
//!
//! A walk over the dominator tree knows for each point what dominating instructions and branch outcomes say
//! ([`crate::analysis::facts`]): here `n >= 2`, so `n - 1 >= 1`. Contract checks, checks of divisors and of shift amounts,
//! and conditions of the program are all branches and treated alike. A comparison whose outcome is known becomes a
//! constant.
//!
//! For the parameters of a loop header, whose arguments are not all seen before the walk gets there, an interval is
//! assumed where it is certain without a fixed point: a parameter that is stepped up by constants never gets below its
//! first value, provided that a comparison in the loop keeps each step from wrapping. Other joins have the union of what is
//! passed. Where every way into a block tests what it passes against the same bound, as the entry and the end of a `for`
//! do, the parameter is known to compare with the bound: so an index that runs below the length of an array needs no
//! check.
//!
//! Meaning is kept because facts hold each time control gets to the point. Linear in the function, but for the conditions
//! looked through per loop parameter, of which there are few. Cranelift does not reason about ranges.

use resilient_base::SecondaryMap;

use crate::analysis::facts::{Facts, Scope, negated, swapped};
use crate::analysis::interval::Interval;
use crate::analysis::{Cfg, Dominators};
use crate::ir::*;

/// Decides what can be decided in a function; tells whether it changed.
pub fn run(func: &mut Function) -> bool {
    let cfg = Cfg::new(func);
    let dominators = Dominators::new(&cfg);
    let mut changed = false;
    walk(func, &cfg, &dominators, |func, facts, block| changed |= decide(func, facts, block));
    changed
}

/// Calls `visit` for each reachable block with what is known at its end.
pub(super) fn walk(
    func: &mut Function,
    cfg: &Cfg,
    dominators: &Dominators,
    mut visit: impl FnMut(&mut Function, &Facts, Block),
) {
    let mut facts = Facts::default();
    // Intervals that held where values were defined, and so hold wherever they are used; full for those not yet seen.
    let mut at_definition: SecondaryMap<Value, Interval> = SecondaryMap::with_capacity(func.values.len());
    // The path from the root to the current block.
    let mut path: Vec<(Block, Scope)> = Vec::new();
    for &block in dominators.preorder() {
        while let Some(&(ancestor, scope)) = path.last() {
            if Some(ancestor) == dominators.idom(block) {
                break;
            }
            facts.leave(scope);
            path.pop();
        }
        path.push((block, facts.enter()));
        if let &[pred] = cfg.preds(block) {
            facts.assume_edge(func, pred, block);
        }
        learn_params(func, cfg, dominators, &mut facts, &at_definition, block);
        for &param in &func.blocks[block].params {
            at_definition[param] = facts.interval(param);
        }
        for &inst in &func.blocks[block].insts {
            facts.define(func, inst);
            for &result in &func.insts[inst].results {
                at_definition[result] = facts.interval(result);
            }
        }
        visit(func, &facts, block);
    }
}

fn learn_params(
    func: &Function,
    cfg: &Cfg,
    dominators: &Dominators,
    facts: &mut Facts,
    at_definition: &SecondaryMap<Value, Interval>,
    block: Block,
) {
    for (index, &param) in func.blocks[block].params.iter().enumerate() {
        if func.ty(param) != Ty::I64 || block == func.entry() {
            continue;
        }
        let mut passed: Option<Interval> = None;
        // Arguments passed around a loop, with the block that passes them.
        let mut steps = Vec::new();
        for &pred in cfg.preds(block) {
            for target in func.blocks[pred].terminator.successors().filter(|target| target.block == block) {
                let arg = target.args[index];
                if arg == param {
                    continue;
                }
                if dominators.dominates(block, pred) {
                    steps.push((arg, pred));
                } else {
                    let known = at_definition[arg];
                    passed = Some(passed.map_or(known, |passed| passed.union(known)));
                }
            }
        }
        let Some(first) = passed else {
            continue;
        };
        let tested = tested_on_entry(func, cfg, block, index);
        let always = match tested {
            Some((op, bound)) => Interval::FULL.restrict(op, at_definition[bound]).unwrap_or_default(),
            None => Interval::FULL,
        };
        facts.set_interval(param, Some(stepped(func, cfg, dominators, block, (param, always), first, &steps)));
        if let Some((op, bound)) = tested {
            facts.assume_compare(op, param, bound);
        }
    }
}

/// `op` and `bound` if every edge to `block` is taken only if `argument op bound`, for the argument number `index`.
fn tested_on_entry(func: &Function, cfg: &Cfg, block: Block, index: usize) -> Option<(CmpOp, Value)> {
    let mut common = None;
    for &pred in cfg.preds(block) {
        let Terminator::Branch(cond, then, otherwise) = &func.blocks[pred].terminator else {
            return None;
        };
        if then.block == otherwise.block {
            return None;
        }
        let ValueDef::Result(inst, _) = func.values[*cond].def else {
            return None;
        };
        let InstKind::IntCmp(op, a, b) = func.insts[inst].kind else {
            return None;
        };
        let (op, target) = if then.block == block { (op, then) } else { (negated(op), otherwise) };
        let test = match target.args[index] {
            arg if arg == a => (op, b),
            arg if arg == b => (swapped(op), a),
            _ => return None,
        };
        if common.is_some_and(|common| common != test) {
            return None;
        }
        common = Some(test);
    }
    // The bound dominates all predecessors, and so the block: it is the same value there.
    common
}

/// Interval of a loop parameter that starts in `first` and is passed `steps` around the loop. It is always in the interval
/// that it comes with.
fn stepped(
    func: &Function,
    cfg: &Cfg,
    dominators: &Dominators,
    header: Block,
    (param, always): (Value, Interval),
    first: Interval,
    steps: &[(Value, Block)],
) -> Interval {
    let mut interval = first;
    for &(arg, from) in steps {
        let Some(step) = constant_step(func, param, arg) else {
            return Interval::FULL;
        };
        let at_step = bounds_in_loop(func, cfg, dominators, header, param, from);
        let at_step = at_step.intersect(always).unwrap_or(always);
        if step >= 0 && at_step.hi.checked_add(step).is_some() {
            interval.hi = interval.hi.max(at_step.hi + step);
        } else if step < 0 && at_step.lo.checked_add(step).is_some() {
            interval.lo = interval.lo.min(at_step.lo + step);
        } else {
            return Interval::FULL;
        }
    }
    interval
}

/// `step` if `arg` is `param + step`.
pub(super) fn constant_step(func: &Function, param: Value, arg: Value) -> Option<i64> {
    let ValueDef::Result(inst, _) = func.values[arg].def else {
        return None;
    };
    let constant = |value: Value| constant_of(func, value);
    match func.insts[inst].kind {
        InstKind::Binary(BinaryOp::IntAdd, a, b) if a == param => constant(b),
        InstKind::Binary(BinaryOp::IntAdd, a, b) if b == param => constant(a),
        InstKind::Binary(BinaryOp::IntSub, a, b) if a == param => constant(b)?.checked_neg(),
        _ => None,
    }
}

/// The int that an instruction makes, if that is all it does.
pub(super) fn constant_of(func: &Function, value: Value) -> Option<i64> {
    let ValueDef::Result(inst, _) = func.values[value].def else {
        return None;
    };
    match func.insts[inst].kind {
        InstKind::Const(Const::Int(value)) => Some(value),
        _ => None,
    }
}

/// What comparisons on the way from a loop's header to `block` say about a parameter of the header. A comparison with
/// anything keeps an int from an end of the range: below something is below the largest int.
fn bounds_in_loop(
    func: &Function,
    cfg: &Cfg,
    dominators: &Dominators,
    header: Block,
    param: Value,
    block: Block,
) -> Interval {
    let mut bounds = Interval::FULL;
    let mut below = block;
    while below != header {
        let Some(above) = dominators.idom(below) else {
            return bounds;
        };
        if cfg.preds(below) == [above]
            && let Terminator::Branch(cond, then, otherwise) = &func.blocks[above].terminator
            && then.block != otherwise.block
            && let ValueDef::Result(inst, _) = func.values[*cond].def
            && let InstKind::IntCmp(op, a, b) = func.insts[inst].kind
        {
            let op = if then.block == below { op } else { negated(op) };
            let side = if a == param { Some((op, b)) } else { (b == param).then_some((swapped(op), a)) };
            if let Some((op, other)) = side {
                let other = constant_of(func, other).map_or(Interval::FULL, Interval::of);
                bounds = bounds.restrict(op, other).unwrap_or(bounds);
            }
        }
        below = above;
    }
    bounds
}

/// Makes known comparisons constants and known branches jumps.
fn decide(func: &mut Function, facts: &Facts, block: Block) -> bool {
    if facts.is_contradiction() {
        return false;
    }
    let Function { blocks, insts, .. } = func;
    let data = &mut blocks[block];
    let mut changed = false;
    for &inst in &data.insts {
        let inst = &mut insts[inst];
        let known = match (&inst.kind, inst.results.as_slice()) {
            (InstKind::Const(_), _) => None,
            (_, &[result]) => facts.bool(result).map(Const::Bool).or_else(|| {
                let is_int_op =
                    matches!(inst.kind, InstKind::Unary(UnaryOp::IntNeg | UnaryOp::Wrap(_), _) | InstKind::Binary(..));
                let interval = facts.interval(result);
                interval.as_const().filter(|_| is_int_op).map(Const::Int)
            }),
            _ => None,
        };
        if let Some(known) = known {
            // Nothing that has an effect gives a bool that is known.
            inst.kind = InstKind::Const(known);
            changed = true;
        }
    }
    if let Terminator::Branch(cond, then, otherwise) = &data.terminator
        && let Some(known) = facts.bool(*cond)
    {
        let target = if known { then } else { otherwise };
        data.terminator = Terminator::Jump(target.clone());
        changed = true;
    }
    changed
}

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
//! For the parameters of a loop header, whose arguments are not all seen before the walk gets there, an interval is taken
//! where it is certain without a fixed point: a parameter that is stepped up by constants never gets below its first
//! value, provided that a comparison in the loop keeps each step from wrapping. What else holds of parameters is guessed and
//! tested by walking several times ([`crate::analysis::invariants`]).
//!
//! Meaning is kept because facts hold each time control gets to the point. Linear in the function, but for the conditions
//! looked through per loop parameter, of which there are few; functions with loops are walked a few times. Cranelift does not reason about ranges.

use resilient_abi::RtFn;
use resilient_base::SecondaryMap;

use crate::analysis::facts::{Facts, Scope, definition, negated, swapped};
use crate::analysis::interval::Interval;
use crate::analysis::invariants::Invariants;
use crate::analysis::planted::{Mistake, is_planted};
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

/// How often to walk until guesses about loops are given up.
const MAX_WALKS: usize = 6;

/// Calls `visit` for each reachable block with what is known of its instructions where they stand, and holds at its end.
pub(crate) fn walk(
    func: &mut Function,
    cfg: &Cfg,
    dominators: &Dominators,
    mut visit: impl FnMut(&mut Function, &Facts, Block),
) {
    let mut invariants = Invariants::new(func, cfg, dominators);
    let is_back_edge = |&block: &Block| cfg.preds(block).iter().any(|&pred| dominators.dominates(block, pred));
    if cfg.rpo().iter().any(is_back_edge) {
        let holds = (0..MAX_WALKS).any(|_| {
            walk_once(func, cfg, dominators, &mut invariants, &mut |_, _, _| {});
            !invariants.has_failed()
        });
        if !holds {
            invariants.give_up_guesses();
            walk_once(func, cfg, dominators, &mut invariants, &mut |_, _, _| {});
        }
        invariants.set_proven();
    }
    walk_once(func, cfg, dominators, &mut invariants, &mut visit);
}

fn walk_once(
    func: &mut Function,
    cfg: &Cfg,
    dominators: &Dominators,
    invariants: &mut Invariants,
    visit: &mut dyn FnMut(&mut Function, &Facts, Block),
) {
    invariants.restart();
    let mut facts = Facts::default();
    // The path from the root to the current block.
    let mut path: Vec<(Block, Scope)> = Vec::new();
    let mut seen: SecondaryMap<Block, bool> = SecondaryMap::with_capacity(func.blocks.len());
    for &block in dominators.preorder() {
        while let Some(&(ancestor, scope)) = path.last() {
            if Some(ancestor) == dominators.idom(block) {
                break;
            }
            facts.leave(scope);
            path.pop();
        }
        path.push((block, facts.enter()));
        // What the way into a loop says about values from outside stays true as long as control stays in the loop.
        let mut ways_in = cfg.preds(block).iter().filter(|&&pred| !dominators.dominates(block, pred));
        if let (Some(&pred), None) = (ways_in.next(), ways_in.next()) {
            facts.assume_edge(func, pred, block);
        }
        if !func.blocks[block].params.is_empty() && block != func.entry() {
            let has_more = cfg.preds(block).iter().any(|&pred| !seen[pred]);
            learn_params(func, cfg, dominators, &mut facts, invariants, (block, has_more));
            invariants.enter(func, &mut facts, block, has_more);
        }
        learn_checked_index(func, cfg, &mut facts, block);
        for &inst in &func.blocks[block].insts {
            facts.define(func, inst);
        }
        seen[block] = true;
        let scope = facts.enter();
        func.blocks[block].insts.iter().for_each(|&inst| facts.pass(func, inst));
        for target in func.blocks[block].terminator.successors() {
            if invariants.is_interested(func, target.block) {
                let scope = facts.enter();
                facts.assume_edge(func, block, target.block);
                invariants.see_edge(func, &facts, target);
                facts.leave(scope);
            }
        }
        facts.leave(scope);
        visit(func, &facts, block);
        func.blocks[block].insts.iter().for_each(|&inst| facts.pass(func, inst));
    }
}

/// Learns the intervals of a block's parameters.
fn learn_params(
    func: &Function,
    cfg: &Cfg,
    dominators: &Dominators,
    facts: &mut Facts,
    invariants: &mut Invariants,
    (block, has_more): (Block, bool),
) {
    for (index, &param) in func.blocks[block].params.iter().enumerate() {
        if func.ty(param) != Ty::I64 {
            continue;
        }
        let Some(first) = invariants.passed(param) else {
            continue;
        };
        if has_more && let Some(interval) = invariants.proven(param) {
            facts.set_interval(param, Some(interval));
            continue;
        }
        let tested = tested_on_entry(func, cfg, block, index);
        if let Some((op, bound)) = tested {
            facts.assume_compare(op, param, bound);
        }
        if !has_more {
            facts.set_interval(param, Some(first));
            continue;
        }
        // Arguments passed around the loop, with the block that passes them.
        let mut steps = Vec::new();
        for &pred in cfg.preds(block).iter().filter(|&&pred| dominators.dominates(block, pred)) {
            let targets = func.blocks[pred].terminator.successors().filter(|target| target.block == block);
            steps.extend(targets.map(|target| (target.args[index], pred)).filter(|&(arg, _)| arg != param));
        }
        let always = facts.interval(param);
        let interval = stepped(func, (cfg, dominators), facts, block, (param, always), first, &steps);
        let interval = interval.unwrap_or_else(|| invariants.guess_interval(param));
        facts.set_interval(param, Some(interval));
        invariants.settle(param, facts.interval(param));
    }
}

/// Behind the check of an index, at the block where an index from the start and one from the end meet:
///
/// ```text
///     v3 = ucmp lt i, n
///     branch v3, block3(i), block1
/// block1:
///     v4 = iadd i, n
///     v5 = ucmp lt v4, n
///     branch v5, block3(v4), block2
/// block3(v6):                         -n <= i < n, 0 <= v6 < n
/// ```
fn learn_checked_index(func: &Function, cfg: &Cfg, facts: &mut Facts, block: Block) {
    let Some((index, length, from_start, from_end)) = checked_ways(func, cfg, block) else {
        return;
    };
    if facts.interval(length).lo < 0 {
        return;
    }
    facts.assume_compare(CmpOp::Lt, index, length);
    if is_planted(Mistake::CheckedIndexFromStart) {
        facts.set_interval(index, Some(Interval { lo: 0, hi: i64::MAX }));
    }
    facts.assume_sum_is_not_negative(index, length);
    for ((&param, &first), &second) in func.blocks[block].params.iter().zip(&from_start.args).zip(&from_end.args) {
        if first == index && is_sum_of(func, second, index, length) {
            facts.set_interval(param, Some(Interval { lo: 0, hi: i64::MAX }));
            facts.assume_compare(CmpOp::Lt, param, length);
        }
    }
}

/// The index, the length, and the two ways into the block behind the check of an index, if `block` is one.
fn checked_ways<'f>(
    func: &'f Function,
    cfg: &Cfg,
    block: Block,
) -> Option<(Value, Value, &'f BlockCall, &'f BlockCall)> {
    let &[one, other] = cfg.preds(block) else {
        return None;
    };
    let (start, end) = if cfg.preds(other) == [one] { (one, other) } else { (other, one) };
    if cfg.preds(end) != [start] {
        return None;
    }
    // The comparison, and the way to `to` where it holds.
    let test = |from: Block, to: Block| match &func.blocks[from].terminator {
        Terminator::Branch(cond, then, otherwise) if then.block == to && otherwise.block != to => {
            match *definition(func, *cond)? {
                InstKind::UintCmp(CmpOp::Lt, a, b) => Some((a, b, then)),
                _ => None,
            }
        }
        _ => None,
    };
    let (index, length, from_start) = test(start, block)?;
    let (sum, same_length, from_end) = test(end, block)?;
    (length == same_length && is_sum_of(func, sum, index, length)).then_some((index, length, from_start, from_end))
}

fn is_sum_of(func: &Function, sum: Value, x: Value, y: Value) -> bool {
    matches!(definition(func, sum), Some(&InstKind::Binary(BinaryOp::IntAdd, a, b)) if (a, b) == (x, y) || (a, b) == (y, x))
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

/// Interval of a loop parameter that starts in `first` and is passed `steps` around the loop, if all of them are constant
/// steps that are certain not to wrap. The parameter is always in the interval that it comes with.
///
/// The end is where a comparison before the step leaves the parameter, plus the step; or where the comparison that goes around
/// leaves what is passed, provided that a step from there does not wrap.
fn stepped(
    func: &Function,
    (cfg, dominators): (&Cfg, &Dominators),
    facts: &Facts,
    header: Block,
    (param, always): (Value, Interval),
    first: Interval,
    steps: &[(Value, Block)],
) -> Option<Interval> {
    let mut interval = first;
    let mut by_edge = Vec::new();
    for &(arg, from) in steps {
        let step = constant_step(func, param, arg)?;
        let at_step = bounds_in_loop(func, cfg, dominators, facts, (header, param), from);
        let at_step = at_step.intersect(always).unwrap_or(always);
        let passed = edge_bounds(func, facts, arg, (from, header));
        if step >= 0 {
            interval.hi = interval.hi.max(at_step.hi.checked_add(step).unwrap_or(i64::MAX).min(passed.hi));
        } else {
            interval.lo = interval.lo.min(at_step.lo.checked_add(step).unwrap_or(i64::MIN).max(passed.lo));
        }
        by_edge.push((step, at_step));
    }
    let wraps = |&(step, at_step): &(i64, Interval)| match step >= 0 {
        true => at_step.hi.min(interval.hi).checked_add(step).is_none(),
        false => at_step.lo.max(interval.lo).checked_add(step).is_none(),
    };
    let is_certain = !by_edge.iter().any(wraps);
    if is_planted(Mistake::ShortSteps) && interval.hi > first.hi {
        interval.hi -= 1;
    }
    is_certain.then_some(interval)
}

/// What the comparison at the end of `from` says about `value` on the way to `to`.
fn edge_bounds(func: &Function, facts: &Facts, value: Value, (from, to): (Block, Block)) -> Interval {
    match &func.blocks[from].terminator {
        Terminator::Branch(cond, then, otherwise) if then.block != otherwise.block => {
            compared(func, facts, *cond, then.block == to, value).unwrap_or_default()
        }
        _ => Interval::FULL,
    }
}

/// What the outcome of a comparison says about `value`, if that is compared.
fn compared(func: &Function, facts: &Facts, cond: Value, outcome: bool, value: Value) -> Option<Interval> {
    let Some(&InstKind::IntCmp(op, a, b)) = definition(func, cond) else {
        return None;
    };
    let op = if outcome { op } else { negated(op) };
    let (op, other) = if a == value { (op, b) } else { (b == value).then_some((swapped(op), a))? };
    // Of what is defined in the loop nothing is known yet, but for constants.
    let other = constant_of(func, other).map_or(facts.interval(other), Interval::of);
    Interval::FULL.restrict(op, other)
}

/// `step` if `arg` is `param + step`.
pub(super) fn constant_step(func: &Function, param: Value, arg: Value) -> Option<i64> {
    let constant = |value: Value| constant_of(func, value);
    match *definition(func, arg)? {
        InstKind::Binary(BinaryOp::IntAdd, a, b) if a == param => constant(b),
        InstKind::Binary(BinaryOp::IntAdd, a, b) if b == param => constant(a),
        InstKind::Binary(BinaryOp::IntSub, a, b) if a == param => constant(b)?.checked_neg(),
        _ => None,
    }
}

/// The int that an instruction makes, if that is all it does.
pub(super) fn constant_of(func: &Function, value: Value) -> Option<i64> {
    match *definition(func, value)? {
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
    facts: &Facts,
    (header, param): (Block, Value),
    block: Block,
) -> Interval {
    let mut bounds = Interval::FULL;
    let mut below = block;
    while below != header {
        let Some(above) = dominators.idom(below) else {
            return bounds;
        };
        if cfg.preds(below) == [above] {
            let found = edge_bounds(func, facts, param, (above, below));
            bounds = bounds.intersect(found).unwrap_or(bounds);
        }
        below = above;
    }
    bounds
}

/// Makes known comparisons constants and known branches jumps, and takes checks out of runtime calls that pass them.
fn decide(func: &mut Function, facts: &Facts, block: Block) -> bool {
    if facts.is_contradiction() {
        return false;
    }
    let mut changed = false;
    for inst in func.blocks[block].insts.clone() {
        if let InstKind::CallRt(RtFn::StrIndex, args) = &func.insts[inst].kind
            && facts.is_in_text(func, args[0], args[1])
        {
            func.insts[inst].kind = InstKind::CallRt(RtFn::StrGet, args.clone());
            func.insts[inst].loc = None;
            changed = true;
        }
    }
    let Function { blocks, insts, .. } = func;
    let data = &mut blocks[block];
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

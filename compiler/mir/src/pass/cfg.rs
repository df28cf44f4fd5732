//! Makes the control-flow graph smaller.
//!
//! ```text
//! block0:                                block0:
//!     branch v0, block1, block2              v2 = iconst 1
//! block1:                                    v3 = iconst 2
//!     jump block3(v1)                        v5 = select v0, v1, v2
//! block2:                          =>        return v5
//!     jump block3(v2)
//! block3(v4):
//!     return v4
//! ```
//!
//! In turn, until nothing changes (bounded, each round makes the function smaller):
//!
//! - Blocks that cannot be reached leave the layout.
//! - A parameter that is always passed the same value, or itself, is replaced by it. For a counted type, too: the edges
//!   moved one reference into the parameter, now it just stays.
//! - An edge to a block that holds only a jump goes to where that jumps, if the block's parameters are used nowhere else.
//!   So does one to a block that only branches or switches on a constant which the edge passes, as `&&`, `||` and `match`
//!   leave behind.
//! - A jump to a block that holds only a branch or a return becomes that branch or return, under the same condition. (A
//!   switch is not copied: it may be large.)
//! - A branch with the same block and the same arguments on both sides is a jump. With other arguments of uncounted types
//!   it is a jump, too, that passes the result of `select`; up to [`MAX_SELECTS`].
//! - A block that is the only one to go to another, and only by a jump, takes it in.
//!
//! Meaning is kept: the sequence of instructions that run stays, but for `select`, which has no effect. Each round is
//! linear. Cranelift does none of this but remove unreachable blocks.

use resilient_base::SecondaryMap;

use super::Aliases;
use super::simplify::switch_target;
use crate::analysis::{Cfg, UseCounts};
use crate::ir::*;

/// How many selects may take the place of a branch. More would compute much that is thrown away.
const MAX_SELECTS: usize = 2;

/// A limit for chains of changes that each open the way for the next.
const MAX_ROUNDS: usize = 8;

/// Simplifies the graph of a function; tells whether it changed.
pub fn run(func: &mut Function) -> bool {
    let mut changed = false;
    for _ in 0..MAX_ROUNDS {
        let round = remove_unreachable(func) | thread(func) | remove_constant_params(func) | merge(func);
        changed |= round;
        if !round {
            break;
        }
    }
    changed | remove_unreachable(func)
}

fn remove_unreachable(func: &mut Function) -> bool {
    let cfg = Cfg::new(func);
    let before = func.layout.len();
    func.layout.retain(|&block| cfg.is_reachable(block));
    before != func.layout.len()
}

/// What is passed for a parameter, as far as seen.
#[derive(Clone, Copy)]
enum Passed {
    Nothing,
    Always(Value),
    Various,
}

/// Replaces parameters that are always passed the same value.
fn remove_constant_params(func: &mut Function) -> bool {
    let cfg = Cfg::new(func);
    let entry = func.entry();
    let mut aliases = Aliases::new();
    for &block in cfg.rpo() {
        if block == entry || func.blocks[block].params.is_empty() {
            continue;
        }
        let params = &func.blocks[block].params;
        let mut passed = vec![Passed::Nothing; params.len()];
        for &pred in cfg.preds(block) {
            for target in func.blocks[pred].terminator.successors().filter(|target| target.block == block) {
                for ((state, &arg), &param) in passed.iter_mut().zip(&target.args).zip(params) {
                    let arg = aliases.resolve(arg);
                    *state = match *state {
                        _ if arg == param => *state,
                        Passed::Nothing => Passed::Always(arg),
                        Passed::Always(value) if value == arg => Passed::Always(value),
                        _ => Passed::Various,
                    };
                }
            }
        }
        remove_params(func, &cfg, block, &passed, &mut aliases);
    }
    aliases.apply(func);
    !aliases.is_empty()
}

fn remove_params(func: &mut Function, cfg: &Cfg, block: Block, passed: &[Passed], aliases: &mut Aliases) {
    if !passed.iter().any(|state| matches!(state, Passed::Always(_))) {
        return;
    }
    let is_kept = |index: usize| !matches!(passed[index], Passed::Always(_));
    for (index, state) in passed.iter().enumerate() {
        if let Passed::Always(value) = *state {
            aliases.replace(func.blocks[block].params[index], value);
        }
    }
    let Function { blocks, values, .. } = func;
    retain_indices(&mut blocks[block].params, is_kept);
    for (index, &param) in blocks[block].params.iter().enumerate() {
        values[param].def = ValueDef::Param(block, index as u32);
    }
    let mut last = None;
    for &pred in cfg.preds(block) {
        // A branch with both sides to the block stands twice, one after the other, and is done at once.
        if last == Some(pred) {
            continue;
        }
        last = Some(pred);
        for target in blocks[pred].terminator.successors_mut().filter(|target| target.block == block) {
            retain_indices(&mut target.args, is_kept);
        }
    }
}

fn retain_indices(values: &mut Vec<Value>, is_kept: impl Fn(usize) -> bool) {
    let mut index = 0;
    values.retain(|_| {
        index += 1;
        is_kept(index - 1)
    });
}

/// Redirects edges past blocks that hold only a terminator, and removes branches that make no difference.
fn thread(func: &mut Function) -> bool {
    let cfg = Cfg::new(func);
    let passable = passable_blocks(func, &cfg);
    let mut changed = false;
    for &block in cfg.rpo() {
        let mut terminator = std::mem::take(&mut func.blocks[block].terminator);
        for target in terminator.successors_mut() {
            changed |= skip_jumps(func, &passable, target);
        }
        if let Terminator::Jump(target) = &terminator
            && passable[target.block]
            && target.block != block
            && let last @ (Terminator::Branch(..) | Terminator::Return(_)) = &func.blocks[target.block].terminator
        {
            terminator = renamed(last, &func.blocks[target.block].params, &target.args);
            changed = true;
        }
        if let Some(jump) = without_branch(func, block, &terminator) {
            terminator = jump;
            changed = true;
        }
        func.blocks[block].terminator = terminator;
    }
    changed
}

/// Blocks without instructions whose parameters are used by their own terminator only, each counted one once.
fn passable_blocks(func: &Function, cfg: &Cfg) -> SecondaryMap<Block, bool> {
    let uses = UseCounts::new(func, cfg);
    let mut passable = SecondaryMap::with_capacity(func.blocks.len());
    let mut own_uses: SecondaryMap<Value, u32> = SecondaryMap::with_capacity(func.values.len());
    for &block in cfg.rpo() {
        let data = &func.blocks[block];
        if block == func.entry() || !data.insts.is_empty() {
            continue;
        }
        data.terminator.for_each_operand(|value| own_uses[value] += 1);
        passable[block] = data.params.iter().all(|&param| uses.get(param) == own_uses[param]);
        data.terminator.for_each_operand(|value| own_uses[value] -= 1);
    }
    passable
}

/// Lets an edge go on to where the blocks on its way only jump, or branch on a constant that the edge passes.
fn skip_jumps(func: &Function, passable: &SecondaryMap<Block, bool>, target: &mut BlockCall) -> bool {
    // Jumps may go in a circle.
    const MAX_STEPS: usize = 16;
    let mut changed = false;
    for _ in 0..MAX_STEPS {
        let BlockData { params, terminator, .. } = &func.blocks[target.block];
        let next = match terminator {
            Terminator::Jump(next) => next,
            Terminator::Branch(cond, then, otherwise) => match constant_bool(func, rename(*cond, params, &target.args))
            {
                Some(known) => {
                    if known {
                        then
                    } else {
                        otherwise
                    }
                }
                None => break,
            },
            Terminator::Switch(subject, cases, default) => {
                match constant_int(func, rename(*subject, params, &target.args)) {
                    Some(known) => switch_target(known, cases, default),
                    None => break,
                }
            }
            Terminator::Return(_) | Terminator::NoReturn(..) | Terminator::Unreachable => break,
        };
        if !passable[target.block] || next.block == target.block {
            break;
        }
        let args = next.args.iter().map(|&arg| rename(arg, params, &target.args)).collect();
        *target = BlockCall { block: next.block, args };
        changed = true;
    }
    changed
}

fn constant_int(func: &Function, value: Value) -> Option<i64> {
    match func.values[value].def {
        ValueDef::Result(inst, _) => match func.insts[inst].kind {
            InstKind::Const(Const::Int(known)) => Some(known),
            _ => None,
        },
        ValueDef::Param(..) => None,
    }
}

fn constant_bool(func: &Function, value: Value) -> Option<bool> {
    match func.values[value].def {
        ValueDef::Result(inst, _) => match func.insts[inst].kind {
            InstKind::Const(Const::Bool(known)) => Some(known),
            _ => None,
        },
        ValueDef::Param(..) => None,
    }
}

fn rename(value: Value, params: &[Value], args: &[Value]) -> Value {
    params.iter().position(|&param| param == value).map_or(value, |index| args[index])
}

fn renamed(terminator: &Terminator, params: &[Value], args: &[Value]) -> Terminator {
    let mut terminator = terminator.clone();
    terminator.for_each_operand_mut(|value| *value = rename(*value, params, args));
    terminator
}

/// The jump that does the same as a branch with both sides to one block, after selects at the end of `block`.
fn without_branch(func: &mut Function, block: Block, terminator: &Terminator) -> Option<Terminator> {
    let Terminator::Branch(cond, then, otherwise) = terminator else {
        return None;
    };
    if then.block != otherwise.block {
        return None;
    }
    let differing = || then.args.iter().zip(&otherwise.args).filter(|(a, b)| a != b);
    if differing().count() > MAX_SELECTS || differing().any(|(&a, _)| func.ty(a).is_counted()) {
        return None;
    }
    let mut args = Vec::with_capacity(then.args.len());
    for (&a, &b) in then.args.iter().zip(&otherwise.args) {
        if a == b {
            args.push(a);
            continue;
        }
        let ty = func.ty(a);
        let inst = func.append_inst(block, InstKind::Select(*cond, a, b), &[ty], None);
        args.push(func.insts[inst].results[0]);
    }
    Some(Terminator::Jump(BlockCall { block: then.block, args }))
}

/// Joins blocks that follow each other on every path.
fn merge(func: &mut Function) -> bool {
    let cfg = Cfg::new(func);
    let mut aliases = Aliases::new();
    let mut merged: SecondaryMap<Block, bool> = SecondaryMap::new();
    let mut changed = false;
    for &block in cfg.rpo() {
        if merged[block] {
            continue;
        }
        while let Terminator::Jump(target) = &func.blocks[block].terminator {
            let next = target.block;
            if next == block || cfg.preds(next).len() != 1 {
                break;
            }
            let args = target.args.clone();
            let taken = std::mem::take(&mut func.blocks[next]);
            for (&param, &arg) in taken.params.iter().zip(&args) {
                aliases.replace(param, aliases.resolve(arg));
            }
            let data = &mut func.blocks[block];
            data.insts.extend(taken.insts);
            data.terminator = taken.terminator;
            merged[next] = true;
            changed = true;
        }
    }
    if changed {
        func.layout.retain(|&block| !merged[block]);
        aliases.apply(func);
    }
    changed
}

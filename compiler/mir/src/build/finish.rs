//! The last step of building a function: superfluous block parameters go, cold blocks move to the end, and blocks,
//! instructions and values get dense numbers in layout order.
//!
//! A parameter is superfluous if all its arguments are one other value or the parameter itself (a trivial φ of Braun et
//! al., see [`super::ssa`]). Removing one can make others so. Where the graph of blocks is reducible, as here, the rest
//! is minimal.
//!
//! A block is cold if it ends in a fault, can only go to cold blocks, or was made as such.

use resilient_abi::RtFn;
use resilient_base::SecondaryMap;

use super::ssa::{Ssa, only_value, resolve};
use crate::ir::{Block, Function, Terminator, Value};

type Aliases = SecondaryMap<Value, Option<Value>>;

/// The finished function.
pub(super) fn finish(ssa: Ssa) -> Function {
    let Ssa { func, mut aliases, cold, .. } = ssa;
    find_trivial_params(&func, &mut aliases);
    let layout = hot_then_cold(&func, cold);
    renumber(&func, &layout, &aliases)
}

/// Extends `aliases` by all superfluous parameters.
fn find_trivial_params(func: &Function, aliases: &mut Aliases) {
    let mut incoming: SecondaryMap<Block, Vec<&[Value]>> = SecondaryMap::new();
    for &block in &func.layout {
        for target in func.blocks[block].terminator.successors() {
            incoming[target.block].push(&target.args);
        }
    }
    let mut args = Vec::new();
    loop {
        let mut changed = false;
        // Backwards, as parameters of outer loops depend on those of inner ones: most of the time one round finds all.
        for &block in func.layout[1..].iter().rev() {
            for (index, &param) in func.blocks[block].params.iter().enumerate() {
                if aliases[param].is_some() {
                    continue;
                }
                args.clear();
                args.extend(incoming[block].iter().map(|edge| resolve(aliases, edge[index])));
                aliases[param] = only_value(&args, Some(param));
                changed |= aliases[param].is_some();
            }
        }
        if !changed {
            return;
        }
    }
}

fn hot_then_cold(func: &Function, mut is_cold: SecondaryMap<Block, bool>) -> Vec<Block> {
    for &block in func.layout[1..].iter().rev() {
        is_cold[block] |= match &func.blocks[block].terminator {
            Terminator::NoReturn(callee, ..) => *callee != RtFn::Exit,
            terminator @ (Terminator::Jump(_) | Terminator::Branch(..) | Terminator::Switch(..)) => {
                terminator.successors().all(|target| is_cold[target.block])
            }
            Terminator::Return(_) | Terminator::Unreachable => false,
        };
    }
    let (cold, mut layout): (Vec<Block>, Vec<Block>) = func.layout.iter().copied().partition(|&block| is_cold[block]);
    layout.extend(cold);
    layout
}

fn renumber(old: &Function, layout: &[Block], aliases: &Aliases) -> Function {
    let mut new = Function::new(old.name.clone(), old.params.clone(), old.results.clone());
    new.takes_site = old.takes_site;
    let mut blocks: SecondaryMap<Block, Option<Block>> = SecondaryMap::new();
    let mut values: SecondaryMap<Value, Option<Value>> = SecondaryMap::new();
    for &from in layout {
        let to = new.add_block();
        blocks[from] = Some(to);
        for &param in &old.blocks[from].params {
            if aliases[param].is_none() {
                let value = new.add_param(to, old.ty(param));
                new.values[value].name.clone_from(&old.values[param].name);
                values[param] = Some(value);
            }
        }
        for &inst in &old.blocks[from].insts {
            let data = &old.insts[inst];
            let tys: Vec<_> = data.results.iter().map(|&result| old.ty(result)).collect();
            let copy = new.append_inst(to, data.kind.clone(), &tys, data.loc);
            for (&result, &value) in data.results.iter().zip(&new.insts[copy].results) {
                new.values[value].name.clone_from(&old.values[result].name);
                values[result] = Some(value);
            }
        }
    }

    let rename = |value: &mut Value| match values[resolve(aliases, *value)] {
        Some(renamed) => *value = renamed,
        None => unreachable!("{value} is used and has no definition"),
    };
    for inst in new.insts.values_mut() {
        inst.kind.for_each_operand_mut(rename);
    }
    for (&from, &to) in layout.iter().zip(&new.layout) {
        let mut terminator = old.blocks[from].terminator.clone();
        for target in terminator.successors_mut() {
            let mut params = old.blocks[target.block].params.iter();
            target.args.retain(|_| params.next().is_some_and(|&param| aliases[param].is_none()));
            match blocks[target.block] {
                Some(block) => target.block = block,
                None => unreachable!("{} is a target and was not built", target.block),
            }
        }
        terminator.for_each_operand_mut(rename);
        new.blocks[to].terminator = terminator;
        new.blocks[to].handler = old.blocks[from].handler.and_then(|handler| blocks[handler]);
    }
    new
}

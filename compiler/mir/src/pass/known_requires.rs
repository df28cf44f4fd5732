//! Removes checks at the start of a function that hold at every call of it.
//!
//! ```text
//! fn1: ..                                fn2 (i64 n):
//!     v1 = icmp gt v0, 0                     v1 = icmp ge v0, 0
//!     branch v1, block1, ..                  branch v1, block1, block2     =>   jump block1
//! block1:
//!     v2 = call fn2(v0)
//! ```
//!
//! For functions that are called directly only: whose address is taken, or that is the entry, may be called with anything. A
//! check goes if the facts at all calls prove it for the arguments of the call. Calls in the function itself count, too; facts there may
//! come from the check itself. That is sound: the first call to break the condition would have been made by code whose own checks
//! had passed or were proven to.
//!
//! It runs when all else is done, since what a check tells about its function is lost with it. Linear in the module.

use resilient_base::SecondaryMap;
use rustc_hash::FxHashMap;

use super::checks::walk;
use crate::analysis::facts::{Facts, Known, Operand};
use crate::analysis::{Cfg, ColdBlocks, Dominators, LengthClasses};
use crate::ir::*;

/// Removes the checks; gives the functions that changed.
pub fn run(module: &mut Module) -> Vec<FuncId> {
    let mut subjects = find_subjects(module);
    if subjects.values().all(|subject| subject.is_none()) {
        return Vec::new();
    }
    for caller in module.funcs.keys().collect::<Vec<_>>() {
        if calls_any(&module.funcs[caller], &subjects) {
            see_calls(module, caller, &mut subjects);
        }
    }
    let mut changed = Vec::new();
    for (id, func) in module.funcs.iter_mut() {
        let Some(subject) = &subjects[id] else {
            continue;
        };
        let is_called = subject.n_calls > 0;
        for (check, _) in subject.checks.iter().zip(&subject.holds).filter(|&(_, &holds)| holds && is_called) {
            if let Terminator::Branch(_, then, otherwise) = &func.blocks[check.block].terminator {
                let next = if check.passes { then } else { otherwise };
                func.blocks[check.block].terminator = Terminator::Jump(next.clone());
            }
            if changed.last() != Some(&id) {
                changed.push(id);
            }
        }
    }
    changed
}

/// A test at a function's start, before anything else happens, that reports a fault if it fails.
#[derive(Clone, Copy)]
struct Check {
    block: Block,
    cond: Value,
    /// The outcome that goes on.
    passes: bool,
}

/// The checks at the start of a function, in order.
fn leading_checks(func: &Function, cfg: &Cfg) -> Vec<Check> {
    const MAX_CHECKS: usize = 16;
    let cold = ColdBlocks::new(func, cfg);
    let mut checks = Vec::new();
    let mut block = func.entry();
    while checks.len() < MAX_CHECKS {
        let data = &func.blocks[block];
        let Terminator::Branch(cond, then, otherwise) = &data.terminator else {
            break;
        };
        let passes = cold.is_cold(otherwise.block);
        let is_check = cold.is_cold(then.block) != passes;
        if !is_check || !data.insts.iter().all(|&inst| has_no_effect(&func.insts[inst].kind)) {
            break;
        }
        checks.push(Check { block, cond: *cond, passes });
        let next = if passes { then } else { otherwise };
        if !next.args.is_empty() || cfg.preds(next.block) != [block] {
            break;
        }
        block = next.block;
    }
    checks
}

/// Whether an instruction only computes something, of values that are there at the start.
fn has_no_effect(kind: &InstKind) -> bool {
    match kind {
        InstKind::Const(_)
        | InstKind::Unary(..)
        | InstKind::Binary(..)
        | InstKind::IntCmp(..)
        | InstKind::UintCmp(..)
        | InstKind::FloatCmp(..)
        | InstKind::Select(..)
        | InstKind::ArrayLen(_) => true,
        InstKind::CallRt(entry, _) => entry.sig().pure && !entry.sig().faults,
        _ => false,
    }
}

/// A function with checks at its start.
#[derive(Clone)]
struct Subject {
    checks: Vec<Check>,
    /// By check: whether it holds at all calls seen so far.
    holds: Vec<bool>,
    n_calls: usize,
}

type Subjects = SecondaryMap<FuncId, Option<Subject>>;

fn find_subjects(module: &Module) -> Subjects {
    let mut subjects: Subjects = SecondaryMap::new();
    for (id, func) in module.funcs.iter().filter(|(_, func)| !func.is_removed()) {
        let checks = leading_checks(func, &Cfg::new(func));
        if id != module.entry && !checks.is_empty() {
            subjects[id] = Some(Subject { holds: vec![true; checks.len()], checks, n_calls: 0 });
        }
    }
    for func in module.funcs.values() {
        for &block in &func.layout {
            for &inst in &func.blocks[block].insts {
                if let InstKind::FuncAddr(id) = func.insts[inst].kind {
                    subjects[id] = None;
                }
            }
        }
    }
    subjects
}

fn calls_any(func: &Function, subjects: &Subjects) -> bool {
    func.layout.iter().any(|&block| has_call(func, block, subjects))
}

fn has_call(func: &Function, block: Block, subjects: &Subjects) -> bool {
    func.blocks[block]
        .insts
        .iter()
        .any(|&inst| matches!(func.insts[inst].kind, InstKind::Call(callee, _) if subjects[callee].is_some()))
}

/// Tries the checks for the arguments of each call in a function.
fn see_calls(module: &mut Module, caller: FuncId, subjects: &mut Subjects) {
    // Out of the module for the walk, which may change a function; this one does not.
    let mut func = std::mem::replace(&mut module.funcs[caller], Function::new("", Vec::new(), Vec::new()));
    let cfg = Cfg::new(&func);
    let dominators = Dominators::new(&cfg);
    let lengths = Lengths::new(&func, &cfg);
    walk(&mut func, &cfg, &dominators, |func, facts, block| {
        if !has_call(func, block, subjects) {
            return;
        }
        for &inst in &func.blocks[block].insts {
            let InstKind::Call(callee, args) = &func.insts[inst].kind else {
                continue;
            };
            let Some(subject) = &mut subjects[*callee] else {
                continue;
            };
            if facts.is_contradiction() {
                continue;
            }
            subject.n_calls += 1;
            let called = if *callee == caller { &*func } else { &module.funcs[*callee] };
            let site = Site { func, facts, lengths: &lengths, dominators: &dominators, block };
            for (holds, outcome) in subject.holds.iter_mut().zip(site.outcomes(called, args, &subject.checks)) {
                *holds &= outcome;
            }
        }
    });
    module.funcs[caller] = func;
}

/// Lengths of arrays that a function has asked for, by class, with the block where.
struct Lengths {
    classes: LengthClasses,
    known: FxHashMap<Value, Vec<(Block, Value)>>,
}

impl Lengths {
    fn new(func: &Function, cfg: &Cfg) -> Lengths {
        let classes = LengthClasses::new(func, cfg);
        let mut known: FxHashMap<Value, Vec<(Block, Value)>> = FxHashMap::default();
        for &block in cfg.rpo() {
            for &inst in &func.blocks[block].insts {
                if let InstKind::ArrayLen(array) = func.insts[inst].kind {
                    known.entry(classes.class(array)).or_default().push((block, func.insts[inst].results[0]));
                }
            }
        }
        Lengths { classes, known }
    }
}

/// A call.
struct Site<'a> {
    func: &'a Function,
    facts: &'a Facts,
    lengths: &'a Lengths,
    dominators: &'a Dominators,
    block: Block,
}

impl Site<'_> {
    /// Which of the checks are certain to be passed with these arguments.
    fn outcomes(&self, called: &Function, args: &[Value], checks: &[Check]) -> Vec<bool> {
        let params = &called.blocks[called.entry()].params;
        // What the values of the called function's start are for the call.
        let mut operands: FxHashMap<Value, Operand> =
            params.iter().copied().zip(args.iter().copied().map(Operand::Value)).collect();
        let mut outcomes = Vec::with_capacity(checks.len());
        for check in checks {
            for &inst in &called.blocks[check.block].insts {
                let data = &called.insts[inst];
                let found = self.operand(called, &data.kind, &operands);
                operands.extend(data.results.iter().map(|&result| (result, found)));
            }
            outcomes.push(match operands.get(&check.cond) {
                Some(Operand::Known(Some(Known::Bool(known)))) => *known == check.passes,
                Some(Operand::Value(value)) => self.facts.bool(*value) == Some(check.passes),
                _ => false,
            });
        }
        outcomes
    }

    /// What an instruction of the called function makes.
    fn operand(&self, called: &Function, kind: &InstKind, operands: &FxHashMap<Value, Operand>) -> Operand {
        if let InstKind::ArrayLen(array) = kind
            && let Some(Operand::Value(array)) = operands.get(array)
            && let Some(length) = self.length(*array)
        {
            return Operand::Value(length);
        }
        // Values of the called function are no values of this one: what is not in the table is not known.
        let operand = |value| operands.get(&value).copied().unwrap_or(Operand::Known(None));
        Operand::Known(match kind {
            InstKind::ArrayLen(_) => self.facts.evaluate(called, kind, operand),
            _ => self.facts.evaluate(self.func, kind, operand),
        })
    }

    fn length(&self, array: Value) -> Option<Value> {
        let known = self.lengths.known.get(&self.lengths.classes.class(array))?;
        known.iter().find(|&&(block, _)| self.dominators.dominates(block, self.block)).map(|&(_, length)| length)
    }
}

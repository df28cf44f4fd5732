//! Which run-time checks are proven, and which remain: the facts behind `--audit` and `--deny-unproven-bounds`.
//!
//! In: a module as it was built. Out: one [`Site`] for each place in the source where the program's own code checks something, in the order
//! of the source.
//!
//! A check is known by the place of its fault and the fault's kind: that stays with it wherever optimization takes it. So the
//! module is optimized, always by the same passes whatever level is asked for, and a check is proven if no copy of its fault is
//! left in any function. Two earlier stages tell how much was needed: whether constants alone decide it, and whether its function alone does.
//!
//! Code of the library is not listed, since its faults stand where it is called.

mod reasons;

use std::collections::{BTreeMap, BTreeSet};

use resilient_abi::RtFn;
use resilient_base::PrimaryMap;

use self::reasons::Reasons;
use crate::analysis::ownership::Signatures;
use crate::analysis::{Cfg, ColdBlocks, Dominators};
use crate::ir::*;
use crate::pass::{cfg, checks, gvn, inline, scalarize, simplify};
use crate::pipeline::{OptLevel, optimize};

/// What a check is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckKind {
    /// A condition that the program states.
    Claim,
    /// An index of an array.
    Index,
    /// A divisor that must not be zero.
    Divisor,
    /// The amount of a shift.
    Shift,
    /// An int that must fit in a narrower type.
    Range,
}

/// A place of the source; lines and columns count from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Name of the file.
    pub file: Box<str>,
    /// Line.
    pub line: u32,
    /// Column in characters.
    pub col: u32,
}

/// A check.
#[derive(Clone, Debug)]
pub struct Site {
    /// Where its fault stands.
    pub place: Place,
    /// What it is about.
    pub kind: CheckKind,
    /// Name of the function that has it.
    pub func: Box<str>,
    /// What was found out.
    pub outcome: Outcome,
}

/// What was found out about a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Proven: by constants.
    Constant,
    /// Proven: by what its function does before; by one condition alone, if that is known.
    InFunction(Option<Reason>),
    /// Proven: by what is known wherever the function is called.
    AtEveryCall,
    /// It fails whenever control gets there; of a condition made of several, whenever control gets to one of them.
    Refuted,
    /// It is made at run time. These are the variables it depends on, by name, as far as they have names.
    Checked(Vec<Box<str>>),
}

/// A condition that suffices to prove a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// That of another check, which stands there.
    Check(Place),
    /// One of the program, as one would write it.
    Condition(Box<str>),
}

type Key = (Place, CheckKind);
type Files = PrimaryMap<FileNameId, Box<str>>;

/// Finds out about all checks in code that the module may run.
pub fn audit(mut module: Module) -> Vec<Site> {
    inline::remove_unused(&mut module);
    let mut optimized = module.clone();
    optimize(&mut optimized, OptLevel::Two, cfg!(debug_assertions), &mut |_, _| {});
    let left = faults(&optimized);

    scalarize::run(&mut module);
    let mut found: BTreeMap<Key, Site> = BTreeMap::new();
    for (key, func) in sites(&module) {
        let (place, kind) = key.clone();
        found.entry(key).or_insert(Site { place, kind, func, outcome: Outcome::AtEveryCall });
    }
    let signatures = Signatures::new(&module);
    for (_, func) in module.funcs.iter_mut() {
        if !func.is_removed() {
            simplify::run(func);
            cfg::run(func);
            gvn::run(func, &signatures);
            simplify::run(func);
            cfg::run(func);
        }
    }
    let after_constants = faults(&module);
    let mut refuted = BTreeSet::new();
    let mut decided = BTreeSet::new();
    let mut names: BTreeMap<Key, Vec<Box<str>>> = BTreeMap::new();
    let mut reasons: BTreeMap<Key, Option<Reason>> = BTreeMap::new();
    let files = module.files.clone();
    for func in module.funcs.values_mut().filter(|func| !func.is_removed()) {
        examine(func, &files, (&mut decided, &mut refuted), &mut names, &mut reasons);
    }
    for (key, site) in &mut found {
        site.outcome = if left.contains(key) {
            match refuted.contains(key) {
                true => Outcome::Refuted,
                false => Outcome::Checked(names.remove(key).unwrap_or_default()),
            }
        } else if !after_constants.contains(key) {
            Outcome::Constant
        } else if decided.contains(key) {
            Outcome::InFunction(reasons.remove(key).flatten())
        } else {
            Outcome::AtEveryCall
        };
    }
    found.into_values().collect()
}

/// The places of an optimized module where an index may be out of bounds.
pub fn unproven_indices(module: Module) -> Vec<Place> {
    let sites = audit(module).into_iter();
    sites
        .filter(|site| site.kind == CheckKind::Index && matches!(site.outcome, Outcome::Checked(_) | Outcome::Refuted))
        .map(|site| site.place)
        .collect()
}

fn kind_of(fault: RtFn) -> Option<CheckKind> {
    Some(match fault {
        RtFn::FaultMessage | RtFn::RaiseMessage => CheckKind::Claim,
        RtFn::FaultIndex | RtFn::RaiseIndex | RtFn::FaultIndexDim | RtFn::RaiseIndexDim | RtFn::StrIndex => {
            CheckKind::Index
        }
        RtFn::FaultDivisionByZero | RtFn::RaiseDivisionByZero | RtFn::FaultModuloByZero | RtFn::RaiseModuloByZero => {
            CheckKind::Divisor
        }
        RtFn::FaultShiftAmount | RtFn::RaiseShiftAmount => CheckKind::Shift,
        RtFn::FaultIntRange | RtFn::RaiseIntRange => CheckKind::Range,
        _ => return None,
    })
}

fn key(files: &Files, fault: RtFn, loc: Option<Loc>) -> Option<Key> {
    let Some(Loc::At { file, line, col }) = loc else {
        return None;
    };
    Some((Place { file: files[file].clone(), line, col }, kind_of(fault)?))
}

/// The checks of a block: the fault it ends in, and faults that calls of the runtime leave pending.
fn faults_of_block<'f>(func: &'f Function, block: Block) -> impl Iterator<Item = (RtFn, Option<Loc>)> + 'f {
    let data = &func.blocks[block];
    let calls = data.insts.iter().filter_map(|&inst| match func.insts[inst].kind {
        InstKind::CallRt(entry, _) => Some((entry, func.insts[inst].loc)),
        _ => None,
    });
    let end = match data.terminator {
        Terminator::NoReturn(entry, _, loc) => Some((entry, loc)),
        _ => None,
    };
    calls.chain(end)
}

/// All checks with the functions they are in, in the order of the module.
fn sites(module: &Module) -> Vec<(Key, Box<str>)> {
    let mut found = Vec::new();
    for func in module.funcs.values().filter(|func| !func.is_removed()) {
        for &block in Cfg::new(func).rpo() {
            let keys = faults_of_block(func, block).filter_map(|(fault, loc)| key(&module.files, fault, loc));
            found.extend(keys.map(|key| (key, func.name.clone())));
        }
    }
    found
}

fn faults(module: &Module) -> BTreeSet<Key> {
    sites(module).into_iter().map(|(key, _)| key).collect()
}

/// Looks at the checks of one function: those that facts decide, and the names of what the others depend on.
fn examine(
    func: &mut Function,
    files: &Files,
    (decided, refuted): (&mut BTreeSet<Key>, &mut BTreeSet<Key>),
    names: &mut BTreeMap<Key, Vec<Box<str>>>,
    reasons: &mut BTreeMap<Key, Option<Reason>>,
) {
    let cfg = Cfg::new(func);
    let dominators = Dominators::new(&cfg);
    let cold = ColdBlocks::new(func, &cfg);
    let mut reached: BTreeSet<Key> = BTreeSet::new();
    let mut unconditional: BTreeSet<Key> = BTreeSet::new();
    let mut n_tests: BTreeMap<Key, usize> = BTreeMap::new();
    checks::walk(func, &cfg, &dominators, |func, facts, block| {
        let data = &func.blocks[block];
        let fault = |target: Block| key_behind(func, &cold, files, target);
        match &data.terminator {
            Terminator::Branch(cond, then, otherwise) => {
                for (target, taken) in [(then, true), (otherwise, false)] {
                    let Some(key) = fault(target.block) else {
                        continue;
                    };
                    *n_tests.entry(key.clone()).or_default() += 1;
                    if facts.is_contradiction() || facts.bool(*cond) == Some(!taken) {
                        // A check of several tests has no reason if they have different ones.
                        if key.1 == CheckKind::Claim {
                            let reasoner = Reasons { func, cfg: &cfg, dominators: &dominators, cold: &cold, files };
                            let found = reasoner.find(block, &key);
                            let reason = reasons.entry(key).or_insert_with(|| found.clone());
                            if *reason != found {
                                *reason = None;
                            }
                        }
                        continue;
                    }
                    if facts.bool(*cond) == Some(taken) {
                        // Of the two tests of an index, the first may have let control pass.
                        if key.1 != CheckKind::Index {
                            unconditional.insert(key.clone());
                        }
                    } else {
                        let found = names.entry(key.clone()).or_default();
                        operand_names(func, *cond, found);
                    }
                    reached.insert(key);
                }
            }
            Terminator::Jump(target) => reached.extend(fault(target.block).filter(|_| !facts.is_contradiction())),
            _ => {}
        }
        // Where control gets to the end without a condition, the branch has gone already.
        if let (Terminator::NoReturn(entry, _, loc), []) = (&data.terminator, cfg.preds(block))
            && let Some(key) = key(files, *entry, *loc)
        {
            unconditional.insert(key.clone());
            reached.insert(key);
        }
    });
    for &block in cfg.rpo() {
        for (entry, loc) in faults_of_block(func, block) {
            if let Some(key) = key(files, entry, loc)
                && !reached.contains(&key)
            {
                decided.insert(key);
            }
        }
    }
    // One of several tests that fails for certain does not tell that the others let control get there.
    refuted.extend(unconditional.into_iter().filter(|key| n_tests.get(key).is_none_or(|&n| n == 1)));
}

/// The check that faults behind `block`, if all that is done from there on is to make a message.
fn key_behind(func: &Function, cold: &ColdBlocks, files: &Files, mut block: Block) -> Option<Key> {
    // Values in a message may take a few blocks to display.
    const MAX_BLOCKS: usize = 64;
    for _ in 0..MAX_BLOCKS {
        if !cold.is_cold(block) {
            return None;
        }
        match &func.blocks[block].terminator {
            Terminator::NoReturn(entry, _, loc) => return key(files, *entry, *loc),
            end => block = end.successors().last()?.block,
        }
    }
    None
}

/// Adds the names of the variables that a condition compares.
fn operand_names(func: &Function, cond: Value, names: &mut Vec<Box<str>>) {
    const MAX_DEPTH: usize = 6;
    let mut level = vec![cond];
    for _ in 0..MAX_DEPTH {
        let mut below = Vec::new();
        for value in level {
            match (&func.values[value].name, func.values[value].def) {
                (Some(name), _) if value != cond => {
                    if !names.contains(name) {
                        names.push(name.clone());
                    }
                }
                (_, ValueDef::Result(inst, _)) => func.insts[inst].kind.for_each_operand(|operand| below.push(operand)),
                (_, ValueDef::Param(..)) => {}
            }
        }
        level = below;
    }
}

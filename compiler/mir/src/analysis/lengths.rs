//! Which arrays have the same length: [`LengthClasses`] puts values of type `ref` into classes such that all of a class
//! have the length of the one they are named after.
//!
//! `retain` makes a second reference to the same array, `array_unique` keeps the length, and stores do. So does a loop that does nothing else to an array:
//!
//! ```text
//! block1(v3: ref a):                  ; in the class of v0, which is passed at the start
//!     v4: ref = array_unique layout0 v3
//!     array_store layout0.0 v4, v1, v2
//!     branch v5, block1(v4), block2
//! ```
//!
//! Method: optimistic data flow over block parameters, as in the sparse analysis of Wegman and Zadeck, "Constant
//! Propagation with Conditional Branches", 1991: a parameter starts without class, takes that of its arguments, and gets
//! its own where they differ. The value that a class is named after dominates all of it.

use resilient_abi::RtFn;
use resilient_base::SecondaryMap;

use super::Cfg;
use super::ownership::Signatures;
use crate::ir::*;

/// The classes.
pub struct LengthClasses(SecondaryMap<Value, Option<Value>>);

/// The length of an array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// This int, which dominates the array.
    Is(Value),
    /// A number.
    Const(i64),
}

/// A class goes down along a chain of parameters one round at a time; longer chains are not worth the time.
const MAX_ROUNDS: usize = 8;

impl LengthClasses {
    /// Finds the classes.
    pub fn new(func: &Function, cfg: &Cfg) -> LengthClasses {
        let mut classes = LengthClasses(SecondaryMap::new());
        let has_work = |block: &Block| {
            func.blocks[*block].insts.iter().any(|&inst| same_length_as(&func.insts[inst].kind).is_some())
        };
        if !cfg.rpo().iter().any(has_work) {
            return classes;
        }
        for _ in 0..MAX_ROUNDS {
            if !classes.round(func, cfg, true) {
                return classes;
            }
        }
        // What was assumed is not certain: once more without assuming anything about parameters.
        classes.0.clear();
        classes.round(func, cfg, false);
        classes
    }

    /// The value whose length the array has.
    pub fn class(&self, array: Value) -> Value {
        self.0[array].unwrap_or(array)
    }

    /// The length of an array made by `array_lit`, or by `array_repeat` from one element.
    pub fn known(&self, func: &Function, array: Value, signatures: &Signatures) -> Option<Length> {
        let maker = |value: Value| match func.values[value].def {
            ValueDef::Result(inst, _) => Some(&func.insts[inst].kind),
            ValueDef::Param(..) => None,
        };
        let n_elements = |kind: &InstKind| match kind {
            InstKind::ArrayLit(layout, leaves) => Some(leaves.len() / signatures.layout(*layout).leaves.len()),
            _ => None,
        };
        match maker(self.class(array))? {
            InstKind::CallRt(RtFn::ArrayRepeat, args) => match args.as_slice() {
                &[one, count] if n_elements(maker(one)?) == Some(1) => Some(Length::Is(count)),
                _ => None,
            },
            literal => Some(Length::Const(n_elements(literal)? as i64)),
        }
    }

    fn round(&mut self, func: &Function, cfg: &Cfg, with_params: bool) -> bool {
        let mut changed = false;
        for &block in cfg.rpo() {
            for (index, &param) in func.blocks[block].params.iter().enumerate() {
                if func.ty(param) == Ty::Ref && self.0[param] != Some(param) {
                    let class = if with_params { self.of_args(func, cfg, block, index) } else { Some(param) };
                    changed |= self.0[param] != class;
                    self.0[param] = class;
                }
            }
            for &inst in &func.blocks[block].insts {
                if let Some(array) = same_length_as(&func.insts[inst].kind)
                    && func.ty(array) == Ty::Ref
                {
                    let result = func.insts[inst].results[0];
                    let class = if is_open(func, array) { self.0[array] } else { Some(array) };
                    changed |= self.0[result] != class;
                    self.0[result] = class;
                }
            }
        }
        changed
    }

    /// The class of what is passed for a parameter; none if nothing has one yet.
    fn of_args(&self, func: &Function, cfg: &Cfg, block: Block, index: usize) -> Option<Value> {
        let param = func.blocks[block].params[index];
        if block == func.entry() {
            return Some(param);
        }
        let mut common = None;
        for &pred in cfg.preds(block) {
            for target in func.blocks[pred].terminator.successors().filter(|target| target.block == block) {
                let arg = target.args[index];
                let class = if is_open(func, arg) { self.0[arg] } else { Some(arg) };
                match (class, common) {
                    (None, _) => {}
                    (Some(_), None) => common = class,
                    (Some(found), Some(other)) if found == other => {}
                    (Some(_), Some(_)) => return Some(param),
                }
            }
        }
        common
    }
}

/// The operand that the result has the length of, if it is an array.
fn same_length_as(kind: &InstKind) -> Option<Value> {
    match *kind {
        InstKind::ArrayUnique(_, array) | InstKind::Retain(array) => Some(array),
        _ => None,
    }
}

/// Whether a value without class is one that will get one.
fn is_open(func: &Function, value: Value) -> bool {
    match func.values[value].def {
        ValueDef::Param(..) => true,
        ValueDef::Result(inst, _) => same_length_as(&func.insts[inst].kind).is_some(),
    }
}

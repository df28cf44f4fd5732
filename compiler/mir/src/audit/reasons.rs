//! Why a function alone proves a check: the one condition on the way that suffices.
//!
//! The conditions that dominate the check are tried one by one, the nearest first, each with nothing but the definitions
//! of values. A check that takes several of them, or what holds in a loop, has no reason of this kind.

use super::{Files, Key, Reason, key_behind};
use crate::analysis::facts::{Facts, definition};
use crate::analysis::{Cfg, ColdBlocks, Dominators};
use crate::ir::*;

/// Limits for one check: blocks on the way to it, and conditions to try.
const MAX_PATH: usize = 256;
const MAX_TRIED: usize = 12;

/// A function in which reasons are looked for.
pub(super) struct Reasons<'a> {
    pub(super) func: &'a Function,
    pub(super) cfg: &'a Cfg,
    pub(super) dominators: &'a Dominators,
    pub(super) cold: &'a ColdBlocks,
    pub(super) files: &'a Files,
}

impl Reasons<'_> {
    /// The condition that suffices for the branch at the end of `block` not to go to the fault of `key`.
    pub(super) fn find(&self, block: Block, key: &Key) -> Option<Reason> {
        let Terminator::Branch(cond, then, _) = &self.func.blocks[block].terminator else {
            return None;
        };
        let fails = self.key_of(then.block).as_ref() == Some(key);
        let path = self.path_to(block)?;
        let mut tried = 0;
        for (&above, &below) in path.iter().zip(&path[1..]).rev() {
            let Some((reason_cond, outcome)) = self.condition(above, below) else {
                continue;
            };
            tried += 1;
            if tried > MAX_TRIED {
                return None;
            }
            if self.suffices(&path, (reason_cond, outcome), *cond) == Some(!fails) {
                return self.reason(above, reason_cond, outcome);
            }
        }
        None
    }

    /// The blocks that dominate `block`, from the entry on, and itself.
    fn path_to(&self, block: Block) -> Option<Vec<Block>> {
        let mut path = vec![block];
        let mut current = block;
        while let Some(above) = self.dominators.idom(current) {
            path.push(above);
            current = above;
            if path.len() > MAX_PATH {
                return None;
            }
        }
        path.reverse();
        Some(path)
    }

    fn condition(&self, above: Block, below: Block) -> Option<(Value, bool)> {
        match &self.func.blocks[above].terminator {
            Terminator::Branch(cond, then, otherwise)
                if self.cfg.preds(below) == [above] && then.block != otherwise.block =>
            {
                Some((*cond, then.block == below))
            }
            _ => None,
        }
    }

    /// The outcome of `wanted` if nothing is known but `cond`.
    fn suffices(&self, path: &[Block], (cond, outcome): (Value, bool), wanted: Value) -> Option<bool> {
        let mut facts = Facts::default();
        let insts = || path.iter().flat_map(|&block| &self.func.blocks[block].insts);
        insts().for_each(|&inst| facts.define(self.func, inst));
        if facts.bool(wanted).is_some() {
            return None;
        }
        facts.assume(self.func, cond, outcome);
        // Once more, as what is made of its operands is known better now.
        insts().for_each(|&inst| facts.define(self.func, inst));
        facts.bool(wanted).filter(|_| !facts.is_contradiction())
    }

    fn reason(&self, block: Block, cond: Value, outcome: bool) -> Option<Reason> {
        let mut targets = self.func.blocks[block].terminator.successors();
        match targets.find_map(|target| self.key_of(target.block)) {
            Some((place, _)) => Some(Reason::Check(place)),
            None => self.text_of(cond, outcome).map(|text| Reason::Condition(text.into())),
        }
    }

    fn key_of(&self, target: Block) -> Option<Key> {
        key_behind(self.func, self.cold, self.files, target)
    }

    /// A comparison as one would write it, if all of it has names.
    fn text_of(&self, cond: Value, outcome: bool) -> Option<String> {
        let &InstKind::IntCmp(op, a, b) = definition(self.func, cond)? else {
            return None;
        };
        let op = if outcome { op } else { crate::analysis::facts::negated(op) };
        let op = match op {
            CmpOp::Eq => "==",
            CmpOp::Ne => "!=",
            CmpOp::Lt => "<",
            CmpOp::Le => "<=",
            CmpOp::Gt => ">",
            CmpOp::Ge => ">=",
        };
        Some(format!("{} {op} {}", self.operand_text(a)?, self.operand_text(b)?))
    }

    fn operand_text(&self, value: Value) -> Option<String> {
        if let Some(InstKind::Const(Const::Int(number))) = definition(self.func, value) {
            return Some(number.to_string());
        }
        if let Some(name) = &self.func.values[value].name {
            return Some(name.to_string());
        }
        match *definition(self.func, value)? {
            InstKind::ArrayLen(array) => Some(format!("len({})", self.operand_text(array)?)),
            InstKind::Retain(original) => self.operand_text(original),
            _ => None,
        }
    }
}

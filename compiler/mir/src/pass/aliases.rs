//! Replacing values by equal ones: collected during a pass, applied to all operands at its end.

use resilient_base::SecondaryMap;

use crate::ir::{Function, Value};

/// Which value stands for which.
#[derive(Default)]
pub struct Aliases {
    target: SecondaryMap<Value, Option<Value>>,
    is_empty: bool,
}

impl Aliases {
    /// No replacements.
    pub fn new() -> Aliases {
        Aliases { target: SecondaryMap::new(), is_empty: true }
    }

    /// From now on `with` stands for `value`. Must not make a cycle.
    pub fn replace(&mut self, value: Value, with: Value) {
        debug_assert_ne!(value, self.resolve(with), "a cycle of replacements");
        self.target[value] = Some(with);
        self.is_empty = false;
    }

    /// What stands for `value`.
    pub fn resolve(&self, mut value: Value) -> Value {
        while let Some(target) = self.target[value] {
            value = target;
        }
        value
    }

    /// Whether there are no replacements.
    pub fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// Rewrites all operands in the layout. A replacement that has no name inherits that of the value it stands for.
    pub fn apply(&self, func: &mut Function) {
        if self.is_empty {
            return;
        }
        for value in func.values.keys() {
            if self.target[value].is_some() {
                let with = self.resolve(value);
                if func.values[with].name.is_none() {
                    func.values[with].name = func.values[value].name.take();
                }
            }
        }
        for &block in &func.layout {
            let data = &mut func.blocks[block];
            for &inst in &data.insts {
                func.insts[inst].kind.for_each_operand_mut(|value| *value = self.resolve(*value));
            }
            data.terminator.for_each_operand_mut(|value| *value = self.resolve(*value));
        }
    }
}

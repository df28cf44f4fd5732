//! Cells: objects with identity that hold one value.

use std::rc::Rc;

use crate::parts::drop_nested;
use crate::value::Value;

/// A cell. Cloning makes another reference to the same one.
#[derive(Clone)]
pub struct CellRef(Rc<std::cell::Cell<Value>>);

impl CellRef {
    /// A new cell.
    pub fn new(value: Value) -> CellRef {
        CellRef(Rc::new(std::cell::Cell::new(value)))
    }

    /// Calls `change` with the content, which is not in the cell meanwhile: `change` must not look there.
    pub fn with<R>(&self, change: impl FnOnce(&mut Value) -> R) -> R {
        let mut value = self.0.take();
        let result = change(&mut value);
        self.0.set(value);
        result
    }

    /// The content.
    pub fn get(&self) -> Value {
        self.with(|value| value.clone())
    }

    /// Stores to the cell.
    pub fn set(&self, value: Value) {
        self.0.set(value);
    }

    /// The content, if nobody else refers to the cell.
    pub fn owned(&mut self) -> Option<&mut Value> {
        Rc::get_mut(&mut self.0).map(std::cell::Cell::get_mut)
    }
}

/// As for parts, a chain of cells is dropped one after another.
impl Drop for CellRef {
    fn drop(&mut self) {
        if let Some(value) = self.owned() {
            drop_nested(std::slice::from_mut(value));
        }
    }
}

impl std::fmt::Debug for CellRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a cell")
    }
}

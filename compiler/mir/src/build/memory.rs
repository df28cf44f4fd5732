//! Variables in memory: globals of the program and contents of cells. Their leaves are got and stored one by one.

use resilient_sema::typed::{GlobalId, LocalId, Place};
use resilient_sema::types::Type;

use super::function::FuncBuilder;
use crate::ir::{self, InstKind, Leaf, Ty, Value};

/// A variable in memory.
#[derive(Clone, Copy)]
pub(super) enum Memory {
    /// Each leaf is a global of the module.
    Global(GlobalId),
    /// The content of the cell that this local holds.
    Cell(LocalId),
}

/// A leaf of a variable in memory.
#[derive(Clone, Copy)]
pub(super) enum MemoryLeaf {
    Global(ir::GlobalId),
    /// Of this cell, which is there as long as the leaf is in use.
    Cell(Value, Leaf),
}

impl From<Memory> for Place {
    fn from(memory: Memory) -> Place {
        match memory {
            Memory::Global(global) => Place::Global(global),
            Memory::Cell(local) => Place::Cell(local),
        }
    }
}

impl FuncBuilder<'_, '_, '_> {
    /// The leaves of a variable with their types.
    pub(super) fn memory_leaves(&mut self, memory: Memory) -> Vec<(MemoryLeaf, Ty)> {
        match memory {
            Memory::Global(global) => {
                let ids = self.module.global_ids[global].iter();
                ids.map(|&id| (MemoryLeaf::Global(id), self.module.globals[id].ty)).collect()
            }
            Memory::Cell(local) => {
                let cell = self.ssa.read(local);
                let content = self.place_ty(Place::Cell(local));
                self.cell_leaves(cell, content)
            }
        }
    }

    /// The leaves of a cell whose content is of type `content`.
    pub(super) fn cell_leaves(&mut self, cell: Value, content: Type) -> Vec<(MemoryLeaf, Ty)> {
        let layout = self.module.shapes.element_layout(content);
        let leaves = self.module.shapes.shape(content).map_or_else(Vec::new, |shape| shape.leaves.to_vec());
        let leaf = |index| MemoryLeaf::Cell(cell, Leaf { layout, index });
        leaves.iter().zip(0..).map(|(mem, index)| (leaf(index), mem.ty())).collect()
    }

    /// The value of a leaf, owned if counted.
    pub(super) fn get_leaf(&mut self, leaf: MemoryLeaf, ty: Ty) -> Value {
        let kind = match leaf {
            MemoryLeaf::Global(id) => InstKind::GlobalGet(id),
            MemoryLeaf::Cell(cell, leaf) => InstKind::CellGet(leaf, cell),
        };
        self.ssa.def(kind, ty)
    }

    /// Stores to a counted leaf and gives what it held.
    pub(super) fn replace_leaf(&mut self, leaf: MemoryLeaf, value: Value) -> Value {
        let ty = self.ssa.func.ty(value);
        let kind = match leaf {
            MemoryLeaf::Global(id) => InstKind::GlobalReplace(id, value),
            MemoryLeaf::Cell(cell, leaf) => InstKind::CellReplace(leaf, cell, value),
        };
        self.ssa.def(kind, ty)
    }

    /// Stores to a leaf.
    pub(super) fn set_leaf(&mut self, leaf: MemoryLeaf, value: Value) {
        if self.is_counted(value) {
            let old = self.replace_leaf(leaf, value);
            self.release(old);
            return;
        }
        self.ssa.effect(match leaf {
            MemoryLeaf::Global(id) => InstKind::GlobalSet(id, value),
            MemoryLeaf::Cell(cell, leaf) => InstKind::CellSet(leaf, cell, value),
        });
    }

    /// Takes the value out of leaves that are going to be overwritten: nothing else refers to what is in them then.
    pub(super) fn take_out(&mut self, leaves: &[(MemoryLeaf, Ty)]) -> Vec<Value> {
        let mut values = Vec::with_capacity(leaves.len());
        for &(leaf, ty) in leaves {
            values.push(match ty.is_counted() {
                true => {
                    let nothing = self.placeholder(ty);
                    self.replace_leaf(leaf, nothing)
                }
                false => self.get_leaf(leaf, ty),
            });
        }
        values
    }

    /// Stores a value to its leaves, which it is taken apart for.
    pub(super) fn set_leaves(&mut self, leaves: &[(MemoryLeaf, Ty)], value: Option<Value>) {
        let values = value.map_or_else(Vec::new, |value| self.take_leaves(value));
        for (&(leaf, _), value) in leaves.iter().zip(values) {
            self.set_leaf(leaf, value);
        }
    }

    /// The value of a variable that is initialised, owned if counted; none if void.
    pub(super) fn get_memory(&mut self, memory: Memory) -> Option<Value> {
        let ty = self.place_ty(memory.into());
        let ty = self.ty(ty)?;
        let leaves = self.memory_leaves(memory);
        let values = leaves.into_iter().map(|(leaf, ty)| self.get_leaf(leaf, ty)).collect();
        Some(self.join_leaves(ty, values))
    }

    /// Stores to a variable.
    pub(super) fn set_memory(&mut self, memory: Memory, value: Option<Value>) {
        let leaves = self.memory_leaves(memory);
        self.set_leaves(&leaves, value);
    }
}

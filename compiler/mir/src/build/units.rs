//! Boxes of variants without payload: one object per variant serves all uses.
//!
//! ```text
//! List::Nil           v0: ref = global_get g5
//! ```
//!
//! Each such variant that the program makes has a global. When all functions are built it is known which these are; the
//! entry function then gets code that makes the boxes at its start and gives them up where it returns.

use std::rc::Rc;

use resilient_sema::types::EnumId;

use super::ModuleBuilder;
use super::shapes::EnumShape;
use crate::ir::{Block, Const, Function, Global, GlobalId, Inst, InstKind, LayoutId, Terminator, Ty, Value};

/// The box of a variant without payload.
pub(super) struct UnitBox {
    pub(super) global: GlobalId,
    variant: u32,
    shape: Rc<EnumShape>,
    layout: LayoutId,
}

impl ModuleBuilder<'_, '_> {
    /// The global that holds the box of a variant without payload.
    pub(super) fn unit_box(&mut self, id: EnumId, variant: u32) -> GlobalId {
        if let Some(unit) = self.unit_boxes.get(&(id, variant)) {
            return unit.global;
        }
        let def = &self.program.types.enums[id];
        let name = format!("{}::{}", def.name, def.variants[variant as usize].name).into();
        let global = self.globals.push(Global { name, ty: Ty::Ref, init: Const::Null });
        let shape = self.shapes.enum_shape(id);
        let layout = self.shapes.box_layout(&shape);
        self.unit_boxes.insert((id, variant), UnitBox { global, variant, shape, layout });
        global
    }

    /// Makes the boxes at the start of the entry function and gives them up at its end.
    pub(super) fn make_unit_boxes(&mut self, entry: &mut Function) {
        let mut units: Vec<UnitBox> = std::mem::take(&mut self.unit_boxes).into_values().collect();
        units.sort_by_key(|unit| unit.global);
        let mut start = Vec::new();
        for unit in &units {
            let mut leaves = vec![constant(entry, &mut start, Const::Int(i64::from(unit.variant)))];
            for slot in &unit.shape.slots {
                let unused = self.initial(slot.ty());
                leaves.push(constant(entry, &mut start, unused));
            }
            let unit_box = result(entry, &mut start, InstKind::BoxNew(unit.layout, leaves), Ty::Ref);
            replace(entry, &mut start, unit.global, unit_box);
        }
        let first = entry.entry();
        start.append(&mut entry.blocks[first].insts);
        entry.blocks[first].insts = start;
        for block in returning_blocks(entry) {
            let mut end = Vec::new();
            for unit in &units {
                let nothing = constant(entry, &mut end, Const::Null);
                replace(entry, &mut end, unit.global, nothing);
            }
            entry.blocks[block].insts.append(&mut end);
        }
    }
}

fn returning_blocks(func: &Function) -> Vec<Block> {
    let returns = |block: &Block| matches!(func.blocks[*block].terminator, Terminator::Return(_));
    func.layout.iter().copied().filter(returns).collect()
}

/// Adds an instruction to `insts`; gives its result.
fn result(func: &mut Function, insts: &mut Vec<Inst>, kind: InstKind, ty: Ty) -> Value {
    let inst = func.make_inst(kind, &[ty], None);
    insts.push(inst);
    func.insts[inst].results[0]
}

fn constant(func: &mut Function, insts: &mut Vec<Inst>, value: Const) -> Value {
    result(func, insts, InstKind::Const(value), value.ty())
}

/// Stores to a global and releases what it held.
fn replace(func: &mut Function, insts: &mut Vec<Inst>, global: GlobalId, value: Value) {
    let old = result(func, insts, InstKind::GlobalReplace(global, value), Ty::Ref);
    insts.push(func.make_inst(InstKind::Release(old), &[], None));
}

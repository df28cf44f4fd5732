//! Making structs, enums and arrays, and taking values apart into leaves.

use std::rc::Rc;

use resilient_sema::typed::Expr;
use resilient_sema::types::{EnumId, Type, TypeKind};

use super::Flow;
use super::function::FuncBuilder;
use super::shapes::EnumShape;
use crate::ir::{AggId, Const, InstKind, LayoutId, MemTy, Ty, Value};

impl<'t> FuncBuilder<'_, '_, 't> {
    /// Type of the values of `ty`; none if it has none.
    pub(super) fn ty(&mut self, ty: Type) -> Option<Ty> {
        self.module.ty(ty)
    }

    pub(super) fn is_counted(&self, value: Value) -> bool {
        self.ssa.func.ty(value).is_counted()
    }

    fn enum_id(&self, ty: Type) -> EnumId {
        match self.types().kind(ty) {
            TypeKind::Enum(id) => *id,
            _ => unreachable!("variants are those of enums, {} is none", self.types().display(ty)),
        }
    }

    pub(super) fn enum_shape(&mut self, ty: Type) -> Rc<EnumShape> {
        let id = self.enum_id(ty);
        self.module.shapes.enum_shape(id)
    }

    pub(super) fn is_boxed(&self, ty: Type) -> bool {
        self.types().enums[self.enum_id(ty)].boxed
    }

    /// Layout of the elements of an array of this type.
    pub(super) fn element_layout(&mut self, array: Type) -> LayoutId {
        let element = self.element_ty(array);
        self.module.shapes.element_layout(element)
    }

    /// The values of expressions in order, those that have one. All are held; the caller cuts the stack back.
    pub(super) fn held_values(&mut self, exprs: &'t [Expr<'t>]) -> Flow<Vec<Option<Value>>> {
        let mut values = Vec::with_capacity(exprs.len());
        for expr in exprs {
            let value = self.eval(expr)?;
            if let Some(value) = value {
                self.hold(value);
            }
            values.push(value);
        }
        Ok(values)
    }

    /// A struct, tuple or range.
    pub(super) fn struct_(&mut self, fields: &'t [Expr<'t>], ty: Type) -> Flow<Value> {
        let depth = self.held.len();
        let fields = self.held_values(fields)?.into_iter().flatten().collect();
        self.held.truncate(depth);
        match self.ty(ty) {
            Some(ty @ Ty::Agg(agg)) => Ok(self.ssa.def(InstKind::MakeAgg(agg, fields), ty)),
            _ => unreachable!("a struct is an aggregate, {} is none", self.types().display(ty)),
        }
    }

    /// Variant number `variant` of an enum with its payload.
    pub(super) fn variant(&mut self, variant: u32, payload: &'t [Expr<'t>], ty: Type) -> Flow<Value> {
        let depth = self.held.len();
        let payload = self.held_values(payload)?;
        self.held.truncate(depth);
        let shape = self.enum_shape(ty);
        if self.is_boxed(ty) && shape.variants[variant as usize].iter().all(Vec::is_empty) {
            // There is nothing in it, but an aggregate of no fields is given up as any other.
            for value in payload.into_iter().flatten() {
                self.take_leaves(value);
            }
            let id = self.enum_id(ty);
            let global = self.module.unit_box(id, variant);
            return Ok(self.ssa.def(InstKind::GlobalGet(global), Ty::Ref));
        }
        let mut slots: Vec<Option<Value>> = vec![None; shape.slots.len()];
        for (value, places) in payload.into_iter().zip(&shape.variants[variant as usize]) {
            let leaves = value.map_or_else(Vec::new, |value| self.take_leaves(value));
            for (leaf, &slot) in leaves.into_iter().zip(places) {
                slots[slot as usize] = Some(leaf);
            }
        }
        let mut leaves = vec![self.ssa.int(i64::from(variant))];
        for (slot, &leaf) in slots.into_iter().zip(&shape.slots) {
            leaves.push(slot.unwrap_or_else(|| self.unused(leaf)));
        }
        Ok(match self.ty(ty) {
            Some(Ty::Ref) => {
                let layout = self.module.shapes.box_layout(&shape);
                self.ssa.def(InstKind::BoxNew(layout, leaves), Ty::Ref)
            }
            Some(ty @ Ty::Agg(agg)) => self.ssa.def(InstKind::MakeAgg(agg, leaves), ty),
            _ => leaves[0],
        })
    }

    /// What lies in a slot that a variant does not use.
    fn unused(&mut self, leaf: MemTy) -> Value {
        let constant = self.module.initial(leaf.ty());
        self.ssa.constant(constant)
    }

    /// An array of these elements.
    pub(super) fn array(&mut self, elements: &'t [Expr<'t>], ty: Type) -> Flow<Value> {
        let depth = self.held.len();
        let values = self.held_values(elements)?;
        self.held.truncate(depth);
        Ok(self.array_of(values, ty))
    }

    /// An array of type `ty` of these elements, none being void ones.
    pub(super) fn array_of(&mut self, elements: Vec<Option<Value>>, ty: Type) -> Value {
        let layout = self.element_layout(ty);
        let mut leaves = Vec::with_capacity(elements.len());
        for element in elements {
            leaves.extend(self.element_leaves(element));
        }
        self.ssa.def(InstKind::ArrayLit(layout, leaves), Ty::Ref)
    }

    /// The leaves of an element as its layout has them: one at least.
    pub(super) fn element_leaves(&mut self, element: Option<Value>) -> Vec<Value> {
        let mut leaves = element.map_or_else(Vec::new, |element| self.take_leaves(element));
        if leaves.is_empty() {
            leaves.push(self.ssa.int(0));
        }
        leaves
    }

    /// The leaves of a value, which is given up for them.
    pub(super) fn take_leaves(&mut self, value: Value) -> Vec<Value> {
        let Ty::Agg(agg) = self.ssa.func.ty(value) else {
            return vec![value];
        };
        let fields = self.take_apart(value, agg);
        fields.into_iter().flat_map(|field| self.take_leaves(field)).collect()
    }

    pub(super) fn take_apart(&mut self, value: Value, agg: AggId) -> Vec<Value> {
        let tys = self.module.shapes.aggs[agg].clone();
        self.ssa.defs(InstKind::TakeApart(value), &tys)
    }

    /// Types of the leaves of a value of type `ty`.
    pub(super) fn leaf_tys(&self, ty: Ty) -> Vec<Ty> {
        match ty {
            Ty::Agg(agg) => self.module.shapes.aggs[agg].iter().flat_map(|&field| self.leaf_tys(field)).collect(),
            leaf => vec![leaf],
        }
    }

    /// The value of type `ty` of these leaves, which are given up for it.
    pub(super) fn join_leaves(&mut self, ty: Ty, leaves: Vec<Value>) -> Value {
        let mut leaves = leaves.into_iter();
        self.next_joined(ty, &mut leaves)
    }

    fn next_joined(&mut self, ty: Ty, leaves: &mut dyn Iterator<Item = Value>) -> Value {
        let Ty::Agg(agg) = ty else {
            return match leaves.next() {
                Some(leaf) => leaf,
                None => unreachable!("a value has as many leaves as its type"),
            };
        };
        let tys = self.module.shapes.aggs[agg].clone();
        let fields = tys.iter().map(|&field| self.next_joined(field, leaves)).collect();
        self.ssa.def(InstKind::MakeAgg(agg, fields), ty)
    }

    /// What a place holds while its reference is elsewhere.
    pub(super) fn placeholder(&mut self, ty: Ty) -> Value {
        match ty {
            Ty::Ref => self.ssa.constant(Const::Null),
            _ => self.literal(""),
        }
    }
}

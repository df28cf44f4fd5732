//! Reading parts of values without making references: fields, payloads, elements.
//!
//! A *view* stands for the value of an expression that names a part of something: `p.a`, `list[i].name`, the payload of a
//! variant. Going down into parts makes no instructions, or one that borrows; only at the end is the part loaded, with a
//! reference of its own where one is needed. What a view is read from is held in a variable, or is a temporary that the
//! view's owner keeps until the use is over.

use resilient_sema::typed::{Builtin, Expr, ExprKind, LocalId};
use resilient_sema::types::{Type, TypeKind, Types};

use super::Flow;
use super::effects::Stores;
use super::function::FuncBuilder;
use super::scope::{Operand, peel};
use crate::ir::{InstKind, Leaf, Ty, Value};

/// A part of something.
pub(super) enum View {
    /// This value, borrowed.
    Value(Value),
    /// These leaves, borrowed.
    Leaves(Vec<Value>),
    /// The leaves from this one on of an element of an array, at an index in range.
    Element { array: Value, index: Value, first: Leaf },
}

/// A view with the temporary it is read from.
pub(super) struct OwnedView {
    pub(super) view: View,
    pub(super) owner: Option<Value>,
}

impl<'t> FuncBuilder<'_, '_, 't> {
    /// The value of `expr` for a use that does not consume it. `later` are the operands evaluated between now and the
    /// use.
    pub(super) fn operand(&mut self, expr: &'t Expr<'t>, later: &[&'t Expr<'t>]) -> Flow<Operand> {
        let expr = peel(expr);
        if !self.is_part(expr) || self.is_in_danger(expr, later) {
            let value = self.value(expr)?;
            return Ok(self.temporary(value));
        }
        let OwnedView { view, owner } = self.view(expr)?;
        let ty = self.ty(expr.ty);
        if let (Some(value), is_own) = self.borrowed_value(view, ty) {
            return Ok(match is_own {
                false => Operand { value, owner },
                true => {
                    self.release_owner(owner);
                    Operand { value, owner: Some(value) }
                }
            });
        }
        unreachable!("operands have values, that at {:?} has none", expr.span)
    }

    /// The value of `expr`, which names a part of something, with a reference of its own; none if it is void.
    pub(super) fn part(&mut self, expr: &'t Expr<'t>) -> Flow<Option<Value>> {
        let OwnedView { view, owner } = self.view(expr)?;
        let ty = self.module.ty(expr.ty);
        let value = ty.map(|ty| self.owned_value(view, ty));
        self.release_owner(owner);
        Ok(value)
    }

    /// Whether `expr` is one that [`FuncBuilder::view`] goes down into.
    fn is_part(&self, expr: &Expr<'_>) -> bool {
        matches!(
            expr.kind,
            ExprKind::Local(_)
                | ExprKind::Field(..)
                | ExprKind::VariantField(..)
                | ExprKind::Index(..)
                | ExprKind::CallBuiltin(Builtin::ArrayGet, _)
        )
    }

    /// Whether a later operand may store to the variable that a counted part is read from.
    fn is_in_danger(&self, expr: &'t Expr<'t>, later: &[&'t Expr<'t>]) -> bool {
        self.root(expr).is_some_and(|root| {
            self.ssa.is_assigned(root)
                && self.ssa.var_ty(root).is_some_and(Ty::is_counted)
                && later.iter().any(|later| Stores::of(later).has_local(root))
        })
    }

    /// The variable that an expression is a part of.
    pub(super) fn root(&self, mut expr: &Expr<'t>) -> Option<LocalId> {
        loop {
            expr = match expr.kind {
                ExprKind::Local(local) => return Some(local),
                ExprKind::Field(base, _) | ExprKind::VariantField(base, ..) | ExprKind::Index(base, _) => base,
                ExprKind::CallBuiltin(Builtin::ArrayGet, [base, _]) => base,
                _ => return None,
            }
        }
    }

    /// What `expr` names. Chains of parts can be long and are no recursion but for indices.
    pub(super) fn view(&mut self, expr: &'t Expr<'t>) -> Flow<OwnedView> {
        let mut chain = Vec::new();
        let mut base = expr;
        loop {
            let next = match base.kind {
                ExprKind::Field(inner, _) | ExprKind::VariantField(inner, ..) | ExprKind::Index(inner, _) => inner,
                ExprKind::CallBuiltin(Builtin::ArrayGet, [inner, _]) => inner,
                _ => break,
            };
            chain.push(base);
            base = next;
        }
        // An index between could store to the variable that the array is read from.
        let indices: Vec<_> = chain.iter().filter_map(|part| index_of(part)).collect();
        let mut current = match base.kind {
            ExprKind::Local(local) if self.ssa.var_ty(local).is_none() => {
                OwnedView { view: View::Leaves(Vec::new()), owner: None }
            }
            ExprKind::Local(local) if !self.is_in_danger(base, &indices) => {
                OwnedView { view: View::Value(self.ssa.read(local)), owner: None }
            }
            _ => match self.eval(base)? {
                Some(value) => OwnedView { view: View::Value(value), owner: self.temporary(value).owner },
                None => OwnedView { view: View::Leaves(Vec::new()), owner: None },
            },
        };
        let mut base_ty = base.ty;
        for part in chain.into_iter().rev() {
            current = self.view_part(current, base_ty, part)?;
            base_ty = part.ty;
        }
        Ok(current)
    }

    /// One step down, from a value of type `base_ty`.
    fn view_part(&mut self, base: OwnedView, base_ty: Type, part: &'t Expr<'t>) -> Flow<OwnedView> {
        let OwnedView { view, owner } = base;
        let view = match part.kind {
            ExprKind::Field(_, n) => self.view_field(view, base_ty, n, part.ty),
            ExprKind::VariantField(_, variant, field) => self.view_payload(view, base_ty, variant, field),
            _ => return self.view_element(OwnedView { view, owner }, base_ty, part),
        };
        Ok(OwnedView { view, owner })
    }

    fn view_field(&mut self, view: View, base_ty: Type, n: u32, field_ty: Type) -> View {
        let (first_leaf, index) = self.module.shapes.field_place(base_ty, n);
        let Some(shape) = self.module.shapes.shape(field_ty) else {
            return View::Leaves(Vec::new());
        };
        match view {
            View::Value(value) => View::Value(self.ssa.def(InstKind::PeekField(value, index), shape.ty)),
            View::Leaves(leaves) => {
                let first = first_leaf as usize;
                View::Leaves(leaves[first..first + shape.leaves.len()].to_vec())
            }
            View::Element { array, index, first } => {
                View::Element { array, index, first: Leaf { index: first.index + first_leaf, ..first } }
            }
        }
    }

    fn view_payload(&mut self, view: View, base_ty: Type, variant: u32, field: u32) -> View {
        let shape = self.enum_shape(base_ty);
        let slots = &shape.variants[variant as usize][field as usize];
        // The tag comes before the slots.
        View::Leaves(slots.iter().map(|slot| self.enum_leaf(&view, base_ty, slot + 1)).collect())
    }

    /// Leaf `n` of an enum, borrowed: the tag or a slot.
    fn enum_leaf(&mut self, view: &View, ty: Type, n: u32) -> Value {
        let shape = self.enum_shape(ty);
        let leaf = shape.leaves().nth(n as usize);
        let leaf_ty = leaf.map_or(Ty::I64, |leaf| leaf.ty());
        if self.is_boxed(ty) {
            let (reference, _) = self.borrowed_leaf(view, 0, Ty::Ref);
            let leaf = Leaf { layout: self.module.shapes.box_layout(&shape), index: n };
            return match leaf_ty.is_counted() {
                true => self.ssa.def(InstKind::BoxPeek(leaf, reference), leaf_ty),
                false => self.ssa.def(InstKind::BoxLoad(leaf, reference), leaf_ty),
            };
        }
        self.borrowed_leaf(view, n, leaf_ty).0
    }

    /// The number of the variant that the enum `view` is.
    pub(super) fn view_tag(&mut self, view: &View, ty: Type) -> Value {
        self.enum_leaf(view, ty, 0)
    }

    /// Leaf `n` of a view, borrowed if counted.
    fn borrowed_leaf(&mut self, view: &View, n: u32, ty: Ty) -> (Value, Ty) {
        let value = match *view {
            View::Value(value) if matches!(self.ssa.func.ty(value), Ty::Agg(_)) => {
                self.ssa.def(InstKind::PeekField(value, n), ty)
            }
            View::Value(value) => value,
            View::Leaves(ref leaves) => leaves[n as usize],
            View::Element { array, index, first } => {
                let leaf = Leaf { index: first.index + n, ..first };
                match ty.is_counted() {
                    true => self.ssa.def(InstKind::ArrayPeek(leaf, array, index), ty),
                    false => self.ssa.def(InstKind::ArrayLoad(leaf, array, index), ty),
                }
            }
        };
        (value, ty)
    }

    fn view_element(&mut self, base: OwnedView, base_ty: Type, part: &'t Expr<'t>) -> Flow<OwnedView> {
        let Some(index_expr) = index_of(part) else {
            unreachable!("a part is a field, a payload or an element");
        };
        let (array, _) = self.borrowed_leaf(&base.view, 0, Ty::Ref);
        let depth = self.held.len();
        self.hold_owner(base.owner);
        let index = self.value(index_expr)?;
        self.held.truncate(depth);
        let index = match part.kind {
            ExprKind::Index(..) => self.checked_index(array, index, None, part.span),
            _ => index,
        };
        let layout = self.element_layout(base_ty);
        let view = View::Element { array, index, first: Leaf { layout, index: 0 } };
        Ok(OwnedView { view, owner: base.owner })
    }

    /// A value of type `ty` for a use that does not consume it, and whether it is the user's own.
    fn borrowed_value(&mut self, view: View, ty: Option<Ty>) -> (Option<Value>, bool) {
        let Some(ty) = ty else {
            return (None, false);
        };
        match (&view, ty) {
            (View::Value(value), _) => (Some(*value), false),
            (_, Ty::Agg(_)) => (Some(self.owned_value(view, ty)), true),
            _ => (Some(self.borrowed_leaf(&view, 0, ty).0), false),
        }
    }

    /// The value of type `ty` that a view shows, with references of its own.
    fn owned_value(&mut self, view: View, ty: Ty) -> Value {
        let leaves = match view {
            View::Value(value) if ty.is_counted() => return self.retain(value),
            View::Value(value) => return value,
            View::Leaves(leaves) => {
                leaves.into_iter().map(|leaf| if self.is_counted(leaf) { self.retain(leaf) } else { leaf }).collect()
            }
            View::Element { array, index, first } => {
                let tys = self.leaf_tys(ty);
                let load = |(n, ty): (usize, Ty)| {
                    let leaf = Leaf { index: first.index + n as u32, ..first };
                    self.ssa.def(InstKind::ArrayLoad(leaf, array, index), ty)
                };
                tys.into_iter().enumerate().map(load).collect()
            }
        };
        self.join_leaves(ty, leaves)
    }

    pub(super) fn hold_owner(&mut self, owner: Option<Value>) {
        if let Some(owner) = owner {
            self.hold(owner);
        }
    }

    pub(super) fn release_owner(&mut self, owner: Option<Value>) {
        if let Some(owner) = owner {
            self.release(owner);
        }
    }

    /// The type of the elements of an array type.
    pub(super) fn element_ty(&self, array: Type) -> Type {
        match self.types().kind(array) {
            TypeKind::Array(element) => *element,
            _ => unreachable!("elements are those of arrays, {} is none", self.types().display(array)),
        }
    }

    pub(super) fn types(&self) -> &Types {
        &self.module.program.types
    }
}

/// The index that an expression reads an element at.
fn index_of<'t>(expr: &Expr<'t>) -> Option<&'t Expr<'t>> {
    match expr.kind {
        ExprKind::Index(_, index) | ExprKind::CallBuiltin(Builtin::ArrayGet, [_, index]) => Some(index),
        _ => None,
    }
}

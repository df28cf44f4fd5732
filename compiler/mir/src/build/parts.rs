//! Stores to parts of variables: `p.x = v`, `a[i] = v`, `g.rows[i][j].cells[k] += v`.
//!
//! Fields of a variable are fields of its value: the value is taken apart and put together again around the part that
//! changes. From the first index on, the change is made in place:
//!
//! ```text
//! m[i][j] = v         v1 = array_unique layout1 v0            m's value, no other references now
//!                     v2 = array_unique_at layout1.0 v1, i    the same for the row, in its place
//!                     array_store layout0.0 v2, j, v
//!                     m is v1
//! ```
//!
//! A counted leaf is exchanged and the old one released. Of an aggregate element only the leaves of the part are touched.
//! A global's array is taken out for the time of the change, so that the global's is not another reference. What appends to
//! a part, such as `a[i] = push(a[i], x)`, takes its old value out in the same way ([`super::changes`]).

use resilient_base::Span;
use resilient_sema::typed::{AssignPart, BinaryOp, Expr, GlobalId, LocalId, Place, Projection};
use resilient_sema::types::{Type, TypeKind};

use super::Flow;
use super::changes::{Change, ReadyChange, names_part};
use super::effects::Stores;
use super::function::FuncBuilder;
use crate::ir::{InstKind, Leaf, Ty, Value};

/// A step of a path, with its index evaluated.
#[derive(Clone, Copy)]
enum Step {
    Field(u32),
    /// The index as the program has it, and its number among the indices of the path, from 1.
    Index(Value, u32),
}

/// What is stored, and how its place is named in faults.
struct Target<'s> {
    /// From the variable to the part.
    path: &'s [Step],
    span: Span,
}

/// Whether evaluating the operand of `root.path op= operand` leaves the place alone.
fn keeps_path(change: Change<'_>, node: &AssignPart<'_>) -> bool {
    let stores = change.operand().map(Stores::of).unwrap_or_default();
    !stores.has(node.root)
}

impl<'t> FuncBuilder<'_, '_, 't> {
    /// `root.path = value` or `root.path op= value`
    pub(super) fn assign_part(&mut self, node: &'t AssignPart<'t>, span: Span) -> Flow<()> {
        let change = match node.op {
            None => Change::of(node.value)
                .filter(|(read, change)| names_part(read, node.root, node.path) && change.keeps(read)),
            Some(op) => Change::of_operator(op, node.value)
                .filter(|change| keeps_path(*change, node))
                .map(|change| (node.value, change)),
        };
        if let Some((read, change)) = change {
            return self.change_part(node, read, change, span);
        }
        match node.op {
            None => self.set_part(node, span),
            Some(op) => {
                let path = self.steps(node.path)?;
                let target = Target { path: &path, span };
                let new = self.changed_part(node, op, &target)?;
                self.store_part(node.root, &target, ReadyChange::Set(new));
                Ok(())
            }
        }
    }

    fn set_part(&mut self, node: &'t AssignPart<'t>, span: Span) -> Flow<()> {
        let depth = self.held.len();
        let value = self.eval(node.value)?;
        if let Some(value) = value {
            self.hold(value);
        }
        let path = self.steps(node.path)?;
        self.held.truncate(depth);
        if let Some(value) = value {
            self.store_part(node.root, &Target { path: &path, span }, ReadyChange::Set(value));
        }
        Ok(())
    }

    /// Appends to a part, or takes off it, in its place. Without an operator, `read` is the read of the part.
    fn change_part(
        &mut self,
        node: &'t AssignPart<'t>,
        read: &'t Expr<'t>,
        change: Change<'t>,
        span: Span,
    ) -> Flow<()> {
        let depth = self.held.len();
        // The old value is read first, for its checks.
        let early = match node.op {
            Some(_) => {
                let path = self.steps(node.path)?;
                let (_, _, owner) = self.load_part(node, &Target { path: &path, span });
                self.release_owner(owner);
                Some(path)
            }
            None => {
                let owner = self.view(read)?.owner;
                self.release_owner(owner);
                None
            }
        };
        let ready = self.ready(change, node.root, node.value.span)?;
        match &ready {
            ReadyChange::Push(Some(element)) => self.hold(*element),
            ReadyChange::Join(_, operand) => self.hold_operand(*operand),
            _ => {}
        }
        let path = match early {
            Some(path) => path,
            None => self.steps(node.path)?,
        };
        self.held.truncate(depth);
        self.store_part(node.root, &Target { path: &path, span }, ready);
        Ok(())
    }

    /// Evaluates the indices of a path.
    fn steps(&mut self, path: &'t [Projection<'t>]) -> Flow<Vec<Step>> {
        let mut steps = Vec::with_capacity(path.len());
        let mut dim = 0;
        for projection in path {
            steps.push(match projection {
                Projection::Field(n) => Step::Field(*n),
                Projection::Index(index) => {
                    dim += 1;
                    Step::Index(self.value(index)?, dim)
                }
            });
        }
        Ok(steps)
    }

    /// The old value of the part with the operator applied.
    fn changed_part(&mut self, node: &AssignPart<'t>, op: BinaryOp, target: &Target<'_>) -> Flow<Value> {
        let depth = self.held.len();
        let (value, ty, owner) = self.load_part(node, target);
        // With a reference of its own if it is counted: the operand may change the variable.
        let value = if self.is_counted(value) { self.retain(value) } else { value };
        self.release_owner(owner);
        let old = self.temporary(value);
        self.hold_operand(old);
        let operand = self.operand(node.value, &[])?;
        self.held.truncate(depth);
        let new = self.compute(op, ty, old, operand, target.span);
        Ok(new)
    }

    /// The value of the part, borrowed, with its type and what it is to be read from and released.
    fn load_part(&mut self, node: &AssignPart<'t>, target: &Target<'_>) -> (Value, Type, Option<Value>) {
        let mut ty = self.place_ty(node.root);
        let (root, owner) = match node.root {
            Place::Local(local) => (self.ssa.read(local), None),
            Place::Global(global) => match self.read_global(global, target.span) {
                Some(value) => (value, self.temporary(value).owner),
                None => unreachable!("a variable with parts has a value"),
            },
        };
        let mut value = root;
        let mut steps = target.path;
        while let [step, rest @ ..] = steps {
            (value, ty, steps) = match *step {
                Step::Field(n) => {
                    let (_, index) = self.module.shapes.field_place(ty, n);
                    let field = self.field_ty(ty, n);
                    let Some(field_ty) = self.ty(field) else {
                        unreachable!("a part that is computed with has a value");
                    };
                    (self.ssa.def(InstKind::PeekField(value, index), field_ty), field, rest)
                }
                Step::Index(index, dim) => {
                    let place = self.checked_index(value, index, Some(dim), target.span);
                    let (leaf, part_ty, rest) = self.element_part(ty, rest);
                    let Some(leaf_ty) = self.ty(part_ty) else {
                        unreachable!("a part that is computed with has a value");
                    };
                    let kind = match leaf_ty.is_counted() {
                        true => InstKind::ArrayPeek(leaf, value, place),
                        false => InstKind::ArrayLoad(leaf, value, place),
                    };
                    (self.ssa.def(kind, leaf_ty), part_ty, rest)
                }
            };
        }
        (value, ty, owner)
    }

    /// Follows the fields at the start of `path` from an element of an array of type `array`. Gives the first leaf and the
    /// type of where they lead, and the rest of the path.
    fn element_part<'s>(&mut self, array: Type, path: &'s [Step]) -> (Leaf, Type, &'s [Step]) {
        let layout = self.element_layout(array);
        let mut ty = self.element_ty(array);
        let mut index = 0;
        let mut rest = path;
        while let [Step::Field(n), behind @ ..] = rest {
            index += self.module.shapes.field_place(ty, *n).0;
            ty = self.field_ty(ty, *n);
            rest = behind;
        }
        (Leaf { layout, index }, ty, rest)
    }

    /// Makes the change of the part.
    fn store_part(&mut self, root: Place, target: &Target<'_>, new: ReadyChange) {
        match root {
            Place::Local(local) => self.store_part_of_local(local, target, new),
            Place::Global(global) => self.store_part_of_global(global, target, new),
        }
    }

    fn store_part_of_local(&mut self, local: LocalId, target: &Target<'_>, new: ReadyChange) {
        let old = self.ssa.read(local);
        let ty = self.place_ty(Place::Local(local));
        let changed = self.with_part(old, ty, target.path, target.span, new);
        self.ssa.define(local, changed);
    }

    /// `value`, of type `ty`, with the part changed; it is given up.
    fn with_part(&mut self, value: Value, ty: Type, path: &[Step], span: Span, new: ReadyChange) -> Value {
        match *path {
            [] => self.apply_change(new, value, ty),
            [Step::Field(n), ref rest @ ..] => {
                let value_ty = self.ssa.func.ty(value);
                let Ty::Agg(agg) = value_ty else {
                    unreachable!("fields are those of aggregates");
                };
                let (_, index) = self.module.shapes.field_place(ty, n);
                let field_ty = self.field_ty(ty, n);
                let mut fields = self.take_apart(value, agg);
                let field = &mut fields[index as usize];
                *field = self.with_part(*field, field_ty, rest, span, new);
                self.ssa.def(InstKind::MakeAgg(agg, fields), value_ty)
            }
            [Step::Index(..), ..] => {
                let layout = self.element_layout(ty);
                let array = self.ssa.def(InstKind::ArrayUnique(layout, value), Ty::Ref);
                self.change_array(array, ty, path, span, new);
                array
            }
        }
    }

    /// Changes a part of an array of type `ty` to which there are no other references. The path starts with an index.
    fn change_array(&mut self, mut array: Value, mut ty: Type, mut path: &[Step], span: Span, new: ReadyChange) {
        while let [Step::Index(index, dim), rest @ ..] = path {
            let place = self.checked_index(array, *index, Some(*dim), span);
            let (leaf, part_ty, rest) = self.element_part(ty, rest);
            if rest.is_empty() {
                match new {
                    ReadyChange::Set(new) => self.store_leaves(array, place, leaf, new),
                    change => self.change_leaf((array, place, leaf), part_ty, change),
                }
                return;
            }
            array = self.ssa.def(InstKind::ArrayUniqueAt(leaf, array, place), Ty::Ref);
            (ty, path) = (part_ty, rest);
        }
    }

    /// Changes a string or array in an array.
    fn change_leaf(&mut self, (array, place, leaf): (Value, Value, Leaf), ty: Type, change: ReadyChange) {
        let Some(leaf_ty) = self.ty(ty) else {
            unreachable!("what is changed has a value");
        };
        let nothing = self.placeholder(leaf_ty);
        let old = self.ssa.def(InstKind::ArrayReplace(leaf, array, place, nothing), leaf_ty);
        let new = self.apply_change(change, old, ty);
        let nothing = self.ssa.def(InstKind::ArrayReplace(leaf, array, place, new), leaf_ty);
        self.release(nothing);
    }

    fn store_leaves(&mut self, array: Value, place: Value, first: Leaf, new: Value) {
        for (n, value) in self.take_leaves(new).into_iter().enumerate() {
            let leaf = Leaf { index: first.index + n as u32, ..first };
            if self.is_counted(value) {
                let ty = self.ssa.func.ty(value);
                let old = self.ssa.def(InstKind::ArrayReplace(leaf, array, place, value), ty);
                self.release(old);
            } else {
                self.ssa.effect(InstKind::ArrayStore(leaf, array, place, value));
            }
        }
    }

    fn store_part_of_global(&mut self, global: GlobalId, target: &Target<'_>, new: ReadyChange) {
        self.check_ready(global, target.span);
        // The fields at the start lead to some of the leaves, each of which is a global of the module.
        let mut ty = self.place_ty(Place::Global(global));
        let mut first = 0;
        let mut rest = target.path;
        while let [Step::Field(n), behind @ ..] = rest {
            first += self.module.shapes.field_place(ty, *n).0 as usize;
            ty = self.field_ty(ty, *n);
            rest = behind;
        }
        let leaves = &self.module.global_ids[global][first..];
        if let (true, ReadyChange::Set(new)) = (rest.is_empty(), &new) {
            let leaves = leaves.to_vec();
            let values = self.take_leaves(*new);
            for (id, value) in leaves.into_iter().zip(values) {
                self.set_leaf(id, value);
            }
            return;
        }
        let id = leaves[0];
        let leaf_ty = self.module.globals[id].ty;
        let nothing = self.placeholder(leaf_ty);
        let old = self.ssa.def(InstKind::GlobalReplace(id, nothing), leaf_ty);
        let changed = self.with_part(old, ty, rest, target.span, new);
        self.set_leaf(id, changed);
    }

    /// Type of a variable.
    pub(super) fn place_ty(&self, place: Place) -> Type {
        match place {
            Place::Local(local) => self.local(local).ty,
            Place::Global(global) => self.globals()[global].ty,
        }
    }

    fn field_ty(&self, ty: Type, n: u32) -> Type {
        match self.types().kind(ty) {
            TypeKind::Struct(id) => self.types().structs[*id].fields[n as usize].ty,
            _ => unreachable!("fields are those of structs, {} is none", self.types().display(ty)),
        }
    }
}

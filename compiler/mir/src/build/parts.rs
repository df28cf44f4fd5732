//! Stores to parts of variables: `p.x = v`, `a[i] = v`, `g.rows[i][j].cells[k] += v`, `m[key] = v`.
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
//! The array of a global or cell is taken out for the time of the change, so that the global's is not another reference.
//! What appends to a part, such as `a[i] = push(a[i], x)`, takes its old value out in the same way ([`super::changes`]).
//!
//! Where the program may survive a fault, all checks of a change of something in memory are made before it is taken out.
//!
//! A map is a struct. A key becomes an index of its array of values by a call of a library function, which gets a reference
//! of its own and has given it up when the change is made. To insert, the whole map is taken out of its place.

use resilient_base::Span;
use resilient_sema::typed::{AssignPart, BinaryOp, Expr, FuncId, PartOp, Place, Projection};
use resilient_sema::types::{Type, TypeKind};

use super::Flow;
use super::changes::{Change, ReadyChange, names_part};
use super::effects::Stores;
use super::function::FuncBuilder;
use super::memory::{Memory, MemoryLeaf};
use super::places::memory;
use crate::ir::{InstKind, Leaf, Ty, Value};

/// A step of a path, with its index evaluated.
#[derive(Clone, Copy)]
enum Step {
    Field(u32),
    /// The index as the program has it, and its number among the indices of the path, from 1.
    Index(Value, u32),
    /// An index that is in range.
    At(Value),
    Key(Key),
}

/// A key of a map. The path owns it, if it is counted.
#[derive(Clone, Copy)]
struct Key {
    key: Option<Value>,
    position: FuncId,
    /// The field with the array of values.
    values: u32,
}

/// What is stored, and how its place is named in faults.
struct Target<'s> {
    /// From the variable to the part.
    path: &'s [Step],
    span: Span,
}

/// The old value of a part.
struct Part {
    /// Borrowed.
    value: Value,
    ty: Type,
    /// What it was read from and is to be released.
    owner: Option<Value>,
    /// The path with keys looked up and indices checked.
    path: Vec<Step>,
}

/// An element of an array, from one of its leaves on.
#[derive(Clone, Copy)]
struct Element {
    array: Value,
    place: Value,
    first: Leaf,
}

/// A path to go along, its next step last.
fn upcoming(path: &[Step]) -> Vec<Step> {
    path.iter().rev().copied().collect()
}

impl<'t> FuncBuilder<'_, '_, 't> {
    /// `root.path = value`, `root.path op= value` or `root.path[key] = value`
    pub(super) fn assign_part(&mut self, node: &'t AssignPart<'t>, span: Span) -> Flow<()> {
        let change = match node.op {
            PartOp::Store => Change::of(node.value)
                .filter(|(read, change)| names_part(read, node.root, node.path) && change.keeps(read)),
            PartOp::Op(op) => Change::of_operator(op, node.value)
                .filter(|change| !change.stores().has(node.root))
                .map(|change| (node.value, change)),
            PartOp::Insert { .. } => None,
        };
        if let Some((read, change)) = change {
            return self.change_part(node, read, change, span);
        }
        match node.op {
            PartOp::Store => self.set_part(node, span),
            PartOp::Op(op) => self.update_part(node, op, span),
            PartOp::Insert { key, insert } => self.insert(node, key, insert, span),
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
        self.release_keys(&path);
        Ok(())
    }

    fn update_part(&mut self, node: &'t AssignPart<'t>, op: BinaryOp, span: Span) -> Flow<()> {
        let depth = self.held.len();
        let path = self.steps(node.path)?;
        let (new, found) = self.changed_part(node, op, &Target { path: &path, span })?;
        self.held.truncate(depth);
        // The operand may have moved the keys.
        let found = if Stores::of(node.value).has(node.root) { &path } else { &found };
        self.store_part(node.root, &Target { path: found, span }, ReadyChange::Set(new));
        self.release_keys(&path);
        Ok(())
    }

    fn insert(&mut self, node: &'t AssignPart<'t>, key: &'t Expr<'t>, insert: FuncId, span: Span) -> Flow<()> {
        let depth = self.held.len();
        let value = self.eval(node.value)?;
        if let Some(value) = value {
            self.hold(value);
        }
        let path = self.steps(node.path)?;
        let key = self.eval(key)?;
        self.held.truncate(depth);
        self.store_part(node.root, &Target { path: &path, span }, ReadyChange::Insert { insert, key, value, span });
        self.release_keys(&path);
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
            PartOp::Op(_) => {
                let path = self.steps(node.path)?;
                let part = self.load_part(node.root, &Target { path: &path, span });
                self.release_owner(part.owner);
                Some((path, part.path))
            }
            PartOp::Store | PartOp::Insert { .. } => {
                let owner = self.view(read)?.owner;
                self.release_owner(owner);
                None
            }
        };
        let ready = self.ready(change, node.root, node.value.span)?;
        self.hold_ready(&ready);
        let (path, found) = match early {
            Some(early) => early,
            None => {
                let path = self.steps(node.path)?;
                (path.clone(), path)
            }
        };
        self.held.truncate(depth);
        self.store_part(node.root, &Target { path: &found, span }, ready);
        self.release_keys(&path);
        Ok(())
    }

    fn hold_ready(&mut self, ready: &ReadyChange) {
        match ready {
            ReadyChange::Push(Some(element)) => self.hold(*element),
            ReadyChange::Join(_, operand) => self.hold_operand(*operand),
            ReadyChange::Index(_, operands) => operands.iter().for_each(|operand| self.hold_operand(*operand)),
            ReadyChange::Set(_) | ReadyChange::Push(None) | ReadyChange::Pop(_) | ReadyChange::Insert { .. } => {}
        }
    }

    /// Evaluates the indices of a path. Keys are held; the caller cuts the stack back, and releases them after the use.
    fn steps(&mut self, path: &'t [Projection<'t>]) -> Flow<Vec<Step>> {
        let mut steps = Vec::with_capacity(path.len());
        let mut dim = 0;
        for projection in path {
            steps.push(match *projection {
                Projection::Field(n) => Step::Field(n),
                Projection::Index(index) => {
                    dim += 1;
                    Step::Index(self.value(index)?, dim)
                }
                Projection::Key { key, position, values } => {
                    dim += 1;
                    let key = self.eval(key)?;
                    if let Some(key) = key {
                        self.hold(key);
                    }
                    Step::Key(Key { key, position, values })
                }
            });
        }
        Ok(steps)
    }

    fn release_keys(&mut self, path: &[Step]) {
        for step in path {
            if let Step::Key(Key { key: Some(key), .. }) = *step
                && self.is_counted(key)
            {
                self.release(key);
            }
        }
    }

    /// Where a key is in the map `map`, which is given up.
    fn position(&mut self, map: Value, key: Key, span: Span) -> Value {
        let mut args = vec![map];
        args.extend(key.key.map(|key| if self.is_counted(key) { self.retain(key) } else { key }));
        match self.call_function(key.position, args, span) {
            Some(place) => place,
            None => unreachable!("the place of a key is an int"),
        }
    }

    /// The old value of the part with the operator applied, and the path with keys looked up.
    fn changed_part(
        &mut self,
        node: &'t AssignPart<'t>,
        op: BinaryOp,
        target: &Target<'_>,
    ) -> Flow<(Value, Vec<Step>)> {
        let depth = self.held.len();
        let Part { value, ty, owner, path } = self.load_part(node.root, target);
        // With a reference of its own if it is counted: the operand may change the variable.
        let value = if self.is_counted(value) { self.retain(value) } else { value };
        self.release_owner(owner);
        let old = self.temporary(value);
        self.hold_operand(old);
        let operand = self.operand(node.value, &[])?;
        self.held.truncate(depth);
        let new = self.compute(op, ty, old, operand, target.span);
        Ok((new, path))
    }

    /// The value of the part.
    fn load_part(&mut self, root: Place, target: &Target<'_>) -> Part {
        self.go_to_part(root, target, true)
    }

    /// Goes along the path with all checks. An element at its end is loaded if it `is_wanted`; else the value means nothing.
    fn go_to_part(&mut self, root: Place, target: &Target<'_>, is_wanted: bool) -> Part {
        let mut ty = self.place_ty(root);
        let (mut value, owner) = match memory(root) {
            Err(local) => (self.ssa.read(local), None),
            Ok(memory) => match self.read_memory(memory, target.span) {
                Some(value) => (value, self.temporary(value).owner),
                None => unreachable!("a variable with parts has a value"),
            },
        };
        let mut found = Vec::with_capacity(target.path.len());
        let mut rest = upcoming(target.path);
        while let Some(step) = rest.pop() {
            let (index, dim) = match step {
                Step::Field(n) => {
                    found.push(step);
                    let (_, index) = self.module.shapes.field_place(ty, n);
                    ty = self.field_ty(ty, n);
                    let Some(field_ty) = self.ty(ty) else {
                        unreachable!("a part that is computed with has a value");
                    };
                    value = self.ssa.def(InstKind::PeekField(value, index), field_ty);
                    continue;
                }
                Step::Key(key) => {
                    let map = self.retain(value);
                    let place = self.position(map, key, target.span);
                    rest.extend([Step::At(place), Step::Field(key.values)]);
                    continue;
                }
                Step::Index(index, dim) => (index, Some(dim)),
                Step::At(index) => (index, None),
            };
            let place = self.place_at(value, index, dim, target.span);
            found.push(Step::At(place));
            let mut element = Element { array: value, place, first: self.first_leaf(ty) };
            ty = self.enter_element(&mut element, self.element_ty(ty), &mut rest, &mut found, target.span);
            if rest.is_empty() && !is_wanted {
                break;
            }
            let Some(leaf_ty) = self.ty(ty) else {
                unreachable!("a part that is computed with has a value");
            };
            let kind = match leaf_ty.is_counted() {
                true => InstKind::ArrayPeek(element.first, value, place),
                false => InstKind::ArrayLoad(element.first, value, place),
            };
            value = self.ssa.def(kind, leaf_ty);
        }
        Part { value, ty, owner, path: found }
    }

    /// The place in an array that an index means: one with a number is the program's and may be bad.
    fn place_at(&mut self, array: Value, index: Value, dim: Option<u32>, span: Span) -> Value {
        match dim {
            Some(dim) => self.checked_index(array, index, Some(dim), span),
            None => index,
        }
    }

    fn first_leaf(&mut self, array: Type) -> Leaf {
        Leaf { layout: self.element_layout(array), index: 0 }
    }

    /// Follows the fields and keys at the start of a path from an element of type `ty`, to where an index comes next or
    /// the path ends. Gives the type there.
    fn enter_element(
        &mut self,
        element: &mut Element,
        mut ty: Type,
        rest: &mut Vec<Step>,
        found: &mut Vec<Step>,
        span: Span,
    ) -> Type {
        while let Some(&step) = rest.last() {
            match step {
                Step::Field(n) => {
                    rest.pop();
                    found.push(step);
                    element.first.index += self.module.shapes.field_place(ty, n).0;
                    ty = self.field_ty(ty, n);
                }
                Step::Key(key) => {
                    rest.pop();
                    let map = self.load_element(*element, ty);
                    let place = self.position(map, key, span);
                    rest.extend([Step::At(place), Step::Field(key.values)]);
                }
                Step::Index(..) | Step::At(_) => break,
            }
        }
        ty
    }

    /// The value of type `ty` of the leaves of an element, with references of its own.
    fn load_element(&mut self, element: Element, ty: Type) -> Value {
        let Some(ty) = self.ty(ty) else {
            unreachable!("a map has a value");
        };
        let mut leaf = element.first;
        let mut leaves = Vec::new();
        for leaf_ty in self.leaf_tys(ty) {
            leaves.push(self.ssa.def(InstKind::ArrayLoad(leaf, element.array, element.place), leaf_ty));
            leaf.index += 1;
        }
        self.join_leaves(ty, leaves)
    }

    /// Makes the change of the part.
    fn store_part(&mut self, root: Place, target: &Target<'_>, new: ReadyChange) {
        match memory(root) {
            Ok(memory) => self.store_part_of_memory(memory, target, new),
            Err(local) => {
                let old = self.ssa.read(local);
                let ty = self.place_ty(root);
                let changed = self.with_part(old, ty, &mut upcoming(target.path), target.span, new);
                self.ssa.define(local, changed);
            }
        }
    }

    /// `value`, of type `ty`, with the part changed; it is given up.
    fn with_part(&mut self, value: Value, ty: Type, rest: &mut Vec<Step>, span: Span, new: ReadyChange) -> Value {
        match rest.last().copied() {
            None => self.apply_change(new, value, ty),
            Some(Step::Field(n)) => {
                rest.pop();
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
            Some(Step::Key(key)) => {
                rest.pop();
                let map = self.retain(value);
                let place = self.position(map, key, span);
                rest.extend([Step::At(place), Step::Field(key.values)]);
                self.with_part(value, ty, rest, span, new)
            }
            Some(Step::Index(..) | Step::At(_)) => {
                let layout = self.element_layout(ty);
                let array = self.ssa.def(InstKind::ArrayUnique(layout, value), Ty::Ref);
                self.change_array(array, ty, rest, span, new);
                array
            }
        }
    }

    /// Changes a part of an array of type `ty` to which there are no other references. The path starts with an index.
    fn change_array(&mut self, mut array: Value, mut ty: Type, rest: &mut Vec<Step>, span: Span, new: ReadyChange) {
        while let Some(step) = rest.pop() {
            let place = match step {
                Step::Index(index, dim) => self.place_at(array, index, Some(dim), span),
                Step::At(index) => index,
                Step::Field(_) | Step::Key(_) => unreachable!("a path starts with an index in an array"),
            };
            let mut element = Element { array, place, first: self.first_leaf(ty) };
            ty = self.enter_element(&mut element, self.element_ty(ty), rest, &mut Vec::new(), span);
            if rest.is_empty() {
                match new {
                    ReadyChange::Set(new) => self.store_leaves(element, new),
                    change => self.change_element(element, ty, change),
                }
                return;
            }
            array = self.ssa.def(InstKind::ArrayUniqueAt(element.first, array, place), Ty::Ref);
        }
    }

    /// Changes a string, array or map in an array.
    fn change_element(&mut self, element: Element, ty: Type, change: ReadyChange) {
        let Some(value_ty) = self.ty(ty) else {
            unreachable!("what is changed has a value");
        };
        let Element { array, place, first: mut leaf } = element;
        let mut leaves = Vec::new();
        for ty in self.leaf_tys(value_ty) {
            leaves.push(match ty.is_counted() {
                true => {
                    let nothing = self.placeholder(ty);
                    self.ssa.def(InstKind::ArrayReplace(leaf, array, place, nothing), ty)
                }
                false => self.ssa.def(InstKind::ArrayLoad(leaf, array, place), ty),
            });
            leaf.index += 1;
        }
        let old = self.join_leaves(value_ty, leaves);
        let new = self.apply_change(change, old, ty);
        self.store_leaves(element, new);
    }

    fn store_leaves(&mut self, element: Element, new: Value) {
        let Element { array, place, first } = element;
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

    fn store_part_of_memory(&mut self, memory: Memory, target: &Target<'_>, new: ReadyChange) {
        let checked = self.module.survives_faults.then(|| self.checked_path(memory, target, &new));
        self.check_memory(memory, target.span);
        // The fields at the start lead to some of the leaves.
        let mut ty = self.place_ty(memory.into());
        let all = self.memory_leaves(memory);
        let mut leaves = all.as_slice();
        let mut rest = upcoming(checked.as_deref().unwrap_or(target.path));
        while let Some(step @ (Step::Field(_) | Step::Key(_))) = rest.last().copied() {
            rest.pop();
            match step {
                Step::Key(key) => {
                    let map = self.get_value(leaves, ty);
                    let place = self.position(map, key, target.span);
                    rest.extend([Step::At(place), Step::Field(key.values)]);
                }
                Step::Field(n) => {
                    leaves = &leaves[self.module.shapes.field_place(ty, n).0 as usize..];
                    ty = self.field_ty(ty, n);
                }
                Step::Index(..) | Step::At(_) => {}
            }
            leaves = &leaves[..self.n_leaves(ty)];
        }
        if let (true, ReadyChange::Set(new)) = (rest.is_empty(), &new) {
            self.set_leaves(leaves, Some(*new));
            return;
        }
        let Some(value_ty) = self.ty(ty) else {
            unreachable!("what is changed has a value");
        };
        let values = self.take_out(leaves);
        let old = self.join_leaves(value_ty, values);
        let changed = self.with_part(old, ty, &mut rest, target.span, new);
        self.set_leaves(leaves, Some(changed));
    }

    /// The path to the part with all its checks made, and those of the change: from then on nothing faults until it is made. A
    /// fault in between would leave a variable behind that has no value.
    fn checked_path(&mut self, memory: Memory, target: &Target<'_>, new: &ReadyChange) -> Vec<Step> {
        let pop = if let ReadyChange::Pop(loc) = *new { Some(loc) } else { None };
        let part = self.go_to_part(memory.into(), target, pop.is_some());
        if let Some(loc) = pop {
            self.check_not_empty(part.value, loc);
        }
        self.release_owner(part.owner);
        part.path
    }

    /// The value of type `ty` of leaves in memory, with references of its own.
    fn get_value(&mut self, leaves: &[(MemoryLeaf, Ty)], ty: Type) -> Value {
        let Some(ty) = self.ty(ty) else {
            unreachable!("a map has a value");
        };
        let values = leaves.iter().map(|&(leaf, ty)| self.get_leaf(leaf, ty)).collect();
        self.join_leaves(ty, values)
    }

    fn n_leaves(&mut self, ty: Type) -> usize {
        self.module.shapes.shape(ty).map_or(0, |shape| shape.leaves.len())
    }

    /// Type of a variable.
    pub(super) fn place_ty(&self, place: Place) -> Type {
        match place {
            Place::Local(local) => self.local(local).ty,
            Place::Global(global) => self.globals()[global].ty,
            Place::Cell(local) => match *self.types().kind(self.local(local).ty) {
                TypeKind::Cell(content) => content,
                _ => unreachable!("{} is no cell", self.types().display(self.local(local).ty)),
            },
        }
    }

    fn field_ty(&self, ty: Type, n: u32) -> Type {
        match self.types().kind(ty) {
            TypeKind::Struct(id) => self.types().structs[*id].fields[n as usize].ty,
            _ => unreachable!("fields are those of structs, {} is none", self.types().display(ty)),
        }
    }
}

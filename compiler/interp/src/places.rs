//! Assignments to variables and to parts of them.
//!
//! A variable that is about to be overwritten gives its value up early where nobody can tell, so that what is computed from
//! it is computed in place: `xs = push(xs, v)`, `s = s + t` and `m = map_insert(m, k, v)` in a loop copy nothing, and neither
//! do they for parts of variables, `q.items = push(q.items, v)`.

use std::borrow::Cow;

use resilient_base::{EntityRef, Span};
use resilient_runtime::bounds::{index_dim_fault, resolve_index};
use resilient_sema::typed::{
    AssignPart, BinaryOp, Builtin, Expr, ExprKind, FuncId, LocalId, PartOp, Place, Projection,
};
use resilient_sema::types::{Type, TypeKind};

use crate::builtins::push_or_pop;
use crate::exit::{Eval, Exit, fault};
use crate::index;
use crate::machine::Machine;
use crate::ops;
use crate::parts::Parts;
use crate::value::{Value, wrong_kind};

/// A step to a part with its index evaluated.
#[derive(Clone)]
enum Step {
    Field(u32),
    Index(i64),
    /// See [`Projection::Key`].
    Key {
        key: Value,
        position: FuncId,
        values: u32,
    },
}

impl<'p> Machine<'p> {
    pub(crate) fn assign(&mut self, place: Place, value: &'p Expr<'p>, span: Span) -> Eval {
        let value = self.value_for(place, &[], value)?;
        self.with_place(place, span, |variable| *variable = value)?;
        Ok(Value::Void)
    }

    pub(crate) fn assign_op(&mut self, place: Place, op: BinaryOp, operand: &'p Expr<'p>, span: Span) -> Eval {
        let old = self.with_place(place, span, |variable| variable.clone())?;
        let operand_value = self.eval(operand)?;
        if builds_on_left(op) {
            self.give_up(place, &[], &old);
        }
        let ty = self.place_ty(place);
        let new = ops::binary(&self.program.types, op, ty, old, operand_value, span)?;
        self.with_place(place, span, |variable| *variable = new)?;
        Ok(Value::Void)
    }

    pub(crate) fn assign_part(&mut self, node: &'p AssignPart<'p>, span: Span) -> Eval {
        match node.op {
            PartOp::Store => {
                let value = self.value_for(node.root, node.path, node.value)?;
                let steps = self.steps(node.path)?;
                let steps = self.locate(node.root, &steps, span)?;
                self.with_part(node.root, &steps, span, |part| *part = value)?;
            }
            PartOp::Op(op) => self.update_part(node, op, span)?,
            PartOp::Insert { key, insert } => {
                let value = self.eval(node.value)?;
                let steps = self.steps(node.path)?;
                let key = self.eval(key)?;
                let steps = self.locate(node.root, &steps, span)?;
                // Nobody but the function has the map while it runs; library code cannot reach the variable.
                let map = match self.survives_faults(node.root) {
                    true => self.with_part(node.root, &steps, span, |part| part.clone())?,
                    false => self.with_part(node.root, &steps, span, std::mem::take)?,
                };
                let map = self.call_with(insert, [map, key, value], span)?;
                self.with_part(node.root, &steps, span, |part| *part = map)?;
            }
        }
        Ok(Value::Void)
    }

    fn update_part(&mut self, node: &'p AssignPart<'p>, op: BinaryOp, span: Span) -> Result<(), Exit> {
        let steps = self.steps(node.path)?;
        let mut found = self.locate(node.root, &steps, span)?;
        let old = self.with_part(node.root, &found, span, |part| part.clone())?;
        let operand = self.eval(node.value)?;
        let ty = self.part_ty(node);
        if !is_repeatable(node.value) {
            // The operand may have made the path end elsewhere.
            found = self.locate(node.root, &steps, span)?;
        }
        if builds_on_left(op) {
            self.with_part_now(node.root, &found, |part| release(part, &old));
        }
        let new = ops::binary(&self.program.types, op, ty, old, operand, span)?;
        self.with_part(node.root, &found, span, |part| *part = new)
    }

    /// The value of `expr`, which is going to be stored to a part of `place`.
    fn value_for(&mut self, place: Place, path: &'p [Projection<'p>], expr: &'p Expr<'p>) -> Eval {
        let span = expr.span;
        match expr.kind {
            ExprKind::CallBuiltin(Builtin::ArrayPush, [array, value]) => {
                let array = self.eval(array)?;
                let value = self.eval(value)?;
                self.give_up(place, path, &array);
                push_or_pop(array, Some(value), span)
            }
            ExprKind::CallBuiltin(Builtin::ArrayPop, [array]) => {
                let array = self.eval(array)?;
                if matches!(&array, Value::Array(elements) if elements.len() > 0) {
                    self.give_up(place, path, &array);
                }
                push_or_pop(array, None, span)
            }
            ExprKind::CallBuiltin(Builtin::IndexAdd, [index, keys]) => {
                let index = self.eval(index)?;
                let keys = self.eval(keys)?.into_elements();
                self.give_up(place, path, &index);
                Ok(index::add(index, &keys))
            }
            ExprKind::CallBuiltin(Builtin::IndexRemove, [index, keys, position]) => {
                let index = self.eval(index)?;
                let keys = self.eval(keys)?.into_elements();
                let position = self.eval(position)?.into_int();
                self.give_up(place, path, &index);
                Ok(index::remove(index, &keys, position))
            }
            ExprKind::Binary(op, left, right) if builds_on_left(op) => {
                let ty = left.ty;
                let left = self.eval(left)?;
                let right = self.eval(right)?;
                self.give_up(place, path, &left);
                ops::binary(&self.program.types, op, ty, left, right, span)
            }
            ExprKind::Call(call) if !call.is_self_tail => {
                let first = self.stack.len();
                self.push_args(call.args)?;
                if !self.survives_faults(place) && self.leaves_alone(call.func, place, path) {
                    self.give_up_to_call(place, path, first);
                }
                self.call_function(call.func, first, span)
            }
            _ => self.eval(expr),
        }
    }

    /// Gives the part up to the arguments of a call, which start at `first` on the stack.
    fn give_up_to_call(&mut self, place: Place, path: &'p [Projection<'p>], first: usize) {
        for at in first..self.stack.len() {
            let arg = &self.stack[at];
            if matches!(arg, Value::Str(_)) || arg.parts().is_some() {
                let arg = arg.clone();
                self.give_up(place, path, &arg);
            }
        }
    }

    /// Whether a call of `callee` runs no code that could read the variable, nor changes which part of it `path` leads to.
    fn leaves_alone(&mut self, callee: FuncId, place: Place, path: &[Projection<'p>]) -> bool {
        // Another function reads and changes no local variable of this one.
        let is_fixed = path.iter().all(|step| matches!(step, Projection::Field(_)));
        if is_fixed && matches!(place, Place::Local(_)) {
            return true;
        }
        let reach = self.reach(callee);
        !reach.includes(place) && (is_fixed || !reach.globals)
    }

    /// Empties the part of `place` at `path` if it shares its storage with `value`; the caller stores to it next. Only
    /// paths whose indices can be read twice are followed, and none to a part that is not there.
    fn give_up(&mut self, place: Place, path: &'p [Projection<'p>], value: &Value) {
        let mut steps = Vec::with_capacity(path.len());
        for projection in path {
            steps.push(match *projection {
                Projection::Field(field) => Step::Field(field),
                // One that faults here faults again when its turn comes.
                Projection::Index(index) if is_repeatable(index) => match self.eval(index) {
                    Ok(index) => Step::Index(index.into_int()),
                    Err(_) => return,
                },
                Projection::Index(_) | Projection::Key { .. } => return,
            });
        }
        self.with_part_now(place, &steps, |part| release(part, value));
    }

    /// The indices of `path` left to right.
    fn steps(&mut self, path: &'p [Projection<'p>]) -> Result<Vec<Step>, Exit> {
        let mut steps = Vec::with_capacity(path.len());
        for projection in path {
            steps.push(match *projection {
                Projection::Field(field) => Step::Field(field),
                Projection::Index(index) => Step::Index(self.eval(index)?.into_int()),
                Projection::Key { key, position, values } => Step::Key { key: self.eval(key)?, position, values },
            });
        }
        Ok(steps)
    }

    /// The same path without keys: each is looked up in its map. What is wrong with the path faults at `span`.
    fn locate<'s>(&mut self, place: Place, steps: &'s [Step], span: Span) -> Result<Cow<'s, [Step]>, Exit> {
        if !steps.iter().any(|step| matches!(step, Step::Key { .. })) {
            return Ok(Cow::Borrowed(steps));
        }
        let mut found = Vec::with_capacity(steps.len() + 1);
        let mut value = self.with_place(place, span, |variable| variable.clone())?;
        let mut dim = 0;
        for step in steps {
            let from = found.len();
            match step {
                Step::Field(field) => found.push(Step::Field(*field)),
                Step::Index(index) => {
                    dim += 1;
                    found.push(Step::Index(*index));
                }
                Step::Key { key, position, values } => {
                    dim += 1;
                    let at = self.call_with(*position, [value.clone(), key.clone()], span)?.into_int();
                    found.extend([Step::Field(*values), Step::Index(at)]);
                }
            }
            for step in &found[from..] {
                let at = or_index_fault(position_of(&value, step), dim, span)?;
                value = value.parts().map_or(&[][..], Parts::as_slice)[at].clone();
            }
        }
        Ok(Cow::Owned(found))
    }

    /// Calls `change` with the part of `place` that `steps`, which have no keys, lead to. A bad index faults at `span`.
    fn with_part<R>(
        &mut self,
        place: Place,
        steps: &[Step],
        span: Span,
        change: impl FnOnce(&mut Value) -> R,
    ) -> Result<R, Exit> {
        self.with_place(place, span, |variable| walk(variable, steps, span).map(change))?
    }

    /// As [`Machine::with_part`], nothing where that would fault.
    fn with_part_now(&mut self, place: Place, steps: &[Step], change: impl FnOnce(&mut Value)) {
        self.with_place_now(place, |variable| walk_now(variable, steps).map(change));
    }

    /// The type of a variable.
    fn place_ty(&self, place: Place) -> Type {
        match place {
            Place::Local(id) => self.local_ty(id),
            Place::Global(id) => self.program.globals[id].ty,
            Place::Cell(id) => match self.program.types.kind(self.local_ty(id)) {
                TypeKind::Cell(content) => *content,
                kind => unreachable!("the checker promised a cell, found {kind:?}"),
            },
        }
    }

    fn local_ty(&self, id: LocalId) -> Type {
        self.program.funcs[self.func].locals[id.index()].ty
    }

    fn part_ty(&self, node: &AssignPart<'_>) -> Type {
        let types = &self.program.types;
        node.path.iter().fold(self.place_ty(node.root), |ty, step| match (step, types.kind(ty)) {
            (Projection::Field(field), TypeKind::Struct(id)) => types.structs[*id].fields[*field as usize].ty,
            (Projection::Index(_), TypeKind::Array(element)) => *element,
            (Projection::Key { values, .. }, TypeKind::Struct(id)) => {
                match types.kind(types.structs[*id].fields[*values as usize].ty) {
                    TypeKind::Array(element) => *element,
                    kind => unreachable!("the checker promised an array of values, found {kind:?}"),
                }
            }
            (_, kind) => unreachable!("the checker lets no path lead into {kind:?}"),
        })
    }
}

/// Whether evaluating `expr` once more changes nothing.
fn is_repeatable(expr: &Expr<'_>) -> bool {
    match expr.kind {
        ExprKind::Int(_) | ExprKind::Local(_) | ExprKind::Global(_) => true,
        ExprKind::Unary(_, operand) | ExprKind::Convert(_, operand) | ExprKind::Field(operand, _) => {
            is_repeatable(operand)
        }
        ExprKind::Binary(_, left, right) => is_repeatable(left) && is_repeatable(right),
        _ => false,
    }
}

/// Whether the result of `op` is made of its left operand, in place if nobody else holds that.
fn builds_on_left(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::StrConcat | BinaryOp::ArrayConcat)
}

/// Empties `part` if it shares its storage with `value`.
fn release(part: &mut Value, value: &Value) {
    if part.is_same(value) {
        *part = Value::Void;
    }
}

/// An index that no element has, and the number of elements.
type BadIndex = (i64, usize);

/// Where the part that `step` leads to stands in the parts of `value`.
fn position_of(value: &Value, step: &Step) -> Result<usize, BadIndex> {
    match (step, value) {
        (Step::Field(field), Value::Struct(_)) => Ok(*field as usize),
        (Step::Index(index), Value::Array(elements)) => {
            resolve_index(*index, elements.len()).ok_or((*index, elements.len()))
        }
        (Step::Field(_), other) => wrong_kind("a struct", other),
        (Step::Index(_), other) => wrong_kind("an array", other),
        (Step::Key { .. }, other) => wrong_kind("a path without keys", other),
    }
}

fn or_index_fault<T>(result: Result<T, BadIndex>, dim: i64, span: Span) -> Result<T, Exit> {
    result.or_else(|(index, len)| fault(span, index_dim_fault(index, len as i64, dim).into_str()))
}

/// The part of `value` that `steps` lead to. A bad index faults at `span`.
fn walk<'v>(mut value: &'v mut Value, steps: &[Step], span: Span) -> Result<&'v mut Value, Exit> {
    let mut dim = 0;
    for step in steps {
        dim += i64::from(matches!(step, Step::Index(_)));
        let at = or_index_fault(position_of(value, step), dim, span)?;
        value = part_at(value, at);
    }
    Ok(value)
}

/// As [`walk`], none where that would fault or something on the way was given up.
fn walk_now<'v>(mut value: &'v mut Value, steps: &[Step]) -> Option<&'v mut Value> {
    for step in steps {
        if matches!(value, Value::Void) {
            return None;
        }
        let at = position_of(value, step).ok()?;
        value = part_at(value, at);
    }
    Some(value)
}

fn part_at(value: &mut Value, at: usize) -> &mut Value {
    match value.parts_mut() {
        Some(parts) => &mut parts.make_mut()[at],
        None => unreachable!("only values with parts have positions of parts"),
    }
}

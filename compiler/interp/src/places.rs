//! Assignments to variables and to parts of them.
//!
//! A variable that is about to be overwritten gives its value up early where nobody can tell, so that what is computed from
//! it is computed in place: `xs = push(xs, v)` and `s = s + t` in a loop copy nothing, and neither do they for parts of
//! variables, `q.items = push(q.items, v)`.

use resilient_base::{EntityRef, Span};
use resilient_runtime::bounds::{index_dim_fault, resolve_index};
use resilient_sema::typed::{AssignPart, BinaryOp, Builtin, Expr, ExprKind, LocalId, Place, Projection};
use resilient_sema::types::{Type, TypeKind};

use crate::builtins::push_or_pop;
use crate::exit::{Eval, Exit, fault};
use crate::machine::Machine;
use crate::ops;
use crate::value::{Value, wrong_kind};

/// A step to a part with its index evaluated.
#[derive(Clone, Copy)]
enum Step {
    Field(u32),
    Index(i64),
}

impl<'p> Machine<'p> {
    pub(crate) fn assign(&mut self, place: Place, value: &'p Expr<'p>, span: Span) -> Eval {
        let value = self.value_for(place, &[], value)?;
        *self.place(place, span)? = value;
        Ok(Value::Void)
    }

    pub(crate) fn assign_op(&mut self, place: Place, op: BinaryOp, operand: &'p Expr<'p>, span: Span) -> Eval {
        let old = self.place(place, span)?.clone();
        let operand_value = self.eval(operand)?;
        if builds_on_left(op) {
            self.give_up(place, &[], &old);
        }
        let ty = self.place_ty(place);
        let new = ops::binary(&self.program.types, op, ty, old, operand_value, span)?;
        *self.place(place, span)? = new;
        Ok(Value::Void)
    }

    pub(crate) fn assign_part(&mut self, node: &'p AssignPart<'p>, span: Span) -> Eval {
        let Some(op) = node.op else {
            let value = self.value_for(node.root, node.path, node.value)?;
            let steps = self.steps(node.path)?;
            *self.part(node.root, &steps, span)? = value;
            return Ok(Value::Void);
        };
        let steps = self.steps(node.path)?;
        let old = self.part(node.root, &steps, span)?.clone();
        let operand = self.eval(node.value)?;
        let ty = self.part_ty(node);
        if builds_on_left(op) {
            // The operand may have made the path end elsewhere.
            if let Some(part) = self.part_now(node.root, &steps) {
                release(part, &old);
            }
        }
        let new = ops::binary(&self.program.types, op, ty, old, operand, span)?;
        *self.part(node.root, &steps, span)? = new;
        Ok(Value::Void)
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
            ExprKind::Binary(op, left, right) if builds_on_left(op) => {
                let ty = left.ty;
                let left = self.eval(left)?;
                let right = self.eval(right)?;
                self.give_up(place, path, &left);
                ops::binary(&self.program.types, op, ty, left, right, span)
            }
            _ => self.eval(expr),
        }
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
                Projection::Index(_) => return,
            });
        }
        if let Some(part) = self.part_now(place, &steps) {
            release(part, value);
        }
    }

    /// The indices of `path` left to right.
    fn steps(&mut self, path: &'p [Projection<'p>]) -> Result<Vec<Step>, Exit> {
        let mut steps = Vec::with_capacity(path.len());
        for projection in path {
            steps.push(match *projection {
                Projection::Field(field) => Step::Field(field),
                Projection::Index(index) => Step::Index(self.eval(index)?.into_int()),
            });
        }
        Ok(steps)
    }

    /// The part of `place` that `steps` lead to. A bad index faults at `span`.
    fn part(&mut self, place: Place, steps: &[Step], span: Span) -> Result<&mut Value, Exit> {
        let mut value = self.place(place, span)?;
        let mut dim = 0;
        for step in steps {
            value = match (*step, value) {
                (Step::Field(field), Value::Struct(fields)) => &mut fields.make_mut()[field as usize],
                (Step::Index(index), Value::Array(elements)) => {
                    dim += 1;
                    let len = elements.len();
                    let Some(at) = resolve_index(index, len) else {
                        return fault(span, index_dim_fault(index, len as i64, dim).into_str());
                    };
                    &mut elements.make_mut()[at]
                }
                (Step::Field(_), other) => wrong_kind("a struct", other),
                (Step::Index(_), other) => wrong_kind("an array", other),
            };
        }
        Ok(value)
    }

    /// As [`Machine::part`], none where that would fault.
    fn part_now(&mut self, place: Place, steps: &[Step]) -> Option<&mut Value> {
        let mut value = self.place_now(place)?;
        for step in steps {
            let at = match (*step, &*value) {
                (Step::Field(field), _) => field as usize,
                (Step::Index(index), Value::Array(elements)) => resolve_index(index, elements.len())?,
                (Step::Index(_), _) => return None,
            };
            value = value.parts_mut()?.make_mut().get_mut(at)?;
        }
        Some(value)
    }

    /// The type of a variable.
    fn place_ty(&self, place: Place) -> Type {
        match place {
            Place::Local(id) => self.local_ty(id),
            Place::Global(id) => self.program.globals[id].ty,
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
    let is_same = match (&*part, value) {
        (Value::Array(a), Value::Array(b)) => a.is_same(b),
        (Value::Str(a), Value::Str(b)) => std::ptr::eq(a.as_raw(), b.as_raw()),
        _ => false,
    };
    if is_same {
        *part = Value::Void;
    }
}

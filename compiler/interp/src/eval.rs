//! Expressions: one arm per form, operands in their order of evaluation.

use resilient_base::Span;
use resilient_runtime::bounds::{index_fault, resolve_index};
use resilient_runtime::string::Str;
use resilient_sema::typed::{BinaryOp, Conversion, Expr, ExprKind, FuncId, UnaryOp};

use crate::cell::CellRef;
use crate::exit::{Eval, Exit, fault};
use crate::machine::Machine;
use crate::ops;
use crate::parts::Parts;
use crate::value::{self, Value};

impl<'p> Machine<'p> {
    /// The value of `expr`. It is on the stack once per level of nesting, so it keeps nothing of its own across an
    /// evaluation: unoptimized builds would give each such value room in every frame.
    pub fn eval(&mut self, expr: &'p Expr<'p>) -> Eval {
        match expr.kind {
            ExprKind::Void => Ok(Value::Void),
            ExprKind::Int(value) => Ok(Value::Int(value)),
            ExprKind::Float(value) => Ok(Value::Float(value)),
            ExprKind::Char(value) => Ok(Value::Char(value)),
            ExprKind::Bool(value) => Ok(Value::Bool(value)),
            ExprKind::Str(text) => Ok(Value::Str(Str::from_str(text))),
            ExprKind::Local(id) => Ok(self.local(id).clone()),
            ExprKind::Global(id) => self.global(id, expr.span).cloned(),
            ExprKind::Unary(op, operand) => self.unary(op, operand, expr.span),
            ExprKind::Binary(op, left, right) => self.binary(op, left, right, expr.span),
            ExprKind::And(left, right) => self.and(left, right),
            ExprKind::Or(left, right) => self.or(left, right),
            ExprKind::Convert(conversion, operand) => self.convert(conversion, operand, expr),
            ExprKind::Display(operand) => self.display(operand),
            ExprKind::Quoted(operand) => self.display_quoted(operand),
            ExprKind::Concat(parts) => self.concat(parts),
            ExprKind::Call(call) => self.call(call, expr.span),
            ExprKind::CallBuiltin(builtin, args) => self.builtin(builtin, args, expr.span),
            ExprKind::Block(block) => self.block(block),
            ExprKind::If(cond, then, otherwise) => self.choose(cond, then, otherwise),
            ExprKind::Loop(node) => self.run_loop(node),
            ExprKind::ForRange(node) => self.for_range(node),
            ExprKind::Assign(place, value) => self.assign(place, value, expr.span),
            ExprKind::AssignOp(place, op, operand) => self.assign_op(place, op, operand, expr.span),
            ExprKind::Return(value) => self.leave_function(value),
            ExprKind::Break(id, value) => self.leave_loop(id, value),
            ExprKind::Continue(id) => Err(Exit::Continue(id)),
            ExprKind::Fault(message) => self.fault(message, expr.span),
            ExprKind::Live(node) => self.live(node, expr.span),
            ExprKind::Fail(failure) => Err(Exit::Fail(failure)),
            ExprKind::Try(node) => self.try_(node),
            ExprKind::Struct(fields) => self.struct_(fields),
            ExprKind::Field(operand, index) => self.field(operand, index),
            ExprKind::Variant(variant, payload) => self.variant(variant, payload),
            ExprKind::VariantField(operand, variant, index) => self.variant_field(operand, variant, index),
            ExprKind::Match(node) => self.match_(node),
            ExprKind::Array(elements) => self.array(elements),
            ExprKind::Index(array, index) => self.index(array, index, expr.span),
            ExprKind::AssignPart(node) => self.assign_part(node, expr.span),
            ExprKind::Closure(func, captured) => self.closure(func, captured),
            ExprKind::CallValue(callee, args) => self.call_value(callee, args, expr.span),
            ExprKind::CellNew(value) => Ok(Value::Cell(CellRef::new(self.eval(value)?))),
            ExprKind::CellGet(cell) => Ok(self.eval(cell)?.into_cell().get()),
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &'p Expr<'p>, span: Span) -> Eval {
        let int = ops::int_ty(&self.program.types, operand.ty);
        ops::unary(op, self.eval(operand)?, int, span)
    }

    fn binary(&mut self, op: BinaryOp, left: &'p Expr<'p>, right: &'p Expr<'p>, span: Span) -> Eval {
        let ty = left.ty;
        let left = self.eval(left)?;
        let right = self.eval(right)?;
        ops::binary(&self.program.types, op, ty, left, right, span)
    }

    fn and(&mut self, left: &'p Expr<'p>, right: &'p Expr<'p>) -> Eval {
        if self.eval(left)?.into_bool() { self.eval(right) } else { Ok(Value::Bool(false)) }
    }

    fn or(&mut self, left: &'p Expr<'p>, right: &'p Expr<'p>) -> Eval {
        if self.eval(left)?.into_bool() { Ok(Value::Bool(true)) } else { self.eval(right) }
    }

    fn convert(&mut self, conversion: Conversion, operand: &'p Expr<'p>, expr: &'p Expr<'p>) -> Eval {
        let [from, to] = [operand.ty, expr.ty].map(|ty| ops::int_ty(&self.program.types, ty));
        ops::convert(conversion, from, to, self.eval(operand)?, expr.span)
    }

    fn display(&mut self, operand: &'p Expr<'p>) -> Eval {
        Ok(Value::Str(self.display_text(operand)?))
    }

    /// The display form of the value of `operand`.
    pub(crate) fn display_text(&mut self, operand: &'p Expr<'p>) -> Result<Str, Exit> {
        let int = ops::int_ty(&self.program.types, operand.ty);
        Ok(self.eval(operand)?.display(int))
    }

    fn display_quoted(&mut self, operand: &'p Expr<'p>) -> Eval {
        let int = ops::int_ty(&self.program.types, operand.ty);
        Ok(Value::Str(self.eval(operand)?.display_quoted(int)))
    }

    fn concat(&mut self, parts: &'p [Expr<'p>]) -> Eval {
        let mut texts = Vec::with_capacity(parts.len());
        for part in parts {
            texts.push(self.eval(part)?.into_str());
        }
        Ok(Value::Str(value::concat(&texts)))
    }

    /// The values of `exprs` left to right.
    fn parts(&mut self, exprs: &'p [Expr<'p>]) -> Result<Parts, Exit> {
        let mut values = Vec::with_capacity(exprs.len());
        for expr in exprs {
            values.push(self.eval(expr)?);
        }
        Ok(Parts::new(values))
    }

    fn struct_(&mut self, fields: &'p [Expr<'p>]) -> Eval {
        Ok(Value::Struct(self.parts(fields)?))
    }

    fn variant(&mut self, variant: u32, payload: &'p [Expr<'p>]) -> Eval {
        Ok(Value::Variant(variant, self.parts(payload)?))
    }

    fn array(&mut self, elements: &'p [Expr<'p>]) -> Eval {
        Ok(Value::Array(self.parts(elements)?))
    }

    fn closure(&mut self, func: FuncId, captured: &'p [Expr<'p>]) -> Eval {
        Ok(Value::Function(func, self.parts(captured)?))
    }

    fn field(&mut self, operand: &'p Expr<'p>, index: u32) -> Eval {
        Ok(self.eval(operand)?.into_fields().as_slice()[index as usize].clone())
    }

    fn variant_field(&mut self, operand: &'p Expr<'p>, variant: u32, index: u32) -> Eval {
        let (found, payload) = self.eval(operand)?.into_variant();
        if found != variant {
            unreachable!("the checker promised variant {variant}, found {found}");
        }
        Ok(payload.as_slice()[index as usize].clone())
    }

    fn index(&mut self, array: &'p Expr<'p>, index: &'p Expr<'p>, span: Span) -> Eval {
        let array = self.eval(array)?.into_elements();
        let index = self.eval(index)?.into_int();
        match resolve_index(index, array.len()) {
            Some(at) => Ok(array.as_slice()[at].clone()),
            None => fault(span, index_fault(index, array.len() as i64).into_str()),
        }
    }

    fn fault(&mut self, message: &'p Expr<'p>, span: Span) -> Eval {
        let message = self.eval(message)?.into_str();
        fault(span, message)
    }
}

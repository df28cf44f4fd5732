//! Expressions: one arm per form, operands in their order of evaluation.

use resilient_base::Span;
use resilient_runtime::output;
use resilient_runtime::string::Str;
use resilient_sema::typed::{BinaryOp, Builtin, Conversion, Expr, ExprKind, Place, UnaryOp};

use crate::exit::{Eval, Exit, fault};
use crate::machine::Machine;
use crate::ops;
use crate::value::{self, Value};

impl<'p> Machine<'p> {
    /// The value of `expr`. It is on the stack once per level of nesting, so it keeps nothing of its own across an
    /// evaluation: unoptimized builds would give each such value room in every frame.
    pub fn eval(&mut self, expr: &'p Expr<'p>) -> Eval {
        match expr.kind {
            ExprKind::Void => Ok(Value::Void),
            ExprKind::Int(value) => Ok(Value::Int(value)),
            ExprKind::Float(value) => Ok(Value::Float(value)),
            ExprKind::Bool(value) => Ok(Value::Bool(value)),
            ExprKind::Str(text) => Ok(Value::Str(Str::from_str(text))),
            ExprKind::Local(id) => Ok(self.local(id).clone()),
            ExprKind::Global(id) => self.place(Place::Global(id), expr.span).cloned(),
            ExprKind::Unary(op, operand) => self.unary(op, operand),
            ExprKind::Binary(op, left, right) => self.binary(op, left, right, expr.span),
            ExprKind::And(left, right) => self.and(left, right),
            ExprKind::Or(left, right) => self.or(left, right),
            ExprKind::Convert(conversion, operand) => self.convert(conversion, operand, expr.span),
            ExprKind::Display(operand) => self.display(operand),
            ExprKind::Quoted(operand) => self.display_quoted(operand),
            ExprKind::Concat(parts) => self.concat(parts),
            ExprKind::Call(call) => self.call(call),
            ExprKind::CallBuiltin(builtin, args) => self.builtin(builtin, args),
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
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &'p Expr<'p>) -> Eval {
        Ok(ops::unary(op, self.eval(operand)?))
    }

    fn binary(&mut self, op: BinaryOp, left: &'p Expr<'p>, right: &'p Expr<'p>, span: Span) -> Eval {
        let left = self.eval(left)?;
        let right = self.eval(right)?;
        ops::binary(op, left, right, span)
    }

    fn and(&mut self, left: &'p Expr<'p>, right: &'p Expr<'p>) -> Eval {
        if self.eval(left)?.into_bool() { self.eval(right) } else { Ok(Value::Bool(false)) }
    }

    fn or(&mut self, left: &'p Expr<'p>, right: &'p Expr<'p>) -> Eval {
        if self.eval(left)?.into_bool() { Ok(Value::Bool(true)) } else { self.eval(right) }
    }

    fn convert(&mut self, conversion: Conversion, operand: &'p Expr<'p>, span: Span) -> Eval {
        ops::convert(conversion, self.eval(operand)?, span)
    }

    fn display(&mut self, operand: &'p Expr<'p>) -> Eval {
        Ok(Value::Str(self.eval(operand)?.display()))
    }

    fn display_quoted(&mut self, operand: &'p Expr<'p>) -> Eval {
        Ok(Value::Str(self.eval(operand)?.display_quoted()))
    }

    fn concat(&mut self, parts: &'p [Expr<'p>]) -> Eval {
        let mut texts = Vec::with_capacity(parts.len());
        for part in parts {
            texts.push(self.eval(part)?.into_str());
        }
        Ok(Value::Str(value::concat(&texts)))
    }

    fn assign(&mut self, place: Place, value: &'p Expr<'p>, span: Span) -> Eval {
        let value = self.eval(value)?;
        *self.place(place, span)? = value;
        Ok(Value::Void)
    }

    fn assign_op(&mut self, place: Place, op: BinaryOp, operand: &'p Expr<'p>, span: Span) -> Eval {
        let old = self.place(place, span)?.clone();
        let operand = self.eval(operand)?;
        if op == BinaryOp::StrConcat {
            // The variable gets a new value in any case. Giving up its reference now lets a string that grows in a
            // loop grow in place.
            *self.place(place, span)? = Value::Void;
        }
        let new = ops::binary(op, old, operand, span)?;
        *self.place(place, span)? = new;
        Ok(Value::Void)
    }

    fn fault(&mut self, message: &'p Expr<'p>, span: Span) -> Eval {
        let message = self.eval(message)?.into_str();
        fault(span, message)
    }

    fn builtin(&mut self, builtin: Builtin, args: &'p [Expr<'p>]) -> Eval {
        match (builtin, args) {
            (Builtin::Print, []) => output::flush(),
            (Builtin::Print, [value]) => {
                let text = self.eval(value)?.display();
                output::write(text.as_str());
                output::flush();
            }
            (Builtin::Println, []) => output::end_line(),
            (Builtin::Println, [value]) => {
                let text = self.eval(value)?.display();
                output::write(text.as_str());
                output::end_line();
            }
            (Builtin::StrLen, [text]) => return Ok(Value::Int(self.eval(text)?.into_str().len() as i64)),
            (Builtin::Exit, [status]) => return Err(Exit::Stop(self.eval(status)?.into_int())),
            (Builtin::Print | Builtin::Println | Builtin::StrLen | Builtin::Exit, _) => {
                unreachable!("the checker passed {} arguments to {builtin:?}", args.len())
            }
        }
        Ok(Value::Void)
    }
}

//! Operators and conversions on evaluated operands.

use std::cmp::Ordering;

use resilient_base::Span;
use resilient_runtime::fault::{DIVISION_BY_ZERO, MODULO_BY_ZERO};
use resilient_runtime::number;
use resilient_runtime::string::Str;
use resilient_sema::typed::{BinaryOp, CmpOp, Conversion, UnaryOp};

use crate::exit::{Eval, fault};
use crate::value::Value;

/// `op operand`
pub fn unary(op: UnaryOp, operand: Value) -> Value {
    match op {
        UnaryOp::IntNeg => Value::Int(operand.into_int().wrapping_neg()),
        UnaryOp::FloatNeg => Value::Float(-operand.into_float()),
        UnaryOp::BoolNot => Value::Bool(!operand.into_bool()),
    }
}

/// `left op right`; a fault stands at `span`.
pub fn binary(op: BinaryOp, left: Value, right: Value, span: Span) -> Eval {
    use BinaryOp::*;
    Ok(match op {
        IntAdd => Value::Int(left.into_int().wrapping_add(right.into_int())),
        IntSub => Value::Int(left.into_int().wrapping_sub(right.into_int())),
        IntMul => Value::Int(left.into_int().wrapping_mul(right.into_int())),
        IntDiv | IntRem => return int_div(op, left.into_int(), right.into_int(), span),
        IntAnd => Value::Int(left.into_int() & right.into_int()),
        IntOr => Value::Int(left.into_int() | right.into_int()),
        IntXor => Value::Int(left.into_int() ^ right.into_int()),
        IntShl | IntShr => return int_shift(op, left.into_int(), right.into_int(), span),
        FloatAdd => Value::Float(left.into_float() + right.into_float()),
        FloatSub => Value::Float(left.into_float() - right.into_float()),
        FloatMul => Value::Float(left.into_float() * right.into_float()),
        FloatDiv => Value::Float(left.into_float() / right.into_float()),
        FloatRem => Value::Float(number::float_rem(left.into_float(), right.into_float())),
        StrConcat => Value::Str(left.into_str().concat(&right.into_str())),
        StrRepeat => match left.into_str().repeat(right.into_int()) {
            Ok(text) => Value::Str(text),
            Err(text) => return fault(span, text.into_str()),
        },
        IntCmp(op) => Value::Bool(holds(op, Some(left.into_int().cmp(&right.into_int())))),
        FloatCmp(op) => Value::Bool(holds(op, left.into_float().partial_cmp(&right.into_float()))),
        BoolCmp(op) => Value::Bool(holds(op, Some(left.into_bool().cmp(&right.into_bool())))),
        StrCmp(op) => Value::Bool(holds(op, Some(left.into_str().cmp(&right.into_str())))),
    })
}

fn int_div(op: BinaryOp, left: i64, right: i64, span: Span) -> Eval {
    match (op, right) {
        (BinaryOp::IntDiv, 0) => fault(span, Str::from_str(DIVISION_BY_ZERO)),
        (BinaryOp::IntDiv, _) => Ok(Value::Int(left.wrapping_div(right))),
        (_, 0) => fault(span, Str::from_str(MODULO_BY_ZERO)),
        (_, _) => Ok(Value::Int(left.wrapping_rem(right))),
    }
}

fn int_shift(op: BinaryOp, left: i64, count: i64, span: Span) -> Eval {
    if !(0..=63).contains(&count) {
        return fault(span, number::shift_fault(count).into_str());
    }
    Ok(Value::Int(if op == BinaryOp::IntShl { left << count } else { left >> count }))
}

/// Whether `op` holds between operands in this order; `None` is unordered, which only `!=` accepts.
fn holds(op: CmpOp, order: Option<Ordering>) -> bool {
    match op {
        CmpOp::Eq => order == Some(Ordering::Equal),
        CmpOp::Ne => order != Some(Ordering::Equal),
        CmpOp::Lt => order == Some(Ordering::Less),
        CmpOp::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        CmpOp::Gt => order == Some(Ordering::Greater),
        CmpOp::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    }
}

/// A numeric conversion; a fault stands at `span`.
pub fn convert(conversion: Conversion, operand: Value, span: Span) -> Eval {
    match conversion {
        Conversion::IntToFloat => Ok(Value::Float(operand.into_int() as f64)),
        Conversion::FloatToInt => match number::float_to_int(operand.into_float()) {
            Ok(value) => Ok(Value::Int(value)),
            Err(text) => fault(span, text.into_str()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_is_only_unequal() {
        let held: Vec<CmpOp> = [CmpOp::Eq, CmpOp::Ne, CmpOp::Lt, CmpOp::Le, CmpOp::Gt, CmpOp::Ge]
            .into_iter()
            .filter(|&op| holds(op, f64::NAN.partial_cmp(&1.0)))
            .collect();
        assert_eq!(held, [CmpOp::Ne]);
    }
}

//! Operators and conversions on evaluated operands.

use std::cmp::Ordering;

use resilient_base::Span;
use resilient_runtime::abi::ArithOp;
use resilient_runtime::fault::{DIVISION_BY_ZERO, FaultText, MODULO_BY_ZERO};
use resilient_runtime::number;
use resilient_runtime::string::Str;
use resilient_sema::typed::{Arith, BinaryOp, Bound, CmpOp, Conversion, UnaryOp};
use resilient_sema::types::{IntTy, Type, TypeKind, Types};

use crate::exit::{Eval, fault};
use crate::value::Value;

/// The integer type that `ty` is; `int` for types that are none, to which it does not matter.
pub fn int_ty(types: &Types, ty: Type) -> IntTy {
    match types.kind(ty) {
        TypeKind::Int(int) => *int,
        _ => IntTy::INT,
    }
}

/// `op operand`; an integer operand is of type `int`. A fault stands at `span`.
pub fn unary(op: UnaryOp, operand: Value, int: IntTy, span: Span) -> Eval {
    Ok(match op {
        UnaryOp::IntNeg => Value::Int(int.wrap(operand.into_int().wrapping_neg())),
        UnaryOp::BoundedNeg(bound) => {
            let operand = operand.into_int();
            let text = || number::overflow_fault(ArithOp::Neg, operand, 0, int.signed);
            Value::Int(in_range(-exact(int, operand), int, bound, span, text)?)
        }
        UnaryOp::FloatNeg => Value::Float(-operand.into_float()),
        UnaryOp::BoolNot => Value::Bool(!operand.into_bool()),
    })
}

/// The value of an integer of the type `int` as a number.
fn exact(int: IntTy, value: i64) -> i128 {
    if int.signed { value.into() } else { (value as u64).into() }
}

/// The integer that stands for an exact result.
fn in_range(
    exact: i128,
    int: IntTy,
    bound: Bound,
    span: Span,
    text: impl FnOnce() -> FaultText,
) -> Result<i64, crate::exit::Exit> {
    let nearest = exact.clamp(int.min(), int.max());
    match bound {
        Bound::Trap if nearest != exact => fault(span, text().into_str()),
        Bound::Trap | Bound::Saturate => Ok(nearest as i64),
    }
}

/// `left op right` in the type `int`, its result in range.
fn bounded(
    (op, bound): (Arith, Bound),
    int: IntTy,
    (left, right): (i64, i64),
    span: Span,
) -> Result<i64, crate::exit::Exit> {
    let (a, b) = (exact(int, left), exact(int, right));
    let (op, result) = match op {
        Arith::Add => (ArithOp::Add, a + b),
        Arith::Sub => (ArithOp::Sub, a - b),
        // The product of two `u64` may be out of range here too.
        Arith::Mul => (ArithOp::Mul, a.saturating_mul(b)),
        Arith::Div if b == 0 => return fault(span, Str::from_str(DIVISION_BY_ZERO)),
        Arith::Div => (ArithOp::Div, a / b),
    };
    in_range(result, int, bound, span, || number::overflow_fault(op, left, right, int.signed))
}

/// `left op right`, where `left` is of type `ty`; a fault stands at `span`.
pub fn binary(types: &Types, op: BinaryOp, ty: Type, left: Value, right: Value, span: Span) -> Eval {
    use BinaryOp::*;
    match op {
        IntAdd | IntSub | IntMul | IntDiv | IntRem | IntAnd | IntOr | IntXor | IntShl | IntShr => {
            let int = int_ty(types, ty);
            let value = int_op(op, int, left.into_int(), right.into_int(), span)?;
            Ok(Value::Int(int.wrap(value)))
        }
        Bounded(op, bound) => {
            let operands = (left.into_int(), right.into_int());
            Ok(Value::Int(bounded((op, bound), int_ty(types, ty), operands, span)?))
        }
        FloatAdd | FloatSub | FloatMul | FloatDiv | FloatRem => {
            let value = float_op(op, left.into_float(), right.into_float());
            // One operation on two f32 values is rounded right if a float does it and is rounded again: it has more than
            // twice the digits.
            Ok(Value::Float(if ty == Types::F32 { to_f32(value) } else { value }))
        }
        StrConcat => Ok(Value::Str(left.into_str().concat(&right.into_str()))),
        StrRepeat => match left.into_str().repeat(right.into_int()) {
            Ok(text) => Ok(Value::Str(text)),
            Err(text) => fault(span, text.into_str()),
        },
        ArrayConcat => {
            let (mut left, right) = (left.into_elements(), right.into_elements());
            if right.len() > 0 {
                left.make_mut().extend_from_slice(right.as_slice());
            }
            Ok(Value::Array(left))
        }
        IntCmp(op) => {
            let order = int_order(int_ty(types, ty), left.into_int(), right.into_int());
            Ok(Value::Bool(holds(op, Some(order))))
        }
        FloatCmp(op) => Ok(Value::Bool(holds(op, left.into_float().partial_cmp(&right.into_float())))),
        BoolCmp(op) => Ok(Value::Bool(holds(op, Some(left.into_bool().cmp(&right.into_bool()))))),
        CharCmp(op) => Ok(Value::Bool(holds(op, Some(left.into_char().cmp(&right.into_char()))))),
        StrCmp(op) => Ok(Value::Bool(holds(op, Some(left.into_str().cmp(&right.into_str()))))),
    }
}

/// The result has 64 bits, of which the low ones count.
fn int_op(op: BinaryOp, int: IntTy, left: i64, right: i64, span: Span) -> Result<i64, crate::exit::Exit> {
    Ok(match op {
        BinaryOp::IntAdd => left.wrapping_add(right),
        BinaryOp::IntSub => left.wrapping_sub(right),
        BinaryOp::IntMul => left.wrapping_mul(right),
        BinaryOp::IntDiv if right == 0 => return fault(span, Str::from_str(DIVISION_BY_ZERO)),
        BinaryOp::IntDiv if int.signed => left.wrapping_div(right),
        BinaryOp::IntDiv => (left as u64 / right as u64) as i64,
        BinaryOp::IntRem if right == 0 => return fault(span, Str::from_str(MODULO_BY_ZERO)),
        BinaryOp::IntRem if int.signed => left.wrapping_rem(right),
        BinaryOp::IntRem => (left as u64 % right as u64) as i64,
        BinaryOp::IntAnd => left & right,
        BinaryOp::IntOr => left | right,
        BinaryOp::IntXor => left ^ right,
        BinaryOp::IntShl | BinaryOp::IntShr if !(0..i64::from(int.bits)).contains(&right) => {
            return fault(span, number::shift_fault(right).into_str());
        }
        BinaryOp::IntShl => left << right,
        BinaryOp::IntShr if int.signed => left >> right,
        BinaryOp::IntShr => (left as u64 >> right) as i64,
        _ => unreachable!("{op:?} is no integer operator"),
    })
}

fn float_op(op: BinaryOp, left: f64, right: f64) -> f64 {
    match op {
        BinaryOp::FloatAdd => left + right,
        BinaryOp::FloatSub => left - right,
        BinaryOp::FloatMul => left * right,
        BinaryOp::FloatDiv => left / right,
        BinaryOp::FloatRem => number::float_rem(left, right),
        _ => unreachable!("{op:?} is no float operator"),
    }
}

fn int_order(int: IntTy, left: i64, right: i64) -> Ordering {
    if int.signed { left.cmp(&right) } else { (left as u64).cmp(&(right as u64)) }
}

/// The nearest f32, as the float it equals.
fn to_f32(value: f64) -> f64 {
    f64::from(value as f32)
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

/// A numeric conversion between the integer types `from` and `to`, where there are such; a fault stands at `span`.
pub fn convert(conversion: Conversion, from: IntTy, to: IntTy, operand: Value, span: Span) -> Eval {
    match conversion {
        Conversion::IntToFloat if from.signed => Ok(Value::Float(operand.into_int() as f64)),
        Conversion::IntToFloat => Ok(Value::Float(operand.into_int() as u64 as f64)),
        // Rounded once: by way of a float it could differ.
        Conversion::IntToF32 if from.signed => Ok(Value::Float(f64::from(operand.into_int() as f32))),
        Conversion::IntToF32 => Ok(Value::Float(f64::from(operand.into_int() as u64 as f32))),
        Conversion::FloatToInt => match number::float_to_int(operand.into_float()) {
            Ok(value) => Ok(Value::Int(value)),
            Err(text) => fault(span, text.into_str()),
        },
        Conversion::F32ToFloat => Ok(operand),
        Conversion::FloatToF32 => Ok(Value::Float(to_f32(operand.into_float()))),
        Conversion::IntWrap => Ok(Value::Int(to.wrap(operand.into_int()))),
        Conversion::IntNarrow => {
            let value = operand.into_int();
            if (to.min()..=to.max()).contains(&i128::from(value)) {
                return Ok(Value::Int(value));
            }
            fault(span, number::int_range_fault(value, to.bits, to.signed).into_str())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use resilient_base::FileId;

    #[test]
    fn nan_is_only_unequal() {
        let held: Vec<CmpOp> = [CmpOp::Eq, CmpOp::Ne, CmpOp::Lt, CmpOp::Le, CmpOp::Gt, CmpOp::Ge]
            .into_iter()
            .filter(|&op| holds(op, f64::NAN.partial_cmp(&1.0)))
            .collect();
        assert_eq!(held, [CmpOp::Ne]);
    }

    #[test]
    fn integers_wrap_at_their_width() {
        let mut types = Types::default();
        let mut run = |bits, signed, op, left, right| {
            let ty = types.intern(TypeKind::Int(IntTy { bits, signed }));
            let span = Span::new(FileId::from_u32(0), 0, 0);
            binary(&types, op, ty, Value::Int(left), Value::Int(right), span).ok().map(Value::into_int)
        };
        assert_eq!(run(8, false, BinaryOp::IntAdd, 200, 200), Some(144));
        assert_eq!(run(8, true, BinaryOp::IntDiv, -128, -1), Some(-128));
        assert_eq!(run(8, true, BinaryOp::IntRem, -128, -1), Some(0));
        assert_eq!(run(64, true, BinaryOp::IntDiv, i64::MIN, -1), Some(i64::MIN));
        assert_eq!(run(64, false, BinaryOp::IntDiv, -1, 2), Some(i64::MAX));
        assert_eq!(run(64, false, BinaryOp::IntShr, -1, 63), Some(1));
        assert_eq!(run(32, true, BinaryOp::IntShl, 1, 31), Some(i64::from(i32::MIN)));
        assert_eq!(run(32, true, BinaryOp::IntShl, 1, 32), None);
        assert_eq!(run(16, false, BinaryOp::IntSub, 0, 1), Some(65535));
    }
}

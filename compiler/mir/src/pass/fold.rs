//! What operators give for constants: the semantics of [`crate::ir`], "Arithmetic".

use std::ops::{Add, Div, Mul, Sub};

use crate::ir::*;

/// The result of an operator with one operand; none if the operand is of another type, and for a NaN made from one of
/// the other width.
pub(super) fn unary(op: UnaryOp, a: Const) -> Option<Const> {
    Some(match (op, a) {
        (UnaryOp::IntNeg, Const::Int(a)) => Const::Int(a.wrapping_neg()),
        (UnaryOp::FloatNeg, Const::Float(a)) => Const::Float(a ^ (1 << 63)),
        (UnaryOp::Not, Const::Bool(a)) => Const::Bool(!a),
        (UnaryOp::IntToFloat, Const::Int(a)) => Const::Float((a as f64).to_bits()),
        (UnaryOp::UintToFloat, Const::Int(a)) => Const::Float((a as u64 as f64).to_bits()),
        (UnaryOp::IntToF32, Const::Int(a)) => Const::F32((a as f32).to_bits()),
        (UnaryOp::UintToF32, Const::Int(a)) => Const::F32((a as u64 as f32).to_bits()),
        (UnaryOp::FloatNeg, Const::F32(a)) => Const::F32(a ^ (1 << 31)),
        (UnaryOp::F32ToFloat, Const::F32(a)) => not_nan(f64::from(f32::from_bits(a)))?,
        (UnaryOp::FloatToF32, Const::Float(a)) => not_nan32(f64::from_bits(a) as f32)?,
        (UnaryOp::Wrap(ty), Const::Int(a)) => Const::Int(ty.wrap(a)),
        _ => return None,
    })
}

/// The result of an operator with two operands. None for a zero divisor, a shift amount out of range, and for a float
/// result that is a NaN, whose bits are the target's choice.
pub(super) fn binary(op: BinaryOp, a: Const, b: Const) -> Option<Const> {
    match (a, b) {
        (Const::Int(a), Const::Int(b)) => {
            int_binary(op, a, b).map(Const::Int).or_else(|| overflows(op, a, b).map(Const::Bool))
        }
        (Const::Float(a), Const::Float(b)) => not_nan(float_binary(op, f64::from_bits(a), f64::from_bits(b))?),
        (Const::F32(a), Const::F32(b)) => not_nan32(float_binary(op, f32::from_bits(a), f32::from_bits(b))?),
        (Const::Bool(a), Const::Bool(b)) => bool_binary(op, a, b).map(Const::Bool),
        _ => None,
    }
}

fn not_nan(value: f64) -> Option<Const> {
    (!value.is_nan()).then_some(Const::Float(value.to_bits()))
}

fn not_nan32(value: f32) -> Option<Const> {
    (!value.is_nan()).then_some(Const::F32(value.to_bits()))
}

fn int_binary(op: BinaryOp, a: i64, b: i64) -> Option<i64> {
    let amount = || u32::try_from(b).ok().filter(|&amount| amount < 64);
    Some(match op {
        BinaryOp::IntAdd => a.wrapping_add(b),
        BinaryOp::IntSub => a.wrapping_sub(b),
        BinaryOp::IntMul => a.wrapping_mul(b),
        BinaryOp::IntDiv if b != 0 => a.wrapping_div(b),
        BinaryOp::IntRem if b != 0 => a.wrapping_rem(b),
        BinaryOp::IntAnd => a & b,
        BinaryOp::IntOr => a | b,
        BinaryOp::IntXor => a ^ b,
        BinaryOp::IntShl => a << amount()?,
        BinaryOp::IntShr => a >> amount()?,
        BinaryOp::UintDiv if b != 0 => (a as u64 / b as u64) as i64,
        BinaryOp::UintRem if b != 0 => (a as u64 % b as u64) as i64,
        BinaryOp::UintShr => (a as u64 >> amount()?) as i64,
        _ => return None,
    })
}

fn overflows(op: BinaryOp, a: i64, b: i64) -> Option<bool> {
    Some(match op {
        BinaryOp::IntAddOverflows => a.checked_add(b).is_none(),
        BinaryOp::IntSubOverflows => a.checked_sub(b).is_none(),
        BinaryOp::IntMulOverflows => a.checked_mul(b).is_none(),
        BinaryOp::UintMulOverflows => (a as u64).checked_mul(b as u64).is_none(),
        _ => return None,
    })
}

fn float_binary<F>(op: BinaryOp, a: F, b: F) -> Option<F>
where
    F: Add<Output = F> + Sub<Output = F> + Mul<Output = F> + Div<Output = F>,
{
    Some(match op {
        BinaryOp::FloatAdd => a + b,
        BinaryOp::FloatSub => a - b,
        BinaryOp::FloatMul => a * b,
        BinaryOp::FloatDiv => a / b,
        _ => return None,
    })
}

fn bool_binary(op: BinaryOp, a: bool, b: bool) -> Option<bool> {
    Some(match op {
        BinaryOp::BoolAnd => a & b,
        BinaryOp::BoolOr => a | b,
        BinaryOp::BoolXor => a ^ b,
        _ => return None,
    })
}

/// The outcome of a comparison of ints or floats.
pub(super) fn compare<T: PartialOrd>(op: CmpOp, a: T, b: T) -> bool {
    match op {
        CmpOp::Eq => a == b,
        CmpOp::Ne => a != b,
        CmpOp::Lt => a < b,
        CmpOp::Le => a <= b,
        CmpOp::Gt => a > b,
        CmpOp::Ge => a >= b,
    }
}

//! Arithmetic on 128 bits, for library functions whose intermediate results are exact. A wide number is two ints: the high
//! half, and the low half, whose bits count as unsigned. The names are those of the entries.

use crate::string::Str;
use resilient_abi::StrHeader;

fn wide(high: i64, low: i64) -> i128 {
    (i128::from(high) << 64) | i128::from(low as u64)
}

/// The high half of the product.
#[inline]
pub(crate) fn int_mul_high(left: i64, right: i64) -> i64 {
    ((i128::from(left) * i128::from(right)) >> 64) as i64
}

/// The product modulo a positive number, of factors that are not negative.
pub(crate) fn int_mul_mod(left: i64, right: i64, modulus: i64) -> i64 {
    match modulus {
        1.. => (i128::from(left) * i128::from(right) % i128::from(modulus)) as i64,
        _ => 0,
    }
}

/// The quotient, toward zero, which the caller knows to be an int.
pub(crate) fn wide_div(high: i64, low: i64, divisor: i64) -> i64 {
    match divisor {
        0 => 0,
        _ => wide(high, low).wrapping_div(i128::from(divisor)) as i64,
    }
}

/// The nearest float.
pub(crate) fn wide_to_float(high: i64, low: i64) -> f64 {
    wide(high, low) as f64
}

/// Decimal text.
pub(crate) fn str_from_wide(high: i64, low: i64) -> *mut StrHeader {
    // 2^127 has 39 digits.
    let mut bytes = [0; 40];
    let mut start = bytes.len();
    let value = wide(high, low);
    let mut rest = value.unsigned_abs();
    for place in bytes.iter_mut().rev() {
        *place = b'0' + (rest % 10) as u8;
        start -= 1;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        start -= 1;
        bytes[start] = b'-';
    }
    // Only digits and a sign were written.
    Str::from_str(core::str::from_utf8(&bytes[start..]).unwrap_or_default()).into_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(high: i64, low: i64) -> std::string::String {
        // SAFETY: the function gives its caller a reference.
        unsafe { Str::from_raw(str_from_wide(high, low)) }.as_str().into()
    }

    #[test]
    fn extremes_are_exact() {
        assert_eq!(text(i64::MIN, 0), "-170141183460469231731687303715884105728");
        assert_eq!((text(0, -1), text(-1, -1), text(0, 0)), ("18446744073709551615".into(), "-1".into(), "0".into()));
        assert_eq!(int_mul_high(i64::MIN, i64::MIN), 1 << 62);
        assert_eq!(int_mul_high(-1, 1), -1);
        assert_eq!(int_mul_mod(i64::MAX - 1, i64::MAX - 1, i64::MAX), 1);
        assert_eq!(wide_div(-1, -7, 2), -3);
        assert_eq!(wide_to_float(1, 0), 18_446_744_073_709_551_616.0);
    }
}

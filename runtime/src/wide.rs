//! Arithmetic on 128 bits, for library functions whose intermediate results are exact. A wide number is two ints: the high
//! half, and the low half, whose bits count as unsigned. The names are those of the entries.

//!
//! Division is done here by shifting and subtracting: what compilers call for it on 128 bits drags in unwinding, which
//! executables have no use for.

use crate::number::IntText;
use crate::string::Str;
use resilient_abi::StrHeader;

fn wide(high: i64, low: i64) -> i128 {
    (i128::from(high) << 64) | i128::from(low as u64)
}

/// Quotient and remainder of a number of 128 bits, of which `high` is below the divisor.
fn divide(high: u64, low: u64, divisor: u64) -> (u64, u64) {
    let (mut rest, mut quotient) = (high, 0);
    for bit in (0..64).rev() {
        let shifted = (u128::from(rest) << 1) | u128::from((low >> bit) & 1);
        let fits = shifted >= u128::from(divisor);
        rest = if fits { (shifted as u64).wrapping_sub(divisor) } else { shifted as u64 };
        quotient = (quotient << 1) | u64::from(fits);
    }
    (quotient, rest)
}

/// The high half of the product.
#[inline]
pub(crate) fn int_mul_high(left: i64, right: i64) -> i64 {
    ((i128::from(left) * i128::from(right)) >> 64) as i64
}

/// The product modulo a positive number, of factors that are not negative.
pub(crate) fn int_mul_mod(left: i64, right: i64, modulus: i64) -> i64 {
    let Some(divisor) = u64::try_from(modulus).ok().filter(|&divisor| divisor > 0) else { return 0 };
    let product = u128::from(left as u64) * u128::from(right as u64);
    let (_, high) = divide(0, (product >> 64) as u64, divisor);
    divide(high, product as u64, divisor).1 as i64
}

/// The quotient, toward zero, which the caller knows to be an int.
pub(crate) fn wide_div(high: i64, low: i64, divisor: i64) -> i64 {
    if divisor == 0 {
        return 0;
    }
    let value = wide(high, low);
    let (magnitude, by) = (value.unsigned_abs(), divisor.unsigned_abs());
    let (_, rest) = divide(0, (magnitude >> 64) as u64, by);
    let quotient = divide(rest, magnitude as u64, by).0 as i64;
    if (value < 0) == (divisor < 0) { quotient } else { quotient.wrapping_neg() }
}

/// The nearest float.
pub(crate) fn wide_to_float(high: i64, low: i64) -> f64 {
    wide(high, low) as f64
}

/// Decimal text.
pub(crate) fn str_from_wide(high: i64, low: i64) -> *mut StrHeader {
    const NINETEEN_DIGITS: u64 = 10_000_000_000_000_000_000;
    const ZEROS: &str = "0000000000000000000";
    let value = wide(high, low);
    let magnitude = value.unsigned_abs();
    // The high half is at most 2^63, which is below the divisor.
    let (upper, lower) = divide((magnitude >> 64) as u64, magnitude as u64, NINETEEN_DIGITS);
    let (upper, lower) = (IntText::unsigned(upper), IntText::unsigned(lower));
    let mut text = Str::from_str(if value < 0 { "-" } else { "" });
    if upper.as_str() != "0" {
        let zeros = ZEROS.get(lower.as_str().len()..).unwrap_or_default();
        text = text.concat(&Str::from_str(upper.as_str())).concat(&Str::from_str(zeros));
    }
    text.concat(&Str::from_str(lower.as_str())).into_raw()
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
        assert_eq!(text(1, 0), "18446744073709551616");
        // The lower digits begin with zeros.
        assert_eq!(text(5, 7_766_279_631_452_241_920), "100000000000000000000");
        assert_eq!(int_mul_high(i64::MIN, i64::MIN), 1 << 62);
        assert_eq!(int_mul_high(-1, 1), -1);
        assert_eq!(int_mul_mod(i64::MAX - 1, i64::MAX - 1, i64::MAX), 1);
        assert_eq!(wide_div(-1, -7, 2), -3);
        assert_eq!(wide_div(0, -2, 3), 6_148_914_691_236_517_204);
        assert_eq!(wide_div(-1, i64::MIN, 1), i64::MIN);
        assert_eq!(wide_to_float(1, 0), 18_446_744_073_709_551_616.0);
    }
}

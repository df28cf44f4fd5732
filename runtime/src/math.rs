//! Mathematical functions of floats, all from the `libm` crate: its results are the same on every target, so those of a
//! program are, too. The names are those of the entries.

/// Entries that are one function of `libm` each.
macro_rules! same_as_libm {
    ($($name:ident($($arg:ident),*) = $function:ident;)*) => {
        $(#[inline]
        pub(crate) fn $name($($arg: f64),*) -> f64 {
            libm::$function($($arg),*)
        })*
    };
}

same_as_libm! {
    float_sqrt(x) = sqrt;
    float_floor(x) = floor;
    float_ceil(x) = ceil;
    float_trunc(x) = trunc;
    float_round_even(x) = roundeven;
    float_cbrt(x) = cbrt;
    float_sin(x) = sin;
    float_cos(x) = cos;
    float_tan(x) = tan;
    float_asin(x) = asin;
    float_acos(x) = acos;
    float_atan(x) = atan;
    float_sinh(x) = sinh;
    float_cosh(x) = cosh;
    float_tanh(x) = tanh;
    float_asinh(x) = asinh;
    float_acosh(x) = acosh;
    float_atanh(x) = atanh;
    float_exp(x) = exp;
    float_exp2(x) = exp2;
    float_exp_m1(x) = expm1;
    float_ln(x) = log;
    float_ln_1p(x) = log1p;
    float_log2(x) = log2;
    float_log10(x) = log10;
    float_mul_add(a, b, c) = fma;
    float_pow(base, exponent) = pow;
    float_atan2(y, x) = atan2;
    float_hypot(x, y) = hypot;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_those_of_ieee_754() {
        assert_eq!(float_sqrt(-0.0).to_bits(), (-0.0_f64).to_bits());
        assert!(float_sqrt(-1.0).is_nan() && float_acosh(0.5).is_nan() && float_asin(1.5).is_nan());
        assert_eq!([0.5, 1.5, 2.5, -0.5].map(float_round_even), [0.0, 2.0, 2.0, -0.0]);
        assert_eq!(float_pow(f64::NAN, 0.0), 1.0);
        assert_eq!(float_hypot(f64::INFINITY, f64::NAN), f64::INFINITY);
        assert_eq!(float_atanh(1.0), f64::INFINITY);
        assert_eq!(float_ln_1p(-1.0), f64::NEG_INFINITY);
        // One rounding, not two.
        assert_eq!(float_mul_add(1.0 + f64::EPSILON, 1.0 - f64::EPSILON, -1.0), -f64::EPSILON * f64::EPSILON);
    }
}

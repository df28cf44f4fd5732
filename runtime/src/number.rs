//! Text of numbers, and conversions that can fail.
//!
//! The display form of a float is the shortest digit string that reads back as the same number, always written out in
//! positional notation: `1e21` is `1000000000000000000000`, `1e-7` is `0.0000001`, `3.0` is `3`. The digits come from the
//! `zmij` crate, which prints them with an exponent where that is shorter; this module spreads them out. None of
//! it uses `core::fmt`, which would be most of a small executable.

use crate::abi::ArithOp;
use crate::fault::{self, FaultText};
use core::mem::MaybeUninit;

#[cfg(target_pointer_width = "64")]
static DIGIT_PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut n = 0;
    while n < 100 {
        pairs[n] = [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
        n += 1;
    }
    pairs
};

/// The digits of a number below 100.
#[cfg(target_pointer_width = "64")]
fn digit_pair(n: usize) -> [u8; 2] {
    DIGIT_PAIRS[n % 100]
}

/// The digits of a number below 100: small processors divide faster than they could read a table of 200 bytes is small.
#[cfg(not(target_pointer_width = "64"))]
fn digit_pair(n: usize) -> [u8; 2] {
    [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8]
}

/// Quotient and remainder by 100.
#[cfg(target_pointer_width = "64")]
#[inline(always)]
fn divide_by_100(value: u64) -> (u64, usize) {
    (value / 100, (value % 100) as usize)
}

/// Quotient and remainder by 100, by digits of 16 bits: so that programs need no division of 64-bit numbers, which is a
/// large function where the processor has none.
#[cfg(not(target_pointer_width = "64"))]
fn divide_by_100(value: u64) -> (u64, usize) {
    let (high, rest) = divide_word_by_100((value >> 32) as u32, 0);
    let (low, rest) = divide_word_by_100(value as u32, rest);
    (u64::from(high) << 32 | u64::from(low), rest as usize)
}

/// Quotient and remainder of `rest * 2^32 + word` by 100, where `rest` is less than 100.
#[cfg(not(target_pointer_width = "64"))]
fn divide_word_by_100(word: u32, rest: u32) -> (u32, u32) {
    let upper = rest << 16 | word >> 16;
    let lower = upper % 100 << 16 | word & 0xffff;
    ((upper / 100) << 16 | lower / 100, lower % 100)
}

/// Room for `-9223372036854775808` and `18446744073709551615`.
const INT_ROOM: usize = 20;

/// The decimal text of an integer.
pub struct IntText {
    bytes: [u8; INT_ROOM],
    start: usize,
}

impl IntText {
    /// Text of a signed number.
    #[inline]
    pub fn new(value: i64) -> IntText {
        let mut text = IntText::unsigned(value.unsigned_abs());
        if value < 0 {
            text.push_front(b'-');
        }
        text
    }

    /// Text of an unsigned number. It stays one function: it is used in many places, and most of them are reports.
    #[inline(never)]
    pub fn unsigned(mut value: u64) -> IntText {
        let mut text = IntText { bytes: [0; INT_ROOM], start: INT_ROOM };
        while value >= 100 {
            let (rest, pair) = divide_by_100(value);
            text.push_pair(pair);
            value = rest;
        }
        if value >= 10 {
            text.push_pair(value as usize);
        } else {
            text.push_front(b'0' + value as u8);
        }
        text
    }

    fn push_front(&mut self, byte: u8) {
        self.start = self.start.wrapping_sub(1);
        // Never out of range: there is room for all digits and the sign.
        if let Some(place) = self.bytes.get_mut(self.start) {
            *place = byte;
        }
    }

    fn push_pair(&mut self, pair: usize) {
        let [tens, ones] = digit_pair(pair);
        self.push_front(ones);
        self.push_front(tens);
    }

    /// The text.
    #[inline]
    pub fn as_str(&self) -> &str {
        // SAFETY: from `start` on there are digits and a sign.
        unsafe { core::str::from_utf8_unchecked(self.bytes.get_unchecked(self.start..)) }
    }
}

/// The fault of an operator whose exact result is out of range. Operands are shown as `u64` if not signed.
#[cold]
pub fn overflow_fault(op: ArithOp, left: i64, right: i64, signed: bool) -> FaultText {
    let text = |value| if signed { IntText::new(value) } else { IntText::unsigned(value as u64) };
    let (left, right) = (text(left), text(right));
    let sign = match op {
        ArithOp::Add => "+",
        ArithOp::Sub => "-",
        ArithOp::Mul => "*",
        ArithOp::Div => "/",
        ArithOp::Neg => return FaultText::new(&["integer overflow in unary - (", left.as_str(), ")"]),
    };
    let parts = ["integer overflow in ", sign, " (", left.as_str(), " ", sign, " ", right.as_str(), ")"];
    FaultText::new(&parts)
}

/// The fault of a number outside the range of the integer type with that many bits.
#[cold]
pub fn int_range_fault(value: i64, bits: u8, signed: bool) -> FaultText {
    // `int` stands for any width that there is no other name for.
    let name = match (bits, signed) {
        (8, true) => "i8",
        (16, true) => "i16",
        (32, true) => "i32",
        (8, false) => "u8",
        (16, false) => "u16",
        (32, false) => "u32",
        (_, true) => "int",
        (_, false) => "u64",
    };
    let unused = 64_u32.saturating_sub(bits.into()).min(63);
    let (low, high) = match signed {
        true => (IntText::new(i64::MIN >> unused), IntText::new(i64::MAX >> unused)),
        false => (IntText::unsigned(0), IntText::unsigned(u64::MAX >> unused)),
    };
    let value = IntText::new(value);
    let parts =
        ["value ", value.as_str(), " out of range for type ", name, " (", low.as_str(), "..=", high.as_str(), ")"];
    FaultText::new(&parts)
}

/// Room for the longest text: `-0.`, 323 zeros at most, 17 digits at most (a number has many of only one of them).
const FLOAT_ROOM: usize = 352;

/// The display form of a float.
pub struct FloatText {
    bytes: [MaybeUninit<u8>; FLOAT_ROOM],
    len: usize,
}

impl FloatText {
    /// Display form of `value`.
    pub fn new(value: f64) -> FloatText {
        let mut text = FloatText { bytes: [const { MaybeUninit::uninit() }; FLOAT_ROOM], len: 0 };
        if value.is_nan() {
            text.push(b"NaN");
            return text;
        }
        if value.is_sign_negative() {
            text.push(b"-");
        }
        let size = value.abs();
        if size.is_infinite() {
            text.push(b"inf");
        } else if size < 9_007_199_254_740_992.0 && size == size as i64 as f64 {
            // Below 2^53 every integer is a float of its own, so no shorter digit string reads back as this one.
            text.push(IntText::unsigned(size as u64).as_str().as_bytes());
        } else {
            text.push_digits(size);
        }
        text
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        // SAFETY: `push` and `fill_zeros` have initialized `len` bytes, all of them ASCII.
        unsafe {
            let bytes = core::slice::from_raw_parts(self.bytes.as_ptr().cast::<u8>(), self.len);
            core::str::from_utf8_unchecked(bytes)
        }
    }

    /// Appends a finite number that is not negative.
    fn push_digits(&mut self, size: f64) {
        let mut buffer = zmij::Buffer::new();
        let printed = buffer.format_finite(size).as_bytes();
        let fraction_digits = match printed.iter().position(|&b| b == b'e') {
            None => self.push_positional(printed),
            Some(at) => self.push_scientific(printed.get(..at).unwrap_or(&[]), printed.get(at + 1..).unwrap_or(&[])),
        };
        self.round_tie_up(size, fraction_digits);
    }

    /// Appends `DDD.DDD`, without a fraction of zero. Gives the number of digits after the point.
    fn push_positional(&mut self, printed: &[u8]) -> usize {
        let printed = printed.strip_suffix(b".0").unwrap_or(printed);
        self.push(printed);
        printed.iter().rev().position(|&b| b == b'.').unwrap_or(0)
    }

    /// Appends the number `D.DDD * 10^EXPONENT` (or `D * 10^EXPONENT`) in positional notation. Gives the number of digits
    /// after the point.
    fn push_scientific(&mut self, mantissa: &[u8], exponent: &[u8]) -> usize {
        let first = mantissa.get(..1).unwrap_or(&[]);
        let rest = mantissa.get(2..).unwrap_or(&[]);
        let (negative, exponent) = match exponent.strip_prefix(b"-") {
            Some(digits) => (true, digits),
            None => (false, exponent.strip_prefix(b"+").unwrap_or(exponent)),
        };
        let exponent = exponent.iter().fold(0, |n: usize, &b| 10 * n + usize::from(b - b'0'));
        if negative {
            self.push(b"0.");
            self.fill_zeros(exponent.saturating_sub(1));
            self.push(first);
            self.push(rest);
            return exponent + rest.len();
        }
        self.push(first);
        let (whole, fraction) = rest.split_at(exponent.min(rest.len()));
        self.push(whole);
        self.fill_zeros(exponent - whole.len());
        if !fraction.is_empty() {
            self.push(b".");
            self.push(fraction);
        }
        fraction.len()
    }

    /// Where two shortest texts are equally close `zmij` takes the even one, but we the greater one, as the standard
    /// library of Rust does.
    ///
    /// An odd multiple of `2^-k` has exactly `k` digits after the point, the last of them 5. So there is such a tie if and
    /// only if the shortest text has one digit less, and it was rounded down if its last digit is the last but one of
    /// the exact text. That digit is not 9, else a shorter text would have been found. (Without fraction there is no tie:
    /// the text would have to differ by half of the number's last place, which is a multiple of its power of ten.)
    fn round_tie_up(&mut self, size: f64, fraction_digits: usize) {
        let (mantissa, exponent) = decompose(size);
        let zeros = mantissa.trailing_zeros();
        let fraction_bits = -(exponent + zeros as i32);
        if fraction_digits == 0 || fraction_bits != fraction_digits as i32 + 1 {
            return;
        }
        // All digits of the exact text: one more than the at most 17 of the shortest, so that they fit into 64 bits.
        let power = 5_u64.wrapping_pow(fraction_bits.unsigned_abs());
        let exact = (mantissa >> zeros).wrapping_mul(power);
        let rounded_down = b'0' + (exact / 10 % 10) as u8;
        if let Some(last) = self.len.checked_sub(1).and_then(|last| self.bytes.get_mut(last)) {
            // SAFETY: all of the first `len` bytes are initialized.
            let digit = unsafe { last.assume_init_mut() };
            *digit += u8::from(*digit == rounded_down);
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        let room = FLOAT_ROOM.saturating_sub(self.len);
        let count = bytes.len().min(room);
        // SAFETY: `len + count` is within the array, and nothing else refers to it.
        unsafe {
            let place = self.bytes.as_mut_ptr().cast::<u8>().add(self.len);
            core::ptr::copy_nonoverlapping(bytes.as_ptr(), place, count);
        }
        self.len += count;
    }

    fn fill_zeros(&mut self, count: usize) {
        let count = count.min(FLOAT_ROOM.saturating_sub(self.len));
        // SAFETY: `len + count` is within the array.
        unsafe { core::ptr::write_bytes(self.bytes.as_mut_ptr().cast::<u8>().add(self.len), b'0', count) };
        self.len += count;
    }
}

/// The integer `m` and the exponent `e` with `size = m * 2^e`, for a finite number that is not negative.
fn decompose(size: f64) -> (u64, i32) {
    const FRACTION: u64 = (1 << 52) - 1;
    let bits = size.to_bits();
    match (bits >> 52) as i32 {
        0 => (bits & FRACTION, -1074),
        biased => (bits & FRACTION | (1 << 52), biased - 1075),
    }
}

/// The truncated remainder, with the sign of `left`, as C's `fmod`.
#[inline]
pub fn float_rem(left: f64, right: f64) -> f64 {
    libm::fmod(left, right)
}

/// Drops the fraction. The value must be in `-2^63 .. 2^63`.
#[inline]
pub fn float_to_int(value: f64) -> Result<i64, FaultText> {
    // Both bounds are exact; -2^63 itself is in range, and the next float below it is a whole number.
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&value) {
        return Ok(value as i64);
    }
    Err(conversion_fault(value))
}

#[cold]
fn conversion_fault(value: f64) -> FaultText {
    if value.is_nan() {
        FaultText::new(&["to_int: cannot convert NaN to int"])
    } else if value.is_infinite() {
        let sign = if value > 0.0 { "positive" } else { "negative" };
        FaultText::new(&["to_int: cannot convert ", sign, " infinity to int"])
    } else {
        FaultText::new(&["to_int: value ", FloatText::new(value).as_str(), " is out of i64 range"])
    }
}

/// The value of an optional sign and decimal digits, in the range of `int`.
#[inline]
pub fn parse_int(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// The float nearest to a number in decimal with optional sign, point and exponent, where a digit stands before or behind
/// the point; or what `inf`, `infinity` and `nan` mean in any case.
#[inline]
pub fn parse_float(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// Fault of a shift by `count` outside `0..=63`.
#[cold]
pub fn shift_fault(count: i64) -> FaultText {
    FaultText::new(&[fault::SHIFT_AMOUNT, IntText::new(count).as_str()])
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::format;
    use std::string::ToString;

    /// Marsaglia's xorshift64: enough for test data.
    pub(crate) struct Random(pub(crate) u64);

    impl Random {
        pub(crate) fn next(&mut self) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0
        }
    }

    /// `Display` of the standard library gives the same form.
    fn check_float(value: f64) {
        assert_eq!(FloatText::new(value).as_str(), value.to_string(), "{:#018x}", value.to_bits());
    }

    #[test]
    fn range_faults_name_type_and_range() {
        let text = |value, bits, signed| int_range_fault(value, bits, signed).into_str();
        assert_eq!(text(300, 8, false).as_str(), "value 300 out of range for type u8 (0..=255)");
        assert_eq!(text(-129, 8, true).as_str(), "value -129 out of range for type i8 (-128..=127)");
        let int32 = "value 2147483648 out of range for type i32 (-2147483648..=2147483647)";
        assert_eq!(text(1 << 31, 32, true).as_str(), int32);
        assert_eq!(text(-1, 64, false).as_str(), "value -1 out of range for type u64 (0..=18446744073709551615)");
    }

    #[test]
    fn ints() {
        let mut random = Random(7);
        let mut values = std::vec![0, 1, 9, 10, 99, 100, 101, 12345, i64::MAX, i64::MIN, i64::MIN + 1];
        for digits in 0..19 {
            values.extend([10_i64.pow(digits), 10_i64.pow(digits) - 1]);
        }
        values.extend((0..10_000).map(|_| random.next() as i64 >> (random.next() % 64)));
        for value in values {
            assert_eq!(IntText::new(value).as_str(), value.to_string());
            assert_eq!(IntText::new(value.wrapping_neg()).as_str(), value.wrapping_neg().to_string());
            assert_eq!(IntText::unsigned(value as u64).as_str(), (value as u64).to_string());
        }
    }

    #[test]
    fn floats_at_the_edges() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (3.0, "3"),
            (1e21, "1000000000000000000000"),
            (1e-7, "0.0000001"),
            (f64::NAN, "NaN"),
            (-f64::NAN, "NaN"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::from(0.1_f32), "0.10000000149011612"),
        ] {
            assert_eq!(FloatText::new(value).as_str(), text);
        }
        for value in [
            f64::MAX,
            f64::MIN_POSITIVE,
            5e-324,
            -5e-324,
            2.225_073_858_507_201e-308,
            1.797_693_134_862_315_7e308,
            9_007_199_254_740_991.0,
            9_007_199_254_740_992.0,
            9_007_199_254_740_994.0,
            0.1 + 0.2,
            1.0 / 3.0,
            123_456_789.125,
            1e15,
            1e16,
            1.5e16,
            1e17,
            123_456_789_012_345_680.0,
            1e22,
            1e23,
            4.35,
            0.000_1,
            0.000_012_3,
            5e-5,
            // Ties between two shortest texts.
            2_f64.powi(-25),
            6_632_827_120_354_249.0 / 4.0,
            6_632_827_120_354_251.0 / 4.0,
            9_007_199_254_740_991.0 / 8.0,
        ] {
            check_float(value);
            check_float(-value);
        }
    }

    #[test]
    fn floats_around_powers() {
        for exponent in -330..=308 {
            let power: f64 = format!("1e{exponent}").parse().expect("a float");
            for value in [power, power.next_up(), power.next_down(), power * 1.5, power * 123.456] {
                check_float(value);
            }
        }
        for exponent in 0..2047_u64 {
            let power = f64::from_bits(exponent << 52);
            for value in [power, power.next_up(), power.next_down()] {
                check_float(value);
            }
        }
    }

    #[test]
    fn random_floats() {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        for _ in 0..100_000 {
            check_float(f64::from_bits(random.next()));
            // Short binary fractions, where ties are frequent.
            check_float((random.next() >> 11) as f64 / (1_u64 << (random.next() % 30)) as f64);
            // Numbers people write: some digits, a small power of ten.
            check_float((random.next() % 1_000_000) as f64 / 10_f64.powi((random.next() % 12) as i32));
        }
    }

    #[test]
    fn to_int() {
        let text = |value| float_to_int(value).err().map(|fault| fault.as_str().to_string());
        assert_eq!(float_to_int(-7.9).ok(), Some(-7));
        assert_eq!(float_to_int(-9_223_372_036_854_775_808.0).ok(), Some(i64::MIN));
        assert_eq!(float_to_int(9_223_372_036_854_774_784.0).ok(), Some(9_223_372_036_854_774_784));
        assert_eq!(
            text(9_223_372_036_854_775_808.0).as_deref(),
            Some("to_int: value 9223372036854776000 is out of i64 range")
        );
        assert_eq!(text(-1e300).map(|t| t.len()), Some("to_int: value - is out of i64 range".len() + 301));
        assert_eq!(text(f64::NAN).as_deref(), Some("to_int: cannot convert NaN to int"));
        assert_eq!(text(f64::INFINITY).as_deref(), Some("to_int: cannot convert positive infinity to int"));
        assert_eq!(text(f64::NEG_INFINITY).as_deref(), Some("to_int: cannot convert negative infinity to int"));
    }

    #[test]
    fn parsing() {
        for (text, value) in [
            ("0", Some(0)),
            ("+7", Some(7)),
            ("-0012", Some(-12)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
        ] {
            assert_eq!(parse_int(text), value);
        }
        for text in ["", "+", "-", " 1", "1_0", "0x1", "1.0", "٣", "9223372036854775808", "-9223372036854775809"] {
            assert_eq!(parse_int(text), None, "{text}");
        }
        for (text, value) in [
            (".5", 0.5),
            ("5.", 5.0),
            ("-1e3", -1000.0),
            ("+2.5E-1", 0.25),
            ("1e999", f64::INFINITY),
            ("-1e-999", -0.0),
            ("InFinity", f64::INFINITY),
            ("-inf", f64::NEG_INFINITY),
            ("9007199254740993", 9_007_199_254_740_992.0),
        ] {
            assert_eq!(parse_float(text).map(f64::to_bits), Some(value.to_bits()), "{text}");
        }
        assert!(parse_float("NaN").is_some_and(f64::is_nan));
        for text in ["", ".", "+", "e5", "1e", "1e+", "1_0", " 1", "0x1", "infi", "1.5f"] {
            assert_eq!(parse_float(text), None, "{text}");
        }
    }

    #[test]
    fn remainder() {
        assert_eq!(float_rem(-7.5, 2.0), -1.5);
        assert!(float_rem(1.0, 0.0).is_nan());
        assert_eq!(float_rem(-4.0, 2.0).to_bits(), (-0.0_f64).to_bits());
    }
}

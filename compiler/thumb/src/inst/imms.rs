//! Immediates that can be encoded, and only those.

use std::fmt;

/// A "modified immediate" of the data-processing instructions: a byte, repeated or rotated (Armv7-M manual, A5.3.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ModImm {
    value: u32,
    code: u16,
}

impl ModImm {
    /// The immediate of this value, if there is one.
    pub fn new(value: u32) -> Option<ModImm> {
        let byte = value & 0xff;
        let code = if value < 256 {
            value
        } else if value == byte << 16 | byte {
            1 << 8 | byte
        } else if value == (value >> 8 & 0xff) * 0x0100_0100 {
            2 << 8 | (value >> 8 & 0xff)
        } else if value == byte * 0x0101_0101 {
            3 << 8 | byte
        } else {
            // A byte with its top bit set, rotated right by 8 to 31, does not wrap around.
            let rotation = value.leading_zeros() + 8;
            let byte = value.rotate_left(rotation);
            if byte > 255 {
                return None;
            }
            rotation << 7 | (byte & 0x7f)
        };
        Some(ModImm { value, code: code as u16 })
    }

    /// The value.
    pub const fn value(self) -> u32 {
        self.value
    }

    /// The twelve bits `i:imm3:imm8`.
    pub const fn code(self) -> u32 {
        self.code as u32
    }
}

impl fmt::Display for ModImm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.value)
    }
}

/// The eight bits of a float that `vmov` can make: sign, three bits of exponent, four of fraction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FloatImm(u8);

impl FloatImm {
    /// The immediate with the value of these bits of a binary32.
    pub fn from_f32_bits(bits: u32) -> Option<FloatImm> {
        let exponent = bits >> 25 & 0x3f;
        if bits & 0x7_ffff != 0 || !(exponent == 0x1f || exponent == 0x20) {
            return None;
        }
        Some(FloatImm((bits >> 24 & 0x80 | (exponent & 1) << 6 | bits >> 19 & 0x3f) as u8))
    }

    /// The immediate with the value of these bits of a binary64.
    pub fn from_f64_bits(bits: u64) -> Option<FloatImm> {
        let value = f64::from_bits(bits);
        let single = value as f32;
        if f64::from(single).to_bits() != bits {
            return None;
        }
        FloatImm::from_f32_bits(single.to_bits())
    }

    /// The eight bits `imm4H:imm4L`.
    pub const fn code(self) -> u32 {
        self.0 as u32
    }

    /// The value.
    pub fn value(self) -> f32 {
        let code = u32::from(self.0);
        let exponent = if code & 0x40 != 0 { 0x1f } else { 0x20 };
        f32::from_bits((code & 0x80) << 24 | exponent << 25 | (code & 0x3f) << 19)
    }
}

impl fmt::Display for FloatImm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:e}", self.value())
    }
}

#[cfg(test)]
mod tests {
    use super::{FloatImm, ModImm};

    /// What the manual's pseudocode `ThumbExpandImm` makes of twelve bits.
    fn expand(code: u32) -> u32 {
        let byte = code & 0xff;
        match code >> 8 {
            0 => byte,
            1 => byte << 16 | byte,
            2 => byte << 24 | byte << 8,
            3 => byte * 0x0101_0101,
            _ => (0x80 | (code & 0x7f)).rotate_right(code >> 7),
        }
    }

    #[test]
    fn every_code_is_found_again() {
        for code in 0..4096 {
            let value = expand(code);
            let imm = ModImm::new(value).expect("a value that a code stands for");
            assert_eq!(expand(imm.code()), value);
        }
    }

    #[test]
    fn other_values_are_refused() {
        for value in [0x101, 0x1fe01, 0xff00_00ff, 0x1234_5678, 0x00ab_00ac, 0xffff_fffe] {
            assert_eq!(ModImm::new(value), None, "{value:#x}");
        }
    }

    #[test]
    fn floats_round_trip() {
        for code in 0..=255u8 {
            let value = FloatImm(code).value();
            assert_eq!(FloatImm::from_f32_bits(value.to_bits()), Some(FloatImm(code)));
            assert_eq!(FloatImm::from_f64_bits(f64::from(value).to_bits()), Some(FloatImm(code)));
        }
        for value in [0.0f32, -0.0, 0.1, 32.0, 0.0625, f32::NAN, f32::INFINITY] {
            assert_eq!(FloatImm::from_f32_bits(value.to_bits()), None, "{value}");
        }
    }
}

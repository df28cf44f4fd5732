//! How operands are packed into the 32-bit words of an instruction.
//!
//! The opcode is the lowest byte of the first word. The operands follow in order, from low to high bits, each aligned to
//! its own size, but to no more than a word; a 64-bit operand takes two words, the lower half first. So the place of an
//! operand depends on the kinds of those before it alone, and [`Reader`] turns into constant shifts when inlined.

use crate::operand::{Entry, FnIdx, GlobalIdx, LayoutIdx, Reg, RtIdx, SiteIdx, Slot, StrIdx, Target};

/// A kind of operand with a fixed size.
pub(crate) trait Field: Copy {
    /// Size in bits: 8, 16, 32 or 64.
    const BITS: u32;
    /// The operand as the low bits of a word.
    fn to_bits(self) -> u64;
    /// The operand with these low bits; the higher ones are 0.
    fn from_bits(bits: u64) -> Self;
}

macro_rules! int_field {
    ($($ty:ty as $unsigned:ty),*) => { $(
        impl Field for $ty {
            const BITS: u32 = <$ty>::BITS;
            #[inline(always)]
            fn to_bits(self) -> u64 {
                self as $unsigned as u64
            }
            #[inline(always)]
            fn from_bits(bits: u64) -> Self {
                bits as $ty
            }
        }
    )* };
}

int_field!(u8 as u8, i8 as u8, u16 as u16, i16 as u16, u32 as u32, i32 as u32, u64 as u64);

macro_rules! newtype_field {
    ($($ty:ident($inner:ty)),*) => { $(
        impl Field for $ty {
            const BITS: u32 = <$inner>::BITS;
            #[inline(always)]
            fn to_bits(self) -> u64 {
                self.0.to_bits()
            }
            #[inline(always)]
            fn from_bits(bits: u64) -> Self {
                $ty(<$inner>::from_bits(bits))
            }
        }
    )* };
}

newtype_field!(Reg(u8), Slot(u16), Target(i32), Entry(u32), StrIdx(u32), GlobalIdx(u32), LayoutIdx(u32), SiteIdx(u32));
newtype_field!(FnIdx(u32), RtIdx(u32));

/// The first bit at or after `pos` where an operand of `bits` may stand.
#[inline(always)]
const fn align(pos: u32, bits: u32) -> u32 {
    let unit = if bits > 32 { 32 } else { bits };
    pos.div_ceil(unit) * unit
}

/// Number of words of an instruction with operands of these sizes.
pub(crate) const fn n_words(sizes: &[u32]) -> usize {
    let mut pos = 8;
    let mut i = 0;
    while i < sizes.len() {
        pos = align(pos, sizes[i]) + sizes[i];
        i += 1;
    }
    pos.div_ceil(32) as usize
}

/// Takes the operands of one instruction in order; `word` gives its words by index.
pub(crate) struct Reader<F> {
    word: F,
    pos: u32,
}

impl<F: Fn(usize) -> u32> Reader<F> {
    /// At the first operand.
    #[inline(always)]
    pub fn new(word: F) -> Self {
        Reader { word, pos: 8 }
    }

    /// The next operand.
    #[inline(always)]
    pub fn get<T: Field>(&mut self) -> T {
        let start = align(self.pos, T::BITS);
        self.pos = start + T::BITS;
        let index = (start / 32) as usize;
        let low = (self.word)(index) as u64;
        if T::BITS == 64 {
            return T::from_bits(low | ((self.word)(index + 1) as u64) << 32);
        }
        T::from_bits(low >> (start % 32) & (u64::MAX >> (64 - T::BITS)))
    }
}

/// Appends one instruction to the code.
pub(crate) struct Writer<'a> {
    code: &'a mut Vec<u32>,
    start: usize,
    pos: u32,
}

impl<'a> Writer<'a> {
    /// Starts an instruction.
    pub fn new(code: &'a mut Vec<u32>, opcode: u8) -> Self {
        let start = code.len();
        code.push(opcode as u32);
        Writer { code, start, pos: 8 }
    }

    /// Appends the next operand.
    pub fn put<T: Field>(&mut self, field: T) {
        let start = align(self.pos, T::BITS);
        self.pos = start + T::BITS;
        self.code.resize(self.start + self.pos.div_ceil(32) as usize, 0);
        let index = self.start + (start / 32) as usize;
        let bits = field.to_bits();
        self.code[index] |= (bits << (start % 32)) as u32;
        if T::BITS == 64 {
            self.code[index + 1] = (bits >> 32) as u32;
        }
    }
}

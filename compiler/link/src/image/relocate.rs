//! Relocations: addresses that are part of instructions and data.
//!
//! The formulas are those of "ELF for the Arm Architecture" (Arm IHI 0044), the fields of instructions those of the
//! Armv7-M Architecture Reference Manual (DDI 0403). S is the address of the symbol, A the addend, P the address of the
//! place, T 1 for a function in Thumb code. Object files for Arm keep the addend in the place itself (`REL`); files with
//! explicit addends are read too.

use object::elf;

/// Relocations that the crate `object` has under older names.
const R_ARM_THM_CALL: u32 = 10;
const R_ARM_THM_JUMP11: u32 = 102;
const R_ARM_THM_JUMP8: u32 = 103;

/// What a relocation is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fixup {
    /// `R_ARM_*`
    pub kind: u32,
    /// P
    pub place: u32,
    /// S, without the bit T.
    pub symbol: u32,
    /// T
    pub thumb: bool,
    /// A, if it is not in the place.
    pub addend: Option<i32>,
    /// The symbol is weak and does not exist.
    pub missing: bool,
}

/// Why a relocation cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// The kind is not known here.
    Unknown,
    /// The place lies outside its section.
    NoPlace,
    /// The target is too far away.
    OutOfRange,
    /// The place has another instruction than the kind says.
    WrongInstruction,
}

/// `nop.w`
const WIDE_NOP: u32 = 0xf3af_8000;

/// Changes the place, which is at `offset` in `bytes`.
pub(super) fn apply(fixup: Fixup, bytes: &mut [u8], offset: u32) -> Result<(), Problem> {
    match fixup.kind {
        // Marks a `bx` for older processors.
        elf::R_ARM_V4BX => Ok(()),
        elf::R_ARM_ABS32 | elf::R_ARM_TARGET1 => word(fixup, bytes, offset, |s, a, t, _| s.wrapping_add(a) | t),
        elf::R_ARM_REL32 => word(fixup, bytes, offset, |s, a, t, p| (s.wrapping_add(a) | t).wrapping_sub(p)),
        elf::R_ARM_PREL31 => prel31(fixup, bytes, offset),
        R_ARM_THM_CALL | elf::R_ARM_THM_JUMP24 => branch(fixup, bytes, offset),
        elf::R_ARM_THM_JUMP19 => conditional_branch(fixup, bytes, offset),
        R_ARM_THM_JUMP11 => short_branch(fixup, bytes, offset, 11),
        R_ARM_THM_JUMP8 => short_branch(fixup, bytes, offset, 8),
        elf::R_ARM_THM_MOVW_ABS_NC => immediate(fixup, bytes, offset, |s, a, t, _| s.wrapping_add(a) | t),
        elf::R_ARM_THM_MOVT_ABS => immediate(fixup, bytes, offset, |s, a, _, _| s.wrapping_add(a) >> 16),
        elf::R_ARM_THM_MOVW_PREL_NC => {
            immediate(fixup, bytes, offset, |s, a, t, p| (s.wrapping_add(a) | t).wrapping_sub(p))
        }
        elf::R_ARM_THM_MOVT_PREL => {
            immediate(fixup, bytes, offset, |s, a, _, p| s.wrapping_add(a).wrapping_sub(p) >> 16)
        }
        _ => Err(Problem::Unknown),
    }
}

fn field(bytes: &mut [u8], offset: u32, len: usize) -> Result<&mut [u8], Problem> {
    let start = offset as usize;
    start.checked_add(len).and_then(|end| bytes.get_mut(start..end)).ok_or(Problem::NoPlace)
}

fn read_word(bytes: &mut [u8], offset: u32) -> Result<u32, Problem> {
    let field = field(bytes, offset, 4)?;
    Ok(field.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte)))
}

fn write_word(bytes: &mut [u8], offset: u32, value: u32) -> Result<(), Problem> {
    field(bytes, offset, 4)?.copy_from_slice(&value.to_le_bytes());
    Ok(())
}

/// A 32-bit instruction: its first half in the upper 16 bits.
fn read_instruction(bytes: &mut [u8], offset: u32) -> Result<u32, Problem> {
    Ok(read_word(bytes, offset)?.rotate_left(16))
}

fn write_instruction(bytes: &mut [u8], offset: u32, value: u32) -> Result<(), Problem> {
    write_word(bytes, offset, value.rotate_left(16))
}

/// The low `bits` bits with their sign.
fn sign_extend(value: u32, bits: u32) -> i32 {
    (value << (32 - bits)) as i32 >> (32 - bits)
}

fn fits(value: i32, bits: u32) -> bool {
    sign_extend(value as u32, bits) == value
}

fn word(
    fixup: Fixup,
    bytes: &mut [u8],
    offset: u32,
    formula: impl Fn(u32, u32, u32, u32) -> u32,
) -> Result<(), Problem> {
    let stored = read_word(bytes, offset)?;
    let addend = fixup.addend.map_or(stored, |addend| addend as u32);
    write_word(bytes, offset, formula(fixup.symbol, addend, fixup.thumb.into(), fixup.place))
}

fn prel31(fixup: Fixup, bytes: &mut [u8], offset: u32) -> Result<(), Problem> {
    let stored = read_word(bytes, offset)?;
    let addend = fixup.addend.unwrap_or(sign_extend(stored, 31));
    let target = fixup.symbol.wrapping_add(addend as u32) | u32::from(fixup.thumb);
    let distance = target.wrapping_sub(fixup.place) as i32;
    if !fits(distance, 31) {
        return Err(Problem::OutOfRange);
    }
    write_word(bytes, offset, stored & 0x8000_0000 | distance as u32 & 0x7fff_ffff)
}

/// The distance of a branch from its place; the addend accounts for the processor reading ahead.
fn distance(fixup: Fixup, addend: i32) -> i32 {
    // A branch stays in Thumb code, whose addresses are even.
    (fixup.symbol.wrapping_add(addend as u32) & !1).wrapping_sub(fixup.place) as i32
}

/// `b.w` and `bl`: offset bits S, J1 and J2 (inverted if S is not set), imm10, imm11.
fn branch(fixup: Fixup, bytes: &mut [u8], offset: u32) -> Result<(), Problem> {
    let stored = read_instruction(bytes, offset)?;
    if stored & 0xf800_9000 != 0xf000_9000 {
        return Err(Problem::WrongInstruction);
    }
    if fixup.missing {
        return write_instruction(bytes, offset, WIDE_NOP);
    }
    let sign = stored >> 26 & 1;
    let bit = |shift: u32| !((stored >> shift) ^ sign) & 1;
    let encoded = sign << 24 | bit(13) << 23 | bit(11) << 22 | (stored >> 16 & 0x3ff) << 12 | (stored & 0x7ff) << 1;
    let distance = distance(fixup, fixup.addend.unwrap_or(sign_extend(encoded, 25)));
    if !fits(distance, 25) {
        return Err(Problem::OutOfRange);
    }
    let value = distance as u32;
    let sign = value >> 24 & 1;
    let bit = |shift: u32| !((value >> shift) ^ sign) & 1;
    let opcode = stored & 0xf800_d000;
    let fields = sign << 26 | (value >> 12 & 0x3ff) << 16 | bit(23) << 13 | bit(22) << 11 | value >> 1 & 0x7ff;
    write_instruction(bytes, offset, opcode | fields)
}

/// `b<cond>.w`: offset bits S, J2, J1, imm6, imm11.
fn conditional_branch(fixup: Fixup, bytes: &mut [u8], offset: u32) -> Result<(), Problem> {
    let stored = read_instruction(bytes, offset)?;
    if stored & 0xf800_d000 != 0xf000_8000 {
        return Err(Problem::WrongInstruction);
    }
    if fixup.missing {
        return write_instruction(bytes, offset, WIDE_NOP);
    }
    let encoded = (stored >> 26 & 1) << 20
        | (stored >> 11 & 1) << 19
        | (stored >> 13 & 1) << 18
        | (stored >> 16 & 0x3f) << 12
        | (stored & 0x7ff) << 1;
    let distance = distance(fixup, fixup.addend.unwrap_or(sign_extend(encoded, 21)));
    if !fits(distance, 21) {
        return Err(Problem::OutOfRange);
    }
    let value = distance as u32;
    let fields = (value >> 20 & 1) << 26
        | (value >> 18 & 1) << 13
        | (value >> 19 & 1) << 11
        | (value >> 12 & 0x3f) << 16
        | value >> 1 & 0x7ff;
    write_instruction(bytes, offset, stored & 0xfbc0_d000 | fields)
}

/// The 16-bit forms of `b`.
fn short_branch(fixup: Fixup, bytes: &mut [u8], offset: u32, bits: u32) -> Result<(), Problem> {
    let field = field(bytes, offset, 2)?;
    let stored = u32::from(field[0]) | u32::from(field[1]) << 8;
    let mask = (1 << bits) - 1;
    let distance = distance(fixup, fixup.addend.unwrap_or(sign_extend(stored & mask, bits) << 1));
    if !fits(distance, bits + 1) {
        return Err(Problem::OutOfRange);
    }
    let value = stored & !mask | distance as u32 >> 1 & mask;
    field.copy_from_slice(&(value as u16).to_le_bytes());
    Ok(())
}

/// `movw` and `movt`: imm4, i, imm3, imm8.
fn immediate(
    fixup: Fixup,
    bytes: &mut [u8],
    offset: u32,
    formula: impl Fn(u32, u32, u32, u32) -> u32,
) -> Result<(), Problem> {
    let stored = read_instruction(bytes, offset)?;
    if stored & 0xfb70_8000 != 0xf240_0000 {
        return Err(Problem::WrongInstruction);
    }
    let encoded = (stored >> 16 & 0xf) << 12 | (stored >> 26 & 1) << 11 | (stored >> 12 & 7) << 8 | stored & 0xff;
    let addend = fixup.addend.unwrap_or(sign_extend(encoded, 16));
    let value = formula(fixup.symbol, addend as u32, fixup.thumb.into(), fixup.place);
    let fields = (value >> 12 & 0xf) << 16 | (value >> 11 & 1) << 26 | (value >> 8 & 7) << 12 | value & 0xff;
    write_instruction(bytes, offset, stored & 0xfbf0_8f00 | fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: u32 = 0x0800_1000;

    fn fixup(kind: u32, symbol: u32) -> Fixup {
        Fixup { kind, place: PLACE, symbol, thumb: true, addend: None, missing: false }
    }

    /// The instruction `before`, its first half in the upper bits, after the relocation.
    fn instruction(before: u32, fixup: Fixup) -> Result<u32, Problem> {
        let mut bytes = before.rotate_left(16).to_le_bytes();
        apply(fixup, &mut bytes, 0)?;
        Ok(u32::from_le_bytes(bytes).rotate_left(16))
    }

    /// Before: what `arm-none-eabi-as -mcpu=cortex-m3` writes for `bl t`. After: what `arm-none-eabi-ld -Ttext=0x08001000
    /// --defsym t=ADDRESS` makes of it, ADDRESS being odd.
    #[test]
    fn branches() {
        let bl = |symbol| instruction(0xf7ff_fffe, fixup(R_ARM_THM_CALL, symbol));
        assert_eq!(bl(PLACE + 4), Ok(0xf000_f800));
        assert_eq!(bl(PLACE), Ok(0xf7ff_fffe));
        assert_eq!(bl(PLACE + 0x1234), Ok(0xf001_f918));
        assert_eq!(bl(PLACE + 4 + 0x00ff_fffe), Ok(0xf3ff_d7ff));
        assert_eq!(bl(PLACE + 4 - 0x0100_0000), Ok(0xf400_d000));
        assert_eq!(bl(PLACE + 4 + 0x0100_0000), Err(Problem::OutOfRange));
        assert_eq!(instruction(0xf7ff_bffe, fixup(elf::R_ARM_THM_JUMP24, PLACE + 0x1234)), Ok(0xf001_b918));
        let beq = |symbol| instruction(0xf43f_affe, fixup(elf::R_ARM_THM_JUMP19, symbol));
        assert_eq!(beq(PLACE + 0x1234), Ok(0xf001_8118));
        assert_eq!(beq(PLACE + 0x10_0004), Err(Problem::OutOfRange));
        let missing = Fixup { missing: true, ..fixup(R_ARM_THM_CALL, 0) };
        assert_eq!(instruction(0xf7ff_fffe, missing), Ok(WIDE_NOP));
        assert_eq!(instruction(0xbf00_bf00, fixup(R_ARM_THM_CALL, PLACE)), Err(Problem::WrongInstruction));
    }

    #[test]
    fn immediates() {
        // movw r0, #:lower16:t+8; movt r0, #:upper16:t
        assert_eq!(instruction(0xf240_0008, fixup(elf::R_ARM_THM_MOVW_ABS_NC, 0x2000_abcc)), Ok(0xf64a_30d5));
        assert_eq!(instruction(0xf2c0_0000, fixup(elf::R_ARM_THM_MOVT_ABS, 0x2000_abcc)), Ok(0xf2c2_0000));
        assert_eq!(instruction(0xf240_0000, fixup(elf::R_ARM_THM_JUMP24, 0)), Err(Problem::WrongInstruction));
        assert_eq!(instruction(0xf000_f800, fixup(elf::R_ARM_THM_MOVT_ABS, 0)), Err(Problem::WrongInstruction));
    }

    #[test]
    fn words() {
        let word = |stored: u32, fixup: Fixup| {
            let mut bytes = stored.to_le_bytes();
            apply(fixup, &mut bytes, 0).map(|()| u32::from_le_bytes(bytes))
        };
        assert_eq!(word(16, fixup(elf::R_ARM_ABS32, 0x2000_0000)), Ok(0x2000_0011));
        let explicit = Fixup { addend: Some(-4), thumb: false, ..fixup(elf::R_ARM_ABS32, 0x2000_0000) };
        assert_eq!(word(16, explicit), Ok(0x1fff_fffc));
        assert_eq!(word(0, fixup(elf::R_ARM_REL32, PLACE - 8)), Ok(0xffff_fff9));
        assert_eq!(word(0x8000_0000, fixup(elf::R_ARM_PREL31, PLACE + 8)), Ok(0x8000_0009));
        assert_eq!(word(0, fixup(elf::R_ARM_PREL31, PLACE ^ 0x4000_0000)), Err(Problem::OutOfRange));
        assert_eq!(apply(fixup(elf::R_ARM_ABS32, 0), &mut [0; 5], 2), Err(Problem::NoPlace));
        assert_eq!(apply(fixup(elf::R_ARM_ABS32, 0), &mut [0; 5], u32::MAX), Err(Problem::NoPlace));
        assert_eq!(word(0, fixup(999, 0)), Err(Problem::Unknown));
    }
}

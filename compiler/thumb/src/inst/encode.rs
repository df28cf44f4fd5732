//! From instructions to bits: Armv7-M Architecture Reference Manual, chapters A5 to A7; floating point as in its version
//! for Armv7E-M with FPv4 and FPv5.
//!
//! The shortest encoding is taken. Composite instructions and those that need a distance have no bits of their own and
//! give `None`; layout takes them apart first.

use super::regs::{PC, Reg, SP};
use super::{
    Address, AluOp, BitOp, CmpOp, Cond, Flags, FpuBinary, FpuConvert, FpuUnary, Half, Inst, LoadOp, LongMulOp,
    Operand2, ShiftOp, StoreOp, Width,
};

/// The bits of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// Sixteen bits.
    Narrow(u16),
    /// Thirty-two bits, the half-word at the lower address first.
    Wide(u16, u16),
}

impl Encoding {
    fn wide(bits: u32) -> Encoding {
        Encoding::Wide((bits >> 16) as u16, bits as u16)
    }

    /// Size in bytes.
    pub const fn size(self) -> u32 {
        match self {
            Encoding::Narrow(_) => 2,
            Encoding::Wide(..) => 4,
        }
    }

    /// Appends the bytes, little-endian half-words.
    pub fn push_to(self, bytes: &mut Vec<u8>) {
        match self {
            Encoding::Narrow(half) => bytes.extend_from_slice(&half.to_le_bytes()),
            Encoding::Wide(first, second) => {
                bytes.extend_from_slice(&first.to_le_bytes());
                bytes.extend_from_slice(&second.to_le_bytes());
            }
        }
    }
}

/// The encoding of an instruction outside of `it` blocks.
pub fn encode(inst: &Inst) -> Option<Encoding> {
    encode_in(inst, false)
}

/// The encoding of an instruction that an `it` makes conditional. Most 16-bit forms leave the flags alone there.
pub fn encode_conditional(inst: &Inst) -> Option<Encoding> {
    encode_in(inst, true)
}

/// The condition prefix `it`, `itt`, `ite`, ... for `conds.len()` instructions, the first of them under `conds[0]`; each is
/// that condition or its opposite.
pub fn it(conds: &[Cond]) -> Inst {
    let cond = conds[0];
    let mut mask = 0;
    for (n, &other) in conds.iter().enumerate().skip(1) {
        mask |= (other.code() & 1) << (4 - n);
    }
    mask |= 1 << (4 - conds.len());
    Inst::It { cond, mask: mask as u8 }
}

fn encode_in(inst: &Inst, in_it: bool) -> Option<Encoding> {
    Some(match inst {
        Inst::Alu { op, flags, rd, rn, src } => alu(*op, *flags, *rd, *rn, *src, in_it),
        Inst::Mov { flags, rd, src } => mov(*flags, *rd, *src, in_it),
        Inst::Mvn { flags, rd, src } => mvn(*flags, *rd, *src, in_it),
        Inst::Cmp { op, rn, src } => cmp(*op, *rn, *src),
        Inst::Shift { op, flags, rd, rn, rm } => {
            if rd == rn && rd.is_low() && rm.is_low() && sets_as_narrow(*flags, in_it) {
                let op = match op {
                    ShiftOp::Lsl => 2,
                    ShiftOp::Lsr => 3,
                    ShiftOp::Asr => 4,
                    ShiftOp::Ror => 7,
                };
                narrow_alu(op, *rd, *rm)
            } else {
                wide3(0xfa00_f000 | shift_code(*op) << 21 | flag_bit(*flags), *rn, 16, *rd, 8, *rm, 0)
            }
        }
        Inst::Movw { rd, half: Half::Value(value) } => wide_imm16(0xf240_0000, *rd, *value),
        Inst::Movw { rd, .. } => wide_imm16(0xf240_0000, *rd, 0),
        Inst::Movt { rd, half: Half::Value(value), .. } => wide_imm16(0xf2c0_0000, *rd, *value),
        Inst::Movt { rd, .. } => wide_imm16(0xf2c0_0000, *rd, 0),
        Inst::Mul { flags, rd, rn, rm } => {
            let narrow = rd.is_low() && rn.is_low() && rm.is_low() && sets_as_narrow(*flags, in_it);
            match (narrow, *flags) {
                (true, _) if rd == rm => narrow_alu(13, *rd, *rn),
                (true, _) if rd == rn => narrow_alu(13, *rd, *rm),
                // Only the 16-bit form can set the flags.
                (_, Flags::Set) => return None,
                (_, Flags::Keep) => wide3(0xfb00_f000, *rn, 16, *rd, 8, *rm, 0),
            }
        }
        Inst::Mla { rd, rn, rm, ra } => {
            Encoding::wide(0xfb00_0000 | at(*rn, 16) | at(*ra, 12) | at(*rd, 8) | at(*rm, 0))
        }
        Inst::Mls { rd, rn, rm, ra } => {
            Encoding::wide(0xfb00_0010 | at(*rn, 16) | at(*ra, 12) | at(*rd, 8) | at(*rm, 0))
        }
        Inst::MulLong { op, lo, hi, rn, rm } | Inst::MulAcc { op, lo, hi, rn, rm, .. } => {
            let base = match op {
                LongMulOp::Smull => 0xfb80_0000,
                LongMulOp::Umull => 0xfba0_0000,
                LongMulOp::Smlal => 0xfbc0_0000,
                LongMulOp::Umlal => 0xfbe0_0000,
            };
            Encoding::wide(base | at(*rn, 16) | at(*lo, 12) | at(*hi, 8) | at(*rm, 0))
        }
        Inst::Div { signed, rd, rn, rm } => {
            wide3(if *signed { 0xfb90_f0f0 } else { 0xfbb0_f0f0 }, *rn, 16, *rd, 8, *rm, 0)
        }
        Inst::Bits { op, rd, rm } => bits(*op, *rd, *rm),
        Inst::Bfx { signed, rd, rn, lsb, width } => {
            bit_field(if *signed { 0xf340_0000 } else { 0xf3c0_0000 }, *rd, *rn, *lsb, width - 1)
        }
        Inst::Bfi { rd, rn, lsb, width, .. } => bit_field(0xf360_0000, *rd, *rn, *lsb, lsb + width - 1),
        Inst::Load { op, rd, addr } => return load(*op, *rd, *addr),
        Inst::Store { op, rs, addr } => return store(*op, *rs, *addr),
        Inst::LoadPair { lo, hi, addr } => return pair(0xe850_0000, *lo, *hi, *addr),
        Inst::StorePair { lo, hi, addr } => return pair(0xe840_0000, *lo, *hi, *addr),
        Inst::Push { list } => push_pop(*list, 0xb400, 14, 0xf84d_0d04, 0xe92d_0000),
        Inst::Pop { list } => push_pop(*list, 0xbc00, 15, 0xf85d_0b04, 0xe8bd_0000),
        Inst::Bx { rm } => Encoding::Narrow(0x4700 | (at(*rm, 3) as u16)),
        Inst::Udf { code } => Encoding::Narrow(0xde00 | u16::from(*code)),
        Inst::Nop => Encoding::Narrow(0xbf00),
        Inst::It { cond, mask } => Encoding::Narrow(0xbf00 | (cond.code() << 4) as u16 | u16::from(*mask)),
        _ => return encode_fpu(inst),
    })
}

fn at(reg: Reg, shift: u32) -> u32 {
    reg.number() << shift
}

fn wide3(base: u32, a: Reg, a_at: u32, b: Reg, b_at: u32, c: Reg, c_at: u32) -> Encoding {
    Encoding::wide(base | at(a, a_at) | at(b, b_at) | at(c, c_at))
}

fn flag_bit(flags: Flags) -> u32 {
    match flags {
        Flags::Keep => 0,
        Flags::Set => 1 << 20,
    }
}

/// Whether a 16-bit form that sets the flags outside of `it` blocks, and leaves them alone inside, does as wanted.
fn sets_as_narrow(flags: Flags, in_it: bool) -> bool {
    (flags == Flags::Set) != in_it
}

fn shift_code(op: ShiftOp) -> u32 {
    match op {
        ShiftOp::Lsl => 0,
        ShiftOp::Lsr => 1,
        ShiftOp::Asr => 2,
        ShiftOp::Ror => 3,
    }
}

fn narrow_alu(op: u16, rdn: Reg, rm: Reg) -> Encoding {
    Encoding::Narrow(0x4000 | op << 6 | at(rm, 3) as u16 | at(rdn, 0) as u16)
}

/// `i:imm3:imm8` of a 12-bit code.
fn spread12(code: u32) -> u32 {
    (code >> 11 & 1) << 26 | (code >> 8 & 7) << 12 | (code & 0xff)
}

fn wide_imm16(base: u32, rd: Reg, value: u16) -> Encoding {
    let value = u32::from(value);
    Encoding::wide(base | (value >> 12) << 16 | spread12(value & 0xfff) | at(rd, 8))
}

/// `imm3:imm2:type:rm` of a register with an optional shift.
fn shifted(reg: Reg, shift: Option<(ShiftOp, u8)>) -> u32 {
    let (op, amount) = shift.map_or((0, 0), |(op, amount)| (shift_code(op), u32::from(amount) & 31));
    (amount >> 2) << 12 | (amount & 3) << 6 | op << 4 | at(reg, 0)
}

/// Data processing in 32 bits; `rd` or `rn` is 15 in those that lack it.
fn wide_alu(op: u32, flags: u32, rd: Reg, rn: Reg, src: Operand2) -> Encoding {
    let common = op << 21 | flags | at(rn, 16) | at(rd, 8);
    Encoding::wide(match src {
        Operand2::Imm(imm) => 0xf000_0000 | common | spread12(imm.code()),
        Operand2::Imm12(imm) => {
            let base = if op == AluOp::Sub as u32 { 0xf2a0_0000 } else { 0xf200_0000 };
            base | at(rn, 16) | at(rd, 8) | spread12(u32::from(imm))
        }
        Operand2::Reg(rm) => 0xea00_0000 | common | shifted(rm, None),
        Operand2::Shifted(rm, op, amount) => 0xea00_0000 | common | shifted(rm, Some((op, amount))),
    })
}

fn alu(op: AluOp, flags: Flags, rd: Reg, rn: Reg, src: Operand2, in_it: bool) -> Encoding {
    narrow_alu3(op, flags, rd, rn, src, in_it).unwrap_or_else(|| wide_alu(op as u32, flag_bit(flags), rd, rn, src))
}

fn narrow_alu3(op: AluOp, flags: Flags, rd: Reg, rn: Reg, src: Operand2, in_it: bool) -> Option<Encoding> {
    if flags == Flags::Keep
        && let Some(narrow) = narrow_keep(op, rd, rn, src)
    {
        return Some(narrow);
    }
    if !(rd.is_low() && rn.is_low() && sets_as_narrow(flags, in_it)) {
        return None;
    }
    let add = op == AluOp::Add;
    match src {
        Operand2::Imm(imm) => {
            let value = imm.value();
            match op {
                AluOp::Add | AluOp::Sub if rd == rn && value < 256 => {
                    let base = if add { 0x3000 } else { 0x3800 };
                    Some(Encoding::Narrow(base | (at(rd, 8) | value) as u16))
                }
                AluOp::Add | AluOp::Sub if value < 8 => {
                    let base = if add { 0x1c00 } else { 0x1e00 };
                    Some(Encoding::Narrow(base | (value << 6 | at(rn, 3) | at(rd, 0)) as u16))
                }
                AluOp::Rsb if value == 0 => Some(narrow_alu(9, rd, rn)),
                _ => None,
            }
        }
        Operand2::Reg(rm) if rm.is_low() => {
            if matches!(op, AluOp::Add | AluOp::Sub) {
                let base = if add { 0x1800 } else { 0x1a00 };
                return Some(Encoding::Narrow(base | (at(rm, 6) | at(rn, 3) | at(rd, 0)) as u16));
            }
            let (code, commutes) = match op {
                AluOp::And => (0, true),
                AluOp::Eor => (1, true),
                AluOp::Adc => (5, true),
                AluOp::Sbc => (6, false),
                AluOp::Orr => (12, true),
                AluOp::Bic => (14, false),
                AluOp::Add | AluOp::Sub | AluOp::Rsb | AluOp::Orn => return None,
            };
            if rd == rn {
                Some(narrow_alu(code, rd, rm))
            } else if rd == rm && commutes {
                Some(narrow_alu(code, rd, rn))
            } else {
                None
            }
        }
        _ => None,
    }
}

/// 16-bit forms that never set the flags: additions with any register, and those of the stack pointer.
fn narrow_keep(op: AluOp, rd: Reg, rn: Reg, src: Operand2) -> Option<Encoding> {
    match (op, src) {
        (AluOp::Add, Operand2::Reg(rm)) if rd == rn && rm != PC && rd != PC => {
            Some(Encoding::Narrow(0x4400 | (rd.number() >> 3 << 7 | at(rm, 3) | rd.number() & 7) as u16))
        }
        (AluOp::Add, Operand2::Reg(rm)) if rd == rm && rn != PC && rd != PC && rn != SP => {
            Some(Encoding::Narrow(0x4400 | (rd.number() >> 3 << 7 | at(rn, 3) | rd.number() & 7) as u16))
        }
        (AluOp::Add | AluOp::Sub, Operand2::Imm(_) | Operand2::Imm12(_)) if rn == SP => {
            let value = match src {
                Operand2::Imm(imm) => imm.value(),
                Operand2::Imm12(imm) => u32::from(imm),
                Operand2::Reg(_) | Operand2::Shifted(..) => return None,
            };
            if value % 4 != 0 {
                return None;
            }
            match op {
                _ if rd == SP && value <= 508 => {
                    let base = if op == AluOp::Add { 0xb000 } else { 0xb080 };
                    Some(Encoding::Narrow(base | (value / 4) as u16))
                }
                AluOp::Add if rd.is_low() && value <= 1020 => {
                    Some(Encoding::Narrow(0xa800 | (at(rd, 8) | (value / 4)) as u16))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn mov(flags: Flags, rd: Reg, src: Operand2, in_it: bool) -> Encoding {
    let sets = sets_as_narrow(flags, in_it);
    match src {
        Operand2::Imm(imm) if rd.is_low() && sets && imm.value() < 256 => {
            Encoding::Narrow(0x2000 | (at(rd, 8) | imm.value()) as u16)
        }
        Operand2::Reg(rm) if flags == Flags::Keep => {
            Encoding::Narrow(0x4600 | (rd.number() >> 3 << 7 | at(rm, 3) | rd.number() & 7) as u16)
        }
        Operand2::Reg(rm) if rd.is_low() && rm.is_low() && !in_it => Encoding::Narrow((at(rm, 3) | at(rd, 0)) as u16),
        Operand2::Shifted(rm, op, amount) if rd.is_low() && rm.is_low() && sets && op != ShiftOp::Ror => {
            let amount = u32::from(amount) & 31;
            Encoding::Narrow((shift_code(op) << 11 | amount << 6 | at(rm, 3) | at(rd, 0)) as u16)
        }
        Operand2::Imm12(imm) => wide_imm16(0xf240_0000, rd, imm),
        _ => wide_alu(2, flag_bit(flags), rd, PC, src),
    }
}

fn mvn(flags: Flags, rd: Reg, src: Operand2, in_it: bool) -> Encoding {
    match src {
        Operand2::Reg(rm) if rd.is_low() && rm.is_low() && sets_as_narrow(flags, in_it) => narrow_alu(15, rd, rm),
        _ => wide_alu(3, flag_bit(flags), rd, PC, src),
    }
}

fn cmp(op: CmpOp, rn: Reg, src: Operand2) -> Encoding {
    let both_low = |rm: Reg| rn.is_low() && rm.is_low();
    match (op, src) {
        (CmpOp::Cmp, Operand2::Imm(imm)) if rn.is_low() && imm.value() < 256 => {
            Encoding::Narrow(0x2800 | (at(rn, 8) | imm.value()) as u16)
        }
        (CmpOp::Cmp, Operand2::Reg(rm)) if both_low(rm) => narrow_alu(10, rn, rm),
        (CmpOp::Cmp, Operand2::Reg(rm)) if rm != PC && rn != PC => {
            Encoding::Narrow(0x4500 | (rn.number() >> 3 << 7 | at(rm, 3) | rn.number() & 7) as u16)
        }
        (CmpOp::Tst, Operand2::Reg(rm)) if both_low(rm) => narrow_alu(8, rn, rm),
        (CmpOp::Cmn, Operand2::Reg(rm)) if both_low(rm) => narrow_alu(11, rn, rm),
        _ => {
            let alu = match op {
                CmpOp::Tst => AluOp::And,
                CmpOp::Teq => AluOp::Eor,
                CmpOp::Cmn => AluOp::Add,
                CmpOp::Cmp => AluOp::Sub,
            };
            wide_alu(alu as u32, 1 << 20, PC, rn, src)
        }
    }
}

fn bits(op: BitOp, rd: Reg, rm: Reg) -> Encoding {
    let (narrow, wide) = match op {
        BitOp::Clz => (None, 0xfab0_f080),
        BitOp::Rbit => (None, 0xfa90_f0a0),
        BitOp::Rev => (Some(0xba00), 0xfa90_f080),
        BitOp::Rev16 => (Some(0xba40), 0xfa90_f090),
        BitOp::Revsh => (Some(0xbac0), 0xfa90_f0b0),
        BitOp::Sxth => (Some(0xb200), 0xfa0f_f080),
        BitOp::Sxtb => (Some(0xb240), 0xfa4f_f080),
        BitOp::Uxth => (Some(0xb280), 0xfa1f_f080),
        BitOp::Uxtb => (Some(0xb2c0), 0xfa5f_f080),
    };
    match narrow {
        Some(base) if rd.is_low() && rm.is_low() => Encoding::Narrow(base | (at(rm, 3) | at(rd, 0)) as u16),
        // The bit reversals take their operand twice.
        _ if wide >> 16 & 15 != 15 => Encoding::wide(wide | at(rm, 16) | at(rd, 8) | at(rm, 0)),
        _ => Encoding::wide(wide | at(rd, 8) | at(rm, 0)),
    }
}

fn bit_field(base: u32, rd: Reg, rn: Reg, lsb: u8, last: u8) -> Encoding {
    let lsb = u32::from(lsb);
    Encoding::wide(base | at(rn, 16) | (lsb >> 2) << 12 | at(rd, 8) | (lsb & 3) << 6 | u32::from(last))
}

fn load(op: LoadOp, rd: Reg, addr: Address) -> Option<Encoding> {
    let (by_reg, by_imm, wide) = match op {
        LoadOp::B => (0x5c00, Some((0x7800, 1)), 0xf810_0000),
        LoadOp::Sb => (0x5600, None, 0xf910_0000),
        LoadOp::H => (0x5a00, Some((0x8800, 2)), 0xf830_0000),
        LoadOp::Sh => (0x5e00, None, 0xf930_0000),
        LoadOp::W => (0x5800, Some((0x6800, 4)), 0xf850_0000),
    };
    access(rd, addr, by_reg, by_imm, (op == LoadOp::W).then_some(0x9800), wide)
}

fn store(op: StoreOp, rs: Reg, addr: Address) -> Option<Encoding> {
    let (by_reg, by_imm, wide) = match op {
        StoreOp::B => (0x5400, Some((0x7000, 1)), 0xf800_0000),
        StoreOp::H => (0x5200, Some((0x8000, 2)), 0xf820_0000),
        StoreOp::W => (0x5000, Some((0x6000, 4)), 0xf840_0000),
    };
    access(rs, addr, by_reg, by_imm, (op == StoreOp::W).then_some(0x9000), wide)
}

/// A load or store of one register.
fn access(
    rt: Reg,
    addr: Address,
    by_reg: u32,
    by_imm: Option<(u32, i32)>,
    by_sp: Option<u32>,
    wide: u32,
) -> Option<Encoding> {
    match addr {
        Address::Index(base, index, 0) if rt.is_low() && base.is_low() && index.is_low() => {
            Some(Encoding::Narrow((by_reg | at(index, 6) | at(base, 3) | at(rt, 0)) as u16))
        }
        Address::Index(base, index, shift) => {
            Some(Encoding::wide(wide | at(base, 16) | at(rt, 12) | u32::from(shift) << 4 | at(index, 0)))
        }
        Address::Base(base, offset) => {
            let scaled = |scale: i32, limit: i32| offset % scale == 0 && (0..=limit).contains(&(offset / scale));
            match (by_imm, by_sp) {
                (_, Some(narrow)) if base == SP && rt.is_low() && scaled(4, 255) => {
                    Some(Encoding::Narrow((narrow | at(rt, 8) | (offset / 4) as u32) as u16))
                }
                (Some((narrow, scale)), _) if rt.is_low() && base.is_low() && scaled(scale, 31) => {
                    Some(Encoding::Narrow((narrow | ((offset / scale) as u32) << 6 | at(base, 3) | at(rt, 0)) as u16))
                }
                _ if (0..=4095).contains(&offset) => {
                    Some(Encoding::wide(wide | 1 << 23 | at(base, 16) | at(rt, 12) | offset as u32))
                }
                _ if (-255..0).contains(&offset) => {
                    Some(Encoding::wide(wide | at(base, 16) | at(rt, 12) | 0xc00 | offset.unsigned_abs()))
                }
                _ => None,
            }
        }
        Address::Frame(..) => None,
    }
}

fn pair(base: u32, lo: Reg, hi: Reg, addr: Address) -> Option<Encoding> {
    let (bits, offset) = scaled_offset(addr)?;
    Some(Encoding::wide(base | 1 << 24 | bits | at(lo, 12) | at(hi, 8) | offset))
}

/// Base, direction and distance in words.
fn scaled_offset(addr: Address) -> Option<(u32, u32)> {
    let Address::Base(base, offset) = addr else { return None };
    if offset % 4 != 0 || offset.unsigned_abs() > 1020 {
        return None;
    }
    let up = if offset >= 0 { 1 << 23 } else { 0 };
    Some((up | at(base, 16), offset.unsigned_abs() / 4))
}

fn push_pop(list: u16, narrow: u16, extra: u32, single: u32, wide: u32) -> Encoding {
    let extra_bit = 1 << extra;
    if list & !(0xff | extra_bit) == 0 {
        let extra = if list & extra_bit != 0 { 0x100 } else { 0 };
        Encoding::Narrow(narrow | extra | list & 0xff)
    } else if list.count_ones() == 1 {
        Encoding::wide(single | list.trailing_zeros() << 12)
    } else {
        Encoding::wide(wide | u32::from(list))
    }
}

/// A floating-point register as `Vd:D` at bits 12 and 22, `Vn:N` at 16 and 7, or `Vm:M` at 0 and 5.
fn fpu(width: Width, reg: Reg, field: u32, extra: u32) -> u32 {
    let number = reg.number();
    match width {
        Width::F32 => number >> 1 << field | (number & 1) << extra,
        Width::F64 => number >> 1 << field,
    }
}

/// The second of the two single-precision registers that a double-precision one is.
pub(super) fn high_half(reg: Reg) -> Reg {
    Reg::single(reg.number() as u8 + 1)
}

fn vd(width: Width, reg: Reg) -> u32 {
    fpu(width, reg, 12, 22)
}

fn vn(width: Width, reg: Reg) -> u32 {
    fpu(width, reg, 16, 7)
}

fn vm(width: Width, reg: Reg) -> u32 {
    fpu(width, reg, 0, 5)
}

fn size_bit(width: Width) -> u32 {
    match width {
        Width::F32 => 0,
        Width::F64 => 1 << 8,
    }
}

fn encode_fpu(inst: &Inst) -> Option<Encoding> {
    let bits = match inst {
        Inst::FpuBinary { op, width, rd, rn, rm } => {
            let base = match op {
                FpuBinary::Add => 0xee30_0a00,
                FpuBinary::Sub => 0xee30_0a40,
                FpuBinary::Mul => 0xee20_0a00,
                FpuBinary::Div => 0xee80_0a00,
            };
            base | size_bit(*width) | vd(*width, *rd) | vn(*width, *rn) | vm(*width, *rm)
        }
        Inst::FpuUnary { op, width, rd, rm } => {
            let base = match op {
                FpuUnary::Mov => 0xeeb0_0a40,
                FpuUnary::Abs => 0xeeb0_0ac0,
                FpuUnary::Neg => 0xeeb1_0a40,
                FpuUnary::Sqrt => 0xeeb1_0ac0,
            };
            base | size_bit(*width) | vd(*width, *rd) | vm(*width, *rm)
        }
        Inst::FpuConvert { op, rd, rm } => {
            let (base, to, from, width) = match op {
                FpuConvert::Promote => (0xeeb7_0ac0, Width::F64, Width::F32, Width::F32),
                FpuConvert::Demote => (0xeeb7_0ac0, Width::F32, Width::F64, Width::F64),
                FpuConvert::FromSigned(width) => (0xeeb8_0ac0, *width, Width::F32, *width),
                FpuConvert::FromUnsigned(width) => (0xeeb8_0a40, *width, Width::F32, *width),
                FpuConvert::ToSigned(width) => (0xeebd_0ac0, Width::F32, *width, *width),
                FpuConvert::ToUnsigned(width) => (0xeebc_0ac0, Width::F32, *width, *width),
            };
            base | size_bit(width) | vd(to, *rd) | vm(from, *rm)
        }
        Inst::FpuImm { width, rd, imm } => {
            0xeeb0_0a00 | size_bit(*width) | vd(*width, *rd) | (imm.code() >> 4) << 16 | imm.code() & 15
        }
        Inst::FpuTakeHigh { rd, rn } => 0xeeb0_0a40 | vd(Width::F32, *rd) | vm(Width::F32, high_half(*rn)),
        Inst::FpuPutHigh { rd, rm, .. } => 0xeeb0_0a40 | vd(Width::F32, high_half(*rd)) | vm(Width::F32, *rm),
        Inst::FpuLoad { width, rd, addr } => fpu_access(0xed10_0a00, *width, *rd, *addr)?,
        Inst::FpuStore { width, rs, addr } => fpu_access(0xed00_0a00, *width, *rs, *addr)?,
        Inst::CoreToSingle { rd, rt } => 0xee00_0a10 | vn(Width::F32, *rd) | at(*rt, 12),
        Inst::SingleToCore { rt, rn } => 0xee10_0a10 | vn(Width::F32, *rn) | at(*rt, 12),
        Inst::CoreToDouble { rd, lo, hi } => 0xec40_0b10 | vm(Width::F64, *rd) | at(*lo, 12) | at(*hi, 16),
        Inst::DoubleToCore { lo, hi, rn } => 0xec50_0b10 | vm(Width::F64, *rn) | at(*lo, 12) | at(*hi, 16),
        Inst::FpuPush { width, first, count } => 0xed2d_0a00 | fpu_list(*width, *first, *count),
        Inst::FpuPop { width, first, count } => 0xecbd_0a00 | fpu_list(*width, *first, *count),
        _ => return None,
    };
    Some(Encoding::wide(bits))
}

/// `vcmp`, which leaves its result in the status register of the floating-point unit.
pub fn vcmp(width: Width, rn: Reg, rm: Reg) -> Encoding {
    Encoding::wide(0xeeb4_0a40 | size_bit(width) | vd(width, rn) | vm(width, rm))
}

/// `vmrs APSR_nzcv, fpscr`
pub const VMRS: Encoding = Encoding::Wide(0xeef1, 0xfa10);

fn fpu_access(base: u32, width: Width, reg: Reg, addr: Address) -> Option<u32> {
    let (bits, offset) = scaled_offset(addr)?;
    Some(base | size_bit(width) | vd(width, reg) | bits | offset)
}

fn fpu_list(width: Width, first: Reg, count: u8) -> u32 {
    let words = match width {
        Width::F32 => u32::from(count),
        Width::F64 => 2 * u32::from(count),
    };
    size_bit(width) | vd(width, first) | words
}

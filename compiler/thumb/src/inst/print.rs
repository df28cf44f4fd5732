//! Instructions as assembly text, in the unified syntax that GNU `as` reads. A `.w` is written where an instruction that has
//! a 16-bit form is encoded in 32 bits.

use std::fmt::{self, Write};

use regalloc2::RegClass;

use super::encode::{Encoding, encode, encode_conditional, high_half};
use super::regs::Reg;
use super::{
    Address, AluOp, BitOp, BranchCond, Callee, CmpOp, Cond, Flags, FpuBinary, FpuConvert, FpuUnary, FrameSlot, Half,
    Inst, Label, LoadOp, LongMulOp, Operand2, ShiftOp, StoreOp, Symbol, Width,
};

/// An instruction as text, made conditional by `cond` if there is one.
pub fn print(inst: &Inst, cond: Option<Cond>) -> String {
    let encoding = if cond.is_some() { encode_conditional(inst) } else { encode(inst) };
    let printer = Printer { cond, wide: matches!(encoding, Some(Encoding::Wide(..))) };
    printer.print(inst)
}

struct Printer {
    cond: Option<Cond>,
    wide: bool,
}

impl fmt::Display for Cond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 14] = ["eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le"];
        f.write_str(NAMES[*self as usize])
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, ".L{}", self.0)
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Symbol::External(name) => write!(f, "{}", name.display(None)),
            Symbol::Helper(name) => f.write_str(name),
        }
    }
}

impl fmt::Display for FrameSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FrameSlot::Slot(offset) => write!(f, "slots+{offset}"),
            FrameSlot::Spill(number) => write!(f, "spill{number}"),
            FrameSlot::Incoming(offset) => write!(f, "incoming+{offset}"),
            FrameSlot::Outgoing(offset) => write!(f, "outgoing+{offset}"),
        }
    }
}

fn shift_name(op: ShiftOp) -> &'static str {
    match op {
        ShiftOp::Lsl => "lsl",
        ShiftOp::Lsr => "lsr",
        ShiftOp::Asr => "asr",
        ShiftOp::Ror => "ror",
    }
}

impl fmt::Display for Operand2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operand2::Imm(imm) => write!(f, "{imm}"),
            Operand2::Imm12(imm) => write!(f, "#{imm}"),
            Operand2::Reg(reg) => write!(f, "{reg}"),
            Operand2::Shifted(reg, op, amount) => write!(f, "{reg}, {} #{amount}", shift_name(*op)),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Base(base, 0) => write!(f, "[{base}]"),
            Address::Base(base, offset) => write!(f, "[{base}, #{offset}]"),
            Address::Index(base, index, 0) => write!(f, "[{base}, {index}]"),
            Address::Index(base, index, shift) => write!(f, "[{base}, {index}, lsl #{shift}]"),
            Address::Frame(slot, offset) => write!(f, "[{slot}, #{offset}]"),
        }
    }
}

impl fmt::Display for Half {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Half::Value(value) => write!(f, "#{value}"),
            Half::Low(symbol, offset) => write!(f, "#:lower16:{symbol}+{offset}"),
            Half::High(symbol, offset) => write!(f, "#:upper16:{symbol}+{offset}"),
        }
    }
}

fn alu_name(op: AluOp) -> &'static str {
    match op {
        AluOp::And => "and",
        AluOp::Bic => "bic",
        AluOp::Orr => "orr",
        AluOp::Orn => "orn",
        AluOp::Eor => "eor",
        AluOp::Add => "add",
        AluOp::Adc => "adc",
        AluOp::Sbc => "sbc",
        AluOp::Sub => "sub",
        AluOp::Rsb => "rsb",
    }
}

fn suffix(width: Width) -> &'static str {
    match width {
        Width::F32 => ".f32",
        Width::F64 => ".f64",
    }
}

/// A floating-point register at a width.
fn fpu_reg(reg: Reg, width: Width) -> String {
    match width {
        Width::F64 if !reg.is_virtual() => format!("d{}", reg.number() / 2),
        _ => reg.to_string(),
    }
}

/// The registers of a list of core registers.
fn list(bits: u16) -> String {
    let names: Vec<String> = (0..16u8).filter(|&n| bits >> n & 1 != 0).map(|n| Reg::core(n).to_string()).collect();
    format!("{{{}}}", names.join(", "))
}

fn fpu_list(first: Reg, width: Width, count: u8) -> String {
    let step = if width == Width::F64 { 2 } else { 1 };
    let last = Reg::single((first.number() + step * (u32::from(count) - 1)) as u8);
    if count == 1 {
        return format!("{{{}}}", fpu_reg(first, width));
    }
    format!("{{{}-{}}}", fpu_reg(first, width), fpu_reg(last, width))
}

fn convert_name(op: FpuConvert) -> (&'static str, Width, Width) {
    use Width::{F32, F64};
    match op {
        FpuConvert::Promote => (".f64.f32", F64, F32),
        FpuConvert::Demote => (".f32.f64", F32, F64),
        FpuConvert::FromSigned(F32) => (".f32.s32", F32, F32),
        FpuConvert::FromSigned(F64) => (".f64.s32", F64, F32),
        FpuConvert::FromUnsigned(F32) => (".f32.u32", F32, F32),
        FpuConvert::FromUnsigned(F64) => (".f64.u32", F64, F32),
        FpuConvert::ToSigned(F32) => (".s32.f32", F32, F32),
        FpuConvert::ToSigned(F64) => (".s32.f64", F32, F64),
        FpuConvert::ToUnsigned(F32) => (".u32.f32", F32, F32),
        FpuConvert::ToUnsigned(F64) => (".u32.f64", F32, F64),
    }
}

impl Printer {
    /// Mnemonic, `s`, condition, `.w`: for instructions that come in both sizes.
    fn name(&self, name: &str, flags: Flags) -> String {
        let wide = if self.wide { ".w" } else { "" };
        format!("{}{wide}", self.only(name, flags))
    }

    /// Mnemonic, `s`, condition: for instructions that come in one size.
    fn only(&self, name: &str, flags: Flags) -> String {
        let s = if flags == Flags::Set { "s" } else { "" };
        let cond = self.cond.map(|cond| cond.to_string()).unwrap_or_default();
        format!("{name}{s}{cond}")
    }

    fn print(&self, inst: &Inst) -> String {
        let keep = Flags::Keep;
        match inst {
            Inst::Alu { op, flags, rd, rn, src } => {
                let name = match (op, src) {
                    (AluOp::Add, Operand2::Imm12(_)) if self.wide => self.only("addw", keep),
                    (AluOp::Sub, Operand2::Imm12(_)) if self.wide => self.only("subw", keep),
                    (AluOp::Orn, _) => self.only("orn", *flags),
                    _ => self.name(alu_name(*op), *flags),
                };
                format!("{name} {rd}, {rn}, {src}")
            }
            Inst::Mov { rd, src: Operand2::Imm12(imm), .. } => format!("{} {rd}, #{imm}", self.only("movw", keep)),
            Inst::Mov { flags, rd, src: Operand2::Shifted(rm, op, amount) } => {
                format!("{} {rd}, {rm}, #{amount}", self.name(shift_name(*op), *flags))
            }
            Inst::Mov { flags, rd, src } => format!("{} {rd}, {src}", self.name("mov", *flags)),
            Inst::Mvn { flags, rd, src } => format!("{} {rd}, {src}", self.name("mvn", *flags)),
            Inst::Cmp { op, rn, src } => {
                let name = match op {
                    CmpOp::Tst => self.name("tst", keep),
                    CmpOp::Teq => self.only("teq", keep),
                    CmpOp::Cmn => self.name("cmn", keep),
                    CmpOp::Cmp => self.name("cmp", keep),
                };
                format!("{name} {rn}, {src}")
            }
            Inst::Shift { op, flags, rd, rn, rm } => {
                format!("{} {rd}, {rn}, {rm}", self.name(shift_name(*op), *flags))
            }
            Inst::Movw { rd, half } => format!("movw {rd}, {half}"),
            Inst::Movt { rd, half, .. } => format!("movt {rd}, {half}"),
            Inst::Mul { flags, rd, rn, rm } => {
                format!("{} {rd}, {rn}, {rm}", self.only("mul", *flags))
            }
            Inst::Mla { rd, rn, rm, ra } => format!("mla {rd}, {rn}, {rm}, {ra}"),
            Inst::Mls { rd, rn, rm, ra } => format!("mls {rd}, {rn}, {rm}, {ra}"),
            Inst::MulLong { op, lo, hi, rn, rm } | Inst::MulAcc { op, lo, hi, rn, rm, .. } => {
                let name = match op {
                    LongMulOp::Smull => "smull",
                    LongMulOp::Umull => "umull",
                    LongMulOp::Smlal => "smlal",
                    LongMulOp::Umlal => "umlal",
                };
                format!("{name} {lo}, {hi}, {rn}, {rm}")
            }
            Inst::Div { signed, rd, rn, rm } => format!("{} {rd}, {rn}, {rm}", if *signed { "sdiv" } else { "udiv" }),
            Inst::Bits { op, rd, rm } => {
                let (name, both) = match op {
                    BitOp::Clz => ("clz", false),
                    BitOp::Rbit => ("rbit", false),
                    BitOp::Rev => ("rev", true),
                    BitOp::Rev16 => ("rev16", true),
                    BitOp::Revsh => ("revsh", true),
                    BitOp::Sxtb => ("sxtb", true),
                    BitOp::Sxth => ("sxth", true),
                    BitOp::Uxtb => ("uxtb", true),
                    BitOp::Uxth => ("uxth", true),
                };
                let name = if both { self.name(name, keep) } else { self.only(name, keep) };
                format!("{name} {rd}, {rm}")
            }
            Inst::Bfx { signed, rd, rn, lsb, width } => {
                format!("{} {rd}, {rn}, #{lsb}, #{width}", if *signed { "sbfx" } else { "ubfx" })
            }
            Inst::Bfi { rd, rn, lsb, width, .. } => format!("bfi {rd}, {rn}, #{lsb}, #{width}"),
            Inst::Load { op, rd, addr } => {
                let name = match op {
                    LoadOp::B => "ldrb",
                    LoadOp::Sb => "ldrsb",
                    LoadOp::H => "ldrh",
                    LoadOp::Sh => "ldrsh",
                    LoadOp::W => "ldr",
                };
                format!("{} {rd}, {addr}", self.name(name, keep))
            }
            Inst::Store { op, rs, addr } => {
                let name = match op {
                    StoreOp::B => "strb",
                    StoreOp::H => "strh",
                    StoreOp::W => "str",
                };
                format!("{} {rs}, {addr}", self.name(name, keep))
            }
            Inst::LoadPair { lo, hi, addr } => format!("ldrd {lo}, {hi}, {addr}"),
            Inst::StorePair { lo, hi, addr } => format!("strd {lo}, {hi}, {addr}"),
            Inst::Push { list: bits } => format!("{} {}", self.name("push", keep), list(*bits)),
            Inst::Pop { list: bits } => format!("{} {}", self.name("pop", keep), list(*bits)),
            Inst::Bx { rm } => format!("bx {rm}"),
            Inst::Udf { code } | Inst::Trap { code } => format!("udf #{code}"),
            Inst::Nop => "nop".into(),
            Inst::It { cond, mask } => print_it(*cond, *mask),
            _ => self.print_fpu(inst).unwrap_or_else(|| print_composite(inst)),
        }
    }

    fn print_fpu(&self, inst: &Inst) -> Option<String> {
        let keep = Flags::Keep;
        Some(match inst {
            Inst::FpuBinary { op, width, rd, rn, rm } => {
                let name = match op {
                    FpuBinary::Add => "vadd",
                    FpuBinary::Sub => "vsub",
                    FpuBinary::Mul => "vmul",
                    FpuBinary::Div => "vdiv",
                };
                let [rd, rn, rm] = [rd, rn, rm].map(|reg| fpu_reg(*reg, *width));
                format!("{name}{} {rd}, {rn}, {rm}", suffix(*width))
            }
            Inst::FpuUnary { op, width, rd, rm } => {
                let name = match op {
                    FpuUnary::Mov => "vmov",
                    FpuUnary::Abs => "vabs",
                    FpuUnary::Neg => "vneg",
                    FpuUnary::Sqrt => "vsqrt",
                };
                let [rd, rm] = [rd, rm].map(|reg| fpu_reg(*reg, *width));
                format!("{}{} {rd}, {rm}", self.only(name, keep), suffix(*width))
            }
            Inst::FpuConvert { op, rd, rm } => {
                let (name, to, from) = convert_name(*op);
                format!("vcvt{name} {}, {}", fpu_reg(*rd, to), fpu_reg(*rm, from))
            }
            Inst::FpuCmp { width, rn, rm } => {
                let [rn, rm] = [rn, rm].map(|reg| fpu_reg(*reg, *width));
                format!("vcmp{} {rn}, {rm}\n    vmrs APSR_nzcv, fpscr", suffix(*width))
            }
            Inst::FpuImm { width, rd, imm } => format!("vmov{} {}, {imm}", suffix(*width), fpu_reg(*rd, *width)),
            Inst::FpuLoad { width, rd, addr } => format!("vldr {}, {addr}", fpu_reg(*rd, *width)),
            Inst::FpuStore { width, rs, addr } => format!("vstr {}, {addr}", fpu_reg(*rs, *width)),
            Inst::FpuTakeHigh { rd, rn } => format!("vmov.f32 {rd}, {}", high_half(*rn)),
            Inst::FpuPutHigh { rd, rm, .. } => format!("vmov.f32 {}, {rm}", high_half(*rd)),
            Inst::CoreToSingle { rd, rt } => format!("vmov {rd}, {rt}"),
            Inst::SingleToCore { rt, rn } => format!("vmov {rt}, {rn}"),
            Inst::CoreToDouble { rd, lo, hi } => format!("vmov {}, {lo}, {hi}", fpu_reg(*rd, Width::F64)),
            Inst::DoubleToCore { lo, hi, rn } => format!("vmov {lo}, {hi}, {}", fpu_reg(*rn, Width::F64)),
            Inst::FpuPush { width, first, count } => format!("vpush {}", fpu_list(*first, *width, *count)),
            Inst::FpuPop { width, first, count } => format!("vpop {}", fpu_list(*first, *width, *count)),
            _ => return None,
        })
    }
}

fn print_it(cond: Cond, mask: u8) -> String {
    let mut text = String::from("it");
    let len = 4 - mask.trailing_zeros();
    for n in 1..len {
        let same = u32::from(mask) >> (4 - n) & 1 == cond.code() & 1;
        text.push(if same { 't' } else { 'e' });
    }
    format!("{text} {cond}")
}

impl fmt::Display for BranchCond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BranchCond::Flags(cond) => write!(f, "{cond}"),
            BranchCond::Zero(reg) => write!(f, "{reg} == 0"),
            BranchCond::NonZero(reg) => write!(f, "{reg} != 0"),
        }
    }
}

/// Composite instructions before they are taken apart: no assembler reads these.
fn print_composite(inst: &Inst) -> String {
    match inst {
        Inst::CondMov { cond, rd, src, .. } => format!("mov?{cond} {rd}, {src}"),
        Inst::FpuCondMov { cond, rd, rm, .. } => format!("vmov?{cond} {rd}, {rm}"),
        Inst::CondSet { cond, rd } => format!("set?{cond} {rd}"),
        Inst::CondCmp { cond, rn, src, .. } => format!("cmp?{cond} {rn}, {src}"),
        Inst::Const { rd, value } => format!("const {rd}, #{value}"),
        Inst::SymbolAddr { rd, symbol, offset } => format!("addr {rd}, {symbol}+{offset}"),
        Inst::FrameAddr { rd, slot, offset } => format!("addr {rd}, {slot}+{offset}"),
        Inst::Call { info } => match &info.callee {
            Callee::Symbol(symbol) => format!("bl {symbol}{}", print_fixed(&info.uses)),
            Callee::Reg(reg) => format!("blx {reg}{}", print_fixed(&info.uses)),
        },
        Inst::Args { defs } => format!("args{}", print_fixed(defs)),
        Inst::Ret { uses } => format!("ret{}", print_fixed(uses)),
        Inst::Jump { target } => format!("b {target}"),
        Inst::Branch { cond, then, otherwise } => format!("b ({cond}) {then} else {otherwise}"),
        Inst::Table { index, targets, default } => format!("table {index}, {targets:?} else {default}"),
        Inst::TrapIf { cond, code } => format!("trap if {cond}, #{code}"),
        other => format!("{other:?}"),
    }
}

fn print_fixed(regs: &[(Reg, regalloc2::PReg)]) -> String {
    let mut text = String::new();
    for (reg, preg) in regs {
        let _ = write!(text, " {reg}={}", Reg::from_preg(*preg));
    }
    debug_assert!(regs.iter().all(|(_, preg)| preg.class() != RegClass::Vector));
    text
}

//! Registers: virtual ones before register allocation, physical ones after.

use std::fmt;

use regalloc2::{PReg, RegClass, VReg};

/// A register operand of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reg(u32);

/// Set in a virtual register.
const VIRTUAL: u32 = 1 << 31;
/// Set in a floating-point register.
const FLOAT: u32 = 1 << 30;

impl Reg {
    /// The core register of this number.
    pub const fn core(number: u8) -> Reg {
        Reg(number as u32 & 15)
    }

    /// The single-precision register of this number. The double-precision register `d(n)` is `s(2n)`.
    pub const fn single(number: u8) -> Reg {
        Reg(FLOAT | (number as u32 & 31))
    }

    /// The virtual register of this index.
    pub const fn virt(index: u32, class: RegClass) -> Reg {
        match class {
            RegClass::Float => Reg(VIRTUAL | FLOAT | index),
            RegClass::Int | RegClass::Vector => Reg(VIRTUAL | index),
        }
    }

    /// The register file.
    pub const fn class(self) -> RegClass {
        if self.0 & FLOAT != 0 { RegClass::Float } else { RegClass::Int }
    }

    /// Whether it is still to be allocated.
    pub const fn is_virtual(self) -> bool {
        self.0 & VIRTUAL != 0
    }

    /// The allocator's name of a virtual register.
    pub fn vreg(self) -> VReg {
        debug_assert!(self.is_virtual());
        VReg::new((self.0 & !(VIRTUAL | FLOAT)) as usize, self.class())
    }

    /// The allocator's name of a physical register.
    pub fn preg(self) -> PReg {
        PReg::new(self.number() as usize, self.class())
    }

    /// The register with this name.
    pub fn from_preg(preg: PReg) -> Reg {
        match preg.class() {
            RegClass::Float => Reg::single(preg.hw_enc() as u8),
            RegClass::Int | RegClass::Vector => Reg::core(preg.hw_enc() as u8),
        }
    }

    /// Number of a physical register in its file.
    pub const fn number(self) -> u32 {
        self.0 & 31
    }

    /// Whether 16-bit instructions can name it.
    pub const fn is_low(self) -> bool {
        self.0 < 8
    }
}

/// First argument and result.
pub const R0: Reg = Reg::core(0);
/// Second argument, and high word of a 64-bit result.
pub const R1: Reg = Reg::core(1);
/// Third argument.
pub const R2: Reg = Reg::core(2);
/// Fourth argument.
pub const R3: Reg = Reg::core(3);
/// Scratch register: never allocated, free within an instruction.
pub const IP: Reg = Reg::core(12);
/// Stack pointer.
pub const SP: Reg = Reg::core(13);
/// Return address.
pub const LR: Reg = Reg::core(14);
/// Program counter.
pub const PC: Reg = Reg::core(15);

impl fmt::Display for Reg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_virtual() {
            let prefix = if self.class() == RegClass::Float { 'f' } else { 'v' };
            return write!(f, "{prefix}{}", self.0 & !(VIRTUAL | FLOAT));
        }
        match (self.class(), self.number()) {
            (RegClass::Float, number) => write!(f, "s{number}"),
            (_, 12) => f.write_str("ip"),
            (_, 13) => f.write_str("sp"),
            (_, 14) => f.write_str("lr"),
            (_, 15) => f.write_str("pc"),
            (_, number) => write!(f, "r{number}"),
        }
    }
}

impl fmt::Debug for Reg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

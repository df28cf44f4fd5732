//! What code is made for.

/// The floating-point unit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fpu {
    /// There is none: floats are in core registers, and helpers compute with them.
    None,
    /// binary32 only, as in the Cortex-M4F.
    Single,
    /// binary32 and binary64, as in the Cortex-M7.
    Double,
}

/// How floats are passed between functions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FloatAbi {
    /// In core registers.
    Soft,
    /// In floating-point registers: the "hard float" variant of the procedure call standard.
    Hard,
}

/// How constants of 32 bits are made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Constants {
    /// They are read from pools between the code: smaller.
    Pool,
    /// In two instructions of 16 bits each: code is never read as data.
    Immediate,
}

/// A processor, and conventions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Target {
    /// The floating-point unit.
    pub fpu: Fpu,
    /// How floats are passed.
    pub float_abi: FloatAbi,
    /// How constants are made.
    pub constants: Constants,
    /// Let Cranelift optimize.
    pub optimize: bool,
    /// Verify the Cranelift IR, and prove each register allocation.
    pub verify: bool,
}

impl Target {
    /// Cortex-M3: no floating-point unit.
    pub fn cortex_m3() -> Target {
        Target {
            fpu: Fpu::None,
            float_abi: FloatAbi::Soft,
            constants: Constants::Pool,
            optimize: true,
            verify: cfg!(debug_assertions),
        }
    }

    /// Cortex-M4 with its floating-point unit.
    pub fn cortex_m4f() -> Target {
        Target { fpu: Fpu::Single, float_abi: FloatAbi::Hard, ..Target::cortex_m3() }
    }

    /// Cortex-M7 with floating point in double precision.
    pub fn cortex_m7() -> Target {
        Target { fpu: Fpu::Double, float_abi: FloatAbi::Hard, ..Target::cortex_m3() }
    }

    /// Whether floats travel in floating-point registers.
    pub(crate) fn is_hard(&self) -> bool {
        self.float_abi == FloatAbi::Hard && self.fpu != Fpu::None
    }
}

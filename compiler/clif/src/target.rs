//! What code is made for: options, the instruction set with its settings, and what follows from them.
//!
//! [`Options`] is what a caller chooses; `Target` is what the builder asks. Everything that differs between
//! processors, or between the JIT and an object file, is a field here, so that the builder has no case distinction on
//! either.

use std::str::FromStr;

use cranelift_codegen::ir::{Type, types};
use cranelift_codegen::isa::{self, CallConv, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable, SetError};
use resilient_mir::ir::Ty;
use target_lexicon::{Architecture, ArmArchitecture, Environment, Triple};

use crate::error::{CodegenError, Phase};

/// How much to optimize.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OptLevel {
    /// Compile quickly.
    None,
    /// Fast code.
    #[default]
    Speed,
    /// Small code.
    Size,
}

/// Which extensions of the instruction set may be used. Results do not depend on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cpu {
    /// Those that every processor of the architecture has, and these, as Cranelift names its settings.
    With(Vec<String>),
    /// Those of the processor at hand.
    Host,
}

impl Default for Cpu {
    fn default() -> Cpu {
        Cpu::With(Vec::new())
    }
}

/// What a caller chooses.
#[derive(Clone, Debug)]
pub struct Options {
    /// How much to optimize.
    pub opt_level: OptLevel,
    /// Processor architecture, operating system and object format.
    pub target: Triple,
    /// Extensions of the instruction set.
    pub cpu: Cpu,
    /// Check the Cranelift IR: on in debug builds.
    pub verify: bool,
    /// The program checks at its end that it has released all objects, for tests of the compiler: see
    /// [`resilient_runtime::leaks`].
    pub check_leaks: bool,
}

impl Options {
    /// Options for this machine.
    pub fn host(opt_level: OptLevel) -> Options {
        Options {
            opt_level,
            target: Triple::host(),
            cpu: Cpu::default(),
            verify: cfg!(debug_assertions),
            check_leaks: false,
        }
    }

    /// The target written as `x86_64-unknown-linux-gnu`.
    pub fn parse_triple(target: &str) -> Result<Triple, CodegenError> {
        Triple::from_str(target)
            .map_err(|error| CodegenError::new(Phase::Target, format_args!("`{target}` is not a target: {error}")))
    }

    /// Options for a target written as `x86_64-unknown-linux-gnu`.
    pub fn for_target(opt_level: OptLevel, target: &str) -> Result<Options, CodegenError> {
        Ok(Options { target: Options::parse_triple(target)?, ..Options::host(opt_level) })
    }
}

/// How far the runtime's entry points are from the program's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RuntimeDistance {
    /// Within reach of a direct call: linked into the same executable.
    Near,
    /// Anywhere in the address space.
    Far,
}

/// What the builder asks about the target.
pub(crate) struct Target {
    /// The instruction set, with its settings.
    pub isa: OwnedTargetIsa,
    /// Type of pointers.
    pub pointer: Type,
    /// Convention of the runtime's entry points and of the program's entry.
    pub platform_conv: CallConv,
    /// Convention of the program's own functions.
    pub internal_conv: CallConv,
    /// Results that [`Target::internal_conv`] gives in registers: ints, floats.
    pub result_regs: ResultRegs,
    /// The processor, if it is one that Cranelift does not know: the output module then compiles.
    pub thumb: Option<resilient_thumb::Target>,
    /// Where the runtime is.
    pub runtime: RuntimeDistance,
    /// Check at the end that all objects were released.
    pub check_leaks: bool,
    /// Choose what is small over what is fast: also right for quick compilation.
    pub small_code: bool,
}

/// How many results fit in registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ResultRegs {
    /// Integers and pointers.
    pub ints: usize,
    /// Floats.
    pub floats: usize,
}

/// Frames up to this size are caught by the guard area below the program's stack, which the runtime makes at least that
/// large. Only larger ones touch their pages in order.
const GUARD_SIZE_LOG2: &str = "20";

/// Functions of fast code start at a multiple of 16 bytes, as processors fetch code in such blocks.
const FUNCTION_ALIGNMENT_LOG2: &str = "4";

impl Target {
    /// The target for the given options.
    pub fn new(options: &Options, runtime: RuntimeDistance) -> Result<Target, CodegenError> {
        let thumb = thumb_target(options)?;
        let isa = make_isa(options, thumb.is_some())?;
        let pointer = isa.pointer_type();
        Ok(Target {
            pointer,
            platform_conv: isa.default_call_conv(),
            internal_conv: CallConv::Tail,
            result_regs: result_regs(options.target.architecture),
            thumb,
            runtime,
            check_leaks: options.check_leaks,
            small_code: options.opt_level != OptLevel::Speed,
            isa,
        })
    }

    /// The machine type of a value.
    pub fn value_type(&self, ty: Ty) -> Type {
        match ty {
            Ty::I64 => types::I64,
            Ty::F64 => types::F64,
            Ty::F32 => types::F32,
            Ty::Bool => types::I8,
            Ty::Str | Ty::Ref | Ty::Code => self.pointer,
            Ty::Agg(_) => unreachable!("there are no aggregates in scalarized MIR"),
        }
    }
}

/// Results in registers under [`CallConv::Tail`].
fn result_regs(architecture: Architecture) -> ResultRegs {
    match architecture {
        Architecture::X86_64 => ResultRegs { ints: 8, floats: 8 },
        // Cranelift leaves the first two of the eight registers to the area of further results and to callees.
        Architecture::Aarch64(_) => ResultRegs { ints: 6, floats: 8 },
        // What every architecture has.
        _ => ResultRegs { ints: 1, floats: 1 },
    }
}

/// The feature of 32-bit Arm processors whose floating-point unit computes in double precision.
const DOUBLE_PRECISION: &str = "fp64";

/// The processor of a 32-bit Arm target.
fn thumb_target(options: &Options) -> Result<Option<resilient_thumb::Target>, CodegenError> {
    let Architecture::Arm(architecture) = options.target.architecture else { return Ok(None) };
    let hard = options.target.environment == Environment::Eabihf;
    let has_doubles = match &options.cpu {
        Cpu::With(features) => features.iter().any(|feature| feature == DOUBLE_PRECISION),
        Cpu::Host => false,
    };
    let processor = match (architecture, hard) {
        (ArmArchitecture::Thumbv7m, false) => resilient_thumb::Target::cortex_m3(),
        (ArmArchitecture::Thumbv7em, false) => resilient_thumb::Target::cortex_m3(),
        (ArmArchitecture::Thumbv7em, true) if has_doubles => resilient_thumb::Target::cortex_m7(),
        (ArmArchitecture::Thumbv7em, true) => resilient_thumb::Target::cortex_m4f(),
        _ => {
            let message = format!("{}: only thumbv7m and thumbv7em are supported", options.target);
            return Err(CodegenError::new(Phase::Target, message));
        }
    };
    let optimize = options.opt_level != OptLevel::None;
    Ok(Some(resilient_thumb::Target { optimize, verify: options.verify, ..processor }))
}

fn make_isa(options: &Options, thumb: bool) -> Result<OwnedTargetIsa, CodegenError> {
    let unsupported =
        |error: &dyn std::fmt::Display| CodegenError::new(Phase::Target, format_args!("{}: {error}", options.target));
    let flags = make_flags(options).map_err(|error| unsupported(&error))?;
    if thumb {
        return resilient_thumb::isa::stand_in(flags).map_err(|error| unsupported(&error));
    }
    let mut builder = isa::lookup(options.target.clone()).map_err(|error| unsupported(&error))?;
    match &options.cpu {
        Cpu::Host if options.target.architecture != Triple::host().architecture => {
            return Err(unsupported(&"not the processor of this machine"));
        }
        Cpu::Host => cranelift_native::infer_native_flags(&mut builder).map_err(|error| unsupported(&error))?,
        Cpu::With(features) => {
            for feature in features {
                builder
                    .enable(feature)
                    .map_err(|error| unsupported(&format_args!("processor feature `{feature}`: {error}")))?;
            }
        }
    }
    builder.finish(flags).map_err(|error| unsupported(&error))
}

fn make_flags(options: &Options) -> Result<settings::Flags, SetError> {
    let mut flags = settings::builder();
    let (opt_level, regalloc) = match options.opt_level {
        OptLevel::None => ("none", "single_pass"),
        OptLevel::Speed => ("speed", "backtracking"),
        OptLevel::Size => ("speed_and_size", "backtracking"),
    };
    flags.set("opt_level", opt_level)?;
    flags.set("regalloc_algorithm", regalloc)?;
    flags.set("enable_verifier", if options.verify { "true" } else { "false" })?;
    // Executables are static and not relocated; jitted code stays where it is.
    flags.set("is_pic", "false")?;
    // A fault ends the program: nothing unwinds.
    flags.set("unwind_info", "false")?;
    flags.set("preserve_frame_pointers", "false")?;
    if options.opt_level == OptLevel::Speed {
        flags.set("log2_min_function_alignment", FUNCTION_ALIGNMENT_LOG2)?;
    }
    flags.set("enable_probestack", "true")?;
    flags.set("probestack_strategy", "inline")?;
    flags.set("probestack_size_log2", GUARD_SIZE_LOG2)?;
    Ok(settings::Flags::new(flags))
}

//! Thumb-2 code for Arm Cortex-M, from Cranelift IR.
//!
//! Cranelift has no backend for 32-bit Arm. This one takes the same intermediate representation, made for 32-bit pointers,
//! and gives the same thing: bytes and relocations of a function, which [`object`] collects in an ELF file for the linker.
//! Whoever builds Cranelift IR need not know which of the two compiles it.
//!
//! ```text
//! CLIF -> optimize   Cranelift's own optimizations
//!      -> lower      machine instructions on virtual registers; 64-bit values in two
//!      -> regalloc   physical registers, by regalloc2
//!      -> copies     moves that allocation left, removed
//!      -> emit       frame, 16-bit forms, branches, literal pools, bytes
//!      -> object     ELF
//! ```
//!
//! The processors are those of the Armv7-M architecture: Cortex-M3, M4, M7, with or without floating-point unit. Where there
//! is no instruction for something (64-bit division, floats without a unit), helpers of the run-time ABI are called, which
//! the linker finds in a runtime library.
//!
//! What is not compiled gives an [`Error`] that names function and instruction.

mod copies;
mod emit;
mod error;
pub mod inst;
pub mod isa;
mod lower;
pub mod module;
pub mod object;
mod optimize;
mod regalloc;
mod target;
mod vcode;

use cranelift_codegen::Context;

pub use emit::{CompiledFunction, Mapping, Reloc, RelocKind};
pub use error::{Error, ErrorKind};
pub use target::{Constants, FloatAbi, Fpu, Target};

/// What makes machine code of Cranelift IR.
pub trait CodeGenerator {
    /// Compiles the function in `context`, which is left optimized. With `text`, the result has assembly text, too.
    fn compile(&self, context: &mut Context, text: bool) -> Result<CompiledFunction, Error>;
}

impl CodeGenerator for Target {
    fn compile(&self, context: &mut Context, text: bool) -> Result<CompiledFunction, Error> {
        let name = context.func.name.to_string();
        compile(self, context, text).map_err(|kind| Error { function: name, kind })
    }
}

fn compile(target: &Target, context: &mut Context, text: bool) -> error::Result<CompiledFunction> {
    if target.float_abi == FloatAbi::Hard && target.fpu == Fpu::None {
        let what = "floats in registers of a unit that is not there".to_string();
        return Err(ErrorKind::Unsupported { what, reason: "calling convention" });
    }
    optimize::optimize(context, target)?;
    let lowered = lower::lower(&context.func, &context.domtree, &context.loop_analysis, target)?;
    let mut allocated = regalloc::allocate(&lowered.vcode, target)?;
    if target.optimize {
        copies::remove_copies(&mut allocated.blocks, &lowered.vcode);
    }
    regalloc::rename_preserved(&mut allocated.blocks);
    emit::emit(allocated, &lowered, target, text)
}

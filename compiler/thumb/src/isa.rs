//! What builders of Cranelift IR ask about the target: the size of pointers, the calling convention, the byte order.
//!
//! Cranelift wants a `TargetIsa` for that, a trait that nobody outside of Cranelift can implement, as the type of machine
//! code in it has no public name. Of Cranelift's own instruction sets, Pulley in its 32-bit variant answers all of these
//! questions as Arm would: pointers of 32 bits, little-endian, the System V convention by default. Nothing is compiled for
//! it; [`ThumbModule`](crate::module::ThumbModule) compiles.

use std::fmt;

use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::Flags;
use target_lexicon::{Architecture, Triple};

use crate::error::{Error, ErrorKind};

/// The instruction set that stands for Armv7-M where Cranelift IR is built.
pub fn stand_in(flags: Flags) -> Result<OwnedTargetIsa, Error> {
    let fail = |error: &dyn fmt::Display| Error::of_module(ErrorKind::Internal(format!("stand-in for Arm: {error}")));
    let triple = Triple { architecture: Architecture::Pulley32, ..Triple::unknown() };
    let builder = isa::lookup(triple).map_err(|error| fail(&error))?;
    builder.finish(flags).map_err(|error| fail(&error))
}

#[cfg(test)]
mod tests {
    use cranelift_codegen::ir::{Endianness, types};
    use cranelift_codegen::isa::CallConv;
    use cranelift_codegen::settings::{self, Flags};

    #[test]
    fn answers_as_arm_would() {
        let isa = super::stand_in(Flags::new(settings::builder())).expect("built in");
        assert_eq!(isa.pointer_type(), types::I32);
        assert_eq!(isa.endianness(), Endianness::Little);
        assert_eq!(isa.default_call_conv(), CallConv::SystemV);
    }
}

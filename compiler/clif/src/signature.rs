//! How functions and runtime entries take their arguments and give their results.
//!
//! The program's own functions use a private convention that gives several results in registers. A function with more
//! results than that takes the address of a *result area* before its other arguments, writes all results there, one per
//! [`AREA_STRIDE`] bytes, and returns nothing. The area lies in the caller's frame.
//!
//! A function that reports faults at the place of its call takes the address of a site behind its other arguments.
//!
//! Runtime entries, and the program's entry function, use the platform's C convention. Its bools are extended to a full
//! register by whoever passes them.

use cranelift_codegen::ir::{AbiParam, Signature, types};
use resilient_abi::{AbiResult, AbiTy, RtFn};
use resilient_mir::ir::{self as mir, Function, Param, Ty};

use crate::target::Target;

/// Bytes between results in a result area: enough for every type.
pub(crate) const AREA_STRIDE: u32 = 8;

/// How a function gives its results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Results {
    /// As the calling convention does.
    InRegisters,
    /// In memory, whose address is the first argument.
    InArea {
        /// Size of the area.
        bytes: u32,
    },
}

/// How results of these types are given.
pub(crate) fn results_of(results: &[Ty], target: &Target) -> Results {
    let floats = results.iter().filter(|ty| matches!(ty, Ty::F64 | Ty::F32)).count();
    let ints = results.len() - floats;
    if ints <= target.result_regs.ints && floats <= target.result_regs.floats {
        Results::InRegisters
    } else {
        Results::InArea { bytes: AREA_STRIDE * results.len() as u32 }
    }
}

/// Signature of a function of the program.
pub(crate) fn internal_signature(func: &Function, target: &Target) -> Signature {
    let mut signature = signature_of(&func.params, &func.results, target);
    if func.takes_site {
        signature.params.push(AbiParam::new(target.pointer));
    }
    signature
}

/// Signature of the functions that a call through an address may reach: that of a function with the same parameters and
/// results.
pub(crate) fn indirect_signature(signature: &mir::Signature, target: &Target) -> Signature {
    signature_of(&signature.params, &signature.results, target)
}

fn signature_of(params: &[Param], results: &[Ty], target: &Target) -> Signature {
    let mut signature = Signature::new(target.internal_conv);
    let in_registers = results_of(results, target) == Results::InRegisters;
    if !in_registers {
        signature.params.push(AbiParam::new(target.pointer));
    }
    signature.params.extend(params.iter().map(|param| AbiParam::new(target.value_type(param.ty))));
    if in_registers {
        signature.returns.extend(results.iter().map(|&ty| AbiParam::new(target.value_type(ty))));
    }
    signature
}

/// Signature of the entry function: `extern "C" fn() -> i64`.
pub(crate) fn entry_signature(target: &Target) -> Signature {
    let mut signature = Signature::new(target.platform_conv);
    signature.returns.push(AbiParam::new(types::I64));
    signature
}

/// Signature of the function that checks leaks: `extern "C" fn(*const CountedGlobals)`.
pub(crate) fn leak_check_signature(target: &Target) -> Signature {
    let mut signature = Signature::new(target.platform_conv);
    signature.params.push(AbiParam::new(target.pointer));
    signature
}

/// Signature of a runtime entry.
pub(crate) fn runtime_signature(entry: RtFn, target: &Target) -> Signature {
    let sig = entry.sig();
    let mut signature = Signature::new(target.platform_conv);
    signature.params.extend(sig.params.iter().map(|&ty| abi_param(ty, target)));
    if sig.sited {
        signature.params.push(AbiParam::new(target.pointer));
    }
    if let AbiResult::Value(ty) = sig.result {
        signature.returns.push(abi_param(ty, target));
    }
    signature
}

fn abi_param(ty: AbiTy, target: &Target) -> AbiParam {
    match ty {
        AbiTy::Int => AbiParam::new(types::I64),
        AbiTy::Float => AbiParam::new(types::F64),
        AbiTy::Bool => AbiParam::new(types::I8).uext(),
        AbiTy::Str | AbiTy::OwnedStr | AbiTy::Ref | AbiTy::OwnedRef | AbiTy::Layout => AbiParam::new(target.pointer),
    }
}

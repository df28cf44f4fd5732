//! Calls of runtime entries by library functions.

use resilient_abi::{AbiResult, AbiTy, RtFn};
use resilient_runtime::entry;
use resilient_runtime::string::Str;

use crate::primitives::MAX_OPERANDS;
use crate::value::Value;

/// The result of `f`, which takes and gives ints, floats, bools and strings and does not fault.
pub fn call(f: RtFn, operands: [Value; MAX_OPERANDS]) -> Value {
    let sig = f.sig();
    assert!(sig.params.len() <= MAX_OPERANDS && !sig.faults, "`{}` is no entry for the library", sig.name);
    let mut words = [0; MAX_OPERANDS];
    // Borrowed strings live until after the call.
    let mut borrowed: [Option<Str>; MAX_OPERANDS] = Default::default();
    for (at, (&kind, operand)) in sig.params.iter().zip(operands).enumerate() {
        words[at] = match kind {
            AbiTy::Int => operand.into_int() as u64,
            AbiTy::Float => operand.into_float().to_bits(),
            AbiTy::Bool => u64::from(operand.into_bool()),
            AbiTy::OwnedStr => operand.into_str().into_raw() as usize as u64,
            AbiTy::Str => borrowed[at].insert(operand.into_str()).as_raw() as usize as u64,
            AbiTy::Ref | AbiTy::OwnedRef | AbiTy::Layout => unreachable!("`{}` is no entry for the library", sig.name),
        };
    }
    // SAFETY: there is a word of the right kind for each parameter; strings are alive, owned ones given up.
    let word = unsafe { entry::invoke(f, &words[..sig.params.len()], std::ptr::null()) };
    match sig.result {
        AbiResult::Value(AbiTy::Int) => Value::Int(word as i64),
        AbiResult::Value(AbiTy::Float) => Value::Float(f64::from_bits(word)),
        AbiResult::Value(AbiTy::Bool) => Value::Bool(word != 0),
        // SAFETY: the entry gives the caller a reference.
        AbiResult::Value(AbiTy::OwnedStr) => Value::Str(unsafe { Str::from_raw(word as usize as *mut _) }),
        _ => unreachable!("`{}` is no entry for the library", sig.name),
    }
}

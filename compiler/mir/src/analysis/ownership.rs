//! Which operands of an instruction give a reference up and which only look at it; see "Ownership" in [`crate::ir`].

use resilient_abi::{AbiTy, RtFn};
use resilient_base::PrimaryMap;

use crate::ir::*;

/// How an operand uses a counted value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The reference stays with whoever has it.
    Borrow,
    /// The reference is given up.
    Consume,
}

/// Parameters and results of a function.
#[derive(Clone, Debug)]
pub struct Signature {
    /// Parameters.
    pub params: Vec<Param>,
    /// Result types.
    pub results: Vec<Ty>,
}

/// The signatures of a module's functions, for passes that change one function and look at calls.
pub struct Signatures(PrimaryMap<FuncId, Signature>);

impl Signatures {
    /// Copies the signatures.
    pub fn new(module: &Module) -> Signatures {
        Signatures(
            module
                .funcs
                .values()
                .map(|func| Signature { params: func.params.clone(), results: func.results.clone() })
                .collect(),
        )
    }

    /// Signature of a function.
    pub fn get(&self, func: FuncId) -> &Signature {
        &self.0[func]
    }

    /// Calls `f` with each operand of `kind` in order and how it is used if it is of a counted type. Values of other
    /// types may come with either mode.
    pub fn for_each_use(&self, kind: &InstKind, mut f: impl FnMut(Value, Mode)) {
        match kind {
            InstKind::Release(a) | InstKind::GlobalReplace(_, a) => f(*a, Mode::Consume),
            InstKind::Call(callee, args) => {
                for (&arg, param) in args.iter().zip(&self.0[*callee].params) {
                    f(arg, if param.borrowed { Mode::Borrow } else { Mode::Consume });
                }
            }
            InstKind::CallRt(entry, args) => for_each_rt_use(*entry, args, f),
            InstKind::Const(_)
            | InstKind::Unary(..)
            | InstKind::Binary(..)
            | InstKind::IntCmp(..)
            | InstKind::FloatCmp(..)
            | InstKind::Select(..)
            | InstKind::Retain(_)
            | InstKind::GlobalGet(_)
            | InstKind::GlobalSet(..) => kind.for_each_operand(|value| f(value, Mode::Borrow)),
        }
    }
}

/// The same for the arguments of a runtime entry point.
pub fn for_each_rt_use(entry: RtFn, args: &[Value], mut f: impl FnMut(Value, Mode)) {
    for (&arg, kind) in args.iter().zip(entry.sig().params) {
        f(arg, if *kind == AbiTy::OwnedStr { Mode::Consume } else { Mode::Borrow });
    }
}

/// Type of a value that an entry point takes or gives.
pub fn abi_ty(kind: AbiTy) -> Ty {
    match kind {
        AbiTy::Int => Ty::I64,
        AbiTy::Float => Ty::F64,
        AbiTy::Bool => Ty::Bool,
        AbiTy::Str | AbiTy::OwnedStr => Ty::Str,
    }
}

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

/// The signatures of a module's functions and indirect calls, and its layouts, for passes that change one function and look at calls.
pub struct Signatures {
    funcs: PrimaryMap<FuncId, Signature>,
    sigs: PrimaryMap<SigId, Signature>,
    layouts: PrimaryMap<LayoutId, Layout>,
}

impl Signatures {
    /// Copies the signatures.
    pub fn new(module: &Module) -> Signatures {
        let of = |func: &Function| Signature { params: func.params.clone(), results: func.results.clone() };
        let funcs = module.funcs.values().map(of).collect();
        Signatures { funcs, sigs: module.sigs.clone(), layouts: module.layouts.clone() }
    }

    /// A layout.
    pub fn layout(&self, layout: LayoutId) -> &Layout {
        &self.layouts[layout]
    }

    /// Signature of a function.
    pub fn get(&self, func: FuncId) -> &Signature {
        &self.funcs[func]
    }

    /// Calls `f` with each operand of `kind` in order and how it is used if it is of a counted type. Values of other
    /// types may come with either mode.
    pub fn for_each_use(&self, kind: &InstKind, mut f: impl FnMut(Value, Mode)) {
        match kind {
            InstKind::Release(_)
            | InstKind::GlobalReplace(..)
            | InstKind::MakeAgg(..)
            | InstKind::TakeApart(_)
            | InstKind::ArrayLit(..)
            | InstKind::ArrayUnique(..)
            | InstKind::ArrayPush(..)
            | InstKind::BoxNew(..) => kind.for_each_operand(|value| f(value, Mode::Consume)),
            InstKind::ArrayReplace(_, array, index, value) => {
                f(*array, Mode::Borrow);
                f(*index, Mode::Borrow);
                f(*value, Mode::Consume);
            }
            InstKind::Call(callee, args) => {
                for_each_arg_use(&self.funcs[*callee].params, args, f);
            }
            InstKind::CallIndirect(sig, code, args) => {
                f(*code, Mode::Borrow);
                for_each_arg_use(&self.sigs[*sig].params, args, f);
            }
            InstKind::CellReplace(_, cell, value) => {
                f(*cell, Mode::Borrow);
                f(*value, Mode::Consume);
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
            | InstKind::GlobalSet(..)
            | InstKind::UintCmp(..)
            | InstKind::Extract(..)
            | InstKind::PeekField(..)
            | InstKind::ArrayUniqueAt(..)
            | InstKind::ArrayLen(_)
            | InstKind::ArrayLoad(..)
            | InstKind::ArrayPeek(..)
            | InstKind::ArrayStore(..)
            | InstKind::BoxLoad(..)
            | InstKind::BoxPeek(..)
            | InstKind::CellGet(..)
            | InstKind::CellSet(..)
            | InstKind::FuncAddr(_) => kind.for_each_operand(|value| f(value, Mode::Borrow)),
        }
    }
}

fn for_each_arg_use(params: &[Param], args: &[Value], mut f: impl FnMut(Value, Mode)) {
    for (&arg, param) in args.iter().zip(params) {
        f(arg, if param.borrowed { Mode::Borrow } else { Mode::Consume });
    }
}

/// The same for the arguments of a runtime entry point.
pub fn for_each_rt_use(entry: RtFn, args: &[Value], mut f: impl FnMut(Value, Mode)) {
    for (&arg, kind) in args.iter().zip(entry.sig().params) {
        f(arg, if is_owned(*kind) { Mode::Consume } else { Mode::Borrow });
    }
}

/// Whether an argument of this kind is consumed.
pub fn is_owned(kind: AbiTy) -> bool {
    matches!(kind, AbiTy::OwnedStr | AbiTy::OwnedRef)
}

/// Whether a value is a reference that need not be given up.
pub fn is_literal(func: &Function, value: Value) -> bool {
    match func.values[value].def {
        ValueDef::Result(inst, _) => {
            func.insts.get(inst).is_some_and(|data| matches!(data.kind, InstKind::Const(Const::Str(_) | Const::Null)))
        }
        ValueDef::Param(..) => false,
    }
}

/// The value that a counted one was read from without a reference of its own.
pub fn peeked_from(func: &Function, value: Value) -> Option<Value> {
    let ValueDef::Result(inst, _) = func.values[value].def else {
        return None;
    };
    match func.insts.get(inst)?.kind {
        InstKind::ArrayPeek(_, object, _)
        | InstKind::ArrayUniqueAt(_, object, _)
        | InstKind::BoxPeek(_, object)
        | InstKind::PeekField(object, _)
            if func.ty(value).is_counted() =>
        {
            Some(object)
        }
        _ => None,
    }
}

/// Type of a value that an entry point takes or gives. (A layout is no value; it counts as a reference here.)
pub fn abi_ty(kind: AbiTy) -> Ty {
    match kind {
        AbiTy::Int => Ty::I64,
        AbiTy::Float => Ty::F64,
        AbiTy::Bool => Ty::Bool,
        AbiTy::Str | AbiTy::OwnedStr => Ty::Str,
        AbiTy::Ref | AbiTy::OwnedRef | AbiTy::Layout => Ty::Ref,
    }
}

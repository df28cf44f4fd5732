//! Library functions that are one runtime call each.

use resilient_abi::{AbiTy, RtFn};
use resilient_sema::typed::{Builtin, Expr};
use resilient_sema::types::{Type, TypeKind, Types};

use super::Flow;
use super::function::FuncBuilder;
use super::scope::Operand;
use crate::ir::{InstKind, Ty, Value};

/// Whether [`FuncBuilder::primitive`] builds it.
pub(super) fn is_primitive(builtin: Builtin) -> bool {
    matches!(builtin, Builtin::CharFromInt | Builtin::CharToInt) || entry_of(builtin, false).is_some()
}

/// The entry point that is the whole function; of those on an index the one for keys that are strings, or not.
pub(super) fn entry_of(builtin: Builtin, of_strings: bool) -> Option<RtFn> {
    Some(match builtin {
        Builtin::IndexFind if of_strings => RtFn::IndexFindStr,
        Builtin::IndexFind => RtFn::IndexFindInt,
        Builtin::IndexAdd if of_strings => RtFn::IndexAddStr,
        Builtin::IndexAdd => RtFn::IndexAddInt,
        Builtin::IndexRemove if of_strings => RtFn::IndexRemoveStr,
        Builtin::IndexRemove => RtFn::IndexRemoveInt,
        Builtin::StrByteLen => RtFn::StrByteLen,
        Builtin::StrByte => RtFn::StrByte,
        Builtin::StrCut => RtFn::StrCut,
        Builtin::StrFind => RtFn::StrFind,
        Builtin::StrRfind => RtFn::StrRfind,
        Builtin::StrUpper => RtFn::StrUpper,
        Builtin::StrLower => RtFn::StrLower,
        Builtin::StrJoin => RtFn::StrJoin,
        Builtin::StrFromBytes => RtFn::StrFromBytes,
        Builtin::Utf8Error => RtFn::Utf8Error,
        Builtin::StrToBytes => RtFn::StrToBytes,
        Builtin::TraceLen => RtFn::TraceLen,
        Builtin::TraceLine => RtFn::TraceLine,
        Builtin::ParseInt => RtFn::ParseInt,
        Builtin::IsInt => RtFn::IsInt,
        Builtin::ParseFloat => RtFn::ParseFloat,
        Builtin::IsFloat => RtFn::IsFloat,
        Builtin::CharClass => RtFn::CharClass,
        Builtin::Entry(entry) => entry,
        Builtin::FloatBits => RtFn::FloatBits,
        Builtin::FloatFromBits => RtFn::FloatFromBits,
        Builtin::Print
        | Builtin::Println
        | Builtin::StrLen
        | Builtin::StrIndex
        | Builtin::StrGet
        | Builtin::StrSlice
        | Builtin::ArrayLen
        | Builtin::ArrayGet
        | Builtin::ArrayPush
        | Builtin::ArrayPop
        | Builtin::ArraySlice
        | Builtin::ArrayRepeat
        | Builtin::CellSet
        | Builtin::CharFromInt
        | Builtin::CharToInt
        | Builtin::LiveRetries
        | Builtin::LiveTotalRetries
        | Builtin::LiveTotalExhaustions
        | Builtin::InjectFault
        | Builtin::MainFailed
        | Builtin::Exit => return None,
    })
}

impl<'t> FuncBuilder<'_, '_, 't> {
    /// A library function that is a runtime call, or nothing at all.
    pub(super) fn primitive(&mut self, builtin: Builtin, args: &'t [Expr<'t>]) -> Flow<Value> {
        match (entry_of(builtin, self.has_string_keys(args)), args) {
            (Some(entry), _) => self.primitive_call(entry, args),
            // A char is its scalar value.
            (None, [value]) => self.value(value),
            (None, _) => unreachable!("the checker passed {} arguments to {builtin:?}", args.len()),
        }
    }

    /// Whether the second of the arguments is an array of strings.
    fn has_string_keys(&self, args: &[Expr<'_>]) -> bool {
        args.get(1).is_some_and(|keys| self.is_array_of_strings(keys.ty))
    }

    pub(super) fn is_array_of_strings(&self, ty: Type) -> bool {
        matches!(*self.types().kind(ty), TypeKind::Array(Types::STR))
    }

    fn primitive_call(&mut self, entry: RtFn, args: &'t [Expr<'t>]) -> Flow<Value> {
        let depth = self.held.len();
        let mut values = Vec::with_capacity(args.len());
        let mut operands: Vec<Operand> = Vec::new();
        for (n, (arg, &kind)) in args.iter().zip(entry.sig().params).enumerate() {
            if let AbiTy::Str | AbiTy::Ref = kind {
                let later: Vec<&Expr<'t>> = args[n + 1..].iter().collect();
                let operand = self.operand(arg, &later)?;
                self.hold_operand(operand);
                operands.push(operand);
                values.push(operand.value);
            } else {
                let value = self.value(arg)?;
                self.hold(value);
                values.push(if kind == AbiTy::Int { self.widened(value, arg.ty) } else { value });
            }
        }
        self.held.truncate(depth);
        let result = self.ssa.rt(entry, &values, None);
        for operand in operands {
            self.release_operand(operand);
        }
        Ok(result)
    }

    /// A bool as the int that keys are.
    fn widened(&mut self, value: Value, ty: Type) -> Value {
        if ty != Types::BOOL {
            return value;
        }
        let (zero, one) = (self.ssa.int(0), self.ssa.int(1));
        self.ssa.def(InstKind::Select(value, one, zero), Ty::I64)
    }
}

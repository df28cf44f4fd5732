//! Calls of library functions.

use resilient_base::{Diagnostic, diag::codes};
use resilient_syntax::ast::{Arg, Expr};

use super::Checker;
use super::body::Body;
use super::goals::{Goal, Operand};
use super::nominal::StructDeclId;
use super::report::Site;
use super::ty::{Ty, TyKind};
use crate::library::LibFn;
use crate::tables::{Callee, Key};

impl<'a> Body<'_, '_, '_, 'a> {
    /// A call of `function`; the receiver of a method is the first argument.
    pub(super) fn call_lib(
        &mut self,
        (expr, wanted): (&Expr<'_>, Option<Ty>),
        function: LibFn,
        receiver: Option<Operand>,
        args: &'a [Arg<'a>],
    ) -> Ty {
        let (fewest, most) = function.arity();
        let n_before = usize::from(receiver.is_some());
        let (params, result) = self.ck.lib_signature(function);
        self.meet_receiver(&params, receiver);
        self.want_result(result, wanted);
        if let Some(name) = args.iter().find_map(|arg| arg.name) {
            let message = format!("`{}` takes no named arguments", function.name());
            self.error(Diagnostic::error(codes::NAMED_ARGUMENT, name.span, message));
            return self.args_only(args, result);
        }
        if args.len() + n_before < fewest || args.len() + n_before > most {
            self.ck.report_arity(expr.span, most - n_before, args.len(), function.signature());
            return self.args_only(args, result);
        }
        if let Some(receiver) = receiver {
            match params.first() {
                Some(&param) if !self.ck.accepts(param, receiver) => {
                    self.ck.report_argument(Site::LibArg(function.name()), param, receiver);
                }
                Some(_) => {}
                None => self.ck.demand(Goal::LibArg(function, receiver)),
            }
        }
        let mut completes = true;
        for (i, arg) in args.iter().enumerate() {
            let ty = match params.get(i + n_before) {
                Some(&param) => self.coerce(arg.value, param, Site::LibArg(function.name())),
                None => self.value(arg.value),
            };
            if self.is_never(ty) {
                completes = false;
            } else if params.is_empty() {
                self.ck.demand(Goal::LibArg(function, Operand::new(ty, arg.value.span)));
            }
        }
        self.t.calls.insert(Key::of(expr), Callee::Lib(function));
        if completes { result } else { Ty::NEVER }
    }
}

impl Checker<'_, '_, '_> {
    /// Types of the parameters, none where an argument of several types will do, and the result.
    pub(super) fn lib_signature(&mut self, function: LibFn) -> (Vec<Ty>, Ty) {
        let tys = &mut self.out.tys;
        let t = tys.fresh();
        match function {
            LibFn::Print | LibFn::Println => (Vec::new(), Ty::VOID),
            LibFn::Len | LibFn::ToInt => (Vec::new(), Ty::INT),
            LibFn::ToFloat | LibFn::AsF64 => (Vec::new(), Ty::FLOAT),
            LibFn::AsF32 => (Vec::new(), Ty::F32),
            LibFn::AsInt(int) => (Vec::new(), super::ops::int_ty(int)),
            LibFn::ToString => (Vec::new(), Ty::STR),
            LibFn::CharToString => (vec![Ty::CHAR], Ty::STR),
            LibFn::Exit => (vec![Ty::INT], Ty::NEVER),
            LibFn::LiveRetries | LibFn::LiveTotalRetries | LibFn::LiveTotalExhaustions => (Vec::new(), Ty::INT),
            LibFn::Push => {
                let array = tys.array(t);
                (vec![array, t], array)
            }
            LibFn::Pop => {
                let array = tys.array(t);
                (vec![array], array)
            }
            LibFn::Cell => (vec![t], tys.cell(t)),
            LibFn::CellGet => (vec![tys.cell(t)], t),
            LibFn::CellSet => (vec![tys.cell(t), t], Ty::VOID),
            LibFn::ArrayRepeat => (vec![t, Ty::INT], tys.array(t)),
        }
    }

    /// Checks an argument of a function that takes several types, once its type is known.
    pub(super) fn check_lib_arg(&mut self, function: LibFn, arg: Operand) {
        let kind = self.out.tys.kind(arg.ty);
        if kind == TyKind::Error {
            return;
        }
        let (fits, expected) = match function {
            LibFn::Len => {
                let map_or_range = [StructDeclId::MAP, StructDeclId::RANGE];
                let fits = match kind {
                    TyKind::Str | TyKind::Array(_) | TyKind::Tuple(_) => true,
                    TyKind::Struct(id, _) => map_or_range.contains(&id),
                    _ => false,
                };
                (fits, "string, array, tuple, map or range")
            }
            LibFn::ToInt => (kind.is_numeric(), "a number"),
            LibFn::ToFloat | LibFn::AsF32 | LibFn::AsF64 => (kind.is_numeric(), "a number"),
            LibFn::AsInt(_) => (matches!(kind, TyKind::Int(_)), "int"),
            LibFn::ToString => {
                let is_range = matches!(kind, TyKind::Struct(StructDeclId::RANGE, _));
                (kind.is_scalar() || is_range || self.has_fmt(arg), "a scalar, a range, or a type with a method `fmt`")
            }
            _ => (true, "any value"),
        };
        if !fits {
            let found = self.display(arg.ty);
            let message = format!("type mismatch: expected {expected}, found `{found}`");
            self.diags.push(
                Diagnostic::error(codes::TYPE_MISMATCH, arg.span, message)
                    .with_label(format!("argument of `{}`", function.name()))
                    .with_note(format!("`{}`", function.signature())),
            );
        }
    }

    /// Whether the type has a method `fmt(self) -> string`. Asks for its instance.
    fn has_fmt(&mut self, arg: Operand) -> bool {
        let Some(func) = self.find_method_by_text(arg.ty, "fmt") else { return false };
        if !self.out.sigs[func].has_self || self.out.sigs[func].params.len() != 1 {
            return false;
        }
        let known = self.out.receiver_args(func, arg.ty);
        let call = self.instantiate(func, known, arg.span);
        self.demand_result(func, &call, arg.span);
        self.out.tys.try_unify(call.result, Ty::STR)
    }
}

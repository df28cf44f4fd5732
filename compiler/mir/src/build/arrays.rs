//! Arrays and strings as sequences: indices and the library functions on them.
//!
//! An index from the end is rare, so the test that an index is in range comes first, as one unsigned comparison, and
//! makes the whole check for one that is:
//!
//! ```text
//!     v2 = array_len v0
//!     v3 = ucmp lt v1, v2
//!     branch v3, block3(v1), block1
//! block1:                             from the end, or bad
//!     v4 = iadd v1, v2
//!     v5 = ucmp lt v4, v2
//!     branch v5, block3(v4), block2
//! block2:
//!     noreturn fault_index(v1, v2) @ file0:1:5
//! block3(v6):                         in range
//! ```

use resilient_abi::RtFn;
use resilient_base::Span;
use resilient_sema::typed::{Builtin, Expr};
use resilient_sema::types::Type;

use super::Flow;
use super::function::FuncBuilder;
use crate::ir::{self, BlockCall, InstKind, Terminator, Ty, Value};

impl<'t> FuncBuilder<'_, '_, 't> {
    /// The place that `index` means in `array`. A bad one faults at `span`; with `dim`, the message has this number.
    pub(super) fn checked_index(&mut self, array: Value, index: Value, dim: Option<u32>, span: Span) -> Value {
        let len = self.ssa.def(InstKind::ArrayLen(array), Ty::I64);
        if let Some(known) = self.ssa.known_int(index) {
            return self.checked_known_index(len, index, known, dim, span);
        }
        let from_end = self.ssa.new_block();
        let bad = self.ssa.new_block();
        let good = self.new_join(Some(Ty::I64));
        let is_good = self.ssa.def(InstKind::UintCmp(ir::CmpOp::Lt, index, len), Ty::Bool);
        let to = |block, args| BlockCall { block, args };
        self.ssa.terminate(Terminator::Branch(is_good, to(good.block, vec![index]), to(from_end, Vec::new())));

        self.ssa.start(from_end);
        let place = self.ssa.def(InstKind::Binary(ir::BinaryOp::IntAdd, index, len), Ty::I64);
        let is_good = self.ssa.def(InstKind::UintCmp(ir::CmpOp::Lt, place, len), Ty::Bool);
        self.ssa.terminate(Terminator::Branch(is_good, to(good.block, vec![place]), to(bad, Vec::new())));

        self.ssa.start(bad);
        self.fault_index(index, len, dim, span);
        self.ssa.start(good.block);
        good.param.unwrap_or(index)
    }

    /// An index that is known to be from one end: one comparison.
    fn checked_known_index(&mut self, len: Value, index: Value, known: i64, dim: Option<u32>, span: Span) -> Value {
        let (place, is_bad) = if known < 0 {
            let place = self.ssa.def(InstKind::Binary(ir::BinaryOp::IntAdd, len, index), Ty::I64);
            let zero = self.ssa.int(0);
            (place, self.ssa.def(InstKind::IntCmp(ir::CmpOp::Lt, place, zero), Ty::Bool))
        } else {
            (index, self.ssa.def(InstKind::IntCmp(ir::CmpOp::Ge, index, len), Ty::Bool))
        };
        self.divert(is_bad, |this| this.fault_index(index, len, dim, span));
        place
    }

    fn fault_index(&mut self, index: Value, len: Value, dim: Option<u32>, span: Span) {
        let loc = self.loc(span);
        let (fault, args) = match dim {
            None => (RtFn::FaultIndex, vec![index, len]),
            Some(dim) => (RtFn::FaultIndexDim, vec![index, len, self.ssa.int(i64::from(dim))]),
        };
        self.ssa.terminate(Terminator::NoReturn(fault, args, Some(loc)));
    }

    /// A library function on arrays or strings. `ty` is the type of the result.
    pub(super) fn sequence_builtin(
        &mut self,
        builtin: Builtin,
        args: &'t [Expr<'t>],
        ty: Type,
        span: Span,
    ) -> Flow<Value> {
        let depth = self.held.len();
        let value = match (builtin, args) {
            (Builtin::StrLen, [text]) => {
                self.on_operand(text, &[], |this, text, _| this.ssa.rt(RtFn::StrLen, &[text], None))?
            }
            (Builtin::ArrayLen, [array]) => {
                self.on_operand(array, &[], |this, array, _| this.ssa.def(InstKind::ArrayLen(array), Ty::I64))?
            }
            (Builtin::StrGet, [text, index]) => {
                self.on_operand(text, &[index], |this, text, rest| this.ssa.rt(RtFn::StrGet, &[text, rest[0]], None))?
            }
            (Builtin::StrIndex, [text, index]) => {
                let loc = self.loc(span);
                self.on_operand(text, &[index], |this, text, rest| {
                    this.ssa.rt(RtFn::StrIndex, &[text, rest[0]], Some(loc))
                })?
            }
            (Builtin::StrSlice | Builtin::ArraySlice, [sequence, lo, hi, inclusive]) => {
                let entry = if builtin == Builtin::StrSlice { RtFn::StrSlice } else { RtFn::ArraySlice };
                let loc = self.loc(span);
                self.on_operand(sequence, &[lo, hi, inclusive], |this, sequence, rest| {
                    this.ssa.rt(entry, &[sequence, rest[0], rest[1], rest[2]], Some(loc))
                })?
            }
            (Builtin::ArrayPush, [array, element]) => {
                let array = self.value(array)?;
                self.hold(array);
                let element = self.eval(element)?;
                self.held.truncate(depth);
                self.push(array, element, ty)
            }
            (Builtin::ArrayPop, [array]) => {
                let array = self.value(array)?;
                let loc = self.loc(span);
                self.ssa.rt(RtFn::ArrayPop, &[array], Some(loc))
            }
            (Builtin::ArrayRepeat, [element, count]) => {
                let element = self.eval(element)?;
                if let Some(element) = element {
                    self.hold(element);
                }
                let count = self.value(count)?;
                self.held.truncate(depth);
                let one = self.array_of(vec![element], ty);
                let loc = self.loc(span);
                self.ssa.rt(RtFn::ArrayRepeat, &[one, count], Some(loc))
            }
            _ => unreachable!("the checker passed {} arguments to {builtin:?}", args.len()),
        };
        Ok(value)
    }

    /// Evaluates a counted operand that is only looked at and uncounted ones behind it, and computes.
    fn on_operand(
        &mut self,
        operand: &'t Expr<'t>,
        rest: &[&'t Expr<'t>],
        compute: impl FnOnce(&mut Self, Value, &[Value]) -> Value,
    ) -> Flow<Value> {
        let depth = self.held.len();
        let operand = self.operand(operand, rest)?;
        self.hold_operand(operand);
        let mut values = Vec::with_capacity(rest.len());
        for &expr in rest {
            values.push(self.value(expr)?);
        }
        self.held.truncate(depth);
        let result = compute(self, operand.value, &values);
        self.release_operand(operand);
        Ok(result)
    }

    /// The array with one more element; both are given up.
    pub(super) fn push(&mut self, array: Value, element: Option<Value>, ty: Type) -> Value {
        let layout = self.element_layout(ty);
        let leaves = self.element_leaves(element);
        self.ssa.def(InstKind::ArrayPush(layout, array, leaves), Ty::Ref)
    }
}

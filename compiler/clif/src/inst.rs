//! Instructions other than calls, counting and division.

use cranelift_codegen::ir::condcodes::{CondCode, FloatCC, IntCC};
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{self, InstBuilder, types};
use resilient_mir::analysis::static_fn;
use resilient_mir::ir::{BinaryOp, CmpOp, Const, GlobalId, Inst, InstKind, NarrowInt, UnaryOp, Value, ValueDef};

use crate::body::Body;
use crate::heap::Counting;

impl Body<'_> {
    /// Emits what `inst` does and defines its results.
    pub fn lower_inst(&mut self, inst: Inst) {
        let data = &self.input.func.insts[inst];
        match &data.kind {
            InstKind::Const(constant) => {
                let value = self.lower_const(*constant);
                self.define(inst, value);
            }
            InstKind::Unary(op, a) => {
                let value = self.lower_unary(*op, *a);
                self.define(inst, value);
            }
            InstKind::Binary(op, a, b) => {
                let value = self.lower_binary(*op, *a, *b);
                self.define(inst, value);
            }
            InstKind::IntCmp(op, a, b) => {
                let (a, b) = (self.value(*a), self.value(*b));
                let value = self.cursor.ins().icmp(int_cc(*op), a, b);
                self.define(inst, value);
            }
            InstKind::UintCmp(op, a, b) => {
                let (a, b) = (self.value(*a), self.value(*b));
                let value = self.cursor.ins().icmp(uint_cc(*op), a, b);
                self.define(inst, value);
            }
            InstKind::FloatCmp(op, a, b) => {
                let (a, b) = (self.value(*a), self.value(*b));
                let value = self.cursor.ins().fcmp(float_cc(*op), a, b);
                self.define(inst, value);
            }
            InstKind::Select(cond, a, b) => {
                let (cond, a, b) = (self.value(*cond), self.value(*a), self.value(*b));
                let value = self.cursor.ins().select(cond, a, b);
                self.define(inst, value);
            }
            InstKind::Retain(a) => {
                let object = self.value(*a);
                let value = self.emit_retain(object, self.input.func.ty(*a));
                self.define(inst, value);
            }
            InstKind::Release(a) => {
                let object = self.value(*a);
                self.emit_release(object, self.input.func.ty(*a));
            }
            InstKind::GlobalGet(global) => {
                let mut value = self.load_global(*global);
                let ty = self.input.program.globals[*global].ty;
                if ty.is_counted() {
                    value = self.emit_retain(value, ty);
                }
                self.define(inst, value);
            }
            InstKind::GlobalSet(global, a) => self.store_global(*global, *a),
            InstKind::GlobalReplace(global, a) => {
                let old = self.load_global(*global);
                self.store_global(*global, *a);
                self.define(inst, old);
            }
            InstKind::Call(callee, args) => self.lower_call(inst, *callee, args, data.loc),
            InstKind::CallIndirect(sig, code, args) => self.lower_call_indirect(inst, *sig, *code, args),
            InstKind::FuncAddr(callee) => {
                let value = self.lower_func_addr(*callee);
                self.define(inst, value);
            }
            InstKind::CellSet(leaf, a, value) => self.lower_cell_set(*leaf, *a, *value),
            InstKind::CallRt(entry, args) => self.lower_call_rt(inst, *entry, args, data.loc),
            InstKind::ArrayStore(leaf, a, i, value) => self.lower_array_store(*leaf, *a, *i, *value),
            InstKind::ArrayLit(..)
            | InstKind::ArrayLen(_)
            | InstKind::ArrayLoad(..)
            | InstKind::ArrayPeek(..)
            | InstKind::ArrayUnique(..)
            | InstKind::ArrayUniqueAt(..)
            | InstKind::ArrayReplace(..)
            | InstKind::ArrayPush(..)
            | InstKind::BoxNew(..)
            | InstKind::BoxLoad(..)
            | InstKind::BoxPeek(..)
            | InstKind::CellGet(..)
            | InstKind::CellReplace(..) => {
                let value = self.lower_object_inst(&data.kind);
                self.define(inst, value);
            }
            InstKind::MakeAgg(..) | InstKind::Extract(..) | InstKind::PeekField(..) | InstKind::TakeApart(_) => {
                unreachable!("there are no aggregates in scalarized MIR")
            }
        }
    }

    /// An instruction on arrays or boxes that has a result.
    fn lower_object_inst(&mut self, kind: &InstKind) -> ir::Value {
        match kind {
            InstKind::ArrayLit(layout, leaves) => self.lower_array_lit(*layout, leaves),
            InstKind::ArrayLen(a) => self.lower_array_len(*a),
            InstKind::ArrayLoad(leaf, a, i) => self.lower_array_load(*leaf, *a, *i, Counting::Retain),
            InstKind::ArrayPeek(leaf, a, i) => self.lower_array_load(*leaf, *a, *i, Counting::Borrow),
            InstKind::ArrayUnique(_, a) => self.lower_array_unique(*a),
            InstKind::ArrayUniqueAt(leaf, a, i) => self.lower_array_unique_at(*leaf, *a, *i),
            InstKind::ArrayReplace(leaf, a, i, value) => self.lower_array_replace(*leaf, *a, *i, *value),
            InstKind::ArrayPush(layout, a, leaves) => self.lower_array_push(*layout, *a, leaves),
            InstKind::BoxNew(..) if let Some(value) = static_fn(self.input.program, self.input.func, kind) => {
                let data = self.input.declared.fn_values[&value];
                self.address(data, 0)
            }
            InstKind::BoxNew(layout, leaves) => self.lower_box_new(*layout, leaves),
            InstKind::BoxLoad(leaf, a) => self.lower_box_load(*leaf, *a, Counting::Retain),
            InstKind::BoxPeek(leaf, a) => self.lower_box_load(*leaf, *a, Counting::Borrow),
            InstKind::CellGet(leaf, a) => self.lower_cell_get(*leaf, *a),
            InstKind::CellReplace(leaf, a, value) => self.lower_cell_replace(*leaf, *a, *value),
            _ => unreachable!("not an instruction on objects"),
        }
    }

    /// The opposite of a condition. A comparison is made anew, as a branch does it in one instruction with its own; the
    /// first one is dropped if nothing else needs it.
    pub fn emit_negated(&mut self, cond: Value) -> ir::Value {
        let func = self.input.func;
        if let ValueDef::Result(inst, _) = func.values[cond].def {
            match func.insts[inst].kind {
                InstKind::IntCmp(op, a, b) => {
                    let (a, b) = (self.value(a), self.value(b));
                    return self.cursor.ins().icmp(int_cc(op).complement(), a, b);
                }
                InstKind::UintCmp(op, a, b) => {
                    let (a, b) = (self.value(a), self.value(b));
                    return self.cursor.ins().icmp(uint_cc(op).complement(), a, b);
                }
                InstKind::FloatCmp(op, a, b) => {
                    let (a, b) = (self.value(a), self.value(b));
                    return self.cursor.ins().fcmp(float_cc(op).complement(), a, b);
                }
                _ => {}
            }
        }
        let cond = self.value(cond);
        self.cursor.ins().icmp_imm_u(IntCC::Equal, cond, 0)
    }

    fn lower_const(&mut self, constant: Const) -> ir::Value {
        match constant {
            Const::Int(value) => self.cursor.ins().iconst(types::I64, value),
            Const::Float(bits) => self.cursor.ins().f64const(Ieee64::with_bits(bits)),
            Const::F32(bits) => self.cursor.ins().f32const(Ieee32::with_bits(bits)),
            Const::Null => self.cursor.ins().iconst(self.input.target.pointer, 0),
            Const::Bool(value) => self.cursor.ins().iconst(types::I8, i64::from(value)),
            Const::Str(id) => {
                let data = self.input.declared.strings[id].expect("a literal in use is declared");
                self.address(data, 0)
            }
        }
    }

    fn lower_unary(&mut self, op: UnaryOp, a: Value) -> ir::Value {
        let a = self.value(a);
        match op {
            UnaryOp::IntNeg => self.cursor.ins().ineg(a),
            UnaryOp::FloatNeg => self.cursor.ins().fneg(a),
            UnaryOp::Not => self.cursor.ins().bxor_imm_u(a, 1),
            UnaryOp::IntToFloat => self.cursor.ins().fcvt_from_sint(types::F64, a),
            UnaryOp::UintToFloat => self.cursor.ins().fcvt_from_uint(types::F64, a),
            UnaryOp::IntToF32 => self.cursor.ins().fcvt_from_sint(types::F32, a),
            UnaryOp::UintToF32 => self.cursor.ins().fcvt_from_uint(types::F32, a),
            UnaryOp::F32ToFloat => self.cursor.ins().fpromote(types::F64, a),
            UnaryOp::FloatToF32 => self.cursor.ins().fdemote(types::F32, a),
            UnaryOp::Wrap(ty) => self.emit_wrap(ty, a),
        }
    }

    /// The low bits of an int, extended as the type says.
    fn emit_wrap(&mut self, ty: NarrowInt, a: ir::Value) -> ir::Value {
        let narrow = match ty.bits() {
            8 => types::I8,
            16 => types::I16,
            _ => types::I32,
        };
        let low = self.cursor.ins().ireduce(narrow, a);
        match ty.is_signed() {
            true => self.cursor.ins().sextend(types::I64, low),
            false => self.cursor.ins().uextend(types::I64, low),
        }
    }

    fn lower_binary(&mut self, op: BinaryOp, a: Value, b: Value) -> ir::Value {
        let operands = (a, b);
        let (a, b) = (self.value(a), self.value(b));
        match op {
            BinaryOp::IntAdd => self.cursor.ins().iadd(a, b),
            BinaryOp::IntSub => self.cursor.ins().isub(a, b),
            BinaryOp::IntMul => self.cursor.ins().imul(a, b),
            BinaryOp::IntDiv => self.lower_div(operands),
            BinaryOp::IntRem => self.lower_rem(operands),
            BinaryOp::IntAnd | BinaryOp::BoolAnd => self.cursor.ins().band(a, b),
            BinaryOp::IntOr | BinaryOp::BoolOr => self.cursor.ins().bor(a, b),
            BinaryOp::IntXor | BinaryOp::BoolXor => self.cursor.ins().bxor(a, b),
            BinaryOp::IntShl => self.cursor.ins().ishl(a, b),
            BinaryOp::IntShr => self.cursor.ins().sshr(a, b),
            BinaryOp::UintDiv => self.cursor.ins().udiv(a, b),
            BinaryOp::UintRem => self.cursor.ins().urem(a, b),
            BinaryOp::UintShr => self.cursor.ins().ushr(a, b),
            BinaryOp::FloatAdd => self.cursor.ins().fadd(a, b),
            BinaryOp::FloatSub => self.cursor.ins().fsub(a, b),
            BinaryOp::FloatMul => self.cursor.ins().fmul(a, b),
            BinaryOp::FloatDiv => self.cursor.ins().fdiv(a, b),
            BinaryOp::IntAddOverflows
            | BinaryOp::IntSubOverflows
            | BinaryOp::IntMulOverflows
            | BinaryOp::UintMulOverflows => self.lower_overflows(op, a, b),
        }
    }

    fn load_global(&mut self, id: GlobalId) -> ir::Value {
        let ty = self.input.target.value_type(self.input.program.globals[id].ty);
        let flags = self.global_flags(id);
        let address = self.global_address(id);
        self.cursor.ins().load(ty, flags, address, 0)
    }

    fn store_global(&mut self, id: GlobalId, value: Value) {
        let value = self.value(value);
        let flags = self.global_flags(id);
        let address = self.global_address(id);
        self.cursor.ins().store(flags, value, address, 0);
    }

    fn global_address(&mut self, id: GlobalId) -> ir::Value {
        let data = self.input.declared.globals[id].expect("all globals are declared");
        self.address(data, 0)
    }
}

fn int_cc(op: CmpOp) -> IntCC {
    match op {
        CmpOp::Eq => IntCC::Equal,
        CmpOp::Ne => IntCC::NotEqual,
        CmpOp::Lt => IntCC::SignedLessThan,
        CmpOp::Le => IntCC::SignedLessThanOrEqual,
        CmpOp::Gt => IntCC::SignedGreaterThan,
        CmpOp::Ge => IntCC::SignedGreaterThanOrEqual,
    }
}

fn uint_cc(op: CmpOp) -> IntCC {
    int_cc(op).unsigned()
}

/// Conditions that are false when an operand is NaN, but for `NotEqual`, which is true.
fn float_cc(op: CmpOp) -> FloatCC {
    match op {
        CmpOp::Eq => FloatCC::Equal,
        CmpOp::Ne => FloatCC::NotEqual,
        CmpOp::Lt => FloatCC::LessThan,
        CmpOp::Le => FloatCC::LessThanOrEqual,
        CmpOp::Gt => FloatCC::GreaterThan,
        CmpOp::Ge => FloatCC::GreaterThanOrEqual,
    }
}

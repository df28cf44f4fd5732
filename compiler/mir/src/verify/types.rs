//! Types of operands, results and arguments.

use resilient_abi::{AbiResult, RtFn};

use super::{Place, Verifier};
use crate::analysis::ownership::abi_ty;
use crate::ir::*;
use crate::print::ty_name;

impl Verifier<'_> {
    /// The heading "Types", and what "Structure" says about the types of parameters.
    pub(super) fn verify_types(&mut self) {
        let func = self.func;
        if func.params.iter().any(|param| param.borrowed && !param.ty.is_counted()) {
            self.error(Place::Function, "a parameter of an uncounted type is borrowed");
        }
        let param_tys: Vec<Ty> = func.params.iter().map(|param| param.ty).collect();
        self.expect_tys(Place::Block(func.entry()), "parameters", &func.blocks[func.entry()].params, &param_tys);
        for &block in &func.layout {
            let data = &func.blocks[block];
            for &inst in &data.insts {
                self.verify_inst(Place::Inst(block, inst), &func.insts[inst]);
            }
            self.verify_terminator(block);
        }
    }

    /// Compares a list of values with the types they should have.
    fn expect_tys(&mut self, place: Place, what: &str, values: &[Value], tys: &[Ty]) {
        if values.len() != tys.len() {
            self.error(place, format!("expected {} {what}, found {}", tys.len(), values.len()));
            return;
        }
        for (&value, &ty) in values.iter().zip(tys) {
            self.expect_ty(place, value, ty);
        }
    }

    fn expect_ty(&mut self, place: Place, value: Value, ty: Ty) {
        let found = self.func.ty(value);
        if found != ty {
            self.error(place, format!("{value} should be of type {}, is {}", ty_name(ty), ty_name(found)));
        }
    }

    fn expect_counted(&mut self, place: Place, ty: Ty, counted: bool) {
        if ty.is_counted() != counted {
            let word = if counted { "uncounted" } else { "counted" };
            self.error(place, format!("not for the {word} type {}", ty_name(ty)));
        }
    }

    fn verify_inst(&mut self, place: Place, inst: &InstData) {
        let func = self.func;
        let results = inst.results.as_slice();
        match &inst.kind {
            InstKind::Const(constant) => self.expect_tys(place, "results", results, &[constant.ty()]),
            InstKind::Unary(op, a) => {
                let (operand, result) = unary_tys(*op);
                self.expect_ty(place, *a, operand);
                self.expect_tys(place, "results", results, &[result]);
            }
            InstKind::Binary(op, a, b) => {
                let ty = binary_ty(*op);
                self.expect_tys(place, "operands", &[*a, *b], &[ty; 2]);
                self.expect_tys(place, "results", results, &[ty]);
            }
            InstKind::IntCmp(_, a, b) => {
                self.expect_tys(place, "operands", &[*a, *b], &[Ty::I64; 2]);
                self.expect_tys(place, "results", results, &[Ty::Bool]);
            }
            InstKind::FloatCmp(_, a, b) => {
                self.expect_tys(place, "operands", &[*a, *b], &[Ty::F64; 2]);
                self.expect_tys(place, "results", results, &[Ty::Bool]);
            }
            InstKind::Select(c, a, b) => {
                let ty = func.ty(*a);
                self.expect_counted(place, ty, false);
                self.expect_tys(place, "operands", &[*c, *b], &[Ty::Bool, ty]);
                self.expect_tys(place, "results", results, &[ty]);
            }
            InstKind::Retain(a) => {
                self.expect_counted(place, func.ty(*a), true);
                self.expect_tys(place, "results", results, &[func.ty(*a)]);
            }
            InstKind::Release(a) => {
                self.expect_counted(place, func.ty(*a), true);
                self.expect_tys(place, "results", results, &[]);
            }
            InstKind::GlobalGet(g) => self.expect_tys(place, "results", results, &[self.module.globals[*g].ty]),
            InstKind::GlobalSet(g, a) => {
                let ty = self.module.globals[*g].ty;
                self.expect_counted(place, ty, false);
                self.expect_ty(place, *a, ty);
                self.expect_tys(place, "results", results, &[]);
            }
            InstKind::GlobalReplace(g, a) => {
                let ty = self.module.globals[*g].ty;
                self.expect_counted(place, ty, true);
                self.expect_ty(place, *a, ty);
                self.expect_tys(place, "results", results, &[ty]);
            }
            InstKind::Call(callee, args) => {
                let callee = &self.module.funcs[*callee];
                let param_tys: Vec<Ty> = callee.params.iter().map(|param| param.ty).collect();
                self.expect_tys(place, "arguments", args, &param_tys);
                self.expect_tys(place, "results", results, &callee.results);
            }
            InstKind::CallRt(entry, args) => {
                self.verify_rt_args(place, *entry, args, inst.loc);
                match entry.sig().result {
                    AbiResult::Value(kind) => self.expect_tys(place, "results", results, &[abi_ty(kind)]),
                    AbiResult::Void => self.expect_tys(place, "results", results, &[]),
                    AbiResult::Never => self.error(place, "it does not return: it must be a `noreturn`"),
                }
                if let RtFn::StrRetain | RtFn::StrRelease = entry {
                    self.error(place, "references are counted by `retain` and `release`");
                }
            }
        }
    }

    fn verify_rt_args(&mut self, place: Place, entry: RtFn, args: &[Value], loc: Option<Loc>) {
        let sig = entry.sig();
        let tys: Vec<Ty> = sig.params.iter().map(|&kind| abi_ty(kind)).collect();
        self.expect_tys(place, "arguments", args, &tys);
        if sig.faults && loc.is_none() {
            self.error(place, "it may fault and has no location");
        }
    }

    fn verify_terminator(&mut self, block: Block) {
        let func = self.func;
        let place = Place::Terminator(block);
        let terminator = &func.blocks[block].terminator;
        match terminator {
            Terminator::Branch(cond, ..) => self.expect_ty(place, *cond, Ty::Bool),
            Terminator::Return(values) => self.expect_tys(place, "results", values, &func.results),
            Terminator::NoReturn(entry, args, loc) => {
                self.verify_rt_args(place, *entry, args, *loc);
                if entry.sig().result != AbiResult::Never {
                    self.error(place, "it returns: it must be an `rt`");
                }
            }
            Terminator::Jump(_) | Terminator::Unreachable => {}
        }
        for target in terminator.successors() {
            let param_tys: Vec<Ty> = func.blocks[target.block].params.iter().map(|&param| func.ty(param)).collect();
            self.expect_tys(place, "arguments", &target.args, &param_tys);
        }
    }
}

/// Types of operand and result.
fn unary_tys(op: UnaryOp) -> (Ty, Ty) {
    match op {
        UnaryOp::IntNeg => (Ty::I64, Ty::I64),
        UnaryOp::FloatNeg => (Ty::F64, Ty::F64),
        UnaryOp::Not => (Ty::Bool, Ty::Bool),
        UnaryOp::IntToFloat => (Ty::I64, Ty::F64),
    }
}

/// Type of operands and result.
fn binary_ty(op: BinaryOp) -> Ty {
    match op {
        BinaryOp::IntAdd
        | BinaryOp::IntSub
        | BinaryOp::IntMul
        | BinaryOp::IntDiv
        | BinaryOp::IntRem
        | BinaryOp::IntAnd
        | BinaryOp::IntOr
        | BinaryOp::IntXor
        | BinaryOp::IntShl
        | BinaryOp::IntShr => Ty::I64,
        BinaryOp::FloatAdd | BinaryOp::FloatSub | BinaryOp::FloatMul | BinaryOp::FloatDiv => Ty::F64,
        BinaryOp::BoolAnd | BinaryOp::BoolOr | BinaryOp::BoolXor => Ty::Bool,
    }
}

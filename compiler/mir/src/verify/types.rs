//! Types of operands, results and arguments.

use resilient_abi::{AbiResult, AbiTy, RtFn};

use super::{Place, Verifier};
use crate::analysis::ownership::abi_ty;
use crate::ir::*;

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
            self.error(place, format!("{value} should be of type {ty}, is {found}"));
        }
    }

    fn expect_counted(&mut self, place: Place, ty: Ty, counted: bool) {
        if ty.is_counted() != counted {
            let word = if counted { "uncounted" } else { "counted" };
            self.error(place, format!("not for the {word} type {ty}"));
        }
    }

    fn verify_inst(&mut self, place: Place, inst: &InstData) {
        let func = self.func;
        let results = inst.results.as_slice();
        match &inst.kind {
            InstKind::Const(constant) => self.expect_tys(place, "results", results, &[constant.ty()]),
            InstKind::Unary(op, a) => {
                let (operand, result) = unary_tys(*op, func.ty(*a));
                self.expect_ty(place, *a, operand);
                self.expect_tys(place, "results", results, &[result]);
            }
            InstKind::Binary(op, a, b) => {
                let (operand, result) = binary_tys(*op, func.ty(*a));
                self.expect_tys(place, "operands", &[*a, *b], &[operand; 2]);
                self.expect_tys(place, "results", results, &[result]);
            }
            InstKind::IntCmp(_, a, b) | InstKind::UintCmp(_, a, b) => {
                self.expect_tys(place, "operands", &[*a, *b], &[Ty::I64; 2]);
                self.expect_tys(place, "results", results, &[Ty::Bool]);
            }
            InstKind::FloatCmp(_, a, b) => {
                self.expect_tys(place, "operands", &[*a, *b], &[float_ty(func.ty(*a)); 2]);
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
            InstKind::CallIndirect(sig, code, args) => {
                let sig = &self.module.sigs[*sig];
                let param_tys: Vec<Ty> = sig.params.iter().map(|param| param.ty).collect();
                self.expect_ty(place, *code, Ty::Code);
                self.expect_tys(place, "arguments", args, &param_tys);
                self.expect_tys(place, "results", results, &sig.results);
            }
            InstKind::FuncAddr(_) => self.expect_tys(place, "results", results, &[Ty::Code]),
            InstKind::CallRt(entry, args) => {
                self.verify_rt_args(place, *entry, args, inst.loc);
                match entry.sig().result {
                    AbiResult::Value(kind) => self.expect_tys(place, "results", results, &[abi_ty(kind)]),
                    AbiResult::Void => self.expect_tys(place, "results", results, &[]),
                    AbiResult::Never => self.error(place, "it does not return: it must be a `noreturn`"),
                }
                if let RtFn::StrRetain | RtFn::StrRelease | RtFn::RefRetain | RtFn::RefRelease = entry {
                    self.error(place, "references are counted by `retain` and `release`");
                }
            }
            InstKind::MakeAgg(..) | InstKind::Extract(..) | InstKind::PeekField(..) | InstKind::TakeApart(_) => {
                self.verify_aggregate(place, &inst.kind, results);
            }
            InstKind::ArrayLit(..)
            | InstKind::ArrayLen(_)
            | InstKind::ArrayLoad(..)
            | InstKind::ArrayPeek(..)
            | InstKind::ArrayUnique(..)
            | InstKind::ArrayUniqueAt(..)
            | InstKind::ArrayStore(..)
            | InstKind::ArrayReplace(..)
            | InstKind::ArrayPush(..)
            | InstKind::BoxNew(..)
            | InstKind::BoxLoad(..)
            | InstKind::BoxPeek(..)
            | InstKind::CellGet(..)
            | InstKind::CellSet(..)
            | InstKind::CellReplace(..) => self.verify_object(place, &inst.kind, results),
        }
    }

    fn verify_aggregate(&mut self, place: Place, kind: &InstKind, results: &[Value]) {
        let module = self.module;
        match kind {
            InstKind::MakeAgg(agg, fields) => {
                self.expect_tys(place, "fields", fields, &module.aggs[*agg]);
                self.expect_tys(place, "results", results, &[Ty::Agg(*agg)]);
            }
            InstKind::Extract(a, n) | InstKind::PeekField(a, n) => match self.fields(*a).get(*n as usize) {
                Some(&ty) => self.expect_tys(place, "results", results, &[ty]),
                None => self.error(place, format!("{a} has no field {n}")),
            },
            InstKind::TakeApart(a) => match self.func.ty(*a) {
                Ty::Agg(agg) => self.expect_tys(place, "results", results, &module.aggs[agg]),
                ty => self.error(place, format!("{a} should be an aggregate, is {ty}")),
            },
            _ => {}
        }
    }

    /// Fields of an aggregate; none of other values.
    fn fields(&self, value: Value) -> &[Ty] {
        match self.func.ty(value) {
            Ty::Agg(agg) => &self.module.aggs[agg],
            _ => &[],
        }
    }

    fn verify_object(&mut self, place: Place, kind: &InstKind, results: &[Value]) {
        match kind {
            InstKind::ArrayLit(layout, leaves) => {
                let tys = self.leaf_tys(*layout);
                if !leaves.len().is_multiple_of(tys.len()) {
                    self.error(place, format!("{} leaves are no whole number of elements", leaves.len()));
                }
                for (&leaf, &ty) in leaves.iter().zip(tys.iter().cycle()) {
                    self.expect_ty(place, leaf, ty);
                }
                self.expect_tys(place, "results", results, &[Ty::Ref]);
            }
            InstKind::ArrayLen(a) => {
                self.expect_ty(place, *a, Ty::Ref);
                self.expect_tys(place, "results", results, &[Ty::I64]);
            }
            InstKind::ArrayLoad(leaf, a, i) => {
                self.expect_tys(place, "operands", &[*a, *i], &[Ty::Ref, Ty::I64]);
                self.verify_read(place, *leaf, results, None);
            }
            InstKind::ArrayPeek(leaf, a, i) => {
                self.expect_tys(place, "operands", &[*a, *i], &[Ty::Ref, Ty::I64]);
                self.verify_read(place, *leaf, results, Some(true));
            }
            InstKind::ArrayUniqueAt(leaf, a, i) => {
                self.expect_tys(place, "operands", &[*a, *i], &[Ty::Ref, Ty::I64]);
                self.expect_tys(place, "results", results, &[Ty::Ref]);
                self.verify_read(place, *leaf, results, None);
            }
            InstKind::BoxLoad(leaf, a) | InstKind::CellGet(leaf, a) => {
                self.expect_ty(place, *a, Ty::Ref);
                self.verify_read(place, *leaf, results, None);
            }
            InstKind::BoxPeek(leaf, a) => {
                self.expect_ty(place, *a, Ty::Ref);
                self.verify_read(place, *leaf, results, Some(true));
            }
            InstKind::CellSet(leaf, a, v) => {
                self.expect_ty(place, *a, Ty::Ref);
                self.verify_read(place, *leaf, &[*v], Some(false));
                self.expect_tys(place, "results", results, &[]);
            }
            InstKind::CellReplace(leaf, a, v) => {
                self.expect_ty(place, *a, Ty::Ref);
                self.verify_read(place, *leaf, &[*v], Some(true));
                self.verify_read(place, *leaf, results, None);
            }
            InstKind::ArrayUnique(_, a) => {
                self.expect_ty(place, *a, Ty::Ref);
                self.expect_tys(place, "results", results, &[Ty::Ref]);
            }
            InstKind::ArrayStore(leaf, a, i, v) => {
                self.expect_tys(place, "operands", &[*a, *i], &[Ty::Ref, Ty::I64]);
                self.verify_read(place, *leaf, &[*v], Some(false));
                self.expect_tys(place, "results", results, &[]);
            }
            InstKind::ArrayReplace(leaf, a, i, v) => {
                self.expect_tys(place, "operands", &[*a, *i], &[Ty::Ref, Ty::I64]);
                self.verify_read(place, *leaf, &[*v], Some(true));
                self.verify_read(place, *leaf, results, None);
            }
            InstKind::ArrayPush(layout, a, leaves) => {
                self.expect_ty(place, *a, Ty::Ref);
                self.expect_tys(place, "leaves", leaves, &self.leaf_tys(*layout));
                self.expect_tys(place, "results", results, &[Ty::Ref]);
            }
            InstKind::BoxNew(layout, leaves) => {
                self.expect_tys(place, "leaves", leaves, &self.leaf_tys(*layout));
                self.expect_tys(place, "results", results, &[Ty::Ref]);
            }
            _ => {}
        }
    }

    fn leaf_tys(&self, layout: LayoutId) -> Vec<Ty> {
        self.module.layouts[layout].leaves.iter().map(|leaf| leaf.ty()).collect()
    }

    /// `values` is one value of the type of `leaf`, counted or not if `counted` says so.
    fn verify_read(&mut self, place: Place, leaf: Leaf, values: &[Value], counted: Option<bool>) {
        let Some(ty) = self.module.layouts[leaf.layout].leaves.get(leaf.index as usize).map(|leaf| leaf.ty()) else {
            self.error(place, format!("there is no leaf {leaf}"));
            return;
        };
        if let Some(counted) = counted {
            self.expect_counted(place, ty, counted);
        }
        self.expect_tys(place, "values", values, &[ty]);
    }

    fn verify_rt_args(&mut self, place: Place, entry: RtFn, args: &[Value], loc: Option<Loc>) {
        let sig = entry.sig();
        if sig.params.contains(&AbiTy::Layout) {
            self.error(place, "it is part of instructions on objects and not called by itself");
            return;
        }
        let tys: Vec<Ty> = sig.params.iter().map(|&kind| abi_ty(kind)).collect();
        self.expect_tys(place, "arguments", args, &tys);
        if sig.sited && loc.is_none() {
            self.error(place, "it takes a site and has no location");
        }
    }

    fn verify_terminator(&mut self, block: Block) {
        let func = self.func;
        let place = Place::Terminator(block);
        let terminator = &func.blocks[block].terminator;
        match terminator {
            Terminator::Branch(cond, ..) => self.expect_ty(place, *cond, Ty::Bool),
            Terminator::Switch(subject, cases, _) => {
                self.expect_ty(place, *subject, Ty::I64);
                if !cases.is_sorted_by(|a, b| a.0 < b.0) {
                    self.error(place, "the cases are not in ascending order");
                }
            }
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

/// The float type that an operation on an operand of this type has.
fn float_ty(operand: Ty) -> Ty {
    if operand == Ty::F32 { Ty::F32 } else { Ty::F64 }
}

/// Types of operand and result, where the operand is of type `found`.
fn unary_tys(op: UnaryOp, found: Ty) -> (Ty, Ty) {
    match op {
        UnaryOp::IntNeg | UnaryOp::Wrap(_) => (Ty::I64, Ty::I64),
        UnaryOp::FloatNeg => (float_ty(found), float_ty(found)),
        UnaryOp::Not => (Ty::Bool, Ty::Bool),
        UnaryOp::IntToFloat | UnaryOp::UintToFloat => (Ty::I64, Ty::F64),
        UnaryOp::IntToF32 | UnaryOp::UintToF32 => (Ty::I64, Ty::F32),
        UnaryOp::F32ToFloat => (Ty::F32, Ty::F64),
        UnaryOp::FloatToF32 => (Ty::F64, Ty::F32),
    }
}

/// Types of operands and result, where the left operand is of type `found`.
fn binary_tys(op: BinaryOp, found: Ty) -> (Ty, Ty) {
    let both = match op {
        BinaryOp::IntAddOverflows
        | BinaryOp::IntSubOverflows
        | BinaryOp::IntMulOverflows
        | BinaryOp::UintMulOverflows => return (Ty::I64, Ty::Bool),
        BinaryOp::IntAdd
        | BinaryOp::IntSub
        | BinaryOp::IntMul
        | BinaryOp::IntDiv
        | BinaryOp::IntRem
        | BinaryOp::IntAnd
        | BinaryOp::IntOr
        | BinaryOp::IntXor
        | BinaryOp::IntShl
        | BinaryOp::IntShr
        | BinaryOp::UintDiv
        | BinaryOp::UintRem
        | BinaryOp::UintShr => Ty::I64,
        BinaryOp::FloatAdd | BinaryOp::FloatSub | BinaryOp::FloatMul | BinaryOp::FloatDiv => float_ty(found),
        BinaryOp::BoolAnd | BinaryOp::BoolOr | BinaryOp::BoolXor => Ty::Bool,
    };
    (both, both)
}

//! Operators by operand types.

use resilient_base::{EntityRef, Span};
use resilient_syntax::ast::{self, BinaryOp as AstOp};

use super::derived::Derived;
use super::func::FnLower;
use crate::infer::nominal::StructDeclId;
use crate::tables::Key;
use crate::typed::{Arith, BinaryOp, CmpOp, Conversion, Expr, ExprKind, Stmt, UnaryOp};
use crate::types::{IntTy, Type, TypeKind, Types};

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    pub(super) fn binary(
        &mut self,
        expr: &'a ast::Expr<'a>,
        op: AstOp,
        left: &'a ast::Expr<'a>,
        right: &'a ast::Expr<'a>,
    ) -> Expr<'t> {
        let span = expr.span;
        let left = self.value(left);
        let right = self.value(right);
        if matches!(op, AstOp::And | AstOp::Or) {
            return self.logical(op, left, right, span);
        }
        match self.operands(&[left, right], span) {
            Ok(()) => self.operation(op, Key::of(expr), left, right, span),
            Err(diverging) => diverging,
        }
    }

    fn logical(&self, op: AstOp, left: Expr<'t>, right: Expr<'t>, span: Span) -> Expr<'t> {
        if left.ty == Types::NEVER {
            return left;
        }
        let (left, right) = (self.alloc(left), self.alloc(right));
        let kind = if op == AstOp::And { ExprKind::And(left, right) } else { ExprKind::Or(left, right) };
        Expr { kind, ty: Types::BOOL, span }
    }

    /// `left op right`, which the checker noted under `key`. Both operands complete.
    pub(super) fn operation(&mut self, op: AstOp, key: Key, left: Expr<'t>, right: Expr<'t>, span: Span) -> Expr<'t> {
        if let Some((func, args)) = self.method_of(key) {
            let inst = self.instance(func, args);
            let params = self.p.checked.insts[inst].params.clone();
            let (first, second) = (self.concrete(params[0]), self.concrete(params[1]));
            let values = [self.fit(left, first), self.fit(right, second)];
            let value = self.call_values(inst, &values, span, false);
            let is_negated = op == AstOp::Ne && self.p.cx.name(self.p.decls.fns[func].name.symbol) == "eq";
            return if is_negated { self.not(value, span) } else { value };
        }
        match op {
            AstOp::Eq => self.equal(left, right, span),
            AstOp::Ne if !self.is_scalar(left.ty) => {
                let equal = self.equal(left, right, span);
                self.not(equal, span)
            }
            AstOp::Lt | AstOp::Le | AstOp::Gt | AstOp::Ge if !self.is_scalar(left.ty) => {
                self.call_derived(Derived::Order(left.ty, comparison_of(op)), &[left, right], Types::BOOL, span)
            }
            AstOp::Ne | AstOp::Lt | AstOp::Le | AstOp::Gt | AstOp::Ge => {
                self.compare(comparison_of(op), left, right, span)
            }
            _ => self.arithmetic(op, left, right, span),
        }
    }

    /// `left == right` for two values of one type, or two numbers that can be compared.
    pub(super) fn equal(&mut self, left: Expr<'t>, right: Expr<'t>, span: Span) -> Expr<'t> {
        if self.is_scalar(left.ty) {
            return self.compare(CmpOp::Eq, left, right, span);
        }
        let of_library = match self.collection_of(left.ty) {
            Some(StructDeclId::MAP) => Some("__map_eq"),
            Some(StructDeclId::SET) => Some("__set_eq"),
            _ => None,
        };
        if let Some(name) = of_library {
            return self.call_library(left.ty, name, &[left, right], span);
        }
        if self.p.struct_of(left.ty).is_some()
            && let Some(inst) = self.method_instance(left.ty, "eq")
        {
            let found = &self.p.checked.insts[inst];
            let (params, result) = (found.params.clone(), found.result);
            let fits = params.len() == 2 && params.iter().all(|&param| self.concrete(param) == left.ty);
            if fits && self.concrete(result) == Types::BOOL {
                return self.call_values(inst, &[left, right], span, false);
            }
        }
        self.call_derived(Derived::Eq(left.ty), &[left, right], Types::BOOL, span)
    }

    fn not(&self, value: Expr<'t>, span: Span) -> Expr<'t> {
        Expr { kind: ExprKind::Unary(UnaryOp::BoolNot, self.alloc(value)), ty: Types::BOOL, span }
    }

    /// A comparison of values without parts.
    pub(super) fn compare(&mut self, op: CmpOp, left: Expr<'t>, right: Expr<'t>, span: Span) -> Expr<'t> {
        match (self.p.types.kind(left.ty), self.p.types.kind(right.ty)) {
            (TypeKind::Int(a), TypeKind::Int(b)) if a != b => self.compare_ints(op, left, right, span),
            (TypeKind::F32, TypeKind::Float) | (TypeKind::Float, TypeKind::F32) => {
                let (left, right) = (self.fit(left, Types::FLOAT), self.fit(right, Types::FLOAT));
                self.infix(BinaryOp::FloatCmp(op), left, right, span)
            }
            // Parts without value are equal.
            (TypeKind::Void, _) => {
                let evaluated = [Stmt::Expr(self.alloc(left)), Stmt::Expr(self.alloc(right))];
                let value = Expr { kind: ExprKind::Bool(op == CmpOp::Eq), ty: Types::BOOL, span };
                self.block_of(&evaluated, Some(value), Types::BOOL, span)
            }
            (kind, _) => self.infix(comparison(op, kind), left, right, span),
        }
    }

    /// An `int` with an integer of another width, compared as numbers.
    fn compare_ints(&mut self, op: CmpOp, left: Expr<'t>, right: Expr<'t>, span: Span) -> Expr<'t> {
        let u64_ty = self.p.types.intern(TypeKind::Int(IntTy { bits: 64, signed: false }));
        if left.ty != u64_ty && right.ty != u64_ty {
            let (left, right) = (self.fit(left, Types::INT), self.fit(right, Types::INT));
            return self.infix(BinaryOp::IntCmp(op), left, right, span);
        }
        let mut stmts = Vec::new();
        let left = self.shared(left, &mut stmts);
        let right = self.shared(right, &mut stmts);
        let (signed, is_signed_left) = if left.ty == u64_ty { (right, false) } else { (left, true) };
        let zero = Expr { kind: ExprKind::Int(0), ty: Types::INT, span };
        let is_negative = self.infix(BinaryOp::IntCmp(CmpOp::Lt), signed, zero, span);
        // What holds if the signed side is below every value of the other.
        let below = match op {
            CmpOp::Eq => false,
            CmpOp::Ne => true,
            CmpOp::Lt | CmpOp::Le => is_signed_left,
            CmpOp::Gt | CmpOp::Ge => !is_signed_left,
        };
        let wrapped = |value: Expr<'t>| match value.ty == u64_ty {
            true => value,
            false => {
                Expr { kind: ExprKind::Convert(Conversion::IntWrap, self.alloc(value)), ty: u64_ty, span: value.span }
            }
        };
        let unsigned = self.infix(BinaryOp::IntCmp(op), wrapped(left), wrapped(right), span);
        let below = Expr { kind: ExprKind::Bool(below), ty: Types::BOOL, span };
        let kind = ExprKind::If(self.alloc(is_negative), self.alloc(below), Some(self.alloc(unsigned)));
        self.after(&stmts, Expr { kind, ty: Types::BOOL, span })
    }

    fn arithmetic(&mut self, op: AstOp, left: Expr<'t>, right: Expr<'t>, span: Span) -> Expr<'t> {
        match (op, left.ty, right.ty) {
            (AstOp::Add, Types::STR, _) | (AstOp::Add, _, Types::STR) => {
                let (left, right) = (self.display(left), self.display(right));
                self.infix(BinaryOp::StrConcat, left, right, span)
            }
            (AstOp::Mul, Types::INT, Types::STR) => self.repeat_swapped(left, right, span),
            (AstOp::Shl | AstOp::Shr, ..) => {
                let count = self.count(right);
                self.infix(self.operator_for(op, left.ty), left, count, span)
            }
            _ => self.infix(self.operator_for(op, left.ty), left, right, span),
        }
    }

    /// The count of a shift, an `int`.
    fn count(&mut self, count: Expr<'t>) -> Expr<'t> {
        self.fit(count, Types::INT)
    }

    pub(super) fn infix(&self, op: BinaryOp, left: Expr<'t>, right: Expr<'t>, span: Span) -> Expr<'t> {
        use BinaryOp::*;
        let ty = match op {
            IntAdd | IntSub | IntMul | IntDiv | IntRem | IntAnd | IntOr | IntXor | IntShl | IntShr => left.ty,
            Bounded(..) => left.ty,
            FloatAdd | FloatSub | FloatMul | FloatDiv | FloatRem | ArrayConcat => left.ty,
            StrConcat | StrRepeat => Types::STR,
            IntCmp(_) | FloatCmp(_) | BoolCmp(_) | StrCmp(_) | CharCmp(_) => Types::BOOL,
        };
        Expr { kind: ExprKind::Binary(op, self.alloc(left), self.alloc(right)), ty, span }
    }

    /// `count * text`: the operator takes the text first, but the count is evaluated first.
    fn repeat_swapped(&mut self, count: Expr<'t>, text: Expr<'t>, span: Span) -> Expr<'t> {
        if let Some(count) = self.stable(count) {
            return self.infix(BinaryOp::StrRepeat, text, count, span);
        }
        let mut stmts = Vec::new();
        let temp = self.keep(count, "$count", &mut stmts);
        let local = self.local(temp, count.span);
        let value = self.infix(BinaryOp::StrRepeat, text, local, span);
        self.block_of(&stmts, Some(value), Types::STR, span)
    }

    /// `expr`, if it gives the same value whenever it is evaluated and has no effects.
    pub(super) fn stable(&self, expr: Expr<'t>) -> Option<Expr<'t>> {
        match expr.kind {
            ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Bool(_) | ExprKind::Char(_) | ExprKind::Str(_) => {
                Some(expr)
            }
            ExprKind::Local(id) if !self.locals[id.index()].assigned => Some(expr),
            ExprKind::Field(value, _) => self.stable(*value).map(|_| expr),
            _ => None,
        }
    }

    /// The operator of `place op= value`, and the operand made to fit it.
    pub(super) fn compound(&mut self, op: AstOp, place: Type, value: Expr<'t>) -> (BinaryOp, Expr<'t>) {
        match (op, place) {
            (AstOp::Add, Types::STR) => (BinaryOp::StrConcat, self.display(value)),
            (AstOp::Mul, Types::STR) => (BinaryOp::StrRepeat, value),
            (AstOp::Shl | AstOp::Shr, _) => (self.operator_for(op, place), self.count(value)),
            _ => (self.operator_for(op, place), value),
        }
    }

    /// The operator for two operands of type `ty`, or a string and an int, or a value and a count.
    pub(super) fn operator_for(&self, op: AstOp, ty: Type) -> BinaryOp {
        let kind = self.p.types.kind(ty);
        match (op, kind) {
            (AstOp::Add, TypeKind::Float | TypeKind::F32) => BinaryOp::FloatAdd,
            (AstOp::Sub, TypeKind::Float | TypeKind::F32) => BinaryOp::FloatSub,
            (AstOp::Mul, TypeKind::Float | TypeKind::F32) => BinaryOp::FloatMul,
            (AstOp::Div, TypeKind::Float | TypeKind::F32) => BinaryOp::FloatDiv,
            (AstOp::Rem, TypeKind::Float | TypeKind::F32) => BinaryOp::FloatRem,
            (AstOp::Mul, TypeKind::Str) => BinaryOp::StrRepeat,
            (AstOp::Add, TypeKind::Array(_)) => BinaryOp::ArrayConcat,
            (AstOp::Add, _) => self.arith(Arith::Add),
            (AstOp::Sub, _) => self.arith(Arith::Sub),
            (AstOp::Mul, _) => self.arith(Arith::Mul),
            (AstOp::Div, _) => self.arith(Arith::Div),
            (AstOp::Rem, _) => BinaryOp::IntRem,
            (AstOp::BitAnd, _) => BinaryOp::IntAnd,
            (AstOp::BitOr, _) => BinaryOp::IntOr,
            (AstOp::BitXor, _) => BinaryOp::IntXor,
            (AstOp::Shl, _) => BinaryOp::IntShl,
            (AstOp::Shr, _) => BinaryOp::IntShr,
            (AstOp::Eq | AstOp::Ne | AstOp::Lt | AstOp::Le | AstOp::Gt | AstOp::Ge, kind) => {
                comparison(comparison_of(op), kind)
            }
            (AstOp::And | AstOp::Or, _) => unreachable!("`&&` and `||` are forms of their own"),
        }
    }
}

impl FnLower<'_, '_, '_, '_, '_> {
    /// The integer operator as the command line wants it.
    fn arith(&self, op: Arith) -> BinaryOp {
        match (self.bound, op) {
            (Some(bound), _) => BinaryOp::Bounded(op, bound),
            (None, Arith::Add) => BinaryOp::IntAdd,
            (None, Arith::Sub) => BinaryOp::IntSub,
            (None, Arith::Mul) => BinaryOp::IntMul,
            (None, Arith::Div) => BinaryOp::IntDiv,
        }
    }
}

/// The comparison that `op` is; anything else compares for equality.
fn comparison_of(op: AstOp) -> CmpOp {
    match op {
        AstOp::Ne => CmpOp::Ne,
        AstOp::Lt => CmpOp::Lt,
        AstOp::Le => CmpOp::Le,
        AstOp::Gt => CmpOp::Gt,
        AstOp::Ge => CmpOp::Ge,
        _ => CmpOp::Eq,
    }
}

fn comparison(op: CmpOp, kind: &TypeKind) -> BinaryOp {
    match kind {
        TypeKind::Float | TypeKind::F32 => BinaryOp::FloatCmp(op),
        TypeKind::Bool => BinaryOp::BoolCmp(op),
        TypeKind::Str => BinaryOp::StrCmp(op),
        TypeKind::Char => BinaryOp::CharCmp(op),
        _ => BinaryOp::IntCmp(op),
    }
}

//! Which operands an operator takes and what it gives.

use resilient_base::{Diagnostic, Span, diag::codes};
use resilient_syntax::ast::BinaryOp;

use super::Checker;
use super::goals::{Goal, Operand, is_comparison};
use super::literals::Literal;
use super::report::Site;
use super::ty::{Ty, TyKind, TyList};
use crate::tables::{ArgSource, Callee, SlotId};

/// An infix operator with its operands. Neither of them is of type never.
#[derive(Clone, Copy)]
pub struct BinaryUse {
    /// The operator; `&&` and `||` are not among these.
    pub op: BinaryOp,
    /// All of it.
    pub span: Span,
    /// The left operand.
    pub left: Operand,
    /// The right operand.
    pub right: Operand,
    /// Where the method is noted that the operator turns out to call.
    pub slot: Option<SlotId>,
}

impl Checker<'_, '_, '_> {
    /// The type of the operation, a variable if it cannot be told yet.
    pub(super) fn binary(&mut self, node: BinaryUse) -> Ty {
        let result = if is_comparison(node.op) { Ty::BOOL } else { self.out.tys.fresh() };
        if self.is_undecided(node) {
            self.demand(Goal::Binary(node, result));
            return result;
        }
        self.binary_result(node)
    }

    /// Whether an operand's type is open, one of literals aside, which follow the other operand.
    pub(super) fn is_undecided(&mut self, node: BinaryUse) -> bool {
        [node.left, node.right].into_iter().any(|side| side.literal.is_none() && self.out.tys.is_open(side.ty))
    }

    /// The type of the operation for operands that are known.
    pub(super) fn binary_result(&mut self, node: BinaryUse) -> Ty {
        let is_struct = |ck: &mut Self, ty| matches!(ck.out.tys.kind(ty), TyKind::Struct(..));
        if is_struct(self, node.left.ty) || is_struct(self, node.right.ty) {
            return self.struct_operation(node);
        }
        self.settle_literals(node);
        let BinaryUse { op, left, right, .. } = node;
        let (l, r) = (self.out.tys.kind(left.ty), self.out.tys.kind(right.ty));
        let found = match result_of(op, l, r) {
            // Instances for element types that nothing determined never run their comparisons.
            None if is_comparison(op) && (l, r) == (TyKind::Void, TyKind::Void) && self.library_site.is_some() => {
                Some(Ty::BOOL)
            }
            None if is_compound_operator(op, l, r) && self.out.tys.try_unify(left.ty, right.ty) => {
                Some(if is_comparison(op) { Ty::BOOL } else { left.ty })
            }
            found => found,
        };
        match found {
            Some(ty) => {
                if matches!(op, BinaryOp::Eq | BinaryOp::Ne) && !l.is_scalar() {
                    self.compared.push((left.ty, node.span));
                }
                ty
            }
            None => {
                self.report_operands(node);
                if is_comparison(op) { Ty::BOOL } else { Ty::ERROR }
            }
        }
    }

    /// Gives literals among the operands their types.
    fn settle_literals(&mut self, node: BinaryUse) {
        let BinaryUse { op, left, right, .. } = node;
        let is_shift = matches!(op, BinaryOp::Shl | BinaryOp::Shr);
        match (left.literal, right.literal) {
            // An integer is as good a count as any.
            (_, Some(count)) if is_shift => self.settle_literal(right, count, Ty::INT),
            _ => {}
        }
        if let Some(value) = left.literal {
            self.settle_literal(left, value, right.ty);
        }
        if let Some(value) = right.literal {
            self.settle_literal(right, value, left.ty);
        }
    }

    fn settle_literal(&mut self, side: Operand, value: Literal, other: Ty) {
        if !self.out.tys.is_open(side.ty) {
            return;
        }
        let ty = if value.adapts_to(self.out.tys.kind(other)) { other } else { value.default_ty() };
        self.out.tys.unify(side.ty, ty);
        self.check_literal_range(value, ty, side.span, None);
    }

    /// An operator with a struct among its operands: a derived operation or a call of a method.
    fn struct_operation(&mut self, node: BinaryUse) -> Ty {
        let BinaryUse { op, left, right, .. } = node;
        let fails = if is_comparison(op) { Ty::BOOL } else { Ty::ERROR };
        for (side, other) in [(left, right), (right, left)] {
            if let Some(value) = side.literal {
                self.settle_literal(side, value, other.ty);
            }
        }
        if self.out.tys.kind(left.ty) == TyKind::Error || self.out.tys.kind(right.ty) == TyKind::Error {
            return fails;
        }
        let owner = if matches!(self.out.tys.kind(left.ty), TyKind::Struct(..)) { left.ty } else { right.ty };
        let is_derived = match op {
            BinaryOp::Eq | BinaryOp::Ne => self.equality_method(owner, op).is_none(),
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => self.has_derived_order(owner),
            _ => false,
        };
        if is_derived {
            if !self.out.tys.try_unify(left.ty, right.ty) {
                self.report_operands(node);
            }
            self.compared.push((left.ty, node.span));
            return Ty::BOOL;
        }
        let method = match op {
            BinaryOp::Eq | BinaryOp::Ne => self.equality_method(owner, op),
            _ => operator_method(op).map(|name| (name, true)),
        };
        let Some(func) = method.and_then(|(name, _)| self.find_method_by_text(owner, name)) else {
            self.report_operands(node);
            return fails;
        };
        self.operator_call(node, owner, func, fails)
    }

    fn operator_call(&mut self, node: BinaryUse, owner: Ty, func: crate::decls::FnId, fails: Ty) -> Ty {
        let BinaryUse { span, left, right, slot, .. } = node;
        if self.out.sigs[func].is_orphan {
            return fails;
        }
        let known = self.out.receiver_args(func, owner);
        let call = self.instantiate(func, known, span);
        let [first, second] = call.params[..] else {
            self.report_operands(node);
            return fails;
        };
        if !self.accepts(first, left) || !self.accepts(second, right) {
            self.report_operands(node);
            return fails;
        }
        self.demand_result(func, &call, span);
        if let Some(slot) = slot {
            let sources = vec![ArgSource::Given(0), ArgSource::Given(1)];
            self.out.slots[slot] = Some(Callee::Fn(func, call.args, sources));
        }
        call.result
    }

    /// The type arguments in `ty`.
    pub(super) fn type_args_of(&mut self, ty: Ty) -> TyList {
        match self.out.tys.kind(ty) {
            TyKind::Struct(_, args) | TyKind::Enum(_, args) => args,
            _ => TyList::EMPTY,
        }
    }

    /// The method of the struct type `ty` that `==` or `!=` calls, and whether its result is taken as it is.
    pub(super) fn equality_method(&mut self, ty: Ty, op: BinaryOp) -> Option<(&'static str, bool)> {
        if op == BinaryOp::Ne && self.find_method_by_text(ty, "ne").is_some() {
            return Some(("ne", true));
        }
        self.find_method_by_text(ty, "eq").map(|_| ("eq", op == BinaryOp::Eq))
    }

    /// Whether values of the struct type `ty` have the order that was derived for it.
    pub(super) fn has_derived_order(&mut self, ty: Ty) -> bool {
        let TyKind::Struct(id, _) = self.out.tys.kind(ty) else { return false };
        self.out.tys.nominals.structs[id].is_ordered
            && self
                .out
                .tys
                .field_types(ty)
                .is_some_and(|tys| tys.into_iter().all(|ty| self.out.tys.kind(ty).is_scalar()))
    }

    /// Whether a value of type `found` can be given where `wanted` is; if so, the two are made to fit.
    pub(super) fn accepts(&mut self, wanted: Ty, found: Operand) -> bool {
        self.out.tys.try_unify(wanted, found.ty) || self.converts(wanted, found.ty, found.span)
    }

    /// The type of `-operand`, a variable if it cannot be told yet.
    pub(super) fn neg(&mut self, operand: Operand) -> Ty {
        if self.out.tys.is_open(operand.ty) {
            let result = self.out.tys.fresh();
            self.demand(Goal::Neg(operand, result));
            return result;
        }
        self.neg_result(operand)
    }

    /// The type of `-operand` for an operand that is known.
    pub(super) fn neg_result(&mut self, operand: Operand) -> Ty {
        match self.out.tys.kind(operand.ty) {
            kind if kind.is_numeric() => self.out.tys.shallow(operand.ty),
            TyKind::Error => Ty::ERROR,
            _ => {
                let message = format!("operator `-` does not take `{}`", self.display(operand.ty));
                self.diags.push(Diagnostic::error(codes::TYPE_MISMATCH, operand.span, message));
                Ty::ERROR
            }
        }
    }

    fn report_operands(&mut self, node: BinaryUse) {
        let BinaryUse { op, span, left, right, .. } = node;
        let (l, r) = (self.display(left.ty), self.display(right.ty));
        let text = op.text();
        let (left_kind, right_kind) = (self.out.tys.kind(left.ty), self.out.tys.kind(right.ty));
        let message = match (left_kind, right_kind) {
            (TyKind::Void, _) => format!("left operand of `{text}` has no value"),
            (_, TyKind::Void) => format!("right operand of `{text}` has no value"),
            (l_kind, r_kind) if l_kind.is_numeric() && r_kind.is_numeric() && l_kind != r_kind => {
                format!("operator `{text}` cannot mix `{l}` and `{r}`")
            }
            (TyKind::Struct(id, _), _) | (_, TyKind::Struct(id, _)) => match operator_method(op) {
                _ if id.is_builtin() => format!("operator `{text}` does not take `{l}` and `{r}`"),
                Some(name) => {
                    format!("operator `{text}` does not take `{l}` and `{r}`: there is no method `{name}` for it")
                }
                None => format!("operator `{text}` does not take `{l}` and `{r}`"),
            },
            _ => format!("operator `{text}` does not take `{l}` and `{r}`"),
        };
        let mut diagnostic = Diagnostic::error(codes::TYPE_MISMATCH, span, message)
            .with_secondary(left.span, format!("this is `{l}`"))
            .with_secondary(right.span, format!("this is `{r}`"));
        let int_side = match (left_kind, right_kind) {
            (TyKind::Int(_), TyKind::Float) => Some(left.span),
            (TyKind::Float, TyKind::Int(_)) => Some(right.span),
            _ => None,
        };
        if let Some(help) = int_side.and_then(|at| self.conversion_help(Ty::FLOAT, Ty::INT, at)) {
            diagnostic = diagnostic.with_help(help);
        }
        self.diags.push(diagnostic);
    }

    /// Reports that a value of type `found` cannot be given to a method of an operator; used by calls too.
    pub(super) fn report_argument(&mut self, site: Site, wanted: Ty, found: Operand) {
        self.report_mismatch(site, wanted, found.ty, found.span);
    }
}

/// The method that `op` calls for structs.
pub(super) fn operator_method(op: BinaryOp) -> Option<&'static str> {
    Some(match op {
        BinaryOp::Add => "add",
        BinaryOp::Sub => "sub",
        BinaryOp::Mul => "mul",
        BinaryOp::Div => "div",
        BinaryOp::Rem => "rem",
        BinaryOp::BitAnd => "bitand",
        BinaryOp::BitOr => "bitor",
        BinaryOp::BitXor => "bitxor",
        BinaryOp::Shl => "shl",
        BinaryOp::Shr => "shr",
        BinaryOp::Eq => "eq",
        BinaryOp::Ne => "ne",
        BinaryOp::Lt => "lt",
        BinaryOp::Le => "le",
        BinaryOp::Gt => "gt",
        BinaryOp::Ge => "ge",
        BinaryOp::And | BinaryOp::Or => return None,
    })
}

/// Whether `op` may take operands of these kinds, structs aside, if their types are equal as a whole.
fn is_compound_operator(op: BinaryOp, left: TyKind, right: TyKind) -> bool {
    match (left, right) {
        (TyKind::Array(_), TyKind::Array(_)) => matches!(op, BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Add),
        (TyKind::Tuple(_), TyKind::Tuple(_))
        | (TyKind::Enum(..), TyKind::Enum(..))
        | (TyKind::Dyn(_), TyKind::Dyn(_)) => {
            matches!(op, BinaryOp::Eq | BinaryOp::Ne)
        }
        _ => false,
    }
}

/// Whether `op` takes two values of one type of this kind, structs aside.
pub(super) fn is_operator_of(op: BinaryOp, kind: TyKind) -> bool {
    result_of(op, kind, kind).is_some() || is_compound_operator(op, kind, kind)
}

/// The type of `left op right`, if there is such an operator for types without parts.
fn result_of(op: BinaryOp, left: TyKind, right: TyKind) -> Option<Ty> {
    use TyKind::{Bool, Char, Error, F32, Float, Int, Str};
    if left == Error || right == Error {
        return Some(if is_comparison(op) { Ty::BOOL } else { Ty::ERROR });
    }
    let ty = match op {
        BinaryOp::Add => match (left, right) {
            (Str, _) if right.is_scalar() => Ty::STR,
            (_, Str) if left.is_scalar() => Ty::STR,
            _ => arithmetic(left, right)?,
        },
        BinaryOp::Mul => match (left, right) {
            (Str, TyKind::INT) | (TyKind::INT, Str) => Ty::STR,
            _ => arithmetic(left, right)?,
        },
        BinaryOp::Sub | BinaryOp::Div | BinaryOp::Rem => arithmetic(left, right)?,
        BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor => match (left, right) {
            (Int(a), Int(b)) if a == b => int_ty(a),
            _ => return None,
        },
        BinaryOp::Shl | BinaryOp::Shr => match (left, right) {
            (Int(a), Int(b)) if a == b || b == crate::types::IntTy::INT => int_ty(a),
            _ => return None,
        },
        BinaryOp::Eq | BinaryOp::Ne if (left, right) == (Bool, Bool) => Ty::BOOL,
        BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
            match (left, right) {
                (Int(a), Int(b)) if a == b || left == TyKind::INT || right == TyKind::INT => Ty::BOOL,
                (Float | F32, Float | F32) | (Str, Str) | (Char, Char) => Ty::BOOL,
                _ => return None,
            }
        }
        BinaryOp::And | BinaryOp::Or => return None,
    };
    Some(ty)
}

/// The type of two operands of one numeric type.
fn arithmetic(left: TyKind, right: TyKind) -> Option<Ty> {
    if left != right {
        return None;
    }
    match left {
        TyKind::Int(int) => Some(int_ty(int)),
        TyKind::Float => Some(Ty::FLOAT),
        TyKind::F32 => Some(Ty::F32),
        _ => None,
    }
}

/// The type of integers `int`.
pub(super) fn int_ty(int: crate::types::IntTy) -> Ty {
    match (int.bits, int.signed) {
        (8, true) => Ty::I8,
        (16, true) => Ty::I16,
        (32, true) => Ty::I32,
        (8, false) => Ty::U8,
        (16, false) => Ty::U16,
        (32, false) => Ty::U32,
        (_, false) => Ty::U64,
        (_, true) => Ty::INT,
    }
}

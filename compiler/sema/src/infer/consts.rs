//! Constants: their form, their types and their values.
//!
//! A constant expression is checked like any other body and then evaluated here with the meaning it would have at run
//! time; a fault is an error.

use std::fmt;
use std::rc::Rc;

use resilient_base::{Diagnostic, Span, diag::codes};
use resilient_syntax::ast::{BinaryOp, Block, Cond, Expr, ExprKind, StmtKind, UnaryOp};

use super::Checker;
use super::body::{Body, Owner};
use super::literals::{Literal, literal};
use super::nominal::StructDeclId;
use super::ops::int_ty;
use super::report::Site;
use super::ty::{Ty, TyKind, TyList, TyTable};
use crate::cfg::Overflow;
use crate::decls::ConstId;
use crate::scopes::ScopeId;
use crate::tables::{Key, Res, Tables};
use crate::types::IntTy;

/// The value of a constant.
#[derive(Clone, Debug, PartialEq)]
pub enum ConstValue {
    /// An integer, as [`IntTy::wrap`] gives it.
    Int(i64, IntTy),
    /// A float.
    Float(f64),
    /// An `f32`.
    F32(f32),
    /// A bool.
    Bool(bool),
    /// A char.
    Char(char),
    /// A string.
    Str(Rc<str>),
    /// A tuple.
    Tuple(Vec<ConstValue>),
    /// An array of elements of this type.
    Array(Rc<[ConstValue]>, Ty),
    /// Bytes.
    Bytes(Rc<[u8]>),
}

impl ConstValue {
    /// Whether values of it are in memory: it is made once then, and not at each use.
    pub fn is_stored(&self) -> bool {
        match self {
            ConstValue::Array(..) | ConstValue::Bytes(_) => true,
            ConstValue::Tuple(parts) => parts.iter().any(ConstValue::is_stored),
            _ => false,
        }
    }

    /// Its type.
    pub fn ty(&self, tys: &mut TyTable) -> Ty {
        match self {
            ConstValue::Int(_, int) => int_ty(*int),
            ConstValue::Float(_) => Ty::FLOAT,
            ConstValue::F32(_) => Ty::F32,
            ConstValue::Bool(_) => Ty::BOOL,
            ConstValue::Char(_) => Ty::CHAR,
            ConstValue::Str(_) => Ty::STR,
            ConstValue::Tuple(parts) => {
                let parts: Vec<Ty> = parts.iter().map(|part| part.ty(tys)).collect();
                tys.tuple(&parts)
            }
            ConstValue::Array(_, element) => tys.array(*element),
            ConstValue::Bytes(_) => tys.intern(TyKind::Struct(StructDeclId::BYTES, TyList::EMPTY)),
        }
    }
}

/// The display form as inside another value. Rust's own form of floats is the one of the language: shortest digits,
/// no exponent, no fraction for integral values.
impl fmt::Display for ConstValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConstValue::Int(value, int) => write!(f, "{}", number(*value, *int)),
            ConstValue::Float(value) => write!(f, "{value}"),
            ConstValue::F32(value) => write!(f, "{}", f64::from(*value)),
            ConstValue::Bool(value) => write!(f, "{value}"),
            ConstValue::Char(value) => write!(f, "{value}"),
            ConstValue::Str(value) => write!(f, "\"{value}\""),
            ConstValue::Tuple(parts) => write!(f, "({})", list(parts)),
            ConstValue::Array(parts, _) => write!(f, "[{}]", list(parts)),
            ConstValue::Bytes(octets) => write!(f, "b\"{}\"", octets.escape_ascii()),
        }
    }
}

fn list(parts: &[ConstValue]) -> String {
    let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
    parts.join(", ")
}

/// The number that the bits `value` are in the type `int`.
fn number(value: i64, int: IntTy) -> i128 {
    if int.signed { i128::from(value) } else { i128::from(value as u64) }
}

/// Whether `expr` has the form of a constant expression: literals, names, operators, casts, and `if` with one
/// expression per branch. Else the part that does not belong there.
pub fn is_const_form<'a>(expr: &'a Expr<'a>) -> Result<(), &'a Expr<'a>> {
    match &expr.kind {
        ExprKind::Int(..) | ExprKind::Float(..) | ExprKind::Str(_) | ExprKind::Bool(_) | ExprKind::Path(_) => Ok(()),
        ExprKind::Char(_) | ExprKind::Bytes(_) => Ok(()),
        ExprKind::Tuple(parts) | ExprKind::Array(parts) => parts.iter().try_for_each(is_const_form),
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) | ExprKind::Cast(inner, _) => is_const_form(inner),
        ExprKind::Binary(_, left, right, _) => is_const_form(left).and_then(|()| is_const_form(right)),
        ExprKind::If(node) => {
            let (Cond::Expr(cond), Some(otherwise)) = (node.cond, node.otherwise) else { return Err(expr) };
            is_const_form(cond)?;
            is_const_form(single_expr(&node.then).ok_or(expr)?)?;
            is_const_form(otherwise)
        }
        ExprKind::Block(block) => is_const_form(single_expr(block).ok_or(expr)?),
        _ => Err(expr),
    }
}

/// The expression that is all of `block`.
fn single_expr<'a>(block: &Block<'a>) -> Option<&'a Expr<'a>> {
    match block.stmts {
        [stmt] if stmt.attrs.is_empty() => match stmt.kind {
            StmtKind::Expr { expr, semi: false } => Some(expr),
            _ => None,
        },
        _ => None,
    }
}

impl<'a> Checker<'_, '_, 'a> {
    /// Evaluates the constants in source order.
    pub(super) fn evaluate_consts(&mut self) {
        for (id, entry) in self.decls.consts.iter() {
            let decl = entry.decl;
            self.env.scope = entry.scope;
            let annotation = decl.ty.map(|ty| (self.resolve_type(ty), Site::Const(decl.name)));
            if let Some(written) = decl.ty {
                self.check_lengths(written, decl.value);
            }
            self.out.consts[id] = self.const_value(decl.value, Some(id), annotation);
        }
        self.env.scope = ScopeId::default();
    }

    /// Checks the `static_assert`s.
    pub(super) fn check_static_asserts(&mut self) {
        for &(decl, span, scope) in &self.decls.static_asserts {
            self.env.scope = scope;
            let wanted = Some((Ty::BOOL, Site::Condition("static_assert")));
            if self.const_value(decl.cond, None, wanted) == Some(ConstValue::Bool(false)) {
                let message = format!("static assertion failed: {}", decl.message);
                self.diags.push(Diagnostic::error(codes::STATIC_ASSERT, span, message));
            }
        }
        self.env.scope = ScopeId::default();
    }

    /// The value of `expr`, which may name the constants before `own`, or all of them, and goes where a value of a
    /// certain type is wanted. None if something was reported.
    pub(super) fn const_value(
        &mut self,
        expr: &'a Expr<'a>,
        own: Option<ConstId>,
        wanted: Option<(Ty, Site)>,
    ) -> Option<ConstValue> {
        if let Err(part) = is_const_form(expr) {
            let message = "not a constant expression";
            self.diags.push(Diagnostic::error(codes::CONST_EXPR, part.span, message).with_note(
                "constants are built from literals, other constants, operators, tuples, arrays and `if` with single expressions",
            ));
            return None;
        }
        let n_errors = self.diags.n_errors();
        let first_goal = self.goals.len();
        let mut body = Body::new(self, Owner::Const(own));
        match wanted {
            Some((ty, site)) => body.coerce(expr, ty, site),
            None => body.value(expr),
        };
        let tables = body.t;
        self.solve_goals(first_goal);
        if self.diags.n_errors() > n_errors || tables.names.values().any(|res| !self.has_value(*res)) {
            return None;
        }
        match self.evaluate(expr, &tables) {
            Ok(value) => match wanted {
                Some((ty, site)) => self.convert_const(value, ty, site, expr.span),
                None => Some(value),
            },
            Err((code, span, message)) => {
                self.diags.push(Diagnostic::error(code, span, message));
                None
            }
        }
    }

    /// `value` where one of type `ty` is wanted, which the check found possible.
    fn convert_const(&mut self, value: ConstValue, ty: Ty, site: Site, at: Span) -> Option<ConstValue> {
        match (value, self.out.tys.kind(ty)) {
            (ConstValue::Int(value, from), TyKind::Int(to)) if from != to => {
                if to != IntTy::INT && !(to.min()..=to.max()).contains(&number(value, from)) {
                    self.check_literal_range(Literal::Int(number(value, from)), ty, at, Some(site));
                    return None;
                }
                Some(ConstValue::Int(to.wrap(value), to))
            }
            (ConstValue::Float(value), TyKind::F32) => Some(ConstValue::F32(value as f32)),
            (ConstValue::F32(value), TyKind::Float) => Some(ConstValue::Float(f64::from(value))),
            (ConstValue::Tuple(parts), TyKind::Tuple(list)) => {
                let tys = self.out.tys.args(list).to_vec();
                let parts: Option<Vec<ConstValue>> =
                    parts.into_iter().zip(tys).map(|(part, ty)| self.convert_const(part, ty, site, at)).collect();
                parts.map(ConstValue::Tuple)
            }
            (value, _) => Some(value),
        }
    }

    fn evaluate_array(&mut self, expr: &Expr<'_>, items: &[Expr<'_>], tables: &Tables) -> Evaluated {
        let TyKind::Array(element) = self.kind_of(expr, tables) else { return Err(not_constant(expr.span)) };
        let element = self.out.tys.close(element);
        let kind = self.out.tys.kind(element);
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            values.push(as_element(self.evaluate(item, tables)?, kind, item.span)?);
        }
        Ok(ConstValue::Array(values.into(), element))
    }

    fn has_value(&self, res: Res) -> bool {
        matches!(res, Res::Const(id) if self.out.consts[id].is_some())
    }

    fn kind_of(&mut self, expr: &Expr<'_>, tables: &Tables) -> TyKind {
        tables.types.get(&Key::of(expr)).map_or(TyKind::Error, |&ty| self.out.tys.kind(ty))
    }

    fn evaluate(&mut self, expr: &Expr<'_>, tables: &Tables) -> Evaluated {
        if let Some((value, _)) = literal(expr) {
            return Ok(match (value, self.kind_of(expr, tables)) {
                (Literal::Int(value), TyKind::Int(int)) => ConstValue::Int(int.wrap(value as i64), int),
                (Literal::Int(value), _) => ConstValue::Int(value as i64, IntTy::INT),
                (Literal::Float(value), TyKind::F32) => ConstValue::F32(value as f32),
                (Literal::Float(value), _) => ConstValue::Float(value),
            });
        }
        match &expr.kind {
            ExprKind::Char(value) => Ok(ConstValue::Char(*value)),
            ExprKind::Tuple(parts) => {
                let parts: Result<Vec<ConstValue>, Rejection> =
                    parts.iter().map(|part| self.evaluate(part, tables)).collect();
                parts.map(ConstValue::Tuple)
            }
            ExprKind::Array(items) => self.evaluate_array(expr, items, tables),
            ExprKind::Bytes(octets) => Ok(ConstValue::Bytes(Rc::from(*octets))),
            ExprKind::Bool(value) => Ok(ConstValue::Bool(*value)),
            ExprKind::Str(text) => Ok(ConstValue::Str(Rc::from(*text))),
            ExprKind::Paren(inner) => self.evaluate(inner, tables),
            ExprKind::Path(_) => match tables.names.get(&Key::of(expr)) {
                Some(Res::Const(id)) => self.out.consts[*id].clone().ok_or_else(|| not_constant(expr.span)),
                _ => Err(not_constant(expr.span)),
            },
            ExprKind::Unary(op, operand) => {
                let operand = self.evaluate(operand, tables)?;
                unary(*op, operand, self.cx.options.overflow, expr.span)
            }
            ExprKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), left, right, _) => {
                match (op, self.evaluate(left, tables)?) {
                    (BinaryOp::And, ConstValue::Bool(true)) | (BinaryOp::Or, ConstValue::Bool(false)) => {
                        self.evaluate(right, tables)
                    }
                    (_, value) => Ok(value),
                }
            }
            ExprKind::Binary(op, left, right, _) => {
                let left = self.evaluate(left, tables)?;
                let right = self.evaluate(right, tables)?;
                binary(*op, left, right, self.cx.options.overflow, expr.span)
            }
            ExprKind::Cast(operand, _) => {
                let target = self.kind_of(expr, tables);
                cast(self.evaluate(operand, tables)?, target, expr.span)
            }
            ExprKind::If(node) => {
                let (Cond::Expr(cond), Some(otherwise)) = (node.cond, node.otherwise) else {
                    return Err(not_constant(expr.span));
                };
                match self.evaluate(cond, tables)? {
                    ConstValue::Bool(true) => {
                        self.evaluate(single_expr(&node.then).ok_or_else(|| not_constant(expr.span))?, tables)
                    }
                    _ => self.evaluate(otherwise, tables),
                }
            }
            ExprKind::Block(block) => self.evaluate(single_expr(block).ok_or_else(|| not_constant(expr.span))?, tables),
            _ => Err(not_constant(expr.span)),
        }
    }
}

type Rejection = (resilient_base::Code, Span, String);
type Evaluated = Result<ConstValue, Rejection>;

fn not_constant(span: Span) -> Rejection {
    (codes::CONST_EXPR, span, "not a constant expression".to_string())
}

/// `value` as an element of an array of these, as the check found possible.
fn as_element(value: ConstValue, kind: TyKind, at: Span) -> Evaluated {
    match (value, kind) {
        (ConstValue::Int(value, from), TyKind::Int(to)) if from != to => {
            let wide = number(value, from);
            if to != IntTy::INT && !(to.min()..=to.max()).contains(&wide) {
                let (name, min, max) = (to.name(), to.min(), to.max());
                let message = format!("literal {wide} overflows type {name} (valid range: {min}..={max})");
                return Err((codes::LITERAL_RANGE, at, message));
            }
            Ok(ConstValue::Int(to.wrap(value), to))
        }
        (ConstValue::Float(value), TyKind::F32) => Ok(ConstValue::F32(value as f32)),
        (ConstValue::F32(value), TyKind::Float) => Ok(ConstValue::Float(f64::from(value))),
        (_, TyKind::Dyn(_)) => Err(not_constant(at)),
        (value, _) => Ok(value),
    }
}

fn fault(span: Span, message: impl fmt::Display) -> Rejection {
    (codes::CONST_EXPR, span, format!("constant expression faults: {message}"))
}

fn unary(op: UnaryOp, operand: ConstValue, overflow: Overflow, span: Span) -> Evaluated {
    match (op, operand) {
        (UnaryOp::Neg, ConstValue::Int(value, int)) => {
            let exact = -number(value, int);
            in_range(exact, int, overflow, span, || format!("unary - ({})", -exact))
        }
        (UnaryOp::Neg, ConstValue::Float(value)) => Ok(ConstValue::Float(-value)),
        (UnaryOp::Neg, ConstValue::F32(value)) => Ok(ConstValue::F32(-value)),
        (UnaryOp::Not, ConstValue::Bool(value)) => Ok(ConstValue::Bool(!value)),
        _ => Err(not_constant(span)),
    }
}

fn binary(op: BinaryOp, left: ConstValue, right: ConstValue, overflow: Overflow, span: Span) -> Evaluated {
    use ConstValue::{Array, Bool, Bytes, Char, F32, Float, Int, Str, Tuple};
    let no = || not_constant(span);
    match (left, right) {
        (Int(a, int), Int(b, other)) if int == other || is_shift(op) => {
            int_binary(op, a, number(b, other), int, overflow, span)
        }
        (Int(a, int), Int(b, other)) => compare(op, Some(number(a, int).cmp(&number(b, other)))).ok_or_else(no),
        (Float(a), Float(b)) => float_binary(op, a, b).ok_or_else(no),
        // Every operation on two binary32 numbers is exact enough in binary64 that rounding its result is right.
        (F32(a), F32(b)) => match float_binary(op, f64::from(a), f64::from(b)).ok_or_else(no)? {
            Float(value) => Ok(F32(value as f32)),
            other => Ok(other),
        },
        (F32(a), Float(b)) => compare(op, f64::from(a).partial_cmp(&b)).ok_or_else(no),
        (Float(a), F32(b)) => compare(op, a.partial_cmp(&f64::from(b))).ok_or_else(no),
        (Bool(a), Bool(b)) => compare(op, Some(a.cmp(&b))).ok_or_else(no),
        (Char(a), Char(b)) => compare(op, Some(a.cmp(&b))).ok_or_else(no),
        (Str(text), Int(count, _)) | (Int(count, _), Str(text)) if op == BinaryOp::Mul => repeat(&text, count, span),
        (Str(a), Str(b)) if op != BinaryOp::Add => compare(op, Some(a.cmp(&b))).ok_or_else(no),
        (Tuple(a), Tuple(b)) => equality(op, &a, &b, span),
        (Array(a, element), Array(b, _)) if op == BinaryOp::Add => {
            Ok(Array(a.iter().chain(b.iter()).cloned().collect(), element))
        }
        (Array(a, _), Array(b, _)) => equality(op, &a, &b, span),
        (Bytes(a), Bytes(b)) => compare(op, Some(a.cmp(&b))).ok_or_else(no),
        (a, b) if op == BinaryOp::Add => Ok(Str(Rc::from(format!("{}{}", text(&a), text(&b))))),
        _ => Err(no()),
    }
}

/// `==` and `!=` of values with these parts.
fn equality(op: BinaryOp, a: &[ConstValue], b: &[ConstValue], span: Span) -> Evaluated {
    let mut equal = a.len() == b.len();
    for (a, b) in a.iter().zip(b) {
        equal &= binary(BinaryOp::Eq, a.clone(), b.clone(), Overflow::Wrap, span)? == ConstValue::Bool(true);
    }
    match op {
        BinaryOp::Eq => Ok(ConstValue::Bool(equal)),
        BinaryOp::Ne => Ok(ConstValue::Bool(!equal)),
        _ => Err(not_constant(span)),
    }
}

fn is_shift(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Shl | BinaryOp::Shr)
}

fn float_binary(op: BinaryOp, a: f64, b: f64) -> Option<ConstValue> {
    Some(ConstValue::Float(match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div => a / b,
        BinaryOp::Rem => a % b,
        _ => return compare(op, a.partial_cmp(&b)),
    }))
}

/// The display form of an outermost value.
fn text(value: &ConstValue) -> String {
    match value {
        ConstValue::Str(text) => text.to_string(),
        other => other.to_string(),
    }
}

/// `a op b` in the type `int`.
fn int_binary(op: BinaryOp, a: i64, b: i128, int: IntTy, overflow: Overflow, span: Span) -> Evaluated {
    let a = number(a, int);
    let shift = || {
        let count = u32::try_from(b).ok().filter(|&n| n < u32::from(int.bits));
        count.ok_or_else(|| fault(span, format!("shift amount out of range: {b}")))
    };
    let exact = |value, sign| in_range(value, int, overflow, span, || format!("{sign} ({a} {sign} {b})"));
    let value = match op {
        BinaryOp::Add => return exact(a + b, '+'),
        BinaryOp::Sub => return exact(a - b, '-'),
        // Products of two `u64` may not fit here either: their low bits count, or that they are too large.
        BinaryOp::Mul if overflow == Overflow::Wrap => a.wrapping_mul(b),
        BinaryOp::Mul => return exact(a.saturating_mul(b), '*'),
        BinaryOp::Div if b == 0 => return Err((codes::ZERO_DIVISOR, span, crate::fold::ZERO_DIVISION.to_string())),
        BinaryOp::Rem if b == 0 => return Err((codes::ZERO_DIVISOR, span, crate::fold::ZERO_MODULO.to_string())),
        BinaryOp::Div => return exact(a / b, '/'),
        BinaryOp::Rem => a % b,
        BinaryOp::BitAnd => a & b,
        BinaryOp::BitOr => a | b,
        BinaryOp::BitXor => a ^ b,
        BinaryOp::Shl => a << shift()?,
        BinaryOp::Shr => a >> shift()?,
        _ => return compare(op, Some(a.cmp(&b))).ok_or_else(|| not_constant(span)),
    };
    Ok(ConstValue::Int(int.wrap(value as i64), int))
}

/// The value of the type `int` for an exact result; `operation` is the text of the fault.
fn in_range(exact: i128, int: IntTy, overflow: Overflow, span: Span, operation: impl FnOnce() -> String) -> Evaluated {
    let value = match overflow {
        _ if (int.min()..=int.max()).contains(&exact) => exact,
        Overflow::Wrap => exact,
        Overflow::Saturate => exact.clamp(int.min(), int.max()),
        Overflow::Trap => return Err(fault(span, format!("integer overflow in {}", operation()))),
    };
    Ok(ConstValue::Int(int.wrap(value as i64), int))
}

/// The outcome of a comparison; unordered operands are unequal and nothing else.
fn compare(op: BinaryOp, order: Option<std::cmp::Ordering>) -> Option<ConstValue> {
    let holds = match op {
        BinaryOp::Eq => order.is_some_and(|o| o.is_eq()),
        BinaryOp::Ne => order.is_none_or(|o| o.is_ne()),
        BinaryOp::Lt => order.is_some_and(|o| o.is_lt()),
        BinaryOp::Le => order.is_some_and(|o| o.is_le()),
        BinaryOp::Gt => order.is_some_and(|o| o.is_gt()),
        BinaryOp::Ge => order.is_some_and(|o| o.is_ge()),
        _ => return None,
    };
    Some(ConstValue::Bool(holds))
}

/// Longest string that repetition makes, in bytes.
const MAX_REPEATED: u128 = 10_000_000;

fn repeat(text: &str, count: i64, span: Span) -> Evaluated {
    let Ok(n) = usize::try_from(count) else {
        return Err(fault(span, format!("string repetition count must be >= 0, got {count}")));
    };
    let len = text.len() as u128 * n as u128;
    if len > MAX_REPEATED {
        let message = format!("string repetition: result length {len} exceeds limit {MAX_REPEATED}");
        return Err(fault(span, message));
    }
    Ok(ConstValue::Str(Rc::from(if text.is_empty() { String::new() } else { text.repeat(n) })))
}

fn cast(value: ConstValue, target: TyKind, span: Span) -> Evaluated {
    use ConstValue::{F32, Float, Int, Str};
    Ok(match (value, target) {
        (Int(value, _), TyKind::Int(to)) => Int(to.wrap(value), to),
        (Int(value, int), TyKind::Float) => Float(number(value, int) as f64),
        (Int(value, int), TyKind::F32) => F32(number(value, int) as f32),
        (Float(value), TyKind::Int(_)) => return float_to_int(value).map_err(|message| fault(span, message)),
        (F32(value), TyKind::Int(_)) => return float_to_int(value.into()).map_err(|message| fault(span, message)),
        (Float(value), TyKind::F32) => F32(value as f32),
        (F32(value), TyKind::Float) => Float(value.into()),
        (value, TyKind::Str) => Str(Rc::from(text(&value))),
        (value, _) => value,
    })
}

fn float_to_int(value: f64) -> Result<ConstValue, String> {
    let limit = 9_223_372_036_854_775_808.0;
    if value.is_nan() {
        return Err("to_int: cannot convert NaN to int".to_string());
    }
    if value.is_infinite() {
        let sign = if value > 0.0 { "positive" } else { "negative" };
        return Err(format!("to_int: cannot convert {sign} infinity to int"));
    }
    let whole = value.trunc();
    if !(-limit..limit).contains(&whole) {
        return Err(format!("to_int: value {value} is out of i64 range"));
    }
    Ok(ConstValue::Int(whole as i64, IntTy::INT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use resilient_base::{SourceMap, Span};

    fn span() -> Span {
        let file = SourceMap::default().add("t.rz", "");
        Span::new(file, 0, 0)
    }

    fn int(op: BinaryOp, a: i64, b: i64) -> Result<i64, String> {
        match int_binary(op, a, b.into(), IntTy::INT, Overflow::Wrap, span()) {
            Ok(ConstValue::Int(value, _)) => Ok(value),
            Ok(other) => Err(format!("{other}")),
            Err((_, _, message)) => Err(message),
        }
    }

    #[test]
    fn arithmetic_wraps_as_at_run_time() {
        assert_eq!(int(BinaryOp::Add, i64::MAX, 1), Ok(i64::MIN));
        assert_eq!(int(BinaryOp::Div, i64::MIN, -1), Ok(i64::MIN));
        assert_eq!(int(BinaryOp::Rem, i64::MIN, -1), Ok(0));
        assert_eq!(int(BinaryOp::Div, -7, 2), Ok(-3));
        assert_eq!(int(BinaryOp::Rem, -7, 2), Ok(-1));
        assert_eq!(int(BinaryOp::Shr, -8, 1), Ok(-4));
    }

    #[test]
    fn fixed_width_arithmetic_wraps_at_the_width() {
        let u8_ty = IntTy { bits: 8, signed: false };
        let u64_ty = IntTy { bits: 64, signed: false };
        let test = |op, a, b, int| int_binary(op, a, b, int, Overflow::Wrap, span()).ok();
        assert_eq!(test(BinaryOp::Add, 200, 200, u8_ty), Some(ConstValue::Int(144, u8_ty)));
        assert_eq!(test(BinaryOp::Div, -1, 2, u64_ty), Some(ConstValue::Int(i64::MAX, u64_ty)));
        assert_eq!(test(BinaryOp::Shr, -1, 63, u64_ty), Some(ConstValue::Int(1, u64_ty)));
        assert_eq!(test(BinaryOp::Shl, 1, 8, u8_ty), None);
    }

    #[test]
    fn overflow_saturates_or_faults_if_so_asked() {
        let u64_ty = IntTy { bits: 64, signed: false };
        let i8_ty = IntTy { bits: 8, signed: true };
        let test = |op, a, b, int, overflow| match int_binary(op, a, b, int, overflow, span()) {
            Ok(value) => value.to_string(),
            Err((_, _, message)) => message,
        };
        let (saturate, trap) = (Overflow::Saturate, Overflow::Trap);
        assert_eq!(test(BinaryOp::Mul, -1, u64::MAX.into(), u64_ty, saturate), u64::MAX.to_string());
        assert_eq!(test(BinaryOp::Sub, 1, 2, u64_ty, saturate), "0");
        assert_eq!(test(BinaryOp::Div, -128, -1, i8_ty, saturate), "127");
        let message = "constant expression faults: integer overflow in + (100 + 100)";
        assert_eq!(test(BinaryOp::Add, 100, 100, i8_ty, trap), message);
        assert_eq!(test(BinaryOp::Mul, -100, 1, i8_ty, trap), "-100");
    }

    #[test]
    fn faults_are_told() {
        assert_eq!(
            int(BinaryOp::Shl, 1, 64),
            Err("constant expression faults: shift amount out of range: 64".to_string())
        );
        assert!(int(BinaryOp::Rem, 1, 0).is_err_and(|m| m.starts_with("integer modulo by zero")));
        assert!(repeat("ab", -1, span()).is_err());
        assert!(repeat("ab", 5_000_001, span()).is_err());
        assert_eq!(repeat("", i64::MAX, span()), Ok(ConstValue::Str(Rc::from(""))));
    }

    #[test]
    fn floats_convert_within_the_int_range() {
        assert_eq!(float_to_int(-9_223_372_036_854_775_808.0), Ok(ConstValue::Int(i64::MIN, IntTy::INT)));
        assert!(float_to_int(9_223_372_036_854_775_808.0).is_err());
        assert_eq!(float_to_int(-1.9), Ok(ConstValue::Int(-1, IntTy::INT)));
        assert!(float_to_int(f64::NAN).is_err());
    }

    #[test]
    fn nan_is_only_unequal() {
        let nan = ConstValue::Float(f64::NAN);
        let test = |op| binary(op, nan.clone(), nan.clone(), Overflow::Wrap, span());
        assert_eq!(test(BinaryOp::Ne), Ok(ConstValue::Bool(true)));
        assert_eq!(test(BinaryOp::Eq), Ok(ConstValue::Bool(false)));
        assert_eq!(test(BinaryOp::Le), Ok(ConstValue::Bool(false)));
    }

    #[test]
    fn floats_display_without_exponent() {
        assert_eq!(ConstValue::Float(1e21).to_string(), "1000000000000000000000");
        assert_eq!(ConstValue::Float(1e-7).to_string(), "0.0000001");
        assert_eq!(ConstValue::Float(-0.0).to_string(), "-0");
        assert_eq!(ConstValue::Float(3.0).to_string(), "3");
    }
}

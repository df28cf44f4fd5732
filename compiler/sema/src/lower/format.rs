//! Calls of `format`: values become what the library takes, whatever their types.

use resilient_base::{Diagnostic, Span, diag::codes};
use resilient_syntax::ast;

use super::func::FnLower;
use crate::infer::strip_parens;
use crate::infer::ty::TyList;
use crate::template;
use crate::typed::{Expr, ExprKind, Stmt};
use crate::types::{IntTy, Type, TypeKind, Types};

/// Kinds of values, see [`crate::intrinsics::Shape::Part`].
mod kind {
    pub const INT: i64 = 0;
    pub const U64: i64 = 1;
    pub const FLOAT: i64 = 2;
    pub const STR: i64 = 3;
    pub const BOOL: i64 = 4;
    pub const OTHER: i64 = 5;
}

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    /// `format(template, [a, b])`
    pub(super) fn call_format(&mut self, args: &[&'a ast::Expr<'a>], span: Span) -> Expr<'t> {
        let [template, values] = args else { unreachable!("the checker saw the number of arguments of `format`") };
        let values = strip_parens(values);
        let ast::ExprKind::Array(items) = values.kind else { unreachable!("the checker saw the literal") };
        let mut operands = vec![self.into(template, Types::STR, false)];
        operands.extend(items.iter().map(|item| self.value(item)));
        if let Err(diverging) = self.operands(&operands, span) {
            return diverging;
        }
        self.check_letters(template, &operands[1..]);
        let name = self.p.cx.interner.get("__format").and_then(|name| self.p.decls.library.declared(name));
        let inst = self.instance(name.expect("the library was loaded"), TyList::EMPTY);
        let array = self.concrete(self.p.checked.insts[inst].params[1]);
        let part = self.element(array);
        let parts: Vec<Expr<'t>> = operands[1..].iter().map(|&value| self.format_part(value, part)).collect();
        let kind = ExprKind::Array(self.p.arena.alloc_slice_copy(&parts));
        let parts = Expr { kind, ty: array, span: values.span };
        self.call_values(inst, &[operands[0], parts], span, false)
    }

    /// Reports type letters for values that are no integers, where the template is a literal.
    fn check_letters(&mut self, template: &ast::Expr<'_>, values: &[Expr<'t>]) {
        let ast::ExprKind::Str(text) = strip_parens(template).kind else { return };
        let letters = template::parse(text).unwrap_or_default();
        for (letter, value) in letters.into_iter().zip(values) {
            let Some(letter) = letter else { continue };
            let name = match *self.p.types.kind(value.ty) {
                TypeKind::Int(_) => continue,
                TypeKind::Float | TypeKind::F32 => "Float".to_string(),
                TypeKind::Str => "String".to_string(),
                TypeKind::Bool => "Bool".to_string(),
                _ => format!("`{}`", self.p.types.display(value.ty)),
            };
            let message = format!("format: radix `{letter}` does not apply to a {name} value");
            self.p.diags.push(Diagnostic::error(codes::TEMPLATE, value.span, message));
        }
    }

    /// `value` as a tuple of type `ty` that [`crate::intrinsics::Shape::Part`] describes.
    pub(super) fn format_part(&mut self, value: Expr<'t>, ty: Type) -> Expr<'t> {
        let span = value.span;
        let kept = self.temp("$value", value.ty, span);
        let evaluated = Stmt::Let(kept, self.alloc(value));
        let value = self.local(kept, span);
        let mut int = Expr { kind: ExprKind::Int(0), ty: Types::INT, span };
        let mut float = Expr { kind: ExprKind::Float(0.0), ty: Types::FLOAT, span };
        let number = match *self.p.types.kind(value.ty) {
            TypeKind::Int(of) => {
                int = self.convert(value, Types::INT, span);
                if of == (IntTy { bits: 64, signed: false }) { kind::U64 } else { kind::INT }
            }
            TypeKind::Float | TypeKind::F32 => {
                float = self.convert(value, Types::FLOAT, span);
                kind::FLOAT
            }
            TypeKind::Str => kind::STR,
            TypeKind::Bool => kind::BOOL,
            _ => kind::OTHER,
        };
        let number = Expr { kind: ExprKind::Int(number), ty: Types::INT, span };
        let text = self.display(value);
        let part = self.struct_value(&[number, int, float, text], ty, span);
        self.block_of(&[evaluated], Some(part), ty, span)
    }
}

//! Values of structs, enums, tuples and arrays.

use resilient_base::Span;
use resilient_syntax::ast::{self, FieldInit, New, NewBody};

use super::func::FnLower;
use crate::infer::nominal::variant;
use crate::tables::Key;
use crate::typed::{Expr, ExprKind, Stmt};
use crate::types::{Type, TypeKind, Types};

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    /// The type the checker found for the call in `expr`: of `o?.m()` that is what stands in the `Option`. Where it is
    /// never, a part does not complete and the type is of no matter.
    pub(super) fn ty_or_never(&mut self, expr: &ast::Expr<'_>) -> Type {
        let ty = self.ty(expr);
        match expr.kind {
            ast::ExprKind::OptMethodCall(..) => self.p.variant_types(ty, variant::SOME).first().copied().unwrap_or(ty),
            _ => ty,
        }
    }

    /// A struct or tuple of these fields.
    pub(super) fn struct_value(&self, values: &[Expr<'t>], ty: Type, span: Span) -> Expr<'t> {
        match self.operands(values, span) {
            Ok(()) => Expr { kind: ExprKind::Struct(self.p.arena.alloc_slice_copy(values)), ty, span },
            Err(diverging) => diverging,
        }
    }

    /// Variant `number` with this payload, and nothing in its hidden part.
    pub(super) fn variant_value(&self, number: u32, values: &[Expr<'t>], ty: Type, span: Span) -> Expr<'t> {
        if let Err(diverging) = self.operands(values, span) {
            return diverging;
        }
        let mut values = values.to_vec();
        values.extend(self.no_chain(ty, number, values.len(), span));
        Expr { kind: ExprKind::Variant(number, self.p.arena.alloc_slice_copy(&values)), ty, span }
    }

    /// `(a, b)`
    pub(super) fn tuple(&mut self, expr: &'a ast::Expr<'a>, parts: &'a [ast::Expr<'a>]) -> Expr<'t> {
        let ty = self.ty(expr);
        let tys = self.p.field_types(ty);
        let mut values = Vec::with_capacity(parts.len());
        for (i, part) in parts.iter().enumerate() {
            values.push(match tys.get(i) {
                Some(&ty) => self.into(part, ty, false),
                None => self.value(part),
            });
        }
        self.struct_value(&values, ty, expr.span)
    }

    /// `[a, b]`
    pub(super) fn array(&mut self, expr: &'a ast::Expr<'a>, items: &'a [ast::Expr<'a>]) -> Expr<'t> {
        let ty = self.ty(expr);
        let element = match *self.p.types.kind(ty) {
            TypeKind::Array(element) => Some(element),
            _ => None,
        };
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            values.push(match element {
                Some(element) => self.into(item, element, false),
                None => self.value(item),
            });
        }
        match self.operands(&values, expr.span) {
            Ok(()) => Expr { kind: ExprKind::Array(self.p.arena.alloc_slice_copy(&values)), ty, span: expr.span },
            Err(diverging) => diverging,
        }
    }

    /// `new P { .. }`, `new P(..)`, `new E::V { .. }`
    pub(super) fn new_(&mut self, expr: &'a ast::Expr<'a>, node: &'a New<'a>) -> Expr<'t> {
        let (ty, span) = (self.ty(expr), expr.span);
        let number = self.t.variants.get(&Key::of(expr)).copied();
        let (names, tys): (Vec<Box<str>>, Vec<Type>) = match (self.p.types.kind(ty), number) {
            (TypeKind::Enum(id), Some(number)) => {
                let fields = &self.p.types.enums[*id].variants[number as usize].fields;
                fields.iter().map(|field| (field.name.clone(), field.ty)).unzip()
            }
            (TypeKind::Struct(id), _) => {
                self.p.types.structs[*id].fields.iter().map(|field| (field.name.clone(), field.ty)).unzip()
            }
            _ => (Vec::new(), Vec::new()),
        };
        let mut stmts = Vec::new();
        let values = match node.body {
            NewBody::Tuple(parts) => {
                let mut values = Vec::with_capacity(parts.len());
                for (i, part) in parts.iter().enumerate() {
                    values.push(match tys.get(i) {
                        Some(&ty) => self.into(part, ty, false),
                        None => self.value(part),
                    });
                }
                values
            }
            NewBody::Named { fields, base, .. } => {
                match self.named_parts(fields, base, (&names, &tys), &mut stmts, span) {
                    Ok(values) => values,
                    Err(diverging) => return self.after(&stmts, diverging),
                }
            }
        };
        let value = match number {
            Some(number) => self.variant_value(number, &values, ty, span),
            None => self.struct_value(&values, ty, span),
        };
        self.after(&stmts, value)
    }

    /// `{ a: 1, b }`
    pub(super) fn record(&mut self, expr: &'a ast::Expr<'a>, inits: &'a [FieldInit<'a>]) -> Expr<'t> {
        let (ty, span) = (self.ty(expr), expr.span);
        let (names, tys): (Vec<Box<str>>, Vec<Type>) =
            self.p.struct_of(ty).map_or_else(Default::default, |(_, def)| {
                def.fields.iter().map(|field| (field.name.clone(), field.ty)).unzip()
            });
        let mut stmts = Vec::new();
        match self.named_parts(inits, None, (&names, &tys), &mut stmts, span) {
            Ok(values) => {
                let value = self.struct_value(&values, ty, span);
                self.after(&stmts, value)
            }
            Err(diverging) => self.after(&stmts, diverging),
        }
    }

    /// `value`, a struct, as a record that has some of its fields.
    pub(super) fn view(&mut self, value: Expr<'t>, target: Type) -> Expr<'t> {
        let span = value.span;
        let names: Vec<Box<str>> = self
            .p
            .struct_of(target)
            .map_or_else(Vec::new, |(_, def)| def.fields.iter().map(|field| field.name.clone()).collect());
        let mut stmts = Vec::new();
        let whole = self.shared(value, &mut stmts);
        let parts: Vec<Expr<'t>> = names.iter().map(|name| self.named_field(whole, name, span)).collect();
        let view = self.struct_value(&parts, target, span);
        self.after(&stmts, view)
    }

    /// The fields in declaration order. They are evaluated in the order written, after the base: where the two orders
    /// differ, by way of variables that `out` declares.
    fn named_parts(
        &mut self,
        inits: &'a [FieldInit<'a>],
        base: Option<&'a ast::Expr<'a>>,
        (names, tys): (&[Box<str>], &[Type]),
        out: &mut Vec<Stmt<'t>>,
        span: Span,
    ) -> Result<Vec<Expr<'t>>, Expr<'t>> {
        let number = |this: &Self, init: &FieldInit<'_>| {
            let text = this.p.cx.name(init.name.symbol);
            names.iter().position(|name| **name == *text)
        };
        let numbers: Vec<Option<usize>> = inits.iter().map(|init| number(self, init)).collect();
        if base.is_none() && numbers.is_sorted() {
            let mut values = Vec::with_capacity(inits.len());
            for (init, number) in inits.iter().zip(numbers) {
                let ty = number.map(|number| tys[number]);
                values.push(self.field_init(init, ty));
            }
            return Ok(values);
        }
        let mut values: Vec<Option<Expr<'t>>> = vec![None; names.len()];
        let base = match base {
            None => None,
            Some(base) => {
                let value = self.value(base);
                if value.ty == Types::NEVER {
                    return Err(value);
                }
                Some(self.shared(value, out))
            }
        };
        for (init, number) in inits.iter().zip(numbers) {
            let value = self.field_init(init, number.map(|number| tys[number]));
            if value.ty == Types::NEVER {
                return Err(value);
            }
            let value = self.shared(value, out);
            if let Some(number) = number {
                values[number] = Some(value);
            }
        }
        let mut parts = Vec::with_capacity(values.len());
        for (number, value) in values.into_iter().enumerate() {
            parts.extend(value.or_else(|| base.map(|base| self.field(base, number as u32, span))));
        }
        Ok(parts)
    }

    fn field_init(&mut self, init: &'a FieldInit<'a>, ty: Option<Type>) -> Expr<'t> {
        match (init.value, ty) {
            (Some(value), Some(ty)) => self.into(value, ty, false),
            (Some(value), None) => self.value(value),
            (None, ty) => {
                let res = *self.t.shorthands.get(&Key::of(init)).expect("every name of a checked body has a meaning");
                let value = match self.t.values.get(&Key::of(init)) {
                    Some(&(value, ty)) => self.function_value(value, ty, init.name.span),
                    None => self.name(res, init.name.span),
                };
                self.fit(value, ty.unwrap_or(value.ty))
            }
        }
    }
}

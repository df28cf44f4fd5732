//! Assignments, fields, elements and slices.

use resilient_base::Span;
use resilient_syntax::ast::{self, BinaryOp as AstOp, RangeKind};

use super::func::FnLower;
use crate::infer::nominal::StructDeclId;
use crate::infer::{Literal, literal, strip_parens};
use crate::tables::Key;
use crate::typed::{AssignPart, Builtin, Expr, ExprKind, PartOp, Place, Projection, Stmt};
use crate::types::{Type, TypeKind, Types};

/// A variable or a part of one.
struct Target<'t> {
    root: Place,
    root_ty: Type,
    path: Vec<Projection<'t>>,
    /// The map whose key is the last step, if it is one.
    map: Type,
    ty: Type,
    span: Span,
}

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    pub(super) fn assign(&mut self, node: &'a ast::Assign<'a>, span: Span) -> Expr<'t> {
        if let ast::ExprKind::Tuple(_) = &node.place.kind {
            return self.assign_parts(node, span);
        }
        let target = self.target(node.place);
        match node.op {
            None => {
                let value = self.into(node.value, target.ty, false);
                self.store(target, value, span)
            }
            Some(op) => self.assign_op(op, target, node, span),
        }
    }

    /// `(a, b) = value`
    fn assign_parts(&mut self, node: &'a ast::Assign<'a>, span: Span) -> Expr<'t> {
        let whole = self.ty(node.place);
        let value = self.into(node.value, whole, false);
        if value.ty == Types::NEVER {
            return value;
        }
        let mut stmts = Vec::new();
        let temp = self.keep(value, "$value", &mut stmts);
        let value = self.local(temp, value.span);
        self.store_parts(node.place, value, &mut stmts);
        self.block_of(&stmts, None, Types::VOID, span)
    }

    /// Stores `value`, which can be read many times, in `place` or, if that is a tuple of places, its parts in those.
    fn store_parts(&mut self, place: &'a ast::Expr<'a>, value: Expr<'t>, stmts: &mut Vec<Stmt<'t>>) {
        match &place.kind {
            ast::ExprKind::Paren(inner) => self.store_parts(inner, value, stmts),
            ast::ExprKind::Tuple(places) => {
                for (i, place) in places.iter().enumerate() {
                    let part = self.field(value, i as u32, value.span);
                    self.store_parts(place, part, stmts);
                }
            }
            _ => {
                let target = self.target(place);
                let store = self.store(target, value, place.span);
                stmts.push(Stmt::Expr(self.alloc(store)));
            }
        }
    }

    /// Stores a value of the target's type.
    fn store(&mut self, target: Target<'t>, value: Expr<'t>, span: Span) -> Expr<'t> {
        if let Err(diverging) = self.store_operands(&target, Some(value), span) {
            return diverging;
        }
        let value = self.alloc(value);
        let kind = match target.path.as_slice() {
            [] => ExprKind::Assign(target.root, value),
            [path @ .., Projection::Key { key, .. }] => {
                let inst =
                    self.library_instance(target.map, "map_insert").expect("the checker asked for it at the place");
                let insert = self.p.func_id(inst);
                self.uses.fns.push(insert);
                self.assign_part(target.root, path, PartOp::Insert { key, insert }, value)
            }
            path => self.assign_part(target.root, path, PartOp::Store, value),
        };
        Expr { kind, ty: Types::VOID, span }
    }

    fn assign_part(&self, root: Place, path: &[Projection<'t>], op: PartOp<'t>, value: &'t Expr<'t>) -> ExprKind<'t> {
        let path = self.p.arena.alloc_slice_copy(path);
        ExprKind::AssignPart(self.p.arena.alloc(AssignPart { root, path, op, value }))
    }

    /// What an assignment evaluates up to something that does not complete: the value, if it comes first, the indices.
    fn store_operands(&mut self, target: &Target<'t>, first: Option<Expr<'t>>, span: Span) -> Result<(), Expr<'t>> {
        let indices = target.path.iter().filter_map(|step| match step {
            Projection::Index(index) | Projection::Key { key: index, .. } => Some(**index),
            Projection::Field(_) => None,
        });
        let operands: Vec<Expr<'t>> = first.into_iter().chain(indices).collect();
        self.operands(&operands, span)
    }

    fn assign_op(&mut self, op: AstOp, target: Target<'t>, node: &'a ast::Assign<'a>, span: Span) -> Expr<'t> {
        if self.method_of(Key::of(node.place)).is_some() || self.p.struct_of(target.ty).is_some() {
            return self.assign_method(op, target, node, span);
        }
        let value = self.value(node.value);
        if let Err(diverging) = self.store_operands(&target, None, span) {
            return diverging;
        }
        if value.ty == Types::NEVER {
            return value;
        }
        let (op, value) = self.compound(op, target.ty, value);
        let value = self.alloc(value);
        let kind = match target.path.as_slice() {
            [] => ExprKind::AssignOp(target.root, op, value),
            path => self.assign_part(target.root, path, PartOp::Op(op), value),
        };
        Expr { kind, ty: Types::VOID, span }
    }

    /// `place op= value` where the operator is a call: the indices, the old value, the operand, the call, the store.
    fn assign_method(&mut self, op: AstOp, mut target: Target<'t>, node: &'a ast::Assign<'a>, span: Span) -> Expr<'t> {
        if let Err(diverging) = self.store_operands(&target, None, span) {
            return diverging;
        }
        let mut stmts = Vec::new();
        for step in &mut target.path {
            if let Projection::Index(index) | Projection::Key { key: index, .. } = step {
                let shared = self.shared(**index, &mut stmts);
                *index = self.alloc(shared);
            }
        }
        let old = self.read(&target);
        let value = self.value(node.value);
        let result = match self.operands(&[old, value], span) {
            Ok(()) => self.operation(op, Key::of(node.place), old, value, span),
            Err(diverging) => return self.after(&stmts, diverging),
        };
        let result = self.fit(result, target.ty);
        let store = self.store(target, result, span);
        self.after(&stmts, store)
    }

    /// The value of a target.
    fn read(&mut self, target: &Target<'t>) -> Expr<'t> {
        let span = target.span;
        let root = |kind| Expr { kind, ty: target.root_ty, span };
        let mut value = match target.root {
            Place::Local(id) => root(ExprKind::Local(id)),
            Place::Global(id) => root(ExprKind::Global(id)),
            Place::Cell(id) => self.cell_content(id, span),
        };
        for step in &target.path {
            value = match *step {
                Projection::Field(number) => self.field(value, number, span),
                Projection::Index(index) => {
                    let ty = self.element(value.ty);
                    Expr { kind: ExprKind::Index(self.alloc(value), index), ty, span }
                }
                Projection::Key { key, .. } => self.call_library(value.ty, "__map_at", &[value, *key], span),
            };
        }
        value
    }

    /// What the syntax of a place means.
    fn target(&mut self, place: &'a ast::Expr<'a>) -> Target<'t> {
        match &place.kind {
            ast::ExprKind::Paren(inner) => self.target(inner),
            ast::ExprKind::Field(..) | ast::ExprKind::TupleField(..) | ast::ExprKind::Index(..) => {
                self.part_target(place)
            }
            _ => {
                let res = *self.t.names.get(&Key::of(place)).expect("every place of a checked body has a meaning");
                let ty = self.ty(place);
                Target { root: self.place_of(res), root_ty: ty, path: Vec::new(), map: ty, ty, span: place.span }
            }
        }
    }

    fn part_target(&mut self, place: &'a ast::Expr<'a>) -> Target<'t> {
        let (outer, step) = match &place.kind {
            ast::ExprKind::Field(outer, name) => {
                let target = self.target(outer);
                let number = self.field_number(target.ty, self.p.cx.name(name.symbol));
                (target, Projection::Field(number))
            }
            ast::ExprKind::TupleField(outer, number, _) => (self.target(outer), Projection::Field(*number)),
            ast::ExprKind::Index(outer, index) => {
                let target = self.target(outer);
                let step = match self.constant_part(target.ty, index) {
                    _ if self.collection_of(target.ty) == Some(StructDeclId::MAP) => self.key_step(target.ty, index),
                    Some(number) => Projection::Field(number),
                    None => {
                        let index = self.into(index, Types::INT, false);
                        Projection::Index(self.alloc(index))
                    }
                };
                (target, step)
            }
            _ => unreachable!("only parts come here: {place:?}"),
        };
        let mut target = outer;
        target.map = target.ty;
        target.ty = match step {
            Projection::Field(number) => self.p.field_types(target.ty)[number as usize],
            Projection::Index(_) => self.element(target.ty),
            Projection::Key { .. } => self.map_value(target.ty),
        };
        target.path.push(step);
        target.span = place.span;
        target
    }

    /// The type of the elements of the array type `ty`.
    pub(super) fn element(&self, ty: Type) -> Type {
        match *self.p.types.kind(ty) {
            TypeKind::Array(element) => element,
            _ => Types::VOID,
        }
    }

    /// The part of a tuple that a literal index names.
    fn constant_part(&self, ty: Type, index: &ast::Expr<'_>) -> Option<u32> {
        self.p.struct_of(ty)?;
        match literal(index) {
            Some((Literal::Int(number), _)) => u32::try_from(number).ok(),
            _ => None,
        }
    }

    /// `receiver.name`, `receiver.0`
    pub(super) fn part(&mut self, expr: &'a ast::Expr<'a>) -> Expr<'t> {
        let (receiver, number) = match &expr.kind {
            ast::ExprKind::Field(receiver, name) => {
                let value = self.value(receiver);
                if value.ty == Types::NEVER {
                    return value;
                }
                (value, self.field_number(value.ty, self.p.cx.name(name.symbol)))
            }
            ast::ExprKind::TupleField(receiver, number, _) => (self.value(receiver), *number),
            _ => unreachable!("only parts come here: {expr:?}"),
        };
        if receiver.ty == Types::NEVER {
            return receiver;
        }
        self.field(receiver, number, expr.span)
    }

    /// `receiver[index]`
    pub(super) fn index(&mut self, receiver: &'a ast::Expr<'a>, index: &'a ast::Expr<'a>, span: Span) -> Expr<'t> {
        let receiver = self.value(receiver);
        if receiver.ty == Types::NEVER {
            return receiver;
        }
        if self.collection_of(receiver.ty) == Some(StructDeclId::MAP) {
            return self.map_at(receiver, index, span);
        }
        if let Some(number) = self.constant_part(receiver.ty, index) {
            return self.field(receiver, number, span);
        }
        if let ast::ExprKind::Range(lo, hi, kind) = strip_parens(index).kind {
            return self.slice(receiver, (lo, hi, kind), span);
        }
        let index = self.into(index, Types::INT, false);
        if let Err(diverging) = self.operands(&[receiver, index], span) {
            return diverging;
        }
        if receiver.ty == Types::STR {
            return self.builtin(Builtin::StrIndex, &[receiver, index], Types::CHAR, span);
        }
        let ty = self.element(receiver.ty);
        Expr { kind: ExprKind::Index(self.alloc(receiver), self.alloc(index)), ty, span }
    }

    fn slice(
        &mut self,
        receiver: Expr<'t>,
        (lo, hi, kind): (Option<&'a ast::Expr<'a>>, Option<&'a ast::Expr<'a>>, RangeKind),
        span: Span,
    ) -> Expr<'t> {
        let int = |value| Expr { kind: ExprKind::Int(value), ty: Types::INT, span };
        let lo = lo.map_or(int(0), |lo| self.into(lo, Types::INT, false));
        let inclusive = hi.is_some() && kind == RangeKind::Inclusive;
        let hi = hi.map_or(int(i64::MAX), |hi| self.into(hi, Types::INT, false));
        let inclusive = Expr { kind: ExprKind::Bool(inclusive), ty: Types::BOOL, span };
        let operands = [receiver, lo, hi, inclusive];
        if let Err(diverging) = self.operands(&operands, span) {
            return diverging;
        }
        let builtin = if receiver.ty == Types::STR { Builtin::StrSlice } else { Builtin::ArraySlice };
        self.builtin(builtin, &operands, receiver.ty, span)
    }

    /// A call of `builtin`.
    pub(super) fn builtin(&self, builtin: Builtin, args: &[Expr<'t>], ty: Type, span: Span) -> Expr<'t> {
        Expr { kind: ExprKind::CallBuiltin(builtin, self.p.arena.alloc_slice_copy(args)), ty, span }
    }
}

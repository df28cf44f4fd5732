//! Maps, sets, bytes and ranges: literals, access by key and loops, as calls of the library.

use resilient_base::Span;
use resilient_syntax::ast::{self, RangeKind};

use super::func::FnLower;
use crate::infer::InstId;
use crate::infer::nominal::{StructDeclId, collection, range};
use crate::infer::ty::TyKind;
use crate::typed::{BinaryOp, Builtin, CmpOp, Expr, ExprKind, Local, Place, Projection, Stmt};
use crate::types::{IntTy, Type, TypeKind, Types};

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    /// Which built-in struct type `ty` is.
    pub(super) fn collection_of(&mut self, ty: Type) -> Option<StructDeclId> {
        let origin = *self.p.origins.get(&ty)?;
        match self.p.checked.tys.kind(origin) {
            TyKind::Struct(id, _) if id.is_builtin() => Some(id),
            _ => None,
        }
    }

    /// The instance of the library function `name` with the type arguments of the collection type `ty`.
    pub(super) fn library_instance(&mut self, ty: Type, name: &str) -> Option<InstId> {
        let origin = *self.p.origins.get(&ty)?;
        let TyKind::Struct(_, args) = self.p.checked.tys.kind(origin) else { return None };
        let func = self.p.decls.library.declared(self.p.cx.interner.get(name)?)?;
        let args = self.p.checked.tys.close_list(args);
        self.p.checked.inst_ids.get(&(func, args)).copied()
    }

    /// A call of the library function `name` for the collection type `ty`.
    pub(super) fn call_library(&mut self, ty: Type, name: &str, args: &[Expr<'t>], span: Span) -> Expr<'t> {
        let inst = self.library_instance(ty, name).expect("the checker asked for what collections need");
        self.call_values(inst, args, span, false)
    }

    /// Types of keys and values of the map type `ty`; of elements twice, if it is a set type.
    fn part_types(&self, ty: Type) -> (Type, Type) {
        let fields = self.p.field_types(ty);
        let element = |field: u32| fields.get(field as usize).map_or(Types::VOID, |&array| self.element(array));
        (element(collection::KEYS), element(collection::VALUES))
    }

    fn empty_array(&self, ty: Type, span: Span) -> Expr<'t> {
        Expr { kind: ExprKind::Array(&[]), ty, span }
    }

    /// A map or set without elements.
    fn empty(&self, ty: Type, span: Span) -> Expr<'t> {
        let fields = self.p.field_types(ty);
        let values: Vec<Expr<'t>> = fields
            .into_iter()
            .map(|field| match self.p.types.kind(field) {
                TypeKind::Array(_) => self.empty_array(field, span),
                _ => Expr { kind: ExprKind::Bool(true), ty: field, span },
            })
            .collect();
        self.struct_value(&values, ty, span)
    }

    /// `{k -> v, ..}`: insertions into a variable, in order.
    pub(super) fn map_literal(
        &mut self,
        expr: &'a ast::Expr<'a>,
        entries: &'a [(ast::Expr<'a>, ast::Expr<'a>)],
    ) -> Expr<'t> {
        let ty = self.ty(expr);
        let (key, value) = self.part_types(ty);
        let parts = entries.iter().map(|(k, v)| vec![(k, key), (v, value)]).collect();
        self.insertions(ty, "map_insert", parts, expr.span)
    }

    /// `#{a, ..}`
    pub(super) fn set_literal(&mut self, expr: &'a ast::Expr<'a>, items: &'a [ast::Expr<'a>]) -> Expr<'t> {
        let ty = self.ty(expr);
        let (element, _) = self.part_types(ty);
        let parts = items.iter().map(|item| vec![(item, element)]).collect();
        self.insertions(ty, "set_insert", parts, expr.span)
    }

    fn insertions(
        &mut self,
        ty: Type,
        insert: &str,
        entries: Vec<Vec<(&'a ast::Expr<'a>, Type)>>,
        span: Span,
    ) -> Expr<'t> {
        let empty = self.empty(ty, span);
        if entries.is_empty() {
            return empty;
        }
        let out = self.new_local(Local { name: "$out", ty, assigned: true, span });
        let mut stmts = vec![Stmt::Let(out, self.alloc(empty))];
        for parts in entries {
            let mut args = vec![self.local(out, span)];
            args.extend(parts.into_iter().map(|(part, ty)| self.into(part, ty, false)));
            if let Err(diverging) = self.operands(&args[1..], span) {
                return self.after(&stmts, diverging);
            }
            let whole = self.call_library(ty, insert, &args, span);
            let kind = ExprKind::Assign(Place::Local(out), self.alloc(whole));
            stmts.push(Stmt::Expr(self.alloc(Expr { kind, ty: Types::VOID, span })));
        }
        let value = self.local(out, span);
        self.block_of(&stmts, Some(value), ty, span)
    }

    /// `b".."`
    pub(super) fn bytes_literal(&mut self, expr: &'a ast::Expr<'a>, octets: &[u8]) -> Expr<'t> {
        let ty = self.ty(expr);
        self.octets(octets, ty, expr.span)
    }

    /// The `bytes` value of these octets.
    pub(super) fn octets(&mut self, octets: &[u8], ty: Type, span: Span) -> Expr<'t> {
        let octet = self.p.types.intern(TypeKind::Int(IntTy { bits: 8, signed: false }));
        let array = self.p.types.intern(TypeKind::Array(octet));
        let items: Vec<Expr<'t>> =
            octets.iter().map(|&value| Expr { kind: ExprKind::Int(i64::from(value)), ty: octet, span }).collect();
        let items = ExprKind::Array(self.p.arena.alloc_slice_copy(&items));
        self.struct_value(&[Expr { kind: items, ty: array, span }], ty, span)
    }

    /// `a..b` as a value.
    pub(super) fn range_value(
        &mut self,
        expr: &'a ast::Expr<'a>,
        lo: &'a ast::Expr<'a>,
        hi: &'a ast::Expr<'a>,
        kind: RangeKind,
    ) -> Expr<'t> {
        let (ty, span) = (self.ty(expr), expr.span);
        let (lo, hi) = (self.into(lo, Types::INT, false), self.into(hi, Types::INT, false));
        let inclusive = Expr { kind: ExprKind::Bool(kind == RangeKind::Inclusive), ty: Types::BOOL, span };
        self.struct_value(&[lo, hi, inclusive], ty, span)
    }

    /// `map[key]`
    pub(super) fn map_at(&mut self, map: Expr<'t>, key: &'a ast::Expr<'a>, span: Span) -> Expr<'t> {
        let (ty, _) = self.part_types(map.ty);
        let key = self.into(key, ty, false);
        match self.operands(&[map, key], span) {
            Ok(()) => self.call_library(map.ty, "__map_at", &[map, key], span),
            Err(diverging) => diverging,
        }
    }

    /// The step to the value at a key of a map of type `ty`.
    pub(super) fn key_step(&mut self, ty: Type, key: &'a ast::Expr<'a>) -> Projection<'t> {
        let (key_ty, _) = self.part_types(ty);
        let key = self.into(key, key_ty, false);
        let inst = self.library_instance(ty, "__map_position").expect("the checker asked for it at the place");
        let position = self.p.func_id(inst);
        self.uses.fns.push(position);
        Projection::Key { key: self.alloc(key), position, values: collection::VALUES }
    }

    /// The type of the values of the map type `ty`.
    pub(super) fn map_value(&self, ty: Type) -> Type {
        self.part_types(ty).1
    }

    /// What a loop over a map or set goes over: the keys in ascending order.
    pub(super) fn keys_in_order(&mut self, id: StructDeclId, value: Expr<'t>, span: Span) -> Expr<'t> {
        let name = if id == StructDeclId::MAP { "map_keys" } else { "set_items" };
        self.call_library(value.ty, name, &[value], span)
    }

    /// `len` of a map or range.
    pub(super) fn collection_len(&mut self, id: StructDeclId, value: Expr<'t>, span: Span) -> Expr<'t> {
        if id != StructDeclId::RANGE {
            let keys = self.field(value, collection::KEYS, span);
            return self.builtin(Builtin::ArrayLen, &[keys], Types::INT, span);
        }
        let mut stmts = Vec::new();
        let (lo, last) = self.range_bounds(value, &mut stmts, span);
        let distance = self.infix(BinaryOp::IntSub, last, lo, span);
        let one = Expr { kind: ExprKind::Int(1), ty: Types::INT, span };
        let n = self.infix(BinaryOp::IntAdd, distance, one, span);
        // An inclusive range may end below its start.
        let none = Expr { kind: ExprKind::Int(0), ty: Types::INT, span };
        let is_reversed = self.infix(BinaryOp::IntCmp(CmpOp::Lt), last, lo, span);
        let kind = ExprKind::If(self.alloc(is_reversed), self.alloc(none), Some(self.alloc(n)));
        self.after(&stmts, Expr { kind, ty: Types::INT, span })
    }

    /// First and last int of a range that is a value, for a loop that includes both: of an empty range 1 and 0.
    pub(super) fn range_bounds(
        &mut self,
        value: Expr<'t>,
        stmts: &mut Vec<Stmt<'t>>,
        span: Span,
    ) -> (Expr<'t>, Expr<'t>) {
        let whole = self.shared(value, stmts);
        let (lo, hi) = (self.field(whole, range::LO, span), self.field(whole, range::HI, span));
        let inclusive = self.field(whole, range::INCLUSIVE, span);
        let int = |value| Expr { kind: ExprKind::Int(value), ty: Types::INT, span };
        let choose = |this: &Self, cond: Expr<'t>, then: Expr<'t>, otherwise: Expr<'t>| {
            let kind = ExprKind::If(this.alloc(cond), this.alloc(then), Some(this.alloc(otherwise)));
            Expr { kind, ty: then.ty, span }
        };
        // `hi - 1` is right only where something is below `hi`.
        let is_below = self.infix(BinaryOp::IntCmp(CmpOp::Lt), lo, hi, span);
        let before = self.infix(BinaryOp::IntSub, hi, int(1), span);
        let open = choose(self, is_below, before, int(0));
        let last = choose(self, inclusive, hi, open);
        let is_inhabited = {
            let kind = ExprKind::Or(self.alloc(is_below), self.alloc(inclusive));
            Expr { kind, ty: Types::BOOL, span }
        };
        (choose(self, is_inhabited, lo, int(1)), last)
    }
}

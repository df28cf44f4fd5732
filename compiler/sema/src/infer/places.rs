//! Places: what an assignment stores to.

use resilient_base::{Diagnostic, Span, diag::codes};
use resilient_syntax::ast::{self, Expr, ExprKind, PatternKind};

use super::body::Body;
use super::fields::part_of;
use super::goals::Operand;
use super::ops::BinaryUse;
use super::paths::PathTarget;
use super::report::Site;
use super::ty::Ty;
use crate::tables::{Key, Mentioned, Res};

impl<'a> Body<'_, '_, '_, 'a> {
    pub(super) fn assign(&mut self, node: &'a ast::Assign<'a>, span: Span) -> Ty {
        let value = match (node.op, &node.place.kind) {
            (None, _) => match self.place(node.place) {
                Some(place) => self.coerce(node.value, place, Site::Assign),
                None => self.value(node.value),
            },
            (Some(op), _) => self.assign_op(op, node, span),
        };
        if self.is_never(value) { Ty::NEVER } else { Ty::VOID }
    }

    fn assign_op(&mut self, op: ast::BinaryOp, node: &'a ast::Assign<'a>, span: Span) -> Ty {
        let Some(place) = self.place(node.place) else { return self.value(node.value) };
        let right = self.operand(node.value);
        if self.is_never(right.ty) {
            return Ty::NEVER;
        }
        let left = Operand::new(place, node.place.span);
        let slot = self.operator_slot(Key::of(node.place), left.ty, right.ty);
        let result = self.ck.binary(BinaryUse { op, span, left, right, slot });
        if !self.ck.accepts(place, Operand::new(result, span)) {
            self.ck.report_mismatch(Site::Assign, place, result, span);
        }
        Ty::VOID
    }

    /// The type of the variable or part that is assigned to. None if something was reported.
    fn place(&mut self, expr: &'a Expr<'a>) -> Option<Ty> {
        let ty = match &expr.kind {
            ExprKind::Path(path) => return self.variable_place(expr, path, true),
            ExprKind::Paren(inner) => self.place(inner)?,
            ExprKind::Field(receiver, _) | ExprKind::TupleField(receiver, ..) => {
                let outer = self.outer_place(receiver)?;
                let part = part_of(expr)?;
                self.ck.part(Operand::new(outer, receiver.span), part)
            }
            ExprKind::Index(receiver, index) => {
                let outer = self.outer_place(receiver)?;
                let (node, _) = self.index_use(outer, index, true);
                self.ck.index(Operand::new(outer, receiver.span), node)
            }
            ExprKind::Tuple(parts) => {
                let parts: Vec<Ty> = parts.iter().map(|part| self.place(part).unwrap_or(Ty::ERROR)).collect();
                self.ck.out.tys.tuple(&parts)
            }
            // The parser has rejected everything else.
            _ => return None,
        };
        Some(self.record(expr, ty))
    }

    /// The place of which a part is assigned to.
    fn outer_place(&mut self, expr: &'a Expr<'a>) -> Option<Ty> {
        match &expr.kind {
            ExprKind::Path(path) => self.variable_place(expr, path, false),
            _ => self.place(expr),
        }
    }

    fn variable_place(&mut self, expr: &'a Expr<'a>, path: &ast::Path<'a>, is_whole: bool) -> Option<Ty> {
        let (res, name) = self.variable_at(path)?;
        if !self.may_assign(res, name, is_whole) {
            return None;
        }
        let ty = self.type_of(res, name.span)?;
        self.t.names.insert(Key::of(expr), res);
        Some(self.record(expr, ty))
    }

    /// What `path`, which is assigned to, names. None if something was reported.
    fn variable_at(&mut self, path: &ast::Path<'_>) -> Option<(Res, ast::Name)> {
        let [name] = path.segments else {
            return match self.path_target(path) {
                PathTarget::Value(res, name) => Some((res, name)),
                PathTarget::Reported => None,
                PathTarget::OfType(..) | PathTarget::Type(..) => {
                    let message = "this is not a variable and cannot be assigned to";
                    self.error(Diagnostic::error(codes::NOT_A_PLACE, path.span, message));
                    None
                }
            };
        };
        let res = self.resolve(*name);
        if res.is_none() {
            self.unknown_name(*name);
        }
        res.map(|res| (res, *name))
    }

    /// Notes the assignment to `res`, or reports that it is not allowed. Parts of a variable that was declared with
    /// `const` may be assigned.
    fn may_assign(&mut self, res: Res, name: ast::Name, is_whole: bool) -> bool {
        let protected = match res {
            Res::Local(id) => {
                self.t.locals[id].assigned = true;
                let is_around = self.t.locals[id].frame == self.frame && self.t.locals[id].n_tries < self.n_tries();
                self.t.locals[id].assigned_in_try |= is_around;
                self.t.locals[id].reassigned |= is_whole;
                self.mention(Mentioned::Assigned(id), name.span);
                (self.t.locals[id].is_const && is_whole).then(|| self.t.locals[id].span)
            }
            Res::TopLet(id) => {
                self.ck.out.lets[id].assigned = true;
                self.ck.out.lets[id].reassigned |= is_whole;
                self.ck.out.lets[id].assigned_by_fn |= self.is_in_function();
                self.ck.out.lets[id].assigned_in_try |= self.n_tries() > 0;
                self.ck.out.lets[id].assigned_in_live |= self.n_live > 0;
                let declared = &self.ck.decls.lets[id];
                // With a pattern `const` means nothing.
                let is_const = declared.decl.is_const && matches!(declared.decl.target.kind, PatternKind::Name(_));
                (is_const && is_whole).then_some(declared.name.span)
            }
            Res::Static(id) => {
                let info = &self.ck.out.statics[id];
                (info.is_const && is_whole).then_some(info.span)
            }
            Res::Const(id) => Some(self.ck.decls.consts[id].decl.name.span),
            Res::Fn(_) | Res::Lib(_) | Res::Library(_) | Res::Intrinsic(_) | Res::Nested(_) | Res::Template(_) => {
                let message = format!("`{}` is a function and cannot be assigned to", self.ck.cx.name(name.symbol));
                self.error(Diagnostic::error(codes::NOT_A_PLACE, name.span, message));
                return false;
            }
        };
        let Some(declared) = protected else { return true };
        let text = self.ck.cx.name(name.symbol);
        self.error(
            Diagnostic::error(codes::CONST_ASSIGNMENT, name.span, format!("cannot assign to constant `{text}`"))
                .with_secondary(declared, "declared constant here"),
        );
        false
    }
}

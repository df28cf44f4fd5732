//! Patterns that always match, as a sequence of `let`s, and the variables of all of them.

use resilient_base::Span;
use resilient_syntax::ast::{Pattern, PatternKind};

use super::func::{FnLower, void};
use super::patterns::{Construct, FullArm};
use crate::tables::{Binding, Key};
use crate::typed::{Decision, Expr, ExprKind, GlobalId, Local, LocalId, Match, Stmt};
use crate::types::Type;

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    /// Adds to `out` the declarations that `pattern` makes of `value`, which completes.
    pub(super) fn bind(&mut self, pattern: &'a Pattern<'a>, value: Expr<'t>, out: &mut Vec<Stmt<'t>>) {
        match &pattern.kind {
            PatternKind::Paren(inner) => self.bind(inner, value, out),
            PatternKind::Wildcard => out.push(Stmt::Expr(self.alloc(value))),
            PatternKind::Name(name) if self.p.cx.name(name.symbol) != "None" => {
                let binding = self.binding_at(name.span);
                let stmt = self.init(binding, value, false);
                out.push(stmt);
            }
            _ => self.bind_parts(pattern, value, out),
        }
    }

    fn bind_parts(&mut self, pattern: &'a Pattern<'a>, value: Expr<'t>, out: &mut Vec<Stmt<'t>>) {
        let subject = self.shared(value, out);
        let mut kept = Vec::new();
        let lowered = self.pattern(pattern, subject.ty, &mut kept);
        let arm = FullArm { pattern: lowered, guard: None, body: void(pattern.span), at: None };
        let choice = self.choice(subject, vec![arm], Construct::Binding(pattern.span), pattern.span);
        if let ExprKind::Match(Match { decision: Decision::Arm { bindings, .. }, .. }) = choice.kind {
            out.extend(bindings.iter().map(|(local, value)| Stmt::Let(*local, value)));
        } else {
            out.push(Stmt::Expr(self.alloc(choice)));
        }
        self.release_kept(&kept, out);
    }

    /// What the name at `span` declares.
    pub(super) fn binding_at(&self, span: Span) -> Binding {
        *self.t.bindings.get(&span).expect("every name in a pattern of a checked body was declared")
    }

    /// The statement that makes the variable of `binding`.
    pub(super) fn init(&mut self, binding: Binding, value: Expr<'t>, is_static: bool) -> Stmt<'t> {
        let value = match binding {
            Binding::Local(id) if self.slot(id).is_cell => self.new_cell(value),
            _ => value,
        };
        let init = self.alloc(value);
        match binding {
            Binding::Local(id) => Stmt::Let(self.slot(id).local, init),
            Binding::Static(id) => {
                let global = self.p.static_globals[id].expect("all of them were declared at the start");
                if is_static { self.init_static(global, init) } else { Stmt::InitGlobal(global, init) }
            }
            Binding::TopLet(id) => match self.p.let_globals[id] {
                Some(global) if is_static => self.init_static(global, init),
                Some(global) => Stmt::InitGlobal(global, init),
                None => {
                    let entry = &self.p.decls.lets[id];
                    let assigned = self.p.checked.lets[id].assigned;
                    let (name, span) = (self.p.text(entry.name.symbol), entry.name.span);
                    // A variable without a type has no value either.
                    let ty = self.p.checked.lets[id].ty.map_or(value.ty, |ty| self.concrete(ty));
                    let local = self.new_local(Local { name, ty, assigned, span });
                    self.let_locals[id] = Some(local);
                    Stmt::Let(local, init)
                }
            },
        }
    }

    /// A `static let`. Its initialiser may be left, or may get to the uses of the variable again through a call; only
    /// then can a use come before the variable has a value.
    fn init_static(&mut self, global: GlobalId, init: &'t Expr<'t>) -> Stmt<'t> {
        self.p.globals[global].checked |= !always_completes(init);
        Stmt::InitStatic(global, init)
    }

    /// A form of `value` that can be used many times: a variable or a part of one.
    pub(super) fn shared(&mut self, value: Expr<'t>, out: &mut Vec<Stmt<'t>>) -> Expr<'t> {
        if let Some(value) = self.stable(value) {
            return value;
        }
        let temp = self.keep(value, "$value", out);
        self.local(temp, value.span)
    }

    /// A new variable that holds `value`.
    pub(super) fn keep(&mut self, value: Expr<'t>, name: &'static str, out: &mut Vec<Stmt<'t>>) -> LocalId {
        let temp = self.temp(name, value.ty, value.span);
        out.push(Stmt::Let(temp, self.alloc(value)));
        temp
    }

    /// Field number `number` of `value`.
    pub(super) fn field(&self, value: Expr<'t>, number: u32, span: Span) -> Expr<'t> {
        let ty = self.p.field_types(value.ty)[number as usize];
        Expr { kind: ExprKind::Field(self.alloc(value), number), ty, span }
    }

    /// The field of `value` called `name`.
    pub(super) fn named_field(&self, value: Expr<'t>, name: &str, span: Span) -> Expr<'t> {
        let number = self.field_number(value.ty, name);
        self.field(value, number, span)
    }

    /// The number of the field called `name` of the struct type `ty`.
    pub(super) fn field_number(&self, ty: Type, name: &str) -> u32 {
        let number = self.p.struct_of(ty).and_then(|(_, def)| def.fields.iter().position(|field| *field.name == *name));
        number.expect("the checker lets only fields pass that exist") as u32
    }

    /// The type that the checker found for the pattern.
    pub(super) fn pattern_ty(&mut self, pattern: &Pattern<'_>) -> Type {
        let ty = self.t.patterns.get(&Key::of(pattern)).copied();
        self.concrete(ty.expect("every pattern of a checked body has a type"))
    }
}

/// Whether `expr` is evaluated without a call of a function and without a jump.
pub(super) fn always_completes(expr: &Expr<'_>) -> bool {
    match expr.kind {
        ExprKind::Void
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Char(_)
        | ExprKind::Bool(_)
        | ExprKind::Str(_)
        | ExprKind::Local(_)
        | ExprKind::Global(_) => true,
        ExprKind::Unary(_, operand) | ExprKind::Convert(_, operand) | ExprKind::Field(operand, _) => {
            always_completes(operand)
        }
        ExprKind::Binary(_, left, right) => always_completes(left) && always_completes(right),
        ExprKind::Struct(parts) | ExprKind::Variant(_, parts) | ExprKind::Array(parts) => {
            parts.iter().all(always_completes)
        }
        _ => false,
    }
}

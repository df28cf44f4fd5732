//! Functions inside bodies, made functions of the program. The variables they capture are their last parameters.
//!
//! ```text
//! fn(a) { a + n }      =>   fn <anon>(a, n) { a + n }          where n is never assigned
//!                           <anon>[n]                          the value
//! fn f(a) { n += a }   =>   fn f(a, n: Cell) { n.content += a }
//! f(1)                 =>   f(1, n)                            where n holds the cell
//! ```
//!
//! A variable that lives in a cell is a local that holds the cell, made where the variable is initialised. Parameters are
//! moved to cells where the body begins; contract clauses read them as they came.

use std::rc::Rc;

use resilient_base::{SecondaryMap, Span};
use resilient_syntax::ast::{self, FnDecl, Item, StmtKind};
use rustc_hash::FxHashMap;

use super::Lower;
use super::func::FnLower;
use crate::tables::{ArgSource, Key, NestedId, Tables, UseId};
use crate::typed::{Expr, ExprKind, FuncId, Local, LocalId, Stmt};
use crate::types::{Type, TypeKind};
use crate::walk::{self, Node};

/// Where a variable is kept.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    pub(super) local: LocalId,
    /// Whether the local holds the cell that the variable lives in.
    pub(super) is_cell: bool,
}

/// The functions inside a body.
#[derive(Clone, Default)]
pub(super) struct NestedFuncs<'a>(Rc<Inner<'a>>);

#[derive(Default)]
struct Inner<'a> {
    funcs: SecondaryMap<NestedId, Option<FuncId>>,
    decls: FxHashMap<Key, &'a FnDecl<'a>>,
}

impl<'a> NestedFuncs<'a> {
    /// Gives numbers to the functions in `tables`, those of a body with these roots.
    pub(super) fn new(p: &mut Lower<'_, '_, 'a, '_>, tables: &Tables, roots: Vec<Node<'a>>) -> NestedFuncs<'a> {
        let mut inner = Inner::default();
        if tables.nested.fns.is_empty() {
            return NestedFuncs::default();
        }
        walk::each(roots, &mut |node| {
            let decl = match node {
                Node::Expr(ast::Expr { kind: ast::ExprKind::Closure(decl), .. }) => *decl,
                Node::Stmt(ast::Stmt { kind: StmtKind::Item(Item::Fn(decl)), .. }) => *decl,
                Node::Stmt(ast::Stmt { kind: StmtKind::Defer(expr), .. }) => match p.decls.deferred(expr) {
                    Some(decl) => decl,
                    None => return,
                },
                _ => return,
            };
            inner.decls.insert(Key::of(decl), decl);
        });
        for (id, nested) in tables.nested.fns.iter() {
            if !nested.is_probe {
                inner.funcs[id] = Some(p.new_func());
            }
        }
        NestedFuncs(Rc::new(inner))
    }

    fn func(&self, id: NestedId) -> FuncId {
        self.0.funcs[id].expect("functions that are used have numbers")
    }

    /// Lowers the functions in `tables`, which see the top-level variables declared before statement `lets_limit`.
    pub(super) fn lower(&self, p: &mut Lower<'_, '_, 'a, '_>, tables: &mut Tables, lets_limit: u32) {
        let ids: Vec<NestedId> = tables.nested.fns.keys().collect();
        for id in ids {
            let Some(func) = self.0.funcs[id] else { continue };
            let nested = &mut tables.nested.fns[id];
            let (name, span, result) = (nested.name, nested.span, nested.result);
            let decl = self.0.decls[&nested.decl];
            let mut inner = Box::new(std::mem::take(&mut nested.tables));
            inner.leave(tables);
            let text = name.map_or("<anon>", |name| p.text(name));
            let result = p.concrete(result);
            let mut fx = FnLower::new(p, result);
            fx.t = inner;
            fx.nested = self.clone();
            fx.lets_limit = lets_limit;
            fx.make_slots(Some(id));
            let lowered = fx.func(decl, text, span, func);
            let (mut inner, uses) = (fx.t, fx.uses);
            tables.leave(&mut inner);
            // A second form of the function around may be made of them.
            tables.nested.fns[id].tables = *inner;
            p.set_made(func, (lowered, uses));
        }
    }
}

impl<'a, 't> FnLower<'_, '_, '_, 'a, 't> {
    /// Makes room for the variables of the function `frame` of the current tables.
    pub(super) fn make_slots(&mut self, frame: Option<NestedId>) {
        self.slots = SecondaryMap::new();
        let captures = frame.map_or(Vec::new(), |id| self.t.nested.fns[id].captures.clone());
        let params = self.t.params.clone();
        self.params = params.iter().map(|&id| self.add_slot(id, false)).collect();
        self.captured = captures.iter().map(|&id| self.add_slot(id, self.t.locals[id].lives_in_cell())).collect();
        let others: Vec<LocalId> =
            self.t.locals.iter().filter(|(_, info)| info.frame == frame).map(|(id, _)| id).collect();
        for id in others {
            if self.slots[id].is_none() {
                self.add_slot(id, self.t.locals[id].lives_in_cell());
            }
        }
    }

    fn add_slot(&mut self, id: LocalId, is_cell: bool) -> LocalId {
        let info = &self.t.locals[id];
        let (ty, name, span) = (info.ty, info.name, info.span);
        // What lives in a cell is assigned there.
        let assigned = info.assigned && !info.lives_in_cell();
        let ty = self.concrete(ty);
        let ty = if is_cell { self.p.types.intern(TypeKind::Cell(ty)) } else { ty };
        let name = name.map_or("$param", |name| self.p.text(name));
        let local = self.new_local(Local { name, ty, assigned, span });
        self.slots[id] = Some(Slot { local, is_cell });
        local
    }

    /// Whether the function has the variable `id` of the current tables.
    pub(super) fn has_slot(&self, id: LocalId) -> bool {
        self.slots[id].is_some()
    }

    /// Where the variable `id` of the current tables is kept.
    pub(super) fn slot(&self, id: LocalId) -> Slot {
        self.slots[id].expect("a function sees its own variables and those it captures")
    }

    /// Moves parameters that live in cells there. Gives the slots that they had.
    pub(super) fn move_params(&mut self, out: &mut Vec<Stmt<'t>>) -> Vec<(LocalId, Slot)> {
        let moved: Vec<LocalId> =
            self.t.params.iter().copied().filter(|&id| self.t.locals[id].lives_in_cell()).collect();
        let mut before = Vec::with_capacity(moved.len());
        for id in moved {
            let slot = self.slot(id);
            let span = self.t.locals[id].span;
            let value = self.local(slot.local, span);
            let cell = self.new_cell(value);
            let local = self.add_slot(id, true);
            out.push(Stmt::Let(local, self.alloc(cell)));
            before.push((id, slot));
        }
        before
    }

    /// Lets parameters be what they were when the function was called.
    pub(super) fn restore_params(&mut self, before: Vec<(LocalId, Slot)>) {
        for (id, slot) in before {
            self.slots[id] = Some(slot);
        }
    }

    /// A new cell with this value.
    pub(super) fn new_cell(&mut self, value: Expr<'t>) -> Expr<'t> {
        let ty = self.p.types.intern(TypeKind::Cell(value.ty));
        Expr { kind: ExprKind::CellNew(self.alloc(value)), ty, span: value.span }
    }

    /// What the function `id` captures, as values to be given to it.
    fn captured_values(&mut self, id: NestedId, span: Span) -> Vec<Expr<'t>> {
        let captures = self.t.nested.fns[id].captures.clone();
        captures.into_iter().map(|local| self.captured_value(local, span)).collect()
    }

    fn captured_value(&mut self, id: LocalId, span: Span) -> Expr<'t> {
        let slot = self.slot(id);
        match self.t.locals[id].lives_in_cell() {
            true if slot.is_cell => self.local(slot.local, span),
            // A parameter in a contract clause, which is not in its cell there.
            true => {
                let value = self.local(slot.local, span);
                self.new_cell(value)
            }
            false => {
                let local = self.entry_copy(slot.local);
                self.local(local, span)
            }
        }
    }

    /// The value of a function inside the body.
    pub(super) fn closure(&mut self, id: NestedId, span: Span) -> Expr<'t> {
        let func = self.nested.func(id);
        self.uses.fns.push(func);
        let captured = self.captured_values(id, span);
        let nested = &self.t.nested.fns[id];
        let ty = self.p.checked.tys.failing_function(&nested.params, nested.result, nested.failures);
        let ty = self.concrete(ty);
        Expr { kind: ExprKind::Closure(func, self.p.arena.alloc_slice_copy(&captured)), ty, span }
    }

    /// The instance that a use of a generic local function stands for.
    pub(super) fn used(&self, id: UseId) -> NestedId {
        self.t.nested.uses[id].expect("the checker made every instance that is used")
    }

    /// A call of a function inside the body.
    pub(super) fn call_nested(
        &mut self,
        id: NestedId,
        sources: &[ArgSource],
        args: &[&'a ast::Expr<'a>],
        span: Span,
        is_tail: bool,
    ) -> Expr<'t> {
        let params = self.t.nested.fns[id].params.clone();
        let mut values = Vec::with_capacity(sources.len());
        for (index, source) in sources.iter().enumerate() {
            let ty: Type = self.concrete(params[index]);
            values.push(match source {
                ArgSource::Given(at) => self.into(args[*at as usize], ty, false),
                ArgSource::Default => {
                    let default = self.t.nested.fns[id].defaults[index].clone();
                    self.default_value(default, ty, span)
                }
            });
        }
        if let Err(diverging) = self.operands(&values, span) {
            return diverging;
        }
        values.extend(self.captured_values(id, span));
        let result = self.t.nested.fns[id].result;
        let ty = self.concrete(result);
        self.call_func(self.nested.func(id), &values, ty, span, is_tail)
    }
}

//! Functions and the top-level code.

use resilient_base::{EntityRef, FileId, SecondaryMap, Span};
use resilient_syntax::ast::{self, ParamKind};
use rustc_hash::FxHashMap;

use super::derived::Derived;
use super::nested::{NestedFuncs, Slot};
use super::{Lower, Uses};
use crate::cfg::{Overflow, TEST_MARKER};
use crate::decls::TopLetId;
use crate::infer::ty::Ty;
use crate::infer::{InstId, Instance};
use crate::tables::{Key, Tables};
use crate::typed::{Block, Bound, Builtin, Call, Deferred, Expr, ExprKind, Func, FuncId, Local, LocalId, LoopId, Stmt};
use crate::types::{Type, Types};
use crate::walk::{self, Node};

/// The lowering of one function.
pub(super) struct FnLower<'l, 'c, 'd, 'a, 't> {
    pub(super) p: &'l mut Lower<'c, 'd, 'a, 't>,
    pub(super) t: Box<Tables>,
    pub(super) locals: Vec<Local<'t>>,
    /// Where the loops of `t` begin; the top-level code has many tables.
    loop_base: usize,
    /// Where the variables of `t` are kept, those of functions around included.
    pub(super) slots: SecondaryMap<LocalId, Option<Slot>>,
    /// The parameters, captured variables not included.
    pub(super) params: Vec<LocalId>,
    /// The parameters that take captured variables.
    pub(super) captured: Vec<LocalId>,
    /// The functions inside.
    pub(super) nested: NestedFuncs<'a>,
    pub(super) result: Type,
    /// Holds the result while clauses are checked after the body.
    pub(super) result_local: Option<LocalId>,
    /// The result where it is one of a value and `self`.
    pub(super) step_pair: Option<Type>,
    /// The deferred calls, if there may be any.
    pub(super) deferred: Option<Deferred>,
    /// The function whose calls in tail position need no stack.
    pub(super) tail_fn: Option<FuncId>,
    /// The function, if all its calls of itself must be in tail position, and where that is demanded.
    pub(super) must_tail: Option<(FuncId, Span)>,
    pub(super) is_top: bool,
    /// Top-level variables that are locals of the top-level code.
    pub(super) let_locals: SecondaryMap<TopLetId, Option<LocalId>>,
    pub(super) uses: Uses,
    /// Index of the statement before which top-level variables are in scope.
    pub(super) lets_limit: u32,
    /// In clauses of `ensures`: the copies of parameters that the body assigns.
    pub(super) entry_copies: Option<FxHashMap<LocalId, LocalId>>,
    /// The receiver of a `?.` call, which its value stands for while the call is lowered.
    pub(super) evaluated: Option<(Key, Expr<'t>)>,
    /// What arithmetic does instead of wrapping. That of the library always wraps.
    pub(super) bound: Option<Bound>,
}

impl<'l, 'c, 'd, 'a, 't> FnLower<'l, 'c, 'd, 'a, 't> {
    pub(super) fn new(p: &'l mut Lower<'c, 'd, 'a, 't>, result: Type) -> Self {
        let bound = match p.cx.options.overflow {
            Overflow::Wrap => None,
            Overflow::Saturate => Some(Bound::Saturate),
            Overflow::Trap => Some(Bound::Trap),
        };
        FnLower {
            p,
            t: Box::default(),
            locals: Vec::new(),
            loop_base: 0,
            slots: SecondaryMap::new(),
            params: Vec::new(),
            captured: Vec::new(),
            nested: NestedFuncs::default(),
            result,
            result_local: None,
            step_pair: None,
            deferred: None,
            tail_fn: None,
            must_tail: None,
            is_top: false,
            let_locals: SecondaryMap::new(),
            uses: Uses::default(),
            lets_limit: 0,
            entry_copies: None,
            evaluated: None,
            bound,
        }
    }

    /// The instance `inst`, and what it mentions.
    pub(super) fn function(p: &'l mut Lower<'c, 'd, 'a, 't>, inst: InstId) -> (Func<'t>, Uses) {
        FnLower::of_instance(p, inst, None)
    }

    /// The form of the instance `inst` that gives its `self` back, and what it mentions.
    pub(super) fn step_function(p: &'l mut Lower<'c, 'd, 'a, 't>, inst: InstId) -> (Func<'t>, Uses) {
        let pair = p.step_result(inst);
        FnLower::of_instance(p, inst, Some(pair))
    }

    fn of_instance(p: &'l mut Lower<'c, 'd, 'a, 't>, inst: InstId, step_pair: Option<Type>) -> (Func<'t>, Uses) {
        let Instance { func: id, args, result, .. } = p.checked.insts[inst];
        let entry = &p.decls.fns[id];
        let (decl, name, index) = (entry.decl, entry.name, entry.index);
        let text: &'t str = p.arena.alloc_str(&p.checked.instance_name(id, args, p.decls, p.cx));
        let result = p.concrete(result);
        let tables = p.checked.fns[inst].take().unwrap_or_default();
        let func = p.func_id(inst);
        let mut this = FnLower::new(p, result);
        this.enter_tables(tables, walk::fn_roots(decl));
        this.step_pair = step_pair;
        this.must_tail = this.p.decls.must_tail.get(&id).map(|&at| (func, at));
        this.lets_limit = index;
        let lowered = this.func(decl, text, name.span, func);
        let (nested, mut tables, uses) = (this.nested, this.t, this.uses);
        nested.lower(p, &mut tables, index);
        // A second form may be made of them.
        p.checked.fns[inst] = Some(tables);
        (lowered, uses)
    }

    /// The function `decl`, which is `func` and has the current tables.
    pub(super) fn func(&mut self, decl: &'a ast::FnDecl<'a>, name: &'t str, span: Span, func: FuncId) -> Func<'t> {
        let arena = self.p.arena;
        let is_library = self.p.decls.library.owns(span.file);
        self.bound = self.bound.filter(|_| !is_library);
        let params: Vec<LocalId> = self.params.iter().chain(&self.captured).copied().collect();
        let requires = self.requires(decl, name);
        let has_ensures = self.has_ensures(decl);
        if self.t.defers {
            self.reject_late_self(span);
            let calls = self.deferred_calls(span);
            let next = self.p.derived_id(Derived::NextDeferred);
            self.uses.fns.push(next);
            self.deferred = Some(Deferred { calls, next });
        }
        let is_left_at_once = !has_ensures && self.deferred.is_none() && self.step_pair.is_none();
        self.tail_fn = is_left_at_once.then_some(func);
        let body = self.fn_body(decl, span);
        if has_ensures && !matches!(self.result, Types::VOID | Types::NEVER) {
            // No clause may name it, but the message of a violation shows it.
            let named = self.t.result_local.map(|id| self.slot(id).local);
            self.result_local = Some(named.unwrap_or_else(|| self.temp("$result", self.result, span)));
        }
        let (mut ensures, entry_copies) = self.ensures(decl, name);
        if let (Some(pair), Some(result)) = (self.step_pair, self.result_local) {
            let whole = self.temp("$result", pair, span);
            ensures = self.clauses_of_pair(ensures, whole, result);
            self.result_local = Some(whole);
        }
        let is_library = self.p.decls.library.owns(span.file);
        let failures = (!is_library).then(|| self.declared_failures(decl));
        Func {
            name,
            params: arena.alloc_slice_copy(&params),
            at_caller: is_library,
            locals: arena.alloc_slice_copy(&self.locals),
            n_loops: self.t.loop_types.len() as u32,
            result: self.step_pair.unwrap_or(self.result),
            requires,
            entry_copies,
            result_local: self.result_local,
            ensures,
            deferred: self.deferred,
            is_deferred: self.t.is_deferred,
            failures,
            body,
            span,
        }
    }

    fn fn_body(&mut self, decl: &'a ast::FnDecl<'a>, span: Span) -> &'t Expr<'t> {
        let mut stmts = Vec::new();
        let plain = self.move_params(&mut stmts);
        self.bind_params(decl, &mut stmts);
        let body = match &decl.body {
            Some(block) => self.block(block, self.result, true),
            None => void(span),
        };
        let body = self.left_with(body);
        self.restore_params(plain);
        let body = if stmts.is_empty() { body } else { self.block_of(&stmts, Some(body), body.ty, span) };
        self.p.arena.alloc(body)
    }

    /// Takes apart the parameters that have patterns.
    pub(super) fn bind_params(&mut self, decl: &'a ast::FnDecl<'a>, stmts: &mut Vec<Stmt<'t>>) {
        for (i, param) in decl.params.iter().enumerate() {
            if let ParamKind::Struct(pattern) = param.kind {
                let local = self.params[i];
                let value = self.local(local, pattern.span);
                self.bind(pattern, value, stmts);
            }
        }
    }

    /// The top-level code, and what each of its statements mentions, by statement index.
    pub(super) fn top(p: &'l mut Lower<'c, 'd, 'a, 't>) -> (Func<'t>, Vec<(usize, Uses)>) {
        let implicit_main = p.implicit_main();
        let mut this = FnLower::new(p, Types::INT);
        this.is_top = true;
        let mut stmts = Vec::new();
        let mut uses = Vec::new();
        let mut n_loops = 0;
        let mut completes = true;
        for (index, stmt) in this.p.decls.stmts.iter().enumerate() {
            let Some(tables) = this.p.checked.top[index].take() else { continue };
            if !completes {
                break;
            }
            this.loop_base = n_loops;
            n_loops += tables.loop_types.len();
            this.lets_limit = index as u32;
            this.enter_tables(tables, vec![Node::Stmt(stmt)]);
            completes = this.stmt(stmt, &mut stmts);
            uses.push((index, std::mem::take(&mut this.uses)));
            let (nested, mut tables) = (std::mem::take(&mut this.nested), std::mem::take(&mut this.t));
            nested.lower(this.p, &mut tables, index as u32);
        }
        let span = top_span(this.p.decls.stmts.as_slice(), this.p.file);
        let body = this.top_end(stmts, completes, implicit_main, span);
        let arena = this.p.arena;
        let func = Func {
            name: "<top>",
            params: &[],
            at_caller: false,
            locals: arena.alloc_slice_copy(&this.locals),
            n_loops: n_loops as u32,
            result: Types::INT,
            requires: &[],
            entry_copies: &[],
            result_local: None,
            ensures: &[],
            deferred: None,
            is_deferred: false,
            failures: Some(&[]),
            body: arena.alloc(body),
            span: span.start(),
        };
        (func, uses)
    }

    /// The end of the top-level code: the call of `main` if it starts by itself, and the exit status.
    fn top_end(
        &mut self,
        mut stmts: Vec<Stmt<'t>>,
        completes: bool,
        implicit_main: Option<InstId>,
        span: Span,
    ) -> Expr<'t> {
        let status = Expr { kind: ExprKind::Int(0), ty: Types::INT, span: span.end() };
        let mut value = completes.then_some(status);
        if let Some(main) = implicit_main
            && completes
        {
            let (func, result) = (self.p.checked.insts[main].func, self.p.checked.insts[main].result);
            let ty = self.concrete(result);
            let is_test = self.p.cx.options.test_entry.is_some();
            if is_test {
                let marker = self.str(TEST_MARKER, span);
                let print = self.builtin(Builtin::Print, &[marker], Types::VOID, span);
                stmts.push(Stmt::Expr(self.alloc(print)));
            }
            let call = Call { func: self.p.func_id(main), args: &[], is_self_tail: false };
            let span = self.p.decls.fns[func].name.span;
            let call = Expr { kind: ExprKind::Call(self.p.arena.alloc(call)), ty, span };
            if ty == Types::INT && !is_test {
                value = Some(call);
            } else if self.main_may_fail(result) && !is_test {
                value = Some(self.status_of_result(call, span));
            } else {
                stmts.push(Stmt::Expr(self.p.arena.alloc(call)));
                value = value.filter(|_| ty != Types::NEVER);
            }
        }
        let ty = value.map_or(Types::NEVER, |v| v.ty);
        let block =
            Block { stmts: self.p.arena.alloc_slice_copy(&stmts), value: value.map(|v| &*self.p.arena.alloc(v)) };
        Expr { kind: ExprKind::Block(self.p.arena.alloc(block)), ty, span }
    }

    /// Works with `tables`, those of a body with these roots, from now on.
    fn enter_tables(&mut self, tables: Box<Tables>, roots: Vec<Node<'a>>) {
        self.t = tables;
        self.nested = NestedFuncs::new(self.p, &self.t, roots);
        self.make_slots(None);
    }

    /// The loop `id` of the current tables.
    pub(super) fn loop_id(&self, id: LoopId) -> LoopId {
        LoopId::new(self.loop_base + id.index())
    }

    /// A new variable that the program does not name.
    pub(super) fn temp(&mut self, name: &'static str, ty: Type, span: Span) -> LocalId {
        self.new_local(Local { name, ty, assigned: false, span })
    }

    pub(super) fn new_local(&mut self, local: Local<'t>) -> LocalId {
        self.locals.push(local);
        LocalId::new(self.locals.len() - 1)
    }

    /// The type the checker found for `expr`.
    pub(super) fn ty(&mut self, expr: &ast::Expr<'_>) -> Type {
        let ty = self.t.types.get(&Key::of(expr)).copied();
        self.concrete(ty.expect("every expression of a checked body has a type"))
    }

    pub(super) fn concrete(&mut self, ty: Ty) -> Type {
        self.p.concrete(ty)
    }

    /// The value of the variable `id`.
    pub(super) fn local(&self, id: LocalId, span: Span) -> Expr<'t> {
        Expr { kind: ExprKind::Local(id), ty: self.locals[id.index()].ty, span }
    }

    pub(super) fn alloc(&self, expr: Expr<'t>) -> &'t Expr<'t> {
        self.p.arena.alloc(expr)
    }

    pub(super) fn str(&self, text: &str, span: Span) -> Expr<'t> {
        Expr { kind: ExprKind::Str(self.p.arena.alloc_str(text)), ty: Types::STR, span }
    }

    /// `stmts` and then `value`.
    pub(super) fn block_of(&self, stmts: &[Stmt<'t>], value: Option<Expr<'t>>, ty: Type, span: Span) -> Expr<'t> {
        let block = Block { stmts: self.p.arena.alloc_slice_copy(stmts), value: value.map(|v| self.alloc(v)) };
        Expr { kind: ExprKind::Block(self.p.arena.alloc(block)), ty, span }
    }
}

/// The value of type void.
pub(super) fn void(span: Span) -> Expr<'static> {
    Expr { kind: ExprKind::Void, ty: Types::VOID, span }
}

fn top_span(stmts: &[&ast::Stmt<'_>], file: FileId) -> Span {
    match stmts {
        [] => Span::new(file, 0, 0),
        [first, .., last] => first.span.to(last.span),
        [only] => only.span,
    }
}

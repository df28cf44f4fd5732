//! Functions and the top-level code.

use resilient_base::{EntityRef, FileId, SecondaryMap, Span};
use resilient_syntax::ast::{self, ParamKind};
use rustc_hash::FxHashMap;

use super::{Lower, Uses};
use crate::decls::TopLetId;
use crate::infer::InstId;
use crate::infer::ty::Ty;
use crate::tables::{Key, LocalInfo, Tables};
use crate::typed::{Block, Call, Expr, ExprKind, Func, FuncId, Local, LocalId, LoopId, Stmt};
use crate::types::{Type, Types};

/// The lowering of one function.
pub(super) struct FnLower<'l, 'c, 'd, 'a, 't> {
    pub(super) p: &'l mut Lower<'c, 'd, 'a, 't>,
    pub(super) t: Box<Tables>,
    pub(super) locals: Vec<Local<'t>>,
    /// Where the variables and loops of `t` begin; the top-level code has many tables.
    local_base: usize,
    loop_base: usize,
    pub(super) result: Type,
    /// Holds the result while clauses are checked after the body.
    pub(super) result_local: Option<LocalId>,
    /// The function whose calls in tail position need no stack.
    pub(super) tail_fn: Option<FuncId>,
    pub(super) is_top: bool,
    /// Top-level variables that are locals of the top-level code.
    pub(super) let_locals: SecondaryMap<TopLetId, Option<LocalId>>,
    pub(super) uses: Uses,
    /// In clauses of `ensures`: the copies of parameters that the body assigns.
    pub(super) entry_copies: Option<FxHashMap<LocalId, LocalId>>,
    /// The receiver of a `?.` call, which its value stands for while the call is lowered.
    pub(super) evaluated: Option<(Key, Expr<'t>)>,
}

impl<'l, 'c, 'd, 'a, 't> FnLower<'l, 'c, 'd, 'a, 't> {
    pub(super) fn new(p: &'l mut Lower<'c, 'd, 'a, 't>, result: Type) -> Self {
        FnLower {
            p,
            t: Box::default(),
            locals: Vec::new(),
            local_base: 0,
            loop_base: 0,
            result,
            result_local: None,
            tail_fn: None,
            is_top: false,
            let_locals: SecondaryMap::new(),
            uses: Uses::default(),
            entry_copies: None,
            evaluated: None,
        }
    }

    /// The instance `inst`, and what it mentions.
    pub(super) fn function(p: &'l mut Lower<'c, 'd, 'a, 't>, inst: InstId) -> (Func<'t>, Uses) {
        let (id, result) = (p.checked.insts[inst].func, p.checked.insts[inst].result);
        let entry = &p.decls.fns[id];
        let (decl, name) = (entry.decl, entry.name);
        let text: &'t str = p.arena.alloc_str(&p.checked.full_name(id, p.decls, p.cx));
        let result = p.concrete(result);
        let tables = p.checked.fns[inst].take().unwrap_or_default();
        let func = p.func_id(inst);
        let mut this = FnLower::new(p, result);
        this.enter_tables(tables);
        let requires = this.requires(decl, text);
        let has_ensures = this.has_ensures(decl);
        this.tail_fn = (!has_ensures).then_some(func);
        let body = this.fn_body(decl, name.span);
        if has_ensures && !matches!(result, Types::VOID | Types::NEVER) {
            // No clause may name it, but the message of a violation shows it.
            this.result_local = Some(this.t.result_local.unwrap_or_else(|| this.temp("$result", result, name.span)));
        }
        let (ensures, entry_copies) = this.ensures(decl, text);
        let arena = this.p.arena;
        let func = Func {
            name: text,
            params: arena.alloc_slice_copy(&this.t.params),
            locals: arena.alloc_slice_copy(&this.locals),
            n_loops: this.t.loop_types.len() as u32,
            result,
            requires,
            entry_copies,
            result_local: this.result_local,
            ensures,
            body,
            span: name.span,
        };
        (func, this.uses)
    }

    fn fn_body(&mut self, decl: &'a ast::FnDecl<'a>, span: Span) -> &'t Expr<'t> {
        let mut stmts = Vec::new();
        for (param, i) in decl.params.iter().zip(0..) {
            if let ParamKind::Struct(pattern) = param.kind {
                let local = self.local_id(self.t.params[i]);
                let value = self.local(local, pattern.span);
                self.bind(pattern, value, &mut stmts);
            }
        }
        let body = match &decl.body {
            Some(block) => self.block(block, self.result, true),
            None => void(span),
        };
        let body = if stmts.is_empty() { body } else { self.block_of(&stmts, Some(body), body.ty, span) };
        self.p.arena.alloc(body)
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
            this.enter_tables(tables);
            completes = this.stmt(stmt, &mut stmts);
            uses.push((index, std::mem::take(&mut this.uses)));
        }
        let span = top_span(this.p.decls.stmts.as_slice(), this.p.file);
        let body = this.top_end(stmts, completes, implicit_main, span);
        let arena = this.p.arena;
        let func = Func {
            name: "<top>",
            params: &[],
            locals: arena.alloc_slice_copy(&this.locals),
            n_loops: n_loops as u32,
            result: Types::INT,
            requires: &[],
            entry_copies: &[],
            result_local: None,
            ensures: &[],
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
            let call = Call { func: self.p.func_id(main), args: &[], is_self_tail: false };
            let span = self.p.decls.fns[func].name.span;
            let call = Expr { kind: ExprKind::Call(self.p.arena.alloc(call)), ty, span };
            if ty == Types::INT {
                value = Some(call);
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

    /// Makes room for the variables of `tables` and works with them from now on.
    pub(super) fn enter_tables(&mut self, tables: Box<Tables>) {
        self.local_base = self.locals.len();
        for info in tables.locals.values() {
            let local = self.local_of(info);
            self.locals.push(local);
        }
        self.t = tables;
    }

    fn local_of(&mut self, info: &LocalInfo) -> Local<'t> {
        let ty = self.concrete(info.ty);
        let name = info.name.map_or("$param", |name| self.p.text(name));
        Local { name, ty, assigned: info.assigned, span: info.span }
    }

    /// The variable `id` of the current tables.
    pub(super) fn local_id(&self, id: LocalId) -> LocalId {
        LocalId::new(self.local_base + id.index())
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

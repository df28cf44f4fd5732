//! Functions inside bodies: function literals and local functions.
//!
//! They are checked together with the body around them, whose types they may determine, but have tables of their own,
//! so that a generic local function can be checked once per instance. Variables and functions are numbered through the
//! whole body; which of them a function captures is found when all of it is known, by `captures`.

use std::rc::Rc;

use resilient_base::{Diagnostic, PrimaryMap, Span, Symbol, diag::codes};
use resilient_syntax::ast::{self, Block, Expr, ExprKind, FnDecl, Item, ParamKind, StmtKind};
use rustc_hash::{FxHashMap, FxHashSet};

use super::body::{Body, LoopScope, MissingEnd};
use super::control::strip_parens;
use super::signature::ParamSig;
use super::templates::{Template, Use};
use super::ty::{Ty, TyKind};
use crate::tables::{Key, Mentioned, Nested, NestedId, Res, Tables, TemplateId};
use crate::types::Failure;

/// How messages speak of a function.
#[derive(Clone, Copy)]
pub(super) struct Head<'c> {
    pub(super) text: &'c str,
    pub(super) span: Span,
}

/// A function that a `return` leaves.
#[derive(Clone, Copy)]
pub(super) struct FnScope<'c> {
    pub(super) head: Head<'c>,
    pub(super) result: Ty,
    /// Whether the result is written.
    pub(super) is_declared: bool,
    /// Whether the result follows from the body.
    pub(super) infers: bool,
    /// The failures it declares, as the last part of a function type.
    pub(super) failures: Ty,
    /// Whether it is the expression of a `defer`.
    pub(super) is_deferred: bool,
}

impl<'c> FnScope<'c> {
    /// A function with a name, whose result follows from its body if it is not written.
    pub(super) fn named(head: Head<'c>, result: Ty, decl: &FnDecl<'_>, failures: Ty) -> FnScope<'c> {
        let is_declared = decl.result.is_some();
        FnScope { head, result, is_declared, infers: !is_declared, failures, is_deferred: false }
    }
}

/// A local function that is declared in a block.
#[derive(Clone)]
struct LocalFn {
    res: Res,
    /// The local functions of the block, and which of them it is.
    block: Rc<[(Symbol, Res)]>,
    index: usize,
}

/// What a body knows about functions inside it.
#[derive(Default)]
pub(super) struct LocalFns<'a> {
    /// The local functions of the blocks entered so far.
    declared: FxHashMap<Key, LocalFn>,
    pub(super) templates: PrimaryMap<TemplateId, Template<'a>>,
    /// Uses of generic ones.
    pub(super) uses: Vec<Use>,
    /// The instance of a generic one that is being checked, as in [`crate::tables::Mention`].
    pub(super) instance: Option<u32>,
    /// Functions that were named.
    pub(super) named: FxHashSet<NestedId>,
    /// The function literal that a `let` binds, and the name; whether the literal may use the name for itself.
    bound: Option<(Key, ast::Name, bool)>,
    /// Names being bound to function literals that do not declare their results.
    unnameable: Vec<Symbol>,
}

/// What a body puts aside while it checks a function inside.
struct Outer<'c> {
    tables: Tables,
    frame: Option<NestedId>,
    function: Option<FnScope<'c>>,
    loops: Vec<LoopScope>,
    leaves: Vec<(Ty, Span)>,
    collected: Ty,
    missing_end: Option<MissingEnd>,
    lacks_result: bool,
    in_clause: bool,
    tries: Vec<Vec<Failure>>,
}

impl<'c, 'a> Body<'_, 'c, '_, 'a> {
    /// The type of a function inside the body.
    pub(super) fn nested_type(&mut self, id: NestedId) -> Ty {
        let Nested { params, result, failures, .. } = &self.t.nested.fns[id];
        self.ck.out.tys.failing_function(params, *result, *failures)
    }

    /// A function literal.
    pub(super) fn closure(&mut self, expr: &Expr<'_>, decl: &'a FnDecl<'a>, wanted: Option<Ty>) -> Ty {
        let bound = self.local_fns.bound.take().filter(|(key, ..)| *key == Key::of(decl));
        let expected = wanted.and_then(|ty| match self.ck.out.tys.kind(ty) {
            TyKind::Fn(list) => Some(self.ck.out.tys.fn_parts(list)),
            _ => None,
        });
        let params = self.literal_params(decl, expected.as_ref().map_or(&[], |(params, _)| params.as_slice()));
        let known = expected.map(|(_, result)| result);
        let (result, infers) = match (decl.result, known) {
            (Some(_), _) => (self.ck.result_type_of(decl.result), false),
            (None, Some(known)) => {
                let is_known = !matches!(self.ck.out.tys.kind(known), TyKind::Var(_) | TyKind::Void | TyKind::Never);
                (if is_known { known } else { self.ck.out.tys.fresh() }, !is_known)
            }
            (None, None) => (self.ck.out.tys.fresh(), true),
        };
        let id = self.add_nested(decl, None, expr.span, params, result);
        self.t.literals.insert(Key::of(decl), id);
        let mut names = Vec::new();
        if let Some((_, name, is_allowed)) = bound {
            match is_allowed {
                true => names.push((name.symbol, self.own_name(id, name))),
                false => self.local_fns.unnameable.push(name.symbol),
            }
        }
        let head = Head { text: "<anon>", span: expr.span };
        let failures = self.t.nested.fns[id].failures;
        let is_declared = decl.result.is_some();
        let function = FnScope { head, result, is_declared, infers, failures, is_deferred: false };
        self.nested_body(id, decl, function, &names);
        if matches!(bound, Some((.., false))) {
            self.local_fns.unnameable.pop();
        }
        self.mention(Mentioned::Nested(id), expr.span);
        self.nested_type(id)
    }

    /// What the name that a function literal is being bound to means inside it. A top-level variable is not captured
    /// and needs no other meaning; its type is known from here on.
    fn own_name(&mut self, id: NestedId, name: ast::Name) -> Res {
        if self.is_top_stmt()
            && let Some(top) = self.ck.decls.let_at(name.span)
        {
            let ty = self.nested_type(id);
            self.ck.out.lets[top].ty.get_or_insert(ty);
            return Res::TopLet(top);
        }
        Res::Nested(id)
    }

    fn literal_params(&mut self, decl: &'a FnDecl<'a>, expected: &[Ty]) -> Vec<ParamSig> {
        let mut params = Vec::with_capacity(decl.params.len());
        for (i, param) in decl.params.iter().enumerate() {
            let name = match param.kind {
                ParamKind::Name(name) => Some(name),
                ParamKind::Struct(_) => None,
            };
            let ty = match (param.ty, name, expected.get(i)) {
                (None, Some(_), Some(&ty)) => ty,
                _ => self.ck.param_type(param, name),
            };
            let default = param.default.and_then(|value| self.ck.default_value(value, ty));
            params.push(ParamSig { name, ty, default });
        }
        params
    }

    pub(super) fn add_nested(
        &mut self,
        decl: &FnDecl<'_>,
        name: Option<Symbol>,
        span: Span,
        params: Vec<ParamSig>,
        result: Ty,
    ) -> NestedId {
        let failures = self.ck.failures(decl);
        self.t.nested.fns.push(Nested {
            failures,
            decl: Key::of(decl),
            name,
            span,
            params: params.iter().map(|param| param.ty).collect(),
            result,
            tables: Tables::default(),
            captures: Vec::new(),
            param_names: params.iter().map(|param| param.name.map(|name| name.symbol)).collect(),
            defaults: params.into_iter().map(|param| param.default).collect(),
            is_probe: false,
        })
    }

    /// Checks the function `id` in the current scopes, where it sees `names` too.
    pub(super) fn nested_body(
        &mut self,
        id: NestedId,
        decl: &'a FnDecl<'a>,
        function: FnScope<'c>,
        names: &[(Symbol, Res)],
    ) {
        let tys = self.t.nested.fns[id].params.clone();
        let outer = self.enter_nested(id);
        self.scopes.enter();
        for &(name, res) in names {
            self.scopes.declare(name, res);
        }
        self.function_parts(decl, &tys, function);
        self.scopes.leave();
        self.leave_nested(id, outer);
    }

    fn enter_nested(&mut self, id: NestedId) -> Outer<'c> {
        let inner = self.t.enter();
        Outer {
            tables: std::mem::replace(&mut self.t, inner),
            frame: self.frame.replace(id),
            function: self.function.take(),
            loops: std::mem::take(&mut self.loops),
            leaves: std::mem::take(&mut self.leaves),
            collected: self.collected,
            missing_end: self.missing_end.take(),
            lacks_result: std::mem::take(&mut self.lacks_result),
            in_clause: std::mem::take(&mut self.in_clause),
            tries: std::mem::take(&mut self.tries),
        }
    }

    fn leave_nested(&mut self, id: NestedId, outer: Outer<'c>) {
        let mut inner = std::mem::replace(&mut self.t, outer.tables);
        self.t.leave(&mut inner);
        self.t.nested.fns[id].tables = inner;
        self.frame = outer.frame;
        self.function = outer.function;
        self.loops = outer.loops;
        self.leaves = outer.leaves;
        self.collected = outer.collected;
        self.missing_end = outer.missing_end;
        self.lacks_result = outer.lacks_result;
        self.in_clause = outer.in_clause;
        self.tries = outer.tries;
    }

    /// Lets a function literal that `node` binds to `name` refer to itself, if it declares its result. Gives its key.
    pub(super) fn expect_recursion(&mut self, node: &ast::Let<'a>, name: ast::Name) -> Option<Key> {
        let ExprKind::Closure(decl) = strip_parens(node.init).kind else { return None };
        let key = Key::of(decl);
        self.local_fns.bound = Some((key, name, decl.result.is_some()));
        Some(key)
    }

    /// Whether the function literal `key` refers to itself.
    pub(super) fn is_recursive(&self, key: Key) -> bool {
        self.t.literals.get(&key).is_some_and(|id| self.local_fns.named.contains(id))
    }

    /// Adds to the error that a name is unknown what a function literal of that name needs.
    pub(super) fn hint_recursion(&self, diagnostic: Diagnostic, name: ast::Name) -> Diagnostic {
        match self.local_fns.unnameable.contains(&name.symbol) {
            true => diagnostic
                .with_help("a function literal can refer to itself if it declares its result: `fn(..) -> TYPE`"),
            false => diagnostic,
        }
    }

    /// Resolves the signatures of the functions that `block` declares.
    pub(super) fn declare_local_fns(&mut self, block: &'a Block<'a>) {
        let cx = self.ck.cx;
        let decls: Vec<(&'a FnDecl<'a>, ast::Name)> = cx
            .active(block.stmts)
            .filter_map(|stmt| match stmt.kind {
                StmtKind::Item(Item::Fn(decl)) => decl.name.map(|name| (decl, name)),
                _ => None,
            })
            .collect();
        let mut found: Vec<(Symbol, Res)> = Vec::with_capacity(decls.len());
        for (i, &(decl, name)) in decls.iter().enumerate() {
            if let Some(earlier) = decls[..i].iter().find(|(_, earlier)| earlier.symbol == name.symbol) {
                self.report_duplicate_fn(name, earlier.1.span);
            }
            found.push((name.symbol, self.local_signature(decl, name)));
        }
        let found: Rc<[(Symbol, Res)]> = found.into();
        for (index, (decl, _)) in decls.into_iter().enumerate() {
            let entry = LocalFn { res: found[index].1, block: Rc::clone(&found), index };
            self.local_fns.declared.insert(Key::of(decl), entry);
        }
    }

    fn report_duplicate_fn(&mut self, name: ast::Name, earlier: Span) {
        let at = self.ck.cx.sources.line_col(earlier);
        let text = self.ck.cx.name(name.symbol);
        let message = format!("duplicate function name `{text}` — previously declared at {}:{}", at.line, at.col);
        self.error(
            Diagnostic::error(codes::DUPLICATE_FUNCTION, name.span, message)
                .with_secondary(earlier, "previously declared here"),
        );
    }

    fn local_signature(&mut self, decl: &'a FnDecl<'a>, name: ast::Name) -> Res {
        if self.is_generic(decl) {
            return self.template(decl, name);
        }
        let params = self.ck.params(decl);
        let result = match decl.result {
            Some(_) => self.ck.result_type_of(decl.result),
            None => self.ck.out.tys.fresh(),
        };
        Res::Nested(self.add_nested(decl, Some(name.symbol), name.span, params, result))
    }

    /// The declaration of a local function: its name is visible from here on. Its body sees the later ones of the block.
    pub(super) fn local_fn(&mut self, decl: &'a FnDecl<'a>) {
        let Some(name) = decl.name else { return };
        let Some(LocalFn { res, block, index }) = self.local_fns.declared.get(&Key::of(decl)).cloned() else { return };
        self.scopes.declare(name.symbol, res);
        let later = &block[index + 1..];
        match res {
            Res::Nested(id) => {
                let head = Head { text: self.ck.cx.name(name.symbol), span: name.span };
                let Nested { result, failures, .. } = self.t.nested.fns[id];
                let function = FnScope::named(head, result, decl, failures);
                self.nested_body(id, decl, function, later);
            }
            Res::Template(id) => self.place_template(id, later),
            _ => {}
        }
    }
}

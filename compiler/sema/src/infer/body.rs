//! The state of the check of one body, and names.

use resilient_base::{Diagnostic, Span, Symbol, diag::codes};
use resilient_syntax::ast;
use rustc_hash::FxHashSet;

use super::Checker;
use super::instances::InstId;
use super::nominal::{EnumDeclId, variant};
use super::report::Site;
use super::scope::Scopes;
use super::ty::Ty;
use crate::decls::ConstId;
use crate::gaps::{self, Gap};
use crate::library::LibFn;
use crate::suggest;
use crate::tables::{Binding, Key, LocalInfo, Res, Tables};
use crate::typed::{LocalId, LoopId};

/// Whose body it is; this decides what it sees.
#[derive(Clone, Copy)]
pub enum Owner {
    /// A function.
    Fn(InstId),
    /// The top-level statement with this index.
    Top(u32),
    /// A constant, which sees those before this one, or all of them.
    Const(Option<ConstId>),
}

/// What becomes of a value.
#[derive(Clone, Copy)]
pub enum Sink {
    /// It is dropped.
    Unused,
    /// It goes to a place of this type.
    Coerce(Ty, Site),
    /// It is the value of a body without declared result, decided when all of them are known.
    Collect,
}

/// A loop around the current point.
pub(super) struct LoopScope {
    pub(super) id: LoopId,
    pub(super) label: Option<Symbol>,
    /// Whether `break` may give a value.
    pub(super) has_value: bool,
    pub(super) ty: Ty,
    pub(super) is_left: bool,
}

/// Where a body ends without a value.
#[derive(Clone, Copy)]
pub(super) struct MissingEnd {
    pub(super) at: Span,
    /// The statement whose `;` discards a value that would do.
    pub(super) discarded: Option<Span>,
}

/// The check of one body.
pub(super) struct Body<'k, 'c, 'd, 'a> {
    pub(super) ck: &'k mut Checker<'c, 'd, 'a>,
    pub(super) owner: Owner,
    pub(super) t: Tables,
    pub(super) scopes: Scopes,
    pub(super) loops: Vec<LoopScope>,
    /// Names whose declarations were reported.
    pub(super) reported: FxHashSet<Symbol>,
    /// Values of the body that [`Sink::Collect`] saw, and the type of the constructs that yield them.
    pub(super) leaves: Vec<(Ty, Span)>,
    pub(super) collected: Ty,
    pub(super) missing_end: Option<MissingEnd>,
    /// In a clause where there is no `result`.
    pub(super) lacks_result: bool,
    /// In a contract clause, which cannot leave the function.
    pub(super) in_clause: bool,
}

impl<'k, 'c, 'd, 'a> Body<'k, 'c, 'd, 'a> {
    pub(super) fn new(ck: &'k mut Checker<'c, 'd, 'a>, owner: Owner) -> Self {
        Body {
            ck,
            owner,
            t: Tables::default(),
            scopes: Scopes::default(),
            loops: Vec::new(),
            reported: FxHashSet::default(),
            leaves: Vec::new(),
            collected: Ty::VOID,
            missing_end: None,
            lacks_result: false,
            in_clause: false,
        }
    }

    /// Checks a top-level statement.
    pub(super) fn check_top(mut self, stmt: &'a ast::Stmt<'a>) -> Tables {
        self.stmt(stmt);
        self.t
    }

    pub(super) fn error(&mut self, diagnostic: Diagnostic) {
        self.ck.diags.push(diagnostic);
    }

    /// Reports a gap; the type swallows what follows from it.
    pub(super) fn gap(&mut self, gap: Gap<'_>, span: Span) -> Ty {
        self.error(gap.at(span));
        Ty::ERROR
    }

    pub(super) fn record(&mut self, expr: &ast::Expr<'_>, ty: Ty) -> Ty {
        self.t.types.insert(Key::of(expr), ty);
        ty
    }

    /// Makes a variable and brings it into scope.
    pub(super) fn declare(&mut self, name: ast::Name, ty: Ty, is_const: bool) -> LocalId {
        let id =
            self.t.locals.push(LocalInfo { name: Some(name.symbol), ty, assigned: false, is_const, span: name.span });
        self.scopes.declare(name.symbol, Binding::Local(id));
        id
    }

    /// What `name` means here; none if nothing.
    pub(super) fn resolve(&mut self, name: Symbol) -> Option<Res> {
        match self.scopes.lookup(name) {
            Some(Binding::Local(id)) => return Some(Res::Local(id)),
            Some(Binding::Static(id)) => return Some(Res::Static(id)),
            Some(Binding::TopLet(id)) => return Some(Res::TopLet(id)),
            None => {}
        }
        if let Some(id) = self.ck.decls.top_let(name, self.top_limit()) {
            if matches!(self.owner, Owner::Fn(_)) {
                self.ck.out.lets[id].used_by_fn = true;
            }
            return Some(Res::TopLet(id));
        }
        if let Some(id) = self.ck.decls.function(name) {
            return Some(Res::Fn(id));
        }
        if let Some(id) = self.ck.decls.constant(name) {
            return Some(Res::Const(id));
        }
        LibFn::by_name(self.ck.cx.name(name)).map(Res::Lib)
    }

    /// Index of the statement before which top-level variables are visible.
    fn top_limit(&self) -> u32 {
        match self.owner {
            Owner::Fn(inst) => self.ck.decls.fns[self.ck.out.insts[inst].func].index,
            Owner::Top(index) => index,
            // It may not name them, and a message says so.
            Owner::Const(_) => u32::MAX,
        }
    }

    /// The type of a variable or constant. Functions have none yet.
    pub(super) fn type_of(&mut self, res: Res, at: Span) -> Option<Ty> {
        match res {
            Res::Local(id) => Some(self.t.locals[id].ty),
            Res::Static(id) => Some(self.ck.out.statics[id].ty),
            Res::TopLet(id) => Some(self.ck.type_of_let(id, at)),
            Res::Const(id) => Some(self.type_of_const(id, at)),
            Res::Fn(_) | Res::Lib(_) => None,
        }
    }

    fn type_of_const(&mut self, id: ConstId, at: Span) -> Ty {
        if let Owner::Const(Some(own)) = self.owner
            && id >= own
        {
            let name = self.ck.cx.name(self.ck.decls.consts[id].decl.name.symbol);
            let message = if id == own {
                format!("constant `{name}` refers to itself")
            } else {
                format!("constant `{name}` is used before its declaration")
            };
            self.error(
                Diagnostic::error(codes::CONST_EXPR, at, message)
                    .with_note("a constant is computed from those declared before it"),
            );
            return Ty::ERROR;
        }
        match self.ck.out.consts[id].clone() {
            Some(value) => value.ty(&mut self.ck.out.tys),
            None => Ty::ERROR,
        }
    }

    /// The value of a name.
    pub(super) fn path(&mut self, expr: &'a ast::Expr<'a>, path: &ast::Path<'a>, wanted: Option<Ty>) -> Ty {
        let [name] = path.segments else { return self.qualified(expr, path, wanted) };
        let Some(res) = self.resolve(name.symbol) else {
            return match self.ck.cx.name(name.symbol) {
                "None" => self.plain_variant(expr, EnumDeclId::OPTION, variant::NONE, wanted),
                _ => self.unknown_name(*name),
            };
        };
        if matches!(self.owner, Owner::Const(_)) && !matches!(res, Res::Const(_)) {
            let message = "not a constant expression: only constants can be named here";
            self.error(Diagnostic::error(codes::CONST_EXPR, name.span, message));
            return Ty::ERROR;
        }
        let Some(ty) = self.type_of(res, name.span) else { return self.gap(Gap::FunctionValue, name.span) };
        self.t.names.insert(Key::of(expr), res);
        ty
    }

    /// Reports a name that means nothing here.
    pub(super) fn unknown_name(&mut self, name: ast::Name) -> Ty {
        let text = self.ck.cx.name(name.symbol);
        if self.is_reported(name.symbol) {
            return Ty::ERROR;
        }
        if matches!(text, "Some" | "Ok" | "Err") || self.ck.decls.type_name(name.symbol).is_some() {
            return self.gap(Gap::FunctionValue, name.span);
        }
        if gaps::is_library_function(text) {
            return self.gap(Gap::Function(text), name.span);
        }
        if text == "result" && self.lacks_result {
            let message = "`result` is not available: the function returns no value";
            self.error(Diagnostic::error(codes::BAD_RESULT, name.span, message));
            return Ty::ERROR;
        }
        let near = suggest::did_you_mean(text, self.visible_names());
        let mut diagnostic =
            Diagnostic::error(codes::UNKNOWN_NAME, name.span, format!("Undefined variable '{text}'{near}"));
        if let Some(later) = self.ck.decls.any_top_let(name.symbol) {
            let span = self.ck.decls.lets[later].name.span;
            diagnostic = diagnostic
                .with_secondary(span, "declared here")
                .with_note("a top-level variable is visible only behind its declaration");
        }
        self.error(diagnostic);
        Ty::ERROR
    }

    /// Whether something was said about the declaration of `name` already.
    pub(super) fn is_reported(&self, name: Symbol) -> bool {
        self.reported.contains(&name) || self.ck.decls.reported.contains(&name)
    }

    fn visible_names(&self) -> Vec<&'c str> {
        let cx = self.ck.cx;
        let globals = self.ck.decls.names_before(self.top_limit());
        self.scopes.names().chain(globals).map(|symbol| cx.name(symbol)).chain(LibFn::names()).collect()
    }
}

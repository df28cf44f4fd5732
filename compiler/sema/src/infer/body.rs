//! The state of the check of one body, and names.

use resilient_base::{Diagnostic, Span, Symbol, diag::codes};
use resilient_syntax::ast;
use rustc_hash::FxHashSet;

use super::Checker;
use super::closures::{FnScope, LocalFns};
use super::instances::InstId;
use super::nominal::{EnumDeclId, variant};
use super::report::Site;
use super::scope::Scopes;
use super::ty::Ty;
use crate::decls::ConstId;
use crate::gaps::{self, Gap};
use crate::intrinsics::Intrinsic;
use crate::library::LibFn;
use crate::scopes::Value;
use crate::suggest;
use crate::tables::{Key, LocalInfo, Mention, Mentioned, NestedId, Res, Tables};
use crate::typed::{LocalId, LoopId};
use crate::types::Failure;

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
    /// Number of live blocks around.
    pub(super) n_live: u32,
    /// Whether the names of the pattern at hand are variables that keep their values across calls.
    pub(super) makes_statics: bool,
    /// Invariants that are checked at the head of their loop, by span.
    pub(super) loop_invariants: FxHashSet<Span>,
    /// The function inside the body that is being checked; none for the body itself.
    pub(super) frame: Option<NestedId>,
    /// The function around the current point, if there is one.
    pub(super) function: Option<FnScope<'c>>,
    /// The innermost loop around the current point, those around the function included.
    pub(super) repeat: Option<u32>,
    /// See [`Mention::tick`].
    pub(super) tick: u32,
    pub(super) local_fns: LocalFns<'a>,
    /// What the `try`s catch whose bodies are around the current point, within the function, the outermost first.
    pub(super) tries: Vec<Vec<Failure>>,
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
            n_live: 0,
            makes_statics: false,
            loop_invariants: FxHashSet::default(),
            frame: None,
            function: None,
            repeat: None,
            tick: 0,
            local_fns: LocalFns::default(),
            tries: Vec::new(),
        }
    }

    /// Checks a top-level statement.
    pub(super) fn check_top(mut self, stmt: &'a ast::Stmt<'a>) -> Tables {
        let first_goal = self.ck.goals.len();
        self.stmt(stmt);
        self.finish(first_goal)
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
        let id = self.new_local(Some(name.symbol), ty, is_const, name.span);
        self.scopes.declare(name.symbol, Res::Local(id));
        id
    }

    pub(super) fn new_local(&mut self, name: Option<Symbol>, ty: Ty, is_const: bool, span: Span) -> LocalId {
        let (frame, repeat, tick) = (self.frame, self.repeat, self.next_tick());
        let n_tries = self.tries.len() as u32;
        let info = LocalInfo {
            name,
            ty,
            assigned: false,
            reassigned: false,
            is_const,
            span,
            frame,
            repeat,
            tick,
            n_tries,
            assigned_in_try: false,
            is_cell: false,
        };
        self.t.locals.push(info)
    }

    fn next_tick(&mut self) -> u32 {
        self.tick += 1;
        self.tick
    }

    /// Notes that `what` is mentioned.
    pub(super) fn mention(&mut self, what: Mentioned, at: Span) {
        let (tick, instance) = (self.next_tick(), self.local_fns.instance);
        let mention = Mention { what, frame: self.frame, repeat: self.repeat, tick, instance, at };
        self.t.nested.mentions.push(mention);
    }

    /// What happens in `inside` may happen many times.
    pub(super) fn repeated<R>(&mut self, inside: impl FnOnce(&mut Self) -> R) -> R {
        let outer = self.repeat;
        self.t.nested.repeats.push(outer);
        self.repeat = Some((self.t.nested.repeats.len() - 1) as u32);
        let result = inside(self);
        self.repeat = outer;
        result
    }

    /// Whether the current point is inside a function.
    pub(super) fn is_in_function(&self) -> bool {
        matches!(self.owner, Owner::Fn(_)) || self.frame.is_some()
    }

    /// What `name` means here; none if nothing.
    pub(super) fn resolve(&mut self, name: ast::Name) -> Option<Res> {
        let found = self.scopes.lookup(name.symbol);
        match found {
            Some(Res::Local(id)) if self.t.locals[id].frame != self.frame => {
                self.mention(Mentioned::Captured(id), name.span);
            }
            Some(Res::Nested(id)) => {
                self.local_fns.named.insert(id);
                self.mention(Mentioned::Nested(id), name.span);
            }
            Some(Res::TopLet(id)) => self.ck.out.lets[id].used_by_fn |= self.is_in_function(),
            _ => {}
        }
        if found.is_some() {
            return found;
        }
        if self.is_library() {
            return self.resolve_in_library(name.symbol);
        }
        if let Some(value) = self.ck.decls.scopes.value(self.ck.env.scope, name.symbol, self.top_limit()) {
            return Some(self.declaration(value));
        }
        if let Some(imported) = self.library_import(name.symbol) {
            return Some(imported);
        }
        // What only the library may name begins with two underscores.
        if self.ck.cx.name(name.symbol).starts_with("__") { None } else { self.library_name(name.symbol) }
    }

    /// What a body does with a declaration that it names.
    pub(super) fn declaration(&mut self, value: Value) -> Res {
        match value {
            Value::Let(id) => {
                self.ck.out.lets[id].used_by_fn |= self.is_in_function();
                Res::TopLet(id)
            }
            Value::Fn(id) => Res::Fn(id),
            Value::Const(id) => Res::Const(id),
        }
    }

    /// What an imported module of the library calls `name`.
    fn library_import(&self, name: Symbol) -> Option<Res> {
        let declared = |declared: &str| {
            let symbol = self.ck.cx.interner.get(declared)?;
            (!self.ck.decls.library.named(symbol).is_empty()).then_some(Res::Library(symbol))
        };
        self.ck.decls.scopes.library_names(self.ck.env.scope, self.ck.cx.name(name)).find_map(|name| declared(&name))
    }

    fn library_name(&self, name: Symbol) -> Option<Res> {
        let native = LibFn::by_name(self.ck.cx.name(name)).map(Res::Lib);
        native.or_else(|| (!self.ck.decls.library.named(name).is_empty()).then_some(Res::Library(name)))
    }

    /// What `name` means in the body of a library function, which sees nothing of the program.
    fn resolve_in_library(&self, name: Symbol) -> Option<Res> {
        let intrinsic = Intrinsic::by_name(self.ck.cx.name(name)).map(Res::Intrinsic);
        let own = || self.ck.decls.library.declared(name).map(Res::Fn);
        intrinsic.or_else(|| self.library_name(name)).or_else(own)
    }

    /// Index of the statement before which top-level variables are visible.
    pub(super) fn top_limit(&self) -> u32 {
        match self.owner {
            Owner::Fn(inst) => self.ck.decls.fns[self.ck.out.insts[inst].func].index,
            Owner::Top(index) => index,
            // It may not name them, and a message says so.
            Owner::Const(_) => u32::MAX,
        }
    }

    /// The type of a variable, constant or function of the body. That of other functions depends on where they stand.
    pub(super) fn type_of(&mut self, res: Res, at: Span) -> Option<Ty> {
        match res {
            Res::Local(id) => Some(self.t.locals[id].ty),
            Res::Static(id) => Some(self.ck.out.statics[id].ty),
            Res::TopLet(id) => Some(self.ck.type_of_let(id, at)),
            Res::Const(id) => Some(self.type_of_const(id, at)),
            Res::Nested(id) => Some(self.nested_type(id)),
            Res::Fn(_) | Res::Lib(_) | Res::Library(_) | Res::Intrinsic(_) | Res::Template(_) => None,
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
        let Some(res) = self.resolve(*name) else {
            return match self.ck.cx.name(name.symbol) {
                "None" => self.plain_variant(expr, EnumDeclId::OPTION, variant::NONE, wanted),
                _ => self.constructor_value(expr, *name, wanted),
            };
        };
        self.value_of(expr, res, *name, wanted)
    }

    /// The value of `name`, which means `res`.
    pub(super) fn value_of(&mut self, expr: &ast::Expr<'_>, res: Res, name: ast::Name, wanted: Option<Ty>) -> Ty {
        if matches!(self.owner, Owner::Const(_)) && !matches!(res, Res::Const(_)) {
            let message = "not a constant expression: only constants can be named here";
            self.error(Diagnostic::error(codes::CONST_EXPR, name.span, message));
            return Ty::ERROR;
        }
        let Some(ty) = self.type_of(res, name.span) else {
            return self.function_value(Key::of(expr), res, name, wanted);
        };
        self.t.names.insert(Key::of(expr), res);
        ty
    }

    /// Reports a name that means nothing here.
    pub(super) fn unknown_name(&mut self, name: ast::Name) -> Ty {
        let text = self.ck.cx.name(name.symbol);
        if self.is_reported(name.symbol) {
            return Ty::ERROR;
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
        if let Some(later) = self.ck.decls.scopes.any_let(self.ck.env.scope, name.symbol) {
            let span = self.ck.decls.lets[later].name.span;
            let note = match span.file == name.span.file {
                true => "a top-level variable is visible only behind its declaration",
                false => "a top-level variable of another file is visible only behind the `use`",
            };
            diagnostic = diagnostic.with_secondary(span, "declared here").with_note(note);
        }
        self.error(self.hint_recursion(diagnostic, name));
        Ty::ERROR
    }

    /// Whether something was said about the declaration of `name` already.
    pub(super) fn is_reported(&self, name: Symbol) -> bool {
        self.reported.contains(&name) || self.ck.decls.reported.contains(&name)
    }

    fn visible_names(&self) -> Vec<&'c str> {
        let cx = self.ck.cx;
        let globals = self.ck.decls.scopes.value_names(self.ck.env.scope, self.top_limit());
        self.scopes.names().chain(globals).map(|symbol| cx.name(symbol)).chain(LibFn::names()).collect()
    }
}

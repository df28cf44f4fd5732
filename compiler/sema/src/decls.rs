//! Collects the declarations of a program: who is declared where, before anything is known about types.
//!
//! The statements of all files stand in one sequence, in the order in which they run: those of an imported file before the
//! `use` that imports it first. What names mean where is found in [`scopes`](crate::scopes).

mod deferred;
mod imports;
mod inner;

use bumpalo::Bump;
use resilient_base::{Diagnostic, Diagnostics, PrimaryMap, SecondaryMap, Span, Symbol, diag::codes, entity_impl};
use resilient_library::LibraryFn;
use resilient_syntax::ast::{self, Item, Pattern, PatternKind, StmtKind};
use rustc_hash::{FxHashMap, FxHashSet};

use self::imports::{Export, Exports};
use crate::attributes;
use crate::cfg::Cx;
use crate::gaps::Gap;
use crate::infer::nominal::{EnumDeclId, StructDeclId};
use crate::scopes::{Entry, ScopeId, Scopes};
use crate::stdlib::LibraryDecls;
use crate::tables::Key;
use crate::units::{UnitId, Units};
use crate::walk::{self, Node};

/// A function as declared.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FnId(u32);
entity_impl!(FnId, "decl");

/// A constant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConstId(u32);
entity_impl!(ConstId, "const");

/// A top-level `let` or `static let`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TopLetId(u32);
entity_impl!(TopLetId, "let");

/// An alias.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AliasId(u32);
entity_impl!(AliasId, "alias");

/// An `impl` block.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImplId(u32);
entity_impl!(ImplId, "impl");

/// A trait.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraitId(u32);
entity_impl!(TraitId, "trait");

/// A function or method and where it stands.
pub struct FnEntry<'a> {
    /// The declaration.
    pub decl: &'a ast::FnDecl<'a>,
    /// Its name.
    pub name: ast::Name,
    /// Index of its statement; it sees the top-level `let`s before.
    pub index: u32,
    /// The block it is a member of.
    pub impl_: Option<ImplId>,
    /// Where it is declared.
    pub scope: ScopeId,
    /// The trait that declares it.
    pub trait_: Option<TraitId>,
}

impl FnEntry<'_> {
    /// Whether it is a member of an `impl` or trait.
    pub fn is_member(&self) -> bool {
        self.impl_.is_some() || self.trait_.is_some()
    }
}

/// What a struct is made of.
#[derive(Clone, Copy)]
pub enum StructBody<'a> {
    /// `struct`
    Fields(&'a ast::StructDecl<'a>),
    /// `newtype`: one field of this type.
    Newtype(&'a ast::Type<'a>),
}

/// A struct or newtype and what its attributes derive.
pub struct StructEntry<'a> {
    /// Its name.
    pub name: ast::Name,
    /// Its fields.
    pub body: StructBody<'a>,
    /// `#[derive(PartialOrd)]`
    pub derives_order: Option<Span>,
    /// Where it is declared.
    pub scope: ScopeId,
}

impl<'a> StructEntry<'a> {
    /// Its type parameters.
    pub fn type_params(&self) -> &'a [ast::TypeParam<'a>] {
        match self.body {
            StructBody::Fields(decl) => decl.type_params,
            StructBody::Newtype(_) => &[],
        }
    }
}

/// What the name of a type means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TypeName {
    /// A struct.
    Struct(StructDeclId),
    /// An enum.
    Enum(EnumDeclId),
    /// An alias.
    Alias(AliasId),
    /// A trait.
    Trait(TraitId),
}

/// A constant and where it stands.
pub struct ConstEntry<'a> {
    /// The declaration.
    pub decl: &'a ast::ConstDecl<'a>,
    /// Where it is declared.
    pub scope: ScopeId,
}

/// A variable of a top-level `let` and where it stands.
pub struct TopLet<'a> {
    /// The declaration.
    pub decl: &'a ast::Let<'a>,
    /// Its name.
    pub name: ast::Name,
    /// Index of its statement.
    pub index: u32,
}

/// Where the declarations stand that have no entry of their own.
#[derive(Default)]
struct Places {
    stmts: Vec<ScopeId>,
    enums: SecondaryMap<EnumDeclId, ScopeId>,
    aliases: SecondaryMap<AliasId, ScopeId>,
    impls: SecondaryMap<ImplId, ScopeId>,
    traits: SecondaryMap<TraitId, ScopeId>,
}

/// The declarations of a program.
pub struct Decls<'a> {
    /// The statements that are part of the program, declarations included, in the order in which they run.
    pub stmts: Vec<&'a ast::Stmt<'a>>,
    /// Functions in source order, those of the library last.
    pub fns: PrimaryMap<FnId, FnEntry<'a>>,
    /// Functions whose calls of themselves must need no stack, and where that is demanded.
    pub must_tail: FxHashMap<FnId, Span>,
    /// Constants in source order.
    pub consts: PrimaryMap<ConstId, ConstEntry<'a>>,
    /// Top-level variables in source order.
    pub lets: PrimaryMap<TopLetId, TopLet<'a>>,
    /// Structs in source order, behind the built-in ones, which have no declaration.
    pub structs: PrimaryMap<StructDeclId, Option<StructEntry<'a>>>,
    /// Enums in source order, behind the built-in ones, which have no declaration.
    pub enums: PrimaryMap<EnumDeclId, Option<&'a ast::EnumDecl<'a>>>,
    /// Aliases in source order.
    pub aliases: PrimaryMap<AliasId, &'a ast::AliasDecl<'a>>,
    /// Traits in source order.
    pub traits: PrimaryMap<TraitId, &'a ast::TraitDecl<'a>>,
    /// `impl` blocks in source order.
    pub impls: PrimaryMap<ImplId, &'a ast::ImplDecl<'a>>,
    /// `static_assert`s in source order.
    pub static_asserts: Vec<(&'a ast::StaticAssert<'a>, Span, ScopeId)>,
    /// Names about whose declaration something was reported; no use of them draws another message.
    pub reported: FxHashSet<Symbol>,
    /// What names mean where.
    pub scopes: Scopes,
    places: Places,
    /// `a |> f(b)` as the call `f(a, b)`, keyed by the expression.
    pipes: FxHashMap<Key, &'a ast::Expr<'a>>,
    /// Deferred expressions as functions, keyed by the expressions.
    deferred: FxHashMap<Key, &'a ast::FnDecl<'a>>,
    /// The scopes of blocks that hold declarations, by their first statements.
    block_scopes: FxHashMap<Key, ScopeId>,
    /// The names of the library.
    pub library: LibraryDecls,
    let_ids: FxHashMap<Span, TopLetId>,
}

impl<'a> Decls<'a> {
    /// The declarations of the program, and those of the library. Calls that it does not spell out live in `scratch`.
    pub fn collect(
        units: &Units<'a>,
        library: &[LibraryFn<'a>],
        scratch: &'a Bump,
        cx: Cx<'_>,
        diags: &mut Diagnostics,
    ) -> Decls<'a> {
        let mut collector = Collector::new(cx, units, diags);
        collector.program();
        collector.decls.pipes = pipes(units, scratch);
        collector.decls.deferred = deferred::functions(units, scratch);
        collector.blocks();
        collector.library(library);
        collector.decls
    }

    fn empty() -> Decls<'a> {
        Decls {
            stmts: Vec::new(),
            fns: PrimaryMap::new(),
            must_tail: FxHashMap::default(),
            consts: PrimaryMap::new(),
            lets: PrimaryMap::new(),
            structs: std::iter::repeat_with(|| None).take(StructDeclId::N_BUILTIN).collect(),
            enums: std::iter::repeat_n(None, EnumDeclId::N_BUILTIN).collect(),
            aliases: PrimaryMap::new(),
            traits: PrimaryMap::new(),
            impls: PrimaryMap::new(),
            static_asserts: Vec::new(),
            reported: FxHashSet::default(),
            scopes: Scopes::default(),
            places: Places::default(),
            pipes: FxHashMap::default(),
            deferred: FxHashMap::default(),
            block_scopes: FxHashMap::default(),
            library: LibraryDecls::default(),
            let_ids: FxHashMap::default(),
        }
    }

    /// The scope of the declarations that stand in `block` itself, if there are any.
    pub fn block_scope(&self, block: &ast::Block<'_>) -> Option<ScopeId> {
        if self.block_scopes.is_empty() {
            return None;
        }
        self.block_scopes.get(&Key::of(block.stmts.first()?)).copied()
    }

    /// Where the statement with this index stands.
    pub fn stmt_scope(&self, index: usize) -> ScopeId {
        self.places.stmts[index]
    }

    /// Where an enum is declared.
    pub fn enum_scope(&self, id: EnumDeclId) -> ScopeId {
        self.places.enums[id]
    }

    /// Where a trait is declared.
    pub fn trait_scope(&self, id: TraitId) -> ScopeId {
        self.places.traits[id]
    }

    /// Where an alias is declared.
    pub fn alias_scope(&self, id: AliasId) -> ScopeId {
        self.places.aliases[id]
    }

    /// Where an `impl` stands.
    pub fn impl_scope(&self, id: ImplId) -> ScopeId {
        self.places.impls[id]
    }

    /// `name` of a type or function that is declared in `scope`, as in messages: with the modules around it.
    pub fn display_name(&self, scope: ScopeId, name: &str) -> String {
        format!("{}{name}", self.scopes[scope].prefix)
    }

    /// The variable that `node` declares, if it stands at top level and binds a single name.
    pub fn let_id(&self, node: &ast::Let<'_>) -> Option<TopLetId> {
        match node.target.kind {
            PatternKind::Name(name) => self.let_at(name.span),
            _ => None,
        }
    }

    /// The call that the pipe `expr` means.
    pub fn piped(&self, expr: &ast::Expr<'_>) -> Option<&'a ast::Expr<'a>> {
        self.pipes.get(&Key::of(expr)).copied()
    }

    /// The function that evaluates the expression of a `defer`.
    pub fn deferred(&self, expr: &ast::Expr<'_>) -> Option<&'a ast::FnDecl<'a>> {
        self.deferred.get(&Key::of(expr)).copied()
    }

    /// The variable of a top-level `let` whose name stands at `span`.
    pub fn let_at(&self, span: Span) -> Option<TopLetId> {
        self.let_ids.get(&span).copied()
    }
}

struct Collector<'c, 'd, 'a> {
    cx: Cx<'c>,
    units: &'d Units<'a>,
    diags: &'d mut Diagnostics,
    decls: Decls<'a>,
    /// The scope of the declaration at hand.
    scope: ScopeId,
    /// The file of the declaration at hand.
    unit: UnitId,
    /// What the files export; none for those that were not collected yet.
    exports: SecondaryMap<UnitId, Option<Exports>>,
    /// Whether the declaration at hand stands in a block.
    is_in_block: bool,
}

impl<'c, 'd, 'a> Collector<'c, 'd, 'a> {
    fn new(cx: Cx<'c>, units: &'d Units<'a>, diags: &'d mut Diagnostics) -> Self {
        Collector {
            cx,
            units,
            diags,
            decls: Decls::empty(),
            scope: ScopeId::default(),
            unit: units.main(),
            exports: SecondaryMap::new(),
            is_in_block: false,
        }
    }

    /// All files, each where it is imported first.
    fn program(&mut self) {
        let mut stack = vec![self.open(self.units.main())];
        while let Some(file) = stack.last_mut() {
            (self.unit, self.scope) = (file.unit, file.scope);
            let Some(&stmt) = file.stmts.get(file.next) else {
                stack.pop();
                continue;
            };
            if let Some(imported) = self.not_collected(stmt) {
                stack.push(self.open(imported));
                continue;
            }
            file.next += 1;
            self.stmt(stmt);
        }
    }

    /// Begins a file.
    fn open(&mut self, unit: UnitId) -> OpenFile<'a> {
        let scope = self.decls.scopes.push(None, String::new());
        self.exports[unit] = Some(Exports::default());
        let stmts = self.cx.active(self.units.unit(unit).tree.stmts).collect();
        OpenFile { unit, scope, stmts, next: 0 }
    }

    /// The file that `stmt` imports, if none did before.
    fn not_collected(&self, stmt: &ast::Stmt<'_>) -> Option<UnitId> {
        let StmtKind::Item(Item::Use(decl)) = stmt.kind else { return None };
        let imported = *self.units.unit(self.unit).imports.get(&decl.source_span)?;
        self.exports[imported].is_none().then_some(imported)
    }

    fn stmt(&mut self, stmt: &'a ast::Stmt<'a>) {
        attributes::check(stmt, self.cx, self.diags);
        let index = self.decls.stmts.len() as u32;
        self.decls.stmts.push(stmt);
        self.decls.places.stmts.push(self.scope);
        match &stmt.kind {
            StmtKind::Item(item) => self.item(item, stmt, index),
            StmtKind::Let(decl) => self.top_let(decl, index),
            _ => {}
        }
    }

    fn library(&mut self, loaded: &[LibraryFn<'a>]) {
        self.decls.library = LibraryDecls::new(self.decls.fns.len(), loaded, self.cx);
        for &LibraryFn { decl, .. } in loaded {
            if let Some(name) = decl.name {
                self.decls.fns.push(FnEntry {
                    decl,
                    name,
                    index: 0,
                    impl_: None,
                    trait_: None,
                    scope: ScopeId::default(),
                });
            }
        }
    }

    fn item(&mut self, item: &Item<'a>, stmt: &'a ast::Stmt<'a>, index: u32) {
        let (span, scope) = (stmt.span, self.scope);
        match item {
            Item::Fn(decl) => {
                self.function(decl, index);
                if let (Some(at), Some(id)) =
                    (attributes::must_tail_call(stmt, self.cx), self.decls.fns.keys().next_back())
                {
                    self.decls.must_tail.insert(id, at);
                }
            }
            Item::Const(decl) => self.constant(decl),
            Item::StaticAssert(decl) => self.decls.static_asserts.push((decl, span, scope)),
            Item::Region(_) | Item::Actor(_) | Item::Cluster(_) | Item::Bench(_) => {}
            Item::Struct(decl) => {
                let derives_order = self.derives(stmt);
                let body = StructBody::Fields(decl);
                let entry = StructEntry { name: decl.name, body, derives_order, scope };
                let id = self.decls.structs.push(Some(entry));
                self.type_name(decl.name, TypeName::Struct(id), Some(decl.is_pub));
            }
            Item::Enum(decl) => {
                let id = self.decls.enums.push(Some(decl));
                self.decls.places.enums[id] = scope;
                self.type_name(decl.name, TypeName::Enum(id), None);
            }
            Item::Alias(decl) => {
                self.reject_type_params(decl, "a type alias");
                let id = self.decls.aliases.push(decl);
                self.decls.places.aliases[id] = scope;
                self.type_name(decl.name, TypeName::Alias(id), None);
            }
            Item::Newtype(decl) => {
                self.reject_type_params(decl, "a newtype");
                let (name, body) = (decl.name, StructBody::Newtype(decl.ty));
                let id = self.decls.structs.push(Some(StructEntry { name, body, derives_order: None, scope }));
                self.type_name(name, TypeName::Struct(id), None);
            }
            Item::Trait(decl) => self.trait_(decl, index),
            Item::Mod(d) => self.module(d, index),
            Item::Impl(decl) => self.impl_(decl, index),
            Item::Use(decl) => self.import(decl, index),
            Item::Extern(d) => {
                self.gap(Gap::Foreign, span, None);
                self.decls.reported.extend(d.fns.iter().map(|f| f.name.symbol));
            }
            // See `policy`.
            Item::RequireContracts { .. } => {}
        }
    }

    /// `mod m { .. }`. Its declarations see the variables that stand before it.
    fn module(&mut self, decl: &'a ast::ModDecl<'a>, index: u32) {
        let outer = self.scope;
        let prefix = format!("{}{}::", self.decls.scopes[outer].prefix, self.cx.name(decl.name.symbol));
        let inner = self.decls.scopes.push(Some(outer), prefix);
        self.module_name(decl.name, inner, decl.name.span, false);
        self.export(decl.name, Export::Module(inner), None);
        self.scope = inner;
        for stmt in self.cx.active(decl.stmts) {
            attributes::check(stmt, self.cx, self.diags);
            match &stmt.kind {
                StmtKind::Item(Item::Use(decl)) => {
                    let message = "`use` stands at the top level of a file only";
                    self.diags.push(Diagnostic::error(codes::SYNTAX, decl.source_span, message));
                }
                StmtKind::Item(item) => self.item(item, stmt, index),
                // The parser has rejected everything else.
                _ => {}
            }
        }
        self.scope = outer;
    }

    fn reject_type_params(&mut self, decl: &ast::AliasDecl<'_>, what: &str) {
        if let Some(param) = decl.type_params.first() {
            let message = format!("{what} has no type parameters");
            self.diags.push(Diagnostic::error(codes::SYNTAX, param.name.span, message));
        }
    }

    fn gap(&mut self, gap: Gap<'_>, span: Span, name: Option<ast::Name>) {
        self.diags.push(gap.at(name.map_or(span, |n| n.span)));
        self.decls.reported.extend(name.map(|n| n.symbol));
    }

    fn function(&mut self, decl: &'a ast::FnDecl<'a>, index: u32) {
        let Some(name) = decl.name else { return };
        let scope = &self.decls.scopes[self.scope];
        if let Some(earlier) = scope.fns.entry(name.symbol).filter(|entry| !entry.is_imported) {
            let at = self.cx.sources.line_col(earlier.at);
            let text = self.cx.name(name.symbol);
            let message = format!("duplicate function name `{text}` — previously declared at {}:{}", at.line, at.col);
            self.diags.push(
                Diagnostic::error(codes::DUPLICATE_FUNCTION, name.span, message)
                    .with_secondary(earlier.at, "previously declared here"),
            );
        } else if let Some(earlier) = scope.consts.entry(name.symbol).filter(|entry| !entry.is_imported) {
            self.duplicate(name, earlier.at);
        } else {
            self.reject_imported_value(name);
        }
        let id = self.decls.fns.push(FnEntry { decl, name, index, impl_: None, trait_: None, scope: self.scope });
        let entry = Entry { meaning: id, at: name.span, is_imported: false };
        self.decls.scopes[self.scope].fns.add(name.symbol, entry);
        self.export(name, Export::Fn(id), Some(decl.is_pub));
    }

    fn trait_(&mut self, decl: &'a ast::TraitDecl<'a>, index: u32) {
        let id = self.decls.traits.push(decl);
        self.decls.places.traits[id] = self.scope;
        self.type_name(decl.name, TypeName::Trait(id), None);
        self.members(decl.members, index, None, Some(id));
    }

    fn impl_(&mut self, decl: &'a ast::ImplDecl<'a>, index: u32) {
        let impl_ = self.decls.impls.push(decl);
        self.decls.places.impls[impl_] = self.scope;
        self.members(decl.members, index, Some(impl_), None);
    }

    fn members(&mut self, members: &'a [ast::Member<'a>], index: u32, impl_: Option<ImplId>, trait_: Option<TraitId>) {
        let scope = self.scope;
        for member in members {
            if let ast::MemberKind::Fn(decl) = member.kind
                && let Some(name) = decl.name
            {
                self.decls.fns.push(FnEntry { decl, name, index, impl_, trait_, scope });
            }
        }
    }

    /// Declares a type; `is_pub` is there for those that `pub` matters for.
    fn type_name(&mut self, name: ast::Name, meaning: TypeName, is_pub: Option<bool>) {
        let text = self.cx.name(name.symbol);
        if crate::infer::is_builtin_type_name(text) {
            let message = format!("`{text}` is the name of a built-in type");
            self.diags.push(Diagnostic::error(codes::DUPLICATE_TYPE, name.span, message));
            return;
        }
        let scope = &mut self.decls.scopes[self.scope];
        if let Some(earlier) = scope.types.entry(name.symbol) {
            if earlier.is_imported {
                self.clash(name.symbol, name.span, earlier);
                return;
            }
            let message = format!("duplicate type name `{text}`");
            self.diags.push(
                Diagnostic::error(codes::DUPLICATE_TYPE, name.span, message)
                    .with_secondary(earlier.at, "previously declared here"),
            );
            return;
        }
        if let Some(earlier) = scope.modules.entry(name.symbol) {
            self.duplicate(name, earlier.at);
            return;
        }
        scope.types.add(name.symbol, Entry { meaning, at: name.span, is_imported: false });
        self.export(name, Export::Type(meaning), is_pub);
    }

    /// Where `#[derive(PartialOrd)]` stands. Unknown and repeated names are reported.
    fn derives(&mut self, stmt: &ast::Stmt<'_>) -> Option<Span> {
        let mut order = None;
        let mut seen: Vec<&str> = Vec::new();
        for attr in stmt.attrs.iter().filter(|attr| self.cx.name(attr.name.symbol) == "derive") {
            let ast::AttributeArgs::Tokens(text, span) = attr.args else { continue };
            for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
                let message = if DERIVES.binary_search(&name).is_err() {
                    format!("unknown derive `{name}`")
                } else if seen.contains(&name) {
                    format!("`{name}` is derived twice")
                } else {
                    seen.push(name);
                    if name == "PartialOrd" {
                        order = Some(span);
                    }
                    continue;
                };
                self.diags.push(Diagnostic::error(codes::DERIVE, span, message));
            }
        }
        order
    }

    fn constant(&mut self, decl: &'a ast::ConstDecl<'a>) {
        let name = decl.name;
        let scope = &self.decls.scopes[self.scope];
        let constant = scope.consts.entry(name.symbol).filter(|entry| !entry.is_imported).map(|entry| entry.at);
        let function = scope.fns.entry(name.symbol).filter(|entry| !entry.is_imported).map(|entry| entry.at);
        match constant.or(function) {
            Some(earlier) => self.duplicate(name, earlier),
            None => self.reject_imported_value(name),
        }
        let id = self.decls.consts.push(ConstEntry { decl, scope: self.scope });
        let entry = Entry { meaning: id, at: name.span, is_imported: false };
        self.decls.scopes[self.scope].consts.add(name.symbol, entry);
        self.export(name, Export::Const(id), None);
    }

    fn duplicate(&mut self, name: ast::Name, earlier: Span) {
        let message = format!("duplicate name `{}`", self.cx.name(name.symbol));
        self.diags.push(
            Diagnostic::error(codes::DUPLICATE_NAME, name.span, message)
                .with_secondary(earlier, "previously declared here"),
        );
    }

    fn top_let(&mut self, decl: &'a ast::Let<'a>, index: u32) {
        pattern_names(&decl.target, &mut |name| {
            if self.cx.name(name.symbol) == "None" {
                return;
            }
            self.reject_imported_value(name);
            let id = self.decls.lets.push(TopLet { decl, name, index });
            let entry = Entry { meaning: id, at: name.span, is_imported: false };
            self.decls.scopes[self.scope].add_let(name.symbol, index, entry);
            self.export(name, Export::Let(id), None);
            self.decls.let_ids.insert(name.span, id);
        });
    }
}

/// A file of which some statements were collected.
struct OpenFile<'a> {
    unit: UnitId,
    scope: ScopeId,
    stmts: Vec<&'a ast::Stmt<'a>>,
    next: usize,
}

/// The calls that the pipes of the program mean.
fn pipes<'a>(units: &Units<'a>, scratch: &'a Bump) -> FxHashMap<Key, &'a ast::Expr<'a>> {
    let mut found = FxHashMap::default();
    // Few programs have any, and a walk over all others would be for nothing.
    let trees = units.list().map(|unit| &unit.tree).filter(|tree| tree.has_pipes);
    walk::each(trees.flat_map(|tree| walk::item_roots(tree.stmts)), &mut |node| {
        if let Node::Expr(expr) = node
            && let ast::ExprKind::Pipe(value, into) = expr.kind
        {
            found.insert(Key::of(expr), &*scratch.alloc(piped(value, into, expr.span, scratch)));
        }
    });
    found
}

/// `value |> into` as a call.
fn piped<'a>(value: &'a ast::Expr<'a>, into: &'a ast::Expr<'a>, span: Span, scratch: &'a Bump) -> ast::Expr<'a> {
    use ast::ExprKind::{Call, MethodCall};
    let first = ast::Arg { name: None, value };
    let with = |args: &[ast::Arg<'a>]| -> &'a [ast::Arg<'a>] {
        scratch.alloc_slice_fill_iter(std::iter::once(first).chain(args.iter().copied()).collect::<Vec<_>>())
    };
    let kind = match into.kind {
        Call(callee, args) => Call(callee, with(args)),
        MethodCall(receiver, name, args) => MethodCall(receiver, name, with(args)),
        _ => Call(into, with(&[])),
    };
    ast::Expr { kind, span }
}

/// The last name of a type that is written as a path.
pub fn head_name(ty: &ast::Type<'_>) -> Option<ast::Name> {
    match &ty.kind {
        ast::TypeKind::Path(path, _) => path.segments.last().copied(),
        _ => None,
    }
}

/// Traits that need no declaration. Sorted.
pub const OPERATOR_TRAITS: &[&str] = &[
    "Add",
    "BitAnd",
    "BitOr",
    "BitXor",
    "Display",
    "Div",
    "Mul",
    "PartialEq",
    "PartialOrd",
    "Rem",
    "Shl",
    "Shr",
    "Sub",
];

/// What may be derived. All but `PartialOrd` change nothing. Sorted.
const DERIVES: &[&str] = &[
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Display",
    "Eq",
    "From",
    "Hash",
    "Into",
    "Iterator",
    "Ord",
    "PartialEq",
    "PartialOrd",
];

/// Calls `found` for each name that `pattern` binds, alternatives after the first aside.
pub fn pattern_names(pattern: &Pattern<'_>, found: &mut dyn FnMut(ast::Name)) {
    match pattern.kind {
        PatternKind::Name(name) => found(name),
        PatternKind::Bind(name, inner) => {
            found(name);
            pattern_names(inner, found);
        }
        PatternKind::Paren(inner) => pattern_names(inner, found),
        PatternKind::Or(list) => list.iter().take(1).for_each(|part| pattern_names(part, found)),
        PatternKind::Tuple(list, _) | PatternKind::TupleStruct(_, list, _) => {
            list.iter().for_each(|part| pattern_names(part, found));
        }
        PatternKind::Struct(_, fields, _) => {
            for field in fields {
                match field.pattern {
                    Some(inner) => pattern_names(inner, found),
                    None => found(field.name),
                }
            }
        }
        PatternKind::Wildcard
        | PatternKind::Default
        | PatternKind::Literal(_)
        | PatternKind::Range(..)
        | PatternKind::Path(_)
        | PatternKind::Error => {}
    }
}

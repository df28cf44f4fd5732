//! Collects the declarations of a file: who is declared where, before anything is known about types.
//!
//! Functions and constants are known everywhere. A top-level `let` is visible from its statement on, and a later one of
//! the same name hides it, so lookups of those take a statement index as limit.

use resilient_base::{Diagnostic, Diagnostics, PrimaryMap, Span, Symbol, diag::codes, entity_impl};
use resilient_syntax::ast::{self, Item, Pattern, PatternKind, StmtKind};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::attributes;
use crate::cfg::Cx;
use crate::gaps::Gap;
use crate::tables::Key;

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

/// A function and where it stands.
pub struct FnEntry<'a> {
    /// The declaration.
    pub decl: &'a ast::FnDecl<'a>,
    /// Its name.
    pub name: ast::Name,
    /// Index of its statement; it sees the top-level `let`s before.
    pub index: u32,
}

/// A constant and where it stands.
pub struct ConstEntry<'a> {
    /// The declaration.
    pub decl: &'a ast::ConstDecl<'a>,
}

/// A top-level `let` and where it stands.
pub struct TopLet<'a> {
    /// The declaration.
    pub decl: &'a ast::Let<'a>,
    /// What it binds.
    pub name: ast::Name,
    /// Index of its statement.
    pub index: u32,
}

/// The declarations of a file.
#[derive(Default)]
pub struct Decls<'a> {
    /// The statements that are part of the program, declarations included.
    pub stmts: Vec<&'a ast::Stmt<'a>>,
    /// Functions in source order.
    pub fns: PrimaryMap<FnId, FnEntry<'a>>,
    /// Constants in source order.
    pub consts: PrimaryMap<ConstId, ConstEntry<'a>>,
    /// Top-level variables in source order.
    pub lets: PrimaryMap<TopLetId, TopLet<'a>>,
    /// `static_assert`s in source order.
    pub static_asserts: Vec<(&'a ast::StaticAssert<'a>, Span)>,
    /// Names about whose declaration something was reported; no use of them draws another message.
    pub reported: FxHashSet<Symbol>,
    fn_names: FxHashMap<Symbol, FnId>,
    const_names: FxHashMap<Symbol, ConstId>,
    let_names: FxHashMap<Symbol, Vec<TopLetId>>,
    let_ids: FxHashMap<Key, TopLetId>,
}

impl<'a> Decls<'a> {
    /// The declarations of `file`.
    pub fn collect(file: &ast::File<'a>, cx: Cx<'_>, diags: &mut Diagnostics) -> Decls<'a> {
        let mut collector = Collector { cx, diags, decls: Decls::default() };
        for stmt in cx.active(file.stmts) {
            attributes::check(stmt, cx, collector.diags);
            collector.stmt(stmt);
        }
        collector.decls
    }

    /// The function of this name.
    pub fn function(&self, name: Symbol) -> Option<FnId> {
        self.fn_names.get(&name).copied()
    }

    /// The constant of this name.
    pub fn constant(&self, name: Symbol) -> Option<ConstId> {
        self.const_names.get(&name).copied()
    }

    /// The last top-level variable of this name before statement `limit`.
    pub fn top_let(&self, name: Symbol, limit: u32) -> Option<TopLetId> {
        let ids = self.let_names.get(&name)?;
        let n = ids.partition_point(|&id| self.lets[id].index < limit);
        n.checked_sub(1).map(|i| ids[i])
    }

    /// The first top-level variable of this name, wherever it stands.
    pub fn any_top_let(&self, name: Symbol) -> Option<TopLetId> {
        self.let_names.get(&name)?.first().copied()
    }

    /// The variable that `node` declares, if it stands at top level and binds a name.
    pub fn let_id(&self, node: &ast::Let<'_>) -> Option<TopLetId> {
        self.let_ids.get(&Key::of(node)).copied()
    }

    /// Names of functions, constants and of the variables before `limit`, for suggestions.
    pub fn names_before(&self, limit: u32) -> impl Iterator<Item = Symbol> {
        let lets = self.lets.values().filter(move |l| l.index < limit).map(|l| l.name.symbol);
        lets.chain(self.const_names_in_order()).chain(self.fn_names_in_order())
    }

    /// Names of functions, for suggestions.
    pub fn fn_names_in_order(&self) -> impl Iterator<Item = Symbol> {
        self.fns.values().map(|f| f.name.symbol)
    }

    fn const_names_in_order(&self) -> impl Iterator<Item = Symbol> {
        self.consts.values().map(|c| c.decl.name.symbol)
    }
}

struct Collector<'c, 'd, 'a> {
    cx: Cx<'c>,
    diags: &'d mut Diagnostics,
    decls: Decls<'a>,
}

impl<'a> Collector<'_, '_, 'a> {
    fn stmt(&mut self, stmt: &'a ast::Stmt<'a>) {
        let index = self.decls.stmts.len() as u32;
        self.decls.stmts.push(stmt);
        match &stmt.kind {
            StmtKind::Item(item) => self.item(item, stmt.span, index),
            StmtKind::Let(decl) => self.top_let(decl, index),
            _ => {}
        }
    }

    fn item(&mut self, item: &Item<'a>, span: Span, index: u32) {
        match item {
            Item::Fn(decl) => self.function(decl, index),
            Item::Const(decl) => self.constant(decl),
            Item::StaticAssert(decl) => self.decls.static_asserts.push((decl, span)),
            Item::Region(_) | Item::Actor(_) | Item::Cluster(_) | Item::Bench(_) => {}
            Item::Struct(d) => self.gap(Gap::Struct, span, Some(d.name)),
            Item::Enum(d) => self.gap(Gap::Enum, span, Some(d.name)),
            Item::Alias(d) => self.gap(Gap::Alias, span, Some(d.name)),
            Item::Newtype(d) => self.gap(Gap::Newtype, span, Some(d.name)),
            Item::Trait(d) => self.gap(Gap::Trait, span, Some(d.name)),
            Item::Mod(d) => self.gap(Gap::Module, span, Some(d.name)),
            Item::Impl(_) => self.gap(Gap::Impl, span, None),
            Item::Use(_) => self.gap(Gap::Import, span, None),
            Item::Extern(d) => {
                self.gap(Gap::Foreign, span, None);
                self.decls.reported.extend(d.fns.iter().map(|f| f.name.symbol));
            }
            Item::RequireContracts { .. } => self.gap(Gap::ContractPolicy, span, None),
        }
    }

    fn gap(&mut self, gap: Gap<'_>, span: Span, name: Option<ast::Name>) {
        self.diags.push(gap.at(name.map_or(span, |n| n.span)));
        self.decls.reported.extend(name.map(|n| n.symbol));
    }

    fn function(&mut self, decl: &'a ast::FnDecl<'a>, index: u32) {
        let Some(name) = decl.name else { return };
        // A gap, reported with the signature.
        self.decls.reported.extend(decl.type_params.iter().map(|param| param.name.symbol));
        let earlier = self.decls.fn_names.get(&name.symbol).map(|&id| self.decls.fns[id].name.span);
        if let Some(earlier) = earlier {
            let at = self.cx.sources.line_col(earlier);
            let text = self.cx.name(name.symbol);
            let message = format!("duplicate function name `{text}` — previously declared at {}:{}", at.line, at.col);
            self.diags.push(
                Diagnostic::error(codes::DUPLICATE_FUNCTION, name.span, message)
                    .with_secondary(earlier, "previously declared here"),
            );
        } else if let Some(&constant) = self.decls.const_names.get(&name.symbol) {
            self.duplicate(name, self.decls.consts[constant].decl.name.span);
        }
        let id = self.decls.fns.push(FnEntry { decl, name, index });
        self.decls.fn_names.entry(name.symbol).or_insert(id);
    }

    fn constant(&mut self, decl: &'a ast::ConstDecl<'a>) {
        let name = decl.name;
        if let Some(&earlier) = self.decls.const_names.get(&name.symbol) {
            self.duplicate(name, self.decls.consts[earlier].decl.name.span);
        } else if let Some(&earlier) = self.decls.fn_names.get(&name.symbol) {
            self.duplicate(name, self.decls.fns[earlier].name.span);
        }
        let id = self.decls.consts.push(ConstEntry { decl });
        self.decls.const_names.entry(name.symbol).or_insert(id);
    }

    fn duplicate(&mut self, name: ast::Name, earlier: Span) {
        let message = format!("duplicate name `{}`", self.cx.name(name.symbol));
        self.diags.push(
            Diagnostic::error(codes::DUPLICATE_NAME, name.span, message)
                .with_secondary(earlier, "previously declared here"),
        );
    }

    fn top_let(&mut self, decl: &'a ast::Let<'a>, index: u32) {
        if let PatternKind::Name(name) = decl.target.kind
            && decl.otherwise.is_none()
        {
            let id = self.decls.lets.push(TopLet { decl, name, index });
            self.decls.let_names.entry(name.symbol).or_default().push(id);
            self.decls.let_ids.insert(Key::of(decl), id);
        } else {
            // A gap, reported when the statement is checked.
            pattern_names(&decl.target, &mut |name| {
                self.decls.reported.insert(name.symbol);
            });
        }
    }
}

/// Calls `found` for each name that `pattern` binds.
pub fn pattern_names(pattern: &Pattern<'_>, found: &mut dyn FnMut(ast::Name)) {
    match pattern.kind {
        PatternKind::Name(name) => found(name),
        PatternKind::Bind(name, inner) => {
            found(name);
            pattern_names(inner, found);
        }
        PatternKind::Paren(inner) => pattern_names(inner, found),
        PatternKind::Or(list) | PatternKind::Tuple(list, _) | PatternKind::TupleStruct(_, list, _) => {
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

//! Collects the declarations of a file: who is declared where, before anything is known about types.
//!
//! Functions, types and constants are known everywhere. A top-level `let` is visible from its statement on, and a later one of
//! the same name hides it, so lookups of those take a statement index as limit.

use resilient_base::{Diagnostic, Diagnostics, PrimaryMap, Span, Symbol, diag::codes, entity_impl};
use resilient_syntax::ast::{self, Item, Pattern, PatternKind, StmtKind};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::attributes;
use crate::cfg::Cx;
use crate::gaps::{self, Gap};
use crate::infer::nominal::{EnumDeclId, StructDeclId};

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
}

/// A struct and what its attributes derive.
pub struct StructEntry<'a> {
    /// The declaration.
    pub decl: &'a ast::StructDecl<'a>,
    /// `#[derive(PartialOrd)]`
    pub derives_order: Option<Span>,
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
}

/// A constant and where it stands.
pub struct ConstEntry<'a> {
    /// The declaration.
    pub decl: &'a ast::ConstDecl<'a>,
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

/// The declarations of a file.
pub struct Decls<'a> {
    /// The statements that are part of the program, declarations included.
    pub stmts: Vec<&'a ast::Stmt<'a>>,
    /// Functions in source order.
    pub fns: PrimaryMap<FnId, FnEntry<'a>>,
    /// Constants in source order.
    pub consts: PrimaryMap<ConstId, ConstEntry<'a>>,
    /// Top-level variables in source order.
    pub lets: PrimaryMap<TopLetId, TopLet<'a>>,
    /// Structs in source order.
    pub structs: PrimaryMap<StructDeclId, StructEntry<'a>>,
    /// Enums in source order, behind the built-in ones, which have no declaration.
    pub enums: PrimaryMap<EnumDeclId, Option<&'a ast::EnumDecl<'a>>>,
    /// Aliases in source order.
    pub aliases: PrimaryMap<AliasId, &'a ast::AliasDecl<'a>>,
    /// Inherent `impl` blocks in source order.
    pub impls: PrimaryMap<ImplId, &'a ast::ImplDecl<'a>>,
    /// `static_assert`s in source order.
    pub static_asserts: Vec<(&'a ast::StaticAssert<'a>, Span)>,
    /// Names about whose declaration something was reported; no use of them draws another message.
    pub reported: FxHashSet<Symbol>,
    fn_names: FxHashMap<Symbol, FnId>,
    const_names: FxHashMap<Symbol, ConstId>,
    type_names: FxHashMap<Symbol, TypeName>,
    let_names: FxHashMap<Symbol, Vec<TopLetId>>,
    let_ids: FxHashMap<Span, TopLetId>,
}

impl<'a> Decls<'a> {
    /// The declarations of `file`.
    pub fn collect(file: &ast::File<'a>, cx: Cx<'_>, diags: &mut Diagnostics) -> Decls<'a> {
        let mut collector = Collector { cx, diags, decls: Decls::empty() };
        for stmt in cx.active(file.stmts) {
            attributes::check(stmt, cx, collector.diags);
            collector.stmt(stmt);
        }
        collector.decls
    }

    fn empty() -> Decls<'a> {
        Decls {
            stmts: Vec::new(),
            fns: PrimaryMap::new(),
            consts: PrimaryMap::new(),
            lets: PrimaryMap::new(),
            structs: PrimaryMap::new(),
            enums: std::iter::repeat_n(None, EnumDeclId::N_BUILTIN).collect(),
            aliases: PrimaryMap::new(),
            impls: PrimaryMap::new(),
            static_asserts: Vec::new(),
            reported: FxHashSet::default(),
            fn_names: FxHashMap::default(),
            const_names: FxHashMap::default(),
            type_names: FxHashMap::default(),
            let_names: FxHashMap::default(),
            let_ids: FxHashMap::default(),
        }
    }

    /// The declared type of this name.
    pub fn type_name(&self, name: Symbol) -> Option<TypeName> {
        self.type_names.get(&name).copied()
    }

    /// The names of declared types, for suggestions.
    pub fn type_names_in_order(&self) -> impl Iterator<Item = Symbol> {
        let structs = self.structs.values().map(|entry| entry.decl.name.symbol);
        let enums = self.enums.values().flatten().map(|decl| decl.name.symbol);
        structs.chain(enums).chain(self.aliases.values().map(|decl| decl.name.symbol))
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

    /// The variable that `node` declares, if it stands at top level and binds a single name.
    pub fn let_id(&self, node: &ast::Let<'_>) -> Option<TopLetId> {
        match node.target.kind {
            PatternKind::Name(name) => self.let_at(name.span),
            _ => None,
        }
    }

    /// The variable of a top-level `let` whose name stands at `span`.
    pub fn let_at(&self, span: Span) -> Option<TopLetId> {
        self.let_ids.get(&span).copied()
    }

    /// Names of functions, constants and of the variables before `limit`, for suggestions.
    pub fn names_before(&self, limit: u32) -> impl Iterator<Item = Symbol> {
        let lets = self.lets.values().filter(move |l| l.index < limit).map(|l| l.name.symbol);
        lets.chain(self.const_names_in_order()).chain(self.fn_names_in_order())
    }

    /// Names of functions, for suggestions.
    pub fn fn_names_in_order(&self) -> impl Iterator<Item = Symbol> {
        self.fns.values().filter(|f| f.impl_.is_none()).map(|f| f.name.symbol)
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
            StmtKind::Item(item) => self.item(item, stmt, index),
            StmtKind::Let(decl) => self.top_let(decl, index),
            _ => {}
        }
    }

    fn item(&mut self, item: &Item<'a>, stmt: &'a ast::Stmt<'a>, index: u32) {
        let span = stmt.span;
        match item {
            Item::Fn(decl) => self.function(decl, index),
            Item::Const(decl) => self.constant(decl),
            Item::StaticAssert(decl) => self.decls.static_asserts.push((decl, span)),
            Item::Region(_) | Item::Actor(_) | Item::Cluster(_) | Item::Bench(_) => {}
            Item::Struct(decl) => {
                let derives_order = self.derives(stmt);
                let id = self.decls.structs.push(StructEntry { decl, derives_order });
                self.type_name(decl.name, TypeName::Struct(id));
            }
            Item::Enum(decl) => {
                let id = self.decls.enums.push(Some(decl));
                self.type_name(decl.name, TypeName::Enum(id));
            }
            Item::Alias(decl) => match decl.type_params {
                [] => {
                    let id = self.decls.aliases.push(decl);
                    self.type_name(decl.name, TypeName::Alias(id));
                }
                _ => self.gap(Gap::AliasParams, span, Some(decl.name)),
            },
            Item::Newtype(d) => self.gap(Gap::Newtype, span, Some(d.name)),
            Item::Trait(d) => self.gap(Gap::Trait, span, Some(d.name)),
            Item::Mod(d) => self.gap(Gap::Module, span, Some(d.name)),
            Item::Impl(decl) => self.impl_(decl, index),
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
        let id = self.decls.fns.push(FnEntry { decl, name, index, impl_: None });
        self.decls.fn_names.entry(name.symbol).or_insert(id);
    }

    /// An inherent `impl`. Those of a trait that is not declared but has one of the names for operators are inherent too.
    fn impl_(&mut self, decl: &'a ast::ImplDecl<'a>, index: u32) {
        let is_inherent = match decl.trait_ {
            None => true,
            Some(trait_) => head_name(trait_).is_some_and(|name| {
                OPERATOR_TRAITS.binary_search(&self.cx.name(name.symbol)).is_ok()
                    && !self.decls.reported.contains(&name.symbol)
            }),
        };
        if !is_inherent || !decl.type_params.is_empty() {
            let at = decl.trait_.map_or(decl.target.span, |trait_| trait_.span);
            self.diags.push(Gap::TraitImpl.at(at));
            return;
        }
        let impl_ = self.decls.impls.push(decl);
        for member in decl.members {
            match member.kind {
                ast::MemberKind::Fn(decl) => {
                    let Some(name) = decl.name else { continue };
                    self.decls.fns.push(FnEntry { decl, name, index, impl_: Some(impl_) });
                }
                ast::MemberKind::AssociatedType(name, _) => self.diags.push(Gap::AssociatedType.at(name.span)),
            }
        }
    }

    fn type_name(&mut self, name: ast::Name, meaning: TypeName) {
        let text = self.cx.name(name.symbol);
        if gaps::is_builtin_type(text) || crate::infer::is_builtin_type_name(text) {
            let message = format!("`{text}` is the name of a built-in type");
            self.diags.push(Diagnostic::error(codes::DUPLICATE_TYPE, name.span, message));
            return;
        }
        if let Some(&earlier) = self.decls.type_names.get(&name.symbol) {
            let earlier = match earlier {
                TypeName::Struct(id) => Some(self.decls.structs[id].decl.name),
                TypeName::Enum(id) => self.decls.enums[id].map(|decl| decl.name),
                TypeName::Alias(id) => Some(self.decls.aliases[id].name),
            };
            let mut diagnostic =
                Diagnostic::error(codes::DUPLICATE_TYPE, name.span, format!("duplicate type name `{text}`"));
            if let Some(earlier) = earlier {
                diagnostic = diagnostic.with_secondary(earlier.span, "previously declared here");
            }
            self.diags.push(diagnostic);
            return;
        }
        self.decls.type_names.insert(name.symbol, meaning);
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
        pattern_names(&decl.target, &mut |name| {
            if self.cx.name(name.symbol) == "None" {
                return;
            }
            let id = self.decls.lets.push(TopLet { decl, name, index });
            self.decls.let_names.entry(name.symbol).or_default().push(id);
            self.decls.let_ids.insert(name.span, id);
        });
    }
}

/// The last name of a type that is written as a path.
pub fn head_name(ty: &ast::Type<'_>) -> Option<ast::Name> {
    match &ty.kind {
        ast::TypeKind::Path(path, _) => path.segments.last().copied(),
        _ => None,
    }
}

/// Traits that need no declaration. Sorted.
const OPERATOR_TRAITS: &[&str] = &[
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

//! Declarations.

use resilient_base::{Diagnostic, diag::codes};

use super::{Checkpoint, Parser, R, attributes::Modifiers, cursor::begins_stmt, functions::Body};
use crate::{
    ast::{
        ActorDecl, ActorMember, AliasDecl, BenchDecl, ClusterDecl, ConstDecl, EnumDecl, ExternDecl, Field, FnDecl,
        ForeignFn, ImplDecl, Item, Member, MemberKind, ModDecl, Name, Param, Payload, StaticAssert, StmtKind,
        StructDecl, TraitDecl, Type, TypeParam, UseDecl, UseSource, Variant,
    },
    token::{Token, TokenKind},
};

impl<'a: 'b, 'b> Parser<'a, 'b> {
    /// `Item`, if one begins here.
    pub(super) fn item(&mut self, modifiers: &Modifiers<'a>) -> R<Option<Item<'a>>> {
        let first = self.current();
        if self.at_fn() {
            return Ok(Some(Item::Fn(self.fn_decl(modifiers, Body::Required)?)));
        }
        let item = match first.kind {
            TokenKind::Struct => self.struct_decl(modifiers)?,
            TokenKind::Enum => self.enum_decl(modifiers)?,
            TokenKind::Type => Item::Alias(self.alias(modifiers, "a type alias")?),
            TokenKind::Newtype => Item::Newtype(self.alias(modifiers, "a newtype")?),
            TokenKind::Trait => self.trait_decl(modifiers)?,
            TokenKind::Impl => self.impl_decl()?,
            TokenKind::Const => self.const_decl(modifiers)?,
            TokenKind::StaticAssert => self.static_assert()?,
            TokenKind::Mod => self.mod_decl(modifiers)?,
            TokenKind::Use => self.use_decl(modifiers)?,
            TokenKind::Extern => self.extern_decl()?,
            TokenKind::Region => self.region_decl()?,
            TokenKind::Actor => self.actor_decl()?,
            TokenKind::Bench => self.bench_decl()?,
            TokenKind::At if self.at_require_contracts() => self.require_contracts()?,
            TokenKind::Ident if self.at_word("cluster") && self.nth_kind(1) == TokenKind::Ident => {
                self.cluster_decl()?
            }
            TokenKind::Supervisor => {
                let message = "`supervisor` is reserved and has no form yet";
                let span = self.token_span(first);
                return self.fail(Diagnostic::error(codes::SYNTAX, span, message));
            }
            _ => return Ok(None),
        };
        self.check_level(first, &item);
        Ok(Some(item))
    }

    /// What stands only at the top level, and in modules.
    fn check_level(&mut self, first: Token, item: &Item<'a>) {
        let is_global = matches!(
            item,
            Item::Newtype(_)
                | Item::StaticAssert(_)
                | Item::Extern(_)
                | Item::Region(_)
                | Item::Actor(_)
                | Item::Cluster(_)
                | Item::Bench(_)
                | Item::RequireContracts { .. }
        );
        if is_global && self.context.in_block {
            let word = if first.kind == TokenKind::At { "@require_contracts" } else { self.token_text(first) };
            let message = format!("`{word}` is only allowed at the top level");
            self.form_error(codes::SYNTAX, self.token_span(first), message);
        }
    }

    /// Reads members up to the brace that closes `open`, skipping those that cannot be read.
    fn members<T>(&mut self, open: Token, mut member: impl FnMut(&mut Self) -> R<T>) -> R<Vec<T>> {
        let mut members = Vec::new();
        while !self.at_kind(TokenKind::RBrace) && !self.at_kind(TokenKind::Eof) {
            let from = self.checkpoint();
            match member(self) {
                Ok(member) => members.push(member),
                Err(_) => self.recover(from, begins_stmt),
            }
        }
        self.close(open, TokenKind::RBrace, "")?;
        Ok(members)
    }

    /// `List(element)` in braces, skipping elements that cannot be read.
    fn elements<T>(&mut self, mut element: impl FnMut(&mut Self) -> R<T>) -> R<Vec<T>> {
        let open = self.expect(TokenKind::LBrace)?;
        let mut elements = Vec::new();
        while !self.at_kind(TokenKind::RBrace) && !self.at_kind(TokenKind::Eof) {
            let from = self.checkpoint();
            match element(self) {
                Ok(element) => elements.push(element),
                Err(_) => {
                    self.recover_element(from);
                    continue;
                }
            }
            if !self.eat(TokenKind::Comma) && !self.at_kind(TokenKind::RBrace) {
                self.missing_comma(from);
            }
        }
        self.close(open, TokenKind::RBrace, "`,` or ")?;
        Ok(elements)
    }

    fn missing_comma(&mut self, from: Checkpoint) {
        if self.at_kind(TokenKind::Eof) {
            return;
        }
        let is_semi = self.at_kind(TokenKind::Semi);
        let diagnostic = self.expected_diagnostic("`,` or `}`");
        self.report(diagnostic.with_help("a `,` stands between them"));
        if is_semi {
            self.bump();
        } else if !self.at_kind(TokenKind::Ident) {
            self.recover_element(from);
        }
    }

    /// `StructDecl`
    fn struct_decl(&mut self, modifiers: &Modifiers<'a>) -> R<Item<'a>> {
        self.bump();
        let name = self.ident()?;
        let type_params = self.type_params()?;
        let is_tuple = self.at_kind(TokenKind::LParen);
        let fields = match self.kind() {
            TokenKind::LParen => {
                let open = self.bump();
                let fields = self
                    .list(open, TokenKind::RParen, |p| Ok(Field { name: None, ty: p.type_()?, name_first: false }))?;
                self.required_semi("a tuple struct");
                fields
            }
            TokenKind::LBrace => self.elements(Self::named_field)?,
            _ => {
                let diagnostic = self.expected_diagnostic("`{` or `(`");
                return self.fail(diagnostic.with_help("a struct without fields is written `struct S {}`"));
            }
        };
        self.check_distinct(fields.iter().filter_map(|field| field.name), "field");
        let fields = self.slice(&fields);
        let is_pub = modifiers.is_pub;
        Ok(Item::Struct(self.alloc(StructDecl { is_pub, name, type_params, fields, is_tuple })))
    }

    /// `EnumDecl`
    fn enum_decl(&mut self, modifiers: &Modifiers<'a>) -> R<Item<'a>> {
        self.bump();
        let name = self.ident()?;
        let type_params = self.type_params()?;
        let open = self.current();
        let variants = self.elements(Self::variant)?;
        if variants.is_empty() && self.n_syntax_errors == 0 {
            self.form_error(codes::SYNTAX, self.span_from(open.lo), "an enum needs at least one variant");
        }
        self.check_distinct(variants.iter().map(|variant| variant.name), "variant");
        let variants = self.slice(&variants);
        Ok(Item::Enum(self.alloc(EnumDecl { is_pub: modifiers.is_pub, name, type_params, variants })))
    }

    /// `Variant`
    fn variant(&mut self) -> R<Variant<'a>> {
        let name = self.ident()?;
        let payload = match self.kind() {
            TokenKind::LParen => {
                let open = self.bump();
                let types = self.list(open, TokenKind::RParen, Self::type_)?;
                Payload::Tuple(self.slice(&types))
            }
            TokenKind::LBrace => {
                let open = self.bump();
                let fields = self.list(open, TokenKind::RBrace, Self::named_field)?;
                self.check_distinct(fields.iter().filter_map(|field| field.name), "field");
                Payload::Named(self.slice(&fields))
            }
            TokenKind::Eq => {
                let diagnostic = self.expected_diagnostic("`,` or `}`");
                return self.fail(diagnostic.with_note("variants have no numeric values"));
            }
            _ => Payload::None,
        };
        Ok(Variant { name, payload })
    }

    /// `TypeAlias` or `Newtype`
    fn alias(&mut self, modifiers: &Modifiers<'a>, what: &str) -> R<&'a AliasDecl<'a>> {
        self.bump();
        let name = self.ident()?;
        let type_params = self.type_params()?;
        self.expect(TokenKind::Eq)?;
        let ty = self.type_()?;
        self.required_semi(what);
        Ok(self.alloc(AliasDecl { is_pub: modifiers.is_pub, name, type_params, ty }))
    }

    /// `TraitDecl`
    fn trait_decl(&mut self, modifiers: &Modifiers<'a>) -> R<Item<'a>> {
        self.bump();
        let name = self.ident()?;
        let type_params = self.type_params()?;
        let supers = if self.eat_word("extends") { self.super_traits()? } else { &[] };
        let open = self.expect(TokenKind::LBrace)?;
        let members = self.members(open, |p| p.member(true))?;
        let members = self.slice(&members);
        let is_pub = modifiers.is_pub;
        Ok(Item::Trait(self.alloc(TraitDecl { is_pub, name, type_params, supers, members })))
    }

    /// `ImplDecl`
    fn impl_decl(&mut self) -> R<Item<'a>> {
        self.bump();
        let type_params: &[TypeParam<'a>] = self.type_params()?;
        let first: &Type<'a> = self.impl_type()?;
        let (trait_, target) = if self.eat(TokenKind::For) { (Some(first), self.impl_type()?) } else { (None, first) };
        let open = self.expect(TokenKind::LBrace)?;
        let members = self.members(open, |p| p.member(false))?;
        let members = self.slice(&members);
        Ok(Item::Impl(self.alloc(ImplDecl { type_params, trait_, target, members })))
    }

    /// A path with type arguments; types of other forms (`[T]`, `(A, B)`) too.
    fn impl_type(&mut self) -> R<&'a Type<'a>> {
        if self.at_kind(TokenKind::Ident) { self.path_type() } else { self.type_() }
    }

    /// A member of a trait or impl.
    fn member(&mut self, in_trait: bool) -> R<Member<'a>> {
        let lo = self.current().lo;
        let modifiers = self.modifiers()?;
        let attrs = self.slice(&modifiers.attrs);
        let kind = match self.kind() {
            _ if self.at_fn() => {
                let body = if in_trait { Body::OrSemi } else { Body::Required };
                MemberKind::Fn(self.fn_decl(&modifiers, body)?)
            }
            TokenKind::Type => {
                self.bump();
                let name = self.ident()?;
                let ty = if self.eat(TokenKind::Eq) { Some(self.type_()?) } else { None };
                if ty.is_none() && !in_trait {
                    return Err(self.expected("`=` and a type"));
                }
                self.required_semi("an associated type");
                MemberKind::AssociatedType(name, ty)
            }
            TokenKind::Const => {
                let diagnostic = self.expected_diagnostic("`fn` or `type`");
                return self.fail(diagnostic.with_help("constants stand outside of impls and traits"));
            }
            TokenKind::Semi => {
                let span = self.token_span(self.current());
                let diagnostic = Diagnostic::error(codes::SEMICOLON, span, "misplaced `;` between members");
                return self.fail(diagnostic.with_help("remove it"));
            }
            _ => return Err(self.expected("`fn` or `type`")),
        };
        Ok(Member { attrs, kind, span: self.span_from(lo) })
    }

    /// `ConstDecl`
    fn const_decl(&mut self, modifiers: &Modifiers<'a>) -> R<Item<'a>> {
        self.bump();
        let name = self.ident()?;
        let ty = if self.eat(TokenKind::Colon) { Some(self.type_()?) } else { None };
        self.expect(TokenKind::Eq)?;
        let value = self.expr()?;
        self.eat(TokenKind::Semi);
        Ok(Item::Const(self.alloc(ConstDecl { is_pub: modifiers.is_pub, name, ty, value })))
    }

    /// `StaticAssert`
    fn static_assert(&mut self) -> R<Item<'a>> {
        self.bump();
        let open = self.expect(TokenKind::LParen)?;
        let cond = self.with_struct(true, Self::expr)?;
        if !self.eat(TokenKind::Comma) {
            return Err(self.expected("`,` and the message"));
        }
        let message = self.plain_string()?;
        self.eat(TokenKind::Comma);
        self.close(open, TokenKind::RParen, "")?;
        self.eat(TokenKind::Semi);
        Ok(Item::StaticAssert(self.alloc(StaticAssert { cond, message })))
    }

    /// `ModDecl`
    fn mod_decl(&mut self, modifiers: &Modifiers<'a>) -> R<Item<'a>> {
        self.bump();
        let name = self.ident()?;
        if self.at_kind(TokenKind::Semi) {
            let diagnostic = self.expected_diagnostic("`{`");
            return self.fail(diagnostic.with_help("another file is taken in by `use \"file.rz\";`"));
        }
        let open = self.expect(TokenKind::LBrace)?;
        let stmts = self.nested(|p| Ok(p.stmts(TokenKind::RBrace, false)))?;
        self.close(open, TokenKind::RBrace, "")?;
        for stmt in stmts.iter().filter(|stmt| !matches!(stmt.kind, StmtKind::Item(_) | StmtKind::Error)) {
            self.form_error(codes::SYNTAX, stmt.span, "a module holds declarations only");
        }
        Ok(Item::Mod(self.alloc(ModDecl { is_pub: modifiers.is_pub, name, stmts })))
    }

    /// `UseDecl`
    fn use_decl(&mut self, modifiers: &Modifiers<'a>) -> R<Item<'a>> {
        self.bump();
        let first = self.current();
        let source = match first.kind {
            TokenKind::Ident => UseSource::Path(self.path()?),
            _ if self.at_string() => UseSource::File(self.plain_string()?),
            _ => return Err(self.expected("a file name in quotes or a module")),
        };
        let source_span = self.span_from(first.lo);
        let alias = if self.eat(TokenKind::As) { Some(self.ident()?) } else { None };
        let mut selected = None;
        if self.at_kind(TokenKind::LBrace) {
            let open = self.bump();
            let names = self.list(open, TokenKind::RBrace, Self::ident)?;
            if names.is_empty() {
                self.form_error(codes::SYNTAX, self.span_from(open.lo), "at least one name is listed here");
            }
            selected = Some(self.slice(&names));
        }
        self.eat(TokenKind::Semi);
        let is_pub = modifiers.is_pub;
        Ok(Item::Use(self.alloc(UseDecl { is_pub, source, source_span, alias, selected })))
    }

    /// `ExternDecl`
    fn extern_decl(&mut self) -> R<Item<'a>> {
        self.bump();
        let library = self.plain_string()?;
        let open = self.expect(TokenKind::LBrace)?;
        let fns = self.members(open, Self::foreign_fn)?;
        let fns = self.slice(&fns);
        Ok(Item::Extern(self.alloc(ExternDecl { library, fns })))
    }

    /// `ForeignFn`
    fn foreign_fn(&mut self) -> R<ForeignFn<'a>> {
        let lo = self.current().lo;
        let modifiers = self.modifiers()?;
        self.expect(TokenKind::Fn)?;
        let name = self.ident()?;
        let (params, is_variadic) = self.foreign_params()?;
        if !self.at_kind(TokenKind::Arrow) {
            let diagnostic = self.expected_diagnostic("`->` and the result type");
            return self.fail(diagnostic.with_help("a function without result is declared `-> Void`"));
        }
        self.bump();
        let result = self.type_()?;
        let symbol = if self.eat(TokenKind::Eq) { Some(self.plain_string()?) } else { None };
        let contracts = self.contracts()?;
        let attrs = self.slice(&modifiers.attrs);
        let span = self.span_from(lo);
        self.required_semi("a foreign function");
        Ok(ForeignFn { attrs, name, params, is_variadic, result, symbol, contracts, span })
    }

    /// `"(" [ FParams ] ")"`
    fn foreign_params(&mut self) -> R<(&'a [Param<'a>], bool)> {
        let open = self.expect(TokenKind::LParen)?;
        let mut params = Vec::new();
        let mut is_variadic = false;
        while !self.at_kind(TokenKind::RParen) && !self.at_kind(TokenKind::Eof) {
            if self.eat(TokenKind::DotDotDot) {
                is_variadic = true;
                break;
            }
            params.push(self.param()?);
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        self.close(open, TokenKind::RParen, if is_variadic { "" } else { "`,` or " })?;
        Ok((self.slice(&params), is_variadic))
    }

    /// `RegionDecl`
    fn region_decl(&mut self) -> R<Item<'a>> {
        self.bump();
        let name = self.ident()?;
        self.required_semi("a region");
        Ok(Item::Region(name))
    }

    /// `BenchDecl`
    fn bench_decl(&mut self) -> R<Item<'a>> {
        self.bump();
        let name = self.plain_string()?;
        let body = self.fn_body()?;
        Ok(Item::Bench(self.alloc(BenchDecl { name, body })))
    }

    /// `"@" "require_contracts" [ "(" "strict" ")" ]`
    fn require_contracts(&mut self) -> R<Item<'a>> {
        self.bump();
        self.bump();
        let strict = self.at_kind(TokenKind::LParen) && !self.current().on_new_line;
        if strict {
            let open = self.bump();
            if !self.eat_word("strict") {
                return Err(self.expected("`strict`"));
            }
            self.close(open, TokenKind::RParen, "")?;
        }
        Ok(Item::RequireContracts { strict })
    }

    /// `ActorDecl`
    fn actor_decl(&mut self) -> R<Item<'a>> {
        self.bump();
        let name = self.ident()?;
        let open = self.expect(TokenKind::LBrace)?;
        let mut has_state = false;
        let members = self.members(open, |p| {
            let first = p.current();
            let member = p.actor_member()?;
            if matches!(member, ActorMember::State(..)) && std::mem::replace(&mut has_state, true) {
                p.form_error(codes::SYNTAX, p.token_span(first), "a second `state` in one actor");
            }
            Ok(member)
        })?;
        let members = self.slice(&members);
        Ok(Item::Actor(self.alloc(ActorDecl { name, members })))
    }

    /// `ActorMember`
    fn actor_member(&mut self) -> R<ActorMember<'a>> {
        match self.kind() {
            TokenKind::Ident if self.at_word("state") => {
                self.bump();
                self.expect(TokenKind::Colon)?;
                let ty = self.type_()?;
                self.expect(TokenKind::Eq)?;
                let value = self.expr()?;
                self.required_semi("the state of an actor");
                Ok(ActorMember::State(ty, value))
            }
            TokenKind::Always => {
                self.bump();
                self.expect(TokenKind::Colon)?;
                let expr = self.expr()?;
                self.required_semi("`always`");
                Ok(ActorMember::Always(expr))
            }
            TokenKind::Eventually => {
                self.bump();
                let open = self.expect(TokenKind::LParen)?;
                if !self.eat_word("after") {
                    return Err(self.expected("`after`"));
                }
                self.expect(TokenKind::Colon)?;
                let handler = self.ident()?;
                self.close(open, TokenKind::RParen, "")?;
                self.expect(TokenKind::Colon)?;
                let expr = self.expr()?;
                self.required_semi("`eventually`");
                Ok(ActorMember::Eventually(handler, expr))
            }
            TokenKind::Receive => Ok(ActorMember::Receive(self.receive_handler()?)),
            _ => Err(self.expected("`state`, `always`, `eventually` or `receive`")),
        }
    }

    /// `"receive" Ident "(" List(Param) ")" { "requires" Expr | "ensures" Expr } Block`
    fn receive_handler(&mut self) -> R<&'a FnDecl<'a>> {
        self.bump();
        let name = self.ident()?;
        let params = self.param_list()?;
        let contracts = self.contracts()?;
        let body = self.fn_body()?;
        Ok(self.alloc(FnDecl {
            is_pub: false,
            effect: None,
            name: Some(name),
            params_first: false,
            type_params: &[],
            params,
            result: None,
            arrow_effect: None,
            wheres: &[],
            contracts,
            body: Some(body),
            is_pipe: false,
        }))
    }

    /// `ClusterDecl`
    fn cluster_decl(&mut self) -> R<Item<'a>> {
        self.bump();
        let name = self.ident()?;
        let open = self.expect(TokenKind::LBrace)?;
        let mut members: Vec<(Name, Name)> = Vec::new();
        let mut invariants = Vec::new();
        self.members(open, |p| {
            let is_invariant = p.at_word("cluster_invariant");
            let member = p.ident()?;
            p.expect(TokenKind::Colon)?;
            if is_invariant {
                invariants.push(p.expr()?);
                p.required_semi("`cluster_invariant`");
            } else {
                members.push((member, p.ident()?));
                p.required_semi("a member of a cluster");
            }
            Ok(())
        })?;
        let members = self.slice(&members);
        let invariants = self.slice(&invariants);
        Ok(Item::Cluster(self.alloc(ClusterDecl { name, members, invariants })))
    }
}

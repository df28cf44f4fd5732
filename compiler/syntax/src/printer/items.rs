//! Declarations.

use super::Printer;
use crate::ast::{
    ActorMember, AliasDecl, ContractKind, EnumDecl, FnDecl, ForeignFn, ImplDecl, Item, Member, MemberKind, Path,
    Payload, StructDecl, TraitDecl, TypeParam, UseDecl, UseSource, WherePredicate,
};

impl Printer<'_> {
    pub(super) fn item(&mut self, item: &Item<'_>) {
        match *item {
            Item::Fn(decl) => self.fn_decl(decl),
            Item::Struct(decl) => self.struct_decl(decl),
            Item::Enum(decl) => self.enum_decl(decl),
            Item::Alias(decl) => self.alias("type ", decl),
            Item::Newtype(decl) => self.alias("newtype ", decl),
            Item::Trait(decl) => self.trait_decl(decl),
            Item::Impl(decl) => self.impl_decl(decl),
            Item::Const(decl) => {
                self.visibility(decl.is_pub);
                self.word("const ");
                self.name(decl.name);
                if let Some(ty) = decl.ty {
                    self.word(": ");
                    self.ty(ty);
                }
                self.word(" = ");
                self.expr(decl.value);
                self.word(";");
            }
            Item::StaticAssert(decl) => {
                self.word("static_assert(");
                self.expr(decl.cond);
                self.word(", ");
                self.string(decl.message);
                self.word(");");
            }
            Item::Mod(decl) => {
                self.visibility(decl.is_pub);
                self.word("mod ");
                self.name(decl.name);
                self.word(" {\n");
                self.indent += 1;
                self.stmts(decl.stmts);
                self.indent -= 1;
                self.line();
                self.word("}");
            }
            Item::Use(decl) => self.use_decl(decl),
            Item::Extern(decl) => {
                self.word("extern ");
                self.string(decl.library);
                self.word(" ");
                self.block_of(decl.fns, |p, foreign| p.foreign_fn(foreign));
            }
            Item::Region(name) => {
                self.word("region ");
                self.name(name);
                self.word(";");
            }
            Item::Actor(decl) => {
                self.word("actor ");
                self.name(decl.name);
                self.word(" ");
                self.block_of(decl.members, |p, member| p.actor_member(member));
            }
            Item::Cluster(decl) => {
                self.word("cluster ");
                self.name(decl.name);
                self.word(" {\n");
                self.indent += 1;
                for &(member, actor) in decl.members {
                    self.line();
                    self.name(member);
                    self.word(": ");
                    self.name(actor);
                    self.word(";\n");
                }
                for invariant in decl.invariants {
                    self.line();
                    self.word("cluster_invariant: ");
                    self.expr(invariant);
                    self.word(";\n");
                }
                self.indent -= 1;
                self.line();
                self.word("}");
            }
            Item::Bench(decl) => {
                self.word("bench ");
                self.string(decl.name);
                self.word(" ");
                self.block(&decl.body);
            }
            Item::RequireContracts { strict } => {
                self.word(if strict { "@require_contracts(strict)" } else { "@require_contracts" });
            }
        }
    }

    fn visibility(&mut self, is_pub: bool) {
        self.word(if is_pub { "pub " } else { "" });
    }

    /// A function of any kind but `|a| e`.
    pub(super) fn fn_decl(&mut self, decl: &FnDecl<'_>) {
        self.visibility(decl.is_pub);
        if let Some(effect) = decl.effect {
            self.name(effect);
            self.word(" ");
        }
        self.word("fn");
        if decl.params_first {
            self.type_params(decl.type_params);
        }
        if let Some(name) = decl.name {
            self.word(" ");
            self.name(name);
        }
        if !decl.params_first {
            self.type_params(decl.type_params);
        }
        self.signature(decl);
    }

    /// Parameters, result, clauses and body.
    fn signature(&mut self, decl: &FnDecl<'_>) {
        self.word("(");
        self.comma_list(decl.params, |p, param| p.param(param));
        self.word(")");
        self.arrow(decl.arrow_effect, decl.result);
        self.wheres(decl.wheres);
        self.contracts(decl.contracts);
        match &decl.body {
            Some(body) => {
                self.word(" ");
                self.block(body);
            }
            None => self.word(";"),
        }
    }

    fn type_params(&mut self, params: &[TypeParam<'_>]) {
        if params.is_empty() {
            return;
        }
        self.word("<");
        self.comma_list(params, |p, param| {
            p.name(param.name);
            if !param.bounds.is_empty() {
                p.word(": ");
                p.bounds(param.bounds);
            }
        });
        self.word(">");
    }

    fn bounds(&mut self, bounds: &[Path<'_>]) {
        self.separated(bounds, " + ", |p, &bound| p.path(bound));
    }

    fn wheres(&mut self, wheres: &[WherePredicate<'_>]) {
        if wheres.is_empty() {
            return;
        }
        self.word(" where ");
        self.comma_list(wheres, |p, predicate| {
            p.path(predicate.subject);
            p.word(": ");
            p.bounds(predicate.bounds);
        });
    }

    fn contracts(&mut self, contracts: &[crate::ast::Contract<'_>]) {
        for contract in contracts {
            match contract.kind {
                ContractKind::Requires(expr) => {
                    self.word(" requires ");
                    self.expr(expr);
                }
                ContractKind::Ensures(expr) => {
                    self.word(" ensures ");
                    self.expr(expr);
                }
                ContractKind::RecoversTo(expr) => {
                    self.word(" recovers_to: ");
                    self.expr(expr);
                }
                ContractKind::Fails(names) => self.fails(names),
            }
        }
    }

    fn struct_decl(&mut self, decl: &StructDecl<'_>) {
        self.visibility(decl.is_pub);
        self.word("struct ");
        self.name(decl.name);
        self.type_params(decl.type_params);
        if decl.is_tuple {
            self.word("(");
            self.comma_list(decl.fields, |p, field| p.field(field));
            self.word(");");
        } else {
            self.word(" ");
            self.block_of(decl.fields, |p, field| {
                p.field(field);
                p.word(",");
            });
        }
    }

    fn enum_decl(&mut self, decl: &EnumDecl<'_>) {
        self.visibility(decl.is_pub);
        self.word("enum ");
        self.name(decl.name);
        self.type_params(decl.type_params);
        self.word(" ");
        self.block_of(decl.variants, |p, variant| {
            p.name(variant.name);
            match variant.payload {
                Payload::None => {}
                Payload::Tuple(types) => {
                    p.word("(");
                    p.comma_list(types, |p, ty| p.list_type(ty));
                    p.word(")");
                }
                Payload::Named(fields) => {
                    p.word(" ");
                    p.braced(fields, |p, field| p.field(field));
                }
            }
            p.word(",");
        });
    }

    fn alias(&mut self, keyword: &str, decl: &AliasDecl<'_>) {
        self.visibility(decl.is_pub);
        self.word(keyword);
        self.name(decl.name);
        self.type_params(decl.type_params);
        self.word(" = ");
        self.ty(decl.ty);
        self.word(";");
    }

    fn trait_decl(&mut self, decl: &TraitDecl<'_>) {
        self.visibility(decl.is_pub);
        self.word("trait ");
        self.name(decl.name);
        self.type_params(decl.type_params);
        if !decl.supers.is_empty() {
            self.word(" extends ");
            self.bounds(decl.supers);
        }
        self.word(" ");
        self.block_of(decl.members, |p, member| p.member(member));
    }

    fn impl_decl(&mut self, decl: &ImplDecl<'_>) {
        self.word("impl");
        self.type_params(decl.type_params);
        self.word(" ");
        if let Some(trait_) = decl.trait_ {
            self.ty(trait_);
            self.word(" for ");
        }
        self.ty(decl.target);
        self.word(" ");
        self.block_of(decl.members, |p, member| p.member(member));
    }

    fn member(&mut self, member: &Member<'_>) {
        self.attributes(member.attrs);
        match member.kind {
            MemberKind::Fn(decl) => self.fn_decl(decl),
            MemberKind::AssociatedType(name, ty) => {
                self.word("type ");
                self.name(name);
                if let Some(ty) = ty {
                    self.word(" = ");
                    self.ty(ty);
                }
                self.word(";");
            }
        }
    }

    fn use_decl(&mut self, decl: &UseDecl<'_>) {
        self.visibility(decl.is_pub);
        self.word("use ");
        match decl.source {
            UseSource::File(file) => self.string(file),
            UseSource::Path(path) => self.path(path),
        }
        if let Some(alias) = decl.alias {
            self.word(" as ");
            self.name(alias);
        }
        if let Some(selected) = decl.selected {
            self.word(" ");
            self.braced(selected, |p, &name| p.name(name));
        }
        self.word(";");
    }

    fn foreign_fn(&mut self, foreign: &ForeignFn<'_>) {
        self.attributes(foreign.attrs);
        self.word("fn ");
        self.name(foreign.name);
        self.word("(");
        self.comma_list(foreign.params, |p, param| p.param(param));
        if foreign.is_variadic {
            self.word(if foreign.params.is_empty() { "..." } else { ", ..." });
        }
        self.word(") -> ");
        self.ty(foreign.result);
        if let Some(symbol) = foreign.symbol {
            self.word(" = ");
            self.string(symbol);
        }
        self.contracts(foreign.contracts);
        self.word(";");
    }

    fn actor_member(&mut self, member: &ActorMember<'_>) {
        match *member {
            ActorMember::State(ty, value) => {
                self.word("state: ");
                self.ty(ty);
                self.word(" = ");
                self.expr(value);
                self.word(";");
            }
            ActorMember::Always(expr) => {
                self.word("always: ");
                self.expr(expr);
                self.word(";");
            }
            ActorMember::Eventually(after, expr) => {
                self.word("eventually(after: ");
                self.name(after);
                self.word("): ");
                self.expr(expr);
                self.word(";");
            }
            ActorMember::Receive(decl) => {
                self.word("receive ");
                decl.name.iter().for_each(|&name| self.name(name));
                self.signature(decl);
            }
        }
    }
}

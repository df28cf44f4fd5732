//! Functions of every kind (named, methods, closures), their parameters and contracts.

use resilient_base::{Diagnostic, diag::codes};

use super::{Context, Parser, R, attributes::Modifiers};
use crate::{
    ast::{
        Block, Contract, ContractKind, Expr, ExprKind, FnDecl, Name, Param, ParamKind, Pattern, PatternKind, Stmt,
        StmtKind, UnaryOp,
    },
    token::TokenKind,
};

/// Whether a function may, must or cannot do without a body.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// A declaration with a body.
    Required,
    /// A trait method: `;` instead of the body leaves it abstract.
    OrSemi,
}

impl<'a: 'b, 'b> Parser<'a, 'b> {
    /// `FnDecl`, `Method`, `TraitItem` from `[ Effect ] "fn"` on.
    pub(super) fn fn_decl(&mut self, modifiers: &Modifiers<'a>, body: Body) -> R<&'a FnDecl<'a>> {
        let effect = self.effect()?;
        self.expect(TokenKind::Fn)?;
        if self.at_kind(TokenKind::LParen) {
            let diagnostic = self.expected_diagnostic("the name of the function");
            return self
                .fail(diagnostic.with_help("a closure at the start of a statement needs parentheses around it"));
        }
        let before = self.type_params()?;
        let name = self.ident()?;
        let params_first = !before.is_empty();
        if params_first && self.at_kind(TokenKind::Lt) {
            let message = "type parameters stand before or after the name of a function, not both";
            let span = self.token_span(self.current());
            return self.fail(Diagnostic::error(codes::SYNTAX, span, message));
        }
        let type_params = if params_first { before } else { self.type_params()? };
        let params = self.param_list()?;
        let decl = FnDecl {
            is_pub: modifiers.is_pub,
            effect,
            name: Some(name),
            params_first,
            type_params,
            params,
            result: None,
            arrow_effect: None,
            wheres: &[],
            contracts: &[],
            body: None,
            is_pipe: false,
        };
        self.fn_rest(decl, body)
    }

    /// `[ Effect ]`
    fn effect(&mut self) -> R<Option<Name>> {
        if self.at_kind(TokenKind::Ident) { Ok(Some(self.ident()?)) } else { Ok(None) }
    }

    /// Whether `fn`, or `pure` or `io` directly before it, stands here.
    pub(super) fn at_fn(&self) -> bool {
        self.at_kind(TokenKind::Fn) || self.nth_kind(1) == TokenKind::Fn && (self.at_word("pure") || self.at_word("io"))
    }

    /// `Closure`
    pub(super) fn closure(&mut self) -> R<&'a Expr<'a>> {
        let lo = self.current().lo;
        let effect = self.effect()?;
        self.expect(TokenKind::Fn)?;
        let params = self.param_list()?;
        let decl = FnDecl { effect, params, ..EMPTY_CLOSURE };
        let decl = self.fn_rest(decl, Body::Required)?;
        Ok(self.make_expr(lo, ExprKind::Closure(decl)))
    }

    /// `[ Arrow Type ] [ Where ] { Contract } Block`
    fn fn_rest(&mut self, mut decl: FnDecl<'a>, body: Body) -> R<&'a FnDecl<'a>> {
        (decl.result, decl.arrow_effect) = self.result_type()?;
        decl.wheres = self.where_()?;
        decl.contracts = self.contracts()?;
        if body == Body::OrSemi && self.eat(TokenKind::Semi) {
            return Ok(self.alloc(decl));
        }
        if self.at_kind(TokenKind::Semi) || self.at_kind(TokenKind::FatArrow) || self.at_kind(TokenKind::Eq) {
            let diagnostic = self.expected_diagnostic("the body of the function, `{`");
            return self.fail(diagnostic.with_help("every function has a body in braces"));
        }
        if !self.at_kind(TokenKind::LBrace) {
            let what = if body == Body::OrSemi { "`{` or `;`" } else { "`{`" };
            return Err(self.expected(what));
        }
        decl.body = Some(self.fn_body()?);
        Ok(self.alloc(decl))
    }

    /// The block of a function: loops around it are not its own.
    pub(super) fn fn_body(&mut self) -> R<Block<'a>> {
        let context = Context { in_fn: true, in_loop: false, ..self.context };
        let outer = std::mem::replace(&mut self.context, context);
        let block = self.block()?;
        self.context = outer;
        Ok(block)
    }

    /// `"|" List(Param) "|" ( Block | Expr )`
    pub(super) fn pipe_closure(&mut self) -> R<&'a Expr<'a>> {
        let open = self.bump();
        let mut params = Vec::new();
        if open.kind == TokenKind::Or {
            while !self.at_kind(TokenKind::Or) && !self.at_kind(TokenKind::Eof) {
                params.push(self.param()?);
                if !self.eat(TokenKind::Comma) {
                    break;
                }
            }
            self.close(open, TokenKind::Or, "`,` or ")?;
        }
        self.check_params(&params);
        let params = self.slice(&params);
        let context = Context { in_fn: true, in_loop: false, ..self.context };
        let outer = std::mem::replace(&mut self.context, context);
        let body = if self.at_kind(TokenKind::LBrace) { self.block()? } else { self.expr_as_block()? };
        self.context = outer;
        let decl = self.alloc(FnDecl { params, body: Some(body), is_pipe: true, ..EMPTY_CLOSURE });
        Ok(self.make_expr(open.lo, ExprKind::Closure(decl)))
    }

    fn expr_as_block(&mut self) -> R<Block<'a>> {
        let expr = self.expr()?;
        let stmt = Stmt { attrs: &[], kind: StmtKind::Expr { expr, semi: false }, span: expr.span };
        Ok(Block { stmts: self.slice(&[stmt]), span: expr.span })
    }

    /// `"(" List(Param) ")"`
    pub(super) fn param_list(&mut self) -> R<&'a [Param<'a>]> {
        let open = self.expect(TokenKind::LParen)?;
        let params = self.list(open, TokenKind::RParen, Self::param)?;
        self.check_params(&params);
        Ok(self.slice(&params))
    }

    /// Names are distinct, and parameters with defaults come last.
    fn check_params(&mut self, params: &[Param<'a>]) {
        let names = params.iter().filter_map(|param| match param.kind {
            ParamKind::Name(name) if self.interner.resolve(name.symbol) != "_" => Some(name),
            _ => None,
        });
        let names: Vec<Name> = names.collect();
        self.check_distinct(names.into_iter(), "parameter");
        let first_default = params.iter().position(|param| param.default.is_some()).unwrap_or(params.len());
        for param in params[first_default..].iter().filter(|param| param.default.is_none()) {
            let message = "a parameter without default after one with a default";
            let diagnostic = Diagnostic::error(codes::SYNTAX, param.span, message);
            self.form_diagnostic(diagnostic.with_help("parameters with defaults come last"));
        }
    }

    /// `Param`: `Type Ident`, `Ident ":" Type`, `Ident "{" StructBinds "}"`, `self`, or a lone name of a `|..|` closure;
    /// the typed forms with `"=" Constant`.
    pub(super) fn param(&mut self) -> R<Param<'a>> {
        let lo = self.current().lo;
        if self.at_kind(TokenKind::Mut) {
            let span = self.token_span(self.current());
            let diagnostic = Diagnostic::error(codes::SYNTAX, span, "parameters take no `mut`");
            return self.fail(diagnostic.with_help("every parameter may be assigned to; leave `mut` out"));
        }
        let mut param = Param {
            kind: ParamKind::Name(Name { symbol: self.self_word, span: self.span(lo, lo) }),
            ty: None,
            name_first: false,
            default: None,
            span: self.span(lo, lo),
        };
        match (self.kind(), self.nth_kind(1)) {
            (TokenKind::Ident, TokenKind::LBrace) if !self.at_word("self") => {
                param.kind = ParamKind::Struct(self.struct_param()?)
            }
            (TokenKind::Ident | TokenKind::Underscore, TokenKind::Colon) => {
                param.kind = ParamKind::Name(self.param_name()?);
                self.bump();
                param.ty = Some(self.type_()?);
                param.name_first = true;
            }
            (TokenKind::Underscore, _) => param.kind = ParamKind::Name(self.param_name()?),
            // `|a, b|`: the closing `|` or a comma behind the first word.
            (TokenKind::Ident, TokenKind::Or | TokenKind::Comma | TokenKind::RParen | TokenKind::LBrace) => {
                let name = self.ident()?;
                param.kind = ParamKind::Name(name);
                if self.at_kind(TokenKind::RParen) && name.symbol != self.self_word {
                    return Err(self.missing_param_part(name));
                }
            }
            (TokenKind::And, _) if self.at_ref_self() => {
                self.bump();
                self.eat(TokenKind::Mut);
                param.kind = ParamKind::Name(self.ident()?);
            }
            _ => {
                param.ty = Some(self.type_()?);
                param.kind = ParamKind::Name(self.param_name()?);
            }
        }
        if self.eat(TokenKind::Eq) {
            param.default = Some(self.constant()?);
        }
        param.span = self.span_from(lo);
        Ok(param)
    }

    fn missing_param_part(&mut self, name: Name) -> super::Failed {
        let text = self.interner.resolve(name.symbol).to_owned();
        let diagnostic = self.expected_diagnostic(&format!("a name for the parameter of type `{text}`"));
        self.report(diagnostic.with_help("parameters are written `Type name` or `name: Type`"));
        super::Failed
    }

    /// A name, or `_` for a parameter that is not used.
    fn param_name(&mut self) -> R<Name> {
        if self.at_kind(TokenKind::Underscore) {
            let token = self.bump();
            return Ok(self.intern(token));
        }
        if !self.at_kind(TokenKind::Ident) {
            let diagnostic = self.expected_diagnostic("the name of the parameter");
            return self.fail(diagnostic.with_help("parameters are written `Type name` or `name: Type`"));
        }
        self.ident()
    }

    /// `&self`, `&mut self`, which mean `self`.
    fn at_ref_self(&self) -> bool {
        let n = if self.nth_kind(1) == TokenKind::Mut { 2 } else { 1 };
        self.nth_kind(n) == TokenKind::Ident
            && self.token_text(self.nth(n)) == "self"
            && matches!(self.nth_kind(n + 1), TokenKind::Comma | TokenKind::RParen)
    }

    fn struct_param(&mut self) -> R<&'a Pattern<'a>> {
        let pattern = self.pat_atom()?;
        if !matches!(pattern.kind, PatternKind::Struct(..)) {
            return Err(self.expected("a parameter"));
        }
        Ok(self.alloc(pattern))
    }

    /// `Constant`: a literal, a negated numeric literal, or `None`.
    fn constant(&mut self) -> R<&'a Expr<'a>> {
        let expr = self.expr()?;
        let number = |expr: &Expr<'a>| matches!(expr.kind, ExprKind::Int(..) | ExprKind::Float(..));
        let is_constant = match expr.kind {
            ExprKind::Unary(UnaryOp::Neg, inner) => number(inner),
            ExprKind::Path(path) => {
                path.segments.len() == 1 && self.interner.resolve(path.segments[0].symbol) == "None"
            }
            ExprKind::Str(_) | ExprKind::Bytes(_) | ExprKind::Char(_) | ExprKind::Bool(_) => true,
            _ => number(expr),
        };
        if !is_constant {
            let message = "the default of a parameter must be a literal or `None`";
            self.form_error(codes::SYNTAX, expr.span, message);
        }
        Ok(expr)
    }

    /// `{ Contract }`
    pub(super) fn contracts(&mut self) -> R<&'a [Contract<'a>]> {
        let mut contracts: Vec<Contract<'a>> = Vec::new();
        let mut recovers = false;
        loop {
            let first = self.current();
            let kind = match first.kind {
                TokenKind::Requires => {
                    self.bump();
                    ContractKind::Requires(self.head_expr()?)
                }
                TokenKind::Ensures => {
                    self.bump();
                    ContractKind::Ensures(self.head_expr()?)
                }
                TokenKind::Fails => {
                    self.bump();
                    ContractKind::Fails(self.failure_names()?)
                }
                TokenKind::RecoversTo => {
                    self.bump();
                    self.expect(TokenKind::Colon)?;
                    let expr = self.head_expr()?;
                    self.recovers_to_semi();
                    if std::mem::replace(&mut recovers, true) {
                        let message = "Multiple `recovers_to` clauses on one fn — at most one is allowed";
                        self.form_error(codes::SYNTAX, self.token_span(first), message);
                    }
                    ContractKind::RecoversTo(expr)
                }
                TokenKind::ConcurrentEnsures => {
                    let message = "`concurrent_ensures` is reserved and has no form yet";
                    let span = self.token_span(first);
                    return self.fail(Diagnostic::error(codes::SYNTAX, span, message));
                }
                _ => return Ok(self.slice(&contracts)),
            };
            contracts.push(Contract { kind, span: self.span_from(first.lo) });
        }
    }

    /// The `;` of a `recovers_to` clause. One that nothing of the function follows ends an abstract method instead.
    fn recovers_to_semi(&mut self) {
        use TokenKind::*;
        if matches!(self.nth_kind(1), LBrace | Semi | Requires | Ensures | Fails | RecoversTo) {
            self.eat(Semi);
        }
    }

    /// An expression that a block may follow.
    pub(super) fn head_expr(&mut self) -> R<&'a Expr<'a>> {
        self.with_struct(false, Self::expr)
    }
}

const EMPTY_CLOSURE: FnDecl<'static> = FnDecl {
    is_pub: false,
    effect: None,
    name: None,
    params_first: false,
    type_params: &[],
    params: &[],
    result: None,
    arrow_effect: None,
    wheres: &[],
    contracts: &[],
    body: None,
    is_pipe: false,
};

//! Control flow: `if`, `match`, loops, `try`, `unsafe`, blocks.

use resilient_base::{Diagnostic, diag::codes};

use super::{Context, Parser, R};
use crate::{
    ast::{Arm, Block, Cond, Expr, ExprKind, For, If, Loop, Match, Name, Pattern, PatternKind, Stmt, TryCatch, While},
    token::TokenKind,
};

impl<'a: 'b, 'b> Parser<'a, 'b> {
    /// `Block`
    pub(super) fn block(&mut self) -> R<Block<'a>> {
        let open = self.current();
        if !self.at_kind(TokenKind::LBrace) {
            let diagnostic = self.expected_diagnostic("`{`");
            return match open.kind {
                TokenKind::Eq => self.fail(diagnostic.with_help("`==` compares; assignment is a statement of its own")),
                _ => self.fail(diagnostic),
            };
        }
        self.bump();
        let context = Context { no_struct: false, in_block: true, ..self.context };
        let outer = std::mem::replace(&mut self.context, context);
        let stmts = self.nested(|p| Ok(p.stmts(TokenKind::RBrace, false)))?;
        self.context = outer;
        self.close(open, TokenKind::RBrace, "")?;
        Ok(Block { stmts, span: self.span_from(open.lo) })
    }

    /// The block of a loop.
    fn loop_body(&mut self) -> R<Block<'a>> {
        let outer = std::mem::replace(&mut self.context.in_loop, true);
        let block = self.block()?;
        self.context.in_loop = outer;
        Ok(block)
    }

    /// `Cond ::= Expr | "let" Pattern "=" Expr`
    fn cond(&mut self) -> R<Cond<'a>> {
        if !self.eat(TokenKind::Let) {
            return Ok(Cond::Expr(self.head_expr()?));
        }
        let pattern = self.pattern()?;
        self.expect(TokenKind::Eq)?;
        let pattern = self.alloc(pattern);
        Ok(Cond::Let(pattern, self.head_expr()?))
    }

    /// `If`. A chain of `else if` is read in a loop, and counts as nested.
    pub(super) fn if_(&mut self) -> R<&'a Expr<'a>> {
        let mut links: Vec<(u32, Cond<'a>, Block<'a>)> = Vec::new();
        let mut last = None;
        loop {
            let lo = self.bump().lo;
            self.enter()?;
            let cond = self.cond()?;
            links.push((lo, cond, self.block()?));
            if self.at_else_if_word() {
                let span = self.token_span(self.current());
                let message = format!("`{}` is written `else if`", self.current_text());
                self.report(Diagnostic::error(codes::SYNTAX, span, message));
                continue;
            }
            if !self.eat(TokenKind::Else) {
                break;
            }
            if !self.at_kind(TokenKind::If) {
                if !self.at_kind(TokenKind::LBrace) {
                    return Err(self.expected("`if` or `{` after `else`"));
                }
                last = Some(self.block_expr()?);
                break;
            }
        }
        for (lo, cond, then) in links.into_iter().rev() {
            let node = self.alloc(If { cond, then, otherwise: last });
            last = Some(self.make_expr(lo, ExprKind::If(node)));
            self.leave();
        }
        // The loop above runs at least once.
        last.ok_or(super::Failed)
    }

    /// `elif cond`: a word of other languages where `else if` belongs.
    fn at_else_if_word(&self) -> bool {
        let is_word = ["elif", "elsif", "elseif"].iter().any(|word| self.at_word(word));
        is_word && !self.nth(1).on_new_line && !matches!(self.nth_kind(1), TokenKind::Eq | TokenKind::Semi)
    }

    /// `Match`
    pub(super) fn match_(&mut self) -> R<&'a Expr<'a>> {
        let lo = self.bump().lo;
        let scrutinee = self.head_expr()?;
        let open = self.expect(TokenKind::LBrace)?;
        self.enter()?;
        let outer = self.context;
        self.context.no_struct = false;
        self.context.in_block = true;
        let mut arms = Vec::new();
        while !self.at_kind(TokenKind::RBrace) && !self.at_kind(TokenKind::Eof) {
            let from = self.checkpoint();
            match self.arm() {
                Ok(arm) => arms.push(arm),
                Err(_) => {
                    self.recover_element(from);
                    arms.push(self.error_arm(from.pos));
                }
            }
        }
        self.context = outer;
        self.close(open, TokenKind::RBrace, "")?;
        self.leave();
        let node = self.alloc(Match { scrutinee, arms: self.slice(&arms) });
        Ok(self.make_expr(lo, ExprKind::Match(node)))
    }

    fn error_arm(&self, first: usize) -> Arm<'a> {
        let first = self.stream.tokens[first];
        let span = self.span_from(first.lo);
        let pattern = Pattern { kind: PatternKind::Error, span };
        Arm { pattern, guard: None, body: self.alloc(Expr { kind: ExprKind::Error, span }), span }
    }

    /// `Arm ::= Pattern [ "if" Expr ] "=>" ( Block [ "," ] | Expr "," )`
    fn arm(&mut self) -> R<Arm<'a>> {
        let lo = self.current().lo;
        let pattern = self.pattern()?;
        let guard = if self.eat(TokenKind::If) { Some(self.expr()?) } else { None };
        if !self.at_kind(TokenKind::FatArrow) {
            let diagnostic = self.expected_diagnostic(if guard.is_none() { "`=>` or `if`" } else { "`=>`" });
            return match self.kind() {
                TokenKind::Arrow => self.fail(diagnostic.with_help("a match arm is written `pattern => value`")),
                _ => self.fail(diagnostic),
            };
        }
        self.bump();
        let is_block = self.at_kind(TokenKind::LBrace);
        let body = if is_block { self.block_expr()? } else { self.arm_body()? };
        let span = self.span_from(lo);
        if !self.eat(TokenKind::Comma) && !is_block && !self.at_kind(TokenKind::RBrace) {
            let mut diagnostic = self.expected_diagnostic("`,` or `}`");
            if matches!(body.kind, ExprKind::If(_) | ExprKind::Match(_) | ExprKind::Loop(_) | ExprKind::While(_)) {
                diagnostic = diagnostic.with_help("an arm that is not a block ends with `,`, also after `}`");
            }
            return self.fail(diagnostic);
        }
        Ok(Arm { pattern, guard, body, span })
    }

    /// An `Expr`, or a jump, assignment or assertion standing in its place.
    fn arm_body(&mut self) -> R<&'a Expr<'a>> {
        let lo = self.current().lo;
        match self.simple_stmt_in_arm()? {
            Ok(expr) => Ok(expr),
            Err(kind) => {
                let stmt = self.alloc(Stmt { attrs: &[], kind, span: self.span_from(lo) });
                Ok(self.make_expr(lo, ExprKind::Stmt(stmt)))
            }
        }
    }

    /// `While`, its label read before.
    pub(super) fn while_(&mut self, label: Option<Name>) -> R<&'a Expr<'a>> {
        let keyword = self.bump();
        let lo = self.lo_with_label(label, keyword.lo);
        let cond = self.cond()?;
        let first = self.current();
        let invariants = self.head_invariants()?;
        if matches!(cond, Cond::Let(..)) && !invariants.is_empty() {
            let span = self.token_span(first);
            let diagnostic = Diagnostic::error(codes::SYNTAX, span, "`while let` takes no `invariant` in its head");
            self.form_diagnostic(diagnostic.with_help("write it as a statement in the body"));
        }
        let body = self.loop_body()?;
        let node = self.alloc(While { label, cond, invariants, body });
        Ok(self.make_expr(lo, ExprKind::While(node)))
    }

    /// Where a loop begins: its label stands two tokens before its keyword.
    fn lo_with_label(&self, label: Option<Name>, keyword: u32) -> u32 {
        if label.is_some() { self.stream.tokens[self.stream.pos - 3].lo } else { keyword }
    }

    /// `{ "invariant" Expr }`
    pub(super) fn head_invariants(&mut self) -> R<&'a [&'a Expr<'a>]> {
        let mut invariants = Vec::new();
        while self.eat(TokenKind::Invariant) {
            invariants.push(self.head_expr()?);
        }
        Ok(self.slice(&invariants))
    }

    /// `For`
    pub(super) fn for_(&mut self, label: Option<Name>) -> R<&'a Expr<'a>> {
        let keyword = self.bump();
        let lo = self.lo_with_label(label, keyword.lo);
        if self.at_kind(TokenKind::LParen) && self.nth_kind(1) == TokenKind::Let {
            let diagnostic = self.expected_diagnostic("a loop variable");
            return self.fail(diagnostic.with_help("count with `for i in 0..n { ... }`"));
        }
        let pattern = self.pattern()?;
        self.expect(TokenKind::In)?;
        let source = self.head_expr()?;
        let invariants = self.head_invariants()?;
        let body = self.loop_body()?;
        let node = self.alloc(For { label, pattern, source, invariants, body });
        Ok(self.make_expr(lo, ExprKind::For(node)))
    }

    /// `Loop`
    pub(super) fn loop_(&mut self, label: Option<Name>) -> R<&'a Expr<'a>> {
        let keyword = self.bump();
        let lo = self.lo_with_label(label, keyword.lo);
        let body = self.loop_body()?;
        let node = self.alloc(Loop { label, body });
        Ok(self.make_expr(lo, ExprKind::Loop(node)))
    }

    /// `Try`
    pub(super) fn try_(&mut self) -> R<&'a Expr<'a>> {
        let keyword = self.bump();
        let body = self.block()?;
        let mut arms = Vec::new();
        while self.eat(TokenKind::Catch) {
            let name = self.ident()?;
            arms.push((name, self.block()?));
        }
        if arms.is_empty() {
            let message = "`try { ... }` must be followed by at least one `catch VariantName { ... }` arm";
            self.form_error(codes::SYNTAX, self.token_span(keyword), message);
        }
        let node = self.alloc(TryCatch { body, arms: self.slice(&arms) });
        Ok(self.make_expr(keyword.lo, ExprKind::TryCatch(node)))
    }

    /// `Unsafe`
    pub(super) fn unsafe_(&mut self) -> R<&'a Expr<'a>> {
        let lo = self.bump().lo;
        if self.at_kind(TokenKind::Fn) {
            let diagnostic = self.expected_diagnostic("`{`");
            return self.fail(diagnostic.with_help("there is no `unsafe fn`; put an `unsafe` block into the body"));
        }
        let body = self.block()?;
        Ok(self.make_expr(lo, ExprKind::Unsafe(self.alloc(body))))
    }
}

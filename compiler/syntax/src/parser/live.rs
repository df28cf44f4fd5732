//! `live` blocks and their clauses.

use resilient_base::{Diagnostic, diag::codes};

use super::{Parser, R};
use crate::{
    ast::{Backoff, Expr, ExprKind, Live, Within},
    token::{Token, TokenKind},
};

/// Largest `retries(N)`.
const MAX_RETRIES: u64 = 1024;
/// Largest `factor` of a backoff.
const MAX_FACTOR: u64 = 10;

#[derive(Default)]
struct Clauses {
    retries: Option<u64>,
    within: Option<Within>,
    backoff: Option<Backoff>,
}

impl<'a: 'b, 'b> Parser<'a, 'b> {
    /// `Live ::= "live" { LiveClause } { "invariant" Expr } Block`
    pub(super) fn live(&mut self) -> R<&'a Expr<'a>> {
        let lo = self.bump().lo;
        let mut clauses = Clauses::default();
        while self.at_kind(TokenKind::Ident) {
            self.live_clause(&mut clauses)?;
        }
        let invariants = self.head_invariants()?;
        if !invariants.is_empty() && self.at_kind(TokenKind::Ident) {
            let diagnostic = self.expected_diagnostic("`{`");
            return self.fail(diagnostic.with_help("the clauses of a live block stand before its first `invariant`"));
        }
        let body = self.block()?;
        let Clauses { retries, within, backoff } = clauses;
        let node = self.alloc(Live { retries, within, backoff, invariants, body });
        Ok(self.make_expr(lo, ExprKind::Live(node)))
    }

    /// `LiveClause`
    fn live_clause(&mut self, clauses: &mut Clauses) -> R<()> {
        let word = self.current();
        match self.token_text(word) {
            "retries" => {
                self.bump();
                let retries = self.retries()?;
                if clauses.retries.replace(retries).is_some() {
                    self.duplicate_clause(word, "retries(N)");
                }
            }
            "within" => {
                self.bump();
                let within = self.within()?;
                if clauses.within.replace(within).is_some() {
                    self.duplicate_clause(word, "within <duration>");
                }
            }
            "backoff" => {
                self.bump();
                let backoff = self.backoff()?;
                if clauses.backoff.replace(backoff).is_some() {
                    self.duplicate_clause(word, "backoff(...)");
                }
            }
            _ => return Err(self.expected("`retries`, `within`, `backoff`, `invariant` or `{`")),
        }
        Ok(())
    }

    fn duplicate_clause(&mut self, word: Token, form: &str) {
        self.live_error(word, format!("duplicate `{form}` clause in live block"));
    }

    fn live_error(&mut self, token: Token, message: String) {
        self.form_error(codes::SYNTAX, self.token_span(token), message);
    }

    fn int(&mut self) -> R<(u64, Token)> {
        if self.at_kind(TokenKind::Minus) {
            let diagnostic = self.expected_diagnostic("a number");
            return self.fail(diagnostic.with_note("the numbers of a live block are not negative"));
        }
        let token = self.expect(TokenKind::Int)?;
        Ok((self.plain_int(token)?, token))
    }

    /// `"(" IntLit ")"`
    fn retries(&mut self) -> R<u64> {
        let open = self.expect(TokenKind::LParen)?;
        let (count, token) = self.int()?;
        self.close(open, TokenKind::RParen, "")?;
        if count > MAX_RETRIES {
            let message = format!(
                "`retries({count})` exceeds hard cap of {MAX_RETRIES} — large budgets risk hanging on permanent faults"
            );
            self.live_error(token, message);
        }
        Ok(count)
    }

    /// `IntLit ( "ns" | "us" | "ms" | "s" )`
    fn within(&mut self) -> R<Within> {
        let (count, _) = self.int()?;
        let unit = self.current();
        let name = match unit.kind {
            TokenKind::Ident => self.ident()?,
            _ => return Err(self.expected("a duration unit: `ns`, `us`, `ms` or `s`")),
        };
        if !matches!(self.token_text(unit), "ns" | "us" | "ms" | "s") {
            let text = self.token_text(unit);
            let message = format!("Unknown duration unit `{text}` — expected one of `ns`, `us`, `ms`, `s`");
            self.live_error(unit, message);
        }
        Ok(Within { count, unit: name.symbol })
    }

    /// `"(" [ BackoffArg { "," BackoffArg } ] ")"`
    fn backoff(&mut self) -> R<Backoff> {
        let open = self.expect(TokenKind::LParen)?;
        let mut backoff = Backoff::default();
        let names = self.list(open, TokenKind::RParen, |p| {
            let name = p.ident()?;
            p.expect(TokenKind::Eq)?;
            let text = p.interner.resolve(name.symbol).to_owned();
            match text.as_str() {
                "base_ms" => backoff.base_ms = Some(p.int()?.0),
                "max_ms" => backoff.max_ms = Some(p.int()?.0),
                "factor" => backoff.factor = Some(p.backoff_factor()?),
                "kind" => backoff.linear = Some(p.backoff_kind()?),
                _ => {
                    let message = format!(
                        "unknown backoff kwarg `{text}` — expected one of `base_ms`, `factor`, `max_ms`, `kind`"
                    );
                    p.form_error(codes::SYNTAX, name.span, message);
                    p.expr()?;
                }
            }
            Ok(name)
        })?;
        self.check_distinct(names.into_iter(), "backoff argument");
        Ok(backoff)
    }

    fn backoff_factor(&mut self) -> R<u64> {
        let (factor, token) = self.int()?;
        if factor > MAX_FACTOR {
            let message = format!(
                "backoff `factor` must be <= {MAX_FACTOR} (got {factor}) — larger values risk runaway sleeps on flaky \
                 hardware"
            );
            self.live_error(token, message);
        }
        Ok(factor)
    }

    /// Whether the kind is `linear`, which is a keyword.
    fn backoff_kind(&mut self) -> R<bool> {
        if self.eat(TokenKind::Linear) {
            return Ok(true);
        }
        let token = self.current();
        let name = self.ident()?;
        if self.interner.resolve(name.symbol) != "exponential" {
            let text = self.token_text(token);
            let message = format!("unknown backoff kind `{text}` — expected `linear` or `exponential`");
            self.form_diagnostic(Diagnostic::error(codes::SYNTAX, name.span, message));
        }
        Ok(false)
    }
}

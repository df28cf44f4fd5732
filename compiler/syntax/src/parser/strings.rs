//! String literals: plain ones, and those with placeholders.
//!
//! A literal is decoded first; then the text of every placeholder is lexed and parsed by this same parser, with an
//! offset map that leads back to the file. If one of them is not exactly one expression, all of them are given up and the
//! literal is plain.

use resilient_base::{Diagnostic, diag::codes};

use super::{Parser, R, Stream};
use crate::{
    ast::{Expr, ExprKind, StrPart},
    lexer,
    literal::Decoded,
    token::{Token, TokenKind},
};

/// What became of a placeholder.
enum Hole<'a> {
    /// An expression.
    Expr(&'a Expr<'a>),
    /// Something else; whether it was likely meant as an expression.
    Text { near_miss: bool },
}

impl<'a: 'b, 'b> Parser<'a, 'b> {
    pub(super) fn at_string(&self) -> bool {
        use TokenKind::*;
        matches!(self.kind(), Str | TripleStr | RawStr | RawTripleStr)
    }

    /// `StringLit` where placeholders mean nothing.
    pub(super) fn plain_string(&mut self) -> R<&'a str> {
        if !self.at_string() {
            return Err(self.expected("a string"));
        }
        let token = self.bump();
        Ok(self.plain_text(token))
    }

    pub(super) fn plain_text(&self, token: Token) -> &'a str {
        match self.raw_text(token) {
            Some(text) => self.arena.alloc_str(text),
            None => self.arena.alloc_str(&self.decode(token).text),
        }
    }

    /// The text of a literal that has nothing to decode.
    fn raw_text(&self, token: Token) -> Option<&'b str> {
        let text = self.token_text(token);
        match token.kind {
            TokenKind::RawStr => Some(&text[2..text.len() - 1]),
            TokenKind::RawTripleStr => Some(&text[4..text.len() - 3]),
            TokenKind::Str => Some(&text[1..text.len() - 1]).filter(|body| !body.contains('\\')),
            _ => None,
        }
    }

    fn decode(&self, token: Token) -> Decoded {
        let text = self.token_text(token);
        match token.kind {
            TokenKind::TripleStr => Decoded::triple(&text[3..text.len() - 3], token.lo as usize + 3),
            _ => Decoded::single(&text[1..text.len() - 1], token.lo as usize + 1),
        }
    }

    /// `StringLit` as an expression.
    pub(super) fn string_expr(&mut self) -> R<&'a Expr<'a>> {
        let token = self.bump();
        let is_raw = matches!(token.kind, TokenKind::RawStr | TokenKind::RawTripleStr);
        let kind = if is_raw || !self.token_text(token).contains('{') {
            ExprKind::Str(self.plain_text(token))
        } else {
            self.interpolated(token)?
        };
        Ok(self.make_expr(token.lo, kind))
    }

    fn interpolated(&mut self, token: Token) -> R<ExprKind<'a>> {
        let decoded = self.decode(token);
        let text: &'a str = self.arena.alloc_str(&decoded.text);
        let holes = match find_holes(text, &decoded.braces) {
            Some(holes) if holes.is_empty() => return Ok(ExprKind::Str(text)),
            Some(holes) => holes,
            None => return Ok(ExprKind::Str(text)),
        };
        let n_found = self.out.len();
        let n_errors = self.n_syntax_errors;
        self.maps.push(decoded.map);
        let exprs = self.holes(text, &holes);
        self.maps.pop();
        if self.stopped {
            self.stream.pos = self.stream.tokens.len() - 1;
            return Err(super::Failed);
        }
        match exprs {
            Ok(exprs) => Ok(ExprKind::Interpolated(self.parts(text, &holes, &exprs))),
            Err(near_miss) => {
                self.out.truncate(n_found);
                self.n_syntax_errors = n_errors;
                if let Some(hole) = near_miss {
                    self.warn_near_miss(token, hole);
                }
                Ok(ExprKind::Str(text))
            }
        }
    }

    fn warn_near_miss(&mut self, token: Token, hole: &str) {
        let message = format!("the string is not interpolated: `{{{}}}` is not an expression", hole.trim());
        let diagnostic = Diagnostic::warning(self.token_span(token), message);
        let help = "write `\\{` for a brace that stands for itself; one placeholder that is no expression makes the \
                    whole string plain";
        self.form_diagnostic(diagnostic.with_help(help));
    }

    /// The expressions of all holes; else the text of a hole that deserves a warning.
    fn holes(&mut self, text: &'a str, holes: &[(usize, usize)]) -> Result<Vec<&'a Expr<'a>>, Option<&'a str>> {
        let mut exprs = Vec::with_capacity(holes.len());
        let mut bad = None;
        for &(lo, hi) in holes {
            match self.hole(text, lo, hi) {
                Hole::Expr(expr) => exprs.push(expr),
                Hole::Text { near_miss } => {
                    bad = Some(&text[lo..hi]);
                    if near_miss {
                        return Err(bad);
                    }
                }
            }
            if self.stopped {
                return Err(None);
            }
        }
        match bad {
            None => Ok(exprs),
            // A template for `format` mixed with a placeholder that names something was likely meant otherwise.
            Some(hole) if exprs.iter().any(|expr| !matches!(expr.kind, ExprKind::Int(..))) => Err(Some(hole)),
            Some(_) => Err(None),
        }
    }

    /// Parses `text[lo..hi]` as one whole `Expr`.
    fn hole(&mut self, text: &'a str, lo: usize, hi: usize) -> Hole<'a> {
        let lexed = lexer::lex(text, lo..hi);
        let first = lexed.tokens[0].kind;
        if first == TokenKind::Eof {
            return Hole::Text { near_miss: false };
        }
        let n_errors = self.n_syntax_errors;
        let checkpoint = self.checkpoint();
        let is_clean = lexed.errors.is_empty();
        let outer = std::mem::replace(&mut self.stream, Stream::new(text, lexed));
        self.context.no_struct = false;
        let expr = self.expr();
        let is_whole = is_clean && self.at_kind(TokenKind::Eof) && self.n_syntax_errors == n_errors;
        // `{ color: red }` and `{type}` are no attempts at an expression, `{n +}` and `{n:3}` are.
        let second = self.stream.tokens.get(1).map_or(TokenKind::Eof, |token| token.kind);
        let labelled = second == TokenKind::Colon && text[lo..hi].contains(": ");
        let near_miss = first == TokenKind::Ident && !labelled;
        self.stream = outer;
        self.rewind_context(checkpoint);
        match expr {
            Ok(expr) if is_whole => Hole::Expr(expr),
            _ => Hole::Text { near_miss },
        }
    }

    fn parts(&self, text: &'a str, holes: &[(usize, usize)], exprs: &[&'a Expr<'a>]) -> &'a [StrPart<'a>] {
        let mut parts = Vec::with_capacity(2 * holes.len() + 1);
        let mut at = 0;
        for (&(lo, hi), &expr) in holes.iter().zip(exprs) {
            if at < lo - 1 {
                parts.push(StrPart::Text(&text[at..lo - 1]));
            }
            parts.push(StrPart::Expr(expr));
            at = hi + 1;
        }
        if at < text.len() {
            parts.push(StrPart::Text(&text[at..]));
        }
        self.slice(&parts)
    }

    /// An `IntLit` without suffix, of at most 2^63 - 1.
    pub(super) fn plain_int(&mut self, token: Token) -> R<u64> {
        let (digits, suffix) = crate::literal::split_int(self.token_text(token));
        if !suffix.is_empty() {
            let message = format!("a number without suffix is needed here, found `{}`", self.token_text(token));
            return self.fail(Diagnostic::error(codes::SYNTAX, self.token_span(token), message));
        }
        match crate::literal::int_value(digits) {
            Some(value) if value <= i64::MAX as u64 => Ok(value),
            _ => {
                self.literal_out_of_range(token);
                Ok(0)
            }
        }
    }

    pub(super) fn literal_out_of_range(&mut self, token: Token) {
        let message = format!("integer literal `{}` is out of range", self.token_text(token));
        let diagnostic = Diagnostic::error(codes::LITERAL_RANGE, self.token_span(token), message);
        self.form_diagnostic(diagnostic.with_note("the largest integer is 9223372036854775807"));
    }
}

/// The ranges between `{` and the next `}`; none if one has no end.
fn find_holes(text: &str, braces: &[u32]) -> Option<Vec<(usize, usize)>> {
    let mut holes = Vec::new();
    let mut open = None;
    for &at in braces {
        let at = at as usize;
        match (text.as_bytes()[at], open) {
            (b'{', None) => open = Some(at + 1),
            (b'}', Some(lo)) => {
                holes.push((lo, at));
                open = None;
            }
            _ => {}
        }
    }
    if open.is_some() { None } else { Some(holes) }
}

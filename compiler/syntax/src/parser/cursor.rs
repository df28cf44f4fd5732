//! Moving over tokens, saying what was expected, and going on after an error.

use resilient_base::{Code, Diagnostic, Span, diag::codes};

use super::{Checkpoint, Failed, Parser, R};
use crate::{
    ast::Name,
    token::{Token, TokenKind},
};

impl<'a: 'b, 'b> Parser<'a, 'b> {
    pub(super) fn current(&self) -> Token {
        self.stream.tokens[self.stream.pos]
    }

    pub(super) fn kind(&self) -> TokenKind {
        self.current().kind
    }

    pub(super) fn nth(&self, n: usize) -> Token {
        let last = self.stream.tokens.len() - 1;
        self.stream.tokens[(self.stream.pos + n).min(last)]
    }

    pub(super) fn nth_kind(&self, n: usize) -> TokenKind {
        self.nth(n).kind
    }

    pub(super) fn current_text(&self) -> &'b str {
        self.token_text(self.current())
    }

    /// Whether the current token is the identifier `word`, which means something only in this place.
    pub(super) fn at_word(&self, word: &str) -> bool {
        self.at_kind(TokenKind::Ident) && self.current_text() == word
    }

    /// Takes the current token, unless it is the end.
    pub(super) fn bump(&mut self) -> Token {
        let token = self.current();
        match token.kind {
            TokenKind::Eof => return token,
            TokenKind::LBrace | TokenKind::HashBrace => self.stream.braces += 1,
            TokenKind::RBrace => self.stream.braces = self.stream.braces.saturating_sub(1),
            _ => {}
        }
        self.stream.prev_hi = token.hi;
        self.stream.pos += 1;
        token
    }

    pub(super) fn eat(&mut self, kind: TokenKind) -> bool {
        let found = self.at_kind(kind);
        if found {
            self.bump();
        }
        found
    }

    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        if found {
            self.bump();
        }
        found
    }

    pub(super) fn expect(&mut self, kind: TokenKind) -> R<Token> {
        if self.at_kind(kind) {
            return Ok(self.bump());
        }
        let what = kind.text().map_or_else(|| kind.noun().to_owned(), |text| format!("`{text}`"));
        Err(self.expected(&what))
    }

    /// `Ident`
    pub(super) fn ident(&mut self) -> R<Name> {
        if self.at_kind(TokenKind::Ident) {
            let token = self.bump();
            return Ok(self.intern(token));
        }
        let mut diagnostic = self.expected_diagnostic("a name");
        if self.kind().is_keyword() {
            diagnostic = diagnostic.with_note("keywords cannot be used as names");
        }
        self.fail(diagnostic)
    }

    /// The current token in words.
    pub(super) fn found(&self) -> String {
        let token = self.current();
        match token.kind {
            TokenKind::Eof => token.kind.noun().to_owned(),
            TokenKind::Ident => format!("`{}`", self.current_text()),
            kind if kind.is_keyword() => format!("the keyword `{}`", self.current_text()),
            kind => match kind.text() {
                Some(text) => format!("`{text}`"),
                None => kind.noun().to_owned(),
            },
        }
    }

    pub(super) fn expected_diagnostic(&self, what: &str) -> Diagnostic {
        // A `;` where the construct must go on is the likely mistake itself.
        let code = if self.at_kind(TokenKind::Semi) { codes::SEMICOLON } else { codes::SYNTAX };
        let span = self.token_span(self.current());
        Diagnostic::error(code, span, format!("expected {what}, found {}", self.found()))
            .with_label(format!("expected {what}"))
    }

    pub(super) fn expected(&mut self, what: &str) -> Failed {
        let diagnostic = self.expected_diagnostic(what);
        self.report(diagnostic);
        Failed
    }

    pub(super) fn fail<T>(&mut self, diagnostic: Diagnostic) -> R<T> {
        self.report(diagnostic);
        Err(Failed)
    }

    /// Adds a syntax error, unless it follows from an earlier one.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.n_syntax_errors += 1;
        let at = self.current();
        let follows = self.stopped
            || self.stream.last_error == Some(at.lo)
            || self.stream.unterminated && at.kind == TokenKind::Eof;
        self.stream.last_error = Some(at.lo);
        if !follows {
            self.out.push(diagnostic);
        }
    }

    /// Adds an error against a rule on form: the text could be read.
    pub(super) fn form_error(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.form_diagnostic(Diagnostic::error(code, span, message));
    }

    pub(super) fn form_diagnostic(&mut self, diagnostic: Diagnostic) {
        if !self.stopped {
            self.out.push(diagnostic);
        }
    }

    /// Reports the second of two equal names.
    pub(super) fn check_distinct(&mut self, names: impl Iterator<Item = Name>, what: &str) {
        let mut names: Vec<Name> = names.collect();
        names.sort_by_key(|name| (name.symbol, name.span.lo));
        for pair in names.windows(2).filter(|pair| pair[0].symbol == pair[1].symbol) {
            let message = format!("duplicate {what} `{}`", self.interner.resolve(pair[1].symbol));
            let diagnostic = Diagnostic::error(codes::SYNTAX, pair[1].span, message);
            self.form_diagnostic(diagnostic.with_secondary(pair[0].span, "first here"));
        }
    }

    /// A `;` that must be there. Its absence is reported and parsing goes on as if it were.
    pub(super) fn required_semi(&mut self, after: &str) {
        if self.eat(TokenKind::Semi) {
            return;
        }
        let span = self.span(self.stream.prev_hi, self.stream.prev_hi);
        let diagnostic = Diagnostic::error(codes::SEMICOLON, span, format!("missing `;` after {after}"));
        self.report(diagnostic.with_help("add `;` here"));
    }

    /// The `;` of a jump: not needed before `}`.
    pub(super) fn jump_semi(&mut self, after: &str) {
        if !self.at_kind(TokenKind::RBrace) {
            self.required_semi(after);
        }
    }

    /// The closing delimiter of `open`.
    pub(super) fn close(&mut self, open: Token, close: TokenKind, alternatives: &str) -> R<Token> {
        use TokenKind::*;
        if self.at_kind(close) {
            return Ok(self.bump());
        }
        let closer = close.text().unwrap_or_default();
        let opener = self.token_span(open);
        let at = self.current();
        let unclosed = match at.kind {
            Eof | RParen | RBracket | RBrace => true,
            Semi | LBrace => close != RBrace,
            kind => close != RBrace && at.on_new_line && begins_item(kind),
        };
        if !unclosed {
            let mut diagnostic = self.expected_diagnostic(&format!("{alternatives}`{closer}`"));
            if at.on_new_line && matches!(at.kind, LParen | LBracket) {
                diagnostic = diagnostic.with_note(format!(
                    "a `{}` on a new line never continues the expression before it",
                    self.current_text()
                ));
            }
            return self.fail(diagnostic);
        }
        let message =
            format!("unclosed `{}`: expected {alternatives}`{closer}`, found {}", self.token_text(open), self.found());
        let diagnostic = Diagnostic::error(codes::UNCLOSED, self.token_span(at), message)
            .with_label(format!("expected `{closer}`"))
            .with_secondary(opener, "opened here");
        self.fail(diagnostic)
    }

    /// `List(item)` up to and including `close`.
    pub(super) fn list<T>(
        &mut self,
        open: Token,
        close: TokenKind,
        mut item: impl FnMut(&mut Self) -> R<T>,
    ) -> R<Vec<T>> {
        let outer = std::mem::replace(&mut self.context.no_struct, false);
        let mut items = Vec::new();
        while !self.at_kind(close) && !self.at_kind(TokenKind::Eof) {
            items.push(item(self)?);
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        self.context.no_struct = outer;
        self.close(open, close, "`,` or ")?;
        Ok(items)
    }

    /// After an error in a statement or member: goes to where the next one can begin.
    pub(super) fn recover(&mut self, from: Checkpoint, begins: impl Fn(TokenKind) -> bool) {
        self.rewind_context(from);
        loop {
            let at = self.current();
            let inside = self.stream.braces > from.braces;
            match at.kind {
                TokenKind::Eof => return,
                TokenKind::RBrace if !inside => break,
                TokenKind::RBrace => {
                    self.bump();
                    let closed = self.stream.braces == from.braces;
                    if closed && self.current().on_new_line {
                        break;
                    }
                    continue;
                }
                TokenKind::Semi if !inside => {
                    self.bump();
                    break;
                }
                kind if !inside && at.on_new_line && self.stream.pos > from.pos && begins(kind) => break,
                _ => {}
            }
            self.bump();
        }
        if self.stream.pos == from.pos && from.braces == 0 {
            // A stray `}` at the top level closes nothing and would be met again.
            self.bump();
        }
    }

    /// After an error in an element of a comma list in braces: goes behind its comma or before the closing brace.
    pub(super) fn recover_element(&mut self, from: Checkpoint) {
        self.rewind_context(from);
        loop {
            let inside = self.stream.braces > from.braces;
            match self.kind() {
                TokenKind::Eof => return,
                TokenKind::RBrace if !inside => return,
                TokenKind::Comma | TokenKind::Semi if !inside => {
                    self.bump();
                    return;
                }
                _ => self.bump(),
            };
        }
    }
}

/// Whether `kind` begins a declaration wherever it stands.
pub(super) fn begins_item(kind: TokenKind) -> bool {
    use TokenKind::*;
    matches!(
        kind,
        Struct
            | Enum
            | Type
            | Newtype
            | Trait
            | Impl
            | Const
            | StaticAssert
            | Mod
            | Use
            | Extern
            | Region
            | Actor
            | Bench
            | Pub
            | Let
            | Static
            | Return
            | While
            | For
    )
}

/// Whether `kind` at the start of a line is taken for the start of a statement after an error.
pub(super) fn begins_stmt(kind: TokenKind) -> bool {
    use TokenKind::*;
    begins_item(kind)
        || matches!(
            kind,
            Fn | If
                | Match
                | Loop
                | Live
                | Try
                | Unsafe
                | Break
                | Continue
                | Defer
                | Assert
                | Assume
                | Invariant
                | At
                | HashBracket
        )
}

//! Text to tokens.
//!
//! Works on bytes; never fails: what cannot be a token is reported and left out, or taken as the token it resembles, so
//! that the parser has no follow-up errors. String literals are only delimited here. Their escapes and placeholders are
//! read by the parser, because the same literal is interpolated in an expression and plain in a pattern.

use crate::{
    literal,
    token::{Token, TokenKind},
};

/// What lexing gives.
pub(crate) struct Lexed {
    /// The tokens, with one `Eof` at the end.
    pub tokens: Vec<Token>,
    /// What was wrong, in source order.
    pub errors: Vec<LexError>,
    /// A comment or literal reached the end of the text: what follows from that is no news.
    pub unterminated: bool,
}

/// An error found while lexing. Offsets are bytes of the text.
pub(crate) struct LexError {
    pub lo: u32,
    pub hi: u32,
    pub message: String,
    pub help: Option<&'static str>,
}

/// The offset behind a byte-order mark and a `#!` line.
pub(crate) fn skip_prologue(text: &str) -> usize {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    if text[start..].starts_with("#!") {
        return text[start..].find('\n').map_or(text.len(), |line_feed| start + line_feed + 1);
    }
    start
}

/// The tokens of `text[range]`, with offsets into `text`.
pub(crate) fn lex(text: &str, range: std::ops::Range<usize>) -> Lexed {
    let mut lexer = Lexer {
        text: &text[..range.end],
        bytes: &text.as_bytes()[..range.end],
        pos: range.start,
        on_new_line: true,
        out: Lexed { tokens: Vec::with_capacity(range.len() / 4 + 2), errors: Vec::new(), unterminated: false },
    };
    lexer.run();
    lexer.out
}

struct Lexer<'t> {
    text: &'t str,
    bytes: &'t [u8],
    pos: usize,
    on_new_line: bool,
    out: Lexed,
}

impl Lexer<'_> {
    fn run(&mut self) {
        loop {
            self.skip_trivia();
            let start = self.pos;
            let Some(&first) = self.bytes.get(start) else { break };
            match first {
                b'r' if self.peek(1) == b'"' => self.raw_string(start),
                b'b' if self.peek(1) == b'"' => self.bytes_literal(start),
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(start),
                b'0'..=b'9' => self.number(start),
                b'"' => self.string(start),
                b'\'' => self.char_literal(start),
                _ => self.punctuator(start),
            }
        }
        // A message about the end points behind the last token rather than at an empty last line.
        let end = self.out.tokens.last().map_or(self.pos.min(self.text.len()) as u32, |last| last.hi);
        self.out.tokens.push(Token { kind: TokenKind::Eof, on_new_line: true, lo: end, hi: end });
    }

    /// The byte `n` ahead; 0 behind the end.
    fn peek(&self, n: usize) -> u8 {
        self.bytes.get(self.pos + n).copied().unwrap_or(0)
    }

    fn push(&mut self, kind: TokenKind, lo: usize) {
        let on_new_line = std::mem::replace(&mut self.on_new_line, false);
        self.out.tokens.push(Token { kind, on_new_line, lo: lo as u32, hi: self.pos as u32 });
    }

    fn error(&mut self, lo: usize, hi: usize, message: impl Into<String>, help: Option<&'static str>) {
        self.out.errors.push(LexError { lo: lo as u32, hi: hi as u32, message: message.into(), help });
    }

    fn skip_trivia(&mut self) {
        while let Some(&byte) = self.bytes.get(self.pos) {
            match byte {
                b'\n' => {
                    self.on_new_line = true;
                    self.pos += 1;
                }
                b' ' | b'\t' | b'\r' | 0x0b | 0x0c => self.pos += 1,
                b'/' if self.peek(1) == b'/' => {
                    let rest = &self.bytes[self.pos..];
                    self.pos += rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
                }
                b'/' if self.peek(1) == b'*' => self.block_comment(),
                0x80.. => match self.text[self.pos..].chars().next() {
                    Some(c) if c.is_whitespace() => self.pos += c.len_utf8(),
                    _ => return,
                },
                _ => return,
            }
        }
    }

    fn block_comment(&mut self) {
        let start = self.pos;
        let mut depth = 0;
        while let Some(&byte) = self.bytes.get(self.pos) {
            match (byte, self.peek(1)) {
                (b'/', b'*') => {
                    depth += 1;
                    self.pos += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.pos += 2;
                    if depth == 0 {
                        return;
                    }
                }
                (byte, _) => {
                    self.on_new_line |= byte == b'\n';
                    self.pos += 1;
                }
            }
        }
        self.out.unterminated = true;
        self.error(start, start + 2, "unterminated comment", Some("block comments nest: each `/*` needs its own `*/`"));
    }

    fn skip_word(&mut self) {
        while matches!(self.peek(0), b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_') {
            self.pos += 1;
        }
    }

    fn word(&mut self, start: usize) {
        self.skip_word();
        if self.peek(0) >= 0x80 && self.next_char().is_some_and(char::is_alphanumeric) {
            return self.non_ascii_word(start);
        }
        let kind = TokenKind::keyword(&self.text[start..self.pos]).unwrap_or(TokenKind::Ident);
        self.push(kind, start);
    }

    fn next_char(&self) -> Option<char> {
        self.text[self.pos..].chars().next()
    }

    /// A word with letters beyond ASCII: one message, and then an ordinary name for the parser.
    fn non_ascii_word(&mut self, start: usize) {
        while let Some(c) = self.next_char().filter(|&c| c == '_' || c.is_alphanumeric()) {
            self.pos += c.len_utf8();
        }
        let message = format!("`{}` is not a valid name: identifiers are ASCII only", &self.text[start..self.pos]);
        self.error(start, self.pos, message, Some("use the letters a-z and A-Z, digits and `_`"));
        self.push(TokenKind::Ident, start);
    }

    /// `Digit { [ "_" ] Digit }`
    fn decimal_digits(&mut self) {
        while self.peek(0).is_ascii_digit() || self.peek(0) == b'_' && self.peek(1).is_ascii_digit() {
            self.pos += 1;
        }
    }

    fn number(&mut self, start: usize) {
        let kind = if self.radix_digits() { TokenKind::Int } else { self.decimal_number() };
        let end = self.pos;
        self.skip_word();
        let suffix = &self.text[end..self.pos];
        if !literal::is_suffix(suffix, kind == TokenKind::Float) {
            self.pos = end;
        }
        self.push(kind, start);
        if self.peek(0) == b'_' {
            self.skip_word();
            let message = format!("`{}` is not a valid number", &self.text[start..self.pos]);
            self.error(start, self.pos, message, Some("`_` stands between two digits, and not before a suffix"));
        }
    }

    /// Takes `0x..`, `0o..`, `0b..` if at least one digit follows the prefix.
    fn radix_digits(&mut self) -> bool {
        let Some(radix) = literal::radix_of_prefix(self.peek(0), self.peek(1)) else { return false };
        let start = self.pos;
        self.pos += 2;
        let mut any = false;
        loop {
            match self.peek(0) {
                b'_' => {}
                digit if (digit as char).is_digit(radix) => any = true,
                _ => break,
            }
            self.pos += 1;
        }
        if !any {
            self.pos = start;
            let message = format!("`{}` needs at least one digit", &self.text[start..start + 2]);
            self.error(start, start + 2, message, None);
            self.pos = start + 2;
        }
        true
    }

    fn decimal_number(&mut self) -> TokenKind {
        self.decimal_digits();
        let mut kind = TokenKind::Int;
        if self.peek(0) == b'.' && self.peek(1) != b'.' {
            self.pos += 1;
            if self.peek(0).is_ascii_digit() {
                self.decimal_digits();
            }
            kind = TokenKind::Float;
        }
        if matches!(self.peek(0), b'e' | b'E') {
            let sign = usize::from(matches!(self.peek(1), b'+' | b'-'));
            if self.peek(1 + sign).is_ascii_digit() {
                self.pos += 1 + sign;
                self.decimal_digits();
                kind = TokenKind::Float;
            }
        }
        kind
    }

    fn string(&mut self, start: usize) {
        if self.peek(1) == b'"' && self.peek(2) == b'"' {
            self.pos += 3;
            self.delimited(start, b"\"\"\"", true, TokenKind::TripleStr);
        } else {
            self.pos += 1;
            self.delimited(start, b"\"", true, TokenKind::Str);
        }
    }

    fn raw_string(&mut self, start: usize) {
        self.pos += 1;
        if self.peek(1) == b'"' && self.peek(2) == b'"' {
            self.pos += 3;
            self.delimited(start, b"\"\"\"", false, TokenKind::RawTripleStr);
        } else {
            self.pos += 1;
            self.delimited(start, b"\"", false, TokenKind::RawStr);
        }
    }

    fn bytes_literal(&mut self, start: usize) {
        self.pos += 2;
        self.delimited(start, b"\"", true, TokenKind::Bytes);
    }

    /// Goes behind the next `end`; with `escapes`, a backslash hides the byte after it.
    fn delimited(&mut self, start: usize, end: &[u8], escapes: bool, kind: TokenKind) {
        let body = self.pos;
        while let Some(&byte) = self.bytes.get(self.pos) {
            if byte == b'"' && self.bytes[self.pos..].starts_with(end) {
                self.pos += end.len();
                return self.push(kind, start);
            }
            self.pos += if escapes && byte == b'\\' { 2 } else { 1 };
        }
        self.pos = self.text.len();
        self.out.unterminated = true;
        let closer = if end.len() == 3 { "the closing `\"\"\"` is missing" } else { "the closing `\"` is missing" };
        self.error(start, body, "unterminated string", Some(closer));
    }

    fn char_literal(&mut self, start: usize) {
        let body = &self.text[start + 1..];
        let mut chars = body.chars();
        match (chars.next(), chars.next()) {
            (Some(c), Some('\'')) if c != '\\' && c != '\'' => {
                self.pos += c.len_utf8() + 2;
                return self.push(TokenKind::Char, start);
            }
            (Some('\''), Some('\'')) => {
                self.pos += 3;
                self.error(start, self.pos, "this quote needs a backslash", Some("write `'\\''`"));
                return self.push(TokenKind::Char, start);
            }
            (Some('\''), _) => {
                self.pos += 2;
                self.error(start, self.pos, "empty character literal", Some("an empty text is the string `\"\"`"));
                return self.push(TokenKind::Char, start);
            }
            _ => {}
        }
        match end_of_char_body(body) {
            Some(len) => {
                self.pos += len + 2;
                if let Err(message) = literal::decode_char(&body[..len]) {
                    let help = (!body.starts_with('\\')).then_some("strings are written with double quotes");
                    self.error(start, self.pos, message, help);
                }
                self.push(TokenKind::Char, start);
            }
            None => {
                self.pos += 1;
                let label = body.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
                let help = if label { "labels are written without a tick: `name: while ...`" } else { "write `'x'`" };
                self.error(start, self.pos, "unterminated character literal", Some(help));
            }
        }
    }

    fn punctuator(&mut self, start: usize) {
        use TokenKind::*;
        let (kind, len) = match (self.peek(0), self.peek(1), self.peek(2)) {
            (b'<', b'<', b'=') => (ShlEq, 3),
            (b'>', b'>', b'=') => (ShrEq, 3),
            (b'.', b'.', b'.') => (DotDotDot, 3),
            (b'=', b'=', _) => (EqEq, 2),
            (b'!', b'=', _) => (NotEq, 2),
            (b'<', b'=', _) => (LtEq, 2),
            (b'>', b'=', _) => (GtEq, 2),
            (b'=', b'>', _) => (FatArrow, 2),
            (b'-', b'>', _) => (Arrow, 2),
            (b'&', b'&', _) => (AndAnd, 2),
            (b'|', b'|', _) => (OrOr, 2),
            (b'|', b'>', _) => (Pipe, 2),
            (b'?', b'?', _) => (Coalesce, 2),
            (b'?', b'.', _) => (QuestionDot, 2),
            (b':', b':', _) => (ColonColon, 2),
            (b'.', b'.', _) => (DotDot, 2),
            (b'<', b'<', _) => (Shl, 2),
            (b'>', b'>', _) => (Shr, 2),
            (b'+', b'=', _) => (PlusEq, 2),
            (b'-', b'=', _) => (MinusEq, 2),
            (b'*', b'=', _) => (StarEq, 2),
            (b'/', b'=', _) => (SlashEq, 2),
            (b'%', b'=', _) => (PercentEq, 2),
            (b'&', b'=', _) => (AndEq, 2),
            (b'|', b'=', _) => (OrEq, 2),
            (b'^', b'=', _) => (CaretEq, 2),
            (b'#', b'{', _) => (HashBrace, 2),
            (b'#', b'[', _) => (HashBracket, 2),
            (b'+', ..) => (Plus, 1),
            (b'-', ..) => (Minus, 1),
            (b'*', ..) => (Star, 1),
            (b'/', ..) => (Slash, 1),
            (b'%', ..) => (Percent, 1),
            (b'=', ..) => (Eq, 1),
            (b'<', ..) => (Lt, 1),
            (b'>', ..) => (Gt, 1),
            (b'!', ..) => (Not, 1),
            (b'&', ..) => (And, 1),
            (b'|', ..) => (Or, 1),
            (b'^', ..) => (Caret, 1),
            (b'.', ..) => (Dot, 1),
            (b',', ..) => (Comma, 1),
            (b';', ..) => (Semi, 1),
            (b':', ..) => (Colon, 1),
            (b'?', ..) => (Question, 1),
            (b'@', ..) => (At, 1),
            (b'(', ..) => (LParen, 1),
            (b')', ..) => (RParen, 1),
            (b'{', ..) => (LBrace, 1),
            (b'}', ..) => (RBrace, 1),
            (b'[', ..) => (LBracket, 1),
            (b']', ..) => (RBracket, 1),
            _ => return self.unknown(start),
        };
        self.pos += len;
        self.push(kind, start);
    }

    /// One message for a run of equal characters that begin no token.
    fn unknown(&mut self, start: usize) {
        let Some(first) = self.next_char() else { return };
        if first.is_alphanumeric() {
            return self.non_ascii_word(start);
        }
        while self.next_char() == Some(first) {
            self.pos += first.len_utf8();
        }
        let message = match first {
            c if c.is_control() || c == '\u{feff}' => format!("unexpected character U+{:04X}", c as u32),
            c => format!("unexpected character `{c}`"),
        };
        let help = match first {
            '#' => Some("comments begin with `//`, attributes with `#[`, sets with `#{`"),
            '“' | '”' | '„' => Some("strings are written with the plain quote `\"`"),
            '‘' | '’' => Some("characters are written with the plain quote `'`"),
            '–' | '—' | '−' => Some("minus is written `-`"),
            '~' => Some("there is no bitwise complement; `x ^ -1` inverts all bits"),
            '`' => Some("strings are written with `\"`"),
            _ => None,
        };
        self.error(start, self.pos, message, help);
    }
}

/// Length of the text before the closing quote, if the literal ends on its line.
fn end_of_char_body(body: &str) -> Option<usize> {
    let mut chars = body.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' => return Some(at),
            '\n' => return None,
            '\\' => {
                chars.next();
            }
            _ => {}
        }
        // Far quotes belong to another literal: `'a; let b = 'c'`.
        if at > 16 {
            return None;
        }
    }
    None
}

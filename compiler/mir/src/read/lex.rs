//! Tokens of MIR text.

use std::fmt;
use std::str::CharIndices;

use super::{Result, error};

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token<'t> {
    /// Letters, digits, `_` and `$`, not starting with a digit; behind the first also `.`.
    Word(&'t str),
    /// Starts with a digit, or with `-` before a digit or `inf`.
    Number(&'t str),
    /// A string in quotes, with its escapes resolved.
    Str(String),
    /// One of `PUNCTUATION`.
    Punctuation(&'static str),
    /// The end of the text.
    End,
}

const PUNCTUATION: [&str; 9] = ["(", ")", "{", "}", ":", ",", "=", "->", "@"];

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Token::Word(text) | Token::Number(text) => write!(f, "`{text}`"),
            Token::Str(text) => write!(f, "{text:?}"),
            Token::Punctuation(text) => write!(f, "`{text}`"),
            Token::End => f.write_str("the end of the text"),
        }
    }
}

/// A stream of tokens with one token of lookahead.
pub(super) struct Lexer<'t> {
    text: &'t str,
    pos: usize,
    /// Line at `pos`.
    pos_line: u32,
    token: Token<'t>,
    /// Line of `token`.
    line: u32,
}

impl<'t> Lexer<'t> {
    /// Fails if the first token is bad.
    pub(super) fn new(text: &'t str) -> Result<Lexer<'t>> {
        let mut lexer = Lexer { text, pos: 0, pos_line: 1, token: Token::End, line: 1 };
        lexer.advance()?;
        Ok(lexer)
    }

    /// The next token.
    pub(super) fn peek(&self) -> &Token<'t> {
        &self.token
    }

    /// Line of the next token.
    pub(super) fn line(&self) -> u32 {
        self.line
    }

    /// Goes on to the token after.
    pub(super) fn advance(&mut self) -> Result<()> {
        self.skip_blanks();
        self.line = self.pos_line;
        self.token = self.scan()?;
        Ok(())
    }

    fn rest(&self) -> &'t str {
        &self.text[self.pos..]
    }

    fn skip_blanks(&mut self) {
        let mut in_comment = false;
        for c in self.rest().chars() {
            match c {
                '\n' => {
                    self.pos_line += 1;
                    in_comment = false;
                }
                ';' => in_comment = true,
                _ if in_comment || c.is_whitespace() => {}
                _ => return,
            }
            self.pos += c.len_utf8();
        }
    }

    fn scan(&mut self) -> Result<Token<'t>> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(Token::End);
        };
        if first == '"' {
            return self.scan_string();
        }
        let signless = rest.strip_prefix('-').unwrap_or(rest);
        if signless.starts_with(|c: char| c.is_ascii_digit()) || rest.starts_with("-inf") {
            return Ok(Token::Number(self.take(number_len(rest))));
        }
        if is_word_char(first) {
            let len = rest.find(|c| !(is_word_char(c) || c == '.')).unwrap_or(rest.len());
            return Ok(Token::Word(self.take(len)));
        }
        match PUNCTUATION.into_iter().find(|p| rest.starts_with(p)) {
            Some(punctuation) => {
                self.take(punctuation.len());
                Ok(Token::Punctuation(punctuation))
            }
            None => error(self.line, format!("unexpected character {first:?}")),
        }
    }

    fn take(&mut self, len: usize) -> &'t str {
        let taken = &self.rest()[..len];
        self.pos += len;
        taken
    }

    fn scan_string(&mut self) -> Result<Token<'t>> {
        let mut text = String::new();
        let mut chars = self.rest().char_indices();
        chars.next();
        loop {
            match chars.next() {
                Some((len, '"')) => {
                    self.pos += len + 1;
                    return Ok(Token::Str(text));
                }
                Some((_, '\\')) => match unescape(&mut chars) {
                    Some(c) => text.push(c),
                    None => return error(self.line, "bad escape in a string"),
                },
                Some((_, '\n')) | None => return error(self.line, "a string without end"),
                Some((_, c)) => text.push(c),
            }
        }
    }
}

fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}

/// Length of the number at the start: a sign belongs to it at its start and behind an `e`.
fn number_len(text: &str) -> usize {
    let mut previous = ' ';
    let is_hex = text.starts_with("0x");
    for (pos, c) in text.char_indices() {
        let sign = (c == '-' || c == '+') && (pos == 0 || previous == 'e' && !is_hex);
        if !(sign || c.is_ascii_alphanumeric() || c == '.') {
            return pos;
        }
        previous = c;
    }
    text.len()
}

/// What the escape behind a backslash means.
fn unescape(chars: &mut CharIndices<'_>) -> Option<char> {
    match chars.next()?.1 {
        '"' => Some('"'),
        '\\' => Some('\\'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'u' => {
            if chars.next()?.1 != '{' {
                return None;
            }
            let mut code = 0u32;
            loop {
                match chars.next()?.1 {
                    '}' => return char::from_u32(code),
                    c => code = code.checked_mul(16)?.checked_add(c.to_digit(16)?)?,
                }
            }
        }
        _ => None,
    }
}

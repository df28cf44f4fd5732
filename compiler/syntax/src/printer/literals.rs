//! Literals, escaped so that they read back as the same value.

use super::Printer;
use crate::ast::StrPart;

impl Printer<'_> {
    pub(super) fn string(&mut self, text: &str) {
        self.word("\"");
        self.string_text(text);
        self.word("\"");
    }

    fn string_text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '\n' => self.word("\\n"),
                '\t' => self.word("\\t"),
                '\r' => self.word("\\r"),
                '\0' => self.word("\\0"),
                '\\' => self.word("\\\\"),
                '"' => self.word("\\\""),
                '{' => self.word("\\{"),
                c if c.is_control() => self.word(&format!("\\u{{{:x}}}", c as u32)),
                c => self.out.push(c),
            }
        }
    }

    /// `"a{x}b"`. The text of a placeholder is itself escaped; its braces are written so that the first plain `}` is the
    /// one that ends it.
    pub(super) fn interpolated(&mut self, parts: &[StrPart<'_>]) {
        self.word("\"");
        for part in parts {
            match part {
                StrPart::Text(text) => self.string_text(text),
                StrPart::Expr(expr) => {
                    let mut inner = Printer::new(self.interner);
                    inner.expr(expr);
                    self.word("{");
                    for c in inner.out.chars() {
                        match c {
                            '\n' => self.word("\\n"),
                            '\\' => self.word("\\\\"),
                            '"' => self.word("\\\""),
                            '{' => self.word("\\{"),
                            '}' => self.word("\\x7d"),
                            c => self.out.push(c),
                        }
                    }
                    self.word("}");
                }
            }
        }
        self.word("\"");
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.word("b\"");
        for &byte in bytes {
            match byte {
                b'\n' => self.word("\\n"),
                b'\t' => self.word("\\t"),
                b'\r' => self.word("\\r"),
                b'\\' => self.word("\\\\"),
                b'"' => self.word("\\\""),
                0x20..=0x7e => self.out.push(byte as char),
                _ => self.word(&format!("\\x{byte:02x}")),
            }
        }
        self.word("\"");
    }

    pub(super) fn char(&mut self, c: char) {
        match c {
            '\n' => self.word("'\\n'"),
            '\t' => self.word("'\\t'"),
            '\r' => self.word("'\\r'"),
            '\0' => self.word("'\\0'"),
            '\\' => self.word("'\\\\'"),
            '\'' => self.word("'\\''"),
            c if c.is_control() => self.word(&format!("'\\u{{{:x}}}'", c as u32)),
            c => self.word(&format!("'{c}'")),
        }
    }

    /// A float that reads back as `value`; never negative.
    pub(super) fn float(&mut self, value: f64) {
        if value.is_infinite() {
            return self.word("1e999");
        }
        let text = value.to_string();
        self.word(&text);
        if !text.contains('.') {
            self.word(".0");
        }
    }
}

//! `#[..]`, `@..` and `pub` before declarations.

use super::{Parser, R};
use crate::{
    ast::{Attribute, AttributeArgs, AttributeStyle, CfgPredicate},
    token::TokenKind,
};

/// What stands before a declaration or statement.
#[derive(Default)]
pub(super) struct Modifiers<'a> {
    pub attrs: Vec<Attribute<'a>>,
    pub is_pub: bool,
}

impl<'a: 'b, 'b> Parser<'a, 'b> {
    /// `{ HashAttr | AtAttr | "pub" }`, up to an `@require_contracts`, which is a declaration of its own.
    pub(super) fn modifiers(&mut self) -> R<Modifiers<'a>> {
        let mut modifiers = Modifiers::default();
        loop {
            match self.kind() {
                TokenKind::HashBracket => modifiers.attrs.push(self.hash_attr()?),
                TokenKind::At if self.at_require_contracts() => return Ok(modifiers),
                TokenKind::At => modifiers.attrs.push(self.at_attr()?),
                TokenKind::Pub => {
                    self.bump();
                    modifiers.is_pub = true;
                }
                _ => return Ok(modifiers),
            }
        }
    }

    pub(super) fn at_require_contracts(&self) -> bool {
        self.at_kind(TokenKind::At)
            && self.nth_kind(1) == TokenKind::Ident
            && self.token_text(self.nth(1)) == "require_contracts"
    }

    /// `HashAttr`
    fn hash_attr(&mut self) -> R<Attribute<'a>> {
        let open = self.bump();
        let name = self.ident()?;
        let args = if !self.at_kind(TokenKind::LParen) {
            AttributeArgs::None
        } else if self.interner.resolve(name.symbol) == "cfg" {
            let paren = self.bump();
            let predicate = self.cfg_predicate()?;
            self.close(paren, TokenKind::RParen, "")?;
            AttributeArgs::Cfg(predicate)
        } else {
            self.balanced_tokens()?
        };
        if self.interner.resolve(name.symbol) == "cfg" && matches!(args, AttributeArgs::None) {
            return Err(self.expected("`(` and a condition"));
        }
        self.close(open, TokenKind::RBracket, "")?;
        Ok(Attribute { style: AttributeStyle::Hash, name, args, span: self.span_from(open.lo) })
    }

    /// `AtAttr`, with arguments as in `@repr(C)`.
    fn at_attr(&mut self) -> R<Attribute<'a>> {
        let at = self.bump();
        let name = self.ident()?;
        let args = match self.kind() {
            TokenKind::LParen => self.balanced_tokens()?,
            _ => AttributeArgs::None,
        };
        Ok(Attribute { style: AttributeStyle::At, name, args, span: self.span_from(at.lo) })
    }

    /// `"(" balanced tokens ")"`
    fn balanced_tokens(&mut self) -> R<AttributeArgs<'a>> {
        let mut open = vec![self.bump()];
        let lo = self.stream.prev_hi;
        let mut hi = lo;
        while let Some(&innermost) = open.last() {
            let closer = match innermost.kind {
                TokenKind::LParen => TokenKind::RParen,
                TokenKind::LBracket | TokenKind::HashBracket => TokenKind::RBracket,
                _ => TokenKind::RBrace,
            };
            let at = self.current();
            match at.kind {
                TokenKind::LParen
                | TokenKind::LBracket
                | TokenKind::LBrace
                | TokenKind::HashBrace
                | TokenKind::HashBracket => open.push(self.bump()),
                TokenKind::RParen | TokenKind::RBracket | TokenKind::RBrace | TokenKind::Eof => {
                    hi = at.lo;
                    self.close(innermost, closer, "")?;
                    open.pop();
                }
                _ => {
                    self.bump();
                }
            }
        }
        let text = self.arena.alloc_str(&self.stream.text[lo as usize..hi as usize]);
        Ok(AttributeArgs::Tokens(text, self.span(lo, hi)))
    }

    /// `CfgPred`
    fn cfg_predicate(&mut self) -> R<&'a CfgPredicate<'a>> {
        self.enter()?;
        let name = self.ident()?;
        let text = self.interner.resolve(name.symbol).to_owned();
        let predicate = match (text.as_str(), self.kind()) {
            ("not", TokenKind::LParen) => {
                let open = self.bump();
                let inner = self.cfg_predicate()?;
                self.close(open, TokenKind::RParen, "")?;
                CfgPredicate::Not(inner)
            }
            ("any" | "all", TokenKind::LParen) => {
                let open = self.bump();
                let parts = self.list(open, TokenKind::RParen, |p| p.cfg_predicate().copied())?;
                let parts = self.slice(&parts);
                if text == "any" { CfgPredicate::Any(parts) } else { CfgPredicate::All(parts) }
            }
            (_, TokenKind::Eq) => {
                self.bump();
                CfgPredicate::Equals(name, self.plain_string()?)
            }
            ("test", _) => CfgPredicate::Test,
            _ => return Err(self.expected("`=` and a string")),
        };
        self.leave();
        Ok(self.alloc(predicate))
    }
}

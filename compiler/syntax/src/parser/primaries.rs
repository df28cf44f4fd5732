//! Primary expressions: literals, names, brackets and braces.

use resilient_base::{Diagnostic, diag::codes};

use super::{Context, Parser, R};
use crate::{
    ast::{Block, Comprehension, Expr, ExprKind, FieldInit, New, NewBody, Quantifier, Stmt, StmtKind, Type, TypeKind},
    literal,
    token::{Token, TokenKind},
};

impl<'a: 'b, 'b> Parser<'a, 'b> {
    /// `Primary`. The arms only call: without optimization every value in an arm costs stack on each level of nesting.
    pub(super) fn primary(&mut self) -> R<&'a Expr<'a>> {
        use TokenKind::*;
        match self.kind() {
            Ident => self.name_expr(),
            Int | Float => Ok(self.number_literal(false)),
            Str | TripleStr | RawStr | RawTripleStr => self.string_expr(),
            Bytes => Ok(self.bytes_expr()),
            Char => Ok(self.char_expr()),
            True | False => Ok(self.bool_expr()),
            LParen => self.paren_expr(),
            LBracket => self.array_expr(),
            LBrace => self.brace_expr(),
            HashBrace => self.set_expr(),
            New => self.new_expr(),
            Fn => self.closure(),
            Or | OrOr => self.pipe_closure(),
            If => self.if_(),
            Match => self.match_(),
            While => self.while_(None),
            Loop => self.loop_(None),
            Live => self.live(),
            Try => self.try_(),
            Unsafe => self.unsafe_(),
            Forall | Exists => self.quantifier(),
            Receive if self.nth_kind(1) == LParen => self.receive_name(),
            _ => Err(self.expected_expr()),
        }
    }

    /// A name or path, and what may begin with one: a closure with an effect, a struct expression without `new`.
    fn name_expr(&mut self) -> R<&'a Expr<'a>> {
        if self.nth_kind(1) == TokenKind::Fn && self.at_fn() && !self.nth(1).on_new_line {
            return self.closure();
        }
        let lo = self.current().lo;
        let path = self.path()?;
        if self.at_kind(TokenKind::LBrace) && !self.context.no_struct && self.at_struct_body() {
            let ty = self.alloc(Type { kind: TypeKind::Path(path, &[]), span: path.span });
            return self.struct_body(lo, ty, false);
        }
        Ok(self.make_expr(lo, ExprKind::Path(path)))
    }

    /// Whether the `{` here can open the fields of a struct expression.
    fn at_struct_body(&self) -> bool {
        use TokenKind::*;
        match self.nth_kind(1) {
            RBrace => !self.current().on_new_line,
            DotDot => true,
            Ident => matches!(self.nth_kind(2), Colon | Comma | RBrace) && !self.current().on_new_line,
            _ => false,
        }
    }

    /// The predeclared function `receive`, a keyword elsewhere.
    fn receive_name(&mut self) -> R<&'a Expr<'a>> {
        let token = self.bump();
        let name = self.intern(token);
        let path = self.path_from(name)?;
        Ok(self.make_expr(token.lo, ExprKind::Path(path)))
    }

    /// `IntLit [ Suffix ]` or `FloatLit [ Suffix ]`; only directly under `-` may the value be 2^63.
    pub(super) fn number_literal(&mut self, is_negated: bool) -> &'a Expr<'a> {
        let token = self.bump();
        let text = self.token_text(token);
        let is_int = token.kind == TokenKind::Int;
        let (number, suffix) = if is_int { literal::split_int(text) } else { literal::split_float(text) };
        let name = (!suffix.is_empty()).then(|| {
            let lo = token.lo + number.len() as u32;
            self.intern(Token { lo, ..token })
        });
        let kind = if !is_int {
            ExprKind::Float(literal::float_value(number), name)
        } else {
            let limit = i64::MAX as u64 + u64::from(is_negated);
            match literal::int_value(number) {
                Some(value) if value <= limit && literal::is_float_suffix(suffix) => {
                    ExprKind::Float(value as f64, name)
                }
                Some(value) if value <= limit => ExprKind::Int(value, name),
                _ => {
                    self.literal_out_of_range(token);
                    ExprKind::Int(0, name)
                }
            }
        };
        self.warn_glued_name(token);
        self.make_expr(token.lo, kind)
    }

    /// `1e` and `12px` are a number and a name; hardly anybody means that.
    fn warn_glued_name(&mut self, number: Token) {
        let next = self.current();
        if next.lo == number.hi && next.kind == TokenKind::Ident && !self.token_text(next).starts_with('_') {
            let message = format!("`{}` directly after a number is no suffix but a name", self.token_text(next));
            let help = match self.token_text(number).ends_with('.') {
                true => "a dot after digits belongs to the number; to call a method write `(7).name()`",
                false => "put a space or an operator between them",
            };
            self.form_diagnostic(Diagnostic::warning(self.token_span(next), message).with_help(help));
        }
    }

    fn bytes_expr(&mut self) -> &'a Expr<'a> {
        let token = self.bump();
        let text = self.token_text(token);
        self.uses_type("bytes");
        let bytes = literal::decode_bytes(&text[2..text.len() - 1]);
        self.make_expr(token.lo, ExprKind::Bytes(self.slice(&bytes)))
    }

    pub(super) fn char_expr(&mut self) -> &'a Expr<'a> {
        let token = self.bump();
        let text = self.token_text(token);
        // The lexer has reported what is wrong with a malformed one.
        let value = literal::decode_char(&text[1..text.len() - 1]).unwrap_or(char::REPLACEMENT_CHARACTER);
        self.make_expr(token.lo, ExprKind::Char(value))
    }

    pub(super) fn bool_expr(&mut self) -> &'a Expr<'a> {
        let token = self.bump();
        self.make_expr(token.lo, ExprKind::Bool(token.kind == TokenKind::True))
    }

    /// `"(" ")"`, `"(" Expr ")"`, `"(" Expr "," List(Expr) ")"`
    fn paren_expr(&mut self) -> R<&'a Expr<'a>> {
        let open = self.bump();
        let parts = self.list(open, TokenKind::RParen, |p| p.expr())?;
        let with_comma = self.nth_back_kind(2) == TokenKind::Comma;
        let kind = match parts[..] {
            [inner] if !with_comma => ExprKind::Paren(inner),
            _ => ExprKind::Tuple(self.exprs(&parts)),
        };
        Ok(self.make_expr(open.lo, kind))
    }

    fn exprs(&self, parts: &[&'a Expr<'a>]) -> &'a [Expr<'a>] {
        self.arena.alloc_slice_fill_iter(parts.iter().map(|&&part| part))
    }

    /// `ArrayLit`
    fn array_expr(&mut self) -> R<&'a Expr<'a>> {
        let open = self.bump();
        if self.at_kind(TokenKind::RBracket) {
            self.bump();
            return Ok(self.make_expr(open.lo, ExprKind::Array(&[])));
        }
        let first = self.with_struct(true, Self::expr)?;
        if self.at_kind(TokenKind::For) {
            return self.comprehension(open, first);
        }
        let mut parts = vec![first];
        if self.eat(TokenKind::Comma) {
            parts.append(&mut self.list(open, TokenKind::RBracket, |p| p.expr())?);
        } else {
            self.close(open, TokenKind::RBracket, "`,` or ")?;
        }
        Ok(self.make_expr(open.lo, ExprKind::Array(self.exprs(&parts))))
    }

    /// `"[" Expr "for" Pattern "in" Expr [ "if" Expr ] "]"` from `for` on.
    fn comprehension(&mut self, open: Token, element: &'a Expr<'a>) -> R<&'a Expr<'a>> {
        self.bump();
        let pattern = self.pattern()?;
        self.expect(TokenKind::In)?;
        let source = self.with_struct(true, Self::expr)?;
        let filter = if self.eat(TokenKind::If) { Some(self.with_struct(true, Self::expr)?) } else { None };
        self.close(open, TokenKind::RBracket, if filter.is_none() { "`if` or " } else { "" })?;
        let comprehension = Comprehension { element, pattern, source, filter };
        Ok(self.make_expr(open.lo, ExprKind::Comprehension(self.alloc(comprehension))))
    }

    /// `SetLit`
    fn set_expr(&mut self) -> R<&'a Expr<'a>> {
        let open = self.bump();
        self.uses_type("Set");
        let parts = self.list(open, TokenKind::RBrace, |p| p.expr())?;
        Ok(self.make_expr(open.lo, ExprKind::Set(self.exprs(&parts))))
    }

    /// `{` where an expression or statement begins: anonymous struct, map, or block. The token after `{` decides for the
    /// first; the others differ in what follows the first expression.
    pub(super) fn brace_expr(&mut self) -> R<&'a Expr<'a>> {
        use TokenKind::*;
        match (self.nth_kind(1), self.nth_kind(2)) {
            (RBrace, _) => {
                let open = self.bump();
                self.bump();
                self.uses_type("Map");
                Ok(self.make_expr(open.lo, ExprKind::Map(&[])))
            }
            // A label: `for` is no expression.
            (Ident, Colon) if self.nth_kind(3) == For => self.block_expr(),
            (Ident, Colon | Comma | RBrace) => self.record_expr(),
            _ => self.map_or_block(),
        }
    }

    /// `AnonStruct`
    fn record_expr(&mut self) -> R<&'a Expr<'a>> {
        let open = self.bump();
        let fields = self.list(open, TokenKind::RBrace, Self::field_init)?;
        self.check_distinct(fields.iter().map(|field| field.name), "field");
        Ok(self.make_expr(open.lo, ExprKind::Record(self.slice(&fields))))
    }

    /// `Ident [ ":" Expr ]`
    fn field_init(&mut self) -> R<FieldInit<'a>> {
        let name = self.ident()?;
        let value = if self.eat(TokenKind::Colon) { Some(self.expr()?) } else { None };
        Ok(FieldInit { name, value })
    }

    pub(super) fn block_expr(&mut self) -> R<&'a Expr<'a>> {
        let block = self.block()?;
        Ok(self.alloc(Expr { kind: ExprKind::Block(self.alloc(block)), span: block.span }))
    }

    /// `MapLit`, or a block: its first statement is read, and turns out to be a key if `->` follows.
    fn map_or_block(&mut self) -> R<&'a Expr<'a>> {
        let open = self.bump();
        let context = Context { no_struct: false, in_block: true, ..self.context };
        let outer = std::mem::replace(&mut self.context, context);
        let first = self.nested(|p| Ok(p.stmts(TokenKind::RBrace, true)))?;
        let map = match first {
            [Stmt { attrs: [], kind: StmtKind::Expr { expr: key, semi: false }, .. }]
                if matches!(self.kind(), TokenKind::Arrow | TokenKind::Colon) =>
            {
                Some(self.map_entries(open, key)?)
            }
            _ => None,
        };
        let kind = match map {
            Some(map) => map,
            None => {
                self.close(open, TokenKind::RBrace, "")?;
                let block = Block { stmts: first, span: self.span_from(open.lo) };
                ExprKind::Block(self.alloc(block))
            }
        };
        self.context = outer;
        Ok(self.make_expr(open.lo, kind))
    }

    /// The entries of a map from the `->` after the first key on.
    fn map_entries(&mut self, open: Token, first_key: &'a Expr<'a>) -> R<ExprKind<'a>> {
        self.map_arrow()?;
        let mut entries = vec![(*first_key, *self.expr()?)];
        if self.eat(TokenKind::Comma) {
            entries.append(&mut self.list(open, TokenKind::RBrace, Self::map_entry)?);
        } else {
            self.close(open, TokenKind::RBrace, "`,` or ")?;
        }
        self.uses_type("Map");
        Ok(ExprKind::Map(self.slice(&entries)))
    }

    /// `Expr "->" Expr`
    fn map_entry(&mut self) -> R<(Expr<'a>, Expr<'a>)> {
        let key = self.expr()?;
        self.map_arrow()?;
        Ok((*key, *self.expr()?))
    }

    fn map_arrow(&mut self) -> R<()> {
        if !self.eat(TokenKind::Arrow) {
            let diagnostic = self.expected_diagnostic("`->`");
            return self.fail(diagnostic.with_help("the entries of a map are written `key -> value`"));
        }
        Ok(())
    }

    /// `New`
    fn new_expr(&mut self) -> R<&'a Expr<'a>> {
        let lo = self.bump().lo;
        let ty = self.path_type()?;
        match self.kind() {
            TokenKind::LBrace => self.struct_body(lo, ty, true),
            TokenKind::LParen => {
                let open = self.bump();
                let parts = self.list(open, TokenKind::RParen, |p| p.expr())?;
                let body = NewBody::Tuple(self.exprs(&parts));
                let new = self.alloc(New { has_new: true, ty, body });
                Ok(self.make_expr(lo, ExprKind::New(new)))
            }
            _ => Err(self.expected("`{` or `(` after the type")),
        }
    }

    /// `"{" List(FieldInit) "}"`
    fn struct_body(&mut self, lo: u32, ty: &'a Type<'a>, has_new: bool) -> R<&'a Expr<'a>> {
        let open = self.bump();
        let mut fields: Vec<FieldInit<'a>> = Vec::new();
        let mut base = None;
        let mut base_first = false;
        self.list(open, TokenKind::RBrace, |p| {
            let token = p.current();
            if !p.eat(TokenKind::DotDot) {
                if base.is_some() && !base_first {
                    p.form_error(codes::SYNTAX, p.token_span(token), "`..base` stands first or last");
                }
                fields.push(p.field_init()?);
                return Ok(());
            }
            let value = p.expr()?;
            if base.replace(value).is_some() {
                p.form_error(codes::SYNTAX, p.token_span(token), "a second `..base`");
            }
            base_first = fields.is_empty();
            Ok(())
        })?;
        // `..base` alone is last as well as first.
        let base_first = base_first && !fields.is_empty();
        self.check_distinct(fields.iter().map(|field| field.name), "field");
        let body = NewBody::Named { fields: self.slice(&fields), base, base_first };
        let new = self.alloc(New { has_new, ty, body });
        Ok(self.make_expr(lo, ExprKind::New(new)))
    }

    /// `Quantifier`
    fn quantifier(&mut self) -> R<&'a Expr<'a>> {
        let first = self.bump();
        let is_exists = first.kind == TokenKind::Exists;
        let var = self.ident()?;
        self.expect(TokenKind::In)?;
        let source = self.expr()?;
        self.expect(TokenKind::Colon)?;
        let body = self.expr()?;
        let quantifier = self.alloc(Quantifier { is_exists, var, source, body });
        Ok(self.make_expr(first.lo, ExprKind::Quantifier(quantifier)))
    }
}

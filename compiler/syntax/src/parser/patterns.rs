//! Patterns.

use resilient_base::{Diagnostic, Symbol, diag::codes};

use super::{Parser, R};
use crate::{
    ast::{Expr, ExprKind, FieldPattern, Name, Path, Pattern, PatternKind, RangeKind, UnaryOp},
    token::{Token, TokenKind},
};

impl<'a: 'b, 'b> Parser<'a, 'b> {
    /// `Pattern`: `PatAtom { "|" PatAtom }`
    pub(super) fn pattern(&mut self) -> R<Pattern<'a>> {
        let lo = self.current().lo;
        let first = self.pat_atom()?;
        if !self.at_kind(TokenKind::Or) {
            return Ok(first);
        }
        let mut alternatives = vec![first];
        while self.eat(TokenKind::Or) {
            alternatives.push(self.pat_atom()?);
        }
        self.check_alternatives(&alternatives);
        let kind = PatternKind::Or(self.slice(&alternatives));
        Ok(Pattern { kind, span: self.span_from(lo) })
    }

    /// All alternatives bind the same names.
    fn check_alternatives(&mut self, alternatives: &[Pattern<'a>]) {
        let none = self.interner.get("None");
        let names = |pattern: &Pattern<'a>| {
            let mut names = Vec::new();
            bindings(pattern, none, &mut names);
            names.sort_by_key(|name| name.symbol);
            names.dedup_by_key(|name| name.symbol);
            names
        };
        let first = names(&alternatives[0]);
        for alternative in &alternatives[1..] {
            let other = names(alternative);
            let missing = |a: &[Name], b: &[Name]| {
                a.iter().find(|name| !b.iter().any(|other| other.symbol == name.symbol)).copied()
            };
            let Some(name) = missing(&first, &other).or_else(|| missing(&other, &first)) else { continue };
            let text = self.interner.resolve(name.symbol);
            let message = format!("all alternatives of a pattern bind the same names: `{text}` is not bound in all");
            self.form_error(codes::SYNTAX, alternative.span, message);
        }
    }

    /// `PatAtom`
    pub(super) fn pat_atom(&mut self) -> R<Pattern<'a>> {
        let lo = self.current().lo;
        let kind = self.nested(|p| match p.kind() {
            TokenKind::Underscore => {
                p.bump();
                Ok(PatternKind::Wildcard)
            }
            TokenKind::Default => {
                p.bump();
                Ok(PatternKind::Default)
            }
            TokenKind::Ident => p.name_pattern(),
            TokenKind::LParen => p.tuple_pattern(),
            _ => p.literal_pattern(),
        })?;
        Ok(Pattern { kind, span: self.span_from(lo) })
    }

    /// The forms that begin with a name.
    fn name_pattern(&mut self) -> R<PatternKind<'a>> {
        let name = self.ident()?;
        if self.eat(TokenKind::At) {
            let inner = self.pat_atom()?;
            return Ok(PatternKind::Bind(name, self.alloc(inner)));
        }
        let path = self.path_from(name)?;
        match self.kind() {
            TokenKind::LParen if !self.current().on_new_line => {
                let open = self.bump();
                let (parts, rest) = self.pattern_list(open)?;
                Ok(PatternKind::TupleStruct(path, parts, rest))
            }
            TokenKind::LBrace => self.struct_pattern(path),
            _ if path.segments.len() > 1 => Ok(PatternKind::Path(path)),
            _ => Ok(PatternKind::Name(name)),
        }
    }

    /// `"{" PatFields "}"`
    fn struct_pattern(&mut self, path: Path<'a>) -> R<PatternKind<'a>> {
        let open = self.bump();
        let mut fields = Vec::new();
        let mut has_rest = false;
        while self.at_kind(TokenKind::Ident) && !has_rest {
            let name = self.ident()?;
            let pattern = if self.eat(TokenKind::Colon) {
                let pattern = self.pattern()?;
                Some(self.alloc(pattern))
            } else {
                None
            };
            fields.push(FieldPattern { name, pattern });
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        let after_comma = fields.is_empty() || self.nth_back_kind(1) == TokenKind::Comma;
        if after_comma && self.eat(TokenKind::DotDot) {
            has_rest = true;
            self.eat(TokenKind::Comma);
        }
        self.close(open, TokenKind::RBrace, if after_comma { "" } else { "`,` or " })?;
        self.check_distinct(fields.iter().map(|field| field.name), "field");
        Ok(PatternKind::Struct(path, self.slice(&fields), has_rest))
    }

    fn tuple_pattern(&mut self) -> R<PatternKind<'a>> {
        let open = self.bump();
        let (parts, rest) = self.pattern_list(open)?;
        let with_comma = self.nth_back_kind(2) == TokenKind::Comma;
        match parts {
            [inner] if rest.is_none() && !with_comma => Ok(PatternKind::Paren(inner)),
            _ => Ok(PatternKind::Tuple(parts, rest)),
        }
    }

    /// `List(Pattern) ")"` with at most one `..`, whose index is given.
    fn pattern_list(&mut self, open: Token) -> R<(&'a [Pattern<'a>], Option<u32>)> {
        let mut parts = Vec::new();
        let mut rest = None;
        while !self.at_kind(TokenKind::RParen) && !self.at_kind(TokenKind::Eof) {
            let token = self.current();
            if self.eat(TokenKind::DotDot) {
                if rest.replace(parts.len() as u32).is_some() {
                    self.form_error(codes::SYNTAX, self.token_span(token), "a second `..` in one tuple pattern");
                }
            } else {
                parts.push(self.pattern()?);
            }
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        self.close(open, TokenKind::RParen, "`,` or ")?;
        Ok((self.slice(&parts), rest))
    }

    /// Literals and ranges of them.
    fn literal_pattern(&mut self) -> R<PatternKind<'a>> {
        let lo = self.pattern_literal()?;
        if !self.at_kind(TokenKind::DotDot) {
            return Ok(PatternKind::Literal(lo));
        }
        self.bump();
        let kind = if self.eat(TokenKind::Eq) { RangeKind::Inclusive } else { RangeKind::Exclusive };
        let hi = self.pattern_literal()?;
        let is_int = |expr: &Expr<'a>| match expr.kind {
            ExprKind::Unary(_, inner) => matches!(inner.kind, ExprKind::Int(..)),
            ref kind => matches!(kind, ExprKind::Int(..)),
        };
        let is_char = |expr: &Expr<'a>| matches!(expr.kind, ExprKind::Char(_));
        if !(is_int(lo) && is_int(hi) || is_char(lo) && is_char(hi)) {
            let message = "a range pattern needs two integers or two characters";
            self.form_error(codes::SYNTAX, lo.span.to(hi.span), message);
        }
        Ok(PatternKind::Range(lo, hi, kind))
    }

    fn pattern_literal(&mut self) -> R<&'a Expr<'a>> {
        let first = self.current();
        match first.kind {
            TokenKind::Minus if matches!(self.nth_kind(1), TokenKind::Int | TokenKind::Float) => {
                self.bump();
                let number = self.number_literal(true);
                Ok(self.make_expr(first.lo, ExprKind::Unary(UnaryOp::Neg, number)))
            }
            TokenKind::Int | TokenKind::Float => Ok(self.number_literal(false)),
            TokenKind::Char => Ok(self.char_expr()),
            TokenKind::True | TokenKind::False => Ok(self.bool_expr()),
            _ if self.at_string() => {
                let token = self.bump();
                let kind = ExprKind::Str(self.plain_text(token));
                Ok(self.make_expr(first.lo, kind))
            }
            TokenKind::Mut => {
                let diagnostic = Diagnostic::error(codes::SYNTAX, self.token_span(first), "patterns take no `mut`");
                self.fail(diagnostic.with_help("every variable may be assigned to; leave `mut` out"))
            }
            kind if kind.is_keyword() => {
                let diagnostic = self.expected_diagnostic("a pattern");
                self.fail(diagnostic.with_note("keywords cannot be used as names"))
            }
            _ => Err(self.expected("a pattern")),
        }
    }
}

/// The variables a pattern binds.
fn bindings<'a>(pattern: &Pattern<'a>, none: Option<Symbol>, names: &mut Vec<Name>) {
    match pattern.kind {
        PatternKind::Name(name) if Some(name.symbol) != none => names.push(name),
        PatternKind::Bind(name, inner) => {
            names.push(name);
            bindings(inner, none, names);
        }
        // Alternatives that differ have been reported where they stand.
        PatternKind::Or(alternatives) => bindings(&alternatives[0], none, names),
        PatternKind::Paren(inner) => bindings(inner, none, names),
        PatternKind::Tuple(parts, _) | PatternKind::TupleStruct(_, parts, _) => {
            parts.iter().for_each(|part| bindings(part, none, names));
        }
        PatternKind::Struct(_, fields, _) => {
            for field in fields {
                match field.pattern {
                    Some(inner) => bindings(inner, none, names),
                    None => names.push(field.name),
                }
            }
        }
        PatternKind::Name(_)
        | PatternKind::Wildcard
        | PatternKind::Default
        | PatternKind::Literal(_)
        | PatternKind::Range(..)
        | PatternKind::Path(_)
        | PatternKind::Error => {}
    }
}

//! Operators: infix by precedence climbing, prefix, postfix.

use resilient_base::{Diagnostic, diag::codes};

use super::{Failed, Parser, R};
use crate::{
    ast::{Arg, BinaryOp, Expr, ExprKind, RangeKind, UnaryOp},
    token::{Token, TokenKind},
};

/// An infix operator.
#[derive(Clone, Copy)]
enum Infix {
    Binary(BinaryOp),
    Pipe,
    Coalesce,
}

/// The operator written `kind`, and its level: the higher, the tighter.
fn infix(kind: TokenKind) -> Option<(u8, Infix)> {
    use BinaryOp::*;
    let (level, op) = match kind {
        TokenKind::Pipe => return Some((1, Infix::Pipe)),
        TokenKind::Coalesce => return Some((1, Infix::Coalesce)),
        TokenKind::OrOr => (1, Or),
        TokenKind::AndAnd => (2, And),
        TokenKind::Or => (3, BitOr),
        TokenKind::Caret => (4, BitXor),
        TokenKind::And => (5, BitAnd),
        TokenKind::EqEq => (6, Eq),
        TokenKind::NotEq => (6, Ne),
        TokenKind::Lt => (7, Lt),
        TokenKind::LtEq => (7, Le),
        TokenKind::Gt => (7, Gt),
        TokenKind::GtEq => (7, Ge),
        TokenKind::Shl => (8, Shl),
        TokenKind::Shr => (8, Shr),
        TokenKind::Plus => (9, Add),
        TokenKind::Minus => (9, Sub),
        TokenKind::Star => (10, Mul),
        TokenKind::Slash => (10, Div),
        TokenKind::Percent => (10, Rem),
        _ => return None,
    };
    Some((level, Infix::Binary(op)))
}

impl<'a: 'b, 'b> Parser<'a, 'b> {
    pub(super) fn make_expr(&self, lo: u32, kind: ExprKind<'a>) -> &'a Expr<'a> {
        self.alloc(Expr { kind, span: self.span_from(lo) })
    }

    /// `Expr [ ".." [ "=" ] Expr ]`: an expression, ranges included.
    pub(super) fn expr(&mut self) -> R<&'a Expr<'a>> {
        let outer = std::mem::replace(&mut self.height, 0);
        let result = self.nested(Self::range);
        self.height = outer.max(self.height + 1);
        result
    }

    fn range(&mut self) -> R<&'a Expr<'a>> {
        let lo = self.current().lo;
        let start = self.infix_expr(1)?;
        self.range_from(lo, start)
    }

    /// A range that begins with `start`, or `start` alone.
    pub(super) fn range_from(&mut self, lo: u32, start: &'a Expr<'a>) -> R<&'a Expr<'a>> {
        if !self.at_kind(TokenKind::DotDot) {
            return Ok(start);
        }
        let kind = self.range_separator();
        self.grow()?;
        let end = self.infix_expr(1)?;
        Ok(self.make_expr(lo, ExprKind::Range(Some(start), Some(end), kind)))
    }

    /// `".." [ "=" ]`
    fn range_separator(&mut self) -> RangeKind {
        self.bump();
        if self.eat(TokenKind::Eq) { RangeKind::Inclusive } else { RangeKind::Exclusive }
    }

    /// `Expr` to `Prefix`: operands joined by operators of at least level `min`.
    fn infix_expr(&mut self, min: u8) -> R<&'a Expr<'a>> {
        let lo = self.current().lo;
        let left = self.prefix()?;
        self.infix_from(lo, left, min)
    }

    /// What follows the first operand.
    pub(super) fn infix_from(&mut self, lo: u32, mut left: &'a Expr<'a>, min: u8) -> R<&'a Expr<'a>> {
        while let Some((level, op)) = infix(self.kind()).filter(|&(level, _)| level >= min) {
            let operator = self.bump();
            self.grow()?;
            let kind = match op {
                Infix::Binary(op) => {
                    let right = self.infix_expr(level + 1)?;
                    ExprKind::Binary(op, left, right, self.token_span(operator))
                }
                Infix::Pipe => {
                    self.has_pipes = true;
                    ExprKind::Pipe(left, self.infix_expr(level + 1)?)
                }
                Infix::Coalesce => ExprKind::Coalesce(left, self.nested(|p| p.infix_expr(1))?),
            };
            left = self.make_expr(lo, kind);
        }
        Ok(left)
    }

    /// `Prefix ::= ( "-" | "!" ) Prefix | Postfix`
    fn prefix(&mut self) -> R<&'a Expr<'a>> {
        match self.kind() {
            TokenKind::Minus | TokenKind::Not => self.prefixed(),
            _ => self.postfix(),
        }
    }

    fn prefixed(&mut self) -> R<&'a Expr<'a>> {
        let mut operators: Vec<Token> = Vec::new();
        while matches!(self.kind(), TokenKind::Minus | TokenKind::Not) {
            self.enter()?;
            self.grow()?;
            operators.push(self.bump());
        }
        let negates_int = self.nth_back_kind(1) == TokenKind::Minus && self.at_kind(TokenKind::Int);
        let mut operand =
            if negates_int && !self.is_postfix(self.nth(1)) { self.number_literal(true) } else { self.postfix()? };
        for operator in operators.iter().rev() {
            let op = if operator.kind == TokenKind::Minus { UnaryOp::Neg } else { UnaryOp::Not };
            operand = self.make_expr(operator.lo, ExprKind::Unary(op, operand));
            self.leave();
        }
        Ok(operand)
    }

    /// Whether `token` behind an operand continues it.
    fn is_postfix(&self, token: Token) -> bool {
        use TokenKind::*;
        match token.kind {
            LParen | LBracket => !token.on_new_line,
            Dot | As | Question | QuestionDot => true,
            _ => false,
        }
    }

    /// `Postfix`
    fn postfix(&mut self) -> R<&'a Expr<'a>> {
        let lo = self.current().lo;
        let expr = self.primary()?;
        self.postfix_from(lo, expr)
    }

    /// What follows a primary.
    pub(super) fn postfix_from(&mut self, lo: u32, mut expr: &'a Expr<'a>) -> R<&'a Expr<'a>> {
        while self.is_postfix(self.current()) {
            self.grow()?;
            expr = match self.kind() {
                TokenKind::LParen => {
                    let args = self.call_args()?;
                    self.make_expr(lo, ExprKind::Call(expr, args))
                }
                TokenKind::LBracket => self.index(lo, expr)?,
                TokenKind::Dot => self.selector(lo, expr)?,
                TokenKind::As => self.cast(lo, expr)?,
                TokenKind::Question => {
                    self.bump();
                    self.make_expr(lo, ExprKind::Try(expr))
                }
                _ => self.optional_member(lo, expr)?,
            };
        }
        Ok(expr)
    }

    /// `"(" List(Arg) ")"`
    fn call_args(&mut self) -> R<&'a [Arg<'a>]> {
        let open = self.bump();
        let args = self.list(open, TokenKind::RParen, Self::arg)?;
        self.check_distinct(args.iter().filter_map(|arg| arg.name), "argument");
        let first_named = args.iter().position(|arg| arg.name.is_some()).unwrap_or(args.len());
        for arg in args[first_named..].iter().filter(|arg| arg.name.is_none()) {
            self.form_error(codes::SYNTAX, arg.value.span, "a positional argument after a named one");
        }
        Ok(self.slice(&args))
    }

    /// `Arg ::= Expr | Ident ":" Expr`
    fn arg(&mut self) -> R<Arg<'a>> {
        let mut name = None;
        if self.at_kind(TokenKind::Ident) && self.nth_kind(1) == TokenKind::Colon {
            name = Some(self.ident()?);
            self.bump();
        }
        Ok(Arg { name, value: self.expr()? })
    }

    /// `"[" ( Expr | Slice ) "]"`
    fn index(&mut self, lo: u32, base: &'a Expr<'a>) -> R<&'a Expr<'a>> {
        let open = self.bump();
        let index = self.with_struct(true, |p| p.nested(Self::index_or_slice))?;
        self.close(open, TokenKind::RBracket, "")?;
        Ok(self.make_expr(lo, ExprKind::Index(base, index)))
    }

    /// `Slice ::= [ Expr ] ".." [ [ "=" ] Expr ]`, or an `Expr`.
    fn index_or_slice(&mut self) -> R<&'a Expr<'a>> {
        let outer = std::mem::replace(&mut self.height, 0);
        let lo = self.current().lo;
        let start = if self.at_kind(TokenKind::DotDot) { None } else { Some(self.infix_expr(1)?) };
        let expr = match start {
            Some(start) if !self.at_kind(TokenKind::DotDot) => start,
            _ => {
                let kind = self.range_separator();
                let open_end = self.at_kind(TokenKind::RBracket) && kind == RangeKind::Exclusive;
                let end = if open_end { None } else { Some(self.infix_expr(1)?) };
                self.make_expr(lo, ExprKind::Range(start, end, kind))
            }
        };
        // One for the index and one for the range.
        self.height = outer.max(self.height + 2);
        Ok(expr)
    }

    /// `"." ( Ident | DecDigits )`; `t.0.1` arrives as a float behind the dot.
    fn selector(&mut self, lo: u32, base: &'a Expr<'a>) -> R<&'a Expr<'a>> {
        self.bump();
        let token = self.current();
        match token.kind {
            TokenKind::Int => {
                self.bump();
                self.tuple_field(lo, base, token.lo, token.hi)
            }
            TokenKind::Float => self.tuple_fields(lo, base),
            _ => {
                let name = self.ident()?;
                if self.at_kind(TokenKind::LParen) && !self.current().on_new_line {
                    let args = self.call_args()?;
                    return Ok(self.make_expr(lo, ExprKind::MethodCall(base, name, args)));
                }
                Ok(self.make_expr(lo, ExprKind::Field(base, name)))
            }
        }
    }

    /// The digits `from..to` as the index of a tuple element.
    fn tuple_field(&mut self, lo: u32, base: &'a Expr<'a>, from: u32, to: u32) -> R<&'a Expr<'a>> {
        let digits = &self.stream.text[from as usize..to as usize];
        let span = self.span(from, to);
        match digits.parse::<u32>() {
            Ok(index) => {
                let span_of_all = self.span(lo, to);
                Ok(self.alloc(Expr { kind: ExprKind::TupleField(base, index, span), span: span_of_all }))
            }
            Err(_) => {
                let message = format!("`{digits}` is not the index of a tuple element");
                self.fail(Diagnostic::error(codes::SYNTAX, span, message))
            }
        }
    }

    /// `0.1` or `0.` behind a dot.
    fn tuple_fields(&mut self, lo: u32, base: &'a Expr<'a>) -> R<&'a Expr<'a>> {
        let token = self.bump();
        let text = self.token_text(token);
        let dot = token.lo + text.find('.').unwrap_or(text.len()) as u32;
        let outer = self.tuple_field(lo, base, token.lo, dot.min(token.hi))?;
        if dot + 1 < token.hi {
            self.grow()?;
            return self.tuple_field(lo, outer, dot + 1, token.hi);
        }
        // `t.0.name`: the dot is taken already, the name follows.
        let name = self.ident()?;
        self.grow()?;
        if self.at_kind(TokenKind::LParen) && !self.current().on_new_line {
            let args = self.call_args()?;
            return Ok(self.make_expr(lo, ExprKind::MethodCall(outer, name, args)));
        }
        Ok(self.make_expr(lo, ExprKind::Field(outer, name)))
    }

    /// `"as" Ident`
    fn cast(&mut self, lo: u32, operand: &'a Expr<'a>) -> R<&'a Expr<'a>> {
        self.bump();
        if !self.at_kind(TokenKind::Ident) {
            let diagnostic = self.expected_diagnostic("the name of a scalar type");
            return self.fail(diagnostic.with_help("`as` converts between numbers, and to string: `x as float`"));
        }
        let target = self.ident()?;
        Ok(self.make_expr(lo, ExprKind::Cast(operand, target)))
    }

    /// `"?." Ident [ "(" List(Arg) ")" ]`
    fn optional_member(&mut self, lo: u32, base: &'a Expr<'a>) -> R<&'a Expr<'a>> {
        self.bump();
        let name = self.ident()?;
        if self.at_kind(TokenKind::LParen) && !self.current().on_new_line {
            let args = self.call_args()?;
            return Ok(self.make_expr(lo, ExprKind::OptMethodCall(base, name, args)));
        }
        Ok(self.make_expr(lo, ExprKind::OptField(base, name)))
    }

    /// What to say where an operand should be.
    pub(super) fn expected_expr(&mut self) -> Failed {
        let diagnostic = self.expected_diagnostic("an expression");
        let help = match self.kind() {
            TokenKind::Plus => Some("there is no prefix `+`"),
            TokenKind::And => Some("there is no address-of operator; values are copied"),
            TokenKind::Star => Some("there is no dereference operator; references mean the plain value"),
            TokenKind::For => Some("`for` is a statement; an array is built by `[e for x in xs]`"),
            TokenKind::Return | TokenKind::Break | TokenKind::Continue => {
                Some("jumps are statements; use `if` or `match` with blocks")
            }
            TokenKind::Let => Some("`let` is a statement, or follows `if` or `while`"),
            TokenKind::Eq => Some("`==` compares"),
            TokenKind::DotDot => Some("a range needs both ends here: `a..b`"),
            TokenKind::Underscore => Some("`_` stands for a value only in patterns"),
            TokenKind::Dot => Some("a number begins with a digit: `0.5`"),
            _ => None,
        };
        match help {
            Some(help) => self.report(diagnostic.with_help(help)),
            None if self.kind().is_keyword() => {
                self.report(diagnostic.with_note("keywords cannot be used as names"));
            }
            None => self.report(diagnostic),
        }
        Failed
    }
}

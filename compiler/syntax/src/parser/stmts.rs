//! Statements.

use resilient_base::{Diagnostic, Span, diag::codes};

use super::{Context, Parser, R, cursor::begins_stmt};
use crate::{
    ast::{Assert, Assign, BinaryOp, Break, Expr, ExprKind, Let, Name, Path, Stmt, StmtKind},
    token::{Token, TokenKind},
};

impl<'a: 'b, 'b> Parser<'a, 'b> {
    /// `Program ::= { Stmt }`
    pub(super) fn program(&mut self) -> &'a [Stmt<'a>] {
        self.stmts(TokenKind::Eof, false)
    }

    /// `{ Stmt }` up to `end`. With `may_be_map`, stops also where `->`, or `:` for want of it, follows the first expression.
    pub(super) fn stmts(&mut self, end: TokenKind, may_be_map: bool) -> &'a [Stmt<'a>] {
        let mut stmts: Vec<Stmt<'a>> = Vec::new();
        loop {
            while self.eat(TokenKind::Semi) {}
            if self.at_kind(end) || self.at_kind(TokenKind::Eof) {
                return self.slice(&stmts);
            }
            if may_be_map && stmts.len() == 1 && matches!(self.kind(), TokenKind::Arrow | TokenKind::Colon) {
                return self.slice(&stmts);
            }
            let from = self.checkpoint();
            let first = self.current();
            match self.stmt() {
                Ok(stmt) => {
                    if let Some(before) = stmts.last() {
                        self.warn_split_call(before, &stmt, first);
                    }
                    let is_declaration =
                        matches!(stmt.kind, StmtKind::Item(item) if !matches!(item, crate::ast::Item::Fn(_)));
                    self.has_inner_items |= is_declaration && end == TokenKind::RBrace;
                    stmts.push(stmt);
                }
                Err(_) => {
                    self.recover(from, begins_stmt);
                    let span = self.span_from(first.lo);
                    stmts.push(Stmt { attrs: &[], kind: StmtKind::Error, span });
                }
            }
        }
    }

    /// A `(` or `[` on a new line begins a statement; if that statement does nothing, it was meant as a call or index.
    fn warn_split_call(&mut self, before: &Stmt<'a>, stmt: &Stmt<'a>, first: Token) {
        let is_bracket = matches!(first.kind, TokenKind::LParen | TokenKind::LBracket);
        let after_semi = self.stream.text[..first.lo as usize].trim_end().ends_with([';', '}']);
        let StmtKind::Expr { expr, .. } = stmt.kind else { return };
        let is_useless = matches!(
            expr.kind,
            ExprKind::Paren(_) | ExprKind::Tuple(_) | ExprKind::Array(_) | ExprKind::Binary(..) | ExprKind::Field(..)
        );
        if !is_bracket || after_semi || !is_useless || self.at_kind(TokenKind::RBrace) && !self.ends_in_semi() {
            return;
        }
        let bracket = self.token_text(first);
        let message = format!("this begins a new statement: `{bracket}` on a new line does not continue an expression");
        let diagnostic = Diagnostic::warning(self.token_span(first), message)
            .with_secondary(before.span, "the statement before ends here")
            .with_help(format!("put the `{bracket}` on the line before, or a `;` between them"));
        self.form_diagnostic(diagnostic);
    }

    fn ends_in_semi(&self) -> bool {
        self.nth_back_kind(1) == TokenKind::Semi
    }

    /// `Stmt`, not empty.
    fn stmt(&mut self) -> R<Stmt<'a>> {
        let lo = self.current().lo;
        let modifiers = self.modifiers()?;
        if let Some(item) = self.item(&modifiers)? {
            let attrs = self.slice(&modifiers.attrs);
            return Ok(Stmt { attrs, kind: StmtKind::Item(item), span: self.stmt_span(lo) });
        }
        if modifiers.is_pub {
            return Err(self.expected("a declaration after `pub`"));
        }
        if !modifiers.attrs.is_empty() && matches!(self.kind(), TokenKind::RBrace | TokenKind::Eof) {
            return Err(self.expected("a statement after the attribute"));
        }
        let kind = match self.kind() {
            TokenKind::Ident => self.name_stmt()?,
            kind if begins_block_stmt(kind) => self.block_stmt(None)?,
            kind if begins_simple_stmt(kind) => {
                let simple = self.simple_stmt()?;
                let span = self.stmt_span(lo);
                self.end_of_stmt(simple);
                return Ok(Stmt { attrs: self.slice(&modifiers.attrs), kind: simple, span });
            }
            _ => self.expr_stmt()?,
        };
        Ok(Stmt { attrs: self.slice(&modifiers.attrs), kind, span: self.stmt_span(lo) })
    }

    /// From `lo` on, without a final `;`.
    fn stmt_span(&self, lo: u32) -> Span {
        let mut hi = self.stream.prev_hi;
        if self.stream.pos > 0 && self.ends_in_semi() {
            hi = self.stream.pos.checked_sub(2).map_or(hi, |before| self.stream.tokens[before].hi);
        }
        self.span(lo, hi.max(lo))
    }

    /// The `;` after a statement that is no expression, where it may or must stand.
    fn end_of_stmt(&mut self, kind: StmtKind<'a>) {
        match kind {
            StmtKind::Break(_) => self.jump_semi("`break`"),
            StmtKind::Continue(_) => self.jump_semi("`continue`"),
            StmtKind::Return(None) => self.jump_semi("`return`"),
            StmtKind::Fail(_) => self.jump_semi("`fail`"),
            _ => {
                self.eat(TokenKind::Semi);
            }
        }
    }

    /// A statement that begins with a name: a label, `fail V`, or an expression.
    fn name_stmt(&mut self) -> R<StmtKind<'a>> {
        use TokenKind::*;
        if self.nth_kind(1) == Colon && matches!(self.nth_kind(2), While | For | Loop) {
            let label = self.ident()?;
            self.bump();
            return self.block_stmt(Some(label));
        }
        if self.at_fail() {
            let fail = self.fail_stmt()?;
            self.end_of_stmt(fail);
            return Ok(fail);
        }
        self.expr_stmt()
    }

    /// `fail` is a word only before a name on its line.
    fn at_fail(&self) -> bool {
        self.at_word("fail") && self.nth_kind(1) == TokenKind::Ident && !self.nth(1).on_new_line
    }

    fn fail_stmt(&mut self) -> R<StmtKind<'a>> {
        self.bump();
        Ok(StmtKind::Fail(self.ident()?))
    }

    /// `BlockStmt`: complete at its closing brace.
    fn block_stmt(&mut self, label: Option<Name>) -> R<StmtKind<'a>> {
        let expr = match self.kind() {
            TokenKind::If => self.if_()?,
            TokenKind::Match => self.match_()?,
            TokenKind::While => self.while_(label)?,
            TokenKind::For => self.for_(label)?,
            TokenKind::Loop => self.loop_(label)?,
            TokenKind::Live => self.live()?,
            TokenKind::Try => self.try_()?,
            _ => self.unsafe_()?,
        };
        Ok(StmtKind::Expr { expr, semi: self.eat(TokenKind::Semi) })
    }

    /// `Expr` or `Assign`
    fn expr_stmt(&mut self) -> R<StmtKind<'a>> {
        if !begins_expr(self.kind()) {
            return Err(self.unexpected_start());
        }
        let expr = if self.at_kind(TokenKind::LBrace) { self.brace_stmt()? } else { self.expr()? };
        let kind = self.assign_or_expr(expr)?;
        let semi = self.eat(TokenKind::Semi);
        match kind {
            StmtKind::Expr { expr, .. } => Ok(StmtKind::Expr { expr, semi }),
            kind => Ok(kind),
        }
    }

    /// `{` at the start of a statement: a free-standing block is complete at its brace like the other block statements;
    /// a map or anonymous struct is an operand like any other.
    fn brace_stmt(&mut self) -> R<&'a Expr<'a>> {
        let outer = std::mem::replace(&mut self.height, 0);
        let result = self.nested(|p| {
            let lo = p.current().lo;
            let mut expr = p.brace_expr()?;
            if !matches!(expr.kind, ExprKind::Block(_)) {
                expr = p.postfix_from(lo, expr)?;
                expr = p.infix_from(lo, expr, 1)?;
                expr = p.range_from(lo, expr)?;
            }
            Ok(expr)
        });
        self.height = outer.max(self.height + 1);
        result
    }

    /// `Place ( "=" | "+=" | .. ) Expr` if an assignment operator follows `expr`.
    fn assign_or_expr(&mut self, expr: &'a Expr<'a>) -> R<StmtKind<'a>> {
        let Some(op) = assign_op(self.kind()) else { return Ok(StmtKind::Expr { expr, semi: false }) };
        let operator = self.bump();
        let is_tuple = matches!(expr.kind, ExprKind::Tuple(_)) && op.is_none();
        if !(is_tuple && is_place_tuple(expr) || is_place(expr)) {
            let message = "invalid target of an assignment";
            let mut diagnostic = Diagnostic::error(codes::SYNTAX, expr.span, message)
                .with_note("only a variable, and fields and elements of one, can be assigned to");
            if op.is_none() && matches!(expr.kind, ExprKind::Binary(..)) {
                diagnostic = diagnostic.with_help("`==` compares");
            }
            self.form_diagnostic(diagnostic);
        }
        let value = self.expr()?;
        if assign_op(self.kind()).is_some() {
            let diagnostic = self.expected_diagnostic("the end of the assignment");
            let diagnostic = diagnostic.with_secondary(self.token_span(operator), "an assignment has no value");
            return self.fail(diagnostic.with_help("write two assignments"));
        }
        Ok(StmtKind::Assign(self.alloc(Assign { place: expr, op, value })))
    }

    /// `SimpleStmt` that begins with a keyword, without its `;`.
    fn simple_stmt(&mut self) -> R<StmtKind<'a>> {
        match self.kind() {
            TokenKind::Let => self.let_(false),
            TokenKind::Static => self.static_let(),
            TokenKind::Return => self.return_(),
            TokenKind::Break => self.break_(),
            TokenKind::Continue => self.continue_(),
            TokenKind::Defer => self.defer(),
            TokenKind::Invariant => self.invariant(),
            _ => self.assert_(),
        }
    }

    /// The body of a match arm that is no block: an expression, or a statement allowed there.
    pub(super) fn simple_stmt_in_arm(&mut self) -> R<Result<&'a Expr<'a>, StmtKind<'a>>> {
        use TokenKind::*;
        match self.kind() {
            Return | Break | Continue | Assert | Assume => Ok(Err(self.simple_stmt()?)),
            _ if self.at_fail() => Ok(Err(self.fail_stmt()?)),
            _ => {
                let expr = self.expr()?;
                match self.assign_or_expr(expr)? {
                    StmtKind::Expr { expr, .. } => Ok(Ok(expr)),
                    kind => Ok(Err(kind)),
                }
            }
        }
    }

    /// `"static" "let" LetTarget`
    fn static_let(&mut self) -> R<StmtKind<'a>> {
        self.bump();
        if !self.at_kind(TokenKind::Let) {
            return Err(self.expected("`let` after `static`"));
        }
        self.let_(true)
    }

    /// `"let" [ "const" ] [ "mut" ] LetTarget`
    fn let_(&mut self, is_static: bool) -> R<StmtKind<'a>> {
        self.bump();
        let is_const = self.eat(TokenKind::Const);
        let is_mut = self.eat(TokenKind::Mut);
        let target = self.pattern()?;
        let ty = if self.eat(TokenKind::Colon) { Some(self.type_()?) } else { None };
        if !self.at_kind(TokenKind::Eq) {
            let diagnostic = self.expected_diagnostic(if ty.is_none() { "`:` or `=`" } else { "`=`" });
            let help = match self.kind() {
                TokenKind::Ident if ty.is_none() => "the type stands behind the name: `let name: Type = value`",
                TokenKind::EqEq => "`=` gives the first value",
                _ => "every `let` has a first value: `let name = value`",
            };
            return self.fail(diagnostic.with_help(help));
        }
        self.bump();
        let init = self.expr()?;
        let otherwise = if self.eat(TokenKind::Else) { Some(self.block()?) } else { None };
        let node = Let { is_static, is_const, is_mut, target, ty, init, otherwise };
        Ok(StmtKind::Let(self.alloc(node)))
    }

    /// `"return" [ Expr ]`
    fn return_(&mut self) -> R<StmtKind<'a>> {
        self.bump();
        let value = if begins_expr(self.kind()) { Some(self.expr()?) } else { None };
        Ok(StmtKind::Return(value))
    }

    /// `"break" [ Ident | Expr ]`
    fn break_(&mut self) -> R<StmtKind<'a>> {
        let keyword = self.bump();
        self.check_in_loop(keyword);
        if !begins_expr(self.kind()) {
            return Ok(StmtKind::Break(Break::Plain));
        }
        let value = self.expr()?;
        Ok(StmtKind::Break(match value.kind {
            ExprKind::Path(Path { segments: [name], .. }) if self.interner.resolve(name.symbol) != "None" => {
                Break::LabelOrValue(*name)
            }
            _ => Break::Value(value),
        }))
    }

    /// `"continue" [ Ident ]`
    fn continue_(&mut self) -> R<StmtKind<'a>> {
        let keyword = self.bump();
        self.check_in_loop(keyword);
        let label = if self.at_kind(TokenKind::Ident) { Some(self.ident()?) } else { None };
        Ok(StmtKind::Continue(label))
    }

    fn check_in_loop(&mut self, keyword: Token) {
        if !self.context.in_loop {
            let word = self.token_text(keyword);
            let message = format!("'{word}' outside of a loop — it may only stand inside `while`, `for` or `loop`");
            self.form_error(codes::OUTSIDE_LOOP, self.token_span(keyword), message);
        }
    }

    /// `"defer" ( Expr | Block )`
    fn defer(&mut self) -> R<StmtKind<'a>> {
        let keyword = self.bump();
        self.has_defers = true;
        if !self.context.in_fn {
            let message = "`defer` is only valid inside a function";
            self.form_error(codes::SYNTAX, self.token_span(keyword), message);
        }
        let context = Context { in_loop: false, ..self.context };
        let outer = std::mem::replace(&mut self.context, context);
        let is_block = self.at_kind(TokenKind::LBrace);
        let expr = if is_block { self.block_expr()? } else { self.expr()? };
        self.context = outer;
        Ok(StmtKind::Defer(expr))
    }

    /// `"invariant" Expr`
    fn invariant(&mut self) -> R<StmtKind<'a>> {
        let keyword = self.bump();
        if !self.context.in_loop {
            let message = "`invariant` is only valid inside a `while` or `for` loop body";
            self.form_error(codes::SYNTAX, self.token_span(keyword), message);
        }
        Ok(StmtKind::Invariant(self.expr()?))
    }

    /// `( "assert" | "assume" ) "(" Expr [ "," Expr ] ")"`
    fn assert_(&mut self) -> R<StmtKind<'a>> {
        let is_assume = self.bump().kind == TokenKind::Assume;
        let open = self.expect(TokenKind::LParen)?;
        let args = self.list(open, TokenKind::RParen, |p| p.expr())?;
        let (cond, message) = match args[..] {
            [cond] => (cond, None),
            [cond, message] => (cond, Some(message)),
            _ => {
                let word = if is_assume { "assume" } else { "assert" };
                let message = format!("`{word}` takes a condition and an optional message");
                let span = self.span_from(open.lo);
                return self.fail(Diagnostic::error(codes::SYNTAX, span, message));
            }
        };
        Ok(StmtKind::Assert(Assert { is_assume, cond, message }))
    }

    /// A token that begins no statement.
    fn unexpected_start(&mut self) -> super::Failed {
        let span = self.token_span(self.current());
        let message = format!("unexpected {}", self.found().trim_start_matches("the "));
        let diagnostic = Diagnostic::error(codes::SYNTAX, span, message);
        let help = match self.kind() {
            TokenKind::Else => Some("`else` follows the closing `}` of an `if`, without a `;` between"),
            TokenKind::Catch => Some("`catch` follows the closing `}` of a `try` block"),
            TokenKind::RBrace => Some("there is no `{` that it closes"),
            TokenKind::RParen => Some("there is no `(` that it closes"),
            TokenKind::RBracket => Some("there is no `[` that it closes"),
            TokenKind::Mut => Some("variables are declared by `let`"),
            TokenKind::Requires | TokenKind::Ensures | TokenKind::Fails | TokenKind::RecoversTo => {
                Some("contract clauses stand before the `{` of a function body")
            }
            TokenKind::Eq => Some("an assignment is a statement of its own: `name = value`"),
            TokenKind::DotDotDot => Some("a range is written `a..b` or `a..=b`"),
            TokenKind::Plus | TokenKind::Star => Some("an operator does not follow the `}` of a statement"),
            _ => None,
        };
        match help {
            Some(help) => self.report(diagnostic.with_help(help)),
            None => self.report(diagnostic),
        }
        super::Failed
    }
}

/// The operator of `op=`; none inside for `=`, none at all for other tokens.
fn assign_op(kind: TokenKind) -> Option<Option<BinaryOp>> {
    Some(match kind {
        TokenKind::Eq => None,
        TokenKind::PlusEq => Some(BinaryOp::Add),
        TokenKind::MinusEq => Some(BinaryOp::Sub),
        TokenKind::StarEq => Some(BinaryOp::Mul),
        TokenKind::SlashEq => Some(BinaryOp::Div),
        TokenKind::PercentEq => Some(BinaryOp::Rem),
        TokenKind::AndEq => Some(BinaryOp::BitAnd),
        TokenKind::OrEq => Some(BinaryOp::BitOr),
        TokenKind::CaretEq => Some(BinaryOp::BitXor),
        TokenKind::ShlEq => Some(BinaryOp::Shl),
        TokenKind::ShrEq => Some(BinaryOp::Shr),
        _ => return None,
    })
}

/// `Place ::= Ident { "[" Expr "]" | "." ( Ident | DecDigits ) }`
fn is_place(mut expr: &Expr<'_>) -> bool {
    loop {
        match expr.kind {
            // `m::x` may be a variable of another file; what it is shows only later.
            ExprKind::Path(_) => return true,
            ExprKind::Field(base, _) | ExprKind::TupleField(base, ..) => expr = base,
            ExprKind::Index(base, index) if !matches!(index.kind, ExprKind::Range(..)) => expr = base,
            _ => return false,
        }
    }
}

/// A tuple of places, nested ones included.
fn is_place_tuple(expr: &Expr<'_>) -> bool {
    match expr.kind {
        ExprKind::Tuple(parts) => parts.iter().all(|part| is_place(part) || is_place_tuple(part)),
        _ => false,
    }
}

fn begins_block_stmt(kind: TokenKind) -> bool {
    use TokenKind::*;
    matches!(kind, If | Match | While | For | Loop | Live | Try | Unsafe)
}

fn begins_simple_stmt(kind: TokenKind) -> bool {
    use TokenKind::*;
    matches!(kind, Let | Static | Return | Break | Continue | Defer | Invariant | Assert | Assume)
}

/// Whether `kind` can begin an expression.
fn begins_expr(kind: TokenKind) -> bool {
    use TokenKind::*;
    matches!(
        kind,
        Ident
            | Int
            | Float
            | Str
            | TripleStr
            | RawStr
            | RawTripleStr
            | Bytes
            | Char
            | True
            | False
            | LParen
            | LBracket
            | LBrace
            | HashBrace
            | New
            | Fn
            | Or
            | OrOr
            | If
            | Match
            | While
            | Loop
            | Live
            | Try
            | Unsafe
            | Forall
            | Exists
            | Receive
            | Minus
            | Not
    )
}

//! Types, paths, type parameters and bounds.

use super::{Parser, R};
use crate::{
    ast::{Field, FnType, Name, Path, Type, TypeArg, TypeKind, TypeParam, WherePredicate},
    token::{Token, TokenKind},
};

impl<'a: 'b, 'b> Parser<'a, 'b> {
    /// `Type`
    pub(super) fn type_(&mut self) -> R<&'a Type<'a>> {
        self.nested(|p| {
            let lo = p.current().lo;
            if p.at_kind(TokenKind::LParen) {
                return p.tuple_type();
            }
            let kind = p.type_kind()?;
            Ok(p.make_type(lo, kind))
        })
    }

    fn make_type(&self, lo: u32, kind: TypeKind<'a>) -> &'a Type<'a> {
        self.alloc(Type { kind, span: self.span_from(lo) })
    }

    fn type_kind(&mut self) -> R<TypeKind<'a>> {
        match self.kind() {
            TokenKind::Ident if self.at_word("dyn") && self.nth_kind(1) == TokenKind::Ident => {
                self.bump();
                Ok(TypeKind::Dyn(self.path()?))
            }
            TokenKind::Ident => {
                let path = self.path()?;
                self.uses_spelling(&path);
                Ok(TypeKind::Path(path, self.type_args()?))
            }
            TokenKind::LBracket => self.array_type(),
            TokenKind::Fn => self.fn_type(),
            TokenKind::LBrace => self.record_type(),
            TokenKind::Not => {
                self.bump();
                Ok(TypeKind::Never)
            }
            TokenKind::And | TokenKind::AndAnd => self.ref_type(),
            TokenKind::Linear => {
                self.bump();
                Ok(TypeKind::Linear(self.type_()?))
            }
            _ => Err(self.expected("a type")),
        }
    }

    /// `"(" List(Type) ")"`: a tuple, or a type in parentheses if it is one without a comma.
    fn tuple_type(&mut self) -> R<&'a Type<'a>> {
        let open = self.bump();
        let parts = self.list(open, TokenKind::RParen, Self::type_)?;
        let with_comma = self.nth_back_kind(2) == TokenKind::Comma;
        match parts[..] {
            [inner] if !with_comma => Ok(inner),
            _ => {
                let kind = TypeKind::Tuple(self.slice(&parts));
                Ok(self.make_type(open.lo, kind))
            }
        }
    }

    /// The kind of the token `n` before the current one.
    pub(super) fn nth_back_kind(&self, n: usize) -> TokenKind {
        self.stream.tokens[self.stream.pos - n].kind
    }

    fn array_type(&mut self) -> R<TypeKind<'a>> {
        let open = self.bump();
        let element = self.type_()?;
        let len = if self.eat(TokenKind::Semi) { Some(self.length()?.0) } else { None };
        self.close(open, TokenKind::RBracket, if len.is_none() { "`;` or " } else { "" })?;
        Ok(TypeKind::Array(element, len))
    }

    /// An `IntLit` that is a length.
    fn length(&mut self) -> R<(u64, Token)> {
        let token = self.expect(TokenKind::Int)?;
        Ok((self.plain_int(token)?, token))
    }

    /// `"fn" "(" List(Type) ")" [ Arrow Type ] [ "fails" Ident { "," Ident } ]`. The list of failures goes on over every
    /// comma; parentheses around the type end it.
    fn fn_type(&mut self) -> R<TypeKind<'a>> {
        self.bump();
        let open = self.expect(TokenKind::LParen)?;
        let params = self.list(open, TokenKind::RParen, Self::type_)?;
        let params = self.slice(&params);
        let (result, arrow_effect) = self.result_type()?;
        let fails = if self.eat(TokenKind::Fails) { self.failure_names()? } else { &[] };
        Ok(TypeKind::Fn(self.alloc(FnType { params, result, arrow_effect, fails })))
    }

    /// `[ Arrow Type ]` with the letter of an effect arrow.
    pub(super) fn result_type(&mut self) -> R<(Option<&'a Type<'a>>, Option<Name>)> {
        let mut effect = None;
        if self.at_kind(TokenKind::Minus)
            && self.nth_kind(1) == TokenKind::Ident
            && self.nth_kind(2) == TokenKind::Arrow
        {
            self.bump();
            effect = Some(self.ident()?);
        }
        let result = if self.eat(TokenKind::Arrow) { Some(self.type_()?) } else { None };
        Ok((result, effect))
    }

    /// `Ident { "," Ident }` after `fails`.
    pub(super) fn failure_names(&mut self) -> R<&'a [Name]> {
        let mut names = vec![self.ident()?];
        while self.at_kind(TokenKind::Comma) && self.nth_kind(1) == TokenKind::Ident {
            self.bump();
            names.push(self.ident()?);
        }
        Ok(self.slice(&names))
    }

    fn record_type(&mut self) -> R<TypeKind<'a>> {
        let open = self.bump();
        let fields = self.list(open, TokenKind::RBrace, Self::named_field)?;
        self.check_distinct(fields.iter().filter_map(|field| field.name), "field");
        Ok(TypeKind::Record(self.slice(&fields)))
    }

    /// `Ident ":" Type` or `Type Ident`
    pub(super) fn named_field(&mut self) -> R<Field<'a>> {
        if self.at_kind(TokenKind::Ident) && self.nth_kind(1) == TokenKind::Colon {
            let name = Some(self.ident()?);
            self.bump();
            return Ok(Field { name, ty: self.type_()?, name_first: true });
        }
        let ty = self.type_()?;
        Ok(Field { name: Some(self.ident()?), ty, name_first: false })
    }

    fn ref_type(&mut self) -> R<TypeKind<'a>> {
        if self.at_kind(TokenKind::AndAnd) {
            self.split_token(TokenKind::And);
        } else {
            self.bump();
        }
        let is_mut = self.eat(TokenKind::Mut);
        // `&[R] T` has a region, `&[T]` is a reference to an array: only after a region does a type follow.
        let is_region = self.at_kind(TokenKind::LBracket)
            && self.nth_kind(1) == TokenKind::Ident
            && self.nth_kind(2) == TokenKind::RBracket
            && begins_type(self.nth_kind(3))
            && (self.nth_kind(3) != TokenKind::Ident || self.type_follows_region());
        let mut region = None;
        if is_region {
            self.bump();
            region = Some(self.ident()?);
            self.bump();
        }
        Ok(TypeKind::Ref { is_mut, region, ty: self.type_()? })
    }

    /// Before `[R] name`: whether `name` is a type rather than the parameter of type `[R]`.
    fn type_follows_region(&self) -> bool {
        !matches!(self.nth_kind(4), TokenKind::Comma | TokenKind::RParen | TokenKind::Eq) || self.in_name_first()
    }

    /// Whether the `&` before the current token stands after `name:`, `->` or in brackets, where no name follows a type.
    fn in_name_first(&self) -> bool {
        use TokenKind::*;
        let mut back = 1;
        while back < self.stream.pos && matches!(self.nth_back_kind(back), And | Mut) {
            back += 1;
        }
        back <= self.stream.pos && matches!(self.nth_back_kind(back), Colon | Arrow | Eq | Lt | LBracket)
    }

    /// `[ "<" List1(Type | IntLit) ">" ]`
    fn type_args(&mut self) -> R<&'a [TypeArg<'a>]> {
        if !self.at_kind(TokenKind::Lt) {
            return Ok(&[]);
        }
        let open = self.bump();
        let mut args = Vec::new();
        loop {
            if self.at_kind(TokenKind::Int) {
                let (value, token) = self.length()?;
                args.push(TypeArg::Length(value, self.token_span(token)));
            } else {
                args.push(TypeArg::Type(self.type_()?));
            }
            if !self.eat(TokenKind::Comma) || self.at_gt() {
                break;
            }
        }
        self.close_angle(open)?;
        Ok(self.slice(&args))
    }

    fn at_gt(&self) -> bool {
        matches!(self.kind(), TokenKind::Gt | TokenKind::Shr)
    }

    /// The `>` of a list opened by `open`; `>>` is two of them.
    fn close_angle(&mut self, open: Token) -> R<()> {
        if self.at_kind(TokenKind::Shr) {
            self.split_token(TokenKind::Gt);
            return Ok(());
        }
        if self.eat(TokenKind::Gt) {
            return Ok(());
        }
        let mut diagnostic =
            self.expected_diagnostic("`,` or `>`").with_secondary(self.token_span(open), "the list begins here");
        if matches!(self.kind(), TokenKind::GtEq | TokenKind::ShrEq) {
            diagnostic = diagnostic.with_help("put a space between `>` and `=`");
        }
        self.fail(diagnostic)
    }

    /// Takes the first half of a token that is twice `half`.
    fn split_token(&mut self, half: TokenKind) {
        let token = &mut self.stream.tokens[self.stream.pos];
        token.kind = half;
        token.lo += 1;
        token.on_new_line = false;
        self.stream.prev_hi = token.lo;
    }

    /// `Path`: `Ident { "::" Ident }`
    pub(super) fn path(&mut self) -> R<Path<'a>> {
        let first = self.ident()?;
        self.path_from(first)
    }

    pub(super) fn path_from(&mut self, first: Name) -> R<Path<'a>> {
        if !self.at_kind(TokenKind::ColonColon) {
            return Ok(Path { segments: self.slice(&[first]), span: first.span });
        }
        let mut segments = vec![first];
        while self.eat(TokenKind::ColonColon) {
            segments.push(self.ident()?);
        }
        let span = first.span.to(segments[segments.len() - 1].span);
        Ok(Path { segments: self.slice(&segments), span })
    }

    /// Notes that the program uses a built-in type without naming it: its name becomes one of the names of the program, by
    /// which those who look for what a program uses find it.
    pub(super) fn uses_type(&mut self, name: &str) {
        self.interner.intern(name);
    }

    /// Likewise for other spellings of these types.
    fn uses_spelling(&mut self, path: &Path<'_>) {
        let [name] = path.segments else { return };
        let canonical = match self.interner.resolve(name.symbol) {
            "map" => "Map",
            "set" => "Set",
            "Bytes" => "bytes",
            _ => return,
        };
        self.uses_type(canonical);
    }

    /// A path with type arguments, as after `new`, `impl` and `for`.
    pub(super) fn path_type(&mut self) -> R<&'a Type<'a>> {
        let lo = self.current().lo;
        let path = self.path()?;
        self.uses_spelling(&path);
        let args = self.type_args()?;
        Ok(self.make_type(lo, TypeKind::Path(path, args)))
    }

    /// `[ TypeParams ]`
    pub(super) fn type_params(&mut self) -> R<&'a [TypeParam<'a>]> {
        if !self.at_kind(TokenKind::Lt) {
            return Ok(&[]);
        }
        let open = self.bump();
        let mut params = Vec::new();
        while !self.at_gt() {
            let name = self.ident()?;
            let bounds = if self.eat(TokenKind::Colon) { self.bounds()? } else { &[] };
            params.push(TypeParam { name, bounds });
            if !self.eat(TokenKind::Comma) {
                break;
            }
        }
        self.close_angle(open)?;
        self.check_distinct(params.iter().map(|param| param.name), "type parameter");
        Ok(self.slice(&params))
    }

    /// `Bounds`: `Ident { "+" Ident }`; the keyword `type` counts as a name here.
    pub(super) fn bounds(&mut self) -> R<&'a [Path<'a>]> {
        self.paths_between(&[TokenKind::Plus])
    }

    /// The traits after `extends`: `A + B`, or `A, B`.
    pub(super) fn super_traits(&mut self) -> R<&'a [Path<'a>]> {
        self.paths_between(&[TokenKind::Plus, TokenKind::Comma])
    }

    fn paths_between(&mut self, separators: &[TokenKind]) -> R<&'a [Path<'a>]> {
        let mut bounds = Vec::new();
        loop {
            if self.at_kind(TokenKind::Type) {
                let token = self.bump();
                let name = self.intern(token);
                bounds.push(self.path_from(name)?);
            } else {
                bounds.push(self.path()?);
            }
            if !separators.iter().any(|&separator| self.eat(separator)) {
                return Ok(self.slice(&bounds));
            }
        }
    }

    /// `[ Where ]`
    pub(super) fn where_(&mut self) -> R<&'a [WherePredicate<'a>]> {
        let mut predicates = Vec::new();
        if self.eat(TokenKind::Where) {
            while self.at_kind(TokenKind::Ident) {
                let subject = self.path()?;
                self.expect(TokenKind::Colon)?;
                predicates.push(WherePredicate { subject, bounds: self.bounds()? });
                if !self.eat(TokenKind::Comma) {
                    break;
                }
            }
            if predicates.is_empty() {
                return Err(self.expected("a type parameter"));
            }
        }
        Ok(self.slice(&predicates))
    }
}

/// Whether `kind` can begin a type.
fn begins_type(kind: TokenKind) -> bool {
    use TokenKind::*;
    matches!(kind, Ident | LBracket | LParen | LBrace | Fn | Not | And | AndAnd | Linear)
}

//! Tokens: what kinds there are, how they are written, and the text of `--emit tokens`.
//!
//! A token is a kind and a byte range; its value is decoded from the text when the parser needs it.

use std::fmt::Write as _;

use resilient_base::{FileId, SourceMap, Span};

/// A token of one text. Offsets are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Whether a line feed stands between it and the token before. The first token has `true`.
    pub on_new_line: bool,
    /// First byte.
    pub lo: u32,
    /// One past the last byte.
    pub hi: u32,
}

macro_rules! token_kinds {
    (
        variable { $($(#[$doc:meta])* $variable:ident $name:literal,)* }
        keywords { $($keyword:ident $keyword_text:literal,)* }
        punctuators { $($punct:ident $punct_text:literal,)* }
    ) => {
        /// The kinds of tokens.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum TokenKind {
            $($(#[$doc])* $variable,)*
            $(#[doc = concat!("`", $keyword_text, "`")] $keyword,)*
            $(#[doc = concat!("`", $punct_text, "`")] $punct,)*
        }

        impl TokenKind {
            /// How a keyword or punctuator is written; none for the others.
            pub fn text(self) -> Option<&'static str> {
                match self {
                    $(TokenKind::$variable => None,)*
                    $(TokenKind::$keyword => Some($keyword_text),)*
                    $(TokenKind::$punct => Some($punct_text),)*
                }
            }

            /// Whether it is a keyword.
            pub fn is_keyword(self) -> bool {
                matches!(self, $(TokenKind::$keyword)|*)
            }

            /// The keyword written `text`.
            pub fn keyword(text: &str) -> Option<TokenKind> {
                match text {
                    $($keyword_text => Some(TokenKind::$keyword),)*
                    _ => None,
                }
            }

            /// The kind in the words of a message: `a name`, `a string`.
            pub fn noun(self) -> &'static str {
                match self {
                    $(TokenKind::$variable => $name,)*
                    $(TokenKind::$keyword => "a keyword",)*
                    $(TokenKind::$punct => "a punctuator",)*
                }
            }

            /// The name of the kind in `--emit tokens`.
            fn listing_name(self) -> &'static str {
                match self {
                    $(TokenKind::$variable => stringify!($variable),)*
                    $(TokenKind::$keyword => "Keyword",)*
                    $(TokenKind::$punct => "Punct",)*
                }
            }
        }
    };
}

token_kinds! {
    variable {
        /// After the last token.
        Eof "the end of the file",
        /// An identifier.
        Ident "a name",
        /// An integer literal, suffix included.
        Int "an integer",
        /// A float literal, suffix included.
        Float "a float",
        /// `"..."`
        Str "a string",
        /// `"""..."""`
        TripleStr "a string",
        /// `r"..."`
        RawStr "a string",
        /// `r"""..."""`
        RawTripleStr "a string",
        /// `b"..."`
        Bytes "a bytes literal",
        /// `'x'`
        Char "a character",
    }
    keywords {
        Underscore "_", Actor "actor", Live "live", Always "always", As "as", Assert "assert", Assume "assume",
        Bench "bench", Break "break", Catch "catch", ConcurrentEnsures "concurrent_ensures", Const "const",
        Continue "continue", Default "default", Defer "defer", Else "else", Ensures "ensures", Enum "enum",
        Eventually "eventually", Exists "exists", Extern "extern", Fails "fails", False "false", Fn "fn", For "for",
        Forall "forall", If "if", Impl "impl", In "in", Invariant "invariant", Let "let", Linear "linear",
        Loop "loop", Match "match", Mod "mod", Mut "mut", New "new", Newtype "newtype", Pub "pub",
        Receive "receive", RecoversTo "recovers_to", Region "region", Requires "requires", Return "return",
        Static "static", StaticAssert "static_assert", Struct "struct", Supervisor "supervisor", Trait "trait",
        True "true", Try "try", Type "type", Unsafe "unsafe", Use "use", Where "where", While "while",
    }
    punctuators {
        ShlEq "<<=", ShrEq ">>=", DotDotDot "...",
        EqEq "==", NotEq "!=", LtEq "<=", GtEq ">=", FatArrow "=>", Arrow "->", AndAnd "&&", OrOr "||", Pipe "|>",
        Coalesce "??", QuestionDot "?.", ColonColon "::", DotDot "..", Shl "<<", Shr ">>",
        PlusEq "+=", MinusEq "-=", StarEq "*=", SlashEq "/=", PercentEq "%=", AndEq "&=", OrEq "|=", CaretEq "^=",
        HashBrace "#{", HashBracket "#[",
        Plus "+", Minus "-", Star "*", Slash "/", Percent "%", Eq "=", Lt "<", Gt ">", Not "!", And "&", Or "|",
        Caret "^", Dot ".", Comma ",", Semi ";", Colon ":", Question "?", At "@",
        LParen "(", RParen ")", LBrace "{", RBrace "}", LBracket "[", RBracket "]",
    }
}

/// The text of `--emit tokens`: one token a line, `LINE:COL KIND text`. Line feeds inside a literal print as `\n`.
pub fn print_tokens(sources: &SourceMap, file: FileId, tokens: &[Token]) -> String {
    let mut out = String::new();
    let mut positions = Positions::new(&sources.file(file).text);
    for token in tokens {
        let (line, col) = positions.advance_to(token.lo as usize);
        let text = sources.text(Span::new(file, token.lo, token.hi));
        let text = text.replace('\r', "\\r").replace('\n', "\\n");
        let _ = writeln!(out, "{line}:{col} {} {text}", token.kind.listing_name());
        if token.kind == TokenKind::Eof {
            out.truncate(out.trim_end().len());
            out.push('\n');
        }
    }
    out
}

/// Lines and columns of ascending offsets in one walk: asking the source map per token is quadratic on long lines.
struct Positions<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    col: u32,
}

impl<'a> Positions<'a> {
    fn new(text: &'a str) -> Positions<'a> {
        Positions { text, at: 0, line: 1, col: 1 }
    }

    fn advance_to(&mut self, offset: usize) -> (u32, u32) {
        for c in self.text[self.at..offset].chars() {
            if c == '\n' {
                self.line += 1;
                self.col = 1;
            } else {
                self.col += 1;
            }
        }
        self.at = offset;
        (self.line, self.col)
    }
}

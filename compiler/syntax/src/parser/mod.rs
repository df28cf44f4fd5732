//! Tokens to tree: recursive descent, with precedence climbing for operators. Functions are named after the grammar's
//! productions.
//!
//! # Errors
//!
//! A function that meets an error reports it and returns [`Failed`]. Whoever parses a sequence (statements, arms,
//! members) catches it, skips to a place where the next element can begin, and goes on; so several errors are found in
//! one run. An error at the token where another was reported is a consequence of that one and is dropped.
//!
//! # Limits
//!
//! Recursion is bounded by [`MAX_NESTING`], and takes more stack from the heap where the thread has too little of it.
//! Chains (`1 + 1 + ..`, `a.b.c`) are loops here, but make trees as deep as they are long; [`MAX_CHAIN`] bounds that
//! depth for those who walk the tree recursively. Passing a limit is one error, and parsing ends there.
//!
//! # Not here
//!
//! Names are not resolved. Of the rules on form, those that need no names are checked.

mod attributes;
mod control;
mod cursor;
mod exprs;
mod functions;
mod items;
mod live;
mod patterns;
mod primaries;
mod stmts;
mod strings;
mod types;

use bumpalo::Bump;
use resilient_base::{Diagnostic, Diagnostics, FileId, Interner, Span, Symbol, diag::codes};

use crate::{
    ast::{File, Name},
    lexer::{self, LexError, Lexed},
    literal::OffsetMap,
    token::{Token, TokenKind},
};

/// How deep expressions, blocks, types and patterns may nest, all together. A construct may count more than once: a
/// closure in parentheses is two expressions and a block. So 500 levels of anything fit.
pub const MAX_NESTING: u32 = 2000;

/// How many operators, calls and member accesses one expression may hold outside brackets and blocks, those of the
/// expressions nested along one path included. No path of the tree has more nodes of these kinds.
pub const MAX_CHAIN: u32 = 10_000;

/// How many levels of nesting lie between two looks at the stack.
const LEVELS_PER_STACK_CHECK: u32 = 8;
/// Stack that those levels may need, in bytes: at most 16 KiB each without optimization.
const STACK_RESERVE: usize = 256 * 1024;
/// Size of the stack taken from the heap, in bytes.
const STACK_SEGMENT: usize = 2 * 1024 * 1024;

/// The tree of `text`. There is always one: what could not be read is an `Error` node, and `diags` has the reason.
///
/// `text` must be the text of `file`: spans refer to it.
pub fn parse<'a>(
    file: FileId,
    text: &str,
    arena: &'a Bump,
    interner: &mut Interner,
    diags: &mut Diagnostics,
) -> File<'a> {
    let lexed = lexer::lex(text, lexer::skip_prologue(text)..text.len());
    let mut parser = Parser::new(file, text, lexed, arena, interner);
    let stmts = parser.program();
    let mut found = parser.out;
    found.sort_by_key(|d| (d.span.lo, d.span.hi));
    found.into_iter().for_each(|d| diags.push(d));
    let Parser { has_inner_items, has_pipes, has_defers, .. } = parser;
    File { stmts, span: Span::new(file, 0, text.len() as u32), has_inner_items, has_pipes, has_defers }
}

/// The tokens of `text`, `Eof` last.
pub fn tokenize(file: FileId, text: &str, diags: &mut Diagnostics) -> Vec<Token> {
    let lexed = lexer::lex(text, lexer::skip_prologue(text)..text.len());
    for error in &lexed.errors {
        diags.push(lex_diagnostic(Span::new(file, error.lo, error.hi), error));
    }
    lexed.tokens
}

fn lex_diagnostic(span: Span, error: &LexError) -> Diagnostic {
    let diagnostic = Diagnostic::error(codes::SYNTAX, span, error.message.clone());
    match error.help {
        Some(help) => diagnostic.with_help(help),
        None => diagnostic,
    }
}

/// A syntax error has been reported; the construct could not be read.
#[derive(Clone, Copy, Debug)]
struct Failed;

type R<T> = Result<T, Failed>;

/// Where in the program the parser is, as far as rules on form depend on it.
#[derive(Clone, Copy)]
struct Context {
    /// A block follows the expression, so `Name {` is not a struct expression.
    no_struct: bool,
    /// Inside a loop of the same function.
    in_loop: bool,
    /// Inside a function or closure.
    in_fn: bool,
    /// Inside any block.
    in_block: bool,
}

impl Context {
    const TOP: Context = Context { no_struct: false, in_loop: false, in_fn: false, in_block: false };
}

/// What recovery restores.
#[derive(Clone, Copy)]
struct Checkpoint {
    pos: usize,
    braces: u32,
    depth: u32,
    context: Context,
}

/// The text being read: the file, or the decoded text of a string literal with placeholders.
struct Stream<'b> {
    text: &'b str,
    tokens: Vec<Token>,
    /// Index of the current token; `tokens` ends in `Eof`, which is never passed.
    pos: usize,
    /// End of the token before the current one.
    prev_hi: u32,
    /// Braces open at the current token.
    braces: u32,
    /// Offset of the token where the last error was reported.
    last_error: Option<u32>,
    /// The lexer reported that a literal or comment has no end.
    unterminated: bool,
}

impl<'b> Stream<'b> {
    fn new(text: &'b str, lexed: Lexed) -> Stream<'b> {
        Stream {
            text,
            tokens: lexed.tokens,
            pos: 0,
            prev_hi: 0,
            braces: 0,
            last_error: None,
            unterminated: lexed.unterminated,
        }
    }
}

struct Parser<'a, 'b> {
    file: FileId,
    stream: Stream<'b>,
    /// From offsets of `stream` to offsets of the file, innermost last; empty while reading the file itself.
    maps: Vec<OffsetMap>,
    arena: &'a Bump,
    interner: &'b mut Interner,
    out: Vec<Diagnostic>,
    /// Errors that mean the text does not follow the grammar; rules on form are not counted.
    n_syntax_errors: u32,
    context: Context,
    depth: u32,
    /// Bound of the height of the tree made since the innermost expression in progress began.
    height: u32,
    /// Whether a declaration other than a function stands between braces.
    has_inner_items: bool,
    has_pipes: bool,
    has_defers: bool,
    /// A limit was passed; every stream stands at its end.
    stopped: bool,
    self_word: Symbol,
}

impl<'a: 'b, 'b> Parser<'a, 'b> {
    fn new(file: FileId, text: &'b str, lexed: Lexed, arena: &'a Bump, interner: &'b mut Interner) -> Parser<'a, 'b> {
        let out: Vec<Diagnostic> =
            lexed.errors.iter().map(|error| lex_diagnostic(Span::new(file, error.lo, error.hi), error)).collect();
        Parser {
            file,
            stream: Stream::new(text, lexed),
            maps: Vec::new(),
            arena,
            self_word: interner.intern("self"),
            interner,
            n_syntax_errors: out.len() as u32,
            out,
            context: Context::TOP,
            depth: 0,
            height: 0,
            has_inner_items: false,
            has_pipes: false,
            has_defers: false,
            stopped: false,
        }
    }

    /// The file span of a range of the current text.
    fn span(&self, lo: u32, hi: u32) -> Span {
        let source = |offset| self.maps.iter().rev().fold(offset, |offset, map| map.source(offset));
        Span::new(self.file, source(lo), source(hi))
    }

    fn token_span(&self, token: Token) -> Span {
        self.span(token.lo, token.hi)
    }

    /// From `lo` to the end of the token before the current one.
    fn span_from(&self, lo: u32) -> Span {
        self.span(lo, self.stream.prev_hi.max(lo))
    }

    /// Puts `node` into the arena. Not inlined: the arena's own code, repeated in each parsing function, would make up
    /// most of the stack that nested constructs need.
    #[inline(never)]
    fn alloc<T>(&self, node: T) -> &'a T {
        self.arena.alloc(node)
    }

    #[inline(never)]
    fn slice<T: Copy>(&self, items: &[T]) -> &'a [T] {
        self.arena.alloc_slice_copy(items)
    }

    fn intern(&mut self, token: Token) -> Name {
        let text = self.token_text(token);
        Name { symbol: self.interner.intern(text), span: self.token_span(token) }
    }

    fn token_text(&self, token: Token) -> &'b str {
        &self.stream.text[token.lo as usize..token.hi as usize]
    }

    /// Goes one level down; pairs with [`Parser::leave`] unless it fails.
    fn enter(&mut self) -> R<()> {
        self.enter_levels(1)
    }

    fn enter_levels(&mut self, levels: u32) -> R<()> {
        if self.depth + levels > MAX_NESTING {
            let message = format!("nesting too deep: more than {MAX_NESTING} levels");
            return self.stop(message, "move the inner part into a function or a variable");
        }
        self.depth += levels;
        Ok(())
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Runs `f` one level down.
    fn nested<T>(&mut self, f: impl FnOnce(&mut Self) -> R<T>) -> R<T> {
        self.enter()?;
        // Asking for the rest of the stack on every level would cost time, so the reserve is for all levels between.
        let result = if self.depth.is_multiple_of(LEVELS_PER_STACK_CHECK) {
            stacker::maybe_grow(STACK_RESERVE, STACK_SEGMENT, || f(self))
        } else {
            f(self)
        };
        if result.is_ok() {
            self.leave();
        }
        result
    }

    /// Counts an operator that puts a node on top of what the current expression has so far.
    fn grow(&mut self) -> R<()> {
        self.height += 1;
        if self.height > MAX_CHAIN {
            let message = format!("expression too long: more than {MAX_CHAIN} operators or calls in a chain");
            return self.stop(message, "split it with variables");
        }
        Ok(())
    }

    /// Reports that a limit is passed, and ends parsing: what follows would be read out of context.
    fn stop<T>(&mut self, message: String, help: &str) -> R<T> {
        if !self.stopped {
            let span = self.token_span(self.current());
            self.out.push(Diagnostic::error(codes::SYNTAX, span, message).with_help(help));
            self.n_syntax_errors += 1;
        }
        self.stopped = true;
        self.stream.pos = self.stream.tokens.len() - 1;
        Err(Failed)
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint { pos: self.stream.pos, braces: self.stream.braces, depth: self.depth, context: self.context }
    }

    /// Puts back what a failed function left changed, except the position.
    fn rewind_context(&mut self, checkpoint: Checkpoint) {
        self.depth = checkpoint.depth;
        self.context = checkpoint.context;
    }

    /// Runs `f` where `Name {` may be a struct expression or not.
    fn with_struct<T>(&mut self, allowed: bool, f: impl FnOnce(&mut Self) -> R<T>) -> R<T> {
        let outer = std::mem::replace(&mut self.context.no_struct, !allowed);
        let result = f(self);
        self.context.no_struct = outer;
        result
    }

    fn at_kind(&self, kind: TokenKind) -> bool {
        self.current().kind == kind
    }
}

//! Source text to syntax tree: tokens, arena AST, parser and printer.
//!
//! [`parse`] turns the text of one file into a tree and diagnostics; it never fails and never panics. [`print_file`] turns
//! a tree back into source text that parses to the same tree. Names are not resolved here and nothing has a type yet.

pub mod ast;
mod lexer;
mod literal;
mod parser;
pub mod printer;
pub mod token;

pub use parser::{MAX_CHAIN, MAX_NESTING, parse, tokenize};
pub use printer::{print_expr_canonical, print_file, same_tree};
pub use token::{Token, TokenKind, print_tokens};

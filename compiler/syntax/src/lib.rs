//! Source text to syntax tree: tokens, arena AST, parser and printer.

pub mod ast;

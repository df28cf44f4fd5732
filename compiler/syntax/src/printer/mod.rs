//! Tree to source text, in a canonical layout.
//!
//! What is printed parses to the same tree: this is the text of `--emit ast`. Parentheses are part of the tree and are
//! printed as they are. Numbers are decimal, strings are of the plain form with escapes. Comments are not in the tree.
//!
//! [`print_expr_canonical`] is another thing: the form of a clause in run-time messages.

mod canonical;
mod exprs;
mod items;
mod literals;
mod same_tree;
mod stmts;

use resilient_base::{Interner, Symbol};

pub use canonical::print_expr_canonical;
pub use same_tree::same_tree;

use crate::ast::{File, Name, Path};

/// The source text of `file`.
pub fn print_file(file: &File<'_>, interner: &Interner) -> String {
    let mut printer = Printer::new(interner);
    printer.stmts(file.stmts);
    printer.out
}

struct Printer<'i> {
    interner: &'i Interner,
    out: String,
    indent: usize,
}

impl<'i> Printer<'i> {
    fn new(interner: &'i Interner) -> Printer<'i> {
        Printer { interner, out: String::new(), indent: 0 }
    }

    fn word(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn symbol(&mut self, symbol: Symbol) {
        let text = self.interner.resolve(symbol);
        self.out.push_str(text);
    }

    fn name(&mut self, name: Name) {
        self.symbol(name.symbol);
    }

    fn path(&mut self, path: Path<'_>) {
        self.separated(path.segments, "::", |p, &segment| p.name(segment));
    }

    /// Begins a line.
    fn line(&mut self) {
        for _ in 0..self.indent {
            self.out.push_str("    ");
        }
    }

    /// `items` with `separator` between them.
    fn separated<T>(&mut self, items: &[T], separator: &str, mut print: impl FnMut(&mut Self, &T)) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.word(separator);
            }
            print(self, item);
        }
    }

    fn comma_list<T>(&mut self, items: &[T], print: impl FnMut(&mut Self, &T)) {
        self.separated(items, ", ", print);
    }

    /// `{ a, b }`, or `{}`.
    fn braced<T>(&mut self, items: &[T], print: impl FnMut(&mut Self, &T)) {
        if items.is_empty() {
            return self.word("{}");
        }
        self.word("{ ");
        self.comma_list(items, print);
        self.word(" }");
    }

    /// `(a, b)`, with a comma behind a single part.
    fn tuple<T>(&mut self, parts: &[T], print: impl FnMut(&mut Self, &T)) {
        self.word("(");
        self.comma_list(parts, print);
        self.word(if parts.len() == 1 { ",)" } else { ")" });
    }

    /// Lines in braces, each printed by `print`.
    fn block_of<T>(&mut self, items: &[T], mut print: impl FnMut(&mut Self, &T)) {
        if items.is_empty() {
            return self.word("{}");
        }
        self.word("{\n");
        self.indent += 1;
        for item in items {
            self.line();
            print(self, item);
            self.word("\n");
        }
        self.indent -= 1;
        self.line();
        self.word("}");
    }
}

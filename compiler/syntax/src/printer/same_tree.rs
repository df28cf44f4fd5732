//! Equality of trees, places aside.

use std::fmt::{self, Write};

use crate::ast::File;

/// Whether two trees say the same; places are not compared. Both must come from one interner.
///
/// Compares the derived `Debug` texts without their spans, so that no node can be forgotten here when the tree grows.
/// Recursive and not fast: a tool for tests.
pub fn same_tree(a: &File<'_>, b: &File<'_>) -> bool {
    shape(a) == shape(b)
}

fn shape(file: &File<'_>) -> String {
    let mut filter = WithoutSpans { out: String::new(), in_string: false, after_backslash: false };
    // Writing to a string does not fail.
    let _ = write!(filter, "{:?}", file.stmts);
    filter.out
}

/// Drops `file3:10..12` outside of quotes.
struct WithoutSpans {
    out: String,
    in_string: bool,
    after_backslash: bool,
}

impl Write for WithoutSpans {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            if self.in_string {
                self.in_string = self.after_backslash || c != '"';
                self.after_backslash = !self.after_backslash && c == '\\';
            } else if c == '"' && !self.out.ends_with('\'') {
                self.in_string = true;
            } else if !c.is_ascii_digit() && c != '.' {
                self.drop_span();
            }
            self.out.push(c);
        }
        Ok(())
    }
}

impl WithoutSpans {
    /// Drops a span at the end of what was written.
    fn drop_span(&mut self) {
        let span = self.out.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
        let Some(before) = span.strip_suffix(':') else { return };
        let file = before.trim_end_matches(|c: char| c.is_ascii_digit());
        if file.len() < before.len() && file.ends_with("file") {
            self.out.truncate(file.len());
        }
    }
}

//! Diagnostics as data: what is wrong, where, and what to do. Drawing them belongs to the command line.

use crate::source::Span;

/// A stable diagnostic code, shown as `E0007`. `docs/errors.md` explains each one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Code(pub u16);

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "E{:04}", self.0)
    }
}

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    /// The program is not compiled.
    Error,
    /// The program is compiled.
    Warning,
}

/// One message about the source.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Error or warning.
    pub severity: Severity,
    /// The code; warnings and limits have none.
    pub code: Option<Code>,
    /// One line in the user's terms, without position.
    pub message: String,
    /// The offending text.
    pub span: Span,
    /// What to say at the offending text; may be empty.
    pub label: String,
    /// Other places that matter, each with what to say there.
    pub secondary: Vec<(Span, String)>,
    /// Further facts, and what to do: each starts with `help: ` or `note: `.
    pub notes: Vec<String>,
}

impl Diagnostic {
    /// An error with a code.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity: Severity::Error,
            code: Some(code),
            message: message.into(),
            span,
            label: String::new(),
            secondary: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// A warning.
    pub fn warning(span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, code: None, ..Diagnostic::error(Code(0), span, message) }
    }

    /// The text at the offending place.
    pub fn with_label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = label.into();
        self
    }

    /// A second place and what to say there.
    pub fn with_secondary(mut self, span: Span, label: impl Into<String>) -> Diagnostic {
        self.secondary.push((span, label.into()));
        self
    }

    /// A further fact.
    pub fn with_note(mut self, note: impl std::fmt::Display) -> Diagnostic {
        self.notes.push(format!("note: {note}"));
        self
    }

    /// What to do about it.
    pub fn with_help(mut self, help: impl std::fmt::Display) -> Diagnostic {
        self.notes.push(format!("help: {help}"));
        self
    }
}

/// The messages of a compilation.
#[derive(Default, Debug)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Number of errors.
    pub fn n_errors(&self) -> usize {
        self.list.iter().filter(|d| d.severity == Severity::Error).count()
    }

    /// Whether there is at least one error.
    pub fn has_errors(&self) -> bool {
        self.n_errors() > 0
    }

    /// The messages in source order: by file in order of loading, then by position; equal ones once.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut list: Vec<&Diagnostic> = self.list.iter().collect();
        list.sort_by_key(|d| (d.span.file, d.span.lo, d.span.hi));
        list.dedup_by(|a, b| a.span == b.span && a.message == b.message);
        list
    }
}

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

    /// Number of messages.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Drops those from number `first` on that say at the same place what an earlier one said.
    pub fn forget_repeated(&mut self, first: usize) {
        let (before, _) = self.list.split_at(first.min(self.list.len()));
        let said: Vec<(Span, String)> = before.iter().map(|d| (d.span, d.message.clone())).collect();
        let mut index = 0;
        self.list.retain(|d| {
            index += 1;
            index <= first || !said.iter().any(|(span, message)| *span == d.span && *message == d.message)
        });
    }

    /// The messages from number `first` on.
    pub fn since(&mut self, first: usize) -> &mut [Diagnostic] {
        &mut self.list[first..]
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

/// The codes in use. A code is never given another meaning.
pub mod codes {
    use super::Code;

    /// Syntax error without a code of its own.
    pub const SYNTAX: Code = Code(1);
    /// Missing or misplaced `;`.
    pub const SEMICOLON: Code = Code(2);
    /// Unclosed `(`, `[` or `{`.
    pub const UNCLOSED: Code = Code(3);
    /// Unknown name.
    pub const UNKNOWN_NAME: Code = Code(4);
    /// Call of an unknown function.
    pub const UNKNOWN_FUNCTION: Code = Code(5);
    /// Wrong number of arguments.
    pub const ARITY: Code = Code(6);
    /// Type mismatch.
    pub const TYPE_MISMATCH: Code = Code(7);
    /// Division or modulo by zero.
    pub const ZERO_DIVISOR: Code = Code(8);
    /// Index out of bounds.
    pub const INDEX: Code = Code(9);
    /// Contract violated, or can never hold.
    pub const CONTRACT: Code = Code(10);
    /// Two functions of one name in one scope.
    pub const DUPLICATE_FUNCTION: Code = Code(11);
    /// Assignment to a `const` or `let const`.
    pub const CONST_ASSIGNMENT: Code = Code(12);
    /// A path of a value-returning function ends without value.
    pub const MISSING_RETURN: Code = Code(13);
    /// `break` or `continue` outside a loop.
    pub const OUTSIDE_LOOP: Code = Code(22);
    /// An integer literal beyond 64 bits.
    pub const LITERAL_RANGE: Code = Code(23);
    /// `let` of a void value.
    pub const VOID_BINDING: Code = Code(24);
    /// Not a constant expression, or one that faults.
    pub const CONST_EXPR: Code = Code(25);
    /// Failed `static_assert`.
    pub const STATIC_ASSERT: Code = Code(26);
    /// `break` or `continue` where it makes no sense.
    pub const JUMP: Code = Code(27);
    /// A file or package that `use` names does not exist.
    pub const IMPORT_NOT_FOUND: Code = Code(15);
    /// Unknown, missing or repeated field of a struct or variant.
    pub const FIELD: Code = Code(17);
    /// Unknown, repeated or missing named argument.
    pub const NAMED_ARGUMENT: Code = Code(28);
    /// Two declarations of one name that are not both functions.
    pub const DUPLICATE_NAME: Code = Code(29);
    /// A type that depends on itself.
    pub const NEEDS_ANNOTATION: Code = Code(30);
    /// A cast that does not exist.
    pub const BAD_CAST: Code = Code(31);
    /// A part of the language that is not supported yet.
    pub const NOT_SUPPORTED: Code = Code(32);
    /// A function declared `-> !` can return.
    pub const NEVER_RETURNS: Code = Code(33);
    /// `result` where there is none.
    pub const BAD_RESULT: Code = Code(34);
    /// Assignment to what is not a variable.
    pub const NOT_A_PLACE: Code = Code(35);
    /// Two types of one name, or a type with the name of a built-in one.
    pub const DUPLICATE_TYPE: Code = Code(36);
    /// A type alias or struct that contains itself.
    pub const TYPE_CYCLE: Code = Code(37);
    /// A `derive` that does not exist or does not apply.
    pub const DERIVE: Code = Code(38);
    /// Two methods of one name for one type, or one with the name of a built-in method.
    pub const DUPLICATE_METHOD: Code = Code(39);
    /// Instances of a generic function that do not end.
    pub const INSTANCE_DEPTH: Code = Code(40);
    /// Patterns that do not cover every value.
    pub const NON_EXHAUSTIVE: Code = Code(41);
    /// A type argument that does not satisfy a bound.
    pub const MISSING_TRAIT: Code = Code(16);
    /// A trait that cannot be the type of a value.
    pub const NOT_DYN: Code = Code(21);
    /// An `impl` that lacks something its trait requires.
    pub const INCOMPLETE_IMPL: Code = Code(42);
    /// A method that differs from its declaration in the trait.
    pub const IMPL_MISMATCH: Code = Code(43);
    /// A name that no trait has.
    pub const UNKNOWN_TRAIT: Code = Code(44);
    /// A trait implemented twice for one type.
    pub const DUPLICATE_IMPL: Code = Code(45);
    /// A trait that extends itself.
    pub const TRAIT_CYCLE: Code = Code(46);
    /// An associated type that is not declared.
    pub const ASSOCIATED_TYPE: Code = Code(47);
    /// Files that import each other.
    pub const IMPORT_CYCLE: Code = Code(50);
    /// A name with two meanings, one of which is imported.
    pub const IMPORT_CLASH: Code = Code(51);
    /// `use` selects a name that the file does not export.
    pub const NOT_EXPORTED: Code = Code(52);
    /// A template of `format` that does not fit its values, or none.
    pub const TEMPLATE: Code = Code(53);
    /// A failure that is neither declared nor caught.
    pub const UNHANDLED_FAILURE: Code = Code(55);
    /// What a deferred call may not do.
    pub const DEFERRED: Code = Code(56);
    /// Captured function variable cannot be reassigned.
    pub const CAPTURED_FUNCTION: Code = Code(60);
    /// An index that is not proven to be in bounds, where that is demanded.
    pub const UNPROVEN_INDEX: Code = Code(58);
    /// `assume(false)` in a program that must be safe.
    pub const ASSUME_FALSE: Code = Code(59);
    /// Captured cell that can hold functions.
    pub const CAPTURED_CELL: Code = Code(61);
    /// Use of a local function before the variables it captures exist.
    pub const EARLY_CALL: Code = Code(62);
    /// Type that contains itself through a cell.
    pub const CELL_CYCLE: Code = Code(63);
    /// Function as a value whose types the context does not determine.
    pub const UNDETERMINED_FUNCTION: Code = Code(64);
    /// A call of a library function that has forms for other types.
    pub const NO_FORM: Code = Code(65);
    /// A type that lacks what a library function demands of it.
    pub const CONSTRAINT: Code = Code(66);
    /// A call of a function by itself that needs stack although none may.
    pub const NOT_A_TAIL_CALL: Code = Code(74);
    /// `any` elsewhere than as the type of a parameter.
    pub const ANY_TYPE: Code = Code(75);
    /// A library function that needs an operating system, for a target without one.
    pub const NEEDS_OS: Code = Code(80);
}

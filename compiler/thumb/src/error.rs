//! What can go wrong.

use std::fmt;

/// Why a function could not be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The Cranelift IR has something that this backend does not compile.
    Unsupported {
        /// The instruction, or the part of the function, as text.
        what: String,
        /// What about it is not supported.
        reason: &'static str,
    },
    /// The function is larger than its branches reach, or its frame than memory.
    TooLarge(&'static str),
    /// The Cranelift IR is wrong.
    Invalid(String),
    /// A mistake in this compiler.
    Internal(String),
    /// The object file could not be written.
    Object(String),
}

/// A function, and why it could not be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The function's name, as Cranelift prints it; empty if it is about none.
    pub function: String,
    /// What is wrong.
    pub kind: ErrorKind,
}

impl Error {
    /// An error that belongs to no function.
    pub(crate) fn of_module(kind: ErrorKind) -> Error {
        Error { function: String::new(), kind }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ErrorKind::Unsupported { what, reason } => write!(f, "unsupported on Thumb-2: {reason}: {what}"),
            ErrorKind::TooLarge(what) => write!(f, "{what} is too large"),
            ErrorKind::Invalid(message) => write!(f, "invalid Cranelift IR: {message}"),
            ErrorKind::Internal(message) => write!(f, "internal error: {message}"),
            ErrorKind::Object(message) => write!(f, "object file: {message}"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.function.is_empty() {
            write!(f, "function {}: ", self.function)?;
        }
        self.kind.fmt(f)
    }
}

impl std::error::Error for Error {}

/// The result of a step of the compilation of one function.
pub(crate) type Result<T> = std::result::Result<T, ErrorKind>;

//! What can go wrong outside the source text: one line on standard error, and an exit status.

use std::fmt;
use std::io;
use std::path::PathBuf;

use resilient_link::TargetError;

/// Exit status for compile errors, faults, and files that cannot be read or written.
pub const STATUS_FAILED: i32 = 1;
/// Exit status for misuse of the command line.
pub const STATUS_MISUSE: i32 = 2;
/// Exit status for a bug in the compiler.
pub const STATUS_INTERNAL: i32 = 101;

/// An error of the tool.
#[derive(Debug)]
pub enum Error {
    /// A source file cannot be read.
    Read {
        /// As given.
        path: PathBuf,
        /// In the system's words where it is the system that refuses.
        reason: String,
    },
    /// An output file cannot be written.
    Write {
        /// As given.
        path: PathBuf,
        /// In the system's words where it is the system that refuses.
        reason: String,
    },
    /// There is no such target.
    Target(TargetError),
    /// The runtime of a target cannot be built.
    Runtime {
        /// The target.
        target: String,
        /// The cause.
        reason: String,
    },
    /// Options that do not go together; says which.
    Misuse(&'static str),
    /// `explain` knows no such code.
    UnknownCode(String),
    /// The program has errors, which have been reported.
    Rejected,
    /// A later stage could not do its work; says which and why.
    Stage {
        /// What was being done, as in `cannot WHAT`.
        doing: &'static str,
        /// The cause.
        reason: String,
    },
}

impl Error {
    /// The exit status it leads to.
    pub fn status(&self) -> i32 {
        match self {
            Error::Target(TargetError::Unknown(_)) | Error::Misuse(_) => STATUS_MISUSE,
            Error::Target(_) | Error::Runtime { .. } => STATUS_FAILED,
            Error::Read { .. } | Error::Write { .. } | Error::UnknownCode(_) => STATUS_FAILED,
            Error::Rejected | Error::Stage { .. } => STATUS_FAILED,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Read { path, reason } => write!(f, "cannot read {}: {reason}", path.display()),
            Error::Write { path, reason } => write!(f, "cannot write {}: {reason}", path.display()),
            Error::Target(error) => error.fmt(f),
            Error::Runtime { target, reason } => write!(f, "cannot build the runtime for {target}: {reason}"),
            Error::Misuse(text) => f.write_str(text),
            Error::UnknownCode(code) => write!(f, "no error has the code `{code}`; codes look like E0007"),
            Error::Rejected => f.write_str("the program has errors"),
            Error::Stage { doing, reason } => write!(f, "cannot {doing}: {reason}"),
        }
    }
}

impl From<TargetError> for Error {
    fn from(error: TargetError) -> Error {
        Error::Target(error)
    }
}

/// The system's reason without its number.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error ") {
        Some(end) => text[..end].to_string(),
        None => text,
    }
}

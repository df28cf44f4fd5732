//! What every other compiler crate stands on: source files and spans, interned names, diagnostics as data, and dense
//! tables keyed by id newtypes.
//!
//! Nothing here knows syntax or types, draws a diagnostic, or touches a file system.

pub mod diag;
pub mod source;
pub mod symbol;

pub use cranelift_entity::{EntityRef, PrimaryMap, SecondaryMap, entity_impl};
pub use diag::{Code, Diagnostic, Diagnostics, Severity};
pub use source::{FileId, LineCol, SourceFile, SourceMap, Span};
pub use symbol::{Interner, Symbol};

//! Diagnostics for other programs: one JSON array, in order of files, then of positions.

use resilient_base::{Diagnostics, Severity, SourceMap};
use serde::Serialize;

/// One diagnostic.
#[derive(Serialize, Debug)]
pub struct Message {
    /// `E0007`; null for warnings.
    code: Option<String>,
    /// In characters, from 1.
    column: u32,
    /// The file as given to the tool, or as reached from there by imports.
    file: String,
    /// From 1.
    line: u32,
    /// One line.
    message: String,
    /// `error` or `warning`
    severity: &'static str,
}

/// The messages of one program.
pub fn messages(sources: &SourceMap, diags: &Diagnostics) -> Vec<Message> {
    let message = |diag: &resilient_base::Diagnostic| {
        let at = sources.line_col(diag.span);
        Message {
            code: diag.code.map(|code| code.to_string()),
            column: at.col,
            file: sources.file(diag.span.file).name.clone(),
            line: at.line,
            message: diag.message.clone(),
            severity: match diag.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
        }
    };
    diags.sorted().into_iter().map(message).collect()
}

/// The array as text, with a line feed at the end.
pub fn to_text(messages: &[Message]) -> String {
    let mut text = serde_json::to_string_pretty(messages).expect("strings and numbers always serialize");
    text.push('\n');
    text
}

//! Diagnostics for people: drawn by codespan-reporting, in source order, on standard error.

use std::io::{IsTerminal, Write};
use std::ops::Range;

use codespan_reporting::diagnostic::{Diagnostic as Drawn, Label};
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term::termcolor::Buffer;
use codespan_reporting::term::{self, Config, Styles, StylesWriter};
use resilient_base::{Diagnostic, Diagnostics, FileId, Severity, SourceMap, Span};

/// Draws all of `diags`, and nothing after them: see [`summary`]. Gives the number of errors among them.
pub fn diagnostics(sources: &SourceMap, diags: &Diagnostics) -> usize {
    let list = diags.sorted();
    if list.is_empty() {
        return 0;
    }
    let n_errors = list.iter().filter(|diag| diag.severity == Severity::Error).count();
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let mut buffer = if colour { Buffer::ansi() } else { Buffer::no_color() };
    let (config, styles) = (Config { tab_width: 4, ..Config::default() }, Styles::default());
    for diag in list {
        let mut writer = StylesWriter::new(&mut buffer, &styles);
        if let Err(error) = term::emit_to_write_style(&mut writer, &config, &Sources(sources), &drawn(sources, diag)) {
            unreachable!("diagnostic `{}` does not fit its source: {error}", diag.message);
        }
    }
    write_stderr(buffer.as_slice());
    n_errors
}

/// The last line of a failed compilation.
pub fn summary(n_errors: usize) {
    write_stderr(format!("Error: {n_errors} error(s)\n").as_bytes());
}

/// Writes to standard error. When that fails there is nobody left to tell.
pub fn write_stderr(bytes: &[u8]) {
    let _ = std::io::stderr().write_all(bytes);
}

fn drawn(sources: &SourceMap, diag: &Diagnostic) -> Drawn<FileId> {
    let base = match diag.severity {
        Severity::Error => Drawn::error(),
        Severity::Warning => Drawn::warning(),
    };
    let base = match diag.code {
        Some(code) => base.with_code(code.to_string()),
        None => base,
    };
    let primary = Label::primary(diag.span.file, first_line(sources, diag.span)).with_message(&diag.label);
    let secondary = diag
        .secondary
        .iter()
        .map(|(span, text)| Label::secondary(span.file, first_line(sources, *span)).with_message(text));
    base.with_message(&diag.message)
        .with_labels(std::iter::once(primary).chain(secondary).collect())
        .with_notes(diag.notes.clone())
}

/// The part of `span` on its first line: a long span shows where it starts, not all its lines.
fn first_line(sources: &SourceMap, span: Span) -> Range<usize> {
    let text = sources.text(span);
    let len = text.find(['\r', '\n']).unwrap_or(text.len());
    let lo = span.lo as usize;
    lo..lo + len
}

/// The source map as codespan-reporting wants it.
struct Sources<'s>(&'s SourceMap);

impl<'s> Files<'s> for Sources<'s> {
    type FileId = FileId;
    type Name = &'s str;
    type Source = &'s str;

    fn name(&'s self, id: FileId) -> Result<&'s str, Error> {
        Ok(&self.0.file(id).name)
    }

    fn source(&'s self, id: FileId) -> Result<&'s str, Error> {
        Ok(&self.0.file(id).text)
    }

    fn line_index(&'s self, id: FileId, byte_index: usize) -> Result<usize, Error> {
        // Offsets come from spans, which are 32-bit.
        Ok(self.0.file(id).line_index(byte_index as u32))
    }

    fn line_range(&'s self, id: FileId, line_index: usize) -> Result<Range<usize>, Error> {
        let file = self.0.file(id);
        if line_index >= file.n_lines() {
            return Err(Error::LineTooLarge { given: line_index, max: file.n_lines() - 1 });
        }
        Ok(file.line_range(line_index))
    }
}

//! The trace of calls, in programs that keep one: the runtime's, with the entries that [`Tracing`] describes.

use std::collections::HashMap;

use resilient_base::{FileId, SourceMap, Span};
use resilient_runtime::fault::Position;
use resilient_runtime::trace;
use resilient_sema::typed::{FuncId, Tracing};

use crate::machine::Machine;

/// Enters calls.
pub struct Tracer<'p> {
    tracing: &'p Tracing,
    /// The runtime keeps texts for ever, so each is made once.
    names: HashMap<FuncId, &'static str>,
    files: HashMap<FileId, &'static str>,
}

impl<'p> Tracer<'p> {
    /// The tracer of a run that begins.
    pub fn new(tracing: &'p Tracing) -> Tracer<'p> {
        if tracing.in_reports {
            trace::show_in_reports();
        }
        Tracer { tracing, names: HashMap::new(), files: HashMap::new() }
    }

    fn position(&mut self, sources: &SourceMap, span: Span) -> Position<'static> {
        let at = sources.line_col(span);
        let file = self.files.entry(span.file).or_insert_with(|| leaked(&sources.file(span.file).name));
        Position { file, line: at.line, col: at.col }
    }
}

fn leaked(text: &str) -> &'static str {
    String::leak(text.to_string())
}

impl Machine<'_> {
    /// Enters a call of `callee` at `span` by the innermost function; tells whether it is to be left.
    pub(crate) fn enter_trace(&mut self, callee: FuncId, span: Span) -> bool {
        let Some(tracer) = &mut self.tracer else { return false };
        let funcs = &self.program.funcs;
        let caller_shows = tracer.tracing.shows(self.func, &funcs[self.func]);
        let callee_shows = tracer.tracing.shows(callee, &funcs[callee]);
        if !caller_shows && !callee_shows {
            return false;
        }
        let name = match callee_shows {
            true => tracer.names.entry(callee).or_insert_with(|| leaked(funcs[callee].name)),
            false => "",
        };
        let position = caller_shows.then(|| tracer.position(self.sources, tracer.tracing.site(span)));
        trace::enter(name, position);
        true
    }
}

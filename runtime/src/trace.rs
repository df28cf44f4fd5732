//! The calls that are active, for reports of faults and for `stacktrace()`.
//!
//! Programs that keep a trace enter each call here and leave it when it returns; others pay nothing. Calls that end
//! with a fault are not left: a report shows them, and the live block that survives the fault goes back to the depth at
//! which it was entered ([`truncate`]).
//!
//! ```text
//! xs.map(f)       entered without a name, at the call     not shown
//!   f(x)          entered as `f`, without a place         shown as `f`, where `map` was called
//!     g(x)        entered as `g`, at the call             shown
//! ```
//!
//! The entries are one mapping that grows; reading it allocates nothing, so that the report of an exhausted stack can do
//! it.

use core::cell::Cell;
use core::ptr::{self, NonNull};

use crate::fault::{self, Position};
use crate::number::IntText;
use crate::string::Str;
use crate::{state, sys};

/// As many calls are shown, the innermost ones.
const MAX_SHOWN: usize = 64;

/// Entries there is room for at first.
const FIRST_CAPACITY: usize = 4096;

/// A call.
#[derive(Clone, Copy)]
struct Entry {
    /// The function; empty if the call is not shown.
    name: &'static str,
    /// Where it was called; none: where the call around it was.
    position: Option<Position<'static>>,
}

/// What the runtime remembers of calls.
pub(crate) struct Trace {
    entries: Cell<*mut Entry>,
    capacity: Cell<usize>,
    len: Cell<usize>,
    /// Writes the trace, if reports are to have one. Programs that never ask for it are linked without that code.
    show: Cell<Option<fn()>>,
}

impl Trace {
    pub(crate) const fn new() -> Trace {
        Trace { entries: Cell::new(ptr::null_mut()), capacity: Cell::new(0), len: Cell::new(0), show: Cell::new(None) }
    }
}

/// From now on reports of faults show the calls that are active.
pub fn show_in_reports() {
    state::with(|state| state.trace.show.set(Some(show)));
}

/// A call begins. One without a name is not shown; one without a position is made where the one around it was.
pub fn enter(name: &'static str, position: Option<Position<'static>>) {
    state::with(|state| {
        let trace = &state.trace;
        let len = trace.len.get();
        if len == trace.capacity.get() {
            grow(trace);
        }
        // SAFETY: there is room for more than `len` entries.
        unsafe { trace.entries.get().add(len).write(Entry { name, position }) };
        trace.len.set(len + 1);
    });
}

/// The innermost call is over.
pub fn leave() {
    state::with(|state| state.trace.len.set(state.trace.len.get().saturating_sub(1)));
}

/// How many calls have been entered and not left.
pub(crate) fn depth() -> usize {
    state::with(|state| state.trace.len.get())
}

/// Leaves all calls but this many.
pub(crate) fn truncate(depth: usize) {
    state::with(|state| state.trace.len.set(state.trace.len.get().min(depth)));
}

#[cold]
fn grow(trace: &Trace) {
    let old = trace.capacity.get();
    let new = if old == 0 { FIRST_CAPACITY } else { old * 2 };
    let [old_size, new_size] = [old, new].map(|n| n * size_of::<Entry>());
    let mapped = match NonNull::new(trace.entries.get()) {
        None => sys::map(new_size),
        // SAFETY: it is a mapping of this size, and nothing refers to it.
        Some(entries) => unsafe { sys::remap(entries.as_ptr().cast(), old_size, new_size) },
    };
    let Some(mapped) = mapped else {
        fault::report_at(None, fault::OUT_OF_MEMORY);
    };
    trace.entries.set(mapped.as_ptr().cast());
    trace.capacity.set(new);
}

/// The entries to show: their number, and their indices, innermost first.
struct Shown {
    n: usize,
    indices: [usize; MAX_SHOWN],
}

fn shown(trace: &Trace) -> Shown {
    let mut shown = Shown { n: 0, indices: [0; MAX_SHOWN] };
    let mut next = trace.len.get();
    while next > 0 && shown.n < MAX_SHOWN {
        next -= 1;
        if !entry(trace, next).name.is_empty() {
            shown.indices[shown.n] = next;
            shown.n += 1;
        }
    }
    shown
}

/// An entry, whose index is below `len`.
fn entry(trace: &Trace, index: usize) -> Entry {
    // SAFETY: all entries below `len` were written.
    unsafe { trace.entries.get().add(index).read() }
}

/// Number `index` of the calls to show, from the outermost: name and place.
fn call(trace: &Trace, index: usize) -> Option<(&'static str, Position<'static>)> {
    let Shown { n, indices } = shown(trace);
    let at = indices[n.checked_sub(index + 1)?];
    let nowhere = Position { file: "", line: 0, col: 0 };
    let position = (0..=at).rev().find_map(|at| entry(trace, at).position).unwrap_or(nowhere);
    Some((entry(trace, at).name, position))
}

/// How many calls a trace shows now.
pub fn len() -> usize {
    state::with(|state| shown(&state.trace).n)
}

/// `NAME at FILE:LINE:COL` of one of them, the outermost of which is number 0.
pub fn line(index: usize) -> Str {
    let mut text = Str::empty();
    if let Some((name, at)) = state::with(|state| call(&state.trace, index)) {
        let (line, col) = (IntText::unsigned(at.line.into()), IntText::unsigned(at.col.into()));
        for piece in [name, " at ", base_name(at.file), ":", line.as_str(), ":", col.as_str()] {
            text.push_str(piece);
        }
    }
    text
}

/// Writes the trace, if reports are to have one.
#[cold]
pub(crate) fn report() {
    if let Some(show) = state::with(|state| state.trace.show.get()) {
        show();
    }
}

#[cold]
fn show() {
    fault::write_error(&["stack trace (most recent call last):\n"]);
    for index in 0..len() {
        if let Some((name, at)) = state::with(|state| call(&state.trace, index)) {
            let (line, col) = (IntText::unsigned(at.line.into()), IntText::unsigned(at.col.into()));
            let file = base_name(at.file);
            fault::write_error(&["  at ", name, " (", file, ":", line.as_str(), ":", col.as_str(), ")\n"]);
        }
    }
}

/// A path without its directories.
pub(crate) fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::format;
    use std::string::{String, ToString};
    use std::vec::Vec;

    fn at(line: u32) -> Option<Position<'static>> {
        Some(Position { file: "dir/a.rz", line, col: 7 })
    }

    fn lines() -> Vec<String> {
        (0..len()).map(|index| line(index).as_str().to_string()).collect()
    }

    #[test]
    fn hidden_calls_lend_their_place() {
        enter("f", at(1));
        enter("", at(2));
        enter("g", None);
        enter("h", None);
        assert_eq!(lines(), ["f at a.rz:1:7", "g at a.rz:2:7", "h at a.rz:2:7"]);
        leave();
        truncate(2);
        assert_eq!(lines(), ["f at a.rz:1:7"]);
    }

    #[test]
    fn the_innermost_are_shown_of_many() {
        for n in 0..100_000 {
            enter("f", at(n));
        }
        let expected: Vec<String> = (99_936..100_000).map(|n| format!("f at a.rz:{n}:7")).collect();
        assert_eq!(lines(), expected);
        assert_eq!(line(64).as_str(), "");
    }
}

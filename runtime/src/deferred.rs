//! Functions with deferred calls: while one is active, somebody waits for faults.
//!
//! Such a function calls [`enter`] before its body. When the body is left in whatever way it calls [`begin`], makes the
//! deferred calls, and [`faulted`] for each of them that faults; then [`end`] tells whether the function is left by a fault or
//! failure. What is pending meanwhile lies in a frame. The frames of functions that make their deferred calls form a stack.

use core::cell::Cell;
use core::ptr::{self, NonNull};

use crate::pending::{self, Aside};
use crate::{heap, state};

/// What the runtime remembers of functions with deferred calls.
pub(crate) struct Deferred {
    n_active: Cell<u64>,
    innermost: Cell<*mut Frame>,
}

impl Deferred {
    pub(crate) const fn new() -> Deferred {
        Deferred { n_active: Cell::new(0), innermost: Cell::new(ptr::null_mut()) }
    }
}

/// A function that makes its deferred calls.
struct Frame {
    /// How it will be left.
    outcome: Aside,
    outer: *mut Frame,
}

/// A function with deferred calls begins.
pub(crate) fn enter() {
    state::with(|state| state.deferred.n_active.set(state.deferred.n_active.get() + 1));
}

/// Whether a function with deferred calls is active.
pub(crate) fn is_active() -> bool {
    state::with(|state| state.deferred.n_active.get() != 0)
}

/// The body of the innermost function has been left: by what is pending, or with a result. Nothing is pending afterwards.
pub(crate) fn begin() {
    let outcome = pending::put_aside();
    let block = heap::allocate(size_of::<Frame>()).cast::<Frame>();
    state::with(|state| {
        let frame = Frame { outcome, outer: state.deferred.innermost.get() };
        // SAFETY: a fresh block of this size; blocks are aligned to 16.
        unsafe { block.write(frame) };
        state.deferred.innermost.set(block.as_ptr());
    });
}

/// A deferred call of the function left the pending fault. The first fault decides.
#[cold]
pub(crate) fn faulted() {
    let found = pending::put_aside();
    let innermost = state::with(|state| state.deferred.innermost.get());
    // SAFETY: the frame of a function between `begin` and `end` is alive; nothing else refers to it.
    match unsafe { innermost.as_mut() } {
        Some(frame) if !frame.outcome.is_fault() => frame.outcome = found,
        _ => found.forget(),
    }
}

/// All deferred calls have been made. Tells whether something is pending now, by which the function is left.
pub(crate) fn end() -> bool {
    let frame = state::with(|state| {
        let deferred = &state.deferred;
        deferred.n_active.set(deferred.n_active.get().saturating_sub(1));
        let block = NonNull::new(deferred.innermost.get())?;
        // SAFETY: as above.
        let frame = unsafe { block.read() };
        deferred.innermost.set(frame.outer);
        Some((block, frame))
    });
    let Some((block, frame)) = frame else { return false };
    // SAFETY: it was allocated with this size, and nothing refers to it any more.
    unsafe { heap::free(block.cast(), size_of::<Frame>()) };
    pending::put_back(frame.outcome);
    pending::is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultText;

    fn raise(text: &str) {
        // SAFETY: null is a site.
        unsafe { pending::raise(ptr::null(), FaultText::new(&[text])) }
    }

    #[test]
    fn the_first_fault_decides_and_a_result_only_without() {
        enter();
        begin();
        assert!(!end() && !is_active());
        enter();
        enter();
        raise("body");
        begin();
        assert!(!pending::is_some());
        raise("call");
        faulted();
        assert!(end() && is_active());
        assert_eq!(pending::take().as_str(), "body");
        begin();
        raise("first");
        faulted();
        raise("second");
        faulted();
        assert!(end() && !is_active());
        assert_eq!(pending::take().as_str(), "first");
    }

    #[test]
    fn a_fault_takes_the_place_of_a_failure() {
        enter();
        pending::set_failure(3);
        begin();
        assert!(!pending::has_failure());
        assert!(end() && pending::has_failure());
        enter();
        begin();
        raise("call");
        faulted();
        assert!(end() && !pending::has_failure() && !pending::take_failure(3));
        assert_eq!(pending::take().as_str(), "call");
    }
}

//! The fault on its way to the live block that it is going to end an attempt of.
//!
//! Compiled code does not unwind. An operation that fails while a live block is active leaves its fault here and returns;
//! the code that called it looks, gives up what it holds and goes to the end of the attempt, or returns to a caller that
//! does the same. There [`take`] picks the message up. While no live block is active nobody could, and a fault ends the
//! program at once. So there is never more than one.

use core::cell::Cell;
use core::ptr;

use crate::abi::{Site, StrHeader};
use crate::fault::{self, FaultText};
use crate::string::Str;
use crate::{live, state};

/// The message of the pending fault, or null.
pub(crate) struct Pending(Cell<*mut StrHeader>);

impl Pending {
    pub(crate) const fn new() -> Pending {
        Pending(Cell::new(ptr::null_mut()))
    }
}

/// Raises a fault: it becomes the pending one, or is reported at the site if no live block is active.
///
/// # Safety
/// The site must be null or valid, its file name included.
#[cold]
pub(crate) unsafe fn raise(site: *const Site, text: FaultText) {
    if !live::is_active() {
        // SAFETY: by contract.
        unsafe { fault::report(site, text.as_str()) }
    }
    set(text);
}

/// Makes this the pending fault.
pub(crate) fn set(text: FaultText) {
    drop(replace(text.into_str().into_raw()));
}

/// The message of the pending fault, which is none any more. Without one it is empty.
pub(crate) fn take() -> FaultText {
    FaultText::from(replace(ptr::null_mut()).unwrap_or_else(Str::empty))
}

/// Whether a fault is pending.
#[inline]
pub(crate) fn is_some() -> bool {
    state::with(|state| !state.pending.0.get().is_null())
}

fn replace(message: *mut StrHeader) -> Option<Str> {
    let old = state::with(|state| state.pending.0.replace(message));
    // SAFETY: what is kept here is null or has the reference that `set` gave it.
    (!old.is_null()).then(|| unsafe { Str::from_raw(old) })
}

//! The fault or failure on its way to whoever has to do with it.
//!
//! Compiled code does not unwind. An operation that fails while somebody waits for faults (a live block is active, or a
//! function with deferred calls) leaves its fault here and returns; the code that called it looks, gives up what it holds and
//! goes to its handler, or returns to a caller that does the same. While nobody waits, a fault ends the program at once. So
//! there is never more than one. A fault keeps the place where it was raised, for the report that may come after deferred
//! calls.
//!
//! A checked failure travels in the same way. The checker has seen that somebody catches it, so it is never reported.

use core::cell::Cell;
use core::ptr;

use crate::abi::{Site, StrHeader};
use crate::fault::{self, FaultText};
use crate::string::Str;
use crate::{deferred, live, state};

/// What is pending.
pub(crate) struct Pending {
    /// The message of the fault, or null.
    message: Cell<*mut StrHeader>,
    /// Where the fault was raised. A copy, as sites may be changed; without file name if it has none.
    site: Cell<Site>,
    /// The number of the failure, or 0.
    failure: Cell<u64>,
}

/// What was pending, put aside. It is to be put back, or dropped with [`Aside::forget`].
#[derive(Clone, Copy)]
pub(crate) struct Aside {
    message: *mut StrHeader,
    site: Site,
    failure: u64,
}

const NOWHERE: Site = Site { file: ptr::null(), line: 0, col: 0 };

impl Pending {
    pub(crate) const fn new() -> Pending {
        Pending { message: Cell::new(ptr::null_mut()), site: Cell::new(NOWHERE), failure: Cell::new(0) }
    }
}

impl Aside {
    /// Whether it is a fault.
    pub(crate) fn is_fault(&self) -> bool {
        !self.message.is_null()
    }

    /// Drops it.
    pub(crate) fn forget(self) {
        // SAFETY: the message has the reference that `set` gave it, and this is its last user.
        drop((!self.message.is_null()).then(|| unsafe { Str::from_raw(self.message) }));
    }
}

/// Raises a fault: it becomes the pending one, or is reported at the site if nobody waits for it.
///
/// # Safety
/// The site must be null or valid, its file name included.
#[cold]
pub(crate) unsafe fn raise(site: *const Site, text: FaultText) {
    if !is_awaited() {
        // SAFETY: by contract.
        unsafe { fault::report(site, text.as_str()) }
    }
    // SAFETY: by contract.
    let site = unsafe { site.as_ref() }.copied().unwrap_or(NOWHERE);
    set_at(site, text);
}

/// Raises the pending fault once more, as one that stands at the site. A pending failure stays as it is.
///
/// # Safety
/// As for [`raise`].
#[cold]
pub(crate) unsafe fn raise_from(site: *const Site) {
    if !has_failure() {
        // SAFETY: by contract.
        unsafe { raise(site, take()) }
    }
}

/// What is pending goes on as it is; or is reported, if nobody waits for it any more.
#[cold]
pub(crate) fn go_on() {
    if !is_awaited() && !has_failure() {
        report();
    }
}

/// Reports the pending fault and ends the program.
#[cold]
pub(crate) fn report() -> ! {
    let Aside { message, site, .. } = put_aside();
    let site = if site.file.is_null() { ptr::null() } else { &raw const site };
    // SAFETY: what is kept as message is null or has the reference that `set` gave it; the site is a copy of a valid one,
    // whose file name lives as long as the program.
    unsafe {
        match message.is_null() {
            true => fault::report(site, "a failure was raised that nothing catches"),
            false => fault::report(site, Str::from_raw(message).as_str()),
        }
    }
}

fn is_awaited() -> bool {
    live::is_active() || deferred::is_active()
}

/// Makes this the pending fault.
pub(crate) fn set(text: FaultText) {
    set_at(NOWHERE, text);
}

fn set_at(site: Site, text: FaultText) {
    put_aside().forget();
    put_back(Aside { message: text.into_str().into_raw(), site, failure: 0 });
}

/// Makes a failure the pending one.
pub(crate) fn set_failure(failure: u64) {
    state::with(|state| state.pending.failure.set(failure));
}

/// Whether a failure is pending.
pub(crate) fn has_failure() -> bool {
    state::with(|state| state.pending.failure.get() != 0)
}

/// Whether this failure is pending; if so, it is not any more.
pub(crate) fn take_failure(failure: u64) -> bool {
    state::with(|state| {
        let found = state.pending.failure.get() == failure;
        if found {
            state.pending.failure.set(0);
        }
        found
    })
}

/// The message of the pending fault, which is none any more. Without one it is empty.
pub(crate) fn take() -> FaultText {
    let message = state::with(|state| state.pending.message.replace(ptr::null_mut()));
    // SAFETY: what is kept here is null or has the reference that `set` gave it.
    FaultText::from(if message.is_null() { Str::empty() } else { unsafe { Str::from_raw(message) } })
}

/// What is pending, which is not any more.
pub(crate) fn put_aside() -> Aside {
    state::with(|state| {
        let pending = &state.pending;
        Aside {
            message: pending.message.replace(ptr::null_mut()),
            site: pending.site.replace(NOWHERE),
            failure: pending.failure.replace(0),
        }
    })
}

/// Makes pending what was put aside; nothing else is.
pub(crate) fn put_back(aside: Aside) {
    state::with(|state| {
        state.pending.message.set(aside.message);
        state.pending.site.set(aside.site);
        state.pending.failure.set(aside.failure);
    });
}

/// Whether a fault or failure is pending.
#[inline]
pub(crate) fn is_some() -> bool {
    state::with(|state| !state.pending.message.get().is_null() || state.pending.failure.get() != 0)
}

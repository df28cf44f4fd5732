//! Cortex-M processors (Armv7-M) without an operating system: start, console, end, hardware faults.
//!
//! What differs between boards is decided when an image is linked. The linker defines the addresses that are used here, and
//! binds three names to functions of this module according to the description of the board:
//!
//! | name | function |
//! |---|---|
//! | `__resilient_write` | `resilient_write_semihosting`, `resilient_write_uart`, `resilient_write_nothing` |
//! | `__resilient_exit` | `resilient_exit_semihosting`, `resilient_exit_reset`, `resilient_exit_halt` |
//! | `__resilient_exit_after_fault` | the same |
//!
//! Those that a board does not use are not in its images. `docs/firmware.md` describes the whole.

mod console;
mod end;
mod memory;
mod semihosting;
mod start;
mod trap;

use core::ptr::NonNull;

use crate::heap;
pub(crate) use console::{Stream, write_text};

unsafe extern "C" {
    fn __resilient_exit(status: i32) -> !;
    fn __resilient_exit_after_fault(status: i32) -> !;
}

/// Ends the program as the board has it.
pub(crate) fn exit(status: i32) -> ! {
    // SAFETY: the linker binds the name to a function of this type.
    unsafe { __resilient_exit(status) }
}

/// Ends the program after a fault was reported, as the board has it.
pub(crate) fn exit_after_fault(status: i32) -> ! {
    // SAFETY: the linker binds the name to a function of this type.
    unsafe { __resilient_exit_after_fault(status) }
}

/// Whether [`monotonic_nanoseconds`] tells the time.
pub(crate) const HAS_CLOCK: bool = false;

/// There is no clock: no time ever passes.
pub(crate) fn monotonic_nanoseconds() -> u64 {
    0
}

/// Nor does anybody know the date.
pub(crate) fn realtime_nanoseconds() -> u64 {
    0
}

/// Memory that is never given back; it is part of the heap.
pub(crate) fn map(len: usize) -> Option<NonNull<u8>> {
    Some(heap::allocate(len))
}

/// More of it, with its content.
///
/// # Safety
/// It came from [`map`] or this function; only the new address is valid.
pub(crate) unsafe fn remap(start: *mut u8, old_len: usize, new_len: usize) -> Option<NonNull<u8>> {
    // SAFETY: by contract.
    NonNull::new(start).map(|start| unsafe { heap::reallocate(start, old_len, new_len) })
}

/// Nobody knows what is behind the console.
pub(crate) fn is_terminal(_: i32) -> bool {
    false
}

/// Without a clock nothing waits.
pub(crate) fn sleep_milliseconds(_: u64) {}

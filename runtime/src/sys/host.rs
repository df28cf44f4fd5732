//! What Linux tells a program about itself: process, environment, wall clock.

#[cfg(feature = "standalone")]
pub(crate) use executable::{remember_start, with_variable};

#[cfg(not(feature = "standalone"))]
pub(crate) use compiler::with_variable;

use super::cpu::{number, syscall};

const CLOCK_REALTIME: usize = 0;

/// The number of the process.
pub(crate) fn process_id() -> u32 {
    // SAFETY: it has no memory effects, and does not fail.
    unsafe { syscall(number::GETPID, [0; 6]) }.unwrap_or(0) as u32
}

/// Seconds and nanoseconds since 1970-01-01 UTC.
pub(crate) fn wall_clock() -> (i64, i64) {
    let mut now = super::Timespec { seconds: 0, nanoseconds: 0 };
    // SAFETY: the kernel writes one `struct timespec`. The clock exists on every system, so the call does not fail.
    let _ = unsafe { syscall(number::CLOCK_GETTIME, [CLOCK_REALTIME, &raw mut now as usize, 0, 0, 0, 0]) };
    (now.seconds, now.nanoseconds)
}

/// An executable finds its environment on the stack that the kernel made.
#[cfg(feature = "standalone")]
mod executable {
    use core::ptr;
    use core::sync::atomic::{AtomicPtr, Ordering};

    static START: AtomicPtr<usize> = AtomicPtr::new(ptr::null_mut());

    /// Notes what the stack pointer was at the start: it leads to the number of arguments, their addresses and null, and the
    /// addresses of the environment and null.
    pub(crate) fn remember_start(stack: *mut usize) {
        START.store(stack, Ordering::Relaxed);
    }

    /// How many bytes stand before the zero.
    ///
    /// # Safety
    /// There is a zero.
    unsafe fn length(text: *const u8) -> usize {
        let mut len = 0;
        // SAFETY: by contract. The compiler makes a call of `strlen` of plain reads, and executables have none.
        while unsafe { ptr::read_volatile(text.add(len)) } != 0 {
            len += 1;
        }
        len
    }

    /// What `use_it` makes of an environment variable, if there is one of that name.
    pub(crate) fn with_variable<R>(name: &[u8], use_it: impl FnOnce(&[u8]) -> R) -> Option<R> {
        let start = START.load(Ordering::Relaxed);
        if start.is_null() {
            return None;
        }
        // SAFETY: the kernel laid the stack out so, and nothing writes there.
        unsafe {
            let mut variable = start.add(*start + 2).cast::<*const u8>();
            while !(*variable).is_null() {
                let text = core::slice::from_raw_parts(*variable, length(*variable));
                if let Some(value) = text.strip_prefix(name).and_then(|rest| rest.strip_prefix(b"=")) {
                    return Some(use_it(value));
                }
                variable = variable.add(1);
            }
        }
        None
    }
}

/// In the compiler the environment is that of the compiler.
#[cfg(not(feature = "standalone"))]
mod compiler {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    /// What `use_it` makes of an environment variable, if there is one of that name.
    pub(crate) fn with_variable<R>(name: &[u8], use_it: impl FnOnce(&[u8]) -> R) -> Option<R> {
        std::env::var_os(OsStr::from_bytes(name)).map(|value| use_it(value.as_bytes()))
    }
}

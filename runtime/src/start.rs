//! How an executable begins and ends: stack, handler for its overflow, program, flush, exit.

use crate::{fault, live, output, stack, sys};
use core::ffi::{CStr, c_void};

/// The size to begin with; a limit on address space may allow only less.
const STACK_SIZE: usize = 256 << 20;
const SMALLEST_STACK_SIZE: usize = 64 << 10;

unsafe extern "C" {
    fn resilient_program() -> i64;
}

/// Called by the entry point on the stack the kernel provided, with its pointer as it was: there are the number of
/// arguments, their addresses, null, and the addresses of the environment's settings, null.
///
/// # Safety
/// It is that pointer.
pub(crate) unsafe extern "C" fn start(given: *mut usize) -> ! {
    sys::remember_start(given);
    // SAFETY: by contract.
    if unsafe { is_set(given, c"RESILIENT_LIVE_LOG=1") } {
        live::configure(live::Settings { log: true, ..Default::default() });
    }
    let mut size = STACK_SIZE;
    let stack = loop {
        match stack::Stack::map(size) {
            Some(stack) => break stack,
            None if size > SMALLEST_STACK_SIZE => size /= 2,
            None => fault::report_at(None, "cannot allocate a stack for the program"),
        }
    };
    stack.guard_forever();
    // SAFETY: a fresh stack; the function does not return, let alone unwind.
    unsafe { sys::call_on_stack(core::ptr::null_mut(), run, stack.top()) };
    sys::exit(0)
}

/// Whether the environment has exactly this setting.
///
/// # Safety
/// As for [`start`].
unsafe fn is_set(given: *const usize, setting: &CStr) -> bool {
    // SAFETY: by contract; the settings are texts that end in zero.
    unsafe {
        let mut next = given.add(*given + 2).cast::<*const u8>();
        while !(*next).is_null() {
            // A text that ends before differs in its zero, behind which nothing is read.
            let text = *next;
            if setting.to_bytes_with_nul().iter().enumerate().all(|(at, &byte)| *text.add(at) == byte) {
                return true;
            }
            next = next.add(1);
        }
    }
    false
}

unsafe extern "C" fn run(_: *mut c_void) {
    // SAFETY: the compiler defines this symbol, with this type, in every program.
    let status = unsafe { resilient_program() };
    output::exit(status)
}

/// The runtime has no reachable panic; this keeps a mistake from going unnoticed.
#[cfg(not(test))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    fault::report_at(None, "internal error in the runtime")
}

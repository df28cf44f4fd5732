//! How an executable begins and ends: stack, handler for its overflow, program, flush, exit.

use crate::{fault, output, stack, sys};
use core::ffi::c_void;

/// The size to begin with; a limit on address space may allow only less.
const STACK_SIZE: usize = 256 << 20;
const SMALLEST_STACK_SIZE: usize = 64 << 10;

unsafe extern "C" {
    fn resilient_program() -> i64;
}

/// Called by the entry point on the stack the kernel provided, with what the stack pointer was.
pub(crate) extern "C" fn start(stack: *mut usize) -> ! {
    sys::remember_start(stack);
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

//! Ways to end a program.

use core::arch::asm;

use super::semihosting::{ADP_STOPPED_APPLICATION_EXIT, SYS_EXIT_EXTENDED, request};

/// Application interrupt and reset control register.
const AIRCR: *mut u32 = 0xe000_ed0c as *mut u32;
/// The key that makes a write count, and the request for a reset.
const SYSRESETREQ: u32 = 0x05fa_0004;

/// Tells the host the exit status.
#[unsafe(no_mangle)]
extern "C" fn resilient_exit_semihosting(status: i32) -> ! {
    let parameters = [ADP_STOPPED_APPLICATION_EXIT, status as usize];
    loop {
        // SAFETY: reason and status. It does not come back.
        unsafe { request(SYS_EXIT_EXTENDED, parameters.as_ptr()) };
    }
}

/// Resets the processor: the program starts again.
#[unsafe(no_mangle)]
extern "C" fn resilient_exit_reset(_: i32) -> ! {
    loop {
        // SAFETY: the register exists on every Cortex-M; the barrier completes what was written before.
        unsafe {
            asm!("dsb", options(nostack, preserves_flags));
            AIRCR.write_volatile(SYSRESETREQ);
        }
    }
}

/// Parks the processor with interrupts off.
#[unsafe(no_mangle)]
extern "C" fn resilient_exit_halt(_: i32) -> ! {
    // SAFETY: nothing of the program runs after this.
    unsafe { asm!("cpsid i", "2:", "wfi", "b 2b", options(noreturn)) }
}

//! Linux on 64-bit Arm: how the kernel is called, the switch of stacks, the entry point.

use super::Errno;
use core::arch::{asm, naked_asm};
use core::ffi::c_void;

/// Numbers of system calls (`asm-generic/unistd.h`).
pub(super) mod number {
    pub(crate) const IOCTL: usize = 29;
    pub(crate) const WRITE: usize = 64;
    pub(crate) const WRITEV: usize = 66;
    pub(crate) const PPOLL: usize = 73;
    pub(crate) const EXIT_GROUP: usize = 94;
    pub(crate) const NANOSLEEP: usize = 101;
    pub(crate) const CLOCK_GETTIME: usize = 113;
    pub(crate) const KILL: usize = 129;
    pub(crate) const SIGALTSTACK: usize = 132;
    pub(crate) const RT_SIGACTION: usize = 134;
    pub(crate) const GETPID: usize = 172;
    pub(crate) const MUNMAP: usize = 215;
    pub(crate) const MREMAP: usize = 216;
    pub(crate) const MMAP: usize = 222;
    pub(crate) const MPROTECT: usize = 226;
}

/// A system call with up to six arguments; unused ones are zero.
///
/// # Safety
/// The arguments must be right for the call, memory they point to included.
#[inline(always)]
pub(super) unsafe fn syscall(number: usize, args: [usize; 6]) -> Result<usize, Errno> {
    let result: isize;
    // SAFETY: the kernel keeps all registers but x0; memory effects are the caller's promise.
    unsafe {
        asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") args[0] => result,
            in("x1") args[1], in("x2") args[2], in("x3") args[3], in("x4") args[4], in("x5") args[5],
            options(nostack),
        );
    }
    if (-4095..0).contains(&result) { Err(Errno(-result as i32)) } else { Ok(result as usize) }
}

/// Where a signal handler returns to: `rt_sigreturn`, which restores the interrupted state.
#[unsafe(naked)]
pub(super) extern "C" fn restore_signal_frame() {
    naked_asm!("mov x8, 139", "svc 0")
}

/// Calls `function(argument)` with the stack pointer at `top`, and comes back to this stack.
///
/// # Safety
/// `top` is the 16-byte aligned upper end of memory that nobody else uses and that is large enough; `function` must not
/// unwind.
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn call_on_stack(
    argument: *mut c_void,
    function: unsafe extern "C" fn(*mut c_void),
    top: *mut u8,
) {
    // The frame is described by x29, so that debuggers and backtraces walk across the switch.
    naked_asm!(
        ".cfi_startproc",
        "stp x29, x30, [sp, -16]!",
        ".cfi_def_cfa_offset 16",
        ".cfi_offset x29, -16",
        ".cfi_offset x30, -8",
        "mov x29, sp",
        ".cfi_def_cfa_register x29",
        "mov sp, x2",
        "blr x1",
        "mov sp, x29",
        "ldp x29, x30, [sp], 16",
        ".cfi_def_cfa sp, 0",
        "ret",
        ".cfi_endproc",
    )
}

/// Where the kernel starts an executable. Its stack pointer leads to the arguments and the environment.
#[cfg(feature = "standalone")]
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!("mov x29, xzr", "mov x30, xzr", "mov x0, sp", "bl {start}", "brk 1", start = sym crate::start::start)
}

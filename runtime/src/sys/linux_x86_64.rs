//! Linux on x86-64: how the kernel is called, the switch of stacks, the entry point.

use super::Errno;
use core::arch::{asm, naked_asm};
use core::ffi::c_void;

/// Numbers of system calls (`asm/unistd_64.h`).
pub(super) mod number {
    pub(crate) const WRITE: usize = 1;
    pub(crate) const MMAP: usize = 9;
    pub(crate) const MPROTECT: usize = 10;
    pub(crate) const MUNMAP: usize = 11;
    pub(crate) const RT_SIGACTION: usize = 13;
    pub(crate) const IOCTL: usize = 16;
    pub(crate) const WRITEV: usize = 20;
    pub(crate) const MREMAP: usize = 25;
    pub(crate) const NANOSLEEP: usize = 35;
    pub(crate) const GETPID: usize = 39;
    pub(crate) const KILL: usize = 62;
    pub(crate) const SIGALTSTACK: usize = 131;
    pub(crate) const CLOCK_GETTIME: usize = 228;
    pub(crate) const EXIT_GROUP: usize = 231;
    pub(crate) const PPOLL: usize = 271;
}

/// A system call with up to six arguments; unused ones are zero.
///
/// # Safety
/// The arguments must be right for the call, memory they point to included.
#[inline(always)]
pub(super) unsafe fn syscall(number: usize, args: [usize; 6]) -> Result<usize, Errno> {
    let result: isize;
    // SAFETY: the kernel keeps all registers but rax, rcx and r11; memory effects are the caller's promise.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number => result,
            in("rdi") args[0], in("rsi") args[1], in("rdx") args[2],
            in("r10") args[3], in("r8") args[4], in("r9") args[5],
            lateout("rcx") _, lateout("r11") _,
            options(nostack),
        );
    }
    if (-4095..0).contains(&result) { Err(Errno(-result as i32)) } else { Ok(result as usize) }
}

/// Where a signal handler returns to: `rt_sigreturn`, which restores the interrupted state.
#[unsafe(naked)]
pub(super) extern "C" fn restore_signal_frame() {
    naked_asm!("mov eax, 15", "syscall")
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
    // The frame is described by rbp, so that debuggers and backtraces walk across the switch.
    naked_asm!(
        ".cfi_startproc",
        "push rbp",
        ".cfi_def_cfa_offset 16",
        ".cfi_offset rbp, -16",
        "mov rbp, rsp",
        ".cfi_def_cfa_register rbp",
        "mov rsp, rdx",
        "call rsi",
        "mov rsp, rbp",
        "pop rbp",
        ".cfi_def_cfa rsp, 8",
        "ret",
        ".cfi_endproc",
    )
}

/// Where the kernel starts an executable. Its stack pointer leads to the arguments and the environment.
#[cfg(feature = "standalone")]
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    naked_asm!("xor ebp, ebp", "mov rdi, rsp", "and rsp, -16", "call {start}", "ud2", start = sym crate::start::start)
}

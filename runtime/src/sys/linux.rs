//! Linux: system calls, memory, signals. What differs between processors is in a file for each.
//!
//! Structures are those of the kernel's stable interface, not of any C library.

use super::{Errno, IoSlice};
use core::ffi::c_void;
use core::ptr::NonNull;

#[cfg(target_arch = "aarch64")]
#[path = "linux_aarch64.rs"]
mod cpu;
#[cfg(target_arch = "x86_64")]
#[path = "linux_x86_64.rs"]
mod cpu;

#[path = "files.rs"]
mod files;
#[path = "host.rs"]
mod host;
#[path = "reasons.rs"]
mod reasons;

pub(crate) use files::*;
pub(crate) use host::*;
pub(crate) use reasons::reason;

pub(crate) use cpu::call_on_stack;
use cpu::{number, restore_signal_frame, syscall};

/// Whether [`monotonic_nanoseconds`] tells the time.
pub(crate) const HAS_CLOCK: bool = true;

const CLOCK_REALTIME: usize = 0;
const CLOCK_MONOTONIC: usize = 1;

const PROT_NONE: usize = 0;
const PROT_READ_WRITE: usize = 3;
const MAP_PRIVATE_ANONYMOUS: usize = 0x22;
const MAP_NORESERVE: usize = 0x4000;
const MAP_STACK: usize = 0x20000;
const MREMAP_MAYMOVE: usize = 1;
const TCGETS: usize = 0x5401;
const POLLOUT: u16 = 4;

const SIGSEGV: usize = 11;
const SIGPIPE: usize = 13;
const SA_SIGINFO: usize = 4;
const SA_ONSTACK: usize = 0x0800_0000;
const SA_RESTORER: usize = 0x0400_0000;

/// Writes some of `bytes`; gives how many.
pub(crate) fn write(fd: i32, bytes: &[u8]) -> Result<usize, Errno> {
    // SAFETY: the kernel only reads `bytes`.
    unsafe { syscall(number::WRITE, [fd as usize, bytes.as_ptr() as usize, bytes.len(), 0, 0, 0]) }
}

/// Writes some of the pieces together; gives how many bytes.
///
/// # Safety
/// The pieces must still be alive.
pub(crate) unsafe fn write_gathered(fd: i32, pieces: &[IoSlice]) -> Result<usize, Errno> {
    // SAFETY: `IoSlice` has the layout of `struct iovec`; the kernel only reads the pieces, alive by contract.
    unsafe { syscall(number::WRITEV, [fd as usize, pieces.as_ptr() as usize, pieces.len(), 0, 0, 0]) }
}

/// Waits until a non-blocking descriptor takes data again.
pub(crate) fn wait_writable(fd: i32) {
    #[repr(C)]
    struct PollFd {
        fd: i32,
        events: u16,
        revents: u16,
    }
    let mut poll = PollFd { fd, events: POLLOUT, revents: 0 };
    // SAFETY: one `struct pollfd`, alive during the call; neither a timeout nor a signal mask.
    // An error needs no care: the caller writes again and meets it there.
    let _ = unsafe { syscall(number::PPOLL, [&raw mut poll as usize, 1, 0, 0, 0, 0]) };
}

/// `struct timespec`
#[repr(C)]
struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

/// Time since some point that stays the same while the system runs.
pub(crate) fn monotonic_nanoseconds() -> u64 {
    nanoseconds(CLOCK_MONOTONIC)
}

/// Time since 1970.
pub(crate) fn realtime_nanoseconds() -> u64 {
    nanoseconds(CLOCK_REALTIME)
}

fn nanoseconds(clock: usize) -> u64 {
    let mut now = Timespec { seconds: 0, nanoseconds: 0 };
    // SAFETY: the kernel writes one `struct timespec`. Both clocks exist on every system, so the call does not fail.
    let _ = unsafe { syscall(number::CLOCK_GETTIME, [clock, &raw mut now as usize, 0, 0, 0, 0]) };
    now.seconds as u64 * 1_000_000_000 + now.nanoseconds as u64
}

/// Waits that long.
pub(crate) fn sleep_milliseconds(ms: u64) {
    let seconds = i64::try_from(ms / 1000).unwrap_or(i64::MAX);
    let mut left = Timespec { seconds, nanoseconds: (ms % 1000) as i64 * 1_000_000 };
    // SAFETY: the kernel reads the time, and where a signal interrupts the wait it writes what is left to the same place.
    while let Err(Errno::EINTR) = unsafe {
        let time = &raw mut left as usize;
        syscall(number::NANOSLEEP, [time, time, 0, 0, 0, 0])
    } {}
}

/// Whether the descriptor is a terminal.
pub(crate) fn is_terminal(fd: i32) -> bool {
    // `struct termios` of the kernel has 36 bytes.
    let mut termios = [0_u64; 8];
    // SAFETY: the kernel writes the structure into a buffer that is large enough.
    unsafe { syscall(number::IOCTL, [fd as usize, TCGETS, termios.as_mut_ptr() as usize, 0, 0, 0]) }.is_ok()
}

fn map_flags(len: usize, flags: usize) -> Option<NonNull<u8>> {
    let flags = MAP_PRIVATE_ANONYMOUS | flags;
    // SAFETY: a new private mapping wherever the kernel likes touches nothing that exists.
    let start = unsafe { syscall(number::MMAP, [0, len, PROT_READ_WRITE, flags, -1_isize as usize, 0]) }.ok()?;
    NonNull::new(start as *mut u8)
}

/// `len` bytes of zeroed memory in pages of their own; `None` if there is no more.
pub(crate) fn map(len: usize) -> Option<NonNull<u8>> {
    map_flags(len, 0)
}

/// As [`map`], for a stack: no swap space is set aside, and since Linux 6.7 no huge pages are used, whose clearing would
/// take longer than the whole start of a program.
pub(crate) fn map_stack(len: usize) -> Option<NonNull<u8>> {
    map_flags(len, MAP_NORESERVE | MAP_STACK)
}

/// Forbids all access to the pages.
///
/// # Safety
/// The pages belong to the caller and nothing uses them.
pub(crate) unsafe fn protect(start: *mut u8, len: usize) -> Result<(), Errno> {
    // SAFETY: by contract.
    unsafe { syscall(number::MPROTECT, [start as usize, len, PROT_NONE, 0, 0, 0]) }.map(|_| ())
}

/// Gives pages back.
///
/// # Safety
/// They came from [`map`], [`map_stack`] or [`remap`], and nothing uses them any more.
pub(crate) unsafe fn unmap(start: *mut u8, len: usize) {
    // SAFETY: by contract. It cannot fail for a whole mapping.
    let _ = unsafe { syscall(number::MUNMAP, [start as usize, len, 0, 0, 0, 0]) };
}

/// Changes the size of a mapping, moving it if need be.
///
/// # Safety
/// As for [`unmap`]; on success only the new address is valid.
pub(crate) unsafe fn remap(start: *mut u8, old_len: usize, new_len: usize) -> Option<NonNull<u8>> {
    // SAFETY: by contract.
    let new = unsafe { syscall(number::MREMAP, [start as usize, old_len, new_len, MREMAP_MAYMOVE, 0, 0]) }.ok()?;
    NonNull::new(new as *mut u8)
}

/// Ends the process.
pub(crate) fn exit(status: i32) -> ! {
    loop {
        // SAFETY: it has no memory effects; it does not return.
        let _ = unsafe { syscall(number::EXIT_GROUP, [status as usize, 0, 0, 0, 0, 0]) };
    }
}

/// Ends the process after a fault was reported.
pub(crate) fn exit_after_fault(status: i32) -> ! {
    exit(status)
}

/// Ends the process the way a write to a closed pipe does by default, whatever the inherited setting.
pub(crate) fn die_of_broken_pipe() -> ! {
    let default =
        SigAction { handler: 0, flags: SA_RESTORER, restorer: restore_signal_frame as *const () as usize, mask: 0 };
    // SAFETY: the default action runs no code of ours.
    unsafe {
        let _ = set_action(SIGPIPE, &default);
        if let Ok(pid) = syscall(number::GETPID, [0; 6]) {
            let _ = syscall(number::KILL, [pid, SIGPIPE, 0, 0, 0, 0]);
        }
    }
    // Only reached where the signal is blocked.
    exit(128 + SIGPIPE as i32)
}

/// The kernel's `struct sigaction`.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct SigAction {
    handler: usize,
    flags: usize,
    restorer: usize,
    mask: u64,
}

/// The first fields of `siginfo_t` for a memory fault.
#[repr(C)]
pub(crate) struct SigInfo {
    signal: i32,
    errno: i32,
    code: i32,
    padding: i32,
    address: usize,
}

impl SigInfo {
    /// The address whose access failed.
    pub(crate) fn address(&self) -> usize {
        self.address
    }
}

/// A handler of memory faults: signal, description, processor state.
pub(crate) type MemoryFaultHandler = extern "C" fn(i32, *const SigInfo, *mut c_void);

/// # Safety
/// The action's handler must be a signal handler or 0.
unsafe fn set_action(signal: usize, action: &SigAction) -> Result<SigAction, Errno> {
    let mut old = SigAction { handler: 0, flags: 0, restorer: 0, mask: 0 };
    // SAFETY: both structures are alive; the size of the mask is that of the kernel's `sigset_t`.
    unsafe {
        syscall(
            number::RT_SIGACTION,
            [signal, &raw const *action as usize, &raw mut old as usize, size_of::<u64>(), 0, 0],
        )?;
    }
    Ok(old)
}

/// Installs `handler` for memory faults, on the alternate stack; gives the action in force before. Linux reports an
/// overflown stack as `SIGSEGV`, never as `SIGBUS`.
///
/// # Safety
/// The handler must do only what a signal handler may do.
pub(crate) unsafe fn handle_memory_faults(handler: MemoryFaultHandler) -> Result<SigAction, Errno> {
    let action = SigAction {
        handler: handler as usize,
        flags: SA_SIGINFO | SA_ONSTACK | SA_RESTORER,
        restorer: restore_signal_frame as *const () as usize,
        mask: 0,
    };
    // SAFETY: by contract.
    unsafe { set_action(SIGSEGV, &action) }
}

/// Puts an action for memory faults in force; without one, the default.
///
/// # Safety
/// The action must be one that was in force before.
pub(crate) unsafe fn restore_memory_faults(action: Option<SigAction>) {
    let action = action.unwrap_or(SigAction {
        handler: 0,
        flags: SA_RESTORER,
        restorer: restore_signal_frame as *const () as usize,
        mask: 0,
    });
    // SAFETY: by contract.
    let _ = unsafe { set_action(SIGSEGV, &action) };
}

/// `stack_t`: the alternate stack of a thread.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct SignalStack {
    start: *mut u8,
    flags: i32,
    len: usize,
}

/// Makes signal handlers of this thread run on the given memory; gives the setting before.
///
/// # Safety
/// The memory must stay valid and otherwise unused as long as the setting.
pub(crate) unsafe fn set_signal_stack(start: *mut u8, len: usize) -> Option<SignalStack> {
    // SAFETY: by contract.
    unsafe { swap_signal_stack(&SignalStack { start, flags: 0, len }) }
}

/// Puts an earlier setting in force.
///
/// # Safety
/// Its memory, if any, must still be valid.
#[cfg(not(feature = "standalone"))]
pub(crate) unsafe fn restore_signal_stack(old: &SignalStack) {
    // SAFETY: by contract.
    let _ = unsafe { swap_signal_stack(old) };
}

/// # Safety
/// As for [`set_signal_stack`].
unsafe fn swap_signal_stack(new: &SignalStack) -> Option<SignalStack> {
    let mut old = SignalStack { start: core::ptr::null_mut(), flags: 0, len: 0 };
    // SAFETY: both structures are alive during the call; the memory is the caller's promise.
    unsafe { syscall(number::SIGALTSTACK, [&raw const *new as usize, &raw mut old as usize, 0, 0, 0, 0]) }.ok()?;
    Some(old)
}

//! Requests to the debugger or emulator that the processor runs under, see Arm's "Semihosting for AArch32 and AArch64".

use core::arch::asm;

/// Opens a file of the host: address of its name, mode, length of the name. Gives a handle.
pub(super) const SYS_OPEN: usize = 0x01;
/// Writes to a file: handle, address, length. Gives how many bytes were not written.
pub(super) const SYS_WRITE: usize = 0x05;
/// Ends the program: reason, status.
pub(super) const SYS_EXIT_EXTENDED: usize = 0x20;
/// The reason of a program that ends by itself.
pub(super) const ADP_STOPPED_APPLICATION_EXIT: usize = 0x20026;

/// Makes a request; its parameters are a block of words. Without a host this is a hardware fault.
///
/// # Safety
/// The parameters must be those of the request.
pub(super) unsafe fn request(number: usize, parameters: *const usize) -> usize {
    let mut result = number;
    // SAFETY: the host only reads what the parameters name.
    unsafe { asm!("bkpt 0xab", inout("r0") result, in("r1") parameters, options(nostack, preserves_flags)) };
    result
}

//! Text output: to the host by semihosting, to a serial port, or nowhere.
//!
//! Nothing is buffered. A host may tell output and errors apart; a serial port does not.

use core::cell::Cell;

use super::semihosting::{SYS_OPEN, SYS_WRITE, request};

/// Where text belongs.
#[derive(Clone, Copy)]
#[repr(usize)]
pub(crate) enum Stream {
    /// What the program prints.
    Output = 0,
    /// Reports of faults.
    Error = 1,
}

unsafe extern "C" {
    fn __resilient_write(stream: Stream, start: *const u8, len: usize);
}

/// Writes text; there is nobody to tell about a failure.
pub(crate) fn write_text(stream: Stream, text: &str) {
    // SAFETY: the linker binds the name to one of the functions below.
    unsafe { __resilient_write(stream, text.as_ptr(), text.len()) };
}

/// Handles of the host's console, 0 as long as it was not opened.
struct Handles([Cell<usize>; 2]);

// SAFETY: the program has one thread. An interrupt handler does not print; a fault that it ends with may open the console
// twice, which is harmless.
unsafe impl Sync for Handles {}

static HANDLES: Handles = Handles([const { Cell::new(0) }; 2]);

/// Writes to the console of the host.
///
/// # Safety
/// `len` bytes at `start` are valid.
#[unsafe(no_mangle)]
unsafe extern "C" fn resilient_write_semihosting(stream: Stream, start: *const u8, len: usize) {
    static CONSOLE: [u8; 4] = *b":tt\0";
    let handle = &HANDLES.0[stream as usize];
    if handle.get() == 0 {
        // Mode 4 is to write, 8 to append: so hosts that can tell output and errors apart are asked for either.
        let parameters = [CONSOLE.as_ptr() as usize, 4 + 4 * stream as usize, CONSOLE.len() - 1];
        // SAFETY: name, mode, length.
        handle.set(unsafe { request(SYS_OPEN, parameters.as_ptr()) });
    }
    let parameters = [handle.get(), start as usize, len];
    // SAFETY: handle, start, length.
    unsafe { request(SYS_WRITE, parameters.as_ptr()) };
}

unsafe extern "C" {
    /// The address where a byte is sent.
    static __uart_data: u8;
    /// The address of the word that tells whether another byte may be sent.
    static __uart_status: u8;
    /// Not an address but the bits of that word that count.
    static __uart_mask: u8;
    /// Not an address but the value of these bits when a byte may be sent.
    static __uart_ready: u8;
}

/// Writes to the board's serial port.
///
/// # Safety
/// `len` bytes at `start` are valid.
#[unsafe(no_mangle)]
unsafe extern "C" fn resilient_write_uart(_: Stream, start: *const u8, len: usize) {
    let [mask, ready] = [&raw const __uart_mask, &raw const __uart_ready].map(|symbol| symbol as usize as u32);
    for n in 0..len {
        // SAFETY: the description of the board says that these are registers, and the byte is in range.
        unsafe {
            while (&raw const __uart_status).cast::<u32>().read_volatile() & mask != ready {}
            (&raw const __uart_data).cast_mut().cast::<u32>().write_volatile(u32::from(start.add(n).read()));
        }
    }
}

/// Writes nothing: the board has no console.
#[unsafe(no_mangle)]
extern "C" fn resilient_write_nothing(_: Stream, _: *const u8, _: usize) {}

//! Standard output.
//!
//! Text collects in a buffer and goes out when the buffer is full, when the program asks for it, before a fault report
//! and at the end; on a terminal also at the end of each line. Whether there is a terminal is asked once, at the first
//! line feed. Text that is larger than the buffer is not copied into it.
//!
//! When the system refuses to take the text the program ends: it must not believe to have said what nobody heard. A pipe
//! without reader ends the program by `SIGPIPE`, silently.

use crate::sys::{self, Errno};
use crate::{fault, state};
use core::cell::Cell;

const STDOUT: i32 = 1;
/// Large enough that system calls do not count, small enough to stay in the caches.
const BUFFER_SIZE: usize = 16 << 10;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Terminal {
    Unknown,
    No,
    Yes,
}

/// Pending text. At any moment, also for a signal handler, `sent..end` in the buffer is what was not written yet.
pub(crate) struct Output {
    sent: Cell<usize>,
    end: Cell<usize>,
    terminal: Cell<Terminal>,
    buffer: Buffer,
}

#[cfg(feature = "standalone")]
struct Buffer(core::cell::UnsafeCell<[core::mem::MaybeUninit<u8>; BUFFER_SIZE]>);

#[cfg(feature = "standalone")]
impl Buffer {
    const fn new() -> Buffer {
        Buffer(core::cell::UnsafeCell::new([core::mem::MaybeUninit::zeroed(); BUFFER_SIZE]))
    }

    fn start(&self) -> *mut u8 {
        self.0.get().cast()
    }
}

/// In the compiler the buffer is allocated at first use: most of its threads never print.
#[cfg(not(feature = "standalone"))]
struct Buffer(Cell<*mut u8>);

#[cfg(not(feature = "standalone"))]
impl Buffer {
    const fn new() -> Buffer {
        Buffer(Cell::new(core::ptr::null_mut()))
    }

    fn start(&self) -> *mut u8 {
        if self.0.get().is_null() {
            let Some(buffer) = sys::map(BUFFER_SIZE) else { fault::report_at(None, fault::OUT_OF_MEMORY) };
            self.0.set(buffer.as_ptr());
        }
        self.0.get()
    }
}

impl Output {
    pub(crate) const fn new() -> Output {
        Output { sent: Cell::new(0), end: Cell::new(0), terminal: Cell::new(Terminal::Unknown), buffer: Buffer::new() }
    }

    #[inline]
    fn write(&self, text: &[u8]) {
        if text.len() > BUFFER_SIZE - self.end.get() {
            self.flush();
            if text.len() >= BUFFER_SIZE {
                return write_directly(text);
            }
        }
        let end = self.end.get();
        // SAFETY: the text fits between `end` and the end of the buffer, which is no part of any string.
        unsafe { core::ptr::copy_nonoverlapping(text.as_ptr(), self.buffer.start().add(end), text.len()) };
        self.end.set(end + text.len());
    }

    fn flush(&self) {
        while self.sent.get() < self.end.get() {
            let (sent, end) = (self.sent.get(), self.end.get());
            // SAFETY: these bytes of the buffer have been written.
            let pending = unsafe { core::slice::from_raw_parts(self.buffer.start().add(sent), end - sent) };
            // Before a report of a failure there is nothing left to flush, or it would fail again.
            let written = write_some(pending, || self.reset());
            self.sent.set(sent + written);
        }
        self.reset();
    }

    fn reset(&self) {
        self.end.set(0);
        self.sent.set(0);
    }

    fn end_line(&self) {
        self.write(b"\n");
        if self.terminal.get() == Terminal::Unknown {
            self.terminal.set(if sys::is_terminal(STDOUT) { Terminal::Yes } else { Terminal::No });
        }
        if self.terminal.get() == Terminal::Yes {
            self.flush();
        }
    }
}

fn write_directly(mut text: &[u8]) {
    while !text.is_empty() {
        let written = write_some(text, || ());
        text = text.get(written..).unwrap_or(&[]);
    }
}

/// Writes some bytes, at least one. Other outcomes end the program, after `give_up`.
fn write_some(bytes: &[u8], give_up: impl Fn()) -> usize {
    loop {
        match sys::write(STDOUT, bytes) {
            Ok(written) if written > 0 => return written,
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => sys::wait_writable(STDOUT),
            Err(Errno::EPIPE) => sys::die_of_broken_pipe(),
            Ok(_) => {
                give_up();
                fault::report_write_error(Errno::EIO)
            }
            Err(errno) => {
                give_up();
                fault::report_write_error(errno)
            }
        }
    }
}

/// Writes text.
#[inline]
pub fn write(text: &str) {
    state::with(|state| state.output.write(text.as_bytes()));
}

/// Writes a line feed; a terminal sees the line at once.
pub fn end_line() {
    state::with(|state| state.output.end_line());
}

/// Hands all text to the operating system.
pub fn flush() {
    state::with(|state| state.output.flush());
}

/// Ends the program with the low eight bits of `status`, after a flush.
pub fn exit(status: i64) -> ! {
    flush();
    sys::exit((status & 0xff) as i32)
}

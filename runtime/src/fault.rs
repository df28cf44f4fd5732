//! Texts and reports of faults.
//!
//! A report goes to standard error in one write: `Error: FILE:LINE:COL: Runtime error: MESSAGE`, without the position
//! where a fault has none. Standard output is flushed first; the exit status is 1. Reporting never allocates, so that it
//! works when memory or stack have run out. A message that has to be put together is a [`FaultText`], made before.

use crate::number::IntText;
use crate::string::Str;
use crate::sys;
#[cfg(not(target_os = "none"))]
use crate::sys::{Errno, IoSlice};
use crate::{abi, output, trace};

/// Integer division by zero.
pub const DIVISION_BY_ZERO: &str = "Division by zero";
/// Integer remainder by zero.
pub const MODULO_BY_ZERO: &str = "Modulo by zero";
/// The stack is exhausted; has no position.
pub const STACK_OVERFLOW: &str = "stack overflow";
/// The memory is exhausted; has no position.
pub const OUT_OF_MEMORY: &str = "out of memory";
/// Begins the message of a bad shift amount, see [`shift_fault`](crate::number::shift_fault).
pub(crate) const SHIFT_AMOUNT: &str = "shift amount out of range: ";

/// The exit status of a program that ended with a fault.
pub const FAULT_STATUS: i32 = 1;

/// The message of a fault that did not happen yet: the caller decides where it belongs, and whether it ends the program.
#[derive(Debug)]
pub struct FaultText(Str);

impl FaultText {
    /// The message made of these parts.
    #[cold]
    pub fn new(parts: &[&str]) -> FaultText {
        let mut text = Str::with_capacity(parts.iter().map(|part| part.len()).sum());
        for part in parts {
            text.push_str(part);
        }
        FaultText(text)
    }

    /// The message.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The message as a string object.
    pub fn into_str(self) -> Str {
        self.0
    }
}

impl From<Str> for FaultText {
    fn from(message: Str) -> FaultText {
        FaultText(message)
    }
}

/// Where a fault stands.
#[derive(Clone, Copy, Debug)]
pub struct Position<'a> {
    /// The file as shown to the user.
    pub file: &'a str,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub col: u32,
}

/// Reports the fault at the site (null: without position) and ends the program.
///
/// # Safety
/// The site must be null or valid, its file name included.
#[cold]
pub unsafe fn report(site: *const abi::Site, message: &str) -> ! {
    // SAFETY: by contract.
    report_at(unsafe { position(site) }, message)
}

/// What the site says, none if it is null.
///
/// # Safety
/// The site must be null or valid for ever, its file name included.
pub(crate) unsafe fn position(site: *const abi::Site) -> Option<Position<'static>> {
    // SAFETY: by contract.
    let site = unsafe { site.as_ref() }?;
    // SAFETY: a valid site has a valid file name: a length and that many bytes of UTF-8.
    let file = unsafe {
        let name = site.file;
        core::slice::from_raw_parts((&raw const (*name).bytes).cast::<u8>(), (*name).len)
    };
    // SAFETY: as above.
    Some(Position { file: unsafe { core::str::from_utf8_unchecked(file) }, line: site.line, col: site.col })
}

/// Reports the fault and ends the program.
#[cold]
pub fn report_at(position: Option<Position<'_>>, message: &str) -> ! {
    output::flush();
    print_report(position, message);
    trace::report();
    sys::exit_after_fault(FAULT_STATUS)
}

/// Reports that standard output does not take any more text, and ends the program.
#[cfg(not(target_os = "none"))]
#[cold]
pub(crate) fn report_write_error(errno: Errno) -> ! {
    write_error(&["Error: Runtime error: cannot write to standard output: ", errno.reason(), "\n"]);
    sys::exit(FAULT_STATUS)
}

#[cold]
fn print_report(position: Option<Position<'_>>, message: &str) {
    let Some(Position { file, line, col }) = position else {
        return write_error(&["Error: Runtime error: ", message, "\n"]);
    };
    let (line, col) = (IntText::unsigned(line.into()), IntText::unsigned(col.into()));
    write_error(&["Error: ", file, ":", line.as_str(), ":", col.as_str(), ": Runtime error: ", message, "\n"]);
}

/// The most pieces a report has.
pub(crate) const MAX_PIECES: usize = 9;

/// Writes the pieces to standard error, in one system call if it takes them. There is nobody to tell about a failure.
#[cold]
pub(crate) fn write_error(pieces: &[&str]) {
    write_to(2, pieces);
}

/// Writes the pieces to the console, where there are no files.
#[cfg(target_os = "none")]
pub(crate) fn write_to(_: i32, pieces: &[&str]) {
    for piece in pieces {
        sys::write_text(sys::Stream::Error, piece);
    }
}

/// Writes the pieces to a file, as [`write_error`] does.
#[cfg(not(target_os = "none"))]
#[cold]
pub(crate) fn write_to(fd: i32, pieces: &[&str]) {
    let mut slices = [IoSlice::new(&[]); MAX_PIECES];
    let mut left = 0;
    for (slice, piece) in slices.iter_mut().zip(pieces) {
        *slice = IoSlice::new(piece.as_bytes());
        left += piece.len();
    }
    while left > 0 {
        // SAFETY: the slices are those of `pieces`, which live as long as this call.
        match unsafe { sys::write_gathered(fd, &slices) } {
            Ok(mut written) if written > 0 => {
                left = left.saturating_sub(written);
                for slice in &mut slices {
                    let step = written.min(slice.len());
                    slice.advance(step);
                    written -= step;
                }
            }
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => sys::wait_writable(fd),
            _ => return,
        }
    }
}

//! Standard output: what is written goes to the console of the board at once.

use crate::sys::{self, Stream};

/// Writes text.
#[inline]
pub fn write(text: &str) {
    sys::write_text(Stream::Output, text);
}

/// Writes a line feed.
pub fn end_line() {
    write("\n");
}

/// Nothing is ever held back.
#[inline(always)]
pub fn flush() {}

/// Ends the program with the low eight bits of `status`.
pub fn exit(status: i64) -> ! {
    sys::exit((status & 0xff) as i32)
}

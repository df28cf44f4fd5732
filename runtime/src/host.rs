//! What library functions ask of the operating system. The names are those of the entries.
//!
//! An operation that may fail leaves an error number, which [`host_error`] gives until the next one: 0 for success, a positive
//! number of the system, or [`NOT_TEXT`].

use crate::abi::StrHeader;
use crate::number::IntText;
use crate::string::Str;
use crate::sys::{Access, Errno, Metadata, OpenFile};
use crate::{fault, output, state, sys};
use core::cell::Cell;

/// The bytes are not UTF-8.
const NOT_TEXT: i64 = -1;
/// There is no such variable.
const ABSENT: i64 = -2;

/// What the functions remember.
pub(crate) struct Host {
    error: Cell<i64>,
    /// The monotonic clock when it was first asked.
    start: Cell<Option<u64>>,
    /// Bytes of standard input that were read and not yet given, and where they begin and end.
    input: Cell<[u8; INPUT_ROOM]>,
    given: Cell<(usize, usize)>,
}

const INPUT_ROOM: usize = 256;

impl Host {
    pub(crate) const fn new() -> Host {
        Host {
            error: Cell::new(0),
            start: Cell::new(None),
            input: Cell::new([0; INPUT_ROOM]),
            given: Cell::new((0, 0)),
        }
    }
}

fn note(error: i64) -> i64 {
    state::with(|state| state.host.error.set(error));
    error
}

fn note_result<T>(result: Result<T, Errno>) -> Option<T> {
    match result {
        Ok(value) => {
            note(0);
            Some(value)
        }
        Err(errno) => {
            note(i64::from(errno.0));
            None
        }
    }
}

/// The text of these bytes; without any, and with the error noted, if they are none.
fn text(bytes: &[u8]) -> Str {
    match core::str::from_utf8(bytes) {
        Ok(text) => Str::from_str(text),
        Err(_) => {
            note(NOT_TEXT);
            Str::empty()
        }
    }
}

/// # Safety
/// The pointer is to a string object.
unsafe fn borrowed(value: *const StrHeader) -> core::mem::ManuallyDrop<Str> {
    // SAFETY: by contract.
    unsafe { Str::borrow_raw(value) }
}

pub(crate) fn host_error() -> i64 {
    state::with(|state| state.host.error.get())
}

pub(crate) fn host_error_text(error: i64) -> *mut StrHeader {
    let reason = i32::try_from(error).map_or("Unknown error", sys::reason);
    let number = IntText::new(error);
    let parts = [reason, " (os error ", number.as_str(), ")"];
    parts.iter().fold(Str::empty(), |text, part| text.concat(&Str::from_str(part))).into_raw()
}

pub(crate) fn host_clock() -> i64 {
    let now = sys::monotonic_nanoseconds();
    let start = state::with(|state| state.host.start.get()).unwrap_or(now);
    state::with(|state| state.host.start.set(Some(start)));
    i64::try_from(now.saturating_sub(start)).unwrap_or(i64::MAX)
}

pub(crate) fn host_unix_seconds() -> i64 {
    sys::wall_clock().0.max(0)
}

pub(crate) fn host_unix_nanoseconds() -> i64 {
    let (seconds, nanoseconds) = sys::wall_clock();
    if seconds < 0 { 0 } else { seconds.saturating_mul(1_000_000_000).saturating_add(nanoseconds) }
}

pub(crate) fn host_sleep(milliseconds: i64) -> i64 {
    output::flush();
    sys::sleep_milliseconds(u64::try_from(milliseconds).unwrap_or(0));
    0
}

pub(crate) fn host_process_id() -> i64 {
    i64::from(sys::process_id())
}

pub(crate) fn host_working_directory() -> *mut StrHeader {
    note(0);
    match sys::with_working_directory(text) {
        Ok(path) => path,
        Err(errno) => {
            note(i64::from(errno.0));
            Str::empty()
        }
    }
    .into_raw()
}

pub(crate) unsafe fn host_variable(name: *const StrHeader) -> *mut StrHeader {
    // SAFETY: by contract.
    let name = unsafe { borrowed(name) };
    note(0);
    let name = name.as_str();
    // No variable has such a name.
    let value =
        if name.is_empty() || name.contains(['=', '\0']) { None } else { sys::with_variable(name.as_bytes(), text) };
    value
        .unwrap_or_else(|| {
            note(ABSENT);
            Str::empty()
        })
        .into_raw()
}

pub(crate) unsafe fn host_read_file(path: *const StrHeader) -> *mut StrHeader {
    // SAFETY: by contract.
    let path = unsafe { borrowed(path) };
    note_result(read_file(path.as_str())).unwrap_or_else(Str::empty).into_raw()
}

/// Reads all in pages of its own, since nobody knows the size before: that of a pipe has none, others may grow.
fn read_file(path: &str) -> Result<Str, Errno> {
    const OUT_OF_MEMORY: Errno = Errno(12);
    let file = OpenFile::open(path, Access::Read)?;
    let mut room = 1 << 16;
    let mut start = sys::map(room).ok_or(OUT_OF_MEMORY)?;
    let mut len = 0;
    let result = loop {
        // SAFETY: the mapping is ours, of `room` bytes, which are initialized.
        let bytes = unsafe { core::slice::from_raw_parts_mut(start.as_ptr(), room) };
        match file.read(bytes.get_mut(len..).unwrap_or_default()) {
            Ok(0) => break Ok(bytes.get(..len).unwrap_or_default()),
            Ok(n) => len += n,
            Err(errno) => break Err(errno),
        }
        if len == room {
            // SAFETY: the mapping is ours, and the slice is not used any more.
            match unsafe { sys::remap(start.as_ptr(), room, 2 * room) } {
                Some(moved) => (start, room) = (moved, 2 * room),
                None => break Err(OUT_OF_MEMORY),
            }
        }
    };
    let text = match result {
        Ok(bytes) => core::str::from_utf8(bytes).map(Str::from_str).map_err(|_| Errno(NOT_TEXT as i32)),
        Err(errno) => Err(errno),
    };
    // SAFETY: the mapping is ours, and nothing refers to it any more.
    unsafe { sys::unmap(start.as_ptr(), room) };
    text
}

pub(crate) unsafe fn host_write_file(path: *const StrHeader, content: *const StrHeader, appends: u8) -> i64 {
    // SAFETY: by contract.
    let (path, content) = unsafe { (borrowed(path), borrowed(content)) };
    let access = if appends != 0 { Access::Append } else { Access::Truncate };
    let written = OpenFile::open(path.as_str(), access).and_then(|file| file.write_all(content.as_str().as_bytes()));
    note_result(written);
    host_error()
}

pub(crate) unsafe fn host_remove_file(path: *const StrHeader) -> i64 {
    // SAFETY: by contract.
    let path = unsafe { borrowed(path) };
    note_result(sys::remove_file(path.as_str()));
    host_error()
}

/// 0 nothing, 1 a file, 2 a directory, 3 something else.
pub(crate) unsafe fn host_path_kind(path: *const StrHeader) -> i64 {
    // SAFETY: by contract.
    let path = unsafe { borrowed(path) };
    match note_result(Metadata::of(path.as_str())) {
        None => 0,
        Some(found) if found.is_file() => 1,
        Some(found) if found.is_dir() => 2,
        Some(_) => 3,
    }
}

pub(crate) unsafe fn host_path_size(path: *const StrHeader) -> i64 {
    // SAFETY: by contract.
    let path = unsafe { borrowed(path) };
    note_result(Metadata::of(path.as_str())).map_or(0, |found| found.size)
}

pub(crate) unsafe fn host_path_modified(path: *const StrHeader) -> i64 {
    // SAFETY: by contract.
    let path = unsafe { borrowed(path) };
    note_result(Metadata::of(path.as_str())).map_or(0, |found| found.modified)
}

pub(crate) unsafe fn host_write_error(message: *const StrHeader) -> i64 {
    // SAFETY: by contract.
    let message = unsafe { borrowed(message) };
    output::flush();
    fault::write_error(&[message.as_str()]);
    0
}

/// A line of standard input without LF or CR LF; nothing at the end.
pub(crate) fn host_read_line() -> *mut StrHeader {
    note(0);
    let mut line = Line::new();
    loop {
        match next_octet() {
            Ok(Some(b'\n')) => break line.finished(true),
            Ok(Some(octet)) => line.push(octet),
            Ok(None) => break line.finished(false),
            Err(errno) => {
                note(i64::from(errno.0));
                break Str::empty();
            }
        }
    }
    .into_raw()
}

/// The next byte of standard input.
fn next_octet() -> Result<Option<u8>, Errno> {
    let (mut start, mut end) = state::with(|state| state.host.given.get());
    let mut room = state::with(|state| state.host.input.get());
    if start == end {
        end = OpenFile::standard_input().read(&mut room)?;
        start = 0;
        state::with(|state| state.host.input.set(room));
    }
    let octet = if start < end { room.get(start).copied() } else { None };
    state::with(|state| state.host.given.set((start + usize::from(octet.is_some()), end)));
    Ok(octet)
}

/// A line as it is read: whole characters in a string, and the last bytes.
struct Line {
    text: Str,
    bytes: [u8; INPUT_ROOM],
    len: usize,
    is_text: bool,
}

impl Line {
    fn new() -> Line {
        Line { text: Str::empty(), bytes: [0; INPUT_ROOM], len: 0, is_text: true }
    }

    fn push(&mut self, octet: u8) {
        if self.len == INPUT_ROOM {
            self.spill();
        }
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = octet;
            self.len += 1;
        }
    }

    /// Moves whole characters to the text, but for the last four bytes, where one may have only begun.
    fn spill(&mut self) {
        let mut end = self.len.saturating_sub(4);
        while self.bytes.get(end).is_some_and(|octet| octet & 0xc0 == 0x80) {
            end += 1;
        }
        self.take(end);
    }

    /// Moves the first `end` bytes to the text.
    fn take(&mut self, end: usize) {
        let text = core::mem::replace(&mut self.text, Str::empty());
        let (whole, rest) = self.bytes.split_at_checked(end).unwrap_or_default();
        let mut kept = [0; INPUT_ROOM];
        for (place, octet) in kept.iter_mut().zip(rest) {
            *place = *octet;
        }
        match core::str::from_utf8(whole) {
            Ok(part) => self.text = text.concat(&Str::from_str(part)),
            Err(_) => self.is_text = false,
        }
        self.bytes = kept;
        self.len = self.len.saturating_sub(end);
    }

    fn finished(mut self, has_end: bool) -> Str {
        if has_end && self.bytes.get(self.len.wrapping_sub(1)) == Some(&b'\r') {
            self.len -= 1;
        }
        self.take(self.len);
        if !self.is_text {
            note(NOT_TEXT);
            return Str::empty();
        }
        self.text
    }
}

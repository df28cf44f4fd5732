//! What library functions ask of the operating system, where there is none: every operation that may fail does, with the
//! error number for functions that a system does not have; there are no variables, no clock, no process.

use crate::abi::StrHeader;
use crate::fault;
use crate::string::Str;

/// `ENOSYS`
const NOT_IMPLEMENTED: i64 = 38;

fn empty() -> *mut StrHeader {
    Str::empty().into_raw()
}

pub(crate) fn host_error() -> i64 {
    NOT_IMPLEMENTED
}

pub(crate) fn host_error_text(_: i64) -> *mut StrHeader {
    Str::from_str("Function not implemented (os error 38)").into_raw()
}

pub(crate) fn host_clock() -> i64 {
    0
}

pub(crate) fn host_unix_seconds() -> i64 {
    0
}

pub(crate) fn host_unix_nanoseconds() -> i64 {
    0
}

pub(crate) fn host_sleep(_: i64) -> i64 {
    0
}

pub(crate) fn host_process_id() -> i64 {
    0
}

pub(crate) fn host_working_directory() -> *mut StrHeader {
    empty()
}

pub(crate) unsafe fn host_variable(_: *const StrHeader) -> *mut StrHeader {
    empty()
}

pub(crate) unsafe fn host_read_file(_: *const StrHeader) -> *mut StrHeader {
    empty()
}

pub(crate) unsafe fn host_write_file(_: *const StrHeader, _: *const StrHeader, _: u8) -> i64 {
    NOT_IMPLEMENTED
}

pub(crate) unsafe fn host_remove_file(_: *const StrHeader) -> i64 {
    NOT_IMPLEMENTED
}

/// Nothing.
pub(crate) unsafe fn host_path_kind(_: *const StrHeader) -> i64 {
    0
}

pub(crate) unsafe fn host_path_size(_: *const StrHeader) -> i64 {
    0
}

pub(crate) unsafe fn host_path_modified(_: *const StrHeader) -> i64 {
    0
}

/// The console takes it.
pub(crate) unsafe fn host_write_error(message: *const StrHeader) -> i64 {
    // SAFETY: the pointer is to a string object.
    fault::write_error(&[unsafe { Str::borrow_raw(message) }.as_str()]);
    0
}

pub(crate) fn host_read_line() -> *mut StrHeader {
    empty()
}

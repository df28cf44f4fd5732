//! What all operating systems have in common: their error numbers, and gathered writes.

/// An error number of the operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Errno(pub(crate) i32);

impl Errno {
    pub(crate) const EPERM: Errno = Errno(1);
    pub(crate) const EINTR: Errno = Errno(4);
    pub(crate) const EIO: Errno = Errno(5);
    pub(crate) const EBADF: Errno = Errno(9);
    pub(crate) const EAGAIN: Errno = Errno(11);
    pub(crate) const EINVAL: Errno = Errno(22);
    pub(crate) const EFBIG: Errno = Errno(27);
    pub(crate) const ENOSPC: Errno = Errno(28);
    pub(crate) const EPIPE: Errno = Errno(32);
    pub(crate) const EDQUOT: Errno = Errno(122);

    /// What the system calls the error; the numbers a write can meet.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Errno::EPERM => "Operation not permitted",
            Errno::EIO => "Input/output error",
            Errno::EBADF => "Bad file descriptor",
            Errno::EAGAIN => "Resource temporarily unavailable",
            Errno::EINVAL => "Invalid argument",
            Errno::EFBIG => "File too large",
            Errno::ENOSPC => "No space left on device",
            Errno::EDQUOT => "Disk quota exceeded",
            _ => "unknown error",
        }
    }
}

/// A piece of a gathered write.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct IoSlice {
    base: *const u8,
    len: usize,
}

impl IoSlice {
    /// The piece `text`; it must live until the write.
    pub(crate) fn new(text: &[u8]) -> IoSlice {
        IoSlice { base: text.as_ptr(), len: text.len() }
    }

    /// Length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Drops the first `n` bytes (at most all).
    pub(crate) fn advance(&mut self, n: usize) {
        let n = n.min(self.len);
        self.base = self.base.wrapping_add(n);
        self.len -= n;
    }
}

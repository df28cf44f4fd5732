//! Files, directories and the console of Linux, by system calls on paths.

use super::super::Errno;
use super::cpu::syscall;

#[cfg(target_arch = "x86_64")]
mod number {
    pub(super) const READ: usize = 0;
    pub(super) const WRITE: usize = 1;
    pub(super) const CLOSE: usize = 3;
    pub(super) const GETCWD: usize = 79;
    pub(super) const OPENAT: usize = 257;
    pub(super) const UNLINKAT: usize = 263;
    pub(super) const STATX: usize = 332;
}

#[cfg(target_arch = "aarch64")]
mod number {
    pub(super) const READ: usize = 63;
    pub(super) const WRITE: usize = 64;
    pub(super) const CLOSE: usize = 57;
    pub(super) const GETCWD: usize = 17;
    pub(super) const OPENAT: usize = 56;
    pub(super) const UNLINKAT: usize = 35;
    pub(super) const STATX: usize = 291;
}

/// Relative paths start at the working directory.
const AT_FDCWD: usize = -100_isize as usize;
const O_CLOEXEC: usize = 0o2_000_000;
const CREATE_MODE: usize = 0o666;

/// How to open a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    /// To read what is there.
    Read,
    /// To write from the start, what was there being lost.
    Truncate,
    /// To write behind what is there.
    Append,
}

impl Access {
    fn flags(self) -> usize {
        const O_WRONLY: usize = 1;
        const O_CREAT: usize = 0o100;
        const O_TRUNC: usize = 0o1000;
        const O_APPEND: usize = 0o2000;
        match self {
            Access::Read => O_CLOEXEC,
            Access::Truncate => O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
            Access::Append => O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
        }
    }
}

/// A path as the kernel takes it, with a zero at its end.
struct KernelPath([u8; 4096]);

impl KernelPath {
    fn new(path: &str) -> Result<KernelPath, Errno> {
        let mut bytes = [0; 4096];
        match bytes.get_mut(..path.len()) {
            // The last byte stays zero.
            Some(place) if path.len() < 4096 => place.copy_from_slice(path.as_bytes()),
            _ => return Err(Errno(36)),
        }
        if path.contains('\0') { Err(Errno::EINVAL) } else { Ok(KernelPath(bytes)) }
    }

    fn address(&self) -> usize {
        self.0.as_ptr() as usize
    }
}

/// An open file; closed when dropped.
pub(crate) struct OpenFile(usize);

impl OpenFile {
    /// Opens the file at `path`.
    pub(crate) fn open(path: &str, access: Access) -> Result<OpenFile, Errno> {
        let path = KernelPath::new(path)?;
        // SAFETY: the kernel reads the path, which ends with a zero.
        unsafe { syscall(number::OPENAT, [AT_FDCWD, path.address(), access.flags(), CREATE_MODE, 0, 0]) }.map(OpenFile)
    }

    /// Standard input.
    pub(crate) fn standard_input() -> core::mem::ManuallyDrop<OpenFile> {
        core::mem::ManuallyDrop::new(OpenFile(0))
    }

    /// Reads some bytes; none at the end of the file.
    pub(crate) fn read(&self, into: &mut [u8]) -> Result<usize, Errno> {
        loop {
            // SAFETY: the kernel writes into `into` alone.
            match unsafe { syscall(number::READ, [self.0, into.as_mut_ptr() as usize, into.len(), 0, 0, 0]) } {
                Err(Errno::EINTR) => {}
                result => return result,
            }
        }
    }

    /// Writes all bytes.
    pub(crate) fn write_all(&self, mut bytes: &[u8]) -> Result<(), Errno> {
        while !bytes.is_empty() {
            // SAFETY: the kernel only reads the bytes.
            match unsafe { syscall(number::WRITE, [self.0, bytes.as_ptr() as usize, bytes.len(), 0, 0, 0]) } {
                Err(Errno::EINTR) => {}
                Ok(0) => return Err(Errno::EIO),
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        // SAFETY: nobody else knows the descriptor. There is nothing to do about a failure.
        let _ = unsafe { syscall(number::CLOSE, [self.0, 0, 0, 0, 0, 0]) };
    }
}

/// What the kernel says about a path: the fields of `struct statx` that are of use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Metadata {
    mode: u16,
    /// Size in bytes.
    pub(crate) size: i64,
    /// When it was changed, in Unix seconds.
    pub(crate) modified: i64,
}

impl Metadata {
    const TYPE_BITS: u16 = 0o170_000;

    /// Looks at what a path leads to.
    pub(crate) fn of(path: &str) -> Result<Metadata, Errno> {
        const BASIC_STATS: usize = 0x7ff;
        let path = KernelPath::new(path)?;
        let mut statx = [0_u8; 256];
        let place = statx.as_mut_ptr() as usize;
        // SAFETY: the kernel reads the path, which ends with a zero, and writes a `struct statx` of 256 bytes.
        unsafe { syscall(number::STATX, [AT_FDCWD, path.address(), 0, BASIC_STATS, place, 0]) }?;
        let word =
            |at: usize| statx.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, i64::from_ne_bytes);
        // Offsets in `struct statx`: `stx_mode`, `stx_size`, `stx_mtime`.
        Ok(Metadata { mode: u16::from_ne_bytes([statx[28], statx[29]]), size: word(40), modified: word(112) })
    }

    /// Whether it is a directory.
    pub(crate) fn is_dir(&self) -> bool {
        self.mode & Metadata::TYPE_BITS == 0o040_000
    }

    /// Whether it is an ordinary file.
    pub(crate) fn is_file(&self) -> bool {
        self.mode & Metadata::TYPE_BITS == 0o100_000
    }
}

/// Removes a file.
pub(crate) fn remove_file(path: &str) -> Result<(), Errno> {
    let path = KernelPath::new(path)?;
    // SAFETY: the kernel reads the path, which ends with a zero.
    unsafe { syscall(number::UNLINKAT, [AT_FDCWD, path.address(), 0, 0, 0, 0]) }.map(|_| ())
}

/// What `use_it` makes of the path of the working directory.
pub(crate) fn with_working_directory<R>(use_it: impl FnOnce(&[u8]) -> R) -> Result<R, Errno> {
    let mut path = [0_u8; 4096];
    // SAFETY: the kernel writes at most as many bytes.
    let len = unsafe { syscall(number::GETCWD, [path.as_mut_ptr() as usize, path.len(), 0, 0, 0, 0]) }?;
    // The length counts the zero at the end.
    Ok(use_it(path.get(..len.saturating_sub(1)).unwrap_or_default()))
}

//! Output files that appear whole or not at all.
//!
//! An output is written under another name in the same directory and renamed when it is complete, so a failure leaves
//! no part of it behind and an earlier file of that name as it was. What is not a regular file (`/dev/stdout`, a pipe)
//! cannot be replaced and is written to directly.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::error::{Error, reason};

/// What a new file may be used for; the user's file mode mask is taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Reading and writing.
    Data = 0o666,
    /// Executing, too.
    Executable = 0o777,
}

/// A place to write to. Making one finds most of what could go wrong, before any work was done.
#[derive(Debug)]
pub struct Output {
    /// As given by the user, for messages.
    shown: PathBuf,
    /// The file itself, behind all symbolic links.
    target: PathBuf,
    /// Whether it can be replaced: there is a regular file, or nothing.
    replace: bool,
}

impl Output {
    /// Prepares to write `path`, made from `source`, which it must not overwrite.
    pub fn new(path: &Path, source: &Path) -> Result<Output, Error> {
        let shown = path.to_path_buf();
        let fail = |reason: String| Error::Write { path: path.to_path_buf(), reason };
        let meta = match fs::metadata(path) {
            Ok(meta) => meta,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(Output { shown, target: path.to_path_buf(), replace: true });
            }
            Err(error) => return Err(fail(reason(&error))),
        };
        if meta.is_dir() {
            return Err(fail("Is a directory".to_string()));
        }
        if fs::metadata(source).is_ok_and(|source| (source.dev(), source.ino()) == (meta.dev(), meta.ino())) {
            return Err(fail("it is the source file".to_string()));
        }
        let target = fs::canonicalize(path).map_err(|error| fail(reason(&error)))?;
        Ok(Output { shown, target, replace: meta.is_file() })
    }

    /// Writes `bytes` as the whole output.
    pub fn write(&self, bytes: &[u8], mode: Mode) -> Result<(), Error> {
        let result = if self.replace { replace(&self.target, bytes, mode) } else { write_to(&self.target, bytes) };
        result.map_err(|error| Error::Write { path: self.shown.clone(), reason: reason(&error) })
    }
}

fn write_to(path: &Path, bytes: &[u8]) -> io::Result<()> {
    OpenOptions::new().write(true).open(path)?.write_all(bytes)
}

fn replace(path: &Path, bytes: &[u8], mode: Mode) -> io::Result<()> {
    let (staged, mut file) = create_beside(path, mode)?;
    let result = file.write_all(bytes).and_then(|()| fs::rename(&staged, path));
    if result.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&staged);
    }
    result
}

/// A new file in the directory of `path`: only within one file system a rename is a single step. Its name does not
/// depend on that of `path`, which may be as long as names can be.
fn create_beside(path: &Path, mode: Mode) -> io::Result<(PathBuf, File)> {
    let process = std::process::id();
    for count in 0_u64.. {
        let staged = path.with_file_name(format!(".resilientc-{process}-{count}.tmp"));
        match OpenOptions::new().write(true).create_new(true).mode(mode as u32).open(&staged) {
            // Left over from a process of the same number that was killed.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result.map(|file| (staged, file)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Writes to standard output, all of it before this returns.
pub fn to_stdout(bytes: &[u8]) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    written.map_err(|error| Error::Write { path: PathBuf::from("standard output"), reason: reason(&error) })
}

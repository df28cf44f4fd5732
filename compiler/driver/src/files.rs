//! Source files as the file system has them.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use resilient_base::SourceMap;
use resilient_sema::units::ImportReader;

use crate::error::reason;

/// The text of the file at `path`, or why there is none.
pub fn read(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    // One byte more than allowed shows that there is more; what never ends (`/dev/zero`) must not be read to its end.
    let limit = SourceMap::MAX_FILE_LEN as u64 + 1;
    File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)).map_err(|error| reason(&error))?;
    if bytes.len() as u64 == limit {
        return Err(format!("larger than {} bytes", SourceMap::MAX_FILE_LEN));
    }
    String::from_utf8(bytes).map_err(|error| format!("not valid UTF-8 at byte {}", error.utf8_error().valid_up_to()))
}

/// Imported files from the file system.
pub struct FileSystem;

impl ImportReader for FileSystem {
    fn identity(&self, path: &Path) -> Result<PathBuf, String> {
        path.canonicalize().map_err(|error| reason(&error))
    }

    fn read(&self, path: &Path) -> Result<String, String> {
        read(path)
    }
}

//! The programs and what is expected of them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::directives::{self, Directives};

/// A program of the corpus.
#[derive(Debug)]
pub struct Case {
    /// Path below the corpus without extension, as in `arith/division`.
    pub name: String,
    /// The directory it stands in, where it runs.
    pub dir: PathBuf,
    /// Its file name there.
    pub file: String,
    /// Its header.
    pub directives: Directives,
}

impl Case {
    /// The expectation file with this extension.
    pub fn expectation_path(&self, extension: &str) -> PathBuf {
        self.dir.join(&self.file).with_extension(extension)
    }

    /// The expected bytes of the stream with this extension.
    pub fn expectation(&self, extension: &str) -> Result<Vec<u8>, String> {
        let path = self.expectation_path(extension);
        match fs::read(&path) {
            Ok(bytes) => Ok(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(format!("cannot read {}: {error}", path.display())),
        }
    }
}

/// The name of folders that hold files to import, which are no programs.
const IMPORTED: &str = "lib";

/// All programs below `root`, by name, those in folders called `lib` aside. An expectation without a program is an error.
pub fn collect(root: &Path) -> Result<Vec<Case>, String> {
    let mut cases = Vec::new();
    collect_dir(root, root, &mut cases)?;
    if cases.is_empty() {
        return Err(format!("no programs in {}", root.display()));
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cases)
}

fn collect_dir(root: &Path, dir: &Path, cases: &mut Vec<Case>) -> Result<(), String> {
    let fail = |error: io::Error| format!("cannot read {}: {error}", dir.display());
    for entry in fs::read_dir(dir).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension {
            _ if path.is_dir() && path.file_name().is_some_and(|name| name == IMPORTED) => {}
            _ if path.is_dir() => collect_dir(root, &path, cases)?,
            Some("rz") => cases.push(case(root, dir, &path)?),
            Some("out" | "err") if !path.with_extension("rz").exists() => {
                return Err(format!("{} belongs to no program", path.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

fn case(root: &Path, dir: &Path, path: &Path) -> Result<Case, String> {
    // A program may be any bytes, to see them rejected; directives are ASCII.
    let text = fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let text = String::from_utf8_lossy(&text);
    let directives = directives::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let name = path.strip_prefix(root).unwrap_or(path).with_extension("").to_string_lossy().into_owned();
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Case { name, dir: dir.to_path_buf(), file, directives })
}

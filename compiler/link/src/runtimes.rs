//! The runtimes: static archives that programs are linked with, one for each target.
//!
//! Some are inside the compiler. Others are built on request, from the source of the runtime, which is inside the compiler
//! as well, and kept in the user's data directory, apart for each version of the source:
//!
//! ```text
//! $RESILIENT_HOME/runtimes/0123456789abcdef/aarch64-unknown-linux-gnu.a
//! ```
//!
//! `RESILIENT_HOME` is `$XDG_DATA_HOME/resilient` or `~/.local/share/resilient` unless it is set. A runtime depends on
//! nothing of a target but its triple.

use std::borrow::Cow;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::archive;
use crate::target::Target;
use crate::toolchain;

include!(concat!(env!("OUT_DIR"), "/runtimes.rs"));

/// Where the runtime of a target is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Inside this compiler.
    Embedded,
    /// In this file.
    Installed(PathBuf),
    /// Nowhere yet.
    Missing,
}

/// Where the runtime of `target` is.
pub fn origin(target: &Target) -> Origin {
    if embedded(target).is_some() {
        return Origin::Embedded;
    }
    match file(target) {
        Some(path) if path.is_file() => Origin::Installed(path),
        _ => Origin::Missing,
    }
}

/// The archive, if there is one.
pub(crate) fn read(target: &Target) -> io::Result<Option<Cow<'static, [u8]>>> {
    match origin(target) {
        Origin::Embedded => Ok(embedded(target).map(Cow::Borrowed)),
        Origin::Installed(path) => fs::read(path).map(|content| Some(Cow::Owned(content))),
        Origin::Missing => Ok(None),
    }
}

/// Builds the runtime of `target` with a Rust toolchain of this machine, and keeps it; gives its file. A message tells why
/// it cannot.
pub fn add(target: &Target) -> Result<PathBuf, String> {
    let toolchain = toolchain::find(&target.triple)?;
    let path = file(target).ok_or("neither RESILIENT_HOME nor HOME is set")?;
    let folder = path.parent().unwrap_or(Path::new(""));
    // A name of its own for each process: two may build at the same time.
    let workspace = folder.join(format!("build-{}-{}", target.triple, std::process::id()));
    let result = build(target, &toolchain, &workspace, &path);
    // What is left over harms nobody.
    let _ = fs::remove_dir_all(&workspace);
    result.map(|()| path)
}

fn build(target: &Target, toolchain: &archive::Toolchain, workspace: &Path, path: &Path) -> Result<(), String> {
    unpack(workspace).map_err(|error| format!("cannot write below {}: {error}", workspace.display()))?;
    let content = archive::build(&workspace.join("runtime"), &target.triple, toolchain, &workspace.join("target"))?;
    // Nobody sees half a file.
    let complete = workspace.join("runtime.a");
    fs::write(&complete, content)
        .and_then(|()| fs::rename(&complete, path))
        .map_err(|error| format!("cannot write {}: {error}", path.display()))
}

/// Writes the source, as a workspace that has the runtime only.
fn unpack(workspace: &Path) -> io::Result<()> {
    for &(name, content) in SOURCE {
        let path = workspace.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        match name {
            "Cargo.toml" => fs::write(path, runtime_workspace(content)?)?,
            _ => fs::write(path, content)?,
        }
    }
    Ok(())
}

/// The manifest of the workspace, with the members that are there.
fn runtime_workspace(manifest: &str) -> io::Result<String> {
    let mut manifest: toml::Table = manifest.parse().map_err(io::Error::other)?;
    let members = ["runtime", "runtime/abi"].map(toml::Value::from).to_vec();
    if let Some(workspace) = manifest.get_mut("workspace").and_then(toml::Value::as_table_mut) {
        workspace.insert("members".to_string(), members.into());
    }
    Ok(manifest.to_string())
}

fn embedded(target: &Target) -> Option<&'static [u8]> {
    let has_triple = |name: &str| Target::find(name).is_ok_and(|other| other.triple == target.triple);
    EMBEDDED.iter().find(|(name, _)| *name == target.name || has_triple(name)).map(|&(_, content)| content)
}

/// Where the runtime of `target` is kept if it is not inside the compiler.
fn file(target: &Target) -> Option<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = set("RESILIENT_HOME")
        .or_else(|| set("XDG_DATA_HOME").map(|data| data.join("resilient")))
        .or_else(|| set("HOME").map(|home| home.join(".local/share/resilient")))?;
    Some(home.join("runtimes").join(format!("{:016x}", version())).join(format!("{}.a", target.triple)))
}

/// Tells versions of the source apart: FNV-1a over names and contents.
fn version() -> u64 {
    let bytes = SOURCE.iter().flat_map(|(name, content)| [name.as_bytes(), &[0], content.as_bytes(), &[0]]).flatten();
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_a_runtime() {
        assert_eq!(origin(&Target::find(Target::HOST).unwrap()), Origin::Embedded);
    }

    #[test]
    fn the_source_is_a_workspace_of_the_runtime() {
        let manifest = SOURCE.iter().find(|(name, _)| *name == "Cargo.toml").unwrap().1;
        let manifest: toml::Table = runtime_workspace(manifest).unwrap().parse().unwrap();
        assert_eq!(manifest["workspace"]["members"].as_array().unwrap().len(), 2);
        for name in ["Cargo.lock", "runtime/src/lib.rs", "runtime/abi/src/lib.rs", "runtime/Cargo.toml"] {
            assert!(SOURCE.iter().any(|(other, _)| *other == name), "{name}");
        }
    }
}

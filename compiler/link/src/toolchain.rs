//! Finding a Rust toolchain that can build the runtime for a target.
//!
//! One can if its sysroot has the target's `core`, or the source of `core`, from which cargo then builds it. Looked at are
//! the toolchain of the search path, that of the system, and those of rustup, in this order; one with a ready `core` is
//! preferred.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::archive::Toolchain;

/// The oldest Rust whose language the runtime is written in.
const OLDEST: (u32, u32) = (1, 95);

/// A toolchain that builds for `triple`, or a message that tells how to get one.
pub(crate) fn find(triple: &str) -> Result<Toolchain, String> {
    let mut seen = Vec::new();
    let mut from_source = None;
    for (cargo, rustc) in candidates() {
        let Some((version, sysroot)) = describe(&rustc) else { continue };
        seen.push(format!("rustc {}.{} at {}", version.0, version.1, sysroot.display()));
        if version < OLDEST {
            continue;
        }
        if has_core(&sysroot, triple) {
            return Ok(Toolchain { cargo, rustc, builds_core: false });
        }
        if from_source.is_none() && sysroot.join("lib/rustlib/src/rust/library/core/Cargo.toml").is_file() {
            from_source = Some(Toolchain { cargo, rustc, builds_core: true });
        }
    }
    from_source.ok_or_else(|| {
        let (major, minor) = OLDEST;
        let seen = if seen.is_empty() { "no toolchain".to_string() } else { seen.join(", ") };
        format!(
            "no Rust toolchain here can build for {triple}; needed is Rust {major}.{minor} or later with the target \
             (`rustup target add {triple}`) or with its source (`rustup component add rust-src`; Debian: `rust-web-src`). \
             There is {seen}"
        )
    })
}

/// Pairs of cargo and compiler that may exist.
fn candidates() -> Vec<(OsString, OsString)> {
    let mut pairs = vec![(OsString::from("cargo"), OsString::from("rustc"))];
    let rustup = env::var_os("RUSTUP_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".rustup")));
    let mut homes = vec![PathBuf::from("/usr"), PathBuf::from("/usr/local")];
    let toolchains = rustup.and_then(|home| fs::read_dir(home.join("toolchains")).ok());
    let mut installed: Vec<PathBuf> = toolchains.into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    installed.sort();
    homes.extend(installed);
    for home in homes {
        let bin = home.join("bin");
        let pair = (bin.join("cargo"), bin.join("rustc"));
        if pair.0.is_file() && pair.1.is_file() {
            pairs.push((pair.0.into(), pair.1.into()));
        }
    }
    pairs
}

/// Version and sysroot of a compiler that runs.
fn describe(rustc: &OsStr) -> Option<((u32, u32), PathBuf)> {
    let output = |argument: &[&str]| {
        let output = Command::new(rustc).args(argument).output().ok().filter(|output| output.status.success())?;
        String::from_utf8(output.stdout).ok()
    };
    let version = output(&["--version"])?;
    let mut numbers = version.split_whitespace().nth(1)?.split('.');
    let mut number = || numbers.next()?.parse().ok();
    let version = (number()?, number()?);
    Some((version, PathBuf::from(output(&["--print", "sysroot"])?.trim_end())))
}

fn has_core(sysroot: &Path, triple: &str) -> bool {
    let Ok(libraries) = fs::read_dir(sysroot.join("lib/rustlib").join(triple).join("lib")) else { return false };
    libraries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.starts_with("libcore-") && name.ends_with(".rlib")
    })
}

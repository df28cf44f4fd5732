//! Building the runtime as a static archive.
//!
//! Used by this crate's build script for the runtimes inside the compiler, and by the compiler for others. The archive is
//! made by cargo in a target directory of its own. What the Rust compiler may assume differs from the rest of the
//! workspace: panics abort, addresses are fixed, nothing unwinds. Link-time optimization over the runtime and the few
//! libraries it uses leaves one object in which every function has its own section, so that linking a program keeps only
//! what it calls. Of the Rust compiler's own support library, 300 objects and 4 MB, only what this object needs stays in
//! the archive.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use object::read::archive::ArchiveFile;
use object::{Object, ObjectSymbol};

/// What builds it.
#[derive(Debug)]
pub(crate) struct Toolchain {
    /// The build tool.
    pub cargo: OsString,
    /// The compiler.
    pub rustc: OsString,
    /// Whether `core` has to be built too, from its source in the toolchain.
    pub builds_core: bool,
}

/// The release profile as the archive needs it.
const PROFILE: [(&str, &str); 6] = [
    ("CARGO_PROFILE_RELEASE_LTO", "fat"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
    ("CARGO_PROFILE_RELEASE_PANIC", "abort"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "false"),
    ("CARGO_PROFILE_RELEASE_STRIP", "none"),
    ("CARGO_PROFILE_RELEASE_INCREMENTAL", "false"),
];

const RUSTC_FLAGS: [&str; 2] = ["-Crelocation-model=static", "-Cforce-unwind-tables=no"];

/// The archive for `triple`, from the runtime's source in `runtime`; cargo works in `target_dir`.
pub(crate) fn build(runtime: &Path, triple: &str, toolchain: &Toolchain, target_dir: &Path) -> Result<Vec<u8>, String> {
    run_cargo(runtime, triple, toolchain, target_dir)?;
    let archive = target_dir.join(triple).join("release/libresilient_runtime.a");
    let cannot_read = |error: &dyn std::fmt::Display| format!("cannot read {}: {error}", archive.display());
    let content = fs::read(&archive).map_err(|error| cannot_read(&error))?;
    let root = if is_bare(triple) { "resilient_reset" } else { "_start" };
    let members = needed_members(&content, root).map_err(|error| cannot_read(&error))?;
    match members.is_empty() {
        false => Ok(write_archive(&members)),
        true => Err(format!("no entry point in {}", archive.display())),
    }
}

fn run_cargo(runtime: &Path, triple: &str, toolchain: &Toolchain, target_dir: &Path) -> Result<(), String> {
    let mut cargo = Command::new(&toolchain.cargo);
    cargo
        .args(["rustc", "--release", "--lib", "--crate-type", "staticlib", "--features", "standalone"])
        .args(["--target", triple, "--manifest-path"])
        .arg(runtime.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target_dir)
        .env("RUSTC", &toolchain.rustc)
        .env("CARGO_ENCODED_RUSTFLAGS", RUSTC_FLAGS.join("\u{1f}"))
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", if is_bare(triple) { "z" } else { "3" })
        .envs(PROFILE)
        // Where clippy or a coverage tool runs the outer build, this one still makes plain code.
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .env_remove("RUSTFLAGS");
    if toolchain.builds_core {
        // Building `core` is reserved to nightly compilers and those that are told they are one.
        cargo.arg("-Zbuild-std=core").env("RUSTC_BOOTSTRAP", "1");
    }
    let output = cargo.output().map_err(|error| format!("cannot run {cargo:?}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{cargo:?} failed\n{}", String::from_utf8_lossy(&output.stderr).trim_end())),
    }
}

/// Whether there is no operating system: then memory is scarce, and size counts more than speed.
fn is_bare(triple: &str) -> bool {
    triple.contains("-none-")
}

/// A member of the archive: its content and the global symbols it defines and needs.
struct Member<'a> {
    content: &'a [u8],
    defined: BTreeSet<&'a [u8]>,
    undefined: BTreeSet<&'a [u8]>,
}

impl<'a> Member<'a> {
    fn parse(content: &'a [u8]) -> object::read::Result<Member<'a>> {
        let mut member = Member { content, defined: BTreeSet::new(), undefined: BTreeSet::new() };
        for symbol in object::File::parse(content)?.symbols() {
            if symbol.is_undefined() {
                member.undefined.insert(symbol.name_bytes()?);
            } else if symbol.is_global() {
                member.defined.insert(symbol.name_bytes()?);
            }
        }
        Ok(member)
    }
}

/// The object of the runtime, recognized by its entry point, and what it or compiled programs need of the other members:
/// those may call functions of the Arm run-time ABI, such as the division of 64-bit numbers.
fn needed_members<'a>(archive: &'a [u8], root: &'a str) -> object::read::Result<Vec<&'a [u8]>> {
    let mut rest = Vec::new();
    for member in ArchiveFile::parse(archive)?.members() {
        let content = member?.data(archive)?;
        if content.starts_with(b"\x7fELF") {
            rest.push(Member::parse(content)?);
        }
    }
    let mut needed = Vec::new();
    let abi = rest.iter().flat_map(|member: &Member<'_>| &member.defined).copied();
    let mut wanted: BTreeSet<&[u8]> = abi.filter(|name| name.starts_with(b"__aeabi_")).collect();
    // The runtime comes first: so those who read the archive know it.
    rest.sort_by_key(|member| !member.defined.contains(root.as_bytes()));
    wanted.insert(root.as_bytes());
    while let Some(at) = rest.iter().position(|member| !member.defined.is_disjoint(&wanted)) {
        let member = rest.remove(at);
        wanted.extend(&member.undefined);
        needed.push(member.content);
    }
    Ok(needed)
}

/// An archive in the common format, without a symbol table: the linker looks into the members anyway.
pub(crate) fn write_archive(members: &[&[u8]]) -> Vec<u8> {
    let mut archive = b"!<arch>\n".to_vec();
    for (number, content) in members.iter().enumerate() {
        // Name, time, owner, group, mode, size: the same for the same content.
        let name = format!("{number}.o/");
        archive.extend(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, content.len()).bytes());
        archive.extend_from_slice(content);
        if content.len() % 2 == 1 {
            archive.push(b'\n');
        }
    }
    archive
}

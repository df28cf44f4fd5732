//! Builds the runtime as a static archive for executables, and leaves it where the library embeds it.
//!
//! The archive is made by the same cargo and compiler as the rest, in a target directory of its own (the outer cargo holds
//! the lock of the common one). What the compiler may assume differs from the rest of the workspace: panics abort,
//! addresses are fixed, nothing unwinds. Link-time optimization over the runtime and the few libraries it uses leaves one
//! object in which every function has its own section, so that linking a program keeps only what it calls. Of the
//! compiler's own support library, 300 objects and 4 MB, only what this object needs stays in the archive.

use object::read::archive::ArchiveFile;
use object::{Object, ObjectSymbol};
use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const TARGET: &str = "x86_64-unknown-linux-gnu";

/// The release profile as the archive needs it.
const PROFILE: [(&str, &str); 7] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "3"),
    ("CARGO_PROFILE_RELEASE_LTO", "fat"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1"),
    ("CARGO_PROFILE_RELEASE_PANIC", "abort"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "false"),
    ("CARGO_PROFILE_RELEASE_STRIP", "none"),
    ("CARGO_PROFILE_RELEASE_INCREMENTAL", "false"),
];

const RUSTC_FLAGS: [&str; 2] = ["-Crelocation-model=static", "-Cforce-unwind-tables=no"];

fn main() {
    let manifest_dir = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let out_dir = PathBuf::from(variable("OUT_DIR"));
    let workspace = manifest_dir.join("../..");
    let runtime = workspace.join("runtime");
    for path in ["src", "Cargo.toml", "abi/src", "abi/Cargo.toml", "../Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", runtime.join(path).display());
    }
    println!("cargo::rerun-if-changed={}", manifest_dir.join("build.rs").display());

    let target_dir = out_dir.join("runtime");
    build_archive(&runtime, &target_dir);
    let archive = target_dir.join(TARGET).join("release/libresilient_runtime.a");
    let trimmed = out_dir.join("runtime.a");
    let content = fs::read(&archive).unwrap_or_else(|error| panic!("cannot read {}: {error}", archive.display()));
    let members = needed_members(&content).unwrap_or_else(|error| panic!("cannot read {}: {error}", archive.display()));
    assert!(!members.is_empty(), "no entry point in {}", archive.display());
    fs::write(&trimmed, write_archive(&members))
        .unwrap_or_else(|error| panic!("cannot write {}: {error}", trimmed.display()));
    println!("cargo::rustc-env=RESILIENT_RUNTIME_ARCHIVE={}", trimmed.display());
}

fn build_archive(runtime: &Path, target_dir: &Path) {
    let mut cargo = Command::new(variable("CARGO"));
    cargo
        .args(["rustc", "--release", "--lib", "--crate-type", "staticlib", "--features", "standalone"])
        .args(["--target", TARGET, "--manifest-path"])
        .arg(runtime.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target_dir)
        .env("RUSTC", variable("RUSTC"))
        .env("CARGO_ENCODED_RUSTFLAGS", RUSTC_FLAGS.join("\u{1f}"))
        .envs(PROFILE)
        // Where clippy or a coverage tool runs the outer build, this one still makes plain code.
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .env_remove("RUSTFLAGS");
    let output = cargo.output().unwrap_or_else(|error| panic!("cannot run {cargo:?}: {error}"));
    if !output.status.success() {
        panic!("building the runtime archive failed\n{cargo:?}\n{}", String::from_utf8_lossy(&output.stderr));
    }
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

/// The object of the runtime, recognized by its entry point, and what it needs of the other members.
fn needed_members(archive: &[u8]) -> object::read::Result<Vec<&[u8]>> {
    let mut rest = Vec::new();
    for member in ArchiveFile::parse(archive)?.members() {
        let content = member?.data(archive)?;
        if content.starts_with(b"\x7fELF") {
            rest.push(Member::parse(content)?);
        }
    }
    let mut needed = Vec::new();
    let mut wanted = BTreeSet::from([&b"_start"[..]]);
    while let Some(at) = rest.iter().position(|member| !member.defined.is_disjoint(&wanted)) {
        let member = rest.remove(at);
        wanted.extend(&member.undefined);
        needed.push(member.content);
    }
    Ok(needed)
}

/// An archive in the common format, without a symbol table: the linker looks into the members anyway.
fn write_archive(members: &[&[u8]]) -> Vec<u8> {
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

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo sets {name} for build scripts"))
}

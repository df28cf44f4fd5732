//! Builds the runtimes that the compiler carries inside, and lists the source of the runtime, from which it can build
//! others.
//!
//! The runtime for this machine is always built, by the same cargo and compiler as the rest. `RESILIENT_EMBED` names
//! further targets, separated by commas; their runtimes are built by a toolchain that can, see `src/toolchain.rs`.

#[path = "src/archive.rs"]
mod archive;
#[path = "src/target.rs"]
#[allow(dead_code)]
mod target;
#[path = "src/toolchain.rs"]
mod toolchain;

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use archive::Toolchain;
use target::Target;

fn main() {
    let manifest_dir = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let out_dir = PathBuf::from(variable("OUT_DIR"));
    let workspace = manifest_dir.join("../..");
    let workspace = workspace.canonicalize().unwrap_or(workspace);
    for path in
        ["runtime/src", "runtime/Cargo.toml", "runtime/abi/src", "runtime/abi/Cargo.toml", "Cargo.lock", "targets"]
    {
        println!("cargo::rerun-if-changed={}", workspace.join(path).display());
    }
    for path in ["build.rs", "src/archive.rs", "src/target.rs", "src/toolchain.rs"] {
        println!("cargo::rerun-if-changed={}", manifest_dir.join(path).display());
    }
    println!("cargo::rerun-if-env-changed=RESILIENT_EMBED");

    let mut generated = "/// The runtimes inside the compiler, by target.\n\
                         pub(crate) static EMBEDDED: &[(&str, &[u8])] = &[\n"
        .to_string();
    for (name, toolchain) in wanted() {
        let archive = out_dir.join(format!("{name}.a"));
        let triple = find_target(&name).triple;
        let toolchain = toolchain.unwrap_or_else(|| toolchain::find(&triple).unwrap_or_else(|error| panic!("{error}")));
        // The outer cargo holds the lock of the common target directory.
        let content = archive::build(&workspace.join("runtime"), &triple, &toolchain, &out_dir.join("runtime"))
            .unwrap_or_else(|error| panic!("building the runtime for {name} failed: {error}"));
        write(&archive, &content);
        writeln!(generated, "    ({name:?}, include_bytes!({archive:?})),").expect("a string");
    }
    generated.push_str("];\n\n/// The source of the runtime, by paths in the workspace.\n");
    generated.push_str("pub(crate) static SOURCE: &[(&str, &str)] = &[\n");
    for path in source(&workspace) {
        let name = path.strip_prefix(&workspace).expect("it was found there");
        writeln!(generated, "    ({name:?}, include_str!({path:?})),").expect("a string");
    }
    generated.push_str("];\n");
    write(&out_dir.join("runtimes.rs"), generated.as_bytes());
}

/// The targets whose runtimes to build; this one by the toolchain that builds the compiler.
fn wanted() -> Vec<(String, Option<Toolchain>)> {
    let this = Toolchain { cargo: variable("CARGO").into(), rustc: variable("RUSTC").into(), builds_core: false };
    let mut wanted = vec![(Target::HOST.to_string(), Some(this))];
    for name in env::var("RESILIENT_EMBED").unwrap_or_default().split(',').map(str::trim) {
        if !name.is_empty() && wanted.iter().all(|(other, _)| other != name) {
            wanted.push((name.to_string(), None));
        }
    }
    wanted
}

fn find_target(name: &str) -> Target {
    Target::find(name).unwrap_or_else(|error| panic!("{error}"))
}

/// The files that are enough to build the runtime, in order.
fn source(workspace: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = ["Cargo.toml", "Cargo.lock", "runtime/Cargo.toml", "runtime/abi/Cargo.toml"]
        .map(|name| workspace.join(name))
        .into();
    for folder in ["runtime/src", "runtime/abi/src"] {
        collect(&workspace.join(folder), &mut files);
    }
    files.sort();
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display()));
    for entry in entries {
        let path = entry.unwrap_or_else(|error| panic!("cannot read {}: {error}", folder.display())).path();
        match path.is_dir() {
            true => collect(&path, files),
            false => files.push(path),
        }
    }
}

fn write(path: &Path, content: &[u8]) {
    fs::write(path, content).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo sets {name} for build scripts"))
}

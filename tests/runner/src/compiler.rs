//! Finds the compiler under test, and builds it first.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The path of the binary.
pub fn find() -> Result<PathBuf, String> {
    match std::env::var_os("RESILIENTC") {
        Some(path) => std::path::absolute(&path).map_err(|error| format!("RESILIENTC={}: {error}", path.display())),
        None => build(),
    }
}

/// Builds with the profile and into the target directory that this test was built with.
fn build() -> Result<PathBuf, String> {
    // TARGET_DIR/PROFILE/deps/conformance-HASH
    let exe = std::env::current_exe().map_err(|error| format!("cannot find the test's own path: {error}"))?;
    let profile_dir = exe.ancestors().nth(2).filter(|dir| dir.parent().is_some());
    let Some(profile_dir) = profile_dir else { return Err(format!("{} is not in a target directory", exe.display())) };
    let target_dir = profile_dir.parent().unwrap_or(profile_dir);
    let profile = match profile_dir.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--package", "resilientc", "--profile", profile, "--target-dir"])
        .arg(target_dir)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")))
        .status()
        .map_err(|error| format!("cannot start cargo: {error}"))?;
    if !status.success() {
        return Err("resilientc does not build".to_string());
    }
    Ok(profile_dir.join("resilientc"))
}

//! Checks each `tests/fixtures/**/NAME.rz` and compares with `NAME.out` beside it: the diagnostics, one per line as
//! `line:col CODE message` with notes below, and the typed program if there is one. `RESILIENT_BLESS=1` rewrites the
//! expectations.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let args = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    paths.sort();
    let trials = paths
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap_or(&path).with_extension("").display().to_string();
            Trial::test(name, move || run(&path))
        })
        .collect();
    libtest_mimic::run(&args, trials).exit();
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the fixture folders are readable") {
        let path = entry.expect("the fixture folders are readable").path();
        if path.is_dir() {
            collect(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rz") {
            paths.push(path);
        }
    }
}

fn run(path: &Path) -> Result<(), Failed> {
    let source = fs::read_to_string(path)?;
    let found = common::report(&source);
    let expectation = path.with_extension("out");
    if std::env::var_os("RESILIENT_BLESS").is_some() {
        fs::write(&expectation, &found)?;
        return Ok(());
    }
    let expected = fs::read_to_string(&expectation).unwrap_or_default();
    if found == expected {
        return Ok(());
    }
    Err(format!("--- expected\n{expected}--- found\n{found}(RESILIENT_BLESS=1 rewrites the expectation)").into())
}

//! The conformance programs on every backend; see the documentation of `resilient_tests`.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    resilient_tests::main(&Path::new(env!("CARGO_TARGET_TMPDIR")).join("conformance"))
}

//! Runs the files of `tests/filetests/mir`, each a named test.
//!
//! A file starts with `; test: KIND`, holds MIR text, and after a line [`SEPARATOR`] the expected output. Kinds:
//!
//! - `read`: the text is not MIR; the output is the error.
//! - `print`: the output is the text printed back.
//! - `verify`: the output is what the verifier finds wrong, or `ok`.
//! - the name of a pass: the output is the module after the pass.
//! - `optimize-O0`, `-O1`, `-O2`, `-Os`: the output is the module after the whole pipeline of that level.
//!
//! The verifier must be silent before and after passes. Every output that is a module must read back to itself. With
//! `RESILIENT_BLESS=1` in the environment, expectations are rewritten instead of compared.

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};
use resilient_mir::ir::Module;
use resilient_mir::pipeline::{self, OptLevel};
use resilient_mir::print::print_module;
use resilient_mir::read::read_module;
use resilient_mir::verify::verify_module;

/// The line between a file's input and its expected output.
const SEPARATOR: &str = ";; expected\n";

fn main() {
    let args = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/filetests/mir");
    let mut files = Vec::new();
    if let Err(error) = collect(&folder, &mut files) {
        eprintln!("{}: {error}", folder.display());
        std::process::exit(1);
    }
    files.sort();
    let trials = files.into_iter().map(|path| {
        let name = path.strip_prefix(&folder).unwrap_or(&path).with_extension("");
        Trial::test(name.to_string_lossy().into_owned(), move || run_file(&path))
    });
    libtest_mimic::run(&args, trials.collect()).exit();
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "mir") {
            files.push(path);
        }
    }
    Ok(())
}

fn run_file(path: &Path) -> Result<(), Failed> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let (input, expected) = text.split_once(SEPARATOR).unwrap_or((&text, ""));
    let kind = input
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("; test: "))
        .ok_or("the file does not start with `; test: KIND`")?;
    let found = output(kind, input)?;
    if found == expected {
        return Ok(());
    }
    if std::env::var_os("RESILIENT_BLESS").is_some_and(|value| value == "1") {
        let blessed = format!("{}\n\n{SEPARATOR}{found}", input.trim_end());
        fs::write(path, blessed).map_err(|error| format!("{}: {error}", path.display()))?;
        return Ok(());
    }
    Err(format!("expected:\n{expected}\nfound:\n{found}\nRESILIENT_BLESS=1 makes this the expectation").into())
}

fn output(kind: &str, input: &str) -> Result<String, Failed> {
    if kind == "read" {
        return match read_module(input) {
            Ok(_) => Err("the text was read without an error".into()),
            Err(error) => Ok(format!("{error}\n")),
        };
    }
    let mut module = read_module(input)?;
    match kind {
        "print" => {}
        "verify" => {
            return Ok(match verify_module(&module) {
                Ok(()) => "ok\n".to_string(),
                Err(errors) => format!("{errors}\n"),
            });
        }
        _ => {
            verify_module(&module).map_err(|errors| format!("before the pass:\n{errors}"))?;
            transform(kind, &mut module)?;
            verify_module(&module).map_err(|errors| format!("after the pass:\n{errors}\n{}", print_module(&module)))?;
        }
    }
    let printed = print_module(&module);
    let again = print_module(&read_module(&printed)?);
    if printed != again {
        return Err(format!("read and printed again:\n{again}\ninstead of:\n{printed}").into());
    }
    Ok(printed)
}

fn transform(kind: &str, module: &mut Module) -> Result<(), Failed> {
    if let Some(level) = kind.strip_prefix("optimize-O") {
        let level = match level {
            "0" => OptLevel::None,
            "1" => OptLevel::One,
            "2" => OptLevel::Two,
            "s" => OptLevel::Size,
            _ => return Err(format!("no optimization level `{level}`").into()),
        };
        pipeline::optimize(module, level, true, &mut |_, _| {});
        return Ok(());
    }
    if pipeline::run_pass(kind, module) { Ok(()) } else { Err(format!("no test kind `{kind}`").into()) }
}

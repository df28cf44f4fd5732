//! Runs a file of MIR text as machine code: `jit_mir [0|2|s] FILE`. With `RESILIENT_CHECK_LEAKS=1` in the environment it
//! checks that the program has released all objects.

use std::process::ExitCode;

use resilient_clif::{OptLevel, Options, jit_run};
use resilient_runtime::{leaks, output};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (level, path) = match &args[..] {
        [path] => (OptLevel::Speed, path),
        [level, path] if level == "0" => (OptLevel::None, path),
        [level, path] if level == "2" => (OptLevel::Speed, path),
        [level, path] if level == "s" => (OptLevel::Size, path),
        _ => return fail("usage: jit_mir [0|2|s] FILE"),
    };
    let options = Options { check_leaks: leaks::requested(), ..Options::host(level) };
    match run(path, &options) {
        Ok(status) => {
            output::flush();
            leaks::check();
            ExitCode::from(status as u8)
        }
        Err(error) => fail(&error),
    }
}

fn run(path: &str, options: &Options) -> Result<i64, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let module = resilient_mir::read::read_module(&text).map_err(|error| format!("{path}: {error}"))?;
    jit_run(&module, options).map_err(|error| format!("{path}: {}", error.message))
}

fn fail(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(2)
}

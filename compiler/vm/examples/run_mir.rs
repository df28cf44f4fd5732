//! Runs a file of MIR text on the virtual machine: `run_mir FILE`; `run_mir --emit FILE` prints its bytecode instead.
//! With `RESILIENT_CHECK_LEAKS=1` in the environment it checks that the program has released all objects.

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (emit, path) = match &args[..] {
        [path] => (false, path),
        [flag, path] if flag == "--emit" => (true, path),
        _ => return fail("usage: run_mir [--emit] FILE"),
    };
    let program = match load(path) {
        Ok(program) => program,
        Err(error) => return fail(&error),
    };
    if emit {
        print!("{}", resilient_vm::disassemble(&program));
        return ExitCode::SUCCESS;
    }
    let status = program.run();
    resilient_runtime::output::flush();
    resilient_runtime::leaks::check();
    ExitCode::from(status as u8)
}

fn load(path: &str) -> Result<resilient_vm::Program, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let module = resilient_mir::read::read_module(&text).map_err(|error| format!("{path}: {error}"))?;
    resilient_vm::compile(&module).map_err(|error| format!("{path}: {error}"))
}

fn fail(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(2)
}

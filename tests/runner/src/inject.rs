//! Faults injected into live blocks.
//!
//! `--inject-fault N` makes the N-th statement that begins inside live blocks of a program fail. What the program does
//! then is not written down anywhere: the interpreter tells, and all backends must do the same, without leaks. So each
//! point of a program is reached with whatever values are alive there.
//!
//! The statements are tried in order until there are none left. In programs with many, the gaps between those that are
//! tried grow, as most belong to loops; `RESILIENT_INJECT=all` tries every one on every backend.

use std::fs;

use crate::backend::{Backend, Tool};
use crate::corpus::Case;

/// So many are tried one by one.
const WITHOUT_GAPS: u32 = 8;

/// What the runtime writes when it injects a fault.
const INJECTED: &[u8] = b"[injected fault ";

/// Whether `case` is a program with a live block.
pub fn has_live_block(case: &Case) -> Result<bool, String> {
    if case.directives.check_fail {
        return Ok(false);
    }
    let path = case.dir.join(&case.file);
    let text = fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    Ok(code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_')).any(|word| word == "live"))
}

/// Compares all backends with the interpreter, statement by statement.
pub fn verify(case: &Case, tool: &Tool) -> Result<(), String> {
    let all = std::env::var_os("RESILIENT_INJECT").is_some_and(|value| value == "all");
    let mut number = 1;
    for round in 0.. {
        let expected = tool.run_injected(case, Backend::Interp, number)?;
        for &backend in backends(all, round) {
            let found = tool.run_injected(case, backend, number)?;
            if found != expected {
                return Err(format!("with --inject-fault {number}, {backend:?} differs:\n{expected:?}\n{found:?}"));
            }
        }
        if !expected.stderr.windows(INJECTED.len()).any(|bytes| bytes == INJECTED) {
            break;
        }
        number += if all || number < WITHOUT_GAPS { 1 } else { number };
    }
    Ok(())
}

/// The backends that try the statement of a round: they take turns.
fn backends(all: bool, round: u32) -> &'static [Backend] {
    match round % 4 {
        _ if all => &[Backend::Vm, Backend::Jit, Backend::Native, Backend::NativeO0],
        0 => &[Backend::Vm, Backend::Jit],
        1 => &[Backend::Native],
        2 => &[Backend::Jit, Backend::NativeO0],
        _ => &[Backend::Vm],
    }
}

//! Tree-walking interpreter over the typed program: the definition of the language.
//!
//! It takes a [`Program`] as the checker left it and runs it at once. What this code does is what the language means;
//! every other backend is measured against it, so it is written to be read: each form of expression has one arm, and
//! the order of the calls in that arm is the order of evaluation. It is not written to be fast, only fast enough to be
//! used.
//!
//! # Idea
//!
//! Variables live in slots of one stack of values ([`machine`]); a call pushes its arguments there and they become the
//! first slots of the new frame. Control that leaves an expression early (`return`, `break`, a fault, ...) is an
//! [`Exit`](exit::Exit), passed upwards as the error of a `Result`. Text is formed by the runtime crate, the same code
//! that is linked into executables, so the wording of a number or of a message cannot differ. Compound values share their
//! [parts](parts) and copy them when one of the owners changes, so that all behave as if they had been copied at once.
//!
//! # What it does not do
//!
//! It checks no types: the checker has proved them, and a value of the wrong kind is a bug in the compiler. It counts
//! no calls: endless recursion meets the guard page below the program's stack and ends as the fault `stack overflow`.

mod builtins;
mod call;
mod cell;
mod control;
mod entries;
mod eval;
mod exit;
mod failures;
mod index;
mod live;
mod machine;
mod ops;
mod parts;
mod places;
mod primitives;
mod reach;
#[cfg(test)]
mod tests;
mod tracer;
mod value;

use resilient_base::SourceMap;
use resilient_runtime::fault::{Position, report_at};
use resilient_runtime::output;
use resilient_runtime::stack::run_on_program_stack;
use resilient_sema::typed::Program;

use crate::exit::{Exit, Fault};
use crate::machine::Machine;

/// Room for the calls of the program, in bytes. Address space only: pages are used when they are touched. It holds
/// 100 000 nested calls with several levels of expression in each, in unoptimized builds too.
const STACK_SIZE: usize = 1 << 30;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The exit status of the program, 0 to 255.
    pub status: i32,
}

/// Runs `program` to its end. Its output goes to standard output, and is flushed before this returns. A fault is reported
/// on standard error and ends the process.
pub fn run(program: &Program<'_>, sources: &SourceMap) -> Outcome {
    let result = run_on_program_stack(STACK_SIZE, || Machine::new(program, sources).run());
    match result {
        Ok(status) => {
            output::flush();
            Outcome { status: (status & 0xff) as i32 }
        }
        Err(fault) => report(&fault, sources),
    }
}

fn report(fault: &Fault, sources: &SourceMap) -> ! {
    let at = sources.line_col(fault.span);
    let position = Position { file: &sources.file(fault.span.file).name, line: at.line, col: at.col };
    report_at(Some(position), fault.message.as_str())
}

impl Machine<'_> {
    /// Runs the top-level code; gives the exit status, not yet reduced to eight bits.
    fn run(mut self) -> Result<i64, Fault> {
        let top = self.program.top;
        match self.call_function(top, 0, self.program.funcs[top].span) {
            Ok(status) => Ok(status.into_int()),
            Err(Exit::Stop(status)) => Ok(status),
            Err(Exit::Fault(fault)) => Err(*fault),
            Err(exit @ (Exit::Return(_) | Exit::SelfTail | Exit::Break(..) | Exit::Continue(_) | Exit::Fail(_))) => {
                unreachable!("{exit:?} left its function")
            }
        }
    }
}

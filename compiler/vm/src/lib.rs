//! The virtual machine: MIR becomes typed register bytecode, which runs at once.
//!
//! In goes a verified MIR module, out comes a [`Program`], which can be run and listed. It needs no code generator
//! for the machine at hand and starts faster than one.
//!
//! # Idea
//!
//! Registers are untagged 64-bit words: MIR is typed, so instructions know what they work on. Every function has a window
//! of registers on one stack; the windows of caller and callee overlap, so that arguments are computed where the callee
//! expects them. Calls of the program do not use the stack of the host, and can be as deep as that one stack is long.
//!
//! | module | subject |
//! |---|---|
//! | `ops` | the list of operations, and what is made of it |
//! | `operand`, `encoding` | kinds of operands, and how they are packed into words |
//! | `order`, `select`, `lir` | MIR to instructions on virtual registers |
//! | `ranges`, `regalloc`, `moves` | virtual registers to words of the window |
//! | `emit` | writing code |
//! | `program` | code and the data it refers to |
//! | `verify` | what the core relies on |
//! | `machine` | the core |
//! | `window`, `objects` | the registers and the objects it works on |
//! | `disasm` | listings |
//!
//! # What it does not do
//!
//! It does not optimize what MIR can express: constants are not folded, dead code is not removed, nothing is inlined.
//!
//! # Limits
//!
//! A function may need at most 65 535 words of registers, a program 2^31 words of code. What is beyond gives a
//! [`CompileError`].

mod disasm;
mod emit;
mod encoding;
mod lir;
mod machine;
mod moves;
mod objects;
mod operand;
mod ops;
mod order;
mod program;
mod ranges;
mod regalloc;
mod select;
mod verify;
mod window;

use std::fmt;

use resilient_base::SecondaryMap;
use resilient_mir::ir::{FuncId, Module};

pub use disasm::disassemble;
pub use program::Program;

use operand::{Entry, Reg};
use ops::Inst;
use program::{FuncInfo, RtTable};

/// Largest window in words: slots have 16 bits.
const MAX_WINDOW: usize = u16::MAX as usize;

/// Most words of code: branches have 32 bits.
const MAX_CODE: usize = i32::MAX as usize;

/// The program is beyond a limit of the virtual machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    /// Name of the function at which the limit was met.
    pub function: Box<str>,
    /// Which limit.
    pub limit: Limit,
}

/// The limits of the virtual machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Values alive at the same time in a function.
    Registers,
    /// Size of the program.
    Code,
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.limit {
            Limit::Registers => write!(
                f,
                "function `{}` keeps too many values at the same time for the virtual machine (limit: {MAX_WINDOW})",
                self.function
            ),
            Limit::Code => write!(
                f,
                "the program is too large for the virtual machine (limit: {MAX_CODE} words of code), at function `{}`",
                self.function
            ),
        }
    }
}

impl std::error::Error for CompileError {}

/// Compiles a module that passes the verifier of MIR.
pub fn compile(module: &Module) -> Result<Program, CompileError> {
    let mut code = Vec::new();
    let mut calls = Vec::new();
    let mut rt = RtTable::default();
    let mut starts: SecondaryMap<FuncId, u32> = SecondaryMap::new();
    let mut funcs = vec![start_code(module.entry, &mut code, &mut calls)];
    for (id, func) in module.funcs.iter().filter(|(_, func)| !func.is_removed()) {
        let error = |limit| CompileError { function: func.name.clone(), limit };
        let start = code.len();
        starts[id] = start as u32;
        let lir = select::select(module, func, &mut rt);
        let allocation = regalloc::allocate(&lir);
        let window = allocation.size as usize;
        if window > MAX_WINDOW {
            return Err(error(Limit::Registers));
        }
        emit::emit(&lir, &allocation, &mut code, &mut calls);
        if code.len() > MAX_CODE {
            return Err(error(Limit::Code));
        }
        funcs.push(FuncInfo { name: func.name.clone(), start, window, n_results: func.results.len() });
    }
    for (word, callee) in calls {
        code[word] = starts[callee];
    }
    let program = Program::new(module, code, funcs, rt, |func| starts[func]);
    if let Err(what) = verify::verify(&program) {
        // Running such code would be undefined behaviour, in a compiler of which the purpose is that this never happens.
        panic!("internal error: wrong bytecode: {what}");
    }
    Ok(program)
}

/// The code that runs first: calls the top level, ends with its status.
fn start_code(entry: FuncId, code: &mut Vec<u32>, calls: &mut Vec<emit::CallFixup>) -> FuncInfo {
    let status = Reg(0);
    Inst::Call { dst: status, base: 2, entry: Entry(0) }.encode(code);
    calls.push((code.len() - 1, entry));
    Inst::Halt { a: status }.encode(code);
    FuncInfo { name: "(start)".into(), start: 0, window: 2, n_results: 0 }
}

impl Program {
    /// Runs the program from the start and gives the status of its top level; only the low eight bits of it are seen by
    /// others. A program that faults, or calls `exit`, ends this process. Output may be pending in the runtime afterwards.
    pub fn run(&self) -> i64 {
        machine::run(self)
    }
}

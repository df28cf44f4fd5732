//! What can go wrong in code generation.

use std::fmt;

use resilient_mir::ir::{FuncId, Module};
use resilient_mir::print::print_function;

/// What was being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Choosing the instruction set and its settings.
    Target,
    /// Naming functions and data in the output module.
    Declare,
    /// Laying out literals, globals and sites.
    Data,
    /// Making Cranelift IR of a function.
    Build,
    /// Making machine code of a function.
    Compile,
    /// Placing machine code in the output module.
    Define,
    /// Writing the object file, or making memory executable.
    Finish,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Target => "setting up the target",
            Phase::Declare => "declaring symbols",
            Phase::Data => "laying out data",
            Phase::Build => "building Cranelift IR",
            Phase::Compile => "compiling",
            Phase::Define => "placing code",
            Phase::Finish => "finishing the output",
        })
    }
}

/// A failure of code generation: a limit that was met, or a mistake of the compiler. A wrong program never gets here.
#[derive(Clone, Debug)]
pub struct CodegenError {
    /// What was being done.
    pub phase: Phase,
    /// The function it was done for.
    pub function: Option<Box<FunctionInfo>>,
    /// What is wrong.
    pub message: String,
}

/// The function that could not be compiled.
#[derive(Clone, Debug)]
pub struct FunctionInfo {
    /// Its name.
    pub name: String,
    /// Its MIR.
    pub mir: String,
}

impl CodegenError {
    /// An error that belongs to no function.
    pub(crate) fn new(phase: Phase, message: impl fmt::Display) -> CodegenError {
        CodegenError { phase, function: None, message: message.to_string() }
    }

    /// An error in a function.
    pub(crate) fn in_function(phase: Phase, program: &Module, id: FuncId, message: impl fmt::Display) -> CodegenError {
        let info = FunctionInfo { name: program.funcs[id].name.to_string(), mir: print_function(program, id) };
        CodegenError { phase, function: Some(Box::new(info)), message: message.to_string() }
    }
}

impl fmt::Display for CodegenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "code generation failed while {}", self.phase)?;
        match &self.function {
            None => write!(f, ": {}", self.message),
            Some(info) => write!(f, " of function `{}`: {}\n{}", info.name, self.message, info.mir),
        }
    }
}

impl std::error::Error for CodegenError {}

//! Runs a program at once, compiled into the memory of this process, with the runtime that is linked into it.
//!
//! Code and data share one reserved range of addresses, so that they reach each other directly. The runtime's entry
//! points may be anywhere; their addresses come from the runtime's own table, without asking a dynamic linker.

use std::ptr;

use cranelift_jit::{ArenaMemoryProvider, JITBuilder, JITModule};
use cranelift_module::default_libcall_names;
use resilient_abi::{CountedGlobals, RtFn, SYMBOL_PREFIX};
use resilient_mir::ir::Module as Program;
use resilient_runtime::leaks;
use target_lexicon::Triple;

use crate::compile::compile_program;
use crate::error::{CodegenError, Phase};
use crate::target::{Cpu, Options, RuntimeDistance, Target};

/// Room for code and data. Only what is used takes memory.
const RESERVED: usize = 1 << 30;

/// Size of the program's stack in bytes.
pub const STACK_SIZE: usize = 256 << 20;

/// Compiles and runs `program` and gives its exit status. A fault, or a call of `exit`, ends the process.
pub fn jit_run(program: &Program, options: &Options) -> Result<i64, CodegenError> {
    let compiled = JitProgram::compile(program, options, resilient_runtime::entry::address)?;
    Ok(resilient_runtime::stack::run_on_program_stack(STACK_SIZE, move || compiled.run()))
}

/// A program in memory, ready to run.
pub struct JitProgram {
    /// Owns the memory that `entry` is in.
    output: JITModule,
    entry: extern "C" fn() -> i64,
    /// The globals that hold references, if leaks are checked; else null.
    counted_globals: *const CountedGlobals,
}

impl JitProgram {
    /// Compiles `program`; `address` gives the runtime's entry points.
    pub fn compile(
        program: &Program,
        options: &Options,
        address: fn(RtFn) -> *const u8,
    ) -> Result<JitProgram, CodegenError> {
        if options.target.architecture != Triple::host().architecture {
            let message = format_args!("a program for {} does not run on this machine", options.target);
            return Err(CodegenError::new(Phase::Target, message));
        }
        let options = Options { cpu: Cpu::Host, ..options.clone() };
        let target = Target::new(&options, RuntimeDistance::Far)?;
        let mut output = new_jit(&target, address)?;
        let compiled = compile_program(program, &target, &mut output)?;
        output.finalize_definitions().map_err(|error| CodegenError::new(Phase::Finish, error))?;
        let counted_globals = compiled.counted_globals.map_or(ptr::null(), |id| output.get_finalized_data(id).0.cast());
        let entry = output.get_finalized_function(compiled.entry);
        // SAFETY: the entry function was declared with the platform's convention, no parameters and an i64 result. The
        // memory it is in lives as long as `output`, which stands beside it.
        let entry = unsafe { std::mem::transmute::<*const u8, extern "C" fn() -> i64>(entry) };
        Ok(JitProgram { output, entry, counted_globals })
    }

    /// Runs the program and gives its exit status. With [`Options::check_leaks`] what globals hold is released at the end;
    /// the check is the caller's. Code may be run once only, as its globals keep their values.
    pub fn run(self) -> i64 {
        let status = (self.entry)();
        // SAFETY: the table is that of the program, which has ended.
        unsafe { leaks::release_globals(self.counted_globals) };
        // SAFETY: the program has returned, and nothing refers to its code or data: `self` is consumed, and the runtime
        // keeps no literal beyond the run.
        unsafe { self.output.free_memory() };
        status
    }
}

fn new_jit(target: &Target, address: fn(RtFn) -> *const u8) -> Result<JITModule, CodegenError> {
    let memory = ArenaMemoryProvider::new_with_size(RESERVED)
        .map_err(|error| CodegenError::new(Phase::Target, format_args!("no address space for code: {error}")))?;
    let mut builder = JITBuilder::with_isa(target.isa.clone(), default_libcall_names());
    builder.memory_provider(Box::new(memory));
    builder.symbol_lookup_fn(Box::new(move |symbol| {
        symbol.strip_prefix(SYMBOL_PREFIX).and_then(RtFn::from_name).map(address)
    }));
    Ok(JITModule::new(builder))
}

//! A whole program to machine code in an output module.
//!
//! Functions are independent of each other once everything has a name, so they are compiled on several threads when they
//! are many, and placed in the order of the program in any case: the output does not depend on the number of threads.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cranelift_codegen::Context;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{self, UserFuncName};
use cranelift_module::{DataId, FuncId as OutputFunc, Module as Output, ModuleReloc};
use resilient_mir::ir::{FuncId, Module as Program};

use crate::body::{BlockMap, BodyInput, build_body};
use crate::data::define_data;
use crate::declare::{Declared, declare};
use crate::error::{CodegenError, Phase};
use crate::signature::{entry_signature, internal_signature};
use crate::target::Target;

/// MIR instructions from which on threads are worth their start.
const PARALLEL_FROM: usize = 2_000;

/// What a program is in the output module.
pub(crate) struct Compiled {
    /// The entry function.
    pub entry: OutputFunc,
    /// The table of globals that hold references, if there are any and leaks are checked.
    pub counted_globals: Option<DataId>,
}

/// Compiles `program` into `output`.
pub(crate) fn compile_program(
    program: &Program,
    target: &Target,
    output: &mut dyn Output,
) -> Result<Compiled, CodegenError> {
    let declared = declare(program, target, output)?;
    define_data(program, target, &declared, output)?;
    let compiler = Compiler { program, target, declared: &declared, mark_origins: false };
    let funcs: Vec<FuncId> = compiler.functions().collect();
    if target.thumb.is_some() {
        compiler.define_all(&funcs, output)?;
        return Ok(Compiled { entry: compiler.output_id(program.entry), counted_globals: declared.counted_globals });
    }
    for (&id, code) in funcs.iter().zip(compile_all(&compiler, &funcs)?) {
        output
            .define_function_bytes(compiler.output_id(id), code.alignment, &code.bytes, &code.relocs)
            .map_err(|error| CodegenError::in_function(Phase::Define, program, id, error))?;
    }
    Ok(Compiled { entry: compiler.output_id(program.entry), counted_globals: declared.counted_globals })
}

/// Machine code of one function.
struct Code {
    alignment: u64,
    bytes: Vec<u8>,
    relocs: Vec<ModuleReloc>,
}

fn compile_all(compiler: &Compiler<'_>, funcs: &[FuncId]) -> Result<Vec<Code>, CodegenError> {
    let size: usize = funcs.iter().map(|&id| compiler.program.funcs[id].insts.len()).sum();
    // Asking for the number of processors reads files: small programs need not know.
    let threads = match size >= PARALLEL_FROM {
        true => std::thread::available_parallelism().map_or(1, |threads| threads.get().min(funcs.len())),
        false => 1,
    };
    compile_on_threads(compiler, funcs, threads)
}

fn compile_on_threads(compiler: &Compiler<'_>, funcs: &[FuncId], threads: usize) -> Result<Vec<Code>, CodegenError> {
    if threads <= 1 {
        let mut context = Context::new();
        return funcs.iter().map(|&id| compiler.compile(&mut context, id)).collect();
    }
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<(usize, Result<Code, CodegenError>)>> = Mutex::new(Vec::with_capacity(funcs.len()));
    let work = || {
        let mut context = Context::new();
        let mut done = Vec::new();
        while let Some((n, &id)) = {
            let n = next.fetch_add(1, Ordering::Relaxed);
            funcs.get(n).map(|id| (n, id))
        } {
            done.push((n, compiler.compile(&mut context, id)));
        }
        results.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).append(&mut done);
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let mut results = results.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    results.sort_unstable_by_key(|&(n, _)| n);
    results.into_iter().map(|(_, code)| code).collect()
}

/// What compiling a function needs.
#[derive(Clone, Copy)]
pub(crate) struct Compiler<'a> {
    /// The program.
    pub program: &'a Program,
    /// The target.
    pub target: &'a Target,
    /// Names in the output module.
    pub declared: &'a Declared,
    /// Note the origin of each CLIF instruction.
    pub mark_origins: bool,
}

impl Compiler<'_> {
    /// The functions there are.
    pub fn functions(&self) -> impl Iterator<Item = FuncId> {
        self.program.funcs.iter().filter(|(_, func)| !func.is_removed()).map(|(id, _)| id)
    }

    fn output_id(&self, id: FuncId) -> OutputFunc {
        self.declared.funcs[id].expect("a function that is not removed is declared")
    }

    /// Has the output module compile all functions, as for a processor that only it knows.
    fn define_all(&self, funcs: &[FuncId], output: &mut dyn Output) -> Result<(), CodegenError> {
        let mut context = Context::new();
        for &id in funcs {
            self.build(&mut context, id)?;
            let define = || output.define_function(self.output_id(id), &mut context).map_err(Box::new);
            self.guard(Phase::Compile, id, define)?
                .map_err(|error| CodegenError::in_function(Phase::Compile, self.program, id, error))?;
        }
        Ok(())
    }

    fn compile(&self, context: &mut Context, id: FuncId) -> Result<Code, CodegenError> {
        self.build(context, id)?;
        self.generate(context, id)?;
        let code = context.compiled_code().expect("just compiled");
        let to_module = |reloc| ModuleReloc::from_mach_reloc(reloc, &context.func, self.output_id(id));
        Ok(Code {
            alignment: u64::from(code.buffer.alignment),
            bytes: code.code_buffer().to_vec(),
            relocs: code.buffer.relocs().iter().map(to_module).collect(),
        })
    }

    /// Makes the CLIF of a function in `context`.
    pub fn build(&self, context: &mut Context, id: FuncId) -> Result<BlockMap, CodegenError> {
        context.clear();
        let func = &self.program.funcs[id];
        context.func.name = UserFuncName::user(0, self.output_id(id).as_u32());
        context.func.signature = match id == self.program.entry {
            true => entry_signature(self.target),
            false => internal_signature(func, self.target),
        };
        let input = BodyInput {
            program: self.program,
            func,
            declared: self.declared,
            target: self.target,
            is_entry: id == self.program.entry,
            mark_origins: self.mark_origins,
        };
        self.guard(Phase::Build, id, || build_body(input, &mut context.func))
    }

    /// Makes machine code of the CLIF in `context`.
    pub fn generate(&self, context: &mut Context, id: FuncId) -> Result<(), CodegenError> {
        let isa = &*self.target.isa;
        let compile = || match context.compile(isa, &mut ControlPlane::default()) {
            Ok(_) => Ok(()),
            Err(error) => Err(pretty_error(error.func, error.inner)),
        };
        self.guard(Phase::Compile, id, compile)?
            .map_err(|message| CodegenError::in_function(Phase::Compile, self.program, id, message))
    }

    /// Runs `work`, making an error with the function's MIR of a panic: a mistake in this compiler or in Cranelift.
    fn guard<T>(&self, phase: Phase, id: FuncId, work: impl FnOnce() -> T) -> Result<T, CodegenError> {
        catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
            let message = format_args!("internal error: {}", panic_message(&*panic)).to_string();
            CodegenError::in_function(phase, self.program, id, message)
        })
    }
}

fn pretty_error(func: &ir::Function, error: cranelift_codegen::CodegenError) -> String {
    cranelift_codegen::print_errors::pretty_error(func, error)
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    if let Some(message) = panic.downcast_ref::<&str>() {
        message
    } else if let Some(message) = panic.downcast_ref::<String>() {
        message
    } else {
        "panic"
    }
}

//! The stages of a compilation as types: each owns what its stage knows and has the methods that lead on, so that
//! nothing can be lowered before it was checked.
//!
//! ```text
//! Loaded --parse--> Parsed --check--> Checked --lower--> Lowered --> VM, JIT, object file, executable
//!                                        \--> interpreter
//! ```

use std::path::Path;

use bumpalo::Bump;
use resilient_base::diag::codes;
use resilient_base::{Diagnostic, Diagnostics, FileId, Interner, SourceMap};
use resilient_clif as clif;
use resilient_clif::jit::{JitProgram, STACK_SIZE};
use resilient_link::Target;
use resilient_link::image::Image;
use resilient_mir::build::{NotSupported, build_module};
use resilient_mir::ir as mir;
use resilient_mir::pipeline::{self as passes, optimize};
use resilient_mir::print::print_module;
use resilient_runtime as runtime;
use resilient_runtime::stack::run_on_program_stack;
use resilient_sema::units::Loader;
use resilient_sema::{Options, Overflow, typed};
use resilient_syntax::ast;
use resilient_vm as vm;

use crate::cli::{self, ConfigArgs, OptLevel};
use crate::error::Error;
use crate::files::{self, FileSystem};
use crate::render;
use crate::timings::Timings;

/// The source text.
pub struct Loaded {
    sources: SourceMap,
    file: FileId,
}

/// The syntax tree, and what the parser had to say about it.
pub struct Parsed<'a> {
    arena: &'a Bump,
    sources: SourceMap,
    file: FileId,
    interner: Interner,
    diags: Diagnostics,
    tree: ast::File<'a>,
}

/// A program without errors.
pub struct Checked<'t> {
    /// All its source files.
    pub sources: SourceMap,
    /// Warnings.
    pub diags: Diagnostics,
    /// The program.
    pub program: typed::Program<'t>,
}

/// A program with errors.
pub struct Rejected {
    /// All its source files.
    pub sources: SourceMap,
    /// At least one error.
    pub diags: Diagnostics,
}

impl Loaded {
    /// Reads the file at `path`.
    pub fn read(path: &Path) -> Result<Loaded, Error> {
        let text = files::read(path).map_err(|reason| Error::Read { path: path.to_path_buf(), reason })?;
        let mut sources = SourceMap::default();
        let file = sources.add(path.to_string_lossy(), text);
        Ok(Loaded { sources, file })
    }

    /// The tokens as text, for commands that go no further.
    pub fn print_tokens(self) -> Result<String, Rejected> {
        let mut diags = Diagnostics::default();
        let tokens = resilient_syntax::tokenize(self.file, &self.sources.file(self.file).text, &mut diags);
        if diags.has_errors() {
            return Err(Rejected { sources: self.sources, diags });
        }
        Ok(resilient_syntax::print_tokens(&self.sources, self.file, &tokens))
    }

    /// Parses; the tree lives in `arena`. Errors are kept for later stages to report.
    pub fn parse(self, arena: &Bump) -> Parsed<'_> {
        let Loaded { sources, file } = self;
        let mut interner = Interner::default();
        let mut diags = Diagnostics::default();
        let tree = resilient_syntax::parse(file, &sources.file(file).text, arena, &mut interner, &mut diags);
        Parsed { arena, sources, file, interner, diags, tree }
    }
}

impl Parsed<'_> {
    /// The syntax tree as text.
    pub fn print(&self) -> String {
        resilient_syntax::print_file(&self.tree, &self.interner)
    }

    /// The names of the program's tests, in source order.
    pub fn tests(&self, options: &Options) -> Vec<String> {
        let tests = self.tree.stmts.iter().filter(|stmt| options.is_active(stmt, &self.interner));
        tests
            .filter_map(|stmt| match stmt.kind {
                ast::StmtKind::Item(ast::Item::Fn(decl)) if decl.params.is_empty() => decl.name,
                _ => None,
            })
            .map(|name| self.interner.resolve(name.symbol))
            .filter(|name| name.starts_with("test_"))
            .map(str::to_string)
            .collect()
    }

    /// The program, if it parsed at all: for commands that stop here.
    pub fn accept_syntax(self) -> Result<Self, Rejected> {
        if self.diags.has_errors() {
            return Err(Rejected { sources: self.sources, diags: self.diags });
        }
        Ok(self)
    }

    /// Loads what the program imports, and resolves names and types; the typed program lives in `arena`. A program that
    /// did not parse is not looked at any further: what the parser had to skip would show up as unknown names.
    pub fn check<'t>(self, arena: &'t Bump, options: &Options) -> Result<Checked<'t>, Rejected> {
        let Parsed { arena: trees, mut sources, file, mut interner, mut diags, tree } = self.accept_syntax()?;
        let loader = Loader {
            sources: &mut sources,
            interner: &mut interner,
            arena: trees,
            options,
            reader: &FileSystem,
            diags: &mut diags,
        };
        let units = loader.load(file, tree);
        if diags.has_errors() {
            return Err(Rejected { sources, diags });
        }
        // Last, when all names are known that may be those of library functions.
        let library = resilient_library::load(&mut interner, &mut sources, trees);
        match resilient_sema::check(&units, &sources, &interner, &library, arena, options, &mut diags) {
            Some(program) if !diags.has_errors() => Ok(Checked { sources, diags, program }),
            _ => Err(Rejected { sources, diags }),
        }
    }
}

/// What the checker wants to know of the command line, `target` being the name of a target.
pub fn options(config: &ConfigArgs, target: &str) -> Options {
    let (features, settings) = (config.features.clone(), config.settings.clone());
    let overflow = match config.overflow {
        cli::Overflow::Wrap => Overflow::Wrap,
        cli::Overflow::Saturate => Overflow::Saturate,
        cli::Overflow::Trap => Overflow::Trap,
    };
    Options {
        features,
        settings,
        target: target.to_string(),
        overflow,
        inject_fault: config.inject_fault,
        // All targets have an operating system.
        is_bare: false,
        ..Options::default()
    }
}

/// Reports the diagnostics of a stage: the warnings of a good program, or all of a bad one.
pub fn accept<'t>(result: Result<Checked<'t>, Rejected>) -> Result<Checked<'t>, Error> {
    match result {
        Ok(checked) => {
            render::diagnostics(&checked.sources, &checked.diags);
            Ok(checked)
        }
        Err(rejected) => Err(reject(&rejected)),
    }
}

/// Reports all diagnostics of a bad program.
pub fn reject(rejected: &Rejected) -> Error {
    render::summary(render::diagnostics(&rejected.sources, &rejected.diags));
    Error::Rejected
}

/// Reports an error of a program that was good so far.
pub fn reject_one(checked: &Checked<'_>, error: Diagnostic) -> Error {
    let mut diags = Diagnostics::default();
    diags.push(error);
    render::summary(render::diagnostics(&checked.sources, &diags));
    Error::Rejected
}

impl Checked<'_> {
    /// The typed program as text.
    pub fn print(&self) -> String {
        resilient_sema::print_program(&self.program, &self.sources)
    }

    /// Runs on the interpreter; gives the exit status.
    pub fn interpret(&self) -> i32 {
        resilient_interp::run(&self.program, &self.sources).status
    }
}

/// The program in the middle representation, optimized.
pub struct Lowered {
    module: mir::Module,
    opt_level: OptLevel,
}

impl Checked<'_> {
    /// The middle representation as it is made, or what is not supported.
    pub fn build(&self) -> Result<mir::Module, Diagnostic> {
        build_module(&self.program, &self.sources).map_err(|NotSupported { span, what }| {
            Diagnostic::error(codes::NOT_SUPPORTED, span, format!("not supported yet: {what}"))
        })
    }

    /// Makes the middle representation and optimizes it.
    pub fn lower(&self, opt_level: OptLevel, timings: &mut Timings) -> Result<Lowered, Error> {
        let built = timings.phase("lower", || self.build());
        let mut module = built.map_err(|error| reject_one(self, error))?;
        timings.phase("optimize", || {
            optimize(&mut module, mir_level(opt_level), cfg!(debug_assertions), &mut |_, _| ());
        });
        Ok(Lowered { module, opt_level })
    }
}

impl Lowered {
    /// The middle representation as text.
    pub fn print(&self) -> String {
        print_module(&self.module)
    }

    /// Cranelift's intermediate representation as text.
    pub fn print_clif(&self, target: &Target) -> Result<String, Error> {
        clif::print_clif(&self.module, &self.options_for(target)?).map_err(codegen_error)
    }

    /// Machine code as text.
    pub fn print_asm(&self, target: &Target) -> Result<String, Error> {
        clif::print_asm(&self.module, &self.options_for(target)?).map_err(codegen_error)
    }

    /// The object file.
    pub fn object(&self, target: &Target, timings: &mut Timings) -> Result<Vec<u8>, Error> {
        let options = self.options_for(target)?;
        timings.phase("codegen", || clif::compile_object(&self.module, &options)).map_err(codegen_error)
    }

    /// Compiles to memory and runs; gives the exit status.
    pub fn run_jit(&self, timings: &mut Timings) -> Result<i32, Error> {
        let options = self.options();
        let compiled =
            timings.phase("codegen", || JitProgram::compile(&self.module, &options, runtime::entry::address));
        let compiled = compiled.map_err(codegen_error)?;
        let status = timings.phase("run", || run_on_program_stack(STACK_SIZE, move || compiled.run()));
        Ok(finish(status))
    }

    /// The bytecode of the virtual machine as text.
    pub fn print_bytecode(&self) -> Result<String, Error> {
        Ok(vm::disassemble(&vm::compile(&self.module).map_err(bytecode_error)?))
    }

    /// Runs on the virtual machine; gives the exit status.
    pub fn run_vm(&self, timings: &mut Timings) -> Result<i32, Error> {
        let program = timings.phase("bytecode", || vm::compile(&self.module)).map_err(bytecode_error)?;
        Ok(finish(timings.phase("run", || program.run())))
    }

    fn options_for(&self, target: &Target) -> Result<clif::Options, Error> {
        let triple = clif::Options::parse_triple(&target.triple).map_err(codegen_error)?;
        Ok(clif::Options { target: triple, cpu: clif::Cpu::With(target.cpu_features.clone()), ..self.options() })
    }

    fn options(&self) -> clif::Options {
        let opt_level = match self.opt_level {
            OptLevel::None => clif::OptLevel::None,
            OptLevel::Quick | OptLevel::Speed => clif::OptLevel::Speed,
            OptLevel::Size => clif::OptLevel::Size,
        };
        clif::Options { check_leaks: runtime::leaks::requested(), ..clif::Options::host(opt_level) }
    }
}

/// Joins an object file with the runtime: the bytes of the executable.
pub fn link(object: &[u8], target: &Target, timings: &mut Timings) -> Result<Vec<u8>, Error> {
    timings
        .phase("link", || resilient_link::link(object, target))
        .map_err(|error| Error::Stage { doing: "link the executable", reason: error.to_string() })
}

/// Joins an object file with the runtime: the image for a board.
pub fn link_image(object: &[u8], target: &Target, timings: &mut Timings) -> Result<Image, Error> {
    timings
        .phase("link", || resilient_link::link_image(object, target))
        .map_err(|error| Error::Stage { doing: "link the image", reason: error.to_string() })
}

fn mir_level(opt_level: OptLevel) -> passes::OptLevel {
    match opt_level {
        OptLevel::None => passes::OptLevel::None,
        OptLevel::Quick => passes::OptLevel::One,
        OptLevel::Speed => passes::OptLevel::Two,
        OptLevel::Size => passes::OptLevel::Size,
    }
}

fn bytecode_error(error: vm::CompileError) -> Error {
    Error::Stage { doing: "make bytecode", reason: error.to_string() }
}

fn codegen_error(error: clif::CodegenError) -> Error {
    Error::Stage { doing: "generate code", reason: error.to_string() }
}

/// After a program has run to its end: its output is complete, and its status has eight bits.
fn finish(status: i64) -> i32 {
    runtime::output::flush();
    runtime::leaks::check();
    (status & 0xff) as i32
}

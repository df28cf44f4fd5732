//! Program object and runtime archive to executable, in process.
//!
//! In goes the object file a backend wrote, which defines the program's top level; out comes a static executable that
//! needs neither a C library nor a loader. The runtime archive it is linked with was built together with this crate and
//! is part of it. The linker is libwild, called as a library: it sees two files in memory and leaves its
//! result in memory. Writing it to a file is the caller's business.
//!
//! The same object gives the same bytes. Sections that nothing refers to are left out.

mod memory_files;

use libwild::{Args, Linker};
use memory_files::MemoryFiles;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

/// The runtime as a static archive, for [`Target::X86_64Linux`].
static RUNTIME_X86_64_LINUX: &[u8] = include_bytes!(env!("RESILIENT_RUNTIME_ARCHIVE"));

/// What the executable runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Target {
    /// Linux on x86-64, with no library.
    #[default]
    X86_64Linux,
}

impl Target {
    /// The machine this compiler runs on, if it is a supported target.
    pub fn host() -> Option<Target> {
        cfg!(all(target_os = "linux", target_arch = "x86_64")).then_some(Target::X86_64Linux)
    }

    /// The runtime archive embedded for it.
    pub fn runtime(self) -> &'static [u8] {
        match self {
            Target::X86_64Linux => RUNTIME_X86_64_LINUX,
        }
    }

    /// GNU ld's name of the output format.
    fn emulation(self) -> &'static str {
        match self {
            Target::X86_64Linux => "elf_x86_64",
        }
    }
}

/// How to link.
#[derive(Clone, Copy, Debug)]
pub struct LinkOptions {
    /// What the executable runs on.
    pub target: Target,
    /// Whether to leave out symbol table and debug information.
    pub strip: bool,
}

impl Default for LinkOptions {
    fn default() -> LinkOptions {
        LinkOptions { target: Target::default(), strip: true }
    }
}

/// Why there is no executable: the linker refused its inputs. Since these come from the compiler, this is an error in the
/// compiler.
#[derive(Debug)]
pub struct LinkError(String);

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "linking failed: {}", self.0)
    }
}

impl std::error::Error for LinkError {}

/// Links `object` with the runtime; gives the bytes of the executable.
pub fn link(object: &[u8], options: &LinkOptions) -> Result<Vec<u8>, LinkError> {
    let files = MemoryFiles::new(object, options.target.runtime());
    let warnings = Arc::new(Mutex::new(Vec::new()));
    // The linker reports mistakes in its inputs as errors, but one in the linker itself may be a panic.
    let linked = catch_unwind(AssertUnwindSafe(|| run_linker(&files, options, &warnings)))
        .unwrap_or_else(|_| Err("the linker panicked".to_owned()));
    let warnings = warnings.lock().unwrap_or_else(PoisonError::into_inner);
    match linked {
        Ok(()) if warnings.is_empty() => {
            files.take_output().ok_or_else(|| LinkError("the linker wrote no output".to_owned()))
        }
        Ok(()) => Err(LinkError(warnings.join("\n"))),
        Err(message) => Err(LinkError(message)),
    }
}

fn run_linker(files: &MemoryFiles, options: &LinkOptions, warnings: &Arc<Mutex<Vec<String>>>) -> Result<(), String> {
    let arguments = arguments(options);
    let arguments = || arguments.iter().copied();
    let mut args = Args::new(arguments).map_err(|error| error.to_string())?;
    let warnings = Arc::clone(warnings);
    args.on_warning(Box::new(move |warning| {
        warnings.lock().unwrap_or_else(PoisonError::into_inner).push(warning.warning().to_owned());
    }));
    args.parse(arguments).map_err(|error| error.to_string())?;

    // Programs are small: starting threads would take longer than linking. Left to itself the linker would start one for
    // every processor.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(|error| error.to_string())?;
    pool.install(|| {
        let linker = Linker::with_file_system(files.clone());
        linker.run(&args).map(drop).map_err(|error| error.to_string())
    })
}

fn arguments(options: &LinkOptions) -> Vec<&'static str> {
    let mut arguments = vec!["ld", "-m", options.target.emulation(), "-static", "--no-dynamic-linker"];
    // No table to unwind with, no identification, no segment of its own for constants: size.
    arguments.extend(["--gc-sections", "--build-id=none", "--no-eh-frame-hdr", "--no-rosegment", "-znorelro"]);
    if options.strip {
        arguments.push("--strip-all");
    }
    arguments.extend([memory_files::PROGRAM, memory_files::RUNTIME, "-o", memory_files::EXECUTABLE]);
    arguments
}

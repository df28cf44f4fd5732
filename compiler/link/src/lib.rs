//! Program object and runtime archive to executable, in process.
//!
//! In goes the object file a backend wrote, which defines the program's top level; out comes a static executable that
//! needs neither a C library nor a loader. The runtime archive it is linked with is part of this crate or was built by it,
//! see [`runtimes`]; targets are described by data, see [`Target`]. The linker is libwild, called as a library: it sees two
//! files in memory and leaves its result in memory. Writing it to a file is the caller's business.
//!
//! For boards without operating system there is a linker of our own, see [`image`].
//!
//! The same object gives the same bytes. Sections that nothing refers to are left out.

mod archive;
pub mod image;
mod memory_files;
pub mod runtimes;
mod target;
mod toolchain;

use libwild::{Args, Linker};
use memory_files::MemoryFiles;
use std::borrow::Cow;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use image::{Image, ImageError};
pub use target::{Board, Console, End, Os, Region, Target, TargetError};

/// Why there is no executable.
#[derive(Debug)]
pub enum LinkError {
    /// There is no runtime for the target yet.
    NoRuntime(String),
    /// The runtime cannot be read, as the system says.
    Runtime(String),
    /// The linker refused its inputs. Since these come from the compiler, this is an error in the compiler.
    Linker(String),
    /// There is no image of the program for a board.
    Image(ImageError),
}

impl fmt::Display for LinkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkError::NoRuntime(target) => {
                write!(f, "this resilientc has no runtime for {target}; `resilientc target add {target}` builds it")
            }
            LinkError::Runtime(reason) => write!(f, "cannot read the runtime: {reason}"),
            LinkError::Linker(reason) => write!(f, "linking failed: {reason}"),
            LinkError::Image(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LinkError {}

/// Links `object` with the runtime of `target`, which is a board without operating system.
pub fn link_image(object: &[u8], target: &Target) -> Result<Image, LinkError> {
    let Some(board) = &target.board else {
        return Err(LinkError::Linker(format!("target {} is no board", target.name)));
    };
    Image::link(object, &runtime(target)?, board).map_err(LinkError::Image)
}

fn runtime(target: &Target) -> Result<Cow<'static, [u8]>, LinkError> {
    let runtime = runtimes::read(target).map_err(|error| LinkError::Runtime(error.to_string()))?;
    runtime.ok_or_else(|| LinkError::NoRuntime(target.name.clone()))
}

/// Links `object` with the runtime of `target`, without symbol table and debug information; gives the bytes of the
/// executable.
pub fn link(object: &[u8], target: &Target) -> Result<Vec<u8>, LinkError> {
    if target.board.is_some() {
        return link_image(object, target).map(|image| image.elf());
    }
    let files = MemoryFiles::new(object, runtime(target)?);
    let arguments =
        arguments(target).ok_or_else(|| LinkError::Linker(format!("no output format for {}", target.triple)))?;
    let warnings = Arc::new(Mutex::new(Vec::new()));
    // The linker reports mistakes in its inputs as errors, but one in the linker itself may be a panic.
    let linked = catch_unwind(AssertUnwindSafe(|| run_linker(&files, &arguments, &warnings)))
        .unwrap_or_else(|_| Err("the linker panicked".to_owned()));
    let warnings = warnings.lock().unwrap_or_else(PoisonError::into_inner);
    match linked {
        Ok(()) if warnings.is_empty() => {
            files.take_output().ok_or_else(|| LinkError::Linker("the linker wrote no output".to_owned()))
        }
        Ok(()) => Err(LinkError::Linker(warnings.join("\n"))),
        Err(message) => Err(LinkError::Linker(message)),
    }
}

fn run_linker(files: &MemoryFiles, arguments: &[&str], warnings: &Arc<Mutex<Vec<String>>>) -> Result<(), String> {
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

fn arguments(target: &Target) -> Option<Vec<&'static str>> {
    let mut arguments = vec!["ld", "-m", target.emulation()?, "-static", "--no-dynamic-linker", "--strip-all"];
    // No table to unwind with, no identification, no segment of its own for constants: size.
    arguments.extend(["--gc-sections", "--build-id=none", "--no-eh-frame-hdr", "--no-rosegment", "-znorelro"]);
    arguments.extend([memory_files::PROGRAM, memory_files::RUNTIME, "-o", memory_files::EXECUTABLE]);
    Some(arguments)
}

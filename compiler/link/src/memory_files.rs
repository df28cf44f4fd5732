//! The linker's files, in memory: two inputs and one output.

use libwild::error::Result;
use libwild::{FileSystem, FileType, InputFileData, OutputFileData, OutputOptions};
use std::borrow::Cow;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Name of the program's object file.
pub(crate) const PROGRAM: &str = "program.o";
/// Name of the runtime archive.
pub(crate) const RUNTIME: &str = "runtime.a";
/// Name of the output.
pub(crate) const EXECUTABLE: &str = "executable";

/// The files; clones share them.
#[derive(Clone)]
pub(crate) struct MemoryFiles {
    program: Arc<[u8]>,
    runtime: Arc<Cow<'static, [u8]>>,
    output: Arc<Mutex<Option<Vec<u8>>>>,
}

impl MemoryFiles {
    pub(crate) fn new(program: &[u8], runtime: Cow<'static, [u8]>) -> MemoryFiles {
        MemoryFiles { program: program.into(), runtime: Arc::new(runtime), output: Arc::default() }
    }

    /// What the linker wrote, if it finished.
    pub(crate) fn take_output(&self) -> Option<Vec<u8>> {
        self.output.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[derive(Debug)]
pub(crate) enum Input {
    Program(Arc<[u8]>),
    Runtime(Arc<Cow<'static, [u8]>>),
}

impl InputFileData for Input {
    fn bytes(&self) -> &[u8] {
        match self {
            Input::Program(bytes) => bytes,
            Input::Runtime(bytes) => bytes,
        }
    }
}

pub(crate) struct Output {
    bytes: Vec<u8>,
    finished: Arc<Mutex<Option<Vec<u8>>>>,
}

impl OutputFileData for Output {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn finish(self) -> Result {
        *self.finished.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.bytes);
        Ok(())
    }
}

impl FileSystem for MemoryFiles {
    type Input = Input;
    type Output = Output;

    fn open_input(&self, path: &Path, _prepopulate_maps: bool) -> Result<(Input, Option<Arc<File>>)> {
        match path.to_str() {
            Some(PROGRAM) => Ok((Input::Program(Arc::clone(&self.program)), None)),
            Some(RUNTIME) => Ok((Input::Runtime(Arc::clone(&self.runtime)), None)),
            _ => Err(no_such_file(path)),
        }
    }

    fn file_type(&self, path: &Path) -> Result<FileType> {
        match path.to_str() {
            Some(PROGRAM | RUNTIME) => Ok(FileType::File),
            _ => Err(no_such_file(path)),
        }
    }

    fn canonicalize(&self, path: &Path) -> Result<PathBuf> {
        Ok(path.to_owned())
    }

    fn remove_file(&self, path: &Path) -> Result<()> {
        Err(no_such_file(path))
    }

    fn rename_file(&self, path: &Path, _new_path: &Path) -> Result<()> {
        Err(no_such_file(path))
    }

    fn create_output(&self, _path: Arc<Path>, options: OutputOptions) -> Result<Output> {
        let size = usize::try_from(options.size)?;
        Ok(Output { bytes: vec![0; size], finished: Arc::clone(&self.output) })
    }

    fn write_auxiliary(&self, path: &Path, _bytes: &[u8]) -> Result {
        Err(libwild::error::Error::with_message(format!("unexpected output {}", path.display())))
    }
}

fn no_such_file(path: &Path) -> libwild::error::Error {
    libwild::error::Error::with_message(format!("no file {}", path.display()))
}

//! Links small programs made of hand-written machine code, and runs them.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use object::write::{Object, Relocation, SectionId, StandardSection, Symbol, SymbolId, SymbolSection};
use object::{Architecture, BinaryFormat, Endianness, RelocationFlags, SymbolFlags, SymbolKind, SymbolScope, elf};
use resilient_abi::{IMMORTAL, ObjectKind, PROGRAM_SYMBOL, RtFn};
use resilient_link::{LinkError, Target};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// An object file that defines a program, piece by piece.
struct Program {
    object: Object<'static>,
    text: SectionId,
    code: Vec<u8>,
    fixups: Vec<(usize, SymbolId)>,
}

impl Program {
    /// A program that begins with an aligned stack.
    fn new() -> Program {
        let mut object = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
        let text = object.section_id(StandardSection::Text);
        // push rbx
        Program { object, text, code: vec![0x53], fixups: Vec::new() }
    }

    fn bytes(mut self, bytes: &[u8]) -> Program {
        self.code.extend_from_slice(bytes);
        self
    }

    /// A 32-bit place for the distance to `target`.
    fn distance_to(mut self, target: SymbolId) -> Program {
        self.fixups.push((self.code.len(), target));
        self.bytes(&[0; 4])
    }

    fn call(self, f: RtFn) -> Program {
        self.call_symbol(f.sig().symbol)
    }

    fn call_symbol(mut self, name: &str) -> Program {
        let symbol = self.object.symbol_id(name.as_bytes()).unwrap_or_else(|| {
            self.object.add_symbol(Symbol {
                name: name.into(),
                value: 0,
                size: 0,
                kind: SymbolKind::Text,
                scope: SymbolScope::Unknown,
                weak: false,
                section: SymbolSection::Undefined,
                flags: SymbolFlags::None,
            })
        });
        self.bytes(&[0xe8]).distance_to(symbol)
    }

    /// rdi := the address of constant data, whose first word is filled with the address of `link`.
    fn load_data(mut self, name: &str, data: &[u8], link: Option<SymbolId>) -> (Program, SymbolId) {
        let section = self.object.section_id(StandardSection::ReadOnlyDataWithRel);
        let offset = self.object.append_section_data(section, data, 8);
        let symbol = self.object.add_symbol(Symbol {
            name: name.into(),
            value: offset,
            size: data.len() as u64,
            kind: SymbolKind::Data,
            scope: SymbolScope::Compilation,
            weak: false,
            section: SymbolSection::Section(section),
            flags: SymbolFlags::None,
        });
        if let Some(link) = link {
            let flags = RelocationFlags::Elf { r_type: elf::R_X86_64_64 };
            let relocation = Relocation { offset, symbol: link, addend: 0, flags };
            self.object.add_relocation(section, relocation).expect("a relocation");
        }
        // lea rdi, [rip + data]
        (self.bytes(&[0x48, 0x8d, 0x3d]).distance_to(symbol), symbol)
    }

    fn print(self, name: &str, text: &str) -> Program {
        let (program, _) = self.load_data(name, &string_object(text), None);
        program.call(RtFn::PrintStr)
    }

    /// rdi := a site.
    fn load_site(self) -> Program {
        let mut file = 7_usize.to_le_bytes().to_vec();
        file.extend(b"some.rz");
        let (program, file) = self.load_data("file", &file, None);
        let mut site = vec![0; 8];
        site.extend(12_u32.to_le_bytes());
        site.extend(34_u32.to_le_bytes());
        program.load_data("site", &site, Some(file)).0
    }

    /// Returns `status`; gives the object file.
    fn finish(self, status: u32) -> Vec<u8> {
        // mov eax, status; pop rbx; ret
        let mut program = self.bytes(&[0xb8]).bytes(&status.to_le_bytes()).bytes(&[0x5b, 0xc3]);
        let start = program.object.append_section_data(program.text, &program.code, 16);
        program.object.add_symbol(Symbol {
            name: PROGRAM_SYMBOL.into(),
            value: start,
            size: program.code.len() as u64,
            kind: SymbolKind::Text,
            scope: SymbolScope::Linkage,
            weak: false,
            section: SymbolSection::Section(program.text),
            flags: SymbolFlags::None,
        });
        for (offset, symbol) in program.fixups {
            let flags = RelocationFlags::Elf { r_type: elf::R_X86_64_PLT32 };
            let relocation = Relocation { offset: start + offset as u64, symbol, addend: -4, flags };
            program.object.add_relocation(program.text, relocation).expect("a relocation");
        }
        program.object.write().expect("an object file")
    }
}

fn string_object(text: &str) -> Vec<u8> {
    let header = [IMMORTAL, ObjectKind::Str as u32].map(u32::to_le_bytes).concat();
    let lengths = [text.len(), text.len(), text.chars().count()].map(usize::to_le_bytes).concat();
    [&header, &lengths, text.as_bytes()].concat()
}

/// A folder that is gone after the test. Only one exists at a time: a process that another test starts while an
/// executable is being written would inherit the open file, and the system runs no file that is open for writing.
struct Folder(PathBuf, #[allow(dead_code, reason = "held for its effect")] MutexGuard<'static, ()>);

impl Folder {
    fn new(test: &str) -> Folder {
        static ONE: Mutex<()> = Mutex::new(());
        let guard = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let path = std::env::temp_dir().join(format!("resilient-link-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a temporary folder");
        Folder(path, guard)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("the folder");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn link(object: &[u8]) -> Result<Vec<u8>, LinkError> {
    resilient_link::link(object, &Target::find("x86_64-linux").expect("it is built in"))
}

fn link_to(object: &[u8], out: &Path) {
    let executable = link(object).expect("it links");
    fs::write(out, executable).expect("the folder can be written to");
    fs::set_permissions(out, fs::Permissions::from_mode(0o755)).expect("the file is ours");
}

/// Links and runs a program.
fn run(test: &str, object: &[u8]) -> Output {
    let folder = Folder::new(test);
    link_to(object, &folder.path("program"));
    Command::new(folder.path("program")).output().expect("it runs")
}

fn hello() -> Vec<u8> {
    Program::new().print("text", "Grüß Gott 🦀").call(RtFn::PrintNewline).finish(7)
}

#[test]
fn hello_runs_and_is_small() {
    let folder = Folder::new("hello");
    let path = folder.path("hello");
    link_to(&hello(), &path);
    let output = Command::new(&path).output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "Grüß Gott 🦀\n");
    assert!(output.stderr.is_empty());
    assert_eq!(output.status.code(), Some(7));
    let metadata = fs::metadata(&path).expect("the file");
    assert!(metadata.len() < 10 * 1024, "{} bytes", metadata.len());
    assert_eq!(metadata.permissions().mode() & 0o700, 0o700);
    assert_eq!(folder.names(), ["hello"]);
}

#[test]
fn all_entries_are_in_the_archive() {
    let mut program = Program::new();
    for &f in RtFn::ALL {
        program = program.call(f);
    }
    link(&program.finish(0)).expect("all symbols are defined");
}

#[test]
fn numbers_print() {
    // mov rdi, -42; mov rax, bits of 0.1; movq xmm0, rax
    let object = Program::new()
        .bytes(&[0x48, 0xc7, 0xc7])
        .bytes(&(-42_i32).to_le_bytes())
        .call(RtFn::PrintInt)
        .call(RtFn::PrintNewline)
        .bytes(&[0x48, 0xb8])
        .bytes(&0.1_f64.to_bits().to_le_bytes())
        .bytes(&[0x66, 0x48, 0x0f, 0x6e, 0xc0])
        .call(RtFn::PrintFloat)
        .finish(256 + 3);
    let output = run("numbers", &object);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "-42\n0.1");
    assert_eq!(output.status.code(), Some(3), "the low eight bits");
}

#[test]
fn faults_flush_and_name_their_place() {
    let object = Program::new().print("text", "before").load_site().call(RtFn::FaultDivisionByZero).finish(0);
    let output = run("fault", &object);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "before");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "Error: some.rz:12:34: Runtime error: Division by zero\n");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn faults_without_place() {
    // xor esi, esi; mov rdi, 64
    let object =
        Program::new().bytes(&[0x31, 0xf6, 0x48, 0xc7, 0xc7, 64, 0, 0, 0]).call(RtFn::FaultShiftAmount).finish(0);
    let output = run("nowhere", &object);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "Error: Runtime error: shift amount out of range: 64\n");
    assert_eq!(output.status.code(), Some(1));
}

/// Prints something, then calls itself without end.
fn endless_recursion() -> Vec<u8> {
    Program::new().print("text", "deep\n").call_symbol(PROGRAM_SYMBOL).finish(0)
}

#[test]
fn overflow_of_the_stack_is_a_fault() {
    // push rax; jmp back to it
    let object = Program::new().print("text", "deep").bytes(&[0x50, 0xeb, 0xfd]).finish(0);
    let output = run("overflow", &object);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "deep");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "Error: Runtime error: stack overflow\n");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_limit_on_address_space_gives_a_smaller_stack() {
    let folder = Folder::new("limit");
    let path = folder.path("program");
    link_to(&hello(), &path);
    let script = format!("ulimit -v 20000; exec {}", path.display());
    let output = Command::new("sh").arg("-c").arg(script).output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "Grüß Gott 🦀\n");
    assert_eq!(output.status.code(), Some(7));
}

#[test]
fn exhausted_memory_is_a_fault() {
    // Doubles a string without end: rbx := "0123456789abcdef" + itself...
    let (program, _) = Program::new().load_data("text", &string_object("0123456789abcdef"), None);
    let object = program
        .bytes(&[0x48, 0x89, 0xfb]) // mov rbx, rdi
        .bytes(&[0x48, 0x89, 0xdf, 0x48, 0x89, 0xde]) // mov rdi, rbx; mov rsi, rbx
        .call(RtFn::StrConcat)
        .bytes(&[0x48, 0x89, 0xc3, 0xeb, 0xf0]) // mov rbx, rax; jmp
        .finish(0);
    let folder = Folder::new("memory");
    let path = folder.path("program");
    link_to(&object, &path);
    let script = format!("ulimit -v 400000; exec {}", path.display());
    let output = Command::new("sh").arg("-c").arg(script).output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "Error: Runtime error: out of memory\n");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn output_nobody_takes_ends_the_program() {
    let folder = Folder::new("full");
    let path = folder.path("program");
    link_to(&hello(), &path);
    let run = |redirection: &str| {
        let script = format!("exec {} {redirection}", path.display());
        Command::new("sh").arg("-c").arg(script).output().expect("it runs")
    };
    for (redirection, reason) in [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")] {
        let output = run(redirection);
        let expected = format!("Error: Runtime error: cannot write to standard output: {reason}\n");
        assert_eq!(String::from_utf8_lossy(&output.stderr), expected);
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn a_closed_pipe_ends_the_program_silently() {
    let folder = Folder::new("pipe");
    let path = folder.path("program");
    link_to(&endless_recursion(), &path);
    // Standard output is a pipe whose other end is closed at once.
    let mut child = Command::new(&path).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.signal(), Some(13));
    assert!(output.stderr.is_empty());
}

#[test]
fn large_output_arrives_complete() {
    let folder = Folder::new("large");
    let path = folder.path("program");
    let long = "0123456789".repeat(5_000);
    let object = Program::new().print("a", "start ").print("b", &long).print("c", " end").finish(0);
    link_to(&object, &path);
    let output = Command::new(&path).output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), format!("start {long} end"));
}

#[test]
fn the_same_object_gives_the_same_bytes() {
    let bytes = || link(&hello()).expect("it links");
    assert_eq!(bytes(), bytes());
}

#[test]
fn bad_objects_are_errors() {
    let missing = Program::new().call_symbol("resilient_no_such_entry").finish(0);
    let error = link(&missing).expect_err("no such symbol");
    assert!(error.to_string().contains("resilient_no_such_entry"), "{error}");
    let error = link(b"no object").expect_err("no object");
    assert!(error.to_string().contains("program.o"), "{error}");
}

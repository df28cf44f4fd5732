//! Programs given as MIR text, run by the JIT. Output goes to a list instead of standard output.

use std::cell::RefCell;

use resilient_abi::{FileName, RtFn, Site};
use resilient_clif::jit::JitProgram;
use resilient_clif::{OptLevel, Options};
use resilient_mir::ir::Module;
use resilient_mir::read::read_module;
use resilient_runtime::entry;

/// All levels; each test runs on each.
pub const LEVELS: [OptLevel; 3] = [OptLevel::None, OptLevel::Speed, OptLevel::Size];

thread_local! {
    static OUTPUT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The module that `text` describes.
pub fn module(text: &str) -> Module {
    read_module(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Options of the tests: the Cranelift IR is verified.
pub fn options(level: OptLevel) -> Options {
    Options { verify: true, ..Options::host(level) }
}

/// Exit status and output of a program at one level.
pub fn run_at(text: &str, level: OptLevel) -> (i64, String) {
    let program = JitProgram::compile(&module(text), &options(level), address).unwrap_or_else(|e| panic!("{e}"));
    OUTPUT.take();
    let status = resilient_runtime::stack::run_on_program_stack(16 << 20, || program.run());
    (status, OUTPUT.take())
}

/// Exit status and output of a program, which must be the same at all levels.
pub fn run(text: &str) -> (i64, String) {
    let first = run_at(text, LEVELS[0]);
    for &level in &LEVELS[1..] {
        assert_eq!(run_at(text, level), first, "{level:?}\n{text}");
    }
    first
}

/// Entry points of the runtime, those with an effect on the outside replaced.
fn address(f: RtFn) -> *const u8 {
    match f {
        RtFn::PrintInt => print_int as *const u8,
        RtFn::PrintFloat => print_float as *const u8,
        RtFn::PrintBool => print_bool as *const u8,
        RtFn::PrintStr => print_str as *const u8,
        RtFn::FloatToInt => float_to_int as *const u8,
        _ => entry::address(f),
    }
}

fn print(text: impl std::fmt::Display) {
    OUTPUT.with_borrow_mut(|output| *output += &format!("{text}\n"));
}

extern "C" fn print_int(value: i64) {
    print(value);
}

extern "C" fn print_float(value: f64) {
    print(format_args!("{value:?}"));
}

// The whole register, as the callee may rely on the extension.
extern "C" fn print_bool(value: u32) {
    print(value);
}

extern "C" fn print_str(value: *const resilient_abi::StrHeader) {
    // SAFETY: compiled code passes a string object: a header with `len` bytes of UTF-8 behind it.
    let (text, header) = unsafe {
        let header = &*value;
        let bytes = std::slice::from_raw_parts(value.add(1).cast::<u8>(), header.len);
        (std::str::from_utf8_unchecked(bytes), header)
    };
    let rc = if header.object.rc == resilient_abi::IMMORTAL { -1 } else { i64::from(header.object.rc) };
    print(format_args!("{text} rc={rc} chars={} room={}", header.chars, header.cap >= header.len));
}

/// Shows the site instead of converting.
extern "C" fn float_to_int(value: f64, site: *const Site) -> i64 {
    if site.is_null() {
        print("no site");
    } else {
        // SAFETY: compiled code passes a site, whose file is a length and that many bytes of UTF-8.
        let (file, site) = unsafe {
            let site = &*site;
            let bytes = std::slice::from_raw_parts(site.file.cast::<u8>().add(size_of::<FileName>()), (*site.file).len);
            (std::str::from_utf8_unchecked(bytes), site)
        };
        print(format_args!("{file}:{}:{}", site.line, site.col));
    }
    value as i64
}

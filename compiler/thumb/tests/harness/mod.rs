//! Runs functions on an emulated processor, and compares with Cranelift's interpreter.
//!
//! Functions in Cranelift IR are compiled into an object file and linked, by the C compiler for the target, with a program
//! that calls each with many arguments and prints the results. The emulator runs it as a Linux process: Thumb-2 code is the
//! same there. A trap is caught as a signal and printed as `trap`.
//!
//! This needs `arm-none-eabi-gcc` and `qemu-arm` (Debian: `gcc-arm-none-eabi`, `qemu-user`); without them tests fail.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use cranelift_codegen::Context;
use cranelift_codegen::data_value::DataValue;
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{ExternalName, Function, Type, UserFuncName, types};
use cranelift_interpreter::environment::FunctionStore;
use cranelift_interpreter::interpreter::{Interpreter, InterpreterState};
use cranelift_interpreter::step::ControlFlow;
use resilient_thumb::inst::Symbol;
use resilient_thumb::object::{ObjectFile, Visibility};
use resilient_thumb::{CodeGenerator, FloatAbi, Fpu, Target};

/// Pseudo-random numbers (xorshift64*).
pub struct Random(pub u64);

impl Random {
    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        (self.next() >> 16) % n
    }

    /// One of a list.
    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }

    /// Bits of a value: often at an end of some range, else anything.
    pub fn bits(&mut self) -> u64 {
        const EDGES: [u64; 16] = [
            0,
            1,
            2,
            31,
            32,
            33,
            63,
            0x7f,
            0x80,
            0xff,
            0x7fff_ffff,
            0x8000_0000,
            0xffff_ffff,
            0x7fff_ffff_ffff_ffff,
            0x8000_0000_0000_0000,
            0xffff_ffff_ffff_fffe,
        ];
        match self.below(8) {
            0..=2 => self.pick(&EDGES),
            3 => self.pick(&EDGES).wrapping_neg(),
            4 => self.next() >> self.below(64),
            5 => ((self.next() as i64) >> self.below(64)) as u64,
            _ => self.next(),
        }
    }

    /// A value of a type.
    pub fn value(&mut self, ty: Type) -> DataValue {
        match ty {
            types::F32 => DataValue::F32(Ieee32::with_bits(self.f32_bits())),
            types::F64 => DataValue::F64(Ieee64::with_bits(self.f64_bits())),
            _ => int_value(ty, self.bits()),
        }
    }

    fn f32_bits(&mut self) -> u32 {
        match self.below(6) {
            0 => self
                .pick(&[0.0f32, -0.0, 1.0, -1.5, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1e-40, 3e9, -3e9])
                .to_bits(),
            1 => (self.bits() as i32 as f32).to_bits(),
            2 => (((self.next() >> 32) as u32) & 0x7fff_ffff) % 0x7f80_0000,
            _ => (self.below(2_000_000) as f32 / 1000.0 - 1000.0).to_bits(),
        }
    }

    fn f64_bits(&mut self) -> u64 {
        match self.below(6) {
            0 => self
                .pick(&[0.0f64, -0.0, 1.0, -1.5, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e-310, 3e9, -1e19])
                .to_bits(),
            1 => (self.bits() as i64 as f64).to_bits(),
            2 => (self.next() & 0x7fff_ffff_ffff_ffff) % 0x7ff0_0000_0000_0000,
            _ => (self.below(2_000_000) as f64 / 1000.0 - 1000.0).to_bits(),
        }
    }
}

fn int_value(ty: Type, bits: u64) -> DataValue {
    match ty {
        types::I8 => DataValue::I8(bits as i8),
        types::I16 => DataValue::I16(bits as i16),
        types::I32 => DataValue::I32(bits as i32),
        _ => DataValue::I64(bits as i64),
    }
}

/// Bits of a value. All NaNs count as the same: which one an operation gives is not said.
fn bits_of(value: &DataValue) -> u64 {
    match value {
        DataValue::I8(value) => u64::from(*value as u8),
        DataValue::I16(value) => u64::from(*value as u16),
        DataValue::I32(value) => u64::from(*value as u32),
        DataValue::I64(value) => *value as u64,
        DataValue::F32(value) => canonical(u64::from(value.bits()), 32),
        DataValue::F64(value) => canonical(value.bits(), 64),
        other => panic!("value {other}"),
    }
}

fn canonical(bits: u64, width: u32) -> u64 {
    match width {
        32 if f32::from_bits(bits as u32).is_nan() => 0x7fc0_0000,
        64 if f64::from_bits(bits).is_nan() => 0x7ff8_0000_0000_0000,
        _ => bits,
    }
}

/// What the interpreter says a call gives: bits of the result, or `None` for a trap.
pub fn interpret(functions: &[Function], index: usize, args: &[DataValue]) -> Result<Option<u64>, String> {
    let mut store = FunctionStore::default();
    for function in functions {
        store.add(function.name.to_string(), function);
    }
    let state = InterpreterState::default().with_function_store(store);
    let mut interpreter = Interpreter::new(state).with_fuel(Some(20_000));
    match interpreter.call_by_name(&functions[index].name.to_string(), args) {
        Ok(ControlFlow::Return(values)) => Ok(Some(values.first().map_or(0, bits_of))),
        Ok(ControlFlow::Trap(_)) => Ok(None),
        Ok(_) => Err("unexpected end".into()),
        Err(error) => Err(format!("{error}: {error:?}")),
    }
}

/// The name of a function in the interpreter.
pub fn name_of(function: &Function) -> String {
    match &function.name {
        UserFuncName::Testcase(name) => name.to_string().trim_start_matches('%').to_owned(),
        UserFuncName::User(name) => name.to_string(),
    }
}

/// Compiles functions into an object file; all of them are visible.
pub fn compile_object(functions: &[Function], target: &Target) -> Result<Vec<u8>, String> {
    let mut file = ObjectFile::new(target);
    let symbols: Vec<_> =
        functions.iter().map(|f| (name_of(f), file.symbol(&name_of(f), Visibility::Global, true))).collect();
    let mut imports: Vec<(String, _)> = Vec::new();
    for (function, &(_, symbol)) in functions.iter().zip(&symbols) {
        let mut context = Context::for_function(function.clone());
        let code = target.compile(&mut context, false).map_err(|error| error.to_string())?;
        file.define_function(symbol, &code, |file, symbol| {
            let name = match symbol {
                Symbol::Helper(name) => (*name).to_owned(),
                Symbol::External(ExternalName::TestCase(name)) => name.to_string().trim_start_matches('%').to_owned(),
                Symbol::External(name) => panic!("name {name:?}"),
            };
            let known = symbols.iter().chain(&imports).find(|(other, _)| *other == name).map(|(_, symbol)| *symbol);
            known.unwrap_or_else(|| {
                let symbol = file.symbol(&name, Visibility::Import, true);
                imports.push((name, symbol));
                symbol
            })
        })
        .map_err(|error| error.to_string())?;
    }
    file.finish().map_err(|error| error.to_string())
}

/// Options of the C compiler that go with a target.
pub fn gcc_options(target: &Target) -> Vec<&'static str> {
    let mut options = match target.fpu {
        Fpu::None => vec!["-mcpu=cortex-m3"],
        Fpu::Single => vec!["-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16"],
        Fpu::Double => vec!["-mcpu=cortex-m7", "-mfpu=fpv5-d16"],
    };
    options.push("-mthumb");
    options.push(match (target.fpu, target.float_abi) {
        (Fpu::None, _) => "-mfloat-abi=soft",
        (_, FloatAbi::Soft) => "-mfloat-abi=softfp",
        (_, FloatAbi::Hard) => "-mfloat-abi=hard",
    });
    options
}

/// A call whose result is to be compared.
pub struct Call {
    /// Which function.
    pub function: usize,
    /// Its arguments.
    pub args: Vec<DataValue>,
    /// What the interpreter says.
    pub expected: Option<u64>,
}

/// Calls of every function that is not for the others only, with random arguments.
pub fn random_calls(functions: &[Function], per_function: usize, random: &mut Random) -> Vec<Call> {
    let mut calls = Vec::new();
    for (index, function) in functions.iter().enumerate() {
        if function.signature.call_conv != cranelift_codegen::isa::CallConv::SystemV {
            continue;
        }
        for _ in 0..per_function {
            let args: Vec<_> = function.signature.params.iter().map(|param| random.value(param.value_type)).collect();
            match interpret(functions, index, &args) {
                Ok(expected) => calls.push(Call { function: index, args, expected }),
                Err(error) if error.contains("fuel") || error.contains("Fuel") => {}
                Err(error) => panic!("{}: {error}", function.name),
            }
        }
    }
    calls
}

fn c_type(ty: Type) -> &'static str {
    match ty {
        types::I8 => "uint8_t",
        types::I16 => "uint16_t",
        types::I32 => "uint32_t",
        types::F32 => "float",
        types::F64 => "double",
        _ => "uint64_t",
    }
}

const RUNTIME: &str = include_str!("runtime.c");

/// A C program that makes the calls and prints a line for each.
fn driver(functions: &[Function], calls: &[Call]) -> String {
    let mut c = String::from(RUNTIME);
    for (index, function) in functions.iter().enumerate() {
        let mine: Vec<&Call> = calls.iter().filter(|call| call.function == index).collect();
        if mine.is_empty() {
            continue;
        }
        let (name, params) = (name_of(function), &function.signature.params);
        let result = function.signature.returns.first().map(|param| param.value_type);
        let list: Vec<_> = params.iter().map(|param| c_type(param.value_type)).collect();
        let list = if list.is_empty() { "void".to_owned() } else { list.join(", ") };
        let _ = writeln!(c, "extern {} {name}({list});", result.map_or("void", c_type));
        let width = params.len().max(1);
        let _ = writeln!(c, "static const uint64_t args_{name}[][{width}] = {{");
        for call in &mine {
            let bits: Vec<_> = call.args.iter().map(|arg| format!("{:#x}ull", raw_bits(arg))).collect();
            let _ = writeln!(c, "{{{}}},", bits.join(", "));
        }
        let args: Vec<_> = (params.iter().enumerate())
            .map(|(n, param)| match param.value_type {
                types::F32 => format!("as_f32(a[{n}])"),
                types::F64 => format!("as_f64(a[{n}])"),
                ty => format!("({})a[{n}]", c_type(ty)),
            })
            .collect();
        let call = format!("{name}({})", args.join(", "));
        let call = match result {
            None => format!("{call}; uint64_t r = 0"),
            Some(types::F32) => format!("uint64_t r = of_f32({call})"),
            Some(types::F64) => format!("uint64_t r = of_f64({call})"),
            Some(_) => format!("uint64_t r = {call}"),
        };
        let _ = writeln!(c, "}};\nstatic void run_{name}(void) {{ for (unsigned n = 0; n < {}; n++) {{", mine.len());
        let _ = writeln!(c, "const uint64_t *a = args_{name}[n]; (void)a;");
        let _ = writeln!(c, "if (__builtin_setjmp(env)) {{ put(\"trap\\n\"); continue; }} {call}; hex(r); }} }}");
    }
    let _ = writeln!(c, "void program(void) {{ ");
    for (index, function) in functions.iter().enumerate() {
        if calls.iter().any(|call| call.function == index) {
            let _ = writeln!(c, "run_{}();", name_of(function));
        }
    }
    c.push_str("}\n");
    c
}

fn raw_bits(value: &DataValue) -> u64 {
    match value {
        DataValue::F32(value) => u64::from(value.bits()),
        DataValue::F64(value) => value.bits(),
        other => bits_of(other),
    }
}

/// Runs a command; its output, or what it complained about.
pub fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!(
            "{command:?}: {}\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

/// A directory for the files of a test.
pub fn directory(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&dir).expect("directory made");
    dir
}

/// Links an object file with a C program and runs it; the lines it prints.
pub fn link_and_run(name: &str, object: &[u8], c: &str, target: &Target) -> Result<String, String> {
    let dir = directory(name);
    let (object_path, c_path, program) = (dir.join("code.o"), dir.join("driver.c"), dir.join("program"));
    std::fs::write(&object_path, object).map_err(|error| error.to_string())?;
    std::fs::write(&c_path, c).map_err(|error| error.to_string())?;
    run(Command::new("arm-none-eabi-gcc")
        .args(gcc_options(target))
        .args(["-O1", "-w", "-nostdlib", "-nostartfiles", "-static", "-ffreestanding", "-Wl,-e,_start"])
        .args([&c_path, &object_path])
        .args(["-lgcc", "-o"])
        .arg(&program))?;
    run(Command::new("timeout").args(["120", "qemu-arm", "-cpu", "max"]).arg(&program))
}

/// Compiles, runs and compares; the differences.
pub fn differences(name: &str, functions: &[Function], calls: &[Call], target: &Target) -> Result<Vec<String>, String> {
    let object = compile_object(functions, target)?;
    let output = link_and_run(name, &object, &driver(functions, calls), target)?;
    let mut lines = output.lines();
    let mut wrong = Vec::new();
    for (index, function) in functions.iter().enumerate() {
        let result = function.signature.returns.first().map_or(types::I64, |param| param.value_type);
        for call in calls.iter().filter(|call| call.function == index) {
            let got = lines.next().ok_or("the program ended early")?;
            let got_bits = u64::from_str_radix(got, 16).ok();
            let got_bits = got_bits.map(|bits| if result.is_float() { canonical(bits, result.bits()) } else { bits });
            if got_bits != call.expected {
                let args: Vec<_> = call.args.iter().map(ToString::to_string).collect();
                let expected = call.expected.map_or("trap".to_owned(), |bits| format!("{bits:016x}"));
                wrong.push(format!("{}({}): got {got}, expected {expected}", function.name, args.join(", ")));
            }
        }
    }
    Ok(wrong)
}

/// Targets to test, with names.
pub fn targets() -> Vec<(&'static str, Target)> {
    use resilient_thumb::Constants;
    vec![
        ("m3", Target::cortex_m3()),
        ("m3-immediate", Target { constants: Constants::Immediate, optimize: false, ..Target::cortex_m3() }),
        ("m4f", Target::cortex_m4f()),
        ("m4-softfp", Target { float_abi: FloatAbi::Soft, ..Target::cortex_m4f() }),
        ("m7", Target::cortex_m7()),
        ("m7-softfp", Target { float_abi: FloatAbi::Soft, ..Target::cortex_m7() }),
    ]
}

/// Parses functions.
pub fn parse(text: &str) -> Vec<Function> {
    cranelift_reader::parse_functions(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

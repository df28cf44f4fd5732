//! Programs for 32-bit Arm: that the builder's Cranelift IR compiles for pointers of 32 bits, and, for programs that need
//! no more of a runtime than a function to print with, that they run.

use std::path::Path;
use std::process::Command;

use object::{Architecture, Object, ObjectSymbol};
use resilient_clif::{OptLevel, Options, compile_object, print_asm};

use crate::common::{LEVELS, module, run};
use crate::random::generator::{Random, module as random_module};

const TARGETS: [&str; 3] = ["thumbv7m-none-eabi", "thumbv7em-none-eabi", "thumbv7em-none-eabihf"];

fn options(level: OptLevel, target: &str) -> Options {
    Options { verify: true, ..Options::for_target(level, target).expect("a target") }
}

#[test]
fn random_programs_compile() {
    for seed in 0..12u64 {
        let program = random_module(&mut Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1));
        for target in TARGETS {
            for level in LEVELS {
                let object = compile_object(&program, &options(level, target));
                let object = object.unwrap_or_else(|error| panic!("seed {seed} for {target} at {level:?}: {error}"));
                let file = object::File::parse(&*object).expect("an object file");
                assert_eq!(file.architecture(), Architecture::Arm);
                let entry = file.symbol_by_name("resilient_program").expect("the entry");
                assert_eq!(entry.address() & 1, 1, "the address of Thumb code is odd");
            }
        }
    }
}

const PROGRAM: &str = r#"entry fn2
fn0 "fib"(i64) -> i64 {
block0(v0: i64):
 v1: i64 = iconst 2
 v2: bool = icmp lt v0, v1
 branch v2, block1, block2
block1:
 return v0
block2:
 v3: i64 = iconst 1
 v4: i64 = isub v0, v3
 v5: i64 = call fn0(v4)
 v6: i64 = isub v0, v1
 v7: i64 = call fn0(v6)
 v8: i64 = iadd v5, v7
 return v8
}
fn1 "mixed"(i64, i64, f64) -> (i64, f64, bool) {
block0(v0: i64, v1: i64, v2: f64):
 v3: i64 = idiv v0, v1
 v4: i64 = irem v0, v1
 v5: i64 = imul v3, v4
 v6: f64 = int_to_float v5
 v7: f64 = fmul v6, v2
 v8: bool = fcmp lt v7, v2
 return v5, v7, v8
}
fn2 "main"() -> i64 {
block0:
 v0: i64 = iconst 20
 v1: i64 = call fn0(v0)
 rt print_int(v1)
 v2: i64 = iconst -1234567890123456789
 v3: i64 = iconst 987654321
 v4: f64 = fconst 0.5
 v5: i64, v6: f64, v7: bool = call fn1(v2, v3, v4)
 rt print_int(v5)
 rt print_bool(v7)
 v8: i64 = iconst 7
 v9: i64 = iconst -1
 v10: i64, v11: f64, v12: bool = call fn1(v8, v9, v4)
 rt print_int(v10)
 rt print_bool(v12)
 return v8
}
"#;

/// What the program needs of a runtime.
const RUNTIME: &str = r#"
extern long long resilient_program(void);
static void number(long long value) {
    char text[24];
    int at = 23;
    unsigned long long rest = value < 0 ? -(unsigned long long)value : value;
    text[at] = 0;
    do { text[--at] = '0' + rest % 10; rest /= 10; } while (rest);
    if (value < 0) text[--at] = '-';
    put(text + at);
    put("\n");
}
void PRINT_INT(long long value) { number(value); }
void PRINT_BOOL(unsigned value) { number(value); }
void program(void) { number(resilient_program()); }
"#;

fn command(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a program prints, and its status, on an emulated processor.
fn emulate(text: &str, target: &str, level: OptLevel) -> String {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("thumb-{target}-{level:?}"));
    std::fs::create_dir_all(&dir).expect("directory");
    let object = compile_object(&module(text), &options(level, target)).unwrap_or_else(|error| panic!("{error}"));
    let (code, c, exe) = (dir.join("program.o"), dir.join("runtime.c"), dir.join("program"));
    std::fs::write(&code, object).expect("written");
    let names = [("PRINT_INT", resilient_abi::RtFn::PrintInt), ("PRINT_BOOL", resilient_abi::RtFn::PrintBool)];
    let mut source = format!("{}{RUNTIME}", include_str!("../../../thumb/tests/harness/runtime.c"));
    for (name, entry) in names {
        source = source.replace(name, entry.sig().symbol);
    }
    std::fs::write(&c, source).expect("written");
    let cpu: &[&str] = match target {
        "thumbv7em-none-eabihf" => &["-mcpu=cortex-m4", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"],
        "thumbv7em-none-eabi" => &["-mcpu=cortex-m4", "-mfloat-abi=soft"],
        _ => &["-mcpu=cortex-m3", "-mfloat-abi=soft"],
    };
    let mut gcc = Command::new("arm-none-eabi-gcc");
    gcc.args(cpu).args(["-mthumb", "-O1", "-w", "-nostdlib", "-static", "-ffreestanding", "-Wl,-e,_start"]);
    command(gcc.args([&c, &code]).args(["-lgcc", "-o"]).arg(&exe));
    command(Command::new("timeout").args(["60", "qemu-arm", "-cpu", "max"]).arg(&exe))
}

#[test]
fn programs_run() {
    let (status, output) = run(PROGRAM);
    for target in TARGETS {
        for level in LEVELS {
            assert_eq!(emulate(PROGRAM, target, level), format!("{output}{status}\n"), "{target} at {level:?}");
        }
    }
}

#[test]
fn assembly_has_names() {
    let text = print_asm(&module(PROGRAM), &options(OptLevel::Speed, TARGETS[0])).expect("compiles");
    assert!(text.contains("bl fn0.fib"), "{text}");
    assert!(text.contains("bl __aeabi_ldivmod"), "{text}");
}

#[test]
fn other_arm_targets_are_refused() {
    for target in ["armv7a-none-eabi", "thumbv6m-none-eabi"] {
        let error = compile_object(&module(PROGRAM), &options(OptLevel::Speed, target)).expect_err("not supported");
        assert!(error.message.contains("only thumbv7m and thumbv7em"), "{error}");
    }
}

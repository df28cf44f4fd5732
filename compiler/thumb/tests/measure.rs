//! Size and number of instructions of small programs, beside what a C compiler makes of the same programs.
//!
//! A table is printed (`cargo test -p resilient-thumb --test measure -- --nocapture`); the test fails if the results differ,
//! or the code becomes much larger than that of the C compiler. Instructions are counted by the emulator, which translates
//! one at a time and logs each.

mod harness;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use harness::{compile_object, directory, gcc_options, parse, run};
use resilient_thumb::Target;

const PROGRAMS: [&str; 5] = ["fib32", "fib64", "crc32", "matmul", "sieve"];

/// Calls one program by number and prints its result.
const DRIVER: &str = "
extern int fib32(int); extern long long fib64(long long);
extern unsigned crc32(const void *, unsigned); extern unsigned sieve(void *, unsigned);
extern void matmul(const int *, const int *, int *, unsigned);
static unsigned char bytes[4000]; static int a[144], b[144], c[144];
void program(void) {
    for (unsigned n = 0; n < sizeof bytes; n++) bytes[n] = n * 7;
    for (int n = 0; n < 144; n++) { a[n] = n * n - 50; b[n] = 3 * n - 7; }
    uint64_t r = 0;
    switch (PROGRAM) {
        case 0: r = fib32(18); break;
        case 1: r = fib64(18); break;
        case 2: r = crc32(bytes, sizeof bytes); break;
        case 3: matmul(a, b, c, 12); for (int n = 0; n < 144; n++) r = r * 31 + c[n]; break;
        case 4: r = sieve(bytes, sizeof bytes); break;
        default: break;
    }
    hex(r);
}
";

/// Bytes of each function of an object file, literals included.
fn sizes(object: &Path) -> BTreeMap<String, u64> {
    let listing = run(Command::new("arm-none-eabi-nm").arg("-S").arg(object)).expect("nm");
    (listing.lines())
        .filter_map(|line| match line.split_whitespace().collect::<Vec<_>>()[..] {
            [_, size, _, name] => Some((name.to_owned(), u64::from_str_radix(size, 16).ok()?)),
            _ => None,
        })
        .collect()
}

/// Instructions that one program takes, start and end of the process taken off, and what it printed.
fn count(dir: &Path, object: &Path, program: usize, target: &Target) -> (u64, String) {
    let run_one = |number: usize| {
        let (c, exe, log) = (dir.join("driver.c"), dir.join(format!("run{number}")), dir.join("log"));
        let source = format!("{}\n#define PROGRAM {number}\n{DRIVER}", include_str!("harness/runtime.c"));
        std::fs::write(&c, source).expect("written");
        run(Command::new("arm-none-eabi-gcc")
            .args(gcc_options(target))
            .args(["-O1", "-w", "-nostdlib", "-static", "-ffreestanding", "-Wl,-e,_start"])
            .args([c.as_path(), object])
            .args(["-lgcc", "-o"])
            .arg(&exe))
        .expect("linked");
        let output = run(Command::new("timeout")
            .args(["100", "qemu-arm", "-cpu", "max", "-singlestep", "-d", "exec,nochain", "-D"])
            .arg(&log)
            .arg(&exe))
        .expect("run");
        let lines = std::fs::read(&log)
            .expect("log")
            .split(|&byte| byte == b'\n')
            .filter(|line| line.starts_with(b"Trace"))
            .count();
        let _ = std::fs::remove_file(&log);
        (lines as u64, output.trim().to_owned())
    };
    let (empty, _) = run_one(99);
    let (all, output) = run_one(program);
    (all.saturating_sub(empty), output)
}

#[test]
fn programs() {
    let target = Target::cortex_m3();
    let dir = directory("measure");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let text = std::fs::read_to_string(root.join("filetests/programs.clif")).expect("programs");
    let ours = dir.join("ours.o");
    std::fs::write(&ours, compile_object(&parse(&text), &target).expect("compiles")).expect("written");
    let mut objects = vec![("ours", ours)];
    for level in ["-Os", "-O2"] {
        let object = dir.join(format!("gcc{level}.o"));
        run(Command::new("arm-none-eabi-gcc")
            .args(gcc_options(&target))
            .args([level, "-ffreestanding", "-fno-inline", "-c"])
            .arg(root.join("programs/programs.c"))
            .arg("-o")
            .arg(&object))
        .expect("compiled");
        objects.push((level, object));
    }
    println!("{:8} {:>18} {:>18} {:>18}", "", "ours", "gcc -Os", "gcc -O2");
    for (number, program) in PROGRAMS.iter().enumerate() {
        let rows: Vec<(u64, u64, String)> = (objects.iter())
            .map(|(_, object)| {
                let (instructions, output) = count(&dir, object, number, &target);
                (sizes(object).get(*program).copied().unwrap_or(0), instructions, output)
            })
            .collect();
        let cells: Vec<_> = rows.iter().map(|row| format!("{:4} B {:>9} i", row.0, row.1)).collect();
        println!("{program:8} {:>18} {:>18} {:>18}", cells[0], cells[1], cells[2]);
        assert!(rows.iter().all(|row| row.2 == rows[0].2), "{program}: {rows:?}");
        assert!(rows[0].0 > 0 && rows[0].0 <= 2 * rows[1].0, "{program}: {} bytes against {}", rows[0].0, rows[1].0);
    }
}

//! Images for boards, made from small C programs that call the runtime as compiled programs do, and run under QEMU.
//!
//! Ignored unless `RESILIENT_TEST_TARGETS` lists the board; needs `arm-none-eabi-gcc` and `qemu-system-arm`, see `tests/run`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use resilient_link::image::Image;
use resilient_link::runtimes::{self, Origin};
use resilient_link::{Console, Target, link_image};

const BOARDS: [&str; 4] =
    ["thumbv7em-mps2-an386", "thumbv7em-mps2-an500", "thumbv7em-netduinoplus2", "thumbv7m-mps2-an385"];

/// The boards that are asked for.
fn boards() -> Vec<Target> {
    let asked = std::env::var("RESILIENT_TEST_TARGETS").unwrap_or_default();
    let boards = BOARDS.iter().filter(|board| asked.split(',').any(|name| name.trim() == **board));
    let boards: Vec<Target> = boards.map(|board| Target::find(board).expect("it is part of the compiler")).collect();
    for board in &boards {
        if runtimes::origin(board) == Origin::Missing {
            runtimes::add(board).unwrap_or_else(|reason| panic!("{}: {reason}", board.name));
        }
    }
    boards
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/firmware")
}

/// The object file of a C program.
fn object(program: &str, target: &Target, defines: &[&str]) -> Vec<u8> {
    let mut command = Command::new("arm-none-eabi-gcc");
    command.args(["-Os", "-mthumb", "-ffreestanding", "-ffunction-sections", "-fdata-sections", "-c", "-o"]);
    let name = format!("resilient-firmware-{}-{}-{program}.o", std::process::id(), target.name);
    let file = std::env::temp_dir().join(name);
    command.arg(&file).arg(folder().join(format!("{program}.c")));
    command.args(match (target.triple.as_str(), target.name.contains("an500")) {
        ("thumbv7m-none-eabi", _) => ["-mcpu=cortex-m3", "-mfloat-abi=soft", "-mfpu=auto"],
        (_, false) => ["-mcpu=cortex-m4", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"],
        (_, true) => ["-mcpu=cortex-m7", "-mfloat-abi=hard", "-mfpu=fpv5-d16"],
    });
    command.args(defines);
    let status = command.status().expect("arm-none-eabi-gcc is installed");
    assert!(status.success(), "{program}");
    let content = std::fs::read(&file).expect("it was just written");
    std::fs::remove_file(&file).expect("it is there");
    content
}

fn build(program: &str, target: &Target, defines: &[&str]) -> Image {
    link_image(&object(program, target, defines), target).unwrap_or_else(|error| panic!("{program}: {error}"))
}

/// What came out: status, standard output, standard error.
fn run(image: &Image, program: &str, target: &Target) -> (i32, String, String) {
    let name = format!("resilient-firmware-{}-{}-{program}.elf", std::process::id(), target.name);
    let file = std::env::temp_dir().join(name);
    std::fs::write(&file, image.elf()).expect("the temporary directory can be written");
    let (runner, arguments) = target.runner.split_first().expect("boards have one");
    let (last, arguments) = arguments.split_last().expect("it takes an option for the file");
    let mut command = Command::new("timeout");
    command.args(["60", runner]).args(arguments).arg(last).arg(&file);
    let output = command.stdin(Stdio::null()).output().expect("the emulator is installed");
    std::fs::remove_file(&file).expect("it is there");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

fn result(status: i32, stdout: &str, stderr: &str) -> (i32, String, String) {
    (status, stdout.to_string(), stderr.to_string())
}

#[test]
fn text_goes_to_the_host_and_so_does_the_status() {
    for board in boards() {
        let run = |program| run(&build(program, &board, &[]), program, &board);
        assert_eq!(run("empty"), result(0, "", ""), "{}", board.name);
        assert_eq!(run("hello"), result(0, "Hello, world!\n", ""), "{}", board.name);
        assert_eq!(run("int"), result(2, "-9223372036854775808\n", ""), "{}", board.name);
        assert_eq!(run("float"), result(0, "0.30000000000000004\ninf\n", ""), "{}", board.name);
    }
}

#[test]
fn faults_are_reported() {
    for board in boards() {
        let check = |program: &str, defines: &[&str], stderr: &str| {
            let outcome = run(&build(program, &board, defines), program, &board);
            assert_eq!(outcome, result(1, "", &format!("Error: {stderr}\n")), "{} {defines:?}", board.name);
        };
        check("fault", &[], "prog.rz:12:34: Runtime error: Division by zero");
        for frame in [1, 3, 8, 100, 1000] {
            check("overflow", &[&format!("-DFRAME={frame}")], "Runtime error: stack overflow");
        }
        check("huge", &[], "Runtime error: out of memory");
    }
}

#[test]
fn hardware_faults_name_the_instruction_and_the_address() {
    for board in boards() {
        let image = build("undefined", &board, &[]);
        let (status, stdout, stderr) = run(&image, "undefined", &board);
        // Bit 16 of the status: an undefined instruction.
        assert!(
            stderr.starts_with("Error: Runtime error: hardware fault 0x00010000 at 0x"),
            "{}: {stderr}",
            board.name
        );
        assert_eq!((status, stdout.as_str(), stderr.lines().count()), (1, "", 1));
        // The emulator's other boards ignore accesses to addresses without memory.
        if board.name.contains("netduinoplus2") {
            let (status, _, stderr) = run(&build("bus", &board, &[]), "bus", &board);
            assert!(stderr.starts_with("Error: Runtime error: hardware fault 0x00008200 at 0x"), "{stderr}");
            assert!(stderr.ends_with(", address 0x60000000\n") && status == 1, "{stderr}");
        }
        let (status, _, stderr) = run(&build("unexpected", &board, &[]), "unexpected", &board);
        // Supervisor call.
        assert!(stderr.starts_with("Error: Runtime error: interrupt 0x0000000b at 0x"), "{}: {stderr}", board.name);
        assert_eq!(status, 1);
    }
}

#[test]
fn memory_is_given_back_and_runs_out() {
    for board in boards() {
        let expected = result(1, "0\n", "Error: Runtime error: out of memory\n");
        assert_eq!(run(&build("memory", &board, &[]), "memory", &board), expected, "{}", board.name);
    }
}

#[test]
fn interrupts_have_handlers() {
    for board in boards() {
        let (handler, number) =
            board.board.iter().flat_map(|board| &board.interrupts).next_back().expect("it has some");
        for handler in [handler.clone(), format!("IRQ{number}")] {
            let number = number % 32;
            let defines =
                [format!("-D__resilient_isr_HANDLER=__resilient_isr_{handler}"), format!("-DNUMBER={number}")];
            let defines = defines.each_ref().map(String::as_str);
            if handler.starts_with("IRQ") || board.board.as_ref().is_some_and(|board| board.interrupts[&handler] < 32) {
                let image = build("interrupts", &board, &defines);
                assert_eq!(run(&image, "interrupts", &board), result(3, "1\n", ""), "{} {handler}", board.name);
            }
        }
        let error = link_image(&object("interrupts", &board, &["-DNUMBER=0"]), &board).unwrap_err();
        assert_eq!(error.to_string(), "the target has no interrupt `HANDLER`");
    }
}

#[test]
fn start_prepares_everything() {
    for mut board in boards() {
        if let Some(board) = &mut board.board {
            board.registers = vec![(0x2000_f000, 100)];
        }
        assert_eq!(run(&build("registers", &board, &[]), "registers", &board), result(109, "", ""), "{}", board.name);
        assert_eq!(run(&build("live", &board, &[]), "live", &board), result(2, "", ""), "{}", board.name);
    }
}

#[test]
fn a_serial_port_takes_the_text() {
    for mut board in boards().into_iter().filter(|board| board.name.contains("mps2")) {
        if let Some(board) = &mut board.board {
            board.console = Console::Uart { data: 0x4000_4000, status: 0x4000_4004, mask: 1, ready: 0 };
            board.registers = vec![(0x4000_4010, 16), (0x4000_4008, 1)];
        }
        let serial = board.runner.iter().position(|argument| argument == "-serial").expect("boards have none");
        board.runner[serial + 1] = "stdio".to_string();
        assert_eq!(
            run(&build("hello", &board, &[]), "hello", &board),
            result(0, "Hello, world!\n", ""),
            "{}",
            board.name
        );
    }
}

#[test]
fn what_does_not_fit_is_named() {
    for mut board in boards() {
        if let Some(board) = &mut board.board {
            board.flash.size = 400;
        }
        let error = link_image(&object("float", &board, &[]), &board).unwrap_err().to_string();
        assert!(error.starts_with("the image does not fit: "), "{error}");
        assert!(error.contains("bytes of flash are missing") && error.contains("number::FloatText"), "{error}");
    }
}

/// The sizes that matter most for small boards; see the table in `docs/firmware.md`.
#[test]
fn images_stay_small() {
    for board in boards() {
        for (program, limit) in [("empty", 600), ("hello", 700), ("int", 1100), ("float", 8000)] {
            let image = build(program, &board, &[]);
            let size = image.sizes().flash();
            println!("{} {program} {size}", board.name);
            assert!(size <= limit, "{} {program}: {size}\n{}", board.name, image.sizes());
            assert_eq!(image.bin(), build(program, &board, &[]).bin(), "the same bytes for the same program");
        }
    }
}

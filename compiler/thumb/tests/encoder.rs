//! Encodings and texts of instructions, compared with rows that a reference assembler made.
//!
//! `data/encoder.txt` has a row of bytes and text for each instruction of [`corpus::instructions`]. With
//! `RESILIENT_BLESS=1`, the test has `arm-none-eabi-as` assemble the texts, and writes the rows anew:
//!
//! ```text
//! RESILIENT_BLESS=1 cargo test -p resilient-thumb --test encoder
//! ```

mod corpus;

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use resilient_thumb::inst::encode::{Encoding, encode, encode_conditional, it};
use resilient_thumb::inst::print::print;
use resilient_thumb::inst::{Cond, Inst};

/// Bytes and text of an instruction.
fn row(inst: &Inst, cond: Option<Cond>) -> (Vec<u8>, String) {
    let encoding = if cond.is_some() { encode_conditional(inst) } else { encode(inst) };
    let mut bytes = Vec::new();
    if let Some(cond) = cond {
        encode(&it(&[cond])).expect("encodable").push_to(&mut bytes);
    }
    encoding.unwrap_or_else(|| panic!("no encoding of {inst:?}")).push_to(&mut bytes);
    let prefix = cond.map(|cond| format!("it {cond}; ")).unwrap_or_default();
    (bytes, format!("{prefix}{}", print(inst, cond)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes that the reference assembler makes of each text.
fn assemble(texts: &[String]) -> Vec<Vec<u8>> {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (source, object) = (dir.join("encoder.s"), dir.join("encoder.o"));
    let mut asm = String::from(".syntax unified\n.thumb\n.cpu cortex-m7\n.fpu fpv5-d16\n.text\n");
    for (n, text) in texts.iter().enumerate() {
        let _ = writeln!(asm, "row{n}:\n    {}", text.replace("; ", "\n"));
    }
    std::fs::write(&source, asm).expect("source written");
    let run = |command: &mut Command| {
        let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    };
    run(Command::new("arm-none-eabi-as").arg(&source).arg("-o").arg(&object));
    let symbols = run(Command::new("arm-none-eabi-nm").arg("-n").arg(&object));
    let binary = dir.join("encoder.bin");
    run(Command::new("arm-none-eabi-objcopy").args(["-O", "binary", "-j", ".text"]).arg(&object).arg(&binary));
    let bytes = std::fs::read(&binary).expect("binary");
    let mut starts: Vec<usize> = (symbols.lines().filter(|line| line.contains("row")))
        .map(|line| usize::from_str_radix(&line[..8], 16).expect("address"))
        .collect();
    starts.push(bytes.len());
    starts.windows(2).map(|window| bytes[window[0]..window[1]].to_vec()).collect()
}

#[test]
fn rows_of_the_reference_assembler() {
    let rows: Vec<(Vec<u8>, String)> = corpus::instructions().iter().map(|(inst, cond)| row(inst, *cond)).collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/encoder.txt");
    if std::env::var_os("RESILIENT_BLESS").is_some() {
        let texts: Vec<String> = rows.iter().map(|row| row.1.clone()).collect();
        let assembled = assemble(&texts);
        assert_eq!(assembled.len(), texts.len());
        let file: String =
            assembled.iter().zip(&texts).map(|(bytes, text)| format!("{:8}  {text}\n", hex(bytes))).collect();
        std::fs::write(&path, file).expect("rows written");
    }
    let expected = std::fs::read_to_string(&path).expect("the rows are part of the repository");
    let mut wrong = Vec::new();
    for ((bytes, text), expected) in rows.iter().zip(expected.lines()) {
        let got = format!("{:8}  {text}", hex(bytes));
        if got != expected {
            wrong.push(format!("got {got}\n    expected {expected}"));
        }
    }
    assert_eq!(rows.len(), expected.lines().count(), "number of rows; RESILIENT_BLESS=1 makes them anew");
    assert!(wrong.is_empty(), "{} rows differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(rows.len() >= 250);
}

#[test]
fn conditions_of_it_blocks() {
    let text = |conds: &[Cond]| print(&it(conds), None);
    assert_eq!(text(&[Cond::Eq]), "it eq");
    assert_eq!(text(&[Cond::Eq, Cond::Ne]), "ite eq");
    assert_eq!(text(&[Cond::Ge, Cond::Ge, Cond::Lt, Cond::Ge]), "ittet ge");
    assert_eq!(encode(&it(&[Cond::Ne, Cond::Eq])), Some(Encoding::Narrow(0xbf14)));
    assert_eq!(encode(&it(&[Cond::Ge, Cond::Ge, Cond::Lt, Cond::Ge])), Some(Encoding::Narrow(0xbfa5)));
}

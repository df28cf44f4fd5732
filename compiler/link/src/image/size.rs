//! Who takes how much of the memory.

use std::collections::BTreeMap;
use std::fmt;

use object::elf;

use super::input::{Definition, Input, Kind};
use super::layout::{self, Layout};
use super::resolve::Program;

/// What a function or a variable takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// Its name.
    pub name: String,
    /// The library it is from.
    pub part: String,
    /// Bytes of flash.
    pub flash: u32,
    /// Bytes of RAM.
    pub ram: u32,
}

/// The sizes of all parts of an image, in bytes.
#[derive(Clone, Debug)]
pub struct SizeTable {
    /// The vector table, and the table of registers to be written.
    pub tables: u32,
    /// Instructions.
    pub code: u32,
    /// Constants.
    pub constants: u32,
    /// Variables with initial values, which take flash and RAM.
    pub data: u32,
    /// Other variables.
    pub bss: u32,
    /// The stack.
    pub stack: u32,
    /// What is left for the heap.
    pub heap: u32,
    /// Functions, constants and variables, the largest first.
    pub contributions: Vec<Contribution>,
}

/// So many of the largest are shown.
const SHOWN: usize = 24;

impl SizeTable {
    pub(super) fn new(program: &Program<'_>, layout: &Layout) -> SizeTable {
        let mut contributions = Vec::new();
        for &id in layout.addresses.keys() {
            let Some(section) = layout::section(program, id) else { continue };
            let (flash, ram) = match section.kind {
                Kind::Code | Kind::ReadOnly => (section.size, 0),
                Kind::Data => (section.size, section.size),
                Kind::Zero => (0, section.size),
            };
            if section.size > 0 {
                let (name, part) = describe(&program.inputs[id.0], id.1);
                contributions.push(Contribution { name, part, flash, ram });
            }
        }
        contributions.sort_by(|a, b| (b.flash, b.ram, &a.name).cmp(&(a.flash, a.ram, &b.name)));
        SizeTable {
            tables: layout.vectors.size + layout.registers.size,
            code: layout.code.size,
            constants: layout.constants.size,
            data: layout.data.size,
            bss: layout.zero.size,
            stack: layout.stack.size,
            heap: layout.heap.size,
            contributions,
        }
    }

    /// Bytes of flash.
    pub fn flash(&self) -> u64 {
        [self.tables, self.code, self.constants, self.data].into_iter().map(u64::from).sum()
    }

    /// Flash and RAM by library.
    pub fn parts(&self) -> BTreeMap<&str, (u32, u32)> {
        let mut parts = BTreeMap::new();
        for Contribution { part, flash, ram, .. } in &self.contributions {
            let sum: &mut (u32, u32) = parts.entry(part.as_str()).or_default();
            *sum = (sum.0.saturating_add(*flash), sum.1.saturating_add(*ram));
        }
        parts
    }
}

impl fmt::Display for SizeTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flash = [
            ("vectors", self.tables),
            ("code", self.code),
            ("constants", self.constants),
            ("initial values", self.data),
        ];
        let ram = [("stack", self.stack), ("data", self.data), ("bss", self.bss), ("heap", self.heap)];
        for (region, rows) in [("flash", flash), ("RAM", ram)] {
            for (name, size) in rows {
                writeln!(f, "{size:>10}  {region:<5}  {name}")?;
            }
        }
        writeln!(f, "\n{:>10} {:>10}  library", "flash", "RAM")?;
        for (part, (flash, ram)) in self.parts() {
            writeln!(f, "{flash:>10} {ram:>10}  {part}")?;
        }
        writeln!(f, "\n{:>10} {:>10}  the largest", "flash", "RAM")?;
        for Contribution { name, flash, ram, .. } in self.contributions.iter().take(SHOWN) {
            writeln!(f, "{flash:>10} {ram:>10}  {name}")?;
        }
        Ok(())
    }
}

/// Name and library of a section: of the first symbol that it defines for others to see, or else of any.
fn describe(input: &Input<'_>, section: usize) -> (String, String) {
    let defined = input.symbols.iter().filter(|symbol| {
        matches!(symbol.definition, Definition::Section { section: other, .. } if other == section)
            && matches!(symbol.kind, elf::STT_FUNC | elf::STT_OBJECT)
    });
    let symbol = defined.max_by_key(|symbol| symbol.size).map(|symbol| symbol.name);
    let name = symbol.or_else(|| input.sections[section].as_ref().map(|section| section.name)).unwrap_or("");
    let readable = format!("{:#}", rustc_demangle::demangle(name));
    let part = match input.name.split(' ').next().unwrap_or("") {
        "runtime" => library(&readable).unwrap_or("resilient_runtime").to_string(),
        // Arithmetic that the processor has no instructions for.
        "support" => "compiler_builtins".to_string(),
        other => other.to_string(),
    };
    (readable, part)
}

/// The crate that a Rust path begins with, be it that of a method: `<core::str::..>::find`.
fn library(path: &str) -> Option<&str> {
    let start = path.trim_start_matches(['<', '&', '[']);
    let start = start.strip_prefix("mut ").unwrap_or(start);
    let (name, _) = start.split_once("::")?;
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_').then_some(name)
}

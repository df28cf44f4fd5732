//! Firmware images: program object and runtime archive to what is written to the flash of a microcontroller.
//!
//! In go relocatable ELF files for 32-bit Arm with a section for each function, and the description of a [`Board`]; out come
//! the bytes of the flash, as [ELF](Image::elf) with symbols, [raw](Image::bin) or as [Intel hex](Image::hex), and a
//! [table of sizes](Image::sizes).
//!
//! | module | subject |
//! |---|---|
//! | `input` | object files |
//! | `contract` | names that this linker and the start-up code agree on |
//! | `resolve` | which objects take part, what names mean |
//! | `vectors` | the vector table |
//! | `reach` | which sections are needed |
//! | `layout` | addresses |
//! | `relocate` | addresses in instructions and data |
//! | `elf`, `hex` | file formats |
//! | `size` | who takes how much |
//!
//! Each stage reads the results of those before it. The same input gives the same bytes. No input makes it panic: what
//! is wrong with an object file is an [`ImageError`].
//!
//! What it does not do: shared libraries, thread-local data, unwinding tables, linker scripts, merging of equal constants,
//! detours for branches beyond 16 MiB.

mod contract;
mod elf;
mod hex;
mod input;
mod layout;
mod reach;
mod relocate;
mod resolve;
mod size;
#[cfg(test)]
mod tests;
mod vectors;

use std::fmt;

use crate::target::Board;
use input::Kind;
use layout::Layout;
use relocate::{Fixup, Problem};
use resolve::{Place, Program, SectionId};
pub use size::{Contribution, SizeTable};

/// Why there is no image.
#[derive(Debug)]
pub enum ImageError {
    /// An object file is not what it should be.
    Malformed {
        /// The file.
        object: String,
        /// What is wrong.
        reason: String,
    },
    /// Nothing defines a name that is used.
    Undefined {
        /// The name.
        symbol: String,
        /// Who uses it.
        object: String,
    },
    /// Two objects define the same name.
    Duplicate(String),
    /// A handler is for an interrupt that the board does not have.
    NoInterrupt(String),
    /// A relocation is not possible.
    Relocation {
        /// The object with the place.
        object: String,
        /// Its section.
        section: String,
        /// The symbol.
        symbol: String,
        /// What is wrong.
        reason: String,
    },
    /// A memory is too small.
    DoesNotFit {
        /// Which.
        region: &'static str,
        /// How many bytes are missing.
        missing: u64,
        /// Who takes how much.
        sizes: Box<SizeTable>,
    },
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImageError::Malformed { object, reason } => write!(f, "object file `{object}` is malformed: {reason}"),
            ImageError::Undefined { symbol, object } => write!(f, "`{symbol}`, which `{object}` uses, does not exist"),
            ImageError::Duplicate(symbol) => write!(f, "`{symbol}` is defined twice"),
            ImageError::NoInterrupt(name) => write!(f, "the target has no interrupt `{name}`"),
            ImageError::Relocation { object, section, symbol, reason } => {
                write!(f, "{section} of `{object}` cannot refer to `{symbol}`: {reason}")
            }
            ImageError::DoesNotFit { region, missing, sizes } => {
                write!(f, "the image does not fit: {missing} bytes of {region} are missing\n{sizes}")
            }
        }
    }
}

impl std::error::Error for ImageError {}

/// What is written to the flash of a microcontroller.
#[derive(Debug)]
pub struct Image {
    /// Content of the flash from `origin` on.
    flash: Vec<u8>,
    origin: u32,
    entry: u32,
    layout: Layout,
    symbols: Vec<elf::ImageSymbol>,
    hard_float: bool,
    sizes: SizeTable,
}

impl Image {
    /// Links the program `object` with the runtime for `board`.
    pub fn link(object: &[u8], runtime: &[u8], board: &Board) -> Result<Image, ImageError> {
        let roots = [contract::TRAP, contract::entry(board)];
        let program = Program::load(object, runtime, contract::provided(board), &roots)?;
        let vectors = vectors::vectors(&program, board)?;
        let sections = reach::reachable(&program, &vectors)?;
        let layout = layout::layout(&program, &sections, vectors.len() + 1, board)?;
        let mut linker = Linker { program: &program, layout: &layout, origin: board.flash.origin, flash: Vec::new() };
        linker.write_sections(&sections)?;
        linker.write_tables(&vectors, board);
        let flash = linker.flash;
        Ok(Image {
            flash,
            origin: board.flash.origin,
            entry: vectors.first().and_then(|&place| layout.address(place)).unwrap_or(0),
            symbols: elf::symbols(&program, &layout, board),
            hard_float: board.fpu,
            sizes: SizeTable::new(&program, &layout),
            layout,
        })
    }

    /// The bytes of the flash from its start on, up to the last one that is used.
    pub fn bin(&self) -> &[u8] {
        &self.flash
    }

    /// As Intel hex, with addresses.
    pub fn hex(&self) -> String {
        hex::write(self.origin, &self.flash, self.entry | 1)
    }

    /// As an executable ELF file with symbols.
    pub fn elf(&self) -> Vec<u8> {
        elf::write(self)
    }

    /// Who takes how much.
    pub fn sizes(&self) -> &SizeTable {
        &self.sizes
    }
}

/// Fills the flash.
struct Linker<'p, 'a> {
    program: &'p Program<'a>,
    layout: &'p Layout,
    origin: u32,
    flash: Vec<u8>,
}

impl Linker<'_, '_> {
    fn write_sections(&mut self, sections: &std::collections::BTreeSet<SectionId>) -> Result<(), ImageError> {
        self.flash.resize(self.layout.flash_size() as usize, 0);
        for &id in sections {
            let Some(section) = layout::section(self.program, id) else { continue };
            let Some(&address) = self.layout.addresses.get(&id) else { continue };
            if section.kind == Kind::Zero {
                continue;
            }
            let mut bytes = section.data.to_vec();
            for &relocation in &section.relocations {
                self.relocate(id, relocation, address, &mut bytes)?;
            }
            // Initial values of variables lie in flash, but mean addresses in RAM.
            let place = match section.kind {
                Kind::Data => self.layout.data_load + (address - self.layout.data.start),
                Kind::Code | Kind::ReadOnly | Kind::Zero => address,
            };
            self.write(place, &bytes);
        }
        Ok(())
    }

    fn relocate(
        &self,
        (input, number): SectionId,
        relocation: input::Relocation,
        address: u32,
        bytes: &mut [u8],
    ) -> Result<(), ImageError> {
        let object = &self.program.inputs[input];
        let fail = |reason: String| ImageError::Relocation {
            object: object.name.clone(),
            section: object.sections[number].as_ref().map_or("", |section| section.name).to_string(),
            symbol: object.symbols[relocation.symbol].name.to_string(),
            reason,
        };
        let place = self.program.place(input, relocation.symbol)?;
        let symbol = self.layout.address(place).ok_or_else(|| fail("it is not part of the image".to_string()))?;
        let fixup = Fixup {
            kind: relocation.kind,
            place: address.wrapping_add(relocation.offset),
            symbol,
            thumb: matches!(place, Place::Section { thumb: true, .. }),
            addend: relocation.addend,
            missing: place == Place::Missing,
        };
        relocate::apply(fixup, bytes, relocation.offset).map_err(|problem| {
            fail(match problem {
                Problem::Unknown => format!("relocations of type {} are not known", relocation.kind),
                Problem::NoPlace => "the place lies outside its section".to_string(),
                Problem::OutOfRange => format!("{symbol:#010x} is too far from {:#010x}", fixup.place),
                Problem::WrongInstruction => format!("no instruction for type {}", relocation.kind),
            })
        })
    }

    fn write_tables(&mut self, vectors: &[Place], board: &Board) {
        let mut bytes = contract::stack(board).1.to_le_bytes().to_vec();
        for &place in vectors {
            let thumb = u32::from(matches!(place, Place::Section { .. }));
            let address = self.layout.address(place).unwrap_or(0) | thumb;
            bytes.extend(address.to_le_bytes());
        }
        self.write(self.layout.vectors.start, &bytes);
        let registers: Vec<u8> =
            board.registers.iter().flat_map(|&(address, value)| [address, value]).flat_map(u32::to_le_bytes).collect();
        self.write(self.layout.registers.start, &registers);
    }

    /// Puts bytes into the flash; the layout has made sure that they lie within.
    fn write(&mut self, address: u32, bytes: &[u8]) {
        let start = (address - self.origin) as usize;
        if let Some(place) = self.flash.get_mut(start..start + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }
}

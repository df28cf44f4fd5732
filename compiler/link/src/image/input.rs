//! Object files as the image linker sees them: sections that take part, symbols, relocations.
//!
//! Sections and symbols keep the numbers they have in the file. What is not loaded (debug information, comments) and the
//! tables for unwinding, which nothing in an image reads, are left out here.

use object::elf;
use object::read::elf::{ElfFile32, FileHeader, SectionHeader, Sym};
use object::{LittleEndian, Object, ObjectSection, ObjectSymbol, RelocationFlags, RelocationTarget};

use super::ImageError;

/// Where the content of a section belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Instructions, in flash.
    Code,
    /// Constants, in flash.
    ReadOnly,
    /// Variables with initial values: in RAM, and the values in flash.
    Data,
    /// Variables that begin as zero, in RAM.
    Zero,
}

/// A section that can be part of an image.
#[derive(Debug)]
pub(super) struct Section<'a> {
    pub name: &'a str,
    pub kind: Kind,
    /// Empty if it begins as zero.
    pub data: &'a [u8],
    pub size: u32,
    /// A power of two.
    pub align: u32,
    pub relocations: Vec<Relocation>,
}

/// A place in a section that depends on the address of a symbol.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relocation {
    pub offset: u32,
    /// `R_ARM_*`
    pub kind: u32,
    /// Number of the symbol.
    pub symbol: usize,
    /// Where it is not in the place itself.
    pub addend: Option<i32>,
}

/// Who can see a symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Binding {
    Local,
    Global,
    Weak,
}

/// What a symbol stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Definition {
    /// Something defined elsewhere.
    Undefined,
    /// A number.
    Absolute(u32),
    /// A place in a section of this file.
    Section { section: usize, offset: u32 },
}

/// A name.
#[derive(Debug)]
pub(super) struct Symbol<'a> {
    pub name: &'a str,
    pub binding: Binding,
    pub definition: Definition,
    /// `STT_*`
    pub kind: u8,
    pub size: u32,
    /// Whether it is a function in Thumb code.
    pub thumb: bool,
}

/// An object file.
#[derive(Debug)]
pub(super) struct Input<'a> {
    /// For messages.
    pub name: String,
    /// By number in the file; `None` is not part of any image.
    pub sections: Vec<Option<Section<'a>>>,
    /// By number in the file.
    pub symbols: Vec<Symbol<'a>>,
}

type File<'a> = ElfFile32<'a, LittleEndian>;

impl<'a> Input<'a> {
    /// Reads the file; `name` is for messages.
    pub fn parse(name: &str, content: &'a [u8]) -> Result<Input<'a>, ImageError> {
        let malformed = |reason: String| ImageError::Malformed { object: name.to_string(), reason };
        let read_error = |error: object::read::Error| malformed(error.to_string());
        let file = File::parse(content).map_err(read_error)?;
        let header = file.elf_header();
        if header.e_machine(LittleEndian) != elf::EM_ARM || header.e_type(LittleEndian) != elf::ET_REL {
            return Err(malformed("it is no object file for 32-bit Arm".to_string()));
        }
        let mut input = Input { name: name.to_string(), sections: Vec::new(), symbols: Vec::new() };
        input.read_sections(&file).map_err(malformed)?;
        input.read_symbols(&file).map_err(malformed)?;
        input.check().map_err(malformed)?;
        Ok(input)
    }

    fn read_sections(&mut self, file: &File<'a>) -> Result<(), String> {
        for section in file.sections() {
            let parsed = read_section(&section)?;
            self.sections.resize_with(self.sections.len().max(section.index().0 + 1), || None);
            if let Some(place) = self.sections.get_mut(section.index().0) {
                *place = parsed;
            }
        }
        Ok(())
    }

    fn read_symbols(&mut self, file: &File<'a>) -> Result<(), String> {
        let null = || Symbol {
            name: "",
            binding: Binding::Local,
            definition: Definition::Absolute(0),
            kind: elf::STT_NOTYPE,
            size: 0,
            thumb: false,
        };
        for symbol in file.symbols() {
            let index = symbol.index().0;
            let parsed = self.read_symbol(&symbol)?;
            self.symbols.resize_with(self.symbols.len().max(index + 1), null);
            if let Some(place) = self.symbols.get_mut(index) {
                *place = parsed;
            }
        }
        Ok(())
    }

    fn read_symbol(
        &mut self,
        symbol: &object::read::elf::ElfSymbol32<'a, '_, LittleEndian>,
    ) -> Result<Symbol<'a>, String> {
        let raw = symbol.elf_symbol();
        let name = symbol.name().map_err(|error| error.to_string())?;
        let (kind, value) = (raw.st_type(), raw.st_value(LittleEndian));
        let thumb = kind == elf::STT_FUNC && value & 1 != 0;
        let offset = if thumb { value & !1 } else { value };
        let size = raw.st_size(LittleEndian);
        let definition = match raw.st_shndx(LittleEndian) {
            elf::SHN_UNDEF => Definition::Undefined,
            elf::SHN_ABS => Definition::Absolute(value),
            // A variable without a section of its own gets one; the value is its alignment.
            elf::SHN_COMMON => {
                self.sections.push(Some(Section {
                    name,
                    kind: Kind::Zero,
                    data: &[],
                    size,
                    align: value.max(1),
                    relocations: Vec::new(),
                }));
                Definition::Section { section: self.sections.len() - 1, offset: 0 }
            }
            _ => {
                let section = symbol.section_index().ok_or_else(|| format!("the section of `{name}` is none"))?;
                Definition::Section { section: section.0, offset }
            }
        };
        let binding = match raw.st_bind() {
            elf::STB_LOCAL => Binding::Local,
            elf::STB_WEAK => Binding::Weak,
            elf::STB_GLOBAL => Binding::Global,
            other => return Err(format!("`{name}` has the unknown binding {other}")),
        };
        Ok(Symbol { name, binding, definition, kind, size, thumb })
    }

    /// What later stages rely on: places lie within their sections, numbers of symbols exist.
    fn check(&self) -> Result<(), String> {
        for symbol in &self.symbols {
            let Definition::Section { section, offset } = symbol.definition else { continue };
            let Some(section) = self.sections.get(section) else {
                return Err(format!("the section of `{}` does not exist", symbol.name));
            };
            if section.as_ref().is_some_and(|section| offset > section.size) {
                return Err(format!("`{}` lies outside its section", symbol.name));
            }
        }
        for section in self.sections.iter().flatten() {
            if !section.align.is_power_of_two() {
                return Err(format!("the alignment of {} is {}", section.name, section.align));
            }
            for relocation in &section.relocations {
                if relocation.symbol >= self.symbols.len() {
                    return Err(format!("a relocation of {} has no symbol", section.name));
                }
            }
        }
        Ok(())
    }
}

/// The section, if it can be part of an image.
fn read_section<'a>(
    section: &object::read::elf::ElfSection32<'a, '_, LittleEndian>,
) -> Result<Option<Section<'a>>, String> {
    let header = section.elf_section_header();
    let (flags, kind) = (header.sh_flags(LittleEndian), header.sh_type(LittleEndian));
    if flags & elf::SHF_ALLOC == 0 || matches!(kind, elf::SHT_ARM_EXIDX | elf::SHT_NOTE) {
        return Ok(None);
    }
    let name = section.name().map_err(|error| error.to_string())?;
    if name.starts_with(".ARM.extab") || name == ".eh_frame" {
        return Ok(None);
    }
    if flags & elf::SHF_TLS != 0 {
        return Err(format!("{name} is thread-local"));
    }
    let is_zero = kind == elf::SHT_NOBITS;
    let data = section.data().map_err(|error| error.to_string())?;
    Ok(Some(Section {
        name,
        kind: match () {
            () if is_zero => Kind::Zero,
            () if flags & elf::SHF_WRITE != 0 => Kind::Data,
            () if flags & elf::SHF_EXECINSTR != 0 => Kind::Code,
            () => Kind::ReadOnly,
        },
        data: if is_zero { &[] } else { data },
        size: header.sh_size(LittleEndian),
        align: header.sh_addralign(LittleEndian).max(1),
        relocations: read_relocations(section)?,
    }))
}

fn read_relocations(
    section: &object::read::elf::ElfSection32<'_, '_, LittleEndian>,
) -> Result<Vec<Relocation>, String> {
    let mut relocations = Vec::new();
    for (offset, relocation) in section.relocations() {
        let RelocationFlags::Elf { r_type } = relocation.flags() else {
            return Err("a relocation has no type".to_string());
        };
        if r_type == elf::R_ARM_NONE {
            continue;
        }
        let RelocationTarget::Symbol(symbol) = relocation.target() else {
            return Err("a relocation names no symbol".to_string());
        };
        let offset = u32::try_from(offset).map_err(|_| "a relocation is out of range")?;
        let addend = match relocation.has_implicit_addend() {
            true => None,
            false => Some(i32::try_from(relocation.addend()).map_err(|_| "an addend is out of range")?),
        };
        relocations.push(Relocation { offset, kind: r_type, symbol: symbol.0, addend });
    }
    Ok(relocations)
}

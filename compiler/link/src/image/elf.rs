//! An image as an executable ELF file: for debuggers, emulators and programmers.
//!
//! Two segments are loaded: flash, and the variables with initial values, whose physical address is in flash. Attributes and symbols tell debuggers that the processor is Armv7-M and where there is
//! code.

use object::Endianness;
use object::elf;
use object::write::StringId;
use object::write::elf::{FileHeader, ProgramHeader, SectionHeader, SectionIndex, Sym, Writer};

use super::Image;
use super::contract;
use super::input::Definition;
use super::layout::{Layout, Span};
use super::resolve::Program;
use crate::target::Board;

/// A symbol with its final address.
#[derive(Debug)]
pub(super) struct ImageSymbol {
    name: String,
    address: u32,
    size: u32,
    kind: u8,
    is_local: bool,
    /// In which part of the image it lies; none for a number.
    part: Option<Part>,
}

/// The sections of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Vectors,
    Code,
    Constants,
    Data,
    Zero,
}

const PARTS: [(Part, &str, u32); 5] = [
    (Part::Vectors, ".vectors", elf::SHF_ALLOC),
    (Part::Code, ".text", elf::SHF_ALLOC | elf::SHF_EXECINSTR),
    (Part::Constants, ".rodata", elf::SHF_ALLOC),
    (Part::Data, ".data", elf::SHF_ALLOC | elf::SHF_WRITE),
    (Part::Zero, ".bss", elf::SHF_ALLOC | elf::SHF_WRITE),
];

impl Part {
    fn span(self, layout: &Layout) -> Span {
        match self {
            // The table of registers follows that of vectors.
            Part::Vectors => Span { start: layout.vectors.start, size: layout.registers.end() - layout.vectors.start },
            Part::Code => layout.code,
            Part::Constants => layout.constants,
            Part::Data => layout.data,
            Part::Zero => layout.zero,
        }
    }
}

/// The symbols of all sections that are part of the image, local ones first, and the bounds of stack and heap.
pub(super) fn symbols(program: &Program<'_>, layout: &Layout, board: &Board) -> Vec<ImageSymbol> {
    let mut symbols = Vec::new();
    for (number, input) in program.inputs.iter().enumerate() {
        for symbol in &input.symbols {
            let Definition::Section { section, offset } = symbol.definition else { continue };
            let Some(start) = layout.addresses.get(&(number, section)) else { continue };
            if symbol.name.is_empty() || symbol.kind == elf::STT_SECTION {
                continue;
            }
            let address = start + offset;
            let part = PARTS.iter().map(|&(part, ..)| part).find(|part| {
                let span = part.span(layout);
                (span.start..=span.end()).contains(&address)
            });
            symbols.push(ImageSymbol {
                name: symbol.name.to_string(),
                address: address | u32::from(symbol.thumb),
                size: symbol.size,
                kind: symbol.kind,
                is_local: symbol.binding == super::input::Binding::Local,
                part,
            });
        }
    }
    let (bottom, top) = contract::stack(board);
    let bounds = [
        ("__stack_bottom", bottom),
        ("__stack_top", top),
        ("__heap_start", layout.heap.start),
        ("__heap_end", layout.heap.end()),
    ];
    symbols.extend(bounds.map(|(name, address)| ImageSymbol {
        name: name.to_string(),
        address,
        size: 0,
        kind: elf::STT_NOTYPE,
        is_local: false,
        part: None,
    }));
    symbols.sort_by_key(|symbol| (!symbol.is_local, symbol.address));
    symbols
}

/// Build attributes (IHI 0045): Armv7-M, or Armv7E-M where there is a floating-point unit; profile M; Thumb-2.
fn attributes(hard_float: bool) -> Vec<u8> {
    let (arch, name) = if hard_float { (13, "7E-M") } else { (10, "7-M") };
    // CPU_name, CPU_arch, CPU_arch_profile, THUMB_ISA_use.
    let mut tags = vec![5];
    tags.extend(name.bytes());
    tags.extend([0, 6, arch, 7, b'M', 9, 2]);
    let file_size = 1 + 4 + tags.len() as u32;
    let mut bytes = vec![b'A'];
    bytes.extend((4 + 6 + file_size).to_le_bytes());
    bytes.extend(b"aeabi\0");
    bytes.push(1);
    bytes.extend(file_size.to_le_bytes());
    bytes.extend(tags);
    bytes
}

/// The file.
pub(super) fn write(image: &Image) -> Vec<u8> {
    let mut buffer = Vec::new();
    // Only an output that is larger than its format allows could fail.
    match try_write(image, &mut buffer) {
        Ok(()) => buffer,
        Err(error) => unreachable!("an image fits into its format: {error}"),
    }
}

fn try_write(image: &Image, buffer: &mut Vec<u8>) -> object::write::Result<()> {
    let layout = &image.layout;
    let mut writer = Writer::new(Endianness::Little, false, buffer);
    let attributes = attributes(image.hard_float);

    // Names and places first, then the content in the same order.
    let names: Vec<StringId> = PARTS.iter().map(|&(_, name, _)| writer.add_section_name(name.as_bytes())).collect();
    let indices: Vec<SectionIndex> = PARTS.iter().map(|_| writer.reserve_section_index()).collect();
    let attributes_name = writer.add_section_name(b".ARM.attributes");
    writer.reserve_section_index();
    writer.reserve_symtab_section_index();
    writer.reserve_strtab_section_index();
    writer.reserve_shstrtab_section_index();
    writer.reserve_null_symbol_index();
    let symbol_names: Vec<StringId> =
        image.symbols.iter().map(|symbol| writer.add_string(symbol.name.as_bytes())).collect();
    for symbol in &image.symbols {
        let section = symbol.part.and_then(|part| index_of(part, &indices));
        writer.reserve_symbol_index(section);
    }

    writer.reserve_file_header();
    let segments = segments(layout);
    writer.reserve_program_headers(segments.len() as u32);
    let flash_offset = writer.reserve(image.flash.len(), 0x1000);
    let attributes_offset = writer.reserve(attributes.len(), 1);
    writer.reserve_symtab();
    writer.reserve_strtab();
    writer.reserve_shstrtab();
    writer.reserve_section_headers();

    writer.write_file_header(&FileHeader {
        os_abi: elf::ELFOSABI_NONE,
        abi_version: 0,
        e_type: elf::ET_EXEC,
        e_machine: elf::EM_ARM,
        e_entry: u64::from(image.entry | 1),
        e_flags: elf::EF_ARM_EABI_VER5
            | if image.hard_float { elf::EF_ARM_ABI_FLOAT_HARD } else { elf::EF_ARM_ABI_FLOAT_SOFT },
    })?;
    writer.write_align_program_headers();
    for segment in &segments {
        let offset = flash_offset as u64 + u64::from(segment.load - image.origin);
        writer.write_program_header(&ProgramHeader {
            p_type: elf::PT_LOAD,
            p_flags: segment.flags,
            p_offset: offset,
            p_vaddr: segment.memory.start.into(),
            p_paddr: segment.load.into(),
            p_filesz: segment.file_size.into(),
            p_memsz: segment.memory.size.into(),
            p_align: 4,
        });
    }
    writer.write_align(0x1000);
    writer.write(&image.flash);
    writer.write(&attributes);
    writer.write_null_symbol();
    for (symbol, &name) in image.symbols.iter().zip(&symbol_names) {
        let binding = if symbol.is_local { elf::STB_LOCAL } else { elf::STB_GLOBAL };
        let section = symbol.part.and_then(|part| index_of(part, &indices));
        writer.write_symbol(&Sym {
            name: Some(name),
            section,
            st_info: (binding << 4) | symbol.kind,
            st_other: 0,
            st_shndx: if section.is_none() { elf::SHN_ABS } else { 0 },
            st_value: symbol.address.into(),
            st_size: symbol.size.into(),
        });
    }
    writer.write_strtab();
    writer.write_shstrtab();
    writer.write_null_section_header();
    for (&(part, _, flags), &name) in PARTS.iter().zip(&names) {
        let span = part.span(layout);
        let load = if part == Part::Data { layout.data_load } else { span.start };
        let is_zero = part == Part::Zero;
        writer.write_section_header(&SectionHeader {
            name: Some(name),
            sh_type: if is_zero { elf::SHT_NOBITS } else { elf::SHT_PROGBITS },
            sh_flags: flags.into(),
            sh_addr: span.start.into(),
            sh_offset: if is_zero { 0 } else { flash_offset as u64 + u64::from(load - image.origin) },
            sh_size: span.size.into(),
            sh_link: 0,
            sh_info: 0,
            sh_addralign: 4,
            sh_entsize: 0,
        });
    }
    writer.write_section_header(&SectionHeader {
        name: Some(attributes_name),
        sh_type: elf::SHT_ARM_ATTRIBUTES,
        sh_flags: 0,
        sh_addr: 0,
        sh_offset: attributes_offset as u64,
        sh_size: attributes.len() as u64,
        sh_link: 0,
        sh_info: 0,
        sh_addralign: 1,
        sh_entsize: 0,
    });
    let n_local = image.symbols.iter().filter(|symbol| symbol.is_local).count() as u32;
    writer.write_symtab_section_header(1 + n_local);
    writer.write_strtab_section_header();
    writer.write_shstrtab_section_header();
    Ok(())
}

fn index_of(part: Part, indices: &[SectionIndex]) -> Option<SectionIndex> {
    PARTS.iter().position(|&(other, ..)| other == part).and_then(|at| indices.get(at)).copied()
}

/// A part of memory that is loaded.
struct Segment {
    memory: Span,
    /// Its address in flash.
    load: u32,
    file_size: u32,
    flags: u32,
}

fn segments(layout: &Layout) -> Vec<Segment> {
    let flash = Span { start: layout.vectors.start, size: layout.constants.end() - layout.vectors.start };
    let mut segments =
        vec![Segment { memory: flash, load: flash.start, file_size: flash.size, flags: elf::PF_R | elf::PF_X }];
    if layout.data.size > 0 {
        segments.push(Segment {
            memory: layout.data,
            load: layout.data_load,
            file_size: layout.data.size,
            flags: elf::PF_R | elf::PF_W,
        });
    }
    segments
}

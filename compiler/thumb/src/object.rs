//! ELF files for the linker (ELF for the Arm Architecture, release 2024Q3).
//!
//! Every function has a section, so that a linker can leave out what nothing refers to; so has every data object. Mapping
//! symbols tell code from literals. The section of build attributes says for which processor and calling convention the
//! code was made, so that a linker refuses to mix them. As the architecture's relocations have no addends of their own, these
//! stand in the bytes.

use object::elf;
use object::write::{Object, Relocation, SectionId, Symbol as ObjectSymbol, SymbolId, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, FileFlags, RelocationFlags, SectionKind, SymbolFlags, SymbolKind,
    SymbolScope,
};

use crate::emit::{CompiledFunction, RelocKind};
use crate::error::{Error, ErrorKind};
use crate::inst::Symbol;
use crate::target::{FloatAbi, Fpu, Target};

/// A symbol of an object file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SymbolRef(SymbolId);

/// Who can see a symbol, and who defines it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Visibility {
    /// Defined here, for this file only.
    Local,
    /// Defined here, for all files.
    Global,
    /// Defined in another file.
    Import,
}

/// Contents of a data object.
#[derive(Clone, Debug, Default)]
pub struct Data {
    /// The bytes; all zero if there are none but `size`.
    pub bytes: Vec<u8>,
    /// Size, where there are no bytes.
    pub size: u64,
    /// Alignment in bytes.
    pub align: u64,
    /// Whether it changes.
    pub writable: bool,
    /// Places of addresses: offset, symbol, and distance from it.
    pub addresses: Vec<(u32, SymbolRef, i32)>,
}

/// An object file under construction.
pub struct ObjectFile {
    object: Object<'static>,
}

impl ObjectFile {
    /// An empty file.
    pub fn new(target: &Target) -> ObjectFile {
        let mut object = Object::new(BinaryFormat::Elf, Architecture::Arm, Endianness::Little);
        let float = match target.float_abi {
            FloatAbi::Soft => elf::EF_ARM_ABI_FLOAT_SOFT,
            FloatAbi::Hard => elf::EF_ARM_ABI_FLOAT_HARD,
        };
        object.flags =
            FileFlags::Elf { os_abi: elf::ELFOSABI_NONE, abi_version: 0, e_flags: elf::EF_ARM_EABI_VER5 | float };
        let attributes =
            object.add_section(Vec::new(), b".ARM.attributes".to_vec(), SectionKind::Elf(elf::SHT_ARM_ATTRIBUTES));
        object.append_section_data(attributes, &build_attributes(target), 1);
        ObjectFile { object }
    }

    /// A new symbol.
    pub fn symbol(&mut self, name: &str, visibility: Visibility, is_function: bool) -> SymbolRef {
        let scope = match visibility {
            Visibility::Local => SymbolScope::Compilation,
            Visibility::Global => SymbolScope::Linkage,
            Visibility::Import => SymbolScope::Unknown,
        };
        let kind = match (visibility, is_function) {
            (Visibility::Import, _) => SymbolKind::Unknown,
            (_, true) => SymbolKind::Text,
            (_, false) => SymbolKind::Data,
        };
        SymbolRef(self.object.add_symbol(ObjectSymbol {
            name: name.as_bytes().to_vec(),
            value: 0,
            size: 0,
            kind,
            scope,
            weak: false,
            section: SymbolSection::Undefined,
            flags: SymbolFlags::None,
        }))
    }

    /// Gives a symbol its code. `resolve` finds symbols that the code refers to.
    pub fn define_function(
        &mut self,
        symbol: SymbolRef,
        function: &CompiledFunction,
        mut resolve: impl FnMut(&mut ObjectFile, &Symbol) -> SymbolRef,
    ) -> Result<(), Error> {
        let section = self.named_section(symbol, ".text.", SectionKind::Text);
        let offset = self.object.append_section_data(section, &function.bytes, 4);
        // The lowest bit of a function's address says that it is Thumb code.
        self.place(symbol, section, offset | 1, function.bytes.len() as u64);
        for mapping in &function.mappings {
            let name: &[u8] = if mapping.code { b"$t" } else { b"$d" };
            self.mapping_symbol(name, section, offset + u64::from(mapping.offset));
        }
        for reloc in &function.relocs {
            let r_type = match reloc.kind {
                RelocKind::Call => elf::R_ARM_THM_PC22,
                RelocKind::MovwAbs => elf::R_ARM_THM_MOVW_ABS_NC,
                RelocKind::MovtAbs => elf::R_ARM_THM_MOVT_ABS,
                RelocKind::Abs32 => elf::R_ARM_ABS32,
            };
            let target = resolve(self, &reloc.symbol);
            self.relocate(section, offset + u64::from(reloc.offset), r_type, target)?;
        }
        Ok(())
    }

    /// Gives a symbol its data.
    pub fn define_data(&mut self, symbol: SymbolRef, data: &Data) -> Result<(), Error> {
        if data.bytes.is_empty() {
            let section = self.named_section(symbol, ".bss.", SectionKind::UninitializedData);
            let offset = self.object.append_section_bss(section, data.size, data.align.max(1));
            self.place(symbol, section, offset, data.size);
            return Ok(());
        }
        let (prefix, kind) = match data.writable {
            true => (".data.", SectionKind::Data),
            false => (".rodata.", SectionKind::ReadOnlyData),
        };
        let section = self.named_section(symbol, prefix, kind);
        let mut bytes = data.bytes.clone();
        for &(at, _, addend) in &data.addresses {
            let place = bytes.get_mut(at as usize..at as usize + 4);
            let Some(place) = place else {
                return Err(Error::of_module(ErrorKind::Object(format!("no room for an address at {at}"))));
            };
            place.copy_from_slice(&addend.to_le_bytes());
        }
        let offset = self.object.append_section_data(section, &bytes, data.align.max(1));
        self.place(symbol, section, offset, data.bytes.len() as u64);
        self.mapping_symbol(b"$d", section, offset);
        for &(at, target, _) in &data.addresses {
            self.relocate(section, offset + u64::from(at), elf::R_ARM_ABS32, target)?;
        }
        Ok(())
    }

    /// The bytes of the file.
    pub fn finish(self) -> Result<Vec<u8>, Error> {
        self.object.write().map_err(|error| Error::of_module(ErrorKind::Object(error.to_string())))
    }

    fn named_section(&mut self, symbol: SymbolRef, prefix: &str, kind: SectionKind) -> SectionId {
        let mut name = prefix.as_bytes().to_vec();
        name.extend_from_slice(&self.object.symbol(symbol.0).name);
        self.object.add_section(Vec::new(), name, kind)
    }

    fn place(&mut self, symbol: SymbolRef, section: SectionId, value: u64, size: u64) {
        let symbol = self.object.symbol_mut(symbol.0);
        symbol.section = SymbolSection::Section(section);
        symbol.value = value;
        symbol.size = size;
    }

    fn mapping_symbol(&mut self, name: &[u8], section: SectionId, value: u64) {
        self.object.add_symbol(ObjectSymbol {
            name: name.to_vec(),
            value,
            size: 0,
            kind: SymbolKind::Label,
            scope: SymbolScope::Compilation,
            weak: false,
            section: SymbolSection::Section(section),
            flags: SymbolFlags::None,
        });
    }

    fn relocate(&mut self, section: SectionId, offset: u64, r_type: u32, symbol: SymbolRef) -> Result<(), Error> {
        let flags = RelocationFlags::Elf { r_type };
        (self.object.add_relocation(section, Relocation { offset, symbol: symbol.0, addend: 0, flags }))
            .map_err(|error| Error::of_module(ErrorKind::Object(error.to_string())))
    }
}

/// The section `.ARM.attributes` (Addenda to, and Errata in, the ABI for the Arm Architecture, 3.3).
fn build_attributes(target: &Target) -> Vec<u8> {
    let mut attributes: Vec<u8> = Vec::new();
    // Tag_CPU_arch: v7 (10) or v7E-M (13).
    attributes.extend([6, if target.fpu == Fpu::None { 10 } else { 13 }]);
    // Tag_CPU_arch_profile: microcontroller.
    attributes.extend([7, b'M']);
    // Tag_THUMB_ISA_use: Thumb-2.
    attributes.extend([9, 2]);
    // Tag_FP_arch: VFPv4-D16 (6), or that of Armv8 with 16 registers (8); Tag_ABI_HardFP_use: single precision only (1).
    match target.fpu {
        Fpu::None => {}
        Fpu::Single => attributes.extend([10, 6, 27, 1]),
        Fpu::Double => attributes.extend([10, 8]),
    }
    // Tag_ABI_align_needed, Tag_ABI_align_preserved: 8 bytes.
    attributes.extend([24, 1, 25, 1]);
    // Tag_ABI_VFP_args
    if target.float_abi == FloatAbi::Hard {
        attributes.extend([28, 1]);
    }
    // Tag_CPU_unaligned_access
    attributes.extend([34, 1]);

    let mut file = vec![1];
    file.extend((attributes.len() as u32 + 5).to_le_bytes());
    file.extend(attributes);
    let vendor = b"aeabi\0";
    let mut section = vec![b'A'];
    section.extend((file.len() as u32 + vendor.len() as u32 + 4).to_le_bytes());
    section.extend_from_slice(vendor);
    section.extend(file);
    section
}

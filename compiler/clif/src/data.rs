//! The bytes of literals, layouts, function values, globals, file names and sites, as `resilient_abi` describes them, for the target's pointer
//! size and byte order.
//!
//! Each literal and each global is a data object of its own. All sites share one object, and so do all file names: they
//! are many and small, and a symbol costs more than a site.

use cranelift_codegen::ir::Endianness;
use cranelift_module::{DataDescription, DataId, FuncId, Module as Output, ModuleError};
use resilient_abi::{IMMORTAL, ObjectKind};
use resilient_mir::ir::{Const, FileNameId, Global, Layout, Module as Program, Ty};

use crate::declare::{Declared, Position};
use crate::error::{CodegenError, Phase};
use crate::target::Target;

/// Sizes and offsets that depend on the target.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DataLayout {
    pointer_bytes: u32,
    endianness: Endianness,
}

impl DataLayout {
    /// The layout of the target.
    pub fn new(target: &Target) -> DataLayout {
        DataLayout { pointer_bytes: target.pointer.bytes(), endianness: target.isa.endianness() }
    }

    /// Size of a site: the file, then line and column of 4 bytes each.
    pub fn site_size(self) -> u32 {
        self.pointer_bytes + 8
    }

    /// Appends an unsigned integer of `size` bytes.
    fn push(self, bytes: &mut Vec<u8>, value: u64, size: u32) {
        let size = size as usize;
        match self.endianness {
            Endianness::Little => bytes.extend_from_slice(&value.to_le_bytes()[..size]),
            Endianness::Big => bytes.extend_from_slice(&value.to_be_bytes()[8 - size..]),
        }
    }

    /// Appends a `usize`.
    fn push_word(self, bytes: &mut Vec<u8>, value: u64) {
        self.push(bytes, value, self.pointer_bytes);
    }

    /// A string object that is never counted nor freed.
    fn string(self, text: &str) -> Vec<u8> {
        let len = text.len() as u64;
        let mut bytes = Vec::with_capacity(8 + 3 * self.pointer_bytes as usize + text.len());
        self.push(&mut bytes, u64::from(IMMORTAL), 4);
        self.push(&mut bytes, ObjectKind::Str as u64, 4);
        for field in [len, len, text.chars().count() as u64] {
            self.push_word(&mut bytes, field);
        }
        bytes.extend_from_slice(text.as_bytes());
        bytes
    }

    /// A layout: size, alignment, number of references, their offsets.
    fn layout(self, layout: &Layout) -> Vec<u8> {
        let placement = layout.place(self.pointer_bytes);
        let counted: Vec<u32> = (layout.leaves.iter().zip(&placement.offsets))
            .filter(|(leaf, _)| leaf.ty().is_counted())
            .map(|(_, &offset)| offset)
            .collect();
        let mut bytes = Vec::new();
        for &field in [placement.size, placement.align, counted.len() as u32].iter().chain(&counted) {
            self.push(&mut bytes, u64::from(field), 4);
        }
        bytes
    }

    /// A box that is never counted nor freed, with room for two addresses: that of its layout, at [`BOX_LAYOUT`], and that
    /// of a function, its content.
    fn function_value(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.push(&mut bytes, u64::from(IMMORTAL), 4);
        self.push(&mut bytes, ObjectKind::Box as u64, 4);
        bytes.resize((self.box_header() + self.pointer_bytes) as usize, 0);
        bytes
    }

    /// Where an array has its length: behind the count, the kind and the layout.
    pub fn array_len(self) -> u32 {
        8 + self.pointer_bytes
    }

    /// Where an array has its capacity.
    pub fn array_cap(self) -> u32 {
        8 + 2 * self.pointer_bytes
    }

    /// Where the elements of an array begin.
    pub fn array_header(self) -> u32 {
        (8 + 3 * self.pointer_bytes).next_multiple_of(8)
    }

    /// Where the content of a box begins.
    pub fn box_header(self) -> u32 {
        (8 + self.pointer_bytes).next_multiple_of(8)
    }
}

/// Where a box has its layout: behind the count and the kind.
const BOX_LAYOUT: u32 = 8;

/// Alignment of all data but globals.
const DATA_ALIGN: u64 = 8;

/// Gives every declared data object its bytes.
pub(crate) fn define_data(
    program: &Program,
    target: &Target,
    declared: &Declared,
    output: &mut dyn Output,
) -> Result<(), CodegenError> {
    let layout = DataLayout::new(target);
    try_define(program, layout, declared, output).map_err(|error| CodegenError::new(Phase::Data, error))
}

fn try_define(
    program: &Program,
    layout: DataLayout,
    declared: &Declared,
    output: &mut dyn Output,
) -> Result<(), Box<ModuleError>> {
    for (id, text) in program.strings.iter() {
        if let Some(data) = declared.strings[id] {
            define_bytes(output, data, layout.string(text))?;
        }
    }
    for (id, value_layout) in program.layouts.iter() {
        if let Some(data) = declared.layouts[id] {
            define_bytes(output, data, layout.layout(value_layout))?;
        }
    }
    for (&(func, value_layout), &data) in &declared.fn_values {
        let addresses = declared.layouts[value_layout].zip(declared.funcs[func]);
        if let Some((value_layout, func)) = addresses {
            define_function_value(output, layout, data, value_layout, func)?;
        }
    }
    for (id, global) in program.globals.iter() {
        if let Some(data) = declared.globals[id] {
            define_global(output, layout, data, global, declared)?;
        }
    }
    if let Some(table) = declared.counted_globals {
        define_counted_globals(program, layout, table, declared, output)?;
    }
    if let (Some(files), Some(sites)) = (declared.sites.files, declared.sites.data) {
        let offsets = define_files(program, layout, files, output)?;
        define_sites(layout, sites, &declared.sites.list, files, |file| offsets[file.as_u32() as usize], output)?;
    }
    Ok(())
}

fn define_bytes(output: &mut dyn Output, data: DataId, bytes: Vec<u8>) -> Result<(), Box<ModuleError>> {
    let mut description = DataDescription::new();
    description.define(bytes.into_boxed_slice());
    description.set_align(DATA_ALIGN);
    Ok(output.define_data(data, &description)?)
}

fn define_function_value(
    output: &mut dyn Output,
    layout: DataLayout,
    data: DataId,
    value_layout: DataId,
    func: FuncId,
) -> Result<(), Box<ModuleError>> {
    let mut description = DataDescription::new();
    let value_layout = output.declare_data_in_data(value_layout, &mut description);
    description.write_data_addr(BOX_LAYOUT, value_layout, 0);
    let func = output.declare_func_in_data(func, &mut description);
    description.write_function_addr(layout.box_header(), func);
    description.define(layout.function_value().into_boxed_slice());
    description.set_align(DATA_ALIGN);
    Ok(output.define_data(data, &description)?)
}

fn define_global(
    output: &mut dyn Output,
    layout: DataLayout,
    data: DataId,
    global: &Global,
    declared: &Declared,
) -> Result<(), Box<ModuleError>> {
    let size = match global.ty {
        Ty::I64 | Ty::F64 => 8,
        Ty::F32 => 4,
        Ty::Bool => 1,
        Ty::Str | Ty::Ref | Ty::Code => layout.pointer_bytes,
        Ty::Agg(_) => unreachable!("there are no aggregates in scalarized MIR"),
    };
    let bits = match global.init {
        Const::Int(value) => value as u64,
        Const::Float(bits) => bits,
        Const::F32(bits) => u64::from(bits),
        Const::Bool(value) => u64::from(value),
        Const::Str(_) | Const::Null => 0,
    };
    let mut description = DataDescription::new();
    description.set_align(u64::from(size));
    let literal = match global.init {
        Const::Str(id) => declared.strings[id],
        Const::Int(_) | Const::Float(_) | Const::F32(_) | Const::Bool(_) | Const::Null => None,
    };
    if bits == 0 && literal.is_none() {
        description.define_zeroinit(size as usize);
    } else {
        let mut bytes = Vec::new();
        layout.push(&mut bytes, bits, size);
        description.define(bytes.into_boxed_slice());
    }
    if let Some(literal) = literal {
        let symbol = output.declare_data_in_data(literal, &mut description);
        description.write_data_addr(0, symbol, 0);
    }
    Ok(output.define_data(data, &description)?)
}

/// A number, and the addresses of so many globals.
fn define_counted_globals(
    program: &Program,
    layout: DataLayout,
    data: DataId,
    declared: &Declared,
    output: &mut dyn Output,
) -> Result<(), Box<ModuleError>> {
    let counted = program.globals.iter().filter(|(_, global)| global.ty.is_counted());
    let counted: Vec<DataId> = counted.filter_map(|(id, _)| declared.globals[id]).collect();
    let mut description = DataDescription::new();
    let mut bytes = Vec::new();
    layout.push_word(&mut bytes, counted.len() as u64);
    for global in counted {
        let symbol = output.declare_data_in_data(global, &mut description);
        description.write_data_addr(bytes.len() as u32, symbol, 0);
        layout.push_word(&mut bytes, 0);
    }
    description.define(bytes.into_boxed_slice());
    description.set_align(DATA_ALIGN);
    Ok(output.define_data(data, &description)?)
}

/// Defines the file names and gives the offset of each.
fn define_files(
    program: &Program,
    layout: DataLayout,
    data: DataId,
    output: &mut dyn Output,
) -> Result<Vec<i64>, Box<ModuleError>> {
    let mut bytes = Vec::new();
    let mut offsets = Vec::with_capacity(program.files.len());
    for name in program.files.values() {
        bytes.resize(bytes.len().next_multiple_of(layout.pointer_bytes as usize), 0);
        offsets.push(bytes.len() as i64);
        layout.push_word(&mut bytes, name.len() as u64);
        bytes.extend_from_slice(name.as_bytes());
    }
    define_bytes(output, data, bytes)?;
    Ok(offsets)
}

fn define_sites(
    layout: DataLayout,
    data: DataId,
    sites: &[Position],
    files: DataId,
    file_offset: impl Fn(FileNameId) -> i64,
    output: &mut dyn Output,
) -> Result<(), Box<ModuleError>> {
    let mut description = DataDescription::new();
    let files = output.declare_data_in_data(files, &mut description);
    let mut bytes = Vec::with_capacity(sites.len() * layout.site_size() as usize);
    for site in sites {
        description.write_data_addr(bytes.len() as u32, files, file_offset(site.file));
        layout.push_word(&mut bytes, 0);
        layout.push(&mut bytes, u64::from(site.line), 4);
        layout.push(&mut bytes, u64::from(site.col), 4);
    }
    description.define(bytes.into_boxed_slice());
    description.set_align(DATA_ALIGN);
    Ok(output.define_data(data, &description)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use resilient_abi::{ArrayHeader, BoxHeader, StrHeader};
    use std::mem::offset_of;

    #[test]
    fn offsets_are_those_of_the_host() {
        let layout = DataLayout { pointer_bytes: size_of::<usize>() as u32, endianness: Endianness::Little };
        assert_eq!(layout.array_len() as usize, offset_of!(ArrayHeader, len));
        assert_eq!(layout.array_cap() as usize, offset_of!(ArrayHeader, cap));
        assert_eq!(layout.array_header() as usize, size_of::<ArrayHeader>());
        assert_eq!(layout.box_header() as usize, size_of::<BoxHeader>());
        assert_eq!(BOX_LAYOUT as usize, offset_of!(BoxHeader, layout));
        assert_eq!(layout.string("é").len(), size_of::<StrHeader>() + 2);
    }
}

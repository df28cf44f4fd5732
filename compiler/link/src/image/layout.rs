//! Addresses.
//!
//! ```text
//! flash:  vector table | table of registers | code | constants | initial values of variables
//! RAM:    stack | variables with initial values | other variables | heap, to the end
//! ```
//!
//! The stack grows down towards the start of RAM, so that its overflow is an access outside of RAM, which the processor
//! reports, and never reaches a variable.

use std::collections::{BTreeMap, BTreeSet};

use super::ImageError;
use super::contract::Late;
use super::input::{Kind, Section};
use super::resolve::{Place, Program, SectionId};
use super::size::SizeTable;
use crate::target::{Board, Region};

/// A contiguous part of an image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub start: u32,
    pub size: u32,
}

impl Span {
    pub fn end(self) -> u32 {
        self.start.saturating_add(self.size)
    }
}

/// Where everything is.
#[derive(Debug)]
pub(super) struct Layout {
    pub vectors: Span,
    pub registers: Span,
    pub code: Span,
    pub constants: Span,
    /// Variables with initial values, in RAM.
    pub data: Span,
    /// Their initial values, in flash.
    pub data_load: u32,
    /// Variables that begin as zero; behind `data`.
    pub zero: Span,
    pub stack: Span,
    pub heap: Span,
    /// The address of each section, in order of the sections.
    pub addresses: BTreeMap<SectionId, u32>,
}

/// Gives addresses to the sections; `n_vectors` is the length of the vector table.
pub(super) fn layout(
    program: &Program<'_>,
    sections: &BTreeSet<SectionId>,
    n_vectors: usize,
    board: &Board,
) -> Result<Layout, ImageError> {
    let mut placer = Placer { program, sections, addresses: BTreeMap::new() };
    let mut flash = Cursor::new(board.flash);
    let vectors = flash.take(4 * n_vectors as u64, 4);
    let registers = flash.take(8 * board.registers.len() as u64, 4);
    let code = placer.place(Kind::Code, &mut flash);
    let constants = placer.place(Kind::ReadOnly, &mut flash);

    let mut ram = Cursor::new(board.ram);
    let stack = ram.take(board.stack.into(), 8);
    // Both copy loops of the start-up code go by words.
    ram.align(4);
    let data = placer.place(Kind::Data, &mut ram);
    let data = Span { start: data.start, size: round_up(data.size) };
    ram.align(4);
    let zero = placer.place(Kind::Zero, &mut ram);
    ram.align(8);
    flash.align(4);
    let data_load = flash.take(data.size.into(), 4).start;
    let heap_needed = board.heap.unwrap_or(0);
    let heap_start = ram.take(heap_needed.into(), 8).start;

    let layout = Layout {
        vectors,
        registers,
        code,
        constants,
        data,
        data_load,
        zero,
        stack,
        heap: Span { start: heap_start, size: board.ram.end().saturating_sub(heap_start) & !7 },
        addresses: placer.addresses,
    };
    for (name, cursor) in [("flash", &flash), ("RAM", &ram)] {
        if let Some(missing) = cursor.missing() {
            let sizes = SizeTable::new(program, &layout);
            return Err(ImageError::DoesNotFit { region: name, missing, sizes: Box::new(sizes) });
        }
    }
    Ok(layout)
}

impl Layout {
    /// The address that a place has.
    pub fn address(&self, place: Place) -> Option<u32> {
        match place {
            Place::Section { section, offset, .. } => self.addresses.get(&section).map(|start| start + offset),
            Place::Absolute(value) => Some(value),
            Place::Late(late) => Some(self.late(late)),
            Place::Missing => Some(0),
        }
    }

    fn late(&self, late: Late) -> u32 {
        match late {
            Late::DataStart => self.data.start,
            Late::DataEnd => self.data.end(),
            Late::DataLoad => self.data_load,
            Late::BssEnd => round_up(self.zero.end()),
            Late::HeapStart => self.heap.start,
            Late::HeapEnd => self.heap.end(),
            Late::RegistersStart => self.registers.start,
            Late::RegistersEnd => self.registers.end(),
        }
    }

    /// The part of flash that is used.
    pub fn flash_size(&self) -> u32 {
        self.data_load + self.data.size - self.vectors.start
    }
}

/// The next free address of a region. It runs on beyond the end, so that all that is missing is known at the end.
struct Cursor {
    region: Region,
    next: u64,
}

impl Cursor {
    fn new(region: Region) -> Cursor {
        Cursor { region, next: region.origin.into() }
    }

    fn align(&mut self, align: u32) {
        self.next = self.next.next_multiple_of(align.into());
    }

    fn take(&mut self, size: u64, align: u32) -> Span {
        self.align(align);
        let start = self.next;
        self.next += size;
        // Beyond the address space nothing is used: then the region is exceeded, which is an error.
        Span { start: saturate(start), size: saturate(size).min(u32::MAX - saturate(start)) }
    }

    /// How many bytes do not fit.
    fn missing(&self) -> Option<u64> {
        let end = u64::from(self.region.origin) + u64::from(self.region.size);
        self.next.checked_sub(end).filter(|&missing| missing > 0)
    }
}

/// To a multiple of 4, if there is one.
fn round_up(size: u32) -> u32 {
    size.checked_next_multiple_of(4).unwrap_or(size)
}

fn saturate(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

struct Placer<'p, 'a> {
    program: &'p Program<'a>,
    sections: &'p BTreeSet<SectionId>,
    addresses: BTreeMap<SectionId, u32>,
}

impl<'a> Placer<'_, 'a> {
    /// Gives addresses to all sections of a kind: those with larger alignment first, so that little is lost between them.
    fn place(&mut self, kind: Kind, cursor: &mut Cursor) -> Span {
        let mut sections: Vec<(SectionId, &Section<'a>)> =
            self.sections.iter().filter_map(|&id| Some((id, section(self.program, id)?))).collect();
        sections.retain(|(_, section)| section.kind == kind);
        sections.sort_by_key(|(_, section)| std::cmp::Reverse(section.align));
        if let Some((_, first)) = sections.first() {
            cursor.align(first.align);
        }
        let start = cursor.next;
        for (id, section) in sections {
            let span = cursor.take(section.size.into(), section.align);
            self.addresses.insert(id, span.start);
        }
        Span { start: saturate(start), size: saturate(cursor.next - start).min(u32::MAX - saturate(start)) }
    }
}

/// A section of the program.
pub(super) fn section<'p, 'a>(program: &'p Program<'a>, (input, section): SectionId) -> Option<&'p Section<'a>> {
    program.inputs.get(input)?.sections.get(section)?.as_ref()
}

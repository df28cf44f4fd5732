//! Sizes, places and bytes.
//!
//! # Branches
//!
//! Every branch starts at its shortest, and grows while its target is out of reach. Sizes never shrink, so this ends.
//!
//! | item | short | long | farther |
//! |---|---|---|---|
//! | jump | `b` 2 bytes, 2 KiB | `b.w` 4 bytes, 16 MiB | |
//! | on flags | `b<c>` 2 bytes, 256 bytes | `b<c>.w` 4 bytes, 1 MiB | the opposite over a `b.w`, 6 bytes |
//! | on zero | `cbz` 2 bytes, 126 bytes ahead | `cmp` and one on flags | |
//! | literal | `ldr` 2 bytes, 1 KiB | `ldr.w` 4 bytes, 4 KiB | |
//! | table | bytes, 510 bytes ahead | half-words, 128 KiB ahead | a `b.w` behind the table |
//!
//! # Literal pools
//!
//! A pool stands behind the function, or earlier in a large one: where it is decided before any size is known, on the
//! assumption that everything is as large as it can be. So a literal is always within reach of `ldr.w`. A pool goes behind
//! an instruction that control does not pass; where there is none in time, a jump leads around it.

use std::collections::HashMap;
use std::fmt::Write;

use super::expand::{Item, Literal};
use crate::error::{ErrorKind, Result};
use crate::inst::encode::{Encoding, VMRS, encode, encode_conditional, vcmp};
use crate::inst::imms::ModImm;
use crate::inst::print::print;
use crate::inst::regs::{PC, Reg};
use crate::inst::{Callee, CmpOp, Cond, Half, Inst, Label, Operand2, Symbol};

/// What is to be put where when a function is linked. Distances of [`RelocKind::Call`] are from the usual 4 bytes behind
/// the instruction; all others are absolute addresses. The distance from the symbol is in `addend`, and in the bytes, too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reloc {
    /// Bytes from the start of the function.
    pub offset: u32,
    /// What is to be put there.
    pub kind: RelocKind,
    /// What it is about.
    pub symbol: Symbol,
    /// Distance from the symbol.
    pub addend: i32,
}

/// Kinds of relocations, named as in ELF for the Arm architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelocKind {
    /// `R_ARM_THM_CALL`
    Call,
    /// `R_ARM_THM_MOVW_ABS_NC`
    MovwAbs,
    /// `R_ARM_THM_MOVT_ABS`
    MovtAbs,
    /// `R_ARM_ABS32`
    Abs32,
}

/// From where on bytes are code, or data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Bytes from the start of the function.
    pub offset: u32,
    /// Whether they are code.
    pub code: bool,
}

/// Machine code of a function.
#[derive(Clone, Debug, Default)]
pub struct CompiledFunction {
    /// The bytes; to be placed at a multiple of 4.
    pub bytes: Vec<u8>,
    /// What linking has to fill in.
    pub relocs: Vec<Reloc>,
    /// Code and data in it, in order.
    pub mappings: Vec<Mapping>,
    /// Bytes of stack it takes, those of its callees aside.
    pub stack: u32,
    /// Assembly text, if it was asked for.
    pub text: Option<String>,
}

/// Farthest distance from a literal load to its literal, with some room for what stands between two checks.
const POOL_REACH: u32 = 4095 - 64;

/// An item with what layout adds: pools.
#[derive(Clone, Debug)]
enum Piece {
    Item(Item),
    /// A load of the literal of this number.
    Load(Reg, usize),
    /// Literals from this number on, up to the next pool.
    Pool(Vec<Literal>),
}

/// A piece with its size.
struct Placed {
    piece: Piece,
    /// How far it has grown; the meaning depends on the piece.
    form: u8,
    /// In a table: which targets are reached over a `b.w`.
    far: Vec<bool>,
    offset: u32,
}

/// Lays out a function.
pub(crate) fn layout(items: Vec<Item>, text: bool) -> Result<CompiledFunction> {
    let pieces = place_pools(items);
    let mut layout = Layout {
        pieces: (pieces.into_iter().map(|piece| Placed { piece, form: 0, far: Vec::new(), offset: 0 })).collect(),
        labels: HashMap::new(),
        literals: Vec::new(),
    };
    layout.place();
    layout.check_labels()?;
    layout.relax()?;
    layout.emit(text)
}

/// The largest size of an item.
fn max_size(item: &Item) -> u32 {
    match item {
        Item::Code(insts) => insts.iter().map(|(inst, cond)| code_size(inst, *cond)).sum(),
        Item::Label(_) => 0,
        Item::Jump(_) | Item::Call(_) | Item::Half(_) | Item::Load(..) => 4,
        Item::JumpIf(..) => 6,
        Item::JumpIfZero { .. } => 10,
        Item::Table(_, targets) => 4 + 6 * targets.len() as u32 + 2,
    }
}

fn code_size(inst: &Inst, cond: Option<Cond>) -> u32 {
    match inst {
        Inst::FpuCmp { .. } => 8,
        Inst::Call { .. } => 2,
        _ => encoding(inst, cond).map_or(4, Encoding::size),
    }
}

fn encoding(inst: &Inst, cond: Option<Cond>) -> Option<Encoding> {
    match (inst, cond) {
        (Inst::Call { info }, _) => match &info.callee {
            Callee::Reg(reg) => Some(Encoding::Narrow(0x4780 | (reg.number() << 3) as u16)),
            Callee::Symbol(_) => None,
        },
        (_, Some(_)) => encode_conditional(inst),
        (_, None) => encode(inst),
    }
}

/// Puts pools between the items. The number of a literal is that in the pool that comes next.
fn place_pools(items: Vec<Item>) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::with_capacity(items.len() + 1);
    let mut pool: Vec<Literal> = Vec::new();
    let mut first_use = None;
    let (mut offset, mut n_islands) = (0u32, 0);
    for (n, item) in items.iter().enumerate() {
        let (size, is_barrier) = (max_size(item), item.is_barrier());
        let reach = |first: u32, pool: &[Literal]| offset + size + 8 + 4 * pool.len() as u32 - first;
        if first_use.is_some_and(|first| reach(first, &pool) > POOL_REACH) {
            // Nothing before was a barrier in the second half of the reach, so a jump leads around.
            let behind = Label(u32::MAX - n_islands);
            n_islands += 1;
            pieces.push(Piece::Item(Item::Jump(behind)));
            offset += 4 + 2 + 4 * pool.len() as u32;
            pieces.push(Piece::Pool(std::mem::take(&mut pool)));
            pieces.push(Piece::Item(Item::Label(behind)));
            first_use = None;
        }
        pieces.push(match item {
            Item::Load(rd, literal) => {
                first_use.get_or_insert(offset);
                let known = pool.iter().position(|other| other == literal);
                Piece::Load(
                    *rd,
                    known.unwrap_or_else(|| {
                        pool.push(literal.clone());
                        pool.len() - 1
                    }),
                )
            }
            item => Piece::Item(item.clone()),
        });
        offset += size;
        let is_last = n + 1 == items.len();
        let far = first_use.is_some_and(|first| offset - first > POOL_REACH / 2);
        if !pool.is_empty() && (is_last || (is_barrier && far)) {
            offset += 2 + 4 * pool.len() as u32;
            pieces.push(Piece::Pool(std::mem::take(&mut pool)));
            first_use = None;
        }
    }
    pieces
}

struct Layout {
    pieces: Vec<Placed>,
    labels: HashMap<Label, u32>,
    /// Offsets of literals, for each load in order of its piece.
    literals: Vec<u32>,
}

impl Layout {
    fn relax(&mut self) -> Result<()> {
        loop {
            self.place();
            if !self.grow()? {
                return Ok(());
            }
        }
    }

    /// Computes offsets for the sizes so far.
    fn place(&mut self) {
        let mut offset = 0;
        for placed in &mut self.pieces {
            if let Piece::Pool(_) = placed.piece {
                offset = u32::next_multiple_of(offset, 4);
            }
            placed.offset = offset;
            if let Piece::Item(Item::Label(label)) = placed.piece {
                self.labels.insert(label, offset);
            }
            offset += size_of(placed);
        }
        // The pool of a load is the next one.
        self.literals = vec![0; self.pieces.len()];
        let mut pool = 0;
        for (n, placed) in self.pieces.iter().enumerate().rev() {
            match &placed.piece {
                Piece::Pool(_) => pool = placed.offset,
                Piece::Load(_, number) => self.literals[n] = pool + 4 * *number as u32,
                Piece::Item(_) => {}
            }
        }
    }

    /// Every label that is branched to has to be somewhere.
    fn check_labels(&self) -> Result<()> {
        for placed in &self.pieces {
            let targets: &[Label] = match &placed.piece {
                Piece::Item(Item::Jump(target) | Item::JumpIf(_, target) | Item::JumpIfZero { target, .. }) => {
                    std::slice::from_ref(target)
                }
                Piece::Item(Item::Table(_, targets)) => targets,
                _ => &[],
            };
            if let Some(missing) = targets.iter().find(|target| !self.labels.contains_key(target)) {
                return Err(ErrorKind::Internal(format!("{missing} is nowhere")));
            }
        }
        Ok(())
    }

    /// Where a label is, which [`Layout::check_labels`] made sure of.
    fn target(&self, label: Label) -> i64 {
        self.labels.get(&label).copied().map_or(0, i64::from)
    }

    /// Lets pieces grow that do not reach; whether there were any.
    fn grow(&mut self) -> Result<bool> {
        let mut changed = false;
        for n in 0..self.pieces.len() {
            let placed = &self.pieces[n];
            let from = i64::from(placed.offset);
            let wanted = match &placed.piece {
                Piece::Item(Item::Jump(label)) => {
                    let distance = self.target(*label) - (from + 4);
                    check_reach(distance)?;
                    u8::from(!(-2048..=2046).contains(&distance))
                }
                Piece::Item(Item::JumpIf(_, label)) => {
                    let distance = self.target(*label) - (from + 4);
                    check_reach(distance)?;
                    branch_form(distance)
                }
                Piece::Item(Item::JumpIfZero { reg, target, .. }) => {
                    let distance = self.target(*target) - (from + 4);
                    check_reach(distance)?;
                    match reg.is_low() && (0..=126).contains(&distance) {
                        true => 0,
                        // Behind the comparison.
                        false => 1 + branch_form(distance - i64::from(zero_test_size(*reg))),
                    }
                }
                Piece::Load(rd, _) => {
                    let distance = i64::from(self.literals[n]) - ((from + 4) & !3);
                    u8::from(!(rd.is_low() && (0..=1020).contains(&distance)))
                }
                Piece::Item(Item::Table(_, targets)) => {
                    let (form, far) = table_form(targets.iter().map(|&target| self.target(target) - (from + 4)));
                    let old = &mut self.pieces[n].far;
                    old.resize(far.len(), false);
                    for (old, new) in old.iter_mut().zip(far) {
                        changed |= new && !*old;
                        *old |= new;
                    }
                    form
                }
                Piece::Item(Item::Code(_) | Item::Label(_) | Item::Call(_) | Item::Half(_) | Item::Load(..))
                | Piece::Pool(_) => 0,
            };
            let placed = &mut self.pieces[n];
            if wanted > placed.form {
                placed.form = wanted;
                changed = true;
            }
        }
        Ok(changed)
    }
}

fn check_reach(distance: i64) -> Result<()> {
    match (-(1 << 24)..(1 << 24) - 64).contains(&distance) {
        true => Ok(()),
        false => Err(ErrorKind::TooLarge("the function")),
    }
}

/// Which form of a branch on flags reaches.
fn branch_form(distance: i64) -> u8 {
    match distance {
        -256..=254 => 0,
        -1_048_576..=1_048_570 => 1,
        _ => 2,
    }
}

/// Whether the entries of a table are half-words, and which targets need a `b.w`.
fn table_form(distances: impl Iterator<Item = i64>) -> (u8, Vec<bool>) {
    let distances: Vec<i64> = distances.collect();
    let far: Vec<bool> = distances.iter().map(|distance| !(0..=131_070).contains(distance)).collect();
    // A `b.w` stands behind the table, which may be longer than bytes reach.
    let bytes = distances.iter().zip(&far).all(|(&distance, &far)| !far && distance <= 510);
    (u8::from(!bytes), far)
}

/// Size of the entries of a table.
fn entries_size(form: u8, n: usize) -> u32 {
    if form == 0 { (n as u32).next_multiple_of(2) } else { 2 * n as u32 }
}

fn zero_test(reg: Reg) -> Inst {
    let src = match ModImm::new(0) {
        Some(imm) => Operand2::Imm(imm),
        None => Operand2::Imm12(0),
    };
    Inst::Cmp { op: CmpOp::Cmp, rn: reg, src }
}

fn zero_test_size(reg: Reg) -> u32 {
    if reg.is_low() { 2 } else { 4 }
}

fn branch_size(form: u8) -> u32 {
    2 + 2 * u32::from(form)
}

fn size_of(placed: &Placed) -> u32 {
    match &placed.piece {
        Piece::Pool(literals) => 4 * literals.len() as u32,
        Piece::Load(..) => branch_size(placed.form),
        Piece::Item(item) => match item {
            Item::Jump(_) | Item::JumpIf(..) => branch_size(placed.form),
            Item::JumpIfZero { reg, .. } => match placed.form {
                0 => 2,
                form => zero_test_size(*reg) + branch_size(form - 1),
            },
            Item::Table(_, targets) => {
                4 + entries_size(placed.form, targets.len()) + 4 * placed.far.iter().filter(|&&far| far).count() as u32
            }
            Item::Code(_) | Item::Label(_) | Item::Call(_) | Item::Half(_) | Item::Load(..) => max_size(item),
        },
    }
}

/// `b.w`
fn jump_wide(distance: i64) -> Encoding {
    let bits = distance as u32;
    let (s, i1, i2) = (bits >> 24 & 1, bits >> 23 & 1, bits >> 22 & 1);
    let (j1, j2) = (1 ^ i1 ^ s, 1 ^ i2 ^ s);
    let first = 0xf000 | s << 10 | bits >> 12 & 0x3ff;
    let second = 0x9000 | j1 << 13 | j2 << 11 | bits >> 1 & 0x7ff;
    Encoding::Wide(first as u16, second as u16)
}

/// `b<c>.w`
fn branch_wide(cond: Cond, distance: i64) -> Encoding {
    let bits = distance as u32;
    let (s, j2, j1) = (bits >> 20 & 1, bits >> 19 & 1, bits >> 18 & 1);
    let first = 0xf000 | s << 10 | cond.code() << 6 | bits >> 12 & 0x3f;
    let second = 0x8000 | j1 << 13 | j2 << 11 | bits >> 1 & 0x7ff;
    Encoding::Wide(first as u16, second as u16)
}

fn branch_narrow(cond: Cond, distance: i64) -> Encoding {
    Encoding::Narrow((0xd000 | cond.code() << 8 | (distance >> 1) as u32 & 0xff) as u16)
}

/// A branch on flags from `from` in a form, which may be two instructions.
fn branch(cond: Cond, form: u8, distance: i64) -> Vec<Encoding> {
    match form {
        0 => vec![branch_narrow(cond, distance)],
        1 => vec![branch_wide(cond, distance)],
        // Over the jump, which is 4 bytes long and starts 2 bytes later.
        _ => vec![branch_narrow(cond.invert(), 2), jump_wide(distance - 2)],
    }
}

/// Output under construction.
struct Writer {
    code: CompiledFunction,
    text: Option<String>,
}

impl Writer {
    fn offset(&self) -> u32 {
        self.code.bytes.len() as u32
    }

    fn map(&mut self, code: bool) {
        let offset = self.offset();
        if self.code.mappings.last().is_none_or(|last| last.code != code) {
            self.code.mappings.push(Mapping { offset, code });
        }
    }

    fn inst(&mut self, encoding: Encoding) {
        self.map(true);
        encoding.push_to(&mut self.code.bytes);
    }

    fn line(&mut self, line: impl FnOnce() -> String) {
        if let Some(text) = &mut self.text {
            let _ = writeln!(text, "    {}", line());
        }
    }

    fn reloc(&mut self, kind: RelocKind, symbol: &Symbol, addend: i32) {
        let offset = self.offset();
        self.code.relocs.push(Reloc { offset, kind, symbol: symbol.clone(), addend });
    }
}

impl Layout {
    fn emit(&self, text: bool) -> Result<CompiledFunction> {
        let mut writer = Writer { code: CompiledFunction::default(), text: text.then(String::new) };
        for (n, placed) in self.pieces.iter().enumerate() {
            if let Piece::Pool(_) = placed.piece {
                writer.map(false);
                while writer.offset() < placed.offset {
                    writer.code.bytes.push(0);
                }
            }
            if writer.offset() != placed.offset {
                return Err(ErrorKind::Internal(format!("{:?} is out of place", placed.piece)));
            }
            match &placed.piece {
                Piece::Item(item) => self.emit_item(&mut writer, item, placed)?,
                Piece::Load(rd, _) => self.emit_load(&mut writer, *rd, placed, self.literals[n]),
                Piece::Pool(literals) => emit_pool(&mut writer, literals),
            }
        }
        // Functions are placed at multiples of 4.
        writer.code.text = writer.text;
        Ok(writer.code)
    }

    fn emit_item(&self, writer: &mut Writer, item: &Item, placed: &Placed) -> Result<()> {
        let distance = |label: Label| self.target(label) - i64::from(placed.offset + 4);
        match item {
            Item::Code(insts) => {
                for (inst, cond) in insts {
                    emit_inst(writer, inst, *cond)?;
                }
            }
            Item::Label(label) => {
                if let Some(text) = &mut writer.text {
                    let _ = writeln!(text, "{label}:");
                }
            }
            Item::Jump(label) => {
                let distance = distance(*label);
                writer.line(|| format!("b{} {label}", if placed.form == 0 { "" } else { ".w" }));
                writer.inst(match placed.form {
                    0 => Encoding::Narrow((0xe000 | (distance >> 1) as u32 & 0x7ff) as u16),
                    _ => jump_wide(distance),
                });
            }
            Item::JumpIf(cond, label) => self.emit_branch(writer, *cond, *label, placed.form, distance(*label)),
            Item::JumpIfZero { reg, zero, target } => {
                let distance = distance(*target);
                if placed.form == 0 {
                    writer.line(|| format!("{} {reg}, {target}", if *zero { "cbz" } else { "cbnz" }));
                    let base = if *zero { 0xb100 } else { 0xb900 };
                    let bits = distance as u32 >> 1;
                    writer.inst(Encoding::Narrow((base | (bits >> 5) << 9 | (bits & 31) << 3 | reg.number()) as u16));
                } else {
                    emit_inst(writer, &zero_test(*reg), None)?;
                    let cond = if *zero { Cond::Eq } else { Cond::Ne };
                    let distance = distance - i64::from(zero_test_size(*reg));
                    self.emit_branch(writer, cond, *target, placed.form - 1, distance);
                }
            }
            Item::Call(symbol) => {
                writer.line(|| format!("bl {symbol}"));
                writer.reloc(RelocKind::Call, symbol, 0);
                // The distance in the instruction is -4, from where the processor counts.
                writer.inst(Encoding::Wide(0xf7ff, 0xfffe));
            }
            Item::Half(inst) => emit_half(writer, inst)?,
            Item::Table(index, targets) => self.emit_table(writer, *index, targets, placed)?,
            Item::Load(..) => return Err(ErrorKind::Internal("a literal without a pool".into())),
        }
        Ok(())
    }

    fn emit_branch(&self, writer: &mut Writer, cond: Cond, label: Label, form: u8, distance: i64) {
        writer.line(|| match form {
            0 => format!("b{cond} {label}"),
            1 => format!("b{cond}.w {label}"),
            _ => format!("b{} .+6\n    b.w {label}", cond.invert()),
        });
        branch(cond, form, distance).into_iter().for_each(|encoding| writer.inst(encoding));
    }

    fn emit_load(&self, writer: &mut Writer, rd: Reg, placed: &Placed, literal: u32) {
        let distance = i64::from(literal) - (i64::from(placed.offset + 4) & !3);
        writer.line(|| format!("ldr{} {rd}, [pc, #{distance}]", if placed.form == 0 { "" } else { ".w" }));
        writer.inst(match placed.form {
            0 => Encoding::Narrow((0x4800 | rd.number() << 8 | (distance as u32 >> 2)) as u16),
            _ => {
                let up = if distance >= 0 { 0x80 } else { 0 };
                let (first, second) = (0xf850 | up | PC.number(), rd.number() << 12 | distance.unsigned_abs() as u32);
                Encoding::Wide(first as u16, second as u16)
            }
        });
    }

    fn emit_table(&self, writer: &mut Writer, index: Reg, targets: &[Label], placed: &Placed) -> Result<()> {
        let name = if placed.form == 0 { "tbb [pc, " } else { "tbh [pc, " };
        writer.line(|| format!("{name}{index}{}]", if placed.form == 0 { "" } else { ", lsl #1" }));
        let kind = if placed.form == 0 { 0xf000 } else { 0xf010 };
        writer.inst(Encoding::Wide(0xe8df, (kind | index.number()) as u16));
        let base = i64::from(placed.offset + 4);
        let mut jump = base + i64::from(entries_size(placed.form, targets.len()));
        writer.map(false);
        let far = |n: usize| placed.far.get(n).copied().unwrap_or(false);
        for (n, target) in targets.iter().enumerate() {
            let place = if far(n) { jump } else { self.target(*target) };
            jump += if far(n) { 4 } else { 0 };
            let entry = (place - base) / 2;
            writer.line(|| format!("{} ({target}-.L)/2", if placed.form == 0 { ".byte" } else { ".short" }));
            match (placed.form, u8::try_from(entry), u16::try_from(entry)) {
                (0, Ok(entry), _) => writer.code.bytes.push(entry),
                (1, _, Ok(entry)) => writer.code.bytes.extend_from_slice(&entry.to_le_bytes()),
                _ => return Err(ErrorKind::TooLarge("a jump table")),
            }
        }
        if !writer.offset().is_multiple_of(2) {
            writer.code.bytes.push(0);
        }
        writer.map(true);
        for (n, target) in targets.iter().enumerate() {
            if far(n) {
                let distance = self.target(*target) - i64::from(writer.offset() + 4);
                writer.line(|| format!("b.w {target}"));
                writer.inst(jump_wide(distance));
            }
        }
        Ok(())
    }
}

fn emit_inst(writer: &mut Writer, inst: &Inst, cond: Option<Cond>) -> Result<()> {
    writer.line(|| match inst {
        Inst::Call { info } => match &info.callee {
            Callee::Reg(reg) => format!("blx {reg}"),
            Callee::Symbol(symbol) => format!("bl {symbol}"),
        },
        _ => print(inst, cond),
    });
    if let Inst::FpuCmp { width, rn, rm } = inst {
        writer.inst(vcmp(*width, *rn, *rm));
        writer.inst(VMRS);
        return Ok(());
    }
    let Some(encoding) = encoding(inst, cond) else {
        return Err(ErrorKind::Internal(format!("no encoding of {}", print(inst, cond))));
    };
    writer.inst(encoding);
    Ok(())
}

/// Half of an address; the distance from the symbol stands in the instruction.
fn emit_half(writer: &mut Writer, inst: &Inst) -> Result<()> {
    let (kind, half) = match inst {
        Inst::Movw { half: half @ Half::Low(..), .. } => (RelocKind::MovwAbs, half),
        Inst::Movt { half: half @ Half::High(..), .. } => (RelocKind::MovtAbs, half),
        _ => return Err(ErrorKind::Internal(format!("{inst:?} is no half of an address"))),
    };
    if let Half::Low(symbol, addend) | Half::High(symbol, addend) = half {
        writer.reloc(kind, symbol, *addend);
        writer.line(|| print(inst, None));
        let value = Half::Value(*addend as u16);
        let plain = match inst {
            Inst::Movt { rd, rn, .. } => Inst::Movt { rd: *rd, rn: *rn, half: value },
            Inst::Movw { rd, .. } => Inst::Movw { rd: *rd, half: value },
            _ => return Err(ErrorKind::Internal(format!("{inst:?} is no half of an address"))),
        };
        if let Some(encoding) = encode(&plain) {
            writer.inst(encoding);
        }
    }
    Ok(())
}

fn emit_pool(writer: &mut Writer, literals: &[Literal]) {
    for literal in literals {
        let value = match literal {
            Literal::Value(value) => {
                writer.line(|| format!(".word {value:#x}"));
                *value
            }
            Literal::Symbol(symbol, offset) => {
                writer.line(|| format!(".word {symbol}+{offset}"));
                writer.reloc(RelocKind::Abs32, symbol, *offset);
                *offset as u32
            }
        };
        writer.code.bytes.extend_from_slice(&value.to_le_bytes());
    }
}

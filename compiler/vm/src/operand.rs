//! The kinds of operands of bytecode instructions.

use std::fmt;

/// A register: a word of the current window, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reg(pub u8);

/// Any word of the current window, also one that no register operand reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(pub u16);

/// Where a branch goes: words from the start of the branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target(pub i32);

/// The first instruction of a function: words from the start of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry(pub u32);

/// Index of a string literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StrIdx(pub u32);

/// Index of a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GlobalIdx(pub u32);

/// Index of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LayoutIdx(pub u32);

/// Index of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SiteIdx(pub u32);

/// Index of a function value without captured variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FnIdx(pub u32);

/// Index into the table of runtime calls: entry point and site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RtIdx(pub u32);

/// An operand with its kind; the variants are the kinds named in the list of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operand<R> {
    /// Register that the instruction writes, after it has read all others.
    Def(R),
    /// Register that the instruction reads.
    Use(R),
    /// Immediate.
    I8(i8),
    /// Immediate.
    U8(u8),
    /// Immediate.
    I16(i16),
    /// Immediate.
    U16(u16),
    /// Immediate.
    I32(i32),
    /// Immediate.
    U32(u32),
    /// Immediate: any word.
    Bits(u64),
    /// Distance in words from the caller's window to the callee's.
    Base(u16),
    /// Far word of the window.
    Slot(Slot),
    /// Where a branch goes.
    Target(Target),
    /// Function to call.
    Entry(Entry),
    /// String literal.
    Str(StrIdx),
    /// Global.
    Global(GlobalIdx),
    /// Layout.
    Layout(LayoutIdx),
    /// Site.
    Site(SiteIdx),
    /// Function value without captured variables.
    Fn(FnIdx),
    /// Runtime call.
    Rt(RtIdx),
}

impl fmt::Display for Reg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "r{}", self.0)
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s{}", self.0)
    }
}

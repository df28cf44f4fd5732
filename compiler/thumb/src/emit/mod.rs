//! From instructions on physical registers to bytes.
//!
//! | module | what it does |
//! |---|---|
//! | `frame` | what the function saves, where its stack slots and spills are; prologue and epilogue |
//! | `flags` | which instructions may set the flags, and so take 16 bits |
//! | `expand` | composite instructions taken apart; branches between blocks |
//! | `rotate` | loops with their test at the end |
//! | `layout` | sizes of branches, places of literal pools, bytes |

pub(crate) mod expand;
mod flags;
mod frame;
pub(crate) mod layout;
mod rotate;

use crate::error::Result;
use crate::lower::Lowered;
use crate::regalloc::Allocated;
use crate::target::Target;

pub use layout::{CompiledFunction, Mapping, Reloc, RelocKind};

/// Lays out a function.
pub(crate) fn emit(
    mut allocated: Allocated,
    lowered: &Lowered,
    target: &Target,
    text: bool,
) -> Result<CompiledFunction> {
    expand::expand_constants(&mut allocated.blocks);
    for block in &mut allocated.blocks {
        if target.optimize {
            flags::fuse_zero_test(block);
        }
        flags::narrow(block);
    }
    let frame = frame::Frame::new(&allocated, lowered, target)?;
    let items = expand::expand(&allocated, &frame, target);
    let stack = frame.size();
    let mut code = layout::layout(items, text)?;
    code.stack = stack;
    Ok(code)
}

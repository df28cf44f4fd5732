//! The vector table: the initial stack pointer, the start, and a handler for each exception and interrupt.
//!
//! A program that handles an interrupt of a device gets the whole table of its board. Otherwise the table ends with the
//! processor's own exceptions: devices interrupt only after the program has told the interrupt controller so.

use super::ImageError;
use super::contract::{self, EXCEPTIONS, HANDLER_PREFIX, TRAP};
use super::resolve::{Place, Program};
use crate::target::Board;

/// Entries that every processor has.
const SYSTEM_ENTRIES: u32 = 16;

/// The table but for its first entry, the stack pointer.
pub(super) fn vectors(program: &Program<'_>, board: &Board) -> Result<Vec<Place>, ImageError> {
    let find = |name: &str| {
        program
            .find(name)
            .ok_or_else(|| ImageError::Undefined { symbol: name.to_string(), object: "vector table".to_string() })
    };
    let trap = find(TRAP)?;
    let mut handlers = Vec::new();
    for name in program.global_names() {
        let Some(interrupt) = name.strip_prefix(HANDLER_PREFIX) else { continue };
        let number = number(interrupt, board).ok_or_else(|| ImageError::NoInterrupt(interrupt.to_string()))?;
        if handlers.iter().any(|&(other, _)| other == number) {
            return Err(ImageError::Duplicate(name.to_string()));
        }
        handlers.push((number, find(name)?));
    }
    let uses_devices = handlers.iter().any(|&(number, _)| number >= SYSTEM_ENTRIES);
    let len = if uses_devices { board.vectors.max(SYSTEM_ENTRIES) } else { SYSTEM_ENTRIES };
    let mut table = Vec::new();
    for number in 1..len {
        let handler = handlers.iter().find(|&&(other, _)| other == number).map(|&(_, place)| place);
        table.push(match (number, handler) {
            (1, _) => find(contract::entry(board))?,
            (_, Some(handler)) => handler,
            // The processor never takes these.
            (7..=10 | 13, None) => Place::Absolute(0),
            (_, None) => trap,
        });
    }
    Ok(table)
}

/// The place of an interrupt in the table: of an exception of the processor, of an interrupt that the description of the
/// board names, or of `IRQ` and a number.
fn number(name: &str, board: &Board) -> Option<u32> {
    if let Some(&(number, _)) = EXCEPTIONS.iter().find(|&&(_, other)| other == name) {
        return Some(number);
    }
    let irq = match board.interrupts.get(name) {
        Some(&irq) => irq,
        None => name.strip_prefix("IRQ")?.parse().ok()?,
    };
    irq.checked_add(SYSTEM_ENTRIES).filter(|&number| number < board.vectors)
}

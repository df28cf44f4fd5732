//! What the linker and the start-up code of the runtime agree on: names that the linker provides, and names that it needs.
//!
//! The other side is `runtime/src/sys/cortex_m`. A name is given an address or a number, or it is bound to a function that
//! the description of the board chooses among several; `docs/firmware.md` lists them all.

use std::collections::BTreeMap;

use crate::target::{Board, Console, End, GUARD_SIZE};

/// What is known when everything has an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Late {
    DataStart,
    DataEnd,
    DataLoad,
    BssEnd,
    HeapStart,
    HeapEnd,
    RegistersStart,
    RegistersEnd,
}

/// The meaning of a name that the linker provides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Provided {
    /// Another name.
    Name(String),
    /// A number.
    Absolute(u32),
    /// A number that is known later.
    Late(Late),
}

/// The function that all entries of the vector table lead to that nothing else is there for.
pub(super) const TRAP: &str = "resilient_trap";
/// What the name of a function begins with that handles an interrupt.
pub(super) const HANDLER_PREFIX: &str = "__resilient_isr_";
/// The last part of the start-up code.
const RESET: &str = "resilient_reset";

/// The names of Armv7-M's own exceptions, by their place in the vector table.
pub(super) const EXCEPTIONS: [(u32, &str); 9] = [
    (2, "NMI"),
    (3, "HardFault"),
    (4, "MemoryManagement"),
    (5, "BusFault"),
    (6, "UsageFault"),
    (11, "SVCall"),
    (12, "DebugMonitor"),
    (14, "PendSV"),
    (15, "SysTick"),
];

/// The lowest address of the stack, and the one above it.
pub(super) fn stack(board: &Board) -> (u32, u32) {
    (board.ram.origin, board.ram.origin.saturating_add(board.stack))
}

/// Where the processor starts, and what the parts of the start-up code go on to.
fn start_chain(board: &Board) -> (&'static str, Vec<(&'static str, &'static str)>) {
    let mut first = RESET;
    let mut bound = Vec::new();
    let parts = [
        (board.stack_guard, "resilient_reset_guard", "__resilient_after_guard"),
        (!board.registers.is_empty(), "resilient_reset_registers", "__resilient_after_registers"),
        (board.fpu, "resilient_reset_fpu", "__resilient_after_fpu"),
    ];
    for (is_needed, part, next) in parts {
        // A part that is not needed is not in the image, but its name must mean something.
        bound.push((next, first));
        if is_needed {
            first = part;
        }
    }
    (first, bound)
}

/// The function that the processor starts with.
pub(super) fn entry(board: &Board) -> &'static str {
    start_chain(board).0
}

/// All names that the linker provides for a board.
pub(super) fn provided(board: &Board) -> BTreeMap<String, Provided> {
    let (bottom, top) = stack(board);
    let mut names = BTreeMap::new();
    let late = [
        ("__data_start", Late::DataStart),
        ("__data_end", Late::DataEnd),
        ("__data_load", Late::DataLoad),
        ("__bss_end", Late::BssEnd),
        ("__heap_start", Late::HeapStart),
        ("__heap_end", Late::HeapEnd),
        ("__registers_start", Late::RegistersStart),
        ("__registers_end", Late::RegistersEnd),
    ];
    names.extend(late.map(|(name, late)| (name.to_string(), Provided::Late(late))));
    let write = match board.console {
        Console::None => "resilient_write_nothing",
        Console::Semihosting => "resilient_write_semihosting",
        Console::Uart { .. } => "resilient_write_uart",
    };
    let uart = match board.console {
        Console::Uart { data, status, mask, ready } => [data, status, mask, ready],
        Console::None | Console::Semihosting => [0; 4],
    };
    let numbers = [
        ("__stack_bottom", bottom),
        ("__stack_top", top),
        // Region 0, and the bit that makes its number valid.
        ("__guard_region", board.ram.origin.wrapping_sub(GUARD_SIZE) | 0x10),
        // No execution, no access, the size as the power of two minus one, enabled.
        ("__guard_attributes", (1 << 28) | ((GUARD_SIZE.ilog2() - 1) << 1) | 1),
        ("__uart_data", uart[0]),
        ("__uart_status", uart[1]),
        ("__uart_mask", uart[2]),
        ("__uart_ready", uart[3]),
    ];
    names.extend(numbers.map(|(name, value)| (name.to_string(), Provided::Absolute(value))));
    let mut bound = start_chain(board).1;
    bound.push(("__resilient_write", write));
    bound.push(("__resilient_exit", exit(board.exit)));
    bound.push(("__resilient_exit_after_fault", exit(board.fault)));
    names.extend(bound.into_iter().map(|(name, other)| (name.to_string(), Provided::Name(other.to_string()))));
    names
}

fn exit(end: End) -> &'static str {
    match end {
        End::Exit => "resilient_exit_semihosting",
        End::Reset => "resilient_exit_reset",
        End::Halt => "resilient_exit_halt",
    }
}

//! The part of a target's description that is about a board without an operating system: memory, interrupts, console, ends.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A board, or a microcontroller by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    /// Where code and constants are.
    pub flash: Region,
    /// Where variables, stack and heap are.
    pub ram: Region,
    /// Size of the stack in bytes, a multiple of 8.
    pub stack: u32,
    /// The least size of the heap in bytes; it gets all that is left.
    pub heap: Option<u32>,
    /// Entries of the vector table: the processor's own 16, and one for each interrupt of devices.
    pub vectors: u32,
    /// Names of interrupts of devices, with their numbers.
    pub interrupts: BTreeMap<String, u32>,
    /// Where text goes.
    pub console: Console,
    /// How a program ends.
    pub exit: End,
    /// How a program ends after a fault was reported.
    pub fault: End,
    /// Registers that are written before the program starts: address and value.
    pub registers: Vec<(u32, u32)>,
    /// Whether the memory protection unit has to watch the end of the stack, because there is memory below RAM.
    pub stack_guard: bool,
    /// Whether there is a floating-point unit to be switched on.
    pub fpu: bool,
}

/// A region of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Its first address.
    pub origin: u32,
    /// Its size in bytes.
    pub size: u32,
}

impl Region {
    /// The address behind it; the largest address if it ends with the address space.
    pub fn end(self) -> u32 {
        self.origin.saturating_add(self.size)
    }
}

/// Where text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Console {
    /// Nowhere.
    None,
    /// To the debugger or emulator, by semihosting.
    Semihosting,
    /// To a serial port: a byte is written to `data` when the bits `mask` of the word at `status` are `ready`.
    Uart {
        /// Address of the register for a byte.
        data: u32,
        /// Address of the register with the state.
        status: u32,
        /// The bits that count.
        mask: u32,
        /// Their value when another byte may be written.
        ready: u32,
    },
}

/// How a program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// It tells the debugger or emulator its status.
    Exit,
    /// The processor is reset: the program starts again.
    Reset,
    /// The processor stops, with interrupts off.
    Halt,
}

/// What a description may say about a board; nothing is complete by itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) struct BoardKeys {
    flash: Option<Region>,
    ram: Option<Region>,
    stack: Option<u32>,
    heap: Option<u32>,
    vectors: Option<u32>,
    interrupts: Option<BTreeMap<String, u32>>,
    console: Option<ConsoleKey>,
    exit: Option<End>,
    fault: Option<End>,
    registers: Option<Vec<(u32, u32)>>,
    stack_guard: Option<bool>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum ConsoleKey {
    Name(NamedConsole),
    Uart(UartKeys),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum NamedConsole {
    None,
    Semihosting,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UartKeys {
    data: u32,
    status: u32,
    mask: u32,
    ready: u32,
}

/// Size of the region below RAM that is protected where a board asks for it: more than a frame should have.
pub(crate) const GUARD_SIZE: u32 = 1 << 20;
/// The processor's own exceptions.
const SYSTEM_VECTORS: u32 = 16;
/// Armv7-M has no more.
const MAX_VECTORS: u32 = SYSTEM_VECTORS + 496;
/// A stack must hold more than what the processor saves at an interrupt.
const MIN_STACK: u32 = 256;

impl BoardKeys {
    /// This, and from `base` what this does not say.
    pub(crate) fn over(self, base: BoardKeys) -> BoardKeys {
        BoardKeys {
            flash: self.flash.or(base.flash),
            ram: self.ram.or(base.ram),
            stack: self.stack.or(base.stack),
            heap: self.heap.or(base.heap),
            vectors: self.vectors.or(base.vectors),
            interrupts: self.interrupts.or(base.interrupts),
            console: self.console.or(base.console),
            exit: self.exit.or(base.exit),
            fault: self.fault.or(base.fault),
            registers: self.registers.or(base.registers),
            stack_guard: self.stack_guard.or(base.stack_guard),
        }
    }

    /// Whether nothing of a board is described: so it is with a processor.
    pub(crate) fn has_memory(&self) -> bool {
        self.flash.is_some() || self.ram.is_some()
    }

    /// The board, or what is wrong with it.
    pub(crate) fn complete(self, fpu: bool) -> Result<Board, String> {
        let missing = |key: &str| format!("`{key}` is missing");
        let flash = self.flash.ok_or_else(|| missing("board.flash"))?;
        let ram = self.ram.ok_or_else(|| missing("board.ram"))?;
        let stack = self.stack.ok_or_else(|| missing("board.stack"))?;
        let console = match self.console.ok_or_else(|| missing("board.console"))? {
            ConsoleKey::Name(NamedConsole::None) => Console::None,
            ConsoleKey::Name(NamedConsole::Semihosting) => Console::Semihosting,
            ConsoleKey::Uart(UartKeys { data, status, mask, ready }) => Console::Uart { data, status, mask, ready },
        };
        let exit = self.exit.ok_or_else(|| missing("board.exit"))?;
        let board = Board {
            flash,
            ram,
            stack,
            heap: self.heap,
            vectors: self.vectors.unwrap_or(SYSTEM_VECTORS),
            interrupts: self.interrupts.unwrap_or_default(),
            console,
            exit,
            fault: self.fault.unwrap_or(exit),
            registers: self.registers.unwrap_or_default(),
            stack_guard: self.stack_guard.unwrap_or(false),
            fpu,
        };
        board.check().map(|()| board)
    }
}

impl Board {
    fn check(&self) -> Result<(), String> {
        for (name, region) in [("flash", self.flash), ("ram", self.ram)] {
            if region.size == 0 || u64::from(region.origin) + u64::from(region.size) > 1 << 32 {
                return Err(format!("`board.{name}` is empty or exceeds the address space"));
            }
        }
        // The processor looks for a table where the address is a multiple of its size.
        if !self.flash.origin.is_multiple_of((4 * self.vectors.max(32)).next_power_of_two()) {
            return Err("`board.flash` does not begin where a vector table can be".to_string());
        }
        if !self.ram.origin.is_multiple_of(8) {
            return Err("`board.ram` does not begin at a multiple of 8".to_string());
        }
        // The memory protection unit has regions that begin at a multiple of their size.
        let guard = self.ram.origin.wrapping_sub(GUARD_SIZE);
        let guards_flash = self.flash.origin < self.ram.origin && guard < self.flash.end();
        if self.stack_guard && (!self.ram.origin.is_multiple_of(GUARD_SIZE) || self.ram.origin == 0 || guards_flash) {
            return Err("`board.ram` has no room for a guard of 1 MiB below".to_string());
        }
        if self.flash.origin < self.ram.end() && self.ram.origin < self.flash.end() {
            return Err("`board.flash` and `board.ram` overlap".to_string());
        }
        if self.stack < MIN_STACK || !self.stack.is_multiple_of(8) {
            return Err(format!("`board.stack` is not a multiple of 8 from {MIN_STACK} on"));
        }
        if !(SYSTEM_VECTORS..=MAX_VECTORS).contains(&self.vectors) {
            return Err(format!("`board.vectors` is not in {SYSTEM_VECTORS} to {MAX_VECTORS}"));
        }
        match self.interrupts.iter().find(|&(_, &number)| number >= self.vectors - SYSTEM_VECTORS) {
            Some((name, _)) => Err(format!("interrupt `{name}` is beyond `board.vectors`")),
            None => Ok(()),
        }
    }
}

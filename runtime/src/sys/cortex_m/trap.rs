//! Hardware faults and interrupts that nobody handles.
//!
//! All entries of the vector table that the program has no handler for lead here. The finer kinds of hardware faults stay
//! disabled, so that each arrives as a hard fault, whatever it interrupts, with its cause in the fault status register.
//!
//! An overflow of the stack is a fault on an address below the memory the stack begins at, or one while the processor
//! saves registers there. So the handler must not trust its stack: it reads what it needs and starts a new one at the top.

use core::arch::naked_asm;

use crate::fault;

/// Configurable fault status: memory management in bits 0 to 7, bus in 8 to 15, usage above.
const CFSR: *const u32 = 0xe000_ed28 as *const u32;
/// The address of a memory management fault.
const MMFAR: *const u32 = 0xe000_ed34 as *const u32;
/// The address of a bus fault.
const BFAR: *const u32 = 0xe000_ed38 as *const u32;

/// Saving registers failed, as a memory management or a bus fault.
const STACKING: u32 = 0x1010;
const MMFAR_VALID: u32 = 0x80;
const BFAR_VALID: u32 = 0x8000;

/// How far below the stack an access is taken for one of the stack.
const REACH: usize = 64 << 10;
/// Where the processor does not tell the address of a failed store, one that happens so near the end of the stack is taken for
/// one of the stack: what was being saved may be that large.
const MARGIN: usize = 128;

unsafe extern "C" {
    static __stack_bottom: u8;
}

#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn resilient_trap() -> ! {
    naked_asm!(
        "mov r0, sp",
        "ldr r2, 8f",
        "ldr r3, 9f",
        "mov sp, r3",
        // If the frame lies within the stack, the address of the instruction is in it.
        "subs r1, r0, r2",
        "subs r3, r3, r2",
        "cmp r1, r3",
        "ite lo",
        "ldrlo r1, [r0, 24]",
        "movhs r1, 0",
        "b {report}",
        ".p2align 2",
        "8:",
        ".word __stack_bottom",
        "9:",
        ".word __stack_top",
        report = sym report,
    )
}

/// Reports what happened at the instruction `pc`, with the stack pointer `sp` behind the saved registers.
extern "C" fn report(sp: usize, pc: usize) -> ! {
    // SAFETY: the registers exist on every Armv7-M processor.
    let (status, bus_address, memory_address) =
        unsafe { (CFSR.read_volatile(), BFAR.read_volatile(), MMFAR.read_volatile()) };
    let address = if status & BFAR_VALID != 0 { bus_address as usize } else { memory_address as usize };
    let has_address = status & (BFAR_VALID | MMFAR_VALID) != 0;
    let suspect = if has_address { address } else { sp.wrapping_sub(MARGIN) };
    let below = (&raw const __stack_bottom as usize).wrapping_sub(suspect).wrapping_sub(1);
    if status & STACKING != 0 || (status & 0xffff != 0 && below < REACH) {
        fault::report_at(None, fault::STACK_OVERFLOW);
    }
    let kind = match status {
        0 => "exception",
        _ if status & 0xff != 0 => "memory fault",
        _ if status & 0xff00 != 0 => "bus fault",
        _ => "usage fault",
    };
    let (pc, address) = (hexadecimal(pc), hexadecimal(address));
    let pieces = ["Error: Runtime error: ", kind, " at ", as_str(&pc), ", address ", as_str(&address), "\n"];
    fault::write_error(&pieces);
    super::exit_after_fault(fault::FAULT_STATUS)
}

/// The number as `0x` and eight digits.
#[inline(never)]
fn hexadecimal(number: usize) -> [u8; 10] {
    let mut text = *b"0x00000000";
    let mut rest = number;
    for place in text.iter_mut().skip(2).rev() {
        let digit = (rest & 15) as u8;
        *place = if digit < 10 { b'0' + digit } else { b'a' - 10 + digit };
        rest >>= 4;
    }
    text
}

fn as_str(text: &[u8; 10]) -> &str {
    // SAFETY: digits and an x.
    unsafe { core::str::from_utf8_unchecked(text) }
}

//! What happens between a reset and the program.
//!
//! The processor loads the stack pointer from the vector table and starts at a function that the linker chooses:
//! `resilient_reset`, or one of those that do something before and then go on to `__resilient_reset_next`, which is bound
//! to the next one of the chain.

use core::arch::naked_asm;

/// Copies the initial values of variables from flash, clears the other variables, runs the program, ends.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn resilient_reset() -> ! {
    naked_asm!(
        "adr r3, 9f",
        "ldm r3, {{r0, r1, r2, r3}}",
        "2:",
        "cmp r0, r2",
        "bhs 3f",
        "ldm r1!, {{r4}}",
        "stm r0!, {{r4}}",
        "b 2b",
        "3:",
        "movs r4, #0",
        "4:",
        "cmp r0, r3",
        "bhs 5f",
        "stm r0!, {{r4}}",
        "b 4b",
        "5:",
        "bl resilient_program",
        "uxtb r0, r0",
        "bl __resilient_exit",
        ".p2align 2",
        "9:",
        ".word __data_start",
        ".word __data_load",
        ".word __data_end",
        ".word __bss_end",
    )
}

/// Switches the floating-point unit on, then goes on.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn resilient_reset_fpu() -> ! {
    naked_asm!(
        // Coprocessor access control register: full access to coprocessors 10 and 11.
        "movw r0, 0xed88",
        "movt r0, 0xe000",
        "ldr r1, [r0]",
        "orr r1, r1, 0xf00000",
        "str r1, [r0]",
        "dsb",
        "isb",
        "b __resilient_after_fpu",
    )
}

/// Forbids access to the bytes below the stack, then goes on.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn resilient_reset_guard() -> ! {
    naked_asm!(
        // Memory protection unit: region 0 has the size that `__guard_attributes` says, and no access. All else is as without
        // regions; handlers of hardware faults run with the unit off.
        "movw r0, 0xed94",
        "movt r0, 0xe000",
        "ldr r1, 8f",
        "ldr r2, 9f",
        "str r1, [r0, 8]",
        "str r2, [r0, 12]",
        "movs r1, 5",
        "str r1, [r0]",
        "dsb",
        "isb",
        "b __resilient_after_guard",
        ".p2align 2",
        "8:",
        // The region number is part of the address.
        ".word __guard_region",
        "9:",
        ".word __guard_attributes",
    )
}

/// Writes the registers that the description of the board lists, then goes on.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn resilient_reset_registers() -> ! {
    naked_asm!(
        "ldr r0, 8f",
        "ldr r1, 9f",
        "2:",
        "cmp r0, r1",
        "bhs 3f",
        "ldm r0!, {{r2, r3}}",
        "str r3, [r2]",
        "b 2b",
        "3:",
        "dsb",
        "b __resilient_after_registers",
        ".p2align 2",
        "8:",
        ".word __registers_start",
        "9:",
        ".word __registers_end",
    )
}

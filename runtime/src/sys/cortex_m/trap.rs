//! Hardware faults and interrupts that nobody handles.
//!
//! All entries of the vector table that the program has no handler for lead here. The finer kinds of hardware faults stay
//! disabled, so that each arrives as a hard fault, whatever it interrupts, with its cause in the fault status register.
//!
//! An overflow of the stack is a fault on an address below the memory the stack begins at, or one while the processor
//! saves registers there. So the handler must not trust its stack: it reads what it needs and starts a new one at the top.
//!
//! Every image has this, so that it is assembly, made to be small: numbers are hexadecimal, and a cause is the bits of the
//! processor. A report is put together on the new stack and written at once.

use core::arch::naked_asm;

use crate::fault;

// The assembly has them as they are.
const _: () = assert!(matches!(fault::STACK_OVERFLOW.as_bytes(), b"stack overflow") && fault::FAULT_STATUS == 1);

#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn resilient_trap() -> ! {
    naked_asm!(
        "mov r0, sp",
        // The bounds of the stack, and the address of the fault status register.
        "adr r3, 90f",
        "ldm r3, {{r1, r2, r3}}",
        "mov sp, r2",
        // r5: the address of the instruction, from the frame, if that lies within the stack.
        "subs r4, r0, r1",
        "subs r2, r2, r1",
        "cmp r4, r2",
        "ite lo",
        "ldrlo r5, [r0, 24]",
        "movhs r5, 0",
        // r7: the cause, with memory management in bits 0 to 7, bus in 8 to 15, usage above. r6: the address of the access,
        // in a register for each of the first two; bits 7 and 15 tell whether it is known.
        "ldr r7, [r3]",
        "ldr r6, [r3, 12]",
        "lsls r4, r7, 16",
        "it mi",
        "ldrmi r6, [r3, 16]",
        // An overflow, if registers could not be saved: bits 4 and 12.
        "movw r4, 0x1010",
        "tst r7, r4",
        "bne 2f",
        // r0: what may be an address of the stack. Where that of a store is not known, it lies above the stack pointer by 128
        // bytes at most: that much may be in the course of being saved.
        "subs r0, 128",
        "movw r4, 0x8080",
        "tst r7, r4",
        "it ne",
        "movne r0, r6",
        // An overflow, if memory management or bus failed less than 1 MiB below the stack.
        "mvns r0, r0",
        "adds r0, r0, r1",
        "lsrs r0, r0, 20",
        "bne 3f",
        "lsls r4, r7, 16",
        "beq 3f",
        "2:",
        "adr.w r4, 92f",
        "b 5f",
        "3:",
        "adr.w r4, 93f",
        "cbnz r7, 5f",
        // No fault, but an exception that has a number.
        "mrs r7, ipsr",
        "adr.w r4, 94f",
        "5:",
        // r1: the text so far. r2: its parts, in which bytes up to 5 are commands.
        "push {{r5, r6, r7}}",
        "mov r5, sp",
        "sub sp, 108",
        "mov r1, sp",
        "adr.w r2, 91f",
        "6:",
        "ldrb r0, [r2], 1",
        "cmp r0, 4",
        "bhi 8f",
        "it eq",
        "moveq r2, r4",
        "beq 6b",
        "subs r0, 1",
        "bmi 9f",
        // A number, of 8 digits.
        "ldr r3, [r5, r0, lsl #2]",
        "movs r6, 8",
        "7:",
        "ror r3, r3, #28",
        "and r0, r3, 15",
        "cmp r0, 10",
        "ite lo",
        "addlo r0, 48",
        "addhs r0, 87",
        "strb r0, [r1], 1",
        "subs r6, 1",
        "bne 7b",
        "adr.w r4, 95f",
        "b 6b",
        "8:",
        "strb r0, [r1], 1",
        "b 6b",
        "9:",
        "mov r2, r1",
        "mov r1, sp",
        "subs r2, r2, r1",
        "movs r0, 1",
        "bl __resilient_write",
        "movs r0, 1",
        "bl __resilient_exit_after_fault",
        ".p2align 2",
        "90:",
        ".word __stack_bottom",
        ".word __stack_top",
        ".word 0xe000ed28",
        // 0 is the end; 1, 2 and 3 are the numbers in r5, r6 and r7; 4 goes on at r4, which is the last part after a number.
        "91:",
        ".ascii \"Error: Runtime error: \\004\"",
        "92:",
        ".ascii \"stack overflow\\n\\000\"",
        "93:",
        ".ascii \"hardware fault 0x\\003\\004\"",
        "94:",
        ".ascii \"interrupt 0x\\003\"",
        "95:",
        ".ascii \" at 0x\\001, address 0x\\002\\n\\000\"",
        ".p2align 1",
    )
}

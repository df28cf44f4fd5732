//! `memcpy` and its kin, which compiled code calls, under their own names and those of the Arm run-time ABI (IHI 0043).
//!
//! Small rather than fast: words first, then the rest by bytes. Armv7-M reads and writes unaligned words in one
//! instruction, so that only the length decides.

use core::arch::naked_asm;

/// Copies `len` bytes between ranges that do not overlap.
///
/// # Safety
/// Both ranges are valid.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    naked_asm!(
        ".irp name, __aeabi_memcpy, __aeabi_memcpy4, __aeabi_memcpy8",
        ".globl \\name",
        ".thumb_func",
        "\\name:",
        ".endr",
        "mov r12, r0",
        "2:",
        "subs r2, #4",
        "itt hs",
        "ldrhs r3, [r1], #4",
        "strhs r3, [r12], #4",
        "bhs 2b",
        "adds r2, #4",
        "3:",
        "subs r2, #1",
        "itt hs",
        "ldrbhs r3, [r1], #1",
        "strbhs r3, [r12], #1",
        "bhs 3b",
        "bx lr",
    )
}

/// Copies `len` bytes between ranges that may overlap.
///
/// # Safety
/// Both ranges are valid.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    naked_asm!(
        ".irp name, __aeabi_memmove, __aeabi_memmove4, __aeabi_memmove8",
        ".globl \\name",
        ".thumb_func",
        "\\name:",
        ".endr",
        // Upwards unless the target begins within the source.
        "subs r3, r0, r1",
        "cmp r3, r2",
        "bhs memcpy",
        "add r1, r2",
        "add r12, r0, r2",
        "2:",
        "subs r2, #4",
        "itt hs",
        "ldrhs r3, [r1, #-4]!",
        "strhs r3, [r12, #-4]!",
        "bhs 2b",
        "adds r2, #4",
        "3:",
        "subs r2, #1",
        "itt hs",
        "ldrbhs r3, [r1, #-1]!",
        "strbhs r3, [r12, #-1]!",
        "bhs 3b",
        "bx lr",
    )
}

/// Fills `len` bytes.
///
/// # Safety
/// The range is valid.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8 {
    naked_asm!(
        // The ABI's functions have their last two arguments the other way round.
        "mov r3, r1",
        "mov r1, r2",
        "mov r2, r3",
        "b __aeabi_memset",
    )
}

/// Fills `len` bytes: the ABI's form.
///
/// # Safety
/// The range is valid.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn __aeabi_memclr(to: *mut u8, len: usize) {
    naked_asm!(
        ".irp name, __aeabi_memclr4, __aeabi_memclr8",
        ".globl \\name",
        ".thumb_func",
        "\\name:",
        ".endr",
        "movs r2, #0",
        ".irp name, __aeabi_memset, __aeabi_memset4, __aeabi_memset8",
        ".globl \\name",
        ".thumb_func",
        "\\name:",
        ".endr",
        "uxtb r2, r2",
        "orr r2, r2, r2, lsl #8",
        "orr r2, r2, r2, lsl #16",
        // The first argument is the result of `memset`.
        "mov r12, r0",
        "2:",
        "subs r1, #4",
        "it hs",
        "strhs r2, [r12], #4",
        "bhs 2b",
        "adds r1, #4",
        "3:",
        "subs r1, #1",
        "it hs",
        "strbhs r2, [r12], #1",
        "bhs 3b",
        "bx lr",
    )
}

/// Compares as unsigned bytes: negative, zero or positive.
///
/// # Safety
/// Both ranges are valid.
#[unsafe(naked)]
#[unsafe(no_mangle)]
unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
    naked_asm!(
        ".globl bcmp",
        ".thumb_func",
        "bcmp:",
        "mov r12, r0",
        "movs r0, #0",
        "2:",
        "subs r2, #1",
        "it lo",
        "bxlo lr",
        "ldrb r0, [r12], #1",
        "ldrb r3, [r1], #1",
        "subs r0, r0, r3",
        "beq 2b",
        "bx lr",
    )
}

//! The loops for x86-64: SSE2 for steps of 64 bytes; very long runs are left to `rep movsb` and `rep stosb`, which modern
//! processors do in whole cache lines.

use core::arch::asm;
use core::arch::x86_64::{__m128i, _mm_set1_epi8};

/// 16 bytes in a vector register.
pub(super) type Block = __m128i;

/// From this length on [`copy_long`] is faster than the loop.
pub(super) const LONG: usize = 2048;

/// `byte` 16 times.
#[inline(always)]
pub(super) fn splat(byte: u8) -> Block {
    // SAFETY: every x86-64 processor has SSE2.
    unsafe { _mm_set1_epi8(byte as i8) }
}

/// Copies 64 bytes after 64 bytes upwards, until `from` has reached `stop`.
///
/// # Safety
/// The whole steps lie within the ranges; there is at least one.
#[inline(always)]
pub(super) unsafe fn copy_steps_up(to: *mut u8, from: *const u8, stop: *const u8) {
    // SAFETY: by contract.
    unsafe {
        asm!(
            "2:",
            "movups {a}, [{from}]",
            "movups {b}, [{from} + 16]",
            "movups {c}, [{from} + 32]",
            "movups {d}, [{from} + 48]",
            "movups [{to}], {a}",
            "movups [{to} + 16], {b}",
            "movups [{to} + 32], {c}",
            "movups [{to} + 48], {d}",
            "add {from}, 64",
            "add {to}, 64",
            "cmp {from}, {stop}",
            "jb 2b",
            from = inout(reg) from => _,
            to = inout(reg) to => _,
            stop = in(reg) stop,
            a = out(xmm_reg) _, b = out(xmm_reg) _, c = out(xmm_reg) _, d = out(xmm_reg) _,
            options(nostack),
        );
    }
}

/// Copies 64 bytes after 64 bytes downwards, from below `at` and `from` on, until `from` has reached `stop`.
///
/// # Safety
/// As for [`copy_steps_up`].
#[inline(always)]
pub(super) unsafe fn copy_steps_down(at: *mut u8, from: *const u8, stop: *const u8) {
    // SAFETY: by contract.
    unsafe {
        asm!(
            "2:",
            "sub {from}, 64",
            "sub {at}, 64",
            "movups {a}, [{from}]",
            "movups {b}, [{from} + 16]",
            "movups {c}, [{from} + 32]",
            "movups {d}, [{from} + 48]",
            "movups [{at}], {a}",
            "movups [{at} + 16], {b}",
            "movups [{at} + 32], {c}",
            "movups [{at} + 48], {d}",
            "cmp {from}, {stop}",
            "ja 2b",
            from = inout(reg) from => _,
            at = inout(reg) at => _,
            stop = in(reg) stop,
            a = out(xmm_reg) _, b = out(xmm_reg) _, c = out(xmm_reg) _, d = out(xmm_reg) _,
            options(nostack),
        );
    }
}

/// Copies a long range that does not overlap the other.
///
/// # Safety
/// Both ranges are valid.
#[inline(always)]
pub(super) unsafe fn copy_long(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: by contract; the direction flag is clear by the ABI.
    unsafe {
        asm!(
            "rep movsb",
            inout("rcx") len => _, inout("rdi") to => _, inout("rsi") from => _,
            options(nostack, preserves_flags),
        );
    }
}

/// Fills more than 64 bytes.
///
/// # Safety
/// The range is valid.
#[inline(always)]
pub(super) unsafe fn fill_long(to: *mut u8, byte: u8, len: usize) {
    // SAFETY: by contract; the direction flag is clear by the ABI.
    unsafe {
        asm!(
            "rep stosb",
            inout("rcx") len => _, inout("rdi") to => _, in("al") byte,
            options(nostack, preserves_flags),
        );
    }
}

//! The loops for 64-bit Arm: pairs of vector registers, 64 bytes in a step.

use core::arch::aarch64::{uint8x16_t, vdupq_n_u8};
use core::arch::asm;

/// 16 bytes in a vector register.
pub(super) type Block = uint8x16_t;

/// `byte` 16 times.
#[inline(always)]
pub(super) fn splat(byte: u8) -> Block {
    // SAFETY: every 64-bit Arm processor that runs Linux has vector registers.
    unsafe { vdupq_n_u8(byte) }
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
            "ldp {a:q}, {b:q}, [{from}]",
            "ldp {c:q}, {d:q}, [{from}, 32]",
            "add {from}, {from}, 64",
            "stp {a:q}, {b:q}, [{to}]",
            "stp {c:q}, {d:q}, [{to}, 32]",
            "add {to}, {to}, 64",
            "cmp {from}, {stop}",
            "b.lo 2b",
            from = inout(reg) from => _,
            to = inout(reg) to => _,
            stop = in(reg) stop,
            a = out(vreg) _, b = out(vreg) _, c = out(vreg) _, d = out(vreg) _,
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
            "sub {from}, {from}, 64",
            "sub {at}, {at}, 64",
            "ldp {a:q}, {b:q}, [{from}]",
            "ldp {c:q}, {d:q}, [{from}, 32]",
            "stp {a:q}, {b:q}, [{at}]",
            "stp {c:q}, {d:q}, [{at}, 32]",
            "cmp {from}, {stop}",
            "b.hi 2b",
            from = inout(reg) from => _,
            at = inout(reg) at => _,
            stop = in(reg) stop,
            a = out(vreg) _, b = out(vreg) _, c = out(vreg) _, d = out(vreg) _,
            options(nostack),
        );
    }
}

/// Fills more than 64 bytes.
///
/// # Safety
/// The range is valid.
#[inline(always)]
pub(super) unsafe fn fill_long(to: *mut u8, byte: u8, len: usize) {
    let value = splat(byte);
    // SAFETY: the loop stores whole steps of 64 bytes and stops before the last 1 to 64, which the stores behind it cover.
    unsafe {
        let end = to.add(len);
        asm!(
            "2:",
            "stp {value:q}, {value:q}, [{to}]",
            "stp {value:q}, {value:q}, [{to}, 32]",
            "add {to}, {to}, 64",
            "cmp {to}, {stop}",
            "b.lo 2b",
            to = inout(reg) to => _,
            stop = in(reg) end.sub(64),
            value = in(vreg) value,
            options(nostack),
        );
        for at in [64, 48, 32, 16] {
            end.sub(at).cast::<Block>().write_unaligned(value);
        }
    }
}

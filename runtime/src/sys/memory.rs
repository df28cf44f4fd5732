//! `memcpy`, `memmove`, `memset`, `memcmp` and `bcmp`, which compiled Rust code calls and the C library would bring.
//!
//! Up to 64 bytes a few loads and stores that overlap do without a loop; then come steps of 64 bytes with vector registers,
//! which every supported processor has. Loops are in assembly, in a file for each processor, because the compiler would
//! turn one in Rust back into a call of the very function.

#[cfg(target_arch = "aarch64")]
#[path = "memory_aarch64.rs"]
mod cpu;
#[cfg(target_arch = "x86_64")]
#[path = "memory_x86_64.rs"]
mod cpu;

use cpu::Block;

#[inline(always)]
unsafe fn load<T: Copy>(at: *const u8) -> T {
    // SAFETY: the caller owns these bytes.
    unsafe { at.cast::<T>().read_unaligned() }
}

#[inline(always)]
unsafe fn store<T: Copy>(at: *mut u8, value: T) {
    // SAFETY: the caller owns these bytes.
    unsafe { at.cast::<T>().write_unaligned(value) }
}

#[inline(always)]
unsafe fn load16(at: *const u8) -> Block {
    // SAFETY: the caller owns these bytes.
    unsafe { load(at) }
}

#[inline(always)]
unsafe fn store16(at: *mut u8, value: Block) {
    // SAFETY: the caller owns these bytes.
    unsafe { store(at, value) }
}

/// Copies up to 64 bytes. All loads come before all stores, so that the ranges may overlap.
#[inline(always)]
unsafe fn copy_short(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: every access lies within `len` bytes of its range.
    unsafe {
        let (to_end, from_end) = (to.add(len), from.add(len));
        if len > 32 {
            let (a, b) = (load16(from), load16(from.add(16)));
            let (c, d) = (load16(from_end.sub(32)), load16(from_end.sub(16)));
            store16(to, a);
            store16(to.add(16), b);
            store16(to_end.sub(32), c);
            store16(to_end.sub(16), d);
        } else if len >= 16 {
            let (a, b) = (load16(from), load16(from_end.sub(16)));
            store16(to, a);
            store16(to_end.sub(16), b);
        } else if len >= 8 {
            let (a, b): (u64, u64) = (load(from), load(from_end.sub(8)));
            store(to, a);
            store(to_end.sub(8), b);
        } else if len >= 4 {
            let (a, b): (u32, u32) = (load(from), load(from_end.sub(4)));
            store(to, a);
            store(to_end.sub(4), b);
        } else if len > 0 {
            // One to three bytes: the first, the middle, the last.
            let (a, b, c) = (*from, *from.add(len / 2), *from_end.sub(1));
            *to = a;
            *to.add(len / 2) = b;
            *to_end.sub(1) = c;
        }
    }
}

/// Copies more than 64 bytes upwards; right for overlapping ranges if `to` is below `from`.
#[inline(always)]
unsafe fn copy_up(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: the loop does whole steps of 64 bytes and stops before the last 1 to 64, which were loaded before any
    // store; all accesses lie within `len` bytes.
    unsafe {
        let (to_end, from_end) = (to.add(len), from.add(len));
        let tail =
            [load16(from_end.sub(64)), load16(from_end.sub(48)), load16(from_end.sub(32)), load16(from_end.sub(16))];
        cpu::copy_steps_up(to, from, from_end.sub(64));
        store16(to_end.sub(64), tail[0]);
        store16(to_end.sub(48), tail[1]);
        store16(to_end.sub(32), tail[2]);
        store16(to_end.sub(16), tail[3]);
    }
}

/// Copies more than 64 bytes downwards, for overlapping ranges with `to` above `from`.
#[inline(always)]
unsafe fn copy_down(to: *mut u8, from: *const u8, len: usize) {
    // SAFETY: as for `copy_up`, mirrored.
    unsafe {
        let head = [load16(from), load16(from.add(16)), load16(from.add(32)), load16(from.add(48))];
        cpu::copy_steps_down(to.add(len), from.add(len), from.add(64));
        store16(to, head[0]);
        store16(to.add(16), head[1]);
        store16(to.add(32), head[2]);
        store16(to.add(48), head[3]);
    }
}

/// Copies `len` bytes between ranges that do not overlap.
///
/// # Safety
/// Both ranges are valid.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub(crate) unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    // SAFETY: by contract.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        if len >= cpu::LONG {
            cpu::copy_long(to, from, len);
            return to;
        }
        if len <= 64 {
            copy_short(to, from, len);
        } else {
            copy_up(to, from, len);
        }
    }
    to
}

/// Copies `len` bytes between ranges that may overlap.
///
/// # Safety
/// Both ranges are valid.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub(crate) unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, len: usize) -> *mut u8 {
    // SAFETY: by contract; the direction is the one in which no byte is overwritten before it is read.
    unsafe {
        if len <= 64 {
            copy_short(to, from, len);
        } else if (to as usize).wrapping_sub(from as usize) >= len {
            copy_up(to, from, len);
        } else {
            copy_down(to, from, len);
        }
    }
    to
}

/// Fills `len` bytes.
///
/// # Safety
/// The range is valid.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub(crate) unsafe extern "C" fn memset(to: *mut u8, byte: i32, len: usize) -> *mut u8 {
    // SAFETY: every access lies within `len` bytes.
    unsafe {
        let end = to.add(len);
        if len > 64 {
            cpu::fill_long(to, byte as u8, len);
        } else if len >= 16 {
            let value = cpu::splat(byte as u8);
            store16(to, value);
            store16(end.sub(16), value);
            if len > 32 {
                store16(to.add(16), value);
                store16(end.sub(32), value);
            }
        } else {
            let value = u64::from(byte as u8) * 0x0101_0101_0101_0101;
            if len >= 8 {
                store(to, value);
                store(end.sub(8), value);
            } else if len >= 4 {
                store(to, value as u32);
                store(end.sub(4), value as u32);
            } else if len > 0 {
                *to = byte as u8;
                *to.add(len / 2) = byte as u8;
                *end.sub(1) = byte as u8;
            }
        }
    }
    to
}

/// Compares as unsigned bytes: negative, zero or positive.
///
/// # Safety
/// Both ranges are valid.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub(crate) unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
    let mut at = 0;
    // SAFETY: every access lies within `len` bytes.
    unsafe {
        while at + 8 <= len {
            let (a, b): (u64, u64) = (load(left.add(at)), load(right.add(at)));
            if a != b {
                return if a.swap_bytes() < b.swap_bytes() { -1 } else { 1 };
            }
            at += 8;
        }
        while at < len {
            let (a, b) = (*left.add(at), *right.add(at));
            if a != b {
                return i32::from(a) - i32::from(b);
            }
            at += 1;
        }
    }
    0
}

/// Zero if both are equal.
///
/// # Safety
/// Both ranges are valid.
#[cfg_attr(not(test), unsafe(no_mangle))]
pub(crate) unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, len: usize) -> i32 {
    // SAFETY: by contract.
    unsafe { memcmp(left, right, len) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    const LENGTHS: [usize; 26] =
        [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 96, 127, 128, 129, 1000, 2047, 2048, 5000];

    fn pattern(len: usize) -> Vec<u8> {
        (0..len).map(|n| (n * 7 + n / 251) as u8).collect()
    }

    #[test]
    fn copies_exactly_the_range() {
        for len in LENGTHS {
            let from = pattern(len);
            for function in [memcpy, memmove] {
                let mut to = std::vec![0xaa; len + 2];
                // SAFETY: `to` has a byte more on either side.
                unsafe { function(to.as_mut_ptr().add(1), from.as_ptr(), len) };
                assert_eq!((to[0], to[len + 1]), (0xaa, 0xaa), "{len}");
                assert_eq!(to[1..=len], from, "{len}");
            }
        }
    }

    #[test]
    fn moves_over_itself() {
        for len in LENGTHS {
            for shift in [1, 3, 16, 63, 64, 65, 200] {
                let (mut up, mut down) = (pattern(len + shift), pattern(len + shift));
                let (mut up_expected, mut down_expected) = (up.clone(), down.clone());
                up_expected.copy_within(..len, shift);
                down_expected.copy_within(shift.., 0);
                // SAFETY: both ranges lie within the vectors.
                unsafe {
                    let start = up.as_mut_ptr();
                    memmove(start.add(shift), start, len);
                    let start = down.as_mut_ptr();
                    memmove(start, start.add(shift), len);
                }
                assert!(up == up_expected && down == down_expected, "{len} {shift}");
            }
        }
    }

    #[test]
    fn fills_and_compares() {
        for len in LENGTHS {
            let mut bytes = pattern(len + 2);
            let (first, last) = (bytes[0], bytes[len + 1]);
            // SAFETY: `bytes` has a byte more on either side.
            unsafe { memset(bytes.as_mut_ptr().add(1), 0x1ee, len) };
            assert!(bytes[1..=len].iter().all(|&b| b == 0xee), "{len}");
            assert_eq!((bytes[0], bytes[len + 1]), (first, last));

            let (left, mut right) = (pattern(len), pattern(len));
            // SAFETY: both have `len` bytes.
            let compare = |right: &[u8]| unsafe {
                let result = memcmp(left.as_ptr(), right.as_ptr(), len);
                assert_eq!(bcmp(left.as_ptr(), right.as_ptr(), len) != 0, result != 0);
                result.signum()
            };
            assert_eq!(compare(&right), 0);
            for at in (0..len).step_by(len / 5 + 1) {
                right[at] ^= 0x80;
                assert_eq!(compare(&right), left.as_slice().cmp(right.as_slice()) as i32, "{len} {at}");
                right[at] ^= 0x80;
            }
        }
    }
}

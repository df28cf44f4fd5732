//! The hash index of the language's maps and sets: finds the position of a key in an array of keys.
//!
//! A map keeps keys and values in two arrays, the value of a key at the same position; the index is a third array, of
//! slots, and knows nothing of values. Up to [`SMALL`] keys need none: a short array is searched from the start. The index
//! is then empty.
//!
//! A larger index has a power of two of slots, at most three quarters of them in use. A slot is 0 if it is free, else
//! `hash << 32 | position + 1`, with 32 bits of the key's hash. Its *home* is the slot that the upper bits of the hash
//! name; a key is in its home or behind it, with no free slot in between (Knuth, "The Art of Computer Programming" 3,
//! 6.4, algorithms L and R). So
//!
//! - a search reads neighbouring words, and looks at a key itself only where all 32 bits of the hash agree;
//! - the index grows without a look at the keys, and as upper bits name the home, from front to back in both arrays;
//! - a removal closes the gap by moving what lies behind it, and no mark of a removed key stays.
//!
//! The hash of a key depends on the key alone: not on the program, the machine or time. What the order in the array
//! of keys is depends on what was added and removed, never on hashes.
//!
//! The algorithms work on any [`Slots`] and leave keys to closures, so that the interpreter uses them on its own values.
//! Below them are the functions for the arrays of compiled code.

use crate::abi::{ArrayHeader, LayoutDesc, StrHeader};
use crate::array::{self, elements_of as elements};
use crate::fault::{self, OUT_OF_MEMORY};
use crate::object;
use crate::string::Str;

/// The largest number of keys without an index.
pub const SMALL: usize = 8;

/// More keys than a slot can tell apart.
const MAX_KEYS: usize = u32::MAX as usize - 1;

/// The words of an index. Functions of this module read and write words at `0..n_slots()` only.
pub trait Slots {
    /// Number of slots: 0 or a power of two.
    fn n_slots(&self) -> usize;
    /// The word at `at`.
    fn get(&self, at: usize) -> u64;
    /// Changes the word at `at`.
    fn set(&mut self, at: usize, word: u64);
}

impl Slots for [u64] {
    #[inline]
    fn n_slots(&self) -> usize {
        self.len()
    }

    #[inline]
    fn get(&self, at: usize) -> u64 {
        self[at]
    }

    #[inline]
    fn set(&mut self, at: usize, word: u64) {
        self[at] = word;
    }
}

/// Multiplies to 128 bits and folds the halves together: each bit of the result depends on all bits of both.
#[inline]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

// Odd numbers with random looking bits: the fraction of the golden ratio, and those of `sqrt(2)` and `sqrt(3)`.
const SEED: u64 = 0x6a09_e667_f3bc_c909;
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;
const SECOND: u64 = 0xbb67_ae85_84ca_a73b;

/// Hash of an integer.
#[inline]
pub fn hash_int(key: u64) -> u32 {
    (fold(key ^ SEED, MULTIPLIER) >> 32) as u32
}

#[inline]
fn word(bytes: &[u8], at: usize) -> u64 {
    match bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => 0,
    }
}

/// The bytes, of which there are less than 8, as a number. Texts of one length give different ones.
#[inline]
fn short_word(bytes: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last));
    }
    match *bytes {
        [a, .., c] => u64::from(a) << 16 | u64::from(bytes[bytes.len() / 2]) << 8 | u64::from(c),
        [a] => u64::from(a),
        [] => 0,
    }
}

/// Hash of a text, or of other bytes.
#[inline]
pub fn hash_bytes(bytes: &[u8]) -> u32 {
    let len = bytes.len();
    let mut state = len as u64 ^ SEED;
    if len < 8 {
        return (fold(fold(short_word(bytes) ^ SECOND, state ^ MULTIPLIER), MULTIPLIER) >> 32) as u32;
    }
    // 16 bytes at a time, and the last 16 at most, which may overlap the ones before.
    let mut at = 0;
    while len - at > 16 {
        state = fold(word(bytes, at) ^ SECOND, word(bytes, at + 8) ^ state);
        at += 16;
    }
    let (low, high) = (word(bytes, at.min(len - 8)), word(bytes, len - 8));
    (fold(fold(low ^ SECOND, high ^ state), MULTIPLIER) >> 32) as u32
}

#[inline]
fn occupied(hash: u32, position: usize) -> u64 {
    u64::from(hash) << 32 | (position as u64 + 1)
}

#[inline]
fn position_of(word: u64) -> usize {
    (word as u32 as usize).wrapping_sub(1)
}

#[inline]
fn hash_of_slot(word: u64) -> u32 {
    (word >> 32) as u32
}

/// The home of a hash among `n` slots, `n` being a power of two from 2 to 2^32.
#[inline]
fn home(hash: u32, n: usize) -> usize {
    ((u64::from(hash) * n as u64) >> 32) as usize
}

/// The position of the key with this hash for which `is_key` holds. The index is not empty.
#[inline]
pub fn find<S: Slots + ?Sized>(slots: &S, hash: u32, mut is_key: impl FnMut(usize) -> bool) -> Option<usize> {
    slot_of(slots, hash, |word| hash_of_slot(word) == hash && is_key(position_of(word)))
        .map(|at| position_of(slots.get(at)))
}

/// The first slot from the home of the hash on whose word `is_it` accepts.
#[inline]
fn slot_of<S: Slots + ?Sized>(slots: &S, hash: u32, mut is_it: impl FnMut(u64) -> bool) -> Option<usize> {
    let n = slots.n_slots();
    let mut at = home(hash, n);
    loop {
        let word = slots.get(at);
        if word == 0 {
            return None;
        }
        if is_it(word) {
            return Some(at);
        }
        at = (at + 1) & (n - 1);
    }
}

#[inline]
fn place<S: Slots + ?Sized>(slots: &mut S, word: u64) {
    let n = slots.n_slots();
    let mut at = home(hash_of_slot(word), n);
    while slots.get(at) != 0 {
        at = (at + 1) & (n - 1);
    }
    slots.set(at, word);
}

/// The number of slots that an index of `n_slots` must get before a key is added, so that there are `n_keys`; `None` if it
/// has enough. It then is empty, if no index is needed, or goes on in [`grow`].
#[inline]
pub fn needed_slots(n_slots: usize, n_keys: usize) -> Option<usize> {
    if n_keys <= n_slots / 4 * 3 || n_slots == 0 && n_keys <= SMALL {
        return None;
    }
    Some((n_slots * 2).max((n_keys + n_keys / 3 + 1).next_power_of_two()))
}

/// Fills free slots, as many as [`needed_slots`] says, with the keys of an index, or if that is empty with `n_keys` keys.
pub fn grow<S: Slots + ?Sized>(old: &S, new: &mut S, n_keys: usize, mut hash: impl FnMut(usize) -> u32) {
    if old.n_slots() == 0 {
        for position in 0..n_keys {
            place(new, occupied(hash(position), position));
        }
        return;
    }
    for at in 0..old.n_slots() {
        let word = old.get(at);
        if word != 0 {
            place(new, word);
        }
    }
}

/// Adds the key at `position`, for which there is room and which is not there yet. Nothing happens to an empty index.
#[inline]
pub fn insert<S: Slots + ?Sized>(slots: &mut S, hash: u32, position: usize) {
    if slots.n_slots() != 0 {
        place(slots, occupied(hash, position));
    }
}

/// Removes the key at `position`, whose place the key at `last` takes. Nothing happens to an empty index.
pub fn remove<S: Slots + ?Sized>(slots: &mut S, position: usize, last: usize, mut hash: impl FnMut(usize) -> u32) {
    if slots.n_slots() == 0 {
        return;
    }
    if let Some(gap) = slot_of(slots, hash(position), |word| position_of(word) == position) {
        close_gap(slots, gap);
    }
    if position != last
        && let Some(at) = slot_of(slots, hash(last), |word| position_of(word) == last)
    {
        slots.set(at, occupied(hash_of_slot(slots.get(at)), position));
    }
}

/// Frees a slot and moves those behind it up to the next free one, so that none is cut off from its home.
fn close_gap<S: Slots + ?Sized>(slots: &mut S, mut gap: usize) {
    let mask = slots.n_slots() - 1;
    let mut at = gap;
    loop {
        at = (at + 1) & mask;
        let word = slots.get(at);
        if word == 0 {
            break;
        }
        let from_home = at.wrapping_sub(home(hash_of_slot(word), mask + 1)) & mask;
        if from_home >= at.wrapping_sub(gap) & mask {
            slots.set(gap, word);
            gap = at;
        }
    }
    slots.set(gap, 0);
}

static SLOT: LayoutDesc = LayoutDesc { size: 8, align: 8, n_counted: 0, counted: [] };

/// What the functions for arrays need to know of keys.
trait Key: Copy + PartialEq {
    fn hash(self) -> u32;
}

macro_rules! int_keys {
    ($($ty:ty)*) => {
        $(impl Key for $ty {
            #[inline]
            fn hash(self) -> u32 {
                hash_int(self.into())
            }
        })*
    };
}

int_keys!(u8 u16 u32 u64);

/// A string in an array of keys, which keeps it alive.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct StrKey(*const StrHeader);

impl PartialEq for StrKey {
    #[inline]
    fn eq(&self, other: &StrKey) -> bool {
        // SAFETY: keys are strings that live as long as the call.
        unsafe { *Str::borrow_raw(self.0) == *Str::borrow_raw(other.0) }
    }
}

impl Key for StrKey {
    #[inline]
    fn hash(self) -> u32 {
        // SAFETY: as above.
        hash_bytes(unsafe { Str::borrow_raw(self.0) }.as_str().as_bytes())
    }
}

/// Evaluates `$body` for the keys as a slice of unsigned integers of the size of the elements.
macro_rules! with_int_keys {
    ($keys:expr, |$slice:ident| $body:expr) => {{
        let layout = (*$keys).layout;
        let size = if layout.is_null() { 8 } else { (*layout).size };
        match size {
            1 => {
                let $slice = elements::<u8>($keys);
                $body
            }
            2 => {
                let $slice = elements::<u16>($keys);
                $body
            }
            4 => {
                let $slice = elements::<u32>($keys);
                $body
            }
            _ => {
                let $slice = elements::<u64>($keys);
                $body
            }
        }
    }};
}

#[inline]
fn find_key<K: Key>(slots: &[u64], keys: &[K], key: K) -> i64 {
    let position = match slots {
        [] => keys.iter().position(|&other| other == key),
        _ => find(slots, key.hash(), |position| keys.get(position).is_some_and(|&other| other == key)),
    };
    position.map_or(-1, |position| position as i64)
}

/// Where `key` is among integers or bools, or -1.
///
/// # Safety
/// An index, and the keys that it is of, with elements of 1, 2, 4 or 8 bytes.
#[inline]
pub unsafe fn find_int(index: *const ArrayHeader, keys: *const ArrayHeader, key: i64) -> i64 {
    // SAFETY: by contract; nothing changes an array here.
    unsafe { with_int_keys!(keys, |keys| find_key(elements(index), keys, key as _)) }
}

/// Where `key` is among strings, or -1.
///
/// # Safety
/// An index, and the keys that it is of, which are strings; a string.
#[inline]
pub unsafe fn find_str(index: *const ArrayHeader, keys: *const ArrayHeader, key: *const StrHeader) -> i64 {
    // SAFETY: by contract; nothing changes an array here.
    unsafe { find_key(elements(index), elements::<StrKey>(keys), StrKey(key)) }
}

/// An array of this many free slots.
fn free_slots(n: usize) -> *mut ArrayHeader {
    // SAFETY: the layout is right and lives forever, and all elements are written before anything else happens.
    unsafe {
        let slots = array::new(&SLOT, n, n);
        slots.add(1).cast::<u64>().write_bytes(0, n);
        slots
    }
}

/// The slots of an array that nobody else refers to.
///
/// # Safety
/// A unique array of words, of which this is the only use.
#[inline]
unsafe fn slots_mut<'a>(index: *mut ArrayHeader) -> &'a mut [u64] {
    // SAFETY: by contract.
    unsafe { core::slice::from_raw_parts_mut(index.add(1).cast(), (*index).len) }
}

/// # Safety
/// An owned index of all `keys` but the last.
#[inline]
unsafe fn add_key<K: Key>(index: *mut ArrayHeader, keys: &[K]) -> *mut ArrayHeader {
    let Some((key, before)) = keys.split_last() else { return index };
    // SAFETY: the index is the caller's; `unique` and `free_slots` give arrays of which there is one reference. An empty
    // index may be the static empty array, whose slice is not written to.
    unsafe {
        let index = match needed_slots((*index).len, keys.len()) {
            None if (*index).len == 0 => return index,
            None => array::unique(index),
            Some(n) => grown(index, before, n),
        };
        insert(slots_mut(index), key.hash(), before.len());
        index
    }
}

/// # Safety
/// An owned index of the keys.
#[cold]
unsafe fn grown<K: Key>(index: *mut ArrayHeader, keys: &[K], n_slots: usize) -> *mut ArrayHeader {
    if keys.len() >= MAX_KEYS {
        fault::report_at(None, OUT_OF_MEMORY);
    }
    let new = free_slots(n_slots);
    // SAFETY: by contract; the new array is ours.
    unsafe {
        grow(elements(index), slots_mut(new), keys.len(), |position| keys.get(position).map_or(0, |key| key.hash()));
        object::release(index.cast());
    }
    new
}

/// # Safety
/// An owned index of the keys.
unsafe fn remove_key<K: Key>(index: *mut ArrayHeader, keys: &[K], position: i64) -> *mut ArrayHeader {
    let Some(last) = keys.len().checked_sub(1) else { return index };
    // SAFETY: by contract; `unique` gives an array of which there is one reference.
    unsafe {
        if (*index).len == 0 {
            return index;
        }
        if last == 0 {
            // With the last key the index goes, however large it has become.
            object::release(index.cast());
            return array::empty();
        }
        let index = array::unique(index);
        let hash = |position: usize| keys.get(position).map_or(0, |key| key.hash());
        remove(slots_mut(index), position as usize, last, hash);
        index
    }
}

/// The index of integers or bools, given that of all but the last.
///
/// # Safety
/// An owned index; the keys that it is of and one more, with elements of 1, 2, 4 or 8 bytes.
pub unsafe fn add_int(index: *mut ArrayHeader, keys: *const ArrayHeader) -> *mut ArrayHeader {
    // SAFETY: by contract.
    unsafe { with_int_keys!(keys, |keys| add_key(index, keys)) }
}

/// The index of strings, given that of all but the last.
///
/// # Safety
/// An owned index; the keys that it is of and one more, which are strings.
pub unsafe fn add_str(index: *mut ArrayHeader, keys: *const ArrayHeader) -> *mut ArrayHeader {
    // SAFETY: by contract.
    unsafe { add_key(index, elements::<StrKey>(keys)) }
}

/// The index of integers or bools after the last will have been moved to `position`.
///
/// # Safety
/// An owned index; the keys that it is of, with elements of 1, 2, 4 or 8 bytes; `position` is among them.
pub unsafe fn remove_int(index: *mut ArrayHeader, keys: *const ArrayHeader, position: i64) -> *mut ArrayHeader {
    // SAFETY: by contract.
    unsafe { with_int_keys!(keys, |keys| remove_key(index, keys, position)) }
}

/// The index of strings after the last will have been moved to `position`.
///
/// # Safety
/// An owned index; the keys that it is of, which are strings; `position` is among them.
pub unsafe fn remove_str(index: *mut ArrayHeader, keys: *const ArrayHeader, position: i64) -> *mut ArrayHeader {
    // SAFETY: by contract.
    unsafe { remove_key(index, elements::<StrKey>(keys), position) }
}

#[cfg(test)]
mod tests;

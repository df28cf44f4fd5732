//! Characters of strings by index.
//!
//! In a text of ASCII characters only, which the header tells, a character's index is its place. In others its place has
//! to be looked for. So that a loop over a string does not take time in the square of its length, the last place found
//! is remembered for a few strings; the next search begins there, or at the nearer end of the text.
//!
//! A remembered place stays right as long as the object lives: text in an object is appended to, never changed. Who frees
//! or moves an object says so ([`forget`]).

use crate::abi::StrHeader;
use crate::bounds::{resolve_index, slice_bounds, string_index_fault};
use crate::fault::FaultText;
use crate::state;
use crate::string::Str;
use core::cell::Cell;
use core::ptr;

/// How many strings are remembered: a loop seldom walks along more at the same time.
const CURSORS: usize = 4;

/// A place in a string.
#[derive(Clone, Copy)]
struct Cursor {
    /// Null if there is none.
    object: *const StrHeader,
    /// In characters.
    index: usize,
    /// The same place in bytes.
    offset: usize,
}

impl Cursor {
    const NONE: Cursor = Cursor { object: ptr::null(), index: 0, offset: 0 };
}

/// The remembered places.
pub(crate) struct Cursors {
    cursors: [Cell<Cursor>; CURSORS],
    /// Which gives way to the next.
    victim: Cell<usize>,
}

impl Cursors {
    pub(crate) const fn new() -> Cursors {
        Cursors { cursors: [const { Cell::new(Cursor::NONE) }; CURSORS], victim: Cell::new(0) }
    }

    fn find(&self, object: *const StrHeader) -> Option<&Cell<Cursor>> {
        self.cursors.iter().find(|cursor| ptr::eq(cursor.get().object, object))
    }

    fn remember(&self, cursor: Cursor) {
        let cell = self.find(cursor.object).unwrap_or_else(|| {
            let victim = self.victim.get() % CURSORS;
            self.victim.set(victim + 1);
            &self.cursors[victim]
        });
        cell.set(cursor);
    }
}

/// Must be called before the object is freed or moved; `has_wide` tells whether its text is not ASCII.
#[inline]
pub(crate) fn forget(object: *const StrHeader, has_wide: bool) {
    if has_wide {
        state::with(|state| {
            if let Some(cursor) = state.cursors.find(object) {
                cursor.set(Cursor::NONE);
            }
        });
    }
}

#[inline]
fn is_start(byte: u8) -> bool {
    (byte as i8) >= -0x40
}

/// Moves `offset` by `n` characters towards the end. There are as many.
fn forward(text: &[u8], mut offset: usize, mut n: usize) -> usize {
    const CHUNK: usize = 32;
    // A chunk has at most as many characters as bytes: it can be skipped if even so many are left.
    while n >= CHUNK
        && let Some(chunk) = text.get(offset..offset + CHUNK)
    {
        n -= chunk.iter().filter(|&&byte| is_start(byte)).count();
        offset += CHUNK;
    }
    // A chunk may have ended within a character, of which the start is counted.
    while n > 0 || text.get(offset).is_some_and(|&byte| !is_start(byte)) {
        match text.get(offset) {
            Some(&byte) => {
                if is_start(byte) {
                    n -= 1;
                }
                offset += 1;
            }
            None => break,
        }
    }
    offset
}

/// Moves `offset` by `n` characters towards the start. There are as many.
fn backward(text: &[u8], mut offset: usize, mut n: usize) -> usize {
    while n > 0 && offset > 0 {
        offset -= 1;
        if text.get(offset).is_some_and(|&byte| is_start(byte)) {
            n -= 1;
        }
    }
    offset
}

impl Str {
    /// The place in bytes of the character at `index`, which is in `0..=len`.
    fn offset(&self, index: usize) -> usize {
        let (n_chars, n_bytes) = (self.len(), self.byte_len());
        if n_chars == n_bytes {
            return index;
        }
        state::with(|state| {
            let object = self.as_raw();
            let start = Cursor { object, index: 0, offset: 0 };
            let end = Cursor { object, index: n_chars, offset: n_bytes };
            let known = state.cursors.find(object).map_or(start, Cell::get);
            let nearest = [start, end].into_iter().fold(known, |best, cursor| {
                if cursor.index.abs_diff(index) < best.index.abs_diff(index) { cursor } else { best }
            });
            let text = self.as_str().as_bytes();
            let offset = match index >= nearest.index {
                true => forward(text, nearest.offset, index - nearest.index),
                false => backward(text, nearest.offset, nearest.index - index),
            };
            state.cursors.remember(Cursor { object, index, offset });
            offset
        })
    }

    /// The character at an index in `0..len`. (A wrong one gives some character.)
    #[inline]
    pub fn get(&self, index: usize) -> char {
        let text = self.as_str();
        if self.len() == text.len() {
            return char::from(text.as_bytes().get(index).copied().unwrap_or(0));
        }
        text.get(self.offset(index)..).and_then(|rest| rest.chars().next()).unwrap_or('\0')
    }

    /// The character at an index, negative from the end, or the fault of an index that is not in the string.
    #[inline]
    pub fn index(&self, index: i64) -> Result<char, FaultText> {
        match resolve_index(index, self.len()) {
            Some(place) => Ok(self.get(place)),
            None => Err(string_index_fault(index, self.len() as i64)),
        }
    }

    /// The part between two bounds; see [`slice_bounds`].
    pub fn slice(&self, lo: i64, hi: i64, inclusive: bool) -> Result<Str, FaultText> {
        let range = slice_bounds(lo, hi, inclusive, self.len())?;
        if range.len() == self.len() {
            return Ok(self.clone());
        }
        let (start, end) = (self.offset(range.start), self.offset(range.end));
        Ok(Str::from_str(self.as_str().get(start..end).unwrap_or("")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::{String, ToString};
    use std::vec::Vec;

    const TEXT: &str = "aé🦀xü€ and some more text, so that chunks are skipped: äöüß🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀 end";

    #[test]
    fn every_character_from_every_place() {
        let s = Str::from_str(TEXT);
        let chars: Vec<char> = TEXT.chars().collect();
        for from in 0..=chars.len() {
            for (to, &expected) in chars.iter().enumerate() {
                s.offset(from);
                assert_eq!(s.get(to), expected, "{from} {to}");
            }
        }
        assert_eq!(Str::from_str("abc").get(1), 'b');
    }

    #[test]
    fn chunks_may_end_within_characters() {
        for shift in 0..4 {
            let text = "x".repeat(shift) + &"🦀€".repeat(100);
            let offsets: Vec<usize> = text.char_indices().map(|(offset, _)| offset).collect();
            for (from, &start) in offsets.iter().enumerate().step_by(7) {
                for (to, &end) in offsets.iter().enumerate().skip(from) {
                    assert_eq!(forward(text.as_bytes(), start, to - from), end);
                    assert_eq!(backward(text.as_bytes(), end, to - from), start);
                }
            }
            assert_eq!(forward(text.as_bytes(), 0, offsets.len()), text.len());
        }
    }

    #[test]
    fn places_are_forgotten_with_their_string() {
        for text in ["ééé", "aaé", "€€€€"] {
            // Each of these gets the block of the one before.
            let s = Str::from_str(text);
            assert_eq!(s.get(2), text.chars().nth(2).expect("three"));
        }
        let mut s = Str::from_str("é12");
        assert_eq!(s.get(2), '2');
        for _ in 0..100 {
            s.push_str("ü");
            assert_eq!(s.get(s.len() - 1), 'ü');
        }
        assert_eq!((s.get(2), s.get(0)), ('2', 'é'));
    }

    #[test]
    fn indices_and_slices() {
        let s = Str::from_str("aé🦀x");
        let index = |i| s.index(i).map_err(|fault| fault.as_str().to_string());
        assert_eq!((index(2), index(-1), index(-4)), (Ok('🦀'), Ok('x'), Ok('a')));
        assert_eq!(index(4), Err(String::from("String index 4 out of bounds for length 4")));
        assert_eq!(index(-5), Err(String::from("String index -5 out of bounds for length 4")));
        let slice = |lo, hi, inclusive| s.slice(lo, hi, inclusive).map(|part| part.as_str().to_string());
        assert_eq!(slice(1, 2, true).expect("good"), "é🦀");
        assert_eq!(slice(-2, i64::MAX, false).expect("good"), "🦀x");
        assert_eq!(slice(0, i64::MAX, false).expect("good"), "aé🦀x");
        assert_eq!(slice(9, 9, false).expect("good"), "");
        assert!(slice(5, i64::MAX, false).is_err());
        assert_eq!(Str::from_char('🦀').as_str(), "🦀");
    }
}

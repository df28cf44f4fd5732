//! Searching, cutting and joining texts, their case, and text as bytes.
//!
//! Searches are those of the standard library, which take linear time whatever the text (Crochemore and Perrin,
//! "Two-way string-matching", 1991) and allocate nothing. Offsets are in bytes.

use crate::abi::{ArrayHeader, LayoutDesc, StrHeader};
use crate::array;
use crate::string::Str;

static BYTE: LayoutDesc = LayoutDesc { size: 1, align: 1, n_counted: 0, counted: [] };

/// The only byte of a text of one byte, which can be searched for faster.
fn single(part: &str) -> Option<char> {
    match part.as_bytes() {
        [byte] => Some((*byte).into()),
        _ => None,
    }
}

/// Offset of the first occurrence of `part` at or after `from`.
pub fn find(text: &str, part: &str, from: usize) -> Option<usize> {
    let start = (from..=text.len()).find(|&at| text.is_char_boundary(at))?;
    let rest = text.get(start..)?;
    let at = match single(part) {
        Some(byte) => rest.find(byte),
        None => rest.find(part),
    };
    at.map(|at| start + at)
}

/// Offset of the last occurrence of `part`.
pub fn rfind(text: &str, part: &str) -> Option<usize> {
    match single(part) {
        Some(byte) => text.rfind(byte),
        None => text.rfind(part),
    }
}

/// The text in upper case, each char by its full mapping.
pub fn upper(text: &Str) -> Str {
    map_chars(text, |byte| byte.to_ascii_uppercase(), char::to_uppercase)
}

/// The text in lower case, each char by its full mapping. What stands around a char has no influence.
pub fn lower(text: &Str) -> Str {
    map_chars(text, |byte| byte.to_ascii_lowercase(), char::to_lowercase)
}

/// Maps runs of ASCII bytewise, the chars between by their mapping. A text that stays as it is, is shared.
fn map_chars<I: Iterator<Item = char>>(text: &Str, ascii: fn(u8) -> u8, wide: fn(char) -> I) -> Str {
    let mut rest = text.as_str();
    if rest.bytes().all(|byte| byte.is_ascii() && ascii(byte) == byte) {
        return text.clone();
    }
    let mut result = Str::with_capacity(rest.len());
    let mut buffer = [0; 128];
    while let Some(first) = rest.chars().next() {
        let run = rest.as_bytes().iter().take(buffer.len()).take_while(|byte| byte.is_ascii()).count();
        let (run, after) = rest.split_at(run);
        for (to, &from) in buffer.iter_mut().zip(run.as_bytes()) {
            *to = ascii(from);
        }
        // SAFETY: ASCII, of which the functions above make ASCII.
        result.push_str(unsafe { core::str::from_utf8_unchecked(buffer.get(..run.len()).unwrap_or(&[])) });
        rest = after;
        if run.is_empty() {
            wide(first).for_each(|char| result.push_str(char.encode_utf8(&mut [0; 4])));
            rest = rest.get(first.len_utf8()..).unwrap_or("");
        }
    }
    result
}

/// The part `lo..hi` of a text, which is in range and starts and ends at chars.
pub fn cut(text: &Str, lo: usize, hi: usize) -> Str {
    let part = text.as_str().get(lo..hi).unwrap_or("");
    if part.len() == text.byte_len() {
        return text.clone();
    }
    Str::part(text, part)
}

/// The texts of an array with a separator between, put together with one allocation.
///
/// # Safety
/// An array of strings.
pub unsafe fn join(parts: *const ArrayHeader, separator: &Str) -> Str {
    // SAFETY: by contract.
    let parts = unsafe { array::elements_of::<*const StrHeader>(parts) };
    let strings = || {
        // SAFETY: the array keeps its strings alive, and it does not change here.
        parts.iter().map(|&part| unsafe { Str::borrow_raw(part) })
    };
    match parts {
        [] => return Str::empty(),
        // SAFETY: as above.
        [part] => return (*unsafe { Str::borrow_raw(*part) }).clone(),
        _ => {}
    }
    let separators = separator.byte_len().saturating_mul(parts.len() - 1);
    let total = strings().fold(separators, |total, part| total.saturating_add(part.byte_len()));
    if total == 0 {
        return Str::empty();
    }
    let mut result = Str::with_capacity(total);
    for (n, part) in strings().enumerate() {
        if n > 0 {
            result.push(separator);
        }
        result.push(&part);
    }
    result
}

/// Offset of the first byte that does not belong to a char of UTF-8.
pub fn utf8_error(octets: &[u8]) -> Option<usize> {
    core::str::from_utf8(octets).err().map(|error| error.valid_up_to())
}

/// A new array of the bytes of a text.
pub fn to_bytes(text: &str) -> *mut ArrayHeader {
    // SAFETY: the layout is right and lives forever; all elements are written before anything else happens.
    unsafe {
        let octets = array::new(&BYTE, text.len(), text.len());
        octets.add(1).cast::<u8>().copy_from_nonoverlapping(text.as_ptr(), text.len());
        octets
    }
}

/// Whether a char is alphabetic, numeric, either, white space, upper case, lower case or control, by number from 0.
pub fn char_class(value: char, class: i64) -> bool {
    match class {
        0 => value.is_alphabetic(),
        1 => value.is_numeric(),
        2 => value.is_alphanumeric(),
        3 => value.is_whitespace(),
        4 => value.is_uppercase(),
        5 => value.is_lowercase(),
        6 => value.is_control(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::ObjectHeader;
    use crate::{heap, object};
    use std::vec::Vec;

    #[test]
    fn searches() {
        let text = "añb añb";
        assert_eq!((find(text, "ñb", 0), find(text, "ñb", 2), find(text, "ñb", 7)), (Some(1), Some(6), None));
        assert_eq!((find(text, "b", 4), find(text, "", 3), find(text, "", 99)), (Some(8), Some(3), None));
        assert_eq!((find(text, "a", usize::MAX), find("", "", 0), find("", "a", 0)), (None, Some(0), None));
        assert_eq!((rfind(text, "a"), rfind(text, "ñb"), rfind(text, ""), rfind(text, "x")), {
            (Some(5), Some(6), Some(9), None)
        });
        let (long, part) = ("a".repeat(100_000) + "b", "a".repeat(1_000) + "b");
        assert_eq!((find(&long, &part, 0), rfind(&long, &part)), (Some(99_000), Some(99_000)));
    }

    #[test]
    fn case() {
        let case = |text: &str| (upper(&Str::from_str(text)), lower(&Str::from_str(text)));
        for text in ["", "abc", "ABC", "aBc1_é", "straße ŒUVRE İ ŉ", &"xÉ".repeat(500), &"Long ".repeat(100)] {
            let (upper, lower) = case(text);
            assert_eq!(upper.as_str(), text.to_uppercase());
            let by_char: std::string::String = text.chars().flat_map(char::to_lowercase).collect();
            assert_eq!((lower.as_str(), lower.len()), (by_char.as_str(), by_char.chars().count()));
        }
        let text = Str::from_str("same");
        assert_eq!(lower(&text).as_raw(), text.as_raw());
    }

    #[test]
    fn parts() {
        let before = heap::live_objects();
        let (ascii, wide) = (Str::from_str("abcdef"), Str::from_str("aébc"));
        assert_eq!((cut(&ascii, 1, 4).as_str(), cut(&ascii, 1, 4).len()), ("bcd", 3));
        assert_eq!((cut(&wide, 1, 4).as_str(), cut(&wide, 1, 4).len()), ("éb", 2));
        assert_eq!((cut(&wide, 0, 5).as_raw(), cut(&wide, 2, 2).as_str()), (wide.as_raw(), ""));
        drop((ascii, wide));
        assert_eq!(heap::live_objects(), before);
    }

    /// The offset of the reference follows the description.
    #[repr(C)]
    struct RefLayout(LayoutDesc, [u32; 1]);

    static REF: RefLayout = RefLayout(LayoutDesc { size: 8, align: 8, n_counted: 1, counted: [] }, [0]);

    #[test]
    fn joining() {
        let before = heap::live_objects();
        for texts in [&[][..], &["one"], &["", ""], &["a", "é", "c"]] {
            for separator in ["", ", ", "ü"] {
                let strings: Vec<_> = texts.iter().map(|text| Str::from_str(text).into_raw()).collect();
                // SAFETY: all elements are written; the array is ours.
                unsafe {
                    let array = array::new((&raw const REF).cast(), strings.len(), strings.len());
                    array.add(1).cast::<*mut StrHeader>().copy_from_nonoverlapping(strings.as_ptr(), strings.len());
                    let joined = join(array, &Str::from_str(separator));
                    assert_eq!(joined.as_str(), texts.join(separator));
                    assert_eq!(joined.len(), joined.as_str().chars().count());
                    object::release(array.cast::<ObjectHeader>());
                }
            }
        }
        assert_eq!(heap::live_objects(), before);
    }

    #[test]
    fn bytes() {
        for text in ["", "aé🦀"] {
            let octets = to_bytes(text);
            // SAFETY: ours.
            unsafe {
                assert_eq!(array::elements_of::<u8>(octets), text.as_bytes());
                object::release(octets.cast());
            }
        }
        assert_eq!((utf8_error("é".as_bytes()), utf8_error(b"ab\xff"), utf8_error(b"a\xc3")), (None, Some(2), Some(1)));
    }

    #[test]
    fn classes() {
        let of = |value: char| -> Vec<i64> { (-1..9).filter(|&class| char_class(value, class)).collect() };
        assert_eq!((of('a'), of('Ä'), of('7')), (std::vec![0, 2, 5], std::vec![0, 2, 4], std::vec![1, 2]));
        assert_eq!((of('\n'), of('½'), of('-')), (std::vec![3, 6], std::vec![1, 2], std::vec![]));
    }
}

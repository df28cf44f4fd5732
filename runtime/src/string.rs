//! String objects: a header and the bytes behind it, reference counted, changed in place only while there is one
//! reference.
//!
//! The layout is [`StrHeader`]'s. An object whose count is [`IMMORTAL`] lies in constant data; it is never counted nor
//! freed, and as its count is not 1 it is never changed either. The length in characters is kept in the header,
//! so that asking for it does not read the text.

use crate::abi::{IMMORTAL, ObjectHeader, ObjectKind, StrHeader};
use crate::fault::FaultText;
use crate::number::IntText;
use crate::{chars, heap, object};
use core::cmp::Ordering;
use core::mem::ManuallyDrop;
use core::ptr::{self, NonNull};

/// The longest result of a repetition, in bytes.
pub const REPEAT_LIMIT: u128 = 10_000_000;

const HEADER: usize = size_of::<StrHeader>();

/// A string object in constant data.
#[repr(C)]
pub struct StaticStr<const N: usize> {
    header: StrHeader,
    bytes: [u8; N],
}

impl<const N: usize> StaticStr<N> {
    /// The object of a text of `N` ASCII bytes.
    pub const fn ascii(text: &str) -> StaticStr<N> {
        let mut bytes = [0; N];
        assert!(text.is_ascii() && text.len() == N);
        bytes.copy_from_slice(text.as_bytes());
        let object = ObjectHeader { rc: IMMORTAL, kind: ObjectKind::Str };
        StaticStr { header: StrHeader { object, len: N, cap: N, chars: N }, bytes }
    }

    /// The object as a string; counting it changes nothing.
    pub fn get(&'static self) -> Str {
        Str(NonNull::from(self).cast())
    }
}

static EMPTY: StaticStr<0> = StaticStr::ascii("");
static TRUE: StaticStr<4> = StaticStr::ascii("true");
static FALSE: StaticStr<5> = StaticStr::ascii("false");

/// A string, holding one reference to its object. Cloning counts one more, dropping one less.
#[repr(transparent)]
pub struct Str(NonNull<StrHeader>);

impl Str {
    /// The empty string.
    pub fn empty() -> Str {
        EMPTY.get()
    }

    /// The display form of a bool.
    pub fn from_bool(value: bool) -> Str {
        if value { TRUE.get() } else { FALSE.get() }
    }

    /// A new string with this text.
    #[allow(clippy::should_implement_trait, reason = "it cannot fail")]
    pub fn from_str(text: &str) -> Str {
        if text.is_empty() {
            return Str::empty();
        }
        let mut string = Str::with_capacity(text.len());
        string.push_str(text);
        string
    }

    /// The string of one char.
    pub fn from_char(value: char) -> Str {
        Str::from_str(value.encode_utf8(&mut [0; 4]))
    }

    /// An empty string that can grow to `capacity` bytes without moving.
    pub fn with_capacity(capacity: usize) -> Str {
        let size = heap::usable_size(object_size(capacity));
        let block = heap::allocate(size).cast::<StrHeader>();
        let object = ObjectHeader { rc: 1, kind: ObjectKind::Str };
        // SAFETY: the block is fresh, aligned to 16 and has room for the header.
        unsafe { block.write(StrHeader { object, len: 0, cap: size - HEADER, chars: 0 }) };
        Str(block)
    }

    /// Takes over a reference that compiled code held.
    ///
    /// # Safety
    /// `object` points to a string object, and the reference counts.
    #[inline]
    pub unsafe fn from_raw(object: *mut StrHeader) -> Str {
        // SAFETY: there is no null string.
        Str(unsafe { NonNull::new_unchecked(object) })
    }

    /// A look at a string that somebody else keeps alive.
    ///
    /// # Safety
    /// `object` points to a string object that outlives the result.
    #[inline]
    pub unsafe fn borrow_raw(object: *const StrHeader) -> ManuallyDrop<Str> {
        // SAFETY: there is no null string.
        ManuallyDrop::new(Str(unsafe { NonNull::new_unchecked(object.cast_mut()) }))
    }

    /// Hands the reference over to compiled code.
    #[inline]
    pub fn into_raw(self) -> *mut StrHeader {
        ManuallyDrop::new(self).0.as_ptr()
    }

    /// The object, while this reference lives.
    #[inline]
    pub fn as_raw(&self) -> *const StrHeader {
        self.0.as_ptr()
    }

    #[inline]
    fn header(&self) -> &StrHeader {
        // SAFETY: the reference keeps the object alive; counts change only while no `&StrHeader` is in use.
        unsafe { self.0.as_ref() }
    }

    #[inline]
    fn bytes(&self) -> *mut u8 {
        self.0.as_ptr().cast::<u8>().wrapping_add(HEADER)
    }

    /// The text.
    #[inline]
    pub fn as_str(&self) -> &str {
        // SAFETY: behind the header stand `len` bytes of UTF-8, which do not change while there is a second reference
        // or this borrow.
        unsafe {
            let bytes = core::slice::from_raw_parts(self.bytes(), self.header().len);
            core::str::from_utf8_unchecked(bytes)
        }
    }

    /// Length in bytes.
    #[inline]
    pub fn byte_len(&self) -> usize {
        self.header().len
    }

    /// Length in characters (Unicode scalar values).
    #[inline]
    #[allow(clippy::misnamed_getters, reason = "the language counts characters")]
    pub fn len(&self) -> usize {
        self.header().chars
    }

    /// Whether there is no text.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.byte_len() == 0
    }

    /// Whether this is the only reference, so that the object may change.
    #[inline]
    pub fn is_unique(&self) -> bool {
        self.header().object.rc == 1
    }

    /// Appends a text. Takes time in its length if this reference is the only one, copies the whole string otherwise.
    pub fn push_str(&mut self, text: &str) {
        self.append(text.as_ptr(), text.len(), count_chars(text.as_bytes()));
    }

    /// Appends the text of another string, whose chars need not be counted.
    pub(crate) fn push(&mut self, text: &Str) {
        self.append(text.bytes(), text.byte_len(), text.len());
    }

    /// A new string with a part of the text of another one.
    pub(crate) fn part(whole: &Str, part: &str) -> Str {
        if part.is_empty() {
            return Str::empty();
        }
        let is_ascii = whole.len() == whole.byte_len();
        let chars = if is_ascii { part.len() } else { count_chars(part.as_bytes()) };
        let mut string = Str::with_capacity(part.len());
        string.append(part.as_ptr(), part.len(), chars);
        string
    }

    /// This text and then that of `right`; in place if this reference is the only one.
    pub fn concat(mut self, right: &Str) -> Str {
        if right.is_empty() {
            return self;
        }
        if self.is_empty() {
            return right.clone();
        }
        let (len, chars) = (right.byte_len(), right.len());
        if self.0 == right.0 {
            // The text may move while it is appended to itself.
            self.reserve(len);
            self.append(self.bytes(), len, chars);
        } else {
            self.append(right.bytes(), len, chars);
        }
        self
    }

    /// Appends `len` bytes, `chars` characters, that lie outside of the object or within its text while it has room.
    fn append(&mut self, text: *const u8, len: usize, chars: usize) {
        self.reserve(len);
        // SAFETY: `reserve` made the object unique with room for `len` more bytes; the text does not reach into that.
        unsafe {
            let header = self.0.as_mut();
            let end = self.0.as_ptr().cast::<u8>().add(HEADER + header.len);
            ptr::copy_nonoverlapping(text, end, len);
            header.len += len;
            header.chars += chars;
        }
    }

    /// Makes this the only reference, with room for `more` bytes. Room grows by half at least, so that a text that is
    /// built piece by piece is copied a bounded number of times.
    #[inline]
    fn reserve(&mut self, more: usize) {
        let header = self.header();
        if header.object.rc != 1 || header.cap - header.len < more {
            self.grow(more);
        }
    }

    #[cold]
    fn grow(&mut self, more: usize) {
        let StrHeader { object, len, cap, chars } = *self.header();
        let needed = len.saturating_add(more);
        if object.rc != 1 {
            let mut copy = Str::with_capacity(needed);
            copy.append(self.bytes(), len, chars);
            *self = copy;
            return;
        }
        let size = heap::usable_size(object_size(needed.max(cap.saturating_add(cap / 2))));
        // SAFETY: the object is ours alone and has the size of its capacity, which is a usable size.
        unsafe {
            chars::forget(self.0.as_ptr(), len != chars);
            self.0 = heap::reallocate(self.0.cast(), object_size(cap), size).cast();
            self.0.as_mut().cap = size - HEADER;
        }
    }

    /// `count` copies of the text, or the fault for a bad count or a result above [`REPEAT_LIMIT`].
    pub fn repeat(&self, count: i64) -> Result<Str, FaultText> {
        let Ok(copies) = u64::try_from(count) else {
            return Err(FaultText::new(&["string repetition count must be >= 0, got ", IntText::new(count).as_str()]));
        };
        let total = self.byte_len() as u128 * u128::from(copies);
        if total > REPEAT_LIMIT {
            return Err(repeat_too_long(total));
        }
        let (total, len) = (total as usize, self.byte_len());
        let mut result = if total == 0 { Str::empty() } else { Str::with_capacity(total) };
        if total > 0 {
            result.push_str(self.as_str());
            let mut done = len;
            while done < total {
                // Doubling; the object has the room, so its text does not move.
                let step = done.min(total - done);
                result.append(result.bytes(), step, self.len() * (step / len));
                done += step;
            }
        }
        Ok(result)
    }
}

#[cold]
fn repeat_too_long(total: u128) -> FaultText {
    // The product of a length and a count has up to 38 digits: two halves of 19.
    const HALF: u128 = 10_000_000_000_000_000_000;
    let high = IntText::unsigned((total / HALF) as u64);
    let low = IntText::unsigned((total % HALF) as u64);
    let (high, zeros) = match total < HALF {
        true => ("", ""),
        false => (high.as_str(), "0000000000000000000".get(low.as_str().len()..).unwrap_or("")),
    };
    let (before, after) = ("string repetition: result length ", " exceeds limit 10000000");
    FaultText::new(&[before, high, zeros, low.as_str(), after])
}

/// Size of an object with room for `capacity` bytes.
#[inline]
fn object_size(capacity: usize) -> usize {
    HEADER.saturating_add(capacity)
}

/// How many bytes of UTF-8 text are not the continuation of a character.
fn count_chars(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| (byte as i8) >= -0x40).count()
}

/// Frees a string.
///
/// # Safety
/// The caller holds the last reference to the object, and gives it up.
#[inline]
pub(crate) unsafe fn free(object: NonNull<StrHeader>) {
    // SAFETY: the last reference owns the block, whose size is that of its capacity.
    unsafe {
        let StrHeader { len, cap, chars, .. } = *object.as_ptr();
        chars::forget(object.as_ptr(), len != chars);
        heap::free(object.cast(), object_size(cap));
    }
}

/// Counts one more reference.
///
/// # Safety
/// `object` points to a string object.
#[inline]
pub unsafe fn retain(object: *mut StrHeader) {
    // SAFETY: by contract.
    unsafe { object::retain(object.cast()) };
}

/// Counts one reference less; frees the object with the last.
///
/// # Safety
/// `object` points to a string object, and the caller gives a counted reference up.
#[inline]
pub unsafe fn release(object: *mut StrHeader) {
    // SAFETY: by contract; a string refers to no other object.
    unsafe {
        if object::is_last(object.cast()) {
            free(NonNull::new_unchecked(object));
        }
    }
}

impl Clone for Str {
    #[inline]
    fn clone(&self) -> Str {
        // SAFETY: the object is alive.
        unsafe { retain(self.0.as_ptr()) };
        Str(self.0)
    }
}

impl Drop for Str {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: this reference is counted and ends here.
        unsafe { release(self.0.as_ptr()) };
    }
}

impl PartialEq for Str {
    #[inline]
    fn eq(&self, other: &Str) -> bool {
        self.0 == other.0 || self.as_str() == other.as_str()
    }
}

impl Eq for Str {}

impl PartialOrd for Str {
    fn partial_cmp(&self, other: &Str) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Str {
    /// By scalar values, which for UTF-8 is the order of the bytes.
    fn cmp(&self, other: &Str) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl core::hash::Hash for Str {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl core::fmt::Debug for Str {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.as_str().fmt(f)
    }
}

impl From<&str> for Str {
    fn from(text: &str) -> Str {
        Str::from_str(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::{String, ToString};
    use std::vec::Vec;

    #[test]
    fn text_and_lengths() {
        let s = Str::from_str("e\u{301}é🦀");
        assert_eq!((s.as_str(), s.len(), s.byte_len()), ("e\u{301}é🦀", 4, 9));
        assert!(Str::from_str("").is_empty());
        assert_eq!(Str::from_bool(true).concat(&Str::from_bool(false)).as_str(), "truefalse");
    }

    #[test]
    fn appends_in_place_while_unique() {
        let before = heap::live_objects();
        let piece = Str::from_str("é1");
        let (mut s, mut moves) = (Str::from_str("x"), 0);
        for _ in 0..100_000 {
            let old = s.as_raw();
            s = s.concat(&piece);
            moves += usize::from(s.as_raw() != old);
        }
        assert_eq!((s.byte_len(), s.len()), (300_001, 200_001));
        assert_eq!(s.as_str(), String::from("x") + &"é1".repeat(100_000));
        assert!(moves < 40, "{moves}");
        drop((s, piece));
        assert_eq!(heap::live_objects(), before);
    }

    #[test]
    fn a_second_reference_keeps_its_text() {
        let s = Str::from_str("abc");
        let kept = s.clone();
        assert!(!s.is_unique());
        let longer = s.concat(&Str::from_str("def"));
        assert_eq!((kept.as_str(), longer.as_str()), ("abc", "abcdef"));
        assert!(kept.is_unique() && longer.is_unique());
    }

    #[test]
    fn appends_to_itself() {
        let s = Str::from_str("ab");
        let doubled = s.clone().concat(&s);
        assert_eq!((doubled.as_str(), s.as_str()), ("abab", "ab"));
        // Compiled code may lend the very reference it hands over.
        let mut s = Str::from_str("0123456789");
        for _ in 0..12 {
            // SAFETY: the object lives as long as `s`, which `concat` consumes and gives back.
            let lent = unsafe { Str::borrow_raw(s.as_raw()) };
            s = s.concat(&lent);
        }
        assert_eq!(s.as_str(), "0123456789".repeat(1 << 12));
    }

    #[test]
    fn literals_are_never_counted_nor_changed() {
        static LITERAL: StaticStr<3> = StaticStr::ascii("lit");
        let before = heap::live_objects();
        let copies: Vec<Str> = (0..10).map(|_| LITERAL.get().clone()).collect();
        drop(copies);
        let longer = LITERAL.get().concat(&LITERAL.get());
        assert_eq!(longer.as_str(), "litlit");
        assert_eq!((LITERAL.header.object.rc, LITERAL.get().as_str()), (IMMORTAL, "lit"));
        drop(longer);
        assert_eq!(heap::live_objects(), before);
    }

    #[test]
    fn order_is_by_scalar_values() {
        let mut texts = ["", "a", "ab", "b", "é", "\u{ffff}", "🦀", "🦀a"].map(Str::from_str);
        let sorted = texts.clone();
        texts.reverse();
        texts.sort();
        assert_eq!(texts, sorted);
        assert_ne!(Str::from_str("a"), Str::from_str("b"));
        assert_eq!(Str::from_str("a").concat(&Str::empty()), Str::from_str("a"));
    }

    #[test]
    fn repetition() {
        let fault = |s: &str, count| Str::from_str(s).repeat(count).map_err(|f| f.as_str().to_string());
        for (text, count) in [("ab", 3), ("é🦀", 7), ("x", 1), ("x", 0), ("", i64::MAX), ("0123456789", 1_000_000)] {
            let expected = if text.is_empty() { String::new() } else { text.repeat(count as usize) };
            let result = fault(text, count).expect("no fault");
            assert_eq!(result.as_str(), expected);
            assert_eq!(result.len(), expected.chars().count());
        }
        let too_long = |n: &str| Err(String::from("string repetition: result length ") + n + " exceeds limit 10000000");
        assert_eq!(fault("x", -1), Err("string repetition count must be >= 0, got -1".into()));
        assert_eq!(fault("", -5), Err("string repetition count must be >= 0, got -5".into()));
        assert_eq!(fault("x", 10_000_001), too_long("10000001"));
        assert_eq!(fault("0123456789", i64::MAX), too_long("92233720368547758070"));
        assert_eq!(fault("0123456789012345", 1_250_000_000_000_000_000), too_long("20000000000000000000"));
    }

    #[test]
    fn large_strings_grow() {
        let mut s = Str::with_capacity(0);
        let piece = "0123456789abcdef".repeat(4096);
        for _ in 0..64 {
            s.push_str(&piece);
        }
        assert_eq!(s.byte_len(), 64 * piece.len());
        assert!(s.as_str().ends_with("0123456789abcdef"));
    }
}

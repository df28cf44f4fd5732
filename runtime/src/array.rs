//! Array objects: a header and the elements behind it, reference counted, changed in place only while there is one
//! reference.
//!
//! Compiled code reads and writes elements itself. Here is what needs the heap or a loop: making, copying, growing,
//! cutting. The layout in the header tells which parts of an element are counted references, so that
//! copies retain them.
//!
//! The functions take and give the pointers of compiled code. An owned argument is a reference that is given up; an owned
//! result is one that belongs to the caller. All arrays without room are one static object, [`empty`]: an empty
//! array costs nothing.

use crate::abi::{ArrayHeader, IMMORTAL, LayoutDesc, ObjectHeader, ObjectKind};
use crate::bounds::slice_bounds;
use crate::fault::{self, FaultText};
use crate::heap;
use crate::number::IntText;
use crate::object;
use core::ptr::{self, NonNull};

const HEADER: usize = size_of::<ArrayHeader>();

/// Room in bytes that a growing array gets at least.
const SMALLEST_ROOM: usize = 64 - HEADER;

struct StaticArray(ArrayHeader);

// SAFETY: it is constant, and its layout is null.
unsafe impl Sync for StaticArray {}

static EMPTY: StaticArray = StaticArray(ArrayHeader {
    object: ObjectHeader { rc: IMMORTAL, kind: ObjectKind::Array },
    layout: ptr::null(),
    len: 0,
    cap: 0,
});

/// The array without elements, of any type.
#[inline]
pub fn empty() -> *mut ArrayHeader {
    (&raw const EMPTY.0).cast_mut()
}

/// The fault of `pop` on an array without elements.
pub const POP_FAULT: &str = "pop: cannot pop from an empty array";

/// The most elements of an array that is made by their number.
const MAX_REPEATED: usize = 1_000_000_000;

/// The number of repetitions, or the fault of one that is negative or too large.
#[inline]
pub fn repetitions(count: i64) -> Result<usize, FaultText> {
    usize::try_from(count).ok().filter(|&count| count <= MAX_REPEATED).ok_or_else(|| repeat_fault(count))
}

#[cold]
fn repeat_fault(count: i64) -> FaultText {
    let text = IntText::new(count);
    match count < 0 {
        true => FaultText::new(&["array_repeat: count must be non-negative, got ", text.as_str()]),
        false => FaultText::new(&["array_repeat: count ", text.as_str(), " too large (max 1000000000)"]),
    }
}

#[inline]
fn elements(array: *mut ArrayHeader) -> *mut u8 {
    array.cast::<u8>().wrapping_add(HEADER)
}

/// Distance between elements, 1 at least.
///
/// # Safety
/// The layout is valid or null.
#[inline]
unsafe fn stride(layout: *const LayoutDesc) -> usize {
    // SAFETY: by contract.
    unsafe { layout.as_ref() }.map_or(1, |layout| layout.size as usize)
}

/// Size of an array object. What would overflow is more than there can be.
#[inline]
fn object_size(cap: usize, stride: usize) -> usize {
    cap.saturating_mul(stride).saturating_add(HEADER)
}

/// Number of elements there is room for in an object of `size` bytes. The size that [`object_size`] computes from it
/// again is of the same class.
#[inline]
fn capacity(size: usize, stride: usize) -> usize {
    (size - HEADER).checked_div(stride).unwrap_or(0)
}

/// The elements, their number and layout, and the size of the object.
///
/// # Safety
/// A valid array, but for its count and kind.
pub(crate) unsafe fn parts(array: *mut ArrayHeader) -> (*mut u8, usize, *const LayoutDesc, usize) {
    // SAFETY: by contract.
    unsafe {
        let (layout, len) = ((*array).layout, (*array).len);
        (elements(array), len, layout, object_size((*array).cap, stride(layout)))
    }
}

/// The elements of an array.
///
/// # Safety
/// A valid array that does not change while the result is used, with elements of this type; one without elements may be
/// of any type.
#[inline]
pub unsafe fn elements_of<'a, T>(array: *const ArrayHeader) -> &'a [T] {
    // SAFETY: by contract; elements follow the header, whose size is a multiple of their alignment.
    unsafe { core::slice::from_raw_parts(array.add(1).cast(), (*array).len) }
}

/// An array with room for `cap` elements at least, of which the first `len` are for the caller to fill before anything
/// else happens to it.
///
/// # Safety
/// The layout is valid, and stays so as long as the array; `len <= cap`.
#[inline]
pub unsafe fn new(layout: *const LayoutDesc, len: usize, cap: usize) -> *mut ArrayHeader {
    if cap == 0 {
        return empty();
    }
    // SAFETY: by contract; the block is fresh and large enough.
    unsafe {
        let stride = stride(layout);
        let size = heap::usable_size(object_size(cap, stride));
        let block = heap::allocate(size).cast::<ArrayHeader>();
        let object = ObjectHeader { rc: 1, kind: ObjectKind::Array };
        block.write(ArrayHeader { object, layout, len, cap: capacity(size, stride) });
        block.as_ptr()
    }
}

/// Appends copies of `n` elements, retaining what they refer to.
///
/// # Safety
/// The array is unique with room for them; they are valid elements of its layout that it may hold itself.
unsafe fn append_copies(array: *mut ArrayHeader, from: *mut u8, n: usize) {
    // SAFETY: by contract; the place behind the last element overlaps no element.
    unsafe {
        let (layout, len) = ((*array).layout, (*array).len);
        let stride = stride(layout);
        ptr::copy_nonoverlapping(from, elements(array).add(len * stride), n * stride);
        object::retain_values(from, n, layout);
        (*array).len = len + n;
    }
}

/// A new array with `n` elements of `array` from `start` on, and room for `cap`.
///
/// # Safety
/// They are in the array, and `n <= cap`.
unsafe fn copy_part(array: *mut ArrayHeader, start: usize, n: usize, cap: usize) -> *mut ArrayHeader {
    // SAFETY: by contract.
    unsafe {
        let layout = (*array).layout;
        let copy = new(layout, 0, cap);
        if n > 0 {
            append_copies(copy, elements(array).add(start * stride(layout)), n);
        }
        copy
    }
}

/// The array as the only reference to its object. (The static empty array stays what it is: it has nothing to change.)
///
/// # Safety
/// An owned array.
pub unsafe fn unique(array: *mut ArrayHeader) -> *mut ArrayHeader {
    // SAFETY: by contract.
    unsafe {
        if object::is_unique(array.cast()) {
            return array;
        }
        let len = (*array).len;
        let copy = copy_part(array, 0, len, len);
        object::release(array.cast());
        copy
    }
}

/// The array as the only reference to its object, with room for `more` further elements. Room doubles, so that an array
/// that is built element by element is copied a bounded number of times.
///
/// # Safety
/// An owned array whose elements have the layout, which is valid.
pub unsafe fn reserve(array: *mut ArrayHeader, layout: *const LayoutDesc, more: usize) -> *mut ArrayHeader {
    // SAFETY: by contract.
    unsafe {
        let (len, cap) = ((*array).len, (*array).cap);
        let is_unique = object::is_unique(array.cast());
        if is_unique && cap - len >= more {
            return array;
        }
        let stride = stride(layout);
        // By the length: a copy of a shared array must not inherit its room, or copies of copies would grow without end.
        let wanted = len.saturating_add(more).max(len.saturating_mul(2)).max(capacity(HEADER + SMALLEST_ROOM, stride));
        if is_unique {
            return enlarge(array, wanted, stride);
        }
        let copy = new(layout, 0, wanted);
        if len > 0 {
            append_copies(copy, elements(array), len);
        }
        object::release(array.cast());
        copy
    }
}

/// # Safety
/// A unique array of elements of this size.
unsafe fn enlarge(array: *mut ArrayHeader, cap: usize, stride: usize) -> *mut ArrayHeader {
    // SAFETY: by contract; the object has the size of its capacity.
    unsafe {
        let old_size = object_size((*array).cap, stride);
        let size = heap::usable_size(object_size(cap, stride));
        let array = heap::reallocate(NonNull::new_unchecked(array.cast()), old_size, size).cast::<ArrayHeader>();
        (*array.as_ptr()).cap = capacity(size, stride);
        array.as_ptr()
    }
}

/// The array without its last element, or the fault [`POP_FAULT`].
///
/// # Safety
/// An owned array, given up also by a fault.
pub unsafe fn pop(array: *mut ArrayHeader) -> Result<*mut ArrayHeader, &'static str> {
    // SAFETY: by contract.
    unsafe {
        let Some(last) = (*array).len.checked_sub(1) else {
            object::release(array.cast());
            return Err(POP_FAULT);
        };
        if !object::is_unique(array.cast()) {
            let copy = copy_part(array, 0, last, last);
            object::release(array.cast());
            return Ok(copy);
        }
        let layout = (*array).layout;
        // Out of the array before anything is freed.
        (*array).len = last;
        let element = elements(array).add(last * stride(layout));
        object::for_each_reference(element, 1, layout, |object| object::release(object));
        Ok(array)
    }
}

/// The elements of `left`, then those of `right`; in place if `left` is unique.
///
/// # Safety
/// An owned and a borrowed array of one type. They may be the same object, with a single reference even.
pub unsafe fn concat(left: *mut ArrayHeader, right: *mut ArrayHeader) -> *mut ArrayHeader {
    // SAFETY: by contract.
    unsafe {
        let more = (*right).len;
        if more == 0 {
            return left;
        }
        if (*left).len == 0 && left != right {
            object::retain(right.cast());
            object::release(left.cast());
            return right;
        }
        let is_same = left == right;
        let left = match object::is_unique(left.cast()) {
            true => reserve(left, (*left).layout, more),
            false => {
                let len = (*left).len;
                let copy = copy_part(left, 0, len, len.saturating_add(more));
                object::release(left.cast());
                copy
            }
        };
        // The elements may have moved.
        let right = if is_same { left } else { right };
        append_copies(left, elements(right), more);
        left
    }
}

/// The elements between two bounds; see [`slice_bounds`].
///
/// # Safety
/// A borrowed array.
pub unsafe fn slice(array: *mut ArrayHeader, lo: i64, hi: i64, inclusive: bool) -> Result<*mut ArrayHeader, FaultText> {
    // SAFETY: by contract.
    unsafe {
        let len = (*array).len;
        let range = slice_bounds(lo, hi, inclusive, len)?;
        if range.len() == len {
            object::retain(array.cast());
            return Ok(array);
        }
        Ok(copy_part(array, range.start, range.len(), range.len()))
    }
}

/// `count` times the elements, or the fault of a count that cannot be.
///
/// # Safety
/// An owned array, given up also by a fault.
pub unsafe fn repeat(array: *mut ArrayHeader, count: i64) -> Result<*mut ArrayHeader, FaultText> {
    // SAFETY: by contract.
    unsafe {
        let len = (*array).len;
        let count = repetitions(count).inspect_err(|_| object::release(array.cast()))?;
        if count == 1 || len == 0 {
            return Ok(array);
        }
        if count == 0 {
            object::release(array.cast());
            return Ok(empty());
        }
        let Some(total) = len.checked_mul(count) else { fault::report_at(None, fault::OUT_OF_MEMORY) };
        let result = new((*array).layout, 0, total);
        append_copies(result, elements(array), len);
        let mut done = len;
        while done < total {
            // Doubling; the array has the room, so its elements do not move.
            let step = done.min(total - done);
            append_copies(result, elements(result), step);
            done += step;
        }
        object::release(array.cast());
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::BoxHeader;
    use crate::object::{new_box, release, retain};
    use crate::string::Str;
    use std::vec::Vec;

    /// A layout with room for the offsets of two references.
    #[repr(C)]
    struct Layout {
        desc: LayoutDesc,
        counted: [u32; 2],
    }

    const fn layout(size: u32, align: u32, n_counted: u32, counted: [u32; 2]) -> Layout {
        Layout { desc: LayoutDesc { size, align, n_counted, counted: [] }, counted }
    }

    static INT: Layout = layout(8, 8, 0, [0, 0]);
    static BYTE: Layout = layout(1, 1, 0, [0, 0]);
    /// A string, or another reference.
    static REF: Layout = layout(8, 8, 1, [0, 0]);
    /// A reference, an int, a reference.
    static NODE: Layout = layout(24, 8, 2, [0, 16]);

    fn desc(layout: &'static Layout) -> *const LayoutDesc {
        (&raw const *layout).cast()
    }

    /// An owned array, released at the end.
    struct Array(*mut ArrayHeader);

    impl Array {
        fn of<T: Copy>(layout: &'static Layout, values: &[T]) -> Array {
            // SAFETY: the layout is that of `T`, and all elements are written.
            unsafe {
                let array = new(desc(layout), values.len(), values.len());
                ptr::copy_nonoverlapping(values.as_ptr(), elements(array).cast(), values.len());
                Array(array)
            }
        }

        fn of_strings(texts: &[&str]) -> Array {
            let strings: Vec<_> = texts.iter().map(|text| Str::from_str(text).into_raw()).collect();
            Array::of(&REF, &strings)
        }

        fn owned(self) -> *mut ArrayHeader {
            core::mem::ManuallyDrop::new(self).0
        }

        fn push<T>(self, layout: &'static Layout, value: T) -> Array {
            // SAFETY: as compiled code does it.
            unsafe {
                let array = reserve(self.owned(), desc(layout), 1);
                elements(array).cast::<T>().add((*array).len).write(value);
                (*array).len += 1;
                Array(array)
            }
        }

        fn values<T: Copy>(&self) -> Vec<T> {
            // SAFETY: the tests ask for the type of the elements.
            unsafe { core::slice::from_raw_parts(elements(self.0).cast::<T>(), (*self.0).len) }.to_vec()
        }

        fn texts(&self) -> Vec<std::string::String> {
            // SAFETY: the tests ask for arrays of strings only.
            self.values().into_iter().map(|s| unsafe { Str::borrow_raw(s) }.as_str().into()).collect()
        }
    }

    impl Clone for Array {
        fn clone(&self) -> Array {
            // SAFETY: alive.
            unsafe { retain(self.0.cast()) };
            Array(self.0)
        }
    }

    impl Drop for Array {
        fn drop(&mut self) {
            // SAFETY: owned.
            unsafe { release(self.0.cast()) };
        }
    }

    /// Runs `test` and checks that it frees all it makes.
    fn frees_all(test: impl FnOnce()) {
        let before = heap::live_objects();
        test();
        assert_eq!(heap::live_objects(), before);
    }

    #[test]
    fn pushing_copies_a_bounded_number_of_times() {
        frees_all(|| {
            for layout in [&INT, &BYTE] {
                let (mut array, mut moves) = (Array(empty()), 0);
                for i in 0..100_000_u64 {
                    let old = array.0;
                    array = if layout.desc.size == 8 { array.push(layout, i) } else { array.push(layout, i as u8) };
                    moves += usize::from(array.0 != old);
                }
                assert!(moves < 20, "{moves}");
                match layout.desc.size {
                    8 => assert!(array.values::<u64>().into_iter().eq(0..100_000)),
                    _ => assert!(array.values::<u8>().into_iter().eq((0..100_000).map(|i| i as u8))),
                }
            }
        });
    }

    #[test]
    fn a_second_reference_keeps_its_elements() {
        frees_all(|| {
            let array = Array::of_strings(&["a", "b"]);
            let kept = array.clone();
            let longer = array.push(&REF, Str::from_str("c").into_raw());
            assert_eq!((kept.texts().join(" "), longer.texts().join(" ")), ("a b".into(), "a b c".into()));
            // SAFETY: an owned array.
            let copy = Array(unsafe { unique(longer.clone().owned()) });
            assert_ne!(copy.0, longer.0);
            drop((kept, longer));
            assert_eq!(copy.texts().join(" "), "a b c");
            let address = copy.0;
            // SAFETY: an owned array.
            let same = Array(unsafe { unique(copy.owned()) });
            assert_eq!(same.0, address, "not copied without need");
        });
    }

    #[test]
    fn popping() {
        frees_all(|| {
            let array = Array::of_strings(&["a", "b"]);
            let kept = array.clone();
            // SAFETY: owned arrays.
            unsafe {
                let one = Array(pop(array.owned()).expect("not empty"));
                assert_eq!((one.texts().join(" "), kept.texts().join(" ")), ("a".into(), "a b".into()));
                let none = Array(pop(one.owned()).expect("not empty"));
                assert!(none.texts().is_empty());
                assert_eq!(pop(none.owned()), Err(POP_FAULT));
                assert_eq!(pop(empty()), Err(POP_FAULT));
            }
        });
    }

    #[test]
    fn concatenation() {
        frees_all(|| {
            let (a, b) = (Array::of_strings(&["a", "b"]), Array::of_strings(&["c"]));
            // SAFETY: owned and borrowed arrays.
            unsafe {
                let kept = a.clone();
                let ab = Array(concat(a.owned(), b.0));
                assert_eq!(ab.texts().join(" "), "a b c");
                assert_eq!(kept.texts().join(" "), "a b");
                // The very reference that is handed over may be lent.
                let raw = ab.owned();
                let doubled = Array(concat(raw, raw));
                assert_eq!(doubled.texts().join(" "), "a b c a b c");
                // Another one to the same object.
                let again = Array(concat(kept.clone().owned(), kept.0));
                assert_eq!(again.texts().join(" "), "a b a b");
                assert_eq!(Array(concat(empty(), b.0)).0, b.0);
                assert_eq!(Array(concat(b.clone().owned(), empty())).0, b.0);
                assert_eq!(Array(concat(empty(), empty())).0, empty());
            }
        });
    }

    #[test]
    fn slices_and_repetitions() {
        frees_all(|| {
            let array = Array::of(&INT, &[1_i64, 2, 3]);
            // SAFETY: borrowed and owned arrays.
            unsafe {
                let part = |lo, hi, inclusive| slice(array.0, lo, hi, inclusive).map(Array);
                assert_eq!(part(1, 2, true).expect("good").values::<i64>(), [2, 3]);
                assert_eq!(part(-2, 2, false).expect("good").values::<i64>(), [2]);
                assert_eq!(part(0, i64::MAX, false).expect("good").0, array.0);
                assert_eq!(part(5, 9, false).expect("good").0, empty());
                assert!(part(4, 2, true).is_err());
                assert!(slice(empty(), 0, i64::MAX, false).is_ok_and(|part| part == empty()));
                let times = |array: Array, n| repeat(array.owned(), n).map(Array).map_err(FaultText::into_str);
                assert_eq!(times(array.clone(), 3).expect("good").values::<i64>(), [1, 2, 3, 1, 2, 3, 1, 2, 3]);
                assert_eq!(times(array.clone(), 0).expect("good").0, empty());
                assert_eq!(times(Array::of_strings(&["x"]), 5).expect("good").texts().concat(), "xxxxx");
                let fault = times(array.clone(), -1).err().expect("a fault");
                assert_eq!(fault.as_str(), "array_repeat: count must be non-negative, got -1");
                let fault = times(array.clone(), 1_000_000_001).err().expect("a fault");
                assert_eq!(fault.as_str(), "array_repeat: count 1000000001 too large (max 1000000000)");
            }
        });
    }

    #[test]
    fn chains_and_trees_are_freed_without_recursion() {
        frees_all(|| {
            // SAFETY: boxes are filled as soon as they are made.
            unsafe {
                let mut chain = ptr::null_mut::<ObjectHeader>();
                for i in 0..1_000_000_u64 {
                    let node = new_box(desc(&NODE));
                    let label = if i % 1000 == 0 { Str::from_str("label").into_raw() } else { ptr::null_mut() };
                    node.add(1).cast::<(*mut ObjectHeader, u64, *mut ObjectHeader)>().write((label.cast(), i, chain));
                    // Arrays between boxes.
                    chain = if i % 3 == 0 { Array::of(&REF, &[node]).owned().cast() } else { node.cast() };
                }
                let second = Array::of(&REF, &[chain, chain]);
                retain(chain);
                drop(second.clone());
                drop(second);
            }
        });
    }

    #[test]
    fn shared_parts_live_on() {
        frees_all(|| {
            let inner = Array::of_strings(&["kept"]);
            // SAFETY: the box is filled at once, and owned.
            unsafe {
                let object: *mut BoxHeader = new_box(desc(&REF));
                object.add(1).cast::<*mut ArrayHeader>().write(inner.clone().owned());
                release(object.cast());
            }
            assert_eq!(inner.texts(), ["kept"]);
        });
    }
}

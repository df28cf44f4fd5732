//! Arrays and boxes as the core sees them: words that are addresses of objects, and what is read and written there.
//!
//! The fast ways are here; copying, growing and freeing are the runtime's.

use std::ptr;

use crate::window::{Word, object_word};
use resilient_abi::{ArrayHeader, BoxHeader, LayoutDesc, ObjectHeader};
use resilient_runtime::{array, object};

/// Where the elements of an array begin.
pub(crate) const ARRAY_DATA: u32 = size_of::<ArrayHeader>() as u32;

/// Where the content of a box begins.
pub(crate) const BOX_DATA: u32 = size_of::<BoxHeader>() as u32;

#[inline(always)]
fn pointer<T>(word: u64) -> *mut T {
    ptr::with_exposed_provenance_mut(word as usize)
}

/// The place at `offset` in an object.
///
/// # Safety
/// The object has such a place.
#[inline(always)]
pub(crate) unsafe fn part(object: u64, offset: u32) -> *mut u8 {
    // SAFETY: by contract.
    unsafe { pointer::<u8>(object).add(offset as usize) }
}

/// The place at `offset` in an element.
///
/// # Safety
/// The array has the element, and elements of this size.
#[inline(always)]
pub(crate) unsafe fn element(array: u64, index: u64, stride: u32, offset: u32) -> *mut u8 {
    // SAFETY: by contract.
    unsafe { part(array, ARRAY_DATA).add(index as usize * stride as usize + offset as usize) }
}

/// The place at `offset` in the last element.
///
/// # Safety
/// As for [`element`].
#[inline(always)]
pub(crate) unsafe fn last_element(array: u64, stride: u32, offset: u32) -> *mut u8 {
    // SAFETY: by contract.
    unsafe { element(array, len(array) - 1, stride, offset) }
}

/// Number of elements.
///
/// # Safety
/// It is an array.
#[inline(always)]
pub(crate) unsafe fn len(array: u64) -> u64 {
    // SAFETY: by contract.
    unsafe { (*pointer::<ArrayHeader>(array)).len as u64 }
}

/// What a place holds.
///
/// # Safety
/// It holds a value of the type.
#[inline(always)]
pub(crate) unsafe fn get<T: Word>(place: *mut u8) -> T {
    // SAFETY: by contract; leaves are aligned.
    unsafe { place.cast::<T>().read() }
}

/// A new reference to the object that a place refers to, or null.
///
/// # Safety
/// It holds a reference or null.
#[inline(always)]
pub(crate) unsafe fn get_counted(place: *mut u8) -> u64 {
    // SAFETY: by contract.
    unsafe { retain(get(place)) }
}

/// What a register has that goes to memory: its low bits.
pub(crate) trait FromWord {
    fn from_word(word: u64) -> Self;
}

macro_rules! from_word {
    ($($ty:ty),*) => { $(
        impl FromWord for $ty {
            #[inline(always)]
            fn from_word(word: u64) -> $ty {
                word as $ty
            }
        }
    )* };
}

from_word!(u8, u16, u32, u64);

/// Writes the low bits of a register.
///
/// # Safety
/// The place has room for them.
#[inline(always)]
pub(crate) unsafe fn put<T: FromWord>(place: *mut u8, word: u64) {
    // SAFETY: by contract; leaves are aligned.
    unsafe { place.cast::<T>().write(T::from_word(word)) };
}

/// One reference more, unless it is null.
///
/// # Safety
/// It is an object or null.
#[inline(always)]
pub(crate) unsafe fn retain(word: u64) -> u64 {
    if word != 0 {
        // SAFETY: by contract.
        unsafe { object::retain(pointer(word)) };
    }
    word
}

/// One reference less, unless it is null.
///
/// # Safety
/// It is an object or null, and the caller gives the reference up.
#[inline(always)]
pub(crate) unsafe fn release(word: u64) {
    if word != 0 {
        // SAFETY: by contract.
        unsafe { object::release(pointer(word)) };
    }
}

/// The array as the only reference to its object.
///
/// # Safety
/// It is an owned array.
#[inline(always)]
pub(crate) unsafe fn unique(array: u64) -> u64 {
    // SAFETY: by contract.
    unsafe {
        match (*pointer::<ObjectHeader>(array)).rc {
            1 => array,
            _ => object_word(array::unique(pointer(array))),
        }
    }
}

/// The array with one element more, to be filled.
///
/// # Safety
/// It is an owned array of elements of the layout.
#[inline(always)]
pub(crate) unsafe fn extend(array: u64, layout: *const LayoutDesc) -> u64 {
    // SAFETY: by contract; the element is within the room.
    unsafe {
        let mut header = pointer::<ArrayHeader>(array);
        if (*header).object.rc != 1 || (*header).len == (*header).cap {
            header = array::reserve(header, layout, 1);
        }
        (*header).len += 1;
        object_word(header)
    }
}

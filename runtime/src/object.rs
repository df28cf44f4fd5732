//! What all objects have in common: counting references, and freeing with what an object refers to.
//!
//! Freeing an array or box gives up the references in it, which may be the last ones of other objects, and so on. Dead
//! objects wait in a list threaded through their own headers, so a chain of any length is freed without recursion.

use crate::abi::{ArrayHeader, BoxHeader, IMMORTAL, LayoutDesc, ObjectHeader, ObjectKind, StrHeader};
use crate::{array, heap, string};
use core::ptr::{self, NonNull};

/// Counts one more reference.
///
/// # Safety
/// `object` points to an object.
#[inline]
pub unsafe fn retain(object: *mut ObjectHeader) {
    // SAFETY: by contract; immortal objects are not written to, they may lie in constant data.
    unsafe {
        if (*object).rc & IMMORTAL == 0 {
            (*object).rc += 1;
        }
    }
}

/// Counts one reference less; the last one frees the object and gives up what it refers to.
///
/// # Safety
/// `object` points to an object, and the caller gives a counted reference up.
#[inline]
pub unsafe fn release(object: *mut ObjectHeader) {
    // SAFETY: by contract.
    unsafe {
        if is_last(object) {
            free(object);
        }
    }
}

/// Counts one reference less, unless it is the last one; tells whether it is.
///
/// # Safety
/// As for [`release`]; if it was the last one, the object belongs to the caller.
#[inline]
pub(crate) unsafe fn is_last(object: *mut ObjectHeader) -> bool {
    // SAFETY: by contract; immortal objects are not written to.
    unsafe {
        let rc = (*object).rc;
        if rc == 1 {
            return true;
        }
        if rc & IMMORTAL == 0 {
            (*object).rc = rc - 1;
        }
    }
    false
}

/// Whether the reference is the only one, so that the object may change.
///
/// # Safety
/// `object` points to an object.
#[inline]
pub(crate) unsafe fn is_unique(object: *const ObjectHeader) -> bool {
    // SAFETY: by contract.
    unsafe { (*object).rc == 1 }
}

/// The offsets of counted references in a value of this layout.
///
/// # Safety
/// `layout` is valid, or null for a value without references. The result lives as long as the layout.
#[inline]
pub(crate) unsafe fn counted_offsets<'a>(layout: *const LayoutDesc) -> &'a [u32] {
    if layout.is_null() {
        return &[];
    }
    // SAFETY: so many offsets follow in a valid layout.
    unsafe { core::slice::from_raw_parts((&raw const (*layout).counted).cast(), (*layout).n_counted as usize) }
}

/// Calls `f` with every reference, null ones left out, in `n` values of this layout that lie one after the other.
///
/// # Safety
/// The layout is valid or null, and the values are valid.
#[inline]
pub(crate) unsafe fn for_each_reference(
    values: *mut u8,
    n: usize,
    layout: *const LayoutDesc,
    mut f: impl FnMut(*mut ObjectHeader),
) {
    // SAFETY: by contract.
    let offsets = unsafe { counted_offsets(layout) };
    if offsets.is_empty() {
        return;
    }
    // SAFETY: only a null layout has no references; all references lie within the values.
    unsafe {
        let size = (*layout).size as usize;
        for i in 0..n {
            let value = values.add(i * size);
            for &offset in offsets {
                let object = value.add(offset as usize).cast::<*mut ObjectHeader>().read();
                if !object.is_null() {
                    f(object);
                }
            }
        }
    }
}

/// Retains all references in `n` values.
///
/// # Safety
/// As for [`for_each_reference`].
#[inline]
pub(crate) unsafe fn retain_values(values: *mut u8, n: usize, layout: *const LayoutDesc) {
    // SAFETY: by contract, references lead to objects.
    unsafe { for_each_reference(values, n, layout, |object| retain(object)) };
}

/// Dead objects that wait to be freed: a list linked through the words where their counts were. The kind of each object
/// is kept in the low bits of the link *to* it, which are zero in addresses.
struct DeadList(usize);

const KIND_MASK: usize = 7;

impl DeadList {
    /// # Safety
    /// The object is dead and belongs to the caller.
    unsafe fn push(&mut self, object: *mut ObjectHeader) {
        // SAFETY: the header has room for a word, and the count is not needed any more.
        unsafe {
            let link = object.expose_provenance() | (*object).kind as usize;
            object.cast::<usize>().write(self.0);
            self.0 = link;
        }
    }

    /// The next object and whether it is an array; else it is a box.
    fn pop(&mut self) -> Option<(*mut ObjectHeader, bool)> {
        if self.0 == 0 {
            return None;
        }
        let is_array = self.0 & KIND_MASK == ObjectKind::Array as usize;
        let object = ptr::with_exposed_provenance_mut::<ObjectHeader>(self.0 & !KIND_MASK);
        // SAFETY: an object in the list, whose first word is the link to the next.
        self.0 = unsafe { object.cast::<usize>().read() };
        Some((object, is_array))
    }
}

/// Frees an object and gives up what it refers to.
///
/// # Safety
/// The caller holds the last reference to the object, and gives it up.
#[inline(never)]
unsafe fn free(object: *mut ObjectHeader) {
    // SAFETY: by contract.
    unsafe {
        if let ObjectKind::Str = (*object).kind {
            return string::free(NonNull::new_unchecked(object.cast::<StrHeader>()));
        }
        let mut dead = DeadList(0);
        dead.push(object);
        while let Some((object, is_array)) = dead.pop() {
            let (values, n, layout, size) = match is_array {
                true => array::parts(object.cast::<ArrayHeader>()),
                false => box_parts(object.cast::<BoxHeader>()),
            };
            for_each_reference(values, n, layout, |child| {
                if !is_last(child) {
                    return;
                }
                match (*child).kind {
                    ObjectKind::Str => string::free(NonNull::new_unchecked(child.cast::<StrHeader>())),
                    ObjectKind::Array | ObjectKind::Box => dead.push(child),
                }
            });
            heap::free(NonNull::new_unchecked(object.cast()), size);
        }
    }
}

/// The value in a box, as [`array::parts`].
///
/// # Safety
/// A valid box, but for its count and kind.
unsafe fn box_parts(object: *mut BoxHeader) -> (*mut u8, usize, *const LayoutDesc, usize) {
    // SAFETY: by contract.
    unsafe {
        let layout = (*object).layout;
        (object.add(1).cast(), 1, layout, box_size(layout))
    }
}

/// Size of a box.
///
/// # Safety
/// The layout is valid.
unsafe fn box_size(layout: *const LayoutDesc) -> usize {
    // SAFETY: by contract.
    size_of::<BoxHeader>() + unsafe { (*layout).size } as usize
}

/// A new box, whose content is for the caller to fill.
///
/// # Safety
/// The layout is valid, and stays so as long as the box.
#[inline]
pub unsafe fn new_box(layout: *const LayoutDesc) -> *mut BoxHeader {
    // SAFETY: by contract; the block is fresh and large enough.
    unsafe {
        let block = heap::allocate(box_size(layout)).cast::<BoxHeader>();
        block.write(BoxHeader { object: ObjectHeader { rc: 1, kind: ObjectKind::Box }, layout });
        block.as_ptr()
    }
}

const _: () = {
    // The link of the list of dead objects overwrites the count, and on 64-bit machines the kind, but no more.
    assert!(size_of::<ObjectHeader>() == 8 && size_of::<usize>() <= 8);
    // Blocks of the heap are aligned to 16, constant objects to 8; layouts ask for 8 at most.
    assert!(size_of::<BoxHeader>().is_multiple_of(8) && size_of::<ArrayHeader>().is_multiple_of(8));
    assert!((ObjectKind::Box as usize) <= KIND_MASK);
};

//! The allocator: the memory behind the variables, managed by two-level segregated fit.
//!
//! Allocation and release take a bounded number of steps, and neighbouring free blocks are joined at once. A block has a
//! header of two words. Where memory runs out the program ends with the fault `out of memory`; no function here fails.
//!
//! Source of the method: M. Masmano, I. Ripoll, A. Crespo and J. Real, "TLSF: a new dynamic memory allocator for real-time
//! systems", ECRTS 2004; the implementation is that of the crate `rlsf`.

use core::alloc::Layout;
use core::cell::{Cell, UnsafeCell};
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use rlsf::Tlsf;

use crate::fault;

/// All blocks are aligned to this, as the values in them need.
const ALIGN: usize = 8;
/// The sizes of blocks with their headers are multiples of this.
const GRANULARITY: usize = 4 * size_of::<usize>();
const HEADER: usize = 2 * size_of::<usize>();
/// No block is larger, so that sizes can be computed with.
const MAX_SIZE: usize = isize::MAX as usize / 2;

/// Blocks up to 16 MiB, in four lists per doubling: 0.4 KiB of memory. Of a block, a fifth may be lost by rounding.
type Allocator = Tlsf<'static, u32, u8, 20, 4>;

struct Heap {
    allocator: UnsafeCell<Allocator>,
    /// Whether the allocator has got its memory.
    has_memory: Cell<bool>,
    live: Cell<usize>,
}

// SAFETY: an image has one thread, and interrupt handlers do not allocate.
unsafe impl Sync for Heap {}

static HEAP: Heap = Heap { allocator: UnsafeCell::new(Tlsf::new()), has_memory: Cell::new(false), live: Cell::new(0) };

unsafe extern "C" {
    static mut __heap_start: u8;
    static mut __heap_end: u8;
}

/// # Safety
/// The result is used up before the next call.
unsafe fn allocator() -> &'static mut Allocator {
    // SAFETY: by contract there is no other reference.
    unsafe { &mut *HEAP.allocator.get() }
}

/// Gives the allocator its memory, if it has none yet; says whether it did.
#[cold]
fn add_memory() -> bool {
    if HEAP.has_memory.replace(true) {
        return false;
    }
    let (start, end) = (&raw mut __heap_start, &raw mut __heap_end);
    let memory = core::ptr::slice_from_raw_parts_mut(start.cast::<MaybeUninit<u8>>(), end as usize - start as usize);
    // SAFETY: the linker leaves the memory between these addresses to the heap; nothing else refers to it.
    unsafe { allocator().insert_free_block(&mut *memory) };
    true
}

#[cold]
fn out_of_memory() -> ! {
    fault::report_at(None, fault::OUT_OF_MEMORY)
}

fn layout(size: usize) -> Layout {
    if size > MAX_SIZE {
        out_of_memory();
    }
    // SAFETY: the alignment is a power of two, and the size far from the end of the address space.
    unsafe { Layout::from_size_align_unchecked(size, ALIGN) }
}

/// How much of a block of `size` bytes may be used.
#[inline]
pub fn usable_size(size: usize) -> usize {
    (layout(size).size() + HEADER).next_multiple_of(GRANULARITY) - HEADER
}

/// A block of `size` bytes, aligned to 8, with unspecified content.
pub fn allocate(size: usize) -> NonNull<u8> {
    HEAP.live.set(HEAP.live.get() + 1);
    let layout = layout(size);
    loop {
        // SAFETY: the reference ends here.
        if let Some(block) = unsafe { allocator() }.allocate(layout) {
            return block;
        }
        if !add_memory() {
            out_of_memory();
        }
    }
}

/// Gives a block back.
///
/// # Safety
/// It came from [`allocate`] or [`reallocate`], and is not used any more.
pub unsafe fn free(block: NonNull<u8>, _: usize) {
    HEAP.live.set(HEAP.live.get() - 1);
    // SAFETY: by contract; blocks have this alignment.
    unsafe { allocator().deallocate(block, ALIGN) };
}

/// A block of `new` bytes with the content of `block` as far as it fits.
///
/// # Safety
/// As for [`free`].
pub unsafe fn reallocate(block: NonNull<u8>, _: usize, new: usize) -> NonNull<u8> {
    // SAFETY: by contract; blocks have this alignment.
    unsafe { allocator().reallocate(block, layout(new)) }.unwrap_or_else(|| out_of_memory())
}

/// How many blocks are in use.
pub fn live_objects() -> usize {
    HEAP.live.get()
}

//! The allocator.
//!
//! Blocks come in size classes: multiples of 16 up to 128, then four sizes per doubling. A block carries no header; who
//! frees it names the size it was asked for. Up to 32 KiB, blocks are cut from chunks of 1 MiB, and free ones wait
//! in one list per class, last in first out. Larger ones are mappings of their own, which the kernel can grow without
//! copying; a few freed ones are kept for reuse, because mapping and unmapping cost microseconds and fresh pages.
//!
//! Chunks are never given back. The rest of a chunk that is too small for a request is lost, at most one part in 32.
//! Where memory runs out the program ends with the fault `out of memory`; no function here fails.

use crate::{fault, state, sys};
use core::cell::Cell;
use core::ptr::{self, NonNull};

/// Largest size whose blocks are cut from chunks.
const SMALL_LIMIT: usize = 32 << 10;
const CHUNK_SIZE: usize = 1 << 20;
const FINE_LIMIT: usize = 128;
const FINE_CLASSES: usize = FINE_LIMIT / 16;
const SMALL_CLASSES: usize = FINE_CLASSES + 4 * (SMALL_LIMIT / FINE_LIMIT).ilog2() as usize;
/// Freed mappings kept for reuse, and the size above which none is kept.
const KEPT_MAPPINGS: usize = 8;
const KEPT_LIMIT: usize = 1 << 20;
/// Beyond this, sizes of classes would overflow; no address space is that large.
const MAX_SIZE: usize = isize::MAX as usize / 2;

/// A free block: the link of its list.
struct FreeBlock {
    next: *mut FreeBlock,
}

#[derive(Clone, Copy)]
struct KeptMapping {
    start: *mut u8,
    size: usize,
}

/// State of the allocator.
pub(crate) struct Heap {
    free: [Cell<*mut FreeBlock>; SMALL_CLASSES],
    /// The part of the current chunk that is not cut yet.
    bump: Cell<*mut u8>,
    bump_left: Cell<usize>,
    kept: [Cell<KeptMapping>; KEPT_MAPPINGS],
    /// Which kept mapping gives way to the next.
    victim: Cell<usize>,
    live: Cell<usize>,
}

impl Heap {
    pub(crate) const fn new() -> Heap {
        Heap {
            free: [const { Cell::new(ptr::null_mut()) }; SMALL_CLASSES],
            bump: Cell::new(ptr::null_mut()),
            bump_left: Cell::new(0),
            kept: [const { Cell::new(KeptMapping { start: ptr::null_mut(), size: 0 }) }; KEPT_MAPPINGS],
            victim: Cell::new(0),
            live: Cell::new(0),
        }
    }

    fn allocate_small(&self, class: usize) -> NonNull<u8> {
        let Some(list) = self.free.get(class) else { out_of_memory() };
        match NonNull::new(list.get()) {
            Some(block) => {
                // SAFETY: blocks in the list are free, and their first word is the link.
                list.set(unsafe { block.as_ref() }.next);
                block.cast()
            }
            None => self.cut(class_size(class)),
        }
    }

    /// The next `size` bytes of the chunk, or of a new one.
    fn cut(&self, size: usize) -> NonNull<u8> {
        if self.bump_left.get() < size {
            let Some(chunk) = sys::map(CHUNK_SIZE) else { out_of_memory() };
            self.bump.set(chunk.as_ptr());
            self.bump_left.set(CHUNK_SIZE);
        }
        let block = self.bump.get();
        self.bump.set(block.wrapping_add(size));
        self.bump_left.set(self.bump_left.get() - size);
        // SAFETY: the chunk is not null, and the block lies within it.
        unsafe { NonNull::new_unchecked(block) }
    }

    fn free_small(&self, block: NonNull<u8>, class: usize) {
        let Some(list) = self.free.get(class) else { return };
        let block = block.cast::<FreeBlock>();
        // SAFETY: the block is unused from now on, and has room for the link.
        unsafe { block.write(FreeBlock { next: list.get() }) };
        list.set(block.as_ptr());
    }

    fn allocate_mapping(&self, size: usize) -> NonNull<u8> {
        for kept in &self.kept {
            if let KeptMapping { start, size: kept_size } = kept.get()
                && kept_size == size
                && let Some(start) = NonNull::new(start)
            {
                kept.set(KeptMapping { start: ptr::null_mut(), size: 0 });
                return start;
            }
        }
        sys::map(size).unwrap_or_else(|| out_of_memory())
    }

    fn free_mapping(&self, start: NonNull<u8>, size: usize) {
        let mut unused = KeptMapping { start: start.as_ptr(), size };
        if size <= KEPT_LIMIT {
            let victim = self.victim.get() % KEPT_MAPPINGS;
            self.victim.set(victim + 1);
            unused = self.kept[victim].replace(unused);
        }
        if !unused.start.is_null() {
            // SAFETY: a mapping of this size, freed by its owner.
            unsafe { sys::unmap(unused.start, unused.size) };
        }
    }
}

#[cold]
fn out_of_memory() -> ! {
    fault::report_at(None, fault::OUT_OF_MEMORY)
}

/// Class of a size in `1..=MAX_SIZE`; classes from `SMALL_CLASSES` on are mappings.
#[inline]
fn class_of(size: usize) -> usize {
    if size <= FINE_LIMIT {
        return size.saturating_sub(1) / 16;
    }
    let last = size - 1;
    let exponent = last.ilog2() as usize;
    FINE_CLASSES + 4 * (exponent - FINE_LIMIT.ilog2() as usize) + ((last >> (exponent - 2)) & 3)
}

/// Size of the blocks of a class.
#[inline]
fn class_size(class: usize) -> usize {
    if class < FINE_CLASSES {
        return 16 * (class + 1);
    }
    let (doubling, quarter) = ((class - FINE_CLASSES) / 4, (class - FINE_CLASSES) % 4);
    (FINE_LIMIT << doubling) + ((quarter + 1) << doubling) * (FINE_LIMIT / 4)
}

/// How much of a block of `size` bytes may be used: the size rounded up to its class.
#[inline]
pub fn usable_size(size: usize) -> usize {
    if size > MAX_SIZE {
        out_of_memory();
    }
    class_size(class_of(size))
}

/// A block of `size` bytes, aligned to 16, with unspecified content.
#[inline]
pub fn allocate(size: usize) -> NonNull<u8> {
    if size > MAX_SIZE {
        out_of_memory();
    }
    state::with(|state| {
        let heap = &state.heap;
        heap.live.set(heap.live.get() + 1);
        let class = class_of(size);
        if class < SMALL_CLASSES { heap.allocate_small(class) } else { heap.allocate_mapping(class_size(class)) }
    })
}

/// Gives a block back.
///
/// # Safety
/// It came from [`allocate`] or [`reallocate`] on this thread with a size of the same [`usable_size`] as `size`, and is
/// not used any more.
#[inline]
pub unsafe fn free(block: NonNull<u8>, size: usize) {
    state::with(|state| {
        let heap = &state.heap;
        heap.live.set(heap.live.get() - 1);
        let class = class_of(size);
        if class < SMALL_CLASSES { heap.free_small(block, class) } else { heap.free_mapping(block, class_size(class)) }
    });
}

/// A block of `new` bytes with the content of `block` as far as it fits.
///
/// # Safety
/// As for [`free`], with `old` for its size.
pub unsafe fn reallocate(block: NonNull<u8>, old: usize, new: usize) -> NonNull<u8> {
    let (old_size, new_size) = (class_size(class_of(old)), usable_size(new));
    if old_size == new_size {
        return block;
    }
    if old_size > SMALL_LIMIT && new_size > SMALL_LIMIT {
        // SAFETY: blocks of these sizes are mappings; the caller gives this one up.
        return unsafe { sys::remap(block.as_ptr(), old_size, new_size) }.unwrap_or_else(|| out_of_memory());
    }
    let moved = allocate(new);
    // SAFETY: both blocks have that many bytes, and a fresh block overlaps no other; the caller gives the old one up.
    unsafe {
        ptr::copy_nonoverlapping(block.as_ptr(), moved.as_ptr(), old_size.min(new_size));
        free(block, old);
    }
    moved
}

/// How many blocks are in use on this thread. A program that has released all its values is back where it began.
pub fn live_objects() -> usize {
    state::with(|state| state.heap.live.get())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn classes_are_tight_and_ordered() {
        for size in 1..200_000 {
            let class = class_of(size);
            assert!(class_size(class) >= size, "{size}");
            assert!(class == 0 || class_size(class - 1) < size, "{size}");
            assert!(class_size(class).is_multiple_of(16));
            assert_eq!(usable_size(usable_size(size)), usable_size(size));
            assert!(size <= 128 || class_size(class) * 4 <= size * 5 + 64, "a quarter is the most that is lost");
        }
        assert_eq!(class_size(SMALL_CLASSES - 1), SMALL_LIMIT);
        assert_eq!(class_of(0), 0);
        assert!(usable_size(MAX_SIZE) >= MAX_SIZE);
    }

    #[test]
    fn the_last_freed_block_is_the_next() {
        let block = allocate(100);
        // SAFETY: allocated above.
        unsafe { free(block, 100) };
        assert_eq!(allocate(112), block, "the same class");
        // SAFETY: allocated above.
        unsafe { free(block, 112) };
    }

    #[test]
    fn freed_mappings_are_reused() {
        let block = allocate(100_000);
        // SAFETY: allocated above.
        unsafe { free(block, 100_000) };
        assert_eq!(allocate(100_000), block);
        // SAFETY: allocated above.
        unsafe { free(block, 100_000) };
    }

    struct Block {
        start: NonNull<u8>,
        size: usize,
        fill: u8,
    }

    impl Block {
        fn fill(&self, from: usize) {
            // SAFETY: the block has `size` bytes.
            unsafe { ptr::write_bytes(self.start.as_ptr().add(from), self.fill, self.size - from) };
        }

        fn check(&self, len: usize) {
            // SAFETY: the block has `size >= len` bytes, filled before.
            let bytes = unsafe { core::slice::from_raw_parts(self.start.as_ptr(), len) };
            assert!(bytes.iter().all(|&b| b == self.fill));
            assert!((self.start.as_ptr() as usize).is_multiple_of(16));
        }
    }

    #[test]
    fn random_pattern_keeps_blocks_apart() {
        let before = live_objects();
        let mut random = crate::number::tests::Random(42);
        let mut blocks: Vec<Block> = Vec::new();
        for step in 0..50_000_usize {
            let size = 1 + (random.next() as usize) % (1 << (random.next() % 18));
            match random.next() % 4 {
                0 | 1 => {
                    let block = Block { start: allocate(size), size, fill: step as u8 };
                    block.fill(0);
                    blocks.push(block);
                }
                2 if !blocks.is_empty() => {
                    let block = blocks.swap_remove(random.next() as usize % blocks.len());
                    block.check(block.size);
                    // SAFETY: it is out of the list now.
                    unsafe { free(block.start, block.size) };
                }
                _ if !blocks.is_empty() => {
                    let at = random.next() as usize % blocks.len();
                    let block = &mut blocks[at];
                    let kept = block.size.min(size);
                    // SAFETY: the list gets the new address.
                    block.start = unsafe { reallocate(block.start, block.size, size) };
                    block.size = size;
                    block.check(kept);
                    block.fill(kept);
                }
                _ => {}
            }
        }
        assert_eq!(live_objects() - before, blocks.len());
        for block in blocks {
            block.check(block.size);
            // SAFETY: nothing uses it any more.
            unsafe { free(block.start, block.size) };
        }
        assert_eq!(live_objects(), before);
    }
}

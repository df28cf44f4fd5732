use super::*;
use crate::heap;
use crate::number::tests::Random;
use std::collections::BTreeMap;
use std::format;
use std::string::String;
use std::vec::Vec;

static INT1: LayoutDesc = LayoutDesc { size: 1, align: 1, n_counted: 0, counted: [] };
static INT2: LayoutDesc = LayoutDesc { size: 2, align: 2, n_counted: 0, counted: [] };
static INT4: LayoutDesc = LayoutDesc { size: 4, align: 4, n_counted: 0, counted: [] };

/// The offset of the reference follows the description.
#[repr(C)]
struct RefLayout(LayoutDesc, [u32; 1]);

static REF: RefLayout = RefLayout(LayoutDesc { size: 8, align: 8, n_counted: 1, counted: [] }, [0]);

/// Keys and their index, as a map has them; the model tells where each key is.
struct Set<K> {
    layout: *const LayoutDesc,
    index: *mut ArrayHeader,
    keys: *mut ArrayHeader,
    model: Vec<K>,
    places: BTreeMap<K, usize>,
}

impl<K: Ord + Clone + core::fmt::Debug> Set<K> {
    fn new(layout: *const LayoutDesc) -> Set<K> {
        Set { layout, index: array::empty(), keys: array::empty(), model: Vec::new(), places: BTreeMap::new() }
    }

    fn push<T>(&mut self, key: K, element: T) {
        self.places.insert(key.clone(), self.model.len());
        self.model.push(key);
        // SAFETY: as compiled code pushes.
        unsafe {
            self.keys = array::reserve(self.keys, self.layout, 1);
            self.keys.add(1).cast::<T>().add((*self.keys).len).write(element);
            (*self.keys).len += 1;
        }
    }

    fn swap_remove<T: Copy>(&mut self, position: usize) -> T {
        let key = self.model.swap_remove(position);
        self.places.remove(&key);
        if let Some(moved) = self.model.get(position) {
            self.places.insert(moved.clone(), position);
        }
        // SAFETY: as compiled code moves elements.
        unsafe {
            self.keys = array::unique(self.keys);
            (*self.keys).len -= 1;
            let elements = self.keys.add(1).cast::<T>();
            let old = elements.add(position).read();
            elements.add(position).write(elements.add((*self.keys).len).read());
            old
        }
    }

    fn check_shape(&self) {
        // SAFETY: alive, and not changed here.
        let slots = unsafe { elements::<u64>(self.index) };
        if slots.is_empty() {
            assert!(self.model.len() <= SMALL);
            return;
        }
        assert!(slots.len().is_power_of_two() && self.model.len() <= slots.len() / 4 * 3);
        assert_eq!(slots.iter().filter(|&&word| word != 0).count(), self.model.len());
    }
}

impl<K> Drop for Set<K> {
    fn drop(&mut self) {
        // SAFETY: owned.
        unsafe {
            object::release(self.index.cast());
            object::release(self.keys.cast());
        }
    }
}

/// Random additions, removals and searches of integers, as compiled code does them with elements of this type.
fn check_ints<T: Copy>(
    layout: &'static LayoutDesc,
    n: usize,
    make: impl Fn(i64) -> T,
    mut next: impl FnMut(&mut Random) -> i64,
) {
    let before = heap::live_objects();
    let mut random = Random(0x1234_5678_9abc_def1);
    let mut set = Set::new(layout);
    for step in 0..n {
        let key = next(&mut random);
        // SAFETY: index and keys belong together.
        unsafe {
            let found = find_int(set.index, set.keys, key);
            assert_eq!(found, set.places.get(&key).map_or(-1, |&at| at as i64), "{key}");
            // More is added than removed, then the other way round.
            let removes = random.next() % 8 < if step < n / 2 { 2 } else { 6 };
            if found < 0 && !removes {
                set.push(key, make(key));
                set.index = add_int(set.index, set.keys);
                assert_eq!(find_int(set.index, set.keys, key), set.model.len() as i64 - 1);
            } else if removes && !set.model.is_empty() {
                let position = random.next() as usize % set.model.len();
                let gone = set.model[position];
                set.index = remove_int(set.index, set.keys, position as i64);
                set.swap_remove::<T>(position);
                assert_eq!(find_int(set.index, set.keys, gone), -1);
            }
        }
        if step % 64 == 0 {
            set.check_shape();
        }
    }
    for (&key, &at) in &set.places {
        // SAFETY: as above.
        assert_eq!(unsafe { find_int(set.index, set.keys, key) }, at as i64);
    }
    drop(set);
    assert_eq!(heap::live_objects(), before);
}

#[test]
fn random_keys_of_all_sizes() {
    check_ints(&INT1, 2_000, |key| key as u8, |random| (random.next() % 2) as i64);
    check_ints(&INT1, 20_000, |key| key as i8, |random| i64::from(random.next() as i8));
    check_ints(&INT2, 50_000, |key| key as u16, |random| i64::from(random.next() as u16 & 0x0fff));
    check_ints(&INT2, 50_000, |key| key as i16, |random| i64::from(random.next() as i16));
    check_ints(&INT4, 50_000, |key| key as u32, |random| i64::from(random.next() as u32 % 5_000));
    check_ints(&INT4, 20_000, |key| key as i32, |random| i64::from(random.next() as i32 >> 20));
    check_ints(&SLOT, 100_000, |key| key, |random| random.next() as i64 % 20_000);
    check_ints(&SLOT, 50_000, |key| key, |random| random.next() as i64);
    check_ints(&SLOT, 5_000, |key| key, |random| random.next() as i64 % 12);
}

#[test]
fn keys_of_other_shapes_than_random() {
    let patterns: [fn(u64) -> i64; 5] = [
        |n| n as i64,
        |n| (n << 40) as i64,
        |n| (n << 52 | 0xabc) as i64,
        |n| (n * 4096) as i64,
        |n| (n as i64).wrapping_neg() << 12,
    ];
    for pattern in patterns {
        let mut distance = 0;
        let n = 3 << 10;
        let mut slots = std::vec![0; n / 3 * 4];
        for key in 0..n as u64 {
            let hash = hash_int(pattern(key) as u64);
            insert(slots.as_mut_slice(), hash, key as usize);
        }
        for (at, &word) in slots.iter().enumerate() {
            if word != 0 {
                distance += at.wrapping_sub(home(hash_of_slot(word), slots.len())) & (slots.len() - 1);
            }
        }
        // Random hashes have 1.5 on average at this load; the few collisions of all 32 bits add nothing.
        assert!(distance < 3 * n, "{} on average", distance as f64 / n as f64);
    }
    check_ints(&SLOT, 30_000, |key| key, |random| ((random.next() % 4_000) << 44) as i64);
    check_ints(&SLOT, 30_000, |key| key, |random| ((random.next() % 4_000) << 50 | 77) as i64);
}

#[test]
fn equal_hashes_are_told_apart() {
    // All keys have one hash: the table is a list, but right.
    let mut slots = std::vec![0; 64];
    for position in 0..40 {
        insert(slots.as_mut_slice(), u32::MAX, position);
    }
    for wanted in 0..40 {
        assert_eq!(find(slots.as_slice(), u32::MAX, |position| position == wanted), Some(wanted));
    }
    assert_eq!(find(slots.as_slice(), u32::MAX, |_| false), None);
    for last in (10..40).rev() {
        remove(slots.as_mut_slice(), 5, last, |_| u32::MAX);
        assert_eq!(find(slots.as_slice(), u32::MAX, |position| position == 5), Some(5));
        assert_eq!(find(slots.as_slice(), u32::MAX, |position| position == last), None);
    }
    assert_eq!(slots.iter().filter(|&&word| word != 0).count(), 10);
}

#[test]
fn random_texts() {
    let before = heap::live_objects();
    let mut random = Random(99);
    let mut set = Set::<String>::new((&raw const REF).cast());
    let text = |random: &mut Random| match random.next() % 16 {
        0 => String::new(),
        1 => "é".repeat(random.next() as usize % 40),
        2 => "a".repeat(random.next() as usize % 40),
        _ => format!("word{}", random.next() % 3_000),
    };
    for step in 0..50_000 {
        let key = text(&mut random);
        let object = Str::from_str(&key);
        // SAFETY: index and keys belong together.
        unsafe {
            let found = find_str(set.index, set.keys, object.as_raw());
            assert_eq!(found, set.places.get(&key).map_or(-1, |&at| at as i64), "{key}");
            if found < 0 {
                set.push(key, object.clone().into_raw());
                // Somebody else refers to the index now and then.
                let other = set.index;
                let is_shared = step % 7 == 0;
                if is_shared {
                    object::retain(other.cast());
                }
                set.index = add_str(set.index, set.keys);
                if is_shared {
                    let n = elements::<u64>(other).iter().filter(|&&word| word != 0).count();
                    assert!(n == 0 || n == set.model.len() - 1);
                    object::release(other.cast());
                }
            } else if random.next().is_multiple_of(2) {
                set.index = remove_str(set.index, set.keys, found);
                drop(Str::from_raw(set.swap_remove::<*mut StrHeader>(found as usize)));
                assert_eq!(find_str(set.index, set.keys, object.as_raw()), -1);
            }
        }
        set.check_shape();
    }
    drop(set);
    assert_eq!(heap::live_objects(), before);
}

#[test]
fn hashes_of_texts_depend_on_every_byte_and_the_length() {
    for len in 0..70_usize {
        let text: Vec<u8> = (0..len).map(|i| (i * 37 + 11) as u8).collect();
        let hash = hash_bytes(&text);
        for i in 0..len {
            let mut other = text.clone();
            other[i] ^= 1;
            assert_ne!(hash_bytes(&other), hash, "byte {i} of {len}");
        }
        let mut longer = text.clone();
        longer.push(0);
        assert_ne!(hash_bytes(&longer), hash);
    }
    let mut hashes: Vec<u32> = (0..20_000).map(|n| hash_bytes(format!("word{n}").as_bytes())).collect();
    hashes.sort_unstable();
    hashes.dedup();
    // Of 20 000 random numbers of 32 bits hardly two are equal.
    assert!(hashes.len() > 19_995, "{}", hashes.len());
}

#[test]
fn room_grows_by_doubling() {
    assert_eq!((needed_slots(0, SMALL), needed_slots(0, SMALL + 1)), (None, Some(16)));
    assert_eq!((needed_slots(16, 12), needed_slots(16, 13)), (None, Some(32)));
    assert_eq!(needed_slots(1 << 20, (1 << 20) / 4 * 3 + 1), Some(1 << 21));
}

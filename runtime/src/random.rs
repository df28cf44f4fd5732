//! The random generator of programs: SplitMix64 (Steele, Lea, Flood 2014), whose state begins as the seed.
//!
//! Whoever runs a program may [`set_seed`]. Else the first draw takes the seed from the environment variable
//! `RESILIENT_SEED`, and else makes one of clock and process and tells it on standard error, so that a run can be repeated.

use crate::state;
#[cfg(not(target_os = "none"))]
use crate::{fault, number::IntText, output, sys};
use core::cell::Cell;

/// The generator.
pub(crate) struct Random {
    /// None before the first draw.
    state: Cell<Option<u64>>,
}

impl Random {
    pub(crate) const fn new() -> Random {
        Random { state: Cell::new(None) }
    }
}

/// Begins anew with this seed.
pub fn set_seed(seed: u64) {
    state::with(|state| state.random.state.set(Some(seed)));
}

/// The seed in decimal, if it is one.
pub fn parse_seed(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |seed, &octet| match octet {
        b'0'..=b'9' => seed.checked_mul(10)?.checked_add(u64::from(octet - b'0')),
        _ => None,
    })
}

/// Where there is no operating system, every run begins the same.
#[cfg(target_os = "none")]
fn first_state() -> u64 {
    0xdead_beef_cafe_f00d
}

#[cfg(not(target_os = "none"))]
fn first_state() -> u64 {
    if let Some(seed) = sys::with_variable(b"RESILIENT_SEED", parse_seed).flatten() {
        return seed;
    }
    let varying = sys::monotonic_nanoseconds() ^ (u64::from(sys::process_id()) << 32);
    let seed = mix(varying) | 1;
    // What the program wrote before comes first.
    output::flush();
    fault::write_error(&["seed=", IntText::unsigned(seed).as_str(), "\n"]);
    seed
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The next number.
pub(crate) fn random_next() -> i64 {
    let before = state::with(|state| state.random.state.get()).unwrap_or_else(first_state);
    let after = before.wrapping_add(0x9e37_79b9_7f4a_7c15);
    state::with(|state| state.random.state.set(Some(after)));
    mix(after) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_splitmix64() {
        let draw = |seed| {
            set_seed(seed);
            [random_next() as u64, random_next() as u64]
        };
        assert_eq!(draw(0), [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4]);
        assert_eq!(draw(42), [0xbdd7_3226_2feb_6e95, 0x28ef_e333_b266_f103]);
        assert_eq!(draw(u64::MAX), [0xe4d9_7177_1b65_2c20, 0xe99f_f867_dbf6_82c9]);
    }

    #[test]
    fn seeds_are_decimal() {
        assert_eq!(parse_seed(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!([&b""[..], b"18446744073709551616", b"-1", b"0x1"].map(parse_seed), [None; 4]);
    }
}

//! Indices and bounds of arrays and strings: what they mean, and the faults of bad ones.
//!
//! A negative index or bound counts from the end. An index must then be in the sequence; bounds are cut down to it, but
//! the lower one must not exceed the upper one before that.

use crate::fault::FaultText;
use crate::number::IntText;
use core::ops::Range;

/// Stands for a missing upper bound, if it is not included.
pub const NO_UPPER_BOUND: i64 = i64::MAX;

/// The place in a sequence of `len` that an index names.
#[inline]
pub fn resolve_index(index: i64, len: usize) -> Option<usize> {
    let place = if index < 0 { index.wrapping_add(len as i64) } else { index };
    usize::try_from(place).ok().filter(|&place| place < len)
}

/// The part of a sequence of `len` between two bounds, `hi` being part of it if `inclusive`. See [`NO_UPPER_BOUND`].
pub fn slice_bounds(lo: i64, hi: i64, inclusive: bool, len: usize) -> Result<Range<usize>, FaultText> {
    let n = len as i64;
    let from_end = |bound: i64| if bound < 0 { bound.wrapping_add(n).max(0) } else { bound };
    let hi = if hi == NO_UPPER_BOUND && !inclusive { n } else { hi };
    let start = from_end(lo);
    let end = from_end(hi).saturating_add(i64::from(inclusive));
    if start > end {
        return Err(slice_fault(lo, hi));
    }
    Ok(start.min(n) as usize..end.min(n) as usize)
}

#[cold]
fn slice_fault(lo: i64, hi: i64) -> FaultText {
    let (lo, hi) = (IntText::new(lo), IntText::new(hi));
    FaultText::new(&["slice lower bound ", lo.as_str(), " exceeds upper bound ", hi.as_str()])
}

/// The fault of an array index.
#[cold]
pub fn index_fault(index: i64, len: i64) -> FaultText {
    let (index, len) = (IntText::new(index), IntText::new(len));
    FaultText::new(&["Index ", index.as_str(), " out of bounds for array of length ", len.as_str()])
}

/// The fault of an array index in a place that is assigned to; `dim` counts the indices of the place from 1.
#[cold]
pub fn index_dim_fault(index: i64, len: i64, dim: i64) -> FaultText {
    let dim = IntText::new(dim);
    FaultText::new(&[index_fault(index, len).as_str(), " at dim ", dim.as_str()])
}

/// The fault of a string index.
#[cold]
pub fn string_index_fault(index: i64, len: i64) -> FaultText {
    let (index, len) = (IntText::new(index), IntText::new(len));
    FaultText::new(&["String index ", index.as_str(), " out of bounds for length ", len.as_str()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::{String, ToString};

    #[test]
    fn indices_count_from_both_ends() {
        let good = [(0, Some(0)), (2, Some(2)), (-1, Some(2)), (-3, Some(0))];
        let bad = [3, -4, i64::MAX, i64::MIN].map(|index| (index, None));
        for (index, place) in good.into_iter().chain(bad) {
            assert_eq!(resolve_index(index, 3), place, "{index}");
        }
        assert_eq!(resolve_index(0, 0), None);
        assert_eq!(resolve_index(-1, 0), None);
    }

    #[test]
    fn bounds_are_cut_down() {
        let bounds = |lo, hi, inclusive| slice_bounds(lo, hi, inclusive, 3).map_err(|fault| fault.as_str().to_string());
        let fault = |lo: i64, hi: i64| {
            Err(String::from("slice lower bound ") + &lo.to_string() + " exceeds upper bound " + &hi.to_string())
        };
        assert_eq!(bounds(0, 2, false), Ok(0..2));
        assert_eq!(bounds(0, 2, true), Ok(0..3));
        assert_eq!(bounds(-9, 2, false), Ok(0..2));
        assert_eq!(bounds(5, 9, false), Ok(3..3));
        assert_eq!(bounds(3, 2, true), Ok(3..3));
        assert_eq!(bounds(4, 2, true), fault(4, 2));
        assert_eq!(bounds(0, -5, true), Ok(0..1));
        assert_eq!(bounds(-1, -3, false), fault(-1, -3));
        assert_eq!(bounds(1, NO_UPPER_BOUND, false), Ok(1..3));
        assert_eq!(bounds(0, i64::MAX, true), Ok(0..3));
        assert_eq!(bounds(5, NO_UPPER_BOUND, false), fault(5, 3));
        assert_eq!(bounds(i64::MIN, i64::MIN, false), Ok(0..0));
    }

    #[test]
    fn texts() {
        assert_eq!(index_fault(-4, 3).as_str(), "Index -4 out of bounds for array of length 3");
        assert_eq!(index_dim_fault(7, 3, 1).as_str(), "Index 7 out of bounds for array of length 3 at dim 1");
        assert_eq!(string_index_fault(9, 3).as_str(), "String index 9 out of bounds for length 3");
    }
}

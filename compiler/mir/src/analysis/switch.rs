//! How to make a switch of comparisons and tables.
//!
//! Cases are split in halves until they are few or dense: few are compared with one by one, dense ones go through a table.
//! The plan is made from the values of the cases alone; backends write it down with what they have.

use std::ops::Range;

/// Up to so many cases are compared with one by one.
const FEW: usize = 3;

/// A table may have so many times as many places as there are cases.
const SPARSE: u64 = 3;

/// Places a table has at most.
const MAX_TABLE: u64 = 4096;

/// A plan for some cases, which are given by index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SwitchPlan {
    /// Compare with the value of each of these cases; none equal (or no case): the default.
    Compare(Range<usize>),
    /// Subtract `first` and look into a table of `len` places; the default is in those without a case, and beyond.
    Table {
        /// The cases in the table.
        cases: Range<usize>,
        /// Value of the first place.
        first: i64,
        /// Number of places.
        len: usize,
    },
    /// What is less than the value of the case `at` goes on with the first plan, the rest with the second.
    Split {
        /// A case.
        at: usize,
        /// For lesser values.
        low: Box<SwitchPlan>,
        /// For greater values and that of the case.
        high: Box<SwitchPlan>,
    },
}

impl SwitchPlan {
    /// The plan for cases of these values, in ascending order.
    pub fn new(values: &[i64]) -> SwitchPlan {
        SwitchPlan::of(values, 0..values.len())
    }

    fn of(values: &[i64], cases: Range<usize>) -> SwitchPlan {
        if cases.len() <= FEW {
            return SwitchPlan::Compare(cases);
        }
        let first = values[cases.start];
        let span = values[cases.end - 1].wrapping_sub(first) as u64;
        if span < MAX_TABLE && span < SPARSE * cases.len() as u64 {
            return SwitchPlan::Table { cases, first, len: span as usize + 1 };
        }
        let at = cases.start + cases.len() / 2;
        let low = Box::new(SwitchPlan::of(values, cases.start..at));
        let high = Box::new(SwitchPlan::of(values, at..cases.end));
        SwitchPlan::Split { at, low, high }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The case that a plan finds for a value.
    fn find(plan: &SwitchPlan, values: &[i64], value: i64) -> Option<usize> {
        match plan {
            SwitchPlan::Compare(cases) => cases.clone().find(|&case| values[case] == value),
            SwitchPlan::Table { cases, first, len } => {
                let place = value.wrapping_sub(*first) as u64;
                (place < *len as u64).then(|| cases.clone().find(|&case| values[case] == value)).flatten()
            }
            SwitchPlan::Split { at, low, high } => find(if value < values[*at] { low } else { high }, values, value),
        }
    }

    #[test]
    fn every_case_is_found_and_nothing_else() {
        let lists: [&[i64]; 6] = [
            &[],
            &[7],
            &[0, 1, 2, 3, 4],
            &[i64::MIN, -1, 0, 1, 2, 3, i64::MAX],
            &[0, 1, 2, 3, 1000, 1001, 1003, 1004, 1 << 40, (1 << 40) + 1],
            &[i64::MIN, i64::MIN + 1, i64::MIN + 2, i64::MIN + 4, i64::MAX - 3, i64::MAX - 2, i64::MAX - 1, i64::MAX],
        ];
        for values in lists {
            let plan = SwitchPlan::new(values);
            for (case, &value) in values.iter().enumerate() {
                assert_eq!(find(&plan, values, value), Some(case));
                let beside = [value.wrapping_sub(1), value.wrapping_add(1)];
                for other in beside.into_iter().filter(|other| !values.contains(other)) {
                    assert_eq!(find(&plan, values, other), None, "{other} in {values:?}");
                }
            }
        }
    }

    #[test]
    fn dense_cases_share_a_table() {
        assert_eq!(SwitchPlan::new(&[3, 4, 6, 9]), SwitchPlan::Table { cases: 0..4, first: 3, len: 7 });
        assert!(matches!(SwitchPlan::new(&[0, 1, 2, 3, 1000, 1001, 1002, 1003]), SwitchPlan::Split { at: 4, .. }));
    }
}

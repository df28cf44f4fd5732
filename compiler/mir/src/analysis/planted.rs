//! Mistakes that tests plant into the analyses, to see that the random test would notice them. Elsewhere there are none.

/// A mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mistake {
    /// Sums and differences are taken not to wrap.
    NeverWraps,
    /// What is guessed about loops is not tested around them.
    NoInduction,
    /// Half of a sum is taken to be below the greater part.
    HalfIsBelow,
    /// `a <= b` is taken for `a < b`.
    LessForLessOrEqual,
    /// A loop's steps are taken to end one earlier than they may.
    ShortSteps,
    /// An index that passed its check is taken not to be negative.
    CheckedIndexFromStart,
    /// A remainder is taken to be below the divisor by one more.
    SmallRemainder,
}

#[cfg(not(test))]
pub(crate) const fn is_planted(_: Mistake) -> bool {
    false
}

#[cfg(test)]
pub(crate) use tests::is_planted;

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::Mistake::{self, *};
    use crate::ir::{FuncId, Module};
    use crate::pipeline::run_pass;
    use crate::{random_eval as eval, random_modules as generate};

    thread_local! {
        static PLANTED: Cell<Option<Mistake>> = const { Cell::new(None) };
    }

    pub(crate) fn is_planted(mistake: Mistake) -> bool {
        PLANTED.get() == Some(mistake)
    }

    const EDGES: [i64; 7] = [0, 1, 2, 10, -1, i64::MAX, i64::MIN];
    const FUEL: u64 = 1_000;

    fn runs(module: &Module) -> Vec<eval::Run> {
        let subject = FuncId::from_u32(generate::SUBJECT);
        let pairs = EDGES.iter().flat_map(|&a| [(a, 5), (a, a)]);
        pairs.map(|(a, b)| eval::run(module, subject, &[a, b], FUEL)).collect()
    }

    fn changes_meaning(seed: u64) -> bool {
        let before = generate::module(seed);
        let mut after = before.clone();
        run_pass("checks", &mut after);
        // Comparisons that are decided take as much fuel as they did.
        runs(&before) != runs(&after)
    }

    #[test]
    fn the_random_test_notices_mistakes() {
        const MAX_SEEDS: u64 = 500;
        for mistake in [
            NeverWraps,
            NoInduction,
            HalfIsBelow,
            LessForLessOrEqual,
            ShortSteps,
            CheckedIndexFromStart,
            SmallRemainder,
        ] {
            PLANTED.set(Some(mistake));
            let noticed = (1..MAX_SEEDS).find(|&seed| changes_meaning(seed));
            PLANTED.set(None);
            let seed = noticed.unwrap_or_else(|| panic!("{mistake:?} is not noticed"));
            assert!(!changes_meaning(seed), "seed {seed} shows a mistake that is not planted");
        }
    }
}

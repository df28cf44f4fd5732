//! Parallel moves: many places get new contents at once, all sources being read first.

use std::collections::HashMap;

/// A word of the window, by index.
pub(crate) type Place = u32;

/// One step of a parallel move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Copies.
    Move {
        /// To where.
        dst: Place,
        /// From where.
        src: Place,
    },
    /// Exchanges.
    Swap(Place, Place),
}

/// Puts the moves `(dst, src)`, all destinations distinct, in an order that has the same effect when done one by one.
///
/// A move is done when no pending move reads its destination. When none is left that can be done, the rest are cycles; `n`
/// places in a cycle take `n - 1` exchanges.
pub(crate) fn sequence(moves: &[(Place, Place)]) -> Vec<Step> {
    let moves: Vec<_> = moves.iter().copied().filter(|(dst, src)| dst != src).collect();
    let mut steps = Vec::with_capacity(moves.len());
    let source: HashMap<Place, Place> = moves.iter().copied().collect();
    let mut n_readers: HashMap<Place, u32> = HashMap::new();
    for &(_, src) in &moves {
        *n_readers.entry(src).or_default() += 1;
    }
    let is_read = |n_readers: &HashMap<Place, u32>, place| n_readers.get(&place).is_some_and(|&n| n > 0);
    let mut ready: Vec<Place> = moves.iter().map(|m| m.0).filter(|&dst| !is_read(&n_readers, dst)).collect();
    ready.reverse();
    let mut done: HashMap<Place, ()> = HashMap::new();
    while let Some(dst) = ready.pop() {
        let src = source[&dst];
        steps.push(Step::Move { dst, src });
        done.insert(dst, ());
        if let Some(n) = n_readers.get_mut(&src) {
            *n -= 1;
            if *n == 0 && source.contains_key(&src) {
                ready.push(src);
            }
        }
    }
    for &(first, _) in &moves {
        let mut place = first;
        while done.insert(place, ()).is_none() {
            let src = source[&place];
            // The last exchange of the cycle has put the old content of the first place where it belongs.
            if src != first {
                steps.push(Step::Swap(place, src));
            }
            place = src;
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(moves: &[(Place, Place)]) -> usize {
        let mut places: Vec<u32> = (0..64).collect();
        let mut expected = places.clone();
        for &(dst, src) in moves {
            expected[dst as usize] = src;
        }
        let steps = sequence(moves);
        for step in &steps {
            match *step {
                Step::Move { dst, src } => places[dst as usize] = places[src as usize],
                Step::Swap(a, b) => places.swap(a as usize, b as usize),
            }
        }
        assert_eq!(places, expected, "{moves:?}: {steps:?}");
        steps.len()
    }

    #[test]
    fn cycles_and_chains() {
        assert_eq!(check(&[]), 0);
        assert_eq!(check(&[(1, 1)]), 0);
        assert_eq!(check(&[(1, 2), (2, 1)]), 1);
        assert_eq!(check(&[(1, 2), (2, 3), (3, 1)]), 2);
        assert_eq!(check(&[(1, 2), (2, 3), (3, 4)]), 3);
        assert_eq!(check(&[(1, 2), (2, 1), (3, 1), (4, 1)]), 3);
    }

    #[test]
    fn random_moves() {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut random = |n: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % n
        };
        for round in 0..20_000 {
            let n_places = 1 + random(1 + round % 40);
            let mut dsts: Vec<Place> = (0..n_places as Place).collect();
            for i in (1..dsts.len()).rev() {
                dsts.swap(i, random(i as u64 + 1) as usize);
            }
            dsts.truncate(random(n_places + 1) as usize);
            let permutation = random(3) == 0;
            let sources = dsts.clone();
            let moves: Vec<_> = dsts
                .iter()
                .enumerate()
                .map(|(i, &dst)| {
                    let src = if permutation { sources[(i + 1) % sources.len()] } else { random(n_places) as Place };
                    (dst, src)
                })
                .collect();
            check(&moves);
        }
    }
}

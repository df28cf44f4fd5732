//! Names close to one that was not found.

/// The names nearest to `name`, at most three, best first and then by alphabet.
pub fn near_names<'n>(name: &str, candidates: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    let mut found = all_near(name, candidates);
    found.truncate(3);
    found
}

/// Like [`near_names`]; of names that mean the same, the best.
pub fn near_meanings<'n, M: PartialEq>(
    name: &str,
    candidates: impl IntoIterator<Item = &'n str>,
    meaning: impl Fn(&str) -> M,
) -> Vec<&'n str> {
    let mut found: Vec<&str> = Vec::new();
    for near in all_near(name, candidates) {
        if !found.iter().any(|known| meaning(known) == meaning(near)) {
            found.push(near);
        }
    }
    found.truncate(3);
    found
}

fn all_near<'n>(name: &str, candidates: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    let limit = match name.chars().count() {
        0..=3 => 1,
        4..=5 => 2,
        _ => 3,
    };
    let mut found: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter(|candidate| *candidate != name && !candidate.starts_with('$'))
        .filter_map(|candidate| distance(name, candidate, limit).map(|d| (d, candidate)))
        // A short name has nothing in common with one that differs in every letter.
        .filter(|&(d, candidate)| d < candidate.chars().count().max(name.chars().count()))
        .collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().map(|(_, candidate)| candidate).collect()
}

/// `` — did you mean `y`, `z`?``, or nothing.
pub fn did_you_mean<'n>(name: &str, candidates: impl IntoIterator<Item = &'n str>) -> String {
    in_words(&near_names(name, candidates))
}

/// `` — did you mean `y`, `z`?``, or nothing.
pub fn in_words(near: &[&str]) -> String {
    if near.is_empty() {
        return String::new();
    }
    let list: Vec<String> = near.iter().map(|n| format!("`{n}`")).collect();
    format!(" — did you mean {}?", list.join(", "))
}

/// Number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal string
/// alignment), if at most `limit`.
fn distance(a: &str, b: &str, limit: usize) -> Option<usize> {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before_last[j - 2] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|&d| d <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_first_and_at_most_three() {
        let names = ["count", "counts", "account", "mount", "zebra", "cuont"];
        assert_eq!(near_names("coutn", names), ["count", "counts", "cuont"]);
        assert_eq!(near_names("zzz", names), [""; 0]);
    }

    #[test]
    fn swaps_count_once() {
        assert_eq!(distance("lenght", "length", 2), Some(1));
        assert_eq!(distance("abc", "xyz", 2), None);
        assert_eq!(distance("", "ab", 2), Some(2));
    }

    #[test]
    fn one_spelling_of_each() {
        let near = near_meanings("strng", ["String", "string", "strong"], |name| name.to_lowercase());
        assert_eq!(near, ["string", "strong"]);
    }

    #[test]
    fn short_names_need_something_in_common() {
        assert_eq!(near_names("x", ["y", "xs"]), ["xs"]);
    }

    #[test]
    fn text_for_messages() {
        assert_eq!(did_you_mean("prnt", ["print", "println"]), " — did you mean `print`?");
        assert_eq!(did_you_mean("q", ["print"]), "");
    }
}

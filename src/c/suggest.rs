//! "Did you mean …".

/// The candidate nearest to `wanted`, if it is near enough to be a slip.
pub(crate) fn closest<'a>(
    wanted: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Option<String> {
    // A third of the letters may be wrong.
    let limit = (wanted.chars().count() / 3).max(1);
    candidates
        .filter(|candidate| *candidate != wanted && !candidate.starts_with("__c2aya"))
        .filter(|candidate| candidate.len().abs_diff(wanted.len()) <= limit)
        .map(|candidate| (distance(wanted, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

/// Edit distance: insertions, deletions, substitutions and swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut previous = None;
    for (row, x) in a.chars().enumerate() {
        let mut current = vec![row + 1];
        for (column, y) in b.iter().enumerate() {
            let get = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX - 1);
            let mut best = (get(&last, column) + usize::from(x != *y))
                .min(get(&last, column + 1) + 1)
                .min(get(&current, column) + 1);
            let swapped = column
                .checked_sub(1)
                .is_some_and(|left| previous == Some(*y) && b.get(left) == Some(&x));
            if swapped {
                best = best.min(get(&before, column - 1) + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut last, current);
        previous = Some(x);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wanted: &str, candidates: &[&str], expected: Option<&str>) {
        assert_eq!(
            closest(wanted, candidates.iter().copied()).as_deref(),
            expected
        );
    }

    #[test]
    fn slips_are_found() {
        check("filenmae", &["filename", "pid"], Some("filename"));
        check("pdi", &["pid", "uid"], Some("pid"));
        check("count", &["counts", "mount"], Some("counts"));
        check("x", &["count"], None);
        check("commm", &["comm", "common"], Some("comm"));
        check(
            "bpf_get_current_comm",
            &["bpf_get_current_com"],
            Some("bpf_get_current_com"),
        );
    }
}

//! Lines of C and Rust that correspond, and lines of C that changed.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

/// Lines of Rust, and the lines of C that they were made from; both from 1, ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[u32; 4]", into = "[u32; 4]")]
pub struct Link {
    /// First and last line of Rust.
    pub rust: (u32, u32),
    /// First and last line of C.
    pub c: (u32, u32),
}

impl From<[u32; 4]> for Link {
    fn from([a, b, c, d]: [u32; 4]) -> Self {
        Self {
            rust: (a, b),
            c: (c, d),
        }
    }
}

impl From<Link> for [u32; 4] {
    fn from(link: Link) -> Self {
        [link.rust.0, link.rust.1, link.c.0, link.c.1]
    }
}

/// The links of a file.
///
/// `origins` are lines of `marked`, from 0, and the lines of C, from 1, of the statement or item
/// that begins there. `marked` may be laid out a little differently than `main`, which is a part of
/// `text`.
pub fn links(
    marked: &str,
    origins: &[(usize, u32, u32)],
    main: &str,
    text: &str,
    c: &str,
) -> Vec<Link> {
    let Some(before) = text.find(main) else {
        return Vec::new();
    };
    let offset = text.get(..before).unwrap_or_default().lines().count();
    let lines: Vec<&str> = main.lines().collect();
    let places = align(&marked.lines().collect::<Vec<_>>(), &lines);
    // Where each origin begins in `main`.
    let mut starts: Vec<(usize, u32, u32)> = Vec::new();
    for &(line, first, last) in origins {
        if let Some(&Some(place)) = places.get(line) {
            // A declaration's statement may begin on the line of what it is merged into.
            match starts.last_mut() {
                Some(same) if same.0 == place => *same = (place, first, last),
                _ => starts.push((place, first, last)),
            }
        }
    }
    let c_lines: Vec<&str> = c.lines().collect();
    let closing = |line: &str| {
        line.trim()
            .chars()
            .all(|char| matches!(char, '}' | ')' | ';' | ' '))
    };
    let mut found = Vec::new();
    for (at, &(start, first, last)) in starts.iter().enumerate() {
        let end = starts.get(at + 1).map_or(lines.len(), |next| next.0);
        let mut end = end.max(start + 1);
        // A statement ends with its function, if not before.
        let indented = |line: usize| lines.get(line).is_some_and(|line| line.starts_with(' '));
        if indented(start) {
            let function = (start..end)
                .find(|&line| lines.get(line).is_some_and(|line| line.starts_with('}')));
            end = function.unwrap_or(end);
        }
        // What only ends, is empty, or belongs to what follows isn't a part of it.
        while end > start + 1
            && lines.get(end - 1).is_some_and(|line| {
                closing(line)
                    || line.trim_start().starts_with("//")
                    || line.trim_start().starts_with("#[")
            })
        {
            end -= 1;
        }
        // What stands in it has lines of its own.
        let inner = origins
            .iter()
            .filter(|origin| origin.1 > first && origin.1 <= last)
            .map(|origin| origin.1)
            .min();
        let mut last = inner
            .map_or(last, |inner| inner.saturating_sub(1))
            .max(first);
        while last > first
            && c_lines
                .get(last as usize - 1)
                .is_some_and(|line| closing(line))
        {
            last -= 1;
        }
        let number = |line: usize| u32::try_from(line + offset + 1).unwrap_or(u32::MAX);
        found.push(Link {
            rust: (number(start), number(end - 1)),
            c: (first, last),
        });
    }
    found
}

/// Where each line of `a` is in `b`, which has nearly the same lines in the same order.
fn align(a: &[&str], b: &[&str]) -> Vec<Option<usize>> {
    /// How far lines may be shifted against each other.
    const WINDOW: usize = 200;
    let mut places = Vec::with_capacity(a.len());
    let mut next = 0;
    for line in a {
        let found = if line.trim().is_empty() {
            b.get(next)
                .filter(|line| line.trim().is_empty())
                .map(|_| next)
        } else {
            let rest = b.iter().enumerate().skip(next).take(WINDOW);
            let mut rest = rest.filter(|(_, other)| other.trim() == line.trim());
            rest.next().map(|(at, _)| at)
        };
        places.push(found);
        if let Some(at) = found {
            next = at + 1;
        }
    }
    // What was laid out differently begins where the line before it ended.
    let mut filled = 0;
    for place in &mut places {
        match place {
            Some(at) => filled = *at + 1,
            None => *place = (filled < b.len()).then_some(filled),
        }
    }
    places
}

/// Four letters for each line.
pub fn fingerprints(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for line in text.lines() {
        let _ = write!(out, "{:04x}", fingerprint(line));
    }
    out
}

fn fingerprint(line: &str) -> u16 {
    // FNV-1a, folded.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in line.trim_end().bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let folded = hash ^ (hash >> 32);
    u16::try_from((folded ^ (folded >> 16)) & 0xffff).unwrap_or_default()
}

/// The lines of `text` that are new since its fingerprints were taken, and how many went: ranges of
/// lines from 1.
pub fn changed(fingerprints: &str, text: &str) -> (Vec<(u32, u32)>, usize) {
    let old: Vec<&str> = (0..fingerprints.len() / 4)
        .filter_map(|at| fingerprints.get(at * 4..at * 4 + 4))
        .collect();
    let new: Vec<String> = text
        .lines()
        .map(|line| format!("{:04x}", fingerprint(line)))
        .collect();
    let same = |a: &&str, b: &String| *a == b.as_str();
    let head = old.iter().zip(&new).take_while(|(a, b)| same(a, b)).count();
    let rest = old.len().min(new.len()) - head;
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(rest)
        .take_while(|(a, b)| same(a, b))
        .count();
    let (old, new) = (
        old.get(head..old.len() - tail).unwrap_or_default(),
        new.get(head..new.len() - tail).unwrap_or_default(),
    );
    // Lines in between that stayed; a line that occurs twice counts as often.
    let mut known: HashMap<&str, usize> = HashMap::new();
    for line in old {
        *known.entry(line).or_default() += 1;
    }
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    let mut kept = 0;
    for (number, line) in (head + 1..).zip(new) {
        if let Some(count) = known.get_mut(line.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            kept += 1;
            continue;
        }
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        match ranges.last_mut() {
            Some(last) if last.1 + 1 == number => last.1 = number,
            _ => ranges.push((number, number)),
        }
    }
    (ranges, old.len() - kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_found_by_fingerprints() {
        let check = |old: &str, new: &str, expected: (Vec<(u32, u32)>, usize)| {
            assert_eq!(
                changed(&fingerprints(old), new),
                expected,
                "{old:?} {new:?}"
            );
        };
        check("a\nb\nc\n", "a\nb\nc\n", (vec![], 0));
        check("a\nb\nc\n", "a\nx\nc\n", (vec![(2, 2)], 1));
        check("a\nb\nc\n", "a\nb\nx\ny\nc\n", (vec![(3, 4)], 0));
        check("a\nb\nc\n", "a\nc\n", (vec![], 1));
        check("a\nb\nc\nd\n", "x\nb\nc\ny\n", (vec![(1, 1), (4, 4)], 2));
        check("", "a\n", (vec![(1, 1)], 0));
    }

    #[test]
    fn lines_that_only_end_belong_to_nothing() {
        let c = "int f(void)\n{\n\tif (a)\n\t\tb();\n\treturn 0;\n}\n";
        let marked = "fn f() {\n    if a {\n        b();\n    }\n    0\n}\n";
        let text = format!("// head\n\n{marked}");
        let found = links(
            marked,
            &[(0, 1, 6), (1, 3, 4), (2, 4, 4), (4, 5, 5)],
            marked.trim(),
            &text,
            c,
        );
        let plain: Vec<[u32; 4]> = found.into_iter().map(Into::into).collect();
        assert_eq!(
            plain,
            [[3, 3, 1, 2], [4, 4, 3, 3], [5, 5, 4, 4], [7, 7, 5, 5]]
        );
    }

    #[test]
    fn a_line_that_was_laid_out_differently_begins_where_it_should() {
        let marked = ["a(|| {", "    x", "});", "b"];
        let plain = ["a(|| x);", "b"];
        assert_eq!(align(&marked, &plain), [Some(0), Some(0), Some(0), Some(1)]);
    }
}

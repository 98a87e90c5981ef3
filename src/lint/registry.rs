//! All rules.

use super::{Rule, rules};

/// Every rule, by code.
pub fn all() -> &'static [&'static Rule] {
    rules::ALL
}

/// The rule of that code (`L0504`) or name (`deprecated-probe-read`).
pub fn find(name: &str) -> Option<&'static Rule> {
    all()
        .iter()
        .copied()
        .find(|rule| rule.code.id.eq_ignore_ascii_case(name) || rule.code.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::rule::Category;

    #[test]
    fn codes_are_in_order_and_of_their_category() {
        let ids: Vec<_> = all().iter().map(|rule| rule.code.id).collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(ids, sorted);
        for rule in all() {
            let category = match rule.code.id.get(..3) {
                Some("L00") => Category::Lint,
                Some("L01") => Category::Arguments,
                Some("L02") => Category::Convention,
                Some("L03") => Category::Quirks,
                Some("L04") => Category::SystemCalls,
                Some("L05") => Category::Memory,
                Some("L06") => Category::Leaks,
                Some("L07") => Category::State,
                Some("L08") => Category::Portability,
                _ => panic!("{} belongs to no category", rule.code.id),
            };
            assert_eq!(rule.category, category, "{}", rule.code.id);
        }
    }

    #[test]
    fn every_rule_has_a_manual_page() {
        for rule in all() {
            let (name, doc) = (rule.code.name, rule.doc());
            assert!(!rule.summary().is_empty(), "{name}");
            for part in ["## Why it matters", "## Example"] {
                assert!(doc.contains(part), "{name} lacks {part}");
            }
            let fix = doc.contains("## Fix");
            assert_eq!(fix, rule.fix.is_some(), "{name}: `## Fix` and `fix`");
        }
    }
}

//! All rules, and the codes that other stages report.

use std::sync::OnceLock;

use super::{Category, Confidence, Rule, rules};
use crate::diag::{Code, Severity};

/// Every rule, by code.
pub fn all() -> &'static [&'static Rule] {
    rules::ALL
}

/// The rule of that code (`L0503`) or name (`deprecated-probe-read`).
pub fn find(name: &str) -> Option<&'static Rule> {
    all()
        .iter()
        .copied()
        .find(|rule| rule.code.id.eq_ignore_ascii_case(name) || rule.code.name == name)
}

/// What can be said about a code in one line.
#[derive(Clone, Debug)]
pub struct Known {
    /// The code.
    pub code: Code,
    /// One sentence without a full stop.
    pub summary: String,
    /// How bad it is.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// What it is about.
    pub category: Category,
    /// The rule; none for what reading and porting report.
    pub rule: Option<&'static Rule>,
}

/// Every code that `lint` can report: those of rules, then those of reading and porting.
pub fn codes() -> &'static [Known] {
    static CODES: OnceLock<Vec<Known>> = OnceLock::new();
    CODES.get_or_init(|| {
        let rules = all().iter().map(|rule| Known {
            code: rule.code,
            summary: rule.summary(),
            severity: rule.severity,
            confidence: rule.confidence,
            category: rule.category,
            rule: Some(rule),
        });
        let mut others: Vec<_> = SOURCES.iter().flat_map(|text| declared(text)).collect();
        others.sort_by_key(|known| known.code);
        rules.chain(others).collect()
    })
}

/// What is known of the code with that id or name.
pub fn known(name: &str) -> Option<&'static Known> {
    let same = |code: Code| code.id.eq_ignore_ascii_case(name) || code.name == name;
    codes().iter().find(|known| same(known.code))
}

/// Whether a rule says what the port says by `port`, which isn't said twice of one place.
pub fn says_the_same(rule: Code, port: Code) -> bool {
    rules::SAME.contains(&(rule, port))
}

/// The files that declare the codes of reading and porting, each with a comment that explains it.
const SOURCES: &[&str] = &[
    include_str!("../source/codes.rs"),
    include_str!("../c/codes.rs"),
    include_str!("../lower/codes.rs"),
    include_str!("../emit/mod.rs"),
    include_str!("../emit/loader/options.rs"),
    include_str!("../port.rs"),
    include_str!("../quirks/mod.rs"),
];

/// `pub const NAME: Code = Code::new("E0301", "unknown-section");` with the comment above it.
fn declared(text: &'static str) -> Vec<Known> {
    let mut found = Vec::new();
    let mut doc = Vec::new();
    for line in text.lines() {
        if let Some(comment) = line.trim_start().strip_prefix("/// ") {
            doc.push(comment);
            continue;
        }
        let doc = std::mem::take(&mut doc).join(" ");
        let mut strings = line.split('"').skip(1).step_by(2);
        if let (true, Some(id), Some(name)) =
            (line.contains("Code::new("), strings.next(), strings.next())
        {
            let porting = id.get(1..3) >= Some("03");
            found.push(Known {
                code: Code { id, name },
                summary: doc.strip_suffix('.').unwrap_or(&doc).to_owned(),
                // Of what is ported, an architecture that was named weighs most.
                severity: match (porting && id != "E0502", id.starts_with('E')) {
                    (true, _) => Severity::Note,
                    (false, true) => Severity::Error,
                    (false, false) => Severity::Warning,
                },
                confidence: Confidence::High,
                category: if porting {
                    Category::Portability
                } else {
                    Category::Lint
                },
                rule: None,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_in_order_and_of_their_category() {
        let ids: Vec<_> = all().iter().map(|rule| rule.code.id).collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(ids, sorted);
        for rule in all() {
            let prefix = rule.category.prefix();
            assert!(rule.code.id.starts_with(prefix), "{}", rule.code.id);
        }
    }

    #[test]
    fn no_rule_is_hidden_by_default() {
        let shown = crate::lint::Settings::default().confidence;
        assert!(all().iter().all(|rule| rule.confidence >= shown));
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

    #[test]
    fn codes_of_other_stages_are_known() {
        let section = known("unknown-section").unwrap();
        assert_eq!(section.code.id, "E0301");
        assert_eq!(section.summary, "A section that names no program type");
        assert_eq!(section.category, Category::Portability);
        assert!(codes().iter().all(|known| !known.summary.is_empty()));
    }
}

//! `c2aya rules` and `c2aya explain`: what is known of rules and codes.

use serde::Serialize;

use super::Outcome;
use crate::{
    c::suggest::closest,
    diag::Severity,
    lint::{
        Applicability, Category, Confidence,
        registry::{self, Known},
    },
};

/// List what `lint` looks for
#[derive(Debug, clap::Args)]
pub struct Args {
    /// As JSON, with the manual pages
    #[arg(long)]
    json: bool,
}

/// Tell what a code means
#[derive(Debug, clap::Args)]
pub struct Explain {
    /// The code (`L0503`, `E0301`) or the name (`deprecated-probe-read`)
    code: String,
}

#[derive(Serialize)]
struct Item {
    code: &'static str,
    name: &'static str,
    summary: &'static str,
    severity: Severity,
    confidence: Confidence,
    category: Category,
    fix: Option<Applicability>,
    doc: Option<String>,
}

impl Args {
    /// Does it.
    pub fn run(&self) -> Outcome {
        let text = if self.json {
            let items: Vec<_> = registry::codes().iter().map(item).collect();
            serde_json::to_string_pretty(&items).map(|text| text + "\n")
        } else {
            Ok(registry::codes().iter().map(line).collect())
        };
        match text {
            Ok(text) => print(&text),
            Err(error) => fail(&error.to_string()),
        }
    }
}

fn item(known: &'static Known) -> Item {
    Item {
        code: known.code.id,
        name: known.code.name,
        summary: &known.summary,
        severity: known.severity,
        confidence: known.confidence,
        category: known.category,
        fix: known.rule.and_then(|rule| rule.fix),
        doc: known.rule.map(|rule| rule.doc()),
    }
}

fn line(known: &Known) -> String {
    let fix = match known.rule.and_then(|rule| rule.fix) {
        Some(Applicability::Safe) => " [fix]",
        Some(Applicability::Unsafe) => " [unsafe fix]",
        _ => "",
    };
    format!(
        "{} {}: {}{fix}\n",
        known.code.id, known.code.name, known.summary
    )
}

impl Explain {
    /// Does it.
    pub fn run(&self) -> Outcome {
        match registry::known(&self.code) {
            Some(known) => print(&page(known)),
            None => {
                let names = registry::codes().iter().map(|known| known.code.name);
                match closest(&self.code, names) {
                    Some(near) => fail(&format!(
                        "there is no code `{}`; is it `{near}`?",
                        self.code
                    )),
                    None => fail(&format!(
                        "there is no code `{}`; `c2aya rules` lists them",
                        self.code
                    )),
                }
            }
        }
    }
}

/// The manual page of a code, in Markdown.
pub fn page(known: &Known) -> String {
    let code = known.code;
    let mut page = format!("# {} {}\n\n", code.id, code.name);
    match known.rule {
        Some(rule) => page.push_str(&rule.doc()),
        None => page.push_str(&format!("{}.\n", known.summary)),
    }
    let facts = [
        ("Category", known.category.name()),
        ("Severity", known.severity.name()),
        ("Confidence", known.confidence.name()),
    ];
    page.push('\n');
    for (name, value) in facts {
        page.push_str(&format!("- {name}: {value}\n"));
    }
    if known.rule.is_none() {
        page.push_str("- Reported by `port` too\n");
    }
    page
}

fn print(text: &str) -> Outcome {
    match super::print(text.as_bytes()) {
        Ok(()) => Outcome::Done,
        Err(error) => fail(&error.to_string()),
    }
}

fn fail(why: &str) -> Outcome {
    eprintln!("c2aya: {why}");
    Outcome::Failed
}

//! `migration.html`: one page that needs nothing else.

use serde::Serialize;

use super::data::Report;
use crate::migrate::unit::Made;

/// What the page shows.
#[derive(Serialize)]
struct Page<'a> {
    #[serde(flatten)]
    report: &'a Report,
    /// For each source, in their order.
    code: Vec<Code<'a>>,
}

/// A source's C and Rust.
#[derive(Serialize)]
struct Code<'a> {
    c: Option<&'a str>,
    rust: Option<&'a str>,
    links: &'a [crate::migrate::lines::Link],
}

/// Its text.
pub fn text(report: &Report, made: &[Made]) -> String {
    let code = made.iter().map(|made| Code {
        c: made.text.as_deref(),
        rust: made
            .main()
            .and_then(|path| made.files.get(path))
            .map(String::as_str),
        links: &made.unit.links,
    });
    let page = Page {
        report,
        code: code.collect(),
    };
    let data = serde_json::to_string(&page).unwrap_or_default();
    // Nothing in the data ends the element that it stands in.
    let data = data.replace('<', "\\u003c");
    let (head, rest) = split(
        include_str!("../../../templates/report/page.html"),
        "/*STYLE*/",
    );
    let (middle, rest) = split(rest, "/*DATA*/");
    let (end, tail) = split(rest, "/*SCRIPT*/");
    [
        &head.replace("NAME", &escaped(&report.name)),
        include_str!("../../../templates/report/style.css"),
        &middle.replace("NAME", &escaped(&report.name)),
        &data,
        end,
        include_str!("../../../templates/report/script.js"),
        tail,
    ]
    .concat()
}

fn split<'a>(text: &'a str, at: &str) -> (&'a str, &'a str) {
    text.split_once(at).unwrap_or((text, ""))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

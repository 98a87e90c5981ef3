//! JUnit: a suite for each file, and a failed case for each finding.

use std::io::{self, Write};

use quick_xml::{Writer, events::BytesText};

use super::Entry;
use crate::lint::{Linted, place::shown};

pub(super) fn write(
    entries: &[Entry<'_>],
    linted: &[Linted],
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    let mut writer = Writer::new_with_indent(out, b' ', 2);
    let all = entries.len().to_string();
    writer
        .create_element("testsuites")
        .with_attributes([("name", "c2aya lint"), ("failures", &all)])
        .write_inner_content(|writer| {
            linted
                .iter()
                .try_for_each(|file| suite(writer, file, entries))
        })?;
    writeln!(writer.into_inner())
}

fn suite(
    writer: &mut Writer<&mut dyn Write>,
    file: &Linted,
    entries: &[Entry<'_>],
) -> io::Result<()> {
    let own: Vec<_> = entries
        .iter()
        .filter(|entry| std::ptr::eq(entry.linted, file))
        .collect();
    let path = shown(&file.path);
    // A file without findings is a case that passed.
    let (tests, failures) = (own.len().max(1).to_string(), own.len().to_string());
    let attributes = [
        ("name", path.as_str()),
        ("tests", &tests),
        ("failures", &failures),
    ];
    writer
        .create_element("testsuite")
        .with_attributes(attributes)
        .write_inner_content(|writer| {
            if own.is_empty() {
                let attributes = [("name", "lint"), ("classname", path.as_str())];
                writer
                    .create_element("testcase")
                    .with_attributes(attributes)
                    .write_empty()?;
            }
            own.iter().try_for_each(|entry| case(writer, &path, entry))
        })?;
    Ok(())
}

fn case(writer: &mut Writer<&mut dyn Write>, suite: &str, entry: &Entry<'_>) -> io::Result<()> {
    let (place, finding) = (&entry.place, entry.finding);
    let code = finding.code();
    let at = format!("{}:{}:{}", place.path, place.start.line, place.start.column);
    let name = format!("{} {} at {at}", code.id, code.name);
    let attributes = [("name", name.as_str()), ("classname", suite)];
    writer
        .create_element("testcase")
        .with_attributes(attributes)
        .write_inner_content(|writer| {
            let attributes = [
                ("message", finding.diagnostic.message.as_str()),
                ("type", finding.severity().name()),
            ];
            let text = format!("{at}: {}", entry.text());
            writer
                .create_element("failure")
                .with_attributes(attributes)
                .write_text_content(BytesText::new(&text))?;
            Ok(())
        })?;
    Ok(())
}

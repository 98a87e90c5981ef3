//! Passes on what the programs write by `bpf_printk`.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Write as _},
    thread,
};

use anyhow::Result;
use serde_json::json;

const PIPES: [&str; 2] = [
    "/sys/kernel/tracing/trace_pipe",
    "/sys/kernel/debug/tracing/trace_pipe",
];

/// Prints the lines that one of `formats` makes, until this process ends.
///
/// The kernel writes all programs' lines to one place, and gives each line to one reader.
pub fn follow(formats: &'static [&'static str], json: bool) {
    let Some(pipe) = PIPES.iter().find_map(|path| File::open(path).ok()) else {
        eprintln!("can't read what the programs print: no {}", PIPES[0]);
        return;
    };
    thread::spawn(move || {
        if let Err(error) = copy(pipe, formats, json) {
            eprintln!("can't read what the programs print: {error}");
        }
    });
}

fn copy(pipe: File, formats: &[&str], json: bool) -> Result<()> {
    for line in BufReader::new(pipe).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        let Some(text) = own(&line, formats) else {
            continue;
        };
        let mut out = io::stdout().lock();
        if json {
            writeln!(out, "{}", json!({ "printk": text }))?;
        } else {
            writeln!(out, "{text}")?;
        }
    }
    Ok(())
}

/// The text of a line, if it is one of ours.
fn own<'a>(line: &'a str, formats: &[&str]) -> Option<&'a str> {
    let (_, text) = line.split_once("bpf_trace_printk: ")?;
    formats
        .iter()
        .any(|format| fits(text, format))
        .then_some(text)
}

/// Whether `format` may have made `text`: the parts around its conversions are there, in order.
fn fits(text: &str, format: &str) -> bool {
    let mut rest = text;
    let mut parts = literals(format.trim_end_matches('\n')).into_iter();
    let Some(first) = parts.next() else {
        return true;
    };
    let Some(behind) = rest.strip_prefix(first.as_str()) else {
        return false;
    };
    rest = behind;
    let mut open = false;
    for part in parts {
        open = part.is_empty();
        let Some(at) = rest.find(part.as_str()) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    open || rest.is_empty()
}

/// What stands before, between and behind the conversions of a format.
fn literals(format: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = format.chars().peekable();
    while let Some(char) = chars.next() {
        if char != '%' || chars.next_if_eq(&'%').is_some() {
            parts
                .last_mut()
                .into_iter()
                .for_each(|part| part.push(char));
            continue;
        }
        while chars
            .next_if(|char| "-+ #0123456789.lhz".contains(*char))
            .is_some()
        {}
        // `%p` goes on with what kind of pointer it is.
        if chars.next() == Some('p') {
            while chars.next_if(char::is_ascii_alphanumeric).is_some() {}
        }
        parts.push(String::new());
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::own;

    #[track_caller]
    fn check(line: &str, format: &str, expected: Option<&str>) {
        assert_eq!(own(line, &[format]), expected);
    }

    #[test]
    fn only_lines_of_the_formats_pass() {
        let line = " sh-1 [0] d..2 1.0: bpf_trace_printk: signal 9 to 12";
        check(line, "signal %d to %d", Some("signal 9 to 12"));
        check(line, "signal %d to %d\n", Some("signal 9 to 12"));
        check(line, "signal %d from %d", None);
        check(line, "signal %d to", None);
        check(line, "a signal", None);
        check(" sh-1 [0] 1.0: sys_enter: signal 9 to 12", "%s", None);
    }

    #[test]
    fn conversions_have_flags() {
        let line = "bpf_trace_printk: at 0xff (5%), ::1!";
        check(
            line,
            "at %#08llx (%d%%), %pI6c!",
            Some("at 0xff (5%), ::1!"),
        );
    }
}

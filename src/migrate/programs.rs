//! The programs of a source, ported or not.

use super::unit::{Finding, Program, State};
use crate::ir::Object;

/// A program as the text of a source has it.
#[derive(Debug, PartialEq, Eq)]
struct Written<'a> {
    name: &'a str,
    section: &'a str,
    line: u32,
    /// The last line before the next program.
    end: u32,
}

/// The places of findings in a source: the line, whether it is an error, and its number.
pub fn places(findings: &[Finding], source: &str) -> Vec<(u32, bool, usize)> {
    let own = findings.iter().enumerate();
    own.filter(|(_, finding)| finding.file.as_deref() == Some(source))
        .map(|(at, finding)| (finding.line, finding.error, at))
        .collect()
}

/// The programs of a source. Those that the object lacks weren't ported.
pub fn of(text: &str, object: Option<&Object>, places: &[(u32, bool, usize)]) -> Vec<Program> {
    let ported: Vec<&str> = object
        .iter()
        .flat_map(|object| &object.programs)
        .map(|program| program.function.name.as_str())
        .collect();
    let mut programs: Vec<Program> = Vec::new();
    for written in written(text) {
        if programs.iter().any(|program| program.name == written.name) {
            continue;
        }
        let about: Vec<&(u32, bool, usize)> = places
            .iter()
            .filter(|(line, _, _)| (written.line..=written.end).contains(line))
            .collect();
        let state = match (ported.contains(&written.name), about.is_empty()) {
            (false, _) => State::Refused,
            (true, true) => State::Ported,
            (true, false) => State::Warnings,
        };
        programs.push(Program {
            name: written.name.to_owned(),
            section: written.section.to_owned(),
            line: written.line,
            state,
            findings: about.into_iter().map(|(_, _, at)| *at).collect(),
        });
    }
    // Programs that macros write.
    for program in object.iter().flat_map(|object| &object.programs) {
        if !programs
            .iter()
            .any(|known| known.name == program.function.name)
        {
            programs.push(Program {
                name: program.function.name.clone(),
                section: program.section.clone(),
                line: 0,
                state: State::Ported,
                findings: Vec::new(),
            });
        }
    }
    programs
}

/// The programs as far as the text shows them: a section, and the name of a function behind it.
fn written(text: &str) -> Vec<Written<'_>> {
    let mut found: Vec<Written<'_>> = Vec::new();
    let mut line = 1u32;
    let mut rest = text;
    while let Some(at) = rest.find("SEC(\"") {
        line += newlines(rest.get(..at).unwrap_or_default());
        rest = rest.get(at + 5..).unwrap_or_default();
        let Some((section, behind)) = rest.split_once("\")") else {
            break;
        };
        let head_end = behind.find(['{', ';', '=']).unwrap_or(behind.len());
        let is_body = behind
            .get(head_end..)
            .is_some_and(|rest| rest.starts_with('{'));
        let head = behind.get(..head_end).unwrap_or_default();
        if is_body
            && !section.starts_with('.')
            && !matches!(section, "license" | "version" | "maps")
            && let Some(name) = name(head)
        {
            if let Some(last) = found.last_mut() {
                last.end = line.saturating_sub(1);
            }
            found.push(Written {
                name,
                section,
                line,
                end: u32::MAX,
            });
        }
    }
    found
}

fn newlines(text: &str) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', text.as_bytes()).count()).unwrap_or(u32::MAX)
}

/// The name in `int BPF_PROG(name, …)` or `int name(…)`.
fn name(head: &str) -> Option<&str> {
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    let (before, inside) = head.split_once('(')?;
    let word = before.trim_end().rsplit(|char| !is_word(char)).next()?;
    let name = if word.starts_with("BPF_") {
        let end = inside.find(|char| !is_word(char)).unwrap_or(inside.len());
        inside.get(..end)?
    } else {
        word
    };
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_by_their_sections() {
        let text = "struct m SEC(\".maps\");\nchar l[] SEC(\"license\") = \"GPL\";\n\nSEC(\"ksyscall/read\")\nint BPF_KSYSCALL(read_enter, int fd)\n{\n}\n\nSEC(\"xdp\") int drop(struct xdp_md *ctx) { return 1; }\nSEC(\"x\") int declared(void);\n";
        let found: Vec<_> = written(text)
            .into_iter()
            .map(|program| (program.name, program.section, program.line, program.end))
            .collect();
        assert_eq!(
            found,
            [
                ("read_enter", "ksyscall/read", 4, 8),
                ("drop", "xdp", 9, u32::MAX)
            ]
        );
    }

    #[test]
    fn a_program_that_the_object_lacks_is_refused() {
        let text = "SEC(\"xdp\") int a(void) {\n}\nSEC(\"xdp\") int b(void) {\n}\n";
        let programs = of(text, None, &[(4, true, 7)]);
        let found: Vec<_> = programs
            .iter()
            .map(|p| (p.state, p.findings.clone()))
            .collect();
        assert_eq!(found, [(State::Refused, vec![]), (State::Refused, vec![7])]);
    }
}

//! One call as a fixture writes it: `execve_enter("/bin/true", ["true", "-x"], NULL)`.

use anyhow::{Context as _, Result, bail, ensure};

/// The most arguments that a system call takes.
pub const ARGUMENTS: usize = 6;

/// A program's name and what it is called with; a return probe gets the value that is returned.
#[derive(Debug, PartialEq)]
pub struct Call {
    pub program: String,
    pub arguments: Vec<Argument>,
}

#[derive(Debug, PartialEq)]
pub enum Argument {
    /// `-100`, `0xffffffff00000000`, `NULL`
    Number(u64),
    /// The address of memory.
    Memory(Memory),
}

/// What lies at an address.
#[derive(Debug, PartialEq)]
pub struct Memory {
    /// `edge …`: it ends where the next page can't be read.
    pub edge: bool,
    pub parts: Vec<Part>,
}

#[derive(Debug, PartialEq)]
pub enum Part {
    /// Of a string or packed bytes, as they lie in memory.
    Bytes(Vec<u8>),
    /// A number of so many bytes, in the byte order of the machine: `7u32`.
    Number(u64, usize),
    /// Eight bytes: a number or the address of more memory.
    Word(Argument),
}

/// Reads a call.
///
/// An argument is
/// - a number, decimal or with 0x, or `NULL`
/// - `"text"`: the address of a string with its null byte
/// - `[a, b]`: the address of such words, a null one behind the last
/// - `{1u32, -2i64, "x"}`: the address of these bytes, strings as addresses
/// - `edge` before one of the last three: it ends where the next page can't be read, and has no null
///   byte or word behind it
pub fn parse(text: &str) -> Result<Call> {
    let mut reader = Reader { rest: text.trim() };
    let call = reader
        .call()
        .with_context(|| format!("in the call {text}, before {:?}", reader.rest))?;
    Ok(call)
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn call(&mut self) -> Result<Call> {
        let program = self.word()?;
        ensure!(self.take("("), "no (");
        let arguments = self.list(")")?;
        ensure!(self.rest.is_empty(), "something behind the call");
        ensure!(
            arguments.len() <= ARGUMENTS,
            "more than {ARGUMENTS} arguments"
        );
        Ok(Call { program, arguments })
    }

    fn take(&mut self, token: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(token) else {
            return false;
        };
        self.rest = rest.trim_start();
        true
    }

    /// Letters, digits, underscores and signs.
    fn word(&mut self) -> Result<String> {
        let end = self
            .rest
            .find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-')
            .unwrap_or(self.rest.len());
        ensure!(end > 0, "no word");
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        Ok(word.to_owned())
    }

    fn list(&mut self, end: &str) -> Result<Vec<Argument>> {
        let mut list = Vec::new();
        while !self.take(end) {
            list.push(self.argument()?);
            ensure!(
                self.take(",") || self.rest.starts_with(end),
                "no , or {end}"
            );
        }
        Ok(list)
    }

    fn argument(&mut self) -> Result<Argument> {
        let edge = self.take("edge ");
        let parts = if self.rest.starts_with('"') {
            let mut bytes = self.string()?;
            if !edge {
                bytes.push(0);
            }
            vec![Part::Bytes(bytes)]
        } else if self.take("[") {
            let mut words: Vec<_> = self.list("]")?.into_iter().map(Part::Word).collect();
            if !edge {
                words.push(Part::Word(Argument::Number(0)));
            }
            words
        } else if self.take("{") {
            self.packed()?
        } else {
            ensure!(!edge, "edge stands before memory");
            return Ok(Argument::Number(number(&self.word()?)?));
        };
        Ok(Argument::Memory(Memory { edge, parts }))
    }

    fn packed(&mut self) -> Result<Vec<Part>> {
        let mut parts = Vec::new();
        while !self.take("}") {
            parts.push(if self.rest.starts_with(['"', '[', '{']) {
                Part::Word(self.argument()?)
            } else {
                sized_number(&self.word()?)?
            });
            ensure!(self.take(",") || self.rest.starts_with('}'), "no , or }}");
        }
        Ok(parts)
    }

    fn string(&mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut characters = self.rest.char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = self.rest[at + 1..].trim_start();
                    return Ok(bytes);
                }
                '\\' => match characters.next().map(|(_, escaped)| escaped) {
                    Some('n') => bytes.push(b'\n'),
                    Some('x') => {
                        let digits: String = characters.by_ref().take(2).map(|(_, c)| c).collect();
                        bytes.push(u8::from_str_radix(&digits, 16).context("\\x")?);
                    }
                    Some(escaped) => bytes.extend(escaped.to_string().bytes()),
                    None => break,
                },
                _ => bytes.extend(character.to_string().bytes()),
            }
        }
        bail!("the string doesn't end")
    }
}

fn number(word: &str) -> Result<u64> {
    if word == "NULL" {
        return Ok(0);
    }
    let (negative, digits) = word
        .strip_prefix('-')
        .map_or((false, word), |rest| (true, rest));
    let magnitude = digits
        .strip_prefix("0x")
        .map_or_else(|| digits.parse(), |hex| u64::from_str_radix(hex, 16))
        .with_context(|| format!("{word} is no number"))?;
    Ok(if negative {
        magnitude.wrapping_neg()
    } else {
        magnitude
    })
}

/// `-2i64`, `0x7u8`
fn sized_number(word: &str) -> Result<Part> {
    for (suffix, size) in [("8", 1), ("16", 2), ("32", 4), ("64", 8)] {
        for sign in ['u', 'i'] {
            if let Some(digits) = word.strip_suffix(&format!("{sign}{suffix}")) {
                return Ok(Part::Number(number(digits)?, size));
            }
        }
    }
    bail!("{word} needs a type: {word}u32")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[Argument]) {
        let call = parse(&format!("f({text})")).unwrap();
        assert_eq!(call.program, "f");
        assert_eq!(call.arguments, expected, "{text}");
    }

    fn memory(edge: bool, parts: Vec<Part>) -> Argument {
        Argument::Memory(Memory { edge, parts })
    }

    #[test]
    fn numbers() {
        check("", &[]);
        check("1, 0x10", &[Argument::Number(1), Argument::Number(16)]);
        check("-1", &[Argument::Number(u64::MAX)]);
        check("NULL", &[Argument::Number(0)]);
    }

    #[test]
    fn strings() {
        check(r#""a""#, &[memory(false, vec![Part::Bytes(b"a\0".into())])]);
        check(
            r#""\x01\"""#,
            &[memory(false, vec![Part::Bytes(b"\x01\"\0".into())])],
        );
        check(
            r#"edge "a""#,
            &[memory(true, vec![Part::Bytes(b"a".into())])],
        );
    }

    #[test]
    fn lists_end_with_a_null_word() {
        let null = || Part::Word(Argument::Number(0));
        check("[]", &[memory(false, vec![null()])]);
        let word = Part::Word(memory(false, vec![Part::Bytes(b"a\0".into())]));
        check(r#"["a"]"#, &[memory(false, vec![word, null()])]);
        check(
            "edge [7]",
            &[memory(true, vec![Part::Word(Argument::Number(7))])],
        );
    }

    #[test]
    fn packed_bytes() {
        check(
            "{1u32, -2i64}",
            &[memory(
                false,
                vec![Part::Number(1, 4), Part::Number(-2i64 as u64, 8)],
            )],
        );
    }

    #[test]
    fn mistakes_are_refused() {
        for text in [
            "f",
            "f(",
            "f(1",
            "f(1 2)",
            "f(x)",
            "f({1})",
            "f(\"a)",
            "f(1,2,3,4,5,6,7)",
            "f() g",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}

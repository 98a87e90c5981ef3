//! How much macros would expand to, told before they are expanded.
//!
//! A dozen lines can stand for a billion tokens. The preprocessor bounds one invocation, at more
//! than a gigabyte; this bounds a whole file, at what no program reaches. It reads the user's own
//! files alone, takes all of their macros for defined everywhere, and is off by what conditions
//! leave out: enough to tell thousands from billions.

use std::{collections::HashMap, sync::Arc};

use crate::source::lex::{Kind, lex};

/// How many tokens a file may expand to. The kernel's largest headers come to half a million.
const MAX_TOKENS: u64 = 8 << 20;
/// How deep macros may stand for one another.
const MAX_DEPTH: usize = 256;

/// Whether the macros in `texts`, which are all read for one file, expand to more than any program.
pub(crate) fn explode(texts: &[Arc<str>]) -> bool {
    let lines: Vec<Line<'_>> = texts.iter().flat_map(|text| lines(text)).collect();
    let mut macros: HashMap<&str, Macro<'_>> = HashMap::new();
    for line in &lines {
        if let Some((name, found)) = definition(line) {
            macros.insert(name, found);
        }
    }
    if macros.is_empty() {
        return false;
    }
    let mut costs = Costs {
        macros: &macros,
        known: HashMap::new(),
        depth: 0,
    };
    let words: Vec<Word<'_>> = lines
        .iter()
        .filter(|line| definition(line).is_none())
        .flatten()
        .copied()
        .collect();
    costs.sum(&words, &[]).base > MAX_TOKENS
}

/// A word or punctuation mark; anything else is told by its first byte alone.
type Word<'a> = &'a str;
type Line<'a> = Vec<Word<'a>>;

struct Macro<'a> {
    /// None for a macro without arguments.
    parameters: Option<Vec<&'a str>>,
    body: Line<'a>,
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut lines = vec![Vec::new()];
    for lexeme in lex(text) {
        if lexeme.kind == Kind::Newline {
            lines.push(Vec::new());
        } else if !lexeme.is_comment()
            && let Some(line) = lines.last_mut()
        {
            // Blanks tell `NAME (` from `NAME(` in a definition.
            let glued = text.as_bytes().get(lexeme.end) == Some(&b'(');
            let letters = lexeme.of(text);
            line.push(letters);
            if glued && lexeme.kind == Kind::Word && line.len() == 3 {
                line.push("");
            }
        }
    }
    lines
}

fn definition<'a>(line: &Line<'a>) -> Option<(&'a str, Macro<'a>)> {
    let [hash, define, name, rest @ ..] = line.as_slice() else {
        return None;
    };
    if *hash != "#" || *define != "define" {
        return None;
    }
    let (parameters, body) = match rest {
        ["", "(", rest @ ..] => {
            let close = rest.iter().position(|word| *word == ")")?;
            let (parameters, body) = rest.split_at(close);
            let is_name = |word: &&&str| !matches!(**word, "," | "...");
            let mut names: Vec<&str> = parameters.iter().filter(is_name).copied().collect();
            if parameters.last() == Some(&"...") && parameters.iter().rev().nth(1) != names.last() {
                names.push("__VA_ARGS__");
            }
            (Some(names), body.get(1..).unwrap_or_default())
        }
        ["", body @ ..] | body => (None, body),
    };
    let body = body.to_vec();
    Some((name, Macro { parameters, body }))
}

/// A number of tokens: so many, and so many times those of each parameter.
#[derive(Clone, Debug, Default)]
struct Cost {
    base: u64,
    times: Vec<u64>,
}

impl Cost {
    fn add(&mut self, other: &Self, times: u64) {
        let more = other.base.saturating_mul(times);
        self.base = self.base.saturating_add(more);
        if self.times.len() < other.times.len() {
            self.times.resize(other.times.len(), 0);
        }
        for (mine, theirs) in self.times.iter_mut().zip(&other.times) {
            *mine = mine.saturating_add(theirs.saturating_mul(times));
        }
    }
}

struct Costs<'a> {
    macros: &'a HashMap<&'a str, Macro<'a>>,
    /// None while it is being computed: a macro doesn't expand inside itself.
    known: HashMap<&'a str, Option<Cost>>,
    depth: usize,
}

impl<'a> Costs<'a> {
    fn sum(&mut self, words: &[Word<'a>], parameters: &[&'a str]) -> Cost {
        self.depth += 1;
        let mut sum = Cost::default();
        if self.depth > MAX_DEPTH {
            sum.base = u64::MAX;
        }
        let mut at = 0;
        while let Some(&word) = words.get(at).filter(|_| self.depth <= MAX_DEPTH) {
            at += 1;
            if let Some(number) = parameters.iter().position(|name| *name == word) {
                let mut times = vec![0; parameters.len()];
                if let Some(slot) = times.get_mut(number) {
                    *slot = 1;
                }
                sum.add(&Cost { base: 0, times }, 1);
                continue;
            }
            let one = Cost {
                base: 1,
                times: Vec::new(),
            };
            let Some(found) = self.macros.get(word) else {
                sum.add(&one, 1);
                continue;
            };
            let Some(names) = &found.parameters else {
                let cost = self.of(word).unwrap_or(one);
                sum.add(&cost, 1);
                continue;
            };
            let arguments = arguments(words.get(at..).unwrap_or_default(), names.len());
            let Some((arguments, length)) = arguments else {
                sum.add(&one, 1);
                continue;
            };
            at += length;
            let cost = self.of(word).unwrap_or(one);
            sum.base = sum.base.saturating_add(cost.base);
            for (number, argument) in arguments.into_iter().enumerate() {
                let times = cost.times.get(number).copied().unwrap_or(0);
                let argument = self.sum(argument, parameters);
                // An argument costs its tokens even where it isn't used.
                sum.add(&argument, times.max(1));
            }
        }
        self.depth -= 1;
        sum
    }

    /// What a macro's body comes to; none inside itself.
    fn of(&mut self, name: &'a str) -> Option<Cost> {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        self.known.insert(name, None);
        let found = self.macros.get(name)?;
        let names = found.parameters.as_deref().unwrap_or_default();
        let cost = self.sum(&found.body, names);
        self.known.insert(name, Some(cost.clone()));
        Some(cost)
    }
}

/// The arguments in the parentheses that `words` begin with, the last of `count` taking all that is
/// left, and how many words they and the parentheses are.
fn arguments<'b, 'a>(words: &'b [Word<'a>], count: usize) -> Option<(Vec<&'b [Word<'a>]>, usize)> {
    let words_in = |start: usize, end: usize| words.get(start..end).unwrap_or_default();
    if words.first() != Some(&"(") {
        return None;
    }
    let (mut depth, mut start, mut found) = (0usize, 1, Vec::new());
    for (at, word) in words.iter().enumerate() {
        match *word {
            "(" => depth += 1,
            ")" if depth == 1 => {
                found.push(words_in(start, at));
                return Some((found, at + 1));
            }
            ")" => depth -= 1,
            "," if depth == 1 && found.len() + 1 < count => {
                found.push(words_in(start, at));
                start = at + 1;
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: bool) {
        assert_eq!(explode(&[Arc::from(text)]), expected, "{text}");
    }

    fn chain(levels: usize, body: impl Fn(usize) -> String) -> String {
        let lines: Vec<String> = (1..=levels)
            .map(|level| format!("#define A{level}{}\n", body(level)))
            .collect();
        lines.concat()
    }

    #[test]
    fn honest_macros() {
        check("#define A 1\nint a = A;\n", false);
        check("#define A A A\nA\n", false);
        check("#define F(x) G(x)\n#define G(x) F(x)\nF(1)\n", false);
        check("#define F (x)\nF\n", false);
        check("", false);
    }

    #[test]
    fn bombs() {
        let object = chain(40, |level| format!(" A{0} A{0}", level - 1));
        check(&format!("{object}A40\n"), true);
        check(&format!("{object}A4\n"), false);
        let function = chain(40, |level| format!("(x) A{0}(x x)", level - 1));
        check(&format!("{function}A40(1)\n"), true);
        let nested = format!(
            "#define D(x) x x\nint a = {}1{};\n",
            "D(".repeat(40),
            ")".repeat(40)
        );
        check(&nested, true);
        let many = format!("#define B{}\n{}", " x".repeat(9000), "B\n".repeat(2000));
        check(&many, true);
        check(
            &chain(5000, |level| format!(" A{}", level - 1)).replace("A0", "1"),
            false,
        );
        let deep = chain(5000, |level| format!(" A{}", level - 1));
        check(&format!("{deep}A5000\n"), true);
    }
}

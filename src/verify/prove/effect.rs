//! What a path does that can be seen from outside, and whether two paths do the same.

use std::{fmt, sync::Arc};

use super::{
    facts::Facts,
    memory::number_of,
    term::{Binary, Node, Pool, Symbol, Term},
};
use crate::verify::{bytes::Endian, error::Side};

/// One part of an event.
#[derive(Clone, Debug)]
pub enum Part {
    /// A number.
    Number(Term),
    /// Bytes, as many as the number says.
    Bytes(Vec<Term>, Term),
    /// Text, with zeros behind its end.
    Text(Vec<Term>),
}

/// Something that can be seen from outside, or would be if it didn't fail: whether it fails is
/// the world's choice, and the same for the same attempts.
#[derive(Clone, Debug)]
pub struct Event {
    /// What was done: equal or not, never a question.
    pub what: String,
    /// To what, where it's a map.
    pub map: Option<Arc<str>>,
    /// The rest.
    pub parts: Vec<Part>,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self
            .what
            .split(['{', '['])
            .next()
            .unwrap_or_default()
            .trim_end();
        match &self.map {
            Some(map) => write!(f, "{what} of {map}"),
            None => f.write_str(what),
        }
    }
}

/// Finds out under which conditions things differ.
#[derive(Debug)]
pub struct Differ<'a> {
    /// All terms.
    pub pool: &'a mut Pool,
    /// What is known.
    pub facts: &'a mut Facts,
    /// Whether bytes were left out because C never wrote them.
    pub unwritten: bool,
}

impl Differ<'_> {
    /// When two numbers differ that C and Rust have.
    pub fn numbers(&mut self, c: Term, rust: Term) -> Term {
        if c == rust {
            return self.pool.truth(false);
        }
        let c = self.facts.simplify(self.pool, c);
        let rust = self.facts.simplify(self.pool, rust);
        self.differ(c, rust, 24)
    }

    fn differ(&mut self, c: Term, rust: Term, depth: u32) -> Term {
        if c == rust {
            return self.pool.truth(false);
        }
        // What nobody wrote has no value that Rust could keep.
        if self.is_unwritten(c) {
            self.unwritten = true;
            return self.pool.truth(false);
        }
        if let Some(depth) = depth.checked_sub(1)
            && let Node::If(condition, yes, no) = *self.pool.node(c)
        {
            let (other_yes, other_no) = match *self.pool.node(rust) {
                Node::If(other, yes, no) if other == condition => (yes, no),
                _ => (rust, rust),
            };
            if self.is_unwritten(yes) || self.is_unwritten(no) || other_yes != other_no {
                let yes = self.differ(yes, other_yes, depth);
                let no = self.differ(no, other_no, depth);
                return self.pool.choose(condition, yes, no);
            }
        }
        let equal = self.pool.equal(c, rust);
        let differ = self.pool.not(equal);
        self.facts.simplify(self.pool, differ)
    }

    fn is_unwritten(&self, term: Term) -> bool {
        match *self.pool.node(term) {
            Node::Apply(symbol, _) => matches!(
                self.pool.symbol_of(symbol),
                Some(Symbol::Unwritten(Side::C, ..))
            ),
            Node::Extract(from, _) => self.is_unwritten(from),
            _ => false,
        }
    }

    /// When any of two rows of bytes differ; they are equally long.
    pub fn bytes(&mut self, c: &[Term], rust: &[Term]) -> Term {
        let mut any = self.pool.truth(false);
        for (c, rust) in c.chunks(8).zip(rust.chunks(8)) {
            let differ = self.word(c, rust);
            any = self.pool.bitwise(Binary::Or, any, differ);
        }
        any
    }

    /// When any of up to eight bytes differ: as numbers, which they most likely are, where all
    /// were written.
    fn word(&mut self, c: &[Term], rust: &[Term]) -> Term {
        let apart: Vec<Term> = c
            .iter()
            .zip(rust)
            .map(|(&c, &rust)| self.numbers(c, rust))
            .collect();
        let mut any = self.pool.truth(false);
        if apart.iter().filter(|&&one| !self.pool.is_zero(one)).count() > 1 {
            let mut number = |bytes: &[Term]| {
                let bytes: Vec<Term> = bytes
                    .iter()
                    .map(|&byte| self.facts.simplify(self.pool, byte))
                    .collect();
                let unwritten = bytes.iter().any(|&byte| self.is_unwritten(byte));
                (!unwritten).then(|| number_of(self.pool, Endian::Little, &bytes))
            };
            if let (Some(c), Some(rust)) = (number(c), number(rust)) {
                return self.numbers(c, rust);
            }
        }
        for differ in apart {
            any = self.pool.bitwise(Binary::Or, any, differ);
        }
        any
    }

    fn part(&mut self, c: &Part, rust: &Part) -> Term {
        match (c, rust) {
            (&Part::Number(c), &Part::Number(rust)) => self.numbers(c, rust),
            (Part::Bytes(c, c_length), Part::Bytes(rust, rust_length)) => {
                let mut any = self.numbers(*c_length, *rust_length);
                let fixed = self.pool.number(*c_length).is_some();
                for (index, (&c, &rust)) in (0..).zip(c.iter().zip(rust)) {
                    let mut differ = self.numbers(c, rust);
                    if !fixed && !self.pool.is_zero(differ) {
                        let at = self.pool.constant(index, 64);
                        let counts = self.pool.less(at, *c_length);
                        differ = self.pool.bitwise(Binary::And, differ, counts);
                    }
                    any = self.pool.bitwise(Binary::Or, any, differ);
                }
                any
            }
            (Part::Text(c), Part::Text(rust)) => {
                let zero = self.pool.constant(0, 8);
                let length = c.len().max(rust.len());
                let padded = |text: &[Term]| {
                    let mut text = text.to_vec();
                    text.resize(length, zero);
                    text
                };
                self.bytes(&padded(c), &padded(rust))
            }
            _ => self.pool.truth(true),
        }
    }

    /// When two events differ.
    pub fn events(&mut self, c: &Event, rust: &Event) -> Term {
        if c.what != rust.what || c.map != rust.map || c.parts.len() != rust.parts.len() {
            return self.pool.truth(true);
        }
        let mut any = self.pool.truth(false);
        for (c, rust) in c.parts.iter().zip(&rust.parts) {
            let differ = self.part(c, rust);
            any = self.pool.bitwise(Binary::Or, any, differ);
        }
        any
    }
}

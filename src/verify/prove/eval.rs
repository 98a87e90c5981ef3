//! The values of terms where those of symbols are known, and terms with parts put in.

use std::collections::HashMap;

use super::{
    arithmetic::divided,
    term::{Binary, Node, Pool, SymbolId, Term, mask},
};
use crate::verify::world::Stable;

/// What symbols are, by their arguments; 0 where nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Values of symbols.
    pub values: HashMap<(SymbolId, Vec<u64>), u64, Stable>,
}

/// Values of terms.
pub type Values = HashMap<Term, u64, Stable>;

impl Pool {
    /// The values of all that `roots` are made of.
    pub fn evaluate(&self, roots: &[Term], model: &Model) -> Values {
        let mut values = Values::default();
        for term in self.reachable(roots) {
            let value = self.value(term, model, &values);
            values.insert(term, value);
        }
        values
    }

    pub(super) fn value(&self, term: Term, model: &Model, values: &Values) -> u64 {
        let of = |term: &Term| values.get(term).copied().unwrap_or(0);
        let width = self.width(term);
        let value = match *self.node(term) {
            Node::Const(number) => number,
            Node::Apply(symbol, ref arguments) => {
                let arguments = arguments.iter().map(of).collect();
                model.values.get(&(symbol, arguments)).copied().unwrap_or(0)
            }
            Node::Sum(ref terms, constant) => terms.iter().fold(constant, |sum, (term, factor)| {
                sum.wrapping_add(of(term).wrapping_mul(*factor))
            }),
            Node::Not(ref inner) => !of(inner),
            Node::Extend(ref inner) => signed(of(inner), self.width(*inner)).cast_unsigned(),
            Node::Extract(ref from, low) => of(from) >> low,
            Node::Concat(ref parts) => parts.iter().fold(0_u64, |bits, part| {
                bits.wrapping_shl(self.width(*part).into()) | of(part)
            }),
            Node::If(ref condition, ref yes, ref no) => {
                if of(condition) == 1 {
                    of(yes)
                } else {
                    of(no)
                }
            }
            Node::Binary(op, ref left, ref right) => {
                let width = self.width(*left);
                let (a, b) = (of(left), of(right));
                match op {
                    Binary::Mul => a.wrapping_mul(b),
                    Binary::Div | Binary::Rem | Binary::SignedDiv | Binary::SignedRem => {
                        divided(op, a, b, width)
                    }
                    Binary::And => a & b,
                    Binary::Or => a | b,
                    Binary::Xor => a ^ b,
                    Binary::ShiftLeft => a << (b & 63),
                    Binary::ShiftRight => a >> (b & 63),
                    Binary::ArithmeticShift => (signed(a, width) >> (b & 63)).cast_unsigned(),
                    Binary::Equal => (a == b).into(),
                    Binary::Less => (a < b).into(),
                    Binary::SignedLess => (signed(a, width) < signed(b, width)).into(),
                }
            }
        };
        value & mask(width)
    }

    /// The same node of other parts, simplified.
    pub fn rebuild(&mut self, term: Term, mut part: impl FnMut(Term) -> Term) -> Term {
        let width = self.width(term);
        match *self.node(term) {
            Node::Const(_) => term,
            Node::Apply(symbol, ref arguments) => {
                let arguments = arguments.iter().map(|&argument| part(argument)).collect();
                self.intern(Node::Apply(symbol, arguments), width)
            }
            Node::Sum(ref terms, constant) => {
                let terms: Vec<_> = terms.iter().map(|&(term, by)| (part(term), by)).collect();
                self.sum(&terms, constant, width)
            }
            Node::Not(inner) => self.not(part(inner)),
            Node::Extend(inner) => self.extend(part(inner), width),
            Node::Extract(from, low) => self.extract(part(from), low, width),
            Node::Concat(ref parts) => {
                let parts: Vec<_> = parts.iter().map(|&one| part(one)).collect();
                self.concat(&parts)
            }
            Node::If(condition, yes, no) => {
                let (condition, yes, no) = (part(condition), part(yes), part(no));
                self.choose(condition, yes, no)
            }
            Node::Binary(op, left, right) => {
                let (left, right) = (part(left), part(right));
                self.binary(op, left, right)
            }
        }
    }

    /// Any operation on two terms.
    pub fn binary(&mut self, op: Binary, left: Term, right: Term) -> Term {
        match op {
            Binary::Mul => self.mul(left, right),
            Binary::Div | Binary::Rem | Binary::SignedDiv | Binary::SignedRem => {
                self.divide(op, left, right)
            }
            Binary::And | Binary::Or | Binary::Xor => self.bitwise(op, left, right),
            Binary::ShiftLeft | Binary::ShiftRight | Binary::ArithmeticShift => {
                self.shift(op, left, right)
            }
            Binary::Equal => self.equal(left, right),
            Binary::Less => self.less(left, right),
            Binary::SignedLess => self.signed_less(left, right),
        }
    }
}

fn signed(number: u64, width: u8) -> i64 {
    let unused = 64 - u32::from(width.clamp(1, 64));
    (number << unused).cast_signed() >> unused
}

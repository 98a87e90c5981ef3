//! Terms mean what they say, however they are simplified.

use super::{
    eval::Model,
    term::{Binary, Node, Pool, Symbol, Term, mask},
};
use crate::verify::world::{Atom, Random};

const OPERATIONS: [Binary; 14] = [
    Binary::Mul,
    Binary::Div,
    Binary::Rem,
    Binary::SignedDiv,
    Binary::SignedRem,
    Binary::And,
    Binary::Or,
    Binary::Xor,
    Binary::ShiftLeft,
    Binary::ShiftRight,
    Binary::ArithmeticShift,
    Binary::Equal,
    Binary::Less,
    Binary::SignedLess,
];

/// Random terms together with what they have to be.
struct Maker {
    pool: Pool,
    random: Random,
    model: Model,
    made: Vec<(Term, u64)>,
}

impl Maker {
    fn new(seed: u64) -> Self {
        let mut maker = Self {
            pool: Pool::default(),
            random: Random::new(seed),
            model: Model::default(),
            made: Vec::new(),
        };
        for (number, width) in (0..).zip([64, 64, 32, 16, 8, 1, 1]) {
            let term = maker.pool.atom(Atom::Argument(number), width);
            let Node::Apply(symbol, _) = *maker.pool.node(term) else {
                unreachable!()
            };
            let value = maker.some_number() & mask(width);
            maker.model.values.insert((symbol, Vec::new()), value);
            maker.made.push((term, value));
        }
        maker
    }

    fn some_number(&mut self) -> u64 {
        match self.random.below(6) {
            0 => self.random.below(4),
            1 => self.random.below(4).wrapping_neg(),
            2 => 1 << self.random.below(64),
            3 => (1 << self.random.below(64)) - 1,
            4 => self.random.below(1 << 16) << (8 * self.random.below(7)),
            _ => self.random.number(),
        }
    }

    fn pick(&mut self, fits: impl Fn(u8) -> bool) -> (Term, u64, u8) {
        for _ in 0..200 {
            let at = self.random.below(self.made.len() as u64) as usize;
            let (term, value) = self.made[at];
            let width = self.pool.width(term);
            if fits(width) {
                return (term, value, width);
            }
        }
        let width = (1..=64).find(|&width| fits(width)).unwrap();
        let value = self.some_number() & mask(width);
        (self.pool.constant(value, width), value, width)
    }

    /// Another of the width, now and then a number.
    fn beside(&mut self, width: u8) -> (Term, u64) {
        if self.random.percent(40) {
            let value = self.some_number() & mask(width);
            (self.pool.constant(value, width), value)
        } else {
            let (term, value, _) = self.pick(|other| other == width);
            (term, value)
        }
    }

    fn step(&mut self) {
        let (term, value) = match self.random.below(9) {
            0 => {
                let (from, value, width) = self.pick(|width| width > 1);
                let low = self.random.below(u64::from(width)) as u8;
                let size = 1 + self.random.below(u64::from(width - low)) as u8;
                (self.pool.extract(from, low, size), value >> low)
            }
            1 => {
                let (high, above, width) = self.pick(|width| width < 60);
                let (low, below, size) = self.pick(|other| other + width <= 64);
                (self.pool.concat(&[high, low]), above << size | below)
            }
            2 => {
                let (term, value, width) = self.pick(|width| width < 64);
                let to = width + self.random.below(u64::from(65 - width)) as u8;
                if self.random.percent(50) {
                    (self.pool.zero_extend(term, to), value)
                } else {
                    (
                        self.pool.extend(term, to),
                        signed(value, width).cast_unsigned(),
                    )
                }
            }
            3 => {
                let (term, value, _) = self.pick(|_| true);
                (self.pool.not(term), !value)
            }
            4 => {
                let (condition, holds, _) = self.pick(|width| width == 1);
                let (yes, one, width) = self.pick(|_| true);
                let (no, other) = self.beside(width);
                let value = if holds == 1 { one } else { other };
                (self.pool.choose(condition, yes, no), value)
            }
            5 => {
                let (one, a, width) = self.pick(|width| width > 1);
                let (other, b) = self.beside(width);
                let (by, plus) = (self.some_number(), self.some_number());
                let sum = self.pool.sum(&[(one, 1), (other, by)], plus, width);
                (sum, a.wrapping_add(b.wrapping_mul(by)).wrapping_add(plus))
            }
            _ => {
                let op = OPERATIONS[self.random.below(14) as usize];
                // Shifts take the number of bits modulo the width, which then has to be a power of
                // two, as in the machine.
                let (left, a, width) = self.pick(|width| width > 1 && width.is_power_of_two());
                let (right, b) = self.beside(width);
                (self.pool.binary(op, left, right), expected(op, a, b, width))
            }
        };
        let value = value & mask(self.pool.width(term));
        let found = self.pool.evaluate(&[term], &self.model)[&term];
        assert_eq!(found, value, "{:?}", self.pool.node(term));
        self.made.push((term, value));
    }
}

fn signed(number: u64, width: u8) -> i64 {
    let unused = 64 - width;
    (number << unused).cast_signed() >> unused
}

/// What the operation means, said once more.
fn expected(op: Binary, a: u64, b: u64, width: u8) -> u64 {
    let (x, y) = (i128::from(signed(a, width)), i128::from(signed(b, width)));
    let by = b % u64::from(width);
    match op {
        Binary::Mul => a.wrapping_mul(b),
        Binary::Div => a.checked_div(b).unwrap_or(0),
        Binary::Rem => a.checked_rem(b).unwrap_or(a),
        Binary::SignedDiv => x.checked_div(y).unwrap_or(0) as u64,
        Binary::SignedRem => x.checked_rem(y).unwrap_or(x) as u64,
        Binary::And => a & b,
        Binary::Or => a | b,
        Binary::Xor => a ^ b,
        Binary::ShiftLeft => a << by,
        Binary::ShiftRight => a >> by,
        Binary::ArithmeticShift => (x >> by) as u64,
        Binary::Equal => (a == b).into(),
        Binary::Less => (a < b).into(),
        Binary::SignedLess => (x < y).into(),
    }
}

#[test]
fn simplified_terms_have_the_same_values() {
    for seed in 0..300 {
        let mut maker = Maker::new(seed);
        for _ in 0..60 {
            maker.step();
        }
    }
}

/// Two ways to write the same are one term.
fn check_same(make: impl Fn(&mut Pool, Term, Term) -> (Term, Term)) {
    let mut pool = Pool::default();
    let x = pool.atom(Atom::Argument(0), 64);
    let y = pool.atom(Atom::Argument(1), 64);
    let (one, other) = make(&mut pool, x, y);
    assert_eq!(one, other, "{:?} {:?}", pool.node(one), pool.node(other));
}

#[test]
fn what_compilers_write_in_different_ways_is_the_same() {
    // A conversion to 32 bits and back, by shifts and by a mask.
    check_same(|pool, x, _| {
        let by = pool.constant(32, 64);
        let up = pool.shift(Binary::ShiftLeft, x, by);
        let cut = pool.constant(0xffff_ffff, 64);
        (
            pool.shift(Binary::ShiftRight, up, by),
            pool.bitwise(Binary::And, x, cut),
        )
    });
    // x > 4 and not x < 5; the same with signs.
    check_same(|pool, x, _| {
        let (four, five) = (pool.constant(4, 64), pool.constant(5, 64));
        let below = pool.less(x, five);
        (pool.less(four, x), pool.not(below))
    });
    check_same(|pool, x, _| {
        let (four, five) = (pool.constant(4, 64), pool.constant(5, 64));
        let below = pool.signed_less(x, five);
        (pool.signed_less(four, x), pool.not(below))
    });
    // Bytes of a sum, put together again.
    check_same(|pool, x, y| {
        let sum = pool.add(x, y);
        let bytes: Vec<Term> = (0..8)
            .rev()
            .map(|at| pool.extract(sum, at * 8, 8))
            .collect();
        (pool.concat(&bytes), sum)
    });
    // The low half of a sum, and the sum of low halves.
    check_same(|pool, x, y| {
        let sum = pool.add(x, y);
        let (a, b) = (pool.extract(x, 0, 32), pool.extract(y, 0, 32));
        (pool.extract(sum, 0, 32), pool.add(a, b))
    });
    // Halves put together by an or and by a sum.
    check_same(|pool, x, y| {
        let by = pool.constant(32, 64);
        let high = pool.shift(Binary::ShiftLeft, x, by);
        let cut = pool.constant(0xffff_ffff, 64);
        let low = pool.bitwise(Binary::And, y, cut);
        (pool.bitwise(Binary::Or, high, low), pool.add(high, low))
    });
    check_same(|pool, x, y| {
        let difference = pool.sub(x, y);
        let zero = pool.constant(0, 64);
        (pool.equal(difference, zero), pool.equal(x, y))
    });
    check_same(|pool, x, _| {
        let address = pool.apply(Symbol::Memory, &[x], 8);
        let next = pool.add_number(x, 8);
        let back = pool.add_number(next, 8_u64.wrapping_neg());
        (pool.apply(Symbol::Memory, &[back], 8), address)
    });
}

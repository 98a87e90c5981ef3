//! Making terms of numbers: sums, products, shifts, comparisons.

use std::collections::BTreeMap;

use super::term::{Binary, Node, Pool, Term, mask};

impl Pool {
    /// `constant` and all terms as often as it says.
    pub fn sum(&mut self, terms: &[(Term, u64)], constant: u64, width: u8) -> Term {
        let mut factors: BTreeMap<Term, u64> = BTreeMap::new();
        let mut constant = constant;
        let mut open: Vec<(Term, u64)> = terms.to_vec();
        while let Some((term, factor)) = open.pop() {
            match *self.node(term) {
                Node::Const(number) => {
                    constant = constant.wrapping_add(number.wrapping_mul(factor));
                }
                Node::Sum(ref inner, number) => {
                    constant = constant.wrapping_add(number.wrapping_mul(factor));
                    open.extend(
                        inner
                            .iter()
                            .map(|&(term, by)| (term, by.wrapping_mul(factor))),
                    );
                }
                Node::Not(inner) => {
                    constant = constant.wrapping_sub(factor);
                    open.push((inner, factor.wrapping_neg()));
                }
                Node::Concat(ref parts) => match self.shifted(parts, width) {
                    Some((inner, by)) => open.push((inner, factor.wrapping_shl(by.into()))),
                    None => {
                        let sum = factors.entry(term).or_default();
                        *sum = sum.wrapping_add(factor);
                    }
                },
                _ => {
                    let sum = factors.entry(term).or_default();
                    *sum = sum.wrapping_add(factor);
                }
            }
        }
        let all = mask(width);
        let constant = constant & all;
        let terms: Vec<(Term, u64)> = factors
            .into_iter()
            .map(|(term, factor)| (term, factor & all))
            .filter(|&(_, factor)| factor != 0)
            .collect();
        match *terms.as_slice() {
            [] => self.constant(constant, width),
            [(term, 1)] if constant == 0 => term,
            [(term, factor)] if constant == 0 && factor.is_power_of_two() => {
                self.shifted_left(term, factor.trailing_zeros() as u8)
            }
            [(term, factor)] if factor == all && constant == all && width > 1 => self.not(term),
            [(term, factor)]
                if let Node::If(condition, yes, no) = *self.node(term)
                    && self.number(yes).is_some()
                    && self.number(no).is_some() =>
            {
                let yes = self.sum(&[(yes, factor)], constant, width);
                let no = self.sum(&[(no, factor)], constant, width);
                self.choose(condition, yes, no)
            }
            _ => self.intern(Node::Sum(terms.into(), constant), width),
        }
    }

    /// What was shifted to the left, where the last part of a concatenation is zeros.
    fn shifted(&mut self, parts: &[Term], width: u8) -> Option<(Term, u8)> {
        let (&last, above) = parts.split_last()?;
        if !self.is_zero(last) {
            return None;
        }
        let by = self.width(last);
        let inner = match *above {
            [only] => match *self.node(only) {
                Node::Extract(from, 0) if self.width(from) == width => from,
                _ => self.zero_extend(only, width),
            },
            _ => {
                let inner = self.concat(above);
                self.zero_extend(inner, width)
            }
        };
        Some((inner, by))
    }

    /// Whether no bit may be set in both.
    fn disjoint(&self, one: Term, other: Term) -> bool {
        self.possible(one) & self.possible(other) == 0
    }

    /// The bits that may be set.
    fn possible(&self, term: Term) -> u64 {
        match *self.node(term) {
            Node::Const(number) => number,
            Node::Concat(ref parts) => parts.iter().fold(0, |bits, &part| {
                bits.wrapping_shl(self.width(part).into()) | self.possible(part)
            }),
            _ => mask(self.width(term)),
        }
    }

    /// `left + right`.
    pub fn add(&mut self, left: Term, right: Term) -> Term {
        let width = self.width(left);
        let numbers = self.number(left).is_some() || self.number(right).is_some();
        if !numbers && self.disjoint(left, right) {
            return self.bitwise(Binary::Or, left, right);
        }
        self.sum(&[(left, 1), (right, 1)], 0, width)
    }

    /// `left - right`.
    pub fn sub(&mut self, left: Term, right: Term) -> Term {
        let width = self.width(left);
        self.sum(&[(left, 1), (right, u64::MAX)], 0, width)
    }

    /// `term` plus a number.
    pub fn add_number(&mut self, term: Term, number: u64) -> Term {
        let width = self.width(term);
        self.sum(&[(term, 1)], number, width)
    }

    /// `left * right`.
    pub fn mul(&mut self, left: Term, right: Term) -> Term {
        let width = self.width(left);
        match (self.number(left), self.number(right)) {
            (_, Some(number)) => self.sum(&[(left, number)], 0, width),
            (Some(number), _) => self.sum(&[(right, number)], 0, width),
            _ => self.intern(
                Node::Binary(Binary::Mul, left.min(right), left.max(right)),
                width,
            ),
        }
    }

    /// A division or remainder, as BPF defines them.
    pub fn divide(&mut self, op: Binary, left: Term, right: Term) -> Term {
        let width = self.width(left);
        if let Some(divisor) = self.number(right) {
            match (op, divisor) {
                (Binary::Div | Binary::SignedDiv, 0) => return self.constant(0, width),
                (_, 0) => return left,
                (Binary::Div | Binary::SignedDiv, 1) => return left,
                (_, 1) => return self.constant(0, width),
                (Binary::Div, _) if divisor.is_power_of_two() => {
                    return self.shifted_right(left, divisor.trailing_zeros() as u8);
                }
                (Binary::Rem, _) if divisor.is_power_of_two() => {
                    let bits = self.constant(divisor - 1, width);
                    return self.bitwise(Binary::And, left, bits);
                }
                _ => {}
            }
            if let Some(number) = self.number(left) {
                return self.constant(divided(op, number, divisor, width), width);
            }
        }
        // Fewer bits divide faster, and alike however far they were extended.
        let spare = self.leading_zeros(left).min(self.leading_zeros(right));
        if spare > 0 && spare < width && matches!(op, Binary::Div | Binary::Rem) {
            let left = self.extract(left, 0, width - spare);
            let right = self.extract(right, 0, width - spare);
            let narrow = self.divide(op, left, right);
            return self.zero_extend(narrow, width);
        }
        // Compilers that need both divide once.
        let division = match op {
            Binary::Rem => Binary::Div,
            Binary::SignedRem => Binary::SignedDiv,
            _ => return self.intern(Node::Binary(op, left, right), width),
        };
        let quotient = self.divide(division, left, right);
        let product = self.mul(quotient, right);
        self.sub(left, product)
    }

    /// The divisor, where a sum is what is left of a division, whole or its lower bits.
    pub(super) fn remainder(&self, terms: &[(Term, u64)]) -> Option<u64> {
        let whole = |term: Term| match *self.node(term) {
            Node::Extract(from, 0) => from,
            _ => term,
        };
        let &[one, other] = terms else { return None };
        [(one, other), (other, one)]
            .into_iter()
            .find_map(|(left, taken)| {
                let width = self.width(left.0);
                let Node::Binary(Binary::Div, of, by) = *self.node(whole(taken.0)) else {
                    return None;
                };
                let by = self.number(by).filter(|&by| by <= mask(width))?;
                let same = of == left.0 || of == whole(left.0);
                let taken_whole = taken.1 == by.wrapping_neg() & mask(width);
                (same && left.1 == 1 && taken_whole).then_some(by)
            })
    }

    fn shifted_left(&mut self, term: Term, by: u8) -> Term {
        let width = self.width(term);
        if by == 0 {
            return term;
        }
        let kept = self.extract(term, 0, width - by);
        let zeros = self.constant(0, by);
        self.concat(&[kept, zeros])
    }

    fn shifted_right(&mut self, term: Term, by: u8) -> Term {
        let width = self.width(term);
        let kept = self.extract(term, by, width - by);
        self.zero_extend(kept, width)
    }

    /// A shift; the number of bits is taken modulo the width.
    pub fn shift(&mut self, op: Binary, term: Term, by: Term) -> Term {
        let width = self.width(term);
        let bits = self.constant(u64::from(width) - 1, width);
        let by = self.bitwise(Binary::And, by, bits);
        match (op, self.number(by)) {
            // Less than the width.
            (Binary::ShiftLeft, Some(by)) => self.shifted_left(term, by as u8),
            (Binary::ShiftRight, Some(by)) => self.shifted_right(term, by as u8),
            (_, Some(by)) => {
                let kept = self.extract(term, by as u8, width - by as u8);
                self.extend(kept, width)
            }
            _ => self.intern(Node::Binary(op, term, by), width),
        }
    }

    /// `left == right`.
    pub fn equal(&mut self, left: Term, right: Term) -> Term {
        if left == right {
            return self.truth(true);
        }
        let (left, right) = self.ordered(left, right);
        let width = self.width(left);
        if let Some(number) = self.number(right) {
            return self.equals_number(left, number, width);
        }
        if width == 1 {
            let differ = self.bitwise(Binary::Xor, left, right);
            return self.not(differ);
        }
        let (left_node, right_node) = (self.node(left), self.node(right));
        match (&*left_node, &*right_node) {
            (Node::Sum(..), _) | (_, Node::Sum(..)) => {
                let difference = self.sub(left, right);
                return self.equals_number(difference, 0, width);
            }
            (Node::Concat(_), _) | (_, Node::Concat(_)) => {
                let mut cuts = Vec::new();
                let mut both = 0;
                for node in [&left_node, &right_node] {
                    if let Node::Concat(parts) = &**node {
                        both += 1;
                        let mut at = 0;
                        for &part in parts.iter().rev() {
                            at += self.width(part);
                            cuts.push(at);
                        }
                    }
                }
                cuts.sort_unstable();
                cuts.dedup();
                if both == 2 || cuts.len() <= 2 {
                    let mut all = self.truth(true);
                    let mut at = 0;
                    for end in cuts {
                        let left = self.extract(left, at, end - at);
                        let right = self.extract(right, at, end - at);
                        let equal = self.equal(left, right);
                        all = self.bitwise(Binary::And, all, equal);
                        at = end;
                    }
                    return all;
                }
            }
            (&Node::Extend(one), &Node::Extend(other)) if self.width(one) == self.width(other) => {
                return self.equal(one, other);
            }
            (&Node::If(condition, a, b), &Node::If(other, c, d)) if condition == other => {
                let yes = self.equal(a, c);
                let no = self.equal(b, d);
                return self.choose(condition, yes, no);
            }
            (&Node::Not(one), &Node::Not(other)) => return self.equal(one, other),
            _ => {}
        }
        self.intern(Node::Binary(Binary::Equal, left, right), 1)
    }

    fn equals_number(&mut self, term: Term, number: u64, width: u8) -> Term {
        let number = number & mask(width);
        match *self.node(term) {
            Node::Const(other) => self.truth(other == number),
            _ if width == 1 => {
                if number == 1 {
                    term
                } else {
                    self.not(term)
                }
            }
            Node::If(condition, yes, no) => {
                let yes = self.equals_number(yes, number, width);
                let no = self.equals_number(no, number, width);
                self.choose(condition, yes, no)
            }
            Node::Concat(ref parts) => {
                let mut all = self.truth(true);
                let mut at = 0;
                for &part in parts.iter().rev() {
                    let size = self.width(part);
                    let equal = self.equals_number(part, number >> at, size);
                    all = self.bitwise(Binary::And, all, equal);
                    at += size;
                }
                all
            }
            Node::Extend(inner) => {
                let size = self.width(inner);
                let cut = self.constant(number, size);
                let whole = self.extend(cut, width);
                if self.number(whole) == Some(number) {
                    self.equals_number(inner, number, size)
                } else {
                    self.truth(false)
                }
            }
            Node::Not(inner) => self.equals_number(inner, !number, width),
            Node::Sum(ref terms, constant) => {
                let rest = number.wrapping_sub(constant) & mask(width);
                match **terms {
                    [(term, 1)] => self.equals_number(term, rest, width),
                    [(term, factor)] if factor == mask(width) => {
                        self.equals_number(term, rest.wrapping_neg(), width)
                    }
                    [(one, a), (other, b)]
                        if rest == 0
                            && a.wrapping_add(b) & mask(width) == 0
                            && (a == 1 || b == 1) =>
                    {
                        self.intern(Node::Binary(Binary::Equal, one, other), 1)
                    }
                    _ => {
                        // The sign of the first term decides.
                        let flip = terms
                            .first()
                            .is_some_and(|&(_, factor)| factor > mask(width) / 2);
                        let (terms, rest): (Vec<_>, _) = if flip {
                            let negative = |&(term, by): &(Term, u64)| (term, by.wrapping_neg());
                            (terms.iter().map(negative).collect(), rest.wrapping_neg())
                        } else {
                            (terms.to_vec(), rest)
                        };
                        let sum = self.sum(&terms, 0, width);
                        let number = self.constant(rest, width);
                        self.intern(Node::Binary(Binary::Equal, sum, number), 1)
                    }
                }
            }
            Node::Binary(Binary::Xor, left, right) if number == 0 => self.equal(left, right),
            Node::Extract(from, low) if number == 0 && low + width == self.width(from) => {
                let end = self.constant(1 << low, low + width);
                self.less(from, end)
            }
            Node::Binary(Binary::Div, left, by) if self.number(by).is_some_and(|by| by != 0) => {
                let by = self.number(by).unwrap_or(1);
                let (Some(least), all) = (number.checked_mul(by), mask(width)) else {
                    return self.truth(false);
                };
                if least > all {
                    return self.truth(false);
                }
                let start = self.constant(least, width);
                let below = self.less(left, start);
                let reached = self.not(below);
                match least.checked_add(by).filter(|&end| end <= all) {
                    Some(end) => {
                        let end = self.constant(end, width);
                        let below = self.less(left, end);
                        self.bitwise(Binary::And, reached, below)
                    }
                    None => reached,
                }
            }
            _ => {
                let number = self.constant(number, width);
                self.intern(Node::Binary(Binary::Equal, term, number), 1)
            }
        }
    }

    /// `left < right` without signs.
    pub fn less(&mut self, left: Term, right: Term) -> Term {
        let width = self.width(left);
        let (a, b) = (self.number(left), self.number(right));
        match (a, b) {
            _ if left == right => return self.truth(false),
            (Some(a), Some(b)) => return self.truth(a < b),
            (_, Some(0)) => return self.truth(false),
            (_, Some(1)) => return self.equals_number(left, 0, width),
            (Some(0), _) => {
                let zero = self.equals_number(right, 0, width);
                return self.not(zero);
            }
            (Some(a), _) if a == mask(width) => return self.truth(false),
            (_, Some(b)) if b == mask(width) => {
                let most = self.equals_number(left, b, width);
                return self.not(most);
            }
            (Some(a), _) => {
                // As the opposite of `right < a + 1`, so that there is one way to say it.
                let next = self.constant(a + 1, width);
                let below = self.less(right, next);
                return self.not(below);
            }
            _ => {}
        }
        if width == 1 {
            let opposite = self.not(left);
            return self.bitwise(Binary::And, opposite, right);
        }
        let (zeros, other_zeros) = (self.leading_zeros(left), self.leading_zeros(right));
        if b.is_some() && zeros > other_zeros {
            return self.truth(true);
        }
        let spare = zeros.min(other_zeros);
        if spare > 0 && spare < width {
            let left = self.extract(left, 0, width - spare);
            let right = self.extract(right, 0, width - spare);
            return self.less(left, right);
        }
        // The quotient is below a number where the dividend is below its multiple.
        if let Some(b) = b {
            match *self.node(left) {
                Node::Extract(from, low) if low + width == self.width(from) => {
                    let end = self.constant(b << low, low + width);
                    return self.less(from, end);
                }
                Node::Binary(Binary::Div, from, by)
                    if let Some(by) = self.number(by).filter(|&by| by != 0) =>
                {
                    let end = b.checked_mul(by).filter(|&end| end <= mask(width));
                    return match end {
                        Some(end) => {
                            let end = self.constant(end, width);
                            self.less(from, end)
                        }
                        None => self.truth(true),
                    };
                }
                _ => {}
            }
        }
        if b.is_some()
            && let Node::If(condition, yes, no) = *self.node(left)
            && (self.number(yes).is_some() || self.number(no).is_some())
        {
            let yes = self.less(yes, right);
            let no = self.less(no, right);
            return self.choose(condition, yes, no);
        }
        self.intern(Node::Binary(Binary::Less, left, right), 1)
    }

    /// `left < right` with signs.
    pub fn signed_less(&mut self, left: Term, right: Term) -> Term {
        if left == right {
            return self.truth(false);
        }
        let width = self.width(left);
        if width == 1 {
            // -1 and 0.
            return self.less(right, left);
        }
        let (left_sign, right_sign) = (
            self.extract(left, width - 1, 1),
            self.extract(right, width - 1, 1),
        );
        match (self.number(left_sign), self.number(right_sign)) {
            (Some(a), Some(b)) if a == b => return self.less(left, right),
            (Some(a), Some(_)) => return self.truth(a == 1),
            _ => {}
        }
        if self.is_zero(right) {
            return left_sign;
        }
        if self.number(left) == Some(mask(width)) {
            return self.not(right_sign);
        }
        // As the opposite of `right < left + 1`, so that there is one way to say it.
        if let Some(number) = self.number(left)
            && number != mask(width) >> 1
        {
            let next = self.constant(number + 1, width);
            let below = self.signed_less(right, next);
            return self.not(below);
        }
        let narrow = self.signed_width(left).max(self.signed_width(right));
        if narrow < width {
            let left = self.extract(left, 0, narrow);
            let right = self.extract(right, 0, narrow);
            return self.signed_less(left, right);
        }
        if self.number(right).is_some()
            && let Node::If(condition, yes, no) = *self.node(left)
            && (self.number(yes).is_some() || self.number(no).is_some())
        {
            let yes = self.signed_less(yes, right);
            let no = self.signed_less(no, right);
            return self.choose(condition, yes, no);
        }
        self.intern(Node::Binary(Binary::SignedLess, left, right), 1)
    }

    /// So many bits are enough to hold it as a signed number.
    fn signed_width(&self, term: Term) -> u8 {
        let width = self.width(term);
        match *self.node(term) {
            Node::Const(number) => {
                let unused = 64 - u32::from(width);
                let number = ((number << unused).cast_signed() >> unused).cast_unsigned();
                // At most 64.
                65 - number.leading_zeros().max(number.leading_ones()) as u8
            }
            Node::Extend(inner) => self.width(inner),
            _ => (width + 1 - self.leading_zeros(term)).min(width),
        }
    }
}

/// A division or remainder of numbers.
pub(super) fn divided(op: Binary, left: u64, right: u64, width: u8) -> u64 {
    let unused = 64 - u32::from(width);
    let signed = |number: u64| (number << unused).cast_signed() >> unused;
    let (a, b) = (signed(left), signed(right));
    match op {
        Binary::Div => left.checked_div(right).unwrap_or(0),
        Binary::Rem => left.checked_rem(right).unwrap_or(left),
        Binary::SignedDiv if b == 0 => 0,
        Binary::SignedDiv => a.wrapping_div(b).cast_unsigned(),
        _ if b == 0 => left,
        _ => a.wrapping_rem(b).cast_unsigned(),
    }
}

//! Making terms of bits: pieces, pieces side by side, masks. Every way to cut and paste the same
//! bits leads to the same term, as far as that is possible.

use super::term::{Binary, Node, Pool, Term, mask};

/// Masks that fall into more runs of equal bits are kept as they are.
const RUNS_MAX: usize = 9;

impl Pool {
    /// A number of `width` bits.
    pub fn constant(&mut self, number: u64, width: u8) -> Term {
        self.intern(Node::Const(number & mask(width)), width)
    }

    /// A truth value.
    pub fn truth(&mut self, value: bool) -> Term {
        self.constant(value.into(), 1)
    }

    /// `width` bits of `term` from bit `low` on.
    pub fn extract(&mut self, term: Term, low: u8, width: u8) -> Term {
        if low == 0 && width == self.width(term) {
            return term;
        }
        if let Some(&known) = self.extracts.get(&(term, low, width)) {
            return known;
        }
        let made = self.make_extract(term, low, width);
        self.extracts.insert((term, low, width), made);
        made
    }

    fn make_extract(&mut self, term: Term, low: u8, width: u8) -> Term {
        match *self.node(term) {
            Node::Const(number) => {
                self.constant(number.checked_shr(low.into()).unwrap_or(0), width)
            }
            Node::Extract(from, base) => self.extract(from, base + low, width),
            Node::Concat(ref parts) => {
                let mut pieces = Vec::new();
                let mut at = 0;
                for &part in parts.iter().rev() {
                    let size = self.width(part);
                    let (start, end) = (low.max(at), (low + width).min(at + size));
                    if start < end {
                        pieces.push(self.extract(part, start - at, end - start));
                    }
                    at += size;
                }
                pieces.reverse();
                self.concat(&pieces)
            }
            Node::Extend(inner) => {
                let size = self.width(inner);
                if low + width <= size {
                    self.extract(inner, low, width)
                } else {
                    let start = low.min(size - 1);
                    let piece = self.extract(inner, start, size - start);
                    self.extend(piece, width)
                }
            }
            Node::If(condition, yes, no) => {
                let yes = self.extract(yes, low, width);
                let no = self.extract(no, low, width);
                self.choose(condition, yes, no)
            }
            Node::Not(inner) => {
                let inner = self.extract(inner, low, width);
                self.not(inner)
            }
            Node::Binary(op @ (Binary::And | Binary::Or | Binary::Xor), left, right) => {
                let left = self.extract(left, low, width);
                let right = self.extract(right, low, width);
                self.bitwise(op, left, right)
            }
            Node::Binary(Binary::Mul, left, right) if low == 0 => {
                let left = self.extract(left, 0, width);
                let right = self.extract(right, 0, width);
                self.mul(left, right)
            }
            Node::Sum(ref terms, constant) if low == 0 => {
                let terms: Vec<_> = terms
                    .iter()
                    .map(|&(term, factor)| (self.extract(term, 0, width), factor))
                    .collect();
                self.sum(&terms, constant, width)
            }
            _ => self.intern(Node::Extract(term, low), width),
        }
    }

    /// Bits side by side, the highest first; at most 64.
    pub fn concat(&mut self, parts: &[Term]) -> Term {
        let mut flat: Vec<Term> = Vec::new();
        for &part in parts {
            let pieces = match &*self.node(part) {
                Node::Concat(inner) => inner.to_vec(),
                _ => vec![part],
            };
            for piece in pieces {
                let mut piece = piece;
                // A merged piece may fit to what is before it.
                while let Some(&last) = flat.last()
                    && let Some(merged) = self.merge(last, piece)
                {
                    flat.pop();
                    piece = merged;
                }
                match &*self.node(piece) {
                    Node::Concat(inner) => flat.extend(inner.iter()),
                    _ => flat.push(piece),
                }
            }
        }
        match flat.as_slice() {
            [] => self.constant(0, 1),
            [only] => *only,
            _ => {
                let width = flat.iter().map(|&part| self.width(part)).sum();
                self.intern(Node::Concat(flat.into()), width)
            }
        }
    }

    /// Two neighbours as one term that is no concatenation.
    fn merge(&mut self, high: Term, low: Term) -> Option<Term> {
        let (high_width, low_width) = (self.width(high), self.width(low));
        let width = high_width + low_width;
        let (high_node, low_node) = (self.node(high), self.node(low));
        match (&*high_node, &*low_node) {
            (&Node::Const(above), &Node::Const(below)) => {
                Some(self.constant(above << low_width | below, width))
            }
            (&Node::Extract(from, at), _) if at >= low_width => {
                let beside = self.extract(from, at - low_width, low_width);
                (beside == low).then(|| self.extract(from, at - low_width, width))
            }
            (&Node::Extend(sign), &Node::Extend(other))
                if sign == other && self.width(sign) == 1 =>
            {
                Some(self.extend(sign, width))
            }
            (&Node::Extend(sign), _)
                if self.width(sign) == 1 && self.extract(low, low_width - 1, 1) == sign =>
            {
                Some(self.extend(low, width))
            }
            (&Node::If(condition, yes, no), &Node::If(other, low_yes, low_no))
                if condition == other =>
            {
                let yes = self.concat(&[yes, low_yes]);
                let no = self.concat(&[no, low_no]);
                Some(self.choose(condition, yes, no))
            }
            (&Node::Const(_), &Node::If(condition, yes, no)) => {
                let yes = self.concat(&[high, yes]);
                let no = self.concat(&[high, no]);
                Some(self.choose(condition, yes, no))
            }
            (&Node::If(condition, yes, no), &Node::Const(_)) => {
                let yes = self.concat(&[yes, low]);
                let no = self.concat(&[no, low]);
                Some(self.choose(condition, yes, no))
            }
            (&Node::Not(above), &Node::Not(below)) if high_width > 1 || low_width > 1 => {
                let inner = self.merge(above, below)?;
                Some(self.not(inner))
            }
            (
                &Node::Binary(op @ (Binary::And | Binary::Or | Binary::Xor), a, b),
                &Node::Binary(other, c, d),
            ) if op == other => {
                let mut pairs = self.merge(a, c).zip(self.merge(b, d));
                if pairs.is_none() {
                    pairs = self.merge(a, d).zip(self.merge(b, c));
                }
                let (left, right) = pairs?;
                // A mask of few runs would be cut into pieces at once.
                let few = |term: Term| {
                    let number = self.number(term);
                    number.is_some_and(|number| runs(number, width).len() <= RUNS_MAX)
                };
                if few(left) || few(right) {
                    return None;
                }
                let (left, right) = self.ordered(left, right);
                Some(self.intern(Node::Binary(op, left, right), width))
            }
            _ => None,
        }
    }

    /// With zeros above.
    pub fn zero_extend(&mut self, term: Term, width: u8) -> Term {
        let missing = width.saturating_sub(self.width(term));
        if missing == 0 {
            return term;
        }
        let zeros = self.constant(0, missing);
        self.concat(&[zeros, term])
    }

    /// With the highest bit repeated above.
    pub fn extend(&mut self, term: Term, width: u8) -> Term {
        let size = self.width(term);
        if size >= width {
            return term;
        }
        match *self.node(term) {
            Node::Const(number) => {
                let unused = 64 - u32::from(size);
                let number = ((number << unused).cast_signed() >> unused).cast_unsigned();
                self.constant(number, width)
            }
            Node::Extend(inner) => self.extend(inner, width),
            Node::Concat(ref parts) if parts.first().is_some_and(|&part| self.is_zero(part)) => {
                self.zero_extend(term, width)
            }
            Node::If(condition, yes, no)
                if self.number(yes).is_some() || self.number(no).is_some() =>
            {
                let yes = self.extend(yes, width);
                let no = self.extend(no, width);
                self.choose(condition, yes, no)
            }
            _ => self.intern(Node::Extend(term), width),
        }
    }

    /// Whether it is the number 0.
    pub fn is_zero(&self, term: Term) -> bool {
        self.number(term) == Some(0)
    }

    /// How many of the highest bits are known to be 0.
    pub fn leading_zeros(&self, term: Term) -> u8 {
        let width = self.width(term);
        match *self.node(term) {
            // At most 64.
            Node::Const(number) => (number.leading_zeros() as u8).saturating_sub(64 - width),
            Node::Concat(ref parts) => match parts.first() {
                Some(&part) => self.leading_zeros(part),
                None => 0,
            },
            Node::Sum(ref terms, 0) => match self.remainder(terms) {
                // At most 64.
                Some(by) => ((by - 1).leading_zeros() as u8).saturating_sub(64 - width),
                None => 0,
            },
            Node::If(_, yes, no) if self.depth(term) < 16 => {
                self.leading_zeros(yes).min(self.leading_zeros(no))
            }
            _ => 0,
        }
    }

    /// `&`, `|` or `^`.
    pub fn bitwise(&mut self, op: Binary, left: Term, right: Term) -> Term {
        if left == right {
            return match op {
                Binary::Xor => {
                    let width = self.width(left);
                    self.constant(0, width)
                }
                _ => left,
            };
        }
        let (left, right) = self.ordered(left, right);
        let width = self.width(left);
        match (self.number(left), self.number(right)) {
            (Some(a), Some(b)) => {
                let number = match op {
                    Binary::And => a & b,
                    Binary::Or => a | b,
                    _ => a ^ b,
                };
                return self.constant(number, width);
            }
            (_, Some(number)) if number == 0 || number == mask(width) => {
                return match (op, number == 0) {
                    (Binary::And, true) | (Binary::Or, false) => right,
                    (Binary::Xor, false) => self.not(left),
                    _ => left,
                };
            }
            (_, Some(number)) => {
                if let Node::If(condition, yes, no) = *self.node(left)
                    && self.number(yes).is_some()
                    && self.number(no).is_some()
                {
                    let yes = self.bitwise(op, yes, right);
                    let no = self.bitwise(op, no, right);
                    return self.choose(condition, yes, no);
                }
                let cuts = runs(number, width);
                if cuts.len() <= RUNS_MAX {
                    return self.segments(op, left, right, &cuts);
                }
            }
            _ => {}
        }
        if self.opposite(left, right) {
            return match op {
                Binary::And => self.constant(0, width),
                _ => self.constant(u64::MAX, width),
            };
        }
        let cuts = self.cuts(left, right);
        if cuts.len() > 1 {
            return self.segments(op, left, right, &cuts);
        }
        self.intern(Node::Binary(op, left, right), width)
    }

    /// Two sides that may be swapped, in the order in which they are kept: numbers last.
    pub(super) fn ordered(&self, left: Term, right: Term) -> (Term, Term) {
        let numbers = (self.number(left).is_some(), self.number(right).is_some());
        match numbers {
            (true, false) => (right, left),
            (false, true) => (left, right),
            _ => (left.min(right), left.max(right)),
        }
    }

    fn opposite(&self, left: Term, right: Term) -> bool {
        *self.node(left) == Node::Not(right) || *self.node(right) == Node::Not(left)
    }

    /// The ends of pieces, where one side has a piece that is a number.
    fn cuts(&self, left: Term, right: Term) -> Vec<u8> {
        let mut cuts = Vec::new();
        let mut numbers = false;
        for side in [left, right] {
            let mut at = 0;
            if let Node::Concat(parts) = &*self.node(side) {
                for &part in parts.iter().rev() {
                    at += self.width(part);
                    cuts.push(at);
                    numbers |= self.number(part).is_some();
                }
            }
        }
        cuts.push(self.width(left));
        cuts.sort_unstable();
        cuts.dedup();
        if numbers { cuts } else { Vec::new() }
    }

    fn segments(&mut self, op: Binary, left: Term, right: Term, cuts: &[u8]) -> Term {
        let mut pieces = Vec::new();
        let mut at = 0;
        for &end in cuts {
            let left = self.extract(left, at, end - at);
            let right = self.extract(right, at, end - at);
            pieces.push(self.bitwise(op, left, right));
            at = end;
        }
        pieces.reverse();
        self.concat(&pieces)
    }

    /// All bits inverted; for truth values, the opposite.
    pub fn not(&mut self, term: Term) -> Term {
        let width = self.width(term);
        match *self.node(term) {
            Node::Const(number) => self.constant(!number, width),
            Node::Not(inner) => inner,
            Node::Concat(ref parts) => {
                let parts: Vec<_> = parts.iter().map(|&part| self.not(part)).collect();
                self.concat(&parts)
            }
            Node::If(condition, yes, no)
                if self.number(yes).is_some() || self.number(no).is_some() =>
            {
                let yes = self.not(yes);
                let no = self.not(no);
                self.choose(condition, yes, no)
            }
            Node::Sum(ref terms, constant) if width > 1 => {
                let terms: Vec<_> = terms
                    .iter()
                    .map(|&(term, factor)| (term, factor.wrapping_neg()))
                    .collect();
                self.sum(&terms, constant.wrapping_neg().wrapping_sub(1), width)
            }
            _ => self.intern(Node::Not(term), width),
        }
    }

    /// `yes` where `condition` holds, `no` where not.
    pub fn choose(&mut self, condition: Term, yes: Term, no: Term) -> Term {
        if yes == no {
            return yes;
        }
        let node = self.node(condition);
        match *node {
            Node::Const(value) => return if value == 0 { no } else { yes },
            Node::Not(inner) => return self.choose(inner, no, yes),
            _ => {}
        }
        let yes = self.assumed(condition, true, yes);
        let no = self.assumed(condition, false, no);
        if yes == no {
            return yes;
        }
        let width = self.width(yes);
        if width == 1 {
            match (self.number(yes), self.number(no)) {
                (Some(1), _) => return self.bitwise(Binary::Or, condition, no),
                (_, Some(0)) => return self.bitwise(Binary::And, condition, yes),
                (Some(_), _) => {
                    let opposite = self.not(condition);
                    return self.bitwise(Binary::And, opposite, no);
                }
                (_, Some(_)) => {
                    let opposite = self.not(condition);
                    return self.bitwise(Binary::Or, opposite, yes);
                }
                _ => {}
            }
        }
        self.intern(Node::If(condition, yes, no), width)
    }

    /// `term` where it is known that `condition` is `value`, one level deep.
    fn assumed(&self, condition: Term, value: bool, term: Term) -> Term {
        match *self.node(term) {
            Node::If(other, yes, no) if other == condition => {
                if value {
                    yes
                } else {
                    no
                }
            }
            _ => term,
        }
    }
}

/// Where runs of equal bits end.
fn runs(number: u64, width: u8) -> Vec<u8> {
    let bit = |at: u8| number >> at & 1;
    let mut ends: Vec<u8> = (1..width).filter(|&at| bit(at) != bit(at - 1)).collect();
    ends.push(width);
    ends
}

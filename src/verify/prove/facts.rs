//! What is known on a path: conditions that were taken to hold, and what follows from them.

use std::{collections::HashMap, rc::Rc};

use super::{
    eval::Model,
    term::{Binary, Node, Pool, Term, mask},
};
use crate::verify::world::Stable;

/// Terms get simpler and simpler, but not for ever.
const ROUNDS_MAX: u32 = 16;

/// Conditions that hold on a path.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// In the order in which they were met.
    pub all: Vec<Term>,
    /// Terms that equal a simpler one.
    known: HashMap<Term, Term, Stable>,
    /// The least and the greatest value of a term.
    bounds: HashMap<Term, (u64, u64), Stable>,
    /// Values for which all of them hold, where some were found.
    pub model: Option<Rc<Model>>,
    simplified: HashMap<Term, Term, Stable>,
    /// Whether they contradict each other.
    pub impossible: bool,
}

impl Facts {
    /// Takes `condition` to hold.
    pub fn assume(&mut self, pool: &mut Pool, condition: Term) {
        let condition = self.simplify(pool, condition);
        match pool.number(condition) {
            Some(1) => return,
            Some(_) => {
                self.impossible = true;
                self.all.push(condition);
                return;
            }
            None => {}
        }
        if let Node::Binary(Binary::And, left, right) = *pool.node(condition) {
            self.assume(pool, left);
            self.assume(pool, right);
            return;
        }
        if let Node::Not(inner) = *pool.node(condition)
            && let Node::Binary(Binary::Or, left, right) = *pool.node(inner)
        {
            let (left, right) = (pool.not(left), pool.not(right));
            self.assume(pool, left);
            self.assume(pool, right);
            return;
        }
        self.all.push(condition);
        self.simplified.clear();
        let (inner, value) = match *pool.node(condition) {
            Node::Not(inner) => (inner, false),
            _ => (condition, true),
        };
        let truth = pool.truth(value);
        self.known.insert(inner, truth);
        match *pool.node(inner) {
            Node::Binary(Binary::Equal, left, right) => match (value, pool.number(right)) {
                (true, _) => {
                    self.known.insert(left.max(right), left.min(right));
                    if pool.number(right).is_some() {
                        self.known.remove(&right);
                        self.known.insert(left, right);
                    }
                }
                (false, Some(number)) => {
                    let (least, most) = self.range(pool, left);
                    if number == least && least < most {
                        self.bounds.insert(left, (least + 1, most));
                    } else if number == most && least < most {
                        self.bounds.insert(left, (least, most - 1));
                    }
                }
                (false, None) => {}
            },
            Node::Binary(Binary::Less, left, right) => {
                let (least, most) = self.range(pool, left);
                let (other_least, other_most) = self.range(pool, right);
                if value {
                    self.bounds
                        .insert(left, (least, most.min(other_most.saturating_sub(1))));
                    self.bounds.insert(
                        right,
                        (other_least.max(least.saturating_add(1)), other_most),
                    );
                } else {
                    self.bounds.insert(left, (least.max(other_least), most));
                    self.bounds
                        .insert(right, (other_least, other_most.min(most)));
                }
            }
            _ => {}
        }
    }

    /// Takes what the world is bound to: it holds for symbols that are new.
    pub fn assume_new(&mut self, pool: &mut Pool, condition: Term) {
        self.assume(pool, condition);
        if let Some(model) = &self.model
            && pool.evaluate(&[condition], model).get(&condition) != Some(&1)
        {
            self.model = None;
        }
    }

    /// A term that is the same on this path.
    pub fn simplify(&mut self, pool: &mut Pool, term: Term) -> Term {
        let mut term = term;
        // What is simpler may be known under its new name.
        for _ in 0..ROUNDS_MAX {
            let simpler = self.simplify_once(pool, term);
            if simpler == term {
                break;
            }
            term = simpler;
        }
        term
    }

    fn simplify_once(&mut self, pool: &mut Pool, term: Term) -> Term {
        if self.known.is_empty() && self.bounds.is_empty() || pool.number(term).is_some() {
            return term;
        }
        if let Some(&done) = self.simplified.get(&term) {
            return done;
        }
        for part in pool.reachable_but(&[term], |part| self.simplified.contains_key(&part)) {
            let simplified = &self.simplified;
            let of = |part: Term| simplified.get(&part).copied().unwrap_or(part);
            let mut done = match self.known.get(&part) {
                Some(&known) => of(known),
                None => {
                    let made = pool.rebuild(part, of);
                    self.known.get(&made).copied().unwrap_or(made)
                }
            };
            if let Node::Binary(Binary::Less, left, right) = *pool.node(done) {
                let (least, most) = self.range(pool, left);
                let (other_least, other_most) = self.range(pool, right);
                if most < other_least {
                    done = pool.truth(true);
                } else if least >= other_most {
                    done = pool.truth(false);
                }
            } else if let Node::Binary(Binary::Equal, left, right) = *pool.node(done) {
                let (least, most) = self.range(pool, left);
                let (other_least, other_most) = self.range(pool, right);
                if most < other_least || other_most < least {
                    done = pool.truth(false);
                }
            } else if let Node::Extract(..) = *pool.node(done) {
                let (least, most) = self.range(pool, done);
                if least == most {
                    done = pool.constant(least, pool.width(done));
                }
            }
            self.simplified.insert(part, done);
        }
        self.simplified.get(&term).copied().unwrap_or(term)
    }

    /// The least and greatest value that it can have, as far as is easily known.
    pub fn range(&self, pool: &Pool, term: Term) -> (u64, u64) {
        self.range_within(pool, term, 12)
    }

    fn range_within(&self, pool: &Pool, term: Term, depth: u32) -> (u64, u64) {
        let all = mask(pool.width(term));
        let own = self.bounds.get(&term).copied().unwrap_or((0, all));
        let Some(depth) = depth.checked_sub(1) else {
            return own;
        };
        let made = match *pool.node(term) {
            Node::Const(number) => (number, number),
            Node::If(_, yes, no) => {
                let yes = self.range_within(pool, yes, depth);
                let no = self.range_within(pool, no, depth);
                (yes.0.min(no.0), yes.1.max(no.1))
            }
            Node::Concat(ref parts) => {
                let mut range = (0, 0);
                for &part in parts {
                    let width = u32::from(pool.width(part));
                    let (least, most) = self.range_within(pool, part, depth);
                    let shifted = |number: u64| number.checked_shl(width).unwrap_or(0);
                    range = (shifted(range.0) | least, shifted(range.1) | most);
                }
                range
            }
            Node::Binary(Binary::And, left, right) => {
                let left = self.range_within(pool, left, depth);
                let right = self.range_within(pool, right, depth);
                (0, left.1.min(right.1))
            }
            Node::Binary(Binary::Div, left, by) => {
                let left = self.range_within(pool, left, depth);
                match pool.number(by) {
                    Some(by) if by > 0 => (left.0 / by, left.1 / by),
                    _ => (0, left.1),
                }
            }
            Node::Extract(from, low) => {
                let (least, most) = self.range_within(pool, from, depth);
                if most >> low <= all {
                    (least >> low, most >> low)
                } else {
                    (0, all)
                }
            }
            Node::Sum(ref terms, 0) if let Some(by) = pool.remainder(terms) => (0, by - 1),
            Node::Sum(ref terms, constant) => {
                let mut range = Some((constant, constant));
                for &(term, factor) in terms {
                    let (least, most) = self.range_within(pool, term, depth);
                    range = range.and_then(|(low, high)| {
                        let low = least.checked_mul(factor)?.checked_add(low)?;
                        let high = most.checked_mul(factor)?.checked_add(high)?;
                        (high <= all).then_some((low, high))
                    });
                }
                range.unwrap_or((0, all))
            }
            _ => (0, all),
        };
        let range = (made.0.max(own.0), made.1.min(own.1));
        if range.0 <= range.1 { range } else { own }
    }
}

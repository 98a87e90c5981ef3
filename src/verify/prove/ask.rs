//! Questions about a path.

use std::{collections::BTreeSet, rc::Rc};

use super::{
    eval::Model,
    facts::Facts,
    machine::{Prover, State, Stop},
    solver::Answer,
    term::{Binary, Node, Symbol, SymbolId, Term},
};
use crate::verify::world::KERNEL_START;

const PAGE_BITS: u8 = 12;

/// Values for which a condition holds beside the facts, if they are known.
pub type Values = Option<Rc<Model>>;

impl Prover {
    /// Which of a condition and its opposite can be.
    pub(super) fn possible(
        &mut self,
        facts: &mut Facts,
        condition: Term,
    ) -> (Option<Values>, Option<Values>) {
        let condition = facts.simplify(&mut self.pool, condition);
        if facts.impossible {
            return (None, None);
        }
        let opposite = self.pool.not(condition);
        let known = facts.model.clone().map(|model| {
            let values = self.pool.evaluate(&[condition], &model);
            (values.get(&condition) == Some(&1), model)
        });
        let mut sides = [None, None];
        for (side, (place, wanted)) in sides.iter_mut().zip([condition, opposite]).enumerate() {
            *place = match &known {
                Some((holds, model)) if *holds == (side == 0) => Some(Some(model.clone())),
                _ => match self.ask(facts, wanted) {
                    Answer::Holds(model) => Some(Some(Rc::new(model))),
                    Answer::Never => None,
                    Answer::Unknown => Some(None),
                },
            };
        }
        let [yes, no] = sides;
        (yes, no)
    }

    /// Whether `condition` can hold beside the facts, which can hold themselves.
    pub(super) fn ask(&mut self, facts: &Facts, condition: Term) -> Answer {
        if self.pool.number(condition) == Some(0) {
            return Answer::Never;
        }
        let Some(model) = facts.model.clone() else {
            let mut all = facts.all.clone();
            all.push(condition);
            return self.solver.ask(&self.pool, &all);
        };
        // What shares no symbol with the question keeps its values.
        let mut symbols = self.symbols(condition);
        let mut asked = vec![condition];
        let mut rest: Vec<(Term, Rc<BTreeSet<SymbolId>>)> = Vec::new();
        for &fact in &facts.all {
            let its = self.symbols(fact);
            rest.push((fact, its));
        }
        loop {
            let (near, far): (Vec<_>, Vec<_>) = rest
                .into_iter()
                .partition(|(_, its)| !its.is_disjoint(&symbols));
            if near.is_empty() {
                break;
            }
            let all = Rc::make_mut(&mut symbols);
            for (fact, its) in near {
                asked.push(fact);
                all.extend(its.iter().copied());
            }
            rest = far;
        }
        match self.solver.ask(&self.pool, &asked) {
            Answer::Holds(mut found) => {
                let old = model
                    .values
                    .iter()
                    .filter(|((symbol, _), _)| !symbols.contains(symbol));
                found
                    .values
                    .extend(old.map(|(key, &value)| (key.clone(), value)));
                Answer::Holds(found)
            }
            other => other,
        }
    }

    /// Wishes that make a world of the solver's one that kernels have: what is read lies where
    /// memory is, and the same text has one length however much room there is for it.
    pub(super) fn likely(&mut self, facts: &Facts, condition: Term) -> Vec<Term> {
        let mut roots = facts.all.clone();
        roots.push(condition);
        let mut wishes = Vec::new();
        let mut texts: Vec<[Term; 3]> = Vec::new();
        let mut reads: Vec<Term> = Vec::new();
        for term in self.pool.reachable(&roots) {
            let Node::Apply(symbol, ref arguments) = *self.pool.node(term) else {
                continue;
            };
            let is_text = match self.pool.symbol_of(symbol) {
                Some(Symbol::Readable) => false,
                Some(Symbol::TextReadable) => true,
                _ => continue,
            };
            let &[address, size] = &**arguments else {
                continue;
            };
            let nowhere = self.pool.not(term);
            let place = self.place_of_memory(address);
            wishes.push(self.pool.bitwise(Binary::Or, nowhere, place));
            if is_text {
                texts.push([term, address, size]);
            } else {
                reads.push(address);
            }
        }
        // Text has letters where numbers may have zeros.
        for &[_, text, _] in &texts {
            for &read in &reads {
                let (one, other) = (
                    self.pool.extract(text, PAGE_BITS, 64 - PAGE_BITS),
                    self.pool.extract(read, PAGE_BITS, 64 - PAGE_BITS),
                );
                let same = self.pool.equal(one, other);
                wishes.push(self.pool.not(same));
            }
        }
        for (at, &[one, address, size]) in texts.iter().enumerate() {
            for &[other, other_address, other_size] in texts.iter().skip(at + 1) {
                if address != other_address {
                    continue;
                }
                wishes.push(self.pool.equal(one, other));
                let mut length = |size| self.pool.apply(Symbol::TextLength, &[address, size], 64);
                let (length, other_length) = (length(size), length(other_size));
                // Each is the whole length, cut to its own room.
                let mut cut = |length, size| {
                    let fits = self.pool.less(length, size);
                    self.pool.choose(fits, length, size)
                };
                let (a, b) = (cut(length, other_size), cut(other_length, size));
                wishes.push(self.pool.equal(a, b));
            }
        }
        wishes
    }

    /// Whether user space or the kernel may have memory there.
    fn place_of_memory(&mut self, address: Term) -> Term {
        let mut within = |start: u64, end: u64| {
            let (start, end) = (self.pool.constant(start, 64), self.pool.constant(end, 64));
            let before = self.pool.less(address, start);
            let reached = self.pool.not(before);
            let below = self.pool.less(address, end);
            self.pool.bitwise(Binary::And, reached, below)
        };
        let user = within(0x1000, 1 << 46);
        let kernel = within(KERNEL_START, KERNEL_START + (1 << 36));
        self.pool.bitwise(Binary::Or, user, kernel)
    }

    /// The symbols in a term.
    fn symbols(&mut self, term: Term) -> Rc<BTreeSet<SymbolId>> {
        if let Some(known) = self.symbols_of.get(&term) {
            return known.clone();
        }
        let mut symbols = BTreeSet::new();
        for part in self.pool.reachable(&[term]) {
            if let Node::Apply(symbol, _) = *self.pool.node(part) {
                symbols.insert(symbol);
            }
        }
        let symbols = Rc::new(symbols);
        self.symbols_of.insert(term, symbols.clone());
        symbols
    }

    /// Whether `condition` holds on this path.
    ///
    /// # Errors
    ///
    /// Where it depends: the step has to be done again when it was decided, so nothing may have
    /// been changed before.
    pub fn decide(&mut self, state: &mut State<'_>, condition: Term) -> Result<bool, Stop> {
        let condition = state.facts.simplify(&mut self.pool, condition);
        match self.pool.number(condition) {
            Some(value) => Ok(value == 1),
            None => Err(Stop::Fork(condition)),
        }
    }
}

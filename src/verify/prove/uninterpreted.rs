//! Helpers and kernel functions of which only the kinds of their arguments are known.

use std::{rc::Rc, sync::Arc};

use super::{
    effect::{Event, Part},
    helpers::Amount,
    machine::{Prover, State, Stop},
    memory::{Place, word_bytes},
    term::{Binary, Shape, Symbol, Term},
};
use crate::verify::{
    helpers::{COPY_FROM_USER_STR, answer},
    machine::memory::Purpose,
};

/// Counts the calls that can be seen from outside.
const DONE: &str = "calls that are seen";

impl Prover {
    /// A helper of which only the kinds of its arguments are known.
    pub(super) fn uninterpreted(
        &mut self,
        state: &mut State<'_>,
        name: &str,
        kinds: &str,
        values: [Term; 5],
    ) -> Result<Term, Stop> {
        let (visible, same, kinds) = match kinds.as_bytes() {
            [b'!', kinds @ ..] => (true, false, kinds),
            [b'=', kinds @ ..] => (false, true, kinds),
            kinds => (false, false, kinds),
        };
        let mut shapes = Vec::new();
        let mut terms = Vec::new();
        let mut outputs = Vec::new();
        for (position, (&kind, &value)) in kinds.iter().zip(&values).enumerate() {
            let size = values.get(position + 1).copied();
            match (kind, size) {
                (b'r', Some(size)) if !self.pool.is_zero(value) => {
                    if let Place::World = self.place(state, value)? {
                        self.argument(state, value, &mut shapes, &mut terms)?;
                        continue;
                    }
                    let (bytes, length) = self.sized_bytes(state, value, size)?;
                    if self.pool.number(length).is_none() {
                        return Err(Stop::GiveUp(format!("{name} with a computed size")));
                    }
                    shapes.push(Shape::Memory(bytes.len()));
                    terms.extend(bytes);
                }
                (b'w', Some(size)) if !self.pool.is_zero(value) => {
                    let (id, offset, room) = self.inside(state, value)?;
                    outputs.push((id, offset, self.amount(state, size, room)?));
                }
                (b'8' | b'4', _) => {
                    let (id, offset, _) = self.inside(state, value)?;
                    let most = if kind == b'8' { 8 } else { 4 };
                    let term = self.pool.constant(most, 64);
                    outputs.push((id, offset, Amount { term, most }));
                }
                _ => self.argument(state, value, &mut shapes, &mut terms)?,
            }
        }
        let name: Arc<str> = Arc::from(name);
        let arguments = shapes.clone();
        let mut event_parts: Vec<Part> = terms.iter().map(|&term| Part::Number(term)).collect();
        let (mut shapes, mut terms) = if same {
            (Vec::new(), Vec::new())
        } else {
            (shapes, terms)
        };
        if !same && (arguments.is_empty() || visible) {
            let nth = Self::count(state, &name);
            shapes = Vec::new();
            terms = vec![self.pool.constant(nth.into(), 32)];
        }
        // What is done outside may change every answer.
        let done = state.counts.get(DONE).copied().unwrap_or(0);
        if !same && !shapes.is_empty() && done > 0 {
            shapes.push(Shape::Number);
            terms.push(self.pool.constant(done.into(), 32));
        }
        if visible {
            Self::count(state, DONE);
        }
        for (id, offset, amount) in outputs {
            let words: Vec<Term> = (0..amount.most.div_ceil(8))
                .map(|word| {
                    let word = u32::try_from(word).unwrap_or(u32::MAX);
                    let symbol = Symbol::Output(name.clone(), shapes.clone(), word);
                    self.pool.apply(symbol, &terms, 64)
                })
                .collect();
            let bytes = word_bytes(&mut self.pool, state.memory.endian, &words, amount.most);
            self.fill(state, (id, offset), amount, &bytes)?;
        }
        if visible {
            let what = format!("call of {name} {arguments:?}");
            let parts = std::mem::take(&mut event_parts);
            state.events.push(Rc::new(Event {
                what,
                map: None,
                parts,
            }));
        }
        let known = answer(&name);
        let any = self.pool.apply(Symbol::Result(name, shapes), &terms, 64);
        let mask = self.pool.constant(known.mask, 64);
        let set = self.pool.constant(known.set, 64);
        let masked = self.pool.bitwise(Binary::And, any, mask);
        Ok(self.pool.bitwise(Binary::Or, masked, set))
    }

    fn argument(
        &mut self,
        state: &mut State<'_>,
        value: Term,
        shapes: &mut Vec<Shape>,
        terms: &mut Vec<Term>,
    ) -> Result<(), Stop> {
        match self.place(state, value)? {
            Place::World => {
                shapes.push(Shape::Number);
                terms.push(state.facts.simplify(&mut self.pool, value));
            }
            Place::Inside(id, _) => match state.memory.region(id).map(|region| &region.purpose) {
                Some(&Purpose::MapHandle(index)) => {
                    let (name, _) = Self::def(state, index)?;
                    shapes.push(Shape::Map(name));
                }
                Some(Purpose::Context) => shapes.push(Shape::Opaque),
                _ => {
                    let why = "a helper with a pointer to memory of unknown size";
                    return Err(Stop::GiveUp(why.to_owned()));
                }
            },
            Place::Somewhere(..) => {
                let why = "a helper with a pointer to a computed place";
                return Err(Stop::GiveUp(why.to_owned()));
            }
            Place::Function(_) => {
                return Err(Stop::GiveUp("a helper that calls back later".to_owned()));
            }
        }
        Ok(())
    }

    /// A function of the kernel: every call is taken to be visible.
    pub(super) fn kfunc(
        &mut self,
        state: &mut State<'_>,
        name: &str,
        values: &[Term; 5],
    ) -> Result<Term, Stop> {
        let [a, b, c, ..] = *values;
        if let Some(result) = self.numbers(state, name, [a, b, c])? {
            return Ok(result);
        }
        if name == COPY_FROM_USER_STR {
            return self.copy_text_from_user(state, *values);
        }
        let Some(&count) = self.prototypes.get(name) else {
            let why = format!("nobody says how many arguments the kernel function {name} has");
            return Err(Stop::GiveUp(why));
        };
        let (mut shapes, mut terms) = (Vec::new(), Vec::new());
        for &value in values.iter().take(count) {
            self.argument(state, value, &mut shapes, &mut terms)?;
        }
        let nth = Self::count(state, name);
        Self::count(state, DONE);
        state.events.push(Rc::new(Event {
            what: format!("call of {name} {shapes:?}"),
            map: None,
            parts: terms.into_iter().map(Part::Number).collect(),
        }));
        let nth = self.pool.constant(nth.into(), 32);
        let result = Symbol::Result(Arc::from(name), Vec::new());
        Ok(self.pool.apply(result, &[nth], 64))
    }
}

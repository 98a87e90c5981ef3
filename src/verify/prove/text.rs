//! Text that helpers make, or copy within the program's own memory.

use std::{rc::Rc, sync::Arc};

use super::{
    effect::{Event, Part},
    helpers::{Amount, words},
    machine::{Prover, State, Stop},
    maps::words_of,
    memory::word_bytes,
    probe::Space,
    term::{Binary, Shape, Symbol, Term},
};

/// No text of `bpf_snprintf` is longer.
const TEXT_MAX: u64 = 1 << 16;
/// Text arguments are filled up with zeros to a multiple of this.
const ARGUMENT_UNIT: usize = 64;

impl Prover {
    /// Copies text that lies `at` in a piece of the program's own memory.
    pub(super) fn own_text(
        &mut self,
        state: &mut State<'_>,
        (id, offset): (usize, u64),
        amount: Amount,
        (region, at): (usize, u64),
        space: Space,
    ) -> Result<Term, Stop> {
        let Some(size) = self.pool.number(amount.term) else {
            let why = "text of a computed size that is read from the program's own memory";
            return Err(Stop::GiveUp(why.to_owned()));
        };
        let zero = self.pool.constant(0, 8);
        if space == Space::User {
            let zeros = vec![zero; usize::try_from(size).unwrap_or(0)];
            self.fill(state, (id, offset), amount, &zeros)?;
            return Ok(self.pool.constant(Self::errno(14), 64));
        }
        let whole = state.memory.region(region).map_or(0, |region| region.size);
        let room = size.min(whole.saturating_sub(at));
        let text = state.memory.bytes(&mut self.pool, region, at, room)?;
        let old = state.memory.bytes(&mut self.pool, id, offset, size)?;
        let mut new = old.clone();
        // A byte counts as long as none before it ended the text.
        let mut ended = self.pool.truth(false);
        let mut length = self.pool.constant(size, 64);
        let mut ends = Vec::new();
        for (index, ((place, &old), &byte)) in (1..).zip(new.iter_mut().zip(&old).zip(&text)) {
            let byte = state.facts.simplify(&mut self.pool, byte);
            let kept = if index == size { zero } else { byte };
            *place = self.pool.choose(ended, old, kept);
            let end = self.pool.equal(byte, zero);
            ends.push((end, index));
            ended = self.pool.bitwise(Binary::Or, ended, end);
        }
        for &(end, index) in ends.iter().rev() {
            let index = self.pool.constant(index, 64);
            length = self.pool.choose(end, index, length);
        }
        if room < size && !self.decide(state, ended)? {
            let why = "text that goes on behind the program's own memory";
            return Err(Stop::GiveUp(why.to_owned()));
        }
        state.memory.write(id, offset, &new)?;
        Ok(length)
    }

    /// `bpf_snprintf`: a text of which nothing is known but what it was made from.
    pub(super) fn snprintf(
        &mut self,
        state: &mut State<'_>,
        [into, size]: [Term; 2],
        format: Term,
        [data, data_size]: [Term; 2],
    ) -> Result<Term, Stop> {
        let arguments = words(self, state, data, data_size)?;
        let all = self.pool.constant(u64::MAX, 64);
        let format = self.format(state, format, all)?;
        let Some((what, parts)) = self.formatted(state, &format, &arguments)? else {
            return Ok(self.pool.constant(Self::errno(22), 64));
        };
        if !state.user_writes.is_empty() {
            let why = "text that is made after user memory was written";
            return Err(Stop::GiveUp(why.to_owned()));
        }
        let mut terms = Vec::new();
        for part in parts {
            match part {
                Part::Number(number) => {
                    let number = state.facts.simplify(&mut self.pool, number);
                    terms.push(self.pool.zero_extend(number, 64));
                }
                // As many terms whether more or less is known of its end.
                Part::Bytes(mut bytes, _) | Part::Text(mut bytes) => {
                    let zero = self.pool.constant(0, 8);
                    bytes.resize(bytes.len().next_multiple_of(ARGUMENT_UNIT), zero);
                    terms.extend(words_of(&mut self.pool, &bytes));
                }
            }
        }
        let name: Arc<str> = Arc::from(what);
        let shapes = vec![Shape::Number; terms.len()];
        // Without its null byte.
        let symbol = Symbol::Result(name.clone(), shapes.clone());
        let length = self.pool.apply(symbol, &terms, 64);
        let end = self.pool.constant(TEXT_MAX, 64);
        let sane = self.pool.less(length, end);
        let (id, offset, amount) = if self.pool.is_zero(into) {
            let zero = self.pool.constant(0, 64);
            (
                usize::MAX,
                0,
                Amount {
                    term: zero,
                    most: 0,
                },
            )
        } else {
            let (id, offset, room) = self.inside(state, into)?;
            (id, offset, self.amount(state, size, room)?)
        };
        state.facts.assume_new(&mut self.pool, sane);
        if amount.most > 0 {
            let words: Vec<Term> = (0..amount.most.div_ceil(8))
                .map(|word| {
                    let word = u32::try_from(word).unwrap_or(u32::MAX);
                    let symbol = Symbol::Output(name.clone(), shapes.clone(), word);
                    self.pool.apply(symbol, &terms, 64)
                })
                .collect();
            let text = word_bytes(&mut self.pool, state.memory.endian, &words, amount.most);
            let old = state
                .memory
                .bytes(&mut self.pool, id, offset, amount.most)?;
            let last = self.pool.add_number(amount.term, u64::MAX);
            let fits = self.pool.less(length, last);
            let end = self.pool.choose(fits, length, last);
            let zero = self.pool.constant(0, 8);
            let mut new = Vec::new();
            for (index, (&old, &byte)) in (0..).zip(old.iter().zip(&text)) {
                let at = self.pool.constant(index, 64);
                let is_end = self.pool.equal(at, end);
                let before = self.pool.less(at, end);
                let rest = self.pool.choose(is_end, zero, old);
                new.push(self.pool.choose(before, byte, rest));
            }
            self.fill(state, (id, offset), amount, &new)?;
        }
        Ok(self.pool.add_number(length, 1))
    }

    /// `bpf_seq_printf`.
    pub(super) fn seq_printf(
        &mut self,
        state: &mut State<'_>,
        [format, size]: [Term; 2],
        data: [Term; 2],
    ) -> Result<Term, Stop> {
        let arguments = words(self, state, data[0], data[1])?;
        let format = self.format(state, format, size)?;
        let Some((what, parts)) = self.formatted(state, &format, &arguments)? else {
            return Ok(self.pool.constant(Self::errno(22), 64));
        };
        state.events.push(Rc::new(Event {
            what: format!("seq_{what}"),
            map: None,
            parts,
        }));
        let nth = Self::count(state, "seq_printf");
        let nth = self.pool.constant(nth.into(), 32);
        let result = Symbol::Result(Arc::from("seq_printf"), Vec::new());
        Ok(self.pool.apply(result, &[nth], 64))
    }
}

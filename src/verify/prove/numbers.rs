//! The kernel's iterator over numbers, behind `bpf_for` and `bpf_repeat`.

use super::{
    machine::{Prover, State, Stop},
    memory::bytes_of,
    term::Term,
};

/// It counts no further (`BPF_MAX_LOOPS`).
const MOST: u64 = 8 << 20;

impl Prover {
    /// What the kernel's function of that name returns; none: it is another function.
    ///
    /// The iterator is the number before the next one and the end, `int` both.
    pub(super) fn numbers(
        &mut self,
        state: &mut State<'_>,
        name: &str,
        [iterator, start, end]: [Term; 3],
    ) -> Result<Option<Term>, Stop> {
        let none = self.pool.constant(0, 32);
        let (kept, result) = match name {
            "bpf_iter_num_new" => {
                let start = self.pool.extract(start, 0, 32);
                let end = self.pool.extract(end, 0, 32);
                let (from, to) = (self.pool.extend(start, 64), self.pool.extend(end, 64));
                let turns = self.pool.sub(to, from);
                let zero = self.pool.constant(0, 64);
                let backwards = self.pool.signed_less(turns, zero);
                let most = self.pool.constant(MOST, 64);
                let many = self.pool.signed_less(most, turns);
                if self.decide(state, backwards)? {
                    ([none; 2], self.pool.constant(Self::errno(22), 64))
                } else if self.decide(state, many)? {
                    ([none; 2], self.pool.constant(Self::errno(7), 64))
                } else {
                    let before = self.pool.add_number(start, u64::MAX);
                    ([before, end], zero)
                }
            }
            "bpf_iter_num_next" => {
                let behind = self.pool.add_number(iterator, 4);
                let before = self.load(state, iterator, 4)?;
                let end = self.load(state, behind, 4)?;
                let number = self.pool.add_number(before, 1);
                let more = self.pool.signed_less(number, end);
                if self.decide(state, more)? {
                    ([number, end], iterator)
                } else {
                    ([none; 2], self.pool.constant(0, 64))
                }
            }
            "bpf_iter_num_destroy" => ([none; 2], self.pool.constant(0, 64)),
            _ => return Ok(None),
        };
        let endian = state.memory.endian;
        let bytes: Vec<Term> = kept
            .into_iter()
            .flat_map(|number| bytes_of(&mut self.pool, endian, number))
            .collect();
        self.store(state, iterator, &bytes)?;
        Ok(Some(result))
    }
}

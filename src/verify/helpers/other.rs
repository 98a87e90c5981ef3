//! Helpers and kernel functions whose answers the world makes up.

use std::sync::Arc;

use super::table::{Helper, answer};
use crate::verify::{
    machine::{
        Argument, Effect, Machine, Trap,
        memory::{Memory, Purpose},
    },
    world::{Atom, hash_of},
};

/// The kernel function that is `bpf_probe_read_user_str` for programs that may sleep
/// (`kernel/bpf/helpers.c`).
pub const COPY_FROM_USER_STR: &str = "bpf_copy_from_user_str";

impl Machine<'_> {
    /// Calls a helper of which only the kinds of its arguments are known.
    pub(super) fn uninterpreted(&mut self, helper: Helper, values: [u64; 5]) -> Result<u64, Trap> {
        let name: Arc<str> = Arc::from(helper.name);
        let (visible, same, kinds) = match helper.arguments.as_bytes() {
            [b'!', kinds @ ..] => (true, false, kinds),
            [b'=', kinds @ ..] => (false, true, kinds),
            kinds => (false, false, kinds),
        };
        let mut arguments = Vec::new();
        let mut outputs = Vec::new();
        for (position, (&kind, &value)) in kinds.iter().zip(&values).enumerate() {
            let size = || values.get(position + 1).copied().unwrap_or(0);
            match kind {
                b'r' if value == 0 => arguments.push(Argument::Number(0)),
                b'r' if Memory::locate(value).is_some() => {
                    let bytes = self.bytes(value, size() & 0xffff_ffff)?;
                    arguments.push(Argument::Memory(bytes));
                }
                b'w' if value != 0 => outputs.push((value, Self::size(size())?)),
                b'8' => outputs.push((value, 8)),
                b'4' => outputs.push((value, 4)),
                _ => arguments.push(self.argument(value)),
            }
        }
        let nth = if same {
            0
        } else if arguments.is_empty() || visible {
            self.count(&name)
        } else {
            self.number_of(&arguments)
        };
        for (address, size) in outputs {
            self.buffer(address, size as u64)?;
            let bytes = self.memory.made_up(self.oracle, size, |word| Atom::Output {
                helper: name.clone(),
                nth,
                word,
            });
            self.memory.writable(address, size)?.copy_from_slice(&bytes);
        }
        if visible {
            self.effects.push(Effect::Call {
                helper: name.clone(),
                arguments,
            });
        }
        let known = answer(&name);
        let made_up = self.oracle.ask(Atom::Result { helper: name, nth });
        Ok(made_up & known.mask | known.set)
    }

    /// Calls a function of the kernel by its name: every call is taken to be visible.
    pub(super) fn kfunc(&mut self, index: usize, values: [u64; 5]) -> Result<u64, Trap> {
        let name = self
            .image
            .object
            .ksyms
            .get(index)
            .map_or("", String::as_str);
        if let Some(value) = self.numbers(name, values)? {
            return Ok(value);
        }
        if name == COPY_FROM_USER_STR {
            return self.copy_text_from_user(values);
        }
        let name: Arc<str> = Arc::from(name);
        let nth = self.count(&name);
        let params = self.image.prototypes().get(&*name).copied();
        let arguments = (values.iter().take(params.unwrap_or(1)))
            .map(|&value| self.argument(value))
            .collect();
        self.effects.push(Effect::Call {
            helper: name.clone(),
            arguments,
        });
        Ok(self.oracle.ask(Atom::Result { helper: name, nth }))
    }

    /// The iterator over numbers, behind `bpf_for` and `bpf_repeat`: the number before the next one
    /// and the end, `int` both (`kernel/bpf/bpf_iter.c`). None: it is another function.
    fn numbers(&mut self, name: &str, values: [u64; 5]) -> Result<Option<u64>, Trap> {
        const MOST: i64 = 8 << 20;
        const E2BIG: i64 = 7;
        const EINVAL: i64 = 22;
        let [iterator, start, end, ..] = values;
        let none = [0, 0];
        let (state, value) = match name {
            "bpf_iter_num_new" => {
                let (start, end) = (start as i32, end as i32);
                match i64::from(end) - i64::from(start) {
                    ..0 => (none, -EINVAL as u64),
                    turns if turns > MOST => (none, -E2BIG as u64),
                    _ => ([start.wrapping_sub(1), end], 0),
                }
            }
            "bpf_iter_num_next" => {
                let endian = self.memory.endian;
                let state = self.memory.writable(iterator, 8)?;
                let (before, end) = state.split_at(4);
                let [before, end] = [before, end].map(|int| endian.read(int) as i32);
                match before.wrapping_add(1) {
                    number if number < end => ([number, end], iterator),
                    _ => (none, 0),
                }
            }
            "bpf_iter_num_destroy" => (none, 0),
            _ => return Ok(None),
        };
        let endian = self.memory.endian;
        let bytes = self.memory.writable(iterator, 8)?;
        for (place, number) in bytes.chunks_exact_mut(4).zip(state) {
            endian.write(place, u64::from(number as u32));
        }
        Ok(Some(value))
    }

    fn argument(&self, value: u64) -> Argument {
        let Some((id, _)) = Memory::locate(value) else {
            return match Memory::function_at(value) {
                Some(_) => Argument::Address,
                None => Argument::Number(value),
            };
        };
        match self.memory.region(id).map(|region| &region.purpose) {
            Some(Purpose::Context) => Argument::Context,
            Some(&Purpose::MapHandle(index)) => Argument::Map(self.map_name(index)),
            _ => Argument::Address,
        }
    }

    /// The same number for the same arguments, so that it doesn't matter how often an object asks.
    fn number_of(&self, arguments: &[Argument]) -> u32 {
        let mut hash = 0;
        for argument in arguments {
            hash = match argument {
                Argument::Number(number) => hash_of(hash, number),
                Argument::Memory(bytes) => hash_of(hash, bytes),
                Argument::Map(name) => hash_of(hash, name),
                Argument::Context | Argument::Address => hash_of(hash, &0_u64),
            };
        }
        (hash & 0xffff_ffff) as u32
    }
}

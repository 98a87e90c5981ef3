//! Helpers that run code of the program.

use std::sync::Arc;

use crate::verify::{
    insn::Value,
    machine::{
        Effect, Flow, Machine, Trap,
        memory::{Memory, Purpose},
    },
    world::Atom,
};

use super::errno;

/// `BPF_MAX_LOOPS`.
const LOOPS_MAX: u64 = 8 * 1024 * 1024;
/// Elements that a map has when a program walks through it.
const WALKED: u32 = 3;

impl Machine<'_> {
    fn callback(&self, address: u64) -> Result<usize, Trap> {
        Memory::function_at(address).ok_or(Trap::Helper("calls back what is no function"))
    }

    /// `bpf_loop`: the number of rounds.
    pub(super) fn repeat(&mut self, rounds: u64, callback: u64, context: u64) -> Result<u64, Trap> {
        let rounds = rounds & 0xffff_ffff;
        if rounds > LOOPS_MAX {
            return Ok(errno::E2BIG);
        }
        let entry = self.callback(callback)?;
        for round in 0..rounds {
            if self.function(entry, [round, context, 0, 0, 0])? != 0 {
                return Ok(round + 1);
            }
        }
        Ok(rounds)
    }

    /// `bpf_for_each_map_elem`: the number of elements that were looked at.
    pub(super) fn for_each_element(
        &mut self,
        map: u64,
        callback: u64,
        context: u64,
    ) -> Result<u64, Trap> {
        let index = self.map(map)?;
        let entry = self.callback(callback)?;
        let cpu = self.cpu();
        let mut done = 0;
        for key in self.walked(index)? {
            let per_cpu = self
                .maps
                .get(index)
                .is_some_and(|state| state.def.kind.per_cpu());
            let cpu = if per_cpu { cpu } else { 0 };
            let value = self
                .maps
                .lookup(index, &key, cpu, &mut self.memory, self.oracle)?;
            let Some(value) = value else { continue };
            let key = self.memory.add(Purpose::Other, key.to_vec(), false)?;
            done += 1;
            let arguments = [
                map,
                Memory::address(key),
                Memory::address(value),
                context,
                0,
            ];
            if self.function(entry, arguments)? != 0 {
                break;
            }
        }
        Ok(done)
    }

    /// The keys that a walk through a map finds.
    fn walked(&mut self, index: usize) -> Result<Vec<Arc<[u8]>>, Trap> {
        let Some(state) = self.maps.get(index) else {
            return Ok(Vec::new());
        };
        let (name, def) = (state.name.clone(), state.def);
        let size = usize::try_from(def.key_size).unwrap_or(0);
        if def.kind.is_array() {
            let endian = self.memory.endian;
            return Ok((0..def.max_entries)
                .map(|number| {
                    let mut key = vec![0; size];
                    endian.write(&mut key, number.into());
                    Arc::from(key)
                })
                .collect());
        }
        let helper: Arc<str> = Arc::from(format!("key of {name}"));
        for nth in 0..WALKED {
            let key = self.memory.made_up(self.oracle, size, |word| Atom::Output {
                helper: helper.clone(),
                nth,
                word,
            });
            self.maps.present(index, &key, self.oracle)?;
        }
        Ok(self.maps.keys(index))
    }

    /// Goes on in the program that the map has at `index`, if it has one.
    pub(super) fn tail_call(&mut self, map: u64, index: u64) -> Result<Flow, Trap> {
        let at = self.map(map)?;
        let index = index & 0xffff_ffff;
        let Some(state) = self.maps.get(at) else {
            return Ok(Flow::Value(errno::ENOENT));
        };
        let given = state
            .def
            .initial
            .iter()
            .find(|(number, _)| u64::from(*number) == index);
        if let Some(&(_, Value::Function(entry))) = given {
            return Ok(Flow::Jump(entry));
        }
        if index >= u64::from(state.def.max_entries) {
            return Ok(Flow::Value(errno::ENOENT));
        }
        let map = state.name.clone();
        let key: Arc<[u8]> = Arc::from(index.to_le_bytes());
        let present = self.oracle.ask(Atom::Present {
            map: map.clone(),
            key,
        });
        if present == 0 {
            return Ok(Flow::Value(errno::ENOENT));
        }
        // A program that only the loader knows: nothing after it belongs to this one.
        self.effects.push(Effect::TailCall { map, index });
        Ok(Flow::End)
    }
}

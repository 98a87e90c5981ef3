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
/// What stands for the samples of a user ring buffer: no address of memory.
const SAMPLES: u64 = 0x5a00_0000;
/// Where the kernel's `struct vm_area_struct`s seem to lie.
const AREAS: u64 = 0xffff_8880_5a00_0000;

impl Machine<'_> {
    pub(super) fn callback(&self, address: u64) -> Result<usize, Trap> {
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

    /// `bpf_user_ringbuf_drain`: the number of samples that were looked at.
    pub(super) fn drain(&mut self, map: u64, callback: u64, context: u64) -> Result<u64, Trap> {
        let (index, entry) = (self.map(map)?, self.callback(callback)?);
        let helper: Arc<str> = Arc::from(format!("samples of {}", self.map_name(index)));
        let nth = self.count(&helper);
        let waiting = self.oracle.ask(Atom::Result { helper, nth });
        if waiting.cast_signed() < 0 {
            return Ok(errno::EBUSY);
        }
        let waiting = waiting % u64::from(WALKED + 1);
        for sample in 0..waiting {
            // A dynptr, which only helpers look into: they tell one from another by its number.
            let dynptr = (u64::from(nth) << 8 | sample) + SAMPLES;
            if self.function(entry, [dynptr, context, 0, 0, 0])? != 0 {
                return Ok(sample + 1);
            }
        }
        Ok(waiting)
    }

    /// `bpf_find_vma`: 0 where there is an area of memory, which the callback is shown.
    pub(super) fn find_vma(&mut self, callback: u64, task: u64, context: u64) -> Result<u64, Trap> {
        let entry = self.callback(callback)?;
        let helper: Arc<str> = Arc::from("find_vma");
        let nth = self.count(&helper);
        let found = self.oracle.ask(Atom::Result { helper, nth });
        if found.cast_signed() < 0 {
            return Ok(errno::ENOENT);
        }
        self.function(entry, [task, AREAS + (u64::from(nth) << 12), context, 0, 0])?;
        Ok(0)
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

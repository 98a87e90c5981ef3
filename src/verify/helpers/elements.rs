//! Helpers that look into maps and change them.

use std::sync::Arc;

use super::errno;
use crate::verify::{
    machine::{Effect, Machine, Trap, memory::Memory},
    object::MapKind,
    world::{Atom, CPUS},
};

/// Flags of `bpf_map_update_elem`.
const NOEXIST: u64 = 1;
const EXIST: u64 = 2;
const LOCK: u64 = 4;
/// Flag of the storage helpers.
const CREATE: u64 = 1;

impl Machine<'_> {
    /// The map that an argument stands for.
    pub(super) fn map(&self, address: u64) -> Result<usize, Trap> {
        self.maps
            .find(&self.memory, address)
            .ok_or(Trap::Helper("passes a helper what is no map"))
    }

    pub(super) fn map_name(&self, index: usize) -> Arc<str> {
        self.maps
            .get(index)
            .map_or_else(|| Arc::from(""), |state| state.name.clone())
    }

    pub(super) fn cpu(&self) -> u32 {
        u32::try_from(self.oracle.ask(Atom::Cpu)).unwrap_or(0)
    }

    fn cpu_for(&self, index: usize) -> u32 {
        match self.maps.get(index) {
            Some(state) if state.def.kind.per_cpu() => self.cpu(),
            _ => 0,
        }
    }

    fn key(&mut self, index: usize, address: u64) -> Result<Vec<u8>, Trap> {
        let size = self.maps.get(index).map_or(0, |state| state.def.key_size);
        self.bytes(address, size.into())
    }

    fn map_value(&mut self, index: usize, address: u64) -> Result<Vec<u8>, Trap> {
        let size = self.maps.get(index).map_or(0, |state| state.def.value_size);
        self.bytes(address, size.into())
    }

    /// Bytes of the machine's memory that a helper was given.
    pub(super) fn bytes(&mut self, address: u64, size: u64) -> Result<Vec<u8>, Trap> {
        let size = usize::try_from(size).map_err(|_| Trap::OutOfMemory)?;
        self.memory.readable(address, size).map(<[u8]>::to_vec)
    }

    fn kind(&self, index: usize) -> MapKind {
        self.maps
            .get(index)
            .map_or(MapKind(0), |state| state.def.kind)
    }

    /// Whether `key` is an index behind the end of an array.
    fn beyond(&self, index: usize, key: &[u8]) -> bool {
        self.maps.get(index).is_none_or(|state| {
            state.def.kind.is_array()
                && self.memory.endian.read(key) >= u64::from(state.def.max_entries)
        })
    }

    pub(super) fn map_lookup(&mut self, map: u64, key: u64, cpu: Option<u32>) -> Result<u64, Trap> {
        let index = self.map(map)?;
        let key = self.key(index, key)?;
        if self.kind(index).of_maps() {
            let inner = self
                .maps
                .inner(index, &key, &mut self.memory, self.oracle)?;
            return Ok(inner.map_or(0, Memory::address));
        }
        if self.beyond(index, &key) || cpu.is_some_and(|cpu| cpu >= CPUS) {
            return Ok(0);
        }
        let cpu = cpu.unwrap_or_else(|| self.cpu_for(index));
        let region = self
            .maps
            .lookup(index, &key, cpu, &mut self.memory, self.oracle)?;
        Ok(region.map_or(0, Memory::address))
    }

    pub(super) fn map_update(
        &mut self,
        map: u64,
        key: u64,
        value: u64,
        flags: u64,
    ) -> Result<u64, Trap> {
        let index = self.map(map)?;
        let key = self.key(index, key)?;
        let value = self.map_value(index, value)?;
        if self.beyond(index, &key) {
            return Ok(errno::E2BIG);
        }
        if flags & !(LOCK | 3) != 0 || flags & 3 == 3 {
            return Ok(errno::EINVAL);
        }
        let array = self.kind(index).is_array();
        self.maps.race(index, &key, &mut self.memory, self.oracle)?;
        let present = self.maps.present(index, &key, self.oracle)?;
        if flags & NOEXIST != 0 && present {
            return Ok(errno::EEXIST);
        }
        if flags & EXIST != 0 && !present {
            return Ok(errno::ENOENT);
        }
        if !array && self.maps.fails(index, self.oracle) {
            return Ok(if present { errno::EBUSY } else { errno::E2BIG });
        }
        let cpu = self.cpu_for(index);
        self.maps
            .update(index, &key, cpu, &value, &mut self.memory, self.oracle)?;
        let map = self.map_name(index);
        self.effects.push(Effect::Update { map, key, value });
        Ok(0)
    }

    pub(super) fn map_delete(&mut self, map: u64, key: u64) -> Result<u64, Trap> {
        let index = self.map(map)?;
        let key = self.key(index, key)?;
        if self.kind(index).is_array() {
            return Ok(errno::EINVAL);
        }
        if !self.maps.delete(index, &key, self.oracle)? {
            return Ok(errno::ENOENT);
        }
        let map = self.map_name(index);
        self.effects.push(Effect::Delete { map, key });
        Ok(0)
    }

    pub(super) fn map_push(&mut self, map: u64, value: u64) -> Result<u64, Trap> {
        let index = self.map(map)?;
        let value = self.map_value(index, value)?;
        if self.maps.fails(index, self.oracle) {
            return Ok(errno::E2BIG);
        }
        if let Some(state) = self.maps.get_mut(index) {
            state.queue.push(value.clone());
        }
        let map = self.map_name(index);
        let key = Vec::new();
        self.effects.push(Effect::Update { map, key, value });
        Ok(0)
    }

    /// `bpf_map_pop_elem`, or with `keep` `bpf_map_peek_elem`.
    pub(super) fn map_pop(&mut self, map: u64, value: u64, keep: bool) -> Result<u64, Trap> {
        let index = self.map(map)?;
        let name = self.map_name(index);
        if self.kind(index) == MapKind::BLOOM_FILTER {
            let key = self.map_value(index, value)?;
            let there = self.maps.present(index, &key, self.oracle)?;
            return Ok(if there { 0 } else { errno::ENOENT });
        }
        let size = self.maps.get(index).map_or(0, |state| state.def.value_size) as usize;
        let stack = self.kind(index) == MapKind::STACK;
        let Some(state) = self.maps.get_mut(index) else {
            return Ok(errno::ENOENT);
        };
        // What was there before the program began lies below what it put on a stack, and ahead
        // of it in a queue.
        let own = stack && !state.queue.is_empty();
        let key: Arc<[u8]> = Arc::from(state.taken.to_le_bytes());
        let older = !own
            && self.oracle.ask(Atom::Present {
                map: name.clone(),
                key: key.clone(),
            }) != 0;
        let bytes = if older {
            if !keep {
                state.taken += 1;
            }
            let map = name.clone();
            self.memory.made_up(self.oracle, size, |word| Atom::Value {
                map: map.clone(),
                key: key.clone(),
                cpu: 0,
                word,
            })
        } else {
            let at = if stack {
                state.queue.len().checked_sub(1)
            } else {
                (!state.queue.is_empty()).then_some(0)
            };
            match at {
                Some(at) if keep => state.queue.get(at).cloned().unwrap_or_default(),
                Some(at) => state.queue.remove(at),
                None => {
                    self.memory.writable(value, size)?.fill(0);
                    return Ok(errno::ENOENT);
                }
            }
        };
        self.memory.writable(value, size)?.copy_from_slice(&bytes);
        if !keep {
            let key = Vec::new();
            self.effects.push(Effect::Delete { map: name, key });
        }
        Ok(0)
    }

    /// The element that a map keeps for an object of the kernel.
    pub(super) fn storage_get(
        &mut self,
        map: u64,
        owner: u64,
        value: u64,
        flags: u64,
    ) -> Result<u64, Trap> {
        let index = self.map(map)?;
        if owner == 0 {
            return Ok(0);
        }
        let key = owner.to_le_bytes();
        let found = self
            .maps
            .lookup(index, &key, 0, &mut self.memory, self.oracle)?;
        if let Some(region) = found {
            return Ok(Memory::address(region));
        }
        if flags & CREATE == 0 || self.maps.fails(index, self.oracle) {
            return Ok(0);
        }
        let size = self.maps.get(index).map_or(0, |state| state.def.value_size);
        let value = if value == 0 {
            vec![0; size as usize]
        } else {
            self.bytes(value, size.into())?
        };
        self.maps
            .update(index, &key, 0, &value, &mut self.memory, self.oracle)?;
        let region = self
            .maps
            .lookup(index, &key, 0, &mut self.memory, self.oracle)?;
        Ok(region.map_or(0, Memory::address))
    }

    pub(super) fn storage_delete(&mut self, map: u64, owner: u64) -> Result<u64, Trap> {
        let index = self.map(map)?;
        let there = self.maps.delete(index, &owner.to_le_bytes(), self.oracle)?;
        Ok(if there { 0 } else { errno::ENOENT })
    }
}

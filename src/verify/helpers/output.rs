//! Helpers whose work is seen outside at once.

use std::sync::Arc;

use super::errno;
use crate::verify::machine::{
    Argument, Effect, Machine, Trap,
    memory::{Memory, Purpose},
};

/// The kernel's limit for one record (`RINGBUF_MAX_RECORD_SZ` is larger; a region isn't).
const RECORD_MAX: u64 = 1 << 25;

impl Machine<'_> {
    pub(super) fn ringbuf_output(&mut self, map: u64, data: u64, size: u64) -> Result<u64, Trap> {
        let index = self.map(map)?;
        let bytes = self.bytes(data, size)?;
        if self.maps.fails(index, self.oracle) {
            return Ok(errno::EAGAIN);
        }
        let map = self.map_name(index);
        self.effects.push(Effect::Record { map, bytes });
        Ok(0)
    }

    pub(super) fn ringbuf_reserve(&mut self, map: u64, size: u64) -> Result<u64, Trap> {
        let index = self.map(map)?;
        if size > RECORD_MAX || self.maps.fails(index, self.oracle) {
            return Ok(0);
        }
        let size = usize::try_from(size).map_err(|_| Trap::OutOfMemory)?;
        let record = self.memory.add_unwritten(Purpose::Record(index), size)?;
        Ok(Memory::address(record))
    }

    /// `bpf_ringbuf_submit` or `bpf_ringbuf_discard`.
    pub(super) fn ringbuf_end(&mut self, address: u64, submit: bool) -> Result<u64, Trap> {
        let located = Memory::locate(address);
        let record = located
            .filter(|&(_, offset)| offset == 0)
            .and_then(|(id, _)| self.memory.region(id))
            .filter(|region| region.live);
        let Some((Purpose::Record(map), size)) =
            record.map(|region| (region.purpose.clone(), region.bytes.len()))
        else {
            return Err(Trap::Helper("submits what is no record"));
        };
        if submit {
            let bytes = self.bytes(address, size as u64)?;
            let map = self.map_name(map);
            self.effects.push(Effect::Record { map, bytes });
        }
        if let Some(region) = located.and_then(|(id, _)| self.memory.region_mut(id)) {
            region.live = false;
        }
        Ok(0)
    }

    pub(super) fn perf_event_output(
        &mut self,
        map: u64,
        data: u64,
        size: u64,
    ) -> Result<u64, Trap> {
        let index = self.map(map)?;
        let bytes = self.bytes(data, size)?;
        if self.maps.fails(index, self.oracle) {
            return Ok(errno::ENOENT);
        }
        let map = self.map_name(index);
        self.effects.push(Effect::Record { map, bytes });
        Ok(0)
    }

    /// The number of a signal is 32 bits wide.
    pub(super) fn send_signal(&mut self, number: u64, thread: bool) -> u64 {
        let number = number & 0xffff_ffff;
        // More than the kernel's _NSIG.
        if number > 64 {
            return errno::EINVAL;
        }
        self.effects.push(Effect::Signal { number, thread });
        0
    }

    pub(super) fn override_return(&mut self, value: u64) -> u64 {
        self.effects.push(Effect::Override(value));
        0
    }

    pub(super) fn seq_write(&mut self, data: u64, size: u64) -> Result<u64, Trap> {
        let bytes = self.bytes(data, size & 0xffff_ffff)?;
        self.effects.push(Effect::Call {
            helper: Arc::from("seq_write"),
            arguments: vec![Argument::Memory(bytes)],
        });
        Ok(0)
    }
}

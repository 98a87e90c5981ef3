//! Timers: code of the program that the kernel runs after it.

use std::sync::Arc;

use super::table;
use crate::verify::machine::{
    Machine, Trap,
    memory::{Memory, Purpose, RegionId},
};

/// A timer that has a callback.
#[derive(Clone, Copy, Debug)]
pub struct Timer {
    /// Where it lies.
    address: u64,
    /// The callback's first slot.
    entry: usize,
    started: bool,
}

impl Machine<'_> {
    /// `bpf_timer_set_callback`
    pub(super) fn set_timer_callback(&mut self, values: [u64; 5]) -> Result<u64, Trap> {
        let [address, callback, ..] = values;
        let entry = self.callback(callback)?;
        let failed = self.timer_helper(170, values)?;
        if failed == 0 {
            self.timers.retain(|timer| timer.address != address);
            self.timers.push(Timer {
                address,
                entry,
                started: false,
            });
        }
        Ok(failed)
    }

    /// `bpf_timer_start`
    pub(super) fn start_timer(&mut self, values: [u64; 5]) -> Result<u64, Trap> {
        let failed = self.timer_helper(171, values)?;
        let mut timers = self.timers.iter_mut();
        if let Some(timer) = timers.find(|timer| timer.address == values[0] && failed == 0) {
            timer.started = true;
        }
        Ok(failed)
    }

    /// `bpf_timer_cancel`
    pub(super) fn cancel_timer(&mut self, values: [u64; 5]) -> Result<u64, Trap> {
        let mut timers = self.timers.iter_mut();
        if let Some(timer) = timers.find(|timer| timer.address == values[0]) {
            timer.started = false;
        }
        self.timer_helper(172, values)
    }

    fn timer_helper(&mut self, id: u32, values: [u64; 5]) -> Result<u64, Trap> {
        match table::helper(id) {
            Some(helper) => self.uninterpreted(helper, values),
            None => Err(Trap::Helper("calls a helper that doesn't exist")),
        }
    }

    /// Lets the time of all timers come that run, each once, in the order in which they were set.
    pub(in crate::verify) fn expire_timers(&mut self) -> Result<(), Trap> {
        for timer in std::mem::take(&mut self.timers) {
            if !timer.started {
                continue;
            }
            // With its element the kernel removes a timer.
            let Some((map, key, value)) = self.element_of(timer.address) else {
                continue;
            };
            let key = self.memory.add(Purpose::Other, key.to_vec(), false)?;
            let arguments = [map, Memory::address(key), Memory::address(value), 0, 0];
            self.function(timer.entry, arguments)?;
        }
        Ok(())
    }

    /// The map in whose values an address lies, the key, and the value.
    fn element_of(&self, address: u64) -> Option<(u64, Arc<[u8]>, RegionId)> {
        let (region, _) = Memory::locate(address)?;
        let Purpose::MapValue(index) = self.memory.region(region)?.purpose else {
            return None;
        };
        let key = self.maps.key_of(index, region)?;
        Some((Memory::address(self.maps.handle(index)?), key, region))
    }
}

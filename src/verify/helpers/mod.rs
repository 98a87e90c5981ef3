//! The kernel's helpers, as far as programs can tell.

mod control;
mod elements;
mod later;
pub mod maps;
mod other;
mod output;
mod print;
mod probe;
mod table;

use std::sync::Arc;

pub use later::Timer;
pub use other::COPY_FROM_USER_STR;
pub(in crate::verify) use print::Conversion;
pub use table::{answer, helper};

use super::{
    insn::Op,
    machine::{Flow, Machine, Trap},
    world::Atom,
};

/// Negative error numbers, as helpers return them.
mod errno {
    const fn negative(number: u64) -> u64 {
        number.wrapping_neg()
    }
    pub const ENOENT: u64 = negative(2);
    pub const E2BIG: u64 = negative(7);
    pub const EAGAIN: u64 = negative(11);
    pub const EFAULT: u64 = negative(14);
    pub const EBUSY: u64 = negative(16);
    pub const EEXIST: u64 = negative(17);
    pub const EINVAL: u64 = negative(22);
}

/// Calls the helper or kernel function of `op`.
pub(super) fn call(machine: &mut Machine<'_>, op: Op, arguments: [u64; 5]) -> Result<Flow, Trap> {
    match op {
        Op::Helper(id) => machine.helper(id, arguments),
        Op::Kfunc(index) => machine.kfunc(index, arguments).map(Flow::Value),
        _ => Err(Trap::Nowhere),
    }
}

/// What libbpf puts in place of an access that can't be relocated.
pub const POISON: u32 = 0x0bad_2310;

impl Machine<'_> {
    fn helper(&mut self, id: u32, arguments: [u64; 5]) -> Result<Flow, Trap> {
        let [a, b, c, d, e] = arguments;
        let value = match id {
            1 => self.map_lookup(a, b, None),
            2 => self.map_update(a, b, c, d),
            3 => self.map_delete(a, b),
            4 => self.probe_read(a, b, c, None),
            5 | 125 | 160 | 208 => Ok(self.time()),
            6 => self.trace_printk(a, b, [c, d, e]),
            8 => Ok(self.cpu().into()),
            12 => return self.tail_call(b, c),
            14 => Ok(self.oracle.ask(Atom::Tgid) << 32 | self.oracle.ask(Atom::Tid)),
            15 => Ok(self.oracle.ask(Atom::Gid) << 32 | self.oracle.ask(Atom::Uid)),
            16 => self.current_comm(a, b),
            25 | 111 | 121 => self.perf_event_output(b, d, e),
            36 => self.probe_write_user(a, b, c),
            45 => self.probe_read_text(a, b, c, None),
            58 => Ok(self.override_return(b)),
            87 => self.map_push(a, b),
            88 => self.map_pop(a, b, false),
            89 => self.map_pop(a, b, true),
            93 | 94 => Ok(0),
            107 | 145 | 156 | 210 => self.storage_get(a, b, c, d),
            108 | 146 | 157 | 211 => self.storage_delete(a, b),
            109 => Ok(self.send_signal(a, false)),
            112 | 148 => self.probe_read(a, b, c, Some(Space::User)),
            113 => self.probe_read(a, b, c, Some(Space::Kernel)),
            114 => self.probe_read_text(a, b, c, Some(Space::User)),
            115 => self.probe_read_text(a, b, c, Some(Space::Kernel)),
            117 => Ok(self.send_signal(a, true)),
            126 => self.seq_printf([b, c], [d, e]),
            127 => self.seq_write(b, c),
            130 => self.ringbuf_output(a, b, c),
            131 => self.ringbuf_reserve(a, b),
            132 => self.ringbuf_end(a, true),
            133 => self.ringbuf_end(a, false),
            164 => self.for_each_element(a, b, c),
            165 => self.snprintf([a, b], c, [d, e]),
            170 => self.set_timer_callback(arguments),
            171 => self.start_timer(arguments),
            172 => self.cancel_timer(arguments),
            177 => self.trace_vprintk([a, b], [c, d]),
            180 => self.find_vma(c, a, d),
            181 => self.repeat(a, b, c),
            182 => self.compare_text(a, b, c),
            183 => self.function_argument(b, c),
            191 => self.probe_read(a, b, c, Some(Space::User)),
            195 => self.map_lookup(a, b, Some(u32::try_from(c).unwrap_or(u32::MAX))),
            209 => self.drain(a, b, c),
            POISON => Err(Trap::Unrelocated),
            _ => match helper(id) {
                Some(helper) => self.uninterpreted(helper, arguments),
                None => Err(Trap::Helper("calls a helper that doesn't exist")),
            },
        }?;
        Ok(Flow::Value(value))
    }

    /// How often `name` was called before.
    fn count(&mut self, name: &Arc<str>) -> u32 {
        let count = self.counts.entry(name.clone()).or_default();
        *count += 1;
        *count - 1
    }

    fn time(&mut self) -> u64 {
        let nth = self.count(&Arc::from("time"));
        self.oracle.ask(Atom::Time(nth))
    }
}

/// Which half of the address space a read is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Space {
    User,
    Kernel,
}

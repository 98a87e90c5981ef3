//! What a program is called with.

use std::sync::Arc;

use super::{
    Image, Start, Trap,
    memory::{Memory, Purpose},
};
use crate::verify::{
    kind::Kind,
    world::{Atom, Oracle},
};

/// Bytes of a context whose structure isn't known.
const UNKNOWN_SIZE: usize = 512;
const PACKET_SIZE: usize = 128;

/// Makes the context of a program: its address, and the fields that become pointers when they are
/// read.
pub(super) fn build(
    memory: &mut Memory,
    oracle: &Oracle<'_>,
    image: &Image<'_>,
    start: Start,
) -> Result<(u64, Vec<(usize, u64)>), Trap> {
    let mut pointers = Vec::new();
    let (bytes, writable) = match start.kind {
        Kind::Probe | Kind::ReturnProbe | Kind::PerfEvent => {
            (registers(memory, oracle, image, start)?, false)
        }
        Kind::RawTracepoint | Kind::Tracing | Kind::Deciding => {
            let bytes = memory.made_up(oracle, 13 * 8, |word| Atom::Argument(byte(word)));
            (bytes, false)
        }
        Kind::Xdp | Kind::Skb => {
            pointers = packet(memory, oracle, start.kind)?;
            (other(memory, oracle, 192), true)
        }
        Kind::Iterator => (iterator(memory, oracle), false),
        Kind::Tracepoint => (other(memory, oracle, UNKNOWN_SIZE), false),
        Kind::Syscall | Kind::Other => (other(memory, oracle, UNKNOWN_SIZE), true),
    };
    let id = memory.add(Purpose::Context, bytes, writable)?;
    Ok((Memory::address(id), pointers))
}

/// `struct pt_regs`, with another one behind it where system calls are wrapped.
fn registers(
    memory: &mut Memory,
    oracle: &Oracle<'_>,
    image: &Image<'_>,
    start: Start,
) -> Result<Vec<u8>, Trap> {
    let registers = &image.registers;
    let of_syscall = start.kind == Kind::Probe && start.of_syscall;
    if of_syscall && registers.wraps && oracle.ask(Atom::Wrapper) != 0 {
        let inner = saved(memory, oracle, image, &registers.syscall, 0);
        let inner = memory.add(Purpose::Context, inner, false)?;
        // The wrapper's own registers have nothing to do with the caller's.
        let mut outer = saved(memory, oracle, image, &[], 0x1000);
        put(
            memory,
            image,
            &mut outer,
            registers.parameters.first(),
            Memory::address(inner),
        );
        return Ok(outer);
    }
    let arguments: &[u64] = if of_syscall {
        &registers.syscall
    } else if start.kind == Kind::Probe {
        &registers.parameters
    } else {
        &[]
    };
    let mut bytes = saved(memory, oracle, image, arguments, 0);
    if start.kind == Kind::PerfEvent {
        // sample_period and addr of bpf_perf_event_data.
        bytes.extend(memory.made_up(oracle, 16, |word| Atom::Context(0x2000 + word * 8)));
    }
    Ok(bytes)
}

/// Saved registers: `arguments` says where each argument lies; the others are the context's, at
/// their offset plus `names`.
fn saved(
    memory: &Memory,
    oracle: &Oracle<'_>,
    image: &Image<'_>,
    arguments: &[u64],
    names: u32,
) -> Vec<u8> {
    let registers = &image.registers;
    let mut bytes = vec![0; usize::try_from(registers.size).unwrap_or(0)];
    for (at, word) in (0_u32..).zip(bytes.chunks_mut(usize::try_from(registers.word).unwrap_or(8)))
    {
        let offset = at * u32::try_from(registers.word).unwrap_or(8);
        let argument = (0..)
            .zip(arguments)
            .find(|(_, place)| **place == u64::from(offset));
        let atom = match argument {
            Some((number, _)) => Atom::Argument(number),
            None => Atom::Context(names + offset),
        };
        memory.endian.write(word, oracle.ask(atom));
    }
    bytes
}

fn put(memory: &Memory, image: &Image<'_>, bytes: &mut [u8], at: Option<&u64>, value: u64) {
    let place = at.and_then(|&at| {
        let start = usize::try_from(at).ok()?;
        let size = usize::try_from(image.registers.word).ok()?;
        bytes.get_mut(start..start.checked_add(size)?)
    });
    if let Some(place) = place {
        memory.endian.write(place, value);
    }
}

/// `struct bpf_iter__…`: pointers to the iteration's state and to the object, which is absent at
/// the end.
fn iterator(memory: &Memory, oracle: &Oracle<'_>) -> Vec<u8> {
    memory.made_up(oracle, 64, |word| Atom::Argument(byte(word)))
}

fn other(memory: &Memory, oracle: &Oracle<'_>, size: usize) -> Vec<u8> {
    memory.made_up(oracle, size, |word| Atom::Context(word * 8))
}

/// A packet; the fields of `xdp_md` or `__sk_buff` that point to it.
fn packet(memory: &mut Memory, oracle: &Oracle<'_>, kind: Kind) -> Result<Vec<(usize, u64)>, Trap> {
    let name: Arc<str> = Arc::from("packet");
    let length = oracle.ask(Atom::Result {
        helper: name.clone(),
        nth: 0,
    });
    let length = usize::try_from(length % (PACKET_SIZE as u64 + 1)).unwrap_or(PACKET_SIZE);
    let bytes = memory.made_up(oracle, length, |word| Atom::Output {
        helper: name.clone(),
        nth: 0,
        word,
    });
    let start = Memory::address(memory.add(Purpose::Packet, bytes, true)?);
    let end = start + length as u64;
    Ok(match kind {
        Kind::Xdp => vec![(0, start), (4, end), (8, start)],
        _ => vec![(76, start), (80, end), (140, start)],
    })
}

fn byte(word: u32) -> u8 {
    u8::try_from(word).unwrap_or(u8::MAX)
}

//! Programs that see packets: a context whose fields are addresses, and a packet of any length.

use std::sync::Arc;

use super::{
    machine::{Prover, State, Stop},
    memory::{Memory, Place},
    term::{Binary, Symbol, Term},
};
use crate::verify::{
    kind::Kind,
    machine::memory::{Purpose, RegionId},
};

/// No packet is longer.
const PACKET_MAX: u64 = 0xffff;

/// A packet, and where the context says that it lies.
#[derive(Clone, Debug)]
pub struct Packet {
    /// Its bytes.
    pub region: RegionId,
    /// How many there are.
    length: Term,
    /// Fields of the context that are addresses: where its data begins and ends.
    fields: [(u64, bool); 3],
    /// Whether a helper may have changed it.
    pub(super) changed: bool,
}

impl Prover {
    /// The packet that a program of such a kind sees.
    pub(super) fn packet(
        &mut self,
        memory: &mut Memory,
        kind: Kind,
    ) -> Result<Option<Packet>, Stop> {
        let fields = match kind {
            Kind::Xdp => [(0, false), (4, true), (8, false)],
            Kind::Skb => [(76, false), (80, true), (140, false)],
            _ => return Ok(None),
        };
        let name: Arc<str> = Arc::from("packet");
        let zero = self.pool.constant(0, 32);
        let length = Symbol::Result(name.clone(), Vec::new());
        let length = self.pool.apply(length, &[zero], 64);
        let region = memory.add_output(Purpose::Packet, PACKET_MAX, name)?;
        Ok(Some(Packet {
            region,
            length,
            fields,
            changed: false,
        }))
    }

    /// What is known of the packet's length.
    pub(super) fn packet_fits(&mut self, packet: &Packet) -> Term {
        let end = self.pool.constant(PACKET_MAX + 1, 64);
        self.pool.less(packet.length, end)
    }

    /// The address in a field of the context, where it is one.
    pub(super) fn context_pointer(
        &mut self,
        state: &State<'_>,
        (id, offset): (RegionId, u64),
        size: u8,
    ) -> Result<Option<Term>, Stop> {
        let Some(packet) = &state.packet else {
            return Ok(None);
        };
        if state.memory.region(id).map(|region| &region.purpose) != Some(&Purpose::Context) {
            return Ok(None);
        }
        if packet.changed {
            return Err(changed());
        }
        let field = packet.fields.iter().find(|(field, _)| *field == offset);
        let Some(&(_, end)) = field.filter(|_| size == 4) else {
            return Ok(None);
        };
        let start = Memory::address(&mut self.pool, packet.region);
        Ok(Some(if end {
            self.pool.add(start, packet.length)
        } else {
            start
        }))
    }

    /// Sees to it that so many bytes are there, if it is the packet that is accessed.
    pub(super) fn within_packet(
        &mut self,
        state: &mut State<'_>,
        place: Place,
        size: u64,
    ) -> Result<(), Stop> {
        let Some(packet) = state.packet.clone() else {
            return Ok(());
        };
        let offset = match place {
            Place::Inside(id, offset) if id == packet.region => self.pool.constant(offset, 64),
            Place::Somewhere(id, offset) if id == packet.region => offset,
            _ => return Ok(()),
        };
        if packet.changed {
            return Err(changed());
        }
        // Neither overflows where both hold.
        let beyond = self.pool.less(packet.length, offset);
        let end = self.pool.add_number(offset, size);
        let cut = self.pool.less(packet.length, end);
        let outside = self.pool.bitwise(Binary::Or, beyond, cut);
        if self.decide(state, outside)? {
            return Err(Stop::Trap("reaches outside of its packet".to_owned()));
        }
        Ok(())
    }

    /// A helper with the context as an argument may look at what the program wrote into context or
    /// packet, or change them: the order matters then.
    pub(super) fn context_is_used(
        &mut self,
        state: &mut State<'_>,
        visible: bool,
    ) -> Result<(), Stop> {
        let context = match self.place(state, state.context)? {
            Place::Inside(id, 0) => Some(id),
            _ => None,
        };
        let packet = state.packet.as_ref().map(|packet| packet.region);
        let written = [context, packet]
            .into_iter()
            .flatten()
            .any(|id| !state.memory.written(id).is_empty());
        if written {
            let why = "a helper that gets a context to which the program wrote";
            return Err(Stop::GiveUp(why.to_owned()));
        }
        match &mut state.packet {
            Some(packet) if visible => packet.changed = true,
            Some(packet) if packet.changed => return Err(changed()),
            _ => {}
        }
        Ok(())
    }
}

fn changed() -> Stop {
    Stop::GiveUp("a packet that a helper may have changed".to_owned())
}

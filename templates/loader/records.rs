//! Prints what the programs send.

use std::{
    io::{self, Write as _},
    rc::Rc,
};

use anyhow::{Context as _, Error, Result};
use aya::{
    Ebpf,
    maps::{
        MapData, PerfEventArray, RingBuf,
        perf::{PerfEvent, PerfEventArrayBuffer},
    },
    util::online_cpus,
};
use serde_json::{Value, json};
use tokio::{
    io::unix::AsyncFd,
    signal,
    task::{JoinSet, LocalSet},
};

use crate::decode::{Text, Type};

/// Pages of memory for each CPU's events.
const PERF_PAGES: usize = 64;

/// Where records come from, and how they are shown.
pub struct Records {
    json: bool,
    tasks: JoinSet<Result<()>>,
    local: LocalSet,
}

impl Records {
    pub fn new(json: bool) -> Self {
        Self {
            json,
            tasks: JoinSet::new(),
            local: LocalSet::new(),
        }
    }

    /// Prints the records of a ring buffer.
    pub fn ring_buffer(
        &mut self,
        ebpf: &mut Ebpf,
        map: &'static str,
        types: &'static [(&'static str, Type)],
    ) -> Result<()> {
        let ring = ebpf
            .take_map(map)
            .with_context(|| format!("no map {map}"))?;
        let ring = RingBuf::try_from(ring)?;
        let printer = Printer {
            json: self.json,
            map,
            types,
            padded: false,
        };
        self.tasks
            .spawn_local_on(print_ring(ring, printer), &self.local);
        Ok(())
    }

    /// Prints the records of a perf event array.
    pub fn perf_events(
        &mut self,
        ebpf: &mut Ebpf,
        map: &'static str,
        types: &'static [(&'static str, Type)],
    ) -> Result<()> {
        let array = ebpf
            .take_map(map)
            .with_context(|| format!("no map {map}"))?;
        let mut array = PerfEventArray::try_from(array)?;
        let mut buffers = Vec::new();
        for cpu in online_cpus().map_err(|(what, error)| Error::new(error).context(what))? {
            let buffer = PerfEventArrayBuffer::open(cpu, PERF_PAGES)?;
            array.set(cpu, &buffer)?;
            buffers.push(buffer);
        }
        // The map forgets its buffers when it is closed.
        let array = Rc::new(array);
        for buffer in buffers {
            let printer = Printer {
                json: self.json,
                map,
                types,
                padded: true,
            };
            let task = print_perf(Rc::clone(&array), buffer, printer);
            self.tasks.spawn_local_on(task, &self.local);
        }
        Ok(())
    }

    /// Prints until the user presses Ctrl-C.
    pub async fn print(mut self) -> Result<()> {
        let tasks = &mut self.tasks;
        self.local
            .run_until(async move {
                tokio::select! {
                    stop = signal::ctrl_c() => stop.context("can't wait for Ctrl-C"),
                    Some(ended) = tasks.join_next() => ended?,
                }
            })
            .await
    }
}

async fn print_ring(ring: RingBuf<MapData>, printer: Printer) -> Result<()> {
    // SAFETY: the ring buffer keeps its file descriptor open for as long as it is there.
    let mut ring = unsafe { AsyncFd::register(ring) }?;
    loop {
        let mut ready = ring.readable_mut().await?;
        let ring = ready.get_inner_mut();
        while let Some(record) = ring.next() {
            printer.print(&record)?;
        }
        ready.clear_ready();
    }
}

async fn print_perf(
    _array: Rc<PerfEventArray<MapData>>,
    buffer: PerfEventArrayBuffer,
    printer: Printer,
) -> Result<()> {
    // SAFETY: the buffer keeps its file descriptor open for as long as it is there.
    let mut buffer = unsafe { AsyncFd::register(buffer) }?;
    loop {
        let mut ready = buffer.readable_mut().await?;
        let mut result = Ok(());
        ready.get_inner_mut().for_each(|event| match event {
            PerfEvent::Sample { head, tail } => {
                if result.is_ok() {
                    result = printer.print(&[head, tail].concat());
                }
            }
            PerfEvent::Lost { count } => eprintln!("{count} records of {} were lost", printer.map),
        });
        result?;
        ready.clear_ready();
    }
}

struct Printer {
    json: bool,
    map: &'static str,
    types: &'static [(&'static str, Type)],
    /// Whether records are followed by bytes that fill them up.
    padded: bool,
}

impl Printer {
    fn print(&self, record: &[u8]) -> Result<()> {
        let (name, value) = self.decode(record);
        let mut out = io::stdout().lock();
        // The name says nothing where there is one type only.
        let named = self.types.len() > 1;
        match (self.json, named) {
            (true, true) => writeln!(out, "{}", json!({ name: value }))?,
            (true, false) => writeln!(out, "{value}")?,
            (false, true) => writeln!(out, "{name} {}", Text(&value))?,
            (false, false) => writeln!(out, "{}", Text(&value))?,
        }
        Ok(out.flush()?)
    }

    /// The record's type is known by its size.
    fn decode(&self, record: &[u8]) -> (&'static str, Value) {
        let fits = |type_: &Type| {
            let size = type_.size();
            // A perf event's length is 4 bytes, and all of it fills words of 8.
            record.len() == size
                || self.padded && record.len() == (size + 4).next_multiple_of(8) - 4
        };
        let found = self.types.iter().find(|(_, type_)| fits(type_));
        match (found, self.types) {
            (Some((name, type_)), _) | (None, [(name, type_)]) => (name, type_.decode(record)),
            _ => (self.map, Type::Bytes(record.len()).decode(record)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Printer, Type};

    #[track_caller]
    fn check(types: &'static [(&'static str, Type)], padded: bool, len: usize, expected: &str) {
        let printer = Printer {
            json: false,
            map: "map",
            types,
            padded,
        };
        assert_eq!(printer.decode(&vec![0; len]).0, expected);
    }

    #[test]
    fn the_size_tells_the_type() {
        const TYPES: &[(&str, Type)] = &[("a", Type::U32), ("b", Type::Bytes(16))];
        check(TYPES, false, 4, "a");
        check(TYPES, false, 16, "b");
        check(TYPES, true, 20, "b");
        check(TYPES, false, 20, "map");
        check(&[("a", Type::U32)], false, 20, "a");
    }
}

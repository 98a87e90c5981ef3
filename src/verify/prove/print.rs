//! Formatted lines: two are equal where their formats and arguments are.

use std::{rc::Rc, sync::Arc};

use super::{
    effect::{Event, Part},
    helpers::words,
    machine::{Prover, State, Stop},
    memory::Place,
    term::{Binary, Symbol, Term},
};
use crate::verify::helpers::Conversion;

/// Formats are read no further than this.
const FORMAT_MAX: u64 = 4096;
/// What the kernel keeps of a text argument.
const TEXT_MAX: u64 = 512;

impl Prover {
    pub(super) fn trace_printk(
        &mut self,
        state: &mut State<'_>,
        format: Term,
        size: Term,
        arguments: &[Term],
    ) -> Result<Term, Stop> {
        let format = self.format(state, format, size)?;
        self.print(state, &format, arguments)
    }

    pub(super) fn trace_vprintk(
        &mut self,
        state: &mut State<'_>,
        [format, size]: [Term; 2],
        [data, data_size]: [Term; 2],
    ) -> Result<Term, Stop> {
        let arguments = words(self, state, data, data_size)?;
        let format = self.format(state, format, size)?;
        self.print(state, &format, &arguments)
    }

    pub(super) fn format(
        &mut self,
        state: &mut State<'_>,
        address: Term,
        size: Term,
    ) -> Result<Vec<u8>, Stop> {
        let size = state.facts.simplify(&mut self.pool, size);
        let size = self.pool.number(size).unwrap_or(FORMAT_MAX).min(FORMAT_MAX);
        let mut format = Vec::new();
        for index in 0..size {
            let at = self.pool.add_number(address, index);
            let byte = self.memory_bytes(state, at, 1)?;
            let byte = byte.first().and_then(|&byte| self.pool.number(byte));
            match byte {
                // Below 256.
                Some(0) => break,
                Some(byte) => format.push(byte as u8),
                None => return Err(Stop::GiveUp("a format that isn't constant".to_owned())),
            }
        }
        Ok(format)
    }

    fn print(
        &mut self,
        state: &mut State<'_>,
        format: &[u8],
        arguments: &[Term],
    ) -> Result<Term, Stop> {
        let Some((what, parts)) = self.formatted(state, format, arguments)? else {
            return Ok(self.pool.constant(22_u64.wrapping_neg(), 64));
        };
        let nth = state.events.len();
        state.events.push(Rc::new(Event {
            what,
            map: None,
            parts,
        }));
        // The length of the line: a function of the line, which is the event with that number.
        let nth = self.pool.constant(nth as u64, 32);
        let length = Symbol::Result(Arc::from("length of line"), Vec::new());
        Ok(self.pool.apply(length, &[nth], 64))
    }

    /// What a line is made of: its format, and the arguments as they are printed; none where the
    /// kernel refuses the format.
    pub(super) fn formatted(
        &mut self,
        state: &mut State<'_>,
        format: &[u8],
        arguments: &[Term],
    ) -> Result<Option<(String, Vec<Part>)>, Stop> {
        let mut what = "print ".to_owned();
        let mut parts = Vec::new();
        let mut arguments = arguments.iter().copied();
        let mut bytes = format.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            if byte != b'%' {
                what.push(char::from(byte));
                continue;
            }
            let Some(conversion) = Conversion::read(&mut bytes) else {
                return Ok(None);
            };
            if conversion.letter == '%' {
                what.push('%');
                continue;
            }
            let Some(value) = arguments.next() else {
                return Ok(None);
            };
            what.push_str(&format!("{{{conversion:?}"));
            match conversion.letter {
                's' => self.text(state, value, &mut what, &mut parts)?,
                'p' => {
                    let mut suffix = String::new();
                    while let Some(letter) = bytes.next_if(u8::is_ascii_alphanumeric) {
                        suffix.push(char::from(letter));
                    }
                    what.push_str(&suffix);
                    match suffix.as_str() {
                        "ks" | "us" => self.text(state, value, &mut what, &mut parts)?,
                        "i4" | "I4" => self.bytes_at(state, value, 4, &mut parts)?,
                        "i6" | "I6" => self.bytes_at(state, value, 16, &mut parts)?,
                        _ => parts.push(Part::Number(value)),
                    }
                }
                'c' => parts.push(Part::Number(self.pool.extract(value, 0, 8))),
                // 1, 2, 4 or 8 bytes.
                _ => {
                    let bits = (conversion.size * 8).min(64) as u8;
                    parts.push(Part::Number(self.pool.extract(value, 0, bits)));
                }
            }
            what.push('}');
        }
        Ok(Some((what, parts)))
    }

    fn bytes_at(
        &mut self,
        state: &mut State<'_>,
        address: Term,
        size: u64,
        parts: &mut Vec<Part>,
    ) -> Result<(), Stop> {
        let bytes = self.memory_bytes(state, address, size)?;
        parts.extend(bytes.into_iter().map(Part::Number));
        Ok(())
    }

    /// `%s`: text of the kernel by its address, the program's own by its bytes.
    fn text(
        &mut self,
        state: &mut State<'_>,
        address: Term,
        what: &mut String,
        parts: &mut Vec<Part>,
    ) -> Result<(), Stop> {
        let address = state.facts.simplify(&mut self.pool, address);
        let Place::Inside(id, offset) = self.place(state, address)? else {
            parts.push(Part::Number(address));
            return Ok(());
        };
        let size = state.memory.region(id).map_or(0, |region| region.size);
        let room = size.saturating_sub(offset).min(TEXT_MAX);
        let bytes = state.memory.bytes(&mut self.pool, id, offset, room)?;
        let zero = self.pool.constant(0, 8);
        // A byte counts as long as none before it ended the text.
        let mut ended = self.pool.truth(false);
        let mut shown = Vec::new();
        for byte in bytes {
            let byte = state.facts.simplify(&mut self.pool, byte);
            shown.push(self.pool.choose(ended, zero, byte));
            let end = self.pool.equal(byte, zero);
            ended = self.pool.bitwise(Binary::Or, ended, end);
            if self.pool.number(ended) == Some(1) {
                break;
            }
        }
        if room < TEXT_MAX && !self.decide(state, ended)? {
            let why = "text that goes on behind the program's own memory";
            return Err(Stop::GiveUp(why.to_owned()));
        }
        what.push_str(" own");
        parts.push(Part::Text(shown));
        Ok(())
    }
}

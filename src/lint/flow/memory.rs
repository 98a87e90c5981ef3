//! What is known of memory at a point of a program.

use std::{collections::BTreeMap, rc::Rc};

use super::value::{ObjectId, Place, Taint, Value};

/// Whether a byte was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Written {
    /// Not on every way.
    No,
    /// By what may write fewer bytes, such as a string that ends early.
    Partly,
    /// Yes.
    Yes,
}

/// Objects larger than this aren't looked into.
const MAX_BYTES: u64 = 64 << 10;

/// What one object holds.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Of each byte; empty if that isn't followed.
    pub bytes: Vec<Written>,
    /// What was stored, by offset, with its size.
    values: BTreeMap<u64, (u64, Value)>,
    /// Where what isn't in `values` comes from.
    taint: Taint,
    /// Whether any way has written to it.
    touched: bool,
}

impl Memory {
    /// A new object of so many bytes.
    pub fn new(size: Option<u64>, written: Written) -> Self {
        let len = size.filter(|&size| size <= MAX_BYTES && written != Written::Yes);
        let len = len.and_then(|len| usize::try_from(len).ok()).unwrap_or(0);
        Self {
            bytes: vec![written; len],
            values: BTreeMap::new(),
            taint: Taint::NONE,
            touched: written == Written::Yes,
        }
    }

    /// One whose contents come from there.
    pub fn tainted(taint: Taint) -> Self {
        Self {
            taint,
            ..Self::default()
        }
    }

    /// Notes that `size` bytes were written; all behind `offset` where the size isn't known.
    pub fn write(&mut self, offset: Option<u64>, size: Option<u64>, how: Written) {
        self.touched = true;
        let start = usize::try_from(offset.unwrap_or(0)).unwrap_or(usize::MAX);
        let end = match (offset, size.and_then(|size| usize::try_from(size).ok())) {
            (Some(_), Some(size)) => start.saturating_add(size),
            _ => usize::MAX,
        };
        for byte in self.bytes.iter_mut().take(end).skip(start) {
            *byte = (*byte).max(how);
        }
        self.forget(offset, size);
    }

    fn forget(&mut self, offset: Option<u64>, size: Option<u64>) {
        let (Some(offset), Some(size)) = (offset, size) else {
            self.values.clear();
            return;
        };
        let end = offset.saturating_add(size);
        self.values
            .retain(|&at, (len, _)| at.saturating_add(*len) <= offset || at >= end);
    }

    /// Stores a value.
    pub fn store(&mut self, offset: u64, size: u64, mut value: Value) {
        self.write(Some(offset), Some(size), Written::Yes);
        value.taint = value.taint.without(Taint::UNWRITTEN);
        self.values.insert(offset, (size, value));
    }

    /// What was stored there.
    pub fn load(&self, offset: Option<u64>, size: Option<u64>) -> Value {
        let (Some(offset), Some(size)) = (offset, size) else {
            let taint = self.values.values().fold(self.taint, |taint, (_, value)| {
                taint.with(value.taint.and(Taint::USER_DATA))
            });
            return Value::tainted(taint);
        };
        match self.values.get(&offset) {
            Some(&(len, value)) if len == size => value,
            // The low half, on a little-endian machine; what it came from stays.
            Some(&(len, value)) if len > size => Value {
                number: None,
                place: None,
                id: None,
                ..value
            },
            _ => Value::tainted(self.taint),
        }
    }

    /// Whether no way has written to it.
    pub fn is_new(&self) -> bool {
        !self.touched
    }

    /// Changes what is known of the value there.
    pub fn refine(&mut self, offset: u64, change: impl FnOnce(&mut Value)) {
        if let Some((_, value)) = self.values.get_mut(&offset) {
            change(value);
        }
    }

    /// Notes that bytes from elsewhere are in it.
    pub fn soil(&mut self, taint: Taint) {
        self.taint = self.taint.with(taint);
    }

    /// Where its bytes come from.
    pub fn origin(&self) -> Taint {
        self.values
            .values()
            .fold(self.taint, |taint, (_, value)| taint.with(value.taint))
    }

    /// Notes that what can't be followed may have written it.
    pub fn escape(&mut self) {
        self.touched = true;
        self.bytes.fill(Written::Yes);
        self.values.clear();
    }

    fn join(&mut self, other: &Self) {
        for (at, byte) in self.bytes.iter_mut().enumerate() {
            *byte = (*byte).min(other.bytes.get(at).copied().unwrap_or(Written::Yes));
        }
        self.taint = self.taint.with(other.taint);
        self.touched |= other.touched;
        self.values.retain(|at, (size, value)| {
            let found = other.values.get(at).filter(|(len, _)| len == size);
            if let Some((_, two)) = found {
                *value = value.join(*two);
            }
            found.is_some()
        });
    }
}

/// All that is known at a point.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whether the point can be reached.
    pub live: bool,
    memory: BTreeMap<ObjectId, Rc<Memory>>,
    /// Where the values come from that decide whether this point is reached.
    pub control: Taint,
}

impl State {
    /// Before the first statement.
    pub fn start() -> Self {
        Self {
            live: true,
            ..Self::default()
        }
    }

    /// Puts an object into memory.
    pub fn put(&mut self, object: ObjectId, memory: Memory) {
        self.memory.insert(object, Rc::new(memory));
    }

    /// An object's memory.
    pub fn get(&self, object: ObjectId) -> Option<&Memory> {
        self.memory.get(&object).map(AsRef::as_ref)
    }

    /// An object's memory, to change it.
    pub fn get_mut(&mut self, object: ObjectId) -> Option<&mut Memory> {
        self.memory.get_mut(&object).map(Rc::make_mut)
    }

    /// Writes bytes of which nothing is known but where they come from.
    pub fn write(&mut self, place: Place, size: Option<u64>, how: Written, taint: Taint) {
        if let Some(memory) = self.get_mut(place.object) {
            memory.write(place.offset, size, how);
            memory.soil(taint);
        }
    }

    /// What holds on either of two ways to a point.
    pub fn join(&mut self, other: Self) {
        if !other.live {
            return;
        }
        if !self.live {
            *self = other;
            return;
        }
        self.control = self.control.with(other.control);
        for (object, memory) in other.memory {
            match self.memory.get_mut(&object) {
                Some(own) if Rc::ptr_eq(own, &memory) => {}
                Some(own) => Rc::make_mut(own).join(&memory),
                None => {
                    self.memory.insert(object, memory);
                }
            }
        }
    }
}

//! What a run leaves behind.

use std::{
    collections::BTreeMap,
    fmt::{self, Display},
    sync::Arc,
};

/// Something that can be seen from outside, in the order in which it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A record for user space, in a ring buffer or perf buffer.
    Record {
        /// The map.
        map: Arc<str>,
        /// What user space reads.
        bytes: Vec<u8>,
    },
    /// A line in the trace.
    Print(String),
    /// A signal to the current process, or thread.
    Signal {
        /// The number.
        number: u64,
        /// Whether only the thread is meant.
        thread: bool,
    },
    /// Another result for the probed function.
    Override(u64),
    /// User memory was changed.
    UserWrite {
        /// Where.
        address: u64,
        /// To what.
        bytes: Vec<u8>,
    },
    /// An element was set by a helper.
    Update {
        /// The map.
        map: Arc<str>,
        /// The key.
        key: Vec<u8>,
        /// The value.
        value: Vec<u8>,
    },
    /// An element was deleted.
    Delete {
        /// The map.
        map: Arc<str>,
        /// The key.
        key: Vec<u8>,
    },
    /// Another program took over.
    TailCall {
        /// The map.
        map: Arc<str>,
        /// The index.
        index: u64,
    },
    /// A helper or kernel function that the machine doesn't know in detail.
    Call {
        /// Its name.
        helper: Arc<str>,
        /// Its arguments; pointers into the machine's memory as what they point to.
        arguments: Vec<Argument>,
    },
}

/// An argument of a helper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// A number, or an address of the world.
    Number(u64),
    /// The context.
    Context,
    /// A map, by name.
    Map(Arc<str>),
    /// Memory of the machine.
    Memory(Vec<u8>),
    /// An address in the machine's memory whose extent isn't known.
    Address,
}

/// The elements that are not as they were, by map and key, with the value of each CPU.
pub type Changes = BTreeMap<(Arc<str>, Vec<u8>), BTreeMap<u32, Change>>;

/// The value of an element before and after a run; none where there was or is no element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub before: Option<Vec<u8>>,
    pub after: Option<Vec<u8>>,
}

/// Everything that can be seen from outside after a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// In their order.
    pub effects: Vec<Effect>,
    /// Elements of maps that are not as they were.
    pub maps: Changes,
    /// Variables: their bytes.
    pub globals: BTreeMap<Arc<str>, Vec<u8>>,
    /// What the program returned.
    pub result: u64,
    /// Why it ended early, if it did.
    pub trap: Option<Trap>,
}

/// Why a run ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trap {
    /// Memory that isn't there or may not be written.
    Access {
        /// Where.
        address: u64,
        /// How much.
        size: u64,
        /// Whether for writing.
        write: bool,
    },
    /// Too many instructions.
    Instructions,
    /// Too much memory.
    OutOfMemory,
    /// Calls nested too deep.
    Depth,
    /// The end of the code, or the middle of an instruction.
    Nowhere,
    /// An access that CO-RE could not relocate.
    Unrelocated,
    /// A helper with arguments that it can't have.
    Helper(&'static str),
    /// The time for all runs is over.
    Time,
}

impl Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Access {
                address,
                size,
                write,
            } => {
                let verb = if *write { "writes" } else { "reads" };
                write!(f, "{verb} {size} bytes at {address:#x}, where it may not")
            }
            Self::Instructions => f.write_str("runs for too many instructions"),
            Self::OutOfMemory => f.write_str("needs too much memory"),
            Self::Depth => f.write_str("nests calls too deep"),
            Self::Nowhere => f.write_str("leaves its code"),
            Self::Unrelocated => f.write_str("accesses what the kernel doesn't have"),
            Self::Helper(reason) => f.write_str(reason),
            Self::Time => f.write_str("ran out of time"),
        }
    }
}

//! What is known of a value.

/// Where a value comes from: a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taint(u8);

impl Taint {
    /// Nothing is known of it.
    pub const NONE: Self = Self(0);
    /// An address in user space.
    pub const USER_POINTER: Self = Self(1);
    /// A number that the caller of the system call chose.
    pub const USER_NUMBER: Self = Self(2);
    /// Read from memory of user space.
    pub const USER_DATA: Self = Self(4);
    /// The address of a kernel object.
    pub const KERNEL_POINTER: Self = Self(8);
    /// The context of the program.
    pub const CONTEXT: Self = Self(16);
    /// Came out of a map, where an earlier run left it.
    pub const STORED: Self = Self(32);

    /// Never written.
    pub const UNWRITTEN: Self = Self(64);
    /// What is said of an address: it holds only if it holds on every way.
    const POINTERS: Self = Self(1 | 8 | 64);

    /// Whether all of `other` is in it.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// It, without what is in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// Which number of the process and thread that run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Id {
    /// `bpf_get_current_pid_tgid()`: both in 64 bits.
    Both,
    /// The upper half: what user space calls the process id.
    Process,
    /// The lower half: what user space calls the thread id.
    Thread,
}

/// A region of memory: a variable, a record, the value of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub(super) u32);

/// A place in an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The object.
    pub object: ObjectId,
    /// Bytes from its start; none if that varies.
    pub offset: Option<u64>,
}

/// What is known of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Value {
    /// Where it comes from.
    pub taint: Taint,
    /// What it points to.
    pub place: Option<Place>,
    /// Its value, where that is known.
    pub number: Option<i128>,
    /// Whether it was compared, masked, or is small by its type.
    pub bounded: bool,
    /// Which id of the task it is.
    pub id: Option<Id>,
}

impl Value {
    /// A number.
    pub const fn number(number: i128) -> Self {
        Self {
            number: Some(number),
            bounded: true,
            taint: Taint::NONE,
            place: None,
            id: None,
        }
    }

    /// A value that comes from there.
    pub const fn tainted(taint: Taint) -> Self {
        Self {
            taint,
            number: None,
            bounded: false,
            place: None,
            id: None,
        }
    }

    /// A pointer to the start of an object.
    pub const fn pointer(object: ObjectId) -> Self {
        Self {
            place: Some(Place {
                object,
                offset: Some(0),
            }),
            taint: Taint::NONE,
            number: None,
            bounded: false,
            id: None,
        }
    }

    /// What holds on either of two ways.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        // A null pointer beside a place, or a constant beside a bound, says nothing against it.
        let place = match (self.place, other.place) {
            (Some(one), Some(two)) if one.object == two.object => Some(Place {
                object: one.object,
                offset: one.offset.filter(|_| one.offset == two.offset),
            }),
            (Some(place), None) if other.number == Some(0) => Some(place),
            (None, Some(place)) if self.number == Some(0) => Some(place),
            _ => None,
        };
        let either = |null: Self, value: Self| null.number == Some(0) && value.number.is_none();
        Self {
            taint: if self.number.is_some() || other.number.is_some() {
                self.taint.with(other.taint)
            } else {
                let both = self.taint.and(other.taint);
                both.with(self.taint.with(other.taint).without(Taint::POINTERS))
            },
            place,
            number: self.number.filter(|_| self.number == other.number),
            bounded: self.bounded && other.bounded,
            id: if either(self, other) {
                other.id
            } else if either(other, self) {
                self.id
            } else {
                self.id.filter(|_| self.id == other.id)
            },
        }
    }

    /// What an arithmetic operation makes of two.
    #[must_use]
    pub fn mixed(self, other: Self) -> Self {
        Self {
            taint: self.taint.with(other.taint),
            bounded: self.bounded && other.bounded,
            ..Self::default()
        }
    }
}

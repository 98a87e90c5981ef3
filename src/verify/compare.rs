//! Whether two runs in the same world left the same behind.

use std::{collections::BTreeSet, sync::Arc};

use super::bytes::truncate;
use super::machine::{Argument, Change, Effect, Outcome, Trap};

/// How what Rust did differs from what C did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// One side ended early, or for another reason.
    Trap {
        /// Why C did, if it did.
        c: Option<Trap>,
        /// Why Rust did, if it did.
        rust: Option<Trap>,
    },
    /// An effect, or its absence, at the same place in the order of effects.
    Effect {
        /// How many effects were equal before.
        nth: usize,
        /// What C did.
        c: Option<Effect>,
        /// What Rust did.
        rust: Option<Effect>,
    },
    /// An element of a map.
    Element {
        /// The map.
        map: Arc<str>,
        /// The key.
        key: Vec<u8>,
        /// Whose value it is in a per-CPU map.
        cpu: u32,
        /// What C left there.
        c: Left,
        /// What Rust left there.
        rust: Left,
    },
    /// A variable.
    Global {
        /// Its name.
        name: Arc<str>,
        /// Its bytes after C.
        c: Vec<u8>,
        /// Its bytes after Rust.
        rust: Vec<u8>,
    },
    /// What the program returned.
    Result {
        /// C.
        c: u64,
        /// Rust.
        rust: u64,
    },
}

/// What a run left of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// As it was.
    Untouched,
    /// Not there any more.
    Deleted,
    /// These bytes.
    Value(Vec<u8>),
}

/// Compares C with Rust; `other` is C again with other bytes in memory that nobody wrote, where it
/// read some: bytes that differ between both have no value that Rust could keep.
pub fn compare(
    c: &Outcome,
    other: Option<&Outcome>,
    rust: &Outcome,
    result_counts: bool,
) -> Option<Difference> {
    // No kernel takes what comes to an access that it doesn't know.
    if c.trap == Some(Trap::Unrelocated) {
        return None;
    }
    if c.trap != rust.trap {
        return Some(Difference::Trap {
            c: c.trap.clone(),
            rust: rust.trap.clone(),
        });
    }
    effects(c, other, rust)
        .or_else(|| elements(c, other, rust))
        .or_else(|| globals(c, other, rust))
        .or_else(|| {
            // The kernel looks at 32 bits (`bpf_prog_run`).
            let cut = |outcome: &Outcome| truncate(outcome.result, 4);
            let indeterminate = other.is_some_and(|other| cut(other) != cut(c));
            (result_counts && !indeterminate && cut(c) != cut(rust)).then_some(Difference::Result {
                c: cut(c),
                rust: cut(rust),
            })
        })
}

fn effects(c: &Outcome, other: Option<&Outcome>, rust: &Outcome) -> Option<Difference> {
    let most = c.effects.len().max(rust.effects.len());
    (0..most).find_map(|nth| {
        let (left, right) = (c.effects.get(nth), rust.effects.get(nth));
        let same = match (left, right) {
            (Some(left), Some(right)) => {
                let again = other.and_then(|other| other.effects.get(nth));
                same_effect(left, again, right)
            }
            _ => false,
        };
        (!same).then(|| Difference::Effect {
            nth,
            c: left.cloned(),
            rust: right.cloned(),
        })
    })
}

fn same_effect(c: &Effect, other: Option<&Effect>, rust: &Effect) -> bool {
    if c == rust {
        return true;
    }
    match (c, other, rust) {
        (
            Effect::Record { map, bytes },
            Some(Effect::Record { bytes: again, .. }),
            Effect::Record {
                map: rust_map,
                bytes: rust_bytes,
            },
        ) => map == rust_map && same_bytes(bytes, Some(again), rust_bytes),
        (
            Effect::Update { map, key, value },
            Some(Effect::Update {
                key: key_again,
                value: again,
                ..
            }),
            Effect::Update {
                map: rust_map,
                key: rust_key,
                value: rust_value,
            },
        ) => {
            map == rust_map
                && same_bytes(key, Some(key_again), rust_key)
                && same_bytes(value, Some(again), rust_value)
        }
        (
            Effect::Call { helper, arguments },
            _,
            Effect::Call {
                helper: rust_helper,
                arguments: rust_arguments,
            },
        ) => {
            helper == rust_helper
                && arguments.len() == rust_arguments.len()
                && arguments
                    .iter()
                    .zip(rust_arguments)
                    .all(|(left, right)| same_argument(left, right))
        }
        // What was made of unwritten bytes.
        (_, Some(other), _) => {
            std::mem::discriminant(c) == std::mem::discriminant(rust) && other != c
        }
        _ => false,
    }
}

fn same_argument(left: &Argument, right: &Argument) -> bool {
    left == right
}

/// Whether the bytes are the same where C has the same bytes each time.
fn same_bytes(c: &[u8], other: Option<&[u8]>, rust: &[u8]) -> bool {
    c.len() == rust.len()
        && c.iter()
            .zip(rust)
            .enumerate()
            .all(|(index, (left, right))| {
                left == right
                    || other
                        .and_then(|other| other.get(index))
                        .is_some_and(|again| again != left)
            })
}

/// As [`same_bytes`], where a value may be gone; `again` is what C left when it ran again.
fn same_values(c: &Option<Vec<u8>>, again: &Option<Change>, rust: &Option<Vec<u8>>) -> bool {
    match (c, rust) {
        (Some(left), Some(right)) => {
            let again = again.as_ref().and_then(|change| change.after.as_deref());
            same_bytes(left, again, right)
        }
        _ => c == rust,
    }
}

fn elements(c: &Outcome, other: Option<&Outcome>, rust: &Outcome) -> Option<Difference> {
    let keys: BTreeSet<_> = c.maps.keys().chain(rust.maps.keys()).collect();
    for element in keys {
        let of = |outcome: &Outcome, cpu| {
            let values = outcome.maps.get(element)?;
            values.get(&cpu).cloned()
        };
        let cpus: BTreeSet<u32> = [c, rust]
            .iter()
            .filter_map(|outcome| outcome.maps.get(element))
            .flat_map(|values| values.keys().copied())
            .collect();
        for cpu in cpus {
            let (left, right) = (of(c, cpu), of(rust, cpu));
            let again = other.and_then(|other| of(other, cpu));
            let same = match (&left, &right) {
                (Some(left), Some(right)) => same_values(&left.after, &again, &right.after),
                // Unwritten bytes may be what was there.
                (Some(left), None) if left.before.is_some() && again.is_some() => {
                    same_values(&left.after, &again, &left.before)
                }
                (None, Some(right)) if right.before.is_some() && again.is_some() => {
                    same_values(&right.before, &again, &right.after)
                }
                // A key of unwritten bytes is another key each time.
                (Some(_), None) => other.is_some_and(|other| !other.maps.contains_key(element)),
                (None, Some(_)) => {
                    other.is_some_and(|other| other.maps.len() == rust.maps.len())
                        && other.is_some_and(|other| other.maps.keys().ne(c.maps.keys()))
                }
                (None, None) => true,
            };
            if !same {
                let (map, key) = element;
                return Some(Difference::Element {
                    map: map.clone(),
                    key: key.clone(),
                    cpu,
                    c: Left::of(left),
                    rust: Left::of(right),
                });
            }
        }
    }
    None
}

impl Left {
    fn of(found: Option<Change>) -> Self {
        match found.map(|change| change.after) {
            None => Self::Untouched,
            Some(None) => Self::Deleted,
            Some(Some(bytes)) => Self::Value(bytes),
        }
    }
}

fn globals(c: &Outcome, other: Option<&Outcome>, rust: &Outcome) -> Option<Difference> {
    c.globals.iter().find_map(|(name, left)| {
        let right = rust.globals.get(name)?;
        let again = other.and_then(|other| other.globals.get(name));
        (!same_bytes(left, again.map(Vec::as_slice), right)).then(|| Difference::Global {
            name: name.clone(),
            c: left.clone(),
            rust: right.clone(),
        })
    })
}

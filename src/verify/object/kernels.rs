//! Kernels that lack what programs ask about.

use std::{
    collections::BTreeSet,
    fmt::{self, Display},
};

use super::core_relo::relo;
use crate::verify::btf::Btf;

/// More kernels are not made for one object.
const KERNELS_MAX: usize = 8;

/// Something that a kernel has or lacks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Feature {
    what: What,
    /// A type's name without its flavour, and what follows in it, joined as in the names of a Rust
    /// object's variables: `task_struct__state`.
    path: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Field,
    Type,
    Constant,
}

/// What CO-RE is relocated for.
#[derive(Clone, Copy, Debug)]
pub struct Kernel<'a> {
    /// Its types; without them the object's own.
    pub btf: Option<&'a Btf>,
    /// What it lacks whatever the types say.
    pub lacks: &'a BTreeSet<Feature>,
}

impl Feature {
    /// What a relocation, or a variable of a Rust object, of kind `relo` is about.
    pub(super) fn of(relo: u32, path: &str) -> Self {
        let what = match relo {
            relo::TYPE_ID_LOCAL
            | relo::TYPE_ID_TARGET
            | relo::TYPE_EXISTS
            | relo::TYPE_SIZE
            | relo::TYPE_MATCHES => What::Type,
            relo::ENUM_EXISTS | relo::ENUM_VALUE => What::Constant,
            _ => What::Field,
        };
        let path = path.to_owned();
        Self { what, path }
    }
}

impl Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            What::Field => "field",
            What::Type => "type",
            What::Constant => "constant",
        };
        write!(f, "the {what} {}", self.path)
    }
}

/// Whether a relocation of kind `relo` asks if the kernel has something.
pub(super) fn asks(relo: u32) -> bool {
    matches!(
        relo,
        relo::FIELD_EXISTS | relo::TYPE_EXISTS | relo::TYPE_MATCHES | relo::ENUM_EXISTS
    )
}

/// What kernels of different worlds lack: one thing each, and all.
pub fn lacking(asked: &BTreeSet<Feature>) -> Vec<BTreeSet<Feature>> {
    let mut kernels: Vec<_> = asked
        .iter()
        .take(KERNELS_MAX)
        .map(|feature| BTreeSet::from([feature.clone()]))
        .collect();
    if asked.len() > 1 {
        kernels.push(asked.clone());
    }
    kernels
}

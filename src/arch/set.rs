//! Sets of architectures.

use super::Arch;

/// A set of architectures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Archs(u16);

impl Archs {
    /// Whether `arch` is among them.
    pub const fn contains(self, arch: Arch) -> bool {
        self.0 & Self::bit(arch) != 0
    }

    /// Those of both.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that aren't among `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// How many they are.
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Each of them, in the order of [`Arch::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Arch> {
        Arch::ALL
            .into_iter()
            .filter(move |arch| self.contains(*arch))
    }

    /// Their names: `x86_64, aarch64`.
    pub fn names(self) -> String {
        let names: Vec<_> = self.iter().map(Arch::name).collect();
        names.join(", ")
    }

    const fn bit(arch: Arch) -> u16 {
        1 << arch as u16
    }
}

impl FromIterator<Arch> for Archs {
    fn from_iter<I: IntoIterator<Item = Arch>>(archs: I) -> Self {
        Self(archs.into_iter().fold(0, |set, arch| set | Self::bit(arch)))
    }
}

impl From<Arch> for Archs {
    fn from(arch: Arch) -> Self {
        Self(Self::bit(arch))
    }
}

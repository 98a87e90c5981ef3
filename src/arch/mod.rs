//! Architectures that a port can run on: one table for each, and nothing but data.

mod aarch64;
mod arm;
mod loongarch64;
mod mips;
mod mips64;
mod powerpc64;
mod riscv64;
mod s390x;
mod set;
pub mod syscalls;
pub mod table;
mod x86_64;

use serde::Serialize;
pub use set::Archs;
use table::Table;

/// An architecture that Aya can target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Arch {
    /// 64-bit x86.
    #[serde(rename = "x86_64")]
    X86_64,
    /// 64-bit Arm.
    Aarch64,
    /// 64-bit z/Architecture, the only big-endian target.
    S390x,
    /// 64-bit RISC-V.
    Riscv64,
    /// 32-bit Arm.
    Arm,
    /// 64-bit Power, little-endian as `ppc64le` distributions build it.
    Powerpc64,
    /// 32-bit MIPS, calling convention o32, little-endian.
    Mips,
    /// 64-bit MIPS, calling convention n64, little-endian as Debian's `mips64el`.
    Mips64,
    /// 64-bit LoongArch.
    Loongarch64,
}

/// The order in which a BPF program and the kernel that runs it keep the bytes of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Endian {
    /// Least significant byte first (`bpfel`).
    Little,
    /// Most significant byte first (`bpfeb`).
    Big,
}

impl Arch {
    /// Every architecture, in the order in which reports list them.
    pub const ALL: [Self; 9] = [
        Self::X86_64,
        Self::Aarch64,
        Self::S390x,
        Self::Riscv64,
        Self::Arm,
        Self::Powerpc64,
        Self::Mips,
        Self::Mips64,
        Self::Loongarch64,
    ];

    /// The value of Aya's `cfg(bpf_target_arch)`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
            Self::S390x => "s390x",
            Self::Riscv64 => "riscv64",
            Self::Arm => "arm",
            Self::Powerpc64 => "powerpc64",
            Self::Mips => "mips",
            Self::Mips64 => "mips64",
            Self::Loongarch64 => "loongarch64",
        }
    }

    /// The architecture of that [`name`](Self::name).
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|arch| arch.name() == name)
    }

    /// The macro by which C code says for which architecture it is built: libbpf's `bpf_tracing.h`
    /// reads it, and the kernel's and most projects' build files define it.
    pub const fn target_macro(self) -> &'static str {
        match self {
            Self::X86_64 => "__TARGET_ARCH_x86",
            Self::Aarch64 => "__TARGET_ARCH_arm64",
            Self::S390x => "__TARGET_ARCH_s390",
            Self::Riscv64 => "__TARGET_ARCH_riscv",
            Self::Arm => "__TARGET_ARCH_arm",
            Self::Powerpc64 => "__TARGET_ARCH_powerpc",
            Self::Mips | Self::Mips64 => "__TARGET_ARCH_mips",
            Self::Loongarch64 => "__TARGET_ARCH_loongarch",
        }
    }

    /// The macro by which compilers for the architecture itself name it. Those for BPF don't define
    /// it; builds that include headers of the C library do.
    pub const fn compiler_macro(self) -> &'static str {
        match self {
            Self::X86_64 => "__x86_64__",
            Self::Aarch64 => "__aarch64__",
            Self::S390x => "__s390x__",
            Self::Riscv64 => "__riscv",
            Self::Arm => "__arm__",
            Self::Powerpc64 => "__powerpc64__",
            Self::Mips => "__mips__",
            Self::Mips64 => "__mips64",
            Self::Loongarch64 => "__loongarch__",
        }
    }

    /// What else the architecture is called: by `uname -m`, Go, Debian, the kernel's folders.
    pub const fn spellings(self) -> &'static [&'static str] {
        match self {
            Self::X86_64 => &["x86_64", "amd64", "x64", "x86"],
            Self::Aarch64 => &["aarch64", "arm64"],
            Self::S390x => &["s390x", "s390"],
            Self::Riscv64 => &["riscv64", "riscv"],
            Self::Arm => &["arm", "armhf", "armel", "armv6l", "armv7l"],
            Self::Powerpc64 => &[
                "powerpc64",
                "powerpc64le",
                "ppc64",
                "ppc64le",
                "ppc64el",
                "powerpc",
            ],
            Self::Mips => &["mips", "mipsel", "mipsle"],
            Self::Mips64 => &["mips64", "mips64el", "mips64le", "mips"],
            Self::Loongarch64 => &["loongarch64", "loong64", "loongarch"],
        }
    }

    /// The byte order of the kernels that distributions build for it.
    pub const fn endian(self) -> Endian {
        match self {
            Self::S390x => Endian::Big,
            _ => Endian::Little,
        }
    }

    /// Where its registers lie, and what its kernel calls the functions of system calls.
    pub const fn table(self) -> &'static Table {
        match self {
            Self::X86_64 => &x86_64::TABLE,
            Self::Aarch64 => &aarch64::TABLE,
            Self::S390x => &s390x::TABLE,
            Self::Riscv64 => &riscv64::TABLE,
            Self::Arm => &arm::TABLE,
            Self::Powerpc64 => &powerpc64::TABLE,
            Self::Mips => &mips::TABLE,
            Self::Mips64 => &mips64::TABLE,
            Self::Loongarch64 => &loongarch64::TABLE,
        }
    }
}

#[cfg(test)]
mod tests;

//! The kinds of machines that can be emulated.

use anyhow::{Result, bail};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Machine {
    X86_64,
    Arm64,
    S390x,
    Armhf,
}

impl Machine {
    /// By the name of a kernel, as scripts/fetch-kernel knows it: `s390x-6.12`.
    pub fn of_kernel(kernel: &str) -> Result<Self> {
        Ok(match kernel.split('-').next() {
            Some("x86_64") => Self::X86_64,
            Some("arm64") => Self::Arm64,
            Some("s390x") => Self::S390x,
            Some("armhf") => Self::Armhf,
            _ => bail!("no machine for the kernel {kernel}"),
        })
    }

    /// In Debian's spelling, but for amd64.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
            Self::S390x => "s390x",
            Self::Armhf => "armhf",
        }
    }

    /// In the spelling of `AYA_BPF_TARGET_ARCH`.
    pub fn in_aya(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "aarch64",
            Self::S390x => "s390x",
            Self::Armhf => "arm",
        }
    }

    /// In the spelling of libbpf's `__TARGET_ARCH_…`.
    pub fn in_libbpf(self) -> &'static str {
        match self {
            Self::X86_64 => "x86",
            Self::Arm64 => "arm64",
            Self::S390x => "s390",
            Self::Armhf => "arm",
        }
    }

    pub fn emulator(self) -> &'static str {
        match self {
            Self::X86_64 => "qemu-system-x86_64",
            Self::Arm64 => "qemu-system-aarch64",
            Self::S390x => "qemu-system-s390x",
            Self::Armhf => "qemu-system-arm",
        }
    }

    pub fn options(self) -> &'static [&'static str] {
        match self {
            Self::X86_64 | Self::S390x => &["-cpu", "max"],
            Self::Arm64 => &["-M", "virt", "-cpu", "cortex-a57"],
            Self::Armhf => &["-M", "virt", "-cpu", "cortex-a15"],
        }
    }

    pub fn console(self) -> &'static str {
        match self {
            Self::X86_64 => "ttyS0",
            Self::Arm64 | Self::Armhf => "ttyAMA0",
            Self::S390x => "ttysclp0",
        }
    }

    /// Bytes of an address.
    pub fn word(self) -> usize {
        match self {
            Self::Armhf => 4,
            Self::X86_64 | Self::Arm64 | Self::S390x => 8,
        }
    }

    /// Whether its kernels have BTF.
    pub fn describes_its_types(self) -> bool {
        self != Self::Armhf
    }

    /// Whether emitted loaders are built for it.
    pub fn runs_loaders(self) -> bool {
        matches!(self, Self::X86_64 | Self::Arm64)
    }

    pub fn is_big_endian(self) -> bool {
        self == Self::S390x
    }

    /// The lowest `size` (at most 8) bytes of a number, as they lie in memory.
    pub fn bytes(self, number: u64, size: usize) -> Vec<u8> {
        let mut bytes = number.to_le_bytes()[..size.min(8)].to_vec();
        if self.is_big_endian() {
            bytes.reverse();
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lie_in_the_order_of_the_machine() {
        assert_eq!(Machine::X86_64.bytes(0x1234, 4), [0x34, 0x12, 0, 0]);
        assert_eq!(Machine::S390x.bytes(0x1234, 4), [0, 0, 0x12, 0x34]);
    }
}

//! The tables against the structures, written down member by member as Linux declares them.

#![allow(dead_code, reason = "members are there for their size")]

use std::mem::offset_of;

use super::{Arch, table::Register};

#[repr(C)]
#[rustfmt::skip]
struct X86 {
    r15: u64, r14: u64, r13: u64, r12: u64, bp: u64, bx: u64, r11: u64, r10: u64, r9: u64, r8: u64,
    ax: u64, cx: u64, dx: u64, si: u64, di: u64, orig_ax: u64, ip: u64, cs: u64, flags: u64, sp: u64,
    ss: u64,
}

/// The part that Linux keeps as it is for user space, and the word behind it.
#[repr(C)]
struct Arm64 {
    regs: [u64; 31],
    sp: u64,
    pc: u64,
    pstate: u64,
    orig_x0: u64,
}

#[repr(C)]
struct S390 {
    args: [u64; 1],
    psw_mask: u64,
    psw_addr: u64,
    gprs: [u64; 16],
    orig_gpr2: u64,
}

#[repr(C)]
#[rustfmt::skip]
struct Riscv {
    pc: u64, ra: u64, sp: u64, gp: u64, tp: u64, t0: u64, t1: u64, t2: u64, s0: u64, s1: u64,
    a: [u64; 8],
    s2_to_s11: [u64; 10],
    t3_to_t6: [u64; 4],
    status: u64, badaddr: u64, cause: u64, orig_a0: u64,
}

#[repr(C)]
struct Powerpc {
    gpr: [u64; 32],
    nip: u64,
    msr: u64,
    orig_gpr3: u64,
}

#[repr(C)]
struct Mips32 {
    pad0: [u32; 8],
    regs: [u32; 32],
    cp0_status: u32,
    hi: u32,
    lo: u32,
    cp0_badvaddr: u32,
    cp0_cause: u32,
    cp0_epc: u32,
}

#[repr(C)]
struct Mips64 {
    regs: [u64; 32],
    cp0_status: u64,
    hi: u64,
    lo: u64,
    cp0_badvaddr: u64,
    cp0_cause: u64,
    cp0_epc: u64,
}

#[repr(C)]
struct Loongarch {
    regs: [u64; 32],
    orig_a0: u64,
    csr_era: u64,
}

macro_rules! offsets {
    ($structure:ty, $($member:ident),*) => {
        [$((stringify!($member), offset_of!($structure, $member), size_of_member(|s: &$structure| size_of_val(&s.$member)))),*]
    };
}

/// Only its type says how large a member is; the value is never read.
fn size_of_member<S>(size: impl Fn(&S) -> usize) -> usize {
    let place = Box::<S>::new_zeroed();
    // SAFETY: these structures are made of integers, for which zeros are fine.
    #[allow(unsafe_code, reason = "a test")]
    size(&unsafe { *place.assume_init() })
}

fn members(arch: Arch) -> Vec<(&'static str, usize, usize)> {
    match arch {
        Arch::X86_64 => offsets!(X86, bp, r10, r9, r8, ax, cx, dx, si, di, ip, sp).to_vec(),
        Arch::Aarch64 => offsets!(Arm64, regs, sp, pc, orig_x0).to_vec(),
        Arch::S390x => {
            let mut members = offsets!(S390, gprs, orig_gpr2, psw_addr).to_vec();
            members[2].0 = "psw.addr";
            members
        }
        Arch::Riscv64 => offsets!(Riscv, pc, ra, sp, s0, a, orig_a0).to_vec(),
        Arch::Arm => vec![("uregs", 0, 18 * 4)],
        Arch::Powerpc64 => offsets!(Powerpc, gpr, nip, orig_gpr3).to_vec(),
        Arch::Mips => offsets!(Mips32, pad0, regs, cp0_epc).to_vec(),
        Arch::Mips64 => offsets!(Mips64, regs, cp0_epc).to_vec(),
        Arch::Loongarch64 => offsets!(Loongarch, regs, csr_era).to_vec(),
    }
}

/// `regs[3]`, `a3` and `pc` to the offset in the structure.
fn offset(arch: Arch, name: &str) -> usize {
    let (array, index) = match name.split_once('[') {
        Some((array, index)) => (array, index.trim_end_matches(']').parse::<usize>().ok()),
        None if arch == Arch::Riscv64 && name.len() == 2 && name.starts_with('a') => {
            ("a", name[1..].parse().ok())
        }
        None => (name, None),
    };
    let &(_, start, size) = members(arch)
        .iter()
        .find(|member| member.0 == array)
        .unwrap_or_else(|| panic!("{arch:?} has no {name}"));
    let at = index.unwrap_or(0) * arch.table().word;
    assert!(at < size, "{arch:?} {name}");
    start + at
}

fn registers(arch: Arch) -> impl Iterator<Item = Register> {
    let table = arch.table();
    [table.rc, table.sp, table.ip]
        .into_iter()
        .chain(table.syscall.iter().copied())
        .chain(table.parameters.iter().copied())
        .chain(table.ret)
        .chain(table.fp)
}

#[test]
fn offsets_are_those_of_the_structures() {
    for arch in Arch::ALL {
        for register in registers(arch) {
            let wanted = offset(arch, register.name);
            assert_eq!(register.offset, wanted, "{arch:?} {}", register.name);
        }
    }
}

#[test]
fn every_system_call_has_six_arguments() {
    for arch in Arch::ALL {
        let wanted = if arch == Arch::Arm { 7 } else { 6 };
        assert_eq!(arch.table().syscall.len(), wanted, "{arch:?}");
    }
}

#[test]
fn names_are_read_back() {
    for arch in Arch::ALL {
        assert_eq!(Arch::parse(arch.name()), Some(arch));
    }
    assert_eq!(Arch::parse("i386"), None);
}

#[test]
fn a_wrapper_has_a_prefix_of_its_own_but_on_power() {
    for arch in Arch::ALL {
        if let Some(wrapper) = &arch.table().wrapper {
            assert_eq!(wrapper.prefix == "sys_", arch == Arch::Powerpc64);
        }
    }
}

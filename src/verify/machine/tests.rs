//! Instructions, one at a time, in the notation of LLVM's assembler.

use std::collections::{BTreeSet, HashMap};

use super::{Image, Limits, Run, Shape, Start, Trap, run};
use crate::{
    arch::Arch,
    verify::{
        Endian, Kind,
        insn::{SLOT, Slot, decode},
        object::Object,
        registers::Registers,
        world::{Oracle, Palette, World},
    },
};

mod assembler;

/// Runs the instructions, one on each line or behind `;`, on a machine of the given byte order.
fn execute(endian: Endian, text: &str) -> Run {
    let bytes = assembler::assemble(endian, text);
    let slots: Vec<Slot> = (0..bytes.len())
        .step_by(SLOT)
        .map(|at| Slot::read(endian, &bytes, at).unwrap())
        .collect();
    let mut code = Vec::new();
    let mut filler = false;
    for (at, &slot) in slots.iter().enumerate() {
        if std::mem::take(&mut filler) {
            code.push(super::Op::Filler);
            continue;
        }
        let next = slots.get(at + 1).map(|next| next.imm);
        let op = decode(endian, slot, next, at, slots.len()).unwrap();
        filler = matches!(op, super::Op::LoadImmediate { .. });
        code.push(op);
    }
    let object = Object {
        endian,
        code,
        functions: Vec::new(),
        programs: Vec::new(),
        maps: Vec::new(),
        data: Vec::new(),
        globals: Vec::new(),
        ksyms: Vec::new(),
        btf: None,
        lines: Vec::new(),
        asked: BTreeSet::new(),
    };
    let registers = Registers::of(match endian {
        Endian::Little => Arch::X86_64,
        Endian::Big => Arch::S390x,
    });
    let shape = Shape::default();
    let image = Image::new(&object, &registers, &shape, &HashMap::new()).unwrap();
    let (world, palette) = (World::default(), Palette::default());
    let start = Start {
        entry: 0,
        kind: Kind::Probe,
        of_syscall: false,
    };
    let limits = Limits { instructions: 1000 };
    run(&image, start, Oracle::new(&world, &palette), 0xa5, limits)
}

fn check(text: &str, expected: u64) {
    let run = execute(Endian::Little, &format!("{text}\nexit"));
    assert_eq!(run.outcome.trap, None, "{text}");
    let result = run.outcome.result;
    assert_eq!(result, expected, "{text}: {result:#x}, not {expected:#x}");
}

fn check_big(text: &str, expected: u64) {
    let run = execute(Endian::Big, &format!("{text}\nexit"));
    assert_eq!(run.outcome.trap, None, "{text}");
    let result = run.outcome.result;
    assert_eq!(result, expected, "{text}: {result:#x}, not {expected:#x}");
}

fn check_trap(text: &str, expected: &Trap) {
    let run = execute(Endian::Little, &format!("{text}\nexit"));
    assert_eq!(run.outcome.trap.as_ref(), Some(expected), "{text}");
}

/// -1 in 64 bits.
const MINUS_1: u64 = u64::MAX;

#[test]
fn arithmetic_in_64_bits() {
    check("r0 = 7", 7);
    check("r0 = -1", MINUS_1);
    check("r0 = 5; r0 += 3", 8);
    check("r0 = 5; r1 = 7; r0 -= r1", MINUS_1 - 1);
    check("r0 = -3; r0 *= 5", (-15_i64).cast_unsigned());
    check("r0 = -1; r0 /= 2", MINUS_1 / 2);
    check("r0 = 7; r1 = 0; r0 /= r1", 0);
    check("r0 = 7; r1 = 0; r0 %= r1", 7);
    check("r0 = 7; r0 %= 4", 3);
    check("r0 = -7; r0 s/= 2", (-3_i64).cast_unsigned());
    check("r0 = -7; r0 s%= 2", MINUS_1);
    check("r0 = 7; r1 = 0; r0 s/= r1", 0);
    check("r0 = 7; r1 = 0; r0 s%= r1", 7);
    check("r0 = 0x8000000000000000 ll; r1 = -1; r0 s/= r1", 1 << 63);
    check("r0 = 0x8000000000000000 ll; r1 = -1; r0 s%= r1", 0);
    check("r0 = 1; r0 <<= 63", 1 << 63);
    check("r0 = 1; r1 = 65; r0 <<= r1", 2);
    check("r0 = -1; r0 >>= 60", 15);
    check("r0 = -16; r0 s>>= 2", (-4_i64).cast_unsigned());
    check("r0 = 12; r0 |= 3", 15);
    check("r0 = 12; r0 &= -8", 8);
    check("r0 = 12; r0 ^= 10", 6);
    check("r0 = 12; r0 = -r0", (-12_i64).cast_unsigned());
    check("r0 = 0x123456789abcdef0 ll", 0x1234_5678_9abc_def0);
}

#[test]
fn arithmetic_in_32_bits() {
    check("w0 = -1", 0xffff_ffff);
    check("r0 = -1; w0 += 1", 0);
    check("w0 = 5; w1 = 7; w0 -= w1", 0xffff_fffe);
    check("r0 = -1; w0 *= 3", 0xffff_fffd);
    check("w0 = 7; w1 = 0; w0 /= w1", 0);
    check("r0 = -1; r1 = 0; w0 %= w1", 0xffff_ffff);
    check("w0 = -7; w0 s/= 2", 0xffff_fffd);
    check("w0 = -7; w0 s%= 2", 0xffff_ffff);
    check("w0 = -2147483648; w1 = -1; w0 s/= w1", 0x8000_0000);
    check("w0 = 1; w1 = 33; w0 <<= w1", 2);
    check("w0 = -16; w0 s>>= 2", 0xffff_fffc);
    check("r0 = -1; w0 >>= 28", 15);
    check("w0 = 12; w0 = -w0", 0xffff_fff4);
    check("r1 = 0x1ffffffff ll; w0 = w1", 0xffff_ffff);
}

#[test]
fn assignments_that_extend_the_sign() {
    check("r1 = 0x80; r0 = (s8)r1", (-128_i64).cast_unsigned());
    check("r1 = 0x8000; r0 = (s16)r1", (-0x8000_i64).cast_unsigned());
    check(
        "r1 = 0x80000000 ll; r0 = (s32)r1",
        (-0x8000_0000_i64).cast_unsigned(),
    );
    check("r1 = 0x80; w0 = (s8)w1", 0xffff_ff80);
    check("r1 = 0x18000; w0 = (s16)w1", 0xffff_8000);
}

#[test]
fn byte_orders() {
    check("r0 = 0x11223344; r0 = le16 r0", 0x3344);
    check("r0 = 0x11223344; r0 = be16 r0", 0x4433);
    check("r0 = 0x11223344; r0 = be32 r0", 0x4433_2211);
    check(
        "r0 = 0x1122334455667788 ll; r0 = be64 r0",
        0x8877_6655_4433_2211,
    );
    check("r0 = 0x1122334455667788 ll; r0 = bswap32 r0", 0x8877_6655);
    check_big("r0 = 0x11223344; r0 = le16 r0", 0x4433);
    check_big("r0 = 0x11223344; r0 = be16 r0", 0x3344);
    check_big("r0 = 0x11223344; r0 = bswap16 r0", 0x4433);
}

#[test]
fn memory() {
    check(
        "r1 = -2; *(u64 *)(r10 - 8) = r1; r0 = *(u64 *)(r10 - 8)",
        MINUS_1 - 1,
    );
    check(
        "*(u32 *)(r10 - 8) = -2; r0 = *(u32 *)(r10 - 8)",
        0xffff_fffe,
    );
    check(
        "*(u32 *)(r10 - 8) = -2; r0 = *(s32 *)(r10 - 8)",
        MINUS_1 - 1,
    );
    check(
        "*(u16 *)(r10 - 2) = 0x8001; r0 = *(s16 *)(r10 - 2)",
        (-0x7fff_i64).cast_unsigned(),
    );
    check(
        "*(u8 *)(r10 - 1) = 0x80; r0 = *(s8 *)(r10 - 1)",
        (-0x80_i64).cast_unsigned(),
    );
    check("*(u32 *)(r10 - 4) = 0x01020304; r0 = *(u8 *)(r10 - 4)", 4);
    check_big("*(u32 *)(r10 - 4) = 0x01020304; r0 = *(u8 *)(r10 - 4)", 1);
    let beyond = |address, write| Trap::Access {
        address,
        size: 8,
        write,
    };
    check_trap("r1 = 0; r0 = *(u64 *)(r1 + 16)", &beyond(16, false));
    check_trap("r1 = 0; *(u64 *)(r1 + 16) = r1", &beyond(16, true));
}

#[test]
fn unwritten_memory_is_noticed() {
    let read = |text: &str| execute(Endian::Little, text).read_unwritten;
    assert!(read("r0 = *(u8 *)(r10 - 1); exit"));
    assert!(!read("*(u8 *)(r10 - 1) = 1; r0 = *(u8 *)(r10 - 1); exit"));
    assert!(read("*(u8 *)(r10 - 1) = 1; r0 = *(u16 *)(r10 - 2); exit"));
}

#[test]
fn atomics() {
    let cell = |text: &str| format!("r1 = 10; *(u64 *)(r10 - 8) = r1; r2 = 3; {text}");
    let after = "r0 = *(u64 *)(r10 - 8)";
    let check_cell = |text: &str, expected| check(&cell(&format!("{text}; {after}")), expected);
    check_cell("lock *(u64 *)(r10 - 8) += r2", 13);
    check_cell("lock *(u64 *)(r10 - 8) |= r2", 11);
    check_cell("lock *(u64 *)(r10 - 8) &= r2", 2);
    check_cell("lock *(u64 *)(r10 - 8) ^= r2", 9);
    check_cell("r2 = -1; lock *(u32 *)(r10 - 8) += w2", 9);
    check(
        &cell("r2 = atomic_fetch_add((u64 *)(r10 - 8), r2); r0 = r2"),
        10,
    );
    check(&cell("r2 = xchg_64(r10 - 8, r2); r0 = r2"), 10);
    check_cell("r2 = xchg_64(r10 - 8, r2)", 3);
    check(&cell("r0 = 10; r0 = cmpxchg_64(r10 - 8, r0, r2)"), 10);
    check_cell("r0 = 10; r0 = cmpxchg_64(r10 - 8, r0, r2)", 3);
    check_cell("r0 = 9; r0 = cmpxchg_64(r10 - 8, r0, r2)", 10);
}

#[test]
fn jumps() {
    let taken = |condition: &str, expected: bool| {
        check(
            &format!(
                "r0 = 1; r1 = -1; r2 = 1; r3 = 0x100000001 ll; if {condition} goto +1; r0 = 0"
            ),
            expected.into(),
        );
    };
    taken("r1 == -1", true);
    taken("r1 != -1", false);
    taken("r1 > 1", true);
    taken("r1 s> 1", false);
    taken("r1 s< r2", true);
    taken("r1 < r2", false);
    taken("r2 >= 1", true);
    taken("r2 <= 0", false);
    taken("r2 s>= 2", false);
    taken("r1 s<= -1", true);
    taken("r3 & 2", false);
    taken("r3 & 1", true);
    taken("r3 == r2", false);
    taken("w3 == w2", true);
    taken("w1 s< 0", true);
    taken("w1 > w2", true);
    check("r0 = 1; goto +1; r0 = 2; r0 += 4", 5);
    check("r0 = 1; gotol +1; r0 = 2; r0 += 4", 5);
}

#[test]
fn calls() {
    // A function of the object keeps the caller's r6 to r9 and stack.
    check(
        "r6 = 5; *(u64 *)(r10 - 8) = 9; r1 = 4; call +3; r0 += r6; r2 = *(u64 *)(r10 - 8); goto +4; \
         r6 = 100; *(u64 *)(r10 - 8) = 1; r0 = r1; exit; r0 += r2",
        18,
    );
    check_trap("goto -1", &Trap::Instructions);
    check_trap("call -1", &Trap::Depth);
    check_trap(
        "r1 = 0; r2 = 0; call 1",
        &Trap::Helper("passes a helper what is no map"),
    );
    check_trap("call 195896080", &Trap::Unrelocated);
    check_trap(
        "call 9999",
        &Trap::Helper("calls a helper that doesn't exist"),
    );
}

#[test]
fn reserved_instructions_are_refused() {
    let refused = |bytes: [u8; 8]| {
        let slot = Slot::read(Endian::Little, &bytes, 0).unwrap();
        assert!(
            decode(Endian::Little, slot, None, 0, 1).is_err(),
            "{bytes:x?}"
        );
    };
    refused([0xff, 0, 0, 0, 0, 0, 0, 0]);
    refused([0x18, 0, 0, 0, 0, 0, 0, 0]);
    refused([0xb7, 0x0b, 0, 0, 0, 0, 0, 0]);
    refused([0x05, 0, 9, 0, 0, 0, 0, 0]);
    refused([0x20, 0, 0, 0, 0, 0, 0, 0]);
    refused([0xd4, 0, 0, 0, 7, 0, 0, 0]);
}

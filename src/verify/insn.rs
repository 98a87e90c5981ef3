//! One instruction, decoded.
//!
//! The encoding is that of RFC 9669 and of the kernel's
//! `Documentation/bpf/standardization/instruction-set.rst`.

use super::{
    bytes::Endian,
    error::{Error, Result, fail},
};

/// The bytes of one slot; a 64-bit immediate takes two.
pub const SLOT: usize = 8;

/// The number of a register, 0 to 10.
pub type Register = u8;

/// The encoded fields of one slot.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// The whole first byte.
    pub opcode: u8,
    /// Destination register.
    pub dst: Register,
    /// Source register, or what an immediate stands for.
    pub src: Register,
    /// Signed offset.
    pub offset: i16,
    /// Immediate.
    pub imm: i32,
}

impl Slot {
    /// Reads the slot at byte `at`.
    pub fn read(endian: Endian, code: &[u8], at: usize) -> Option<Self> {
        let registers = *code.get(at.checked_add(1)?)?;
        // The two nibbles change places with the byte order.
        let (dst, src) = match endian {
            Endian::Little => (registers & 15, registers >> 4),
            Endian::Big => (registers >> 4, registers & 15),
        };
        Some(Self {
            opcode: *code.get(at)?,
            dst,
            src,
            offset: endian.u16_at(code, at.checked_add(2)?)?.cast_signed(),
            imm: endian.u32_at(code, at.checked_add(4)?)?.cast_signed(),
        })
    }
}

/// A second operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A register.
    Register(Register),
    /// An immediate, sign-extended.
    Immediate(i64),
}

/// An operation on two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are what they are called")]
pub enum AluOp {
    Add,
    Sub,
    Mul,
    Div,
    Or,
    And,
    ShiftLeft,
    ShiftRight,
    Mod,
    Xor,
    /// Also the plain assignment.
    Move,
    /// Shift right that keeps the sign.
    ArithmeticShift,
    SignedDiv,
    SignedMod,
    /// Assignment of the sign-extended low bits, so many.
    MoveSigned(u8),
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are what they are called")]
pub enum Condition {
    Equal,
    NotEqual,
    /// Any common bit.
    Set,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
    SignedGreater,
    SignedGreaterEqual,
    SignedLess,
    SignedLessEqual,
}

/// A read-modify-write operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are what they are called")]
pub enum AtomicOp {
    Add,
    Or,
    And,
    Xor,
    Exchange,
    /// With r0 as the expected and the previous value.
    CompareExchange,
    LoadAcquire,
    StoreRelease,
}

/// What a 64-bit immediate means once the object is linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number.
    Number(u64),
    /// A map, by its index.
    Map(usize),
    /// A byte in a data section: the section's index and an offset.
    Data(usize, u64),
    /// A function, by the slot at which it begins.
    Function(usize),
    /// The address of a kernel symbol, by the extern's index.
    Ksym(usize),
}

/// An instruction; slots are counted from the beginning of the object's linked code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// Arithmetic in 64 (`wide`) or 32 bits.
    Alu {
        /// Whether in 64 bits.
        wide: bool,
        /// Which.
        op: AluOp,
        /// First operand and destination.
        dst: Register,
        /// Second operand.
        operand: Operand,
    },
    /// Negation.
    Negate {
        /// Whether in 64 bits.
        wide: bool,
        /// Operand and destination.
        dst: Register,
    },
    /// Conversion to a byte order: cuts to `bits` and swaps where `swap` says so.
    ByteOrder {
        /// Whether the bytes change places.
        swap: bool,
        /// 16, 32 or 64.
        bits: u8,
        /// Operand and destination.
        dst: Register,
    },
    /// A 64-bit immediate.
    LoadImmediate {
        /// Destination.
        dst: Register,
        /// What is loaded.
        value: Value,
    },
    /// The second slot of the above, never executed.
    Filler,
    /// From memory.
    Load {
        /// Bytes.
        size: u8,
        /// Whether to extend the sign.
        signed: bool,
        /// Destination.
        dst: Register,
        /// Holds the base address.
        base: Register,
        /// Added to the base.
        offset: i16,
    },
    /// To memory.
    Store {
        /// Bytes.
        size: u8,
        /// Holds the base address.
        base: Register,
        /// Added to the base.
        offset: i16,
        /// What is stored.
        value: Operand,
    },
    /// Read, modify, write.
    Atomic {
        /// Bytes: 4 or 8, for loads and stores also less.
        size: u8,
        /// Which.
        op: AtomicOp,
        /// Whether the old value comes back.
        fetch: bool,
        /// Holds the base address; the destination of a load.
        base: Register,
        /// Added to the base.
        offset: i16,
        /// Operand and, with `fetch`, destination.
        src: Register,
    },
    /// Unconditional jump.
    Jump(usize),
    /// Conditional jump.
    Branch {
        /// Whether 64 bits are compared.
        wide: bool,
        /// When it is taken.
        condition: Condition,
        /// Left side.
        left: Register,
        /// Right side.
        right: Operand,
        /// Where to.
        target: usize,
    },
    /// `may_goto`: jumps when the loop's budget is used up.
    MayGoto(usize),
    /// A helper of the kernel, by its number.
    Helper(u32),
    /// A function of the object.
    Call(usize),
    /// A kernel function, by the extern's index.
    Kfunc(usize),
    /// A function whose address the register holds.
    CallRegister(Register),
    /// Back to the caller.
    Exit,
}

const REGISTERS: u8 = 11;

/// Decodes the slot at index `at`, with `next` the immediate of the slot after it.
///
/// Jump targets are absolute slots. Maps, globals and functions are not yet put in: a 64-bit
/// immediate is a number and a call of a kernel function has the immediate as its index.
///
/// # Errors
///
/// Where no such instruction exists, or it leaves the `slots` that there are.
pub fn decode(
    endian: Endian,
    slot: Slot,
    next: Option<i32>,
    at: usize,
    slots: usize,
) -> Result<Op> {
    let op = decode_class(endian, slot, next, at)?;
    let registers = [slot.dst, slot.src];
    let checked = match op {
        // The source nibble says what kind of call or immediate it is.
        Op::LoadImmediate { .. } | Op::Helper(_) | Op::Call(_) | Op::Kfunc(_) => &registers[..1],
        _ => &registers[..],
    };
    if let Some(register) = checked.iter().find(|&&register| register >= REGISTERS) {
        fail!("instruction {at} uses the register r{register}");
    }
    if let Op::Jump(target) | Op::MayGoto(target) | Op::Branch { target, .. } = op
        && target >= slots
    {
        fail!("instruction {at} jumps out of the program");
    }
    Ok(op)
}

fn decode_class(endian: Endian, slot: Slot, next: Option<i32>, at: usize) -> Result<Op> {
    let unknown = || {
        Error::new(format!(
            "instruction {at} has the unknown opcode {:#04x}",
            slot.opcode
        ))
    };
    match slot.opcode & 7 {
        0 => match slot.opcode {
            0x18 => {
                let Some(high) = next else {
                    fail!("instruction {at} is cut off");
                };
                let number =
                    u64::from(high.cast_unsigned()) << 32 | u64::from(slot.imm.cast_unsigned());
                Ok(Op::LoadImmediate {
                    dst: slot.dst,
                    value: Value::Number(number),
                })
            }
            _ => fail!(
                "instruction {at} reads packets in the old way (opcode {:#04x})",
                slot.opcode
            ),
        },
        1 => load(slot).ok_or_else(unknown),
        2 => store(slot, Operand::Immediate(slot.imm.into())).ok_or_else(unknown),
        3 if slot.opcode >> 5 == 6 => atomic(slot).ok_or_else(unknown),
        3 => store(slot, Operand::Register(slot.src)).ok_or_else(unknown),
        4 => alu(endian, slot, false).ok_or_else(unknown),
        7 => alu(endian, slot, true).ok_or_else(unknown),
        class => jump(slot, class == 5, at).ok_or_else(unknown),
    }
}

fn size(opcode: u8) -> u8 {
    match opcode >> 3 & 3 {
        0 => 4,
        1 => 2,
        2 => 1,
        _ => 8,
    }
}

fn load(slot: Slot) -> Option<Op> {
    let signed = match slot.opcode >> 5 {
        3 => false,
        4 => true,
        _ => return None,
    };
    Some(Op::Load {
        size: size(slot.opcode),
        signed,
        dst: slot.dst,
        base: slot.src,
        offset: slot.offset,
    })
}

fn store(slot: Slot, value: Operand) -> Option<Op> {
    (slot.opcode >> 5 == 3).then(|| Op::Store {
        size: size(slot.opcode),
        base: slot.dst,
        offset: slot.offset,
        value,
    })
}

fn atomic(slot: Slot) -> Option<Op> {
    use AtomicOp::{Add, And, CompareExchange, Exchange, LoadAcquire, Or, StoreRelease, Xor};
    let (op, fetch) = match slot.imm {
        0x00 => (Add, false),
        0x01 => (Add, true),
        0x40 => (Or, false),
        0x41 => (Or, true),
        0x50 => (And, false),
        0x51 => (And, true),
        0xa0 => (Xor, false),
        0xa1 => (Xor, true),
        0xe1 => (Exchange, true),
        0xf1 => (CompareExchange, true),
        0x100 => (LoadAcquire, true),
        0x110 => (StoreRelease, false),
        _ => return None,
    };
    let size = size(slot.opcode);
    let any_size = matches!(op, LoadAcquire | StoreRelease);
    (any_size || size >= 4).then_some(Op::Atomic {
        size,
        op,
        fetch,
        base: if op == LoadAcquire {
            slot.src
        } else {
            slot.dst
        },
        offset: slot.offset,
        src: if op == LoadAcquire {
            slot.dst
        } else {
            slot.src
        },
    })
}

fn operand(slot: Slot) -> Operand {
    if slot.opcode & 8 == 0 {
        Operand::Immediate(slot.imm.into())
    } else {
        Operand::Register(slot.src)
    }
}

fn alu(endian: Endian, slot: Slot, wide: bool) -> Option<Op> {
    use AluOp::{
        Add, And, ArithmeticShift, Div, Mod, Move, MoveSigned, Mul, Or, ShiftLeft, ShiftRight,
        SignedDiv, SignedMod, Sub, Xor,
    };
    let op = match (slot.opcode >> 4, slot.offset) {
        (0x0, 0) => Add,
        (0x1, 0) => Sub,
        (0x2, 0) => Mul,
        (0x3, 0) => Div,
        (0x3, 1) => SignedDiv,
        (0x4, 0) => Or,
        (0x5, 0) => And,
        (0x6, 0) => ShiftLeft,
        (0x7, 0) => ShiftRight,
        (0x8, 0) => {
            return Some(Op::Negate {
                wide,
                dst: slot.dst,
            });
        }
        (0x9, 0) => Mod,
        (0x9, 1) => SignedMod,
        (0xa, 0) => Xor,
        (0xb, 0) => Move,
        (0xb, 8) if slot.opcode & 8 != 0 => MoveSigned(8),
        (0xb, 16) if slot.opcode & 8 != 0 => MoveSigned(16),
        (0xb, 32) if slot.opcode & 8 != 0 && wide => MoveSigned(32),
        (0xc, 0) => ArithmeticShift,
        (0xd, 0) => return byte_order(endian, slot, wide),
        _ => return None,
    };
    Some(Op::Alu {
        wide,
        op,
        dst: slot.dst,
        operand: operand(slot),
    })
}

fn byte_order(endian: Endian, slot: Slot, wide: bool) -> Option<Op> {
    let bits = u8::try_from(slot.imm)
        .ok()
        .filter(|bits| matches!(bits, 16 | 32 | 64))?;
    let to_big = slot.opcode & 8 != 0;
    if wide && to_big {
        return None;
    }
    // The 32-bit class converts to a byte order, the 64-bit one always swaps.
    Some(Op::ByteOrder {
        swap: wide || to_big == (endian == Endian::Little),
        bits,
        dst: slot.dst,
    })
}

fn jump(slot: Slot, wide: bool, at: usize) -> Option<Op> {
    use Condition::{
        Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual, Set, SignedGreater,
        SignedGreaterEqual, SignedLess, SignedLessEqual,
    };
    let to = |distance: i64| {
        let target = i64::try_from(at)
            .ok()?
            .checked_add(1)?
            .checked_add(distance)?;
        usize::try_from(target).ok()
    };
    let near = to(slot.offset.into());
    let condition = match slot.opcode >> 4 {
        0x0 if slot.opcode & 8 == 0 => {
            return Some(Op::Jump(if wide { near? } else { to(slot.imm.into())? }));
        }
        0x8 if wide => return call(slot, to(slot.imm.into())),
        0x9 if wide => return Some(Op::Exit),
        0xe if wide => return Some(Op::MayGoto(near?)),
        0x1 => Equal,
        0x2 => Greater,
        0x3 => GreaterEqual,
        0x4 => Set,
        0x5 => NotEqual,
        0x6 => SignedGreater,
        0x7 => SignedGreaterEqual,
        0xa => Less,
        0xb => LessEqual,
        0xc => SignedLess,
        0xd => SignedLessEqual,
        _ => return None,
    };
    Some(Op::Branch {
        wide,
        condition,
        left: slot.dst,
        right: operand(slot),
        target: near?,
    })
}

fn call(slot: Slot, near: Option<usize>) -> Option<Op> {
    if slot.opcode & 8 != 0 {
        return Some(Op::CallRegister(slot.dst));
    }
    match slot.src {
        0 => Some(Op::Helper(slot.imm.cast_unsigned())),
        1 => Some(Op::Call(near?)),
        2 => Some(Op::Kfunc(usize::try_from(slot.imm).unwrap_or(usize::MAX))),
        _ => None,
    }
}

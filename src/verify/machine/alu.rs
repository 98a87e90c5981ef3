//! Arithmetic and comparisons, as RFC 9669 defines them.

use crate::verify::{
    bytes::{sign_extend, truncate},
    insn::{AluOp, Condition},
};

/// `left op right` in 64 bits, or in 32 with the upper half of the result 0.
pub fn alu(op: AluOp, wide: bool, left: u64, right: u64) -> u64 {
    if wide {
        wide_alu(op, left, right)
    } else {
        narrow_alu(op, left, right)
    }
}

fn wide_alu(op: AluOp, left: u64, right: u64) -> u64 {
    let shift = (right & 63) as u32;
    let (signed_left, signed_right) = (left.cast_signed(), right.cast_signed());
    match op {
        AluOp::Add => left.wrapping_add(right),
        AluOp::Sub => left.wrapping_sub(right),
        AluOp::Mul => left.wrapping_mul(right),
        AluOp::Div => left.checked_div(right).unwrap_or(0),
        AluOp::Or => left | right,
        AluOp::And => left & right,
        AluOp::ShiftLeft => left << shift,
        AluOp::ShiftRight => left >> shift,
        AluOp::Mod => left.checked_rem(right).unwrap_or(left),
        AluOp::Xor => left ^ right,
        AluOp::Move => right,
        AluOp::ArithmeticShift => (signed_left >> shift).cast_unsigned(),
        AluOp::SignedDiv if right == 0 => 0,
        AluOp::SignedDiv => signed_left.wrapping_div(signed_right).cast_unsigned(),
        AluOp::SignedMod if right == 0 => left,
        AluOp::SignedMod => signed_left.wrapping_rem(signed_right).cast_unsigned(),
        AluOp::MoveSigned(bits) => sign_extend(right, u64::from(bits / 8)),
    }
}

fn narrow_alu(op: AluOp, left: u64, right: u64) -> u64 {
    // The casts cut to the low half, which is what is meant.
    let (left, right) = (left as u32, right as u32);
    let shift = right & 31;
    let (signed_left, signed_right) = (left.cast_signed(), right.cast_signed());
    let result = match op {
        AluOp::Add => left.wrapping_add(right),
        AluOp::Sub => left.wrapping_sub(right),
        AluOp::Mul => left.wrapping_mul(right),
        AluOp::Div => left.checked_div(right).unwrap_or(0),
        AluOp::Or => left | right,
        AluOp::And => left & right,
        AluOp::ShiftLeft => left << shift,
        AluOp::ShiftRight => left >> shift,
        AluOp::Mod => left.checked_rem(right).unwrap_or(left),
        AluOp::Xor => left ^ right,
        AluOp::Move => right,
        AluOp::ArithmeticShift => (signed_left >> shift).cast_unsigned(),
        AluOp::SignedDiv if right == 0 => 0,
        AluOp::SignedDiv => signed_left.wrapping_div(signed_right).cast_unsigned(),
        AluOp::SignedMod if right == 0 => left,
        AluOp::SignedMod => signed_left.wrapping_rem(signed_right).cast_unsigned(),
        AluOp::MoveSigned(bits) => sign_extend(right.into(), u64::from(bits / 8)) as u32,
    };
    result.into()
}

/// Cuts `value` to `bits` and swaps its bytes where `swap` says so.
pub fn byte_order(value: u64, bits: u8, swap: bool) -> u64 {
    let cut = truncate(value, u64::from(bits / 8));
    if swap {
        cut.swap_bytes() >> (64 - u32::from(bits.clamp(1, 64)))
    } else {
        cut
    }
}

/// Whether `left condition right` in 64 bits or in the low 32.
pub fn holds(condition: Condition, wide: bool, left: u64, right: u64) -> bool {
    let (left, right, signed_left, signed_right) = if wide {
        (left, right, left.cast_signed(), right.cast_signed())
    } else {
        let signed = |number: u64| i64::from(number as u32 as i32);
        (
            left & 0xffff_ffff,
            right & 0xffff_ffff,
            signed(left),
            signed(right),
        )
    };
    match condition {
        Condition::Equal => left == right,
        Condition::NotEqual => left != right,
        Condition::Set => left & right != 0,
        Condition::Greater => left > right,
        Condition::GreaterEqual => left >= right,
        Condition::Less => left < right,
        Condition::LessEqual => left <= right,
        Condition::SignedGreater => signed_left > signed_right,
        Condition::SignedGreaterEqual => signed_left >= signed_right,
        Condition::SignedLess => signed_left < signed_right,
        Condition::SignedLessEqual => signed_left <= signed_right,
    }
}

/// How far the numbers of a comparison are from those by which it comes out otherwise.
pub fn distance(condition: Condition, wide: bool, left: u64, right: u64) -> u64 {
    let size = if wide { 8 } else { 4 };
    let (left, right) = (truncate(left, size), truncate(right, size));
    let signed = |number| sign_extend(number, size).cast_signed();
    match condition {
        // By bits where that is nearer: flags and addresses are not counted up.
        Condition::Equal | Condition::NotEqual => {
            let bits = u64::from((left ^ right).count_ones());
            left.abs_diff(right).min(bits << 8)
        }
        Condition::Set => u64::from((left & right).count_ones()),
        Condition::Greater | Condition::GreaterEqual | Condition::Less | Condition::LessEqual => {
            left.abs_diff(right)
        }
        Condition::SignedGreater
        | Condition::SignedGreaterEqual
        | Condition::SignedLess
        | Condition::SignedLessEqual => signed(left).abs_diff(signed(right)),
    }
}

//! Builtins that clang computes where their arguments are constant.

use crate::source::markers;

/// The value of a call of `name` with these arguments, before it is wrapped to the result's type;
/// `None` where the builtin isn't one that is folded.
pub(super) fn fold(name: &str, args: &[i128], big_endian: bool) -> Option<i128> {
    if let (Some(swaps), [value]) = (byte_order(name, big_endian), args) {
        return Some(match (swaps, markers::byte_order_bits(name)?) {
            (false, _) => *value,
            (true, 16) => i128::from(low16(*value).swap_bytes()),
            (true, 32) => i128::from(low32(*value).swap_bytes()),
            (true, _) => i128::from(low64(*value).swap_bytes()),
        });
    }
    match (name, args) {
        // Only asked about arguments that are constants.
        ("__builtin_constant_p", [_]) => Some(1),
        ("__builtin_expect" | "__builtin_expect_with_probability", [value, ..]) => Some(*value),
        ("__c2aya_cmp_likely" | "__c2aya_cmp_unlikely" | "__c2aya_unqual", [value]) => Some(*value),
        ("__builtin_bswap16", [value]) => Some(i128::from(low16(*value).swap_bytes())),
        ("__builtin_bswap32", [value]) => Some(i128::from(low32(*value).swap_bytes())),
        ("__builtin_bswap64", [value]) => Some(i128::from(low64(*value).swap_bytes())),
        ("__builtin_popcount", [value]) => Some(i128::from(low32(*value).count_ones())),
        ("__builtin_popcountl" | "__builtin_popcountll", [value]) => {
            Some(i128::from(low64(*value).count_ones()))
        }
        ("__builtin_parity", [value]) => Some(i128::from(low32(*value).count_ones() % 2)),
        ("__builtin_parityl" | "__builtin_parityll", [value]) => {
            Some(i128::from(low64(*value).count_ones() % 2))
        }
        // Undefined for zero.
        ("__builtin_clz", [value]) => {
            let value = low32(*value);
            (value != 0).then(|| i128::from(value.leading_zeros()))
        }
        ("__builtin_clzl" | "__builtin_clzll", [value]) => {
            let value = low64(*value);
            (value != 0).then(|| i128::from(value.leading_zeros()))
        }
        ("__builtin_ctz", [value]) => {
            let value = low32(*value);
            (value != 0).then(|| i128::from(value.trailing_zeros()))
        }
        ("__builtin_ctzl" | "__builtin_ctzll", [value]) => {
            let value = low64(*value);
            (value != 0).then(|| i128::from(value.trailing_zeros()))
        }
        ("__builtin_ffs", [value]) => Some(first_set(u64::from(low32(*value)))),
        ("__builtin_ffsl" | "__builtin_ffsll", [value]) => Some(first_set(low64(*value))),
        ("__builtin_abs" | "__builtin_labs" | "__builtin_llabs", [value]) => {
            Some(value.wrapping_abs())
        }
        _ => None,
    }
}

/// Whether a byte order marker swaps bytes on this target; `None` if `name` is no such marker.
fn byte_order(name: &str, big_endian: bool) -> Option<bool> {
    if !markers::BYTE_ORDER.contains(&name) {
        return None;
    }
    let to_little = name.contains("_le");
    Some(to_little == big_endian)
}

fn first_set(value: u64) -> i128 {
    if value == 0 {
        return 0;
    }
    i128::from(value.trailing_zeros()) + 1
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the low bits are meant"
)]
const fn low16(value: i128) -> u16 {
    value as u16
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the low bits are meant"
)]
const fn low32(value: i128) -> u32 {
    value as u32
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the low bits are meant"
)]
const fn low64(value: i128) -> u64 {
    value as u64
}

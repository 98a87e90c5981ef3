//! The module by which a port reads and writes bit-fields, and which records need it.

use proc_macro2::TokenStream;
use quote::quote;

use crate::ir::ty::Record;

/// The module by which bit-fields are read and written; `wide` ones too, if there are such.
pub fn module(wide: bool) -> TokenStream {
    let wide = wide.then(wide_bits);
    quote! {
        /// Bit-fields: numbers of some bits in a few bytes, as C lays them out on this target.
        mod bits {
            /// The bytes as a number, and how far the field is shifted in it.
            #[inline(always)]
            const fn unit<const N: usize>(bytes: [u8; N], at: u32, width: u32) -> (u64, u32) {
                let (mut unit, mut n) = (0, 0);
                while n < N {
                    let byte = if cfg!(target_endian = "little") { bytes[N - 1 - n] } else { bytes[n] };
                    unit = (unit << 8) | byte as u64;
                    n += 1;
                }
                let shift = if cfg!(target_endian = "little") { at } else { N as u32 * 8 - at - width };
                (unit, shift)
            }

            /// The field of `width` bits, `at` bits from the start.
            #[inline(always)]
            pub fn get<const N: usize>(bytes: [u8; N], at: u32, width: u32) -> u64 {
                let (unit, shift) = unit(bytes, at, width);
                (unit >> shift) & (u64::MAX >> (64 - width))
            }

            /// As [`get`], with the sign that its highest bit is.
            #[allow(dead_code, reason = "not every port has signed bit-fields")]
            #[inline(always)]
            pub fn get_signed<const N: usize>(bytes: [u8; N], at: u32, width: u32) -> i64 {
                let unused = 64 - width;
                (get(bytes, at, width) << unused) as i64 >> unused
            }

            /// The bytes with `value` in the field.
            #[inline(always)]
            pub const fn set<const N: usize>(mut bytes: [u8; N], at: u32, width: u32, value: u64) -> [u8; N] {
                let (unit, shift) = unit(bytes, at, width);
                let mask = u64::MAX >> (64 - width);
                let unit = (unit & !(mask << shift)) | ((value & mask) << shift);
                let mut n = 0;
                while n < N {
                    let shift = if cfg!(target_endian = "little") { n * 8 } else { (N - 1 - n) * 8 };
                    bytes[n] = (unit >> shift) as u8;
                    n += 1;
                }
                bytes
            }
            #wide
        }
    }
}

/// Bit-fields of packed structures that begin in one byte and end in the ninth.
fn wide_bits() -> TokenStream {
    quote! {
        /// How far the byte `n`, counted from the lowest, lies above the field's lowest bit.
        #[inline(always)]
        const fn above<const N: usize>(n: usize, at: u32, width: u32) -> i32 {
            let below = if cfg!(target_endian = "little") { at } else { N as u32 * 8 - at - width };
            n as i32 * 8 - below as i32
        }

        /// The byte `n`, counted from the lowest.
        #[inline(always)]
        const fn place<const N: usize>(n: usize) -> usize {
            if cfg!(target_endian = "little") { n } else { N - 1 - n }
        }

        /// As [`get`], for a field that nine bytes hold.
        #[inline(always)]
        pub fn get_wide<const N: usize>(bytes: [u8; N], at: u32, width: u32) -> u64 {
            let mut value = 0;
            for n in 0..N {
                let byte = u64::from(bytes[place::<N>(n)]);
                let above = above::<N>(n, at, width);
                value |= if above < 0 { byte >> -above } else { byte << above };
            }
            value & (u64::MAX >> (64 - width))
        }

        /// As [`get_wide`], with the sign that its highest bit is.
        #[allow(dead_code, reason = "not every port has signed bit-fields")]
        #[inline(always)]
        pub fn get_signed_wide<const N: usize>(bytes: [u8; N], at: u32, width: u32) -> i64 {
            let unused = 64 - width;
            (get_wide(bytes, at, width) << unused) as i64 >> unused
        }

        /// As [`set`], for a field that nine bytes hold.
        #[inline(always)]
        pub const fn set_wide<const N: usize>(mut bytes: [u8; N], at: u32, width: u32, value: u64) -> [u8; N] {
            let mask = u64::MAX >> (64 - width);
            let value = value & mask;
            let mut n = 0;
            while n < N {
                let above = above::<N>(n, at, width);
                let (mask, value) = if above < 0 {
                    (mask << -above, value << -above)
                } else {
                    (mask >> above, value >> above)
                };
                let byte = &mut bytes[place::<N>(n)];
                *byte = *byte & !(mask as u8) | value as u8;
                n += 1;
            }
            bytes
        }
    }
}

/// Whether a record has bit-fields that no eight bytes hold.
pub fn has_wide(record: &Record) -> bool {
    let bits = record
        .fields
        .iter()
        .flatten()
        .filter_map(|field| field.bits);
    record.packed
        && bits
            .into_iter()
            .any(|(bit, width)| bit % 8 + u64::from(width) > 64)
}

/// Whether a record has bit-fields that are named.
pub fn has_any(record: &Record) -> bool {
    record
        .fields
        .iter()
        .flatten()
        .any(|field| field.bits.is_some() && field.name.is_some())
}

//! Network byte order of numbers that may have more bits than is asked for: libbpf's macros take the
//! lowest where they swap bytes, and on a big-endian machine the number as it is.

/// A number.
pub trait Number: Copy {
    /// Its lowest 64 bits.
    fn low(self) -> u64;
    /// The lowest bits of `low`.
    fn of(low: u64) -> Self;
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl Number for $number {
            #[inline(always)]
            fn low(self) -> u64 {
                self as u64
            }
            #[inline(always)]
            fn of(low: u64) -> Self {
                low as Self
            }
        }
    )*};
}
numbers!(i32 u32 i64 u64);

/// `bpf_htons`, and `bpf_ntohs`.
#[inline(always)]
pub fn htons<T: Number>(number: T) -> T {
    if cfg!(target_endian = "big") {
        return number;
    }
    T::of(u64::from((number.low() as u16).swap_bytes()))
}

/// `bpf_htonl`, and `bpf_ntohl`.
#[inline(always)]
pub fn htonl<T: Number>(number: T) -> T {
    if cfg!(target_endian = "big") {
        return number;
    }
    T::of(u64::from((number.low() as u32).swap_bytes()))
}

/// `bpf_cpu_to_be64`, and `bpf_be64_to_cpu`.
#[inline(always)]
pub fn htonll<T: Number>(number: T) -> T {
    if cfg!(target_endian = "big") {
        return number;
    }
    T::of(number.low().swap_bytes())
}

//! Division as BPF has it: x / 0 is 0 and x % 0 is x, and nothing panics.

use core::arch::asm;

/// What can be divided.
pub trait Divide {
    fn div(self, by: Self) -> Self;
    fn rem(self, by: Self) -> Self;
}

/// `value / by`, or 0.
#[inline(always)]
pub fn div<T: Divide>(value: T, by: T) -> T {
    value.div(by)
}

/// `value % by`, or `value`.
#[inline(always)]
pub fn rem<T: Divide>(value: T, by: T) -> T {
    value.rem(by)
}

impl Divide for u64 {
    #[inline(always)]
    fn div(mut self, by: Self) -> Self {
        // SAFETY: BPF's division has a result for every divisor.
        unsafe {
            asm!("{value} /= {by}", value = inout(reg) self, by = in(reg) by, options(pure, nomem))
        };
        self
    }

    #[inline(always)]
    fn rem(mut self, by: Self) -> Self {
        // SAFETY: BPF's remainder has a result for every divisor.
        unsafe {
            asm!("{value} %= {by}", value = inout(reg) self, by = in(reg) by, options(pure, nomem))
        };
        self
    }
}

impl Divide for u32 {
    #[inline(always)]
    fn div(self, by: Self) -> Self {
        u64::from(self).div(by.into()) as Self
    }

    #[inline(always)]
    fn rem(self, by: Self) -> Self {
        u64::from(self).rem(by.into()) as Self
    }
}

// BPF divides signed numbers since version 4 only.
impl Divide for i64 {
    #[inline(always)]
    fn div(self, by: Self) -> Self {
        let quotient = self.unsigned_abs().div(by.unsigned_abs()) as Self;
        if (self < 0) == (by < 0) {
            quotient
        } else {
            quotient.wrapping_neg()
        }
    }

    #[inline(always)]
    fn rem(self, by: Self) -> Self {
        let remainder = self.unsigned_abs().rem(by.unsigned_abs()) as Self;
        if self < 0 {
            remainder.wrapping_neg()
        } else {
            remainder
        }
    }
}

impl Divide for i32 {
    #[inline(always)]
    fn div(self, by: Self) -> Self {
        i64::from(self).div(by.into()) as Self
    }

    #[inline(always)]
    fn rem(self, by: Self) -> Self {
        i64::from(self).rem(by.into()) as Self
    }
}

/// What can be divided by a constant.
pub trait DivideBy {
    fn div_by(self, by: Self) -> Self;
    fn rem_by(self, by: Self) -> Self;
}

/// `value / by`, where `by` is a constant that isn't 0.
#[inline(always)]
pub fn div_by<T: DivideBy>(value: T, by: T) -> T {
    value.div_by(by)
}

/// `value % by`, where `by` is a constant that isn't 0.
#[inline(always)]
pub fn rem_by<T: DivideBy>(value: T, by: T) -> T {
    value.rem_by(by)
}

// BPF divides signed numbers since version 4 only. Most are never negative, which the compiler sees.
impl DivideBy for i64 {
    #[inline(always)]
    fn div_by(self, by: Self) -> Self {
        let quotient = self.unsigned_abs().checked_div(by.unsigned_abs());
        let quotient = quotient.unwrap_or(0) as Self;
        if (self < 0) == (by < 0) {
            quotient
        } else {
            quotient.wrapping_neg()
        }
    }

    #[inline(always)]
    fn rem_by(self, by: Self) -> Self {
        let remainder = self.unsigned_abs().checked_rem(by.unsigned_abs());
        let remainder = remainder.unwrap_or(0) as Self;
        if self < 0 {
            remainder.wrapping_neg()
        } else {
            remainder
        }
    }
}

impl DivideBy for i32 {
    #[inline(always)]
    fn div_by(self, by: Self) -> Self {
        i64::from(self).div_by(by.into()) as Self
    }

    #[inline(always)]
    fn rem_by(self, by: Self) -> Self {
        i64::from(self).rem_by(by.into()) as Self
    }
}

/// What can be divided by powers of two without the instruction for it.
pub trait Shift {
    fn shifted(self, by: Self) -> Self;
}

/// `value / by`, where `by` is a power of two.
#[inline(always)]
pub fn by_power<T: Shift>(value: T, by: T) -> T {
    value.shifted(by)
}

// The shift rounds down, the division toward 0.
impl Shift for i64 {
    #[inline(always)]
    fn shifted(self, by: Self) -> Self {
        self.wrapping_add((self >> 63) & by.wrapping_sub(1)) >> by.trailing_zeros()
    }
}

impl Shift for i32 {
    #[inline(always)]
    fn shifted(self, by: Self) -> Self {
        self.wrapping_add((self >> 31) & by.wrapping_sub(1)) >> by.trailing_zeros()
    }
}

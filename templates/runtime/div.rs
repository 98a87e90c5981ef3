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
        signed(quotient, (self < 0) != (by < 0))
    }

    #[inline(always)]
    fn rem(self, by: Self) -> Self {
        let remainder = self.unsigned_abs().rem(by.unsigned_abs()) as Self;
        signed(remainder, self < 0)
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

#[inline(always)]
fn signed(value: i64, negative: bool) -> i64 {
    if negative {
        value.wrapping_neg()
    } else {
        value
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
        signed(quotient.unwrap_or(0) as Self, (self < 0) != (by < 0))
    }

    #[inline(always)]
    fn rem_by(self, by: Self) -> Self {
        let remainder = self.unsigned_abs().checked_rem(by.unsigned_abs());
        signed(remainder.unwrap_or(0) as Self, self < 0)
    }
}

impl DivideBy for i32 {
    #[inline(always)]
    fn div_by(self, by: Self) -> Self {
        if by.unsigned_abs().is_power_of_two() {
            return i64::from(self).div_by(by.into()) as Self;
        }
        // A product instead, as compilers have it: Granlund and Montgomery, "Division by invariant
        // integers using multiplication" (1994), figure 5.2.
        let divisor = u64::from(by.unsigned_abs());
        let shift = 32 + divisor.checked_ilog2().unwrap_or(0);
        let factor = (1 << shift) / divisor.max(1) + 1;
        let product = i64::from(self).wrapping_mul(factor as i64) >> shift;
        signed(product + i64::from(self < 0), by < 0) as Self
    }

    #[inline(always)]
    fn rem_by(self, by: Self) -> Self {
        self.wrapping_sub(self.div_by(by).wrapping_mul(by))
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

//! Atomic operations that core doesn't offer on this target, on four and on eight bytes.
//!
//! Those that give something back need Linux 5.12. What names registers is for BPF alone: the host's
//! compiler, which clippy runs, knows none of that name.

use core::{arch::asm, mem};

/// What there are atomic operations on.
pub trait Word: Copy {}

impl Word for u32 {}
impl Word for i32 {}
impl Word for u64 {}
impl Word for i64 {}
impl Word for usize {}
impl Word for isize {}

#[inline(always)]
fn into_register<T: Word>(word: T) -> u64 {
    // SAFETY: a word is an integer of that size.
    unsafe {
        if size_of::<T>() == 8 {
            mem::transmute_copy(&word)
        } else {
            mem::transmute_copy::<T, u32>(&word).into()
        }
    }
}

#[inline(always)]
fn from_register<T: Word>(register: u64) -> T {
    // SAFETY: a word is an integer of that size.
    unsafe {
        if size_of::<T>() == 8 {
            mem::transmute_copy(&register)
        } else {
            mem::transmute_copy(&(register as u32))
        }
    }
}

/// Adds `value`.
///
/// # Safety
///
/// `at` must be aligned and valid for reads and writes.
#[inline(always)]
pub unsafe fn add<T: Word>(at: *mut T, value: T) {
    let value = into_register(value);
    // SAFETY: see above.
    unsafe {
        if size_of::<T>() == 8 {
            asm!("lock *(u64 *)({at} + 0) += {value}", at = in(reg) at, value = in(reg) value);
        } else {
            asm!("lock *(u32 *)({at} + 0) += {value}", at = in(reg) at, value = in(reg) value);
        }
    }
}

/// Subtracts `value`.
///
/// # Safety
///
/// `at` must be aligned and valid for reads and writes.
#[inline(always)]
pub unsafe fn sub<T: Word>(at: *mut T, value: T) {
    // SAFETY: see above.
    unsafe { add(at, from_register(into_register(value).wrapping_neg())) };
}

/// Clears the bits that are not set in `value`.
///
/// # Safety
///
/// `at` must be aligned and valid for reads and writes.
#[inline(always)]
pub unsafe fn and<T: Word>(at: *mut T, value: T) {
    let value = into_register(value);
    // SAFETY: see above.
    unsafe {
        if size_of::<T>() == 8 {
            asm!("lock *(u64 *)({at} + 0) &= {value}", at = in(reg) at, value = in(reg) value);
        } else {
            #[cfg(target_arch = "bpf")]
            asm!("lock *(u32 *)(r1 + 0) &= w2", in("r1") at, in("r2") value);
        }
    }
}

/// Sets the bits that are set in `value`.
///
/// # Safety
///
/// `at` must be aligned and valid for reads and writes.
#[inline(always)]
pub unsafe fn or<T: Word>(at: *mut T, value: T) {
    let value = into_register(value);
    // SAFETY: see above.
    unsafe {
        if size_of::<T>() == 8 {
            asm!("lock *(u64 *)({at} + 0) |= {value}", at = in(reg) at, value = in(reg) value);
        } else {
            #[cfg(target_arch = "bpf")]
            asm!("lock *(u32 *)(r1 + 0) |= w2", in("r1") at, in("r2") value);
        }
    }
}

/// Inverts the bits that are set in `value`.
///
/// # Safety
///
/// `at` must be aligned and valid for reads and writes.
#[inline(always)]
pub unsafe fn xor<T: Word>(at: *mut T, value: T) {
    let value = into_register(value);
    // SAFETY: see above.
    unsafe {
        if size_of::<T>() == 8 {
            asm!("lock *(u64 *)({at} + 0) ^= {value}", at = in(reg) at, value = in(reg) value);
        } else {
            #[cfg(target_arch = "bpf")]
            asm!("lock *(u32 *)(r1 + 0) ^= w2", in("r1") at, in("r2") value);
        }
    }
}

/// Adds `value`: what was there before.
///
/// # Safety
///
/// `at` must be aligned and valid for reads and writes.
#[inline(always)]
pub unsafe fn fetch_add<T: Word>(at: *mut T, value: T) -> T {
    let mut value = into_register(value);
    // SAFETY: see above.
    unsafe {
        if size_of::<T>() == 8 {
            asm!(
                "{value} = atomic_fetch_add((u64 *)({at} + 0), {value})",
                at = in(reg) at,
                value = inout(reg) value,
            );
        } else {
            #[cfg(target_arch = "bpf")]
            asm!("w2 = atomic_fetch_add((u32 *)(r1 + 0), w2)", in("r1") at, inout("r2") value);
        }
    }
    from_register(value)
}

/// Subtracts `value`: what was there before.
///
/// # Safety
///
/// `at` must be aligned and valid for reads and writes.
#[inline(always)]
pub unsafe fn fetch_sub<T: Word>(at: *mut T, value: T) -> T {
    // SAFETY: see above.
    unsafe { fetch_add(at, from_register(into_register(value).wrapping_neg())) }
}

/// Clears the bits that are not set in `value`: what was there before.
///
/// # Safety
///
/// `at` must be aligned and valid for reads and writes.
#[inline(always)]
pub unsafe fn fetch_and<T: Word>(at: *mut T, value: T) -> T {
    let mut value = into_register(value);
    // SAFETY: see above.
    unsafe {
        if size_of::<T>() == 8 {
            asm!(
                "{value} = atomic_fetch_and((u64 *)({at} + 0), {value})",
                at = in(reg) at,
                value = inout(reg) value,
            );
        } else {
            #[cfg(target_arch = "bpf")]
            asm!("w2 = atomic_fetch_and((u32 *)(r1 + 0), w2)", in("r1") at, inout("r2") value);
        }
    }
    from_register(value)
}

/// Sets the bits that are set in `value`: what was there before.
///
/// # Safety
///
/// `at` must be aligned and valid for reads and writes.
#[inline(always)]
pub unsafe fn fetch_or<T: Word>(at: *mut T, value: T) -> T {
    let mut value = into_register(value);
    // SAFETY: see above.
    unsafe {
        if size_of::<T>() == 8 {
            asm!(
                "{value} = atomic_fetch_or((u64 *)({at} + 0), {value})",
                at = in(reg) at,
                value = inout(reg) value,
            );
        } else {
            #[cfg(target_arch = "bpf")]
            asm!("w2 = atomic_fetch_or((u32 *)(r1 + 0), w2)", in("r1") at, inout("r2") value);
        }
    }
    from_register(value)
}

/// Inverts the bits that are set in `value`: what was there before.
///
/// # Safety
///
/// `at` must be aligned and valid for reads and writes.
#[inline(always)]
pub unsafe fn fetch_xor<T: Word>(at: *mut T, value: T) -> T {
    let mut value = into_register(value);
    // SAFETY: see above.
    unsafe {
        if size_of::<T>() == 8 {
            asm!(
                "{value} = atomic_fetch_xor((u64 *)({at} + 0), {value})",
                at = in(reg) at,
                value = inout(reg) value,
            );
        } else {
            #[cfg(target_arch = "bpf")]
            asm!("w2 = atomic_fetch_xor((u32 *)(r1 + 0), w2)", in("r1") at, inout("r2") value);
        }
    }
    from_register(value)
}

/// Puts `value` there: what was there before.
///
/// # Safety
///
/// `at` must be aligned and valid for reads and writes.
#[inline(always)]
pub unsafe fn exchange<T: Word>(at: *mut T, value: T) -> T {
    let mut value = into_register(value);
    // SAFETY: see above.
    unsafe {
        if size_of::<T>() == 8 {
            asm!("{value} = xchg_64({at} + 0, {value})", at = in(reg) at, value = inout(reg) value);
        } else {
            #[cfg(target_arch = "bpf")]
            asm!("w2 = xchg32_32(r1 + 0, w2)", in("r1") at, inout("r2") value);
        }
    }
    from_register(value)
}

/// Puts `value` there if `expected` is: what was there before.
///
/// # Safety
///
/// `at` must be aligned and valid for reads and writes.
#[cfg_attr(not(target_arch = "bpf"), allow(unused, reason = "see above"))]
#[inline(always)]
pub unsafe fn compare_exchange<T: Word>(at: *mut T, expected: T, value: T) -> T {
    let mut old = into_register(expected);
    let value = into_register(value);
    // SAFETY: see above.
    unsafe {
        if size_of::<T>() == 8 {
            #[cfg(target_arch = "bpf")]
            asm!(
                "r0 = cmpxchg_64({at} + 0, r0, {value})",
                at = in(reg) at,
                value = in(reg) value,
                inout("r0") old,
            );
        } else {
            #[cfg(target_arch = "bpf")]
            asm!("w0 = cmpxchg32_32(r1 + 0, w0, w2)", in("r1") at, in("r2") value, inout("r0") old);
        }
    }
    from_register(old)
}

/// What is there.
///
/// # Safety
///
/// `at` must be aligned and valid for reads.
#[inline(always)]
pub unsafe fn load<T: Word>(at: *const T) -> T {
    // SAFETY: see above.
    unsafe { at.read_volatile() }
}

/// Puts `value` there.
///
/// # Safety
///
/// `at` must be aligned and valid for writes.
#[inline(always)]
pub unsafe fn store<T: Word>(at: *mut T, value: T) {
    // SAFETY: see above.
    unsafe { at.write_volatile(value) };
}

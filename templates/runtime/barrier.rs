//! Limits to what LLVM may rearrange. The host's compiler, which clippy runs, knows no register of
//! BPF's names.

/// No access to memory is moved across (`barrier()`).
#[inline(always)]
pub fn barrier() {
    // SAFETY: it does nothing.
    unsafe { core::arch::asm!("") };
}

/// What fits into a register.
pub trait Value {
    fn opaque(self) -> Self;
}

macro_rules! values {
    ($([$($generic:ident)?] $value:ty),* $(,)?) => {$(
        impl$(<$generic>)? Value for $value {
            #[cfg_attr(not(target_arch = "bpf"), allow(unused, reason = "see above"))]
            #[inline(always)]
            fn opaque(mut self) -> Self {
                // SAFETY: it does nothing.
                #[cfg(target_arch = "bpf")]
                unsafe { core::arch::asm!("", inout("r0") self, options(nomem)) };
                self
            }
        }
    )*};
}

values!(
    [] u8, [] i8, [] u16, [] i16, [] u32, [] i32, [] u64, [] i64, [] usize, [] isize,
    [T] *const T, [T] *mut T,
);

/// The same value, of which LLVM knows nothing (`barrier_var`).
#[inline(always)]
pub fn var<T: Value>(value: T) -> T {
    value.opaque()
}

/// The same range, of which LLVM doesn't know how long it is: a loop over it isn't unrolled.
#[inline(always)]
pub fn turns<T: Value>(range: core::ops::Range<T>) -> core::ops::Range<T> {
    range.start.opaque()..range.end
}

//! The arguments and the value of the function that a kprobe or uprobe stopped at.

use aya_ebpf::{
    Argument,
    programs::{ProbeContext, RetProbeContext},
};

/// The argument numbered `number` (from 0); 0 where it isn't in a register.
#[cfg(not(any(bpf_target_arch = "arm", bpf_target_arch = "mips")))]
#[inline(always)]
pub fn argument<T: Argument>(ctx: &ProbeContext, number: usize) -> T {
    ctx.arg(number).unwrap_or(T::from_register(0))
}

/// The argument numbered `number` (from 0); 0 where it isn't in a register.
///
/// Aya takes the registers of 32-bit kernels for 64-bit words.
#[cfg(any(bpf_target_arch = "arm", bpf_target_arch = "mips"))]
#[inline(always)]
pub fn argument<T: Argument>(ctx: &ProbeContext, number: usize) -> T {
    // uregs[0], regs[4]
    let first = if cfg!(bpf_target_arch = "arm") { 0 } else { 48 };
    let registers: *const u8 = ctx.regs.cast();
    if number > 3 {
        return T::from_register(0);
    }
    // SAFETY: the register lies within the context.
    let word = unsafe {
        registers
            .add(first + 4 * number)
            .cast::<u32>()
            .read_volatile()
    };
    T::from_register(u64::from(word))
}

/// What the function returns.
#[cfg(not(any(bpf_target_arch = "arm", bpf_target_arch = "mips")))]
#[inline(always)]
pub fn value<T: Argument>(ctx: &RetProbeContext) -> T {
    ctx.ret()
}

/// What the function returns.
///
/// Aya takes the registers of 32-bit kernels for 64-bit words.
#[cfg(any(bpf_target_arch = "arm", bpf_target_arch = "mips"))]
#[inline(always)]
pub fn value<T: Argument>(ctx: &RetProbeContext) -> T {
    // uregs[0], regs[2]
    let at = if cfg!(bpf_target_arch = "arm") { 0 } else { 40 };
    let registers: *const u8 = ctx.regs.cast();
    // SAFETY: the register lies within the context.
    let word = unsafe { registers.add(at).cast::<u32>().read_volatile() };
    T::from_register(u64::from(word))
}

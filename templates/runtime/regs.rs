//! Registers of a `struct pt_regs`, as libbpf's `PT_REGS_…` name them.

use core::{ffi::c_void, mem::MaybeUninit, ptr};

use aya_ebpf::helpers::generated::bpf_probe_read_kernel;

/// A register as the kernel saves it.
#[cfg(not(any(bpf_target_arch = "arm", bpf_target_arch = "mips")))]
type Word = u64;
#[cfg(any(bpf_target_arch = "arm", bpf_target_arch = "mips"))]
type Word = u32;

/// The register at the offset `at` of the context.
///
/// # Safety
///
/// `ctx` must be the program's context, and `at` lie within it.
#[allow(
    clippy::useless_conversion,
    reason = "a word is a u64 already, but not on arm"
)]
#[inline(always)]
pub unsafe fn load<C>(ctx: *const C, at: usize) -> u64 {
    // Volatile: the verifier refuses a context pointer that LLVM added to.
    // SAFETY: see above.
    let word = unsafe { ctx.byte_add(at).cast::<Word>().read_volatile() };
    u64::from(word)
}

/// The register at the offset `at` of registers anywhere in the kernel (`PT_REGS_…_CORE`): 0 where it
/// can't be read.
#[allow(
    clippy::useless_conversion,
    reason = "a word is a u64 already, but not on arm"
)]
#[inline(always)]
pub fn probe<C>(regs: *const C, at: usize) -> u64 {
    let mut word = MaybeUninit::<Word>::uninit();
    let size = size_of::<Word>() as u32;
    // By its address, or LLVM loads from the context by the pointer that is made here, which the
    // verifier refuses.
    let from = ptr::without_provenance::<c_void>(regs.addr().wrapping_add(at));
    // SAFETY: the helper checks the address, and fills `word` with zeros where it fails.
    let word = unsafe {
        bpf_probe_read_kernel(word.as_mut_ptr().cast(), size, from);
        word.assume_init()
    };
    u64::from(word)
}

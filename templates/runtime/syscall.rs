//! The arguments of the system call that a kprobe stopped at.
//!
//! Since Linux 4.17 some architectures enter a system call through a wrapper whose one parameter
//! points to the caller's saved registers; elsewhere the probe's own context holds them.

use core::{mem::MaybeUninit, ptr};

use aya_ebpf::{
    Argument, Global,
    helpers::{bpf_probe_read_user, generated::bpf_probe_read_kernel},
    programs::ProbeContext,
};

/// Whether the running kernel wraps its system calls, 0 or 1. The loader sets it.
// `used`, or LLVM makes one of it and of another constant that is 1.
#[used]
#[unsafe(no_mangle)]
pub static LINUX_HAS_SYSCALL_WRAPPER: Global<u8> = Global::new(1);

/// A register as the kernel saves it.
#[cfg(not(any(bpf_target_arch = "arm", bpf_target_arch = "mips")))]
type Word = u64;
#[cfg(any(bpf_target_arch = "arm", bpf_target_arch = "mips"))]
type Word = u32;

/// Byte offset of each argument in the kernel's `struct pt_regs`.
#[rustfmt::skip]
mod offsets {
    #[cfg(bpf_target_arch = "x86_64")]      // di, si, dx, r10, r8, r9
    pub const OFFSETS: [usize; 6] = [112, 104, 96, 56, 72, 64];
    #[cfg(bpf_target_arch = "aarch64")]     // orig_x0, regs[1] to regs[5]
    pub const OFFSETS: [usize; 6] = [272, 8, 16, 24, 32, 40];
    #[cfg(bpf_target_arch = "s390x")]       // orig_gpr2, gprs[3] to gprs[7]
    pub const OFFSETS: [usize; 6] = [152, 48, 56, 64, 72, 80];
    #[cfg(bpf_target_arch = "riscv64")]     // orig_a0, a1 to a5
    pub const OFFSETS: [usize; 6] = [280, 88, 96, 104, 112, 120];
    #[cfg(bpf_target_arch = "arm")]         // uregs[0] to uregs[6]
    pub const OFFSETS: [usize; 7] = [0, 4, 8, 12, 16, 20, 24];
    #[cfg(bpf_target_arch = "powerpc64")]   // orig_gpr3, gpr[4] to gpr[8]
    pub const OFFSETS: [usize; 6] = [272, 32, 40, 48, 56, 64];
    #[cfg(bpf_target_arch = "mips")]        // regs[4] to regs[7], pad0[4], pad0[5]
    pub const OFFSETS: [usize; 6] = [48, 52, 56, 60, 16, 20];
    #[cfg(bpf_target_arch = "mips64")]      // regs[4] to regs[9]
    pub const OFFSETS: [usize; 6] = [32, 40, 48, 56, 64, 72];
    #[cfg(bpf_target_arch = "loongarch64")] // regs[4] to regs[9]
    pub const OFFSETS: [usize; 6] = [32, 40, 48, 56, 64, 72];
}
use offsets::OFFSETS;

/// The most words that are read in a single access.
const WORDS: usize = 8;

/// Arguments, each of the type that the probe declares.
pub trait Args<const N: usize> {
    /// Of a word, each has the bytes that its type has room for, as in C.
    fn of(words: [u64; N]) -> Self;
}

macro_rules! tuples {
    ($($count:literal: $($type:ident $word:ident),+;)+) => {$(
        impl<$($type: Argument),+> Args<$count> for ($($type,)+) {
            #[inline(always)]
            fn of([$($word),+]: [u64; $count]) -> Self {
                ($($type::from_register($word),)+)
            }
        }
    )+};
}
tuples! {
    1: A a;
    2: A a, B b;
    3: A a, B b, C c;
    4: A a, B b, C c, D d;
    5: A a, B b, C c, D d, E e;
    6: A a, B b, C c, D d, E e, F f;
    7: A a, B b, C c, D d, E e, F f, G g;
}

/// Reads the argument numbered `number` (from 0).
#[inline(always)]
pub fn argument<T: Argument>(ctx: &ProbeContext, number: usize) -> T {
    let (value,) = args(ctx, [number]);
    value
}

/// Reads the arguments numbered `numbers` (from 0), and no others.
#[inline(always)]
pub fn args<T: Args<N>, const N: usize>(ctx: &ProbeContext, numbers: [usize; N]) -> T {
    T::of(words(ctx, numbers))
}

/// Reads the registers of the arguments numbered `numbers`.
///
/// One that can't be read is 0, as with libbpf.
#[inline(always)]
fn words<const N: usize>(ctx: &ProbeContext, numbers: [usize; N]) -> [u64; N] {
    let offsets = numbers.map(|n| OFFSETS[n]);
    // Two arms that share nothing: the verifier refuses a context pointer that was added to, and
    // LLVM adds to it ahead of the branch unless the loads below are volatile.
    let found = if LINUX_HAS_SYSCALL_WRAPPER.load() != 0 {
        saved(ctx.arg(0).unwrap_or(ptr::null()), offsets)
    } else {
        let regs: *const u8 = ctx.regs.cast();
        // SAFETY: the offset lies within the context.
        offsets.map(|at| unsafe { regs.add(at).cast::<Word>().read_volatile() })
    };
    found.map(u64::from)
}

/// Reads arguments of `clone`, which are numbered as on x86_64 whatever order this architecture has
/// them in: flags, stack, parent's id, child's id, thread-local storage.
#[inline(always)]
pub fn clone_args<T: Args<N>, const N: usize>(ctx: &ProbeContext, numbers: [usize; N]) -> T {
    #[cfg(any(bpf_target_arch = "x86_64", bpf_target_arch = "loongarch64"))]
    const ORDER: [usize; 5] = [0, 1, 2, 3, 4];
    #[cfg(bpf_target_arch = "s390x")] // CONFIG_CLONE_BACKWARDS2
    const ORDER: [usize; 5] = [1, 0, 2, 3, 4];
    #[cfg(not(any(
        bpf_target_arch = "x86_64",
        bpf_target_arch = "loongarch64",
        bpf_target_arch = "s390x"
    )))] // CONFIG_CLONE_BACKWARDS
    const ORDER: [usize; 5] = [0, 1, 2, 4, 3];
    args(ctx, numbers.map(|n| ORDER[n]))
}

/// Reads arguments of `mmap`.
#[cfg(not(bpf_target_arch = "s390x"))]
#[inline(always)]
pub fn mmap_args<T: Args<N>, const N: usize>(ctx: &ProbeContext, numbers: [usize; N]) -> T {
    args(ctx, numbers)
}

/// Reads arguments of `mmap`: the one in a register points to them.
#[cfg(bpf_target_arch = "s390x")]
#[inline(always)]
pub fn mmap_args<T: Args<N>, const N: usize>(ctx: &ProbeContext, numbers: [usize; N]) -> T {
    let (all,) = args(ctx, [0]);
    T::of(pointed(all, numbers))
}

/// Reads arguments of a socket call that was made through `socketcall`; none if it is another call
/// than `call` (`SYS_…` of `linux/net.h`).
#[inline(always)]
pub fn socketcall_args<T: Args<N>, const N: usize>(
    ctx: &ProbeContext,
    call: u8,
    numbers: [usize; N],
) -> Option<T> {
    let (made, all): (u32, *const Word) = args(ctx, [0, 1]);
    (made == call.into()).then(|| T::of(pointed(all, numbers)))
}

/// Reads words of the caller's memory; those that can't be read are 0.
#[inline(always)]
fn pointed<const N: usize>(first: *const Word, numbers: [usize; N]) -> [u64; N] {
    numbers.map(|n| {
        let word = first.wrapping_add(n);
        // SAFETY: the helper checks the address.
        unsafe { bpf_probe_read_user(word) }.unwrap_or(0).into()
    })
}

/// Reads arguments of a system call that a 32-bit program makes, on a 64-bit kernel.
#[inline(always)]
pub fn compat_args<T: Args<N>, const N: usize>(ctx: &ProbeContext, numbers: [usize; N]) -> T {
    #[cfg(bpf_target_arch = "x86_64")] // bx, cx, dx, si, di, bp
    const COMPAT: [usize; 6] = [40, 88, 96, 104, 112, 32];
    #[cfg(not(bpf_target_arch = "x86_64"))]
    const COMPAT: &[usize] = &OFFSETS;
    // Elsewhere the functions that are called so have had a wrapper from the start.
    const MAY_BE_DIRECT: bool = cfg!(any(
        bpf_target_arch = "powerpc64",
        bpf_target_arch = "mips64"
    ));
    let found = if MAY_BE_DIRECT && LINUX_HAS_SYSCALL_WRAPPER.load() == 0 {
        words(ctx, numbers).map(|word| word as Word)
    } else {
        let regs: *const u8 = ctx.arg(0).unwrap_or(ptr::null());
        numbers.map(|n| read::<1>(regs, COMPAT[n], 1).at(COMPAT[n]))
    };
    T::of(found.map(|word| u64::from(word as u32)))
}

/// Reads from the registers that the wrapper was given: at once where they lie close together.
#[inline(always)]
fn saved<const N: usize>(regs: *const u8, offsets: [usize; N]) -> [Word; N] {
    let (first, count) = span(offsets, usize::MAX);
    if count <= WORDS {
        let words = read::<WORDS>(regs, first, count);
        return offsets.map(|at| words.at(at));
    }
    // It is the first argument that lies apart: some architectures keep a copy of it behind the
    // registers, because its own becomes the return value.
    let apart = read::<1>(regs, OFFSETS[0], 1);
    let (first, count) = span(offsets, OFFSETS[0]);
    let words = read::<WORDS>(regs, first, count);
    // No `map`: LLVM doesn't always inline its closure, and BPF functions can't return an array.
    let mut all = [0; N];
    for (word, &at) in all.iter_mut().zip(&offsets) {
        *word = if at == OFFSETS[0] {
            apart.at(at)
        } else {
            words.at(at)
        };
    }
    all
}

/// The lowest of `offsets` but `apart`, and how many words it takes to read all of them.
#[inline(always)]
fn span<const N: usize>(offsets: [usize; N], apart: usize) -> (usize, usize) {
    let mut first = usize::MAX;
    let mut last = 0;
    for at in offsets {
        if at != apart {
            first = first.min(at);
            last = last.max(at);
        }
    }
    (first, last.wrapping_sub(first) / size_of::<Word>() + 1)
}

/// Words out of the kernel's memory.
struct Words<const N: usize> {
    first: usize,
    words: [MaybeUninit<Word>; N],
}

impl<const N: usize> Words<N> {
    /// The word at the offset `at`, one of those that were read.
    #[inline(always)]
    fn at(&self, at: usize) -> Word {
        // SAFETY: it was read, and is 0 where it couldn't be.
        unsafe { self.words[(at - self.first) / size_of::<Word>()].assume_init() }
    }
}

/// Reads `count` words, which are 0 where they can't be read.
#[inline(always)]
fn read<const N: usize>(regs: *const u8, first: usize, count: usize) -> Words<N> {
    let mut words = [MaybeUninit::uninit(); N];
    let size = (count * size_of::<Word>()) as u32;
    // SAFETY: the helper checks the address, and `words` has room for `count`.
    unsafe {
        bpf_probe_read_kernel(
            (&raw mut words).cast(),
            size,
            regs.wrapping_add(first).cast(),
        )
    };
    Words { first, words }
}

//! Helpers whose typed wrappers in aya-ebpf cost more than the plain call, or that have none.

use core::{ffi::CStr, mem::MaybeUninit};

use aya_ebpf::{Argument, bindings::seq_file, helpers::generated};

/// `bpf_get_current_task`: the address of the task's `struct task_struct` in the kernel.
#[inline(always)]
pub fn get_current_task() -> u64 {
    // SAFETY: it looks at nothing of the program's.
    unsafe { generated::bpf_get_current_task() }
}

/// `bpf_get_current_cgroup_id`: the id of the task's cgroup, of version 2.
#[inline(always)]
pub fn get_current_cgroup_id() -> u64 {
    // SAFETY: it looks at nothing of the program's.
    unsafe { generated::bpf_get_current_cgroup_id() }
}

/// `bpf_get_numa_node_id`: the NUMA node of this CPU.
#[inline(always)]
pub fn get_numa_node_id() -> i64 {
    // SAFETY: it looks at nothing of the program's.
    unsafe { generated::bpf_get_numa_node_id() }
}

/// `bpf_get_prandom_u32`: a random number, not for secrets.
#[inline(always)]
pub fn get_prandom_u32() -> u32 {
    // SAFETY: it looks at nothing of the program's.
    unsafe { generated::bpf_get_prandom_u32() }
}

/// `bpf_get_smp_processor_id`: this CPU's number.
#[inline(always)]
pub fn get_smp_processor_id() -> u32 {
    // SAFETY: it looks at nothing of the program's.
    unsafe { generated::bpf_get_smp_processor_id() }
}

/// `bpf_jiffies64`: the kernel's ticks.
#[inline(always)]
pub fn jiffies64() -> u64 {
    // SAFETY: it looks at nothing of the program's.
    unsafe { generated::bpf_jiffies64() }
}

/// `bpf_ktime_get_boot_ns`: nanoseconds since the machine started, those of its sleep too.
#[inline(always)]
pub fn ktime_get_boot_ns() -> u64 {
    // SAFETY: it looks at nothing of the program's.
    unsafe { generated::bpf_ktime_get_boot_ns() }
}

/// `bpf_ktime_get_coarse_ns`: nanoseconds since the machine started, of the last tick.
#[inline(always)]
pub fn ktime_get_coarse_ns() -> u64 {
    // SAFETY: it looks at nothing of the program's.
    unsafe { generated::bpf_ktime_get_coarse_ns() }
}

/// `bpf_ktime_get_ns`: nanoseconds since the machine started, but for those of its sleep.
#[inline(always)]
pub fn ktime_get_ns() -> u64 {
    // SAFETY: it looks at nothing of the program's.
    unsafe { generated::bpf_ktime_get_ns() }
}

/// `bpf_ktime_get_tai_ns`: nanoseconds of international atomic time.
#[inline(always)]
pub fn ktime_get_tai_ns() -> u64 {
    // SAFETY: it looks at nothing of the program's.
    unsafe { generated::bpf_ktime_get_tai_ns() }
}

/// `bpf_get_current_comm`: 0, or a negative error number.
#[inline(always)]
pub fn get_current_comm<const N: usize>(into: &mut [u8; N]) -> i64 {
    // SAFETY: `into` has room for `N` bytes.
    unsafe { generated::bpf_get_current_comm(into.as_mut_ptr().cast(), N as u32) }
}

/// `bpf_ringbuf_submit`: gives the entry that `data` is in to user space.
#[inline(always)]
pub fn ringbuf_submit<T>(data: &mut T, flags: u64) {
    // SAFETY: the verifier takes what was reserved in a ring buffer and nothing else.
    unsafe { generated::bpf_ringbuf_submit((&raw mut *data).cast(), flags) }
}

/// `bpf_ringbuf_discard`: gives the entry that `data` is in back.
#[inline(always)]
pub fn ringbuf_discard<T>(data: &mut T, flags: u64) {
    // SAFETY: the verifier takes what was reserved in a ring buffer and nothing else.
    unsafe { generated::bpf_ringbuf_discard((&raw mut *data).cast(), flags) }
}

/// `bpf_probe_read_user_str`: how many bytes were read with the null byte, or a negative error
/// number.
#[inline(always)]
pub fn probe_read_user_str<const N: usize, F>(into: &mut [u8; N], from: *const F) -> i64 {
    // SAFETY: the helper checks `from`, and `into` has room for `N` bytes.
    unsafe { generated::bpf_probe_read_user_str(into.as_mut_ptr().cast(), N as u32, from.cast()) }
}

/// `bpf_probe_read_kernel_str`: how many bytes were read with the null byte, or a negative error
/// number.
#[inline(always)]
pub fn probe_read_kernel_str<const N: usize, F>(into: &mut [u8; N], from: *const F) -> i64 {
    // SAFETY: the helper checks `from`, and `into` has room for `N` bytes.
    unsafe { generated::bpf_probe_read_kernel_str(into.as_mut_ptr().cast(), N as u32, from.cast()) }
}

/// `bpf_probe_read_str`: how many bytes were read with the null byte, or a negative error number.
#[inline(always)]
pub fn probe_read_str<const N: usize, F>(into: &mut [u8; N], from: *const F) -> i64 {
    // SAFETY: the helper checks `from`, and `into` has room for `N` bytes.
    unsafe { generated::bpf_probe_read_str(into.as_mut_ptr().cast(), N as u32, from.cast()) }
}

/// `bpf_probe_read_user`: 0, or a negative error number where `into` is zeros.
///
/// `T` must be a type that any bytes are a value of, as all of C's are but `bool`.
#[inline(always)]
pub fn probe_read_user<T, F>(into: &mut T, from: *const F) -> i64 {
    let size = size_of::<T>() as u32;
    // SAFETY: the helper checks `from`, and `into` has room for a `T`.
    unsafe { generated::bpf_probe_read_user((&raw mut *into).cast(), size, from.cast()) }
}

/// `bpf_probe_read_kernel`: 0, or a negative error number where `into` is zeros.
///
/// `T` must be a type that any bytes are a value of, as all of C's are but `bool`.
#[inline(always)]
pub fn probe_read_kernel<T, F>(into: &mut T, from: *const F) -> i64 {
    let size = size_of::<T>() as u32;
    // SAFETY: the helper checks `from`, and `into` has room for a `T`.
    unsafe { generated::bpf_probe_read_kernel((&raw mut *into).cast(), size, from.cast()) }
}

/// `bpf_probe_read`: 0, or a negative error number where `into` is zeros.
///
/// `T` must be a type that any bytes are a value of, as all of C's are but `bool`.
#[inline(always)]
pub fn probe_read<T, F>(into: &mut T, from: *const F) -> i64 {
    let size = size_of::<T>() as u32;
    // SAFETY: the helper checks `from`, and `into` has room for a `T`.
    unsafe { generated::bpf_probe_read((&raw mut *into).cast(), size, from.cast()) }
}

/// What lies at `from` in the kernel, by `bpf_probe_read_kernel`: 0 where it can't be read.
#[inline(always)]
pub fn read_kernel<T: Argument>(from: *const T) -> T {
    let mut value = MaybeUninit::<T>::uninit();
    let size = size_of::<T>() as u32;
    // SAFETY: the helper checks `from`, and fills `value` with zeros where it fails.
    unsafe {
        generated::bpf_probe_read_kernel(value.as_mut_ptr().cast(), size, from.cast());
        value.assume_init()
    }
}

/// What lies at `from` in user space, by `bpf_probe_read_user`: 0 where it can't be read.
#[inline(always)]
pub fn read_user<T: Argument>(from: *const T) -> T {
    let mut value = MaybeUninit::<T>::uninit();
    let size = size_of::<T>() as u32;
    // SAFETY: the helper checks `from`, and fills `value` with zeros where it fails.
    unsafe {
        generated::bpf_probe_read_user(value.as_mut_ptr().cast(), size, from.cast());
        value.assume_init()
    }
}

/// What lies at `from`, by `bpf_probe_read`: 0 where it can't be read.
#[inline(always)]
pub fn read<T: Argument>(from: *const T) -> T {
    let mut value = MaybeUninit::<T>::uninit();
    let size = size_of::<T>() as u32;
    // SAFETY: the helper checks `from`, and fills `value` with zeros where it fails.
    unsafe {
        generated::bpf_probe_read(value.as_mut_ptr().cast(), size, from.cast());
        value.assume_init()
    }
}

/// `BPF_SNPRINTF`: how many bytes the text has with the null byte, be they more than `size`, or a
/// negative error number.
///
/// # Safety
///
/// `into` must have room for `size` bytes.
#[inline(always)]
pub unsafe fn snprintf<const N: usize>(
    into: *mut u8,
    size: u32,
    format: &'static CStr,
    values: [u64; N],
) -> i64 {
    // SAFETY: the verifier checks the format, `values` are as many as they say.
    unsafe {
        generated::bpf_snprintf(
            into.cast(),
            size,
            format.as_ptr().cast(),
            (&raw const values).cast_mut().cast(),
            size_of_val(&values) as u32,
        )
    }
}

/// `BPF_SEQ_PRINTF`: 0, or a negative error number.
///
/// # Safety
///
/// `file` must be the one of the iterator's context.
#[inline(always)]
pub unsafe fn seq_printf<const N: usize>(
    file: *mut seq_file,
    format: &'static CStr,
    values: [u64; N],
) -> i64 {
    // SAFETY: the verifier checks the format, `values` are as many as they say.
    unsafe {
        generated::bpf_seq_printf(
            file,
            format.as_ptr().cast(),
            format.count_bytes() as u32 + 1,
            (&raw const values).cast(),
            size_of_val(&values) as u32,
        )
    }
}

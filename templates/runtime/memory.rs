//! What C does by `memcpy` and its kin, without the calls that LLVM would make of it.

/// A constant with pointers in it, which Rust doesn't share between threads by itself.
#[repr(transparent)]
pub struct Shared<T>(pub T);

// SAFETY: nobody writes to it.
unsafe impl<T> Sync for Shared<T> {}

/// What is aligned as the machine's words are, for accesses that are wider than its type.
#[repr(align(8))]
pub struct Aligned<T>(pub T);

/// One element of an array that the loader may set.
///
/// # Safety
///
/// `index` must be less than `N`.
#[inline(always)]
pub unsafe fn element<T: Copy, const N: usize>(array: &aya_ebpf::Global<[T; N]>, index: usize) -> T {
    let first: *const T = (&raw const *array).cast();
    // SAFETY: see above. The global is the array; volatile, because it isn't what it is here.
    unsafe { first.add(index).read_volatile() }
}

/// One field of a structure that the loader may set.
#[inline(always)]
pub fn field<T, F: Copy>(whole: &aya_ebpf::Global<T>, field: impl FnOnce(&T) -> &F) -> F {
    let whole: *const T = (&raw const *whole).cast();
    // SAFETY: the global is the structure, which nobody writes to once the program is loaded.
    let field: *const F = field(unsafe { &*whole });
    // SAFETY: as above; volatile, because it isn't what it is here.
    unsafe { field.read_volatile() }
}

/// The most bytes that LLVM copies without a loop or a call.
const INLINE: usize = 128;

/// `memcpy` of `N` bytes.
///
/// # Safety
///
/// `from` must be aligned, and valid for reads and `to` for writes of `N` bytes, and they must not
/// overlap.
#[inline(always)]
pub unsafe fn copy<const N: usize>(to: *mut u8, from: *const impl Sized) {
    // SAFETY: see above.
    unsafe { copy_from::<N, _>(to, from) };
}

#[inline(always)]
unsafe fn copy_from<const N: usize, T>(to: *mut u8, from: *const T) {
    // SAFETY: see above.
    unsafe {
        if N > INLINE {
            copy_bytes(to, from.cast(), N);
        } else if size_of::<T>() == N {
            // By the alignment of the type LLVM reads words.
            let whole: *const core::mem::MaybeUninit<T> = from.cast();
            core::ptr::write_unaligned(to.cast(), whole.read());
        } else {
            to.copy_from_nonoverlapping(from.cast(), N);
        }
    }
}

/// `memcpy` of `size` bytes.
///
/// # Safety
///
/// `from` must be valid for reads and `to` for writes of `size` bytes.
#[inline(always)]
pub unsafe fn copy_bytes(to: *mut u8, from: *const u8, size: usize) {
    for i in 0..size {
        // Volatile, or LLVM makes a call of the loop.
        // SAFETY: see above.
        unsafe { to.add(i).write_volatile(from.add(i).read_volatile()) };
    }
}

/// `memcpy` of `size` bytes, a number that is known where this is inlined.
///
/// # Safety
///
/// `from` must be valid for reads and `to` for writes of `size` bytes, and they must not overlap.
#[inline(always)]
pub unsafe fn copy_known(to: *mut u8, from: *const u8, size: usize) {
    // SAFETY: see above.
    unsafe { to.copy_from_nonoverlapping(from, size) };
}

/// `strcpy`: a text with the zero behind it.
///
/// # Safety
///
/// `from` must end with a zero, and `to` be valid for writes of as many bytes.
#[inline(always)]
pub unsafe fn copy_text(to: *mut u8, from: *const u8) {
    let (mut to, mut from) = (to, from);
    loop {
        // Volatile, or LLVM makes a call of the loop.
        // SAFETY: see above.
        let byte = unsafe { from.read_volatile() };
        unsafe { to.write_volatile(byte) };
        if byte == 0 {
            return;
        }
        (to, from) = (to.wrapping_add(1), from.wrapping_add(1));
    }
}

/// `strncpy`: `size` bytes, zeros behind the text.
///
/// # Safety
///
/// `from` must end with a zero or have `size` bytes, and `to` be valid for writes of as many.
#[inline(always)]
pub unsafe fn copy_text_in(to: *mut u8, from: *const u8, size: usize) {
    let mut ended = false;
    for i in 0..size {
        // SAFETY: see above; nothing is read behind the text's end.
        let byte = if ended { 0 } else { unsafe { from.add(i).read() } };
        ended |= byte == 0;
        unsafe { to.add(i).write(byte) };
    }
}

/// `strlen`.
///
/// # Safety
///
/// `text` must end with a zero.
#[inline(always)]
pub unsafe fn text_len(text: *const u8) -> u64 {
    let mut len = 0;
    // Volatile, or LLVM makes a call of the loop.
    // SAFETY: see above.
    while unsafe { text.add(len).read_volatile() } != 0 {
        len += 1;
    }
    len as u64
}

/// `strncmp`, with `usize::MAX` bytes `strcmp`: less than, equal to or greater than 0.
///
/// # Safety
///
/// Both texts must end with a zero or have `size` bytes.
#[inline(always)]
pub unsafe fn compare_texts(left: *const u8, right: *const u8, size: usize) -> i32 {
    for i in 0..size {
        // SAFETY: see above.
        let (left, right) = unsafe { (left.add(i).read(), right.add(i).read()) };
        if left != right {
            return i32::from(left) - i32::from(right);
        }
        if left == 0 {
            break;
        }
    }
    0
}

/// `memmove` of `size` bytes: the two may overlap.
///
/// # Safety
///
/// `from` must be valid for reads and `to` for writes of `size` bytes.
#[inline(always)]
pub unsafe fn move_bytes(to: *mut u8, from: *const u8, size: usize) {
    if to.addr() <= from.addr() {
        // SAFETY: see above.
        unsafe { copy_bytes(to, from, size) };
        return;
    }
    for i in (0..size).rev() {
        // SAFETY: see above.
        unsafe { to.add(i).write_volatile(from.add(i).read_volatile()) };
    }
}

/// `memset` of `N` bytes.
///
/// # Safety
///
/// `to` must be valid for writes of `N` bytes.
#[inline(always)]
pub unsafe fn fill<const N: usize>(to: *mut u8, byte: u8) {
    // SAFETY: see above.
    unsafe {
        if N <= INLINE {
            to.write_bytes(byte, N);
        } else {
            fill_bytes(to, byte, N);
        }
    }
}

/// `memset` of `size` bytes.
///
/// # Safety
///
/// `to` must be valid for writes of `size` bytes.
#[inline(always)]
pub unsafe fn fill_bytes(to: *mut u8, byte: u8, size: usize) {
    for i in 0..size {
        // Volatile, or LLVM makes a call of the loop.
        // SAFETY: see above.
        unsafe { to.add(i).write_volatile(byte) };
    }
}

/// `memcmp` of `size` bytes: less than, equal to or greater than 0.
///
/// # Safety
///
/// `left` and `right` must be valid for reads of `size` bytes.
#[inline(always)]
pub unsafe fn compare(left: *const u8, right: *const u8, size: usize) -> i32 {
    for i in 0..size {
        // Volatile, or LLVM makes a call of the loop.
        // SAFETY: see above.
        let (left, right) = unsafe { (left.add(i).read_volatile(), right.add(i).read_volatile()) };
        if left != right {
            return i32::from(left) - i32::from(right);
        }
    }
    0
}

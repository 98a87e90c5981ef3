//! CO-RE without relocations, which rustc doesn't emit.
//!
//! What the programs ask of the running kernel's types is read-only data that the loader fills in
//! from its type information (BTF). To the verifier it is a constant, as a relocated instruction's
//! would be: it follows only those branches that this kernel takes. Linux 5.5 is the first to know
//! read-only data so well.

use core::{arch::asm, marker::PhantomData, mem::MaybeUninit};

use aya_ebpf::{
    Argument, Global,
    helpers::generated::{bpf_probe_read_kernel, bpf_probe_read_user},
};

/// What isn't filled in holds this number.
const UNFILLED: u32 = 0x0bad_2310;

/// What the loader filled in.
///
/// A program that reads what isn't filled in is refused: there is no helper of this number. libbpf
/// does the same where it can't relocate an instruction.
#[inline(always)]
fn filled<T: Copy + PartialEq + From<u32>>(global: &Global<T>) -> T {
    let value = global.load();
    if value == UNFILLED.into() {
        // What is known of memory stays known. SAFETY: no kernel accepts a program that gets here.
        unsafe { asm!("call {}", const UNFILLED, options(nomem)) };
    }
    value
}

/// A field of type `T` in the kernel's structure `S`.
#[repr(transparent)]
pub struct Field<S, T> {
    offset: Global<u32>,
    types: PhantomData<fn(*const S) -> T>,
}

impl<S, T> Field<S, T> {
    pub const fn new() -> Self {
        Self {
            offset: Global::new(UNFILLED),
            types: PhantomData,
        }
    }

    /// How many bytes it lies behind the start of the structure.
    #[inline(always)]
    pub fn offset(&self) -> usize {
        filled(&self.offset) as usize
    }

    /// Where it lies in `base`.
    #[inline(always)]
    pub fn address(&self, base: *const S) -> *const T {
        base.wrapping_byte_add(self.offset()).cast()
    }
}

// `Argument` stands for integers and pointers: whatever bytes are read, they are a valid `T`.
impl<S, T: Argument> Field<S, T> {
    /// Reads the field of `base`: 0 where that can't be read, as with libbpf.
    #[inline(always)]
    pub fn read(&self, base: *const S) -> T {
        let mut value = MaybeUninit::<T>::uninit();
        let size = size_of::<T>() as u32;
        // SAFETY: the helper checks the address, and fills `value` with zeros where it fails.
        unsafe {
            bpf_probe_read_kernel(value.as_mut_ptr().cast(), size, self.address(base).cast());
            value.assume_init()
        }
    }

    /// The field of a copy of the structure, where the kernel has it: a program is refused where that
    /// is behind the end of the copy.
    #[inline(always)]
    pub fn of(&self, copy: &S) -> T
    where
        T: Copy,
    {
        // SAFETY: the kernel's verifier knows the copy's bounds and the offset.
        unsafe { *self.address(copy) }
    }

    /// The field of a program's context, which the kernel's verifier takes at fixed offsets only: where
    /// this kernel has it at `here`, at once, else as `read` does.
    #[inline(always)]
    pub fn of_context(&self, context: *const S, here: usize) -> T {
        if self.offset() == here {
            // SAFETY: the kernel's verifier knows the context.
            unsafe { context.byte_add(here).cast::<T>().read() }
        } else {
            self.read(context)
        }
    }

    /// Reads the field of `base` in user space: 0 where that can't be read.
    #[inline(always)]
    pub fn read_user(&self, base: *const S) -> T {
        let mut value = MaybeUninit::<T>::uninit();
        let size = size_of::<T>() as u32;
        // SAFETY: the helper checks the address, and fills `value` with zeros where it fails.
        unsafe {
            bpf_probe_read_user(value.as_mut_ptr().cast(), size, self.address(base).cast());
            value.assume_init()
        }
    }
}

/// Whether the kernel has a field, a type or a constant.
#[repr(transparent)]
pub struct Exists(Global<u32>);

impl Exists {
    pub const fn new() -> Self {
        Self(Global::new(UNFILLED))
    }

    #[inline(always)]
    pub fn get(&self) -> bool {
        filled(&self.0) != 0
    }
}

/// Where a variable of the kernel's lies; 0 for one that may be missing and is.
#[repr(transparent)]
pub struct Address(Global<u64>);

impl Address {
    pub const fn new() -> Self {
        Self(Global::new(UNFILLED as u64))
    }

    #[inline(always)]
    pub fn get(&self) -> u64 {
        filled(&self.0)
    }
}

/// How large a field or a type of the kernel's is, or whether a field is signed.
#[repr(transparent)]
pub struct Number(Global<u32>);

impl Number {
    pub const fn new() -> Self {
        Self(Global::new(UNFILLED))
    }

    #[inline(always)]
    pub fn get(&self) -> u32 {
        filled(&self.0)
    }
}

/// What a constant of the kernel's enumerations stands for.
#[repr(transparent)]
pub struct Constant(Global<u64>);

impl Constant {
    pub const fn new() -> Self {
        Self(Global::new(UNFILLED as u64))
    }

    #[inline(always)]
    pub fn get(&self) -> u64 {
        filled(&self.0)
    }
}

/// A bit-field of the kernel's structure `S`; the loader fills in all of it at once.
#[repr(C)]
pub struct Bitfield<S> {
    offset: Global<u32>,
    size: Global<u32>,
    signed: Global<u32>,
    lshift: Global<u32>,
    rshift: Global<u32>,
    types: PhantomData<fn(*const S)>,
}

impl<S> Bitfield<S> {
    pub const fn new() -> Self {
        Self {
            offset: Global::new(UNFILLED),
            size: Global::new(0),
            signed: Global::new(0),
            lshift: Global::new(0),
            rshift: Global::new(0),
            types: PhantomData,
        }
    }

    /// Reads the field of `base`, with its sign where it has one: 0 where that can't be read.
    #[inline(always)]
    pub fn probe(&self, base: *const S) -> u64 {
        let mut unit = 0u64;
        let from = base.wrapping_byte_add(filled(&self.offset) as usize);
        let size = self.size.load();
        // SAFETY: the helper checks the address, and a bit-field's unit has 8 bytes at most.
        unsafe { bpf_probe_read_kernel((&raw mut unit).cast(), size, from.cast()) };
        // Not read to where it belongs: the verifier lets nothing be subtracted from the stack's address.
        #[cfg(target_endian = "big")]
        let unit = unit.wrapping_shr(u64::BITS - 8 * size);
        self.extract(unit)
    }

    /// Reads the field of `base` by plain loads, with its sign where it has one.
    ///
    /// # Safety
    ///
    /// The verifier must know `base`.
    #[inline(always)]
    pub unsafe fn direct(&self, base: *const S) -> u64 {
        let from = base.wrapping_byte_add(filled(&self.offset) as usize);
        // SAFETY: the field's unit lies within the structure.
        let unit = unsafe {
            match self.size.load() {
                1 => from.cast::<u8>().read_volatile().into(),
                2 => from.cast::<u16>().read_volatile().into(),
                4 => from.cast::<u32>().read_volatile().into(),
                _ => from.cast::<u64>().read_volatile(),
            }
        };
        self.extract(unit)
    }

    #[inline(always)]
    fn extract(&self, unit: u64) -> u64 {
        let top = unit << (self.lshift.load() & 63);
        let shift = self.rshift.load() & 63;
        if self.signed.load() != 0 {
            (top as i64 >> shift) as u64
        } else {
            top >> shift
        }
    }
}

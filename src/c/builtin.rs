//! The builtins of clang and c2aya's markers: what they take and give.

use super::atomic;
use crate::source::markers;

/// How a builtin's arguments are converted, and what type it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A prototype: a letter for the result, one for each parameter, `.` for any more.
    ///
    /// b `_Bool`, i `int`, u `unsigned int`, h `unsigned short`, B `unsigned char`, l `long`, m `unsigned long`,
    /// L `long long`, M `unsigned long long`, p `void *`, c `const void *`, s `const char *`,
    /// S `char *`, v `void`
    Prototype(&'static str),
    /// Arguments as written, and a result of the type with that letter.
    Returns(char),
    /// Arguments as written; the type of the first one's value.
    FirstArgument,
    /// Arguments as written; the type of the first, without qualifiers, arrays as they are.
    Unqualified,
    /// The first argument's value, and its type.
    Value,
    /// A pointer to `struct pt_regs`.
    Registers,
    /// An atomic operation.
    Atomic(Atomic),
}

/// What an atomic operation does with its arguments; the first is a pointer to the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Atomic {
    /// Index of the first argument that has the target's type.
    pub first_value: u8,
    /// How many have it.
    pub values: u8,
    pub result: AtomicResult,
}

/// What an atomic operation gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AtomicResult {
    Target,
    Bool,
    Void,
}

/// Whether `name` can only be a builtin or marker.
pub(super) fn is_builtin(name: &str) -> bool {
    [
        "__builtin_",
        "__sync_",
        "__atomic_",
        atomic::C11,
        markers::PREFIX,
    ]
    .iter()
    .any(|prefix| name.starts_with(prefix))
}

/// What is known of `name`.
pub(super) fn shape(name: &str) -> Option<Shape> {
    if let Some(builtin) = name.strip_prefix("__builtin_") {
        return builtin_shape(builtin);
    }
    if let Some(operation) = name.strip_prefix("__sync_") {
        return sync_shape(operation).map(Shape::Atomic);
    }
    if let Some(operation) = name.strip_prefix("__atomic_") {
        return atomic_shape(operation);
    }
    marker_shape(name)
}

fn builtin_shape(name: &str) -> Option<Shape> {
    Some(match name {
        "memcpy" | "memmove" => Shape::Prototype("ppcm"),
        "memcpy_inline" => Shape::Prototype("vpcm"),
        "memset" => Shape::Prototype("ppim"),
        "memset_inline" => Shape::Prototype("vpim"),
        "memcmp" | "bcmp" => Shape::Prototype("iccm"),
        "memchr" => Shape::Prototype("pcim"),
        "bzero" => Shape::Prototype("vpm"),
        "strlen" => Shape::Prototype("ms"),
        "strnlen" => Shape::Prototype("msm"),
        "strcmp" => Shape::Prototype("iss"),
        "strncmp" => Shape::Prototype("issm"),
        "strcpy" => Shape::Prototype("SSs"),
        "strncpy" => Shape::Prototype("SSsm"),
        "strchr" | "strrchr" => Shape::Prototype("Ssi"),
        "expect" => Shape::Prototype("lll"),
        "expect_with_probability" => Shape::Returns('l'),
        "unreachable" | "trap" | "debugtrap" => Shape::Prototype("v"),
        "assume" => Shape::Prototype("vb"),
        "prefetch" => Shape::Prototype("vc."),
        "bswap16" => Shape::Prototype("hh"),
        "bswap32" => Shape::Prototype("uu"),
        "bswap64" => Shape::Prototype("mm"),
        "bitreverse8" => Shape::Prototype("BB"),
        "bitreverse16" => Shape::Prototype("hh"),
        "bitreverse32" => Shape::Prototype("uu"),
        "bitreverse64" => Shape::Prototype("mm"),
        "clz" | "ctz" | "popcount" | "parity" => Shape::Prototype("iu"),
        "clzl" | "ctzl" | "popcountl" | "parityl" => Shape::Prototype("im"),
        "clzll" | "ctzll" | "popcountll" | "parityll" => Shape::Prototype("iM"),
        "ffs" => Shape::Prototype("ii"),
        "ffsl" => Shape::Prototype("il"),
        "ffsll" => Shape::Prototype("iL"),
        "clrsb" => Shape::Prototype("ii"),
        "clrsbl" => Shape::Prototype("il"),
        "clrsbll" => Shape::Prototype("iL"),
        "abs" => Shape::Prototype("ii"),
        "labs" => Shape::Prototype("ll"),
        "llabs" => Shape::Prototype("LL"),
        "rotateleft32" | "rotateright32" => Shape::Prototype("uuu"),
        "rotateleft64" | "rotateright64" => Shape::Prototype("mmm"),
        "add_overflow" | "sub_overflow" | "mul_overflow" | "add_overflow_p" | "sub_overflow_p"
        | "mul_overflow_p" => Shape::Returns('b'),
        "object_size" | "dynamic_object_size" => Shape::Prototype("mci"),
        "return_address" | "frame_address" => Shape::Prototype("pu"),
        "alloca" => Shape::Prototype("pm"),
        "preserve_access_index" => Shape::Value,
        "preserve_field_info" => Shape::Returns('u'),
        "preserve_type_info" | "preserve_enum_value" | "btf_type_id" => Shape::Returns('m'),
        _ => return None,
    })
}

fn sync_shape(operation: &str) -> Option<Atomic> {
    use AtomicResult::{Bool, Target, Void};
    let values = |values, result| Atomic {
        first_value: 1,
        values,
        result,
    };
    Some(match operation {
        "val_compare_and_swap" => values(2, Target),
        "bool_compare_and_swap" => values(2, Bool),
        "lock_test_and_set" | "swap" => values(1, Target),
        "lock_release" => values(0, Void),
        _ => {
            let op = operation
                .strip_prefix("fetch_and_")
                .or_else(|| operation.strip_suffix("_and_fetch"))?;
            if !is_arithmetic(op) {
                return None;
            }
            values(1, Target)
        }
    })
}

fn atomic_shape(operation: &str) -> Option<Shape> {
    use AtomicResult::{Bool, Target, Void};
    let values = |first_value, values, result| {
        Shape::Atomic(Atomic {
            first_value,
            values,
            result,
        })
    };
    Some(match operation {
        "load_n" => values(1, 0, Target),
        "store_n" => values(1, 1, Void),
        "exchange_n" => values(1, 1, Target),
        "compare_exchange_n" => values(2, 1, Bool),
        "test_and_set" => values(1, 0, Bool),
        "clear" => values(1, 0, Void),
        "thread_fence" | "signal_fence" => Shape::Prototype("vi"),
        "always_lock_free" | "is_lock_free" => Shape::Returns('b'),
        _ => {
            let op = operation
                .strip_prefix("fetch_")
                .or_else(|| operation.strip_suffix("_fetch"))?;
            if !is_arithmetic(op) {
                return None;
            }
            values(1, 1, Target)
        }
    })
}

fn is_arithmetic(op: &str) -> bool {
    matches!(
        op,
        "add" | "sub" | "or" | "and" | "xor" | "nand" | "max" | "min" | "umax" | "umin"
    )
}

/// The types are those of the macros of libbpf's headers that the markers stand for.
fn marker_shape(name: &str) -> Option<Shape> {
    if let Some(name) = markers::like(name) {
        return marker_shape(&name);
    }
    Some(match name {
        markers::CORE_READ
        | markers::CORE_READ_USER
        | markers::PROBE_READ_CHAIN
        | markers::PROBE_READ_CHAIN_USER => Shape::FirstArgument,
        markers::UNQUAL => Shape::Unqualified,
        markers::CORE_READ_INTO
        | markers::CORE_READ_USER_INTO
        | markers::CORE_READ_STR_INTO
        | markers::CORE_READ_USER_STR_INTO
        | markers::PROBE_READ_INTO
        | markers::PROBE_READ_USER_INTO
        | markers::PROBE_READ_STR_INTO
        | markers::PROBE_READ_USER_STR_INTO
        | markers::CORE_READ_MEM
        | markers::CORE_READ_USER_MEM
        | markers::CORE_READ_STR
        | markers::CORE_READ_USER_STR
        | markers::PRINTK
        | markers::SNPRINTF
        | markers::SEQ_PRINTF => Shape::Returns('l'),
        markers::STREAM_PRINTK
        | markers::FOR
        | markers::REPEAT
        | markers::FOR_EACH
        | markers::KSYM_EXISTS => Shape::Returns('i'),
        markers::CORE_BITFIELD | markers::CORE_BITFIELD_PROBED => Shape::Returns('M'),
        markers::CORE_FIELD_EXISTS | markers::CORE_FIELD_SIZE | markers::CORE_FIELD_OFFSET => {
            Shape::Returns('u')
        }
        markers::CORE_TYPE_EXISTS
        | markers::CORE_TYPE_SIZE
        | markers::CORE_TYPE_MATCHES
        | markers::CORE_TYPE_ID_LOCAL
        | markers::CORE_TYPE_ID_KERNEL
        | markers::CORE_ENUM_VALUE
        | markers::CORE_ENUM_VALUE_EXISTS
        | markers::OFFSETOF
        | markers::PT_REGS => Shape::Returns('m'),
        markers::SYSCALL_REGS => Shape::Registers,
        markers::CORE_WRITE_BITFIELD
        | markers::BARRIER
        | markers::BARRIER_VAR
        | markers::TAIL_CALL_STATIC => Shape::Returns('v'),
        markers::CMP_LIKELY | markers::CMP_UNLIKELY => Shape::Returns('b'),
        _ => return byte_order_shape(name),
    })
}

fn byte_order_shape(name: &str) -> Option<Shape> {
    Some(Shape::Prototype(match markers::byte_order_bits(name)? {
        16 => "hh",
        32 => "uu",
        _ => "MM",
    }))
}

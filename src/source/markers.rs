//! The names by which stand-in headers tell later stages what libbpf's macros meant.
//!
//! The headers in `templates/headers` expand each macro to an attribute or a call with one of these
//! names, in C that any GNU C parser reads. Nothing else may declare or define them.

/// What every marker begins with, attributes excepted.
pub const PREFIX: &str = "__c2aya_";

/// Attributes on the function that a program macro declares, and the macro.
///
/// The function's first parameter is named `ctx`; those that the user wrote follow.
pub const PROGRAMS: &[(&str, &str)] = &[
    ("c2aya_ksyscall", "BPF_KSYSCALL"),
    ("c2aya_kprobe", "BPF_KPROBE"),
    ("c2aya_kretprobe", "BPF_KRETPROBE"),
    ("c2aya_uprobe", "BPF_UPROBE"),
    ("c2aya_uretprobe", "BPF_URETPROBE"),
    ("c2aya_prog", "BPF_PROG"),
    ("c2aya_prog2", "BPF_PROG2"),
    ("c2aya_usdt", "BPF_USDT"),
];

/// The macro that declares programs by the attribute.
pub fn program_macro(attribute: &str) -> Option<&'static str> {
    let mut programs = PROGRAMS.iter();
    programs.find_map(|&(name, program)| (name == attribute).then_some(program))
}

/// Attribute `c2aya_helper(ID)` on the prototype of a BPF helper, ID as in `enum bpf_func_id`.
pub const HELPER: &str = "c2aya_helper";

/// `a ?: b` reads `a ? __c2aya_same : b`.
pub const SAME: &str = "__c2aya_same";
/// `__auto_type` reads as this type name.
pub const AUTO: &str = "__c2aya_auto";
/// `__int128` reads as this type name: 16 bytes, aligned to 16.
pub const INT128: &str = "__c2aya_int128";
/// `unsigned __int128` reads as this type name: 16 bytes, aligned to 16.
pub const UINT128: &str = "__c2aya_uint128";
/// `typeof_unqual(x)` reads `typeof(__c2aya_unqual(x))`, also where x is a type:
/// `typeof(__c2aya_unqual(*(typeof(T) *)0))`.
pub const UNQUAL: &str = "__c2aya_unqual";
/// `__builtin_types_compatible_p(T, U)` reads
/// `__c2aya_types_compatible(*(typeof(T) *)0, *(typeof(U) *)0)`.
pub const TYPES_COMPATIBLE: &str = "__c2aya_types_compatible";

/// `__c2aya_pt_regs(ctx, "PARM1")`: a register by libbpf's name for it, the part of the macro's
/// name behind `PT_REGS_` (`PARM4_CORE_SYSCALL`, `RC`, `IP`, …).
pub const PT_REGS: &str = "__c2aya_pt_regs";
/// `PT_REGS_SYSCALL_REGS(ctx)`.
pub const SYSCALL_REGS: &str = "__c2aya_syscall_regs";

/// `bpf_printk(fmt, …)`, and likewise.
pub const PRINTK: &str = "__c2aya_printk";
/// `bpf_stream_printk(stream, fmt, …)`.
pub const STREAM_PRINTK: &str = "__c2aya_stream_printk";
/// `BPF_SNPRINTF(out, size, fmt, …)`.
pub const SNPRINTF: &str = "__c2aya_snprintf";
/// `BPF_SEQ_PRINTF(seq, fmt, …)`.
pub const SEQ_PRINTF: &str = "__c2aya_seq_printf";

/// The marker of a read by `bpf_probe_read` (or its `_str`), where a program's own copy of libbpf's
/// header has that for the marker behind this: `__c2aya_any_core_read` for [`CORE_READ`].
pub const ANY: &str = "__c2aya_any_";

/// The marker that a read of [`ANY`] is like, if it is one.
pub fn like(name: &str) -> Option<String> {
    let rest = name.strip_prefix(ANY)?;
    Some(format!("{PREFIX}{rest}"))
}

/// `BPF_CORE_READ(src, a, b)`: one argument, the access `(&*(src))->a->b`.
pub const CORE_READ: &str = "__c2aya_core_read";
/// `BPF_CORE_READ_USER`.
pub const CORE_READ_USER: &str = "__c2aya_core_read_user";
/// `BPF_PROBE_READ`.
pub const PROBE_READ_CHAIN: &str = "__c2aya_probe_read_chain";
/// `BPF_PROBE_READ_USER`.
pub const PROBE_READ_CHAIN_USER: &str = "__c2aya_probe_read_chain_user";
/// `BPF_CORE_READ_INTO(dst, src, a, b)`: `dst`, then the access.
pub const CORE_READ_INTO: &str = "__c2aya_core_read_into";
/// `BPF_CORE_READ_USER_INTO`.
pub const CORE_READ_USER_INTO: &str = "__c2aya_core_read_user_into";
/// `BPF_CORE_READ_STR_INTO`.
pub const CORE_READ_STR_INTO: &str = "__c2aya_core_read_str_into";
/// `BPF_CORE_READ_USER_STR_INTO`.
pub const CORE_READ_USER_STR_INTO: &str = "__c2aya_core_read_user_str_into";
/// `BPF_PROBE_READ_INTO`.
pub const PROBE_READ_INTO: &str = "__c2aya_probe_read_into";
/// `BPF_PROBE_READ_USER_INTO`.
pub const PROBE_READ_USER_INTO: &str = "__c2aya_probe_read_user_into";
/// `BPF_PROBE_READ_STR_INTO`.
pub const PROBE_READ_STR_INTO: &str = "__c2aya_probe_read_str_into";
/// `BPF_PROBE_READ_USER_STR_INTO`.
pub const PROBE_READ_USER_STR_INTO: &str = "__c2aya_probe_read_user_str_into";
/// `bpf_core_read(dst, size, src)`.
pub const CORE_READ_MEM: &str = "__c2aya_core_read_mem";
/// `bpf_core_read_user(dst, size, src)`.
pub const CORE_READ_USER_MEM: &str = "__c2aya_core_read_user_mem";
/// `bpf_core_read_str(dst, size, src)`.
pub const CORE_READ_STR: &str = "__c2aya_core_read_str";
/// `bpf_core_read_user_str(dst, size, src)`.
pub const CORE_READ_USER_STR: &str = "__c2aya_core_read_user_str";
/// `BPF_CORE_READ_BITFIELD(s, field)`: the access `(s)->field`.
pub const CORE_BITFIELD: &str = "__c2aya_core_bitfield";
/// `BPF_CORE_READ_BITFIELD_PROBED`.
pub const CORE_BITFIELD_PROBED: &str = "__c2aya_core_bitfield_probed";
/// `BPF_CORE_WRITE_BITFIELD(s, field, value)`: the access, then the value.
pub const CORE_WRITE_BITFIELD: &str = "__c2aya_core_write_bitfield";
/// `bpf_core_field_exists(x->y)`: the access; `((T *)0)->y` for the form with a type.
pub const CORE_FIELD_EXISTS: &str = "__c2aya_core_field_exists";
/// `bpf_core_field_size`.
pub const CORE_FIELD_SIZE: &str = "__c2aya_core_field_size";
/// `bpf_core_field_offset`.
pub const CORE_FIELD_OFFSET: &str = "__c2aya_core_field_offset";
/// `offsetof` of bpf_helpers.h, which is relocated as [`CORE_FIELD_OFFSET`] is where the record is:
/// `__builtin_offsetof(T, y)`, then `((T *)0)->y`.
pub const OFFSETOF: &str = "__c2aya_offsetof";
/// `bpf_core_type_exists(T)`: `(typeof(T) *)0`.
pub const CORE_TYPE_EXISTS: &str = "__c2aya_core_type_exists";
/// `bpf_core_type_size(T)`.
pub const CORE_TYPE_SIZE: &str = "__c2aya_core_type_size";
/// `bpf_core_type_matches(T)`.
pub const CORE_TYPE_MATCHES: &str = "__c2aya_core_type_matches";
/// `bpf_core_type_id_local(T)`.
pub const CORE_TYPE_ID_LOCAL: &str = "__c2aya_core_type_id_local";
/// `bpf_core_type_id_kernel(T)`.
pub const CORE_TYPE_ID_KERNEL: &str = "__c2aya_core_type_id_kernel";
/// `bpf_core_enum_value(T, v)`: `*(typeof(T) *)0, v`.
pub const CORE_ENUM_VALUE: &str = "__c2aya_core_enum_value";
/// `bpf_core_enum_value_exists(T, v)`.
pub const CORE_ENUM_VALUE_EXISTS: &str = "__c2aya_core_enum_value_exists";
/// `bpf_ksym_exists(sym)`.
pub const KSYM_EXISTS: &str = "__c2aya_ksym_exists";

/// `barrier()`.
pub const BARRIER: &str = "__c2aya_barrier";
/// `barrier_var(v)`.
pub const BARRIER_VAR: &str = "__c2aya_barrier_var";
/// `bpf_cmp_likely(a, OP, b)` and `bpf_cmp_unlikely`: the comparison.
pub const CMP_LIKELY: &str = "__c2aya_cmp_likely";
/// `bpf_cmp_unlikely`.
pub const CMP_UNLIKELY: &str = "__c2aya_cmp_unlikely";
/// `bpf_tail_call_static(ctx, map, slot)`.
pub const TAIL_CALL_STATIC: &str = "__c2aya_tail_call_static";
/// `bpf_for(i, start, end)` reads
/// `for (int __c2aya_turn = (start); __c2aya_for(__c2aya_turn, (end)) && (i = __c2aya_turn, 1); __c2aya_turn++)`:
/// what the body does to `i` changes nothing, and behind the loop it is the last number.
pub const FOR: &str = "__c2aya_for";
/// `bpf_repeat(n)` reads `for (int __c2aya_turn = 0; __c2aya_repeat(__c2aya_turn, (n)); __c2aya_turn++)`.
pub const REPEAT: &str = "__c2aya_repeat";
/// `bpf_for_each(type, cur, args…)` reads `while (__c2aya_for_each("type", cur, args…))`.
pub const FOR_EACH: &str = "__c2aya_for_each";

/// Byte order macros: `bpf_htons(x)` reads `__c2aya_htons(x)`; the kernel's names keep theirs
/// (`__c2aya_cpu_to_be64`). The result has the width that the name says, unsigned, but on
/// big-endian machines that of a number that has more bits ([`byte_order_bits`]).
pub const BYTE_ORDER: &[&str] = &[
    "__c2aya_htons",
    "__c2aya_ntohs",
    "__c2aya_htonl",
    "__c2aya_ntohl",
    "__c2aya_cpu_to_be16",
    "__c2aya_be16_to_cpu",
    "__c2aya_cpu_to_be32",
    "__c2aya_be32_to_cpu",
    "__c2aya_cpu_to_be64",
    "__c2aya_be64_to_cpu",
    "__c2aya_cpu_to_le16",
    "__c2aya_le16_to_cpu",
    "__c2aya_cpu_to_le32",
    "__c2aya_le32_to_cpu",
    "__c2aya_cpu_to_le64",
    "__c2aya_le64_to_cpu",
];

/// Whether a macro of libbpf's or the kernel's with this name is a byte order marker:
/// `bpf_htons`, `__bpf_constant_htons`, `__constant_htons`, `__cpu_to_be16`.
pub fn is_byte_order(word: &str) -> bool {
    let word = word.trim_start_matches('_');
    let word = word.strip_prefix("bpf_").unwrap_or(word);
    let word = word.strip_prefix("constant_").unwrap_or(word);
    let mut markers = BYTE_ORDER.iter();
    markers.any(|marker| marker.strip_prefix(PREFIX) == Some(word))
}

/// How many bits the byte order marker `name` takes.
pub fn byte_order_bits(name: &str) -> Option<u16> {
    BYTE_ORDER.contains(&name).then(|| {
        if name.ends_with('s') || name.contains("16") {
            16
        } else if name.contains("64") {
            64
        } else {
            32
        }
    })
}

//! One file for each rule.
//!
//! Its doc comment is the rule's manual page: one sentence that says what it finds, then what more
//! there is to know, `## Why it matters` with a source in the kernel or libbpf, `## Example` with
//! code that it finds and, behind *Use instead:*, code that it doesn't, and `## Fix` if it has one.
//!
//! `tests/lint/CODE-name.bpf.c` shows what it finds, `tests/lint/CODE-name.clean.bpf.c` what not.

use super::rule::Rule;
use crate::{diag::Code, lower::codes};

macro_rules! rules {
    ($($rule:ident)*) => {
        $(pub(in crate::lint) mod $rule;)*

        /// Every rule, by code.
        pub(super) static ALL: &[&Rule] = &[$(&$rule::RULE),*];
    };
}

/// Rules, and what the port says at the same place of the same fault.
pub(super) static SAME: &[(Code, Code)] = &[
    (entry_macro_at_return::RULE.code, codes::ARGUMENTS_AT_RETURN),
    (syscall_macro_elsewhere::RULE.code, codes::NO_REGISTERS),
    (syscall_macro_elsewhere::RULE.code, codes::NO_TARGET),
];

// By code.
rules! {
    unused_allow
    allow_without_reason
    unknown_allow
    too_many_arguments
    misplaced_argument
    narrow_argument
    pointer_as_number
    number_as_pointer
    wide_argument
    argument_sign
    fewer_arguments
    kprobe_on_wrapper
    wrapper_registers
    fourth_argument
    first_argument
    entry_macro_at_return
    syscall_macro_elsewhere
    hard_coded_symbol
    missing_symbol
    wrapped_twice
    own_wrapper_flag
    old_mmap
    clone_order
    socketcall
    compat_bypass
    split_argument
    unknown_syscall
    missing_syscall
    syscall_alias
    superseded_syscall
    user_pointer_access
    user_read_as_kernel
    deprecated_probe_read
    kernel_read_as_user
    user_string_printed
    size_of_pointer
    unbounded_length
    unmapped_memory
    check_then_use
    unset_pointer
    output_read_at_entry
    unwritten_field
    padding_leak
    stale_record
    stale_tail
    ignored_read
    key_type
    value_type
    record_size
    shadowed_context
    renamed_entry_macro
    mixed_ids
    kept_state
    long_name
    licence
    helper_version
    map_version
    program_version
}

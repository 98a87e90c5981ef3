//! One file for each rule.
//!
//! Its doc comment is the rule's manual page: one sentence that says what it finds, then what more
//! there is to know, `## Why it matters` with a source in the kernel or libbpf, `## Example` with
//! code that it finds and, behind *Use instead:*, code that it doesn't, and `## Fix` if it has one.
//!
//! `tests/lint/CODE-name.bpf.c` shows what it finds, `tests/lint/CODE-name.clean.bpf.c` what not.

use super::rule::Rule;

macro_rules! rules {
    ($($rule:ident)*) => {
        $(pub(in crate::lint) mod $rule;)*

        /// Every rule, by code.
        pub(super) static ALL: &[&Rule] = &[$(&$rule::RULE),*];
    };
}

// By code.
rules! {
    unused_allow
    allow_without_reason
    unknown_allow
    deprecated_probe_read
    renamed_entry_macro
}

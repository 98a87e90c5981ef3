//! The codes of diagnostics about reading and preprocessing, E0001 to E0099.

use crate::diag::Code;

/// A file can't be read at all.
pub const UNREADABLE_FILE: Code = Code::new("E0001", "unreadable-file");
/// A file is larger than any C source.
pub const FILE_TOO_LARGE: Code = Code::new("E0002", "file-too-large");
/// A file isn't UTF-8.
pub const INVALID_UTF8: Code = Code::new("E0003", "invalid-utf8");
/// An `#include` names a file that is nowhere.
pub const MISSING_HEADER: Code = Code::new("E0004", "missing-header");
/// A directive that can't be read, or a macro used wrongly.
pub const PREPROCESSOR: Code = Code::new("E0005", "preprocessor");
/// `#error`.
pub const ERROR_DIRECTIVE: Code = Code::new("E0006", "error-directive");
/// `#warning`.
pub const WARNING_DIRECTIVE: Code = Code::new("W0007", "warning-directive");
/// Brackets, conditions or includes nest deeper than any real program's.
pub const NESTING_TOO_DEEP: Code = Code::new("E0008", "nesting-too-deep");
/// Macros expand to more tokens than any real program has.
pub const EXPANSION_TOO_LARGE: Code = Code::new("E0009", "expansion-too-large");
/// `--cpp` failed.
pub const OUTSIDE_PREPROCESSOR: Code = Code::new("E0010", "outside-preprocessor");
/// BTF that can't be read.
pub const INVALID_BTF: Code = Code::new("E0011", "invalid-btf");
/// A preprocessor's remark about something that it reads anyway.
pub const PREPROCESSOR_WARNING: Code = Code::new("W0012", "preprocessor-warning");
/// A macro of libbpf's for system calls that the program's own copy of the header means otherwise.
pub const OWN_MEANING: Code = Code::new("W0015", "own-meaning");
/// C that nothing after preprocessing can read.
pub const UNSUPPORTED_SYNTAX: Code = Code::new("E0014", "unsupported-syntax");

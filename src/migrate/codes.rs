//! Codes of diagnostics about a repository.

use crate::diag::Code;

/// What was named is no folder, or nothing can be searched for in it.
pub const NO_REPOSITORY: Code = Code::new("E0520", "no-repository");
/// There is nothing to port.
pub const NOTHING_FOUND: Code = Code::new("E0521", "no-bpf-sources");
/// The configuration can't be read.
pub const BAD_CONFIG: Code = Code::new("E0522", "config-unreadable");
/// What the last run left can't be read.
pub const BAD_STATE: Code = Code::new("E0523", "state-unreadable");
/// c2aya broke down over a file.
pub const BROKE_DOWN: Code = Code::new("E0524", "broke-down");
/// A file or folder can't be read.
pub const UNREADABLE: Code = Code::new("W0520", "unreadable");
/// A symbolic link leads to a folder that it lies in.
pub const LINK_LOOP: Code = Code::new("W0521", "link-loop");
/// A compilation database can't be read.
pub const BAD_DATABASE: Code = Code::new("W0522", "database-unreadable");
/// Two sources would make objects of one name.
pub const SAME_NAME: Code = Code::new("W0523", "same-name");
/// A file was changed while it was ported.
pub const CHANGED: Code = Code::new("W0524", "changed-meanwhile");
/// A definition of a header differs between objects.
pub const DIFFERENT: Code = Code::new("W0525", "different-definitions");
/// A run was cut off, and hasn't been finished.
pub const CUT_OFF: Code = Code::new("E0525", "cut-off");
/// A generated file is missing.
pub const MISSING: Code = Code::new("E0526", "generated-file-missing");

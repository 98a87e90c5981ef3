//! What rules know of the kernel: data, each with its source.

pub mod helpers;
pub mod syscalls;
pub mod versions;

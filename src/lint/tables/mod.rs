//! What rules know of the kernel: data, each with its source.

pub mod helpers;
pub mod versions;

pub use crate::arch::syscalls;

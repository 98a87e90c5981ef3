//! A C file and all that it includes: finding headers, preprocessing, `vmlinux.h` slices, positions.

pub mod span;

//! What the C means: parsing, types and layouts, constants, the typed tree.
//!
//! `c` knows C and the GNU extensions, and reads libbpf's markers (see [`crate::source`]) as the
//! declarations and calls that they are; it knows nothing of maps, programs or Rust.

pub mod tree;
pub mod types;

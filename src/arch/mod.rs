//! Stage arch.

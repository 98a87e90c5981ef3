//! Stage output.

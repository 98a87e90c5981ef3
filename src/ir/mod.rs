//! Stage ir.

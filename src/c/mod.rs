//! Stage c.

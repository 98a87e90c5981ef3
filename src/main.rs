//! The command line of c2aya.

fn main() {}

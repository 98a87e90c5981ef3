//! C to IR; one file for each of libbpf's idioms.

# Shared by the scripts of this folder: where the cache lies, and how to say things.
# shellcheck shell=bash disable=SC2034 # the scripts that read this file use the variables

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${C2AYA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/c2aya}
llvm=/usr/lib/llvm-22/bin
bpf_linker_root=$cache/bpf-linker
libbpf=$cache/libbpf-1.7.0 # as published, and headers/ and libbpf.a
mkdir -p "$cache"

say() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; }
die() { say "$*"; exit 1; }

# The comment at the head of a script is its help.
usage() { sed -n '2,/^[^#]/{s/^# \{0,1\}//;t;d}' "$0" | sed '/^$/{N;/^\n$/D}'; exit "${1:-0}"; }

# Runs one at a time what writes to the same place in the cache.
locked() {
    local lock=$cache/$1.lock fd
    shift
    exec {fd}>"$lock"
    flock "$fd"
    "$@"
    exec {fd}>&-
}

# What both the objects and the loaders of an emitted workspace need: Debian's rustc, which has the
# sources of core; and Aya's newest crates, which ask for a newer compiler than they need.
use_debian_rust() {
    export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
    export CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS=allow
    export PATH=$bpf_linker_root/bin:$PATH
    unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_TARGET_DIR RUSTUP_TOOLCHAIN
}

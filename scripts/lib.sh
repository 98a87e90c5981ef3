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

# Sets `apt` to options with which apt-get and apt-cache know the packages of another suite and
# architecture. Those lists are apart from the system's, which stay as they are; and each has a folder
# of its own, since an update wipes the lists of other architectures.
use_packages_of() {
    local suite=$1 arch=$2 lists=$cache/apt/$1-$2 mirror
    # Where the system itself has its packages from.
    mirror=$(apt-get indextargets --format '$(REPO_URI)' | grep -m1 -E '/debian/?$') || die "apt knows no Debian mirror"
    mirror=${mirror%/}
    [[ $suite = *-security ]] && mirror=$mirror-security
    apt=(-oDir::Etc::SourceList="$lists/sources.list" -oDir::Etc::SourceParts=/dev/null
        -oDir::State::Lists="$lists/lists" -oDir::Cache="$lists/cache" -oDir::State::status=/dev/null
        -oAPT::Architecture="$arch" -oAPT::Architectures="$arch" -oAcquire::Languages=none
        -oDebug::NoLocking=1 -oAPT::Sandbox::User=root)
    mkdir -p "$lists/lists/partial" "$lists/cache/archives/partial"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$lists/sources.list"
    apt-get "${apt[@]}" update -q >"$lists/log" 2>&1 || die "no packages of $suite for $arch, see $lists/log"
}

# Prints the folder with the parts of the kernel's source that hold BPF programs, out of Debian's package
# or the archive that is given.
linux_source() {
    local archive=${1:-/usr/src/linux-source-6.12.tar.xz} source=$cache/linux-source-6.12
    if [[ ! -d $source ]]; then
        [[ -e $archive ]] || apt-get install -y -q linux-source-6.12 >&2
        rm -rf "$source.new"
        mkdir -p "$source.new"
        tar -xJf "$archive" -C "$source.new" --strip-components=1 --wildcards \
            'linux-source-*/samples/bpf' 'linux-source-*/tools/testing/selftests/bpf'
        mv "$source.new" "$source"
    fi
    echo "$source"
}

# Prints the folder with the vmlinux.h of this kernel.
headers_of_kernel() {
    local folder
    folder=$cache/vmlinux-$(uname -r)
    if [[ ! -e $folder/vmlinux.h ]]; then
        mkdir -p "$folder"
        bpftool btf dump file /sys/kernel/btf/vmlinux format c >"$folder/vmlinux.h.new"
        mv "$folder/vmlinux.h.new" "$folder/vmlinux.h"
    fi
    echo "$folder"
}

# Compiles a C file and builds its port, as PLACE/c.o and PLACE/rust.o, unless they are there already;
# says what went wrong where one can't be had, beside what the compilers wrote to PLACE. All but the
# first two arguments are for both.
built_pair() {
    local source=$1 place=$2 built
    shift 2
    mkdir -p "$place"
    if [[ ! -e $place/c.o ]]; then
        "$repository/scripts/build-c" "$source" -o "$place/c.new" "$@" 2>"$place/clang" || {
            echo "does not compile"
            return 1
        }
        mv "$place/c.new" "$place/c.o"
    fi
    [[ ! -e $place/rust.o ]] || return 0
    rm -rf "$place/probes"
    "$C2AYA" port "$@" "$source" -o "$place/probes" >"$place/port" 2>&1 || {
        echo "is not ported whole"
        return 1
    }
    built=$("$repository/scripts/build-ported" "$place/probes" 2>"$place/rustc") || {
        echo "does not build"
        return 1
    }
    cp "$built" "$place/rust.o"
}

# What makes a C file one with probes of system calls.
probe_macros='BPF_K(PROBE_)?SYSCALL *\(|"k(ret)?syscall'

# Prints the files that are given, and of folders the C files with a SEC(…) that have such macros;
# all with a SEC(…) where the first argument is true.
files_with_probes() {
    local any=$1 each
    shift
    for each in "$@"; do
        if [[ -d $each ]]; then
            grep -rlE --include='*.c' "$($any && echo 'SEC\("' || echo "$probe_macros")" "$each" \
                | xargs -r grep -lE 'SEC\("' | sort
        else
            echo "$each"
        fi
    done
}

# Prints options by which a file finds its headers: its own folder, and those beside and above it.
headers_of() {
    local place
    place=$(dirname "$(realpath "$1")")
    printf '%s\n' -I "$place"
    for place in "$place" "$place/.." "$place/../.."; do
        [[ -d $place/include ]] && printf '%s\n' -I "$(realpath "$place/include")"
    done
    return 0
}

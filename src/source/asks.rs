//! Whether a file's text depends on the target architecture.

use std::collections::HashSet;

use super::span::{FileKind, SourceMap};
use crate::{arch::Arch, source::markers};

/// Beginnings of names that mean something else on each architecture: of macros that compilers and
/// build files define, and of numbers that the kernel gives differently.
const BEGINNINGS: &[&str] = &[
    "bpf_target_",
    "__NR_",
    "SYS_",
    "__BYTE_ORDER",
    "__ORDER_",
    "__LITTLE_ENDIAN",
    "__BIG_ENDIAN",
];

/// Whether a file of the user's own asks for the target architecture or its byte order.
///
/// It may be that the answer changes nothing: then the readings are found to be equal.
pub fn for_architecture(files: &SourceMap) -> bool {
    let of_kinds = |kinds: &'static [FileKind]| {
        files
            .iter()
            .filter(|(_, file)| kinds.contains(&file.kind))
            .map(|(_, file)| &*file.text)
    };
    let differing: HashSet<&str> = of_kinds(&[FileKind::StandIn])
        .filter(|text| text.contains("defined(__TARGET_ARCH_"))
        .flat_map(differing)
        .collect();
    of_kinds(&[FileKind::Main, FileKind::Local])
        .flat_map(words)
        .any(|word| asks(word) || differing.contains(word))
}

/// The constants that a stand-in gives another value on some architectures: it undefines them there.
fn differing(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter_map(|line| line.strip_prefix("#undef "))
        .map(str::trim)
}

/// Whether a definition of `name` on the command line is about another architecture than `arch`: the
/// options of a build are those for the machine that it was made on.
pub(super) fn of_another(name: &str, arch: Arch) -> bool {
    let own = [arch.target_macro(), arch.compiler_macro()];
    // Builds that ask nobody else for the name than themselves take it from `uname -m`, Go or Debian.
    let spelled = |name| arch.spellings().contains(&name);
    let target = name.strip_prefix(TARGET);
    names_one(name) && !own.contains(&name) && !target.is_some_and(spelled)
}

/// How the macros begin by which a build says what it builds for.
const TARGET: &str = "__TARGET_ARCH_";

/// Types of which each architecture has its own, by value in a context.
const TYPES: [&str; 2] = ["bpf_perf_event_data", "bpf_user_pt_regs_t"];

fn asks(word: &str) -> bool {
    names_one(word)
        || markers::is_byte_order(word)
        || TYPES.contains(&word)
        || BEGINNINGS
            .iter()
            .any(|beginning| word.starts_with(beginning))
}

fn names_one(word: &str) -> bool {
    let compiler = |arch: Arch| word == arch.compiler_macro();
    word.starts_with(TARGET) || Arch::ALL.into_iter().any(compiler)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}

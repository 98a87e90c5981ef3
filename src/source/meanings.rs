//! Macros of a program's own copies of libbpf's headers that mean something else than libbpf's do.
//!
//! A port reads system calls' arguments as libbpf does, whatever the copy says ([`super::copies`]);
//! where the copy says something else, that has to be told.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use super::{codes, copies, lex::Kind};
use crate::{
    diag::Diagnostic,
    source::span::{FileId, Span},
};

/// A macro that a copy defines in its own way.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Meaning<'t> {
    /// Where its name stands in the definition.
    pub place: Range<usize>,
    /// What it is called.
    pub name: &'t str,
    what: What,
}

#[derive(Debug, PartialEq, Eq)]
enum What {
    /// Whether the kernel wraps system calls is settled when it is compiled.
    SettlesWrapper,
    /// The number of the argument, the register that is read, and the one that has it.
    Reads(usize, &'static str, &'static str),
}

/// The macros that a system call's program begins with.
const ENTRIES: [&str; 2] = ["BPF_KSYSCALL", "BPF_KPROBE_SYSCALL"];

/// By what libbpf's own versions leave the wrapper to the loader or, before 1.0, to the architecture.
const LEAVES_WRAPPER: [&str; 2] = ["LINUX_HAS_SYSCALL_WRAPPER", "PT_REGS_SYSCALL_REGS"];

/// The registers of a system call's arguments on x86_64, by their names in the kernel and outside.
const REGISTERS: [[&str; 2]; 6] = [
    ["di", "rdi"],
    ["si", "rsi"],
    ["dx", "rdx"],
    ["r10", "r10"],
    ["r8", "r8"],
    ["r9", "r9"],
];
/// Where a function has its fourth argument.
const FUNCTIONS_FOURTH: [&str; 2] = ["cx", "rcx"];

/// The words of each definition in a text.
struct Definitions<'t> {
    all: Vec<Definition<'t>>,
    by_name: HashMap<&'t str, Vec<usize>>,
}

struct Definition<'t> {
    place: Range<usize>,
    name: &'t str,
    words: Vec<&'t str>,
}

/// What a copy defines in its own way, each macro once.
pub(super) fn own(text: &str) -> Vec<Meaning<'_>> {
    let definitions = Definitions::of(text);
    let mut told = HashSet::new();
    (definitions.all.iter())
        .filter_map(|definition| {
            let what = definitions.meaning(definition)?;
            told.insert(definition.name).then(|| Meaning {
                place: definition.place.clone(),
                name: definition.name,
                what,
            })
        })
        .collect()
}

impl<'t> Definitions<'t> {
    fn of(text: &'t str) -> Self {
        let all: Vec<Definition<'t>> = copies::lines(text)
            .filter_map(|line| {
                let [hash, keyword, name, behind @ ..] = &line[..] else {
                    return None;
                };
                let is =
                    hash.of(text) == "#" && keyword.of(text) == "define" && name.kind == Kind::Word;
                let words = behind.iter().filter(|it| it.kind == Kind::Word);
                is.then(|| Definition {
                    place: name.start..name.end,
                    name: name.of(text),
                    words: words.map(|word| word.of(text)).collect(),
                })
            })
            .collect();
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, definition) in all.iter().enumerate() {
            by_name.entry(definition.name).or_default().push(at);
        }
        Self { all, by_name }
    }

    fn meaning(&self, definition: &Definition<'t>) -> Option<What> {
        if ENTRIES.contains(&definition.name) {
            let words = self.behind([definition]);
            let reads = |word: &&str| *word == "pt_regs" || word.starts_with("PT_REGS_");
            let settles =
                words.iter().any(reads) && LEAVES_WRAPPER.iter().all(|name| !words.contains(name));
            return settles.then_some(What::SettlesWrapper);
        }
        let number = syscall_argument(definition.name)?;
        // Each architecture has its own definition.
        let same = self.by_name.get(definition.name).into_iter().flatten();
        let words = self.behind(same.filter_map(|&at| self.all.get(at)));
        let right = REGISTERS.get(number.checked_sub(1)?)?;
        if right.iter().any(|register| words.contains(register)) {
            return None;
        }
        let known = REGISTERS.iter().flatten().chain(&FUNCTIONS_FOURTH);
        let read = known
            .into_iter()
            .find(|register| words.contains(*register))?;
        Some(What::Reads(number, read, right[0]))
    }

    /// All words that definitions come to, by way of the text's other macros.
    fn behind<'d>(
        &'d self,
        definitions: impl IntoIterator<Item = &'d Definition<'t>>,
    ) -> HashSet<&'t str>
    where
        't: 'd,
    {
        let mut found = HashSet::new();
        let mut todo: Vec<&Definition<'t>> = definitions.into_iter().collect();
        while let Some(definition) = todo.pop() {
            for &word in definition.words.iter().filter(|word| found.insert(**word)) {
                // Numbers of arguments are pasted to the names of libbpf's inner macros.
                if word.starts_with("___") {
                    todo.extend(self.all.iter().filter(|other| other.name.starts_with(word)));
                } else if let Some(others) = self.by_name.get(word) {
                    todo.extend(others.iter().filter_map(|&at| self.all.get(at)));
                }
            }
        }
        found
    }
}

/// The number in `PT_REGS_PARM4_SYSCALL` and `PT_REGS_PARM4_CORE_SYSCALL`.
fn syscall_argument(name: &str) -> Option<usize> {
    let number = name
        .strip_prefix("PT_REGS_PARM")?
        .strip_suffix("_SYSCALL")?;
    number.strip_suffix("_CORE").unwrap_or(number).parse().ok()
}

impl Meaning<'_> {
    /// The warning about it, in the file that defines it.
    pub(super) fn warning(&self, file: FileId) -> Diagnostic {
        let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let place = Span {
            file,
            start: offset(self.place.start),
            end: offset(self.place.end),
        };
        let name = self.name;
        let (message, help) = match self.what {
            What::SettlesWrapper => (
                format!(
                    "this `{name}` settles when it is compiled whether the kernel wraps system calls: the port's is libbpf's, which finds out when it is loaded"
                ),
                "compare both on either kind of kernel: c2aya verify FILE --wrapper 0, and --wrapper 1",
            ),
            What::Reads(number, read, right) => (
                format!(
                    "this `{name}` reads `{read}`: the port's is libbpf's, which reads `{right}`, where system calls have argument {number}"
                ),
                "read as libbpf does in C too, or name the macro otherwise if something else is meant",
            ),
        };
        Diagnostic::warning(codes::OWN_MEANING, place, message).help(help)
    }
}

#[cfg(test)]
mod tests {
    use super::own;

    #[track_caller]
    fn check(text: &str, names: &[&str]) {
        let found = own(text);
        let found: Vec<&str> = found.iter().map(|it| it.name).collect();
        assert_eq!(found, names);
    }

    /// After libbpf 0.7, 1.0 and 1.7.
    #[test]
    fn libbpfs_own() {
        check(
            "#define PT_REGS_PARM4(x) ((x)->cx)\n#define PT_REGS_PARM4_SYSCALL(x) ((x)->r10)\n\
             #ifndef PT_REGS_PARM4_SYSCALL\n#define PT_REGS_PARM4_SYSCALL(x) PT_REGS_PARM4(x)\n#endif\n\
             #define PT_REGS_PARM1_SYSCALL(x) ({ _Pragma(__BPF_TARGET_MISSING); 0l; })\n\
             #define PT_REGS_SYSCALL_REGS(ctx) ((struct pt_regs *)PT_REGS_PARM1(ctx))\n\
             #define BPF_KPROBE_SYSCALL(name, args...) name(struct pt_regs *ctx) { \\\n\
             struct pt_regs *regs = PT_REGS_SYSCALL_REGS(ctx); }\n",
            &[],
        );
        check(
            "#define BPF_KSYSCALL(name, args...) name(struct pt_regs *ctx) { \\\n\
             struct pt_regs *regs = LINUX_HAS_SYSCALL_WRAPPER ? PT_REGS_PARM1(ctx) : ctx; }\n\
             #define BPF_KPROBE_SYSCALL BPF_KSYSCALL\n",
            &[],
        );
        check(
            "#define __PT_PARM4_REG cx\n#define __PT_PARM4_SYSCALL_REG r10\n\
             #define __PT_PARM4_SYSCALL_REG __PT_PARM4_REG\n\
             #define PT_REGS_PARM4_SYSCALL(x) (__PT_REGS_CAST(x)->__PT_PARM4_SYSCALL_REG)\n",
            &[],
        );
    }

    #[test]
    fn what_settles_the_wrapper() {
        check(
            "#ifdef CONFIG_SYSCALL_WRAPPER\n\
             #define BPF_KPROBE_SYSCALL(name, args...) name(struct pt_regs *ctx) { ___args(args) }\n\
             #else\n#define BPF_KPROBE_SYSCALL(name, args...) name(struct pt_regs *ctx) { }\n#endif\n\
             #define ___args1(x) PT_REGS_PARM1(ctx)\n",
            &["BPF_KPROBE_SYSCALL"],
        );
        check("#define BPF_KSYSCALL SOMEBODYS_KSYSCALL\n", &[]);
    }

    #[test]
    fn what_reads_other_registers() {
        check(
            "#define PT_REGS_PARM4(x) ((x)->rcx)\n\
             #define PT_REGS_PARM4_SYSCALL(x) PT_REGS_PARM4(x)\n\
             #define PT_REGS_PARM4_CORE_SYSCALL(x) BPF_CORE_READ((x), cx)\n\
             #define PT_REGS_PARM1_SYSCALL(x) ((x)->di)\n",
            &["PT_REGS_PARM4_SYSCALL", "PT_REGS_PARM4_CORE_SYSCALL"],
        );
    }
}

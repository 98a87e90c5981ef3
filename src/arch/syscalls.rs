//! System calls of Linux: on which architectures they exist, what functions they enter, and what
//! those take. `syscalls.txt` is written by `scripts/syscall-table` from kernel sources.

use std::{collections::HashMap, sync::LazyLock};

use super::Arch;

/// A system call on the architectures where it is one and the same.
#[derive(Clone, Debug)]
pub struct Syscall {
    /// What user space knows it by.
    pub name: &'static str,
    /// What follows the architecture's prefix in the name of the function that it enters, which is
    /// what `ksyscall/…` has to name.
    pub entry: &'static str,
    /// What that function takes; none if it isn't known.
    pub args: Option<Vec<Arg>>,
    presence: [Presence; Arch::ALL.len()],
}

/// Whether an architecture has a system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It doesn't.
    Missing,
    /// Only for 32-bit programs on a 64-bit kernel.
    CompatOnly,
    /// It does.
    Native,
    /// And 32-bit programs enter the same function.
    Shared,
    /// And 32-bit programs enter a function of their own, which has the same name behind another
    /// prefix and takes the same arguments, each as wide as those programs have it.
    Compat,
    /// And 32-bit programs enter a function of another name, whose arguments may lie elsewhere
    /// (a `loff_t` takes two registers, `clone` has another order).
    OtherCompat,
}

/// An argument as the kernel declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arg {
    /// Type and name: `const char *filename`.
    pub text: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub kind: ArgKind,
}

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgKind {
    /// An address in user space.
    Pointer,
    /// A number of so many bits.
    Int {
        /// On a 64-bit kernel.
        bits: u16,
        /// Whether it can be negative.
        signed: bool,
        /// Whether it is as wide as a register, and often holds an address: `unsigned long arg`.
        word: bool,
    },
}

impl Syscall {
    /// Whether `arch` has it.
    pub fn on(&self, arch: Arch) -> Presence {
        let at = Arch::ALL.iter().position(|&known| known == arch);
        at.and_then(|at| self.presence.get(at))
            .copied()
            .unwrap_or(Presence::Missing)
    }

    /// Whether 64-bit programs of `arch` (or the programs of a 32-bit one) have it.
    pub fn native(&self, arch: Arch) -> bool {
        !matches!(self.on(arch), Presence::Missing | Presence::CompatOnly)
    }

    /// Whether 32-bit programs on a kernel of `arch` have it, and enter a function of their own.
    pub fn apart(&self, arch: Arch) -> bool {
        matches!(self.on(arch), Presence::Compat | Presence::OtherCompat)
    }
}

/// All that user space knows by `name`.
pub fn named(name: &str) -> &'static [Syscall] {
    let range = TABLE.by_name.get(name).cloned().unwrap_or(0..0);
    TABLE.rows.get(range).unwrap_or(&[])
}

/// All that enter the function `entry`.
pub fn entering(entry: &str) -> impl Iterator<Item = &'static Syscall> {
    let rows = TABLE.by_entry.get(entry).map(Vec::as_slice);
    rows.unwrap_or_default()
        .iter()
        .filter_map(|&at| TABLE.rows.get(at))
}

/// What the function that a probe of `entry` sits on takes on `arch`.
pub fn entered(entry: &str, arch: Arch) -> Option<&'static Syscall> {
    entering(entry).find(|call| call.native(arch))
}

/// Every name of a system call or of the function that it enters.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.by_name.keys().chain(TABLE.by_entry.keys()).copied()
}

struct Table {
    rows: Vec<Syscall>,
    by_name: HashMap<&'static str, std::ops::Range<usize>>,
    by_entry: HashMap<&'static str, Vec<usize>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table {
        rows: include_str!("syscalls.txt")
            .lines()
            .filter_map(row)
            .collect(),
        by_name: HashMap::new(),
        by_entry: HashMap::new(),
    };
    for (at, row) in table.rows.iter().enumerate() {
        table.by_name.entry(row.name).or_insert(at..at).end = at + 1;
        table.by_entry.entry(row.entry).or_default().push(at);
    }
    table
});

fn row(line: &'static str) -> Option<Syscall> {
    if line.starts_with('#') {
        return None;
    }
    let mut columns = line.split('\t');
    let name = columns.next()?;
    let letters = columns.next()?;
    let entry = columns.next()?;
    let mut presence = [Presence::Missing; Arch::ALL.len()];
    for (place, letter) in presence.iter_mut().zip(letters.bytes()) {
        *place = match letter {
            b'x' => Presence::CompatOnly,
            b'n' => Presence::Native,
            b's' => Presence::Shared,
            b'c' => Presence::Compat,
            b'o' => Presence::OtherCompat,
            _ => Presence::Missing,
        };
    }
    let args = match columns.next() {
        None => Some(Vec::new()),
        Some("?") => None,
        Some(args) => args.split(", ").map(arg).collect(),
    };
    Some(Syscall {
        name,
        entry,
        args,
        presence,
    })
}

fn arg(text: &'static str) -> Option<Arg> {
    let at = text.rfind([' ', '*'])?;
    let (ty, name) = text.split_at_checked(at + 1)?;
    let int = |bits, signed, word| Some(ArgKind::Int { bits, signed, word });
    let kind = if ty.contains('*') {
        Some(ArgKind::Pointer)
    } else {
        match ty.trim_end() {
            "cap_user_header_t" | "cap_user_data_t" | "__sighandler_t" => Some(ArgKind::Pointer),
            "int" | "pid_t" | "clockid_t" | "timer_t" | "mqd_t" | "key_t" | "key_serial_t"
            | "qid_t" | "rwf_t" | "__s32" => int(32, true, false),
            "unsigned int"
            | "unsigned"
            | "uint"
            | "u32"
            | "__u32"
            | "uid_t"
            | "gid_t"
            | "enum landlock_rule_type" => int(32, false, false),
            "umode_t" | "old_uid_t" | "old_gid_t" => int(16, false, false),
            "size_t" | "u64" | "__u64" | "old_sigset_t" => int(64, false, false),
            "unsigned long" | "aio_context_t" | "uintptr_t" => int(64, false, true),
            "loff_t" => int(64, true, false),
            "long" | "off_t" => int(64, true, true),
            _ => None,
        }
    }?;
    Some(Arg { text, name, kind })
}

#[cfg(test)]
mod tests {
    use std::{path::Path, process::Command};

    use super::*;

    #[track_caller]
    fn check(entry: &str, arch: Arch, expected: &str) {
        let found = entered(entry, arch).map_or_else(
            || "none".to_owned(),
            |call| match &call.args {
                Some(args) => {
                    let args: Vec<&str> = args.iter().map(|arg| arg.text).collect();
                    args.join(", ")
                }
                None => "unknown".to_owned(),
            },
        );
        assert_eq!(found, expected);
    }

    #[test]
    fn functions_of_calls() {
        check(
            "openat",
            Arch::X86_64,
            "int dfd, const char *filename, int flags, umode_t mode",
        );
        check("getpid", Arch::Aarch64, "");
        check("open", Arch::Aarch64, "none");
        check("stat", Arch::X86_64, "none");
        check(
            "newstat",
            Arch::X86_64,
            "const char *filename, struct stat *statbuf",
        );
        check("old_mmap", Arch::S390x, "struct mmap_arg_struct *arg");
        check(
            "clone",
            Arch::S390x,
            "unsigned long newsp, unsigned long clone_flags, int *parent_tidptr,\
             \u{20}int *child_tidptr, unsigned long tls",
        );
    }

    #[test]
    fn every_row_is_read() {
        let lines = include_str!("syscalls.txt").lines();
        let rows = lines.filter(|line| !line.starts_with('#')).count();
        assert_eq!(TABLE.rows.len(), rows);
        for call in &TABLE.rows {
            let common = call.native(Arch::X86_64) || call.native(Arch::Aarch64);
            assert!(!common || call.args.is_some(), "{call:?}");
        }
    }

    #[test]
    fn a_call_knows_where_it_is() {
        let [stat, ..] = named("stat") else {
            panic!("stat")
        };
        assert_eq!(stat.on(Arch::Aarch64), Presence::CompatOnly);
        assert!(named("stat").iter().any(|call| call.native(Arch::X86_64)));
        assert!(named("nosuch").is_empty());
    }

    /// Where the package with the sources is installed, the table is what the script makes of it.
    #[test]
    #[ignore = "unpacks a kernel for a minute; scripts/test runs it"]
    fn the_table_is_what_the_script_writes() {
        let sources = Path::new("/usr/src/linux-source-6.12.tar.xz");
        if !sources.exists() {
            eprintln!("skipped: {} isn't there", sources.display());
            return;
        }
        let dir = tempfile::tempdir().expect("a folder");
        let tar = Command::new("tar")
            .args(["-xJf", "/usr/src/linux-source-6.12.tar.xz", "-C"])
            .arg(dir.path())
            .args(["--strip-components=1", "--wildcards"])
            .args(["*.c", "*.tbl", "*/Kconfig", "*/include/linux/syscalls.h"])
            .status()
            .expect("tar");
        assert!(tar.success());
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/syscall-table");
        let written = Command::new(script)
            .arg(dir.path())
            .output()
            .expect("the script");
        assert!(written.status.success(), "{written:?}");
        assert!(
            written.stdout == include_bytes!("syscalls.txt"),
            "run scripts/syscall-table again"
        );
    }
}

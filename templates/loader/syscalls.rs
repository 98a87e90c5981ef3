//! How the running kernel enters its system calls, and what the functions are called.

use std::{collections::HashMap, env::consts::ARCH, fs, path::Path};

use anyhow::{Context as _, Result, ensure};

const KALLSYMS: &str = "/proc/kallsyms";
const KPROBES: &str = "/sys/bus/event_source/devices/kprobe";

pub struct Syscalls {
    /// The addresses of all functions whose names have `sys_` in them.
    functions: HashMap<String, String>,
    /// What precedes the name of a system call, the likeliest first.
    prefixes: &'static [&'static str],
    wrapped: bool,
}

impl Syscalls {
    pub fn of_kernel() -> Result<Self> {
        ensure!(
            Path::new(KPROBES).exists(),
            "this kernel has no kprobes (CONFIG_KPROBES), which these programs are"
        );
        let symbols =
            fs::read_to_string(KALLSYMS).with_context(|| format!("can't read {KALLSYMS}"))?;
        Ok(Self::parse(&symbols, ARCH))
    }

    /// `symbols` has a line for each: its address, its kind and its name.
    fn parse(symbols: &str, arch: &str) -> Self {
        let functions: HashMap<_, _> = symbols
            .lines()
            .filter_map(|line| {
                let mut columns = line.split_ascii_whitespace();
                let (address, _kind, name) = (columns.next()?, columns.next()?, columns.next()?);
                name.contains("sys_")
                    .then(|| (name.to_owned(), address.to_owned()))
            })
            .collect();

        let wrapper: &[_] = match arch {
            "x86_64" => &["__x64_sys_"],
            "aarch64" => &["__arm64_sys_"],
            "s390x" => &["__s390x_sys_"],
            "riscv64" => &["__riscv_sys_"],
            "powerpc64" => &["sys_"],
            // No wrapper on arm, mips, mips64 and loongarch64.
            _ => &[],
        };
        // Every kernel that can run a probe has the system call bpf.
        let wrapped = wrapper.iter().any(|prefix| {
            functions
                .get(&format!("{prefix}bpf"))
                // powerpc64 names both the same, but only without a wrapper it is an alias.
                .is_some_and(|address| Some(address) != functions.get("__se_sys_bpf"))
        });
        Self {
            functions,
            prefixes: if wrapped {
                wrapper
            } else {
                &["__se_sys_", "sys_"]
            },
            wrapped,
        }
    }

    /// Whether the arguments lie behind the function's one parameter.
    pub fn wrapped(&self) -> bool {
        self.wrapped
    }

    /// The function that a probe of the system call `name` attaches to; none: this kernel doesn't
    /// have that call.
    pub fn function(&self, name: &str) -> Option<String> {
        (self.prefixes.iter())
            .map(|prefix| format!("{prefix}{name}"))
            .find(|function| self.functions.contains_key(function))
    }

    /// The function by which 32-bit programs enter the system call `name`; none: there are no such
    /// programs, or they enter the same function as others.
    pub fn compat_function(&self, name: &str) -> Option<String> {
        let prefixes: &[_] = match ARCH {
            "x86_64" => &["__ia32_compat_sys_", "__ia32_sys_"],
            "aarch64" => &["__arm64_compat_sys_"],
            "s390x" => &["__s390_compat_sys_", "__s390_sys_"],
            "riscv64" => &["__riscv_compat_sys_"],
            _ => &["compat_sys_"],
        };
        (prefixes.iter())
            .map(|prefix| format!("{prefix}{name}"))
            .find(|function| self.functions.contains_key(function))
    }
}

#[cfg(test)]
mod tests {
    use super::Syscalls;

    #[track_caller]
    fn check(arch: &str, symbols: &str, wrapped: bool, function: Option<&str>) {
        let syscalls = Syscalls::parse(symbols, arch);
        assert_eq!(syscalls.wrapped(), wrapped);
        assert_eq!(syscalls.function("kill").as_deref(), function);
    }

    #[test]
    fn a_wrapper_is_known_by_its_name() {
        let symbols = "1 T __x64_sys_bpf\n2 T __x64_sys_kill\n3 T __ia32_sys_kill";
        check("x86_64", symbols, true, Some("__x64_sys_kill"));
        check(
            "x86_64",
            "1 T __se_sys_bpf\n2 T __se_sys_kill",
            false,
            Some("__se_sys_kill"),
        );
        check("arm", "1 T sys_bpf\n2 T sys_kill", false, Some("sys_kill"));
    }

    #[test]
    fn on_power_an_alias_tells() {
        check(
            "powerpc64",
            "1 T sys_bpf\n2 T sys_kill",
            true,
            Some("sys_kill"),
        );
        let alias = "1 T sys_bpf\n1 T __se_sys_bpf\n2 T sys_kill";
        check("powerpc64", alias, false, Some("sys_kill"));
    }

    #[test]
    fn a_call_may_be_missing() {
        check("x86_64", "1 T __x64_sys_bpf", true, None);
    }
}

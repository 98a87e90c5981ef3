//! Where the kernel's variables lie that the programs ask for.

use std::fs;

use anyhow::{Context as _, Result, bail};

const KALLSYMS: &str = "/proc/kallsyms";

/// A variable that libbpf calls `__ksym`.
pub struct Ksym {
    /// Its name.
    pub name: &'static str,
    /// The constant of the programs' that holds its address.
    pub global: &'static str,
    /// Whether it is 0 where this kernel doesn't have it.
    pub weak: bool,
}

/// The address of each of `ksyms`.
pub fn addresses(ksyms: &[Ksym]) -> Result<Vec<(&'static str, [u8; 8])>> {
    let symbols = fs::read_to_string(KALLSYMS).with_context(|| format!("can't read {KALLSYMS}"))?;
    (ksyms.iter())
        .map(|ksym| Ok((ksym.global, address(ksym, &symbols)?.to_ne_bytes())))
        .collect()
}

/// `symbols` has a line for each: its address, its kind and its name.
fn address(ksym: &Ksym, symbols: &str) -> Result<u64> {
    let found = symbols.lines().find_map(|line| {
        let mut columns = line.split_ascii_whitespace();
        let (address, _kind, name) = (columns.next()?, columns.next()?, columns.next()?);
        (name == ksym.name).then(|| u64::from_str_radix(address, 16))
    });
    match found {
        Some(Ok(0)) => bail!("{KALLSYMS} tells no addresses (kernel.kptr_restrict)"),
        Some(address) => Ok(address?),
        None if ksym.weak => Ok(0),
        None => bail!("this kernel has no {}", ksym.name),
    }
}

#[cfg(test)]
mod tests {
    use super::{Ksym, address};

    fn found(name: &'static str, weak: bool) -> Option<u64> {
        let ksym = Ksym {
            name,
            global: "",
            weak,
        };
        address(&ksym, "ff10 D init_task\n0 D hidden\n").ok()
    }

    #[test]
    fn a_missing_one_is_0_if_it_may_be() {
        assert_eq!(found("init_task", false), Some(0xff10));
        assert_eq!(found("nothing", true), Some(0));
        assert_eq!(found("nothing", false), None);
        assert_eq!(found("hidden", true), None);
    }
}

//! What the programs ask of the running kernel's version and configuration.

use std::{collections::HashMap, fs, io::Read as _};

use anyhow::{Context as _, Result, bail, ensure};
use flate2::read::GzDecoder;

/// A variable that libbpf calls `__kconfig`.
pub struct Variable {
    pub name: &'static str,
    /// How many bytes it has.
    pub size: usize,
    pub kind: Kind,
    /// Whether it is 0 where this kernel doesn't know it.
    pub weak: bool,
}

#[allow(dead_code, reason = "a port has the variables that its programs use")]
pub enum Kind {
    Number,
    /// A character array.
    Text,
    /// `enum libbpf_tristate`: 0, 1 or, for a module, 2.
    Tristate,
}

/// The bytes that each of `variables` gets.
pub fn values(variables: &[Variable]) -> Result<Vec<(&'static str, Vec<u8>)>> {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let version = version_text(release.trim())?;
    let options = if variables
        .iter()
        .any(|variable| variable.name.starts_with("CONFIG_"))
    {
        options(release.trim())?
    } else {
        HashMap::new()
    };
    variables
        .iter()
        .map(|variable| Ok((variable.name, value(variable, &version, &options)?)))
        .collect()
}

fn value(variable: &Variable, kernel: &str, options: &HashMap<String, String>) -> Result<Vec<u8>> {
    let Variable {
        name,
        size,
        kind,
        weak,
    } = variable;
    let number = match *name {
        "LINUX_KERNEL_VERSION" => version(kernel)?,
        // Probes have had cookies since 5.15.
        "LINUX_HAS_BPF_COOKIE" => i64::from(version(kernel)? >= 0x05_0f_00),
        _ => match (options.get(*name), kind) {
            (Some(text), Kind::Text) => {
                let text = text.trim_matches('"').as_bytes();
                ensure!(text.len() < *size, "this kernel's {name} is too long");
                let mut bytes = text.to_vec();
                bytes.resize(*size, 0);
                return Ok(bytes);
            }
            (Some(text), Kind::Tristate) if text == "m" => 2,
            (Some(text), _) if text == "y" => 1,
            (Some(text), _) if text == "n" || text == "m" => 0,
            (Some(text), _) => integer(text).with_context(|| format!("{name} is {text}"))?,
            // A configuration doesn't list what is off.
            (None, Kind::Tristate) => 0,
            (None, _) if *weak || *size == 1 => 0,
            (None, _) => bail!("this kernel has no {name}"),
        },
    };
    let bytes = number.to_ne_bytes();
    let bytes = if cfg!(target_endian = "little") {
        bytes.get(..*size)
    } else {
        bytes
            .len()
            .checked_sub(*size)
            .and_then(|start| bytes.get(start..))
    };
    bytes
        .map(<[u8]>::to_vec)
        .with_context(|| format!("{name} has {size} bytes"))
}

/// What starts with the kernel's version. A distribution's release may leave out the patch, as Debian's
/// `6.1.0-56-amd64` does; libbpf looks at these places too.
fn version_text(release: &str) -> Result<String> {
    let ubuntu = fs::read_to_string("/proc/version_signature").unwrap_or_default();
    let build = fs::read_to_string("/proc/sys/kernel/version")?;
    Ok(of_distribution(&ubuntu, &build)
        .unwrap_or(release)
        .to_owned())
}

/// From `Ubuntu 5.4.0-12.15-generic 5.4.8`, or `#1 SMP Debian 6.1.176-1 (2026-10-30)`.
fn of_distribution<'a>(ubuntu: &'a str, build: &'a str) -> Option<&'a str> {
    let debian = || Some(build.split_once("Debian ")?.1);
    ubuntu.split_whitespace().nth(2).or_else(debian)
}

/// `KERNEL_VERSION` of a release such as `6.12.4-amd64`; a patch above 255 counts as 255, as in the
/// kernel.
fn version(release: &str) -> Result<i64> {
    let mut numbers = release
        .split(|char: char| !char.is_ascii_digit())
        .map_while(|number| number.parse::<i64>().ok());
    let (major, minor) = (numbers.next(), numbers.next());
    let (Some(major), Some(minor)) = (major, minor) else {
        bail!("can't make out the kernel's version from {release}");
    };
    Ok(major << 16 | minor << 8 | numbers.next().unwrap_or(0).min(255))
}

fn integer(text: &str) -> Result<i64> {
    Ok(match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16)?.cast_signed(),
        None => text.parse()?,
    })
}

/// The options that the kernel was built with.
fn options(release: &str) -> Result<HashMap<String, String>> {
    let mut text = String::new();
    if let Ok(packed) = fs::read("/proc/config.gz") {
        GzDecoder::new(packed.as_slice()).read_to_string(&mut text)?;
    } else {
        let path = format!("/boot/config-{release}");
        text = fs::read_to_string(&path).with_context(|| {
            format!("neither /proc/config.gz nor {path} tells how this kernel was built")
        })?;
    }
    Ok(parse(&text))
}

fn parse(text: &str) -> HashMap<String, String> {
    text.lines()
        .filter(|line| line.starts_with("CONFIG_"))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &'static str, size: usize, kind: Kind, expected: Option<&[u8]>) {
        let options =
            parse("CONFIG_HZ=250\nCONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=\"x\"\nCONFIG_M=m\n");
        let variable = Variable {
            name,
            size,
            kind,
            weak: false,
        };
        assert_eq!(
            value(&variable, "6.12.4-x", &options).ok().as_deref(),
            expected
        );
    }

    #[test]
    fn variables_have_their_size() {
        check("CONFIG_HZ", 4, Kind::Number, Some(&250u32.to_ne_bytes()));
        check("CONFIG_A", 1, Kind::Number, Some(&[1]));
        check("CONFIG_B", 1, Kind::Number, Some(&[0]));
        check("CONFIG_B", 4, Kind::Number, None);
        check("CONFIG_C", 3, Kind::Text, Some(b"x\0\0"));
        check("CONFIG_M", 4, Kind::Tristate, Some(&2u32.to_ne_bytes()));
    }

    #[test]
    fn the_version_is_one_number() {
        let expected = 0x06_0c_04u32.to_ne_bytes();
        check("LINUX_KERNEL_VERSION", 4, Kind::Number, Some(&expected));
        assert_eq!(version("5.10.300").unwrap(), 0x05_0a_ff);
        let debian = of_distribution("", "#1 SMP Debian 6.1.176-1 (2026-10-30)");
        assert_eq!(version(debian.unwrap()).unwrap(), 0x06_01_b0);
        let ubuntu = of_distribution("Ubuntu 5.4.0-12.15-generic 5.4.8\n", "#9-Ubuntu SMP");
        assert_eq!(version(ubuntu.unwrap()).unwrap(), 0x05_04_08);
        assert_eq!(of_distribution("", "#1 SMP PREEMPT"), None);
    }
}

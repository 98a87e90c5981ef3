//! Does for objects that were ported to Aya what libbpf did for those of C: fills in what only the
//! running kernel tells, and attaches programs to system calls by name. For libbpf-rs.
//!
//! ```ignore
//! let path = "target/bpfel-unknown-none/release/OBJECT";
//! let mut open = ObjectBuilder::default().open_file(path)?;
//! c2aya::fill(&mut open, path, "OBJECT")?;
//! let mut object = open.load()?;
//! let links = c2aya::attach(&mut object, "OBJECT")?;
//! ```
#![allow(dead_code, reason = "not every object needs all of it")]

use std::{fs, path::Path};

use anyhow::{Context as _, Result, ensure};
use libbpf_rs::{Link, Object, OpenObject};

/*IMPORTS*/
struct About {
    name: &'static str,
    wrapper: bool,
    core: &'static [Question],
    kconfig: &'static [Variable],
    attach: &'static [Attachment],
}

struct Attachment {
    program: &'static str,
    syscall: bool,
    target: &'static str,
    returns: bool,
}

/*TABLES*/
fn about(name: &str) -> Result<&'static About> {
    let found = OBJECTS.iter().find(|object| object.name == name);
    found.with_context(|| format!("no object {name}"))
}

/// Sets the variables of an object that depend on the running kernel, before it is loaded. `path` is
/// the file that it was opened from.
pub fn fill(object: &mut OpenObject, path: impl AsRef<Path>, name: &str) -> Result<()> {
    let about = about(name)?;
    let mut values: Vec<(&str, Vec<u8>)> = Vec::new();
    if about.wrapper {
        let wrapped = u8::from(Syscalls::of_kernel()?.wrapped());
        values.push(("LINUX_HAS_SYSCALL_WRAPPER", vec![wrapped]));
    }
    /*CORE*/
    /*KCONFIG*/
    let file = fs::read(path)?;
    for (name, value) in values {
        set(object, &file, name, &value)?;
    }
    Ok(())
}

/// Attaches the programs that an object had for system calls and functions of the kernel. A system
/// call that the kernel doesn't have is passed over.
pub fn attach(object: &mut Object, name: &str) -> Result<Vec<Link>> {
    let syscalls = Syscalls::of_kernel()?;
    let mut links = Vec::new();
    for each in about(name)?.attach {
        let function = if each.syscall {
            syscalls.function(each.target)
        } else {
            Some(each.target.to_owned())
        };
        let Some(function) = function else { continue };
        let mut programs = object.progs_mut();
        let program = programs.find(|program| program.name() == each.program);
        let program = program.with_context(|| format!("no program {}", each.program))?;
        links.push(program.attach_kprobe(each.returns, function)?);
    }
    Ok(links)
}

/// Sets a constant of an object that isn't loaded yet, and whose file that is.
pub fn set(object: &mut OpenObject, file: &[u8], name: &str, value: &[u8]) -> Result<()> {
    let (section, at, size) = symbol(file, name).with_context(|| format!("no variable {name}"))?;
    ensure!(size == value.len(), "{name} has {size} bytes");
    for mut map in object.maps_mut() {
        if map.name().to_string_lossy().ends_with(&section)
            && let Some(place) = map.initial_value_mut()
            && let Some(place) = place.get_mut(at..at + size)
        {
            place.copy_from_slice(value);
            return Ok(());
        }
    }
    anyhow::bail!("{name} is in no section that can be set")
}

/// The section, offset and size of a variable in an ELF file of 64 bits of this machine's byte order.
fn symbol(file: &[u8], name: &str) -> Option<(String, usize, usize)> {
    let long = |at: usize| Some(u64::from_ne_bytes(file.get(at..at + 8)?.try_into().ok()?) as usize);
    let word = |at: usize| Some(u32::from_ne_bytes(file.get(at..at + 4)?.try_into().ok()?) as usize);
    let half = |at: usize| Some(u16::from_ne_bytes(file.get(at..at + 2)?.try_into().ok()?) as usize);
    let text = |at: usize| {
        let rest = file.get(at..)?;
        let end = rest.iter().position(|&byte| byte == 0)?;
        String::from_utf8(rest[..end].to_vec()).ok()
    };
    let (headers, size, count, names) = (long(40)?, half(58)?, half(60)?, half(62)?);
    let header = |section: usize| headers + section * size;
    let start = |section: usize| long(header(section) + 24);
    for table in (0..count).filter(|&section| word(header(section) + 4) == Some(2)) {
        let strings = start(word(header(table) + 40)?)?;
        let (from, length) = (start(table)?, long(header(table) + 32)?);
        for entry in (from..from + length).step_by(24) {
            if text(strings + word(entry)?)? == name {
                let section = word(header(half(entry + 6)?))?;
                return Some((text(start(names)? + section)?, long(entry + 8)?, long(entry + 16)?));
            }
        }
    }
    None
}


//! Functions (kfuncs) and variables of the kernel that the programs use by name.
//!
//! Aya resolves the call of such a function where the object's type information says that it is the
//! kernel's. rustc writes none of what it only declares, so calls and addresses are resolved here, as
//! libbpf does it: by the number among the kernel's types.

use anyhow::{Context as _, Result, bail};
use object::{
    NativeEndian,
    elf::{FileHeader64, Rel64, SHF_EXECINSTR, SHT_SYMTAB, SectionHeader64},
    pod,
    read::elf::{FileHeader as _, SectionHeader as _, Sym as _},
};

use crate::btf::Btf;

/// A function or a variable of the kernel.
pub struct Extern {
    pub what: What,
    /// Its name.
    pub name: &'static str,
    /// The constant of the programs' that isn't 0 where this kernel has it; empty: none asks.
    pub global: &'static str,
    /// Whether a kernel may lack it.
    pub weak: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "a port uses what its programs need")]
pub enum What {
    Function,
    Data,
}

/// An object in which functions and variables of the kernel are resolved.
#[allow(dead_code, reason = "not all ports ask what is there")]
pub struct Linked {
    pub object: Vec<u8>,
    /// Constants of the programs', and their values.
    pub present: Vec<(&'static str, [u8; 8])>,
}

/// An instruction, `struct bpf_insn`, has so many bytes.
const INSTRUCTION: usize = 8;

/// Whose number a call has: `BPF_PSEUDO_KFUNC_CALL`.
const OF_FUNCTION: u8 = 2;
/// Whose number stands for an address: `BPF_PSEUDO_BTF_ID`.
const OF_VARIABLE: u8 = 3;

/// The number of a helper that no kernel has: the verifier refuses a program that comes to the call.
const MISSING: u32 = 2_002_000_000;

/// Resolves the uses of `externs` in `object`.
pub fn link(object: &[u8], externs: &[Extern], kernel: &Btf) -> Result<Linked> {
    let mut ids = Vec::new();
    for known in externs {
        let id = match known.what {
            What::Function => kernel.function(known.name),
            What::Data => kernel.variable(known.name),
        };
        if id.is_none() && !known.weak {
            bail!("this kernel has no {}", known.name);
        }
        ids.push((known, id));
    }
    let mut linked = Linked {
        object: object.to_vec(),
        present: (ids.iter().filter(|(known, _)| !known.global.is_empty()))
            .map(|(known, id)| (known.global, u64::from(id.is_some()).to_ne_bytes()))
            .collect(),
    };

    let header = FileHeader64::<NativeEndian>::parse(object)?;
    let sections = header.sections(NativeEndian, object)?;
    let symbols = sections.symbols(NativeEndian, object, SHT_SYMTAB)?;
    for (index, section) in sections.enumerate() {
        let Some((places, _)) = section.rel(NativeEndian, object)? else {
            continue;
        };
        let code = sections.section(section.info_link(NativeEndian))?;
        if !code.sh_flags(NativeEndian).contains(SHF_EXECINSTR) {
            continue;
        }
        // What is resolved isn't Aya's to relocate any more.
        let mut rest = Vec::new();
        for place in places {
            let symbol = place.r_sym(NativeEndian) as usize;
            let symbol = symbols.symbol(object::SymbolIndex(symbol))?;
            let name = symbols.symbol_name(NativeEndian, symbol)?;
            let found = ids.iter().find(|(known, _)| known.name.as_bytes() == name);
            let Some((known, id)) = found.filter(|_| symbol.is_undefined(NativeEndian)) else {
                rest.push(*place);
                continue;
            };
            let at = code.sh_offset(NativeEndian) + place.r_offset.get(NativeEndian);
            let instruction = (linked.object.get_mut(at as usize..))
                .and_then(|code| code.first_chunk_mut::<INSTRUCTION>())
                .context("an instruction behind the end of the object")?;
            let (source, number) = match (known.what, id) {
                (What::Function, Some(id)) => (OF_FUNCTION, *id),
                (What::Function, None) => (0, MISSING),
                (What::Data, Some(id)) => (OF_VARIABLE, *id),
                // A null pointer.
                (What::Data, None) => (0, 0),
            };
            set_source(&mut instruction[1], source);
            instruction[4..].copy_from_slice(&number.to_ne_bytes());
        }
        replace(&mut linked.object, header, index.0, section, &rest)
            .context("the object's sections overlap its end")?;
    }
    Ok(linked)
}

/// Puts the source register into an instruction's byte of registers, beside the destination.
fn set_source(registers: &mut u8, source: u8) {
    *registers = if cfg!(target_endian = "little") {
        *registers & 0x0f | source << 4
    } else {
        *registers & 0xf0 | source
    };
}

/// Makes `rest` all the relocations of a section.
fn replace(
    object: &mut [u8],
    header: &FileHeader64<NativeEndian>,
    index: usize,
    section: &SectionHeader64<NativeEndian>,
    rest: &[Rel64<NativeEndian>],
) -> Option<()> {
    let rest = pod::bytes_of_slice(rest);
    let at = section.sh_offset(NativeEndian) as usize;
    object.get_mut(at..at + rest.len())?.copy_from_slice(rest);

    let mut shorter = *section;
    shorter.sh_size.set(NativeEndian, rest.len() as u64);
    let shorter = pod::bytes_of(&shorter);
    let at = header.e_shoff(NativeEndian) as usize + index * shorter.len();
    object
        .get_mut(at..at + shorter.len())?
        .copy_from_slice(shorter);
    Some(())
}

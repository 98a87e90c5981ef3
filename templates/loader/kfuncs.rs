//! Functions of the kernel (kfuncs) that the programs call.
//!
//! Aya resolves such a call where the object's type information says that the function is the
//! kernel's. rustc writes none of functions that it only declares, so the calls are resolved here, as
//! libbpf does it: by the function's number among the kernel's types.

use anyhow::{Context as _, Result, bail};
use object::{
    NativeEndian,
    elf::{FileHeader64, Rel64, SHF_EXECINSTR, SHT_SYMTAB, SectionHeader64},
    pod,
    read::elf::{FileHeader as _, SectionHeader as _, Sym as _},
};

use crate::btf::Btf;

/// A function of the kernel.
pub struct Kfunc {
    /// Its name.
    pub name: &'static str,
    /// The constant of the programs' that isn't 0 where this kernel has it; empty: none asks.
    pub global: &'static str,
    /// Whether a kernel may lack it.
    pub weak: bool,
}

/// An object whose calls of kernel functions are resolved.
pub struct Linked {
    pub object: Vec<u8>,
    /// Constants of the programs', and their values.
    pub present: Vec<(&'static str, [u8; 8])>,
}

/// An instruction, `struct bpf_insn`, has so many bytes.
const INSTRUCTION: usize = 8;

/// The byte of a call that says whose number it has: `BPF_PSEUDO_KFUNC_CALL`.
const OF_KFUNC: u8 = if cfg!(target_endian = "little") {
    2 << 4
} else {
    2
};

/// The number of a helper that no kernel has: the verifier refuses a program that comes to the call.
const MISSING: u32 = 2_002_000_000;

/// Resolves the calls of `kfuncs` in `object`.
pub fn link(object: &[u8], kfuncs: &[Kfunc], kernel: &Btf) -> Result<Linked> {
    let mut ids = Vec::new();
    for kfunc in kfuncs {
        let id = kernel.function(kfunc.name);
        if id.is_none() && !kfunc.weak {
            bail!("this kernel has no function {}", kfunc.name);
        }
        ids.push((kfunc, id));
    }
    let mut linked = Linked {
        object: object.to_vec(),
        present: (ids.iter().filter(|(kfunc, _)| !kfunc.global.is_empty()))
            .map(|(kfunc, id)| (kfunc.global, u64::from(id.is_some()).to_ne_bytes()))
            .collect(),
    };

    let header = FileHeader64::<NativeEndian>::parse(object)?;
    let sections = header.sections(NativeEndian, object)?;
    let symbols = sections.symbols(NativeEndian, object, SHT_SYMTAB)?;
    for (index, section) in sections.enumerate() {
        let Some((calls, _)) = section.rel(NativeEndian, object)? else {
            continue;
        };
        let code = sections.section(section.info_link(NativeEndian))?;
        if !code.sh_flags(NativeEndian).contains(SHF_EXECINSTR) {
            continue;
        }
        // What is resolved isn't Aya's to relocate any more.
        let mut rest = Vec::new();
        for call in calls {
            let symbol = call.r_sym(NativeEndian) as usize;
            let symbol = symbols.symbol(object::SymbolIndex(symbol))?;
            let name = symbols.symbol_name(NativeEndian, symbol)?;
            let found = ids.iter().find(|(kfunc, _)| kfunc.name.as_bytes() == name);
            let Some((_, id)) = found.filter(|_| symbol.is_undefined(NativeEndian)) else {
                rest.push(*call);
                continue;
            };
            let at = code.sh_offset(NativeEndian) + call.r_offset.get(NativeEndian);
            let instruction = (linked.object.get_mut(at as usize..))
                .and_then(|code| code.first_chunk_mut::<INSTRUCTION>())
                .context("a call behind the end of the object")?;
            instruction[1] = if id.is_some() { OF_KFUNC } else { 0 };
            instruction[4..].copy_from_slice(&id.unwrap_or(MISSING).to_ne_bytes());
        }
        replace(&mut linked.object, header, index.0, section, &rest)
            .context("the object's sections overlap its end")?;
    }
    Ok(linked)
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

//! `.BTF.ext`: which instruction came from which line, and what CO-RE has to relocate.

use super::{TypeId, parse::endian_of};
use crate::verify::{
    bytes::Endian,
    error::{Error, Result},
};

/// What `.BTF.ext` says of the instructions; names are offsets into the strings of `.BTF`.
#[derive(Clone, Debug, Default)]
pub struct Ext {
    /// In the order of the file.
    pub relocations: Vec<CoreRelocation>,
    /// In the order of the file.
    pub lines: Vec<Line>,
}

/// One record of CO-RE.
#[derive(Clone, Debug)]
pub struct CoreRelocation {
    /// The section of the instruction, by its name's offset.
    pub section: u32,
    /// Bytes from the beginning of the section.
    pub instruction: u32,
    /// The local type at the root of the access.
    pub type_id: TypeId,
    /// Such as `0:1:2`, by its offset.
    pub access: u32,
    /// `enum bpf_core_relo_kind`.
    pub kind: u32,
}

/// The source line of an instruction and of those after it.
#[derive(Clone, Debug)]
pub struct Line {
    /// The section of the instruction, by its name's offset.
    pub section: u32,
    /// Bytes from the beginning of the section.
    pub instruction: u32,
    /// The file, by its name's offset.
    pub file: u32,
    /// Counted from 1.
    pub line: u32,
}

impl Ext {
    /// Reads the contents of `.BTF.ext`.
    ///
    /// # Errors
    ///
    /// Where the bytes are no such section or are cut off.
    pub fn parse(data: &[u8]) -> Result<Self> {
        let endian = endian_of(data).ok_or_else(|| Error::new(".BTF.ext has no magic number"))?;
        let cut = || Error::new(".BTF.ext is cut off");
        let word = |at| endian.u32_at(data, at);
        let header = word(4).ok_or_else(cut)?;
        let part = |at: usize| -> Result<&[u8]> {
            // Headers of older compilers end before the relocations.
            if header < u32::try_from(at).unwrap_or(u32::MAX).saturating_add(8) {
                return Ok(&[]);
            }
            let offset = word(at)
                .ok_or_else(cut)?
                .checked_add(header)
                .ok_or_else(cut)?;
            let size = word(at + 4).ok_or_else(cut)?;
            let end = offset.checked_add(size).ok_or_else(cut)?;
            data.get(offset as usize..end as usize).ok_or_else(cut)
        };
        let mut ext = Self::default();
        records(endian, part(16)?, |section, record| {
            ext.lines.push(Line {
                section,
                instruction: endian.u32_at(record, 0)?,
                file: endian.u32_at(record, 4)?,
                line: endian.u32_at(record, 12)? >> 10,
            });
            Some(())
        })
        .ok_or_else(cut)?;
        records(endian, part(24)?, |section, record| {
            ext.relocations.push(CoreRelocation {
                section,
                instruction: endian.u32_at(record, 0)?,
                type_id: endian.u32_at(record, 4)?,
                access: endian.u32_at(record, 8)?,
                kind: endian.u32_at(record, 12)?,
            });
            Some(())
        })
        .ok_or_else(cut)?;
        Ok(ext)
    }
}

/// Calls `each` with the section and the bytes of every record of a part.
fn records(
    endian: Endian,
    part: &[u8],
    mut each: impl FnMut(u32, &[u8]) -> Option<()>,
) -> Option<()> {
    if part.is_empty() {
        return Some(());
    }
    let size = endian.u32_at(part, 0)? as usize;
    let mut at = 4_usize;
    while at < part.len() {
        let section = endian.u32_at(part, at)?;
        let count = endian.u32_at(part, at.checked_add(4)?)?;
        at = at.checked_add(8)?;
        for _ in 0..count {
            let end = at.checked_add(size)?;
            each(
                section,
                part.get(at..end).filter(|record| record.len() >= 16)?,
            )?;
            at = end;
        }
    }
    Some(())
}

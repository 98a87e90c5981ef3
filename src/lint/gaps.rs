//! Which parts of a record weren't written.

use super::{context::Context, flow::Written};
use crate::c::types::{CType, Kind};

/// What is missing in a record.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    /// Fields of which no byte was written.
    pub fields: Vec<String>,
    /// Fields of which some bytes may be old.
    pub partly: Vec<String>,
    /// Bytes between fields.
    pub padding: u64,
}

/// What `bytes` say of an object of type `ty` that starts at `start`, within its first `size` bytes.
pub(super) fn gaps(
    cx: &Context<'_>,
    ty: &CType,
    bytes: &[Written],
    start: u64,
    size: Option<u64>,
) -> Gaps {
    let mut look = Look {
        cx,
        bytes,
        covered: vec![false; bytes.len()],
        end: size.map_or(u64::MAX, |size| start.saturating_add(size)),
        gaps: Gaps::default(),
    };
    look.part(ty, start, &mut Vec::new());
    let whole = cx.size_of(ty).unwrap_or(0).min(size.unwrap_or(u64::MAX));
    let range = index(start)..index(start.saturating_add(whole));
    let both = look.covered.iter().zip(bytes).enumerate();
    let padding = both
        .filter(|(at, (covered, byte))| range.contains(at) && !**covered && **byte == Written::No);
    look.gaps.padding = padding.count() as u64;
    look.gaps
}

struct Look<'c, 'a> {
    cx: &'c Context<'a>,
    bytes: &'c [Written],
    covered: Vec<bool>,
    end: u64,
    gaps: Gaps,
}

impl Look<'_, '_> {
    fn part(&mut self, ty: &CType, at: u64, path: &mut Vec<String>) {
        let Kind::Record(id) = &ty.kind else {
            if let Some(size) = self.cx.size_of(ty) {
                self.leaf(at, size, path);
            }
            return;
        };
        let Some(record) = self.cx.tree.types.record(*id) else {
            return;
        };
        // One member of a union is enough.
        if record.union_ {
            let written = self.range(at, record.size).any(|byte| byte != Written::No);
            if written {
                self.cover(at, record.size);
            } else {
                self.leaf(at, record.size, path);
            }
            return;
        }
        for field in record.fields.iter().flatten() {
            let name = field.name.as_deref();
            if let Some(name) = name {
                path.push(name.to_owned());
            }
            let offset = at.saturating_add(field.offset);
            match field.bits {
                Some(bits) => {
                    let first = at.saturating_add(bits.bit_offset / 8);
                    let end = at + (bits.bit_offset + u64::from(bits.width)).div_ceil(8);
                    // An unnamed bit-field is padding.
                    if name.is_some() {
                        self.leaf(first, end.saturating_sub(first), path);
                    }
                }
                None => self.part(&field.ty, offset, path),
            }
            if name.is_some() {
                path.pop();
            }
        }
    }

    fn leaf(&mut self, at: u64, size: u64, path: &[String]) {
        self.cover(at, size);
        if at >= self.end {
            return;
        }
        let size = size.min(self.end - at);
        let (mut no, mut yes) = (false, false);
        for byte in self.range(at, size) {
            no |= byte != Written::Yes;
            yes |= byte != Written::No;
        }
        match (no, yes) {
            (true, false) => self.gaps.fields.push(path.join(".")),
            (true, true) => self.gaps.partly.push(path.join(".")),
            _ => {}
        }
    }

    fn range(&self, at: u64, size: u64) -> impl Iterator<Item = Written> + '_ {
        let (start, end) = (index(at), index(at.saturating_add(size)));
        let bytes = self.bytes.get(start..end.min(self.bytes.len()));
        bytes.unwrap_or_default().iter().copied()
    }

    fn cover(&mut self, at: u64, size: u64) {
        let (start, end) = (index(at), index(at.saturating_add(size)));
        for covered in self.covered.iter_mut().take(end).skip(start) {
            *covered = true;
        }
    }
}

fn index(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

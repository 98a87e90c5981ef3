//! What reading a file yields.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    ops::Range,
    path::PathBuf,
    sync::Arc,
};

use crate::{
    arch::Arch,
    source::{
        Unroll, markers,
        read::Origin,
        span::{FileId, Span},
    },
};

/// One file, with all that it includes, as read for one architecture.
#[derive(Clone, Debug)]
pub struct Unit {
    /// The file that was named on the command line.
    pub main: FileId,
    /// The architecture that macros such as `__TARGET_ARCH_x86` named.
    pub arch: Arch,
    /// GNU C that lang-c parses: slices of the kernel's types, then prototypes of the
    /// [`markers`](crate::source::markers), then the preprocessed file.
    pub text: String,
    /// Where each byte of [`text`](Self::text) came from.
    pub map: PositionMap,
    /// Which ranges of [`text`](Self::text) are what a macro expanded to.
    pub macro_uses: MacroUses,
    /// Where in [`text`](Self::text) the statements behind `#pragma unroll` begin, and what it says.
    pub unroll: BTreeMap<usize, Unroll>,
    /// The object-like macros of the user's own files, in the order of their definition.
    pub defines: Vec<Define>,
    /// Every file that was read, embedded ones excepted; the same list for the same input.
    pub deps: Vec<PathBuf>,
    /// Where the kernel's types came from.
    pub kernel_types: KernelTypes,
    /// Names whose definitions [`complete`](Self::complete) asked for, sorted.
    pub(super) completed: Vec<String>,
    pub(super) origin: Arc<Origin>,
}

impl Unit {
    /// Whether another architecture's unit of the same file means the same, as far as it goes with
    /// the definitions of `names` from the kernel's types.
    pub fn is_like(&self, other: &Self, names: &BTreeSet<String>) -> bool {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.reads_like(other)
            && (names.is_empty()
                || match (self.complete(&names), other.complete(&names)) {
                    (None, None) => true,
                    (Some(own), Some(others)) => own.reads_like(&others),
                    _ => false,
                })
    }

    fn reads_like(&self, other: &Self) -> bool {
        let (own, others) = (self.origin.kernel_files(), other.origin.kernel_files());
        self.text == other.text
            && self.kernel_types == other.kernel_types
            && self.macro_uses.uses == other.macro_uses.uses
            && self.unroll == other.unroll
            && self.used_defines().eq(other.used_defines())
            && self.map.is_like(&other.map, &own, &others)
            && (self.arch.endian() == other.arch.endian() || !self.asks_for_byte_order())
    }

    /// What a macro is that nothing uses makes no difference.
    fn used_defines(&self) -> impl Iterator<Item = &Define> {
        let used: HashSet<&str> = self.macro_uses.iter().map(|used| &*used.name).collect();
        let defines = self.defines.iter();
        defines.filter(move |define| used.contains(&*define.name))
    }

    fn asks_for_byte_order(&self) -> bool {
        let mut names = markers::BYTE_ORDER.iter();
        names.any(|name| self.text.contains(name))
    }
}

/// Where a unit's kernel types came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KernelTypes {
    /// The file includes no `vmlinux.h`.
    None,
    /// The user's `vmlinux.h`, or BTF: what it doesn't have, the kernel doesn't.
    Own,
    /// The embedded set of what probes use: what it doesn't have, `--vmlinux FILE` or `--btf FILE`
    /// may.
    Embedded,
}

/// From byte offsets in a unit's text to places in files.
#[derive(Clone, Debug, Default)]
pub struct PositionMap {
    /// By start, without overlaps.
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    start: u32,
    end: u32,
    place: Span,
    spelled: Span,
}

impl PositionMap {
    /// Says that `range` of the text, which lies behind all others so far, stands at `place`:
    /// the token itself, or the name in the outermost macro invocation that it came out of.
    /// `spelled` is where its letters stand, in the macro's definition for instance.
    pub fn push(&mut self, range: Range<usize>, place: Span, spelled: Span) {
        let (Ok(start), Ok(end)) = (u32::try_from(range.start), u32::try_from(range.end)) else {
            return;
        };
        self.entries.push(Entry {
            start,
            end,
            place,
            spelled,
        });
    }

    /// The place that the bytes `start..end` of the text came from, in a file that somebody wrote;
    /// for tokens out of a macro the name in its outermost invocation. None where all of it was
    /// made up.
    pub fn span(&self, start: usize, end: usize) -> Option<Span> {
        self.covered(start, end)
            .map(|entry| entry.place)
            .reduce(Span::to)
    }

    /// As [`span`](Self::span), but for tokens out of a macro where their letters stand.
    pub fn spelled(&self, start: usize, end: usize) -> Option<Span> {
        self.covered(start, end)
            .map(|entry| entry.spelled)
            .reduce(Span::to)
    }

    /// Whether the same bytes came from the same places, those of `own` and `others` apart: they are
    /// copies of one file.
    fn is_like(&self, other: &Self, own: &[FileId], others: &[FileId]) -> bool {
        let same = |a: Span, b: Span| a == b || own.contains(&a.file) && others.contains(&b.file);
        self.entries.len() == other.entries.len()
            && self.entries.iter().zip(&other.entries).all(|(a, b)| {
                (a.start, a.end) == (b.start, b.end)
                    && same(a.place, b.place)
                    && same(a.spelled, b.spelled)
            })
    }

    fn covered(&self, start: usize, end: usize) -> impl Iterator<Item = &Entry> {
        let first = self
            .entries
            .partition_point(|entry| entry.end as usize <= start);
        self.entries
            .iter()
            .skip(first)
            .take_while(move |entry| (entry.start as usize) < end.max(start.saturating_add(1)))
    }
}

/// A range of a unit's text that is the whole of what one macro use expanded to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MacroUse {
    /// The macro.
    pub name: String,
    /// Whether it takes arguments.
    pub function_like: bool,
    /// Bytes of the unit's text.
    pub range: Range<usize>,
    /// The name where it was used.
    pub span: Span,
}

/// The macro uses of a unit, by the text that they became.
#[derive(Clone, Debug, Default)]
pub struct MacroUses {
    uses: Vec<MacroUse>,
    /// Index into `uses` by range: of several with the same range, the outermost first.
    by_range: HashMap<(usize, usize), Vec<usize>>,
}

impl MacroUses {
    /// Records a use; of several that became the same range, the outermost first.
    pub fn push(&mut self, used: MacroUse) {
        self.by_range
            .entry((used.range.start, used.range.end))
            .or_default()
            .push(self.uses.len());
        self.uses.push(used);
    }

    /// The outermost object-like macro whose whole expansion is `text[range]`, blanks and enclosing
    /// parentheses set aside on both sides.
    pub fn object_like(&self, text: &str, range: Range<usize>) -> Option<&MacroUse> {
        self.find(text, range, false)
    }

    /// The outermost function-like macro whose whole expansion is `text[range]`, likewise.
    pub fn function_like(&self, text: &str, range: Range<usize>) -> Option<&MacroUse> {
        self.find(text, range, true)
    }

    /// All uses, in the order of the text.
    pub fn iter(&self) -> impl Iterator<Item = &MacroUse> {
        self.uses.iter()
    }

    fn find(&self, text: &str, range: Range<usize>, function_like: bool) -> Option<&MacroUse> {
        let mut range = trim(text, range);
        loop {
            // Outward over parentheses that the macro's body brought along.
            if let Some(found) = self.exactly(&range, function_like) {
                return Some(found);
            }
            let before = text.get(..range.start)?.trim_end();
            let behind = text.get(range.end..)?;
            let blanks = behind.len() - behind.trim_start().len();
            if !before.ends_with('(') || !behind.trim_start().starts_with(')') {
                return None;
            }
            range = before.len() - 1..range.end + blanks + 1;
        }
    }

    fn exactly(&self, range: &Range<usize>, function_like: bool) -> Option<&MacroUse> {
        self.by_range
            .get(&(range.start, range.end))?
            .iter()
            .filter_map(|&at| self.uses.get(at))
            .find(|used| used.function_like == function_like)
    }
}

/// `range` without blanks and whole pairs of parentheses at its ends.
fn trim(text: &str, mut range: Range<usize>) -> Range<usize> {
    loop {
        let Some(inside) = text.get(range.clone()) else {
            return range;
        };
        let start = range.start + (inside.len() - inside.trim_start().len());
        let inside = inside.trim();
        range = start..start + inside.len();
        if !wraps_whole(inside) {
            return range;
        }
        range = range.start + 1..range.end - 1;
    }
}

/// Whether the first and the last byte are one pair of parentheses.
fn wraps_whole(text: &str) -> bool {
    if !text.starts_with('(') {
        return false;
    }
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1 == text.len();
                }
            }
            // A parenthesis in a literal could be taken for one of these.
            b'"' | b'\'' => return false,
            _ => {}
        }
    }
    false
}

/// An object-like macro that one of the user's own files defines, and that none undefines; or one of
/// a system header that the file uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Define {
    /// Its name.
    pub name: String,
    /// The name where it is defined.
    pub span: Span,
    /// What stands behind the name, comments removed, line continuations joined.
    pub body: String,
    /// The body with all macros in it expanded, as at the end of the file; not rewritten for lang-c.
    pub expanded: String,
    /// The comment on the lines before it, or else the one behind it on the same line.
    pub doc: Option<String>,
    /// Whether a system header defines it.
    pub foreign: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_trim(text: &str, expected: &str) {
        assert_eq!(text.get(trim(text, 0..text.len())), Some(expected));
    }

    #[test]
    fn blanks_and_parentheses_are_trimmed() {
        check_trim("8", "8");
        check_trim(" ( 8 ) ", "8");
        check_trim("((a) + (b))", "(a) + (b)");
        check_trim("(a) + (b)", "(a) + (b)");
        check_trim("(", "(");
        check_trim("", "");
    }

    #[test]
    fn a_use_is_found_by_its_range() {
        let text = "x = ((8)) ;";
        let mut uses = MacroUses::default();
        let file = FileId(0);
        let span = Span {
            file,
            start: 0,
            end: 1,
        };
        uses.push(MacroUse {
            name: "MAX".into(),
            function_like: false,
            range: 5..8,
            span,
        });
        let found = |range| {
            uses.object_like(text, range)
                .map(|found| found.name.as_str())
        };
        assert_eq!(found(6..7), Some("MAX"));
        assert_eq!(found(5..8), Some("MAX"));
        assert_eq!(found(4..10), Some("MAX"));
        assert_eq!(found(0..1), None);
        assert!(uses.function_like(text, 6..7).is_none());
    }
}

//! What the C means: parsing, types and layouts, constants, the typed tree.
//!
//! `c` knows C and the GNU extensions, and reads libbpf's markers (see [`crate::source`]) as the
//! declarations and calls that they are; it knows nothing of maps, programs or Rust.

mod atomic;
pub(crate) mod attribute;
mod builtin;
mod builtin_fold;
mod byte_order;
mod call;
pub mod codes;
pub mod const_eval;
mod const_float;
mod constants;
mod convert;
mod declarator;
mod describe;
pub mod dump;
mod edit;
mod enumeration;
mod expr;
mod function;
mod global;
mod helper;
mod init;
mod items;
mod layout;
mod literal;
mod operator;
mod parse;
mod prepare;
mod record;
mod sema;
mod specifiers;
mod stmt;
pub(crate) mod suggest;
#[cfg(test)]
mod tests;
mod token;
pub mod tree;
pub mod types;
mod variable;

use std::{collections::BTreeSet, sync::Arc, thread};

use self::{
    sema::{Origin, Sema},
    tree::Tree,
};
use crate::{
    arch::Endian,
    diag::Diagnostic,
    source::{
        Define, KernelTypes, Unit, Unroll,
        span::{FileId, FileKind, SourceMap, Span},
    },
};

/// Stack of the thread that parses and analyses: the parser recurses, and takes some kilobytes for
/// each level of C. Only what is used becomes memory; where address space is short, less has to do.
const STACK_BYTES: [usize; 2] = [512 << 20, 64 << 20];

/// Reads what `unit` means; `files` are the files that its positions lie in.
///
/// Declarations and functions with errors are reported and left out, or marked as broken, so that
/// the rest can be ported. Kernel types that turn out to be needed are asked for.
pub fn analyze(unit: &Unit, files: &SourceMap) -> (Tree, Vec<Diagnostic>) {
    let Analysis {
        tree, diagnostics, ..
    } = analyze_asking(unit, files);
    (tree, diagnostics)
}

/// What a unit means.
#[derive(Debug, Default)]
pub struct Analysis {
    /// It.
    pub tree: Tree,
    /// What was found on the way.
    pub diagnostics: Vec<Diagnostic>,
    /// The kernel types that were asked for beside those that the unit has.
    pub asked: BTreeSet<String>,
}

/// As [`analyze`], and says what was asked for.
pub fn analyze_asking(unit: &Unit, files: &SourceMap) -> Analysis {
    let mut completed: Option<Unit> = None;
    let mut asked = BTreeSet::new();
    loop {
        let now = completed.as_ref().unwrap_or(unit);
        let origin = UnitOrigin { unit: now, files };
        let Outcome {
            tree,
            diagnostics,
            wanted,
        } = analyze_text(
            &now.text,
            &origin,
            &now.defines,
            now.arch.endian() == Endian::Big,
        );
        let new: Vec<&str> = wanted
            .iter()
            .filter(|name| !asked.contains(*name))
            .map(|name| &**name)
            .collect();
        let next = (!new.is_empty()).then(|| now.complete(&new)).flatten();
        asked.extend(wanted.iter().cloned());
        match next {
            Some(unit) => completed = Some(unit),
            None => {
                let diagnostics = diagnostics.into_iter();
                let hinted = diagnostics.map(|found| hint(found, unit.kernel_types, files));
                return Analysis {
                    tree,
                    diagnostics: hinted.collect(),
                    asked,
                };
            }
        }
    }
}

/// Says so where something may be missing because the built-in kernel types aren't all.
fn hint(diagnostic: Diagnostic, types: KernelTypes, files: &SourceMap) -> Diagnostic {
    if types != KernelTypes::Embedded {
        return diagnostic;
    }
    let kernels = |span: Option<Span>| {
        let file = span.and_then(|span| files.get(span.file));
        file.is_some_and(|file| file.kind == FileKind::Vmlinux)
    };
    let slip = diagnostic.help.as_deref();
    let slip =
        slip.is_some_and(|help| help.starts_with("did you mean") || help.starts_with("add "));
    let missing = match diagnostic.code {
        codes::NO_MEMBER => diagnostic.notes.iter().any(|note| kernels(note.span)),
        codes::INCOMPLETE => true,
        codes::UNDECLARED => !slip,
        _ => false,
    };
    if !missing {
        return diagnostic;
    }
    diagnostic.note(
        None,
        "not in the built-in kernel types; give the kernel's own with --vmlinux FILE or --btf FILE",
    )
}

/// What comes of a text.
#[derive(Default)]
struct Outcome {
    tree: Tree,
    diagnostics: Vec<Diagnostic>,
    /// Names and tags whose definition is needed and missing.
    wanted: Vec<String>,
}

fn analyze_text(
    text: &str,
    origin: &(dyn Origin + Sync),
    defines: &[Define],
    big_endian: bool,
) -> Outcome {
    let run = || {
        let parsed = parse::parse(text, origin);
        let mut sema = Sema::new(origin, &parsed.prepared);
        sema.tree.types.big_endian = big_endian;
        sema.diagnostics = parsed.diagnostics;
        sema.wanted.extend(parsed.unknown_types);
        sema.translation_unit(&parsed.unit);
        sema.macro_constants(defines);
        Outcome {
            tree: sema.tree,
            diagnostics: sema.diagnostics,
            wanted: sema.wanted.into_iter().collect(),
        }
    };
    let outcome = thread::scope(|scope| {
        let thread = STACK_BYTES.iter().find_map(|bytes| {
            thread::Builder::new()
                .name("c".into())
                .stack_size(*bytes)
                .spawn_scoped(scope, run)
                .ok()
        })?;
        thread.join().ok()
    });
    // There is no memory for the thread, or a fault of c2aya's own ended it.
    outcome.unwrap_or_else(|| Outcome {
        diagnostics: vec![Diagnostic::error(
            codes::GAVE_UP,
            None,
            "the parser gave up on this file; please report it",
        )],
        ..Outcome::default()
    })
}

/// A unit's positions and macros.
struct UnitOrigin<'a> {
    unit: &'a Unit,
    files: &'a SourceMap,
}

impl Origin for UnitOrigin<'_> {
    fn span(&self, start: usize, end: usize) -> Option<Span> {
        self.unit.map.span(start, end)
    }

    fn spelled(&self, start: usize, end: usize) -> Option<Span> {
        self.unit.map.spelled(start, end)
    }

    fn kind(&self, file: FileId) -> FileKind {
        self.files
            .get(file)
            .map_or(FileKind::Main, |file| file.kind)
    }

    fn macro_name(&self, start: usize, end: usize) -> Option<Arc<str>> {
        let used = self
            .unit
            .macro_uses
            .object_like(&self.unit.text, start..end)?;
        Some(Arc::from(used.name.as_str()))
    }

    fn unroll(&self, start: usize) -> Option<Unroll> {
        self.unit.unroll.get(&start).copied()
    }
}

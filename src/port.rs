//! The whole way of one file: read, understand, lower, emit.

use std::path::Path;

use crate::{
    arch::Arch,
    c,
    diag::Diagnostic,
    emit::{self, Emitted},
    ir::Object,
    lower,
    source::{self, Cache, Options, Unit, span::SourceMap},
};

/// A file and what became of it.
#[derive(Debug, Default)]
pub struct Port {
    /// All files that were read, for diagnostics.
    pub files: SourceMap,
    /// What the file means, if it could be read.
    pub object: Option<Object>,
    /// What was found on the way.
    pub diagnostics: Vec<Diagnostic>,
    /// Files of the user's that the result depends on.
    pub deps: Vec<std::path::PathBuf>,
}

/// Reads and lowers `file`.
///
/// It is read once for each of `archs`; a file that doesn't look at the architecture gives the same
/// text each time, and only the first is gone on with.
pub fn lower_file(file: &Path, options: &Options, archs: &[Arch], cache: &Cache) -> Port {
    let mut port = Port::default();
    let Some(&first) = archs.first() else {
        return port;
    };
    let Some(unit) = read(file, options, first, cache, &mut port) else {
        return port;
    };
    let (tree, diagnostics) = c::analyze(&unit, &port.files);
    port.diagnostics.extend(diagnostics);
    let (object, diagnostics) =
        lower::lower(&port.files, unit.main, &tree, &lower::Options::default());
    port.diagnostics.extend(diagnostics);
    port.object = Some(object);
    port
}

fn read(
    file: &Path,
    options: &Options,
    arch: Arch,
    cache: &Cache,
    port: &mut Port,
) -> Option<Unit> {
    let (unit, diagnostics) = source::read(file, options, arch, cache, &mut port.files);
    port.diagnostics.extend(diagnostics);
    if let Some(unit) = &unit {
        port.deps.clone_from(&unit.deps);
    }
    unit
}

/// Emits what [`lower_file`] found.
pub fn emit_object(object: &Object, common: Option<String>) -> (Emitted, Vec<Diagnostic>) {
    emit::emit(object, &emit::Options { common })
}

//! The whole way of one file: read, understand, lower, emit.

use std::path::Path;

use crate::{
    arch::Arch,
    c,
    diag::{Code, Diagnostic},
    emit::{self, Emitted},
    ir::Object,
    lower,
    source::{
        self, Cache, Options, Unit,
        span::{FileKind, SourceMap, Span},
    },
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

/// A file whose text depends on the target architecture is ported for one of several.
pub const ONE_ARCHITECTURE: Code = Code::new("W0501", "one-architecture");

/// Reads and lowers `file`.
///
/// It is read as for the first of `archs`; a file that asks which architecture it is compiled for
/// gets a warning where there are others.
pub fn lower_file(file: &Path, options: &Options, archs: &[Arch], cache: &Cache) -> Port {
    let mut port = Port::default();
    let Some(&first) = archs.first() else {
        return port;
    };
    let Some(unit) = read(file, options, first, cache, &mut port) else {
        return port;
    };
    if archs.len() > 1
        && let Some(span) = asks_for_architecture(&port.files)
    {
        let (used, first) = (port.files.text(span).to_owned(), first.name());
        let warning = Diagnostic::warning(
            ONE_ARCHITECTURE,
            span,
            format!("`{used}` depends on the target architecture: ported as for {first}"),
        );
        port.diagnostics
            .push(warning.help("port it once for each: --target-arch ARCH"));
    }
    let (tree, diagnostics) = c::analyze(&unit, &port.files);
    port.diagnostics.extend(diagnostics);
    let (object, diagnostics) =
        lower::lower(&port.files, unit.main, &tree, &lower::Options::default());
    port.diagnostics.extend(diagnostics);
    port.object = Some(object);
    port
}

/// Where a file of the user's own asks for the target architecture or its byte order.
pub(crate) fn asks_for_architecture(files: &SourceMap) -> Option<Span> {
    const ASKS: [&str; 5] = [
        "__TARGET_ARCH_",
        "bpf_target_",
        "__x86_64__",
        "__aarch64__",
        "__BYTE_ORDER__",
    ];
    let own = |kind| matches!(kind, FileKind::Main | FileKind::Local);
    files
        .iter()
        .filter(|(_, file)| own(file.kind))
        .find_map(|(id, file)| {
            let at = ASKS.iter().filter_map(|asks| file.text.find(asks)).min()?;
            let rest = file.text.get(at..)?;
            let length = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            Some(Span {
                file: id,
                start: u32::try_from(at).ok()?,
                end: u32::try_from(at + length).ok()?,
            })
        })
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

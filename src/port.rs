//! The whole way of one file: read, understand, lower, emit.

use std::{collections::BTreeSet, path::Path};

use crate::{
    arch::{Arch, Archs},
    c,
    diag::{Code, Diagnostic, Severity, has_errors},
    emit::{self, Emitted},
    ir::Object,
    lower, merge,
    quirks::{self, Quirks},
    source::{self, Cache, Options, Unit, asks, span::SourceMap},
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

/// A file can't be read for an architecture that was asked for by name.
pub const REFUSED: Code = Code::new("E0502", "architecture-refused");
/// A file can't be read for some of all architectures.
pub const PASSED_OVER: Code = Code::new("W0502", "architecture-passed-over");

/// Reads and lowers `file`.
///
/// A file that asks which architecture it is compiled for is preprocessed for each of `archs`, and what
/// differs is kept apart; any other is read once.
pub fn lower_file(file: &Path, options: &Options, archs: &[Arch], cache: &Cache) -> Port {
    let mut port = Port::default();
    let Some((&first, others)) = archs.split_first() else {
        return port;
    };
    let mut readings = Vec::new();
    read(file, options, first, cache, &mut port, &mut readings);
    let asks = asks::for_architecture(&port.files);
    if asks {
        for &arch in others {
            read(file, options, arch, cache, &mut port, &mut readings);
        }
    }
    refuse_wrong(&mut readings);
    let mut refused = Vec::new();
    // What is wrong everywhere is an error as any other.
    if readings.iter().any(|reading| !reading.refused) {
        let named = archs.len() < Arch::ALL.len();
        refused = refuse(&mut readings, named, &mut port.diagnostics);
    }
    port.diagnostics.extend(diagnostics(&readings));
    let mut objects: Vec<(Archs, Object)> = readings
        .into_iter()
        .filter_map(|reading| Some((reading.archs, reading.object?)))
        .collect();
    port.object = if asks && !objects.is_empty() {
        Some(merge::merge(&objects))
    } else {
        objects.pop().map(|(_, object)| object)
    };
    if let Some(object) = &mut port.object {
        object.variants.refused = refused;
    }
    port
}

/// Says which programs `port` has of system calls that libbpf leaves to the user, and handles them if
/// asked to.
pub fn add_quirks(port: &mut Port, archs: &[Arch], quirks: Quirks) {
    if let Some(object) = &mut port.object {
        let archs = object
            .variants
            .archs
            .unwrap_or_else(|| archs.iter().copied().collect());
        port.diagnostics
            .extend(quirks::apply(object, archs, quirks));
    }
}

/// A file as on one architecture, or on several that it is the same for.
struct Reading {
    archs: Archs,
    /// Whether it isn't made for these architectures: it can't be preprocessed, as an `#error` wants
    /// it, or isn't C there.
    refused: bool,
    /// What no compiler would take.
    wrong: Vec<Diagnostic>,
    unit: Option<Unit>,
    /// What was found while it was read.
    found: Vec<Diagnostic>,
    /// Names of kernel types that its meaning was asked for.
    asked: BTreeSet<String>,
    object: Option<Object>,
    /// All that was found.
    diagnostics: Vec<Diagnostic>,
}

impl Reading {
    /// Whether another architecture's unit means nothing else.
    fn is_like(&self, unit: &Unit, found: &[Diagnostic]) -> bool {
        self.found == found
            && (self.unit.as_ref()).is_some_and(|known| known.is_like(unit, &self.asked))
    }
}

fn read(
    file: &Path,
    options: &Options,
    arch: Arch,
    cache: &Cache,
    port: &mut Port,
    readings: &mut Vec<Reading>,
) {
    let (unit, found) = source::read(file, options, arch, cache, &mut port.files);
    let mut reading = Reading {
        archs: arch.into(),
        refused: unit.is_none() || has_errors(&found),
        wrong: Vec::new(),
        unit: None,
        diagnostics: found.clone(),
        found,
        asked: BTreeSet::new(),
        object: None,
    };
    if let Some(unit) = unit {
        for file in &unit.deps {
            if !port.deps.contains(file) {
                port.deps.push(file.clone());
            }
        }
        let known = readings.iter_mut();
        for known in known {
            if known.is_like(&unit, &reading.found) {
                known.archs = known.archs.union(arch.into());
                return;
            }
        }
        let analysis = c::analyze_asking(&unit, &port.files);
        let errors = analysis.diagnostics.iter();
        let errors = errors.filter(|found| found.severity == Severity::Error);
        let errors = errors.filter(|found| found.code != c::codes::UNSUPPORTED);
        reading.wrong = errors.cloned().collect();
        reading.diagnostics.extend(analysis.diagnostics);
        reading.asked = analysis.asked;
        let options = lower::Options::default();
        let (object, more) = lower::lower(&port.files, unit.main, &analysis.tree, &options);
        reading.diagnostics.extend(more);
        reading.object = Some(object);
        reading.unit = Some(unit);
    }
    readings.push(reading);
}

/// Refuses the readings that are no C, where others are: a header that has only some architectures'
/// types declares nothing on the rest. What is wrong in all of them says nothing about any.
fn refuse_wrong(readings: &mut [Reading]) {
    let Some((first, others)) = readings.split_first() else {
        return;
    };
    let everywhere = |error: &&Diagnostic| others.iter().all(|other| other.wrong.contains(error));
    let common: Vec<Diagnostic> = first.wrong.iter().filter(everywhere).cloned().collect();
    for reading in readings {
        reading.refused |= reading.wrong.iter().any(|error| !common.contains(error));
    }
}

/// Takes out what was refused; says so, with the first reason of each.
fn refuse(
    readings: &mut Vec<Reading>,
    named: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<(Archs, String)> {
    let mut reasons: Vec<(Diagnostic, Archs)> = Vec::new();
    readings.retain(|reading| {
        let mut errors = reading.diagnostics.iter();
        let error = errors.find(|diagnostic| diagnostic.severity == Severity::Error);
        if let (true, Some(error)) = (reading.refused, error) {
            add(&mut reasons, error, reading.archs);
        }
        !reading.refused
    });
    reasons
        .into_iter()
        .map(|(reason, archs)| {
            diagnostics.push(refusal(&reason, archs, named));
            (archs, reason.message)
        })
        .collect()
}

/// Says that a file can't be read for some of the architectures, and why.
pub fn refusal(reason: &Diagnostic, archs: Archs, named: bool) -> Diagnostic {
    let message = format!("not ported for {}: {}", archs.names(), reason.message);
    let (said, help) = if named {
        (
            Diagnostic::error(REFUSED, reason.span, message),
            "leave it out of --target-arch, or port the rest with --keep-going",
        )
    } else {
        (
            Diagnostic::warning(PASSED_OVER, reason.span, message),
            "a build of the port for such an architecture ends with this error",
        )
    };
    said.help(help)
}

/// What was found, each once; with the architectures where it isn't for all of them.
fn diagnostics(readings: &[Reading]) -> Vec<Diagnostic> {
    let all = readings
        .iter()
        .fold(Archs::default(), |all, reading| all.union(reading.archs));
    let mut found: Vec<(Diagnostic, Archs)> = Vec::new();
    for reading in readings {
        for diagnostic in &reading.diagnostics {
            add(&mut found, diagnostic, reading.archs);
        }
    }
    found
        .into_iter()
        .map(|(diagnostic, archs)| {
            if archs == all {
                diagnostic
            } else {
                diagnostic.note(None, format!("only on {}", archs.names()))
            }
        })
        .collect()
}

/// Adds a diagnostic, or the architectures to where it was found already.
pub fn add(found: &mut Vec<(Diagnostic, Archs)>, diagnostic: &Diagnostic, those: impl Into<Archs>) {
    let those = those.into();
    match found.iter_mut().find(|(known, _)| known == diagnostic) {
        Some((_, archs)) => *archs = archs.union(those),
        None => found.push((diagnostic.clone(), those)),
    }
}

/// Emits what [`lower_file`] found.
pub fn emit_object(object: &Object, common: Option<String>) -> (Emitted, Vec<Diagnostic>) {
    let options = emit::Options {
        common,
        ..Default::default()
    };
    emit::emit(object, &options)
}

/// Lowers a text as a file with the headers of a probe in front, for tests.
#[cfg(test)]
pub(crate) fn lower_text(text: &str, archs: &[Arch]) -> Port {
    const HEAD: &str =
        "#include \"vmlinux.h\"\n#include <bpf/bpf_helpers.h>\n#include <bpf/bpf_tracing.h>\n";
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("probe.bpf.c");
    std::fs::write(&path, format!("{HEAD}{text}")).expect("a file");
    lower_file(&path, &Options::default(), archs, &Cache::default())
}

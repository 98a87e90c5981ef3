//! From paths to findings.

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{
    Category, Confidence, Finding, Settings,
    context::{Context, Overview, Run},
    registry,
    rule::Check,
};
use crate::{
    arch::Arch,
    c,
    diag::{Diagnostic, Severity},
    lower,
    source::{self, Cache, Options, span::SourceMap},
};

/// A file, and what was found in it.
#[derive(Debug, Default)]
pub struct Linted {
    /// As it was named.
    pub path: PathBuf,
    /// All files that were read for it: the findings' spans lie in them.
    pub files: SourceMap,
    /// By place.
    pub findings: Vec<Finding>,
}

/// Stack of a thread that lints: rules walk trees as deep as the parser takes.
const STACK_BYTES: usize = 256 << 20;

/// Lints files, each with its own options for reading, on all processors.
pub fn lint_files(files: &[(PathBuf, Options)], settings: &Settings, cache: &Cache) -> Vec<Linted> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Linted, Overview)>> = Mutex::default();
    let work = || {
        while let Some((at, (path, options))) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            files.get(at).map(|file| (at, file))
        } {
            let (linted, overview) = lint_alone(path, options, settings, cache);
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done.push((at, linted, overview));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(files.len()) {
            let builder = std::thread::Builder::new().stack_size(STACK_BYTES);
            if builder.spawn_scoped(scope, work).is_err() {
                break;
            }
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, ..)| *at);
    let (mut linted, overviews): (Vec<_>, Vec<_>) = done
        .into_iter()
        .map(|(_, linted, overview)| (linted, overview))
        .unzip();
    compare(&mut linted, &overviews, settings);
    for file in &mut linted {
        sort(&mut file.findings);
    }
    linted
}

/// Lints one file.
pub fn lint_file(path: &Path, options: &Options, settings: &Settings, cache: &Cache) -> Linted {
    let files = [(path.to_owned(), options.clone())];
    let mut linted = lint_files(&files, settings, cache);
    linted.pop().unwrap_or_default()
}

/// What the rules find that compare files.
fn compare(linted: &mut [Linted], overviews: &[Overview], settings: &Settings) {
    let run = Run {
        files: overviews,
        settings,
    };
    let mut found = Vec::new();
    for rule in registry::all() {
        if let Check::Run(check) = rule.check
            && rule.confidence >= settings.confidence
        {
            check(&run, &mut found);
        }
    }
    for (at, finding) in found {
        if let Some(file) = linted.get_mut(at) {
            file.findings.push(finding);
        }
    }
}

/// What the rules find that look at one file, and what the others want to know of it.
fn lint_alone(
    path: &Path,
    options: &Options,
    settings: &Settings,
    cache: &Cache,
) -> (Linted, Overview) {
    let mut linted = Linted {
        path: path.to_owned(),
        ..Linted::default()
    };
    let mut overview = Overview {
        path: path.to_owned(),
        ..Overview::default()
    };
    let arch = settings.archs.first().copied().unwrap_or(Arch::X86_64);
    let (unit, diagnostics) = source::read(path, options, arch, cache, &mut linted.files);
    let mut findings: Vec<_> = diagnostics.into_iter().map(unreadable).collect();
    if let Some(unit) = &unit {
        let (tree, diagnostics) = c::analyze(unit, &linted.files);
        findings.extend(diagnostics.into_iter().map(unreadable));
        let (object, diagnostics) =
            lower::lower(&linted.files, unit.main, &tree, &lower::Options::default());
        findings.extend(diagnostics.into_iter().map(unportable));
        let context = Context::new(&linted.files, unit, &tree, &object, settings);
        for rule in registry::all() {
            if let Check::File(check) = rule.check
                && rule.confidence >= settings.confidence
            {
                check(&context, &mut findings);
            }
        }
        overview = Overview::new(path, &context);
    }
    linted.findings = findings;
    (linted, overview)
}

/// What is wrong with the C itself.
fn unreadable(diagnostic: Diagnostic) -> Finding {
    Finding {
        diagnostic,
        confidence: Confidence::High,
        category: Category::Lint,
        fix: None,
    }
}

/// What the port can't do, which is no fault of the C.
fn unportable(mut diagnostic: Diagnostic) -> Finding {
    diagnostic.severity = Severity::Note;
    Finding {
        diagnostic,
        confidence: Confidence::High,
        category: Category::Portability,
        fix: None,
    }
}

/// By place; what has none comes first.
fn sort(findings: &mut Vec<Finding>) {
    findings.sort_by(|a, b| {
        let key = |finding: &Finding| (finding.span(), finding.code());
        key(a)
            .cmp(&key(b))
            .then_with(|| a.diagnostic.message.cmp(&b.diagnostic.message))
    });
    findings.dedup_by(|a, b| a.diagnostic == b.diagnostic);
}

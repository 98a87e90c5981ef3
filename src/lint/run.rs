//! From paths to findings.

use std::{
    collections::HashSet,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{
    Category, Confidence, Finding, Settings,
    allow::{self, Allow, Used},
    context::{Context, Overview, Run},
    registry,
    rule::Check,
};
use crate::{
    arch::Arch,
    c,
    diag::{Diagnostic, Severity},
    emit, lower, port,
    source::{self, Cache, Options, Unit, span::SourceMap},
};

/// A file to lint.
#[derive(Clone, Debug)]
pub struct Job {
    /// The file.
    pub path: PathBuf,
    /// How to read it.
    pub options: Options,
    /// What to look for.
    pub settings: Arc<Settings>,
}

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

/// What is known of a file until all are.
#[derive(Default)]
struct Looked {
    linted: Linted,
    overview: Overview,
    allows: Vec<Allow>,
}

/// Lints files on all processors.
pub fn lint_files(jobs: &[Job], cache: &Cache) -> Vec<Linted> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Looked)>> = Mutex::default();
    let work = || {
        while let Some((at, job)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            jobs.get(at).map(|job| (at, job))
        } {
            let looked = catch_unwind(AssertUnwindSafe(|| look(job, cache)));
            let looked = looked.unwrap_or_else(|_| gave_up(job));
            let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
            done.push((at, looked));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(jobs.len()) {
            let builder = std::thread::Builder::new().stack_size(STACK_BYTES);
            if builder.spawn_scoped(scope, work).is_err() {
                break;
            }
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    finish(jobs, done.into_iter().map(|(_, looked)| looked).collect())
}

/// Lints one file.
pub fn lint_file(job: &Job, cache: &Cache) -> Linted {
    let mut linted = lint_files(std::slice::from_ref(job), cache);
    linted.pop().unwrap_or_default()
}

/// Shows the context of a file, as it is for the first of its architectures.
pub fn with_context<T: Send>(
    job: &Job,
    cache: &Cache,
    look: impl FnOnce(&Context<'_>) -> T + Send,
) -> Option<T> {
    let run = || {
        let arch = job.settings.archs.first().copied().unwrap_or(Arch::X86_64);
        let mut files = SourceMap::default();
        let (unit, _) = source::read(&job.path, &job.options, arch, cache, &mut files);
        let unit = unit?;
        let (tree, _) = c::analyze(&unit, &files);
        let options = lower::Options::default();
        let (object, _) = lower::lower(&files, unit.main, &tree, &options);
        Some(look(&Context::new(
            &files,
            &unit,
            &tree,
            &object,
            &job.settings,
        )))
    };
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().stack_size(STACK_BYTES);
        builder.spawn_scoped(scope, run).ok()?.join().ok()?
    })
}

/// What can be said once every file has been looked at.
fn finish(jobs: &[Job], looked: Vec<Looked>) -> Vec<Linted> {
    let (mut files, overviews): (Vec<_>, Vec<_>) = looked
        .into_iter()
        .map(|looked| ((looked.linted, looked.allows), looked.overview))
        .unzip();
    let run = Run { files: &overviews };
    let mut found = Vec::new();
    for rule in registry::all() {
        if let Check::Run(check) = rule.check {
            check(&run, &mut found);
        }
    }
    for (at, finding) in found {
        if let Some((linted, _)) = files.get_mut(at) {
            linted.findings.push(finding);
        }
    }
    let mut used = Used::default();
    for ((linted, allows), job) in files.iter_mut().zip(jobs) {
        keep_wanted(linted, &job.settings);
        used.apply(allows, &mut linted.findings, &linted.files);
    }
    let mut said = HashSet::new();
    let mut all = Vec::with_capacity(files.len());
    for ((mut linted, allows), job) in files.into_iter().zip(jobs) {
        let settings = &*job.settings;
        let faults = used.faults(&allows, &linted.files, settings);
        linted.findings.extend(faults);
        keep_wanted(&mut linted, settings);
        let findings = &mut linted.findings;
        for finding in findings.iter_mut() {
            if let Some(severity) = settings.severity(finding.code(), finding.category) {
                finding.diagnostic.severity = severity;
            }
        }
        sort(findings);
        // What stands in a header is said once.
        findings.retain(|finding| {
            let place = finding.span().and_then(|span| {
                let file = linted.files.get(span.file)?;
                Some((file.path.clone(), span.start, span.end))
            });
            place.is_none_or(|place| {
                said.insert((place, finding.code(), finding.diagnostic.message.clone()))
            })
        });
        all.push(linted);
    }
    all
}

fn keep_wanted(linted: &mut Linted, settings: &Settings) {
    linted
        .findings
        .retain(|finding| settings.wants(finding.code(), finding.category, finding.confidence));
}

/// What the rules find that look at one file, and what the others want to know of it.
fn look(job: &Job, cache: &Cache) -> Looked {
    let mut files = SourceMap::default();
    let (first, others) = match job.settings.archs.split_first() {
        Some((first, others)) => (*first, others),
        None => (Arch::X86_64, &[][..]),
    };
    let mut readings = vec![Reading::new(job, first, cache, &mut files, true)];
    if source::asks::for_architecture(&files) {
        for arch in others {
            let whole = job.settings.each_arch;
            readings.push(Reading::new(job, *arch, cache, &mut files, whole));
        }
        // Without a wish for each, the first that can be read speaks for all.
        if let Some(at) = readings.iter().position(|reading| !reading.is_refused())
            && at > 0
            && !job.settings.each_arch
            && let Some(speaks) = readings.get_mut(at)
        {
            *speaks = Reading::new(job, speaks.arch, cache, &mut files, true);
        }
    }
    let mut findings = Vec::new();
    // What can't be read for any architecture is wrong as such.
    if !readings.iter().all(Reading::is_refused) {
        let mut reasons = Vec::new();
        readings.retain(|reading| {
            if let Some(reason) = &reading.refused {
                port::add(&mut reasons, reason, reading.arch);
            }
            !reading.is_refused()
        });
        let named = job.settings.each_arch;
        findings.extend(reasons.iter().map(|(reason, archs)| {
            let severity = if named {
                Severity::Error
            } else {
                Severity::Note
            };
            of_port(port::refusal(reason, *archs, named), severity)
        }));
    }
    let mut looked = Looked::default();
    for (at, reading) in readings.into_iter().enumerate() {
        let before = findings.len();
        for finding in reading.findings {
            let same =
                |other: &Finding| other.code() == finding.code() && other.span() == finding.span();
            if !findings.iter().take(before).any(same) {
                findings.push(finding);
            }
        }
        if at == 0 {
            (looked.overview, looked.allows) = (reading.overview, reading.allows);
        }
    }
    looked.overview.path.clone_from(&job.path);
    looked.linted = Linted {
        path: job.path.clone(),
        files,
        findings,
    };
    looked
}

/// A file as it is for one architecture.
struct Reading {
    arch: Arch,
    /// Why it can't even be preprocessed, if so.
    refused: Option<Diagnostic>,
    findings: Vec<Finding>,
    overview: Overview,
    allows: Vec<Allow>,
}

impl Reading {
    /// Reads it, and looks at it, unless it is only asked whether it can be read.
    fn new(job: &Job, arch: Arch, cache: &Cache, files: &mut SourceMap, whole: bool) -> Self {
        let (unit, diagnostics) = source::read(&job.path, &job.options, arch, cache, files);
        let mut errors = diagnostics.iter();
        let error = errors.find(|diagnostic| diagnostic.severity == Severity::Error);
        let mut reading = Self {
            arch,
            refused: error.cloned(),
            findings: Vec::new(),
            overview: Overview::default(),
            allows: Vec::new(),
        };
        if !whole {
            return reading;
        }
        reading
            .findings
            .extend(diagnostics.into_iter().map(unreadable));
        if let Some(unit) = &unit {
            reading.look(job, unit, files);
        }
        reading
    }

    fn is_refused(&self) -> bool {
        self.refused.is_some()
    }

    fn look(&mut self, job: &Job, unit: &Unit, files: &SourceMap) {
        let settings = &*job.settings;
        let findings = &mut self.findings;
        let (tree, diagnostics) = c::analyze(unit, files);
        findings.extend(diagnostics.into_iter().map(unreadable));
        let options = lower::Options::default();
        let (object, mut diagnostics) = lower::lower(files, unit.main, &tree, &options);
        if settings.wants(emit::NOT_RUST, Category::Portability, Confidence::High) {
            diagnostics.extend(emit::said(&object));
        }
        let context = Context::new(files, unit, &tree, &object, settings);
        for rule in registry::all() {
            if let Check::File(check) = rule.check
                && settings.wants(rule.code, rule.category, rule.confidence)
            {
                check(&context, findings);
            }
        }
        // What a rule says better isn't said twice.
        let said = |diagnostic: &Diagnostic| {
            findings.iter().any(|finding| {
                finding.span() == diagnostic.span
                    && registry::says_the_same(finding.code(), diagnostic.code)
            })
        };
        diagnostics.retain(|diagnostic| !said(diagnostic));
        let port = diagnostics.into_iter();
        findings.extend(port.map(|diagnostic| of_port(diagnostic, Severity::Note)));
        self.overview = Overview::new(&job.path, &context);
        self.allows = allow::find(&context);
    }
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

/// What the port can't do, which mostly is no fault of the C.
fn of_port(mut diagnostic: Diagnostic, severity: Severity) -> Finding {
    diagnostic.severity = severity;
    Finding {
        diagnostic,
        confidence: Confidence::High,
        category: Category::Portability,
        fix: None,
    }
}

/// A fault of c2aya's own.
fn gave_up(job: &Job) -> Looked {
    let error = Diagnostic::error(
        c::codes::GAVE_UP,
        None,
        "the linter gave up on this file; please report it",
    );
    Looked {
        linted: Linted {
            path: job.path.clone(),
            findings: vec![unreadable(error)],
            ..Linted::default()
        },
        ..Looked::default()
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

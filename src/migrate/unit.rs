//! One source: what is made of it, and all that is remembered about it.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{
    Loader, Request, codes,
    fill::Fill,
    lines::{self, Link},
    plan::Task,
    programs,
};
use crate::{
    diag::{self, Diagnostic, Severity},
    emit::{
        self,
        workspace::{
            build_script::Asks,
            common_path,
            many::{Member, Shared, object_files, object_loader},
        },
    },
    ir::Object,
    output::write::hash,
    port,
    source::{
        Cache, normal,
        span::{FileKind, SourceMap, Span},
    },
};

/// How far a source or a program got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Ported whole.
    Ported,
    /// Ported whole, with something to look at.
    Warnings,
    /// Some of its programs are ported.
    Partly,
    /// Not ported.
    Refused,
}

impl State {
    /// All, the best first.
    pub const ALL: [Self; 4] = [Self::Ported, Self::Warnings, Self::Partly, Self::Refused];

    /// As people read it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Ported => "ported",
            Self::Warnings => "ported with warnings",
            Self::Partly => "partly ported",
            Self::Refused => "refused",
        }
    }
}

/// A diagnostic that needs no source map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// `E0301`
    pub code: String,
    /// `unsupported-section`
    pub name: String,
    /// Whether it keeps something from being ported.
    pub error: bool,
    /// What is the matter.
    pub message: String,
    /// The file, as people know it; none where no file is to blame.
    pub file: Option<String>,
    /// Line and column, from 1; 0 where there is no file.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// Further facts.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
}

/// A program of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// Its name in the object.
    pub name: String,
    /// `ksyscall/openat`
    pub section: String,
    /// The line in C, from 1.
    pub line: u32,
    /// How far it got.
    pub state: State,
    /// The findings that are about it, by their place in the source's list.
    pub findings: Vec<usize>,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Of its text.
    pub hash: String,
    /// Short hashes of its lines, by which a change is named; empty for long files.
    pub lines: String,
}

/// What is remembered about a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// What decides about the result beside the inputs.
    pub key: String,
    /// What was read, the source among it, by name.
    pub inputs: BTreeMap<String, Input>,
    /// What was looked for and isn't there: if it comes, it would be read.
    pub missing: BTreeSet<String>,
    /// How far it got.
    pub state: State,
    /// What was found on the way.
    pub findings: Vec<Finding>,
    /// Its programs.
    pub programs: Vec<Program>,
    /// Hashes of the files that were made of it, by path.
    pub files: BTreeMap<String, String>,
    /// What the workspace's own files must know of it; none where nothing was made of it.
    pub member: Option<Member>,
    /// What a loader must fill in, and attach.
    pub fill: Fill,
    /// Which lines of C and Rust correspond.
    pub links: Vec<Link>,
}

/// A source with what was made of it.
#[derive(Clone, Debug)]
pub struct Made {
    /// What is remembered.
    pub unit: Unit,
    /// Files, by path from the workspace's folder.
    pub files: BTreeMap<PathBuf, String>,
    /// The C, where it could be read.
    pub text: Option<Arc<str>>,
    /// The object, for a loader of all.
    pub object: Option<Object>,
}

impl Made {
    /// The path of the Rust.
    pub fn main(&self) -> Option<&Path> {
        let main = |path: &&PathBuf| {
            path.ends_with("main.rs")
                && path
                    .components()
                    .next()
                    .is_some_and(|first| first.as_os_str().to_string_lossy().ends_with("-ebpf"))
        };
        self.files.keys().find(main).map(PathBuf::as_path)
    }
}

/// What decides about a source's result beside its inputs, as one hash.
pub fn key(request: &Request, task: &Task) -> String {
    let relative = |text: &str| text.replace(&format!("{}/", request.repository.display()), "");
    let archs: Vec<_> = request.archs.iter().map(|arch| arch.name()).collect();
    let vmlinux = &task.options.vmlinux;
    let parts = [
        env!("CARGO_PKG_VERSION"),
        &request.name,
        &task.object,
        &format!("{:?}", request.loader),
        &format!("{:?}", request.quirks),
        &archs.join(","),
        &relative(&task.options.to_string()),
        &format!("{vmlinux:?}"),
    ];
    hash(parts.join("\0").as_bytes())
}

/// The name of an input: from the repository's folder, where it lies in it.
pub fn input_name(request: &Request, path: &Path) -> String {
    let path = normal(path);
    let inside = path.strip_prefix(normal(&request.repository));
    inside.unwrap_or(&path).to_string_lossy().replace('\\', "/")
}

/// Ports a source. Where c2aya breaks down, that is what is found.
pub fn make(request: &Request, task: &Task, cache: &Cache) -> Made {
    let result = panic::catch_unwind(AssertUnwindSafe(|| try_make(request, task, cache)));
    result.unwrap_or_else(|reason| {
        let reason = reason
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| reason.downcast_ref::<&str>().copied())
            .unwrap_or("no reason given");
        let broke_down = Diagnostic::error(
            codes::BROKE_DOWN,
            None,
            format!("c2aya broke down over this file: {reason}"),
        )
        .help("this is a fault of c2aya's; please report it with the file");
        let text = cache.read(&request.repository.join(&task.source)).ok();
        let mut unit = empty(request, task);
        if let Some(text) = &text {
            let name = input_name(request, &request.repository.join(&task.source));
            unit.inputs.insert(name, input(text));
            unit.programs = programs::of(text, None, &[]);
        }
        unit.findings
            .push(finding(request, &broke_down, &SourceMap::default()));
        Made {
            unit,
            files: BTreeMap::new(),
            text,
            object: None,
        }
    })
}

fn empty(request: &Request, task: &Task) -> Unit {
    Unit {
        key: key(request, task),
        inputs: BTreeMap::new(),
        missing: BTreeSet::new(),
        state: State::Refused,
        findings: Vec::new(),
        programs: Vec::new(),
        files: BTreeMap::new(),
        member: None,
        fill: Fill::default(),
        links: Vec::new(),
    }
}

fn try_make(request: &Request, task: &Task, cache: &Cache) -> Made {
    let path = request.repository.join(&task.source);
    let mut port = port::lower_file(&path, &task.options, &request.archs, cache);
    port::add_quirks(&mut port, &request.archs, request.quirks);
    let mut unit = empty(request, task);
    for (_, file) in port.files.iter() {
        if file.kind != FileKind::StandIn && !file.path.starts_with("<c2aya>") {
            unit.inputs
                .insert(input_name(request, &file.path), input(&file.text));
        }
    }
    unit.missing = (port.files.missing().iter())
        .map(|path| input_name(request, path))
        .collect();
    // A source that couldn't be read at all would be read once it can be.
    unit.inputs
        .entry(input_name(request, &path))
        .or_insert_with(|| Input {
            hash: "none".to_owned(),
            lines: String::new(),
        });
    let text = port
        .files
        .iter()
        .find(|(_, file)| file.kind == FileKind::Main);
    let main = text.as_ref().map(|(id, _)| *id);
    let text = text.map(|(_, file)| Arc::clone(&file.text));
    let mut files = BTreeMap::new();
    if let Some(object) = &mut port.object {
        object.name.clone_from(&task.object);
    }
    if let Some(object) = port
        .object
        .as_ref()
        .filter(|object| !object.programs.is_empty())
    {
        let headers = port.files.iter();
        let options = emit::Options {
            common: Some(common_path(&request.name, &task.object, true)),
            headers: headers
                .filter(|(_, file)| file.kind == FileKind::Local)
                .map(|(id, _)| id)
                .collect(),
            origins: false,
        };
        let (emitted, diagnostics) = emit::emit(object, &options);
        port.diagnostics.extend(diagnostics);
        let loader = (request.loader == Loader::PerObject)
            .then(|| object_loader(&request.name, &task.object, object));
        if let Some(loader) = &loader {
            port.diagnostics.extend(loader.diagnostics.iter().cloned());
        }
        files = object_files(&request.name, &task.object, &emitted, loader.as_ref());
        if let (Some(main), Some(c)) = (main, &text) {
            unit.links = links(object, options, &emitted, &files, &port.files, main, c);
        }
        unit.fill = Fill::of(object);
        unit.member = Some(Member {
            object: task.object.clone(),
            source: input_name(request, &path),
            spdx: object.spdx.clone(),
            shared: shared(request, &emitted, &port.files),
            unpacks: loader.as_ref().is_some_and(|loader| loader.unpacks),
            json: files.values().any(|text| text.contains("serde_json::")),
            asks: Asks::of(object),
            needs: loader.map(|loader| loader.needs).unwrap_or_default(),
        });
    }
    unit.findings = port
        .diagnostics
        .iter()
        .map(|diagnostic| finding(request, diagnostic, &port.files))
        .collect();
    let source = input_name(request, &path);
    if let Some(text) = &text {
        let ported = port.object.as_ref();
        unit.programs = programs::of(text, ported, &programs::places(&unit.findings, &source));
    }
    unit.state = state(&port.diagnostics, &files);
    unit.files = files
        .iter()
        .map(|(path, text)| (path.to_string_lossy().into_owned(), hash(text.as_bytes())))
        .collect();
    Made {
        unit,
        files,
        text,
        object: port.object.filter(|_| request.loader == Loader::Single),
    }
}

fn state(diagnostics: &[Diagnostic], files: &BTreeMap<PathBuf, String>) -> State {
    if files.is_empty() {
        return State::Refused;
    }
    let worst = diagnostics
        .iter()
        .map(|diagnostic| diagnostic.severity)
        .max();
    if diag::has_errors(diagnostics) {
        State::Partly
    } else if worst == Some(Severity::Warning) {
        State::Warnings
    } else {
        State::Ported
    }
}

/// The lines of the C that each line of the Rust was made from.
fn links(
    object: &Object,
    options: emit::Options,
    emitted: &emit::Emitted,
    files: &BTreeMap<PathBuf, String>,
    map: &SourceMap,
    main: crate::source::span::FileId,
    c: &str,
) -> Vec<Link> {
    let options = emit::Options {
        origins: true,
        ..options
    };
    let (marked, _) = emit::emit(object, &options);
    let program = files.iter().find(|(path, _)| {
        path.ends_with("main.rs") && !path.components().any(|part| part.as_os_str() == "bin")
    });
    let Some(text) = program.map(|(_, text)| text) else {
        return Vec::new();
    };
    let line = |at: u32| {
        map.line_column(Span {
            file: main,
            start: at,
            end: at,
        })
        .map(|(line, _)| line)
    };
    let origins: Vec<(usize, u32, u32)> = marked
        .origins
        .iter()
        .filter(|origin| origin.span.file == main)
        .filter_map(|origin| {
            let end = origin.span.end.saturating_sub(1).max(origin.span.start);
            Some((origin.line, line(origin.span.start)?, line(end)?))
        })
        .collect();
    lines::links(&marked.main, &origins, emitted.main.trim(), text, c)
}

/// The items of the common crate, with the headers that define them.
fn shared(request: &Request, emitted: &emit::Emitted, files: &SourceMap) -> Vec<Shared> {
    let header = |span: Option<Span>| {
        let file = files.get(span?.file)?;
        let name = match file.kind {
            FileKind::Main => return None,
            FileKind::StandIn => file.path.strip_prefix("<c2aya>").unwrap_or(&file.path),
            _ => &file.path,
        };
        Some(input_name(request, name))
    };
    emitted
        .shared
        .iter()
        .map(|item| Shared {
            header: header(item.span),
            // Places are those of this object's files only.
            item: emit::SharedItem {
                span: None,
                ..item.clone()
            },
        })
        .collect()
}

fn finding(request: &Request, diagnostic: &Diagnostic, files: &SourceMap) -> Finding {
    let place = |span: Option<Span>| {
        let span = span?;
        let (line, column) = files.line_column(span)?;
        Some((
            input_name(request, &files.get(span.file)?.path),
            line,
            column,
        ))
    };
    let at = place(diagnostic.span);
    let (file, line, column) = match at {
        Some((file, line, column)) => (Some(file), line, column),
        None => (None, 0, 0),
    };
    Finding {
        code: diagnostic.code.id.to_owned(),
        name: diagnostic.code.name.to_owned(),
        error: diagnostic.severity == Severity::Error,
        message: relative(request, &diagnostic.message),
        file,
        line,
        column,
        notes: diagnostic
            .notes
            .iter()
            .map(|note| match place(note.span) {
                Some((file, line, _)) => format!("{file}:{line}: {}", note.message),
                None => relative(request, &note.message),
            })
            .collect(),
        help: diagnostic.help.clone(),
    }
}

/// A message without the way to the repository.
fn relative(request: &Request, message: &str) -> String {
    let root = format!("{}/", request.repository.display());
    message.replace(&root, "")
}

/// Longer files are too long for their lines to be remembered.
const MAX_LINES: usize = 5_000;

fn input(text: &str) -> Input {
    Input {
        hash: hash(text.as_bytes()),
        lines: if text.lines().nth(MAX_LINES).is_some() {
            String::new()
        } else {
            lines::fingerprints(text)
        },
    }
}

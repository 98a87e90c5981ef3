//! One file from its path to a [`Unit`].

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    arch::Arch,
    diag::{Diagnostic, has_errors},
    source::{
        Cache, Options, assemble,
        headers::{EMBEDDED, Headers, Opened, Stop},
        lex::lex,
        meanings, messages, outside,
        preprocess::{self, Macro, Preprocessed, Raw},
        rewrite,
        span::{FileId, FileKind, SourceMap, Span},
        token::{Token, TokenKind},
        unit::{Define, KernelTypes, Unit},
        uses::{self, Definition, Found},
        vmlinux::{Index, Slicer},
    },
};

pub(super) struct Reader<'a> {
    options: &'a Options,
    arch: Arch,
    cache: &'a Cache,
    files: &'a mut SourceMap,
}

/// What a unit keeps so that it can be written anew with more of the kernel's types.
#[derive(Debug)]
pub(crate) struct Origin {
    tokens: Vec<Token>,
    uses: Vec<Found>,
    slicer: Slicer,
}

impl Origin {
    /// The files that the kernel's types come from.
    pub fn kernel_files(&self) -> Vec<FileId> {
        self.slicer.files().collect()
    }
}

impl<'a> Reader<'a> {
    pub fn new(
        options: &'a Options,
        arch: Arch,
        cache: &'a Cache,
        files: &'a mut SourceMap,
    ) -> Self {
        Self {
            options,
            arch,
            cache,
            files,
        }
    }

    pub fn read(&mut self, path: &Path) -> (Option<Unit>, Vec<Diagnostic>) {
        let headers = Headers::new(self.options, self.cache, self.arch);
        let main = match headers.main(path) {
            Ok(main) => main,
            Err(stop) => return (None, vec![self.stopped(&stop)]),
        };
        let main_id = self.add(&main);
        let read = self.read_main(&main, main_id, &headers);
        self.files.add_missing(headers.missing());
        read
    }

    fn read_main(
        &mut self,
        main: &Opened,
        main_id: FileId,
        headers: &Headers<'_>,
    ) -> (Option<Unit>, Vec<Diagnostic>) {
        if let Some(diagnostic) = messages::check_text(main_id, &main.text) {
            return (None, vec![diagnostic]);
        }
        let preprocessed = match self.preprocess(main, main_id, headers) {
            Ok(preprocessed) => preprocessed,
            Err(diagnostic) => return (None, vec![*diagnostic]),
        };
        let ids = self.ids(headers, &preprocessed);
        let mut diagnostics = match headers.stopped() {
            Some(stop) => vec![self.stopped(&stop)],
            None => messages::translate(&preprocessed.messages, &ids, self.files, self.options),
        };
        let unit = self.unit(main_id, preprocessed, &ids, headers, &mut diagnostics);
        (unit, diagnostics)
    }

    fn preprocess(
        &self,
        main: &Opened,
        main_id: FileId,
        headers: &Headers<'_>,
    ) -> Result<Preprocessed, Box<Diagnostic>> {
        match &self.options.cpp {
            Some(command) => outside::run(command, main, self.options, self.arch, headers)
                .map_err(|why| Box::new(messages::outside(main_id, command, &why))),
            None => preprocess::run(main, self.options, self.arch, headers)
                .ok_or_else(|| Box::new(messages::broke_down(main_id))),
        }
    }

    fn unit(
        &mut self,
        main: FileId,
        preprocessed: Preprocessed,
        ids: &Ids,
        headers: &Headers<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Unit> {
        let Preprocessed { tokens, macros, .. } = preprocessed;
        let mut numbered = Vec::with_capacity(tokens.len());
        for (number, raw) in (1u32..).zip(tokens) {
            numbered.push(Token {
                place: raw.place.and_then(|place| ids.span(place)),
                // Where macros paste a name out of parts, its letters stand nowhere.
                spelled: raw
                    .spelled
                    .and_then(|spelled| ids.span(spelled))
                    .filter(|&spelled| {
                        let pasted = raw.token.from_macro && raw.token.kind == TokenKind::Word;
                        !pasted || self.files.text(spelled) == raw.token.text
                    }),
                index: number,
                ..raw.token
            });
        }
        diagnostics.extend(rewrite::check_nesting(&numbered));
        diagnostics.extend(rewrite::check_syntax(&numbered));
        if has_errors(diagnostics) {
            return None;
        }
        diagnostics.extend(self.own_meanings(headers));
        let definitions: Vec<Definition> = macros
            .iter()
            .filter_map(|found| ids.definition(found))
            .collect();
        let uses = uses::find(&numbered, &definitions, self.files);
        let defines = self.defines(&macros, &uses, ids);
        let mut slicer = Slicer::default();
        let mut indices = headers.all();
        // The user's own come before the embedded ones.
        indices.sort_by_key(|opened| opened.kind != FileKind::Vmlinux);
        for opened in indices {
            if let Some(index) = &opened.index {
                slicer.add(self.add(&opened), Arc::clone(index));
            }
        }
        let origin = Arc::new(Origin {
            tokens: numbered,
            uses,
            slicer,
        });
        let mut unit = Unit {
            main,
            arch: self.arch,
            text: String::new(),
            map: Default::default(),
            macro_uses: Default::default(),
            unroll: Default::default(),
            defines,
            deps: dependencies(headers),
            kernel_types: kernel_types(headers),
            completed: Vec::new(),
            origin,
        };
        unit.write();
        Some(unit)
    }

    /// What copies of libbpf's headers say in their own way of macros that the program names.
    fn own_meanings(&mut self, headers: &Headers<'_>) -> Vec<Diagnostic> {
        let all = headers.all();
        let is_users = |opened: &&Opened| matches!(opened.kind, FileKind::Main | FileKind::Local);
        let named = |name: &str| {
            let mut texts = all.iter().filter(is_users).map(|opened| &*opened.text);
            texts.any(|text| lex(text).any(|lexeme| lexeme.of(text) == name))
        };
        let mut said = Vec::new();
        for copy in all.iter().filter(|opened| opened.edited.is_some()) {
            let meanings = meanings::own(&copy.text);
            for meaning in meanings.iter().filter(|meaning| named(meaning.name)) {
                said.push(meaning.warning(self.add(copy)));
            }
        }
        said
    }

    fn add(&mut self, opened: &Opened) -> FileId {
        self.files
            .find_or_add(opened.path.clone(), Arc::clone(&opened.text), opened.kind)
    }

    fn ids(&mut self, headers: &Headers<'_>, preprocessed: &Preprocessed) -> Ids {
        let command_line = preprocess::command_line(self.options);
        let mut ids = Ids::default();
        for path in &preprocessed.files {
            let file = headers.opened(path).map(|opened| File {
                id: self.add(&opened),
                index: opened.index,
            });
            let file = file.or_else(|| {
                (path.as_os_str() == "<command-line>" && !command_line.is_empty()).then(|| File {
                    id: self.files.find_or_add(
                        PathBuf::from("<command-line>"),
                        Arc::from(command_line.as_str()),
                        FileKind::StandIn,
                    ),
                    index: None,
                })
            });
            ids.files.push(file);
        }
        ids
    }

    fn stopped(&mut self, stop: &Stop) -> Diagnostic {
        let invalid = match stop {
            Stop::InvalidUtf8 { path, .. } => std::fs::read(path).ok().map(|bytes| {
                let text = String::from_utf8_lossy(&bytes);
                let kind = FileKind::Local;
                self.files
                    .find_or_add(path.clone(), Arc::from(&*text), kind)
            }),
            _ => None,
        };
        messages::stopped(stop, invalid)
    }

    fn defines(&self, macros: &[Macro], uses: &[Found], ids: &Ids) -> Vec<Define> {
        let used: HashSet<&str> = uses.iter().map(|found| found.name.as_str()).collect();
        let mut comments = HashMap::new();
        let mut defines: Vec<Define> = Vec::new();
        for found in macros.iter().filter(|found| !found.function_like) {
            let Some(span) = ids.span(found.span) else {
                continue;
            };
            let Some(file) = self.files.get(span.file) else {
                continue;
            };
            let foreign = !matches!(file.kind, FileKind::Main | FileKind::Local);
            if foreign && !used.contains(found.name.as_str()) {
                continue;
            }
            let trivia = comments
                .entry(span.file)
                .or_insert_with(|| crate::source::Trivia::new(span.file, &file.text));
            defines.push(Define {
                name: found.name.clone(),
                span,
                body: found.text.clone(),
                expanded: found.expanded.clone(),
                doc: trivia.doc(span.start).map(|comment| comment.text.clone()),
                foreign,
            });
        }
        defines.sort_by_key(|define| define.span);
        defines
    }
}

impl Unit {
    /// The same unit, with the definitions of `names` (tags, typedefs, functions) and all that they
    /// need from the kernel's types in front; positions in the text differ. None where the
    /// kernel's types know none of them that the text doesn't have already.
    ///
    /// A struct that the file only points to is left incomplete unless the name of one of its
    /// members occurs in the file; this is for the rest.
    #[must_use]
    pub fn complete(&self, names: &[&str]) -> Option<Self> {
        let mut unit = self.clone();
        unit.completed
            .extend(names.iter().map(|&name| name.to_owned()));
        unit.completed.sort_unstable();
        unit.completed.dedup();
        unit.write();
        (unit.text != self.text).then_some(unit)
    }

    /// Whether the kernel's types that the file includes define the struct, union or enum `tag`.
    pub fn kernel_has(&self, tag: &str) -> bool {
        self.origin.slicer.knows_tag(tag)
    }

    /// Writes the text from where the unit came from.
    fn write(&mut self) {
        let Origin {
            tokens,
            uses,
            slicer,
        } = &*self.origin;
        let mut all = slicer.slice(tokens, &self.completed);
        all.extend(tokens.iter().cloned());
        let all = rewrite::rewrite(all);
        let written = assemble::text(&all);
        self.macro_uses = assemble::uses(uses, &written.ranges);
        self.text = written.text;
        self.map = written.map;
        self.unroll = written.unroll;
    }
}

fn kernel_types(headers: &Headers<'_>) -> KernelTypes {
    let all = headers.all();
    let mut kernel = all
        .iter()
        .filter(|opened| opened.kind == FileKind::Vmlinux)
        .peekable();
    if kernel.peek().is_none() {
        KernelTypes::None
    } else if kernel.all(|opened| opened.path.starts_with(EMBEDDED)) {
        KernelTypes::Embedded
    } else {
        KernelTypes::Own
    }
}

fn dependencies(headers: &Headers<'_>) -> Vec<PathBuf> {
    let embedded = |opened: &Opened| opened.path.starts_with(EMBEDDED);
    headers
        .all()
        .into_iter()
        .filter(|opened| !embedded(opened))
        .map(|opened| opened.path)
        .collect()
}

/// The files of a source map by the preprocessor's numbers.
#[derive(Default)]
pub(super) struct Ids {
    files: Vec<Option<File>>,
}

struct File {
    id: FileId,
    index: Option<Arc<Index>>,
}

impl Ids {
    /// The place that the preprocessor calls `raw`; none in what nobody wrote.
    pub fn span(&self, raw: Raw) -> Option<Span> {
        let file = self.files.get(raw.file)?.as_ref()?;
        let offset = |at: u32| match &file.index {
            Some(index) => u32::try_from(index.original(at as usize)).ok(),
            None => Some(at),
        };
        Some(Span {
            file: file.id,
            start: offset(raw.start)?,
            end: offset(raw.end)?,
        })
    }

    fn definition(&self, found: &Macro) -> Option<Definition> {
        let body = found.body.iter();
        let body = body.map(|(raw, word)| Some((self.span(*raw)?, word.clone())));
        Some(Definition {
            name: found.name.clone(),
            function_like: found.function_like,
            body: body.collect::<Option<_>>()?,
        })
    }
}

//! Preprocessing in the process. The only module that knows rucc-pp, whose authors call its API
//! unstable.

use std::{
    io,
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
    thread,
};

use rucc_base::Interner;
use rucc_diag::{Diagnostic as Message, Severity, SourceBytes, Span as Flat};
use rucc_lex::{PpToken, PpTokenKind, TokenFlags};
use rucc_pp::{Builtin, Context, Expander, Preprocessor, Tok};
use rucc_session::{FileSystem, SearchPath};

use crate::{
    arch::{Arch, Endian},
    source::{
        Options,
        headers::{Headers, Opened},
        token::{Token, TokenKind},
    },
};

/// What preprocessing yields. Places are still those of `files`.
#[derive(Debug, Default)]
pub(crate) struct Preprocessed {
    pub tokens: Vec<RawToken>,
    /// The macros defined at the end, by name.
    pub macros: Vec<Macro>,
    pub messages: Vec<RawMessage>,
    /// The files by the number that places name.
    pub files: Vec<PathBuf>,
}

/// Bytes of one of the files of [`Preprocessed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Raw {
    pub file: usize,
    pub start: u32,
    pub end: u32,
}

/// A token whose places are not yet those of a source map.
#[derive(Debug)]
pub(crate) struct RawToken {
    pub token: Token,
    pub place: Option<Raw>,
    pub spelled: Option<Raw>,
}

/// A macro as it is defined at the end of the file.
#[derive(Debug)]
pub(crate) struct Macro {
    pub name: String,
    pub function_like: bool,
    /// The name where it is defined.
    pub span: Raw,
    /// The replacement list: where each token stands, and the words among them.
    pub body: Vec<(Raw, Option<String>)>,
    /// The replacement list of an object-like macro as text, before and after expansion.
    pub text: String,
    pub expanded: String,
}

/// What the preprocessor has to say.
#[derive(Debug)]
pub(crate) struct RawMessage {
    pub code: &'static str,
    pub error: bool,
    pub text: String,
    pub place: Option<Raw>,
    pub notes: Vec<(String, Option<Raw>)>,
}

/// The preprocessor recurses into arguments; this is enough for what the nesting cap lets through.
const STACK: usize = 256 << 20;

/// How many tokens a file may come to; the kernel's largest are a tenth of that.
const MAX_TOKENS: usize = 8 << 20;

/// Preprocesses `main`. None where the preprocessor itself broke down.
pub(crate) fn run(
    main: &Opened,
    options: &Options,
    arch: Arch,
    headers: &Headers<'_>,
) -> Option<Preprocessed> {
    let work = || {
        let result = AssertUnwindSafe(|| preprocess(main, options, arch, headers));
        panic::catch_unwind(result).ok().flatten()
    };
    thread::scope(|scope| {
        thread::Builder::new()
            .name("preprocess".into())
            .stack_size(STACK)
            .spawn_scoped(scope, work)
            .ok()?
            .join()
            .ok()?
    })
}

/// What the compiler defines before the file begins.
pub(crate) fn predefined(arch: Arch) -> String {
    let mut text = concat!(
        include_str!("../../templates/headers/predefined.h"),
        include_str!("../../templates/headers/has.h"),
    )
    .to_owned();
    let mut define = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    match arch.endian() {
        Endian::Little => {
            define("#define __BYTE_ORDER__ __ORDER_LITTLE_ENDIAN__");
            define("#define __LITTLE_ENDIAN__ 1");
        }
        Endian::Big => {
            define("#define __BYTE_ORDER__ __ORDER_BIG_ENDIAN__");
            define("#define __BIG_ENDIAN__ 1");
        }
    }
    define(&format!("#define {} 1", arch.target_macro()));
    text
}

/// `-D`, `-U` and `--include` as directives.
pub(crate) fn command_line(options: &Options) -> String {
    let mut text = String::new();
    for define in &options.defines {
        let (name, value) = define.split_once('=').unwrap_or((define, "1"));
        // A definition is one line, whatever the command line says.
        let line = format!("#define {name} {value}").replace(['\n', '\r'], " ");
        text.push_str(&line);
        text.push('\n');
    }
    for name in &options.undefines {
        text.push_str(&format!("#undef {name}").replace(['\n', '\r'], " "));
        text.push('\n');
    }
    for path in &options.forced {
        text.push_str(&format!("#include \"{}\"\n", path.display()));
    }
    text
}

#[derive(Debug)]
struct Files<'a>(&'a Headers<'a>);

impl FileSystem for Files<'_> {
    fn read(&self, path: &Path) -> io::Result<SourceBytes> {
        let opened = self.0.open(path)?;
        Ok(SourceBytes::new(Bytes(opened.visible())))
    }

    fn identity(&self, path: &Path) -> PathBuf {
        let named = self
            .0
            .opened(path)
            .map_or_else(|| path.to_owned(), |opened| opened.path);
        named.canonicalize().unwrap_or(named)
    }
}

/// A shared text as bytes.
struct Bytes(std::sync::Arc<str>);

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

fn preprocess(
    main: &Opened,
    options: &Options,
    arch: Arch,
    headers: &Headers<'_>,
) -> Option<Preprocessed> {
    let files = Files(headers);
    let mut search = SearchPath::new();
    for folder in &options.includes {
        search.push_bracket(folder);
    }
    for folder in &options.system_includes {
        search.push_system(folder);
    }
    search.push_after(Headers::embedded_folder());
    let mut interner = Interner::new();
    let mut sources = rucc_diag::SourceMap::new();
    let predefined = sources
        .add("<built-in>", predefined(arch).into_bytes())
        .ok()?;
    let command_line = sources
        .add("<command-line>", command_line(options).into_bytes())
        .ok()?;
    let name = main.path.to_string_lossy().into_owned();
    let file = sources.add(name, Bytes(main.visible())).ok()?;
    let mut context = Context::new(&mut interner, &mut sources, &files, &search);
    let mut preprocessor = Preprocessor::new();
    for (spelling, builtin) in Builtin::ALL {
        let name = context.interner.intern(spelling);
        preprocessor
            .macros_mut()
            .define_builtin(name, builtin, Flat::new(0, 0));
    }
    preprocessor.run(predefined, &mut context);
    let mut tokens = preprocessor.run(command_line, &mut context);
    tokens.extend(preprocessor.run(file, &mut context));
    let mut messages = preprocessor.take_diagnostics();
    if tokens.len() > MAX_TOKENS {
        let last = tokens
            .last()
            .map_or(Flat::DUMMY, |token| token.report_span());
        let message = Message::error("the file expands to millions of tokens", last);
        messages.push(message.with_code("E0310"));
        tokens.clear();
    }
    let mut output = Output {
        interner: &mut interner,
        sources: &sources,
    };
    let macros = output.macros(&preprocessor);
    Some(Preprocessed {
        tokens: output.tokens(&tokens),
        macros,
        messages: messages
            .iter()
            .map(|message| output.message(message))
            .collect(),
        files: sources
            .files()
            .iter()
            .map(|file| PathBuf::from(&file.name))
            .collect(),
    })
}

struct Output<'a> {
    interner: &'a mut Interner,
    sources: &'a rucc_diag::SourceMap,
}

impl Output<'_> {
    fn raw(&self, span: Flat) -> Option<Raw> {
        if span.is_dummy() {
            return None;
        }
        let id = self.sources.lookup_file(span.lo)?;
        let file = self.sources.file(id);
        let index = self.sources.files().iter().position(|f| f.id == id)?;
        Some(Raw {
            file: index,
            start: span.lo.checked_sub(file.start)?,
            end: span.hi.min(file.end).checked_sub(file.start)?,
        })
    }

    fn letters(&self, kind: PpTokenKind, value: Option<rucc_base::Symbol>) -> String {
        match (kind, value) {
            (PpTokenKind::Punct(punct), _) => punct.as_str().to_owned(),
            (_, Some(value)) => self.interner.resolve(value).to_owned(),
            _ => String::new(),
        }
    }

    /// The tokens, each `#pragma` line as one.
    fn tokens(&self, tokens: &[Tok]) -> Vec<RawToken> {
        let mut output: Vec<RawToken> = Vec::with_capacity(tokens.len());
        let mut rest = tokens.iter().peekable();
        while let Some(tok) = rest.next() {
            if tok.kind == PpTokenKind::Eof {
                continue;
            }
            let mut raw = self.token(tok);
            let starts_line = tok.flags.has(TokenFlags::START_OF_LINE);
            let is_pragma = |next: &&&Tok| self.letters(next.kind, next.value) == "pragma";
            if starts_line
                && raw.token.text == "#"
                && rest.next_if(|next| is_pragma(&next)).is_some()
            {
                let mut line = String::new();
                while let Some(word) =
                    rest.next_if(|next| !next.flags.has(TokenFlags::START_OF_LINE))
                {
                    if !line.is_empty() && word.flags.has(TokenFlags::LEADING_SPACE) {
                        line.push(' ');
                    }
                    line.push_str(&self.letters(word.kind, word.value));
                }
                raw.token.kind = TokenKind::Pragma;
                raw.token.text = line.into();
            }
            output.push(raw);
        }
        output
    }

    fn token(&self, tok: &Tok) -> RawToken {
        let kind = match tok.kind {
            PpTokenKind::Ident => TokenKind::Word,
            PpTokenKind::Number => TokenKind::Number,
            PpTokenKind::CharConst => TokenKind::Char,
            PpTokenKind::StringLit => TokenKind::Str,
            _ => TokenKind::Punct,
        };
        let text = match tok.kind {
            PpTokenKind::Punct(punct) => punct.as_str().into(),
            _ => self.letters(tok.kind, tok.value).into(),
        };
        RawToken {
            token: Token {
                kind,
                text,
                space: tok.flags.has(TokenFlags::LEADING_SPACE),
                line_start: tok.flags.has(TokenFlags::START_OF_LINE),
                place: None,
                spelled: None,
                from_macro: !tok.expansion.is_dummy(),
                unroll: None,
                index: 0,
            },
            place: self.raw(tok.report_span()),
            spelled: self.raw(tok.span),
        }
    }

    fn macros(&mut self, preprocessor: &Preprocessor) -> Vec<Macro> {
        let table = preprocessor.macros();
        let mut macros = Vec::new();
        let mut expander = Expander::new();
        for definition in table.sorted() {
            let Some(span) = self.raw(definition.span) else {
                continue;
            };
            if definition.builtin.is_some() || span.file < 2 {
                continue;
            }
            let body = definition.body.iter();
            let body = body.filter_map(|token| {
                let word = (token.kind == PpTokenKind::Ident)
                    .then(|| self.letters(token.kind, token.value));
                Some((self.raw(token.span)?, word))
            });
            let body = body.collect();
            let (mut text, mut expanded) = (String::new(), String::new());
            if !definition.function_like {
                text = self.spell(definition.body.iter().copied());
                let tokens = expander.expand(&definition.body, table, self.interner, self.sources);
                expanded = self.spell(tokens.iter().map(|tok| tok.to_pp()));
                expander.take_diagnostics();
            }
            macros.push(Macro {
                name: self.interner.resolve(definition.name).to_owned(),
                function_like: definition.function_like,
                span,
                body,
                text,
                expanded,
            });
        }
        macros
    }

    fn spell(&self, tokens: impl Iterator<Item = PpToken>) -> String {
        let mut text = String::new();
        for token in tokens {
            let letters = self.letters(token.kind, token.value);
            let glued = |(last, first): (char, char)| {
                let is_word = |c: char| c.is_alphanumeric() || c == '_';
                is_word(last) && is_word(first) || last == first
            };
            let glued = text
                .chars()
                .next_back()
                .zip(letters.chars().next())
                .is_some_and(glued);
            if !text.is_empty() && (token.flags.has(TokenFlags::LEADING_SPACE) || glued) {
                text.push(' ');
            }
            text.push_str(&letters);
        }
        text
    }

    fn message(&self, message: &Message) -> RawMessage {
        RawMessage {
            code: message.code.unwrap_or_default(),
            error: message.severity == Severity::Error || message.severity == Severity::Ice,
            text: message.message.clone(),
            place: self.raw(message.span),
            notes: message
                .children
                .iter()
                .map(|note| (note.message.clone(), self.raw(note.span)))
                .collect(),
        }
    }
}

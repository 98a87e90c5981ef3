//! Which tokens are the whole of what a macro use expanded to.
//!
//! The preprocessor tells for each token where it is spelled and which invocation in the file it
//! came out of, but not what lies between. That is found again here: the expansion of an
//! object-like macro is its replacement list with the expansions of the macros in it, and the
//! words of a replacement list are told apart by where they stand.

use std::collections::HashMap;

use crate::source::{
    lex::{Kind, lex},
    span::{SourceMap, Span},
    token::Token,
};

/// A macro, as this search needs it.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub name: String,
    pub function_like: bool,
    /// Where each token of the replacement list stands, and the words among them.
    pub body: Vec<(Span, Option<String>)>,
}

/// A macro use over the tokens `first..=last` by their index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub name: String,
    pub function_like: bool,
    pub first: u32,
    pub last: u32,
    pub span: Span,
}

/// The macro uses among `tokens`, of several over the same tokens the outermost first.
pub(crate) fn find(tokens: &[Token], macros: &[Definition], files: &SourceMap) -> Vec<Found> {
    let search = Search::new(macros);
    let mut found = Vec::new();
    let mut rest = tokens;
    while let Some(first) = rest.first() {
        let same = |token: &&Token| token.from_macro && token.place == first.place;
        let length = rest.iter().take_while(same).count().max(1);
        let (group, behind) = rest.split_at(length.min(rest.len()));
        rest = behind;
        if let Some(place) = first.place.filter(|_| first.from_macro) {
            search.group(group, place, files, &mut found);
        }
    }
    found
}

struct Search<'a> {
    by_name: HashMap<&'a str, &'a Definition>,
    /// Object-like macros by the place of the first token of their body.
    by_start: HashMap<Span, &'a Definition>,
    /// Object-like macros by the word that their body begins with.
    by_first_word: HashMap<&'a str, Vec<&'a Definition>>,
}

/// How deep object-like macros may stand for one another in this search.
const MAX_DEPTH: usize = 32;

impl<'a> Search<'a> {
    fn new(macros: &'a [Definition]) -> Self {
        let mut by_first_word: HashMap<&str, Vec<&Definition>> = HashMap::new();
        let mut by_start = HashMap::new();
        for definition in macros.iter().filter(|definition| !definition.function_like) {
            if let Some((span, word)) = definition.body.first() {
                by_start.insert(*span, definition);
                if let Some(word) = word {
                    by_first_word.entry(word).or_default().push(definition);
                }
            }
        }
        Self {
            by_name: macros
                .iter()
                .map(|definition| (definition.name.as_str(), definition))
                .collect(),
            by_start,
            by_first_word,
        }
    }

    /// The uses in `group`, which is all that one invocation at `place` in a file expanded to.
    fn group(&self, group: &[Token], place: Span, files: &SourceMap, found: &mut Vec<Found>) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            return;
        };
        let Some(outer) = self.by_name.get(files.text(place)) else {
            return;
        };
        found.push(Found {
            name: outer.name.clone(),
            function_like: outer.function_like,
            first: first.index,
            last: last.index,
            span: place,
        });
        let mut arguments = if outer.function_like {
            Arguments::of(place, files)
        } else {
            Arguments::default()
        };
        let mut at = 0;
        while let Some(token) = group.get(at) {
            let rest = group.get(at..).unwrap_or_default();
            let mut uses: Vec<_> = self
                .candidates(token)
                .into_iter()
                .filter(|candidate| outer.function_like || candidate.name != outer.name)
                .filter_map(|candidate| Some((candidate, self.expansion(candidate, rest, 0)?)))
                .filter(|&(_, length)| length > 0)
                .collect();
            // The one that the user wrote, and what it stands for in turn.
            let written = uses
                .iter()
                .rposition(|(candidate, _)| arguments.has(&candidate.name));
            if let Some(written) = written {
                uses.truncate(written + 1);
            }
            uses.reverse();
            for (candidate, length) in &uses {
                let Some(last) = rest.get(length - 1) else {
                    continue;
                };
                found.push(Found {
                    name: candidate.name.clone(),
                    function_like: false,
                    first: token.index,
                    last: last.index,
                    span: arguments.take(&candidate.name).unwrap_or(place),
                });
            }
            at += 1;
        }
    }

    /// The object-like macros whose expansion can begin with `token`, the innermost first.
    fn candidates(&self, token: &Token) -> Vec<&'a Definition> {
        let innermost = token
            .spelled
            .and_then(|spelled| self.by_start.get(&spelled));
        let mut candidates: Vec<&Definition> = innermost.copied().into_iter().collect();
        let mut at = 0;
        while let Some(inner) = candidates.get(at).filter(|_| at < MAX_DEPTH) {
            let outer = self.by_first_word.get(inner.name.as_str());
            for outer in outer.into_iter().flatten() {
                if !candidates.iter().any(|known| known.name == outer.name) {
                    candidates.push(outer);
                }
            }
            at += 1;
        }
        candidates
    }

    /// How many tokens at the start of `tokens` are the whole expansion of `definition`.
    fn expansion(&self, definition: &Definition, tokens: &[Token], depth: usize) -> Option<usize> {
        if depth > MAX_DEPTH {
            return None;
        }
        let mut at = 0;
        for (span, word) in &definition.body {
            if tokens
                .get(at)
                .is_some_and(|token| token.spelled == Some(*span))
            {
                at += 1;
                continue;
            }
            let inner = self.by_name.get(word.as_deref()?)?;
            if inner.function_like {
                return None;
            }
            at += self.expansion(inner, tokens.get(at..)?, depth + 1)?;
        }
        Some(at)
    }
}

/// The words in the arguments of an invocation, where the user wrote it.
#[derive(Debug, Default)]
struct Arguments {
    words: HashMap<String, Vec<Span>>,
}

impl Arguments {
    fn of(place: Span, files: &SourceMap) -> Self {
        let mut arguments = Self::default();
        let rest = files
            .get(place.file)
            .and_then(|file| file.text.get(place.end as usize..))
            .unwrap_or_default();
        let mut depth = 0usize;
        for lexeme in lex(rest) {
            match lexeme.kind {
                Kind::Punct(b'(') => depth += 1,
                Kind::Punct(b')') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        break;
                    }
                }
                Kind::Word => {
                    let offset =
                        |at: usize| place.end.saturating_add(u32::try_from(at).unwrap_or(0));
                    let span = Span {
                        file: place.file,
                        start: offset(lexeme.start),
                        end: offset(lexeme.end),
                    };
                    let word = lexeme.of(rest).to_owned();
                    arguments.words.entry(word).or_default().push(span);
                }
                Kind::Newline | Kind::LineComment | Kind::BlockComment => {}
                _ if depth == 0 => break,
                _ => {}
            }
        }
        arguments
    }

    fn has(&self, word: &str) -> bool {
        self.words.contains_key(word)
    }

    /// The next place at which the word stands; the last one again where an argument is expanded
    /// more than once.
    fn take(&mut self, word: &str) -> Option<Span> {
        let places = self.words.get_mut(word)?;
        if places.len() > 1 {
            Some(places.remove(0))
        } else {
            places.first().copied()
        }
    }
}

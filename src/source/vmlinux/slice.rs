//! The part of an indexed file that a program reaches.

use std::{collections::HashSet, sync::Arc};

use super::{Index, decl::Needs};
use crate::source::{
    lex::{Kind, lex},
    span::{FileId, Span},
    token::{Token, TokenKind},
};

/// The indexed files of one unit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slicer {
    sources: Vec<(FileId, Arc<Index>)>,
}

/// A declaration: which source, and its number there.
type Place = (usize, u32);

impl Slicer {
    /// Adds a file; of several that declare the same name, the first counts.
    pub fn add(&mut self, file: FileId, index: Arc<Index>) {
        self.sources.push((file, index));
    }

    /// The files, in their order.
    pub fn files(&self) -> impl Iterator<Item = FileId> {
        self.sources.iter().map(|(file, _)| *file)
    }

    /// Whether the definition of `tag` is in one of the files.
    pub fn knows_tag(&self, tag: &str) -> bool {
        self.tag(tag).is_some()
    }

    /// The declarations that `tokens`, a whole program, and the names `extra` reach, each behind those
    /// that it needs.
    pub fn slice(&self, tokens: &[Token], extra: &[String]) -> Vec<Token> {
        let mut reach = Reach::new(self, tokens);
        for name in extra {
            for place in [self.tag(name), self.ordinary(name)].into_iter().flatten() {
                reach.visit(place);
            }
        }
        reach.program(tokens);
        reach.follow_pointers();
        let mut slice = Vec::new();
        for place in reach.order {
            self.write(place, &mut slice);
        }
        slice
    }

    fn tag(&self, tag: &str) -> Option<Place> {
        self.find(|index| index.tag(tag))
    }

    fn ordinary(&self, name: &str) -> Option<Place> {
        self.find(|index| index.ordinary(name))
    }

    fn find(&self, ask: impl Fn(&Index) -> Option<u32>) -> Option<Place> {
        self.sources
            .iter()
            .enumerate()
            .find_map(|(source, (_, index))| Some((source, ask(index)?)))
    }

    fn yields(&self, (source, decl): Place) -> bool {
        let source = self.sources.get(source);
        source.is_some_and(|(_, index)| index.yields(decl))
    }

    fn text(&self, (source, decl): Place) -> &str {
        self.sources
            .get(source)
            .and_then(|(_, index)| index.text().get(index.range(decl)))
            .unwrap_or_default()
    }

    fn write(&self, (source, decl): Place, out: &mut Vec<Token>) {
        let Some((file, index)) = self.sources.get(source) else {
            return;
        };
        let range = index.range(decl);
        let text = index.text().get(range.clone()).unwrap_or_default();
        let first = out.len();
        write_tokens(*file, range.start, text, 0, index, out);
        let Some(start) = out.get_mut(first) else {
            return;
        };
        start.line_start = true;
        if index.relocated(decl) {
            let mut push = start.with(TokenKind::Pragma, RELOCATED);
            push.line_start = true;
            let pop = push.with(TokenKind::Pragma, "clang attribute pop");
            out.insert(first, push);
            out.push(pop);
        }
    }
}

const RELOCATED: &str =
    "clang attribute push (__attribute__((preserve_access_index)), apply_to = record)";
/// How deep macros in a file of declarations may stand for macros.
const MAX_MACROS: usize = 8;

/// The tokens of `text`, which stands at `offset` in `file`, object-like macros expanded.
fn write_tokens(
    file: FileId,
    offset: usize,
    text: &str,
    depth: usize,
    index: &Index,
    out: &mut Vec<Token>,
) {
    let mut behind = None;
    let mut line_start = false;
    for lexeme in lex(text) {
        let kind = match lexeme.kind {
            Kind::Word => TokenKind::Word,
            Kind::Number => TokenKind::Number,
            Kind::Str => TokenKind::Str,
            Kind::Char => TokenKind::Char,
            Kind::Punct(_) => TokenKind::Punct,
            Kind::LineComment | Kind::BlockComment => continue,
            Kind::Newline => {
                line_start = true;
                continue;
            }
        };
        let letters = lexeme.of(text);
        if depth < MAX_MACROS
            && kind == TokenKind::Word
            && let Some(body) = index.expansion(letters).filter(|&body| body != letters)
        {
            let first = out.len();
            write_tokens(file, offset, body, depth + 1, index, out);
            if let Some(token) = out.get_mut(first) {
                token.space = true;
            }
            let place = span(file, offset + lexeme.start, letters.len());
            for token in out.iter_mut().skip(first) {
                token.place = place;
                token.spelled = place;
            }
            continue;
        }
        let place = span(file, offset + lexeme.start, letters.len());
        out.push(Token {
            kind,
            text: letters.to_owned().into(),
            space: behind.is_some_and(|behind| behind != lexeme.start),
            line_start: std::mem::take(&mut line_start),
            place,
            spelled: place,
            from_macro: false,
            unroll: None,
            index: 0,
        });
        behind = Some(lexeme.end);
    }
}

fn span(file: FileId, start: usize, length: usize) -> Option<Span> {
    Some(Span {
        file,
        start: u32::try_from(start).ok()?,
        end: u32::try_from(start + length).ok()?,
    })
}

/// The declarations reached so far.
struct Reach<'a> {
    slicer: &'a Slicer,
    /// Names in the place of a member in the program: behind `.` and `->`.
    members: HashSet<&'a str>,
    /// Tags that the program defines itself.
    own: HashSet<&'a str>,
    /// Functions that the program declares itself.
    functions: HashSet<&'a str>,
    seen: HashSet<Place>,
    order: Vec<Place>,
    /// Tags that something reached points to, to be followed if one of their members is used.
    pointed: Vec<&'a str>,
}

impl<'a> Reach<'a> {
    fn new(slicer: &'a Slicer, tokens: &'a [Token]) -> Self {
        let pairs = || tokens.iter().zip(tokens.iter().skip(1));
        let members = pairs()
            .filter(|(before, _)| before.is_any(&[".", "->"]))
            .filter_map(|(_, token)| token.word())
            .collect();
        let own = pairs()
            .zip(tokens.iter().skip(2))
            .filter(|((keyword, _), behind)| {
                keyword.is_any(&["struct", "union", "enum"]) && behind.is("{")
            })
            .filter_map(|((_, tag), _)| tag.word())
            .collect();
        Self {
            slicer,
            members,
            own,
            functions: declared_functions(tokens),
            seen: HashSet::new(),
            order: Vec::new(),
            pointed: Vec::new(),
        }
    }

    /// Reaches what the program itself mentions.
    fn program(&mut self, tokens: &'a [Token]) {
        for (at, token) in tokens.iter().enumerate() {
            let Some(word) = token.word() else { continue };
            let before = at.checked_sub(1).and_then(|before| tokens.get(before));
            if before.is_some_and(|before| before.is_any(&[".", "->"])) {
                continue;
            }
            if before.is_some_and(|before| before.is_any(&["struct", "union", "enum"])) {
                if tokens.get(at + 1).is_some_and(|behind| behind.is("*")) {
                    self.pointed.push(word);
                } else {
                    self.visit_tag(word);
                }
            } else if let Some(place) = self.slicer.ordinary(word)
                && !(self.slicer.yields(place) && self.functions.contains(word))
            {
                self.visit(place);
            }
        }
    }

    fn visit_tag(&mut self, tag: &str) {
        if !self.own.contains(tag)
            && let Some(place) = self.slicer.tag(tag)
        {
            self.visit(place);
        }
    }

    /// Reaches `place` and all that it needs by value, in order.
    fn visit(&mut self, place: Place) {
        let mut stack = vec![(place, false)];
        while let Some((place, done)) = stack.pop() {
            if done {
                self.order.push(place);
                continue;
            }
            if !self.seen.insert(place) {
                continue;
            }
            stack.push((place, true));
            let needs = Needs::of(self.slicer.text(place));
            let tags = needs.tags.iter().filter(|tag| !self.own.contains(**tag));
            let wanted = tags
                .filter_map(|tag| self.slicer.tag(tag))
                .chain(
                    needs
                        .names
                        .iter()
                        .filter_map(|name| self.slicer.ordinary(name)),
                )
                .filter(|wanted| !self.seen.contains(wanted));
            // Reversed, so that they come off the stack in the order of the text.
            let mut wanted: Vec<Place> = wanted.collect();
            wanted.reverse();
            stack.extend(wanted.into_iter().map(|wanted| (wanted, false)));
            let is_typedef = needs.fields.is_empty();
            for &(tag, member) in &needs.pointers {
                if is_typedef || member.is_some_and(|member| self.members.contains(member)) {
                    self.pointed.push(tag);
                }
            }
        }
    }

    /// Reaches the records behind pointers, as far as the program follows them.
    fn follow_pointers(&mut self) {
        let mut asked = HashSet::new();
        while let Some(tag) = self.pointed.pop() {
            if !asked.insert(tag) || self.own.contains(tag) {
                continue;
            }
            let Some(place) = self
                .slicer
                .tag(tag)
                .filter(|place| !self.seen.contains(place))
            else {
                continue;
            };
            let needs = Needs::of(self.slicer.text(place));
            // A member of an embedded record is reached through a member's name as well.
            if needs
                .fields
                .iter()
                .any(|field| self.members.contains(field))
            {
                self.visit(place);
            }
        }
    }
}

/// The names in front of a parenthesis outside all brackets, behind a type.
fn declared_functions(tokens: &[Token]) -> HashSet<&str> {
    let mut names = HashSet::new();
    let mut depth = 0usize;
    let mut before = None;
    for (at, token) in tokens.iter().enumerate() {
        if token.is_any(&["(", "[", "{"]) {
            depth += 1;
        } else if token.is_any(&[")", "]", "}"]) {
            depth = depth.saturating_sub(1);
        } else if depth == 0
            && let Some(word) = token.word()
            && tokens.get(at + 1).is_some_and(|next| next.is("("))
            && before.is_some_and(|before: &Token| before.word().is_some() || before.is("*"))
        {
            names.insert(word);
        }
        before = Some(token);
    }
    names
}

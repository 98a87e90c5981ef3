//! Some of the items of a Rust file, with what they need, as they stand there.
//!
//! The text is kept, comments included: the syntax tree only says where each item lies and which
//! names it mentions. A name that is mentioned keeps every item that has it, so a file whose items
//! have names of their own loses all that isn't needed.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{ImplItem, Item, ItemUse, TraitItem, UseName, UseTree, spanned::Spanned};

/// The part of `text` that `wanted` needs: names of items, or of methods with their type before
/// them. A file that isn't Rust comes back whole.
pub fn select<'a>(text: &str, wanted: impl IntoIterator<Item = &'a str>) -> String {
    let Ok(file) = syn::parse_file(text) else {
        return text.to_owned();
    };
    let lines: Vec<&str> = text.lines().collect();
    let own: BTreeSet<String> = file
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Trait(of) => Some(of.ident.to_string()),
            _ => None,
        })
        .collect();
    let pieces: Vec<Piece> = (file.items.into_iter())
        .map(|item| Piece::of(item, &own))
        .collect();
    let mut names = Names(BTreeSet::new());
    for name in wanted {
        names.0.extend(name.split("::").map(str::to_owned));
    }
    while names.grow(&pieces) {}
    render(&lines, &pieces, &names)
}

/// Names that something needs.
struct Names(BTreeSet<String>);

impl Names {
    fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }

    /// Adds what the pieces that are needed mention: whether that was anything new.
    fn grow(&mut self, pieces: &[Piece]) -> bool {
        let before = self.0.len();
        for piece in pieces {
            if !piece.kept(self) {
                continue;
            }
            self.0.extend(piece.mentions.iter().cloned());
            for part in &piece.parts {
                if part.kept(self) {
                    self.0.extend(part.mentions.iter().cloned());
                }
            }
        }
        self.0.len() > before
    }
}

/// An item of the file.
struct Piece {
    item: Item,
    kind: Kind,
    start: usize,
    end: usize,
    /// Names in it; of an implementation or a trait: outside of its functions.
    mentions: BTreeSet<String>,
    /// Those of them that may be imported ones: not behind a `::`.
    heads: BTreeSet<String>,
    /// The functions of an implementation or a trait.
    parts: Vec<Part>,
}

enum Kind {
    /// Kept where one of these names is needed.
    Named(BTreeSet<String>),
    /// Kept where the type is needed and one of the functions is.
    Methods(String),
    /// `use`: kept where something that it names is mentioned.
    Import,
}

/// A function inside of an item.
struct Part {
    name: String,
    start: usize,
    end: usize,
    mentions: BTreeSet<String>,
    heads: BTreeSet<String>,
}

impl Part {
    fn of(name: String, item: &impl Spanned, tokens: &impl ToTokens) -> Self {
        Self {
            name,
            start: item.span().start().line,
            end: item.span().end().line,
            mentions: identifiers(tokens),
            heads: heads(tokens),
        }
    }

    fn kept(&self, names: &Names) -> bool {
        self.name == "new" || names.has(&self.name)
    }
}

impl Piece {
    /// `own` are the traits that the file defines.
    fn of(item: Item, own: &BTreeSet<String>) -> Self {
        let (start, end) = (item.span().start().line, item.span().end().line);
        let mut mentions = identifiers(&item);
        let mut beginnings = heads(&item);
        let mut parts = Vec::new();
        let kind = match &item {
            Item::Use(_) => Kind::Import,
            Item::Impl(of) => {
                for item in &of.items {
                    if let ImplItem::Fn(function) = item {
                        parts.push(Part::of(function.sig.ident.to_string(), item, item));
                    }
                }
                let mut head = of.clone();
                head.items.clear();
                mentions = identifiers(&head);
                beginnings = heads(&head);
                let last =
                    |path: &syn::Path| path.segments.last().map(|last| last.ident.to_string());
                let of_trait = of.trait_.as_ref().and_then(|(_, path, _)| last(path));
                let of_type = match &*of.self_ty {
                    syn::Type::Path(path) => last(&path.path),
                    _ => None,
                };
                match (of_trait, of_type) {
                    (Some(name), _) if own.contains(&name) => Kind::Named([name].into()),
                    (Some(_), Some(name)) => {
                        // Somebody else calls the functions of a foreign trait.
                        for part in std::mem::take(&mut parts) {
                            mentions.extend(part.mentions);
                            beginnings.extend(part.heads);
                        }
                        Kind::Named([name].into())
                    }
                    (None, Some(name)) => Kind::Methods(name),
                    (_, None) => Kind::Named(mentions.clone()),
                }
            }
            Item::Trait(of) => {
                for item in &of.items {
                    if let TraitItem::Fn(function) = item {
                        parts.push(Part::of(function.sig.ident.to_string(), item, item));
                    }
                }
                let mut head = of.clone();
                head.items.clear();
                mentions = identifiers(&head);
                beginnings = heads(&head);
                Kind::Named([of.ident.to_string()].into())
            }
            Item::Macro(of) => Kind::Named(match &of.ident {
                // It is the traits that it implements that somebody needs.
                Some(_) => traits(&of.mac.tokens),
                None => identifiers(&of.mac.path),
            }),
            Item::Const(of) => Kind::Named([of.ident.to_string()].into()),
            Item::Fn(of) => Kind::Named([of.sig.ident.to_string()].into()),
            Item::Mod(of) => Kind::Named([of.ident.to_string()].into()),
            Item::Static(of) => Kind::Named([of.ident.to_string()].into()),
            Item::Struct(of) => Kind::Named([of.ident.to_string()].into()),
            Item::Type(of) => Kind::Named([of.ident.to_string()].into()),
            _ => Kind::Named(mentions.clone()),
        };
        Self {
            item,
            kind,
            start,
            end,
            mentions,
            heads: beginnings,
            parts,
        }
    }

    fn kept(&self, names: &Names) -> bool {
        match &self.kind {
            Kind::Named(own) => own.iter().any(|name| names.has(name)),
            Kind::Methods(of) => names.has(of) && self.parts.iter().any(|part| part.kept(names)),
            // A module's own items are imported by what uses them; it is the module that needs this.
            Kind::Import => false,
        }
    }
}

/// The names after `impl` in the body of a macro.
fn traits(tokens: &TokenStream) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut bodies = vec![tokens.clone()];
    while let Some(body) = bodies.pop() {
        let mut of_impl = false;
        for token in body {
            match token {
                TokenTree::Ident(name) if name == "impl" => of_impl = true,
                TokenTree::Ident(name) if of_impl => {
                    found.insert(name.to_string());
                    of_impl = false;
                }
                TokenTree::Group(group) => bodies.push(group.stream()),
                _ => {}
            }
        }
    }
    found
}

fn identifiers(tokens: &impl ToTokens) -> BTreeSet<String> {
    names_in(tokens, false)
}

/// The names that aren't part of what stands before them: of `Program::KProbe`, `Program`.
fn heads(tokens: &impl ToTokens) -> BTreeSet<String> {
    names_in(tokens, true)
}

fn names_in(tokens: &impl ToTokens, heads: bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut bodies = vec![tokens.to_token_stream()];
    while let Some(body) = bodies.pop() {
        let mut colons = 0;
        for token in body {
            let before = std::mem::take(&mut colons);
            match token {
                TokenTree::Ident(name) if !heads || before < 2 => {
                    found.insert(name.to_string());
                }
                TokenTree::Group(group) => bodies.push(group.stream()),
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons = before + 1,
                _ => {}
            }
        }
    }
    found
}

fn render(lines: &[&str], pieces: &[Piece], names: &Names) -> String {
    // An import is for what is mentioned, not for what is asked for by the same name.
    let mut mentioned = BTreeSet::new();
    for piece in pieces.iter().filter(|piece| piece.kept(names)) {
        mentioned.extend(piece.heads.iter().cloned());
        for part in piece.parts.iter().filter(|part| part.kept(names)) {
            mentioned.extend(part.heads.iter().cloned());
        }
    }

    let mut out = Vec::new();
    let head = pieces
        .first()
        .map_or(lines.len(), |first| above(lines, first.start) - 1);
    out.extend(lines.iter().take(head).map(|line| (*line).to_owned()));
    let mut last = head;
    for piece in pieces {
        let start = above(lines, piece.start);
        let text = match &piece.item {
            Item::Use(import) => match pruned(&import.tree, &mentioned) {
                Some(tree) if identifiers(&tree) == identifiers(&import.tree) => {
                    let mut whole = Vec::new();
                    copy(&mut whole, lines, start, piece.end);
                    whole
                }
                Some(tree) => import_of(import, &tree),
                None => continue,
            },
            _ if piece.kept(names) => body(lines, piece, start, names),
            _ => continue,
        };
        if start > last + 1 && out.last().is_some_and(|line: &String| !line.is_empty()) {
            out.push(String::new());
        }
        out.extend(text);
        last = piece.end;
    }
    out.join("\n") + "\n"
}

/// The lines of an item without the functions that nobody needs.
fn body(lines: &[&str], piece: &Piece, start: usize, names: &Names) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut at = start;
    let mut gap = false;
    for part in &piece.parts {
        let begin = above(lines, part.start);
        if part.kept(names) {
            copy(&mut out, lines, at, part.end);
            gap = false;
        } else {
            copy(&mut out, lines, at, begin - 1);
            gap = true;
        }
        at = part.end + 1;
        // The blank line behind a function goes with it.
        if gap && lines.get(at - 1).is_some_and(|line| line.is_empty()) {
            at += 1;
        }
    }
    if gap && out.last().is_some_and(String::is_empty) {
        out.pop();
    }
    copy(&mut out, lines, at, piece.end);
    out
}

/// Lines are counted from 1, both ends included.
fn copy(out: &mut Vec<String>, lines: &[&str], from: usize, to: usize) {
    let take = (to + 1).saturating_sub(from);
    let range = lines.iter().skip(from - 1).take(take);
    out.extend(range.map(|line| (*line).to_owned()));
}

/// The first line of the comments on an item that begins at `start`.
fn above(lines: &[&str], start: usize) -> usize {
    let mut at = start;
    while at > 1
        && lines
            .get(at - 2)
            .map(|line| line.trim_start())
            .is_some_and(|line| line.starts_with("//") && !line.starts_with("//!"))
    {
        at -= 1;
    }
    at
}

/// An import, `use a::{b, c::d};`, as rustfmt breaks it; what isn't one comes back as it is.
pub fn format_use(text: &str) -> String {
    match syn::parse_str::<ItemUse>(text) {
        Ok(import) => import_of(&import, &import.tree).join("\n"),
        Err(_) => text.to_owned(),
    }
}

/// The lines of an import with another tree of names, as rustfmt breaks them.
fn import_of(import: &ItemUse, tree: &UseTree) -> Vec<String> {
    let visibility = import.vis.to_token_stream().to_string();
    let space = if visibility.is_empty() { "" } else { " " };
    let mut text = format!("{visibility}{space}use ");
    write_tree(&mut text, tree, 0, 1);
    text.push(';');
    text.lines().map(str::to_owned).collect()
}

/// Writes a tree at an indentation, with room for so many characters behind it.
fn write_tree(out: &mut String, tree: &UseTree, indent: usize, behind: usize) {
    match tree {
        UseTree::Path(path) => {
            out.push_str(&format!("{}::", path.ident));
            write_tree(out, &path.tree, indent, behind);
        }
        UseTree::Name(name) => out.push_str(&name.ident.to_string()),
        UseTree::Rename(name) => out.push_str(&format!("{} as {}", name.ident, name.rename)),
        UseTree::Glob(_) => out.push('*'),
        UseTree::Group(group) => {
            let flat: Vec<String> = group.items.iter().map(flat).collect();
            let line = format!("{{{}}}", flat.join(", "));
            let column = out.rsplit('\n').next().map_or(0, str::len);
            // rustfmt puts a group in a group on a line of its own.
            let nested = flat.len() > 1 && flat.iter().any(|item| item.contains('{'));
            if !nested && column + line.len() + behind <= 100 {
                out.push_str(&line);
                return;
            }
            out.push('{');
            let inner = " ".repeat(indent + 4);
            let mut open = false;
            for (item, flat) in group.items.iter().zip(&flat) {
                let column = out.rsplit('\n').next().map_or(0, str::len);
                let nested = matches!(item, UseTree::Path(_));
                if open && !nested && column + flat.len() + 2 <= 100 {
                    out.push(' ');
                } else {
                    out.push_str(&format!("\n{inner}"));
                }
                write_tree(out, item, indent + 4, 1);
                out.push(',');
                open = !nested;
            }
            out.push_str(&format!("\n{}}}", " ".repeat(indent)));
        }
    }
}

/// A tree on one line.
fn flat(tree: &UseTree) -> String {
    match tree {
        UseTree::Path(path) => format!("{}::{}", path.ident, flat(&path.tree)),
        UseTree::Name(name) => name.ident.to_string(),
        UseTree::Rename(name) => format!("{} as {}", name.ident, name.rename),
        UseTree::Glob(_) => "*".to_owned(),
        UseTree::Group(group) => {
            let items: Vec<String> = group.items.iter().map(flat).collect();
            format!("{{{}}}", items.join(", "))
        }
    }
}

/// Traits that are imported for their methods alone, and the methods (or macros) that tell.
const METHODS: [(&str, &[&str]); 4] = [
    ("BufRead", &["lines", "split"]),
    ("Context", &["context", "with_context"]),
    ("Read", &["read_to_string"]),
    ("Write", &["flush", "write", "writeln"]),
];

/// Those names of an import that are mentioned.
fn pruned(tree: &UseTree, mentioned: &BTreeSet<String>) -> Option<UseTree> {
    match tree {
        UseTree::Path(path) => {
            let own = path.ident.to_string();
            let mut within = mentioned.clone();
            if mentioned.contains(&own) {
                within.insert("self".to_owned());
            } else {
                within.remove("self");
            }
            match pruned(&path.tree, &within)? {
                // What is left of `fmt::{self, …}`.
                UseTree::Name(name) if name.ident == "self" => Some(UseTree::Name(UseName {
                    ident: path.ident.clone(),
                })),
                tree => {
                    let mut path = path.clone();
                    *path.tree = tree;
                    Some(path.into())
                }
            }
        }
        UseTree::Group(group) => {
            let kept: Vec<UseTree> = (group.items.iter())
                .filter_map(|tree| pruned(tree, mentioned))
                .collect();
            match kept.len() {
                0 => None,
                1 => kept.into_iter().next(),
                _ => {
                    let mut group = group.clone();
                    group.items = kept.into_iter().collect();
                    Some(group.into())
                }
            }
        }
        UseTree::Name(name) => mentioned
            .contains(&name.ident.to_string())
            .then(|| tree.clone()),
        UseTree::Rename(name) => {
            let (ident, rename) = (name.ident.to_string(), name.rename.to_string());
            let methods = METHODS.iter().find(|(of, _)| rename == "_" && *of == ident);
            let needed = match methods {
                Some((_, methods)) => methods.iter().any(|method| mentioned.contains(*method)),
                None => mentioned.contains(&rename),
            };
            needed.then(|| tree.clone())
        }
        UseTree::Glob(_) => Some(tree.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::select;

    const TEXT: &str = "//! Docs.

use a::{b::First, c::{Second, third}};

/// One.
pub fn one() -> First {
    two()
}

// Why two is here.
fn two() -> First {
    First
}

pub struct Third(Second);

impl Third {
    pub fn new() -> Self {
        Self(Second)
    }

    /// Gets.
    pub fn get(&self) {
        third(self);
    }

    pub fn put(&self) {}
}
";

    #[track_caller]
    fn check(wanted: &[&str], expected: &str) {
        let text = select(TEXT, wanted.iter().copied());
        assert_eq!(text, format!("//! Docs.\n{expected}"));
    }

    #[test]
    fn a_function_brings_what_it_calls_and_imports() {
        check(
            &["one"],
            "\nuse a::b::First;\n\n/// One.\npub fn one() -> First {\n    two()\n}\n\n// Why two is here.\nfn two() -> First {\n    First\n}\n",
        );
    }

    #[test]
    fn a_type_brings_its_constructor() {
        check(
            &["Third"],
            "\nuse a::c::Second;\n\npub struct Third(Second);\n\nimpl Third {\n    pub fn new() -> Self {\n        Self(Second)\n    }\n}\n",
        );
    }

    #[test]
    fn a_method_comes_with_its_type() {
        check(
            &["Third::put"],
            "\nuse a::c::Second;\n\npub struct Third(Second);\n\nimpl Third {\n    pub fn new() -> Self {\n        Self(Second)\n    }\n\n    pub fn put(&self) {}\n}\n",
        );
    }
}

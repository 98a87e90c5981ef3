//! What an emitted file imports, and which runtime modules it needs.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashSet},
};

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;

use super::{
    names::ident,
    runtime::{Module, Runtime},
};
use crate::{
    ir::{Comment, body::Register},
    source::span::Span,
};

/// Collects imports while code is emitted.
#[derive(Debug, Default)]
pub struct Uses {
    imports: RefCell<BTreeSet<(String, String)>>,
    runtime: RefCell<Runtime>,
    comments: RefCell<Vec<Vec<String>>>,
    /// Where marked statements come from; none where none are to be marked.
    origins: Option<RefCell<Origins>>,
}

/// Where statements come from, and which lines they became.
#[derive(Debug, Default)]
struct Origins {
    spans: Vec<Span>,
    lines: Vec<Origin>,
}

/// A line of emitted text, and what it was made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The line, from 0.
    pub line: usize,
    /// The statement or item that begins there.
    pub span: Span,
}

impl Uses {
    /// One that marks where statements come from.
    pub fn with_origins() -> Self {
        Self {
            origins: Some(RefCell::default()),
            ..Self::default()
        }
    }

    /// A statement or item that stands for where the next one comes from, until the text is made.
    pub fn origin(&self, span: Option<Span>) -> TokenStream {
        let (Some(origins), Some(span)) = (&self.origins, span) else {
            return TokenStream::new();
        };
        let spans = &mut origins.borrow_mut().spans;
        spans.push(span);
        let at = proc_macro2::Literal::usize_unsuffixed(spans.len() - 1);
        quote!(__c2aya_origin!(#at);)
    }

    /// Says on which line the marker with that number stood.
    pub fn origin_is_at(&self, line: usize, at: usize) {
        if let Some(origins) = &self.origins {
            let origins = &mut *origins.borrow_mut();
            if let Some(&span) = origins.spans.get(at) {
                origins.lines.push(Origin { line, span });
            }
        }
    }

    /// The origins of the text that was made last.
    pub fn take_origins(&self) -> Vec<Origin> {
        let take = |origins: &RefCell<Origins>| std::mem::take(&mut origins.borrow_mut().lines);
        self.origins.as_ref().map(take).unwrap_or_default()
    }

    /// Imports `name` from `module` (`aya_ebpf::helpers`) and names it.
    pub fn import(&self, module: &str, name: &str) -> Ident {
        self.imports
            .borrow_mut()
            .insert((module.to_owned(), name.to_owned()));
        ident(name)
    }

    /// Needs a function of a runtime module, and names it: `helper::get_current_comm`.
    pub fn runtime(&self, module: Module, function: &str) -> TokenStream {
        self.need(module, function);
        let (module, function) = (ident(module.name()), ident(function));
        quote!(#module::#function)
    }

    /// Needs a register's offset, and names the constant: `regs::PARM1`.
    pub fn register(&self, register: Register) -> TokenStream {
        let name = ident(&self.runtime.borrow_mut().need_register(register));
        quote!(regs::#name)
    }

    /// Needs an item of a runtime module by its bare name.
    pub fn runtime_item(&self, module: Module, name: &str) -> Ident {
        self.need(module, name);
        self.import(module.name(), name)
    }

    /// Needs an item, or a method with its type before it: `Field::read`.
    pub fn need(&self, module: Module, item: &str) {
        self.runtime.borrow_mut().need(module, item);
    }

    /// Says that the file invokes `bpf_printk!`.
    pub fn printk(&self) {
        self.import("aya_ebpf::helpers", "bpf_printk");
    }

    /// Statements that stand for comments on lines of their own until the text is made.
    pub fn comments(&self, comments: &[Comment]) -> TokenStream {
        let markers = comments.iter().map(|comment| {
            let at = self.comment(comment);
            let blank = comment.apart.then(|| quote!(__c2aya_blank!();));
            quote!(__c2aya_comment!(#at); #blank)
        });
        quote!(#(#markers)*)
    }

    /// A statement that stands for a comment behind the line before it.
    pub fn comment_after(&self, comment: &Comment) -> TokenStream {
        let at = self.comment(comment);
        quote!(__c2aya_after!(#at);)
    }

    /// The number of a comment: equal ones have the same, so that equal code is equal tokens.
    fn comment(&self, comment: &Comment) -> proc_macro2::Literal {
        let mut comments = self.comments.borrow_mut();
        let known = comments.iter().position(|known| *known == comment.lines);
        let at = known.unwrap_or_else(|| {
            comments.push(comment.lines.clone());
            comments.len() - 1
        });
        proc_macro2::Literal::usize_unsuffixed(at)
    }

    /// The lines of the comment with that number.
    pub fn comment_lines(&self, at: usize) -> Vec<String> {
        self.comments.borrow().get(at).cloned().unwrap_or_default()
    }

    /// Takes out what has been needed of the runtime modules, and begins with `with` anew.
    pub fn swap_runtime(&self, with: Runtime) -> Runtime {
        self.runtime.replace(with)
    }

    /// Module and name of all imports.
    pub fn imports(&self) -> BTreeSet<(String, String)> {
        self.imports.borrow().clone()
    }
}

/// Those imports that the tokens name: what was tried and given up leaves some behind.
pub fn named(
    imports: BTreeSet<(String, String)>,
    tokens: &TokenStream,
) -> BTreeSet<(String, String)> {
    let mut idents = HashSet::new();
    collect(tokens.clone(), &mut idents);
    imports
        .into_iter()
        .filter(|(_, name)| match name.as_str() {
            // A trait that is named by its method.
            "EbpfContext" => idents.contains("as_ptr"),
            name => idents.contains(name),
        })
        .collect()
}

/// All words among tokens.
pub fn collect(tokens: TokenStream, idents: &mut HashSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                // What stands for the macro so far.
                idents.insert(if name == super::comments::PRINTK {
                    "bpf_printk".to_owned()
                } else {
                    name
                });
            }
            TokenTree::Group(group) => collect(group.stream(), idents),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// `use` items, one for each crate, nested: std's first, then others by name.
pub fn use_items(imports: &BTreeSet<(String, String)>) -> Vec<TokenStream> {
    let mut crates: Vec<&str> = imports
        .iter()
        .map(|(m, _)| m.split("::").next().unwrap_or(m))
        .collect();
    crates.dedup();
    crates.sort_by_key(|&name| (name != "core", name));
    crates.dedup();
    crates
        .into_iter()
        .map(|root| {
            let mut tree = Tree::default();
            for (module, name) in imports {
                let mut path = module.split("::");
                if path.next() == Some(root) {
                    tree.insert(path.chain([name.as_str()]));
                }
            }
            let root = ident(root);
            let rest = tree.tokens();
            quote!(use #root::#rest;)
        })
        .collect()
}

/// Names below a module.
#[derive(Default)]
struct Tree {
    /// Whether it is imported itself, not only what is below it.
    leaf: bool,
    children: std::collections::BTreeMap<String, Tree>,
}

impl Tree {
    fn insert<'a>(&mut self, mut path: impl Iterator<Item = &'a str>) {
        if let Some(name) = path.next() {
            self.children
                .entry(name.to_owned())
                .or_default()
                .insert(path);
        } else {
            self.leaf = true;
        }
    }

    fn tokens(&self) -> TokenStream {
        let itself = self.leaf.then(|| quote!(self));
        let parts: Vec<TokenStream> = itself
            .into_iter()
            .chain(self.children.iter().map(|(name, tree)| {
                let name = ident(name);
                if tree.children.is_empty() {
                    quote!(#name)
                } else {
                    let rest = tree.tokens();
                    quote!(#name::#rest)
                }
            }))
            .collect();
        match parts.as_slice() {
            [one] => quote!(#one),
            _ => quote!({ #(#parts),* }),
        }
    }
}

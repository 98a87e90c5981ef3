//! IR to Rust: tokens (quote), text (prettyplease), a workspace (`templates/`).

mod align;
mod anonymous;
mod bindings;
mod bits;
mod body;
mod borrow;
mod clash;
mod code;
mod comments;
mod constants;
pub mod core_reads;
mod entry;
mod inline;
mod items;
mod kfuncs;
pub mod loader;
mod map_items;
pub mod names;
mod number;
mod overflow;
mod programs;
mod records;
pub mod runtime;
mod shared;
mod types;
mod unnamed;
mod uses;
mod variants;
pub mod workspace;

use std::collections::{BTreeSet, HashSet};

use proc_macro2::TokenStream;
use quote::quote;
use serde::{Deserialize, Serialize};

use self::{constants::ConstantTypes, names::Names, types::Types, uses::Uses, variants::Pieces};
pub use self::{shared::Shared, uses::Origin};
use crate::{
    diag::{Code, Diagnostic},
    ir::{
        ConstantId, EnumId, FunctionId, GlobalId, Item, MapId, Object, RecordId, RelocationId,
        ty::Ty,
    },
    source::span::{FileId, Span},
};

/// The tokens that were made aren't Rust: a fault of c2aya's.
pub const NOT_RUST: Code = Code::new("E0401", "emitted-not-rust");

/// What one object becomes.
#[derive(Clone, Debug, Default)]
pub struct Emitted {
    /// `main.rs` of the eBPF crate: inner attributes, modules and imports apart.
    pub main: String,
    /// `use` items of `main.rs`.
    pub imports: String,
    /// The SPDX line and the `//!` lines of `main.rs`.
    pub doc: String,
    /// Items of the common crate: records, enumerations and constants that user space sees.
    pub common: String,
    /// Whether some of them differ from one architecture to another.
    pub common_asks: bool,
    /// The items of [`common`](Self::common), one by one.
    pub shared: Vec<SharedItem>,
    /// What is needed of the runtime modules.
    pub runtime: runtime::Runtime,
    /// Where lines of [`main`](Self::main) come from, if that was asked for.
    pub origins: Vec<Origin>,
    /// Whether rustc may find a number that wraps, which it takes for a mistake.
    pub wraps: bool,
}

/// An item of the common crate, for a crate that several objects share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedItem {
    /// What it defines.
    pub names: Vec<String>,
    /// What it mentions, be it defined elsewhere.
    pub mentions: BTreeSet<String>,
    /// Its text, without imports.
    pub text: String,
    /// What it imports: modules and names.
    pub imports: BTreeSet<(String, String)>,
    /// Whether it needs the module `bits`.
    pub bits: bool,
    /// Where it was defined in C.
    #[serde(skip)]
    pub span: Option<Span>,
}

/// How to emit.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The name of the common crate in code (`probe_common`); none: all in one file.
    pub common: Option<String>,
    /// Files of which the common crate has all that programs use, and not just what user space sees.
    pub headers: HashSet<FileId>,
    /// Whether to say where lines come from. The text may be laid out a little differently then.
    pub origins: bool,
}

/// Emits an object.
pub fn emit(object: &Object, options: &Options) -> (Emitted, Vec<Diagnostic>) {
    let mut object = with_constants(object);
    loop {
        let (emitted, diagnostics, unnamed) = emit_all(&object, options);
        if unnamed.is_empty() {
            return (emitted, diagnostics);
        }
        for (id, constant) in (0..).map(ConstantId).zip(&mut object.constants) {
            constant.used &= !unnamed.contains(&id);
        }
    }
}

/// Emits an object; and its constants that are there and that nothing names, such as that of a case
/// that became one with the default's.
fn emit_all(object: &Object, options: &Options) -> (Emitted, Vec<Diagnostic>, HashSet<ConstantId>) {
    let names = Names::of(object);
    let uses = if options.origins {
        Uses::with_origins()
    } else {
        Uses::default()
    };
    let constants = ConstantTypes::of(object);
    let shared = Shared::of(object, &options.headers);
    let inlining = inline::Inlining::of(object);
    let t = Types {
        object,
        names: &names,
        uses: &uses,
        constants: &constants,
        common: options.common.as_deref(),
        shared: &shared,
        bitfields: &core_reads::bitfields(object),
        sizes: &core_reads::sizes(object),
        borrows: &borrow::Borrows::of(object, &inlining),
        inlining: &inlining,
        in_common: false,
    };
    let mut diagnostics = Vec::new();
    let mut emitted = Emitted {
        wraps: overflow::may_show(object),
        ..Emitted::default()
    };
    if options.common.is_some() {
        let uses = Uses::default();
        let t = Types {
            uses: &uses,
            in_common: true,
            ..t
        };
        let mut pieces = Pieces::default();
        for item in &object.order {
            if shared.has(*item) {
                let tokens = one(&t, *item);
                let only = object
                    .only(*item)
                    .filter(|only| Some(*only) != object.variants.archs);
                let alone = variants::conditional(object, tokens.clone(), only);
                emitted
                    .shared
                    .extend(shared_item(object, *item, &alone, &uses, &mut diagnostics));
                pieces.add(&uses, object.only(*item), || tokens);
            }
        }
        bits(&t, true, &mut pieces);
        let (tokens, imports, _) = pieces.finish(&t);
        emitted.common = text(&quote!(#imports #tokens), &uses, &mut diagnostics);
        emitted.common_asks = tokens.to_string().contains("bpf_target_arch");
    }
    let mut pieces = Pieces::default();
    pieces.add(&uses, None, || variants::guards(object));
    let mut relocated = false;
    for item in &object.order {
        if options.common.is_some() && shared.has(*item) {
            continue;
        }
        // What is asked of the kernel's types stands behind constants and types.
        if !relocated && !matches!(item, Item::Constant(_) | Item::Record(_) | Item::Enum(_)) {
            relocations(&t, &mut pieces);
            relocated = true;
        }
        pieces.add(&uses, object.only(*item), || {
            // Those of headers are known by where they are used first.
            let origin = match item {
                Item::Enum(_) => TokenStream::new(),
                _ => uses.origin(span_of(object, *item)),
            };
            let tokens = one(&t, *item);
            if tokens.is_empty() {
                return tokens;
            }
            quote!(#origin #tokens)
        });
    }
    if !relocated {
        relocations(&t, &mut pieces);
    }
    bits(&t, false, &mut pieces);
    let unnamed = unnamed::constants(&t, &pieces);
    let (tokens, imports, runtime) = pieces.finish(&t);
    emitted.main = text(&tokens, &uses, &mut diagnostics);
    emitted.origins = uses.take_origins();
    emitted.imports = text(&imports, &uses, &mut diagnostics);
    emitted.runtime = runtime;
    let doc = comments::inner_doc(&object.doc);
    let allow = programs::allow_names(object);
    if let Some(spdx) = object.spdx.as_deref().map(str::trim) {
        emitted.doc = format!("// SPDX-License-Identifier: {spdx}\n\n");
    }
    emitted.doc += &text(&quote!(#doc #allow), &uses, &mut diagnostics);
    (emitted, diagnostics, unnamed)
}

/// What there is to say to an object when a workspace is made of it, for who doesn't want one.
pub fn said(object: &Object) -> Vec<Diagnostic> {
    let options = Options {
        common: Some("common".to_owned()),
        ..Options::default()
    };
    let (_, mut diagnostics) = emit(object, &options);
    diagnostics.extend(loader::said(object));
    diagnostics
}

/// An item of the common crate by itself; none where nothing is emitted for it.
fn shared_item(
    object: &Object,
    item: Item,
    tokens: &TokenStream,
    uses: &Uses,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<SharedItem> {
    if tokens.is_empty() {
        return None;
    }
    let file = syn::parse2::<syn::File>(tokens.clone()).unwrap_or(syn::File {
        shebang: None,
        attrs: Vec::new(),
        items: Vec::new(),
    });
    let names = file.items.iter().filter_map(|item| {
        let name = match item {
            syn::Item::Const(item) => &item.ident,
            syn::Item::Struct(item) => &item.ident,
            syn::Item::Union(item) => &item.ident,
            syn::Item::Enum(item) => &item.ident,
            syn::Item::Type(item) => &item.ident,
            _ => return None,
        };
        (name != "_").then(|| name.to_string())
    });
    let mut mentions = HashSet::new();
    uses::collect(tokens.clone(), &mut mentions);
    Some(SharedItem {
        names: names.collect(),
        bits: mentions.contains("bits"),
        mentions: mentions.into_iter().collect(),
        text: text(tokens, uses, diagnostics),
        imports: uses::named(uses.imports(), tokens),
        span: span_of(object, item),
    })
}

/// The `use` items that import such names from such modules.
pub fn imports(imports: &BTreeSet<(String, String)>) -> String {
    let items = uses::use_items(imports);
    if items.is_empty() {
        return String::new();
    }
    text(&quote!(#(#items)*), &Uses::default(), &mut Vec::new())
}

/// The module `bits`, for a file with [`SharedItem`]s that need it; `wide`: some mention `set_wide`.
pub fn bits_module(wide: bool) -> String {
    let tokens = bits::module(wide);
    text(&tokens, &Uses::default(), &mut Vec::new())
}

/// Where an item stands in C.
fn span_of(object: &Object, item: Item) -> Option<Span> {
    match item {
        Item::Record(id) => object.records.get(id.0 as usize)?.span,
        Item::Enum(id) => object.enums.get(id.0 as usize)?.span,
        Item::Constant(id) => object.constants.get(id.0 as usize)?.span,
        Item::Global(id) => Some(object.globals.get(id.0 as usize)?.span),
        Item::Map(id) => Some(object.maps.get(id.0 as usize)?.span),
        Item::Function(id) => Some(object.functions.get(id.0 as usize)?.span),
        Item::Program(at) => Some(object.programs.get(at as usize)?.function.span),
        Item::License | Item::Relocation(_) => None,
    }
}

/// The object with an item for each constant: those of the kernel's headers stand first.
fn with_constants(object: &Object) -> Object {
    let mut object = object.clone();
    let missing: Vec<Item> = (0..)
        .zip(&object.constants)
        .map(|(id, _)| Item::Constant(ConstantId(id)))
        .filter(|item| !object.order.contains(item))
        .collect();
    object.order.splice(0..0, missing);
    // Parts of records stand before what they are parts of.
    for (id, record) in (0..).map(RecordId).zip(&object.records.clone()) {
        let item = Item::Record(id);
        if !object.order.contains(&item) && (record.fields.is_some() || record.name.is_some()) {
            let whole = (0..).map(RecordId).zip(&object.records).find(|(_, outer)| {
                outer
                    .fields
                    .iter()
                    .flatten()
                    .any(|field| holds(&field.ty, id))
            });
            let at = whole
                .and_then(|(outer, _)| {
                    object
                        .order
                        .iter()
                        .position(|item| *item == Item::Record(outer))
                })
                .unwrap_or(0);
            object.order.insert(at, item);
        }
    }
    for (id, _) in (0..).map(EnumId).zip(&object.enums) {
        if !object.order.contains(&Item::Enum(id)) {
            object.order.insert(0, Item::Enum(id));
        }
    }
    // A static local stands before its function.
    for (id, global) in (0..).map(GlobalId).zip(&object.globals) {
        let Some((function, _)) = global.name.split_once('.') else {
            continue;
        };
        // The function in which libbpf's macros put a program's body.
        let inner = function.strip_prefix("____");
        let is_function = |item: &Item| match item {
            Item::Function(f) => object
                .functions
                .get(f.0 as usize)
                .is_some_and(|f| f.name == function),
            Item::Program(p) => object
                .programs
                .get(*p as usize)
                .is_some_and(|p| p.function.name == function || Some(&*p.function.name) == inner),
            _ => false,
        };
        if let Some(from) = object
            .order
            .iter()
            .position(|item| *item == Item::Global(id))
        {
            let item = object.order.remove(from);
            let at = object.order.iter().position(is_function).unwrap_or(from);
            object.order.insert(at, item);
        }
    }
    object
}

/// The module that reads bit-fields, where any record that stands in the common crate, or in the
/// programs' file, has some.
fn bits(t: &Types<'_>, common: bool, pieces: &mut Pieces) {
    let in_common = |id: &RecordId| t.common.is_some() && t.shared.records.contains(id);
    let those: Vec<_> = (0..)
        .map(RecordId)
        .zip(&t.object.records)
        .filter(|(id, record)| in_common(id) == common && bits::has_any(record))
        .collect();
    let wide = those.iter().any(|(_, record)| bits::has_wide(record));
    let items = those.iter().map(|(id, _)| t.object.only(Item::Record(*id)));
    let only = items.reduce(|a, b| a.zip(b).map(|(a, b)| a.union(b)));
    if let Some(only) = only {
        pieces.add(t.uses, only, || bits::module(wide));
    }
}

fn holds(ty: &Ty, id: RecordId) -> bool {
    match ty {
        Ty::Array(of, _) => holds(of, id),
        other => *other == Ty::Record(id),
    }
}

fn relocations(t: &Types<'_>, pieces: &mut Pieces) {
    for (id, _) in (0..).map(RelocationId).zip(&t.object.relocations) {
        let item = Item::Relocation(id);
        pieces.add(t.uses, t.object.only(item), || one(t, item));
    }
}

/// An item, behind the comments that stand before it without being about it.
fn one(t: &Types<'_>, item: Item) -> TokenStream {
    let tokens = alone(t, item);
    let plain = t.object.notes(item).map(comments::plain);
    let plain = plain.filter(|plain| !plain.is_empty());
    // The common crate has what the loader uses, and no more.
    match plain.filter(|_| !(t.in_common && tokens.is_empty())) {
        Some(plain) => {
            let plain = t.uses.comments(plain);
            quote!(#plain #tokens)
        }
        None => tokens,
    }
}

fn alone(t: &Types<'_>, item: Item) -> TokenStream {
    let object = t.object;
    match item {
        Item::Record(id) => records::record(t, id),
        Item::Enum(id) => records::enumeration(t, id),
        Item::Constant(id) => object
            .constants
            .get(id.0 as usize)
            .filter(|constant| constant.used || t.shared.constants.contains(&id))
            .map(|constant| items::constant(t, id, constant, t.in_common))
            .unwrap_or_default(),
        Item::Global(id) => object
            .globals
            .get(id.0 as usize)
            .map(|g| items::global(t, id, g))
            .unwrap_or_default(),
        Item::Map(id) => object
            .maps
            .get(id.0 as usize)
            .map(|m| map_items::item(t, id, m))
            .unwrap_or_default(),
        Item::Function(id) => object
            .functions
            .get(id.0 as usize)
            .map(|f| match f.kernel {
                Some(_) => kfuncs::declaration(t, id, f),
                None => programs::function(t, id, f),
            })
            .unwrap_or_default(),
        Item::Program(at) => object
            .programs
            .get(at as usize)
            .map(|p| programs::program(t, p))
            .unwrap_or_default(),
        Item::License => object
            .license
            .as_ref()
            .map(items::license)
            .unwrap_or_default(),
        Item::Relocation(id) => object
            .relocations
            .get(id.0 as usize)
            .filter(|relocation| core_reads::has_item(t, id, relocation))
            .map(|relocation| core_reads::item(t, id, relocation))
            .unwrap_or_default(),
    }
}

/// Tokens as text, each item with a blank line around where a person would put one.
fn text(tokens: &TokenStream, uses: &Uses, diagnostics: &mut Vec<Diagnostic>) -> String {
    match syn::parse2::<syn::File>(tokens.clone()) {
        Ok(mut file) => {
            kfuncs::join(&mut file.items);
            let mut out = String::new();
            let mut previous: Option<&syn::Item> = None;
            for item in &file.items {
                let single = |item: &syn::Item| matches!(item, syn::Item::Const(c) if c.attrs.is_empty() && c.ident != "_");
                let is_use = |item: &syn::Item| matches!(item, syn::Item::Use(_));
                if let Some(previous) = previous
                    && !(single(previous) && single(item))
                    && !(is_use(previous) && is_use(item))
                    && !comments::is_marker(previous)
                {
                    out.push('\n');
                }
                let one = syn::File {
                    shebang: None,
                    attrs: Vec::new(),
                    items: vec![item.clone()],
                };
                out.push_str(&prettyplease::unparse(&one));
                previous = Some(item);
            }
            if !file.attrs.is_empty() {
                let head = syn::File {
                    shebang: None,
                    attrs: file.attrs.clone(),
                    items: Vec::new(),
                };
                out = prettyplease::unparse(&head) + &out;
            }
            comments::restore(&out, uses)
        }
        Err(error) => {
            let text = tokens.to_string();
            diagnostics.push(
                Diagnostic::error(
                    NOT_RUST,
                    None,
                    format!("the Rust that was made doesn't parse: {error}"),
                )
                .note(None, format!("near `{}`", where_it_fails(&text)))
                .help("this is a fault of c2aya's; please report it with the file"),
            );
            text
        }
    }
}

/// The words around the place where `text`, which has no lines, stops to be Rust.
fn where_it_fails(text: &str) -> String {
    const AROUND: usize = 60;
    let column = match syn::parse_str::<syn::File>(text) {
        Ok(_) => 0,
        Err(error) => error.span().start().column,
    };
    let from = column.saturating_sub(AROUND);
    text.chars().skip(from).take(2 * AROUND).collect()
}

#[allow(dead_code, reason = "ids by which items are named")]
type Ids = (GlobalId, MapId, FunctionId);

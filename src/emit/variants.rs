//! Items that are there, or are so, on some architectures only: their attributes.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    comments,
    runtime::Runtime,
    types::Types,
    uses::{self, Uses},
};
use crate::{
    arch::{Arch, Archs},
    ir::Object,
};

/// What one item became.
pub struct Piece {
    /// The item, or items.
    pub tokens: TokenStream,
    /// The architectures that it is for; none: all.
    pub only: Option<Archs>,
    needs: Runtime,
}

/// The pieces of a file in order.
#[derive(Default)]
pub struct Pieces(Vec<Piece>);

impl Pieces {
    /// Adds what `emit` makes, for `only`; notes what of the runtime modules that needs.
    ///
    /// What differs in the object may look the same in Rust, such as a function that names a constant
    /// whose value differs; such pieces become one.
    pub fn add(&mut self, uses: &Uses, only: Option<Archs>, emit: impl FnOnce() -> TokenStream) {
        let before = uses.swap_runtime(Runtime::default());
        let tokens = emit();
        let needs = uses.swap_runtime(before);
        if tokens.is_empty() {
            return;
        }
        if let Some(archs) = only {
            let text = tokens.to_string();
            let known = self.0.iter_mut().find_map(|piece| {
                let known = piece.only.as_mut()?;
                (piece.tokens.to_string() == text).then_some(known)
            });
            if let Some(known) = known {
                *known = known.union(archs);
                return;
            }
        }
        self.0.push(Piece {
            tokens,
            only,
            needs,
        });
    }

    /// What the items became, one by one.
    pub fn tokens(&self) -> impl Iterator<Item = &TokenStream> {
        self.0.iter().map(|piece| &piece.tokens)
    }

    /// The file: its items with their conditions, its imports, and what it needs of the runtime
    /// modules.
    pub fn finish(mut self, t: &Types<'_>) -> (TokenStream, TokenStream, Runtime) {
        let object = t.object;
        for piece in &mut self.0 {
            if piece.only == object.variants.archs {
                piece.only = None;
            }
        }
        let (mut imports, mut needs) = (BTreeMap::new(), BTreeMap::new());
        for piece in &self.0 {
            for import in uses::named(t.uses.imports(), &piece.tokens) {
                widen(&mut imports, import, piece.only);
            }
            for need in piece.needs.items() {
                widen(&mut needs, need.clone(), piece.only);
            }
        }
        let partly = |only: Option<Archs>| only.filter(|_| only != object.variants.archs);
        let mut runtime = Runtime::default();
        for ((module, item), only) in needs {
            if partly(only).is_some() {
                runtime.need_in_part((module, item));
            } else {
                runtime.need(module, &item);
            }
        }
        let mut by_condition: BTreeMap<Option<Archs>, BTreeSet<_>> = BTreeMap::new();
        for (import, only) in imports {
            by_condition.entry(partly(only)).or_default().insert(import);
        }
        let imports = by_condition.into_iter().map(|(only, imports)| {
            let items = uses::use_items(&imports);
            conditional(object, quote!(#(#items)*), only)
        });
        let imports = imports.collect();
        let items = self.0.into_iter();
        let items = items.map(|piece| conditional(object, piece.tokens, piece.only));
        (items.collect(), imports, runtime)
    }
}

/// Adds to the architectures that something is for.
fn widen<K: Ord>(known: &mut BTreeMap<K, Option<Archs>>, key: K, only: Option<Archs>) {
    let known = known.entry(key).or_insert(only);
    *known = known.zip(only).map(|(a, b)| a.union(b));
}

/// The condition for `archs` out of those that the object was read for, as `cfg` takes it.
pub fn condition(object: &Object, archs: Archs, key: &str) -> TokenStream {
    let all = object
        .variants
        .archs
        .unwrap_or_else(|| Arch::ALL.into_iter().collect());
    let others = all.without(archs);
    let key = super::names::ident(key);
    let any = |archs: Archs| {
        let each: Vec<_> = archs.iter().map(Arch::name).collect();
        match each.as_slice() {
            [one] => quote!(#key = #one),
            many => quote!(any(#(#key = #many),*)),
        }
    };
    if others.len() < archs.len() && !others.is_empty() {
        let none = any(others);
        quote!(not(#none))
    } else {
        any(archs)
    }
}

/// Puts the attribute on every item among `tokens`, behind its documentation.
pub fn conditional(object: &Object, tokens: TokenStream, only: Option<Archs>) -> TokenStream {
    let Some(archs) = only else { return tokens };
    let Ok(mut file) = syn::parse2::<syn::File>(tokens.clone()) else {
        // The error is reported when the text is made.
        return tokens;
    };
    let condition = condition(object, archs, "bpf_target_arch");
    for item in &mut file.items {
        if let Some(attributes) = attributes(item) {
            let docs = attributes
                .iter()
                .take_while(|each| each.path().is_ident("doc"));
            let at = docs.count();
            attributes.insert(at, syn::parse_quote!(#[cfg(#condition)]));
        }
    }
    quote!(#file)
}

fn attributes(item: &mut syn::Item) -> Option<&mut Vec<syn::Attribute>> {
    use syn::Item as I;
    Some(match item {
        I::Const(item) => &mut item.attrs,
        I::Enum(item) => &mut item.attrs,
        I::Fn(item) => &mut item.attrs,
        I::ForeignMod(item) => &mut item.attrs,
        I::Impl(item) => &mut item.attrs,
        marker if comments::is_marker(marker) => return None,
        I::Macro(item) => &mut item.attrs,
        I::Mod(item) => &mut item.attrs,
        I::Static(item) => &mut item.attrs,
        I::Struct(item) => &mut item.attrs,
        I::Type(item) => &mut item.attrs,
        I::Union(item) => &mut item.attrs,
        I::Use(item) => &mut item.attrs,
        _ => return None,
    })
}

/// Errors for architectures that the port isn't for.
pub fn guards(object: &Object) -> TokenStream {
    let variants = &object.variants;
    let refused = variants.refused.iter().map(|(archs, why)| {
        let condition = condition_of(*archs);
        let why = format!("not for this architecture: {why}");
        quote!(#[cfg(#condition)] compile_error!(#why);)
    });
    let known = variants.refused.iter().map(|(archs, _)| *archs);
    let known = known.fold(variants.archs.unwrap_or_default(), Archs::union);
    let others = variants.archs.is_some() && known != Arch::ALL.into_iter().collect();
    let others = others.then(|| {
        let condition = condition_of(known);
        let why = format!(
            "ported for {} only; port it again with this architecture among --target-arch",
            variants.archs.unwrap_or_default().names()
        );
        quote!(#[cfg(not(#condition))] compile_error!(#why);)
    });
    quote!(#(#refused)* #others)
}

fn condition_of(archs: Archs) -> TokenStream {
    condition(&Object::default(), archs, "bpf_target_arch")
}

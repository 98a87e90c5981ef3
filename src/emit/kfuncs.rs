//! Functions of the kernel that programs call, as declarations.
//!
//! LLVM leaves such a call to whoever links. C's objects also say in their type information that the
//! function is the kernel's; rustc writes nothing of what it only declares, so the emitted loader
//! resolves the calls (`templates/loader/externs.rs`).

use proc_macro2::TokenStream;
use quote::quote;

use super::{
    comments::doc,
    names::{ident, snake},
    types::Types,
};
use crate::ir::{FunctionId, Global, GlobalKind, Object, body::Function};

/// The declaration of a kernel function, in a block of its own.
pub fn declaration(t: &Types<'_>, id: FunctionId, function: &Function) -> TokenStream {
    let name = t.names.function(id);
    let docs = doc(&function.notes);
    let symbol = &function.name;
    let link = (name != symbol.as_str()).then(|| quote!(#[link_name = #symbol]));
    let params = function.params.iter().map(|local| {
        let local = function.locals.get(local.0 as usize);
        let name = ident(&local.map_or_else(String::new, |local| snake(&local.name)));
        let ty = local.map_or_else(|| quote!(u64), |local| t.ty(&local.ty));
        quote!(#name: #ty)
    });
    let ret = t.ret(&function.ret);
    quote! {
        unsafe extern "C" {
            #docs
            #link
            fn #name(#(#params),*) #ret;
        }
    }
}

/// The kernel functions of an object.
pub fn of(object: &Object) -> impl Iterator<Item = (FunctionId, &Function)> {
    let functions = (0..).map(FunctionId).zip(&object.functions);
    functions.filter(|(_, function)| function.kernel.is_some())
}

/// The global by which programs ask whether a kernel function is there; none where none does.
pub fn asked<'a>(object: &'a Object, function: &Function) -> Option<&'a Global> {
    let is_it = |global: &&Global| global.kind == GlobalKind::Ksym && global.name == function.name;
    object.globals.iter().find(is_it)
}

/// Joins blocks of declarations that stand next to each other.
pub fn join(items: &mut Vec<syn::Item>) {
    items.dedup_by(|next, previous| {
        let (syn::Item::ForeignMod(next), syn::Item::ForeignMod(previous)) = (next, previous)
        else {
            return false;
        };
        let attributes = |block: &syn::ItemForeignMod| {
            let attributes = &block.attrs;
            quote!(#(#attributes)*).to_string()
        };
        let same = attributes(next) == attributes(previous);
        if same {
            previous.items.append(&mut next.items);
        }
        same
    });
}

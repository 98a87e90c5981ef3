//! Maps as statics.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::{comments::doc, types::Types};
use crate::ir::{
    Map, MapDef, MapId, Object,
    body::{Expr, ExprKind},
    ty::Ty,
};

/// Map types of aya-ebpf's `btf_maps`, by their number in the kernel's `enum bpf_map_type`.
fn aya_type(map_type: u32) -> Option<&'static str> {
    Some(match map_type {
        1 => "HashMap",
        2 => "Array",
        3 => "ProgramArray",
        4 => "PerfEventArray",
        5 => "PerCpuHashMap",
        6 => "PerCpuArray",
        7 => "StackTrace",
        8 => "CgroupArray",
        9 => "LruHashMap",
        10 => "LruPerCpuHashMap",
        12 => "ArrayOfMaps",
        13 => "HashOfMaps",
        22 => "Queue",
        23 => "Stack",
        27 => "RingBuf",
        30 => "BloomFilter",
        _ => return None,
    })
}

/// Whether a map is one of Aya's types, with the key and value types that its methods need.
pub fn is_typed(object: &Object, map: &Map) -> bool {
    is_typed_def(object, &map.def)
}

fn is_typed_def(object: &Object, def: &MapDef) -> bool {
    if aya_type(def.map_type).is_none() || def.numa_node.is_some() || def.extra != 0 {
        return false;
    }
    // Its loader says how many; Aya's types must know. Storages and perf buffers need no number.
    if def.max_entries == 0 && !matches!(def.map_type, 4 | 19 | 21 | 24 | 28 | 32) {
        return false;
    }
    let aligned = |ty: &Option<Ty>| {
        ty.as_ref()
            .is_none_or(|ty| super::types::align_of(object, ty) <= 8)
    };
    match def.map_type {
        // A stack trace's depth is a part of its type.
        7 => def.flags == 0,
        2 | 6 => def.key_size == 4 && aligned(&def.value) && def.value_size > 0,
        12 | 13 => def
            .inner
            .as_deref()
            .is_some_and(|inner| is_typed_def(object, inner)),
        1 | 5 | 9 | 10 => aligned(&def.value) && def.key_size > 0 && def.value_size > 0,
        _ => true,
    }
}

/// The type of a map's keys in Rust, unless it is just bytes.
pub fn key_type(def: &MapDef) -> Option<Ty> {
    sized(&def.key, def.key_size)
}

/// The type of a map's values in Rust, unless it is just bytes.
pub fn value_type(def: &MapDef) -> Option<Ty> {
    sized(&def.value, def.value_size)
}

/// A type as the C has it, or the integer of that size.
fn sized(ty: &Option<Ty>, size: u64) -> Option<Ty> {
    ty.clone().or(match size {
        1 | 2 | 4 | 8 => u16::try_from(8 * size).ok().map(Ty::unsigned),
        _ => None,
    })
}

/// The static of a map.
pub fn item(t: &Types<'_>, id: MapId, map: &Map) -> TokenStream {
    let docs = doc(&map.notes);
    let name = t.names.map(id);
    let object_name = &map.name;
    if !is_typed(t.object, map) {
        return by_hand(t, &name, map);
    }
    let (ty, path) = map_type(t, &map.def);
    let attribute = t.uses.import("aya_ebpf::macros", "btf_map");
    let pin = map.def.pin_by_name.then(|| quote!(, pin_by_name));
    quote! {
        #docs
        #[#attribute(name = #object_name #pin)]
        static #name: #ty = #path::new();
    }
}

/// `HashMap<K, V, N>` and `HashMap`.
fn map_type(t: &Types<'_>, def: &MapDef) -> (TokenStream, TokenStream) {
    let short = aya_type(def.map_type).unwrap_or("Array");
    let name = t.uses.import("aya_ebpf::btf_maps", short);
    let entries = entries(t, def);
    let flags = (def.flags != 0).then(|| {
        let flags = flag_tokens(t, def.flags);
        quote!(, #flags)
    });
    let ty = match def.map_type {
        1 | 5 | 9 | 10 => {
            let (key, value) = (
                of_size(t, &def.key, def.key_size),
                of_size(t, &def.value, def.value_size),
            );
            quote!(#name<#key, #value, #entries #flags>)
        }
        2 | 6 | 22 | 23 | 30 => {
            let value = of_size(t, &def.value, def.value_size);
            quote!(#name<#value, #entries #flags>)
        }
        27 => quote!(#name<(), #entries #flags>),
        4 => {
            let flags = Literal::u64_unsuffixed(def.flags);
            quote!(#name<#entries, #flags>)
        }
        7 => {
            let depth = def.value_size / 8;
            if depth == 127 || depth == 0 {
                quote!(#name<#entries>)
            } else {
                let depth = Literal::u64_unsuffixed(depth);
                quote!(#name<#entries, 0, #depth>)
            }
        }
        12 => {
            let inner = def.inner.as_deref().map(|inner| map_type(t, inner).0);
            quote!(#name<#inner, #entries #flags>)
        }
        13 => {
            let key = of_size(t, &def.key, def.key_size);
            let inner = def.inner.as_deref().map(|inner| map_type(t, inner).0);
            quote!(#name<#key, #inner, #entries #flags>)
        }
        _ => quote!(#name<#entries #flags>),
    };
    (ty, quote!(#name))
}

/// Flags of maps by their bits (`enum` of `include/uapi/linux/bpf.h`).
const FLAGS: [&str; 13] = [
    "BPF_F_NO_PREALLOC",
    "BPF_F_NO_COMMON_LRU",
    "BPF_F_NUMA_NODE",
    "BPF_F_RDONLY",
    "BPF_F_WRONLY",
    "BPF_F_STACK_BUILD_ID",
    "BPF_F_ZERO_SEED",
    "BPF_F_RDONLY_PROG",
    "BPF_F_WRONLY_PROG",
    "BPF_F_CLONE",
    "BPF_F_MMAPABLE",
    "BPF_F_PRESERVE_ELEMS",
    "BPF_F_INNER_MAP",
];

/// Flags by name: `{ BPF_F_NO_PREALLOC as usize }`.
fn flag_tokens(t: &Types<'_>, flags: u64) -> TokenStream {
    if flags >> FLAGS.len() != 0 {
        return plain(flags);
    }
    let set = (0..).zip(FLAGS).filter(|(bit, _)| flags >> bit & 1 != 0);
    let names: Vec<_> = set
        .map(|(_, name)| t.uses.import("aya_ebpf::bindings", name))
        .collect();
    match names.as_slice() {
        [name] => quote!({ #name as usize }),
        names => quote!({ (#(#names)|*) as usize }),
    }
}

fn entries(t: &Types<'_>, def: &MapDef) -> TokenStream {
    let spelled = def.max_entries_expr.as_deref().filter(|e| evaluates(t, e));
    match spelled {
        Some(expr) => match (&expr.kind, t.length(expr)) {
            (ExprKind::Int(_), Some(tokens)) => tokens,
            (ExprKind::Constant(_), Some(tokens)) if tokens.clone().into_iter().count() == 1 => {
                tokens
            }
            (_, Some(tokens)) => quote!({ #tokens }),
            _ => plain(def.max_entries),
        },
        None => plain(def.max_entries),
    }
}

fn plain(n: u64) -> TokenStream {
    let n = Literal::u64_unsuffixed(n);
    quote!(#n)
}

fn evaluates(t: &Types<'_>, expr: &Expr) -> bool {
    t.length(expr).is_some()
}

/// A declared type, or bytes of that size.
fn of_size(t: &Types<'_>, ty: &Option<Ty>, size: u64) -> TokenStream {
    match (ty, size) {
        (Some(ty), _) => t.ty(ty),
        (None, 1) => quote!(u8),
        (None, 2) => quote!(u16),
        (None, 4) => quote!(u32),
        (None, 8) => quote!(u64),
        (None, n) => {
            let n = Literal::u64_unsuffixed(n);
            quote!([u8; #n])
        }
    }
}

/// A map that Aya has no type for: a static whose type information says what libbpf's macros do.
fn by_hand(t: &Types<'_>, name: &proc_macro2::Ident, map: &Map) -> TokenStream {
    let docs = doc(&map.notes);
    let object_name = &map.name;
    let camel = super::names::camel(&map.name);
    let ty = format_ident!("{camel}Map");
    let mut fields = fields(t, &map.def);
    let mut inside = TokenStream::new();
    if let Some(inner) = map.def.inner.as_deref() {
        let values = if is_typed_def(t.object, inner) {
            map_type(t, inner).0
        } else {
            let ty = format_ident!("{camel}Inner");
            let declared = self::fields(t, inner);
            let declared = declared.iter().map(|(name, ty)| quote!(#name: #ty));
            inside = quote! {
                /// What the maps in that map are made as.
                #[repr(C)]
                struct #ty { #(#declared),* }
            };
            quote!(#ty)
        };
        fields.push((super::names::ident("values"), quote!([*const #values; 0])));
    }
    let declared = fields.iter().map(|(name, ty)| quote!(#name: #ty));
    let initial = fields.iter().map(|(name, _)| {
        if name == "values" {
            return quote!(#name: []);
        }
        t.uses.import("core", "ptr");
        quote!(#name: ptr::null())
    });
    quote! {
        #docs
        #[unsafe(link_section = ".maps")]
        #[unsafe(export_name = #object_name)]
        static #name: #ty = #ty { #(#initial),* };
        /// Aya has no type for this map: what it is made as follows from the types of these fields.
        #[repr(C)]
        struct #ty { #(#declared),* }
        // SAFETY: nothing is ever read from it.
        unsafe impl Sync for #ty {}
        #inside
    }
}

/// What a map is made as, in the fields of a structure.
fn fields(t: &Types<'_>, def: &MapDef) -> Vec<(proc_macro2::Ident, TokenStream)> {
    let mut fields = vec![number("type", u64::from(def.map_type))];
    match &def.key {
        Some(key) => fields.push(typed("key", &t.ty(key))),
        None if def.key_size > 0 => fields.push(number("key_size", def.key_size)),
        None => {}
    }
    match &def.value {
        Some(value) => fields.push(typed("value", &t.ty(value))),
        None if def.value_size > 0 => fields.push(number("value_size", def.value_size)),
        None => {}
    }
    for (field, value) in [
        ("max_entries", def.max_entries),
        ("map_flags", def.flags),
        ("map_extra", def.extra),
        ("numa_node", def.numa_node.map_or(0, u64::from)),
        ("pinning", u64::from(def.pin_by_name)),
    ] {
        if value != 0 {
            fields.push(number(field, value));
        }
    }
    fields
}

/// `__uint(name, value)`
fn number(name: &str, value: u64) -> (proc_macro2::Ident, TokenStream) {
    let value = Literal::u64_unsuffixed(value);
    (super::names::ident(name), quote!(*const [i32; #value]))
}

/// `__type(name, T)`
fn typed(name: &str, ty: &TokenStream) -> (proc_macro2::Ident, TokenStream) {
    (super::names::ident(name), quote!(*const #ty))
}

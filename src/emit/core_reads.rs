//! The statics that hold what the running kernel's types say.

use std::collections::HashSet;

use proc_macro2::TokenStream;
use quote::quote;

use super::runtime::Module;
use super::{names::upper, types::Types};
use crate::ir::{
    Object, PathPart, RecordId, Relocation, RelocationId, RelocationKind,
    body::{Expr, ExprKind},
    ty::Ty,
    walk::Visit,
};

/// The name of the static in the object, by which a loader knows what to put there: `core__` for
/// offsets, then type and path, joined by two underscores.
pub fn symbol(relocation: &Relocation) -> String {
    let prefix = match relocation.kind {
        RelocationKind::FieldOffset => "core",
        RelocationKind::FieldSize => "core_size",
        RelocationKind::FieldExists => "core_exists",
        RelocationKind::FieldSigned => "core_signed",
        RelocationKind::FieldLshift => "core_lshift",
        RelocationKind::FieldRshift => "core_rshift",
        RelocationKind::TypeExists => "core_type_exists",
        RelocationKind::TypeMatches => "core_type_matches",
        RelocationKind::TypeSize => "core_type_size",
        RelocationKind::TypeId => "core_type_id",
        RelocationKind::EnumExists => "core_enum_exists",
        RelocationKind::EnumValue => "core_enum_value",
    };
    let mut symbol = format!("{prefix}__{}", relocation.type_name);
    for part in &relocation.path {
        match part {
            PathPart::Field(name) => {
                symbol.push_str("__");
                symbol.push_str(name);
            }
            PathPart::Index(n) => symbol.push_str(&format!("__{n}")),
        }
    }
    symbol
}

/// The shortest name for the static: the field's.
pub fn rust_name(relocation: &Relocation) -> String {
    let last = relocation.path.iter().rev().find_map(|part| match part {
        PathPart::Field(name) => Some(name.as_str()),
        PathPart::Index(_) => None,
    });
    prefixed(relocation, &upper(last.unwrap_or(&relocation.type_name)))
}

/// A longer name, where the field's is taken: type and field.
pub fn qualified_rust_name(relocation: &Relocation) -> String {
    let mut name = upper(&relocation.type_name);
    for part in &relocation.path {
        match part {
            PathPart::Field(field) => name = format!("{name}_{}", upper(field)),
            PathPart::Index(n) => name = format!("{name}_{n}"),
        }
    }
    prefixed(relocation, &name)
}

fn prefixed(relocation: &Relocation, name: &str) -> String {
    match relocation.kind {
        RelocationKind::FieldOffset | RelocationKind::EnumValue => name.to_owned(),
        RelocationKind::FieldExists | RelocationKind::TypeExists | RelocationKind::EnumExists => {
            format!("HAS_{name}")
        }
        RelocationKind::TypeMatches => format!("MATCHES_{name}"),
        RelocationKind::FieldSize | RelocationKind::TypeSize => format!("SIZE_OF_{name}"),
        RelocationKind::TypeId => format!("ID_OF_{name}"),
        RelocationKind::FieldSigned => format!("SIGNED_{name}"),
        RelocationKind::FieldLshift => format!("LSHIFT_{name}"),
        RelocationKind::FieldRshift => format!("RSHIFT_{name}"),
    }
}

/// The record that a relocation is about, if the object names it.
pub fn record_of(t: &Types<'_>, relocation: &Relocation) -> Option<RecordId> {
    let records = &t.object.records;
    let position = |test: &dyn Fn(&str) -> bool| {
        records
            .iter()
            .position(|record| record.name.as_deref().is_some_and(test))
    };
    let exact = position(&|name| name == relocation.type_name);
    let flavored = || {
        position(&|name| {
            name.split_once("___")
                .is_some_and(|(base, _)| base == relocation.type_name)
        })
    };
    exact
        .or_else(flavored)
        .and_then(|at| u32::try_from(at).ok())
        .map(RecordId)
}

/// The type of a base pointer's target.
pub fn base_type(t: &Types<'_>, relocation: &Relocation) -> TokenStream {
    match record_of(t, relocation) {
        Some(id) => t.ty(&Ty::Record(id)),
        None => t.ty(&Ty::Opaque { size: 0, align: 1 }),
    }
}

/// The static.
pub fn item(t: &Types<'_>, id: RelocationId, relocation: &Relocation) -> TokenStream {
    let name = t.names.relocation(id);
    let symbol = symbol(relocation);
    let (ty, new) = match relocation.kind {
        RelocationKind::FieldOffset if is_bitfield(t, id) => {
            let bitfield = t.uses.runtime_item(Module::CoreRead, "Bitfield");
            let base = base_type(t, relocation);
            (quote!(#bitfield<#base>), quote!(#bitfield::new()))
        }
        RelocationKind::FieldOffset => {
            let field = t.uses.runtime_item(Module::CoreRead, "Field");
            let (base, ty) = (base_type(t, relocation), read_type(t, &relocation.ty));
            (quote!(#field<#base, #ty>), quote!(#field::new()))
        }
        RelocationKind::FieldExists
        | RelocationKind::TypeExists
        | RelocationKind::TypeMatches
        | RelocationKind::EnumExists => {
            let exists = t.uses.runtime_item(Module::CoreRead, "Exists");
            (quote!(#exists), quote!(#exists::new()))
        }
        RelocationKind::EnumValue => {
            let constant = t.uses.runtime_item(Module::CoreRead, "Constant");
            (quote!(#constant), quote!(#constant::new()))
        }
        _ => {
            let number = t.uses.runtime_item(Module::CoreRead, "Number");
            (quote!(#number), quote!(#number::new()))
        }
    };
    quote! {
        #[unsafe(export_name = #symbol)]
        static #name: #ty = #new;
    }
}

/// What is read out of the kernel: truth and enumerations as the numbers that they are.
pub fn read_type(t: &Types<'_>, ty: &Ty) -> TokenStream {
    match ty {
        Ty::Bool => quote!(u8),
        Ty::Enum(id) => t
            .object
            .enums
            .get(id.0 as usize)
            .map_or_else(|| quote!(u32), |e| super::types::int(e.bits, e.signed)),
        other => t.ty(other),
    }
}

/// Whether an offset is that of a bit-field's unit; its static holds the other four answers too.
pub fn is_bitfield(t: &Types<'_>, id: RelocationId) -> bool {
    t.bitfields.contains(&id)
}

/// Whether an item of its own is emitted for a relocation.
pub fn has_item(t: &Types<'_>, id: RelocationId, relocation: &Relocation) -> bool {
    match relocation.kind {
        RelocationKind::FieldSigned | RelocationKind::FieldLshift | RelocationKind::FieldRshift => {
            false
        }
        RelocationKind::FieldSize => t.sizes.contains(&id),
        _ => true,
    }
}

/// Relocations of offsets that bit-fields are read by.
pub(super) fn bitfields(object: &Object) -> HashSet<RelocationId> {
    asked(object, |expr, found| {
        if let ExprKind::CoreBitfield(_, bits, _) = &expr.kind {
            found.insert(bits.offset);
        }
    })
}

/// The sizes of fields that are asked for by themselves, not as a part of a bit-field's place.
pub(super) fn sizes(object: &Object) -> HashSet<RelocationId> {
    asked(object, |expr, found| {
        if let ExprKind::CoreValue(id) = expr.kind {
            found.insert(id);
        }
    })
}

/// The relocations that `look` finds in expressions.
fn asked(object: &Object, look: fn(&Expr, &mut HashSet<RelocationId>)) -> HashSet<RelocationId> {
    struct Finder(HashSet<RelocationId>, fn(&Expr, &mut HashSet<RelocationId>));
    impl Visit for Finder {
        fn expr(&mut self, expr: &Expr) {
            (self.1)(expr, &mut self.0);
            self.expr_parts(expr);
        }
    }
    let mut finder = Finder(HashSet::new(), look);
    for function in &object.functions {
        finder.function(function);
    }
    for program in &object.programs {
        finder.function(&program.function);
    }
    finder.0
}

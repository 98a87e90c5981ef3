//! Alignment of structures and unions that is more than their fields have.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::types::align_of;
use crate::ir::{
    Object,
    ty::{Record, Ty},
};

/// The name of the field that only aligns.
const FIELD: &str = "_align";

/// The alignment that the fields of a record have by themselves in Rust, bit-fields being bytes.
pub fn natural(object: &Object, record: &Record) -> u64 {
    record
        .fields
        .iter()
        .flatten()
        .filter(|field| field.bits.is_none())
        .map(|field| align_of(object, &field.ty))
        .max()
        .unwrap_or(1)
}

/// Whether a field of no size aligns the record: `repr(align)` may not stand in a packed structure.
pub fn by_field(object: &Object, record: &Record) -> bool {
    !record.packed
        && matches!(record.align, 2 | 4 | 8 | 16)
        && natural(object, record) < record.align
        && object.records.iter().any(|outer| {
            outer.packed
                && outer
                    .fields
                    .iter()
                    .flatten()
                    .any(|field| holds(object, &field.ty, record))
        })
}

/// The field that aligns the record, if it needs one.
pub fn field(object: &Object, record: &Record) -> Option<TokenStream> {
    by_field(object, record).then(|| {
        let name = format_ident!("{FIELD}");
        let unit = format_ident!("u{}", record.align.saturating_mul(8));
        quote!(pub #name: [#unit; 0],)
    })
}

/// Its name and size.
pub fn padding(object: &Object, record: &Record) -> Option<(String, u64)> {
    by_field(object, record).then(|| (FIELD.to_owned(), 0))
}

fn holds(object: &Object, ty: &Ty, wanted: &Record) -> bool {
    match ty {
        Ty::Array(element, _) => holds(object, element, wanted),
        Ty::Record(id) => object.records.get(id.0 as usize).is_some_and(|record| {
            std::ptr::eq(record, wanted)
                || record
                    .fields
                    .iter()
                    .flatten()
                    .any(|field| holds(object, &field.ty, wanted))
        }),
        _ => false,
    }
}

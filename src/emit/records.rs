//! Structures, unions and enumerations.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::{
    align,
    comments::doc,
    items,
    types::{self, Types, field_ident, int},
};
use crate::ir::{
    EnumId, Global, GlobalKind, Object, RecordId,
    body::Init,
    ty::{Field, Record, Ty, size_of},
};

/// A structure or union; nothing for one that Aya's bindings have, or that nothing names.
pub fn record(t: &Types<'_>, id: RecordId) -> TokenStream {
    let Some(record) = t.record(id) else {
        return TokenStream::new();
    };
    if types::is_bound(record) {
        return TokenStream::new();
    }
    let name = t.names.record(id);
    let docs = doc(&record.notes);
    let Some(fields) = &record.fields else {
        // Only ever pointed to.
        return quote! {
            #docs
            #[repr(C)]
            pub struct #name {
                _opaque: [u8; 0],
            }
        };
    };
    if record.union_ {
        return union_(t, &name, record, fields);
    }
    let members = members(t, record, fields);
    let repr = repr(t, record);
    let accessors = accessors(t, &name, record, fields);
    let size = Literal::u64_unsuffixed(record.size);
    let shared = shared(t, &name, id);
    let known = record
        .name
        .as_deref()
        .is_some_and(super::names::is_known_by_name);
    let allow = known.then(
        || quote!(#[allow(non_camel_case_types, reason = "the kernel knows it by this name")]),
    );
    quote! {
        #docs
        #allow
        #repr
        #[derive(Clone, Copy)]
        pub struct #name { #members }
        const _: () = assert!(size_of::<#name>() == #size);
        #shared
        #accessors
    }
}

/// Lets an option hold a record with pointers, which Rust shares between threads only where it is told
/// to.
fn shared(t: &Types<'_>, name: &proc_macro2::Ident, id: RecordId) -> Option<TokenStream> {
    let is_option =
        |global: &Global| matches!(global.kind, GlobalKind::Option | GlobalKind::Kconfig);
    let mut options = t.object.globals.iter().filter(|global| is_option(global));
    let held = options.any(|global| holds(&global.ty, id));
    (held && items::has_pointer(t, &Ty::Record(id))).then(|| {
        quote! {
            // SAFETY: nobody writes to it but the loader, before a program runs.
            unsafe impl Sync for #name {}
        }
    })
}

/// Whether a record is what a type is made of, by itself or in arrays.
fn holds(ty: &Ty, id: RecordId) -> bool {
    match ty {
        Ty::Record(found) => *found == id,
        Ty::Array(of, _) => holds(of, id),
        _ => false,
    }
}

fn union_(
    t: &Types<'_>,
    name: &proc_macro2::Ident,
    record: &Record,
    fields: &[Field],
) -> TokenStream {
    let docs = doc(&record.notes);
    let members = fields
        .iter()
        .zip(0..)
        .filter(|(f, _)| f.bits.is_none())
        .map(|(field, index)| {
            let docs = doc(&field.notes);
            let name = field_ident(record, index);
            let ty = t.array(&field.ty, &field.lengths);
            quote!(#docs pub #name: #ty,)
        });
    let repr = repr(t, record);
    let align = align::field(t.object, record);
    let size = Literal::u64_unsuffixed(record.size);
    let bytes = fields
        .iter()
        .any(|f| f.bits.is_some())
        .then(|| quote!(pub bits0: [u8; #size],));
    let accessors = accessors(t, name, record, fields);
    quote! {
        #docs
        #repr
        #[derive(Clone, Copy)]
        pub union #name { #(#members)* #bytes #align }
        const _: () = assert!(size_of::<#name>() == #size);
        #accessors
    }
}

fn repr(t: &Types<'_>, record: &Record) -> TokenStream {
    let natural = align::natural(t.object, record);
    if record.packed || natural > record.align {
        return match record.align {
            0 | 1 => quote!(#[repr(C, packed)]),
            n => {
                let n = Literal::u64_unsuffixed(n);
                quote!(#[repr(C, packed(#n))])
            }
        };
    }
    if natural < record.align && !align::by_field(t.object, record) {
        let n = Literal::u64_unsuffixed(record.align);
        return quote!(#[repr(C, align(#n))]);
    }
    quote!(#[repr(C)])
}

/// What lies where in a structure.
enum Part {
    Field(u32),
    /// Bytes of bit-fields.
    Bits(u64),
    Padding(u64),
}

/// The bit-fields that `fields` begin with and that lie in one array of bytes: of 64 bits at most, as
/// no bit-field of C's crosses such a border unless its structure is packed.
fn bit_run<'f>(record: &Record, fields: &'f [Field]) -> Vec<&'f Field> {
    let word = |field: &Field| field.bits.map(|(bit, _)| bit / 64);
    let first = fields.first().and_then(word);
    fields
        .iter()
        .take_while(|f| f.bits.is_some() && (record.packed || word(f) == first))
        .collect()
}

/// Fields, runs of bit-fields and padding, in order, with where each starts.
fn parts(object: &Object, record: &Record) -> Vec<(u64, Part)> {
    let fields = record.fields.as_deref().unwrap_or_default();
    let mut out = Vec::new();
    let mut at = 0;
    let mut index = 0;
    while let Some(field) = fields.get(index) {
        if field.bits.is_some() {
            let run: Vec<&Field> = bit_run(record, fields.get(index..).unwrap_or_default());
            let first = run
                .iter()
                .filter_map(|f| f.bits)
                .map(|(bit, _)| bit / 8)
                .min()
                .unwrap_or(at);
            let last = run
                .iter()
                .filter_map(|f| f.bits)
                .map(|(bit, width)| (bit + u64::from(width)).div_ceil(8))
                .max()
                .unwrap_or(at);
            if first > at {
                out.push((at, Part::Padding(first - at)));
            }
            out.push((first, Part::Bits(last - first)));
            at = last.max(at);
            index += run.len();
            continue;
        }
        if field.offset > at {
            out.push((at, Part::Padding(field.offset - at)));
        }
        out.push((
            field.offset,
            Part::Field(u32::try_from(index).unwrap_or(u32::MAX)),
        ));
        at = field.offset + size_of(object, &field.ty);
        index += 1;
    }
    if record.size > at {
        out.push((at, Part::Padding(record.size - at)));
    }
    out
}

/// The padding fields that a structure gets in Rust: name and bytes.
pub fn padding_fields(object: &Object, record: &Record) -> Vec<(String, u64)> {
    if record.union_ {
        return Vec::new();
    }
    parts(object, record)
        .into_iter()
        .filter_map(|(_, part)| match part {
            Part::Padding(bytes) => Some(bytes),
            _ => None,
        })
        .enumerate()
        .map(|(n, bytes)| (format!("_pad{n}"), bytes))
        .chain(align::padding(object, record))
        .collect()
}

fn members(t: &Types<'_>, record: &Record, fields: &[Field]) -> TokenStream {
    let mut out = TokenStream::new();
    let (mut pads, mut runs) = (0, 0);
    for (_, part) in parts(t.object, record) {
        out.extend(match part {
            Part::Padding(bytes) => {
                let name = format_ident!("_pad{pads}");
                pads += 1;
                let bytes = Literal::u64_unsuffixed(bytes);
                quote!(pub #name: [u8; #bytes],)
            }
            Part::Bits(bytes) => {
                let name = format_ident!("bits{runs}");
                runs += 1;
                let bytes = Literal::u64_unsuffixed(bytes);
                quote!(pub #name: [u8; #bytes],)
            }
            Part::Field(index) => {
                let Some(field) = fields.get(index as usize) else {
                    continue;
                };
                let docs = doc(&field.notes);
                let name = field_ident(record, index);
                let ty = t.array(&field.ty, &field.lengths);
                quote!(#docs pub #name: #ty,)
            }
        });
    }
    out.extend(align::field(t.object, record));
    out
}

/// Methods that read and write bit-fields.
fn accessors(
    t: &Types<'_>,
    name: &proc_macro2::Ident,
    record: &Record,
    fields: &[Field],
) -> TokenStream {
    let mut methods = TokenStream::new();
    let mut run = 0;
    let mut bytes = (0, 0);
    let mut left = 0;
    for (index, field) in (0u32..).zip(fields) {
        let Some((bit, width)) = field.bits else {
            continue;
        };
        if record.union_ {
            bytes = (0, record.size);
        } else if left == 0 {
            let fields = bit_run(record, fields.get(index as usize..).unwrap_or_default());
            let bits = || fields.iter().filter_map(|f| f.bits);
            let start = bits().map(|(b, _)| b / 8).min();
            let end = bits().map(|(b, w)| (b + u64::from(w)).div_ceil(8)).max();
            if bytes.1 > 0 {
                run += 1;
            }
            bytes = (start.unwrap_or(0), end.unwrap_or(0));
            left = fields.len();
        }
        left = left.saturating_sub(1);
        if field.name.is_none() {
            continue;
        }
        let place = BitPlace {
            bit,
            width,
            unit: bytes,
            run,
        };
        methods.extend(accessor(t, record, field, index, place));
    }
    if methods.is_empty() {
        return TokenStream::new();
    }
    quote!(impl #name { #methods })
}

/// Where a bit-field lies.
#[derive(Clone, Copy)]
struct BitPlace {
    /// Bits from the start of the record.
    bit: u64,
    /// Bits.
    width: u16,
    /// The bytes that hold its run, from the start of the record: the first, and behind the last.
    unit: (u64, u64),
    /// The number of the run in the record.
    run: u32,
}

fn accessor(
    t: &Types<'_>,
    record: &Record,
    field: &Field,
    index: u32,
    place: BitPlace,
) -> TokenStream {
    let BitPlace {
        bit,
        width,
        unit,
        run,
    } = place;
    let name = field_ident(record, index);
    let setter = format_ident!("set_{}", name);
    let docs = doc(&field.notes);
    let bits_name = format_ident!("bits{run}");
    // Of an enumeration, the number.
    let repr = match &field.ty {
        Ty::Enum(id) => t.object.enums.get(id.0 as usize),
        _ => None,
    };
    let (ty, signed, from_bits) = match &field.ty {
        Ty::Enum(_) => {
            let (bits, signed) = repr.map_or((32, false), |e| (e.bits, e.signed));
            let number = int(bits, signed);
            let convert = (bits < 64 || signed).then(|| quote!(as #number));
            (t.ty(&field.ty), signed, convert.unwrap_or_default())
        }
        Ty::Bool => (quote!(bool), false, quote!(!= 0)),
        Ty::Int { bits: 64, signed } => (int(64, *signed), *signed, quote!()),
        Ty::Int { bits, signed } => {
            let ty = int(*bits, *signed);
            (ty.clone(), *signed, quote!(as #ty))
        }
        _ => (quote!(u32), false, quote!(as u32)),
    };
    // From the start of the bytes that hold the run.
    let at = bit.saturating_sub(unit.0 * 8);
    let window = at / 8..(at + u64::from(width)).div_ceil(8);
    let (storage, at, wide) = if record.union_ {
        (quote!(unsafe { self.#bits_name }), at, false)
    } else if unit.1 - unit.0 > 8 {
        // More than a number holds: the bytes of this field alone.
        let bytes = window.clone().map(Literal::u64_unsuffixed);
        let storage = quote!([#(self.#bits_name[#bytes]),*]);
        (storage, at % 8, window.end - window.start > 8)
    } else {
        (quote!(self.#bits_name), at, false)
    };
    let at = Literal::u64_unsuffixed(at);
    let width = Literal::u16_unsuffixed(width);
    let in_static = is_in_static(t.object, record);
    let number = match &field.ty {
        Ty::Enum(_) => quote!(value.0),
        _ => quote!(value),
    };
    let is_u64 = match &field.ty {
        Ty::Int { bits, .. } => *bits == 64,
        Ty::Enum(_) => repr.is_some_and(|e| e.bits == 64),
        _ => false,
    };
    let value = match (signed, is_u64) {
        (false, true) => number,
        // It can't be evaluated in a static.
        (false, false) if !in_static => quote!(#number.into()),
        _ => quote!(#number as u64),
    };
    let const_ = in_static.then(|| quote!(const));
    let (get, set) = match (signed, wide) {
        (true, false) => (quote!(bits::get_signed), quote!(bits::set)),
        (false, false) => (quote!(bits::get), quote!(bits::set)),
        (true, true) => (quote!(bits::get_signed_wide), quote!(bits::set_wide)),
        (false, true) => (quote!(bits::get_wide), quote!(bits::set_wide)),
    };
    let target = if record.union_ {
        quote!(self.#bits_name)
    } else {
        storage.clone()
    };
    let got = quote!(#get(#storage, #at, #width) #from_bits);
    let got = match &field.ty {
        Ty::Enum(_) => quote!(#ty(#got)),
        _ => got,
    };
    quote! {
        #docs
        #[inline(always)]
        pub fn #name(&self) -> #ty {
            #got
        }
        #[inline(always)]
        pub #const_ fn #setter(&mut self, value: #ty) {
            #target = #set(#storage, #at, #width, #value);
        }
    }
}

/// Whether a static begins with values of the record's fields.
fn is_in_static(object: &Object, record: &Record) -> bool {
    fn holds(object: &Object, ty: &Ty, record: &Record) -> bool {
        match ty {
            Ty::Record(id) => object.records.get(id.0 as usize).is_some_and(|found| {
                let mut fields = found.fields.iter().flatten();
                std::ptr::eq(found, record) || fields.any(|f| holds(object, &f.ty, record))
            }),
            Ty::Array(of, _) => holds(object, of, record),
            _ => false,
        }
    }
    let mut globals = object.globals.iter();
    globals.any(|global| global.init != Init::Zero && holds(object, &global.ty, record))
}

/// An enumeration: a number with named values, since in C it may hold any other too.
pub fn enumeration(t: &Types<'_>, id: EnumId) -> TokenStream {
    let Some(enumeration) = t.object.enums.get(id.0 as usize) else {
        return TokenStream::new();
    };
    let name = t.names.enumeration(id);
    let docs = doc(&enumeration.notes);
    let ty = int(enumeration.bits, enumeration.signed);
    let constants = enumeration
        .constants
        .iter()
        .enumerate()
        .map(|(index, constant)| {
            let docs = doc(&constant.notes);
            let name = t.names.enum_constant(id, index);
            let (n, span) = (constant.value, constant.span);
            let value = match super::number::character(t.object, n, span) {
                Some(character) => super::items::character_as(&character, &ty),
                None => super::number::number(t.object, n.unsigned_abs(), "", span),
            };
            let sign = (n < 0).then(|| quote!(-));
            quote!(#docs pub const #name: Self = Self(#sign #value);)
        });
    quote! {
        #docs
        #[repr(transparent)]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct #name(pub #ty);
        impl #name { #(#constants)* }
    }
}

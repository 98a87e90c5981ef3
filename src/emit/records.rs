//! Structures, unions and enumerations.

use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};

use super::{
    comments::doc,
    types::{self, Types, align_of, field_ident, int, size_of},
};
use crate::ir::{
    EnumId, Object, RecordId,
    ty::{Field, Record, Ty},
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
    let repr = repr(t, record, fields);
    let accessors = accessors(&name, record, fields);
    let size = Literal::u64_unsuffixed(record.size);
    quote! {
        #docs
        #repr
        #[derive(Clone, Copy)]
        pub struct #name { #members }
        const _: () = assert!(size_of::<#name>() == #size);
        #accessors
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
    let repr = repr(t, record, fields);
    let size = Literal::u64_unsuffixed(record.size);
    let bytes = fields
        .iter()
        .any(|f| f.bits.is_some())
        .then(|| quote!(pub bits0: [u8; #size],));
    let accessors = accessors(name, record, fields);
    quote! {
        #docs
        #repr
        #[derive(Clone, Copy)]
        pub union #name { #(#members)* #bytes }
        const _: () = assert!(size_of::<#name>() == #size);
        #accessors
    }
}

fn repr(t: &Types<'_>, record: &Record, fields: &[Field]) -> TokenStream {
    let natural = fields
        .iter()
        .filter(|f| f.bits.is_none())
        .map(|f| align_of(t.object, &f.ty))
        .max()
        .unwrap_or(1);
    if record.packed || natural > record.align {
        return match record.align {
            0 | 1 => quote!(#[repr(C, packed)]),
            n => {
                let n = Literal::u64_unsuffixed(n);
                quote!(#[repr(C, packed(#n))])
            }
        };
    }
    if natural < record.align {
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

/// Fields, runs of bit-fields and padding, in order, with where each starts.
fn parts(object: &Object, record: &Record) -> Vec<(u64, Part)> {
    let fields = record.fields.as_deref().unwrap_or_default();
    let mut out = Vec::new();
    let mut at = 0;
    let mut index = 0;
    while let Some(field) = fields.get(index) {
        if field.bits.is_some() {
            let run: Vec<&Field> = fields
                .get(index..)
                .unwrap_or_default()
                .iter()
                .take_while(|f| f.bits.is_some())
                .collect();
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
    out
}

/// Methods that read and write bit-fields.
fn accessors(name: &proc_macro2::Ident, record: &Record, fields: &[Field]) -> TokenStream {
    let mut methods = TokenStream::new();
    let mut run = 0;
    let mut run_start = None;
    let mut run_end = 0;
    for (index, field) in (0u32..).zip(fields) {
        let Some((bit, width)) = field.bits else {
            if run_start.take().is_some() {
                run += 1;
            }
            continue;
        };
        if run_start.is_none() {
            let rest = fields.get(index as usize..).unwrap_or_default();
            let bits = || rest.iter().map_while(|f| f.bits);
            run_start = bits().map(|(b, _)| b / 8).min();
            run_end = bits()
                .map(|(b, w)| (b + u64::from(w)).div_ceil(8))
                .max()
                .unwrap_or(0);
        }
        let start = if record.union_ {
            0
        } else {
            run_start.unwrap_or(0)
        };
        let end = if record.union_ { record.size } else { run_end };
        if field.name.is_none() {
            continue;
        }
        methods.extend(accessor(
            record,
            field,
            index,
            bit,
            width,
            (start, end),
            run,
        ));
    }
    if methods.is_empty() {
        return TokenStream::new();
    }
    quote!(impl #name { #methods })
}

fn accessor(
    record: &Record,
    field: &Field,
    index: u32,
    bit: u64,
    width: u16,
    unit: (u64, u64),
    run: u32,
) -> TokenStream {
    let name = field_ident(record, index);
    let setter = format_ident!("set_{}", name.to_string());
    let docs = doc(&field.notes);
    let bits_name = format_ident!("bits{run}");
    let (ty, signed, from_bits) = match &field.ty {
        Ty::Bool => (quote!(bool), false, quote!(field != 0)),
        Ty::Int { bits, signed } => {
            let ty = int(*bits, *signed);
            (ty.clone(), *signed, quote!(field as #ty))
        }
        _ => (quote!(u32), false, quote!(field as u32)),
    };
    // The bytes that hold it, as one little- or big-endian number of 64 bits.
    let first = bit / 8;
    let last = (bit + u64::from(width)).div_ceil(8);
    let count = last - first;
    let at: Vec<Literal> = (first..last)
        .map(|byte| Literal::u64_unsuffixed(byte - unit.0))
        .collect();
    let _ = unit.1;
    let zeros: Vec<TokenStream> = (count..8).map(|_| quote!(0)).collect();
    let shift_le = Literal::u64_unsuffixed(bit % 8);
    let shift_be = Literal::u64_unsuffixed((count * 8).saturating_sub(bit % 8 + u64::from(width)));
    let mask = if width >= 64 {
        u64::MAX
    } else {
        (1u64 << width) - 1
    };
    let mask = Literal::u64_unsuffixed(mask);
    let extend = if signed {
        let up = Literal::u16_unsuffixed(64 - width.min(64));
        quote!(let field = ((field << #up) as i64) >> #up;)
    } else {
        TokenStream::new()
    };
    let value = if matches!(field.ty, Ty::Bool) {
        quote!(u64::from(value))
    } else {
        quote!(value as u64)
    };
    let indices: Vec<Literal> = (0..count).map(Literal::u64_unsuffixed).collect();
    let big: Vec<Literal> = (8 - count..8).map(Literal::u64_unsuffixed).collect();
    let storage = if record.union_ {
        quote!(unsafe { self.#bits_name })
    } else {
        quote!(self.#bits_name)
    };
    let bytes: Vec<TokenStream> = at.iter().map(|at| quote!(bytes[#at])).collect();
    let writes = at
        .iter()
        .zip(&indices)
        .map(|(at, i)| quote!(bytes[#at] = unit[#i];));
    let writes_big = at
        .iter()
        .zip(&big)
        .map(|(at, i)| quote!(bytes[#at] = unit[#i];));
    quote! {
        #docs
        #[inline(always)]
        pub fn #name(&self) -> #ty {
            let bytes = #storage;
            #[cfg(target_endian = "little")]
            let unit = u64::from_le_bytes([#(#bytes,)* #(#zeros),*]) >> #shift_le;
            #[cfg(target_endian = "big")]
            let unit = u64::from_be_bytes([#(#zeros,)* #(#bytes),*]) >> #shift_be;
            let field = unit & #mask;
            #extend
            #from_bits
        }
        #[inline(always)]
        pub fn #setter(&mut self, value: #ty) {
            let mut bytes = #storage;
            let field = #value & #mask;
            #[cfg(target_endian = "little")]
            {
                let unit = u64::from_le_bytes([#(#bytes,)* #(#zeros),*]);
                let unit = (unit & !(#mask << #shift_le) | field << #shift_le).to_le_bytes();
                #(#writes)*
            }
            #[cfg(target_endian = "big")]
            {
                let unit = u64::from_be_bytes([#(#zeros,)* #(#bytes),*]);
                let unit = (unit & !(#mask << #shift_be) | field << #shift_be).to_be_bytes();
                #(#writes_big)*
            }
            self.#bits_name = bytes;
        }
    }
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
            let value = Literal::i128_unsuffixed(constant.value.abs());
            let sign = (constant.value < 0).then(|| quote!(-));
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

//! Constants, variables and the licence.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, quote};

use super::{
    bindings,
    body::{Body, Returns},
    code::{Code, Prec},
    comments::doc,
    names::upper,
    types::Types,
};
use crate::ir::{
    Constant, ConstantId, ConstantValue, Global, GlobalId, GlobalKind, License, Notes,
    body::{BinaryOp, Expr, ExprKind, Function, Init},
    ty::Ty,
};
use crate::source::span::Span;

/// The name of a constant, imported if it is one of the kernel's that Aya has too.
pub fn constant_name(t: &Types<'_>, id: ConstantId) -> Ident {
    let name = t.names.constant(id);
    if let Some(constant) = t.object.constants.get(id.0 as usize)
        && let Some(bound) = binding(constant)
    {
        let _ = bound;
        t.uses.import("aya_ebpf::bindings", &constant.name);
    } else if t.shared.constants.contains(&id) {
        t.import_common(&name);
    }
    name
}

/// The type of the constant in Aya's bindings, if it is taken from there.
pub fn binding(constant: &Constant) -> Option<&'static str> {
    match (&constant.value, constant.foreign) {
        (ConstantValue::Int(n), true) => bindings::constant(&constant.name, *n),
        _ => None,
    }
}

/// `const NAME: T = value;`
pub fn constant(t: &Types<'_>, id: ConstantId, constant: &Constant, public: bool) -> TokenStream {
    if binding(constant).is_some() {
        return TokenStream::new();
    }
    let name = t.names.constant(id);
    let docs = doc(&constant.notes);
    let vis = public.then(|| quote!(pub));
    match &constant.value {
        ConstantValue::Int(n) => {
            let ty = t.constants.get(id);
            let rust = ty.tokens();
            let value = constant.expr.as_deref().and_then(|expr| match ty {
                super::constants::RustInt::Usize => t.length(expr),
                _ => spelled(t, expr, ty)
                    .or_else(|| {
                        // Its parts are of another type, all of them.
                        let of = t.constants.get(first_part(expr)?);
                        let (value, code) = spelled(t, expr, of)?;
                        (ty.holds(value)).then(|| (value, code.cast(&rust)))
                    })
                    .filter(|(value, _)| value == n)
                    .map(|(_, code)| code.into_token_stream()),
            });
            let value = value.unwrap_or_else(|| int_value(t, *n, ty, constant.span));
            quote!(#docs #vis const #name: #rust = #value;)
        }
        ConstantValue::Str(bytes) => {
            t.uses.import("core::ffi", "CStr");
            let text = super::body::c_string(bytes);
            quote!(#docs #vis const #name: &CStr = #text;)
        }
    }
}

/// The first constant that an expression names.
fn first_part(expr: &Expr) -> Option<ConstantId> {
    match &expr.kind {
        ExprKind::Constant(id) => Some(*id),
        ExprKind::Cast(inner) => first_part(inner),
        ExprKind::Binary(_, left, right) => first_part(left).or_else(|| first_part(right)),
        _ => None,
    }
}

/// A constant by those that it is made of, all of its type: the value, the tokens, and how tightly
/// they bind.
fn spelled(t: &Types<'_>, expr: &Expr, ty: super::constants::RustInt) -> Option<(i128, Code)> {
    match &expr.kind {
        ExprKind::Int(n) if *n >= 0 => {
            let prec = match super::number::character(t.object, *n, expr.span) {
                Some(_) => Prec::Cast,
                None => Prec::Postfix,
            };
            Some((*n, Code::new(int_value(t, *n, ty, expr.span), prec)))
        }
        ExprKind::Cast(inner) => spelled(t, inner, ty),
        ExprKind::Constant(id) if t.constants.get(*id) == ty => {
            let constant = t.object.constants.get(id.0 as usize)?;
            let ConstantValue::Int(n) = constant.value else {
                return None;
            };
            let there = constant.used || t.shared.constants.contains(id);
            let name = there.then(|| constant_name(t, *id))?;
            Some((n, Code::atom(quote!(#name))))
        }
        ExprKind::Binary(op, left, right) => {
            let (a, left) = spelled(t, left, ty)?;
            let (b, right) = spelled(t, right, ty)?;
            let (n, op, prec) = match op {
                BinaryOp::Add => (a.checked_add(b)?, quote!(+), Prec::Sum),
                BinaryOp::Sub => (a.checked_sub(b)?, quote!(-), Prec::Sum),
                BinaryOp::Mul => (a.checked_mul(b)?, quote!(*), Prec::Product),
                BinaryOp::BitOr => (a | b, quote!(|), Prec::BitOr),
                BinaryOp::BitAnd => (a & b, quote!(&), Prec::BitAnd),
                BinaryOp::Shl => (
                    a.checked_shl(u32::try_from(b).ok()?)?,
                    quote!(<<),
                    Prec::Shift,
                ),
                _ => return None,
            };
            ty.holds(n)
                .then(|| (n, Code::binary(&left, op, &right, prec)))
        }
        _ => None,
    }
}

fn int_value(
    t: &Types<'_>,
    n: i128,
    ty: super::constants::RustInt,
    span: Option<Span>,
) -> TokenStream {
    let max = match ty {
        super::constants::RustInt::Usize => None,
        super::constants::RustInt::Int(bits @ 32.., false) if bits < 127 => {
            Some((1i128 << bits) - 1)
        }
        super::constants::RustInt::Int(bits @ 32.., true) if bits < 128 => {
            Some((1i128 << (bits - 1)) - 1)
        }
        super::constants::RustInt::Int(..) => None,
    };
    let rust = ty.tokens();
    if max == Some(n) {
        return quote!(#rust::MAX);
    }
    if let Some(character) = super::number::character(t.object, n, span) {
        return character_as(&character, &rust);
    }
    let number = super::number::number(t.object, n.unsigned_abs(), "", span);
    if n >= 0 { number } else { quote!(-#number) }
}

/// A character as a number of type `ty`.
pub fn character_as(character: &TokenStream, ty: &TokenStream) -> TokenStream {
    if ty.to_string() == "u8" {
        character.clone()
    } else {
        quote!(#character as #ty)
    }
}

/// A variable.
pub fn global(t: &Types<'_>, id: GlobalId, global: &Global) -> TokenStream {
    if global.name == "LINUX_HAS_SYSCALL_WRAPPER" {
        return TokenStream::new();
    }
    let name = t.names.global(id);
    let docs = doc(&global.notes);
    let ty = t.ty(&global.ty);
    let value = initial(t, global);
    let object_name = &global.name;
    let section = match &global.kind {
        GlobalKind::Section(section) => Some(quote!(#[unsafe(link_section = #section)])),
        _ => None,
    };
    let align = global.aligned.map(|bytes| {
        let bytes = Literal::u64_unsuffixed(bytes);
        quote!(#[rustc_align_static(#bytes)])
    });
    let export = quote!(#align #[unsafe(export_name = #object_name)]);
    match global.kind {
        GlobalKind::Option | GlobalKind::Kconfig => {
            // Rust shares no pointers between threads: it holds the address.
            let (ty, value) = if holds_address(global) {
                (quote!(u64), quote!(0))
            } else {
                (ty, value)
            };
            let global_type = t.uses.import("aya_ebpf", "Global");
            // LLVM puts constants of equal bytes in one place, the temporary behind `&1u8` among
            // them: it would change with the option. What is `used` it leaves alone.
            quote! {
                #docs
                #[used]
                #export
                static #name: #global_type<#ty> = #global_type::new(#value);
            }
        }
        GlobalKind::Ksym => {
            let address = t
                .uses
                .runtime_item(super::runtime::Module::CoreRead, "Address");
            let symbol = ksym(global);
            quote! {
                #docs
                #[unsafe(export_name = #symbol)]
                static #name: #address = #address::new();
            }
        }
        // The kernel may write to it at any time.
        GlobalKind::Kernel => {
            let link = (name != object_name.as_str()).then(|| quote!(#[link_name = #object_name]));
            quote! {
                unsafe extern "C" {
                    #docs
                    #link
                    static mut #name: #ty;
                }
            }
        }
        GlobalKind::Constant if is_table(t, global) => {
            let shared = t
                .uses
                .runtime_item(super::runtime::Module::Memory, "Shared");
            quote! {
                #docs
                #export
                static #name: #shared<#ty> = #shared(#value);
            }
        }
        GlobalKind::Constant => quote! {
            #docs
            #export
            static #name: #ty = #value;
        },
        _ => quote! {
            #docs
            #section
            #export
            static mut #name: #ty = #value;
        },
    }
}

/// The symbol of a static that holds the address of a variable of the kernel's.
pub fn ksym(global: &Global) -> String {
    format!("ksym__{}", global.name)
}

/// Whether an option is a pointer, null until the loader sets it.
pub fn holds_address(global: &Global) -> bool {
    let null = match &global.init {
        Init::Zero => true,
        Init::Expr(value) => matches!(value.kind, ExprKind::Int(0)),
        _ => false,
    };
    null && matches!(global.ty, Ty::Pointer { .. })
        && matches!(global.kind, GlobalKind::Option | GlobalKind::Kconfig)
}

/// Whether a constant holds pointers, and so stands in a `Shared`.
pub fn is_table(t: &Types<'_>, global: &Global) -> bool {
    matches!(global.kind, GlobalKind::Constant) && has_pointer(t, &global.ty)
}

/// Raw pointers may not be shared between threads, says Rust.
pub fn has_pointer(t: &Types<'_>, ty: &Ty) -> bool {
    match ty {
        Ty::Pointer { .. } | Ty::Function(..) => true,
        Ty::Array(of, _) => has_pointer(t, of),
        Ty::Record(id) => t
            .record(*id)
            .and_then(|r| r.fields.as_deref())
            .is_some_and(|fields| fields.iter().any(|f| has_pointer(t, &f.ty))),
        _ => false,
    }
}

fn initial(t: &Types<'_>, global: &Global) -> TokenStream {
    // The body of a function that does nothing knows how to write values.
    let nothing = Function {
        name: String::new(),
        params: Vec::new(),
        ret: Ty::Unit,
        locals: Vec::new(),
        labels: Vec::new(),
        body: Vec::new(),
        inline: false,
        hinted: false,
        global: false,
        noinline: false,
        callback: false,
        kernel: None,
        notes: Notes::default(),
        trailing: Vec::new(),
        span: global.span,
    };
    let body = Body::new(*t, &nothing, None, Returns::Value);
    let init = if matches!(global.kind, GlobalKind::Kconfig) {
        &Init::Zero
    } else {
        &global.init
    };
    body.static_value(init, &global.ty)
}

/// The section `license`.
pub fn license(license: &License) -> TokenStream {
    let docs = doc(&license.notes);
    let name = super::names::ident(&upper(&license.variable));
    let mut bytes = license.text.as_bytes().to_vec();
    bytes.push(0);
    let len = Literal::usize_unsuffixed(bytes.len());
    let text = Literal::byte_string(&bytes);
    let export = &license.variable;
    let symbol = if upper(export) == *export {
        quote!(#[unsafe(no_mangle)])
    } else {
        quote!(#[unsafe(export_name = #export)])
    };
    quote! {
        #docs
        #[unsafe(link_section = "license")]
        #symbol
        static #name: [u8; #len] = *#text;
    }
}

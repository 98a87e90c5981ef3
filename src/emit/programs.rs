//! Programs and functions as items.

use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, format_ident, quote};

use super::runtime::Module;
use super::{
    body::{Body, Context, Returns},
    comments::doc,
    entry::entry,
    inline,
    names::{ident, snake},
    types::{Types, int},
};
use crate::ir::{
    FunctionId, Object,
    body::{Function, LocalId, Place, PlaceKind, Register},
    program::{Argument, ArgumentSource, Program, SyscallEntry},
    ty::Ty,
    walk::Visit,
};

/// A program.
pub fn program(t: &Types<'_>, program: &Program) -> TokenStream {
    let own_section = super::clash::section(t.object, program);
    let entry = entry(t, &program.kind, own_section.is_none());
    let function = &program.function;
    let name = ident(&function.name);
    let raw = entry.context.is_empty();
    let ctx_ty = program
        .ctx
        .and_then(|ctx| function.locals.get(ctx.0 as usize))
        .map(|local| local.ty.clone());
    // A context whose fields the body reads is a pointer to them; else Aya's object.
    let follows = program.ctx.is_some_and(|ctx| follows(function, ctx));
    let context = program.ctx.map(|local| Context {
        local,
        object: !follows && !raw,
    });
    let (bits, signed) = entry.returns;
    let body = Body::new(*t, function, context, Returns::As(bits, signed));
    let ctx_name = program
        .ctx
        .map_or_else(|| format_ident!("ctx"), |ctx| body.name(ctx));
    let stmts = body.emit(|body| {
        let args = arguments(t, body, program, &ctx_name, entry.context);
        let pointer = follows.then(|| {
            t.uses.import("aya_ebpf", "EbpfContext");
            let target = match &ctx_ty {
                Some(Ty::Pointer { to, .. }) => t.ty(to),
                _ => quote!(u8),
            };
            let mutable = matches!(ctx_ty, Some(Ty::Pointer { mutable: true, .. }));
            let constant = (!mutable).then(|| quote!(.cast_const()));
            if raw {
                TokenStream::new()
            } else {
                quote!(let #ctx_name = #ctx_name.as_ptr().cast::<#target>()#constant;)
            }
        });
        quote!(#args #pointer)
    });
    let uses_ctx =
        follows || args_need_context(program) || program.ctx.is_some_and(|ctx| body.is_read(ctx));
    let ctx_name = if uses_ctx {
        ctx_name
    } else {
        format_ident!("_{}", ctx_name)
    };
    let docs = program_doc(program);
    let ret = int(bits, signed);
    let attribute = &entry.attribute;
    if raw {
        let ty = ctx_ty
            .as_ref()
            .map_or_else(|| quote!(*mut u8), |ty| t.ty(ty));
        return quote! {
            #docs
            #attribute
            extern "C" fn #name(#ctx_name: #ty) -> #ret { #stmts }
        };
    }
    let context = t.uses.import("aya_ebpf::programs", entry.context);
    if let Some(section) = own_section {
        let ty = match entry.context {
            // What Aya makes these of.
            "TcContext" | "SkBuffContext" | "FlowDissectorContext" => {
                let (never_null, any) = (
                    t.uses.import("core::ptr", "NonNull"),
                    t.uses.import("core::ffi", "c_void"),
                );
                quote!(#never_null<#any>)
            }
            _ => t.ty(&Ty::void_pointer(true)),
        };
        let made = uses_ctx.then(|| quote!(let #ctx_name = #context::new(#ctx_name.cast());));
        return quote! {
            #docs
            #[unsafe(no_mangle)]
            #[unsafe(link_section = #section)]
            extern "C" fn #name(#ctx_name: #ty) -> #ret { #made #stmts }
        };
    }
    // Around these Aya's macros put a function that makes this of a raw context, which clippy takes
    // for following it.
    let handed = matches!(entry.context, "TcContext" | "SkBuffContext");
    let visibility = (!handed).then(|| quote!(pub));
    quote! {
        #docs
        #attribute
        #visibility fn #name(#ctx_name: #context) -> #ret { #stmts }
    }
}

fn args_need_context(program: &Program) -> bool {
    program.args.iter().any(|arg| arg.used)
}

/// Whether the body looks into the context by itself.
fn follows(function: &Function, ctx: crate::ir::body::LocalId) -> bool {
    use crate::ir::{
        body::{Expr, ExprKind, Place, PlaceKind},
        walk::Visit,
    };
    struct Finder(crate::ir::body::LocalId, bool);
    impl Finder {
        fn is_it(&self, expr: &Expr) -> bool {
            match &expr.kind {
                ExprKind::Load(place) => matches!(place.kind, PlaceKind::Local(id) if id == self.0),
                ExprKind::Cast(inner) => self.is_it(inner),
                ExprKind::Offset(base, _) => self.is_it(base),
                _ => false,
            }
        }
    }
    impl Visit for Finder {
        fn place(&mut self, place: &Place) {
            if let PlaceKind::Deref(pointer) = &place.kind {
                self.1 |= self.is_it(pointer);
            }
            self.place_parts(place);
        }
    }
    let mut finder = Finder(ctx, false);
    function.body.iter().for_each(|s| finder.stmt(s));
    finder.1
}

/// Comments, and where the program is attached.
fn program_doc(program: &Program) -> TokenStream {
    let docs = doc(&program.function.notes);
    let section = match program.entry {
        SyscallEntry::Compat => format!(" `{}`, made by 32-bit programs", program.section),
        SyscallEntry::Socketcall(_) => format!(" `{}`, made through `socketcall`", program.section),
        _ => format!(" `{}`", program.section),
    };
    if docs.is_empty() {
        quote!(#[doc = #section])
    } else {
        quote!(#docs #[doc = ""] #[doc = #section])
    }
}

/// The arguments that the body uses, converted as C converts them.
fn arguments(
    t: &Types<'_>,
    body: &Body<'_>,
    program: &Program,
    ctx: &proc_macro2::Ident,
    context: &str,
) -> TokenStream {
    let used: Vec<&Argument> = program.args.iter().filter(|arg| arg.used).collect();
    let syscall: Vec<(&Argument, u8)> = used
        .iter()
        .filter_map(|arg| match arg.source {
            ArgumentSource::Syscall(n) => Some((*arg, n)),
            _ => None,
        })
        .collect();
    let mut out = TokenStream::new();
    if !syscall.is_empty() {
        let args = match program.entry {
            SyscallEntry::Native => "args",
            SyscallEntry::Clone => "clone_args",
            SyscallEntry::Mmap => "mmap_args",
            SyscallEntry::Compat => "compat_args",
            SyscallEntry::Socketcall(_) => "socketcall_args",
        };
        // A 32-bit program's `long` has another sign than its word.
        let is_taken = |arg: &Argument| {
            let ty = body.local(arg.local).map(|local| &local.ty);
            let is_long = ty == Some(&Ty::signed(64)) && program.entry == SyscallEntry::Compat;
            ty.filter(|ty| fits(ty) && !is_long).map(|ty| t.ty(ty))
        };
        let names = syscall.iter().map(|(arg, _)| {
            let name = body.parameter_name(arg.local);
            let taken = is_taken(arg).is_some();
            let mutable = (taken && body.is_mutated(arg.local)).then(|| quote!(mut));
            quote!(#mutable #name)
        });
        let tys = syscall
            .iter()
            .map(|(arg, _)| is_taken(arg).unwrap_or_else(|| quote!(u64)));
        let numbers = syscall.iter().map(|(_, n)| Literal::u8_unsuffixed(*n));
        let source = if context == "ProbeContext" {
            quote!(&#ctx)
        } else {
            // The entry's macro on another kind of program reads the registers all the same.
            let probe = t.uses.import("aya_ebpf::programs", "ProbeContext");
            t.uses.import("aya_ebpf", "EbpfContext");
            quote!(&#probe::new(#ctx.as_ptr()))
        };
        let alone = program.entry == SyscallEntry::Native && syscall.len() == 1;
        let args = if alone { "argument" } else { args };
        let args = t.uses.runtime(Module::Syscall, args);
        out.extend(match program.entry {
            SyscallEntry::Socketcall(call) => {
                let call = Literal::u8_unsuffixed(call);
                quote! {
                    let Some((#(#names,)*)): Option<(#(#tys,)*)>
                        = #args(#source, #call, [#(#numbers),*]) else {
                        return 0;
                    };
                }
            }
            _ if alone => quote!(#(let #names: #tys = #args(#source, #numbers);)*),
            _ if syscall.len() == 1 => {
                quote!(let (#(#names,)*): (#(#tys,)*) = #args(#source, [#(#numbers),*]);)
            }
            _ => quote!(let (#(#names),*): (#(#tys),*) = #args(#source, [#(#numbers),*]);),
        });
        for (arg, _) in &syscall {
            if is_taken(arg).is_none() {
                let name = body.parameter_name(arg.local);
                let signed = body
                    .local(arg.local)
                    .is_some_and(|local| local.ty == Ty::signed(64));
                let word = if signed && program.entry == SyscallEntry::Compat {
                    quote!(#name as i32)
                } else {
                    quote!(#name)
                };
                let value = from_word(t, body, arg, word);
                let mutable = body.is_mutated(arg.local).then(|| quote!(mut));
                out.extend(quote!(let #mutable #name = #value;));
            }
        }
    }
    for arg in used {
        let name = body.parameter_name(arg.local);
        let mutable = body.is_mutated(arg.local).then(|| quote!(mut));
        let ty = body.local(arg.local).map(|local| local.ty.clone());
        // Aya converts as C does.
        let taken = ty.as_ref().filter(|ty| fits(ty)).map(|ty| t.ty(ty));
        let (word, value) = match (arg.source, context) {
            (ArgumentSource::Syscall(_), _) => continue,
            (ArgumentSource::Parameter(n), "ProbeContext") => {
                let n = Literal::u8_unsuffixed(n);
                let argument = t.uses.runtime(Module::Function, "argument");
                (
                    quote!(#argument::<u64>(&#ctx, #n)),
                    quote!(#argument(&#ctx, #n)),
                )
            }
            (ArgumentSource::Return, "RetProbeContext") => {
                let value = t.uses.runtime(Module::Function, "value");
                (quote!(#value::<u64>(&#ctx)), quote!(#value(&#ctx)))
            }
            (
                ArgumentSource::Tracing(n),
                "RawTracePointContext"
                | "BtfTracePointContext"
                | "FEntryContext"
                | "FExitContext"
                | "LsmContext",
            ) => {
                let n = Literal::u8_unsuffixed(n);
                (quote!(#ctx.arg::<u64>(#n)), quote!(#ctx.arg(#n)))
            }
            // The C takes the context for another kind of program's.
            (source, _) => {
                let offset = match source {
                    ArgumentSource::Parameter(n) => t.uses.register(Register::Parameter(n)),
                    ArgumentSource::Return => t.uses.register(Register::Rc),
                    ArgumentSource::Tracing(n) | ArgumentSource::Syscall(n) => {
                        Literal::u16_unsuffixed(u16::from(n) * 8).into_token_stream()
                    }
                };
                let load = t.uses.runtime(Module::Regs, "load");
                let pointer = if context.is_empty() {
                    quote!(#ctx)
                } else {
                    t.uses.import("aya_ebpf", "EbpfContext");
                    quote!(#ctx.as_ptr())
                };
                let word = quote!(unsafe { #load(#pointer, #offset) });
                let value = from_word(t, body, arg, word);
                out.extend(quote!(let #mutable #name = #value;));
                continue;
            }
        };
        out.extend(match taken {
            Some(ty) => quote!(let #mutable #name: #ty = #value;),
            None => {
                let value = from_word(t, body, arg, word);
                quote!(let #mutable #name = #value;)
            }
        });
    }
    out
}

/// Whether Aya gives arguments of that type.
fn fits(ty: &Ty) -> bool {
    match ty {
        Ty::Int { bits, .. } => *bits <= 64,
        Ty::Pointer { .. } => true,
        _ => false,
    }
}

/// A register's word as the parameter's type.
fn from_word(t: &Types<'_>, body: &Body<'_>, arg: &Argument, word: TokenStream) -> TokenStream {
    let Some(local) = body.local(arg.local) else {
        return word;
    };
    match &local.ty {
        Ty::Int {
            bits: 64,
            signed: false,
        } => word,
        Ty::Bool => quote!(#word != 0),
        Ty::Enum(id) => {
            let (name, repr) = (
                t.ty(&local.ty),
                t.object
                    .enums
                    .get(id.0 as usize)
                    .map_or_else(|| quote!(u32), |e| int(e.bits, e.signed)),
            );
            quote!(#name(#word as #repr))
        }
        ty => {
            let ty = t.ty(ty);
            quote!(#word as #ty)
        }
    }
}

/// A function that isn't a program.
pub fn function(t: &Types<'_>, id: FunctionId, function: &Function) -> TokenStream {
    let name = t.names.function(id);
    let optional = t.borrows.is_optional(id);
    let returns = if optional {
        match t.borrows.is_non_null(id) {
            true => Returns::NonNull,
            false => Returns::Optional,
        }
    } else {
        Returns::Value
    };
    let body = Body::new(*t, function, None, returns);
    let stmts = body.emit(|body| {
        for (number, local) in function.params.iter().enumerate() {
            if let Some(mutable) = t.borrows.param(id, number) {
                body.borrow(*local, mutable);
            }
        }
        TokenStream::new()
    });
    let docs = doc(&function.notes);
    let params = function.params.iter().enumerate().map(|(number, local)| {
        let name = body.parameter_name(*local);
        let ty = function.locals.get(local.0 as usize).map(|l| &l.ty);
        let ty = match (ty, t.borrows.param(id, number)) {
            (Some(Ty::Pointer { to, .. }), Some(mutable)) => {
                let (to, mutable) = (t.ty(to), mutable.then(|| quote!(mut)));
                quote!(&#mutable #to)
            }
            (Some(Ty::Function(params, ret)), _) => {
                let params = params.iter().map(|param| t.ty(param));
                let ret = t.ret(ret);
                let copied = handed_on(function, *local).then(|| quote!(+ Copy));
                quote!(impl Fn(#(#params),*) #ret #copied)
            }
            (Some(ty), _) => t.ty(ty),
            (None, _) => quote!(u64),
        };
        let mutable = body.is_mutated(*local).then(|| quote!(mut));
        quote!(#mutable #name: #ty)
    });
    let ret = match (&function.ret, returns) {
        (Ty::Pointer { to, .. }, Returns::NonNull) => {
            t.uses.import("core::ptr", "NonNull");
            let to = t.pointee(to);
            quote!(-> Option<NonNull<#to>>)
        }
        (ty, Returns::Optional) => {
            let ty = t.ty(ty);
            quote!(-> Option<#ty>)
        }
        (ty, _) => t.ret(ty),
    };
    let object_name = &function.name;
    let attributes = if function.global || function.noinline {
        let export = if snake(object_name) == *object_name && name == object_name.as_str() {
            quote!(#[unsafe(no_mangle)])
        } else {
            quote!(#[unsafe(export_name = #object_name)])
        };
        // Whether a global function that nobody forbids it for is inlined, LLVM decides as for the C.
        match (function.global, function.noinline) {
            (true, true) => quote!(#[inline(never)] #export),
            (true, false) => export,
            (false, _) => quote!(#[inline(never)]),
        }
    } else if function.callback {
        quote!()
    } else if t.inlining.is_left_to_llvm(id) {
        let hint = function.hinted.then(|| quote!(#[inline]));
        quote!(#hint)
    } else {
        quote!(#[inline(always)])
    };
    // By Rust's own convention a caller leaves what lies above a narrow number in its register, and
    // the function cuts it off at each use: the verifier then knows of one what was asked of another.
    let called = t.inlining.may_be_called(id) && inline::takes_narrow(t.object, function);
    let abi = (function.callback || function.global || called).then(|| quote!(extern "C"));
    quote! {
        #docs
        #attributes
        #abi fn #name(#(#params),*) #ret { #stmts }
    }
}

/// Whether a function hands on the one that it is given, which it may need again.
fn handed_on(function: &Function, param: LocalId) -> bool {
    struct Finder(LocalId, bool);
    impl Visit for Finder {
        fn place(&mut self, place: &Place) {
            self.1 |= matches!(place.kind, PlaceKind::Local(local) if local == self.0);
            self.place_parts(place);
        }
    }
    let mut finder = Finder(param, false);
    finder.function(function);
    finder.1
}

/// Allows names of programs that rustc would warn of: Aya's macros call a program what its function
/// is called, and hand attributes of the function on to an inner one only.
pub fn allow_names(object: &Object) -> TokenStream {
    let unusual = object
        .programs
        .iter()
        .any(|program| !is_snake_case(&program.function.name));
    if unusual {
        quote!(#![allow(non_snake_case, reason = "programs keep their names in the object")])
    } else {
        TokenStream::new()
    }
}

/// As rustc's lint `non_snake_case` sees it.
fn is_snake_case(name: &str) -> bool {
    let name = name.trim_matches('_');
    !name.contains("__") && !name.chars().any(char::is_uppercase)
}

//! Calls: functions, helpers, atomics, what the compiler offers.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use super::{
    Body, Pin,
    declare::{base_local, value_mentions},
};
use crate::{
    emit::{
        borrow,
        code::{Code, Prec},
        items, names,
        runtime::Module,
        types::{self, int},
    },
    ir::{
        FunctionId, GlobalKind,
        body::{
            Asm, AtomicOp, Expr, ExprKind, LocalId, Place, PlaceKind, Register, RegisterAccess,
        },
        ty::Ty,
    },
};

/// Where aya-ebpf keeps the helpers that are nothing but a call.
const GENERATED: &str = "aya_ebpf::helpers::generated";

impl Body<'_> {
    /// A function of the object.
    pub(super) fn call(&self, id: FunctionId, args: &[Expr]) -> Code {
        let code = self.bare_call(id, args);
        if self.t.borrows.is_optional(id) {
            self.t.uses.import("core", "ptr");
            return code.dot(quote!(unwrap_or(ptr::null_mut())));
        }
        code
    }

    /// A call with the value that the function has in Rust: an `Option` where C gives a pointer.
    pub(super) fn bare_call(&self, id: FunctionId, args: &[Expr]) -> Code {
        let name = self.t.names.function(id);
        let callee = self.t.object.functions.get(id.0 as usize);
        let kernel = callee.is_some_and(|callee| callee.kernel.is_some());
        let args = args.iter().enumerate().map(|(number, arg)| {
            if let Some(callback) = callback(arg).filter(|_| kernel) {
                return self.function_address(callback);
            }
            self.t
                .borrows
                .param(id, number)
                .and_then(|mutable| self.lent(arg, mutable))
                .unwrap_or_else(|| self.argument(arg))
        });
        let code = Code::atom(quote!(#name(#(#args),*)));
        if kernel { self.operation(code) } else { code }
    }

    /// A call of the function that a parameter is.
    pub(super) fn call_param(&self, local: LocalId, args: &[Expr]) -> Code {
        self.facts.borrow_mut().read.insert(local);
        let name = self.name(local);
        let args = args.iter().map(|arg| self.argument(arg));
        Code::atom(quote!(#name(#(#args),*)))
    }

    /// A pointer as a reference.
    fn lent(&self, arg: &Expr, mutable: bool) -> Option<Code> {
        let mut arg = arg;
        while let ExprKind::Cast(inner) = &arg.kind
            && borrow::takes(&arg.ty, &inner.ty)
        {
            arg = inner;
        }
        if let Some(name) = self.reference(arg) {
            return Some(Code::atom(quote!(#name)));
        }
        if let ExprKind::AddressOf(place) = &arg.kind {
            return self.reference_to(place, mutable);
        }
        let place = self.expr(arg, Pin::Itself).unary(quote!(*));
        let reference = if mutable { quote!(&mut) } else { quote!(&) };
        Some(self.operation(place.unary(reference)))
    }

    pub(super) fn argument(&self, arg: &Expr) -> Code {
        match &arg.ty {
            Ty::Pointer { mutable, .. } => {
                // References become pointers by themselves.
                if let Some(name) = self.reference(arg) {
                    return Code::atom(quote!(#name));
                }
                if let (Some(local), true) =
                    (super::pointers::loaded_local(arg), self.is_context(arg))
                {
                    let code = self.context_pointer(&arg.ty);
                    let as_it_is = !self.context.is_some_and(|c| c.object)
                        && match (&self.local_ty(local), &arg.ty) {
                            (Ty::Pointer { to: from, .. }, Ty::Pointer { to, .. }) => {
                                types::same_pointee(from, to)
                            }
                            _ => true,
                        };
                    return if as_it_is {
                        code
                    } else {
                        code.dot(quote!(cast()))
                    };
                }
                self.pointer(arg, *mutable)
            }
            _ => match &arg.kind {
                ExprKind::Function(id) => self.handed(*id),
                _ => self.expr(arg, Pin::Context),
            },
        }
    }

    /// A function for one that takes a function: rustc takes none that have C's calling convention.
    fn handed(&self, id: FunctionId) -> Code {
        let name = self.t.names.function(id);
        let function = self.t.object.functions.get(id.0 as usize);
        let Some(function) = function.filter(|function| function.callback || function.global)
        else {
            return Code::atom(quote!(#name));
        };
        let params = function.params.iter();
        let params = params.filter_map(|param| function.locals.get(param.0 as usize));
        let params: Vec<_> = params
            .map(|param| names::ident(&names::snake(&param.name)))
            .collect();
        Code::new(quote!(|#(#params),*| #name(#(#params),*)), Prec::Lowest)
    }

    fn is_context(&self, arg: &Expr) -> bool {
        self.context
            .is_some_and(|context| super::pointers::loaded_local(arg) == Some(context.local))
    }

    /// A helper by number.
    pub(super) fn helper(&self, id: u32, name: &str, args: &[Expr], ty: &Ty) -> Code {
        self.typed_helper(id, name, args, ty)
            .unwrap_or_else(|| self.plain_helper(name, args, ty))
    }

    /// A helper whose value becomes a pointer of another type: to convert it before would leave a
    /// type in between of which Rust knows nothing.
    pub(super) fn helper_to_convert(&self, id: u32, name: &str, args: &[Expr], ty: &Ty) -> Code {
        self.typed_helper(id, name, args, ty)
            .unwrap_or_else(|| self.plain_helper(name, args, &Ty::void_pointer(true)))
    }

    /// A helper by its plain call.
    pub(super) fn plain_helper(&self, name: &str, args: &[Expr], ty: &Ty) -> Code {
        // The typed wrappers that cost nothing carry the same name and are safe.
        let is_safe = matches!(name, "bpf_get_current_pid_tgid" | "bpf_get_current_uid_gid");
        let module = if is_safe {
            "aya_ebpf::helpers"
        } else {
            GENERATED
        };
        let function = self.t.uses.import(module, name);
        let typed = super::super::bindings::takes_typed(name);
        let args = args.iter().enumerate().map(|(at, arg)| match &arg.ty {
            _ if let Some(callback) = callback(arg) => self.function_address(callback),
            Ty::Pointer { mutable, .. }
                if at == 0 && typed && self.is_erased(super::expr::strip_pointer_casts(arg)) =>
            {
                self.erased(arg, *mutable).dot(quote!(cast()))
            }
            Ty::Pointer { mutable, .. } => self.erased(arg, *mutable),
            Ty::Enum(_) => self.enum_number(arg),
            _ => self.expr(arg, Pin::Context),
        });
        let code = Code::atom(quote!(#function(#(#args),*)));
        let code = if is_safe { code } else { self.operation(code) };
        match ty {
            // What the kernel calls `void *` is what the C calls it.
            Ty::Pointer { to, .. } if !matches!(**to, Ty::Opaque { size: 0, .. }) => {
                code.dot(quote!(cast()))
            }
            _ => code,
        }
    }

    /// A function for the kernel, which takes its address.
    fn function_address(&self, id: FunctionId) -> Code {
        let function = self.t.names.function(id);
        let pointer = Code::atom(quote!(#function)).cast(&quote!(*const ()));
        pointer.dot(quote!(cast_mut())).dot(quote!(cast()))
    }

    /// Helpers that have a better form than the plain call.
    pub(super) fn typed_helper(&self, id: u32, name: &str, args: &[Expr], ty: &Ty) -> Option<Code> {
        if let Some(code) = self.map_helper(id, args, ty) {
            return Some(code);
        }
        let short = name.trim_start_matches("bpf_");
        match (name, args) {
            (_, []) if Module::Helper.has_plain(short) => {
                let function = self.t.uses.runtime(Module::Helper, short);
                Some(Code::atom(quote!(#function())))
            }
            ("bpf_get_current_comm", [into, size]) => {
                let array = self.whole_array(into, size)?;
                let into = self.reference_to(array, true)?;
                let function = self.t.uses.runtime(Module::Helper, "get_current_comm");
                Some(Code::atom(quote!(#function(#into))))
            }
            (
                "bpf_probe_read_user_str" | "bpf_probe_read_kernel_str" | "bpf_probe_read_str",
                [into, size, from],
            ) => {
                let array = self.whole_array(into, size)?;
                let into = self.lent_apart(array, from)?;
                let function = self.t.uses.runtime(Module::Helper, short);
                let from = self.any_pointer(from);
                Some(Code::atom(quote!(#function(#into, #from))))
            }
            (
                "bpf_probe_read_user" | "bpf_probe_read_kernel" | "bpf_probe_read",
                [into, size, from],
            ) => {
                let place = self.whole_place(into, size)?;
                let into = self.lent_apart(place, from)?;
                let function = self.t.uses.runtime(Module::Helper, short);
                let from = self.any_pointer(from);
                Some(Code::atom(quote!(#function(#into, #from))))
            }
            _ => None,
        }
    }

    /// A mutable reference to a place, unless it is in a variable that `beside` reads.
    fn lent_apart(&self, place: &Place, beside: &Expr) -> Option<Code> {
        let read = base_local(place).is_some_and(|local| value_mentions(beside, local));
        if read {
            return None;
        }
        self.reference_to(place, true)
    }

    /// A pointer to bytes, without a conversion where it is one already.
    pub(super) fn byte_pointer(&self, value: &Expr, mutable: bool) -> Code {
        let inner = super::expr::strip_pointer_casts(value);
        match &inner.ty {
            Ty::Pointer { to, .. }
                if matches!(**to, Ty::Int { bits: 8, .. })
                    && (!mutable || self.pointer_follows(inner)) =>
            {
                self.pointer(inner, mutable)
            }
            Ty::Pointer { .. } => self.erased(value, mutable),
            _ => self.expr(value, Pin::Itself),
        }
    }

    /// A pointer to anything, for a function that takes every kind of them.
    fn any_pointer(&self, value: &Expr) -> Code {
        let inner = super::expr::strip_pointer_casts(value);
        match &inner.ty {
            Ty::Pointer { .. } => self.pointer(inner, false),
            _ => self.expr(value, Pin::Itself),
        }
    }

    /// The piece of memory that is handed over whole: `&value, sizeof(value)`; any bytes are a value
    /// of its type.
    pub(super) fn whole_place<'e>(&self, into: &'e Expr, size: &Expr) -> Option<&'e Place> {
        let bytes = self.constant_value(size)?;
        let place = match &super::expr::strip_pointer_casts(into).kind {
            ExprKind::Decay(place) | ExprKind::AddressOf(place) => &**place,
            _ => return None,
        };
        let whole = bytes == i128::from(self.t.size(&place.ty)) && bytes > 0;
        (whole && self.is_plain(&place.ty)).then_some(place)
    }

    /// Whether any bytes are a value of that type.
    fn is_plain(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Int { .. } | Ty::Pointer { .. } | Ty::Enum(_) => true,
            Ty::Array(of, _) => self.is_plain(of),
            Ty::Record(id) => self
                .t
                .record(*id)
                .and_then(|record| record.fields.as_deref())
                .is_some_and(|fields| fields.iter().all(|field| self.is_plain(&field.ty))),
            _ => false,
        }
    }

    /// The array of bytes that is handed over whole: `buf, sizeof(buf)`.
    pub(super) fn whole_array<'e>(&self, into: &'e Expr, size: &Expr) -> Option<&'e Place> {
        let bytes = self.constant_value(size)?;
        let place = match &super::expr::strip_pointer_casts(into).kind {
            ExprKind::Decay(place) | ExprKind::AddressOf(place) => &**place,
            _ => return None,
        };
        match &place.ty {
            Ty::Array(of, len) if matches!(**of, Ty::Int { bits: 8, .. }) => {
                (i128::from(*len) == bytes).then_some(place)
            }
            _ => None,
        }
    }

    /// The number that an expression is, if that is known.
    pub(super) fn constant_value(&self, expr: &Expr) -> Option<i128> {
        crate::ir::constant::number(self.t.object, expr)
    }

    /// `&mut place`, if that can be had.
    pub(super) fn reference_to(&self, place: &Place, mutable: bool) -> Option<Code> {
        if let Some(code) = self.constant_place(place).filter(|_| !mutable) {
            return Some(code.unary(quote!(&)));
        }
        let base = super::declare::base_local(place);
        let found = self.written_place(place, mutable);
        if found.in_union || packed_part(self, place) || super::declare::is_global(place) {
            return None;
        }
        if let (Some(id), true) = (base, mutable) {
            self.mutate_unless_slot(id);
        }
        if let Some(code) = self.followed(place) {
            return Some(code);
        }
        if let Some(code) = found.reference {
            return Some(self.operation(code));
        }
        let code = found
            .code
            .unary(if mutable { quote!(&mut) } else { quote!(&) });
        Some(if found.is_unsafe {
            self.operation(code)
        } else {
            code
        })
    }

    /// A `const` variable of the file, which is a plain `static`.
    fn constant_place(&self, place: &Place) -> Option<Code> {
        let PlaceKind::Global(id) = place.kind else {
            return None;
        };
        let global = self.t.object.globals.get(id.0 as usize)?;
        let plain = global.kind == GlobalKind::Constant && !items::is_table(&self.t, global);
        plain.then(|| self.place(place).code)
    }

    /// An atomic operation; `wanted` says whether the old value is.
    pub(super) fn atomic(
        &self,
        op: AtomicOp,
        at: &Expr,
        args: &[Expr],
        ty: &Ty,
        wanted: bool,
    ) -> Code {
        let name = match (op, wanted) {
            (AtomicOp::Add, false) => "add",
            (AtomicOp::Sub, false) => "sub",
            (AtomicOp::And, false) => "and",
            (AtomicOp::Or, false) => "or",
            (AtomicOp::Xor, false) => "xor",
            (AtomicOp::Add, true) => "fetch_add",
            (AtomicOp::Sub, true) => "fetch_sub",
            (AtomicOp::And, true) => "fetch_and",
            (AtomicOp::Or, true) => "fetch_or",
            (AtomicOp::Xor, true) => "fetch_xor",
            (AtomicOp::Exchange, _) => "exchange",
            (AtomicOp::CompareExchange, _) => "compare_exchange",
            (AtomicOp::Load, _) => "load",
            (AtomicOp::Store, _) => "store",
        };
        let _ = ty;
        let function = self.t.uses.runtime(Module::Atomic, name);
        let at = self.pointer(at, true);
        let args = args.iter().map(|arg| self.expr(arg, Pin::Context));
        self.operation(Code::atom(quote!(#function(#at #(, #args)*))))
    }

    pub(super) fn register(
        &self,
        regs: &Expr,
        register: Register,
        access: RegisterAccess,
        ty: &Ty,
    ) -> Code {
        let constant = self.t.uses.register(register);
        let regs = self.pointer(super::expr::strip_pointer_casts(regs), false);
        let code = match access {
            RegisterAccess::Direct => {
                let function = self.t.uses.runtime(Module::Regs, "load");
                self.operation(Code::atom(quote!(#function(#regs, #constant))))
            }
            RegisterAccess::Probe => {
                let function = self.t.uses.runtime(Module::Regs, "probe");
                Code::atom(quote!(#function(#regs, #constant)))
            }
            RegisterAccess::Address => {
                let code = regs.dot(quote!(wrapping_byte_add(#constant)));
                return match ty {
                    Ty::Pointer { to, .. } => {
                        let to = self.t.pointee(to);
                        code.dot(quote!(cast::<#to>()))
                    }
                    _ => code,
                };
            }
        };
        match ty {
            Ty::Int {
                bits: 64,
                signed: false,
            } => code,
            Ty::Int { bits, signed } => code.cast(&int(*bits, *signed)),
            other => code.cast(&self.t.ty(other)),
        }
    }

    /// Assembly as a statement of its own.
    pub(super) fn asm_block(&self, asm: &Asm) -> TokenStream {
        self.t.uses.import("core::arch", "asm");
        let text = &asm.text;
        let (tokens, _) = self.whole(|| {
            let outputs = asm.outputs.iter().map(|(place, first)| {
                if let Some(local) = super::declare::base_local(place) {
                    self.mutate_unless_slot(local);
                }
                let target = self.written_place(place, true).code;
                match first.as_ref().map(|first| self.expr(first, Pin::Itself)) {
                    // What goes in comes out there.
                    Some(first)
                        if first.to_token_stream().to_string()
                            == target.to_token_stream().to_string() =>
                    {
                        quote!(inout(reg) #target)
                    }
                    Some(first) => quote!(inout(reg) #first => #target),
                    None => quote!(out(reg) #target),
                }
            });
            let inputs = asm.inputs.iter().map(|input| {
                let input = self.expr(input, Pin::Itself);
                quote!(in(reg) #input)
            });
            let clobbers = asm.clobbers.iter().map(|register| quote!(out(#register) _));
            let operands = outputs.chain(inputs).chain(clobbers);
            quote!(asm!(#text #(, #operands)*))
        });
        if self.mode.get() == super::Mode::Inside {
            quote!(#tokens;)
        } else {
            quote!(unsafe { #tokens };)
        }
    }

    pub(super) fn asm(&self, text: &str, args: &[Expr], ty: &Ty) -> Code {
        self.t.uses.import("core::arch", "asm");
        let args: Vec<_> = args.iter().map(|arg| self.expr(arg, Pin::Itself)).collect();
        if *ty == Ty::Unit {
            return self.operation(Code::atom(quote!(asm!(#text #(, in(reg) #args)*))));
        }
        let ty = self.t.ty(ty);
        self.operation(Code::atom(quote!({
            let value: #ty;
            asm!(#text, out(reg) value #(, in(reg) #args)*);
            value
        })))
    }
}

impl Body<'_> {
    /// Whether a place is a part of a packed record, to which there are no references.
    pub(super) fn is_packed_part(&self, place: &Place) -> bool {
        packed_part(self, place)
    }
}

fn packed_part(body: &Body<'_>, place: &Place) -> bool {
    use crate::ir::body::PlaceKind;
    match &place.kind {
        PlaceKind::Field(base, id, _) => {
            let byte =
                matches!(&place.ty, Ty::Array(of, _) if matches!(**of, Ty::Int { bits: 8, .. }));
            (body.t.record(*id).is_some_and(|r| r.packed) && !byte) || packed_part(body, base)
        }
        PlaceKind::Index(base, _) => packed_part(body, base),
        _ => false,
    }
}

/// The function that an argument is.
fn callback(arg: &Expr) -> Option<FunctionId> {
    match &arg.kind {
        ExprKind::Function(id) => Some(*id),
        ExprKind::Cast(inner) => callback(inner),
        _ => None,
    }
}

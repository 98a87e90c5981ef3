//! Helpers on maps by the methods of Aya's map types, where they fit.

use quote::quote;

use super::{Body, Pin, expr::strip_pointer_casts};
use crate::{
    emit::{
        code::{Code, Prec},
        map_items,
    },
    ir::{
        Map, MapId,
        body::{CompareOp, Expr, ExprKind, PlaceKind},
        ty::Ty,
    },
};

/// `enum bpf_map_type` of the kernel's UAPI, as far as Aya's types have methods.
mod kind {
    pub const HASH: u32 = 1;
    pub const ARRAY: u32 = 2;
    pub const PROG_ARRAY: u32 = 3;
    pub const PERF_EVENT_ARRAY: u32 = 4;
    pub const PERCPU_HASH: u32 = 5;
    pub const PERCPU_ARRAY: u32 = 6;
    pub const LRU_HASH: u32 = 9;
    pub const LRU_PERCPU_HASH: u32 = 10;
    pub const QUEUE: u32 = 22;
    pub const STACK: u32 = 23;
    pub const RINGBUF: u32 = 27;
}

/// Whether each CPU has values of its own in a map.
pub(super) fn is_per_cpu(map: &Map) -> bool {
    matches!(
        map.def.map_type,
        kind::PERCPU_HASH | kind::PERCPU_ARRAY | kind::LRU_PERCPU_HASH
    )
}

/// The map that an argument names.
pub fn map_of(arg: &Expr) -> Option<MapId> {
    match strip_pointer_casts(arg).kind {
        ExprKind::Map(id) => Some(id),
        _ => None,
    }
}

impl Body<'_> {
    /// A map as `*mut c_void`, or whatever is wanted.
    pub(super) fn map_pointer(&self, id: MapId) -> Code {
        let name = self.t.names.map(id);
        let to = self.t.uses.import("core::ffi", "c_void");
        Code::atom(quote!((&raw const #name).cast_mut().cast::<#to>()))
    }

    /// A helper on a map that is known, as a method; `None` where only the plain call will do.
    ///
    /// The value is that of the helper.
    pub(super) fn map_helper(&self, id: u32, args: &[Expr], ty: &Ty) -> Option<Code> {
        match id {
            1 => {
                let found = self.lookup_call(args)?;
                self.t.uses.import("core", "ptr");
                let code = found.dot(quote!(unwrap_or(ptr::null_mut())));
                Some(match ty {
                    Ty::Pointer { to, .. } if matches!(**to, Ty::Opaque { size: 0, .. }) => {
                        self.t.uses.import("core::ffi", "c_void");
                        code.dot(quote!(cast::<c_void>()))
                    }
                    _ => code,
                })
            }
            _ => None,
        }
    }

    /// A looked-up value as a pointer to the map's values, null where there is none.
    pub(super) fn looked_up(&self, value: &Expr, wanted: &Ty) -> Option<Code> {
        let ExprKind::Helper(1, _, args) = &value.kind else {
            return None;
        };
        let found = self.lookup_call(args)?;
        let known = map_items::value_type(&self.known_map(args.first()?)?.1.def)?;
        if known != *wanted {
            return None;
        }
        self.t.uses.import("core", "ptr");
        Some(found.dot(quote!(unwrap_or(ptr::null_mut()))))
    }

    /// A helper whose value is 0 or a negative error, as a method that gives a `Result`.
    pub(super) fn result_call(&self, expr: &Expr) -> Option<Code> {
        let mut inner = expr;
        while let ExprKind::Cast(next) = &inner.kind {
            if !matches!(next.ty, Ty::Int { .. }) {
                return None;
            }
            inner = next;
        }
        let ExprKind::Helper(id, _, args) = &inner.kind else {
            return None;
        };
        match (id, args.as_slice()) {
            // bpf_map_update_elem
            (2, [map, key, value, flags]) => {
                let (name, map) = self.known_map(map)?;
                let flags = self.flags(flags);
                match map.def.map_type {
                    kind::HASH | kind::PERCPU_HASH | kind::LRU_HASH | kind::LRU_PERCPU_HASH => {
                        let key = self.borrowed(key, &map_items::key_type(&map.def)?)?;
                        let value = self.borrowed(value, &map_items::value_type(&map.def)?)?;
                        Some(Code::atom(quote!(#name.insert(#key, #value, #flags))))
                    }
                    kind::ARRAY | kind::PERCPU_ARRAY => {
                        let index = self.key_value(key, &map_items::key_type(&map.def)?)?;
                        let value = self.borrowed(value, &map_items::value_type(&map.def)?)?;
                        Some(Code::atom(quote!(#name.set(#index, #value, #flags))))
                    }
                    _ => None,
                }
            }
            // bpf_map_delete_elem
            (3, [map, key]) => {
                let (name, map) = self.known_map(map)?;
                match map.def.map_type {
                    kind::HASH | kind::PERCPU_HASH | kind::LRU_HASH | kind::LRU_PERCPU_HASH => {
                        let key = self.borrowed(key, &map_items::key_type(&map.def)?)?;
                        Some(Code::atom(quote!(#name.remove(#key))))
                    }
                    _ => None,
                }
            }
            // bpf_map_push_elem
            (87, [map, value, flags]) => {
                let (name, map) = self.known_map(map)?;
                if !matches!(map.def.map_type, kind::QUEUE | kind::STACK) {
                    return None;
                }
                let value = self.borrowed(value, &map_items::value_type(&map.def)?)?;
                let flags = self.flags(flags);
                Some(Code::atom(quote!(#name.push(#value, #flags))))
            }
            // bpf_ringbuf_output
            (130, [map, data, size, flags]) => {
                let (name, map) = self.known_map(map)?;
                if map.def.map_type != kind::RINGBUF {
                    return None;
                }
                let (data, ty) = self.record_argument(data, size)?;
                let flags = self.flags(flags);
                let ty = self.t.ty(&ty);
                Some(Code::atom(
                    quote!(#name.output_untyped::<#ty>(#data, #flags)),
                ))
            }
            _ => None,
        }
    }

    /// A helper that only has effects here: `let _ = MAP.insert(…)`, or a method without a value.
    pub(super) fn effect_call(&self, expr: &Expr) -> Option<proc_macro2::TokenStream> {
        let mut inner = expr;
        while let ExprKind::Cast(next) = &inner.kind {
            inner = next;
        }
        let ExprKind::Helper(id, _, args) = &inner.kind else {
            return None;
        };
        match (id, args.as_slice()) {
            // bpf_perf_event_output
            (25, [ctx, map, flags, data, size]) => {
                let (name, map) = self.known_map(map)?;
                if map.def.map_type != kind::PERF_EVENT_ARRAY
                    || self.constant_value(flags) != Some(0xffff_ffff)
                {
                    return None;
                }
                let (data, _) = self.record_argument(data, size)?;
                let own = self.context.filter(|context| {
                    context.object && super::pointers::loaded_local(ctx) == Some(context.local)
                });
                let ctx = match own {
                    Some(context) => {
                        self.facts.borrow_mut().read.insert(context.local);
                        let ctx = self.name(context.local);
                        quote!(&#ctx)
                    }
                    None => self.handed_context(ctx)?,
                };
                Some(quote!(#name.output(#ctx, #data, 0);))
            }
            // bpf_tail_call
            (12, [ctx, map, index]) => {
                let (name, map) = self.known_map(map)?;
                let context = self.context.filter(|c| c.object)?;
                if map.def.map_type != kind::PROG_ARRAY
                    || super::pointers::loaded_local(ctx) != Some(context.local)
                {
                    return None;
                }
                self.facts.borrow_mut().read.insert(context.local);
                let ctx = self.name(context.local);
                let index = self.expr(index, Pin::Context);
                let code = self.operation(Code::atom(quote!(#name.tail_call(&#ctx, #index))));
                Some(quote!(#code;))
            }
            _ => {
                let call = self.root(|| {
                    self.result_call(inner)
                        .unwrap_or_else(|| Code::atom(quote!(())))
                });
                self.result_call(inner)?;
                Some(quote!(let _ = #call;))
            }
        }
    }

    /// A probe's context that a function was handed, as what Aya makes of it.
    fn handed_context(&self, ctx: &Expr) -> Option<proc_macro2::TokenStream> {
        let inner = strip_pointer_casts(ctx);
        let Ty::Pointer { to, mutable } = &inner.ty else {
            return None;
        };
        let is_void = matches!(**to, Ty::Opaque { size: 0, .. });
        let is_probe = match &**to {
            Ty::Record(id) => self.t.record(*id)?.name.as_deref() == Some("pt_regs"),
            _ => is_void,
        };
        if !is_probe || self.context.is_some() {
            return None;
        }
        let pointer = if is_void && *mutable {
            self.pointer(inner, true)
        } else {
            self.erased(ctx, true)
        };
        let context = self.t.uses.import("aya_ebpf::programs", "ProbeContext");
        Some(quote!(&#context::new(#pointer)))
    }

    /// `MAP.get_ptr_mut(key)`, an `Option<*mut V>`.
    pub(super) fn lookup_call(&self, args: &[Expr]) -> Option<Code> {
        let [map, key] = args else {
            return None;
        };
        let (name, map) = self.known_map(map)?;
        match map.def.map_type {
            kind::HASH | kind::PERCPU_HASH | kind::LRU_HASH | kind::LRU_PERCPU_HASH => {
                let key = self.borrowed(key, &map_items::key_type(&map.def)?)?;
                Some(Code::atom(quote!(#name.get_ptr_mut(#key))))
            }
            kind::ARRAY | kind::PERCPU_ARRAY => {
                let index = self.key_value(key, &map_items::key_type(&map.def)?)?;
                Some(Code::atom(quote!(#name.get_ptr_mut(#index))))
            }
            _ => None,
        }
    }

    /// The map that an argument names.
    pub(super) fn known_map(&self, arg: &Expr) -> Option<(proc_macro2::Ident, &Map)> {
        let id = map_of(arg)?;
        let map = self.t.object.maps.get(id.0 as usize)?;
        crate::emit::map_items::is_typed(self.t.object, map).then(|| (self.t.names.map(id), map))
    }

    pub(super) fn flags(&self, flags: &Expr) -> Code {
        let mut inner = flags;
        while let ExprKind::Cast(next) = &inner.kind {
            inner = next;
        }
        match &inner.kind {
            // `BPF_ANY.into()`
            ExprKind::Constant(id) if !self.t.constants.get(*id).is(&Ty::unsigned(64)) => {
                let name = self.constant_name(*id);
                if self.t.constants.get(*id).is(&Ty::unsigned(32)) {
                    Code::atom(quote!(#name.into()))
                } else {
                    Code::atom(quote!(#name)).cast(&quote!(u64))
                }
            }
            _ => self.expr(flags, Pin::Context),
        }
    }

    /// A pointer argument as `&T`; `None` if it doesn't point to a `T`.
    pub(super) fn borrowed(&self, arg: &Expr, wanted: &Ty) -> Option<Code> {
        let inner = strip_pointer_casts(arg);
        let Ty::Pointer { to, .. } = &inner.ty else {
            return None;
        };
        match &inner.kind {
            ExprKind::AddressOf(place) => {
                if place.ty == *wanted {
                    if let PlaceKind::Temporary(init) = &place.kind {
                        let value = self.init(init, wanted, Pin::Itself);
                        return Some(value.unary(quote!(&)));
                    }
                    return self.reference_to(place, false);
                }
                // An integer of the same size holds the same bytes.
                if let (
                    Ty::Int { bits, .. },
                    Ty::Int {
                        bits: wanted_bits, ..
                    },
                ) = (&place.ty, wanted)
                    && bits == wanted_bits
                    && !matches!(place.kind, PlaceKind::Temporary(_))
                {
                    let value = self.load(place).cast(&self.t.ty(wanted));
                    return Some(value.unary(quote!(&)));
                }
                None
            }
            ExprKind::Decay(place) if place.ty == *wanted => self.reference_to(place, false),
            _ if **to == *wanted => {
                if let Some(name) = self.reference(inner) {
                    return Some(Code::atom(quote!(#name)));
                }
                let pointer = self.expr(inner, Pin::Itself);
                Some(self.operation(pointer.unary(quote!(*)).unary(quote!(&))))
            }
            _ => None,
        }
    }

    /// The `u32` that a key argument points to.
    fn key_value(&self, arg: &Expr, wanted: &Ty) -> Option<Code> {
        let inner = strip_pointer_casts(arg);
        let ExprKind::AddressOf(place) = &inner.kind else {
            return None;
        };
        if !matches!(
            (&place.ty, wanted),
            (
                Ty::Int { bits: 32, .. } | Ty::Enum(_),
                Ty::Int { bits: 32, .. } | Ty::Enum(_)
            )
        ) {
            return None;
        }
        let value = match &place.kind {
            PlaceKind::Temporary(init) => self.init(init, &place.ty, Pin::Context),
            PlaceKind::Local(id) if self.keys.contains_key(id) => {
                let known = self
                    .keys
                    .get(id)
                    .and_then(|value| self.constant_value(value));
                return Some(self.literal(
                    known.unwrap_or_default(),
                    &Ty::unsigned(32),
                    Pin::Context,
                ));
            }
            _ => self.load(place),
        };
        Some(match &place.ty {
            Ty::Int { signed: false, .. } => value,
            Ty::Enum(_) => value.dot(quote!(0)).cast(&quote!(u32)),
            _ => value.cast(&quote!(u32)),
        })
    }

    /// A record that is sent whole: `&event, sizeof(event)`.
    fn record_argument(&self, data: &Expr, size: &Expr) -> Option<(Code, Ty)> {
        let inner = strip_pointer_casts(data);
        let Ty::Pointer { to, .. } = &inner.ty else {
            return None;
        };
        let ty = match &inner.kind {
            ExprKind::Decay(place) => place.ty.clone(),
            _ => (**to).clone(),
        };
        let bytes = self.constant_value(size)?;
        if bytes != i128::from(self.t.size(&ty)) || bytes == 0 {
            return None;
        }
        let code = self.borrowed(data, &ty)?;
        Some((code, ty))
    }

    /// The value of a helper whose method gives a `Result`, as an `i32`: 0, or the error.
    pub(super) fn result_value(&self, expr: &Expr) -> Option<Code> {
        if !matches!(expr.kind, ExprKind::Helper(2 | 3 | 87 | 130, ..)) {
            return None;
        }
        let call = self.result_call(expr)?;
        Some(call.dot(quote!(err())).dot(quote!(unwrap_or(0))))
    }

    /// Whether an expression is a helper that has a `Result` as a method.
    pub(super) fn result_check(&self, expr: &Expr) -> Option<Code> {
        self.result_call(expr)
    }

    /// `bpf_map_update_elem(…) < 0` and the like, as `is_err()`.
    pub(super) fn compare_result(&self, op: CompareOp, left: &Expr, right: &Expr) -> Option<Code> {
        if self.constant_value(right) != Some(0) {
            return None;
        }
        let method = match op {
            CompareOp::Eq | CompareOp::Ge => quote!(is_ok()),
            CompareOp::Ne | CompareOp::Lt => quote!(is_err()),
            _ => return None,
        };
        let call = self.result_call(left)?;
        // Some helpers give back more than 0: only those that don't have a method here.
        let _ = Prec::Compare;
        Some(call.dot(method))
    }
}

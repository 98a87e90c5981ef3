//! Pieces of memory.

use quote::{format_ident, quote};

use super::{Body, Held, Pin, steps::Use};
use crate::{
    emit::{
        code::{Code, Prec},
        items,
        runtime::Module,
        types,
    },
    ir::{
        Global, GlobalKind,
        body::{Expr, ExprKind, Init, Place, PlaceKind},
        ty::Ty,
    },
};

/// A place in Rust, and whether naming it is unsafe.
pub(super) struct PlaceCode {
    pub code: Code,
    pub is_unsafe: bool,
    /// Reading a field of a union is unsafe, writing one isn't.
    pub in_union: bool,
    /// The reference that `code` follows, if it follows one.
    pub reference: Option<Code>,
    /// The raw pointer that `code` follows, if it follows one.
    pub pointer: Option<Code>,
}

impl PlaceCode {
    fn safe(code: Code) -> Self {
        Self {
            code,
            is_unsafe: false,
            in_union: false,
            reference: None,
            pointer: None,
        }
    }

    /// What a raw pointer points to.
    fn behind(pointer: Code) -> Self {
        Self {
            code: pointer.unary(quote!(*)),
            is_unsafe: true,
            pointer: Some(pointer),
            ..Self::safe(Code::atom(quote!()))
        }
    }
}

impl Body<'_> {
    /// What a place holds.
    pub(super) fn load(&self, place: &Place) -> Code {
        let raw = self.load_raw(place);
        if self.is_text(place) && matches!(place.ty, Ty::Int { signed: true, .. }) {
            return raw.cast(&quote!(i8));
        }
        if matches!(place.kind, PlaceKind::Local(id) if self.indices.borrow().contains(&id)) {
            return raw.cast(&self.t.ty(&place.ty));
        }
        raw
    }

    /// As [`Body::load`], but a byte of text stays a `u8`.
    pub(super) fn load_raw(&self, place: &Place) -> Code {
        if let PlaceKind::Global(id) = place.kind
            && let Some(global) = self.t.object.globals.get(id.0 as usize)
        {
            let name = self.global_name(id);
            match global.kind {
                GlobalKind::Option | GlobalKind::Kconfig => {
                    let code = Code::atom(quote!(#name.load()));
                    if is_wrapper_flag(global) {
                        let zero = Code::atom(quote!(0));
                        return Code::binary(&code, quote!(!=), &zero, Prec::Compare);
                    }
                    return if items::holds_address(global) {
                        code.cast(&self.t.ty(&global.ty))
                    } else {
                        code
                    };
                }
                GlobalKind::Ksym => {
                    self.t.uses.need(Module::CoreRead, "Address::get");
                    return Code::atom(quote!(#name.get()));
                }
                _ => {}
            }
        }
        if let Some((base, record, index)) = self.bit_field(place) {
            let getter = types::field_ident(record, index);
            let (mut code, is_unsafe) = self.method_target(base, false);
            if self.is_packed_part(base) {
                // There is no reference to it: a copy is asked.
                code = Code::atom(quote!({ #code }));
            }
            let code = code.dot(quote!(#getter()));
            return if is_unsafe {
                self.operation(code)
            } else {
                code
            };
        }
        if let Some(code) = self.copied_field(place) {
            return code;
        }
        let found = match &place.kind {
            // Reading needs no pointer to write by.
            PlaceKind::Deref(pointer) if let ExprKind::CoreAddress(base, id) = &pointer.kind => {
                PlaceCode::behind(self.core_address(base, *id, &pointer.ty))
            }
            _ => self.place(place),
        };
        if let Some(code) = self
            .option_element(place)
            .or_else(|| self.option_field(place))
        {
            return code;
        }
        if place.volatile && !matches!(place.kind, PlaceKind::Local(_)) {
            let pointer = self.used(Use::Followed, || self.raw_pointer_to(place, false));
            return self.operation(pointer.dot(quote!(read_volatile())));
        }
        if found.is_unsafe || found.in_union {
            self.operation(found.code)
        } else {
            found.code
        }
    }

    /// A place that a method is called on, and whether that is unsafe.
    pub(super) fn method_target(&self, place: &Place, writing: bool) -> (Code, bool) {
        let found = self.written_place(place, writing);
        let code = self.followed(place).unwrap_or(found.code);
        let code = match (super::declare::is_global(place), writing) {
            (false, _) => found.reference.unwrap_or(code),
            // rustc allows no reference to a mutable static but by way of a pointer.
            (true, false) => code.unary(quote!(&raw const)).unary(quote!(*)),
            (true, true) => code.unary(quote!(&raw mut)).unary(quote!(*)),
        };
        (code, found.is_unsafe || found.in_union)
    }

    /// A place by name.
    pub(super) fn place(&self, place: &Place) -> PlaceCode {
        match &place.kind {
            PlaceKind::Local(id) => {
                self.facts.borrow_mut().read.insert(*id);
                let name = self.name(*id);
                PlaceCode::safe(match self.held(*id) {
                    Held::Slot => Code::new(quote!(*#name), Prec::Unary),
                    _ => Code::atom(quote!(#name)),
                })
            }
            PlaceKind::Global(id) => self.global_place(*id),
            PlaceKind::Deref(pointer) => self.deref(pointer),
            PlaceKind::Field(base, id, index) => {
                let union_ = self.t.record(*id).is_some_and(|r| r.union_);
                let found = self.place(base);
                let field = match self.t.record(*id) {
                    Some(record) => types::field_ident(record, *index),
                    None => format_ident!("unknown"),
                };
                let code = self
                    .followed(base)
                    .or(found.reference)
                    .unwrap_or(found.code);
                PlaceCode {
                    code: code.dot(quote!(#field)),
                    is_unsafe: found.is_unsafe,
                    in_union: found.in_union || union_,
                    reference: None,
                    pointer: None,
                }
            }
            PlaceKind::Index(base, index) => self.index(base, index),
            PlaceKind::Temporary(init) => {
                let code = self.init(init, &place.ty, Pin::Itself);
                PlaceCode::safe(code)
            }
        }
    }

    /// A place that is written or borrowed for writing, or only read.
    pub(super) fn written_place(&self, place: &Place, writing: bool) -> PlaceCode {
        let before = self.writing.replace(writing);
        let found = self.place(place);
        self.writing.set(before);
        found
    }

    /// A reference, which fields, methods and indices follow without a star.
    pub(super) fn followed(&self, base: &Place) -> Option<Code> {
        match &base.kind {
            PlaceKind::Deref(pointer) => self
                .reference(pointer)
                .map(|name| Code::atom(quote!(#name))),
            PlaceKind::Local(id) if self.held(*id) == Held::Slot => {
                let name = self.name(*id);
                Some(Code::atom(quote!(#name)))
            }
            _ => None,
        }
    }

    fn global_place(&self, id: crate::ir::GlobalId) -> PlaceCode {
        let name = self.global_name(id);
        let code = Code::atom(quote!(#name));
        match self.t.object.globals.get(id.0 as usize) {
            Some(global) => match global.kind {
                GlobalKind::Constant if items::is_table(&self.t, global) => {
                    PlaceCode::safe(code.dot(quote!(0)))
                }
                GlobalKind::Constant => PlaceCode::safe(code),
                GlobalKind::Option | GlobalKind::Kconfig => {
                    let ty = self.t.ty(&global.ty);
                    PlaceCode {
                        code: Code::new(quote!(*(&raw const #name).cast::<#ty>()), Prec::Unary),
                        is_unsafe: true,
                        in_union: false,
                        reference: None,
                        pointer: None,
                    }
                }
                GlobalKind::Kernel if self.may_be_missing(id) => {
                    PlaceCode::behind(self.maybe(&name))
                }
                _ => PlaceCode {
                    code,
                    is_unsafe: true,
                    in_union: false,
                    reference: None,
                    pointer: None,
                },
            },
            None => PlaceCode::safe(code),
        }
    }

    /// The address of a variable that a kernel may lack, where LLVM takes it for one that is there.
    fn maybe(&self, name: &proc_macro2::Ident) -> Code {
        let var = self.t.uses.runtime(Module::Barrier, "var");
        Code::atom(quote!(#var(&raw const #name)))
    }

    /// Whether a variable is the kernel's, and some kernels lack it.
    fn may_be_missing(&self, id: crate::ir::GlobalId) -> bool {
        let global = self.t.object.globals.get(id.0 as usize);
        global.is_some_and(|global| global.kind == GlobalKind::Kernel && global.weak)
    }

    fn deref(&self, pointer: &Expr) -> PlaceCode {
        if let Some(name) = self.reference(pointer) {
            return PlaceCode::safe(Code::new(quote!(*#name), Prec::Unary));
        }
        match &pointer.kind {
            ExprKind::AddressOf(place) => return self.place(place),
            ExprKind::Decay(array) => {
                let zero = Expr {
                    kind: ExprKind::Int(0),
                    ty: Ty::signed(32),
                    span: None,
                };
                return self.index(array, &zero);
            }
            ExprKind::Offset(base, by) => {
                if let ExprKind::Decay(array) = &base.kind {
                    return self.index(array, by);
                }
            }
            _ => {}
        }
        PlaceCode::behind(self.used(Use::Followed, || self.expr(pointer, Pin::Itself)))
    }

    /// The variable, if `pointer` is one that is held as a reference.
    pub(super) fn reference(&self, pointer: &Expr) -> Option<proc_macro2::Ident> {
        let ExprKind::Load(place) = &pointer.kind else {
            return None;
        };
        let PlaceKind::Local(id) = place.kind else {
            return None;
        };
        matches!(self.held(id), Held::Reference { .. } | Held::Entry { .. }).then(|| {
            self.facts.borrow_mut().read.insert(id);
            self.name(id)
        })
    }

    fn index(&self, base: &Place, index: &Expr) -> PlaceCode {
        let found = self.place(base);
        // What is in the brackets is only read.
        let writing = self.writing.replace(false);
        let code = self.index_of(base, index, found, writing);
        self.writing.set(writing);
        code
    }

    fn index_of(&self, base: &Place, index: &Expr, found: PlaceCode, writing: bool) -> PlaceCode {
        let len = match base.ty {
            Ty::Array(_, len) => len,
            _ => 0,
        };
        let known = self
            .constant_value(index)
            .and_then(|n| u64::try_from(n).ok());
        if known.is_some_and(|n| n < len) || self.is_bounded(index, len) {
            let index = self.as_usize(index);
            let base = self.followed(base).unwrap_or(found.code).at(Prec::Postfix);
            return PlaceCode {
                code: Code::atom(quote!(#base[#index])),
                // An element can't be written without a look at the array.
                is_unsafe: found.is_unsafe || found.in_union,
                in_union: found.in_union,
                reference: None,
                pointer: None,
            };
        }
        // A bounds check would pull in a panic, which BPF can't have.
        let lends = len > 1 && !found.is_unsafe && !found.in_union && !self.is_packed_part(base);
        if lends && !(writing && self.asks_owner(index, base)) {
            let index = self.as_usize(index);
            let base_code = self.followed(base).unwrap_or(found.code);
            let code = if writing {
                if let Some(id) = super::declare::base_local(base) {
                    self.mutate_unless_slot(id);
                }
                base_code.dot(quote!(get_unchecked_mut(#index)))
            } else {
                base_code.dot(quote!(get_unchecked(#index)))
            };
            return PlaceCode {
                reference: Some(code.clone()),
                pointer: None,
                code: code.unary(quote!(*)),
                is_unsafe: true,
                in_union: false,
            };
        }
        let element = self.element_pointer(base, writing);
        PlaceCode::behind(if known == Some(0) {
            element
        } else {
            let by = self.offset_call(index, true);
            element.dot(by)
        })
    }

    /// Whether [`Body::element_pointer`] has to convert a pointer to the array.
    pub(super) fn element_is_cast(&self, array: &Place) -> bool {
        let found = self.place(array);
        found.reference.is_none()
            && (found.is_unsafe || found.in_union || self.is_packed_part(array))
    }

    /// A raw pointer to the first element of an array.
    pub(super) fn element_pointer(&self, array: &Place, mutable: bool) -> Code {
        let element = match &array.ty {
            Ty::Array(of, _) => (**of).clone(),
            other => other.clone(),
        };
        let plain = {
            let found = self.place(array);
            let is_array = matches!(array.ty, Ty::Array(..));
            (is_array
                && !found.is_unsafe
                && !found.in_union
                && !self.is_packed_part(array)
                && !matches!(array.kind, PlaceKind::Temporary(_)))
            .then_some(found.code)
        };
        // `get_unchecked`
        if let Some(reference) = self.written_place(array, mutable).reference {
            return self.operation(reference.dot(if mutable {
                quote!(as_mut_ptr())
            } else {
                quote!(as_ptr())
            }));
        }
        if let Some(code) = plain {
            let code = self.followed(array).unwrap_or(code);
            let mutable = mutable && self.is_writable(array);
            if mutable && let Some(id) = super::declare::base_local(array) {
                self.mutate_unless_slot(id);
            }
            return code.dot(if mutable {
                quote!(as_mut_ptr())
            } else {
                quote!(as_ptr())
            });
        }
        let pointer = self.raw_pointer_to(array, mutable);
        let target = match element {
            Ty::Int { bits: 8, .. } => quote!(u8),
            other => self.t.ty(&other),
        };
        pointer.dot(quote!(cast::<#target>()))
    }

    /// `&raw mut place`
    pub(super) fn raw_pointer_to(&self, place: &Place, mutable: bool) -> Code {
        if let PlaceKind::Deref(pointer) = &place.kind
            && self.reference(pointer).is_none()
        {
            return self.expr(pointer, Pin::Itself);
        }
        let value = match &place.kind {
            PlaceKind::Global(id) if self.may_be_missing(*id) => {
                return self.maybe(&self.global_name(*id));
            }
            PlaceKind::Temporary(init) => {
                let value = self.init(init, &place.ty, Pin::Itself);
                // Of a variable it is a copy that is lent.
                let copied = matches!(&**init, Init::Expr(value)
                    if matches!(value.kind, ExprKind::Load(_)));
                Some(if copied {
                    Code::atom(quote!({ #value }))
                } else {
                    value
                })
            }
            // Its declaration is left out.
            PlaceKind::Local(id) => self.keys.get(id).map(|key| self.expr(key, Pin::Itself)),
            _ => None,
        };
        if let Some(value) = value {
            self.t.uses.import("core", "ptr");
            return Code::atom(if mutable {
                let value = value.unary(quote!(&mut));
                quote!(ptr::from_mut(#value))
            } else {
                let value = value.unary(quote!(&));
                quote!(ptr::from_ref(#value))
            });
        }
        let mutable = mutable && self.is_writable(place);
        if mutable && let Some(id) = super::declare::base_local(place) {
            self.mutate(id);
        }
        let found = self.written_place(place, mutable);
        if let Some(pointer) = found.pointer {
            // An element, further on in its array.
            return self.operation(pointer);
        }
        let code = found.code.unary(if mutable {
            quote!(&raw mut)
        } else {
            quote!(&raw const)
        });
        // The address of a static is safe, that of a part of one isn't.
        let direct = matches!(place.kind, PlaceKind::Global(_) | PlaceKind::Deref(_));
        let is_static = matches!(place.kind, PlaceKind::Global(_));
        let code = if is_static && self.is_option(place) {
            let name = match place.kind {
                PlaceKind::Global(id) => self.global_name(id),
                _ => format_ident!("unknown"),
            };
            let ty = self.t.ty(&place.ty);
            return Code::atom(quote!((&raw const #name).cast::<#ty>()));
        } else {
            code
        };
        if (found.is_unsafe || self.is_nested_in_union(place)) && !direct {
            self.operation(code)
        } else {
            code
        }
    }

    /// Whether a place is a part of a union's field.
    fn is_nested_in_union(&self, place: &Place) -> bool {
        match &place.kind {
            PlaceKind::Field(base, ..) | PlaceKind::Index(base, _) => self.place(base).in_union,
            _ => false,
        }
    }

    pub(super) fn is_writable(&self, place: &Place) -> bool {
        match &place.kind {
            PlaceKind::Global(id) => self
                .t
                .object
                .globals
                .get(id.0 as usize)
                .is_some_and(|g| matches!(g.kind, GlobalKind::Mutable | GlobalKind::Section(_))),
            PlaceKind::Field(base, ..) | PlaceKind::Index(base, _) => self.is_writable(base),
            _ => true,
        }
    }

    /// A bit-field: what it is in, and which field.
    pub(super) fn bit_field<'p>(
        &self,
        place: &'p Place,
    ) -> Option<(&'p Place, &crate::ir::ty::Record, u32)> {
        let PlaceKind::Field(base, id, index) = &place.kind else {
            return None;
        };
        let record = self.t.record(*id)?;
        let field = record.fields.as_deref()?.get(*index as usize)?;
        field.bits.is_some().then_some((&**base, record, *index))
    }

    /// Whether a place is a byte of an array or behind a pointer: `u8` in Rust, also for `char`.
    pub(super) fn is_text(&self, place: &Place) -> bool {
        matches!(place.ty, Ty::Int { bits: 8, .. })
            && match &place.kind {
                PlaceKind::Index(..) => true,
                PlaceKind::Deref(pointer) => match &pointer.kind {
                    // The address of a scalar is a pointer to what it is.
                    ExprKind::AddressOf(inner) => self.is_text(inner),
                    _ => true,
                },
                _ => false,
            }
    }

    /// The name of a variable of the object.
    pub(super) fn global_name(&self, id: crate::ir::GlobalId) -> proc_macro2::Ident {
        let is_flag = self
            .t
            .object
            .globals
            .get(id.0 as usize)
            .is_some_and(is_wrapper_flag);
        if is_flag {
            return self
                .t
                .uses
                .runtime_item(Module::Syscall, "LINUX_HAS_SYSCALL_WRAPPER");
        }
        self.t.names.global(id)
    }

    /// The name of a constant, imported if it is the kernel's and Aya has it.
    pub(super) fn constant_name(&self, id: crate::ir::ConstantId) -> proc_macro2::Ident {
        super::super::items::constant_name(&self.t, id)
    }
}

/// Whether a variable is the one that says how system calls are entered, which `syscall.rs` has.
fn is_wrapper_flag(global: &Global) -> bool {
    global.name == "LINUX_HAS_SYSCALL_WRAPPER"
}

//! What CO-RE asks of the kernel's types.

use quote::{format_ident, quote};

use super::Body;
use crate::{
    emit::{
        code::{Code, Prec},
        core_reads,
        runtime::Module,
    },
    ir::{
        RelocationId, RelocationKind,
        body::{AddressSpace, CompareOp, CoreBitfield, Expr, ExprKind, Place, PlaceKind},
        ty::Ty,
    },
};

impl Body<'_> {
    /// Where a field lies, as a pointer of the type that is asked for.
    pub(super) fn core_address(&self, base: &Expr, id: RelocationId, ty: &Ty) -> Code {
        let name = self.t.names.relocation(id);
        let base = self.core_base(base, id);
        self.t.uses.need(Module::CoreRead, "Field::address");
        let code = Code::atom(quote!(#name.address(#base)));
        let Ty::Pointer { to, .. } = ty else {
            return code;
        };
        let (known, wanted) = (self.field_type(id), self.t.pointee(to));
        if known.to_string() == wanted.to_string() {
            code
        } else {
            code.dot(quote!(cast::<#wanted>()))
        }
    }

    /// A pointer to the record that a relocation is about: all flavours of it share one static.
    fn core_base(&self, base: &Expr, id: RelocationId) -> Code {
        let code = self.pointer(base, false);
        let Some(relocation) = self.t.object.relocations.get(id.0 as usize) else {
            return code;
        };
        let wanted = core_reads::base_type(&self.t, relocation).to_string();
        match &base.ty {
            _ if self.is_erased(base) => code.dot(quote!(cast())),
            Ty::Pointer { to, .. } if self.t.pointee(to).to_string() != wanted => {
                code.dot(quote!(cast()))
            }
            _ => code,
        }
    }

    /// The type of a field as its static has it.
    fn field_type(&self, id: RelocationId) -> proc_macro2::TokenStream {
        match self.t.object.relocations.get(id.0 as usize) {
            Some(relocation) => core_reads::read_type(&self.t, &relocation.ty),
            None => quote!(()),
        }
    }

    /// Whether a field can be read as `ty` by its static: at once, or with a conversion; records and
    /// arrays can't.
    #[allow(clippy::option_option, reason = "whether, and if so how")]
    fn read_by_value(&self, id: RelocationId, ty: &Ty) -> Option<Option<proc_macro2::TokenStream>> {
        let known = &self.t.object.relocations.get(id.0 as usize)?.ty;
        let scalar = |ty: &Ty| {
            matches!(
                ty,
                Ty::Bool | Ty::Int { .. } | Ty::Enum(_) | Ty::Pointer { .. }
            )
        };
        if !scalar(known) || !scalar(ty) || self.t.size(known) != self.t.size(ty) {
            return None;
        }
        let (known, wanted) = (
            core_reads::read_type(&self.t, known),
            core_reads::read_type(&self.t, ty),
        );
        Some((known.to_string() != wanted.to_string()).then_some(wanted))
    }

    /// A field of a copy that lies in a variable, by value.
    pub(super) fn copied_field(&self, place: &Place) -> Option<Code> {
        let PlaceKind::Deref(pointer) = &place.kind else {
            return None;
        };
        let ExprKind::CoreAddress(base, id) = &pointer.kind else {
            return None;
        };
        let ExprKind::AddressOf(copy) = &base.kind else {
            return None;
        };
        let (PlaceKind::Local(_), Ty::Record(_)) = (&copy.kind, &copy.ty) else {
            return None;
        };
        let wanted = self.read_by_value(*id, &place.ty)?;
        let relocation = self.t.object.relocations.get(id.0 as usize)?;
        let same = core_reads::base_type(&self.t, relocation).to_string();
        if place.volatile || copy.volatile || self.t.ty(&copy.ty).to_string() != same {
            return None;
        }
        self.t.uses.need(Module::CoreRead, "Field::of");
        let name = self.t.names.relocation(*id);
        let copy = self.place(copy).code;
        let code = Code::atom(quote!(#name.of(&#copy)));
        let code = match wanted {
            Some(ty) => code.cast(&ty),
            None => code,
        };
        Some(self.read_value(code, &place.ty))
    }

    /// A field of a context that lies elsewhere in other kernels: see `lower/moving.rs`.
    pub(super) fn moving_field(&self, cond: &Expr, here: &Expr, there: &Expr) -> Option<Code> {
        let ExprKind::Compare(CompareOp::Eq, asked, local) = &cond.kind else {
            return None;
        };
        let (ExprKind::CoreValue(id), ExprKind::Int(local), ExprKind::Load(_)) =
            (&asked.kind, &local.kind, &here.kind)
        else {
            return None;
        };
        let ExprKind::ProbeRead(AddressSpace::Kernel, address) = &there.kind else {
            return None;
        };
        let ExprKind::CoreAddress(base, of) = &address.kind else {
            return None;
        };
        let wanted = self.read_by_value(*id, &there.ty).filter(|_| of == id)?;
        self.t.uses.need(Module::CoreRead, "Field::of_context");
        let name = self.t.names.relocation(*id);
        let base = self.core_base(base, *id);
        let local = proc_macro2::Literal::i128_unsuffixed(*local);
        let code = Code::atom(quote!(#name.of_context(#base, #local)));
        let code = match wanted {
            Some(ty) => code.cast(&ty),
            None => code,
        };
        Some(self.read_value(code, &there.ty))
    }

    /// `BPF_CORE_READ` and its kin: one hop.
    pub(super) fn probe_read(&self, space: AddressSpace, address: &Expr, ty: &Ty) -> Code {
        let address = super::expr::strip_pointer_casts(address);
        if let (ExprKind::CoreAddress(base, id), AddressSpace::Kernel | AddressSpace::User) =
            (&address.kind, space)
            && let Some(wanted) = self.read_by_value(*id, ty)
        {
            let name = self.t.names.relocation(*id);
            let base = self.core_base(base, *id);
            let method = match space {
                AddressSpace::User => "read_user",
                _ => "read",
            };
            self.t
                .uses
                .need(Module::CoreRead, &format!("Field::{method}"));
            let method = format_ident!("{method}");
            let code = Code::atom(quote!(#name.#method(#base)));
            let code = match wanted {
                Some(ty) => code.cast(&ty),
                None => code,
            };
            return self.read_value(code, ty);
        }
        let function = match space {
            AddressSpace::Kernel => "read_kernel",
            AddressSpace::User => "read_user",
            AddressSpace::Any => "read",
        };
        let function = self.t.uses.runtime(Module::Helper, function);
        let address = match (&address.kind, ty) {
            // The helper reads what its argument points to.
            (ExprKind::CoreAddress(base, id), _) => {
                let to = Box::new(ty.clone());
                let mutable = false;
                self.core_address(base, *id, &Ty::Pointer { to, mutable })
            }
            _ => self.pointer(address, false),
        };
        self.read_value(Code::atom(quote!(#function(#address))), ty)
    }

    /// What was read, as the type that the C has: `bool` and enumerations are read as numbers.
    fn read_value(&self, code: Code, ty: &Ty) -> Code {
        match ty {
            Ty::Bool => Code::binary(&code, quote!(!=), &Code::atom(quote!(0)), Prec::Compare),
            Ty::Enum(_) => {
                let name = self.t.ty(ty);
                Code::atom(quote!(#name(#code)))
            }
            _ => code,
        }
    }

    /// Where a field lies in its record, as a `usize`, if that is what is asked.
    pub(super) fn core_offset(&self, id: RelocationId) -> Option<Code> {
        let relocation = self.t.object.relocations.get(id.0 as usize)?;
        if relocation.kind != RelocationKind::FieldOffset {
            return None;
        }
        self.t.uses.need(Module::CoreRead, "Field::offset");
        let name = self.t.names.relocation(id);
        Some(Code::atom(quote!(#name.offset())))
    }

    /// Whether the kernel has something, which is a number in C: `bpf_core_field_exists(…) != 0`.
    pub(super) fn core_exists(&self, op: CompareOp, left: &Expr, right: &Expr) -> Option<Code> {
        let (ExprKind::CoreValue(id), ExprKind::Int(0)) = (&left.kind, &right.kind) else {
            return None;
        };
        let relocation = self.t.object.relocations.get(id.0 as usize)?;
        match op {
            _ if !relocation.kind.is_existence() => None,
            CompareOp::Eq => Some(self.core_value(*id, &Ty::Bool).unary(quote!(!))),
            CompareOp::Ne => Some(self.core_value(*id, &Ty::Bool)),
            _ => None,
        }
    }

    pub(super) fn core_value(&self, id: RelocationId, ty: &Ty) -> Code {
        if let Some(offset) = self.core_offset(id) {
            return offset.cast(&self.t.ty(ty));
        }
        let name = self.t.names.relocation(id);
        let relocation = self.t.object.relocations.get(id.0 as usize);
        let code = Code::atom(quote!(#name.get()));
        let (holder, own) = match relocation.map(|r| r.kind) {
            Some(kind) if kind.is_existence() => ("Exists", Ty::Bool),
            Some(RelocationKind::EnumValue) => ("Constant", Ty::unsigned(64)),
            _ => ("Number", Ty::unsigned(32)),
        };
        self.t
            .uses
            .need(Module::CoreRead, &format!("{holder}::get"));
        match (own == *ty, ty) {
            (true, _) => code,
            (_, Ty::Bool) => Code::binary(&code, quote!(!=), &Code::atom(quote!(0)), Prec::Compare),
            _ => code.cast(&self.t.ty(ty)),
        }
    }

    pub(super) fn core_bitfield(
        &self,
        base: &Expr,
        bits: &CoreBitfield,
        probed: bool,
        ty: &Ty,
    ) -> Code {
        let name = self.t.names.relocation(bits.offset);
        let base = self.core_base(base, bits.offset);
        let code = if probed {
            self.t.uses.need(Module::CoreRead, "Bitfield::probe");
            Code::atom(quote!(#name.probe(#base)))
        } else {
            self.t.uses.need(Module::CoreRead, "Bitfield::direct");
            self.operation(Code::atom(quote!(#name.direct(#base))))
        };
        match ty {
            Ty::Int {
                bits: 64,
                signed: false,
            } => code,
            _ => code.cast(&self.t.ty(ty)),
        }
    }
}

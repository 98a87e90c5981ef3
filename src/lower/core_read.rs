//! CO-RE: `BPF_CORE_READ` and its kin, field and type questions, relocated places.

use super::{
    Lowered, Lowerer,
    access::{Access, without_flavor},
    body::Body,
    build::{I64, U64, address_of, expr, load, local_place, pointer_to},
    c_walk::peel,
    codes, place,
};
use crate::{
    c::{
        tree::{Expr as CExpr, ExprKind as CKind},
        types::{CType, Kind, RecordId},
    },
    ir::{
        PathPart, Relocation, RelocationId, RelocationKind, TypeKind,
        body::{AddressSpace, CoreBitfield, Expr, ExprKind, Place, PlaceKind, StmtKind},
        ty::Ty,
    },
    source::span::Span,
};

/// How a chain of reads goes.
#[derive(Clone, Copy)]
pub(super) struct Chain {
    pub(super) space: AddressSpace,
    /// Whether offsets are relocated (`BPF_CORE_READ`, not `BPF_PROBE_READ`).
    pub(super) relocated: bool,
}

/// The address of a relocated field.
pub(super) fn core_address(
    base: Expr,
    relocation: RelocationId,
    ty: Ty,
    mutable: bool,
    span: Span,
) -> Expr {
    expr(
        ExprKind::CoreAddress(Box::new(base), relocation),
        pointer_to(ty, mutable),
        span,
    )
}

impl Lowerer<'_> {
    /// The relocation for the offset of what `access` reaches.
    pub(super) fn field_offset(&mut self, access: &Access<'_>, ty: Ty, span: Span) -> RelocationId {
        self.field_relocation(RelocationKind::FieldOffset, access, ty, span)
    }

    pub(super) fn field_relocation(
        &mut self,
        kind: RelocationKind,
        access: &Access<'_>,
        ty: Ty,
        span: Span,
    ) -> RelocationId {
        let (name, type_kind, flavored) = self.core_type(access.record);
        let id = self.relocate(Relocation {
            kind,
            type_name: name,
            type_kind,
            path: access.path.clone(),
            ty,
            optional: kind == RelocationKind::FieldExists || flavored,
            span,
        });
        self.record(access.record);
        id
    }

    /// Name and kind of a record for the kernel's BTF, and whether its C name has a flavour.
    fn core_type(&self, record: RecordId) -> (String, TypeKind, bool) {
        let Some(found) = self.tree.types.records.get(record.0 as usize) else {
            return (String::new(), TypeKind::Struct, false);
        };
        let kind = match (&found.tag, found.union_) {
            (None, _) => TypeKind::Typedef,
            (Some(_), true) => TypeKind::Union,
            (Some(_), false) => TypeKind::Struct,
        };
        let name = self.record_name(record).unwrap_or_default();
        let short = without_flavor(name);
        (short.to_owned(), kind, short.len() < name.len())
    }

    /// The relocation, once for all who ask the same.
    pub(super) fn relocate(&mut self, relocation: Relocation) -> RelocationId {
        let key = (
            relocation.kind,
            format!("{:?} {}", relocation.type_kind, relocation.type_name),
            relocation.path.clone(),
        );
        if let Some(&known) = self.relocations.get(&key) {
            return known;
        }
        let id = RelocationId(u32::try_from(self.object.relocations.len()).unwrap_or(u32::MAX));
        self.object.relocations.push(relocation);
        self.relocations.insert(key, id);
        id
    }

    /// Name and kind of the type that `((T *)0)` points to.
    fn asked_type(&self, ty: &CType) -> Option<(String, TypeKind)> {
        if let Some(alias) = &ty.alias {
            return Some((without_flavor(alias).to_owned(), TypeKind::Typedef));
        }
        match &ty.kind {
            Kind::Record(id) => {
                let (name, kind, _) = self.core_type(*id);
                Some((name, kind))
            }
            Kind::Enum(id) => {
                let found = self.tree.types.enums.get(id.0 as usize)?;
                let name = found.tag.as_ref().or(found.typedef.as_ref())?;
                Some((without_flavor(name).to_owned(), TypeKind::Enum))
            }
            _ => None,
        }
    }
}

impl<'a> Body<'_, 'a> {
    /// `BPF_CORE_READ(src, a, b)`: the value.
    pub(super) fn chain_value(
        &mut self,
        e: &'a CExpr,
        access: &'a CExpr,
        chain: Chain,
    ) -> Lowered<Expr> {
        if let Kind::Array(..) | Kind::Record(_) = access.ty.kind {
            return self.chain_memory(e, access, chain);
        }
        let address = self.chain_address(access, chain)?;
        let ty = self.cx.ty(&access.ty);
        let read = expr(
            ExprKind::ProbeRead(chain.space, Box::new(address)),
            ty,
            e.span,
        );
        let wanted = self.ty(&e.ty);
        Ok(match wanted {
            Ty::Unit => read,
            _ => self.cast(read, &wanted),
        })
    }

    /// The value of a chain that ends at an array or a record: a variable of its own, which outlives the macro's
    /// block as it does in C.
    fn chain_memory(&mut self, e: &'a CExpr, access: &'a CExpr, chain: Chain) -> Lowered<Expr> {
        let ty = self.cx.ty(&access.ty);
        let source = self.chain_address(access, chain)?;
        let local = self.new_local("read", ty.clone());
        self.push(StmtKind::Let(local, None), e.span);
        let place = local_place(local, ty.clone(), false);
        let size = expr(ExprKind::SizeOf(ty), U64, e.span);
        let size = self.cast(size, &Ty::unsigned(32));
        let destination = address_of(place.clone(), e.span);
        let call = self.probe_read_call(e, chain.space, false, destination, size, source);
        let call = match call.kind {
            ExprKind::Cast(inner) => *inner,
            _ => call,
        };
        self.push(StmtKind::Expr(call), e.span);
        match self.ty(&e.ty) {
            wanted @ Ty::Pointer { .. } => {
                Ok(expr(ExprKind::Decay(Box::new(place)), wanted, e.span))
            }
            _ => Ok(load(place, e.span)),
        }
    }

    /// The address of what a chain ends at; each `->` before its last one is a read.
    pub(super) fn chain_address(&mut self, e: &'a CExpr, chain: Chain) -> Lowered<Expr> {
        let place = self.chain_place(e, chain)?;
        let mut address = address_of(place, e.span);
        address.span = Some(e.span);
        Ok(address)
    }

    fn chain_place(&mut self, e: &'a CExpr, chain: Chain) -> Lowered<Place> {
        if let Some(access) = self.cx.access(e) {
            let pointer = self.chain_pointer(access.pointer, chain)?;
            if !chain.relocated {
                return self.place_behind(e, pointer);
            }
            let ty = self.cx.outline(&e.ty);
            let relocation = self.cx.field_offset(&access, ty.clone(), e.span);
            let address = core_address(pointer, relocation, ty.clone(), !e.ty.const_, e.span);
            return Ok(Place {
                kind: PlaceKind::Deref(Box::new(address)),
                ty,
                volatile: false,
            });
        }
        let ty = self.cx.outline(&e.ty);
        let kind = match &e.kind {
            CKind::Member(base, record, field) => {
                let base = self.chain_place(base, chain)?;
                self.cx.need_fields(*record);
                let record = self.cx.record(*record);
                PlaceKind::Field(Box::new(base), record, *field)
            }
            CKind::Index(base, index) => {
                let base = self.chain_place(base, chain)?;
                let index = self.expr(index)?;
                PlaceKind::Index(Box::new(base), Box::new(index))
            }
            CKind::Deref(pointer) => {
                let pointer = self.chain_pointer(pointer, chain)?;
                return Ok(place::deref(pointer, ty, false));
            }
            _ => {
                return self.refuse(
                    codes::CORE_ACCESS,
                    e.span,
                    "this isn't an access to a field behind a pointer",
                );
            }
        };
        Ok(Place {
            kind,
            ty,
            volatile: false,
        })
    }

    /// A pointer on the way: read where it is a field of what came before.
    fn chain_pointer(&mut self, pointer: &'a CExpr, chain: Chain) -> Lowered<Expr> {
        if !self.is_hop(pointer) {
            return self.expr(pointer);
        }
        let inner = match &pointer.kind {
            CKind::Decay(inner) => return self.chain_address(inner, chain),
            _ => pointer,
        };
        let address = self.chain_address(inner, chain)?;
        let ty = self.ty(&pointer.ty);
        Ok(expr(
            ExprKind::ProbeRead(chain.space, Box::new(address)),
            ty,
            pointer.span,
        ))
    }

    /// Whether a pointer is itself a part of a record behind a pointer. The stand-in headers write
    /// the first operand as `&*(src)`, so that what the user wrote there isn't taken for a hop.
    fn is_hop(&self, pointer: &'a CExpr) -> bool {
        let pointer = match &pointer.kind {
            CKind::Decay(inner) => inner,
            _ => pointer,
        };
        self.cx.access(pointer).is_some()
    }

    /// The place that `e` names, its pointer being `pointer`.
    fn place_behind(&mut self, e: &'a CExpr, pointer: Expr) -> Lowered<Place> {
        let ty = self.cx.ty(&e.ty);
        let kind = match &e.kind {
            CKind::Member(base, record, field) => {
                let base = self.place_behind(base, pointer)?;
                self.cx.need_fields(*record);
                let record = self.cx.record(*record);
                PlaceKind::Field(Box::new(base), record, *field)
            }
            CKind::Index(base, index) => {
                let base = self.place_behind(base, pointer)?;
                let index = self.expr(index)?;
                PlaceKind::Index(Box::new(base), Box::new(index))
            }
            _ => return Ok(place::deref(pointer, ty, false)),
        };
        Ok(Place {
            kind,
            ty,
            volatile: false,
        })
    }

    /// `BPF_CORE_READ_INTO(dst, src, a, b)`, or its form for strings, by a helper.
    pub(super) fn chain_into(
        &mut self,
        e: &'a CExpr,
        args: &'a [CExpr],
        chain: Chain,
        string: bool,
    ) -> Lowered<Expr> {
        let [destination, access] = args else {
            return self.unsupported(e, "this read");
        };
        let pointee = match &destination.ty.kind {
            Kind::Pointer(to) | Kind::Array(to, _) => to.as_ref(),
            _ => return self.unsupported(e, "a read into something that isn't a pointer"),
        };
        let size = self.cx.ty(pointee);
        let size = expr(ExprKind::SizeOf(size), U64, e.span);
        let size = self.cast(size, &Ty::unsigned(32));
        let destination = self.argument(destination)?;
        let source = self.operand(&[&destination], |body| body.chain_address(access, chain))?;
        Ok(self.probe_read_call(e, chain.space, string, destination, size, source))
    }

    /// `bpf_core_read(dst, size, src)` and its kin.
    pub(super) fn core_read_mem(
        &mut self,
        e: &'a CExpr,
        args: &'a [CExpr],
        space: AddressSpace,
        string: bool,
    ) -> Lowered<Expr> {
        let [destination, size, source] = args else {
            return self.unsupported(e, "this read");
        };
        let destination = self.argument(destination)?;
        let size = self.operand(&[&destination], |body| body.argument(size))?;
        let size = self.cast(size, &Ty::unsigned(32));
        let source = self.operand(&[&destination, &size], |body| body.argument(source))?;
        Ok(self.probe_read_call(e, space, string, destination, size, source))
    }

    fn probe_read_call(
        &mut self,
        e: &CExpr,
        space: AddressSpace,
        string: bool,
        destination: Expr,
        size: Expr,
        source: Expr,
    ) -> Expr {
        let (id, name) = match (space, string) {
            (AddressSpace::Kernel, false) => (113, "bpf_probe_read_kernel"),
            (AddressSpace::Kernel, true) => (115, "bpf_probe_read_kernel_str"),
            (AddressSpace::User, false) => (112, "bpf_probe_read_user"),
            (AddressSpace::User, true) => (114, "bpf_probe_read_user_str"),
            (AddressSpace::Any, false) => (4, "bpf_probe_read"),
            (AddressSpace::Any, true) => (45, "bpf_probe_read_str"),
        };
        let destination = self.cast(destination, &Ty::void_pointer(true));
        let source = self.cast(source, &Ty::void_pointer(false));
        let call = ExprKind::Helper(id, name.to_owned(), vec![destination, size, source]);
        let call = expr(call, I64, e.span);
        match self.ty(&e.ty) {
            Ty::Unit => call,
            ty => self.cast(call, &ty),
        }
    }

    /// `bpf_core_field_exists(…)` and the like: what a relocation answers.
    pub(super) fn field_question(
        &mut self,
        e: &'a CExpr,
        args: &'a [CExpr],
        kind: RelocationKind,
    ) -> Lowered<Expr> {
        let Some(access) = args.first().and_then(|arg| self.cx.named_part(arg)) else {
            return self.refuse(
                codes::CORE_ACCESS,
                e.span,
                "this names no field of a record",
            );
        };
        let field_ty = args.first().map(|arg| self.cx.outline(&arg.ty));
        let field_ty = field_ty.unwrap_or(Ty::Unit);
        let id = self.cx.field_relocation(kind, &access, field_ty, e.span);
        let ty = self.ty(&e.ty);
        Ok(expr(ExprKind::CoreValue(id), ty, e.span))
    }

    /// `bpf_core_type_exists(T)` and the like.
    pub(super) fn type_question(
        &mut self,
        e: &'a CExpr,
        args: &'a [CExpr],
        kind: RelocationKind,
    ) -> Lowered<Expr> {
        let asked = args.first().and_then(|arg| match &arg.ty.kind {
            Kind::Pointer(to) => self.cx.asked_type(to),
            _ => None,
        });
        let Some((type_name, type_kind)) = asked else {
            return self.refuse(codes::CORE_ACCESS, e.span, "this type has no name in BTF");
        };
        self.question(e, kind, type_name, type_kind, Vec::new())
    }

    /// `bpf_core_enum_value(T, v)` and whether it exists.
    pub(super) fn enum_question(
        &mut self,
        e: &'a CExpr,
        args: &'a [CExpr],
        kind: RelocationKind,
    ) -> Lowered<Expr> {
        if let [of, constant] = args
            && let Some((type_name, type_kind)) = self.cx.asked_type(&of.ty)
            && let CKind::EnumConstant(id, at) = peel(constant).kind
            && let Some(found) = self.cx.tree.types.enums.get(id.0 as usize)
            && let Some(found) = found.constants.get(at as usize)
        {
            let name = without_flavor(&found.name).to_owned();
            let path = vec![PathPart::Field(name)];
            return self.question(e, kind, type_name, type_kind, path);
        }
        self.refuse(
            codes::CORE_ACCESS,
            e.span,
            "this isn't a constant of an enumeration",
        )
    }

    fn question(
        &mut self,
        e: &CExpr,
        kind: RelocationKind,
        type_name: String,
        type_kind: TypeKind,
        path: Vec<PathPart>,
    ) -> Lowered<Expr> {
        let ty = self.ty(&e.ty);
        let optional = matches!(
            kind,
            RelocationKind::TypeExists
                | RelocationKind::TypeMatches
                | RelocationKind::TypeId
                | RelocationKind::EnumExists
        );
        let id = self.cx.relocate(Relocation {
            kind,
            type_name,
            type_kind,
            path,
            ty: ty.clone(),
            optional,
            span: e.span,
        });
        Ok(expr(ExprKind::CoreValue(id), ty, e.span))
    }

    /// `BPF_CORE_READ_BITFIELD(s, field)`
    pub(super) fn core_bitfield(
        &mut self,
        e: &'a CExpr,
        args: &'a [CExpr],
        probed: bool,
    ) -> Lowered<Expr> {
        let Some(access) = args.first().and_then(|arg| self.cx.access(arg)) else {
            return self.refuse(
                codes::CORE_ACCESS,
                e.span,
                "this isn't an access to a field behind a pointer",
            );
        };
        let ty = self.ty(&e.ty);
        self.bitfield_read(e, &access, ty, probed)
    }

    fn bitfield_read(
        &mut self,
        e: &'a CExpr,
        access: &Access<'a>,
        ty: Ty,
        probed: bool,
    ) -> Lowered<Expr> {
        let base = self.expr(access.pointer)?;
        let mut ask = |kind| self.cx.field_relocation(kind, access, ty.clone(), e.span);
        let bitfield = CoreBitfield {
            offset: ask(RelocationKind::FieldOffset),
            size: ask(RelocationKind::FieldSize),
            signed: ask(RelocationKind::FieldSigned),
            lshift: ask(RelocationKind::FieldLshift),
            rshift: ask(RelocationKind::FieldRshift),
        };
        Ok(expr(
            ExprKind::CoreBitfield(Box::new(base), Box::new(bitfield), probed),
            ty,
            e.span,
        ))
    }

    /// A plain read of a bit-field of a relocated record.
    pub(super) fn core_bitfield_load(&mut self, e: &'a CExpr) -> Lowered<Option<Expr>> {
        let CKind::Member(_, record, field) = &e.kind else {
            return Ok(None);
        };
        let is_bits = self
            .cx
            .tree
            .types
            .records
            .get(record.0 as usize)
            .and_then(|record| record.fields.as_ref()?.get(*field as usize))
            .is_some_and(|field| field.bits.is_some());
        if !is_bits {
            return Ok(None);
        }
        let Some(access) = self.cx.core_access(e) else {
            return Ok(None);
        };
        if self.cx.is_fixed(access.record) {
            return Ok(None);
        }
        let ty = self.ty(&e.ty);
        self.bitfield_read(e, &access, ty, false).map(Some)
    }
}

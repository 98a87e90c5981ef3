//! Places: what C calls lvalues.

use super::{
    Lowered, Role,
    access::Access,
    body::Body,
    build::{U64, address_of, expr, int, local_place, pointer_to},
    codes, core_read,
};
use crate::{
    c::{
        tree::{Expr as CExpr, ExprKind as CKind, VariableId},
        types::Kind,
    },
    ir::{
        GlobalId, GlobalKind,
        body::{Expr, ExprKind, Init, LocalId, Place, PlaceKind, RegisterAccess, StmtKind},
        ty::Ty,
    },
};

impl<'a> Body<'_, 'a> {
    /// The memory that an lvalue names; a value without a place gets one.
    pub(super) fn place(&mut self, e: &'a CExpr) -> Lowered<Place> {
        self.deeper(e.span, |body| body.place_inner(e))
    }

    fn place_inner(&mut self, e: &'a CExpr) -> Lowered<Place> {
        let volatile = e.ty.volatile;
        match &e.kind {
            CKind::Local(local) => {
                let local = LocalId(local.0);
                let ty = match self.locals.get(local.0 as usize) {
                    Some(found) => found.ty.clone(),
                    None => self.ty(&e.ty),
                };
                Ok(local_place(local, ty, volatile))
            }
            CKind::Variable(id) => self.variable(*id, e),
            CKind::Deref(pointer) => {
                let pointer = self.expr(pointer)?;
                let ty = self.cx.outline(&e.ty);
                Ok(deref(pointer, ty, volatile))
            }
            CKind::Member(base, record, field) => {
                if let Some(place) = self.core_place(e)? {
                    return Ok(place);
                }
                let base = self.place(base)?;
                self.cx.need_fields(*record);
                let record = self.cx.record(*record);
                let ty = self.cx.ty(&e.ty);
                Ok(Place {
                    kind: PlaceKind::Field(Box::new(base), record, *field),
                    ty,
                    volatile,
                })
            }
            CKind::Index(base, index) => {
                if let Some(place) = self.core_place(e)? {
                    return Ok(place);
                }
                let base = self.place(base)?;
                let mark = self.out.len();
                let index = self.expr(index)?;
                if self.out.len() > mark && !super::purity::is_pure_place(&base) {
                    return self.unsupported(e, "an index that changes what it indexes");
                }
                let index = self.index(index);
                let ty = self.cx.ty(&e.ty);
                Ok(Place {
                    kind: PlaceKind::Index(Box::new(base), Box::new(index)),
                    ty,
                    volatile,
                })
            }
            CKind::CompoundLiteral(init) => {
                let ty = self.cx.ty(&e.ty);
                let init = self.init(init, &e.ty)?;
                Ok(temporary(init, ty))
            }
            CKind::Str(text) => {
                let ty = self.cx.ty(&e.ty);
                Ok(temporary(Init::Bytes(text.clone()), ty))
            }
            _ => {
                let value = self.expr(e)?;
                let ty = value.ty.clone();
                match value.kind {
                    // A register has an address: `&PT_REGS_PARM1(regs)`.
                    ExprKind::Register(regs, register, RegisterAccess::Direct) => {
                        let kind = ExprKind::Register(regs, register, RegisterAccess::Address);
                        let pointer = expr(kind, pointer_to(ty.clone(), true), e.span);
                        Ok(deref(pointer, ty, volatile))
                    }
                    // An array that a block ends with outlives the block.
                    ExprKind::Load(place)
                        if matches!((&place.kind, &ty), (PlaceKind::Local(_), Ty::Array(..))) =>
                    {
                        Ok(*place)
                    }
                    kind => {
                        let value = expr(kind, ty.clone(), e.span);
                        Ok(temporary(Init::Expr(value), ty))
                    }
                }
            }
        }
    }

    /// An index without the widening to `long` that C gives it.
    fn index(&self, index: Expr) -> Expr {
        match index.kind {
            ExprKind::Cast(inner)
                if matches!(inner.ty, Ty::Int { bits, signed } if bits >= 16 && !signed
                    || bits >= 32)
                    && matches!(index.ty, Ty::Int { bits: 64, .. }) =>
            {
                *inner
            }
            _ => index,
        }
    }

    fn variable(&mut self, id: VariableId, e: &CExpr) -> Lowered<Place> {
        let name = |body: &Self| {
            let found = body.cx.tree.variables.get(id.0 as usize);
            found.map_or_else(String::new, |found| found.name.to_string())
        };
        match self.cx.role(id) {
            Role::Global(global) if self.is_ksym(global) => {
                let name = name(self);
                self.refuse(
                    codes::KERNEL_VARIABLE,
                    e.span,
                    format!("of `{name}`, a variable of the kernel, there is the address only"),
                )
            }
            Role::Global(global) => {
                let ty = match self.cx.object.globals.get(global.0 as usize) {
                    Some(found) => found.ty.clone(),
                    None => self.ty(&e.ty),
                };
                Ok(Place {
                    kind: PlaceKind::Global(global),
                    ty,
                    volatile: e.ty.volatile,
                })
            }
            Role::Map(_) => {
                let name = name(self);
                self.refuse(
                    codes::MAP_USE,
                    e.span,
                    format!("the map `{name}` can only be given to helpers"),
                )
            }
            Role::License => self.unsupported(e, "a use of the license"),
            Role::Refused => {
                let name = name(self);
                self.refuse(
                    codes::LEFT_OUT,
                    e.span,
                    format!("this needs `{name}`, which can't be ported"),
                )
            }
        }
    }

    /// `&inner`
    pub(super) fn address_of(&mut self, e: &'a CExpr, inner: &'a CExpr) -> Lowered<Expr> {
        if let CKind::Variable(id) = &inner.kind
            && let Role::Map(map) = self.cx.role(*id)
        {
            return Ok(expr(ExprKind::Map(map), Ty::void_pointer(true), e.span));
        }
        let ty = self.ty(&e.ty);
        if let Some(address) = self.ksym_address(inner) {
            return Ok(self.cast(address, &ty));
        }
        match &inner.kind {
            CKind::Function(id) => return self.callback(*id, e.span),
            CKind::Str(text) => return Ok(expr(ExprKind::Str(text.clone()), ty, e.span)),
            CKind::Deref(pointer) => {
                let pointer = self.expr(pointer)?;
                return Ok(self.cast(pointer, &ty));
            }
            _ => {}
        }
        let place = match self.moving_place(inner)? {
            Some(place) => place,
            None => self.place(inner)?,
        };
        // `&array[i]` is a pointer moved by i, and `&pointer[0]` the pointer.
        let mut value = address_of(place, e.span);
        if let (Ty::Pointer { to, .. }, Ty::Pointer { to: wanted, .. }) = (&value.ty, &ty)
            && to == wanted
        {
            value.ty = ty;
            return Ok(value);
        }
        Ok(self.cast(value, &ty))
    }

    fn is_ksym(&self, id: GlobalId) -> bool {
        let global = self.cx.object.globals.get(id.0 as usize);
        global.is_some_and(|global| global.kind == GlobalKind::Ksym)
    }

    /// The address of a variable of the kernel's, a number that the loader fills in; none for others.
    pub(super) fn ksym_address(&mut self, variable: &CExpr) -> Option<Expr> {
        let CKind::Variable(id) = variable.kind else {
            return None;
        };
        let Role::Global(global) = self.cx.role(id) else {
            return None;
        };
        let ty = Ty::unsigned(64);
        let place = Place {
            kind: PlaceKind::Global(global),
            ty: ty.clone(),
            volatile: false,
        };
        self.is_ksym(global)
            .then(|| expr(ExprKind::Load(Box::new(place)), ty, variable.span))
    }

    /// An array as a pointer to its first element.
    pub(super) fn decay(&mut self, e: &'a CExpr, inner: &'a CExpr) -> Lowered<Expr> {
        let ty = self.ty(&e.ty);
        if let Some(address) = self.ksym_address(inner) {
            return Ok(self.cast(address, &ty));
        }
        match &inner.kind {
            CKind::Str(text) => return Ok(expr(ExprKind::Str(text.clone()), ty, e.span)),
            CKind::Function(id) => return self.callback(*id, e.span),
            _ => {}
        }
        if let Kind::Function(_) = inner.ty.kind {
            return self.expr(inner);
        }
        let place = match self.moving_place(inner)? {
            Some(place) => place,
            None => self.place(inner)?,
        };
        if let PlaceKind::Deref(pointer) = place.kind {
            // An array behind a pointer starts where the pointer points.
            if let Ty::Pointer { to, .. } = &pointer.ty
                && !matches!(pointer.kind, ExprKind::CoreAddress(..))
                && matches!(to.as_ref(), Ty::Array(..))
            {
                return Ok(self.cast(*pointer, &ty));
            }
            let place = Place {
                kind: PlaceKind::Deref(pointer),
                ty: place.ty,
                volatile: place.volatile,
            };
            return Ok(expr(ExprKind::Decay(Box::new(place)), ty, e.span));
        }
        Ok(expr(ExprKind::Decay(Box::new(place)), ty, e.span))
    }

    /// The place of a field that CO-RE relocates, if `e` is one.
    fn core_place(&mut self, e: &'a CExpr) -> Lowered<Option<Place>> {
        if let Some(access) = self.cx.core_access(e) {
            if self.cx.is_fixed(access.record) {
                return Ok(None);
            }
            let base = self.expr(access.pointer)?;
            return Ok(Some(self.relocated_place(&access, base, e)));
        }
        let Some(access) = self.cx.core_copy(e) else {
            return Ok(None);
        };
        let copy = self.place(access.pointer)?;
        let base = super::build::address_of(copy, e.span);
        Ok(Some(self.relocated_place(&access, base, e)))
    }

    /// What lies in the record at `base` where the running kernel has it.
    pub(super) fn relocated_place(&mut self, access: &Access<'_>, base: Expr, e: &CExpr) -> Place {
        let ty = self.cx.outline(&e.ty);
        let relocation = self.cx.field_offset(access, ty.clone(), e.span);
        let mutable = !e.ty.const_;
        let address = core_read::core_address(base, relocation, ty.clone(), mutable, e.span);
        Place {
            kind: PlaceKind::Deref(Box::new(address)),
            ty,
            volatile: e.ty.volatile,
        }
    }

    /// A pointer that is stored: what it points to gets a variable of its own, since a value without
    /// one would be gone behind the statement.
    pub(super) fn kept(&mut self, value: Expr) -> Expr {
        let Expr { kind, ty, span } = value;
        let kind = match kind {
            ExprKind::AddressOf(place) => ExprKind::AddressOf(Box::new(self.kept_place(*place))),
            ExprKind::Decay(place) => ExprKind::Decay(Box::new(self.kept_place(*place))),
            ExprKind::Cast(inner) if matches!(ty, Ty::Pointer { .. }) => {
                ExprKind::Cast(Box::new(self.kept(*inner)))
            }
            ExprKind::Offset(base, by) => ExprKind::Offset(Box::new(self.kept(*base)), by),
            kind => kind,
        };
        Expr { kind, ty, span }
    }

    fn kept_place(&mut self, place: Place) -> Place {
        let kind = match place.kind {
            PlaceKind::Temporary(init) => {
                let local = self.new_local("value", place.ty.clone());
                self.push(StmtKind::Let(local, Some(*init)), None);
                PlaceKind::Local(local)
            }
            PlaceKind::Field(base, record, field) => {
                PlaceKind::Field(Box::new(self.kept_place(*base)), record, field)
            }
            PlaceKind::Index(base, index) => {
                PlaceKind::Index(Box::new(self.kept_place(*base)), index)
            }
            kind => kind,
        };
        Place { kind, ..place }
    }

    /// `place` such that naming it twice evaluates nothing twice.
    pub(super) fn stable(&mut self, place: Place) -> Place {
        if super::purity::is_pure_place(&place) || place.volatile && self.is_named(&place) {
            return place;
        }
        match place.kind {
            PlaceKind::Field(base, record, field) => {
                let base = self.stable(*base);
                Place {
                    kind: PlaceKind::Field(Box::new(base), record, field),
                    ..place
                }
            }
            kind => {
                let (ty, volatile) = (place.ty.clone(), place.volatile);
                let pointer = address_of(Place { kind, ..place }, None);
                let pointer = self.temporary("target", pointer);
                deref(pointer, ty, volatile)
            }
        }
    }

    fn is_named(&self, place: &Place) -> bool {
        match &place.kind {
            PlaceKind::Local(_) | PlaceKind::Global(_) => true,
            PlaceKind::Field(base, ..) => self.is_named(base),
            PlaceKind::Deref(pointer) => super::purity::is_pure(pointer),
            PlaceKind::Index(base, index) => self.is_named(base) && super::purity::is_pure(index),
            PlaceKind::Temporary(_) => false,
        }
    }
}

/// What `pointer` points to.
pub(super) fn deref(pointer: Expr, ty: Ty, volatile: bool) -> Place {
    match pointer.kind {
        ExprKind::AddressOf(place) if place.ty == ty => Place {
            volatile: volatile || place.volatile,
            ..*place
        },
        ExprKind::Decay(place) if matches!(&place.ty, Ty::Array(of, _) if **of == ty) => Place {
            volatile: volatile || place.volatile,
            kind: PlaceKind::Index(place, Box::new(int(0, U64, None))),
            ty,
        },
        ExprKind::Offset(base, index) if is_array_decay(&base, &ty) => {
            let ExprKind::Decay(place) = base.kind else {
                return temporary(Init::Zero, ty);
            };
            Place {
                volatile: volatile || place.volatile,
                kind: PlaceKind::Index(place, index),
                ty,
            }
        }
        kind => {
            let pointer = expr(kind, pointer.ty, pointer.span);
            let wanted = match &pointer.ty {
                Ty::Pointer { to, .. } if **to == ty => pointer,
                Ty::Pointer { mutable, .. } => {
                    let wanted = pointer_to(ty.clone(), *mutable);
                    let span = pointer.span;
                    expr(ExprKind::Cast(Box::new(pointer)), wanted, span)
                }
                _ => pointer,
            };
            Place {
                kind: PlaceKind::Deref(Box::new(wanted)),
                ty,
                volatile,
            }
        }
    }
}

fn is_array_decay(pointer: &Expr, ty: &Ty) -> bool {
    match &pointer.kind {
        ExprKind::Decay(place) => matches!(&place.ty, Ty::Array(of, _) if **of == *ty),
        _ => false,
    }
}

/// A value that lies in memory only because its address is wanted.
pub(super) fn temporary(init: Init, ty: Ty) -> Place {
    Place {
        kind: PlaceKind::Temporary(Box::new(init)),
        ty,
        volatile: false,
    }
}

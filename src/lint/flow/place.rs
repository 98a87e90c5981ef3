//! What expressions name, and what is read from there and written to it.

use super::{
    Action, Object, ObjectKind, Walk,
    memory::{Memory, Written},
    value::{ObjectId, Place, Taint, Value},
};
use crate::c::{
    tree::{Expr, ExprKind, VariableId},
    types::{CType, Kind},
};

/// What an lvalue names.
pub(super) struct Lvalue {
    /// The place, if it lies in an object that is followed.
    pub place: Option<Place>,
    /// Where it varies: the array, by offset and size, in which it lies.
    extent: Option<(u64, u64)>,
    /// The pointer that it is behind.
    pointer: Option<Value>,
    /// Bytes; of a bit-field those that it touches.
    size: Option<u64>,
    /// Whether it is a bit-field.
    bits: bool,
}

impl Lvalue {
    fn at(place: Option<Place>, size: Option<u64>) -> Self {
        Self {
            place,
            extent: None,
            pointer: None,
            size,
            bits: false,
        }
    }
}

impl<'a> Walk<'_, 'a> {
    /// The pointer to an lvalue.
    pub(super) fn address_value(&self, place: &Lvalue) -> Value {
        let taint = place.pointer.map_or(Taint::NONE, |pointer| pointer.taint);
        Value {
            place: place.place,
            taint: taint.and(
                Taint::USER_POINTER
                    .with(Taint::KERNEL_POINTER)
                    .with(Taint::CONTEXT),
            ),
            ..Value::default()
        }
    }

    /// What an expression names.
    pub(super) fn lvalue(&mut self, expr: &'a Expr) -> Lvalue {
        let size = self.size(&expr.ty);
        let start = |object| {
            Some(Place {
                object,
                offset: Some(0),
            })
        };
        match &expr.kind {
            ExprKind::Local(local) => {
                let frame = self.frames.last();
                let object = frame.and_then(|frame| frame.locals.get(local).copied());
                Lvalue::at(object.and_then(start), size)
            }
            ExprKind::Variable(id) => Lvalue::at(start(self.global(*id)), size),
            ExprKind::Deref(pointer) => {
                let pointer = self.value(pointer);
                Lvalue {
                    pointer: Some(pointer),
                    ..Lvalue::at(pointer.place, size)
                }
            }
            ExprKind::Member(base, record, at) => {
                let mut base = self.lvalue(base);
                let record = self.cx.tree.types.record(*record);
                let field = record
                    .and_then(|record| record.fields.as_ref())
                    .and_then(|fields| fields.get(*at as usize));
                let (offset, size, bits) = match field {
                    Some(field) => match field.bits {
                        Some(bits) => {
                            let first = bits.bit_offset / 8;
                            let end = (bits.bit_offset + u64::from(bits.width)).div_ceil(8);
                            (first, Some(end - first), true)
                        }
                        None => (field.offset, size, false),
                    },
                    None => (0, None, false),
                };
                if let Some(place) = &mut base.place {
                    place.offset = place.offset.map(|at| at.saturating_add(offset));
                }
                Lvalue { size, bits, ..base }
            }
            ExprKind::Index(base, index) => {
                let index = self.value(index);
                let mut base = self.lvalue(base);
                if let Some(place) = &mut base.place {
                    let by = index.number.and_then(|at| u64::try_from(at).ok());
                    let moved = by.zip(size).map(|(at, size)| at.saturating_mul(size));
                    match (place.offset, moved) {
                        (Some(offset), Some(moved)) => {
                            place.offset = Some(offset.saturating_add(moved));
                        }
                        (Some(offset), None) => {
                            base.extent = base.size.map(|size| (offset, size));
                            place.offset = None;
                        }
                        _ => {}
                    }
                }
                Lvalue {
                    size,
                    bits: false,
                    ..base
                }
            }
            ExprKind::CompoundLiteral(init) => {
                let object = self.site(
                    expr.span,
                    1,
                    Object {
                        kind: ObjectKind::Literal,
                        ty: Some(&expr.ty),
                        size,
                        span: Some(expr.span),
                    },
                );
                self.state.put(object, Memory::new(size, Written::No));
                let place = Place {
                    object,
                    offset: Some(0),
                };
                self.initialize(place, &expr.ty, init);
                Lvalue::at(Some(place), size)
            }
            ExprKind::Cast { value, .. } => self.lvalue(value),
            ExprKind::Int(_) | ExprKind::Str(_) | ExprKind::Function(_) => Lvalue::at(None, size),
            // The value of a record: of a call, a choice, an assignment.
            _ => {
                self.value(expr);
                Lvalue::at(None, size)
            }
        }
    }

    /// The object of a variable of the file.
    pub(super) fn global(&mut self, id: VariableId) -> ObjectId {
        if let Some(&known) = self.globals.get(&id) {
            return known;
        }
        let variable = self.cx.tree.variables.get(id.0 as usize);
        let ty = variable.map(|variable| &variable.ty);
        let size = ty.and_then(|ty| self.size(ty));
        let object = self.object(Object {
            kind: ObjectKind::Global(id),
            ty,
            size,
            span: variable.map(|variable| variable.name_span),
        });
        self.globals.insert(id, object);
        object
    }

    pub(super) fn load(&mut self, expr: &'a Expr) -> Value {
        let place = self.lvalue(expr);
        self.touch(&place, expr);
        let known = place
            .place
            .filter(|_| !place.bits)
            .and_then(|at| Some(self.state.get(at.object)?.load(at.offset, place.size)));
        if let Some(mut value) = known {
            if matches!(expr.kind, ExprKind::Local(_)) && self.unwritten(&place) {
                value.taint = value.taint.with(Taint::UNWRITTEN);
            }
            return value;
        }
        let Some(pointer) = place.pointer else {
            return Value::default();
        };
        if pointer.taint.has(Taint::CONTEXT) {
            return self.context_load(expr);
        }
        let mut taint = Taint::NONE;
        if pointer.taint.has(Taint::USER_POINTER) {
            taint = taint.with(Taint::USER_DATA);
        }
        Value::tainted(taint)
    }

    /// Whether no way has written a variable.
    fn unwritten(&self, place: &Lvalue) -> bool {
        let memory = place.place.and_then(|place| self.state.get(place.object));
        memory.is_some_and(|memory| !memory.bytes.is_empty() && memory.is_new())
    }

    /// `ctx->args[n]` of a system call's tracepoint.
    fn context_load(&mut self, expr: &'a Expr) -> Value {
        let Some(args) = self.call.and_then(|call| call.args.as_ref()) else {
            return Value::default();
        };
        if let ExprKind::Index(base, index) = &expr.kind
            && let ExprKind::Member(_, record, at) = &base.kind
            && let Some(record) = self.cx.tree.types.record(*record)
            && let Some(field) = record.fields.as_ref().and_then(|all| all.get(*at as usize))
            && field.name.as_deref() == Some("args")
            && let Some(number) = self.value(index).number
            && let Ok(number) = usize::try_from(number)
            && let Some(arg) = args.get(number)
        {
            return Value::tainted(match arg.kind {
                super::ArgKind::Pointer => Taint::USER_POINTER,
                super::ArgKind::Int { .. } => Taint::USER_NUMBER,
            });
        }
        Value::default()
    }

    /// Notes that memory behind a pointer is used.
    fn touch(&mut self, place: &Lvalue, expr: &'a Expr) {
        if let Some(pointer) = place.pointer {
            self.event(expr.span, Action::Access { pointer, expr });
        }
    }

    pub(super) fn assign(&mut self, place: &Lvalue, value: Value, target: &'a Expr) {
        self.touch(place, target);
        let Some(at) = place.place else { return };
        match (at.offset, place.extent) {
            (Some(_), _) if place.bits => {
                self.state.write(at, place.size, Written::Yes, Taint::NONE);
            }
            (Some(_), _) => self.put(at, place.size, value, &target.ty),
            (None, Some((offset, size))) => {
                let whole = Place {
                    offset: Some(offset),
                    ..at
                };
                self.state.write(
                    whole,
                    Some(size),
                    Written::Yes,
                    value.taint.and(Taint::USER_DATA),
                );
            }
            (None, None) => self.state.write(at, None, Written::Yes, Taint::NONE),
        }
    }

    fn put(&mut self, at: Place, size: Option<u64>, value: Value, ty: &CType) {
        let (Some(offset), Some(size)) = (at.offset, size) else {
            self.state.write(at, size, Written::Yes, Taint::NONE);
            return;
        };
        if matches!(ty.kind, Kind::Record(_) | Kind::Array(..)) {
            // All of the other record, padding too where it is copied as memory.
            self.state.write(at, Some(size), Written::Yes, Taint::NONE);
        } else if let Some(memory) = self.state.get_mut(at.object) {
            memory.store(offset, size, value);
        }
    }

    /// Stores the value of `expr` as an initialiser does; a record keeps what it was copied from.
    pub(super) fn store(&mut self, at: Place, size: Option<u64>, value: Value, expr: &'a Expr) {
        self.put(at, size, value, &expr.ty);
    }

    /// A part of an initialised object, by its index.
    pub(super) fn part(&self, at: Place, ty: &CType, index: u64) -> Option<(Place, CType)> {
        let (offset, ty) = match &ty.kind {
            Kind::Record(id) => {
                let fields = self.cx.tree.types.record(*id)?.fields.as_ref()?;
                let field = fields.get(usize::try_from(index).ok()?)?;
                if field.bits.is_some() {
                    return None;
                }
                (field.offset, field.ty.clone())
            }
            Kind::Array(element, _) => {
                let size = self.size(element)?;
                (size.saturating_mul(index), element.as_ref().clone())
            }
            _ => (0, ty.clone()),
        };
        let place = Place {
            offset: at.offset.map(|at| at.saturating_add(offset)),
            ..at
        };
        Some((place, ty))
    }
}

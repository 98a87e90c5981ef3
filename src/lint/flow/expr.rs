//! Expressions.

use super::{
    Action, Object, ObjectKind, Used, Walk, is_pointer,
    memory::{Memory, Written},
    value::{Id, ObjectId, Place, Taint, Value},
};
use crate::{
    c::{
        tree::{BinaryOp, CompareOp, Expr, ExprKind, FunctionId, StmtKind, VariableId},
        types::{CType, Kind},
    },
    lint::context::Way,
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
    /// The value of an expression.
    pub(super) fn value(&mut self, expr: &'a Expr) -> Value {
        if !self.step() {
            return Value::default();
        }
        match &expr.kind {
            ExprKind::Int(number) => Value::number(*number),
            ExprKind::SizeOf(size, _) | ExprKind::OffsetOf(size, ..) => {
                Value::number(i128::from(*size))
            }
            ExprKind::EnumConstant(id, at) => {
                let found = self.cx.tree.types.enums.get(id.0 as usize);
                let found = found.and_then(|found| found.constants.get(*at as usize));
                found.map_or_else(Value::default, |found| Value::number(found.value))
            }
            ExprKind::Local(_)
            | ExprKind::Variable(_)
            | ExprKind::Deref(_)
            | ExprKind::Member(..)
            | ExprKind::Index(..)
            | ExprKind::CompoundLiteral(_) => self.load(expr),
            ExprKind::AddressOf(inner) | ExprKind::Decay(inner) => {
                let place = self.lvalue(inner);
                self.address_value(&place)
            }
            ExprKind::Cast { value, .. } => {
                let from = self.value(value);
                self.converted(from, &expr.ty)
            }
            ExprKind::Not(inner) => {
                let value = self.value(inner);
                Value {
                    number: value.number.map(|number| i128::from(number == 0)),
                    place: None,
                    id: None,
                    bounded: true,
                    ..value
                }
            }
            ExprKind::Unary(_, inner) => {
                let value = self.value(inner);
                value.mixed(Value::number(0))
            }
            ExprKind::Binary(op, one, two) => {
                let (one, two) = (self.value(one), self.value(two));
                binary(*op, one, two)
            }
            ExprKind::PointerAdd(pointer, index) | ExprKind::PointerSub(pointer, index) => {
                let (base, index) = (self.value(pointer), self.value(index));
                let by = index
                    .number
                    .filter(|_| matches!(expr.kind, ExprKind::PointerAdd(..)));
                self.moved(base, by, &pointer.ty)
            }
            ExprKind::PointerDiff(one, two) => {
                let (one, two) = (self.value(one), self.value(two));
                Value::tainted(one.taint.with(two.taint).without(Taint::USER_POINTER))
            }
            ExprKind::Compare(op, one, two) => self.compare(*op, one, two),
            ExprKind::And(one, two) | ExprKind::Or(one, two) => {
                let first = self.value(one);
                let stops = matches!(expr.kind, ExprKind::And(..));
                if first.number.is_some_and(|number| (number == 0) == stops) {
                    return Value {
                        number: Some(i128::from(!stops)),
                        ..first
                    };
                }
                let before = self.state.clone();
                let second = self.value(two);
                self.state.join(before);
                Value {
                    number: second.number.filter(|_| first.number.is_some()),
                    bounded: true,
                    place: None,
                    id: None,
                    taint: first.taint.with(second.taint),
                }
            }
            ExprKind::Conditional(cond, then, other) => {
                let cond = self.value(cond);
                if let Some(number) = cond.number {
                    return self.value(if number == 0 { other } else { then });
                }
                let before = self.state.clone();
                let then = self.value(then);
                let behind = std::mem::replace(&mut self.state, before);
                let other = self.value(other);
                self.state.join(behind);
                let mut value = then.join(other);
                value.bounded = cond.bounded;
                value
            }
            ExprKind::Elvis(one, two) => {
                let one = self.value(one);
                let two = self.value(two);
                one.join(two)
            }
            ExprKind::Comma(one, two) => {
                self.statement(one);
                self.value(two)
            }
            ExprKind::Assign(target, value) => {
                let value_of = self.value(value);
                let place = self.lvalue(target);
                self.assign(&place, value_of, target);
                value_of
            }
            ExprKind::CompoundAssign {
                op, target, value, ..
            } => {
                let one = self.load(target);
                let two = self.value(value);
                let place = self.lvalue(target);
                let result = if is_pointer(&target.ty) {
                    let by = two.number.filter(|_| *op == BinaryOp::Add);
                    self.moved(one, by, &target.ty)
                } else {
                    let mut result = binary(*op, one, two);
                    result.number = None;
                    self.converted(result, &target.ty)
                };
                self.assign(&place, result, target);
                result
            }
            ExprKind::IncDec { target, .. } => {
                let value = self.load(target);
                let place = self.lvalue(target);
                let result = if is_pointer(&target.ty) {
                    self.moved(value, None, &target.ty)
                } else {
                    value.mixed(Value::number(1))
                };
                self.assign(&place, result, target);
                value
            }
            ExprKind::Call(callee, args) => self.call(expr, callee, args, Used::Yes),
            ExprKind::Builtin(name, args) => self.builtin(expr, name, args, Used::Yes),
            ExprKind::StmtExpr(block) => match block.stmts.split_last() {
                Some((last, before)) => {
                    for stmt in before {
                        self.stmt(stmt);
                    }
                    match &last.kind {
                        StmtKind::Expr(value) => self.value(value),
                        _ => {
                            self.stmt(last);
                            Value::default()
                        }
                    }
                }
                None => Value::default(),
            },
            ExprKind::Float(_) | ExprKind::Str(_) | ExprKind::Function(_) => Value::default(),
        }
    }

    /// Runs an expression whose value isn't used.
    pub(super) fn discard(&mut self, expr: &'a Expr, used: Used) -> Value {
        if !self.step() {
            return Value::default();
        }
        match &expr.kind {
            ExprKind::Call(callee, args) => self.call(expr, callee, args, used),
            ExprKind::Builtin(name, args) => self.builtin(expr, name, args, used),
            ExprKind::Cast { value, .. } => self.discard(value, used),
            _ => self.value(expr),
        }
    }

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

    fn load(&mut self, expr: &'a Expr) -> Value {
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

    fn assign(&mut self, place: &Lvalue, value: Value, target: &'a Expr) {
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

    fn moved(&self, pointer: Value, by: Option<i128>, ty: &CType) -> Value {
        let to = match &ty.kind {
            Kind::Pointer(to) => self.size(to).unwrap_or(1),
            _ => 1,
        };
        let by = by
            .and_then(|by| u64::try_from(by).ok())
            .map(|by| by.saturating_mul(to));
        let place = pointer.place.map(|place| Place {
            offset: place.offset.zip(by).map(|(at, by)| at.saturating_add(by)),
            ..place
        });
        Value {
            place,
            number: None,
            id: None,
            ..pointer
        }
    }

    fn compare(&mut self, op: CompareOp, one: &'a Expr, two: &'a Expr) -> Value {
        let (first, second) = (self.value(one), self.value(two));
        for side in [one, two] {
            self.bound(side);
        }
        let number = first.number.zip(second.number).map(|(one, two)| {
            i128::from(match op {
                CompareOp::Eq => one == two,
                CompareOp::Ne => one != two,
                CompareOp::Lt => one < two,
                CompareOp::Le => one <= two,
                CompareOp::Gt => one > two,
                CompareOp::Ge => one >= two,
            })
        });
        Value {
            number,
            bounded: true,
            ..Value::tainted(first.taint.with(second.taint))
        }
    }

    /// Notes that a variable's value was looked at.
    fn bound(&mut self, expr: &'a Expr) {
        let inner = crate::lower::c_walk::peel(expr);
        if !matches!(
            inner.kind,
            ExprKind::Local(_) | ExprKind::Member(..) | ExprKind::Variable(_)
        ) {
            return;
        }
        let place = self.lvalue(inner).place;
        if let Some(Place {
            object,
            offset: Some(offset),
        }) = place
            && let Some(memory) = self.state.get_mut(object)
        {
            memory.refine(offset, |value| value.bounded = true);
        }
    }

    /// What a conversion leaves of a value.
    fn converted(&self, value: Value, ty: &CType) -> Value {
        let Some((bits, signed)) = self.cx.tree.types.integer(ty) else {
            return value;
        };
        let number = value.number.map(|number| {
            let mask = (1i128 << bits.min(64)) - 1;
            let low = number & mask;
            if signed && low >> (bits.min(64) - 1) & 1 == 1 {
                low - mask - 1
            } else {
                low
            }
        });
        let id = match value.id {
            Some(Id::Both) if bits <= 32 => Some(Id::Thread),
            id => id,
        };
        Value {
            number,
            id,
            bounded: value.bounded || bits <= 16,
            ..value
        }
    }

    /// The function that a system call's wrapper hands its registers: whether `regs` are those.
    pub(super) fn register(&mut self, name: &str) -> Value {
        let Some(program) = self.program_of_frame() else {
            return Value::default();
        };
        let number = name
            .strip_prefix("PARM")
            .and_then(|rest| rest.split('_').next())
            .and_then(|digits| digits.parse::<usize>().ok())
            .and_then(|number| number.checked_sub(1));
        let Some(target) = program.target.as_ref().filter(|target| !target.returns) else {
            return Value::default();
        };
        if !name.ends_with("_SYSCALL") {
            // Behind a wrapper, the first parameter is the saved registers.
            let saved = number == Some(0) && matches!(target.way, Way::Wrapper(_));
            return Value::tainted(if saved {
                Taint::KERNEL_POINTER
            } else {
                Taint::NONE
            });
        }
        let known = number.and_then(|at| super::argument_of(&target.call, at));
        Value::tainted(match known {
            Some(super::ArgKind::Pointer) => Taint::USER_POINTER,
            Some(super::ArgKind::Int { .. }) => Taint::USER_NUMBER,
            None => Taint::NONE,
        })
    }

    fn program_of_frame(&self) -> Option<&super::Program<'a>> {
        let FunctionId(id) = self.frames.first()?.function;
        self.cx.programs.iter().find(|program| program.id.0 == id)
    }
}

fn binary(op: BinaryOp, one: Value, two: Value) -> Value {
    let number = one.number.zip(two.number).and_then(|(one, two)| match op {
        BinaryOp::Add => one.checked_add(two),
        BinaryOp::Sub => one.checked_sub(two),
        BinaryOp::Mul => one.checked_mul(two),
        BinaryOp::Div => one.checked_div(two),
        BinaryOp::Rem => one.checked_rem(two),
        BinaryOp::BitAnd => Some(one & two),
        BinaryOp::BitOr => Some(one | two),
        BinaryOp::BitXor => Some(one ^ two),
        BinaryOp::Shl => u32::try_from(two).ok().and_then(|by| one.checked_shl(by)),
        BinaryOp::Shr => u32::try_from(two).ok().and_then(|by| one.checked_shr(by)),
    });
    let mut value = one.mixed(two);
    value.number = number;
    value.bounded |=
        number.is_some() || matches!(op, BinaryOp::BitAnd | BinaryOp::Rem) && two.number.is_some();
    value.id = match (op, one.id, two.number) {
        (BinaryOp::Shr, Some(Id::Both), Some(32)) => Some(Id::Process),
        (BinaryOp::BitAnd, Some(Id::Both), Some(0xffff_ffff)) => Some(Id::Thread),
        _ => None,
    };
    value
}

//! Expressions.

use super::{
    Used, Walk, is_pointer,
    value::{Id, Place, Taint, Value},
};
use crate::{
    c::{
        tree::{BinaryOp, CompareOp, Expr, ExprKind, FunctionId, StmtKind},
        types::{CType, Kind},
    },
    lint::context::Way,
};

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

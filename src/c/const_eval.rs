//! Constant expressions: what clang would know about a value before the program runs.

use std::collections::HashMap;

use super::{
    tree::{
        BinaryOp, CompareOp, Expr, ExprKind, FunctionId, Init, LocalId, Tree, UnaryOp, Variable,
        VariableId,
    },
    types::{CType, Kind, Types},
};
use crate::source::markers;

/// The value of `expr` if it is an integer constant, in the range of its type.
///
/// Beside C's integer constant expressions: casts of constant addresses, initialised `const`
/// variables that aren't `volatile`, and builtins that clang folds.
pub fn eval(tree: &Tree, expr: &Expr) -> Option<i128> {
    Evaluator {
        types: &tree.types,
        variables: &tree.variables,
        locals: None,
    }
    .integer(expr)
}

/// The address that `expr` is, if it is an address constant (C11 6.6 paragraph 9).
pub fn eval_address(tree: &Tree, expr: &Expr) -> Option<Address> {
    Evaluator {
        types: &tree.types,
        variables: &tree.variables,
        locals: None,
    }
    .address(expr)
}

/// An address that is known before the program runs, or is known once it is loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// What it lies in.
    pub base: Base,
    /// Bytes from there.
    pub offset: i128,
}

/// What an [`Address`] counts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// Nothing: the offset is the address.
    Absolute,
    /// A variable.
    Variable(VariableId),
    /// A function.
    Function(FunctionId),
    /// A string literal.
    Str(Vec<u8>),
    /// A compound literal outside functions.
    Literal,
}

/// `value` as an integer of type `ty` holds it.
pub fn wrap(types: &Types, ty: &CType, value: i128) -> Option<i128> {
    if ty.kind == Kind::Bool {
        return Some(i128::from(value != 0));
    }
    let (bits, signed) = match &ty.kind {
        Kind::Pointer(_) => (64, false),
        _ => types.integer(ty)?,
    };
    Some(wrap_bits(value, bits, signed))
}

/// The low `bits` bits of `value`, extended by sign or by zeros.
pub fn wrap_bits(value: i128, bits: u16, signed: bool) -> i128 {
    let unused = 128u32.saturating_sub(u32::from(bits));
    if unused == 0 {
        // Values of `unsigned __int128` from 2^127 on have no place here.
        return value;
    }
    let high = value.wrapping_shl(unused);
    if signed {
        high.wrapping_shr(unused)
    } else {
        (high.cast_unsigned().wrapping_shr(unused)).cast_signed()
    }
}

/// Evaluates while the tree is still being built.
pub(super) struct Evaluator<'a> {
    pub types: &'a Types,
    pub variables: &'a [Variable],
    /// Constant locals of the function that is being read: `const int n = 3;`.
    pub locals: Option<&'a HashMap<LocalId, i128>>,
}

impl Evaluator<'_> {
    /// As [`eval`].
    pub fn integer(&self, expr: &Expr) -> Option<i128> {
        let value = self.address(expr)?;
        (value.base == Base::Absolute).then_some(value.offset)
    }

    /// As [`eval_address`]; an integer is an absolute address.
    pub fn address(&self, expr: &Expr) -> Option<Address> {
        let value = self.value(expr)?;
        if value.base != Base::Absolute {
            return Some(value);
        }
        wrap(self.types, &expr.ty, value.offset).map(absolute)
    }

    /// Whether a scalar isn't zero.
    pub fn truth(&self, expr: &Expr) -> Option<bool> {
        if let Some(value) = self.float(expr) {
            return Some(value != 0.0);
        }
        let value = self.address(expr)?;
        match value.base {
            Base::Absolute => Some(value.offset != 0),
            // A weak symbol can be absent.
            Base::Variable(id) => {
                let variable = self.variables.get(id.0 as usize)?;
                (!variable.weak).then_some(true)
            }
            Base::Function(_) => None,
            Base::Str(_) | Base::Literal => Some(true),
        }
    }

    fn value(&self, expr: &Expr) -> Option<Address> {
        match &expr.kind {
            ExprKind::AddressOf(place) | ExprKind::Decay(place) => return self.place(place),
            ExprKind::Function(_) => return self.place(expr),
            ExprKind::PointerAdd(pointer, index) => return self.moved(pointer, index, 1),
            ExprKind::PointerSub(pointer, index) => return self.moved(pointer, index, -1),
            ExprKind::Conditional(cond, then, other) => {
                return self.address(if self.truth(cond)? { then } else { other });
            }
            ExprKind::Elvis(value, other) => {
                return if self.truth(value)? {
                    self.address(value)
                } else {
                    self.address(other)
                };
            }
            ExprKind::Cast { value, .. } => return self.cast(&expr.ty, value),
            ExprKind::Variable(id) => return self.variable(*id),
            ExprKind::Local(id) => return self.locals?.get(id).copied().map(absolute),
            ExprKind::Builtin(name, args) if &**name == "__builtin_preserve_access_index" => {
                return self.address(args.first()?);
            }
            _ => {}
        }
        self.number(expr).map(absolute)
    }

    fn number(&self, expr: &Expr) -> Option<i128> {
        match &expr.kind {
            ExprKind::Int(value) => Some(*value),
            ExprKind::EnumConstant(id, index) => {
                let constants = &self.types.enumeration(*id)?.constants;
                Some(constants.get(*index as usize)?.value)
            }
            ExprKind::SizeOf(value, _) | ExprKind::OffsetOf(value, _, _) => {
                Some(i128::from(*value))
            }
            ExprKind::Unary(op, operand) => {
                let value = self.integer(operand)?;
                Some(match op {
                    UnaryOp::Neg => value.wrapping_neg(),
                    UnaryOp::BitNot => !value,
                })
            }
            ExprKind::Not(operand) => Some(i128::from(!self.truth(operand)?)),
            ExprKind::Binary(op, left, right) => self.binary(*op, left, right),
            ExprKind::Compare(op, left, right) => self.compare(*op, left, right),
            ExprKind::And(left, right) => Some(i128::from(self.truth(left)? && self.truth(right)?)),
            ExprKind::Or(left, right) => Some(i128::from(self.truth(left)? || self.truth(right)?)),
            ExprKind::PointerDiff(left, right) => {
                let Kind::Pointer(pointee) = &left.ty.kind else {
                    return None;
                };
                let size = i128::from(self.stride(pointee)?);
                let (left, right) = (self.address(left)?, self.address(right)?);
                let bytes = left.offset.checked_sub(right.offset)?;
                (left.base == right.base).then(|| bytes.checked_div(size))?
            }
            ExprKind::Builtin(name, args) if &**name == markers::OFFSETOF => {
                let plain = args.first()?;
                match &plain.kind {
                    // A relocation makes it another number.
                    ExprKind::OffsetOf(_, of, _) if self.is_relocated(of) => None,
                    _ => self.integer(plain),
                }
            }
            ExprKind::Builtin(name, args) => {
                let values: Vec<i128> = args
                    .iter()
                    .map(|arg| self.integer(arg))
                    .collect::<Option<_>>()?;
                super::builtin_fold::fold(name, &values, self.types.big_endian)
            }
            _ => None,
        }
    }

    fn is_relocated(&self, ty: &CType) -> bool {
        let Kind::Record(id) = ty.kind else {
            return false;
        };
        let found = self.types.records.get(id.0 as usize);
        found.is_some_and(|record| record.core)
    }

    fn binary(&self, op: BinaryOp, left: &Expr, right: &Expr) -> Option<i128> {
        let (a, b) = (self.integer(left)?, self.integer(right)?);
        match op {
            BinaryOp::Add => Some(a.wrapping_add(b)),
            BinaryOp::Sub => Some(a.wrapping_sub(b)),
            BinaryOp::Mul => Some(a.wrapping_mul(b)),
            BinaryOp::Div => a.checked_div(b),
            BinaryOp::Rem => a.checked_rem(b),
            BinaryOp::BitAnd => Some(a & b),
            BinaryOp::BitOr => Some(a | b),
            BinaryOp::BitXor => Some(a ^ b),
            BinaryOp::Shl | BinaryOp::Shr => {
                let (bits, _) = self.types.integer(&left.ty)?;
                let by = u32::try_from(b).ok().filter(|by| *by < u32::from(bits))?;
                Some(if op == BinaryOp::Shl {
                    a.wrapping_shl(by)
                } else {
                    a.wrapping_shr(by)
                })
            }
        }
    }

    fn compare(&self, op: CompareOp, left: &Expr, right: &Expr) -> Option<i128> {
        let (left, right) = (self.address(left)?, self.address(right)?);
        if left.base != right.base {
            return None;
        }
        let ordering = left.offset.cmp(&right.offset);
        Some(i128::from(match op {
            CompareOp::Eq => ordering.is_eq(),
            CompareOp::Ne => ordering.is_ne(),
            CompareOp::Lt => ordering.is_lt(),
            CompareOp::Le => ordering.is_le(),
            CompareOp::Gt => ordering.is_gt(),
            CompareOp::Ge => ordering.is_ge(),
        }))
    }

    fn cast(&self, to: &CType, value: &Expr) -> Option<Address> {
        if to.kind == Kind::Bool {
            return self.truth(value).map(|truth| absolute(i128::from(truth)));
        }
        if let Some(float) = self.float(value) {
            #[allow(clippy::cast_possible_truncation, reason = "C truncates")]
            let number = (float.abs() < 1e30).then_some(float as i128)?;
            // Of a number that the type doesn't hold C makes what it likes.
            return (wrap(self.types, to, number)? == number).then(|| absolute(number));
        }
        let address = self.address(value)?;
        let keeps_addresses = matches!(to.kind, Kind::Pointer(_))
            || self.types.integer(to).is_some_and(|(bits, _)| bits >= 64);
        (address.base == Base::Absolute || keeps_addresses).then_some(address)
    }

    fn variable(&self, id: VariableId) -> Option<Address> {
        let variable = self.variables.get(id.0 as usize)?;
        if !variable.ty.const_ || variable.ty.volatile || variable.weak || variable.broken {
            return None;
        }
        match variable.init.as_ref()? {
            Init::Expr(value) => self.address(value),
            _ => None,
        }
    }

    fn moved(&self, pointer: &Expr, index: &Expr, sign: i128) -> Option<Address> {
        let Kind::Pointer(pointee) = &pointer.ty.kind else {
            return None;
        };
        let stride = i128::from(self.stride(pointee)?);
        let bytes = self
            .integer(index)?
            .checked_mul(stride)?
            .checked_mul(sign)?;
        let address = self.address(pointer)?;
        Some(Address {
            offset: address.offset.checked_add(bytes)?,
            ..address
        })
    }

    /// Where an lvalue lies.
    fn place(&self, place: &Expr) -> Option<Address> {
        match &place.kind {
            ExprKind::Variable(id) => Some(at(Base::Variable(*id))),
            ExprKind::Function(id) => Some(at(Base::Function(*id))),
            ExprKind::Str(bytes) => Some(at(Base::Str(bytes.clone()))),
            ExprKind::CompoundLiteral(_) => Some(at(Base::Literal)),
            ExprKind::Deref(pointer) => self.address(pointer),
            ExprKind::Member(base, record, field) => {
                let address = self.place(base)?;
                let fields = self.types.record(*record)?.fields.as_ref()?;
                let field = fields.get(*field as usize)?;
                Some(Address {
                    offset: address.offset.checked_add(i128::from(field.offset))?,
                    ..address
                })
            }
            ExprKind::Index(array, index) => {
                let address = self.place(array)?;
                let size = i128::from(self.types.size_of(&place.ty)?);
                let bytes = self.integer(index)?.checked_mul(size)?;
                Some(Address {
                    offset: address.offset.checked_add(bytes)?,
                    ..address
                })
            }
            _ => None,
        }
    }

    /// By how much a pointer to `pointee` moves: 1 for `void` and functions, as GNU C has it.
    fn stride(&self, pointee: &CType) -> Option<u64> {
        match pointee.kind {
            Kind::Void | Kind::Function(_) => Some(1),
            _ => self.types.size_of(pointee),
        }
    }
}

const fn at(base: Base) -> Address {
    Address { base, offset: 0 }
}

const fn absolute(offset: i128) -> Address {
    Address {
        base: Base::Absolute,
        offset,
    }
}

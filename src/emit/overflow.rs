//! Whether rustc would complain that a known number overflows: in C and in BPF it just wraps.

use std::collections::HashMap;

use super::body::wrap;
use crate::ir::{
    ConstantValue, Object,
    body::{BinaryOp, Expr, ExprKind, Init, LocalId, PlaceKind, Stmt, StmtKind, UnaryOp},
    ty::Ty,
    walk::Visit,
};

/// Whether any operation on numbers that rustc may know goes beyond its type.
///
/// Variables are followed in the order of the text, so that it says yes too often rather than too
/// rarely.
pub fn may_show(object: &Object) -> bool {
    let programs = object.programs.iter().map(|program| &program.function);
    let functions = object.functions.iter();
    programs.chain(functions).any(|function| {
        let mut known = Known {
            object,
            values: HashMap::new(),
            overflows: false,
        };
        known.function(function);
        known.overflows
    })
}

struct Known<'a> {
    object: &'a Object,
    values: HashMap<LocalId, i128>,
    overflows: bool,
}

impl Visit for Known<'_> {
    fn stmt(&mut self, stmt: &Stmt) {
        self.stmt_parts(stmt);
        let (local, value) = match &stmt.kind {
            StmtKind::Let(local, Some(Init::Expr(value))) => (*local, self.value(value)),
            StmtKind::Assign(place, value) => match place.kind {
                PlaceKind::Local(local) => (local, self.value(value)),
                _ => return,
            },
            StmtKind::AssignOp(place, op, by) => match place.kind {
                PlaceKind::Local(local) => {
                    let old = self.values.get(&local).copied();
                    let by = self.value(by);
                    let new = old
                        .zip(by)
                        .and_then(|(old, by)| self.binary(*op, old, by, &place.ty));
                    (local, new)
                }
                _ => return,
            },
            _ => return,
        };
        match value {
            Some(value) => self.values.insert(local, value),
            None => self.values.remove(&local),
        };
    }

    fn expr(&mut self, expr: &Expr) {
        self.expr_parts(expr);
        self.value(expr);
    }
}

impl Known<'_> {
    fn value(&mut self, expr: &Expr) -> Option<i128> {
        match &expr.kind {
            ExprKind::Int(n) => Some(*n),
            ExprKind::SizeOf(_) | ExprKind::OffsetOf(..) => None,
            ExprKind::Constant(id) => match self.object.constants.get(id.0 as usize)?.value {
                ConstantValue::Int(n) => self.within(n, &expr.ty),
                ConstantValue::Str(_) => None,
            },
            ExprKind::Load(place) => match place.kind {
                PlaceKind::Local(local) => self.values.get(&local).copied(),
                _ => None,
            },
            ExprKind::Cast(value) => {
                let n = self.value(value)?;
                self.within(n, &expr.ty)
            }
            ExprKind::Block(_, value) => self.value(value),
            ExprKind::Unary(UnaryOp::Neg, value) => {
                let n = self.value(value)?;
                self.checked(-n, &expr.ty)
            }
            ExprKind::Unary(UnaryOp::BitNot, value) => {
                let n = self.value(value)?;
                self.within(!n, &expr.ty)
            }
            ExprKind::Binary(op, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                self.binary(*op, left, right, &expr.ty)
            }
            _ => None,
        }
    }

    fn binary(&mut self, op: BinaryOp, left: i128, right: i128, ty: &Ty) -> Option<i128> {
        let n = match op {
            BinaryOp::Add => left.checked_add(right)?,
            BinaryOp::Sub => left.checked_sub(right)?,
            BinaryOp::Mul => left.checked_mul(right)?,
            BinaryOp::BitAnd => left & right,
            BinaryOp::BitOr => left | right,
            BinaryOp::BitXor => left ^ right,
            BinaryOp::Div => left.checked_div(right)?,
            BinaryOp::Rem => left.checked_rem(right)?,
            // Bits that are shifted out are no overflow.
            BinaryOp::Shl => {
                let by = u32::try_from(right).ok()?;
                return self.within(left.checked_shl(by)?, ty);
            }
            BinaryOp::Shr => left.checked_shr(u32::try_from(right).ok()?)?,
        };
        self.checked(n, ty)
    }

    fn checked(&mut self, n: i128, ty: &Ty) -> Option<i128> {
        let within = self.within(n, ty)?;
        self.overflows |= within != n;
        Some(within)
    }

    fn within(&self, n: i128, ty: &Ty) -> Option<i128> {
        match *ty {
            Ty::Int { bits, signed } => Some(wrap(n, bits, signed)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{arch::Arch, port::lower_text};

    fn check(body: &str, expected: bool) {
        let text = format!(
            "u32 sum;\nSEC(\"kprobe/f\")\nint BPF_KPROBE(f, u32 a)\n{{\n{body}\nreturn 0;\n}}\n"
        );
        let port = lower_text(&text, &[Arch::X86_64]);
        assert_eq!(super::may_show(&port.object.unwrap()), expected, "{body}");
    }

    #[test]
    fn numbers_that_are_known() {
        check("u32 hash = 2166136261; hash *= 16777619; sum = hash;", true);
        check(
            "u32 hash = 2166136261; hash ^= a; hash *= 16777619; sum = hash;",
            false,
        );
        check("u32 hash = 5381; hash = hash * 33 + 7; sum = hash;", false);
        check(
            "int most = 0x7fffffff; int next = most + 1; sum = next;",
            true,
        );
        check("sum = a + 0xffffffff;", false);
    }
}
